//! Triplets from a neighbour matrix: an anchor, a point that is more like it, one that is less, and by how much.

use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};
use crate::job::Control;
use crate::linalg;
use crate::random::below;
use crate::similarity::Csr;

/// Triplets, in columns. Numbers are rows of the similarity data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triplets {
    /// The anchors.
    pub anchors: Vec<u32>,
    /// The points more similar to them.
    pub positives: Vec<u32>,
    /// The points less similar to them.
    pub negatives: Vec<u32>,
    /// The differences of the similarities.
    pub margins: Vec<f32>,
}

impl Triplets {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.margins.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.margins.is_empty()
    }

    fn reserve(&mut self, count: usize) {
        self.anchors.reserve(count);
        self.positives.reserve(count);
        self.negatives.reserve(count);
        self.margins.reserve(count);
    }

    fn push(&mut self, anchor: u32, positive: u32, negative: u32, margin: f32) {
        self.anchors.push(anchor);
        self.positives.push(positive);
        self.negatives.push(negative);
        self.margins.push(margin);
    }

    /// Forgets them and keeps the memory.
    pub fn clear(&mut self) {
        self.anchors.clear();
        self.positives.clear();
        self.negatives.clear();
        self.margins.clear();
    }
}

/// Draws triplets: the anchor x uniform over the points that have neighbours, y uniform over x's neighbours, z uniform
/// over all points but x; the similarity of x and z is the stored one, or the smallest of x's neighbours where z is none
/// of them; kept where the two similarities differ by more than the smallest margin.
///
/// Where a stored similarity is negative, a point that is no neighbour still counts as no more similar than the least of
/// them, while the reference's sparse matrix would say 0 for it.
///
/// The triplets kept are distributed as this says, and are found sooner: an anchor from which none can be kept is never
/// tried; whether z is a neighbour is drawn first, with the chance that it has; and a neighbour y that is too near to
/// the least similar one to be kept with a z that is no neighbour is known by its rank.
#[derive(Clone, Debug)]
pub struct TripletSampler {
    /// Points.
    points: usize,
    anchors: Vec<Anchor>,
    /// The anchors' neighbours, most similar first.
    columns: Vec<u32>,
    /// Their similarities.
    values: Vec<f32>,
    min_margin: f32,
    rng: ChaCha8Rng,
}

/// A point from which triplets can be kept.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    x: u32,
    /// Neighbours.
    degree: u32,
    /// How many of them are similar enough to be kept with a z that is no neighbour.
    good: u32,
    /// Similarity of the least similar one.
    least: f32,
    /// Where its neighbours start.
    start: usize,
}

impl TripletSampler {
    /// Prepares drawing, in one pass over the matrix. `what` names the data in an error.
    pub fn new(matrix: &Csr, min_margin: f32, rng: ChaCha8Rng, what: &str, control: &Control) -> Result<Self> {
        let mut sampler = Self {
            points: matrix.size(),
            anchors: Vec::new(),
            columns: Vec::new(),
            values: Vec::new(),
            min_margin,
            rng,
        };
        let (mut smallest_span, mut largest_span) = (f32::INFINITY, 0f32);
        let mut row: Vec<(u32, f32)> = Vec::new();
        for x in 0..matrix.size() {
            if x % 4_096 == 0 {
                control.check()?;
            }
            let (columns, values) = matrix.row(x);
            row.clear();
            row.extend(columns.iter().copied().zip(values.iter().copied()));
            row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let (Some((_, most)), Some((_, least))) = (row.first().copied(), row.last().copied()) else { continue };
            smallest_span = smallest_span.min(most - least);
            largest_span = largest_span.max(most - least);
            if most - least > min_margin {
                let good = row.partition_point(|(_, s)| s - least > min_margin) as u32;
                let start = sampler.columns.len();
                sampler.anchors.push(Anchor { x: x as u32, degree: row.len() as u32, good, least, start });
                sampler.columns.extend(row.iter().map(|e| e.0));
                sampler.values.extend(row.iter().map(|e| e.1));
            }
        }
        if sampler.anchors.is_empty() {
            return Err(Error::NoTriplets {
                what: what.to_owned(),
                smallest: if smallest_span.is_finite() { smallest_span } else { 0.0 },
                largest: largest_span,
                min_margin,
            });
        }
        Ok(sampler)
    }

    /// Appends `count` triplets.
    pub fn draw(&mut self, count: usize, out: &mut Triplets) {
        let goal = out.len() + count;
        out.reserve(count);
        linalg::wide(|| {
            while out.len() < goal {
                self.attempt(out);
            }
        });
    }

    #[inline(always)]
    fn attempt(&mut self, out: &mut Triplets) {
        let anchor = self.anchors[below(&mut self.rng, self.anchors.len())];
        let Anchor { x, degree, good, least, start } = anchor;
        let y = below(&mut self.rng, degree as usize);
        let z = below(&mut self.rng, self.points - 1);
        if z < degree as usize {
            // z is a neighbour, each as likely as any other point.
            let (s_xy, s_xz) = (self.values[start + y], self.values[start + z]);
            let margin = (s_xz - s_xy).abs();
            if margin > self.min_margin {
                let (positive, negative) = if s_xy < s_xz { (z, y) } else { (y, z) };
                out.push(x, self.columns[start + positive], self.columns[start + negative], margin);
            }
        } else if y < good as usize {
            let columns = &self.columns[start..start + degree as usize];
            let margin = self.values[start + y] - least;
            let y = columns[y];
            let z = loop {
                let z = below(&mut self.rng, self.points - 1) as u32;
                // From x on the next, so that x itself is never drawn.
                let z = z + u32::from(z >= x);
                // Without an early exit, so that many are compared at a time.
                if !columns.iter().fold(false, |any, c| any | (*c == z)) {
                    break z;
                }
            };
            out.push(x, y, z, margin);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::random::{Use, generator};

    fn matrix() -> impl Strategy<Value = Csr> {
        (3usize..25).prop_flat_map(|n| {
            proptest::collection::vec((0..n as u32, 0..n as u32, -0.2f32..1.0), 1..150).prop_map(move |entries| {
                let rows: Vec<_> = entries.iter().map(|e| e.0).collect();
                let columns: Vec<_> = entries.iter().map(|e| e.1).collect();
                let values: Vec<_> = entries.iter().map(|e| e.2).collect();
                Csr::from_entries(n, &rows, &columns, &values).unwrap()
            })
        })
    }

    fn similarity(matrix: &Csr, x: u32, z: u32) -> f32 {
        let least = matrix.row(x as usize).1.iter().copied().fold(f32::INFINITY, f32::min);
        matrix.get(x as usize, z as usize).unwrap_or(least)
    }

    proptest! {
        #[test]
        fn every_triplet_keeps_the_rules(matrix in matrix(), margin in 0.0f32..0.5, seed in any::<u64>()) {
            let usable = (0..matrix.size()).any(|i| matrix.span(i).is_some_and(|s| s > margin));
            let mut sampler = match TripletSampler::new(&matrix, margin, generator(seed, Use::Triplets), "test", &Control::new()) {
                Ok(sampler) => sampler,
                Err(error) => {
                    prop_assert!(!usable);
                    let told = matches!(error, Error::NoTriplets { largest, .. } if largest <= margin);
                    prop_assert!(told);
                    return Ok(());
                }
            };
            let mut triplets = Triplets::default();
            sampler.draw(200, &mut triplets);
            prop_assert_eq!(triplets.len(), 200);
            for i in 0..200 {
                let (a, p, n) = (triplets.anchors[i], triplets.positives[i], triplets.negatives[i]);
                prop_assert!(a != p && a != n && p != n);
                let difference = similarity(&matrix, a, p) - similarity(&matrix, a, n);
                prop_assert!(difference > margin);
                prop_assert_eq!(difference, triplets.margins[i]);
                let drawn_as_y = matrix.get(a as usize, p as usize).or(matrix.get(a as usize, n as usize));
                prop_assert!(drawn_as_y.is_some());
            }
            let mut again = Triplets::default();
            TripletSampler::new(&matrix, margin, generator(seed, Use::Triplets), "test", &Control::new()).unwrap().draw(200, &mut again);
            prop_assert_eq!(triplets, again);
        }
    }

    /// The expected frequency of every triplet, by going through all x, y, z.
    #[test]
    fn triplets_come_as_often_as_the_rules_say() {
        let rows = [0, 0, 0, 1, 1, 2, 2, 2, 4, 4];
        let columns = [1, 2, 3, 0, 2, 0, 1, 4, 2, 3];
        let values = [0.9, 0.7, 0.3, 0.9, 0.2, 0.7, 0.2, 0.65, 0.6, 0.55];
        let matrix = Csr::from_entries(6, &rows, &columns, &values).unwrap();
        let mut expected: HashMap<(u32, u32, u32), f64> = HashMap::new();
        let mut kept = 0.0;
        let with_neighbours: Vec<u32> = (0..6).filter(|i| !matrix.row(*i as usize).0.is_empty()).collect();
        for &x in &with_neighbours {
            for &y in matrix.row(x as usize).0 {
                for z in (0..6).filter(|z| *z != x) {
                    let chance = 1.0 / (with_neighbours.len() * matrix.row(x as usize).0.len() * 5) as f64;
                    let (s_xy, s_xz) = (similarity(&matrix, x, y), similarity(&matrix, x, z));
                    if (s_xy - s_xz).abs() > 0.1 {
                        let triplet = if s_xy < s_xz { (x, z, y) } else { (x, y, z) };
                        *expected.entry(triplet).or_default() += chance;
                        kept += chance;
                    }
                }
            }
        }
        let n = 200_000;
        let mut triplets = Triplets::default();
        TripletSampler::new(&matrix, 0.1, generator(7, Use::Triplets), "test", &Control::new())
            .unwrap()
            .draw(n, &mut triplets);
        let mut counts: HashMap<(u32, u32, u32), f64> = HashMap::new();
        for i in 0..n {
            *counts.entry((triplets.anchors[i], triplets.positives[i], triplets.negatives[i])).or_default() += 1.0;
        }
        assert!(counts.keys().all(|k| expected.contains_key(k)));
        let chi_square: f64 = expected
            .iter()
            .map(|(k, p)| {
                let mean = p / kept * n as f64;
                (counts.get(k).copied().unwrap_or(0.0) - mean).powi(2) / mean
            })
            .sum();
        let freedom = (expected.len() - 1) as f64;
        // Five standard deviations of a chi-square of that many degrees of freedom.
        assert!(chi_square < freedom + 5.0 * (2.0 * freedom).sqrt(), "{chi_square} for {freedom}");
    }
}
