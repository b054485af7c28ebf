//! Gathers an index from pages of block outputs.

use std::sync::Arc;

use pulp::NullaryFnOnce;

use super::grid::{self, Grid};
use super::histogram;
use super::sample::{Hasher, Sampled, Samples};
use super::{FIRES_ABOVE, FeatureIndex};
use crate::features::Accumulator;
use crate::features::first_two::FirstTwo;
use crate::linalg;
use crate::source::PointId;

/// Counts over pairs of features are kept up to this many pairs.
const PAIRS: usize = 4 << 20;
/// Features up to which the full number of points is kept for each.
const USUAL_FEATURES: usize = 8_192;
/// Random points whose outputs are kept.
pub(super) const RANDOM: usize = 50;
/// Random points that are kept.
const BACKGROUND: usize = 500;

/// Points kept for each feature.
struct Depth {
    strongest: usize,
    /// In each bin of the grid.
    binned: usize,
    seconds: usize,
}

impl Depth {
    fn of(features: usize) -> Self {
        if features <= USUAL_FEATURES {
            Self { strongest: 50, binned: 10, seconds: 20 }
        } else {
            Self { strongest: 20, binned: 3, seconds: 5 }
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

/// What an index holds beside the table. Its size follows from the shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tallies {
    pub(super) blocks: usize,
    pub(super) block_size: usize,
    /// Features x bins.
    pub(super) histogram: Vec<u32>,
    pub(super) grid: Grid,
    /// Points for which a feature is the second largest of its block.
    pub(super) seconds: Vec<u64>,
    /// The same by who won, blocks x winners x seconds; empty where that were too many.
    pub(super) duels: Vec<u32>,
    pub(super) runners_up: Samples<Second>,
    /// Points that two features fire for, as [`pair_row`] has it; empty where that were too many.
    pub(super) together: Vec<u32>,
    /// One group: random points.
    pub(super) background: Samples<()>,
    /// Outputs of the first of them.
    pub(super) random_outputs: Vec<Vec<f32>>,
}

/// Where the pairs of a feature with later ones begin, less the feature and one: that with `b` is `b` further on.
#[inline(always)]
pub(super) fn pair_row(features: usize, a: usize) -> usize {
    (a * (2 * features - a - 1) / 2).wrapping_sub(a + 1)
}

impl Tallies {
    fn new(blocks: usize, block_size: usize) -> Self {
        let features = blocks * block_size;
        let depth = Depth::of(features);
        let counted = |pairs: Option<usize>, of: usize| pairs.filter(|n| *n <= PAIRS).map_or(0, |_| of);
        let duels = features.checked_mul(block_size);
        Self {
            blocks,
            block_size,
            histogram: vec![0; features * histogram::BINS],
            grid: Grid::new(features, depth.binned),
            seconds: vec![0; features],
            duels: vec![0; counted(duels, features * block_size)],
            runners_up: Samples::new(features, depth.seconds),
            together: vec![0; counted(features.checked_mul(features), features * features.saturating_sub(1) / 2)],
            background: Samples::new(1, BACKGROUND),
            random_outputs: Vec::new(),
        }
    }
}

/// Takes in pages of block outputs, and gives a [`FeatureIndex`] of what it has seen at any time.
///
/// Points may come in any order and pages: but for the rounding of the means, the index is the same. Its memory depends
/// on the encoder's shape, never on the number of points: some 15 KB a feature, half of it beyond 8,192 features, as
/// fewer points are kept for each; and at most 16 MB for each of the counts over pairs.
#[derive(Clone, Debug)]
pub struct IndexBuilder {
    hasher: Hasher,
    accumulator: Accumulator,
    tallies: Tallies,
    tile: Tile,
}

impl IndexBuilder {
    /// For encoders of this shape; the seed is that of the random points.
    pub fn new(blocks: usize, block_size: usize, seed: u64) -> Self {
        let features = blocks * block_size;
        Self {
            hasher: Hasher::new(seed),
            accumulator: Accumulator::new(blocks, block_size, FIRES_ABOVE, Depth::of(features).strongest),
            tallies: Tallies::new(blocks, block_size),
            tile: Tile::new(features),
        }
    }

    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.accumulator.points()
    }

    /// Takes in the outputs of some points, `ids.len()` x (blocks * block size).
    ///
    /// # Panics
    /// If the lengths do not agree.
    pub fn add(&mut self, ids: &[PointId], outputs: &[f32]) {
        let width = self.tallies.blocks * self.tallies.block_size;
        assert_eq!(outputs.len(), ids.len() * width, "outputs of {} points", ids.len());
        let (hasher, tallies, tile) = (self.hasher, &mut self.tallies, &mut self.tile);
        for (ids, outputs) in ids.chunks(tile.rows).zip(outputs.chunks(tile.rows * width)) {
            tile.points.clear();
            self.accumulator.add_each(ids, outputs, |id, outputs, found| {
                let point = Sampled { hash: hasher.hash(id), id, of: () };
                tile.points.push(point);
                tallies.take(point, outputs, found, &mut tile.firing);
            });
            tallies.count(outputs, tile);
        }
    }

    /// The index over the points taken in so far. It costs a copy of everything.
    pub fn snapshot(&self) -> Arc<FeatureIndex> {
        Arc::new(FeatureIndex { table: self.accumulator.table(), tallies: self.tallies.clone(), hasher: self.hasher })
    }

    /// The index over all points.
    pub fn finish(self) -> Arc<FeatureIndex> {
        Arc::new(FeatureIndex { table: self.accumulator.table(), tallies: self.tallies, hasher: self.hasher })
    }
}

impl Tallies {
    /// Takes in a point but for what goes by the strength of its activations.
    fn take(&mut self, point: Sampled<()>, outputs: &[f32], found: &[FirstTwo], firing: &mut Vec<u32>) {
        firing.clear();
        for (block, (outputs, first)) in outputs.chunks(self.block_size).zip(found).enumerate() {
            let Some(second) = first.second else {
                firing.extend((outputs[first.winner] > FIRES_ABOVE).then_some(block as u32));
                continue;
            };
            self.count_second(point, block, first.winner, second, outputs[second]);
            let start = (block * self.block_size) as u32;
            if outputs[second] > FIRES_ABOVE {
                let fire = outputs.iter().zip(start..).filter(|(y, _)| **y > FIRES_ABOVE);
                firing.extend(fire.map(|(_, feature)| feature));
            } else if outputs[first.winner] > FIRES_ABOVE {
                firing.push(start + first.winner as u32);
            }
        }
        if !self.together.is_empty() {
            self.count_together(firing);
        }
        if point.hash <= self.background.limit(0)
            && let Some(place) = self.background.offer(0, point)
            && place < RANDOM
        {
            self.random_outputs.insert(place, outputs.to_vec());
            self.random_outputs.truncate(RANDOM);
        }
    }

    /// Takes in how strong the activations of a tile's points are.
    fn count(&mut self, outputs: &[f32], tile: &mut Tile) {
        let features = self.blocks * self.block_size;
        let (fine, coarse) = (&mut tile.fine[..outputs.len()], &mut tile.coarse[..outputs.len()]);
        linalg::wide(Bins { outputs, scales: self.grid.scales(), fine, coarse });
        tile.wanted.clear();
        let some = self.histogram.chunks_mut(SOME * histogram::BINS).zip(self.grid.limits().chunks(SOME));
        for (at, (counts, limits)) in some.enumerate() {
            if limits.len() == SOME {
                tile.count(features, at * SOME, SOME, counts, limits);
            } else {
                tile.count(features, at * SOME, limits.len(), counts, limits);
            }
        }
        for (row, feature) in &tile.wanted {
            let (row, feature) = (*row as usize, *feature as usize);
            let Sampled { hash, id, .. } = tile.points[row];
            self.grid.offer(feature, Sampled { hash, id, of: outputs[row * features + feature] });
        }
    }

    fn count_together(&mut self, firing: &[u32]) {
        let features = self.blocks * self.block_size;
        for (at, a) in firing.iter().enumerate() {
            let row = pair_row(features, *a as usize);
            for b in &firing[at + 1..] {
                self.together[row.wrapping_add(*b as usize)] += 1;
            }
        }
    }

    fn count_second(&mut self, point: Sampled<()>, block: usize, winner: usize, second: usize, value: f32) {
        let v = self.block_size;
        let feature = block * v + second;
        self.seconds[feature] += 1;
        if !self.duels.is_empty() {
            self.duels[(block * v + winner) * v + second] += 1;
        }
        let Sampled { hash, id, .. } = point;
        if hash <= self.runners_up.limit(feature) {
            self.runners_up.offer(feature, Sampled { hash, id, of: Second { value, winner: winner as u32 } });
        }
    }
}

/// Outputs in a tile, so that what is worked out of them stays in the nearest cache.
const TILE: usize = 8_192;
/// Features whose histograms stay there together.
const SOME: usize = 8;

/// Some points that are taken in together, and room for what is worked out of them.
#[derive(Clone, Debug)]
struct Tile {
    /// The most points.
    rows: usize,
    points: Vec<Sampled<()>>,
    /// Bins of the histogram, points x features.
    fine: Vec<u16>,
    /// Bins of the grid, points x features.
    coarse: Vec<u16>,
    /// Points and the features whose grids may want them.
    wanted: Vec<(u32, u32)>,
    /// The features that a point fires, ascending.
    firing: Vec<u32>,
}

impl Tile {
    fn new(features: usize) -> Self {
        let rows = (TILE / features.max(1)).clamp(1, 256);
        Self {
            rows,
            points: Vec::with_capacity(rows),
            fine: vec![0; rows * features],
            coarse: vec![0; rows * features],
            wanted: Vec::new(),
            firing: Vec::new(),
        }
    }

    /// Counts the bins of `count` features from `first` on, and finds what their grids may want.
    #[inline(always)]
    fn count(
        &mut self,
        features: usize,
        first: usize,
        count: usize,
        counts: &mut [u32],
        limits: &[[u32; grid::BINS + 1]],
    ) {
        for (row, point) in self.points.iter().enumerate() {
            let fine = &self.fine[row * features + first..][..count];
            let coarse = &self.coarse[row * features + first..][..count];
            let upper = (point.hash >> 32) as u32;
            let mut wanted = 0u32;
            for i in 0..count {
                counts[i * histogram::BINS + usize::from(fine[i])] += 1;
                wanted |= u32::from(upper <= limits[i][usize::from(coarse[i])]) << i;
            }
            while wanted != 0 {
                self.wanted.push((row as u32, first as u32 + wanted.trailing_zeros()));
                wanted &= wanted - 1;
            }
        }
    }
}

/// Works out the bins of some points; for [`wide`](linalg::wide).
struct Bins<'a> {
    outputs: &'a [f32],
    scales: &'a [f32],
    fine: &'a mut [u16],
    coarse: &'a mut [u16],
}

impl NullaryFnOnce for Bins<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let n = self.scales.len();
        let rows = self.outputs.chunks_exact(n).zip(self.fine.chunks_exact_mut(n)).zip(self.coarse.chunks_exact_mut(n));
        for ((outputs, fine), coarse) in rows {
            let (outputs, fine, coarse) = (&outputs[..n], &mut fine[..n], &mut coarse[..n]);
            for i in 0..n {
                fine[i] = histogram::bin(outputs[i]) as u16;
                coarse[i] = grid::bin(outputs[i], self.scales[i]) as u16;
            }
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
