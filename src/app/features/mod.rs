//! The features' screen: the index over the collection, the table and the scatter, names and pins, and the pages of
//! single features.

mod naming;
mod page;
mod scatter;
mod suggesting;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use naming::{OpenNotes, Read, Renaming, Spot};
pub use page::{Page, Part, Words, marks, points_of_words};
pub use scatter::{Axes, Brush, Dot, Frequency, Scatter, Strength};
pub use suggesting::{Names, Suggesting, can_suggest};
pub use table::{Column, Lens, Prepared, Preparing, Sort, Table};

use super::{App, JobCommand, JobKey, Lane, Problem, Request, Screen, Selected, Step, work};
use crate::config::CollectionArgs;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::features::{ConfidenceScale, Enriched, FeatureIndex, FeatureName, Related, related, words};
use crate::job::{Control, Reporter};
use crate::pipeline::{IndexOf, NamesFound, feature_index};
use crate::point::Payload;
use crate::source;

/// What is asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    /// Read all of the collection again.
    Reindex,
    /// Read what of the collection is not in the index yet.
    ReadRest,
    /// Sort by a column; the other way round where the table is sorted by it.
    Sort(Column),
    /// What is typed into the filter. One step to take back from the first letter to [`Command::FilterDone`].
    Filter(String),
    /// Nothing more is typed.
    FilterDone,
    /// Show only what lies in a rectangle of the scatter; everything again.
    Brush(Option<Brush>),
    /// Clear the filter and the brush.
    ShowAll,
    /// Put other values on the scatter's axes.
    Axes(Axes),
    /// Show the table as it was or will be.
    Look(Box<Lens>),
    /// Select the feature so many rows further down, or up; the first where none is selected.
    Move(isize),
    /// Open the page of the feature so many rows further down in the table's present order, or up.
    Page(isize),
    /// Edit a feature's name.
    Rename(usize, Spot),
    /// What is typed.
    RenameText(String),
    /// Keep what was typed, or drop it.
    RenameEnd {
        /// Whether it is kept.
        keep: bool,
    },
    /// Give a feature this name; an empty one takes its name away.
    Name {
        /// The feature.
        feature: usize,
        /// The name.
        name: String,
    },
    /// Set a name as it was or will be.
    SetName {
        /// The feature.
        feature: usize,
        /// The name with who gave it.
        name: Option<FeatureName>,
    },
    /// Pin a feature, or take the pin away.
    Pin(usize),
    /// Set a pin as it was or will be.
    SetPin {
        /// The feature.
        feature: usize,
        /// Whether it is pinned.
        pinned: bool,
    },
    /// Show all the points of a part of a feature's page, or few again.
    More {
        /// The feature.
        feature: usize,
        /// The part.
        part: Part,
    },
    /// Try again to read or save names.
    RetryNames,
    /// Suggest names for all features that no person has named.
    SuggestNames,
    /// Set all names as they were or will be.
    SetNames(Names),
    /// Choose a file of names to take in.
    ChooseNames,
    /// Take in the names of a file.
    ImportNames(PathBuf),
}

/// Its state.
#[derive(Default)]
pub struct State {
    /// The table.
    pub table: Table,
    /// Why the collection could not be read.
    pub problem: Option<Problem>,
    /// Why names could not be read or saved.
    pub names_problem: Option<Problem>,
    /// The name that is being edited.
    pub renaming: Option<Renaming>,
    /// The suggesting of names.
    pub suggesting: Suggesting,
    index: Option<Arc<FeatureIndex>>,
    /// Whether the index is over the whole collection.
    whole: bool,
    building: Option<JobKey>,
    slot: Slot,
    /// The job that prepares the table.
    preparing: Option<JobKey>,
    pages: Vec<Page>,
    working: Option<page::Working>,
    keeping: naming::Keeping,
    /// The table as it was before typing into the filter began.
    before_typing: Option<Lens>,
}

/// Where a worker leaves the index as far as it is, for the window to take.
#[derive(Clone, Default)]
pub struct Slot(Arc<Mutex<Option<Arc<FeatureIndex>>>>);

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

impl Slot {
    /// Leaves an index; one that was not taken goes, on the worker.
    pub fn leave(&self, index: Arc<FeatureIndex>) {
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(index);
        drop(before);
    }

    /// Takes it; none where the worker is just leaving one.
    fn take(&self) -> Option<Arc<FeatureIndex>> {
        self.0.try_lock().ok()?.take()
    }
}

impl State {
    /// The index over the collection, as far as it was read.
    pub fn index(&self) -> Option<&Arc<FeatureIndex>> {
        self.index.as_ref()
    }

    /// Whether the index is over the whole collection.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The job that reads the collection, while it does.
    pub fn building(&self) -> Option<JobKey> {
        self.building
    }

    /// The confidences of the collection's points, against which an input is read; those of all points, or of none.
    pub fn scale(&self) -> Option<&ConfidenceScale> {
        self.index.as_ref().filter(|_| self.whole).map(|index| index.confidence())
    }

    /// What the page of a feature shows; none until it is prepared.
    pub fn page(&self, feature: usize) -> Option<&Page> {
        self.pages.iter().find(|page| page.feature == feature)
    }

    fn page_mut(&mut self, feature: usize) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.feature == feature)
    }

    /// When to look again although nothing is touched.
    pub(super) fn look_again(&self) -> Option<Duration> {
        self.keeping.look_again()
    }
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Read the collection.
    Index {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// The encoder.
        encoder: Arc<Encoder>,
        /// Its file, beside which the index is kept.
        path: PathBuf,
        /// Whether what is kept there is not looked at.
        rebuild: bool,
        /// Where to leave the index as far as it is.
        slot: Slot,
    },
    /// Sort and filter the table of very many features.
    Prepare(Box<Preparing>),
    /// Let go of an index: freeing that much memory takes longer than a frame.
    LetGo(Vec<Arc<FeatureIndex>>),
    /// Read the names beside an encoder.
    ReadNames {
        /// Its file.
        path: PathBuf,
        /// Its weights.
        encoder: Arc<Encoder>,
    },
    /// Save names beside their encoder.
    SaveNames(OpenNotes),
    /// Suggest names.
    SuggestNames {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// The encoder.
        encoder: Arc<Encoder>,
    },
    /// Read a file of names to take in.
    ReadImport(PathBuf),
    /// Find the features that one has to do with.
    Related {
        /// The encoder.
        encoder: Arc<Encoder>,
        /// The index.
        index: Arc<FeatureIndex>,
        /// The feature.
        feature: usize,
        /// The threshold.
        threshold: f32,
    },
    /// Find what payloads have in common.
    Words {
        /// Payloads of a feature's strongest points.
        strongest: Vec<Arc<Payload>>,
        /// Those of random points.
        background: Vec<Arc<Payload>>,
    },
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// The index over the whole collection.
    Index(Arc<FeatureIndex>),
    /// The table under its lens.
    Prepared(Box<Prepared>),
    /// An index is gone.
    Gone,
    /// Names were read.
    Names(Read),
    /// Names are saved; a file of other weights was set aside here.
    Saved(Option<PathBuf>),
    /// Names were suggested.
    Suggested(Box<NamesFound>),
    /// What a file of names says.
    Import(String),
    /// The features that one has to do with.
    Related(Related),
    /// What payloads have in common.
    Words(Vec<Enriched>),
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Index { collection, encoder, path, rebuild, slot } => work::sparing(|| {
                let mut source = source::open(&collection, control, reporter)?;
                let of = IndexOf { path: &path, encoder: &encoder, collection: &collection, rebuild };
                let leave = |index| slot.leave(index);
                feature_index(&of, source.as_mut(), leave, control, reporter).map(Found::Index)
            }),
            Self::Prepare(preparing) => Ok(Found::Prepared(Box::new(preparing.run()))),
            Self::LetGo(indexes) => {
                drop(indexes);
                Ok(Found::Gone)
            }
            Self::ReadNames { path, encoder } => naming::read(&path, &encoder).map(Found::Names),
            Self::SaveNames(notes) => naming::write(&notes).map(Found::Saved),
            Self::SuggestNames { collection, encoder } => {
                let found = work::sparing(|| suggesting::run(&collection, &encoder, control, reporter))?;
                Ok(Found::Suggested(Box::new(found)))
            }
            Self::ReadImport(path) => suggesting::read(&path).map(Found::Import),
            Self::Related { encoder, index, feature, threshold } => {
                Ok(Found::Related(related(&encoder, &index, feature, threshold)))
            }
            Self::Words { strongest, background } => Ok(Found::Words(words(&strongest, &background))),
        }
    }
}

pub(super) fn handle(app: &mut App, command: Command) {
    // What only sets things back or forth is no end of typing.
    let sets = matches!(command, Command::SetName { .. } | Command::SetNames(_) | Command::SetPin { .. });
    if !sets && !matches!(command, Command::Filter(_) | Command::Look(_)) {
        typed(app);
    }
    match command {
        Command::Reindex => read(app, true),
        Command::ReadRest => read(app, false),
        Command::Sort(column) => {
            let sort = app.features.table.lens.sort.clicked(column);
            look(app, |lens| lens.sort = sort);
        }
        Command::Filter(text) => {
            let state = &mut app.features;
            state.before_typing.get_or_insert_with(|| state.table.lens.clone());
            state.table.lens.filter = text;
            refresh(app);
        }
        Command::FilterDone => {}
        Command::Brush(brush) => look(app, |lens| lens.brush = brush),
        Command::ShowAll => look(app, |lens| {
            lens.filter.clear();
            lens.brush = None;
        }),
        Command::Axes(axes) => look(app, |lens| (lens.axes, lens.brush) = (axes, None)),
        Command::Look(lens) => {
            app.features.before_typing = None;
            app.features.table.lens = *lens;
            refresh(app);
        }
        Command::Move(rows) => {
            if let Some(feature) = along(app, rows) {
                app.handle(super::Command::Select(Selected::Feature(feature)));
            }
        }
        Command::Page(rows) => {
            if let Some(feature) = along(app, rows) {
                app.handle(super::Command::Feature(feature));
            }
        }
        Command::Rename(feature, spot) => naming::begin(app, feature, spot),
        Command::RenameText(text) => {
            if let Some(renaming) = &mut app.features.renaming {
                (renaming.text, renaming.problem) = (text, None);
            }
        }
        Command::RenameEnd { keep } => naming::end(app, keep),
        Command::Name { feature, name } => {
            if let Err(problem) = naming::rename(app, feature, &name) {
                app.messages.warn(problem);
            }
        }
        Command::SetName { feature, name } => naming::set_name(app, feature, name),
        Command::Pin(feature) => naming::pin(app, feature),
        Command::SetPin { feature, pinned } => naming::set_pin(app, feature, pinned),
        Command::More { feature, part } => page::more(app, feature, part),
        Command::RetryNames => naming::retry(app),
        Command::SuggestNames => suggesting::ask(app),
        Command::SetNames(names) => suggesting::set_names(app, &names),
        Command::ChooseNames => suggesting::choose(app),
        Command::ImportNames(path) => suggesting::import(app, path),
    }
}

/// Looks at the table in another way; a step that can be taken back.
fn look(app: &mut App, change: impl FnOnce(&mut Lens)) {
    let before = app.features.table.lens.clone();
    change(&mut app.features.table.lens);
    looked(app, before);
    refresh(app);
}

/// Keeps the way back from the present way of looking to one before.
fn looked(app: &mut App, before: Lens) {
    let after = app.features.table.lens.clone();
    if after == before {
        return;
    }
    let label = after.difference(&before);
    let step = |lens| super::Command::Features(Command::Look(Box::new(lens)));
    app.undo.push(Step { label, undo: step(before), redo: step(after) });
}

/// What was typed into the filter becomes one step.
fn typed(app: &mut App) {
    if let Some(before) = app.features.before_typing.take() {
        looked(app, before);
    }
}

/// The feature so many rows from the one that is looked at; none at the table's end.
fn along(app: &App, rows: isize) -> Option<usize> {
    let table = &app.features.table;
    let selected = match app.view.place.selected {
        Selected::Feature(feature) => Some(feature),
        _ => None,
    };
    let last = table.rows().len().checked_sub(1)?;
    let row = match app.view.place.page.or(selected).and_then(|feature| table.row_of(feature)) {
        Some(row) => row.saturating_add_signed(rows).min(last),
        None => 0,
    };
    table.rows().get(row).map(|feature| *feature as usize)
}

/// Works out what the table shows.
fn refresh(app: &mut App) {
    let state = &mut app.features;
    let Some(index) = &state.index else { return };
    let notes = app.document.notes.as_ref().map(|notes| &notes.notes);
    state.table.prepare(index, notes, app.settings.threshold);
}

/// Has a worker prepare the table where it is too long for a frame, and has changed: one job at a time, so that what
/// changes meanwhile is done in one go.
fn prepare(app: &mut App) {
    if app.jobs.is_live(app.features.preparing) {
        return;
    }
    let Some(index) = &app.features.index else { return };
    let notes = app.document.notes.as_ref().map(|notes| &notes.notes);
    if let Some(preparing) = app.features.table.waiting(index, notes, app.settings.threshold) {
        let request = Request::quiet("Sorting features", Lane::Files);
        let work = super::Work::Features(Work::Prepare(Box::new(preparing)));
        app.features.preparing = Some(app.submit(request, work));
    }
}

/// Asks for the index over the open collection, in place of one that is being made: what is kept of it beside the encoder,
/// or all of it again.
fn read(app: &mut App, rebuild: bool) {
    stop(app);
    app.features.problem = None;
    let (Some(open), Some(encoder)) = (&app.document.open, app.document.encoder()) else { return };
    let slot = Slot::default();
    let request = Request::new(format!("Reading the features of {}", open.info.name), Lane::Read);
    let collection = Box::new(open.collection.clone());
    let (path, encoder) = (encoder.path.clone(), Arc::clone(&encoder.encoder));
    let work = Work::Index { collection, encoder, path, rebuild, slot: slot.clone() };
    app.features.slot = slot;
    app.features.building = Some(app.submit(request, super::Work::Features(work)));
}

/// Ends the job that makes the index.
fn stop(app: &mut App) {
    let left = app.features.slot.take();
    app.features.slot = Slot::default();
    let_go(app, left);
    if let Some(key) = app.features.building.take() {
        app.jobs.steer(key, JobCommand::Cancel);
    }
}

/// The feature that is looked at: the selected one, or else the one whose page is open.
pub fn at(app: &App) -> Option<usize> {
    match app.view.place.selected {
        Selected::Feature(feature) => Some(feature),
        _ => app.view.place.page,
    }
}

/// Where a feature's name can be edited now.
pub fn spot(app: &App, feature: usize) -> Spot {
    let place = &app.view.place;
    match (place.screen, place.page) {
        (Screen::Features, Some(page)) if page == feature => Spot::Page,
        (Screen::Features, None) if app.features.table.row_of(feature).is_some() => Spot::Table,
        _ => Spot::Inspector,
    }
}

/// Shows an index.
fn take(app: &mut App, index: Arc<FeatureIndex>, whole: bool) {
    let state = &mut app.features;
    state.table.reset(&index);
    state.whole = whole;
    let before = state.index.replace(index);
    let_go(app, before);
    page::renew(app);
    refresh(app);
}

/// Has indexes freed on a worker.
fn let_go(app: &mut App, indexes: impl IntoIterator<Item = Arc<FeatureIndex>>) {
    let indexes: Vec<_> = indexes.into_iter().collect();
    if !indexes.is_empty() {
        let request = Request::quiet("Letting go of an index", Lane::Files);
        app.submit(request, super::Work::Features(Work::LetGo(indexes)));
    }
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Index(index) if app.features.building == Some(key) => {
            app.features.building = None;
            let left = app.features.slot.take();
            let_go(app, left);
            take(app, index, true);
        }
        Found::Index(index) => let_go(app, [index]),
        Found::Prepared(prepared) => {
            if app.features.preparing.take_if(|preparing| *preparing == key).is_some() {
                app.features.table.take(*prepared);
            }
        }
        Found::Gone => {}
        Found::Names(read) => naming::found(app, key, read),
        Found::Saved(aside) => naming::saved(app, key, aside),
        Found::Suggested(names) => suggesting::found(app, key, &names),
        Found::Import(text) => suggesting::read_in(app, key, &text),
        Found::Related(related) => page::related_found(app, key, related),
        Found::Words(words) => page::words_found(app, key, words),
    }
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    if app.features.building == Some(key) {
        app.features.building = None;
        app.features.problem = problem;
    } else if !naming::ended(app, key, &problem) && !suggesting::ended(app, key, &problem) {
        page::ended(app, key, problem);
    }
}

/// The person comes to the screen.
pub(super) fn arrive(app: &mut App) {
    typed(app);
}

/// Called once a frame.
pub(super) fn tick(app: &mut App) {
    if let Some(index) = app.features.slot.take() {
        take(app, index, false);
    }
    if app.features.index.is_some() && !app.features.table.threshold_fits(app.settings.threshold) {
        refresh(app);
        page::threshold_moved(app);
    }
    prepare(app);
    page::tick(app);
    naming::tick(app);
}

/// Closes what is open over the table: a name that is being edited, the brush, or else the filter. Whether there was any.
pub(super) fn escape(app: &mut App) -> bool {
    let place = &app.view.place;
    let over_table = place.screen == Screen::Features && place.page.is_none();
    let lens = &app.features.table.lens;
    if app.features.renaming.is_some() {
        app.features.renaming = None;
    } else if over_table && lens.brush.is_some() {
        handle(app, Command::Brush(None));
    } else if over_table && !lens.filter.is_empty() {
        typed(app);
        look(app, |lens| lens.filter.clear());
    } else {
        return false;
    }
    true
}

/// Another collection or encoder is open, or none.
pub(super) fn document_changed(app: &mut App) {
    stop(app);
    suggesting::document_changed(app);
    naming::document_changed(app);
    let state = &mut app.features;
    state.problem = None;
    state.whole = false;
    state.before_typing = None;
    state.pages.clear();
    state.working = None;
    state.preparing = None;
    state.table.clear();
    let before = state.index.take();
    let_go(app, before);
    read(app, false);
}
