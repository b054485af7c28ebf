//! What an import of pictures and one of texts share: a collection that says what it was made with, and points that are
//! written while others are still embedded.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::writer::Writer;
use super::{Imported, Skipped};
use crate::config::{CollectionArgs, ModelArgs};
use crate::embed::{Embedder, Prepared, Side, same_space};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::pipeline::model_of;
use crate::point::MODEL_FIELD;
use crate::source::{self, Cursor, Distance, Layout, NewPoint, NewVector, Payload, PointId, Want, for_each_page};

/// Ids read at a time.
const PAGE: usize = 10_000;

/// A collection to import into, and the model for it.
pub(super) struct Target<'a> {
    args: &'a CollectionArgs,
    name: &'a str,
    pub(super) embedder: Embedder,
    beside: Beside,
}

/// What is known beside the model: what is there, and what is left out. Shared by the threads that prepare inputs.
#[derive(Default)]
pub(super) struct Beside {
    /// The ids that were in the collection before.
    there: HashSet<PointId>,
    /// The ids of this run, and the input that each came from.
    seen: Mutex<HashMap<PointId, String>>,
    skipped: Mutex<Vec<Skipped>>,
    already: AtomicU64,
    /// How many of both were told as progress.
    told: AtomicU64,
}

impl Beside {
    /// Leaves an input out.
    pub(super) fn skip(&self, input: impl ToString, reason: impl ToString) {
        lock(&self.skipped).push(Skipped { input: input.to_string(), reason: reason.to_string() });
    }

    /// Whether a point is new. One of an earlier run is counted; the second of this run is left out, as it `is` what the
    /// first one is.
    pub(super) fn is_new(&self, id: PointId, input: impl ToString, is: &str) -> bool {
        if self.there.contains(&id) {
            self.already.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        let input = input.to_string();
        let mut seen = lock(&self.seen);
        match seen.get(&id).cloned() {
            Some(first) => {
                drop(seen);
                self.skip(input, format!("{is} {first}"));
                false
            }
            None => {
                seen.insert(id, input);
                true
            }
        }
    }

    /// Tells what was left out since the last time; it cost next to nothing and says nothing of the pace.
    fn tell(&self, reporter: &mut Reporter) {
        let all = lock(&self.skipped).len() as u64 + self.already.load(Ordering::Relaxed);
        reporter.skip(all - self.told.swap(all, Ordering::Relaxed));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A point that only lacks its vector.
pub(super) struct Half {
    pub(super) id: PointId,
    pub(super) payload: Payload,
    /// What it is made from, for messages.
    pub(super) input: String,
}

impl<'a> Target<'a> {
    /// Looks at the collection, and opens the model that fits it.
    pub(super) fn open(
        args: &'a CollectionArgs,
        model: &ModelArgs,
        side: Side,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Self> {
        let name = args.check_target()?;
        let (mut there, mut needed, mut usual) = (HashSet::new(), None, None);
        match source::open(args, control, reporter) {
            Ok(mut source) => {
                let info = source.info().clone();
                needed = Some((info.title.clone(), info.dim));
                usual = model_of(source.as_mut(), control)?;
                reporter.stage("looking at what is there", "points", Some(info.points));
                for_each_page(source.as_mut(), Cursor::Start, PAGE, Want::IDS, control, reporter, |page, _, _| {
                    there.extend(page.ids);
                    Ok(())
                })?;
            }
            Err(Error::CollectionMissing { .. } | Error::Empty(_)) => {}
            // A store that is not there yet is made.
            Err(Error::File { path, .. } | Error::Store { path, .. }) if !path.exists() => {}
            Err(error) => return Err(error),
        }
        let needed = needed.as_ref().map(|(title, dim)| (title.as_str(), *dim));
        let embedder = Embedder::open(model, usual.as_deref(), side, needed, control, reporter)?;
        if let Some(usual) = usual.filter(|usual| !same_space(usual, embedder.name())) {
            return Err(Error::setting(format!(
                "the points of \"{name}\" were embedded with {usual}, not with {}: vectors of two models cannot be compared",
                embedder.name()
            )));
        }
        Ok(Self { args, name, embedder, beside: Beside { there, ..Beside::default() } })
    }

    /// Embeds all inputs and writes the points. `look` meets them one after the other, so that of two alike it is always
    /// the first that counts; `prepare` gives the point and what the model takes, on any thread. Both leave an input out
    /// by telling [`Beside`] and giving `None`.
    pub(super) fn import<T, U: Send>(
        mut self,
        inputs: impl Iterator<Item = T> + Send,
        look: impl Fn(T, &Beside) -> Result<Option<U>> + Sync,
        prepare: impl Fn(U, &Beside) -> Result<Option<(Half, Prepared)>> + Sync,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Imported> {
        let began = Instant::now();
        let layout = Layout::Dense {
            name: self.args.using.clone().unwrap_or_default(),
            dim: self.embedder.dim(),
            distance: Distance::Cosine,
        };
        let mut writer = Writer::new(source::open_sink(self.args, self.name, &layout, control, reporter)?);
        let model = self.embedder.name().to_owned();
        let beside = self.beside;
        let ended = self.embedder.embed_all(
            inputs.map(|input| look(input, &beside)),
            |seen| match seen? {
                Some(input) => prepare(input, &beside),
                None => Ok(None),
            },
            control,
            |found| {
                beside.tell(reporter);
                let points = found.into_iter().filter_map(|(Half { id, mut payload, input }, row)| {
                    payload.insert(MODEL_FIELD.into(), model.as_str().into());
                    let vector = row.map_err(|reason| beside.skip(input, reason)).ok()?;
                    Some(NewPoint { id, vector: NewVector::Dense(vector), payload })
                });
                writer.add(points, control, reporter)
            },
        );
        beside.tell(reporter);
        let imported = writer.finish(ended, reporter)?;
        let mut skipped = beside.skipped.into_inner().unwrap_or_else(PoisonError::into_inner);
        // By file, and by line as a number.
        skipped.sort_by_cached_key(|s| {
            match s.input.rsplit_once(':').map(|(file, line)| (file, line.parse::<u64>())) {
                Some((file, Ok(line))) => (file.to_owned(), line),
                _ => (s.input.clone(), 0),
            }
        });
        Ok(Imported {
            imported,
            replaced: 0,
            already: beside.already.into_inner(),
            ignored: None,
            skipped,
            model: Some(model),
            seconds: began.elapsed().as_secs_f64(),
        })
    }
}
