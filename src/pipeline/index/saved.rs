//! An index in a file beside its encoder, with what it is of.
//!
//! The file: the magic bytes, the version and the length of the stamp (both u32, little-endian), the stamp as JSON, the
//! index, and a CRC-32C over everything before it. It can always be made again, so that whatever is odd about it is a reason
//! to do so, and never a failure.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::atomic_file::AtomicFile;
use crate::config::CollectionArgs;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::FeatureIndex;
use crate::source::{PointId, ServerAddress};

const MAGIC: &[u8; 8] = b"BSINDEX\n";
const CHECK: usize = size_of::<u32>();

/// What an index is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// The fingerprint of the encoder.
    pub(super) encoder: String,
    /// Its blocks and their size.
    pub(super) blocks: usize,
    pub(super) block_size: usize,
    /// The collection, as [`key`] has it.
    pub(super) collection: String,
    /// Points that the collection said it had, and points that were read.
    pub(super) counted: u64,
    pub(super) read: u64,
    /// The point that was read last.
    pub(super) last: PointId,
    /// Whether that was the collection's last.
    pub(super) whole: bool,
    /// When, in seconds since 1970.
    pub(super) made: u64,
    /// When the file of vectors was changed last, in nanoseconds since 1970; none for other collections.
    pub(super) changed: Option<u64>,
}

/// An index and what it is of.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) stamp: Stamp,
    pub(super) index: Arc<FeatureIndex>,
}

/// Names a collection: where it is, which of its vectors and which of its points are meant. An API key is no part of it.
pub(super) fn key(collection: &CollectionArgs) -> Result<String> {
    let place = |path: &Path| {
        let absolute = fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        absolute.map_or_else(|_| path.display().to_string(), |path| path.display().to_string())
    };
    let parts = if let Some(vectors) = &collection.vectors {
        vec!["file".to_owned(), place(vectors)]
    } else {
        let at = match &collection.store {
            Some(store) => ["store".to_owned(), place(store)],
            None => {
                let url = collection.url.as_deref().filter(|url| !url.trim().is_empty());
                let (address, _) = ServerAddress::parse(url.unwrap_or("http://localhost:6334"), None)?;
                ["server".to_owned(), address.url]
            }
        };
        let filter = collection.filter()?.map(|filter| filter.to_string()).unwrap_or_default();
        let using = collection.using.clone().unwrap_or_default();
        at.into_iter().chain([collection.name()?.to_owned(), using, filter]).collect()
    };
    Ok(serde_json::Value::from(parts).to_string())
}

/// When a collection's file was changed last, where it is a file.
pub(super) fn changed(collection: &CollectionArgs) -> Option<u64> {
    let time = fs::metadata(collection.vectors.as_ref()?).ok()?.modified().ok()?;
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Where the index of a collection is kept: `e.1a2b3c4d.index` beside `e.safetensors`.
pub(super) fn path(encoder: &Path, key: &str) -> PathBuf {
    let hash: String = Sha256::digest(key.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut name = encoder.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{hash}.index"));
    encoder.with_file_name(name)
}

impl Saved {
    /// Writes it in place of what is there.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let bytes = self.to_bytes();
        let mut file = AtomicFile::create(path)?;
        file.file().write_all(&bytes).map_err(Error::io(path))?;
        file.commit_soon()
    }

    fn to_bytes(&self) -> Vec<u8> {
        // Strings and whole numbers always have a JSON form.
        let stamp = serde_json::to_vec(&self.stamp).unwrap_or_default();
        let index = self.index.to_bytes();
        let mut bytes = Vec::with_capacity(MAGIC.len() + 8 + stamp.len() + index.len() + CHECK);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&FeatureIndex::VERSION.to_le_bytes());
        bytes.extend_from_slice(&(stamp.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&stamp);
        bytes.extend_from_slice(&index);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// Reads the index of an encoder over a collection; none where there is no such file. Where the file is something else,
    /// says what.
    pub(super) fn read(path: &Path, encoder: &Encoder, key: &str) -> Result<Option<Self>, String> {
        match fs::read(path) {
            Ok(bytes) => Self::parse(&bytes, encoder, key).map(Some),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(format!("cannot be read: {e}")),
        }
    }

    fn parse(bytes: &[u8], encoder: &Encoder, key: &str) -> Result<Self, String> {
        let damaged = || "is damaged".to_owned();
        let rest = bytes.strip_prefix(MAGIC).ok_or("is no feature index")?;
        let (version, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let version = u32::from_le_bytes(*version);
        if version != FeatureIndex::VERSION {
            return Err(format!("has version {version}, and this program knows {}", FeatureIndex::VERSION));
        }
        let (rest, check) = rest.split_last_chunk().ok_or_else(damaged)?;
        if crc32c::crc32c(&bytes[..bytes.len() - CHECK]) != u32::from_le_bytes(*check) {
            return Err(damaged());
        }
        let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (stamp, index) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(damaged)?;
        let stamp: Stamp = serde_json::from_slice(stamp).map_err(|_| damaged())?;
        if stamp.encoder != encoder.fingerprint() {
            return Err("is of an encoder with other weights".into());
        }
        if stamp.collection != key {
            return Err("is of another collection".into());
        }
        let shape = (encoder.blocks(), encoder.block_size());
        let index = FeatureIndex::from_bytes(shape.0, shape.1, index).ok_or_else(damaged)?;
        if (stamp.blocks, stamp.block_size) != shape || stamp.read != index.points() {
            return Err(damaged());
        }
        Ok(Self { stamp, index: Arc::new(index) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::encoder::tests::random;
    use crate::features::IndexBuilder;

    fn saved(encoder: &Encoder) -> Saved {
        let mut builder = IndexBuilder::new(encoder.blocks(), encoder.block_size(), 0);
        let ids: Vec<PointId> = (0..300).map(PointId::Num).collect();
        let vectors: Vec<f32> = (0..300 * encoder.dim()).map(|i| (i as f32 * 0.37).sin()).collect();
        builder.add_vectors(encoder, &ids, &vectors);
        let stamp = Stamp {
            encoder: encoder.fingerprint(),
            blocks: encoder.blocks(),
            block_size: encoder.block_size(),
            collection: "here".into(),
            counted: 300,
            read: 300,
            last: ids[299],
            whole: true,
            made: now(),
            changed: None,
        };
        Saved { stamp, index: builder.finish() }
    }

    #[test]
    fn what_is_written_is_read_and_what_is_foreign_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let encoder = random(3, 2, 4, 1);
        let path = path(&folder.path().join("e.safetensors"), "here");
        assert!(path.file_name().unwrap().to_string_lossy().starts_with("e.") && path.extension().unwrap() == "index");
        assert!(Saved::read(&path, &encoder, "here").unwrap().is_none());
        let saved = saved(&encoder);
        saved.write(&path).unwrap();
        let read = Saved::read(&path, &encoder, "here").unwrap().unwrap();
        assert_eq!(read.stamp, saved.stamp);
        assert!(*read.index == *saved.index);
        let problem = |encoder: &Encoder, key: &str| Saved::read(&path, encoder, key).unwrap_err();
        assert_eq!(problem(&encoder, "there"), "is of another collection");
        assert_eq!(problem(&random(3, 2, 4, 2), "here"), "is of an encoder with other weights");
        let mut bytes = fs::read(&path).unwrap();
        bytes[8] = 77;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(problem(&encoder, "here"), "has version 77, and this program knows 2");
        fs::write(&path, b"something else").unwrap();
        assert_eq!(problem(&encoder, "here"), "is no feature index");
        fs::write(&path, b"").unwrap();
        assert_eq!(problem(&encoder, "here"), "is no feature index");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(problem(&encoder, "here").starts_with("cannot be read"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn cut_and_flipped_bytes_are_noticed_and_odd_ones_never_end_the_program(
            at in any::<prop::sample::Index>(), flip in 1u8..=255, cut in any::<prop::sample::Index>(),
        ) {
            let encoder = random(3, 2, 4, 1);
            let whole = saved(&encoder).to_bytes();
            let mut flipped = whole.clone();
            flipped[at.index(whole.len())] ^= flip;
            prop_assert!(Saved::parse(&flipped, &encoder, "here").is_err());
            prop_assert!(Saved::parse(&whole[..cut.index(whole.len())], &encoder, "here").is_err());
            // With a checksum that is right, the rest still has to fit together; whatever it says, it is only judged.
            for mut bytes in [flipped, whole[..cut.index(whole.len())].to_vec()] {
                let end = bytes.len().saturating_sub(CHECK);
                bytes.truncate(end);
                let check = crc32c::crc32c(&bytes);
                bytes.extend(check.to_le_bytes());
                if let Ok(odd) = Saved::parse(&bytes, &encoder, "here") {
                    for feature in 0..8 {
                        odd.index.intervals(feature);
                        odd.index.near(feature, 0.1);
                        odd.index.runners_up(feature);
                    }
                    IndexBuilder::resume(&odd.index).add(&[PointId::Num(9)], &[0.125; 8]);
                }
            }
        }
    }

    #[test]
    fn a_collection_goes_by_where_it_is_and_not_by_how_that_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let args = CollectionArgs::default;
        let named = |url: &str| CollectionArgs { url: Some(url.into()), collection: Some("food".into()), ..args() };
        let local = key(&named("localhost:6333")).unwrap();
        assert_eq!(key(&named("http://localhost:6334/")).unwrap(), local);
        assert_eq!(key(&CollectionArgs { url: None, ..named("") }).unwrap(), local);
        assert_eq!(key(&CollectionArgs { api_key: Some("secret".into()), ..named("localhost") }).unwrap(), local);
        let others = [
            named("elsewhere"),
            CollectionArgs { using: Some("image".into()), ..named("localhost") },
            CollectionArgs { filter: Some(r#"{"must": []}"#.into()), ..named("localhost") },
            CollectionArgs { collection: Some("drink".into()), ..named("localhost") },
            CollectionArgs { store: Some(folder.path().into()), collection: Some("food".into()), ..args() },
            CollectionArgs { vectors: Some(folder.path().join("v.npy")), ..args() },
        ];
        let mut keys: Vec<String> = others.iter().map(|other| key(other).unwrap()).collect();
        keys.push(local);
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), others.len() + 1);
        let roundabout = CollectionArgs { store: Some(folder.path().join(".")), ..others[4].clone() };
        assert_eq!(key(&roundabout).unwrap(), key(&others[4]).unwrap());
        assert!(key(&args()).is_err(), "no collection is named");
    }
}
