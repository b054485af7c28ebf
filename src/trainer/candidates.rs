//! Which points a step compares: anchors, some of their neighbours, and a random rest that all anchors share.

use rand_chacha::ChaCha8Rng;

use crate::random::below;
use crate::similarity::Csr;

/// How many points of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Random points that are compared with all candidates.
    pub anchors: usize,
    /// Of each anchor's `nearest`, drawn as candidates.
    pub near: usize,
    /// How many of an anchor's stored neighbours count as near.
    pub nearest: usize,
    /// Of each anchor's other stored neighbours, drawn as candidates.
    pub far: usize,
    /// Candidates in all, with the anchors; what is left is drawn from all points.
    pub candidates: usize,
}

/// Draws candidates, each point at most once. A step takes time in proportion to the candidates, not to the points.
pub struct Candidates<'a> {
    matrix: &'a Csr,
    sizes: Sizes,
    rng: ChaCha8Rng,
    /// All points, in an order that changes a little with every draw.
    order: Vec<u32>,
    /// The draw in which a point was last taken.
    taken: Vec<u32>,
    draws: u32,
    rows: Vec<u32>,
    /// An anchor's neighbours, most similar first.
    neighbours: Vec<(u32, f32)>,
}

impl<'a> Candidates<'a> {
    /// From the neighbours of all points. There are never more anchors or candidates than points.
    pub fn new(matrix: &'a Csr, sizes: Sizes, rng: ChaCha8Rng) -> Self {
        let n = matrix.size();
        let candidates = sizes.candidates.min(n);
        let sizes = Sizes { anchors: sizes.anchors.min(candidates), candidates, ..sizes };
        Self {
            matrix,
            sizes,
            rng,
            order: (0..n as u32).collect(),
            taken: vec![0; n],
            draws: 0,
            rows: Vec::with_capacity(candidates),
            neighbours: Vec::new(),
        }
    }

    /// How many of each kind are drawn here.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// The rows of the last draw: the anchors first, then the others.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Draws anew.
    pub fn draw(&mut self) {
        let Sizes { anchors, near, nearest, far, candidates } = self.sizes;
        let n = self.order.len();
        self.draws += 1;
        self.rows.clear();
        for place in 0..anchors {
            let row = self.pick(place, n);
            self.take(row);
        }
        if candidates < n && near + far > 0 {
            for anchor in 0..anchors {
                self.sort_neighbours(self.rows[anchor] as usize);
                let stored = self.neighbours.len();
                let split = nearest.min(stored);
                self.some(0, split, near);
                self.some(split, stored, far);
            }
        }
        // The first places hold the anchors; from there on the order goes on, past points that are candidates already.
        let mut place = anchors;
        while self.rows.len() < candidates {
            let row = self.pick(place, n);
            self.take(row);
            place += 1;
        }
    }

    /// The most similar stored neighbours of a point, `count` or as many as there are.
    pub fn nearest(&mut self, row: u32, count: usize) -> &[(u32, f32)] {
        self.sort_neighbours(row as usize);
        &self.neighbours[..count.min(self.neighbours.len())]
    }

    /// Draws `count` of the sorted neighbours from `from` up to `to`, as long as there is room.
    fn some(&mut self, from: usize, to: usize, count: usize) {
        for place in from..(from + count).min(to) {
            let other = place + below(&mut self.rng, to - place);
            self.neighbours.swap(place, other);
            if self.rows.len() < self.sizes.candidates {
                self.take(self.neighbours[place].0);
            }
        }
    }

    fn sort_neighbours(&mut self, row: usize) {
        let (columns, values) = self.matrix.row(row);
        self.neighbours.clear();
        self.neighbours.extend(columns.iter().copied().zip(values.iter().copied()));
        self.neighbours.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }

    /// Moves a random point among those from `place` on to this place: Fisher and Yates' shuffle, as far as it is needed.
    fn pick(&mut self, place: usize, n: usize) -> u32 {
        let other = place + below(&mut self.rng, n - place);
        self.order.swap(place, other);
        self.order[place]
    }

    /// Makes a point a candidate if it is none.
    fn take(&mut self, row: u32) {
        let taken = &mut self.taken[row as usize];
        if *taken != self.draws {
            *taken = self.draws;
            self.rows.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::random::{Use, generator};

    /// Each point's neighbours are the next 20, the nearer the more similar.
    fn ring(n: u32) -> Csr {
        let pairs: Vec<(u32, u32)> = (0..n).flat_map(|i| (1..=20).map(move |d| (i, d))).collect();
        let rows: Vec<u32> = pairs.iter().map(|p| p.0).collect();
        let columns: Vec<u32> = pairs.iter().map(|(i, d)| (i + d) % n).collect();
        let values: Vec<f32> = pairs.iter().map(|p| 1.0 - p.1 as f32 * 0.01).collect();
        Csr::from_entries(n as usize, &rows, &columns, &values).unwrap()
    }

    const SIZES: Sizes = Sizes { anchors: 30, near: 2, nearest: 5, far: 1, candidates: 400 };

    #[test]
    fn a_draw_holds_what_it_should_and_is_repeatable() {
        let n = 10_000;
        let matrix = ring(n);
        let mut drawn = Candidates::new(&matrix, SIZES, generator(3, Use::Candidates));
        let mut again = Candidates::new(&matrix, SIZES, generator(3, Use::Candidates));
        let mut other = Candidates::new(&matrix, SIZES, generator(4, Use::Candidates));
        let mut before = Vec::new();
        let mut seen = HashSet::new();
        for _ in 0..20 {
            drawn.draw();
            again.draw();
            other.draw();
            assert_eq!(drawn.rows(), again.rows());
            assert_ne!(drawn.rows(), other.rows());
            assert_ne!(drawn.rows(), before);
            before = drawn.rows().to_vec();
            seen.extend(before.iter().copied());
            assert_eq!(before.len(), 400);
            let set: HashSet<u32> = before.iter().copied().collect();
            assert_eq!(set.len(), 400, "no point twice");
            for a in &before[..30] {
                let of = |ranks: std::ops::RangeInclusive<u32>| ranks.filter(|d| set.contains(&((a + d) % n))).count();
                assert!(of(1..=5) >= 2 && of(6..=20) >= 1, "{a} has {} and {}", of(1..=5), of(6..=20));
            }
        }
        // 20 times 400 of 10,000: neighbours aside, a random share of 1 - .96^20.
        assert!((4_000..6_500).contains(&seen.len()), "{}", seen.len());
    }

    #[test]
    fn a_small_collection_is_taken_whole() {
        let matrix = ring(300);
        let mut drawn = Candidates::new(&matrix, SIZES, generator(3, Use::Candidates));
        assert_eq!((drawn.sizes().anchors, drawn.sizes().candidates), (30, 300));
        drawn.draw();
        let mut rows = drawn.rows().to_vec();
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..300));
        let matrix = ring(21);
        let mut drawn = Candidates::new(&matrix, SIZES, generator(3, Use::Candidates));
        drawn.draw();
        assert_eq!((drawn.sizes().anchors, drawn.rows().len()), (21, 21));
    }

    /// Without neighbours every point is as likely as any other, as an anchor and as a candidate.
    #[test]
    fn a_random_draw_prefers_no_point() {
        let matrix = Csr::empty(50);
        let sizes = Sizes { anchors: 5, near: 0, nearest: 0, far: 0, candidates: 20 };
        let mut drawn = Candidates::new(&matrix, sizes, generator(1, Use::Candidates));
        let (mut anchors, mut all) = ([0f64; 50], [0f64; 50]);
        for _ in 0..10_000 {
            drawn.draw();
            drawn.rows()[..5].iter().for_each(|row| anchors[*row as usize] += 1.0);
            drawn.rows().iter().for_each(|row| all[*row as usize] += 1.0);
        }
        for (count, mean) in anchors.iter().map(|c| (*c, 1_000.0)).chain(all.iter().map(|c| (*c, 4_000.0))) {
            // Five deviations of a binomial count.
            assert!((count - mean).abs() < 5.0 * f64::sqrt(mean * (1.0 - mean / 10_000.0)), "{count} of {mean}");
        }
    }
}
