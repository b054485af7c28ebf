//! Clusters of codes, and how far labels lie apart in them.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::error::Result;
use crate::job::Control;
use crate::linalg;
use crate::random::{Use, generator};

use super::rows::{Rows, scored};

/// Rounds of k-means at most.
const ROUNDS: usize = 50;

/// Clusters of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// k x width.
    pub centres: Vec<f32>,
    /// The cluster of each point.
    pub of: Vec<u32>,
    /// Sum of the squared distances of points to their centres.
    pub spread: f64,
}

/// k-means by Lloyd's rounds from seeded k-means++ centres (Arthur and Vassilvitskii, SODA 2007), until no point changes
/// or for 50 rounds; the best of some starts by the sum of squared distances. With no more points than `k` each is its
/// own centre.
///
/// # Panics
/// If there are no points, or `k` or `starts` is 0.
pub fn k_means(points: Rows, k: usize, starts: usize, seed: u64, control: &Control) -> Result<Clusters> {
    assert!(!points.is_empty() && k > 0 && starts > 0, "points, clusters and starts");
    let mut rng = generator(seed, Use::Evaluation);
    if points.len() <= k {
        let of = (0..points.len() as u32).collect();
        return Ok(Clusters { centres: points.values().to_vec(), of, spread: 0.0 });
    }
    let mut best: Option<Clusters> = None;
    for _ in 0..starts {
        let next = one_start(points, k, &mut rng, control)?;
        if best.as_ref().is_none_or(|best| next.spread < best.spread) {
            best = Some(next);
        }
    }
    // There is at least one start.
    Ok(best.unwrap_or(Clusters { centres: Vec::new(), of: Vec::new(), spread: 0.0 }))
}

fn one_start(points: Rows, k: usize, rng: &mut ChaCha8Rng, control: &Control) -> Result<Clusters> {
    let width = points.width();
    let norms: Vec<f32> = points.iter().map(|row| linalg::dot(row, row)).collect();
    let mut centres = first_centres(points, &norms, k, rng, control)?;
    let mut of = vec![u32::MAX; points.len()];
    let mut spread = 0.0;
    for _ in 0..ROUNDS {
        let near = nearest(points, Rows::new(&centres, width), &norms, control)?;
        spread = near.iter().map(|(_, d)| f64::from(*d)).sum();
        let changed = of.iter().zip(&near).any(|(old, (new, _))| old != new);
        of = near.iter().map(|(c, _)| *c).collect();
        if !changed {
            break;
        }
        let (mut sums, mut counts) = (vec![0f64; centres.len()], vec![0u64; k]);
        for (row, cluster) in points.iter().zip(&of) {
            let at = *cluster as usize;
            sums[at * width..][..width].iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
            counts[at] += 1;
        }
        // A centre that lost all its points begins again at one of those that are farthest from theirs.
        let mut far: Vec<usize> = (0..points.len()).collect();
        if counts.contains(&0) {
            far.sort_by(|a, b| near[*b].1.total_cmp(&near[*a].1).then(a.cmp(b)));
        }
        let mut far = far.into_iter();
        for (at, count) in counts.iter().enumerate() {
            let centre = &mut centres[at * width..][..width];
            if *count == 0 {
                if let Some(point) = far.next() {
                    centre.copy_from_slice(points.row(point));
                }
            } else {
                centre.iter_mut().zip(&sums[at * width..]).for_each(|(c, sum)| *c = (sum / *count as f64) as f32);
            }
        }
    }
    Ok(Clusters { centres, of, spread })
}

/// k-means++: each next centre is a point drawn with a chance in proportion to its squared distance to those before.
fn first_centres(points: Rows, norms: &[f32], k: usize, rng: &mut ChaCha8Rng, control: &Control) -> Result<Vec<f32>> {
    let mut centres = points.row(rng.random_range(0..points.len())).to_vec();
    let mut distances = vec![f32::INFINITY; points.len()];
    while centres.len() < k * points.width() {
        let last = Rows::new(&centres[centres.len() - points.width()..], points.width());
        for (own, (_, d)) in distances.iter_mut().zip(nearest(points, last, norms, control)?) {
            *own = own.min(d);
        }
        let mut left = rng.random::<f64>() * distances.iter().map(|d| f64::from(*d)).sum::<f64>();
        let drawn = distances.iter().position(|d| {
            left -= f64::from(*d);
            left < 0.0
        });
        // Where all points are centres already, any.
        let next = drawn.unwrap_or_else(|| rng.random_range(0..points.len()));
        centres.extend_from_slice(points.row(next));
    }
    Ok(centres)
}

/// The nearest centre of each point, the first of equally near ones, and the squared distance to it.
///
/// # Panics
/// If the widths or the norms do not agree.
pub(super) fn nearest(points: Rows, centres: Rows, norms: &[f32], control: &Control) -> Result<Vec<(u32, f32)>> {
    assert_eq!(points.len(), norms.len(), "a norm for each point");
    let own: Vec<f32> = centres.iter().map(|row| linalg::dot(row, row)).collect();
    scored(points, centres, control, |point, line| {
        let (mut best, mut at) = (f32::INFINITY, 0);
        for (i, (product, norm)) in line.iter().zip(&own).enumerate() {
            let distance = norm - 2.0 * product;
            if distance < best {
                (best, at) = (distance, i as u32);
            }
        }
        (at, (best + norms[point]).max(0.0))
    })
}

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
        let similarity = |kind: usize| -> f64 {
            row.iter().zip(&sums[kind * width..][..width]).map(|(x, sum)| f64::from(*x) * sum).sum()
        };
        let square: f64 = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
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
    use crate::evaluate::agreement::Contingency;
    use crate::evaluate::rows::tests::drawn;

    /// Points around four corners, and their corner.
    fn corners(n: usize) -> (Vec<f32>, Vec<u32>) {
        let noise = drawn(n, 2, 5);
        let of: Vec<u32> = (0..n as u32).map(|i| i % 4).collect();
        let at = |i: usize| [(of[i] % 2) as f32 * 10.0, (of[i] / 2) as f32 * 10.0];
        ((0..n).flat_map(|i| [at(i)[0] + noise[2 * i], at(i)[1] + noise[2 * i + 1]]).collect(), of)
    }

    #[test]
    fn clusters_that_lie_apart_are_found() {
        let (points, of) = corners(200);
        let points = Rows::new(&points, 2);
        let found = k_means(points, 4, 3, 1, &Control::new()).unwrap();
        assert_eq!(Contingency::new(&of, &found.of).adjusted_rand_index(), 1.0);
        // The spread is that of the plain way, with each centre the mean of its points.
        let mut twin = 0.0;
        for (i, cluster) in found.of.iter().enumerate() {
            let mates: Vec<usize> = (0..200).filter(|j| found.of[*j] == *cluster).collect();
            for axis in 0..2 {
                let mean = mates.iter().map(|j| f64::from(points.row(*j)[axis])).sum::<f64>() / mates.len() as f64;
                assert!((mean - f64::from(found.centres[*cluster as usize * 2 + axis])).abs() < 1e-4);
                twin += (f64::from(points.row(i)[axis]) - mean).powi(2);
            }
        }
        assert!((found.spread - twin).abs() < 1e-2 * twin, "{} {twin}", found.spread);
        assert_eq!(found, k_means(points, 4, 3, 1, &Control::new()).unwrap(), "the same seed, the same clusters");
    }

    #[test]
    fn more_clusters_spread_less_and_none_is_empty() {
        let rows = drawn(150, 3, 2);
        let points = Rows::new(&rows, 3);
        let mut last = f64::INFINITY;
        for k in [1, 5, 40, 149] {
            let found = k_means(points, k, 2, 3, &Control::new()).unwrap();
            assert!(found.spread < last, "{k}");
            assert!((0..k as u32).all(|c| found.of.contains(&c)), "{k}");
            last = found.spread;
        }
        let all = k_means(points, 150, 1, 3, &Control::new()).unwrap();
        assert_eq!((all.spread, all.of), (0.0, (0..150).collect()));
        // All alike: as many centres as asked for, and no endless search.
        let same = vec![1.0; 30];
        let found = k_means(Rows::new(&same, 1), 3, 1, 0, &Control::new()).unwrap();
        assert_eq!((found.centres, found.spread), (vec![1.0; 3], 0.0));
    }

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
