//! What an index counts over all points: it adds up, whoever has counted what.

use super::{PAIRS_ABOVE, histogram};
use crate::features::accumulate::{Figures, add};

/// Counts over pairs of features are kept up to this many pairs.
const PAIRS: usize = 4 << 20;

/// Counts over points. Their size follows from the shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counts {
    pub(super) figures: Figures,
    /// Features x bins. While points are taken in, the first bin of each feature is anything: see [`Counts::settle`].
    pub(super) histogram: Vec<u32>,
    /// Points for which a feature is the second largest of its block.
    pub(super) seconds: Vec<u64>,
    /// The same by who won, blocks x winners x seconds; empty where that were too many.
    pub(super) duels: Vec<u32>,
    /// Points that two features fire for, at each of [`PAIRS_ABOVE`], as [`pair_row`] has it; empty where that were too
    /// many.
    pub(super) together: [Vec<u32>; PAIRS_ABOVE.len()],
}

/// Where the pairs of a feature with later ones begin, less the feature and one: that with `b` is `b` further on.
#[inline(always)]
pub(super) fn pair_row(features: usize, a: usize) -> usize {
    (a * (2 * features - a - 1) / 2).wrapping_sub(a + 1)
}

impl Counts {
    pub(super) fn new(blocks: usize, block_size: usize, codes: bool) -> Self {
        let features = blocks * block_size;
        let counted = |pairs: Option<usize>, of: usize| pairs.filter(|n| *n <= PAIRS).map_or(0, |_| of);
        let duels = counted(features.checked_mul(block_size), features * block_size);
        let together = counted(features.checked_mul(features), features * features.saturating_sub(1) / 2);
        Self {
            figures: Figures::new(blocks, block_size, codes),
            histogram: vec![0; features * histogram::BINS],
            seconds: vec![0; features],
            duels: vec![0; duels],
            together: [(); PAIRS_ABOVE.len()].map(|()| vec![0; together]),
        }
    }

    /// Of no points, for the same encoders.
    pub(super) fn like(other: &Self) -> Self {
        Self::new(other.figures.blocks, other.figures.block_size, other.figures.codes())
    }

    /// Bytes that counts of this shape take.
    pub(super) fn bytes(&self) -> usize {
        let small = self.histogram.len() + self.duels.len() + self.figures.joint.len();
        4 * (small + self.together.iter().map(Vec::len).sum::<usize>()) + 64 * self.seconds.len()
    }

    /// Adds what others have counted over other points.
    pub(super) fn merge(&mut self, others: &Self) {
        self.figures.merge(&others.figures);
        add(&mut self.histogram, &others.histogram);
        add(&mut self.seconds, &others.seconds);
        add(&mut self.duels, &others.duels);
        for (to, from) in self.together.iter_mut().zip(&others.together) {
            add(to, from);
        }
    }

    /// Fills in the first bins: most activations are there, and are not counted one by one.
    pub(super) fn settle(&mut self) {
        let points = self.figures.points as u32;
        for bins in self.histogram.chunks_exact_mut(histogram::BINS) {
            let (first, others) = bins.split_at_mut(1);
            first[0] = points.wrapping_sub(others.iter().fold(0u32, |sum, count| sum.wrapping_add(*count)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_of_features_has_a_place_of_its_own() {
        for features in 1..9usize {
            let pairs =
                (0..features).flat_map(|a| (a + 1..features).map(move |b| pair_row(features, a).wrapping_add(b)));
            let pairs: Vec<usize> = pairs.collect();
            assert_eq!(pairs, (0..features * (features - 1) / 2).collect::<Vec<_>>());
        }
    }
}
