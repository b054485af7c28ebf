//! Pictures of points: a click selects the point, a double click inspects it.

use eframe::egui::{self, Align2, FontId, Rect, Sense, vec2};

use super::super::super::fonts::text;
use super::super::super::theme::{space, tokens};
use super::super::super::{Cx, format};
use crate::app::{App, Command, inspect};
use crate::features::Strong;
use crate::point::PointId;

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
