//! The demo: draws a collection of dishes, embeds and stores it, trains an encoder on it, and inspects four drawings.
//!
//! Every step takes what an earlier run has left, so that it goes on where it was stopped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;
use serde::{Deserialize, Serialize};

use super::import::{MODEL_FIELD, Writer};
use super::{InspectAnswer, InspectInputs, InspectSettings, Inspector, PictureInput, train};
use crate::atomic_file;
use crate::config::{CollectionArgs, DemoConfig, ModelArgs, ObjectiveKind, TrainConfig};
use crate::demo::{self, artist};
use crate::embed::{self, Embedder, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::source::{self, Distance, Layout, NewPoint, NewVector, PointId};

/// The quality of the drawings' files.
const QUALITY: u8 = 88;

/// What `demo` did.
#[derive(Clone, Debug, Serialize)]
pub struct DemoAnswer {
    /// The folder: an embedded store, with the drawings and the encoder beside the collection.
    pub store: PathBuf,
    /// The collection's name.
    pub collection: &'static str,
    /// The encoder's file.
    pub encoder: PathBuf,
    /// Dishes of the collection.
    pub dishes: u64,
    /// How many of them were drawn in this run; the others were there.
    pub drawn: u64,
    /// Whether the encoder was trained in this run.
    pub trained: bool,
    /// Seconds of all of it.
    pub seconds: f64,
    /// What the encoder says of the four drawings.
    #[serde(flatten)]
    pub inspected: InspectAnswer,
}

impl DemoAnswer {
    /// The collection, as it is named everywhere.
    pub fn place(&self) -> CollectionArgs {
        collection_in(&self.store)
    }
}

fn collection_in(store: &Path) -> CollectionArgs {
    CollectionArgs {
        store: Some(store.to_owned()),
        collection: Some(demo::COLLECTION.into()),
        ..CollectionArgs::default()
    }
}

/// What a demo was made with: one of other drawings, another model or another size begins anew.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Made {
    /// Raised when the drawings change.
    drawings: u32,
    dishes: u32,
    /// The hash of the demo's model.
    model: String,
}

impl Made {
    fn now(dishes: u32) -> Self {
        Self { drawings: 1, dishes, model: embed::demo_model_digest() }
    }
}

/// The file that says so, and that all the rest in the folder is the demo's.
const MADE: &str = "demo.json";

/// What the demo makes beside its collection.
const FOLDERS: [&str; 3] = [demo::COLLECTION, "pictures", "logs"];
const FILES: [&str; 2] = ["encoder.safetensors", "encoder.last.safetensors"];

pub(super) fn run(config: &DemoConfig, control: &Control, reporter: &mut Reporter) -> Result<DemoAnswer> {
    let began = Instant::now();
    let dishes = if config.dishes == 0 { DemoConfig::DISHES } else { config.dishes };
    let store = match &config.store {
        Some(folder) => folder.clone(),
        None => demo::default_folder()
            .ok_or_else(|| Error::setting("there is no folder for the user's data: name one with --store DIR"))?,
    };
    let store = std::path::absolute(&store).map_err(Error::io(&store))?;
    make_room(&store, config.fresh, dishes, reporter)?;
    let encoder = store.join("encoder.safetensors");
    let collection = collection_in(&store);
    let model = ModelArgs { model: Some(embed::DEMO.into()), onnx: config.onnx, ..ModelArgs::default() };
    let mut embedder = Embedder::open(&model, None, Side::Pictures, None, control, reporter)?;
    let drawn = draw(&store, &collection, dishes, &mut embedder, control, reporter)?;
    // An encoder is trained on the whole collection or not at all.
    let trained = drawn > 0 || !encoder.is_file();
    if trained {
        let settings = TrainConfig {
            collection: collection.clone(),
            sample: dishes as usize,
            output: encoder.clone(),
            log_dir: store.join("logs"),
            ..TrainConfig::preset(ObjectiveKind::Balanced)
        };
        train::run(&settings, control, reporter)?;
        // A training that was stopped keeps what it has, and the rest of the demo with it.
        control.check_whole()?;
    }
    let mut inspector = Inspector::open(&encoder, &collection, &model, control, reporter)?;
    inspector.set_embedder(embedder);
    let inspected = inspect_fresh(&mut inspector, control, reporter)?;
    Ok(DemoAnswer {
        store,
        collection: demo::COLLECTION,
        encoder,
        dishes: dishes.into(),
        drawn,
        trained,
        seconds: began.elapsed().as_secs_f64(),
        inspected,
    })
}

/// Clears away a demo that is not wanted or was made otherwise. A folder with things of those names that no demo has
/// made is refused, and everything else in it is left alone.
fn make_room(store: &Path, fresh: bool, dishes: u32, reporter: &mut Reporter) -> Result<()> {
    fs::create_dir_all(store).map_err(Error::io(store))?;
    let now = Made::now(dishes);
    let path = store.join(MADE);
    let text = serde_json::to_vec_pretty(&now).unwrap_or_default();
    let before = fs::read(&path).ok().map(|text| serde_json::from_slice::<Made>(&text).ok());
    match before {
        Some(Some(made)) if made == now && !fresh => return Ok(()),
        Some(Some(_)) => {
            if !fresh {
                reporter.note("the demo that is here was made otherwise; beginning anew");
            }
            // First, as it is refused where the collection is open: then nothing has changed.
            source::remove_from_store(store, demo::COLLECTION)?;
            // Should this be killed half-way, what is left is no demo that could be gone on with.
            atomic_file::write(&path, &serde_json::to_vec(&Made { dishes: 0, ..now }).unwrap_or_default())?;
            let gone = |path: PathBuf, removed: std::io::Result<()>| match removed {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io(&path)(e)),
                _ => Ok(()),
            };
            for folder in FOLDERS.map(|name| store.join(name)) {
                let removed = fs::remove_dir_all(&folder);
                gone(folder, removed)?;
            }
            for file in FILES.map(|name| store.join(name)) {
                let removed = fs::remove_file(&file);
                gone(file, removed)?;
            }
        }
        _ => {
            let names = [MADE].into_iter().chain(FOLDERS).chain(FILES);
            if let Some(name) = names.into_iter().find(|name| store.join(name).exists()) {
                let problem = format!("holds a \"{name}\" that is not the demo's; name another folder with --store");
                return Err(Error::Store { path: store.to_owned(), problem });
            }
        }
    }
    atomic_file::write(&path, &text)
}

/// Draws, embeds and stores the dishes that are not there yet; gives how many they were.
fn draw(
    store: &Path,
    collection: &CollectionArgs,
    dishes: u32,
    embedder: &mut Embedder,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<u64> {
    let layout = Layout::Dense { name: String::new(), dim: embedder.dim(), distance: Distance::Cosine };
    let mut sink = source::open_sink(collection, demo::COLLECTION, &layout, control, reporter)?;
    let all: Vec<PointId> = (0..u64::from(dishes)).map(PointId::Num).collect();
    let there: std::collections::HashSet<PointId> = sink.existing(&all, control)?.into_iter().collect();
    let missing: Vec<u64> = (0..u64::from(dishes)).filter(|i| !there.contains(&PointId::Num(*i))).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    if !there.is_empty() {
        reporter.note(format!("{} dishes are there already", there.len()));
    }
    let pictures = store.join("pictures");
    fs::create_dir_all(&pictures).map_err(Error::io(&pictures))?;
    reporter.stage("drawing and embedding dishes", "dishes", Some(missing.len() as u64));
    let prepare = embedder.preparer();
    let one = |index: u64| {
        let drawing = demo::dish(index);
        let path = pictures.join(format!("{index:06}.jpg"));
        write_picture(&path, &drawing.picture)?;
        let mut payload = demo::payload(&drawing.factors);
        payload.insert("path".into(), path.to_string_lossy().into());
        payload.insert(MODEL_FIELD.into(), embed::DEMO.into());
        Ok(Some(((index, payload), prepare(drawing.picture, None)?)))
    };
    let mut writer = Writer::new(sink);
    let ended = embedder.embed_all(missing.iter().copied(), one, control, |found| {
        let mut points = Vec::with_capacity(found.len());
        for ((index, payload), row) in found {
            let vector = row.map_err(|problem| Error::Model { model: embed::DEMO.into(), problem })?;
            points.push(NewPoint { id: PointId::Num(index), vector: NewVector::Dense(vector), payload });
        }
        writer.add(points.into_iter(), control, reporter)
    });
    writer.finish(ended, reporter)
}

fn write_picture(path: &Path, picture: &image::RgbImage) -> Result<()> {
    let mut jpeg = Vec::with_capacity(1 << 14);
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))
        .map_err(|e| Error::file(path, format!("could not be encoded: {e}")))?;
    // One that a killed process has left half written is drawn again, as its point is not there.
    fs::write(path, jpeg).map_err(Error::io(path))
}

/// Inspects the first drawing of each kind that is in no collection.
fn inspect_fresh(inspector: &mut Inspector, control: &Control, reporter: &mut Reporter) -> Result<InspectAnswer> {
    let mut inputs = InspectInputs::default();
    for name in demo::INSPECTED {
        let kind = artist::kinds().find(|k| k.name == name);
        let kind = kind.ok_or_else(|| Error::setting(format!("the artist knows no {name}")))?;
        let drawing = demo::fresh(kind, 0);
        let name = demo::short_caption(&drawing.factors).to_owned();
        inputs.pictures.push(PictureInput::Pixels { name, picture: Arc::new(drawing.picture) });
    }
    let mut answer = inspector.inspect(&inputs, &InspectSettings::default(), control, reporter)?;
    if let Some((drawing, problem)) = answer.failed.first() {
        return Err(Error::Model { model: embed::DEMO.into(), problem: format!("{drawing}: {problem}") });
    }
    for (item, name) in answer.items.iter_mut().zip(demo::INSPECTED) {
        item.kind = Some(name);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::EdgeStore;

    /// The window may show the demo while another one is asked for.
    #[test]
    fn a_demo_that_is_open_is_not_cleared_away() {
        let store = tempfile::tempdir().unwrap();
        let path = |name: &str| store.path().join(name);
        let before = serde_json::to_vec(&Made::now(100)).unwrap();
        fs::write(path(MADE), &before).unwrap();
        fs::write(path(FILES[0]), "an encoder").unwrap();
        let layout = Layout::Dense { name: String::new(), dim: 4, distance: Distance::Cosine };
        let open = EdgeStore::open_or_create(store.path(), demo::COLLECTION, &layout).unwrap();
        for (fresh, dishes) in [(true, 100), (false, 200)] {
            let error = make_room(store.path(), fresh, dishes, &mut Reporter::silent()).unwrap_err();
            assert!(matches!(&error, Error::StoreInUse { path } if path.ends_with(demo::COLLECTION)), "{error}");
            assert_eq!(fs::read(path(MADE)).unwrap(), before);
            assert!(path(FILES[0]).is_file() && path(demo::COLLECTION).is_dir(), "nothing has changed");
        }
        // One that is only gone on with may be open.
        make_room(store.path(), false, 100, &mut Reporter::silent()).unwrap();
        drop(open);
        make_room(store.path(), true, 200, &mut Reporter::silent()).unwrap();
        assert!(!path(FILES[0]).exists() && !path(demo::COLLECTION).exists());
        assert_eq!(serde_json::from_slice::<Made>(&fs::read(path(MADE)).unwrap()).unwrap(), Made::now(200));
    }
}
