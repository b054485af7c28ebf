//! Settings of searches, with and without steering.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{CollectionArgs, ModelArgs, ShortlistArgs, within};
use crate::point::PointId;
use crate::search::Preset;
use crate::source::Strategy;

/// What is searched by: one of these.
#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Query, one of")]
pub struct QueryArgs {
    /// Words to search by
    #[arg(value_name = "WORDS")]
    pub words: Vec<String>,
    /// The same as WORDS
    #[arg(long, value_name = "T")]
    pub text: Option<String>,
    /// Picture to search by
    #[arg(long, value_name = "F")]
    pub image: Option<PathBuf>,
    /// Point of the collection to search by; it is not among its own results
    #[arg(long, value_name = "ID")]
    pub id: Option<PointId>,
    /// Features that are to fire or not to, by index or name, such as '12 AND NOT "red soup" > 0.2' (needs --encoder)
    #[arg(long, value_name = "EXPRESSION")]
    pub features: Option<String>,
    /// Points that results should be like
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub positive: Vec<PointId>,
    /// Points that they should not be like
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub negative: Vec<PointId>,
    /// How --positive and --negative are put together
    #[arg(long, value_enum, value_name = "STRATEGY", default_value_t)]
    pub strategy: Strategy,
    /// Point that results should be near to, on the side of each --pair that is asked for
    #[arg(long, value_name = "ID", requires = "pair")]
    pub target: Option<PointId>,
    /// Two points: results lie nearer to the first than to the second
    #[arg(long, value_name = "LIKE:UNLIKE", num_args = 1..)]
    pub pair: Vec<Pair>,
}

/// Two points: like the first, unlike the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair(pub PointId, pub PointId);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (like, unlike) = text.split_once(':').ok_or("give two ids with a colon between them, as in 12:40")?;
        Ok(Self(like.trim().parse()?, unlike.trim().parse()?))
    }
}

/// A request to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CopyChoice {
    /// The body of the HTTP request
    Json,
    /// A Rust program
    Rust,
    /// A Python program
    Python,
}

/// Settings of `search`: the points nearest to words, a picture or a point, or that features fire for.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct SearchConfig {
    /// Points to find
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Encoder, for searches by features and by block vectors: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: Option<PathBuf>,
    /// Let the block vectors leave this share of the collection for the dense ones, such as 0.01
    #[arg(long, value_name = "SHARE", requires = "encoder", value_parser = parse_share)]
    pub prefetch: Option<f64>,
    /// Search by the block vectors alone
    #[arg(long, requires = "encoder", conflicts_with = "prefetch")]
    pub sparse: bool,
    /// Compare the query's own activations with the stored ones, whatever the encoder's decoder makes of the query
    #[arg(long, requires = "encoder")]
    #[serde(default)]
    pub symmetric: bool,
    /// Keep only the N entries of the sparse query that are largest in magnitude: it reads fewer postings and finds less
    #[arg(long, value_name = "N", requires = "encoder", value_parser = clap::value_parser!(u32).range(1..))]
    #[serde(default)]
    pub query_entries: Option<u32>,
    /// Search exactly, too, and say how much of that was found (and which share of the postings was read)
    #[arg(long)]
    pub compare: bool,
    /// Print the request in place of the points (with --json: beside them)
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub copy: Option<CopyChoice>,
    /// A shortlist by small codes.
    #[command(flatten)]
    #[serde(flatten)]
    pub shortlist: ShortlistArgs,
    /// The query.
    #[command(flatten)]
    pub query: QueryArgs,
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection to search.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

/// Settings of `steer`: a search, without and with features that count for more or less.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct SteerConfig {
    /// Encoder: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Weight of a feature, by index or name, from -1 to 1, such as 12=1 or "red soup=-0.5" (may be given several times)
    #[arg(long, value_name = "FEATURE=W", num_args = 1..)]
    pub weight: Vec<FeatureWeight>,
    /// Weights that are made for the query; --weight goes over them
    #[arg(long, value_enum, value_name = "PRESET")]
    pub preset: Option<Preset>,
    /// What the features count for against the query; it is felt alike by points, pictures and texts
    #[arg(long, default_value_t = 1.0, value_name = "S", value_parser = parse_alpha)]
    #[serde(default = "full_strength")]
    pub strength: f32,
    /// The alpha of the formula, in place of the strength
    #[arg(long, value_name = "A", conflicts_with = "strength", value_parser = parse_alpha)]
    pub alpha: Option<f32>,
    /// Points to find
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Print the request in place of the points (with --json: beside them)
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub copy: Option<CopyChoice>,
    /// The query.
    #[command(flatten)]
    pub query: QueryArgs,
    /// The model.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection to search.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

fn full_strength() -> f32 {
    1.0
}

/// A feature, by index or name, and its weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureWeight {
    /// Index or name.
    pub feature: String,
    /// From -1 to 1.
    pub weight: f32,
}

impl FromStr for FeatureWeight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (feature, weight) = text.rsplit_once('=').ok_or("give a feature and its weight, as in 12=0.5")?;
        let weight = within(weight.trim(), "a weight between -1 and 1", |w| (-1.0..=1.0).contains(&w))?;
        Ok(Self { feature: feature.trim().to_owned(), weight: weight as f32 })
    }
}

fn parse_share(text: &str) -> Result<f64, String> {
    within(text, "above 0 and at most 1", |v| v > 0.0 && v <= 1.0)
}

fn parse_alpha(text: &str) -> Result<f32, String> {
    within(text, "between 0 and 100", |v| (0.0..=100.0).contains(&v)).map(|v| v as f32)
}
