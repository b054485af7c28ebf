//! The fields of the form: which there are for an objective, what they are called, and what they stand for.

use crate::config::{ObjectiveKind, ScheduleKind, TrainConfig};

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
    /// Factor on the vectors.
    Gain,
    /// Weight of the use of features.
    Usage,
    /// Weight of what blocks share.
    Decorrelation,
    /// Weight of the neighbourhoods.
    Distillation,
    /// Weight of the blocks' entropy.
    Sharpness,
    /// Weight of what is decoded from the code.
    Reconstruction,
    /// Weight of the triplets.
    Triplets,
    /// Weight of how well a point's entropy tells that it is unknown.
    Confidence,
    /// Encoders kept for confidence alone.
    Head,
    /// Points that those of a batch are compared with.
    Candidates,
    /// Features of a sparse autoencoder that are active at a time.
    Active,
    /// Weight of its L1 penalty.
    L1,
    /// Weight of the loss by which its dead features learn.
    Auxiliary,
    /// Steps after which one is dead.
    DeadAfter,
    /// Share of the sample that is validated on.
    Split,
    /// Samples in a batch.
    BatchSize,
    /// Samples in an epoch.
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

/// Fields that are folded away together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What is added to an objective of blocks.
    Terms,
    /// What only an autoencoder has.
    Autoencoder,
    /// Batches, triplets, dropout and the schedule.
    Advanced,
}

impl Group {
    /// All, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Terms, Self::Autoencoder, Self::Advanced];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Terms => "Terms of the loss",
            Self::Autoencoder => "Autoencoder",
            Self::Advanced => "Advanced",
        }
    }

    /// What is in it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Terms => "What is added to the loss, each with its weight. 0 leaves a term out.",
            Self::Autoencoder => "How sparse its codes are",
            Self::Advanced => "Batches, triplets, dropout and the schedule of the learning rate",
        }
    }

    /// Whether an objective has it.
    pub fn is_of(self, objective: ObjectiveKind) -> bool {
        match self {
            Self::Terms => has_terms(objective),
            Self::Autoencoder => objective == ObjectiveKind::Autoencoder,
            Self::Advanced => true,
        }
    }
}

fn has_terms(objective: ObjectiveKind) -> bool {
    matches!(objective, ObjectiveKind::Balanced | ObjectiveKind::Codes)
}

/// Whether triplets are drawn.
fn has_triplets(config: &TrainConfig) -> bool {
    match config.objective {
        ObjectiveKind::Compatible => true,
        ObjectiveKind::Balanced => config.terms.triplets > 0.0,
        ObjectiveKind::Codes | ObjectiveKind::Autoencoder => false,
    }
}

impl Field {
    /// All, in the order of the form.
    pub const ALL: [Self; 28] = [
        Self::Sample,
        Self::Neighbours,
        Self::Blocks,
        Self::BlockSize,
        Self::Epochs,
        Self::Lr,
        Self::Seed,
        Self::Gain,
        Self::Distillation,
        Self::Usage,
        Self::Decorrelation,
        Self::Confidence,
        Self::Head,
        Self::Reconstruction,
        Self::Triplets,
        Self::Sharpness,
        Self::Candidates,
        Self::Active,
        Self::L1,
        Self::Auxiliary,
        Self::DeadAfter,
        Self::Split,
        Self::BatchSize,
        Self::EpochSize,
        Self::MinMargin,
        Self::Dropout,
        Self::Factor,
        Self::Patience,
    ];

    /// The group that it is folded away with, of these settings; none where it stands in the open.
    pub fn group(self, config: &TrainConfig) -> Option<Group> {
        match self {
            Self::Sample | Self::Neighbours | Self::Blocks | Self::BlockSize | Self::Epochs | Self::Lr | Self::Seed => {
                None
            }
            Self::Gain if has_terms(config.objective) => Some(Group::Terms),
            Self::Usage
            | Self::Decorrelation
            | Self::Distillation
            | Self::Sharpness
            | Self::Reconstruction
            | Self::Triplets
            | Self::Confidence
            | Self::Head
            | Self::Candidates => Some(Group::Terms),
            Self::Active | Self::L1 | Self::Auxiliary | Self::DeadAfter => Some(Group::Autoencoder),
            Self::Gain
            | Self::Split
            | Self::BatchSize
            | Self::EpochSize
            | Self::MinMargin
            | Self::Dropout
            | Self::Factor
            | Self::Patience => Some(Group::Advanced),
        }
    }

    /// Whether it means anything under these settings; one that does not is not shown.
    pub fn applies(self, config: &TrainConfig) -> bool {
        match self {
            // An autoencoder is one block, and learns from each vector alone.
            Self::Neighbours | Self::Blocks => config.objective != ObjectiveKind::Autoencoder,
            Self::Usage
            | Self::Decorrelation
            | Self::Distillation
            | Self::Sharpness
            | Self::Head
            | Self::Candidates => has_terms(config.objective),
            Self::Reconstruction => config.objective == ObjectiveKind::Codes,
            Self::Triplets | Self::Confidence => config.objective == ObjectiveKind::Balanced,
            Self::Active | Self::L1 | Self::Auxiliary | Self::DeadAfter => {
                config.objective == ObjectiveKind::Autoencoder
            }
            // It brings its vectors to a common length by itself.
            Self::Gain => config.objective != ObjectiveKind::Autoencoder,
            Self::MinMargin => {
                matches!(config.objective, ObjectiveKind::Compatible | ObjectiveKind::Balanced)
            }
            Self::Factor | Self::Patience => config.schedule == ScheduleKind::Plateau,
            _ => true,
        }
    }

    /// Its label.
    pub fn title(self, objective: ObjectiveKind) -> &'static str {
        match self {
            Self::Sample => "Sample",
            Self::Neighbours => "Neighbours",
            Self::Blocks => "Blocks",
            Self::BlockSize if objective == ObjectiveKind::Autoencoder => "Features",
            Self::BlockSize => "Block size",
            Self::Epochs => "Epochs",
            Self::Lr => "Learning rate",
            Self::Seed => "Seed",
            Self::Gain => "Gain",
            Self::Usage => "Usage",
            Self::Decorrelation => "Decorrelation",
            Self::Distillation => "Distillation",
            Self::Sharpness => "Sharpness",
            Self::Reconstruction => "Reconstruction",
            Self::Triplets => "Triplets",
            Self::Confidence => "Confidence",
            Self::Head => "Confidence head",
            Self::Candidates => "Candidates",
            Self::Active => "Active",
            Self::L1 => "L1 penalty",
            Self::Auxiliary => "Auxiliary loss",
            Self::DeadAfter => "Dead after",
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
    pub fn unit(self, config: &TrainConfig) -> &'static str {
        match self {
            Self::Sample => "points",
            Self::Neighbours => "per point",
            Self::BlockSize | Self::Active => "features",
            Self::BatchSize | Self::EpochSize if has_triplets(config) => "triplets",
            Self::BatchSize | Self::EpochSize | Self::Candidates => "points",
            Self::Head => "encoders",
            Self::Patience => "epochs",
            Self::DeadAfter => "steps",
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
                "How many nearest neighbours of each sampled point are kept. Training compares a point's neighbours with \
                 each other and with the rest."
            }
            Self::Blocks => "How many blocks the encoder has. Each block sorts every point into its features anew.",
            Self::BlockSize => {
                "How many features a block has. In each block of a SoftMax, the features of a point add up to 1."
            }
            Self::Epochs => "How often the validation loss is taken; between two times lies one epoch of samples.",
            Self::Lr => "How far a step goes, such as 2e-3. Too high and the loss jumps; too low and it hardly falls.",
            Self::Seed => "The same seed on the same device draws the same sample, weights and batches again.",
            Self::Gain => {
                "What the vectors are multiplied by. Unit vectors give outputs that differ too little to learn from; 4 \
                 cures most dead features. It becomes part of the weights."
            }
            Self::Usage => "Weight of 1 - entropy of the mean outputs: every feature of a block is to be used.",
            Self::Decorrelation => "Weight of the covariance between blocks: each is to say something of its own.",
            Self::Distillation => {
                "Weight of the cross entropy from the points' neighbourhoods to those of their codes: what is near is to \
                 stay near."
            }
            Self::Sharpness => "Weight of the entropy of each output: a block is to be sure of one feature.",
            Self::Reconstruction => "Weight of the squared error of what is decoded from the code.",
            Self::Triplets => "Weight of the triplets' loss, which is the reference's.",
            Self::Confidence => {
                "Weight by which blocks are to be unsure of what is far from all other points, so that their entropy tells \
                 outliers."
            }
            Self::Head => {
                "How many small encoders are trained and kept beside the blocks that only tell how well a point is known. \
                 They take a second or two; with 0 the blocks tell it themselves."
            }
            Self::Candidates => "How many points those of a batch are compared with, where not with each other.",
            Self::Active => {
                "How many features may be active for a point at a time; the others are 0. With 0 it is left to a penalty \
                 how many are."
            }
            Self::L1 => "Weight of the penalty on activations, where Active is 0: the more, the fewer are active.",
            Self::Auxiliary => "Weight of the loss by which dead features learn what the others leave.",
            Self::DeadAfter => "Steps after which a feature that was not active for any point counts as dead.",
            Self::Split => {
                "The share of the sample that is kept out of the training and judged on, between 0 and 1. Features that \
                 only fit the training points are seen by it."
            }
            Self::BatchSize => "How many samples make one step.",
            Self::EpochSize => "How many samples are drawn for an epoch; of triplets a tenth as many validate.",
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
    pub fn of(self, config: &TrainConfig) -> String {
        let float = |value: f64| {
            if value != 0.0 && value.abs() < 0.01 { format!("{value:e}") } else { value.to_string() }
        };
        let terms = &config.terms;
        match self {
            Self::Sample => config.sample.to_string(),
            Self::Neighbours => config.limit.to_string(),
            Self::Blocks => config.blocks.to_string(),
            Self::BlockSize => config.block_size.to_string(),
            Self::Epochs => config.epochs.to_string(),
            Self::Lr => float(config.lr),
            Self::Seed => config.seed.to_string(),
            Self::Gain => float(terms.gain),
            Self::Usage => float(terms.usage),
            Self::Decorrelation => float(terms.decorrelation),
            Self::Distillation => float(terms.distillation),
            Self::Sharpness => float(terms.sharpness),
            Self::Reconstruction => float(terms.reconstruction),
            Self::Triplets => float(terms.triplets),
            Self::Confidence => float(terms.confidence),
            Self::Head => terms.head.to_string(),
            Self::Candidates => terms.candidates.to_string(),
            Self::Active => config.autoencoder.active.to_string(),
            Self::L1 => float(config.autoencoder.l1),
            Self::Auxiliary => float(config.autoencoder.auxiliary),
            Self::DeadAfter => config.autoencoder.dead_after.to_string(),
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

    /// Reads what is typed into settings.
    pub(super) fn read(self, reader: &mut impl Read, config: &mut TrainConfig) {
        let terms = &mut config.terms;
        match self {
            Self::Sample => config.sample = reader.whole(self, super::form::LEAST_POINTS, 100_000_000) as usize,
            Self::Neighbours => config.limit = reader.whole(self, 1, 100_000) as usize,
            Self::Blocks => config.blocks = reader.whole(self, 1, 1_024) as u32,
            Self::BlockSize => config.block_size = reader.whole(self, 2, 65_536) as u32,
            Self::Epochs => config.epochs = reader.whole(self, 1, 1_000_000) as u32,
            Self::Lr => config.lr = reader.real(self, "above 0", |v| v > 0.0),
            Self::Seed => config.seed = reader.whole(self, 0, u64::MAX),
            Self::Gain => terms.gain = reader.real(self, "above 0", |v| v > 0.0),
            Self::Usage => terms.usage = reader.weight(self),
            Self::Decorrelation => terms.decorrelation = reader.weight(self),
            Self::Distillation => terms.distillation = reader.weight(self),
            Self::Sharpness => terms.sharpness = reader.weight(self),
            Self::Reconstruction => terms.reconstruction = reader.weight(self),
            Self::Triplets => terms.triplets = reader.weight(self),
            Self::Confidence => terms.confidence = reader.weight(self),
            Self::Head => terms.head = reader.whole(self, 0, 16) as u32,
            Self::Candidates => terms.candidates = reader.whole(self, 2, 65_536) as u32,
            Self::Active => config.autoencoder.active = reader.whole(self, 0, 65_536) as u32,
            Self::L1 => config.autoencoder.l1 = reader.weight(self),
            Self::Auxiliary => config.autoencoder.auxiliary = reader.weight(self),
            Self::DeadAfter => {
                config.autoencoder.dead_after = reader.whole(self, 1, u64::from(u32::MAX)) as u32;
            }
            Self::Split => {
                config.split = reader.real(self, "between 0 and 1, both excluded", |v| v > 0.0 && v < 1.0);
            }
            Self::BatchSize => config.batch_size = reader.whole(self, 1, 65_536) as u32,
            Self::EpochSize => config.epoch_size = reader.whole(self, 1, u64::from(u32::MAX)) as u32,
            Self::MinMargin => {
                config.min_margin = reader.real(self, "0 or more", |v| v >= 0.0 && v < f64::from(f32::MAX)) as f32;
            }
            Self::Dropout => {
                config.dropout = reader.real(self, "0 or more and below 1", |v| (0.0..1.0).contains(&v));
            }
            Self::Factor => config.factor = reader.real(self, "above 0 and below 1", |v| v > 0.0 && v < 1.0),
            Self::Patience => config.patience = reader.whole(self, 0, u64::from(u32::MAX)) as u32,
        }
    }
}

/// Reads numbers that are typed, and notes what is wrong with them.
pub(super) trait Read {
    /// A whole number between two.
    fn whole(&mut self, field: Field, least: u64, most: u64) -> u64;
    /// A number that fits, and in words which ones do.
    fn real(&mut self, field: Field, what: &str, fits: impl Fn(f64) -> bool) -> f64;
    /// A weight of the loss.
    fn weight(&mut self, field: Field) -> f64 {
        self.real(field, "0 or more", |v| v >= 0.0)
    }
}
