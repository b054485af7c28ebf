//! The search screen: a search as a person puts it together, sliders that steer it, and what was found.

mod incoming;
mod query;
mod results;
mod running;
mod terms;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use super::inspect::{Clip, Pixels};
pub use query::{Edit, FIRST_WEIGHT, Kind, MOST, Picture, Query, STRONGEST, Vectors};
pub use results::{Column, Moved, Results, Row};
pub use running::{Answer, Details, Opening, Searching, Sparse, Wish};
pub use terms::{Completion, matching};

use super::desk::{Choice, Pick};
use super::inspect::Raw;
use super::{App, Dialog, Held, JobCommand, JobKey, Place, Problem, Screen, Selected, Step};
use crate::embed::Download;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::picture;
use crate::pipeline::Searcher;
use crate::point::PointId;
pub use crate::search::Preset;

/// What is asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    /// Change the search, which can be undone.
    Edit(Edit),
    /// The search as it was or will be.
    Set(Box<Query>),
    /// A run of typing or of moving a slider is over.
    Settled,
    /// Search now, without waiting until nothing changes any more.
    Now,
    /// End the search that goes on.
    Cancel,
    /// Search by a point, and show it.
    By(PointId),
    /// Steer by a feature, and show it.
    Steer(usize),
    /// Choose a picture's file by a dialog.
    Browse,
    /// Search by the first of these files.
    Files(Vec<PathBuf>),
    /// Search by a picture of the clipboard.
    Paste(Arc<dyn Clip>),
    /// What is typed into a field that takes effect on Enter.
    Draft(Draft, String),
    /// Take what is typed there.
    Take(Draft),
    /// Make a feature of the last word of the features that are typed.
    Complete(usize),
    /// The point that a pair is to begin with.
    PairLike(PointId),
    /// The point that a pair is to end with.
    PairUnlike(PointId),
    /// Put the keyboard into the field of the search.
    Focus,
    /// It is there.
    Focused,
    /// Select the result so many places further down, or up.
    Move(isize),
    /// Select in this column, at the same rank.
    Column(Column),
    /// The arrows move in this column from now on.
    Arrows(Column),
    /// Say something in the log.
    Say(&'static str),
    /// Whether the model that is missing may be downloaded.
    Download(bool),
    /// Take the weights that a preset has for what is searched by.
    Preset(Preset),
    /// Forget the weights of that name.
    DropSaved(String),
    /// Which language of the request is shown.
    Language(Language),
    /// Whether the sliders are shown where they stand over the results.
    Sliders(bool),
}

/// A field whose contents take effect on Enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Draft {
    /// The id of the point to search by.
    Point,
    /// The id of an example to be like.
    Like,
    /// The id of an example to be unlike.
    Unlike,
    /// The id of the pairs' target.
    Target,
    /// The id of a pair's first point.
    PairLike,
    /// The id of a pair's second point.
    PairUnlike,
    /// The name or index of a feature to steer by.
    Feature,
    /// The path of a picture, where the desktop has no dialogs.
    File,
    /// The name that the present weights are kept under.
    Name,
}

/// What a field holds, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// What is typed.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// A language that a request is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The body of the HTTP request.
    #[default]
    Json,
    /// A Rust program.
    Rust,
    /// A Python program.
    Python,
}

/// Weights that were kept under a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// The name.
    pub name: String,
    /// Features with their weights.
    pub weights: Vec<(usize, f32)>,
}

/// What is kept with a collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The search.
    pub query: Query,
    /// The encoder whose features the weights are of.
    pub encoder: Option<PathBuf>,
    /// Weights under names, of the same encoder.
    pub saved: Vec<Saved>,
}

/// Its state.
#[derive(Default)]
pub struct State {
    /// The search as it stands.
    pub query: Query,
    /// What was found last; it stays while something else is looked for.
    pub results: Option<Results>,
    /// Why nothing could be found.
    pub problem: Option<Problem>,
    /// What a name or an index among the features that are typed is wrong with.
    pub wrong: Option<String>,
    /// A model that is not on this machine, while it is asked whether it may be downloaded.
    pub question: Option<Download>,
    /// What the last word of the features that are typed may become.
    pub completion: Completion,
    /// The features that fit what is typed into the field for one more slider.
    pub matching: Vec<usize>,
    /// The column that the arrows move in.
    pub column: Column,
    /// The language that requests are shown in.
    pub language: Language,
    /// Whether the sliders are hidden where they stand over the results.
    pub folded: bool,
    /// Whether the keyboard is wanted in the field of the search.
    pub focus: bool,
    drafts: Vec<(Draft, Typed)>,
    /// Pictures that were ever pasted.
    pasted: u64,
    /// The picture that is made ready.
    preparing: Option<(JobKey, u64)>,
    /// The label of the run of changes that goes on.
    run: Option<String>,
    running: running::Running,
    /// The file of the encoder whose features the weights are of.
    encoder: Option<PathBuf>,
}

impl State {
    /// What is typed into a field, and what is wrong with it.
    pub fn typed(&self, draft: Draft) -> Typed {
        self.drafts.iter().find(|(known, _)| *known == draft).map(|(_, typed)| typed.clone()).unwrap_or_default()
    }

    fn draft(&mut self, draft: Draft) -> &mut Typed {
        let at = match self.drafts.iter().position(|(known, _)| *known == draft) {
            Some(at) => at,
            None => {
                self.drafts.push((draft, Typed::default()));
                self.drafts.len() - 1
            }
        };
        &mut self.drafts[at].1
    }

    /// The job that searches, while one does.
    pub fn job(&self) -> Option<JobKey> {
        self.running.job
    }

    /// Whether a search is being made or will be as soon as nothing changes any more.
    pub fn is_busy(&self) -> bool {
        self.running.job.is_some() || self.running.due.is_some()
    }

    /// Whether the collection has sparse vectors of blocks.
    pub fn sparse(&self) -> Sparse {
        self.running.sparse
    }

    /// Whether a pasted picture is being made ready.
    pub fn is_preparing(&self) -> bool {
        self.preparing.is_some()
    }

    /// When to look again although nothing is touched.
    pub(super) fn look_again(&self) -> Option<Duration> {
        self.running.due.map(|due| due.saturating_duration_since(Instant::now()))
    }
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Search, or find out something that has to do with it.
    Search(Box<Searching>),
    /// Make a pasted picture ready.
    Prepare {
        /// Its number.
        number: u64,
        /// The picture.
        raw: Raw,
    },
    /// Close what is held open.
    Close(Held<Searcher>),
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// Points.
    Answer(Box<Answer>),
    /// It cannot be searched like this.
    Problem(Problem),
    /// A model would have to be downloaded.
    Needs(Download),
    /// Whether there are sparse vectors.
    Looked(Sparse),
    /// The weights of a preset.
    Weights(Preset, Vec<(usize, f32)>),
    /// A picture is ready.
    Prepared(u64, Pixels),
    /// It is closed.
    Closed,
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Search(searching) => searching.run(control, reporter),
            Self::Prepare { number, raw } => {
                let (pixels, _) = super::inspect::pixels::prepare(&raw, "the pasted picture")?;
                Ok(Found::Prepared(number, pixels))
            }
            Self::Close(held) => {
                held.close();
                Ok(Found::Closed)
            }
        }
    }
}

pub(super) fn handle(app: &mut App, command: Command) {
    // What is done in between ends a run of changes.
    if !matches!(command, Command::Edit(_) | Command::Draft(..) | Command::Focused) {
        app.search.run = None;
    }
    match command {
        Command::Edit(edit) => self::edit(app, edit),
        Command::Set(query) => {
            app.search.query = *query;
            changed(app, Duration::ZERO);
        }
        Command::Settled => {}
        Command::Now => changed(app, Duration::ZERO),
        Command::Cancel => running::cancel(app),
        Command::By(id) => {
            self::edit(app, Edit::Point(Some(id)));
            app.search.draft(Draft::Point).text.clear();
            show(app);
        }
        Command::Steer(feature) => {
            self::edit(app, Edit::AddFeature(feature));
            app.search.folded = false;
            show(app);
        }
        Command::Browse => {
            let pick =
                Pick::new("Choose a picture to search by", Choice::Files).filter("Pictures", &picture::EXTENSIONS);
            app.desk.pick(pick, |files| super::Command::Search(Command::Files(files)));
        }
        Command::Files(files) => {
            let more = files.len() > 1;
            if let Some(file) = files.into_iter().next() {
                self::edit(app, Edit::Picture(Some(Picture::File(file))));
                show(app);
            }
            if more {
                app.messages.note("one picture is searched by: the first of those that were given");
            }
        }
        Command::Paste(clip) => incoming::paste(app, clip),
        Command::Draft(draft, text) => {
            if draft == Draft::Feature {
                app.search.matching = matching(app, text.trim());
            }
            *app.search.draft(draft) = Typed { text, problem: None };
        }
        Command::Take(draft) => incoming::take(app, draft),
        Command::Complete(feature) => {
            let (text, from) = (&app.search.query.features, app.search.completion.from);
            let text = terms::completed(app, text, from, feature);
            self::edit(app, Edit::Features(text));
            app.search.completion = Completion::default();
            app.search.focus = true;
        }
        Command::PairLike(id) => {
            *app.search.draft(Draft::PairLike) = Typed { text: id.to_string(), problem: None };
            self::edit(app, Edit::Kind(Kind::Pairs));
            incoming::pair(app, false);
        }
        Command::PairUnlike(id) => {
            *app.search.draft(Draft::PairUnlike) = Typed { text: id.to_string(), problem: None };
            self::edit(app, Edit::Kind(Kind::Pairs));
            incoming::pair(app, false);
        }
        Command::Focus => {
            app.search.focus = true;
            show(app);
        }
        Command::Focused => app.search.focus = false,
        Command::Move(places) => results::step(app, places),
        Command::Column(column) => results::change_column(app, column),
        Command::Arrows(column) => app.search.column = column,
        Command::Say(words) => app.messages.success(words),
        Command::Download(allowed) => running::answer(app, allowed),
        Command::Preset(preset) => running::preset(app, preset),
        Command::DropSaved(name) => keep(app, |kept| kept.saved.retain(|known| known.name != name)),
        Command::Language(language) => app.search.language = language,
        Command::Sliders(shown) => app.search.folded = !shown,
    }
}

/// Goes to the screen, keeping the selection.
fn show(app: &mut App) {
    if app.view.place.screen != Screen::Search {
        let selected = app.view.place.selected.clone();
        app.view.go(Place { screen: Screen::Search, page: None, selected });
        app.arrive();
    }
}

/// Changes the search; a step that can be taken back.
fn edit(app: &mut App, edit: Edit) {
    let before = app.search.query.clone();
    let name = |feature: usize| match app.document.name(feature) {
        Some(name) => format!("{feature} {name}"),
        None => format!("feature {feature}"),
    };
    let (label, settles, runs_on) = (edit.label(name), edit.settles(), edit.runs_on());
    edit.apply(&mut app.search.query);
    if app.search.query == before {
        return;
    }
    let step = |query: &Query| super::Command::Search(Command::Set(Box::new(query.clone())));
    let (undo, redo) = (step(&before), step(&app.search.query));
    let goes_on = runs_on && app.search.run.as_ref() == Some(&label);
    if !(goes_on && app.undo.extend(&label, redo.clone())) {
        app.undo.push(Step { label: label.clone(), undo, redo });
    }
    app.search.run = runs_on.then_some(label);
    changed(app, settles);
}

/// The search is another one.
fn changed(app: &mut App, settles: Duration) {
    let text = app.search.query.features.clone();
    app.search.completion =
        if app.search.query.kind == Kind::Features { terms::complete(app, &text) } else { Completion::default() };
    app.search.running.due = Some(Instant::now() + settles);
    let query = app.search.query.clone();
    keep(app, |kept| kept.query = query);
    running::tick(app);
}

/// Changes what is kept with the collection.
fn keep(app: &mut App, change: impl FnOnce(&mut Kept)) {
    let Some(open) = &app.document.open else { return };
    let encoder = open.encoder.as_ref().map(|encoder| encoder.path.clone());
    let known = app.settings.remember(&open.collection);
    let mut kept = known.search.take().unwrap_or_default();
    change(&mut kept);
    kept.encoder = encoder;
    known.search = Some(kept);
}

/// The weights that are kept under names.
pub fn saved(app: &App) -> &[Saved] {
    let known = app.document.open.as_ref().and_then(|open| app.settings.of(&open.collection)?.search.as_ref());
    known.map_or(&[], |kept| &kept.saved)
}

fn save(app: &mut App, name: &str) {
    let weights: Vec<(usize, f32)> = app.search.query.weights.clone();
    if name.is_empty() || weights.is_empty() {
        return;
    }
    let name = name.to_owned();
    keep(app, |kept| {
        kept.saved.retain(|known| known.name != name);
        kept.saved.push(Saved { name, weights });
    });
    app.search.draft(Draft::Name).text.clear();
}

/// Called once a frame: searches when nothing has changed for long enough.
pub(super) fn tick(app: &mut App) {
    running::tick(app);
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Prepared(number, pixels) => incoming::prepared(app, number, pixels),
        Found::Closed => {}
        _ => running::found(app, key, found),
    }
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    if app.search.preparing.take_if(|(job, _)| *job == key).is_some() {
        app.search.query.picture = None;
        app.search.problem = problem;
        return;
    }
    running::ended(app, key, problem);
}

/// The person comes to the screen.
pub(super) fn arrive(app: &mut App) {
    // It finds out whether the model has a side for texts.
    super::inspect::look_at_model(app);
    running::look(app);
    if app.search.results.is_none() && app.search.problem.is_none() && !app.search.is_busy() {
        app.search.running.due = Some(Instant::now());
        running::tick(app);
    }
}

/// Another collection or encoder is open, or none. The search that was kept with the collection is put together again;
/// weights are only taken over for the same encoder.
pub(super) fn document_changed(app: &mut App) {
    running::document_changed(app);
    let state = std::mem::take(&mut app.search);
    app.search.language = state.language;
    app.search.pasted = state.pasted;
    app.search.running = state.running;
    if let Some((key, _)) = state.preparing {
        app.jobs.steer(key, JobCommand::Cancel);
    }
    let Some(open) = &app.document.open else { return };
    let encoder = open.encoder.as_ref();
    app.search.encoder = encoder.map(|encoder| encoder.path.clone());
    let Some(kept) = app.settings.of(&open.collection).and_then(|known| known.search.as_ref()) else { return };
    let features = encoder.map_or(0, |encoder| encoder.encoder.outputs());
    // Another encoder's features mean something else.
    let same = encoder.is_some_and(|encoder| kept.encoder.as_ref() == Some(&encoder.path));
    app.search.query = kept.query.clone().in_range(if same { features } else { 0 });
    // Pictures are not kept in the settings' file.
    if app.search.query.kind == Kind::Picture && app.search.query.picture.is_none() {
        app.search.query.kind = Kind::Text;
    }
    if app.view.place.screen == Screen::Search {
        arrive(app);
    }
}

/// The model that queries go through is another one.
pub(super) fn model_changed(app: &mut App) {
    running::document_changed(app);
    if app.view.place.screen == Screen::Search {
        changed(app, Duration::ZERO);
    } else {
        app.search.results = None;
    }
}

/// Clears what Esc clears, where there is something: what is offered, or the selection.
pub(super) fn escape(app: &mut App) -> bool {
    if app.view.place.screen != Screen::Search {
        return false;
    }
    let state = &mut app.search;
    if !state.completion.features.is_empty() {
        state.completion = Completion::default();
        return true;
    }
    if !state.matching.is_empty() || !state.typed(Draft::Feature).text.is_empty() {
        state.matching = Vec::new();
        *state.draft(Draft::Feature) = Typed::default();
        return true;
    }
    false
}

/// The point that is selected.
fn selected(app: &App) -> Option<PointId> {
    match app.view.place.selected {
        Selected::Point(id) => Some(id),
        _ => None,
    }
}

/// Whether there is a request that can be copied, or why there is none.
pub fn request(app: &App) -> std::result::Result<&crate::pipeline::CopyRequest, &'static str> {
    let Some(results) = &app.search.results else { return Err("Search for something first") };
    match &results.details.request {
        Some(request) => Ok(request),
        None if app.document.open.as_ref().is_some_and(|open| open.collection.vectors.is_some()) => {
            Err("The collection is a file: no server could be asked this")
        }
        None => Err("No single request does this"),
    }
}

/// Something done with the point that is selected.
pub fn by_selected(app: &App, command: impl Fn(PointId) -> Command) -> Option<super::Command> {
    app.document.open.as_ref()?;
    selected(app).map(|id| super::Command::Search(command(id)))
}

/// The command that sets all weights to zero, where there is one that is not.
pub fn flat(app: &App) -> Option<super::Command> {
    let weights = &app.search.query.weights;
    let flat = weights.iter().map(|(feature, _)| (*feature, 0.0)).collect();
    let edit = Edit::Weights("Set all weights to zero".into(), flat);
    weights.iter().any(|(_, weight)| *weight != 0.0).then_some(super::Command::Search(Command::Edit(edit)))
}

/// The command that opens the dialog with the request, where there are results.
pub fn request_dialog(app: &App) -> Option<super::Command> {
    (app.view.place.screen == Screen::Search && app.search.results.is_some())
        .then_some(super::Command::Dialog(Some(Dialog::Request)))
}
