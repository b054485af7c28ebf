//! What one thread does with the outputs of some points: it counts, and finds the points that may be worth keeping.

use pulp::NullaryFnOnce;

use super::PAIRS_ABOVE;
use super::counts::{Counts, pair_row};
use super::grid;
use super::histogram;
use super::kept::{Found, Kept, Limits, Second};
use super::sample::{Hasher, Sampled};
use crate::features::accumulate::Strong;
use crate::features::first_two::FirstTwo;
use crate::linalg;
use crate::source::PointId;

/// Outputs in a tile, so that what is worked out of them stays in the nearest cache.
const TILE: usize = 8_192;
/// Features that are looked at together: a byte each in a word of 64 bits.
const SOME: usize = 8;

/// A thread's part of the work.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) counts: Counts,
    limits: Limits,
    found: Found,
    tile: Tile,
    /// Room for the outputs of some points.
    pub(super) outputs: Vec<f32>,
}

impl Worker {
    pub(super) fn new(counts: Counts, kept: &Kept) -> Self {
        let tile = Tile::new(counts.figures.blocks, counts.figures.block_size);
        Self { counts, limits: Limits::of(kept), found: Found::default(), tile, outputs: Vec::new() }
    }

    /// Takes in the outputs of some points; whatever is worth keeping of them is handed over, now and then and at
    /// last when `last`.
    pub(super) fn take(&mut self, hasher: Hasher, ids: &[PointId], outputs: &[f32], mut kept: impl FnMut(&mut Self)) {
        let width = self.counts.seconds.len();
        let rows = self.tile.rows;
        for (ids, outputs) in ids.chunks(rows).zip(outputs.chunks(rows * width)) {
            self.take_tile(hasher, ids, outputs);
            if self.found.is_much() {
                kept(self);
            }
        }
    }

    /// Hands over what may be worth keeping, and learns what is.
    pub(super) fn hand_over(&mut self, kept: &mut Kept) {
        if !self.found.is_empty() {
            kept.take_in(&mut self.found);
            self.limits.renew(kept);
        }
    }

    fn take_tile(&mut self, hasher: Hasher, ids: &[PointId], outputs: &[f32]) {
        let (width, blocks) = (self.counts.seconds.len(), self.counts.figures.blocks);
        let tile = &mut self.tile;
        tile.points.clear();
        tile.points.extend(ids.iter().map(|id| Sampled { hash: hasher.hash(*id), id: *id, of: () }));
        let first_two = &mut tile.first_two[..ids.len() * blocks];
        self.counts.figures.add(outputs, first_two);
        let rows = outputs.chunks_exact(width).zip(first_two.chunks_exact(blocks));
        for (point, (outputs, first_two)) in tile.points.iter().zip(rows) {
            self.counts.take(*point, outputs, first_two, &self.limits, &mut self.found);
            if !self.counts.together[0].is_empty() {
                self.counts.count_together(outputs, first_two, &mut tile.firing);
            }
            if point.hash <= self.limits.background {
                let outputs = if point.hash <= self.limits.random { outputs.to_vec() } else { Vec::new() };
                self.found.weight += outputs.len();
                self.found.random.push((*point, outputs));
            }
        }
        tile.count(outputs, &mut self.counts.histogram, &self.limits, &mut self.found);
    }
}

impl Counts {
    /// Counts who came second.
    fn take(
        &mut self,
        point: Sampled<()>,
        outputs: &[f32],
        first_two: &[FirstTwo],
        limits: &Limits,
        found: &mut Found,
    ) {
        let v = self.figures.block_size;
        for (block, first_two) in first_two.iter().enumerate() {
            let (winner, Some(second)) = (first_two.winner, first_two.second) else { continue };
            let feature = block * v + second;
            if self.figures.codes() && outputs[feature] <= 0.0 {
                // What is not active is second to nothing.
                continue;
            }
            self.seconds[feature] += 1;
            if !self.duels.is_empty() {
                self.duels[(block * v + winner) * v + second] += 1;
            }
            let Sampled { hash, id, .. } = point;
            if hash <= limits.seconds[feature] {
                let of = Second { value: outputs[feature], winner: winner as u32 };
                found.seconds.push((feature as u32, Sampled { hash, id, of }));
            }
        }
    }

    /// Counts which features fire together for a point.
    fn count_together(&mut self, outputs: &[f32], first_two: &[FirstTwo], firing: &mut Vec<u32>) {
        let (v, features) = (self.figures.block_size, outputs.len());
        let [low, high] = PAIRS_ABOVE;
        firing.clear();
        for (block, first_two) in first_two.iter().enumerate() {
            let start = block * v;
            let above = |feature: usize| outputs[feature] > low;
            if first_two.second.is_some_and(|second| above(start + second)) {
                for feature in start..start + v {
                    if above(feature) {
                        firing.push(feature as u32);
                    }
                }
            } else if above(start + first_two.winner) {
                firing.push((start + first_two.winner) as u32);
            }
        }
        let [at_low, at_high] = &mut self.together;
        count_pairs(features, firing, at_low);
        firing.retain(|feature| outputs[*feature as usize] > high);
        count_pairs(features, firing, at_high);
    }
}

/// Counts each two of some features, which ascend.
fn count_pairs(features: usize, firing: &[u32], together: &mut [u32]) {
    for (at, a) in firing.iter().enumerate() {
        let row = pair_row(features, *a as usize);
        for b in &firing[at + 1..] {
            together[row.wrapping_add(*b as usize)] += 1;
        }
    }
}

/// Some points that are taken in together, and room for what is worked out of them.
#[derive(Clone, Debug)]
struct Tile {
    /// The most points.
    rows: usize,
    /// Places for a point's features: as many as there are, up to a whole number of words.
    stride: usize,
    points: Vec<Sampled<()>>,
    first_two: Vec<FirstTwo>,
    /// The upper halves of the points' hashes.
    uppers: Vec<u32>,
    /// Bins of the histogram, points x stride.
    fine: Vec<u16>,
    /// Bins of the grid, points x stride.
    coarse: Vec<u8>,
    /// [`COUNT`] and [`STRONG`], points x stride.
    flags: Vec<u8>,
    /// The features that a point fires, ascending.
    firing: Vec<u32>,
}

/// The activation is not in the first bin of the histogram, or its feature's grid may want the point.
const COUNT: u64 = 0x0101_0101_0101_0101;
/// The point may be among the feature's strongest.
const STRONG: u64 = COUNT << 1;

impl Tile {
    fn new(blocks: usize, block_size: usize) -> Self {
        let features = blocks * block_size;
        let rows = (TILE / features.max(1)).clamp(1, 256);
        let stride = features.next_multiple_of(SOME);
        Self {
            rows,
            stride,
            points: Vec::with_capacity(rows),
            first_two: vec![FirstTwo::default(); rows * blocks],
            uppers: Vec::with_capacity(rows),
            fine: vec![0; rows * stride],
            coarse: vec![0; rows * stride],
            flags: vec![0; rows * stride],
            firing: Vec::new(),
        }
    }

    /// Counts how strong the activations are, and finds the points that are worth keeping for that.
    fn count(&mut self, outputs: &[f32], histogram: &mut [u32], limits: &Limits, found: &mut Found) {
        let features = limits.needed.len();
        self.uppers.clear();
        self.uppers.extend(self.points.iter().map(|point| (point.hash >> 32) as u32));
        linalg::wide(Bins {
            outputs,
            limits,
            uppers: &self.uppers,
            stride: self.stride,
            fine: &mut self.fine,
            coarse: &mut self.coarse,
            flags: &mut self.flags,
        });
        let some = histogram.chunks_mut(SOME * histogram::BINS).zip(limits.grid.chunks(SOME));
        for (at, (counts, limits)) in some.enumerate() {
            let first = at * SOME;
            for (row, point) in self.points.iter().enumerate() {
                let from = row * self.stride + first;
                let (words, _) = self.flags[from..from + SOME].as_chunks::<SOME>();
                let flags = u64::from_le_bytes(words[0]);
                if flags == 0 {
                    continue;
                }
                let fine = &self.fine[from..from + SOME];
                let coarse = &self.coarse[from..from + SOME];
                let upper = self.uppers[row];
                let mut wanted = 0u32;
                let mut left = flags & COUNT;
                if left == COUNT {
                    for i in 0..SOME {
                        counts[i * histogram::BINS + usize::from(fine[i])] += 1;
                        wanted |= u32::from(upper <= limits[i][usize::from(coarse[i])]) << i;
                    }
                } else {
                    while left != 0 {
                        let i = left.trailing_zeros() as usize / 8;
                        counts[i * histogram::BINS + usize::from(fine[i])] += 1;
                        wanted |= u32::from(upper <= limits[i][usize::from(coarse[i])]) << i;
                        left &= left - 1;
                    }
                }
                while wanted != 0 {
                    let feature = first + wanted.trailing_zeros() as usize;
                    let of = outputs[row * features + feature];
                    found.binned.push((feature as u32, Sampled { hash: point.hash, id: point.id, of }));
                    wanted &= wanted - 1;
                }
                let mut strong = flags & STRONG;
                while strong != 0 {
                    let feature = first + strong.trailing_zeros() as usize / 8;
                    let value = outputs[row * features + feature];
                    found.strong.push((feature as u32, Strong { id: point.id, value }));
                    strong &= strong - 1;
                }
            }
        }
    }
}

/// Works out the bins of some points, and what is to be looked at; for [`wide`](linalg::wide).
struct Bins<'a> {
    outputs: &'a [f32],
    limits: &'a Limits,
    uppers: &'a [u32],
    stride: usize,
    fine: &'a mut [u16],
    coarse: &'a mut [u8],
    flags: &'a mut [u8],
}

impl NullaryFnOnce for Bins<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let n = self.limits.needed.len();
        let (scales, lowest, needed) = (&self.limits.scales[..n], &self.limits.lowest[..n], &self.limits.needed[..n]);
        let low = histogram::edge(1);
        for (row, upper) in self.uppers.iter().copied().enumerate() {
            let outputs = &self.outputs[row * n..][..n];
            let fine = &mut self.fine[row * self.stride..][..n];
            let coarse = &mut self.coarse[row * self.stride..][..n];
            let flags = &mut self.flags[row * self.stride..][..n];
            for i in 0..n {
                fine[i] = histogram::bin(outputs[i]) as u16;
            }
            for i in 0..n {
                coarse[i] = grid::bin(outputs[i], scales[i]) as u8;
            }
            for i in 0..n {
                let y = outputs[i];
                let count = (y > low) | (upper <= lowest[i]);
                flags[i] = u8::from(count) | (u8::from(y >= needed[i]) << 1);
            }
        }
    }
}
