//! Conformal p-values: a score's place among the scores of points held apart.

use std::collections::HashMap;

use super::scores::{OutlierScore, OutlierScores};
use crate::point::PointId;

/// The scores of the calibration part.
///
/// For a point that is no part of it, p = (1 + #{calibration scores >= s}) / (n + 1) (Vovk, Gammerman and Shafer,
/// "Algorithmic learning in a random world", 2005; Bates, Candes, Lei, Romano and Sesia, "Testing for outliers with
/// conformal p-values", Annals of Statistics 51, 2023). Where the point is exchangeable with the calibration part,
/// P(p <= a) <= a for every a, and P(p <= a) = floor(a (n + 1)) / (n + 1) where no two scores are equal. Ties count
/// against the point's being an outlier, so that they make p larger, never smaller.
///
/// A point of the calibration part itself is compared with the others: p = (1 + #{other scores >= s}) / n.
///
/// This is over the draw of the calibration part, too. For one such part the share flagged at a is about a, with a
/// standard deviation of sqrt(a (1 - a) / (n + 2)) from part to part: see [`spread`](Self::spread).
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    /// Of each score, in ascending order.
    sorted: [Vec<f32>; 4],
    /// The points and their scores.
    members: HashMap<PointId, OutlierScores>,
    held_out: bool,
}

impl Calibration {
    /// From the calibration points' scores, and whether the encoder was trained on none of them.
    pub fn new(points: impl IntoIterator<Item = (PointId, OutlierScores)>, held_out: bool) -> Self {
        let members: HashMap<PointId, OutlierScores> = points.into_iter().collect();
        let sorted = OutlierScore::ALL.map(|score| {
            let mut values: Vec<f32> = members.values().filter_map(|scores| scores.get(score)).collect();
            values.sort_unstable_by(f32::total_cmp);
            values
        });
        Self { sorted, members, held_out }
    }

    /// Points.
    pub fn points(&self) -> usize {
        self.members.len()
    }

    /// Whether the encoder is known to have been trained on none of them. Otherwise p-values of new points are too small:
    /// an encoder is surer of what it was trained on.
    pub fn held_out(&self) -> bool {
        self.held_out
    }

    /// The scores of one kind, in ascending order.
    pub fn scores(&self, score: OutlierScore) -> &[f32] {
        &self.sorted[score.place()]
    }

    /// The scores of one of its points.
    pub fn member(&self, id: PointId) -> Option<&OutlierScores> {
        self.members.get(&id)
    }

    /// How many of its scores are at least `value`.
    pub fn as_outlying(&self, score: OutlierScore, value: f32) -> usize {
        let sorted = self.scores(score);
        sorted.len() - sorted.partition_point(|x| *x < value)
    }

    /// The p-value of a score, from 1 / (n + 1) to 1. `member` tells whether its point is one of the calibration part.
    pub fn p(&self, score: OutlierScore, value: f32, member: bool) -> f64 {
        let (n, above) = (self.scores(score).len(), self.as_outlying(score, value));
        if member {
            // The point is among those counted.
            return above.max(1) as f64 / n.max(1) as f64;
        }
        (1 + above) as f64 / (n + 1) as f64
    }

    /// The smallest p-value that a new point can have.
    pub fn smallest(&self) -> f64 {
        1.0 / (self.points() + 1) as f64
    }

    /// The standard deviation of the share that is flagged at `rate`, from one calibration part of this size to another:
    /// that of the Beta distribution which the share has (Bates et al., 2023).
    pub fn spread(&self, rate: f64) -> f64 {
        (rate * (1.0 - rate) / (self.points() + 2) as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::seq::SliceRandom;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn scores(entropy: f32) -> OutlierScores {
        OutlierScores { entropy, max_probability: -entropy, neighbour: None, head: None, fused: Some(0.5) }
    }

    fn calibration(values: &[f32]) -> Calibration {
        Calibration::new(values.iter().enumerate().map(|(i, v)| (PointId::Num(i as u64), scores(*v))), true)
    }

    proptest! {
        #[test]
        fn a_p_value_is_the_share_of_points_as_outlying(
            values in prop::collection::vec(0u8..12, 1..40), new in 0u8..12,
        ) {
            let floats: Vec<f32> = values.iter().map(|v| f32::from(*v)).collect();
            let of = calibration(&floats);
            let above = values.iter().filter(|v| **v >= new).count();
            let p = of.p(OutlierScore::Entropy, f32::from(new), false);
            prop_assert_eq!(p, (above + 1) as f64 / (values.len() + 1) as f64);
            let turned = of.p(OutlierScore::MaxProbability, -f32::from(new), false);
            let below = values.iter().filter(|v| **v <= new).count();
            prop_assert_eq!(turned, (below + 1) as f64 / (values.len() + 1) as f64);
            prop_assert!(p >= of.smallest() && p <= 1.0);
            // Of the points themselves each is compared with the others.
            for (i, value) in values.iter().enumerate() {
                let others = values.iter().enumerate().filter(|(j, v)| *j != i && *v >= value).count();
                let own = of.p(OutlierScore::Entropy, f32::from(*value), true);
                prop_assert_eq!(own, (others + 1) as f64 / values.len() as f64);
            }
        }
    }

    /// At 5 % the share of exchangeable points that are flagged is floor(.05 (n + 1)) / (n + 1), within the error of the
    /// sample: 400 times 199 calibration points and 50 others from one pot.
    #[test]
    fn exchangeable_points_are_flagged_at_the_rate_that_was_asked_for() {
        let (n, new, times, rate) = (199, 50, 400, 0.05);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut flagged = 0u32;
        let mut shares = Vec::new();
        for _ in 0..times {
            let mut pot: Vec<f32> = (0..n + new).map(|_| rng.random::<f32>().powi(3)).collect();
            pot.shuffle(&mut rng);
            let of = calibration(&pot[..n]);
            let here = pot[n..].iter().filter(|v| of.p(OutlierScore::Entropy, **v, false) <= rate).count() as u32;
            flagged += here;
            shares.push(f64::from(here) / new as f64);
        }
        let expected = (rate * (n + 1) as f64).floor() / (n + 1) as f64;
        // The shares vary by the draw of the points and by that of the calibration part.
        let sd = (rate * (1.0 - rate) / new as f64 + calibration(&vec![0.0; n]).spread(rate).powi(2)).sqrt();
        let share = f64::from(flagged) / (times * new) as f64;
        assert!((share - expected).abs() < 4.0 * sd / f64::from(times as u32).sqrt(), "{share} and not {expected}");
        let mean = shares.iter().sum::<f64>() / times as f64;
        let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (times - 1) as f64;
        assert!((variance.sqrt() / sd - 1.0).abs() < 0.2, "{} and not {sd}", variance.sqrt());
    }

    /// Scores that are all alike flag nothing: ties are no evidence.
    #[test]
    fn ties_make_no_outliers() {
        let of = calibration(&[0.5; 99]);
        assert_eq!(of.p(OutlierScore::Entropy, 0.5, false), 1.0);
        assert_eq!(of.p(OutlierScore::Entropy, 0.6, false), 0.01);
        assert_eq!(of.p(OutlierScore::Fused, 0.5, false), 1.0);
        assert_eq!(of.scores(OutlierScore::Neighbour), [0f32; 0]);
        assert_eq!((of.points(), of.smallest(), of.held_out()), (99, 0.01, true));
        assert_eq!(Calibration::default().p(OutlierScore::Entropy, 0.5, false), 1.0);
    }
}
