//! A linear decoder by least squares, for codes as they are stored.

use crate::encoder::{Decoder, Encoder, Stored, keep_largest};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::linalg::squares::{LeastSquares, PAGE};

/// What is added to the diagonal: as much as one point more for each feature. Without it a feature that never occurs, or
/// always with another, would have no weights.
pub const RIDGE: f64 = 1.0;

/// The most features; the matrix of the system takes 12 bytes for each pair of them.
pub const MOST_FEATURES: usize = 4_096;

/// Fits x = D y + c to vectors, n x dim, where c is their mean, and y what is stored of their code: D minimises
/// sum |x - c - D y|^2 + |D|_F^2. A stop does not end it: what is kept of a training gets its decoder.
pub fn decoder(
    encoder: &Encoder,
    stored: Stored,
    vectors: &[f32],
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Decoder> {
    let (dim, outputs) = (encoder.dim(), encoder.outputs());
    if outputs > MOST_FEATURES {
        return Err(Error::setting(format!(
            "a decoder is fitted for at most {MOST_FEATURES} features, and there are {outputs}"
        )));
    }
    let control = &control.past_stop();
    let mut fit = LeastSquares::new(outputs, dim);
    let mean = linalg::mean(vectors, dim);
    reporter.stage("fitting the decoder", "points", Some((vectors.len() / dim) as u64));
    for page in vectors.chunks(PAGE * dim) {
        control.check()?;
        let mut codes = encoder.encode(page);
        codes.chunks_mut(outputs).for_each(|row| keep(row, encoder.block_size(), stored));
        fit.add(&codes, &linalg::less(page, &mean));
        reporter.advance((page.len() / dim) as u64);
    }
    Decoder::new(dim, outputs, fit.solve(RIDGE, control)?, mean.into_iter().map(|m| m as f32).collect())
}

/// Leaves of a point's activations, in blocks of `block_size`, what is stored of them.
pub fn keep(row: &mut [f32], block_size: usize, stored: Stored) {
    match stored {
        Stored::Activations => {}
        Stored::Winners => row.chunks_mut(block_size).for_each(|block| {
            let winner = strongest(block);
            block.fill(0.0);
            block[winner] = 1.0;
        }),
        Stored::Strongest(k) => {
            let mut order = Vec::with_capacity(block_size);
            row.chunks_mut(block_size).for_each(|block| keep_largest(block, k, &mut order));
        }
    }
}

/// The place of the largest value; of equal ones the first.
fn strongest(block: &[f32]) -> usize {
    block.iter().enumerate().fold(0, |best, (i, value)| if *value > block[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoder::EncoderMeta;

    /// Numbers without a pattern.
    fn noise(n: usize, seed: f32) -> Vec<f32> {
        (0..n).map(|i| ((i as f32 + seed) * 12.989_8).sin() * 43_758.547 % 1.0).collect()
    }

    fn encoder(dim: usize, blocks: usize, size: usize) -> Encoder {
        let weights = noise(dim * blocks * size, 1.0).iter().map(|w| w * 3.0).collect();
        Encoder::new(dim, blocks, size, weights, noise(blocks * size, 7.0), EncoderMeta::default()).unwrap()
    }

    #[test]
    fn what_is_stored_is_kept() {
        let row = [0.1, 0.7, 0.2, 0.0, 0.4, 0.1, 0.1, 0.4];
        let kept = |stored| {
            let mut row = row.to_vec();
            keep(&mut row, 4, stored);
            row
        };
        assert_eq!(kept(Stored::Activations), row);
        assert_eq!(kept(Stored::Winners), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(kept(Stored::Strongest(2)), [0.0, 0.7, 0.2, 0.0, 0.4, 0.0, 0.0, 0.4]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// The gradient of the squared error and the ridge is zero: sum (x - c - D y) y^T = D. And c is the mean.
        #[test]
        fn nothing_near_it_fits_better(
            dim in 1usize..6, blocks in 1usize..4, size in 2usize..6, rows in 1usize..1_500, which in 0usize..3,
        ) {
            let stored = [Stored::Activations, Stored::Winners, Stored::Strongest(2)][which];
            let encoder = encoder(dim, blocks, size);
            let vectors = noise(rows * dim, 3.0);
            let fitted = decoder(&encoder, stored, &vectors, &Control::new(), &mut Reporter::silent()).unwrap();
            let outputs = encoder.outputs();
            let mut gradient: Vec<f64> = fitted.weights().iter().map(|w| f64::from(*w)).collect();
            for (x, y) in vectors.chunks(dim).zip(encoder.encode(&vectors).chunks_mut(outputs)) {
                keep(y, size, stored);
                for d in 0..dim {
                    let decoded: f64 =
                        (0..outputs).map(|o| f64::from(fitted.weights()[o * dim + d]) * f64::from(y[o])).sum();
                    let left = f64::from(x[d]) - f64::from(fitted.bias()[d]) - decoded;
                    (0..outputs).for_each(|o| gradient[o * dim + d] -= left * f64::from(y[o]));
                }
            }
            prop_assert!(gradient.iter().all(|g| g.abs() < 2e-6 * rows as f64 + 1e-5), "{:?}", gradient);
            for d in 0..dim {
                let mean = vectors.iter().skip(d).step_by(dim).map(|x| f64::from(*x)).sum::<f64>() / rows as f64;
                prop_assert!((f64::from(fitted.bias()[d]) - mean).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_code_that_tells_the_vector_is_decoded() {
        // Two clusters, and one block with a winner for each.
        let encoder = Encoder::new(2, 1, 2, vec![1.0, 0.0, -1.0, 0.0], vec![0.0; 2], EncoderMeta::default()).unwrap();
        let vectors: Vec<f32> = (0..2_000).flat_map(|i| if i % 2 == 0 { [1.0, 3.0] } else { [-1.0, 5.0] }).collect();
        let fit = |stored| decoder(&encoder, stored, &vectors, &Control::new(), &mut Reporter::silent()).unwrap();
        let decoded = fit(Stored::Winners).decode(&[1.0, 0.0, 0.0, 1.0]);
        assert!(decoded.iter().zip([1.0, 3.0, -1.0, 5.0]).all(|(a, b)| (a - b).abs() < 0.01), "{decoded:?}");
        let too_many = Encoder::new(1, 1, 5_000, vec![0.0; 5_000], vec![0.0; 5_000], EncoderMeta::default()).unwrap();
        assert!(decoder(&too_many, Stored::Winners, &[0.0], &Control::new(), &mut Reporter::silent()).is_err());
    }

    #[test]
    fn a_cancel_ends_it_and_a_stop_does_not() {
        let fit = |control: &Control| {
            decoder(&encoder(3, 1, 4), Stored::Winners, &noise(30, 1.0), control, &mut Reporter::silent())
        };
        let control = Control::new();
        let fitted = fit(&control).unwrap();
        control.stop();
        assert_eq!(fit(&control).unwrap(), fitted);
        control.cancel();
        assert!(matches!(fit(&control), Err(Error::Cancelled)));
    }
}
