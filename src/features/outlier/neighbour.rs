//! The distance to the 50th neighbour in a part of the collection, exactly, and how empty a neighbourhood is.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::error::Result;
use crate::job::Control;
use crate::linalg;
use crate::point::{Distance, PointId};

/// Which neighbour's distance is the score (Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from
/// large data sets", SIGMOD 2000).
pub const NEIGHBOUR: usize = 50;

/// The width of the kernel, as a share of how much farther the 50th neighbour is than the first, on average.
const WIDTH: f64 = 0.2;

/// Points that this is measured on, at most.
const MEASURED: usize = 256;

/// Points whose products with the reference are in memory at a time, a thread.
const ROWS: usize = 32;

/// What is near to a point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Near {
    /// The distance to the nearest point.
    pub first: f32,
    /// The distance to the 50th.
    pub kth: f32,
    /// How empty the neighbourhood is: -ln of the mean of exp(-d / width) over all points at distance d, a kernel density
    /// estimate (Parzen, "On estimation of a probability density function and mode", Annals of Mathematical Statistics 33,
    /// 1962) with an exponential kernel, whose width follows the collection's own distances.
    pub emptiness: f32,
}

/// Points that neighbours are looked for among.
#[derive(Clone, Debug)]
pub struct Reference {
    places: HashMap<PointId, u32>,
    /// As products are taken over them: at unit length for cosine, around their mean for Euclid.
    vectors: Vec<f32>,
    mean: Vec<f64>,
    norms: Vec<f32>,
    dim: usize,
    distance: Distance,
    k: usize,
    /// The kernel's width.
    width: f64,
}

impl Reference {
    /// Of points, `ids.len()` x `dim`. With fewer than 51 of them the farthest that every one has counts in place of the
    /// 50th neighbour.
    ///
    /// # Panics
    /// If there are not as many vectors as ids.
    pub fn new(ids: &[PointId], vectors: &[f32], dim: usize, distance: Distance) -> Self {
        assert_eq!(vectors.len(), ids.len() * dim, "a vector for each point");
        let mean = if distance == Distance::Euclid { linalg::mean(vectors, dim) } else { Vec::new() };
        let mut reference = Self {
            places: ids.iter().enumerate().map(|(place, id)| (*id, place as u32)).collect(),
            vectors: Vec::new(),
            mean,
            norms: Vec::new(),
            dim,
            distance,
            k: NEIGHBOUR.min(ids.len().saturating_sub(1)).max(1),
            width: f64::MAX,
        };
        reference.vectors = reference.prepared(vectors);
        if distance == Distance::Euclid {
            reference.norms = reference.vectors.chunks(dim).map(|v| linalg::dot(v, v)).collect();
        }
        reference.width = reference.usual_width(ids, vectors);
        reference
    }

    /// Points.
    pub fn points(&self) -> usize {
        self.places.len()
    }

    /// Which neighbour's distance it gives: the 50th, or one less than there are points.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Whether a point is one of them.
    pub fn holds(&self, id: PointId) -> bool {
        self.places.contains_key(&id)
    }

    fn prepared(&self, vectors: &[f32]) -> Vec<f32> {
        match self.distance {
            Distance::Cosine => linalg::normalised(vectors, self.dim),
            Distance::Euclid => linalg::less(vectors, &self.mean),
            Distance::Dot | Distance::Manhattan => vectors.to_vec(),
        }
    }

    /// A share of how much farther the 50th neighbour is than the first, over evenly spaced points. Where they are all as
    /// far nothing is told by how empty a neighbourhood is.
    fn usual_width(&self, ids: &[PointId], vectors: &[f32]) -> f64 {
        let n = ids.len();
        let count = n.min(MEASURED);
        let places = || (0..count).map(|i| i * n / count);
        let some: Vec<Option<PointId>> = places().map(|i| Some(ids[i])).collect();
        let rows: Vec<f32> = places().flat_map(|i| &vectors[i * self.dim..][..self.dim]).copied().collect();
        // A control of its own, which nobody cancels: it is a small part of what is to come.
        let Ok(near) = self.near(&some, &rows, &Control::new()) else { return f64::MAX };
        let farther = near.iter().map(|near| f64::from(near.kth) - f64::from(near.first)).filter(|d| d.is_finite());
        let width = WIDTH * farther.sum::<f64>() / count.max(1) as f64;
        if width > 0.0 { width } else { f64::MAX }
    }

    /// What is near to each of `vectors` (n x dim). Distances are 1 - cos, minus the dot product, or the distance. A point
    /// of the reference itself is named by its id and is no neighbour of its own. On all cores.
    ///
    /// # Panics
    /// If there are not as many vectors as ids, or no reference points.
    pub fn near(&self, ids: &[Option<PointId>], vectors: &[f32], control: &Control) -> Result<Vec<Near>> {
        assert_eq!(vectors.len(), ids.len() * self.dim, "a vector for each point");
        assert!(!self.vectors.is_empty(), "points to be near to");
        let queries = self.prepared(vectors);
        let mut out = vec![Near::default(); ids.len()];
        let rows = ids.len().div_ceil(rayon::current_num_threads()).clamp(1, ROWS);
        out.par_chunks_mut(rows).zip(queries.par_chunks(rows * self.dim)).zip(ids.par_chunks(rows)).try_for_each(
            |((out, queries), ids)| {
                control.check_whole()?;
                self.some(ids, queries, out);
                Ok(())
            },
        )?;
        Ok(out)
    }

    /// The same on the calling thread, for queries that are prepared.
    fn some(&self, ids: &[Option<PointId>], queries: &[f32], out: &mut [Near]) {
        let n = self.points();
        let mut nearness = vec![0f32; ids.len() * n];
        if self.distance == Distance::Manhattan {
            for (query, line) in queries.chunks(self.dim).zip(nearness.chunks_mut(n)) {
                for (s, point) in line.iter_mut().zip(self.vectors.chunks(self.dim)) {
                    *s = -linalg::manhattan(query, point);
                }
            }
        } else {
            linalg::product_transposed(queries, &self.vectors, self.dim, &mut nearness);
        }
        for (((id, query), line), out) in ids.iter().zip(queries.chunks(self.dim)).zip(nearness.chunks_mut(n)).zip(out)
        {
            if self.distance == Distance::Euclid {
                // Nearness -|x - y|^2 without |x|^2, which is the same for the whole row.
                line.iter_mut().zip(&self.norms).for_each(|(s, norm)| *s = 2.0 * *s - norm);
            }
            if let Some(own) = id.and_then(|id| self.places.get(&id)) {
                line[*own as usize] = f32::NEG_INFINITY;
            }
            *out = match self.distance {
                Distance::Euclid => {
                    let squared = linalg::dot(query, query);
                    let (first, kth) = self.measured(query, line);
                    let emptiness = self.emptiness(line, |s| (squared - s).max(0.0).sqrt());
                    Near { first, kth, emptiness }
                }
                Distance::Cosine => self.ranked(line, |s| 1.0 - s),
                Distance::Dot | Distance::Manhattan => self.ranked(line, |s| -s),
            };
        }
    }

    /// From the nearness of all points, and what distance one stands for.
    fn ranked(&self, line: &mut [f32], distance: impl Fn(f32) -> f32) -> Near {
        let emptiness = self.emptiness(line, &distance);
        let kth = largest(line, self.k);
        // The k nearest stand before it now.
        let first = line[..self.k].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Near { first: distance(first), kth: distance(kth), emptiness }
    }

    fn emptiness(&self, line: &[f32], distance: impl Fn(f32) -> f32) -> f32 {
        let distances = || line.iter().filter(|s| **s > f32::NEG_INFINITY).map(|s| f64::from(distance(*s)));
        let nearest = distances().fold(f64::INFINITY, f64::min);
        let (count, sum) =
            distances().fold((0u32, 0.0), |(n, sum), d| (n + 1, sum + ((nearest - d) / self.width).exp()));
        // Apart from the nearest one's, which may be too small for a number of its own.
        (nearest / self.width - (sum / f64::from(count.max(1))).ln()) as f32
    }

    /// The distances to the first and the k-th neighbour, with the nearest few measured again: the difference of large
    /// squares loses digits for near pairs.
    fn measured(&self, query: &[f32], nearness: &[f32]) -> (f32, f32) {
        let keep = (2 * self.k).min(nearness.len());
        let mut found: Vec<(f32, u32)> = nearness.iter().zip(0..).map(|(s, place)| (*s, place)).collect();
        found.select_nth_unstable_by(keep - 1, |a, b| b.0.total_cmp(&a.0));
        found.truncate(keep);
        let point = |place: u32| &self.vectors[place as usize * self.dim..][..self.dim];
        let own = |s: f32| s == f32::NEG_INFINITY;
        let mut distances: Vec<f32> = found
            .iter()
            .map(|(s, place)| if own(*s) { f32::INFINITY } else { linalg::euclid(query, point(*place)) })
            .collect();
        let kth = *distances.select_nth_unstable_by(self.k - 1, f32::total_cmp).1;
        (distances[..self.k].iter().copied().fold(f32::INFINITY, f32::min), kth)
    }
}

fn largest(values: &mut [f32], k: usize) -> f32 {
    *values.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn distance(a: &[f32], b: &[f32], distance: Distance) -> f64 {
        let both = || a.iter().zip(b).map(|(x, y)| (f64::from(*x), f64::from(*y)));
        let dot = both().map(|(x, y)| x * y).sum::<f64>();
        let norm = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        match distance {
            Distance::Cosine => 1.0 - dot / (norm(a) * norm(b)),
            Distance::Dot => -dot,
            Distance::Euclid => both().map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt(),
            Distance::Manhattan => both().map(|(x, y)| (x - y).abs()).sum(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn it_is_the_distance_of_the_plain_way(
            dim in 1usize..20, n in 2usize..150, queries in 1usize..70, seed in any::<u64>(),
            by in prop::sample::select(vec![Distance::Cosine, Distance::Dot, Distance::Euclid, Distance::Manhattan]),
        ) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut draw = |n: usize| (0..n * dim).map(|_| rng.random_range(-1.0f32..1.0)).collect::<Vec<_>>();
            let (points, mut asked) = (draw(n), draw(queries));
            let ids: Vec<PointId> = (0..n as u64).map(PointId::Num).collect();
            let reference = Reference::new(&ids, &points, dim, by);
            // The first are points of the reference themselves, and leave themselves out.
            let own = n.min(queries / 2);
            asked[..own * dim].copy_from_slice(&points[..own * dim]);
            let named: Vec<Option<PointId>> =
                (0..queries).map(|i| if i < own { Some(ids[i]) } else if i % 2 == 0 { Some(PointId::Num(9_999)) } else { None }).collect();
            let found = reference.near(&named, &asked, &Control::new()).unwrap();
            // The kernel's width is a fifth of how much farther the k-th is than the first, over the points themselves.
            let sorted = |own: Option<usize>, query: &[f32]| {
                let rows = points.chunks(dim).enumerate().filter(|(j, _)| own != Some(*j));
                let mut all: Vec<f64> = rows.map(|(_, point)| distance(query, point, by)).collect();
                all.sort_by(f64::total_cmp);
                all
            };
            let k = 50.min(n - 1);
            let wide = points.chunks(dim).enumerate().map(|(j, point)| sorted(Some(j), point)).map(|d| d[k - 1] - d[0]);
            let width = wide.sum::<f64>() / n as f64 / 5.0;
            prop_assert_eq!(reference.k(), k);
            for (i, query) in asked.chunks(dim).enumerate() {
                let all = sorted((i < own).then_some(i), query);
                prop_assert!((f64::from(found[i].kth) - all[k - 1]).abs() < 1e-4, "{:?} {}", found[i], all[k - 1]);
                prop_assert!((f64::from(found[i].first) - all[0]).abs() < 1e-4, "{:?} {}", found[i], all[0]);
                // One distance is as long as another where there is only one, and nothing is told.
                if k > 1 && width > 1e-3 {
                    let mean = all.iter().map(|d| (-d / width).exp()).sum::<f64>() / all.len() as f64;
                    let close = 2e-3 / width + 1e-3;
                    prop_assert!((f64::from(found[i].emptiness) + mean.ln()).abs() < close, "{:?} {}", found[i], -mean.ln());
                }
            }
        }
    }

    #[test]
    fn a_neighbourhood_is_emptier_where_fewer_points_are_near() {
        let line: Vec<f32> = (0..200).map(|i| i as f32 * if i < 100 { 0.01 } else { 0.1 }).collect();
        let ids: Vec<PointId> = (0..200).map(PointId::Num).collect();
        let reference = Reference::new(&ids, &line, 1, Distance::Euclid);
        let found = reference.near(&[None; 3], &[0.5, 15.0, 500.0], &Control::new()).unwrap();
        assert!(found[0].emptiness < found[1].emptiness && found[1].emptiness < found[2].emptiness, "{found:?}");
        // Where all points are the same, no neighbourhood is emptier than another, and none is infinitely so.
        let same = Reference::new(&ids, &[1.0; 200], 1, Distance::Euclid);
        let found = same.near(&[None; 2], &[1.0, 9.0], &Control::new()).unwrap();
        assert!(found.iter().all(|near| near.emptiness.abs() < 1e-6), "{found:?}");
    }

    /// A large common part of all vectors does not drown the differences.
    #[test]
    fn euclid_is_exact_far_from_the_origin() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let vectors: Vec<f32> = (0..120 * 8).map(|_| 100.0 + rng.random_range(-0.1f32..0.1)).collect();
        let ids: Vec<PointId> = (0..120).map(PointId::Num).collect();
        let reference = Reference::new(&ids, &vectors, 8, Distance::Euclid);
        let found = reference.near(&[Some(ids[7])], &vectors[56..64], &Control::new()).unwrap();
        let mut all: Vec<f64> = (0..120)
            .filter(|i| *i != 7)
            .map(|i| distance(&vectors[56..64], &vectors[i * 8..][..8], Distance::Euclid))
            .collect();
        all.sort_by(f64::total_cmp);
        assert!((f64::from(found[0].kth) - all[49]).abs() < 1e-5, "{:?} {}", found[0], all[49]);
    }

    #[test]
    fn a_cancel_ends_it() {
        let reference = Reference::new(&[PointId::Num(0), PointId::Num(1)], &[0.0, 1.0], 1, Distance::Dot);
        let control = Control::new();
        control.cancel();
        assert!(reference.near(&[None], &[1.0], &control).is_err());
    }
}
