//! Everything that the table of features and a feature's page show of a collection, from one pass over it.
//!
//! An [`IndexBuilder`] takes in pages of block outputs; a [`FeatureIndex`] is what it knows at some moment. Counts are
//! exact. Points to look at are samples, and uniform ones: which points are kept depends on a hash of their ids alone.

mod builder;
mod counts;
mod file;
mod grid;
mod histogram;
mod kept;
pub(super) mod sample;
#[cfg(test)]
mod tests;
mod worker;

pub use builder::IndexBuilder;

use super::accumulate::{FeatureStats, FeatureTable, Strong};
use super::confidence::ConfidenceScale;
use crate::source::PointId;
use counts::{Counts, pair_row};
use kept::{Kept, RANDOM};
use sample::Hasher;

/// A feature fires for a point with an activation above this.
pub const FIRES_ABOVE: f32 = 0.1;
/// Thresholds at which the points are counted that two features fire for together.
pub const PAIRS_ABOVE: [f32; 2] = [0.05, FIRES_ABOVE];

/// Intervals of a feature's activations, and points shown of each, and near a threshold.
const INTERVALS: usize = 5;
const SAMPLE: usize = 50;
/// Half-widths of what counts as near a threshold, as shares of it; and the most that one may be.
const NEAR: [f32; 4] = [0.05, 0.1, 0.2, 0.5];
const NEAR_AT_MOST: f32 = 0.1;
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
    counts: Counts,
    kept: Kept,
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
    /// A uniform sample of its points, at most 50, in a random order: any first part of it is one, too.
    pub points: Vec<Strong>,
}

/// The points whose activation is near a threshold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NearThreshold {
    /// Activations are above this, or from 0 on where it is 0.
    pub from: f32,
    /// And at most this.
    pub to: f32,
    /// Share of all points between the two.
    pub share: f64,
    /// A uniform sample of them, at most 50, in a random order: any first part of it is one, too.
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
    /// Of counts whose first bins are filled in.
    fn new(hasher: Hasher, counts: Counts, kept: Kept) -> Self {
        let above =
            |feature: usize| sum(&counts.histogram[feature * histogram::BINS..][..histogram::BINS], FIRES_ABOVE);
        let table = counts.figures.table(FIRES_ABOVE, &kept.strongest, above);
        Self { table, counts, kept, hasher }
    }

    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.table.points
    }

    /// Whether it is of an autoencoder's codes, where 0 is not active, and not of blocks that sum to one.
    pub fn is_of_codes(&self) -> bool {
        self.counts.figures.codes()
    }

    /// Blocks of the encoder.
    pub fn blocks(&self) -> usize {
        self.counts.figures.blocks
    }

    /// Features in a block.
    pub fn block_size(&self) -> usize {
        self.counts.figures.block_size
    }

    /// Features in all: blocks * block size.
    pub fn features(&self) -> usize {
        self.table.features.len()
    }

    /// Density at [`FIRES_ABOVE`], win rate, mean, maximum and the strongest points of all features (up to 200; fewer where
    /// there are more than some 10,000 features), and what is known of the blocks.
    pub fn table(&self) -> &FeatureTable {
        &self.table
    }

    /// The most points that are among a feature's strongest.
    pub fn most_strongest(&self) -> usize {
        self.kept.strongest.most()
    }

    /// One feature of the table.
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
        self.counts.histogram.chunks(histogram::BINS).nth(feature).unwrap_or_default()
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

    /// A threshold in whole thousandths, as [`density`](Self::density) rounds it.
    pub fn rounded(threshold: f32) -> f32 {
        histogram::edge(histogram::bin_above(threshold))
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
        bounds
            .windows(2)
            .map(|w| Interval {
                from: histogram::edge(w[0]),
                to: if w[1] == end { stats.max } else { histogram::edge(w[1]) },
                share: self.share(feature, w[0], w[1]),
                points: self.sample(feature, w[0], w[1]),
            })
            .collect()
    }

    /// Points near a threshold: those whose activation is within a 20th of it, or else within a tenth, a fifth or a half of
    /// it, but never further off than a tenth; whichever is the narrowest that 50 points are known of. Bounds are rounded
    /// to thousandths, so that the share is exact, and are at least one thousandth off.
    pub fn near(&self, feature: usize, threshold: f32) -> NearThreshold {
        let Some(stats) = self.feature(feature).filter(|_| self.points() > 0) else { return NearThreshold::default() };
        let at = histogram::bin_above(threshold);
        let mut found = NearThreshold::default();
        for share in NEAR {
            let off = ((threshold * share).min(NEAR_AT_MOST) * histogram::BINS as f32).round().max(1.0) as usize;
            let (from, to) = (at.saturating_sub(off), (at + off).min(histogram::BINS));
            found = NearThreshold {
                from: histogram::edge(from),
                to: histogram::edge(to),
                share: self.share(feature, from, to),
                points: if stats.max > histogram::edge(from) || from == 0 {
                    self.sample(feature, from, to)
                } else {
                    Vec::new()
                },
            };
            if found.points.len() == SAMPLE {
                break;
            }
        }
        found
    }

    /// A uniform sample of the points in the bins from one to before another, in a random order.
    ///
    /// Within a bin of the grid the points with the smallest hashes are known, so within several those with hashes up to
    /// the smallest of the bins' largest ones. The strongest points are all known.
    fn sample(&self, feature: usize, from: usize, to: usize) -> Vec<Strong> {
        let inside = |value: f32| (from..to).contains(&histogram::bin(value));
        let (low, high) = (histogram::edge(from), histogram::edge(to));
        let top = self.feature(feature).map(|stats| stats.top.as_slice()).unwrap_or_default();
        let weakest = top.last().map_or(0.0, |weakest| weakest.value);
        let all_known = top.len() < self.kept.strongest.most() || (weakest <= low && from > 0);
        let limit = if all_known { u64::MAX } else { self.kept.grid.known(feature, low, high) };
        let binned = self.kept.grid.of(feature).map(|s| (s.hash, Strong { id: s.id, value: s.of }));
        let strong = top.iter().map(|s| (self.hasher.hash(s.id), *s));
        let mut known: Vec<(u64, Strong)> =
            binned.chain(strong).filter(|(hash, s)| *hash <= limit && inside(s.value)).collect();
        known.sort_unstable_by_key(|(hash, s)| (*hash, s.id));
        known.dedup();
        known.truncate(SAMPLE);
        known.into_iter().map(|(_, s)| s).collect()
    }

    /// Random points for which the feature came second in its block, at most 20, the strongest first.
    pub fn runners_up(&self, feature: usize) -> Vec<RunnerUp> {
        if feature >= self.features() {
            return Vec::new();
        }
        let first = feature - feature % self.block_size();
        let seconds = self.kept.runners_up.of(feature).iter();
        let mut found: Vec<RunnerUp> =
            seconds.map(|s| RunnerUp { id: s.id, value: s.of.value, winner: first + s.of.winner as usize }).collect();
        found.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.id.cmp(&b.id)));
        found
    }

    /// Points for which the feature came second in its block.
    pub fn seconds(&self, feature: usize) -> u64 {
        self.counts.seconds.get(feature).copied().unwrap_or(0)
    }

    /// Random points of the collection with the feature's activations, at most 50: the same points for every feature,
    /// in a random order.
    pub fn random(&self, feature: usize) -> Vec<Strong> {
        let outputs = self.kept.random_outputs.iter();
        let points = self.kept.background.of(0).iter().zip(outputs);
        points.filter_map(|(s, outputs)| Some(Strong { id: s.id, value: *outputs.get(feature)? })).collect()
    }

    /// Random points of the collection with their block outputs, blocks * block size each; at most 50, those of
    /// [`random`](Self::random) in its order.
    pub fn random_outputs(&self) -> impl Iterator<Item = (PointId, &[f32])> {
        let ids = self.kept.background.of(0).iter().take(RANDOM).map(|s| s.id);
        ids.zip(self.kept.random_outputs.iter().map(Vec::as_slice))
    }

    /// Random points of the collection, at most 500, in a random order, against which [`words`](super::words) can be
    /// compared. The first are those of [`random`](Self::random).
    pub fn background(&self) -> impl Iterator<Item = PointId> {
        self.kept.background.of(0).iter().map(|s| s.id)
    }

    /// Points that two features are both above a threshold for; those that a feature is above it for where it is named
    /// twice. The threshold is the one of [`PAIRS_ABOVE`] that is nearest to the given one. `None` where there are more
    /// than 2,048 features, as pairs are not counted then.
    pub fn fired_together(&self, a: usize, b: usize, threshold: f32) -> Option<u64> {
        let (a, b) = (a.min(b), a.max(b));
        if b >= self.features() || !self.counts_together() {
            return None;
        }
        let at = pairs_at(threshold);
        if a == b {
            return Some(sum(self.histogram(a), PAIRS_ABOVE[at]));
        }
        let place = pair_row(self.features(), a).wrapping_add(b);
        self.counts.together[at].get(place).map(|n| u64::from(*n))
    }

    /// Whether the points were counted that two features fire for together.
    fn counts_together(&self) -> bool {
        !self.counts.together[0].is_empty() || self.features() == 1
    }

    /// The features of other blocks (of a code, all others) that fire together with one more often than chance has it: with each its lift
    /// P(both) / (P(one) P(other)), and the points that both fire for. At most eight, the largest lift first; at least
    /// ten points, and three standard deviations (the square root of the number that chance gives) more than by chance.
    /// The threshold is as in [`fired_together`](Self::fired_together).
    pub(super) fn fires_with(&self, feature: usize, threshold: f32) -> Vec<(usize, f32, u64)> {
        let fired = |feature| sum(self.histogram(feature), PAIRS_ABOVE[pairs_at(threshold)]) as f64;
        let own = fired(feature);
        let rivals = if self.is_of_codes() { 1 } else { self.block_size() };
        let mut found: Vec<(usize, f32, u64)> = (0..self.features())
            .filter(|other| other / rivals != feature / rivals)
            .filter_map(|other| {
                let both = self.fired_together(feature, other, threshold).filter(|n| *n >= SUPPORT)?;
                let chance = own * fired(other) / self.points() as f64;
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
        if let Some(count) = self.counts.duels.get(winner * v + second % v) {
            return f64::from(*count);
        }
        let sample = self.kept.runners_up.of(second);
        let won = sample.iter().filter(|s| s.of.winner as usize == place).count();
        won as f64 / (sample.len() as f64).max(1.0) * self.seconds(second) as f64
    }
}

/// Which of [`PAIRS_ABOVE`] is nearest to a threshold; of two as near the first.
fn pairs_at(threshold: f32) -> usize {
    let off = |at: usize| (PAIRS_ABOVE[at] - threshold).abs();
    (1..PAIRS_ABOVE.len()).fold(0, |best, at| if off(at) < off(best) { at } else { best })
}

/// The threshold at which pairs of features were counted that is nearest to one.
pub fn pairs_above(threshold: f32) -> f32 {
    PAIRS_ABOVE[pairs_at(threshold)]
}

/// Points of a histogram above a threshold.
fn sum(histogram: &[u32], threshold: f32) -> u64 {
    let counts = histogram.get(histogram::bin_above(threshold)..).unwrap_or_default();
    counts.iter().map(|count| u64::from(*count)).sum()
}
