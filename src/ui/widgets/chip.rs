//! Chips: a feature, or another small thing with a name and a value.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{
    super::{
        fonts::{self, text},
        icons,
        theme::{radius, size, space, tokens},
    },
    button::IconButton,
    paint,
};

const HEIGHT: f32 = 22.0;
const DOT: f32 = 8.0;

/// A small thing that can be opened: a dot in its colour, its name, a value.
#[must_use = "call `show`"]
#[derive(Debug, Clone, Copy)]
pub struct Chip<'a> {
    name: &'a str,
    color: Option<Color32>,
    value: &'a str,
    tip: &'a str,
    selected: Option<bool>,
    removable: bool,
    width: f32,
}

/// What happened to a chip.
#[derive(Debug)]
pub struct ChipResponse {
    /// The chip, to ask whether it was clicked.
    pub response: Response,
    /// Whether the person took it away.
    pub removed: bool,
}

impl<'a> Chip<'a> {
    /// A chip called `name`, at most 220 points wide.
    pub fn new(name: &'a str) -> Self {
        Self { name, color: None, value: "", tip: "", selected: None, removable: false, width: 220.0 }
    }

    /// The colour of its dot, such as its block's.
    pub fn color(mut self, color: Color32) -> Self {
        self.color = Some(color);
        self
    }

    /// A value behind the name, with its unit if it has one.
    pub fn value(mut self, value: &'a str) -> Self {
        self.value = value;
        self
    }

    /// What it is, and the unit of its value.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Makes it a switch, and says whether it is on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// Gives it a button that takes it away.
    pub fn removable(mut self) -> Self {
        self.removable = true;
        self
    }

    /// At most so many points wide; the name is cut where it exceeds them.
    pub fn max_width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Shows it.
    pub fn show(self, ui: &mut Ui) -> ChipResponse {
        let tokens = tokens(ui);
        let on = self.selected == Some(true);
        let dot = self.color.map_or(0.0, |_| DOT + 6.0);
        let remove = if self.removable { 18.0 } else { 0.0 };
        let value = paint::line(ui, self.value, FontId::proportional(text::BODY), tokens.text_secondary, 100.0);
        let gap = if self.value.is_empty() { 0.0 } else { 6.0 };
        let fixed = 2.0 * space::S + dot + gap + value.size().x + remove;
        let color = if on { tokens.accent_text } else { tokens.text };
        let font = FontId::new(text::BODY, fonts::medium_family());
        let name = paint::line(ui, self.name, font, color, self.width.min(ui.available_size_before_wrap().x) - fixed);
        let (rect, response) = ui.allocate_exact_size(vec2(fixed + name.size().x, HEIGHT), Sense::click());
        let said = [self.name, self.value].join(" ");
        response.widget_info(|| match self.selected {
            Some(selected) => WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, said.trim_end()),
            None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), said.trim_end()),
        });
        if ui.is_rect_visible(rect) {
            let rest = if on { tokens.selection } else { tokens.control };
            let fill = paint::state_fill(&response, rest, tokens.control_hover, tokens.control_active);
            let edge = if on { Stroke::new(size::LINE, tokens.accent) } else { tokens.hairline() };
            ui.painter().rect(rect, CornerRadius::same(radius::FULL), fill, edge, StrokeKind::Inside);
            let middle = rect.center().y;
            let mut x = rect.left() + space::S;
            if let Some(dot) = self.color {
                ui.painter().circle_filled(pos2(x + DOT / 2.0, middle), DOT / 2.0, dot);
            }
            x += dot;
            x = paint::place(ui, name, pos2(x, middle), Align2::LEFT_CENTER).right() + gap;
            paint::place(ui, value, pos2(x, middle), Align2::LEFT_CENTER);
            paint::focus_ring(ui, &response, rect, radius::FULL - 1);
        }
        let removed = self.removable && {
            let place = Rect::from_center_size(pos2(rect.right() - 12.0, rect.center().y), vec2(16.0, 16.0));
            let name = format!("Remove {}", self.name);
            ui.place(place, IconButton::new(icons::CLOSE, &name).small()).clicked()
        };
        ChipResponse { response: paint::tip(response, self.tip), removed }
    }
}
