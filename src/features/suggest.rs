//! Names that are earned: suggested from one half of some points, and scored on the other.
//!
//! # Which points
//!
//! A [`Pool`] is a uniform sample of the collection, and behind it the strongest points of every feature. A hash of its
//! id puts each point into one of two halves: names are made of the one and scored on the other, so that a score says
//! what a name is worth on points that it was not chosen by.
//!
//! A feature fires for a point above an activation of [`FIRES_ABOVE`](super::FIRES_ABOVE), or above a quarter of its
//! largest one in the half where it never comes far above that. Its *strongest points* in a half are the first 50 for
//! which it fires, of all points of the pool. Whatever is counted over the collection at large is counted over the uniform
//! sample alone: strongest points were chosen for their activation, and would make each value that they have look
//! telling.
//!
//! # From payload
//!
//! 1. Of the half for making: the strongest points are compared with the sample's points for which the feature does not
//!    fire, value by value, as [`words`](fn@super::words) does. A value stays a candidate where the lower bound of its log
//!    odds ratio is above 0 and at least half of the strongest points have it.
//! 2. Of the candidates the one is chosen whose points the feature comes nearest to finding: the largest F1 that any
//!    threshold reaches, over the sample's points of the same half.
//! 3. Of the half for scoring: the area under the ROC curve (AUROC) of the activation between the sample's points that
//!    have the value and those that do not.
//!
//! Where that is not enough, or where several features have the same value, a second value stands behind the first: the
//! surest of another field that tells the strongest points from those with the first value for which the feature does not
//! fire. It must do as well as a name does twice: among the points with the first value, and both together among all.
//!
//! # From a text encoder
//!
//! Of the half for making, with all points' vectors of length 1:
//!
//! ```text
//! near = mean of the strongest points - mean of the 50 points nearest to that mean for which the feature does not fire
//! far  = mean of the strongest points - mean of all sampled points for which the feature does not fire
//! n    = near / |near| + 2 far / |far|
//! name = argmax over words w of n . w - mean over features of n' . w
//! ```
//!
//! where words are centred (the mean of all words' vectors is taken away) and not brought to length 1 again: then n . w is
//! how much nearer w is to the feature's points than to others, and a word that means nothing for this collection, whose
//! nearness hardly changes from point to point, does not come near to the largest. The nearest quiet points alone do not
//! do: a feature often fires for a part of what it means, and the nearest quiet points are the other part.
//!
//! The score is the contrastive accuracy in the half for scoring: of all pairs of one of the strongest points and one of
//! the sampled points for which the feature does not fire (1,000 at most), the share in which the word is nearer to the
//! strong point. As a word is the best of thousands, it needs at least .9.
//!
//! # When a feature stays unnamed
//!
//! Where the score is under the least one ([`LEAST_SCORE`] unless said otherwise); where the lower end of its 95 % interval
//! is more than .1 under that, which is so for few points; where fewer than [`SUPPORT`] points of either kind are there to
//! score with; from payload where not half of the strongest points of the half for scoring have the value, either; and
//! where it is dead. What is scored is chosen before: no other value is tried where the chosen one fails.

mod gather;
mod ranking;
#[cfg(test)]
mod tests;
mod texts;
mod values;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::accumulate::FeatureTable;
use super::names::{FieldValue, NameSource};
use crate::encoder::Encoder;
use crate::error::Result;

use gather::Halves;
pub use gather::{Gathered, Gathering, Pool};
use texts::{Direction, Words};
use values::{Named, Values, as_name};

/// The score that a name needs, unless said otherwise: three of four pairs the right way round.
pub const LEAST_SCORE: f32 = 0.75;
/// Points of either kind that a score needs.
pub const SUPPORT: usize = 10;
/// How far the lower end of the 95 % interval may lie under the least score.
const BOUND: f64 = 0.1;
/// The strongest points of a feature that a name is made of, in one half.
const STRONGEST: usize = 50;
/// A feature that fires for fewer points of a half has no name.
const LEAST_STRONGEST: usize = 5;
/// Features between two looks at whether to go on.
const STEP: usize = 64;

/// How names are suggested.
#[derive(Clone, Debug)]
pub struct SuggestSettings {
    /// Whether payloads give names.
    pub payload: bool,
    /// The fields that do; all where none is named.
    pub fields: Vec<String>,
    /// The least score of a name.
    pub least: f32,
}

/// A vocabulary in the space of the collection's vectors.
#[derive(Clone, Debug, Default)]
pub struct WordVectors {
    /// The words.
    pub words: Vec<String>,
    /// Their vectors, words x dimensions.
    pub vectors: Vec<f32>,
}

/// A name for a feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The feature.
    pub feature: usize,
    /// The name.
    pub name: String,
    /// How well it does on points held out of its making, 0 to 1.
    pub score: f32,
    /// Where it comes from.
    pub source: NameSource,
}

/// A score, and the points that it comes from.
#[derive(Clone, Copy, Debug)]
struct Score {
    value: f64,
    /// The lower end of the 95 % interval.
    lower: f64,
    with: usize,
    without: usize,
}

/// One feature over the points of a pool.
struct Feature<'a> {
    /// By row of the pool.
    activations: &'a [f32],
    /// It fires above this.
    level: f32,
    /// Rows of its strongest points in either half, strongest first.
    making: Vec<u32>,
    scoring: Vec<u32>,
}

impl<'a> Feature<'a> {
    fn new(activations: &'a [f32], halves: &Halves) -> Self {
        let value = |row: &u32| activations[*row as usize];
        let largest = halves.making.all.iter().map(value).fold(0.0, f32::max);
        let level = super::FIRES_ABOVE.min(largest / 4.0);
        let strongest = |rows: &[u32]| {
            let mut rows: Vec<u32> = rows.iter().filter(|row| value(row) > level).copied().collect();
            rows.sort_unstable_by(|a, b| value(b).total_cmp(&value(a)).then(a.cmp(b)));
            rows.truncate(STRONGEST);
            rows
        };
        Self { activations, level, making: strongest(&halves.making.all), scoring: strongest(&halves.scoring.all) }
    }

    fn fires(&self, row: u32) -> bool {
        self.activations[row as usize] > self.level
    }
}

/// What is known of a feature when all of them are.
struct Known {
    feature: usize,
    payload: Option<Named>,
    direction: Option<Direction>,
}

/// Suggests names for the living features, by their index: from payloads where those give one, otherwise from the
/// words, where there are any. `step` is called with the number of features that were looked at since the last time, and
/// its failure ends the work.
pub fn suggest(
    encoder: &Encoder,
    pool: &Pool,
    table: &FeatureTable,
    settings: &SuggestSettings,
    words: Option<&WordVectors>,
    mut step: impl FnMut(usize) -> Result<()>,
) -> Result<Vec<Suggestion>> {
    let halves = pool.halves();
    let least = f64::from(settings.least);
    let values = if settings.payload { Values::of(pool, &halves, &settings.fields) } else { Values::default() };
    let words = words.map(|words| Words::new(words, pool, &halves));
    let size = encoder.block_size();
    let mut known: Vec<Known> = Vec::new();
    for block in 0..encoder.blocks() {
        let outputs = encoder.one_block(block).encode(&pool.vectors);
        for first in (0..size).step_by(STEP) {
            let places = first..(first + STEP).min(size);
            let looked = places.len();
            let found: Vec<Known> = places
                .into_par_iter()
                .filter(|place| !table.features[block * size + place].is_dead())
                .filter_map(|place| {
                    let column: Vec<f32> = outputs.iter().skip(place).step_by(size).copied().collect();
                    let feature = Feature::new(&column, &halves);
                    if feature.making.len() < LEAST_STRONGEST {
                        return None;
                    }
                    let payload = settings.payload.then(|| values.name(&feature, &halves, least)).flatten();
                    let direction = words.as_ref().map(|words| words.direction(&feature, &halves));
                    Some(Known { feature: block * size + place, payload, direction })
                })
                .collect();
            known.extend(found);
            step(looked)?;
        }
    }
    let spoken = words.map(|words| words.names(&known, least)).unwrap_or_default();
    Ok(together(known, spoken))
}

/// One name for each feature that has any. Where a value is not enough, or several features have the same one, what tells a
/// feature's points from the others with that value stands behind it.
fn together(known: Vec<Known>, mut spoken: BTreeMap<usize, Suggestion>) -> Vec<Suggestion> {
    let mut shared: BTreeMap<String, usize> = BTreeMap::new();
    for named in known.iter().filter_map(|known| known.payload.as_ref()) {
        *shared.entry(as_name(&named.item)).or_default() += 1;
    }
    let mut all: Vec<Suggestion> = Vec::new();
    for Known { feature, payload, .. } in known {
        let Some(Named { item, score, second }) = payload else {
            all.extend(spoken.remove(&feature));
            continue;
        };
        let first = as_name(&item);
        let second = second.filter(|_| score.is_none() || shared[&first] > 1);
        let (name, score) = match (&second, score) {
            (Some((item, both)), _) => (format!("{first}, {}", as_name(item)), *both),
            (None, Some(score)) => (first, score),
            (None, None) => continue,
        };
        let source = NameSource::Payload {
            field: item.field,
            value: item.value,
            and: second.map(|(item, _)| FieldValue { field: item.field, value: item.value }),
            with: score.with as u64,
            without: score.without as u64,
        };
        // A name has its limits in length; a value may not.
        let name = crate::label::shortened(&name);
        all.push(Suggestion { feature, name, score: score.value as f32, source });
    }
    all
}
