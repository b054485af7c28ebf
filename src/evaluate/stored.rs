//! Ways to store a code, with every bit counted.

use crate::linalg::Rows;

/// Bits of a stored weight that is not quantised: a float32, as collections keep them.
const WEIGHT: usize = 32;

/// Codes as they are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The weights, points x outputs, 0 where nothing is stored.
    pub values: Vec<f32>,
    /// Stored entries a point, on average.
    pub entries: f64,
    /// Stored bytes a point, on average.
    pub bytes: f64,
}

/// Bits that tell one of some choices: ceil(log2 n).
pub fn index_bits(choices: usize) -> usize {
    choices.max(1).next_power_of_two().trailing_zeros() as usize
}

/// The place of the largest value; of equal ones the first.
pub(super) fn largest(values: &[f32]) -> usize {
    values.iter().enumerate().fold(0, |best, (i, y)| if *y > values[best] { i } else { best })
}

/// Each block's winner alone, with the weight 1: ceil(log2 V) bits a block.
pub fn winners(codes: Rows, block_size: usize) -> Kept {
    let mut values = vec![0f32; codes.values().len()];
    for (block, out) in codes.values().chunks(block_size).zip(values.chunks_mut(block_size)) {
        out[largest(block)] = 1.0;
    }
    let blocks = codes.width() / block_size;
    Kept { values, entries: blocks as f64, bytes: (blocks * index_bits(block_size)) as f64 / 8.0 }
}

/// The entries above a threshold: for each its index among all outputs and a float32; and how many there are.
pub fn entries(codes: Rows, threshold: f32) -> Kept {
    let values: Vec<f32> = codes.values().iter().map(|y| if *y > threshold { *y } else { 0.0 }).collect();
    let entries = values.iter().filter(|y| **y != 0.0).count() as f64 / codes.len().max(1) as f64;
    let bits = index_bits(codes.width() + 1) as f64 + entries * (index_bits(codes.width()) + WEIGHT) as f64;
    Kept { values, entries, bytes: bits / 8.0 }
}

/// The `k` strongest entries of each block with their weights: of each its index in the block and a float32. Entries
/// that are not above 0 are left out, though their room is not.
///
/// With `weight_bits` the weights of a block are shares of what is kept of it, so that they sum to 1: of all but the
/// strongest that many bits are kept, evenly from 0 to 1, and the strongest has the rest.
pub fn strongest(codes: Rows, block_size: usize, k: usize, weight_bits: Option<usize>) -> Kept {
    let k = k.min(block_size);
    let mut values = vec![0f32; codes.values().len()];
    let mut kept = 0;
    for (block, out) in codes.values().chunks(block_size).zip(values.chunks_mut(block_size)) {
        let order = places(block, k);
        let Some(bits) = weight_bits else {
            order.iter().for_each(|i| out[*i] = block[*i]);
            kept += order.len();
            continue;
        };
        let sum: f32 = order.iter().map(|i| block[*i]).sum();
        let steps = ((1u64 << bits) - 1) as f32;
        let mut rest = 1.0;
        for i in order.iter().skip(1) {
            out[*i] = (block[*i] / sum * steps).round() / steps;
            rest -= out[*i];
        }
        if let Some(first) = order.first() {
            out[*first] = rest;
        }
        kept += order.iter().filter(|i| out[**i] != 0.0).count();
    }
    let blocks = codes.width() / block_size;
    let bits = match weight_bits {
        Some(bits) => k * index_bits(block_size) + k.saturating_sub(1) * bits,
        None => k * (index_bits(block_size) + WEIGHT),
    };
    let entries = kept as f64 / codes.len().max(1) as f64;
    Kept { values, entries, bytes: (blocks * bits) as f64 / 8.0 }
}

/// The places of the `k` largest values above 0, the largest first; of equal ones the first.
fn places(values: &[f32], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| values[*i] > 0.0).collect();
    let by = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
    if k > 0 && k < order.len() {
        order.select_nth_unstable_by(k - 1, by);
    }
    order.truncate(k);
    order.sort_unstable_by(by);
    order
}

/// Codes cut to the `k` strongest entries of each point, over all blocks.
pub fn truncated(codes: Rows, k: usize) -> Vec<f32> {
    strongest(codes, codes.width(), k, None).values
}

/// The share of all postings, a point and a feature each, that lie in the lists of a query's entries; the mean over the
/// queries. None where there are no postings or no queries.
///
/// # Panics
/// If the widths differ.
pub fn touched(queries: Rows, points: Rows) -> Option<f64> {
    assert_eq!(queries.width(), points.width(), "codes of one encoder");
    let mut lengths = vec![0u64; points.width()];
    for point in points.iter() {
        lengths.iter_mut().zip(point).for_each(|(length, y)| *length += u64::from(*y != 0.0));
    }
    let all: u64 = lengths.iter().sum();
    let read = |query: &[f32]| query.iter().zip(&lengths).filter(|(y, _)| **y != 0.0).map(|(_, n)| n).sum::<u64>();
    let sum: u64 = queries.iter().map(read).sum();
    (all > 0 && !queries.is_empty()).then(|| sum as f64 / (all as f64 * queries.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_counted() {
        assert_eq!([1, 2, 3, 64, 65, 256].map(index_bits), [0, 1, 2, 6, 7, 8]);
        let codes = vec![1.0 / 64.0; 2 * 512];
        let codes = Rows::new(&codes, 512);
        // Eight blocks of 64: 6 bits each.
        assert_eq!(winners(codes, 64).bytes, 6.0);
        // Two of a block, and 4 bits for how they share: 16 bits each.
        assert_eq!(strongest(codes, 64, 2, Some(4)).bytes, 16.0);
        assert_eq!(strongest(codes, 64, 4, Some(4)).bytes, 36.0);
        assert_eq!(strongest(codes, 64, 4, None).bytes, 152.0);
        assert_eq!(strongest(codes, 512, 4, None).bytes, 4.0 * 41.0 / 8.0);
        // Nothing above the threshold: the count alone, of which there are 513.
        assert_eq!((entries(codes, 0.05).bytes, entries(codes, 0.05).entries), (10.0 / 8.0, 0.0));
        assert_eq!(entries(codes, 0.01).bytes, (10.0 + 512.0 * 41.0) / 8.0);
    }

    #[test]
    fn what_is_stored_is_what_was_strongest() {
        let codes = [0.1, 0.6, 0.3, 0.0, 0.25, 0.25, 0.5, 0.0];
        let codes = Rows::new(&codes, 8);
        assert_eq!(winners(codes, 4).values, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(entries(codes, 0.25).values, [0.0, 0.6, 0.3, 0.0, 0.0, 0.0, 0.5, 0.0]);
        assert_eq!(strongest(codes, 4, 2, None).values, [0.0, 0.6, 0.3, 0.0, 0.25, 0.0, 0.5, 0.0]);
        assert_eq!(truncated(codes, 3), [0.0, 0.6, 0.3, 0.0, 0.0, 0.0, 0.5, 0.0]);
        assert_eq!(truncated(codes, 99), codes.values());
        // A third is one of three steps; a share that rounds to nothing is stored as nothing.
        let third = strongest(codes, 4, 2, Some(2)).values;
        for (own, twin) in third.iter().zip([0.0, 2.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0, 0.0, 2.0 / 3.0, 0.0]) {
            assert!((own - twin).abs() < 1e-6, "{third:?}");
        }
        let sure = [0.01, 0.99, 0.0, 0.0];
        let sure = strongest(Rows::new(&sure, 4), 4, 4, Some(3));
        assert_eq!((sure.values, sure.entries), (vec![0.0, 1.0, 0.0, 0.0], 1.0));
    }

    #[test]
    fn postings_are_read_where_a_query_has_entries() {
        // Lists of 3, 1 and 2 points.
        let points = [0.2, 0.0, 0.1, 0.3, 0.4, 0.0, 0.9, 0.0, 0.5];
        let queries = [0.0, 1.0, 0.0, -1.0, 0.0, 2.0];
        let share = touched(Rows::new(&queries, 3), Rows::new(&points, 3)).unwrap();
        assert!((share - (1.0 / 6.0 + 5.0 / 6.0) / 2.0).abs() < 1e-12);
        assert_eq!(touched(Rows::new(&[1.0], 1), Rows::new(&[0.0], 1)), None);
    }
}
