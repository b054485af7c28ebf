//! Names from a text encoder: words that point the way in which a feature's points lie from others.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::super::names::NameSource;
use super::gather::Half;
use super::ranking::{Ranking, lower_bound};
use super::{Feature, Halves, Known, Pool, Score, Suggestion, WordVectors};
use crate::linalg::{self, dot};

/// Quiet points that the strongest ones are compared with, the nearest to them.
const NEAREST: usize = 50;
/// Quiet points that a name is scored on.
const QUIET: usize = 1_000;
/// What the way from the quiet points at large counts for, beside the way from the nearest ones.
const AT_LARGE: f32 = 2.0;
/// The score that a word needs at least: of thousands of words, some lie the right way by chance.
const LEAST_WORD: f64 = 0.9;

/// Words and points.
pub(super) struct Words<'a> {
    words: &'a [String],
    dim: usize,
    /// The words' vectors, centred; words x dim.
    vectors: Vec<f32>,
    /// The pool's vectors, of length 1.
    points: Vec<f32>,
    /// The sum of the sampled points of the half for making.
    sum: Vec<f32>,
}

/// Where a feature's points lie, and what its name is scored on.
pub(super) struct Direction {
    /// n.
    along: Vec<f32>,
    /// Rows of the half for scoring: strong ones, and quiet ones.
    strong: Vec<u32>,
    quiet: Vec<u32>,
}

impl<'a> Words<'a> {
    pub(super) fn new(words: &'a WordVectors, pool: &Pool, halves: &Halves) -> Self {
        let dim = pool.dim;
        let vectors = linalg::centred(&words.vectors, dim);
        let points = linalg::normalised(&pool.vectors, dim);
        let mut all = Self { words: &words.words, dim, vectors, points, sum: Vec::new() };
        all.sum = all.sum_of(halves.making.sampled());
        all
    }

    fn point(&self, row: u32) -> &[f32] {
        &self.points[row as usize * self.dim..][..self.dim]
    }

    fn sum_of(&self, rows: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.dim];
        for row in rows {
            sum.iter_mut().zip(self.point(*row)).for_each(|(sum, x)| *sum += x);
        }
        sum
    }

    pub(super) fn direction(&self, feature: &Feature, halves: &Halves) -> Direction {
        let making = halves.making.sampled();
        let strong = mean(self.sum_of(&feature.making), feature.making.len());
        let near = self.nearest_quiet(&strong, feature, &halves.making);
        let near = mean(self.sum_of(&near), near.len());
        let loud: Vec<u32> = making.iter().filter(|row| feature.fires(**row)).copied().collect();
        let quiet: Vec<f32> = self.sum.iter().zip(self.sum_of(&loud)).map(|(all, loud)| all - loud).collect();
        let quiet = mean(quiet, making.len() - loud.len());
        let way = |from: &[f32]| -> Vec<f32> {
            let way: Vec<f32> = strong.iter().zip(from).map(|(x, y)| x - y).collect();
            linalg::normalised(&way, self.dim)
        };
        let along = way(&near).iter().zip(way(&quiet)).map(|(near, large)| near + AT_LARGE * large).collect();
        let quiet: Vec<u32> = halves.scoring.sampled().iter().filter(|row| !feature.fires(**row)).copied().collect();
        // Evenly out of all, which are in the order of ids.
        let step = quiet.len().div_ceil(QUIET).max(1);
        Direction { along, strong: feature.scoring.clone(), quiet: quiet.into_iter().step_by(step).collect() }
    }

    /// The sampled points of a half that the feature does not fire for, which are nearest to a vector.
    fn nearest_quiet(&self, to: &[f32], feature: &Feature, half: &Half) -> Vec<u32> {
        let quiet = half.sampled().iter().filter(|row| !feature.fires(**row));
        let mut near: Vec<(f32, u32)> = quiet.map(|row| (dot(self.point(*row), to), *row)).collect();
        let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if near.len() > NEAREST {
            near.select_nth_unstable_by(NEAREST - 1, order);
            near.truncate(NEAREST);
        }
        near.into_iter().map(|(_, row)| row).collect()
    }

    /// The names that are good enough, by feature.
    pub(super) fn names(&self, known: &[Known], least: f64) -> BTreeMap<usize, Suggestion> {
        let directions: Vec<(usize, &Direction)> =
            known.iter().filter_map(|known| Some((known.feature, known.direction.as_ref()?))).collect();
        // The mean of products with a word is the product with the mean.
        let mut usual = vec![0.0; self.dim];
        for (_, direction) in &directions {
            usual.iter_mut().zip(&direction.along).for_each(|(sum, x)| *sum += x / directions.len() as f32);
        }
        let name = |(feature, direction): &(usize, &Direction)| {
            let own: Vec<f32> = direction.along.iter().zip(&usual).map(|(x, mean)| x - mean).collect();
            let fits = |word: &[f32]| dot(word, &own);
            let vectors = self.vectors.chunks(self.dim);
            let (place, vector) =
                vectors.enumerate().max_by(|a, b| fits(a.1).total_cmp(&fits(b.1)).then(b.0.cmp(&a.0)))?;
            let score = self.accuracy(direction, vector);
            score.is_enough(least.max(LEAST_WORD)).then(|| {
                let word = self.words[place].clone();
                let source =
                    NameSource::Text { word: word.clone(), with: score.with as u64, without: score.without as u64 };
                let name = crate::label::shortened(&word);
                (*feature, Suggestion { feature: *feature, name, score: score.value as f32, source })
            })
        };
        directions.par_iter().filter_map(name).collect()
    }

    /// The contrastive accuracy of a word.
    fn accuracy(&self, direction: &Direction, word: &[f32]) -> Score {
        let rows: Vec<u32> = direction.strong.iter().chain(&direction.quiet).copied().collect();
        let cosines: Vec<f32> = rows.iter().map(|row| dot(self.point(*row), word)).collect();
        let (with, without) = (direction.strong.len(), direction.quiet.len());
        let places: Vec<u32> = (0..rows.len() as u32).collect();
        let area = Ranking::new(&places, &cosines).auroc(&places[..with]);
        Score { value: area, lower: lower_bound(area, with, without), with, without }
    }
}

/// The mean of so many vectors with this sum; zero of none.
fn mean(sum: Vec<f32>, count: usize) -> Vec<f32> {
    sum.into_iter().map(|x| x / count.max(1) as f32).collect()
}
