//! Files that are opened as they are: vectors, and encoders; and the dialogs that choose paths.

use std::path::{Path, PathBuf};

use super::{Command, Field, Origin, Page, import};
use crate::app::desk::{Choice, Pick};
use crate::app::{About, App, Command as AppCommand, JobKey, Lane, Problem, Request, Screen, Work, document};
use crate::config::CollectionArgs;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::source::Distance;

/// What a person writes to open a file of vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorsForm {
    /// The NumPy file, rows x dimensions.
    pub path: String,
    /// Payloads, one JSON object a line; empty where there are none.
    pub payload: String,
    /// How nearness is measured.
    pub distance: Distance,
}

impl Default for VectorsForm {
    fn default() -> Self {
        Self { path: String::new(), payload: String::new(), distance: Distance::Cosine }
    }
}

/// A file of vectors that is to be opened.
#[derive(Debug, Default)]
pub struct Vectors {
    /// The form.
    pub form: VectorsForm,
    /// What is wrong with it.
    pub problem: Option<Problem>,
}

impl Vectors {
    pub(super) fn edit(&mut self, form: VectorsForm) {
        (self.form, self.problem) = (form, None);
    }
}

/// What an encoder's file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncoderSeen {
    /// The file.
    pub path: PathBuf,
    /// Dimensions of the vectors that it takes.
    pub dim: usize,
    /// Blocks.
    pub blocks: usize,
    /// Features in a block.
    pub block_size: usize,
    /// What it was trained on, where the file says so.
    pub source: Option<String>,
}

impl EncoderSeen {
    pub(super) fn read(path: PathBuf) -> Result<Self> {
        let encoder = Encoder::read(&path)?;
        let (dim, blocks, block_size) = (encoder.dim(), encoder.blocks(), encoder.block_size());
        let source = encoder.meta.data.map(|data| data.source).filter(|source| !source.is_empty());
        Ok(Self { path, dim, blocks, block_size, source })
    }

    /// The file's name without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// An encoder that is to be opened.
#[derive(Debug, Default)]
pub struct Encoders {
    /// The path that is typed.
    pub path: String,
    /// The job that reads it.
    pub job: Option<JobKey>,
    /// Why it cannot be opened.
    pub problem: Option<Problem>,
    /// One that waits for a collection of its dimensions.
    pub waiting: Option<EncoderSeen>,
}

impl Encoders {
    pub(super) fn edit(&mut self, path: String) {
        (self.path, self.problem) = (path, None);
    }

    /// The encoder that waits, where it fits vectors of so many dimensions.
    pub(super) fn take_fitting(&mut self, dim: Option<usize>) -> Option<PathBuf> {
        let fits = |seen: &mut EncoderSeen| dim.is_some_and(|dim| dim == seen.dim);
        self.waiting.take_if(fits).map(|seen| seen.path)
    }
}

fn nothing_named(what: &str) -> Problem {
    Problem {
        text: format!("no {what} is named"),
        hint: Some("choose it, or type its path".into()),
        about: About::Address,
    }
}

pub(super) fn open_vectors(app: &mut App) {
    let form = &app.start.vectors.form;
    if form.path.trim().is_empty() {
        app.start.vectors.problem = Some(nothing_named("file of vectors"));
        return;
    }
    let payload = Some(form.payload.trim()).filter(|path| !path.is_empty()).map(PathBuf::from);
    let collection = CollectionArgs {
        vectors: Some(form.path.trim().into()),
        payload,
        distance: form.distance,
        ..CollectionArgs::default()
    };
    super::open(app, collection, None, Origin::Page(Page::Vectors), None);
}

pub(super) fn open_encoder(app: &mut App, path: PathBuf) {
    if path.as_os_str().is_empty() {
        app.start.encoder.problem = Some(nothing_named("encoder"));
        return;
    }
    app.start.encoder.edit(path.display().to_string());
    let request = Request::quiet(format!("Reading {}", path.display()), Lane::Files);
    app.start.encoder.job = Some(app.submit(request, Work::Start(super::Work::Encoder(path))));
}

/// An encoder was read: it is opened over the open collection, or with the one that it was open with last, or else waits.
pub(super) fn encoder_seen(app: &mut App, key: JobKey, seen: EncoderSeen) {
    if app.start.encoder.job != Some(key) {
        return;
    }
    app.start.encoder.job = None;
    let open = app.document.open.as_ref().map(|open| (open.info.dim, open.info.name.clone()));
    if open.as_ref().is_some_and(|(dim, _)| *dim == seen.dim) {
        app.handle(AppCommand::Document(document::Command::OpenEncoder(seen.path)));
        app.handle(AppCommand::Show(Screen::Features));
        return;
    }
    let with = app.settings.collections.iter().find(|known| known.encoder.as_ref() == Some(&seen.path));
    let is_open = |known: &CollectionArgs| {
        app.document.open.as_ref().is_some_and(|open| crate::app::settings::same(&open.collection, known))
    };
    if let Some(known) = with.map(|known| known.collection.clone()).filter(|known| !is_open(known)) {
        return super::recents::open(app, known);
    }
    // Told, whether or not another collection is open.
    app.start.encoder.problem = open.map(|(dim, name)| Problem {
        text: format!("the encoder takes {} dimensions, and the open collection \"{name}\" has {dim}", seen.dim),
        hint: Some("open a collection that fits, and the encoder opens with it".into()),
        about: About::Other,
    });
    app.settings.remember_encoder(&seen.path);
    app.start.encoder.waiting = Some(seen);
    app.start.page = Page::Encoder;
}

/// Shows the dialog of a field.
pub(super) fn browse(app: &mut App, field: Field) {
    let state = &app.start;
    let pick = match field {
        Field::Store => Pick::new("Open an embedded store", Choice::Folder).near(&state.store),
        Field::Vectors => vectors("Open vectors").near(&state.vectors.form.path),
        Field::Payload => lines("Payloads of the vectors").near(&state.vectors.form.path),
        Field::Encoder => Pick::new("Open an encoder", Choice::File)
            .filter("Encoders", &["safetensors", "pth", "pt"])
            .near(&state.encoder.path),
        Field::ImportPath => match state.import.form.kind {
            import::Kind::Pictures => Pick::new("A folder of pictures", Choice::Folder),
            import::Kind::Texts => lines("Texts to import"),
            import::Kind::Vectors => vectors("Vectors to import"),
        }
        .near(&state.import.form.path),
        Field::ImportPayload => lines("Payloads of the vectors").near(&state.import.form.path),
        Field::ImportModel => Pick::new("The folder of a model", Choice::Folder).near(&state.import.form.model),
        Field::ImportStore => Pick::new("A store to import into", Choice::Folder).near(&state.import.form.store),
    };
    app.desk.pick(pick, move |paths| AppCommand::Start(Command::Chosen(field, paths)));
}

fn vectors(title: &str) -> Pick {
    Pick::new(title, Choice::File).filter("NumPy vectors", &["npy"])
}

fn lines(title: &str) -> Pick {
    Pick::new(title, Choice::File).filter("JSON lines", &["jsonl", "ndjson", "json"])
}

/// What a dialog chose fills its field; where nothing else is needed, it is opened at once.
pub(super) fn chosen(app: &mut App, field: Field, paths: Vec<PathBuf>) {
    let Some(path) = paths.into_iter().next() else { return };
    let text = path.display().to_string();
    let vectors = app.start.vectors.form.clone();
    let import = app.start.import.form.clone();
    match field {
        Field::Store => {
            super::connect::edit_store(app, text);
            super::connect::list_store(app);
        }
        Field::Vectors => {
            app.start.vectors.edit(VectorsForm { payload: beside(&vectors, &path), path: text, ..vectors })
        }
        Field::Payload => app.start.vectors.edit(VectorsForm { payload: text, ..vectors }),
        Field::Encoder => open_encoder(app, path),
        Field::ImportPath => {
            import::edit(app, import::ImportForm { path: text, others: Vec::new(), ..import });
            import::look(app);
        }
        Field::ImportPayload => import::edit(app, import::ImportForm { payload: text, ..import }),
        Field::ImportModel => import::edit(app, import::ImportForm { model: text, ..import }),
        Field::ImportStore => {
            import::edit(app, import::ImportForm { store: text, target: import::Target::Store, ..import });
        }
    }
}

/// The payload of other vectors does not go with these.
fn beside(before: &VectorsForm, path: &Path) -> String {
    if Path::new(before.path.trim()) == path { before.payload.clone() } else { String::new() }
}
