//! Neighbours stay together, every feature is used, blocks say different things, and entropy tells what is unknown.
//!
//! A step takes a batch of points: random ones, each with some of its neighbours. All of them are compared with each
//! other: the loss is the mean cross entropy from P_i = SoftMax_j(cos(x_i, x_j) / .05) to Q_i = SoftMax_j(cos(y_i, y_j) /
//! .1), and further terms are usage and decorrelation ([`terms`]), 1 less the correlation of the blocks' mean entropy with
//! a target ([`Targets`]), and the reference's triplets.

use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::candidates::{Candidates, Sizes};
use super::compatible::Compatible;
use super::confidence::Targets;
use super::head::ensemble;
use super::input::Input;
use super::network::{Network, Vectors};
use super::objective::{Objective, Validation};
use super::terms;
use crate::config::TrainConfig;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::random::{Use, below, generator};
use crate::similarity::SimilarityData;

/// The temperatures of P and Q.
const NEAR: f32 = 0.05;
const LIKE: f32 = 0.1;

/// Each random point of a batch comes with so many of its nearest neighbours.
const NEIGHBOURS: usize = 7;
const NEAREST: usize = 100;

/// Points that the collection does not have in a batch.
const BETWEEN: usize = 256;

/// The weights of the reference's start are multiplied with this: small logits leave every feature a chance.
const SPREAD: f32 = 0.3;

/// The confidence term is left out up to the first of these shares of the steps, and has its whole weight from the second
/// on: entropy that is fixed before features have formed leaves many of them dead.
const CONFIDENT_FROM: f64 = 0.1;
const CONFIDENT: f64 = 0.4;

/// The fewest points: one and two to tell apart.
const LEAST: usize = 3;

/// Points that each epoch's loss is taken over.
const JUDGED: usize = 1_024;

/// The objective.
pub struct Balanced<'a> {
    train: &'a SimilarityData,
    /// None where there are no usable ones, and they are not learnt from.
    triplets: Option<Compatible<'a>>,
    points: Candidates<'a>,
    rng: ChaCha8Rng,
    /// The points between others of this batch.
    between: Vec<u32>,
    targets: Option<Targets>,
    steps: usize,
    config: TrainConfig,
    /// Which points are compared with themselves, once there is a device.
    apart: Option<Tensor<2>>,
    input: Input,
    /// Validation points; drawn once and kept, so that the curve can be read.
    judged: Vec<f32>,
}

impl<'a> Balanced<'a> {
    /// `part` is the most triplets to take at a time; a batch of points is of at most three times as many, as it is taken
    /// whole.
    pub fn new(
        train: &'a SimilarityData,
        val: &'a SimilarityData,
        config: &TrainConfig,
        part: usize,
        control: &Control,
    ) -> Result<Self> {
        for data in [train, val] {
            if data.len() < LEAST {
                let (what, found) = (data.title.clone(), data.len() as u64);
                return Err(Error::TooFewPoints { what, found, needed: LEAST as u64 });
            }
        }
        let triplets = match Compatible::new(train, val, config, part, control) {
            Err(Error::NoTriplets { .. }) if config.terms.triplets == 0.0 => None,
            triplets => Some(triplets?),
        };
        let batch = (config.batch_size as usize).min(3 * part).max(LEAST);
        let mut judged = pool(val, JUDGED.min(3 * part).max(LEAST), generator(config.seed, Use::ValidationCandidates));
        judged.draw();
        let of_val = |row: &u32| &val.vectors[*row as usize * val.dim..][..val.dim];
        Ok(Self {
            train,
            triplets,
            points: pool(train, batch, generator(config.seed, Use::Candidates)),
            rng: generator(config.seed, Use::Queries),
            between: Vec::new(),
            targets: None,
            steps: (config.epoch_size as usize / config.batch_size as usize).max(1),
            config: config.clone(),
            apart: None,
            input: Input::none(),
            judged: judged.rows().iter().flat_map(of_val).copied().collect(),
        })
    }

    /// Triplets that are learnt from, where there are any.
    fn learnt_triplets(&self) -> Option<&Compatible<'a>> {
        self.triplets.as_ref().filter(|_| self.config.terms.triplets > 0.0)
    }

    /// The confidence term's share of its weight.
    fn ramp(progress: f64) -> f64 {
        ((progress - CONFIDENT_FROM) / (CONFIDENT - CONFIDENT_FROM)).clamp(0.0, 1.0)
    }

    /// 1 less the correlation of entropies with the targets of this batch's points, and of points between others.
    fn confidence(&self, targets: &Targets, p: &Tensor<3>, network: &Network) -> Tensor<1> {
        let (dim, device) = (self.train.dim, p.device());
        let rows = self.between.iter().flat_map(|i| &targets.between[*i as usize * dim..][..dim]).copied();
        let x = TensorData::new(rows.collect::<Vec<f32>>(), [self.between.len(), dim]);
        let between = network.answers(Tensor::from_data(x, &device));
        let of_points = self.points.rows().iter().map(|row| targets.points[*row as usize]);
        let of_between = self.between.iter().map(|i| targets.of_between[*i as usize]);
        let wanted: Vec<f32> = of_points.chain(of_between).collect();
        let n = wanted.len();
        let wanted = Tensor::<2>::from_data(TensorData::new(wanted, [n, 1]), &device);
        let entropies = Tensor::cat(vec![terms::entropy(p), terms::entropy(&between)], 0);
        terms::disagreement(entropies, wanted)
    }
}

/// Random points, each with some neighbours: `size` in all.
fn pool(data: &SimilarityData, size: usize, rng: ChaCha8Rng) -> Candidates<'_> {
    let anchors = (size / (NEIGHBOURS + 1)).max(1);
    let sizes = Sizes { anchors, near: NEIGHBOURS, nearest: NEAREST, far: 0, candidates: size };
    Candidates::new(&data.matrix, sizes, rng)
}

impl Objective for Balanced<'_> {
    fn begin(
        &mut self,
        network: Network,
        head: Option<&Encoder>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Network> {
        let n = self.points.sizes().candidates;
        self.apart = Some(terms::apart(n, n, &network.device()));
        self.input = network.input().clone();
        if self.config.terms.confidence > 0.0 {
            // Where none is kept, one teaches.
            let taught = match head {
                Some(_) => None,
                None => ensemble(self.train, 1, &self.config, control, reporter)?,
            };
            let teacher = head.or(taught.as_ref());
            self.targets = Some(Targets::new(self.train, &self.input, teacher, self.config.seed, control)?);
        }
        Ok(network.times(SPREAD))
    }

    fn steps(&self) -> usize {
        self.steps
    }

    fn samples(&self) -> usize {
        self.points.sizes().candidates
    }

    fn draw(&mut self) {
        if self.config.terms.triplets > 0.0
            && let Some(triplets) = &mut self.triplets
        {
            triplets.draw();
        }
        self.points.draw();
        if let Some(targets) = &self.targets {
            let rng = &mut self.rng;
            self.between = (0..BETWEEN).map(|_| below(rng, targets.of_between.len()) as u32).collect();
        }
    }

    /// One for the points, as their terms are of the whole batch, and those of the triplets.
    fn parts(&self) -> usize {
        1 + self.learnt_triplets().map_or(0, Objective::parts)
    }

    fn loss(&self, part: usize, network: &Network, vectors: &mut Vectors, progress: f64) -> Tensor<1> {
        let t = &self.config.terms;
        if let (Some(part), Some(triplets)) = (part.checked_sub(1), self.learnt_triplets()) {
            return triplets.loss(part, network, vectors, progress) * t.triplets as f32;
        }
        let indices: Vec<i32> = self.points.rows().iter().map(|row| *row as i32).collect();
        let n = indices.len();
        let p = network.answers(vectors.take(indices.clone(), network));
        let mut loss = terms::of_answers(&p, t, progress);
        let ramp = Self::ramp(progress) * t.confidence;
        if let (Some(targets), true) = (&self.targets, ramp > 0.0) {
            loss = loss + self.confidence(targets, &p, network) * ramp as f32;
        }
        if t.distillation > 0.0 {
            let apart = self.apart.clone().unwrap_or_else(|| terms::apart(n, n, &p.device()));
            let like = distillation(vectors.rows(indices), p.reshape([n, network.outputs()]), apart);
            loss = loss + like * t.distillation as f32;
        }
        loss
    }

    /// The cross entropy for validation points, and the triplets, with their weights.
    fn validate(&self, encoder: &Encoder, control: &Control) -> Result<Validation> {
        let t = &self.config.terms;
        let mut validation = match &self.triplets {
            Some(triplets) => triplets.validate(encoder, control)?,
            None => Validation { loss: 0.0, failed: 0, triplets: 0 },
        };
        control.check()?;
        let x = linalg::normalised(&self.input.apply(&self.judged), encoder.dim());
        let y = linalg::normalised(&encoder.encode(&self.judged), encoder.outputs());
        let n = self.judged.len() / encoder.dim();
        let (mut near, mut like) = (vec![0f32; n * n], vec![0f32; n * n]);
        linalg::product_transposed(&x, &x, encoder.dim(), &mut near);
        linalg::product_transposed(&y, &y, encoder.outputs(), &mut like);
        let rows = near.chunks(n).zip(like.chunks(n)).enumerate();
        let sum: f64 = rows.map(|(i, (near, like))| terms::cross_entropy_of(near, NEAR, like, LIKE, i)).sum();
        let loss = t.triplets * f64::from(validation.loss) + t.distillation * sum / n as f64;
        validation.loss = loss as f32;
        Ok(validation)
    }

    fn keeps_last(&self) -> bool {
        true
    }
}

/// The mean cross entropy from neighbourhoods of vectors, n x dim, to those of their code, n x outputs.
fn distillation(x: Tensor<2>, y: Tensor<2>, apart: Tensor<2>) -> Tensor<1> {
    let x = terms::unit(x);
    let near = terms::neighbourhoods(x.clone(), &x, apart.clone(), NEAR);
    let y = terms::unit(y);
    let like = y.clone().matmul(y.transpose()) * (1.0 / LIKE);
    terms::cross_entropy(near, like + apart)
}

#[cfg(test)]
mod tests {
    use super::super::terms::tests::{agrees, numbers, tensor};
    use super::*;

    #[test]
    fn distillation_and_its_gradient_are_those_of_the_formula() {
        let (n, dim, outputs) = (5, 3, 4);
        let (x, y) = (numbers(n * dim, 1.0), numbers(n * outputs, 2.0));
        let cosine = |rows: &[f64], width: usize, i: usize, j: usize| {
            let row = |i: usize| &rows[i * width..][..width];
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            dot(row(i), row(j)) / (dot(row(i), row(i)) * dot(row(j), row(j))).sqrt()
        };
        let logs = |rows: &[f64], width: usize, t: f32, i: usize| -> Vec<f64> {
            let z: Vec<f64> = (0..n).map(|j| cosine(rows, width, i, j) / f64::from(t)).collect();
            let sum: f64 = (0..n).filter(|j| *j != i).map(|j| z[j].exp()).sum();
            z.iter().map(|z| z - sum.ln()).collect()
        };
        let twin = |y: &[f64]| {
            let row = |i: usize| {
                let (p, q) = (logs(&x, dim, NEAR, i), logs(y, outputs, LIKE, i));
                (0..n).filter(|j| *j != i).map(|j| -p[j].exp() * q[j]).sum::<f64>()
            };
            (0..n).map(row).sum::<f64>() / n as f64
        };
        let given = tensor(&x, [n, dim]);
        let apart = terms::apart(n, n, &given.device());
        agrees(&y, [n, outputs], |y| distillation(given.clone(), y, apart.clone()), twin);
        // The host's form of a row is the same.
        let rows = |values: &[f64], width: usize| {
            let all = |i| (0..n).map(move |j| cosine(values, width, i, j) as f32);
            (0..n).map(|i| all(i).collect::<Vec<f32>>()).collect::<Vec<_>>()
        };
        let (near, like) = (rows(&x, dim), rows(&y, outputs));
        let host: f64 = (0..n).map(|i| terms::cross_entropy_of(&near[i], NEAR, &like[i], LIKE, i)).sum();
        assert!((host / n as f64 - twin(&y)).abs() < 1e-4);
    }

    #[test]
    fn the_confidence_term_comes_in_slowly() {
        let ramp = [0.0, 0.1, 0.25, 0.4, 1.0].map(Balanced::ramp);
        assert!(ramp.iter().zip([0.0, 0.0, 0.5, 1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{ramp:?}");
    }
}
