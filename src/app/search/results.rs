//! What was found, made ready for the screen.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Answer, Details, Query, selected};
use crate::app::{App, Command as Any, Selected, document};
use crate::pipeline::{Because, Hit, SteeredHit};
use crate::point::{MODEL_FIELD, Payload, PointId};

/// The longest line about a payload, in characters.
const LINE: usize = 140;
/// The longest value in it.
const VALUE: usize = 40;

/// A column of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Column {
    /// Without steering.
    #[default]
    Default,
    /// With steering.
    Steered,
}

/// Where a result was without steering, or is with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing is steered.
    Not,
    /// It was not among the results.
    New,
    /// It is not among the results any more.
    Gone,
    /// It went up so many ranks; down where that is negative.
    By(i64),
}

impl Moved {
    /// In words, for whoever does not see the arrow.
    pub fn words(self) -> String {
        match self {
            Self::Not => String::new(),
            Self::New => "new among the results".into(),
            Self::Gone => "not among the steered results".into(),
            Self::By(0) => "at the same rank".into(),
            Self::By(ranks) if ranks > 0 => format!("up {ranks}"),
            Self::By(ranks) => format!("down {}", ranks.unsigned_abs()),
        }
    }
}

/// A result.
#[derive(Clone, Debug)]
pub struct Row {
    /// The point.
    pub id: PointId,
    /// Its score: the steered one where it is steered.
    pub score: f32,
    /// How near it is without steering, where it is steered.
    pub similarity: Option<f32>,
    /// Its payload in a line, but for what is shown of it anyway.
    pub line: String,
    /// How it moved.
    pub moved: Moved,
    /// Its rank in the other column, from 1.
    pub elsewhere: Option<usize>,
    /// What the features did to its score, the largest first.
    pub because: Vec<Because>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Results {
    /// What was searched for.
    pub query: Query,
    /// Without steering.
    pub default: Vec<Row>,
    /// With it; none where nothing was steered.
    pub steered: Option<Vec<Row>>,
    /// What there is to tell of the search.
    pub details: Details,
}

impl Results {
    /// Made of what a worker found. Payloads go to the document, which all screens show them from.
    pub(super) fn new(app: &mut App, query: Query, answer: Answer) -> Self {
        let Answer { before, after, details } = answer;
        let hidden = hidden(app);
        let now: Option<HashMap<PointId, usize>> =
            after.as_ref().map(|after| after.iter().enumerate().map(|(n, hit)| (hit.hit.id, n + 1)).collect());
        let default = before.into_iter().enumerate().map(|(n, hit)| {
            let Hit { id, score, payload } = hit;
            let line = line(&payload, &hidden);
            app.document.keep(id, Some(Arc::new(payload)));
            let elsewhere = now.as_ref().and_then(|now| now.get(&id).copied());
            let moved = match (&now, elsewhere) {
                (None, _) => Moved::Not,
                (Some(_), Some(rank)) => Moved::By(n as i64 + 1 - rank as i64),
                (Some(_), None) => Moved::Gone,
            };
            Row { id, score, similarity: None, line, moved, elsewhere, because: Vec::new() }
        });
        let default: Vec<Row> = default.collect();
        let steered = after.map(|after| {
            let one = |steered: SteeredHit| {
                let SteeredHit { hit, similarity, rank_before, moved, because } = steered;
                let line = line(&hit.payload, &hidden);
                app.document.keep(hit.id, Some(Arc::new(hit.payload)));
                let moved = moved.map_or(Moved::New, Moved::By);
                Row {
                    id: hit.id,
                    score: hit.score,
                    similarity: Some(similarity),
                    line,
                    moved,
                    elsewhere: rank_before,
                    because,
                }
            };
            after.into_iter().map(one).collect()
        });
        Self { query, default, steered, details }
    }

    /// The rows of a column; those of the only one where nothing was steered.
    pub fn column(&self, column: Column) -> &[Row] {
        match (&self.steered, column) {
            (Some(steered), Column::Steered) => steered,
            _ => &self.default,
        }
    }
}

/// Fields that are shown as a picture or as words, or that nobody asks for.
fn hidden(app: &App) -> Vec<String> {
    let Some(open) = &app.document.open else { return Vec::new() };
    let fields = [document::picture_field(open, &app.settings), document::text_field(open, &app.settings)];
    fields.into_iter().flatten().chain([MODEL_FIELD]).map(str::to_owned).collect()
}

/// A payload in a line: "dish: pizza \u{b7} table: striped".
fn line(payload: &Payload, hidden: &[String]) -> String {
    let mut line = String::new();
    for (field, value) in payload.iter().filter(|(field, _)| !hidden.contains(field)) {
        let value = match value {
            serde_json::Value::String(text) => {
                let short: String = text.chars().take(VALUE).collect();
                short.split_whitespace().collect::<Vec<_>>().join(" ")
            }
            serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => continue,
            other => other.to_string(),
        };
        if value.is_empty() {
            continue;
        }
        let part = format!("{}{field}: {value}", if line.is_empty() { "" } else { " \u{b7} " });
        if line.chars().count() + part.chars().count() > LINE {
            break;
        }
        line += &part;
    }
    line
}

/// Where the selected point is: in the column that the arrows move in, or else in the other one.
fn place(app: &App) -> Option<(Column, usize)> {
    let results = app.search.results.as_ref()?;
    let id = selected(app)?;
    let find = |column: Column| Some((column, results.column(column).iter().position(|row| row.id == id)?));
    let other = if app.search.column == Column::Default { Column::Steered } else { Column::Default };
    find(app.search.column).or_else(|| find(other))
}

/// Selects the result so many places further down, or up; the first where none is selected.
pub(super) fn step(app: &mut App, places: isize) {
    let Some(results) = &app.search.results else { return };
    let (column, row) = match place(app) {
        Some((column, row)) => (column, Some(row)),
        None if results.steered.is_some() => (Column::Steered, None),
        None => (Column::Default, None),
    };
    let rows = results.column(column);
    let Some(last) = rows.len().checked_sub(1) else { return };
    let next = match row {
        Some(row) => row.saturating_add_signed(places).min(last),
        // The first arrow selects the first; a page and the end go there at once.
        None if places.unsigned_abs() <= 1 => 0,
        None => 0usize.saturating_add_signed(places).min(last),
    };
    let id = rows[next].id;
    app.search.column = column;
    app.handle(Any::Select(Selected::Point(id)));
}

/// Selects in a column, at the rank of what is selected now.
pub(super) fn change_column(app: &mut App, column: Column) {
    let Some(results) = &app.search.results else { return };
    let row = place(app).map_or(0, |(_, row)| row);
    let rows = results.column(column);
    app.search.column = column;
    if let Some(row) = rows.get(row.min(rows.len().saturating_sub(1))) {
        let id = row.id;
        app.handle(Any::Select(Selected::Point(id)));
    }
}
