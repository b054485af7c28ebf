//! The four scores. Each is larger for what is more outlying.

use serde::{Deserialize, Serialize};

use crate::encoder::Encoder;
use crate::features::{answers, confidence};

/// Vectors that are encoded at a time.
const ROWS: usize = 4_096;

/// What tells an outlier. Of each, more is more outlying.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum OutlierScore {
    /// Mean over blocks of the entropy H(p) / ln V: how undecided the blocks are.
    Entropy,
    /// One less the mean over blocks of the largest probability.
    MaxProbability,
    /// Distance to the 50th neighbour in the collection.
    Neighbour,
    /// How undecided the encoder is and how empty the neighbourhood: see [`fused`].
    #[default]
    Fused,
}

impl OutlierScore {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Entropy, Self::MaxProbability, Self::Neighbour, Self::Fused];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entropy => "mean entropy",
            Self::MaxProbability => "maximum probability",
            Self::Neighbour => "50th neighbour",
            Self::Fused => "fused",
        }
    }

    /// Whether it takes a look at the neighbours.
    pub fn needs_neighbours(self) -> bool {
        matches!(self, Self::Neighbour | Self::Fused)
    }

    /// Its place in [`ALL`](Self::ALL).
    pub(super) fn place(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for OutlierScore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A point's scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OutlierScores {
    /// Mean over blocks of H(p) / ln V, 0 to 1.
    pub entropy: f32,
    /// One less the mean over blocks of the largest probability, 0 to 1 - 1/V.
    pub max_probability: f32,
    /// Distance to the 50th neighbour, in the collection's own measure: 1 - cos, minus the dot product, or the distance.
    /// None where neighbours were not looked at.
    pub neighbour: Option<f32>,
    /// How undecided the encoder's confidence head is, the mean over its blocks of H(p) / ln V, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<f32>,
    /// [`fused`], 0 to 1. None where neighbours were not looked at.
    pub fused: Option<f32>,
}

impl OutlierScores {
    /// One of them.
    pub fn get(&self, score: OutlierScore) -> Option<f32> {
        match score {
            OutlierScore::Entropy => Some(self.entropy),
            OutlierScore::MaxProbability => Some(self.max_probability),
            OutlierScore::Neighbour => self.neighbour,
            OutlierScore::Fused => self.fused,
        }
    }
}

/// Mean over blocks of the entropy H(p) / ln V of one point's outputs.
pub fn mean_entropy(outputs: &[f32], block_size: usize) -> f32 {
    let blocks = answers(outputs, block_size);
    blocks.iter().map(|block| block.entropy).sum::<f32>() / blocks.len().max(1) as f32
}

/// One less the mean over blocks of the largest probability.
pub fn max_probability(outputs: &[f32], block_size: usize) -> f32 {
    1.0 - confidence(outputs, block_size)
}

/// How undecided the blocks of an encoder are about each of `vectors`, n x its dimensions: the mean over blocks of the entropy
/// H(p) / ln V, and one less that of the largest probability.
pub fn doubts(encoder: &Encoder, vectors: &[f32]) -> Vec<[f32; 2]> {
    let mut outputs = Vec::new();
    let mut out = Vec::with_capacity(vectors.len() / encoder.dim());
    // In parts, as outputs may take much more room than vectors.
    for part in vectors.chunks(ROWS * encoder.dim()) {
        encoder.encode_into(part, &mut outputs);
        out.extend(outputs.chunks(encoder.outputs()).map(|row| doubt(row, encoder.block_size())));
    }
    out
}

/// The same of one point's outputs.
pub(super) fn doubt(outputs: &[f32], block_size: usize) -> [f32; 2] {
    [mean_entropy(outputs, block_size), max_probability(outputs, block_size)]
}

/// Mean and deviation of something over points of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standard {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
}

impl Standard {
    /// Of values.
    pub fn of(values: impl IntoIterator<Item = f64, IntoIter: Clone>) -> Self {
        let values = values.into_iter();
        let (n, sum) = values.clone().fold((0u64, 0.0), |(n, sum), v| (n + 1, sum + v));
        let n = n.max(1) as f64;
        let mean = sum / n;
        Self { mean, deviation: (values.map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt() }
    }

    /// How many deviations a value is above the mean; 0 where all are the same, as nothing stands out there.
    pub fn score(&self, value: f64) -> f64 {
        if self.deviation > 1e-9 { (value - self.mean) / self.deviation } else { 0.0 }
    }
}

/// The neighbourhood's share of the fused score. The encoder knows more of what a collection is made of, and the
/// neighbourhood of points that it takes for something else: chosen on AG News, where each label was held out in turn.
const NEIGHBOURHOOD: f64 = 0.3;

/// The fused score, from 0 to 1: the logistic function of a weighted mean of numbers of deviations above what is usual in the
/// collection. `doubt` is how undecided the encoder is by two measures, .35 each, and `empty` how empty the neighbourhood is,
/// .3.
pub fn fused(doubt: [f64; 2], empty: f64) -> f32 {
    let z = (1.0 - NEIGHBOURHOOD) * (doubt[0] + doubt[1]) / 2.0 + NEIGHBOURHOOD * empty;
    (1.0 / (1.0 + (-z).exp())) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_point_has_the_least_score_and_one_without_an_idea_the_most() {
        let sure = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let none = [0.25f32; 8];
        assert_eq!((mean_entropy(&sure, 4), max_probability(&sure, 4)), (0.0, 0.0));
        assert!((mean_entropy(&none, 4) - 1.0).abs() < 1e-6 && max_probability(&none, 4) == 0.75);
        let half = [&sure[..4], &none[..4]].concat();
        assert!((mean_entropy(&half, 4) - 0.5).abs() < 1e-6 && max_probability(&half, 4) == 0.375);
    }

    #[test]
    fn what_is_usual_is_a_half_and_both_count_by_their_weights() {
        let usual = Standard::of([1.0, 3.0, 5.0, 7.0]);
        assert_eq!((usual.mean, usual.deviation), (4.0, 5f64.sqrt()));
        assert_eq!([4.0, 4.0 + 5f64.sqrt()].map(|v| usual.score(v)), [0.0, 1.0]);
        assert_eq!(Standard::of([2.0; 3]).score(9.0), 0.0, "nothing stands out where all are the same");
        assert_eq!(Standard::of([]), Standard::default());
        assert_eq!(fused([0.0; 2], 0.0), 0.5);
        // Three deviations of both doubts are worth seven of the neighbourhood.
        assert!((fused([3.0; 2], -7.0) - 0.5).abs() < 1e-6 && (fused([6.0, 0.0], -7.0) - 0.5).abs() < 1e-6);
        assert!((f64::from(fused([1.0; 2], 1.0)) - 1.0 / (1.0 + (-1f64).exp())).abs() < 1e-7);
    }
}
