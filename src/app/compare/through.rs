//! The same inputs through two encoders: each is embedded once, and both say what they see in it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Part, Work};
use crate::app::inspect::{Ask, Card, Input, Judged, NEAREST, Scale, Standing, model};
use crate::app::{App, Held, JobCommand, JobKey, Lane, Problem, Request, Work as AnyWork};
use crate::config::{CollectionArgs, ModelArgs};
use crate::embed::{Download, Side as ModelSide};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::names::Subject;
use crate::features::{ConfidenceScale, FeatureNotes};
use crate::job::{Control, Reporter};
use crate::pipeline::{InspectItem, InspectSettings, Inspector};
use crate::point::PointId;
use crate::source;

/// Inputs that there are at most; the oldest make room.
const MOST: usize = 16;
/// Points of the collection that are taken to begin with.
const POINTS: usize = 4;
/// Numbers of cards of this screen begin here, so that none is one of the inspecting screen's.
const FIRST: u64 = 1 << 40;

/// The two encoders, as they are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one's file.
    pub one: PathBuf,
    /// The other's.
    pub other: PathBuf,
}

/// One of the two encoders, open.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its file.
    pub path: PathBuf,
    /// The encoder.
    pub encoder: Arc<Encoder>,
    /// Names of its features.
    pub names: BTreeMap<usize, String>,
    /// The confidences of the collection's points.
    pub confidences: Arc<ConfidenceScale>,
}

/// Something that both look at.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it is, and what the one sees in it.
    pub card: Card,
    /// What the other sees in it.
    pub other: Option<Arc<Judged>>,
}

/// The inputs, and what is seen in them.
#[derive(Default)]
pub struct Through {
    /// What is typed into the field for texts.
    pub text: String,
    /// Why nothing could be looked at.
    pub problem: Option<Problem>,
    /// The model that is missing, while it is asked whether it may be downloaded.
    pub question: Option<Download>,
    seen: Vec<Seen>,
    ever: u64,
    /// The two that looked, with their scales under the present percentile.
    sides: Option<[(Side, Option<Scale>); 2]>,
    of: Option<Pair>,
    held: Held<Both>,
    outbox: Outbox,
    batch: Option<(JobKey, Vec<u64>)>,
    allowed: HashSet<String>,
    under: (f32, f64),
}

impl Through {
    /// The inputs, oldest first.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// The two that look, once they are open.
    pub fn sides(&self) -> Option<&[(Side, Option<Scale>); 2]> {
        self.sides.as_ref()
    }

    /// The job that looks, while one does.
    pub fn job(&self) -> Option<JobKey> {
        self.batch.as_ref().map(|(key, _)| *key)
    }

    fn card_mut(&mut self, id: u64) -> Option<&mut Seen> {
        self.seen.iter_mut().find(|seen| seen.card.id == id)
    }
}

/// What a worker finds on its way.
#[derive(Debug)]
pub enum Note {
    /// The two encoders.
    Sides(Box<[Side; 2]>),
    /// What both see in one input.
    Found(u64, std::result::Result<Box<[InspectItem; 2]>, Problem>),
    /// A model is not on this machine, and these wait for it.
    Needs(Download, Vec<u64>),
}

/// Where a worker leaves what it finds, for the window to take.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Mutex<Vec<Note>>>);

impl Outbox {
    /// Leaves something.
    pub fn leave(&self, note: Note) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    fn take(&self) -> Vec<Note> {
        self.0.try_lock().map(|mut notes| std::mem::take(&mut *notes)).unwrap_or_default()
    }
}

/// Two encoders over a collection and a model, open.
pub struct Both {
    inspector: Inspector,
    sides: [Side; 2],
}

/// Inputs to look at.
#[derive(Debug)]
pub struct Batch {
    /// Where the two stay open.
    pub held: Held<Both>,
    /// The collection.
    pub collection: CollectionArgs,
    /// The two.
    pub pair: Pair,
    /// The model.
    pub model: ModelArgs,
    /// What is looked at, each under its card's number.
    pub asks: Vec<(u64, Ask)>,
    /// How.
    pub settings: InspectSettings,
    /// Models that may be downloaded.
    pub allowed: HashSet<String>,
    /// Where to leave what is found.
    pub outbox: Outbox,
}

impl Batch {
    fn open(&self, control: &Control, reporter: &mut Reporter) -> Result<Both> {
        let read = |path: &Path| -> Result<(Arc<Encoder>, BTreeMap<usize, String>)> {
            let encoder = Encoder::read(path)?;
            let subject = Subject { fingerprint: &encoder.fingerprint(), features: encoder.outputs() };
            let notes = FeatureNotes::read(path, subject)?.notes;
            let names = notes.names.into_iter().map(|(feature, name)| (feature, name.name)).collect();
            Ok((Arc::new(encoder), names))
        };
        let (one, other) = (read(&self.pair.one)?, read(&self.pair.other)?);
        let source = source::open(&self.collection, control, reporter)?;
        other.0.check_dim(&source.info().title, source.info().dim)?;
        let mut inspector = Inspector::new(one.0.clone(), source, self.model.clone())?;
        let confidences = [inspector.scale(control, reporter)?, inspector.scale_of(&other.0, control, reporter)?];
        let [first, second] = confidences;
        let side = |path: &Path, (encoder, names), confidences| Side { path: path.into(), encoder, names, confidences };
        let sides = [side(&self.pair.one, one, first), side(&self.pair.other, other, second)];
        Ok(Both { inspector, sides })
    }

    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<()> {
        let held = self.held.clone();
        held.with(
            reporter,
            |reporter| self.open(control, reporter),
            |both, reporter| self.look(both, control, reporter),
        )
    }

    fn look(&self, both: &mut Both, control: &Control, reporter: &mut Reporter) -> Result<()> {
        self.outbox.leave(Note::Sides(Box::new(both.sides.clone())));
        let mut missing = Vec::new();
        for side in [ModelSide::Pictures, ModelSide::Texts] {
            let ids: Vec<u64> =
                self.asks.iter().filter(|(_, ask)| ask.side() == Some(side)).map(|(id, _)| *id).collect();
            if ids.is_empty() {
                continue;
            }
            match both.inspector.needs_download(side, control) {
                Ok(Some(download)) if !self.allowed.contains(&download.model) => {
                    missing.extend(ids.iter().copied());
                    self.outbox.leave(Note::Needs(download, ids));
                }
                Ok(_) => {}
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => {
                    missing.extend(ids.iter().copied());
                    let problem = Problem::from(&error);
                    ids.into_iter().for_each(|id| self.outbox.leave(Note::Found(id, Err(problem.clone()))));
                }
            }
        }
        let settings = InspectSettings { nearest: NEAREST, allow_download: true, ..self.settings };
        reporter.stage("looking through both", "inputs", Some(self.asks.len() as u64));
        // Each tells of stages of its own.
        let mut silent = Reporter::silent();
        for (id, ask) in self.asks.iter().filter(|(id, _)| !missing.contains(id)) {
            control.check_whole()?;
            let mut answer = both.inspector.inspect(&ask.inputs(), &settings, control, &mut silent)?;
            let found = match (answer.items.pop(), answer.failed.pop()) {
                (Some(item), _) => {
                    let other = &both.sides[1];
                    let seen = item.through(&other.encoder, &other.confidences, &settings)?;
                    Ok(Box::new([item, seen]))
                }
                (None, Some((_, text))) => Err(Problem { text, hint: None, about: Default::default() }),
                (None, None) => continue,
            };
            self.outbox.leave(Note::Found(*id, found));
            reporter.advance(1);
        }
        Ok(())
    }
}

/// Has both look at inputs; those that are there already are looked at once.
pub(super) fn add(app: &mut App, inputs: Vec<Input>) {
    let cards = inputs.into_iter().map(|input| (input, None, None)).collect();
    take(app, cards);
}

type Incoming = (Input, Option<String>, Option<crate::app::inspect::Pixels>);

fn take(app: &mut App, inputs: Vec<Incoming>) {
    let state = &mut app.compare.through;
    for (input, name, pixels) in inputs {
        if state.seen.iter().any(|seen| seen.card.input == input) {
            continue;
        }
        let id = FIRST + state.ever;
        state.ever += 1;
        let name = name.unwrap_or_else(|| input.name());
        let card = Card { id, input, name, pixels, standing: Standing::Waiting, known: false };
        state.seen.push(Seen { card, other: None });
    }
    let over = state.seen.len().saturating_sub(MOST);
    if over > 0 {
        state.seen.drain(..over);
        app.messages.note(format!("there is room for {MOST} inputs: the oldest made room"));
    }
}

/// Takes what is on the inspecting screen.
pub(super) fn take_cards(app: &mut App) {
    let ready = |card: &&Card| !matches!(card.input, Input::Pixels(_)) || card.pixels.is_some();
    let cards = app.inspect.cards().iter().filter(ready);
    let inputs = cards.map(|card| (card.input.clone(), Some(card.name.clone()), card.pixels.clone())).collect();
    take(app, inputs);
}

/// Takes a few points of the collection, from among its first.
pub(super) fn points(app: &mut App) {
    let Some(open) = &app.document.open else { return };
    let ids: Vec<PointId> = open.first.iter().map(|(id, _)| *id).collect();
    let count = ids.len().min(POINTS);
    add(app, (0..count).map(|i| Input::Point(ids[i * ids.len() / count])).collect());
}

pub(super) fn take_away(app: &mut App, which: impl Fn(&Seen) -> bool) {
    app.compare.through.seen.retain(|seen| !which(seen));
}

/// Looks again at what was not seen.
pub(super) fn again(app: &mut App) {
    for seen in &mut app.compare.through.seen {
        if !matches!(seen.card.standing, Standing::Judged(_)) {
            seen.card.standing = Standing::Waiting;
        }
    }
}

/// Whether the model that is missing may be downloaded.
pub(super) fn answer(app: &mut App, allowed: bool) {
    let Some(download) = app.compare.through.question.take() else { return };
    if allowed {
        app.compare.through.allowed.insert(download.model);
        again(app);
    }
}

/// Asks for the next batch, where inputs wait, the part is shown, and two encoders are chosen.
pub(super) fn begin(app: &mut App) {
    let Some(open) = &app.document.open else { return };
    let Some((one, other)) = app.compare.pair().filter(|_| app.compare.part == Part::Inputs) else { return };
    let same = app.compare.through.of.as_ref().is_some_and(|of| of.one == one.path && of.other == other.path);
    let waits = app.compare.through.seen.iter().any(|seen| matches!(seen.card.standing, Standing::Waiting));
    if same && !waits {
        return;
    }
    let pair = Pair { one: one.path.clone(), other: other.path.clone() };
    let collection = open.collection.clone();
    if !same {
        close(app);
        app.compare.through.of = Some(pair.clone());
    }
    let state = &app.compare.through;
    if state.batch.is_some() {
        return;
    }
    let waiting = state.seen.iter().map(|seen| &seen.card).filter(|card| matches!(card.standing, Standing::Waiting));
    let asks: Vec<(u64, Ask)> = waiting.filter_map(|card| Some((card.id, Ask::of(card)?))).collect();
    if asks.is_empty() {
        return;
    }
    let ids = asks.iter().map(|(id, _)| *id).collect();
    let batch = Batch {
        held: state.held.clone(),
        collection,
        pair,
        model: model(app),
        asks,
        settings: InspectSettings {
            threshold: app.settings.threshold,
            outlier_percentile: app.settings.outlier_percentile,
            ..InspectSettings::default()
        },
        allowed: state.allowed.clone(),
        outbox: state.outbox.clone(),
    };
    let work = AnyWork::Compare(Work::Look(Box::new(batch)));
    let key = app.submit(Request::new("Looking through both encoders", Lane::Read), work);
    let state = &mut app.compare.through;
    (state.batch, state.problem) = (Some((key, ids)), None);
}

/// Takes what the worker has left, and keeps to the settings.
pub(super) fn tick(app: &mut App) {
    for note in app.compare.through.outbox.take() {
        note_of(app, note);
    }
    let under = (app.settings.threshold, app.settings.outlier_percentile);
    let state = &mut app.compare.through;
    if state.under == under {
        return;
    }
    state.under = under;
    if let Some(sides) = &mut state.sides {
        for (side, scale) in sides.iter_mut() {
            *scale = Scale::new(side.confidences.clone(), &side.encoder, under.1);
        }
    }
    let scales = state.sides.as_ref().map(|[one, other]| (one.1.clone(), other.1.clone()));
    for seen in &mut state.seen {
        let (one, other) = scales.clone().unwrap_or_default();
        if let Standing::Judged(judged) = &mut seen.card.standing {
            apply(Arc::make_mut(judged), under.0, one.as_ref());
        }
        if let Some(judged) = &mut seen.other {
            apply(Arc::make_mut(judged), under.0, other.as_ref());
        }
    }
}

fn apply(judged: &mut Judged, threshold: f32, scale: Option<&Scale>) {
    judged.apply_threshold(threshold);
    if let Some(scale) = scale {
        judged.apply_scale(scale);
    }
}

fn note_of(app: &mut App, note: Note) {
    let (threshold, percent) = (app.settings.threshold, app.settings.outlier_percentile);
    match note {
        Note::Sides(sides) => {
            let scaled = |side: Side| {
                let scale = Scale::new(side.confidences.clone(), &side.encoder, percent);
                (side, scale)
            };
            app.compare.through.sides = Some(sides.map(scaled));
        }
        Note::Needs(download, ids) => {
            let state = &mut app.compare.through;
            for id in ids {
                if let Some(seen) = state.card_mut(id) {
                    seen.card.standing = Standing::NeedsModel;
                }
            }
            state.question.get_or_insert(download);
        }
        Note::Found(id, Err(problem)) => {
            if let Some(seen) = app.compare.through.card_mut(id) {
                seen.card.standing = Standing::Failed(problem);
            }
        }
        Note::Found(id, Ok(found)) => {
            let [mut one, other] = *found;
            // They are shown beside the picture, and need not be asked for again.
            for near in &mut one.nearest {
                app.document.keep(near.id, Some(Arc::new(std::mem::take(&mut near.payload))));
            }
            let judged = |item| Arc::new(Judged::new(item, threshold));
            if let Some(seen) = app.compare.through.card_mut(id) {
                seen.card.standing = Standing::Judged(judged(one));
                seen.other = Some(judged(other));
            }
        }
    }
}

/// A batch was looked at.
pub(super) fn done(app: &mut App, key: JobKey) {
    tick(app);
    close_batch(app, key, &Standing::Stopped);
}

/// A batch that ended without a result.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<&Problem>) {
    if app.compare.through.job() != Some(key) {
        return;
    }
    tick(app);
    app.compare.through.problem = problem.cloned();
    close_batch(app, key, &Standing::Stopped);
}

fn close_batch(app: &mut App, key: JobKey, standing: &Standing) {
    let state = &mut app.compare.through;
    let Some((_, ids)) = state.batch.take_if(|(job, _)| *job == key) else { return };
    for seen in &mut state.seen {
        if ids.contains(&seen.card.id) && matches!(seen.card.standing, Standing::Waiting) {
            seen.card.standing = standing.clone();
        }
    }
}

/// Closes the two: others are to look, or over another collection. Points of another collection go.
pub(super) fn close(app: &mut App) {
    let state = &mut app.compare.through;
    state.of = None;
    state.sides = None;
    state.problem = None;
    state.question = None;
    state.outbox = Outbox::default();
    let held = std::mem::take(&mut state.held);
    if let Some((key, _)) = state.batch.take() {
        app.jobs.steer(key, JobCommand::Cancel);
    }
    for seen in &mut app.compare.through.seen {
        (seen.card.standing, seen.other) = (Standing::Waiting, None);
    }
    if held.is_used() {
        app.submit(Request::quiet("Closing a model", Lane::Read), AnyWork::Compare(Work::Close(held)));
    }
}
