//! The window's state, without a window: commands go in, jobs' events come in, and screens only read.
//!
//! [`App::handle`] takes what a person does, [`App::tick`] what workers tell. Neither waits for a file, the network or a
//! device: such work is a job. The four kinds of state are apart: [`Settings`] (kept), the [`document`] (collection,
//! encoder, feature index), [`Jobs`], and the [`View`].

pub mod actions;
pub mod compare;
pub mod desk;
pub mod document;
pub mod features;
mod held;
pub mod inspect;
mod jobs;
mod messages;
pub mod search;
pub mod settings;
pub mod start;
pub mod train;
pub mod transfer;
mod undo;
mod view;
mod work;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use held::Held;
pub use jobs::{About, JobCommand, JobKey, JobState, JobStatus, Jobs, Lane, Problem, Request};
pub use messages::{Level, Message, Messages};
pub use settings::Settings;
pub use undo::{Step, Undo};
pub use view::{Dialog, Place, Screen, Selected, View};
pub use work::{Area, Found, Work};

use crate::job::{Event, Outcome};

/// What a person does.
#[derive(Clone, Debug)]
pub enum Command {
    /// Go to a screen, keeping the selection.
    Show(Screen),
    /// Open the page of a feature.
    Feature(usize),
    /// Select something.
    Select(Selected),
    /// Back to where they were.
    Back,
    /// Forward again.
    Forward,
    /// Take the last step back.
    Undo,
    /// Do it again.
    Redo,
    /// Close what is on top: the dialog, or else the feature's page, or else the selection.
    Escape,
    /// Open a dialog, or close it.
    Dialog(Option<Dialog>),
    /// Steer a job.
    Job(JobKey, JobCommand),
    /// Change what is remembered.
    Settings(Change),
    /// The log was looked at.
    LogRead,
    /// Close the window; asks first where something runs.
    Quit,
    /// End what runs, keep what can be kept, and close.
    QuitNow,
    /// The open collection and encoder.
    Document(document::Command),
    /// The start screen.
    Start(start::Command),
    /// The training screen.
    Train(train::Command),
    /// The inspecting screen.
    Inspect(inspect::Command),
    /// The features' screen.
    Features(features::Command),
    /// Conversions and exports.
    Transfer(transfer::Command),
    /// The search screen.
    Search(search::Command),
    /// The comparing screen.
    Compare(compare::Command),
}

/// A change of what is remembered.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Light or dark.
    Theme(settings::ThemeChoice),
    /// Size of everything.
    Scale(f32),
    /// The panels.
    Layout(settings::LayoutSettings),
    /// Where the window is.
    Window(settings::WindowSettings),
    /// The threshold of activations.
    Threshold(f32),
    /// The percentile of confidence below which an input is an outlier.
    OutlierPercentile(f64),
    /// What tells an outlier on the inspect screen.
    OutlierScore(crate::features::outlier::OutlierScore),
    /// The false discovery rate that cards are flagged at.
    OutlierRate(f64),
}

/// Folders that the window uses.
#[derive(Clone, Debug)]
pub struct Folders {
    /// For settings; none where nothing is to be kept.
    pub settings: Option<PathBuf>,
    /// For runs and what is made without a place of its own.
    pub data: PathBuf,
    /// For the demo.
    pub demo: PathBuf,
}

impl Folders {
    /// The user's.
    pub fn of_user() -> Self {
        let data = dirs::data_dir().unwrap_or_else(std::env::temp_dir).join("blockscope");
        let demo = crate::demo::default_folder().unwrap_or_else(|| data.join("demo"));
        Self { settings: Settings::default_folder(), data, demo }
    }
}

/// The window's state.
pub struct App {
    /// What is remembered.
    pub settings: Settings,
    /// Folders in use.
    pub folders: Folders,
    /// Where the person is.
    pub view: View,
    /// Jobs.
    pub jobs: Jobs,
    /// File dialogs and the keyring.
    pub desk: desk::Desk,
    /// The log.
    pub messages: Messages,
    /// Undo and redo.
    pub undo: Undo,
    /// The open collection and encoder.
    pub document: document::State,
    /// The start screen.
    pub start: start::State,
    /// The training screen.
    pub train: train::State,
    /// The inspecting screen.
    pub inspect: inspect::State,
    /// The features' screen.
    pub features: features::State,
    /// Conversions and exports.
    pub transfer: transfer::State,
    /// The search screen.
    pub search: search::State,
    /// The comparing screen.
    pub compare: compare::State,
    /// What is on the disk of the settings, and since when they differ.
    saved: Settings,
    changed: Option<Instant>,
    quit: Quit,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Quit {
    No,
    /// Jobs are ending.
    Ending(Instant),
    Now,
}

/// Settings are written when they have not changed for so long.
const SETTLED: Duration = Duration::from_millis(800);
/// A job that does not end is not waited for longer when the window closes.
const LONGEST_END: Duration = Duration::from_secs(20);

impl App {
    /// The state at the start.
    pub fn new(settings: Settings, folders: Folders, jobs: Jobs) -> Self {
        Self {
            start: start::State::new(&settings, &folders),
            train: train::State::new(&settings, &folders),
            saved: settings.clone(),
            settings,
            folders,
            view: View::default(),
            desk: if jobs.are_scripted() {
                desk::Desk::scripted(desk::MemoryKeyring::default())
            } else {
                desk::Desk::of_system()
            },
            jobs,
            messages: Messages::default(),
            undo: Undo::default(),
            document: document::State::default(),
            inspect: inspect::State::default(),
            features: features::State::default(),
            transfer: transfer::State::default(),
            search: search::State::default(),
            compare: compare::State::default(),
            changed: None,
            quit: Quit::No,
        }
    }

    /// Opens the collection again that was open at the end.
    pub fn reopen(&mut self) {
        let last = self.settings.collections.first().filter(|_| self.settings.reopen);
        if let Some(known) = last {
            let collection = Box::new(known.collection.clone());
            self.handle(Command::Start(start::Command::OpenRecent(collection)));
        }
    }

    /// Does what a person asks.
    pub fn handle(&mut self, command: Command) {
        match command {
            Command::Show(screen) => {
                // The tab of the screen that is shown leads from a feature's page back to the table.
                let page = if screen == Screen::Features && self.view.place.screen != screen {
                    self.view.place.page
                } else {
                    None
                };
                self.view.go(Place { screen, page, selected: self.view.place.selected.clone() });
                self.arrive();
            }
            Command::Feature(index) => {
                self.view.go(Place { screen: Screen::Features, page: Some(index), selected: Selected::Feature(index) });
                self.arrive();
            }
            Command::Select(selected) => {
                self.view.go(Place { selected, ..self.view.place.clone() });
                self.arrive();
            }
            Command::Back => {
                self.view.back();
                self.arrive();
            }
            Command::Forward => {
                self.view.forward();
                self.arrive();
            }
            Command::Undo => {
                if let Some(command) = self.undo.undo() {
                    self.handle(command);
                }
            }
            Command::Redo => {
                if let Some(command) = self.undo.redo() {
                    self.handle(command);
                }
            }
            Command::Escape => {
                if self.view.dialog.is_some() {
                    self.view.dialog = None;
                } else if features::escape(self) || search::escape(self) {
                    // It had something to close itself.
                } else if self.view.place.page.is_some() {
                    self.view.go(Place { page: None, ..self.view.place.clone() });
                } else {
                    self.view.go(Place { selected: Selected::Nothing, ..self.view.place.clone() });
                }
            }
            Command::Dialog(dialog) => {
                self.view.dialog = dialog;
                transfer::dialog(self);
            }
            Command::Job(key, command) => self.jobs.steer(key, command),
            Command::Settings(change) => self.change(change),
            Command::LogRead => self.messages.unread = 0,
            Command::Quit if self.jobs.live().next().is_some() => self.view.dialog = Some(Dialog::Quit),
            Command::Quit | Command::QuitNow => {
                self.jobs.end_all();
                self.quit = Quit::Ending(Instant::now());
            }
            Command::Document(command) => document::handle(self, command),
            Command::Start(command) => start::handle(self, command),
            Command::Train(command) => train::handle(self, command),
            Command::Inspect(command) => inspect::handle(self, command),
            Command::Features(command) => features::handle(self, command),
            Command::Transfer(command) => transfer::handle(self, command),
            Command::Search(command) => search::handle(self, command),
            Command::Compare(command) => compare::handle(self, command),
        }
    }

    /// Takes in what workers told since the last time, and asks for what screens wished for. Called once a frame.
    pub fn tick(&mut self) {
        start::tick(self);
        for (key, event) in self.jobs.drain() {
            self.apply(key, event);
        }
        for command in self.desk.drain() {
            self.handle(command);
        }
        train::tick(self);
        inspect::tick(self);
        features::tick(self);
        search::tick(self);
        compare::tick(self);
        // After those that ask for payloads.
        document::tick(self);
        self.keep_settings();
        if let Quit::Ending(since) = self.quit
            && (self.jobs.idle() || since.elapsed() > LONGEST_END)
        {
            self.quit = Quit::Now;
        }
    }

    /// Takes in one event. One of a job that is not known, or over, is dropped.
    pub fn apply(&mut self, key: JobKey, event: Event<Found>) {
        let Some(area) = self.jobs.note(key, &event) else { return };
        match event {
            Event::Started | Event::Progress(_) => {}
            Event::Metrics(metrics) => train::metrics(self, key, metrics),
            Event::Probe(probe) => train::probe(self, key, probe),
            Event::Warning(text) => self.messages.warn(text),
            Event::Note(text) => self.messages.note(text),
            Event::Finished(Outcome::Done(found)) => match found {
                Found::Document(found) => document::found(self, key, found),
                Found::Start(found) => start::found(self, key, found),
                Found::Train(found) => train::found(self, key, found),
                Found::Inspect(found) => inspect::found(self, key, found),
                Found::Features(found) => features::found(self, key, found),
                Found::Transfer(found) => transfer::found(self, key, found),
                Found::Search(found) => search::found(self, key, found),
                Found::Compare(found) => compare::found(self, key, found),
            },
            Event::Finished(Outcome::Cancelled) => self.ended(key, area, None),
            Event::Finished(Outcome::Failed(error)) => {
                let problem = Problem::from(&error);
                self.messages.problem(&problem);
                self.ended(key, area, Some(problem));
            }
        }
    }

    /// A job that ended without a result; the problem is none where it was cancelled.
    fn ended(&mut self, key: JobKey, area: Area, problem: Option<Problem>) {
        match area {
            Area::Document => document::ended(self, key, problem),
            Area::Start => start::ended(self, key, problem),
            Area::Train => train::ended(self, key, problem),
            Area::Inspect => inspect::ended(self, key, problem),
            Area::Features => features::ended(self, key, problem),
            Area::Transfer => transfer::ended(self, key, problem),
            Area::Search => search::ended(self, key, problem),
            Area::Compare => compare::ended(self, key, problem),
        }
    }

    /// What a screen needs when the person comes to it.
    fn arrive(&mut self) {
        match self.view.place.screen {
            Screen::Start => start::arrive(self),
            Screen::Train => train::arrive(self),
            Screen::Inspect => inspect::arrive(self),
            Screen::Features => features::arrive(self),
            Screen::Search => search::arrive(self),
            Screen::Compare => compare::arrive(self),
        }
    }

    /// Asks for work.
    pub fn submit(&mut self, request: Request, work: Work) -> JobKey {
        self.jobs.submit(request, work)
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Theme(theme) => self.settings.theme = theme,
            Change::Scale(scale) => self.settings.scale = scale.clamp(0.5, 3.0),
            Change::Layout(layout) => self.settings.layout = layout,
            Change::Window(window) => self.settings.window = Some(window),
            Change::Threshold(threshold) => self.settings.threshold = threshold.clamp(0.0, 0.999),
            Change::OutlierPercentile(percent) => self.settings.outlier_percentile = percent.clamp(0.0, 100.0),
            Change::OutlierScore(score) => self.settings.outlier_score = score,
            Change::OutlierRate(rate) => self.settings.outlier_rate = rate.clamp(0.001, 0.5),
        }
    }

    /// Has settings written once they have not changed for a while.
    fn keep_settings(&mut self) {
        let Some(folder) = &self.folders.settings else { return };
        if self.settings == self.saved {
            self.changed = None;
            return;
        }
        let since = *self.changed.get_or_insert_with(Instant::now);
        if since.elapsed() >= SETTLED || matches!(self.quit, Quit::Ending(_)) {
            let work =
                document::Work::SaveSettings { settings: Box::new(self.settings.clone()), folder: folder.clone() };
            self.saved = self.settings.clone();
            self.changed = None;
            self.submit(Request::quiet("Saving settings", Lane::Files), Work::Document(work));
        }
    }

    /// When the window has to look again although nothing is touched.
    pub fn look_again(&self) -> Option<Duration> {
        let settling = self.changed.map(|since| SETTLED.saturating_sub(since.elapsed()));
        let features = self.features.look_again();
        let waits = [self.jobs.look_again(), self.desk.look_again(), features, self.search.look_again(), settling];
        waits.into_iter().flatten().min()
    }

    /// Whether the window is to close now.
    pub fn closing(&self) -> bool {
        self.quit == Quit::Now
    }

    /// Whether the window is waiting for jobs to end before it closes.
    pub fn ending(&self) -> bool {
        matches!(self.quit, Quit::Ending(_))
    }
}
