//! What is stored of a code, and what that takes.

use serde::Serialize;

use super::{SparseVector, sparse};
use crate::encoder::Activation;
use crate::point::Stored;

/// Bits of a weight of half precision, and of single precision.
const HALF: usize = 16;
const SINGLE: usize = 32;
/// Bytes of an entry as Qdrant keeps it: an index and a float.
const ENTRY: f64 = 8.0;

/// What is stored of one point's block outputs, in blocks of so many features. `threshold` is for
/// [`Stored::Activations`] alone; of [`Stored::Strongest`] nothing is stored that is not above 0.
///
/// # Panics
/// If the block size is 0.
pub fn stored_code(outputs: &[f32], block_size: usize, stored: Stored, threshold: f32) -> SparseVector {
    let mut code = SparseVector::default();
    match stored {
        Stored::Activations => return sparse(outputs, threshold),
        Stored::Winners => {
            for (b, block) in outputs.chunks_exact(block_size).enumerate() {
                // The first of equal ones.
                let winner = (1..block_size).fold(0, |best, i| if block[i] > block[best] { i } else { best });
                code.indices.push((b * block_size + winner) as u32);
                code.values.push(1.0);
            }
        }
        Stored::Strongest(k) => {
            let mut order: Vec<usize> = Vec::with_capacity(block_size);
            for (b, block) in outputs.chunks_exact(block_size).enumerate() {
                order.clear();
                order.extend((0..block_size).filter(|i| block[*i] > 0.0));
                if order.len() > k {
                    order.select_nth_unstable_by(k, |x, y| block[*y].total_cmp(&block[*x]).then(x.cmp(y)));
                    order.truncate(k);
                    order.sort_unstable();
                }
                code.indices.extend(order.iter().map(|i| (b * block_size + i) as u32));
                code.values.extend(order.iter().map(|i| block[*i]));
            }
        }
    }
    code
}

/// The activation above which every feature has an entry, from 0 to 1: K of a block leave none out that is above
/// 1 / (K + 1) where the activations of a block sum to 1, as a SoftMax has it, and may leave out any otherwise.
pub fn all_stored_above(stored: Stored, activation: Activation, threshold: f32) -> f32 {
    let k = match stored {
        Stored::Activations => return threshold,
        Stored::Winners => 1,
        Stored::Strongest(k) => k,
    };
    if activation == Activation::SoftMax { 1.0 / (k as f32 + 1.0) } else { 1.0 }
}

/// What a stored code takes, on average over some points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct CodeSize {
    /// Entries of a vector.
    pub entries: f64,
    /// Bytes of a vector where every bit counts and weights have half precision; winners have no weights.
    pub packed: f64,
    /// The same with weights of single precision.
    pub packed_single: f64,
    /// Bytes of a vector as Qdrant keeps it: 8 an entry.
    pub qdrant: f64,
}

impl CodeSize {
    /// Of codes with so many entries on average.
    ///
    /// Packed, a winner is a number of ceil(log2 V) bits; each of the K strongest of a block is such a number and its
    /// weight, there or not; of activations above a threshold each is a number of ceil(log2 BV) bits and its weight, and
    /// how many there are is another of ceil(log2 (BV + 1)).
    pub fn of(stored: Stored, blocks: usize, block_size: usize, entries: f64) -> Self {
        let features = blocks * block_size;
        let packed = |weight: usize| {
            let bits = match stored {
                Stored::Winners => (blocks * bits(block_size)) as f64,
                Stored::Strongest(k) => (blocks * k.min(block_size) * (bits(block_size) + weight)) as f64,
                Stored::Activations => bits(features + 1) as f64 + entries * (bits(features) + weight) as f64,
            };
            bits / 8.0
        };
        Self { entries, packed: packed(HALF), packed_single: packed(SINGLE), qdrant: ENTRY * entries }
    }
}

/// Bits that tell one of some choices: ceil(log2 n).
fn bits(choices: usize) -> usize {
    choices.max(1).next_power_of_two().trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoder::tests::random;

    #[test]
    fn what_is_stored_is_what_was_asked_for() {
        let y = [0.1, 0.6, 0.3, 0.0, 0.25, 0.25, 0.5, 0.0];
        let code = |stored| stored_code(&y, 4, stored, 0.25).iter().collect::<Vec<_>>();
        assert_eq!(code(Stored::Activations), [(1, 0.6), (2, 0.3), (6, 0.5)]);
        assert_eq!(code(Stored::Winners), [(1, 1.0), (6, 1.0)]);
        assert_eq!(code(Stored::Strongest(1)), [(1, 0.6), (6, 0.5)]);
        // Of equal ones the first.
        assert_eq!(code(Stored::Strongest(2)), [(1, 0.6), (2, 0.3), (4, 0.25), (6, 0.5)]);
        assert_eq!(code(Stored::Strongest(9)).len(), 6, "nothing that is 0");
        assert_eq!(stored_code(&[0.0; 4], 2, Stored::Winners, 0.5).indices, [0, 2], "every block has a winner");
    }

    #[test]
    fn every_bit_is_counted() {
        assert_eq!([1, 2, 3, 64, 65, 256].map(bits), [0, 1, 2, 6, 7, 8]);
        let size = |stored, entries| CodeSize::of(stored, 8, 64, entries);
        let winners = size(Stored::Winners, 8.0);
        assert_eq!((winners.packed, winners.packed_single, winners.qdrant), (6.0, 6.0, 64.0));
        let four = size(Stored::Strongest(4), 32.0);
        assert_eq!((four.packed, four.packed_single, four.qdrant), (88.0, 152.0, 256.0));
        // There are 513 counts of entries.
        let above = size(Stored::Activations, 10.0);
        assert_eq!((above.packed, above.packed_single, above.qdrant), (260.0 / 8.0, 420.0 / 8.0, 80.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn nothing_above_the_bound_is_left_out(blocks in 1usize..5, size in 1usize..20, k in 1usize..6, seed in any::<u64>()) {
            let encoder = random(3, blocks, size, seed);
            let vectors: Vec<f32> = (0..60).map(|i| ((i as u64 * 37 + seed % 91) % 53) as f32 / 9.0 - 3.0).collect();
            for y in encoder.encode(&vectors).chunks(encoder.outputs()) {
                for stored in [Stored::Winners, Stored::Strongest(k), Stored::Activations] {
                    let above = all_stored_above(stored, encoder.activation(), 0.07);
                    let code = stored_code(y, size, stored, 0.07);
                    prop_assert!(code.indices.is_sorted_by(|a, b| a < b));
                    let missing = (0..y.len()).filter(|i| !code.indices.contains(&(*i as u32)));
                    prop_assert!(missing.into_iter().all(|i| y[i] <= above));
                }
            }
        }
    }
}
