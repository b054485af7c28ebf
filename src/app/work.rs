//! What the window asks of its workers, and what they find: an enum for each part of the window.

use super::{compare, document, features, inspect, search, start, train, transfer};
use crate::error::Result;
use crate::job::{Control, Reporter, Task};

/// Work for a worker, by the part of the window that asks for it.
#[derive(Debug)]
pub enum Work {
    /// The open collection and encoder, and what is saved.
    Document(document::Work),
    /// Connecting, listing, importing, the demo.
    Start(start::Work),
    /// Training and runs.
    Train(train::Work),
    /// Judging pictures, texts and points.
    Inspect(inspect::Work),
    /// Pages of features.
    Features(features::Work),
    /// Conversions and exports.
    Transfer(transfer::Work),
    /// Searching and steering.
    Search(search::Work),
    /// Comparing encoders.
    Compare(compare::Work),
}

/// What a worker found, by the part of the window that asked.
#[derive(Debug)]
pub enum Found {
    /// For [`Work::Document`].
    Document(document::Found),
    /// For [`Work::Start`].
    Start(start::Found),
    /// For [`Work::Train`].
    Train(train::Found),
    /// For [`Work::Inspect`].
    Inspect(inspect::Found),
    /// For [`Work::Features`].
    Features(features::Found),
    /// For [`Work::Transfer`].
    Transfer(transfer::Found),
    /// For [`Work::Search`].
    Search(search::Found),
    /// For [`Work::Compare`].
    Compare(compare::Found),
}

/// A part of the window that asks for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// See [`Work::Document`].
    Document,
    /// See [`Work::Start`].
    Start,
    /// See [`Work::Train`].
    Train,
    /// See [`Work::Inspect`].
    Inspect,
    /// See [`Work::Features`].
    Features,
    /// See [`Work::Transfer`].
    Transfer,
    /// See [`Work::Search`].
    Search,
    /// See [`Work::Compare`].
    Compare,
}

impl Work {
    /// The part of the window that asks.
    pub fn area(&self) -> Area {
        match self {
            Self::Document(_) => Area::Document,
            Self::Start(_) => Area::Start,
            Self::Train(_) => Area::Train,
            Self::Inspect(_) => Area::Inspect,
            Self::Features(_) => Area::Features,
            Self::Transfer(_) => Area::Transfer,
            Self::Search(_) => Area::Search,
            Self::Compare(_) => Area::Compare,
        }
    }
}

impl Task for Work {
    type Output = Found;

    fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        Ok(match self {
            Self::Document(work) => Found::Document(work.run(control, reporter)?),
            Self::Start(work) => Found::Start(work.run(control, reporter)?),
            Self::Train(work) => Found::Train(work.run(control, reporter)?),
            Self::Inspect(work) => Found::Inspect(work.run(control, reporter)?),
            Self::Features(work) => Found::Features(work.run(control, reporter)?),
            Self::Transfer(work) => Found::Transfer(work.run(control, reporter)?),
            Self::Search(work) => Found::Search(work.run(control, reporter)?),
            Self::Compare(work) => Found::Compare(work.run(control, reporter)?),
        })
    }
}

/// Runs long arithmetic on all cores but one, which stays free for the window.
///
/// Each call has threads of its own, which take no time worth speaking of to start: a training holds one of its threads
/// from its beginning to its end, and on two cores there is no other that a second job could use.
pub(super) fn sparing<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.saturating_sub(1).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("sparing-{i}")).build();
    match pool {
        Ok(pool) => pool.install(work),
        // The system has no more threads to give.
        Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_job_that_waits_keeps_no_other_from_its_work() {
        let control = Control::new();
        control.pause();
        let paused = control.clone();
        let (began, waiting) = std::sync::mpsc::channel();
        let first = std::thread::spawn(move || {
            sparing(|| {
                began.send(()).unwrap();
                paused.check()
            })
        });
        waiting.recv().unwrap();
        let (done, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(sparing(|| 7)));
        let second = heard.recv_timeout(Duration::from_secs(30));
        control.resume();
        assert!(first.join().unwrap().is_ok());
        assert_eq!(second, Ok(7));
    }
}
