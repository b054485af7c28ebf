//! A [`Searcher`]: a collection, a model and an encoder, opened once and asked many times.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::pass::{Encoded, Held};
use super::target::{Embedded, Target};
use super::{Ask, Compared, CopyRequest, Hit, SPARSE_NAME, Searched, Way};
use crate::config::{CollectionArgs, ModelArgs};
use crate::embed::{Download, Embedder, Side};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::FeatureNotes;
use crate::job::{Control, Reporter};
use crate::pipeline::models::Models;
use crate::search::snippet::{self, snippet};
use crate::search::{Best, Matcher};
use crate::source::{
    Neighbour, PointId, Query, Search, SourceInfo, SparseValues, SparseWeights, Stored, VectorSource, Want,
};

/// Searches a collection, many times. What is slow is done once and when it is first needed: models are opened, and what
/// features do on average is computed.
///
/// Where the collection has the block vectors as well (`convert --with-dense`), it searches by them itself, in one
/// request. Where it has not, as a file or a collection of dense vectors alone, every point goes through the encoder in
/// one pass, which gives the same; a note says so. A collection that fits into 256 MB with its block outputs is kept in
/// memory after its first pass, and from then on seen as it was then.
///
/// A search by the block vectors scores a point by the dot product of the query's entries with what is stored of the
/// point. The query's entries are its own activations, or, where the encoder has a decoder for what is stored and the
/// collection's distance is cosine or dot, the weights that the decoder gives it ([`SparseAsk`](super::SparseAsk)).
///
/// For another encoder, collection or model, open another one.
pub struct Searcher {
    pub(super) encoder: Option<Arc<Encoder>>,
    pub(super) source: Box<dyn VectorSource>,
    /// How requests that are copied name the collection.
    pub(super) collection: CollectionArgs,
    pub(super) models: Models,
    pub(super) notes: FeatureNotes,
    pub(super) held: Option<Held>,
    /// Means of sqrt p over the collection.
    pub(super) means: Option<Arc<[f32]>>,
    /// Vectors of the collection, n x dim, there as soon as the means are: what a query's similarities are like.
    pub(super) sample: Vec<f32>,
    /// The last words or picture that were embedded, with their vector and the model's name.
    pub(super) embedded: Option<(Embedded, Vec<f32>, String)>,
    /// The collection's block vectors, once they were looked for.
    blocks: Option<Option<Blocks>>,
    /// How many points have an entry for each feature, once that was counted.
    pub(super) lengths: Option<Arc<[u64]>>,
    /// Whether it was told why the encoder's decoder is not used.
    pub(super) told: bool,
    pub(super) sizes: Sizes,
}

/// Block vectors that the collection has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    /// What their entries are.
    pub(super) values: SparseValues,
    /// Activations above this all have an entry, as far as that is known.
    pub(super) threshold: Option<f32>,
    /// What is kept of a code, as far as that is known.
    pub(super) stored: Option<Stored>,
}

impl Blocks {
    /// Whether they are sqrt p of everything above a small threshold, as steering wants it.
    pub(super) fn has_roots(self) -> bool {
        self.values == SparseValues::Sqrt && self.stored == Some(Stored::Activations)
    }
}

/// How much is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Steering scores collections of at most so many points whole.
    pub(super) whole: u64,
    /// Of larger ones it scores the best so many.
    pub(super) candidates: usize,
    /// Where the block vectors leave at most so many points that may match an expression, and the collection has at least
    /// four times as many, these are all that is read.
    pub(super) few: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { whole: 200_000, candidates: 2_000, few: 5_000 }
    }
}

/// A query, read and embedded.
pub(super) struct Asked {
    pub(super) target: Target,
    /// The points that it names, which are not among its results.
    pub(super) own: Vec<PointId>,
    /// The model that it went through.
    pub(super) model: Option<String>,
}

impl Searcher {
    /// Of what is open already. `collection` is how it was named, and `encoder` may be left out where only dense vectors
    /// are searched. Fails where the encoder does not fit the vectors.
    pub fn new(
        encoder: Option<Arc<Encoder>>,
        source: Box<dyn VectorSource>,
        collection: CollectionArgs,
        model: ModelArgs,
    ) -> Result<Self> {
        if let Some(encoder) = &encoder {
            encoder.check_dim(&source.info().title, source.info().dim)?;
        }
        Ok(Self {
            encoder,
            source,
            collection,
            models: Models::new(model),
            notes: FeatureNotes::default(),
            held: None,
            means: None,
            sample: Vec::new(),
            embedded: None,
            blocks: None,
            lengths: None,
            told: false,
            sizes: Sizes::default(),
        })
    }

    /// Knows features by these names.
    pub fn set_notes(&mut self, notes: FeatureNotes) {
        self.notes = notes;
    }

    /// Embeds with a model that is open already.
    pub fn set_embedder(&mut self, embedder: Embedder) {
        self.models.set(embedder);
        self.embedded = None;
    }

    /// The encoder.
    pub fn encoder(&self) -> Option<&Arc<Encoder>> {
        self.encoder.as_ref()
    }

    /// The collection.
    pub fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    /// What would have to be downloaded to search by inputs of this side; none where the model is here. The hub is asked
    /// for the size. Fails where the model has no such side, or does not fit the collection.
    pub fn needs_download(&mut self, side: Side, control: &Control) -> Result<Option<Download>> {
        self.models.needs_download(side, self.source.as_mut(), control)
    }

    /// Whether the collection has block vectors of the encoder, so that searches by them are requests of their own. Fails
    /// without an encoder.
    pub fn has_blocks(&mut self, control: &Control, reporter: &mut Reporter) -> Result<bool> {
        Ok(self.blocks(control, reporter)?.is_some())
    }

    /// The block outputs of a query: of its vector; of the mean of the points that it is to be like; or, of a query by
    /// features, 1 for those that are asked for and 0 for all others. Fails without an encoder.
    pub fn features_of(&mut self, ask: &Ask, control: &Control, reporter: &mut Reporter) -> Result<Vec<f32>> {
        let encoder = self.needs_encoder("a search by features")?;
        let query = self.read(ask, control, reporter)?;
        Ok(match query.target.vector() {
            Some(vector) => encoder.encode(&vector),
            None => {
                let mut outputs = vec![0.0; encoder.outputs()];
                if let Target::Matches(matcher) = &query.target {
                    matcher.expression().wanted().into_iter().for_each(|feature| outputs[feature] = 1.0);
                }
                outputs
            }
        })
    }

    /// The points that are looked for, best first.
    ///
    /// A query by features gives what matches its expression, found by a pass over the whole collection, and ranked by
    /// [`Matcher`]. Examples and pairs go by the dense vectors, whichever way was asked for.
    pub fn search(&mut self, ask: &Ask, control: &Control, reporter: &mut Reporter) -> Result<Searched> {
        let query = self.read(ask, control, reporter)?;
        control.check_whole()?;
        reporter.stage("searching", "points", None);
        let began = Instant::now();
        let sparse = match (&query.target, ask.way) {
            // A shortlist takes a pass.
            (_, Way::Dense | Way::Shortlisted(_)) => None,
            (Target::Vector { vector, .. }, _) => Some(self.sparse_query(vector, ask.sparse, control, reporter)?),
            _ => None,
        };
        let (hits, candidates) = match (&query.target, &sparse, ask.way) {
            (Target::Matches(matcher), ..) => (self.matching(matcher, ask.limit, control, reporter)?, None),
            (Target::Vector { vector, .. }, Some(sparse), Way::Prefetched { share }) => {
                let candidates = self.candidates(share, ask.limit)?;
                let many = (ask.limit, candidates);
                let hits = self.prefetched(sparse, vector, many, &query.own, control, reporter)?;
                (hits, Some(candidates))
            }
            (Target::Vector { vector, .. }, _, Way::Shortlisted(shortlist)) => {
                let candidates = self.candidates(shortlist.share, ask.limit)?;
                let most = (ask.limit, candidates);
                (self.shortlisted(vector, shortlist, most, &query.own, control, reporter)?, Some(candidates))
            }
            (_, Some(sparse), _) => (self.sparse(sparse, ask.limit, &query.own, control, reporter)?, None),
            (target, None, way) => {
                if way != Way::Dense {
                    reporter.note("examples and pairs are searched by the dense vectors");
                }
                (self.dense(target, ask.limit, &query.own, false, control)?, None)
            }
        };
        let seconds = began.elapsed().as_secs_f64();
        let request = match (&query.target, &sparse) {
            (Target::Vector { vector, .. }, Some(sparse)) => self.blocks(control, reporter)?.map(|_| {
                let sparse = sparse.weights.clone();
                match candidates {
                    Some(candidates) => Query::Prefetched { sparse, dense: vector.clone(), candidates },
                    None => Query::Sparse(sparse),
                }
            }),
            (target, _) => target.query(),
        };
        let request = request.map(|request| self.request(request, ask.limit, &query.own)).transpose()?.flatten();
        let compared = match &query.target {
            Target::Matches(_) => None,
            target if ask.compare => {
                let began = Instant::now();
                let exact = self.dense(target, ask.limit, &query.own, true, control)?;
                let exact_seconds = began.elapsed().as_secs_f64();
                let found: HashSet<PointId> = hits.iter().map(|hit| hit.id).collect();
                let both = exact.iter().filter(|hit| found.contains(&hit.id)).count();
                let postings = match &sparse {
                    Some(sparse) => self.postings(sparse, control, reporter)?,
                    None => None,
                };
                Some(Compared { recall: both as f64 / exact.len().max(1) as f64, exact_seconds, postings })
            }
            _ => None,
        };
        let asymmetric = sparse.and_then(|sparse| sparse.asymmetric);
        Ok(Searched { hits, seconds, candidates, asymmetric, compared, model: query.model, request })
    }

    /// A query as text; none for a file.
    pub(super) fn request(&self, query: Query, limit: usize, own: &[PointId]) -> Result<Option<CopyRequest>> {
        let Some(mut target) = snippet::Target::of(&self.collection, self.source.info())? else { return Ok(None) };
        // Points that are named as such are left out by Qdrant itself.
        let unnamed: Vec<&PointId> = own.iter().filter(|id| !query.points().contains(id)).collect();
        if !unnamed.is_empty() {
            leave_out(target.filter.get_or_insert_with(|| json!({})), json!({ "has_id": unnamed }));
        }
        let search = Search { query, limit, sparse_name: SPARSE_NAME.into(), exact: false };
        let text = snippet(&search, &target);
        Ok(Some(CopyRequest { json: text.json, rust: text.rust, python: text.python }))
    }

    /// The encoder, or why it is needed.
    pub(super) fn needs_encoder(&self, what: &str) -> Result<Arc<Encoder>> {
        let missing = || Error::setting(format!("{what} needs an encoder: give one with --encoder F"));
        self.encoder.clone().ok_or_else(missing)
    }

    /// By the dense vectors, in the collection itself.
    fn dense(
        &mut self,
        target: &Target,
        limit: usize,
        own: &[PointId],
        exact: bool,
        control: &Control,
    ) -> Result<Vec<Hit>> {
        let query = target.query().ok_or_else(|| Error::setting("features are not searched by dense vectors"))?;
        let found = self.ask(query, limit + own.len(), exact, control)?;
        Ok(without(found, own, limit))
    }

    pub(super) fn ask(&mut self, query: Query, limit: usize, exact: bool, control: &Control) -> Result<Vec<Neighbour>> {
        let search = Search { query, limit, sparse_name: SPARSE_NAME.into(), exact };
        self.source.search(&search, control)
    }

    /// The collection's block vectors, where it has such and they are the encoder's. What stands against them, and that
    /// their encoder is not known, is noted the first time.
    pub(super) fn blocks(&mut self, control: &Control, reporter: &mut Reporter) -> Result<Option<Blocks>> {
        if let Some(blocks) = self.blocks {
            return Ok(blocks);
        }
        let encoder = self.needs_encoder("a search by block vectors")?;
        let title = self.source.info().title.clone();
        let instead = "every point goes through the encoder instead";
        let blocks = match self.source.sparse_origin(SPARSE_NAME, control)? {
            Some(origin) if origin.encoder == encoder.fingerprint() => {
                let (threshold, stored) = (Some(origin.threshold), Some(origin.stored));
                Some(Blocks { values: origin.values, threshold, stored })
            }
            Some(_) => {
                reporter.note(format!("the block vectors of {title} are of another encoder: {instead}"));
                None
            }
            None => {
                let query = Query::Sparse(SparseWeights { indices: vec![0], values: vec![1.0] });
                match self.ask(query, 1, false, control) {
                    Ok(_) => {
                        reporter.note(format!(
                            "nothing says which encoder the block vectors of {title} are of: they are taken for this one's"
                        ));
                        Some(Blocks { values: SparseValues::Probability, threshold: None, stored: None })
                    }
                    Err(Error::SparseMissing { .. }) => {
                        reporter.note(format!(
                            "{title} has no block vectors: {instead} (convert --with-dense writes a collection that has them)"
                        ));
                        None
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        self.blocks = Some(blocks);
        Ok(blocks)
    }

    /// What matches an expression: among the few points that the block vectors say may match, or by a pass over all.
    fn matching(
        &mut self,
        matcher: &Matcher,
        limit: usize,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Hit>> {
        let encoder = self.needs_encoder("a search by features")?;
        let mut best = Best::new(limit);
        let mut take = |page: &Encoded| {
            for (id, y) in page.ids.iter().zip(page.outputs.chunks(encoder.outputs())) {
                if let Some(score) = matcher.score(y) {
                    best.offer(score, *id, || ());
                }
            }
        };
        match self.may_match(matcher, control, reporter)? {
            Some(ids) => self.each_of(&ids, &encoder, control, take)?,
            None => self.each_page(control, reporter, |page| {
                take(page);
                Ok(())
            })?,
        }
        let best: Vec<_> = best.into_sorted().into_iter().map(|(score, id, ())| (id, score)).collect();
        self.hits(&best, control)
    }

    /// The points that have an entry for one of the features that an expression implies, where these are few; points that
    /// have none do not match it. None where that cannot be said.
    fn may_match(
        &mut self,
        matcher: &Matcher,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Option<Vec<PointId>>> {
        let few = self.sizes.few;
        if self.held.is_some() || self.source.info().points < 4 * few as u64 {
            return Ok(None);
        }
        let threshold = self.blocks(control, reporter)?.and_then(|blocks| blocks.threshold);
        let Some(implied) = threshold.and_then(|threshold| matcher.expression().implied(threshold)) else {
            return Ok(None);
        };
        let indices: Vec<u32> = implied.into_iter().map(|feature| feature as u32).collect();
        let weights = SparseWeights { values: vec![1.0; indices.len()], indices };
        let found = self.ask(Query::Sparse(weights), few + 1, true, control)?;
        Ok((found.len() <= few).then(|| found.into_iter().map(|found| found.id).collect()))
    }

    /// Points with their scores, with payloads.
    pub(super) fn hits(&mut self, scored: &[(PointId, f32)], control: &Control) -> Result<Vec<Hit>> {
        let mut hits = Vec::with_capacity(scored.len());
        for part in scored.chunks(1_000) {
            let ids: Vec<PointId> = part.iter().map(|(id, _)| *id).collect();
            let page = self.source.by_ids(&ids, Want { vectors: false, payload: true }, control)?;
            let mut payloads: std::collections::HashMap<_, _> = page.ids.into_iter().zip(page.payloads).collect();
            hits.extend(part.iter().map(|(id, score)| Hit {
                id: *id,
                score: *score,
                payload: payloads.remove(id).unwrap_or_default(),
            }));
        }
        Ok(hits)
    }
}

/// Adds a condition that no point may fulfil to a filter in Qdrant's JSON.
fn leave_out(filter: &mut Value, condition: Value) {
    let Some(filter) = filter.as_object_mut() else { return };
    match filter.entry("must_not").or_insert_with(|| json!([])) {
        Value::Array(conditions) => conditions.push(condition),
        Value::Null => *filter.entry("must_not").or_insert_with(|| json!([])) = json!([condition]),
        one => *one = json!([one.take(), condition]),
    }
}

pub(super) fn without(found: Vec<Neighbour>, own: &[PointId], limit: usize) -> Vec<Hit> {
    found.into_iter().filter(|found| !own.contains(&found.id)).take(limit).map(Hit::from).collect()
}
