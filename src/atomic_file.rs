//! Files that are written beside their target and renamed into place, so that what is there is never half replaced.

use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// A file in the making. Dropping it without [`commit`](Self::commit) leaves nothing behind.
pub struct AtomicFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Begins a file that will become `target`; makes the folder where there is none.
    pub fn create(target: impl AsRef<Path>) -> Result<Self> {
        let target = target.as_ref().to_owned();
        if target.is_dir() {
            return Err(Error::file(&target, "is a folder, and a file is to be written"));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".blockscope-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any other file that a program makes; the process's umask still applies.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(&folder).map_err(Error::io(&folder))?;
        Ok(Self { file, target })
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Where it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the file in place of what was there, safe from a power cut too.
    pub fn commit(self) -> Result<()> {
        self.file.as_file().sync_all().map_err(Error::io(&self.target))?;
        self.commit_soon()
    }

    /// As [`commit`](Self::commit), for large results that can be made again: the system writes them out when it likes.
    pub fn commit_soon(self) -> Result<()> {
        self.file.persist(&self.target).map_err(|e| Error::io(&self.target)(e.error))?;
        Ok(())
    }
}

/// Fails where a file could not be written at `target`: better told before long work than after it.
pub fn check(target: impl AsRef<Path>) -> Result<()> {
    AtomicFile::create(target).map(drop)
}

/// Writes a small file in one go.
pub fn write(target: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let mut file = AtomicFile::create(&target)?;
    file.file().write_all(bytes).map_err(Error::io(target))?;
    file.commit()
}
