//! A run's log folder: TensorBoard event files, as the reference writes, and `metrics.jsonl`.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prost::Message;

use crate::encoder::{Encoder, FinalMetrics};
use crate::error::{Error, Result};
use crate::job::Metric;

/// The parts of TensorBoard's `event.proto` that scalars need.
#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5")]
    what: Option<What>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, tag = "2")]
    simple_value: f32,
}

/// Writes what a run measures. Flushed after every epoch.
pub struct RunLog {
    folder: PathBuf,
    events: BufWriter<File>,
    lines: BufWriter<File>,
    /// When the best weights were kept.
    kept: Instant,
    device: Option<String>,
    epochs: usize,
    best: Option<FinalMetrics>,
    /// Whether the last epoch is the best one, whatever its loss.
    keeps_last: bool,
}

/// How often the best weights so far are kept while a run goes on.
const KEEP_EVERY: Duration = Duration::from_secs(5);

impl RunLog {
    /// Makes the next free folder `version_N` in `log_dir`, the names that the reference's logger gives.
    pub fn create(log_dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(log_dir).map_err(Error::io(log_dir))?;
        let mut number = 0;
        let folder = loop {
            let folder = log_dir.join(format!("version_{number}"));
            match std::fs::create_dir(&folder) {
                Ok(()) => break folder,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(e) => return Err(Error::io(&folder)(e)),
            }
        };
        let open = |name: String| {
            let path = folder.join(name);
            OpenOptions::new().create_new(true).write(true).open(&path).map(BufWriter::new).map_err(Error::io(&path))
        };
        let seconds = now() as u64;
        let mut log = Self {
            events: open(format!("events.out.tfevents.{seconds}.blockscope.{}.0", std::process::id()))?,
            lines: open("metrics.jsonl".into())?,
            folder: folder.clone(),
            kept: Instant::now(),
            device: None,
            epochs: 0,
            best: None,
            keeps_last: false,
        };
        log.event(0, What::FileVersion("brain.Event:2".into()))?;
        Ok(log)
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes note of the device.
    pub fn set_device(&mut self, name: &str) {
        self.device = Some(name.to_owned());
    }

    /// The device, once it was opened.
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    /// Epochs written so far.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// From now on the last epoch is the best one, whatever its loss.
    pub fn keep_last(&mut self) {
        self.keeps_last = true;
    }

    /// What was measured in the epoch with the smallest validation loss so far, of equal ones the first; or in the last.
    pub fn best(&self) -> Option<&FinalMetrics> {
        self.best.as_ref()
    }

    /// Keeps the best weights so far in the folder, so that a killed process does not lose them. Not more often than every
    /// few seconds; says whether it did.
    pub fn keep_best(&mut self, encoder: &Encoder) -> Result<bool> {
        if self.kept.elapsed() < KEEP_EVERY {
            return Ok(false);
        }
        self.kept = Instant::now();
        encoder.write(self.best_path())?;
        Ok(true)
    }

    /// Keeps them now, as the run has failed; gives the file.
    pub fn rescue(&self, encoder: &Encoder) -> Result<PathBuf> {
        encoder.write(self.best_path())?;
        Ok(self.best_path())
    }

    /// Removes them, as they are safe elsewhere.
    pub fn forget_best(&self) {
        // Not there where the run was short; and one copy too many does no harm.
        let _ = std::fs::remove_file(self.best_path());
    }

    fn best_path(&self) -> PathBuf {
        self.folder.join("best.safetensors")
    }

    /// Adds a measured value.
    pub fn write(&mut self, metric: &Metric) -> Result<()> {
        let line = serde_json::to_string(metric).map_err(|e| Error::file(&self.folder, e.to_string()))?;
        writeln!(self.lines, "{line}").map_err(Error::io(&self.folder))?;
        let scalar = |tag: &str, value: f64| Value { tag: tag.to_owned(), simple_value: value as f32 };
        match metric {
            Metric::Step(m) => {
                let value = vec![scalar("train_loss_step", f64::from(m.train_loss))];
                self.event(m.step, What::Summary(Summary { value }))
            }
            Metric::Epoch(m) => {
                self.epochs = m.epoch;
                if self.keeps_last || self.best.as_ref().is_none_or(|best| m.val_loss < best.val_loss) {
                    self.best = Some(m.into());
                }
                let mut value = vec![
                    scalar("train_loss", f64::from(m.train_loss)),
                    scalar("val_loss", f64::from(m.val_loss)),
                    scalar("val_failed_triplets", m.val_failed_triplets as f64),
                    scalar("lr", m.lr),
                    scalar("epoch", m.epoch as f64),
                    scalar("dead_features", m.dead as f64),
                    scalar("usage_perplexity", f64::from(m.usage_perplexity)),
                    scalar("triplets_per_second", m.triplets_per_second),
                ];
                value.extend(m.nmi.map(|nmi| scalar("winners_nmi", f64::from(nmi))));
                value.extend(
                    m.entropy.iter().enumerate().map(|(b, h)| scalar(&format!("entropy/block_{b}"), f64::from(*h))),
                );
                self.event(m.step, What::Summary(Summary { value }))?;
                self.events.flush().and_then(|()| self.lines.flush()).map_err(Error::io(&self.folder))
            }
        }
    }

    /// A record: length, masked CRC of it, data, masked CRC of it (TensorFlow's TFRecord).
    fn event(&mut self, step: u64, what: What) -> Result<()> {
        let data = Event { wall_time: now(), step: step as i64, what: Some(what) }.encode_to_vec();
        let length = (data.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(data.len() + 16);
        record.extend(length);
        record.extend(masked_crc(&length));
        record.extend(&data);
        record.extend(masked_crc(&data));
        self.events.write_all(&record).map_err(Error::io(&self.folder))
    }
}

fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{EpochMetric, StepMetric};

    /// Reads the records back, checking both sums of each.
    fn read(path: &Path) -> Vec<Event> {
        let bytes = std::fs::read(path).unwrap();
        let mut rest = bytes.as_slice();
        let mut events = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(rest[8..12], masked_crc(&rest[..8]));
            let data = &rest[12..12 + length];
            assert_eq!(rest[12 + length..16 + length], masked_crc(data));
            events.push(Event::decode(data).unwrap());
            rest = &rest[16 + length..];
        }
        events
    }

    #[test]
    fn a_run_is_read_back_from_both_files() {
        // The check value of CRC-32C, and TensorFlow's mask of it.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(u32::from_le_bytes(masked_crc(b"123456789")), 0xc78a_b0e5);
        let folder = tempfile::tempdir().unwrap();
        let mut log = RunLog::create(folder.path()).unwrap();
        log.write(&Metric::Step(StepMetric { step: 1, train_loss: 0.5, lr: 0.1 })).unwrap();
        let epoch = |epoch, val_loss| Metric::Epoch(EpochMetric { epoch, step: 2, val_loss, ..EpochMetric::default() });
        log.write(&epoch(1, 0.25)).unwrap();
        assert_eq!(RunLog::create(folder.path()).unwrap().folder(), folder.path().join("version_1"));
        let lines = std::fs::read_to_string(log.folder().join("metrics.jsonl")).unwrap();
        assert_eq!(lines.lines().count(), 2);
        assert!(lines.starts_with(r#"{"kind":"step","step":1,"train_loss":0.5"#), "{lines}");
        let path = std::fs::read_dir(log.folder())
            .unwrap()
            .map(|e| e.unwrap().path())
            .find(|p| p.to_string_lossy().contains("tfevents"))
            .unwrap();
        let events = read(&path);
        assert_eq!(events.len(), 3);
        assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".into())));
        let Some(What::Summary(summary)) = &events[2].what else { panic!("a summary") };
        assert!(summary.value.contains(&Value { tag: "val_loss".into(), simple_value: 0.25 }));
        assert_eq!(events[2].step, 2);
        log.write(&epoch(2, 0.5)).unwrap();
        assert_eq!(log.best().unwrap().epoch, 1);
        log.keep_last();
        log.write(&epoch(3, 0.5)).unwrap();
        assert_eq!(log.best().unwrap().epoch, 3);
    }
}
