//! The search screen: the search, the sliders that steer it, and what was found without and with them.

mod complete;
mod examples;
mod list;
mod menu;
mod options;
mod query;
mod request;
mod results;
mod slider;
mod sliders;

use eframe::egui::{self, Key, Margin, Modifiers, Rect, UiBuilder, pos2};

pub use menu::{attach as attach_menu, attach_feature as sliders_menu, buttons as point_buttons, steer_button};
pub use request::show as request;
pub use slider::WeightSlider;

use crate::app::search::{Column, Command, Edit};
use crate::app::{App, Command as Any, Problem, Screen, Selected, inspect};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Button, EmptyState, Mood};
use crate::ui::{Cx, format, icons};

/// From this width on the sliders stand beside the results, in points.
const BESIDE: f32 = 700.0;
/// Their width then, at least and at most.
const SLIDERS: (f32, f32) = (240.0, 320.0);

/// A command of the screen.
pub(super) fn push(cx: &mut Cx, command: Command) {
    cx.push(Any::Search(command));
}

/// A change of the search.
fn edit(cx: &mut Cx, edit: Edit) {
    push(cx, Command::Edit(edit));
}

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    keys(ui, app, cx);
    let margin = Margin { left: space::L as i8, right: space::L as i8, top: space::M as i8, bottom: 0 };
    egui::Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        if app.document.open.is_none() {
            return nothing_open(ui, app, cx);
        }
        query::show(ui, app, cx);
        options::show(ui, app, cx);
        banners(ui, app, cx);
        ui.add_space(space::S);
        body(ui, app, cx);
    });
}

/// The sliders and the results, side by side or one over the other.
fn body(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let room = ui.available_rect_before_wrap();
    if room.width() < BESIDE {
        sliders::over(ui, app, cx);
        ui.add_space(space::XS);
        results::show(ui, app, cx);
        return;
    }
    let width = (room.width() * 0.26).clamp(SLIDERS.0, SLIDERS.1);
    let left = Rect::from_min_max(room.min, pos2(room.left() + width, room.bottom()));
    let right = Rect::from_min_max(pos2(left.right() + space::L, room.top()), room.max);
    let mut beside = ui.new_child(UiBuilder::new().id_salt("sliders").max_rect(left));
    beside.set_clip_rect(left.expand(space::XS).intersect(ui.clip_rect()));
    sliders::beside(&mut beside, app, cx);
    let line = left.right() + space::S;
    ui.painter().vline(line, room.y_range(), tokens(ui).hairline());
    let mut found = ui.new_child(UiBuilder::new().id_salt("results").max_rect(right));
    results::show(&mut found, app, cx);
    ui.advance_cursor_after_rect(room);
}

/// Without a collection: what to do.
fn nothing_open(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    middle(ui);
    if app.document.opening.is_some() {
        crate::ui::widgets::Progress::new(None, &format!("Opening {}", app.document.opening_title)).show(ui);
        return;
    }
    let empty = EmptyState::new(icons::STEER, "No collection is open").text(
        "Search finds the points of a collection that are like words, a picture, points or features, and sliders steer \
         what comes first.",
    );
    if empty.action(Button::primary("Open a collection").tip("To Start: connect, open a store, or the demo")).show(ui) {
        cx.push(Any::Show(Screen::Start));
    }
}

/// Some room above what stands alone.
fn middle(ui: &mut egui::Ui) {
    ui.add_space((ui.available_height() * 0.2).min(140.0));
}

/// What keeps any search from working, and the question before a download.
fn banners(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    if let Some(download) = &app.search.question {
        let size = match download.bytes {
            Some(bytes) => format!(" ({})", format::bytes(bytes)),
            None => String::new(),
        };
        let from = if download.from.is_empty() { String::new() } else { format!(" from {}", download.from) };
        let words = format!("Download {}{size}{from}?", download.model);
        let hint = "The model that the query goes through is not on this machine. It is kept for the next time.";
        ui.add_space(space::XS);
        let shown = Banner::new(Mood::Info, words).hint(hint).action("Download").closable().show(ui);
        if shown.acted || shown.closed {
            push(cx, Command::Download(shown.acted));
        }
    }
    if let Some(problem) = app.search.problem.as_ref().filter(|problem| !belongs_to_field(problem)) {
        ui.add_space(space::XS);
        let banner = Banner::new(Mood::Danger, problem.text.clone());
        if banner.hint(problem.hint.clone().unwrap_or_default()).action("Try again").show(ui).acted {
            push(cx, Command::Now);
        }
    }
}

/// Whether a problem is shown under the field of the search: all but what keeps any search from working.
fn belongs_to_field(problem: &Problem) -> bool {
    problem.about == crate::app::About::Other
}

/// The keys of the results: others are commands with names, which work on every screen.
fn keys(ui: &egui::Ui, app: &App, cx: &mut Cx) {
    if app.view.dialog.is_some() || ui.ctx().egui_wants_keyboard_input() || egui::Popup::is_any_open(ui.ctx()) {
        return;
    }
    let Some(results) = &app.search.results else { return };
    let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as isize;
    let across = pressed(Key::ArrowRight) - pressed(Key::ArrowLeft);
    let down = pressed(Key::ArrowDown) - pressed(Key::ArrowUp);
    let pages = pressed(Key::PageDown) - pressed(Key::PageUp);
    let ends = pressed(Key::End) - pressed(Key::Home);
    let mut places = 0;
    match &results.steered {
        Some(_) if across != 0 => {
            push(cx, Command::Column(if across > 0 { Column::Steered } else { Column::Default }));
        }
        Some(_) => {}
        None => places += across,
    }
    let columns = if results.steered.is_some() { 1 } else { list::columns(ui) as isize };
    places += columns * (down + 5 * pages);
    places += results.default.len() as isize * ends;
    if places != 0 {
        push(cx, Command::Move(places));
    }
    if let Selected::Point(id) = app.view.place.selected
        && pressed(Key::Enter) > 0
        && app.document.encoder().is_some()
    {
        cx.push(Any::Inspect(inspect::Command::Point(id)));
    }
}
