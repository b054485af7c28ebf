//! The open shards of this process. Edge opens a folder once; every handle of this process shares that one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use qdrant_edge::EdgeShard;

use super::shard::LOG;

/// An open shard, as all its handles have it.
pub(super) struct Open {
    pub edge: EdgeShard,
    /// Held by whoever writes: Edge panics where a flush meets an update. Readers need no lock.
    pub writing: Mutex<()>,
    /// What it was opened on.
    pub folder: Option<Identity>,
}

/// The folder itself, whatever it is called by now. Not known on every system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    number: u64,
}

impl Identity {
    /// That of a shard's log: the shard holds that folder open, so that the system gives its number to no other.
    #[cfg(unix)]
    pub fn of(dir: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let meta = std::fs::metadata(dir.join(LOG)).ok()?;
        Some(Self { device: meta.dev(), number: meta.ino() })
    }

    /// Elsewhere a folder with open files can be neither renamed nor removed.
    #[cfg(not(unix))]
    pub fn of(_: &Path) -> Option<Self> {
        None
    }
}

/// What is open in a folder. Opened, closed and removed only under the lock, so that nobody meets a shard that is still
/// closing.
#[derive(Default)]
struct Slot {
    open: Mutex<Weak<Open>>,
    /// That of `open`, to be looked at without waiting for it.
    folder: Mutex<Option<Identity>>,
}

/// By canonical folder.
static SLOTS: LazyLock<Mutex<HashMap<PathBuf, Arc<Slot>>>> = LazyLock::new(Mutex::default);

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder that a shard is, or may be, open in.
pub(super) struct Place {
    key: PathBuf,
    slot: Arc<Slot>,
}

impl Place {
    /// Of a folder that is there.
    pub fn of(dir: &Path) -> std::io::Result<Self> {
        let key = dir.canonicalize()?;
        let slot = Arc::clone(lock(&SLOTS).entry(key.clone()).or_default());
        Ok(Self { key, slot })
    }

    /// Keeps everyone else of this process from opening, closing or removing it.
    pub fn hold(&self) -> Held<'_> {
        Held { open: lock(&self.slot.open), place: self }
    }

    /// Whether the folder is open in this process under another name: it was renamed since.
    pub fn is_open_elsewhere(&self) -> bool {
        let Some(folder) = Identity::of(&self.key) else { return false };
        let slots = lock(&SLOTS);
        slots.iter().any(|(key, slot)| *key != self.key && *lock(&slot.folder) == Some(folder))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut slots = lock(&SLOTS);
        // One for the table and one for this: nobody else has it or can get it now.
        if Arc::strong_count(&self.slot) == 2 {
            slots.remove(&self.key);
        }
    }
}

/// A place that nobody else of this process opens, closes or removes.
pub(super) struct Held<'a> {
    open: MutexGuard<'a, Weak<Open>>,
    place: &'a Place,
}

impl Held<'_> {
    /// The shard that is open in the folder; not one whose folder another has replaced.
    pub fn shard(&self) -> Option<Arc<Open>> {
        self.open.upgrade().filter(|open| open.folder == Identity::of(&self.place.key))
    }

    /// Lets others share a shard that was just opened.
    pub fn share(&mut self, edge: EdgeShard) -> Arc<Open> {
        let folder = Identity::of(&self.place.key);
        let open = Arc::new(Open { edge, writing: Mutex::new(()), folder });
        *self.open = Arc::downgrade(&open);
        *lock(&self.place.slot.folder) = folder;
        open
    }

    /// Gives a handle back; the last one closes the shard.
    pub fn close(self, open: Option<Arc<Open>>) {
        drop(open);
        if self.open.strong_count() == 0 {
            *lock(&self.place.slot.folder) = None;
        }
    }
}
