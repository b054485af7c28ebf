//! The features that a feature has to do with.

use super::index::FeatureIndex;
use crate::encoder::Encoder;
use crate::linalg::{self, dot_f64};

/// Nearest features that are listed.
const NEAREST: usize = 8;

/// The features that a feature has to do with, each kind with the strongest first and at most eight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Related {
    /// Features of all blocks by the cosine of their weight rows with this one's, from -1 to 1, after the mean row of
    /// each one's block is taken away: a SoftMax gives the same whatever all of its inputs have in common. (Of a code the
    /// rows as they are.)
    pub nearest: Vec<(usize, f32)>,
    /// Features of other blocks that fire for the same points more often than chance has it, at the one of
    /// [`PAIRS_ABOVE`](super::PAIRS_ABOVE) that is nearest to the threshold: the lift P(both) / (P(one) P(other)), and the points that both fire for, at least ten and more
    /// than chance gives by three standard deviations. Empty where the encoder has more than 2,048 features.
    pub fires_with: Vec<(usize, f32, u64)>,
    /// Features of the same block that win where this one comes second, or come second where it wins: the share of
    /// such points among those for which this one is first or second.
    pub competitors: Vec<(usize, f32)>,
}

/// What a feature has to do with others at a threshold, by the encoder's weights and by what an index of the same encoder
/// has counted. Goes once over all weights. Empty where there is no such feature, or the index is of an encoder of another shape.
pub fn related(encoder: &Encoder, index: &FeatureIndex, feature: usize, threshold: f32) -> Related {
    let same_shape = (encoder.blocks(), encoder.block_size()) == (index.blocks(), index.block_size());
    if !same_shape || feature >= encoder.outputs() {
        return Related::default();
    }
    Related {
        nearest: nearest(encoder, feature),
        fires_with: index.fires_with(feature, threshold),
        competitors: index.competitors(feature),
    }
}

fn nearest(encoder: &Encoder, feature: usize) -> Vec<(usize, f32)> {
    let (dim, v) = (encoder.dim(), encoder.block_size());
    // What all rows of a code have in common is part of each.
    let mean_row = |block: &[f32]| if encoder.is_code() { vec![0.0; dim] } else { linalg::mean(block, dim) };
    let blocks = || encoder.weights().chunks(v * dim);
    let Some(block) = blocks().nth(feature / v) else { return Vec::new() };
    let own = less(&block[feature % v * dim..][..dim], &mean_row(block));
    let own_length = dot_f64(&own, &own).sqrt();
    let mut found = Vec::with_capacity(encoder.outputs());
    for (b, block) in blocks().enumerate() {
        let mean = mean_row(block);
        for (place, row) in block.chunks(dim).enumerate() {
            let row = less(row, &mean);
            let length = own_length * dot_f64(&row, &row).sqrt();
            // A row that is its block's mean points nowhere.
            if b * v + place != feature && length > 0.0 {
                found.push((b * v + place, (dot_f64(&own, &row) / length).clamp(-1.0, 1.0) as f32));
            }
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(NEAREST);
    found
}

fn less(row: &[f32], mean: &[f64]) -> Vec<f64> {
    row.iter().zip(mean).map(|(x, m)| f64::from(*x) - m).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::EncoderMeta;
    use crate::features::IndexBuilder;
    use crate::source::PointId;

    /// Two blocks of three features over the plane; the second block's rows are all shifted far to one side.
    fn encoder() -> Encoder {
        let mut weights = vec![1.0, 0.0, 0.0, 1.0, -1.0, -1.0];
        weights.extend([101.0, 100.0, 100.0, 101.0, 99.0, 99.0]);
        Encoder::new(2, 2, 3, weights, vec![0.0; 6], EncoderMeta::default()).unwrap()
    }

    /// Outputs with a first and a second in each block.
    fn outputs(first_and_second: [[usize; 2]; 2]) -> Vec<f32> {
        let mut row = vec![0.0; 6];
        for (block, [first, second]) in first_and_second.into_iter().enumerate() {
            row[block * 3 + first] = 0.95;
            row[block * 3 + second] = 0.05;
        }
        row
    }

    fn index(rows: &[([[usize; 2]; 2], usize)]) -> std::sync::Arc<FeatureIndex> {
        let mut builder = IndexBuilder::new(2, 3, 0);
        let mut id = 0;
        for (row, times) in rows {
            for _ in 0..*times {
                builder.add(&[PointId::Num(id)], &outputs(*row));
                id += 1;
            }
        }
        builder.finish()
    }

    #[test]
    fn what_a_block_has_in_common_does_not_count_for_nearness() {
        let related = related(&encoder(), &index(&[]), 0, 0.1);
        let (nearest, cosines): (Vec<_>, Vec<_>) = related.nearest.into_iter().unzip();
        assert_eq!(nearest, [3, 1, 4, 2, 5], "feature 3 is feature 0 in the other block");
        assert!((cosines[0] - 1.0).abs() < 1e-6, "{cosines:?}");
        assert!((cosines[1] - 0.0).abs() < 1e-6 && (cosines[4] + 0.5f32.sqrt()).abs() < 1e-6, "{cosines:?}");
        assert!(related.fires_with.is_empty() && related.competitors.is_empty(), "of no points");
    }

    #[test]
    fn lift_is_over_chance_across_blocks_and_needs_enough_points() {
        // Feature 0 fires for 40 of 120 points, feature 3 for 50; for 30 of them both do.
        let index = index(&[
            ([[0, 1], [0, 1]], 30),
            ([[0, 1], [1, 0]], 10),
            ([[1, 0], [0, 1]], 20),
            ([[1, 2], [1, 0]], 51),
            ([[2, 1], [2, 1]], 9),
        ]);
        let of = |feature| related(&encoder(), &index, feature, 0.1).fires_with;
        let lift = 30.0 / (40.0 * 50.0 / 120.0);
        assert_eq!(of(0), [(3, lift as f32, 30)]);
        assert_eq!(of(3), [(0, lift as f32, 30)]);
        assert_eq!(of(2), [], "with feature 5 for nine points alone");
        assert_eq!(index.fired_together(0, 3, 0.1), Some(30));
        assert_eq!(index.fired_together(5, 2, 0.1), Some(9));
        assert_eq!(index.fired_together(0, 0, 0.1), Some(40));
        assert_eq!(index.fired_together(0, 6, 0.1), None);
    }

    #[test]
    fn competitors_are_counted_either_way_inside_the_block() {
        let index =
            index(&[([[0, 1], [0, 1]], 5), ([[1, 0], [0, 2]], 2), ([[2, 0], [1, 2]], 1), ([[2, 1], [1, 2]], 4)]);
        let of = |feature| related(&encoder(), &index, feature, 0.1).competitors;
        assert_eq!(of(0), [(1, 7.0 / 8.0), (2, 1.0 / 8.0)]);
        assert_eq!(of(1), [(0, 7.0 / 11.0), (2, 4.0 / 11.0)]);
        assert_eq!(of(3), [(4, 5.0 / 7.0), (5, 2.0 / 7.0)]);
    }

    #[test]
    fn a_feature_or_a_shape_that_is_not_there_has_to_do_with_nothing() {
        assert_eq!(related(&encoder(), &index(&[]), 6, 0.1), Related::default());
        let other = IndexBuilder::new(3, 2, 0).finish();
        assert_eq!(related(&encoder(), &other, 0, 0.1), Related::default());
    }
}
