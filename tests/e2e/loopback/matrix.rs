//! The neighbour matrix, computed one pair after another over a sample of points.

use qdrant_edge as edge;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// A sample of at most `size` of the ids, in no order; the same each time.
pub fn sample(mut ids: Vec<edge::PointId>, size: usize) -> Vec<edge::PointId> {
    ids.shuffle(&mut ChaCha8Rng::seed_from_u64(17));
    ids.truncate(size);
    ids
}

/// The `limit` nearest others of each vector: rows, columns and scores, best first in each row.
pub fn nearest_others(vectors: &[Vec<f32>], limit: usize, distance: edge::Distance) -> (Vec<u64>, Vec<u64>, Vec<f32>) {
    let smaller_is_nearer = matches!(distance, edge::Distance::Euclid | edge::Distance::Manhattan);
    let (mut rows, mut columns, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for (row, a) in vectors.iter().enumerate() {
        let others = vectors.iter().enumerate().filter(|(column, _)| *column != row);
        let mut found: Vec<(usize, f32)> = others.map(|(column, b)| (column, score(a, b, distance))).collect();
        found.sort_by(|(_, x), (_, y)| if smaller_is_nearer { x.total_cmp(y) } else { y.total_cmp(x) });
        for (column, score) in found.into_iter().take(limit) {
            rows.push(row as u64);
            columns.push(column as u64);
            scores.push(score);
        }
    }
    (rows, columns, scores)
}

/// Cosine collections keep unit vectors, so that their cosine is the dot product.
fn score(a: &[f32], b: &[f32], distance: edge::Distance) -> f32 {
    let pairs = a.iter().zip(b);
    match distance {
        edge::Distance::Cosine | edge::Distance::Dot => pairs.map(|(x, y)| x * y).sum(),
        edge::Distance::Euclid => pairs.map(|(x, y)| (x - y) * (x - y)).sum::<f32>().sqrt(),
        edge::Distance::Manhattan => pairs.map(|(x, y)| (x - y).abs()).sum(),
    }
}
