//! The form: what is typed, what is wrong with it, and the settings that it means.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{Field, Group, Read};
use super::groups::{GroupField, GroupsForm};
use super::preset::{Size, bare, is_untouched};
use crate::config::{ObjectiveKind, TrainConfig};

/// What stands in the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    texts: BTreeMap<Field, String>,
    /// What is chosen rather than typed, such as the objective, the schedule and the device, and what has no field. Values
    /// of fields that do not apply are here, too; those that apply are typed.
    pub chosen: TrainConfig,
    /// The groups of fields that are unfolded.
    pub open: BTreeSet<Group>,
    /// What is typed about labels.
    pub groups: GroupsForm,
}

impl From<&TrainConfig> for Form {
    fn from(config: &TrainConfig) -> Self {
        let texts = Field::ALL.into_iter().map(|field| (field, field.of(config))).collect();
        Self { texts, chosen: bare(config), open: BTreeSet::new(), groups: GroupsForm::from(&config.groups) }
    }
}

/// The collection that the form is about, as far as it matters for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Points.
    pub points: u64,
    /// Dimensions of a vector.
    pub dim: usize,
}

/// A form that was looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// What is wrong with a field.
    pub problems: BTreeMap<Field, String>,
    /// What is wrong with a field about labels.
    pub groups: BTreeMap<GroupField, String>,
    /// What should be known of a field, and is no fault.
    pub notes: BTreeMap<Field, String>,
    /// The size, where the fields are one's.
    pub size: Option<Size>,
    /// Whether all else is as the objective's preset has it; false where something is wrong.
    pub untouched: bool,
    /// The settings, where nothing is wrong. Collection and paths are not among them.
    pub config: Option<TrainConfig>,
}

impl Form {
    /// What stands in a field.
    pub fn text(&self, field: Field) -> &str {
        self.texts.get(&field).map_or("", String::as_str)
    }

    /// Types something into a field.
    pub fn set(&mut self, field: Field, text: impl Into<String>) {
        self.texts.insert(field, text.into());
    }

    /// Puts the values of an objective's preset into the fields. The size stays where it is one, and so do seed, device and
    /// labels.
    pub fn apply(&mut self, objective: ObjectiveKind) {
        let size = self.check(None).size.unwrap_or(Size::Usual);
        let before = &self.chosen;
        let mut config = TrainConfig { device: before.device, ..bare(&TrainConfig::preset(objective)) };
        size.apply(&mut config);
        let seed = self.text(Field::Seed).to_owned();
        let (open, groups) = (std::mem::take(&mut self.open), self.groups.clone());
        *self = Self { open, groups, ..Self::from(&config) };
        self.set(Field::Seed, seed);
        self.split_for_groups();
    }

    /// Puts the values of a size into the fields; all else stays as it is typed.
    pub fn resize(&mut self, size: Size) {
        let mut config = self.chosen.clone();
        size.apply(&mut config);
        for field in [Field::Sample, Field::Neighbours, Field::Epochs, Field::Blocks, Field::BlockSize] {
            self.set(field, field.of(&config));
        }
    }

    /// Fields that are shown now, of a group or those that stand in the open.
    pub fn fields(&self, group: Option<Group>) -> impl Iterator<Item = Field> + use<'_> {
        let here = move |field: &Field| field.applies(&self.chosen) && field.group(&self.chosen) == group;
        Field::ALL.into_iter().filter(here)
    }

    /// Looks at every field: alone, against the others, and against the collection where one is open.
    pub fn check(&self, room: Option<Room>) -> Checked {
        let mut reader = Reader { form: self, problems: BTreeMap::new() };
        let mut config = self.chosen.clone();
        for field in Field::ALL.into_iter().filter(|field| field.applies(&self.chosen)) {
            field.read(&mut reader, &mut config);
        }
        if config.objective == ObjectiveKind::Autoencoder {
            config.blocks = 1;
        }
        let (groups, mut wrong) = self.groups.check();
        config.groups = groups;
        let mut problems = reader.problems;
        let mut notes = BTreeMap::new();
        if let Some(room) = room.filter(|_| !problems.contains_key(&Field::Sample)) {
            let sample = room.points.min(config.sample as u64);
            if sample < LEAST_POINTS {
                let text = format!("the collection has {sample} points, and {LEAST_POINTS} are needed");
                problems.insert(Field::Sample, text);
            } else if room.points < config.sample as u64 {
                notes.insert(Field::Sample, "all points of the collection are taken".to_owned());
            }
            // As the sample is split.
            let validate = ((sample as f64 * config.split).round() as u64).clamp(2, (sample.max(LEAST_POINTS)) - 2);
            let smaller = validate.min(sample.saturating_sub(validate));
            if problems.is_empty() && config.limit as u64 >= smaller {
                let text = format!("the smaller part has {smaller} points: all of them are neighbours");
                notes.insert(Field::Neighbours, text);
            }
        }
        if problems.is_empty()
            && wrong.is_empty()
            && let Err(error) = config.check()
        {
            // What is left is about several fields together.
            let text = error.to_string();
            let words = super::super::jobs::in_window(&text);
            if text.starts_with("labels") {
                wrong.insert(GroupField::Weight, words);
            } else {
                let field = match text.as_str() {
                    text if text.contains("--active") => Field::Active,
                    text if text.starts_with("every term") => Field::Distillation,
                    _ => Field::BlockSize,
                };
                problems.insert(field, words);
            }
        }
        let config = (problems.is_empty() && wrong.is_empty()).then_some(config);
        let untouched = config.as_ref().is_some_and(is_untouched);
        Checked { size: config.as_ref().and_then(Size::of), untouched, problems, groups: wrong, notes, config }
    }
}

/// Points that can be split into two parts with two each.
pub(super) const LEAST_POINTS: u64 = 4;

struct Reader<'a> {
    form: &'a Form,
    problems: BTreeMap<Field, String>,
}

impl Read for Reader<'_> {
    /// A whole number; digits may be grouped by commas, blanks or underscores.
    fn whole(&mut self, field: Field, least: u64, most: u64) -> u64 {
        let text = self.form.text(field).trim();
        let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | ' ')).collect();
        if let Ok(value) = digits.parse()
            && (least..=most).contains(&value)
        {
            return value;
        }
        let problem = if text.is_empty() {
            "a number is missing".to_owned()
        } else if most == u64::MAX || (digits.parse::<u64>().is_ok_and(|value| value < least) && least > 0) {
            format!("must be a whole number, {least} or more")
        } else {
            format!("must be a whole number from {least} to {most}")
        };
        self.problems.insert(field, problem);
        least
    }

    fn real(&mut self, field: Field, what: &str, fits: impl Fn(f64) -> bool) -> f64 {
        let text = self.form.text(field).trim();
        let problem = match text.parse::<f64>() {
            Ok(value) if value.is_finite() && fits(value) => return value,
            _ if text.is_empty() => "a number is missing".to_owned(),
            Err(_) if text.contains(',') => "decimals follow a point, as in 0.05".to_owned(),
            _ => format!("must be a number {what}"),
        };
        self.problems.insert(field, problem);
        0.5
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::preset::OBJECTIVES;
    use super::*;
    use crate::config::{DeviceChoice, ScheduleKind};

    const ROOM: Option<Room> = Some(Room { points: 1_000_000, dim: 64 });

    fn with(config: &TrainConfig, field: Field, text: &str) -> Checked {
        let mut form = Form::from(config);
        form.set(field, text);
        form.check(ROOM)
    }

    #[test]
    fn what_is_written_into_the_form_is_read_back_from_it() {
        for objective in OBJECTIVES {
            for size in Size::ALL {
                let mut config = TrainConfig { seed: 17, device: DeviceChoice::Cpu, ..TrainConfig::preset(objective) };
                size.apply(&mut config);
                let checked = Form::from(&config).check(ROOM);
                assert_eq!(checked.config, Some(config), "{objective} {size:?}");
                assert_eq!(
                    (checked.size, checked.untouched),
                    (Some(size), true),
                    "seed and device are nobody's preset"
                );
                assert!(checked.problems.is_empty() && checked.notes.is_empty());
            }
        }
    }

    #[test]
    fn a_preset_and_a_size_keep_each_other_and_seed_device_and_labels() {
        let mut form = Form::from(&TrainConfig::default());
        form.set(Field::Seed, "99");
        form.chosen.device = DeviceChoice::Cpu;
        form.set_group(GroupField::Labels, "dish");
        form.set(Field::Patience, "6");
        let checked = form.check(ROOM);
        assert_eq!((checked.untouched, checked.config.map(|c| c.patience)), (false, Some(6)));
        form.resize(Size::Quick);
        let checked = form.check(ROOM);
        assert_eq!((checked.untouched, checked.size), (false, Some(Size::Quick)), "what was typed stays");
        form.apply(ObjectiveKind::Codes);
        let checked = form.check(ROOM);
        assert_eq!((checked.untouched, checked.size), (true, Some(Size::Quick)));
        let config = checked.config.unwrap();
        assert_eq!((config.seed, config.device, config.blocks), (99, DeviceChoice::Cpu, 8));
        assert_eq!(config.groups.labels.as_deref(), Some("dish"));
        form.set(Field::Epochs, "7");
        assert_eq!(form.check(ROOM).size, None);
        form.apply(ObjectiveKind::Balanced);
        assert_eq!(form.check(ROOM).size, Some(Size::Usual), "what is of no size becomes the usual one");
    }

    #[test]
    fn each_objective_has_the_fields_that_mean_something_for_it() {
        let shown = |objective, schedule| {
            let form = Form::from(&TrainConfig { schedule, ..TrainConfig::preset(objective) });
            [None]
                .into_iter()
                .chain(Group::ALL.map(Some))
                .flat_map(|group| form.fields(group).collect::<Vec<_>>())
                .collect()
        };
        let of = |objective| -> Vec<Field> { shown(objective, TrainConfig::preset(objective).schedule) };
        assert!(of(ObjectiveKind::Compatible).contains(&Field::Patience));
        assert!(!of(ObjectiveKind::Compatible).contains(&Field::Usage));
        assert!(of(ObjectiveKind::Balanced).contains(&Field::Usage));
        assert!(!of(ObjectiveKind::Balanced).contains(&Field::Patience), "a cosine has none");
        let plateau: Vec<Field> = shown(ObjectiveKind::Balanced, ScheduleKind::Plateau);
        assert!(plateau.contains(&Field::Patience));
        let sparse = of(ObjectiveKind::Autoencoder);
        assert!(sparse.contains(&Field::Active) && !sparse.contains(&Field::Blocks));
        assert!(!sparse.contains(&Field::Neighbours), "it learns from each vector alone");
        assert!(!of(ObjectiveKind::Codes).contains(&Field::MinMargin), "it has no triplets");
        for objective in OBJECTIVES {
            let mut once = of(objective);
            once.sort();
            once.dedup();
            assert_eq!(once.len(), of(objective).len(), "none stands twice");
            assert!(Group::ALL.iter().all(|group| group.is_of(objective)
                == Form::from(&TrainConfig::preset(objective)).fields(Some(*group)).next().is_some()));
        }
    }

    #[test]
    fn a_field_that_is_not_shown_keeps_nothing_from_starting() {
        let mut form = Form::from(&TrainConfig::preset(ObjectiveKind::Autoencoder));
        form.set(Field::Blocks, "none");
        form.set(Field::Usage, "-1");
        let config = form.check(ROOM).config.unwrap();
        assert_eq!((config.blocks, config.terms.usage), (1, 0.0));
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let (plain, balanced) = (TrainConfig::default(), TrainConfig::preset(ObjectiveKind::Balanced));
        let sparse = TrainConfig::preset(ObjectiveKind::Autoencoder);
        for (config, field, text, words) in [
            (&plain, Field::Sample, "", "missing"),
            (&plain, Field::Sample, "3", "4 or more"),
            (&plain, Field::Neighbours, "many", "from 1 to"),
            (&plain, Field::Blocks, "0", "1 or more"),
            (&plain, Field::Blocks, "2000", "from 1 to 1024"),
            (&plain, Field::BlockSize, "1", "2 or more"),
            (&plain, Field::BlockSize, "65536", "blocks times block size"),
            (&plain, Field::Epochs, "-1", "whole number"),
            (&plain, Field::Lr, "0", "above 0"),
            (&plain, Field::Lr, "0,01", "point"),
            (&plain, Field::Lr, "inf", "above 0"),
            (&plain, Field::Lr, "nan", "above 0"),
            (&plain, Field::Seed, "1.5", "whole number, 0 or more"),
            (&plain, Field::Split, "1", "between 0 and 1"),
            (&plain, Field::MinMargin, "-0.1", "0 or more"),
            (&plain, Field::Dropout, "1", "below 1"),
            (&plain, Field::Factor, "1", "below 1"),
            (&plain, Field::Patience, "x", "whole number"),
            (&plain, Field::Gain, "0", "above 0"),
            (&balanced, Field::Usage, "-1", "0 or more"),
            (&balanced, Field::Decorrelation, "", "missing"),
            (&balanced, Field::Distillation, "much", "0 or more"),
            (&balanced, Field::Sharpness, "inf", "0 or more"),
            (&sparse, Field::Active, "-3", "from 0 to"),
            (&sparse, Field::Active, "5000", "more than the 1024 features"),
            (&sparse, Field::L1, "-1", "0 or more"),
            (&sparse, Field::DeadAfter, "0", "1 or more"),
        ] {
            let checked = with(config, field, text);
            let problem = checked.problems.get(&field).unwrap_or_else(|| panic!("{field:?} = {text:?} was taken"));
            assert!(problem.contains(words), "{field:?} = {text:?}: {problem}");
            assert_eq!(checked.problems.len(), 1, "{:?}", checked.problems);
            assert_eq!((checked.config, checked.size, checked.untouched), (None, None, false));
        }
        assert_eq!(with(&plain, Field::Sample, " 20,000 ").config.unwrap().sample, 20_000);
        assert_eq!(with(&plain, Field::Lr, "1e-2").config.unwrap().lr, 0.01);
    }

    #[test]
    fn a_small_collection_is_told_and_one_too_small_to_split_is_refused() {
        let form = Form::from(&TrainConfig::default());
        let checked = form.check(Some(Room { points: 300, dim: 8 }));
        assert!(checked.notes[&Field::Sample].contains("all points"));
        assert!(checked.notes[&Field::Neighbours].contains("60 points"));
        assert!(checked.config.is_some(), "notes are no faults");
        let checked = form.check(Some(Room { points: 3, dim: 8 }));
        assert!(checked.problems[&Field::Sample].contains("3 points, and 4 are needed"));
        assert!(form.check(None).config.is_some(), "without a collection there is nothing to compare with");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_gives_settings_that_pass_or_a_problem(
            texts in proptest::collection::vec("[0-9.,e-]{0,6}", Field::ALL.len()), points in 4u64..1_000_000,
            objective in 0usize..4,
        ) {
            let mut form = Form::from(&TrainConfig::preset(OBJECTIVES[objective]));
            for (field, text) in Field::ALL.into_iter().zip(texts) {
                form.set(field, text);
            }
            let checked = form.check(Some(Room { points, dim: 3 }));
            prop_assert_eq!(checked.config.is_some(), checked.problems.is_empty());
            if let Some(config) = checked.config {
                prop_assert!(config.check().is_ok());
                prop_assert_eq!(Form::from(&config).check(None).config, Some(config));
            }
        }
    }
}
