//! Jobs: long work on a worker thread, steered by a [`Control`] and heard through a [`Reporter`].
//!
//! A job gets its settings, a control and a reporter, and ends with an [`Outcome`]. Cancelled is an outcome, not a
//! failure; a panic becomes a failed job with its message, and the program goes on.

mod control;
mod event;
mod reporter;
mod worker;

pub use control::{Control, Wish};
pub use event::{EpochMetric, Event, JobId, Metric, Outcome, Probe, Progress, StepMetric, Tagged};
pub use reporter::{FLUSH_EVERY, Reporter};
pub(crate) use worker::panic_text;
pub use worker::{Task, Worker};
