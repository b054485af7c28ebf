//! From an autoencoder to one whose codes are smaller.

use std::path::PathBuf;

use serde::Serialize;

use crate::config::TruncateConfig;
use crate::encoder::{Encoder, Kept};
use crate::error::{Error, Result};
use crate::features::names::{FeatureNotes, Subject};
use crate::job::Control;

/// What `truncate` did.
#[derive(Clone, Debug, Serialize)]
pub struct Truncated {
    /// The file written.
    pub output: PathBuf,
    /// Features of a code that are kept.
    pub active: usize,
    /// Features in all.
    pub features: usize,
    /// Names of features that came along.
    pub names: usize,
    /// What was kept of the validation points at each size that was measured after training, this one or others.
    pub kept: Vec<Kept>,
}

pub(super) fn run(config: &TruncateConfig, control: &Control) -> Result<Truncated> {
    control.check_whole()?;
    let place = config.output.canonicalize().ok();
    if place.is_some() && place == config.encoder.canonicalize().ok() {
        return Err(Error::setting(format!("--output {} would replace the encoder", config.output.display())));
    }
    let whole = Encoder::read(&config.encoder)?;
    let encoder = whole.truncated(config.active as usize)?;
    encoder.write(&config.output)?;
    let names = names(config, &whole, &encoder)?;
    Ok(Truncated {
        output: config.output.clone(),
        active: config.active as usize,
        features: encoder.outputs(),
        kept: encoder.meta.kept,
        names,
    })
}

/// Hands names and pins on: a feature is the same in both, as all of them stay and only the weakest of a code are cut. Where
/// names of the same encoder lie at the target, they are brought together. Gives how many names there are then.
fn names(config: &TruncateConfig, whole: &Encoder, cut: &Encoder) -> Result<usize> {
    let (before, after) = (whole.fingerprint(), cut.fingerprint());
    let features = whole.outputs();
    let notes = FeatureNotes::read(&config.encoder, Subject { fingerprint: &before, features })?.notes;
    if notes == FeatureNotes::default() {
        return Ok(0);
    }
    let subject = Subject { fingerprint: &after, features };
    let mut there = FeatureNotes::read(&config.output, subject)?.notes;
    there.import(&notes.to_json(&after), subject)?;
    there.write(&config.output, subject)?;
    Ok(there.names.len())
}
