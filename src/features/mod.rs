//! What block outputs say: confidence, sparse vectors, what each feature does over a collection (the table, and what its
//! page shows), what it is called, and what is unlike the collection ([`outlier`]).

mod accumulate;
mod code;
mod confidence;
mod first_two;
mod index;
pub mod names;
pub mod outlier;
mod related;
mod sparse;
mod strongest;
pub mod suggest;
pub mod vocabulary;
mod words;

pub use accumulate::{Accumulator, BlockPair, FeatureStats, FeatureTable, Strong};
pub use code::{CodeSize, all_stored_above, stored_code};
pub use confidence::{BlockAnswer, ConfidenceScale, answers, confidence, quantiles};
pub use index::{FIRES_ABOVE, FeatureIndex, IndexBuilder, Interval, NearThreshold, PAIRS_ABOVE, RunnerUp, pairs_above};
pub use names::{Author, FeatureName, FeatureNotes, NameSource};
pub use related::{Related, related};
pub use sparse::{SparseVector, sparse, top_k};
pub use words::{Enriched, words};
