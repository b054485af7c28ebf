//! Settings: one struct a job, which are both its command-line flags and what is saved, with the same defaults.

mod code;
mod embed;
mod evaluate;
mod name;
mod outliers;
mod search;
mod train;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::point::{Distance, PointId, SparseValues, Stored};

pub use code::{Rerank, ShortlistArgs, TruncateConfig};
pub use embed::{DemoConfig, DrawConfig, EmbedConfig, ImportPicturesConfig, ImportTextsConfig, ModelArgs, OnnxChoice};
pub use evaluate::{EvaluateConfig, TableFormat, training};
pub use name::{NameConfig, NamesFrom};
pub use outliers::OutliersConfig;
pub use search::{CopyChoice, FeatureWeight, Pair, QueryArgs, SearchConfig, SteerConfig};
pub use train::{
    AutoencoderConfig, GroupsConfig, LABELLED_SPLIT, NestedKind, ObjectiveKind, ScheduleKind, Terms, TrainConfig,
};

/// Names a collection: on a server, in an embedded store, or in a file. The same everywhere.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
// Last in every struct that holds it: the heading covers what follows, too.
#[command(next_help_heading = "Collection")]
pub struct CollectionArgs {
    /// Qdrant server; a REST address (port 6333) is taken to mean its gRPC port (6334)
    #[arg(long, env = "QDRANT_URL", value_name = "URL")]
    pub url: Option<String>,
    /// API key of the server
    #[arg(long, env = "QDRANT_API_KEY", value_name = "KEY", hide_env_values = true)]
    #[serde(skip)]
    pub api_key: Option<String>,
    /// Folder of an embedded store
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Name of the collection
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Named vector to use; the default vector otherwise
    #[arg(long, value_name = "VECTOR")]
    pub using: Option<String>,
    /// Only points that match this Qdrant filter, as JSON
    #[arg(long, value_name = "JSON")]
    pub filter: Option<String>,
    /// Vectors in a NumPy file, rows x dimensions (float16, float32 or float64)
    #[arg(long, value_name = "F.npy")]
    pub vectors: Option<PathBuf>,
    /// Payloads of --vectors, one JSON object a line
    #[arg(long, value_name = "F.jsonl", requires = "vectors")]
    pub payload: Option<PathBuf>,
    /// How nearness is measured among --vectors (a collection says so itself)
    #[arg(long, value_name = "DISTANCE", default_value = "cosine")]
    pub distance: Distance,
}

impl Default for CollectionArgs {
    fn default() -> Self {
        Self {
            url: None,
            api_key: None,
            store: None,
            collection: None,
            using: None,
            filter: None,
            vectors: None,
            payload: None,
            distance: Distance::Cosine,
        }
    }
}

impl CollectionArgs {
    /// The collection's name, which a server and a store need.
    pub fn name(&self) -> Result<&str> {
        self.collection.as_deref().filter(|n| !n.is_empty()).ok_or_else(|| {
            Error::setting(
                "name a collection: --collection NAME with --url URL or --store DIR, or --vectors F.npy for a file",
            )
        })
    }

    /// Whether any collection is named at all.
    pub fn is_given(&self) -> bool {
        self.collection.is_some() || self.vectors.is_some() || self.store.is_some()
    }

    /// The filter, read as JSON.
    pub fn filter(&self) -> Result<Option<serde_json::Value>> {
        self.filter
            .as_deref()
            .map(|text| serde_json::from_str(text).map_err(|e| Error::setting(format!("--filter is not JSON: {e}"))))
            .transpose()
    }
}

/// Settings of `load`: from a collection to similarity data.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadConfig {
    /// Points to sample from the collection
    #[arg(long, default_value_t = 20_000)]
    pub sample: usize,
    /// Nearest neighbours to keep for each point
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// Compute exact neighbours here instead of asking the server for its matrix
    #[arg(long)]
    pub exact: bool,
    /// Where exact neighbours are computed
    #[arg(long, value_enum, default_value_t = DeviceChoice::Cpu)]
    pub device: DeviceChoice,
    /// Share of the points to set apart for validation: writes _train and _val
    #[arg(long, value_name = "SHARE", value_parser = parse_split)]
    pub split: Option<f64>,
    /// Seed of the sample and the split
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Name of the files (in data/), or a path without extension
    #[arg(long, default_value = "similarity_matrix", value_name = "NAME")]
    pub output: PathBuf,
    /// The collection.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

impl Default for LoadConfig {
    fn default() -> Self {
        Self {
            collection: CollectionArgs::default(),
            sample: 20_000,
            limit: 100,
            exact: false,
            device: DeviceChoice::Cpu,
            split: None,
            seed: 0,
            output: "similarity_matrix".into(),
        }
    }
}

/// Which device does the arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A real GPU where there is one, the CPU otherwise.
    #[default]
    Auto,
    /// The GPU, through wgpu. A software adapter is taken where there is no other.
    Gpu,
    /// The CPU.
    Cpu,
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        })
    }
}

/// Settings of `encode`: vectors in, block outputs out.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct EncodeConfig {
    /// Encoder: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Where the block outputs go (float32, rows x blocks * block size)
    #[arg(long, value_name = "F.npy")]
    pub output: PathBuf,
    /// The vectors: a file, or a collection.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `inspect`: how confident each block is of an input, and which features fire.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct InspectConfig {
    /// Pictures to inspect
    #[arg(value_name = "PICTURE")]
    pub pictures: Vec<PathBuf>,
    /// Text to inspect, where the model has a side for texts (may be given several times)
    #[arg(long, value_name = "T")]
    pub text: Vec<String>,
    /// Encoder: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Point of the collection to inspect (may be given several times)
    #[arg(long, value_name = "ID")]
    pub id: Vec<PointId>,
    /// Vectors to inspect, one a row
    #[arg(long, value_name = "F.npy")]
    pub input: Option<PathBuf>,
    /// Features at or under this activation are left out of the sparse vector
    #[arg(long, default_value_t = 0.1, value_parser = parse_threshold)]
    pub threshold: f32,
    /// An input whose confidence is below this percentile of points that were not trained on is an outlier
    #[arg(long, default_value_t = 1.0, value_parser = parse_percentile, value_name = "PERCENT")]
    pub outlier_percentile: f64,
    /// Points of the collection that the percentile is taken over; 0 for all
    #[arg(long, default_value_t = 20_000)]
    pub sample: usize,
    /// Nearest points to show
    #[arg(long, default_value_t = 5)]
    pub nearest: usize,
    /// The model that pictures and texts go through.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection that inputs are judged against.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `convert`: from a collection to one of sparse block vectors.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct ConvertConfig {
    /// Encoder: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Collection to write, in the same store or on the same server
    #[arg(long, value_name = "NAME")]
    pub target: String,
    /// What is stored of a point: activations (above --threshold), winners (of each block, as 1), or strongest:K (of each
    /// block) [default: what the encoder's decoder was fitted on; activations without one]
    #[arg(long, value_name = "WHAT")]
    #[serde(default)]
    pub keep: Option<Stored>,
    /// Features at or under this activation are left out (with --keep activations) [default: 0.05 for blocks; 0 for an
    /// autoencoder, of whose features few are active]
    #[arg(long, value_parser = parse_threshold)]
    #[serde(default)]
    pub threshold: Option<f32>,
    /// Keep the K strongest features of a point that has none above the threshold
    #[arg(long, value_name = "K")]
    pub top_k: Option<usize>,
    /// Write the dense vector, too, so that one request can prefetch by the sparse one and rescore by the dense one
    #[arg(long)]
    #[serde(default)]
    pub with_dense: bool,
    /// What the entries are: the activations, or their square roots, with which steering by a request is exact
    #[arg(long, value_enum, default_value_t = SparseValues::Probability)]
    #[serde(default)]
    pub values: SparseValues,
    /// Points in a page
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000), hide = true)]
    pub page: u32,
    /// The collection to read.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `features`: what each feature does over a collection.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct FeaturesConfig {
    /// Encoder: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// A feature's density is the share of points with an activation above this
    #[arg(long, default_value_t = 0.1, value_parser = parse_threshold)]
    pub threshold: f32,
    /// Strongest points to list for each feature, at most 200
    #[arg(long, default_value_t = 20, value_parser = parse_top)]
    pub top: usize,
    /// Only this feature (may be given several times)
    #[arg(long, value_name = "N")]
    pub feature: Vec<usize>,
    /// Read all of the collection, whatever is saved of it beside the encoder
    #[arg(long)]
    #[serde(default)]
    pub rebuild: bool,
    /// The collection.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `import vectors`: from a file into a store or a server.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct ImportVectorsConfig {
    /// Ids of the rows, as a JSON list of numbers or UUIDs; the row numbers otherwise
    #[arg(long, value_name = "F.json")]
    pub ids: Option<PathBuf>,
    /// The file, its payloads, and the collection to write.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

fn number(text: &str) -> Result<f64, String> {
    text.parse::<f64>().map_err(|_| format!("\"{text}\" is not a number"))
}

fn within(text: &str, what: &str, ok: impl Fn(f64) -> bool) -> Result<f64, String> {
    let value = number(text)?;
    if ok(value) { Ok(value) } else { Err(format!("must be {what}")) }
}

fn parse_split(text: &str) -> Result<f64, String> {
    within(text, "between 0 and 1, both excluded", |v| v > 0.0 && v < 1.0)
}

fn parse_positive(text: &str) -> Result<f64, String> {
    within(text, "above 0", |v| v > 0.0 && v.is_finite())
}

fn parse_factor(text: &str) -> Result<f64, String> {
    within(text, "above 0 and below 1", |v| v > 0.0 && v < 1.0)
}

fn parse_share(text: &str) -> Result<f64, String> {
    within(text, "from 0 to 1", |v| (0.0..=1.0).contains(&v))
}

fn parse_weight(text: &str) -> Result<f64, String> {
    within(text, "0 or more", |v| v >= 0.0 && v.is_finite())
}

fn parse_margin(text: &str) -> Result<f32, String> {
    within(text, "0 or more", |v| v >= 0.0 && v.is_finite()).map(|v| v as f32)
}

fn parse_dropout(text: &str) -> Result<f64, String> {
    within(text, "0 or more and below 1", |v| (0.0..1.0).contains(&v))
}

fn parse_threshold(text: &str) -> Result<f32, String> {
    within(text, "0 or more and below 1", |v| (0.0..1.0).contains(&v)).map(|v| v as f32)
}

fn parse_top(text: &str) -> Result<usize, String> {
    let top: usize = text.parse().map_err(|_| format!("\"{text}\" is not a whole number"))?;
    if top <= 200 { Ok(top) } else { Err("must be at most 200".into()) }
}

fn parse_percentile(text: &str) -> Result<f64, String> {
    within(text, "between 0 and 100", |v| (0.0..=100.0).contains(&v))
}
