//! Conversions and exports: what is written, after it was looked at and agreed to.

use std::path::PathBuf;

use super::desk::{Choice, Pick};
use super::document::{self, Held};
use super::{App, Dialog, JobKey, Lane, Problem, Request, work::sparing};
use crate::config::{CollectionArgs, ConvertConfig};
use crate::count::counted;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter, Task};
use crate::pipeline::{self, Answer, Cell, ConvertPreview, Converted, ExportTable, Job};
use crate::point::{Payload, SparseValues, Stored};

/// Entries that a point without any above the threshold is given, unless said otherwise.
const FALLBACK: usize = 8;

/// How a conversion is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvertForm {
    /// The collection to write.
    pub target: String,
    /// What is stored of a point; none for what is usual with the encoder that is open.
    pub keep: Option<Stored>,
    /// Features at or under this are left out, where activations are stored; none for what is usual with the encoder.
    pub threshold: Option<f32>,
    /// Whether a point with none above the threshold is given its strongest ones.
    pub fallback: bool,
    /// How many.
    pub top_k: usize,
    /// Whether the dense vector is written, too.
    pub with_dense: bool,
    /// What the entries are.
    pub values: SparseValues,
}

impl Default for ConvertForm {
    fn default() -> Self {
        let values = SparseValues::Probability;
        Self {
            target: String::new(),
            keep: None,
            threshold: None,
            fallback: true,
            top_k: FALLBACK,
            with_dense: false,
            values,
        }
    }
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// The encoder's file.
    Encoder,
    /// The table of all features as CSV.
    FeaturesCsv,
    /// The same as JSON lines.
    FeaturesJsonl,
    /// Names and pins as JSON, which can be imported again.
    Names,
    /// The winning feature of each block for every point, as CSV.
    Labels,
}

impl Export {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Encoder, Self::FeaturesCsv, Self::FeaturesJsonl, Self::Names, Self::Labels];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Encoder => "Encoder",
            Self::FeaturesCsv => "Table of features (CSV)",
            Self::FeaturesJsonl => "Table of features (JSON lines)",
            Self::Names => "Names and pins (JSON)",
            Self::Labels => "Labels of all points (CSV)",
        }
    }

    /// What is in it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Encoder => "The weights, as a file that Blockscope and PyTorch read",
            Self::FeaturesCsv => "Block, name, density, win rate, mean and largest activation of each feature",
            Self::FeaturesJsonl => "The same for programs, with the strongest points of each feature",
            Self::Names => "The names and pins that were given, as the file beside the encoder has them",
            Self::Labels => "For every point of the collection the winning feature of each block",
        }
    }

    /// The name that is suggested for the file.
    pub fn file_name(self, encoder: &str) -> String {
        match self {
            Self::Encoder => format!("{encoder}.safetensors"),
            Self::FeaturesCsv => format!("{encoder}-features.csv"),
            Self::FeaturesJsonl => format!("{encoder}-features.jsonl"),
            Self::Names => format!("{encoder}.features.json"),
            Self::Labels => format!("{encoder}-labels.csv"),
        }
    }
}

/// What is asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    /// Change the conversion's form.
    Edit(ConvertForm),
    /// Look what the conversion would do.
    Look,
    /// Write what was looked at.
    Write,
    /// Choose where to export something, by a dialog.
    Choose(Export),
    /// Change the path of an export.
    Path(String),
    /// Export something to a file.
    Export(Export, PathBuf),
}

/// What is known of what a conversion would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Looked {
    /// Nothing was asked.
    #[default]
    Not,
    /// It is being looked at.
    Looking(JobKey),
    /// This would be done, with this form.
    Seen(Box<ConvertPreview>, ConvertForm),
    /// It cannot be done.
    Refused(Problem),
}

/// Its state.
#[derive(Default)]
pub struct State {
    /// The conversion's form.
    pub form: ConvertForm,
    /// What it would do.
    pub looked: Looked,
    /// The conversion that runs.
    pub writing: Option<JobKey>,
    /// What the last conversion did.
    pub written: Option<Converted>,
    /// Why the last one failed.
    pub problem: Option<Problem>,
    /// The folder or file that is typed for exports.
    pub path: String,
    /// The export that runs.
    pub exporting: Option<JobKey>,
    /// The last file that was exported, and why an export failed.
    pub exported: Option<Result<PathBuf, Problem>>,
}

impl State {
    /// Whether what was looked at is what would be written.
    pub fn seen(&self) -> Option<&ConvertPreview> {
        match &self.looked {
            Looked::Seen(preview, form) if *form == self.form => Some(preview),
            _ => None,
        }
    }
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Look what a conversion would do.
    Look(Box<ConvertConfig>),
    /// Convert.
    Convert(Box<ConvertConfig>),
    /// Copy a file.
    Copy {
        /// The file.
        from: PathBuf,
        /// The copy.
        to: PathBuf,
    },
    /// Write a text.
    Text {
        /// The text.
        text: String,
        /// The file.
        to: PathBuf,
    },
    /// Write a table.
    Table {
        /// The table.
        table: Box<ExportTable>,
        /// The file, whose ending says how: .csv, or else JSON lines.
        to: PathBuf,
    },
    /// Write the labels of all points.
    Labels {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// The encoder.
        encoder: document::OpenEncoder,
        /// The features' names.
        names: Vec<String>,
        /// The file.
        to: PathBuf,
    },
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// What a conversion would do.
    Looked(Box<ConvertPreview>),
    /// What it did.
    Converted(Converted),
    /// A file was written.
    Written(PathBuf),
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Look(config) => {
                let preview = pipeline::convert_preview(&config, control, reporter)?;
                Ok(Found::Looked(Box::new(preview)))
            }
            Self::Convert(config) => match sparing(|| Job::Convert(*config).run(control, reporter))? {
                Answer::Convert(converted) => Ok(Found::Converted(converted)),
                other => Err(Error::setting(format!("a conversion gave {other:?}"))),
            },
            Self::Copy { from, to } => {
                let bytes = std::fs::read(&from).map_err(Error::io(&from))?;
                crate::atomic_file::write(&to, &bytes)?;
                Ok(Found::Written(to))
            }
            Self::Text { text, to } => {
                crate::atomic_file::write(&to, text.as_bytes())?;
                Ok(Found::Written(to))
            }
            Self::Table { table, to } => {
                if to.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
                    pipeline::write_csv(&to, &table, control, reporter)?;
                } else {
                    pipeline::write_jsonl(&to, &table, control, reporter)?;
                }
                Ok(Found::Written(to))
            }
            Self::Labels { collection, encoder, names, to } => {
                Held::default().with(&collection, control, reporter, |source, reporter| {
                    let name = |i: usize| names.get(i).cloned().unwrap_or_default();
                    sparing(|| pipeline::write_labels(&encoder.encoder, source, name, &to, control, reporter))
                })?;
                Ok(Found::Written(to))
            }
        }
    }
}

/// The settings of the conversion that the form describes, with what is open.
fn config(app: &App) -> Option<ConvertConfig> {
    let open = app.document.open.as_ref()?;
    let form = &app.transfer.form;
    Some(ConvertConfig {
        encoder: open.encoder.as_ref()?.path.clone(),
        target: form.target.trim().to_owned(),
        keep: form.keep,
        threshold: form.threshold,
        top_k: form.fallback.then_some(form.top_k),
        with_dense: form.with_dense,
        values: form.values,
        page: 1_000,
        collection: open.collection.clone(),
    })
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Edit(form) => {
            app.transfer.form = form;
            if matches!(app.transfer.looked, Looked::Refused(_)) {
                app.transfer.looked = Looked::Not;
            }
        }
        Command::Look => {
            let Some(config) = config(app) else { return };
            let request = Request::quiet(format!("Looking at {}", config.target), Lane::Read);
            let key = app.submit(request, super::Work::Transfer(Work::Look(Box::new(config))));
            app.transfer.looked = Looked::Looking(key);
            app.transfer.written = None;
            app.transfer.problem = None;
        }
        Command::Write => {
            // Only what was looked at with these very settings is written.
            if app.transfer.seen().is_none() || app.jobs.is_live(app.transfer.writing) {
                return;
            }
            let Some(config) = config(app) else { return };
            let request = Request::new(format!("Writing {}", config.target), Lane::Heavy);
            app.transfer.problem = None;
            app.transfer.written = None;
            app.transfer.writing = Some(app.submit(request, super::Work::Transfer(Work::Convert(Box::new(config)))));
        }
        Command::Choose(export) => {
            let Some(encoder) = app.document.encoder() else { return };
            let name = export.file_name(&encoder.name());
            let pick = Pick::new(format!("Export: {}", export.title()), Choice::Save(name)).near(&app.transfer.path);
            app.desk.pick(pick, move |paths| {
                let path = paths.into_iter().next().unwrap_or_default();
                super::Command::Transfer(Command::Export(export, path))
            });
        }
        Command::Path(path) => app.transfer.path = path,
        Command::Export(export, path) => self::export(app, export, path),
    }
}

fn export(app: &mut App, export: Export, to: PathBuf) {
    let Some(open) = &app.document.open else { return };
    let Some(encoder) = &open.encoder else { return };
    if to.as_os_str().is_empty() || app.jobs.is_live(app.transfer.exporting) {
        return;
    }
    let (work, lane) = match export {
        Export::Encoder => (Work::Copy { from: encoder.path.clone(), to }, Lane::Files),
        Export::Names => {
            let text = app.document.notes.as_ref().map(|notes| notes.to_json()).unwrap_or_default();
            (Work::Text { text, to }, Lane::Files)
        }
        Export::FeaturesCsv | Export::FeaturesJsonl => {
            let strongest = export == Export::FeaturesJsonl;
            let Some(table) = table(app, strongest) else {
                let text = "the features are not known yet".to_owned();
                let hint = Some("wait until the collection was read, then export again".to_owned());
                app.transfer.exported = Some(Err(Problem { text, hint, about: super::About::Other }));
                return;
            };
            (Work::Table { table: Box::new(table), to }, Lane::Files)
        }
        Export::Labels => {
            let names =
                (0..encoder.encoder.outputs()).map(|i| app.document.name(i).unwrap_or_default().to_owned()).collect();
            let (collection, encoder) = (Box::new(open.collection.clone()), encoder.clone());
            (Work::Labels { collection, encoder, names, to }, Lane::Read)
        }
    };
    let request = Request::new(format!("Exporting: {}", export.title()), lane);
    app.transfer.exported = None;
    app.transfer.exporting = Some(app.submit(request, super::Work::Transfer(work)));
}

/// The table of features, at the threshold that is set; with each one's strongest points where they are asked for.
fn table(app: &App, strongest: bool) -> Option<ExportTable> {
    let index = app.features.index()?;
    let mut columns = vec!["index", "block", "name", "density", "win_rate", "mean", "max", "dead", "pinned"];
    if strongest {
        columns.push("threshold");
    }
    let mut table = ExportTable::new(columns);
    for (i, feature) in index.table().features.iter().enumerate() {
        let name = app.document.name(i).map_or(Cell::Empty, Cell::from);
        let mut cells = vec![
            Cell::Whole(i as u64),
            Cell::Whole(feature.block as u64),
            name,
            Cell::Number(index.density(i, app.settings.threshold)),
            Cell::Number(feature.win_rate),
            Cell::Number(feature.mean),
            Cell::Single(feature.max),
            Cell::Flag(feature.is_dead()),
            Cell::Flag(app.document.is_pinned(i)),
        ];
        let mut payload = Payload::new();
        if strongest {
            cells.push(Cell::Single(app.settings.threshold));
            let top = feature.top.iter().map(|s| serde_json::json!({"id": s.id, "value": s.value})).collect();
            payload.insert("top".into(), serde_json::Value::Array(top));
        }
        table.push(cells, payload);
    }
    Some(table)
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Looked(preview) => {
            if app.transfer.looked == Looked::Looking(key) {
                app.transfer.looked = Looked::Seen(preview, app.transfer.form.clone());
            }
        }
        Found::Converted(converted) => {
            let words = format!("{}: {} written", converted.target, counted(converted.written, "point"));
            app.messages.success(words);
            app.transfer.writing = None;
            app.transfer.looked = Looked::Not;
            app.transfer.written = Some(converted);
        }
        Found::Written(path) => {
            app.messages.success(format!("{} is written", path.display()));
            app.transfer.exporting = None;
            app.transfer.exported = Some(Ok(path));
        }
    }
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    let state = &mut app.transfer;
    if state.looked == Looked::Looking(key) {
        state.looked = problem.map_or(Looked::Not, Looked::Refused);
    } else if state.writing == Some(key) {
        state.writing = None;
        state.problem = problem;
    } else if state.exporting == Some(key) {
        state.exporting = None;
        state.exported = problem.map(Err);
    }
}

/// A dialog opens or closes.
pub(super) fn dialog(app: &mut App) {
    match app.view.dialog {
        Some(Dialog::Convert) => {
            let Some(open) = &app.document.open else { return };
            if app.transfer.form.target.is_empty() {
                app.transfer.form.target = format!("{}-blocks", open.info.name);
            }
            if !app.jobs.is_live(app.transfer.writing) {
                app.transfer.looked = Looked::Not;
                app.transfer.written = None;
                app.transfer.problem = None;
            }
        }
        Some(Dialog::Export) => app.transfer.exported = None,
        _ => {}
    }
}

#[cfg(test)]
mod tests;
