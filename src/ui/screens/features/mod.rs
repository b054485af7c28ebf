//! The features screen: the table of all features with its scatter, and the pages of single features.

mod inspector;
mod name;
mod page;
pub(super) mod pictures;
mod related;
mod scatter;
mod table;
mod toolbar;

use eframe::egui::{self, Key, Modifiers, Panel, vec2};

pub use inspector::inspector;
pub use name::{chip, title};
pub use pictures::words;

use super::super::theme::{space, tokens};
use super::super::widgets::{Banner, Button, EmptyState, Mood, Progress};
use super::super::{Cx, format, icons};
use crate::app::features::Command;
use crate::app::settings::LayoutSettings;
use crate::app::{App, Change, JobCommand, JobKey, Problem, Screen, Selected};

/// The least width of the scatter beside the table, in points. Where that does not fit, the one or the other is shown.
const LEAST_SCATTER: f32 = 236.0;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    keys(ui, app, cx);
    let margin = egui::Margin::symmetric(space::L as i8, space::M as i8);
    egui::Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        if app.document.encoder().is_none() {
            nothing_open(ui, app, cx);
            return;
        }
        banners(ui, app, cx);
        let Some(index) = app.features.index() else {
            not_read(ui, app, cx);
            return;
        };
        if !app.features.table.is_ready(index.features()) {
            middle(ui);
            Progress::new(None, "Sorting the features").show(ui);
            return;
        }
        match app.view.place.page {
            Some(feature) => page::show(ui, app, cx, feature),
            None => overview(ui, app, cx),
        }
    });
}

/// The table with the scatter beside it, or one of them.
fn overview(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let layout = &app.settings.layout;
    let width = ui.available_width();
    let beside = width >= table::LEAST + LEAST_SCATTER;
    toolbar::show(ui, app, cx, beside);
    ui.add_space(space::S);
    if !beside {
        if layout.scatter {
            scatter::show(ui, app, cx);
        } else {
            table::show(ui, app, cx);
        }
        return;
    }
    let most = (width - table::LEAST).max(LEAST_SCATTER);
    let frame = egui::Frame::new().inner_margin(egui::Margin { left: space::M as i8, ..Default::default() });
    let panel = Panel::right("scatter").resizable(true).frame(frame).show_separator_line(false);
    let panel = panel.default_size(layout.scatter_width.clamp(LEAST_SCATTER, most)).size_range(LEAST_SCATTER..=most);
    let shown = panel.show(ui, |ui| scatter::show(ui, app, cx));
    let now = shown.response.rect.width();
    // A narrower window makes it narrower for the time being.
    let fits = layout.scatter_width.clamp(LEAST_SCATTER, most);
    if (now - fits).abs() > 1.0 {
        let layout = LayoutSettings { scatter_width: now, ..layout.clone() };
        cx.push(Change::Layout(layout).into());
    }
    table::show(ui, app, cx);
}

/// Without a collection or an encoder: what to do.
fn nothing_open(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let document = &app.document;
    if let Some(problem) = &document.problem {
        banner(ui, Mood::Danger, problem).show(ui);
        ui.add_space(space::S);
    }
    if document.opening.is_some() {
        middle(ui);
        Progress::new(None, &format!("Opening {}", document.opening_title)).show(ui);
    } else if document.open.is_none() {
        middle(ui);
        let empty = EmptyState::new(icons::DATABASE, "No collection is open")
            .text("Open one, and an encoder over it, to see what each feature of the encoder stands for.");
        let open = Button::primary("Open a collection").tip("To Start: connect, open a store, or the demo");
        if empty.action(open).show(ui) {
            cx.push(crate::app::Command::Show(Screen::Start));
        }
    } else {
        middle(ui);
        let empty = EmptyState::new(icons::BLOCKS, "No encoder is open").text(
            "An encoder gives each point of this collection a few features out of many. Train one, or open one that was \
             trained before from the list at the left.",
        );
        let train = Button::primary("Train an encoder").icon(icons::TRAIN).tip("To Train");
        if empty.action(train).show(ui) {
            cx.push(crate::app::Command::Show(Screen::Train));
        }
    }
}

/// With an encoder, and nothing read yet.
fn not_read(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    middle(ui);
    if let Some(key) = app.features.building() {
        let empty = EmptyState::new(icons::BLOCKS, "Reading the features").text(
            "Every point of the collection goes through the encoder once. The table fills in while that goes on.",
        );
        empty.show(ui);
        ui.vertical_centered(|ui| {
            ui.set_max_width(420.0);
            progress(ui, app, cx, key);
        });
    } else if app.features.problem.is_none() {
        let empty = EmptyState::new(icons::BLOCKS, "The features were not read")
            .text("To show what each feature stands for, every point of the collection goes through the encoder once.");
        if empty.action(Button::primary("Read the collection").tip("Reads every point once")).show(ui) {
            cx.push(Command::ReadRest.into());
        }
    }
}

/// Some room above what stands alone.
fn middle(ui: &mut egui::Ui) {
    ui.add_space((ui.available_height() * 0.2).min(140.0));
}

/// What went wrong, and what is going on, above everything.
fn banners(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    if let Some(problem) = &app.features.problem {
        if banner(ui, Mood::Danger, problem).action("Read again").show(ui).acted {
            cx.push(Command::ReadRest.into());
        }
        ui.add_space(space::S);
    }
    if let Some(problem) = &app.features.names_problem {
        if banner(ui, Mood::Danger, problem).action("Try again").show(ui).acted {
            cx.push(Command::RetryNames.into());
        }
        ui.add_space(space::S);
    }
    if let Some(problem) = &app.features.suggesting.problem {
        banner(ui, Mood::Danger, problem).show(ui);
        ui.add_space(space::S);
    }
}

fn banner<'a>(_ui: &egui::Ui, mood: Mood, problem: &Problem) -> Banner<'a> {
    Banner::new(mood, problem.text.clone()).hint(problem.hint.clone().unwrap_or_default())
}

/// How far the reading of the collection is.
fn progress(ui: &mut egui::Ui, app: &App, cx: &mut Cx, key: JobKey) {
    let Some(job) = app.jobs.get(key) else { return };
    let (share, text, left) = match &job.progress {
        Some(now) => {
            let share = now.total.filter(|total| *total > 0).map(|total| now.done as f32 / total as f32);
            let left = now.left.map(|left| format!("{} left", seconds(left))).unwrap_or_default();
            (share, of_points(now.done, now.total), left)
        }
        None => (None, "Waiting for its turn".to_owned(), String::new()),
    };
    if Progress::new(share, &text).detail(&left).cancel("Cancel reading the features").show(ui) {
        cx.push(crate::app::Command::Job(key, JobCommand::Cancel));
    }
}

fn seconds(seconds: f64) -> String {
    format::duration(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// "32,000 of 100,000 points".
fn of_points(points: u64, of: Option<u64>) -> String {
    match of {
        Some(of) => format!("{} of {}", format::count(points), format::counted(of, "point")),
        None => format::counted(points, "point"),
    }
}

impl From<Command> for crate::app::Command {
    fn from(command: Command) -> Self {
        Self::Features(command)
    }
}

impl From<Change> for crate::app::Command {
    fn from(change: Change) -> Self {
        Self::Settings(change)
    }
}

/// The keys of the lists: others are commands with names, which work on every screen.
fn keys(ui: &egui::Ui, app: &App, cx: &mut Cx) {
    if app.view.dialog.is_some() || app.features.index().is_none() || ui.ctx().egui_wants_keyboard_input() {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as isize;
    let page = app.view.place.page;
    if page.is_some() {
        let rows = pressed(Key::ArrowRight) - pressed(Key::ArrowLeft);
        if rows != 0 {
            cx.push(Command::Page(rows).into());
        }
    } else {
        let mut rows = pressed(Key::ArrowDown) - pressed(Key::ArrowUp);
        rows += 10 * (pressed(Key::PageDown) - pressed(Key::PageUp));
        let features = app.features.table.rows().len() as isize;
        rows += features * (pressed(Key::End) - pressed(Key::Home));
        if rows != 0 {
            cx.push(Command::Move(rows).into());
        }
    }
    if page.is_none()
        && let Selected::Feature(feature) = app.view.place.selected
        && pressed(Key::Enter) > 0
    {
        cx.push(crate::app::Command::Feature(feature));
    }
}

/// A share of points in a bar, with a line where it would be if all features of a block won equally often.
fn share_bar(ui: &egui::Ui, rect: egui::Rect, share: f64, full: f64, line: Option<f64>, colour: egui::Color32) {
    let tokens = tokens(ui);
    let x = |share: f64| rect.left() + rect.width() * (share / full.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) as f32;
    let round = egui::CornerRadius::same(1);
    ui.painter().rect_filled(rect, round, tokens.control);
    if share > 0.0 {
        // At least seen.
        let right = x(share).max(rect.left() + 1.0);
        ui.painter().rect_filled(rect.with_max_x(right), round, colour);
    }
    if let Some(line) = line {
        let from = egui::pos2(x(line), rect.top() - 2.0);
        ui.painter().line_segment([from, from + vec2(0.0, rect.height() + 4.0)], (1.0, tokens.text));
    }
}
