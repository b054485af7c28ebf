//! A sparse autoencoder: z = W (x - c) + b, f = the k largest of max(z, 0), x ~ D^T f + c, with unit rows D_i.
//!
//! What is minimised is in [`loss`]. The decoder begins as the encoder transposed; after each step its rows are of unit
//! length again, and as the loss sees D_i / |D_i| the gradient has no part along D_i. Vectors are learnt from centred and
//! at a mean square of 1, and activations are divided by the largest one on the training points, so that codes lie
//! between 0 and 1: both are folded into the weights and the decoder.

mod loss;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use burn::tensor::{Tensor, TensorData};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::batching::Batching;
use super::network::{Network, Vectors, read};
use super::objective::{Objective, Validation};
use crate::config::TrainConfig;
use crate::encoder::{CODE_SIZES, Encoder, EncoderMeta};
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::random::{Use, generator};
use crate::similarity::SimilarityData;
use loss::{Given, Gradient, Loss};

/// Points whose activations are looked at together.
const PAGE: usize = 256;

/// Reconstruction by few features.
pub struct Autoencoder<'a> {
    loss: Loss,
    train: &'a SimilarityData,
    validation: &'a SimilarityData,
    /// The training points in the order that they are taken in, and how many of them are.
    order: Vec<i32>,
    taken: usize,
    rng: ChaCha8Rng,
    batch: Vec<i32>,
    batching: Batching,
    dropout: bool,
    /// Steps since each feature fired, and after how many it is dead.
    idle: Vec<u32>,
    dead_after: u32,
    /// Which features fired in the present step; none before the first.
    fired: RefCell<Option<Vec<bool>>>,
}

impl<'a> Autoencoder<'a> {
    /// `part` is the most points to take at a time.
    pub fn new(train: &'a SimilarityData, validation: &'a SimilarityData, config: &TrainConfig, part: usize) -> Self {
        let features = config.block_size as usize;
        Self {
            loss: Loss::new(&config.autoencoder, features, train.dim),
            order: (0..train.len() as i32).collect(),
            taken: train.len(),
            train,
            validation,
            rng: generator(config.seed, Use::Triplets),
            batch: Vec::new(),
            batching: Batching::new(config, part),
            dropout: config.dropout > 0.0,
            idle: vec![0; features],
            dead_after: config.autoencoder.dead_after,
            fired: RefCell::new(None),
        }
    }

    /// The gradient for points as the network sees them, with their values of its linear layer. Waits for the device.
    fn gradient(&self, x: &Tensor<2>, z: &Tensor<2>, network: &Network) -> Result<Gradient> {
        let (Some(decoder), Some(bias)) = (&network.decoder, &network.decoder_bias) else {
            return Err(crate::error::Error::setting("an autoencoder needs a decoder"));
        };
        let dead: Vec<bool> = self.idle.iter().map(|steps| *steps >= self.dead_after).collect();
        let given = Given {
            decoder: &linalg::normalised(&read(decoder.val())?, self.train.dim),
            bias: &read(bias.val())?,
            dead: &dead,
            points: self.batch.len(),
        };
        Ok(self.loss.gradient(&read(x.clone())?, &read(z.clone())?, &given))
    }
}

impl Objective for Autoencoder<'_> {
    fn steps(&self) -> usize {
        self.batching.steps
    }

    fn samples(&self) -> usize {
        self.batching.size
    }

    fn draw(&mut self) {
        self.batch.clear();
        while self.batch.len() < self.batching.size {
            if self.taken == self.order.len() {
                self.order.shuffle(&mut self.rng);
                self.taken = 0;
            }
            let more = (self.batching.size - self.batch.len()).min(self.order.len() - self.taken);
            self.batch.extend_from_slice(&self.order[self.taken..self.taken + more]);
            self.taken += more;
        }
    }

    fn parts(&self) -> usize {
        self.batching.parts(self.batch.len())
    }

    fn loss(&self, part: usize, network: &Network, vectors: &mut Vectors, _progress: f64) -> Tensor<1> {
        let rows = &self.batch[self.batching.range(part, self.batch.len())];
        let target = vectors.rows(rows.to_vec());
        let x = if self.dropout { vectors.take(rows.to_vec(), network) } else { target.clone() };
        let z = network.autoencoder_codes(x);
        let (Ok(gradient), Some(decoder), Some(bias)) =
            (self.gradient(&target, &z, network), &network.decoder, &network.decoder_bias)
        else {
            // A device that fails is told as a loss that is no number.
            return z.sum() * f32::NAN;
        };
        let mut fired = self.fired.borrow_mut();
        match fired.as_mut() {
            Some(fired) => fired.iter_mut().zip(&gradient.fired).for_each(|(all, here)| *all |= here),
            None => *fired = Some(gradient.fired),
        }
        let device = z.device();
        let rows = decoder.val();
        let unit = rows.clone() / rows.square().sum_dim(1).sqrt().clamp_min(f32::MIN_POSITIVE);
        let constant = |values: Vec<f32>, shape: [usize; 2]| {
            Tensor::<2>::from_data(TensorData::new(values, shape), &device).detach()
        };
        let (z_shape, unit_shape) = (z.dims(), unit.dims());
        let bias = bias.val().unsqueeze::<2>();
        // A sum whose gradient is the one worked out, and whose value is put right.
        let linear = (z * constant(gradient.z, z_shape)).sum()
            + (unit * constant(gradient.decoder, unit_shape)).sum()
            + (bias * constant(gradient.bias, [1, self.train.dim])).sum();
        linear.clone() - linear.detach() + gradient.loss as f32
    }

    fn prepare(&mut self, network: Network, _progress: f64) -> Network {
        let Some(fired) = self.fired.take() else { return network };
        for (idle, fired) in self.idle.iter_mut().zip(fired) {
            *idle = if fired { 0 } else { idle.saturating_add(1) };
        }
        network.with_unit_decoder()
    }

    /// Unit rows, and the scale of the activations.
    fn settle(&mut self, network: Network) -> Result<Network> {
        let mut network = network.with_unit_decoder();
        network.temperature = 1.0;
        let largest = largest_value(&network.to_encoder(EncoderMeta::default())?, &self.train.vectors);
        if largest > 0.0 {
            network.temperature = largest;
        }
        Ok(network)
    }

    /// The share of the validation points' variance that is not explained.
    fn validate(&self, encoder: &Encoder, control: &Control) -> Result<Validation> {
        control.check()?;
        let kept = encoder.kept(&self.validation.vectors);
        Ok(Validation { loss: kept.map_or(f32::NAN, |kept| kept.unexplained), failed: 0, triplets: 0 })
    }

    /// What the code keeps where it is truncated.
    fn finish(&self, mut encoder: Encoder, control: &Control, _reporter: &mut Reporter) -> Result<Encoder> {
        let mut sizes = CODE_SIZES.to_vec();
        sizes.extend(encoder.code_size());
        sizes.retain(|k| *k <= encoder.outputs());
        sizes.sort_unstable();
        sizes.dedup();
        let mut all = Vec::new();
        for size in sizes {
            control.check()?;
            all.extend(encoder.truncated(size)?.kept(&self.validation.vectors));
        }
        encoder.meta.kept = all;
        Ok(encoder)
    }
}

/// The largest value of the linear layer.
fn largest_value(encoder: &Encoder, vectors: &[f32]) -> f32 {
    let (dim, outputs) = (encoder.dim(), encoder.outputs());
    let largest = |rows: &[f32]| {
        let mut z = vec![0f32; rows.len() / dim * outputs];
        linalg::product_transposed(rows, encoder.weights(), dim, &mut z);
        let biased = z.chunks(outputs).flat_map(|z| z.iter().zip(encoder.bias()).map(|(z, b)| z + b));
        biased.fold(f32::NEG_INFINITY, f32::max)
    };
    vectors.par_chunks(PAGE * dim).map(largest).reduce(|| f32::NEG_INFINITY, f32::max)
}
