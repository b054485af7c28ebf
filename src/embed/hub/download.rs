//! The download of one file: resumed, tried again, checked, and only then given its name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::{HeaderMap, Method};

use super::checksum::Checksum;
use super::lookup::Entry;
use super::{ATTEMPTS, Visit, cache};
use crate::error::{Error, Result};
use crate::http::{self, Failure};
use crate::job::Reporter;

/// How often to look whether another process is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A content so far.
struct Partial<'a> {
    entry: &'a Entry,
    path: PathBuf,
    file: File,
    length: u64,
    sum: Checksum,
    /// The most bytes that were there at any time, which is what was told as progress.
    most: u64,
}

/// Why a try ended without the whole content.
enum Trouble {
    /// Another try may work, after so long where the server says.
    Passing(Failure, Option<Duration>),
    /// The content is not the one promised.
    Wrong(String),
    /// It is of no use to go on.
    Fatal(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

impl Partial<'_> {
    /// Opens what an earlier run left, or begins anew.
    fn open(entry: &Entry, path: PathBuf) -> Result<Partial<'_>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(Error::io(&path))?;
        let length = file.metadata().map_err(Error::io(&path))?.len();
        let sum = Checksum::new(&entry.etag, entry.size);
        let mut partial = Partial { entry, path, file, length, sum, most: 0 };
        if entry.size.is_none_or(|size| length > size) {
            partial.clear()?;
        }
        Ok(partial)
    }

    /// Throws away what is there.
    fn clear(&mut self) -> Result<()> {
        if self.length > 0 {
            self.file.set_len(0).map_err(Error::io(&self.path))?;
            self.file.seek(SeekFrom::Start(0)).map_err(Error::io(&self.path))?;
            self.length = 0;
        }
        self.sum = Checksum::new(&self.entry.etag, self.entry.size);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], reporter: &mut Reporter) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io(&self.path))?;
        self.sum.update(bytes);
        self.length += bytes.len() as u64;
        if self.length > self.most {
            reporter.advance(self.length - self.most);
            self.most = self.length;
        }
        Ok(())
    }
}

impl Visit<'_> {
    /// Downloads a content, unless another process has done so by the time that its lock is free.
    pub(super) fn download(&self, commit: &str, entry: &Entry, reporter: &mut Reporter) -> Result<()> {
        let blobs = self.shelf.blobs();
        std::fs::create_dir_all(&blobs).map_err(Error::io(&blobs))?;
        let lock = self.lock(entry, reporter)?;
        let blob = self.shelf.blob(&entry.etag);
        if cache::is_whole(&blob, entry.size) {
            reporter.skip(entry.size.unwrap_or(0));
            return Ok(());
        }
        // Without a lock, two processes must not write to one file.
        let own = if lock.is_some() { String::new() } else { format!(".{}", std::process::id()) };
        let mut partial = Partial::open(entry, blobs.join(format!("{}{own}.incomplete", entry.etag)))?;
        self.read_again(&mut partial, reporter)?;
        self.fill(&self.url(commit, &entry.file), &mut partial, reporter)?;
        let Partial { path, file, .. } = partial;
        file.sync_all().map_err(Error::io(&path))?;
        drop(file);
        std::fs::rename(&path, &blob).map_err(Error::io(&blob))
    }

    /// Waits for the lock that the hub's own tools take too. None where the file system has no locks.
    fn lock(&self, entry: &Entry, reporter: &mut Reporter) -> Result<Option<File>> {
        let path = self.shelf.lock(&entry.etag);
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(Error::io(&path))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return Ok(None),
            }
            if !told {
                reporter.note(format!("another process downloads {} of {}; waiting for it", entry.file, self.repo));
                told = true;
            }
            self.control.sleep(LOOK_EVERY)?;
            self.control.check_whole()?;
        }
    }

    /// Takes up what an earlier run left: its checksum is that of all bytes.
    fn read_again(&self, partial: &mut Partial, reporter: &mut Reporter) -> Result<()> {
        let mut buffer = vec![0; 1 << 20];
        let mut left = partial.length;
        while left > 0 {
            self.control.check_whole()?;
            let read = partial.file.read(&mut buffer).map_err(Error::io(&partial.path))?;
            if read == 0 {
                break;
            }
            partial.sum.update(&buffer[..read]);
            left = left.saturating_sub(read as u64);
        }
        partial.most = partial.length;
        reporter.skip(partial.length);
        Ok(())
    }

    /// Tries until the content is whole and right.
    fn fill(&self, url: &str, partial: &mut Partial, reporter: &mut Reporter) -> Result<()> {
        let (mut failed, mut wrong, mut most) = (0, false, partial.most);
        loop {
            let (failure, asked) = match self.attempt(url, partial, reporter) {
                Ok(()) => return Ok(()),
                Err(Trouble::Fatal(error)) => return Err(error),
                Err(Trouble::Wrong(problem)) => {
                    partial.clear()?;
                    if wrong {
                        let _ = std::fs::remove_file(&partial.path);
                        let hint = "try again; if it stays so, something between here and the hub changes the data";
                        return Err(self.fail(url, problem, hint.to_owned()));
                    }
                    // What an earlier run left may be at fault.
                    wrong = true;
                    continue;
                }
                Err(Trouble::Passing(failure, asked)) => (failure, asked),
            };
            if partial.most > most {
                (failed, most) = (0, partial.most);
            }
            failed += 1;
            if failed >= ATTEMPTS {
                return Err(self.failure_error(url, failure));
            }
            log::debug!("{url}: {failure:?}; trying again");
            self.control.sleep(http::pause(self.hub.first_pause, failed - 1, asked))?;
        }
    }

    fn attempt(&self, url: &str, partial: &mut Partial, reporter: &mut Reporter) -> Result<(), Trouble> {
        let size = partial.entry.size;
        if size != Some(partial.length) {
            self.receive(url, partial, reporter)?;
        }
        let fresh = Checksum::new(&partial.entry.etag, size);
        match std::mem::replace(&mut partial.sum, fresh).problem(&partial.entry.etag) {
            None => Ok(()),
            Some(problem) => Err(Trouble::Wrong(problem)),
        }
    }

    /// Asks for what is missing and appends it.
    fn receive(&self, url: &str, partial: &mut Partial, reporter: &mut Reporter) -> Result<(), Trouble> {
        let size = partial.entry.size;
        let passing = |failure| match failure {
            Failure::Cancelled => Trouble::Fatal(Error::Cancelled),
            Failure::Final(_) => Trouble::Fatal(self.failure_error(url, failure)),
            other => Trouble::Passing(other, None),
        };
        let start = partial.length;
        let range = (start > 0).then(|| ("range", format!("bytes={start}-")));
        let answer = self.follow(&Method::GET, url, range.as_slice(), |_, _| false).map_err(passing)?;
        match answer.status {
            206 if start > 0 && range_start(&answer.headers) == Some(start) => {}
            // A server that knows no ranges sends the whole.
            200 => partial.clear()?,
            206 | 416 => {
                partial.clear()?;
                return Err(Trouble::Passing(Failure::Broken("the server sent another part of the file".into()), None));
            }
            status if http::is_passing(status) => {
                let failure = Failure::Broken(format!("the server answered {status}"));
                return Err(Trouble::Passing(failure, http::asked_pause(&answer.headers)));
            }
            status => return Err(Trouble::Fatal(self.status_error(url, status))),
        }
        while let Some(bytes) = self.client.piece(&answer, self.control).map_err(passing)? {
            if size.is_some_and(|size| partial.length + bytes.len() as u64 > size) {
                return Err(Trouble::Wrong("it is longer than the hub promised; it was thrown away".into()));
            }
            partial.write(&bytes, reporter)?;
        }
        if size.is_some_and(|size| partial.length < size) {
            return Err(Trouble::Passing(Failure::Broken("the download was cut off".into()), None));
        }
        Ok(())
    }
}

/// Where the part that was sent begins.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    http::header(headers, "content-range")?.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}
