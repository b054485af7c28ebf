//! What was found: one wide list or grid, or two columns side by side where it is steered.

use eframe::egui::{self, Align2, FontId, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::list::{self, Cell};
use super::middle;
use crate::app::App;
use crate::app::search::{Column, Results};
use crate::point::PointId;
use crate::ui::fonts::{self, text};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::EmptyState;
use crate::ui::{Cx, format, icons};

/// Between the two columns, in points.
const GAP: f32 = space::L;
/// Height of their heads.
const HEAD: f32 = 24.0;

/// The point that the pointer rests on, from one frame to the next.
pub fn hovered(ui: &Ui) -> Option<PointId> {
    ui.data(|data| data.get_temp::<Option<PointId>>(egui::Id::unique("search hovered"))).flatten()
}

fn set_hovered(ui: &Ui, id: Option<PointId>) {
    ui.data_mut(|data| data.insert_temp(egui::Id::unique("search hovered"), id));
}

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(results) = &app.search.results else { return nothing(ui, app) };
    let mut over = None;
    match &results.steered {
        _ if results.default.is_empty() && results.steered.as_ref().is_none_or(Vec::is_empty) => none_found(ui),
        Some(_) => columns(ui, app, cx, results, &mut over),
        None if list::pictures(app) => list::grid(ui, app, cx, results, &mut over),
        None => one(ui, app, cx, results, &mut over),
    }
    if hovered(ui) != over {
        set_hovered(ui, over);
        ui.ctx().request_repaint();
    }
}

/// Before anything is found.
fn nothing(ui: &mut Ui, app: &App) {
    if app.search.is_busy()
        || app.search.problem.is_some()
        || app.search.wrong.is_some()
        || app.search.question.is_some()
    {
        return;
    }
    middle(ui);
    let text = format!(
        "{} Results stand here as you go; a slider for a feature moves what shows it up or down.",
        app.search.query.lacks()
    );
    EmptyState::new(icons::STEER, "Nothing is searched for yet").text(&text).show(ui);
}

fn none_found(ui: &mut Ui) {
    middle(ui);
    let text = "No point fits. A lower threshold, or fewer features that it must have, finds more.";
    EmptyState::new(icons::SEARCH, "Nothing was found").text(text).show(ui);
}

/// One list over the whole width.
fn one(ui: &mut Ui, app: &App, cx: &mut Cx, results: &Results, over: &mut Option<PointId>) {
    let rows = &results.default;
    // Before the rows are counted, as their places go by it.
    ui.spacing_mut().item_spacing.y = space::XS;
    let scroll = ScrollArea::vertical().id_salt("results").auto_shrink(false);
    let scroll = list::scrolled_to(ui, app, results, scroll, list::LOW + space::XS);
    let shown = scroll.show_rows(ui, list::LOW, rows.len(), |ui, seen| {
        for rank in seen {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width() - space::S, list::LOW), Sense::empty());
            let cell = Cell { rank, row: &rows[rank], column: Column::Default, steered: false };
            list::cell(ui, app, cx, rect, &cell, over);
        }
    });
    list::remember_offset(ui, shown.state.clamped_offset().y);
}

/// Default and steered results side by side, which scroll together.
fn columns(ui: &mut Ui, app: &App, cx: &mut Cx, results: &Results, over: &mut Option<PointId>) {
    let Some(steered) = &results.steered else { return };
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::empty());
    let width = ((head.width() - space::S - GAP) / 2.0).floor();
    let sides = |rect: Rect| {
        let left = Rect::from_min_size(rect.min, vec2(width, rect.height()));
        (left, left.translate(vec2(width + GAP, 0.0)))
    };
    let (left, right) = sides(head);
    let moved = steered.iter().zip(&results.default).filter(|(one, other)| one.id != other.id).count();
    title(ui, left, "Default", "by similarity alone");
    title(ui, right, "Steered", &format!("{} of {} places changed", format::count(moved as u64), steered.len()));
    // Before the rows are counted, as their places go by it.
    ui.spacing_mut().item_spacing.y = space::XS;
    let scroll = ScrollArea::vertical().id_salt("results").auto_shrink(false);
    let scroll = list::scrolled_to(ui, app, results, scroll, list::HIGH + space::XS);
    let count = results.default.len().max(steered.len());
    let shown = scroll.show_rows(ui, list::HIGH, count, |ui, seen| {
        for rank in seen {
            let (rect, _) = ui.allocate_exact_size(vec2(2.0 * width + GAP, list::HIGH), Sense::empty());
            let (left, right) = sides(rect);
            for (column, rows, rect) in [(Column::Default, &results.default, left), (Column::Steered, steered, right)] {
                let Some(row) = rows.get(rank) else { continue };
                list::cell(ui, app, cx, rect, &Cell { rank, row, column, steered: true }, over);
            }
        }
    });
    list::remember_offset(ui, shown.state.clamped_offset().y);
}

/// The head of a column.
fn title(ui: &mut Ui, rect: Rect, name: &str, note: &str) {
    let tokens = tokens(ui);
    let mut inside = ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect));
    inside.horizontal(|ui| {
        ui.label(fonts::strong(name));
        let note = egui::RichText::new(note).color(tokens.text_secondary);
        ui.add(egui::Label::new(note).truncate());
    });
}

/// A small triangle that points up or down.
pub fn triangle(ui: &Ui, center: egui::Pos2, up: bool, colour: egui::Color32) {
    let tip = if up { -3.5 } else { 3.5 };
    let corners = vec![
        pos2(center.x, center.y + tip),
        pos2(center.x + 4.0, center.y - tip),
        pos2(center.x - 4.0, center.y - tip),
    ];
    ui.painter().add(egui::Shape::convex_polygon(corners, colour, egui::Stroke::NONE));
}

/// A line of text, cut where it is wider than its room; gives how wide it is.
pub fn line(
    ui: &Ui,
    words: &str,
    at: egui::Pos2,
    anchor: Align2,
    colour: egui::Color32,
    room: f32,
    strong: bool,
) -> f32 {
    let family = if strong { fonts::medium_family() } else { egui::FontFamily::Proportional };
    let font = FontId::new(if strong { text::BODY } else { text::SMALL }, family);
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, colour);
    job.wrap = egui::epaint::text::TextWrapping::truncate_at_width(room.max(0.0));
    let galley = ui.painter().layout_job(job);
    let rect = anchor.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, colour);
    rect.width()
}
