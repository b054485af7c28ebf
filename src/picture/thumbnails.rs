//! Small copies of pictures, kept in a folder of the system's cache and found by the picture's content.

use std::io::Write;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use super::shrink;
use crate::atomic_file::AtomicFile;
use crate::error::{Error, Result};

/// Pixels of a thumbnail's longer edge, unless said otherwise.
const EDGE: u32 = 256;
/// JPEG quality: small, and good enough for a grid of pictures.
const QUALITY: u8 = 85;

/// A folder of thumbnails, which several programs may use at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnails {
    /// Where they are.
    pub folder: PathBuf,
    /// Pixels of the longer edge. Another size needs another folder.
    pub edge: u32,
}

/// Where thumbnails are kept: `blockscope/thumbnails` in the user's cache folder.
///
/// That is `$XDG_CACHE_HOME` or `~/.cache` on Linux, `~/Library/Caches` on macOS and `%LOCALAPPDATA%` on Windows.
pub fn default_folder() -> Result<PathBuf> {
    let cache = dirs::cache_dir().ok_or_else(|| Error::setting("there is no cache folder: HOME is not set"))?;
    Ok(cache.join("blockscope").join("thumbnails"))
}

impl Thumbnails {
    /// Thumbnails in that folder, which is made when the first is written.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned(), edge: EDGE }
    }

    /// Thumbnails in the [`default_folder`].
    pub fn in_cache() -> Result<Self> {
        default_folder().map(Self::new)
    }

    /// Where the thumbnail of the picture with that digest is, or will be.
    pub fn path(&self, digest: &[u8; 32]) -> PathBuf {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        // Spread over 256 folders, as some file systems are slow with very many files in one.
        self.folder.join(&hex[..2]).join(format!("{}.jpg", &hex[2..]))
    }

    /// The thumbnail, if there is one.
    pub fn get(&self, digest: &[u8; 32]) -> Option<PathBuf> {
        let path = self.path(digest);
        // A power cut may leave an empty file, as thumbnails are not forced onto the disk.
        std::fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() > 0).then_some(path)
    }

    /// Makes the thumbnail and gives its place. A small picture keeps its size.
    pub fn put(&self, digest: &[u8; 32], picture: &RgbImage) -> Result<PathBuf> {
        let path = self.path(digest);
        let small = small(picture, self.edge);
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .write_image(small.as_raw(), small.width(), small.height(), ExtendedColorType::Rgb8)
            .map_err(|e| Error::file(&path, format!("the thumbnail cannot be made: {e}")))?;
        let mut file = AtomicFile::create(&path)?;
        file.file().write_all(&bytes).map_err(Error::io(&path))?;
        file.commit_soon()?;
        Ok(path)
    }
}

/// A copy whose longer edge has at most `edge` pixels.
pub fn small(picture: &RgbImage, edge: u32) -> RgbImage {
    let (width, height) = fitting(picture.dimensions(), edge.max(1));
    shrink::resize(picture, width, height)
}

/// The size whose longer edge is at most `edge`.
fn fitting((width, height): (u32, u32), edge: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= edge {
        return (width, height);
    }
    let scaled = |side: u32| ((f64::from(side) * f64::from(edge) / f64::from(long)).round() as u32).max(1);
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            Rgb([(255 * x / width) as u8, (255 * y / height) as u8, if x < width / 2 { 40 } else { 200 }])
        })
    }

    #[test]
    fn a_thumbnail_is_found_again_and_looks_like_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        let thumbnails = Thumbnails::new(folder.path().join("deep/er"));
        let digest = super::super::digest(b"a picture");
        assert_eq!(thumbnails.get(&digest), None);
        let path = thumbnails.put(&digest, &picture(1_000, 400)).unwrap();
        assert_eq!(thumbnails.get(&digest).as_ref(), Some(&path));
        let name = path.strip_prefix(&thumbnails.folder).unwrap().to_string_lossy().replace('\\', "/");
        assert!(name.len() == 2 + 1 + 62 + 4 && &name[2..3] == "/" && name.ends_with(".jpg"), "{name}");
        let small = image::open(&path).unwrap().into_rgb8();
        assert_eq!(small.dimensions(), (256, 102));
        let twin = picture(256, 102);
        let far = small.iter().zip(twin.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
        assert!(far / (small.len() as f64) < 3.0, "{far}");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
        thumbnails.put(&digest, &picture(10, 10)).unwrap();
        assert_eq!(image::image_dimensions(&path).unwrap(), (10, 10), "replaced, and never enlarged");
    }

    #[test]
    fn sizes_fit_and_keep_their_shape() {
        let cases = [
            ((256, 256), (256, 256)),
            ((257, 256), (256, 255)),
            ((100, 20), (100, 20)),
            ((4_000, 3_000), (256, 192)),
            ((3_000, 4_000), (192, 256)),
            ((16_000, 3), (256, 1)),
        ];
        for (size, expected) in cases {
            assert_eq!(fitting(size, 256), expected);
        }
    }

    #[test]
    fn what_is_broken_is_no_thumbnail_and_a_folder_that_cannot_be_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let thumbnails = Thumbnails::new(folder.path());
        let digest = [7; 32];
        let path = thumbnails.path(&digest);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        assert_eq!(thumbnails.get(&digest), None, "empty");
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Thumbnails::new(&file).put(&digest, &picture(5, 5)).unwrap_err();
        assert!(error.to_string().contains("file, not a folder"), "{error}");
    }

    #[test]
    fn the_default_folder_is_in_the_cache() {
        assert!(default_folder().unwrap().ends_with("blockscope/thumbnails"));
    }
}
