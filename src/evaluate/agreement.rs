//! How much two ways of grouping the same points agree.

use std::collections::HashMap;

/// How often each group of the one meets each group of the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Contingency {
    points: u64,
    /// Points of each group of the one that has any, and of the other.
    one: Vec<u64>,
    other: Vec<u64>,
    /// The pairs of groups that meet: their places in `one` and `other`, and how often.
    cells: Vec<(u32, u32, u64)>,
}

impl Contingency {
    /// From the group of each point, one way and the other.
    ///
    /// # Panics
    /// If there are not as many of both.
    pub fn new(one: &[u32], other: &[u32]) -> Self {
        assert_eq!(one.len(), other.len(), "two groups for each point");
        let numbered = |groups: &[u32]| {
            let mut sorted = groups.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            let places: HashMap<u32, u32> = sorted.iter().copied().zip(0..).collect();
            (sorted.len(), places)
        };
        let ((rows, row_of), (columns, column_of)) = (numbered(one), numbered(other));
        let (mut sums, mut other_sums) = (vec![0u64; rows], vec![0u64; columns]);
        let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
        for (a, b) in one.iter().zip(other) {
            let cell = (row_of[a], column_of[b]);
            sums[cell.0 as usize] += 1;
            other_sums[cell.1 as usize] += 1;
            *counts.entry(cell).or_default() += 1;
        }
        let mut cells: Vec<(u32, u32, u64)> = counts.into_iter().map(|((a, b), n)| (a, b, n)).collect();
        // In an order that no hash decides, so that sums are the same every time.
        cells.sort_unstable();
        Self { points: one.len() as u64, one: sums, other: other_sums, cells }
    }

    /// The mutual information, in nats.
    pub fn mutual_information(&self) -> f64 {
        let n = self.points as f64;
        let term = |(a, b, count): &(u32, u32, u64)| {
            let (joint, a, b) = (*count as f64, self.one[*a as usize] as f64, self.other[*b as usize] as f64);
            joint / n * (n * joint / (a * b)).ln()
        };
        self.cells.iter().map(term).sum::<f64>().max(0.0)
    }

    /// The mutual information that groups of these sizes have by chance, in nats: its expectation where points are dealt
    /// to them at random, each cell hypergeometric (Vinh, Epps and Bailey, "Information theoretic measures for clusterings
    /// comparison", JMLR 11, 2010, equation 24a).
    pub fn expected_mutual_information(&self) -> f64 {
        let n = self.points;
        // ln k! for every k.
        let mut factorials = vec![0f64; n as usize + 1];
        for k in 1..=n as usize {
            factorials[k] = factorials[k - 1] + (k as f64).ln();
        }
        let factorial = |k: u64| factorials[k as usize];
        // The terms of a cell depend on the sizes of its groups alone, of which there are few.
        let sizes = |groups: &[u64]| {
            let mut counted: Vec<(u64, u64)> = Vec::new();
            let mut sorted = groups.to_vec();
            sorted.sort_unstable();
            for size in sorted {
                match counted.last_mut() {
                    Some((last, times)) if *last == size => *times += 1,
                    _ => counted.push((size, 1)),
                }
            }
            counted
        };
        let others = sizes(&self.other);
        let mut sum = 0.0;
        for (a, times) in sizes(&self.one) {
            for (b, other_times) in &others {
                let fixed = factorial(a) + factorial(*b) + factorial(n - a) + factorial(n - b) - factorial(n);
                let mut cell = 0.0;
                for joint in (a + b).saturating_sub(n).max(1)..=a.min(*b) {
                    let chance = fixed
                        - factorial(joint)
                        - factorial(a - joint)
                        - factorial(b - joint)
                        - factorial(n + joint - a - b);
                    let joint = joint as f64;
                    cell += joint / n as f64 * (n as f64 * joint / (a as f64 * *b as f64)).ln() * chance.exp();
                }
                sum += cell * (times * other_times) as f64;
            }
        }
        sum
    }

    /// The adjusted mutual information, `(MI - E[MI]) / (mean entropy - E[MI])`: 1 for the same grouping, about 0 for
    /// independent ones, a little below where they agree less than chance. The same grouping has 1 also where there is no
    /// room above chance, as with one group, one for each point, or no point: scikit-learn has it so.
    pub fn adjusted_mutual_information(&self) -> f64 {
        if self.cells.len() == self.one.len() && self.cells.len() == self.other.len() {
            return 1.0;
        }
        let entropy = |groups: &[u64]| {
            let n = self.points as f64;
            groups.iter().map(|g| -(*g as f64 / n) * (*g as f64 / n).ln()).sum::<f64>()
        };
        let (found, expected) = (self.mutual_information(), self.expected_mutual_information());
        let room = (entropy(&self.one) + entropy(&self.other)) / 2.0 - expected;
        let room = if room < 0.0 { room.min(-f64::EPSILON) } else { room.max(f64::EPSILON) };
        (found - expected) / room
    }

    /// The adjusted Rand index, by pairs of points: 1 for the same grouping, about 0 for independent ones (Hubert and
    /// Arabie, "Comparing partitions", Journal of Classification 2, 1985).
    pub fn adjusted_rand_index(&self) -> f64 {
        let squares = |counts: &mut dyn Iterator<Item = u64>| counts.map(|c| (c * c) as f64).sum::<f64>();
        let n = self.points as f64;
        let joint = squares(&mut self.cells.iter().map(|c| c.2));
        let one = squares(&mut self.one.iter().copied());
        let other = squares(&mut self.other.iter().copied());
        // Ordered pairs that are together in both, in the one alone, in the other alone, in neither.
        let (both, first, second) = (joint - n, one - joint, other - joint);
        let neither = n * n - both - first - second - n;
        if first == 0.0 && second == 0.0 {
            return 1.0;
        }
        2.0 * (both * neither - first * second)
            / ((both + first) * (first + neither) + (both + second) * (second + neither))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};

    use super::*;

    /// Groupings whose figures scikit-learn 1.9.1 was asked for.
    fn asked() -> (Vec<u32>, Vec<u32>) {
        let one: Vec<u32> = (0..60).map(|i| (i * 7 + i * i / 3) % 5).collect();
        let other = (0..60).map(|i| (i * 11 / 4 + one[i as usize]) % 4).collect();
        (one, other)
    }

    #[test]
    fn the_figures_are_those_of_scikit_learn() {
        let (one, other) = asked();
        let of = Contingency::new(&one, &other);
        assert!((of.expected_mutual_information() - 0.083_999_014_129_861_19).abs() < 1e-12);
        assert!((of.adjusted_mutual_information() + 0.049_829_359_567_549_08).abs() < 1e-12);
        assert!((of.adjusted_rand_index() + 0.040_591_582_417_174_58).abs() < 1e-12);
        let halves: Vec<u32> = (0..60).map(|i| i % 2).collect();
        let of = Contingency::new(&one, &halves);
        assert!((of.adjusted_mutual_information() + 0.026_619_608_532_060_39).abs() < 1e-12);
        assert!((of.adjusted_rand_index() + 0.025_334_054_221_055_072).abs() < 1e-12);
    }

    #[test]
    fn the_ends_are_those_of_scikit_learn() {
        let (same, all): (Vec<u32>, Vec<u32>) = (vec![3; 9], (0..9).collect());
        assert_eq!(Contingency::new(&same, &same).adjusted_mutual_information(), 1.0);
        assert!(Contingency::new(&same, &all).adjusted_mutual_information().abs() < 1e-9);
        assert!((Contingency::new(&all, &all).adjusted_mutual_information() - 1.0).abs() < 1e-9);
        assert_eq!(Contingency::new(&all, &all).adjusted_rand_index(), 1.0);
        assert_eq!(Contingency::new(&[], &[]).adjusted_mutual_information(), 1.0);
        assert_eq!(Contingency::new(&[0, 1], &[8, 7]).adjusted_mutual_information(), 1.0);
    }

    /// Every way to deal six points: the expectation is the mean over all 720 orders.
    #[test]
    fn the_expectation_is_the_mean_over_all_orders() {
        fn orders(done: &mut Vec<u32>, left: &mut Vec<u32>, each: &mut impl FnMut(&[u32])) {
            if left.is_empty() {
                return each(done);
            }
            for i in 0..left.len() {
                let next = left.remove(i);
                done.push(next);
                orders(done, left, each);
                done.pop();
                left.insert(i, next);
            }
        }
        let (one, mut other) = ([0, 0, 0, 1, 1, 2], vec![0, 0, 1, 1, 1, 1]);
        let expected = Contingency::new(&one, &other).expected_mutual_information();
        let (mut sum, mut times) = (0.0, 0);
        orders(&mut Vec::new(), &mut other, &mut |order| {
            sum += Contingency::new(&one, order).mutual_information();
            times += 1;
        });
        assert_eq!(times, 720);
        assert!((sum / 720.0 - expected).abs() < 1e-12);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn names_and_the_order_of_the_two_do_not_matter(
            one in prop::collection::vec(0u32..6, 2..80), seed in any::<u64>(), times in 1u32..9,
        ) {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let other: Vec<u32> = one.iter().map(|_| rng.random_range(0..5)).collect();
            let of = Contingency::new(&one, &other);
            let renamed: Vec<u32> = other.iter().map(|g| (4 - g) * times + 1_000).collect();
            let turned = Contingency::new(&renamed, &one);
            prop_assert!((of.adjusted_mutual_information() - turned.adjusted_mutual_information()).abs() < 1e-9);
            prop_assert!((of.adjusted_rand_index() - turned.adjusted_rand_index()).abs() < 1e-9);
            // The same is told from itself under other names.
            let own: Vec<u32> = one.iter().map(|g| g * times + 7).collect();
            let of = Contingency::new(&one, &own);
            prop_assert!((of.adjusted_mutual_information() - 1.0).abs() < 1e-9);
            prop_assert!((of.adjusted_rand_index() - 1.0).abs() < 1e-9);
        }
    }

    /// Where the normalised mutual information has a floor, the adjusted one has none.
    #[test]
    fn independent_groups_have_nothing_in_common() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut draw = || (0..4_000).map(|_| rng.random_range(0..64)).collect::<Vec<u32>>();
        let of = Contingency::new(&draw(), &draw());
        let floor = of.mutual_information() / 64f64.ln();
        assert!(floor > 0.1, "{floor}");
        assert!(of.adjusted_mutual_information().abs() < 0.01 && of.adjusted_rand_index().abs() < 0.005);
    }
}
