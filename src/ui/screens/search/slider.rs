//! A slider that is filled from its zero on.

use std::ops::RangeInclusive;

use eframe::egui::{
    Color32, CornerRadius, CursorIcon, EventFilter, Key, Rect, Response, Sense, Stroke, Ui, WidgetInfo, accesskit,
    lerp, pos2, remap_clamp, vec2,
};

use crate::ui::theme::{size, tokens};

/// Height of the rail, and radius of the handle, in points.
const RAIL: f32 = 4.0;
const HANDLE: f32 = 7.0;
/// Positions that the arrow keys stop at, from one end to the other.
const STEPS: f32 = 40.0;
/// What a drag stops at.
const FINEST: f32 = 0.01;

/// A slider for a weight. A double click puts it back to its usual value.
#[must_use = "call `show`"]
pub struct WeightSlider<'a> {
    name: &'a str,
    tip: &'a str,
    range: RangeInclusive<f32>,
    usual: f32,
    color: Color32,
}

impl<'a> WeightSlider<'a> {
    /// A slider from one end of the range to the other, called `name`, with a `color` of its own.
    pub fn new(name: &'a str, range: RangeInclusive<f32>, usual: f32, color: Color32) -> Self {
        Self { name, tip: "", range, usual, color }
    }

    /// What it does, and what its ends mean.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Shows it, `width` points wide. The response tells of a change.
    pub fn show(self, ui: &mut Ui, value: &mut f32, width: f32) -> Response {
        let (rect, mut response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click_and_drag());
        let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 2.0 * HANDLE, RAIL));
        let moved = self.moved(ui, &response, rail, *value);
        if moved != *value {
            *value = moved;
            response.mark_changed();
        }
        self.tell(ui, &response, *value);
        if ui.is_rect_visible(rect) {
            self.paint(ui, &response, rail, *value);
        }
        let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
        let response = response.on_disabled_hover_text(self.tip);
        if response.dragged() { response } else { response.on_hover_text(self.tip) }
    }

    fn x(&self, rail: Rect, value: f32) -> f32 {
        remap_clamp(value, self.range.clone(), rail.left()..=rail.right())
    }

    fn moved(&self, ui: &Ui, response: &Response, rail: Rect, value: f32) -> f32 {
        let (low, high) = (*self.range.start(), *self.range.end());
        if response.double_clicked() {
            return self.usual;
        }
        let mut moved = value;
        // A press alone moves nothing: it may become a double click.
        if let Some(at) = response.interact_pointer_pos()
            && (response.dragged() || response.clicked())
        {
            let raw = remap_clamp(at.x, rail.left()..=rail.right(), low..=high);
            // Zero is easily found again.
            let near = (self.x(rail, 0.0) - at.x).abs() < 4.0 && low <= 0.0;
            moved = if near { 0.0 } else { (raw / FINEST).round() * FINEST };
        }
        let step = (high - low) / STEPS;
        let focused = response.has_focus();
        if focused {
            ui.memory_mut(|memory| {
                let arrows = EventFilter { horizontal_arrows: true, ..Default::default() };
                memory.set_focus_lock_filter(response.id, arrows);
            });
        }
        ui.input(|input| {
            if focused {
                let presses = |key| input.num_presses(key) as f32;
                moved += (presses(Key::ArrowRight) - presses(Key::ArrowLeft)) * step;
                if input.key_pressed(Key::Home) {
                    moved = low;
                } else if input.key_pressed(Key::End) {
                    moved = high;
                } else if input.key_pressed(Key::Num0) || input.key_pressed(Key::Delete) {
                    moved = self.usual;
                }
            }
            let asked = |action| input.num_accesskit_action_requests(response.id, action) as f32;
            moved += (asked(accesskit::Action::Increment) - asked(accesskit::Action::Decrement)) * step;
            for request in input.accesskit_action_requests(response.id, accesskit::Action::SetValue) {
                if let Some(accesskit::ActionData::NumericValue(value)) = request.data {
                    moved = value as f32;
                }
            }
        });
        let moved = moved.clamp(low, high);
        if moved.abs() < FINEST / 2.0 { 0.0 } else { moved }
    }

    fn tell(&self, ui: &Ui, response: &Response, value: f32) {
        response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), f64::from(value), self.name));
        ui.accesskit_node_builder(response.id, |node| {
            node.set_min_numeric_value(f64::from(*self.range.start()));
            node.set_max_numeric_value(f64::from(*self.range.end()));
            node.set_numeric_value_step(f64::from((self.range.end() - self.range.start()) / STEPS));
            node.add_action(accesskit::Action::SetValue);
            node.add_action(accesskit::Action::Increment);
            node.add_action(accesskit::Action::Decrement);
        });
    }

    fn paint(&self, ui: &Ui, response: &Response, rail: Rect, value: f32) {
        let tokens = tokens(ui);
        let round = CornerRadius::same(2);
        ui.painter().rect_filled(rail.expand2(vec2(HANDLE - 2.0, 0.0)), round, tokens.control_active);
        let zero = self.x(rail, 0.0);
        let at = self.x(rail, value);
        if *self.range.start() < 0.0 {
            ui.painter().vline(zero, rail.expand2(vec2(0.0, 5.0)).y_range(), Stroke::new(1.0, tokens.border_input));
        }
        let fill = Rect::from_x_y_ranges(zero.min(at)..=zero.max(at), rail.y_range());
        if fill.width() > 0.5 {
            ui.painter().rect_filled(fill, round, self.color);
        }
        let strong = response.dragged() || response.has_focus();
        let edge = if strong { tokens.focus_ring() } else { Stroke::new(1.5, tokens.text_secondary) };
        let center = pos2(lerp(rail.x_range(), remap_clamp(value, self.range.clone(), 0.0..=1.0)), rail.center().y);
        let face = if response.hovered() || strong { tokens.control_hover } else { tokens.control };
        ui.painter().circle(center, HANDLE, face, edge);
    }
}
