//! The inspecting screen: pictures, texts and points, each on a card, judged against the open collection and encoder.

mod card;
mod cards;
mod choose;
mod export;
mod judge;
mod judging;
mod outliers;
pub mod pixels;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

pub use card::{Card, Input, Judged, Origin, Pixels, Scale, Standing};
pub use choose::{Choosing, Show, chosen};
pub use export::{Draw, Face, Figure, FigureItem, Paint, Product, Saving, What};
pub use judge::{Ask, Batch, Note, Opening, Outbox};
pub use judging::{Question, Texts};
pub(super) use judging::{look_at_model, model};
pub use outliers::{Oddity, Summary};
pub use pixels::{Clip, Raw};

use image::RgbImage;

use super::desk::{Choice, Pick};
use super::{App, Held, JobKey, Problem, work};
use crate::config::{CollectionArgs, ModelArgs};
use crate::error::Result;
use crate::features::outlier::Calibration;
use crate::job::{Control, Reporter};
use crate::picture;
use crate::pipeline::Inspector;
use crate::point::{Payload, PointId};

/// Cards that there are at most; the oldest make room.
pub const MOST: usize = 64;
/// Nearest points that are found for each.
pub const NEAREST: usize = 8;

/// What is asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    /// Inspect files: pictures, or folders of pictures.
    Files(Vec<PathBuf>),
    /// Inspect a picture of the clipboard.
    Paste(Arc<dyn Clip>),
    /// Inspect a point of the collection.
    Point(PointId),
    /// Inspect a point of the collection that is drawn at random.
    Random,
    /// Inspect four drawings of the demo's artist that are in no collection.
    Drawings,
    /// Choose files by a dialog.
    Browse,
    /// What is typed as the path of a file, where the desktop has no dialogs.
    EditFile(String),
    /// Inspect the file of that path.
    File,
    /// What is typed into the field for texts.
    EditText(String),
    /// Inspect the text of the field.
    Text,
    /// What is typed into the field for a point's id.
    EditId(String),
    /// Inspect the point of the field.
    Id,
    /// Choose among the collection's first points, or among random ones.
    Show(Show),
    /// Draw other random points to choose from.
    Deal,
    /// Whether the model that is missing may be downloaded.
    Download(bool),
    /// Ask again whether it may.
    AskDownload,
    /// Embed with this model; none for the one that the collection names.
    Model(Option<String>),
    /// Judge a card again.
    Again(u64),
    /// Judge all cards again that have failed or were stopped.
    AgainAll,
    /// End the judging that goes on.
    Cancel,
    /// Mark a card as a known outlier, or take the mark away, which can be undone.
    Mark(u64, bool),
    /// The same without a step to undo.
    SetMark(u64, bool),
    /// Take a card away, which can be undone.
    Remove(u64),
    /// Take all cards away, which can be undone.
    Clear,
    /// The same without a step to undo.
    TakeAway(Vec<u64>),
    /// Put cards back, each at its place.
    PutBack(Vec<(usize, Box<Card>)>),
    /// Ask where to save something.
    Save(What, Paint),
    /// What is typed as the place.
    EditPath(String),
    /// Choose the place by a dialog.
    BrowseSave,
    /// Save it there; the dialog has asked whether a file may be replaced.
    SaveTo(PathBuf),
    /// Save it there.
    SaveNow {
        /// Whether a file that is there may be replaced.
        replace: bool,
    },
    /// Save it nowhere.
    DropSave,
    /// Draw the figure for the clipboard.
    Copy(Paint),
    /// The figure for the clipboard was taken.
    Copied,
}

/// Its state.
#[derive(Default)]
pub struct State {
    cards: Vec<Card>,
    /// Cards that there ever were.
    ever: u64,
    /// Pictures that were ever pasted.
    pasted: u64,
    /// What is typed into the field for texts.
    pub text: String,
    /// What is typed as the path of a file.
    pub file: String,
    /// Choosing a point of the collection.
    pub choosing: Choosing,
    /// What is to be saved, and where.
    pub saving: Option<Saving>,
    judging: judging::Judging,
    scale: Option<Scale>,
    outliers: outliers::Outliers,
    /// The threshold and the percentile that cards are shown under.
    under: (f32, f64),
    figure: export::ForClipboard,
}

impl State {
    /// The cards, oldest first.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// A card by its number.
    pub fn card(&self, id: u64) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }

    fn card_mut(&mut self, id: u64) -> Option<&mut Card> {
        self.cards.iter_mut().find(|card| card.id == id)
    }

    /// The collection's confidences, once they are known.
    pub fn scale(&self) -> Option<&Scale> {
        self.scale.as_ref()
    }

    /// What is said of all cards together by their p-values, once there are some.
    pub fn summary(&self) -> Option<&Summary> {
        self.outliers.summary()
    }

    /// Why there are no p-values.
    pub fn no_summary(&self) -> Option<&str> {
        self.outliers.problem()
    }

    /// The points that cards are compared with, once they are known.
    pub fn calibration(&self) -> Option<&Arc<Calibration>> {
        self.outliers.calibration()
    }

    /// What each judged card activates a feature by, 0 to 1, with the card's name.
    pub fn activations(&self, feature: usize) -> impl Iterator<Item = (&str, f32)> {
        self.cards.iter().filter_map(move |card| {
            let value = card.judged()?.item.outputs.get(feature)?;
            Some((card.name.as_str(), *value))
        })
    }

    /// The job that judges, while one does.
    pub fn job(&self) -> Option<JobKey> {
        self.judging.job()
    }

    /// Whether texts can be inspected, and why not.
    pub fn texts(&self) -> &Texts {
        &self.judging.texts
    }

    /// Models that give vectors of the collection's dimensions.
    pub fn models(&self) -> &[String] {
        &self.judging.models
    }

    /// The question whether a model may be downloaded, while it is asked.
    pub fn question(&self) -> Option<&Question> {
        self.judging.question.as_ref().filter(|question| question.asked)
    }

    /// The figure for the clipboard, once it is drawn.
    pub fn figure(&self) -> Option<&Arc<RgbImage>> {
        self.figure.picture()
    }

    /// Whether the figure is being drawn for the clipboard.
    pub fn is_copying(&self) -> bool {
        self.figure.is_drawn()
    }
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Judge a batch.
    Judge(Box<Batch>),
    /// Make a picture ready that is in no file.
    Prepare {
        /// Its card.
        card: u64,
        /// What it is called.
        name: String,
        /// The picture.
        raw: Raw,
    },
    /// Find out whether the model has a side for texts, and which models fit.
    Look {
        /// The model.
        model: ModelArgs,
        /// The model that the collection names.
        usual: Option<String>,
        /// The collection's name and dimensions.
        needed: (String, usize),
    },
    /// Draw random points.
    Deal {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// Another number gives other points.
        seed: u64,
    },
    /// Save something.
    Save {
        /// What.
        product: Product,
        /// The file.
        path: PathBuf,
        /// Whether one that is there may be replaced.
        replace: bool,
    },
    /// Draw the figure for the clipboard.
    Draw(Box<Figure>, Draw),
    /// Close an inspector.
    Close(Held<Inspector>),
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// The batch is judged; what was found is in the outbox.
    Judged,
    /// A picture is ready.
    Prepared {
        /// Its card.
        card: u64,
        /// The picture.
        pixels: Pixels,
        /// A better name.
        name: Option<String>,
    },
    /// Whether the model has a side for texts, or why not; and which models fit.
    Looked(std::result::Result<(), Problem>, Vec<String>),
    /// Random points.
    Dealt(Vec<(PointId, Payload)>),
    /// It is saved; none where a file is there that may not be replaced.
    Saved(Option<PathBuf>),
    /// The figure.
    Drawn(Arc<RgbImage>),
    /// An inspector is closed.
    Closed,
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Judge(batch) => work::sparing(|| batch.judge(control, reporter)).map(|()| Found::Judged),
            Self::Prepare { card, name, raw } => {
                let (pixels, name) = pixels::prepare(&raw, &name)?;
                Ok(Found::Prepared { card, pixels, name })
            }
            Self::Look { model, usual, needed } => Ok(judging::look(&model, usual.as_deref(), &needed)),
            Self::Deal { collection, seed } => choose::deal(&collection, seed, control, reporter).map(Found::Dealt),
            Self::Save { product, path, replace } => {
                export::save(&product, &path, replace, control, reporter).map(Found::Saved)
            }
            Self::Draw(figure, draw) => draw(&figure, control).map(Arc::new).map(Found::Drawn),
            Self::Close(held) => {
                held.close();
                Ok(Found::Closed)
            }
        }
    }
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Files(files) => open_files(app, files),
        Command::Paste(clip) => cards::paste(app, clip),
        Command::Point(id) => cards::add(app, vec![Input::Point(id)]),
        Command::Random => choose::random(app),
        Command::Drawings => cards::add_drawings(app),
        Command::EditText(text) => app.inspect.text = text,
        Command::Text => {
            let text = app.inspect.text.trim().to_owned();
            if !text.is_empty() && app.inspect.judging.texts == Texts::Yes {
                app.inspect.text.clear();
                cards::add(app, vec![Input::Text(text)]);
            }
        }
        Command::EditId(text) => choose::edit(app, text),
        Command::Id => choose::by_id(app),
        Command::Show(show) => choose::show(app, show),
        Command::Deal => choose::ask(app),
        Command::Download(allowed) => judging::answer(app, allowed),
        Command::AskDownload => judging::ask_again(app),
        Command::Model(model) => judging::choose_model(app, model),
        Command::Again(id) => judging::again(app, |card| card.id == id),
        Command::AgainAll => {
            judging::again(app, |card| matches!(card.standing, Standing::Failed(_) | Standing::Stopped));
        }
        Command::Cancel => judging::cancel(app),
        Command::Mark(id, known) => outliers::mark(app, id, known),
        Command::SetMark(id, known) => outliers::set_mark(app, id, known),
        Command::Remove(id) => cards::remove(app, vec![id]),
        Command::Clear => {
            let all = app.inspect.cards.iter().map(|card| card.id).collect();
            cards::remove(app, all);
        }
        Command::TakeAway(ids) => cards::take_away(app, &ids),
        Command::PutBack(cards) => cards::put_back(app, cards),
        Command::Save(what, paint) => export::begin(app, what, paint),
        Command::EditPath(path) => export::edit(app, path),
        Command::SaveNow { replace } => export::save_now(app, replace),
        Command::DropSave => app.inspect.saving = None,
        Command::Copy(paint) => export::copy(app, paint),
        Command::Copied => app.inspect.figure = export::ForClipboard::default(),
        Command::Browse => {
            let pick = Pick::new("Choose pictures to inspect", Choice::Files).filter("Pictures", &picture::EXTENSIONS);
            app.desk.pick(pick, |files| super::Command::Inspect(Command::Files(files)));
        }
        Command::EditFile(path) => app.inspect.file = path,
        Command::File => {
            let path = PathBuf::from(std::mem::take(&mut app.inspect.file).trim());
            if !path.as_os_str().is_empty() {
                open_files(app, vec![path]);
            }
        }
        Command::BrowseSave => export::browse(app),
        Command::SaveTo(path) => {
            export::edit(app, path.display().to_string());
            export::save_now(app, true);
        }
    }
    judging::begin(app);
}

/// Inspects files, and shows them.
pub(super) fn open_files(app: &mut App, files: Vec<PathBuf>) {
    cards::add(app, files.into_iter().map(Input::File).collect());
    judging::begin(app);
}

/// Called once a frame: takes what workers have left, and keeps to the settings.
pub(super) fn tick(app: &mut App) {
    judging::tick(app);
    judging::begin(app);
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Judged => judging::done(app, key),
        Found::Prepared { card, pixels, name } => cards::prepared(app, card, pixels, name),
        Found::Looked(texts, models) => judging::looked(app, key, texts, models),
        Found::Dealt(points) => choose::dealt(app, key, points),
        Found::Saved(path) => export::saved(app, key, path),
        Found::Drawn(picture) => export::drawn(app, key, picture),
        Found::Closed => {}
    }
    judging::begin(app);
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    judging::ended(app, key, problem.as_ref());
    cards::ended(app, key, problem.as_ref());
    choose::ended(app, key, problem.as_ref());
    export::ended(app, key, problem);
    judging::begin(app);
}

/// The person comes to the screen.
pub(super) fn arrive(app: &mut App) {
    judging::look_at_model(app);
}

/// Another collection or encoder is open, or none.
pub(super) fn document_changed(app: &mut App) {
    judging::document_changed(app);
    choose::document_changed(app);
    if app.view.place.screen == super::Screen::Inspect {
        judging::look_at_model(app);
    }
    judging::begin(app);
}
