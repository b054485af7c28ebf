//! The four scores. Each is larger for what is more outlying.

use serde::{Deserialize, Serialize};

use crate::features::{answers, confidence};

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
    /// Mean of the ranks that the three others have among points of the collection.
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
            Self::Fused => "fused ranks",
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
    /// Mean of the three ranks, 0 to 1. None where neighbours were not looked at.
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

/// The scores of some points, in order, that another point's score is ranked among.
///
/// The rank of s is the mid-distribution function (#{x < s} + #{x = s} / 2) / n, from 0 to 1. The mean of a point's ranks
/// under several scores is its Borda count (Dwork, Kumar, Naor and Sivakumar, "Rank aggregation methods for the Web",
/// WWW 2001), divided so that it lies between 0 and 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranks(Vec<f32>);

impl Ranks {
    /// Of scores in any order.
    pub fn new(mut scores: Vec<f32>) -> Self {
        scores.sort_unstable_by(f32::total_cmp);
        Self(scores)
    }

    /// The rank of a score; a half where there is nothing to compare it with.
    pub fn of(&self, score: f32) -> f32 {
        if self.0.is_empty() {
            return 0.5;
        }
        let below = self.0.partition_point(|x| *x < score);
        let upto = self.0.partition_point(|x| *x <= score);
        ((below + upto) as f64 / (2 * self.0.len()) as f64) as f32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn a_rank_is_the_mean_of_the_comparisons(
            scores in prop::collection::vec(0u8..20, 1..60), score in 0u8..20,
        ) {
            let ranks = Ranks::new(scores.iter().map(|s| f32::from(*s)).collect());
            let twin = scores.iter().map(|s| match s.cmp(&score) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 0.0,
            }).sum::<f64>() / scores.len() as f64;
            prop_assert!((f64::from(ranks.of(f32::from(score))) - twin).abs() < 1e-6);
        }
    }
}
