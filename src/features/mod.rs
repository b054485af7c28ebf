//! What block outputs say: confidence, sparse vectors, and what each feature does over a collection.

mod accumulate;
mod confidence;
mod first_two;
mod sparse;

pub use accumulate::{Accumulator, FeatureStats, FeatureTable, Strong};
pub use confidence::{BlockAnswer, ConfidenceScale, answers, confidence, quantiles};
pub use sparse::{SparseVector, sparse, top_k};
