//! What a run has measured, as the plots show it, and its probe points through the epochs.

use super::plots::{Series, Smooth};
use crate::job::{EpochMetric, Metric, Probe};
use crate::point::PointId;

/// What a run has measured.
#[derive(Debug)]
pub struct Curves {
    /// Training loss by step; every step.
    pub loss: Series,
    /// The same, smoothed.
    pub smooth: Series,
    /// Validation loss by step, at the end of each epoch.
    pub val: Series,
    /// Share of the validation triplets with a loss above zero, by step; empty where the objective has no triplets.
    pub failed: Series,
    /// Learning rate by step: a staircase where it is lowered now and then, or a line along which it falls.
    pub lr: Series,
    /// The steps after which the learning rate was lowered.
    pub drops: Vec<f64>,
    /// Mean normalised entropy of each block, by step.
    pub entropy: Vec<Series>,
    /// The blocks' mean of it, by step.
    pub mean_entropy: Series,
    /// The last epoch.
    pub last: Option<EpochMetric>,
    /// The epoch with the smallest validation loss, whose weights are kept; of equal ones the first. Without its usage.
    pub best: Option<EpochMetric>,
    decay: f64,
    average: Smooth,
    /// Whether the learning rate was lowered after the last epoch, rather than a little with every step.
    dropped: bool,
}

impl Curves {
    /// Of a run that has measured nothing yet; `decay` is that of the smoothing.
    pub fn new(decay: f64) -> Self {
        Self {
            loss: Series::default(),
            smooth: Series::default(),
            val: Series::default(),
            failed: Series::default(),
            lr: Series::default(),
            drops: Vec::new(),
            entropy: Vec::new(),
            mean_entropy: Series::default(),
            last: None,
            best: None,
            decay,
            average: Smooth::new(decay),
            dropped: false,
        }
    }

    /// Of a whole run.
    pub fn of(metrics: impl IntoIterator<Item = Metric>, decay: f64) -> Self {
        let mut curves = Self::new(decay);
        metrics.into_iter().for_each(|metric| curves.add(metric));
        curves
    }

    /// Adds what was measured next.
    pub fn add(&mut self, metric: Metric) {
        match metric {
            Metric::Step(m) => {
                let x = m.step as f64;
                self.loss.push(x, m.train_loss);
                self.smooth.push(x, self.average.next(m.train_loss));
                let falls = self.lr.last().is_some_and(|(_, lr)| lr != m.lr as f32) && !self.dropped;
                if self.lr.is_empty() || falls {
                    self.lr.push(x, m.lr as f32);
                }
            }
            Metric::Epoch(m) => {
                let x = m.step as f64;
                self.val.push(x, m.val_loss);
                if m.val_triplets > 0 {
                    self.failed.push(x, (m.val_failed_triplets as f64 / m.val_triplets as f64) as f32);
                }
                if let Some((before, lr)) = self.lr.last()
                    && lr != m.lr as f32
                    && self.dropped
                {
                    self.lr.push(before, m.lr as f32);
                }
                self.lr.push(x, m.lr as f32);
                self.dropped = m.lr_dropped;
                if m.lr_dropped {
                    self.drops.push(x);
                }
                if self.entropy.len() < m.entropy.len() {
                    self.entropy.resize_with(m.entropy.len(), Series::default);
                }
                for (series, entropy) in self.entropy.iter_mut().zip(&m.entropy) {
                    series.push(x, *entropy);
                }
                if !m.entropy.is_empty() {
                    self.mean_entropy.push(x, m.entropy.iter().sum::<f32>() / m.entropy.len() as f32);
                }
                if self.best.as_ref().is_none_or(|best| m.val_loss < best.val_loss) {
                    let mut best = m.clone();
                    best.usage = Vec::new();
                    self.best = Some(best);
                }
                self.last = Some(m);
            }
        }
    }

    /// Smooths anew.
    pub fn set_decay(&mut self, decay: f64) {
        if decay == self.decay {
            return;
        }
        self.decay = decay;
        self.average = Smooth::new(decay);
        let mut smooth = Series::default();
        for (x, y) in self.loss.points() {
            smooth.push(x, self.average.next(y));
        }
        self.smooth = smooth;
    }

    /// The last step that was measured.
    pub fn steps(&self) -> u64 {
        self.loss.last().map_or(0, |(step, _)| step as u64)
    }
}

/// What is kept of one epoch's features.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The epoch, counted from 1; 0 before the first.
    pub epoch: usize,
    /// Block outputs of the probe points, points x (blocks * block size).
    pub outputs: Vec<f32>,
    /// Per feature, the share of validation points that it wins; empty before the first epoch.
    pub usage: Vec<f32>,
    /// How many validation points that was taken over.
    pub judged: u64,
}

/// Epochs that are kept.
const MOST: usize = 200;
/// Numbers that are kept, 4 bytes each.
const ROOM: usize = 16 << 20;

/// The probe points and the usage through the epochs. Beyond some number every second one is given up, then every second
/// of those that are left, and so on; the first and the last are always there.
#[derive(Debug, Default)]
pub struct History {
    /// The probe points.
    pub ids: Vec<PointId>,
    snapshots: Vec<Snapshot>,
    /// Epochs from one that is kept to the next, a power of two; 0 stands for 1.
    shift: u32,
}

impl History {
    /// Adds an epoch's probe points.
    pub fn probe(&mut self, probe: Probe) {
        if self.snapshots.last().is_some_and(|last| last.epoch >= probe.epoch) {
            return;
        }
        self.ids = probe.ids;
        // What was last until now stays only in its turn.
        let passing = |s: &Snapshot| s.epoch > 0 && !s.epoch.is_multiple_of(1 << self.shift);
        if self.snapshots.last().is_some_and(passing) {
            self.snapshots.pop();
        }
        self.snapshots.push(Snapshot { epoch: probe.epoch, outputs: probe.outputs, usage: Vec::new(), judged: 0 });
        let each = self.snapshots.first().map_or(1, |s| s.outputs.len() + s.outputs.len() / self.ids.len().max(1));
        let most = (ROOM / each.max(1)).clamp(3, MOST);
        while self.snapshots.len() > most && self.shift < 60 {
            self.shift += 1;
            let step = 1 << self.shift;
            let last = self.snapshots.len() - 1;
            let mut place = 0;
            self.snapshots.retain(|s| {
                place += 1;
                place > last || s.epoch.is_multiple_of(step)
            });
        }
    }

    /// Adds an epoch's usage to its probe points.
    pub fn usage(&mut self, m: &EpochMetric) {
        if let Some(snapshot) = self.snapshots.iter_mut().rev().find(|s| s.epoch == m.epoch) {
            snapshot.usage.clone_from(&m.usage);
            snapshot.judged = m.judged;
        }
    }

    /// What is kept, in order.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// What is kept of the last epoch that is not after this one; the newest where none is named.
    pub fn at(&self, epoch: Option<usize>) -> Option<&Snapshot> {
        match epoch {
            Some(epoch) => self.snapshots.iter().rev().find(|s| s.epoch <= epoch),
            None => self.snapshots.last(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::StepMetric;

    fn step(step: u64, train_loss: f32, lr: f64) -> Metric {
        Metric::Step(StepMetric { step, train_loss, lr })
    }

    fn epoch(epoch: usize, val_loss: f32, lr: f64, lr_dropped: bool) -> Metric {
        Metric::Epoch(EpochMetric {
            epoch,
            step: epoch as u64 * 2,
            val_loss,
            lr,
            lr_dropped,
            val_failed_triplets: 1,
            val_triplets: 4,
            entropy: vec![0.25, 0.75],
            usage: vec![0.5, 0.5, 1.0, 0.0],
            ..EpochMetric::default()
        })
    }

    #[test]
    fn every_step_and_epoch_has_its_place() {
        let curves = Curves::of(
            [
                step(1, 0.5, 0.1),
                step(2, 0.3, 0.1),
                epoch(1, 0.4, 0.1, true),
                step(3, 0.2, 0.05),
                step(4, 0.1, 0.05),
                epoch(2, 0.4, 0.05, false),
            ],
            0.0,
        );
        assert_eq!(curves.loss.points().collect::<Vec<_>>(), [(1.0, 0.5), (2.0, 0.3), (3.0, 0.2), (4.0, 0.1)]);
        assert_eq!(curves.smooth.points().collect::<Vec<_>>(), curves.loss.points().collect::<Vec<_>>());
        assert_eq!(curves.lr.points().collect::<Vec<_>>(), [(1.0, 0.1), (2.0, 0.1), (2.0, 0.05), (4.0, 0.05)]);
        assert_eq!(curves.drops, [2.0]);
        assert_eq!(curves.failed.last(), Some((4.0, 0.25)));
        assert_eq!(curves.entropy[1].last(), Some((4.0, 0.75)));
        assert_eq!(curves.mean_entropy.last(), Some((4.0, 0.5)));
        assert_eq!(curves.best.as_ref().map(|m| m.epoch), Some(1), "of equal ones the first");
        let last = curves.last.as_ref().unwrap();
        assert_eq!((last.epoch, last.usage.as_slice()), (2, [0.5, 0.5, 1.0, 0.0].as_slice()));
        assert_eq!(curves.steps(), 4);
    }

    #[test]
    fn a_rate_that_falls_with_every_step_is_a_line_and_no_triplets_fail_where_there_are_none() {
        let mut last = epoch(1, 0.4, 0.06, false);
        if let Metric::Epoch(m) = &mut last {
            m.val_triplets = 0;
        }
        let curves = Curves::of([step(1, 0.5, 0.1), step(2, 0.3, 0.08), last, step(3, 0.2, 0.05)], 0.0);
        assert_eq!(curves.lr.points().collect::<Vec<_>>(), [(1.0, 0.1), (2.0, 0.08), (2.0, 0.06), (3.0, 0.05)]);
        assert!(curves.drops.is_empty() && curves.failed.is_empty());
    }

    #[test]
    fn smoothing_anew_gives_what_smoothing_at_once_gives() {
        let metrics: Vec<Metric> = (1..500).map(|i| step(i, (i as f32 * 0.3).sin().abs(), 0.1)).collect();
        let mut curves = Curves::of(metrics[..300].to_vec(), 0.5);
        curves.set_decay(0.97);
        metrics[300..].iter().cloned().for_each(|m| curves.add(m));
        let at_once = Curves::of(metrics, 0.97);
        assert_eq!(curves.smooth.points().collect::<Vec<_>>(), at_once.smooth.points().collect::<Vec<_>>());
        assert_eq!(curves.smooth.len(), curves.loss.len());
    }

    fn probe(epoch: usize, numbers: usize) -> Probe {
        Probe { epoch, ids: vec![PointId::Num(1), PointId::Num(2)], outputs: vec![epoch as f32; numbers] }
    }

    proptest! {
        #[test]
        fn the_past_is_thinned_evenly_and_keeps_its_ends(epochs in 1usize..2_000) {
            let mut history = History::default();
            for i in 0..=epochs {
                history.probe(probe(i, 4));
                history.usage(&EpochMetric { epoch: i, usage: vec![i as f32], ..EpochMetric::default() });
            }
            let kept: Vec<usize> = history.snapshots().iter().map(|s| s.epoch).collect();
            prop_assert!(kept.len() <= MOST && kept.len() >= epochs.min(MOST / 2 - 1));
            prop_assert_eq!((kept.first(), kept.last()), (Some(&0), Some(&epochs)));
            let gaps: Vec<usize> = kept.windows(2).map(|w| w[1] - w[0]).collect();
            let (last, gaps) = gaps.split_last().unwrap();
            prop_assert!(gaps.iter().all(|gap| *gap == gaps[0] && *gap >= *last));
            prop_assert!(history.snapshots().iter().skip(1).all(|s| s.usage == [s.epoch as f32]));
            for ask in [0, epochs / 3, epochs] {
                let found = history.at(Some(ask)).unwrap().epoch;
                prop_assert!(found <= ask && kept.iter().all(|k| *k <= found || *k > ask));
            }
        }
    }

    #[test]
    fn large_encoders_keep_fewer_epochs() {
        let mut history = History::default();
        let numbers = ROOM / 10;
        for i in 0..40 {
            history.probe(probe(i, numbers));
        }
        let kept: usize = history.snapshots().iter().map(|s| s.outputs.len()).sum();
        assert!(kept <= ROOM, "{kept}");
        assert!(history.snapshots().len() >= 3);
        history.probe(probe(3, numbers));
        assert_eq!(history.at(None).unwrap().epoch, 39, "an epoch that was there before changes nothing");
    }
}
