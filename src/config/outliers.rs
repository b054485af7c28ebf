//! Settings of `outliers`.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{CollectionArgs, ModelArgs, within};
use crate::features::outlier::OutlierScore;
use crate::point::PointId;

/// Settings of `outliers`: which inputs, or points of the collection, are unlike the collection.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct OutliersConfig {
    /// Pictures to judge; without any input the points of the collection themselves are judged
    #[arg(value_name = "PICTURE")]
    pub pictures: Vec<PathBuf>,
    /// Text to judge, where the model has a side for texts (may be given several times)
    #[arg(long, value_name = "T")]
    pub text: Vec<String>,
    /// Point of the collection to judge (may be given several times)
    #[arg(long, value_name = "ID")]
    pub id: Vec<PointId>,
    /// Vectors to judge, one a row
    #[arg(long, value_name = "F.npy")]
    pub input: Option<PathBuf>,
    /// Encoder: .safetensors, or a PyTorch state dict
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Share of points like the collection's that may be flagged; with --batch, the false discovery rate
    #[arg(long, default_value_t = 0.05, value_parser = parse_rate, value_name = "SHARE")]
    pub rate: f64,
    /// What tells an outlier
    #[arg(long, value_enum, default_value_t = OutlierScore::Fused)]
    pub score: OutlierScore,
    /// Flag so that at most the rate of what is flagged is flagged falsely (Benjamini-Hochberg)
    #[arg(long)]
    pub batch: bool,
    /// Points of the collection to list at most; all inputs are listed
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub limit: usize,
    /// Known outliers, to say which score tells them best: a folder or pattern of pictures, a .npy file of vectors, or a
    /// filter of the collection as JSON (may be given several times)
    #[arg(long, value_name = "KNOWN", num_args = 1..)]
    pub against: Vec<String>,
    /// Points of the collection to compare with, at most
    #[arg(long, default_value_t = 5_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub calibration: u32,
    /// Points of the collection to look for neighbours among, at most: a uniform sample
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub reference: u32,
    /// Seed of what is drawn from the collection
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The model that pictures and texts go through.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    within(text, "between 0 and 1, both excluded", |v| v > 0.0 && v < 1.0)
}
