//! Names and pins: read when an encoder is opened, changed by steps that can be taken back, and saved beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Command, Work, refresh};
use crate::app::{App, JobKey, Lane, Problem, Request, Step};
use crate::encoder::Encoder;
use crate::error::Result;
use crate::features::names::{Merged, ReadNotes, Subject};
use crate::features::{FeatureName, FeatureNotes};

/// Names are written when they have not changed for so long.
const SETTLED: Duration = Duration::from_millis(800);

/// Where on the screen a name is being edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// In its row of the table.
    Table,
    /// At the head of its page.
    Page,
    /// In the panel at the right.
    Inspector,
}

/// A name that is being edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Renaming {
    /// The feature.
    pub feature: usize,
    /// Where.
    pub spot: Spot,
    /// What is typed.
    pub text: String,
    /// Why it was not taken.
    pub problem: Option<String>,
}

/// Names and pins of the open encoder's features.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenNotes {
    /// The names and pins.
    pub notes: FeatureNotes,
    /// The weights that they are about.
    fingerprint: String,
    /// The encoder's file, and its features.
    encoder: PathBuf,
    features: usize,
}

impl OpenNotes {
    /// Of an encoder's file.
    pub fn new(notes: FeatureNotes, encoder: &Path, weights: &Encoder) -> Self {
        Self { notes, fingerprint: weights.fingerprint(), encoder: encoder.to_owned(), features: weights.outputs() }
    }

    /// As JSON, which can be imported again.
    pub fn to_json(&self) -> String {
        self.notes.to_json(&self.fingerprint)
    }

    /// Features of the encoder.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Takes in notes that were handed on, as [`FeatureNotes::import`] does.
    pub fn import(&mut self, json: &str) -> Result<Merged> {
        let subject = Subject { fingerprint: &self.fingerprint, features: self.features };
        self.notes.import(json, subject)
    }

    fn subject(&self) -> Subject<'_> {
        Subject { fingerprint: &self.fingerprint, features: self.features }
    }
}

/// Where reading and saving of names stands.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    reading: Option<JobKey>,
    saving: Option<JobKey>,
    /// Since when they differ from what is saved.
    changed: Option<Instant>,
}

impl Keeping {
    /// When to save, where there is something to save.
    pub(super) fn look_again(&self) -> Option<Duration> {
        self.changed.map(|since| SETTLED.saturating_sub(since.elapsed()))
    }
}

/// What was read of an encoder's names.
#[derive(Debug)]
pub struct Read {
    notes: OpenNotes,
    /// Why what is in the file is not shown.
    problem: Option<String>,
}

/// Reads the names beside an encoder.
pub(super) fn read(path: &Path, encoder: &Encoder) -> Result<Read> {
    let mut notes = OpenNotes::new(FeatureNotes::default(), path, encoder);
    let ReadNotes { notes: read, problem } = FeatureNotes::read(path, notes.subject())?;
    notes.notes = read;
    Ok(Read { notes, problem })
}

/// Writes names; gives the place of a file of other weights that was set aside.
pub(super) fn write(notes: &OpenNotes) -> Result<Option<PathBuf>> {
    notes.notes.write(&notes.encoder, notes.subject())
}

/// Another encoder is open, or none: saves what was not saved, and reads the new one's names.
pub(super) fn document_changed(app: &mut App) {
    save(app);
    app.features.renaming = None;
    app.document.notes = None;
    app.features.keeping.reading = None;
    app.features.names_problem = None;
    ask(app);
}

/// Asks for the names of the open encoder.
pub(super) fn ask(app: &mut App) {
    let Some(open) = app.document.encoder() else { return };
    let work = Work::ReadNames { path: open.path.clone(), encoder: Arc::clone(&open.encoder) };
    let request = Request::quiet("Reading names", Lane::Files);
    app.features.names_problem = None;
    app.features.keeping.reading = Some(app.submit(request, crate::app::Work::Features(work)));
}

pub(super) fn found(app: &mut App, key: JobKey, found: Read) {
    if app.features.keeping.reading != Some(key) {
        return;
    }
    app.features.keeping.reading = None;
    if let Some(problem) = found.problem {
        app.messages.warn(problem);
    }
    app.document.notes = Some(found.notes);
    refresh(app);
}

pub(super) fn saved(app: &mut App, key: JobKey, aside: Option<PathBuf>) {
    if app.features.keeping.saving == Some(key) {
        app.features.keeping.saving = None;
    }
    if let Some(aside) = aside {
        app.messages.warn(format!("names of other weights were in the way, and are kept in {}", aside.display()));
    }
}

/// Whether the job was one of this file's.
pub(super) fn ended(app: &mut App, key: JobKey, problem: &Option<Problem>) -> bool {
    let state = &mut app.features;
    if state.keeping.reading == Some(key) {
        state.keeping.reading = None;
    } else if state.keeping.saving == Some(key) {
        state.keeping.saving = None;
    } else {
        return false;
    }
    state.names_problem = problem.clone();
    true
}

/// Saves names that have not changed for a while, or are about to be left.
pub(super) fn tick(app: &mut App) {
    let keeping = &app.features.keeping;
    if keeping.changed.is_some_and(|since| since.elapsed() >= SETTLED) || app.ending() {
        save(app);
    }
}

/// Saves names that were changed.
pub(super) fn save(app: &mut App) {
    if app.features.keeping.changed.take().is_none() {
        return;
    }
    let Some(notes) = app.document.notes.clone() else { return };
    let work = Work::SaveNames(notes);
    let request = Request::quiet("Saving names", Lane::Files);
    app.features.names_problem = None;
    app.features.keeping.saving = Some(app.submit(request, crate::app::Work::Features(work)));
}

/// Tries again what went wrong last: to read names, or to save them.
pub(super) fn retry(app: &mut App) {
    if app.document.notes.is_none() {
        ask(app);
    } else {
        app.features.keeping.changed = Some(Instant::now());
        save(app);
    }
}

/// Begins to edit a name.
pub(super) fn begin(app: &mut App, feature: usize, spot: Spot) {
    if app.document.notes.is_none() {
        app.messages.warn("names cannot be given yet: those beside the encoder are not read");
        return;
    }
    if spot == Spot::Inspector {
        // It is edited there, so it has to be seen.
        app.settings.layout.right = true;
    }
    let text = app.document.name(feature).unwrap_or_default().to_owned();
    app.features.renaming = Some(Renaming { feature, spot, text, problem: None });
}

/// Ends editing; a name that is refused stays in its field, with the reason.
pub(super) fn end(app: &mut App, keep: bool) {
    let Some(renaming) = app.features.renaming.take() else { return };
    if !keep {
        return;
    }
    if let Err(problem) = rename(app, renaming.feature, &renaming.text) {
        app.features.renaming = Some(Renaming { problem: Some(problem), ..renaming });
    }
}

/// Gives a feature a name as a person does, or takes it away. Says why not.
pub(super) fn rename(app: &mut App, feature: usize, text: &str) -> Result<(), String> {
    let Some(notes) = &mut app.document.notes else { return Err("names are not read yet".into()) };
    let before = notes.notes.names.get(&feature).cloned();
    if before.as_ref().map_or("", |name| name.name.as_str()) == text.trim() {
        // Nothing was changed; a suggestion that was looked at and left is still one.
        return Ok(());
    }
    notes.notes.rename(feature, text).map_err(|error| error.to_string())?;
    let after = notes.notes.names.get(&feature).cloned();
    let step = |name| crate::app::Command::Features(Command::SetName { feature, name });
    let label = format!("Rename feature {feature}");
    app.undo.push(Step { label, undo: step(before), redo: step(after) });
    changed(app);
    Ok(())
}

/// Sets a name as it was or will be; no step of its own.
pub(super) fn set_name(app: &mut App, feature: usize, name: Option<FeatureName>) {
    let Some(notes) = &mut app.document.notes else { return };
    match name {
        Some(name) => notes.notes.names.insert(feature, name),
        None => notes.notes.names.remove(&feature),
    };
    changed(app);
}

/// Pins a feature, or takes the pin away.
pub(super) fn pin(app: &mut App, feature: usize) {
    let pinned = !app.document.is_pinned(feature);
    if app.document.notes.is_none() {
        app.messages.warn("features cannot be pinned yet: what is noted beside the encoder is not read");
        return;
    }
    let step = |pinned| crate::app::Command::Features(Command::SetPin { feature, pinned });
    let label = format!("{} feature {feature}", if pinned { "Pin" } else { "Unpin" });
    app.undo.push(Step { label, undo: step(!pinned), redo: step(pinned) });
    set_pin(app, feature, pinned);
}

/// Sets a pin; no step of its own.
pub(super) fn set_pin(app: &mut App, feature: usize, pinned: bool) {
    let Some(notes) = &mut app.document.notes else { return };
    if pinned {
        notes.notes.pins.insert(feature);
    } else {
        notes.notes.pins.remove(&feature);
    }
    changed(app);
}

pub(super) fn changed(app: &mut App) {
    app.features.keeping.changed = Some(Instant::now());
    refresh(app);
}
