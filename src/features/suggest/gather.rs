//! The points that names are made of and scored on.

use std::collections::BinaryHeap;

use super::super::accumulate::{Accumulator, FeatureTable};
use super::super::index::sample::Hasher;
use crate::encoder::Encoder;
use crate::point::{Payload, PointId};

/// The seed of the sample, and that of the halves: a point's half says nothing of whether it is sampled.
const SAMPLE_SEED: u64 = 0x6e61_6d65;
const HALVES_SEED: u64 = 0x6861_6c66;

/// Takes in pages of a collection: keeps a uniform sample of its points with their vectors, and of each feature the ids
/// of the strongest points. Which points are sampled depends on hashes of their ids alone, and not on the order of pages.
///
/// Memory: the sample's vectors, and the strongest points of all features.
#[derive(Debug)]
pub struct Gathering {
    hasher: Hasher,
    size: usize,
    dim: usize,
    /// The sampled points by hash, the largest on top, each with its row of `vectors`.
    kept: BinaryHeap<(u64, PointId, usize)>,
    vectors: Vec<f32>,
    accumulator: Accumulator,
}

/// What a [`Gathering`] has found in a collection.
#[derive(Debug)]
pub struct Gathered {
    /// The sampled points, ascending.
    pub ids: Vec<PointId>,
    /// Their vectors, `ids.len()` x dimensions.
    pub vectors: Vec<f32>,
    /// What each feature does over the whole collection, with its strongest points.
    pub table: FeatureTable,
}

impl Gathering {
    /// Of vectors and outputs of an encoder: a sample of `size` points, and of each feature the `strongest` points.
    pub fn new(encoder: &Encoder, size: usize, strongest: usize) -> Self {
        let accumulator = Accumulator::of(encoder, super::super::FIRES_ABOVE, strongest);
        let hasher = Hasher::new(SAMPLE_SEED);
        Self { hasher, size, dim: encoder.dim(), kept: BinaryHeap::new(), vectors: Vec::new(), accumulator }
    }

    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.accumulator.points()
    }

    /// Takes in points with their vectors (`ids.len()` x dim) and block outputs.
    pub fn add(&mut self, ids: &[PointId], vectors: &[f32], outputs: &[f32]) {
        self.accumulator.add(ids, outputs);
        for (id, vector) in ids.iter().zip(vectors.chunks(self.dim)) {
            let key = (self.hasher.hash(*id), *id);
            if self.kept.len() < self.size {
                self.kept.push((key.0, key.1, self.kept.len()));
                self.vectors.extend_from_slice(vector);
            } else if let Some(mut largest) = self.kept.peek_mut()
                && key < (largest.0, largest.1)
            {
                let row = largest.2;
                *largest = (key.0, key.1, row);
                self.vectors[row * self.dim..][..self.dim].copy_from_slice(vector);
            }
        }
    }

    /// The sample and the table.
    pub fn finish(self) -> Gathered {
        let mut kept: Vec<(PointId, usize)> = self.kept.into_iter().map(|(_, id, row)| (id, row)).collect();
        kept.sort_unstable();
        let mut vectors = Vec::with_capacity(self.vectors.len());
        for (_, row) in &kept {
            vectors.extend_from_slice(&self.vectors[row * self.dim..][..self.dim]);
        }
        let ids = kept.into_iter().map(|(id, _)| id).collect();
        Gathered { ids, vectors, table: self.accumulator.table() }
    }
}

impl Gathered {
    /// The strongest points of all features that are not in the sample, ascending, each once.
    pub fn others(&self) -> Vec<PointId> {
        let strongest = self.table.features.iter().flat_map(|feature| feature.top.iter().map(|strong| strong.id));
        let mut others: Vec<PointId> = strongest.filter(|id| self.ids.binary_search(id).is_err()).collect();
        others.sort_unstable();
        others.dedup();
        others
    }
}

/// Points with their vectors and payloads: a uniform sample of a collection, and behind it strong points of features.
#[derive(Debug, Default)]
pub struct Pool {
    /// Dimensions of a vector.
    pub dim: usize,
    /// The points, the sampled ones first.
    pub ids: Vec<PointId>,
    /// How many of them are the uniform sample.
    pub sampled: usize,
    /// The vectors, `ids.len()` x dim.
    pub vectors: Vec<f32>,
    /// The payloads; none where names come from texts alone.
    pub payloads: Vec<Payload>,
}

impl Pool {
    /// The two halves of the points.
    pub(super) fn halves(&self) -> Halves {
        let hasher = Hasher::new(HALVES_SEED);
        let mut halves = Halves::default();
        for (row, id) in self.ids.iter().enumerate() {
            let half = if hasher.hash(*id) & 1 == 0 { &mut halves.making } else { &mut halves.scoring };
            half.all.push(row as u32);
            half.sampled += usize::from(row < self.sampled);
        }
        halves
    }
}

/// The points that names are made of, and those that the names are scored on, which no part of making them has seen.
#[derive(Debug, Default)]
pub(super) struct Halves {
    pub(super) making: Half,
    pub(super) scoring: Half,
}

/// About half of a pool's points.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// Rows of the pool, ascending.
    pub(super) all: Vec<u32>,
    /// How many of them are the uniform sample's; they come first.
    sampled: usize,
}

impl Half {
    /// The rows of the uniform sample.
    pub(super) fn sampled(&self) -> &[u32] {
        &self.all[..self.sampled]
    }
}
