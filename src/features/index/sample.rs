//! Uniform samples that do not depend on the order in which points come: a group keeps its points with the smallest
//! hashes (bottom-k sampling; Cohen and Kaplan, "Summarizing data using bottom-k sketches", 2007).

use crate::source::PointId;

/// Hashes of ids under a seed, the same on every machine: SplitMix64 (Steele, Lea and Flood 2014) begun at the seed,
/// where an id says which of its numbers to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hasher {
    start: u64,
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher {
    pub(super) fn new(seed: u64) -> Self {
        Self { start: mix(seed.wrapping_add(GAMMA)) }
    }

    pub(super) fn hash(self, id: PointId) -> u64 {
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
    pub(super) fn key(&self) -> (u64, PointId) {
        (self.hash, self.id)
    }
}

/// Samples of many groups, each of at most `size` points, in one piece of memory.
#[derive(Clone, Debug)]
pub(super) struct Samples<T> {
    size: usize,
    lengths: Vec<u32>,
    slots: Vec<Sampled<T>>,
}

impl<T: Copy + Default + PartialEq> PartialEq for Samples<T> {
    /// What lies behind a group's last point does not count.
    fn eq(&self, other: &Self) -> bool {
        let same = |group| self.of(group) == other.of(group);
        (self.size, &self.lengths) == (other.size, &other.lengths) && (0..self.lengths.len()).all(same)
    }
}

impl<T: Copy + Default> Samples<T> {
    pub(super) fn new(groups: usize, size: usize) -> Self {
        let nothing = Sampled { hash: 0, id: PointId::Num(0), of: T::default() };
        Self { size, lengths: vec![0; groups], slots: vec![nothing; groups * size] }
    }

    /// The sample of a group, smallest hash first: any first part of it is a uniform sample, too.
    pub(super) fn of(&self, group: usize) -> &[Sampled<T>] {
        &self.slots[group * self.size..][..self.lengths[group] as usize]
    }

    /// The largest hash that a new point may have.
    pub(super) fn limit(&self, group: usize) -> u64 {
        let sample = self.of(group);
        if sample.len() < self.size { u64::MAX } else { sample.last().map_or(0, |s| s.hash) }
    }

    /// Takes a point in, unless the group is full of smaller hashes; gives its place.
    pub(super) fn offer(&mut self, group: usize, new: Sampled<T>) -> Option<usize> {
        let place = self.of(group).partition_point(|s| s.key() < new.key());
        if place == self.size {
            return None;
        }
        let length = self.lengths[group] as usize;
        let grown = (length + 1).min(self.size);
        self.lengths[group] = grown as u32;
        let slots = &mut self.slots[group * self.size..][..grown];
        slots.copy_within(place..grown - 1, place + 1);
        slots[place] = new;
        Some(place)
    }

    /// Makes the sample of two groups together that of `into`; the two are empty afterwards, unless they are `into`.
    pub(super) fn join(&mut self, groups: [usize; 2], into: usize) {
        let both: Vec<Sampled<T>> = groups.iter().flat_map(|g| self.of(*g)).copied().collect();
        for group in groups {
            self.lengths[group] = 0;
        }
        for sampled in both {
            self.offer(into, sampled);
        }
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
            for (i, hash) in hashes.iter().enumerate() {
                let new = Sampled { hash: *hash, id: PointId::Num(i as u64 * 77 % 61), of: i };
                all.push(new);
                let limit = samples.limit(1 + i % 2);
                let taken = samples.offer(1 + i % 2, new);
                prop_assert!(taken.is_none() || *hash <= limit);
                prop_assert!(taken.is_some() || *hash >= limit);
            }
            all.sort_by_key(Sampled::key);
            for group in [1, 2] {
                let expected: Vec<_> = all.iter().filter(|s| 1 + s.of % 2 == group).take(size).copied().collect();
                prop_assert_eq!(samples.of(group), &expected[..]);
            }
            samples.join([1, 2], 1);
            prop_assert_eq!(samples.of(1), &all[..size.min(all.len())]);
            prop_assert!(samples.of(2).is_empty() && samples.of(0).is_empty());
        }
    }
}
