//! The jobs of the window: five worker threads, and what is shown of each job.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::work::{Area, Found, Work};
use crate::error::Error;
use crate::job::{Control, Event, JobId, Outcome, Progress, Wish, Worker};

/// The thread that a job runs on. Jobs of one lane run one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Training, the demo, imports and conversions.
    Heavy,
    /// What reads a whole collection or goes through a model: the feature index, inspecting.
    Read,
    /// What a server or store answers at once: listing, opening, payloads of a few points.
    Quick,
    /// Writing and reading small files: no server that is silent keeps them waiting.
    Files,
    /// Searches, which a person waits for while a collection is read or trained on.
    Search,
}

impl Lane {
    const ALL: [Self; 5] = [Self::Heavy, Self::Read, Self::Quick, Self::Files, Self::Search];
}

/// Names a job of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobKey {
    /// Its thread.
    pub lane: Lane,
    /// Its number on that thread.
    pub id: JobId,
}

/// What went wrong, in words that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was wrong, with which input.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What it is about, so that it can be shown beside the right field.
    pub about: About,
}

/// What a problem is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// The address of a server.
    Address,
    /// The API key.
    Key,
    /// The collection's name, or the collection.
    Collection,
    /// The vector's name or kind.
    Vector,
    /// The filter of points.
    Filter,
    /// Anything else.
    #[default]
    Other,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let about = match error {
            Error::Connection { .. } => About::Address,
            Error::Unauthorized { .. } => About::Key,
            Error::CollectionMissing { .. } | Error::Empty(_) | Error::StoreLocked { .. } => About::Collection,
            Error::VectorMissing { .. } | Error::VectorKind { .. } => About::Vector,
            Error::Setting(text) if text.starts_with("--url") => About::Address,
            Error::Setting(text) if text.starts_with("--api-key") => About::Key,
            Error::Setting(text) if text.starts_with("--filter") => About::Filter,
            _ => About::Other,
        };
        let text = if let Error::Setting(text) = error { in_window(text) } else { error.to_string() };
        Self { text, hint: error.hint().map(|hint| in_window(&hint)), about }
    }
}

/// Hints and problems with settings name flags of the command line; the window has fields in their place.
pub(super) fn in_window(hint: &str) -> String {
    const FIELDS: [(&str, &str); 15] = [
        ("--url: ", ""),
        ("in --url", "in the address"),
        ("the server's key goes in --api-key", "the server's key has a field of its own"),
        ("--api-key: ", ""),
        ("--filter is not JSON", "this is not JSON"),
        ("--filter: ", ""),
        ("give the key with --api-key or QDRANT_API_KEY", "give the API key, or another one"),
        ("choose one with --using", "choose another vector"),
        ("(default, without --using)", "(default)"),
        (" (--using)", ""),
        ("--device cpu always works", "the CPU always works: choose it as the device"),
        ("--min-margin", "a smallest margin of"),
        ("--lr", "the learning rate"),
        ("--active ", ""),
        ("--blocks times --block-size", "blocks times block size"),
    ];
    FIELDS.iter().fold(hint.to_owned(), |text, (flag, field)| text.replace(flag, field))
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
    /// It waits for the job before it.
    Queued,
    /// It runs.
    Running,
    /// It waits for the person.
    Paused,
    /// It is ending, and keeps what is there.
    Stopping,
    /// It is ending, and drops the work.
    Cancelling,
    /// It has ended with a result.
    Done,
    /// The person cancelled it.
    Cancelled,
    /// It failed.
    Failed(Problem),
}

impl JobState {
    /// Whether nothing more comes.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed(_))
    }
}

/// What is shown of a job.
#[derive(Clone, Debug)]
pub struct JobStatus {
    /// Its name.
    pub key: JobKey,
    /// Which part of the window asked for it.
    pub area: Area,
    /// What it does: "Training on food".
    pub title: String,
    /// How far it is.
    pub state: JobState,
    /// How far its present stage is.
    pub progress: Option<Progress>,
    /// What it has warned of.
    pub warnings: Vec<String>,
    /// Whether it may be paused.
    pub can_pause: bool,
    /// Whether a stop keeps something.
    pub can_stop: bool,
    /// Whether it is too small to be shown in the strip of jobs.
    pub quiet: bool,
    /// When it was asked for.
    pub began: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
    control: Control,
}

/// What a person asks of a running job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobCommand {
    /// Wait.
    Pause,
    /// Go on.
    Resume,
    /// End soon and keep what is there.
    Stop,
    /// End now and drop the work.
    Cancel,
    /// Take a job that is over off the list.
    Dismiss,
}

/// What is asked of a worker beside the work itself.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the strip calls it.
    pub title: String,
    /// The thread.
    pub lane: Lane,
    /// Whether it may be paused.
    pub can_pause: bool,
    /// Whether a stop keeps something.
    pub can_stop: bool,
    /// Whether it is too small to be shown in the strip.
    pub quiet: bool,
}

impl Request {
    /// A job that is shown, and can only be cancelled.
    pub fn new(title: impl Into<String>, lane: Lane) -> Self {
        Self { title: title.into(), lane, can_pause: false, can_stop: false, quiet: false }
    }

    /// One that is too small to be shown.
    pub fn quiet(title: impl Into<String>, lane: Lane) -> Self {
        Self { quiet: true, ..Self::new(title, lane) }
    }

    /// One that can be paused, and stopped so that something is kept.
    pub fn steerable(mut self) -> Self {
        (self.can_pause, self.can_stop) = (true, true);
        self
    }
}

/// Jobs that are over stay on the list up to this many.
const KEPT: usize = 20;

/// The window's jobs.
pub struct Jobs {
    /// None where events come from a script.
    workers: Option<[Worker<Work>; 5]>,
    /// What was asked for, where events come from a script.
    asked: VecDeque<(JobKey, Work)>,
    next: u64,
    list: Vec<JobStatus>,
}

impl Jobs {
    /// With threads.
    pub fn start() -> Self {
        Self { workers: Some(Lane::ALL.map(|_| Worker::start())), ..Self::scripted() }
    }

    /// Without threads: what is asked for waits in [`take`](Self::take), and events are applied by a script.
    pub fn scripted() -> Self {
        Self { workers: None, asked: VecDeque::new(), next: 1, list: Vec::new() }
    }

    /// Whether events come from a script.
    pub fn are_scripted(&self) -> bool {
        self.workers.is_none()
    }

    /// The oldest work that was asked for and not taken, where events come from a script.
    pub fn take(&mut self) -> Option<(JobKey, Work)> {
        self.asked.pop_front()
    }

    /// Asks for work.
    pub fn submit(&mut self, request: Request, work: Work) -> JobKey {
        let (lane, area) = (request.lane, work.area());
        let (key, control) = match &mut self.workers {
            Some(workers) => {
                let (id, control) = workers[lane as usize].submit(work);
                (JobKey { lane, id }, control)
            }
            None => {
                let key = JobKey { lane, id: JobId(self.next) };
                self.next += 1;
                self.asked.push_back((key, work));
                (key, Control::new())
            }
        };
        let over = self.list.iter().filter(|j| j.state.is_over()).count();
        if over > KEPT
            && let Some(oldest) = self.list.iter().position(|j| j.state.is_over())
        {
            self.list.remove(oldest);
        }
        self.list.push(JobStatus {
            key,
            area,
            title: request.title,
            state: JobState::Queued,
            progress: None,
            warnings: Vec::new(),
            can_pause: request.can_pause,
            can_stop: request.can_stop,
            quiet: request.quiet,
            began: Instant::now(),
            ended: None,
            control,
        });
        key
    }

    /// The events that have come in since the last time.
    pub fn drain(&mut self) -> Vec<(JobKey, Event<Found>)> {
        let mut events = Vec::new();
        for (lane, worker) in Lane::ALL.iter().zip(self.workers.iter().flatten()) {
            events.extend(
                worker.events().try_iter().map(|tagged| (JobKey { lane: *lane, id: tagged.job }, tagged.event)),
            );
        }
        events
    }

    /// Notes an event in the job's status, and says which part of the window asked for it. None where the job is not
    /// known, or over.
    pub fn note(&mut self, key: JobKey, event: &Event<Found>) -> Option<Area> {
        let job = self.list.iter_mut().find(|j| j.key == key && !j.state.is_over())?;
        let area = job.area;
        match event {
            Event::Started if job.state == JobState::Queued => job.state = JobState::Running,
            Event::Progress(progress) => job.progress = Some(progress.clone()),
            Event::Warning(text) => job.warnings.push(text.clone()),
            Event::Finished(outcome) => {
                job.ended = Some(Instant::now());
                job.state = match outcome {
                    Outcome::Done(_) => JobState::Done,
                    Outcome::Cancelled => JobState::Cancelled,
                    Outcome::Failed(error) => JobState::Failed(Problem::from(error)),
                };
            }
            Event::Started | Event::Metrics(_) | Event::Probe(_) | Event::Note(_) => {}
        }
        if job.quiet && matches!(job.state, JobState::Done | JobState::Cancelled) {
            self.list.retain(|j| j.key != key);
        }
        Some(area)
    }

    /// Steers a job; what it was told is seen at once.
    pub fn steer(&mut self, key: JobKey, command: JobCommand) {
        if command == JobCommand::Dismiss {
            self.list.retain(|j| j.key != key || !j.state.is_over());
            return;
        }
        let Some(job) = self.list.iter_mut().find(|j| j.key == key && !j.state.is_over()) else { return };
        match command {
            JobCommand::Pause if job.can_pause => job.control.pause(),
            JobCommand::Resume => job.control.resume(),
            JobCommand::Stop if job.can_stop => job.control.stop(),
            JobCommand::Cancel => job.control.cancel(),
            JobCommand::Pause | JobCommand::Stop | JobCommand::Dismiss => {}
        }
        job.state = match job.control.wish() {
            Wish::Cancel => JobState::Cancelling,
            Wish::Stop => JobState::Stopping,
            Wish::Pause => JobState::Paused,
            Wish::Run if job.state == JobState::Paused => JobState::Running,
            Wish::Run => job.state.clone(),
        };
    }

    /// A job that is on the list.
    pub fn get(&self, key: JobKey) -> Option<&JobStatus> {
        self.list.iter().find(|j| j.key == key)
    }

    /// Whether the job has not ended.
    pub fn is_live(&self, key: Option<JobKey>) -> bool {
        key.and_then(|key| self.get(key)).is_some_and(|job| !job.state.is_over())
    }

    /// The jobs that are shown, oldest first.
    pub fn shown(&self) -> impl Iterator<Item = &JobStatus> {
        self.list.iter().filter(|j| !j.quiet || matches!(j.state, JobState::Failed(_)))
    }

    /// The shown jobs that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &JobStatus> {
        self.shown().filter(|j| !j.state.is_over())
    }

    /// When to look for events again, where any can come.
    pub fn look_again(&self) -> Option<Duration> {
        self.list.iter().any(|j| !j.state.is_over()).then_some(Duration::from_millis(50))
    }

    /// Ends everything: trainings keep what they have, the rest is dropped.
    pub fn end_all(&mut self) {
        for job in self.list.iter_mut().filter(|j| !j.state.is_over()) {
            if job.can_stop {
                job.control.stop()
            } else {
                job.control.cancel()
            }
            job.state = if job.can_stop { JobState::Stopping } else { JobState::Cancelling };
        }
    }

    /// Whether nothing runs or waits.
    pub fn idle(&self) -> bool {
        self.list.iter().all(|j| j.state.is_over())
    }
}
