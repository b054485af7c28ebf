//! Features of two encoders, matched by what they do over the same points.

use std::collections::BTreeMap;
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
use crate::features::{FeatureNotes, Strong, Subject};
use crate::job::{Control, Reporter};
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
    encoder: Encoder,
    codes: Vec<f32>,
    known: Known,
    living: Vec<usize>,
}

impl Asked {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        let mut source = source::open(&self.collection, control, reporter)?;
        let (title, all) = (source.info().title.clone(), source.info().points);
        let mut both = Vec::with_capacity(2);
        for path in [&self.one, &self.other] {
            let encoder = Encoder::read(path)?;
            encoder.check_dim(&title, source.info().dim)?;
            both.push(encoder);
        }
        let widest = both.iter().map(Encoder::outputs).max().unwrap_or(1);
        let ids = sample_ids(source.as_mut(), POINTS.min(ROOM / widest).max(2), SEED, control, reporter)?;
        reporter.stage("reading points", "points", Some(ids.len() as u64));
        let (mut read, mut vectors) = (Vec::with_capacity(ids.len()), Vec::new());
        for page in ids.chunks(PAGE) {
            control.check_whole()?;
            let page = source.by_ids(page, Want::VECTORS, control)?;
            reporter.advance(page.ids.len() as u64);
            read.extend(page.ids);
            vectors.extend(page.vectors);
        }
        if read.len() < 2 {
            return Err(Error::TooFewPoints { what: title, found: read.len() as u64, needed: 2 });
        }
        reporter.stage("matching features", "features", None);
        let mut coded = Vec::with_capacity(2);
        for (encoder, path) in both.into_iter().zip([self.one, self.other]) {
            control.check_whole()?;
            coded.push(Coded::new(encoder, path, &read, &vectors)?);
        }
        let [one, other] = &coded[..] else { return Err(Error::Cancelled) };
        let of = |coded: &Coded| coded.known.path.display().to_string();
        if let Some(wide) = coded.iter().find(|coded| coded.living.len() > MOST) {
            let found = wide.living.len();
            return Err(Error::setting(format!(
                "{}: {found} of its features do something, and at most {MOST} can be matched",
                of(wide)
            )));
        }
        let found = match_features(
            (&of(one), Rows::new(&one.codes, one.encoder.outputs()), &one.living),
            (&of(other), Rows::new(&other.codes, other.encoder.outputs()), &other.living),
            control,
        )?;
        let (pairs, mean, above) = found.map_or((Vec::new(), 0.0, 0.0), |found| (found.pairs, found.mean, found.above));
        let mut known = coded.into_iter().enumerate().map(|(place, Coded { mut known, living, .. })| {
            let paired = |feature: &usize| {
                pairs.iter().any(|pair| if place == 0 { pair.one == *feature } else { pair.other == *feature })
            };
            known.alone = living.into_iter().filter(|feature| !paired(feature)).collect();
            known
        });
        match (known.next(), known.next()) {
            (Some(one), Some(other)) => {
                drop(known);
                Ok(Found::Matched(Box::new(Matched { one, other, pairs, mean, above, points: read.len(), all })))
            }
            _ => Err(Error::Cancelled),
        }
    }
}

impl Coded {
    fn new(encoder: Encoder, path: PathBuf, ids: &[crate::point::PointId], vectors: &[f32]) -> Result<Self> {
        let codes = encoder.encode(vectors);
        let (outputs, size) = (encoder.outputs(), encoder.block_size());
        let mut strongest: Vec<Vec<Strong>> = vec![Vec::new(); outputs];
        // Of a block that sums to 1 a feature does something where it wins; of a sparse code, where it is not 0.
        let softmax = encoder.activation() == crate::encoder::Activation::SoftMax;
        let mut lives = vec![false; outputs];
        for (id, row) in ids.iter().zip(codes.chunks(outputs)) {
            for (block, values) in row.chunks(size).enumerate() {
                let winner = (0..size).fold(0, |best, i| if values[i] > values[best] { i } else { best });
                for (place, value) in values.iter().enumerate() {
                    let feature = block * size + place;
                    lives[feature] |= if softmax { place == winner } else { *value > 0.0 };
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
        Ok(Self { encoder, codes, known, living })
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
