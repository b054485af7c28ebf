//! Labels from payloads: which label a point has, and how many points have one.
//!
//! A label is a yes or no, a number or a text; blanks around a text are taken away, and an empty one is none. A list of
//! one value is that value. A list of more is no label, as its point would belong to several groups at once; neither is
//! an object. Labels of different kinds are the same where they are written the same: 3, 3.0 and "3".

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::GroupsConfig;
use crate::point::{Distance, Payload};

/// Thresholds of a weak label's confidence that are reported beside the one that is used.
const THRESHOLDS: [f64; 6] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/// Objects inside objects that are looked into for names of fields.
const DEPTH: usize = 4;

/// What a payload says of a point's group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The label that a person gave.
    pub manual: Option<String>,
    /// The label that was guessed.
    pub weak: Option<String>,
    /// How sure the guess is.
    pub confidence: Option<f64>,
    /// Whether a field of labels holds a list of several values or an object, which is no label.
    pub unusable: bool,
}

impl Said {
    /// What stands in the fields that the settings name.
    pub fn of(payload: &Payload, config: &GroupsConfig) -> Self {
        let mut said = Self::default();
        let mut label = |field: &Option<String>| match field.as_ref().and_then(|field| value_at(payload, field)) {
            None => None,
            Some(value) => read(value).unwrap_or_else(|()| {
                said.unusable = true;
                None
            }),
        };
        let (manual, weak) = (label(&config.labels), label(&config.weak_labels));
        let confidence = config.label_confidence.as_ref().and_then(|field| value_at(payload, field)?.as_f64());
        Self { manual, weak, confidence, ..said }
    }

    /// The weak label where it is surer than a threshold.
    fn sure(&self, threshold: f64) -> Option<&String> {
        self.weak.as_ref().filter(|_| self.confidence.is_some_and(|confidence| confidence > threshold))
    }

    /// The label that counts: the manual one, or else the weak one where it is surer than the threshold.
    pub fn label(&self, threshold: f64) -> Option<&String> {
        self.manual.as_ref().or_else(|| self.sure(threshold))
    }
}

/// The value in a field. A dot leads into an object, unless a field's own name has it.
fn value_at<'a>(payload: &'a Payload, path: &str) -> Option<&'a Value> {
    let (mut fields, mut rest) = (payload, path);
    loop {
        if let Some(value) = fields.get(rest) {
            return Some(value);
        }
        let (head, tail) = rest.split_once('.')?;
        fields = fields.get(head)?.as_object()?;
        rest = tail;
    }
}

/// A value as a label; none where it is null or empty. Fails where it is no label.
fn read(value: &Value) -> Result<Option<String>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(yes) => Ok(Some(yes.to_string())),
        Value::Number(number) => Ok(Some(match number.as_f64() {
            // A whole number is the same however it is written, as far as a float64 counts exactly.
            Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => format!("{}", value as i64),
            _ => number.to_string(),
        })),
        Value::String(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)),
        Value::Array(values) => match values.as_slice() {
            [] => Ok(None),
            [one] if !one.is_array() => read(one),
            _ => Err(()),
        },
        Value::Object(fields) => {
            if fields.is_empty() {
                Ok(None)
            } else {
                Err(())
            }
        }
    }
}

/// The fields of payloads that hold a value which could be a label, by name; fields of objects are joined by dots.
pub fn field_names<'a>(payloads: impl IntoIterator<Item = &'a Payload>) -> Vec<String> {
    fn look(fields: &Payload, before: &str, depth: usize, found: &mut BTreeSet<String>) {
        for (name, value) in fields {
            let name = format!("{before}{name}");
            match value {
                Value::Object(inner) if depth > 0 => look(inner, &format!("{name}."), depth - 1, found),
                value if matches!(read(value), Ok(Some(_))) => drop(found.insert(name)),
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    payloads.into_iter().for_each(|payload| look(payload, "", DEPTH, &mut found));
    found.into_iter().collect()
}

/// How many points are kept where weak labels count above a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// A weak label counts where its confidence is above this.
    pub threshold: f64,
    /// Whether this one is used.
    pub chosen: bool,
    /// Points with a label: those of the next two.
    pub kept: usize,
    /// Points with a manual label.
    pub manual: usize,
    /// Points without one whose weak label counts.
    pub weak: usize,
    /// Points with a manual label and a weak one that would count.
    pub both: usize,
    /// How many of these have the same in both.
    pub agree: usize,
}

impl Kept {
    fn of<'a>(said: impl Iterator<Item = &'a Said>, threshold: f64, chosen: bool) -> Self {
        let mut kept = Self { threshold, chosen, ..Self::default() };
        for said in said {
            match (&said.manual, said.sure(threshold)) {
                (Some(manual), weak) => {
                    kept.manual += 1;
                    kept.both += usize::from(weak.is_some());
                    kept.agree += usize::from(weak == Some(manual));
                }
                (None, Some(_)) => kept.weak += 1,
                (None, None) => {}
            }
        }
        kept.kept = kept.manual + kept.weak;
        kept
    }

    /// The share of equal labels where both exist; none where no point has both.
    pub fn agreement(&self) -> Option<f64> {
        (self.both > 0).then(|| self.agree as f64 / self.both as f64)
    }
}

/// How many points of a sample have labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelReport {
    /// Points of the sample.
    pub points: usize,
    /// Training points with a label.
    pub train: usize,
    /// Held-out points with a label.
    pub held_out: usize,
    /// Different labels.
    pub labels: usize,
    /// Labels that two training points or more have, which can be trained on.
    pub trained: usize,
    /// Points whose field holds a list of several values or an object, which is no label.
    pub unusable: usize,
    /// Points kept at each threshold of the weak labels' confidence, ascending; without weak labels only at the one
    /// that is used.
    pub thresholds: Vec<Kept>,
}

impl LabelReport {
    /// At the threshold that is used.
    pub fn chosen(&self) -> Option<&Kept> {
        self.thresholds.iter().find(|kept| kept.chosen)
    }
}

/// The labels of a sample's points.
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    /// What the labels are called, sorted.
    pub names: Vec<String>,
    /// The label of each training point, as a place in `names`.
    pub train: Vec<Option<u32>>,
    /// The label of each held-out point.
    pub held_out: Vec<Option<u32>>,
    /// How nearness of the sample's vectors is measured.
    pub distance: Distance,
    /// How many points have one.
    pub report: LabelReport,
}

impl Groups {
    /// Chooses the labels of training and held-out points from what their payloads say.
    pub fn choose(train: &[Said], held_out: &[Said], config: &GroupsConfig, distance: Distance) -> Self {
        let threshold = config.min_confidence;
        let all = || train.iter().chain(held_out);
        let names: BTreeSet<&String> = all().filter_map(|said| said.label(threshold)).collect();
        let places: HashMap<&String, u32> = names.iter().copied().zip(0..).collect();
        let of = |said: &[Said]| -> Vec<Option<u32>> {
            said.iter().map(|said| said.label(threshold).and_then(|label| places.get(label).copied())).collect()
        };
        let (train_labels, held_out_labels) = (of(train), of(held_out));
        let mut thresholds = vec![threshold];
        if config.weak_labels.is_some() {
            thresholds.extend(THRESHOLDS.into_iter().filter(|other| *other != threshold));
            thresholds.sort_by(f64::total_cmp);
        }
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        train_labels.iter().flatten().for_each(|label| *counts.entry(*label).or_default() += 1);
        let report = LabelReport {
            points: train.len() + held_out.len(),
            train: train_labels.iter().flatten().count(),
            held_out: held_out_labels.iter().flatten().count(),
            labels: names.len(),
            trained: counts.values().filter(|count| **count >= 2).count(),
            unusable: all().filter(|said| said.unusable).count(),
            thresholds: thresholds.into_iter().map(|t| Kept::of(all(), t, t == threshold)).collect(),
        };
        Self {
            names: names.into_iter().cloned().collect(),
            train: train_labels,
            held_out: held_out_labels,
            distance,
            report,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn payload(json: Value) -> Payload {
        json.as_object().unwrap().clone()
    }

    fn fields() -> GroupsConfig {
        GroupsConfig {
            labels: Some("by.hand".into()),
            weak_labels: Some("guess".into()),
            label_confidence: Some("sure".into()),
            ..GroupsConfig::default()
        }
    }

    #[test]
    fn labels_are_read_wherever_they_stand_and_whatever_they_are() {
        for (value, label) in [
            (json!("cake"), Some("cake")),
            (json!("  cake \n"), Some("cake")),
            (json!(3), Some("3")),
            (json!(3.0), Some("3")),
            (json!(-0.0), Some("0")),
            (json!(2.5), Some("2.5")),
            (json!(u64::MAX), Some("18446744073709551615")),
            (json!(true), Some("true")),
            (json!(["cake"]), Some("cake")),
            (json!([]), None),
            (json!({}), None),
            (json!(""), None),
            (json!(" "), None),
            (json!(null), None),
        ] {
            let said = Said::of(&payload(json!({ "by": { "hand": value } })), &fields());
            assert_eq!((said.manual.as_deref(), said.unusable), (label, false), "{value}");
        }
        for value in [json!(["cake", "pie"]), json!({ "a": 1 }), json!([["cake"]])] {
            let said = Said::of(&payload(json!({ "by": { "hand": value } })), &fields());
            assert_eq!((said.manual, said.unusable), (None, true), "{value}");
        }
        let dotted = payload(json!({ "by.hand": "a", "by": { "hand": "b" } }));
        assert_eq!(Said::of(&dotted, &fields()).manual.as_deref(), Some("a"), "a field's own name goes first");
        for missing in [json!({}), json!({ "by": 3 }), json!({ "by": { "other": 1 } })] {
            assert_eq!(Said::of(&payload(missing), &fields()), Said::default());
        }
    }

    #[test]
    fn a_manual_label_wins_and_a_weak_one_counts_above_the_threshold() {
        let of = |json: Value| Said::of(&payload(json), &fields());
        let both = of(json!({ "by": { "hand": "a" }, "guess": "b", "sure": 0.99 }));
        assert_eq!(both.label(0.7).map(String::as_str), Some("a"));
        let weak = of(json!({ "guess": "b", "sure": 0.8 }));
        assert_eq!((weak.label(0.79).map(String::as_str), weak.label(0.8)), (Some("b"), None), "strictly above");
        for unsure in [json!({ "guess": "b" }), json!({ "guess": "b", "sure": "much" })] {
            assert_eq!(of(unsure).label(0.0), None, "without a confidence it never counts");
        }
    }

    /// Six points, counted by hand.
    #[test]
    fn a_report_says_what_is_kept_and_how_far_both_agree() {
        let said = |manual: Option<&str>, weak: Option<(&str, f64)>| Said {
            manual: manual.map(str::to_owned),
            weak: weak.map(|w| w.0.to_owned()),
            confidence: weak.map(|w| w.1),
            unusable: false,
        };
        let train = [
            said(Some("a"), Some(("a", 0.95))),
            said(Some("a"), Some(("b", 0.75))),
            said(None, Some(("b", 0.72))),
            said(None, Some(("c", 0.55))),
        ];
        let held_out = [said(Some("b"), None), said(None, None)];
        let groups = Groups::choose(&train, &held_out, &fields(), Distance::Cosine);
        assert_eq!(groups.names, ["a", "b"]);
        assert_eq!(groups.train, [Some(0), Some(0), Some(1), None]);
        assert_eq!(groups.held_out, [Some(1), None]);
        let report = &groups.report;
        assert_eq!((report.points, report.train, report.held_out), (6, 3, 1));
        assert_eq!((report.labels, report.trained, report.unusable), (2, 1, 0));
        let lines: Vec<_> = report.thresholds.iter().map(|k| (k.threshold, k.kept, k.weak, k.both, k.agree)).collect();
        assert_eq!(
            lines,
            [
                (0.5, 5, 2, 2, 1),
                (0.6, 4, 1, 2, 1),
                (0.7, 4, 1, 2, 1),
                (0.8, 3, 0, 1, 1),
                (0.9, 3, 0, 1, 1),
                (0.95, 3, 0, 0, 0),
            ]
        );
        assert!(report.thresholds.iter().all(|k| k.manual == 3));
        let chosen = report.chosen().unwrap();
        assert_eq!((chosen.threshold, chosen.agreement()), (0.7, Some(0.5)));
        assert_eq!(report.thresholds[5].agreement(), None);
        let alone = GroupsConfig { weak_labels: None, label_confidence: None, ..fields() };
        let groups = Groups::choose(&train, &held_out, &alone, Distance::Cosine);
        assert_eq!(groups.report.thresholds.len(), 1, "without weak labels there is nothing to choose");
        let own = Groups::choose(&train, &held_out, &GroupsConfig { min_confidence: 0.65, ..fields() }, Distance::Dot);
        assert_eq!(own.report.thresholds.len(), 7);
        assert_eq!(own.report.thresholds.iter().position(|k| k.chosen), Some(2), "in its place among the others");
    }

    #[test]
    fn fields_that_may_hold_labels_are_found() {
        let payloads = [
            payload(json!({ "dish": "cake", "size": { "name": "large", "cm": [1, 2] }, "gone": null })),
            payload(json!({ "count": 3, "tags": ["a", "b"], "one": ["a"] })),
        ];
        assert_eq!(field_names(&payloads), ["count", "dish", "one", "size.name"]);
    }

    proptest! {
        #[test]
        fn a_higher_threshold_never_keeps_more(
            points in proptest::collection::vec(
                (proptest::option::of(0u8..3), proptest::option::of((0u8..3, 0.0f64..1.0))), 0..40),
        ) {
            let said: Vec<Said> = points
                .iter()
                .map(|(manual, weak)| Said {
                    manual: manual.map(|m| m.to_string()),
                    weak: weak.map(|w| w.0.to_string()),
                    confidence: weak.map(|w| w.1),
                    unusable: false,
                })
                .collect();
            let groups = Groups::choose(&said, &[], &fields(), Distance::Cosine);
            let lines = &groups.report.thresholds;
            prop_assert!(lines.windows(2).all(|w| w[0].kept >= w[1].kept && w[0].both >= w[1].both));
            for k in lines {
                prop_assert_eq!(k.kept, said.iter().filter(|s| s.label(k.threshold).is_some()).count());
                prop_assert!(k.agree <= k.both && k.both <= k.manual && k.manual + k.weak == k.kept);
            }
            prop_assert_eq!(groups.report.train, groups.report.chosen().unwrap().kept);
        }
    }
}
