//! What a job tells: plain data, so that the window and the terminal only have to listen.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::point::PointId;

/// Names one job, so that events of an earlier one can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// An event and the job that it belongs to.
#[derive(Debug)]
pub struct Tagged<R> {
    /// The job.
    pub job: JobId,
    /// What it tells.
    pub event: Event<R>,
}

/// What a job tells. `Finished` is the last one, always, and never lost.
#[derive(Debug)]
pub enum Event<R> {
    /// The worker took the job up.
    Started,
    /// How far the present stage is.
    Progress(Progress),
    /// What was measured since the last one.
    Metrics(Vec<Metric>),
    /// The blocks of the probe points, for a picture of features that form.
    Probe(Probe),
    /// Something that the person should know and that does not stop the work.
    Warning(String),
    /// Something worth a line in the log.
    Note(String),
    /// The end.
    Finished(Outcome<R>),
}

/// How a job ended.
#[derive(Debug)]
pub enum Outcome<R> {
    /// With its result. A training that was stopped ends so too, with what it kept.
    Done(R),
    /// The person cancelled it.
    Cancelled,
    /// It failed.
    Failed(Error),
}

/// How far a stage is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What is being done, such as "reading vectors".
    pub stage: String,
    /// Units done.
    pub done: u64,
    /// Units in all, where known.
    pub total: Option<u64>,
    /// What a unit is: "points", "rows", "steps".
    pub unit: &'static str,
    /// Units a second since the stage began.
    pub rate: f64,
    /// Seconds left at that rate, where the total is known.
    pub left: Option<f64>,
}

/// A measured value of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Metric {
    /// One optimiser step.
    Step(StepMetric),
    /// One epoch.
    Epoch(EpochMetric),
}

/// One optimiser step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetric {
    /// Counted from 1 over the whole run.
    pub step: u64,
    /// The training loss of the batch.
    pub train_loss: f32,
    /// The learning rate used.
    pub lr: f64,
}

/// One epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EpochMetric {
    /// Counted from 1.
    pub epoch: usize,
    /// Steps so far.
    pub step: u64,
    /// Mean loss over the epoch's batches.
    pub train_loss: f32,
    /// Mean loss over the fixed validation triplets, without dropout.
    pub val_loss: f32,
    /// How many of the validation triplets have a loss above zero.
    pub val_failed_triplets: u64,
    /// How many validation triplets there are.
    pub val_triplets: u64,
    /// The learning rate used in the epoch.
    pub lr: f64,
    /// Whether the schedule lowered the learning rate after this epoch.
    pub lr_dropped: bool,
    /// Validation points that entropy, usage, dead features and mutual information are taken over: all, or evenly spaced
    /// ones where judging all would take too long.
    pub judged: u64,
    /// Per block, the mean normalised entropy over those points (0 to 1).
    pub entropy: Vec<f32>,
    /// Per feature, the share of those points that it wins in its block.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<f32>,
    /// Features that never win among those points.
    pub dead: usize,
    /// Mean over blocks of exp(entropy of the usage) / block size (0 to 1).
    pub usage_perplexity: f32,
    /// Mean over block pairs of the normalised mutual information between winners; none where it would need too much memory.
    pub nmi: Option<f32>,
    /// Training triplets a second in this epoch.
    pub triplets_per_second: f64,
    /// Seconds left at this pace.
    pub seconds_left: f64,
}

/// The blocks of a few fixed points after an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The epoch, counted from 1; 0 before the first.
    pub epoch: usize,
    /// The points, the same in every epoch: evenly spaced among those that are validated on.
    pub ids: Vec<PointId>,
    /// Block outputs, points x (blocks * block size).
    pub outputs: Vec<f32>,
}
