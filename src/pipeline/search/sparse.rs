//! Searches by the block vectors: with what the encoder says of the query (symmetric), or, where its decoder is for what
//! is stored, with D^T q (asymmetric), so that a stored code's score is its share of the dot product q . D y.

use std::sync::Arc;

use super::pass::Nearness;
use super::searcher::{Blocks, without};
use super::{Asymmetric, Hit, Searcher, SparseAsk};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{sparse, stored_code, top_k};
use crate::job::{Control, Reporter};
use crate::pipeline::FALLBACK;
use crate::pipeline::sample::read_sample;
use crate::search::Best;
use crate::source::{Distance, PointId, Query, SparseValues, SparseWeights, Stored};

/// Features of a query at or under this activation are no part of a sparse query; that of `convert`.
const SPARSE_ABOVE: f32 = 0.05;
/// Points that the lengths of postings are taken over, where the collection is not in memory.
const SAMPLE: usize = 5_000;

/// A query as the block vectors are searched by it.
pub(super) struct SparseQuery {
    pub(super) weights: SparseWeights,
    pub(super) asymmetric: Option<Asymmetric>,
    passed: Passed,
}

/// How a point is scored that goes through the encoder.
enum Passed {
    /// By sqrt p.
    Roots,
    /// By what would be stored of it, with a weight for each feature, 0 for those that the query does not have.
    Stored { stored: Stored, block_size: usize, weights: Vec<f32> },
}

impl SparseQuery {
    /// The score of a point with these block outputs; none where a collection's block vectors would not find it: it has
    /// none of the query's entries, or they cancel out.
    fn score(&self, outputs: &[f32]) -> Option<f32> {
        match &self.passed {
            Passed::Roots => {
                let entries = self.weights.indices.iter().zip(&self.weights.values);
                let score: f32 = entries.map(|(i, w)| w * outputs[*i as usize].sqrt()).sum();
                (score > 0.0).then_some(score)
            }
            Passed::Stored { stored, block_size, weights } => {
                let code = stored_code(outputs, *block_size, *stored, 0.0);
                let score: f32 = code.iter().map(|(i, y)| weights[i as usize] * y).sum();
                (score != 0.0).then_some(score)
            }
        }
    }
}

impl Searcher {
    /// A vector as a sparse query for what the collection stores, or, where it stores nothing, for what would be stored.
    /// It has at least one entry.
    pub(super) fn sparse_query(
        &mut self,
        vector: &[f32],
        ask: SparseAsk,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<SparseQuery> {
        let encoder = self.needs_encoder("a search by block vectors")?;
        let blocks = self.blocks(control, reporter)?;
        let stored = if ask.symmetric { None } else { self.decodable(&encoder, blocks, reporter) };
        let asymmetric = stored.map(|stored| (stored, weighed(&encoder, vector, ask.entries)));
        // A query of zeros has no weights, and is like nothing.
        if let Some((stored, weights)) = asymmetric.filter(|(_, weights)| !weights.indices.is_empty()) {
            let mut all = vec![0.0; encoder.outputs()];
            weights.indices.iter().zip(&weights.values).for_each(|(i, w)| all[*i as usize] = *w);
            return Ok(SparseQuery {
                asymmetric: Some(Asymmetric { weights: weights.indices.len(), stored }),
                weights,
                passed: Passed::Stored { stored, block_size: encoder.block_size(), weights: all },
            });
        }
        let outputs = encoder.encode(vector);
        // A code has no more entries than it needs.
        let mut entries = sparse(&outputs, if encoder.is_code() { 0.0 } else { SPARSE_ABOVE });
        if entries.is_empty() {
            entries = top_k(&outputs, FALLBACK);
        }
        let values = blocks.map_or(SparseValues::Sqrt, |blocks| blocks.values);
        let values = entries.values.into_iter().map(|p| values.of(p)).collect();
        let weights = strongest(SparseWeights { indices: entries.indices, values }, ask.entries);
        Ok(SparseQuery { weights, asymmetric: None, passed: Passed::Roots })
    }

    /// What is stored of each point, where the encoder's decoder is for that and the collection's nearness is a dot
    /// product. What stands against a decoder that is there is noted the first time.
    fn decodable(&mut self, encoder: &Encoder, blocks: Option<Blocks>, reporter: &mut Reporter) -> Option<Stored> {
        encoder.decoder()?;
        let info = self.source.info();
        let (stored, values) = match blocks {
            Some(blocks) => (blocks.stored, blocks.values),
            None => (Some(encoder.stored()), SparseValues::Probability),
        };
        let why = if !matches!(info.distance, Distance::Cosine | Distance::Dot) {
            format!("{} measures {} distance, which is no dot product", info.title, info.distance)
        } else if !stored.is_some_and(|stored| encoder.decodes(stored, values)) {
            format!("the encoder's decoder was fitted on {}, and {} holds something else", encoder.stored(), info.title)
        } else {
            return stored;
        };
        if !std::mem::replace(&mut self.told, true) {
            reporter.note(format!("{why}: the query's own activations are compared with it"));
        }
        None
    }

    /// By the block vectors alone.
    pub(super) fn sparse(
        &mut self,
        query: &SparseQuery,
        limit: usize,
        own: &[PointId],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Hit>> {
        if self.blocks(control, reporter)?.is_some() {
            let query = Query::Sparse(query.weights.clone());
            let found = self.ask(query, limit + own.len(), false, control)?;
            return Ok(without(found, own, limit));
        }
        let outputs = self.needs_encoder("a search by block vectors")?.outputs();
        let mut best = Best::new(limit);
        self.each_page(control, reporter, |page| {
            for (id, y) in page.ids.iter().zip(page.outputs.chunks(outputs)) {
                if let Some(score) = query.score(y).filter(|_| !own.contains(id)) {
                    best.offer(score, *id, || ());
                }
            }
            Ok(())
        })?;
        let best: Vec<_> = best.into_sorted().into_iter().map(|(score, id, ())| (id, score)).collect();
        self.hits(&best, control)
    }

    /// The best `candidates` by the block vectors, of which the nearest.
    pub(super) fn prefetched(
        &mut self,
        query: &SparseQuery,
        vector: &[f32],
        (limit, candidates): (usize, usize),
        own: &[PointId],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Hit>> {
        if self.blocks(control, reporter)?.is_some() {
            let (sparse, candidates) = (query.weights.clone(), candidates + own.len());
            let query = Query::Prefetched { sparse, dense: vector.to_vec(), candidates };
            let found = self.ask(query, limit + own.len(), false, control)?;
            return Ok(without(found, own, limit));
        }
        let outputs = self.needs_encoder("a search by block vectors")?.outputs();
        let (dim, distance) = (vector.len(), self.source.info().distance);
        let nearness = Nearness::new(distance, vector);
        let mut best = Best::new(candidates);
        self.each_page(control, reporter, |page| {
            for ((id, y), x) in page.ids.iter().zip(page.outputs.chunks(outputs)).zip(page.vectors.chunks(dim)) {
                if let Some(score) = query.score(y).filter(|_| !own.contains(id)) {
                    best.offer(score, *id, || nearness.score(x));
                }
            }
            Ok(())
        })?;
        let sign = if distance.smaller_is_nearer() { -1.0 } else { 1.0 };
        let mut nearest = Best::new(limit);
        best.into_sorted().into_iter().for_each(|(_, id, score)| nearest.offer(sign * score, id, || ()));
        let nearest: Vec<_> = nearest.into_sorted().into_iter().map(|(score, id, ())| (id, sign * score)).collect();
        self.hits(&nearest, control)
    }

    /// The share of the postings that a search by the query reads: those of its entries, of all. None where it is not
    /// known what the collection stores.
    pub(super) fn postings(
        &mut self,
        query: &SparseQuery,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Option<f64>> {
        let lengths = match &self.lengths {
            Some(lengths) => Arc::clone(lengths),
            None => {
                let Some(lengths) = self.read_lengths(control, reporter)? else { return Ok(None) };
                Arc::clone(self.lengths.insert(lengths))
            }
        };
        let all: u64 = lengths.iter().sum();
        let read: u64 = query.weights.indices.iter().filter_map(|i| lengths.get(*i as usize)).sum();
        Ok((all > 0).then(|| read as f64 / all as f64))
    }

    /// How many points have an entry for each feature, among those that are looked at.
    fn read_lengths(&mut self, control: &Control, reporter: &mut Reporter) -> Result<Option<Arc<[u64]>>> {
        let encoder = self.needs_encoder("a search by block vectors")?;
        let (stored, threshold) = match self.blocks(control, reporter)? {
            // Where nothing is stored, it is what `convert` would store.
            None => (encoder.stored(), SPARSE_ABOVE),
            Some(Blocks { stored: Some(stored), threshold: Some(threshold), .. }) => (stored, threshold),
            Some(_) => return Ok(None),
        };
        let mut lengths = vec![0; encoder.outputs()];
        let mut count = |outputs: &[f32]| {
            for y in outputs.chunks_exact(encoder.outputs()) {
                let code = stored_code(y, encoder.block_size(), stored, threshold);
                code.indices.into_iter().for_each(|i| lengths[i as usize] += 1);
            }
        };
        if self.held.is_some() {
            self.each_page(control, reporter, |page| {
                count(page.outputs);
                Ok(())
            })?;
        } else {
            let (width, mut outputs) = (encoder.dim().max(encoder.outputs()), Vec::new());
            read_sample(self.source.as_mut(), width, SAMPLE, control, reporter, |vectors| {
                encoder.encode_into(vectors, &mut outputs);
                count(&outputs);
            })?;
        }
        Ok(Some(lengths.into()))
    }

    /// How many points the block vectors leave for the dense ones.
    pub(super) fn candidates(&self, share: f64, limit: usize) -> Result<usize> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::setting(format!("the share to prefetch is above 0 and up to 1, and not {share}")));
        }
        let points = self.source.info().points as f64;
        Ok(((share * points).ceil() as usize).max(limit))
    }
}

/// D^T q, without what is 0.
fn weighed(encoder: &Encoder, vector: &[f32], entries: Option<usize>) -> SparseWeights {
    let all = encoder.decoder().map(|decoder| decoder.query_weights(vector)).unwrap_or_default();
    let kept = all.into_iter().enumerate().filter(|(_, w)| *w != 0.0 && w.is_finite());
    let (indices, values) = kept.map(|(i, w)| (i as u32, w)).unzip();
    strongest(SparseWeights { indices, values }, entries)
}

/// The entries that are largest in magnitude, of equal ones the first, in the order of their indices.
fn strongest(weights: SparseWeights, entries: Option<usize>) -> SparseWeights {
    let SparseWeights { indices, values } = weights;
    let mut both: Vec<(u32, f32)> = indices.into_iter().zip(values).collect();
    if let Some(entries) = entries {
        both.sort_unstable_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        both.truncate(entries);
        both.sort_unstable_by_key(|(i, _)| *i);
    }
    let (indices, values) = both.into_iter().unzip();
    SparseWeights { indices, values }
}
