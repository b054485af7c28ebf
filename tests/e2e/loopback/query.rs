//! Requests of the universal query API, turned into Edge's: points that are named are replaced by their vectors and left
//! out of the results, means are taken, the stages stay what they are.

use std::collections::HashMap;

use qdrant_client::qdrant as q;
use qdrant_edge as edge;
use qdrant_edge::external::ordered_float::OrderedFloat;
use tonic::Status;

use super::convert::{edge_filter, edge_id, status, with_payload, with_vectors};

/// Vectors of the points that a request names, by the name of the vector.
struct Named<'a> {
    shard: &'a edge::EdgeShard,
    ids: Vec<edge::PointId>,
    vectors: HashMap<(edge::PointId, String), edge::VectorInternal>,
}

/// The request for Edge. It gives `offset` points more: Edge would not leave them out.
pub fn edge_request(shard: &edge::EdgeShard, request: q::QueryPoints) -> Result<edge::QueryRequest, Status> {
    let mut named = Named { shard, ids: Vec::new(), vectors: HashMap::new() };
    let using = request.using.unwrap_or_default();
    let prefetches = prefetches(request.prefetch, &mut named)?;
    let query = request.query.map(|query| scoring(query, &using, &mut named)).transpose()?;
    let filter = edge_filter(request.filter)?;
    let without = (!named.ids.is_empty())
        .then(|| edge::Filter::new_must_not(edge::Condition::HasId(named.ids.iter().copied().collect())));
    Ok(edge::QueryRequest {
        prefetches,
        query,
        filter: edge::Filter::merge_opts(without, filter),
        score_threshold: request.score_threshold.map(OrderedFloat),
        limit: (request.limit.unwrap_or(10) + request.offset.unwrap_or(0)) as usize,
        offset: 0,
        params: Some(edge::SearchParams { exact: true, ..Default::default() }),
        with_vector: with_vectors(request.with_vectors),
        with_payload: with_payload(request.with_payload)?,
    })
}

fn prefetches(all: Vec<q::PrefetchQuery>, named: &mut Named) -> Result<Vec<edge::Prefetch>, Status> {
    let mut made = Vec::new();
    for one in all {
        let using = one.using.unwrap_or_default();
        made.push(edge::Prefetch {
            prefetches: prefetches(one.prefetch, named)?,
            query: one.query.map(|query| scoring(query, &using, named)).transpose()?,
            limit: one.limit.unwrap_or(10) as usize,
            params: Some(edge::SearchParams { exact: true, ..Default::default() }),
            filter: edge_filter(one.filter)?,
            score_threshold: one.score_threshold.map(OrderedFloat),
        });
    }
    Ok(made)
}

fn scoring(query: q::Query, using: &str, named: &mut Named) -> Result<edge::ScoringQuery, Status> {
    use q::query::Variant;
    let unknown = || Status::unimplemented("the test server does not know this kind of query");
    Ok(edge::ScoringQuery::Vector(match query.variant.ok_or_else(unknown)? {
        Variant::Nearest(input) => {
            edge::QueryEnum::Nearest(edge::NamedQuery::new(named.vector(Some(input), using)?, using))
        }
        Variant::Recommend(input) => {
            let strategy = q::RecommendStrategy::try_from(input.strategy.unwrap_or(0)).map_err(|_| unknown())?;
            let positives = named.vectors(input.positive, using)?;
            let negatives = named.vectors(input.negative, using)?;
            let examples = || edge::RecommendQuery::new(positives.clone(), negatives.clone());
            match strategy {
                q::RecommendStrategy::AverageVector => {
                    edge::QueryEnum::Nearest(edge::NamedQuery::new(average(&positives, &negatives)?, using))
                }
                q::RecommendStrategy::BestScore => {
                    edge::QueryEnum::RecommendBestScore(edge::NamedQuery::new(examples(), using))
                }
                q::RecommendStrategy::SumScores => {
                    edge::QueryEnum::RecommendSumScores(edge::NamedQuery::new(examples(), using))
                }
            }
        }
        Variant::Discover(input) => {
            let target = named.vector(input.target, using)?;
            let pairs = named.pairs(input.context, using)?;
            edge::QueryEnum::Discover(edge::NamedQuery::new(edge::DiscoverQuery::new(target, pairs), using))
        }
        Variant::Context(input) => {
            let pairs = named.pairs(Some(input), using)?;
            edge::QueryEnum::Context(edge::NamedQuery::new(edge::ContextQuery::new(pairs), using))
        }
        Variant::Formula(formula) => {
            let defaults = formula.defaults.into_iter().map(|(key, value)| (key, value.into_json())).collect();
            let formula = edge::Formula { formula: expression(formula.expression)?, defaults };
            return Ok(edge::ScoringQuery::Formula(formula.try_into().map_err(status)?));
        }
        _ => return Err(unknown()),
    }))
}

fn expression(given: Option<q::Expression>) -> Result<edge::Expression, Status> {
    use q::expression::Variant;
    let all = |some: Vec<q::Expression>| some.into_iter().map(|e| expression(Some(e))).collect::<Result<Vec<_>, _>>();
    Ok(match given.and_then(|e| e.variant) {
        Some(Variant::Constant(value)) => edge::Expression::Constant(value),
        Some(Variant::Variable(name)) => edge::Expression::Variable(name),
        Some(Variant::Sum(sum)) => edge::Expression::Sum(all(sum.sum)?),
        Some(Variant::Mult(mult)) => edge::Expression::Mult(all(mult.mult)?),
        Some(Variant::Neg(inner)) => edge::Expression::Neg(Box::new(expression(Some(*inner))?)),
        _ => return Err(Status::unimplemented("the test server knows sums, products and negations only")),
    })
}

impl Named<'_> {
    fn vector(&mut self, input: Option<q::VectorInput>, using: &str) -> Result<edge::VectorInternal, Status> {
        use q::vector_input::Variant;
        match input.and_then(|input| input.variant) {
            Some(Variant::Dense(v)) => Ok(edge::VectorInternal::Dense(v.data)),
            Some(Variant::Sparse(v)) => {
                Ok(edge::VectorInternal::Sparse(edge::SparseVector { indices: v.indices, values: v.values }))
            }
            Some(Variant::Id(id)) => self.fetch(edge_id(id)?, using),
            _ => Err(Status::invalid_argument("Wrong input: a vector or a point is missing")),
        }
    }

    fn fetch(&mut self, id: edge::PointId, using: &str) -> Result<edge::VectorInternal, Status> {
        self.ids.push(id);
        let key = (id, using.to_owned());
        if let Some(vector) = self.vectors.get(&key) {
            return Ok(vector.clone());
        }
        let wanted = edge::WithVector::Selector(vec![using.to_owned()]);
        let mut found = self.shard.retrieve(&[id], Some(false.into()), Some(wanted)).map_err(status)?;
        let Some(record) = found.first_mut() else {
            return Err(Status::not_found(format!("Not found: Point with id {id} does not exists!")));
        };
        let vector = edge::VectorStructInternal::take_opt(&mut record.vector, using)
            .ok_or_else(|| Status::not_found(format!("Not found: Vector with name {using:?} for point {id}")))?;
        self.vectors.insert(key, vector.clone());
        Ok(vector)
    }

    fn vectors(&mut self, inputs: Vec<q::VectorInput>, using: &str) -> Result<Vec<edge::VectorInternal>, Status> {
        inputs.into_iter().map(|input| self.vector(Some(input), using)).collect()
    }

    fn pairs(
        &mut self,
        context: Option<q::ContextInput>,
        using: &str,
    ) -> Result<Vec<edge::ContextPair<edge::VectorInternal>>, Status> {
        let pairs = context.ok_or_else(|| Status::invalid_argument("Wrong input: ContextInput is missing"))?.pairs;
        let make = |pair: q::ContextInputPair| {
            let positive = self.vector(pair.positive, using)?;
            Ok(edge::ContextPair { positive, negative: self.vector(pair.negative, using)? })
        };
        pairs.into_iter().map(make).collect()
    }
}

/// 2 mean(positive) - mean(negative), or mean(positive) alone.
fn average(
    positive: &[edge::VectorInternal],
    negative: &[edge::VectorInternal],
) -> Result<edge::VectorInternal, Status> {
    let mean = |vectors: &[edge::VectorInternal]| {
        let mut sum: Vec<f32> = Vec::new();
        for vector in vectors {
            let edge::VectorInternal::Dense(values) = vector else {
                return Err(Status::unimplemented("the test server takes means of dense vectors only"));
            };
            sum.resize(values.len(), 0.0);
            sum.iter_mut().zip(values).for_each(|(s, v)| *s += v / vectors.len() as f32);
        }
        Ok(sum)
    };
    if positive.is_empty() {
        return Err(Status::invalid_argument("Wrong input: Positive vectors should not be empty"));
    }
    let mut looked_for = mean(positive)?;
    if !negative.is_empty() {
        looked_for.iter_mut().zip(mean(negative)?).for_each(|(p, n)| *p = 2.0 * *p - n);
    }
    Ok(edge::VectorInternal::Dense(looked_for))
}
