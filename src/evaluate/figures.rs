//! Figures of one encoder, and of the same over several seeds.

use std::collections::BTreeMap;

use super::table::{AtSize, Measure, Recall, Spread, Told};

/// What was measured of one encoder or baseline. What does not apply is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The measures.
    pub measures: BTreeMap<Measure, f64>,
    /// Retrieval, each way of comparing.
    pub recall: Vec<Recall<f64>>,
    /// By the number of entries kept.
    pub sizes: Vec<AtSize<f64>>,
    /// Outliers.
    pub outliers: Vec<Told<f64>>,
}

/// The same over several seeds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spreads {
    /// Every measure; none where it does not apply.
    pub measures: BTreeMap<Measure, Option<Spread>>,
    /// Retrieval.
    pub recall: Vec<Recall>,
    /// By the number of entries kept.
    pub sizes: Vec<AtSize>,
    /// Outliers.
    pub outliers: Vec<Told>,
}

impl Figures {
    /// Notes a measure, where there is a number.
    pub fn set(&mut self, measure: Measure, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into().filter(|v| v.is_finite()) {
            self.measures.insert(measure, value);
        }
    }
}

impl Spreads {
    /// Means and deviations over runs; what only some have is over those.
    pub fn of(runs: &[Figures]) -> Self {
        let measure = |m: Measure| (m, Spread::of(runs.iter().filter_map(|run| run.measures.get(&m).copied())));
        Self {
            measures: Measure::ALL.into_iter().map(measure).collect(),
            recall: gathered(runs.iter().map(|run| &run.recall), Recall::key, recall),
            sizes: gathered(runs.iter().map(|run| &run.sizes), |size| size.k, size),
            outliers: gathered(runs.iter().map(|run| &run.outliers), |told| (told.held_out.clone(), told.by), told),
        }
    }
}

/// Lines of several runs that have the same key, put together, in the order that they first come in.
fn gathered<'a, T: 'a, K: PartialEq, S>(
    runs: impl Iterator<Item = &'a Vec<T>>,
    key: impl Fn(&T) -> K,
    together: impl Fn(&[&'a T]) -> Option<S>,
) -> Vec<S> {
    let mut groups: Vec<(K, Vec<&'a T>)> = Vec::new();
    for line in runs.flatten() {
        let own = key(line);
        match groups.iter_mut().find(|(key, _)| *key == own) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((own, vec![line])),
        }
    }
    groups.iter().filter_map(|(_, lines)| together(lines)).collect()
}

fn over<T>(lines: &[&T], pick: impl Fn(&T) -> Option<f64>) -> Option<Spread> {
    Spread::of(lines.iter().filter_map(|line| pick(line)))
}

fn recall(lines: &[&Recall<f64>]) -> Option<Recall> {
    let first = lines.first()?;
    Some(Recall {
        scoring: first.scoring,
        kept: first.kept,
        weight_bits: first.weight_bits,
        asymmetric: first.asymmetric,
        entries: over(lines, |line| line.entries),
        bytes: over(lines, |line| Some(line.bytes))?,
        at_10: over(lines, |line| Some(line.at_10))?,
        at_1_percent: over(lines, |line| Some(line.at_1_percent))?,
        at_5_percent: over(lines, |line| Some(line.at_5_percent))?,
        touched: over(lines, |line| line.touched),
    })
}

fn size(lines: &[&AtSize<f64>]) -> Option<AtSize> {
    Some(AtSize {
        k: lines.first()?.k,
        kept_cosine: over(lines, |line| line.kept_cosine),
        kmeans_ari: over(lines, |line| line.kmeans_ari),
    })
}

fn told(lines: &[&Told<f64>]) -> Option<Told> {
    let first = lines.first()?;
    Some(Told {
        held_out: first.held_out.clone(),
        by: first.by,
        auroc: over(lines, |line| Some(line.auroc))?,
        fpr95: over(lines, |line| Some(line.fpr95))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::table::{OutlierBy, Scoring};

    #[test]
    fn seeds_make_a_mean_and_a_deviation() {
        let run = |dead: f64, held: &str, auroc: f64| {
            let mut figures = Figures::default();
            figures.set(Measure::Dead, dead);
            figures.set(Measure::Ami, None);
            figures.set(Measure::Nmi, f64::NAN);
            let line = Recall {
                scoring: Scoring::Code,
                kept: None,
                weight_bits: None,
                asymmetric: false,
                entries: None,
                bytes: 8.0,
                at_10: dead / 2.0,
                at_1_percent: dead,
                at_5_percent: 1.0,
                touched: None,
            };
            figures.recall = vec![Recall { scoring: Scoring::Winners, ..line.clone() }, line];
            figures.outliers = vec![Told { held_out: Some(held.into()), by: OutlierBy::Entropy, auroc, fpr95: 0.5 }];
            figures
        };
        let all = Spreads::of(&[run(0.2, "a", 0.7), run(0.4, "a", 0.9), run(0.6, "b", 0.6)]);
        let dead = all.measures[&Measure::Dead].unwrap();
        assert!((dead.mean - 0.4).abs() < 1e-12 && (dead.sd.unwrap() - 0.2).abs() < 1e-12 && dead.n == 3);
        // What does not apply is told as such: never 0.
        assert_eq!((all.measures.len(), all.measures[&Measure::Ami], all.measures[&Measure::Nmi]), (14, None, None));
        assert_eq!(all.recall.iter().map(|r| r.scoring).collect::<Vec<_>>(), [Scoring::Winners, Scoring::Code]);
        assert_eq!((all.recall[0].bytes.mean, all.recall[0].bytes.sd, all.recall[0].touched), (8.0, Some(0.0), None));
        let told: Vec<_> = all.outliers.iter().map(|t| (t.held_out.as_deref(), t.auroc.n)).collect();
        assert_eq!(told, [(Some("a"), 2), (Some("b"), 1)]);
        assert_eq!(all.outliers[1].auroc.sd, None);
    }
}
