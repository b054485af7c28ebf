//! What is inspected: pictures, texts, points and rows of a file, each made into a vector.

use std::path::PathBuf;
use std::sync::Arc;

use image::RgbImage;

use super::PictureSource;
use super::inspector::{InspectSettings, Inspector};
use crate::config::InspectConfig;
use crate::embed::{Embedder, Prepared, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::numpy::{self, NpyMatrix};
use crate::picture::{self, Limits};
use crate::source::{Payload, PointId, Want};

/// Pixels on the longer edge of a picture that is kept for the screen.
const CARD: u32 = 512;

/// What to inspect.
#[derive(Clone, Debug, Default)]
pub struct InspectInputs {
    /// Pictures, which go through the model that the collection was made with.
    pub pictures: Vec<PictureInput>,
    /// Texts, through the text side of that model.
    pub texts: Vec<String>,
    /// Points of the collection.
    pub ids: Vec<PointId>,
    /// Vectors of a file.
    pub rows: Option<FileRows>,
}

/// A picture to inspect.
#[derive(Clone, Debug)]
pub enum PictureInput {
    /// A file.
    File(PathBuf),
    /// The bytes of a file that has no path, such as one dropped by a browser.
    Bytes {
        /// How the answer calls it.
        name: String,
        /// The file's bytes.
        bytes: Arc<[u8]>,
    },
    /// Pixels that were never in a file, such as those of the clipboard (see [`picture::from_rgba`]).
    Pixels {
        /// How the answer calls it.
        name: String,
        /// The pixels.
        picture: Arc<RgbImage>,
    },
}

/// Rows of a NumPy file of vectors, rows x dimensions.
#[derive(Clone, Debug)]
pub struct FileRows {
    /// The file.
    pub path: PathBuf,
    /// The rows, counted from 0; all of them where none is named.
    pub rows: Vec<u64>,
}

impl InspectInputs {
    pub(super) fn of(config: &InspectConfig) -> Self {
        Self {
            pictures: config.pictures.iter().cloned().map(PictureInput::File).collect(),
            texts: config.text.clone(),
            ids: config.id.clone(),
            rows: config.input.clone().map(|path| FileRows { path, rows: Vec::new() }),
        }
    }

    /// Whether there is nothing to inspect.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty() && !self.has_others()
    }

    /// Whether anything but pictures is to be inspected.
    pub(in crate::pipeline) fn has_others(&self) -> bool {
        !self.texts.is_empty() || !self.ids.is_empty() || self.rows.is_some()
    }
}

impl PictureInput {
    /// How the answer calls it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Bytes { name, .. } | Self::Pixels { name, .. } => name.clone(),
        }
    }

    /// As the vector that a model makes of it.
    pub(in crate::pipeline) fn embed(&self, embedder: &mut Embedder, control: &Control) -> Result<Vec<f32>> {
        let read = self.read()?;
        let prepared = embedder.prepare(read.pixels, read.bytes.as_deref())?;
        Ok(embedder.embed_some(vec![prepared], control)?.swap_remove(0))
    }

    fn read(&self) -> Result<ReadPicture> {
        let limits = Limits::default();
        Ok(match self {
            Self::File(path) => {
                let bytes = picture::read_bytes(path, &limits)?;
                let pixels = picture::from_bytes(&bytes, path, &limits)?.pixels;
                ReadPicture {
                    id: Some(id_of(&bytes)),
                    pixels,
                    bytes: Some(bytes),
                    source: PictureSource::File(path.clone()),
                }
            }
            Self::Bytes { name, bytes } => {
                let pixels = picture::from_bytes(bytes, name, &limits)?.pixels;
                let source = PictureSource::Pixels(Arc::new(picture::small(&pixels, CARD)));
                ReadPicture { id: Some(id_of(bytes)), pixels, bytes: Some(bytes.to_vec()), source }
            }
            Self::Pixels { picture, .. } => {
                let source = PictureSource::Pixels(Arc::new(picture::small(picture, CARD)));
                ReadPicture { id: None, pixels: RgbImage::clone(picture), bytes: None, source }
            }
        })
    }
}

/// The id that an import gives a picture: one that was imported is a point of its own.
fn id_of(bytes: &[u8]) -> PointId {
    picture::point_id(&picture::digest(bytes))
}

struct ReadPicture {
    id: Option<PointId>,
    pixels: RgbImage,
    bytes: Option<Vec<u8>>,
    source: PictureSource,
}

/// An input, embedded.
pub(in crate::pipeline) struct Input {
    pub(in crate::pipeline) name: String,
    pub(in crate::pipeline) id: Option<PointId>,
    pub(in crate::pipeline) vector: Vec<f32>,
    pub(in crate::pipeline) payload: Payload,
    pub(in crate::pipeline) picture: Option<PictureSource>,
}

impl Input {
    fn new(name: String, vector: Vec<f32>) -> Self {
        Self { name, id: None, vector, payload: Payload::new(), picture: None }
    }
}

/// Inputs that cannot be judged, all for the same reason.
pub(in crate::pipeline) struct Fault {
    pub(in crate::pipeline) inputs: Vec<String>,
    pub(in crate::pipeline) error: Error,
    /// Whether it is the content of one picture that is at fault.
    pub(in crate::pipeline) unreadable: bool,
}

/// What becomes of inputs that cannot be judged: they are left out, or the error that comes back ends it all. A cancel is
/// no such fault.
type Refuse<'a> = dyn FnMut(Fault, &mut Reporter) -> Result<()> + 'a;

fn refuse(
    refuse: &mut Refuse,
    inputs: impl IntoIterator<Item = String>,
    error: Error,
    unreadable: bool,
    reporter: &mut Reporter,
) -> Result<()> {
    match error {
        Error::Cancelled => Err(error),
        error => refuse(Fault { inputs: inputs.into_iter().collect(), error, unreadable }, reporter),
    }
}

/// Whether a model's failure says something of the one input, and not of the model or the way to it.
fn is_about_input(error: &Error) -> bool {
    matches!(error, Error::Model { .. } | Error::Endpoint { refused: true, .. })
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

impl Inspector {
    /// Every input as a vector, in the order of the inputs; without those that are refused.
    pub(in crate::pipeline) fn gather(
        &mut self,
        inputs: &InspectInputs,
        settings: &InspectSettings,
        on_fault: &mut Refuse,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Input>> {
        let mut found = self.embed_pictures(&inputs.pictures, settings, on_fault, control, reporter)?;
        found.extend(self.embed_texts(&inputs.texts, settings, on_fault, control, reporter)?);
        found.extend(self.points(&inputs.ids, on_fault, control, reporter)?);
        if let Some(rows) = &inputs.rows {
            found.extend(self.rows(rows, on_fault, reporter)?);
        }
        Ok(found)
    }

    fn embed_pictures(
        &mut self,
        pictures: &[PictureInput],
        settings: &InspectSettings,
        on_fault: &mut Refuse,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Input>> {
        let mut found = Vec::with_capacity(pictures.len());
        if pictures.is_empty() {
            return Ok(found);
        }
        let names = |pictures: &[PictureInput]| pictures.iter().map(PictureInput::name).collect::<Vec<_>>();
        let embedder = match self.embedder(Side::Pictures, settings.allow_download, control, reporter) {
            Ok(embedder) => embedder,
            Err(error) => {
                refuse(on_fault, names(pictures), error, false, reporter)?;
                return Ok(found);
            }
        };
        reporter.stage("embedding pictures", "pictures", Some(pictures.len() as u64));
        for (i, picture) in pictures.iter().enumerate() {
            control.check_whole()?;
            let prepared = picture
                .read()
                .and_then(|read| Ok((read.id, read.source, embedder.prepare(read.pixels, read.bytes.as_deref())?)));
            match prepared {
                Err(error) => refuse(on_fault, [picture.name()], error, true, reporter)?,
                Ok((id, source, prepared)) => match embedder.embed_some(vec![prepared], control) {
                    Ok(mut vectors) => {
                        let input = Input::new(picture.name(), vectors.swap_remove(0));
                        found.push(Input { id, picture: Some(source), ..input });
                    }
                    Err(error) if is_about_input(&error) => refuse(on_fault, [picture.name()], error, false, reporter)?,
                    Err(error) => {
                        refuse(on_fault, names(&pictures[i..]), error, false, reporter)?;
                        break;
                    }
                },
            }
            reporter.advance(1);
        }
        Ok(found)
    }

    fn embed_texts(
        &mut self,
        texts: &[String],
        settings: &InspectSettings,
        on_fault: &mut Refuse,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Input>> {
        let mut found = Vec::with_capacity(texts.len());
        if texts.is_empty() {
            return Ok(found);
        }
        let names = |texts: &[String]| texts.iter().map(|t| quoted(t)).collect::<Vec<_>>();
        let embedder = match self.embedder(Side::Texts, settings.allow_download, control, reporter) {
            Ok(embedder) => embedder,
            Err(error) => {
                refuse(on_fault, names(texts), error, false, reporter)?;
                return Ok(found);
            }
        };
        let prepared = |texts: &[String]| texts.iter().map(|t| Prepared::Text(t.clone())).collect();
        match embedder.embed_some(prepared(texts), control) {
            Ok(vectors) => {
                found.extend(texts.iter().zip(vectors).map(|(text, vector)| Input::new(quoted(text), vector)));
            }
            // One of them is at fault, which shows when each is given alone.
            Err(error) if texts.len() > 1 && is_about_input(&error) => {
                for text in texts {
                    match embedder.embed_text(text, control) {
                        Ok(vector) => found.push(Input::new(quoted(text), vector)),
                        Err(error) => refuse(on_fault, [quoted(text)], error, false, reporter)?,
                    }
                }
            }
            Err(error) => refuse(on_fault, names(texts), error, false, reporter)?,
        }
        Ok(found)
    }

    /// Points of the collection.
    fn points(
        &mut self,
        ids: &[PointId],
        on_fault: &mut Refuse,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<Input>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let page = self.source.by_ids(ids, Want::ALL, control)?;
        for missing in ids.iter().filter(|id| !page.ids.contains(id)) {
            let problem = format!("{} has no point {missing} with that vector", self.source.info().title);
            refuse(on_fault, [missing.to_string()], Error::setting(problem), false, reporter)?;
        }
        let vectors = page.vectors.chunks(self.encoder.dim());
        let points = page.ids.iter().zip(vectors).zip(page.payloads).map(|((id, vector), payload)| Input {
            id: Some(*id),
            payload,
            ..Input::new(id.to_string(), vector.to_vec())
        });
        Ok(points.collect())
    }

    /// Vectors of a file.
    fn rows(&self, wanted: &FileRows, on_fault: &mut Refuse, reporter: &mut Reporter) -> Result<Vec<Input>> {
        let title = wanted.path.display().to_string();
        let dim = self.encoder.dim();
        let read = || {
            let mut file = NpyMatrix::open(&wanted.path)?;
            self.encoder.check_dim(&title, file.columns())?;
            if wanted.rows.is_empty() {
                return Ok(((0..file.rows()).collect(), Vec::new(), file.read_all()?));
            }
            let (rows, gone): (Vec<u64>, Vec<u64>) = wanted.rows.iter().partition(|row| **row < file.rows());
            let mut vectors = Vec::with_capacity(rows.len() * dim);
            rows.iter().try_for_each(|row| file.read_rows(*row, 1, &mut vectors))?;
            Ok((rows, gone, vectors))
        };
        let (rows, gone, vectors): (Vec<u64>, Vec<u64>, Vec<f32>) = match read() {
            Ok(read) => read,
            Err(error) => {
                refuse(on_fault, [title], error, false, reporter)?;
                return Ok(Vec::new());
            }
        };
        for row in gone {
            let error = Error::file(&wanted.path, format!("has no row {row}"));
            refuse(on_fault, [format!("{title}#{row}")], error, false, reporter)?;
        }
        let mut found = Vec::with_capacity(rows.len());
        for (row, vector) in rows.into_iter().zip(vectors.chunks(dim)) {
            let name = format!("{title}#{row}");
            match numpy::check_finite(&title, vector, dim, row) {
                Ok(()) => found.push(Input::new(name, vector.to_vec())),
                Err(error) => refuse(on_fault, [name], error, false, reporter)?,
            }
        }
        Ok(found)
    }
}
