//! What a point's entropy is to follow, so that it goes on telling how well the collection knows a point.
//!
//! Neighbourhoods and usage ask nothing of it, and it would be lost. So each training point has a target: how far its
//! neighbours are, and how unsure a teacher is of it, encoders that learn from triplets alone ([`head`](super::head)). Points
//! made of several others stand for what the collection does not know; they have targets of the same kind.

use std::f64::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::input::Input;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::features::outlier::{Standard, doubts};
use crate::job::Control;
use crate::linalg;
use crate::random::{Use, below, generator};
use crate::similarity::SimilarityData;

/// The neighbour whose distance counts.
const NEIGHBOUR: usize = 50;

/// The teacher's share of a target; the rest is the neighbour's distance.
const TEACHER: f64 = 0.8;

/// Points made of others, and of how many each of one half of them is made.
const BETWEEN: usize = 4_096;
const MIXED: usize = 4;

/// Points among which the neighbours of those are looked for.
const AMONG: usize = 16_384;

/// Rows that one thread takes at a time.
const PAGE: usize = 256;

/// Targets, of which those of the training points have mean 0 and deviation 1.
pub struct Targets {
    /// Of each training point.
    pub points: Vec<f32>,
    /// Points made of several others, n x dim, as the network sees them.
    pub between: Vec<f32>,
    /// Of each of these.
    pub of_between: Vec<f32>,
}

impl Targets {
    /// Makes points of others and measures both kinds. Without a teacher the distance alone counts.
    pub fn new(
        train: &SimilarityData,
        input: &Input,
        teacher: Option<&Encoder>,
        seed: u64,
        control: &Control,
    ) -> Result<Self> {
        let dim = train.dim;
        let between = between(train, seed);
        let unit = linalg::normalised(&train.vectors, dim);
        let far = |i: usize| {
            let near = fiftieth(train, i)?;
            Some(1.0 - f64::from(linalg::dot(&unit[i * dim..][..dim], &unit[near * dim..][..dim])))
        };
        let far: Vec<Option<f64>> = (0..train.len()).map(far).collect();
        let known: Vec<f64> = far.iter().copied().flatten().collect();
        let usual = Standard::of(known.iter().copied());
        // A point without neighbours is as far as any.
        let most = known.iter().copied().fold(0.0, f64::max);
        let mut points: Vec<f64> = far.into_iter().map(|d| usual.score(d.unwrap_or(most))).collect();
        let mut of_between: Vec<f64> =
            distances(&between, &unit, dim, control)?.into_iter().map(|d| usual.score(d)).collect();
        if let Some(teacher) = teacher {
            let entropies =
                |rows: &[f32]| doubts(teacher, rows).into_iter().map(|d| f64::from(d[0])).collect::<Vec<_>>();
            let unsure = entropies(&train.vectors);
            control.check()?;
            let usual = Standard::of(unsure.iter().copied());
            let blend = |targets: &mut [f64], unsure: &[f64]| {
                let pairs = targets.iter_mut().zip(unsure);
                pairs.for_each(|(t, h)| *t = (1.0 - TEACHER) * *t + TEACHER * usual.score(*h));
            };
            blend(&mut points, &unsure);
            blend(&mut of_between, &entropies(&between));
        }
        let usual = Standard::of(points.iter().copied());
        let standard = |targets: Vec<f64>| targets.into_iter().map(|t| usual.score(t) as f32).collect();
        Ok(Self {
            points: standard(points),
            between: input.apply(&between).into_owned(),
            of_between: standard(of_between),
        })
    }
}

/// The neighbour of a point that counts: the last stored one where there are fewer, none where there is none.
fn fiftieth(train: &SimilarityData, i: usize) -> Option<usize> {
    let (columns, values) = train.matrix.row(i);
    let mut order: Vec<usize> = (0..columns.len()).collect();
    let rank = NEIGHBOUR.min(columns.len()).checked_sub(1)?;
    let (_, place, _) = order.select_nth_unstable_by(rank, |a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
    Some(columns[*place] as usize)
}

/// Points that the collection does not have, n x dim, of the training vectors' mean length. Half of them lie midway between
/// the directions of two random points; the others are the mean and what [`MIXED`] random points differ from it by, each
/// times a normal number.
fn between(train: &SimilarityData, seed: u64) -> Vec<f32> {
    let mut rng = generator(seed, Use::Between);
    let row = |i: usize| &train.vectors[i * train.dim..][..train.dim];
    let length = |x: &[f32]| linalg::dot(x, x).sqrt().max(f32::MIN_POSITIVE);
    let usual = train.vectors.chunks(train.dim).map(|x| f64::from(length(x))).sum::<f64>() / train.len() as f64;
    let mean: Vec<f32> = linalg::mean(&train.vectors, train.dim).into_iter().map(|m| m as f32).collect();
    let mut out = Vec::with_capacity(BETWEEN * train.dim);
    for i in 0..BETWEEN {
        let mut point = vec![0f32; train.dim];
        if i % 2 == 0 {
            for _ in 0..2 {
                let other = row(below(&mut rng, train.len()));
                let scale = 1.0 / length(other);
                point.iter_mut().zip(other).for_each(|(p, x)| *p += scale * x);
            }
        } else {
            point.copy_from_slice(&mean);
            for _ in 0..MIXED {
                let factor = normal(&mut rng) / (MIXED as f32).sqrt();
                let other = row(below(&mut rng, train.len()));
                point.iter_mut().zip(other).zip(&mean).for_each(|((p, x), m)| *p += factor * (x - m));
            }
        }
        let scale = usual as f32 / length(&point);
        out.extend(point.into_iter().map(|x| x * scale));
    }
    out
}

/// A normal number, by Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (radius, angle) = (rng.random_range(f64::MIN_POSITIVE..1.0), rng.random_range(0.0..TAU));
    ((-2.0 * radius.ln()).sqrt() * angle.cos()) as f32
}

/// 1 less the cosine to the neighbour that counts of each vector, n x dim, among `unit` vectors; of many, among evenly
/// spaced ones, and then a nearer one counts.
fn distances(vectors: &[f32], unit: &[f32], dim: usize, control: &Control) -> Result<Vec<f64>> {
    let n = unit.len() / dim;
    let count = n.min(AMONG);
    let among: Vec<f32> = (0..count).flat_map(|i| &unit[i * n / count * dim..][..dim]).copied().collect();
    let rank = (NEIGHBOUR * count).div_ceil(n).min(count) - 1;
    let pages = vectors.par_chunks(PAGE * dim).map(|page| {
        control.check()?;
        let mut near = vec![0f32; page.len() / dim * count];
        linalg::product_transposed(&linalg::normalised(page, dim), &among, dim, &mut near);
        let far = |near: &mut [f32]| {
            let (_, value, _) = near.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
            1.0 - f64::from(*value)
        };
        Ok(near.chunks_mut(count).map(far).collect::<Vec<f64>>())
    });
    Ok(pages.collect::<Result<Vec<_>>>()?.concat())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::head::ensemble;
    use super::*;
    use crate::config::{ObjectiveKind, TrainConfig};
    use crate::job::Reporter;
    use crate::similarity::exact_neighbours;
    use crate::source::{Distance, PointId};

    /// Two clusters of different width in 8 dimensions, and their 60 nearest neighbours.
    pub fn data(n: usize) -> SimilarityData {
        let noise = |i: usize, d: usize| (((i * 8 + d) as f32 * 12.989_8).sin() * 43_758.547).rem_euclid(1.0) - 0.5;
        let vectors: Vec<f32> = (0..n)
            .flat_map(|i| {
                let wide = if i % 2 == 0 { 0.2 } else { 1.2 };
                (0..8).map(move |d| f32::from(d == i % 2) + wide * noise(i, d))
            })
            .collect();
        let vectors = linalg::normalised(&vectors, 8);
        let found = exact_neighbours(&vectors, 8, 60, Distance::Cosine, None, &Control::new(), &mut Reporter::silent());
        SimilarityData {
            title: "test".into(),
            matrix: found.unwrap().into_matrix(),
            vectors,
            dim: 8,
            ids: (0..n as u64).map(PointId::Num).collect(),
        }
    }

    #[test]
    fn distances_are_those_to_the_fiftieth_neighbour() {
        let data = data(300);
        let found = distances(&data.vectors, &data.vectors, 8, &Control::new()).unwrap();
        for (i, found) in found.iter().enumerate() {
            // Here a point is its own nearest.
            let (_, values) = data.matrix.row(i);
            let mut near: Vec<f32> = values.to_vec();
            near.sort_by(|a, b| b.total_cmp(a));
            assert!((found - (1.0 - f64::from(near[NEIGHBOUR - 2]))).abs() < 1e-5);
            let at = fiftieth(&data, i).unwrap();
            assert_eq!(data.matrix.get(i, at).unwrap(), near[NEIGHBOUR - 1]);
        }
        assert_eq!(distances(&data.vectors[..16], &data.vectors[..16], 8, &Control::new()).unwrap().len(), 2);
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut rng = generator(1, Use::Between);
        let drawn: Vec<f64> = (0..20_000).map(|_| f64::from(normal(&mut rng))).collect();
        let usual = Standard::of(drawn.iter().copied());
        assert!(usual.mean.abs() < 0.03 && (usual.deviation - 1.0).abs() < 0.03);
        let within = drawn.iter().filter(|x| x.abs() < 1.0).count() as f64 / 20_000.0;
        assert!((within - 0.682_7).abs() < 0.015, "{within}");
    }

    #[test]
    fn points_between_others_are_between_them_and_as_long() {
        let mut data = data(200);
        data.vectors.iter_mut().for_each(|x| *x *= 3.0);
        let found = between(&data, 4);
        assert_eq!(found, between(&data, 4));
        assert_ne!(found, between(&data, 5));
        assert_eq!(found.len(), BETWEEN * 8);
        for x in found.chunks(8) {
            assert!((linalg::dot(x, x).sqrt() - 3.0).abs() < 1e-4);
        }
        let far = distances(&found, &linalg::normalised(&data.vectors, 8), 8, &Control::new()).unwrap();
        let known = distances(&data.vectors, &linalg::normalised(&data.vectors, 8), 8, &Control::new()).unwrap();
        assert!(Standard::of(far).mean > Standard::of(known).mean, "they are less known");
    }

    /// .2 of the distance and .8 of the teacher's entropy, each and both together standardised over the training points.
    #[test]
    fn targets_follow_distance_and_the_teacher() {
        let data = data(400);
        let control = Control::new();
        let input = Input::new(&data.vectors, 8, &TrainConfig::preset(ObjectiveKind::Balanced));
        let teacher =
            ensemble(&data, 1, &TrainConfig { seed: 1, ..TrainConfig::default() }, &control, &mut Reporter::silent())
                .unwrap()
                .unwrap();
        let targets = Targets::new(&data, &input, Some(&teacher), 1, &control).unwrap();
        let standard = |values: &[f64], of: &[f64]| -> Vec<f64> {
            let n = of.len() as f64;
            let mean = of.iter().sum::<f64>() / n;
            let deviation = (of.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            values.iter().map(|v| (v - mean) / deviation).collect()
        };
        let made = between(&data, 1);
        let far: Vec<f64> =
            (0..400).map(|i| 1.0 - f64::from(data.matrix.get(i, fiftieth(&data, i).unwrap()).unwrap())).collect();
        let far_points = far.clone();
        let far_made = distances(&made, &data.vectors, 8, &control).unwrap();
        let entropies = |x| doubts(&teacher, x).into_iter().map(|d| f64::from(d[0])).collect::<Vec<_>>();
        let [unsure, unsure_made] = [&data.vectors, &made].map(|x| entropies(x.as_slice()));
        let blend = |far: &[f64], unsure_of: &[f64]| -> Vec<f64> {
            let parts = standard(far, &far_points).into_iter().zip(standard(unsure_of, &unsure));
            parts.map(|(d, h)| 0.2 * d + 0.8 * h).collect()
        };
        let blended = blend(&far, &unsure);
        let close = |found: &[f32], expected: Vec<f64>| {
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-3));
        };
        close(&targets.points, standard(&blended, &blended));
        close(&targets.of_between, standard(&blend(&far_made, &unsure_made), &blended));
        // The points are as the network sees them.
        assert!(targets.between.iter().zip(&made).all(|(seen, x)| (seen - 4.0 * x).abs() < 1e-3));
    }

    #[test]
    fn without_a_teacher_distances_are_left() {
        let data = data(300);
        let targets = Targets::new(&data, &Input::none(), None, 1, &Control::new()).unwrap();
        let far: Vec<f64> =
            (0..300).map(|i| 1.0 - f64::from(data.matrix.get(i, fiftieth(&data, i).unwrap()).unwrap())).collect();
        let usual = Standard::of(far.iter().copied());
        assert!(targets.points.iter().zip(far).all(|(t, d)| (f64::from(*t) - usual.score(d)).abs() < 1e-3));
    }
}
