//! The jobs: each takes its settings, a control and a reporter, and goes the way from a source to a result.

mod convert;
mod encode;
mod features;
mod import;
mod inspect;
mod load;
mod train;

use serde::Serialize;

pub use convert::Converted;
pub use encode::Encoded;
pub use features::{FeatureAnswer, FeaturesAnswer, StrongPoint};
pub use import::{Imported, Skipped};
pub use inspect::{InspectAnswer, InspectItem, NearestPoint, Verdict};
pub use load::{Loaded, similarity_data};
pub use train::TrainAnswer;

use crate::config::{
    ConvertConfig, EncodeConfig, FeaturesConfig, ImportVectorsConfig, InspectConfig, LoadConfig, TrainConfig,
};
use crate::error::Result;
use crate::job::{Control, Reporter, Task};

/// A job and its settings.
#[derive(Clone, Debug)]
pub enum Job {
    /// From a collection to similarity data in files.
    Load(LoadConfig),
    /// From similarity data to an encoder.
    Train(Box<TrainConfig>),
    /// From vectors to block outputs in a file.
    Encode(EncodeConfig),
    /// Judges inputs.
    Inspect(InspectConfig),
    /// From a collection to one of sparse block vectors.
    Convert(ConvertConfig),
    /// What each feature does over a collection.
    Features(FeaturesConfig),
    /// From a file into a collection.
    ImportVectors(ImportVectorsConfig),
}

/// What a job gives; its JSON form is what the command prints.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of [`Job::Load`].
    Load(Loaded),
    /// Of [`Job::Train`].
    Train(Box<TrainAnswer>),
    /// Of [`Job::Encode`].
    Encode(Encoded),
    /// Of [`Job::Inspect`].
    Inspect(InspectAnswer),
    /// Of [`Job::Convert`].
    Convert(Converted),
    /// Of [`Job::Features`].
    Features(FeaturesAnswer),
    /// Of [`Job::ImportVectors`].
    Import(Imported),
}

impl Task for Job {
    type Output = Answer;

    fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Answer> {
        Ok(match self {
            Self::Load(config) => Answer::Load(load::run(&config, control, reporter)?),
            Self::Train(config) => Answer::Train(Box::new(train::run(&config, control, reporter)?)),
            Self::Encode(config) => Answer::Encode(encode::run(&config, control, reporter)?),
            Self::Inspect(config) => Answer::Inspect(inspect::run(&config, control, reporter)?),
            Self::Convert(config) => Answer::Convert(convert::run(&config, control, reporter)?),
            Self::Features(config) => Answer::Features(features::run(&config, control, reporter)?),
            Self::ImportVectors(config) => Answer::Import(import::run(&config, control, reporter)?),
        })
    }
}
