//! What an encoder's file says beside the weights.

use serde::{Deserialize, Serialize};

use crate::config::{ObjectiveKind, TrainConfig};
use crate::groups::GroupsSummary;
use crate::job::EpochMetric;
use crate::point::Stored;

/// What turns the values of the linear layers into activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// A SoftMax in each block.
    #[default]
    SoftMax,
    /// max(z, 0), at most 1.
    Relu,
    /// max(z, 0), at most 1, of the K largest over all features; the others are 0.
    TopK(usize),
}

/// What an encoder's file says beside the weights. A PyTorch state dict says none of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EncoderMeta {
    /// The kind of encoder: "blocks" or "autoencoder".
    pub kind: String,
    /// What follows the linear layers.
    #[serde(skip_serializing_if = "is_softmax")]
    pub activation: Activation,
    /// What its decoder was fitted on, where it has one.
    #[serde(skip_serializing_if = "Stored::is_usual")]
    pub stored: Stored,
    /// The version of the program that wrote it.
    pub program: String,
    /// The settings that it was trained with, as the command line names them.
    pub settings: Option<serde_json::Value>,
    /// What it was trained on.
    pub data: Option<DataDescription>,
    /// How it ended.
    pub metrics: Option<FinalMetrics>,
    /// The labels that it was trained or measured with, and how well it finds points of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsSummary>,
    /// Confidence of the validation points, which were not trained on, at 1,001 evenly spaced quantiles, ascending.
    /// Empty where not known.
    pub held_out_confidence: Vec<f32>,
}

/// What an encoder was trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataDescription {
    /// The collection or the files.
    pub source: String,
    /// Points trained on.
    pub train_points: usize,
    /// Points validated on.
    pub val_points: usize,
    /// Neighbour pairs trained on.
    pub neighbours: usize,
    /// Mean length of the training vectors; inputs should be of the same scale.
    pub mean_norm: f32,
}

/// How a training ended, for the epoch whose weights the file holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FinalMetrics {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Mean training loss of the epoch.
    pub train_loss: f32,
    /// Validation loss.
    pub val_loss: f32,
    /// Validation triplets with a loss above zero.
    pub val_failed_triplets: u64,
    /// Validation triplets.
    pub val_triplets: u64,
    /// Validation points that the following are taken over.
    pub judged: u64,
    /// Features that never win among those points.
    pub dead: usize,
    /// Mean over blocks of exp(entropy of the usage) / block size.
    pub usage_perplexity: f32,
    /// Mean normalised mutual information between the blocks' winners.
    pub nmi: Option<f32>,
}

impl From<&EpochMetric> for FinalMetrics {
    fn from(m: &EpochMetric) -> Self {
        Self {
            epoch: m.epoch,
            train_loss: m.train_loss,
            val_loss: m.val_loss,
            val_failed_triplets: m.val_failed_triplets,
            val_triplets: m.val_triplets,
            judged: m.judged,
            dead: m.dead,
            usage_perplexity: m.usage_perplexity,
            nmi: m.nmi,
        }
    }
}

fn is_softmax(activation: &Activation) -> bool {
    *activation == Activation::SoftMax
}

/// The kind of encoders whose blocks are followed by a SoftMax.
pub(super) const BLOCKS: &str = "blocks";

/// The kind of sparse autoencoders.
pub(super) const AUTOENCODER: &str = "autoencoder";

impl EncoderMeta {
    /// Of an encoder trained by this program.
    pub fn trained(config: &TrainConfig, data: DataDescription) -> Self {
        Self {
            kind: if config.objective == ObjectiveKind::Autoencoder { AUTOENCODER } else { BLOCKS }.into(),
            activation: match (config.objective, config.autoencoder.active as usize) {
                (ObjectiveKind::Autoencoder, 0) => Activation::Relu,
                (ObjectiveKind::Autoencoder, k) => Activation::TopK(k),
                _ => Activation::SoftMax,
            },
            stored: Stored::Activations,
            program: format!("blockscope {}", env!("CARGO_PKG_VERSION")),
            // A struct of plain fields always has a JSON form.
            settings: serde_json::to_value(config).ok(),
            data: Some(data),
            metrics: None,
            groups: None,
            held_out_confidence: Vec::new(),
        }
    }
}
