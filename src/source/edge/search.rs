//! Searches of an embedded store, each one request.

use std::collections::HashMap;

use qdrant_edge::{
    Condition, ContextPair, ContextQuery, DiscoverQuery, Expression, Filter, Formula, HasIdCondition, NamedQuery,
    OperationResult, Prefetch, QueryEnum, QueryRequest, RecommendQuery, ScoringQuery, SearchParams, SparseVector,
    VectorInternal,
};

use super::EdgeStore;
use super::layout::{from_edge_id, to_edge_id};
use crate::error::{Error, Result};
use crate::job::Control;
use crate::source::query::sort_found;
use crate::source::request::{Score, Stage};
use crate::source::score::average;
use crate::source::{Example, Neighbour, PointId, Search, SparseWeights, Strategy, VectorSource, Want};

/// What the stages of a request are made with.
struct Maker<'a> {
    store: &'a EdgeStore,
    search: &'a Search,
    filter: Option<Filter>,
    /// The vectors of the points that the search names.
    points: HashMap<PointId, Vec<f32>>,
}

pub(super) fn search(store: &mut EdgeStore, search: &Search, control: &Control) -> Result<Vec<Neighbour>> {
    control.check()?;
    search.check(&store.info)?;
    if search.query.is_sparse() {
        let config = store.shard.config()?;
        if !config.sparse_vectors.contains_key(&search.sparse_name) {
            let mut available: Vec<String> = config.sparse_vectors.into_keys().collect();
            available.sort_unstable();
            let (place, name) = (store.info.title.clone(), search.sparse_name.clone());
            return Err(Error::SparseMissing { place, name, available });
        }
    }
    if search.limit == 0 {
        return Ok(Vec::new());
    }
    let named = search.query.points();
    let page = store.by_ids(&named, Want::VECTORS, control)?;
    if let Some(id) = named.iter().find(|id| !page.ids.contains(id)) {
        return Err(Error::PointMissing { place: store.info.title.clone(), id: *id });
    }
    let points = page.ids.iter().copied().zip(page.vectors.chunks(store.info.dim).map(<[f32]>::to_vec)).collect();
    let without = (!named.is_empty()).then(|| {
        let named: HasIdCondition = named.iter().copied().map(to_edge_id).collect();
        Filter::new_must_not(Condition::HasId(named))
    });
    let filter = Filter::merge_opts(store.filter.clone(), without);
    control.check()?;
    let maker = Maker { store, search, filter, points };
    let stage = Stage::of(search, store.info.distance);
    let found = store.shard.call(|edge| edge.query(maker.request(&stage)?))?;
    let mut found: Vec<Neighbour> = found
        .into_iter()
        .map(|point| Neighbour {
            id: from_edge_id(point.id),
            score: point.score,
            payload: point.payload.map(|p| p.0).unwrap_or_default(),
        })
        .collect();
    sort_found(&mut found, search.query.scores_by_distance() && store.info.distance.smaller_is_nearer());
    Ok(found)
}

impl Maker<'_> {
    fn request(&self, stage: &Stage) -> OperationResult<QueryRequest> {
        Ok(QueryRequest {
            prefetches: self.prefetches(stage)?,
            query: Some(self.query(&stage.score)?),
            filter: self.filter(stage),
            score_threshold: None,
            limit: stage.limit,
            offset: 0,
            params: Some(self.params()),
            with_vector: false.into(),
            with_payload: true.into(),
        })
    }

    fn prefetches(&self, stage: &Stage) -> OperationResult<Vec<Prefetch>> {
        let make = |stage: &Stage| {
            Ok(Prefetch {
                prefetches: self.prefetches(stage)?,
                query: Some(self.query(&stage.score)?),
                limit: stage.limit,
                params: Some(self.params()),
                filter: self.filter(stage),
                score_threshold: None,
            })
        };
        stage.prefetch.iter().map(make).collect()
    }

    fn filter(&self, stage: &Stage) -> Option<Filter> {
        self.filter.clone().filter(|_| stage.is_leaf())
    }

    fn params(&self) -> SearchParams {
        SearchParams { exact: self.search.exact, ..SearchParams::default() }
    }

    fn query(&self, score: &Score) -> OperationResult<ScoringQuery> {
        let using = self.store.vector.as_str();
        let pairs = |pairs: &[(Example, Example)]| {
            pairs.iter().map(|(p, n)| ContextPair { positive: self.dense(p), negative: self.dense(n) }).collect()
        };
        Ok(ScoringQuery::Vector(match score {
            Score::Nearest(example) => QueryEnum::Nearest(NamedQuery::new(self.dense(example), using)),
            Score::Sparse(weights) => {
                let SparseWeights { indices, values } = weights.as_ref().clone();
                let vector = VectorInternal::Sparse(SparseVector { indices, values });
                QueryEnum::Nearest(NamedQuery::new(vector, self.search.sparse_name.as_str()))
            }
            // Edge leaves the mean to those who ask.
            Score::Recommend { positive, negative, strategy: Strategy::AverageVector } => {
                let vectors = |all: &[Example]| all.iter().map(|e| self.vector(e).to_vec()).collect::<Vec<_>>();
                let mean = VectorInternal::Dense(average(&vectors(positive), &vectors(negative)));
                QueryEnum::Nearest(NamedQuery::new(mean, using))
            }
            Score::Recommend { positive, negative, strategy } => {
                let vectors = |all: &[Example]| all.iter().map(|e| self.dense(e)).collect::<Vec<_>>();
                let query = NamedQuery::new(RecommendQuery::new(vectors(positive), vectors(negative)), using);
                match strategy {
                    Strategy::SumScores => QueryEnum::RecommendSumScores(query),
                    _ => QueryEnum::RecommendBestScore(query),
                }
            }
            Score::Discover { target, context } => {
                QueryEnum::Discover(NamedQuery::new(DiscoverQuery::new(self.dense(target), pairs(context)), using))
            }
            Score::Context(context) => QueryEnum::Context(NamedQuery::new(ContextQuery::new(pairs(context)), using)),
            Score::Sum { distance, factor } => {
                let score = |at: usize| Expression::Variable(format!("$score[{at}]"));
                let dense = if *distance { Expression::Neg(Box::new(score(0))) } else { score(0) };
                let sparse = Expression::Mult(vec![Expression::Constant(*factor), score(1)]);
                let defaults = (0..2).map(|at| (format!("$score[{at}]"), 0.0.into())).collect();
                let formula = Formula { formula: Expression::Sum(vec![dense, sparse]), defaults };
                return Ok(ScoringQuery::Formula(formula.try_into()?));
            }
        }))
    }

    fn vector<'a>(&'a self, example: &'a Example) -> &'a [f32] {
        match example {
            Example::Vector(vector) => vector,
            Example::Point(id) => self.points.get(id).map_or(&[], Vec::as_slice),
        }
    }

    fn dense(&self, example: &Example) -> VectorInternal {
        VectorInternal::Dense(self.vector(example).to_vec())
    }
}
