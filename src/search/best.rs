//! The best few of many, in bounded memory.

use std::cmp::Ordering;

use crate::point::PointId;

/// The points with the largest scores, at most so many; of equal scores the smaller id is the better one, so that the
/// order of arrival does not matter. Scores that are not finite are left out.
#[derive(Clone, Debug)]
pub struct Best<T> {
    limit: usize,
    /// In no order; at most twice the limit.
    kept: Vec<(f32, PointId, T)>,
    /// What a newcomer must be better than, once there are enough.
    worst: Option<(f32, PointId)>,
}

/// Best first.
pub(crate) fn order(a: (f32, PointId), b: (f32, PointId)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

impl<T> Best<T> {
    /// Keeps the best `limit`.
    pub fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new(), worst: None }
    }

    /// Takes a point where it is among the best so far. What belongs to it is made only then.
    pub fn offer(&mut self, score: f32, id: PointId, with: impl FnOnce() -> T) {
        // 0 and -0 are the same score, which the order of all floats does not say.
        let score = score + 0.0;
        let beaten = self.worst.is_some_and(|worst| order((score, id), worst) != Ordering::Less);
        if !score.is_finite() || beaten || self.limit == 0 {
            return;
        }
        self.kept.push((score, id, with()));
        if self.kept.len() >= 2 * self.limit.max(8) {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        if self.kept.len() <= self.limit || self.limit == 0 {
            return;
        }
        let (_, last, _) = self.kept.select_nth_unstable_by(self.limit - 1, |a, b| order((a.0, a.1), (b.0, b.1)));
        self.worst = Some((last.0, last.1));
        self.kept.truncate(self.limit);
    }

    /// The points, best first.
    pub fn into_sorted(mut self) -> Vec<(f32, PointId, T)> {
        self.shrink();
        self.kept.sort_unstable_by(|a, b| order((a.0, a.1), (b.0, b.1)));
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_of_a_full_sort_whatever_the_order(
            scores in prop::collection::vec(prop_oneof![(0u8..9).prop_map(|s| f32::from(s) / 4.0 - 1.0), Just(f32::NAN), Just(-0.0)], 0..120),
            limit in 0usize..25, turn in 0usize..120,
        ) {
            let mut all: Vec<(f32, PointId)> =
                scores.iter().enumerate().map(|(i, s)| (*s, PointId::Num(i as u64 * 37 % 127))).collect();
            let mut best = Best::new(limit);
            let turn = turn.min(all.len());
            all.rotate_left(turn);
            all.iter().for_each(|(s, id)| best.offer(*s, *id, || *id));
            all.retain(|(s, _)| s.is_finite());
            all.iter_mut().for_each(|(s, _)| *s += 0.0);
            all.sort_by(|a, b| order(*a, *b));
            all.truncate(limit);
            let got = best.into_sorted();
            prop_assert!(got.iter().all(|(_, id, with)| id == with));
            prop_assert_eq!(got.into_iter().map(|(s, id, _)| (s, id)).collect::<Vec<_>>(), all);
        }
    }
}
