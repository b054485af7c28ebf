//! How far labels lie apart in codes.

use crate::linalg::{self, Rows, dot_f64};

/// The mean silhouette of labelled points by cosine distance (Rousseeuw, "Silhouettes", Journal of Computational and
/// Applied Mathematics 20, 1987): (b - a) / max(a, b), with a point's mean distance a to the others of its label and b to
/// those of the nearest other label; 0 for a point that is alone. Labels are numbers below `kinds`. None with fewer
/// than two labels.
///
/// Exact over all points in one pass: the mean cosine similarity to the points of a label is the product with their sum.
///
/// # Panics
/// If there are not as many labels as points.
pub fn silhouette(points: Rows, labels: &[u32], kinds: usize) -> Option<f64> {
    assert_eq!(points.len(), labels.len(), "a label for each point");
    let width = points.width();
    let (mut sums, mut counts) = (vec![0f64; kinds * width], vec![0f64; kinds]);
    let unit = linalg::normalised(points.values(), width);
    for (row, label) in unit.chunks(width).zip(labels) {
        let at = *label as usize;
        sums[at * width..][..width].iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
        counts[at] += 1.0;
    }
    if counts.iter().filter(|n| **n > 0.0).count() < 2 {
        return None;
    }
    let mut total = 0.0;
    for (row, label) in unit.chunks(width).zip(labels) {
        let own = *label as usize;
        if counts[own] < 2.0 {
            continue;
        }
        let similarity = |kind: usize| -> f64 { dot_f64(row, &sums[kind * width..][..width]) };
        let square = dot_f64(row, row);
        let inside = 1.0 - (similarity(own) - square) / (counts[own] - 1.0);
        let others = (0..kinds).filter(|kind| *kind != own && counts[*kind] > 0.0);
        let outside = others.map(|kind| 1.0 - similarity(kind) / counts[kind]).fold(f64::INFINITY, f64::min);
        let larger = inside.max(outside);
        total += if larger > 0.0 { (outside - inside) / larger } else { 0.0 };
    }
    Some(total / labels.len() as f64)
}

#[cfg(test)]
pub(in crate::evaluate) mod tests {
    use super::*;

    /// The points whose figures scikit-learn 1.9.1 was asked for.
    pub(in crate::evaluate) fn asked() -> (Vec<f32>, Vec<u32>) {
        let at = |i: usize, j: usize| {
            let (x, y, kind) = (i as f64, j as f64, i % 3);
            ((0.7 * x * (y + 1.0) + kind as f64 * y * 0.5).sin() + if kind == j { 0.8 } else { 0.0 }) as f32
        };
        ((0..60).flat_map(|i| (0..3).map(move |j| at(i, j))).collect(), (0..60).map(|i| i % 3).collect())
    }

    #[test]
    fn the_silhouette_is_that_of_scikit_learn_and_of_the_plain_way() {
        let (points, labels) = asked();
        let points = Rows::new(&points, 3);
        let found = silhouette(points, &labels, 3).unwrap();
        assert!((found - 0.185_044_381_163_445_65).abs() < 1e-6, "{found}");
        // With one that is alone, and a label that nothing has.
        let mut labels: Vec<u32> = labels.iter().map(|l| l + 1).collect();
        labels[7] = 0;
        let distance = |a: &[f32], b: &[f32]| {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
            1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        let mut twin = 0.0;
        for i in (0..60).filter(|i| *i != 7) {
            let mean = |kind: u32| {
                let others: Vec<f64> = (0..60)
                    .filter(|j| *j != i && labels[*j] == kind)
                    .map(|j| distance(points.row(i), points.row(j)))
                    .collect();
                others.iter().sum::<f64>() / others.len() as f64
            };
            let a = mean(labels[i]);
            let b = (0..4).filter(|kind| *kind != labels[i]).map(mean).fold(f64::INFINITY, f64::min);
            twin += (b - a) / a.max(b) / 60.0;
        }
        assert!((silhouette(points, &labels, 5).unwrap() - twin).abs() < 1e-6);
        assert_eq!(silhouette(points, &[2; 60], 5), None);
    }
}
