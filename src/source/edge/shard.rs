//! One Edge shard in a folder: made, opened and called so that whatever goes wrong comes out as an [`Error`].
//!
//! Edge gives some failures as panics (a full disk while flushing, some kinds of damaged files); they are caught here.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use qdrant_edge::{EdgeConfig, EdgeShard, OperationError, OperationResult};

use crate::error::{Error, Result};

/// The file that makes a folder a shard.
const CONFIG: &str = "edge_config.json";
/// The folder of a shard's data.
const SEGMENTS: &str = "segments";
/// In every complete folder of data.
const VERSION: &str = "version.info";
/// The folder of a shard's log of updates.
const LOG: &str = "wal";
/// How the folder of a collection begins while it is being made.
const UNFINISHED: &str = ".new-";
/// Disk space that opening a shard may take.
const OPEN_SPACE: u64 = 1 << 20;
/// Held while collections are made, so that two processes do not clear away each other's work.
const MAKING: &str = ".lock";

/// An open shard. Nobody else can open it meanwhile.
pub(super) struct Shard {
    /// Empty only while it is dropped.
    edge: Option<EdgeShard>,
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

    /// Opens the collection `name` of a store, and makes it, with this many segments, where there is none. The second
    /// value is true if it was made.
    pub fn open_or_create(store: &Path, name: &str, config: EdgeConfig, segments: usize) -> Result<(Self, bool)> {
        check_name("collection", name)?;
        if !store.exists() {
            fs::create_dir_all(store).map_err(Error::io(store))?;
        }
        check_store(store)?;
        let dir = store.join(name);
        // An empty folder is no collection yet; one that holds anything stays.
        let _ = fs::remove_dir(&dir);
        let made = if dir.exists() { false } else { create(store, name, config, segments)? };
        Ok((Self::open_dir(dir)?, made))
    }

    fn open_dir(dir: PathBuf) -> Result<Self> {
        look_over(&dir)?;
        shorten_log(&dir)?;
        check_space(&dir, OPEN_SPACE)?;
        let edge = guarded(&dir, || EdgeShard::load(&dir, None))?;
        Ok(Self { edge: Some(edge), dir })
    }

    /// The collection's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the shard is made for.
    pub fn config(&self) -> Result<EdgeConfig> {
        self.call(|edge| Ok(edge.config().clone()))
    }

    /// Fails where the disk has not this many bytes left.
    pub fn check_space(&self, bytes: u64) -> Result<()> {
        check_space(&self.dir, bytes)
    }

    /// Calls the shard.
    pub fn call<T>(&self, work: impl FnOnce(&EdgeShard) -> OperationResult<T>) -> Result<T> {
        guarded(&self.dir, || match &self.edge {
            Some(edge) => work(edge),
            None => Err(OperationError::service_error_light("it was closed")),
        })
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        // Edge flushes when it is dropped, which may panic. What had to survive was flushed before.
        let edge = self.edge.take();
        let _ = catch_unwind(AssertUnwindSafe(move || drop(edge)));
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

/// Makes a collection in a temporary folder and renames it into place, so that a kill leaves no half of one. False if
/// another process was sooner.
fn create(store: &Path, name: &str, config: EdgeConfig, segments: usize) -> Result<bool> {
    let lock_path = store.join(MAKING);
    let lock = File::create(&lock_path).map_err(Error::io(&lock_path))?;
    // The lock dies with the process. File systems without locks go without.
    let _ = lock.lock();
    let dir = store.join(name);
    if dir.exists() {
        return Ok(false);
    }
    for entry in fs::read_dir(store).map_err(Error::io(store))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // Left by a process that was killed. If it cannot be removed it harms nobody.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    // The name may already be as long as a file system allows.
    let unfinished = store.join(format!("{UNFINISHED}{}", uuid::Uuid::new_v4()));
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
    made.map(|()| true)
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

/// Deletes the old parts of the log of updates.
///
/// Edge 0.7 writes it and checks all of it when it opens a shard, but never replays it and never shortens it, so that
/// it would outgrow the data. The newest part stays: the numbering of updates goes on from there. Qdrant's server does
/// the same after each flush.
fn shorten_log(dir: &Path) -> Result<()> {
    let log = dir.join(LOG);
    // Edge locks this folder too. Where a folder cannot be opened so (Windows) the log stays, and Edge finds the lock.
    let Ok(lock) = File::open(&log) else { return Ok(()) };
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::StoreLocked { path: dir.to_owned() }),
        Err(TryLockError::Error(_)) => return Ok(()),
    }
    let Ok(entries) = fs::read_dir(&log) else { return Ok(()) };
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
    Ok(())
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
