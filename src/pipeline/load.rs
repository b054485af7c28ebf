//! From a collection to similarity data.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{CollectionArgs, DeviceChoice, LoadConfig};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::similarity::{Csr, DeviceProducts, SimilarityData, ToSimilarity, commit, exact_neighbours, prepare};
use crate::source::{self, Distance, PointId, VectorSource, Want, sample_ids, split_positions};
use crate::{atomic_file, device, numpy};

/// The margin that `usable_share` is about: the default smallest margin of a training.
const USABLE_MARGIN: f32 = 0.1;

/// Points whose vectors are asked for at a time.
const PAGE: usize = 1_000;

/// What `load` did.
#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    /// The files written.
    pub files: Vec<PathBuf>,
    /// Points in them.
    pub points: usize,
    /// Neighbour pairs in them.
    pub neighbours: usize,
    /// The share of points from which a triplet with a margin above .1 can start.
    pub usable_share: f64,
}

/// How much of a collection is read, and how.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// Points.
    pub sample: usize,
    /// Neighbours of each.
    pub limit: usize,
    /// Whether neighbours are needed at all; the matrix is empty otherwise.
    pub neighbours: bool,
    /// Compute them here even where the server could.
    pub exact: bool,
    /// Where they are computed.
    pub device: DeviceChoice,
    /// The share set apart for validation.
    pub split: Option<f64>,
    /// The seed of sample and split.
    pub seed: u64,
}

pub(super) fn run(config: &LoadConfig, control: &Control, reporter: &mut Reporter) -> Result<Loaded> {
    let output = output_name(&config.output);
    let sampling = Sampling {
        sample: config.sample,
        limit: config.limit,
        neighbours: true,
        exact: config.exact,
        device: config.device,
        split: config.split,
        seed: config.seed,
    };
    let endings: &[&str] = if config.split.is_some() { &["_train", "_val"] } else { &[""] };
    atomic_file::check(output.with_added_extension("npz"))?;
    let parts = similarity_data(&config.collection, sampling, control, reporter)?;
    reporter.stage("writing", "files", Some(3 * parts.len() as u64));
    let mut prepared = Vec::new();
    for (part, ending) in parts.iter().zip(endings) {
        control.check_whole()?;
        let mut name = output.clone().into_os_string();
        name.push(ending);
        prepared.extend(part.prepare(Path::new(&name))?);
        reporter.advance(3);
    }
    let files = prepared.into_iter().map(commit).collect::<Result<Vec<_>>>()?;
    let points: usize = parts.iter().map(SimilarityData::len).sum();
    let usable: f64 = parts.iter().map(|p| p.matrix.usable_share(USABLE_MARGIN) * p.len() as f64).sum();
    if usable == 0.0 {
        reporter.warn(format!(
            "no point has neighbours whose similarities differ by more than {USABLE_MARGIN}: a training needs a smaller --min-margin"
        ));
    }
    Ok(Loaded {
        files,
        points,
        neighbours: parts.iter().map(|p| p.matrix.entries()).sum(),
        usable_share: usable / points as f64,
    })
}

/// A bare name goes into `data/`, as in the reference.
fn output_name(output: &Path) -> PathBuf {
    let named = output.extension().is_some_and(|e| e == "npz");
    let output = if named { output.with_extension("") } else { output.to_owned() };
    let bare = output.components().count() == 1 && !output.is_absolute();
    if bare { Path::new("data").join(output) } else { output }
}

/// Similarity data of a collection's sample: one part, or the training and the validation part.
///
/// The sample is uniform over the collection's ids. Parts are disjoint and neighbours lie within each: ids are split
/// first. Neighbours come from the server's matrix where it has one, filtered by id, or are computed here.
pub fn similarity_data(
    collection: &CollectionArgs,
    sampling: Sampling,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<SimilarityData>> {
    let mut source = source::open(collection, control, reporter)?;
    similarity_of(source.as_mut(), sampling, control, reporter)
}

/// The same of a source that is open.
pub(super) fn similarity_of(
    source: &mut dyn VectorSource,
    sampling: Sampling,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<SimilarityData>> {
    if sampling.limit == 0 || sampling.sample < 2 {
        return Err(Error::setting("--sample must be at least 2 and --limit at least 1"));
    }
    let info = source.info().clone();
    let needed = if sampling.split.is_some() { 4 } else { 2 };
    if info.points < needed {
        return Err(Error::TooFewPoints { what: info.title, found: info.points, needed });
    }
    if info.points < sampling.sample as u64 {
        reporter.warn(format!(
            "{} holds {} points, fewer than the sample of {}: all are taken",
            info.title, info.points, sampling.sample
        ));
    }
    let ids = sample_ids(source, sampling.sample, sampling.seed, control, reporter)?;
    if (ids.len() as u64) < needed {
        return Err(Error::TooFewPoints { what: info.title, found: ids.len() as u64, needed });
    }
    let parts: Vec<(String, Vec<PointId>)> = match sampling.split {
        None => vec![(info.title.clone(), ids)],
        Some(share) => {
            let (train, val) = split_positions(ids.len(), share, sampling.seed);
            let pick = |positions: Vec<usize>| positions.into_iter().map(|i| ids[i]).collect();
            vec![
                (format!("{} (training part)", info.title), pick(train)),
                (format!("{} (validation part)", info.title), pick(val)),
            ]
        }
    };
    let mut scale = None;
    let mut done = Vec::new();
    for (title, ids) in parts {
        done.push(part(source, title, ids, sampling, &mut scale, control, reporter)?);
    }
    Ok(done)
}

fn part(
    source: &mut dyn VectorSource,
    title: String,
    ids: Vec<PointId>,
    sampling: Sampling,
    scale: &mut Option<ToSimilarity>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<SimilarityData> {
    let info = source.info().clone();
    let mut matrix = None;
    if sampling.neighbours && !sampling.exact && source.has_matrix() {
        reporter.stage("asking the server for neighbours", "points", None);
        let limit = sampling.limit.min(ids.len() - 1);
        match source.matrix(ids.len(), limit, Some(&ids), control) {
            Ok(Some(found)) => matrix = Some(found),
            Ok(None) => {}
            // Servers cap the sample or the time of such a request; the exact way gives the same kind of data.
            Err(Error::Server(problem)) => {
                reporter.note(format!("the server gives no neighbour matrix ({problem}); computing it here"));
            }
            Err(error) => return Err(error),
        }
    }
    // The matrix says which points it is about; a point deleted meanwhile is not among them.
    let ids = matrix.as_ref().map_or(ids, |m| m.ids.clone());
    let (ids, vectors, kept) = vectors_of(source, ids, control, reporter)?;
    numpy::check_finite(&title, &vectors, info.dim, 0)?;
    let matrix = match matrix {
        Some(mut found) => {
            scale.get_or_insert_with(|| ToSimilarity::new(info.distance, &found.scores)).apply(&mut found.scores);
            let position = |offset: &u32| kept.get(*offset as usize).copied().flatten();
            let (mut rows, mut columns, mut scores) = (Vec::new(), Vec::new(), Vec::new());
            for ((row, column), score) in found.rows.iter().zip(&found.columns).zip(&found.scores) {
                if let (Some(row), Some(column)) = (position(row), position(column)) {
                    rows.push(row);
                    columns.push(column);
                    scores.push(*score);
                }
            }
            Csr::from_entries(ids.len(), &rows, &columns, &scores)?
        }
        None if !sampling.neighbours => Csr::empty(ids.len()),
        None => {
            let mut found = exact(&vectors, info.dim, info.distance, sampling, control, reporter)?;
            scale.get_or_insert_with(|| ToSimilarity::new(info.distance, &found.scores)).apply(&mut found.scores);
            found.into_matrix()
        }
    };
    if let Some(median) = scale.and_then(|s| s.median()) {
        reporter.note(format!("{} distances d become similarities 1 / (1 + d / {median})", info.distance));
    }
    Ok(SimilarityData { title, matrix, vectors, dim: info.dim, ids })
}

fn exact(
    vectors: &[f32],
    dim: usize,
    distance: Distance,
    sampling: Sampling,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<crate::similarity::Neighbours> {
    let opened = device::open(sampling.device)?;
    if opened.cpu || distance == Distance::Manhattan {
        return exact_neighbours(vectors, dim, sampling.limit, distance, None, control, reporter);
    }
    reporter.note(format!("computing neighbours on {}", opened.name));
    let products = DeviceProducts::upload(&prepare(vectors, dim, distance), dim, &opened)?;
    exact_neighbours(vectors, dim, sampling.limit, distance, Some(&products), control, reporter)
}

/// The vectors of points in the order of `ids`, without those that are gone; and where each of `ids` is among them.
type Vectors = (Vec<PointId>, Vec<f32>, Vec<Option<u32>>);

fn vectors_of(
    source: &mut dyn VectorSource,
    ids: Vec<PointId>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vectors> {
    reporter.stage("reading vectors", "points", Some(ids.len() as u64));
    let mut there = Vec::with_capacity(ids.len());
    let mut vectors = Vec::with_capacity(ids.len() * source.info().dim);
    let mut kept = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(PAGE) {
        let page = source.by_ids(chunk, Want::VECTORS, control)?;
        let mut found = page.ids.iter().peekable();
        for id in chunk {
            let is_there = found.next_if(|f| *f == id).is_some();
            kept.push(is_there.then_some(there.len() as u32));
            if is_there {
                there.push(*id);
            }
        }
        vectors.extend(page.vectors);
        reporter.advance(chunk.len() as u64);
    }
    if there.len() < ids.len() {
        reporter.warn(format!("{} points are gone or lack the vector, and were left out", ids.len() - there.len()));
    }
    if there.len() < 2 {
        let what = source.info().title.clone();
        return Err(Error::TooFewPoints { what, found: there.len() as u64, needed: 2 });
    }
    Ok((there, vectors, kept))
}
