//! The search screen, over a made-up searcher: every way to search, the sliders, the two columns, the request, and what
//! goes wrong.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use blockscope::app::document::{self, Document, OpenEncoder};
use blockscope::app::search::{
    Answer, Command, Details, Edit, FIRST_WEIGHT, Found, Kind, Moved, Picture, Preset, Sparse, Vectors, Wish, Work,
};
use blockscope::app::{
    About, App, Command as Any, Dialog, Found as AnyFound, Problem, Screen, Selected, Work as AnyWork, features,
    inspect,
};
use blockscope::config::CollectionArgs;
use blockscope::demo::{self, artist};
use blockscope::embed::Download;
use blockscope::encoder::{Decoder, Encoder, EncoderMeta, Stored};
use blockscope::job::{Control, Event, Outcome, Reporter, Task};
use blockscope::pipeline::{Asymmetric, Because, By, Compared, CopyRequest, Hit, SteeredHit, Steering};
use blockscope::point::{Distance, Payload, PointId};
use blockscope::source::SourceInfo;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event as Input, Key, Modifiers, OutputCommand, PointerButton, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, SnapshotResults};

use super::stage::{renderer, tolerance};
use super::whole::{Whole, drop_file, living, scripted, until, window};

const WIDE: [f32; 2] = [1_600.0, 1_000.0];
const SMALL: [f32; 2] = [1_000.0, 640.0];
const BLOCKS: usize = 4;
const PLACES: usize = 64;
/// Points of the made-up collection.
const POINTS: u64 = 48;

/// What each point is called, and where its picture is.
pub struct Plates {
    pub folder: tempfile::TempDir,
    payloads: Vec<Payload>,
}

/// Drawings that are made once for all tests.
pub fn plates() -> &'static Plates {
    static PLATES: OnceLock<Plates> = OnceLock::new();
    PLATES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let kinds = artist::kinds_of(artist::Group::Food);
        let payloads = (0..POINTS).map(|id| {
            let drawing = demo::fresh(kinds[(id * 5) as usize % kinds.len()], id);
            let name = format!("{id}.png");
            demo_picture(&drawing.picture).save(folder.path().join(&name)).unwrap();
            let mut payload = demo::payload(&drawing.factors);
            payload.insert("path".into(), name.into());
            payload
        });
        let payloads = payloads.collect();
        Plates { folder, payloads }
    })
}

/// A drawing at the size that is shown.
fn demo_picture(picture: &image::RgbImage) -> image::RgbImage {
    image::imageops::thumbnail(picture, 128, 128)
}

pub fn payload(id: PointId, pictures: bool) -> Payload {
    let PointId::Num(number) = id else { return Payload::new() };
    let mut payload = plates().payloads[number as usize % POINTS as usize].clone();
    if !pictures {
        payload.remove("path");
    }
    payload
}

fn encoder(decoder: bool) -> Arc<Encoder> {
    // Sure enough that features fire.
    let weights = (0..BLOCKS * PLACES * 2).map(|i| (i * 37 % 101) as f32 / 5.0 - 10.0).collect();
    let meta = EncoderMeta { stored: Stored::Winners, ..EncoderMeta::default() };
    let encoder = Encoder::new(2, BLOCKS, PLACES, weights, vec![0.0; BLOCKS * PLACES], meta).unwrap();
    let weights = encoder.weights().to_vec();
    let back = || Decoder::new(2, BLOCKS * PLACES, weights, vec![0.0; 2]).unwrap();
    Arc::new(if decoder { encoder.with_decoder(back()).unwrap() } else { encoder })
}

/// How the made-up world is.
#[derive(Clone, Copy)]
struct World {
    /// Whether an encoder is open.
    encoder: bool,
    /// Whether points have pictures.
    pictures: bool,
    /// Whether the model has a side for texts.
    texts: bool,
    /// Whether the encoder has a decoder, for winners.
    decoder: bool,
}

const USUAL: World = World { encoder: true, pictures: true, texts: true, decoder: false };

/// The search screen over a made-up collection.
fn opened(world: World) -> App {
    let mut app = scripted();
    app.settings.layout.left_width = 190.0;
    // Pictures lie beside the file of payloads.
    let payload = Some(plates().folder.path().join("payloads.jsonl"));
    let collection = CollectionArgs { collection: Some("food".into()), payload, ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(collection.clone()), encoder: None, then: None };
    app.handle(Any::Document(open));
    let (key, _) = app.jobs.take().expect("it is opened");
    let info =
        SourceInfo { title: "food".into(), name: "food".into(), dim: 2, distance: Distance::Cosine, points: 6_000 };
    let path = PathBuf::from("/nowhere/food.safetensors");
    let document = Document {
        collection,
        info,
        first: Vec::new(),
        model: None,
        guessed_picture: world.pictures.then(|| "path".into()),
        guessed_text: Some("caption".into()),
        encoder: world.encoder.then(|| OpenEncoder { path, encoder: encoder(world.decoder) }),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
    play(&mut app, world);
    if world.encoder {
        for (feature, name) in [
            (3, "red soups"),
            (17, "cakes with candles"),
            (70, "leaves and greens"),
            (140, "on a round white plate"),
            (200, "striped tables with a very long name that does not fit anywhere"),
        ] {
            app.handle(Any::Features(features::Command::Name { feature, name: name.into() }));
        }
    }
    app.undo.clear();
    app.handle(Any::Show(Screen::Search));
    play(&mut app, world);
    app
}

fn hit(n: usize, limit: usize, pictures: bool) -> Hit {
    let n64 = n as u64;
    // Each is there once, however many there are.
    let id = PointId::Num((n64 * 11 + 3) % POINTS + n64 / POINTS * POINTS);
    Hit { id, score: 0.957 - 0.31 * (n as f32 / limit as f32).sqrt(), payload: payload(id, pictures) }
}

/// Results as steering may leave them: some come up, some go down, some are new.
fn steered(steering: &Steering, limit: usize, pictures: bool) -> Vec<SteeredHit> {
    let order = (0..limit).map(|n| if n % 5 == 4 { limit + n } else { (n * 7 + 3) % limit });
    let mut seen = std::collections::HashSet::new();
    let order: Vec<usize> = order.filter(|n| seen.insert(*n)).collect();
    let alpha = steering.strength.alpha(None);
    let one = |(place, from): (usize, usize)| {
        let mut hit = hit(from, limit, pictures);
        let similarity = hit.score;
        let because: Vec<Because> = steering
            .weights
            .iter()
            .enumerate()
            .map(|(n, (index, weight))| {
                let fires = ((place * 13 + n * 29) % 17) as f32 / 17.0 - 0.1 * n as f32;
                Because { index: *index, contribution: alpha * weight * fires }
            })
            .filter(|because| because.contribution.abs() > 0.004)
            .collect();
        hit.score = 1.21 - place as f32 * 0.018;
        let rank_before = (from < limit).then_some(from + 1);
        let moved = rank_before.map(|rank| rank as i64 - place as i64 - 1);
        SteeredHit { hit, similarity, rank_before, moved, because }
    };
    order.into_iter().enumerate().map(one).collect()
}

fn copied() -> CopyRequest {
    CopyRequest {
        json: "POST /collections/food/points/query\n\n{\n  \"prefetch\": {\n    \"query\": {\n      \"indices\": [17, 70, 140],\n      \"values\": [0.81, 0.44, 0.37]\n    },\n    \"using\": \"block\",\n    \"limit\": 300\n  },\n  \"query\": [0.0133, -0.0402, 0.0071],\n  \"limit\": 20,\n  \"with_payload\": true\n}".into(),
        rust: "use qdrant_client::Qdrant;\n\n#[tokio::main]\nasync fn main() -> anyhow::Result<()> {\n    todo!()\n}".into(),
        python: "from qdrant_client import QdrantClient\n\nclient = QdrantClient(\"http://localhost:6333\")".into(),
    }
}

/// Does what was asked for as workers would.
fn play(app: &mut App, world: World) {
    for _ in 0..8 {
        while let Some((key, work)) = app.jobs.take() {
            let found = match work {
                AnyWork::Search(Work::Search(search)) => {
                    let limit = search.ask.limit;
                    let wrong = matches!(&search.ask.by, By::Text(text) if text.contains("wrong"));
                    let answer = match &search.wish {
                        _ if wrong => {
                            let text = "the model could not read this".to_owned();
                            let problem = Problem { text, hint: Some("say it otherwise".into()), about: About::Other };
                            app.apply(key, done(Found::Problem(problem)));
                            continue;
                        }
                        Wish::Blocks => {
                            app.apply(key, done(Found::Looked(Sparse::No)));
                            continue;
                        }
                        Wish::Preset(preset) => {
                            app.apply(key, done(Found::Weights(*preset, vec![(3, 1.0), (70, 1.0)])));
                            continue;
                        }
                        Wish::Points => Answer::default(),
                        Wish::Steered(steering) => Answer {
                            after: Some(steered(steering, limit, world.pictures)),
                            details: Details { alpha: Some(0.4), ..Details::default() },
                            ..Answer::default()
                        },
                    };
                    let prefetched = search.ask.way != blockscope::pipeline::Way::Dense;
                    let details = Details {
                        seconds: 0.0123,
                        candidates: (prefetched || answer.after.is_some()).then_some(300),
                        asymmetric: (prefetched && world.decoder)
                            .then_some(Asymmetric { weights: 256, stored: Stored::Winners }),
                        compared: search.ask.compare.then_some(Compared {
                            recall: 0.95,
                            exact_seconds: 0.0711,
                            postings: (prefetched && world.decoder).then_some(0.25),
                        }),
                        request: Some(copied()),
                        telling: vec![(17, 0.81), (70, 0.44), (200, 0.37), (131, 0.12)],
                        ..answer.details
                    };
                    let before = (0..limit).map(|n| hit(n, limit, world.pictures)).collect();
                    let answer = Answer { before, details, ..answer };
                    Ok(AnyFound::Search(Found::Answer(Box::new(answer))))
                }
                AnyWork::Inspect(inspect::Work::Look { .. }) => {
                    let why = "the demo's model has no side for texts".to_owned();
                    let looked = match world.texts {
                        true => Ok(()),
                        false => Err(Problem { text: why, hint: None, about: About::Other }),
                    };
                    Ok(AnyFound::Inspect(inspect::Found::Looked(looked, Vec::new())))
                }
                AnyWork::Document(document::Work::Points { ids, .. }) => {
                    let points = ids.into_iter().map(|id| (id, payload(id, world.pictures))).collect();
                    Ok(AnyFound::Document(document::Found::Points(points)))
                }
                AnyWork::Features(features::Work::Index { .. }) => continue,
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

fn done(found: Found) -> Event<AnyFound> {
    Event::Finished(Outcome::Done(AnyFound::Search(found)))
}

fn ask(app: &mut App, command: Command) {
    app.handle(Any::Search(command));
}

/// The screen after some changes, with what was found.
fn searched(world: World, edits: impl IntoIterator<Item = Edit>) -> App {
    let mut app = opened(world);
    for edit in edits {
        ask(&mut app, Command::Edit(edit));
    }
    ask(&mut app, Command::Now);
    play(&mut app, world);
    app
}

fn text(words: &str) -> Edit {
    Edit::Text(words.into())
}

/// Sliders for four features.
fn sliders() -> [Edit; 4] {
    [Edit::Weight(17, 0.8), Edit::Weight(70, -0.45), Edit::Weight(140, 0.0), Edit::Weight(200, 0.3)]
}

/// Draws frames, with workers doing what is asked for between them, until pictures are there.
fn frames(harness: &mut Harness<'_, Whole>, world: World) {
    for _ in 0..4 {
        harness.run_steps(2);
        play(harness.state_mut().app(), world);
    }
    harness.run_steps(2);
}

fn shown(app: App, size: [f32; 2]) -> Harness<'static, Whole> {
    let mut harness = window(app, size, Theme::Dark);
    frames(&mut harness, USUAL);
    harness
}

/// Compares the window in both themes with its pictures, once the drawings of points are read.
fn scenes(name: &str, size: [f32; 2], world: World, make: impl Fn() -> App) {
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        if renderer().is_none() {
            return;
        }
        let mut harness = window(make(), size, theme);
        frames(&mut harness, world);
        for _ in 0..if world.pictures { 40 } else { 1 } {
            harness.step();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        harness.snapshot_options(format!("{name}_{suffix}"), &tolerance());
        results.extend_harness(&mut harness);
    }
}

fn app<'a>(harness: &'a mut Harness<'static, Whole>) -> &'a mut App {
    harness.state_mut().app()
}

#[test]
fn a_slash_leads_to_the_field_and_words_find_points() {
    let mut harness = shown(opened(USUAL), WIDE);
    app(&mut harness).handle(Any::Show(Screen::Features));
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num5);
    harness.run_steps(2);
    assert_eq!(app(&mut harness).view.place.screen, Screen::Search);
    harness.key_press(Key::Slash);
    harness.run_steps(3);
    assert!(harness.get_by_label("Search by text").is_focused());
    harness.event(Input::Text("a red soup".into()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    frames(&mut harness, USUAL);
    assert_eq!(app(&mut harness).search.query.text, "a red soup");
    assert_eq!(app(&mut harness).search.results.as_ref().unwrap().default.len(), 20);
    assert!(harness.query_by_label_contains("20 points in 12 ms").is_some());
    // Arrows go on from result to result.
    harness.key_press(Key::ArrowRight);
    harness.run_steps(3);
    let first = app(&mut harness).search.results.as_ref().unwrap().default[0].id;
    assert_eq!(app(&mut harness).view.place.selected, Selected::Point(first));
}

#[test]
fn a_slider_steers_and_each_result_says_in_words_how_it_moved_and_why() {
    let mut harness = shown(searched(USUAL, [text("a red soup"), Edit::AddFeature(17)]), WIDE);
    let said = harness.query_all_by_label_contains("because of 17 cakes with candles +").count();
    assert!(said > 3, "{said}");
    assert!(harness.query_all_by_label_contains(", up ").next().is_some());
    assert!(harness.query_all_by_label_contains(", new among the results").next().is_some());
    let slider = harness.get_by_role_and_label(Role::Slider, "Weight of 17 cakes with candles");
    slider.focus();
    harness.run_steps(2);
    harness.key_press(Key::ArrowLeft);
    harness.run_steps(2);
    let weights = app(&mut harness).search.query.weights.clone();
    assert!((weights[0].1 - 0.45).abs() < 1e-6, "{weights:?}");
    assert!(app(&mut harness).search.is_busy(), "it searches again when it rests");
    harness.key_press(Key::Num0);
    harness.run_steps(2);
    assert_eq!(app(&mut harness).search.query.weights, [(17, 0.0)]);
    harness.get_by_role_and_label(Role::Button, "Remove the slider of 17 cakes with candles").click();
    frames(&mut harness, USUAL);
    assert!(app(&mut harness).search.query.weights.is_empty());
}

#[test]
fn a_search_that_the_decoder_weighs_says_so() {
    let edits = || [Edit::Vectors(Vectors::Prefetched), Edit::Compare(true), text("a red soup")];
    for decoder in [true, false] {
        let world = World { decoder, ..USUAL };
        let mut harness = window(searched(world, edits()), WIDE, Theme::Dark);
        frames(&mut harness, world);
        for words in ["256 weights by the decoder over each point's winners", "25 % of the postings read"] {
            assert_eq!(harness.query_all_by_label_contains(words).next().is_some(), decoder, "{words}");
        }
    }
}

#[test]
fn the_menu_of_a_result_searches_by_it_and_makes_it_an_example() {
    let mut harness = shown(searched(USUAL, [text("soup"), Edit::AddFeature(17)]), WIDE);
    let id = app(&mut harness).search.results.as_ref().unwrap().default[2].id;
    let menu = |harness: &mut Harness<'static, Whole>, line: &'static str| {
        harness.get_all_by_label_contains("Rank 3:").next().unwrap().click_button(PointerButton::Secondary);
        harness.run_steps(3);
        harness.get_by_role_and_label(Role::MenuItem, line).click();
        frames(harness, USUAL);
    };
    menu(&mut harness, "Search by this");
    assert_eq!((app(&mut harness).search.query.kind, app(&mut harness).search.query.point), (Kind::Point, Some(id)));
    menu(&mut harness, "More like this");
    let like = app(&mut harness).search.query.like.clone();
    assert_eq!((like[0], like.len() <= 2), (id, true));
    harness.get_by_role_and_label(Role::Button, &format!("Remove example {}", like[0])).click();
    frames(&mut harness, USUAL);
    assert!(!app(&mut harness).search.query.like.contains(&like[0]));
}

#[test]
fn a_picture_that_is_dropped_here_is_searched_by() {
    let mut harness = shown(opened(USUAL), WIDE);
    let path = plates().folder.path().join("3.png");
    drop_file(&mut harness, &path);
    frames(&mut harness, USUAL);
    let query = &app(&mut harness).search.query;
    assert_eq!(query.picture, Some(Picture::File(path)));
    assert!(app(&mut harness).search.results.is_some());
    assert!(app(&mut harness).inspect.cards().is_empty());
}

#[test]
fn the_request_is_copied_in_three_languages() {
    let mut harness = shown(searched(USUAL, [text("soup")]), WIDE);
    harness.get_by_role_and_label(Role::Button, "Copy request").click();
    harness.run_steps(3);
    assert_eq!(app(&mut harness).view.dialog, Some(Dialog::Request));
    for (language, words) in [("Qdrant JSON", "points/query"), ("Rust", "tokio::main"), ("Python", "QdrantClient")] {
        harness.get_by_role_and_label(Role::Tab, language).click();
        harness.run_steps(3);
        harness.get_by_role_and_label(Role::Button, "Copy").click();
        let mut copied = String::new();
        for _ in 0..3 {
            harness.step();
            for command in &harness.output().platform_output.commands {
                if let OutputCommand::CopyText(text) = command {
                    copied = text.clone();
                }
            }
        }
        assert!(copied.contains(words), "{language}: {copied}");
    }
}

#[test]
fn features_that_are_offered_are_taken_with_the_keyboard() {
    let mut harness = shown(searched(USUAL, [Edit::Kind(Kind::Features)]), WIDE);
    harness.key_press(Key::Slash);
    harness.run_steps(3);
    harness.event(Input::Text("NOT cakes w".into()));
    harness.run_steps(3);
    assert!(harness.query_by_role_and_label(Role::MenuItem, "17 cakes with candles").is_some());
    harness.key_press(Key::Tab);
    frames(&mut harness, USUAL);
    assert_eq!(app(&mut harness).search.query.features, "NOT \"cakes with candles\" ");
}

#[test]
fn many_sliders_and_results_are_only_drawn_where_they_are_seen() {
    let weights = (0..256).map(|feature| (feature, 0.1)).collect();
    let edits = [text("soup"), Edit::Limit(1_000), Edit::Weights("Many".into(), weights)];
    let mut harness = shown(searched(World { pictures: false, ..USUAL }, edits), WIDE);
    let sliders = harness.query_all_by(|node| node.role() == Role::Slider).count();
    assert!((5..40).contains(&sliders), "{sliders} of 256 sliders");
    let rows = harness.query_all_by_label_contains("Rank ").count();
    assert!((10..60).contains(&rows), "{rows} of 2,000 results");
    harness.key_press(Key::End);
    harness.run_steps(4);
    let last = app(&mut harness).search.results.as_ref().unwrap().steered.as_ref().unwrap().len();
    let last = format!("Rank {last}:");
    assert!(harness.query_all_by_label_contains(&last).next().is_some(), "the last one comes into sight");
}

#[test]
fn pictures_of_nothing_yet() {
    scenes("search_empty", WIDE, USUAL, || opened(USUAL));
}

#[test]
fn pictures_without_an_encoder() {
    let world = World { encoder: false, texts: false, ..USUAL };
    scenes("search_no_encoder", SMALL, world, || opened(world));
}

#[test]
fn pictures_of_results() {
    scenes("search_results", WIDE, USUAL, || {
        let mut app = searched(
            USUAL,
            [text("a red soup"), Edit::Vectors(Vectors::Prefetched), Edit::Compare(true), Edit::Limit(40)],
        );
        app.handle(Any::Select(Selected::Point(PointId::Num(14))));
        app
    });
}

#[test]
fn pictures_of_results_that_are_words() {
    let world = World { pictures: false, ..USUAL };
    scenes("search_words", SMALL, world, || searched(world, [text("a red soup")]));
}

#[test]
fn pictures_of_steering() {
    scenes("search_steered", WIDE, USUAL, || {
        let edits = [Edit::Point(Some(PointId::Num(7))), Edit::Limit(50)];
        let mut app = searched(USUAL, edits.into_iter().chain(sliders()));
        app.handle(Any::Select(Selected::Point(PointId::Num(36))));
        app
    });
}

#[test]
fn pictures_of_steering_in_the_smallest_window() {
    scenes("search_steered_small", SMALL, USUAL, || searched(USUAL, [text("a red soup")].into_iter().chain(sliders())));
}

#[test]
fn pictures_of_examples() {
    scenes("search_examples", SMALL, USUAL, || {
        let id = |n: u64| PointId::Num(n);
        let like = [3, 14, 25].map(|n| Edit::Like(id(n)));
        let unlike = [8, 9].map(|n| Edit::Unlike(id(n)));
        searched(USUAL, like.into_iter().chain(unlike))
    });
}

#[test]
fn pictures_of_faults() {
    scenes("search_faults", WIDE, USUAL, || {
        let mut app = searched(USUAL, [Edit::Features("17 AND pizza".into())]);
        app.search.question = Some(Download {
            model: "Qdrant/clip-ViT-B-32-text".into(),
            from: "https://huggingface.co".into(),
            bytes: Some(254_000_000),
        });
        app.search.problem = Some(Problem {
            text: "no Qdrant server answers at http://localhost:6334: connection refused".into(),
            hint: Some("start the server, or check the address and the port".into()),
            about: About::Address,
        });
        app
    });
}

#[test]
fn pictures_of_the_request() {
    scenes("search_request", SMALL, USUAL, || {
        let mut app = searched(USUAL, [text("a red soup")]);
        app.handle(Any::Dialog(Some(Dialog::Request)));
        app
    });
}

/// What is missing is said where it would be.
#[test]
fn what_cannot_be_used_says_why() {
    let world = World { encoder: false, texts: false, ..USUAL };
    let mut harness = window(opened(world), WIDE, Theme::Dark);
    frames(&mut harness, world);
    assert!(harness.query_all_by_label_contains("no side for texts").next().is_some());
    assert!(harness.query_all_by_label_contains("none is open").next().is_some());
    let field = harness.get_by_label("Search by text");
    assert!(field.accesskit_node().is_disabled());
}

/// With real workers: vectors in a file, an encoder's file, a point that is searched by, features, and sliders.
#[test]
fn a_file_is_searched_and_steered_by_real_workers() {
    let folder = tempfile::tempdir().unwrap();
    let vectors: Vec<f32> = (0..80 * 2).map(|i| ((i * 29 % 83) as f32 / 41.0) - 1.0).collect();
    blockscope::numpy::write_matrix(folder.path().join("v.npy"), 2, &vectors).unwrap();
    encoder(false).write(folder.path().join("e.safetensors")).unwrap();
    let mut harness = window(living(folder.path()), WIDE, Theme::Dark);
    let vectors = Some(folder.path().join("v.npy"));
    let collection = Box::new(CollectionArgs { vectors, ..CollectionArgs::default() });
    let path = Some(folder.path().join("e.safetensors"));
    let then = Some(Screen::Search);
    app(&mut harness).handle(Any::Document(document::Command::Open { collection, encoder: path, then }));
    assert!(until(&mut harness, |app| app.document.encoder().is_some()));
    ask(app(&mut harness), Command::By(PointId::Num(7)));
    assert!(until(&mut harness, |app| app.search.results.is_some()));
    let results = app(&mut harness).search.results.clone().unwrap();
    assert!(results.default.len() == 20 && results.default.iter().all(|row| row.id != PointId::Num(7)));
    let feature = 70;
    ask(app(&mut harness), Command::Steer(feature));
    assert!(until(&mut harness, |app| app.search.results.as_ref().is_some_and(|r| r.steered.is_some())));
    let results = app(&mut harness).search.results.clone().unwrap();
    let before: Vec<PointId> = results.default.iter().map(|row| row.id).collect();
    for (rank, row) in results.steered.iter().flatten().enumerate() {
        let from = before.iter().position(|id| *id == row.id);
        if let (Some(from), Moved::By(up)) = (from, row.moved) {
            assert_eq!(up, from as i64 - rank as i64, "its move is that on the screen");
        }
    }
    ask(app(&mut harness), Command::Preset(Preset::Winners));
    assert!(until(&mut harness, |app| app.search.query.weight(feature) != Some(FIRST_WEIGHT)));
    ask(app(&mut harness), Command::Edit(Edit::Clear));
    ask(app(&mut harness), Command::Edit(Edit::Features("NOT 3 > 0.9".into())));
    assert!(until(&mut harness, |app| app.search.results.as_ref().is_some_and(|r| r.query.kind == Kind::Features)));
    ask(app(&mut harness), Command::Edit(Edit::Features("3 AND".into())));
    assert!(until(&mut harness, |app| app.search.wrong.is_some()));
    ask(app(&mut harness), Command::By(PointId::Num(999)));
    assert!(until(&mut harness, |app| app.search.problem.is_some()));
    let problem = app(&mut harness).search.problem.clone().unwrap();
    assert!(problem.text.contains("999"), "{problem:?}");
    assert!(harness.query_all_by_label_contains("no point 999").next().is_some(), "under the field");
}
