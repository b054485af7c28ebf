//! When what is searched: only once nothing changes any more, one search at a time, the newest alone; and the searcher
//! that stays open on its worker.

use std::sync::Arc;
use std::time::Instant;

use super::{Edit, Found, Kind, Query, Results, Work};
use crate::app::{App, Held, JobCommand, JobKey, Lane, Problem, Request, Work as AnyWork};
use crate::config::{CollectionArgs, ModelArgs};
use crate::embed::{Download, Embedder, Side};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{FIRES_ABOVE, FeatureNotes};
use crate::job::{Control, Reporter};
use crate::pipeline::{
    Ask, Asymmetric, By, Compared, CopyRequest, Hit, Searcher, SparseAsk, SteeredHit, Steering, Way,
};
use crate::point::PointId;
use crate::search::{Expression, Preset};
use crate::source::{self, Strategy};

/// Features of the query that are told.
const TELLING: usize = 8;
/// The best results whose features are told where the query has none.
const BEST: usize = 5;

/// Whether the collection has sparse vectors of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sparse {
    /// It is not known yet.
    #[default]
    Unknown,
    /// It has.
    Yes,
    /// It has none: every point goes through the encoder for a search by them.
    No,
}

/// What is being searched, and what is known of the collection.
#[derive(Default)]
pub(super) struct Running {
    pub(super) job: Option<JobKey>,
    /// When the search that stands on the screen is to be made.
    pub(super) due: Option<Instant>,
    pub(super) sparse: Sparse,
    /// What is searched for.
    asked: Option<Query>,
    held: Held<Searcher>,
    looking: Option<JobKey>,
    /// The job that works out the weights of a preset.
    weighing: Option<JobKey>,
    /// The model that the person has allowed to be downloaded.
    allowed: Option<String>,
}

/// What a searcher is opened over.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The collection.
    pub collection: CollectionArgs,
    /// Its title and dimensions.
    pub needed: (String, usize),
    /// The model that its points were embedded with, as far as they say so.
    pub usual: Option<String>,
    /// The encoder.
    pub encoder: Option<Arc<Encoder>>,
    /// The model.
    pub model: ModelArgs,
}

impl Opening {
    fn open(&self, control: &Control, reporter: &mut Reporter) -> Result<Searcher> {
        let source = source::open(&self.collection, control, reporter)?;
        Searcher::new(self.encoder.clone(), source, self.collection.clone(), self.model.clone())
    }
}

/// A search to make.
#[derive(Debug)]
pub struct Searching {
    /// Where the searcher stays open.
    pub held: Held<Searcher>,
    /// What it is opened over.
    pub opening: Opening,
    /// What is searched for.
    pub ask: Ask,
    /// The names of features, where it is by features.
    pub notes: Option<FeatureNotes>,
    /// What is asked.
    pub wish: Wish,
}

/// What is asked of a searcher.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Points.
    Points,
    /// Points without and with steering.
    Steered(Steering),
    /// The weights of a preset.
    Preset(Preset),
    /// Whether the collection has block vectors.
    Blocks,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Answer {
    /// Without steering.
    pub before: Vec<Hit>,
    /// With it, where there was any.
    pub after: Option<Vec<SteeredHit>>,
    /// What there is to tell of the search.
    pub details: Details,
}

/// What there is to tell of a search beside its points.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The alpha that the strength came to, where it was steered.
    pub alpha: Option<f32>,
    /// Seconds of the search itself.
    pub seconds: f64,
    /// Points that were scored, or that the sparse vectors left.
    pub candidates: Option<usize>,
    /// That the query was weighed by the encoder's decoder.
    pub asymmetric: Option<Asymmetric>,
    /// How it compares with the exact search.
    pub compared: Option<Compared>,
    /// The model that the query went through.
    pub model: Option<String>,
    /// The request to copy.
    pub request: Option<CopyRequest>,
    /// The strongest features of what was searched by, with their activations, 0 to 1.
    pub telling: Vec<(usize, f32)>,
    /// Whether those are of the best results, as few fire for the query itself.
    pub told_of_results: bool,
}

impl Searching {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        let Self { held, opening, ask, notes, wish } = self;
        let done = held.with(
            reporter,
            |reporter| opening.open(control, reporter),
            |searcher, reporter| {
                if let Some(notes) = notes {
                    searcher.set_notes(notes);
                }
                let mut answer = match wish {
                    Wish::Blocks => {
                        let sparse = if searcher.has_blocks(control, &mut Reporter::silent())? {
                            Sparse::Yes
                        } else {
                            Sparse::No
                        };
                        return Ok(Found::Looked(sparse));
                    }
                    Wish::Preset(preset) => {
                        return Ok(Found::Weights(preset, searcher.preset(preset, &ask, control, reporter)?));
                    }
                    Wish::Steered(steering) => {
                        let found = searcher.steer(&ask, &steering, control, reporter)?;
                        let details = Details {
                            alpha: Some(found.alpha),
                            seconds: found.seconds,
                            candidates: Some(found.candidates),
                            model: found.model,
                            request: found.request,
                            ..Details::default()
                        };
                        Answer { before: found.before, after: Some(found.after), details }
                    }
                    Wish::Points => {
                        let found = searcher.search(&ask, control, reporter)?;
                        let details = Details {
                            seconds: found.seconds,
                            candidates: found.candidates,
                            asymmetric: found.asymmetric,
                            compared: found.compared,
                            model: found.model,
                            request: found.request,
                            ..Details::default()
                        };
                        Answer { before: found.hits, after: None, details }
                    }
                };
                if opening.encoder.is_some() {
                    answer.details.telling = strongest(&searcher.features_of(&ask, control, reporter)?);
                    let best: Vec<PointId> = answer.before.iter().take(BEST).map(|hit| hit.id).collect();
                    // A text lies apart from all pictures, and hardly any feature fires for it.
                    if answer.details.telling.len() < 2
                        && matches!(ask.by, By::Text(_) | By::Picture(_))
                        && !best.is_empty()
                    {
                        let by = By::Examples { positive: best, negative: Vec::new(), strategy: Strategy::default() };
                        let of_best = searcher.features_of(&Ask { by, ..ask.clone() }, control, reporter)?;
                        (answer.details.telling, answer.details.told_of_results) = (strongest(&of_best), true);
                    }
                }
                Ok(Found::Answer(Box::new(answer)))
            },
        );
        match done {
            Err(Error::DownloadNeeded { model }) => {
                let side = if matches!(ask.by, By::Text(_)) { Side::Texts } else { Side::Pictures };
                let needed = Some((opening.needed.0.as_str(), opening.needed.1));
                let asked = Embedder::to_download(&opening.model, opening.usual.as_deref(), side, needed, control);
                let download = asked.ok().flatten();
                Ok(Found::Needs(download.unwrap_or(Download { model, from: String::new(), bytes: None })))
            }
            // It belongs beside the field that it is about, and not into the log at every letter that is typed.
            Err(error) if !matches!(error, Error::Cancelled) => Ok(Found::Problem(Problem::from(&error))),
            done => done,
        }
    }
}

/// The features that fire, the strongest first, as many as are told.
fn strongest(outputs: &[f32]) -> Vec<(usize, f32)> {
    let mut firing: Vec<(usize, f32)> =
        outputs.iter().copied().enumerate().filter(|(_, value)| *value > FIRES_ABOVE).collect();
    firing.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    firing.truncate(TELLING);
    firing
}

/// What a searcher is opened over now.
fn opening(app: &App) -> Option<Opening> {
    let open = app.document.open.as_ref()?;
    Some(Opening {
        collection: open.collection.clone(),
        needed: (open.info.title.clone(), open.info.dim),
        usual: open.model.clone(),
        encoder: open.encoder.as_ref().map(|open| Arc::clone(&open.encoder)),
        model: crate::app::inspect::model(app),
    })
}

/// Searches when nothing has changed for long enough, and the search before has ended.
pub(super) fn tick(app: &mut App) {
    let running = &app.search.running;
    if running.due.is_none_or(|due| due > Instant::now()) {
        return;
    }
    if let Some(before) = running.job {
        // The newest wins: the one before ends first, which it does at its next page.
        app.jobs.steer(before, JobCommand::Cancel);
        app.search.running.job = None;
    }
    app.search.running.due = None;
    begin(app);
}

fn begin(app: &mut App) {
    app.search.problem = None;
    app.search.wrong = None;
    app.search.question = None;
    let Some(opening) = opening(app) else { return };
    let query = app.search.query.clone();
    if query.by().is_none() {
        // What was found before has nothing to do with what stands there now.
        if !app.search.is_preparing() {
            app.search.results = None;
        }
        return;
    }
    if let Err(wrong) = readable(app, &query) {
        app.search.wrong = Some(wrong);
        return;
    }
    let wish = match query.steering().filter(|_| opening.encoder.is_some()) {
        Some(steering) => Wish::Steered(steering),
        None => Wish::Points,
    };
    let title = format!("Searching {}", app.document.open.as_ref().map_or("", |open| &open.info.name));
    // A download takes long enough to be seen among the jobs.
    let request = Request { quiet: app.search.running.allowed.is_none(), ..Request::new(title, Lane::Search) };
    let Some(searching) = searching(app, &query, opening, wish) else { return };
    let key = app.submit(request, AnyWork::Search(Work::Search(Box::new(searching))));
    app.search.running.job = Some(key);
    app.search.running.asked = Some(query);
}

/// What a worker is asked; none where there is nothing to search by.
fn searching(app: &App, query: &Query, opening: Opening, wish: Wish) -> Option<Searching> {
    let by = query.by()?;
    let notes = app.document.notes.as_ref().filter(|_| query.kind == Kind::Features);
    let notes = notes.map(|notes| notes.notes.clone());
    // Steered results have those without steering beside them.
    let compare = query.compare && !matches!(wish, Wish::Steered(_));
    let allow_download = app.search.running.allowed.is_some();
    let (way, sparse) = (query.way(), SparseAsk::default());
    let ask = Ask { by, way, sparse, limit: query.limit, compare, allow_download };
    Some(Searching { held: app.search.running.held.clone(), opening, ask, notes, wish })
}

/// Whether features that are typed can be read; what is wrong with them otherwise.
fn readable(app: &App, query: &Query) -> std::result::Result<(), String> {
    if query.kind != Kind::Features {
        return Ok(());
    }
    let Some(open) = app.document.encoder() else { return Err("no encoder is open".into()) };
    let none = FeatureNotes::default();
    let notes = app.document.notes.as_ref().map_or(&none, |notes| &notes.notes);
    match Expression::parse(query.features.trim(), notes, open.encoder.outputs()) {
        Ok(_) => Ok(()),
        Err(unreadable) => Err(format!("at character {}: {}", unreadable.column, unreadable.problem)),
    }
}

/// Has a worker work out the weights of a preset for what is searched by.
pub(super) fn preset(app: &mut App, preset: Preset) {
    let query = app.search.query.clone();
    let Some(opening) = opening(app).filter(|opening| opening.encoder.is_some()) else { return };
    if readable(app, &query).is_err() {
        return;
    }
    let Some(searching) = searching(app, &query, opening, Wish::Preset(preset)) else { return };
    let work = AnyWork::Search(Work::Search(Box::new(searching)));
    let key = app.submit(Request::quiet("Working out weights", Lane::Search), work);
    app.search.running.weighing = Some(key);
}

pub(super) fn found(app: &mut App, key: JobKey, found: Found) {
    if app.search.running.looking.take_if(|job| *job == key).is_some() {
        if let Found::Looked(sparse) = found {
            app.search.running.sparse = sparse;
        }
        return;
    }
    if app.search.running.weighing.take_if(|job| *job == key).is_some() {
        match found {
            Found::Weights(preset, weights) if weights.is_empty() => {
                app.messages.note(format!("{}: no feature fires for what is searched by", preset.label()));
            }
            Found::Weights(preset, weights) => {
                super::edit(app, Edit::Weights(preset.label().to_owned(), weights));
            }
            Found::Problem(problem) => app.search.problem = Some(problem),
            Found::Needs(download) => app.search.question = Some(download),
            _ => {}
        }
        return;
    }
    if app.search.running.job.take_if(|job| *job == key).is_none() {
        return;
    }
    let Some(query) = app.search.running.asked.take() else { return };
    match found {
        Found::Answer(answer) => {
            app.search.running.allowed = None;
            let results = Results::new(app, query, *answer);
            app.search.results = Some(results);
        }
        Found::Problem(problem) => {
            app.search.problem = Some(problem);
            // Results of another kind of search would look as if they were this one's.
            if app.search.results.as_ref().is_some_and(|results| results.query.kind != query.kind) {
                app.search.results = None;
            }
        }
        Found::Needs(download) => app.search.question = Some(download),
        Found::Looked(_) | Found::Weights(..) | Found::Prepared(..) | Found::Closed => {}
    }
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    let running = &mut app.search.running;
    if running.looking.take_if(|job| *job == key).is_some() {
        // It is found out again when the person comes back.
    } else if running.weighing.take_if(|job| *job == key).is_some() {
        app.search.problem = problem;
    } else if running.job.take_if(|job| *job == key).is_some() {
        running.asked = None;
        app.search.problem = problem;
    }
}

/// Ends the search that goes on.
pub(super) fn cancel(app: &mut App) {
    app.search.running.due = None;
    if let Some(key) = app.search.running.job {
        app.jobs.steer(key, JobCommand::Cancel);
    }
}

/// The person's answer to the question before a download.
pub(super) fn answer(app: &mut App, allowed: bool) {
    let Some(question) = app.search.question.take() else { return };
    if allowed {
        app.search.running.allowed = Some(question.model);
        app.search.running.due = Some(Instant::now());
        tick(app);
    }
}

/// Has a worker find out whether there are sparse vectors, where that is not known.
pub(super) fn look(app: &mut App) {
    let running = &app.search.running;
    if running.sparse != Sparse::Unknown || app.jobs.is_live(running.looking) {
        return;
    }
    let Some(opening) = opening(app).filter(|opening| opening.encoder.is_some()) else { return };
    let (by, way, sparse) = (By::Text(String::new()), Way::Sparse, SparseAsk::default());
    let ask = Ask { by, way, sparse, limit: 1, compare: false, allow_download: false };
    let held = app.search.running.held.clone();
    let searching = Searching { held, opening, ask, notes: None, wish: Wish::Blocks };
    let work = AnyWork::Search(Work::Search(Box::new(searching)));
    let key = app.submit(Request::quiet("Looking for sparse vectors", Lane::Search), work);
    app.search.running.looking = Some(key);
}

/// Another collection, encoder or model is open, or none.
pub(super) fn document_changed(app: &mut App) {
    let Running { job, held, looking, weighing, .. } = std::mem::take(&mut app.search.running);
    for key in [job, looking, weighing].into_iter().flatten() {
        app.jobs.steer(key, JobCommand::Cancel);
    }
    if held.is_used() {
        app.submit(Request::quiet("Closing a search", Lane::Search), AnyWork::Search(Work::Close(held)));
    }
}
