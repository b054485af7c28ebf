//! Into a collection: vectors from a file, pictures, or texts.

mod embedded;
mod pictures;
mod texts;
mod vectors;
mod writer;

use serde::Serialize;

pub(super) use crate::point::MODEL_FIELD;
pub(super) use pictures::{prepare_file, run as pictures};
pub(super) use texts::run as texts;
pub(super) use vectors::run as vectors;
pub(super) use writer::Writer;

/// What an import did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Imported {
    /// Points written.
    pub imported: u64,
    /// How many of them took the place of a point with the same id.
    pub replaced: u64,
    /// Inputs that the collection held already, from an earlier run.
    pub already: u64,
    /// Files that were not looked into, as their names do not end as a picture's does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<u64>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// The model that the vectors come from, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Seconds of the whole import.
    pub seconds: f64,
}

/// An input that was left out.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// The input.
    pub input: String,
    /// Why.
    pub reason: String,
}
