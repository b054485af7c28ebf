//! What a collection's sparse vectors were made with, kept with the collection.
//!
//! An embedded store keeps it in the file `blockscope.json` of the collection's folder, which goes when the collection
//! goes. A server keeps it in the collection's metadata, which servers before 1.16 do not have.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic_file;
use crate::error::{Error, Result};
use crate::point::{SparseValues, Stored};

/// The file in a collection's folder.
const FILE: &str = "blockscope.json";
/// The key in a collection's metadata.
pub(super) const KEY: &str = "blockscope";

/// What a collection's sparse vectors were made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SparseOrigin {
    /// The encoder's fingerprint.
    pub encoder: String,
    /// What the entries are.
    pub values: SparseValues,
    /// Activations above this all have an entry.
    pub threshold: f32,
    /// What is kept of a code.
    #[serde(default, skip_serializing_if = "Stored::is_usual")]
    pub stored: Stored,
}

/// By the vector's name.
pub(super) type Origins = BTreeMap<String, SparseOrigin>;

/// Reads the file of a collection's folder. One that is not there, or that is not ours, says nothing.
pub(super) fn read(folder: &Path) -> Origins {
    std::fs::read(folder.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Writes down what a vector was made with, beside what is known of others.
pub(super) fn write(folder: &Path, name: &str, origin: &SparseOrigin) -> Result<()> {
    let path = folder.join(FILE);
    let mut all = read(folder);
    all.insert(name.to_owned(), origin.clone());
    let text = serde_json::to_vec_pretty(&all).map_err(|e| Error::file(&path, e.to_string()))?;
    atomic_file::write(&path, &text)
}
