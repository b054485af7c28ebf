//! Symmetric positive definite systems, in float64.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::job::Control;

use super::dot_f64;

/// Right-hand sides that a thread takes at a time: for each row of the triangle that is read, as many are done.
const STRIP: usize = 8;

/// The lower triangle L of a symmetric positive definite matrix A = L L^T, n x n (Golub and Van Loan, "Matrix
/// computations", 4.2).
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky {
    n: usize,
    /// n x n in rows; what stands above the diagonal is of no matter.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Of a matrix, of which the lower triangle is looked at, in its own memory. Fails where it is not positive definite, or
    /// holds values that are not finite.
    ///
    /// # Panics
    /// If it is not n x n.
    pub fn new(mut matrix: Vec<f64>, n: usize, control: &Control) -> Result<Self> {
        assert_eq!(matrix.len(), n * n, "a square matrix");
        for i in 0..n {
            control.check_whole()?;
            let (above, row) = matrix.split_at_mut(i * n);
            for j in 0..i {
                let other = &above[j * n..][..=j];
                row[j] = (row[j] - dot_f64(&row[..j], &other[..j])) / other[j];
            }
            let left = row[i] - dot_f64(&row[..i], &row[..i]);
            if left <= 0.0 || !left.is_finite() {
                return Err(Error::setting(
                    "a matrix of sums of squares is not positive definite: the values are degenerate or not finite",
                ));
            }
            row[i] = left.sqrt();
        }
        Ok(Self { n, lower: matrix })
    }

    /// L^-1 b in place.
    ///
    /// # Panics
    /// If b is shorter than n.
    pub fn forward(&self, b: &mut [f64]) {
        (0..self.n).for_each(|i| self.forward_at(i, b));
    }

    fn forward_at(&self, i: usize, b: &mut [f64]) {
        let row = &self.lower[i * self.n..][..=i];
        b[i] = (b[i] - dot_f64(&row[..i], &b[..i])) / row[i];
    }

    /// A^-1 b in place of any number of right-hand sides b, each a row of n values, on all cores.
    ///
    /// # Panics
    /// If the rows are not whole.
    pub fn solve(&self, rows: &mut [f64], control: &Control) -> Result<()> {
        let n = self.n;
        assert!(rows.len().is_multiple_of(n), "whole rows");
        rows.par_chunks_mut(STRIP * n).try_for_each(|strip| {
            control.check_whole()?;
            for i in 0..n {
                strip.chunks_mut(n).for_each(|b| self.forward_at(i, b));
            }
            for i in (0..n).rev() {
                let row = &self.lower[i * n..][..=i];
                for b in strip.chunks_mut(n) {
                    b[i] /= row[i];
                    let solved = b[i];
                    b[..i].iter_mut().zip(row).for_each(|(b, l)| *b -= l * solved);
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linalg::rows::tests::drawn;

    /// B B^T and a little on the diagonal.
    pub(in crate::linalg) fn definite(n: usize, seed: u64) -> Vec<f64> {
        let b = drawn(n, n + 2, seed);
        let row = |i: usize| &b[i * (n + 2)..][..n + 2];
        let mut out = vec![0f64; n * n];
        for i in 0..n {
            for j in 0..n {
                out[i * n + j] = row(i).iter().zip(row(j)).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            }
            out[i * n + i] += 0.1;
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn solutions_solve(n in 1usize..20, sides in 1usize..20, seed in any::<u64>()) {
            let a = definite(n, seed);
            let x: Vec<f64> = drawn(sides, n, seed ^ 1).into_iter().map(f64::from).collect();
            let times = |x: &[f64], i: usize| a[i * n..][..n].iter().zip(x).map(|(a, x)| a * x).sum::<f64>();
            let mut b: Vec<f64> = x.chunks(n).flat_map(|x| (0..n).map(|i| times(x, i)).collect::<Vec<_>>()).collect();
            let factor = Cholesky::new(a.clone(), n, &Control::new()).unwrap();
            // |L^-1 b|^2 = b A^-1 b = b x.
            let mut half = b[..n].to_vec();
            factor.forward(&mut half);
            prop_assert!((dot_f64(&half, &half) - dot_f64(&b[..n], &x[..n])).abs() < 1e-8);
            factor.solve(&mut b, &Control::new()).unwrap();
            for (own, twin) in b.iter().zip(&x) {
                prop_assert!((own - twin).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        for (matrix, n) in
            [(vec![1.0, 2.0, 2.0, 1.0], 2), (vec![f64::NAN], 1), (vec![f64::INFINITY], 1), (vec![0.0; 9], 3)]
        {
            assert!(Cholesky::new(matrix.clone(), n, &Control::new()).is_err(), "{matrix:?}");
        }
    }

    #[test]
    fn a_cancel_or_a_stop_ends_it() {
        let factor = Cholesky::new(definite(4, 1), 4, &Control::new()).unwrap();
        for end in [Control::cancel, Control::stop] {
            let control = Control::new();
            end(&control);
            assert!(matches!(Cholesky::new(definite(4, 1), 4, &control), Err(Error::Cancelled)));
            assert!(matches!(factor.solve(&mut [1.0; 4], &control), Err(Error::Cancelled)));
        }
    }
}
