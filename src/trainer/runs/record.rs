//! The record of a run that goes on: written when it begins, and when it ends, however it does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{ENCODER, LAST, LOCK, Moment, RUN, RunInfo, RunState, editing, read_info, write_info};
use crate::atomic_file;
use crate::config::TrainConfig;
use crate::encoder::EncoderMeta;
use crate::error::{Error, Result};
use crate::similarity::SimilarityData;
use crate::trainer::{RunLog, Trained};

/// A run that goes on. Holds its lock; dropped without an end, as in a panic, it writes that the run failed.
pub(crate) struct RunRecord {
    folder: PathBuf,
    info: RunInfo,
    /// Where the best and the last weights go.
    targets: (PathBuf, PathBuf),
    began: Instant,
    lock: Option<File>,
    ended: bool,
}

impl RunRecord {
    /// Fails where a run could not be recorded or its encoder not be written: better told before long work than after.
    pub fn check(config: &TrainConfig) -> Result<()> {
        atomic_file::check(config.log_dir.join(RUN))?;
        if config.keep_with_run {
            return Ok(());
        }
        atomic_file::check(&config.output)?;
        atomic_file::check(last_path(&config.output))
    }

    /// Records that a run begins in the folder of its log.
    pub fn begin(folder: &Path, config: &TrainConfig, train: &SimilarityData, val: &SimilarityData) -> Result<Self> {
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(Error::io(&path))?;
        // Before the file says "running". On a file system without locks the run goes without.
        let _ = lock.lock();
        let started = Moment::now();
        let meta = EncoderMeta::trained(config, Default::default());
        let (encoder, targets) = if config.keep_with_run {
            (ENCODER.into(), (folder.join(ENCODER), folder.join(LAST)))
        } else {
            let output = &config.output;
            (std::path::absolute(output).map_err(Error::io(output))?, (output.clone(), last_path(output)))
        };
        let info = RunInfo {
            title: format!("{} on {}, {} UTC", config.objective, name(config), started.minute()),
            program: meta.program,
            state: RunState::Running,
            started: Some(started),
            source: train.title.clone(),
            train_points: train.len(),
            val_points: val.len(),
            settings: meta.settings,
            last: Some(last_path(&encoder)),
            encoder: Some(encoder),
            ..RunInfo::default()
        };
        // Until they are written, the file names none.
        write_info(folder, &RunInfo { encoder: None, last: None, ..info.clone() })?;
        Ok(Self { folder: folder.to_owned(), info, targets, began: Instant::now(), lock: Some(lock), ended: false })
    }

    /// Writes the encoders; gives the paths of the best and of the last.
    pub fn write(&self, trained: &Trained) -> Result<(PathBuf, PathBuf)> {
        let (best, last) = &self.targets;
        trained.best.write(best)?;
        trained.last.write(last)?;
        Ok(self.targets.clone())
    }

    /// Records how the run ended: with its encoders written, or why not.
    pub fn end(mut self, log: &RunLog, outcome: Result<&Trained, &Error>) -> Result<()> {
        self.info.device = log.device().map(str::to_owned);
        self.info.epochs = log.epochs();
        self.info.best_epoch = log.best().map(|best| best.epoch);
        self.info.metrics = log.best().cloned();
        match outcome {
            Ok(trained) => {
                self.info.state = if trained.stopped { RunState::Stopped } else { RunState::Done };
                self.info.groups.clone_from(&trained.best.meta.groups);
                self.info.fingerprint = Some(trained.best.fingerprint());
            }
            Err(Error::Cancelled) => self.info.state = RunState::Cancelled,
            Err(error) => {
                self.info.state = RunState::Failed;
                self.info.message = Some(match error.hint() {
                    Some(hint) => format!("{error}; {hint}"),
                    None => error.to_string(),
                });
            }
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<()> {
        self.ended = true;
        if !matches!(self.info.state, RunState::Done | RunState::Stopped) {
            (self.info.encoder, self.info.last) = (None, None);
        }
        self.info.ended = Some(Moment::now());
        self.info.seconds = Some(self.began.elapsed().as_secs_f64());
        let written = {
            let _editing = editing(&self.folder);
            // The title may have been changed meanwhile.
            if let Ok(Some(now)) = read_info(&self.folder) {
                self.info.title = now.title;
            }
            write_info(&self.folder, &self.info)
        };
        // Only now: a run that holds no lock and says "running" was interrupted.
        drop(self.lock.take());
        if written.is_ok() {
            // Nobody looks at it any more.
            let _ = fs::remove_file(self.folder.join(LOCK));
        }
        written
    }
}

impl Drop for RunRecord {
    fn drop(&mut self) {
        if !self.ended {
            self.info.state = RunState::Failed;
            self.info.message = Some("the job failed inside".into());
            if let Err(error) = self.finish() {
                log::warn!("the end of a run could not be recorded: {error}");
            }
        }
    }
}

/// What a run is about, in a word or two.
fn name(config: &TrainConfig) -> String {
    let stem = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().into_owned());
    let collection = &config.collection;
    let name = collection.collection.clone().or_else(|| collection.vectors.as_deref().and_then(stem));
    name.or_else(|| {
        let path = config.train.as_deref()?.file_name()?.to_string_lossy();
        let path = path.strip_suffix(".npz").unwrap_or(&path);
        Some(path.strip_suffix("_train").unwrap_or(path).to_owned())
    })
    .unwrap_or_else(|| "similarity matrix".into())
}

/// `data/encoder.safetensors` gives `data/encoder.last.safetensors`.
fn last_path(output: &Path) -> PathBuf {
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(".last");
    if let Some(extension) = output.extension() {
        name.push(".");
        name.push(extension);
    }
    output.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_weights_lie_beside_the_best() {
        assert_eq!(last_path(Path::new("data/e.safetensors")), Path::new("data/e.last.safetensors"));
        assert_eq!(last_path(Path::new("e")), Path::new("e.last"));
    }

    #[test]
    fn a_run_is_called_after_what_it_is_trained_on() {
        let mut config = TrainConfig::default();
        assert_eq!(name(&config), "similarity matrix");
        config.train = Some("data/sm_train".into());
        assert_eq!(name(&config), "sm");
        config.train = Some("data/soup.npz".into());
        assert_eq!(name(&config), "soup");
        config.collection.vectors = Some("there/v.npy".into());
        assert_eq!(name(&config), "v");
        config.collection.collection = Some("food".into());
        assert_eq!(name(&config), "food");
    }
}
