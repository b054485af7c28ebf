//! Settings of `evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CollectionArgs, DeviceChoice, ObjectiveKind, TrainConfig, parse_split};
use crate::error::{Error, Result};

/// How the table is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// In columns.
    #[default]
    Text,
    /// As Markdown.
    Markdown,
}

/// Settings of `evaluate`: encoders, or objectives that are trained here, compared on one collection with one split.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct EvaluateConfig {
    /// Encoder to compare: .safetensors, or a PyTorch state dict (may be given several times)
    #[arg(long, value_name = "F", num_args = 1..)]
    pub encoder: Vec<PathBuf>,
    /// Objective to train with and compare, by its own settings or others: codes:blocks=16:epochs=5 (several with commas)
    #[arg(long, value_name = "OBJECTIVE[:SETTING=VALUE…]", value_delimiter = ',')]
    pub objective: Vec<String>,
    /// Encoders trained with each objective, each with a seed of its own
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub seeds: u32,
    /// Points to sample from the collection
    #[arg(long, default_value_t = 20_000)]
    pub sample: usize,
    /// Share of the points that are queries, and not trained on
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", value_parser = parse_split)]
    pub split: f64,
    /// Train on the first N points, and take the others as queries, in place of a split at random
    #[arg(long, value_name = "N", conflicts_with = "split")]
    pub train_rows: Option<usize>,
    /// Payload field with the labels that purity, silhouette, probe and clusters are about
    #[arg(long, value_name = "FIELD")]
    pub labels: Option<String>,
    /// Label to train without, and to tell from the others as outliers; "all" for one after the other (several with commas)
    #[arg(long, value_name = "LABEL", value_delimiter = ',', requires = "labels")]
    pub hold_out: Vec<String>,
    /// Vectors of known outliers, to be told from the queries
    #[arg(long, value_name = "F.npy")]
    pub against: Option<PathBuf>,
    /// Seed of the sample, the split and everything drawn, and the first seed of the trainings
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Device to train on
    #[arg(long, value_enum, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub format: TableFormat,
    /// Write the table to a file, too, as JSON
    #[arg(long, value_name = "F.json")]
    pub output: Option<PathBuf>,
    /// The collection.
    #[command(flatten)]
    pub collection: CollectionArgs,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self {
            encoder: Vec::new(),
            objective: Vec::new(),
            seeds: 3,
            sample: 20_000,
            split: 0.2,
            train_rows: None,
            labels: None,
            hold_out: Vec::new(),
            against: None,
            seed: 0,
            device: DeviceChoice::Auto,
            format: TableFormat::Text,
            output: None,
            collection: CollectionArgs::default(),
        }
    }
}

/// Settings of a training that are the evaluation's own.
const NOT_HERE: [&str; 11] = [
    "objective",
    "train",
    "val",
    "collection",
    "sample",
    "split",
    "seed",
    "device",
    "output",
    "log_dir",
    "keep_with_run",
];

/// The settings of a training as `--objective` has them: an objective, whose own settings are taken, and others behind
/// colons, named as the flags of `train` are.
pub fn training(text: &str) -> Result<TrainConfig> {
    let mut words = text.split(':');
    let name = words.next().unwrap_or_default();
    let objective = ObjectiveKind::from_str(name, true).map_err(|_| {
        let known: Vec<String> = ObjectiveKind::ALL.iter().map(ToString::to_string).collect();
        Error::setting(format!("--objective {text}: \"{name}\" is none of {}", known.join(", ")))
    })?;
    let preset = TrainConfig::preset(objective);
    let Ok(Value::Object(mut settings)) = serde_json::to_value(&preset) else { return Ok(preset) };
    for word in words {
        let (flag, value) = word
            .split_once('=')
            .ok_or_else(|| Error::setting(format!("--objective {text}: \"{word}\" is not SETTING=VALUE")))?;
        let key = flag.trim_start_matches("--").replace('-', "_");
        if NOT_HERE.contains(&key.as_str()) || !settings.contains_key(&key) {
            return Err(Error::setting(format!(
                "--objective {text}: there is no setting \"{flag}\" of a training here"
            )));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        settings.insert(key, value);
    }
    let config: TrainConfig = serde_json::from_value(Value::Object(settings))
        .map_err(|problem| Error::setting(format!("--objective {text}: {problem}")))?;
    config.check()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_has_its_own_settings_and_others_behind_colons() {
        for objective in ObjectiveKind::ALL {
            assert_eq!(training(&objective.to_string()).unwrap(), TrainConfig::preset(objective));
        }
        let config = training("balanced:usage=0:block-size=32:schedule=plateau:lr=1e-2:centre=true").unwrap();
        let mut expected = TrainConfig {
            block_size: 32,
            schedule: super::super::ScheduleKind::Plateau,
            lr: 1e-2,
            ..TrainConfig::preset(ObjectiveKind::Balanced)
        };
        (expected.terms.usage, expected.terms.centre) = (0.0, true);
        assert_eq!(config, expected);
        for (text, words) in [
            ("best", "none of compatible"),
            ("codes:blocks", "is not SETTING=VALUE"),
            ("codes:blokcs=3", "no setting \"blokcs\""),
            ("codes:seed=3", "no setting \"seed\""),
            ("codes:blocks=many", "invalid type"),
            ("codes:blocks=0", "--blocks must be at least 1"),
        ] {
            let error = training(text).unwrap_err();
            assert!(error.to_string().contains(words) && error.exit_code() == 2, "{error}");
        }
    }
}
