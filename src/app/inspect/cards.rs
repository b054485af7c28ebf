//! Adding cards, taking them away, and putting them back.

use std::sync::Arc;

use super::card::{Card, Input, Origin, Pixels, Standing};
use super::pixels::{Clip, Raw};
use super::{Command, MOST, Work};
use crate::app::{App, Command as Any, JobKey, Lane, Place, Problem, Request, Screen, Selected, Step, Work as AnyWork};
use crate::demo;

/// Shows each input on a card; one that is there already is judged again. The first is selected.
pub(super) fn add(app: &mut App, inputs: Vec<Input>) {
    if inputs.is_empty() {
        return;
    }
    let asked = inputs.len();
    let mut first = None;
    for input in inputs.into_iter().take(MOST) {
        let id = one(app, input);
        first.get_or_insert(id);
    }
    if asked > MOST {
        app.messages.warn(format!("only the first {MOST} of {asked} are inspected: more do not stand side by side"));
    }
    make_room(app);
    let selected = first.map_or(Selected::Nothing, Selected::Item);
    app.view.go(Place { screen: Screen::Inspect, page: None, selected });
    app.arrive();
}

/// The card of an input.
fn one(app: &mut App, input: Input) -> u64 {
    let encoder = app.document.encoder().is_some();
    let state = &mut app.inspect;
    if let Some(card) = state.cards.iter_mut().find(|card| card.input == input) {
        if !matches!(card.standing, Standing::Judged(_) | Standing::Preparing) {
            card.standing = if encoder { Standing::Waiting } else { Standing::NoEncoder };
        }
        return card.id;
    }
    let id = state.ever;
    state.ever += 1;
    let standing = match (&input, encoder) {
        (Input::Pixels(_), _) => Standing::Preparing,
        (_, true) => Standing::Waiting,
        (_, false) => Standing::NoEncoder,
    };
    state.cards.push(Card { id, name: input.name(), input, pixels: None, standing, known: false });
    id
}

/// The oldest cards make room.
fn make_room(app: &mut App) {
    let over = app.inspect.cards.len().saturating_sub(MOST);
    if over > 0 {
        app.inspect.cards.drain(..over);
        app.messages.note(format!("there is room for {MOST} inputs: the oldest made room"));
    }
}

/// A picture of the clipboard.
pub(super) fn paste(app: &mut App, clip: Arc<dyn Clip>) {
    app.inspect.pasted += 1;
    let origin = Origin::Clipboard(app.inspect.pasted);
    add(app, vec![Input::Pixels(origin)]);
    prepare(app, origin, Raw::Clip(clip));
}

/// The demo's four drawings.
pub(super) fn add_drawings(app: &mut App) {
    add(app, demo::INSPECTED.into_iter().map(|kind| Input::Pixels(Origin::Drawing(kind))).collect());
    for kind in demo::INSPECTED {
        prepare(app, Origin::Drawing(kind), Raw::Drawing(kind));
    }
}

fn prepare(app: &mut App, origin: Origin, raw: Raw) {
    let Some(card) = app.inspect.cards.iter().find(|card| card.input == Input::Pixels(origin)) else { return };
    if !matches!(card.standing, Standing::Preparing) {
        return;
    }
    let work = Work::Prepare { card: card.id, name: card.name.clone(), raw };
    let request = Request::quiet(format!("Preparing {}", card.name), Lane::Files);
    let (id, key) = (card.id, app.submit(request, AnyWork::Inspect(work)));
    app.inspect.judging.preparing.push((key, id));
}

/// A picture is ready to be judged.
pub(super) fn prepared(app: &mut App, id: u64, pixels: Pixels, name: Option<String>) {
    let encoder = app.document.encoder().is_some();
    app.inspect.judging.preparing.retain(|(_, card)| *card != id);
    let Some(card) = app.inspect.card_mut(id) else { return };
    card.pixels = Some(pixels);
    if let Some(name) = name {
        card.name = name;
    }
    card.standing = if encoder { Standing::Waiting } else { Standing::NoEncoder };
}

/// A picture that could not be made ready.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<&Problem>) {
    let preparing = &mut app.inspect.judging.preparing;
    let Some(at) = preparing.iter().position(|(job, _)| *job == key) else { return };
    let (_, id) = preparing.remove(at);
    if let Some(card) = app.inspect.card_mut(id) {
        card.standing = problem.cloned().map_or(Standing::Stopped, Standing::Failed);
    }
}

/// Takes cards away; a step that can be taken back, but for pictures that are not ready yet.
pub(super) fn remove(app: &mut App, ids: Vec<u64>) {
    let gone: Vec<(usize, Box<Card>)> = app
        .inspect
        .cards
        .iter()
        .enumerate()
        .filter(|(_, card)| ids.contains(&card.id) && !matches!(card.standing, Standing::Preparing))
        .map(|(place, card)| (place, Box::new(card.clone())))
        .collect();
    take_away(app, &ids);
    let label = match &gone[..] {
        [] => return,
        [(_, card)] => format!("Remove {}", card.name),
        several => format!("Remove {} inputs", several.len()),
    };
    let step = |command| Any::Inspect(command);
    app.undo.push(Step { label, undo: step(Command::PutBack(gone)), redo: step(Command::TakeAway(ids)) });
}

/// Takes cards away. Where one was selected, the card that comes to its place is.
pub(super) fn take_away(app: &mut App, ids: &[u64]) {
    let selected = match app.view.place.selected {
        Selected::Item(id) if ids.contains(&id) => app.inspect.cards.iter().position(|card| card.id == id),
        _ => None,
    };
    app.inspect.cards.retain(|card| !ids.contains(&card.id));
    if let Some(place) = selected {
        let last = app.inspect.cards.len().saturating_sub(1);
        let next = app.inspect.cards.get(place.min(last));
        let selected = next.map_or(Selected::Nothing, |card| Selected::Item(card.id));
        app.view.go(Place { selected, ..app.view.place.clone() });
    }
}

/// Puts cards back at their places, as they were.
pub(super) fn put_back(app: &mut App, cards: Vec<(usize, Box<Card>)>) {
    // The threshold and the percentile may have moved meanwhile.
    app.inspect.under = (f32::NAN, f64::NAN);
    for (place, card) in cards {
        let state = &mut app.inspect;
        if state.card(card.id).is_none() {
            state.cards.insert(place.min(state.cards.len()), *card);
        }
    }
    make_room(app);
}
