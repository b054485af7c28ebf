//! The form: what is typed, what is wrong with it, and the settings that it means.

use std::collections::BTreeMap;

use super::groups::{self, GroupField, GroupsForm};
use crate::config::{DeviceChoice, TrainConfig};

/// Values of the form that are set together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// A first look: a small sample, few epochs.
    Quick,
    /// The reference's settings.
    Reference,
    /// The demo's: the reference's with a higher learning rate, which gives firmer blocks.
    Demo,
    /// Many features from a large sample.
    Large,
}

impl Preset {
    /// All, in the order of the list.
    pub const ALL: [Self; 4] = [Self::Quick, Self::Reference, Self::Demo, Self::Large];

    /// What the list calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Quick => "Quick look",
            Self::Reference => "Reference",
            Self::Demo => "Demo-like",
            Self::Large => "Large",
        }
    }

    /// What it is for.
    pub fn about(self) -> &'static str {
        match self {
            Self::Quick => "A first look: a small sample, fewer epochs and a higher learning rate.",
            Self::Reference => "The settings of the reference implementation: 4 blocks of 64 features.",
            Self::Demo => "The reference with a learning rate of 1e-2, as the demo has it: firmer blocks sooner.",
            Self::Large => "Many features: 8 blocks of 256, a large sample and more triplets in an epoch.",
        }
    }

    /// Its settings; seed, device and paths are the usual ones.
    pub fn config(self) -> TrainConfig {
        let usual = TrainConfig::default();
        match self {
            Self::Quick => TrainConfig { sample: 5_000, limit: 50, epochs: 5, lr: 1e-2, ..usual },
            Self::Reference => usual,
            Self::Demo => TrainConfig { lr: 1e-2, ..usual },
            Self::Large => TrainConfig {
                sample: 100_000,
                blocks: 8,
                block_size: 256,
                epochs: 20,
                epoch_size: 12_800,
                batch_size: 64,
                ..usual
            },
        }
    }

    /// The preset that has these settings, whatever their seed, device and paths.
    pub fn of(config: &TrainConfig) -> Option<Self> {
        let bare = |config: &TrainConfig| {
            let usual = TrainConfig::default();
            TrainConfig {
                train: None,
                val: None,
                collection: usual.collection,
                seed: usual.seed,
                device: usual.device,
                output: usual.output,
                log_dir: usual.log_dir,
                ..groups::without(config)
            }
        };
        Self::ALL.into_iter().find(|preset| preset.config() == bare(config))
    }
}

/// A value of the form that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Points sampled.
    Sample,
    /// Neighbours of a point.
    Neighbours,
    /// Blocks.
    Blocks,
    /// Features in a block.
    BlockSize,
    /// Epochs.
    Epochs,
    /// Learning rate.
    Lr,
    /// Seed.
    Seed,
    /// Share of the sample that is validated on.
    Split,
    /// Triplets in a batch.
    BatchSize,
    /// Triplets in an epoch.
    EpochSize,
    /// Smallest margin of a triplet.
    MinMargin,
    /// Share of the input's components that are dropped.
    Dropout,
    /// Factor of the learning rate.
    Factor,
    /// Epochs before the learning rate is lowered.
    Patience,
}

impl Field {
    /// Those that stand in the open.
    pub const MAIN: [Self; 7] =
        [Self::Sample, Self::Neighbours, Self::Blocks, Self::BlockSize, Self::Epochs, Self::Lr, Self::Seed];
    /// Those that are folded away.
    pub const ADVANCED: [Self; 7] =
        [Self::Split, Self::BatchSize, Self::EpochSize, Self::MinMargin, Self::Dropout, Self::Factor, Self::Patience];

    /// Its label.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sample => "Sample",
            Self::Neighbours => "Neighbours",
            Self::Blocks => "Blocks",
            Self::BlockSize => "Block size",
            Self::Epochs => "Epochs",
            Self::Lr => "Learning rate",
            Self::Seed => "Seed",
            Self::Split => "Validation share",
            Self::BatchSize => "Batch size",
            Self::EpochSize => "Epoch size",
            Self::MinMargin => "Smallest margin",
            Self::Dropout => "Dropout",
            Self::Factor => "Rate factor",
            Self::Patience => "Patience",
        }
    }

    /// What it counts; empty for a plain number.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Sample => "points",
            Self::Neighbours => "per point",
            Self::BlockSize => "features",
            Self::BatchSize | Self::EpochSize => "triplets",
            Self::Patience => "epochs",
            _ => "",
        }
    }

    /// What it is.
    pub fn about(self) -> &'static str {
        match self {
            Self::Sample => {
                "How many points are drawn from the collection to train and validate on. More points take longer to \
                 prepare and show rarer features."
            }
            Self::Neighbours => {
                "How many nearest neighbours of each sampled point are kept. Triplets compare a point's neighbours with \
                 each other and with the rest."
            }
            Self::Blocks => "How many blocks the encoder has. Each block sorts every point into its features anew.",
            Self::BlockSize => "How many features a block has. In each block, the features of a point add up to 1.",
            Self::Epochs => "How often the validation loss is taken; between two times lies one epoch of triplets.",
            Self::Lr => "How far a step goes, such as 2e-3. Too high and the loss jumps; too low and it hardly falls.",
            Self::Seed => "The same seed on the same device draws the same sample, weights and triplets again.",
            Self::Split => {
                "The share of the sample that is kept out of the training and judged on, between 0 and 1. Features that \
                 only fit the training points are seen by it."
            }
            Self::BatchSize => "How many triplets make one step.",
            Self::EpochSize => "How many triplets are drawn for an epoch; a tenth as many validate.",
            Self::MinMargin => {
                "Triplets whose two similarities differ by no more than this are not used. Lower it where a training \
                 finds no usable triplet."
            }
            Self::Dropout => "The share of an input's components that is left out at random while training, below 1.",
            Self::Factor => "What the learning rate is multiplied by when the validation loss stays level.",
            Self::Patience => {
                "How many epochs without a better validation loss are waited for before the rate is lowered."
            }
        }
    }

    /// The value among settings, as it is typed.
    fn of(self, config: &TrainConfig) -> String {
        let float = |value: f64| {
            if value != 0.0 && value.abs() < 0.01 { format!("{value:e}") } else { value.to_string() }
        };
        match self {
            Self::Sample => config.sample.to_string(),
            Self::Neighbours => config.limit.to_string(),
            Self::Blocks => config.blocks.to_string(),
            Self::BlockSize => config.block_size.to_string(),
            Self::Epochs => config.epochs.to_string(),
            Self::Lr => float(config.lr),
            Self::Seed => config.seed.to_string(),
            Self::Split => float(config.split),
            Self::BatchSize => config.batch_size.to_string(),
            Self::EpochSize => config.epoch_size.to_string(),
            // By way of its own digits: as a float64, .1 would have nine more.
            Self::MinMargin => float(config.min_margin.to_string().parse().unwrap_or(f64::from(config.min_margin))),
            Self::Dropout => float(config.dropout),
            Self::Factor => float(config.factor),
            Self::Patience => config.patience.to_string(),
        }
    }
}

/// What stands in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    texts: BTreeMap<Field, String>,
    /// The device.
    pub device: DeviceChoice,
    /// Whether the seldom used fields are shown.
    pub advanced: bool,
    /// What is typed about labels.
    pub groups: GroupsForm,
}

impl From<&TrainConfig> for Form {
    fn from(config: &TrainConfig) -> Self {
        let fields = Field::MAIN.into_iter().chain(Field::ADVANCED);
        Self {
            texts: fields.map(|field| (field, field.of(config))).collect(),
            device: config.device,
            advanced: false,
            groups: GroupsForm::from(&config.groups),
        }
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
    /// The preset, where all fields are one's.
    pub preset: Option<Preset>,
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

    /// Puts a preset's values into the fields; seed and device stay.
    pub fn apply(&mut self, preset: Preset) {
        let seed = self.text(Field::Seed).to_owned();
        self.texts = Self::from(&preset.config()).texts;
        self.set(Field::Seed, seed);
        self.split_for_groups();
    }

    /// Looks at every field: alone, against the others, and against the collection where one is open.
    pub fn check(&self, room: Option<Room>) -> Checked {
        let mut reader = Reader { form: self, problems: BTreeMap::new() };
        let (groups, wrong) = self.groups.check();
        let config = TrainConfig {
            sample: reader.whole(Field::Sample, LEAST_POINTS, 100_000_000) as usize,
            limit: reader.whole(Field::Neighbours, 1, 100_000) as usize,
            blocks: reader.whole(Field::Blocks, 1, 1_024) as u32,
            block_size: reader.whole(Field::BlockSize, 2, 65_536) as u32,
            epochs: reader.whole(Field::Epochs, 1, 1_000_000) as u32,
            lr: reader.real(Field::Lr, "above 0", |v| v > 0.0),
            seed: reader.whole(Field::Seed, 0, u64::MAX),
            split: reader.real(Field::Split, "between 0 and 1, both excluded", |v| v > 0.0 && v < 1.0),
            batch_size: reader.whole(Field::BatchSize, 1, 65_536) as u32,
            epoch_size: reader.whole(Field::EpochSize, 1, u64::from(u32::MAX)) as u32,
            min_margin: reader.real(Field::MinMargin, "0 or more", |v| v >= 0.0 && v < f64::from(f32::MAX)) as f32,
            dropout: reader.real(Field::Dropout, "0 or more and below 1", |v| (0.0..1.0).contains(&v)),
            factor: reader.real(Field::Factor, "above 0 and below 1", |v| v > 0.0 && v < 1.0),
            patience: reader.whole(Field::Patience, 0, u64::from(u32::MAX)) as u32,
            device: self.device,
            groups,
            ..TrainConfig::default()
        };
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
            // What is left is about the two together.
            let words = error.to_string().replace("--blocks times --block-size", "blocks times block size");
            problems.insert(Field::BlockSize, words);
        }
        let config = (problems.is_empty() && wrong.is_empty()).then_some(config);
        Checked { preset: config.as_ref().and_then(Preset::of), problems, groups: wrong, notes, config }
    }
}

/// Points that can be split into two parts with two each.
const LEAST_POINTS: u64 = 4;

struct Reader<'a> {
    form: &'a Form,
    problems: BTreeMap<Field, String>,
}

impl Reader<'_> {
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

    use super::*;

    const ROOM: Option<Room> = Some(Room { points: 1_000_000, dim: 64 });

    fn with(field: Field, text: &str) -> Checked {
        let mut form = Form::from(&TrainConfig::default());
        form.set(field, text);
        form.check(ROOM)
    }

    #[test]
    fn what_is_written_into_the_form_is_read_back_from_it() {
        for preset in Preset::ALL {
            let config = TrainConfig { seed: 17, device: DeviceChoice::Cpu, ..preset.config() };
            let checked = Form::from(&config).check(ROOM);
            assert_eq!(checked.config, Some(config), "{preset:?}");
            assert_eq!(checked.preset, Some(preset), "seed and device are nobody's preset");
            assert!(checked.problems.is_empty() && checked.notes.is_empty());
            assert!(preset.config().check().is_ok());
        }
    }

    #[test]
    fn a_changed_field_makes_it_custom_and_a_preset_keeps_seed_and_device() {
        let mut form = Form::from(&TrainConfig::default());
        form.set(Field::Seed, "99");
        form.device = DeviceChoice::Cpu;
        form.set(Field::Patience, "6");
        let checked = form.check(ROOM);
        assert_eq!((checked.preset, checked.config.map(|c| c.patience)), (None, Some(6)));
        form.apply(Preset::Quick);
        let config = form.check(ROOM).config.unwrap();
        assert_eq!((config.seed, config.device, config.epochs), (99, DeviceChoice::Cpu, 5));
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        for (field, text, words) in [
            (Field::Sample, "", "missing"),
            (Field::Sample, "3", "4 or more"),
            (Field::Neighbours, "many", "from 1 to"),
            (Field::Blocks, "0", "1 or more"),
            (Field::Blocks, "2000", "from 1 to 1024"),
            (Field::BlockSize, "1", "2 or more"),
            (Field::BlockSize, "65536", "blocks times block size"),
            (Field::Epochs, "-1", "whole number"),
            (Field::Lr, "0", "above 0"),
            (Field::Lr, "0,01", "point"),
            (Field::Lr, "inf", "above 0"),
            (Field::Lr, "nan", "above 0"),
            (Field::Seed, "1.5", "whole number, 0 or more"),
            (Field::Split, "1", "between 0 and 1"),
            (Field::MinMargin, "-0.1", "0 or more"),
            (Field::Dropout, "1", "below 1"),
            (Field::Factor, "1", "below 1"),
            (Field::Patience, "x", "whole number"),
        ] {
            let checked = with(field, text);
            let problem = checked.problems.get(&field).unwrap_or_else(|| panic!("{field:?} = {text:?} was taken"));
            assert!(problem.contains(words), "{field:?} = {text:?}: {problem}");
            assert_eq!(checked.problems.len(), 1, "{:?}", checked.problems);
            assert_eq!((checked.config, checked.preset), (None, None));
        }
        assert_eq!(with(Field::Sample, " 20,000 ").config.unwrap().sample, 20_000);
        assert_eq!(with(Field::Lr, "1e-2").config.unwrap().lr, 0.01);
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
            texts in proptest::collection::vec("[0-9.,e-]{0,6}", 14), points in 4u64..1_000_000,
        ) {
            let mut form = Form::from(&TrainConfig::default());
            for (field, text) in Field::MAIN.into_iter().chain(Field::ADVANCED).zip(texts) {
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
