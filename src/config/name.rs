//! Settings of naming features.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{CollectionArgs, ModelArgs};
use crate::features::suggest::LEAST_SCORE;

/// Where suggested names come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum NamesFrom {
    /// Values of payloads.
    Payload,
    /// Words, through the text side of the collection's model, which is downloaded where it is not here.
    Text,
    /// Payloads, and for features that these do not name, words, where the collection's model has a text side that is
    /// here.
    #[default]
    Both,
}

/// Settings of `name`: names for the features of an encoder.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct NameConfig {
    /// Encoder: .safetensors, or a PyTorch state dict; the names go beside it
    #[arg(long, value_name = "F")]
    pub encoder: PathBuf,
    /// Where names come from
    #[arg(long, value_enum, default_value_t = NamesFrom::Both)]
    pub from: NamesFrom,
    /// Only this field of payloads, with what lies in it (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub field: Vec<String>,
    /// Words to name by in place of those that come with the program, one word or phrase a line
    #[arg(long, value_name = "F")]
    pub vocabulary: Option<PathBuf>,
    /// A feature stays unnamed where its best name scores less than this on points held out of its making
    #[arg(long, value_name = "SCORE", default_value_t = LEAST_SCORE, value_parser = parse_score)]
    pub min_score: f32,
    /// Points of the collection that names are made of and scored on, half of them each
    #[arg(long, value_name = "N", default_value_t = NameConfig::SAMPLE, value_parser = clap::value_parser!(u32).range(100..))]
    pub sample: u32,
    /// Change nothing, only say what the names would be
    #[arg(long)]
    pub dry_run: bool,
    /// Take in names and pins from this file first; without a collection, do nothing else
    #[arg(long, value_name = "F.json")]
    pub import: Option<PathBuf>,
    /// Write all names and pins to this file, too; without a collection, those that are there
    #[arg(long, value_name = "F.json")]
    pub export: Option<PathBuf>,
    /// The model whose text side words go through.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The collection.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

impl NameConfig {
    /// Points that are sampled, unless said otherwise.
    pub const SAMPLE: u32 = 20_000;
}

fn parse_score(text: &str) -> Result<f32, String> {
    super::within(text, "at least 0.5, which is chance, and at most 1", |v| (0.5..=1.0).contains(&v)).map(|v| v as f32)
}
