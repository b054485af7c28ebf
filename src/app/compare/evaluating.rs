//! The table: what it is made with, the job that makes it, and how it is shown.

use std::path::PathBuf;
use std::sync::Arc;

use super::sheet::{Sheet, Sort, View};
use super::{Found, Work};
use crate::app::{App, JobKey, Lane, Problem, Request, Work as AnyWork, document};
use crate::config::{EvaluateConfig, ObjectiveKind};
use crate::error::{Error, Result};
use crate::evaluate::table::EvaluationTable;
use crate::job::{Control, Reporter, Task};
use crate::pipeline::{Answer, Job};

/// The most values of a payload that are still words of a few letters each, and so may be labels.
const LONGEST_LABEL: usize = 60;

/// What the table is made with.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The payload field with the labels.
    pub labels: Option<String>,
    /// Objectives that encoders are trained with for the table.
    pub objectives: Vec<ObjectiveKind>,
    /// Encoders for each of them.
    pub seeds: u32,
    /// Whether each label is held out in its turn: those trained here learn without it, and are to tell it as an outlier.
    pub hold_out: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { labels: None, objectives: Vec::new(), seeds: 2, hold_out: false }
    }
}

/// A table that was made.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The table.
    pub table: Arc<EvaluationTable>,
    /// What it was made with.
    pub settings: Settings,
    /// The encoders that were given.
    pub of: Vec<PathBuf>,
}

/// The table, and what makes it.
#[derive(Default)]
pub struct Evaluating {
    /// What the next one is made with.
    pub settings: Settings,
    /// The one that was made last.
    pub made: Option<Evaluated>,
    /// Why the last one could not be made.
    pub problem: Option<Problem>,
    view: View,
    sort: Option<Sort>,
    sheet: Sheet,
    views: Vec<View>,
    asked: Option<(JobKey, Settings, Vec<PathBuf>)>,
}

impl Evaluating {
    /// The job that makes one, while one does.
    pub fn job(&self) -> Option<JobKey> {
        self.asked.as_ref().map(|(key, ..)| *key)
    }

    /// The figures that are shown.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Which they are.
    pub fn view(&self) -> View {
        self.view
    }

    /// How they are ordered; none for the table's own order.
    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    /// The figures that there are.
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// Whether what is shown is of other encoders or settings than those that are chosen now.
    pub fn is_stale(&self, chosen: &[PathBuf]) -> bool {
        self.made.as_ref().is_some_and(|made| made.of != chosen || made.settings != self.settings)
    }

    pub(super) fn show(&mut self, view: View) {
        if view != self.view {
            self.sort = None;
        }
        self.view = view;
        self.lay_out();
    }

    /// Orders by a column; the best first, and the other way round when it is asked again.
    pub(super) fn order(&mut self, column: usize) {
        let best_first = match column.checked_sub(1) {
            None => false,
            Some(i) => self.sheet.columns.get(i).is_none_or(|column| column.larger != Some(false)),
        };
        self.sort = Some(match self.sort {
            Some(sort) if sort.column == column => Sort { descending: !sort.descending, ..sort },
            _ => Sort { column, descending: best_first },
        });
        self.lay_out();
    }

    fn lay_out(&mut self) {
        let Some(made) = &self.made else { return };
        self.sheet = Sheet::of(&made.table, self.view);
        if let Some(sort) = self.sort.filter(|sort| sort.column <= self.sheet.columns.len()) {
            self.sheet.sort(sort);
        }
    }

    /// Drops what was made, of a collection that is not open any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// What a worker is asked.
#[derive(Debug)]
pub struct Asked {
    /// Settings of the job.
    pub config: EvaluateConfig,
}

impl Asked {
    pub(super) fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Found> {
        match Job::Evaluate(Box::new(self.config)).run(control, reporter)? {
            Answer::Evaluate(answer) => Ok(Found::Evaluated(Box::new(answer.table))),
            _ => Err(Error::Panicked("an evaluation gave another job's answer".into())),
        }
    }
}

/// Fields of the payload that may hold labels: those whose values are short words, numbers or yes and no, as far as the
/// collection's first points show it. The field with the words of the points is none.
pub fn label_fields(app: &App) -> Vec<String> {
    let Some(open) = &app.document.open else { return Vec::new() };
    let pictures = document::picture_field(open, &app.settings);
    let mut fields: Vec<String> = Vec::new();
    for (field, value) in open.first.iter().flat_map(|(_, payload)| payload.iter()) {
        let may = match value {
            serde_json::Value::String(text) => text.len() <= LONGEST_LABEL && !text.is_empty(),
            serde_json::Value::Number(_) | serde_json::Value::Bool(_) => true,
            _ => false,
        };
        if may && Some(field.as_str()) != pictures && !fields.contains(field) {
            fields.push(field.clone());
        }
    }
    // One that is another for every point says nothing of groups.
    fields.retain(|field| {
        let mut values: Vec<String> =
            open.first.iter().filter_map(|(_, payload)| payload.get(field)).map(ToString::to_string).collect();
        let all = values.len();
        values.sort_unstable();
        values.dedup();
        all < 8 || values.len() < all
    });
    fields
}

/// Has the table made.
pub(super) fn begin(app: &mut App) {
    let Some(open) = &app.document.open else { return };
    let state = &app.compare;
    let settings = state.table.settings.clone();
    if state.table.asked.is_some() || (state.chosen.is_empty() && settings.objectives.is_empty()) {
        return;
    }
    let of: Vec<PathBuf> = state.chosen.iter().map(|chosen| chosen.path.clone()).collect();
    let config = EvaluateConfig {
        encoder: of.clone(),
        objective: settings.objectives.iter().map(ToString::to_string).collect(),
        seeds: settings.seeds,
        labels: settings.labels.clone(),
        hold_out: if settings.hold_out && settings.labels.is_some() { vec!["all".into()] } else { Vec::new() },
        collection: open.collection.clone(),
        ..EvaluateConfig::default()
    };
    let title = format!("Comparing encoders on {}", open.info.name);
    let work = Work::Evaluate(Box::new(Asked { config }));
    let key = app.submit(Request::new(title, Lane::Heavy), AnyWork::Compare(work));
    app.compare.table.asked = Some((key, settings, of));
    app.compare.table.problem = None;
}

pub(super) fn found(app: &mut App, key: JobKey, mut table: EvaluationTable) {
    let state = &mut app.compare;
    let Some((_, settings, of)) = state.table.asked.take_if(|(job, ..)| *job == key) else { return };
    // They are called as on the rest of the screen.
    for row in &mut table.rows {
        if let Some(chosen) =
            row.encoder.as_ref().and_then(|path| state.chosen.iter().find(|known| known.path == *path))
        {
            row.name = chosen.name.clone();
        }
    }
    let seconds = table.seconds.clamp(0.0, 1e9) as u64;
    let time = if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) };
    state.table.views = View::ALL.into_iter().filter(|view| !Sheet::of(&table, *view).is_empty()).collect();
    state.table.made = Some(Evaluated { table: Arc::new(table), settings, of });
    let view = state.table.view;
    state.table.show(if state.table.views.contains(&view) { view } else { View::Overview });
    app.messages.success(format!("the encoders are compared, after {time}"));
}

pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<&Problem>) {
    let state = &mut app.compare.table;
    if state.asked.take_if(|(job, ..)| *job == key).is_some() {
        state.problem = problem.cloned();
    }
}
