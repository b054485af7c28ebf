//! Suggested names: asked for as a job, taken in one step, and names from a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::naming::changed;
use super::{Command, Work};
use crate::app::desk::{Choice, Pick};
use crate::app::{App, JobCommand, JobKey, Lane, Problem, Request, Step};
use crate::config::{CollectionArgs, ModelArgs};
use crate::count::counted;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{FeatureName, NameSource};
use crate::job::{Control, Reporter};
use crate::pipeline::{NameAsk, NamesFound, suggest_names};
use crate::source;

/// All names, as they were or will be.
pub type Names = Arc<BTreeMap<usize, FeatureName>>;

/// Where the suggesting of names stands.
#[derive(Debug, Default)]
pub struct Suggesting {
    /// The job that does it.
    job: Option<JobKey>,
    /// The job that reads a file of names.
    reading: Option<JobKey>,
    /// Why the last one failed.
    pub problem: Option<Problem>,
}

impl Suggesting {
    /// The job that suggests names, while it does.
    pub fn job(&self) -> Option<JobKey> {
        self.job
    }
}

/// Whether names can be suggested now.
pub fn can_suggest(app: &App) -> bool {
    app.document.encoder().is_some() && app.document.notes.is_some() && !app.jobs.is_live(app.features.suggesting.job)
}

/// On a worker: names for the features of an encoder over a collection.
pub(super) fn run(
    collection: &CollectionArgs,
    encoder: &Encoder,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<NamesFound> {
    let mut source = source::open(collection, control, reporter)?;
    suggest_names(encoder, source.as_mut(), &ModelArgs::default(), &NameAsk::default(), control, reporter)
}

/// On a worker: what a file says.
pub(super) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::io(path))
}

/// Asks for names.
pub(super) fn ask(app: &mut App) {
    if !can_suggest(app) {
        return;
    }
    let (Some(open), Some(encoder)) = (&app.document.open, app.document.encoder()) else { return };
    let work =
        Work::SuggestNames { collection: Box::new(open.collection.clone()), encoder: Arc::clone(&encoder.encoder) };
    let request = Request::new(format!("Naming the features of {}", encoder.name()), Lane::Read);
    app.features.suggesting.problem = None;
    app.features.suggesting.job = Some(app.submit(request, crate::app::Work::Features(work)));
}

/// Another encoder or collection is open: what is asked for is no more wanted.
pub(super) fn document_changed(app: &mut App) {
    let state = std::mem::take(&mut app.features.suggesting);
    for key in state.job.into_iter().chain(state.reading) {
        app.jobs.steer(key, JobCommand::Cancel);
    }
}

/// Names were found: all suggestions in one step.
pub(super) fn found(app: &mut App, key: JobKey, found: &NamesFound) {
    if app.features.suggesting.job.take_if(|job| *job == key).is_none() {
        return;
    }
    let Some(notes) = &mut app.document.notes else { return };
    let before = notes.notes.names.clone();
    let taken = match notes.notes.take(&found.suggestions) {
        Ok(taken) => taken,
        Err(error) => {
            app.features.suggesting.problem = Some(Problem::from(&error));
            return;
        }
    };
    let after = notes.notes.names.clone();
    let by_words = after.values().filter(|name| matches!(name.source, Some(NameSource::Text { .. }))).count();
    let living = notes.features() - found.dead.len();
    let mut text = format!("{} named", counted(taken.named as u64, "feature"));
    if by_words > 0 {
        text += &format!(", {by_words} of them by words");
    }
    let unnamed = (0..notes.features()).filter(|i| !after.contains_key(i) && found.dead.binary_search(i).is_err());
    text += &format!("; {} of {} that win for some point stay unnamed", unnamed.count(), living);
    if taken.kept > 0 {
        text += &format!("; {} of your own kept", counted(taken.kept as u64, "name"));
    }
    app.messages.success(text);
    let label = format!("Name {}", counted(taken.named as u64, "feature"));
    step(app, label, before, after);
}

/// Has the person choose a file of names.
pub(super) fn choose(app: &mut App) {
    let near = app.document.encoder().map(|encoder| encoder.path.display().to_string()).unwrap_or_default();
    let pick = Pick::new("Import names and pins", Choice::File).filter("Names of features", &["json"]).near(&near);
    app.desk.pick(pick, |paths| {
        let path = paths.into_iter().next().unwrap_or_default();
        crate::app::Command::Features(Command::ImportNames(path))
    });
}

/// Asks for the names in a file.
pub(super) fn import(app: &mut App, path: PathBuf) {
    if app.document.notes.is_none() || app.jobs.is_live(app.features.suggesting.reading) {
        return;
    }
    let request = Request::quiet("Reading names to import", Lane::Files);
    app.features.suggesting.problem = None;
    let work = crate::app::Work::Features(Work::ReadImport(path));
    app.features.suggesting.reading = Some(app.submit(request, work));
}

/// A file of names was read: what it has is taken in, in one step.
pub(super) fn read_in(app: &mut App, key: JobKey, text: &str) {
    if app.features.suggesting.reading.take_if(|job| *job == key).is_none() {
        return;
    }
    let Some(notes) = &mut app.document.notes else { return };
    let (before, pins) = (notes.notes.names.clone(), notes.notes.pins.clone());
    match notes.import(text) {
        Ok(merged) => {
            let after = notes.notes.names.clone();
            // Pins are no part of the step: they are seen, and one click takes one away.
            let new_pins = notes.notes.pins.len() - pins.len();
            let names = counted((merged.added + merged.replaced) as u64, "name");
            let mut text = format!("{names} and {} imported", counted(new_pins as u64, "pin"));
            if merged.left_out > 0 {
                text += &format!("; {} left out, as the features have better ones", merged.left_out);
            }
            app.messages.success(text);
            let label = format!("Import {names}");
            if new_pins > 0 {
                changed(app);
            }
            step(app, label, before, after);
        }
        Err(error) => {
            let problem = Problem::from(&error);
            app.messages.problem(&problem);
            app.features.suggesting.problem = Some(problem);
        }
    }
}

/// One step from some names to others.
fn step(app: &mut App, label: String, before: BTreeMap<usize, FeatureName>, after: BTreeMap<usize, FeatureName>) {
    if before == after {
        return;
    }
    let step = |names| crate::app::Command::Features(Command::SetNames(Arc::new(names)));
    app.undo.push(Step { label, undo: step(before), redo: step(after) });
    changed(app);
}

/// Sets all names as they were or will be; no step of its own.
pub(super) fn set_names(app: &mut App, names: &Names) {
    let Some(notes) = &mut app.document.notes else { return };
    notes.notes.names = BTreeMap::clone(names);
    changed(app);
}

/// Whether the job was one of this file's.
pub(super) fn ended(app: &mut App, key: JobKey, problem: &Option<Problem>) -> bool {
    let state = &mut app.features.suggesting;
    let own = state.job.take_if(|job| *job == key).is_some() || state.reading.take_if(|job| *job == key).is_some();
    if own {
        state.problem = problem.clone();
    }
    own
}
