//! A small curve without axes.

use eframe::egui::{
    Color32, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo,
    epaint::{PathShape, PathStroke},
    lerp, pos2, remap,
};

use super::{super::format, super::theme::tokens, paint};

/// The curve of `values` in their order, `size` points large; what is no number is left out. It tells its last, lowest
/// and highest value.
pub fn sparkline(ui: &mut Ui, name: &str, values: &[f32], size: Vec2, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let numbers: Vec<(usize, f32)> =
        values.iter().copied().enumerate().filter(|(_, value)| value.is_finite()).collect();
    let low = numbers.iter().map(|(_, value)| *value).fold(f32::INFINITY, f32::min);
    let high = numbers.iter().map(|(_, value)| *value).fold(f32::NEG_INFINITY, f32::max);
    let told = |value: f32| format::number(f64::from(value));
    let said = match numbers.last() {
        Some((_, last)) => format!("{name}: {} now, {} to {}", told(*last), told(low), told(high)),
        None => format!("{name}: no values yet"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, ui.is_enabled(), &said));
    if ui.is_rect_visible(rect) {
        let inside = rect.shrink(2.0);
        let last = values.len().saturating_sub(1).max(1) as f32;
        let height = |value: f32| {
            if high > low { remap(value, low..=high, inside.bottom()..=inside.top()) } else { inside.center().y }
        };
        let points: Vec<_> = numbers
            .iter()
            .map(|(place, value)| pos2(lerp(inside.x_range(), *place as f32 / last), height(*value)))
            .collect();
        if let Some(end) = points.last().copied() {
            ui.painter().add(Shape::Path(PathShape::line(points, PathStroke::new(1.5, color))));
            ui.painter().circle(end, 2.5, color, Stroke::new(1.0, tokens(ui).raised));
        } else {
            ui.painter().hline(inside.x_range(), inside.center().y, Stroke::new(1.0, tokens(ui).border));
        }
    }
    paint::tip(response, &said)
}
