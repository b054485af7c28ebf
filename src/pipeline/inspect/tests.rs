//! Inspectors that live through many inspections.

use std::collections::BTreeSet;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::config::{CollectionArgs, ModelArgs, OnnxChoice};
use crate::demo::artist;
use crate::embed::{self, Hub, Side, listed};
use crate::encoder::{Encoder, EncoderMeta};
use crate::features::confidence;
use crate::numpy::write_matrix;
use crate::picture;

/// Numbers from -1 to 1 without a pattern.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn encoder(dim: usize) -> Encoder {
    Encoder::new(dim, 3, 5, noise(15 * dim, 7), noise(15, 8), EncoderMeta::default()).unwrap()
}

/// A folder with the file of a collection, points 0..n, and an encoder for it.
struct Place {
    folder: TempDir,
    vectors: Vec<f32>,
    dim: usize,
}

impl Place {
    fn new(points: usize, dim: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vectors = noise(points * dim, 1);
        write_matrix(folder.path().join("v.npy"), dim, &vectors).unwrap();
        encoder(dim).write(folder.path().join("e.safetensors")).unwrap();
        Self { folder, vectors, dim }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn inspector(&self, model: &str) -> Inspector {
        let collection = CollectionArgs { vectors: Some(self.path("v.npy")), ..CollectionArgs::default() };
        let model = ModelArgs { model: Some(model.into()), onnx: OnnxChoice::Tract, ..ModelArgs::default() };
        let encoder = self.path("e.safetensors");
        Inspector::open(&encoder, &collection, &model, &Control::new(), &mut Reporter::silent()).unwrap()
    }

    /// A drawing in a file.
    fn draw(&self, kind: &str, name: &str) -> PathBuf {
        self::draw(kind).save(self.path(name)).unwrap();
        self.path(name)
    }
}

fn draw(kind: &str) -> RgbImage {
    artist::draw(artist::kinds().find(|k| k.name == kind).unwrap(), 5, 0, 600).picture
}

fn ask(inspector: &mut Inspector, inputs: &InspectInputs) -> InspectAnswer {
    inspector.inspect(inputs, &InspectSettings::default(), &Control::new(), &mut Reporter::silent()).unwrap()
}

fn ids(ids: impl IntoIterator<Item = u64>) -> InspectInputs {
    InspectInputs { ids: ids.into_iter().map(PointId::Num).collect(), ..InspectInputs::default() }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn an_inspector_can_be_handed_to_a_worker() {
    fn handed<T: Send + 'static>() {}
    handed::<Inspector>();
}

#[test]
fn broken_inputs_are_told_one_by_one_and_all_others_are_judged() {
    let place = Place::new(30, 512);
    let (pizza, apple) = (place.draw("pizza", "pizza.png"), place.draw("apple", "apple.jpg"));
    let (broken, gone) = (place.path("broken.png"), place.path("gone.png"));
    std::fs::write(&broken, "no picture").unwrap();
    let mut rows = noise(4 * 512, 3);
    rows[512 + 9] = f32::NAN;
    write_matrix(place.path("rows.npy"), 512, &rows).unwrap();
    let bytes = |path: &Path| -> Arc<[u8]> { std::fs::read(path).unwrap().into() };
    let inputs = InspectInputs {
        pictures: vec![
            PictureInput::File(pizza.clone()),
            PictureInput::File(broken.clone()),
            PictureInput::Bytes { name: "dropped.jpg".into(), bytes: bytes(&apple) },
            PictureInput::Bytes { name: "bad.jpg".into(), bytes: bytes(&broken) },
            PictureInput::File(gone.clone()),
            PictureInput::Pixels { name: "pasted".into(), picture: Arc::new(draw("pizza")) },
        ],
        texts: vec!["a pizza".into(), "an apple".into()],
        ids: vec![PointId::Num(7), PointId::Num(99), PointId::Num(3)],
        rows: Some(FileRows { path: place.path("rows.npy"), rows: vec![3, 1, 50] }),
    };
    let rows = name(&place.path("rows.npy"));
    let answer = ask(&mut place.inspector(embed::DEMO), &inputs);
    let judged: Vec<&str> = answer.items.iter().map(|i| i.input.as_str()).collect();
    let third = format!("{rows}#3");
    assert_eq!(
        judged,
        [&name(&pizza), "dropped.jpg", "pasted", "\"a pizza\"", "\"an apple\"", "7", "3", third.as_str()]
    );
    let failed = &answer.failed;
    let lost = [name(&broken), "bad.jpg".into(), name(&gone), "99".into(), format!("{rows}#50"), format!("{rows}#1")];
    assert_eq!(failed.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), lost);
    // The words do not say the name again.
    assert!(failed[0].1.starts_with("is not a picture; JPEG") && failed[1].1 == failed[0].1, "{failed:?}");
    assert_eq!(failed[2].1, "not found");
    assert!(failed[3].1.contains("has no point 99") && failed[4].1.contains("has no row 50"), "{failed:?}");
    assert!(failed[5].1.contains("row 1 holds NaN") && failed[5].1.ends_with("remove or mend that row"), "{failed:?}");

    // What the screen needs is there, and none of it is in the JSON.
    let pictures: Vec<_> = answer.items.iter().map(|i| i.picture.as_ref()).collect();
    assert!(matches!(pictures[0], Some(PictureSource::File(path)) if *path == pizza));
    assert!(matches!(pictures[1], Some(PictureSource::Pixels(small)) if small.dimensions() == (512, 512)));
    assert!(matches!(pictures[2], Some(PictureSource::Pixels(_))));
    assert!(pictures[3..].iter().all(Option::is_none));
    for item in &answer.items {
        assert_eq!(item.outputs, encoder(512).encode(&item.vector));
        assert_eq!(item.confidence, confidence(&item.outputs, 5));
        assert_eq!((item.cutoff, item.nearest.len()), (answer.cutoff, 5));
    }
    let json = serde_json::to_value(&answer).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let named = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(keys(&json), named(&["points", "cutoff", "outlier_percentile", "held_out", "items"]));
    let item = ["input", "confidence", "percentile", "verdict", "blocks", "sparse", "fallback_top_k", "nearest"];
    assert_eq!(keys(&json["items"][0]), named(&item));
}

#[test]
fn a_picture_is_the_same_from_its_file_its_bytes_and_its_pixels() {
    let place = Place::new(20, 512);
    let file = place.draw("burger", "burger.png");
    let bytes: Arc<[u8]> = std::fs::read(&file).unwrap().into();
    let pixels = draw("burger");
    // As a clipboard has it: with a transparency that nobody sees through.
    let rgba = image::DynamicImage::from(pixels.clone()).into_rgba8().into_raw();
    let limits = picture::Limits::default();
    assert_eq!(picture::from_rgba(600, 600, rgba.clone(), "pasted", &limits).unwrap(), pixels);
    let wrong = picture::from_rgba(600, 601, rgba, "pasted", &limits).unwrap_err().to_string();
    assert!(wrong.contains("pasted: is said to be 600 x 601 pixels"), "{wrong}");
    let mut inspector = place.inspector(embed::DEMO);
    let pictures = vec![
        PictureInput::File(file),
        PictureInput::Bytes { name: "b".into(), bytes: Arc::clone(&bytes) },
        PictureInput::Pixels { name: "p".into(), picture: Arc::new(pixels) },
    ];
    let answer = ask(&mut inspector, &InspectInputs { pictures, ..InspectInputs::default() });
    let [file, dropped, pasted] = &answer.items[..] else { panic!("{:?}", answer.failed) };
    assert_eq!(file.vector, dropped.vector);
    assert_eq!(file.vector, pasted.vector);
    let imported = picture::point_id(&picture::digest(&bytes));
    assert_eq!((file.id, dropped.id, pasted.id), (Some(imported), Some(imported), None));
}

#[test]
fn what_is_slow_is_done_once_and_a_scale_can_be_given() {
    let place = Place::new(200, 8);
    let mut inspector = place.inspector(embed::DEMO);
    let first = ask(&mut inspector, &ids([0, 1]));
    // The scale is over every point, as there are few.
    let outputs = encoder(8).encode(&place.vectors);
    let all: Vec<f32> = outputs.chunks(15).map(|y| confidence(y, 5)).collect();
    let twin = ConfidenceScale::new(all.iter().copied());
    assert_eq!((&*first.scale, first.points, first.held_out), (&twin, 200, false));
    assert_eq!(Some(first.items[1].percentile), twin.percentile(all[1]));
    assert_eq!(first.items[1].vector, place.vectors[place.dim..2 * place.dim]);
    let again = ask(&mut inspector, &ids(0..200));
    assert!(Arc::ptr_eq(&first.scale, &again.scale), "computed once");
    assert_eq!(again.items[1].percentile, first.items[1].percentile);
    let below = again.items.iter().filter(|i| i.verdict == Verdict::Outlier).count();
    assert_eq!(below, all.iter().filter(|c| **c < first.cutoff).count());

    // Under one that says that all points are very sure, everything is an outlier.
    inspector.set_scale(Arc::new(ConfidenceScale::new([0.98, 0.99])));
    let under = ask(&mut inspector, &ids([1]));
    assert_eq!((under.points, under.items[0].percentile, under.items[0].verdict), (2, 0.0, Verdict::Outlier));
    let loose = InspectSettings { outlier_percentile: 0.0, nearest: 0, threshold: 0.0, ..InspectSettings::default() };
    inspector.set_scale(Arc::clone(&first.scale));
    let least = inspector.inspect(&ids([1]), &loose, &Control::new(), &mut Reporter::silent()).unwrap();
    assert_eq!((least.items[0].verdict, least.items[0].nearest.len(), least.items[0].sparse.len()), {
        (Verdict::Fits, 0, 15)
    });
}

#[test]
fn an_answer_may_hold_failures_alone_and_a_cancel_is_none_of_them() {
    let place = Place::new(20, 8);
    let mut inspector = place.inspector(embed::DEMO);
    // The demo's model gives 512 dimensions, which is found out before anything is opened.
    let inputs = InspectInputs {
        pictures: vec![PictureInput::File(place.path("a.png")), PictureInput::File(place.path("b.png"))],
        texts: vec!["x".into()],
        ..InspectInputs::default()
    };
    let answer = ask(&mut inspector, &inputs);
    assert!(answer.items.is_empty() && answer.points == 20);
    let names: Vec<&str> = answer.failed.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(names, [&name(&place.path("a.png")), &name(&place.path("b.png")), "\"x\""]);
    let fits = |f: &(String, String)| f.1.contains("gives vectors of 512 dimensions, and ") && f.1.contains("has 8");
    assert!(answer.failed.iter().all(fits), "{:?}", answer.failed);

    let control = Control::new();
    control.cancel();
    for inputs in [inputs, ids([1])] {
        let ended = inspector.inspect(&inputs, &InspectSettings::default(), &control, &mut Reporter::silent());
        assert!(matches!(ended, Err(Error::Cancelled)));
    }
}

#[test]
fn a_model_without_a_text_side_says_so_and_points_are_judged_all_the_same() {
    let place = Place::new(20, 8);
    let mut inspector = place.inspector("Qdrant/resnet50-onnx");
    let answer = ask(&mut inspector, &InspectInputs { texts: vec!["a pizza".into()], ..ids([2]) });
    assert_eq!(answer.items.len(), 1);
    let [(input, words)] = &answer.failed[..] else { panic!("{:?}", answer.failed) };
    assert_eq!(input, "\"a pizza\"");
    assert!(words.contains("has no side for texts"), "{words}");
    assert!(inspector.needs_download(Side::Texts, &Control::new()).is_err(), "nor can it be downloaded");
}

/// A model that is not here is told before it is downloaded, and without consent nothing is.
#[test]
fn nothing_is_downloaded_unasked() {
    let hub = Hub::from_env().unwrap();
    // Whatever this machine has of them, it has not all.
    let absent = listed().into_iter().find(|m| m.side == Side::Texts && !m.is_here(&hub)).unwrap();
    let before = hub.folder(&absent.name).exists();
    let place = Place::new(20, absent.dim);
    let mut inspector = place.inspector(&absent.name);
    let answer = ask(&mut inspector, &InspectInputs { texts: vec!["a".into(), "b".into()], ..ids([2]) });
    assert_eq!((answer.items.len(), answer.failed.len()), (1, 2));
    for (_, words) in &answer.failed {
        assert!(words.contains(&absent.name) && words.contains("allow its download"), "{words}");
    }
    assert_eq!(hub.folder(&absent.name).exists(), before);
    // What is part of the program needs no download.
    let place = Place::new(20, 512);
    let mut inspector = place.inspector(embed::DEMO);
    for side in [Side::Pictures, Side::Texts] {
        assert_eq!(inspector.needs_download(side, &Control::new()).unwrap(), None);
    }
}

#[test]
fn an_encoder_of_other_dimensions_is_refused_at_once() {
    let place = Place::new(20, 8);
    encoder(9).write(place.path("e.safetensors")).unwrap();
    let collection = CollectionArgs { vectors: Some(place.path("v.npy")), ..CollectionArgs::default() };
    let model = ModelArgs::default();
    let opened =
        Inspector::open(&place.path("e.safetensors"), &collection, &model, &Control::new(), &mut Reporter::silent());
    assert!(matches!(opened.err(), Some(Error::Dimension { found: 8, expected: 9, .. })));
}
