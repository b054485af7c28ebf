//! The document: the open collection and encoder, the payloads that screens show, and the index of features.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::features::OpenNotes;
use super::{App, JobKey, Lane, Problem, Request, Screen, Settings, settings};
use crate::config::CollectionArgs;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::picture;
use crate::point::{Payload, PointId};
use crate::source::{self, Cursor, SourceInfo, VectorSource, Want};

/// Points whose payloads are kept.
const KEPT_POINTS: usize = 20_000;
/// Points that are asked for at once.
const ASKED_POINTS: usize = 256;
/// Points that a collection is judged by when it is opened: which field holds a picture, which words, and which may hold
/// labels. So many, as points of the same label are often stored one after the other.
const FIRST_POINTS: usize = 512;

/// What is asked of the document.
#[derive(Clone, Debug)]
pub enum Command {
    /// Open a collection; with no encoder named, the one that was open with it last.
    Open {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// The encoder.
        encoder: Option<PathBuf>,
        /// The screen to go to when it is open; the present one otherwise.
        then: Option<Screen>,
    },
    /// Open an encoder over the open collection.
    OpenEncoder(PathBuf),
    /// Close the encoder.
    CloseEncoder,
    /// Close the collection.
    Close,
    /// Payloads that a screen would like to show.
    Want(Vec<PointId>),
    /// Ask again for what could not be read.
    Retry,
    /// Take pictures from this field; none for the one that is guessed.
    PictureField(Option<String>),
    /// Take words from this field; none for the one that is guessed.
    TextField(Option<String>),
    /// Whether pictures may be fetched from private and loopback addresses.
    AllowPrivate(bool),
}

/// An open encoder.
#[derive(Clone, Debug)]
pub struct OpenEncoder {
    /// Its file.
    pub path: PathBuf,
    /// Its weights and what its file says.
    pub encoder: Arc<Encoder>,
}

impl OpenEncoder {
    /// The file's name without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// An open collection.
#[derive(Clone, Debug)]
pub struct Document {
    /// How it is named.
    pub collection: CollectionArgs,
    /// What it holds.
    pub info: SourceInfo,
    /// Its first points, to choose from.
    pub first: Vec<(PointId, Arc<Payload>)>,
    /// The model that its points were embedded with, as far as they say so.
    pub model: Option<String>,
    /// The field that the picture is guessed to be in.
    pub guessed_picture: Option<String>,
    /// The field that the words are guessed to be in.
    pub guessed_text: Option<String>,
    /// The encoder.
    pub encoder: Option<OpenEncoder>,
}

/// The document's state.
#[derive(Default)]
pub struct State {
    /// What is open.
    pub open: Option<Document>,
    /// The job that opens another.
    pub opening: Option<JobKey>,
    /// The name of what is being opened.
    pub opening_title: String,
    /// Why the last opening failed.
    pub problem: Option<Problem>,
    /// Why payloads could not be read; nothing more is asked for until [`Command::Retry`].
    pub fault: Option<Problem>,
    /// Counts openings, so that screens know that another document is there.
    pub generation: u64,
    /// Names and pins of the encoder's features; none until they are read.
    pub notes: Option<OpenNotes>,
    then: Option<Screen>,
    points: HashMap<PointId, Option<Arc<Payload>>>,
    order: VecDeque<PointId>,
    wanted: Vec<PointId>,
    asked: HashSet<PointId>,
    asking: Option<JobKey>,
    held: Held,
}

/// What is known of a point's payload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known<'a> {
    /// This.
    Payload(&'a Payload),
    /// The collection has no such point any more.
    Missing,
    /// Not yet: [`Command::Want`] it.
    NotYet,
}

impl State {
    /// The payload of a point, as far as it is here.
    pub fn payload(&self, id: PointId) -> Known<'_> {
        match self.points.get(&id) {
            Some(Some(payload)) => Known::Payload(payload),
            Some(None) => Known::Missing,
            None => Known::NotYet,
        }
    }

    /// The open encoder.
    pub fn encoder(&self) -> Option<&OpenEncoder> {
        self.open.as_ref()?.encoder.as_ref()
    }

    /// The name of a feature, where it has one.
    pub fn name(&self, index: usize) -> Option<&str> {
        self.notes.as_ref()?.notes.name(index)
    }

    /// The features that have names, by index.
    pub fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        let names = self.notes.iter().flat_map(|notes| &notes.notes.names);
        names.map(|(index, name)| (*index, name.name.as_str()))
    }

    /// Whether a feature is pinned.
    pub fn is_pinned(&self, index: usize) -> bool {
        self.notes.as_ref().is_some_and(|notes| notes.notes.pins.contains(&index))
    }

    /// The payload of a point for a worker, as far as it is here.
    pub fn shared(&self, id: PointId) -> Option<Arc<Payload>> {
        self.points.get(&id)?.clone()
    }

    /// Keeps a payload that came in on another way, such as with a search's results.
    pub fn keep(&mut self, id: PointId, payload: Option<Arc<Payload>>) {
        if self.points.insert(id, payload).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > KEPT_POINTS {
            if let Some(oldest) = self.order.pop_front() {
                self.points.remove(&oldest);
            }
        }
    }

    fn forget_points(&mut self) {
        self.points.clear();
        self.order.clear();
        self.wanted.clear();
        self.asked.clear();
        self.fault = None;
    }
}

/// The field that pictures of the open collection are taken from: the one that was set, or else the one guessed.
pub fn picture_field<'a>(document: &'a Document, settings: &'a Settings) -> Option<&'a str> {
    let set = settings.of(&document.collection).and_then(|known| known.picture_field.as_deref());
    set.or(document.guessed_picture.as_deref())
}

/// The field that words of the open collection are taken from.
pub fn text_field<'a>(document: &'a Document, settings: &'a Settings) -> Option<&'a str> {
    let set = settings.of(&document.collection).and_then(|known| known.text_field.as_deref());
    set.or(document.guessed_text.as_deref())
}

/// A source that stays open on its worker from one request to the next.
#[derive(Clone, Default)]
pub struct Held(Arc<Mutex<Option<OpenSource>>>);

/// A source, and how its collection is named.
type OpenSource = (CollectionArgs, Box<dyn VectorSource>);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl Held {
    /// Does something with the collection's source, which is opened where another one was open. One that failed is
    /// opened anew the next time.
    pub fn with<T>(
        &self,
        collection: &CollectionArgs,
        control: &Control,
        reporter: &mut Reporter,
        work: impl FnOnce(&mut dyn VectorSource, &mut Reporter) -> Result<T>,
    ) -> Result<T> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut source = match held.take() {
            Some((known, source)) if settings::same(&known, collection) && known.api_key == collection.api_key => {
                source
            }
            _ => source::open(collection, control, reporter)?,
        };
        let done = work(source.as_mut(), reporter)?;
        *held = Some((collection.clone(), source));
        Ok(done)
    }

    /// Lets go of the source, on whichever thread calls.
    fn release(&self) {
        if let Ok(mut held) = self.0.try_lock() {
            *held = None;
        }
    }
}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {
    /// Open a collection.
    Open {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// The encoder to open with it.
        encoder: Option<PathBuf>,
        /// Where the source stays open.
        held: Held,
    },
    /// Open an encoder.
    OpenEncoder {
        /// Its file.
        path: PathBuf,
        /// The collection's name and dimensions, which it has to fit.
        fits: (String, usize),
    },
    /// Read payloads.
    Points {
        /// The collection.
        collection: Box<CollectionArgs>,
        /// The points.
        ids: Vec<PointId>,
        /// The source that stays open.
        held: Held,
    },
    /// Write the settings.
    SaveSettings {
        /// The settings.
        settings: Box<Settings>,
        /// Their folder.
        folder: PathBuf,
    },
}

/// What a worker found.
#[derive(Debug)]
pub enum Found {
    /// A collection is open.
    Opened {
        /// The collection.
        document: Box<Document>,
        /// Why its encoder could not be opened.
        encoder_problem: Option<Problem>,
    },
    /// An encoder is open.
    Encoder(OpenEncoder),
    /// Payloads; those asked for that are not among them are not in the collection.
    Points(Vec<(PointId, Payload)>),
    /// Settings are written.
    Saved,
}

impl Work {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match self {
            Self::Open { collection, encoder, held } => open(*collection, encoder.as_deref(), &held, control, reporter),
            Self::OpenEncoder { path, fits } => open_encoder(&path, &fits.0, fits.1).map(Found::Encoder),
            Self::Points { collection, ids, held } => held.with(&collection, control, reporter, |source, _| {
                let page = source.by_ids(&ids, Want { vectors: false, payload: true }, control)?;
                Ok(Found::Points(page.ids.into_iter().zip(page.payloads).collect()))
            }),
            Self::SaveSettings { settings, folder } => settings.write(&folder).map(|()| Found::Saved),
        }
    }
}

fn open(
    collection: CollectionArgs,
    encoder: Option<&Path>,
    held: &Held,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Found> {
    let (info, page) = held.with(&collection, control, reporter, |source, _| {
        let want = Want { vectors: false, payload: true };
        let page = source.page(&mut Cursor::Start, FIRST_POINTS, want, control)?;
        Ok((source.info().clone(), page))
    })?;
    let (mut open, mut encoder_problem) = (None, None);
    if let Some(path) = encoder {
        match open_encoder(path, &info.title, info.dim) {
            Ok(encoder) => open = Some(encoder),
            Err(error) => encoder_problem = Some(Problem::from(&error)),
        }
    }
    let model = page.payloads.first().and_then(crate::pipeline::model_named);
    let document = Document {
        collection,
        info,
        model,
        guessed_picture: picture::guess_picture_field(&page.payloads),
        guessed_text: picture::guess_text_field(&page.payloads),
        first: page.ids.into_iter().zip(page.payloads.into_iter().map(Arc::new)).collect(),
        encoder: open,
    };
    Ok(Found::Opened { document: Box::new(document), encoder_problem })
}

fn open_encoder(path: &Path, title: &str, dim: usize) -> Result<OpenEncoder> {
    let encoder = Encoder::read(path)?;
    encoder.check_dim(title, dim)?;
    Ok(OpenEncoder { path: path.to_owned(), encoder: Arc::new(encoder) })
}

pub(super) fn handle(app: &mut App, command: Command) {
    match command {
        Command::Open { collection, encoder, then } => {
            let encoder = encoder.or_else(|| app.settings.of(&collection).and_then(|known| known.encoder.clone()));
            let state = &mut app.document;
            if let Some(before) = [state.opening.take(), state.asking.take()].into_iter().flatten().next() {
                app.jobs.steer(before, super::JobCommand::Cancel);
            }
            state.problem = None;
            state.then = then;
            state.opening_title = title(&collection);
            let request = Request::quiet(format!("Opening {}", state.opening_title), Lane::Quick);
            let work = Work::Open { collection, encoder, held: state.held.clone() };
            app.document.opening = Some(app.submit(request, super::Work::Document(work)));
        }
        Command::OpenEncoder(path) => {
            let Some(open) = &app.document.open else { return };
            let fits = (open.info.title.clone(), open.info.dim);
            let request = Request::quiet(format!("Opening {}", path.display()), Lane::Files);
            app.submit(request, super::Work::Document(Work::OpenEncoder { path, fits }));
        }
        Command::CloseEncoder => {
            if let Some(open) = &mut app.document.open {
                open.encoder = None;
                app.settings.remember(&open.collection).encoder = None;
            }
            changed(app);
        }
        Command::Close => {
            app.document.open = None;
            app.document.held.release();
            app.document.forget_points();
            changed(app);
        }
        Command::Want(ids) => app.document.wanted.extend(ids),
        Command::Retry => app.document.fault = None,
        Command::PictureField(field) => remember(app, |known| known.picture_field = field),
        Command::TextField(field) => remember(app, |known| known.text_field = field),
        Command::AllowPrivate(allow) => remember(app, |known| known.allow_private = allow),
    }
}

fn remember(app: &mut App, change: impl FnOnce(&mut settings::CollectionSettings)) {
    if let Some(open) = &app.document.open {
        change(app.settings.remember(&open.collection));
    }
}

/// Another collection or encoder is open.
fn changed(app: &mut App) {
    app.document.generation += 1;
    app.undo.clear();
    app.view.clear();
    super::inspect::document_changed(app);
    super::features::document_changed(app);
    super::train::document_changed(app);
    super::search::document_changed(app);
    super::compare::document_changed(app);
}

/// Asks for the payloads that screens wished for.
pub(super) fn tick(app: &mut App) {
    let state = &mut app.document;
    let wanted = std::mem::take(&mut state.wanted);
    let Some(open) = &state.open else { return };
    if state.fault.is_some() || app.jobs.is_live(state.asking) {
        return;
    }
    let mut ids: Vec<PointId> = Vec::new();
    for id in wanted {
        if ids.len() < ASKED_POINTS && !state.points.contains_key(&id) && state.asked.insert(id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return;
    }
    let work = Work::Points { collection: Box::new(open.collection.clone()), ids, held: state.held.clone() };
    let request = Request::quiet("Reading points", Lane::Quick);
    app.document.asking = Some(app.submit(request, super::Work::Document(work)));
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    match found {
        Found::Opened { document, encoder_problem } => {
            if app.document.opening != Some(key) {
                return;
            }
            app.document.opening = None;
            app.document.forget_points();
            for (id, payload) in &document.first {
                app.document.keep(*id, Some(payload.clone()));
            }
            let known = app.settings.remember(&document.collection);
            known.points = Some(document.info.points);
            known.opened = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok().map(|t| t.as_secs());
            if let Some(encoder) = &document.encoder {
                known.encoder = Some(encoder.path.clone());
                app.settings.remember_encoder(&encoder.path);
            }
            app.document.open = Some(*document);
            changed(app);
            if let Some(problem) = encoder_problem {
                app.messages.problem(&problem);
                app.document.problem = Some(problem);
            }
            if let Some(screen) = app.document.then.take() {
                app.handle(super::Command::Show(screen));
            }
        }
        Found::Encoder(encoder) => {
            app.settings.remember_encoder(&encoder.path);
            remember(app, |known| known.encoder = Some(encoder.path.clone()));
            if let Some(open) = &mut app.document.open {
                open.encoder = Some(encoder);
            }
            changed(app);
        }
        Found::Points(points) => {
            if app.document.asking != Some(key) {
                return;
            }
            app.document.asking = None;
            for (id, payload) in points {
                app.document.asked.remove(&id);
                app.document.keep(id, Some(Arc::new(payload)));
            }
            // What was asked for and did not come is not there.
            for id in std::mem::take(&mut app.document.asked) {
                app.document.keep(id, None);
            }
        }
        Found::Saved => {}
    }
}

pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    if app.document.opening == Some(key) {
        app.document.opening = None;
        app.document.problem = problem;
    } else if app.document.asking == Some(key) {
        app.document.asking = None;
        app.document.asked.clear();
        app.document.fault = problem;
    }
}

/// How a collection is called: its name, and where it is.
pub fn title(collection: &CollectionArgs) -> String {
    match (&collection.collection, &collection.vectors) {
        (Some(name), _) => name.clone(),
        (None, Some(file)) => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        (None, None) => "collection".to_owned(),
    }
}

/// Where a collection is: a server's address, a store's folder, or a file's.
pub fn place(collection: &CollectionArgs) -> String {
    let path = collection.store.as_deref().or_else(|| collection.vectors.as_deref().and_then(Path::parent));
    match (path, &collection.url) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(url)) => url.clone(),
        (None, None) => "http://localhost:6334".to_owned(),
    }
}

#[cfg(test)]
mod tests;
