//! Several points at a time: the share of false ones among those that are flagged.

/// Adjusted p-values by Benjamini and Hochberg ("Controlling the false discovery rate", Journal of the Royal Statistical
/// Society B 57, 1995): q_i = min over p_j >= p_i of m p_j / #{k: p_k <= p_j}, at most 1. Flagging those with q <= a keeps
/// the expected share of false ones among the flagged at a times the share of inliers, or under it. Conformal p-values
/// from one calibration part depend on each other, in a way that leaves this true (Bates et al., 2023, theorem 2).
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut distinct: Vec<(f64, u64)> = Vec::new();
    for i in &order {
        match distinct.last_mut() {
            Some((value, count)) if *value == p[*i] => *count += 1,
            _ => distinct.push((p[*i], 1)),
        }
    }
    let steps = adjusted_of_counts(&distinct);
    let mut out = vec![1.0; p.len()];
    let mut at = order.into_iter();
    for (q, (_, count)) in steps.into_iter().zip(distinct) {
        at.by_ref().take(count as usize).for_each(|i| out[i] = q);
    }
    out
}

/// The same for p-values that are given as ascending distinct values with how many have each, so that a large batch
/// takes no more memory than there are different values.
pub fn adjusted_of_counts(distinct: &[(f64, u64)]) -> Vec<f64> {
    let all: u64 = distinct.iter().map(|(_, count)| count).sum();
    let mut out = vec![1.0; distinct.len()];
    let (mut upto, mut least) = (all, 1.0f64);
    for (place, (p, count)) in distinct.iter().enumerate().rev() {
        least = least.min(p * all as f64 / upto as f64);
        out[place] = least;
        upto -= count;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// The step-up rule as it is written: the largest k with p_(k) <= k a / m, and all up to it.
    fn flags(p: &[f64], rate: f64) -> Vec<bool> {
        let mut sorted = p.to_vec();
        sorted.sort_by(f64::total_cmp);
        let m = p.len() as f64;
        let last = (1..=p.len()).rev().find(|k| sorted[k - 1] <= *k as f64 * rate / m);
        p.iter().map(|x| last.is_some_and(|k| *x <= sorted[k - 1])).collect()
    }

    proptest! {
        #[test]
        fn flags_are_those_of_the_rule(
            places in prop::collection::vec(1u32..60, 0..50), rate in 0.001f64..0.999,
        ) {
            let p: Vec<f64> = places.iter().map(|x| f64::from(*x) / 59.0).collect();
            let q = adjusted(&p);
            let flagged: Vec<bool> = q.iter().map(|q| *q <= rate).collect();
            prop_assert_eq!(&flagged, &flags(&p, rate));
            for i in 0..p.len() {
                // Never below the plain p-value, never above 1 or the bound by Bonferroni, and in the same order.
                prop_assert!(q[i] >= p[i] - 1e-12 && q[i] <= 1.0 && q[i] <= p[i] * p.len() as f64 + 1e-12);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || q[i] <= q[j]);
                }
            }
            // Never more than the plain flags; and more at a looser rate, not fewer.
            let plain = p.iter().filter(|p| **p <= rate).count();
            prop_assert!(flagged.iter().filter(|f| **f).count() <= plain);
            prop_assert!(q.iter().filter(|q| **q <= rate / 2.0).count() <= flagged.iter().filter(|f| **f).count());
        }
    }

    #[test]
    fn a_known_example() {
        // Benjamini and Hochberg's own, of 15 comparisons: four are flagged at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        assert_eq!(adjusted(&p).iter().filter(|q| **q <= 0.05).count(), 4);
        assert_eq!(adjusted(&[]), [0f64; 0]);
        assert_eq!(adjusted(&[0.3]), [0.3]);
        assert_eq!(adjusted(&[1.0, 1.0]), [1.0, 1.0]);
    }

    /// Among batches of 90 inliers and 10 clear outliers, against one calibration part each, the share of inliers among
    /// the flagged is on average under the rate, and the outliers are found.
    #[test]
    fn false_discoveries_stay_under_the_rate() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let (times, rate) = (200, 0.1);
        let (mut share, mut found) = (0.0, 0);
        for _ in 0..times {
            let calibration: Vec<f64> = (0..500).map(|_| rng.random::<f64>()).collect();
            let p: Vec<f64> = (0..100)
                .map(|i| {
                    let s: f64 = if i < 10 { 2.0 } else { rng.random() };
                    (1 + calibration.iter().filter(|c| **c >= s).count()) as f64 / 501.0
                })
                .collect();
            let q = adjusted(&p);
            let flagged: Vec<usize> = (0..100).filter(|i| q[*i] <= rate).collect();
            found += flagged.iter().filter(|i| **i < 10).count();
            share += flagged.iter().filter(|i| **i >= 10).count() as f64 / flagged.len().max(1) as f64;
        }
        // The bound is .1 * .9; the standard deviation of one batch's share is below .15.
        assert!(share / f64::from(times) < 0.09 + 4.0 * 0.15 / f64::from(times).sqrt(), "{}", share / f64::from(times));
        assert_eq!(found, 10 * times as usize);
    }
}
