//! The jobs: each takes its settings, a control and a reporter, and goes the way from a source to a result.

mod convert;
mod demo;
mod doctor;
mod draw;
mod embed;
mod encode;
mod evaluate;
mod export;
mod features;
mod groups;
mod import;
mod index;
mod inspect;
mod labels;
mod load;
mod models;
mod name;
mod outliers;
mod preview;
mod sample;
mod search;
mod train;
mod truncate;

use serde::Serialize;

pub use convert::{Converted, usual_threshold};
pub use demo::DemoAnswer;
pub use doctor::{AdapterLine, DoctorAnswer, ModelLine, ModelsAnswer, StoreLine};
pub use draw::Drawn;
pub use encode::Encoded;
pub use evaluate::EvaluateAnswer;
pub use export::{Cell, ExportRow, ExportTable, write_csv, write_jsonl};
pub use features::{FeatureAnswer, FeaturesAnswer, StrongPoint};
pub use import::{Imported, Skipped};
pub use index::{IndexOf, build_index, feature_index};
pub use inspect::{
    FALLBACK, FileRows, InspectAnswer, InspectInputs, InspectItem, InspectSettings, Inspector, NearestPoint,
    PictureInput, PictureSource, Verdict, cutoff,
};
pub use labels::write_labels;
pub use load::{Loaded, similarity_data};
pub use name::{NameAnswer, NameAsk, NameCounts, NameLine, NameSupport, NamesFound, suggest_names};
pub use outliers::{CalibrationAnswer, DetectorSizes, OutlierItem, OutliersAnswer, SeparationAnswer, detector};
pub use preview::{ConvertPreview, convert_preview};
pub use search::{
    Ask, Asymmetric, Because, By, Compared, CopyRequest, Hit, SearchAnswer, Searched, Searcher, Shortlist, SparseAsk,
    SteerAnswer, Steered, SteeredHit, Steering, Way,
};
pub use train::TrainAnswer;
pub use truncate::Truncated;

use crate::config::{
    ConvertConfig, DemoConfig, DrawConfig, EmbedConfig, EncodeConfig, EvaluateConfig, FeaturesConfig,
    ImportPicturesConfig, ImportTextsConfig, ImportVectorsConfig, InspectConfig, LoadConfig, NameConfig, OnnxChoice,
    OutliersConfig, SearchConfig, SteerConfig, TrainConfig, TruncateConfig,
};
use crate::embed::{Embedder, same_space};
use crate::error::Result;
use crate::job::{Control, Reporter, Task};
use crate::source::{Cursor, Payload, VectorSource, Want};

/// A job and its settings.
#[derive(Clone, Debug)]
pub enum Job {
    /// From a collection to similarity data in files.
    Load(LoadConfig),
    /// From similarity data to an encoder.
    Train(Box<TrainConfig>),
    /// An autoencoder whose codes are smaller.
    Truncate(TruncateConfig),
    /// From vectors to block outputs in a file.
    Encode(EncodeConfig),
    /// Judges inputs.
    Inspect(InspectConfig),
    /// From a collection to one of sparse block vectors.
    Convert(ConvertConfig),
    /// What each feature does over a collection.
    Features(FeaturesConfig),
    /// Names for features.
    Name(Box<NameConfig>),
    /// From a file into a collection.
    ImportVectors(ImportVectorsConfig),
    /// From pictures into a collection.
    ImportPictures(ImportPicturesConfig),
    /// From texts into a collection.
    ImportTexts(ImportTextsConfig),
    /// From pictures or texts to vectors in a file.
    Embed(EmbedConfig),
    /// What is unlike a collection.
    Outliers(OutliersConfig),
    /// What encoders are worth.
    Evaluate(Box<EvaluateConfig>),
    /// The points nearest to words, a picture or a point, or that features fire for.
    Search(SearchConfig),
    /// A search, without and with features that count for more or less.
    Steer(SteerConfig),
    /// The models that can be named.
    Models,
    /// What is found on this machine.
    Doctor(OnnxChoice),
    /// Pictures of the demo's artist.
    Draw(DrawConfig),
    /// The whole way on a collection that is drawn.
    Demo(DemoConfig),
}

/// What a job gives; its JSON form is what the command prints.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Of [`Job::Load`].
    Load(Loaded),
    /// Of [`Job::Train`].
    Train(Box<TrainAnswer>),
    /// Of [`Job::Truncate`].
    Truncate(Truncated),
    /// Of [`Job::Encode`] and [`Job::Embed`].
    Encode(Encoded),
    /// Of [`Job::Inspect`].
    Inspect(InspectAnswer),
    /// Of [`Job::Convert`].
    Convert(Converted),
    /// Of [`Job::Features`].
    Features(FeaturesAnswer),
    /// Of [`Job::Name`].
    Name(Box<NameAnswer>),
    /// Of an import.
    Import(Imported),
    /// Of [`Job::Outliers`].
    Outliers(OutliersAnswer),
    /// Of [`Job::Evaluate`].
    Evaluate(Box<EvaluateAnswer>),
    /// Of [`Job::Search`].
    Search(SearchAnswer),
    /// Of [`Job::Steer`].
    Steer(SteerAnswer),
    /// Of [`Job::Models`].
    Models(ModelsAnswer),
    /// Of [`Job::Doctor`].
    Doctor(DoctorAnswer),
    /// Of [`Job::Draw`].
    Draw(Drawn),
    /// Of [`Job::Demo`].
    Demo(Box<DemoAnswer>),
}

impl Task for Job {
    type Output = Answer;

    fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Answer> {
        Ok(match self {
            Self::Load(config) => Answer::Load(load::run(&config, control, reporter)?),
            Self::Train(config) => Answer::Train(Box::new(train::run(&config, control, reporter)?)),
            Self::Truncate(config) => Answer::Truncate(truncate::run(&config, control)?),
            Self::Encode(config) => Answer::Encode(encode::run(&config, control, reporter)?),
            Self::Inspect(config) => Answer::Inspect(inspect::run(&config, control, reporter)?),
            Self::Convert(config) => Answer::Convert(convert::run(&config, control, reporter)?),
            Self::Features(config) => Answer::Features(features::run(&config, control, reporter)?),
            Self::Name(config) => Answer::Name(Box::new(name::run(&config, control, reporter)?)),
            Self::ImportVectors(config) => Answer::Import(import::vectors(&config, control, reporter)?),
            Self::ImportPictures(config) => Answer::Import(import::pictures(&config, control, reporter)?),
            Self::ImportTexts(config) => Answer::Import(import::texts(&config, control, reporter)?),
            Self::Embed(config) => Answer::Encode(embed::run(&config, control, reporter)?),
            Self::Outliers(config) => Answer::Outliers(outliers::run(&config, control, reporter)?),
            Self::Evaluate(config) => Answer::Evaluate(Box::new(evaluate::run(&config, control, reporter)?)),
            Self::Search(config) => Answer::Search(search::run(&config, control, reporter)?),
            Self::Steer(config) => Answer::Steer(search::run_steer(&config, control, reporter)?),
            Self::Models => Answer::Models(doctor::models(control, reporter)?),
            Self::Doctor(onnx) => Answer::Doctor(doctor::doctor(onnx, control, reporter)?),
            Self::Draw(config) => Answer::Draw(draw::run(&config, control, reporter)?),
            Self::Demo(config) => Answer::Demo(Box::new(demo::run(&config, control, reporter)?)),
        })
    }
}

/// The model that a collection's points were embedded with, as far as its first point says so.
fn model_of(source: &mut dyn VectorSource, control: &Control) -> Result<Option<String>> {
    let want = Want { vectors: false, payload: true };
    let page = source.page(&mut Cursor::Start, 1, want, control)?;
    Ok(page.payloads.first().and_then(model_named))
}

/// The model that a point was embedded with, as far as its payload says so.
pub fn model_named(payload: &Payload) -> Option<String> {
    payload.get(import::MODEL_FIELD).and_then(|m| m.as_str()).map(str::to_owned)
}

/// Another model of the same dimension finds something, too, and it means nothing.
fn warn_of_model(usual: Option<&str>, embedder: &Embedder, reporter: &mut Reporter) {
    if let Some(usual) = usual.filter(|usual| !same_space(usual, embedder.name())) {
        let name = embedder.name();
        reporter.warn(format!(
            "the points were embedded with {usual}, and the query with {name}: vectors of two models cannot be compared"
        ));
    }
}
