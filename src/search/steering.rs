//! Results steered by features: s(y) = cos(q, y) + alpha * sum over features j of w_j (sqrt p_j(y) - mean_j).
//!
//! sqrt p is what two points are compared by: the dot product of a block's sqrt p with another's is the Bhattacharyya
//! coefficient of the two distributions, 1 where they are the same, and it lies nearer to a score than p does, most of
//! whose values are close to 0. mean_j is the mean of sqrt p_j over the collection. It is the same for all points, so
//! that it changes no order; it makes a contribution say something by itself: above 0, the feature fires more than usual.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::FIRES_ABOVE;
use crate::linalg;

/// The largest alpha, and the largest strength.
const ALPHA: f32 = 100.0;
/// The mean [spread] of the queries by points that alpha was judged by: 250 points of the demo's collection. There the
/// strength is alpha.
const REFERENCE: f32 = 0.54;
/// A vector that is nearer is the query itself.
const ITSELF: f32 = 1.0 - 1e-5;
/// Features that a preset weighs at most.
const MOST: usize = 8;

/// What features count for against the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strength {
    /// The formula's alpha itself.
    Alpha(f32),
    /// Alpha in proportion to how widely the query's similarities lie [spread], so that it is felt alike by queries of all
    /// kinds: the cosines of a text with pictures lie within less than half the range of a picture's.
    Relative(f32),
}

impl Default for Strength {
    fn default() -> Self {
        Self::Relative(1.0)
    }
}

impl Strength {
    /// Alpha, for a query of this spread. Where there is none, as the query's score is no similarity, or as all points are
    /// equally near, the strength is alpha.
    pub fn alpha(self, spread: Option<f32>) -> f32 {
        match self {
            Self::Alpha(alpha) => alpha,
            Self::Relative(strength) => {
                (strength * spread.filter(|s| *s > 0.0).map_or(1.0, |s| s / REFERENCE)).min(ALPHA)
            }
        }
    }

    /// Fails where it is out of range.
    pub fn check(self) -> Result<()> {
        let (name, value) = match self {
            Self::Alpha(alpha) => ("alpha", alpha),
            Self::Relative(strength) => ("the strength", strength),
        };
        if (0.0..=ALPHA).contains(&value) {
            return Ok(());
        }
        Err(Error::setting(format!("{name} must be between 0 and {ALPHA}, and not {value}")))
    }
}

/// How widely the cosines of a query with vectors, n x dim, lie: the mean of the best 1 %, at least one, less the mean of
/// all. Vectors that are the query itself are left out; the cosine with a vector of zeros is 0. None where there are no
/// others.
pub fn spread(query: &[f32], vectors: &[f32]) -> Option<f32> {
    let length = linalg::dot(query, query).sqrt();
    let cosine = |row: &[f32]| {
        let lengths = length * linalg::dot(row, row).sqrt();
        if lengths > 0.0 { linalg::dot(query, row) / lengths } else { 0.0 * linalg::dot(query, row) }
    };
    let rows = vectors.chunks_exact(query.len().max(1));
    let mut cosines: Vec<f32> = rows.map(cosine).filter(|c| *c <= ITSELF).collect();
    if cosines.is_empty() {
        return None;
    }
    let best = cosines.len().div_ceil(100);
    cosines.select_nth_unstable_by(best - 1, |a, b| b.total_cmp(a));
    let mean = |of: &[f32]| of.iter().copied().map(f64::from).sum::<f64>() / of.len() as f64;
    Some((mean(&cosines[..best]) - mean(&cosines)) as f32)
}

/// Weights of features, with what is needed to apply them.
#[derive(Clone, Debug, PartialEq)]
pub struct Steer {
    /// Feature, alpha * weight, mean of sqrt p.
    terms: Vec<(usize, f32, f32)>,
}

impl Steer {
    /// Of weights from -1 to 1, each feature once, and of the means of sqrt p of all features.
    pub fn new(weights: &[(usize, f32)], alpha: f32, means: &[f32]) -> Result<Self> {
        Self::check(weights, alpha, means.len())?;
        Ok(Self { terms: weights.iter().map(|(feature, w)| (*feature, alpha * w, means[*feature])).collect() })
    }

    /// Fails for what [`new`](Self::new) would not take from an encoder of so many features.
    pub fn check(weights: &[(usize, f32)], alpha: f32, features: usize) -> Result<()> {
        Strength::Alpha(alpha).check()?;
        for (i, (feature, weight)) in weights.iter().enumerate() {
            if *feature >= features {
                let last = features.saturating_sub(1);
                return Err(Error::setting(format!("there is no feature {feature}: the encoder has 0 to {last}")));
            }
            if !(-1.0..=1.0).contains(weight) {
                return Err(Error::setting(format!("feature {feature} has the weight {weight}: between -1 and 1")));
            }
            if weights[..i].iter().any(|(other, _)| other == feature) {
                return Err(Error::setting(format!("feature {feature} has two weights")));
            }
        }
        Ok(())
    }

    /// What steering adds to the score of a point with these block outputs.
    pub fn shift(&self, outputs: &[f32]) -> f32 {
        self.contributions(outputs).map(|(_, contribution)| contribution).sum()
    }

    /// What each feature adds, the largest first, whichever its sign; without those that add nothing.
    pub fn because(&self, outputs: &[f32]) -> Vec<(usize, f32)> {
        let mut all: Vec<(usize, f32)> = self.contributions(outputs).filter(|(_, c)| *c != 0.0).collect();
        all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        all
    }

    fn contributions<'a>(&'a self, outputs: &'a [f32]) -> impl Iterator<Item = (usize, f32)> + 'a {
        self.terms.iter().map(|(feature, weight, mean)| (*feature, weight * (outputs[*feature].sqrt() - mean)))
    }
}

/// The means of sqrt p over points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqrtMeans {
    sums: Vec<f64>,
    points: u64,
}

impl SqrtMeans {
    /// Of no points yet, for so many features.
    pub fn new(features: usize) -> Self {
        Self { sums: vec![0.0; features], points: 0 }
    }

    /// Takes in block outputs, n x features. A point whose outputs are not numbers is left out.
    pub fn add(&mut self, outputs: &[f32]) {
        for row in outputs.chunks_exact(self.sums.len().max(1)) {
            if row.iter().all(|p| p.is_finite()) {
                self.sums.iter_mut().zip(row).for_each(|(sum, p)| *sum += f64::from(p.sqrt()));
                self.points += 1;
            }
        }
    }

    /// The means; 0 where there were no points.
    pub fn means(&self) -> Vec<f32> {
        self.sums.iter().map(|sum| (sum / self.points.max(1) as f64) as f32).collect()
    }
}

/// Weights that are made for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// More of what the query is, as each block names it: +1 for the winners that fire.
    Winners,
    /// More of what sets the query apart: the features that most exceed their mean over the collection, by how much.
    Distinctive,
    /// Away from the query's strongest feature: -1 for it.
    Away,
    /// Near to the query, and otherwise different: -1 for the winners that fire.
    Diverse,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Winners, Self::Distinctive, Self::Away, Self::Diverse];

    /// What a person reads.
    pub fn label(self) -> &'static str {
        match self {
            Self::Winners => "More of the same",
            Self::Distinctive => "What sets it apart",
            Self::Away => "Away from the strongest",
            Self::Diverse => "Diversify",
        }
    }

    /// What it does, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Winners => "A weight of 1 for the winner of each block that fires for the query",
            Self::Distinctive => "The features that most exceed their mean over the collection, weighted by how much",
            Self::Away => "A weight of -1 for the query's strongest feature",
            Self::Diverse => "A weight of -1 for the winner of each block that fires for the query",
        }
    }

    /// The weights for a query with these block outputs, given the means of sqrt p over the collection; at most eight,
    /// the strongest first. Where nothing fires for the query, there may be none.
    pub fn weights(self, outputs: &[f32], block_size: usize, means: &[f32]) -> Vec<(usize, f32)> {
        let largest_first = |all: &mut Vec<(usize, f32)>| {
            all.retain(|(_, value)| value.is_finite());
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            all.truncate(MOST);
        };
        let winners = || {
            let blocks = outputs.chunks(block_size.max(1)).enumerate();
            let mut all: Vec<(usize, f32)> = blocks
                .filter_map(|(b, block)| {
                    let first = block.iter().enumerate().max_by(|x, y| x.1.total_cmp(y.1).then(y.0.cmp(&x.0)))?;
                    (*first.1 > FIRES_ABOVE).then_some((b * block_size + first.0, *first.1))
                })
                .collect();
            largest_first(&mut all);
            all
        };
        let all_at = |weight: f32, winners: Vec<(usize, f32)>| winners.into_iter().map(|(f, _)| (f, weight)).collect();
        match self {
            Self::Winners => all_at(1.0, winners()),
            Self::Diverse => all_at(-1.0, winners()),
            Self::Away => all_at(-1.0, winners().into_iter().take(1).collect()),
            Self::Distinctive => {
                let firing = outputs.iter().zip(means).enumerate().filter(|(_, (p, _))| **p > FIRES_ABOVE);
                let mut all: Vec<(usize, f32)> =
                    firing.map(|(f, (p, mean))| (f, p.sqrt() - mean)).filter(|(_, by)| *by > 0.0).collect();
                largest_first(&mut all);
                let largest = all.first().map_or(1.0, |(_, by)| *by);
                all.into_iter().map(|(f, by)| (f, by / largest)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_score_is_that_of_the_formula_and_the_causes_add_up() {
        let steer = Steer::new(&[(0, 1.0), (2, -0.5), (1, 0.0)], 2.0, &[0.1, 0.2, 0.3, 0.4]).unwrap();
        let p = [0.25, 0.09, 0.64, 0.02];
        let expected = 2.0 * (1.0 * (0.5 - 0.1) - 0.5 * (0.8 - 0.3));
        assert!((steer.shift(&p) - expected).abs() < 1e-6);
        let because = steer.because(&p);
        assert_eq!(because.iter().map(|b| b.0).collect::<Vec<_>>(), [0, 2]);
        assert!((because.iter().map(|b| b.1).sum::<f32>() - expected).abs() < 1e-6);
    }

    #[test]
    fn weights_and_alphas_out_of_range_are_told() {
        let told = |weights: &[(usize, f32)], alpha| Steer::new(weights, alpha, &[0.0; 4]).unwrap_err().to_string();
        assert!(told(&[(4, 1.0)], 1.0).contains("there is no feature 4: the encoder has 0 to 3"));
        assert!(told(&[(1, 1.5)], 1.0).contains("feature 1 has the weight 1.5: between -1 and 1"));
        assert!(told(&[(1, f32::NAN)], 1.0).contains("the weight NaN"));
        assert!(told(&[(1, 0.5), (1, 0.5)], 1.0).contains("feature 1 has two weights"));
        for alpha in [-1.0, f32::NAN, f32::INFINITY] {
            assert!(told(&[], alpha).contains("alpha must be between 0 and 100"), "{alpha}");
        }
    }

    #[test]
    fn a_strength_is_felt_alike_however_close_the_similarities_lie() {
        // The query, a vector of zeros, one near to the query and 98 others.
        let mut vectors = vec![3.0, 0.0, 0.0, 0.0, 0.8, 0.6];
        (0..98).for_each(|_| vectors.extend([0.0, -2.0]));
        let wide = spread(&[2.0, 0.0], &vectors).unwrap();
        assert!((wide - (0.8 - 0.8 / 100.0)).abs() < 1e-6, "{wide}");
        assert!((Strength::Relative(0.5).alpha(Some(wide)) - 0.5 * wide / REFERENCE).abs() < 1e-6);
        assert_eq!(Strength::Relative(1.0).alpha(Some(REFERENCE)), 1.0);
        assert_eq!(Strength::Alpha(0.3).alpha(Some(wide)), 0.3);
        assert_eq!(Strength::Relative(90.0).alpha(Some(1.9)), ALPHA);
        // Nothing to compare with, and no differences.
        for none in [spread(&[1.0, 0.0], &[2.0, 0.0]), spread(&[0.0, 0.0], &vectors), spread(&[1.0], &[-1.0, -2.0])] {
            assert!(none.is_none_or(|s| s == 0.0), "{none:?}");
            assert_eq!(Strength::Relative(0.7).alpha(none), 0.7);
        }
        let told = Strength::Relative(f32::NAN).check().unwrap_err().to_string();
        assert!(told.contains("the strength must be between 0 and 100"), "{told}");
    }

    #[test]
    fn presets_say_what_their_words_say() {
        // Blocks of three: feature 1 wins surely, nothing fires in the second, feature 8 wins the third.
        let p = [0.05, 0.9, 0.05, 0.09, 0.09, 0.08, 0.3, 0.2, 0.5];
        let mut means = [0.2; 9];
        means[1] = 0.9;
        let of = |preset: Preset| preset.weights(&p, 3, &means);
        assert_eq!(of(Preset::Winners), [(1, 1.0), (8, 1.0)]);
        assert_eq!(of(Preset::Diverse), [(1, -1.0), (8, -1.0)]);
        assert_eq!(of(Preset::Away), [(1, -1.0)]);
        let apart = of(Preset::Distinctive);
        assert_eq!(apart.iter().map(|w| w.0).collect::<Vec<_>>(), [8, 6, 7, 1], "1 fires for nearly all");
        assert!(apart[0].1 == 1.0 && apart.is_sorted_by(|a, b| a.1 >= b.1));
        for preset in Preset::ALL {
            assert_eq!(preset.weights(&[0.05; 9], 3, &means), [], "where nothing fires");
        }
    }

    proptest! {
        #[test]
        fn means_do_not_depend_on_pages_and_presets_are_always_taken(
            rows in prop::collection::vec(prop::collection::vec(0.0f32..1.0, 6), 1..20), cut in 0usize..20,
        ) {
            let all: Vec<f32> = rows.concat();
            let (mut whole, mut parts) = (SqrtMeans::new(6), SqrtMeans::new(6));
            whole.add(&all);
            let cut = cut.min(rows.len()) * 6;
            parts.add(&all[..cut]);
            parts.add(&[f32::NAN; 6]);
            parts.add(&all[cut..]);
            let means = whole.means();
            for (a, b) in means.iter().zip(parts.means()) {
                prop_assert!((a - b).abs() < 1e-6);
            }
            for preset in Preset::ALL {
                let weights = preset.weights(&rows[0], 3, &means);
                let steer = Steer::new(&weights, 1.0, &means).unwrap();
                // The mean of what is added is nothing.
                let mean = rows.iter().map(|row| f64::from(steer.shift(row))).sum::<f64>() / rows.len() as f64;
                prop_assert!(mean.abs() < 1e-5, "{mean}");
            }
        }
    }
}
