//! The parts of a collection that points are judged against: which points they are, and whether they were trained on.

use std::collections::HashSet;
use std::path::Path;

use rand::seq::SliceRandom;

use super::super::train::{TRAIN, VAL};
use crate::config::TrainConfig;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::outlier::{Detector, Points};
use crate::features::{confidence, quantiles};
use crate::job::{Control, Reporter};
use crate::random::{Use, generator};
use crate::source::{PointId, VectorSource, Want, sample_ids, split_positions};

/// Points whose vectors are asked for at a time.
const PAGE: usize = 1_000;
/// The fewest points that can be split.
const FEWEST: u64 = 8;
/// How far the confidences of the validation points may be from those that the encoder's file remembers.
const SAME: f32 = 1e-4;

/// How many points the parts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectorSizes {
    /// Points of the calibration part, at most.
    pub calibration: usize,
    /// Points that neighbours are looked for among, at most.
    pub reference: usize,
    /// The seed that they are drawn by.
    pub seed: u64,
}

impl Default for DetectorSizes {
    fn default() -> Self {
        Self { calibration: 5_000, reference: 20_000, seed: 0 }
    }
}

/// A detector over a collection.
///
/// Both parts are drawn uniformly, without the points `left_out`, which are those that are known to be outliers. Where
/// the points that the encoder was trained on can be told, the calibration part has none of them; otherwise it is a
/// quarter of what is drawn: an encoder is surer of what it was trained on, so that p-values of new points are then too
/// small.
pub fn detector(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    sizes: DetectorSizes,
    left_out: &HashSet<PointId>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Detector> {
    let info = source.info().clone();
    encoder.check_dim(&info.title, info.dim)?;
    let trained = trained_on(encoder, source, control, reporter)?;
    let size = sizes.calibration + sizes.reference + left_out.len();
    let mut drawn = sample_ids(source, size, sizes.seed, control, reporter)?;
    drawn.retain(|id| !left_out.contains(id));
    if (drawn.len() as u64) < FEWEST {
        return Err(Error::TooFewPoints { what: info.title, found: drawn.len() as u64, needed: FEWEST });
    }
    // In no order from here on, so that the first of a part are a uniform sample of it.
    drawn.shuffle(&mut generator(sizes.seed, Use::Calibration));
    let is_trained = |id: &PointId| trained.as_ref().is_some_and(|trained| trained.contains(id));
    let apart = drawn.iter().filter(|id| !is_trained(id)).count();
    let held_out = trained.is_some() && apart >= 2;
    // Where nothing is known all points are apart, and neighbours are wanted, too.
    let most = if held_out { (drawn.len() - 2).min(apart) } else { drawn.len() / 4 };
    let wanted = sizes.calibration.min(most).max(1);
    let (mut calibration, mut reference) = (Vec::with_capacity(wanted), Vec::with_capacity(drawn.len() - wanted));
    for id in drawn {
        let fits = calibration.len() < wanted && !(held_out && is_trained(&id));
        if fits { calibration.push(id) } else { reference.push(id) }
    }
    reference.truncate(sizes.reference);
    let mut read = |ids: &[PointId]| points(source, ids, control, reporter);
    let (reference, calibration) = (read(&reference)?, read(&calibration)?);
    if reference.ids.len() < 2 || calibration.ids.is_empty() {
        let found = (reference.ids.len() + calibration.ids.len()) as u64;
        return Err(Error::TooFewPoints { what: info.title, found, needed: FEWEST });
    }
    Detector::new(encoder, info.distance, &reference, &calibration, held_out, control, reporter)
}

/// Points with their vectors, without those that are gone.
pub(super) fn points(
    source: &mut dyn VectorSource,
    ids: &[PointId],
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Points> {
    reporter.stage("reading a sample of the collection", "points", Some(ids.len() as u64));
    let mut points = Points::default();
    for chunk in ids.chunks(PAGE) {
        let page = source.by_ids(chunk, Want::VECTORS, control)?;
        points.ids.extend(page.ids);
        points.vectors.extend(page.vectors);
        reporter.advance(chunk.len() as u64);
    }
    Ok(points)
}

/// The points that an encoder was trained on, where they can be told: a training notes its settings, by which its sample
/// and its split can be drawn once more. That they are the same ones is seen by the confidences of the validation part,
/// which the encoder's file remembers.
fn trained_on(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Option<HashSet<PointId>>> {
    let meta = &encoder.meta;
    let settings = meta.settings.clone().and_then(|json| serde_json::from_value::<TrainConfig>(json).ok());
    let (Some(settings), Some(data), false) = (settings, &meta.data, meta.held_out_confidence.is_empty()) else {
        return Ok(None);
    };
    let parts = if settings.collection.is_given() {
        // Drawn from as many points or more.
        if source.info().points < (data.train_points + data.val_points) as u64 {
            return Ok(None);
        }
        let ids = sample_ids(source, settings.sample, settings.seed, control, reporter)?;
        if ids.len() != data.train_points + data.val_points || ids.len() < 4 {
            return Ok(None);
        }
        let (train, val) = split_positions(ids.len(), settings.split, settings.seed);
        let pick = |places: Vec<usize>| places.into_iter().map(|place| ids[place]).collect::<Vec<_>>();
        (pick(train), pick(val))
    } else {
        let read = |path: &Option<std::path::PathBuf>, usual: &str| ids_of(path.as_deref().unwrap_or(Path::new(usual)));
        let (Some(train), Some(val)) = (read(&settings.train, TRAIN), read(&settings.val, VAL)) else {
            return Ok(None);
        };
        (train, val)
    };
    let (train, val) = parts;
    if (train.len(), val.len()) != (data.train_points, data.val_points) {
        return Ok(None);
    }
    let val = points(source, &val, control, reporter)?;
    if val.ids.len() != data.val_points {
        return Ok(None);
    }
    let outputs = encoder.encode(&val.vectors);
    let confidences = outputs.chunks(encoder.outputs()).map(|y| confidence(y, encoder.block_size())).collect();
    let known = &meta.held_out_confidence;
    let found = quantiles(confidences, known.len());
    let same = found.len() == known.len() && found.iter().zip(known).all(|(a, b)| (a - b).abs() <= SAME);
    Ok(same.then(|| train.into_iter().collect()))
}

/// The ids of similarity data in files; none where they are not there or not as they should be, which is no failure here.
fn ids_of(name: &Path) -> Option<Vec<PointId>> {
    let name = if name.extension().is_some_and(|e| e == "npz") { name.with_extension("") } else { name.to_owned() };
    let text = std::fs::read(name.with_added_extension("json")).ok()?;
    serde_json::from_slice(&text).ok()
}
