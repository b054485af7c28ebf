//! The table of all features. Only the rows that are seen are drawn.

use eframe::egui::{
    self, Align, Align2, Color32, FontId, Label, Layout, Rect, Role, ScrollArea, Sense, WidgetInfo, accesskit, pos2,
};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::super::super::fonts::{self, text};
use super::super::super::theme::{Tokens, space, tokens};
use super::super::super::widgets::{Button, EmptyState, IconButton, Mood, badge};
use super::super::super::{Cx, format, icons};
use super::{name, pictures, share_bar};
use crate::app::features::{Column, Command, Sort, Spot};
use crate::app::{App, Selected};
use crate::features::FeatureIndex;

/// Height of a row, and side of its pictures, in points.
const ROW: f32 = 40.0;
const PICTURE: f32 = 34.0;
/// Pictures in a row, and in one of a narrow table.
const PICTURES: usize = 4;
const FEWER: usize = 2;
/// Lines of text in a row, where there are no pictures.
const LINES: usize = 2;
/// Height of the head.
const HEAD: f32 = 28.0;
/// Widths of the columns but the pictures; the least of a name.
const PIN: f32 = 22.0;
const INDEX: f32 = 56.0;
const NAME: f32 = 84.0;
const SHARE: f32 = 72.0;
const NUMBER: f32 = 44.0;
/// Room between columns, and at the end for the bar that scrolls.
const GAP: f32 = 6.0;
const BAR: f32 = 10.0;

/// What the columns need side by side, with so many pictures, in points.
const fn whole(pictures: usize) -> f32 {
    PIN + INDEX + NAME + pictures as f32 * (PICTURE + space::XS) + 2.0 * SHARE + 3.0 * NUMBER + 8.0 * GAP + BAR
}

/// The width under which the table is moved to and fro to be seen, in points.
pub const LEAST: f32 = whole(FEWER);

/// Draws it.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let Some(index) = app.features.index() else { return };
    let width = ui.available_width();
    ScrollArea::horizontal().id_salt("features across").auto_shrink(false).show(ui, |ui| {
        ui.set_width(width.max(LEAST));
        ui.spacing_mut().item_spacing.x = GAP;
        if app.features.table.rows().is_empty() {
            nothing(ui, cx, index);
        } else {
            let pictures = if width >= whole(PICTURES) { PICTURES } else { FEWER };
            rows(ui, app, cx, index, pictures);
        }
    });
}

fn rows(ui: &mut egui::Ui, app: &App, cx: &mut Cx, index: &FeatureIndex, pictures: usize) {
    let table = &app.features.table;
    let tokens = tokens(ui);
    let anew = selected_anew(ui, app);
    let mut builder = TableBuilder::new(ui)
        .id_salt("features")
        .striped(false)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink(false)
        .min_scrolled_height(0.0)
        .column(Width::exact(PIN))
        .column(Width::exact(INDEX))
        .column(Width::remainder().at_least(NAME).clip(true))
        .column(Width::exact(pictures as f32 * (PICTURE + space::XS)))
        .columns(Width::exact(SHARE), 2)
        .columns(Width::exact(NUMBER), 3);
    if let Some(row) = anew {
        builder = builder.scroll_to_row(row, None);
    }
    let uniform = 1.0 / index.block_size().max(1) as f64;
    let has_pictures = pictures::are_there(app);
    let drawn = Drawn { app, index, tokens, uniform, pictures, has_pictures };
    builder
        .header(HEAD, |mut head| {
            let sort = table.lens.sort;
            for column in [Column::Pin, Column::Index, Column::Name] {
                head.col(|ui| heading(ui, cx, column, sort));
            }
            head.col(|ui| {
                let font = FontId::new(text::SMALL, fonts::medium_family());
                let text = egui::RichText::new("Strongest").font(font).color(tokens.text_secondary);
                ui.add(Label::new(text)).on_hover_text("The points with the largest activations");
            });
            for column in [Column::Density, Column::Wins, Column::Max, Column::Mean, Column::Score] {
                head.col(|ui| heading(ui, cx, column, sort));
            }
        })
        .body(|body| {
            body.rows(ROW, table.rows().len(), |mut row| {
                let feature = table.rows()[row.index()] as usize;
                row.set_selected(app.view.place.selected == Selected::Feature(feature));
                drawn.cells(&mut row, cx, feature);
                answer(&row.response(), app, cx, feature);
            });
        });
}

/// The row of the selected feature, in the frame after another one was selected, or its name began to be edited.
fn selected_anew(ui: &egui::Ui, app: &App) -> Option<usize> {
    let Selected::Feature(feature) = app.view.place.selected else { return None };
    let id = ui.make_persistent_id("selected before");
    let now = (feature, app.document.generation, app.features.renaming.is_some());
    let before = ui.data(|data| data.get_temp::<(usize, u64, bool)>(id));
    ui.data_mut(|data| data.insert_temp(id, now));
    (before != Some(now)).then(|| app.features.table.row_of(feature)).flatten()
}

/// What the cells of a row are drawn with.
struct Drawn<'a> {
    app: &'a App,
    index: &'a FeatureIndex,
    tokens: &'static Tokens,
    /// What each feature of a block wins where all win equally often.
    uniform: f64,
    /// Pictures in a row.
    pictures: usize,
    /// Whether there are any.
    has_pictures: bool,
}

fn heading(ui: &mut egui::Ui, cx: &mut Cx, column: Column, sort: Sort) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    let on = sort.column == column;
    let title = column.title();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Sort by {}", title.to_lowercase())));
    if on {
        ui.accesskit_node_builder(response.id, |node| {
            node.set_sort_direction(if sort.descending {
                accesskit::SortDirection::Descending
            } else {
                accesskit::SortDirection::Ascending
            });
        });
    }
    let colour = if on || response.hovered() { tokens.text } else { tokens.text_secondary };
    let font = FontId::new(text::SMALL, fonts::medium_family());
    let arrow = if sort.descending { icons::SORT_DOWN } else { icons::SORT_UP };
    let words = match (column, on) {
        (Column::Pin, false) => icons::PIN.to_owned(),
        (Column::Pin, true) => format!("{}{arrow}", icons::PIN),
        (_, true) => format!("{title} {arrow}"),
        (_, false) => title.to_owned(),
    };
    let numbers = is_number(column);
    let (anchor, at) =
        if numbers { (Align2::RIGHT_CENTER, rect.right_center()) } else { (Align2::LEFT_CENTER, rect.left_center()) };
    ui.painter().text(at, anchor, words, font, colour);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 3, tokens.focus_ring(), egui::StrokeKind::Inside);
    }
    let again = if on { "sorts the other way round" } else { "sorts by it" };
    if response.on_hover_text(format!("{}\nA click {again}", tip(column))).clicked() {
        cx.push(Command::Sort(column).into());
    }
}

fn is_number(column: Column) -> bool {
    matches!(column, Column::Density | Column::Wins | Column::Mean | Column::Max | Column::Score)
}

fn tip(column: Column) -> &'static str {
    match column {
        Column::Pin => "Whether you pinned it (P)",
        Column::Index => "Index over all blocks, in the colour of its block",
        Column::Name => "The name that was given or suggested (F2 edits it)",
        Column::Density => "Share of points with an activation above the threshold",
        Column::Wins => {
            "Share of points for which it is the strongest of its block. The line in the bar stands at 1/V, the share of \
             each feature of a block where all win equally often"
        }
        Column::Mean => "Mean activation over all points, 0 to 1",
        Column::Max => "Largest activation of any point, 0 to 1",
        Column::Score => "How well a suggested name does on points held out of its making, 0 to 1",
    }
}

impl Drawn<'_> {
    fn cells(&self, row: &mut TableRow, cx: &mut Cx, feature: usize) {
        let app = self.app;
        let Some(stats) = self.index.feature(feature) else { return };
        let colour = self.tokens.block(stats.block);
        row.col(|ui| pin(ui, app, cx, feature));
        row.col(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            name::dot(ui, app, feature);
            ui.label(feature.to_string());
        });
        row.col(|ui| match name::edited(app, feature, Spot::Table) {
            Some(renaming) => name::editor(ui, cx, renaming, ui.available_width()),
            None => {
                name::label(ui, app, feature);
            }
        });
        row.col(|ui| {
            if !self.has_pictures {
                return pictures::lines(ui, app, cx, &stats.top[..stats.top.len().min(LINES)]);
            }
            ui.spacing_mut().item_spacing.x = space::XS;
            for (place, strong) in stats.top.iter().take(self.pictures).enumerate() {
                ui.push_id(place, |ui| pictures::picture(ui, app, cx, strong.id, PICTURE));
            }
        });
        // Four times a fair share fills the bar.
        let full = (4.0 * self.uniform).min(1.0);
        row.col(|ui| share(ui, app.features.table.density(feature), full, None, colour));
        row.col(|ui| match stats.is_dead() {
            true => dead(ui, self.index.is_of_codes()),
            false => share(ui, stats.win_rate, full, Some(self.uniform), colour),
        });
        row.col(|ui| number(ui, &format::probability(f64::from(stats.max))));
        row.col(|ui| number(ui, &format::probability(stats.mean)));
        let score = app.document.notes.as_ref().and_then(|notes| notes.notes.names.get(&feature)?.score);
        row.col(|ui| number(ui, &score.map_or(String::new(), |score| format::probability(f64::from(score)))));
    }
}

fn pin(ui: &mut egui::Ui, app: &App, cx: &mut Cx, feature: usize) {
    let pinned = app.document.is_pinned(feature);
    let (glyph, verb) = if pinned { (icons::PIN_FILLED, "Unpin") } else { (icons::PIN, "Pin") };
    let verb = format!("{verb} feature {feature}");
    let mut button = IconButton::new(glyph, &verb).small();
    if !pinned {
        button = button.color(tokens(ui).text_disabled);
    }
    if ui.add(button).clicked() {
        cx.push(Command::Pin(feature).into());
    }
}

fn number(ui: &mut egui::Ui, text: &str) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(text));
}

/// A share of points: the number, and a bar under it.
fn share(ui: &mut egui::Ui, share: f64, largest: f64, line: Option<f64>, colour: Color32) {
    let cell = ui.max_rect();
    number(ui, &format::percent(share));
    let bar = Rect::from_min_max(pos2(cell.left() + 8.0, cell.bottom() - 9.0), pos2(cell.right(), cell.bottom() - 6.0));
    share_bar(ui, bar, share, largest, line, colour);
}

/// What it means to be dead, in a code or in a block.
pub(super) fn dead_tip(code: bool) -> &'static str {
    if code {
        "It is active for none of the points that were read"
    } else {
        "It never wins its block for any point that was read"
    }
}

fn dead(ui: &mut egui::Ui, code: bool) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        badge(ui, "dead", Mood::Warning, dead_tip(code));
    });
}

fn answer(response: &egui::Response, app: &App, cx: &mut Cx, feature: usize) {
    if response.double_clicked() {
        cx.push(crate::app::Command::Feature(feature));
    } else if response.clicked() && app.view.place.selected != Selected::Feature(feature) {
        cx.push(crate::app::Command::Select(Selected::Feature(feature)));
    }
    response.context_menu(|ui| {
        let pin = if app.document.is_pinned(feature) { "Unpin" } else { "Pin" };
        for (words, key, command) in [
            ("Open page", "Enter", crate::app::Command::Feature(feature)),
            ("Rename", "F2", Command::Rename(feature, Spot::Table).into()),
            (pin, "P", Command::Pin(feature).into()),
            ("Steer by this", "", crate::app::Command::Search(crate::app::search::Command::Steer(feature))),
        ] {
            if ui.add(egui::Button::new(words).right_text(egui::RichText::new(key).weak())).clicked() {
                cx.push(command);
                ui.close();
            }
        }
    });
}

/// No row: why, and what to do.
fn nothing(ui: &mut egui::Ui, cx: &mut Cx, index: &FeatureIndex) {
    super::middle(ui);
    let text = format!("None of {} fits the filter.", format::counted(index.features() as u64, "feature"));
    let empty = EmptyState::new(icons::FILTER, "No feature fits").text(&text);
    if empty.action(Button::secondary("Show all").tip("Clears the filter and the brush")).show(ui) {
        cx.push(Command::ShowAll.into());
    }
}
