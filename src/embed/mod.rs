//! From pictures and texts to vectors: local ONNX models through fastembed, or a remote endpoint.
//!
//! A [`ModelSpec`] names a model: one that fastembed lists, the demo's own, or a folder. An [`Embedder`] is one side of
//! it, opened: pictures or texts in, vectors of length 1 out. Model files come from the user's Hugging Face cache, and
//! are downloaded into it when they are missing.

mod catalogue;
mod folder;
mod graph;
mod hub;
mod lanes;
mod onnx;
mod presence;
mod remote;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fastembed::{
    ImageEmbedding, ImageInitOptionsUserDefined, ImagePreprocessor, InitOptionsUserDefined, QuantizationMode,
    TextEmbedding, UserDefinedEmbeddingModel, UserDefinedImageEmbeddingModel,
};
use image::RgbImage;
use serde::{Deserialize, Serialize};

pub use catalogue::{DEMO, Listed, demo_model_digest, listed};
pub use hub::Hub;
pub use lanes::{Prepared, Row};
pub use onnx::{Backend, backend, candidates as onnx_candidates, data_folder as onnx_folder};
pub use presence::Download;
pub use remote::Remote;

use self::catalogue::Files;
use self::lanes::Lane;
use crate::config::ModelArgs;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};

/// The reference's model, and the default.
pub const DEFAULT_MODEL: &str = "Qdrant/clip-ViT-B-32-vision";

/// How long an endpoint may take for a request.
const REMOTE_TIMEOUT: Duration = Duration::from_secs(120);

/// Bytes of model files that are held at once at most, where each lane needs its own.
const LANES_BYTES: usize = 1 << 30;

/// What a side of a model embeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Pictures.
    Pictures,
    /// Texts.
    Texts,
}

impl Side {
    /// What it embeds, in the plural: what progress counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Texts => "texts",
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Names a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSpec {
    /// One of [`listed`].
    Listed(String),
    /// A folder with a model's files.
    Folder(PathBuf),
}

impl ModelSpec {
    /// A listed name where there is one such, a folder otherwise.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(found) = listed().into_iter().find(|m| m.name.eq_ignore_ascii_case(text)) {
            return Ok(Self::Listed(found.name));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            let problem = "is an endpoint: name it with --endpoint";
            return Err(Error::Model { model: text.to_owned(), problem: problem.into() });
        }
        let path = PathBuf::from(text);
        if path.is_dir() {
            return Ok(Self::Folder(std::path::absolute(&path).map_err(Error::io(&path))?));
        }
        Err(Error::Model {
            model: text.to_owned(),
            problem: "there is neither a listed model nor a folder of that name (blockscope models lists them)".into(),
        })
    }
}

impl std::fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listed(name) => f.write_str(name),
            Self::Folder(path) => path.display().fmt(f),
        }
    }
}

/// Whether vectors of two models can be compared: they are the same, or the two sides of a pair.
pub fn same_space(one: &str, other: &str) -> bool {
    one == other || listed().iter().any(|m| m.name == one && m.twin.as_deref() == Some(other))
}

/// One side of a model, opened: from pictures, or from texts, to vectors of length 1.
pub struct Embedder {
    name: String,
    side: Side,
    dim: usize,
    preparation: Option<Preparation>,
    lanes: Vec<Box<dyn Lane>>,
    /// What further lanes are read from, where one lane does not use all cores.
    spare: Option<Files>,
    batch: usize,
}

/// How a local model's pictures are prepared.
#[derive(Clone)]
struct Preparation {
    preprocessor: ImagePreprocessor,
    /// The short edge and the crop, where both are the same square: then our own reading of them does all of the work,
    /// for the pixels that are left alone.
    square: Option<u32>,
    name: String,
}

impl Preparation {
    fn run(&self, mut picture: RgbImage) -> Result<Prepared> {
        if let Some(edge) = self.square {
            picture = crate::picture::prepare(picture, edge, (edge, edge));
        }
        let array = self.preprocessor.preprocess(picture.into());
        let fail = |e: fastembed::Error| Error::Model { model: self.name.clone(), problem: e.to_string() };
        Ok(Prepared::Pixels(array.map_err(fail)?))
    }
}

/// The square that a `preprocessor_config.json` leads to, where a resized short edge and a crop of the middle do.
fn square(config: &[u8]) -> Option<u32> {
    let config: serde_json::Value = serde_json::from_slice(config).ok()?;
    let kind = config["image_processor_type"].as_str().unwrap_or("CLIPImageProcessor");
    let usual = ["CLIPImageProcessor", "BitImageProcessor"].contains(&kind);
    if !usual || config["do_resize"] != true || config["do_center_crop"] != true {
        return None;
    }
    let edge = config["size"].as_u64().or(config["size"]["shortest_edge"].as_u64())?;
    let crop = &config["crop_size"];
    let same = crop.as_u64() == Some(edge) || (crop["width"] == edge && crop["height"] == edge);
    if same { u32::try_from(edge).ok() } else { None }
}

/// A model's files, read.
enum Model {
    Pictures(UserDefinedImageEmbeddingModel),
    Texts(Box<UserDefinedEmbeddingModel>),
}

impl Model {
    fn bytes(&self) -> usize {
        match self {
            Self::Pictures(model) => model.onnx_file.len(),
            Self::Texts(model) => {
                model.onnx_file.len() + model.external_initializers.iter().map(|f| f.buffer.len()).sum::<usize>()
            }
        }
    }
}

impl Embedder {
    /// Opens the side of the model that the arguments name, or of `usual` where they name none, and downloads what is
    /// missing. `needed` is the dimension that the vectors must have, which is checked before any download where the
    /// model's own is known.
    pub fn open(
        args: &ModelArgs,
        usual: Option<&str>,
        side: Side,
        needed: Option<(&str, usize)>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Self> {
        let mut embedder = match &args.endpoint {
            Some(url) => Self::remote(Remote::new(url, args.endpoint_token.as_deref(), REMOTE_TIMEOUT)?, side),
            None => {
                let name = args.model.as_deref().or(usual).unwrap_or(DEFAULT_MODEL);
                Self::local(&ModelSpec::parse(name)?, side, args, needed, control, reporter)?
            }
        };
        // What a model really gives is only known from a vector of its own.
        let probe = match side {
            Side::Pictures => embedder.prepare(RgbImage::from_pixel(64, 64, image::Rgb([127; 3])), None)?,
            Side::Texts => Prepared::Text("a".into()),
        };
        embedder.dim = embedder.embed_some(vec![probe], control)?.first().map_or(0, Vec::len);
        embedder.check(needed)?;
        Ok(embedder)
    }

    fn remote(remote: Remote, side: Side) -> Self {
        // What comes after a question mark may be a secret, and the name is written into every point.
        let name = remote.url().split('?').next().unwrap_or_default().to_owned();
        let remote = Arc::new(remote);
        let lanes = (0..lanes::REMOTE_LANES).map(|_| Box::new(Arc::clone(&remote)) as Box<dyn Lane>).collect();
        Self { name, side, dim: 0, preparation: None, lanes, spare: None, batch: lanes::REMOTE_BATCH }
    }

    fn local(
        spec: &ModelSpec,
        side: Side,
        args: &ModelArgs,
        needed: Option<(&str, usize)>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Self> {
        let (name, files) = match spec {
            ModelSpec::Listed(name) => {
                let listed = catalogue::side_of(name, side)?;
                check_dim(&listed.name, listed.dim, needed)?;
                (name.clone(), listed.files(control, reporter)?)
            }
            ModelSpec::Folder(path) => (path.display().to_string(), folder::find(path, side)?),
        };
        let model = read(&name, side, &files)?;
        let backend = backend(args.onnx, reporter)?;
        reporter.note(format!("{side} go through {name} on {backend}"));
        let fits = cores().min(LANES_BYTES / model.bytes().max(1));
        let batch = match files.quantization {
            // Its numbers depend on what else is in the batch.
            QuantizationMode::Dynamic => 1,
            _ if backend.uses_all_cores() => 16,
            _ => 4,
        };
        let spare = (!backend.uses_all_cores() && fits > 1).then_some(files);
        let mut embedder = Self { name, side, dim: 0, preparation: None, lanes: Vec::new(), spare, batch };
        embedder.add_lane(model)?;
        Ok(embedder)
    }

    fn add_lane(&mut self, model: Model) -> Result<()> {
        let fail = |problem: fastembed::Error| Error::Model { model: self.name.clone(), problem: problem.to_string() };
        let lane: Box<dyn Lane> = match model {
            Model::Pictures(model) => {
                let square = square(&model.preprocessor_file);
                let lane = ImageEmbedding::try_new_from_user_defined(model, ImageInitOptionsUserDefined::new());
                let lane = lane.map_err(fail)?;
                self.preparation = Some(Preparation {
                    // The same numbers as the image crate's own filter gives, several times as fast.
                    preprocessor: lane.preprocessor().with_resize(|picture, width, height, _| {
                        Ok(crate::picture::resize(&picture.into_rgb8(), width, height).into())
                    }),
                    square,
                    name: self.name.clone(),
                });
                Box::new(lane)
            }
            Model::Texts(model) => {
                let lane = TextEmbedding::try_new_from_user_defined(*model, InitOptionsUserDefined::new());
                Box::new(lane.map_err(fail)?)
            }
        };
        self.lanes.push(lane);
        Ok(())
    }

    /// One lane a core, as far as memory allows: for many inputs.
    fn widen(&mut self) -> Result<()> {
        let Some(files) = self.spare.take() else { return Ok(()) };
        let mut more = true;
        while more {
            let model = read(&self.name, self.side, &files)?;
            let lanes = cores().min(LANES_BYTES / model.bytes().max(1));
            self.add_lane(model)?;
            more = self.lanes.len() < lanes;
        }
        Ok(())
    }

    /// The model's name, as `--model` takes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it embeds.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Dimensions of its vectors.
    pub fn dim(&self) -> usize {
        self.dim
    }

    fn check(&self, needed: Option<(&str, usize)>) -> Result<()> {
        check_dim(&self.name, self.dim, needed)
    }

    /// A picture as the model takes it: resized, cropped and normalised, or, for an endpoint, its file. `file` is what
    /// the picture was read from, where there is such.
    pub fn prepare(&self, picture: RgbImage, file: Option<&[u8]>) -> Result<Prepared> {
        match &self.preparation {
            Some(preparation) => preparation.run(picture),
            None => Prepared::file(picture, file),
        }
    }

    /// What [`prepare`](Self::prepare) does, to be used on other threads while the model works.
    pub fn preparer(&self) -> impl Fn(RgbImage, Option<&[u8]>) -> Result<Prepared> + Send + Sync + 'static {
        let preparation = self.preparation.clone();
        move |picture, file| match &preparation {
            Some(preparation) => preparation.run(picture),
            None => Prepared::file(picture, file),
        }
    }

    /// A few inputs, one after the other.
    pub fn embed_some(&mut self, inputs: Vec<Prepared>, control: &Control) -> Result<Vec<Vec<f32>>> {
        let mut vectors = Vec::with_capacity(inputs.len());
        let mut inputs = inputs.into_iter().peekable();
        while inputs.peek().is_some() {
            control.check_whole()?;
            let batch: Vec<Prepared> = inputs.by_ref().take(self.batch).collect();
            let count = batch.len();
            let rows = self.lanes[0].run(batch, control).map_err(|fault| fault.into_error(&self.name))?;
            for row in lanes::checked(&self.name, rows, count, (self.dim > 0).then_some(self.dim))? {
                vectors.push(row.map_err(|problem| Error::Model { model: self.name.clone(), problem })?);
            }
        }
        Ok(vectors)
    }

    /// One text.
    pub fn embed_text(&mut self, text: &str, control: &Control) -> Result<Vec<f32>> {
        Ok(self.embed_some(vec![Prepared::Text(text.to_owned())], control)?.swap_remove(0))
    }

    /// Many inputs: `prepare` runs on worker threads beside the model, everything in between is bounded, and `take` gets
    /// the results in batches, in any order, and an empty batch now and then. An input whose preparation gives `None` is
    /// left out; one that the model cannot do gets its words in place of a vector.
    ///
    /// A cancel ends it within a batch; an error of the preparation, of `take` or of the model ends it, too.
    pub fn embed_all<T: Send, P: Send>(
        &mut self,
        inputs: impl Iterator<Item = T> + Send,
        prepare: impl Fn(T) -> Result<Option<(P, Prepared)>> + Sync,
        control: &Control,
        take: impl FnMut(Vec<(P, Row)>) -> Result<()>,
    ) -> Result<()> {
        self.widen()?;
        lanes::run(&mut self.lanes, self.batch, (&self.name, self.dim), inputs, prepare, control, take)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn check_dim(name: &str, dim: usize, needed: Option<(&str, usize)>) -> Result<()> {
    match needed {
        Some((what, expected)) if dim != expected => Err(Error::Model {
            model: name.to_owned(),
            problem: format!("gives vectors of {dim} dimensions, and {what} has {expected}"),
        }),
        _ => Ok(()),
    }
}

fn read(name: &str, side: Side, files: &Files) -> Result<Model> {
    let fail = |problem: String| Error::Model { model: name.to_owned(), problem };
    Ok(match side {
        Side::Pictures => {
            if !files.externals.is_empty() {
                return Err(fail("has weights beside model.onnx, which is not supported for pictures".into()));
            }
            let onnx = match &files.output {
                Some(output) => graph::with_output(&files.onnx.read()?, output, files.pooling).map_err(fail)?,
                None => files.onnx.read()?,
            };
            Model::Pictures(UserDefinedImageEmbeddingModel::new(onnx, files.side_file("preprocessor_config.json")?))
        }
        Side::Texts => {
            let mut model = files.text_model()?;
            if let Some(output) = &files.output {
                // fastembed pools texts itself, as it knows where each text ends.
                model.onnx_file = graph::with_output(&model.onnx_file, output, None).map_err(fail)?;
            }
            Model::Texts(Box::new(model))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_is_read_where_a_config_leads_to_one() {
        let clip = r#"{"do_resize": true, "size": {"shortest_edge": 224}, "do_center_crop": true,
            "crop_size": {"height": 224, "width": 224}, "image_processor_type": "CLIPImageProcessor"}"#;
        assert_eq!(square(clip.as_bytes()), Some(224));
        for (from, to) in [
            ("\"width\": 224", "\"width\": 200"),
            ("CLIPImage", "ViTImage"),
            ("\"do_resize\": true", "\"do_resize\": false"),
            ("\"shortest_edge\": 224", "\"height\": 224, \"width\": 224"),
        ] {
            assert_eq!(square(clip.replace(from, to).as_bytes()), None, "{to}");
        }
    }
}
