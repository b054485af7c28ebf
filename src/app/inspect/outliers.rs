//! Whether the cards are unlike the collection: a p-value for each, what a batch makes of them, and which score tells those
//! best that the person knows to be outliers.

use std::sync::Arc;

use super::Command;
use super::card::{Judged, Standing};
use crate::app::{App, Command as Any, Step};
use crate::features::outlier::{Calibration, OutlierScore, Separation, adjusted, separations};

/// A card's place among the points that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Oddity {
    /// The share of points like the collection's with such a score or a larger one, at most.
    pub p: f64,
    /// Points compared with that are as outlying.
    pub above: usize,
    /// Points compared with.
    pub points: usize,
    /// The smallest false discovery rate at which it is flagged among the cards.
    pub adjusted: f64,
    /// Whether it is flagged at the rate that is set.
    pub flagged: bool,
}

/// What is said of all cards together.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Cards that have a p-value.
    pub judged: usize,
    /// Cards that are flagged.
    pub flagged: usize,
    /// The score that they are judged by.
    pub score: OutlierScore,
    /// The false discovery rate.
    pub rate: f64,
    /// Points compared with.
    pub points: usize,
    /// Whether the encoder is known to have been trained on none of them.
    pub held_out: bool,
    /// Cards that are known outliers.
    pub known: usize,
    /// How well each score tells them from the points compared with, the best first; empty where none is known.
    pub separations: Vec<Separation>,
}

/// What the cards are judged by.
#[derive(Default)]
pub(super) struct Outliers {
    calibration: Option<Arc<Calibration>>,
    problem: Option<String>,
    summary: Option<Summary>,
    /// What the cards were judged under.
    under: Option<Under>,
}

/// What p-values and the summary depend on.
#[derive(Clone, Debug, PartialEq)]
struct Under {
    score: OutlierScore,
    rate: f64,
    /// The cards that can be judged, and whether they are known outliers.
    cards: Vec<(u64, bool)>,
}

impl Outliers {
    /// What was said of all cards.
    pub(super) fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// Why there are no p-values.
    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The points that cards are compared with.
    pub(super) fn calibration(&self) -> Option<&Arc<Calibration>> {
        self.calibration.as_ref()
    }
}

/// The points to compare with are known, or why there are none.
pub(super) fn calibrated(app: &mut App, calibration: Result<Arc<Calibration>, String>) {
    let outliers = &mut app.inspect.outliers;
    outliers.under = None;
    (outliers.calibration, outliers.problem) = match calibration {
        Ok(calibration) => (Some(calibration), None),
        Err(problem) => (None, Some(problem)),
    };
}

/// Marks a card as a known outlier, or takes the mark away; a step that can be taken back.
pub(super) fn mark(app: &mut App, id: u64, known: bool) {
    let Some(card) = app.inspect.card(id).filter(|card| card.known != known) else { return };
    let label = if known { format!("Mark {} as an outlier", card.name) } else { format!("Unmark {}", card.name) };
    let step = |known| Any::Inspect(Command::SetMark(id, known));
    app.undo.push(Step { label, undo: step(!known), redo: step(known) });
    set_mark(app, id, known);
}

/// The same without a step.
pub(super) fn set_mark(app: &mut App, id: u64, known: bool) {
    if let Some(card) = app.inspect.card_mut(id) {
        card.known = known;
    }
}

/// Judges the cards anew where anything has changed that they are judged by.
pub(super) fn tick(app: &mut App) {
    let (score, rate) = (app.settings.outlier_score, app.settings.outlier_rate);
    let state = &mut app.inspect;
    let known = |judged: &Judged| judged.scores.and_then(|scores| scores.get(score));
    let cards: Vec<(u64, bool)> = state
        .cards
        .iter()
        .filter(|card| card.judged().and_then(known).is_some())
        .map(|card| (card.id, card.known))
        .collect();
    let under = Some(Under { score, rate, cards });
    let stale = state.cards.iter().any(|card| card.judged().is_some_and(|judged| judged.is_stale()));
    if state.outliers.under == under && !stale {
        return;
    }
    state.outliers.under = under;
    let Some(calibration) = state.outliers.calibration.clone() else {
        state.outliers.summary = None;
        show(app, |_| None);
        return;
    };
    let place = |judged: &Judged| {
        let (value, id) = (known(judged)?, judged.item.id);
        let member = id.is_some_and(|id| calibration.member(id).is_some());
        // A point is not compared with itself.
        let above = calibration.as_outlying(score, value) - usize::from(member);
        let points = calibration.points() - usize::from(member);
        let p = calibration.p(score, value, member);
        Some(Oddity { p, above, points, adjusted: 1.0, flagged: false })
    };
    let mut places: Vec<Oddity> = state.cards.iter().filter_map(|card| card.judged().and_then(place)).collect();
    let p: Vec<f64> = places.iter().map(|place| place.p).collect();
    for (place, q) in places.iter_mut().zip(adjusted(&p)) {
        (place.adjusted, place.flagged) = (q, q <= rate);
    }
    let marked: Vec<_> =
        state.cards.iter().filter(|card| card.known).filter_map(|card| card.judged()?.scores).collect();
    state.outliers.summary = (!places.is_empty()).then(|| Summary {
        judged: places.len(),
        flagged: places.iter().filter(|place| place.flagged).count(),
        score,
        rate,
        points: calibration.points(),
        held_out: calibration.held_out(),
        known: marked.len(),
        separations: separations(&marked, &calibration),
    });
    let mut places = places.into_iter();
    show(app, |judged| known(judged).and_then(|_| places.next()));
}

/// Puts a place on every judged card.
fn show(app: &mut App, mut place: impl FnMut(&Judged) -> Option<Oddity>) {
    for card in &mut app.inspect.cards {
        if let Standing::Judged(judged) = &mut card.standing {
            let place = place(judged);
            if judged.oddity != place {
                Arc::make_mut(judged).oddity = place;
            }
        }
    }
}
