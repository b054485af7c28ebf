//! One Edge shard in a folder: made, opened and called so that whatever goes wrong comes out as an [`Error`].
//!
//! Edge gives some failures as panics (a full disk while flushing, some kinds of damaged files); they are caught here.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use qdrant_edge::{EdgeConfig, EdgeShard, OperationError, OperationResult};

use super::shared::{Identity, Open, Place, lock};
use crate::error::{Error, Result};

/// The file that makes a folder a shard.
const CONFIG: &str = "edge_config.json";
/// The folder of a shard's data.
const SEGMENTS: &str = "segments";
/// In every complete folder of data.
const VERSION: &str = "version.info";
/// The folder of a shard's log of updates.
pub(super) const LOG: &str = "wal";
/// How the folder of a collection begins while it is being made or removed.
const UNFINISHED: &str = ".new-";
/// Disk space that opening a shard may take.
const OPEN_SPACE: u64 = 1 << 20;
/// Held while collections are made or removed, so that two processes do not clear away each other's work.
const MAKING: &str = ".lock";

/// A handle of an open shard. Handles of this process share it; no other process can open it meanwhile.
pub(super) struct Shard {
    /// Empty only while it is dropped.
    open: Option<Arc<Open>>,
    place: Place,
    dir: PathBuf,
}

impl Shard {
    /// Opens the collection `name` of a store.
    pub fn open(store: &Path, name: &str) -> Result<Self> {
        check_name("collection", name)?;
        check_store(store)?;
        let dir = store.join(name);
        if !dir.is_dir() {
            let place = format!("in {}", store.display());
            return Err(Error::CollectionMissing { name: name.into(), place, available: list(store)? });
        }
        Self::open_dir(dir)
    }

    /// Opens the collection `name` of a store, and makes it, with this many segments, where there is none.
    pub fn open_or_create(store: &Path, name: &str, config: EdgeConfig, segments: usize) -> Result<Self> {
        check_name("collection", name)?;
        if !store.exists() {
            fs::create_dir_all(store).map_err(Error::io(store))?;
        }
        check_store(store)?;
        let dir = store.join(name);
        // An empty folder is no collection yet; one that holds anything stays.
        let _ = fs::remove_dir(&dir);
        if !dir.exists() {
            create(store, name, config, segments)?;
        }
        Self::open_dir(dir)
    }

    /// Opens the collection `name` of a store where there is one.
    pub fn open_present(store: &Path, name: &str) -> Result<Option<Self>> {
        check_name("collection", name)?;
        if !store.exists() {
            return Ok(None);
        }
        check_store(store)?;
        let dir = store.join(name);
        let holds_something = fs::read_dir(&dir).is_ok_and(|mut all| all.next().is_some());
        if holds_something || dir.is_file() { Self::open_dir(dir).map(Some) } else { Ok(None) }
    }

    fn open_dir(dir: PathBuf) -> Result<Self> {
        let place = Place::of(&dir).map_err(Error::io(&dir))?;
        let mut held = place.hold();
        let open = match held.shard() {
            Some(open) => open,
            None => {
                look_over(&dir)?;
                let log = lock_log(&dir).map_err(|error| in_use_or(error, &place))?;
                if log.is_some() {
                    shorten_log(&dir);
                }
                // Edge takes it itself.
                drop(log);
                check_space(&dir, OPEN_SPACE)?;
                held.share(guarded(&dir, || EdgeShard::load(&dir, None))?)
            }
        };
        drop(held);
        Ok(Self { open: Some(open), place, dir })
    }

    /// The collection's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the shard is made for.
    pub fn config(&self) -> Result<EdgeConfig> {
        self.call(|edge| Ok(edge.config().clone()))
    }

    /// Calls the shard to read from it, beside whoever else reads or writes.
    pub fn call<T>(&self, work: impl FnOnce(&EdgeShard) -> OperationResult<T>) -> Result<T> {
        guarded(&self.dir, || match &self.open {
            Some(open) => work(&open.edge),
            None => Err(OperationError::service_error_light("it was closed")),
        })
    }

    /// Calls the shard to write to it, one writer at a time, where the disk has this many bytes left.
    pub fn write<T>(&self, bytes: u64, work: impl FnOnce(&EdgeShard) -> OperationResult<T>) -> Result<T> {
        let _alone = self.open.as_ref().map(|open| lock(&open.writing));
        // What is written into a removed folder's files would be lost without a word.
        if self.open.as_ref().is_some_and(|open| open.folder != Identity::of(&self.dir)) {
            let problem = "its folder was removed, renamed or replaced while it was open";
            return Err(Error::Store { path: self.dir.clone(), problem: problem.into() });
        }
        if bytes > 0 {
            check_space(&self.dir, bytes)?;
        }
        self.call(work)
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        // Edge flushes when it is closed, which may panic. What had to survive was flushed before.
        let open = self.open.take();
        let held = self.place.hold();
        let _ = catch_unwind(AssertUnwindSafe(move || held.close(open)));
    }
}

/// Removes the collection `name` of a store; false where there is none. One that is open, here or in another process, is
/// refused.
pub(super) fn remove(store: &Path, name: &str) -> Result<bool> {
    check_name("collection", name)?;
    let dir = store.join(name);
    let place = match Place::of(&dir) {
        Ok(place) => place,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io(&dir)(e)),
    };
    let held = place.hold();
    if held.shard().is_some() {
        return Err(Error::StoreInUse { path: dir });
    }
    let _log = lock_log(&dir).map_err(|error| in_use_or(error, &place))?;
    // Gone at once for everyone; should this be killed, the next collection that is made clears the rest away.
    let _lock = lock_store(store)?;
    let unwanted = unfinished(store);
    fs::rename(&dir, &unwanted).map_err(Error::io(&dir))?;
    fs::remove_dir_all(&unwanted).map_err(Error::io(&unwanted))?;
    Ok(true)
}

/// A folder that no other has the name of. A collection's own name may already be as long as a file system allows.
fn unfinished(store: &Path) -> PathBuf {
    store.join(format!("{UNFINISHED}{}", uuid::Uuid::new_v4()))
}

/// Whoever has the lock is this process where the folder was renamed while it was open here.
fn in_use_or(error: Error, place: &Place) -> Error {
    match error {
        Error::StoreLocked { path } if place.is_open_elsewhere() => Error::StoreInUse { path },
        error => error,
    }
}

/// The collections of a store, by name.
pub(super) fn list(store: &Path) -> Result<Vec<String>> {
    check_store(store)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(store).map_err(Error::io(store))? {
        let entry = entry.map_err(Error::io(store))?;
        // Names that are not Unicode cannot be asked for.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !name.starts_with('.') && entry.path().join(CONFIG).is_file() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Refuses names that cannot be a folder everywhere, by the rule of Qdrant's server, and hidden ones.
pub(super) fn check_name(what: &str, name: &str) -> Result<()> {
    let problem = if name.is_empty() {
        "it is empty"
    } else if name.len() > 255 {
        "it is longer than 255 bytes"
    } else if name.starts_with('.') {
        "it begins with a dot"
    } else if name.chars().any(|c| c.is_control() || "<>:\"/\\|?*".contains(c)) {
        "it holds a character of < > : \" / \\ | ? * or a control character"
    } else {
        return Ok(());
    };
    Err(Error::setting(format!("\"{name}\" cannot be the name of a {what}: {problem}")))
}

fn check_store(store: &Path) -> Result<()> {
    let problem = if !store.exists() {
        "there is no such folder"
    } else if !store.is_dir() {
        "it is not a folder"
    } else if store.join(CONFIG).is_file() {
        "it is a collection itself; name the folder that holds it, and the collection by its name"
    } else {
        return Ok(());
    };
    Err(Error::Store { path: store.to_owned(), problem: problem.into() })
}

/// Waits for the lock of a store. It dies with the process; file systems without locks go without.
fn lock_store(store: &Path) -> Result<File> {
    let path = store.join(MAKING);
    let lock = File::create(&path).map_err(Error::io(&path))?;
    let _ = lock.lock();
    Ok(lock)
}

/// Makes a collection in a temporary folder and renames it into place, so that a kill leaves no half of one. Another
/// process may be sooner.
fn create(store: &Path, name: &str, config: EdgeConfig, segments: usize) -> Result<()> {
    let _lock = lock_store(store)?;
    let dir = store.join(name);
    if dir.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(store).map_err(Error::io(store))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // Left by a process that was killed. If it cannot be removed it harms nobody.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let unfinished = unfinished(store);
    fs::create_dir(&unfinished).map_err(Error::io(&unfinished))?;
    let make = || {
        check_space(&unfinished, segments as u64 * OPEN_SPACE)?;
        // Closed before it is renamed, because Edge makes new files by the path that it was opened with.
        guarded(&dir, || EdgeShard::new(&unfinished, config.clone()).map(drop))?;
        (1..segments).try_for_each(|_| add_segment(&unfinished, &config))?;
        fs::rename(&unfinished, &dir).map_err(Error::io(&dir))
    };
    let made = make();
    if made.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    made
}

/// Adds an empty segment to a closed shard: that of another new one.
fn add_segment(dir: &Path, config: &EdgeConfig) -> Result<()> {
    let other = dir.join("other");
    fs::create_dir(&other).map_err(Error::io(&other))?;
    guarded(dir, || EdgeShard::new(&other, config.clone()).map(drop))?;
    for segment in fs::read_dir(other.join(SEGMENTS)).map_err(Error::io(&other))? {
        let segment = segment.map_err(Error::io(&other))?;
        fs::rename(segment.path(), dir.join(SEGMENTS).join(segment.file_name())).map_err(Error::io(&other))?;
    }
    fs::remove_dir_all(&other).map_err(Error::io(&other))
}

/// What the collection in a folder is made for, without opening it, so also while another process has it open.
pub(super) fn config_in(dir: &Path) -> Result<EdgeConfig> {
    match EdgeConfig::load(dir) {
        None => {
            Err(Error::Store { path: dir.to_owned(), problem: "it holds no collection (no edge_config.json)".into() })
        }
        Some(Err(error)) => Err(damaged(dir, &words(&error))),
        Some(Ok(config)) => Ok(config),
    }
}

/// Refuses a folder that is no shard or has lost its data. Edge itself would begin an empty shard in its place.
fn look_over(dir: &Path) -> Result<()> {
    let refuse = |problem: &str| Err(Error::Store { path: dir.to_owned(), problem: problem.into() });
    config_in(dir)?;
    if !dir.join(LOG).is_dir() {
        // Without it Edge would count updates from 0 again, and take updates of existing points for old ones.
        return refuse("the collection is damaged: its folder \"wal\" is missing");
    }
    let segments = dir.join(SEGMENTS);
    let complete = fs::read_dir(&segments).map(|all| all.flatten().any(|s| s.path().join(VERSION).is_file()));
    if !complete.unwrap_or(false) {
        return refuse("the collection is damaged: its folder \"segments\" holds no data");
    }
    Ok(())
}

/// The lock that Edge has on a shard's log while it has the shard open; none where folders cannot be locked (Windows),
/// and there Edge finds the lock itself.
fn lock_log(dir: &Path) -> Result<Option<File>> {
    let Ok(log) = File::open(dir.join(LOG)) else { return Ok(None) };
    match log.try_lock() {
        Ok(()) => Ok(Some(log)),
        Err(TryLockError::WouldBlock) => Err(Error::StoreLocked { path: dir.to_owned() }),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Deletes the old parts of the log of updates, which must be locked.
///
/// Edge 0.7 writes it and checks all of it when it opens a shard, but never replays it and never shortens it, so that
/// it would outgrow the data. The newest part stays: the numbering of updates goes on from there. Qdrant's server does
/// the same after each flush.
fn shorten_log(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir.join(LOG)) else { return };
    let mut parts: Vec<(u64, PathBuf)> = entries
        .flatten()
        .filter_map(|e| Some((e.file_name().to_str()?.strip_prefix("closed-")?.parse().ok()?, e.path())))
        .collect();
    parts.sort_unstable();
    parts.pop();
    for (_, path) in parts {
        // Oldest first, and no further than it goes, because a gap would make the log invalid.
        if fs::remove_file(path).is_err() {
            break;
        }
    }
}

/// Fails where the disk has not this many bytes left.
///
/// Edge writes through memory maps of files with holes, and a full disk ends the process there with a bus error. So the
/// space is taken up by a file without a name first, and given back: unlike asking for the free space this also finds
/// quotas, and what is written goes no further than the system's cache.
fn check_space(dir: &Path, bytes: u64) -> Result<()> {
    const PIECE: usize = 1 << 18;
    let take_up = || {
        let mut file = tempfile::tempfile_in(dir)?;
        let piece = vec![0; PIECE];
        (0..bytes.div_ceil(PIECE as u64)).try_for_each(|_| file.write_all(&piece))
    };
    take_up().map_err(Error::io(dir))
}

/// Runs Edge's code and turns its errors and panics into ours.
fn guarded<T>(dir: &Path, work: impl FnOnce() -> OperationResult<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(failure(dir, &error)),
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|s| (*s).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no reason given".to_owned());
            Err(refused(dir, &text).unwrap_or_else(|| damaged(dir, &text)))
        }
    }
}

fn failure(dir: &Path, error: &OperationError) -> Error {
    let text = words(error);
    match error {
        OperationError::WrongVectorDimension { expected_dim, received_dim } => Error::Dimension {
            what: format!("a vector for {}", dir.display()),
            found: *received_dim,
            expected: *expected_dim,
        },
        _ if text.contains("WouldBlock") => Error::StoreLocked { path: dir.to_owned() },
        OperationError::ServiceError { .. } | OperationError::InconsistentStorage { .. } => {
            refused(dir, &text).unwrap_or_else(|| damaged(dir, &text))
        }
        _ => Error::Store { path: dir.to_owned(), problem: text },
    }
}

/// The operating system's refusals, which Edge passes on only as text.
fn refused(dir: &Path, text: &str) -> Option<Error> {
    use std::io::ErrorKind;
    let known = [
        ("StorageFull", ErrorKind::StorageFull),
        ("No space left", ErrorKind::StorageFull),
        ("PermissionDenied", ErrorKind::PermissionDenied),
        ("Permission denied", ErrorKind::PermissionDenied),
        ("Read-only file system", ErrorKind::ReadOnlyFilesystem),
    ];
    let (_, kind) = known.into_iter().find(|(words, _)| text.contains(words))?;
    Some(Error::Io { path: dir.to_owned(), source: kind.into() })
}

fn damaged(dir: &Path, text: &str) -> Error {
    // One line, and not the whole of a debug print.
    let mut short: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = short.char_indices().nth(300) {
        short.truncate(end);
        short.push_str(" …");
    }
    Error::Store { path: dir.to_owned(), problem: format!("the collection is damaged, or its disk fails: {short}") }
}

/// Edge's words without its backtrace.
fn words(error: &OperationError) -> String {
    match error {
        OperationError::ServiceError { description, .. } => description.clone(),
        _ => error.to_string(),
    }
}
