//! A search as one request: a tree of stages, the same for a server, an embedded store and the requests that are copied.
//!
//! Qdrant runs a tree from its leaves: a leaf looks through the collection, every other stage scores anew what the
//! stages under it found. What holds for all stages stands in the leaves, which is where points come in: the filter, and
//! whether an index may be used. (A server and Edge hand a filter at the root down to the leaves themselves, the local
//! mode of the Python client does not.)

use std::borrow::Cow;

use super::query::{Example, Query, Search, SparseWeights, Strategy};
use crate::point::Distance;

/// A stage of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stage<'a> {
    /// The stages whose points are scored; none in a leaf.
    pub prefetch: Vec<Stage<'a>>,
    /// How points are scored.
    pub score: Score<'a>,
    /// How many of the best are kept.
    pub limit: usize,
}

/// How a stage scores points.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Score<'a> {
    /// By the nearness of their dense vectors to an example.
    Nearest(Cow<'a, Example>),
    /// By the dot product of their sparse vectors with this one.
    Sparse(Cow<'a, SparseWeights>),
    /// By examples.
    Recommend { positive: &'a [Example], negative: &'a [Example], strategy: Strategy },
    /// By a target and pairs.
    Discover { target: &'a Example, context: &'a [(Example, Example)] },
    /// By pairs.
    Context(&'a [(Example, Example)]),
    /// `$score[0] + factor * $score[1]`, or with the first taken off where it is a distance. A score that a point does
    /// not have is 0.
    Sum { distance: bool, factor: f32 },
}

impl<'a> Stage<'a> {
    /// The request for a search of a collection with this distance.
    pub fn of(search: &'a Search, distance: Distance) -> Self {
        let leaf = |score, limit| Stage { prefetch: Vec::new(), score, limit };
        let nearest = |vector: &[f32]| Score::Nearest(Cow::Owned(Example::Vector(vector.to_vec())));
        match &search.query {
            Query::Nearest(example) => leaf(Score::Nearest(Cow::Borrowed(example)), search.limit),
            Query::Sparse(weights) => leaf(Score::Sparse(Cow::Borrowed(weights)), search.limit),
            Query::Prefetched { sparse, dense, candidates } => Stage {
                prefetch: vec![leaf(Score::Sparse(Cow::Borrowed(sparse)), *candidates)],
                score: nearest(dense),
                limit: search.limit,
            },
            Query::Steered { dense, weights, alpha, .. } if weights.is_idle(*alpha) => {
                leaf(nearest(dense), search.limit)
            }
            Query::Steered { dense, weights, alpha, candidates } => {
                // What a negative factor turns round is turned round beforehand, so that the best come in and not the
                // worst.
                let weights = if *alpha < 0.0 {
                    let values = weights.values.iter().map(|v| -v).collect();
                    Cow::Owned(SparseWeights { indices: weights.indices.clone(), values })
                } else {
                    Cow::Borrowed(weights)
                };
                // Each score is worked out for all the candidates of both: the one that brought a point in does not
                // know its other score. A sparse search gives no point that has none of the weighted entries, and
                // whose score is 0 therefore, as the formula takes it.
                let sparse = Score::Sparse(weights);
                let both = vec![leaf(nearest(dense), *candidates), leaf(sparse.clone(), *candidates)];
                let limit = candidates.saturating_mul(2);
                Stage {
                    prefetch: vec![
                        Stage { prefetch: both.clone(), score: nearest(dense), limit },
                        Stage { prefetch: both, score: sparse, limit },
                    ],
                    score: Score::Sum { distance: distance.smaller_is_nearer(), factor: alpha.abs() },
                    limit: search.limit,
                }
            }
            Query::Recommend { positive, negative, strategy } => {
                leaf(Score::Recommend { positive, negative, strategy: *strategy }, search.limit)
            }
            Query::Discover { target, context } => leaf(Score::Discover { target, context }, search.limit),
            Query::Context(pairs) => leaf(Score::Context(pairs), search.limit),
        }
    }

    /// Whether it looks through the collection itself.
    pub fn is_leaf(&self) -> bool {
        self.prefetch.is_empty()
    }
}
