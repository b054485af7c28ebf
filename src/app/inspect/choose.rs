//! Choosing a point of the collection: by its id, at random, or among pictures.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::seq::SliceRandom;

use super::{Command, Input, Work, cards};
use crate::app::{App, Command as Any, Dialog, JobKey, Lane, Problem, Request, Screen, Work as AnyWork, compare};
use crate::config::CollectionArgs;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::point::{Payload, PointId};
use crate::random::{Use, generator};
use crate::source::{self, Want, sample_ids};

/// Random points that are drawn at once.
const DEALT: usize = 64;

/// Which points there are to choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// The collection's first.
    #[default]
    First,
    /// Random ones.
    Random,
}

/// Choosing a point.
#[derive(Default)]
pub struct Choosing {
    /// The id that is typed.
    pub id: String,
    /// What is wrong with it.
    pub id_problem: Option<String>,
    /// Which points are shown.
    pub show: Show,
    /// Random points.
    pub dealt: Vec<PointId>,
    /// Why there are none.
    pub problem: Option<Problem>,
    /// How many of them were inspected as random ones.
    taken: usize,
    dealing: Option<JobKey>,
    /// Whether one of them is to be inspected as soon as they are there.
    want_one: bool,
}

impl Choosing {
    /// Whether random points are on their way.
    pub fn is_dealing(&self) -> bool {
        self.dealing.is_some()
    }
}

pub(super) fn edit(app: &mut App, text: String) {
    let choosing = &mut app.inspect.choosing;
    (choosing.id, choosing.id_problem) = (text, None);
}

/// Inspects the point whose id is typed.
pub(super) fn by_id(app: &mut App) {
    let choosing = &mut app.inspect.choosing;
    match choosing.id.trim().parse::<PointId>() {
        Ok(id) => {
            choosing.id.clear();
            app.view.dialog = app.view.dialog.take().filter(|dialog| *dialog != Dialog::Points);
            let chosen = chosen(app, id);
            app.handle(chosen);
        }
        Err(problem) => choosing.id_problem = Some(problem),
    }
}

/// What is done with a point that was chosen: it is inspected, or on the comparing screen shown to both encoders.
pub fn chosen(app: &App, id: PointId) -> Any {
    match app.view.place.screen {
        Screen::Compare => Any::Compare(compare::Command::Inputs(vec![Input::Point(id)])),
        _ => Any::Inspect(Command::Point(id)),
    }
}

/// Inspects a random point.
pub(super) fn random(app: &mut App) {
    let choosing = &mut app.inspect.choosing;
    match choosing.dealt.get(choosing.taken) {
        Some(id) => {
            choosing.taken += 1;
            let input = Input::Point(*id);
            cards::add(app, vec![input]);
        }
        None => {
            choosing.want_one = true;
            ask(app);
        }
    }
}

pub(super) fn show(app: &mut App, show: Show) {
    app.inspect.choosing.show = show;
    if show == Show::Random && app.inspect.choosing.dealt.is_empty() {
        ask(app);
    }
}

/// Asks for random points.
pub(super) fn ask(app: &mut App) {
    let Some(open) = &app.document.open else { return };
    if app.jobs.is_live(app.inspect.choosing.dealing) {
        return;
    }
    // Nobody relies on which ones they are.
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let work = Work::Deal { collection: Box::new(open.collection.clone()), seed };
    let key = app.submit(Request::new("Drawing random points", Lane::Read), AnyWork::Inspect(work));
    app.inspect.choosing.dealing = Some(key);
    app.inspect.choosing.problem = None;
}

/// Draws them, on a worker.
pub(super) fn deal(
    collection: &CollectionArgs,
    seed: u64,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<(PointId, Payload)>> {
    let mut source = source::open(collection, control, reporter)?;
    let ids = sample_ids(source.as_mut(), DEALT, seed, control, reporter)?;
    let page = source.by_ids(&ids, Want { vectors: false, payload: true }, control)?;
    let mut points: Vec<_> = page.ids.into_iter().zip(page.payloads).collect();
    // They come in the collection's order, and the first of them is not to be among its first.
    points.shuffle(&mut generator(seed, Use::Deal));
    Ok(points)
}

pub(super) fn dealt(app: &mut App, key: JobKey, points: Vec<(PointId, Payload)>) {
    if app.inspect.choosing.dealing.take_if(|job| *job == key).is_none() {
        return;
    }
    app.inspect.choosing.dealt = points.iter().map(|(id, _)| *id).collect();
    app.inspect.choosing.taken = 0;
    for (id, payload) in points {
        app.document.keep(id, Some(Arc::new(payload)));
    }
    if std::mem::take(&mut app.inspect.choosing.want_one) && !app.inspect.choosing.dealt.is_empty() {
        app.handle(Any::Inspect(Command::Random));
    }
}

pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<&Problem>) {
    let choosing = &mut app.inspect.choosing;
    if choosing.dealing.take_if(|job| *job == key).is_some() {
        choosing.want_one = false;
        choosing.problem = problem.cloned();
    }
}

/// Another collection may be open.
pub(super) fn document_changed(app: &mut App) {
    app.inspect.choosing = Choosing::default();
}
