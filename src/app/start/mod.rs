//! The start screen: what was open before, and every way to begin: a server, an embedded store, a file of vectors, an
//! encoder, an import, the demo, and whatever is dropped on it.

mod connect;
mod demo;
mod dropped;
mod files;
mod import;
mod keys;
mod recents;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;

use super::desk::{KeyAnswer, Secret};
use super::settings::CollectionSettings;
use super::{App, JobCommand, JobKey, Problem, Screen, document};
use crate::config::CollectionArgs;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::pipeline::DemoAnswer;

pub use connect::{Ask, Listing, Place, ServerAt, ServerForm};
pub use demo::{Demo, Step as DemoStep, step as demo_step};
pub use dropped::Sorted;
pub use files::{EncoderSeen, Encoders, Vectors, VectorsForm};
pub use import::{
    Import, ImportDone, ImportField, ImportForm, Kind as ImportKind, ModelSize, Survey, Target as ImportTarget,
};
pub use recents::{Looked, Recents, Standing};

/// A way to begin, as the screen shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Page {
    /// All of them.
    #[default]
    Ways,
    /// Connecting to a server.
    Server,
    /// Opening an embedded store.
    Store,
    /// Opening a file of vectors.
    Vectors,
    /// Opening an encoder.
    Encoder,
    /// Importing pictures, texts or vectors.
    Import,
    /// The demo, while it is made.
    Demo,
}

/// A field that a file dialog fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The folder of an embedded store.
    Store,
    /// A file of vectors.
    Vectors,
    /// The payloads beside them.
    Payload,
    /// An encoder's file.
    Encoder,
    /// What is imported.
    ImportPath,
    /// The payloads of vectors that are imported.
    ImportPayload,
    /// The folder of a model.
    ImportModel,
    /// The store that is imported into.
    ImportStore,
}

/// Where the collection was chosen that is being opened, so that a problem is told there.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A page of the screen.
    Page(Page),
    /// The list of recent collections.
    Recent(Box<CollectionArgs>),
}

/// What a key is asked for from the keyring.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyFor {
    /// Connecting with the form as it is.
    Connect,
    /// Opening a recent collection.
    Recent(Box<CollectionArgs>),
}

/// What is asked of it.
#[derive(Clone, Debug)]
pub enum Command {
    /// Show a way to begin.
    Page(Page),
    /// Change the server's form.
    EditServer(ServerForm),
    /// Connect to the server of the form.
    Connect,
    /// Change the path of the store.
    EditStore(String),
    /// List the store's collections.
    ListStore,
    /// End the listing that goes on.
    CancelListing,
    /// Show only the collections whose names hold this.
    Find(String),
    /// Choose a collection of the list, and one of its vectors.
    Choose {
        /// The collection's place in the list.
        row: usize,
        /// The vector's place among the collection's.
        vector: usize,
    },
    /// Change the filter of points, as JSON; empty for all points.
    EditFilter(String),
    /// Open what is chosen in the list.
    OpenListed,
    /// Change the form of a file of vectors.
    EditVectors(VectorsForm),
    /// Open the file of vectors.
    OpenVectors,
    /// Change the path of the encoder.
    EditEncoder(String),
    /// Open an encoder: over the open collection, or else with the one that it was open with last, or else with the next.
    OpenEncoder(PathBuf),
    /// Let go of the encoder that waits for a collection.
    DropEncoder,
    /// Change the import's form.
    EditImport(Box<ImportForm>),
    /// Look at what the import's form names.
    LookAtImport,
    /// Begin the import.
    Import,
    /// Open the collection that was imported.
    OpenImported,
    /// Make the form of the import ready for another one.
    NewImport,
    /// Begin the demo, or open it where it is made.
    Demo,
    /// Make the demo anew.
    FreshDemo,
    /// Open a demo that is made.
    OpenDemo {
        /// Its collection.
        collection: Box<CollectionArgs>,
        /// Its encoder.
        encoder: PathBuf,
    },
    /// Cancel the job of a page: the import, or the demo.
    Cancel(Page),
    /// Choose a path by a dialog.
    Browse(Field),
    /// What the dialog chose.
    Chosen(Field, Vec<PathBuf>),
    /// Files or folders were dropped.
    Dropped(Vec<PathBuf>),
    /// Open a collection that was open before.
    OpenRecent(Box<CollectionArgs>),
    /// Connect to the server of a collection that was open before, to give another key or choose another collection.
    Reconnect(Box<CollectionArgs>),
    /// Take a collection off the list, which can be undone.
    Forget(Box<CollectionArgs>),
    /// The same without a step to undo.
    Unlist(Box<CollectionArgs>),
    /// Put it back.
    Restore(Box<CollectionSettings>, usize),
    /// Take an encoder off the list, which can be undone.
    ForgetEncoder(PathBuf),
    /// The same without a step to undo.
    UnlistEncoder(PathBuf),
    /// Put it back.
    RestoreEncoder(PathBuf, usize),
    /// The keyring gave a key, or has none.
    KeyRead {
        /// The server.
        address: String,
        /// What it said.
        answer: KeyAnswer,
        /// What it was asked for.
        then: KeyFor,
    },
    /// The keyring keeps a key, has forgotten it, or cannot.
    KeyKept {
        /// The server.
        address: String,
        /// Whether it was to be kept.
        keep: bool,
        /// What it said.
        answer: KeyAnswer,
    },
}

/// Its state.
#[derive(Default)]
pub struct State {
    /// The way to begin that is shown.
    pub page: Page,
    /// The server's form.
    pub server: ServerForm,
    /// What a server or store was asked, and what it has: of [`Page::Server`].
    pub on_server: Ask,
    /// The path of the store.
    pub store: String,
    /// The same for [`Page::Store`].
    pub in_store: Ask,
    /// The form of a file of vectors.
    pub vectors: Vectors,
    /// The encoder's path, and one that waits for a collection.
    pub encoder: Encoders,
    /// The import.
    pub import: Import,
    /// The demo.
    pub demo: Demo,
    /// How recent collections and encoders stand.
    pub recents: Recents,
    /// A word on the key: where it comes from, or why it is not kept.
    pub key_note: Option<String>,
    /// Whether the keyring is being asked for a key.
    pub asking_key: bool,
    /// The job that looks what was dropped.
    pub sorting: Option<JobKey>,
    /// What was dropped and cannot be opened, or could not be looked at.
    pub not_known: Option<Problem>,
    /// The name of the collection to look for when a listing comes.
    wanted: Option<String>,
    /// Keys of this start, by address.
    keys: HashMap<String, Secret>,
    /// Where the opening began that went on last.
    origin: Option<(Origin, JobKey)>,
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// List the collections of a server or store.
    List(Place),
    /// Read an encoder's file.
    Encoder(PathBuf),
    /// List the models that can be named.
    Models,
    /// Ask how large a model is that is not here.
    ModelSize(import::ModelKey),
    /// Look at what is to be imported.
    Survey(ImportKind, Vec<PathBuf>),
    /// Import.
    Import(Box<crate::pipeline::Job>),
    /// Make the demo.
    Demo(crate::config::DemoConfig),
    /// Look what was dropped.
    Sort(Vec<PathBuf>),
    /// Look whether recent collections, encoders and the demo are still there.
    Look(recents::Look),
    /// Look whether servers can be reached.
    Reach(Vec<String>),
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// Of [`Work::List`].
    Listed(Place, Vec<crate::source::CollectionDescription>),
    /// Of [`Work::Encoder`].
    Encoder(EncoderSeen),
    /// Of [`Work::Models`].
    Models(Vec<crate::pipeline::ModelLine>),
    /// Of [`Work::ModelSize`].
    ModelSize(import::ModelKey, ModelSize),
    /// Of [`Work::Survey`].
    Survey(Survey),
    /// Of [`Work::Import`].
    Imported(crate::pipeline::Imported),
    /// Of [`Work::Demo`].
    Demo(Box<DemoAnswer>),
    /// Of [`Work::Sort`].
    Sorted(Sorted),
    /// Of [`Work::Look`].
    Looked(recents::Looked),
    /// Of [`Work::Reach`]: the servers, and why they cannot be reached.
    Reached(Vec<(String, Option<String>)>),
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::List(place) => connect::list(place, control),
            Self::Encoder(path) => EncoderSeen::read(path).map(Found::Encoder),
            Self::Models => import::models(control, reporter).map(Found::Models),
            Self::ModelSize(key) => import::model_size(key, control),
            Self::Survey(kind, paths) => import::survey(kind, &paths, control).map(Found::Survey),
            Self::Import(job) => import::run(*job, control, reporter),
            Self::Demo(config) => demo::run(config, control, reporter),
            Self::Sort(paths) => dropped::sort(&paths, control).map(Found::Sorted),
            Self::Look(look) => Ok(Found::Looked(look.run())),
            Self::Reach(addresses) => Ok(Found::Reached(recents::reach(addresses))),
        }
    }
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Page(page) => show(app, page),
        Command::EditServer(form) => connect::edit_server(app, form),
        Command::Connect => connect::connect(app),
        Command::EditStore(path) => connect::edit_store(app, path),
        Command::ListStore => connect::list_store(app),
        Command::CancelListing => connect::cancel(app),
        Command::Find(text) => connect::on_listing(app, |listing| listing.find(text)),
        Command::Choose { row, vector } => connect::on_listing(app, |listing| listing.choose(row, vector)),
        Command::EditFilter(text) => connect::on_listing(app, |listing| listing.edit_filter(text)),
        Command::OpenListed => connect::open_listed(app),
        Command::EditVectors(form) => app.start.vectors.edit(form),
        Command::OpenVectors => files::open_vectors(app),
        Command::EditEncoder(path) => app.start.encoder.edit(path),
        Command::OpenEncoder(path) => files::open_encoder(app, path),
        Command::DropEncoder => app.start.encoder.waiting = None,
        Command::EditImport(form) => import::edit(app, *form),
        Command::LookAtImport => import::look(app),
        Command::Import => import::begin(app),
        Command::OpenImported => import::open(app),
        Command::NewImport => app.start.import.done = None,
        Command::Demo => demo::begin(app, false),
        Command::FreshDemo => demo::begin(app, true),
        Command::OpenDemo { collection, encoder } => {
            open(app, *collection, Some(encoder), Origin::Page(Page::Demo), Some(Screen::Features));
        }
        Command::Cancel(page) => cancel(app, page),
        Command::Browse(field) => files::browse(app, field),
        Command::Chosen(field, paths) => files::chosen(app, field, paths),
        Command::Dropped(paths) => dropped::begin(app, paths),
        Command::OpenRecent(collection) => recents::open(app, *collection),
        Command::Reconnect(collection) => connect::reconnect(app, *collection),
        Command::Forget(collection) => recents::forget(app, &collection),
        Command::Unlist(collection) => drop(recents::unlist(app, &collection)),
        Command::Restore(known, at) => recents::restore(app, *known, at),
        Command::ForgetEncoder(path) => recents::forget_encoder(app, path),
        Command::UnlistEncoder(path) => drop(recents::unlist_encoder(app, &path)),
        Command::RestoreEncoder(path, at) => recents::restore_encoder(app, path, at),
        Command::KeyRead { address, answer, then } => keys::read(app, address, answer, then),
        Command::KeyKept { address, keep, answer } => keys::kept(app, address, keep, answer),
    }
}

/// Shows a way to begin, and asks for what it needs.
fn show(app: &mut App, page: Page) {
    app.start.page = page;
    app.start.not_known = None;
    if page == Page::Import {
        import::arrive(app);
    }
}

fn cancel(app: &mut App, page: Page) {
    let job = match page {
        Page::Import => app.start.import.job,
        Page::Demo => app.start.demo.job,
        _ => None,
    };
    if let Some(job) = job {
        app.jobs.steer(job, JobCommand::Cancel);
    }
}

/// Opens a collection that was chosen on this screen. With no encoder named, the one that waits and fits, or else the one
/// that was open with it last; then the features where there is an encoder, and otherwise the training.
fn open(app: &mut App, collection: CollectionArgs, encoder: Option<PathBuf>, origin: Origin, then: Option<Screen>) {
    let known = app.settings.of(&collection).and_then(|known| known.encoder.clone());
    let encoder = encoder.or(known);
    let usual = if encoder.is_some() { Screen::Features } else { Screen::Train };
    let command =
        document::Command::Open { collection: Box::new(collection), encoder, then: Some(then.unwrap_or(usual)) };
    app.handle(super::Command::Document(command));
    app.start.origin = app.document.opening.map(|job| (origin, job));
}

/// What opens a demo that was made.
pub fn demo_command(answer: &DemoAnswer) -> super::Command {
    let (collection, encoder) = (Box::new(answer.place()), answer.encoder.clone());
    super::Command::Start(Command::OpenDemo { collection, encoder })
}

/// Opens a demo that was made, with its encoder, and shows its features.
pub fn open_demo(app: &mut App, answer: &DemoAnswer) {
    app.handle(demo_command(answer));
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Listed(place, rows) => connect::listed(app, key, place, rows),
        Found::Encoder(seen) => files::encoder_seen(app, key, seen),
        Found::Models(models) => import::models_listed(app, models),
        Found::ModelSize(model, size) => import::size_known(app, model, size),
        Found::Survey(survey) => import::surveyed(app, key, survey),
        Found::Imported(answer) => import::imported(app, key, answer),
        Found::Demo(answer) => demo::made(app, key, &answer),
        Found::Sorted(sorted) => dropped::sorted(app, key, sorted),
        Found::Looked(looked) => recents::looked(app, looked),
        Found::Reached(reached) => recents::reached(app, reached),
    }
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    // What failed is told beside its field, and not in the strip as well.
    let quiet = app.jobs.get(key).is_some_and(|job| job.quiet);
    if quiet {
        app.jobs.steer(key, JobCommand::Dismiss);
    }
    let state = &mut app.start;
    for ask in [&mut state.on_server, &mut state.in_store] {
        if ask.job == Some(key) {
            (ask.job, ask.problem) = (None, problem);
            return;
        }
    }
    if state.encoder.job == Some(key) {
        (state.encoder.job, state.encoder.problem) = (None, problem);
    } else if state.import.job == Some(key) {
        import::failed(app, problem);
    } else if state.import.surveying == Some(key) {
        (state.import.surveying, state.import.unreadable) = (None, problem);
    } else if state.demo.job == Some(key) {
        (state.demo.job, state.demo.problem) = (None, problem);
        // What it has made so far is another demo than was looked at.
        recents::look(app);
    } else if state.sorting == Some(key) {
        (state.sorting, state.not_known) = (None, problem);
    }
}

impl State {
    /// At the start.
    pub fn new(settings: &super::Settings, _folders: &super::Folders) -> Self {
        let address = settings.addresses.first().cloned().unwrap_or_else(|| "http://localhost:6334".to_owned());
        let keep = settings.kept_keys.contains(&address);
        Self { server: ServerForm { address, keep, ..ServerForm::default() }, ..Self::default() }
    }

    /// Where the opening began that goes on, or that went on last.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref().map(|(origin, _)| origin)
    }
}

impl App {
    /// Whether what was chosen there is being opened.
    pub fn is_opening_from(&self, origin: &Origin) -> bool {
        self.document.opening.is_some() && self.start.origin() == Some(origin)
    }

    /// Why what was chosen there could not be opened.
    pub fn problem_from(&self, origin: &Origin) -> Option<&Problem> {
        let problem = self.document.problem.as_ref()?;
        (self.document.opening.is_none() && self.start.origin() == Some(origin)).then_some(problem)
    }
}

/// The person comes to the screen.
pub(super) fn arrive(app: &mut App) {
    recents::look(app);
    recents::ask_servers(app);
}

/// Called once a frame, before events are taken in.
pub(super) fn tick(app: &mut App) {
    if !app.start.recents.looked_once && app.view.place.screen == Screen::Start {
        arrive(app);
    }
    // Something else is being opened, from somewhere else.
    if let (Some(opening), Some((_, job))) = (app.document.opening, &app.start.origin)
        && opening != *job
    {
        app.start.origin = None;
    }
}
