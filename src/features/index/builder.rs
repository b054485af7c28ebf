//! Gathers an index from pages of vectors or block outputs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::FeatureIndex;
use super::counts::Counts;
use super::kept::{Depth, Kept};
use super::sample::Hasher;
use super::worker::Worker;
use crate::encoder::Encoder;
use crate::source::PointId;

/// Bytes that the counts of all threads may take together; one thread's are there in any case.
const COUNTS: usize = 256 << 20;
/// Outputs that a thread has before it at a time.
const OUTPUTS: usize = 1 << 16;

/// Takes in pages of vectors or block outputs, and gives a [`FeatureIndex`] of what it has seen at any time.
///
/// Points may come in any order and pages, from whatever number of threads, and in parts that are merged: but for the
/// rounding of the means, the index is the same. Its memory depends on the encoder's shape, never on the number of points:
/// for 4 x 64 some 30 MB, and 2 MB more for each thread; for the most features that an encoder may have 1.3 GB.
#[derive(Clone, Debug)]
pub struct IndexBuilder {
    hasher: Hasher,
    kept: Kept,
    /// At least one.
    workers: Vec<Worker>,
}

impl IndexBuilder {
    /// For encoders of blocks of this shape; the seed is that of the random points.
    pub fn new(blocks: usize, block_size: usize, seed: u64) -> Self {
        Self::begin(Counts::new(blocks, block_size, false), seed)
    }

    /// For this encoder, whether its outputs are blocks or codes.
    pub fn of(encoder: &Encoder, seed: u64) -> Self {
        Self::begin(Counts::new(encoder.blocks(), encoder.block_size(), encoder.is_code()), seed)
    }

    fn begin(counts: Counts, seed: u64) -> Self {
        let kept = Kept::new(counts.seconds.len());
        Self { hasher: Hasher::new(seed), workers: vec![Worker::new(counts, &kept)], kept }
    }

    /// Goes on from an index that another builder has finished.
    ///
    /// # Panics
    /// If it is a [`snapshot`](Self::snapshot), which has let go of too much.
    pub fn resume(index: &FeatureIndex) -> Self {
        let kept = index.kept.clone();
        assert_eq!(kept.grid.samples().size(), Depth::of(index.features()).binned, "a finished index");
        Self { hasher: index.hasher, workers: vec![Worker::new(index.counts.clone(), &kept)], kept }
    }

    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.workers.iter().map(|worker| worker.counts.figures.points).sum()
    }

    fn features(&self) -> usize {
        self.workers[0].counts.seconds.len()
    }

    /// Takes in the outputs of some points, `ids.len()` x (blocks * block size).
    ///
    /// # Panics
    /// If the lengths do not agree.
    pub fn add(&mut self, ids: &[PointId], outputs: &[f32]) {
        assert_eq!(outputs.len(), ids.len() * self.features(), "outputs of {} points", ids.len());
        let (worker, kept) = (&mut self.workers[0], &mut self.kept);
        worker.take(self.hasher, ids, outputs, |worker| worker.hand_over(kept));
        worker.hand_over(kept);
    }

    /// Takes in some vectors, `ids.len()` x dim, through their encoder, on all threads of the pool that it is called in.
    ///
    /// # Panics
    /// If the lengths do not agree, or the encoder has another shape.
    pub fn add_vectors(&mut self, encoder: &Encoder, ids: &[PointId], vectors: &[f32]) {
        let (features, dim) = (self.features(), encoder.dim());
        assert_eq!((encoder.outputs(), vectors.len()), (features, ids.len() * dim), "vectors of {} points", ids.len());
        let bytes = self.workers[0].counts.bytes();
        let threads = rayon::current_num_threads().min(COUNTS / bytes.max(1)).max(1);
        while self.workers.len() < threads {
            let counts = Counts::like(&self.workers[0].counts);
            self.workers.push(Worker::new(counts, &self.kept));
        }
        let rows = (OUTPUTS / features).clamp(8, 256).min(ids.len().div_ceil(threads).max(1));
        let (hasher, next, kept) = (self.hasher, AtomicUsize::new(0), Mutex::new(&mut self.kept));
        let hand_over =
            |worker: &mut Worker| worker.hand_over(&mut kept.lock().unwrap_or_else(PoisonError::into_inner));
        let work = |worker: &mut Worker| {
            let mut outputs = std::mem::take(&mut worker.outputs);
            loop {
                let start = next.fetch_add(rows, Ordering::Relaxed);
                let Some(ids) = ids.get(start..ids.len().min(start.saturating_add(rows))).filter(|i| !i.is_empty())
                else {
                    break;
                };
                outputs.resize(ids.len() * features, 0.0);
                encoder.encode_rows(&vectors[start * dim..][..ids.len() * dim], &mut outputs);
                worker.take(hasher, ids, &outputs, hand_over);
            }
            worker.outputs = outputs;
            hand_over(worker);
        };
        rayon::scope(|scope| {
            for worker in self.workers.iter_mut().take(threads) {
                scope.spawn(|_| work(worker));
            }
        });
    }

    /// Takes in what another builder has taken in of other points.
    ///
    /// # Panics
    /// If it is for another shape, or has another seed.
    pub fn merge(&mut self, other: &Self) {
        let of = |builder: &Self| {
            let figures = &builder.workers[0].counts.figures;
            (figures.blocks, figures.block_size, figures.codes(), builder.hasher)
        };
        assert_eq!(of(self), of(other), "shapes and seeds");
        for worker in &other.workers {
            self.workers[0].counts.merge(&worker.counts);
        }
        self.kept.merge(&other.kept);
        self.workers.iter_mut().for_each(|worker| worker.hand_over(&mut self.kept));
    }

    /// The index over the points taken in so far, to be shown while more are: its samples of ranges of activations are from
    /// fewer points, 32 in place of up to 128 of each bin of the grid, and so may have fewer than 50. It costs a copy.
    pub fn snapshot(&self) -> Arc<FeatureIndex> {
        let counts = self.workers[0].counts.clone();
        Arc::new(FeatureIndex::new(self.hasher, all(counts, &self.workers[1..]), self.kept.shallow()))
    }

    /// The index over all points.
    pub fn finish(self) -> Arc<FeatureIndex> {
        let (mut workers, mut kept) = (self.workers, self.kept);
        kept.settle(kept.grid.samples().size());
        // There is at least one.
        let first = workers.swap_remove(0).counts;
        Arc::new(FeatureIndex::new(self.hasher, all(first, &workers), kept))
    }
}

/// What a thread and some others have counted.
fn all(mut counts: Counts, others: &[Worker]) -> Counts {
    others.iter().for_each(|worker| counts.merge(&worker.counts));
    counts.settle();
    counts
}
