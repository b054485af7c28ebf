//! When what is judged: batches, the question before a download, other documents and settings.

use std::collections::HashSet;
use std::sync::Arc;

use super::card::{Card, Input, Judged, Origin, Scale, Standing};
use super::judge::{Ask, Batch, Note, Opening, Outbox};
use super::{Found, MOST, State, Work, cards, outliers};
use crate::app::{App, Held, JobCommand, JobKey, Lane, Problem, Request, Work as AnyWork, settings};
use crate::config::{CollectionArgs, ModelArgs};
use crate::embed::{Download, Embedder, Side, listed};
use crate::features::FeatureIndex;
use crate::pipeline::{InspectItem, InspectSettings, Inspector};

/// Whether texts can be inspected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Texts {
    /// It is not known yet.
    #[default]
    Unknown,
    /// They can.
    Yes,
    /// They cannot; why.
    No(String),
}

/// Models that are not on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What would be downloaded: the model of one side, or of both.
    pub downloads: Vec<Download>,
    /// Whether the question is on the screen, rather than put off.
    pub asked: bool,
}

/// What is being judged, and what is known of models.
#[derive(Default)]
pub(super) struct Judging {
    batch: Option<(JobKey, Vec<u64>)>,
    held: Held<Inspector>,
    outbox: Outbox,
    /// The collection that the cards were judged in.
    collection: Option<CollectionArgs>,
    /// Pictures that are made ready, by their jobs.
    pub(super) preparing: Vec<(JobKey, u64)>,
    pub(super) question: Option<Question>,
    /// Models that the person has allowed to be downloaded.
    allowed: HashSet<String>,
    pub(super) texts: Texts,
    pub(super) models: Vec<String>,
    looking: Option<JobKey>,
    /// The index of features whose confidences are taken.
    index: Option<Arc<FeatureIndex>>,
}

impl Judging {
    pub(super) fn job(&self) -> Option<JobKey> {
        self.batch.as_ref().map(|(key, _)| *key)
    }
}

/// The model that inputs are embedded with: the one that was chosen for the collection, or else its own.
pub fn model(app: &App) -> ModelArgs {
    let chosen = app.document.open.as_ref().and_then(|open| app.settings.of(&open.collection)?.model.clone());
    ModelArgs { model: chosen, ..ModelArgs::default() }
}

/// Asks for the next batch, where cards wait and none is judged.
pub(super) fn begin(app: &mut App) {
    let (Some(open), Some(encoder)) = (&app.document.open, app.document.encoder()) else { return };
    let state = &app.inspect;
    if state.judging.batch.is_some() {
        return;
    }
    let asks: Vec<(u64, Ask)> = state
        .cards
        .iter()
        .filter(|card| matches!(card.standing, Standing::Waiting))
        .filter_map(|card| Some((card.id, Ask::of(card)?)))
        .collect();
    if asks.is_empty() {
        return;
    }
    let ids: Vec<u64> = asks.iter().map(|(id, _)| *id).collect();
    let model = model(app);
    let batch = Batch {
        held: state.judging.held.clone(),
        opening: Opening {
            collection: open.collection.clone(),
            encoder: encoder.encoder.clone(),
            model,
            scale: state.scale.as_ref().map(|scale| scale.all.clone()),
        },
        asks,
        settings: InspectSettings {
            threshold: app.settings.threshold,
            outlier_percentile: app.settings.outlier_percentile,
            ..InspectSettings::default()
        },
        allowed: state.judging.allowed.clone(),
        outbox: state.judging.outbox.clone(),
    };
    let title = match &ids[..] {
        [id] => format!("Inspecting {}", state.card(*id).map_or("", |card| &card.name)),
        several => format!("Inspecting {} inputs", several.len()),
    };
    let key = app.submit(Request::new(title, Lane::Read), AnyWork::Inspect(Work::Judge(Box::new(batch))));
    app.inspect.judging.batch = Some((key, ids));
}

/// Takes what the worker has left, and keeps to the settings.
pub(super) fn tick(app: &mut App) {
    let notes = app.inspect.judging.outbox.take();
    for note in notes {
        take(app, note);
    }
    adopt_scale(app);
    outliers::tick(app);
    let under = (app.settings.threshold, app.settings.outlier_percentile);
    if app.inspect.under != under {
        app.inspect.under = under;
        show_under(app);
    }
}

/// Takes the confidences of the features' index once it is over the whole collection: percentiles over all points are
/// better than those over a sample, and nothing has to be read for them.
fn adopt_scale(app: &mut App) {
    let (Some(index), Some(open)) = (app.features.index(), app.document.encoder()) else { return };
    let known = app.inspect.judging.index.as_ref().is_some_and(|known| Arc::ptr_eq(known, index));
    if known || !app.features.is_whole() {
        return;
    }
    let all = Arc::new(index.confidence().clone());
    if let Some(scale) = Scale::new(all, &open.encoder, app.settings.outlier_percentile) {
        app.inspect.judging.index = Some(index.clone());
        app.inspect.scale = Some(scale);
        app.inspect.under = (f32::NAN, f64::NAN);
    }
}

/// Shows all cards under the present threshold and percentile.
fn show_under(app: &mut App) {
    let (threshold, percent) = app.inspect.under;
    if let (Some(scale), Some(open)) = (&app.inspect.scale, app.document.encoder()) {
        app.inspect.scale = Scale::new(scale.all.clone(), &open.encoder, percent);
    }
    for card in &mut app.inspect.cards {
        if let Standing::Judged(judged) = &mut card.standing {
            let judged = Arc::make_mut(judged);
            judged.apply_threshold(threshold);
            if let Some(scale) = &app.inspect.scale {
                judged.apply_scale(scale);
            }
        }
    }
}

fn take(app: &mut App, note: Note) {
    match note {
        Note::Scale(all) => {
            if let (Some(open), None) = (app.document.encoder(), &app.inspect.judging.index) {
                app.inspect.scale = Scale::new(all, &open.encoder, app.settings.outlier_percentile);
            }
        }
        Note::Needs(download, ids) => {
            for id in ids {
                stand(app, id, Standing::NeedsModel);
            }
            let question = &mut app.inspect.judging.question;
            let question = question.get_or_insert_with(|| Question { downloads: Vec::new(), asked: true });
            question.asked = true;
            if !question.downloads.contains(&download) {
                question.downloads.push(download);
            }
        }
        Note::Found(id, Ok(item)) => judged(app, id, *item),
        Note::Found(id, Err(problem)) => stand(app, id, Standing::Failed(problem)),
        Note::Calibrated(calibration) => outliers::calibrated(app, calibration),
        Note::Scored(id, scores) => {
            if let Some(Standing::Judged(judged)) = app.inspect.card_mut(id).map(|card| &mut card.standing) {
                let judged = Arc::make_mut(judged);
                (judged.scores, judged.oddity) = (Some(scores), None);
            }
        }
        Note::Folder(id, files) => {
            let Some(place) = app.inspect.cards.iter().position(|card| card.id == id) else { return };
            app.inspect.cards.remove(place);
            cards::add(app, files.into_iter().take(MOST).map(Input::File).collect());
        }
    }
}

fn stand(app: &mut App, id: u64, standing: Standing) {
    if let Some(card) = app.inspect.card_mut(id) {
        card.standing = standing;
    }
}

fn judged(app: &mut App, id: u64, mut item: InspectItem) {
    // They are shown beside the card, and need not be asked for again.
    for near in &mut item.nearest {
        app.document.keep(near.id, Some(Arc::new(std::mem::take(&mut near.payload))));
    }
    let threshold = app.settings.threshold;
    let State { cards, scale, .. } = &mut app.inspect;
    let Some(card) = cards.iter_mut().find(|card| card.id == id) else { return };
    if let Input::Pixels(Origin::Drawing(kind)) = card.input {
        item.kind = Some(kind);
    }
    let mut judged = Judged::new(item, threshold);
    if let Some(scale) = scale {
        judged.apply_scale(scale);
    }
    card.standing = Standing::Judged(Arc::new(judged));
}

/// A batch is judged.
pub(super) fn done(app: &mut App, key: JobKey) {
    tick(app);
    close_batch(app, key, &Standing::Stopped);
}

/// A batch that ended without a result.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<&Problem>) {
    if app.inspect.judging.looking == Some(key) {
        app.inspect.judging.looking = None;
        if let Some(problem) = problem {
            app.inspect.judging.texts = Texts::No(problem.text.clone());
        }
    }
    if app.inspect.judging.job() == Some(key) {
        tick(app);
        let standing = problem.cloned().map_or(Standing::Stopped, Standing::Failed);
        close_batch(app, key, &standing);
    }
}

/// What the batch left open stands so from now on.
fn close_batch(app: &mut App, key: JobKey, standing: &Standing) {
    let Some((_, ids)) = app.inspect.judging.batch.take_if(|(job, _)| *job == key) else { return };
    for card in &mut app.inspect.cards {
        if ids.contains(&card.id) && matches!(card.standing, Standing::Waiting) {
            card.standing = standing.clone();
        }
    }
}

/// Ends the judging; what waits is not judged either.
pub(super) fn cancel(app: &mut App) {
    if let Some(key) = app.inspect.job() {
        app.jobs.steer(key, JobCommand::Cancel);
    }
    let judged: Vec<u64> = app.inspect.judging.batch.iter().flat_map(|(_, ids)| ids).copied().collect();
    for card in &mut app.inspect.cards {
        if matches!(card.standing, Standing::Waiting) && !judged.contains(&card.id) {
            card.standing = Standing::Stopped;
        }
    }
}

/// Judges cards again.
pub(super) fn again(app: &mut App, which: impl Fn(&Card) -> bool) {
    let encoder = app.document.encoder().is_some();
    for card in app.inspect.cards.iter_mut().filter(|card| which(card)) {
        // What could not be made ready has no pixels to judge.
        if !matches!(card.input, Input::Pixels(_)) || card.pixels.is_some() {
            card.standing = if encoder { Standing::Waiting } else { Standing::NoEncoder };
        }
    }
}

/// The person's answer to the question.
pub(super) fn answer(app: &mut App, allowed: bool) {
    let Some(question) = &mut app.inspect.judging.question else { return };
    question.asked = false;
    if allowed {
        let models = std::mem::take(&mut question.downloads).into_iter().map(|download| download.model);
        app.inspect.judging.allowed.extend(models);
        again(app, |card| matches!(card.standing, Standing::NeedsModel));
    }
}

/// Puts the question on the screen again.
pub(super) fn ask_again(app: &mut App) {
    match &mut app.inspect.judging.question {
        Some(question) if !question.downloads.is_empty() => question.asked = true,
        // It was allowed, and did not come.
        _ => again(app, |card| matches!(card.standing, Standing::NeedsModel)),
    }
}

/// Embeds with another model from now on.
pub(super) fn choose_model(app: &mut App, model: Option<String>) {
    let Some(open) = &app.document.open else { return };
    let known = app.settings.remember(&open.collection);
    if known.model == model {
        return;
    }
    known.model = model;
    let (scale, index) = (app.inspect.scale.take(), app.inspect.judging.index.take());
    start_anew(app);
    // They are of the collection and the encoder, not of the model.
    (app.inspect.scale, app.inspect.judging.index) = (scale, index);
    app.inspect.judging.texts = Texts::Unknown;
    look_at_model(app);
    crate::app::search::model_changed(app);
    crate::app::compare::model_changed(app);
}

/// Another collection or encoder is open, or none. Points of another collection go; all else is judged again.
pub(super) fn document_changed(app: &mut App) {
    let now = app.document.open.as_ref().map(|open| open.collection.clone());
    let before = app.inspect.judging.collection.take();
    let same = match (&before, &now) {
        (Some(before), Some(now)) => settings::same(before, now),
        _ => false,
    };
    if !same {
        let count = app.inspect.cards.len();
        app.inspect.cards.retain(|card| !matches!(card.input, Input::Point(_)));
        let gone = count - app.inspect.cards.len();
        if gone > 0 {
            let points = if gone == 1 { "1 point was".to_owned() } else { format!("{gone} points were") };
            app.messages.note(format!("{points} taken off Inspect: another collection is open"));
        }
        app.inspect.judging.texts = Texts::Unknown;
        app.inspect.judging.models.clear();
        app.inspect.judging.looking = None;
    }
    app.inspect.judging.collection = now;
    app.inspect.judging.question = None;
    start_anew(app);
}

/// Drops what was found, and has all cards judged again.
fn start_anew(app: &mut App) {
    let state = &mut app.inspect;
    state.scale = None;
    state.outliers = Default::default();
    state.judging.index = None;
    state.judging.outbox = Outbox::default();
    let held = std::mem::take(&mut state.judging.held);
    let batch = state.judging.batch.take();
    if let Some((key, _)) = batch {
        app.jobs.steer(key, JobCommand::Cancel);
    }
    again(app, |card| !matches!(card.standing, Standing::Preparing));
    if held.is_used() {
        app.submit(Request::quiet("Closing a model", Lane::Read), AnyWork::Inspect(Work::Close(held)));
    }
}

/// Has a worker find out what the model can, where that is not known.
pub fn look_at_model(app: &mut App) {
    let Some(open) = &app.document.open else { return };
    let judging = &app.inspect.judging;
    if judging.texts != Texts::Unknown || app.jobs.is_live(judging.looking) {
        return;
    }
    let needed = (open.info.title.clone(), open.info.dim);
    let work = Work::Look { model: model(app), usual: open.model.clone(), needed };
    let key = app.submit(Request::quiet("Looking at the model", Lane::Files), AnyWork::Inspect(work));
    app.inspect.judging.looking = Some(key);
}

/// Looks, on a worker.
pub(super) fn look(model: &ModelArgs, usual: Option<&str>, needed: &(String, usize)) -> Found {
    let texts = Embedder::missing(model, usual, Side::Texts, Some((&needed.0, needed.1)));
    let mut models: Vec<String> =
        listed().into_iter().filter(|listed| listed.dim == needed.1).map(|listed| listed.name).collect();
    models.sort_by_key(|name| name.to_lowercase());
    models.dedup();
    Found::Looked(texts.map(drop).map_err(|error| Problem::from(&error)), models)
}

/// What the model can is known.
pub(super) fn looked(app: &mut App, key: JobKey, texts: std::result::Result<(), Problem>, models: Vec<String>) {
    let judging = &mut app.inspect.judging;
    if judging.looking.take_if(|job| *job == key).is_some() {
        judging.texts = texts.map_or_else(|problem| Texts::No(problem.text), |()| Texts::Yes);
        judging.models = models;
    }
}
