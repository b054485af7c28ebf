//! What a point's entropy is to follow, so that it goes on telling how well the collection knows a point.
//!
//! Neighbourhoods and usage ask nothing of it, and it would be lost. So each training point has a target: how far its
//! neighbours are, and how unsure a teacher is of it, an encoder that learns from triplets alone for a few seconds. Points
//! made of several others stand for what the collection does not know; they have targets of the same kind.

use std::f64::consts::TAU;

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::compatible::Compatible;
use super::input::Input;
use super::network::{Network, Vectors};
use super::objective::Objective;
use crate::config::{DeviceChoice, ObjectiveKind, TrainConfig};
use crate::encoder::{Encoder, EncoderMeta};
use crate::error::{Error, Result};
use crate::features::answers;
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::random::{Use, below, generator};
use crate::similarity::SimilarityData;

/// The neighbour whose distance counts.
const NEIGHBOUR: usize = 50;

/// The teacher's share of a target; the rest is the neighbour's distance.
const TEACHER: f64 = 0.8;

/// The teacher's blocks and features, which are the reference's, however many are learnt here.
const TEACHER_BLOCKS: usize = 4;
const TEACHER_SIZE: usize = 64;

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
    /// Makes points of others, trains the teacher, and measures both kinds. Where there are no usable triplets to teach
    /// it with, the distance alone counts.
    pub fn new(
        train: &SimilarityData,
        input: &Input,
        seed: u64,
        control: &Control,
        reporter: &mut Reporter,
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
        let usual = Usual::of(&known);
        // A point without neighbours is as far as any.
        let most = known.iter().copied().fold(0.0, f64::max);
        let mut points: Vec<f64> = far.into_iter().map(|d| usual.standard(d.unwrap_or(most))).collect();
        let mut of_between: Vec<f64> =
            distances(&between, &unit, dim, control)?.into_iter().map(|d| usual.standard(d)).collect();
        if let Some(teacher) = teacher(train, seed, control, reporter)? {
            let entropies = entropies(&teacher, &train.vectors, control)?;
            let usual = Usual::of(&entropies);
            let blend = |targets: &mut [f64], entropies: &[f64]| {
                let pairs = targets.iter_mut().zip(entropies);
                pairs.for_each(|(t, h)| *t = (1.0 - TEACHER) * *t + TEACHER * usual.standard(*h));
            };
            blend(&mut points, &entropies);
            blend(&mut of_between, &self::entropies(&teacher, &between, control)?);
        }
        let usual = Usual::of(&points);
        let standard = |targets: Vec<f64>| targets.into_iter().map(|t| usual.standard(t) as f32).collect();
        Ok(Self {
            points: standard(points),
            between: input.apply(&between).into_owned(),
            of_between: standard(of_between),
        })
    }
}

/// Mean and deviation.
struct Usual {
    mean: f64,
    deviation: f64,
}

impl Usual {
    fn of(values: &[f64]) -> Self {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        Self { mean, deviation: (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt() }
    }

    /// Where all are the same nothing stands out.
    fn standard(&self, value: f64) -> f64 {
        if self.deviation > 1e-9 { (value - self.mean) / self.deviation } else { 0.0 }
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

/// The mean normalised entropy of each vector's blocks.
fn entropies(encoder: &Encoder, vectors: &[f32], control: &Control) -> Result<Vec<f64>> {
    let mut out = Vec::with_capacity(vectors.len() / encoder.dim());
    for page in vectors.chunks(16 * PAGE * encoder.dim()) {
        control.check()?;
        for y in encoder.encode(page).chunks(encoder.outputs()) {
            let blocks = answers(y, encoder.block_size());
            out.push(blocks.iter().map(|b| f64::from(b.entropy)).sum::<f64>() / blocks.len() as f64);
        }
    }
    Ok(out)
}

/// An encoder that learns from triplets as the reference does, on the CPU; none where there is no usable triplet.
fn teacher(train: &SimilarityData, seed: u64, control: &Control, reporter: &mut Reporter) -> Result<Option<Encoder>> {
    let config = TrainConfig { seed, device: DeviceChoice::Cpu, ..TrainConfig::preset(ObjectiveKind::Compatible) };
    let mut objective = match Compatible::new(train, train, &config, config.batch_size as usize, control) {
        Ok(objective) => objective,
        Err(Error::NoTriplets { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let device = Device::flex().autodiff();
    let mut network = Network::new(train.dim, TEACHER_BLOCKS, TEACHER_SIZE, config.dropout, seed, &device);
    let mut vectors = Vectors::host(&train.vectors, train.dim, config.dropout, seed, &device);
    let mut adam = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8).init();
    let steps = u64::from(config.epochs) * objective.steps() as u64;
    reporter.stage("training a teacher of confidence", "steps", Some(steps));
    for _ in 0..steps {
        control.check()?;
        if control.stopping() {
            // There is nothing to keep yet.
            return Err(Error::Cancelled);
        }
        objective.draw();
        let loss = objective.loss(0, &network, &mut vectors, 0.0);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = adam.step(config.lr, network, gradients);
        reporter.advance(1);
    }
    network.to_encoder(EncoderMeta::default()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let usual = Usual::of(&drawn);
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
        assert!(Usual::of(&far).mean > Usual::of(&known).mean, "they are less known");
    }

    #[test]
    fn what_is_unknown_has_high_targets() {
        let data = data(400);
        let targets = Targets::new(&data, &Input::none(), 1, &Control::new(), &mut Reporter::silent()).unwrap();
        let usual = |of: &[f32]| of.iter().map(|t| f64::from(*t)).sum::<f64>() / of.len() as f64;
        assert!(usual(&targets.points).abs() < 1e-4);
        let square = targets.points.iter().map(|t| f64::from(*t).powi(2)).sum::<f64>() / 400.0;
        assert!((square - 1.0).abs() < 1e-3, "{square}");
        let of = |which: usize| usual(&targets.points.iter().copied().skip(which).step_by(2).collect::<Vec<_>>());
        assert!(of(1) > of(0) + 0.5, "the wide cluster is known less well: {} {}", of(0), of(1));
        assert_eq!(targets.of_between.len(), BETWEEN);
        assert!(targets.of_between.iter().all(|t| t.is_finite()));
    }

    #[test]
    fn without_usable_triplets_distances_are_left() {
        let mut data = data(300);
        data.matrix.values.fill(0.5);
        let quiet = || Reporter::silent();
        assert!(teacher(&data, 1, &Control::new(), &mut quiet()).unwrap().is_none());
        assert!(Targets::new(&data, &Input::none(), 1, &Control::new(), &mut quiet()).is_ok());
        let control = Control::new();
        control.stop();
        let data = self::data(300);
        assert!(matches!(teacher(&data, 1, &control, &mut quiet()), Err(Error::Cancelled)));
    }
}
