//! A small histogram with a threshold that can be moved.

use std::ops::RangeInclusive;

use eframe::egui::{
    Align2, Color32, CornerRadius, CursorIcon, EventFilter, FontId, Key, Mesh, Rect, Response, Role, Sense, Shape,
    Stroke, Tooltip, Ui, WidgetInfo, accesskit, lerp, pos2, remap_clamp, vec2,
};

use super::{
    super::{
        fonts::{self, text},
        format,
        theme::{radius, size, space, tokens},
    },
    paint,
};

const LABELS: f32 = 16.0;

/// How often values fall into each of equally wide intervals, with a mark at one value and a threshold.
#[must_use = "call `show`"]
#[derive(Clone)]
pub struct Histogram<'a> {
    name: &'a str,
    counts: &'a [u64],
    range: RangeInclusive<f64>,
    color: Option<Color32>,
    log: bool,
    marker: Option<(f64, &'a str)>,
    format: &'a dyn Fn(f64) -> String,
    thing: &'a str,
    height: f32,
}

impl<'a> Histogram<'a> {
    /// `counts` of equal intervals that fill `range`.
    pub fn new(name: &'a str, counts: &'a [u64], range: RangeInclusive<f64>) -> Self {
        Self {
            name,
            counts,
            range,
            color: None,
            log: false,
            marker: None,
            format: &format::number,
            thing: "point",
            height: 88.0,
        }
    }

    /// The colour of the bars; over a threshold's right side alone, if there is one. Else the accent's.
    pub fn color(mut self, color: Color32) -> Self {
        self.color = Some(color);
        self
    }

    /// Whether heights are log(1 + count).
    pub fn log(mut self, log: bool) -> Self {
        self.log = log;
        self
    }

    /// A dashed line at `value` with what it is, such as "this picture".
    pub fn marker(mut self, value: f64, label: &'a str) -> Self {
        self.marker = Some((value, label));
        self
    }

    /// How values are written; with four figures unless said otherwise.
    pub fn format(mut self, format: &'a dyn Fn(f64) -> String) -> Self {
        self.format = format;
        self
    }

    /// What is counted, in the singular: "point" unless said otherwise.
    pub fn of(mut self, thing: &'a str) -> Self {
        self.thing = thing;
        self
    }

    /// Height of the bars, in points.
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// Shows it over the whole width. With a threshold it is a slider: drag, click, arrow keys (with Shift ten times as
    /// far), Home and End move it, and the response tells of a change.
    pub fn show(self, ui: &mut Ui, threshold: Option<&mut f64>) -> Response {
        let top = if self.marker.is_some() { LABELS } else { 0.0 };
        let sense = if threshold.is_some() { Sense::click_and_drag() } else { Sense::hover() };
        let wanted = vec2(ui.available_width(), top + self.height + LABELS);
        let (rect, mut response) = ui.allocate_exact_size(wanted, sense);
        let bars = Rect::from_min_max(pos2(rect.left(), rect.top() + top), pos2(rect.right(), rect.bottom() - LABELS));
        let inside = bars.shrink2(vec2(space::XS, 0.0)).with_min_y(bars.top() + space::XS);
        let threshold = threshold.map(|value| {
            if let Some(moved) = self.moved(ui, &response, inside, *value) {
                *value = moved;
                response.mark_changed();
            }
            *value
        });
        self.tell(ui, &response, threshold);
        if ui.is_rect_visible(rect) {
            self.paint(ui, &response, bars, inside, threshold);
        }
        if let Some(at) = response.hover_pos().filter(|at| bars.contains(*at) && !response.dragged())
            && let Some(tip) = self.interval(inside, at.x)
        {
            Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, bars).show(|ui| ui.label(tip));
        }
        if threshold.is_some() { response.on_hover_cursor(CursorIcon::ResizeHorizontal) } else { response }
    }

    fn x(&self, inside: Rect, value: f64) -> f32 {
        lerp(inside.x_range(), remap_clamp(value, self.range.clone(), 0.0..=1.0) as f32)
    }

    /// Where the threshold goes in this frame, if it moves.
    fn moved(&self, ui: &Ui, response: &Response, inside: Rect, value: f64) -> Option<f64> {
        let (low, high) = (*self.range.start(), *self.range.end());
        if !(low.is_finite() && low < high && high.is_finite()) {
            return None;
        }
        let mut moved = value;
        if let Some(at) = response.interact_pointer_pos()
            && (response.dragged() || response.clicked())
        {
            moved = remap_clamp(f64::from(at.x), f64::from(inside.left())..=f64::from(inside.right()), low..=high);
        }
        let focused = response.has_focus();
        if focused {
            ui.memory_mut(|memory| {
                let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
                memory.set_focus_lock_filter(response.id, arrows);
            });
        }
        ui.input(|input| {
            if focused {
                let steps = |key| input.num_presses(key) as f64;
                let forth = steps(Key::ArrowRight) + steps(Key::ArrowUp);
                let back = steps(Key::ArrowLeft) + steps(Key::ArrowDown);
                let step = (high - low) / if input.modifiers.shift { 10.0 } else { 100.0 };
                moved += (forth - back) * step;
                if input.key_pressed(Key::Home) {
                    moved = low;
                } else if input.key_pressed(Key::End) {
                    moved = high;
                }
            }
            let asked = |action| input.num_accesskit_action_requests(response.id, action) as f64;
            moved += (asked(accesskit::Action::Increment) - asked(accesskit::Action::Decrement)) * (high - low) / 100.0;
            for request in input.accesskit_action_requests(response.id, accesskit::Action::SetValue) {
                if let Some(accesskit::ActionData::NumericValue(value)) = request.data {
                    moved = value;
                }
            }
        });
        let moved = moved.clamp(low, high);
        (moved != value).then_some(moved)
    }

    fn tell(&self, ui: &Ui, response: &Response, threshold: Option<f64>) {
        let Some(threshold) = threshold else {
            let said = format!("{}: {}", self.name, format::counted(self.counts.iter().sum(), self.thing));
            response.widget_info(|| WidgetInfo::labeled(Role::Figure, ui.is_enabled(), &said));
            return;
        };
        response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), threshold, self.name));
        ui.accesskit_node_builder(response.id, |node| {
            node.set_min_numeric_value(*self.range.start());
            node.set_max_numeric_value(*self.range.end());
            node.set_numeric_value_step((self.range.end() - self.range.start()) / 100.0);
            node.add_action(accesskit::Action::SetValue);
            node.add_action(accesskit::Action::Increment);
            node.add_action(accesskit::Action::Decrement);
        });
    }

    /// What the pointer at `x` is over: "0.20 to 0.21: 1,234 points".
    fn interval(&self, inside: Rect, x: f32) -> Option<String> {
        let place = (((x - inside.left()) / inside.width()).max(0.0) * self.counts.len() as f32) as usize;
        let count = *self.counts.get(place.min(self.counts.len().checked_sub(1)?))?;
        let edge = |place: usize| (self.format)(lerp(self.range.clone(), place as f64 / self.counts.len() as f64));
        let place = place.min(self.counts.len() - 1);
        Some(format!("{} to {}: {}", edge(place), edge(place + 1), format::counted(count, self.thing)))
    }

    fn paint(&self, ui: &Ui, response: &Response, bars: Rect, inside: Rect, threshold: Option<f64>) {
        let tokens = tokens(ui);
        ui.painter().rect_filled(bars, CornerRadius::same(radius::M), tokens.sunken);
        let color = self.color.unwrap_or(tokens.accent_text);
        let quiet = tokens.sunken.lerp_to_gamma(color, 0.4);
        ui.painter().add(self.mesh(inside, color, quiet, threshold));

        let small = FontId::proportional(text::SMALL);
        let row = bars.bottom() + LABELS / 2.0 + 1.0;
        let at_threshold = threshold.map(|value| {
            let x = self.x(inside, value);
            let strong = if response.dragged() || response.has_focus() { tokens.focus } else { tokens.text };
            ui.painter().vline(x, bars.y_range(), Stroke::new(1.5, strong));
            let grip = Rect::from_center_size(pos2(x, bars.center().y), vec2(7.0, 18.0));
            ui.painter().rect_filled(grip, CornerRadius::same(radius::S), strong);
            let font = FontId::new(text::SMALL, fonts::medium_family());
            let label = paint::line(ui, &(self.format)(value), font, tokens.text, 80.0);
            let half = label.size().x / 2.0;
            let x = x.clamp(bars.left() + half, (bars.right() - half).max(bars.left() + half));
            paint::place(ui, label, pos2(x, row), Align2::CENTER_CENTER).expand(space::XS)
        });
        for (value, anchor, x) in [
            (*self.range.start(), Align2::LEFT_CENTER, bars.left()),
            (*self.range.end(), Align2::RIGHT_CENTER, bars.right()),
        ] {
            let label = paint::line(ui, &(self.format)(value), small.clone(), tokens.text_secondary, 80.0);
            let place = anchor.anchor_size(pos2(x, row), label.size());
            if at_threshold.is_none_or(|taken| !taken.intersects(place)) {
                paint::place(ui, label, pos2(x, row), anchor);
            }
        }
        if let Some((value, label)) = self.marker {
            let x = self.x(inside, value);
            let line = [pos2(x, bars.top() - 2.0), pos2(x, bars.bottom())];
            ui.painter().extend(Shape::dashed_line(&line, Stroke::new(1.5, tokens.warning.text), 4.0, 3.0));
            let words = format!("{label} {}", (self.format)(value));
            let words = paint::line(ui, &words, small, tokens.warning.text, bars.width());
            let half = words.size().x / 2.0;
            let x = x.clamp(bars.left() + half, (bars.right() - half).max(bars.left() + half));
            paint::place(ui, words, pos2(x, bars.top() - LABELS / 2.0 - 1.0), Align2::CENTER_CENTER);
        }
        let line = Stroke::new(size::LINE, tokens.border_input);
        ui.painter().hline(inside.x_range(), bars.bottom() - 0.5, line);
        paint::focus_ring(ui, response, bars, radius::M);
    }

    fn mesh(&self, inside: Rect, color: Color32, quiet: Color32, threshold: Option<f64>) -> Mesh {
        let scaled = |count: u64| if self.log { (count as f64).ln_1p() } else { count as f64 };
        let most = self.counts.iter().map(|count| scaled(*count)).fold(0.0, f64::max);
        let mut mesh = Mesh::default();
        let edge = |place: usize| inside.left() + inside.width() * place as f32 / self.counts.len() as f32;
        let cut = threshold.map_or(inside.left(), |value| self.x(inside, value));
        let gap = if inside.width() / self.counts.len().max(1) as f32 >= 3.0 { 1.0 } else { 0.0 };
        for (place, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height = ((scaled(*count) / most) as f32 * inside.height()).max(1.0);
            let (left, right) = (edge(place), edge(place + 1) - gap);
            let y = inside.bottom() - height..=inside.bottom();
            // An interval that the threshold cuts is drawn in both colours.
            let middle = cut.clamp(left, right);
            for (x, color) in [(left..=middle, quiet), (middle..=right, color)] {
                if x.end() > x.start() {
                    mesh.add_colored_rect(Rect::from_x_y_ranges(x, y.clone()), color);
                }
            }
        }
        mesh
    }
}
