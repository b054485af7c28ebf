//! Small copies of pictures, kept in a folder of the system's cache and found by the picture's content.

use std::fs::{DirEntry, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use super::{Limits, gather, read, shrink};
use crate::atomic_file::AtomicFile;
use crate::error::{Error, Result};
use crate::point::PointId;

/// Pixels of a thumbnail's longer edge, unless said otherwise.
pub(super) const EDGE: u32 = 256;
/// JPEG quality: small, and good enough for a grid of pictures.
const QUALITY: u8 = 85;
/// A thumbnail's file says when it was last of use, to the day: to write more often would cost more than it tells.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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
        let hex = hex(digest);
        // Spread over 256 folders, as some file systems are slow with very many files in one.
        self.folder.join(&hex[..2]).join(format!("{}.jpg", &hex[2..]))
    }

    /// The thumbnail, if there is one.
    pub fn get(&self, digest: &[u8; 32]) -> Option<PathBuf> {
        let path = self.path(digest);
        // A power cut may leave an empty file, as thumbnails are not forced onto the disk.
        std::fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() > 0).then_some(path)
    }

    /// The thumbnail's pixels, if there is one and it is sound. It then counts as used today.
    pub fn read(&self, digest: &[u8; 32]) -> Option<RgbImage> {
        read_thumbnail(&self.path(digest))
    }

    /// As [`read`](Self::read), for the picture of a point that was imported: its id holds half of the digest. Looks
    /// through one of 256 folders.
    pub fn read_of(&self, id: PointId) -> Option<RgbImage> {
        let PointId::Uuid(uuid) = id else { return None };
        let start = hex(uuid.as_bytes());
        // The UUID's version stands where the digest's seventh byte begins.
        let (folder, start) = (self.folder.join(&start[..2]), &start[2..12]);
        let entries = std::fs::read_dir(folder).ok()?.flatten();
        let mut entries =
            entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(start)));
        let path = entries.find_map(|entry| (gather::point_id(&digest_of(&entry)?) == id).then(|| entry.path()))?;
        read_thumbnail(&path)
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

    /// Removes the thumbnails that were longest of no use, until the others have at most so many bytes, and what killed
    /// processes have left half written. Gives the bytes removed.
    ///
    /// Nothing else in the folder is touched. A file that cannot be removed stays.
    pub fn trim(&self, max_bytes: u64) -> Result<u64> {
        let mut ages = Vec::new();
        let mut held = 0;
        let mut removed = 0;
        self.each(|entry, bytes, used| {
            if digest_of(entry).is_some() {
                held += bytes;
                ages.push((used, bytes));
            } else if is_left_over(entry) && is_older(used, DAY) && std::fs::remove_file(entry.path()).is_ok() {
                removed += bytes;
            }
        })?;
        ages.sort_unstable();
        // Only the times are kept, as there may be a million files: those up to this one go.
        let mut last = None;
        for (used, bytes) in ages {
            if held <= max_bytes {
                break;
            }
            held -= bytes;
            last = Some(used);
        }
        if let Some(last) = last {
            self.each(|entry, bytes, used| {
                if used <= last && digest_of(entry).is_some() && std::fs::remove_file(entry.path()).is_ok() {
                    removed += bytes;
                }
            })?;
        }
        Ok(removed)
    }

    /// Goes through the files of the 256 folders, with their bytes and when they were last of use.
    fn each(&self, mut look: impl FnMut(&DirEntry, u64, SystemTime)) -> Result<()> {
        let folders = match std::fs::read_dir(&self.folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            folders => folders.map_err(Error::io(&self.folder))?,
        };
        for folder in folders.flatten() {
            let ours = folder.file_name().to_str().is_some_and(|name| name.len() == 2 && parse_hex(name).is_some());
            if !ours || !folder.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            for entry in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                // Links are not followed, and so are no files here.
                if let Ok(meta) = entry.metadata()
                    && meta.is_file()
                    && let Ok(used) = meta.modified()
                {
                    look(&entry, meta.len(), used);
                }
            }
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// The digest that a thumbnail's file and folder are named by.
fn digest_of(entry: &DirEntry) -> Option<[u8; 32]> {
    let (path, name) = (entry.path(), entry.file_name());
    let folder = path.parent()?.file_name()?.to_str()?;
    let digest = parse_hex(&format!("{folder}{}", name.to_str()?.strip_suffix(".jpg")?))?;
    digest.try_into().ok()
}

fn is_left_over(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(|name| name.starts_with(".blockscope-") && name.ends_with(".part"))
}

fn is_older(time: SystemTime, age: Duration) -> bool {
    SystemTime::now().duration_since(time).is_ok_and(|passed| passed > age)
}

fn read_thumbnail(path: &Path) -> Option<RgbImage> {
    let limits = Limits::default();
    let picture = read::read(path, &limits).ok()?;
    if std::fs::metadata(path).and_then(|meta| meta.modified()).is_ok_and(|used| is_older(used, DAY)) {
        // Where that cannot be written down, the thumbnail goes the sooner.
        let _ = File::options().write(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    }
    Some(picture.pixels)
}

/// A copy whose longer edge has at most `edge` pixels.
pub fn small(picture: &RgbImage, edge: u32) -> RgbImage {
    let (width, height) = fitting(picture.dimensions(), edge.max(1));
    shrink::resize(picture, width, height)
}

/// The size whose longer edge is at most `edge`.
pub(super) fn fitting((width, height): (u32, u32), edge: u32) -> (u32, u32) {
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
        std::fs::write(&path, "torn").unwrap();
        assert!(thumbnails.read(&digest).is_none(), "cut off");
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Thumbnails::new(&file).put(&digest, &picture(5, 5)).unwrap_err();
        assert!(error.to_string().contains("file, not a folder"), "{error}");
    }

    fn age(path: &Path, days: u32) {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - DAY * days).unwrap();
    }

    #[test]
    fn an_imported_picture_is_found_by_its_points_id() {
        let folder = tempfile::tempdir().unwrap();
        let thumbnails = Thumbnails::new(folder.path());
        let digests: Vec<[u8; 32]> = (0..40u8).map(|i| gather::digest(&[i])).collect();
        for (i, digest) in digests.iter().enumerate() {
            thumbnails.put(digest, &picture(10 + i as u32, 5)).unwrap();
        }
        // Two that begin alike, as far as the id's version and beyond.
        let mut near = digests[0];
        near[15] ^= 1;
        thumbnails.put(&near, &picture(99, 5)).unwrap();
        for (i, digest) in digests.iter().enumerate() {
            assert_eq!(thumbnails.read_of(gather::point_id(digest)).unwrap().width(), 10 + i as u32);
        }
        assert_eq!(thumbnails.read_of(gather::point_id(&near)).unwrap().width(), 99);
        assert!(thumbnails.read_of(gather::point_id(&gather::digest(b"another"))).is_none());
        assert!(thumbnails.read_of(PointId::Num(3)).is_none());
    }

    #[test]
    fn what_was_longest_of_no_use_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let thumbnails = Thumbnails::new(folder.path().join("thumbnails"));
        assert_eq!(thumbnails.trim(0).unwrap(), 0, "there is no folder yet");
        let digests: Vec<[u8; 32]> = (0..10u8).map(|i| gather::digest(&[i])).collect();
        let paths: Vec<PathBuf> =
            digests.iter().map(|digest| thumbnails.put(digest, &picture(64, 64)).unwrap()).collect();
        let bytes = std::fs::metadata(&paths[0]).unwrap().len();
        // The seventh is the oldest, then the others in their order.
        for (i, path) in paths.iter().enumerate() {
            age(path, if i == 6 { 99 } else { 90 - i as u32 });
        }
        let other = thumbnails.folder.join("notes.jpg");
        let beside = paths[0].with_file_name("0.jpg");
        let (part, fresh) =
            (paths[0].with_file_name(".blockscope-1.part"), paths[0].with_file_name(".blockscope-2.part"));
        for path in [&other, &beside, &part, &fresh] {
            std::fs::write(path, "abc").unwrap();
        }
        for path in [&other, &beside, &part] {
            age(path, 200);
        }
        // Using the first makes it the youngest.
        assert!(thumbnails.read(&digests[0]).is_some());
        assert_eq!(thumbnails.trim(10 * bytes).unwrap(), 3, "only what was left half written");
        assert_eq!(thumbnails.trim(8 * bytes + 1).unwrap(), 2 * bytes);
        let there: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
        assert_eq!(there, [true, false, true, true, true, true, false, true, true, true]);
        assert_eq!(thumbnails.trim(8 * bytes).unwrap(), 0);
        assert_eq!(thumbnails.trim(0).unwrap(), 8 * bytes);
        assert!(other.exists() && beside.exists() && fresh.exists() && !part.exists(), "what is not ours stays");
    }

    #[test]
    fn the_default_folder_is_in_the_cache() {
        assert!(default_folder().unwrap().ends_with("blockscope/thumbnails"));
    }
}
