//! Progress of a job.

use std::time::Duration;

use eframe::egui::{
    Align, Align2, CornerRadius, FontId, Layout, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::{
    super::{
        fonts::text,
        icons,
        theme::{radius, size, space, tokens},
    },
    button::IconButton,
    paint,
};

const BAR: f32 = 6.0;
const LINE: f32 = 18.0;

/// How far a job is, with what it does, and a button that cancels it.
#[must_use = "call `show`"]
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    share: Option<f32>,
    text: &'a str,
    detail: &'a str,
    cancel: &'a str,
}

impl<'a> Progress<'a> {
    /// `share` done, 0 to 1, of what `text` says. None where nobody knows how much there is.
    pub fn new(share: Option<f32>, text: &'a str) -> Self {
        Self { share, text, detail: "", cancel: "" }
    }

    /// What stands at the right end, such as the time left.
    pub fn detail(mut self, detail: &'a str) -> Self {
        self.detail = detail;
        self
    }

    /// Gives it a button that cancels, called `name`, such as "Cancel the training".
    pub fn cancel(mut self, name: &'a str) -> Self {
        self.cancel = name;
        self
    }

    /// Shows it over the whole width. Gives whether the person cancelled.
    pub fn show(self, ui: &mut Ui) -> bool {
        let height = LINE + BAR + space::XS;
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), height.max(size::CONTROL)),
            Layout::right_to_left(Align::Center),
            |ui| {
                let cancelled = !self.cancel.is_empty() && ui.add(IconButton::new(icons::CLOSE, self.cancel)).clicked();
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
                self.tell(ui, &response);
                if ui.is_rect_visible(rect) {
                    self.paint(ui, rect);
                }
                cancelled
            },
        )
        .inner
    }

    fn tell(self, ui: &Ui, response: &Response) {
        let said =
            if self.detail.is_empty() { self.text.to_owned() } else { format!("{}, {}", self.text, self.detail) };
        response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), &said));
        if let Some(share) = self.share {
            ui.accesskit_node_builder(response.id, |node| {
                node.set_min_numeric_value(0.0);
                node.set_max_numeric_value(1.0);
                node.set_numeric_value(f64::from(share));
            });
        }
    }

    fn paint(self, ui: &Ui, rect: Rect) {
        let tokens = tokens(ui);
        let font = FontId::proportional(text::BODY);
        let detail = paint::line(ui, self.detail, font.clone(), tokens.text_secondary, rect.width() / 2.0);
        let room = rect.width() - detail.size().x - space::S;
        let words = paint::line(ui, self.text, font, tokens.text, room);
        let middle = rect.top() + LINE / 2.0;
        paint::place(ui, words, pos2(rect.left(), middle), Align2::LEFT_CENTER);
        paint::place(ui, detail, pos2(rect.right(), middle), Align2::RIGHT_CENTER);

        let rail = Rect::from_min_size(pos2(rect.left(), rect.bottom() - BAR), vec2(rect.width(), BAR));
        let round = CornerRadius::same(radius::S);
        ui.painter().rect_filled(rail, round, tokens.control_active);
        let done = match self.share {
            Some(share) if share.is_finite() => rail.with_max_x(rail.left() + rail.width() * share.clamp(0.0, 1.0)),
            _ => wandering(ui, rail),
        };
        if done.width() >= 1.0 {
            ui.painter().rect_filled(done, round, tokens.accent_text);
        }
    }
}

/// A part of the rail that wanders to and fro where animations are on, and stands still where they are not.
fn wandering(ui: &Ui, rail: Rect) -> Rect {
    let width = rail.width() * 0.3;
    let place = if ui.style().animation_time > 0.0 {
        ui.request_repaint_after(Duration::from_millis(33));
        let turn = ui.input(|input| input.time).rem_euclid(2.4) as f32 / 1.2;
        let there = 1.0 - (turn - 1.0).abs();
        there * there * (3.0 - 2.0 * there)
    } else {
        0.5
    };
    Rect::from_min_size(pos2(rail.left() + (rail.width() - width) * place, rail.top()), vec2(width, rail.height()))
}
