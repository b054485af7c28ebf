//! Which feature of one encoder is which of another, by what they do over the same points.

use crate::error::Result;
use crate::job::Control;
use crate::linalg::{Rows, product};

use super::table::{FeatureMatch, FeaturePair};

/// Matched features are alike above this correlation.
pub const ALIKE: f64 = 0.7;

/// The most features that are matched: the assignment takes time that grows with their cube.
pub const MOST: usize = 2_048;

/// Matches features one to one so that the sum of their Pearson correlations over the points is the largest that there
/// is. Of each encoder those of `one_living` and `other_living` take part, without any that are constant. None where
/// no pair is left, or more than [`MOST`] features of one take part.
///
/// # Panics
/// If the codes are of different numbers of points.
pub fn match_features(
    (one_name, one, one_living): (&str, Rows, &[usize]),
    (other_name, other, other_living): (&str, Rows, &[usize]),
    control: &Control,
) -> Result<Option<FeatureMatch>> {
    assert_eq!(one.len(), other.len(), "codes of the same points");
    if one_living.len().max(other_living.len()) > MOST {
        return Ok(None);
    }
    let ((one_features, a), (other_features, b)) = (standard(one, one_living), standard(other, other_living));
    if a.is_empty() || b.is_empty() {
        return Ok(None);
    }
    let n = one.len();
    let correlations = product(Rows::new(&a, n), Rows::new(&b, n), control)?;
    let width = other_features.len();
    let at = |i: usize, j: usize| f64::from(correlations[i * width + j]);
    // Each of the fewer gets one of the more.
    let pairs: Vec<(usize, usize)> = if one_features.len() <= width {
        let found = assignment(one_features.len(), width, |i, j| -at(i, j), control)?;
        found.into_iter().enumerate().collect()
    } else {
        let found = assignment(width, one_features.len(), |j, i| -at(i, j), control)?;
        found.into_iter().enumerate().map(|(j, i)| (i, j)).collect()
    };
    let mut pairs: Vec<FeaturePair> = pairs
        .into_iter()
        .map(|(i, j)| FeaturePair {
            one: one_features[i],
            other: other_features[j],
            correlation: at(i, j).clamp(-1.0, 1.0),
        })
        .collect();
    pairs.sort_by(|x, y| y.correlation.total_cmp(&x.correlation).then(x.one.cmp(&y.one)));
    let count = pairs.len() as f64;
    Ok(Some(FeatureMatch {
        one: one_name.to_owned(),
        other: other_name.to_owned(),
        mean: pairs.iter().map(|p| p.correlation).sum::<f64>() / count,
        above: pairs.iter().filter(|p| p.correlation > ALIKE).count() as f64 / count,
        pairs,
    }))
}

/// Some columns as rows with mean 0 and length 1, without those that are constant; and which they are.
fn standard(codes: Rows, features: &[usize]) -> (Vec<usize>, Vec<f32>) {
    let n = codes.len() as f64;
    let (mut kept, mut out) = (Vec::new(), Vec::new());
    for feature in features {
        let column: Vec<f64> = codes.iter().map(|row| f64::from(row[*feature])).collect();
        let mean = column.iter().sum::<f64>() / n;
        let length = column.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>().sqrt();
        let largest = column.iter().fold(0f64, |most, y| most.max(y.abs()));
        // What differs in the last digits alone is constant.
        if length > 1e-6 * largest * n.sqrt() {
            kept.push(*feature);
            out.extend(column.iter().map(|y| ((y - mean) / length) as f32));
        }
    }
    (kept, out)
}

/// The assignment of rows to different columns with the smallest sum of costs, for no more rows than columns: the
/// Hungarian method by shortest augmenting paths (Jonker and Volgenant, "A shortest augmenting path algorithm for dense
/// and sparse linear assignment problems", Computing 38, 1987). O(rows^2 columns).
///
/// # Panics
/// If there are more rows than columns.
fn assignment(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f64,
    control: &Control,
) -> Result<Vec<usize>> {
    assert!(rows <= columns, "a column for each row");
    const NONE: usize = usize::MAX;
    // Prices of rows and columns; reduced costs are never below 0, and 0 for what is assigned. The last column is where a
    // search begins.
    let (mut row_price, mut column_price) = (vec![0f64; rows], vec![0f64; columns + 1]);
    let mut row_of = vec![NONE; columns + 1];
    for row in 0..rows {
        control.check_whole()?;
        row_of[columns] = row;
        let mut column = columns;
        let (mut distance, mut before) = (vec![f64::INFINITY; columns], vec![NONE; columns]);
        let mut seen = vec![false; columns + 1];
        while row_of[column] != NONE {
            seen[column] = true;
            let at = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, columns);
            for j in (0..columns).filter(|j| !seen[*j]) {
                let reduced = cost(at, j) - row_price[at] - column_price[j];
                if reduced < distance[j] {
                    (distance[j], before[j]) = (reduced, column);
                }
                if distance[j] < step {
                    (step, next) = (distance[j], j);
                }
            }
            for j in 0..=columns {
                if seen[j] {
                    row_price[row_of[j]] += step;
                    column_price[j] -= step;
                } else {
                    distance[j] -= step;
                }
            }
            column = next;
        }
        // Back along the path, every row takes the column behind it.
        while column != columns {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut out = vec![0; rows];
    row_of[..columns].iter().enumerate().filter(|(_, row)| **row != NONE).for_each(|(j, row)| out[*row] = j);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linalg::rows::tests::drawn;

    /// The best sum over every assignment.
    fn twin(costs: &[Vec<f64>], used: &mut Vec<bool>, row: usize) -> f64 {
        if row == costs.len() {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for j in 0..used.len() {
            if !used[j] {
                used[j] = true;
                best = best.min(costs[row][j] + twin(costs, used, row + 1));
                used[j] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn the_assignment_is_the_best_of_all(rows in 1usize..6, more in 0usize..3, seed in any::<u64>()) {
            let columns = rows + more;
            let values = drawn(rows, columns, seed);
            let costs: Vec<Vec<f64>> =
                values.chunks(columns).map(|row| row.iter().map(|x| f64::from((x * 5.0).round())).collect()).collect();
            let found = assignment(rows, columns, |i, j| costs[i][j], &Control::new()).unwrap();
            let mut sorted = found.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), rows);
            let sum: f64 = found.iter().enumerate().map(|(i, j)| costs[i][*j]).sum();
            prop_assert!((sum - twin(&costs, &mut vec![false; columns], 0)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_shuffled_encoder_is_the_same_encoder() {
        let (n, width) = (200, 12);
        let codes = drawn(n, width, 3);
        let place = |j: usize| (j * 5 + 2) % width;
        // Scaled and shifted, which a correlation does not see; one of them is another feature.
        let fresh = drawn(n, 1, 9);
        let mut other = vec![0f32; n * width];
        for i in 0..n {
            for j in 0..width {
                other[i * width + place(j)] = if j == 4 { fresh[i] } else { 3.0 * codes[i * width + j] + 0.5 };
            }
        }
        let all: Vec<usize> = (0..width).collect();
        let (one, two) = (Rows::new(&codes, width), Rows::new(&other, width));
        let found = match_features(("a", one, &all), ("b", two, &all), &Control::new()).unwrap().unwrap();
        assert_eq!((found.pairs.len(), found.one.as_str(), found.other.as_str()), (width, "a", "b"));
        for pair in found.pairs.iter().take(width - 1) {
            assert!(pair.other == place(pair.one) && pair.correlation > 0.999, "{pair:?}");
        }
        assert_eq!((found.pairs[width - 1].one, found.pairs[width - 1].other), (4, place(4)));
        let left = found.pairs[width - 1].correlation;
        assert!(left < 0.3 && (found.above - 11.0 / 12.0).abs() < 1e-9, "{found:?}");
        assert!((found.mean - (11.0 + left) / 12.0).abs() < 1e-3, "{found:?}");

        // Fewer of the one, and of the other; by their own numbers.
        let few = match_features(("a", one, &[7, 2]), ("b", two, &all), &Control::new()).unwrap().unwrap();
        let turned = match_features(("b", two, &all), ("a", one, &[7, 2]), &Control::new()).unwrap().unwrap();
        let pairs = |m: &FeatureMatch| m.pairs.iter().map(|p| (p.one, p.other)).collect::<Vec<_>>();
        let mut expected = vec![(2, place(2)), (7, place(7))];
        let mut own = pairs(&few);
        own.sort_unstable();
        assert_eq!(own, expected);
        expected.iter_mut().for_each(|p| *p = (p.1, p.0));
        let mut own = pairs(&turned);
        own.sort_by_key(|p| p.1);
        assert_eq!(own, expected);
    }

    #[test]
    fn constant_features_are_matched_with_none() {
        let n = 50;
        let codes: Vec<f32> = (0..n).flat_map(|i| [0.25, (i % 7) as f32, 0.1 + 1e-9 * i as f32]).collect();
        let rows = Rows::new(&codes, 3);
        let all = [0, 1, 2];
        let found = match_features(("a", rows, &all), ("a", rows, &all), &Control::new()).unwrap().unwrap();
        assert_eq!(found.pairs, [FeaturePair { one: 1, other: 1, correlation: found.mean }]);
        assert!(match_features(("a", rows, &[0]), ("a", rows, &all), &Control::new()).unwrap().is_none());
        assert!(match_features(("a", rows, &[]), ("a", rows, &all), &Control::new()).unwrap().is_none());
    }
}
