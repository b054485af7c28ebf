//! A name, a number and its unit in a row.

use eframe::egui::{Align2, FontId, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{
    super::{
        fonts::{self, text},
        theme::{space, tokens},
    },
    paint,
};

const HEIGHT: f32 = 20.0;

/// A row: the name at the left, the value and its unit at the right end. An empty `unit` or `tip` shows none. What does
/// not fit is cut, and then stands whole in the tooltip.
pub fn key_value(ui: &mut Ui, name: &str, value: &str, unit: &str, tip: &str) -> Response {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let said = [name, ": ", value, if unit.is_empty() { "" } else { " " }, unit].concat();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), &said));
    let unit = paint::line(ui, unit, FontId::proportional(text::BODY), tokens.text_secondary, rect.width() / 3.0);
    let unit_width = if unit.size().x > 0.0 { unit.size().x + space::XS } else { 0.0 };
    let name = paint::line(ui, name, FontId::proportional(text::BODY), tokens.text_secondary, rect.width() * 0.6);
    let room = rect.width() - name.size().x - unit_width - space::S;
    let value = paint::line(ui, value, FontId::new(text::BODY, fonts::medium_family()), tokens.text, room);
    let cut = name.elided || value.elided;
    if ui.is_rect_visible(rect) {
        let middle = rect.center().y;
        paint::place(ui, name, rect.left_center(), Align2::LEFT_CENTER);
        paint::place(ui, unit, rect.right_center(), Align2::RIGHT_CENTER);
        paint::place(ui, value, pos2(rect.right() - unit_width, middle), Align2::RIGHT_CENTER);
    }
    match (cut, tip.is_empty()) {
        (true, true) => paint::tip(response, &said),
        (true, false) => paint::tip(response, &format!("{said}\n{tip}")),
        (false, _) => paint::tip(response, tip),
    }
}
