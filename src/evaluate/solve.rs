//! Small dense linear algebra in float64: symmetric positive definite systems, and leading eigenvectors.

use rand::Rng;

use crate::error::{Error, Result};
use crate::job::Control;
use crate::random::{Use, generator};

use super::rows::{Rows, product};

/// The lower triangle L of a symmetric positive definite matrix A = L L^T, n x n in rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky {
    n: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Of a matrix, of which the lower triangle is looked at. Fails where it is not positive definite.
    ///
    /// # Panics
    /// If it is not n x n.
    pub fn new(matrix: &[f64], n: usize, control: &Control) -> Result<Self> {
        assert_eq!(matrix.len(), n * n, "a square matrix");
        let mut lower = vec![0f64; n * n];
        for i in 0..n {
            control.check_whole()?;
            for j in 0..=i {
                let (above, own) = lower.split_at(i * n);
                let row_j = if j < i { &above[j * n..][..j] } else { &own[..j] };
                let rest = matrix[i * n + j] - dot(&own[..j], row_j);
                if i == j {
                    if rest.is_nan() || rest <= 0.0 {
                        return Err(Error::setting(
                            "a covariance is not positive definite: the vectors are degenerate",
                        ));
                    }
                    lower[i * n + i] = rest.sqrt();
                } else {
                    lower[i * n + j] = rest / above[j * n + j];
                }
            }
        }
        Ok(Self { n, lower })
    }

    /// L^-1 b in place.
    pub fn forward(&self, b: &mut [f64]) {
        for i in 0..self.n {
            let row = &self.lower[i * self.n..][..=i];
            b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
        }
    }

    /// A^-1 b in place.
    pub fn solve(&self, b: &mut [f64]) {
        self.forward(b);
        for i in (0..self.n).rev() {
            b[i] /= self.lower[i * self.n + i];
            let solved = b[i];
            b[..i].iter_mut().zip(&self.lower[i * self.n..]).for_each(|(b, l)| *b -= l * solved);
        }
    }
}

/// In eight partial sums.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0f64; 8];
    let ((a8, a_rest), (b8, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (x, y) in a8.iter().zip(b8) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f64>()
}

/// Rounds of subspace iteration.
const ROUNDS: usize = 40;
/// Vectors iterated on beside those wanted: what is wanted least still converges.
const BESIDE: usize = 8;

/// The `count` eigenvectors of a symmetric positive semidefinite matrix (n x n) with the largest eigenvalues, the largest
/// first, count x n in rows: subspace iteration from seeded random vectors, and Rayleigh-Ritz at the end (Golub and Van
/// Loan, "Matrix computations", 8.2.4 and 8.1). Where eigenvalues are near each other their vectors may be mixed, which
/// no sum over them notices.
///
/// # Panics
/// If the matrix is not n x n.
pub fn leading_eigenvectors(matrix: &[f32], n: usize, count: usize, control: &Control) -> Result<Vec<f32>> {
    assert_eq!(matrix.len(), n * n, "a square matrix");
    let size = (count + BESIDE).min(n);
    let mut rng = generator(0, Use::Evaluation);
    let mut basis: Vec<f32> = (0..size * n).map(|_| rng.random_range(-1.0f32..1.0)).collect();
    orthonormalise(&mut basis, n);
    let matrix = Rows::new(matrix, n);
    for _ in 0..ROUNDS {
        // It is symmetric, so that its rows are its columns.
        basis = product(Rows::new(&basis, n), matrix, control)?;
        orthonormalise(&mut basis, n);
    }
    let turned = product(Rows::new(&basis, n), matrix, control)?;
    let small = product(Rows::new(&basis, n), Rows::new(&turned, n), control)?;
    let (values, vectors) = jacobi(small.iter().map(|x| f64::from(*x)).collect(), size);
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let mut out = Vec::with_capacity(count * n);
    for at in order.into_iter().take(count) {
        let mut vector = vec![0f64; n];
        for (i, row) in basis.chunks(n).enumerate() {
            let share = vectors[i * size + at];
            vector.iter_mut().zip(row).for_each(|(v, b)| *v += share * f64::from(*b));
        }
        out.extend(vector.into_iter().map(|v| v as f32));
    }
    Ok(out)
}

/// Makes rows of `n` orthonormal, by Gram and Schmidt, twice for the digits that the first time loses. A row that lies
/// in the others becomes 0.
fn orthonormalise(rows: &mut [f32], n: usize) {
    for i in 0..rows.len() / n {
        let (done, rest) = rows.split_at_mut(i * n);
        let row = &mut rest[..n];
        let length = |row: &[f32]| row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        let before = length(row);
        for _ in 0..2 {
            for other in done.chunks(n) {
                let share: f64 = row.iter().zip(other).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
                row.iter_mut().zip(other).for_each(|(x, y)| *x = (f64::from(*x) - share * f64::from(*y)) as f32);
            }
        }
        let after = length(row);
        let scale = if after > 1e-6 * before { 1.0 / after } else { 0.0 };
        row.iter_mut().for_each(|x| *x = (f64::from(*x) * scale) as f32);
    }
}

/// Eigenvalues and eigenvectors (in columns) of a small symmetric matrix, by cyclic Jacobi rotations (Golub and Van Loan,
/// 8.5).
fn jacobi(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0f64; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let all: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..30 {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j].powi(2)).sum();
        if off <= 1e-22 * all {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p * n + q] == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (vectors[k * n + p], vectors[k * n + q]);
                    (vectors[k * n + p], vectors[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::rows::tests::drawn;

    /// B B^T and a little on the diagonal.
    fn definite(n: usize, seed: u64) -> Vec<f64> {
        let b = drawn(n, n + 2, seed);
        let b = Rows::new(&b, n + 2);
        let mut out = vec![0f64; n * n];
        for i in 0..n {
            for j in 0..n {
                out[i * n + j] = b.row(i).iter().zip(b.row(j)).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            }
            out[i * n + i] += 0.1;
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_solution_solves(n in 1usize..20, seed in any::<u64>()) {
            let a = definite(n, seed);
            let x: Vec<f64> = drawn(1, n, seed ^ 1).into_iter().map(f64::from).collect();
            let mut b: Vec<f64> = (0..n).map(|i| dot(&a[i * n..][..n], &x)).collect();
            let factor = Cholesky::new(&a, n, &Control::new()).unwrap();
            // |L^-1 b|^2 = b A^-1 b = b x.
            let mut half = b.clone();
            factor.forward(&mut half);
            prop_assert!((dot(&half, &half) - dot(&b, &x)).abs() < 1e-8);
            factor.solve(&mut b);
            for (own, twin) in b.iter().zip(&x) {
                prop_assert!((own - twin).abs() < 1e-8);
            }
        }

        #[test]
        fn rotations_keep_the_matrix(n in 1usize..12, seed in any::<u64>()) {
            let a = definite(n, seed);
            let (values, vectors) = jacobi(a.clone(), n);
            for i in 0..n {
                for j in 0..n {
                    let entry: f64 = (0..n).map(|k| vectors[i * n + k] * values[k] * vectors[j * n + k]).sum();
                    let unit: f64 = (0..n).map(|k| vectors[k * n + i] * vectors[k * n + j]).sum();
                    prop_assert!((entry - a[i * n + j]).abs() < 1e-9);
                    prop_assert!((unit - f64::from(u8::from(i == j))).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn the_leading_eigenvectors_are_found_in_order() {
        // A known basis and known values.
        let n = 24;
        let mut basis = drawn(n, n, 4);
        orthonormalise(&mut basis, n);
        let value = |k: usize| 100.0 * 0.8f64.powi(k as i32);
        let mut a = vec![0f32; n * n];
        for i in 0..n {
            for j in 0..n {
                let entry = |k: usize| value(k) * f64::from(basis[k * n + i]) * f64::from(basis[k * n + j]);
                a[i * n + j] = (0..n).map(entry).sum::<f64>() as f32;
            }
        }
        let found = leading_eigenvectors(&a, n, 5, &Control::new()).unwrap();
        assert_eq!(found.len(), 5 * n);
        for k in 0..5 {
            let same: f32 = found[k * n..][..n].iter().zip(&basis[k * n..]).map(|(x, y)| x * y).sum();
            assert!(same.abs() > 0.9999, "{k}: {same}");
        }
        // More than there are.
        assert_eq!(leading_eigenvectors(&a, n, 40, &Control::new()).unwrap().len(), n * n);
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::new(&[1.0, 2.0, 2.0, 1.0], 2, &Control::new()).is_err());
        assert!(Cholesky::new(&[f64::NAN], 1, &Control::new()).is_err());
    }
}
