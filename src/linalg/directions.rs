//! The directions in which vectors differ most.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::error::Result;
use crate::job::Control;

use super::dot_f64;
use super::rows::{Rows, product};
use super::squares::squares;

/// Rounds of subspace iteration.
const ROUNDS: usize = 40;
/// Vectors iterated on beside those wanted: what is wanted least still converges.
const BESIDE: usize = 8;

/// Eigenvectors with their eigenvalues, the largest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Leading {
    /// One for each vector.
    pub values: Vec<f64>,
    /// At unit length, in rows.
    pub vectors: Vec<f32>,
}

/// The principal axes of vectors around their mean, n x dim, the first `count` of them or as many as there are dimensions,
/// with the variance along each: the leading eigenvectors and eigenvalues of the covariance sum x x^T / n.
pub fn principal_axes(centred: Rows, count: usize, rng: &mut ChaCha8Rng, control: &Control) -> Result<Leading> {
    let dim = centred.width();
    let covariance = squares(centred, control)?;
    // A trace of 1 keeps it within the range of float32.
    let trace = (0..dim).map(|d| covariance[d * dim + d]).sum::<f64>().max(f64::MIN_POSITIVE);
    let covariance: Vec<f32> = covariance.into_iter().map(|c| (c / trace) as f32).collect();
    let mut found = leading_eigenvectors(&covariance, dim, count.min(dim), rng, control)?;
    let scale = trace / centred.len().max(1) as f64;
    found.values.iter_mut().for_each(|value| *value *= scale);
    Ok(found)
}

/// The `count` eigenvectors, or all n where that is less, of a symmetric positive semidefinite matrix (n x n) with the
/// largest eigenvalues, the largest first: subspace iteration from random vectors, and Rayleigh-Ritz at the end (Golub and
/// Van Loan, "Matrix computations", 8.2.4 and 8.1). Where eigenvalues are near each other their vectors may be mixed, which
/// no sum over them notices. A vector beyond the matrix' rank may be of zeros.
///
/// # Panics
/// If the matrix is not n x n.
pub fn leading_eigenvectors(
    matrix: &[f32],
    n: usize,
    count: usize,
    rng: &mut ChaCha8Rng,
    control: &Control,
) -> Result<Leading> {
    assert_eq!(matrix.len(), n * n, "a square matrix");
    let size = (count + BESIDE).min(n);
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
    order.truncate(count);
    let mut out = Vec::with_capacity(order.len() * n);
    for at in &order {
        let mut vector = vec![0f64; n];
        for (i, row) in basis.chunks(n).enumerate() {
            let share = vectors[i * size + at];
            vector.iter_mut().zip(row).for_each(|(v, b)| *v += share * f64::from(*b));
        }
        out.extend(vector.into_iter().map(|v| v as f32));
    }
    Ok(Leading { values: order.into_iter().map(|at| values[at]).collect(), vectors: out })
}

/// Makes rows of `n` orthonormal, by Gram and Schmidt, twice for the digits that the first time loses. A row that lies
/// in the others becomes 0.
fn orthonormalise(rows: &mut [f32], n: usize) {
    for i in 0..rows.len() / n {
        let (done, rest) = rows.split_at_mut(i * n);
        let row = &mut rest[..n];
        let before = dot_f64(row, row).sqrt();
        for _ in 0..2 {
            for other in done.chunks(n) {
                let share = dot_f64(row, other);
                row.iter_mut().zip(other).for_each(|(x, y)| *x = (f64::from(*x) - share * f64::from(*y)) as f32);
            }
        }
        let after = dot_f64(row, row).sqrt();
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
    use crate::linalg::rows::tests::drawn;
    use crate::linalg::solve::tests::definite;
    use crate::random::{Use, generator};

    fn rng() -> ChaCha8Rng {
        generator(0, Use::Evaluation)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
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
        let found = leading_eigenvectors(&a, n, 5, &mut rng(), &Control::new()).unwrap();
        assert_eq!((found.values.len(), found.vectors.len()), (5, 5 * n));
        for (k, vector) in found.vectors.chunks(n).enumerate() {
            let same = dot_f64(vector, &basis[k * n..][..n]);
            assert!(same.abs() > 0.9999, "{k}: {same}");
            assert!((found.values[k] / value(k) - 1.0).abs() < 1e-4, "{k}: {}", found.values[k]);
        }
        // More than there are.
        let all = leading_eigenvectors(&a, n, 40, &mut rng(), &Control::new()).unwrap();
        assert_eq!((all.values.len(), all.vectors.len()), (n, n * n));
    }

    #[test]
    fn principal_axes_have_their_variance_whatever_the_scale() {
        // Turned in a plane by an angle with cos .6 and sin .8, with variances 9 s^2 and s^2, and none in a third dimension.
        for scale in [1e-3f32, 1.0, 1e4] {
            let points: Vec<f32> = [(3.0, 1.0), (-3.0, 1.0), (3.0, -1.0), (-3.0, -1.0)]
                .iter()
                .cycle()
                .take(5_000)
                .flat_map(|(a, b)| [0.6 * a - 0.8 * b, 0.8 * a + 0.6 * b, 0.0].map(|x| x * scale))
                .collect();
            let found = principal_axes(Rows::new(&points, 3), 9, &mut rng(), &Control::new()).unwrap();
            let square = f64::from(scale) * f64::from(scale);
            for (value, expected) in found.values.iter().zip([9.0, 1.0, 0.0]) {
                assert!((value / square - expected).abs() < 1e-4, "{scale}: {:?}", found.values);
            }
            for (axis, expected) in found.vectors.chunks(3).zip([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0f32]]) {
                assert!(dot_f64(axis, &expected).abs() > 0.9999, "{scale}: {axis:?}");
            }
        }
        let none = principal_axes(Rows::new(&[0.0; 12], 3), 2, &mut rng(), &Control::new()).unwrap();
        assert_eq!(
            none,
            Leading { values: vec![0.0; 2], vectors: vec![0.0; 6] },
            "points that are all the same have none"
        );
    }

    #[test]
    fn a_cancel_ends_the_search() {
        let control = Control::new();
        control.cancel();
        assert!(principal_axes(Rows::new(&[1.0, 2.0], 2), 1, &mut rng(), &control).is_err());
        assert!(leading_eigenvectors(&[1.0], 1, 1, &mut rng(), &control).is_err());
    }
}
