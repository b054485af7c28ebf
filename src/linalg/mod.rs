//! The dense linear algebra that the CPU does outside Burn: products on the `gemm` crate, and the few numerical routines
//! that training and evaluation share.
//!
//! Matrices are slices of whole rows. Data are float32, and sums over many of them float64: [`rows`] has products on all
//! cores, [`squares`] sums of squares and least squares, [`solve`] positive definite systems, [`directions`] leading
//! eigenvectors and principal axes, and [`kmeans`] clusters.

pub mod directions;
pub mod kmeans;
pub mod rows;
pub mod solve;
pub mod squares;

use gemm::Parallelism;
use pulp::WithSimd;

pub use rows::{Rows, product, scored};

/// Threads for work that is bound by arithmetic.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// `out = a * b^T` on one thread, for rows `a` (n x `dim`), rows `b` (m x `dim`) and `out` (n x m).
///
/// # Panics
/// If the lengths do not agree.
pub fn product_transposed(a: &[f32], b: &[f32], dim: usize, out: &mut [f32]) {
    let (n, m) = (a.len() / dim, b.len() / dim);
    assert!(a.len() == n * dim && b.len() == m * dim && out.len() == n * m, "shapes of a product");
    // SAFETY: the pointers cover n x dim, m x dim and n x m elements, as just checked, and `out` is ours alone.
    unsafe {
        gemm::gemm(
            n,
            m,
            dim,
            out.as_mut_ptr(),
            1,
            m as isize,
            false,
            a.as_ptr(),
            1,
            dim as isize,
            b.as_ptr(),
            dim as isize,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// The transposed of a matrix with `columns` columns.
pub fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    let rows = matrix.len() / columns.max(1);
    let mut out = vec![0.0; matrix.len()];
    for (r, row) in matrix.chunks(columns.max(1)).enumerate() {
        for (c, value) in row.iter().enumerate() {
            out[c * rows + r] = *value;
        }
    }
    out
}

/// The cosine similarity of two vectors, by sums in float64; 0 where one of them is 0.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let lengths = (dot_f64(a, a) * dot_f64(b, b)).sqrt();
    if lengths > 0.0 { dot_f64(a, b) / lengths } else { 0.0 }
}

/// The rows at unit length; a row of zeros stays one.
pub fn normalised(vectors: &[f32], dim: usize) -> Vec<f32> {
    let mut out = vectors.to_vec();
    for row in out.chunks_mut(dim) {
        let norm = dot_f64(row, row).sqrt();
        if norm > 0.0 {
            let scale = 1.0 / norm;
            row.iter_mut().for_each(|x| *x = (f64::from(*x) * scale) as f32);
        }
    }
    out
}

/// The mean of the rows; of no rows at all, zeros.
pub fn mean(vectors: &[f32], dim: usize) -> Vec<f64> {
    let mut sum = vec![0f64; dim];
    for row in vectors.chunks(dim) {
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += f64::from(*x));
    }
    let n = (vectors.len() / dim).max(1) as f64;
    sum.into_iter().map(|s| s / n).collect()
}

/// The rows less their mean.
pub fn centred(vectors: &[f32], dim: usize) -> Vec<f32> {
    less(vectors, &mean(vectors, dim))
}

/// The rows less a vector.
pub fn less(vectors: &[f32], of: &[f64]) -> Vec<f32> {
    let mut out = vectors.to_vec();
    for row in out.chunks_mut(of.len()) {
        row.iter_mut().zip(of).for_each(|(x, m)| *x = (f64::from(*x) - m) as f32);
    }
    out
}

/// The dot product of two vectors, in eight partial sums.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b, |x, y| x * y)
}

/// The sum of absolute differences of two vectors.
pub fn manhattan(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b, |x, y| (x - y).abs())
}

/// The Euclidean distance of two vectors.
pub fn euclid(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, b, |x, y| (x - y) * (x - y)).sqrt()
}

/// The dot product of two vectors in float64, in eight partial sums.
pub fn dot_f64<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    let mut sums = [0f64; 8];
    let ((a8, a_rest), (b8, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (x, y) in a8.iter().zip(b8) {
        for i in 0..8 {
            sums[i] += x[i].into() * y[i].into();
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| (*x).into() * (*y).into()).sum();
    sums.iter().sum::<f64>() + rest
}

fn lanes(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut sums = [0f32; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (x, y) in a8.iter().zip(b8) {
        for i in 0..8 {
            sums[i] += term(x[i], y[i]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| term(*x, *y)).sum();
    sums.iter().sum::<f32>() + rest
}

/// Runs `work` with the widest vector instructions that the processor has; what is inlined into it profits. A closure is
/// work, too, but one of some size is compiled apart and does not profit: give a struct whose method is always inlined.
#[inline(always)]
pub fn wide<R>(work: impl WithSimd<Output = R>) -> R {
    pulp::Arch::new().dispatch(work)
}

/// SoftMax in place: p_i = exp(z_i + b_i - max) / sum_j exp(z_j + b_j - max), where max is the largest z_i + b_i.
///
/// # Panics
/// If the lengths do not agree.
#[inline(always)]
pub fn softmax(z: &mut [f32], bias: &[f32]) {
    assert_eq!(z.len(), bias.len(), "a bias for each output");
    const LANES: usize = 16;
    let mut largest = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = z.as_chunks_mut::<LANES>();
    let (biases, rest_bias) = bias.as_chunks::<LANES>();
    for (chunk, bias) in chunks.iter_mut().zip(biases) {
        for i in 0..LANES {
            chunk[i] += bias[i];
            largest[i] = if chunk[i] > largest[i] { chunk[i] } else { largest[i] };
        }
    }
    let mut max = f32::NEG_INFINITY;
    for i in 0..rest.len() {
        rest[i] += rest_bias[i];
        max = if rest[i] > max { rest[i] } else { max };
    }
    for x in largest {
        max = if x > max { x } else { max };
    }
    let mut sums = [0f32; LANES];
    for chunk in chunks.iter_mut() {
        for i in 0..LANES {
            chunk[i] = exp(chunk[i] - max);
            sums[i] += chunk[i];
        }
    }
    let mut sum = 0.0;
    for x in rest.iter_mut() {
        *x = exp(*x - max);
        sum += *x;
    }
    for x in sums {
        sum += x;
    }
    let scale = 1.0 / sum;
    for x in z {
        *x *= scale;
    }
}

/// exp(x) for x <= 0, within 2 units in the last place, without a branch, so that many are done at a time: 2^n times
/// a polynomial in the rest (Cephes' expf). Below -87 the result is a little above 0, where exp is under 2e-38.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number
    let x = if x < -87.0 { -87.0 } else { x };
    let n = (x * std::f32::consts::LOG2_E + MAGIC) - MAGIC;
    let r = x - n * 0.693_359_4;
    let r = r - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        p = p * r + c;
    }
    let value = (p * r) * r + r + 1.0;
    let power = f32::from_bits((((n as i32) + 127) << 23) as u32);
    value * power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linalg::rows::tests::drawn;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn dot_products_are_those_of_the_plain_way(n in 0usize..50, seed in any::<u64>()) {
            let (a, b) = (drawn(1, n, seed), drawn(1, n, seed ^ 1));
            let plain: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            let wide: Vec<f64> = b.iter().copied().map(f64::from).collect();
            prop_assert!((dot_f64(&a, &b) - plain).abs() < 1e-14);
            prop_assert_eq!(dot_f64(&a, &b), dot_f64(&a, &wide));
            prop_assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-5);
        }

        #[test]
        fn rows_less_their_mean_have_none(n in 1usize..60, dim in 1usize..9, seed in any::<u64>()) {
            let rows: Vec<f32> = drawn(n, dim, seed).into_iter().map(|x| x + 3.0).collect();
            let left = centred(&rows, dim);
            for (d, mean) in mean(&rows, dim).into_iter().enumerate() {
                let plain = rows.iter().skip(d).step_by(dim).map(|x| f64::from(*x)).sum::<f64>() / n as f64;
                prop_assert!((mean - plain).abs() < 1e-12);
                prop_assert!((f64::from(left[d]) - (f64::from(rows[d]) - plain)).abs() < 1e-6);
            }
            prop_assert!(mean(&left, dim).iter().all(|m| m.abs() < 1e-6));
        }
    }

    #[test]
    fn no_rows_have_a_mean_of_zeros() {
        assert_eq!(mean(&[], 3), [0.0; 3]);
    }

    #[test]
    fn exp_is_exact_to_two_units() {
        let mut x = 0f32;
        while x > -87.0 {
            let exact = f64::from(x).exp();
            let off = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(off < 2.4e-7, "exp({x}) is off by {off}");
            x -= 0.000_9;
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 2e-38);
    }

    #[test]
    fn a_softmax_of_any_length_sums_to_one_and_keeps_the_order() {
        for n in 1..40 {
            let mut z: Vec<f32> = (0..n).map(|i| (i as f32 * 7.3) % 5.0 - 300.0).collect();
            let bias: Vec<f32> = (0..n).map(|i| (i as f32 * 1.7) % 3.0).collect();
            let before: Vec<f32> = z.iter().zip(&bias).map(|(z, b)| z + b).collect();
            softmax(&mut z, &bias);
            assert!((z.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            for i in 1..n {
                assert_eq!(z[i] > z[0], before[i] > before[0]);
            }
        }
    }
}
