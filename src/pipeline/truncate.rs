//! From an autoencoder to one whose codes are smaller.

use std::path::PathBuf;

use serde::Serialize;

use crate::config::TruncateConfig;
use crate::encoder::{Encoder, Kept};
use crate::error::{Error, Result};
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
    /// What was kept of the validation points at each size that was measured after training, this one or others.
    pub kept: Vec<Kept>,
}

pub(super) fn run(config: &TruncateConfig, control: &Control) -> Result<Truncated> {
    control.check_whole()?;
    let place = config.output.canonicalize().ok();
    if place.is_some() && place == config.encoder.canonicalize().ok() {
        return Err(Error::setting(format!("--output {} would replace the encoder", config.output.display())));
    }
    let encoder = Encoder::read(&config.encoder)?.truncated(config.active as usize)?;
    encoder.write(&config.output)?;
    Ok(Truncated {
        output: config.output.clone(),
        active: config.active as usize,
        features: encoder.outputs(),
        kept: encoder.meta.kept,
    })
}
