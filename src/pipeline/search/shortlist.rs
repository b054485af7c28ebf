//! A shortlist by small codes, and a second look by the whole ones or by the dense vectors.

use super::pass::Nearness;
use super::{Hit, Searcher};
use crate::config::Rerank;
use crate::encoder::{Decoder, Encoder, keep_largest};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::search::Best;
use crate::source::PointId;

/// How a shortlist is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortlist {
    /// Features that a point is searched by: its strongest.
    pub active: usize,
    /// The share of the collection that is looked at again, above 0 and up to 1.
    pub share: f64,
    /// By what.
    pub rerank: Rerank,
}

/// How a query scores codes.
///
/// With a decoder it is asymmetric: q . (D y + c) for the query itself and a code y, which is q's dot product with what is
/// decoded of it. Without one it is the sum of sqrt(p y) over features, p being the query's own outputs.
struct Scores<'a> {
    encoder: &'a Encoder,
    weights: Vec<f32>,
    /// q . c, the same for all points.
    shift: f32,
}

impl<'a> Scores<'a> {
    fn new(encoder: &'a Encoder, query: &[f32]) -> Self {
        let roots = || encoder.encode(query).into_iter().map(f32::sqrt).collect();
        let weights = encoder.decoder().map_or_else(roots, |decoder| decoder.query_weights(query));
        let shift = |decoder: &Decoder| linalg::dot(query, decoder.bias());
        Self { encoder, weights, shift: encoder.decoder().map_or(0.0, shift) }
    }

    fn score(&self, outputs: &[f32]) -> f32 {
        let decoded = self.encoder.decoder().is_some();
        let active = outputs.iter().zip(&self.weights).filter(|(y, _)| **y > 0.0);
        active.map(|(y, w)| w * if decoded { *y } else { y.sqrt() }).sum::<f32>() + self.shift
    }
}

impl Searcher {
    /// The best `candidates` by small codes in one pass over all points, of which the best by the second look.
    pub(super) fn shortlisted(
        &mut self,
        vector: &[f32],
        shortlist: Shortlist,
        (limit, candidates): (usize, usize),
        own: &[PointId],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Hit>> {
        let encoder = self.needs_encoder("a shortlist")?;
        let outputs = encoder.outputs();
        if shortlist.active == 0 || shortlist.active > outputs {
            return Err(Error::setting(format!(
                "a shortlist goes by 1 to {outputs} features, which are all there are"
            )));
        }
        let scores = Scores::new(&encoder, vector);
        let (dim, distance) = (vector.len(), self.source.info().distance);
        let nearness = Nearness::new(distance, vector);
        let (mut best, mut small, mut order) = (Best::new(candidates), Vec::new(), Vec::new());
        self.each_page(control, reporter, |page| {
            for ((id, y), x) in page.ids.iter().zip(page.outputs.chunks(outputs)).zip(page.vectors.chunks(dim)) {
                if own.contains(id) {
                    continue;
                }
                small.clear();
                small.extend_from_slice(y);
                keep_largest(&mut small, shortlist.active, &mut order);
                best.offer(scores.score(&small), *id, || match shortlist.rerank {
                    Rerank::Code => scores.score(y),
                    Rerank::Dense => nearness.score(x),
                });
            }
            Ok(())
        })?;
        let smaller = shortlist.rerank == Rerank::Dense && distance.smaller_is_nearer();
        let sign = if smaller { -1.0 } else { 1.0 };
        let mut nearest = Best::new(limit);
        best.into_sorted().into_iter().for_each(|(_, id, score)| nearest.offer(sign * score, id, || ()));
        let nearest: Vec<_> = nearest.into_sorted().into_iter().map(|(score, id, ())| (id, sign * score)).collect();
        self.hits(&nearest, control)
    }
}
