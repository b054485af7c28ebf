//! What every part knows of a point: its id, its payload, and how nearness is measured.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The payload of a point: a JSON object.
pub type Payload = serde_json::Map<String, serde_json::Value>;

/// The field of the payload that says which model a point was embedded with. Its name is no one else's: payloads are
/// people's own.
pub(crate) const MODEL_FIELD: &str = "blockscope_model";

/// The id of a point: an unsigned number or a UUID, as in Qdrant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PointId {
    /// A number.
    Num(u64),
    /// A UUID.
    Uuid(Uuid),
}

impl std::fmt::Display for PointId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Num(n) => n.fmt(f),
            Self::Uuid(u) => u.fmt(f),
        }
    }
}

impl std::str::FromStr for PointId {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Num(number));
        }
        Uuid::parse_str(text).map(Self::Uuid).map_err(|_| format!("\"{text}\" is neither a number nor a UUID"))
    }
}

/// How a collection measures nearness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Distance {
    /// Cosine similarity; Qdrant keeps such vectors at unit length.
    Cosine,
    /// Dot product.
    Dot,
    /// Euclidean distance: smaller is nearer.
    Euclid,
    /// Manhattan distance: smaller is nearer.
    Manhattan,
}

impl Distance {
    /// Whether a score is a distance, so that smaller is nearer.
    pub fn smaller_is_nearer(self) -> bool {
        matches!(self, Self::Euclid | Self::Manhattan)
    }
}

impl std::fmt::Display for Distance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::Euclid => "Euclid",
            Self::Manhattan => "Manhattan",
        })
    }
}

/// What the entries of a sparse block vector are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SparseValues {
    /// The activations p, as in the reference.
    #[default]
    Probability,
    /// Their square roots, of which a dot product with weights is what steering adds.
    Sqrt,
}

impl SparseValues {
    /// The entry of an activation.
    pub fn of(self, activation: f32) -> f32 {
        match self {
            Self::Probability => activation,
            Self::Sqrt => activation.sqrt(),
        }
    }
}

/// What is kept of a code: what a decoder was fitted on, and what a collection's block vectors hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stored {
    /// The activations, as far as they are above a threshold.
    #[default]
    Activations,
    /// The winning feature of each block, with the value 1.
    Winners,
    /// The K largest activations of each block.
    Strongest(usize),
}

impl Stored {
    /// Whether it is what encoders without a decoder store.
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::Activations
    }
}

/// As the command line has it.
impl std::fmt::Display for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Activations => f.write_str("activations"),
            Self::Winners => f.write_str("winners"),
            Self::Strongest(k) => write!(f, "strongest:{k}"),
        }
    }
}

impl std::str::FromStr for Stored {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || "give activations, winners, or strongest:K with K from 1, such as strongest:4".to_owned();
        match text {
            "activations" => Ok(Self::Activations),
            "winners" => Ok(Self::Winners),
            _ => {
                let k = text.strip_prefix("strongest:").and_then(|k| k.parse().ok()).filter(|k| *k > 0);
                k.map(Self::Strongest).ok_or_else(problem)
            }
        }
    }
}
