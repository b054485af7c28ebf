//! What block outputs say: confidence, sparse vectors, what each feature does over a collection (the table, and what its
//! page shows), and what it is called.

mod accumulate;
mod confidence;
mod first_two;
mod index;
pub mod names;
mod related;
mod sparse;
mod words;

pub use accumulate::{Accumulator, FeatureStats, FeatureTable, Strong};
pub use confidence::{BlockAnswer, ConfidenceScale, answers, confidence, quantiles};
pub use index::{FIRES_ABOVE, FeatureIndex, IndexBuilder, Interval, RunnerUp};
pub use names::{Author, FeatureName, FeatureNotes};
pub use related::{Related, related};
pub use sparse::{SparseVector, sparse, top_k};
pub use words::{Enriched, words};
