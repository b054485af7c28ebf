//! What is done to vectors before they are learnt from, and how it is folded into the weights afterwards.

use std::borrow::Cow;

use crate::config::{ObjectiveKind, TrainConfig};
use crate::linalg;

/// x' = gain (x - mean). Unit vectors make logits that are too small to learn from, and a common mean says nothing of a
/// point. W' x' + b' = (gain W') x + (b' - gain W' mean), so that an encoder's file is of the reference's form.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Factor.
    gain: f32,
    /// dim; empty where nothing is subtracted.
    mean: Vec<f32>,
}

impl Input {
    /// As the settings say, for training vectors, n x `dim`. Codes take [`unit`](Self::unit) vectors in any case; what is
    /// balanced takes the gain for vectors whose squares add up to 1 on average, whatever theirs do.
    pub fn new(vectors: &[f32], dim: usize, config: &TrainConfig) -> Self {
        let mean = if config.terms.centre { mean(vectors, dim) } else { Vec::new() };
        let gain = match config.objective {
            ObjectiveKind::Codes => return Self::unit(vectors, dim),
            ObjectiveKind::Balanced => config.terms.gain / rms(vectors, dim, &mean),
            ObjectiveKind::Compatible | ObjectiveKind::Autoencoder => config.terms.gain,
        };
        Self { gain: gain as f32, mean }
    }

    /// x' = (x - mean) / rms(|x - mean|), so that the squares of a vector's components add up to 1 on average.
    pub fn unit(vectors: &[f32], dim: usize) -> Self {
        let mean = mean(vectors, dim);
        Self { gain: (1.0 / rms(vectors, dim, &mean)) as f32, mean }
    }

    /// Leaves vectors as they are.
    pub fn none() -> Self {
        Self { gain: 1.0, mean: Vec::new() }
    }

    /// Vectors as the network sees them, n x dim.
    pub fn apply<'a>(&self, vectors: &'a [f32]) -> Cow<'a, [f32]> {
        if self.mean.is_empty() {
            if self.gain == 1.0 {
                return Cow::Borrowed(vectors);
            }
            return vectors.iter().map(|x| x * self.gain).collect();
        }
        let rows = vectors.chunks(self.mean.len());
        rows.flat_map(|row| row.iter().zip(&self.mean).map(|(x, m)| (x - m) * self.gain)).collect()
    }

    /// Changes weights, outputs x dim in rows, and biases into those for vectors as they come.
    pub fn fold(&self, weights: &mut [f32], bias: &mut [f32], dim: usize) {
        for (row, bias) in weights.chunks_mut(dim).zip(bias) {
            row.iter_mut().for_each(|w| *w *= self.gain);
            let shift: f64 = row.iter().zip(&self.mean).map(|(w, m)| f64::from(*w) * f64::from(*m)).sum();
            *bias -= shift as f32;
        }
    }

    /// Changes a decoder for vectors as the network sees them, outputs x dim in rows, and its bias, into that for vectors as
    /// they come: x = x' / gain + mean.
    pub fn fold_decoder(&self, rows: &mut [f32], bias: &mut [f32]) {
        rows.iter_mut().chain(bias.iter_mut()).for_each(|w| *w /= self.gain);
        bias.iter_mut().zip(&self.mean).for_each(|(b, m)| *b += m);
    }

    /// Factor.
    pub fn gain(&self) -> f32 {
        self.gain
    }

    /// What is subtracted, dim; empty where nothing is.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }
}

/// The root of the mean of |x - mean|^2 over vectors, n x `dim`; 1 where that is 0, as there is nothing to scale.
fn rms(vectors: &[f32], dim: usize, mean: &[f32]) -> f64 {
    let mean = |d: usize| mean.get(d).copied().unwrap_or(0.0);
    let square = |row: &[f32]| row.iter().enumerate().map(|(d, x)| f64::from(x - mean(d)).powi(2)).sum::<f64>();
    let all: f64 = vectors.chunks(dim).map(square).sum();
    let rms = (all / (vectors.len() / dim).max(1) as f64).sqrt();
    if rms > 0.0 { rms } else { 1.0 }
}

/// The mean of vectors, n x `dim`.
fn mean(vectors: &[f32], dim: usize) -> Vec<f32> {
    linalg::mean(vectors, dim).into_iter().map(|m| m as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Terms;

    #[test]
    fn folding_answers_for_vectors_as_they_come() {
        let vectors: Vec<f32> = (0..5 * 3).map(|i| (i as f32 * 1.7).sin()).collect();
        let terms = Terms { gain: 4.0, centre: true, ..Terms::default() };
        let input = Input::new(&vectors, 3, &TrainConfig { terms, ..TrainConfig::default() });
        let seen = input.apply(&vectors);
        assert!((0..3).all(|d| seen.iter().skip(d).step_by(3).sum::<f32>().abs() < 1e-5), "{seen:?}");
        let (mut weights, mut bias) = (vec![0.5, -1.0, 2.0, 0.0, 3.0, 1.0], vec![0.25, -0.5]);
        let z = |x: &[f32], weights: &[f32], bias: &[f32]| -> Vec<f32> {
            let row = |x: &[f32], o: usize| (0..3).map(|d| weights[o * 3 + d] * x[d]).sum::<f32>() + bias[o];
            x.chunks(3).flat_map(|x| [row(x, 0), row(x, 1)]).collect()
        };
        let learnt = z(&seen, &weights, &bias);
        input.fold(&mut weights, &mut bias, 3);
        let got = z(&vectors, &weights, &bias);
        assert!(learnt.iter().zip(&got).all(|(a, b)| (a - b).abs() < 1e-5), "{learnt:?} {got:?}");
    }

    #[test]
    fn unit_input_has_no_mean_and_unit_squares_and_its_decoder_leads_back() {
        let vectors: Vec<f32> = (0..7 * 3).map(|i| (i as f32 * 1.3).cos() * 5.0 + 2.0).collect();
        let input = Input::unit(&vectors, 3);
        let seen = input.apply(&vectors);
        assert!((0..3).all(|d| seen.iter().skip(d).step_by(3).sum::<f32>().abs() < 1e-5), "{seen:?}");
        assert!((seen.iter().map(|x| x * x).sum::<f32>() / 7.0 - 1.0).abs() < 1e-5);
        // Decoded from one feature for each axis, each vector is what it was.
        let (mut rows, mut bias) = (vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], vec![0.0; 3]);
        input.fold_decoder(&mut rows, &mut bias);
        for (x, code) in vectors.chunks(3).zip(seen.chunks(3)) {
            for d in 0..3 {
                let back = (0..3).map(|f| code[f] * rows[f * 3 + d]).sum::<f32>() + bias[d];
                assert!((back - x[d]).abs() < 1e-4, "{back} {}", x[d]);
            }
        }
        assert_eq!(Input::unit(&[2.0, 2.0], 1).apply(&[2.0, 3.0]).as_ref(), [0.0, 1.0]);
    }

    #[test]
    fn a_balanced_gain_is_for_vectors_of_any_length() {
        let terms = Terms { gain: 4.0, ..Terms::default() };
        let config = TrainConfig { objective: ObjectiveKind::Balanced, terms, ..TrainConfig::default() };
        let vectors = [30.0f32, 40.0, 0.0, 0.0, -50.0, 0.0];
        let seen = Input::new(&vectors, 2, &config).apply(&vectors).into_owned();
        let squares = seen.iter().map(|x| x * x).sum::<f32>() / 3.0;
        assert!((squares - 16.0).abs() < 1e-4 && (seen[1] / seen[0] - 4.0 / 3.0).abs() < 1e-6, "{seen:?}");
        let as_it_is = TrainConfig { objective: ObjectiveKind::Compatible, ..config };
        assert_eq!(Input::new(&vectors, 2, &as_it_is).apply(&vectors)[0], 120.0);
    }

    #[test]
    fn nothing_asked_for_copies_nothing() {
        assert!(matches!(Input::none().apply(&[1.0, 2.0]), Cow::Borrowed(_)));
        assert_eq!(Input::new(&[1.0, 2.0], 2, &TrainConfig::default()), Input::none());
    }
}
