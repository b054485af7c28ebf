//! The inspect screen: what comes in, the cards, the threshold, the panel at the right, choosing a point, and saving.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockscope::app::document::{self, Document, OpenEncoder};
use blockscope::app::inspect::{Command, Found, Note, Paint, Question, Texts, What, Work};
use blockscope::app::{
    App, Change, Command as Any, Dialog, Found as AnyFound, Problem, Screen, Selected, Work as AnyWork, features,
};
use blockscope::config::CollectionArgs;
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
use super::whole::{Whole, drop_file, scenes, scripted, window};

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
                        let found = if name.contains("broken") {
                            let text = "is not a picture; JPEG, PNG, WebP, GIF, BMP and TIFF are read".to_owned();
                            Err(Problem { text, hint: Some("convert it first".into()), about: Default::default() })
                        } else {
                            let mut item = item(&name, *id + 1, sure(&name));
                            item.payload = if name.starts_with("Point") { payload(*id) } else { Payload::new() };
                            Ok(Box::new(item))
                        };
                        batch.outbox.leave(Note::Found(*id, found));
                    }
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

#[test]
fn the_empty_screen_says_what_to_do_and_does_it() {
    let mut harness = shown(opened(false));
    assert!(harness.query_by_label("No encoder is open").is_some());
    harness.get_by_role_and_label(Role::Button, "Train an encoder").click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Train);

    let mut harness = shown(opened(true));
    harness.get_by_role_and_label(Role::Button, "Try four drawings").click();
    frames(&mut harness);
    let app = harness.state_mut().app();
    assert_eq!(app.inspect.cards().len(), 4);
    assert!(app.inspect.cards().iter().all(|card| card.judged().is_some()));
    let outliers = app.inspect.cards().iter().filter(|card| card.judged().unwrap().item.verdict == Verdict::Outlier);
    assert_eq!(outliers.map(|card| card.judged().unwrap().item.kind).collect::<Vec<_>>(), [Some("car")]);
    assert!(harness.query_all_by_label_contains(": more confident than").count() >= 1);
    assert!(harness.query_by_label_contains("outlier: lower than").is_some());

    let mut harness = shown(opened(true));
    harness.get_by_role_and_label(Role::Button, "Try one of the collection").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["Point 20"]);
}

#[test]
fn files_dropped_on_other_screens_are_inspected_and_on_the_start_screen_opened() {
    for screen in [Screen::Features, Screen::Train, Screen::Inspect] {
        let mut app = opened(true);
        app.handle(Any::Show(screen));
        let mut harness = shown(app);
        drop_file(&mut harness, "/nowhere/a.png");
        drop_file(&mut harness, "/nowhere/b.png");
        frames(&mut harness);
        assert_eq!(names(&mut harness), ["a.png", "b.png"]);
        assert_eq!(harness.state_mut().app().view.place.screen, Screen::Inspect);
    }
    let mut app = opened(true);
    app.handle(Any::Show(Screen::Start));
    let mut harness = window(app, SIZE, Theme::Dark);
    drop_file(&mut harness, "/nowhere/a.png");
    harness.run_steps(2);
    assert!(names(&mut harness).is_empty());
}

#[test]
fn pictures_paths_and_texts_are_pasted() {
    let mut harness = shown(opened(true));
    let image = ColorImage::filled([40, 30], egui::Color32::RED);
    harness.event(egui::Event::PasteImage(Arc::new(image)));
    harness.event(egui::Event::Paste("file:///nowhere/from%20a%20manager.png".into()));
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["Pasted picture 1", "from a manager.png"]);
    assert!(harness.state_mut().app().inspect.cards()[0].judged().is_some());
    // The demo's model has a side for texts.
    assert_eq!(harness.state_mut().app().inspect.texts(), &Texts::Yes);
    harness.event(egui::Event::Paste("a pizza\nwith basil".into()));
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().inspect.text, "a pizza with basil");
    harness.get_by_role_and_label(Role::Button, "Inspect the text").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness)[2], "\"a pizza with basil\"");
    let field = harness.get_by_label("Inspect a text");
    field.focus();
    harness.run_steps(2);
    harness.event(egui::Event::Paste("/nowhere/typed.png".into()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    frames(&mut harness);
    assert_eq!(names(&mut harness)[3], "\"/nowhere/typed.png\"", "what is pasted into a field is no file");
}

#[test]
fn a_broken_input_says_so_on_its_card_and_can_be_tried_again() {
    let mut harness = shown(with([files(&["broken.png", "fine.png"])]));
    assert_eq!(harness.query_all_by_label_contains("is not a picture").count(), 2, "on the card and at the right");
    assert!(harness.query_all_by_label("convert it first").next().is_some());
    assert!(harness.query_by_label_contains("fits: more confident").is_some(), "the other one is judged");
    harness.state_mut().app().handle(Any::Select(Selected::Item(1)));
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "Try again").click();
    harness.run_steps(2);
    let (_, work) = harness.state_mut().app().jobs.take().unwrap();
    assert!(matches!(work, AnyWork::Inspect(Work::Judge(batch)) if batch.asks.len() == 1));
}

#[test]
fn chips_open_their_features_and_follow_the_threshold() {
    let mut harness = shown(with([files(&["soup.png"])]));
    let features = harness.state_mut().app().inspect.cards()[0].judged().unwrap().features.clone();
    let (feature, value) = features[0];
    let digits = format!("{value:.3}").replacen("0.", ".", 1);
    let name = harness.state_mut().app().document.name(feature).map(|name| format!(" {name}")).unwrap_or_default();
    let label = format!("{feature}{name} {digits}");
    harness.get_by_role_and_label(Role::Button, &label).click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.page, Some(feature));
    harness.get_by_role_and_label(Role::Button, "Back").click();
    harness.run_steps(2);

    // By the slider, and by the line in the bars.
    let slider = harness.get_by(|node| node.role() == Role::Slider && node.label().as_deref() == Some("Threshold"));
    slider.set_value_accesskit(0.98);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().settings.threshold, 0.98);
    assert!(harness.query_by_label_contains("none above .980").is_some());
    let bars = harness.get_by_label_contains("Block 0: ").rect();
    let from = egui::pos2(bars.center().x, bars.bottom() - 0.98 * (bars.height() - 24.0));
    let to = egui::pos2(bars.center().x, bars.bottom() - 0.25 * (bars.height() - 24.0));
    harness.hover_at(from);
    harness.drag_at(from);
    harness.run_steps(2);
    harness.hover_at(to);
    harness.run_steps(2);
    harness.drop_at(to);
    frames(&mut harness);
    let threshold = harness.state_mut().app().settings.threshold;
    assert!((0.2..0.3).contains(&threshold), "{threshold}");
    let above = features.iter().filter(|(_, value)| *value > threshold).count();
    assert_eq!(harness.state_mut().app().inspect.cards()[0].judged().unwrap().features.len(), above);
}

#[test]
fn cards_are_selected_removed_and_brought_back() {
    let mut harness = shown(drawings());
    let name = names(&mut harness)[1].clone();
    harness.get_by_role_and_label(Role::Button, &format!("Picture of {name}")).click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Item(1));
    assert!(harness.query_by_label_contains("Percentile: ").is_some(), "the panel at the right tells of it");
    harness.get_by_role_and_label(Role::Button, "Copy the sparse vector").click();
    harness.run_steps(1);
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let json: serde_json::Value = serde_json::from_str(&copied.expect("it is copied")).unwrap();
    let judged = harness.state_mut().app().inspect.cards()[1].judged().unwrap().item.sparse.len();
    assert_eq!(json["indices"].as_array().unwrap().len(), judged);
    assert_eq!(json["values"].as_array().unwrap().len(), judged);

    let name = names(&mut harness)[0].clone();
    harness.get_by_role_and_label(Role::Button, &format!("Remove {name}")).click();
    harness.run_steps(2);
    assert_eq!(names(&mut harness).len(), 3);
    harness.get_by_role_and_label(Role::Button, "Remove all").click();
    harness.run_steps(2);
    assert!(names(&mut harness).is_empty());
    for left in [3, 4] {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
        harness.run_steps(2);
        assert_eq!(names(&mut harness).len(), left);
    }
}

#[test]
fn near_points_are_selected_by_a_click_and_inspected_by_two() {
    let mut harness = shown(with([files(&["soup.png"])]));
    let near = harness.get_by_role_and_label(Role::Button, "Point 11 .939");
    near.click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Point(PointId::Num(11)));
    harness.run_steps(4);
    let at = harness.get_by_role_and_label(Role::Button, "Point 11 .939").rect().center();
    harness.hover_at(at);
    harness.run_steps(2);
    // Both clicks within one frame: the harness lets a quarter of a second pass between frames.
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        harness.input_mut().events.push(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
    }
    harness.step();
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["soup.png", "Point 11"]);
    // From the panel at the right, too.
    harness.state_mut().app().handle(Any::Select(Selected::Point(PointId::Num(12))));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Inspect").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness)[2], "Point 12");
}

#[test]
fn a_point_is_chosen_by_its_id_or_its_picture() {
    let mut harness = shown(opened(true));
    harness.get_all_by_role_and_label(Role::Button, "Choose a point").next().unwrap().click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.dialog, Some(Dialog::Points));
    harness.get_by_role_and_label(Role::TextInput, "Id").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, "Id").type_text("nine");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("neither a number nor a UUID").is_some());
    harness.get_by_role_and_label(Role::Button, "Point 3").click();
    frames(&mut harness);
    assert_eq!((names(&mut harness), harness.state_mut().app().view.dialog.clone()), (vec!["Point 3".into()], None));
    harness.state_mut().app().handle(Any::Dialog(Some(Dialog::Points)));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Tab, "Random points").click();
    frames(&mut harness);
    harness.get_by_role_and_label(Role::Button, "Point 21").click();
    frames(&mut harness);
    assert_eq!(names(&mut harness), ["Point 3", "Point 21"]);
}

/// A card whose model is missing.
fn missing() -> App {
    let mut app = opened(true);
    play(&mut app);
    app.handle(Any::Inspect(files(&["a.png"])));
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
fn a_download_is_asked_for_with_its_size() {
    let mut harness = window(missing(), SIZE, Theme::Dark);
    harness.run_steps(3);
    let words = "Download Qdrant/clip-ViT-B-32-vision (352 MB) from https://huggingface.co?";
    assert!(harness.query_all_by_label(words).next().is_some());
    harness.get_by_role_and_label(Role::Button, "Close this message").click();
    harness.run_steps(2);
    let question = |harness: &mut Harness<'_, Whole>| -> Option<Question> {
        harness.state_mut().app().inspect.question().cloned()
    };
    assert_eq!(question(&mut harness), None);
    harness.get_by_role_and_label(Role::Button, "Download").click();
    harness.run_steps(2);
    assert!(question(&mut harness).is_some(), "the card asks again");
    harness.get_all_by_role_and_label(Role::Button, "Download").next().unwrap().click();
    harness.run_steps(2);
    let asked = std::iter::from_fn(|| harness.state_mut().app().jobs.take());
    let allowed: Vec<String> = asked
        .filter_map(|(_, work)| match work {
            AnyWork::Inspect(Work::Judge(batch)) => Some(batch.allowed.into_iter().next()?),
            _ => None,
        })
        .collect();
    assert_eq!(allowed, ["Qdrant/clip-ViT-B-32-vision"]);
}

#[test]
fn the_judging_shows_how_far_it_is_and_can_be_cancelled() {
    let mut app = opened(true);
    play(&mut app);
    app.handle(Any::Inspect(files(&["a.png", "b.png", "c.png"])));
    let (key, _) = app.jobs.take().unwrap();
    app.apply(key, Event::Started);
    let progress =
        Progress { stage: "inspecting".into(), done: 1, total: Some(3), unit: "inputs", rate: 1.0, left: Some(2.0) };
    app.apply(key, Event::Progress(progress));
    let mut harness = window(app, SIZE, Theme::Dark);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Inspecting: 1 of 3 inputs").is_some());
    harness.get_by_role_and_label(Role::Button, "Cancel the inspection").click();
    harness.run_steps(2);
    harness.state_mut().app().apply(key, Event::Finished(Outcome::Cancelled));
    harness.run_steps(2);
    assert_eq!(harness.get_all_by_role_and_label(Role::Button, "Inspect it").count(), 3);
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
        let mut app = missing();
        app.handle(Any::Inspect(files(&["broken.png"])));
        play(&mut app);
        app.handle(Any::Inspect(files(&["stopped.png"])));
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
