//! Sums of products over many rows, in float64, and least squares by them.

use rayon::prelude::*;

use crate::error::Result;
use crate::job::Control;

use super::rows::Rows;
use super::solve::Cholesky;
use super::{cores, product_transposed, transposed};

/// Rows that go into the sums at a time: few enough for single precision.
pub const PAGE: usize = 1_024;

/// The sum of x x^T over rows x, width x width.
pub fn squares(rows: Rows, control: &Control) -> Result<Vec<f64>> {
    let width = rows.width();
    let (mut sum, mut product) = (vec![0f64; width * width], vec![0f32; width * width]);
    for page in rows.values().chunks(PAGE * width) {
        control.check_whole()?;
        let columns = transposed(page, width);
        add_product(&columns, &columns, page.len() / width, &mut product, &mut sum);
    }
    Ok(sum)
}

/// Adds a b^T to `sum`, on all cores, for the rows of `a` and `b`, each of `n` values; `product` is memory of the same size.
fn add_product(a: &[f32], b: &[f32], n: usize, product: &mut [f32], sum: &mut [f64]) {
    let width = b.len() / n;
    let part = (a.len() / n).div_ceil(cores());
    let parts = a.par_chunks(part * n).zip(product.par_chunks_mut(part * width)).zip(sum.par_chunks_mut(part * width));
    parts.for_each(|((a, product), sum)| {
        product_transposed(a, b, n, product);
        sum.iter_mut().zip(product).for_each(|(sum, product)| *sum += f64::from(*product));
    });
}

/// The D that minimises sum |x - D y|^2 + r |D|_F^2 over pairs of an input y and a vector x: (sum y y^T + r I) D^T =
/// sum y x^T (Hoerl and Kennard, "Ridge regression", Technometrics 12, 1970).
///
/// The sums over the pairs and the solution are in float64.
pub struct LeastSquares {
    inputs: usize,
    dim: usize,
    /// inputs x inputs: the sum of y y^T.
    square: Vec<f64>,
    /// dim x inputs: the sum of x y^T, a right-hand side for each dimension.
    right: Vec<f64>,
    /// The same of one page.
    squares: Vec<f32>,
    rights: Vec<f32>,
}

impl LeastSquares {
    /// For inputs and vectors of so many values.
    pub fn new(inputs: usize, dim: usize) -> Self {
        let (square, right) = (vec![0.0; inputs * inputs], vec![0.0; dim * inputs]);
        Self { inputs, dim, square, right, squares: vec![0.0; inputs * inputs], rights: vec![0.0; dim * inputs] }
    }

    /// Takes some pairs, not many more than [`PAGE`]: inputs, n x `inputs`, and their vectors, n x `dim`.
    ///
    /// # Panics
    /// If there are not as many of both, or none.
    pub fn add(&mut self, inputs: &[f32], vectors: &[f32]) {
        let n = vectors.len() / self.dim;
        assert!(n > 0 && inputs.len() == n * self.inputs, "a vector for each input");
        let inputs = transposed(inputs, self.inputs);
        add_product(&inputs, &inputs, n, &mut self.squares, &mut self.square);
        add_product(&transposed(vectors, self.dim), &inputs, n, &mut self.rights, &mut self.right);
    }

    /// The sum of the squares of an input's values over the pairs, on average over the inputs.
    pub fn mean_square(&self) -> f64 {
        (0..self.inputs).map(|i| self.square[i * self.inputs + i]).sum::<f64>() / self.inputs as f64
    }

    /// What each input adds to a vector: D's columns, inputs x dim, with so much of a ridge r. Fails where there is no
    /// solution, as without a ridge for an input that is always 0 or follows from others.
    pub fn solve(mut self, ridge: f64, control: &Control) -> Result<Vec<f32>> {
        (0..self.inputs).for_each(|i| self.square[i * self.inputs + i] += ridge);
        Cholesky::new(self.square, self.inputs, control)?.solve(&mut self.right, control)?;
        let rows: Vec<f32> = self.right.into_iter().map(|w| w as f32).collect();
        Ok(transposed(&rows, self.inputs))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linalg::rows::tests::drawn;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn sums_of_squares_are_those_of_the_plain_way(n in 0usize..2_500, width in 1usize..6, seed in any::<u64>()) {
            let values = drawn(n, width, seed);
            let rows = Rows::new(&values, width);
            let found = squares(rows, &Control::new()).unwrap();
            for i in 0..width {
                for j in 0..width {
                    let plain: f64 = rows.iter().map(|x| f64::from(x[i]) * f64::from(x[j])).sum();
                    prop_assert!((found[i * width + j] - plain).abs() < 1e-6 * n as f64);
                }
            }
        }

        /// The gradient of the squared error and the ridge is zero: sum (x - D y) y^T = r D.
        #[test]
        fn nothing_near_a_solution_fits_better(
            inputs in 1usize..8, dim in 1usize..5, n in 1usize..400, ridge in 0.01f64..5.0, seed in any::<u64>(),
        ) {
            let (y, x) = (drawn(n, inputs, seed), drawn(n, dim, seed ^ 1));
            let mut fit = LeastSquares::new(inputs, dim);
            // In parts, which add up.
            for part in [0..n / 3, n / 3..n] {
                if !part.is_empty() {
                    fit.add(&y[part.start * inputs..part.end * inputs], &x[part.start * dim..part.end * dim]);
                }
            }
            let squares = y.iter().map(|y| f64::from(*y) * f64::from(*y)).sum::<f64>() / inputs as f64;
            prop_assert!((fit.mean_square() - squares).abs() < 1e-6 * n as f64);
            let found = fit.solve(ridge, &Control::new()).unwrap();
            for d in 0..dim {
                for i in 0..inputs {
                    let slope: f64 = (0..n)
                        .map(|row| {
                            let decoded: f64 = (0..inputs)
                                .map(|k| f64::from(found[k * dim + d]) * f64::from(y[row * inputs + k]))
                                .sum();
                            (f64::from(x[row * dim + d]) - decoded) * f64::from(y[row * inputs + i])
                        })
                        .sum();
                    let slope = slope - ridge * f64::from(found[i * dim + d]);
                    prop_assert!(slope.abs() < 1e-4, "{} {}: {}", i, d, slope);
                }
            }
        }
    }

    #[test]
    fn inputs_that_follow_from_each_other_need_a_ridge() {
        let solve = |ridge| {
            let mut fit = LeastSquares::new(2, 1);
            fit.add(&[1.0, 1.0, 2.0, 2.0], &[2.0, 4.0]);
            fit.solve(ridge, &Control::new())
        };
        assert!(solve(0.0).is_err());
        let shared = solve(1e-6).unwrap();
        assert!(shared.iter().all(|w| (w - 1.0).abs() < 1e-5), "{shared:?}");
    }
}
