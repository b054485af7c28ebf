//! How well points find others of their label: precision, mean average precision and nDCG.
//!
//! Queries are points that nothing was trained on, and they are searched among the other such points: codes of training
//! points have been told their labels, and would make a code look better than it is. With n points, of which R others
//! have the query's label, and rel(k) = 1 where the k-th nearest has it and 0 otherwise:
//!
//! ```text
//! precision@10  = sum_{k <= 10} rel(k) / min(10, n - 1)
//! AP            = (1 / R) sum_k rel(k) (sum_{j <= k} rel(j)) / k          MAP is its mean over queries
//! nDCG@10       = sum_{k <= 10} rel(k) / log2(k + 1) / sum_{k <= min(10, R)} 1 / log2(k + 1)
//! ```
//!
//! (Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.4; gains are 0 or 1.)

use std::borrow::Cow;

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::job::Control;
use crate::linalg;
use crate::point::Distance;
use crate::random::{Use, generator};

/// The rank that precision and nDCG are cut at.
const CUT: usize = 10;
/// Queries, at most: evenly spaced ones of the points.
const QUERIES: usize = 1_000;
/// Points that are searched, at most.
const POINTS: usize = 10_000;
/// Numbers of the rows that are searched, at most: 128 MB of float32.
const NUMBERS: usize = 1 << 25;
/// Queries whose scores are in memory at a time on a thread.
const TILE: usize = 16;

/// How near two rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearness {
    /// As the collection measures it.
    Vectors(Distance),
    /// sum_i sqrt(p_i q_i) over all blocks: their Bhattacharyya coefficients, which the supervised loss compares.
    Blocks,
}

/// Where points are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// Among the vectors as they are.
    Dense,
    /// Among the codes before the first step.
    Before,
    /// Among the codes of the trained encoder.
    After,
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dense => "dense vectors",
            Self::Before => "code before",
            Self::After => "code after",
        })
    }
}

/// How well points of the same label are found: means over queries, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The share of the nearest 10 with the query's label.
    pub precision: f64,
    /// Mean average precision over all points.
    pub map: f64,
    /// Normalised discounted cumulative gain of the nearest 10.
    pub ndcg: f64,
}

/// The same, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpaceQuality {
    /// Where was searched.
    pub space: Space,
    /// How well.
    #[serde(flatten)]
    pub quality: Quality,
}

/// How well held-out points find others of their label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetrievalReport {
    /// Queries.
    pub queries: usize,
    /// Points that each is searched among, itself among them.
    pub points: usize,
    /// What was found where.
    pub spaces: Vec<SpaceQuality>,
}

impl RetrievalReport {
    /// What was found in a space.
    pub fn of(&self, space: Space) -> Option<&Quality> {
        self.spaces.iter().find(|s| s.space == space).map(|s| &s.quality)
    }
}

/// The points that are searched, and which of them are queries: the same for every space.
pub(crate) struct Trial {
    /// Rows of the held-out points, in an order of no meaning, so that equally near points are found by chance.
    pub rows: Vec<usize>,
    labels: Vec<u32>,
    /// Places among `rows`.
    queries: Vec<usize>,
}

impl Trial {
    /// Of points with these labels, in spaces of at most `width` dimensions; none where no two points have the same.
    pub fn new(labels: &[Option<u32>], width: usize) -> Option<Self> {
        let labelled: Vec<usize> = (0..labels.len()).filter(|row| labels[*row].is_some()).collect();
        let count = labelled.len().min(POINTS).min((NUMBERS / width.max(1)).max(2));
        let mut rows: Vec<usize> = (0..count).map(|i| labelled[i * labelled.len() / count]).collect();
        rows.shuffle(&mut generator(0, Use::Retrieval));
        let labels: Vec<u32> = rows.iter().filter_map(|row| labels[*row]).collect();
        let mut counts = vec![0usize; labels.iter().max().map_or(0, |most| *most as usize + 1)];
        labels.iter().for_each(|label| counts[*label as usize] += 1);
        // A point whose label no other has can find nothing.
        let mut queries: Vec<usize> = (0..labels.len()).filter(|i| counts[labels[*i] as usize] > 1).collect();
        queries.truncate(QUERIES);
        (!queries.is_empty()).then_some(Self { rows, labels, queries })
    }

    /// Queries.
    pub fn queries(&self) -> usize {
        self.queries.len()
    }

    /// How well the queries find points of their label among rows of width `width`, in the order of `rows`.
    pub fn measure(&self, rows: &[f32], width: usize, nearness: Nearness, control: &Control) -> Result<Quality> {
        let prepared = prepare(rows, width, nearness);
        let found: Vec<Result<Vec<Quality>>> = self
            .queries
            .par_chunks(TILE)
            .map(|queries| {
                control.check()?;
                let scores = scores(&prepared, width, queries, nearness);
                let each = queries.iter().zip(scores.chunks(self.labels.len()));
                Ok(each.map(|(query, scores)| self.judge(*query, scores)).collect())
            })
            .collect();
        let mut sum = Quality::default();
        for part in found {
            for quality in part? {
                sum.precision += quality.precision;
                sum.map += quality.map;
                sum.ndcg += quality.ndcg;
            }
        }
        let n = self.queries.len() as f64;
        Ok(Quality { precision: sum.precision / n, map: sum.map / n, ndcg: sum.ndcg / n })
    }

    /// Of one query, by the scores of all points.
    fn judge(&self, query: usize, scores: &[f32]) -> Quality {
        let mut order: Vec<u32> = (0..scores.len() as u32).filter(|i| *i as usize != query).collect();
        let score = |i: &u32| scores[*i as usize];
        order.sort_unstable_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        let ranked = order.iter().map(|i| self.labels[*i as usize] == self.labels[query]);
        quality(ranked)
    }
}

/// Of a ranking: whether each point has the query's label, nearest first.
fn quality(ranked: impl ExactSizeIterator<Item = bool>) -> Quality {
    let cut = CUT.min(ranked.len());
    let discount = |rank: usize| 1.0 / ((rank + 1) as f64).log2();
    let (mut hits, mut near, mut gain, mut precisions) = (0usize, 0usize, 0f64, 0f64);
    for (rank, hit) in (1..).zip(ranked) {
        if !hit {
            continue;
        }
        hits += 1;
        precisions += hits as f64 / rank as f64;
        if rank <= cut {
            near += 1;
            gain += discount(rank);
        }
    }
    let ideal: f64 = (1..=hits.min(cut)).map(discount).sum();
    if hits == 0 {
        return Quality::default();
    }
    Quality { precision: near as f64 / cut as f64, map: precisions / hits as f64, ndcg: gain / ideal }
}

fn prepare(rows: &[f32], width: usize, nearness: Nearness) -> Cow<'_, [f32]> {
    match nearness {
        Nearness::Vectors(Distance::Cosine) => linalg::normalised(rows, width).into(),
        Nearness::Vectors(_) => rows.into(),
        Nearness::Blocks => rows.iter().map(|p| p.max(0.0).sqrt()).collect(),
    }
}

/// The nearness of queries, given by their places, to all rows: queries x rows.
fn scores(rows: &[f32], width: usize, queries: &[usize], nearness: Nearness) -> Vec<f32> {
    let row = |i: usize| &rows[i * width..][..width];
    let by_pair = |far: fn(&[f32], &[f32]) -> f32| {
        queries.iter().flat_map(|query| rows.chunks(width).map(move |other| -far(row(*query), other))).collect()
    };
    match nearness {
        Nearness::Vectors(Distance::Euclid) => by_pair(linalg::euclid),
        Nearness::Vectors(Distance::Manhattan) => by_pair(linalg::manhattan),
        Nearness::Vectors(Distance::Cosine | Distance::Dot) | Nearness::Blocks => {
            let some: Vec<f32> = queries.iter().flat_map(|query| row(*query)).copied().collect();
            let mut out = vec![0f32; queries.len() * (rows.len() / width)];
            linalg::product_transposed(&some, rows, width, &mut out);
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrieval(
        rows: &[f32],
        width: usize,
        labels: &[Option<u32>],
        nearness: Nearness,
        control: &Control,
    ) -> Result<Option<Quality>> {
        let Some(trial) = Trial::new(labels, width) else { return Ok(None) };
        let some: Vec<f32> = trial.rows.iter().flat_map(|i| &rows[i * width..][..width]).copied().collect();
        trial.measure(&some, width, nearness, control).map(Some)
    }

    /// Worked out by hand.
    #[test]
    fn a_ranking_has_the_figures_of_the_formulas() {
        // Found at ranks 1, 3 and 12 of 12: AP = (1/1 + 2/3 + 3/12) / 3, DCG = 1 + 1/2, ideal 1 + 1/log2 3 + 1/2.
        let ranked = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1].map(|hit| hit == 1);
        let found = quality(ranked.into_iter());
        assert_eq!(found.precision, 0.2);
        assert!((found.map - (1.0 + 2.0 / 3.0 + 0.25) / 3.0).abs() < 1e-12, "{found:?}");
        assert!((found.ndcg - 1.5 / (1.5 + 1.0 / 3f64.log2())).abs() < 1e-12, "{found:?}");
        assert_eq!(quality([true; 4].into_iter()), Quality { precision: 1.0, map: 1.0, ndcg: 1.0 });
        assert_eq!(quality([false; 4].into_iter()), Quality::default());
        let last = quality([false, true].into_iter());
        assert!((last.map - 0.5).abs() < 1e-12 && (last.ndcg - 1.0 / 3f64.log2()).abs() < 1e-12);
    }

    /// Five points on a line: 0 and 1 of one label, 10 and 11 of another, 0.4 of a third alone.
    #[test]
    fn a_query_is_not_among_what_it_finds() {
        let rows = [0.0, 1.0, 10.0, 11.0, 0.4];
        let labels = [Some(0), Some(0), Some(1), Some(1), Some(2)];
        let control = Control::new();
        let near = |distance| retrieval(&rows, 1, &labels, Nearness::Vectors(distance), &control).unwrap().unwrap();
        // The first two find the third label first and their own second; the other two find each other first.
        let found = near(Distance::Euclid);
        assert!((found.map - 0.75).abs() < 1e-12, "{found:?}");
        assert!((found.precision - 0.25).abs() < 1e-12, "one of the four others");
        assert!((found.ndcg - (1.0 + 1.0 / 3f64.log2()) / 2.0).abs() < 1e-12);
        assert_eq!(near(Distance::Manhattan), found);
        let alone = retrieval(&rows, 1, &[Some(0), Some(1), None, None, None], Nearness::Blocks, &control).unwrap();
        assert_eq!(alone, None);
        assert_eq!(retrieval(&[], 1, &[], Nearness::Blocks, &control).unwrap(), None);
    }

    #[test]
    fn blocks_are_compared_by_their_square_roots() {
        // One block of two: sqrt(p) . sqrt(q) ranks b before c for a; the dot product would not.
        let rows = [0.5, 0.5, 0.9, 0.1, 1.0, 0.0];
        let h = |i: usize, j: usize| {
            let (p, q) = (&rows[2 * i..][..2], &rows[2 * j..][..2]);
            p.iter().zip(q).map(|(p, q): (&f32, &f32)| (p * q).sqrt()).sum::<f32>()
        };
        let prepared = prepare(&rows, 2, Nearness::Blocks);
        let found = scores(&prepared, 2, &[0], Nearness::Blocks);
        for (j, score) in found.iter().enumerate() {
            assert!((score - h(0, j)).abs() < 1e-6, "{found:?}");
        }
        assert!(found[1] > found[2]);
    }

    /// Points that all look the same are found by chance, whatever order they came in.
    #[test]
    fn ties_are_broken_by_chance() {
        let labels: Vec<Option<u32>> = (0..1_000).map(|i| Some(u32::from(i >= 500))).collect();
        let found = retrieval(&[1.0; 1_000], 1, &labels, Nearness::Vectors(Distance::Dot), &Control::new());
        let found = found.unwrap().unwrap();
        assert!((found.map - 0.5).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_cancel_is_answered() {
        let control = Control::new();
        control.cancel();
        let found = retrieval(&[1.0, 1.0], 1, &[Some(0), Some(0)], Nearness::Blocks, &control);
        assert!(matches!(found, Err(crate::error::Error::Cancelled)));
    }
}
