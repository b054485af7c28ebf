//! The start screen in the whole window: what a person does, through the names that a screen reader hears, and what they
//! see.

use std::path::{Path, PathBuf};

use blockscope::app::start::{self, Found, Looked, ModelSize, Place, Sorted, Standing, Survey, Work};
use blockscope::app::{
    App, Command, Folders, Found as AppFound, JobKey, Jobs, Settings, Work as AppWork, desk, document,
};
use blockscope::config::CollectionArgs;
use blockscope::embed::{DEFAULT_MODEL, Side};
use blockscope::error::Error;
use blockscope::job::{Event, Outcome, Progress};
use blockscope::pipeline::{Imported, Job, ModelLine, Skipped};
use blockscope::source::{CollectionDescription, Distance, VectorDescription, VectorKind};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::whole::{self, Whole, scenes};

const USUAL: [f32; 2] = [1_360.0, 860.0];
const SMALL: [f32; 2] = [1_000.0, 640.0];

type Stage = Harness<'static, Whole>;

fn app() -> App {
    let data = PathBuf::from("/home/ada/.local/share/blockscope");
    let folders = Folders { settings: None, demo: data.join("demo"), data };
    App::new(Settings::default(), folders, Jobs::scripted())
}

fn window(app: App, size: [f32; 2]) -> Stage {
    let mut harness = whole::window(app, size, Theme::Dark);
    harness.run();
    harness
}

/// A field of a form, by its label.
fn input<'a>(harness: &'a Stage, name: &'a str) -> egui_kittest::Node<'a> {
    let role = if name == "API key" { Role::PasswordInput } else { Role::TextInput };
    harness.get_by_role_and_label(role, name)
}

/// A button, by its words.
fn button<'a>(harness: &'a Stage, name: &'a str) -> egui_kittest::Node<'a> {
    harness.get_by_role_and_label(Role::Button, name)
}

/// Whether something is said, wherever.
fn is_said(harness: &Stage, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// The next job of the start screen. What is only looked at when the window opens is passed over.
#[track_caller]
fn next(app: &mut App) -> (JobKey, Work) {
    loop {
        match app.jobs.take() {
            Some((_, AppWork::Start(Work::Look(_) | Work::Reach(_)))) => {}
            Some((key, AppWork::Start(work))) => return (key, work),
            other => panic!("{other:?}"),
        }
    }
}

fn end(app: &mut App, key: JobKey, outcome: Outcome<AppFound>) {
    app.apply(key, Event::Started);
    app.apply(key, Event::Finished(outcome));
    app.tick();
}

fn done(app: &mut App, key: JobKey, found: Found) {
    end(app, key, Outcome::Done(AppFound::Start(found)));
}

fn ask(app: &mut App, command: start::Command) {
    app.handle(Command::Start(command));
    app.tick();
}

/// The next job, which opens a collection.
#[track_caller]
fn opening(app: &mut App) -> (JobKey, CollectionArgs) {
    loop {
        match app.jobs.take() {
            Some((_, AppWork::Start(Work::Look(_) | Work::Reach(_)))) => {}
            Some((key, AppWork::Document(document::Work::Open { collection, .. }))) => return (key, *collection),
            other => panic!("{other:?}"),
        }
    }
}

fn vector(name: &str, kind: VectorKind, dim: Option<usize>) -> VectorDescription {
    VectorDescription { name: name.into(), dim, distance: dim.map(|_| Distance::Cosine), kind }
}

fn collections() -> Vec<CollectionDescription> {
    let dense = |name: &str, dim| vector(name, VectorKind::Dense, Some(dim));
    let row = |name: &str, points, vectors| CollectionDescription {
        name: name.into(),
        points: Some(points),
        vectors,
        problem: None,
    };
    let mut all = vec![
        row("ag-news", 127_600, vec![dense("", 384)]),
        row(
            "food",
            61_204,
            vec![
                dense("image", 512),
                vector("patches", VectorKind::Multi, Some(128)),
                dense("text", 384),
                vector("words", VectorKind::Sparse, None),
            ],
        ),
        row("fashion-products", 44_072, vec![dense("image", 768)]),
        row("startups", 40_474, vec![dense("", 384)]),
        row("wiki-en", 1_452_310, vec![dense("", 1_024)]),
        row("empty", 0, vec![dense("", 512)]),
        row("logs-sparse", 902_118, vec![vector("bm25", VectorKind::Sparse, None)]),
    ];
    all[5].problem = Some("the server took too long to answer".into());
    all
}

/// Answers what the window looks at when it opens.
fn answer_looks(app: &mut App, collections: &[(&CollectionArgs, Standing)], unreachable: &[(&str, Option<&str>)]) {
    app.tick();
    while let Some((key, work)) = app.jobs.take() {
        let found = match work {
            AppWork::Start(Work::Look(_)) => Found::Looked(Looked {
                collections: collections.iter().map(|(c, s)| ((*c).clone(), s.clone())).collect(),
                lost_encoders: vec!["/home/ada/old/encoder.pth".into()],
                demo: true,
            }),
            AppWork::Start(Work::Reach(_)) => {
                let told = |(url, why): &(&str, Option<&str>)| ((*url).to_owned(), why.map(str::to_owned));
                Found::Reached(unreachable.iter().map(told).collect())
            }
            other => panic!("{other:?}"),
        };
        done(app, key, found);
    }
}

/// A person who has used it for a while.
fn familiar() -> App {
    let mut app = app();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let on = |url: &str, name: &str, using: Option<&str>| CollectionArgs {
        url: Some(url.into()),
        collection: Some(name.into()),
        using: using.map(str::to_owned),
        ..CollectionArgs::default()
    };
    let in_store = |store: &str, name: &str| CollectionArgs {
        store: Some(store.into()),
        collection: Some(name.into()),
        ..CollectionArgs::default()
    };
    let file =
        CollectionArgs { vectors: Some("/home/ada/data/minilm/vectors.npy".into()), ..CollectionArgs::default() };
    let demo = in_store("/home/ada/.local/share/blockscope/demo", "food");
    let gone = in_store("/mnt/usb/photos", "holidays");
    let food = on("http://localhost:6334", "food", Some("image"));
    let wiki = on("https://x-1.eu-central.aws.cloud.qdrant.io:6334", "wiki-en", None);
    for (collection, points, days, encoder) in [
        (&file, 127_600, 40, None),
        (&gone, 8_214, 12, Some("holidays")),
        (&wiki, 1_452_310, 3, None),
        (&food, 61_204, 1, Some("food-4x64")),
        (&demo, 6_000, 0, Some("encoder")),
    ] {
        let known = app.settings.remember(collection);
        known.points = Some(points);
        known.opened = Some(now - days * 86_400 - 200);
        known.encoder = encoder.map(|name| format!("/home/ada/encoders/{name}.safetensors").into());
    }
    app.settings.encoders = vec![
        "/home/ada/encoders/food-4x64.safetensors".into(),
        "/home/ada/encoders/news-8x32.safetensors".into(),
        "/home/ada/old/encoder.pth".into(),
    ];
    app.settings.addresses = vec!["http://localhost:6334".into(), "https://db.example.com:6334".into()];
    let standings = [
        (&file, Standing::Here),
        (&demo, Standing::Here),
        (&gone, Standing::Gone("the folder /mnt/usb/photos is gone".into())),
    ];
    let cloud = "https://x-1.eu-central.aws.cloud.qdrant.io:6334";
    answer_looks(&mut app, &standings, &[("http://localhost:6334", None), (cloud, Some("it does not answer"))]);
    app
}

fn connecting(mut app: App) -> (App, JobKey, Place) {
    ask(&mut app, start::Command::Page(start::Page::Server));
    ask(&mut app, start::Command::Connect);
    let (key, work) = next(&mut app);
    let Work::List(place) = work else { panic!("{work:?}") };
    (app, key, place)
}

fn connected(app: App) -> App {
    let (mut app, key, place) = connecting(app);
    done(&mut app, key, Found::Listed(place, collections()));
    app
}

fn models(here: bool) -> Vec<ModelLine> {
    let line = |name: &str, side, dim, here, description: &str| ModelLine {
        name: name.into(),
        side,
        dim,
        here,
        twin: None,
        description: description.into(),
    };
    vec![
        line("demo", Side::Pictures, 512, true, "Our own small CLIP for the demo: drawn pictures"),
        line(DEFAULT_MODEL, Side::Pictures, 512, here, "CLIP vision encoder based on ViT-B/32"),
        line("Qdrant/Unicom-ViT-B-32", Side::Pictures, 512, false, "Unicom Unicom-ViT-B-32 from open-metric-learning"),
        line("Qdrant/all-MiniLM-L6-v2-onnx", Side::Texts, 384, true, "Sentence Transformer model, MiniLM-L6-v2"),
    ]
}

/// The form of an import, filled with a folder of pictures.
fn importing(mut app: App, here: bool) -> App {
    ask(&mut app, start::Command::Page(start::Page::Import));
    let (key, work) = next(&mut app);
    assert!(matches!(work, Work::Models));
    done(&mut app, key, Found::Models(models(here)));
    if !here {
        let (key, work) = next(&mut app);
        let Work::ModelSize(model) = work else { panic!("{work:?}") };
        let size = ModelSize::Known(Some(352_000_000));
        done(&mut app, key, Found::ModelSize(model, size));
    }
    let form = start::ImportForm { path: "/home/ada/pictures/birds".into(), ..app.start.import.form.clone() };
    ask(&mut app, start::Command::EditImport(Box::new(form)));
    ask(&mut app, start::Command::LookAtImport);
    let (key, _) = next(&mut app);
    done(&mut app, key, Found::Survey(Survey::Pictures { count: 11_788, bytes: 1_160_000_000 }));
    app
}

fn making_the_demo(mut app: App, stage: &str, done: u64, total: u64) -> (App, JobKey) {
    ask(&mut app, start::Command::Demo);
    let (key, work) = next(&mut app);
    assert!(matches!(work, Work::Demo(_)));
    app.apply(key, Event::Started);
    let progress =
        Progress { stage: stage.into(), done, total: Some(total), unit: "steps", rate: 80.0, left: Some(41.0) };
    app.apply(key, Event::Progress(progress));
    (app, key)
}

fn refused_address() -> App {
    let (mut app, key, _) = connecting(app());
    let url = "http://localhost:6334".to_owned();
    end(&mut app, key, Outcome::Failed(Error::Connection { url, problem: "connection refused".into() }));
    app
}

fn refused_key() -> App {
    let mut app = familiar();
    let form = start::ServerForm { address: "https://db.example.com:6333".into(), ..app.start.server.clone() };
    ask(&mut app, start::Command::EditServer(form));
    let (mut app, key, _) = connecting(app);
    end(&mut app, key, Outcome::Failed(Error::Unauthorized { url: "https://db.example.com:6334".into() }));
    app
}

fn chosen() -> App {
    let mut app = connected(familiar());
    ask(&mut app, start::Command::Choose { row: 1, vector: 2 });
    app
}

/// A vector that cannot be used, and a filter that is none.
fn badly_chosen() -> App {
    let mut app = connected(familiar());
    ask(&mut app, start::Command::Choose { row: 1, vector: 1 });
    ask(&mut app, start::Command::EditFilter("{\"must\": [{\"key\": \"city\"}]}".into()));
    app
}

fn imported() -> App {
    let mut app = importing(familiar(), true);
    ask(&mut app, start::Command::Import);
    let (key, _) = next(&mut app);
    let skipped = (0..14).map(|i| Skipped {
        input: format!("/home/ada/pictures/birds/{:03}.jpg", i * 7),
        reason: if i % 3 == 0 { "is the same as /home/ada/pictures/birds/001.jpg".into() } else { "is cut off".into() },
    });
    let answer = Imported { imported: 11_774, ignored: Some(3), skipped: skipped.collect(), ..Imported::default() };
    done(&mut app, key, Found::Imported(answer));
    app
}

#[test]
fn the_first_start_in_pictures() {
    scenes("start_first", USUAL, app);
}

#[test]
fn recent_collections_in_pictures() {
    scenes("start_recents", USUAL, familiar);
}

#[test]
fn recent_collections_in_a_small_window_in_pictures() {
    scenes("start_recents_small", SMALL, familiar);
}

#[test]
fn choosing_a_collection_in_pictures() {
    scenes("start_connect", USUAL, chosen);
}

#[test]
fn a_choice_that_cannot_be_opened_in_pictures() {
    scenes("start_connect_small", SMALL, badly_chosen);
}

#[test]
fn an_address_that_nobody_answers_at_in_pictures() {
    scenes("start_connect_address", USUAL, refused_address);
}

#[test]
fn a_refused_key_in_pictures() {
    scenes("start_connect_key", USUAL, refused_key);
}

#[test]
fn an_import_in_pictures() {
    scenes("start_import", USUAL, || importing(familiar(), false));
}

#[test]
fn an_import_that_has_ended_in_pictures() {
    scenes("start_import_done", USUAL, imported);
}

#[test]
fn the_demo_in_pictures() {
    scenes("start_demo", USUAL, || making_the_demo(app(), "training", 512, 1_000).0);
}

#[test]
fn a_person_connects_chooses_and_opens_with_the_keyboard_alone() {
    let mut harness = window(app(), USUAL);
    button(&harness, "Connect to Qdrant").click();
    harness.run();
    input(&harness, "Address").focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    input(&harness, "Address").type_text("db.example.com:6333");
    harness.run();
    assert!(is_said(&harness, "is the REST address"), "said while it is typed");
    harness.key_press(Key::Tab);
    harness.run();
    assert!(input(&harness, "API key").is_focused(), "the next field");
    input(&harness, "API key").type_text("s3cret");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(is_said(&harness, "Cancel connecting"), "at once on screen");
    let app = harness.state_mut().app();
    let (key, work) = next(app);
    let Work::List(place) = work else { panic!("{work:?}") };
    let Place::Server(at) = &place else { panic!("{place:?}") };
    assert_eq!((at.url.as_str(), at.key.given()), ("http://db.example.com:6334", Some("s3cret")));
    done(app, key, Found::Listed(place, collections()));
    harness.run();
    input(&harness, "Find a collection").focus();
    harness.run();
    input(&harness, "Find a collection").type_text("food");
    harness.run();
    assert!(!is_said(&harness, "ag-news"));
    // A vector that cannot be used says why, and the way on is shut until another one is chosen.
    button(&harness, "patches multi-vector").click();
    harness.run();
    assert!(is_said(&harness, "choose a dense vector"));
    button(&harness, "Open food").click();
    harness.run();
    assert!(
        harness.state_mut().app().jobs.take().is_none_or(|(_, work)| matches!(work, AppWork::Start(Work::Look(_))))
    );
    button(&harness, "text 384").click();
    harness.run();
    button(&harness, "Open food").click();
    harness.run();
    let (_, collection) = opening(harness.state_mut().app());
    assert_eq!((collection.collection.as_deref(), collection.using.as_deref()), (Some("food"), Some("text")));
    assert!(is_said(&harness, "Cancel the opening"));
}

#[test]
fn connecting_can_be_cancelled_on_screen() {
    let (app, _, _) = connecting(app());
    let mut harness = window(app, USUAL);
    button(&harness, "Cancel connecting").click();
    harness.run();
    assert!(!is_said(&harness, "Cancel connecting"));
    button(&harness, "Connect");
}

#[test]
fn a_refused_key_is_told_beside_its_field() {
    let (mut app, key, _) = connecting(app());
    end(&mut app, key, Outcome::Failed(Error::Unauthorized { url: "http://localhost:6334".into() }));
    let harness = window(app, USUAL);
    let told = harness.get_by_label("the server at http://localhost:6334 refused the API key").rect();
    let field = input(&harness, "API key").rect();
    assert!((0.0..24.0).contains(&(told.top() - field.bottom())), "under the field: {told:?} {field:?}");
    assert!(is_said(&harness, "give the API key"), "what to do");
}

#[test]
fn the_demo_is_one_click_from_an_empty_profile() {
    let mut harness = window(app(), SMALL);
    button(&harness, "Try the demo").click();
    harness.run();
    let app = harness.state_mut().app();
    let (key, work) = next(app);
    assert!(matches!(work, Work::Demo(_)));
    app.apply(key, Event::Started);
    let progress =
        Progress { stage: "training".into(), done: 10, total: Some(1_000), unit: "steps", rate: 1.0, left: None };
    app.apply(key, Event::Progress(progress));
    harness.run();
    assert!(is_said(&harness, "training: 10 of 1,000 steps"));
    button(&harness, "Cancel").click();
    harness.run();
    button(&harness, "Cancelling");
}

#[test]
fn pictures_are_imported_after_the_download_was_agreed_to() {
    let mut harness = window(importing(app(), false), USUAL);
    assert!(is_said(&harness, "the import downloads 352 MB"));
    button(&harness, "Download 352 MB and import 11,788 pictures").click();
    harness.run();
    let (key, work) = next(harness.state_mut().app());
    let Work::Import(job) = work else { panic!("{work:?}") };
    let Job::ImportPictures(config) = *job else { panic!("{job:?}") };
    assert_eq!(config.pictures, [Path::new("/home/ada/pictures/birds")]);
    assert_eq!(config.collection.collection.as_deref(), Some("birds"));
    button(&harness, "Cancel the import").click();
    harness.run();
    end(harness.state_mut().app(), key, Outcome::Cancelled);
    harness.run();
    assert!(is_said(&harness, "The import was cancelled"));
}

#[test]
fn a_folder_is_chosen_by_a_dialog_and_without_one_typed() {
    let mut harness = window(app(), USUAL);
    button(&harness, "Open an embedded store").click();
    harness.run();
    button(&harness, "Choose folder").click();
    harness.run();
    let app = harness.state_mut().app();
    assert_eq!(app.desk.take().map(|pick| pick.choice), Some(desk::Choice::Folder));
    app.desk.answer(desk::Picked::Missing("there is no desktop session to ask for a file dialog".into()));
    harness.run();
    assert!(is_said(&harness, "Type or paste the path"));
    input(&harness, "Folder").focus();
    harness.run();
    input(&harness, "Folder").type_text("/stores/mine");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(
        matches!(next(harness.state_mut().app()).1, Work::List(Place::Store(path)) if path == Path::new("/stores/mine"))
    );
}

#[test]
fn a_folder_that_is_dropped_fills_the_form_of_an_import() {
    let mut harness = window(app(), USUAL);
    whole::drop_file(&mut harness, "/home/ada/pictures/birds");
    harness.run();
    let app = harness.state_mut().app();
    let (key, work) = next(app);
    assert!(matches!(work, Work::Sort(paths) if paths == [Path::new("/home/ada/pictures/birds")]));
    done(app, key, Found::Sorted(Sorted::Folder("/home/ada/pictures/birds".into(), 12)));
    harness.run();
    assert_eq!(input(&harness, "Folder").value().as_deref(), Some("/home/ada/pictures/birds"));
    assert_eq!(input(&harness, "Collection").value().as_deref(), Some("birds"));
}

#[test]
fn a_recent_collection_opens_with_a_click_and_one_that_is_gone_can_be_taken_off_the_list() {
    let mut harness = window(familiar(), USUAL);
    button(&harness, "Open the demo");
    button(&harness, "Take holidays off the list").click();
    harness.run();
    assert_eq!(harness.state_mut().app().settings.collections.len(), 4);
    button(&harness, "Undo").click();
    harness.run();
    assert_eq!(harness.state_mut().app().settings.collections.len(), 5);
    button(&harness, "wiki-en, 1,452,310 points").click();
    harness.run();
    let app = harness.state_mut().app();
    let (key, collection) = opening(app);
    assert_eq!(collection.collection.as_deref(), Some("wiki-en"));
    end(app, key, Outcome::Failed(Error::Unauthorized { url: collection.url.unwrap_or_default() }));
    harness.run();
    harness.get_by_role_and_label(Role::Link, "Give the key").click();
    harness.run();
    let cloud = "https://x-1.eu-central.aws.cloud.qdrant.io:6334";
    assert_eq!(input(&harness, "Address").value().as_deref(), Some(cloud));
}

#[test]
fn everything_can_be_reached_in_the_smallest_window() {
    let reached = |harness: &mut Stage, name: &str| {
        let node = |harness: &Stage| {
            let all: Vec<_> = harness.get_all_by_label(name).collect();
            let role = |node: &egui_kittest::Node<'_>| node.accesskit_node().role();
            let found = all.into_iter().find(|node| role(node) != Role::Label).expect("an input or a button");
            found.scroll_to_me();
            found.rect()
        };
        node(harness);
        harness.run_steps(30);
        let (rect, whole) = (node(harness), harness.ctx.content_rect());
        assert!(whole.contains_rect(rect), "{name}: {rect:?} in {whole:?}");
    };
    for scene in [app, familiar] {
        let mut harness = window(scene(), SMALL);
        for name in ["Connect to Qdrant", "Open an encoder", "Import texts", "Open vectors"] {
            reached(&mut harness, name);
        }
        let mut app = connected(scene());
        ask(&mut app, start::Command::Choose { row: 1, vector: 0 });
        let mut harness = window(app, SMALL);
        for name in ["Address", "Find a collection", "Filter", "Open food"] {
            reached(&mut harness, name);
        }
        let mut harness = window(importing(scene(), false), SMALL);
        for name in ["Folder", "Model", "Collection", "Download 352 MB and import 11,788 pictures"] {
            reached(&mut harness, name);
        }
    }
}
