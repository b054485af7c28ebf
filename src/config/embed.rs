//! Settings of what goes through an embedding model, and of the demo.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::CollectionArgs;
use crate::demo::artist::Group;
use crate::error::{Error, Result};
use crate::point::Distance;

/// Names an embedding model. The same everywhere.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Embedding model: a name that `blockscope models` lists, or a folder (model.onnx and its side files; a
    /// blockscope.json there may name the output and its pooling) [default: the collection's own, or else CLIP ViT-B/32,
    /// Qdrant/clip-ViT-B-32-vision with its text side]
    #[arg(long, value_name = "NAME|DIR")]
    pub model: Option<String>,
    /// Remote endpoint in place of a model: POST {"inputs": [...], "params": {}} gives a list of vectors; texts go as
    /// they are, pictures as their files in base64
    #[arg(long, value_name = "URL", conflicts_with = "model")]
    pub endpoint: Option<String>,
    /// Bearer token of the endpoint
    #[arg(long, env = "BLOCKSCOPE_ENDPOINT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    #[serde(skip)]
    pub endpoint_token: Option<String>,
    /// What runs ONNX models
    #[arg(long, value_enum, value_name = "BACKEND", default_value_t = OnnxChoice::Auto)]
    pub onnx: OnnxChoice,
}

/// What runs ONNX models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum OnnxChoice {
    /// ONNX Runtime where its library is found, tract otherwise.
    #[default]
    Auto,
    /// ONNX Runtime.
    Onnxruntime,
    /// tract, which is compiled in.
    Tract,
}

/// Settings of `import pictures`: from picture files into a store or a server.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[command(mut_args(fitting))]
pub struct ImportPicturesConfig {
    /// Folders (taken with all that is in them), files, or patterns such as "photos/**/*.jpg"
    #[arg(required = true, value_name = "DIR|FILE|PATTERN")]
    pub pictures: Vec<PathBuf>,
    /// Leave no thumbnails in the user's cache folder
    #[arg(long)]
    pub no_thumbnails: bool,
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection to write.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `import texts`: from a file of JSON lines into a store or a server.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[command(mut_args(fitting))]
pub struct ImportTextsConfig {
    /// One JSON object a line, which becomes the point's payload
    #[arg(value_name = "F.jsonl")]
    pub texts: PathBuf,
    /// The field that is embedded
    #[arg(long, default_value = "text", value_name = "NAME")]
    pub field: String,
    /// The field that holds the point's id, a number or a UUID; otherwise the id comes from the line's content
    #[arg(long, value_name = "NAME")]
    pub id_field: Option<String>,
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection to write.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `embed`: pictures or texts in, vectors in a file out.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct EmbedConfig {
    /// Pictures to embed, one a row
    #[arg(value_name = "PICTURE")]
    pub pictures: Vec<PathBuf>,
    /// Text to embed (may be given several times)
    #[arg(long, value_name = "T", conflicts_with = "pictures")]
    pub text: Vec<String>,
    /// Where the vectors go (float32, rows x dimensions, of length 1)
    #[arg(long, value_name = "F.npy")]
    pub output: PathBuf,
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
}

/// Settings of `draw`: pictures of the demo's artist, for training a model on.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct DrawConfig {
    /// Folder to write to: pictures.npy and drawings.jsonl, or picture files with --files
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Pictures to draw; the kinds take turns
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub number: u32,
    /// Seed of the drawings
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Pixels on a side
    #[arg(long, default_value_t = 224, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub size: u32,
    /// Only kinds of this group (may be given several times)
    #[arg(long, value_enum, value_name = "GROUP")]
    pub group: Vec<Group>,
    /// Only this kind (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub kind: Vec<String>,
    /// Write each picture as a PNG file in a folder of its kind instead of one array
    #[arg(long)]
    pub files: bool,
}

/// Settings of `demo`.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
pub struct DemoConfig {
    /// Folder that the demo is kept in [default: blockscope/demo in the user's data folder]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Begin anew instead of taking what is there
    #[arg(long)]
    pub fresh: bool,
    /// Stay in the terminal
    #[arg(long)]
    pub no_window: bool,
    /// Dishes to draw
    #[arg(long, default_value_t = DemoConfig::DISHES, value_parser = clap::value_parser!(u32).range(100..), hide = true)]
    #[serde(skip)]
    pub dishes: u32,
    /// What runs ONNX models
    #[arg(long, value_enum, value_name = "BACKEND", default_value_t = OnnxChoice::Auto)]
    pub onnx: OnnxChoice,
}

/// Hides the arguments of all collections that do not fit an import.
fn fitting(arg: clap::Arg) -> clap::Arg {
    let unfit = ["filter", "vectors", "payload", "distance"].contains(&arg.get_id().as_str());
    if unfit { arg.hide(true) } else { arg }
}

impl DemoConfig {
    /// Dishes in the demo's collection.
    pub const DISHES: u32 = 6_000;
}

impl CollectionArgs {
    /// Fails where the arguments do not name a place to write to.
    pub fn check_target(&self) -> Result<&str> {
        if self.filter.is_some() {
            return Err(Error::setting("--filter does not work on an import"));
        }
        if self.vectors.is_some() || self.payload.is_some() || self.distance != Distance::Cosine {
            return Err(Error::setting("--vectors, --payload and --distance are for import vectors"));
        }
        if self.store.is_none() && self.url.is_none() {
            return Err(Error::setting("name where to import to: --store DIR, or --url URL of a server"));
        }
        self.name()
    }
}
