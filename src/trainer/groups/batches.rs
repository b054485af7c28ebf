//! Batches of groups: some labels, and some points of each, so that every point meets others of its label.

use rand::seq::index;
use rand_chacha::ChaCha8Rng;

/// Points of some labels, two or more of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Rows of the points.
    pub points: Vec<u32>,
    /// The label of each.
    pub labels: Vec<u32>,
}

/// Draws batches of P labels with K points each. Every label is as likely as another, however many points it has.
pub struct Batches {
    /// The rows of each label that has two points or more, and the label.
    groups: Vec<(u32, Vec<u32>)>,
    /// Labels in a batch, P.
    labels: usize,
    /// Points of a label in a batch, K; a label that has fewer gives all.
    each: usize,
    rng: ChaCha8Rng,
}

impl Batches {
    /// Of points with these labels, about `size` in a batch; none where fewer than two labels have two points each.
    ///
    /// All labels are in a batch as long as each can give four points, and fewer labels otherwise.
    pub fn new(labels: &[Option<u32>], size: usize, rng: ChaCha8Rng) -> Option<Self> {
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); labels.iter().flatten().max().map_or(0, |m| *m as usize + 1)];
        for (row, label) in labels.iter().enumerate() {
            if let Some(label) = label {
                rows[*label as usize].push(row as u32);
            }
        }
        let groups: Vec<(u32, Vec<u32>)> = (0..).zip(rows).filter(|(_, rows)| rows.len() >= 2).collect();
        if groups.len() < 2 {
            return None;
        }
        let labels = groups.len().min((size / 4).max(2));
        Some(Self { groups, labels, each: (size / labels).max(2), rng })
    }

    /// Draws the next batch.
    pub fn draw(&mut self) -> Batch {
        let mut batch = Batch::default();
        for group in index::sample(&mut self.rng, self.groups.len(), self.labels) {
            let (label, rows) = &self.groups[group];
            for place in index::sample(&mut self.rng, rows.len(), self.each.min(rows.len())) {
                batch.points.push(rows[place]);
                batch.labels.push(*label);
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::random::{Use, generator};

    fn batches(labels: &[Option<u32>], size: usize, seed: u64) -> Option<Batches> {
        Batches::new(labels, size, generator(seed, Use::Groups))
    }

    proptest! {
        #[test]
        fn a_batch_holds_different_labelled_points_and_two_of_each_label(
            labels in proptest::collection::vec(proptest::option::of(0u32..9), 0..120), size in 4usize..64, seed in 0u64..9,
        ) {
            let mut counts: HashMap<u32, usize> = HashMap::new();
            labels.iter().flatten().for_each(|label| *counts.entry(*label).or_default() += 1);
            let usable = counts.values().filter(|count| **count >= 2).count();
            let found = batches(&labels, size, seed);
            prop_assert_eq!(found.is_some(), usable >= 2);
            let Some(mut found) = found else { return Ok(()) };
            let mut again = batches(&labels, size, seed).unwrap();
            for _ in 0..5 {
                let batch = found.draw();
                prop_assert_eq!(&batch, &again.draw(), "a seed draws the same");
                prop_assert!(batch.points.len() <= size.max(4));
                let mut points = batch.points.clone();
                points.sort_unstable();
                points.dedup();
                prop_assert_eq!(points.len(), batch.points.len(), "no point comes twice");
                let mut of: HashMap<u32, usize> = HashMap::new();
                for (point, label) in batch.points.iter().zip(&batch.labels) {
                    prop_assert_eq!(labels[*point as usize], Some(*label));
                    *of.entry(*label).or_default() += 1;
                }
                prop_assert!(of.len() >= 2 && of.values().all(|count| *count >= 2));
                // As many labels as fit with four points each, and as many points of each as are left for it.
                prop_assert_eq!(of.len(), usable.min((size / 4).max(2)));
                for (label, count) in &of {
                    prop_assert_eq!(*count, counts[label].min((size / of.len()).max(2)));
                }
            }
        }
    }

    #[test]
    fn small_and_large_labels_come_equally_often_and_seeds_differ() {
        // 1,000 points of two labels and three points of each of ten: four labels fit in a batch.
        let labels: Vec<Option<u32>> =
            (0..1_000).map(|i| Some(i % 2)).chain((0..30).map(|i| Some(2 + i % 10))).collect();
        let mut found = batches(&labels, 16, 1).unwrap();
        let mut seen = [0usize; 12];
        for _ in 0..3_000 {
            let mut of = found.draw().labels;
            of.dedup();
            assert_eq!(of.len(), 4);
            of.iter().for_each(|label| seen[*label as usize] += 1);
        }
        // Each is in a third of the batches: 1,000, with a standard deviation of 26.
        assert!(seen.iter().all(|count| (870..1_130).contains(count)), "{seen:?}");
        assert_ne!(batches(&labels, 16, 1).unwrap().draw(), batches(&labels, 16, 2).unwrap().draw());
    }
}
