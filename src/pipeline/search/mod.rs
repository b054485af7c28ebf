//! Searching a collection: by words, pictures, points, examples and features, and steered by features.

mod ask;
mod command;
mod pass;
mod searcher;
mod shortlist;
mod sparse;
mod steer;
mod target;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use ask::{
    Ask, Asymmetric, Because, By, Compared, CopyRequest, Searched, SparseAsk, Steered, SteeredHit, Steering, Way,
};
pub use command::{SearchAnswer, SteerAnswer};
pub(super) use command::{run, steer as run_steer};
pub use searcher::Searcher;
pub use shortlist::Shortlist;

use crate::source::{Neighbour, Payload, PointId};

/// The name of the sparse vectors, as `convert` writes them.
const SPARSE_NAME: &str = "block";

/// A point found.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// The point.
    pub id: PointId,
    /// The collection's score; of a query by the block vectors, the dot product of its weights with the entries; of a query by features, the mean of sqrt p over those that are asked for.
    pub score: f32,
    /// Its payload.
    pub payload: Payload,
}

impl From<Neighbour> for Hit {
    fn from(found: Neighbour) -> Self {
        Self { id: found.id, score: found.score, payload: found.payload }
    }
}
