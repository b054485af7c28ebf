//! The block encoder as plain weights: several linear layers, each followed by a SoftMax.
//!
//! Input x in R^D; B blocks of V outputs: z_b = W_b x + b_b, p_b = softmax(z_b), y = [p_1 ... p_B]. This form answers on
//! the CPU and is what files hold; [`crate::trainer`] has the form that learns. A sparse autoencoder is one block with
//! another [`Activation`]. Either may have a linear [`Decoder`] from the code back to the vector. Blocks that are trained for
//! something else than confidence may have further ones beside them, a head that tells it.

mod decoder;
mod file;
mod meta;
mod truncate;

use pulp::NullaryFnOnce;
use rayon::prelude::*;

pub use decoder::Decoder;
pub use meta::{Activation, DataDescription, EncoderMeta, FinalMetrics};
pub use truncate::{CODE_SIZES, Kept};

pub use crate::point::Stored;

use crate::error::{Error, Result};
use crate::linalg;
use crate::point::SparseValues;

/// The most rows that one thread takes at a time.
const CHUNK: usize = 256;

/// A trained block encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    dim: usize,
    blocks: usize,
    block_size: usize,
    /// (blocks * block size) x dim, as torch keeps them.
    weights: Vec<f32>,
    /// blocks * block size.
    bias: Vec<f32>,
    decoder: Option<Decoder>,
    /// Blocks that only tell how well a point is known.
    head: Option<Box<Encoder>>,
    /// What its file says of it.
    pub meta: EncoderMeta,
}

impl Encoder {
    /// From weights, (blocks * block size) x `dim` in rows, and biases.
    pub fn new(
        dim: usize,
        blocks: usize,
        block_size: usize,
        weights: Vec<f32>,
        bias: Vec<f32>,
        meta: EncoderMeta,
    ) -> Result<Self> {
        let outputs = blocks * block_size;
        if dim == 0 || outputs == 0 || weights.len() != outputs * dim || bias.len() != outputs {
            return Err(Error::setting(format!(
                "an encoder of {blocks} x {block_size} for {dim} dimensions needs {} weights and {outputs} biases, not {} and {}",
                outputs * dim,
                weights.len(),
                bias.len()
            )));
        }
        if weights.iter().chain(&bias).any(|w| !w.is_finite()) {
            return Err(Error::setting("the encoder's weights hold NaN or infinity"));
        }
        Ok(Self { dim, blocks, block_size, weights, bias, decoder: None, head: None, meta })
    }

    /// The same with a decoder. Fails where its shape is another one.
    pub fn with_decoder(self, decoder: Decoder) -> Result<Self> {
        if (decoder.outputs(), decoder.dim()) != (self.outputs(), self.dim) {
            return Err(Error::setting(format!(
                "a decoder from {} features to {} dimensions does not belong to an encoder of {} features and {} dimensions",
                decoder.outputs(),
                decoder.dim(),
                self.outputs(),
                self.dim
            )));
        }
        Ok(Self { decoder: Some(decoder), ..self })
    }

    /// The same with a confidence head: blocks over the same vectors, of any number and size, that only tell how
    /// well a point is known. Fails where its dimensions are others, or it is no encoder of blocks.
    pub fn with_head(self, head: Encoder) -> Result<Self> {
        if head.dim != self.dim {
            let (own, dim) = (head.dim, self.dim);
            return Err(Error::setting(format!(
                "a confidence head for {own} dimensions does not belong to an encoder for {dim}"
            )));
        }
        if head.is_code() {
            return Err(Error::setting("a confidence head is made of blocks, not of an autoencoder"));
        }
        Ok(Self { head: Some(Box::new(head)), ..self })
    }

    /// The blocks that tell how well a point is known, where that is left to blocks of their own.
    pub fn head(&self) -> Option<&Encoder> {
        self.head.as_deref()
    }

    /// From the code back to the vector, where it has one.
    pub fn decoder(&self) -> Option<&Decoder> {
        self.decoder.as_ref()
    }

    /// What is stored of its codes unless something else is asked for: what its decoder was fitted on, where it has one.
    pub fn stored(&self) -> Stored {
        self.decoder.as_ref().map_or(Stored::Activations, |_| self.meta.stored)
    }

    /// Whether it has a decoder for codes of which this is stored. One that was fitted on activations decodes those that
    /// are left of them; winners, whose values are all 1, are another thing, and so are square roots.
    pub fn decodes(&self, stored: Stored, values: SparseValues) -> bool {
        self.decoder.is_some()
            && match (self.stored(), stored) {
                (Stored::Winners, Stored::Winners) => true,
                (Stored::Winners, _) | (_, Stored::Winners) => false,
                _ => values == SparseValues::Probability,
            }
    }

    /// What follows the linear layers.
    pub fn activation(&self) -> Activation {
        self.meta.activation
    }

    /// Dimensions of an input.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Blocks.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Features in a block.
    pub fn block_size(&self) -> usize {
        self.block_size
    }

    /// Features in all: blocks * block size.
    pub fn outputs(&self) -> usize {
        self.blocks * self.block_size
    }

    /// Weights, (blocks * block size) x dim in rows.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Biases, blocks * block size.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// One of its blocks as an encoder of its own.
    ///
    /// # Panics
    /// If there is no such block.
    pub fn one_block(&self, block: usize) -> Self {
        let places = block * self.block_size..(block + 1) * self.block_size;
        Self {
            blocks: 1,
            weights: self.weights[places.start * self.dim..places.end * self.dim].to_vec(),
            bias: self.bias[places].to_vec(),
            decoder: None,
            head: None,
            dim: self.dim,
            block_size: self.block_size,
            meta: self.meta.clone(),
        }
    }

    /// Fails where vectors have another number of dimensions.
    pub fn check_dim(&self, what: &str, found: usize) -> Result<()> {
        if found == self.dim {
            Ok(())
        } else {
            Err(Error::Dimension { what: what.to_owned(), found, expected: self.dim })
        }
    }

    /// Block outputs of `vectors` (n x dim), n x (blocks * block size), on all cores.
    ///
    /// # Panics
    /// If `vectors` is not a whole number of rows.
    pub fn encode(&self, vectors: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        self.encode_into(vectors, &mut out);
        out
    }

    /// As [`encode`](Self::encode), into a vector whose memory is used again.
    pub fn encode_into(&self, vectors: &[f32], out: &mut Vec<f32>) {
        assert_eq!(vectors.len() % self.dim, 0, "whole rows");
        let rows = vectors.len() / self.dim;
        out.resize(rows * self.outputs(), 0.0);
        // A page of a large encoder has few rows, and all cores are to have some of them.
        let chunk = rows.div_ceil(rayon::current_num_threads()).clamp(8, CHUNK);
        vectors
            .par_chunks(chunk * self.dim)
            .zip(out.par_chunks_mut(chunk * self.outputs()))
            .for_each(|(x, y)| self.encode_rows(x, y));
    }

    /// The same on the calling thread, into n x (blocks * block size) places.
    pub(crate) fn encode_rows(&self, vectors: &[f32], out: &mut [f32]) {
        linalg::product_transposed(vectors, &self.weights, self.dim, out);
        match self.activation() {
            Activation::SoftMax => linalg::wide(SoftMaxes { out, bias: &self.bias, block_size: self.block_size }),
            Activation::Relu => out.chunks_exact_mut(self.bias.len()).for_each(|row| rectify(row, &self.bias)),
            Activation::TopK(k) => {
                let mut order = Vec::new();
                for row in out.chunks_exact_mut(self.bias.len()) {
                    rectify(row, &self.bias);
                    keep_largest(row, k, &mut order);
                }
            }
        }
    }
}

/// z + bias between 0 and 1.
fn rectify(z: &mut [f32], bias: &[f32]) {
    for (z, bias) in z.iter_mut().zip(bias) {
        *z = (*z + bias).clamp(0.0, 1.0);
    }
}

/// Sets all but the `k` largest values to 0; of equal ones the first are kept. `order` is memory to use again.
pub(crate) fn keep_largest(row: &mut [f32], k: usize, order: &mut Vec<u32>) {
    order.clear();
    order.extend((0..row.len() as u32).filter(|i| row[*i as usize] > 0.0));
    if order.len() > k {
        order.select_nth_unstable_by(k, |a, b| row[*b as usize].total_cmp(&row[*a as usize]).then(a.cmp(b)));
        order[k..].iter().for_each(|i| row[*i as usize] = 0.0);
    }
}

/// The SoftMax of each block of some rows; a struct, as [`wide`](linalg::wide) wants it.
struct SoftMaxes<'a> {
    out: &'a mut [f32],
    bias: &'a [f32],
    block_size: usize,
}

impl NullaryFnOnce for SoftMaxes<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.out.chunks_exact_mut(self.bias.len()) {
            for (z, bias) in row.chunks_exact_mut(self.block_size).zip(self.bias.chunks_exact(self.block_size)) {
                linalg::softmax(z, bias);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// An encoder with random weights of some size.
    pub(crate) fn random(dim: usize, blocks: usize, block_size: usize, seed: u64) -> Encoder {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let outputs = blocks * block_size;
        let mut draw = |n| (0..n).map(|_| rng.random_range(-2.0f32..2.0)).collect::<Vec<_>>();
        let (weights, bias) = (draw(outputs * dim), draw(outputs));
        Encoder::new(dim, blocks, block_size, weights, bias, EncoderMeta::default()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_outputs_are_those_of_the_formula_in_float64(
            dim in 1usize..40, blocks in 1usize..5, block_size in 1usize..70, rows in 0usize..600, seed in any::<u64>(),
        ) {
            let encoder = random(dim, blocks, block_size, seed);
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 1);
            let vectors: Vec<f32> = (0..rows * dim).map(|_| rng.random_range(-1.0f32..1.0)).collect();
            let got = encoder.encode(&vectors);
            prop_assert_eq!(got.len(), rows * encoder.outputs());
            for (x, y) in vectors.chunks(dim).zip(got.chunks(encoder.outputs())) {
                for b in 0..blocks {
                    let z: Vec<f64> = (b * block_size..(b + 1) * block_size)
                        .map(|i| {
                            let w = &encoder.weights()[i * dim..][..dim];
                            f64::from(encoder.bias()[i])
                                + w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>()
                        })
                        .collect();
                    let sum: f64 = z.iter().map(|z| z.exp()).sum();
                    for (z, p) in z.iter().zip(&y[b * block_size..]) {
                        prop_assert!((z.exp() / sum - f64::from(*p)).abs() < 2e-5);
                    }
                }
            }
        }
    }

    #[test]
    fn a_decoder_is_for_what_it_was_fitted_on() {
        let plain = random(3, 2, 2, 1);
        assert!(!plain.decodes(Stored::Activations, SparseValues::Probability), "it has none");
        let with = |stored| {
            let mut encoder =
                plain.clone().with_decoder(Decoder::new(3, 4, vec![0.5; 12], vec![0.0; 3]).unwrap()).unwrap();
            encoder.meta.stored = stored;
            encoder
        };
        assert_eq!((plain.stored(), with(Stored::Winners).stored()), (Stored::Activations, Stored::Winners));
        let all = [Stored::Activations, Stored::Winners, Stored::Strongest(3)];
        let decodes = |encoder: &Encoder, values| all.map(|stored| encoder.decodes(stored, values));
        for values in [SparseValues::Probability, SparseValues::Sqrt] {
            assert_eq!(decodes(&with(Stored::Winners), values), [false, true, false]);
            let some = values == SparseValues::Probability;
            assert_eq!(decodes(&with(Stored::Strongest(1)), values), [some, false, some]);
            assert_eq!(decodes(&with(Stored::Activations), values), [some, false, some]);
        }
    }

    #[test]
    fn odd_shapes_and_weights_are_refused() {
        let meta = EncoderMeta::default;
        assert!(Encoder::new(2, 1, 2, vec![0.0; 3], vec![0.0; 2], meta()).is_err());
        assert!(Encoder::new(2, 1, 2, vec![f32::NAN; 4], vec![0.0; 2], meta()).is_err());
        let encoder = Encoder::new(2, 1, 2, vec![0.0; 4], vec![0.0; 2], meta()).unwrap();
        assert_eq!(
            encoder.check_dim("the vectors", 5).unwrap_err().to_string(),
            "the vectors has 5 dimensions, and 2 are needed"
        );
    }
}
