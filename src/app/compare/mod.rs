//! The comparing screen: encoders side by side, by a table of what they are worth, by their features, and by what they see
//! in the same inputs.

mod choosing;
mod evaluating;
mod matching;
mod sheet;
#[cfg(test)]
mod tests;
mod through;

use std::path::{Path, PathBuf};

pub use choosing::{Candidate, called, candidates, run_title};
pub use evaluating::{Evaluated, Evaluating, Settings, label_fields};
pub use matching::{Known, Matched, Matching};
pub use sheet::{Cell, Column, Line, Sheet, Sort, View};
pub use through::{Batch, Both, Note, Outbox, Pair, Seen, Side, Through};

use super::desk::{Choice, Pick};
use super::inspect::Input;
use super::{App, Command as Any, Held, JobCommand, JobKey, Place, Problem, Screen, document, settings, work};
use crate::config::CollectionArgs;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::picture;

/// Encoders that are compared at most: as many as there are colours.
pub const MOST: usize = 8;

/// What is asked of the screen.
#[derive(Clone, Debug)]
pub enum Command {
    /// Compare these, in place of what was chosen, and show the screen.
    Choose(Vec<Chosen>),
    /// Compare one more.
    Add(Chosen),
    /// Compare one less.
    Remove(PathBuf),
    /// Choose an encoder's file by a dialog.
    Browse,
    /// Show a part of the screen.
    Part(Part),
    /// Take an encoder as one of the two whose features and inputs are compared.
    Pair(Which, PathBuf),
    /// Change what the table is made with.
    Settings(Settings),
    /// Make the table.
    Evaluate,
    /// Show other figures of the table.
    View(View),
    /// Order the table by a column, or the other way round.
    Sort(usize),
    /// Match the features of the two.
    Match,
    /// Open a feature of one of the encoders, which is opened first where another one is open.
    Feature(PathBuf, usize),
    /// Let the two look at inputs.
    Inputs(Vec<Input>),
    /// Choose pictures by a dialog.
    BrowsePictures,
    /// Let them look at what is on the inspecting screen.
    TakeCards,
    /// Let them look at four points of the collection.
    Points,
    /// What is typed into the field for texts.
    EditText(String),
    /// Let them look at the text of the field.
    Text,
    /// Take an input away.
    TakeAway(u64),
    /// Take all inputs away.
    Clear,
    /// Judge inputs again that have failed or were stopped.
    Again,
    /// Whether the model that is missing may be downloaded.
    Download(bool),
    /// End what the shown part has running.
    Cancel,
    /// Put the word about what failed away.
    Dismiss,
    /// Say that something was copied.
    Say(&'static str),
}

/// One of the two encoders whose features and inputs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one at the left.
    One,
    /// The one at the right.
    Other,
}

/// A part of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The table of figures.
    #[default]
    Table,
    /// Features of two encoders, matched.
    Features,
    /// The same inputs through two encoders.
    Inputs,
}

/// An encoder that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its file.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
}

/// The screen's state.
#[derive(Default)]
pub struct State {
    /// The encoders, in the order in which they were chosen.
    pub chosen: Vec<Chosen>,
    /// The part that is shown.
    pub part: Part,
    /// The table.
    pub table: Evaluating,
    /// The features.
    pub features: Matching,
    /// The inputs.
    pub through: Through,
    one: Option<PathBuf>,
    other: Option<PathBuf>,
    /// The feature to open as soon as its encoder is.
    then: Option<(PathBuf, usize)>,
    /// The collection that all of it is about.
    collection: Option<CollectionArgs>,
}

impl State {
    /// An encoder that was chosen.
    pub fn get(&self, path: &Path) -> Option<&Chosen> {
        self.chosen.iter().find(|chosen| chosen.path == path)
    }

    /// The place of an encoder among those that were chosen, by which it has its colour.
    pub fn place(&self, path: &Path) -> Option<usize> {
        self.chosen.iter().position(|chosen| chosen.path == path)
    }

    /// The two whose features and inputs are compared: those that were asked for, or else the first that are left.
    pub fn pair(&self) -> Option<(&Chosen, &Chosen)> {
        let asked = |path: &Option<PathBuf>| self.get(path.as_deref()?);
        let other_than = |path: Option<&Chosen>| self.chosen.iter().find(|chosen| Some(*chosen) != path);
        let one = asked(&self.one).or_else(|| other_than(asked(&self.other)))?;
        let other = asked(&self.other).filter(|other| *other != one).or_else(|| other_than(Some(one)))?;
        Some((one, other))
    }

    /// The job of the shown part, while one runs.
    pub fn job(&self) -> Option<JobKey> {
        match self.part {
            Part::Table => self.table.job(),
            Part::Features => self.features.job(),
            Part::Inputs => self.through.job(),
        }
    }

    /// Why what the shown part asked for failed.
    pub fn problem(&self) -> Option<&Problem> {
        match self.part {
            Part::Table => self.table.problem.as_ref(),
            Part::Features => self.features.problem.as_ref(),
            Part::Inputs => self.through.problem.as_ref(),
        }
    }
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Make the table.
    Evaluate(Box<evaluating::Asked>),
    /// Match the features of two encoders.
    Match(Box<matching::Asked>),
    /// Let two encoders look at inputs.
    Look(Box<Batch>),
    /// Close what is held open.
    Close(Held<Both>),
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// The table.
    Evaluated(Box<crate::evaluate::table::EvaluationTable>),
    /// The features, matched.
    Matched(Box<Matched>),
    /// The inputs were looked at; what was seen is in the outbox.
    Looked,
    /// It is closed.
    Closed,
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Evaluate(asked) => work::sparing(|| asked.run(control, reporter)),
            Self::Match(asked) => work::sparing(|| asked.run(control, reporter)),
            Self::Look(batch) => work::sparing(|| batch.run(control, reporter)).map(|()| Found::Looked),
            Self::Close(held) => {
                held.close();
                Ok(Found::Closed)
            }
        }
    }
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Choose(chosen) => {
            app.compare.chosen.clear();
            chosen.into_iter().for_each(|chosen| add(app, chosen));
            show(app);
        }
        Command::Add(chosen) => add(app, chosen),
        Command::Remove(path) => app.compare.chosen.retain(|chosen| chosen.path != path),
        Command::Browse => {
            let pick = Pick::new("Choose an encoder to compare", Choice::File)
                .filter("Encoders", &["safetensors", "pt", "pth"]);
            app.desk.pick(pick, |paths| {
                let chosen = paths.into_iter().next().map(|path| Chosen { name: choosing::name(&path), path });
                Any::Compare(chosen.map_or(Command::Dismiss, Command::Add))
            });
        }
        Command::Part(part) => app.compare.part = part,
        Command::Pair(place, path) => {
            let state = &mut app.compare;
            let before = state.pair().map(|(one, other)| (one.path.clone(), other.path.clone()));
            match place {
                Which::One => state.one = Some(path.clone()),
                Which::Other => state.other = Some(path.clone()),
            }
            // One that stands at the other side changes places with it.
            if let Some((one, other)) = before {
                match place {
                    Which::One => state.other = Some(if other == path { one } else { other }),
                    Which::Other => state.one = Some(if one == path { other } else { one }),
                }
            }
        }
        Command::Settings(settings) => app.compare.table.settings = settings,
        Command::Evaluate => evaluating::begin(app),
        Command::View(view) => app.compare.table.show(view),
        Command::Sort(column) => app.compare.table.order(column),
        Command::Match => matching::begin(app),
        Command::Feature(path, feature) => open_feature(app, path, feature),
        Command::Inputs(inputs) => {
            app.compare.part = Part::Inputs;
            through::add(app, inputs);
            show(app);
        }
        Command::BrowsePictures => {
            let pick =
                Pick::new("Choose pictures to compare by", Choice::Files).filter("Pictures", &picture::EXTENSIONS);
            app.desk.pick(pick, |files| Any::Compare(Command::Inputs(files.into_iter().map(Input::File).collect())));
        }
        Command::TakeCards => through::take_cards(app),
        Command::Points => through::points(app),
        Command::EditText(text) => app.compare.through.text = text,
        Command::Text => {
            let text = app.compare.through.text.trim().to_owned();
            if !text.is_empty() {
                app.compare.through.text.clear();
                through::add(app, vec![Input::Text(text)]);
            }
        }
        Command::TakeAway(id) => through::take_away(app, |seen| seen.card.id == id),
        Command::Clear => through::take_away(app, |_| true),
        Command::Again => through::again(app),
        Command::Download(allowed) => through::answer(app, allowed),
        Command::Cancel => {
            if let Some(key) = app.compare.job() {
                app.jobs.steer(key, JobCommand::Cancel);
            }
        }
        Command::Dismiss => {
            let state = &mut app.compare;
            match state.part {
                Part::Table => state.table.problem = None,
                Part::Features => state.features.problem = None,
                Part::Inputs => state.through.problem = None,
            }
        }
        Command::Say(words) => app.messages.success(words),
    }
    through::begin(app);
}

fn add(app: &mut App, chosen: Chosen) {
    let state = &mut app.compare;
    if state.get(&chosen.path).is_some() {
        return;
    }
    if state.chosen.len() == MOST {
        app.messages.warn(format!("at most {MOST} encoders are compared at a time"));
        return;
    }
    state.chosen.push(chosen);
}

/// Goes to the screen.
fn show(app: &mut App) {
    let selected = app.view.place.selected.clone();
    app.view.go(Place { screen: Screen::Compare, page: None, selected });
    app.arrive();
}

/// Opens a feature's page; its encoder first, where another one is open.
fn open_feature(app: &mut App, path: PathBuf, feature: usize) {
    if app.document.encoder().is_some_and(|open| open.path == path) {
        app.handle(Any::Feature(feature));
    } else {
        app.compare.then = Some((path.clone(), feature));
        app.handle(Any::Document(document::Command::OpenEncoder(path)));
    }
}

/// Called once a frame.
pub(super) fn tick(app: &mut App) {
    through::tick(app);
    through::begin(app);
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Evaluated(table) => evaluating::found(app, key, *table),
        Found::Matched(matched) => matching::found(app, key, *matched),
        Found::Looked => through::done(app, key),
        Found::Closed => {}
    }
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    evaluating::ended(app, key, problem.as_ref());
    matching::ended(app, key, problem.as_ref());
    through::ended(app, key, problem.as_ref());
}

/// The person comes to the screen.
pub(super) fn arrive(app: &mut App) {
    // It finds out whether the model has a side for texts, and which runs there are.
    super::inspect::look_at_model(app);
    super::train::look_at_runs(app);
    // The encoder that is open is what others are compared with.
    if app.compare.chosen.is_empty()
        && let Some(open) = app.document.encoder()
    {
        let path = open.path.clone();
        add(app, Chosen { name: choosing::called(app, &path), path });
    }
}

/// The model that inputs go through is another one.
pub(super) fn model_changed(app: &mut App) {
    through::close(app);
    through::begin(app);
}

/// Another collection or encoder is open, or none. What was found about another collection goes.
pub(super) fn document_changed(app: &mut App) {
    let now = app.document.open.as_ref().map(|open| open.collection.clone());
    let same = match (&app.compare.collection, &now) {
        (Some(before), Some(now)) => settings::same(before, now),
        (None, None) => true,
        _ => false,
    };
    if !same {
        for key in [app.compare.table.job(), app.compare.features.job()].into_iter().flatten() {
            app.jobs.steer(key, JobCommand::Cancel);
        }
        through::close(app);
        through::take_away(app, |seen| matches!(seen.card.input, Input::Point(_)));
        let state = &mut app.compare;
        state.table.forget();
        state.features = Matching::default();
        state.collection = now;
    }
    if let Some((path, feature)) = app.compare.then.take()
        && app.document.encoder().is_some_and(|open| open.path == path)
    {
        app.handle(Any::Feature(feature));
    }
}
