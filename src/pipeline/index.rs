//! The index of features over a collection: opened where it is saved beside the encoder, made otherwise.

mod saved;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::encode::page_rows;
use crate::config::CollectionArgs;
use crate::count::counted;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{FeatureIndex, IndexBuilder};
use crate::job::{Control, Reporter};
use crate::source::{Cursor, PointId, VectorSource, Want, for_each_page};
use saved::{Saved, Stamp};

/// The seed of the random points.
const SEED: u64 = 0;
/// How often an index of the points so far is given.
const EVERY: Duration = Duration::from_millis(500);
/// But making them takes no more than this part of the time.
const PART: u32 = 10;
/// Points from which on a pass that was cut short is worth keeping.
const WORTH: u64 = if cfg!(test) { 5_000 } else { 50_000 };
/// How far an output may be from what it was: products of other sizes are not rounded alike.
const CLOSE: f32 = 1e-4;

/// Whose index over which collection.
#[derive(Clone, Copy, Debug)]
pub struct IndexOf<'a> {
    /// The encoder's file. The index is kept beside it.
    pub path: &'a Path,
    /// The encoder.
    pub encoder: &'a Encoder,
    /// The collection.
    pub collection: &'a CollectionArgs,
    /// Whether what is saved is not looked at.
    pub rebuild: bool,
}

/// The index of an encoder's features over a collection, which is already open.
///
/// It is kept beside the encoder, for each collection in a file of its own. What is there is used where it is of the same
/// weights and the same collection, and the collection is still the one that was read. That is told by
/// - the number of points, and for a file of vectors by when it was changed,
/// - the last point that was read, which is to be the last one still,
/// - and 50 random points, whose outputs are to be what they were.
///
/// Where there are more points now, those behind the last one (by id, or by row) are read and taken in; only where that does
/// not explain the number is everything read again. It is not noticed where points were overwritten in place and none of
/// the 50 is among them (of a share s of all points (1 - s)^50: half of the time where 1.4 % were), nor where as many
/// points were removed before the last one as were added before it. `rebuild` makes sure.
///
/// Every half second, and already after the first page, `every` gets an index of the points so far; at last it gets the one
/// that is returned. A pass that is cut short is kept as far as it came, unless it is short or a whole index is there, and
/// is gone on with another time. Where the file cannot be written that is a warning.
///
/// Fails where the vectors do not fit the encoder, where the collection cannot be read, and with [`Error::Cancelled`]
/// also on a stop, as half a collection is not what the person asked about.
pub fn feature_index(
    of: &IndexOf,
    source: &mut dyn VectorSource,
    every: impl FnMut(Arc<FeatureIndex>),
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Arc<FeatureIndex>> {
    let info = source.info();
    of.encoder.check_dim(&info.title, info.dim)?;
    let key = saved::key(of.collection)?;
    let path = saved::path(of.path, &key);
    let (points, changed) = (info.points, saved::changed(of.collection));
    Keeper { of, key, path, points, changed, stale: false, every }.get(source, control, reporter)
}

/// Reads a collection once and indexes what each feature of the encoder does over it; nothing is kept. Otherwise as
/// [`feature_index`].
pub fn build_index(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    every: impl FnMut(Arc<FeatureIndex>),
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Arc<FeatureIndex>> {
    let info = source.info();
    encoder.check_dim(&info.title, info.dim)?;
    let mut pass = Pass::new(encoder);
    pass.run(source, every, control, reporter)?;
    Ok(pass.builder.finish())
}

/// A pass over a collection.
struct Pass<'a> {
    encoder: &'a Encoder,
    builder: IndexBuilder,
    /// The point that was read last.
    last: Option<PointId>,
}

impl<'a> Pass<'a> {
    fn new(encoder: &'a Encoder) -> Self {
        Self { encoder, builder: IndexBuilder::of(encoder, SEED), last: None }
    }

    /// Reads what is behind the last point. Whether that one is still there.
    fn run(
        &mut self,
        source: &mut dyn VectorSource,
        mut every: impl FnMut(Arc<FeatureIndex>),
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<bool> {
        let info = source.info().clone();
        let before = self.last;
        let start = before.map_or(Cursor::Start, Cursor::At);
        reporter.stage("reading the collection", "points", Some(info.points));
        if before.is_some() {
            // The last point is read once more.
            reporter.skip(self.builder.points().saturating_sub(1));
        }
        let page = page_rows(self.encoder.dim().max(self.encoder.outputs()));
        let mut next = Instant::now();
        let mut connected = before.is_none();
        for_each_page(source, start, page, Want::VECTORS, control, reporter, |page, _, _| {
            let (mut ids, mut vectors) = (page.ids.as_slice(), page.vectors.as_slice());
            if !connected {
                connected = ids.first().copied() == before;
                if !connected {
                    // Nothing more is wanted.
                    return Err(Error::Cancelled);
                }
                (ids, vectors) = (&ids[1..], &vectors[self.encoder.dim()..]);
            }
            self.builder.add_vectors(self.encoder, ids, vectors);
            self.last = ids.last().copied().or(self.last);
            let now = Instant::now();
            if now >= next {
                every(self.builder.snapshot());
                next = now + EVERY.max(now.elapsed() * PART);
            }
            Ok(())
        })
        .or_else(|error| if connected || control.check_whole().is_err() { Err(error) } else { Ok(()) })?;
        if self.builder.points() == 0 {
            return Err(Error::Empty(info.title));
        }
        Ok(connected)
    }
}

/// What a saved index is worth.
enum Worth {
    /// It is of the collection as it is.
    Same,
    /// There may be more points behind its last one.
    More,
    /// It is of something else: what.
    Nothing(&'static str),
}

/// Opens, goes on with, makes and keeps an index.
struct Keeper<'a, E> {
    of: &'a IndexOf<'a>,
    key: String,
    path: PathBuf,
    /// Points of the collection when it was opened, and when its file was changed.
    points: u64,
    changed: Option<u64>,
    /// Whether what is saved is of no use.
    stale: bool,
    every: E,
}

impl<E: FnMut(Arc<FeatureIndex>)> Keeper<'_, E> {
    fn get(
        mut self,
        source: &mut dyn VectorSource,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Arc<FeatureIndex>> {
        if !self.of.rebuild {
            match Saved::read(&self.path, self.of.encoder, &self.key) {
                Ok(Some(saved)) => match self.judge(&saved, source, control)? {
                    Worth::Same => {
                        (self.every)(Arc::clone(&saved.index));
                        return Ok(saved.index);
                    }
                    Worth::More => {
                        if let Some(index) = self.go_on(saved, source, control, reporter)? {
                            return Ok(index);
                        }
                        self.stale = true;
                        reporter.note("the collection was changed: all of it is read again");
                    }
                    Worth::Nothing(why) => {
                        self.stale = true;
                        reporter.note(format!("{why}: all of the collection is read again"));
                    }
                },
                Ok(None) => {}
                Err(problem) => {
                    reporter.note(format!("{} {problem}: all of the collection is read again", self.path.display()))
                }
            }
        }
        let mut pass = Pass::new(self.of.encoder);
        let done = pass.run(source, &mut self.every, control, reporter);
        self.keep(pass, done.is_ok(), reporter).filter(|_| done.is_ok()).ok_or_else(|| {
            // There always is an index where it was done.
            done.err().unwrap_or(Error::Cancelled)
        })
    }

    /// Whether a saved index is still of this collection.
    fn judge(&self, saved: &Saved, source: &mut dyn VectorSource, control: &Control) -> Result<Worth> {
        let Saved { stamp, index } = saved;
        let random: Vec<(PointId, &[f32])> = index.random_outputs().collect();
        let ids: Vec<PointId> = random.iter().map(|(id, _)| *id).collect();
        let page = source.by_ids(&ids, Want::VECTORS, control)?;
        if page.ids != ids {
            return Ok(Worth::Nothing("points were removed"));
        }
        let now = self.of.encoder.encode(&page.vectors);
        let then = random.iter().flat_map(|(_, outputs)| outputs.iter());
        if now.iter().zip(then).any(|(now, then)| (now - then).abs() > CLOSE) {
            return Ok(Worth::Nothing("points were overwritten"));
        }
        let before = stamp.counted.max(stamp.read);
        if self.points < before {
            return Ok(Worth::Nothing("points were removed"));
        }
        if self.points == before && self.changed != stamp.changed {
            return Ok(Worth::Nothing("the file was changed"));
        }
        if !stamp.whole || self.points > before {
            return Ok(Worth::More);
        }
        let mut tail = Vec::new();
        let mut cursor = Cursor::At(stamp.last);
        while cursor != Cursor::End && tail.len() < 2 {
            tail.extend(source.page(&mut cursor, 2, Want::IDS, control)?.ids);
        }
        Ok(if tail == [stamp.last] { Worth::Same } else { Worth::Nothing("points were removed and added") })
    }

    /// Takes in what is behind a saved index's last point. None where that does not make it an index of all points.
    fn go_on(
        &mut self,
        saved: Saved,
        source: &mut dyn VectorSource,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Option<Arc<FeatureIndex>>> {
        let Saved { stamp, index } = saved;
        (self.every)(Arc::clone(&index));
        let mut pass =
            Pass { builder: IndexBuilder::resume(&index), last: Some(stamp.last), ..Pass::new(self.of.encoder) };
        drop(index);
        let done = pass.run(source, &mut self.every, control, reporter);
        // Some points may lack the vector.
        let readable = pass.builder.points() + stamp.counted.saturating_sub(stamp.read) * u64::from(stamp.whole);
        match done {
            Ok(true) if readable >= self.points => {
                if stamp.whole {
                    let added = pass.builder.points() - stamp.read;
                    let were = if added == 1 { "was" } else { "were" };
                    let points = counted(added, "point");
                    reporter.note(format!("{points} {were} added since the index was saved: only those are read"));
                }
                Ok(self.keep(pass, true, reporter))
            }
            Ok(_) => Ok(None),
            Err(error) => {
                self.keep(pass, false, reporter);
                Err(error)
            }
        }
    }

    /// Saves what a pass has gathered, and gives it. One that was cut short is only kept where it is worth that, and
    /// nothing better is there.
    fn keep(&mut self, pass: Pass, whole: bool, reporter: &mut Reporter) -> Option<Arc<FeatureIndex>> {
        let last = pass.last?;
        let read = pass.builder.points();
        if !whole {
            let there = Saved::read(&self.path, self.of.encoder, &self.key).ok().flatten();
            let better = |there: Saved| !self.stale && (there.stamp.whole || there.stamp.read + WORTH > read);
            if read < WORTH || there.is_some_and(better) {
                return None;
            }
        }
        let index = pass.builder.finish();
        if whole {
            (self.every)(Arc::clone(&index));
        }
        let stamp = Stamp {
            encoder: self.of.encoder.fingerprint(),
            blocks: index.blocks(),
            block_size: index.block_size(),
            collection: self.key.clone(),
            counted: self.points,
            read,
            last,
            whole,
            made: saved::now(),
            changed: self.changed,
        };
        let saved = Saved { stamp, index };
        if let Err(error) = saved.write(&self.path) {
            reporter
                .warn(format!("the index cannot be kept, and the collection will be read again next time: {error}"));
        }
        Some(saved.index)
    }
}
