//! A result in a row, and results in a grid of pictures.

use eframe::egui::{
    self, Align, Align2, CornerRadius, Id, Layout, Rect, Response, Role, ScrollArea, Sense, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use super::attach_menu;
use super::results::{hovered, line, triangle};
use super::sliders::colour;
use crate::app::search::{Column, Moved, Results, Row};
use crate::app::{App, Command as Any, Selected, document, inspect};
use crate::pipeline::Because;
use crate::point::{Distance, PointId};
use crate::ui::screens::features::{title, words};
use crate::ui::theme::{radius, size, space, tokens};
use crate::ui::widgets::Chip;
use crate::ui::{Cx, PointPicture, format};

/// Height of a row that says what moved it, and of one that does not, in points.
pub const HIGH: f32 = 76.0;
pub const LOW: f32 = 56.0;
/// Room for a rank.
const RANK: f32 = 28.0;
/// The least side of a picture in the grid, and room for the two lines under it.
const SIDE: f32 = 118.0;
const LINES: f32 = 34.0;

/// A result in its place.
pub struct Cell<'a> {
    /// Its rank, from 0.
    pub rank: usize,
    /// The result.
    pub row: &'a Row,
    /// Its column.
    pub column: Column,
    /// Whether there are two columns.
    pub steered: bool,
}

/// Whether points of the open collection have pictures.
pub fn pictures(app: &App) -> bool {
    app.document.open.as_ref().is_some_and(|open| document::picture_field(open, &app.settings).is_some())
}

/// A score as the collection's distance has it.
fn score(app: &App, value: f32, steered: bool) -> String {
    let cosine = app.document.open.as_ref().is_some_and(|open| open.info.distance == Distance::Cosine);
    if cosine && (steered || !(0.0..=1.0).contains(&value)) {
        format!("{value:.3}")
    } else if cosine {
        format::probability(f64::from(value))
    } else {
        format::number(f64::from(value))
    }
}

/// A number with its sign: "+0.12".
fn signed(value: f32) -> String {
    if value.abs() < 0.01 { format!("{value:+.3}") } else { format!("{value:+.2}") }
}

/// What a screen reader says of a result.
fn said(app: &App, cell: &Cell, name: &str) -> String {
    let row = cell.row;
    let mut said = format!("Rank {}: {name}, score {}", cell.rank + 1, score(app, row.score, cell.steered));
    if !row.moved.words().is_empty() {
        said += &format!(", {}", row.moved.words());
    }
    let because =
        row.because.iter().map(|because| format!("{} {}", title(app, because.index), signed(because.contribution)));
    let because = because.collect::<Vec<_>>().join(", ");
    if because.is_empty() { said } else { format!("{said}, because of {because}") }
}

/// Draws a result in a row.
pub fn cell(ui: &mut Ui, app: &App, cx: &mut Cx, rect: Rect, cell: &Cell, over: &mut Option<PointId>) {
    let tokens = tokens(ui);
    let row = cell.row;
    let id = Id::unique(("result", cell.column, cell.rank));
    let response = ui.interact(rect, id, Sense::click());
    let name = words(app, cx, row.id).unwrap_or_else(|| format!("Point {}", row.id));
    let selected = app.view.place.selected == Selected::Point(row.id);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, said(app, cell, &name)));
    let inside = response.contains_pointer();
    if inside {
        *over = Some(row.id);
    }
    let elsewhere = !inside && hovered(ui) == Some(row.id);
    let fill = match (selected, inside, elsewhere) {
        (true, ..) => tokens.selection,
        (_, true, _) => tokens.control,
        (_, _, true) => tokens.control_hover,
        _ => tokens.raised,
    };
    let edge = if elsewhere || (selected && inside) { tokens.focus } else { tokens.border };
    let round = CornerRadius::same(radius::M);
    ui.painter().rect(rect, round, fill, (size::LINE, edge), StrokeKind::Inside);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, round, tokens.focus_ring(), StrokeKind::Inside);
    }
    answer(&response, app, cx, row.id, cell.column);

    let rank = pos2(rect.left() + RANK - 4.0, rect.center().y);
    let secondary = if selected { tokens.text } else { tokens.text_secondary };
    line(ui, &(cell.rank + 1).to_string(), rank, Align2::RIGHT_CENTER, secondary, RANK, true);
    let mut left = rect.left() + RANK + space::XS;
    if pictures(app) {
        let side = rect.height() - 12.0;
        let place = Rect::from_min_size(pos2(left, rect.top() + 6.0), vec2(side, side));
        let mut child = ui.new_child(UiBuilder::new().id_salt(id.with("picture")).max_rect(place));
        let tip = tip(app, cell, &name);
        let shown = PointPicture { tip: &tip, ..PointPicture::new(place.size()) };
        let picture = cx.point_picture(&mut child, app, row.id, shown);
        answer(&picture, app, cx, row.id, cell.column);
        left = place.right() + space::S;
    }
    let texts = Rect::from_min_max(pos2(left, rect.top() + 5.0), pos2(rect.right() - space::S, rect.bottom() - 5.0));
    lines(ui, app, cell, texts, &name, secondary);
    if cell.steered {
        let place = Rect::from_min_max(pos2(texts.left(), texts.bottom() - 23.0), texts.max);
        chips(ui, app, cx, cell, place, id);
    }
    let tip = tip(app, cell, &name);
    response.on_hover_text_at_pointer(tip);
}

/// What the pointer is told of a result.
fn tip(app: &App, cell: &Cell, name: &str) -> String {
    let row = cell.row;
    let mut tip = format!("{name}\nPoint {}\nScore {}", row.id, score(app, row.score, cell.steered));
    if let Some(similarity) = row.similarity {
        tip += &format!(": similarity {similarity:.3}");
        let because: f32 = row.because.iter().map(|because| because.contribution).sum();
        tip += &format!(", features {}", signed(because));
    }
    if !row.moved.words().is_empty() {
        tip += &format!("\n{}", row.moved.words());
        if let Some(rank) = row.elsewhere {
            let column = if cell.column == Column::Default { "Steered" } else { "Default" };
            tip += &format!("; rank {rank} in {column}");
        }
    }
    if !row.line.is_empty() {
        tip += &format!("\n{}", row.line);
    }
    tip
}

/// The lines of a row: name and score, payload and move.
fn lines(ui: &Ui, app: &App, cell: &Cell, place: Rect, name: &str, secondary: egui::Color32) {
    let tokens = tokens(ui);
    let row = cell.row;
    let (first, second) = (place.top() + 9.0, place.top() + 28.0);
    let value = score(app, row.score, cell.steered);
    let width = line(ui, &value, pos2(place.right(), first), Align2::RIGHT_CENTER, tokens.text, 70.0, true);
    let room = place.width() - width - space::S;
    line(ui, name, pos2(place.left(), first), Align2::LEFT_CENTER, tokens.text, room, true);
    let width = moved(ui, cell, pos2(place.right(), second));
    let room = place.width() - width - space::S;
    line(ui, &row.line, pos2(place.left(), second), Align2::LEFT_CENTER, secondary, room, false);
}

/// How a result moved, right of `at`; gives how wide that is.
fn moved(ui: &Ui, cell: &Cell, at: egui::Pos2) -> f32 {
    let tokens = tokens(ui);
    let write = |words: &str, colour| line(ui, words, at, Align2::RIGHT_CENTER, colour, 90.0, false);
    match (cell.column, cell.row.moved) {
        (_, Moved::Not) => 0.0,
        (Column::Default, Moved::Gone) => write("gone", tokens.text_secondary),
        (Column::Default, _) => match cell.row.elsewhere {
            Some(rank) if rank != cell.rank + 1 => write(&format!("now {rank}"), tokens.text_secondary),
            _ => 0.0,
        },
        (_, Moved::New) => write("new", tokens.info.text),
        (_, Moved::Gone) => write("gone", tokens.text_secondary),
        (_, Moved::By(0)) => write("=", tokens.text_secondary),
        (_, Moved::By(ranks)) => {
            let (up, colour) = if ranks > 0 { (true, tokens.success.text) } else { (false, tokens.warning.text) };
            let width = write(&ranks.unsigned_abs().to_string(), colour);
            triangle(ui, pos2(at.x - width - 8.0, at.y), up, colour);
            width + 14.0
        }
    }
}

/// The features that moved a result, as many as there is room for.
fn chips(ui: &mut Ui, app: &App, cx: &mut Cx, cell: &Cell, place: Rect, id: Id) {
    if cell.row.because.is_empty() {
        return;
    }
    let builder =
        UiBuilder::new().id_salt(id.with("chips")).max_rect(place).layout(Layout::left_to_right(Align::Center));
    let mut inside = ui.new_child(builder);
    inside.set_clip_rect(place.expand(2.0).intersect(ui.clip_rect()));
    inside.spacing_mut().item_spacing.x = space::XS;
    for because in cell.row.because.iter() {
        // A chip needs room for its number, and for a part of its name.
        if inside.available_width() < 84.0 {
            break;
        }
        chip(&mut inside, app, cx, because);
    }
}

/// A feature's index, with its name where it has one: "unnamed" would take the room of others.
pub fn short(app: &App, feature: usize) -> String {
    if app.document.name(feature).is_some() { title(app, feature) } else { feature.to_string() }
}

fn chip(ui: &mut Ui, app: &App, cx: &mut Cx, because: &Because) {
    let feature = because.index;
    let (name, value) = (title(app, feature), signed(because.contribution));
    let short = short(app, feature);
    let verb = if because.contribution < 0.0 { "took" } else { "added" };
    let tip =
        format!("{name} {verb} {value} to the score\nA click shows the feature at the right, a double click opens it");
    let chip = Chip::new(&short).color(colour(ui, app, feature)).value(&value).tip(&tip).max_width(150.0);
    let response = chip.show(ui).response;
    if response.double_clicked() {
        cx.push(Any::Feature(feature));
    } else if response.clicked() {
        cx.push(Any::Select(Selected::Feature(feature)));
    }
    super::sliders_menu(&response, app, cx, feature);
}

/// A click selects, a double click inspects.
fn answer(response: &Response, app: &App, cx: &mut Cx, id: PointId, column: Column) {
    if response.clicked() {
        if app.search.column != column {
            super::push(cx, crate::app::search::Command::Arrows(column));
        }
        cx.push(Any::Select(Selected::Point(id)));
    }
    if response.double_clicked() && app.document.encoder().is_some() {
        cx.push(Any::Inspect(inspect::Command::Point(id)));
    }
    attach_menu(response, app, cx, id);
}

/// Brings the selected result into sight, in the frame after it was selected.
pub fn scrolled_to(ui: &Ui, app: &App, results: &Results, scroll: ScrollArea, step: f32) -> ScrollArea {
    let Selected::Point(id) = app.view.place.selected else { return scroll };
    let memory = Id::unique("search selected before");
    let before = ui.data(|data| data.get_temp::<PointId>(memory));
    if before == Some(id) {
        return scroll;
    }
    ui.data_mut(|data| data.insert_temp(memory, id));
    let rows = results.column(app.search.column);
    let Some(rank) = rows.iter().position(|row| row.id == id) else { return scroll };
    let row = rank / if results.steered.is_some() || !pictures(app) { 1 } else { columns(ui) };
    let (top, seen) = (row as f32 * step, ui.available_height());
    let offset = ui.data(|data| data.get_temp::<f32>(Id::unique("search offset"))).unwrap_or(0.0);
    if top >= offset && top + step <= offset + seen {
        return scroll;
    }
    scroll.vertical_scroll_offset(if top < offset { top } else { (top + step - seen).max(0.0) })
}

/// Remembers how far the results are scrolled.
pub fn remember_offset(ui: &Ui, offset: f32) {
    ui.data_mut(|data| data.insert_temp(Id::unique("search offset"), offset));
}

/// Pictures in a row of the grid, as it was drawn last.
pub fn columns(ui: &Ui) -> usize {
    ui.data(|data| data.get_temp::<usize>(Id::unique("search columns"))).unwrap_or(1).max(1)
}

/// Results as pictures in rows.
pub fn grid(ui: &mut Ui, app: &App, cx: &mut Cx, results: &Results, over: &mut Option<PointId>) {
    let rows = &results.default;
    let gap = space::S;
    let width = ui.available_width() - space::S;
    let columns = ((width + gap) / (SIDE + gap)).floor().max(1.0) as usize;
    ui.data_mut(|data| data.insert_temp(Id::unique("search columns"), columns));
    let side = ((width + gap) / columns as f32 - gap).floor();
    let height = side + LINES;
    let scroll = ScrollArea::vertical().id_salt("results").auto_shrink(false);
    let scroll = scrolled_to(ui, app, results, scroll, height + gap);
    ui.spacing_mut().item_spacing.y = gap;
    let shown = scroll.show_rows(ui, height, rows.len().div_ceil(columns), |ui, seen| {
        ui.spacing_mut().item_spacing = vec2(gap, gap);
        for at in seen {
            let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::empty());
            for (place, row) in rows.iter().skip(at * columns).take(columns).enumerate() {
                let corner = rect.min + vec2(place as f32 * (side + gap), 0.0);
                let rank = at * columns + place;
                let cell = Cell { rank, row, column: Column::Default, steered: false };
                tile(ui, app, cx, Rect::from_min_size(corner, vec2(side, height)), &cell, over);
            }
        }
    });
    remember_offset(ui, shown.state.clamped_offset().y);
}

fn tile(ui: &mut Ui, app: &App, cx: &mut Cx, rect: Rect, cell: &Cell, over: &mut Option<PointId>) {
    let tokens = tokens(ui);
    let row = cell.row;
    let name = words(app, cx, row.id).unwrap_or_else(|| format!("Point {}", row.id));
    let side = rect.width();
    let place = Rect::from_min_size(rect.min, vec2(side, side));
    let id = Id::unique(("tile", cell.rank));
    let mut child = ui.new_child(UiBuilder::new().id_salt(id).max_rect(place));
    let tip = tip(app, cell, &name);
    let shown = PointPicture { tip: &tip, ..PointPicture::new(place.size()) };
    let picture = cx.point_picture(&mut child, app, row.id, shown);
    let selected = app.view.place.selected == Selected::Point(row.id);
    picture.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, said(app, cell, &name)));
    if picture.contains_pointer() {
        *over = Some(row.id);
    }
    answer(&picture, app, cx, row.id, cell.column);
    let first = place.bottom() + 10.0;
    let value = score(app, row.score, false);
    let width = line(ui, &value, pos2(rect.right(), first), Align2::RIGHT_CENTER, tokens.text_secondary, side, false);
    let rank = (cell.rank + 1).to_string();
    line(ui, &rank, pos2(rect.left(), first), Align2::LEFT_CENTER, tokens.text, side - width, true);
    line(ui, &name, pos2(rect.left(), first + 16.0), Align2::LEFT_CENTER, tokens.text_secondary, side, false);
}
