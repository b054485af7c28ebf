//! The points that an index keeps: the strongest ones, and samples.

use super::grid::{self, Grid};
use super::sample::{Sampled, Samples};
use crate::features::accumulate::Strong;
use crate::features::strongest::Strongest;

/// Random points whose outputs are kept.
pub(super) const RANDOM: usize = 50;
/// Random points that are kept.
const BACKGROUND: usize = 500;
/// Points in each bin of the grid of a copy that is made while points are still taken in.
const SHALLOW: usize = 32;

/// Points kept for each feature.
pub(super) struct Depth {
    pub(super) strongest: usize,
    /// In each bin of the grid.
    pub(super) binned: usize,
    pub(super) seconds: usize,
}

impl Depth {
    /// As many as are of use; of very many features fewer, so that all together take some 64 MB, or 0.5 GB at the most that
    /// an encoder may have.
    pub(super) fn of(features: usize) -> Self {
        let share = |bytes: usize, each: usize| bytes / (features.max(1) * each);
        Self {
            strongest: share(64 << 20, size_of::<Strong>()).clamp(20, 200),
            binned: share(64 << 20, grid::BINS * size_of::<Sampled<f32>>()).clamp(3, 128),
            seconds: share(8 << 20, size_of::<Sampled<Second>>()).clamp(5, 20),
        }
    }
}

/// A point that came second in its block.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Second {
    pub(super) value: f32,
    /// The place in the block of the feature that won.
    pub(super) winner: u32,
}

/// The points. Which are kept depends on the points alone, never on the order in which they come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) strongest: Strongest,
    pub(super) grid: Grid,
    pub(super) runners_up: Samples<Second>,
    /// One group: random points.
    pub(super) background: Samples<()>,
    /// Outputs of the first of them.
    pub(super) random_outputs: Vec<Vec<f32>>,
}

impl Kept {
    pub(super) fn new(features: usize) -> Self {
        let depth = Depth::of(features);
        Self {
            strongest: Strongest::new(features, depth.strongest),
            grid: Grid::new(features, depth.binned),
            runners_up: Samples::new(features, depth.seconds),
            background: Samples::new(1, BACKGROUND),
            random_outputs: Vec::new(),
        }
    }

    /// Takes in the points that a thread has found.
    pub(super) fn take_in(&mut self, found: &mut Found) {
        for (feature, point) in found.strong.drain(..) {
            self.strongest.offer(feature as usize, point);
        }
        for (feature, point) in found.binned.drain(..) {
            self.grid.offer(feature as usize, point);
        }
        for (feature, point) in found.seconds.drain(..) {
            self.runners_up.offer(feature as usize, point);
        }
        for (point, outputs) in found.random.drain(..) {
            self.offer_random(point, outputs);
        }
        found.weight = 0;
    }

    fn offer_random(&mut self, point: Sampled<()>, outputs: Vec<f32>) {
        if let Some(place) = self.background.insert(0, point)
            && place < RANDOM
        {
            self.random_outputs.insert(place, outputs);
            self.random_outputs.truncate(RANDOM);
        }
    }

    /// Lets go of what is superfluous, and puts the rest in order. Of each bin of the grid at most so many points are left.
    pub(super) fn settle(&mut self, binned: usize) {
        self.strongest.settle();
        self.grid.settle(binned);
        self.runners_up.settle(self.runners_up.size());
    }

    /// The points, settled, with fewer in each bin of the grid: what can be copied often.
    pub(super) fn shallow(&self) -> Self {
        let mut copy = self.clone();
        copy.settle(SHALLOW.min(self.grid.samples().size()));
        copy
    }

    /// Takes in what others have kept of other points.
    pub(super) fn merge(&mut self, others: &Self) {
        self.strongest.merge(&others.strongest);
        self.grid.merge(&others.grid);
        self.runners_up.merge(&others.runners_up);
        for (at, point) in others.background.of(0).iter().enumerate() {
            self.offer_random(*point, others.random_outputs.get(at).cloned().unwrap_or_default());
        }
    }
}

/// Points that may be worth keeping, with their features.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) strong: Vec<(u32, Strong)>,
    pub(super) binned: Vec<(u32, Sampled<f32>)>,
    pub(super) seconds: Vec<(u32, Sampled<Second>)>,
    /// With their outputs, where they may be among the first.
    pub(super) random: Vec<(Sampled<()>, Vec<f32>)>,
    /// Floats in those outputs.
    pub(super) weight: usize,
}

impl Found {
    /// Whether that is much.
    pub(super) fn is_much(&self) -> bool {
        self.strong.len() + self.binned.len() + self.seconds.len() + self.weight / 16 > 4_096
    }

    pub(super) fn is_empty(&self) -> bool {
        self.strong.is_empty() && self.binned.is_empty() && self.seconds.is_empty() && self.random.is_empty()
    }
}

/// What a point must be like to be worth keeping, as it was known some time ago: since then it can only have become harder.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// For each feature the least activation of one of the strongest points.
    pub(super) needed: Vec<f32>,
    /// For each feature the bins of its grid in 1.
    pub(super) scales: Vec<f32>,
    /// For each feature and bin of its grid the largest upper half of a hash; and the first of them on its own.
    pub(super) grid: Vec<[u32; grid::BINS + 1]>,
    pub(super) lowest: Vec<u32>,
    /// The largest hashes of points that come second, of random points, and of the first of them.
    pub(super) seconds: Vec<u64>,
    pub(super) background: u64,
    pub(super) random: u64,
}

impl Limits {
    pub(super) fn of(kept: &Kept) -> Self {
        let (needed, scales) = (kept.strongest.needed().to_vec(), kept.grid.scales().to_vec());
        let (grid, lowest, seconds) = (Vec::new(), Vec::new(), Vec::new());
        let mut limits = Self { needed, scales, grid, lowest, seconds, background: 0, random: 0 };
        limits.renew(kept);
        limits
    }

    pub(super) fn renew(&mut self, kept: &Kept) {
        self.needed.copy_from_slice(kept.strongest.needed());
        self.scales.copy_from_slice(kept.grid.scales());
        self.grid.clear();
        self.grid.extend_from_slice(kept.grid.limits());
        self.lowest.clear();
        self.lowest.extend(self.grid.iter().map(|limits| limits[0]));
        self.seconds.clear();
        self.seconds.extend((0..self.needed.len()).map(|feature| kept.runners_up.limit(feature)));
        self.background = kept.background.limit(0);
        self.random = kept.background.of(0).get(RANDOM - 1).map_or(u64::MAX, |point| point.hash);
    }
}
