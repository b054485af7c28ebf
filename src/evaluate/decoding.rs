//! From codes back to vectors: a decoder by ridge regression where an encoder has none, and how near it comes.

use crate::encoder::Decoder;
use crate::error::Result;
use crate::job::Control;
use crate::linalg::squares::{LeastSquares, PAGE};
use crate::linalg::{self, Rows};

/// The ridge, in parts of the mean variance of a feature. Blocks sum to 1, so that without one there is no solution.
const RIDGE: f64 = 1e-3;

/// How near decoded vectors come to the vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearness {
    /// Mean cosine similarity.
    pub cosine: f64,
    /// Sum of squared errors, divided by that around the vectors' own mean: the fraction of variance unexplained.
    pub fvu: f64,
}

/// The linear decoder x = D y + c with the least squared error over some points and their codes, and a small ridge on D:
/// (Y^T Y + r I) D^T = Y^T X for Y and X less their means (Hoerl and Kennard, "Ridge regression", Technometrics 12,
/// 1970).
///
/// # Panics
/// If there are not as many vectors as codes, or none.
pub fn fitted(codes: Rows, vectors: Rows, control: &Control) -> Result<Decoder> {
    assert!(codes.len() == vectors.len() && !codes.is_empty(), "a vector for each code");
    let (outputs, dim) = (codes.width(), vectors.width());
    let (code_mean, mean) = (codes.mean(), vectors.mean());
    let mut fit = LeastSquares::new(outputs, dim);
    for (codes, vectors) in codes.values().chunks(PAGE * outputs).zip(vectors.values().chunks(PAGE * dim)) {
        control.check_whole()?;
        fit.add(&Rows::new(codes, outputs).less(&code_mean), &Rows::new(vectors, dim).less(&mean));
    }
    // Codes that are all the same have no variance at all.
    let ridge = (RIDGE * fit.mean_square()).max(f64::MIN_POSITIVE.sqrt());
    let columns = fit.solve(ridge, control)?;
    // c = mean - D code_mean.
    let mut bias = mean;
    for (column, y) in columns.chunks(dim).zip(&code_mean) {
        bias.iter_mut().zip(column).for_each(|(c, d)| *c -= f64::from(*d) * y);
    }
    Decoder::new(dim, outputs, columns, bias.into_iter().map(|c| c as f32).collect())
}

/// How near decoded vectors come to the vectors. A vector of zeros has a cosine similarity of 0.
///
/// # Panics
/// If the shapes differ.
pub fn nearness(vectors: Rows, decoded: Rows) -> Nearness {
    assert!(vectors.len() == decoded.len() && vectors.width() == decoded.width(), "as many vectors");
    let mean = vectors.mean();
    let (mut error, mut variance) = (0.0, 0.0);
    for (x, y) in vectors.iter().zip(decoded.iter()) {
        for ((x, y), m) in x.iter().zip(y).zip(&mean) {
            let (x, y) = (f64::from(*x), f64::from(*y));
            error += (x - y) * (x - y);
            variance += (x - m) * (x - m);
        }
    }
    let cosine = cosines(vectors, decoded).into_iter().sum::<f64>() / vectors.len().max(1) as f64;
    Nearness { cosine, fvu: if variance > 0.0 { error / variance } else { f64::NAN } }
}

/// The cosine similarity of each vector and what it is decoded to; 0 with a vector of zeros.
pub fn cosines(vectors: Rows, decoded: Rows) -> Vec<f64> {
    vectors.iter().zip(decoded.iter()).map(|(x, y)| linalg::cosine(x, y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::rows::tests::drawn;

    #[test]
    fn a_linear_code_is_undone() {
        let (n, dim, outputs) = (300, 4, 6);
        let (codes, d) = (drawn(n, outputs, 1), drawn(outputs, dim, 2));
        let rows = Rows::new(&codes, outputs);
        let vectors: Vec<f32> = rows
            .iter()
            .flat_map(|y| {
                (0..dim).map(|j| 0.5 + (0..outputs).map(|i| y[i] * d[i * dim + j]).sum::<f32>()).collect::<Vec<_>>()
            })
            .collect();
        let found = fitted(rows, Rows::new(&vectors, dim), &Control::new()).unwrap();
        for (own, twin) in found.weights().iter().zip(&d) {
            assert!((own - twin).abs() < 5e-3, "{own} {twin}");
        }
        assert!(found.bias().iter().all(|c| (c - 0.5).abs() < 5e-3));
        let near = nearness(Rows::new(&vectors, dim), Rows::new(&found.decode(&codes), dim));
        assert!(near.cosine > 0.99999 && near.fvu < 1e-5, "{near:?}");
    }

    /// The gradient of the ridge's loss is 0 at the solution.
    #[test]
    fn the_fit_is_the_ridges_minimum() {
        let (n, dim, outputs) = (50, 3, 5);
        let (codes, vectors) = (drawn(n, outputs, 3), drawn(n, dim, 4));
        let (y, x) = (Rows::new(&codes, outputs), Rows::new(&vectors, dim));
        let found = fitted(y, x, &Control::new()).unwrap();
        let decoded = found.decode(&codes);
        let mean = y.mean();
        let variance: f64 =
            y.iter().flat_map(|row| row.iter().zip(&mean)).map(|(y, m)| (f64::from(*y) - m).powi(2)).sum();
        let ridge = RIDGE * variance / outputs as f64;
        for j in 0..dim {
            let errors: Vec<f64> = (0..n).map(|i| f64::from(decoded[i * dim + j] - x.row(i)[j])).collect();
            assert!(errors.iter().sum::<f64>().abs() < 1e-4, "the bias");
            for i in 0..outputs {
                let slope: f64 = errors.iter().enumerate().map(|(row, e)| e * f64::from(y.row(row)[i])).sum();
                let slope = slope + ridge * f64::from(found.weights()[i * dim + j]);
                assert!(slope.abs() < 1e-4, "{i} {j}: {slope}");
            }
        }
    }

    #[test]
    fn codes_that_say_nothing_decode_to_the_mean() {
        let vectors = drawn(40, 3, 1);
        let (codes, rows) = (vec![0.25; 40 * 4], Rows::new(&vectors, 3));
        let found = fitted(Rows::new(&codes, 4), rows, &Control::new()).unwrap();
        let near = nearness(rows, Rows::new(&found.decode(&codes), 3));
        assert!((near.fvu - 1.0).abs() < 1e-6, "{near:?}");
        let exact = nearness(rows, rows);
        assert!(exact.fvu == 0.0 && (exact.cosine - 1.0).abs() < 1e-12);
        let none = nearness(rows, Rows::new(&[0.0; 120], 3));
        assert!(none.cosine == 0.0 && none.fvu >= 1.0);
    }
}
