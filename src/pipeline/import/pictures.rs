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
    let one = |found: Found, beside: &Beside| {
        let Some(read) = read(&found, beside) else { return Ok(None) };
        if let Some(thumbnails) = &thumbnails
            && let Err(error) = thumbnails.put(&read.digest, &read.picture.pixels)
        {
            fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(no_thumbnails(error));
        }
        Ok(Some((read.half, prepare(read.picture.pixels, Some(&read.bytes))?)))
    };
    let mut answer = target.import(gathered.pictures.into_iter(), one, control, reporter)?;
    if answer.skipped.len() == given {
        let first = answer.skipped.first().map_or_else(String::new, |s| format!("{}: {}", s.input, s.reason));
        return Err(Error::setting(format!("none of the {given} pictures could be read; {first}")));
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

/// A picture that was read.
struct Read {
    half: Half,
    digest: [u8; 32],
    bytes: Vec<u8>,
    picture: picture::Picture,
}

/// Reads and decodes a picture, unless the collection has one of the same content.
fn read(found: &Found, beside: &Beside) -> Option<Read> {
    let name = found.path.display().to_string();
    let skip = |error: Error| {
        // The path is told beside it.
        let reason = error.to_string();
        beside.skip(&name, reason.strip_prefix(&format!("{name}: ")).unwrap_or(&reason));
    };
    let limits = Limits::default();
    let bytes = picture::read_bytes(&found.path, &limits).map_err(&skip).ok()?;
    let digest = picture::digest(&bytes);
    let id = picture::point_id(&digest);
    if !beside.is_new(id, &name) {
        return None;
    }
    let picture = picture::from_bytes(&bytes, &found.path, &limits).map_err(&skip).ok()?;
    let mut payload = Payload::new();
    payload.insert("path".into(), found.path.to_string_lossy().into());
    payload.insert("width".into(), picture.width.into());
    payload.insert("height".into(), picture.height.into());
    payload.insert("bytes".into(), (bytes.len() as u64).into());
    if let Some(label) = &found.label {
        payload.insert("label".into(), label.as_str().into());
    }
    Some(Read { half: (id, payload), digest, bytes, picture })
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
