//! What the program finds on this machine, and which models it knows.

use std::path::PathBuf;

use serde::Serialize;

use crate::config::{DeviceChoice, OnnxChoice};
use crate::demo;
use crate::device;
use crate::embed::{self, Backend, Hub, Side};
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::picture;
use crate::source;

/// What `models` says.
#[derive(Clone, Debug, Serialize)]
pub struct ModelsAnswer {
    /// Where models are kept.
    pub cache: PathBuf,
    /// All that can be named.
    pub models: Vec<ModelLine>,
}

/// One side of a model.
#[derive(Clone, Debug, Serialize)]
pub struct ModelLine {
    /// The name that `--model` takes.
    pub name: String,
    /// What it embeds.
    pub side: Side,
    /// Dimensions of its vectors.
    pub dim: usize,
    /// Whether all its files are here.
    pub here: bool,
    /// The model that embeds the other side into the same space.
    pub twin: Option<String>,
    /// A few words on it.
    pub description: String,
}

pub(super) fn models(control: &Control, _: &mut Reporter) -> Result<ModelsAnswer> {
    control.check_whole()?;
    let hub = Hub::from_env()?;
    let models = embed::listed().into_iter().map(|m| ModelLine {
        here: m.is_here(&hub),
        name: m.name,
        side: m.side,
        dim: m.dim,
        twin: m.twin,
        description: m.description,
    });
    Ok(ModelsAnswer { models: models.collect(), cache: hub.cache().to_owned() })
}

/// What `doctor` found.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorAnswer {
    /// This program's version.
    pub version: &'static str,
    /// What runs ONNX models.
    pub onnx: Backend,
    /// Where ONNX Runtime's library is looked for, in this order.
    pub onnx_searched: Vec<PathBuf>,
    /// The folder that the user's own copy of the library goes into.
    pub onnx_folder: Option<PathBuf>,
    /// The graphics adapters.
    pub adapters: Vec<AdapterLine>,
    /// What a training with `--device auto` takes.
    pub trains_on: String,
    /// Cores that the program may use.
    pub cores: usize,
    /// Where models are kept.
    pub model_cache: PathBuf,
    /// The models whose files are here.
    pub models: Vec<String>,
    /// Where thumbnails are kept.
    pub thumbnails: Option<PathBuf>,
    /// The embedded stores that were found, with their collections.
    pub stores: Vec<StoreLine>,
}

/// A graphics adapter.
#[derive(Clone, Debug, Serialize)]
pub struct AdapterLine {
    /// What the driver calls it.
    pub name: String,
    /// Vulkan, Metal, DX12 or OpenGL.
    pub api: String,
    /// Whether it is a program on the CPU.
    pub software: bool,
}

/// An embedded store.
#[derive(Clone, Debug, Serialize)]
pub struct StoreLine {
    /// Its folder.
    pub path: PathBuf,
    /// Its collections.
    pub collections: Vec<String>,
}

pub(super) fn doctor(onnx: OnnxChoice, control: &Control, reporter: &mut Reporter) -> Result<DoctorAnswer> {
    reporter.stage("looking around", "places", None);
    let backend = embed::backend(onnx, reporter)?.clone();
    control.check_whole()?;
    let adapters = device::adapters();
    control.check_whole()?;
    let trains_on = match device::open(DeviceChoice::Auto) {
        Ok(opened) => opened.name,
        Err(error) => {
            reporter.warn(format!("no device can be opened for training: {error}"));
            "nothing".into()
        }
    };
    let hub = match Hub::from_env() {
        Ok(hub) => hub,
        Err(error) => {
            reporter.warn(error.to_string());
            Hub::from_lookup(|_| None)?
        }
    };
    let here = embed::listed().into_iter().filter(|m| m.is_here(&hub));
    let mut places: Vec<PathBuf> = demo::default_folder().into_iter().collect();
    places.push("data".into());
    let stores = places.into_iter().filter_map(|path| {
        let collections = source::list_store(&path).ok().filter(|c| !c.is_empty())?;
        Some(StoreLine { path, collections })
    });
    Ok(DoctorAnswer {
        version: env!("CARGO_PKG_VERSION"),
        onnx: backend,
        onnx_searched: embed::onnx_candidates(),
        onnx_folder: embed::onnx_folder(),
        adapters: adapters
            .into_iter()
            .map(|a| AdapterLine { name: a.name, api: a.api, software: a.software })
            .collect(),
        trains_on,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        model_cache: hub.cache().to_owned(),
        models: here.map(|m| format!("{} ({})", m.name, m.side)).collect(),
        thumbnails: picture::default_folder().ok(),
        stores: stores.collect(),
    })
}
