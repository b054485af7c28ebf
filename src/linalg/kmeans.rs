//! Clusters of points, by k-means.

use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use crate::error::Result;
use crate::job::Control;

use super::dot;
use super::rows::{Rows, scored};

/// The points that centres begin at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Any, so that there are more where points lie dense, and clusters have about as many points each.
    Drawn,
    /// Such as lie apart, by k-means++ (Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA
    /// 2007), for a small sum of squared distances.
    Apart,
}

/// How clusters are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Clusters.
    pub k: usize,
    /// What they begin at.
    pub first: First,
    /// Starts, of which the best counts.
    pub starts: usize,
    /// Rounds of each, at most.
    pub rounds: usize,
}

/// Clusters of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// k x width, or as many as there are points where that is less.
    pub centres: Vec<f32>,
    /// The cluster of each point.
    pub of: Vec<u32>,
    /// Sum of the squared distances of points to their centres, as they were when the clusters were told.
    pub spread: f64,
}

/// k-means by Lloyd's rounds ("Least squares quantization in PCM", IEEE Transactions on Information Theory 28, 1982), until
/// no point changes; the best of some starts by the sum of squared distances. With no more points than clusters each is
/// its own centre.
///
/// # Panics
/// If there are no points, clusters, starts or rounds.
pub fn k_means(points: Rows, search: Search, rng: &mut ChaCha8Rng, control: &Control) -> Result<Clusters> {
    let Search { k, starts, rounds, .. } = search;
    assert!(!points.is_empty() && k > 0 && starts > 0 && rounds > 0, "points, clusters, starts and rounds");
    if points.len() <= k {
        let of = (0..points.len() as u32).collect();
        return Ok(Clusters { centres: points.values().to_vec(), of, spread: 0.0 });
    }
    let mut best: Option<Clusters> = None;
    for _ in 0..starts {
        let next = one_start(points, search, rng, control)?;
        if best.as_ref().is_none_or(|best| next.spread < best.spread) {
            best = Some(next);
        }
    }
    // There is at least one start.
    Ok(best.unwrap_or(Clusters { centres: Vec::new(), of: Vec::new(), spread: 0.0 }))
}

fn one_start(points: Rows, search: Search, rng: &mut ChaCha8Rng, control: &Control) -> Result<Clusters> {
    let Search { k, first, rounds, .. } = search;
    let width = points.width();
    let norms: Vec<f32> = points.iter().map(|row| dot(row, row)).collect();
    let mut centres = match first {
        First::Drawn => points.pick(&index::sample(rng, points.len(), k).into_vec()),
        First::Apart => centres_apart(points, &norms, k, rng, control)?,
    };
    let mut of = vec![u32::MAX; points.len()];
    let mut spread = 0.0;
    for _ in 0..rounds {
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
        let mut far = Vec::new();
        if counts.contains(&0) {
            far.extend(0..points.len());
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
fn centres_apart(points: Rows, norms: &[f32], k: usize, rng: &mut ChaCha8Rng, control: &Control) -> Result<Vec<f32>> {
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

/// The nearest centre of each point, the first of equally near ones, and the squared distance to it. `norms` are the points'
/// squared lengths.
///
/// # Panics
/// If the widths or the norms do not agree.
pub fn nearest(points: Rows, centres: Rows, norms: &[f32], control: &Control) -> Result<Vec<(u32, f32)>> {
    assert_eq!(points.len(), norms.len(), "a norm for each point");
    let own: Vec<f32> = centres.iter().map(|row| dot(row, row)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::rows::tests::drawn;
    use crate::random::{Use, generator};

    fn find(points: Rows, search: Search) -> Clusters {
        k_means(points, search, &mut generator(1, Use::Evaluation), &Control::new()).unwrap()
    }

    fn search(k: usize, starts: usize) -> Search {
        Search { k, first: First::Apart, starts, rounds: 50 }
    }

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
        let found = find(points, search(4, 3));
        // Two points share a cluster where they share a corner, and only there.
        for i in 0..200 {
            assert!((0..i).all(|j| (of[i] == of[j]) == (found.of[i] == found.of[j])));
        }
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
        assert_eq!(found, find(points, search(4, 3)), "the same seed, the same clusters");
    }

    #[test]
    fn more_clusters_spread_less_and_none_is_empty() {
        let rows = drawn(150, 3, 2);
        let points = Rows::new(&rows, 3);
        for first in [First::Drawn, First::Apart] {
            let mut last = f64::INFINITY;
            for k in [1, 5, 40, 149] {
                let found = find(points, Search { first, ..search(k, 2) });
                assert!(found.spread < last, "{k}");
                assert!((0..k as u32).all(|c| found.of.contains(&c)), "{k}");
                last = found.spread;
            }
        }
        let all = find(points, search(150, 1));
        assert_eq!((all.spread, all.of), (0.0, (0..150).collect()));
        // All alike: as many centres as asked for, and no endless search.
        let same = vec![1.0; 30];
        let found = find(Rows::new(&same, 1), search(3, 1));
        assert_eq!((found.centres, found.spread), (vec![1.0; 3], 0.0));
    }

    #[test]
    fn rounds_and_starts_bring_points_nearer_to_their_centres() {
        let rows = drawn(400, 4, 8);
        let points = Rows::new(&rows, 4);
        for first in [First::Drawn, First::Apart] {
            let spread = |starts, rounds| find(points, Search { k: 12, first, starts, rounds }).spread;
            assert!(spread(1, 50) < spread(1, 3) && spread(1, 3) < spread(1, 1));
            assert!(spread(8, 50) < spread(1, 50));
        }
    }

    /// Of 1,000 points in one place and one in each of eight far ones, centres apart begin in all places.
    #[test]
    fn centres_begin_where_points_are_dense_or_far_apart() {
        let all: Vec<f32> = drawn(1_000, 1, 3).into_iter().chain((1..=8).map(|i| 100.0 * i as f32)).collect();
        let inside = |first| {
            let found = find(Rows::new(&all, 1), Search { first, rounds: 1, ..search(9, 1) });
            let near: Vec<u32> = found.of[..1_000].to_vec();
            (0..9).filter(|cluster| near.contains(cluster)).count()
        };
        assert_eq!(inside(First::Apart), 1);
        assert!(inside(First::Drawn) >= 8, "{}", inside(First::Drawn));
    }

    #[test]
    fn the_nearest_centres_are_those_of_the_plain_way() {
        let (points, centres) = (drawn(90, 5, 1), drawn(7, 5, 2));
        let (points, centres) = (Rows::new(&points, 5), Rows::new(&centres, 5));
        let norms: Vec<f32> = points.iter().map(|row| dot(row, row)).collect();
        let found = nearest(points, centres, &norms, &Control::new()).unwrap();
        for (point, (at, distance)) in points.iter().zip(found) {
            let plain: Vec<f32> =
                centres.iter().map(|c| point.iter().zip(c).map(|(x, y)| (x - y) * (x - y)).sum()).collect();
            let least = plain.iter().copied().fold(f32::INFINITY, f32::min);
            assert!((plain[at as usize] - least).abs() < 1e-5 && (distance - least).abs() < 1e-5);
        }
    }

    #[test]
    fn a_cancel_ends_the_search() {
        let control = Control::new();
        control.cancel();
        let mut rng = generator(1, Use::Evaluation);
        assert!(k_means(Rows::new(&[1.0, 2.0], 1), search(1, 1), &mut rng, &control).is_err());
    }
}
