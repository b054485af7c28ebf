//! How much of the exact nearest points a code finds.

use crate::error::Result;
use crate::job::Control;
use crate::linalg::{self, Rows, scored};
use crate::point::Distance;

/// How many nearest points are looked for.
pub const NEAREST: usize = 10;

/// The exact nearest points of queries.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact {
    /// Queries x `limit`.
    nearest: Vec<u32>,
    limit: usize,
    points: usize,
}

/// Which share of the exact top 10 is among the best.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Found {
    /// Among the best 10.
    pub at_10: f64,
    /// Among the best 1 %, at least 10.
    pub at_1_percent: f64,
    /// Among the best 5 %, at least 10.
    pub at_5_percent: f64,
}

impl Exact {
    /// The [`NEAREST`] points of each query by a collection's distance, of equally near ones the first; all of them where
    /// there are fewer.
    ///
    /// # Panics
    /// If the widths differ.
    pub fn new(queries: Rows, points: Rows, distance: Distance, control: &Control) -> Result<Self> {
        let limit = NEAREST.min(points.len());
        let top = |line: &[f32]| {
            let mut order = Vec::new();
            best(line, limit, &mut order);
            order
        };
        let found = match distance {
            Distance::Dot => scored(queries, points, control, |_, line| top(line))?,
            Distance::Cosine => {
                let width = points.width();
                let (q, p) = (linalg::normalised(queries.values(), width), linalg::normalised(points.values(), width));
                scored(Rows::new(&q, width), Rows::new(&p, width), control, |_, line| top(line))?
            }
            Distance::Euclid => {
                // Around the mean, where large common parts would drown the differences.
                let (mean, width) = (points.mean(), points.width());
                let (q, p) = (queries.less(&mean), points.less(&mean));
                let norms: Vec<f32> = p.chunks(width).map(|row| linalg::dot(row, row)).collect();
                scored(Rows::new(&q, width), Rows::new(&p, width), control, |_, line| {
                    // Nearness -|x - y|^2 without |x|^2, which is the same for the whole row.
                    line.iter_mut().zip(&norms).for_each(|(s, norm)| *s = 2.0 * *s - norm);
                    top(line)
                })?
            }
            Distance::Manhattan => {
                let mut out = Vec::with_capacity(queries.len());
                for query in queries.iter() {
                    control.check_whole()?;
                    let line: Vec<f32> = points.iter().map(|point| -linalg::manhattan(query, point)).collect();
                    out.push(top(&line));
                }
                out
            }
        };
        Ok(Self { nearest: found.into_iter().flatten().collect(), limit, points: points.len() })
    }

    /// The nearest points of a query, nearest first.
    pub fn of(&self, query: usize) -> &[u32] {
        &self.nearest[query * self.limit..][..self.limit]
    }

    /// Queries.
    pub fn queries(&self) -> usize {
        self.nearest.len().checked_div(self.limit).unwrap_or(0)
    }

    /// The recall where points are ranked by the dot product of `queries` and `points`, which stand for the same queries
    /// and points as here, in the same order; of equal products the first.
    ///
    /// # Panics
    /// If there are not as many of them, or there are none.
    pub fn recall(&self, queries: Rows, points: Rows, control: &Control) -> Result<Found> {
        assert!(queries.len() == self.queries() && points.len() == self.points, "the same queries and points");
        Ok(self.gather(&scored(queries, points, control, |query, line| self.hits(query, line))?))
    }

    /// How many of a query's nearest points are among its best 10, 1 % and 5 % by scores.
    fn hits(&self, query: usize, scores: &[f32]) -> [usize; 3] {
        let mut order = Vec::new();
        let share = |percent: usize| (self.points * percent / 100).max(NEAREST).min(self.points);
        best(scores, share(5), &mut order);
        let among = |order: &[u32]| self.of(query).iter().filter(|i| order.contains(i)).count();
        // The best are in order.
        [among(&order[..self.limit]), among(&order[..share(1)]), among(&order)]
    }

    fn gather(&self, hits: &[[usize; 3]]) -> Found {
        let all = (hits.len() * self.limit).max(1) as f64;
        let sum = |place: usize| hits.iter().map(|h| h[place]).sum::<usize>() as f64 / all;
        Found { at_10: sum(0), at_1_percent: sum(1), at_5_percent: sum(2) }
    }
}

/// The places of the `k` largest scores, the largest first; of equal ones the first.
fn best(scores: &[f32], k: usize, order: &mut Vec<u32>) {
    order.clear();
    order.extend(0..scores.len() as u32);
    let by = |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
    if k > 0 && k < order.len() {
        order.select_nth_unstable_by(k - 1, by);
    }
    order.truncate(k);
    order.sort_unstable_by(by);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linalg::rows::tests::drawn;

    const DISTANCES: [Distance; 4] = [Distance::Cosine, Distance::Dot, Distance::Euclid, Distance::Manhattan];

    fn plain(query: &[f32], point: &[f32], distance: Distance) -> f64 {
        let pairs = || query.iter().zip(point).map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let dot: f64 = pairs().map(|(x, y)| x * y).sum();
        match distance {
            Distance::Dot => dot,
            Distance::Cosine => {
                let (a, b) = pairs().fold((0.0, 0.0), |(a, b), (x, y)| (a + x * x, b + y * y));
                dot / (a * b).sqrt()
            }
            Distance::Euclid => -pairs().map(|(x, y)| (x - y).powi(2)).sum::<f64>(),
            Distance::Manhattan => -pairs().map(|(x, y)| (x - y).abs()).sum::<f64>(),
        }
    }

    fn sorted(scores: &[f64]) -> Vec<u32> {
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b)));
        order
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_nearest_and_the_recall_are_those_of_a_plain_sort(
            n in 1usize..400, queries in 1usize..40, seed in any::<u64>(), which in 0usize..4,
        ) {
            let (width, distance) = (5, DISTANCES[which]);
            let (p, q) = (drawn(n, width, seed), drawn(queries, width, seed ^ 1));
            let (points, asked) = (Rows::new(&p, width), Rows::new(&q, width));
            let exact = Exact::new(asked, points, distance, &Control::new()).unwrap();
            // Some other way to compare.
            let (code, code_q) = (drawn(n, 3, seed ^ 2), drawn(queries, 3, seed ^ 3));
            let (code, code_q) = (Rows::new(&code, 3), Rows::new(&code_q, 3));
            let found = exact.recall(code_q, code, &Control::new()).unwrap();
            let mut hits = [0usize; 3];
            for i in 0..queries {
                let true_scores: Vec<f64> = points.iter().map(|p| plain(asked.row(i), p, distance)).collect();
                let order = sorted(&true_scores);
                let top = &order[..10.min(n)];
                // Float32 may swap two that are as good as equally near.
                for (own, other) in exact.of(i).iter().zip(top) {
                    prop_assert!((true_scores[*own as usize] - true_scores[*other as usize]).abs() < 1e-5);
                }
                let by_code = sorted(&code.iter().map(|p| plain(code_q.row(i), p, Distance::Dot)).collect::<Vec<_>>());
                for (place, count) in [10, (n / 100).max(10), (n / 20).max(10)].into_iter().enumerate() {
                    let best = &by_code[..count.min(n)];
                    hits[place] += exact.of(i).iter().filter(|i| best.contains(i)).count();
                }
            }
            let all = (queries * 10.min(n)) as f64;
            let twin = hits.map(|h| h as f64 / all);
            // A pair that float32 swaps at the edge changes one hit.
            for (own, other) in [found.at_10, found.at_1_percent, found.at_5_percent].into_iter().zip(twin) {
                prop_assert!((own - other).abs() <= 1.01 / all);
            }
            prop_assert!(found.at_10 <= found.at_1_percent && found.at_1_percent <= found.at_5_percent);
        }
    }

    #[test]
    fn what_ranks_as_the_distance_does_finds_everything() {
        let (p, q) = (drawn(300, 4, 1), drawn(20, 4, 2));
        let (points, queries) = (Rows::new(&p, 4), Rows::new(&q, 4));
        let exact = Exact::new(queries, points, Distance::Dot, &Control::new()).unwrap();
        let all = exact.recall(queries, points, &Control::new()).unwrap();
        assert_eq!((all.at_10, all.at_1_percent, all.at_5_percent), (1.0, 1.0, 1.0));
        let turned: Vec<f32> = q.iter().map(|x| -x).collect();
        assert_eq!(exact.recall(Rows::new(&turned, 4), points, &Control::new()).unwrap(), Found::default());
        // All alike: the first are taken, which is what chance finds.
        let same = vec![1.0; 300];
        let found = exact.recall(Rows::new(&same[..20], 1), Rows::new(&same, 1), &Control::new()).unwrap();
        let first: usize = (0..20).map(|i| exact.of(i).iter().filter(|p| **p < 10).count()).sum();
        assert_eq!(found.at_10, first as f64 / 200.0);
    }
}
