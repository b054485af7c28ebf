//! The training that runs, or ran last.

use std::path::PathBuf;

use super::super::JobKey;
use super::curves::{Curves, History};
use crate::config::TrainConfig;
use crate::job::{Metric, Probe};

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an encoder.
    Done,
    /// The person stopped it, and the best was kept.
    Stopped,
    /// The person cancelled it.
    Cancelled,
    /// It failed.
    Failed,
}

/// The training that runs, or ran last in this window.
#[derive(Debug)]
pub struct Live {
    /// Its job.
    pub key: JobKey,
    /// What it is about: the collection's name.
    pub title: String,
    /// Its settings; none for one that another part of the window started.
    pub config: Option<TrainConfig>,
    /// What it has measured.
    pub curves: Curves,
    /// Its probe points and usage through the epochs.
    pub history: History,
    /// How it ended.
    pub end: Option<End>,
    /// Its folder, once it is known.
    pub folder: Option<PathBuf>,
}

impl Live {
    pub(super) fn new(key: JobKey, title: String, config: Option<TrainConfig>, decay: f64) -> Self {
        let (curves, history) = (Curves::new(decay), History::default());
        Self { key, title, config, curves, history, end: None, folder: None }
    }

    /// Blocks and features in a block, once they are known.
    pub fn shape(&self) -> Option<(usize, usize)> {
        if let Some(config) = &self.config {
            return Some((config.blocks as usize, config.block_size as usize));
        }
        let blocks = self.curves.entropy.len();
        let features = self.curves.last.as_ref().map_or(0, |m| m.usage.len());
        (blocks > 0 && features > 0).then(|| (blocks, features / blocks))
    }

    pub(super) fn metric(&mut self, metric: Metric) {
        if let Metric::Epoch(m) = &metric {
            self.history.usage(m);
        }
        self.curves.add(metric);
    }

    pub(super) fn probe(&mut self, probe: Probe) {
        self.history.probe(probe);
        // Where the epoch's figures came first.
        if let Some(last) = &self.curves.last {
            self.history.usage(last);
        }
    }
}
