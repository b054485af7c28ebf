//! How a picture is made of its key: from the cache, a file, the payload or the network, and then small.

use std::path::{Component, Path, Prefix};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use image::RgbImage;

use super::super::fetch::{Fetcher, NotFetched, host};
use super::super::gather::{digest, point_id};
use super::super::locate::{Inline, PictureRef};
use super::super::thumbnails::{EDGE, Thumbnails, fitting};
use super::super::{Limits, read, shrink};
use super::{Made, PictureKey, RgbaPixels, Step, Work};
use crate::error::{Error, Result};
use crate::job::Control;
use crate::point::PointId;

/// Pixels on a side, at most: a texture may not have more everywhere.
const LARGEST_EDGE: u32 = 4096;
/// The sizes that small copies are kept in.
const KEPT_EDGES: [u32; 3] = [EDGE, 512, 1024];
/// Pixels from which on a picture is worth a small copy: one with fewer is decoded as quickly as its copy.
const DEAR: u64 = 512 * 512;

/// Makes pictures. It may be used from several threads at once.
pub(super) struct Maker {
    thumbnails: Option<Thumbnails>,
    fetcher: Fetcher,
    gate: Gate,
    limits: Limits,
    control: Control,
}

/// How often a copy is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Always,
    IfDear,
}

impl Work for Maker {
    fn local(&self, key: &PictureKey) -> Step {
        let edge = key.edge.clamp(1, LARGEST_EDGE);
        let made = match &key.picture {
            PictureRef::File(path) | PictureRef::Imported { path, .. } if !key.allow_private && is_share(path) => {
                Err(Error::file(path, "lies on another machine, which is not allowed"))
            }
            PictureRef::File(path) => self.file(path, edge),
            PictureRef::Imported { id, path } => self.imported(*id, path, edge),
            PictureRef::Inline(inline) => self.inline(inline, edge),
            PictureRef::Url(url) => return self.known(url, edge, key.allow_private),
        };
        Step::Done(made.map_err(|error| one_line(&error.to_string())))
    }

    fn remote(&self, key: &PictureKey) -> Option<Made> {
        let PictureRef::Url(url) = &key.picture else { return None };
        let edge = key.edge.clamp(1, LARGEST_EDGE);
        let bytes = match self.fetcher.fetch(url, key.allow_private, &self.control) {
            Ok(bytes) => bytes,
            Err(NotFetched::Cancelled) => return None,
            Err(NotFetched::Failed(problem)) => return Some(Err(one_line(&problem))),
        };
        let name = host(url).unwrap_or_default();
        let made = self.decoded(&bytes, name, edge, |kept| url_key(url, kept, key.allow_private), Keep::Always);
        Some(made.map_err(|error| {
            let problem = one_line(&error.to_string());
            self.fetcher.remember(url, key.allow_private, &problem);
            problem
        }))
    }

    fn forget_failures(&self) {
        self.fetcher.forget_failures();
    }

    fn cancel(&self) {
        self.control.cancel();
    }
}

impl Maker {
    /// At most so many pictures are decoded at once.
    pub(super) fn new(thumbnails: Option<Thumbnails>, fetcher: Fetcher, at_once: usize) -> Self {
        Self { thumbnails, fetcher, gate: Gate::new(at_once), limits: Limits::default(), control: Control::new() }
    }

    /// A file as it is now. A copy is known by the file's path, time and size.
    fn file(&self, path: &Path, edge: u32) -> Result<RgbaPixels> {
        let meta = std::fs::metadata(path).map_err(Error::io(path))?;
        let changed = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let name = |kept: u32| {
            let (changed, size) = (changed.as_nanos().to_le_bytes(), meta.len().to_le_bytes());
            key_of(&[b"file:", path.as_os_str().as_encoded_bytes(), &changed, &size, &kept.to_le_bytes()])
        };
        if let Some(copy) = self.copy(edge, name) {
            return Ok(copy);
        }
        let bytes = read::read_bytes(path, &self.limits)?;
        self.decoded(&bytes, path, edge, name, Keep::IfDear)
    }

    /// The picture that was imported, which is what the point's vector is of: its thumbnail where that is large enough,
    /// or else the file if it still is the same. Where the import has kept no thumbnail, the file as it is now.
    fn imported(&self, id: PointId, path: &Path, edge: u32) -> Result<RgbaPixels> {
        let Some(small) = self.thumbnails.as_ref().and_then(|thumbnails| thumbnails.read_of(id)) else {
            return self.file(path, edge);
        };
        let long = small.width().max(small.height());
        // A thumbnail with a smaller edge is the whole picture.
        if edge <= long || long < EDGE {
            return Ok(shown(small, edge));
        }
        let name = |kept: u32| key_of(&[b"imported:", id.to_string().as_bytes(), &kept.to_le_bytes()]);
        if let Some(copy) = self.copy(edge, name) {
            return Ok(copy);
        }
        let same = read::read_bytes(path, &self.limits).ok().filter(|bytes| point_id(&digest(bytes)) == id);
        match same.map(|bytes| self.decoded(&bytes, path, edge, name, Keep::IfDear)) {
            Some(Ok(whole)) => Ok(whole),
            _ => Ok(shown(small, edge)),
        }
    }

    /// A picture in the payload.
    fn inline(&self, inline: &Inline, edge: u32) -> Result<RgbaPixels> {
        const NAME: &str = "the picture in the payload";
        let name = |kept: u32| key_of(&[b"inline:", inline.digest(), &kept.to_le_bytes()]);
        if let Some(copy) = self.copy(edge, name) {
            return Ok(copy);
        }
        let bytes = inline.bytes().map_err(|problem| Error::file(NAME, problem))?;
        self.decoded(&bytes, NAME, edge, name, Keep::IfDear)
    }

    /// What is known of an address without asking there.
    fn known(&self, url: &Arc<str>, edge: u32, allow_private: bool) -> Step {
        if let Some(copy) = self.copy(edge, |kept| url_key(url, kept, allow_private)) {
            return Step::Done(Ok(copy));
        }
        if let Some(problem) = self.fetcher.failure(url, allow_private) {
            return Step::Done(Err(problem));
        }
        match host(url) {
            Some(host) => Step::Fetch(host.into()),
            None => Step::Done(Err(one_line(&format!("{url}: is not an address that can be asked")))),
        }
    }

    /// The copy that is kept under that name for a size, if there is one.
    fn copy(&self, edge: u32, name: impl Fn(u32) -> [u8; 32]) -> Option<RgbaPixels> {
        let kept = kept_edge(edge)?;
        self.thumbnails.as_ref()?.read(&name(kept)).map(|copy| shown(copy, edge))
    }

    /// Decodes a picture and makes it small; a copy is kept under its name.
    fn decoded(
        &self,
        bytes: &[u8],
        file: impl AsRef<Path>,
        edge: u32,
        name: impl Fn(u32) -> [u8; 32],
        keep: Keep,
    ) -> Result<RgbaPixels> {
        let _place = self.gate.enter();
        let picture = read::from_bytes(bytes, file, &self.limits)?;
        let dear = u64::from(picture.width) * u64::from(picture.height) > DEAR;
        let mut pixels = picture.pixels;
        if let (Some(thumbnails), Some(kept)) = (&self.thumbnails, kept_edge(edge))
            && (dear || keep == Keep::Always)
        {
            pixels = fit(pixels, kept);
            let thumbnails = Thumbnails { edge: kept, ..thumbnails.clone() };
            if let Err(error) = thumbnails.put(&name(kept), &pixels) {
                // A convenience: the picture is shown without.
                log::debug!("a thumbnail is not kept: {error}");
            }
        }
        Ok(shown(pixels, edge))
    }
}

/// Whether a path leads to another machine, as `\\server\share` does on Windows. Windows signs in there as the person,
/// so that a path out of a stranger's collection would give away who that is.
fn is_share(path: &Path) -> bool {
    let Some(Component::Prefix(prefix)) = path.components().next() else { return false };
    matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..) | Prefix::DeviceNS(_))
}

/// The size that a copy is kept in from which a picture of that size is made.
fn kept_edge(edge: u32) -> Option<u32> {
    KEPT_EDGES.into_iter().find(|kept| edge <= *kept)
}

/// The name of a copy: the SHA-256 of what it is made from.
fn key_of(parts: &[&[u8]]) -> [u8; 32] {
    digest(&parts.concat())
}

/// Fetched with permission and without are two things: what came from a private network is not shown without.
fn url_key(url: &str, kept: u32, allow_private: bool) -> [u8; 32] {
    let begin: &[u8] = if allow_private { b"url, private:" } else { b"url:" };
    key_of(&[begin, url.as_bytes(), &kept.to_le_bytes()])
}

/// Not larger than the edge.
fn fit(picture: RgbImage, edge: u32) -> RgbImage {
    let (width, height) = fitting(picture.dimensions(), edge);
    if (width, height) == picture.dimensions() { picture } else { shrink::resize(&picture, width, height) }
}

fn shown(picture: RgbImage, edge: u32) -> RgbaPixels {
    let picture = fit(picture, edge);
    let (width, height) = picture.dimensions();
    let rgba = picture.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
    RgbaPixels { width, height, rgba }
}

/// A message as one line of at most some 300 characters.
pub(super) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 300 { line.chars().take(300).chain(['…']).collect() } else { line }
}

/// Lets so many in at once. Threads that fetch decode as well, and should not take all cores at once with the others.
struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place within the gate.
struct Place<'a>(&'a Gate);

impl Gate {
    fn new(places: usize) -> Self {
        Self { free: Mutex::new(places.max(1)), freed: Condvar::new() }
    }

    fn enter(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
