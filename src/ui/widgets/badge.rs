//! Badges: a word or a number that marks something.

use eframe::egui::{Align2, CornerRadius, FontId, Response, Role, Sense, StrokeKind, Ui, WidgetInfo, vec2};

use super::{
    super::{
        fonts::{self, text},
        theme::{radius, size, tokens},
    },
    mood::Mood,
    paint,
};

/// A word or a number that marks what stands beside it. An empty `tip` shows none.
pub fn badge(ui: &mut Ui, text: &str, mood: Mood, tip: &str) -> Response {
    let tone = mood.tone(tokens(ui));
    let font = FontId::new(text::SMALL, fonts::medium_family());
    let words = paint::line(ui, text, font, tone.text, ui.available_width() - 12.0);
    let (rect, response) = ui.allocate_exact_size(vec2(words.size().x + 12.0, 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), text));
    if ui.is_rect_visible(rect) {
        let edge = (size::LINE, tone.edge);
        ui.painter().rect(rect, CornerRadius::same(radius::S), tone.fill, edge, StrokeKind::Inside);
        paint::place(ui, words, rect.center(), Align2::CENTER_CENTER);
    }
    paint::tip(response, tip)
}
