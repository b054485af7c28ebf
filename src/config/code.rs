//! Settings of what is done with the codes of an autoencoder.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// Settings of `truncate`: an autoencoder whose codes keep their strongest features only.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct TruncateConfig {
    /// Autoencoder: .safetensors
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Features of a code to keep: the strongest
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    pub active: u32,
    /// Where the truncated autoencoder goes
    #[arg(long, value_name = "F")]
    pub output: PathBuf,
}

/// What a shortlist is ranked by in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Rerank {
    /// The whole codes.
    Code,
    /// The dense vectors.
    #[default]
    Dense,
}

/// A search by small codes that leave some points for a second look.
#[derive(Args, Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ShortlistArgs {
    /// Search by the K strongest features of each point, which leave a share of the collection (--prefetch, otherwise
    /// 0.01) to be ranked again
    #[arg(long, value_name = "K", requires = "encoder", conflicts_with = "sparse",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub shortlist: Option<u32>,
    /// What these are ranked by
    #[arg(long, value_enum, value_name = "BY", requires = "shortlist", default_value_t)]
    pub rerank: Rerank,
}
