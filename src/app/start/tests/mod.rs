//! Every way to begin, with a script in the place of the workers, or with the real work on this thread.

mod connect;
mod demo;
mod import;
mod keys;
mod open;

use std::path::Path;

use super::*;
use crate::app::desk::{Desk, Keyring, MemoryKeyring, Picked};
use crate::app::settings::Settings;
use crate::app::{About, Command as AppCommand, Folders, Found as AppFound, Jobs, Lane, Work as AppWork};
use crate::embed::{DEFAULT_MODEL, Side};
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

/// Does the next job of this screen or of the document for real. Other parts of the window ask for things, too.
#[track_caller]
fn run_next(app: &mut App) {
    loop {
        let (key, work) = app.jobs.take().expect("a job was asked for");
        if matches!(work, AppWork::Start(_) | AppWork::Document(_)) {
            return run(app, key, work);
        }
    }
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

fn encoder_in(folder: &Path, dim: usize) -> PathBuf {
    let path = folder.join(format!("encoder-{dim}.safetensors"));
    let encoder = crate::encoder::Encoder::new(dim, 2, 3, vec![0.1; dim * 6], vec![0.0; 6], Default::default());
    encoder.unwrap().write(&path).unwrap();
    path
}

fn model(name: &str, side: Side, here: bool) -> ModelLine {
    ModelLine { name: name.into(), side, dim: 512, here, twin: None, description: String::new() }
}

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
