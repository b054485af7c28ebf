//! Saving what was found: the figure of all cards, and its numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use serde::Serialize;

use super::Work;
use super::card::{Card, Input, Judged, Scale, Standing};
use crate::app::desk::{Choice, Pick};
use crate::app::{App, Command as Any, JobCommand, JobKey, Lane, Problem, Request, Work as AnyWork, document};
use crate::atomic_file;
use crate::error::{Error, Result};
use crate::features::outlier::OutlierScore;
use crate::job::{Control, Reporter};
use crate::picture::{PictureRef, picture_ref, point_text};
use crate::pipeline::{Cell, ExportTable, InspectAnswer, InspectItem, write_csv};
use crate::point::{Distance, Payload, PointId};

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// All cards in one picture.
    Figure,
    /// The numbers, as the command `inspect --json` gives them, each with its p-value where it has one.
    Json,
    /// The numbers as a table.
    Csv,
}

impl What {
    /// What the file is called unless the person says otherwise.
    pub fn file(self) -> &'static str {
        match self {
            Self::Figure => "inspected.png",
            Self::Json => "inspected.json",
            Self::Csv => "inspected.csv",
        }
    }

    /// What it is, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Figure => "the figure",
            Self::Json | Self::Csv => "the numbers",
        }
    }
}

/// Draws a figure, on a worker. It is the window's part to know how.
pub type Draw = fn(&Figure, &Control) -> Result<RgbImage>;

/// How a figure is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// What draws it.
    pub draw: Draw,
    /// Whether in the dark theme.
    pub dark: bool,
}

/// All judged cards, with everything that a picture of them needs.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Whether it is drawn in the dark theme.
    pub dark: bool,
    /// The cards.
    pub items: Vec<FigureItem>,
    /// The collection's confidences.
    pub scale: Scale,
    /// Features of a block.
    pub block_size: usize,
    /// Names of the features that are drawn, of those that have one.
    pub names: BTreeMap<usize, String>,
    /// The threshold of the sparse vectors.
    pub threshold: f32,
    /// The collection's name.
    pub collection: String,
    /// How it measures nearness.
    pub distance: Distance,
    /// Pictures of points near the cards.
    pub near: BTreeMap<PointId, Face>,
    /// Whether pictures may come from private and loopback addresses.
    pub allow_private: bool,
}

/// A card of a figure.
#[derive(Clone, Debug)]
pub struct FigureItem {
    /// What it is called.
    pub name: String,
    /// What it looks like.
    pub face: Face,
    /// What was found.
    pub judged: Arc<Judged>,
}

/// What something looks like.
#[derive(Clone, Debug)]
pub enum Face {
    /// These pixels.
    Pixels(Arc<RgbImage>),
    /// A picture that is to be had there.
    At(PictureRef),
    /// Words.
    Words(String),
}

/// What is written into a file.
#[derive(Clone, Debug)]
pub enum Product {
    /// A figure.
    Figure(Box<Figure>, Draw),
    /// Numbers as JSON, with what failed.
    Json(Box<Numbers>, Vec<String>),
    /// Numbers as CSV.
    Csv(Box<Numbers>),
}

/// What was found of all cards.
#[derive(Clone, Debug)]
pub struct Numbers {
    answer: InspectAnswer,
    /// For each item whether it is unlike the collection, as far as that is known.
    unlike: Vec<Option<Unlike>>,
}

/// Whether something is unlike the collection.
#[derive(Clone, Copy, Debug, Serialize)]
struct Unlike {
    outlier_score: OutlierScore,
    p_value: f64,
    flagged: bool,
}

/// Something that is to be saved.
#[derive(Clone, Debug)]
pub struct Saving {
    /// What.
    pub what: What,
    /// The file, as it is typed.
    pub path: String,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// Whether the file is there already, and the person is to say that it may be replaced.
    pub exists: bool,
    paint: Paint,
    job: Option<JobKey>,
}

impl Saving {
    /// Whether it is being written.
    pub fn is_writing(&self) -> bool {
        self.job.is_some()
    }
}

/// The figure for the clipboard.
#[derive(Default)]
pub(super) enum ForClipboard {
    /// Nobody asked for it.
    #[default]
    None,
    /// It is being drawn.
    Drawing(JobKey),
    /// It is there.
    Here(Arc<RgbImage>),
}

impl ForClipboard {
    pub(super) fn picture(&self) -> Option<&Arc<RgbImage>> {
        match self {
            Self::Here(picture) => Some(picture),
            _ => None,
        }
    }

    pub(super) fn is_drawn(&self) -> bool {
        matches!(self, Self::Drawing(_))
    }
}

/// Asks where to save something.
pub(super) fn begin(app: &mut App, what: What, paint: Paint) {
    if app.inspect.scale.is_none() || !app.inspect.cards.iter().any(|card| card.judged().is_some()) {
        return;
    }
    let before = app.inspect.saving.as_ref().map(|saving| PathBuf::from(&saving.path));
    let folder = before.as_deref().and_then(Path::parent).map(Path::to_owned).or_else(dirs::home_dir);
    let path = folder.unwrap_or_default().join(what.file()).display().to_string();
    app.inspect.saving = Some(Saving { what, path, problem: None, exists: false, paint, job: None });
}

pub(super) fn edit(app: &mut App, path: String) {
    if let Some(saving) = &mut app.inspect.saving {
        (saving.path, saving.problem, saving.exists) = (path, None, false);
    }
}

pub(super) fn save_now(app: &mut App, replace: bool) {
    let Some(saving) = &app.inspect.saving else { return };
    let path = PathBuf::from(saving.path.trim());
    if saving.job.is_some() {
        return;
    }
    if path.as_os_str().is_empty() {
        let text = "there is no file's name".to_owned();
        let hint = Some(format!("name one, such as {}", saving.what.file()));
        return fail(app, Problem { text, hint, about: Default::default() });
    }
    let (what, paint) = (saving.what, saving.paint);
    let product = match what {
        What::Figure => figure(app, paint.dark).map(|figure| Product::Figure(Box::new(figure), paint.draw)),
        What::Json => answer(app).map(|numbers| Product::Json(Box::new(numbers), warnings(app))),
        What::Csv => answer(app).map(|numbers| Product::Csv(Box::new(numbers))),
    };
    let Some(product) = product else { return };
    let request = Request::new(format!("Saving {}", what.name()), Lane::Files);
    let key = app.submit(request, AnyWork::Inspect(Work::Save { product, path, replace }));
    if let Some(saving) = &mut app.inspect.saving {
        (saving.job, saving.problem, saving.exists) = (Some(key), None, false);
    }
}

/// Chooses the place by a dialog.
pub(super) fn browse(app: &mut App) {
    let Some(saving) = &app.inspect.saving else { return };
    let name = Path::new(saving.path.trim()).file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| saving.what.file().to_owned());
    let pick = Pick::new(format!("Save {}", saving.what.name()), Choice::Save(name)).near(&saving.path);
    app.desk.pick(pick, |paths| {
        Any::Inspect(paths.into_iter().next().map_or(super::Command::DropSave, super::Command::SaveTo))
    });
}

fn fail(app: &mut App, problem: Problem) {
    if let Some(saving) = &mut app.inspect.saving {
        saving.problem = Some(problem);
    }
}

/// What was written; none where a file is there.
pub(super) fn saved(app: &mut App, key: JobKey, path: Option<PathBuf>) {
    let mine = app.inspect.saving.as_mut().filter(|saving| saving.job == Some(key));
    match (path, mine) {
        (None, Some(saving)) => (saving.job, saving.exists) = (None, true),
        (None, None) => {}
        (Some(path), mine) => {
            let name = mine.map_or("it", |saving| saving.what.name());
            app.messages.success(format!("saved {name} as {}", path.display()));
            app.inspect.saving.take_if(|saving| saving.job == Some(key));
        }
    }
}

pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    if let Some(saving) = app.inspect.saving.as_mut().filter(|saving| saving.job == Some(key)) {
        (saving.job, saving.problem) = (None, problem);
    } else if matches!(app.inspect.figure, ForClipboard::Drawing(job) if job == key) {
        app.inspect.figure = ForClipboard::None;
    }
}

/// Has the figure drawn for the clipboard.
pub(super) fn copy(app: &mut App, paint: Paint) {
    if let ForClipboard::Drawing(before) = app.inspect.figure {
        app.jobs.steer(before, JobCommand::Cancel);
    }
    let Some(figure) = figure(app, paint.dark) else { return };
    let work = Work::Draw(Box::new(figure), paint.draw);
    let key = app.submit(Request::new("Drawing the figure", Lane::Files), AnyWork::Inspect(work));
    app.inspect.figure = ForClipboard::Drawing(key);
}

pub(super) fn drawn(app: &mut App, key: JobKey, picture: Arc<RgbImage>) {
    if matches!(app.inspect.figure, ForClipboard::Drawing(job) if job == key) {
        app.inspect.figure = ForClipboard::Here(picture);
        app.messages.success("copied the figure");
    }
}

/// What was found, as the command `inspect` answers, and whether it is unlike the collection.
fn answer(app: &App) -> Option<Numbers> {
    let scale = app.inspect.scale.as_ref()?;
    let items: Vec<InspectItem> =
        app.inspect.cards.iter().filter_map(|card| Some(card.judged()?.item.clone())).collect();
    let outlier_score = app.inspect.summary().map(|summary| summary.score);
    let unlike = app.inspect.cards.iter().filter_map(Card::judged).map(|judged| {
        let (outlier_score, place) = (outlier_score?, judged.oddity?);
        Some(Unlike { outlier_score, p_value: place.p, flagged: place.flagged })
    });
    let unlike = unlike.collect();
    let answer = (!items.is_empty()).then(|| InspectAnswer {
        points: scale.all.points(),
        cutoff: scale.cutoff,
        outlier_percentile: scale.percent,
        held_out: scale.held_out,
        items,
        failed: Vec::new(),
        scale: scale.all.clone(),
    });
    Some(Numbers { answer: answer?, unlike })
}

/// The table of the numbers.
fn table(numbers: &Numbers) -> ExportTable {
    let mut table = ExportTable::of_inspected(&numbers.answer);
    let columns = table.columns.len();
    table.columns.extend(["outlier_score", "p_value", "flagged"].map(str::to_owned));
    for (row, unlike) in table.rows.iter_mut().zip(&numbers.unlike) {
        // Rows may have fewer blocks than there are columns.
        row.cells.resize(columns, Cell::Empty);
        row.cells.extend(unlike.map_or([Cell::Empty, Cell::Empty, Cell::Empty], |unlike| {
            [unlike.outlier_score.name().into(), Cell::Number(unlike.p_value), Cell::Flag(unlike.flagged)]
        }));
    }
    table
}

/// What could not be judged, as the command warns of it.
fn warnings(app: &App) -> Vec<String> {
    let failed = app.inspect.cards.iter().filter_map(|card| match &card.standing {
        Standing::Failed(problem) => Some(format!("{}: {}; it is left out", card.name, problem.text)),
        _ => None,
    });
    failed.collect()
}

/// Everything that a picture of the cards needs.
fn figure(app: &App, dark: bool) -> Option<Figure> {
    let (scale, encoder) = (app.inspect.scale.clone()?, app.document.encoder()?);
    let open = app.document.open.as_ref()?;
    let mut figure = Figure {
        dark,
        items: Vec::new(),
        scale,
        block_size: encoder.encoder.block_size(),
        names: BTreeMap::new(),
        threshold: app.settings.threshold,
        collection: open.info.name.clone(),
        distance: open.info.distance,
        near: BTreeMap::new(),
        allow_private: app.settings.of(&open.collection).is_some_and(|known| known.allow_private),
    };
    for card in &app.inspect.cards {
        let Standing::Judged(judged) = &card.standing else { continue };
        let winners = judged.item.blocks.iter().map(|block| block.winner);
        for feature in winners.chain(judged.features.iter().map(|(feature, _)| *feature)) {
            if let Some(name) = app.document.name(feature) {
                figure.names.insert(feature, name.to_owned());
            }
        }
        for near in &judged.item.nearest {
            figure.near.insert(near.id, face_of_point(app, near.id));
        }
        figure.items.push(FigureItem { name: card.name.clone(), face: face(app, card), judged: judged.clone() });
    }
    (!figure.items.is_empty()).then_some(figure)
}

fn face(app: &App, card: &Card) -> Face {
    match (&card.input, &card.pixels) {
        (Input::File(path), _) => Face::At(PictureRef::File(path.as_path().into())),
        (Input::Pixels(_), Some(pixels)) => Face::Pixels(pixels.small.clone()),
        (Input::Pixels(_), None) => Face::Words(card.name.clone()),
        (Input::Text(text), _) => Face::Words(text.clone()),
        (Input::Point(id), _) => face_of_point(app, *id),
    }
}

fn face_of_point(app: &App, id: PointId) -> Face {
    let words = |payload: Option<&Payload>, field| {
        Face::Words(payload.and_then(|p| point_text(p, field)).unwrap_or_else(|| format!("Point {id}")))
    };
    let (Some(open), document::Known::Payload(payload)) = (&app.document.open, app.document.payload(id)) else {
        return words(None, None);
    };
    let base = open.collection.payload.as_deref().and_then(Path::parent);
    let field = document::picture_field(open, &app.settings);
    match field.and_then(|field| picture_ref(id, payload, field, base)) {
        Some(picture) => Face::At(picture),
        None => words(Some(payload), document::text_field(open, &app.settings)),
    }
}

/// Saves something, on a worker; gives none where a file is there that may not be replaced.
pub(super) fn save(
    product: &Product,
    path: &Path,
    replace: bool,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Option<PathBuf>> {
    let path = &std::path::absolute(path).map_err(Error::io(path))?;
    if !replace && path.is_file() {
        return Ok(None);
    }
    atomic_file::check(path)?;
    match product {
        Product::Figure(figure, draw) => {
            let picture = draw(figure, control)?;
            let mut png = Vec::new();
            PngEncoder::new(&mut png)
                .write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
                .map_err(|error| Error::file(path, format!("the figure cannot be written: {error}")))?;
            atomic_file::write(path, &png)?;
        }
        Product::Json(numbers, warnings) => {
            #[derive(Serialize)]
            struct Item<'a> {
                #[serde(flatten)]
                item: &'a InspectItem,
                #[serde(flatten)]
                unlike: Option<Unlike>,
            }
            #[derive(Serialize)]
            struct Told<'a> {
                points: u64,
                cutoff: f32,
                outlier_percentile: f64,
                held_out: bool,
                items: Vec<Item<'a>>,
                warnings: &'a [String],
            }
            let InspectAnswer { points, cutoff, outlier_percentile, held_out, ref items, .. } = numbers.answer;
            let items = items.iter().zip(&numbers.unlike).map(|(item, unlike)| Item { item, unlike: *unlike });
            let items = items.collect();
            let text =
                serde_json::to_vec_pretty(&Told { points, cutoff, outlier_percentile, held_out, items, warnings });
            atomic_file::write(path, &text.map_err(|error| Error::file(path, error.to_string()))?)?;
        }
        Product::Csv(numbers) => write_csv(path, &table(numbers), control, reporter)?,
    }
    Ok(Some(path.clone()))
}
