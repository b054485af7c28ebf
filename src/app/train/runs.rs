//! The list of runs: what is known of each, which are compared, and what is being done to one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::desk::{Choice, Pick};
use super::super::{App, Command as Ask, JobKey, Lane, Problem, Request, Screen, Selected, Step, document};
use super::curves::Curves;
use super::work::Work;
use super::{Command, Live};
use crate::trainer::runs::{Run, RunState, Weights};

/// Runs that can be compared at a time: as many as there are colours.
pub const MOST_COMPARED: usize = 8;

/// What is measured by a run, as far as it is here.
#[derive(Debug)]
pub enum Loaded {
    /// It is being read.
    Reading,
    /// This.
    Ready(Box<Curves>),
    /// Why it could not be read.
    Failed(Problem),
}

/// What is asked before a run is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleting {
    /// The run's folder.
    pub folder: PathBuf,
    /// Whether its encoders go, too.
    pub encoders: bool,
}

/// The list of runs.
#[derive(Default)]
pub struct Runs {
    /// The runs, newest first.
    pub list: Vec<Run>,
    /// Whether they were ever listed.
    pub listed: bool,
    /// Why they could not be listed.
    pub problem: Option<Problem>,
    /// The folders of those that are compared, in the order in which they were chosen.
    pub compared: Vec<PathBuf>,
    /// The run whose name is being typed, and what is typed.
    pub renaming: Option<(PathBuf, String)>,
    /// The run that is to be deleted, as soon as the person says so.
    pub deleting: Option<Deleting>,
    /// The run that is to be exported, and the folder that is typed.
    pub exporting: Option<(PathBuf, String)>,
    /// Why the last thing that was done to a run failed: its folder, and the reason.
    pub fault: Option<(PathBuf, Problem)>,
    curves: HashMap<PathBuf, Loaded>,
    listing: Option<JobKey>,
    /// Whether they are to be listed again after the listing that goes on.
    again: bool,
    reading: HashMap<JobKey, PathBuf>,
    working: HashMap<JobKey, PathBuf>,
}

impl Runs {
    /// A run.
    pub fn get(&self, folder: &Path) -> Option<&Run> {
        self.list.iter().find(|run| run.folder == folder)
    }

    /// What was read of a run's measurements.
    pub fn loaded(&self, folder: &Path) -> Option<&Loaded> {
        self.curves.get(folder)
    }

    /// Whether something is being done to a run.
    pub fn is_busy(&self, folder: &Path) -> bool {
        self.working.values().any(|busy| busy == folder)
    }

    /// Whether the list is being read.
    pub fn is_listing(&self) -> bool {
        self.listing.is_some()
    }

    pub(super) fn set_decay(&mut self, decay: f64) {
        for loaded in self.curves.values_mut() {
            if let Loaded::Ready(curves) = loaded {
                curves.set_decay(decay);
            }
        }
    }

    fn forget(&mut self, folder: &Path) {
        self.list.retain(|run| run.folder != folder);
        self.compared.retain(|compared| compared != folder);
        self.curves.remove(folder);
    }
}

/// Has the runs listed.
pub(super) fn refresh(app: &mut App) {
    if app.train.runs.listing.is_some() {
        app.train.runs.again = true;
        return;
    }
    let work = Work::List(super::folder(app));
    let key = app.submit(Request::quiet("Listing runs", Lane::Files), super::super::Work::Train(work));
    app.train.runs.listing = Some(key);
}

/// Takes in a list.
pub(super) fn listed(app: &mut App, list: Vec<Run>) {
    let runs = &mut app.train.runs;
    runs.listing = None;
    runs.listed = true;
    runs.problem = None;
    // What was read of a run that has gone on since is old.
    let going = |run: &Run| run.state == RunState::Running;
    for old in runs.list.iter().filter(|run| going(run)) {
        runs.curves.remove(&old.folder);
    }
    runs.list = list;
    let there: Vec<PathBuf> = runs.list.iter().map(|run| run.folder.clone()).collect();
    runs.curves.retain(|folder, _| there.contains(folder));
    runs.compared.retain(|folder| there.contains(folder));
    if let Some(live) = app.train.live.as_mut().filter(|live| live.folder.is_none() && live.end.is_none()) {
        let settings = live.config.as_ref().and_then(|config| serde_json::to_value(config).ok());
        let same = |run: &&Run| going(run) && run.info.settings.is_some() && run.info.settings == settings;
        live.folder = app.train.runs.list.iter().find(same).map(|run| run.folder.clone());
    }
    if std::mem::take(&mut app.train.runs.again) {
        refresh(app);
    }
    read_shown(app);
}

/// Has the measurements read of the runs that are compared, or else of the one that is selected.
pub(super) fn read_shown(app: &mut App) {
    let mut shown = app.train.runs.compared.clone();
    if let Selected::Run(folder) = &app.view.place.selected {
        shown.push(folder.clone());
    }
    for folder in shown {
        let live = app.train.live.as_ref().is_some_and(|live| live.folder.as_ref() == Some(&folder));
        if live || app.train.runs.curves.contains_key(&folder) {
            continue;
        }
        let Some(run) = app.train.runs.get(&folder).cloned() else { continue };
        app.train.runs.curves.insert(folder.clone(), Loaded::Reading);
        let work = Work::Read { run: Box::new(run), decay: app.train.plot.smoothing.decay() };
        let key = app.submit(Request::quiet("Reading a run", Lane::Files), super::super::Work::Train(work));
        app.train.runs.reading.insert(key, folder);
    }
}

/// Takes in what a run measured.
pub(super) fn read(app: &mut App, key: JobKey, folder: PathBuf, mut curves: Box<Curves>) {
    if app.train.runs.reading.remove(&key).is_some() && app.train.runs.get(&folder).is_some() {
        curves.set_decay(app.train.plot.smoothing.decay());
        app.train.runs.curves.insert(folder, Loaded::Ready(curves));
    }
}

/// Does something to a run.
fn work(app: &mut App, folder: &Path, title: &str, work: impl FnOnce(Box<Run>) -> Work) {
    let runs = &mut app.train.runs;
    runs.fault = None;
    let Some(run) = runs.get(folder).cloned().filter(|_| !runs.is_busy(folder)) else { return };
    let title = format!("{title} {}", run.info.title);
    let key = app.submit(Request::quiet(title, Lane::Files), super::super::Work::Train(work(Box::new(run))));
    app.train.runs.working.insert(key, folder.to_owned());
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Compare(folder, wanted) => {
            let runs = &mut app.train.runs;
            runs.compared.retain(|compared| *compared != folder);
            if wanted && runs.compared.len() < MOST_COMPARED {
                runs.compared.push(folder);
            }
            read_shown(app);
        }
        Command::CompareNone => app.train.runs.compared.clear(),
        Command::Naming(naming) => app.train.runs.renaming = naming,
        Command::Rename { folder, title, step } => {
            app.train.runs.renaming = None;
            let same = app.train.runs.get(&folder).is_some_and(|run| run.info.title == title.trim());
            if !same {
                work(app, &folder, "Renaming", |run| Work::Rename { run, title, step });
            }
        }
        Command::AskDelete(deleting) => app.train.runs.deleting = deleting,
        Command::Delete => {
            if let Some(Deleting { folder, encoders }) = app.train.runs.deleting.take() {
                work(app, &folder, "Deleting", |run| Work::Delete { run, encoders });
            }
        }
        Command::AskExport(exporting) => app.train.runs.exporting = exporting,
        Command::BrowseExport => browse(app),
        Command::Export => {
            if let Some((folder, target)) = app.train.runs.exporting.take() {
                let target = PathBuf::from(target.trim());
                work(app, &folder, "Exporting", |run| Work::Export { run, target });
            }
        }
        Command::OpenRun(folder) => open(app, &folder),
        _ => {}
    }
}

/// Asks by a dialog where to export; the run's name becomes a folder there.
fn browse(app: &mut App) {
    let Some((folder, target)) = app.train.runs.exporting.clone() else { return };
    let name = Path::new(target.trim()).file_name().unwrap_or_default().to_owned();
    let pick = Pick::new("Export a run to a folder", Choice::Folder).near(&target);
    app.desk.pick(pick, move |paths| {
        let target = paths.first().map(|path| path.join(&name).display().to_string());
        Ask::Train(Command::AskExport(target.map(|target| (folder, target))))
    });
}

/// Opens a run's encoder: over the open collection, or else with the collection that it was trained on.
fn open(app: &mut App, folder: &Path) {
    let Some(run) = app.train.runs.get(folder) else { return };
    match run.weights.clone() {
        Weights::Encoder(path) => open_encoder(app, folder, path),
        Weights::Kept(_) => work(app, folder, "Taking the best of", Work::TakeBest),
        Weights::None | Weights::Gone(_) | Weights::Replaced(_) => {}
    }
}

fn open_encoder(app: &mut App, folder: &Path, path: PathBuf) {
    let config = app.train.runs.get(folder).and_then(|run| run.info.config());
    if app.document.open.is_some() {
        app.handle(Ask::Document(document::Command::OpenEncoder(path)));
    } else if let Some(config) = config.filter(|config| config.collection.is_given()) {
        app.handle(Ask::Document(document::Command::Open {
            collection: Box::new(config.collection),
            encoder: Some(path),
            then: Some(Screen::Features),
        }));
    } else {
        app.messages.warn("open a collection first: an encoder is shown over one");
    }
}

pub(super) fn renamed(app: &mut App, key: JobKey, folder: PathBuf, before: String, title: String, step: bool) {
    app.train.runs.working.remove(&key);
    if let Some(run) = app.train.runs.list.iter_mut().find(|run| run.folder == folder) {
        run.info.title = title.clone();
    }
    if step {
        let rename = |title: String| Ask::Train(Command::Rename { folder: folder.clone(), title, step: false });
        app.undo.push(Step { label: format!("Rename run to {title}"), undo: rename(before), redo: rename(title) });
    }
}

pub(super) fn deleted(app: &mut App, key: JobKey, folder: PathBuf, title: &str, left: usize) {
    app.train.runs.working.remove(&key);
    app.train.runs.forget(&folder);
    if app.view.place.selected == Selected::Run(folder.clone()) {
        app.handle(Ask::Select(Selected::Nothing));
    }
    let rest = match left {
        0 => String::new(),
        1 => format!("; one file stays in {}", folder.display()),
        n => format!("; {n} files stay in {}", folder.display()),
    };
    app.messages.success(format!("deleted {title}{rest}"));
}

pub(super) fn exported(app: &mut App, key: JobKey, target: &Path) {
    app.train.runs.working.remove(&key);
    app.messages.success(format!("exported to {}", target.display()));
}

pub(super) fn taken(app: &mut App, key: JobKey, folder: &Path, encoder: PathBuf) {
    app.train.runs.working.remove(&key);
    open_encoder(app, folder, encoder);
    refresh(app);
}

/// A job about runs that ended without a result.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    let runs = &mut app.train.runs;
    if runs.listing == Some(key) {
        runs.listing = None;
        runs.again = false;
        runs.listed = true;
        runs.problem = problem;
    } else if let Some(folder) = runs.reading.remove(&key) {
        match problem {
            Some(problem) => runs.curves.insert(folder, Loaded::Failed(problem)),
            None => runs.curves.remove(&folder),
        };
    } else if let Some(folder) = runs.working.remove(&key) {
        runs.fault = problem.map(|problem| (folder, problem));
        // It may be otherwise than the list has it.
        refresh(app);
    }
}

/// The curves of a run: those of the training that goes on, or those that were read.
pub(super) fn curves<'a>(runs: &'a Runs, live: Option<&'a Live>, folder: &Path) -> Option<&'a Curves> {
    if let Some(live) = live.filter(|live| live.folder.as_deref() == Some(folder)) {
        return Some(&live.curves);
    }
    match runs.curves.get(folder) {
        Some(Loaded::Ready(curves)) => Some(curves),
        _ => None,
    }
}
