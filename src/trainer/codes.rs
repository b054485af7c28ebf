//! Blocks whose winners are short codes for a search, with a decoder that scores them.
//!
//! A query q scores a stored point by q . D h, where h are the point's winners and nothing else is stored of it. What is
//! learnt is that these scores rank as the vectors' own products do: for queries q_i, which are anchors moved a little
//! towards a neighbour, and candidates x_j, P_i = SoftMax_j(q_i . x_j / T) and Q_i = SoftMax_j(q_i . D h_j / t), and the
//! loss is the mean Kullback-Leibler divergence from P_i to Q_i. Further terms are the squared error of D h, and those of
//! [`terms`]. Gradients pass winners as if they were the blocks' own answers.

use std::f64::consts::PI;

use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::candidates::{Candidates, Sizes};
use super::fit;
use super::input::Input;
use super::network::{Network, Vectors, read};
use super::objective::{Objective, Validation};
use super::start::{Settings, start};
use super::terms;
use crate::config::{Terms, TrainConfig};
use crate::encoder::{Decoder, Encoder, EncoderMeta, Stored};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::random::{Use, below, generator};
use crate::similarity::SimilarityData;

/// Of an anchor's nearest neighbours so many are candidates.
const NEAR: usize = 1;
const NEAREST: usize = 10;

/// A query is an anchor, moved towards one of so many of its nearest neighbours, by at most this share of the way: queries
/// are not among the stored points either.
const TOWARDS: usize = 20;
const WAY: f32 = 0.5;

/// T, for vectors whose squares are 1 on average: a few of a thousand candidates have most of the chance.
const TEMPERATURE: f32 = 0.053;

/// The temperature t that is learnt starts as T, and as ln t / RATE, so that it changes half as fast as the weights.
const RATE: f32 = 0.5;

/// The decoder learns half as fast as the weights.
const DECODER_RATE: f32 = 0.5;

/// The temperature of the blocks' SoftMax goes along a half cosine from the first to the second in this share of the steps.
const SOFT: f64 = 1.0;
const HARD: f64 = 0.1;
const HARDENING: f64 = 0.75;

/// The temperature that an encoder is kept with. It changes no winner; a softer one says how sure a block is, which the
/// last one of the training says no more.
const KEPT: f32 = 1.0;

/// The fewest points: an anchor and two to tell apart.
const LEAST: usize = 3;

/// Validation anchors, and candidates.
const JUDGED: Sizes = Sizes { anchors: 256, near: NEAR, nearest: NEAREST, far: 0, candidates: 1_024 };

/// The objective.
pub struct Codes<'a> {
    train: &'a SimilarityData,
    /// The training vectors as the network sees them.
    rows: &'a [f32],
    candidates: Candidates<'a>,
    queries: ChaCha8Rng,
    /// For each anchor of the batch a neighbour, and how far the query is on the way to it.
    towards: Vec<u32>,
    ways: Vec<f32>,
    steps: usize,
    config: TrainConfig,
    /// Which candidates are anchors themselves, once there is a device.
    apart: Option<Tensor<2>>,
    /// The learnt temperature, as of the last step, and that of the blocks.
    temperature: Option<Tensor<1>>,
    softness: f32,
    input: Input,
    /// Validation points, anchors first; drawn once and kept, so that the curve can be read.
    judged: Vec<f32>,
    judged_anchors: usize,
}

impl<'a> Codes<'a> {
    /// `rows` are the training vectors as the network sees them, after `input`.
    pub fn new(
        train: &'a SimilarityData,
        val: &SimilarityData,
        rows: &'a [f32],
        input: &Input,
        config: &TrainConfig,
    ) -> Result<Self> {
        let outputs = config.blocks as usize * config.block_size as usize;
        if outputs > fit::MOST_FEATURES {
            let most = fit::MOST_FEATURES;
            return Err(Error::setting(format!(
                "codes are of at most {most} features, and --blocks times --block-size is {outputs}"
            )));
        }
        for data in [train, val] {
            if data.len() < LEAST {
                return Err(Error::TooFewPoints {
                    what: data.title.clone(),
                    found: data.len() as u64,
                    needed: LEAST as u64,
                });
            }
        }
        let sizes = Sizes {
            anchors: config.batch_size as usize,
            near: NEAR,
            nearest: NEAREST,
            far: 0,
            candidates: config.terms.candidates as usize,
        };
        let mut judged = Candidates::new(&val.matrix, JUDGED, generator(config.seed, Use::ValidationCandidates));
        judged.draw();
        let of_val = |row: &u32| &val.vectors[*row as usize * val.dim..][..val.dim];
        Ok(Self {
            train,
            rows,
            candidates: Candidates::new(&train.matrix, sizes, generator(config.seed, Use::Candidates)),
            queries: generator(config.seed, Use::Queries),
            towards: Vec::new(),
            ways: Vec::new(),
            steps: (config.epoch_size as usize / config.batch_size as usize).max(1),
            config: config.clone(),
            apart: None,
            temperature: None,
            softness: SOFT as f32,
            input: input.clone(),
            judged: judged.rows().iter().flat_map(of_val).copied().collect(),
            judged_anchors: judged.sizes().anchors,
        })
    }

    /// t from the form that is learnt.
    fn temperature(learnt: Tensor<1>) -> Tensor<1> {
        (learnt * RATE).exp()
    }
}

/// The divergence for queries, A x dim, over vectors x, n x dim, with winners h, n x outputs, and a decoder, outputs x dim;
/// and the squared error, both with their weights.
fn ranking(
    queries: Tensor<2>,
    x: Tensor<2>,
    h: Tensor<2>,
    decoder: Tensor<2>,
    temperature: Tensor<1>,
    apart: Tensor<2>,
    weights: &Terms,
) -> Tensor<1> {
    let [n, _] = x.dims();
    let near = terms::neighbourhoods(queries.clone(), &x, apart.clone(), TEMPERATURE);
    let scores = queries.matmul(decoder.clone().transpose()).matmul(h.clone().transpose());
    let scores = scores / temperature.unsqueeze::<2>() + apart;
    let divergence = terms::divergence(near, scores) * weights.distillation as f32;
    if weights.reconstruction == 0.0 {
        return divergence;
    }
    let left = x - h.matmul(decoder);
    // The squares of x are 1 on average.
    divergence + (left.clone() * left).sum() * (weights.reconstruction as f32 / n as f32)
}

fn no_decoder() -> Error {
    Error::setting("codes need a decoder, and the network has none")
}

impl Codes<'_> {
    /// Queries on the way from anchors, A x dim as the network sees them, to other points. Vectors of one length stay of it.
    fn queries(&self, anchors: Tensor<2>, towards: Tensor<2>) -> Tensor<2> {
        let device = anchors.device();
        let (gain, dim) = (self.input.gain(), self.train.dim);
        let mean = Tensor::<2>::from_data(TensorData::new(self.input.mean().to_vec(), [1, dim]), &device);
        let ways = Tensor::<2>::from_data(TensorData::new(self.ways.clone(), [self.ways.len(), 1]), &device);
        let plain = |x: Tensor<2>| x * (1.0 / gain) + mean.clone();
        let (from, to) = (plain(anchors), plain(towards));
        let between = |from: Tensor<2>, to: Tensor<2>| from.clone() + (to - from) * ways.clone();
        let length = between(terms::lengths(&from), terms::lengths(&to));
        let point = between(from, to);
        let scale = length / terms::lengths(&point);
        (point * scale - mean) * gain
    }
}

impl Objective for Codes<'_> {
    fn steps(&self) -> usize {
        self.steps
    }

    fn samples(&self) -> usize {
        self.candidates.sizes().anchors
    }

    fn begin(
        &mut self,
        network: Network,
        _head: Option<&Encoder>,
        control: &Control,
        _reporter: &mut Reporter,
    ) -> Result<Network> {
        let Sizes { anchors, candidates, .. } = self.candidates.sizes();
        self.apart = Some(terms::apart(anchors, candidates, &network.device()));
        let settings = Settings {
            blocks: self.config.blocks as usize,
            block_size: self.config.block_size as usize,
            decoder_rate: DECODER_RATE,
            temperature: TEMPERATURE.ln() / RATE,
        };
        let rng = generator(self.config.seed, Use::Start);
        Ok(network.starting(start(self.rows, self.train.dim, &settings, rng, control)?))
    }

    fn draw(&mut self) {
        self.candidates.draw();
        let anchors = self.candidates.sizes().anchors;
        (self.towards, self.ways) = (Vec::with_capacity(anchors), Vec::with_capacity(anchors));
        for place in 0..anchors {
            let anchor = self.candidates.rows()[place];
            let near = self.candidates.nearest(anchor, TOWARDS);
            let at = below(&mut self.queries, near.len().max(1));
            self.towards.push(near.get(at).map_or(anchor, |(row, _)| *row));
            self.ways.push(self.queries.random_range(0.0..WAY));
        }
    }

    /// All at once: the terms are of the batch's mean.
    fn parts(&self) -> usize {
        1
    }

    fn prepare(&mut self, mut network: Network, progress: f64) -> Network {
        let way = (1.0 + (PI * (progress / HARDENING).min(1.0)).cos()) / 2.0;
        self.temperature = network.learnt_temperature.as_ref().map(|t| t.val().inner());
        self.softness = (HARD + (SOFT - HARD) * way) as f32;
        network.temperature = self.softness;
        network
    }

    fn loss(&self, _part: usize, network: &Network, vectors: &mut Vectors, progress: f64) -> Tensor<1> {
        let indices: Vec<i32> = self.candidates.rows().iter().map(|row| *row as i32).collect();
        let (n, anchors) = (indices.len(), self.candidates.sizes().anchors);
        let x = vectors.rows(indices);
        let apart = self.apart.clone().unwrap_or_else(|| terms::apart(anchors, n, &x.device()));
        let p = network.answers(x.clone());
        let h = terms::winners(p.clone()).reshape([n, network.outputs()]);
        let decoder = network.decoder_rows();
        let towards = vectors.rows(self.towards.iter().map(|row| *row as i32).collect());
        let queries = self.queries(x.clone().narrow(0, 0, anchors), towards);
        let temperature = match &network.learnt_temperature {
            Some(learnt) => Self::temperature(learnt.val()),
            None => Tensor::full([1], TEMPERATURE, &x.device()),
        };
        let t = &self.config.terms;
        ranking(queries, x, h, decoder, temperature, apart, t) + terms::of_answers(&p, t, progress)
    }

    /// The divergence and the squared error for validation points and their winners.
    fn validate(&self, encoder: &Encoder, control: &Control) -> Result<Validation> {
        control.check()?;
        let dim = encoder.dim();
        let decoder = encoder.decoder().ok_or_else(no_decoder)?;
        let mut codes = encoder.encode(&self.judged);
        codes.chunks_mut(encoder.outputs()).for_each(|row| fit::keep(row, encoder.block_size(), Stored::Winners));
        let x = self.input.apply(&self.judged);
        let decoded = decoder.decode(&codes);
        let decoded = self.input.apply(&decoded);
        let temperature = match &self.temperature {
            Some(learnt) => read(Self::temperature(learnt.clone()))?.first().copied().unwrap_or(TEMPERATURE),
            None => TEMPERATURE,
        };
        let n = x.len() / dim;
        let anchors = &x[..self.judged_anchors * dim];
        let (mut near, mut scores) = (vec![0f32; self.judged_anchors * n], vec![0f32; self.judged_anchors * n]);
        linalg::product_transposed(anchors, &x, dim, &mut near);
        linalg::product_transposed(anchors, &decoded, dim, &mut scores);
        let mut divergence = 0f64;
        for (i, (near, scores)) in near.chunks(n).zip(scores.chunks(n)).enumerate() {
            divergence += terms::divergence_of(near, TEMPERATURE, scores, temperature, i);
        }
        let error: f64 = x.iter().zip(decoded.iter()).map(|(x, d)| f64::from(x - d).powi(2)).sum();
        let t = &self.config.terms;
        let loss = t.distillation * divergence / self.judged_anchors as f64 + t.reconstruction * error / n as f64;
        Ok(Validation { loss: loss as f32, failed: 0, triplets: 0 })
    }

    fn keeps_last(&self) -> bool {
        true
    }

    /// The mean of the decoder that was learnt, which ranks well, and of one that is fitted, which is near: it does better
    /// than either of them.
    fn finish(&self, encoder: Encoder, control: &Control, reporter: &mut Reporter) -> Result<Encoder> {
        let fitted = fit::decoder(&encoder, Stored::Winners, &self.train.vectors, control, reporter)?;
        let learnt = encoder.decoder().ok_or_else(no_decoder)?;
        let mean = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect();
        let weights = mean(learnt.weights(), fitted.weights());
        let decoder = Decoder::new(encoder.dim(), encoder.outputs(), weights, mean(learnt.bias(), fitted.bias()))?;
        let softer = |values: &[f32]| values.iter().map(|v| v * (self.softness / KEPT)).collect();
        let meta = EncoderMeta { stored: Stored::Winners, ..encoder.meta.clone() };
        let (weights, bias) = (softer(encoder.weights()), softer(encoder.bias()));
        Encoder::new(encoder.dim(), encoder.blocks(), encoder.block_size(), weights, bias, meta)?.with_decoder(decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::terms::tests::{agrees, numbers, tensor};
    use super::*;

    const ANCHORS: usize = 3;
    const N: usize = 6;
    const DIM: usize = 4;
    const OUTPUTS: usize = 5;

    /// The loss in float64, one pair at a time.
    fn twin(q: &[f64], x: &[f64], h: &[f64], d: &[f64], temperature: f64, terms: &Terms) -> f64 {
        let decoded: Vec<f64> = (0..N * DIM)
            .map(|at| (0..OUTPUTS).map(|o| h[at / DIM * OUTPUTS + o] * d[o * DIM + at % DIM]).sum())
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let logs = |i: usize, of: &[f64], temperature: f64| -> Vec<f64> {
            let z: Vec<f64> = of.chunks(DIM).map(|row| dot(&q[i * DIM..][..DIM], row) / temperature).collect();
            let sum: f64 = z.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, z)| z.exp()).sum();
            z.iter().map(|z| z - sum.ln()).collect()
        };
        let mut divergence = 0.0;
        for i in 0..ANCHORS {
            let (p, q) = (logs(i, x, f64::from(TEMPERATURE)), logs(i, &decoded, temperature));
            divergence += (0..N).filter(|j| *j != i).map(|j| p[j].exp() * (p[j] - q[j])).sum::<f64>();
        }
        let error: f64 = x.iter().zip(&decoded).map(|(x, d)| (x - d).powi(2)).sum();
        terms.distillation * divergence / ANCHORS as f64 + terms.reconstruction * error / N as f64
    }

    #[test]
    fn loss_and_gradients_are_those_of_the_formula() {
        let (q, x) = (numbers(ANCHORS * DIM, 1.0), numbers(N * DIM, 2.0));
        let (h, d) = (numbers(N * OUTPUTS, 3.0), numbers(OUTPUTS * DIM, 4.0));
        let apart = terms::apart(ANCHORS, N, &tensor(&[0.0], [1]).device());
        let [qs, xs] = [tensor(&q, [ANCHORS, DIM]), tensor(&x, [N, DIM])];
        let [hs, ds] = [tensor(&h, [N, OUTPUTS]), tensor(&d, [OUTPUTS, DIM])];
        let t = tensor(&[0.3], [1]);
        for (distillation, reconstruction) in [(1.0, 0.0), (0.5, 2.0)] {
            let terms = Terms { distillation, reconstruction, ..Terms::default() };
            let loss = |h: &Tensor<2>, d: &Tensor<2>, t: &Tensor<1>| {
                ranking(qs.clone(), xs.clone(), h.clone(), d.clone(), t.clone(), apart.clone(), &terms)
            };
            agrees(&h, [N, OUTPUTS], |h| loss(&h, &ds, &t), |h| twin(&q, &x, h, &d, 0.3, &terms));
            agrees(&d, [OUTPUTS, DIM], |d| loss(&hs, &d, &t), |d| twin(&q, &x, &h, d, 0.3, &terms));
            let learnt = |learnt: Tensor<1>| loss(&hs, &ds, &Codes::temperature(learnt));
            let rate = f64::from(RATE);
            agrees(&[-1.5], [1], learnt, |learnt| twin(&q, &x, &h, &d, (learnt[0] * rate).exp(), &terms));
        }
    }
}
