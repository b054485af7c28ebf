//! The training screen: the form, the curves of the running training, and the list of runs.

mod curves;
mod form;
mod groups;
mod live;
pub mod plots;
mod runs;
#[cfg(test)]
mod tests;
mod work;

use std::path::{Path, PathBuf};

pub use curves::{Curves, History, Snapshot};
pub use form::{Checked, Field, Form, Preset, Room};
pub use groups::{GroupField, GroupsForm};
pub use live::{End, Live};
pub use runs::{Deleting, Loaded, MOST_COMPARED, Runs};
pub use work::{Adapter, Found, Work};

use super::{App, Area, Command as Ask, JobKey, JobState, Lane, Problem, Request, Screen, document, settings};
use crate::config::{CollectionArgs, TrainConfig};
use crate::job::{Metric, Probe};
use crate::pipeline::TrainAnswer;
use crate::trainer::estimate::{Estimate, Pace, estimate};

/// What is asked of the training screen.
#[derive(Clone, Debug)]
pub enum Command {
    /// The form was changed.
    Edit(Box<Form>),
    /// Put a preset's values into the form.
    Preset(Preset),
    /// Put a run's settings into the form.
    Reuse(PathBuf),
    /// Train on the open collection.
    Start,
    /// Open the encoder that the last training gave, with its collection where another one is open.
    OpenTrained,
    /// Put the word about the last training away.
    Dismiss,
    /// Show a part of the screen.
    Part(Part),
    /// Draw the plots otherwise.
    Plot(PlotView),
    /// Show the probe points as they were after this epoch; none for the newest.
    LookBack(Option<usize>),
    /// Look again at the runs.
    Refresh,
    /// Lay a run over others, or take it away again.
    Compare(PathBuf, bool),
    /// Compare none.
    CompareNone,
    /// A run's name is being typed; none to leave it as it was.
    Naming(Option<(PathBuf, String)>),
    /// Give a run another name.
    Rename {
        /// Its folder.
        folder: PathBuf,
        /// The name.
        title: String,
        /// Whether this is a step that can be taken back, rather than one that takes back.
        step: bool,
    },
    /// Ask whether to delete a run; none for no.
    AskDelete(Option<Deleting>),
    /// Delete the run that was asked about.
    Delete,
    /// Ask where to export a run; none for nowhere.
    AskExport(Option<(PathBuf, String)>),
    /// Choose by a dialog where to export the run that is asked about.
    BrowseExport,
    /// Export the run that was asked about.
    Export,
    /// Open a run's encoder.
    OpenRun(PathBuf),
}

/// A part of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The form; where the window is wide it is always there, and the progress stands in this one's place.
    #[default]
    Settings,
    /// The training that goes on, or was the last.
    Progress,
    /// The runs.
    Runs,
}

/// How much of the training loss's noise is taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smoothing {
    /// Nothing.
    None,
    /// Averaged over some 10 steps.
    Light,
    /// Over some 50.
    #[default]
    Medium,
    /// Over some 500.
    Strong,
}

impl Smoothing {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::None, Self::Light, Self::Medium, Self::Strong];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Light => "Light",
            Self::Medium => "Medium",
            Self::Strong => "Strong",
        }
    }

    /// The share of the past that the moving average keeps at every step.
    pub fn decay(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Light => 0.9,
            Self::Medium => 0.98,
            Self::Strong => 0.998,
        }
    }
}

/// How the plots are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlotView {
    /// Of the training loss.
    pub smoothing: Smoothing,
    /// The axis of steps.
    pub steps: plots::Scale,
    /// The axis of the loss.
    pub loss: plots::Scale,
}

/// How the last training ended well.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The run's folder.
    pub folder: PathBuf,
    /// The encoder's file.
    pub encoder: PathBuf,
    /// The collection that it was trained on.
    pub collection: CollectionArgs,
    /// Whether it was stopped before its last epoch.
    pub stopped: bool,
    /// The epoch whose weights were kept, counted from 1.
    pub best_epoch: usize,
    /// Seconds of training.
    pub seconds: f64,
    /// Whether the encoder was opened by itself; otherwise it is offered.
    pub opened: bool,
}

/// The screen's state.
pub struct State {
    /// The form.
    pub form: Form,
    /// What is to be said of it.
    pub checked: Checked,
    /// What a training with these settings would take, once this machine's pace is known.
    pub estimate: Option<Estimate>,
    /// The adapters, once they are known.
    pub adapters: Option<Vec<Adapter>>,
    /// The part of the screen that is shown.
    pub part: Part,
    /// How the plots are drawn.
    pub plot: PlotView,
    /// The training that goes on, or was the last.
    pub live: Option<Live>,
    /// Why the last training failed.
    pub problem: Option<Problem>,
    /// How the last training ended well.
    pub trained: Option<Trained>,
    /// The epoch that the probe points are shown of; none for the newest.
    pub look_back: Option<usize>,
    /// The runs.
    pub runs: Runs,
    pace: Option<Pace>,
    /// The jobs that look at this machine, once they were asked for.
    looking: Vec<JobKey>,
}

impl State {
    /// At the start.
    pub fn new(settings: &super::Settings, _folders: &super::Folders) -> Self {
        let form = Form::from(settings.train.as_ref().unwrap_or(&TrainConfig::default()));
        Self {
            checked: form.check(None),
            form,
            estimate: None,
            adapters: None,
            part: Part::default(),
            plot: PlotView::default(),
            live: None,
            problem: None,
            trained: None,
            look_back: None,
            runs: Runs::default(),
            pace: None,
            looking: Vec::new(),
        }
    }

    /// The training that goes on.
    pub fn running(&self) -> Option<&Live> {
        self.live.as_ref().filter(|live| live.end.is_none())
    }

    /// The curves of a run, as far as they are here.
    pub fn curves(&self, folder: &Path) -> Option<&Curves> {
        runs::curves(&self.runs, self.live.as_ref(), folder)
    }
}

/// Where the window's runs are kept.
pub fn folder(app: &App) -> PathBuf {
    app.folders.data.join("runs")
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Edit(form) => edit(app, *form),
        Command::Preset(preset) => {
            let mut form = app.train.form.clone();
            form.apply(preset);
            edit(app, form);
        }
        Command::Reuse(folder) => {
            if let Some(config) = app.train.runs.get(&folder).and_then(|run| run.info.config()) {
                let mut form = Form::from(&config);
                form.advanced = app.train.form.advanced;
                edit(app, form);
                app.train.part = Part::Settings;
            }
        }
        Command::Start => start(app),
        Command::OpenTrained => open_trained(app),
        Command::Dismiss => (app.train.problem, app.train.trained) = (None, None),
        Command::Part(part) => {
            app.train.part = part;
            if part == Part::Runs {
                runs::refresh(app);
            }
        }
        Command::Plot(view) => {
            app.train.plot = view;
            let decay = view.smoothing.decay();
            if let Some(live) = &mut app.train.live {
                live.curves.set_decay(decay);
            }
            app.train.runs.set_decay(decay);
        }
        Command::LookBack(epoch) => app.train.look_back = epoch,
        Command::Refresh => runs::refresh(app),
        of_runs => runs::handle(app, of_runs),
    }
}

fn edit(app: &mut App, form: Form) {
    app.train.form = form;
    check(app);
    if let Some(config) = &app.train.checked.config {
        app.settings.train = Some(config.clone());
    }
}

/// Looks at the form again: it, or what it is about, has changed.
fn check(app: &mut App) {
    let open = app.document.open.as_ref();
    let room = open.map(|open| Room { points: open.info.points, dim: open.info.dim });
    let state = &mut app.train;
    state.checked = state.form.check(room);
    state.estimate = match (&state.checked.config, open, &state.pace) {
        (Some(config), Some(open), Some(pace)) => {
            // Where the points are, and how their nearness is measured, takes its time too.
            let collection = CollectionArgs { distance: open.info.distance, ..open.collection.clone() };
            let config = TrainConfig { collection, ..config.clone() };
            Some(estimate(&config, open.info.points, open.info.dim, pace))
        }
        _ => None,
    };
}

/// Whether a training can be started now.
pub fn can_start(app: &App) -> bool {
    app.document.open.is_some() && app.train.checked.config.is_some() && app.train.running().is_none()
}

fn start(app: &mut App) {
    if !can_start(app) {
        return;
    }
    let (Some(open), Some(config)) = (&app.document.open, app.train.checked.config.clone()) else { return };
    let config =
        TrainConfig { collection: open.collection.clone(), log_dir: folder(app), keep_with_run: true, ..config };
    let title = open.info.name.clone();
    let request = Request::new(format!("Training on {title}"), Lane::Heavy).steerable();
    let work = Work::Train(Box::new(config.clone()));
    let key = app.submit(request, super::Work::Train(work));
    let state = &mut app.train;
    state.live = Some(Live::new(key, title, Some(config), state.plot.smoothing.decay()));
    (state.problem, state.trained, state.look_back) = (None, None, None);
    state.part = Part::Progress;
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Trained(answer) => trained(app, key, *answer),
        Found::Devices(adapters) => app.train.adapters = Some(adapters),
        Found::Pace(pace) => {
            app.train.pace = Some(pace);
            check(app);
        }
        Found::Runs(list) => runs::listed(app, list),
        Found::Curves(folder, curves) => runs::read(app, key, folder, curves),
        Found::Renamed { folder, before, title, step } => runs::renamed(app, key, folder, before, title, step),
        Found::Deleted { folder, title, left } => runs::deleted(app, key, folder, &title, left),
        Found::Exported(target) => runs::exported(app, key, &target),
        Found::Taken { folder, encoder } => runs::taken(app, key, &folder, encoder),
    }
}

/// A training ended with something to keep.
fn trained(app: &mut App, key: JobKey, answer: TrainAnswer) {
    let Some(live) = app.train.live.as_mut().filter(|live| live.key == key) else { return };
    live.end = Some(if answer.stopped { End::Stopped } else { End::Done });
    live.folder = Some(answer.log.clone());
    let title = live.title.clone();
    let Some(collection) = live.config.as_ref().map(|config| config.collection.clone()) else { return };
    let best = answer.epochs.iter().find(|m| m.epoch == answer.best_epoch);
    let loss = best.map(|m| format!(": validation loss {:.4} at epoch {}", m.val_loss, m.epoch)).unwrap_or_default();
    app.messages.success(format!(
        "{} on {title}{loss}; saved in {}",
        if answer.stopped { "stopped training" } else { "trained" },
        answer.log.display()
    ));
    // Nobody who is looking at another encoder's features should find them gone.
    let opened =
        is_open(app, &collection) && (app.document.encoder().is_none() || app.view.place.screen == Screen::Train);
    app.train.trained = Some(Trained {
        folder: answer.log,
        encoder: answer.encoder.clone(),
        collection,
        stopped: answer.stopped,
        best_epoch: answer.best_epoch,
        seconds: answer.seconds,
        opened,
    });
    if opened {
        app.handle(Ask::Document(document::Command::OpenEncoder(answer.encoder)));
    }
    runs::refresh(app);
}

fn is_open(app: &App, collection: &CollectionArgs) -> bool {
    app.document.open.as_ref().is_some_and(|open| settings::same(&open.collection, collection))
}

fn open_trained(app: &mut App) {
    let Some(Trained { collection, encoder, .. }) = app.train.trained.clone() else { return };
    app.handle(Ask::Document(if is_open(app, &collection) {
        document::Command::OpenEncoder(encoder)
    } else {
        document::Command::Open { collection: Box::new(collection), encoder: Some(encoder), then: None }
    }));
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    if let Some(live) = app.train.live.as_mut().filter(|live| live.key == key) {
        live.end = Some(if problem.is_some() { End::Failed } else { End::Cancelled });
        app.train.problem = problem;
        runs::refresh(app);
    } else {
        runs::ended(app, key, problem);
    }
}

/// The person comes to the screen.
pub(super) fn arrive(app: &mut App) {
    if app.train.looking.is_empty() {
        let devices = Request::quiet("Looking for graphics adapters", Lane::Files);
        let devices = app.submit(devices, super::Work::Train(Work::Devices));
        let pace = Request::quiet("Measuring how fast this machine is", Lane::Files);
        let pace = app.submit(pace, super::Work::Train(Work::Pace));
        app.train.looking = vec![devices, pace];
        runs::refresh(app);
    }
    runs::read_shown(app);
}

/// Called once a frame.
pub(super) fn tick(app: &mut App) {
    // A training that another part of the window started ends there.
    let Some(key) = app.train.running().map(|live| live.key) else { return };
    let end = match app.jobs.get(key).map(|job| &job.state) {
        Some(JobState::Done) => End::Done,
        Some(JobState::Failed(_)) => End::Failed,
        Some(JobState::Cancelled) | None => End::Cancelled,
        Some(_) => return,
    };
    if let Some(live) = &mut app.train.live {
        live.end = Some(end);
    }
}

/// Another collection or encoder is open, or none.
pub(super) fn document_changed(app: &mut App) {
    check(app);
}

/// The live training that a job's measurements belong to. The demo trains too, and is shown.
fn live(app: &mut App, key: JobKey) -> Option<&mut Live> {
    let known = app.train.live.as_ref().is_some_and(|live| live.key == key);
    if !known {
        let job = app.jobs.get(key).filter(|job| job.area != Area::Train)?;
        if app.train.running().is_some() {
            return None;
        }
        let live = Live::new(key, job.title.clone(), None, app.train.plot.smoothing.decay());
        app.train.live = Some(live);
        app.train.look_back = None;
    }
    app.train.live.as_mut()
}

/// What was measured.
pub(super) fn metrics(app: &mut App, key: JobKey, metrics: Vec<Metric>) {
    let Some(live) = live(app, key) else { return };
    let first = live.curves.loss.is_empty();
    metrics.into_iter().for_each(|metric| live.metric(metric));
    if first && live.config.is_some() {
        // Its folder is there now.
        runs::refresh(app);
    }
}

/// The probe points after an epoch.
pub(super) fn probe(app: &mut App, key: JobKey, probe: Probe) {
    if let Some(live) = live(app, key) {
        live.probe(probe);
    }
}
