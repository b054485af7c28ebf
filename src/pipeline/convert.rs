//! From a collection to one of sparse block vectors, with or without the dense ones.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::atomic_file;
use crate::config::{CollectionArgs, ConvertConfig};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{CodeSize, SparseVector, all_stored_above, stored_code, top_k};
use crate::job::{Control, Reporter};
use crate::source::{
    self, Cursor, Layout, NewPoint, NewVector, Page, SourceInfo, SparseOrigin, Stored, VectorSink, VectorSource, Want,
    for_each_page,
};

/// The name of the sparse vector, as in the reference.
const VECTOR: &str = "block";

/// What `convert` did.
#[derive(Clone, Debug, Serialize)]
pub struct Converted {
    /// The collection written.
    pub target: String,
    /// Points read in this run.
    pub read: u64,
    /// Points written in this run.
    pub written: u64,
    /// Points that an earlier run had written, and that were not read again.
    pub skipped: u64,
    /// What is stored of each point.
    pub stored: Stored,
    /// What the sparse vectors take, on average over all points of the target that were written.
    pub size: CodeSize,
    /// Points without an entry above the threshold, whose sparse vector is empty.
    pub empty: u64,
    /// Points without an entry above the threshold that were given their strongest ones.
    pub fallback: u64,
    /// Points of the target that were not read: of another filter, or deleted from the collection since.
    pub extra: u64,
}

/// How far a conversion came, kept in a file until it is whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Journal {
    /// Names source, target, encoder and settings; a journal of another conversion is not gone on with.
    key: String,
    cursor: Cursor,
    written: u64,
    entries: u64,
    empty: u64,
    fallback: u64,
}

/// The encoder, and the collection that is read; they fit, and the target is another one.
pub(super) fn open(
    config: &ConvertConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<(Encoder, Box<dyn VectorSource>)> {
    let encoder = Encoder::read(&config.encoder)?;
    let source = source::open(&readable(&config.collection), control, reporter)?;
    encoder.check_dim(&source.info().title, source.info().dim)?;
    if config.with_dense && config.collection.using.as_deref() == Some(VECTOR) {
        return Err(Error::setting(format!(
            "--with-dense: the dense vector is called \"{VECTOR}\", as the sparse one is to be; write without it"
        )));
    }
    if config.collection.vectors.is_none() && config.collection.name()? == config.target {
        return Err(Error::setting("--target must be another collection than the one that is read"));
    }
    Ok((encoder, source))
}

/// What the target holds: the sparse vector, and beside it the dense one under its own name where that is wanted.
pub(super) fn layout(config: &ConvertConfig, info: &SourceInfo) -> Layout {
    let sparse = VECTOR.to_owned();
    if config.with_dense {
        let name = config.collection.using.clone().unwrap_or_default();
        Layout::Both { name, dim: info.dim, distance: info.distance, sparse }
    } else {
        Layout::Sparse { name: sparse }
    }
}

pub(super) fn run(config: &ConvertConfig, control: &Control, reporter: &mut Reporter) -> Result<Converted> {
    let (encoder, mut source) = open(config, control, reporter)?;
    if encoder.decoder().is_some() && !encoder.decodes(stored(config, &encoder), config.values) {
        reporter.note(format!(
            "the encoder's decoder was fitted on {}: searches of what is written here will compare activations instead",
            encoder.stored()
        ));
    }
    let info = source.info().clone();
    let layout = layout(config, &info);
    let mut sink = source::open_sink(&config.collection, &config.target, &layout, control, reporter)?;
    sink.set_sparse_origin(&origin(config, &encoder), control)?;
    let key = key(config, &encoder, &info.title);
    let path = journal_path(&config.collection, &config.target);
    let journal = read_journal(&path, &key, sink.count(control)?);
    let journal = journal.unwrap_or_else(|| Journal { key: key.clone(), ..Journal::default() });
    let skipped = journal.written;
    if skipped > 0 {
        reporter.note(format!("going on after {skipped} points that an earlier run wrote"));
    }
    let run = Conversion { config, encoder: &encoder, path: &path };
    let mut done = run.go(source.as_mut(), sink.as_mut(), journal, control, reporter)?;
    let mut read = done.written - skipped;
    let mut found = sink.count(control)?;
    // What came or went before the place where an earlier run had stopped is not seen by going on from there.
    if skipped > 0 && (done.written != info.points || found < done.written) {
        reporter.note("the collection or the target changed since the earlier run: going over the whole collection");
        done = run.go(source.as_mut(), sink.as_mut(), Journal { key, ..Journal::default() }, control, reporter)?;
        read += done.written;
        found = sink.count(control)?;
    }
    if found < done.written {
        let expected = done.written;
        return Err(Error::Count { target: config.target.clone(), found, expected });
    }
    let extra = found - done.written;
    if extra > 0 {
        reporter.warn(format!(
            "the target holds {extra} points more than were read: of another filter, or deleted from the collection since"
        ));
    }
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io(&path)(e)),
        _ => {}
    }
    let stored = stored(config, &encoder);
    let entries = done.entries as f64 / done.written.max(1) as f64;
    Ok(Converted {
        target: config.target.clone(),
        read,
        written: read,
        skipped,
        stored,
        size: CodeSize::of(stored, encoder.blocks(), encoder.block_size(), entries),
        empty: done.empty,
        fallback: done.fallback,
        extra,
    })
}

/// A file may be converted into a store: then the store is not what is read.
fn readable(args: &CollectionArgs) -> CollectionArgs {
    let mut args = args.clone();
    if args.vectors.is_some() {
        args.store = None;
        args.collection = None;
    }
    args
}

/// What is stored of each point: what was asked for, or else what the encoder's decoder was fitted on.
pub(super) fn stored(config: &ConvertConfig, encoder: &Encoder) -> Stored {
    config.keep.unwrap_or_else(|| encoder.stored())
}

/// The activation above which features are kept, where activations are stored: what was asked for, or else what is usual.
pub(super) fn threshold(config: &ConvertConfig, encoder: &Encoder) -> f32 {
    config.threshold.unwrap_or_else(|| usual_threshold(encoder))
}

/// The threshold of a conversion that names none. Every feature of a SoftMax has a share of its block, so that small ones
/// are left out; an autoencoder's are 0 but for a few, and its decoder was fitted on all of those.
pub fn usual_threshold(encoder: &Encoder) -> f32 {
    if encoder.is_code() { 0.0 } else { 0.05 }
}

/// What the target's sparse vectors are made with.
fn origin(config: &ConvertConfig, encoder: &Encoder) -> SparseOrigin {
    let stored = stored(config, encoder);
    let threshold = all_stored_above(stored, encoder.activation(), threshold(config, encoder));
    SparseOrigin { encoder: encoder.fingerprint(), values: config.values, threshold, stored }
}

struct Conversion<'a> {
    config: &'a ConvertConfig,
    encoder: &'a Encoder,
    path: &'a Path,
}

impl Conversion<'_> {
    /// Converts from the journal's cursor on, and keeps the journal behind every page that is safely written.
    fn go(
        &self,
        source: &mut dyn VectorSource,
        sink: &mut dyn VectorSink,
        mut journal: Journal,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Journal> {
        reporter.stage(format!("converting into {}", sink.title()), "points", Some(source.info().points));
        reporter.skip(journal.written);
        let start = journal.cursor.clone();
        let limit = self.config.page as usize;
        for_each_page(source, start, limit, Want::ALL, control, reporter, |page, behind, _| {
            let points = self.points(page, &mut journal);
            journal.written += points.len() as u64;
            sink.upsert(points, control)?;
            journal.cursor = behind.clone();
            let text = serde_json::to_vec(&journal).map_err(|e| Error::file(self.path, e.to_string()))?;
            atomic_file::write(self.path, &text)
        })?;
        Ok(journal)
    }

    fn points(&self, page: Page, journal: &mut Journal) -> Vec<NewPoint> {
        let outputs = self.encoder.encode(&page.vectors);
        page.ids
            .into_iter()
            .zip(outputs.chunks(self.encoder.outputs()))
            .zip(page.vectors.chunks(self.encoder.dim()))
            .zip(page.payloads)
            .map(|(((id, outputs), dense), payload)| {
                let (vector, fallback) = vector_of(outputs, self.config, self.encoder);
                journal.entries += vector.len() as u64;
                journal.fallback += u64::from(fallback);
                journal.empty += u64::from(vector.is_empty());
                let SparseVector { indices, values } = vector;
                let vector = if self.config.with_dense {
                    NewVector::Both { dense: dense.to_vec(), indices, values }
                } else {
                    NewVector::Sparse { indices, values }
                };
                NewPoint { id, vector, payload }
            })
            .collect()
    }
}

/// A point's sparse vector, and whether it has none above the threshold and got its strongest entries.
pub(super) fn vector_of(outputs: &[f32], config: &ConvertConfig, encoder: &Encoder) -> (SparseVector, bool) {
    let above = stored_code(outputs, encoder.block_size(), stored(config, encoder), threshold(config, encoder));
    let (mut vector, fallback) = match config.top_k {
        Some(k) if k > 0 && above.is_empty() => (top_k(outputs, k), true),
        _ => (above, false),
    };
    vector.values.iter_mut().for_each(|v| *v = config.values.of(*v));
    (vector, fallback)
}

/// Points that an earlier run of the same conversion has written, where it was stopped half-way and the target still
/// holds them: another run would go on after them.
pub(super) fn written_before(config: &ConvertConfig, encoder: &Encoder, source: &str, target_points: u64) -> u64 {
    let path = journal_path(&config.collection, &config.target);
    read_journal(&path, &key(config, encoder, source), target_points).map_or(0, |journal| journal.written)
}

fn key(config: &ConvertConfig, encoder: &Encoder, source: &str) -> String {
    let args = &config.collection;
    let store = args.store.as_ref().map(|s| s.canonicalize().unwrap_or_else(|_| s.clone()).display().to_string());
    let place = store.or_else(|| args.url.clone());
    // The title names a store as it was typed; `place` names it once and for all.
    let source = if args.store.is_some() { args.collection.as_deref().unwrap_or(source) } else { source };
    let text = format!(
        "{source}|{:?}|{:?}|{place:?}|{}|{}|{}|{:?}|{}|{:?}|{}",
        args.using,
        args.filter,
        config.target,
        encoder.fingerprint(),
        threshold(config, encoder),
        config.top_k,
        config.with_dense,
        config.values,
        stored(config, encoder)
    );
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// Beside the collections of a store, or in `data/` for a server.
fn journal_path(args: &CollectionArgs, target: &str) -> PathBuf {
    // A server's names may hold what a file's may not.
    let name: String = target.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    args.store.clone().unwrap_or_else(|| "data".into()).join(format!(".convert-{name}.json"))
}

/// That of the same conversion, where it came anywhere. A target that was emptied since is begun anew.
fn read_journal(path: &Path, key: &str, target_points: u64) -> Option<Journal> {
    let journal: Journal = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (journal.key == key && journal.written > 0 && target_points >= journal.written).then_some(journal)
}

/// Converts until this many points are written, and leaves what a run leaves that is stopped there.
#[cfg(test)]
pub(super) fn stop_after(config: &ConvertConfig, encoder: &Encoder, points: u64) {
    use crate::source::EdgeStore;

    let (control, mut reporter) = (Control::new(), Reporter::silent());
    let mut source = source::open(&config.collection, &control, &mut reporter).unwrap();
    let store = config.collection.store.as_ref().unwrap();
    let mut sink = EdgeStore::open_or_create(store, &config.target, &layout(config, source.info())).unwrap();
    let key = key(config, encoder, &source.info().title);
    let path = journal_path(&config.collection, &config.target);
    let run = Conversion { config, encoder, path: &path };
    let mut journal = Journal { key, ..Journal::default() };
    while journal.written < points {
        let page = source.page(&mut journal.cursor, config.page as usize, Want::ALL, &control).unwrap();
        let new = run.points(page, &mut journal);
        journal.written += new.len() as u64;
        sink.upsert(new, &control).unwrap();
    }
    atomic_file::write(&path, &serde_json::to_vec(&journal).unwrap()).unwrap();
}
