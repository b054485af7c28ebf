//! From a code back to the vector: a linear layer.

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::linalg;

/// Rows that one thread takes at a time.
const CHUNK: usize = 256;

/// x = D y + c, with D in R^(dim x outputs) and c in R^dim.
///
/// With it a search is asymmetric: the score of a stored code y for a query q is q . D y, so the query's weights are
/// D^T q, and the point is nothing but its code. (c adds the same to every point.)
#[derive(Clone, Debug, PartialEq)]
pub struct Decoder {
    dim: usize,
    outputs: usize,
    /// outputs x dim: what one feature adds, in rows.
    weights: Vec<f32>,
    /// dim.
    bias: Vec<f32>,
    /// dim x outputs.
    columns: Vec<f32>,
}

impl Decoder {
    /// From what each feature adds, outputs x dim in rows, and the bias, dim. Fails for other shapes, NaN and infinity.
    pub fn new(dim: usize, outputs: usize, weights: Vec<f32>, bias: Vec<f32>) -> Result<Self> {
        if dim == 0 || outputs == 0 || weights.len() != outputs * dim || bias.len() != dim {
            return Err(Error::setting(format!(
                "a decoder from {outputs} features to {dim} dimensions needs {} weights and {dim} biases, not {} and {}",
                outputs * dim,
                weights.len(),
                bias.len()
            )));
        }
        if weights.iter().chain(&bias).any(|w| !w.is_finite()) {
            return Err(Error::setting("the decoder's weights hold NaN or infinity"));
        }
        let columns = linalg::transposed(&weights, dim);
        Ok(Self { dim, outputs, weights, bias, columns })
    }

    /// The same from a matrix as torch's `Linear` has it, dim x outputs in rows.
    pub(super) fn from_columns(dim: usize, outputs: usize, columns: Vec<f32>, bias: Vec<f32>) -> Result<Self> {
        Self::new(dim, outputs, linalg::transposed(&columns, outputs), bias)
    }

    /// dim x outputs in rows.
    pub(super) fn columns(&self) -> &[f32] {
        &self.columns
    }

    /// Dimensions of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Features of a code.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// What each feature adds to a vector, outputs x dim in rows.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// What every vector has, dim.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// The vectors, n x dim, of codes, n x outputs, on all cores.
    pub fn decode(&self, codes: &[f32]) -> Vec<f32> {
        let mut vectors = product(codes, &self.columns, self.outputs, self.dim);
        for vector in vectors.chunks_mut(self.dim) {
            vector.iter_mut().zip(&self.bias).for_each(|(x, c)| *x += c);
        }
        vectors
    }

    /// The weights, n x outputs, with which queries, n x dim, score stored codes, on all cores.
    pub fn query_weights(&self, queries: &[f32]) -> Vec<f32> {
        product(queries, &self.weights, self.dim, self.outputs)
    }
}

/// rows x width from rows (n x inner) and the rows of `b` (width x inner).
fn product(rows: &[f32], b: &[f32], inner: usize, width: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows.len() / inner * width];
    rows.par_chunks(CHUNK * inner)
        .zip(out.par_chunks_mut(CHUNK * width))
        .for_each(|(rows, out)| linalg::product_transposed(rows, b, inner, out));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_decodes_and_weighs_as_the_formula_says() {
        // Two features in three dimensions.
        let decoder = Decoder::new(3, 2, vec![1.0, 2.0, 3.0, -1.0, 0.5, 0.0], vec![10.0, 20.0, 30.0]).unwrap();
        assert_eq!(decoder.decode(&[1.0, 0.0, 2.0, 4.0]), [11.0, 22.0, 33.0, 8.0, 26.0, 36.0]);
        assert_eq!(decoder.query_weights(&[1.0, 1.0, 2.0]), [9.0, -0.5]);
    }

    #[test]
    fn odd_shapes_and_values_are_refused() {
        assert!(Decoder::new(3, 2, vec![0.0; 5], vec![0.0; 3]).is_err());
        assert!(Decoder::new(3, 2, vec![0.0; 6], vec![0.0; 2]).is_err());
        assert!(Decoder::new(1, 1, vec![f32::NAN], vec![0.0]).is_err());
    }
}
