//! The inspect screen: what comes in, the cards, the threshold, the panel at the right, choosing a point, and saving.

mod flows;
mod outliers;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockscope::app::document::{self, Document, OpenEncoder};
use blockscope::app::inspect::{Command, Found, Note, Paint, Question, Texts, What, Work};
use blockscope::app::{
    App, Change, Command as Any, Dialog, Found as AnyFound, Problem, Screen, Selected, Work as AnyWork, features,
};
use blockscope::config::CollectionArgs;
use blockscope::demo::{self, artist};
use blockscope::embed::{self, Download};
use blockscope::encoder::{Encoder, EncoderMeta};
use blockscope::features::{ConfidenceScale, answers, confidence};
use blockscope::job::{Control, Event, Outcome, Progress, Reporter, Task};
use blockscope::pipeline::{InspectItem, NearestPoint, Verdict};
use blockscope::point::{Distance, Payload, PointId};
use blockscope::source::SourceInfo;
use blockscope::ui::screens::inspect::draw_figure;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, ColorImage, Key, OutputCommand, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::stage::renderer;
use super::whole::{Whole, drop_file, living, scenes, scripted, until, window};

const SIZE: [f32; 2] = [1_360.0, 900.0];
const BLOCKS: usize = 4;
const PLACES: usize = 64;
const PAINT: Paint = Paint { draw: draw_figure, dark: false };

/// Numbers from 0 to 1 without a pattern.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as f32) / (1u64 << 31) as f32
    }
}

fn encoder(dim: usize) -> Arc<Encoder> {
    let mut next = noise(1);
    let weights = (0..BLOCKS * PLACES * dim).map(|_| next() - 0.5).collect();
    Arc::new(Encoder::new(dim, BLOCKS, PLACES, weights, vec![0.0; BLOCKS * PLACES], EncoderMeta::default()).unwrap())
}

fn payload(id: u64) -> Payload {
    let words =
        ["a red soup with basil", "a chocolate cake", "a margherita pizza", "two salmon sushi", "a green salad"];
    let made = serde_json::json!({ "caption": words[id as usize % words.len()], "dish": id % 9, "table": "striped" });
    made.as_object().cloned().unwrap()
}

/// A state with the demo's collection, and an encoder where one is wanted.
fn opened(with_encoder: bool) -> App {
    let mut app = scripted();
    let collection = CollectionArgs { collection: Some("food".into()), ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(collection.clone()), encoder: None, then: None };
    app.handle(Any::Document(open));
    let (key, _) = app.jobs.take().expect("it is opened");
    let info =
        SourceInfo { title: "food".into(), name: "food".into(), dim: 512, distance: Distance::Cosine, points: 1_200 };
    let path = PathBuf::from("/nowhere/food.safetensors");
    let document = Document {
        collection,
        info,
        first: (0..64).map(|id| (PointId::Num(id), Arc::new(payload(id)))).collect(),
        model: Some(embed::DEMO.into()),
        guessed_picture: None,
        guessed_text: Some("caption".into()),
        encoder: with_encoder.then(|| OpenEncoder { path, encoder: encoder(512) }),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
    app.handle(Any::Show(Screen::Inspect));
    app
}

/// What an encoder could say of something: each block as sure as `sure`, with another winner for each seed.
fn item(input: &str, seed: u64, sure: f32) -> InspectItem {
    let mut next = noise(seed);
    let mut outputs = Vec::new();
    for _ in 0..BLOCKS {
        let mut block: Vec<f32> = (0..PLACES).map(|_| next().powi(14)).collect();
        let sure = (sure + (next() - 0.5) * 0.2).clamp(0.03, 0.97);
        let sum: f32 = block.iter().sum();
        block.iter_mut().for_each(|value| *value *= (1.0 - sure) / sum);
        block[(next() * PLACES as f32) as usize % PLACES] += sure;
        outputs.extend(block);
    }
    let near = |n: u64| NearestPoint {
        id: PointId::Num(seed * 10 + n),
        score: 0.96 - 0.021 * n as f32,
        payload: payload(seed * 10 + n),
    };
    InspectItem {
        input: input.into(),
        kind: None,
        confidence: confidence(&outputs, PLACES),
        percentile: 0.0,
        verdict: Verdict::Fits,
        blocks: answers(&outputs, PLACES),
        sparse: Default::default(),
        fallback_top_k: None,
        nearest: (1..=8).map(near).collect(),
        payload: Payload::default(),
        id: None,
        vector: vec![0.0; 512],
        outputs,
        cutoff: 0.0,
        picture: None,
    }
}

/// Confidences as a collection has them: most points are fairly sure.
fn scale() -> Arc<ConfidenceScale> {
    let mut next = noise(3);
    let mut normal = move || (0..6).map(|_| next()).sum::<f32>() / 6.0;
    Arc::new(ConfidenceScale::new((0..1_200).map(|_| (0.15 + normal() * 1.0).min(0.99))))
}

/// How sure the made-up encoder is of a card.
fn sure(name: &str) -> f32 {
    if name.contains("car") { 0.09 } else { 0.62 }
}

/// Does what was asked for as workers would; inputs are judged by a made-up encoder, and those called broken fail.
fn play(app: &mut App) {
    for _ in 0..12 {
        while let Some((key, work)) = app.jobs.take() {
            let found = match work {
                AnyWork::Inspect(Work::Judge(batch)) => {
                    batch.outbox.leave(Note::Scale(scale()));
                    for (id, _) in &batch.asks {
                        let name = app.inspect.card(*id).expect("its card").name.clone();
                        let found = if name == "Point 99" {
                            let text = "food has no point 99 with that vector".to_owned();
                            Err(Problem { text, hint: None, about: Default::default() })
                        } else if name.contains("broken") {
                            let text = "is not a picture; JPEG, PNG, WebP, GIF, BMP and TIFF are read".to_owned();
                            Err(Problem { text, hint: Some("convert it first".into()), about: Default::default() })
                        } else {
                            let mut item = item(&name, *id + 1, sure(&name));
                            item.payload = if name.starts_with("Point") { payload(*id) } else { Payload::new() };
                            Ok(Box::new(item))
                        };
                        batch.outbox.leave(Note::Found(*id, found));
                    }
                    outliers::compare(app, &batch);
                    Ok(AnyFound::Inspect(Found::Judged))
                }
                AnyWork::Inspect(Work::Deal { .. }) => {
                    let points = (20..84).map(|id| (PointId::Num(id), payload(id))).collect();
                    Ok(AnyFound::Inspect(Found::Dealt(points)))
                }
                AnyWork::Document(document::Work::Points { ids, .. }) => {
                    let points = ids.into_iter().map(|id| (id, payload(7))).collect();
                    Ok(AnyFound::Document(document::Found::Points(points)))
                }
                AnyWork::Features(features::Work::Index { .. }) => continue,
                // Nothing is written.
                AnyWork::Features(features::Work::SaveNames(_)) => Ok(AnyFound::Features(features::Found::Saved(None))),
                work => work.run(&Control::new(), &mut Reporter::silent()),
            };
            let outcome = match found {
                Ok(found) => Outcome::Done(found),
                Err(error) => Outcome::Failed(error),
            };
            app.apply(key, Event::Finished(outcome));
        }
        app.tick();
    }
}

/// A state with cards of all these, judged.
fn with(commands: impl IntoIterator<Item = Command>) -> App {
    let mut app = opened(true);
    play(&mut app);
    for command in commands {
        app.handle(Any::Inspect(command));
        play(&mut app);
    }
    for (feature, name) in [(17, "red soups"), (70, "layered cakes"), (140, "round and flat"), (200, "on white plates")]
    {
        app.handle(Any::Features(features::Command::Name { feature, name: name.into() }));
    }
    play(&mut app);
    app
}

/// The demo's four drawings, of which the car is an outlier.
fn drawings() -> App {
    with([Command::Drawings])
}

fn files(names: &[&str]) -> Command {
    Command::Files(names.iter().map(|name| Path::new("/nowhere").join(name)).collect())
}

/// Draws frames, with workers doing what is asked for between them.
fn frames(harness: &mut Harness<'_, Whole>) {
    for _ in 0..4 {
        harness.run_steps(2);
        play(harness.state_mut().app());
    }
    harness.run_steps(2);
}

fn shown(app: App) -> Harness<'static, Whole> {
    let mut harness = window(app, SIZE, Theme::Dark);
    frames(&mut harness);
    harness
}

fn names(harness: &mut Harness<'_, Whole>) -> Vec<String> {
    harness.state_mut().app().inspect.cards().iter().map(|card| card.name.clone()).collect()
}

/// A card of what is asked for, whose model is missing.
fn missing(ask: impl IntoIterator<Item = Command>) -> App {
    let mut app = opened(true);
    play(&mut app);
    ask.into_iter().for_each(|command| app.handle(Any::Inspect(command)));
    let (key, work) = app.jobs.take().unwrap();
    let AnyWork::Inspect(Work::Judge(batch)) = work else { panic!("{work:?}") };
    let download = Download {
        model: "Qdrant/clip-ViT-B-32-vision".into(),
        from: "https://huggingface.co".into(),
        bytes: Some(352_000_000),
    };
    batch.outbox.leave(Note::Needs(download, vec![0]));
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Inspect(Found::Judged))));
    app
}

#[test]
fn the_figure_is_saved_as_the_cards_are_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figure.png");
    let mut harness = shown(drawings());
    harness.get_by_role_and_label(Role::Button, "Export").click();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Figure as PNG...").click();
    harness.run_steps(2);
    let text = path.display().to_string();
    harness.state_mut().app().handle(Any::Inspect(Command::EditPath(text)));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Save").click();
    harness.run_steps(2);
    let (key, work) = std::iter::from_fn(|| harness.state_mut().app().jobs.take())
        .find(|(_, work)| matches!(work, AnyWork::Inspect(Work::Save { .. })))
        .expect("it is saved");
    if renderer().is_none() {
        let error = work.run(&Control::new(), &mut Reporter::silent()).unwrap_err().to_string();
        assert!(error.contains("no graphics adapter"), "{error}");
        return;
    }
    let found = work.run(&Control::new(), &mut Reporter::silent()).unwrap();
    harness.state_mut().app().apply(key, Event::Finished(Outcome::Done(found)));
    let figure = image::open(&path).unwrap().into_rgb8();
    // Four cards of 268 points with their gaps, at two pixels a point.
    assert_eq!(figure.width(), 2 * (4 * 268 + 3 * 12 + 2 * 16));
    assert!(figure.height() > 800, "{}", figure.height());
    // Each drawing stands at the upper end of its card, and no card is blank further down.
    for card in 0..4 {
        let left = 2 * (16 + card * 280);
        let colours = |y: std::ops::Range<u32>| {
            let seen = y.flat_map(|y| (left + 40..left + 480).map(move |x| (x, y)));
            seen.map(|(x, y)| figure.get_pixel(x, y).0).collect::<std::collections::HashSet<_>>().len()
        };
        assert!(colours(100..400) > 300, "a drawing");
        assert!(colours(560..figure.height() - 100) > 20, "bars and chips");
    }

    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Export").click();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Copy the figure").click();
    harness.run_steps(2);
    play(harness.state_mut().app());
    let mut copies = 0;
    for _ in 0..3 {
        harness.step();
        copies += harness
            .output()
            .platform_output
            .commands
            .iter()
            .filter(|c| matches!(c, OutputCommand::CopyImage(image) if image.size[0] as u32 == figure.width()))
            .count();
    }
    assert_eq!(copies, 1, "once");
    assert!(harness.state_mut().app().inspect.figure().is_none());
}

#[test]
fn a_long_figure_has_rows() {
    if renderer().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut app = with([Command::Drawings]);
    for id in 0..9 {
        app.handle(Any::Inspect(Command::Point(PointId::Num(id))));
    }
    play(&mut app);
    app.handle(Any::Inspect(Command::Save(What::Figure, PAINT)));
    let path = folder.path().join("long.png");
    app.handle(Any::Inspect(Command::EditPath(path.display().to_string())));
    app.handle(Any::Inspect(Command::SaveNow { replace: false }));
    play(&mut app);
    let size = image::open(&path).unwrap().into_rgb8().dimensions();
    assert_eq!(size.0, 2 * (6 * 268 + 5 * 12 + 2 * 16), "six in a row");
    assert!(size.1 > 2_400, "three rows: {}", size.1);
}

/// Many inputs of all kinds.
fn many() -> App {
    let mut app = with([Command::Drawings, Command::EditText("a bowl of soup".into()), Command::Text]);
    for id in 0..7 {
        app.handle(Any::Inspect(Command::Point(PointId::Num(id))));
    }
    play(&mut app);
    app
}

#[test]
fn only_cards_that_are_seen_are_laid_out() {
    let mut harness = window(many(), [1_000.0, 640.0], Theme::Dark);
    frames(&mut harness);
    let shown = harness.query_all_by(|node| node.role() == Role::Group).count();
    assert!((2..=4).contains(&shown), "{shown} of 12 cards");
}

#[test]
fn pictures_without_an_encoder() {
    scenes("inspect_closed", SIZE, || opened(false));
}

#[test]
fn pictures_with_nothing_yet() {
    scenes("inspect_empty", SIZE, || {
        let mut app = opened(true);
        play(&mut app);
        app
    });
}

#[test]
fn pictures_of_four_drawings() {
    scenes("inspect_cards", [1_600.0, 1_000.0], || {
        let mut app = drawings();
        app.handle(Any::Select(Selected::Item(2)));
        app
    });
}

#[test]
fn pictures_of_one_card() {
    scenes("inspect_one", [1_600.0, 1_000.0], || {
        let mut app = with([Command::Drawings]);
        let others = [0, 2, 3].map(Command::Remove);
        others.into_iter().for_each(|command| app.handle(Any::Inspect(command)));
        app
    });
}

#[test]
fn pictures_of_many_cards_in_the_smallest_window() {
    scenes("inspect_many", [1_000.0, 640.0], many);
}

#[test]
fn pictures_of_choosing_a_point() {
    scenes("inspect_choose", SIZE, || {
        let mut app = drawings();
        app.handle(Any::Dialog(Some(Dialog::Points)));
        app.handle(Any::Inspect(Command::EditId("nine".into())));
        app.handle(Any::Inspect(Command::Id));
        app
    });
}

#[test]
fn pictures_of_faults() {
    scenes("inspect_faults", SIZE, || {
        // No files, whose pictures come when they come.
        let mut app = missing([Command::EditText("two salmon sushi".into()), Command::Text]);
        app.document.keep(PointId::Num(99), None);
        app.handle(Any::Inspect(Command::Point(PointId::Num(99))));
        play(&mut app);
        app.handle(Any::Inspect(Command::Point(PointId::Num(3))));
        let (key, _) = app.jobs.take().unwrap();
        app.apply(key, Event::Finished(Outcome::Cancelled));
        app.handle(Any::Settings(Change::Threshold(0.3)));
        app.handle(Any::Inspect(Command::Drawings));
        play(&mut app);
        app.handle(Any::Inspect(Command::Save(What::Figure, PAINT)));
        app.handle(Any::Inspect(Command::EditPath("/home/someone/inspected.png".into())));
        app
    });
}

/// With real workers: vectors in a file, an encoder's file, the demo's model, and a drawing that is dropped.
#[test]
fn a_drawing_that_is_dropped_is_judged_by_real_workers() {
    let folder = tempfile::tempdir().unwrap();
    let mut next = noise(9);
    let vectors: Vec<f32> = (0..60 * 512).map(|_| next() - 0.5).collect();
    blockscope::numpy::write_matrix(folder.path().join("v.npy"), 512, &vectors).unwrap();
    encoder(512).write(folder.path().join("e.safetensors")).unwrap();
    let kind = artist::kinds().find(|kind| kind.name == "pizza").unwrap();
    let picture = folder.path().join("pizza.png");
    demo::fresh(kind, 1).picture.save(&picture).unwrap();

    let mut harness = window(living(folder.path()), SIZE, Theme::Dark);
    let vectors = Some(folder.path().join("v.npy"));
    let collection = Box::new(CollectionArgs { vectors, ..CollectionArgs::default() });
    let encoder = Some(folder.path().join("e.safetensors"));
    let then = Some(Screen::Features);
    harness.state_mut().app().handle(Any::Document(document::Command::Open { collection, encoder, then }));
    assert!(until(&mut harness, |app| app.document.encoder().is_some()));
    harness.state_mut().app().handle(Any::Inspect(Command::Model(Some(embed::DEMO.into()))));
    drop_file(&mut harness, &picture);
    drop_file(&mut harness, folder.path().join("gone.png"));
    assert!(until(&mut harness, |app| app.inspect.cards().len() == 2 && app.inspect.job().is_none()));
    let app = harness.state_mut().app();
    assert_eq!(app.view.place.screen, Screen::Inspect);
    let judged = app.inspect.cards()[0].judged().expect("it is judged");
    assert_eq!((judged.item.outputs.len(), judged.item.nearest.len()), (BLOCKS * PLACES, 8));
    assert_eq!(app.inspect.scale().unwrap().all.points(), 60);
    assert!(app.inspect.cards()[1].judged().is_none());
    harness.run_steps(3);
    assert!(harness.query_all_by_label_contains("not found").next().is_some(), "the other one says why");
    // The figure reads the picture from its file.
    if renderer().is_some() {
        let path = folder.path().join("figure.png");
        let app = harness.state_mut().app();
        app.handle(Any::Inspect(Command::Save(What::Figure, PAINT)));
        app.handle(Any::Inspect(Command::EditPath(path.display().to_string())));
        app.handle(Any::Inspect(Command::SaveNow { replace: false }));
        assert!(until(&mut harness, |app| app.inspect.saving.as_ref().is_none_or(|saving| !saving.is_writing())));
        let figure = image::open(&path).unwrap().into_rgb8();
        assert_eq!(figure.width(), 2 * (268 + 2 * 16), "what could not be judged is left out");
        let top = (100..400).flat_map(|y| (60..480).map(move |x| (x, y)));
        let colours = top.map(|(x, y)| figure.get_pixel(x, y).0).collect::<std::collections::HashSet<_>>().len();
        assert!(colours > 300, "{colours} colours of a drawing");
    }
    // Its winners are marked on the features' pages.
    let winner = harness.state_mut().app().inspect.cards()[0].judged().unwrap().item.blocks[0].winner;
    let marks = features::marks(harness.state_mut().app(), winner);
    assert_eq!(marks[0].0, "pizza.png");
}
