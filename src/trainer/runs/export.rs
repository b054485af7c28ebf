//! A run as a folder to hand on: its encoder, its settings and figures, and what it measured as a table.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{ENCODER, LAST, METRICS, Run, RunState, Weights, read_metrics, write_info};
use crate::atomic_file;
use crate::encoder::EncoderMeta;
use crate::error::{Error, Result};
use crate::features::names;
use crate::job::{Control, Metric};

/// The table of a run's metrics.
const TABLE: &str = "metrics.csv";

/// Copies a run into a new folder: `run.json`, `metrics.jsonl`, the same as `metrics.csv`, and, where it has them,
/// `encoder.safetensors`, `encoder.last.safetensors` and `encoder.features.json`. The folder appears under its name only
/// when it is whole. Fails where the folder holds anything already, and for a run that goes on.
pub fn export(run: &Run, target: &Path, control: &Control) -> Result<()> {
    if run.state == RunState::Running {
        return Err(Error::file(&run.folder, "this run goes on: export it when it has ended"));
    }
    if fs::symlink_metadata(target).is_ok() && !fs::read_dir(target).is_ok_and(|mut all| all.next().is_none()) {
        return Err(Error::file(target, "is there already, and a new folder is needed"));
    }
    let target = std::path::absolute(target).map_err(Error::io(target))?;
    let parent = target.parent().ok_or_else(|| Error::file(&target, "is no name for a folder"))?;
    fs::create_dir_all(parent).map_err(Error::io(parent))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".blockscope-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other folder that a program makes; the process's umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    let made = builder.tempdir_in(parent).map_err(Error::io(parent))?;
    let folder = made.path();
    let copy = |from: &Path, name: &str| {
        control.check_whole()?;
        fs::copy(from, folder.join(name)).map(drop).map_err(Error::io(from))
    };

    let mut info = run.info.clone();
    (info.state, info.encoder, info.last) = (run.state, None, None);
    if let Weights::Encoder(best) | Weights::Kept(best) = &run.weights {
        copy(best, ENCODER)?;
        info.encoder = Some(ENCODER.into());
        let notes = names::path(best);
        let noted = names::fingerprint_in(&notes);
        if noted.is_some() && (noted == info.fingerprint || info.fingerprint.is_none()) {
            copy(&notes, &names::path(Path::new(ENCODER)).to_string_lossy())?;
        }
    }
    if let Some(last) = run.info.last.as_deref().map(|last| run.folder.join(last))
        && EncoderMeta::read(&last).is_ok_and(|meta| meta.settings == info.settings)
    {
        copy(&last, LAST)?;
        info.last = Some(LAST.into());
    }
    if run.folder.join(METRICS).exists() {
        copy(&run.folder.join(METRICS), METRICS)?;
        atomic_file::write(folder.join(TABLE), table(&read_metrics(run)?).as_bytes())?;
    }
    control.check_whole()?;
    write_info(folder, &info)?;

    // Only an empty folder goes so, and a system may not rename over one.
    let _ = fs::remove_dir(&target);
    fs::rename(folder, &target).map_err(Error::io(&target))?;
    // It has another name now, and nothing is left to clear away.
    let _ = made.keep();
    Ok(())
}

/// One line a step and one an epoch; what a line does not have is empty.
fn table(metrics: &[Metric]) -> String {
    let blocks = metrics.iter().map(|m| if let Metric::Epoch(m) = m { m.entropy.len() } else { 0 }).max().unwrap_or(0);
    let mut text = "kind,step,epoch,lr,train_loss,val_loss,val_failed_triplets,val_triplets,lr_dropped,judged,dead,\
                    usage_perplexity,nmi,triplets_per_second"
        .to_owned();
    for b in 0..blocks {
        // Writing into a text cannot fail.
        let _ = write!(text, ",entropy_{b}");
    }
    text.push('\n');
    for metric in metrics {
        let _ = match metric {
            Metric::Step(m) => {
                write!(text, "step,{},,{},{},,,,,,,,,{}", m.step, m.lr, m.train_loss, ",".repeat(blocks))
            }
            Metric::Epoch(m) => {
                let nmi = m.nmi.map(|nmi| nmi.to_string()).unwrap_or_default();
                let entropy: String = m.entropy.iter().map(|h| format!(",{h}")).collect();
                write!(
                    text,
                    "epoch,{},{},{},{},{},{},{},{},{},{},{},{nmi},{}{entropy}{}",
                    m.step,
                    m.epoch,
                    m.lr,
                    m.train_loss,
                    m.val_loss,
                    m.val_failed_triplets,
                    m.val_triplets,
                    m.lr_dropped,
                    m.judged,
                    m.dead,
                    m.usage_perplexity,
                    m.triplets_per_second,
                    ",".repeat(blocks - m.entropy.len())
                )
            }
        };
        text.push('\n');
    }
    text
}
