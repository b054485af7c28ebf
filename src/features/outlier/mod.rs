//! Whether a point is unlike a collection, and how far that can be trusted: four scores, conformal p-values against
//! points held apart, and how well a score tells known outliers.
//!
//! A [`Detector`] is made from three parts of a collection that have no point in common: the *reference* part, in which
//! neighbours are looked for; the *ranking* part, some points of the reference, that say what is usual; and the
//! *calibration* part, whose scores a new point's are compared with. A score is then a function that calibration points
//! have no part in, so that a new point like them is as likely to have any place among them as any other: that is all
//! that a conformal p-value needs.

mod batch;
mod conformal;
mod detector;
mod neighbour;
mod scores;
mod separation;

pub use batch::{adjusted, adjusted_of_counts};
pub use conformal::Calibration;
pub use detector::{Detector, Points, RANKING};
pub use neighbour::{NEIGHBOUR, Near, Reference};
pub use scores::{OutlierScore, OutlierScores, Standard, doubts, fused, max_probability, mean_entropy};
pub use separation::{Separation, auroc, false_positive_rate, separations};
