//! Searches of a collection on a server, each one request.

use qdrant_client::qdrant::{
    ContextInput, ContextInputBuilder, DiscoverInputBuilder, Expression, Filter, Formula, FormulaBuilder,
    PrefetchQuery, PrefetchQueryBuilder, Query as GrpcQuery, QueryPoints, QueryPointsBuilder, RecommendInputBuilder,
    RecommendStrategy, SearchParams, SearchParamsBuilder, VectorInput,
};

use super::ServerSource;
use super::connection::REQUEST;
use super::convert::{id_from_grpc, id_to_grpc, payload_from_grpc};
use crate::error::{Error, Result};
use crate::job::Control;
use crate::source::query::sort_found;
use crate::source::request::{Score, Stage};
use crate::source::{Example, Neighbour, Search, Strategy, VectorSource, Want};

pub(super) fn search(source: &mut ServerSource, search: &Search, control: &Control) -> Result<Vec<Neighbour>> {
    control.check_whole()?;
    search.check(&source.info)?;
    if search.query.is_sparse() && !source.sparse.contains(&search.sparse_name) {
        let (place, name) = (source.info.title.clone(), search.sparse_name.clone());
        return Err(Error::SparseMissing { place, name, available: source.sparse.clone() });
    }
    if search.limit == 0 {
        return Ok(Vec::new());
    }
    // The sparse vectors may be there where the dense one is not.
    let filter = if search.query.is_sparse() { &source.readable } else { &source.filter };
    let stage = Stage::of(search, source.info.distance);
    let maker = Maker { vector: &source.vector, search, filter: filter.as_ref() };
    let request = maker.request(&source.info.name, &stage);
    let answer = source
        .connection
        .attempt(REQUEST, request, control, async |client, request: QueryPoints| client.query(request).await);
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            // "Not found" is about a point as well as about the collection.
            let named = search.query.points();
            if failure.is_missing() && !named.is_empty() {
                let there = source.by_ids(&named, Want::VECTORS, control)?.ids;
                if let Some(id) = named.iter().find(|id| !there.contains(id)) {
                    return Err(Error::PointMissing { place: source.info.title.clone(), id: *id });
                }
            }
            return Err(source.connection.tell(failure, control));
        }
    };
    let found = answer.result.into_iter().map(|point| {
        let id = id_from_grpc(point.id)?;
        Ok(Neighbour { id, score: point.score, payload: payload_from_grpc(point.payload) })
    });
    let mut found = found.collect::<Result<Vec<_>>>()?;
    sort_found(&mut found, search.query.scores_by_distance() && source.info.distance.smaller_is_nearer());
    Ok(found)
}

/// What the stages of a request are made with.
struct Maker<'a> {
    /// The dense vector's name; empty for the default vector.
    vector: &'a str,
    search: &'a Search,
    filter: Option<&'a Filter>,
}

impl Maker<'_> {
    fn request(&self, collection: &str, stage: &Stage) -> QueryPoints {
        let mut request = QueryPointsBuilder::new(collection)
            .query(self.query(&stage.score))
            .limit(stage.limit as u64)
            .with_payload(true);
        if !stage.is_leaf() {
            request = request.prefetch(self.prefetches(stage));
        }
        if let Some(using) = self.using(&stage.score) {
            request = request.using(using);
        }
        if let Some(filter) = self.filter.filter(|_| stage.is_leaf()) {
            request = request.filter(filter.clone());
        }
        if let Some(params) = self.params(stage) {
            request = request.params(params);
        }
        request.build()
    }

    fn prefetches(&self, stage: &Stage) -> Vec<PrefetchQuery> {
        let make = |stage: &Stage| {
            let mut prefetch =
                PrefetchQueryBuilder::default().query(self.query(&stage.score)).limit(stage.limit as u64);
            if !stage.is_leaf() {
                prefetch = prefetch.prefetch(self.prefetches(stage));
            }
            if let Some(using) = self.using(&stage.score) {
                prefetch = prefetch.using(using);
            }
            if let Some(filter) = self.filter.filter(|_| stage.is_leaf()) {
                prefetch = prefetch.filter(filter.clone());
            }
            if let Some(params) = self.params(stage) {
                prefetch = prefetch.params(params);
            }
            prefetch.build()
        };
        stage.prefetch.iter().map(make).collect()
    }

    fn using(&self, score: &Score) -> Option<String> {
        match score {
            Score::Sparse(_) => Some(self.search.sparse_name.clone()),
            Score::Sum { .. } => None,
            _ => (!self.vector.is_empty()).then(|| self.vector.to_owned()),
        }
    }

    fn params(&self, stage: &Stage) -> Option<SearchParams> {
        let searches = !matches!(stage.score, Score::Sum { .. });
        (self.search.exact && searches).then(|| SearchParamsBuilder::default().exact(true).build())
    }

    fn query(&self, score: &Score) -> GrpcQuery {
        match score {
            Score::Nearest(example) => GrpcQuery::new_nearest(input(example)),
            Score::Sparse(weights) => {
                GrpcQuery::new_nearest(VectorInput::new_sparse(weights.indices.clone(), weights.values.clone()))
            }
            Score::Recommend { positive, negative, strategy } => {
                let strategy = match strategy {
                    Strategy::AverageVector => RecommendStrategy::AverageVector,
                    Strategy::BestScore => RecommendStrategy::BestScore,
                    Strategy::SumScores => RecommendStrategy::SumScores,
                };
                let examples = RecommendInputBuilder::default()
                    .positive(positive.iter().map(input).collect::<Vec<_>>())
                    .negative(negative.iter().map(input).collect::<Vec<_>>())
                    .strategy(strategy);
                GrpcQuery::new_recommend(examples.build())
            }
            Score::Discover { target, context } => {
                GrpcQuery::new_discover(DiscoverInputBuilder::new(input(target), pairs(context)).build())
            }
            Score::Context(context) => GrpcQuery::new_context(pairs(context)),
            Score::Sum { distance, factor } => GrpcQuery::new_formula(formula(*distance, *factor)),
        }
    }
}

/// The server finds the vector of a point itself, and leaves the point out of the results.
fn input(example: &Example) -> VectorInput {
    match example {
        Example::Point(id) => VectorInput::new_id(id_to_grpc(*id)),
        Example::Vector(vector) => VectorInput::new_dense(vector.clone()),
    }
}

fn pairs(pairs: &[(Example, Example)]) -> ContextInput {
    let add = |made: ContextInputBuilder, (p, n): &(Example, Example)| made.add_pair(input(p), input(n));
    pairs.iter().fold(ContextInputBuilder::default(), add).build()
}

fn formula(distance: bool, factor: f32) -> Formula {
    let dense = if distance { Expression::neg(Expression::score_idx(0)) } else { Expression::score_idx(0) };
    let sparse = Expression::mult_with([Expression::constant(factor), Expression::score_idx(1)]);
    FormulaBuilder::new(Expression::sum_with([dense, sparse]))
        .add_default("$score[0]", 0.0)
        .add_default("$score[1]", 0.0)
        .build()
}
