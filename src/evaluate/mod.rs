//! What encoders are worth: retrieval, agreement, clusters, labels, reconstruction and outliers, each as a pure function
//! over matrices, and the table that `evaluate` makes of them.
//!
//! Everything is measured on one [`Split`] of a collection: points that are trained on and searched, and queries. What a
//! code finds is compared with the exact nearest points of the queries ([`recall`]); how much is stored for it is counted
//! to the bit ([`stored`]); [`baseline`] has ways without an encoder to compare with.

pub mod agreement;
pub mod baseline;
pub mod cluster;
mod data;
pub mod decoding;
mod figures;
mod judge;
pub mod labelled;
pub mod mahalanobis;
pub mod matching;
pub mod outside;
pub mod probe;
pub mod recall;
mod sections;
pub mod stored;
pub mod table;

pub use crate::linalg::Rows;
pub use data::{Labels, Split};
pub use figures::{Figures, Spreads};
pub use judge::{Judged, SIZES, judge};
pub use sections::{Section, heading, sections};
