//! The control of a running job: run, pause, stop and keep, cancel.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

/// What the person wants of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Go on.
    #[default]
    Run,
    /// Wait until told otherwise.
    Pause,
    /// End soon and keep what is there.
    Stop,
    /// End now and drop the work.
    Cancel,
}

/// A handle on a job, shared between the job and whoever steers it.
///
/// Stop and cancel are final: a later pause or resume changes nothing, and a stop may still become a cancel.
#[derive(Clone, Debug, Default)]
pub struct Control {
    shared: Arc<Shared>,
    /// Whether a stop is not told of.
    past_stop: bool,
}

#[derive(Debug, Default)]
struct Shared {
    wish: Mutex<Wish>,
    changed: Condvar,
}

impl Control {
    /// A control that says run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this is the only handle left.
    pub(crate) fn is_sole(&self) -> bool {
        Arc::strong_count(&self.shared) == 1
    }

    /// A handle on the same job for a part of it that is needed for what a stop keeps, such as the last step of a training:
    /// its checks let a stop pass.
    pub fn past_stop(&self) -> Self {
        Self { past_stop: true, ..self.clone() }
    }

    /// The present wish.
    pub fn wish(&self) -> Wish {
        *self.shared.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, next: Wish) {
        let mut wish = self.shared.wish.lock().unwrap_or_else(PoisonError::into_inner);
        *wish = match (*wish, next) {
            (Wish::Cancel, _) => Wish::Cancel,
            (Wish::Stop, Wish::Run | Wish::Pause) => Wish::Stop,
            _ => next,
        };
        self.shared.changed.notify_all();
    }

    /// Let the job wait at its next check.
    pub fn pause(&self) {
        self.set(Wish::Pause);
    }

    /// Let a paused job go on.
    pub fn resume(&self) {
        self.set(Wish::Run);
    }

    /// End soon and keep what is there.
    pub fn stop(&self) {
        self.set(Wish::Stop);
    }

    /// End now and drop the work.
    pub fn cancel(&self) {
        self.set(Wish::Cancel);
    }

    /// Called by the job per batch and per page: waits while paused, and fails with [`Error::Cancelled`] once cancelled.
    pub fn check(&self) -> Result<()> {
        let mut wish = self.shared.wish.lock().unwrap_or_else(PoisonError::into_inner);
        while *wish == Wish::Pause {
            wish = self.shared.changed.wait(wish).unwrap_or_else(PoisonError::into_inner);
        }
        if *wish == Wish::Cancel { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// As [`check`](Self::check), for work that has nothing to keep half-way: a stop ends it like a cancel.
    pub fn check_whole(&self) -> Result<()> {
        self.check()?;
        if self.stopping() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Whether the job should end and keep what is there.
    pub fn stopping(&self) -> bool {
        !self.past_stop && self.wish() == Wish::Stop
    }

    /// Wait before another try, but not longer than until the person stops or cancels.
    pub fn sleep(&self, time: Duration) -> Result<()> {
        let wish = self.shared.wish.lock().unwrap_or_else(PoisonError::into_inner);
        let (wish, _) = self
            .shared
            .changed
            .wait_timeout_while(wish, time, |w| matches!(w, Wish::Run | Wish::Pause))
            .unwrap_or_else(PoisonError::into_inner);
        drop(wish);
        self.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_is_final_and_a_stop_may_become_one() {
        let control = Control::new();
        control.stop();
        control.resume();
        assert_eq!(control.wish(), Wish::Stop);
        assert!(control.check().is_ok(), "a stop lets the job end by itself");
        assert!(matches!(control.check_whole(), Err(Error::Cancelled)));
        control.cancel();
        control.stop();
        assert!(matches!(control.check(), Err(Error::Cancelled)));
    }

    #[test]
    fn what_a_stop_keeps_is_made_past_it() {
        let control = Control::new();
        let past = control.past_stop();
        control.stop();
        assert!(control.stopping() && control.check_whole().is_err());
        assert!(!past.stopping() && past.check_whole().is_ok());
        control.cancel();
        assert!(matches!(past.check_whole(), Err(Error::Cancelled)));
    }

    #[test]
    fn a_paused_job_waits_and_a_cancel_wakes_it() {
        let control = Control::new();
        control.pause();
        let inside = control.clone();
        let waiting = std::thread::spawn(move || inside.check());
        std::thread::sleep(Duration::from_millis(20));
        assert!(!waiting.is_finished(), "it waits while paused");
        control.cancel();
        assert!(matches!(waiting.join().unwrap(), Err(Error::Cancelled)));
    }
}
