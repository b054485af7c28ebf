//! What the payloads of a feature's points say more often than others do.

pub(super) mod fields;

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};

use fields::{Field, items};

use crate::source::Payload;

/// A value or a word that payloads of some points have more often than others.
#[derive(Clone, Debug, PartialEq)]
pub struct Enriched {
    /// The field of the payload; fields of objects are joined by dots.
    pub field: String,
    /// The value, or a word of it in lower case.
    pub value: String,
    /// How many of the points have it.
    pub among: usize,
    /// How many of the others have it.
    pub rest: usize,
    /// The smoothed log odds ratio, natural: above 0 where it is more frequent among the points.
    pub log_odds: f32,
    /// The lower end of the 95 % interval of the log odds ratio.
    pub lower: f32,
}

/// The 97.5 % point of the normal distribution.
pub(super) const Z: f64 = 1.959_964;
/// Points that the prior counts for. With fewer, rare values are named by chance more often than the bound says.
const PRIOR: f64 = 20.0;
/// The least that the prior counts for either answer.
const LEAST: f64 = 0.5;
/// Points that must have a value: one alone is no pattern.
pub(super) const SUPPORT: usize = 2;

/// The values of payloads that `among` has more often than `rest`, the surest first; only those whose lower bound is
/// above 0. `rest` should be a random sample, such as [`background`](super::FeatureIndex::background).
///
/// A value is a short text that comes back, a number of a field that has few, one of five ranges of a field that has
/// many, a yes or no, an element of an array, a word of a longer text, or a folder of a path or an address that some have
/// and others have not. A point has a value or has it not, however often. Names of files, encoded bytes and ids say nothing
/// of what a point is, and are passed over.
///
/// The measure is the log odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn, "Fightin' Words",
/// Political Analysis 16, 2008, equations 15 to 22), for two outcomes. With a value in a of n points among, in b of m of
/// the rest and in a share p of all, and with the prior's counts s = max(1/2, 20 p) for and t = max(1/2, 20 (1 - p))
/// against it:
///
/// ```text
/// log odds = ln((a + s) / (n - a + t)) - ln((b + s) / (m - b + t))
/// variance = 1 / (a + s) + 1 / (n - a + t) + 1 / (b + s) + 1 / (m - b + t)
/// lower    = log odds - 1.96 sqrt(variance)
/// ```
///
/// The second and the fourth term of the variance, which the paper leaves out as small, are not small here; and a half is
/// the least of a prior's counts, as in the correction of Haldane and Anscombe, so that a rare value is not taken for
/// sure.
pub fn words<A: Borrow<Payload>, R: Borrow<Payload>>(among: &[A], rest: &[R]) -> Vec<Enriched> {
    let all = || among.iter().map(A::borrow).chain(rest.iter().map(R::borrow));
    let fields = Field::all(all());
    let mut counts: BTreeMap<(String, String), [usize; 2]> = BTreeMap::new();
    for (i, payload) in all().enumerate() {
        let side = usize::from(i >= among.len());
        let had: HashSet<(String, String)> = items(payload, &fields).collect();
        for item in had {
            counts.entry(item).or_default()[side] += 1;
        }
    }
    let mut found: Vec<Enriched> = counts
        .into_iter()
        .filter(|(_, [a, _])| *a >= SUPPORT)
        .map(|((field, value), [a, b])| {
            let (log_odds, lower) = log_odds([a, among.len()], [b, rest.len()]);
            Enriched { field, value, among: a, rest: b, log_odds: log_odds as f32, lower: lower as f32 }
        })
        .filter(|e| e.lower > 0.0 && !rest.is_empty())
        .collect();
    found.sort_by(|a, b| b.lower.total_cmp(&a.lower));
    found
}

/// The log odds ratio and its lower bound, of a in n against b in m.
pub(super) fn log_odds([a, n]: [usize; 2], [b, m]: [usize; 2]) -> (f64, f64) {
    let share = (a + b) as f64 / (n + m) as f64;
    let (with, without) = ((PRIOR * share).max(LEAST), (PRIOR * (1.0 - share)).max(LEAST));
    let cells = |a: usize, n: usize| (a as f64 + with, (n - a) as f64 + without);
    let ((has, lacks), (rest_has, rest_lacks)) = (cells(a, n), cells(b, m));
    let ratio = (has / lacks).ln() - (rest_has / rest_lacks).ln();
    let variance = 1.0 / has + 1.0 / lacks + 1.0 / rest_has + 1.0 / rest_lacks;
    (ratio, ratio - Z * variance.sqrt())
}

#[cfg(test)]
pub(super) mod tests {
    use rand::{Rng, SeedableRng};
    use serde_json::{Value, json};

    use super::*;

    pub(in super::super) fn payload(value: Value) -> Payload {
        value.as_object().expect("an object").clone()
    }

    fn found(among: &[Payload], rest: &[Payload]) -> Vec<(String, String, usize, usize)> {
        words(among, rest).into_iter().map(|e| (e.field, e.value, e.among, e.rest)).collect()
    }

    fn is(field: &str, value: &str, among: usize, rest: usize) -> (String, String, usize, usize) {
        (field.into(), value.into(), among, rest)
    }

    #[test]
    fn the_formula_is_the_published_one() {
        // A share of 20 %: a prior of 4 for and 16 against.
        let (ratio, lower) = log_odds([30, 50], [10, 150]);
        let expected = (34f64 / 36.0).ln() - (14f64 / 156.0).ln();
        assert!((ratio - expected).abs() < 1e-12);
        let sd = (1.0 / 34.0 + 1.0 / 36.0 + 1.0 / 14.0 + 1.0 / 156.0f64).sqrt();
        assert!((lower - (expected - 1.959_964 * sd)).abs() < 1e-12);
        let (same, below) = log_odds([10, 50], [30, 150]);
        assert!(same.abs() < 1e-12 && below < 0.0, "the same share on both sides: {same}, {below}");
        // A share of 1 %: a prior of a half for, where 20 points would give less.
        let (rare, _) = log_odds([2, 50], [0, 150]);
        assert!((rare - ((2.5f64 / 67.8).ln() - (0.5f64 / 169.8).ln())).abs() < 1e-12, "{rare}");
    }

    #[test]
    fn values_of_every_kind_are_found_with_their_counts() {
        let one = |i: usize, mark: bool| {
            let mut p = payload(json!({
                "dish": if mark { "ice cream" } else { ["cake", "pizza"][i % 2] },
                "count": if mark { 3 } else { i % 3 },
                "vegan": mark,
                "tags": if mark { json!(["cold", "sweet"]) } else { json!(["sweet"]) },
                "caption": format!("a {} plate number {i} of the day", if mark { "Frozen," } else { "warm" }),
                "made": { "by": if mark { "Ada" } else { "Max" } },
            }));
            if mark {
                p.insert("topping".into(), "sprinkles".into());
            }
            p
        };
        let among: Vec<Payload> = (0..20).map(|i| one(i, i < 18)).collect();
        let rest: Vec<Payload> = (0..100).map(|i| one(i, i < 4)).collect();
        let found = found(&among, &rest);
        for (field, value) in [
            ("dish", "ice cream"),
            ("vegan", "true"),
            ("tags", "cold"),
            ("caption", "frozen"),
            ("made.by", "Ada"),
            ("topping", "sprinkles"),
            ("count", "3"),
        ] {
            assert!(found.contains(&is(field, value, 18, 4)), "{field} {value}: {found:?}");
        }
        assert_eq!(found.len(), 7, "and nothing that both have: {found:?}");
    }

    #[test]
    fn the_surest_come_first_and_none_without_a_rest() {
        let one = |a, b| payload(json!({ "a": if a { "yes" } else { "no" }, "b": if b { "yes" } else { "no" } }));
        let among: Vec<Payload> = (0..50).map(|i| one(i < 45, i < 25)).collect();
        let rest: Vec<Payload> = (0..500).map(|i| one(i % 10 == 0, i % 10 == 0)).collect();
        assert_eq!(found(&among, &rest), [is("a", "yes", 45, 50), is("b", "yes", 25, 50)]);
        assert_eq!(found(&among, &[]), []);
        assert_eq!(found(&[], &rest), []);
        let shared: Vec<std::sync::Arc<Payload>> = among.iter().cloned().map(std::sync::Arc::new).collect();
        assert_eq!(words(&shared, &rest), words(&among, &rest), "shared payloads are as good");
    }

    #[test]
    fn what_is_no_more_frequent_than_by_chance_is_seldom_named() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let vocabulary: Vec<String> = (0..200).map(|i| format!("word{i}x")).collect();
        let mut texts = |count: usize| -> Vec<Payload> {
            (0..count)
                .map(|_| {
                    // As in any language, the first words are far more frequent than the last.
                    let text: Vec<&str> = (0..12)
                        .map(|_| vocabulary[(rng.random_range(0.0f64..1.0).powi(3) * 200.0) as usize].as_str())
                        .collect();
                    payload(json!({ "text": text.join(" ") }))
                })
                .collect()
        };
        let rest = texts(500);
        let named: usize = (0..20).map(|_| words(&texts(50), &rest).len()).sum();
        assert!(named < 20 * 200 / 40, "of 4,000 words no more than a fortieth: {named}");
    }
}
