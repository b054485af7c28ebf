//! An index as bytes, to be kept and gone on from.
//!
//! Numbers are little-endian; counts are LEB128, seven bits a byte, the lowest first. A sample's hashes are not written:
//! they follow from the ids and the seed.

use uuid::Uuid;

use super::FeatureIndex;
use super::counts::Counts;
use super::grid::{self, Grid};
use super::histogram;
use super::kept::{Depth, Kept, RANDOM, Second};
use super::sample::{Hasher, Sampled, Samples};
use crate::features::accumulate::Strong;
use crate::features::confidence::{BINS, ConfidenceScale};
use crate::source::PointId;

/// The version of the bytes: another one is refused.
pub const VERSION: u32 = 2;

impl FeatureIndex {
    /// The index as bytes. Their form has the number [`VERSION`](Self::VERSION).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        let figures = &self.counts.figures;
        out.number(self.hasher.seed());
        out.number(figures.points);
        out.number(figures.codes().into());
        out.numbers(&figures.wins);
        out.numbers(&figures.active);
        figures.sums.iter().chain(&figures.roots).for_each(|sum| out.bytes(&sum.to_le_bytes()));
        figures.maxima.iter().for_each(|max| out.float(*max));
        out.small(&figures.joint);
        out.number(figures.confidence.counts().len() as u64);
        out.numbers(figures.confidence.counts());
        out.small(&self.counts.histogram);
        out.numbers(&self.counts.seconds);
        out.small(&self.counts.duels);
        self.counts.together.iter().for_each(|counts| out.small(counts));
        for stats in &self.table.features {
            out.number(stats.top.len() as u64);
            for strong in &stats.top {
                out.id(strong.id);
                out.float(strong.value);
            }
        }
        self.kept.grid.scales().iter().for_each(|scale| out.float(*scale));
        out.samples(self.kept.grid.samples(), |out, value| out.float(*value));
        out.samples(&self.kept.runners_up, |out, second| {
            out.float(second.value);
            out.number(second.winner.into());
        });
        out.samples(&self.kept.background, |_, ()| ());
        self.kept.random_outputs.iter().flatten().for_each(|y| out.float(*y));
        out.0
    }

    /// The version of the bytes that [`to_bytes`](Self::to_bytes) gives.
    pub const VERSION: u32 = VERSION;

    /// The index of an encoder of this shape from its bytes. `None` where they are not one: cut off, too long, or with
    /// numbers that do not fit together.
    pub fn from_bytes(blocks: usize, block_size: usize, bytes: &[u8]) -> Option<Self> {
        let features = blocks.checked_mul(block_size).filter(|n| *n > 0)?;
        let mut from = Reader(bytes);
        // Each feature takes more bytes than this, so that memory is only asked for where there is something to fill it.
        if bytes.len() / 1_000 < features {
            return None;
        }
        let hasher = Hasher::new(from.number()?);
        let points = from.number()?;
        let codes = from.up_to(1)? == 1;
        let mut counts = Counts::new(blocks, block_size, codes);
        let figures = &mut counts.figures;
        figures.points = points;
        from.fill(&mut figures.wins, |from| from.up_to(points))?;
        from.fill(&mut figures.active, |from| from.up_to(points))?;
        from.fill(&mut figures.sums, Reader::sum)?;
        from.fill(&mut figures.roots, Reader::sum)?;
        from.fill(&mut figures.maxima, Reader::activation)?;
        from.fill(&mut figures.joint, Reader::small)?;
        let bins = from.up_to(BINS as u64)? as usize;
        let mut confidences = vec![0; bins];
        from.fill(&mut confidences, Reader::number)?;
        figures.confidence = ConfidenceScale::from_counts(confidences)?;
        from.fill(&mut counts.histogram, Reader::small)?;
        from.fill(&mut counts.seconds, |from| from.up_to(points))?;
        from.fill(&mut counts.duels, Reader::small)?;
        for together in &mut counts.together {
            from.fill(together, Reader::small)?;
        }
        let of_bins = |bins: &[u32]| bins.iter().map(|count| u64::from(*count)).sum::<u64>();
        let whole = counts.histogram.chunks(histogram::BINS).all(|bins| of_bins(bins) == points);
        if !whole || counts.figures.confidence.points() != points {
            return None;
        }
        let kept = from.kept(hasher, features, block_size)?;
        from.0.is_empty().then(|| Self::new(hasher, counts, kept))
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|number| self.number(*number));
    }

    fn small(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|number| self.number((*number).into()));
    }

    fn float(&mut self, value: f32) {
        self.bytes(&value.to_le_bytes());
    }

    fn id(&mut self, id: PointId) {
        match id {
            PointId::Num(number) => {
                self.0.push(0);
                self.bytes(&number.to_le_bytes());
            }
            PointId::Uuid(uuid) => {
                self.0.push(1);
                self.bytes(uuid.as_bytes());
            }
        }
    }

    fn samples<T: Copy>(&mut self, samples: &Samples<T>, mut of: impl FnMut(&mut Self, &T)) {
        for group in 0..samples.groups() {
            self.number(samples.of(group).len() as u64);
            for sampled in samples.of(group) {
                self.id(sampled.id);
                of(self, &sampled.of);
            }
        }
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for place in 0..10 {
            let [byte] = self.take()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if place == 9 && bits > 1 {
                return None;
            }
            number |= bits << (7 * place);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn up_to(&mut self, most: u64) -> Option<u64> {
        self.number().filter(|number| *number <= most)
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn sum(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take()?)).filter(|sum| sum.is_finite() && *sum >= 0.0)
    }

    fn activation(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take()?)).filter(|y| (0.0..=1.001).contains(y))
    }

    fn fill<T>(&mut self, out: &mut [T], mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<()> {
        for place in out {
            *place = read(self)?;
        }
        Some(())
    }

    fn id(&mut self) -> Option<PointId> {
        match self.take()? {
            [0] => Some(PointId::Num(u64::from_le_bytes(self.take()?))),
            [1] => Some(PointId::Uuid(Uuid::from_bytes(self.take()?))),
            _ => None,
        }
    }

    fn samples<T: Copy>(
        &mut self,
        hasher: Hasher,
        groups: usize,
        size: usize,
        mut of: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Samples<T>> {
        let mut samples = Samples::new(groups, size);
        for group in 0..groups {
            let length = self.up_to(size as u64)? as usize;
            let mut sample = Vec::with_capacity(length);
            for _ in 0..length {
                let id = self.id()?;
                sample.push(Sampled { hash: hasher.hash(id), id, of: of(self)? });
            }
            samples.restore(group, sample)?;
        }
        Some(samples)
    }

    fn kept(&mut self, hasher: Hasher, features: usize, block_size: usize) -> Option<Kept> {
        let depth = Depth::of(features);
        let mut kept = Kept::new(features);
        for feature in 0..features {
            let length = self.up_to(depth.strongest as u64)?;
            let mut before: Option<Strong> = None;
            for _ in 0..length {
                let strong = Strong { id: self.id()?, value: self.activation()? };
                if before.is_some_and(|before| before >= strong) {
                    return None;
                }
                before = Some(strong);
                kept.strongest.offer(feature, strong);
            }
        }
        let mut scales = vec![0.0; features];
        self.fill(&mut scales, |from| Some(f32::from_le_bytes(from.take()?)))?;
        let samples = self.samples(hasher, features * grid::BINS, depth.binned, Self::activation)?;
        kept.grid = Grid::restore(depth.binned, scales, samples)?;
        kept.runners_up = self.samples(hasher, features, depth.seconds, |from| {
            let (value, winner) = (from.activation()?, from.up_to(block_size as u64 - 1)?);
            Some(Second { value, winner: winner as u32 })
        })?;
        kept.background = self.samples(hasher, 1, kept.background.size(), |_| Some(()))?;
        for _ in 0..kept.background.of(0).len().min(RANDOM) {
            let mut outputs = vec![0.0; features];
            self.fill(&mut outputs, Self::activation)?;
            kept.random_outputs.push(outputs);
        }
        Some(kept)
    }
}
