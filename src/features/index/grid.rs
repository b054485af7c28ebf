//! Samples of each feature's points by how strongly they activate it.

use super::histogram::{clamped, rounded};
use super::sample::{Sampled, Samples};

/// Bins of a feature's grid.
pub(super) const BINS: usize = 20;

/// At first the bins reach from 0 to 1/32; they widen as larger activations come. So the first bin always holds the whole
/// first bin of the histogram.
pub(super) const FIRST_SPAN: f32 = 1.0 / 32.0;

/// The bin of an activation in a grid with so many bins in 1; [`BINS`] is beyond the grid's span.
#[inline(always)]
pub(super) fn bin(activation: f32, scale: f32) -> usize {
    let x = clamped(activation) * scale;
    let (nearest, number) = rounded(x);
    (number - i32::from(nearest > x)).min(BINS as i32) as usize
}

/// For each feature 20 equal bins from 0 up to the power of two next above its largest activation, each with a sample
/// of its points. When a larger one comes, every two bins become one, whose sample follows from theirs; so the result
/// is the same as if the span had been known from the start.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    samples: Samples<f32>,
    /// Bins in 1, for each feature.
    scales: Vec<f32>,
    /// For each feature and bin the upper half of the largest hash that a new point may have there, and one more for
    /// activations beyond the span, which are always looked at.
    limits: Vec<u32>,
}

impl Grid {
    pub(super) fn new(features: usize, each: usize) -> Self {
        Self {
            samples: Samples::new(features * BINS, each),
            scales: vec![BINS as f32 / FIRST_SPAN; features],
            limits: vec![u32::MAX; features * (BINS + 1)],
        }
    }

    /// Bins in 1, for each feature, as [`bin`] wants them.
    pub(super) fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// For each feature, and in it for each bin and for what is beyond the span, the largest upper half of a hash with
    /// which a point may be of interest.
    pub(super) fn limits(&self) -> &[[u32; BINS + 1]] {
        self.limits.as_chunks().0
    }

    /// Takes a point in where its hash is small enough.
    pub(super) fn offer(&mut self, feature: usize, point: Sampled<f32>) {
        while bin(point.of, self.scales[feature]) == BINS && self.scales[feature] > BINS as f32 {
            self.widen(feature);
        }
        // At a span of 1 the last bin also holds 1.
        let bin = bin(point.of, self.scales[feature]).min(BINS - 1);
        if self.samples.offer(feature * BINS + bin, point) {
            self.set_limit(feature, bin);
        }
    }

    /// The largest hash with which every point is known that lies in the same bins as activations from one to another.
    pub(super) fn known(&self, feature: usize, from: f32, to: f32) -> u64 {
        let scale = self.scales[feature];
        let last = bin(to, scale).min(BINS - 1);
        let bins = bin(from, scale).min(last)..=last;
        bins.map(|bin| self.samples.limit(feature * BINS + bin)).min().unwrap_or(u64::MAX)
    }

    /// Takes in what another grid has kept of other points.
    pub(super) fn merge(&mut self, other: &Self) {
        for feature in 0..self.scales.len() {
            // Its largest activation may be among those that it has let go.
            while self.scales[feature] > other.scales[feature] {
                self.widen(feature);
            }
            other.of(feature).for_each(|sampled| self.offer(feature, *sampled));
        }
    }

    /// The samples, a group for each feature and bin.
    pub(super) fn samples(&self) -> &Samples<f32> {
        &self.samples
    }

    /// A grid as it was kept; `None` where it is not one.
    pub(super) fn restore(each: usize, scales: Vec<f32>, samples: Samples<f32>) -> Option<Self> {
        let mut grid = Self::new(scales.len(), each);
        let spans: Vec<f32> = scales.iter().map(|scale| BINS as f32 / scale).collect();
        let right = spans
            .iter()
            .all(|span| (FIRST_SPAN..=1.0).contains(span) && span.to_bits() & 0x007f_ffff == 0 && span.is_finite());
        if !right || samples.groups() != scales.len() * BINS || samples.size() != each {
            return None;
        }
        grid.scales = scales;
        grid.samples = samples;
        for feature in 0..grid.scales.len() {
            for at in 0..BINS {
                let own = |s: &Sampled<f32>| bin(s.of, grid.scales[feature]).min(BINS - 1) == at;
                if !grid.samples.of(feature * BINS + at).iter().all(own) {
                    return None;
                }
                grid.set_limit(feature, at);
            }
        }
        Some(grid)
    }

    /// Lets go of what is superfluous, and puts the rest in order: at most so many points of each bin.
    pub(super) fn settle(&mut self, each: usize) {
        self.samples.settle(each);
        for feature in 0..self.scales.len() {
            (0..BINS).for_each(|bin| self.set_limit(feature, bin));
        }
    }

    /// The points of all bins.
    pub(super) fn of(&self, feature: usize) -> impl Iterator<Item = &Sampled<f32>> {
        (feature * BINS..(feature + 1) * BINS).flat_map(|group| self.samples.of(group))
    }

    fn widen(&mut self, feature: usize) {
        // Halving is exact, so that an activation's old bin lies in its new one.
        self.scales[feature] /= 2.0;
        let first = feature * BINS;
        for bin in 0..BINS / 2 {
            self.samples.join([first + 2 * bin, first + 2 * bin + 1], first + bin);
        }
        for bin in 0..BINS {
            self.set_limit(feature, bin);
        }
    }

    fn set_limit(&mut self, feature: usize, bin: usize) {
        let limit = (self.samples.limit(feature * BINS + bin) >> 32) as u32;
        let limits = &mut self.limits[feature * (BINS + 1)..][..BINS + 1];
        limits[bin] = limit;
        // Nothing is beyond a span of 1 but 1 itself.
        if bin == BINS - 1 && self.scales[feature] <= BINS as f32 {
            limits[BINS] = limit;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::PointId;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_grid_that_widened_is_the_grid_of_the_final_span(
            points in prop::collection::vec((any::<u64>(), 0f32..=1.0, 0i32..9), 1..300), each in 1usize..6,
        ) {
            let points: Vec<Sampled<f32>> = points
                .iter()
                .enumerate()
                .map(|(i, (hash, y, small))| Sampled { hash: *hash, id: PointId::Num(i as u64), of: y / 2f32.powi(*small) })
                .collect();
            let mut grid = Grid::new(2, each);
            for point in &points {
                let before = grid.clone();
                let limit = before.limits()[1][bin(point.of, before.scales()[1])];
                grid.offer(1, *point);
                // What the limits rule out would not have been taken.
                prop_assert!((point.hash >> 32) as u32 <= limit || grid == before);
            }
            let largest = points.iter().map(|p| p.of).fold(0.0, f32::max);
            let mut span = FIRST_SPAN;
            while span <= largest && span < 1.0 {
                span *= 2.0;
            }
            let mut expected = Vec::new();
            for bin in 0..BINS {
                let mut inside: Vec<_> =
                    points.iter().filter(|p| ((p.of / span * BINS as f32) as usize).min(BINS - 1) == bin).collect();
                inside.sort_by_key(|p| p.key());
                expected.extend(inside.into_iter().take(each).copied());
            }
            let mut parts = [Grid::new(2, each), Grid::new(2, each)];
            points.iter().enumerate().for_each(|(i, point)| parts[i % 2].offer(1, *point));
            let [mut one, other] = parts;
            one.merge(&other);
            one.settle(each);
            grid.settle(each);
            prop_assert_eq!(grid.of(1).copied().collect::<Vec<_>>(), expected);
            prop_assert_eq!(grid.of(0).count(), 0);
            prop_assert_eq!(&one, &grid);
            let restored = Grid::restore(each, grid.scales.clone(), grid.samples.clone());
            prop_assert_eq!(restored, Some(grid));
        }
    }
}
