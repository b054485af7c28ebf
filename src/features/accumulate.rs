//! What each feature does over a collection, from one pass over pages of block outputs in bounded memory.

use std::cmp::Ordering;

use pulp::NullaryFnOnce;

use super::confidence::{ConfidenceScale, normalised_entropy};
use super::first_two::{Find, FirstTwo};
use super::strongest::Strongest;
use crate::encoder::Encoder;
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
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Strong {
    /// Stronger first; of equally strong ones the smaller id, so that the order of pages does not matter.
    #[inline]
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
    /// Its share in the use of its block, whose features' shares add up to 1: its win rate; in the codes of an autoencoder,
    /// of which several features are active at a time, the share of all activations above 0 that are its own.
    pub used: f64,
    /// Mean activation.
    pub mean: f64,
    /// Mean of the activations' square roots, to some six digits.
    pub root_mean: f64,
    /// Largest activation.
    pub max: f32,
    /// The strongest points, strongest first.
    pub top: Vec<Strong>,
}

impl FeatureStats {
    /// Whether it never wins; in the codes of an autoencoder, whether it is never active.
    pub fn is_dead(&self) -> bool {
        self.used == 0.0
    }
}

/// Two blocks, and how much the winner of the one says of the winner of the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockPair {
    /// The block with the smaller number.
    pub one: usize,
    /// The other.
    pub other: usize,
    /// The mutual information between their winners, divided by the mean of the winners' entropies (the arithmetic
    /// normalisation), 0 to 1. Two blocks that each always name the same winner have 1, as scikit-learn has it.
    pub nmi: f32,
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
    /// Mean over blocks of exp(entropy of the shares in its use) / block size: 1 where all features are used alike.
    pub usage_perplexity: f32,
    /// What each two blocks share. Empty with one block, or where the joint counts would take too much memory.
    pub pairs: Vec<BlockPair>,
    /// The mean of the pairs' normalised mutual information; `None` where there are none.
    pub nmi: Option<f32>,
    /// Per block, the mean of H(p) / ln V, where a code is divided by its sum; empty where it was not asked for.
    pub entropy: Vec<f32>,
}

impl FeatureTable {
    /// Features that are [dead](FeatureStats::is_dead).
    pub fn dead(&self) -> usize {
        self.features.iter().filter(|f| f.is_dead()).count()
    }

    /// The features' shares in the use of their blocks, by index.
    pub fn usage(&self) -> Vec<f32> {
        self.features.iter().map(|f| f.used as f32).collect()
    }
}

/// Counts and sums over all points, which add up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) blocks: usize,
    pub(super) block_size: usize,
    pub(super) points: u64,
    /// For each feature the points for which it is first in its block.
    pub(super) wins: Vec<u64>,
    /// In codes, for each feature the points with an activation above 0; empty for blocks.
    pub(super) active: Vec<u64>,
    /// Sums of activations, and of their square roots.
    pub(super) sums: Vec<f64>,
    pub(super) roots: Vec<f64>,
    pub(super) maxima: Vec<f32>,
    /// For each two blocks the points by both winners; empty where that were too many.
    pub(super) joint: Vec<u32>,
    pub(super) confidence: ConfidenceScale,
}

impl Figures {
    /// Whether of `codes`, and not of blocks that sum to one.
    pub(super) fn new(blocks: usize, block_size: usize, codes: bool) -> Self {
        let outputs = blocks * block_size;
        Self {
            active: vec![0; if codes { outputs } else { 0 }],
            blocks,
            block_size,
            points: 0,
            wins: vec![0; outputs],
            sums: vec![0.0; outputs],
            roots: vec![0.0; outputs],
            maxima: vec![0.0; outputs],
            joint: vec![0; Self::joint_cells(blocks, block_size)],
            confidence: ConfidenceScale::default(),
        }
    }

    /// Whether of codes, where 0 is not active.
    pub(super) fn codes(&self) -> bool {
        !self.active.is_empty()
    }

    /// Cells of the joint counts; 0 where they are not kept.
    pub(super) fn joint_cells(blocks: usize, block_size: usize) -> usize {
        let cells = (blocks * blocks.saturating_sub(1) / 2).checked_mul(block_size * block_size);
        cells.filter(|cells| *cells <= JOINT_CELLS).unwrap_or(0)
    }

    /// Takes in the outputs of some points, and finds who is first and second in their blocks: points x blocks.
    pub(super) fn add(&mut self, outputs: &[f32], found: &mut [FirstTwo]) {
        let (v, width) = (self.block_size, self.blocks * self.block_size);
        linalg::wide(Sweep { outputs, sums: &mut self.sums, roots: &mut self.roots, maxima: &mut self.maxima });
        linalg::wide(Find { outputs, block_size: v, found });
        let codes = self.codes();
        for (row, found) in outputs.chunks(width).zip(found.chunks(self.blocks)) {
            self.active.iter_mut().zip(row).for_each(|(count, y)| *count += u64::from(*y > 0.0));
            let mut confidence = 0.0;
            for (b, (p, first)) in row.chunks(v).zip(found).enumerate() {
                confidence += p[first.winner];
                // Where nothing is active, nothing wins.
                self.wins[b * v + first.winner] += u64::from(!codes || p[first.winner] > 0.0);
            }
            self.confidence.add(confidence / self.blocks as f32);
            if !self.joint.is_empty() {
                self.count_pairs(found);
            }
            self.points += 1;
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

    /// Adds what others have counted over other points.
    pub(super) fn merge(&mut self, others: &Self) {
        add(&mut self.wins, &others.wins);
        add(&mut self.active, &others.active);
        add(&mut self.sums, &others.sums);
        add(&mut self.roots, &others.roots);
        add(&mut self.joint, &others.joint);
        self.maxima.iter_mut().zip(&others.maxima).for_each(|(one, other)| *one = one.max(*other));
        self.confidence.merge(&others.confidence);
        self.points += others.points;
    }

    /// The table, where for each feature the points above a threshold are counted.
    pub(super) fn table(&self, threshold: f32, strongest: &Strongest, above: impl Fn(usize) -> u64) -> FeatureTable {
        let n = (self.points as f64).max(1.0);
        let used = self.used();
        let features = (0..self.blocks * self.block_size)
            .map(|i| FeatureStats {
                index: i,
                block: i / self.block_size,
                density: above(i) as f64 / n,
                win_rate: self.wins[i] as f64 / n,
                used: used[i],
                mean: self.sums[i] / n,
                root_mean: self.roots[i] / n,
                max: self.maxima[i],
                top: strongest.sorted(i),
            })
            .collect();
        let perplexity = |used: &[f64]| entropy(used.iter().copied()).exp() / self.block_size as f64;
        let pairs = self.pairs();
        FeatureTable {
            points: self.points,
            threshold,
            features,
            confidence: self.confidence.clone(),
            usage_perplexity: (used.chunks(self.block_size).map(perplexity).sum::<f64>() / self.blocks as f64) as f32,
            nmi: (!pairs.is_empty())
                .then(|| (pairs.iter().map(|p| f64::from(p.nmi)).sum::<f64>() / pairs.len() as f64) as f32),
            pairs,
            entropy: Vec::new(),
        }
    }

    /// The features' shares in the use of their blocks.
    fn used(&self) -> Vec<f64> {
        let shares = |counts: &[u64], all: u64| counts.iter().map(|n| *n as f64 / (all as f64).max(1.0)).collect();
        if self.codes() {
            let blocks = self.active.chunks(self.block_size);
            return blocks.flat_map(|counts| -> Vec<f64> { shares(counts, counts.iter().sum()) }).collect();
        }
        shares(&self.wins, self.points)
    }

    fn pairs(&self) -> Vec<BlockPair> {
        if self.joint.is_empty() || self.points == 0 {
            return Vec::new();
        }
        let (v, n) = (self.block_size, self.points as f64);
        let alone: Vec<f64> = self.wins.chunks(v).map(|wins| entropy(wins.iter().map(|w| *w as f64 / n))).collect();
        let both = (0..self.blocks).flat_map(|one| (one + 1..self.blocks).map(move |other| (one, other)));
        both.zip(self.joint.chunks(v * v))
            .map(|((one, other), counts)| {
                let joint = entropy(counts.iter().map(|c| f64::from(*c) / n));
                let mean = (alone[one] + alone[other]) / 2.0;
                let nmi = if mean > 0.0 { (alone[one] + alone[other] - joint) / mean } else { 1.0 };
                BlockPair { one, other, nmi: nmi.clamp(0.0, 1.0) as f32 }
            })
            .collect()
    }
}

/// Adds numbers to others, place by place.
pub(super) fn add<T: Copy + std::ops::AddAssign>(to: &mut [T], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += *from);
}

/// Takes in pages of block outputs. Memory depends on the shape and on `top`, never on the number of points.
#[derive(Clone, Debug)]
pub struct Accumulator {
    figures: Figures,
    threshold: f32,
    above: Vec<u64>,
    strongest: Strongest,
    entropy: Option<Vec<f64>>,
}

impl Accumulator {
    /// For encoders of blocks of this shape; densities at `threshold`, the `top` strongest points of each feature.
    pub fn new(blocks: usize, block_size: usize, threshold: f32, top: usize) -> Self {
        let outputs = blocks * block_size;
        Self {
            figures: Figures::new(blocks, block_size, false),
            threshold,
            above: vec![0; outputs],
            strongest: Strongest::new(outputs, top),
            entropy: None,
        }
    }

    /// For this encoder, whether its outputs are blocks or codes.
    pub fn of(encoder: &Encoder, threshold: f32, top: usize) -> Self {
        let (blocks, block_size) = (encoder.blocks(), encoder.block_size());
        let figures = Figures::new(blocks, block_size, encoder.is_code());
        Self { figures, ..Self::new(blocks, block_size, threshold, top) }
    }

    /// Also takes the blocks' mean entropies, which costs a logarithm an output.
    pub fn with_entropy(mut self) -> Self {
        self.entropy = Some(vec![0.0; self.figures.blocks]);
        self
    }

    /// Points taken in.
    pub fn points(&self) -> u64 {
        self.figures.points
    }

    /// Takes in the outputs of some points, `ids.len()` x (blocks * block size).
    ///
    /// # Panics
    /// If the lengths do not agree.
    pub fn add(&mut self, ids: &[PointId], outputs: &[f32]) {
        let (v, width) = (self.figures.block_size, self.above.len());
        assert_eq!(outputs.len(), ids.len() * width, "outputs of {} points", ids.len());
        let mut found = vec![FirstTwo::default(); self.figures.blocks];
        for (id, row) in ids.iter().zip(outputs.chunks(width)) {
            self.figures.add(row, &mut found);
            let needed = self.strongest.needed();
            if linalg::wide(Above { row, threshold: self.threshold, above: &mut self.above, needed }) {
                for (feature, value) in row.iter().copied().enumerate() {
                    self.strongest.offer(feature, Strong { id: *id, value });
                }
            }
            for (b, entropy) in self.entropy.iter_mut().flatten().enumerate() {
                *entropy += normalised_entropy(&row[b * v..][..v]);
            }
        }
    }

    /// The table over the points taken in so far.
    pub fn table(&self) -> FeatureTable {
        let n = (self.points() as f64).max(1.0);
        FeatureTable {
            entropy: self.entropy.iter().flatten().map(|h| (h / n) as f32).collect(),
            ..self.figures.table(self.threshold, &self.strongest, |feature| self.above[feature])
        }
    }
}

/// Sums and maxima of some points, a few features at a time, so that theirs stay in registers.
struct Sweep<'a> {
    outputs: &'a [f32],
    sums: &'a mut [f64],
    roots: &'a mut [f64],
    maxima: &'a mut [f32],
}

/// Features at a time.
const SOME: usize = 16;

impl NullaryFnOnce for Sweep<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let n = self.sums.len();
        let rest = n - n % SOME;
        for at in (0..rest).step_by(SOME) {
            let (mut sums, mut roots, mut maxima) = ([0f64; SOME], [0f32; SOME], [0f32; SOME]);
            for row in self.outputs.chunks_exact(n) {
                let row = &row[at..at + SOME];
                for i in 0..SOME {
                    let y = row[i];
                    sums[i] += f64::from(y);
                    roots[i] += y.sqrt();
                    maxima[i] = if y > maxima[i] { y } else { maxima[i] };
                }
            }
            for i in 0..SOME {
                self.sums[at + i] += sums[i];
                self.roots[at + i] += f64::from(roots[i]);
                self.maxima[at + i] = self.maxima[at + i].max(maxima[i]);
            }
        }
        for row in self.outputs.chunks_exact(n) {
            for (i, y) in row.iter().copied().enumerate().skip(rest) {
                self.sums[i] += f64::from(y);
                self.roots[i] += f64::from(y.sqrt());
                self.maxima[i] = self.maxima[i].max(y);
            }
        }
    }
}

/// Counts what is above a threshold; whether a point may be among the strongest of any feature.
struct Above<'a> {
    row: &'a [f32],
    threshold: f32,
    above: &'a mut [u64],
    needed: &'a [f32],
}

impl NullaryFnOnce for Above<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let n = self.row.len();
        let (above, needed) = (&mut self.above[..n], &self.needed[..n]);
        let mut candidates = false;
        for i in 0..n {
            let y = self.row[i];
            above[i] += u64::from(y > self.threshold);
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
    use crate::encoder::{Activation, EncoderMeta};

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
                let roots = column.iter().map(|y| f64::from(*y).sqrt()).sum::<f64>() / n as f64;
                prop_assert!((f.root_mean - roots).abs() < 1e-7);
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

    /// Codes of which several features are active at a time, and others never.
    #[test]
    fn what_is_active_in_a_code_is_not_dead_though_it_never_wins() {
        let meta = EncoderMeta { activation: Activation::TopK(2), ..EncoderMeta::default() };
        let encoder = Encoder::new(1, 1, 4, vec![0.0; 4], vec![0.0; 4], meta).unwrap();
        let mut accumulator = Accumulator::of(&encoder, 0.1, 1).with_entropy();
        let ids: Vec<PointId> = (0..3).map(PointId::Num).collect();
        accumulator.add(&ids, &[0.5, 0.25, 0.0, 0.0, 0.9, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0]);
        let table = accumulator.table();
        let wins: Vec<f64> = table.features.iter().map(|f| f.win_rate * 3.0).collect();
        assert_eq!(wins, [2.0, 0.0, 0.0, 0.0], "nothing wins where nothing is active");
        assert_eq!(table.usage(), [0.5, 0.25, 0.0, 0.25]);
        assert_eq!(table.dead(), 1);
        assert!((f64::from(table.usage_perplexity) - 2f64.sqrt() * 2.0 / 4.0).abs() < 1e-6);
        // (2/3, 1/3), (18/19, 1/19), and a point of which nothing is known.
        let h = |p: f64| -(p * p.ln() + (1.0 - p) * (1.0 - p).ln()) / 4f64.ln();
        let expected = (h(2.0 / 3.0) + h(0.9 / 0.95) + 1.0) / 3.0;
        assert!((f64::from(table.entropy[0]) - expected).abs() < 1e-6, "{:?} {expected}", table.entropy);
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
