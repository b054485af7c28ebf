//! What vectors or codes say of labels.

use crate::error::Result;
use crate::job::Control;
use crate::linalg::kmeans::{First, Search, k_means};
use crate::linalg::{self, Rows};
use crate::random::{Use, generator};

use super::agreement::Contingency;
use super::cluster::silhouette;
use super::data::Labels;
use super::figures::Figures;
use super::probe::probe;
use super::table::Measure;

/// Points that are clustered, at most: evenly spaced ones where there are more.
const CLUSTERED: usize = 10_000;
/// Starts of k-means, and rounds of each at most.
const STARTS: usize = 4;
const ROUNDS: usize = 50;

/// Points with their labels.
struct Labelled {
    values: Vec<f32>,
    width: usize,
    labels: Vec<u32>,
}

impl Labelled {
    /// Those that have one.
    fn of(parts: &[(Rows, &[Option<u32>])]) -> Self {
        let width = parts.first().map_or(1, |(rows, _)| rows.width());
        let mut own = Self { values: Vec::new(), width, labels: Vec::new() };
        for (rows, labels) in parts {
            for (row, label) in rows.iter().zip(*labels) {
                if let Some(label) = label {
                    own.values.extend_from_slice(row);
                    own.labels.push(*label);
                }
            }
        }
        own
    }

    /// Evenly spaced ones at unit length.
    fn some(&self, most: usize) -> Self {
        let n = self.labels.len();
        let count = n.min(most);
        let rows: Vec<usize> = (0..count).map(|i| i * n / count).collect();
        let values = Rows::new(&self.values, self.width).pick(&rows);
        Self {
            values: linalg::normalised(&values, self.width),
            width: self.width,
            labels: rows.iter().map(|i| self.labels[*i]).collect(),
        }
    }

    fn rows(&self) -> Rows<'_> {
        Rows::new(&self.values, self.width)
    }
}

/// Silhouette and k-means over all labelled points, and a probe trained on those trained on and asked of the queries.
///
/// # Panics
/// If there are not as many labels as rows.
pub fn measure(
    figures: &mut Figures,
    (train, queries): (Rows, Rows),
    labels: &Labels,
    seed: u64,
    control: &Control,
) -> Result<()> {
    let kinds = labels.names.len();
    let all = Labelled::of(&[(train, &labels.train), (queries, &labels.queries)]);
    figures.set(Measure::Silhouette, silhouette(all.rows(), &all.labels, kinds));
    figures.set(Measure::KmeansAri, clusters(&all, kinds, seed, control)?);
    drop(all);
    let (own, asked) = (Labelled::of(&[(train, &labels.train)]), Labelled::of(&[(queries, &labels.queries)]));
    if let Some(told) = probe((own.rows(), &own.labels), (asked.rows(), &asked.labels), kinds, control)? {
        figures.set(Measure::ProbeAccuracy, told.accuracy);
        figures.set(Measure::ProbeMacroF1, told.macro_f1);
    }
    Ok(())
}

/// The adjusted Rand index of labels and as many clusters, by k-means over points at unit length. None with fewer than
/// two labels.
pub fn clusters_ari(
    (train, queries): (Rows, Rows),
    labels: &Labels,
    seed: u64,
    control: &Control,
) -> Result<Option<f64>> {
    let all = Labelled::of(&[(train, &labels.train), (queries, &labels.queries)]);
    clusters(&all, labels.names.len(), seed, control)
}

fn clusters(all: &Labelled, kinds: usize, seed: u64, control: &Control) -> Result<Option<f64>> {
    if kinds < 2 || all.labels.is_empty() {
        return Ok(None);
    }
    let some = all.some(CLUSTERED);
    let search = Search { k: kinds, first: First::Apart, starts: STARTS, rounds: ROUNDS };
    let found = k_means(some.rows(), search, &mut generator(seed, Use::Evaluation), control)?;
    Ok(Some(Contingency::new(&some.labels, &found.of).adjusted_rand_index()))
}

/// Mean over features of the share of the most frequent label among the points that they have. A feature with no
/// labelled point does not count. None where none has.
///
/// # Panics
/// If a point has no entry in `labels`.
pub fn purity(points_of: &[Vec<u32>], labels: &[Option<u32>], kinds: usize) -> Option<f64> {
    let share = |points: &Vec<u32>| {
        let mut counts = vec![0u64; kinds];
        points.iter().filter_map(|i| labels[*i as usize]).for_each(|label| counts[label as usize] += 1);
        let all: u64 = counts.iter().sum();
        let most = counts.into_iter().max().unwrap_or(0);
        (all > 0).then(|| most as f64 / all as f64)
    };
    let shares: Vec<f64> = points_of.iter().filter_map(share).collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::rows::tests::drawn;

    #[test]
    fn purity_is_the_share_of_the_most_frequent_label() {
        let labels = [Some(0), Some(0), Some(1), Some(1), None];
        let points = vec![vec![0, 1, 2], vec![2, 3], vec![], vec![4], vec![4, 0]];
        let twin = (2.0 / 3.0 + 1.0 + 1.0) / 3.0;
        assert!((purity(&points, &labels, 2).unwrap() - twin).abs() < 1e-12);
        assert_eq!(purity(&[vec![4]], &labels, 2), None);
    }

    #[test]
    fn labels_that_lie_apart_are_found_and_drawn_ones_are_not() {
        let (n, width) = (400, 6);
        let mut values = drawn(n, width, 1);
        let kind = |i: usize| (i % 3) as u32;
        (0..n).for_each(|i| values[i * width + kind(i) as usize] += 4.0);
        let some = |from: usize, to: usize, label: &dyn Fn(usize) -> u32| -> Vec<Option<u32>> {
            // One in ten has none.
            (from..to).map(|i| (i % 10 != 9).then(|| label(i))).collect()
        };
        let ask = |label: &dyn Fn(usize) -> u32| {
            let names = vec!["a".into(), "b".into(), "c".into()];
            let labels = Labels { names, train: some(0, 300, label), queries: some(300, n, label) };
            let mut figures = Figures::default();
            let (train, queries) = values.split_at(300 * width);
            let parts = (Rows::new(train, width), Rows::new(queries, width));
            measure(&mut figures, parts, &labels, 1, &Control::new()).unwrap();
            assert_eq!(
                clusters_ari(parts, &labels, 1, &Control::new()).unwrap(),
                Some(figures.measures[&Measure::KmeansAri])
            );
            figures.measures
        };
        let found = ask(&kind);
        assert!(found[&Measure::KmeansAri] > 0.99 && found[&Measure::ProbeAccuracy] > 0.99, "{found:?}");
        assert!(found[&Measure::Silhouette] > 0.5 && found[&Measure::ProbeMacroF1] > 0.99, "{found:?}");
        let drawn = ask(&|i| ((i * 7_919 / 13) % 3) as u32);
        assert!(drawn[&Measure::KmeansAri].abs() < 0.05 && drawn[&Measure::ProbeAccuracy] < 0.6, "{drawn:?}");
        assert!(drawn[&Measure::Silhouette] < 0.05, "{drawn:?}");
    }
}
