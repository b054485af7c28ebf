//! What the training screen asks of workers.

use std::path::PathBuf;

use super::super::work::sparing;
use super::curves::Curves;
use crate::config::TrainConfig;
use crate::device;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter, Task};
use crate::pipeline::{Answer, Job, TrainAnswer};
use crate::trainer::estimate::Pace;
use crate::trainer::runs::{self, Run};

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Train.
    Train(Box<TrainConfig>),
    /// See which devices there are.
    Devices,
    /// Measure how fast this machine is, for the estimate.
    Pace,
    /// List the runs in a folder.
    List(PathBuf),
    /// Read what a run measured.
    Read {
        /// The run.
        run: Box<Run>,
        /// Of the smoothing.
        decay: f64,
    },
    /// Give a run another name.
    Rename {
        /// The run.
        run: Box<Run>,
        /// The name.
        title: String,
        /// Whether this is a step that can be taken back, rather than one that takes back.
        step: bool,
    },
    /// Delete a run.
    Delete {
        /// The run.
        run: Box<Run>,
        /// Whether its encoders go, too.
        encoders: bool,
    },
    /// Copy a run into a folder to hand on.
    Export {
        /// The run.
        run: Box<Run>,
        /// The folder, which must be new or empty.
        target: PathBuf,
    },
    /// Make an encoder of the weights that a run kept before it was cut short.
    TakeBest(Box<Run>),
}

/// A graphics adapter, as the list of devices names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its name and interface.
    pub name: String,
    /// Whether it is a program on the CPU.
    pub software: bool,
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// A training ended with something to keep.
    Trained(Box<TrainAnswer>),
    /// Which adapters there are.
    Devices(Vec<Adapter>),
    /// How fast this machine is.
    Pace(Pace),
    /// The runs.
    Runs(Vec<Run>),
    /// What a run measured.
    Curves(PathBuf, Box<Curves>),
    /// A run has another name.
    Renamed {
        /// Its folder.
        folder: PathBuf,
        /// The name it had.
        before: String,
        /// The name it has.
        title: String,
        /// Whether this is a step that can be taken back.
        step: bool,
    },
    /// A run is gone.
    Deleted {
        /// Its folder.
        folder: PathBuf,
        /// Its name.
        title: String,
        /// What is still in the folder.
        left: usize,
    },
    /// A run was copied.
    Exported(PathBuf),
    /// An encoder was made of what a run kept.
    Taken {
        /// The run's folder.
        folder: PathBuf,
        /// The encoder's file.
        encoder: PathBuf,
    },
}

impl Work {
    pub(in crate::app) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Train(config) => match sparing(|| Job::Train(config).run(control, reporter))? {
                Answer::Train(answer) => Ok(Found::Trained(answer)),
                _ => Err(Error::Panicked("a training gave another job's answer".into())),
            },
            Self::Devices => {
                let name =
                    |a: device::Adapter| Adapter { name: format!("{} ({})", a.name, a.api), software: a.software };
                Ok(Found::Devices(device::adapters().into_iter().map(name).collect()))
            }
            Self::Pace => Ok(Found::Pace(Pace::measure())),
            Self::List(folder) => runs::list(&folder).map(Found::Runs),
            Self::Read { run, decay } => {
                let metrics = runs::read_metrics(&run)?;
                control.check_whole()?;
                Ok(Found::Curves(run.folder, Box::new(Curves::of(metrics, decay))))
            }
            Self::Rename { run, title, step } => {
                let title = runs::rename(&run, &title)?;
                Ok(Found::Renamed { folder: run.folder, before: run.info.title, title, step })
            }
            Self::Delete { run, encoders } => {
                let deleted = runs::delete(&run, encoders)?;
                Ok(Found::Deleted { folder: run.folder, title: run.info.title, left: deleted.left.len() })
            }
            Self::Export { run, target } => {
                runs::export(&run, &target, control)?;
                Ok(Found::Exported(target))
            }
            Self::TakeBest(run) => {
                let encoder = runs::take_best(&run, None)?;
                Ok(Found::Taken { folder: run.folder, encoder })
            }
        }
    }
}
