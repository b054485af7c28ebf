//! Uniform samples that do not depend on the order in which points come: a group keeps its points with the smallest
//! hashes (bottom-k sampling; Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007).

use crate::source::PointId;

/// Hashes of ids under a seed, the same on every machine: SplitMix64 (Steele, Lea and Flood 2014) begun at the seed,
/// where an id says which of its numbers to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::features) struct Hasher {
    seed: u64,
    start: u64,
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher {
    pub(in crate::features) fn new(seed: u64) -> Self {
        Self { seed, start: mix(seed.wrapping_add(GAMMA)) }
    }

    pub(super) fn seed(self) -> u64 {
        self.seed
    }

    pub(in crate::features) fn hash(self, id: PointId) -> u64 {
        let jump = |from: u64, by: u64| mix(from.wrapping_add(by.wrapping_mul(GAMMA)));
        match id {
            PointId::Num(number) => jump(self.start, number),
            PointId::Uuid(uuid) => {
                let (high, low) = uuid.as_u64_pair();
                jump(jump(self.start, high), low)
            }
        }
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A point of a sample, and what is known of it there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sampled<T> {
    pub(super) hash: u64,
    pub(super) id: PointId,
    pub(super) of: T,
}

impl<T> Sampled<T> {
    /// Smaller hashes first; ids decide between equal ones.
    #[inline]
    pub(super) fn key(&self) -> (u64, PointId) {
        (self.hash, self.id)
    }
}

/// Samples of many groups, each of at most `size` points.
///
/// While points are taken in, a group holds up to twice as many before the superfluous ones are let go of together, which
/// costs less than to keep it in order: see [`Samples::settle`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Samples<T> {
    size: usize,
    groups: Vec<Vec<Sampled<T>>>,
    /// For each group the largest hash that a new point may have: those above were let go of.
    limits: Vec<u64>,
}

impl<T: Copy> Samples<T> {
    pub(super) fn new(groups: usize, size: usize) -> Self {
        Self { size, groups: vec![Vec::new(); groups], limits: vec![u64::MAX; groups] }
    }

    /// The sample of a group that is settled, smallest hash first: any first part of it is a uniform sample, too.
    pub(super) fn of(&self, group: usize) -> &[Sampled<T>] {
        &self.groups[group]
    }

    /// The largest hash that a new point may have. Every point of the group with a smaller one is in the sample.
    pub(super) fn limit(&self, group: usize) -> u64 {
        self.limits[group]
    }

    /// Takes a point in, unless the group is full of smaller hashes. Whether the limit has changed.
    pub(super) fn offer(&mut self, group: usize, new: Sampled<T>) -> bool {
        if new.hash > self.limits[group] {
            return false;
        }
        let sample = &mut self.groups[group];
        // Of small samples there may be very many, and those are kept small.
        let most = self.size + if self.size < 16 { 1 } else { self.size };
        if sample.len() == sample.capacity() {
            sample.reserve_exact(sample.len().max(4).min(most - sample.len()));
        }
        sample.push(new);
        sample.len() == most && self.cut(group)
    }

    /// Takes a point into a group that is settled, and leaves it so; gives its place.
    pub(super) fn insert(&mut self, group: usize, new: Sampled<T>) -> Option<usize> {
        let sample = &mut self.groups[group];
        let place = sample.partition_point(|s| s.key() < new.key());
        if place == self.size {
            return None;
        }
        sample.insert(place, new);
        sample.truncate(self.size);
        self.limits[group] = Self::limit_of(self.size, sample);
        Some(place)
    }

    fn limit_of(size: usize, settled: &[Sampled<T>]) -> u64 {
        if settled.len() < size { u64::MAX } else { settled.last().map_or(0, |s| s.hash) }
    }

    /// Lets go of what is superfluous in a group. Whether the limit has changed.
    fn cut(&mut self, group: usize) -> bool {
        let (size, sample) = (self.size, &mut self.groups[group]);
        if size == 0 {
            sample.clear();
            self.limits[group] = 0;
        } else if sample.len() >= size {
            if sample.len() > size {
                sample.select_nth_unstable_by_key(size - 1, Sampled::key);
                sample.truncate(size);
            }
            self.limits[group] = sample.iter().map(|s| s.hash).max().unwrap_or(0);
        } else {
            return false;
        }
        true
    }

    /// Lets go of what is superfluous, and puts the rest in order: at most `size` points of each group.
    pub(super) fn settle(&mut self, size: usize) {
        self.size = size;
        for group in 0..self.groups.len() {
            self.cut(group);
            let sample = &mut self.groups[group];
            sample.sort_unstable_by_key(Sampled::key);
            self.limits[group] = Self::limit_of(size, sample);
        }
    }

    /// Makes the sample of two groups together that of `into`; the two are empty afterwards, unless they are `into`.
    pub(super) fn join(&mut self, groups: [usize; 2], into: usize) {
        let [mut both, other] = groups.map(|group| {
            self.limits[group] = u64::MAX;
            std::mem::take(&mut self.groups[group])
        });
        both.extend(other);
        self.groups[into] = both;
        self.limits[into] = u64::MAX;
        self.cut(into);
    }

    /// Takes in what others have kept of other points, group by group.
    pub(super) fn merge(&mut self, others: &Self) {
        for (group, sample) in others.groups.iter().enumerate() {
            for sampled in sample {
                self.offer(group, *sampled);
            }
        }
    }

    /// The most points of a group.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Groups.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// A group's sample as it was kept; `None` where it is not one.
    pub(super) fn restore(&mut self, group: usize, sample: Vec<Sampled<T>>) -> Option<()> {
        let fits = sample.len() <= self.size && sample.is_sorted_by(|a, b| a.key() < b.key());
        fits.then(|| {
            self.limits[group] = Self::limit_of(self.size, &sample);
            self.groups[group] = sample;
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    /// Pearson's chi-square of counts against equal shares.
    fn chi_square(counts: &[u32]) -> f64 {
        let expected = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
        counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn every_point_is_as_likely_as_any_other_to_be_sampled() {
        // Ids as collections have them: in a row, in steps of a power of two, and UUIDs that differ at either end.
        let kinds: [fn(u64) -> PointId; 4] = [
            PointId::Num,
            |i| PointId::Num(i << 20),
            |i| PointId::Uuid(Uuid::from_u64_pair(i, 7)),
            |i| PointId::Uuid(Uuid::from_u64_pair(7, i)),
        ];
        for kind in kinds {
            let (points, size, seeds) = (100, 10, 2_000);
            let mut counts = vec![0; points];
            for seed in 0..seeds {
                let mut samples = Samples::new(1, size);
                for i in 0..points as u64 {
                    let id = kind(i);
                    samples.offer(0, Sampled { hash: Hasher::new(seed).hash(id), id, of: i });
                }
                samples.settle(size);
                samples.of(0).iter().for_each(|s| counts[s.of as usize] += 1);
            }
            // A sample without replacement varies by a tenth less than chi-square with 99 degrees of freedom, of
            // which a ten-thousandth lies above 160 and as much below 51.
            let found = chi_square(&counts);
            assert!((45.0..160.0).contains(&found), "{found}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_sample_is_the_smallest_hashes_and_two_join_to_that_of_both(
            hashes in prop::collection::vec(0u64..50, 0..60), size in 0usize..9,
        ) {
            let mut samples = Samples::new(3, size);
            let mut all = Vec::new();
            let mut one_by_one = Samples::new(3, size);
            for (i, hash) in hashes.iter().enumerate() {
                let new = Sampled { hash: *hash, id: PointId::Num(i as u64 * 77 % 61), of: i };
                all.push(new);
                let limit = samples.limit(1 + i % 2);
                samples.offer(1 + i % 2, new);
                prop_assert!(samples.limit(1 + i % 2) <= limit, "it only becomes harder");
                one_by_one.insert(1 + i % 2, new);
            }
            all.sort_by_key(Sampled::key);
            let unsettled = samples.clone();
            samples.settle(size);
            prop_assert!(one_by_one.groups == samples.groups);
            for group in [1, 2] {
                let expected: Vec<_> = all.iter().filter(|s| 1 + s.of % 2 == group).take(size).copied().collect();
                prop_assert_eq!(samples.of(group), &expected[..]);
                let full = expected.len() == size;
                prop_assert_eq!(samples.limit(group) == u64::MAX, !full, "below the limit all are known");
            }
            for mut joined in [unsettled, samples] {
                let mut merged = Samples::new(3, size);
                for group in [2, 1] {
                    let mut one = Samples::new(3, size);
                    one.groups[1].clone_from(&joined.groups[group]);
                    merged.merge(&one);
                }
                joined.join([1, 2], 1);
                joined.settle(size);
                merged.settle(size);
                prop_assert_eq!(joined.of(1), &all[..size.min(all.len())]);
                prop_assert_eq!(merged.of(1), joined.of(1));
                prop_assert!(joined.of(2).is_empty() && joined.of(0).is_empty());
            }
        }
    }
}
