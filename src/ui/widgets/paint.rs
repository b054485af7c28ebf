//! What several widgets draw.

use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Galley, Pos2, Rect, Response, StrokeKind, TextureId, Ui,
    epaint::{
        Brush, RectShape,
        text::{LayoutJob, TextWrapping},
    },
};

use super::super::{fonts, theme::tokens};

/// One line of text; what exceeds `width` points ends in an ellipsis.
pub(super) fn line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// Several lines of text, `width` points wide.
pub(super) fn paragraph(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    ui.painter().layout(text.to_owned(), font, color, width.max(1.0))
}

/// Puts a text so that its `anchor` is at `at`. Gives where it is.
pub(super) fn place(ui: &Ui, galley: Arc<Galley>, at: Pos2, anchor: Align2) -> Rect {
    let rect = anchor.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, Color32::PLACEHOLDER);
    rect
}

/// Draws an icon `size` points high around `center`.
pub(super) fn icon(ui: &Ui, icon: &str, size: f32, center: Pos2, color: Color32) {
    ui.painter().text(center, Align2::CENTER_CENTER, icon, FontId::new(size, fonts::icon_family()), color);
}

/// Draws the part `part` of a texture, with round corners.
pub(super) fn picture(ui: &Ui, texture: TextureId, part: Rect, place: Rect, round: CornerRadius) {
    let mut shape = RectShape::filled(place, round, Color32::WHITE);
    shape.brush = Some(Arc::new(Brush { fill_texture_id: texture, uv: part }));
    ui.painter().add(shape);
}

/// The ring around what has the keyboard.
pub(super) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() {
        let ring = tokens(ui).focus_ring();
        ui.painter().rect_stroke(
            rect.expand(1.0),
            CornerRadius::same(radius.saturating_add(1)),
            ring,
            StrokeKind::Outside,
        );
    }
}

/// A fill for the three states of something that can be pressed.
pub(super) fn state_fill(response: &Response, rest: Color32, hover: Color32, active: Color32) -> Color32 {
    if response.is_pointer_button_down_on() {
        active
    } else if response.hovered() {
        hover
    } else {
        rest
    }
}

/// Adds a tooltip unless it says nothing; what is switched off has it too.
pub(super) fn tip(response: Response, text: &str) -> Response {
    if text.is_empty() { response } else { response.on_hover_text(text).on_disabled_hover_text(text) }
}
