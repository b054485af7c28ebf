//! Matrices of float32 rows, and products of them on all cores.

use rayon::prelude::*;

use crate::error::Result;
use crate::job::Control;

/// Rows of a product that a thread takes at a time.
const CHUNK: usize = 32;

/// A matrix, row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rows<'a> {
    values: &'a [f32],
    width: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `width` values each.
    ///
    /// # Panics
    /// If that is 0, or there are no whole rows.
    pub fn new(values: &'a [f32], width: usize) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "whole rows of {width}");
        Self { values, width }
    }

    /// Rows.
    pub fn len(self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.values.is_empty()
    }

    /// Values in a row.
    pub fn width(self) -> usize {
        self.width
    }

    /// All of them.
    pub fn values(self) -> &'a [f32] {
        self.values
    }

    /// One of them.
    pub fn row(self, i: usize) -> &'a [f32] {
        &self.values[i * self.width..][..self.width]
    }

    /// Row by row.
    pub fn iter(self) -> std::slice::ChunksExact<'a, f32> {
        self.values.chunks_exact(self.width)
    }

    /// Some of them, in this order.
    pub fn pick(self, rows: &[usize]) -> Vec<f32> {
        rows.iter().flat_map(|i| self.row(*i)).copied().collect()
    }

    /// The mean row, in float64; of no rows at all, zeros.
    pub fn mean(self) -> Vec<f64> {
        super::mean(self.values, self.width)
    }

    /// The rows less another, which has their width.
    ///
    /// # Panics
    /// If it has not.
    pub fn less(self, of: &[f64]) -> Vec<f32> {
        assert_eq!(of.len(), self.width, "a row of the same width");
        super::less(self.values, of)
    }

    /// Columns as rows.
    pub fn transposed(self) -> Vec<f32> {
        super::transposed(self.values, self.width)
    }
}

/// Hands each row of `queries * points^T` to `work`, with the query's number, and gathers what it says, in order. On all
/// cores; never more than a few rows of the product are in memory.
///
/// # Panics
/// If the widths differ.
pub fn scored<T: Send>(
    queries: Rows,
    points: Rows,
    control: &Control,
    work: impl Fn(usize, &mut [f32]) -> T + Sync,
) -> Result<Vec<T>> {
    assert_eq!(queries.width, points.width, "rows of one width");
    let n = points.len();
    let parts: Vec<Vec<T>> = queries
        .values
        .par_chunks(CHUNK * queries.width)
        .enumerate()
        .map_init(Vec::new, |scores, (chunk, rows)| {
            control.check_whole()?;
            let count = rows.len() / queries.width;
            scores.resize(count * n, 0f32);
            super::product_transposed(rows, points.values, points.width, scores);
            Ok(scores.chunks_mut(n.max(1)).enumerate().map(|(i, line)| work(chunk * CHUNK + i, line)).collect())
        })
        .collect::<Result<_>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// `a * b^T`, a's rows x b's rows, on all cores.
///
/// # Panics
/// If the widths differ.
pub fn product(a: Rows, b: Rows, control: &Control) -> Result<Vec<f32>> {
    assert_eq!(a.width, b.width, "rows of one width");
    let mut out = vec![0f32; a.len() * b.len()];
    out.par_chunks_mut(CHUNK * b.len().max(1)).zip(a.values.par_chunks(CHUNK * a.width)).try_for_each(
        |(out, rows)| {
            control.check_whole()?;
            super::product_transposed(rows, b.values, b.width, out);
            Ok::<_, crate::error::Error>(())
        },
    )?;
    Ok(out)
}

#[cfg(test)]
pub(crate) mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Random rows, each value within -1 and 1.
    pub(crate) fn drawn(n: usize, width: usize, seed: u64) -> Vec<f32> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..n * width).map(|_| rng.random_range(-1.0f32..1.0)).collect()
    }

    #[test]
    fn products_of_any_number_of_rows_are_those_of_the_plain_way() {
        for (n, m, width) in [(1, 1, 1), (31, 5, 3), (100, 70, 9), (0, 4, 2)] {
            let (a, b) = (drawn(n, width, 1), drawn(m, width, 2));
            let (a, b) = (Rows::new(&a, width), Rows::new(&b, width));
            let all = product(a, b, &Control::new()).unwrap();
            let lines = scored(a, b, &Control::new(), |i, line| (i, line.to_vec())).unwrap();
            assert_eq!((all.len(), lines.len()), (n * m, n));
            for (i, line) in lines {
                assert_eq!(line, all[i * m..][..m]);
                for (j, found) in line.iter().enumerate() {
                    let plain: f64 = a.row(i).iter().zip(b.row(j)).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
                    assert!((plain - f64::from(*found)).abs() < 1e-5);
                }
            }
            let turned = a.transposed();
            assert!((0..n).all(|i| (0..width).all(|j| turned[j * n + i] == a.row(i)[j])));
        }
    }

    #[test]
    fn a_cancel_ends_a_product() {
        let (rows, control) = (drawn(40, 3, 1), Control::new());
        control.cancel();
        assert!(product(Rows::new(&rows, 3), Rows::new(&rows, 3), &control).is_err());
    }
}
