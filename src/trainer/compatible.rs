//! The reference's objective: triplets, each with its own margin, under the cosine distance.

use burn::tensor::{Tensor, TensorData, activation};

use super::batching::Batching;
use super::network::{Network, Vectors};
use super::objective::{Objective, Validation};
use crate::config::TrainConfig;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::job::Control;
use crate::random::{Use, generator};
use crate::similarity::SimilarityData;
use crate::triplets::{TripletSampler, Triplets};

/// Added to the product of two lengths, as the reference does it.
const EPSILON: f32 = 1e-8;

/// More validation triplets than this would say no more, and take time in every epoch.
const MOST_VALIDATION: usize = 100_000;

/// Loss = mean relu(d(a, p) - d(a, n) + m) with d(u, v) = 1 - u.v / (|u||v| + 1e-8).
pub struct Compatible<'a> {
    sampler: TripletSampler,
    batch: Triplets,
    batching: Batching,
    validation: Triplets,
    validation_vectors: &'a [f32],
}

impl<'a> Compatible<'a> {
    /// `part` is the most triplets to take at a time.
    pub fn new(
        train: &'a SimilarityData,
        val: &'a SimilarityData,
        config: &TrainConfig,
        part: usize,
        control: &Control,
    ) -> Result<Self> {
        let sampler = TripletSampler::new(
            &train.matrix,
            config.min_margin,
            generator(config.seed, Use::Triplets),
            &train.title,
            control,
        )?;
        let mut validation = Triplets::default();
        // Drawn once and kept, so that the curve can be read.
        TripletSampler::new(
            &val.matrix,
            config.min_margin,
            generator(config.seed, Use::Validation),
            &val.title,
            control,
        )?
        .draw((config.epoch_size as usize / 10).clamp(1, MOST_VALIDATION), &mut validation);
        Ok(Self {
            sampler,
            batch: Triplets::default(),
            batching: Batching::new(config, part),
            validation,
            validation_vectors: &val.vectors,
        })
    }
}

impl Objective for Compatible<'_> {
    fn steps(&self) -> usize {
        self.batching.steps
    }

    fn samples(&self) -> usize {
        self.batching.size
    }

    fn draw(&mut self) {
        self.batch.clear();
        self.sampler.draw(self.batching.size, &mut self.batch);
    }

    fn parts(&self) -> usize {
        self.batching.parts(self.batch.len())
    }

    fn loss(&self, part: usize, network: &Network, vectors: &mut Vectors, _progress: f64) -> Tensor<1> {
        let range = self.batching.range(part, self.batch.len());
        let n = range.len();
        let batch = &self.batch;
        let indices = [&batch.anchors, &batch.positives, &batch.negatives]
            .iter()
            .flat_map(|column| column[range.clone()].iter().map(|i| *i as i32))
            .collect();
        let y = network.forward(vectors.take(indices, network));
        let margins = TensorData::new(batch.margins[range].to_vec(), [n, 1]);
        let margins = Tensor::<2>::from_data(margins, &y.device());
        let loss = triplet_loss(y, margins, n);
        loss.sum() * (1.0 / batch.len() as f32)
    }

    fn validate(&self, encoder: &Encoder, control: &Control) -> Result<Validation> {
        let (dim, width) = (encoder.dim(), encoder.outputs());
        let mut sum = 0f64;
        let mut failed = 0;
        let t = &self.validation;
        // In parts, as the outputs of a large encoder would not fit into memory all at once.
        let part = ((8 << 20) / width).max(1);
        let mut rows = Vec::new();
        for start in (0..t.len()).step_by(part) {
            control.check()?;
            let range = start..(start + part).min(t.len());
            rows.clear();
            for i in range.clone() {
                for point in [t.anchors[i], t.positives[i], t.negatives[i]] {
                    rows.extend_from_slice(&self.validation_vectors[point as usize * dim..][..dim]);
                }
            }
            for (y, i) in encoder.encode(&rows).chunks(3 * width).zip(range) {
                let (a, rest) = y.split_at(width);
                let (p, n) = rest.split_at(width);
                let loss = (cosine_distance(a, p) - cosine_distance(a, n) + f64::from(t.margins[i])).max(0.0);
                sum += loss;
                failed += u64::from(loss > 0.0);
            }
        }
        Ok(Validation { loss: (sum / t.len() as f64) as f32, failed, triplets: t.len() as u64 })
    }
}

fn cosine_distance(u: &[f32], v: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| f64::from(crate::linalg::dot(a, b));
    1.0 - dot(u, v) / (dot(u, u).sqrt() * dot(v, v).sqrt() + f64::from(EPSILON))
}

/// The losses of `n` triplets, n x 1, from the outputs of their anchors, positives and negatives, 3n x width.
fn triplet_loss(y: Tensor<2>, margins: Tensor<2>, n: usize) -> Tensor<2> {
    let lengths = (y.clone() * y.clone()).sum_dim(1).sqrt();
    let a = y.clone().narrow(0, 0, n);
    let a_length = lengths.clone().narrow(0, 0, n);
    let similarity = |which: usize| {
        let other = y.clone().narrow(0, which * n, n);
        let length = lengths.clone().narrow(0, which * n, n);
        (a.clone() * other).sum_dim(1) / (a_length.clone() * length + EPSILON)
    };
    // d(a, p) - d(a, n) = s(a, n) - s(a, p)
    activation::relu(similarity(2) - similarity(1) + margins)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// The formula in float64, one triplet at a time.
    fn twin(y: &[f64], margins: &[f64], width: usize) -> f64 {
        let n = margins.len();
        let row = |i: usize| &y[i * width..][..width];
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let d = |a: &[f64], b: &[f64]| 1.0 - dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt() + 1e-8);
        (0..n).map(|i| (d(row(i), row(n + i)) - d(row(i), row(2 * n + i)) + margins[i]).max(0.0)).sum::<f64>()
            / n as f64
    }

    #[test]
    fn loss_and_gradient_are_those_of_the_formula() {
        let (n, width) = (3, 5);
        let values: Vec<f32> = (0..3 * n * width).map(|i| ((i * 37 % 19) as f32 + 1.0) / 20.0).collect();
        let margins = [0.3f32, 0.1, 0.0];
        let device = Device::flex().autodiff();
        let y = Tensor::<2>::from_data(TensorData::new(values.clone(), [3 * n, width]), &device).require_grad();
        let m = Tensor::<2>::from_data(TensorData::new(margins.to_vec(), [n, 1]), &device);
        let loss = triplet_loss(y.clone(), m, n).mean();
        let exact: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        let exact_margins: Vec<f64> = margins.iter().map(|v| f64::from(*v)).collect();
        let expected = twin(&exact, &exact_margins, width);
        assert!(expected > 0.0);
        let grads = loss.backward();
        let got = loss.try_into_scalar::<f32>().unwrap();
        assert!((f64::from(got) - expected).abs() < 1e-6, "{got} {expected}");
        let gradient = y.grad(&grads).unwrap().try_into_vec_as::<f32>().unwrap();
        for (i, g) in gradient.iter().enumerate() {
            let shifted = |by: f64| {
                let mut y = exact.clone();
                y[i] += by;
                twin(&y, &exact_margins, width)
            };
            let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
            assert!((f64::from(*g) - numeric).abs() < 1e-5, "{i}: {g} {numeric}");
        }
    }

    /// A batch that is taken in parts has the loss and the gradient of the whole.
    #[test]
    fn parts_add_up_to_the_batch() {
        let n = 40;
        let vectors: Vec<f32> = (0..n * 6).map(|i| ((i * i) as f32 * 0.13).sin()).collect();
        let found = crate::similarity::exact_neighbours(
            &vectors,
            6,
            10,
            crate::source::Distance::Cosine,
            None,
            &Control::new(),
            &mut crate::job::Reporter::silent(),
        )
        .unwrap();
        let data = SimilarityData {
            title: "test".into(),
            matrix: found.into_matrix(),
            vectors,
            dim: 6,
            ids: (0..n as u64).map(crate::source::PointId::Num).collect(),
        };
        let config = TrainConfig { dropout: 0.0, ..TrainConfig::default() };
        let device = Device::flex().autodiff();
        let network = Network::new(6, 2, 5, 0.0, 1, &device);
        let measure = |part: usize| {
            let mut objective = Compatible::new(&data, &data, &config, part, &Control::new()).unwrap();
            let mut vectors = Vectors::host(&data.vectors, 6, 0.0, 1, &device);
            objective.draw();
            let loss = (0..objective.parts())
                .map(|part| objective.loss(part, &network, &mut vectors, 0.0))
                .reduce(|a, b| a + b)
                .unwrap();
            (objective.parts(), loss.try_into_scalar::<f32>().unwrap())
        };
        let (whole, parts) = (measure(32), measure(7));
        assert_eq!((whole.0, parts.0), (1, 5));
        assert!(whole.1 > 0.0 && (whole.1 - parts.1).abs() < 1e-6, "{whole:?} {parts:?}");
    }
}
