//! Searching by what features say: the language of features, results that are steered by them, and searches as requests
//! and programs to copy.

mod best;
mod expression;
pub mod snippet;
mod steering;

pub use best::Best;
pub(crate) use best::order;
pub use expression::{Bound, Condition, Expression, Matcher, Unreadable, find_feature};
pub use steering::{Preset, SqrtMeans, Steer, Strength, spread};
