//! What block outputs say: confidence, sparse vectors, what each feature does over a collection, and what it is called.

mod accumulate;
mod confidence;
pub mod names;
mod sparse;

pub use accumulate::{Accumulator, FeatureStats, FeatureTable, Strong};
pub use confidence::{BlockAnswer, ConfidenceScale, answers, confidence, quantiles};
pub use names::{Author, FeatureName, FeatureNotes};
pub use sparse::{SparseVector, sparse, top_k};
