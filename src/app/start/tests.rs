//! Every way to begin, with a script in the place of the workers, or with the real work on this thread.

use std::path::Path;

use super::*;
use crate::app::desk::{Desk, Keyring, MemoryKeyring, Picked};
use crate::app::settings::Settings;
use crate::app::{About, Command as AppCommand, Folders, Found as AppFound, Jobs, Lane, Work as AppWork};
use crate::error::Error;
use crate::job::{Event, Outcome, Task};
use crate::pipeline::{Imported, InspectAnswer, Job, ModelLine, Skipped};
use crate::source::{
    CollectionDescription, Distance, EdgeStore, Layout, NewPoint, NewVector, PointId, SourceInfo, VectorDescription,
    VectorKind, VectorSink,
};

fn app_in(folder: &Path) -> App {
    let folders = Folders { settings: None, data: folder.join("data"), demo: folder.join("demo") };
    App::new(Settings::default(), folders, Jobs::scripted())
}

/// An app that has looked around already.
fn app() -> App {
    let mut app = app_in(Path::new("/nowhere"));
    settle(&mut app);
    app
}

/// Answers what is asked when the window opens.
fn settle(app: &mut App) {
    app.tick();
    while let Some((key, work)) = app.jobs.take() {
        run(app, key, work);
    }
}

fn ask(app: &mut App, command: Command) {
    app.handle(AppCommand::Start(command));
    app.tick();
}

/// The next job of this screen.
#[track_caller]
fn next(app: &mut App) -> (JobKey, Work) {
    match app.jobs.take() {
        Some((key, AppWork::Start(work))) => (key, work),
        other => panic!("{other:?}"),
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

fn fail(app: &mut App, key: JobKey, error: Error) {
    end(app, key, Outcome::Failed(error));
}

/// Does the work for real, on this thread.
fn run(app: &mut App, key: JobKey, work: AppWork) {
    let outcome = match work.run(&Control::new(), &mut Reporter::silent()) {
        Ok(found) => Outcome::Done(found),
        Err(error) => Outcome::Failed(error),
    };
    end(app, key, outcome);
}

#[track_caller]
fn run_next(app: &mut App) {
    let (key, work) = app.jobs.take().expect("a job was asked for");
    run(app, key, work);
}

/// The next job, which opens a collection.
#[track_caller]
fn opening(app: &mut App) -> (JobKey, CollectionArgs, Option<PathBuf>) {
    match app.jobs.take() {
        Some((key, AppWork::Document(document::Work::Open { collection, encoder, .. }))) => (key, *collection, encoder),
        other => panic!("{other:?}"),
    }
}

fn opened(app: &mut App, key: JobKey, collection: CollectionArgs, dim: usize) {
    let info = SourceInfo {
        title: "it".into(),
        name: document::title(&collection),
        dim,
        distance: Distance::Cosine,
        points: 7,
    };
    let document = document::Document {
        collection,
        info,
        first: Vec::new(),
        model: None,
        guessed_picture: None,
        guessed_text: None,
        encoder: None,
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    end(app, key, Outcome::Done(AppFound::Document(found)));
}

fn dense(name: &str, dim: usize) -> VectorDescription {
    VectorDescription { name: name.into(), dim: Some(dim), distance: Some(Distance::Cosine), kind: VectorKind::Dense }
}

fn row(name: &str, vectors: Vec<VectorDescription>) -> CollectionDescription {
    CollectionDescription { name: name.into(), points: Some(1_000), vectors, problem: None }
}

fn on_server(url: &str, key: &str) -> Place {
    Place::Server(ServerAt { url: url.into(), key: Secret(key.into()) })
}

fn form(address: &str, key: &str, keep: bool) -> Command {
    Command::EditServer(ServerForm { address: address.into(), key: Secret(key.into()), keep })
}

/// Connected, with two collections: `food` with two dense vectors and a multi-vector, and `news`.
fn connected() -> App {
    let mut app = app();
    ask(&mut app, Command::Page(Page::Server));
    ask(&mut app, Command::Connect);
    let (key, work) = next(&mut app);
    let Work::List(place) = work else { panic!("{work:?}") };
    let multi = VectorDescription { kind: VectorKind::Multi, ..dense("patches", 128) };
    let food = row("food", vec![dense("image", 512), multi, dense("text", 384)]);
    done(&mut app, key, Found::Listed(place, vec![food, row("news", vec![dense("", 384)])]));
    app
}

fn listing(app: &App) -> &Listing {
    app.start.on_server.listing.as_ref().expect("collections are listed")
}

#[test]
fn connecting_lists_collections_and_opens_the_chosen_vector() {
    let mut app = connected();
    assert!(app.start.on_server.job.is_none() && app.start.on_server.problem.is_none());
    assert_eq!(listing(&app).rows.len(), 2);
    assert_eq!(app.settings.addresses, ["http://localhost:6334"]);
    assert_eq!(listing(&app).chosen(), None, "the person chooses");
    ask(&mut app, Command::Choose { row: 0, vector: 2 });
    ask(&mut app, Command::OpenListed);
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!(collection.url.as_deref(), Some("http://localhost:6334"));
    assert_eq!((collection.collection.as_deref(), collection.using.as_deref()), (Some("food"), Some("text")));
    assert_eq!((collection.filter.as_deref(), encoder), (None, None));
    assert!(app.is_opening_from(&Origin::Page(Page::Server)));
    opened(&mut app, key, collection, 384);
    assert_eq!(app.view.place.screen, Screen::Train, "there is no encoder yet");
    assert!(app.settings.collections[0].opened.is_some_and(|seconds| seconds > 1_700_000_000));
}

#[test]
fn the_name_that_is_typed_finds_the_collection() {
    let mut app = connected();
    ask(&mut app, Command::Find("NEW".into()));
    assert_eq!(listing(&app).shown, [1]);
    assert_eq!(listing(&app).chosen().unwrap().0.name, "news", "the only one is chosen");
    ask(&mut app, Command::Find(String::new()));
    assert_eq!(listing(&app).shown, [0, 1]);
    ask(&mut app, Command::Find("foo".into()));
    ask(&mut app, Command::Find("food2".into()));
    let obstacle = listing(&app).obstacle().unwrap();
    assert_eq!(obstacle.about, About::Collection);
    assert!(obstacle.hint.unwrap().contains("food, news"), "the names that are there");
    ask(&mut app, Command::OpenListed);
    assert!(app.jobs.take().is_none());
}

#[test]
fn a_vector_that_cannot_be_used_says_why_beside_itself() {
    let mut app = connected();
    ask(&mut app, Command::Choose { row: 0, vector: 1 });
    let obstacle = listing(&app).obstacle().unwrap();
    assert_eq!(obstacle.about, About::Vector);
    assert!(obstacle.text.contains("patches") && obstacle.text.contains("choose a dense vector"), "{}", obstacle.text);
    ask(&mut app, Command::OpenListed);
    assert!(app.jobs.take().is_none());
    ask(&mut app, Command::Choose { row: 0, vector: 0 });
    assert_eq!(listing(&app).obstacle(), None);
    ask(&mut app, Command::Choose { row: 9, vector: 0 });
    assert_eq!(listing(&app).chosen().unwrap().0.name, "food", "what is not there is not chosen");
}

#[test]
fn a_filter_is_checked_while_it_is_typed() {
    let mut app = connected();
    ask(&mut app, Command::Choose { row: 1, vector: 0 });
    for (text, word) in [("{", "not JSON"), ("{\"musst\": []}", "musst"), ("[1]", "object")] {
        ask(&mut app, Command::EditFilter(text.into()));
        let problem = listing(&app).filter_problem.clone().unwrap();
        assert!(problem.contains(word) && !problem.contains("--"), "{text}: {problem}");
        ask(&mut app, Command::OpenListed);
        assert!(app.jobs.take().is_none(), "{text}");
    }
    let filter = r#"{"must": [{"key": "dish", "match": {"value": "cake"}}]}"#;
    ask(&mut app, Command::EditFilter(filter.into()));
    assert_eq!(listing(&app).filter_problem, None);
    ask(&mut app, Command::OpenListed);
    assert_eq!(opening(&mut app).1.filter.as_deref(), Some(filter));
}

#[test]
fn what_is_no_address_is_told_at_once_and_the_rest_port_is_taken_to_mean_grpc() {
    let mut app = app();
    for bad in ["", "ftp://host", "host:0", "http://user:pass@host"] {
        ask(&mut app, form(bad, "", false));
        ask(&mut app, Command::Connect);
        assert!(app.jobs.take().is_none(), "{bad}");
        let problem = app.start.on_server.problem.clone().unwrap();
        assert_eq!(problem.about, About::Address, "{bad}");
        assert!(!problem.text.contains("--") && !problem.text.contains("pass"), "{}", problem.text);
    }
    ask(&mut app, form("http://db:6333", "", false));
    assert_eq!(app.start.on_server.problem, None, "an edit takes the problem away");
    let note = "http://db:6333 is the REST address; using gRPC at http://db:6334";
    assert_eq!(app.start.on_server.note.as_deref(), Some(note), "it is said while it is typed");
    ask(&mut app, Command::Connect);
    let Work::List(place) = next(&mut app).1 else { panic!() };
    assert_eq!(place, on_server("http://db:6334", ""));
}

#[test]
fn a_server_that_does_not_answer_or_refuses_the_key_is_told_beside_the_field() {
    let url = || "http://localhost:6334".to_owned();
    for (error, about) in [
        (Error::Connection { url: url(), problem: "connection refused".into() }, About::Address),
        (Error::Unauthorized { url: url() }, About::Key),
    ] {
        let mut app = app();
        ask(&mut app, Command::Connect);
        let key = next(&mut app).0;
        fail(&mut app, key, error);
        let problem = app.start.on_server.problem.clone().unwrap();
        assert_eq!(problem.about, about);
        assert!(problem.hint.is_some_and(|hint| !hint.contains("--")), "it says what to do");
        assert_eq!(app.jobs.shown().count(), 0, "and not in the strip as well");
    }
    // A key that no request can carry.
    let mut app = app();
    ask(&mut app, form("localhost", "schlüssel", false));
    ask(&mut app, Command::Connect);
    assert_eq!(app.start.on_server.problem.as_ref().map(|p| p.about), Some(About::Key));
}

#[test]
fn connecting_can_be_cancelled_and_what_still_comes_is_not_heard() {
    let mut app = app();
    ask(&mut app, Command::Page(Page::Server));
    ask(&mut app, Command::Connect);
    let (key, _) = next(&mut app);
    assert!(app.start.on_server.job.is_some());
    ask(&mut app, Command::CancelListing);
    assert!(app.start.on_server.job.is_none(), "at once on screen");
    done(&mut app, key, Found::Listed(on_server("http://localhost:6334", ""), vec![row("late", vec![])]));
    assert!(app.start.on_server.listing.is_none());
    // Another address while one is asked.
    ask(&mut app, Command::Connect);
    let (key, _) = next(&mut app);
    ask(&mut app, form("other", "", false));
    done(&mut app, key, Found::Listed(on_server("http://localhost:6334", ""), vec![row("late", vec![])]));
    assert!(app.start.on_server.listing.is_none());
}

#[test]
fn a_collection_that_was_deleted_meanwhile_is_told_beside_the_list() {
    let mut app = connected();
    ask(&mut app, Command::Choose { row: 1, vector: 0 });
    ask(&mut app, Command::OpenListed);
    let (key, ..) = opening(&mut app);
    let error = Error::CollectionMissing { name: "news".into(), place: "there".into(), available: vec!["food".into()] };
    fail(&mut app, key, error);
    let problem = app.problem_from(&Origin::Page(Page::Server)).unwrap();
    assert_eq!((problem.about, problem.hint.as_deref()), (About::Collection, Some("there are: food")));
    assert_eq!(app.problem_from(&Origin::Page(Page::Store)), None);
    assert!(app.settings.collections.is_empty(), "what never was open is not remembered");
    // One that is opened from somewhere else is not told here.
    let other = CollectionArgs { collection: Some("x".into()), ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(other), encoder: None, then: None };
    app.handle(AppCommand::Document(open));
    app.tick();
    let (key, ..) = opening(&mut app);
    fail(&mut app, key, Error::Server("trouble".into()));
    assert_eq!(app.problem_from(&Origin::Page(Page::Server)), None);
}

fn connect_with_key(app: &mut App, keep: bool) {
    ask(app, form("http://db", "s3cret", keep));
    ask(app, Command::Connect);
    let (key, work) = next(app);
    let Work::List(place) = work else { panic!("{work:?}") };
    assert_eq!(place, on_server("http://db:6334", "s3cret"));
    done(app, key, Found::Listed(place, vec![row("news", vec![dense("", 384)])]));
}

fn everything_said(app: &App) -> String {
    let lines: Vec<String> = app.messages.lines().map(|line| format!("{line:?}")).collect();
    format!("{} {:?} {:?}", lines.join(" "), app.start.key_note, app.start.server)
}

#[test]
fn a_key_is_kept_in_the_keyring_only_if_the_person_says_so_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app();
    connect_with_key(&mut app, false);
    assert!(app.settings.kept_keys.is_empty(), "off by default");
    connect_with_key(&mut app, true);
    assert_eq!(app.settings.kept_keys, ["http://db:6334"]);
    assert!(app.start.key_note.as_deref().unwrap().contains("kept in the system's keyring"));
    ask(&mut app, Command::Choose { row: 0, vector: 0 });
    ask(&mut app, Command::OpenListed);
    let (key, collection, _) = opening(&mut app);
    assert_eq!(collection.api_key.as_deref(), Some("s3cret"));
    opened(&mut app, key, collection, 384);
    app.settings.write(folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("settings.json")).unwrap();
    assert!(text.contains("http://db:6334") && !text.contains("s3cret"), "{text}");
    assert!(!everything_said(&app).contains("s3cret"));

    // The next start reads it from there.
    let keyring = MemoryKeyring::default();
    keyring.set("http://db:6334", "s3cret").unwrap();
    let (settings, _) = Settings::read(folder.path());
    let mut next_start = App::new(settings, app.folders.clone(), Jobs::scripted());
    next_start.desk = Desk::scripted(keyring);
    settle(&mut next_start);
    assert!(next_start.start.server.keep, "the form says that the key is kept");
    let known = next_start.settings.collections[0].collection.clone();
    assert_eq!(known.api_key, None);
    ask(&mut next_start, Command::OpenRecent(Box::new(known)));
    assert_eq!(opening(&mut next_start).1.api_key.as_deref(), Some("s3cret"));
    ask(&mut next_start, Command::Connect);
    let Work::List(place) = next(&mut next_start).1 else { panic!() };
    assert_eq!(place, on_server("http://db:6334", "s3cret"));

    // Unticked, it is forgotten.
    connect_with_key(&mut next_start, false);
    assert!(next_start.settings.kept_keys.is_empty());
    next_start.desk.key("http://db:6334", crate::app::desk::KeyAsk::Get, |answer| {
        assert_eq!(answer, Ok(None), "the keyring has it no more");
        AppCommand::LogRead
    });
    next_start.tick();
}

/// A keyring that is locked.
struct Locked;

impl Keyring for Locked {
    fn get(&self, _: &str) -> Result<Option<String>, String> {
        Err("it is locked".into())
    }
    fn set(&self, _: &str, _: &str) -> Result<(), String> {
        Err("it is locked".into())
    }
    fn delete(&self, _: &str) -> Result<(), String> {
        Err("it is locked".into())
    }
}

#[test]
fn a_missing_keyring_is_a_note_and_never_a_failure() {
    let mut app = app();
    app.desk = Desk::scripted(Locked);
    connect_with_key(&mut app, true);
    assert!(app.start.on_server.listing.is_some(), "it is connected");
    assert!(app.start.key_note.as_deref().unwrap().contains("it is locked"));
    assert!(app.settings.kept_keys.is_empty());
    // One that had a key and does not give it: connecting goes on without.
    app.settings.kept_keys.push("http://other:6334".into());
    ask(&mut app, form("http://other", "", false));
    ask(&mut app, Command::Connect);
    let Work::List(place) = next(&mut app).1 else { panic!() };
    assert_eq!(place, on_server("http://other:6334", ""));
    assert!(app.start.key_note.as_deref().unwrap().contains("Type it here"));
    assert!(!everything_said(&app).contains("s3cret"));
}

/// A store with the collection `food` of three points.
fn store_in(folder: &Path) -> PathBuf {
    let store = folder.join("store");
    let layout = Layout::Dense { name: String::new(), dim: 4, distance: Distance::Cosine };
    let mut sink = EdgeStore::open_or_create(&store, "food", &layout).unwrap();
    let points = (0..3u64).map(|i| NewPoint {
        id: PointId::Num(i),
        vector: NewVector::Dense(vec![1.0, i as f32, 0.0, 0.0]),
        payload: crate::source::Payload::new(),
    });
    sink.upsert(points.collect(), &Control::new()).unwrap();
    store
}

#[test]
fn a_store_is_chosen_by_a_dialog_and_its_collection_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path());
    let mut app = app();
    ask(&mut app, Command::Page(Page::Store));
    ask(&mut app, Command::ListStore);
    assert!(app.start.in_store.problem.as_ref().unwrap().hint.is_some(), "nothing is named yet");
    ask(&mut app, Command::Browse(Field::Store));
    assert!(app.desk.take().unwrap().title.contains("store"));
    app.desk.answer(Picked::Paths(vec![store.clone()]));
    app.tick();
    run_next(&mut app);
    let listing = app.start.in_store.listing.clone().unwrap();
    assert_eq!(listing.chosen().map(|(row, _)| row.name.as_str()), Some("food"), "the only one is chosen");
    ask(&mut app, Command::OpenListed);
    run_next(&mut app);
    let open = app.document.open.as_ref().expect("it is open");
    assert_eq!((open.info.points, open.collection.store.as_deref()), (3, Some(store.as_path())));
}

#[test]
fn without_dialogs_a_path_is_typed_and_a_wrong_one_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app();
    ask(&mut app, Command::Page(Page::Store));
    ask(&mut app, Command::Browse(Field::Store));
    app.desk.answer(Picked::Missing("no portal".into()));
    app.tick();
    assert_eq!(app.desk.missing.as_deref(), Some("no portal"));
    ask(&mut app, Command::EditStore(folder.path().join("none").display().to_string()));
    ask(&mut app, Command::ListStore);
    run_next(&mut app);
    assert!(app.start.in_store.problem.as_ref().unwrap().text.contains("no such folder"));
}

#[test]
fn a_file_of_vectors_is_opened_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    let mut npy = crate::numpy::NpyWriter::create(&path, 4).unwrap();
    npy.push(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    npy.push(&[4.0, 3.0, 2.0, 1.0]).unwrap();
    npy.finish().unwrap();
    let mut app = app();
    ask(&mut app, Command::Page(Page::Vectors));
    ask(&mut app, Command::OpenVectors);
    assert!(app.start.vectors.problem.is_some(), "nothing is named yet");
    let form = VectorsForm { path: path.display().to_string(), ..VectorsForm::default() };
    ask(&mut app, Command::EditVectors(form));
    ask(&mut app, Command::OpenVectors);
    run_next(&mut app);
    assert_eq!(app.document.open.as_ref().map(|open| open.info.points), Some(2));
}

fn encoder_in(folder: &Path, dim: usize) -> PathBuf {
    let path = folder.join(format!("encoder-{dim}.safetensors"));
    let encoder = crate::encoder::Encoder::new(dim, 2, 3, vec![0.1; dim * 6], vec![0.0; 6], Default::default());
    encoder.unwrap().write(&path).unwrap();
    path
}

#[test]
fn an_encoder_waits_for_the_collection_that_it_fits() {
    let folder = tempfile::tempdir().unwrap();
    let path = encoder_in(folder.path(), 384);
    let mut app = connected();
    ask(&mut app, Command::OpenEncoder(path.clone()));
    run_next(&mut app);
    let waiting = app.start.encoder.waiting.clone().unwrap();
    assert_eq!((waiting.dim, waiting.blocks, waiting.block_size), (384, 2, 3));
    ask(&mut app, Command::Page(Page::Server));
    ask(&mut app, Command::Choose { row: 0, vector: 0 });
    ask(&mut app, Command::OpenListed);
    assert_eq!(opening(&mut app).2, None, "it does not fit 512 dimensions");
    ask(&mut app, Command::Choose { row: 1, vector: 0 });
    ask(&mut app, Command::OpenListed);
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!(encoder, Some(path));
    assert_eq!(app.start.encoder.waiting, None);
    opened(&mut app, key, collection, 384);
    assert_eq!(app.view.place.screen, Screen::Features);
}

#[test]
fn an_encoder_opens_over_the_open_collection_or_with_the_one_that_it_was_open_with() {
    let folder = tempfile::tempdir().unwrap();
    let (fits, other) = (encoder_in(folder.path(), 4), encoder_in(folder.path(), 5));
    let store = store_in(folder.path());
    let collection =
        CollectionArgs { store: Some(store), collection: Some("food".into()), ..CollectionArgs::default() };
    let mut app = app();
    app.settings.remember(&collection).encoder = Some(fits.clone());
    ask(&mut app, Command::OpenEncoder(fits.clone()));
    run_next(&mut app);
    run_next(&mut app);
    assert_eq!(app.document.encoder().map(|open| &open.path), Some(&fits), "its collection was opened with it");
    ask(&mut app, Command::OpenEncoder(other.clone()));
    run_next(&mut app);
    let problem = app.start.encoder.problem.clone().unwrap();
    assert!(problem.text.contains("5 dimensions") && problem.text.contains("has 4"), "{}", problem.text);
    assert_eq!(app.start.encoder.waiting.as_ref().map(|seen| &seen.path), Some(&other));
    ask(&mut app, Command::DropEncoder);
    assert_eq!(app.start.encoder.waiting, None);
    app.handle(AppCommand::Document(document::Command::CloseEncoder));
    ask(&mut app, Command::OpenEncoder(fits.clone()));
    run_next(&mut app);
    run_next(&mut app);
    assert_eq!(app.document.encoder().map(|open| &open.path), Some(&fits));
    std::fs::write(&fits, "nonsense").unwrap();
    ask(&mut app, Command::OpenEncoder(fits));
    run_next(&mut app);
    assert!(app.start.encoder.problem.as_ref().unwrap().text.contains("not a whole safetensors"));
}

fn model(name: &str, side: Side, here: bool) -> ModelLine {
    ModelLine { name: name.into(), side, dim: 512, here, twin: None, description: String::new() }
}

use crate::embed::{DEFAULT_MODEL, Side};

/// An import's form, with models of which the usual one is here.
fn importing(here: bool) -> App {
    let mut app = app();
    ask(&mut app, Command::Page(Page::Import));
    let (key, work) = next(&mut app);
    assert!(matches!(work, Work::Models));
    let models = vec![
        model("demo", Side::Pictures, true),
        model(DEFAULT_MODEL, Side::Pictures, here),
        model("small/texts", Side::Texts, true),
    ];
    done(&mut app, key, Found::Models(models));
    app
}

fn edit(app: &mut App, change: impl FnOnce(&mut ImportForm)) {
    let mut form = app.start.import.form.clone();
    change(&mut form);
    ask(app, Command::EditImport(Box::new(form)));
}

#[test]
fn a_folder_of_pictures_is_imported_opened_and_trained_on() {
    let mut app = importing(true);
    ask(&mut app, Command::Import);
    let (field, problem) = app.start.import.problem.clone().unwrap();
    assert!(field == ImportField::Path && problem.hint.is_some());
    edit(&mut app, |form| form.path = "/photos/My cats".into());
    assert_eq!(app.start.import.form.name, "My-cats", "named after the folder");
    edit(&mut app, |form| form.name = "cats".into());
    edit(&mut app, |form| form.path = "/photos/dogs".into());
    assert_eq!(app.start.import.form.name, "cats", "a name that was typed stays");
    ask(&mut app, Command::Import);
    let (key, work) = next(&mut app);
    assert_eq!(key.lane, Lane::Heavy);
    let Work::Import(job) = work else { panic!("{work:?}") };
    let Job::ImportPictures(config) = *job else { panic!("{job:?}") };
    assert_eq!(config.pictures, [PathBuf::from("/photos/dogs")]);
    assert_eq!(config.model.model.as_deref(), Some(DEFAULT_MODEL));
    assert_eq!(config.collection.store, Some("/nowhere/data/collections".into()));
    assert_eq!(app.jobs.live().count(), 1, "it is in the strip");
    ask(&mut app, Command::Import);
    assert!(app.jobs.take().is_none(), "one at a time");
    done(&mut app, key, Found::Imported(Imported { imported: 12, ..Imported::default() }));
    let (key, work) = next(&mut app);
    assert!(matches!(work, Work::Models), "what was downloaded is here now");
    done(&mut app, key, Found::Models(Vec::new()));
    let (key, collection, _) = opening(&mut app);
    assert_eq!(collection.collection.as_deref(), Some("cats"));
    opened(&mut app, key, collection, 512);
    assert_eq!(app.view.place.screen, Screen::Train);
}

#[test]
fn what_an_import_left_out_is_read_before_it_opens() {
    let mut app = importing(true);
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    let skipped = vec![Skipped { input: "/photos/a.jpg".into(), reason: "is cut off".into() }];
    done(&mut app, key, Found::Imported(Imported { imported: 11, skipped, ..Imported::default() }));
    assert!(matches!(next(&mut app).1, Work::Models));
    assert!(app.jobs.take().is_none(), "the list is shown first");
    assert_eq!(app.start.import.done.as_ref().unwrap().answer.skipped.len(), 1);
    ask(&mut app, Command::OpenImported);
    assert_eq!(opening(&mut app).1.collection.as_deref(), Some("photos"));
}

#[test]
fn whoever_went_on_to_something_else_is_not_taken_away_by_an_import() {
    let mut app = importing(true);
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    app.handle(AppCommand::Show(Screen::Features));
    done(&mut app, key, Found::Imported(Imported { imported: 11, ..Imported::default() }));
    assert!(matches!(next(&mut app).1, Work::Models));
    assert!(app.jobs.take().is_none());
    assert!(app.messages.last().unwrap().text.contains("11 imported into photos"));
}

#[test]
fn a_model_that_is_not_here_is_downloaded_only_after_its_size_was_shown() {
    let mut app = importing(false);
    let (key, work) = next(&mut app);
    let Work::ModelSize(model) = work else { panic!("{work:?}") };
    assert_eq!(model, (DEFAULT_MODEL.to_owned(), Side::Pictures));
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    assert!(app.jobs.take().is_none(), "the size is not known yet");
    let size = ModelSize::Known(Some(350_000_000));
    done(&mut app, key, Found::ModelSize(model, size.clone()));
    assert_eq!(app.start.import.size(), Some(&size));
    ask(&mut app, Command::Import);
    assert!(matches!(next(&mut app).1, Work::Import(_)));
}

#[test]
fn a_hub_that_cannot_be_asked_leaves_the_size_open_and_the_way_free() {
    let mut app = importing(false);
    let (key, work) = next(&mut app);
    let Work::ModelSize(model) = work else { panic!("{work:?}") };
    done(&mut app, key, Found::ModelSize(model, ModelSize::Known(None)));
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    assert!(matches!(next(&mut app).1, Work::Import(_)), "the files may be put there by hand meanwhile");
}

#[test]
fn an_import_that_fails_or_is_cancelled_leaves_the_form_as_it_was() {
    let mut app = importing(true);
    edit(&mut app, |form| {
        form.path = "/photos".into();
        form.target = ImportTarget::Server;
        form.address = "db".into();
    });
    let before = app.start.import.form.clone();
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    fail(&mut app, key, Error::Connection { url: "http://db:6334".into(), problem: "refused".into() });
    assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Address));
    assert_eq!(app.start.import.form, before);
    assert!(matches!(next(&mut app).1, Work::Models));
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    ask(&mut app, Command::Cancel(Page::Import));
    assert_eq!(app.jobs.get(key).unwrap().state, crate::app::JobState::Cancelling, "at once on screen");
    end(&mut app, key, Outcome::Cancelled);
    assert!(app.start.import.cancelled && app.start.import.problem.is_none() && app.start.import.job.is_none());
    assert_eq!(app.start.import.form, before);
}

#[test]
fn names_that_no_collection_can_have_are_told_beside_the_field() {
    let mut app = importing(true);
    edit(&mut app, |form| form.path = "/photos".into());
    for bad in [".hidden", "a/b", "a:b"] {
        edit(&mut app, |form| form.name = bad.into());
        ask(&mut app, Command::Import);
        assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Name), "{bad}");
    }
    edit(&mut app, |form| (form.name, form.target) = ("a".into(), ImportTarget::Store));
    ask(&mut app, Command::Import);
    assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Store));
    edit(&mut app, |form| (form.target, form.address) = (ImportTarget::Server, "ftp://x".into()));
    ask(&mut app, Command::Import);
    assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Address));
    assert!(app.jobs.take().is_none());
}

#[test]
fn the_fields_of_a_file_of_texts_are_found_and_vectors_imported_for_real() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "{\"id\": 1, \"title\": \"a\", \"body\": \"a long text\"}\n{\"id\": 2, \"body\": \"another\"}\n";
    let texts = folder.path().join("texts.jsonl");
    std::fs::write(&texts, lines).unwrap();
    let mut app = importing(true);
    edit(&mut app, |form| (form.kind, form.path) = (ImportKind::Texts, texts.display().to_string()));
    assert_eq!(app.start.import.form.model, "small/texts", "a model that is here");
    ask(&mut app, Command::LookAtImport);
    run_next(&mut app);
    let fields = vec!["body".to_owned(), "title".to_owned()];
    assert_eq!(app.start.import.survey, Some(Survey::Texts { lines: 2, fields }));
    assert_eq!(app.start.import.form.field, "body");

    let vectors = folder.path().join("v.npy");
    let mut npy = crate::numpy::NpyWriter::create(&vectors, 4).unwrap();
    npy.push(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    npy.push(&[2.0, 2.0, 3.0, 4.0]).unwrap();
    npy.finish().unwrap();
    app.folders.data = folder.path().join("data");
    edit(&mut app, |form| (form.kind, form.path) = (ImportKind::Vectors, vectors.display().to_string()));
    ask(&mut app, Command::LookAtImport);
    run_next(&mut app);
    assert_eq!(app.start.import.survey, Some(Survey::Vectors { rows: 2, dim: 4 }));
    ask(&mut app, Command::Import);
    run_next(&mut app);
    assert!(app.start.import.problem.is_none(), "{:?}", app.start.import.problem);
    run_next(&mut app);
    run_next(&mut app);
    assert_eq!(app.document.open.as_ref().map(|open| open.info.points), Some(2));
    assert_eq!(app.view.place.screen, Screen::Train);
    // Once more into what is open: it is let go first.
    app.handle(AppCommand::Show(Screen::Start));
    settle(&mut app);
    ask(&mut app, Command::Import);
    run_next(&mut app);
    assert!(app.start.import.problem.is_none(), "{:?}", app.start.import.problem);
}

fn demo_answer(folder: &Path) -> DemoAnswer {
    DemoAnswer {
        store: folder.to_owned(),
        collection: crate::demo::COLLECTION,
        encoder: folder.join("encoder.safetensors"),
        dishes: 6_000,
        drawn: 6_000,
        trained: true,
        seconds: 1.0,
        inspected: InspectAnswer {
            points: 1,
            cutoff: 0.5,
            outlier_percentile: 1.0,
            held_out: true,
            items: Vec::new(),
            failed: Vec::new(),
            scale: Default::default(),
        },
    }
}

#[test]
fn the_demo_is_one_click_and_ends_in_its_features() {
    let mut app = app();
    ask(&mut app, Command::Demo);
    let (key, work) = next(&mut app);
    let Work::Demo(config) = work else { panic!("{work:?}") };
    assert_eq!((config.store.as_deref(), config.fresh), (Some(Path::new("/nowhere/demo")), false));
    assert_eq!((key.lane, app.start.page), (Lane::Heavy, Page::Demo));
    ask(&mut app, Command::Page(Page::Ways));
    ask(&mut app, Command::Demo);
    assert!(app.jobs.take().is_none() && app.start.page == Page::Demo, "a second click only shows it");
    done(&mut app, key, Found::Demo(Box::new(demo_answer(Path::new("/nowhere/demo")))));
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!(encoder, Some("/nowhere/demo/encoder.safetensors".into()));
    opened(&mut app, key, collection, 512);
    assert_eq!(app.view.place.screen, Screen::Features);
    // From now on it only opens.
    ask(&mut app, Command::Demo);
    opening(&mut app);
    ask(&mut app, Command::FreshDemo);
    assert!(matches!(next(&mut app).1, Work::Demo(config) if config.fresh));
}

#[test]
fn a_demo_that_fails_or_is_cancelled_says_so_and_can_go_on() {
    let mut app = app();
    ask(&mut app, Command::Demo);
    let (key, _) = next(&mut app);
    fail(&mut app, key, Error::Device("none".into()));
    assert!(app.start.demo.problem.is_some() && app.start.demo.job.is_none());
    settle(&mut app);
    ask(&mut app, Command::Demo);
    let (key, _) = next(&mut app);
    assert!(app.start.demo.problem.is_none());
    ask(&mut app, Command::Cancel(Page::Demo));
    end(&mut app, key, Outcome::Cancelled);
    assert!(app.start.demo.problem.is_none() && app.start.demo.job.is_none());
}

#[test]
fn the_command_line_opens_the_window_on_its_demo() {
    let mut app = app();
    open_demo(&mut app, &demo_answer(Path::new("/d")));
    let (_, collection, encoder) = opening(&mut app);
    assert_eq!((collection.store, encoder), (Some("/d".into()), Some("/d/encoder.safetensors".into())));
}

#[test]
fn what_is_dropped_is_known_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let sort = |names: &[&str]| {
        let paths: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
        dropped::sort(&paths, &Control::new()).unwrap()
    };
    let store = store_in(folder.path());
    std::fs::create_dir_all(path("photos/cats")).unwrap();
    std::fs::create_dir_all(path("empty")).unwrap();
    for name in ["photos/cats/a.JPG", "photos/b.png", "photos/readme.txt", "c.webp"] {
        std::fs::write(path(name), "x").unwrap();
    }
    assert_eq!(sort(&["store"]), Sorted::Store(store.clone(), None));
    assert_eq!(sort(&["store/food"]), Sorted::Store(store, Some("food".into())));
    assert_eq!(sort(&["photos"]), Sorted::Folder(path("photos"), 2));
    assert_eq!(sort(&["c.webp", "photos/b.png"]), Sorted::Pictures(vec![path("c.webp"), path("photos/b.png")]));
    assert_eq!(sort(&["p.jsonl", "v.npy"]), Sorted::Vectors(path("v.npy"), Some(path("p.jsonl"))));
    assert_eq!(sort(&["e.PTH"]), Sorted::Encoder(path("e.PTH")));
    assert_eq!(sort(&["e.safetensors"]), Sorted::Encoder(path("e.safetensors")));
    assert_eq!(sort(&["t.jsonl"]), Sorted::Texts(path("t.jsonl")));
    assert!(matches!(sort(&["empty"]), Sorted::Unknown(_)));
    assert!(matches!(sort(&["x.pdf"]), Sorted::Unknown(text) if text.contains("x.pdf")));
}

/// Drops this on the screen.
fn drop_on(app: &mut App, sorted: Sorted) {
    ask(app, Command::Dropped(vec!["/x".into()]));
    let (key, work) = next(app);
    assert!(matches!(work, Work::Sort(_)), "a worker looks, not the frame");
    done(app, key, Found::Sorted(sorted));
}

#[test]
fn what_is_dropped_leads_to_the_way_that_fits() {
    let mut app = importing(true);
    drop_on(&mut app, Sorted::Folder("/photos".into(), 3));
    assert_eq!((app.start.page, app.start.import.form.path.as_str()), (Page::Import, "/photos"));
    assert!(matches!(next(&mut app).1, Work::Survey(ImportKind::Pictures, _)));
    drop_on(&mut app, Sorted::Pictures(vec!["/cats/1.png".into(), "/cats/2.png".into()]));
    let form = &app.start.import.form;
    assert_eq!((form.path.as_str(), form.others.len(), form.name.as_str()), ("/cats/1.png", 1, "cats"));
    assert!(matches!(next(&mut app).1, Work::Survey(ImportKind::Pictures, paths) if paths.len() == 2));
    drop_on(&mut app, Sorted::Texts("/t.jsonl".into()));
    assert_eq!(app.start.import.form.kind, ImportKind::Texts);
    assert!(app.start.import.form.others.is_empty());
    assert!(matches!(next(&mut app).1, Work::Survey(ImportKind::Texts, _)));
    drop_on(&mut app, Sorted::Vectors("/v.npy".into(), Some("/p.jsonl".into())));
    assert_eq!(app.start.page, Page::Vectors);
    assert_eq!(app.start.vectors.form.payload, "/p.jsonl");
    drop_on(&mut app, Sorted::Encoder("/e.pth".into()));
    assert!(matches!(next(&mut app).1, Work::Encoder(path) if path == Path::new("/e.pth")));
    drop_on(&mut app, Sorted::Store("/s".into(), Some("food".into())));
    let (key, work) = next(&mut app);
    let Work::List(place) = work else { panic!("{work:?}") };
    done(&mut app, key, Found::Listed(place, vec![row("foodie", vec![dense("", 4)]), row("food", vec![dense("", 4)])]));
    let chosen = app.start.in_store.listing.as_ref().and_then(Listing::chosen);
    assert_eq!(chosen.map(|(row, _)| row.name.as_str()), Some("food"), "the one that was dropped");
    drop_on(&mut app, Sorted::Unknown("x".into()));
    assert!(app.start.not_known.as_ref().unwrap().hint.as_ref().unwrap().contains(".npy"));
    ask(&mut app, Command::Page(Page::Ways));
    assert_eq!(app.start.not_known, None);
}

#[test]
fn recents_say_what_is_gone_and_what_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path());
    let encoder = encoder_in(folder.path(), 4);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let in_store = |store: &Path, name: &str| CollectionArgs {
        store: Some(store.to_owned()),
        collection: Some(name.into()),
        ..CollectionArgs::default()
    };
    let on = |address: std::net::SocketAddr| CollectionArgs {
        url: Some(format!("http://{address}")),
        collection: Some("c".into()),
        ..CollectionArgs::default()
    };
    let here = in_store(&store, "food");
    let (gone, lost) = (in_store(&store, "other"), in_store(&folder.path().join("none"), "food"));
    let file = CollectionArgs { vectors: Some(folder.path().join("no.npy")), ..CollectionArgs::default() };
    let (closed, open) = (on(closed), on(listening.local_addr().unwrap()));
    let mut app = app_in(folder.path());
    for collection in [&here, &gone, &lost, &file, &closed, &open] {
        app.settings.remember(collection);
    }
    app.settings.encoders = vec![encoder.clone(), "/no/encoder.pth".into()];
    settle(&mut app);
    let recents = &app.start.recents;
    assert_eq!(recents.standing(&here), Standing::Here);
    for missing in [&gone, &lost, &file] {
        assert!(matches!(recents.standing(missing), Standing::Gone(_)), "{missing:?}");
    }
    assert_eq!(recents.standing(&open), Standing::Here);
    assert_eq!(recents.standing(&closed), Standing::Unreachable("nothing listens there".into()));
    assert!(recents.is_lost(Path::new("/no/encoder.pth")) && !recents.is_lost(&encoder));
    assert!(!app.start.demo.ready);
}

#[test]
fn a_recent_collection_opens_with_one_click_and_tells_its_problem_in_its_row() {
    let mut app = app();
    let known = CollectionArgs {
        url: Some("http://db:6334".into()),
        collection: Some("food".into()),
        using: Some("image".into()),
        ..CollectionArgs::default()
    };
    app.settings.remember(&known).encoder = Some("/e.safetensors".into());
    let origin = Origin::Recent(Box::new(known.clone()));
    ask(&mut app, Command::OpenRecent(Box::new(known.clone())));
    assert!(app.is_opening_from(&origin));
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!((collection, encoder), (known.clone(), Some("/e.safetensors".into())));
    fail(&mut app, key, Error::Unauthorized { url: "http://db:6334".into() });
    assert_eq!(app.problem_from(&origin).unwrap().about, About::Key);
    // There the key can be typed, and the collection is looked for.
    ask(&mut app, Command::Reconnect(Box::new(known)));
    assert_eq!((app.start.page, app.start.server.address.as_str()), (Page::Server, "http://db:6334"));
    let (key, work) = next(&mut app);
    let Work::List(place) = work else { panic!("{work:?}") };
    done(&mut app, key, Found::Listed(place, vec![row("food", vec![dense("image", 512)]), row("food2", vec![])]));
    assert_eq!(listing(&app).chosen().map(|(row, _)| row.name.as_str()), Some("food"));
}

#[test]
fn taking_something_off_the_list_can_be_undone() {
    let mut app = app();
    let named = |name: &str| CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() };
    for name in ["a", "b", "c"] {
        app.settings.remember(&named(name));
    }
    app.settings.remember(&named("b")).picture_field = Some("url".into());
    let before = app.settings.collections.clone();
    ask(&mut app, Command::Forget(Box::new(named("b"))));
    assert_eq!(app.settings.collections.len(), 2);
    for _ in 0..2 {
        app.handle(AppCommand::Undo);
        assert_eq!(app.settings.collections, before);
        app.handle(AppCommand::Redo);
        assert_eq!(app.settings.collections.len(), 2);
    }
    app.settings.encoders = vec!["/x".into(), "/y".into()];
    ask(&mut app, Command::ForgetEncoder("/x".into()));
    assert_eq!(app.settings.encoders, [PathBuf::from("/y")]);
    app.handle(AppCommand::Undo);
    assert_eq!(app.settings.encoders, [PathBuf::from("/x"), PathBuf::from("/y")]);
}

#[test]
fn a_forgotten_server_leaves_no_key_in_the_keyring() {
    let mut app = app();
    connect_with_key(&mut app, true);
    let on = |name: &str| CollectionArgs {
        url: Some("http://db:6334".into()),
        collection: Some(name.into()),
        ..CollectionArgs::default()
    };
    app.settings.remember(&on("a"));
    app.settings.remember(&on("b"));
    ask(&mut app, Command::Forget(Box::new(on("a"))));
    assert_eq!(app.settings.kept_keys.len(), 1, "another collection needs it");
    ask(&mut app, Command::Forget(Box::new(on("b"))));
    assert!(app.settings.kept_keys.is_empty());
}

#[test]
fn the_window_opens_what_was_open_last_with_its_key() {
    let mut app = app();
    let known = CollectionArgs {
        url: Some("http://db:6334".into()),
        collection: Some("food".into()),
        ..CollectionArgs::default()
    };
    app.settings.remember(&known);
    app.settings.kept_keys.push("http://db:6334".into());
    let keyring = MemoryKeyring::default();
    keyring.set("http://db:6334", "s3cret").unwrap();
    app.desk = Desk::scripted(keyring);
    app.reopen();
    app.tick();
    assert_eq!(opening(&mut app).1.api_key.as_deref(), Some("s3cret"));
}
