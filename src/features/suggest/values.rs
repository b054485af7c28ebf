//! Names from payloads: values that a feature's points have, and others have not.

use std::collections::{HashMap, HashSet};

use super::super::words::fields::{Field, items};
use super::super::words::log_odds;
use super::ranking::{Ranking, lower_bound};
use super::{BOUND, Feature, Halves, Pool, SUPPORT, Score};

/// Values that are looked at closely, the most over-represented first.
const CANDIDATES: usize = 48;
/// Share of a feature's strongest points that have a value which names it, at least.
const SHARE: f64 = 0.5;
/// A word out of a text is a name only where it does better than whole values by a part of so much.
const WORD: f64 = 0.85;

/// A value that payloads have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Item {
    pub(super) field: String,
    pub(super) value: String,
}

/// The values of a pool's payloads that enough points of both halves of the sample have.
#[derive(Debug, Default)]
pub(super) struct Values {
    items: Vec<Item>,
    /// Whether it is a word, a yes or no: as a name it stands behind whole values.
    words: Vec<bool>,
    /// The values of each row, ascending.
    of_row: Vec<Vec<u32>>,
    /// The sampled rows of either half that have a value.
    making: Vec<Vec<u32>>,
    scoring: Vec<Vec<u32>>,
}

/// A value that names a feature, and how well it does on points that it was not chosen by.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) item: Item,
    /// Its score, where that is enough.
    pub(super) score: Option<Score>,
    /// A second value that the feature's points have among those with the first, and the score of both together, where
    /// that is enough.
    pub(super) second: Option<(Item, Score)>,
}

impl Values {
    /// The values of the pool's payloads; of these fields alone (with what lies in them), where any are named.
    pub(super) fn of(pool: &Pool, halves: &Halves, fields: &[String]) -> Self {
        let wanted = |field: &str| {
            let inside = |name: &String| field.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
            fields.is_empty() || fields.iter().any(|name| name == field || inside(name))
        };
        let known = Field::all(pool.payloads.iter().take(pool.sampled));
        let mut numbers: HashMap<Item, u32> = HashMap::new();
        let mut of_row: Vec<Vec<u32>> = Vec::with_capacity(pool.payloads.len());
        for payload in &pool.payloads {
            let had = items(payload, &known).filter(|(field, _)| wanted(field)).map(|(field, value)| {
                let next = numbers.len() as u32;
                *numbers.entry(Item { field, value }).or_insert(next)
            });
            let had: HashSet<u32> = had.collect();
            of_row.push(had.into_iter().collect());
        }
        let count = |rows: &[u32]| {
            let mut counts = vec![0usize; numbers.len()];
            rows.iter().flat_map(|row| &of_row[*row as usize]).for_each(|item| counts[*item as usize] += 1);
            counts
        };
        let (making, scoring) = (count(halves.making.sampled()), count(halves.scoring.sampled()));
        // In an order that no hash decides.
        let mut kept: Vec<(Item, u32)> = numbers
            .into_iter()
            .filter(|(_, n)| making[*n as usize] >= SUPPORT && scoring[*n as usize] >= SUPPORT)
            .collect();
        kept.sort_unstable_by(|a, b| (&a.0.field, &a.0.value).cmp(&(&b.0.field, &b.0.value)));
        let places: HashMap<u32, u32> = kept.iter().enumerate().map(|(place, (_, n))| (*n, place as u32)).collect();
        for row in &mut of_row {
            *row = row.iter().filter_map(|n| places.get(n)).copied().collect();
            row.sort_unstable();
        }
        let rows = |half: &[u32]| {
            let mut rows = vec![Vec::new(); kept.len()];
            for row in half {
                of_row[*row as usize].iter().for_each(|item| rows[*item as usize].push(*row));
            }
            rows
        };
        let (making, scoring) = (rows(halves.making.sampled()), rows(halves.scoring.sampled()));
        let words = kept.iter().map(|(item, _)| known.get(&item.field).is_some_and(Field::is_words)).collect();
        Self { items: kept.into_iter().map(|(item, _)| item).collect(), words, of_row, making, scoring }
    }

    /// The value that a feature's firing comes nearest to, if it does well on the other half.
    pub(super) fn name(&self, feature: &Feature, halves: &Halves, least: f64) -> Option<Named> {
        let rest = |rows: &&u32| !feature.fires(**rows);
        let rest: Vec<u32> = halves.making.sampled().iter().filter(rest).copied().collect();
        let ranking = Ranking::new(halves.making.sampled(), feature.activations);
        let fires = |row: u32| feature.fires(row);
        let f1 = |item: u32| {
            let word = if self.words[item as usize] { WORD } else { 1.0 };
            word * ranking.f1(&self.making[item as usize], fires)
        };
        let candidates = self.enriched(&feature.making, &rest, |_| true);
        let best = candidates.into_iter().map(|item| (item, f1(item)));
        // Of equally good ones the one that is more over-represented, which comes first.
        let (item, _) = best.fold(None, |best: Option<(u32, f64)>, (item, f1)| match best {
            Some(before) if before.1 >= f1 => Some(before),
            _ => Some((item, f1)),
        })?;
        let ranking = Ranking::new(halves.scoring.sampled(), feature.activations);
        let all = halves.scoring.sampled().len();
        let score = self.score(&ranking, &self.scoring[item as usize], all);
        let enough = score.is_enough(least) && self.share(&feature.scoring, &[item]) >= SHARE;
        let second = self.second(feature, halves, &ranking, item, least);
        let named = Named { item: self.items[item as usize].clone(), score: enough.then_some(score), second };
        (named.score.is_some() || named.second.is_some()).then_some(named)
    }

    /// The values that the strongest points have more often than the rest, and at least half of them have, the surest
    /// first.
    fn enriched(&self, strongest: &[u32], rest: &[u32], fits: impl Fn(u32) -> bool) -> Vec<u32> {
        if rest.is_empty() {
            return Vec::new();
        }
        let mut counts: HashMap<u32, [usize; 2]> = HashMap::new();
        for item in strongest.iter().flat_map(|row| &self.of_row[*row as usize]) {
            counts.entry(*item).or_default()[0] += 1;
        }
        counts.retain(|item, [among, _]| *among as f64 >= SHARE * strongest.len() as f64 && fits(*item));
        for item in rest.iter().flat_map(|row| &self.of_row[*row as usize]) {
            if let Some(count) = counts.get_mut(item) {
                count[1] += 1;
            }
        }
        let lower = |[a, b]: [usize; 2]| log_odds([a, strongest.len()], [b, rest.len()]).1;
        let mut found: Vec<(u32, f64)> = counts.into_iter().map(|(item, counts)| (item, lower(counts))).collect();
        found.retain(|(_, lower)| *lower > 0.0);
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(CANDIDATES);
        found.into_iter().map(|(item, _)| item).collect()
    }

    /// What tells the feature's points from the others that have its value, if that does well on the other half, too.
    fn second(
        &self,
        feature: &Feature,
        halves: &Halves,
        ranking: &Ranking,
        first: u32,
        least: f64,
    ) -> Option<(Item, Score)> {
        let has = |row: u32, item: u32| self.of_row[row as usize].binary_search(&item).is_ok();
        let strongest: Vec<u32> = feature.making.iter().filter(|row| has(**row, first)).copied().collect();
        let quiet = |row: &&u32| !feature.fires(**row);
        let rest: Vec<u32> = self.making[first as usize].iter().filter(quiet).copied().collect();
        let field = &self.items[first as usize].field;
        let other = |item: u32| self.items[item as usize].field != *field && !self.words[item as usize];
        let second = self.enriched(&strongest, &rest, other).into_iter().next()?;
        let both: Vec<u32> = self.scoring[first as usize].iter().filter(|row| has(**row, second)).copied().collect();
        // Among the points that have the first, the second is to tell as well as a name does.
        let within = Ranking::new(&self.scoring[first as usize], feature.activations);
        let inside = self.score(&within, &both, self.scoring[first as usize].len());
        let score = self.score(ranking, &both, halves.scoring.sampled().len());
        let enough = inside.is_enough(least) && score.is_enough(least);
        (enough && self.share(&feature.scoring, &[first, second]) >= SHARE)
            .then(|| (self.items[second as usize].clone(), score))
    }

    /// Share of rows that have all of these values.
    fn share(&self, rows: &[u32], items: &[u32]) -> f64 {
        let has = |row: &&u32| items.iter().all(|item| self.of_row[**row as usize].binary_search(item).is_ok());
        rows.iter().filter(has).count() as f64 / (rows.len() as f64).max(1.0)
    }

    fn score(&self, ranking: &Ranking, with: &[u32], all: usize) -> Score {
        let (with, without, area) = (with.len(), all - with.len(), ranking.auroc(with));
        Score { value: area, lower: lower_bound(area, with, without), with, without }
    }
}

impl Score {
    /// Whether it is good enough for a name: at least `least`, by enough points that chance alone does not explain it.
    pub(super) fn is_enough(self, least: f64) -> bool {
        // NaN, where there are no points of one kind, is not.
        self.with >= SUPPORT && self.without >= SUPPORT && self.value >= least && self.lower >= least - BOUND
    }
}

/// The value as a name: texts as they are, others with their field.
pub(super) fn as_name(item: &Item) -> String {
    let field = item.field.rsplit('.').next().unwrap_or(&item.field);
    match item.value.as_str() {
        "true" => field.to_owned(),
        "false" => format!("not {field}"),
        value
            if value.chars().next().is_some_and(|c| c.is_ascii_digit() || c == '-') || value.starts_with("under ") =>
        {
            format!("{field} {value}")
        }
        value => value.to_owned(),
    }
}
