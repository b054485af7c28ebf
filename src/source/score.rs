//! How Qdrant scores a point by examples, for sources that have to do it themselves.
//!
//! The formulas are those of its `lib/segment/src/vector_storage/query` (`reco_query.rs`, `discover_query.rs`,
//! `context_query.rs`), and of `avg_vector_for_recommendation` for the mean. Similarities are what Qdrant compares
//! inside: the cosine, the dot product, the squared Euclidean distance and the Manhattan distance, both negative.

use super::query::Strategy;
use crate::linalg;
use crate::point::Distance;

/// A query whose points were replaced by their vectors.
pub(super) enum Resolved {
    /// The nearest to a vector.
    Nearest(Vec<f32>),
    /// By the nearest example.
    BestScore { positive: Vec<Vec<f32>>, negative: Vec<Vec<f32>> },
    /// By the sum over the examples.
    SumScores { positive: Vec<Vec<f32>>, negative: Vec<Vec<f32>> },
    /// By pairs, and by a target among those that are on the right side of as many.
    Discover { target: Vec<f32>, pairs: Vec<(Vec<f32>, Vec<f32>)> },
    /// By pairs.
    Context(Vec<(Vec<f32>, Vec<f32>)>),
}

impl Resolved {
    /// A recommendation. The mean of the vectors is taken as they are stored, where the distance is cosine at unit
    /// length.
    pub fn recommend(positive: Vec<Vec<f32>>, negative: Vec<Vec<f32>>, strategy: Strategy) -> Self {
        match strategy {
            Strategy::AverageVector => Self::Nearest(average(&positive, &negative)),
            Strategy::BestScore => Self::BestScore { positive, negative },
            Strategy::SumScores => Self::SumScores { positive, negative },
        }
    }
}

/// What a recommendation by the mean looks near to: mean(positive), or 2 mean(positive) - mean(negative) where there are
/// negative ones.
pub(super) fn average(positive: &[Vec<f32>], negative: &[Vec<f32>]) -> Vec<f32> {
    let mean = |vectors: &[Vec<f32>]| {
        let mut sum = vectors[0].clone();
        for vector in &vectors[1..] {
            sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
        }
        sum.iter_mut().for_each(|s| *s /= vectors.len() as f32);
        sum
    };
    let positive = mean(positive);
    if negative.is_empty() {
        return positive;
    }
    positive.iter().zip(mean(negative)).map(|(p, n)| p + p - n).collect()
}

/// Scores points one after another.
pub(super) struct Scorer {
    query: Resolved,
    distance: Distance,
}

impl Scorer {
    /// A scorer for a collection with this distance.
    pub fn new(mut query: Resolved, distance: Distance) -> Self {
        if distance == Distance::Cosine {
            let unit = |vector: &mut Vec<f32>| *vector = linalg::normalised(vector, vector.len());
            match &mut query {
                Resolved::Nearest(vector) => unit(vector),
                Resolved::BestScore { positive, negative } | Resolved::SumScores { positive, negative } => {
                    positive.iter_mut().chain(negative).for_each(unit);
                }
                Resolved::Discover { target, pairs } => {
                    unit(target);
                    pairs.iter_mut().flat_map(|(p, n)| [p, n]).for_each(unit);
                }
                Resolved::Context(pairs) => pairs.iter_mut().flat_map(|(p, n)| [p, n]).for_each(unit),
            }
        }
        Self { query, distance }
    }

    /// The score of a point: for the nearest the collection's own, otherwise larger for a better one.
    pub fn score(&self, row: &[f32]) -> f32 {
        let norm = if self.distance == Distance::Cosine { linalg::dot(row, row).sqrt() } else { 1.0 };
        let similarity = |vector: &Vec<f32>| match self.distance {
            Distance::Cosine if norm > 0.0 => linalg::dot(vector, row) / norm,
            Distance::Cosine => 0.0,
            Distance::Dot => linalg::dot(vector, row),
            Distance::Euclid => -linalg::euclid(vector, row).powi(2),
            Distance::Manhattan => -linalg::manhattan(vector, row),
        };
        let best = |vectors: &[Vec<f32>]| vectors.iter().map(similarity).max_by(f32::total_cmp);
        match &self.query {
            Resolved::Nearest(vector) => match self.distance {
                Distance::Cosine | Distance::Dot => similarity(vector),
                Distance::Euclid => linalg::euclid(vector, row),
                Distance::Manhattan => linalg::manhattan(vector, row),
            },
            Resolved::BestScore { positive, negative } => {
                let positive = best(positive).unwrap_or(f32::NEG_INFINITY);
                let negative = best(negative).unwrap_or(f32::NEG_INFINITY);
                if positive > negative { scaled_sigmoid(positive) } else { -scaled_sigmoid(negative) }
            }
            Resolved::SumScores { positive, negative } => {
                positive.iter().map(similarity).sum::<f32>() - negative.iter().map(similarity).sum::<f32>()
            }
            Resolved::Discover { target, pairs } => {
                let rank: i32 = pairs.iter().map(|(p, n)| similarity(p).total_cmp(&similarity(n)) as i32).sum();
                rank as f32 + scaled_sigmoid(similarity(target))
            }
            Resolved::Context(pairs) => {
                let loss =
                    |(p, n): &(Vec<f32>, Vec<f32>)| sigmoid((similarity(p) - similarity(n) - f32::EPSILON).min(0.0));
                pairs.iter().map(loss).sum()
            }
        }
    }
}

/// Qdrant's `fast_sigmoid`, between -1 and 1.
fn sigmoid(x: f32) -> f32 {
    x / (1.0 + x.abs())
}

/// Qdrant's `scaled_fast_sigmoid`, between 0 and 1.
fn scaled_sigmoid(x: f32) -> f32 {
    0.5 * (sigmoid(x) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(query: Resolved, distance: Distance, row: &[f32]) -> f32 {
        Scorer::new(query, distance).score(row)
    }

    /// The values of Qdrant's own tests, on a line where a similarity is a product with 1.
    #[test]
    fn the_formulas_are_those_of_qdrants_tests() {
        let line = |values: &[f32]| values.iter().map(|v| vec![*v]).collect::<Vec<_>>();
        let pairs = |values: &[(f32, f32)]| values.iter().map(|(p, n)| (vec![*p], vec![*n])).collect::<Vec<_>>();
        for (positive, negative, wanted) in [
            (&[42.0][..], &[4.0][..], scaled_sigmoid(42.0)),
            (&[4.0], &[42.0], -scaled_sigmoid(42.0)),
            (&[-1.0], &[0.0], -0.5),
            (&[0.0], &[-1.0], 0.5),
            (&[-42.0], &[-84.0], scaled_sigmoid(-42.0)),
            (&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], -scaled_sigmoid(6.0)),
            (&[], &[2.0], -scaled_sigmoid(2.0)),
        ] {
            let query = Resolved::recommend(line(positive), line(negative), Strategy::BestScore);
            assert_eq!(score(query, Distance::Dot, &[1.0]), wanted, "{positive:?} {negative:?}");
        }
        let sum = Resolved::recommend(line(&[1.0, 2.0]), line(&[5.0]), Strategy::SumScores);
        assert_eq!(score(sum, Distance::Dot, &[1.0]), -2.0);
        for (given, rank) in [
            (&[][..], 0.0),
            (&[(10.0, 4.0)], 1.0),
            (&[(4.0, 10.0)], -1.0),
            (&[(11.0, 11.0)], 0.0),
            (&[(10.0, 4.0), (4.0, 2.0)], 2.0),
        ] {
            let query = Resolved::Discover { target: vec![42.0], pairs: pairs(given) };
            assert_eq!(score(query, Distance::Dot, &[1.0]), rank + scaled_sigmoid(42.0), "{given:?}");
        }
        let context = Resolved::Context(pairs(&[(3.0, 1.0), (1.0, 3.0)]));
        let wanted = sigmoid(-2.0 - f32::EPSILON);
        assert_eq!(score(context, Distance::Dot, &[1.0]), wanted);
    }

    #[test]
    fn distances_are_the_collections_for_the_nearest_and_negative_inside() {
        let near = |distance| score(Resolved::Nearest(vec![3.0, 4.0]), distance, &[0.0, 0.0]);
        assert_eq!([near(Distance::Euclid), near(Distance::Manhattan), near(Distance::Cosine)], [5.0, 7.0, 0.0]);
        let sum = |distance| {
            let query = Resolved::recommend(vec![vec![3.0, 4.0]], Vec::new(), Strategy::SumScores);
            score(query, distance, &[0.0, 0.0])
        };
        assert_eq!([sum(Distance::Euclid), sum(Distance::Manhattan)], [-25.0, -7.0]);
        let cosine = Resolved::Nearest(vec![2.0, 0.0]);
        assert_eq!(score(cosine, Distance::Cosine, &[3.0, 0.0]), 1.0);
    }

    #[test]
    fn the_mean_moves_away_from_the_negative_ones() {
        let positive = [vec![1.0, 0.0], vec![0.0, 1.0]];
        assert_eq!(average(&positive, &[]), [0.5, 0.5]);
        assert_eq!(average(&positive, &[vec![0.0, 1.0]]), [1.0, 0.0]);
    }
}
