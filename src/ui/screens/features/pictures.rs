//! Pictures of points: a click selects the point, a double click inspects it.

use eframe::egui::{self, Align2, FontId, Rect, Sense, vec2};

use super::super::super::fonts::text;
use super::super::super::theme::{space, tokens};
use super::super::super::{Cx, format};
use crate::app::document::{self, Known};
use crate::app::{App, Command, Selected, inspect};
use crate::features::Strong;
use crate::picture::point_text;
use crate::point::PointId;

/// What is looked at of a text, in characters.
const LONGEST: usize = 200;
/// Room for the two lines under a picture.
const CAPTION: f32 = 18.0;
const LINE: f32 = 15.0;

/// A point with its activation, and what else is said of it.
pub struct Shown {
    /// The point.
    pub id: PointId,
    /// Its activation.
    pub value: f32,
    /// A second line.
    pub under: String,
}

impl From<&Strong> for Shown {
    fn from(strong: &Strong) -> Self {
        Self { id: strong.id, value: strong.value, under: String::new() }
    }
}

/// A point's picture.
pub fn picture(ui: &mut egui::Ui, app: &App, cx: &mut Cx, id: PointId, side: f32) -> egui::Response {
    let response = cx.thumbnail(ui, app, id, side);
    if response.double_clicked() {
        cx.push(Command::Inspect(inspect::Command::Point(id)));
    }
    response
}

/// Whether points of the open collection have pictures, as far as is known.
pub fn are_there(app: &App) -> bool {
    app.document.open.as_ref().is_some_and(|open| document::picture_field(open, &app.settings).is_some())
}

/// What stands for a point in a line: its text, or else the first text of its payload, or else all of it. None while its
/// payload is read, and where it has none.
pub fn words(app: &App, cx: &mut Cx, id: PointId) -> Option<String> {
    let payload = match app.document.payload(id) {
        Known::Payload(payload) => payload,
        Known::Missing => return None,
        Known::NotYet => {
            cx.want(id);
            return None;
        }
    };
    let field = app.document.open.as_ref().and_then(|open| document::text_field(open, &app.settings));
    if let Some(field) = field {
        return point_text(payload, Some(field));
    }
    let text = payload.values().filter_map(|value| value.as_str()).find(|text| !text.trim().is_empty());
    text.map(one_line).or_else(|| (!payload.is_empty()).then(|| one_line(&serde_json::json!(payload).to_string())))
}

/// The beginning of a text without its line breaks.
pub fn one_line(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    short.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the strongest points say, a line each, where they have no pictures. A click selects the point.
pub fn lines(ui: &mut egui::Ui, app: &App, cx: &mut Cx, points: &[Strong]) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XXS;
        for strong in points {
            let said = words(app, cx, strong.id).unwrap_or_else(|| format!("Point {}", strong.id));
            let text = egui::RichText::new(said).small().color(tokens(ui).text_secondary);
            let label = ui.add(egui::Label::new(text).truncate().sense(Sense::click()));
            if label.clicked() {
                cx.push(Command::Select(Selected::Point(strong.id)));
            }
        }
    });
}

/// Pictures in rows, each with its activation under it; `side` is theirs in points. Rows that are not seen are not drawn.
pub fn grid(ui: &mut egui::Ui, app: &App, cx: &mut Cx, points: &[Shown], side: f32) {
    let gap = space::S;
    let columns = ((ui.available_width() + gap) / (side + gap)).floor().max(1.0) as usize;
    let under = if points.iter().any(|point| !point.under.is_empty()) { LINE } else { 0.0 };
    let cell = vec2(side, side + CAPTION + under);
    for (row, points) in points.chunks(columns).enumerate() {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), cell.y), Sense::empty());
        if !ui.is_rect_visible(rect) {
            continue;
        }
        for (place, point) in points.iter().enumerate() {
            let left = rect.left() + place as f32 * (side + gap);
            let place_of = Rect::from_min_size(egui::pos2(left, rect.top()), cell);
            let builder = egui::UiBuilder::new().id_salt((row, place)).max_rect(place_of);
            one(&mut ui.new_child(builder), app, cx, point, side);
        }
    }
}

fn one(ui: &mut egui::Ui, app: &App, cx: &mut Cx, point: &Shown, side: f32) {
    let picture = picture(ui, app, cx, point.id, side);
    let tokens = tokens(ui);
    let value = format::probability(f64::from(point.value));
    let mut top = picture.rect.center_bottom() + vec2(0.0, space::XXS);
    for (line, colour) in [(value.as_str(), tokens.text), (point.under.as_str(), tokens.text_secondary)] {
        let font = FontId::proportional(text::SMALL);
        let mut job = egui::text::LayoutJob::simple_singleline(line.to_owned(), font, colour);
        job.wrap = egui::epaint::text::TextWrapping::truncate_at_width(side);
        let galley = ui.painter().layout_job(job);
        let at = Align2::CENTER_TOP.anchor_size(top, galley.size());
        ui.painter().galley(at.min, galley, colour);
        top.y += LINE;
    }
}
