//! Whether a model is on this machine, so that a person can be asked before it is downloaded.

use super::catalogue::{self, Listed};
use super::{DEFAULT_MODEL, Embedder, Hub, ModelSpec, Side, check_dim};
use crate::config::ModelArgs;
use crate::error::Result;
use crate::job::Control;

/// What opening a side of a model would download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The model.
    pub model: String,
    /// The address of the hub that it would come from.
    pub from: String,
    /// Bytes; none where the hub does not answer or does not say.
    pub bytes: Option<u64>,
}

impl Embedder {
    /// The name of the model that [`open`](Self::open) would have to download first; none where its files are here, and
    /// for an endpoint. Asks nothing of the network. Fails where the model has no such side, or not the dimension that is
    /// needed.
    pub fn missing(
        args: &ModelArgs,
        usual: Option<&str>,
        side: Side,
        needed: Option<(&str, usize)>,
    ) -> Result<Option<String>> {
        Ok(missing(args, usual, side, needed)?.map(|(listed, _)| listed.name))
    }

    /// The same with its size, which the hub is asked for.
    pub fn to_download(
        args: &ModelArgs,
        usual: Option<&str>,
        side: Side,
        needed: Option<(&str, usize)>,
        control: &Control,
    ) -> Result<Option<Download>> {
        let Some((listed, hub)) = missing(args, usual, side, needed)? else { return Ok(None) };
        let bytes = hub.missing_bytes(&listed.name, &listed.names(), control)?;
        Ok(Some(Download { model: listed.name, from: hub.endpoint().to_owned(), bytes }))
    }
}

fn missing(
    args: &ModelArgs,
    usual: Option<&str>,
    side: Side,
    needed: Option<(&str, usize)>,
) -> Result<Option<(Listed, Hub)>> {
    if args.endpoint.is_some() {
        return Ok(None);
    }
    let spec = ModelSpec::parse(args.model.as_deref().or(usual).unwrap_or(DEFAULT_MODEL))?;
    let ModelSpec::Listed(name) = spec else { return Ok(None) };
    let listed = catalogue::side_of(&name, side)?;
    check_dim(&listed.name, listed.dim, needed)?;
    // The demo's own needs no hub, and there may be none.
    if listed.names().is_empty() {
        return Ok(None);
    }
    let hub = Hub::from_env()?;
    Ok((!listed.is_here(&hub)).then_some((listed, hub)))
}
