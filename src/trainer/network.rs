//! The block encoder as a Burn module: the form that learns.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;

use super::input::Input;
use crate::encoder::{Activation, Decoder, Encoder, EncoderMeta};
use crate::error::{Error, Result};
use crate::linalg;
use crate::random::{Use, generator};

/// Linear layers side by side as one product, each followed by its own SoftMax.
#[derive(Module, Debug)]
pub struct Network {
    /// dim x (blocks * block size).
    weight: Param<Tensor<2>>,
    /// blocks * block size.
    bias: Param<Tensor<1>>,
    /// (blocks * block size) x dim: a decoder that is learnt with the rest.
    pub(super) decoder: Option<Param<Tensor<2>>>,
    /// dim.
    pub(super) decoder_bias: Option<Param<Tensor<1>>>,
    /// A temperature of the loss that is learnt with the rest, in a form that the objective knows.
    pub(super) learnt_temperature: Option<Param<Tensor<1>>>,
    dropout: Dropout,
    blocks: usize,
    block_size: usize,
    /// What the logits are divided by; folded into the weights.
    #[module(skip)]
    pub(super) temperature: f32,
    #[module(skip)]
    input: Input,
    #[module(skip)]
    scales: Scales,
}

/// What parameters are multiplied with, so that one learning rate suits all of them: Adam's steps are of one size, however
/// large a parameter is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Of the weights.
    pub weight: f32,
    /// Of the biases.
    pub bias: f32,
    /// Of the decoder's weights.
    pub decoder: f32,
}

impl Default for Scales {
    fn default() -> Self {
        Self { weight: 1.0, bias: 1.0, decoder: 1.0 }
    }
}

/// Values to start from, for vectors as the network sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// dim x outputs in rows.
    pub weights: Vec<f32>,
    /// outputs.
    pub bias: Vec<f32>,
    /// outputs x dim in rows.
    pub decoder: Vec<f32>,
    /// What they are multiplied with; it is not yet in them.
    pub scales: Scales,
    /// The learnt temperature, in a form that the objective knows.
    pub temperature: f32,
}

impl Network {
    /// With weights and biases uniform in +-1/sqrt(dim), as torch's `Linear` has them. The same seed gives the same
    /// weights on every device.
    pub fn new(dim: usize, blocks: usize, block_size: usize, dropout: f64, seed: u64, device: &Device) -> Self {
        let mut rng = generator(seed, Use::Weights);
        let bound = 1.0 / (dim as f32).sqrt();
        let mut draw = |n: usize| (0..n).map(|_| rng.random_range(-bound..=bound)).collect::<Vec<f32>>();
        let outputs = blocks * block_size;
        let (weight, bias) = (draw(dim * outputs), draw(outputs));
        Self {
            weight: Param::from_data(TensorData::new(weight, [dim, outputs]), device),
            bias: Param::from_data(TensorData::new(bias, [outputs]), device),
            decoder: None,
            decoder_bias: None,
            learnt_temperature: None,
            dropout: DropoutConfig::new(dropout).init(),
            blocks,
            block_size,
            temperature: 1.0,
            input: Input::none(),
            scales: Scales::default(),
        }
    }

    /// The same with other weights, a decoder and a temperature to learn.
    pub fn starting(self, start: Start) -> Self {
        let [dim, outputs] = self.weight.dims();
        let device = self.weight.val().device();
        let scaled = |values: Vec<f32>, by: f32| values.into_iter().map(|v| v / by).collect::<Vec<_>>();
        let Start { weights, bias, decoder, scales, temperature } = start;
        let table = |values, scale, shape| Param::from_data(TensorData::new(scaled(values, scale), shape), &device);
        Self {
            weight: table(weights, scales.weight, [dim, outputs]),
            bias: Param::from_data(TensorData::new(scaled(bias, scales.bias), [outputs]), &device),
            decoder: Some(table(decoder, scales.decoder, [outputs, dim])),
            learnt_temperature: Some(Param::from_data(TensorData::new(vec![temperature], [1]), &device)),
            scales,
            ..self
        }
    }

    /// The same for vectors that went through `input`, which is folded into the weights of an encoder.
    pub fn on(self, input: Input) -> Self {
        Self { input, ..self }
    }

    /// The same with all weights and biases multiplied.
    pub fn times(self, factor: f32) -> Self {
        let weight = self.weight.map(|w| (w.detach() * factor).require_grad());
        let bias = self.bias.map(|b| (b.detach() * factor).require_grad());
        Self { weight, bias, ..self }
    }

    /// What is done to vectors before they come here.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// The values of the linear layers, rows x (blocks * block size), before temperature and activation.
    pub fn linear(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(scaled(self.weight.val(), self.scales.weight))
            + scaled(self.bias.val(), self.scales.bias).unsqueeze::<2>()
    }

    /// What each feature adds to a vector, (blocks * block size) x dim; without a decoder of their own, the weights.
    pub fn decoder_rows(&self) -> Tensor<2> {
        match &self.decoder {
            Some(decoder) => scaled(decoder.val(), self.scales.decoder),
            None => scaled(self.weight.val(), self.scales.weight).transpose(),
        }
    }

    /// The device.
    pub fn device(&self) -> Device {
        self.weight.val().device()
    }

    /// Block outputs of rows that already went through dropout, rows x (blocks * block size).
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [rows, _] = x.dims();
        self.answers(x).reshape([rows, self.outputs()])
    }

    /// The same, rows x blocks x block size.
    pub fn answers(&self, x: Tensor<2>) -> Tensor<3> {
        let [rows, _] = x.dims();
        let z = self.linear(x);
        let z = if self.temperature == 1.0 { z } else { z * (1.0 / self.temperature) };
        activation::softmax(z.reshape([rows, self.blocks, self.block_size]), 2)
    }

    /// Outputs of one row: blocks * block size.
    pub fn outputs(&self) -> usize {
        self.blocks * self.block_size
    }

    /// The weights as an encoder, with the decoder where there is one. Waits for the device.
    pub fn to_encoder(&self, meta: EncoderMeta) -> Result<Encoder> {
        let [dim, outputs] = self.weight.dims();
        let mut weights = linalg::transposed(&read(self.weight.val())?, outputs);
        let mut bias = read(self.bias.val())?;
        weights.iter_mut().for_each(|w| *w *= self.scales.weight);
        bias.iter_mut().for_each(|b| *b *= self.scales.bias);
        let decoder = match (&self.decoder, &self.decoder_bias) {
            (Some(decoder), Some(centre)) => Some((read(decoder.val())?, read(centre.val())?)),
            (Some(decoder), None) => Some((read(decoder.val())?, vec![0.0; dim])),
            _ => None,
        };
        if let Some((_, centre)) = &decoder {
            for (row, bias) in weights.chunks(dim).zip(&mut bias) {
                *bias -= linalg::dot(row, centre);
            }
        }
        if self.temperature != 1.0 {
            weights.iter_mut().chain(&mut bias).for_each(|w| *w /= self.temperature);
        }
        self.input.fold(&mut weights, &mut bias, dim);
        let encoder = Encoder::new(dim, self.blocks, self.block_size, weights, bias, meta)?;
        match decoder {
            Some((mut rows, mut centre)) => {
                // Activations that became smaller are made up for; those of a SoftMax sum to 1 in any case.
                let scale = if encoder.activation() == Activation::SoftMax { 1.0 } else { self.temperature };
                rows.iter_mut().for_each(|w| *w *= scale * self.scales.decoder);
                self.input.fold_decoder(&mut rows, &mut centre);
                encoder.with_decoder(Decoder::new(dim, outputs, rows, centre)?)
            }
            None => Ok(encoder),
        }
    }
}

fn scaled<const D: usize>(tensor: Tensor<D>, by: f32) -> Tensor<D> {
    if by == 1.0 { tensor } else { tensor * by }
}

/// A tensor's numbers, row by row. Waits for the device.
pub(super) fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor.try_into_vec_as::<f32>().map_err(|e| Error::Device(e.to_string()))
}

/// The training vectors where the device has them, and dropout on rows taken from them.
pub enum Vectors<'a> {
    /// The CPU backend works on host memory: rows are gathered and dropped out in one pass. The mask comes from a
    /// generator of our own, so that a run is repeatable whatever else the process does.
    Host {
        /// n x dim.
        rows: &'a [f32],
        /// Dimensions.
        dim: usize,
        /// Share of components dropped.
        dropout: f64,
        /// Draws the mask.
        rng: ChaCha8Rng,
        /// The autodiff device.
        device: Device,
    },
    /// On the device for good; only indices travel. The mask comes from the device's generator.
    Device {
        /// n x dim, on the autodiff device (or dropout would be skipped), without a gradient.
        table: Tensor<2>,
    },
}

impl<'a> Vectors<'a> {
    /// For the CPU backend.
    pub fn host(rows: &'a [f32], dim: usize, dropout: f64, seed: u64, device: &Device) -> Self {
        let rng = generator(seed, Use::Dropout);
        Self::Host { rows, dim, dropout, rng, device: device.clone() }
    }

    /// For a GPU: uploads the vectors.
    pub fn upload(rows: &[f32], dim: usize, seed: u64, device: &Device) -> Self {
        device.seed(seed);
        let data = TensorData::new(rows.to_vec(), [rows.len() / dim, dim]);
        Self::Device { table: Tensor::from_data(data, device) }
    }

    /// Takes rows as they are.
    pub fn rows(&self, indices: Vec<i32>) -> Tensor<2> {
        match self {
            Self::Host { rows, dim, device, .. } => {
                let x = gather(rows, *dim, &indices);
                Tensor::from_data(TensorData::new(x, [indices.len(), *dim]), device)
            }
            Self::Device { table } => {
                let n = indices.len();
                let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [n]), &table.device());
                table.clone().select(0, indices)
            }
        }
    }

    /// Takes rows for training, with dropout.
    pub fn take(&mut self, indices: Vec<i32>, network: &Network) -> Tensor<2> {
        match self {
            Self::Host { rows, dim, dropout, rng, device } => {
                let mut x = gather(rows, *dim, &indices);
                drop_out(&mut x, *dropout, rng);
                Tensor::from_data(TensorData::new(x, [indices.len(), *dim]), &*device)
            }
            Self::Device { .. } => network.dropout.forward(self.rows(indices)),
        }
    }
}

fn gather(rows: &[f32], dim: usize, indices: &[i32]) -> Vec<f32> {
    let mut x = Vec::with_capacity(indices.len() * dim);
    for i in indices {
        x.extend_from_slice(&rows[*i as usize * dim..][..dim]);
    }
    x
}

/// Inverted dropout: each component becomes 0 with probability `p` (to 1 in 65,536), the others grow by 1 / (1 - p).
fn drop_out(x: &mut [f32], p: f64, rng: &mut ChaCha8Rng) {
    if p == 0.0 {
        return;
    }
    let limit = (p * 65_536.0).round() as u16;
    let scale = 1.0 / (1.0 - f32::from(limit) / 65_536.0);
    let mut bytes = [0u8; 1024];
    for chunk in x.chunks_mut(512) {
        rng.fill_bytes(&mut bytes);
        for (x, b) in chunk.iter_mut().zip(bytes.as_chunks::<2>().0) {
            *x *= if u16::from_le_bytes(*b) < limit { 0.0 } else { scale };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        let mut rng = generator(3, Use::Dropout);
        let mut x = vec![1.0; 1_000_000];
        drop_out(&mut x, 0.05, &mut rng);
        let dropped = x.iter().filter(|v| **v == 0.0).count() as f64 / 1e6;
        assert!((dropped - 0.05).abs() < 5.0 * (0.05f64 * 0.95 / 1e6).sqrt(), "{dropped}");
        assert!(x.iter().all(|v| *v == 0.0 || (*v - 1.0 / 0.95).abs() < 1e-4));
    }

    /// Dropout of Burn is silently off on a device without autodiff.
    #[test]
    fn rows_from_a_device_are_dropped_out_too() {
        let device = Device::flex().autodiff();
        let network = Network::new(64, 1, 2, 0.5, 1, &device);
        let rows = vec![1.0; 64 * 8];
        for mut vectors in [Vectors::host(&rows, 64, 0.5, 1, &device), Vectors::upload(&rows, 64, 1, &device)] {
            let x = vectors.take(vec![0, 3, 3], &network).try_into_vec_as::<f32>().unwrap();
            let dropped = x.iter().filter(|v| **v == 0.0).count();
            assert!((40..152).contains(&dropped), "{dropped} of {}", x.len());
        }
    }

    #[test]
    fn the_module_and_the_encoder_answer_alike() {
        let device = Device::flex();
        let network = Network::new(9, 3, 4, 0.1, 5, &device);
        let x: Vec<f32> = (0..45).map(|i| (i as f32).sin()).collect();
        let encoder = network.to_encoder(EncoderMeta::default()).unwrap();
        let theirs =
            network.forward(Tensor::from_data(TensorData::new(x.clone(), [5, 9]), &device)).try_into_vec_as::<f32>();
        for (a, b) in encoder.encode(&x).iter().zip(theirs.unwrap()) {
            assert!((a - b).abs() < 1e-6);
        }
        assert!(encoder.weights().iter().all(|w| w.abs() <= 1.0 / 3.0));
    }

    /// Gain, mean, temperature and scales are all in the encoder, and it decodes to vectors as they come.
    #[test]
    fn what_is_folded_in_answers_as_the_network_does() {
        let device = Device::flex();
        let numbers = |n: usize, by: f32| (0..n).map(|i| (i as f32 * by).sin()).collect::<Vec<f32>>();
        let vectors: Vec<f32> = numbers(7 * 5, 1.3).iter().map(|x| 3.0 * x + 1.0).collect();
        let input = Input::unit(&vectors, 5);
        let start = Start {
            weights: numbers(5 * 12, 0.7),
            bias: numbers(12, 0.9),
            decoder: numbers(12 * 5, 1.1),
            scales: Scales { weight: 0.2, bias: 3.0, decoder: 0.5 },
            temperature: -2.0,
        };
        let network = Network::new(5, 3, 4, 0.0, 5, &device).on(input.clone()).starting(start);
        let network = Network { temperature: 0.4, ..network };
        let encoder = network.to_encoder(EncoderMeta::default()).unwrap();
        let seen = Tensor::from_data(TensorData::new(input.apply(&vectors).into_owned(), [7, 5]), &device);
        let theirs = network.forward(seen).try_into_vec_as::<f32>().unwrap();
        assert!(encoder.encode(&vectors).iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-5));
        let codes = Tensor::<2>::from_data(TensorData::new(theirs.clone(), [7, 12]), &device);
        let decoded = codes.matmul(network.decoder_rows()).try_into_vec_as::<f32>().unwrap();
        let back = encoder.decoder().unwrap().decode(&theirs);
        assert!(input.apply(&back).iter().zip(decoded).all(|(a, b)| (a - b).abs() < 1e-4));
        // The same learning rate moves each parameter by a share of what it is.
        let smaller = network.times(0.5).to_encoder(EncoderMeta::default()).unwrap();
        assert!(smaller.weights().iter().zip(encoder.weights()).all(|(a, b)| (2.0 * a - b).abs() < 1e-5));
    }
}
