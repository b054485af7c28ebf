//! Everything that the table of features and a feature's page show of a collection, from one pass over it.
//!
//! An [`IndexBuilder`] takes in pages of block outputs; a [`FeatureIndex`] is what it knows at some moment. Counts are
//! exact. Points to look at are samples, and uniform ones: which points are kept depends on a hash of their ids alone.

mod builder;
mod grid;
mod histogram;
mod sample;
#[cfg(test)]
mod tests;

pub use builder::IndexBuilder;

use super::accumulate::{FeatureStats, FeatureTable, Strong};
use super::confidence::ConfidenceScale;
use crate::source::PointId;
use builder::{RANDOM, Tallies, pair_row};
use sample::Hasher;

/// A feature fires for a point with an activation above this.
pub const FIRES_ABOVE: f32 = 0.1;

/// Intervals of a feature's activations, and points shown of each.
const INTERVALS: usize = 5;
/// Points near a threshold.
const NEAR: usize = 10;
/// Features listed as related in some way.
const RELATED: usize = 8;
/// Points that two features must fire for together, so that their lift says something.
const SUPPORT: u64 = 10;

/// Every feature over a collection, as far as its points were taken in. It never changes, so that threads may share it.
///
/// A feature is named by its index over all blocks: block * block size + place. Where there is no such feature, the
/// answers are empty.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureIndex {
    table: FeatureTable,
    tallies: Tallies,
    hasher: Hasher,
}

/// A fifth of a feature's activations, by width.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Activations are above this; in the first interval, from 0 on.
    pub from: f32,
    /// And at most this.
    pub to: f32,
    /// Share of all points that the interval contains.
    pub share: f64,
    /// Random points of it, at most five, strongest first.
    pub points: Vec<Strong>,
}

/// A point for which a feature came second in its block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunnerUp {
    /// The point.
    pub id: PointId,
    /// The feature's activation.
    pub value: f32,
    /// The feature that won the block.
    pub winner: usize,
}

impl FeatureIndex {
    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.table.points
    }

    /// Blocks of the encoder.
    pub fn blocks(&self) -> usize {
        self.tallies.blocks
    }

    /// Features in a block.
    pub fn block_size(&self) -> usize {
        self.tallies.block_size
    }

    /// Features in all: blocks * block size.
    pub fn features(&self) -> usize {
        self.table.features.len()
    }

    /// Density at [`FIRES_ABOVE`], win rate, mean, maximum and the strongest points (up to 50) of all features, and
    /// what is known of the blocks.
    pub fn table(&self) -> &FeatureTable {
        &self.table
    }

    /// The same of one feature.
    pub fn feature(&self, feature: usize) -> Option<&FeatureStats> {
        self.table.features.get(feature)
    }

    /// The confidences of the points.
    pub fn confidence(&self) -> &ConfidenceScale {
        &self.table.confidence
    }

    /// Points by activation, in 1,000 bins from 0 to 1: bin b counts those above b thousandths and up to (b + 1)
    /// thousandths, and bin 0 also those at 0.
    pub fn histogram(&self, feature: usize) -> &[u32] {
        self.tallies.histogram.chunks(histogram::BINS).nth(feature).unwrap_or_default()
    }

    /// Share of points with an activation above a threshold, from 0 to 1: exact for whole thousandths, which others
    /// are rounded to. At 0 it is 1.
    pub fn density(&self, feature: usize, threshold: f32) -> f64 {
        self.share(feature, histogram::bin_above(threshold), histogram::BINS)
    }

    /// Share of points in the bins from one to before another.
    fn share(&self, feature: usize, from: usize, to: usize) -> f64 {
        let counts = self.histogram(feature).get(from..to).unwrap_or_default();
        counts.iter().map(|c| u64::from(*c)).sum::<u64>() as f64 / (self.points() as f64).max(1.0)
    }

    /// Five intervals of equal width from 0 up to the feature's maximum, the strongest last, with random points of
    /// each. Their bounds are rounded to thousandths, so that the shares are exact; a feature that never reaches five
    /// thousandths may have fewer intervals.
    pub fn intervals(&self, feature: usize) -> Vec<Interval> {
        let Some(stats) = self.feature(feature) else { return Vec::new() };
        if self.points() == 0 {
            return Vec::new();
        }
        let width = stats.max / INTERVALS as f32;
        let end = histogram::bin(stats.max) + 1;
        let mut bounds: Vec<usize> =
            (0..INTERVALS).map(|i| histogram::bin_above(width * i as f32)).filter(|b| *b < end).collect();
        bounds.dedup();
        bounds.push(end);
        // The smallest hashes of an interval are a uniform sample of it wherever the grid's bins lie within it. Strong
        // points fill up what the grid does not have.
        let mut known: Vec<(u64, Strong)> =
            self.tallies.grid.of(feature).map(|s| (s.hash, Strong { id: s.id, value: s.of })).collect();
        known.extend(stats.top.iter().map(|s| (self.hasher.hash(s.id), *s)));
        known.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
        known.dedup();
        bounds
            .windows(2)
            .map(|w| {
                let inside = |value: f32| (w[0]..w[1]).contains(&histogram::bin(value));
                let mut points: Vec<Strong> =
                    known.iter().map(|(_, s)| *s).filter(|s| inside(s.value)).take(INTERVALS).collect();
                points.sort_unstable();
                Interval {
                    from: histogram::edge(w[0]),
                    to: if w[1] == end { stats.max } else { histogram::edge(w[1]) },
                    share: self.share(feature, w[0], w[1]),
                    points,
                }
            })
            .collect()
    }

    /// The ten known points with activations nearest to a threshold, nearest first. Known are the strongest points, random
    /// ones of every range of activations, and random ones of the collection and of the runners-up.
    pub fn near(&self, feature: usize, threshold: f32) -> Vec<Strong> {
        let Some(stats) = self.feature(feature) else { return Vec::new() };
        let mut known = stats.top.clone();
        known.extend(self.tallies.grid.of(feature).map(|s| Strong { id: s.id, value: s.of }));
        known.extend(self.tallies.runners_up.of(feature).iter().map(|s| Strong { id: s.id, value: s.of.value }));
        known.extend(self.random(feature));
        let off = |s: &Strong| (s.value - threshold).abs();
        known.sort_by(|a, b| off(a).total_cmp(&off(b)).then(a.cmp(b)));
        known.dedup();
        known.truncate(NEAR);
        known
    }

    /// Random points for which the feature came second in its block, at most 20, the strongest first.
    pub fn runners_up(&self, feature: usize) -> Vec<RunnerUp> {
        if feature >= self.features() {
            return Vec::new();
        }
        let first = feature - feature % self.block_size();
        let seconds = self.tallies.runners_up.of(feature).iter();
        let mut found: Vec<RunnerUp> =
            seconds.map(|s| RunnerUp { id: s.id, value: s.of.value, winner: first + s.of.winner as usize }).collect();
        found.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.id.cmp(&b.id)));
        found
    }

    /// Points for which the feature came second in its block.
    pub fn seconds(&self, feature: usize) -> u64 {
        self.tallies.seconds.get(feature).copied().unwrap_or(0)
    }

    /// Random points of the collection with the feature's activations, at most 50: the same points for every feature,
    /// in a random order.
    pub fn random(&self, feature: usize) -> Vec<Strong> {
        let outputs = self.tallies.random_outputs.iter();
        let points = self.tallies.background.of(0).iter().zip(outputs);
        points.filter_map(|(s, outputs)| Some(Strong { id: s.id, value: *outputs.get(feature)? })).collect()
    }

    /// Random points of the collection with their block outputs, blocks * block size each; at most 50, those of
    /// [`random`](Self::random) in its order.
    pub fn random_outputs(&self) -> impl Iterator<Item = (PointId, &[f32])> {
        let ids = self.tallies.background.of(0).iter().take(RANDOM).map(|s| s.id);
        ids.zip(self.tallies.random_outputs.iter().map(Vec::as_slice))
    }

    /// Random points of the collection, at most 500, in a random order, against which [`words`](super::words) can be
    /// compared. The first are those of [`random`](Self::random).
    pub fn background(&self) -> impl Iterator<Item = PointId> {
        self.tallies.background.of(0).iter().map(|s| s.id)
    }

    /// Points that two features both fire for; those that a feature fires for where it is named twice. `None` where
    /// there are more than 2,048 features, as pairs are not counted then.
    pub fn fired_together(&self, a: usize, b: usize) -> Option<u64> {
        let (a, b) = (a.min(b), a.max(b));
        if b >= self.features() || !self.counts_together() {
            return None;
        }
        if a == b {
            return Some(self.fired(a));
        }
        let place = pair_row(self.features(), a).wrapping_add(b);
        self.tallies.together.get(place).map(|n| u64::from(*n))
    }

    fn counts_together(&self) -> bool {
        !self.tallies.together.is_empty() || self.features() == 1
    }

    fn fired(&self, feature: usize) -> u64 {
        let counts = self.histogram(feature).get(histogram::bin_above(FIRES_ABOVE)..).unwrap_or_default();
        counts.iter().map(|c| u64::from(*c)).sum()
    }

    /// The features of other blocks that fire together with one more often than chance has it: with each its lift
    /// P(both) / (P(one) P(other)), and the points that both fire for. At most eight, the largest lift first; at least
    /// ten points, and three standard deviations (the square root of the number that chance gives) more than by chance.
    pub(super) fn fires_with(&self, feature: usize) -> Vec<(usize, f32, u64)> {
        let own = self.fired(feature) as f64;
        let block = feature / self.block_size();
        let mut found: Vec<(usize, f32, u64)> = (0..self.features())
            .filter(|other| other / self.block_size() != block)
            .filter_map(|other| {
                let both = self.fired_together(feature, other).filter(|n| *n >= SUPPORT)?;
                let chance = own * self.fired(other) as f64 / self.points() as f64;
                let more = both as f64 - chance > 3.0 * chance.sqrt();
                more.then(|| (other, (both as f64 / chance) as f32, both))
            })
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(RELATED);
        found
    }

    /// The features of the same block that most often are first where this one is second, or second where it is first:
    /// with each the share of such points among all for which this one is first or second. At most eight, the largest
    /// share first. Counted, or where a block has too many features estimated from the runners-up.
    pub(super) fn competitors(&self, feature: usize) -> Vec<(usize, f32)> {
        let v = self.block_size();
        let first = feature - feature % v;
        let others = (first..(first + v).min(self.features())).filter(|other| *other != feature);
        let mut met: Vec<(usize, f64)> =
            others.map(|other| (other, self.duels(other, feature) + self.duels(feature, other))).collect();
        let all: f64 = met.iter().map(|(_, n)| n).sum();
        met.retain(|(_, n)| *n > 0.0);
        met.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        met.truncate(RELATED);
        met.into_iter().map(|(other, n)| (other, (n / all) as f32)).collect()
    }

    /// Points for which one feature won its block and another came second.
    fn duels(&self, winner: usize, second: usize) -> f64 {
        let (v, place) = (self.block_size(), winner % self.block_size());
        if let Some(count) = self.tallies.duels.get(winner * v + second % v) {
            return f64::from(*count);
        }
        let sample = self.tallies.runners_up.of(second);
        let won = sample.iter().filter(|s| s.of.winner as usize == place).count();
        won as f64 / (sample.len() as f64).max(1.0) * self.seconds(second) as f64
    }
}
