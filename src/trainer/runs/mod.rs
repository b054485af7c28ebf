//! Runs: what a training's log folder says of it, so that runs can be listed, opened, compared, renamed, exported and
//! deleted.
//!
//! A run's folder holds `run.json` with a [`RunInfo`], written when the training begins and again when it ends, however
//! it ends; the files of [`RunLog`](super::RunLog) beside it; and, where the settings say so, its encoders. While the
//! training goes on, its process holds a lock on `run.lock`, which the system takes away with the process: a run that
//! says "running" and holds no lock was interrupted. On a file system without locks such a run counts as going on.

mod export;
mod manage;
mod moment;
mod record;
#[cfg(test)]
mod tests;

use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use export::export;
pub use manage::{Deleted, delete, rename, take_best};
pub use moment::Moment;
pub(crate) use record::RunRecord;

use crate::config::TrainConfig;
use crate::encoder::{EncoderMeta, FinalMetrics};
use crate::error::{Error, Result};
use crate::groups::GroupsSummary;
use crate::job::Metric;

/// What a run says of itself.
const RUN: &str = "run.json";
/// What its process holds a lock on.
const LOCK: &str = "run.lock";
/// What it measured, one JSON object a line.
const METRICS: &str = "metrics.jsonl";
/// The best weights so far, while it goes on.
const KEPT: &str = "best.safetensors";
/// Its encoders, where they are kept with it.
const ENCODER: &str = "encoder.safetensors";
const LAST: &str = "encoder.last.safetensors";
/// How the names of TensorBoard's files begin.
const EVENTS: &str = "events.out.tfevents.";

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It goes on, in this process or another.
    Running,
    /// It reached its last epoch.
    Done,
    /// The person stopped it, and its best weights were kept.
    Stopped,
    /// The person cancelled it.
    Cancelled,
    /// It failed; the message says why.
    Failed,
    /// Its process ended without a word: killed, or the machine went down.
    Interrupted,
    /// Its folder does not say.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What a run's `run.json` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunInfo {
    /// Its name, which a person may change.
    pub title: String,
    /// The version of the program that wrote it.
    pub program: String,
    /// How it stands.
    pub state: RunState,
    /// Why it failed.
    pub message: Option<String>,
    /// When it began: after its data was read.
    pub started: Option<Moment>,
    /// When it ended. Of an interrupted run, when it last wrote what it measured.
    pub ended: Option<Moment>,
    /// Seconds between the two, pauses among them.
    pub seconds: Option<f64>,
    /// The device that trained it.
    pub device: Option<String>,
    /// What it was trained on.
    pub source: String,
    /// Points trained on.
    pub train_points: usize,
    /// Points validated on.
    pub val_points: usize,
    /// The settings ([`TrainConfig`]) as JSON; the API key is never among them.
    pub settings: Option<serde_json::Value>,
    /// Epochs that it went through.
    pub epochs: usize,
    /// The epoch with the smallest validation loss, counted from 1.
    pub best_epoch: Option<usize>,
    /// What was measured at the end of that epoch.
    pub metrics: Option<FinalMetrics>,
    /// The labels of a training that had some, and how well points of the same are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupsSummary>,
    /// The fingerprint of the best weights.
    pub fingerprint: Option<String>,
    /// Where the best weights were written; a relative path starts in the run's folder.
    pub encoder: Option<PathBuf>,
    /// Where the last weights were written.
    pub last: Option<PathBuf>,
}

impl RunInfo {
    /// The settings, where they can be read.
    pub fn config(&self) -> Option<TrainConfig> {
        self.settings.clone().and_then(|settings| serde_json::from_value(settings).ok())
    }
}

/// Where the weights of a run's best epoch are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// None were kept.
    #[default]
    None,
    /// In this file.
    Encoder(PathBuf),
    /// In the file that it keeps them in while it goes on. Of an interrupted, cancelled or failed run they can be taken
    /// ([`take_best`]).
    Kept(PathBuf),
    /// They were in this file, which is gone.
    Gone(PathBuf),
    /// They were in this file, which another training has written over.
    Replaced(PathBuf),
}

/// A run's folder and what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The folder.
    pub folder: PathBuf,
    /// What it says of itself, or what could be gathered where it does not.
    pub info: RunInfo,
    /// How it stands now: as the file says, but interrupted where nobody runs it any more.
    pub state: RunState,
    /// Where its best weights are now.
    pub weights: Weights,
    /// Why some of this is not known.
    pub problem: Option<String>,
}

impl Run {
    /// Reads a run's folder. Never fails: what is wrong is in [`problem`](Self::problem).
    pub fn read(folder: &Path) -> Self {
        let mut run = Self { folder: folder.to_owned(), ..Self::default() };
        match read_info(folder) {
            Ok(Some(info)) => {
                run.info = info;
                run.state = run.info.state;
                if run.state == RunState::Running && !is_held(folder) {
                    // It may have ended between the two looks; it writes its end before it lets go of the lock.
                    match read_info(folder) {
                        Ok(Some(info)) if info.state != RunState::Running => {
                            run.state = info.state;
                            run.info = info;
                        }
                        _ => run.state = RunState::Interrupted,
                    }
                }
            }
            Ok(None) => run.problem = Some(format!("it was made by an older version: there is no {RUN}")),
            Err(error) => run.problem = Some(error.to_string()),
        }
        run.weights = weights(folder, &run.info);
        if matches!(run.state, RunState::Interrupted | RunState::Unknown) {
            run.gather();
        }
        if run.info.title.is_empty() {
            run.info.title = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        run
    }

    /// Fills in what the run itself could not write any more, from its other files.
    fn gather(&mut self) {
        let info = &mut self.info;
        if let Weights::Kept(path) = &self.weights
            && let Ok(meta) = EncoderMeta::read(path)
        {
            let data = meta.data.unwrap_or_default();
            if info.source.is_empty() {
                (info.source, info.train_points, info.val_points) = (data.source, data.train_points, data.val_points);
            }
            info.settings = info.settings.take().or(meta.settings);
        }
        // Written through to the disk at the end of each epoch.
        let last_word = fs::metadata(self.folder.join(METRICS)).and_then(|m| m.modified()).ok().map(Moment::from);
        info.ended = info.ended.or(last_word);
        if info.started.is_none() {
            info.started = began(&self.folder);
        }
        if let (Some(started), Some(ended), None) = (info.started, info.ended, info.seconds) {
            info.seconds = Some(ended.since(started) as f64);
        }
        let mut best: Option<FinalMetrics> = None;
        let read = for_each_line(&self.folder.join(METRICS), |line| {
            // Most lines are steps, which are not needed here.
            if line.windows(7).any(|w| w == b"\"epoch\"")
                && let Ok(Metric::Epoch(m)) = serde_json::from_slice(line)
            {
                info.epochs = info.epochs.max(m.epoch);
                if best.as_ref().is_none_or(|b| m.val_loss < b.val_loss) {
                    best = Some(FinalMetrics::from(&m));
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            self.problem.get_or_insert(error.to_string());
        }
        info.best_epoch = info.best_epoch.or(best.as_ref().map(|b| b.epoch));
        info.metrics = info.metrics.take().or(best);
    }
}

/// The runs in a folder of runs, newest first. Those that cannot be read are listed with their problem; other folders,
/// links and files are not listed. A folder that is not there holds none; one that cannot be read is an error.
pub fn list(log_dir: &Path) -> Result<Vec<Run>> {
    let entries = match fs::read_dir(log_dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io(log_dir)(e)),
    };
    let folders = entries.flatten().map(|e| e.path()).filter(|p| is_run(p));
    let mut runs: Vec<Run> = folders.map(|folder| Run::read(&folder)).collect();
    runs.sort_by(|a, b| {
        let number = |run: &Run| number(&run.folder);
        (b.info.started.cmp(&a.info.started)).then(number(b).cmp(&number(a))).then(a.folder.cmp(&b.folder))
    });
    Ok(runs)
}

/// Where the window keeps its runs, whatever the collection; none on a system without a folder for the user's data.
pub fn default_folder() -> Option<PathBuf> {
    dirs::data_dir().map(|dir| dir.join("blockscope").join("runs"))
}

/// Everything that a run measured, in order. A last line that was cut off is left out. Fails where the file is missing
/// or another line is not a metric.
pub fn read_metrics(run: &Run) -> Result<Vec<Metric>> {
    let path = run.folder.join(METRICS);
    let mut metrics = Vec::new();
    let mut bad: Option<(usize, String)> = None;
    let mut number = 0;
    for_each_line(&path, |line| {
        number += 1;
        if let Some((number, problem)) = bad.take() {
            return Err(Error::file(&path, format!("line {number} is not a metric: {problem}")));
        }
        match serde_json::from_slice(line) {
            Ok(metric) => metrics.push(metric),
            // An error only if another one follows.
            Err(error) => bad = Some((number, error.to_string())),
        }
        Ok(())
    })?;
    Ok(metrics)
}

fn for_each_line(path: &Path, mut work: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).map_err(Error::io(path))?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(Error::io(path))? > 0 {
        work(line.trim_ascii_end())?;
        line.clear();
    }
    Ok(())
}

/// Whether this is a run's folder: none that a link leads to.
fn is_run(folder: &Path) -> bool {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|m| m.is_dir());
    is_folder && (is_file(&folder.join(RUN)) || (number(folder).is_some() && is_file(&folder.join(METRICS))))
}

/// Whether this is a file: no folder, and no link.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|m| m.is_file())
}

/// The N of `version_N`.
fn number(folder: &Path) -> Option<u64> {
    folder.file_name()?.to_str()?.strip_prefix("version_")?.parse().ok()
}

/// What the file says; none where there is no file.
fn read_info(folder: &Path) -> Result<Option<RunInfo>> {
    let path = folder.join(RUN);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io(&path)(e)),
    };
    match serde_json::from_slice(&bytes) {
        Ok(info) => Ok(Some(info)),
        Err(error) => Err(Error::file(&path, format!("is not what a run writes: {error}"))),
    }
}

fn write_info(folder: &Path, info: &RunInfo) -> Result<()> {
    let path = folder.join(RUN);
    let text = serde_json::to_vec_pretty(info).map_err(|e| Error::file(&path, e.to_string()))?;
    crate::atomic_file::write(&path, &text)
}

/// Whether a process runs it: holds its lock.
fn is_held(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join(LOCK)) else { return false };
    // Shared, so that two that look at the same time do not see each other.
    match lock.try_lock_shared() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
    }
}

/// Held while a `run.json` is read and written again, so that a person's new title and a run's end do not undo each
/// other. It goes with the value. File systems without locks go without.
fn editing(folder: &Path) -> Option<File> {
    let lock = File::create(folder.parent()?.join(".lock")).ok()?;
    lock.lock().ok()?;
    Some(lock)
}

/// When an older version's run began: its event file is named after it.
fn began(folder: &Path) -> Option<Moment> {
    let names = fs::read_dir(folder).ok()?.flatten().filter_map(|e| e.file_name().into_string().ok());
    let seconds = names.filter_map(|n| n.strip_prefix(EVENTS)?.split('.').next()?.parse().ok()).min();
    seconds.map(Moment::from_seconds)
}

/// Where the best weights are. Told by what the files say beside their weights, which is quick to read.
fn weights(folder: &Path, info: &RunInfo) -> Weights {
    if let Some(encoder) = &info.encoder {
        let path = folder.join(encoder);
        if !path.exists() {
            return if kept(folder).is_some() { kept(folder).into() } else { Weights::Gone(path) };
        }
        let same = EncoderMeta::read(&path).is_ok_and(|meta| {
            meta.settings == info.settings && (info.metrics.is_none() || meta.metrics == info.metrics)
        });
        return if same { Weights::Encoder(path) } else { Weights::Replaced(path) };
    }
    kept(folder).into()
}

fn kept(folder: &Path) -> Option<PathBuf> {
    Some(folder.join(KEPT)).filter(|path| is_file(path))
}

impl From<Option<PathBuf>> for Weights {
    fn from(kept: Option<PathBuf>) -> Self {
        kept.map_or(Self::None, Self::Kept)
    }
}
