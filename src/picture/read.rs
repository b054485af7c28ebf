//! Reading one picture: what kind it is, whether it is too large, its pixels, and which way is up.
//!
//! The kind is known by the content; the name's ending is not looked at. Size limits are checked on what the header
//! says, before any pixel is decoded.

use std::fs::File;
use std::io::{BufRead, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, RgbImage, RgbaImage};

use crate::error::{Error, Result};

/// The largest picture that is read. A small file may claim any size, and decoding it would take the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels a side.
    pub side: u32,
    /// Pixels in all.
    pub pixels: u64,
    /// Bytes that decoding may take.
    pub memory: u64,
    /// Bytes of the file.
    pub file: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { side: 16_384, pixels: 150_000_000, memory: 1 << 30, file: 512 << 20 }
    }
}

/// A picture as it is to be shown.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The pixels, upright and opaque.
    pub pixels: RgbImage,
    /// Width as shown.
    pub width: u32,
    /// Height as shown.
    pub height: u32,
    /// The file's format: "JPEG", "PNG", "WebP", "GIF", "BMP" or "TIFF".
    pub format: &'static str,
}

/// Reads a picture file: [`read_bytes`] and [`from_bytes`] in one.
pub fn read(path: impl AsRef<Path>, limits: &Limits) -> Result<Picture> {
    from_bytes(&read_bytes(&path, limits)?, path, limits)
}

/// A picture file's bytes, which its [`digest`](super::digest()) and its pixels come from.
pub fn read_bytes(path: impl AsRef<Path>, limits: &Limits) -> Result<Vec<u8>> {
    let path = path.as_ref();
    let size = check_file(path)?;
    let too_large = |size: u64| {
        let problem = format!("has {}, and files of at most {} are read", megabytes(size), megabytes(limits.file));
        Error::file(path, problem)
    };
    if size > limits.file {
        return Err(too_large(size));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    let file = File::open(path).map_err(Error::io(path))?;
    // The file may grow while it is read.
    file.take(limits.file + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > limits.file { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

/// Decoded bytes from which on a picture is a large one.
const LARGE: u64 = 128 << 20;

/// Decodes a picture; messages name it as `name`.
pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>, limits: &Limits) -> Result<Picture> {
    let name = name.as_ref();
    let (format, kind) = kind_of(bytes).map_err(|problem| Error::file(name, problem))?;
    // Decoders meet whatever people have on their disks. Should one panic, this picture fails and nothing else.
    catch_unwind(AssertUnwindSafe(|| decode(bytes, format, kind, limits)))
        .unwrap_or_else(|_| Err(format!("is not a sound {kind}: its decoder failed")))
        .map_err(|problem| Error::file(name, problem))
}

/// A picture that was never a file, such as one from the clipboard: rows of 8-bit RGBA, blended over white. Messages
/// name it as `name`.
pub fn from_rgba(width: u32, height: u32, rgba: Vec<u8>, name: impl AsRef<Path>, limits: &Limits) -> Result<RgbImage> {
    let name = name.as_ref();
    check_size(width, height, limits).map_err(|problem| Error::file(name, problem))?;
    let found = rgba.len();
    let image =
        RgbaImage::from_raw(width, height, rgba).filter(|_| found as u64 == 4 * u64::from(width) * u64::from(height));
    let image = image.ok_or_else(|| {
        Error::file(name, format!("is said to be {width} x {height} pixels and holds {found} bytes, not 4 for each"))
    })?;
    Ok(over_white(image.into()))
}

/// The size of what can be read as a file; opening a pipe would wait for its other end.
fn check_file(path: &Path) -> Result<u64> {
    let meta = std::fs::metadata(path).map_err(Error::io(path))?;
    match () {
        () if meta.is_dir() => Err(Error::file(path, "is a folder, not a picture")),
        () if !meta.is_file() => Err(Error::file(path, "is not a regular file")),
        () => Ok(meta.len()),
    }
}

/// The format by its first bytes, or what is wrong with it.
fn kind_of(head: &[u8]) -> Result<(ImageFormat, &'static str), String> {
    const NEEDED: &str = "JPEG, PNG, WebP, GIF, BMP and TIFF are read";
    if head.is_empty() {
        return Err("is empty".into());
    }
    let other = match image::guess_format(head) {
        Ok(ImageFormat::Jpeg) => return Ok((ImageFormat::Jpeg, "JPEG")),
        Ok(ImageFormat::Png) => return Ok((ImageFormat::Png, "PNG")),
        Ok(ImageFormat::WebP) => return Ok((ImageFormat::WebP, "WebP")),
        Ok(ImageFormat::Gif) => return Ok((ImageFormat::Gif, "GIF")),
        Ok(ImageFormat::Bmp) => return Ok((ImageFormat::Bmp, "BMP")),
        Ok(ImageFormat::Tiff) => return Ok((ImageFormat::Tiff, "TIFF")),
        Ok(other) => other.extensions_str().first().map_or_else(|| "another".into(), |ending| ending.to_uppercase()),
        // TIFF with 64-bit offsets, and what telephones make, which the guess does not know.
        Err(_) if head.starts_with(b"II+\0") || head.starts_with(b"MM\0+") => return Ok((ImageFormat::Tiff, "TIFF")),
        Err(_) => match (head.get(4..8), head.get(8..12)) {
            (Some(b"ftyp"), Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1")) => "HEIC".into(),
            _ => return Err(format!("is not a picture; {NEEDED}")),
        },
    };
    Err(format!("is a picture in {other} format, which is not supported; {NEEDED}"))
}

/// A decoder that has read the header.
fn open<'a, R: BufRead + Seek + 'a>(
    reader: R,
    format: ImageFormat,
    memory: u64,
) -> ImageResult<impl ImageDecoder + 'a> {
    let mut reader = ImageReader::with_format(reader, format);
    // Sides are checked here, not by the decoder, whose message would not say the size.
    let mut budget = image::Limits::no_limits();
    budget.max_alloc = Some(memory);
    reader.limits(budget);
    reader.into_decoder()
}

/// Which way is up. A broken note about that is no reason to refuse the picture.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), String> {
    let pixels = u64::from(width) * u64::from(height);
    match () {
        () if pixels == 0 => Err("holds no pixels".into()),
        () if width.max(height) > limits.side || pixels > limits.pixels => Err(format!(
            "is {width} x {height} pixels ({} megapixels); at most {} a side and {} megapixels in all are read",
            pixels.div_ceil(1_000_000),
            limits.side,
            limits.pixels / 1_000_000
        )),
        () => Ok(()),
    }
}

fn decode(bytes: &[u8], format: ImageFormat, kind: &'static str, limits: &Limits) -> Result<Picture, String> {
    let problem = |error: ImageError| match error {
        ImageError::Decoding(_) if is_short(bytes, format) => CUT_OFF.into(),
        error => problem_of(&error, kind, limits),
    };
    // The PNG decoder gives up on very long rows by itself, and then does not say the size.
    if format == ImageFormat::Png
        && let Some((sides, _)) = bytes.get(16..24).and_then(|sides| sides.as_chunks::<4>().0.split_first_chunk())
    {
        let [width, height] = sides.map(u32::from_be_bytes);
        check_size(width, height, limits)?;
    }
    let mut decoder = open(Cursor::new(bytes), format, limits.memory).map_err(problem)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    if decoder.total_bytes() > limits.memory {
        return Err(format!(
            "is {width} x {height} pixels, which take {}; at most {} are given to a picture",
            megabytes(decoder.total_bytes()),
            megabytes(limits.memory)
        ));
    }
    // The decoder would paint what is missing grey and say nothing.
    if format == ImageFormat::Jpeg && !jpeg_is_whole(bytes) {
        return Err(CUT_OFF.into());
    }
    // One after the other: on many cores at once they would take many times as much memory.
    static LARGE_ONES: Mutex<()> = Mutex::new(());
    let large = decoder.total_bytes() > LARGE;
    let _alone = large.then(|| LARGE_ONES.lock().unwrap_or_else(PoisonError::into_inner));
    let orientation = orientation(&mut decoder);
    let image = DynamicImage::from_decoder(decoder).map_err(problem)?;
    let mut image = DynamicImage::ImageRgb8(over_white(image));
    image.apply_orientation(orientation);
    let pixels = image.into_rgb8();
    Ok(Picture { width: pixels.width(), height: pixels.height(), pixels, format: kind })
}

/// 8-bit RGB, blended over white where the picture is transparent.
fn over_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let mut bytes = image.into_raw();
    // In place, as the picture may be large: each pixel moves to the left of where it was.
    let pixels = bytes.len() / 4;
    for i in 0..pixels {
        let alpha = u32::from(bytes[4 * i + 3]);
        for channel in 0..3 {
            let value = u32::from(bytes[4 * i + channel]);
            bytes[3 * i + channel] = ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
    bytes.truncate(3 * pixels);
    RgbImage::from_raw(width, height, bytes).expect("three bytes for each pixel")
}

/// Whether the file itself says that it should go on, where the decoder only says that something is wrong.
fn is_short(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        ImageFormat::WebP => bytes.get(4..8).is_none_or(|size| {
            let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]);
            bytes.len() as u64 - 8 < u64::from(size)
        }),
        ImageFormat::Gif => bytes.last() != Some(&b';'),
        _ => false,
    }
}

/// Whether a JPEG goes on to its end marker. Markers are followed, as a preview inside it has an end marker as well.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    // In a scan's data, 0xFF is a marker unless 0 follows (a byte of data) or 0xD0 to 0xD7 (a restart).
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0x01 | 0xD0..=0xD7 | 0xFF);
    let (mut at, mut scanned) = (2, false);
    while let Some(pair) = bytes.get(at..at + 2) {
        if !is_marker(pair) {
            at += 1;
            continue;
        }
        if pair[1] == 0xD9 {
            return scanned;
        }
        scanned |= pair[1] == 0xDA;
        let Some(length) = bytes.get(at + 2..at + 4) else { return false };
        at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
    }
    false
}

const CUT_OFF: &str = "is cut off: its data ends before the picture does";

/// What a decoder's error means for the file.
fn problem_of(error: &ImageError, kind: &str, limits: &Limits) -> String {
    match error {
        ImageError::Limits(_) => {
            format!("is too large a picture: at most {} are given to one", megabytes(limits.memory))
        }
        ImageError::Unsupported(error) => format!("is a {kind} of a sort that is not supported: {error}"),
        error if ends_too_soon(error) => CUT_OFF.into(),
        error => format!("is not a sound {kind}: {error}"),
    }
}

fn ends_too_soon(error: &ImageError) -> bool {
    let mut link: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = link {
        if error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::UnexpectedEof) {
            return true;
        }
        link = error.source();
    }
    matches!(error, ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof)
}

fn megabytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
