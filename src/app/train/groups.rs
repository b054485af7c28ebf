//! The form's part about labels: what is typed, what is wrong with it, and the settings that it means.

use std::collections::BTreeMap;

use super::form::{Field, Form};
use crate::config::{GroupsConfig, LABELLED_SPLIT, TrainConfig};

/// A value about labels that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupField {
    /// The payload field with labels that people gave.
    Labels,
    /// The payload field with labels that were guessed.
    Weak,
    /// The payload field with their confidence.
    Confidence,
    /// What it has to be above.
    Threshold,
    /// The weight of the supervised loss.
    Weight,
}

impl GroupField {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Labels, Self::Weak, Self::Confidence, Self::Threshold, Self::Weight];

    /// Its label.
    pub fn title(self) -> &'static str {
        match self {
            Self::Labels => "Label field",
            Self::Weak => "Weak labels",
            Self::Confidence => "Their confidence",
            Self::Threshold => "Sure above",
            Self::Weight => "Label weight",
        }
    }

    /// What it is.
    pub fn about(self) -> &'static str {
        match self {
            Self::Labels => {
                "The payload field with the label that a person gave. Points of the same label are brought together. Empty \
                 trains without labels."
            }
            Self::Weak => {
                "The payload field with a label that was guessed, by a model say. It counts where a point has none that a \
                 person gave and the guess is sure enough."
            }
            Self::Confidence => "The payload field with the confidence of the weak label, from 0 to 1.",
            Self::Threshold => "A weak label counts where its confidence is above this, from 0 to 1.",
            Self::Weight => {
                "How much labels count in the loss, from 0 to 1, where 1 is labels alone. With 0 they only measure how well \
                 points of a label are found."
            }
        }
    }

    /// Whether it names a field of payloads.
    pub fn is_field(self) -> bool {
        matches!(self, Self::Labels | Self::Weak | Self::Confidence)
    }

    fn of(self, config: &GroupsConfig) -> String {
        match self {
            Self::Labels => config.labels.clone().unwrap_or_default(),
            Self::Weak => config.weak_labels.clone().unwrap_or_default(),
            Self::Confidence => config.label_confidence.clone().unwrap_or_default(),
            Self::Threshold => config.min_confidence.to_string(),
            Self::Weight => config.supervised.to_string(),
        }
    }
}

/// What stands in the form about labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupsForm {
    texts: BTreeMap<GroupField, String>,
    /// Whether the fields are shown.
    pub shown: bool,
}

impl From<&GroupsConfig> for GroupsForm {
    fn from(config: &GroupsConfig) -> Self {
        let texts = GroupField::ALL.into_iter().map(|field| (field, field.of(config))).collect();
        Self { texts, shown: config.is_given() }
    }
}

impl GroupsForm {
    /// What stands in a field.
    pub fn text(&self, field: GroupField) -> &str {
        self.texts.get(&field).map_or("", String::as_str)
    }

    /// Whether any labels are named.
    pub fn is_given(&self) -> bool {
        [GroupField::Labels, GroupField::Weak].into_iter().any(|field| !self.text(field).trim().is_empty())
    }

    /// The settings that stand here, and what is wrong with them.
    pub fn check(&self) -> (GroupsConfig, BTreeMap<GroupField, String>) {
        let usual = GroupsConfig::default();
        let mut problems = BTreeMap::new();
        let name = |field| Some(self.text(field).trim().to_owned()).filter(|name| !name.is_empty());
        let mut share = |field, usual: f64| match self.text(field).trim().parse::<f64>() {
            Ok(value) if (0.0..=1.0).contains(&value) => value,
            _ => {
                problems.insert(field, "must be a number from 0 to 1".to_owned());
                usual
            }
        };
        let config = GroupsConfig {
            labels: name(GroupField::Labels),
            weak_labels: name(GroupField::Weak),
            label_confidence: name(GroupField::Confidence),
            min_confidence: share(GroupField::Threshold, usual.min_confidence),
            supervised: share(GroupField::Weight, usual.supervised),
        };
        match (&config.weak_labels, &config.label_confidence) {
            (Some(_), None) => problems.insert(GroupField::Confidence, "a weak label counts by its confidence".into()),
            (None, Some(_)) => problems.insert(GroupField::Weak, "a confidence is that of a weak label".into()),
            _ => None,
        };
        (config, problems)
    }
}

/// Settings without what labels bring, to compare with those of a preset.
pub(super) fn without(config: &TrainConfig) -> TrainConfig {
    let mut bare = TrainConfig { groups: GroupsConfig::default(), ..config.clone() };
    if config.groups.is_given() && config.split == LABELLED_SPLIT {
        bare.split = TrainConfig::default().split;
    }
    bare
}

impl Form {
    /// Puts the validation share of trainings with labels in the place of the usual one, where there are labels.
    pub(super) fn split_for_groups(&mut self) {
        if self.groups.is_given() && self.text(Field::Split) == TrainConfig::default().split.to_string() {
            self.set(Field::Split, LABELLED_SPLIT.to_string());
        }
    }

    /// Types something into a field about labels. With the first label the validation share becomes that of trainings with
    /// labels, and with the last one gone the usual one again, unless a person chose another.
    pub fn set_group(&mut self, field: GroupField, text: impl Into<String>) {
        let before = self.groups.is_given();
        self.groups.texts.insert(field, text.into());
        match (before, self.groups.is_given()) {
            (false, true) => self.split_for_groups(),
            (true, false) if self.text(Field::Split) == LABELLED_SPLIT.to_string() => {
                self.set(Field::Split, TrainConfig::default().split.to_string());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_into_the_form_is_read_back_from_it() {
        let full = GroupsConfig {
            labels: Some("dish".into()),
            weak_labels: Some("guess.dish".into()),
            label_confidence: Some("guess.sure".into()),
            min_confidence: 0.85,
            supervised: 0.25,
        };
        for config in [GroupsConfig::default(), full] {
            let form = GroupsForm::from(&config);
            assert_eq!((form.is_given(), form.shown), (config.is_given(), config.is_given()));
            assert_eq!(form.check(), (config, BTreeMap::new()));
        }
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        for (field, text, wrong) in [
            (GroupField::Threshold, "1.5", Some(GroupField::Threshold)),
            (GroupField::Threshold, "", Some(GroupField::Threshold)),
            (GroupField::Weight, "nan", Some(GroupField::Weight)),
            (GroupField::Weight, "-0.1", Some(GroupField::Weight)),
            (GroupField::Weak, "guess", Some(GroupField::Confidence)),
            (GroupField::Confidence, "sure", Some(GroupField::Weak)),
            (GroupField::Labels, " dish ", None),
            (GroupField::Weight, "1", None),
        ] {
            let mut form = Form::from(&TrainConfig::default());
            form.set_group(field, text);
            let (config, problems) = form.groups.check();
            assert_eq!(problems.into_keys().next(), wrong, "{field:?} = {text:?}");
            let checked = form.check(None);
            assert_eq!(checked.config.is_none(), wrong.is_some());
            assert!(checked.config.is_none_or(|whole| whole.groups == config));
        }
    }

    #[test]
    fn labels_bring_their_validation_share_and_take_it_away() {
        let mut form = Form::from(&TrainConfig::default());
        form.set_group(GroupField::Labels, "d");
        assert_eq!(form.check(None).config.map(|c| c.split), Some(0.25));
        form.set_group(GroupField::Weak, "w");
        form.set_group(GroupField::Labels, "");
        assert_eq!(form.text(Field::Split), "0.25", "there is still one");
        form.set_group(GroupField::Weak, " ");
        assert_eq!(form.text(Field::Split), "0.2");
        form.set(Field::Split, "0.4");
        form.set_group(GroupField::Labels, "d");
        assert_eq!(form.text(Field::Split), "0.4", "what a person chose stays");
    }

    #[test]
    fn labels_make_no_preset_another() {
        let mut form = Form::from(&TrainConfig::default());
        let preset = form.check(None).preset;
        assert!(preset.is_some());
        form.set_group(GroupField::Labels, "dish");
        assert_eq!(form.check(None).preset, preset);
        form.apply(super::super::Preset::Quick);
        let checked = form.check(None);
        assert_eq!(checked.preset, Some(super::super::Preset::Quick));
        assert_eq!(checked.config.map(|c| (c.groups.labels, c.split)), Some((Some("dish".into()), 0.25)));
    }
}
