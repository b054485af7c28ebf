//! Settings of `train`: one objective's own settings are its preset, and a flag that is given wins over them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    CollectionArgs, DeviceChoice, parse_dropout, parse_factor, parse_margin, parse_positive, parse_share, parse_split,
    parse_weight,
};
use crate::error::{Error, Result};

/// What a training minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ObjectiveKind {
    /// Triplets with their own margins, as the reference does it.
    #[default]
    Compatible,
    /// Triplets, and terms that keep every feature in use and the blocks apart.
    Balanced,
    /// Blocks whose winners are short codes for a search.
    Codes,
    /// A sparse autoencoder.
    Autoencoder,
}

impl ObjectiveKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Compatible, Self::Balanced, Self::Codes, Self::Autoencoder];
}

impl std::fmt::Display for ObjectiveKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compatible => "compatible",
            Self::Balanced => "balanced",
            Self::Codes => "codes",
            Self::Autoencoder => "autoencoder",
        })
    }
}

/// How the learning rate goes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleKind {
    /// Lowered by `--factor` when the validation loss stays level.
    #[default]
    Plateau,
    /// Along a half cosine from `--lr` to nothing at the last step.
    Cosine,
}

impl std::fmt::Display for ScheduleKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plateau => "plateau",
            Self::Cosine => "cosine",
        })
    }
}

/// Encoders in a confidence head: as many as a preset has, and the most there may be.
const HEADS: u32 = 3;
const MOST_HEADS: i64 = 16;

/// Terms that are added to an objective of blocks, each with its weight; 0 leaves it out.
#[derive(Args, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Terms of the loss")]
pub struct Terms {
    /// Factor on the vectors; it is folded into the weights
    #[arg(long, default_value_t = 1.0, value_parser = parse_positive)]
    pub gain: f64,
    /// Subtract the mean of the training vectors; it is folded into the biases
    #[arg(long)]
    pub centre: bool,
    /// Weight of 1 - H(mean p) / ln V: every feature is to be used
    #[arg(long, default_value_t = 0.0, value_parser = parse_weight)]
    pub usage: f64,
    /// Weight of the covariance between blocks: they are to say different things
    #[arg(long, default_value_t = 0.0, value_parser = parse_weight)]
    pub decorrelation: f64,
    /// Weight of the cross entropy from neighbourhoods of the vectors to those of the code
    #[arg(long, default_value_t = 0.0, value_parser = parse_weight)]
    pub distillation: f64,
    /// Weight of H(p) / ln V: each block is to be sure
    #[arg(long, default_value_t = 0.0, value_parser = parse_weight)]
    pub sharpness: f64,
    /// Weight of the squared error of what is decoded from the code
    #[arg(long, default_value_t = 0.0, value_parser = parse_weight)]
    pub reconstruction: f64,
    /// Weight of the triplets' loss
    #[arg(long, default_value_t = 1.0, value_parser = parse_weight)]
    pub triplets: f64,
    /// Weight of 1 - the correlation of a point's entropy with how unknown it is
    #[arg(long, default_value_t = 0.0, value_parser = parse_weight)]
    pub confidence: f64,
    /// Encoders by the reference's objective that are kept beside the blocks for confidence alone; 0 for none
    #[arg(long, default_value_t = 0, value_name = "ENCODERS", value_parser = clap::value_parser!(u32).range(..=MOST_HEADS))]
    pub head: u32,
    /// Points that those of a batch are compared with, where they are not compared with each other
    #[arg(long, default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(2..=65_536))]
    pub candidates: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            gain: 1.0,
            centre: false,
            usage: 0.0,
            decorrelation: 0.0,
            distillation: 0.0,
            sharpness: 0.0,
            reconstruction: 0.0,
            triplets: 1.0,
            confidence: 0.0,
            head: 0,
            candidates: 1_024,
        }
    }
}

impl Terms {
    /// Fails where a setting makes no sense, or belongs to other objectives: it would be left out in silence.
    fn check(&self, objective: ObjectiveKind) -> Result<()> {
        use ObjectiveKind::{Balanced, Codes};
        let weights: [(&str, f64, &[ObjectiveKind]); 8] = [
            ("--usage", self.usage, &[Balanced, Codes]),
            ("--decorrelation", self.decorrelation, &[Balanced, Codes]),
            ("--distillation", self.distillation, &[Balanced, Codes]),
            ("--sharpness", self.sharpness, &[Balanced, Codes]),
            ("--reconstruction", self.reconstruction, &[Codes]),
            ("--confidence", self.confidence, &[Balanced]),
            ("--triplets", self.triplets, &ObjectiveKind::ALL),
            ("--gain", self.gain, &ObjectiveKind::ALL),
        ];
        for (name, weight, of) in weights {
            if weight < 0.0 || !weight.is_finite() {
                return Err(Error::setting(format!("{name} is out of its range")));
            }
            if weight > 0.0 && !of.contains(&objective) {
                let of: Vec<String> = of.iter().map(|kind| format!("--objective {kind}")).collect();
                return Err(Error::setting(format!("{name} is for {}, not for {objective}", of.join(" and "))));
            }
        }
        let head_of = matches!(objective, Balanced | Codes);
        if self.head > 0 && !head_of {
            let why = "is for --objective balanced and --objective codes: the others tell confidence themselves";
            return Err(Error::setting(format!("--head {why}")));
        }
        let ranges = [
            ("--gain", self.gain > 0.0),
            ("--candidates", self.candidates >= 2),
            ("--head", i64::from(self.head) <= MOST_HEADS),
        ];
        if let Some((name, _)) = ranges.into_iter().find(|(_, fits)| !fits) {
            return Err(Error::setting(format!("{name} is out of its range")));
        }
        let learnt = [self.usage, self.distillation, self.triplets, self.reconstruction].iter().any(|w| *w > 0.0);
        if learnt {
            Ok(())
        } else {
            Err(Error::setting("every term of the loss has the weight 0: nothing would be learnt"))
        }
    }
}

/// Labels that say which points belong together.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Groups from labels")]
pub struct GroupsConfig {
    /// Payload field with the label that a person gave; it wins over a weak one. With labels a quarter of the sample is
    /// set apart, unless --split says otherwise
    #[arg(long, value_name = "FIELD")]
    pub labels: Option<String>,
    /// Payload field with a label that was guessed; it counts where it is sure enough
    #[arg(long, value_name = "FIELD", requires = "label_confidence")]
    pub weak_labels: Option<String>,
    /// Payload field with the confidence of the weak label, from 0 to 1
    #[arg(long, value_name = "FIELD", requires = "weak_labels")]
    pub label_confidence: Option<String>,
    /// A weak label counts where its confidence is above this
    #[arg(long, default_value_t = 0.7, value_name = "CONFIDENCE", value_parser = parse_share)]
    pub min_confidence: f64,
    /// Weight w of the supervised loss, from 0 to 1: the loss is (1 - w) times the objective's and w times this one. 0
    /// only measures how well points of a label are found
    #[arg(long, default_value_t = 0.5, value_name = "WEIGHT", value_parser = parse_share)]
    pub supervised: f64,
}

impl Default for GroupsConfig {
    fn default() -> Self {
        Self { labels: None, weak_labels: None, label_confidence: None, min_confidence: 0.7, supervised: 0.5 }
    }
}

/// Share of the sample that is set apart where there are labels.
pub const LABELLED_SPLIT: f64 = 0.25;

impl GroupsConfig {
    /// Whether any labels are given.
    pub fn is_given(&self) -> bool {
        self.labels.is_some() || self.weak_labels.is_some()
    }

    /// Whether labels are trained on, and do not only measure.
    pub fn is_training(&self) -> bool {
        self.is_given() && self.supervised > 0.0
    }

    /// The fields of payloads that are read.
    pub fn fields(&self) -> Vec<&str> {
        [&self.labels, &self.weak_labels, &self.label_confidence].into_iter().flatten().map(String::as_str).collect()
    }

    /// Fails where a setting makes no sense, alone or with the objective.
    fn check(&self, objective: ObjectiveKind) -> Result<()> {
        let fault = |words: &str| Err(Error::setting(words));
        if self.fields().iter().any(|field| field.trim().is_empty()) {
            return fault("a field of labels must have a name");
        }
        if self.weak_labels.is_some() != self.label_confidence.is_some() {
            return fault("--weak-labels and --label-confidence go together: a weak label counts by its confidence");
        }
        for (flag, value) in [("--min-confidence", self.min_confidence), ("--supervised", self.supervised)] {
            if !(0.0..=1.0).contains(&value) {
                return fault(&format!("{flag} must be from 0 to 1"));
            }
        }
        if self.is_training() && objective == ObjectiveKind::Autoencoder {
            return fault("labels train blocks, not autoencoders; with --supervised 0 they only measure");
        }
        Ok(())
    }
}

/// Which smaller codes are inside a code, and are to do as well as they can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum NestedKind {
    /// None: the whole code counts.
    #[default]
    None,
    /// The 4, 8, 16, 32 and 64 strongest features of a point, as far as so many are active.
    Active,
    /// The first sixteenth, eighth, quarter and half of the features.
    Prefixes,
}

impl std::fmt::Display for NestedKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Active => "active",
            Self::Prefixes => "prefixes",
        })
    }
}

/// Settings of a sparse autoencoder.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Sparse autoencoder (its features are --block-size, its points in a batch --batch-size)")]
pub struct AutoencoderConfig {
    /// Features that are active at a time; 0 for ReLU with an L1 penalty
    #[arg(long, default_value_t = 32, value_name = "K")]
    pub active: u32,
    /// Weight of the L1 penalty, where --active is 0: the more, the fewer are active
    #[arg(long, default_value_t = 0.1, value_parser = parse_weight)]
    pub l1: f64,
    /// Smaller codes inside the code that are to reconstruct, too
    #[arg(long, value_enum, default_value_t = NestedKind::None)]
    pub nested: NestedKind,
    /// Weight of the auxiliary loss, by which dead features learn what the others leave
    #[arg(long, default_value_t = 0.03125, value_parser = parse_weight)]
    pub auxiliary: f64,
    /// Steps after which a feature that did not fire is dead, for the auxiliary loss
    #[arg(long, default_value_t = 20, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..))]
    pub dead_after: u32,
}

impl Default for AutoencoderConfig {
    fn default() -> Self {
        Self { active: 32, l1: 0.1, nested: NestedKind::None, auxiliary: 0.03125, dead_after: 20 }
    }
}

impl AutoencoderConfig {
    /// Fails where a setting makes no sense for an encoder of `blocks` x `features`.
    fn check(&self, blocks: u32, features: u32) -> Result<()> {
        if blocks != 1 {
            return Err(Error::setting("an autoencoder is one block of all its features: --blocks 1"));
        }
        if self.active > features {
            let active = self.active;
            return Err(Error::setting(format!("--active {active} is more than the {features} features there are")));
        }
        let weight = |what: &str, value: f64| {
            let ok = value >= 0.0 && value.is_finite();
            if ok { Ok(()) } else { Err(Error::setting(format!("{what} is out of its range"))) }
        };
        weight("--l1", self.l1)?;
        weight("--auxiliary", self.auxiliary)
    }
}

/// Settings of `train`: from similarity data, or straight from a collection, to an encoder.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainConfig {
    /// Similarity data to train on: path without extension [default: data/similarity_matrix_train]
    #[arg(long, value_name = "PATH")]
    pub train: Option<PathBuf>,
    /// Similarity data to validate on [default: data/similarity_matrix_val]
    #[arg(long, value_name = "PATH")]
    pub val: Option<PathBuf>,
    /// Points to sample from the collection
    #[arg(long, default_value_t = 20_000)]
    pub sample: usize,
    /// Nearest neighbours to keep for each point of the collection
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// Share of the collection's sample to set apart for validation
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = parse_split)]
    pub split: f64,
    /// What to minimise
    #[arg(long, value_enum, default_value_t = ObjectiveKind::Compatible)]
    pub objective: ObjectiveKind,
    /// Epochs
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: u32,
    /// How the learning rate goes down
    #[arg(long, value_enum, default_value_t = ScheduleKind::Plateau)]
    pub schedule: ScheduleKind,
    /// Learning rate
    #[arg(long, default_value_t = 2e-3, value_parser = parse_positive)]
    pub lr: f64,
    /// Factor that the learning rate is lowered by when the validation loss stays level
    #[arg(long, default_value_t = 0.5, value_parser = parse_factor)]
    pub factor: f64,
    /// Epochs without improvement before the learning rate is lowered
    #[arg(long, default_value_t = 5)]
    pub patience: u32,
    /// Blocks
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub blocks: u32,
    /// Features in a block
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=65_536))]
    pub block_size: u32,
    /// Triplets in a batch
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch_size: u32,
    /// Training triplets in an epoch; a tenth as many validate
    #[arg(long, default_value_t = 3_200, value_parser = clap::value_parser!(u32).range(1..))]
    pub epoch_size: u32,
    /// Triplets whose margin is not above this are not used
    #[arg(long, default_value_t = 0.1, value_parser = parse_margin)]
    pub min_margin: f32,
    /// Share of the input's components that are dropped while training
    #[arg(long, default_value_t = 0.05, value_parser = parse_dropout)]
    pub dropout: f64,
    /// Seed of weights, triplets and dropout
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Device to train on
    #[arg(long, value_enum, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
    /// Where the best encoder goes; the last one goes beside it as NAME.last.safetensors
    #[arg(long, default_value = "data/encoder.safetensors", value_name = "F")]
    pub output: PathBuf,
    /// Folder for TensorBoard event files and metrics.jsonl, one sub-folder a run
    #[arg(long, default_value = "logs", value_name = "DIR")]
    pub log_dir: PathBuf,
    /// Whether the encoders go into the run's own folder instead of to `output`. For the window, which lists runs.
    #[arg(skip)]
    pub keep_with_run: bool,
    /// Terms of the loss.
    #[command(flatten)]
    #[serde(flatten)]
    pub terms: Terms,
    /// Labels that say which points belong together.
    #[command(flatten)]
    #[serde(flatten)]
    pub groups: GroupsConfig,
    /// Settings of a sparse autoencoder.
    #[command(flatten)]
    #[serde(flatten)]
    pub autoencoder: AutoencoderConfig,
    /// The collection, where no similarity data is given.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            train: None,
            val: None,
            collection: CollectionArgs::default(),
            sample: 20_000,
            limit: 100,
            split: 0.2,
            objective: ObjectiveKind::Compatible,
            epochs: 10,
            schedule: ScheduleKind::Plateau,
            lr: 2e-3,
            factor: 0.5,
            patience: 5,
            blocks: 4,
            block_size: 64,
            batch_size: 32,
            epoch_size: 3_200,
            min_margin: 0.1,
            dropout: 0.05,
            seed: 0,
            device: DeviceChoice::Auto,
            output: "data/encoder.safetensors".into(),
            log_dir: "logs".into(),
            keep_with_run: false,
            terms: Terms::default(),
            groups: GroupsConfig::default(),
            autoencoder: AutoencoderConfig::default(),
        }
    }
}

/// The most features an encoder may have: 32 blocks of 2,048 twice over.
const MOST_FEATURES: u32 = 1 << 17;

impl TrainConfig {
    /// An objective's own settings.
    pub fn preset(objective: ObjectiveKind) -> Self {
        let usual = Self { objective, ..Self::default() };
        // Ten epochs in every case, so that a person sees features form.
        let cosine = Self { schedule: ScheduleKind::Cosine, batch_size: 512, dropout: 0.0, ..usual.clone() };
        match objective {
            ObjectiveKind::Compatible => usual,
            ObjectiveKind::Balanced => Self {
                lr: 1e-2,
                epoch_size: 40 * 512,
                terms: Terms {
                    gain: 4.0,
                    triplets: 0.0,
                    distillation: 1.0,
                    usage: 4.0,
                    decorrelation: 10.0,
                    confidence: 1.0,
                    head: HEADS,
                    ..Terms::default()
                },
                ..cosine
            },
            ObjectiveKind::Codes => Self {
                lr: 2e-2,
                batch_size: 256,
                epoch_size: 40 * 256,
                blocks: 8,
                terms: Terms {
                    usage: 0.5,
                    distillation: 1.0,
                    reconstruction: 1.0,
                    head: HEADS,
                    candidates: 512,
                    ..Terms::default()
                },
                ..cosine
            },
            ObjectiveKind::Autoencoder => Self {
                lr: 3e-3,
                epoch_size: 40 * 512,
                blocks: 1,
                block_size: 1_024,
                // Points that were not trained on are reconstructed better at every size, the whole code's too.
                autoencoder: AutoencoderConfig { nested: NestedKind::Active, ..AutoencoderConfig::default() },
                ..cosine
            },
        }
    }

    /// Takes what was not `given` (by the names of the fields) from the objective's own settings.
    pub fn completed(self, given: impl Fn(&str) -> bool) -> Self {
        let mut usual = Self::preset(self.objective);
        if self.groups.is_given() {
            usual.split = LABELLED_SPLIT;
        }
        let Ok(Value::Object(usual)) = serde_json::to_value(usual) else { return self };
        let Ok(Value::Object(mut own)) = serde_json::to_value(&self) else { return self };
        own.extend(usual.into_iter().filter(|(name, _)| name != "objective" && !given(name)));
        match serde_json::from_value::<Self>(Value::Object(own)) {
            // A key is never written, and where the run is kept is no setting of an objective.
            Ok(completed) => Self { collection: self.collection, keep_with_run: self.keep_with_run, ..completed },
            Err(_) => self,
        }
    }

    /// Fails where a setting makes no sense; a caller other than the command line may have set anything.
    pub fn check(&self) -> Result<()> {
        let positive = |what: &str, value: u32| {
            if value == 0 { Err(Error::setting(format!("{what} must be at least 1"))) } else { Ok(()) }
        };
        positive("--epochs", self.epochs)?;
        positive("--blocks", self.blocks)?;
        positive("--block-size", self.block_size)?;
        positive("--batch-size", self.batch_size)?;
        positive("--epoch-size", self.epoch_size)?;
        if self.blocks.checked_mul(self.block_size).is_none_or(|n| n > MOST_FEATURES) {
            return Err(Error::setting(format!("--blocks times --block-size must be at most {MOST_FEATURES}")));
        }
        let in_words = |what: &str, ok: bool| {
            if ok { Ok(()) } else { Err(Error::setting(format!("{what} is out of its range"))) }
        };
        self.groups.check(self.objective)?;
        in_words("--lr", self.lr > 0.0 && self.lr.is_finite())?;
        in_words("--factor", self.factor > 0.0 && self.factor < 1.0)?;
        in_words("--min-margin", self.min_margin >= 0.0 && self.min_margin.is_finite())?;
        in_words("--dropout", (0.0..1.0).contains(&self.dropout))?;
        self.terms.check(self.objective)?;
        match self.objective {
            ObjectiveKind::Autoencoder => self.autoencoder.check(self.blocks, self.block_size),
            _ => Ok(()),
        }
    }
}
