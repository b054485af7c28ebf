//! From picture files into a collection.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::embedded::{Beside, Half, Target};
use super::{Imported, Skipped};
use crate::config::ImportPicturesConfig;
use crate::embed::{Prepared, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::picture::{self, Found, Limits, Thumbnails};
use crate::source::{Payload, PointId};

pub(in crate::pipeline) fn run(
    config: &ImportPicturesConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Imported> {
    config.collection.check_target()?;
    reporter.stage("looking for pictures", "folders", None);
    let gathered = picture::gather_all(&config.pictures, control)?;
    if gathered.pictures.is_empty() {
        let first = config.pictures.first().map_or(Path::new(""), |p| p);
        return Err(Error::file(first, "holds no pictures (JPEG, PNG, WebP, GIF, BMP or TIFF)"));
    }
    let thumbnails = if config.no_thumbnails { Ok(None) } else { Thumbnails::in_cache().map(Some) };
    // They are a convenience: the import goes on without.
    let no_thumbnails = |error: Error| format!("thumbnails are not kept: {error}");
    let (thumbnails, fault) = match thumbnails {
        Ok(thumbnails) => (thumbnails, None),
        Err(error) => (None, Some(no_thumbnails(error))),
    };
    let fault = Mutex::new(fault);
    let target = Target::open(&config.collection, &config.model, Side::Pictures, control, reporter)?;
    let prepare = target.embedder.preparer();
    let given = gathered.pictures.len();
    reporter.stage("importing pictures", "pictures", Some(given as u64));
    let one = |seen: Seen, beside: &Beside| {
        let Some(read) = decoded(seen, beside) else { return Ok(None) };
        if let Some(thumbnails) = &thumbnails
            && let Err(error) = thumbnails.put(&read.digest, &read.picture.pixels)
        {
            fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(no_thumbnails(error));
        }
        Ok(Some((read.half, prepare(read.picture.pixels, Some(&read.bytes))?)))
    };
    let mut answer = target.import(
        gathered.pictures.into_iter(),
        |found, beside| Ok(seen(found, beside)),
        one,
        control,
        reporter,
    )?;
    if answer.skipped.len() == given {
        let first = answer.skipped.first().map_or_else(String::new, |s| format!("{}: {}", s.input, s.reason));
        return Err(Error::setting(format!("none of the pictures ({given}) could be imported; {first}")));
    }
    answer.ignored = Some(gathered.ignored);
    answer.skipped.extend(
        gathered.skipped.into_iter().map(|(path, reason)| Skipped { input: path.display().to_string(), reason }),
    );
    if let Some(fault) = fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        reporter.warn(fault);
    }
    Ok(answer)
}

/// A picture's file, read.
struct Seen {
    found: Found,
    digest: [u8; 32],
    bytes: Vec<u8>,
}

/// The same, decoded.
struct Decoded {
    half: Half,
    digest: [u8; 32],
    bytes: Vec<u8>,
    picture: picture::Picture,
}

/// Leaves a picture out; its path is told beside the reason.
fn skip(beside: &Beside, path: &Path, error: &Error) {
    let (name, reason) = (path.display().to_string(), error.to_string());
    beside.skip(&name, reason.strip_prefix(&format!("{name}: ")).unwrap_or(&reason));
}

/// Reads a file, unless the collection has a picture of the same content.
fn seen(found: Found, beside: &Beside) -> Option<Seen> {
    let bytes = picture::read_bytes(&found.path, &Limits::default());
    let bytes = bytes.map_err(|error| skip(beside, &found.path, &error)).ok()?;
    let digest = picture::digest(&bytes);
    let new = beside.is_new(picture::point_id(&digest), found.path.display(), "is the same as");
    new.then_some(Seen { found, digest, bytes })
}

fn decoded(Seen { found, digest, bytes }: Seen, beside: &Beside) -> Option<Decoded> {
    let picture = picture::from_bytes(&bytes, &found.path, &Limits::default());
    let picture = picture.map_err(|error| skip(beside, &found.path, &error)).ok()?;
    let path = found.path.to_string_lossy().into_owned();
    let mut payload = Payload::new();
    payload.insert("path".into(), path.as_str().into());
    payload.insert("width".into(), picture.width.into());
    payload.insert("height".into(), picture.height.into());
    payload.insert("bytes".into(), (bytes.len() as u64).into());
    if let Some(label) = found.label {
        payload.insert("label".into(), label.into());
    }
    let half = Half { id: picture::point_id(&digest), payload, input: path };
    Some(Decoded { half, digest, bytes, picture })
}

/// Reads a picture and gives what a model takes of it, and the id that an import would have given it.
pub(in crate::pipeline) fn prepare_file(
    path: &Path,
    prepare: impl Fn(image::RgbImage, Option<&[u8]>) -> Result<Prepared>,
) -> Result<(PointId, Prepared)> {
    let limits = Limits::default();
    let bytes = picture::read_bytes(path, &limits)?;
    let picture = picture::from_bytes(&bytes, path, &limits)?;
    Ok((picture::point_id(&picture::digest(&bytes)), prepare(picture.pixels, Some(&bytes))?))
}
