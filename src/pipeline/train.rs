//! From similarity data, or straight from a collection, to an encoder.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::groups;
use super::load::{Sampling, similarity_of};
use crate::config::{ObjectiveKind, TrainConfig};
use crate::encoder::Kept;
use crate::error::{Error, Result};
use crate::groups::{Groups, GroupsSummary};
use crate::job::{Control, EpochMetric, Reporter};
use crate::similarity::SimilarityData;
use crate::source;
use crate::trainer::runs::RunRecord;
use crate::trainer::{self, RunLog};

/// What `train` did.
#[derive(Clone, Debug, Serialize)]
pub struct TrainAnswer {
    /// The file with the best weights.
    pub encoder: PathBuf,
    /// The file with the last weights.
    pub last: PathBuf,
    /// The device.
    pub device: String,
    /// What was measured, an epoch each.
    pub epochs: Vec<EpochMetric>,
    /// Features: blocks * block size.
    pub features: usize,
    /// What an autoencoder keeps of the validation points, by how many features are active.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// The epoch of the best weights, counted from 1.
    pub best_epoch: usize,
    /// Seconds of training.
    pub seconds: f64,
    /// Whether it was stopped before its last epoch.
    pub stopped: bool,
    /// Where labels were given: the points that were kept, and how well points of the same label are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsSummary>,
    /// The folder with TensorBoard events and metrics.jsonl.
    pub log: PathBuf,
}

/// Where the reference keeps its similarity data.
pub(super) const TRAIN: &str = "data/similarity_matrix_train";
pub(super) const VAL: &str = "data/similarity_matrix_val";

pub(super) fn run(config: &TrainConfig, control: &Control, reporter: &mut Reporter) -> Result<TrainAnswer> {
    RunRecord::check(config)?;
    config.check()?;
    let (train, val, labels) = data(config, control, reporter)?;
    reporter.note(format!("training on {} points, validating on {}", train.len(), val.len()));
    let mut log = RunLog::create(&config.log_dir)?;
    let record = RunRecord::begin(log.folder(), config, &train, &val)?;
    let worked = trainer::train_with(&train, &val, labels.as_ref(), config, Some(&mut log), control, reporter)
        .and_then(|trained| Ok((record.write(&trained)?, trained)));
    if let Err(error) = record.end(&log, worked.as_ref().map(|(_, trained)| trained)) {
        reporter.warn(format!("how the run ended could not be recorded: {error}"));
    }
    let ((encoder, last), trained) = worked?;
    log.forget_best();
    let mut epochs = trained.epochs;
    // A number for every feature in every epoch is for metrics.jsonl, not for an answer.
    epochs.iter_mut().for_each(|e| e.usage.clear());
    Ok(TrainAnswer {
        encoder,
        last,
        device: trained.device,
        features: trained.best.outputs(),
        kept: trained.best.meta.kept,
        epochs,
        best_epoch: trained.best_epoch,
        seconds: trained.seconds,
        stopped: trained.stopped,
        groups: trained.best.meta.groups,
        log: log.folder().to_owned(),
    })
}

/// The training part, the validation part, and the labels of both.
type Data = (SimilarityData, SimilarityData, Option<Groups>);

fn data(config: &TrainConfig, control: &Control, reporter: &mut Reporter) -> Result<Data> {
    if config.collection.is_given() {
        if config.train.is_some() || config.val.is_some() {
            return Err(Error::setting("give either --train and --val, or a collection, not both"));
        }
        let sampling = Sampling {
            sample: config.sample,
            limit: config.limit,
            // An autoencoder learns from each vector alone, and labels are measured by neighbours of their own.
            neighbours: config.objective != ObjectiveKind::Autoencoder,
            exact: false,
            device: config.device,
            split: Some(config.split),
            seed: config.seed,
        };
        groups::check(config)?;
        let mut source = source::open(&config.collection, control, reporter)?;
        let mut parts = similarity_of(source.as_mut(), sampling, control, reporter)?.into_iter();
        let (Some(train), Some(val)) = (parts.next(), parts.next()) else {
            return Err(Error::setting("the collection could not be split"));
        };
        let labels = groups::read(source.as_mut(), &train.ids, &val.ids, &config.groups, control, reporter)?;
        return Ok((train, val, labels));
    }
    groups::check(config)?;
    reporter.stage("reading similarity data", "files", Some(2));
    let mut read = |path: &Option<PathBuf>, default: &str| {
        control.check_whole()?;
        let data = SimilarityData::read(path.as_deref().unwrap_or(Path::new(default)))?;
        reporter.advance(1);
        Ok::<_, Error>(data)
    };
    Ok((read(&config.train, TRAIN)?, read(&config.val, VAL)?, None))
}
