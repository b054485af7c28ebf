//! The reporter: what a job uses to tell, throttled so that listeners are never flooded.

use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use super::event::{Event, JobId, Metric, Probe, Progress, Tagged};

/// How often progress and metrics go out.
pub const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// Where a job's events go. Object-safe, so that a job need not know what result type the worker carries.
pub(crate) trait Listener: Send {
    /// Takes the event, or gives it back when the channel is full.
    fn offer(&self, event: Telling) -> Option<Telling>;
    /// Waits for room.
    fn insist(&self, event: Telling);
}

/// An event without the result.
#[derive(Debug)]
pub(crate) enum Telling {
    Progress(Progress),
    Metrics(Vec<Metric>),
    Probe(Probe),
    Warning(String),
    Note(String),
}

impl<R> From<Telling> for Event<R> {
    fn from(telling: Telling) -> Self {
        match telling {
            Telling::Progress(p) => Event::Progress(p),
            Telling::Metrics(m) => Event::Metrics(m),
            Telling::Probe(p) => Event::Probe(p),
            Telling::Warning(w) => Event::Warning(w),
            Telling::Note(n) => Event::Note(n),
        }
    }
}

pub(crate) struct Channel<R> {
    pub job: JobId,
    pub sender: Sender<Tagged<R>>,
}

impl<R: Send> Listener for Channel<R> {
    fn offer(&self, event: Telling) -> Option<Telling> {
        match self.sender.try_send(Tagged { job: self.job, event: event.into() }) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => None,
            Err(TrySendError::Full(back)) => match back.event {
                Event::Progress(p) => Some(Telling::Progress(p)),
                Event::Metrics(m) => Some(Telling::Metrics(m)),
                Event::Probe(p) => Some(Telling::Probe(p)),
                Event::Warning(w) => Some(Telling::Warning(w)),
                Event::Note(n) => Some(Telling::Note(n)),
                Event::Started | Event::Finished(_) => None,
            },
        }
    }

    fn insist(&self, event: Telling) {
        // A closed channel means that nobody listens any more, which is no fault of the job.
        let _ = self.sender.send(Tagged { job: self.job, event: event.into() });
    }
}

/// What a job tells through. Progress and metrics are gathered and sent about every 100 ms; while the channel is full
/// they go on being gathered, so that a slow listener gets fewer events and loses no metric.
pub struct Reporter {
    listener: Option<Box<dyn Listener>>,
    stage: Option<Stage>,
    metrics: Vec<Metric>,
    /// Warnings, notes and the latest probe that the channel had no room for yet.
    words: Vec<Telling>,
    last: Instant,
}

struct Stage {
    name: String,
    unit: &'static str,
    done: u64,
    /// Units that were done before the stage began, and do not count for its rate.
    skipped: u64,
    total: Option<u64>,
    began: Instant,
    told: bool,
}

impl Reporter {
    /// A reporter that nobody listens to, for library calls and tests.
    pub fn silent() -> Self {
        Self::with(None)
    }

    pub(crate) fn new(listener: Box<dyn Listener>) -> Self {
        Self::with(Some(listener))
    }

    fn with(listener: Option<Box<dyn Listener>>) -> Self {
        Self { listener, stage: None, metrics: Vec::new(), words: Vec::new(), last: Instant::now() }
    }

    /// Begins a stage; ends the one before.
    pub fn stage(&mut self, name: impl Into<String>, unit: &'static str, total: Option<u64>) {
        self.flush();
        self.stage =
            Some(Stage { name: name.into(), unit, done: 0, skipped: 0, total, began: Instant::now(), told: false });
        self.tell_progress();
    }

    /// Counts units of the present stage as done.
    pub fn advance(&mut self, units: u64) {
        if let Some(stage) = &mut self.stage {
            stage.done += units;
            stage.told = false;
        }
        if self.due() {
            self.flush();
        }
    }

    /// Counts units of the present stage as done by an earlier run.
    pub fn skip(&mut self, units: u64) {
        if let Some(stage) = &mut self.stage {
            stage.skipped += units;
        }
        self.advance(units);
    }

    /// Whether the next flush is due. A trainer reads its losses back from the device only then.
    pub fn due(&self) -> bool {
        self.last.elapsed() >= FLUSH_EVERY
    }

    /// Adds a measured value; it goes out with the next flush.
    pub fn metric(&mut self, metric: Metric) {
        self.metrics.push(metric);
    }

    /// Shows the probe points' blocks. Only the latest waits for room.
    pub fn probe(&mut self, probe: Probe) {
        self.words.retain(|w| !matches!(w, Telling::Probe(_)));
        self.say(Telling::Probe(probe));
    }

    /// Tells something that the person should know.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.say(Telling::Warning(text.into()));
    }

    /// Tells something worth a line.
    pub fn note(&mut self, text: impl Into<String>) {
        self.say(Telling::Note(text.into()));
    }

    fn say(&mut self, word: Telling) {
        // Behind what was measured before it, as far as there is room.
        self.words.push(word);
        self.flush();
    }

    /// Sends what was gathered, as far as there is room.
    pub fn flush(&mut self) {
        self.last = Instant::now();
        self.tell_progress();
        self.tell_words();
        if !self.metrics.is_empty() {
            let metrics = std::mem::take(&mut self.metrics);
            if let Some(listener) = &self.listener
                && let Some(Telling::Metrics(back)) = listener.offer(Telling::Metrics(metrics))
            {
                self.metrics = back;
            }
        }
    }

    fn tell_words(&mut self) {
        let Some(listener) = &self.listener else {
            self.words.clear();
            return;
        };
        let mut waiting = std::mem::take(&mut self.words).into_iter();
        while let Some(word) = waiting.next() {
            if let Some(back) = listener.offer(word) {
                self.words.push(back);
                self.words.extend(waiting);
                return;
            }
        }
    }

    fn tell_progress(&mut self) {
        let (Some(stage), Some(listener)) = (&mut self.stage, &self.listener) else { return };
        if stage.told {
            return;
        }
        let seconds = stage.began.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { (stage.done - stage.skipped) as f64 / seconds } else { 0.0 };
        let left = stage.total.filter(|_| rate > 0.0).map(|t| t.saturating_sub(stage.done) as f64 / rate);
        let progress =
            Progress { stage: stage.name.clone(), done: stage.done, total: stage.total, unit: stage.unit, rate, left };
        stage.told = listener.offer(Telling::Progress(progress)).is_none();
    }
}

impl Drop for Reporter {
    /// What is still gathered goes out before the terminal event does.
    fn drop(&mut self) {
        self.tell_progress();
        let Some(listener) = &self.listener else { return };
        for word in std::mem::take(&mut self.words) {
            listener.insist(word);
        }
        if !self.metrics.is_empty() {
            listener.insist(Telling::Metrics(std::mem::take(&mut self.metrics)));
        }
    }
}
