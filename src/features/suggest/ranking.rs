//! How well an activation tells some points from others.

/// Points in the order of a feature's activations.
pub(super) struct Ranking {
    /// Of each row: how many points have a smaller activation, and half of those that have the same (itself, too).
    below: Vec<f64>,
    /// Of each row: how many points have at least its activation.
    at_least: Vec<u32>,
    points: usize,
}

impl Ranking {
    /// Of some rows, by the activations of all rows.
    pub(super) fn new(rows: &[u32], activations: &[f32]) -> Self {
        let value = |row: u32| activations[row as usize];
        let mut order = rows.to_vec();
        order.sort_unstable_by(|a, b| value(*a).total_cmp(&value(*b)));
        let length = rows.iter().max().map_or(0, |row| *row as usize + 1);
        let (mut below, mut at_least) = (vec![0.0; length], vec![0; length]);
        let mut from = 0;
        for same in order.chunk_by(|a, b| value(*a) == value(*b)) {
            for row in same {
                below[*row as usize] = from as f64 + same.len() as f64 / 2.0;
                at_least[*row as usize] = (rows.len() - from) as u32;
            }
            from += same.len();
        }
        Self { below, at_least, points: rows.len() }
    }

    /// The area under the receiver operating characteristic: the chance that a random one of `those` has a larger
    /// activation than a random other point, where equal ones count half. `those` are rows of the ranking, each once.
    /// NaN where there is none of either.
    pub(super) fn auroc(&self, those: &[u32]) -> f64 {
        let (with, without) = (those.len() as f64, (self.points - those.len()) as f64);
        let sum: f64 = those.iter().map(|row| self.below[*row as usize]).sum();
        // Among themselves, each pair counts once, and each against itself a half.
        (sum - with * with / 2.0) / (with * without)
    }

    /// The largest F1 that a threshold on the activation reaches for telling `those` from the others, among thresholds
    /// that only rows with `fires` pass.
    pub(super) fn f1(&self, those: &[u32], fires: impl Fn(u32) -> bool) -> f64 {
        let mut places: Vec<u32> =
            those.iter().filter(|row| fires(**row)).map(|row| self.at_least[*row as usize]).collect();
        places.sort_unstable();
        let f1 = |(found, taken): (usize, &u32)| 2.0 * (found + 1) as f64 / (f64::from(*taken) + those.len() as f64);
        places.iter().enumerate().map(f1).fold(0.0, f64::max)
    }
}

/// The lower end of the 95 % interval of an area under the curve, from so many points of either kind. The standard
/// error is that of Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
/// curve", Radiology 143, 1982:
///
/// ```text
/// SE^2 = (A (1 - A) + (n - 1) (A / (2 - A) - A^2) + (m - 1) (2 A^2 / (1 + A) - A^2)) / (n m)
/// ```
///
/// As no error at all is found for an area of 1 (or 0), the area in it is kept half a pair away from both. Without points of
/// either kind nothing is known, and it is 0.
pub(super) fn lower_bound(area: f64, with: usize, without: usize) -> f64 {
    if with == 0 || without == 0 {
        return 0.0;
    }
    let (n, m) = (with as f64, without as f64);
    let a = area.clamp(0.5 / (n * m), 1.0 - 0.5 / (n * m));
    let (first, second) = (a / (2.0 - a) - a * a, 2.0 * a * a / (1.0 + a) - a * a);
    let variance = (a * (1.0 - a) + (n - 1.0) * first + (m - 1.0) * second) / (n * m);
    area - super::super::words::Z * variance.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn areas_and_f1_are_those_of_all_pairs_and_all_thresholds(
            points in prop::collection::vec((0u8..6, any::<bool>()), 2..40), level in 0u8..6,
        ) {
            let activations: Vec<f32> = points.iter().map(|(a, _)| f32::from(*a)).collect();
            let rows: Vec<u32> = (0..points.len() as u32).collect();
            let those: Vec<u32> = rows.iter().filter(|row| points[**row as usize].1).copied().collect();
            let ranking = Ranking::new(&rows, &activations);
            let fires = |row: u32| points[row as usize].0 > level;

            let mut best = 0.0f64;
            for threshold in level + 1..7 {
                let taken = points.iter().filter(|p| p.0 >= threshold).count();
                let found = points.iter().filter(|p| p.0 >= threshold && p.1).count();
                if found > 0 {
                    best = best.max(2.0 * found as f64 / (taken + those.len()) as f64);
                }
            }
            prop_assert!((ranking.f1(&those, fires) - best).abs() < 1e-12);

            let others: Vec<u32> = rows.iter().filter(|row| !those.contains(row)).copied().collect();
            prop_assume!(!those.is_empty() && !others.is_empty());
            let mut wins = 0.0;
            for a in &those {
                for b in &others {
                    let (a, b) = (activations[*a as usize], activations[*b as usize]);
                    wins += if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
                }
            }
            let area = wins / (those.len() * others.len()) as f64;
            prop_assert!((ranking.auroc(&those) - area).abs() < 1e-12);
        }
    }

    #[test]
    fn the_bound_is_the_published_one_and_nears_the_area_with_more_points() {
        // The worked example of the paper: an area of .893 with 51 abnormal and 58 normal images has an error of .032.
        let error = (0.893 - lower_bound(0.893, 51, 58)) / super::super::super::words::Z;
        assert!((error - 0.032).abs() < 0.001, "{error}");
        let bounds = [10, 100, 1_000].map(|n| lower_bound(0.9, n, 10 * n));
        assert!(bounds.is_sorted() && bounds[0] < 0.85 && bounds[2] > 0.88, "{bounds:?}");
        assert_eq!(lower_bound(f64::NAN, 0, 100), 0.0);
        assert!(lower_bound(1.0, 3, 100) < 1.0, "few points are never sure");
    }
}
