//! How well a score tells known outliers from other points. Outliers are the positive class throughout.

use serde::Serialize;

use super::conformal::Calibration;
use super::scores::{OutlierScore, OutlierScores};

/// How well a score tells outliers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Separation {
    /// The score.
    pub score: OutlierScore,
    /// The probability that an outlier has a larger score than another point; equal ones count half.
    pub auroc: f64,
    /// The share of other points that are flagged where 95 % of the outliers are.
    pub fpr95: f64,
}

/// The area under the receiver's operating curve: the share of pairs of a positive and a negative in which the positive
/// is larger, those that are equal counted half (the statistic of Mann and Whitney). None where one of them is missing.
pub fn auroc(positive: &[f32], negative: &[f32]) -> Option<f64> {
    if positive.is_empty() || negative.is_empty() {
        return None;
    }
    let mut negative = negative.to_vec();
    negative.sort_unstable_by(f32::total_cmp);
    // Twice the pairs won, so that halves are whole.
    let won: u64 = positive
        .iter()
        .map(|s| (negative.partition_point(|x| x < s) + negative.partition_point(|x| x <= s)) as u64)
        .sum();
    Some(won as f64 / (2.0 * positive.len() as f64 * negative.len() as f64))
}

/// The false positive rate at a true positive rate: the share of negatives at or above the largest threshold that at
/// least `true_positives` (above 0, at most 1) of the positives are at or above. None where one of them is missing.
pub fn false_positive_rate(positive: &[f32], negative: &[f32], true_positives: f64) -> Option<f64> {
    if positive.is_empty() || negative.is_empty() {
        return None;
    }
    let mut positive = positive.to_vec();
    positive.sort_unstable_by(|a, b| b.total_cmp(a));
    // A share such as .95 has no exact form, and 19 of 20 are 95 %.
    let needed = (true_positives * positive.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    let threshold = positive[needed.min(positive.len()) - 1];
    Some(negative.iter().filter(|s| **s >= threshold).count() as f64 / negative.len() as f64)
}

/// How well each of the four scores tells known outliers from the calibration part, the best first: by AUROC, and of
/// equal ones by the false positive rate. Scores that are not known are left out.
pub fn separations(known: &[OutlierScores], calibration: &Calibration) -> Vec<Separation> {
    let of = |score: OutlierScore| {
        let positive: Vec<f32> = known.iter().filter_map(|scores| scores.get(score)).collect();
        let negative = calibration.scores(score);
        let auroc = auroc(&positive, negative)?;
        Some(Separation { score, auroc, fpr95: false_positive_rate(&positive, negative, 0.95)? })
    };
    let mut all: Vec<Separation> = OutlierScore::ALL.into_iter().filter_map(of).collect();
    all.sort_by(|a, b| b.auroc.total_cmp(&a.auroc).then(a.fpr95.total_cmp(&b.fpr95)));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::point::PointId;

    proptest! {
        #[test]
        fn both_figures_are_those_of_the_definition(
            positive in prop::collection::vec(0u8..15, 1..40), negative in prop::collection::vec(0u8..15, 1..40),
        ) {
            let pairs: f64 = positive
                .iter()
                .flat_map(|p| negative.iter().map(move |n| match p.cmp(n) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                }))
                .sum();
            let share = |of: &[u8], t: u8| of.iter().filter(|x| **x >= t).count() as f64 / of.len() as f64;
            // Over every threshold that flags enough, the one that flags the fewest negatives.
            let least = (0..15)
                .filter(|t| share(&positive, *t) >= 0.95)
                .map(|t| share(&negative, t))
                .fold(f64::INFINITY, f64::min);
            let floats = |of: &[u8]| of.iter().map(|x| f32::from(*x)).collect::<Vec<_>>();
            let (p, n) = (floats(&positive), floats(&negative));
            let all = (positive.len() * negative.len()) as f64;
            prop_assert!((auroc(&p, &n).unwrap() - pairs / all).abs() < 1e-12);
            prop_assert!((auroc(&n, &p).unwrap() - (1.0 - pairs / all)).abs() < 1e-12);
            prop_assert_eq!(false_positive_rate(&p, &n, 0.95).unwrap(), least);
        }
    }

    #[test]
    fn the_best_score_comes_first() {
        let scores = |entropy: f32, max_probability: f32| OutlierScores {
            entropy,
            max_probability,
            neighbour: None,
            head: None,
            fused: None,
        };
        let points = (0..100u16).map(|i| (PointId::Num(i.into()), scores(f32::from(i), 100.0 - f32::from(i))));
        let calibration = Calibration::new(points, false);
        let found = separations(&[scores(90.5, 200.0), scores(94.5, 300.0)], &calibration);
        assert_eq!(found.len(), 2, "what is not known is left out");
        assert_eq!((found[0].score, found[0].auroc, found[0].fpr95), (OutlierScore::MaxProbability, 1.0, 0.0));
        assert_eq!((found[1].score, found[1].auroc, found[1].fpr95), (OutlierScore::Entropy, 0.93, 0.09));
        assert!(separations(&[], &calibration).is_empty());
        assert_eq!((auroc(&[], &[1.0]), false_positive_rate(&[1.0], &[], 0.95)), (None, None));
    }
}
