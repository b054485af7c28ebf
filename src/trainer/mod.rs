//! Training: from similarity data to an encoder.
//!
//! The loop knows nothing of what is minimised: that is an [`Objective`], one file each.

mod autoencoder;
mod balanced;
mod batching;
mod candidates;
mod codes;
mod compatible;
mod confidence;
pub mod estimate;
mod fit;
mod groups;
mod head;
mod input;
mod log;
mod network;
mod objective;
pub mod runs;
mod schedule;
mod start;
mod terms;

use std::collections::HashMap;
use std::time::Instant;

use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Tensor, Transaction};

use self::groups::Measuring;
pub use self::log::RunLog;
pub use autoencoder::Autoencoder;
pub use balanced::Balanced;
pub use codes::Codes;
pub use compatible::Compatible;
pub use input::Input;
pub use network::{Network, Scales, Start, Vectors};
pub use objective::{Objective, Validation};
pub use schedule::{ReduceOnPlateau, Schedule};

use crate::config::{ObjectiveKind, TrainConfig};
use crate::device::{self, Opened};
use crate::encoder::{DataDescription, Encoder, EncoderMeta, FinalMetrics};
use crate::error::{Error, Result};
use crate::features::{Accumulator, confidence, quantiles};
use crate::groups::Groups;
use crate::job::{Control, EpochMetric, Metric, Probe, Reporter, StepMetric};
use crate::similarity::SimilarityData;
use crate::source::PointId;

/// Points shown while a training goes on.
pub const PROBES: usize = 8;

/// The most bytes that the outputs of a part of a batch may take on a device.
const PART_BYTES: u64 = 128 << 20;

/// The most floating-point operations that a part of a batch may take on the CPU.
const PART_OPERATIONS: u64 = 10_000_000_000;

/// Arithmetic that an epoch's metrics may take on the host, in floating-point operations.
const METRIC_OPERATIONS: f64 = 2e10;

/// What a training gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weights of the epoch with the smallest validation loss; the last ones where the objective leads to an end.
    pub best: Encoder,
    /// The weights at the end.
    pub last: Encoder,
    /// What was measured, an epoch each.
    pub epochs: Vec<EpochMetric>,
    /// The epoch of `best`, counted from 1.
    pub best_epoch: usize,
    /// The device.
    pub device: String,
    /// Seconds from what an objective prepares to the end.
    pub seconds: f64,
    /// Whether the person stopped it before its last epoch.
    pub stopped: bool,
}

/// Trains an encoder on `train`, and judges it on `val`, which has none of its points.
///
/// A stop ends it soon with the best weights so far. Fails where a vector or the loss is not finite.
pub fn train(
    train: &SimilarityData,
    val: &SimilarityData,
    config: &TrainConfig,
    log: Option<&mut RunLog>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Trained> {
    train_with(train, val, None, config, log, control, reporter)
}

/// The same with the labels of the points, which are trained on too where the settings give them a weight; how well
/// held-out points of the same label are found is measured and kept with the encoders.
pub fn train_with(
    train: &SimilarityData,
    val: &SimilarityData,
    labels: Option<&Groups>,
    config: &TrainConfig,
    mut log: Option<&mut RunLog>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Trained> {
    config.check()?;
    check(train, val)?;
    let opened = device::open(config.device)?;
    reporter.note(format!("training on {}", opened.name));
    if let Some(log) = log.as_deref_mut() {
        log.set_device(&opened.name);
    }
    check_room(train, config, &opened)?;
    let device = opened.device.clone().autodiff();
    let (blocks, block_size) = (config.blocks as usize, config.block_size as usize);
    let autoencoder = config.objective == ObjectiveKind::Autoencoder;
    let input = match config.objective {
        ObjectiveKind::Autoencoder => Input::unit(&train.vectors, train.dim),
        _ => Input::new(&train.vectors, train.dim, config),
    };
    let rows = input.apply(&train.vectors);
    let mut network =
        Network::new(train.dim, blocks, block_size, config.dropout, config.seed, &device).on(input.clone());
    if autoencoder {
        network = network.with_decoder()?;
    }
    let mut vectors = if opened.cpu {
        Vectors::host(&rows, train.dim, config.dropout, config.seed, &device)
    } else {
        Vectors::upload(&rows, train.dim, config.seed, &device)
    };
    let mut part = PART_BYTES.min(opened.max_tensor_bytes) / (12 * network.outputs() as u64);
    if opened.cpu {
        // A part ends soon enough for a cancel to be answered: three rows of a triplet, three products, two operations.
        part = part.min(PART_OPERATIONS / (18 * train.dim as u64 * network.outputs() as u64));
    }
    let part = part.max(1) as usize;
    let mut objective: Box<dyn Objective> = match config.objective {
        ObjectiveKind::Compatible => Box::new(Compatible::new(train, val, config, part, control)?),
        ObjectiveKind::Balanced => Box::new(Balanced::new(train, val, config, part, control)?),
        ObjectiveKind::Codes => Box::new(Codes::new(train, val, &rows, &input, config)?),
        // A point is one row, and a triplet three.
        ObjectiveKind::Autoencoder => Box::new(Autoencoder::new(train, val, config, part.saturating_mul(3))),
    };
    objective = groups::supervised(objective, labels, val, config, 3 * part)?;
    let meta = EncoderMeta::trained(config, describe(train, val));
    let measuring = match labels {
        Some(labels) => Some(Measuring::begin(labels, val, &network.to_encoder(meta.clone())?, control)?),
        None => None,
    };
    if let (Some(log), true) = (log.as_deref_mut(), objective.keeps_last()) {
        log.keep_last();
    }
    let began = Instant::now();
    let head = match config.terms.head {
        0 => None,
        members => head::ensemble(train, members, config, control, reporter)?,
    };
    network = objective.begin(network, head.as_ref(), control, reporter)?;
    let mut run = Run {
        meta,
        judge: Judge::new(val, blocks, block_size),
        schedule: Schedule::new(config),
        adam: AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8).init(),
        began: Instant::now(),
        total: u64::from(config.epochs) * objective.steps() as u64,
        steps: 0,
        epochs: Vec::new(),
        best: None,
        unkept: false,
        last: None,
        pending: Vec::new(),
    };
    reporter.stage("training", "steps", Some(run.total));
    network = objective.settle(network)?;
    run.show(0, &network.to_encoder(run.meta.clone())?, reporter);
    for epoch in 1..=config.epochs as usize {
        match run.epoch(epoch, network, objective.as_mut(), &mut vectors, log.as_deref_mut(), control, reporter) {
            Ok(next) => network = next,
            Err(error) => {
                if let (Some(best), Some(log), false) = (&run.best, &log, matches!(error, Error::Cancelled)) {
                    match log.rescue(best) {
                        Ok(file) => reporter.warn(format!("the best weights so far are in {}", file.display())),
                        Err(second) => reporter.warn(format!("the best weights so far could not be kept: {second}")),
                    }
                }
                return Err(error);
            }
        }
        if control.stopping() {
            break;
        }
    }
    let (Some(mut best), Some(mut last)) = (run.best, run.last) else {
        return Err(Error::Cancelled);
    };
    best = objective.finish(best, control, reporter)?;
    last = objective.finish(last, control, reporter)?;
    if let Some(head) = head {
        best = best.with_head(head.clone())?;
        last = last.with_head(head)?;
    }
    if let Some(measuring) = measuring {
        for encoder in [&mut best, &mut last] {
            encoder.meta.groups = Some(measuring.summary(encoder, control)?);
        }
    }
    if overlap(train, val) {
        reporter.warn("points of the training data are in the validation data too: their losses say little");
    } else {
        best.meta.held_out_confidence = run.judge.held_out(&best, control)?;
        last.meta.held_out_confidence = run.judge.held_out(&last, control)?;
    }
    Ok(Trained {
        best_epoch: best.meta.metrics.as_ref().map_or(0, |m| m.epoch),
        best,
        last,
        stopped: run.steps < run.total,
        epochs: run.epochs,
        device: opened.name,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// A run and what it has so far.
struct Run<'a> {
    meta: EncoderMeta,
    judge: Judge<'a>,
    schedule: Schedule,
    adam: ModuleOptimizer,
    began: Instant,
    /// Steps in all.
    total: u64,
    steps: u64,
    epochs: Vec<EpochMetric>,
    best: Option<Encoder>,
    /// Whether the log folder lacks the best weights.
    unkept: bool,
    last: Option<Encoder>,
    /// Losses of parts that are still on the device; whether the part is its step's last.
    pending: Vec<(bool, Tensor<1>)>,
}

impl Run<'_> {
    /// Trains for an epoch, or until the person stops it, and judges the weights then.
    #[expect(clippy::too_many_arguments, reason = "the parts of a training, each borrowed in its own way")]
    fn epoch(
        &mut self,
        epoch: usize,
        mut network: Network,
        objective: &mut dyn Objective,
        vectors: &mut Vectors,
        mut log: Option<&mut RunLog>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Network> {
        let began = Instant::now();
        let steps_before = self.steps;
        let mut losses = Vec::with_capacity(objective.steps());
        'steps: for _ in 0..objective.steps() {
            control.check()?;
            if control.stopping() {
                break;
            }
            objective.draw();
            let progress = self.steps as f64 / self.total as f64;
            network = objective.prepare(network, progress);
            let mut accumulator = GradientsAccumulator::new();
            let parts = objective.parts();
            for part in 0..parts {
                control.check()?;
                if control.stopping() {
                    // A step that is not whole is dropped.
                    self.pending.truncate(self.pending.len() - part);
                    break 'steps;
                }
                let loss = objective.loss(part, &network, vectors, progress);
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                accumulator.accumulate(&network, gradients);
                self.pending.push((part + 1 == parts, loss.inner()));
            }
            network = self.adam.step(self.schedule.lr(), network, accumulator.grads());
            self.steps += 1;
            self.schedule.advance(self.steps as f64 / self.total as f64);
            if reporter.due() || self.pending.len() >= 256 {
                self.read_losses(epoch, &mut losses, log.as_deref_mut(), reporter)?;
            }
            reporter.advance(1);
        }
        self.read_losses(epoch, &mut losses, log.as_deref_mut(), reporter)?;
        if losses.is_empty() {
            // Stopped before the first step there is nothing to keep; later there is what earlier epochs reached.
            return if self.last.is_some() { Ok(network) } else { Err(Error::Cancelled) };
        }
        let diverged = |error: Error| match error {
            // The last step's weights, whose loss nobody has seen.
            Error::Setting(_) => Error::Diverged { value: f32::NAN, epoch, step: self.steps },
            other => other,
        };
        let network = objective.settle(network).map_err(diverged)?;
        let mut encoder = network.to_encoder(self.meta.clone()).map_err(diverged)?;
        let validation = objective.validate(&encoder, control)?;
        if !validation.loss.is_finite() {
            return Err(Error::Diverged { value: validation.loss, epoch, step: self.steps });
        }
        let lr = self.schedule.lr();
        let seconds = began.elapsed().as_secs_f64();
        let each = self.began.elapsed().as_secs_f64() / self.steps.max(1) as f64;
        let mut metric = EpochMetric {
            epoch,
            step: self.steps,
            train_loss: (losses.iter().map(|l| f64::from(*l)).sum::<f64>() / losses.len().max(1) as f64) as f32,
            val_loss: validation.loss,
            val_failed_triplets: validation.failed,
            val_triplets: validation.triplets,
            lr,
            lr_dropped: self.schedule.judge(f64::from(validation.loss)),
            triplets_per_second: (self.steps - steps_before) as f64 * objective.samples() as f64 / seconds,
            seconds_left: each * (self.total - self.steps) as f64,
            ..EpochMetric::default()
        };
        self.judge.judge(&encoder, &mut metric, control)?;
        encoder.meta.metrics = Some(FinalMetrics::from(&metric));
        self.show(epoch, &encoder, reporter);
        if objective.keeps_last() || self.best_loss().is_none_or(|loss| validation.loss < loss) {
            self.best = Some(encoder.clone());
            self.unkept = true;
        }
        if let (Some(log), Some(best), true) = (log.as_deref_mut(), &self.best, self.unkept) {
            self.unkept = !log.keep_best(best)?;
        }
        self.last = Some(encoder);
        if let Some(log) = log {
            log.write(&Metric::Epoch(metric.clone()))?;
        }
        reporter.metric(Metric::Epoch(metric.clone()));
        self.epochs.push(metric);
        Ok(network)
    }

    fn best_loss(&self) -> Option<f32> {
        self.best.as_ref()?.meta.metrics.as_ref().map(|m| m.val_loss)
    }

    /// Shows the blocks of the probe points.
    fn show(&self, epoch: usize, encoder: &Encoder, reporter: &mut Reporter) {
        let (ids, outputs) = (self.judge.shown_ids.clone(), encoder.encode(&self.judge.shown));
        reporter.probe(Probe { epoch, ids, outputs });
    }

    /// Reads the pending losses back in one go, which waits for the device.
    fn read_losses(
        &mut self,
        epoch: usize,
        losses: &mut Vec<f32>,
        mut log: Option<&mut RunLog>,
        reporter: &mut Reporter,
    ) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let lr = self.schedule.lr();
        let pending = std::mem::take(&mut self.pending);
        let mut step = self.steps - pending.iter().filter(|(last, _)| *last).count() as u64;
        let (ends, tensors): (Vec<_>, Vec<_>) = pending.into_iter().unzip();
        let transaction = tensors.into_iter().fold(Transaction::default(), Transaction::register);
        let read = transaction.try_execute().map_err(|e| Error::Device(e.to_string()))?;
        let mut sum = 0f32;
        for (ends, data) in ends.into_iter().zip(read) {
            let value = data.try_into_vec::<f32>().map_err(|e| Error::Device(format!("{e:?}")))?;
            sum += value.first().copied().unwrap_or(f32::NAN);
            if !ends {
                continue;
            }
            step += 1;
            if !sum.is_finite() {
                return Err(Error::Diverged { value: sum, epoch, step });
            }
            let metric = Metric::Step(StepMetric { step, train_loss: sum, lr });
            if let Some(log) = log.as_deref_mut() {
                log.write(&metric)?;
            }
            reporter.metric(metric);
            losses.push(sum);
            sum = 0.0;
        }
        Ok(())
    }
}

fn check(train: &SimilarityData, val: &SimilarityData) -> Result<()> {
    for data in [train, val] {
        if data.len() < 2 {
            return Err(Error::TooFewPoints { what: data.title.clone(), found: data.len() as u64, needed: 2 });
        }
        crate::numpy::check_finite(&data.title, &data.vectors, data.dim, 0)?;
    }
    if train.dim != val.dim {
        return Err(Error::Dimension { what: val.title.clone(), found: val.dim, expected: train.dim });
    }
    Ok(())
}

/// Whether weights and vectors fit into the device's tensors.
fn check_room(train: &SimilarityData, config: &TrainConfig, opened: &Opened) -> Result<()> {
    let weights = train.dim as u64 * u64::from(config.blocks) * u64::from(config.block_size) * 4;
    opened.check_room("the weights", weights)?;
    opened.check_room("the vectors", train.vectors.len() as u64 * 4)
}

/// Whether a point is in both parts: the same id and the same vector (ids alone may be mere row numbers).
fn overlap(train: &SimilarityData, val: &SimilarityData) -> bool {
    let rows: HashMap<PointId, usize> = train.ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let row = |data: &SimilarityData, i: usize| data.vectors[i * data.dim..][..data.dim].to_vec();
    val.ids.iter().enumerate().any(|(j, id)| rows.get(id).is_some_and(|i| row(train, *i) == row(val, j)))
}

fn describe(train: &SimilarityData, val: &SimilarityData) -> DataDescription {
    let norms: f64 = train.vectors.chunks(train.dim).map(|v| f64::from(crate::linalg::dot(v, v).sqrt())).sum();
    DataDescription {
        source: train.title.clone(),
        train_points: train.len(),
        val_points: val.len(),
        neighbours: train.matrix.entries(),
        mean_norm: (norms / train.len() as f64) as f32,
    }
}

/// Judges encoders on the validation points.
struct Judge<'a> {
    vectors: &'a [f32],
    dim: usize,
    /// Evenly spaced rows that each epoch's metrics are taken over.
    rows: Vec<f32>,
    /// Evenly spaced rows that are shown.
    shown: Vec<f32>,
    shown_ids: Vec<PointId>,
    blocks: usize,
    block_size: usize,
}

impl<'a> Judge<'a> {
    fn new(val: &'a SimilarityData, blocks: usize, block_size: usize) -> Self {
        let each = 2.0 * val.dim as f64 * (blocks * block_size) as f64;
        let count = (METRIC_OPERATIONS / each).clamp(64.0, 4_096.0) as usize;
        let pick = |count: usize| {
            let count = count.min(val.len());
            (0..count).map(move |i| i * val.len() / count)
        };
        let vectors =
            |count: usize| pick(count).flat_map(|row| val.vectors[row * val.dim..][..val.dim].to_vec()).collect();
        Self {
            vectors: &val.vectors,
            dim: val.dim,
            rows: vectors(count),
            shown: vectors(PROBES),
            shown_ids: pick(PROBES).map(|row| val.ids[row]).collect(),
            blocks,
            block_size,
        }
    }

    /// Rows whose outputs take some 32 MB.
    fn page(&self) -> usize {
        ((8 << 20) / (self.blocks * self.block_size)).max(1)
    }

    fn judge(&self, encoder: &Encoder, metric: &mut EpochMetric, control: &Control) -> Result<()> {
        let mut accumulator = Accumulator::of(encoder, 0.1, 0).with_entropy();
        for page in self.rows.chunks(self.page() * self.dim) {
            control.check()?;
            let ids = vec![PointId::Num(0); page.len() / self.dim];
            accumulator.add(&ids, &encoder.encode(page));
        }
        let table = accumulator.table();
        metric.judged = table.points;
        metric.usage = table.usage();
        metric.dead = table.dead();
        metric.usage_perplexity = table.usage_perplexity;
        metric.nmi = table.nmi;
        metric.entropy = table.entropy;
        Ok(())
    }

    /// Quantiles of the validation points' confidence.
    fn held_out(&self, encoder: &Encoder, control: &Control) -> Result<Vec<f32>> {
        let mut values = Vec::with_capacity(self.vectors.len() / self.dim);
        for page in self.vectors.chunks(self.page() * self.dim) {
            control.check()?;
            let outputs = encoder.encode(page);
            values.extend(outputs.chunks(encoder.outputs()).map(|y| confidence(y, self.block_size)));
        }
        Ok(quantiles(values, 1_001))
    }
}
