//! Similarity data: the sparse neighbour matrix of a sample, its vectors and its ids.
//!
//! A similarity is larger for nearer points. Cosine and dot scores are taken as they are. A distance d (Euclid,
//! Manhattan) becomes s = 1 / (1 + d / m), where m is the median distance over all neighbours of the training part:
//! s falls with d, lies in (0, 1], is 1/2 at a typical neighbour, and does not depend on the vectors' scale, so that
//! the same smallest margin makes sense for every collection.

mod device;
mod exact;
mod files;

pub use device::DeviceProducts;
pub use exact::{Arithmetic, Neighbours, exact_neighbours, prepare};
pub use files::SimilarityData;
pub(crate) use files::commit;

use crate::error::{Error, Result};
use crate::source::Distance;

/// A square sparse matrix in compressed rows: for each point, its neighbours' columns, ascending, and similarities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Csr {
    /// Start of each row in `columns`; one longer than there are rows.
    pub starts: Vec<usize>,
    /// Columns, ascending within a row.
    pub columns: Vec<u32>,
    /// The similarity of each entry.
    pub values: Vec<f32>,
}

impl Csr {
    /// A matrix without entries.
    pub fn empty(n: usize) -> Self {
        Self { starts: vec![0; n + 1], columns: Vec::new(), values: Vec::new() }
    }

    /// From triples in any order. Entries on the diagonal are dropped, of repeated ones the last counts.
    pub fn from_entries(n: usize, rows: &[u32], columns: &[u32], values: &[f32]) -> Result<Self> {
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        if let Some(bad) = rows.iter().chain(columns).find(|i| **i as usize >= n) {
            return Err(Error::setting(format!("similarity matrix: entry at {bad}, and there are {n} points")));
        }
        order.sort_by_key(|&e| (rows[e as usize], columns[e as usize], e));
        let mut matrix = Self::empty(n);
        let mut last = None;
        for e in order {
            let (row, column, value) = (rows[e as usize], columns[e as usize], values[e as usize]);
            if row == column {
                continue;
            }
            if last == Some((row, column)) {
                if let Some(v) = matrix.values.last_mut() {
                    *v = value;
                }
                continue;
            }
            last = Some((row, column));
            matrix.columns.push(column);
            matrix.values.push(value);
            matrix.starts[row as usize + 1] += 1;
        }
        for i in 0..n {
            matrix.starts[i + 1] += matrix.starts[i];
        }
        Ok(matrix)
    }

    /// Rows (and columns).
    pub fn size(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Entries.
    pub fn entries(&self) -> usize {
        self.columns.len()
    }

    /// The neighbours of a point and their similarities.
    pub fn row(&self, i: usize) -> (&[u32], &[f32]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// The similarity stored for a pair.
    pub fn get(&self, i: usize, j: usize) -> Option<f32> {
        let (columns, values) = self.row(i);
        columns.binary_search(&(j as u32)).ok().map(|at| values[at])
    }

    /// The share of points that have a neighbour whose similarity differs by more than `margin` from the smallest of
    /// their neighbours: those from which a usable triplet can start.
    pub fn usable_share(&self, margin: f32) -> f64 {
        let usable = (0..self.size()).filter(|&i| self.span(i).is_some_and(|s| s > margin)).count();
        if self.size() == 0 { 0.0 } else { usable as f64 / self.size() as f64 }
    }

    /// The largest margin that a triplet from this point can have: its neighbours' largest similarity less the smallest.
    pub fn span(&self, i: usize) -> Option<f32> {
        let (_, values) = self.row(i);
        let smallest = values.iter().copied().reduce(f32::min)?;
        let largest = values.iter().copied().reduce(f32::max)?;
        Some(largest - smallest)
    }
}

/// Turns distances into similarities, on one scale for all parts of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToSimilarity {
    median: Option<f32>,
}

impl ToSimilarity {
    /// For the collection's distance; `scores` are those that set the scale.
    pub fn new(distance: Distance, scores: &[f32]) -> Self {
        if !distance.smaller_is_nearer() || scores.is_empty() {
            return Self { median: None };
        }
        let mut sorted = scores.to_vec();
        let middle = sorted.len() / 2;
        let (_, median, _) = sorted.select_nth_unstable_by(middle, f32::total_cmp);
        Self { median: Some(if *median > 0.0 { *median } else { 1.0 }) }
    }

    /// The median distance, where scores are distances.
    pub fn median(&self) -> Option<f32> {
        self.median
    }

    /// Turns scores into similarities in place.
    pub fn apply(&self, scores: &mut [f32]) {
        if let Some(median) = self.median {
            scores.iter_mut().for_each(|d| *d = 1.0 / (1.0 + *d / median));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_in_any_order_make_sorted_rows_without_a_diagonal(
            n in 1usize..12,
            entries in proptest::collection::vec((0u32..12, 0u32..12, -1.0f32..1.0), 0..60),
        ) {
            let entries: Vec<_> = entries.into_iter().map(|(r, c, v)| (r % n as u32, c % n as u32, v)).collect();
            let rows: Vec<_> = entries.iter().map(|e| e.0).collect();
            let columns: Vec<_> = entries.iter().map(|e| e.1).collect();
            let values: Vec<_> = entries.iter().map(|e| e.2).collect();
            let matrix = Csr::from_entries(n, &rows, &columns, &values).unwrap();
            prop_assert_eq!(matrix.size(), n);
            for i in 0..n {
                prop_assert!(matrix.row(i).0.windows(2).all(|w| w[0] < w[1]));
                for j in 0..n {
                    let last = entries.iter().rev().find(|e| (e.0, e.1) == (i as u32, j as u32) && i != j);
                    prop_assert_eq!(matrix.get(i, j), last.map(|e| e.2));
                }
            }
        }

        #[test]
        fn a_similarity_falls_with_distance_and_keeps_its_value_when_everything_is_scaled(
            distances in proptest::collection::vec(0.01f32..100.0, 1..40), scale in 0.1f32..10.0,
        ) {
            let mut plain = distances.clone();
            ToSimilarity::new(Distance::Euclid, &distances).apply(&mut plain);
            for (d, s) in distances.iter().zip(&plain) {
                prop_assert!(*s > 0.0 && *s <= 1.0);
                for (e, t) in distances.iter().zip(&plain) {
                    prop_assert!(d >= e || s >= t);
                }
            }
            let mut scaled: Vec<f32> = distances.iter().map(|d| d * scale).collect();
            ToSimilarity::new(Distance::Euclid, &scaled.clone()).apply(&mut scaled);
            for (a, b) in plain.iter().zip(&scaled) {
                prop_assert!((a - b).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn similarities_are_left_alone() {
        let mut scores = vec![0.3, -0.2];
        ToSimilarity::new(Distance::Dot, &scores.clone()).apply(&mut scores);
        assert_eq!(scores, [0.3, -0.2]);
    }
}
