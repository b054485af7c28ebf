//! Groups of points: the labels that payloads say, and how well vectors and codes find points of the same label.

mod labels;
mod retrieval;

pub use labels::{Groups, Kept, LabelReport, Said, field_names};
pub(crate) use retrieval::Trial;
pub use retrieval::{Nearness, Quality, RetrievalReport, Space, SpaceQuality};

use serde::{Deserialize, Serialize};

/// What a training with labels reports: which points it kept, and how well points of a label are found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupsSummary {
    /// The points with labels.
    pub labels: LabelReport,
    /// How well held-out points find others of their label; none where too few of them have one.
    pub retrieval: Option<RetrievalReport>,
}
