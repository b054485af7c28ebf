//! What a source can be asked for beside the points nearest to a vector.

use super::{Neighbour, PointId, SourceInfo};
use crate::error::{Error, Result};

/// A sparse query: ascending indices, and a weight for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseWeights {
    /// Indices; of block vectors the features' (block * block size + place).
    pub indices: Vec<u32>,
    /// Weights; they may be negative.
    pub values: Vec<f32>,
}

/// A point of the collection, or a vector of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Example {
    /// A point. It is never among the results.
    Point(PointId),
    /// A dense vector.
    Vector(Vec<f32>),
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// The points nearest to an example, by the collection's distance.
    Nearest(Example),
    /// The points whose sparse vectors have the largest dot product with this one.
    Sparse(SparseWeights),
    /// The best `candidates` by the sparse vectors, of which the nearest by the dense ones.
    Prefetched {
        /// The sparse query.
        sparse: SparseWeights,
        /// The dense query.
        dense: Vec<f32>,
        /// Points that the sparse vectors leave for the dense ones.
        candidates: usize,
    },
    /// The best by `dense score + alpha * sparse score`, among the best `candidates` by either; both scores of each of
    /// them are exact. For Euclid and Manhattan the distance counts against a point: `alpha * sparse score - distance`.
    ///
    /// The sparse score is the dot product of the weights with the values that the collection holds. It is that of
    /// s(y) = cos(q, y) + alpha * sum w (sqrt p(y) - mean), but for a constant, where the collection holds sqrt p
    /// (`convert --values sqrt`) of every entry; entries under the threshold of `convert` count as 0.
    Steered {
        /// The dense query.
        dense: Vec<f32>,
        /// The weights of the features; they may be negative.
        weights: SparseWeights,
        /// What the sparse score counts for.
        alpha: f32,
        /// Points that each of the two brings in.
        candidates: usize,
    },
    /// The points most like some examples and unlike others, as Qdrant's recommendation has it.
    Recommend {
        /// Examples that results should be like.
        positive: Vec<Example>,
        /// Examples that they should not be like.
        negative: Vec<Example>,
        /// How the examples are put together.
        strategy: Strategy,
    },
    /// The points nearest to a target that lie on the positive side of each pair first, as Qdrant's discovery has it.
    Discover {
        /// What results should be near to.
        target: Example,
        /// Pairs of a positive and a negative example.
        context: Vec<(Example, Example)>,
    },
    /// The points that lie on the positive side of the pairs. All that lie on that side of all pairs score 0, so that
    /// they are in no order.
    Context(Vec<(Example, Example)>),
}

/// How examples of a recommendation are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Near to the mean of the positive examples, moved away from the mean of the negative ones.
    #[default]
    AverageVector,
    /// By the nearest example alone.
    BestScore,
    /// By the sum over all examples.
    SumScores,
}

/// A search.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What is looked for.
    pub query: Query,
    /// How many points.
    pub limit: usize,
    /// The name of the sparse vector, for queries that have to do with it.
    pub sparse_name: String,
    /// Whether indexes that may miss points are passed by.
    pub exact: bool,
}

impl Query {
    /// Every example that it names.
    pub fn examples(&self) -> Vec<&Example> {
        match self {
            Self::Nearest(example) => vec![example],
            Self::Sparse(_) | Self::Prefetched { .. } | Self::Steered { .. } => Vec::new(),
            Self::Recommend { positive, negative, .. } => positive.iter().chain(negative).collect(),
            Self::Discover { target, context } => {
                std::iter::once(target).chain(context.iter().flat_map(|(a, b)| [a, b])).collect()
            }
            Self::Context(pairs) => pairs.iter().flat_map(|(a, b)| [a, b]).collect(),
        }
    }

    /// The points that it names, each once; they are never among its results.
    pub fn points(&self) -> Vec<PointId> {
        let mut points = Vec::new();
        for example in self.examples() {
            if let Example::Point(id) = example
                && !points.contains(id)
            {
                points.push(*id);
            }
        }
        points
    }

    /// Whether it has to do with the collection's sparse vectors.
    pub fn is_sparse(&self) -> bool {
        matches!(self, Self::Sparse(_) | Self::Prefetched { .. } | Self::Steered { .. })
    }

    /// Whether its scores are the collection's own distances or similarities. Those of the other queries are larger for
    /// better points whatever the collection measures.
    pub fn scores_by_distance(&self) -> bool {
        match self {
            Self::Nearest(_) | Self::Prefetched { .. } => true,
            Self::Recommend { strategy, .. } => *strategy == Strategy::AverageVector,
            Self::Steered { weights, alpha, .. } => weights.is_idle(*alpha),
            Self::Sparse(_) | Self::Discover { .. } | Self::Context(_) => false,
        }
    }
}

impl SparseWeights {
    /// Whether it changes no score: it has no entries, or they count for nothing.
    pub(crate) fn is_idle(&self, alpha: f32) -> bool {
        alpha == 0.0 || self.indices.is_empty()
    }

    fn check(&self, what: &str) -> Result<()> {
        if self.indices.len() != self.values.len() {
            let (indices, values) = (self.indices.len(), self.values.len());
            return Err(Error::setting(format!("{what} has {indices} indices and {values} values")));
        }
        if !self.indices.is_sorted_by(|a, b| a < b) {
            return Err(Error::setting(format!("the indices of {what} must ascend, each there once")));
        }
        if self.values.iter().any(|v| !v.is_finite()) {
            return Err(Error::setting(format!("{what} holds NaN or infinity")));
        }
        Ok(())
    }
}

impl Search {
    /// Fails where the search makes no sense for vectors of this source: too few examples, another number of dimensions,
    /// numbers that are none. Whether points and sparse vectors are there is for the source to say.
    pub(super) fn check(&self, info: &SourceInfo) -> Result<()> {
        let dense = |vector: &[f32]| {
            if vector.len() != info.dim {
                let what = format!("the vector to look for in {}", info.title);
                return Err(Error::Dimension { what, found: vector.len(), expected: info.dim });
            }
            if vector.iter().any(|v| !v.is_finite()) {
                return Err(Error::setting("the vector to look for holds NaN or infinity"));
            }
            Ok(())
        };
        let candidates = |candidates: usize| match candidates {
            0 => Err(Error::setting("no candidates: let the sparse vectors leave at least one point")),
            _ => Ok(()),
        };
        for example in self.query.examples() {
            if let Example::Vector(vector) = example {
                dense(vector)?;
            }
        }
        match &self.query {
            Query::Nearest(_) | Query::Discover { .. } => Ok(()),
            Query::Sparse(weights) => {
                weights.check("the sparse query")?;
                if weights.indices.is_empty() {
                    return Err(Error::setting("the sparse query is empty: it needs at least one feature"));
                }
                Ok(())
            }
            Query::Prefetched { sparse, dense: vector, candidates: left } => {
                sparse.check("the sparse query")?;
                if sparse.indices.is_empty() {
                    return Err(Error::setting(
                        "the sparse query is empty: it needs at least one feature; search by the dense vectors instead",
                    ));
                }
                dense(vector)?;
                candidates(*left)
            }
            Query::Steered { dense: vector, weights, alpha, candidates: left } => {
                weights.check("the weights to steer by")?;
                if !alpha.is_finite() {
                    return Err(Error::setting("what the weights count for must be a number"));
                }
                dense(vector)?;
                candidates(*left)
            }
            Query::Recommend { positive, negative, strategy } => match strategy {
                Strategy::AverageVector if positive.is_empty() => Err(Error::setting(
                    "no example to be like: the mean of the examples needs at least one positive one (best_score and \
                     sum_scores do with negative ones alone)",
                )),
                _ if positive.is_empty() && negative.is_empty() => {
                    Err(Error::setting("no example: name at least one point to be like, or not to be like"))
                }
                _ => Ok(()),
            },
            Query::Context(pairs) if pairs.is_empty() => {
                Err(Error::setting("no pair of examples: name at least one point to be like and one not to be like"))
            }
            Query::Context(_) => Ok(()),
        }
    }
}

/// Sorts what a search found, best first, ties by id: a source gives equal scores in any order.
pub(super) fn sort_found(found: &mut [Neighbour], smaller_is_better: bool) {
    found.sort_by(|a, b| {
        let by_score = if smaller_is_better { a.score.total_cmp(&b.score) } else { b.score.total_cmp(&a.score) };
        by_score.then(a.id.cmp(&b.id))
    });
}
