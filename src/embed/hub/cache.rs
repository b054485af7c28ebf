//! The folders of a model in the cache.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::atomic_file;
use crate::error::{Error, Result};

/// The snapshot that files are put into by hand. No commit has such a name.
const BY_HAND: &str = "local";

/// What the cache has of one model.
pub(super) struct Shelf {
    pub root: PathBuf,
    locks: PathBuf,
}

impl Shelf {
    pub(super) fn new(cache: &Path, repo: &str) -> Self {
        let name = format!("models--{}", repo.replace('/', "--"));
        Self { root: cache.join(&name), locks: cache.join(".locks").join(name) }
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.blobs().join(etag)
    }

    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.root.join("snapshots").join(commit)
    }

    pub(super) fn hand_folder(&self) -> PathBuf {
        self.snapshot(BY_HAND)
    }

    pub(super) fn lock(&self, etag: &str) -> PathBuf {
        self.locks.join(format!("{etag}.lock"))
    }

    fn main(&self) -> PathBuf {
        self.root.join("refs").join("main")
    }

    /// The folders that may hold the model, the best first.
    pub(super) fn places(&self) -> Vec<PathBuf> {
        let commit = std::fs::read_to_string(self.main()).ok();
        let commit = commit.as_deref().map(str::trim).filter(|commit| is_plain(commit));
        commit.map(|commit| self.snapshot(commit)).into_iter().chain([self.hand_folder()]).collect()
    }

    /// The files of the first place that has all required ones. Files of two places may not fit together.
    pub(super) fn complete(&self, required: &[&str], optional: &[&str]) -> Option<BTreeMap<String, PathBuf>> {
        let place = self.places().into_iter().find(|place| required.iter().all(|file| place.join(file).is_file()))?;
        Some(present(&place, &[required, optional].concat()))
    }

    /// Lets a snapshot's file stand for a content.
    pub(super) fn link(&self, commit: &str, file: &str, etag: &str) -> Result<()> {
        let target = self.snapshot(commit).join(file);
        let blob = self.blob(etag);
        let folder = target.parent().unwrap_or(&self.root).to_owned();
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        // Relative, so that the whole cache can be moved.
        let up: PathBuf = std::iter::repeat_n("..", 2 + file.split('/').count() - 1).collect();
        // Made beside its place and renamed into it: a dangling link may be in the way, or another process be as far.
        let made = tempfile::Builder::new().prefix(".blockscope-").make_in(&folder, |path| {
            match symlink(&up.join("blobs").join(etag), path) {
                // Another name is tried then.
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(e),
                Err(_) => std::fs::hard_link(&blob, path).or_else(|_| copy(&blob, path)),
                Ok(()) => Ok(()),
            }
        });
        let made = made.map_err(Error::io(&target))?.into_temp_path();
        made.persist(&target).map_err(|e| Error::io(&target)(e.error))
    }

    /// Makes a commit the one that is meant.
    pub(super) fn set_main(&self, commit: &str) -> Result<()> {
        let path = self.main();
        if std::fs::read_to_string(&path).is_ok_and(|present| present == commit) {
            return Ok(());
        }
        atomic_file::write(path, commit.as_bytes())
    }
}

/// Of these files, those that a folder has.
pub(super) fn present(folder: &Path, files: &[&str]) -> BTreeMap<String, PathBuf> {
    let found = files.iter().map(|file| ((*file).to_owned(), folder.join(file)));
    found.filter(|(_, path)| path.is_file()).collect()
}

/// Whether a content is there with the length that it should have.
pub(super) fn is_whole(blob: &Path, size: Option<u64>) -> bool {
    std::fs::metadata(blob).is_ok_and(|found| found.is_file() && size.is_none_or(|size| size == found.len()))
}

/// For file systems without links.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut file = std::fs::File::create(to)?;
    std::io::copy(&mut std::fs::File::open(from)?, &mut file)?;
    file.sync_all()
}

#[cfg(unix)]
fn symlink(to: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(windows)]
fn symlink(to: &Path, at: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(to, at)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Whether a text can be a file's name, anywhere.
pub(super) fn is_plain(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=200).contains(&name.len()) && name.chars().all(good) && !name.starts_with('.')
}

/// Refuses what is not the name of a model.
pub(super) fn check_repo(repo: &str) -> Result<()> {
    let parts: Vec<&str> = repo.split('/').collect();
    if parts.len() <= 2 && parts.iter().all(|part| is_plain(part)) {
        return Ok(());
    }
    Err(Error::setting(format!("\"{repo}\" is not the name of a model; write one as owner/name")))
}

/// Refuses a file name that leads out of its folder.
pub(super) fn check_file(file: &str) -> Result<()> {
    let bad = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let good = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(bad);
    if file.split('/').all(good) {
        return Ok(());
    }
    Err(Error::setting(format!("\"{file}\" is not the name of a model's file")))
}

/// A file's name as a URL has it.
pub(super) fn escaped(file: &str) -> String {
    let mut url = String::with_capacity(file.len());
    for byte in file.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}
