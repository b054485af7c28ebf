//! Features of two encoders, matched by what they do over the same points.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Found, Work};
use crate::app::{App, JobKey, Lane, Problem, Request, Work as AnyWork};
use crate::config::CollectionArgs;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::evaluate::Rows;
use crate::evaluate::matching::{MOST, match_features};
use crate::evaluate::table::FeaturePair;
use crate::features::names::Subject;
use crate::features::{FeatureNotes, Strong};
use crate::job::{Control, Reporter};
use crate::point::PointId;
use crate::source::{self, VectorSource, Want, sample_ids};

/// Points that features are matched over, at most.
const POINTS: usize = 4_000;
/// Activations of an encoder that are held at a time.
const ROOM: usize = 24 << 20;
/// Points that are read at a time.
const PAGE: usize = 500;
/// Strongest points that are kept of each feature.
const STRONGEST: usize = 6;
/// The seed of the sample.
const SEED: u64 = 0;

/// What is known of one of the two encoders.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its file.
    pub path: PathBuf,
    /// Features in a block.
    pub block_size: usize,
    /// Its features.
    pub features: usize,
    /// Those that do anything for the points that were read.
    pub living: usize,
    /// Names of features.
    pub names: BTreeMap<usize, String>,
    /// The strongest of the points that were read, of each feature.
    pub strongest: Vec<Vec<Strong>>,
    /// Living features that are matched with none.
    pub alone: Vec<usize>,
}

/// Features of two encoders, matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// The one.
    pub one: Known,
    /// The other.
    pub other: Known,
    /// The pairs, the most alike first.
    pub pairs: Vec<FeaturePair>,
    /// Mean correlation of the pairs.
    pub mean: f64,
    /// Share of pairs with a correlation above .7.
    pub above: f64,
    /// Points that they were matched over.
    pub points: usize,
    /// The collection's points.
    pub all: u64,
}

/// The features, and what matches them.
#[derive(Default)]
pub struct Matching {
    /// What was matched last.
    pub made: Option<Arc<Matched>>,
    /// Why nothing could be matched.
    pub problem: Option<Problem>,
    asked: Option<JobKey>,
}

impl Matching {
    /// The job that matches, while one does.
    pub fn job(&self) -> Option<JobKey> {
        self.asked
    }

    /// Whether what is shown is of these two.
    pub fn is_of(&self, one: &Path, other: &Path) -> bool {
        self.made.as_ref().is_some_and(|made| made.one.path == one && made.other.path == other)
    }
}

/// What a worker is asked.
#[derive(Debug)]
pub struct Asked {
    /// The collection.
    pub collection: CollectionArgs,
    /// The one encoder.
    pub one: PathBuf,
    /// The other.
    pub other: PathBuf,
}

/// An encoder, and what it makes of the points.
struct Coded {
    codes: Vec<f32>,
    known: Known,
    /// Features that do something.
    living: Vec<usize>,
}

impl Asked {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        let mut source = source::open(&self.collection, control, reporter)?;
        let (title, all) = (source.info().title.clone(), source.info().points);
        let dim = source.info().dim;
        let read = |path: &Path| {
            let encoder = Encoder::read(path)?;
            encoder.check_dim(&title, dim)?;
            Ok::<_, Error>(encoder)
        };
        let (one, other) = (read(&self.one)?, read(&self.other)?);
        let most = POINTS.min(ROOM / one.outputs().max(other.outputs())).max(2);
        let (ids, vectors) = points(source.as_mut(), most, control, reporter)?;
        if ids.len() < 2 {
            return Err(Error::TooFewPoints { what: title, found: ids.len() as u64, needed: 2 });
        }
        reporter.stage("matching features", "features", None);
        let mut one = Coded::new(&one, self.one, &ids, &vectors)?;
        let mut other = Coded::new(&other, self.other, &ids, &vectors)?;
        let name = |coded: &Coded| coded.known.path.display().to_string();
        for wide in [&one, &other] {
            if wide.living.len() > MOST {
                let (name, found) = (name(wide), wide.living.len());
                return Err(Error::setting(format!(
                    "{name}: {found} of its features do something, and at most {MOST} can be matched"
                )));
            }
        }
        let found = match_features(
            (&name(&one), Rows::new(&one.codes, one.known.features), &one.living),
            (&name(&other), Rows::new(&other.codes, other.known.features), &other.living),
            control,
        )?;
        let (pairs, mean, above) = found.map_or((Vec::new(), 0.0, 0.0), |found| (found.pairs, found.mean, found.above));
        one.leave_alone(pairs.iter().map(|pair| pair.one).collect());
        other.leave_alone(pairs.iter().map(|pair| pair.other).collect());
        let points = ids.len();
        Ok(Found::Matched(Box::new(Matched { one: one.known, other: other.known, pairs, mean, above, points, all })))
    }
}

/// A sample of a collection: ids, and n x dim vectors.
fn points(
    source: &mut dyn VectorSource,
    most: usize,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<(Vec<PointId>, Vec<f32>)> {
    let wanted = sample_ids(source, most, SEED, control, reporter)?;
    reporter.stage("reading points", "points", Some(wanted.len() as u64));
    let (mut ids, mut vectors) = (Vec::with_capacity(wanted.len()), Vec::new());
    for page in wanted.chunks(PAGE) {
        control.check_whole()?;
        let page = source.by_ids(page, Want::VECTORS, control)?;
        reporter.advance(page.ids.len() as u64);
        ids.extend(page.ids);
        vectors.extend(page.vectors);
    }
    Ok((ids, vectors))
}

impl Coded {
    fn new(encoder: &Encoder, path: PathBuf, ids: &[PointId], vectors: &[f32]) -> Result<Self> {
        let codes = encoder.encode(vectors);
        let (outputs, size) = (encoder.outputs(), encoder.block_size());
        let mut strongest: Vec<Vec<Strong>> = vec![Vec::new(); outputs];
        // Of a block that sums to 1 a feature does something where it wins; of a sparse code, where it is not 0.
        let code = encoder.is_code();
        let mut lives = vec![false; outputs];
        for (id, row) in ids.iter().zip(codes.chunks(outputs)) {
            for (block, values) in row.chunks(size).enumerate() {
                let winner = (0..size).fold(0, |best, i| if values[i] > values[best] { i } else { best });
                for (place, value) in values.iter().enumerate() {
                    let feature = block * size + place;
                    lives[feature] |= if code { *value > 0.0 } else { place == winner };
                    keep(&mut strongest[feature], Strong { id: *id, value: *value });
                }
            }
        }
        let living: Vec<usize> = (0..outputs).filter(|feature| lives[*feature]).collect();
        let subject = Subject { fingerprint: &encoder.fingerprint(), features: outputs };
        let notes = FeatureNotes::read(&path, subject)?.notes;
        let names = notes.names.into_iter().map(|(feature, name)| (feature, name.name)).collect();
        let known = Known {
            path,
            block_size: size,
            features: outputs,
            living: living.len(),
            names,
            strongest,
            alone: Vec::new(),
        };
        Ok(Self { codes, known, living })
    }

    /// Notes which living features are matched with none.
    fn leave_alone(&mut self, paired: HashSet<usize>) {
        self.known.alone = self.living.iter().copied().filter(|feature| !paired.contains(feature)).collect();
    }
}

/// Takes a point in where it is among the strongest.
fn keep(strongest: &mut Vec<Strong>, point: Strong) {
    if point.value <= 0.0 {
        return;
    }
    let place = strongest.partition_point(|known| *known < point);
    if place < STRONGEST {
        strongest.insert(place, point);
        strongest.truncate(STRONGEST);
    }
}

/// Has the features of the two matched.
pub(super) fn begin(app: &mut App) {
    let Some(open) = &app.document.open else { return };
    let Some((one, other)) = app.compare.pair() else { return };
    if app.compare.features.asked.is_some() {
        return;
    }
    let title = format!("Matching {} with {}", one.name, other.name);
    let asked = Asked { collection: open.collection.clone(), one: one.path.clone(), other: other.path.clone() };
    let work = AnyWork::Compare(Work::Match(Box::new(asked)));
    let key = app.submit(Request::new(title, Lane::Read), work);
    app.compare.features.asked = Some(key);
    app.compare.features.problem = None;
}

pub(super) fn found(app: &mut App, key: JobKey, matched: Matched) {
    let state = &mut app.compare.features;
    if state.asked.take_if(|job| *job == key).is_some() {
        state.made = Some(Arc::new(matched));
    }
}

pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<&Problem>) {
    let state = &mut app.compare.features;
    if state.asked.take_if(|job| *job == key).is_some() {
        state.problem = problem.cloned();
    }
}
