//! Confidence of blocks and codes, and its place among a collection's points.

use serde::Serialize;

/// What one block says of one input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BlockAnswer {
    /// The feature with the largest probability or activation, counted over all blocks; of equal ones the first.
    pub winner: usize,
    /// That probability, or in a code that activation: the block's confidence.
    pub probability: f32,
    /// Entropy H(p) / ln V, from 0 (sure) to 1 (no idea). A code is divided by its sum first; where nothing is active it
    /// is 1.
    pub entropy: f32,
}

/// What each block says of one point's outputs.
pub fn answers(outputs: &[f32], block_size: usize) -> Vec<BlockAnswer> {
    outputs.chunks(block_size).enumerate().map(|(b, p)| answer(p, b * block_size)).collect()
}

fn answer(p: &[f32], first: usize) -> BlockAnswer {
    let (mut at, mut probability) = (0, f32::NEG_INFINITY);
    for (i, &x) in p.iter().enumerate() {
        if x > probability {
            (at, probability) = (i, x);
        }
    }
    BlockAnswer { winner: first + at, probability, entropy: normalised_entropy(p) as f32 }
}

/// H(p / sum p) / ln V, from 0 to 1; 1 where all are 0.
pub(super) fn normalised_entropy(p: &[f32]) -> f64 {
    let (mut sum, mut entropy) = (0f64, 0f64);
    for x in p.iter().map(|x| f64::from(*x)).filter(|x| *x > 0.0) {
        sum += x;
        entropy -= x * x.ln();
    }
    if sum <= 0.0 {
        return 1.0;
    }
    // H(p / s) = ln s - (sum of p ln p) / s
    let scale = if p.len() > 1 { (p.len() as f64).ln() } else { 1.0 };
    ((sum.ln() + entropy / sum) / scale).clamp(0.0, 1.0)
}

/// A point's confidence: the mean over blocks of the largest probability, from 1/V to 1. Of a code it is the largest
/// activation, from 0 to 1, where 1 is the largest of all on the points that were trained on: outputs are all that is
/// known here, and a vector that is like none of the features has none that is active much.
pub fn confidence(outputs: &[f32], block_size: usize) -> f32 {
    let blocks = outputs.len() / block_size;
    outputs.chunks(block_size).map(|p| p.iter().copied().fold(f32::NEG_INFINITY, f32::max)).sum::<f32>() / blocks as f32
}

/// `count` evenly spaced quantiles of the values, the smallest first and the largest last, linearly interpolated.
pub fn quantiles(mut values: Vec<f32>, count: usize) -> Vec<f32> {
    if values.is_empty() || count < 2 {
        return Vec::new();
    }
    values.sort_unstable_by(f32::total_cmp);
    (0..count)
        .map(|i| {
            let place = i as f64 / (count - 1) as f64 * (values.len() - 1) as f64;
            let below = values[place as usize];
            let above = values[(place as usize + 1).min(values.len() - 1)];
            below + (above - below) * place.fract() as f32
        })
        .collect()
}

/// Bins of a [`ConfidenceScale`]; percentiles are exact to the points of one bin, a ten-thousandth wide.
pub(super) const BINS: usize = 10_000;

/// The confidences of a collection's points, against which an input is read. Its memory does not grow with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfidenceScale {
    counts: Vec<u64>,
    points: u64,
}

impl ConfidenceScale {
    /// From values in any order.
    pub fn new(values: impl IntoIterator<Item = f32>) -> Self {
        let mut scale = Self::default();
        values.into_iter().for_each(|v| scale.add(v));
        scale
    }

    /// Takes in a point's confidence, from 0 to 1.
    pub fn add(&mut self, confidence: f32) {
        self.counts.resize(BINS, 0);
        self.counts[Self::bin(confidence)] += 1;
        self.points += 1;
    }

    /// The bin of a confidence: bin b holds those from b ten-thousandths on, rounded to float32 as a literal is, and below
    /// the next; so those below a whole ten-thousandth are exactly those of the bins before it. The last also holds 1.
    fn bin(confidence: f32) -> usize {
        // A negative number or NaN becomes 0 in the cast.
        let near = ((confidence * BINS as f32) as usize).min(BINS);
        let edge = |bin: usize| bin as f32 / BINS as f32;
        let bin = if near > 0 && confidence < edge(near) { near - 1 } else { near };
        let above = bin + 1 < BINS && confidence >= edge(bin + 1);
        (bin + usize::from(above)).min(BINS - 1)
    }

    /// From counts in 10,000 bins.
    pub(super) fn from_counts(counts: Vec<u64>) -> Option<Self> {
        let points = counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count))?;
        let counts = if points == 0 { Vec::new() } else { counts };
        (counts.is_empty() || counts.len() == BINS).then_some(Self { counts, points })
    }

    /// Takes in the points of another scale.
    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(to, from)| *to += from);
        self.points += other.points;
    }

    /// Points whose confidence is below one that is rounded to ten-thousandths: what a conformal p-value of the
    /// confidence needs, (points below or at it + 1) / (points + 1). Exact at every ten-thousandth; at 1 all points.
    pub fn below(&self, confidence: f32) -> u64 {
        let bins = ((confidence * BINS as f32).round() as usize).min(BINS);
        self.counts.iter().take(bins).sum()
    }

    /// Points.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// Points in each of 10,000 equal bins from 0 to 1; empty where there are no points.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The share of points, in percent, whose confidence is below `confidence`; those in its bin count half.
    pub fn percentile(&self, confidence: f32) -> Option<f64> {
        let bin = Self::bin(confidence);
        let own = *self.counts.get(bin)?;
        let below: u64 = self.counts[..bin].iter().sum();
        Some((below as f64 + own as f64 / 2.0) * 100.0 / self.points as f64)
    }

    /// The confidence that `percent` of the points lie below, within a bin.
    pub fn value_at(&self, percent: f64) -> Option<f32> {
        let goal = percent / 100.0 * self.points as f64;
        let mut seen = 0.0;
        for (bin, count) in self.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let count = *count as f64;
            if seen + count >= goal {
                return Some(((bin as f64 + (goal - seen) / count) / BINS as f64) as f32);
            }
            seen += count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_block_and_one_without_an_idea() {
        let a = answers(&[0.0, 1.0, 0.0, 0.0, 0.25, 0.25, 0.25, 0.25], 4);
        assert_eq!((a[0].winner, a[0].probability, a[0].entropy), (1, 1.0, 0.0));
        assert_eq!((a[1].winner, a[1].probability), (4, 0.25));
        assert!((a[1].entropy - 1.0).abs() < 1e-6);
        // A code, which does not sum to one, has the entropy of its shares.
        let code = answers(&[0.0, 0.2, 0.0, 0.2], 4)[0];
        assert_eq!((code.winner, code.probability), (1, 0.2));
        assert!((code.entropy - 0.5).abs() < 1e-6);
        assert_eq!((answers(&[0.0; 4], 4)[0].entropy, confidence(&[0.0; 4], 4)), (1.0, 0.0));
        assert_eq!(confidence(&[0.0, 1.0, 0.0, 0.0, 0.25, 0.25, 0.25, 0.25], 4), 0.625);
    }

    #[test]
    fn what_is_below_a_whole_ten_thousandth_is_counted_exactly() {
        let edges: Vec<f32> = (0..=10_000).map(|b| format!("{b}e-4").parse().unwrap()).collect();
        // Each edge, and the numbers just below and above it.
        let values = edges.iter().flat_map(|e| [e.next_down().max(0.0), *e, e.next_up().min(1.0)]);
        let mut values: Vec<f32> = values.collect();
        let scale = ConfidenceScale::new(values.iter().copied());
        values.sort_unstable_by(f32::total_cmp);
        for edge in &edges {
            let below = values.partition_point(|v| v < edge) as u64;
            // The last bin also holds 1.
            assert_eq!(scale.below(*edge), if *edge == 1.0 { values.len() as u64 } else { below }, "{edge}");
        }
        let mut both = ConfidenceScale::new(values[..50].iter().copied());
        both.merge(&ConfidenceScale::default());
        both.merge(&ConfidenceScale::new(values[50..].iter().copied()));
        assert_eq!(both, scale);
        assert_eq!(ConfidenceScale::from_counts(scale.counts().to_vec()), Some(scale));
        assert_eq!(ConfidenceScale::from_counts(vec![1; 7]), None);
    }

    #[test]
    fn percentiles_and_their_values_agree() {
        let scale = ConfidenceScale::new((0..1001).map(|i| i as f32 / 1000.0).rev());
        assert!(scale.percentile(0.0).unwrap() < 0.1);
        assert!(scale.percentile(1.0).unwrap() > 99.9);
        assert!((scale.percentile(0.25).unwrap() - 25.0).abs() < 0.1);
        assert!((scale.value_at(1.0).unwrap() - 0.01).abs() < 1e-3);
        assert_eq!(quantiles(vec![3.0, 1.0, 2.0], 5), [1.0, 1.5, 2.0, 2.5, 3.0]);
        assert_eq!(ConfidenceScale::default().value_at(1.0), None);
        assert_eq!(ConfidenceScale::default().percentile(0.5), None);
    }
}
