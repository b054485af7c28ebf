//! What stays open on a worker from one request to the next: its model is read once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::job::Reporter;

/// Something that is slow to open, such as an inspector or a searcher. Clones share it.
pub struct Held<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> std::fmt::Debug for Held<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl<T> Held<T> {
    /// Does something with it; where none is open it is opened first. One that failed for a reason that may lie with its
    /// source is opened anew the next time.
    pub(super) fn with<R>(
        &self,
        reporter: &mut Reporter,
        open: impl FnOnce(&mut Reporter) -> Result<T>,
        work: impl FnOnce(&mut T, &mut Reporter) -> Result<R>,
    ) -> Result<R> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut it = match held.take() {
            Some(it) => it,
            None => open(reporter)?,
        };
        let done = work(&mut it, reporter);
        if matches!(done, Ok(_) | Err(Error::Cancelled | Error::Setting(_) | Error::DownloadNeeded { .. })) {
            *held = Some(it);
        }
        done
    }

    /// Whether anything was ever done with it, so that there may be something to close.
    pub(super) fn is_used(&self) -> bool {
        self.0.try_lock().map_or(true, |held| held.is_some())
    }

    /// Closes it, on a worker: letting go of a model and a source may take a while.
    pub(super) fn close(&self) {
        let it = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(it);
    }
}
