//! What each feature does over a collection, from one pass over pages of block outputs in bounded memory.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use pulp::NullaryFnOnce;

use super::confidence::ConfidenceScale;
use super::first_two::{Find, FirstTwo};
use crate::linalg;
use crate::source::PointId;

/// Joint winner counts are kept up to this many cells; beyond, mutual information is not given.
const JOINT_CELLS: usize = 4 << 20;

/// A point among a feature's strongest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strong {
    /// The point.
    pub id: PointId,
    /// Its activation.
    pub value: f32,
}

impl Eq for Strong {}

impl PartialOrd for Strong {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Strong {
    /// Stronger first; of equally strong ones the smaller id, so that the order of pages does not matter.
    fn cmp(&self, other: &Self) -> Ordering {
        other.value.total_cmp(&self.value).then(self.id.cmp(&other.id))
    }
}

/// One feature over a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureStats {
    /// Index over all blocks: block * block size + place.
    pub index: usize,
    /// Its block.
    pub block: usize,
    /// Share of points with an activation above the threshold.
    pub density: f64,
    /// Share of points for which it is the largest of its block.
    pub win_rate: f64,
    /// Mean activation.
    pub mean: f64,
    /// Largest activation.
    pub max: f32,
    /// The strongest points, strongest first.
    pub top: Vec<Strong>,
}

impl FeatureStats {
    /// Whether it never wins.
    pub fn is_dead(&self) -> bool {
        self.win_rate == 0.0
    }
}

/// Every feature over a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureTable {
    /// Points seen.
    pub points: u64,
    /// The threshold of the densities.
    pub threshold: f32,
    /// The features, by index.
    pub features: Vec<FeatureStats>,
    /// The points' confidences.
    pub confidence: ConfidenceScale,
    /// Mean over blocks of exp(entropy of the win rates) / block size: 1 where all features win equally often.
    pub usage_perplexity: f32,
    /// Mean over block pairs of the mutual information between winners, divided by the mean of their entropies (the
    /// arithmetic normalisation). `None` with one block, or where the joint counts would take too much memory.
    pub nmi: Option<f32>,
    /// Per block, the mean of H(p) / ln V; empty where it was not asked for.
    pub entropy: Vec<f32>,
}

impl FeatureTable {
    /// Features that never win.
    pub fn dead(&self) -> usize {
        self.features.iter().filter(|f| f.is_dead()).count()
    }

    /// The win rates, by index.
    pub fn usage(&self) -> Vec<f32> {
        self.features.iter().map(|f| f.win_rate as f32).collect()
    }
}

/// Takes in pages of block outputs. Memory depends on the shape and on `top`, never on the number of points.
#[derive(Clone, Debug)]
pub struct Accumulator {
    blocks: usize,
    block_size: usize,
    threshold: f32,
    top: usize,
    points: u64,
    above: Vec<u64>,
    wins: Vec<u64>,
    sums: Vec<f64>,
    maxima: Vec<f32>,
    /// The activation that a point must reach to be among the strongest.
    needed: Vec<f32>,
    strongest: Vec<BinaryHeap<Strong>>,
    joint: Vec<u32>,
    entropy: Option<Vec<f64>>,
    confidence: ConfidenceScale,
}

impl Accumulator {
    /// For encoders of this shape; densities at `threshold`, the `top` strongest points of each feature.
    pub fn new(blocks: usize, block_size: usize, threshold: f32, top: usize) -> Self {
        let outputs = blocks * block_size;
        let cells = blocks * blocks.saturating_sub(1) / 2 * block_size * block_size;
        Self {
            blocks,
            block_size,
            threshold,
            top,
            points: 0,
            above: vec![0; outputs],
            wins: vec![0; outputs],
            sums: vec![0.0; outputs],
            maxima: vec![0.0; outputs],
            needed: vec![if top == 0 { f32::INFINITY } else { f32::NEG_INFINITY }; outputs],
            strongest: vec![BinaryHeap::new(); outputs],
            joint: vec![0; if cells <= JOINT_CELLS { cells } else { 0 }],
            entropy: None,
            confidence: ConfidenceScale::default(),
        }
    }

    /// Also takes the blocks' mean entropies, which costs a logarithm an output.
    pub fn with_entropy(mut self) -> Self {
        self.entropy = Some(vec![0.0; self.blocks]);
        self
    }

    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// Takes in the outputs of some points, `ids.len()` x (blocks * block size).
    ///
    /// # Panics
    /// If the lengths do not agree.
    pub fn add(&mut self, ids: &[PointId], outputs: &[f32]) {
        self.add_each(ids, outputs, |_, _, _| ());
    }

    /// The same; also hands on each point's id and outputs, and who is first and second in its blocks.
    pub(super) fn add_each(
        &mut self,
        ids: &[PointId],
        outputs: &[f32],
        mut then: impl FnMut(PointId, &[f32], &[FirstTwo]),
    ) {
        let (v, width) = (self.block_size, self.blocks * self.block_size);
        assert_eq!(outputs.len(), ids.len() * width, "outputs of {} points", ids.len());
        let mut found = vec![FirstTwo::default(); self.blocks];
        for (id, row) in ids.iter().zip(outputs.chunks(width)) {
            let sweep = Sweep {
                row,
                threshold: self.threshold,
                above: &mut self.above,
                sums: &mut self.sums,
                maxima: &mut self.maxima,
                needed: &self.needed,
            };
            if linalg::wide(sweep) {
                self.keep_strong(*id, row);
            }
            linalg::wide(Find { row, block_size: v, found: &mut found });
            let mut confidence = 0.0;
            for (b, (p, first)) in row.chunks(v).zip(&found).enumerate() {
                confidence += p[first.winner];
                self.wins[b * v + first.winner] += 1;
                if let Some(entropy) = &mut self.entropy {
                    let h: f64 = p.iter().filter(|x| **x > 0.0).map(|x| -f64::from(*x) * f64::from(x.ln())).sum();
                    entropy[b] += h / (v as f64).ln().max(f64::MIN_POSITIVE);
                }
            }
            self.confidence.add(confidence / self.blocks as f32);
            if !self.joint.is_empty() {
                self.count_pairs(&found);
            }
            then(*id, row, &found);
        }
        self.points += ids.len() as u64;
    }

    fn keep_strong(&mut self, id: PointId, row: &[f32]) {
        for (i, value) in row.iter().copied().enumerate() {
            if value < self.needed[i] || self.top == 0 {
                continue;
            }
            let heap = &mut self.strongest[i];
            // The heap's greatest element is the weakest point, as the order is "stronger first".
            heap.push(Strong { id, value });
            if heap.len() > self.top {
                heap.pop();
            }
            if heap.len() == self.top
                && let Some(weakest) = heap.peek()
            {
                self.needed[i] = weakest.value;
            }
        }
    }

    fn count_pairs(&mut self, found: &[FirstTwo]) {
        let v = self.block_size;
        let mut pair = 0;
        for (i, a) in found.iter().enumerate() {
            for b in &found[i + 1..] {
                self.joint[pair * v * v + a.winner * v + b.winner] += 1;
                pair += 1;
            }
        }
    }

    /// The table over the points taken in so far.
    pub fn table(&self) -> FeatureTable {
        let n = (self.points as f64).max(1.0);
        let features = (0..self.blocks * self.block_size)
            .map(|i| {
                let mut top = self.strongest[i].clone().into_vec();
                top.sort_unstable();
                FeatureStats {
                    index: i,
                    block: i / self.block_size,
                    density: self.above[i] as f64 / n,
                    win_rate: self.wins[i] as f64 / n,
                    mean: self.sums[i] / n,
                    max: self.maxima[i],
                    top,
                }
            })
            .collect();
        let perplexity = |wins: &[u64]| entropy(wins.iter().map(|w| *w as f64 / n)).exp() / self.block_size as f64;
        FeatureTable {
            points: self.points,
            threshold: self.threshold,
            features,
            confidence: self.confidence.clone(),
            usage_perplexity: (self.wins.chunks(self.block_size).map(perplexity).sum::<f64>() / self.blocks as f64)
                as f32,
            nmi: self.nmi(),
            entropy: self.entropy.iter().flatten().map(|h| (h / n) as f32).collect(),
        }
    }

    fn nmi(&self) -> Option<f32> {
        if self.joint.is_empty() || self.points == 0 {
            return None;
        }
        let (v, n) = (self.block_size, self.points as f64);
        let alone: Vec<f64> = self.wins.chunks(v).map(|wins| entropy(wins.iter().map(|w| *w as f64 / n))).collect();
        let mut sum = 0.0;
        let mut pair = 0;
        for i in 0..self.blocks {
            for j in i + 1..self.blocks {
                let joint = entropy(self.joint[pair * v * v..][..v * v].iter().map(|c| f64::from(*c) / n));
                let mean = (alone[i] + alone[j]) / 2.0;
                // Two blocks that each always name the same winner agree, as scikit-learn has it.
                sum += if mean > 0.0 { (alone[i] + alone[j] - joint) / mean } else { 1.0 };
                pair += 1;
            }
        }
        Some((sum / pair as f64).clamp(0.0, 1.0) as f32)
    }
}

/// Counts, sums and maxima of a row; whether it may be among the strongest of any feature.
struct Sweep<'a> {
    row: &'a [f32],
    threshold: f32,
    above: &'a mut [u64],
    sums: &'a mut [f64],
    maxima: &'a mut [f32],
    needed: &'a [f32],
}

impl NullaryFnOnce for Sweep<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let n = self.row.len();
        let (above, sums, maxima, needed) =
            (&mut self.above[..n], &mut self.sums[..n], &mut self.maxima[..n], &self.needed[..n]);
        let mut candidates = false;
        for i in 0..n {
            let y = self.row[i];
            above[i] += u64::from(y > self.threshold);
            sums[i] += f64::from(y);
            maxima[i] = if y > maxima[i] { y } else { maxima[i] };
            candidates |= y >= needed[i];
        }
        candidates
    }
}

/// Shannon entropy in nats.
fn entropy(shares: impl Iterator<Item = f64>) -> f64 {
    shares.filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::encoder::tests::random;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn one_pass_in_any_pages_gives_what_the_plain_way_gives(
            blocks in 1usize..4, block_size in 2usize..9, n in 1usize..200, page in 1usize..60, top in 0usize..12,
            seed in any::<u64>(),
        ) {
            let encoder = random(3, blocks, block_size, seed);
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let vectors: Vec<f32> = (0..n * 3).map(|_| rng.random_range(-1.0f32..1.0)).collect();
            let outputs = encoder.encode(&vectors);
            let width = blocks * block_size;
            let ids: Vec<PointId> = (0..n as u64).map(PointId::Num).collect();
            let mut accumulator = Accumulator::new(blocks, block_size, 0.2, top).with_entropy();
            // Pages in reverse, to show that their order does not matter.
            let pages: Vec<_> = ids.chunks(page).zip(outputs.chunks(page * width)).collect();
            for (ids, outputs) in pages.into_iter().rev() {
                accumulator.add(ids, outputs);
            }
            let table = accumulator.table();
            prop_assert_eq!(table.points, n as u64);
            for (i, f) in table.features.iter().enumerate() {
                let column: Vec<f32> = (0..n).map(|r| outputs[r * width + i]).collect();
                let wins = (0..n)
                    .filter(|r| {
                        let p = &outputs[r * width + f.block * block_size..][..block_size];
                        p.iter().all(|x| *x <= column[*r]) && p[..i % block_size].iter().all(|x| *x < column[*r])
                    })
                    .count();
                prop_assert_eq!(f.block, i / block_size);
                prop_assert_eq!(f.density, column.iter().filter(|y| **y > 0.2).count() as f64 / n as f64);
                prop_assert_eq!(f.win_rate, wins as f64 / n as f64);
                prop_assert!((f.mean - column.iter().map(|y| f64::from(*y)).sum::<f64>() / n as f64).abs() < 1e-9);
                prop_assert_eq!(f.max, column.iter().copied().fold(0.0, f32::max));
                let mut expected: Vec<Strong> =
                    ids.iter().zip(&column).map(|(id, value)| Strong { id: *id, value: *value }).collect();
                expected.sort();
                expected.truncate(top);
                prop_assert_eq!(&f.top, &expected);
            }
            let shares: f64 = table.features.iter().map(|f| f.win_rate).sum();
            prop_assert!((shares - blocks as f64).abs() < 1e-9);
            let entropies: Vec<f64> = (0..blocks)
                .map(|b| {
                    outputs
                        .chunks(width)
                        .map(|row| f64::from(super::super::answers(row, block_size)[b].entropy))
                        .sum::<f64>() / n as f64
                })
                .collect();
            for (a, b) in table.entropy.iter().zip(entropies) {
                prop_assert!((f64::from(*a) - b).abs() < 1e-4);
            }
        }
    }

    /// Outputs in which each block is sure of the given winner.
    fn sure(winners: &[[usize; 2]], v: usize) -> Vec<f32> {
        let mut out = vec![0.0; winners.len() * 2 * v];
        for (row, w) in out.chunks_mut(2 * v).zip(winners) {
            row[w[0]] = 1.0;
            row[v + w[1]] = 1.0;
        }
        out
    }

    #[test]
    fn blocks_that_say_the_same_share_all_information_and_independent_ones_none() {
        let ids: Vec<PointId> = (0..16).map(PointId::Num).collect();
        let table = |pairs: &[[usize; 2]]| {
            let mut accumulator = Accumulator::new(2, 4, 0.1, 0);
            accumulator.add(&ids[..pairs.len()], &sure(pairs, 4));
            accumulator.table()
        };
        let same = table(&[[0, 3], [1, 2], [2, 1], [3, 0]]);
        assert_eq!(same.nmi, Some(1.0));
        assert!((same.usage_perplexity - 1.0).abs() < 1e-6);
        let independent: Vec<[usize; 2]> = (0..16).map(|i| [i / 4, i % 4]).collect();
        assert!(table(&independent).nmi.unwrap() < 1e-6);
        let narrow = table(&[[0, 0], [0, 1]]);
        assert_eq!(narrow.dead(), 5);
        assert!((narrow.usage_perplexity - (0.25 + 0.5) / 2.0).abs() < 1e-6);
    }
}
