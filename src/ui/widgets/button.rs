//! Buttons.

use eframe::egui::{
    Align2, Color32, CornerRadius, CursorIcon, FontId, Response, Role, Sense, Stroke, StrokeKind, TextStyle, Ui, Vec2,
    Widget, WidgetInfo, pos2, vec2,
};

use super::{
    super::{
        fonts,
        theme::{Tokens, radius, size, space, tokens},
    },
    paint,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
    Danger,
}

/// A button with words. Give it to [`Ui::add`] or [`Ui::add_enabled`].
#[must_use = "give it to `ui.add`"]
#[derive(Debug, Clone, Copy)]
pub struct Button<'a> {
    kind: Kind,
    text: &'a str,
    icon: Option<&'a str>,
    tip: &'a str,
    width: f32,
}

impl<'a> Button<'a> {
    fn new(kind: Kind, text: &'a str) -> Self {
        Self { kind, text, icon: None, tip: "", width: 0.0 }
    }

    /// The one button of a place that goes on.
    pub fn primary(text: &'a str) -> Self {
        Self::new(Kind::Primary, text)
    }

    /// Any other button.
    pub fn secondary(text: &'a str) -> Self {
        Self::new(Kind::Secondary, text)
    }

    /// A button that deletes, or throws work away.
    pub fn danger(text: &'a str) -> Self {
        Self::new(Kind::Danger, text)
    }

    /// One of [`icons`](crate::ui::icons) before the words.
    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// What it does, said when the pointer rests on it.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// At least so many points wide; its words stay in the middle.
    pub fn min_width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Fill at rest, under the pointer, pressed; and the colour of the words.
    fn colors(self, tokens: &Tokens) -> [Color32; 4] {
        match self.kind {
            Kind::Primary => [tokens.accent, tokens.accent_hover, tokens.accent_active, tokens.on_accent],
            Kind::Secondary => [tokens.control, tokens.control_hover, tokens.control_active, tokens.text],
            Kind::Danger => [tokens.danger_fill, tokens.danger_hover, tokens.danger_fill, tokens.on_accent],
        }
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = tokens(ui);
        let [rest, hover, active, color] = self.colors(tokens);
        let icon_width = self.icon.map_or(0.0, |_| size::ICON + 6.0);
        let room = ui.available_width() - 2.0 * space::M - icon_width;
        let words = paint::line(ui, self.text, TextStyle::Button.resolve(ui.style()), color, room);
        let content = words.size().x + icon_width;
        let wanted = vec2((content + 2.0 * space::M).max(self.width), size::CONTROL);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.text));
        if ui.is_rect_visible(rect) {
            let fill = paint::state_fill(&response, rest, hover, active);
            let edge = if self.kind == Kind::Secondary { tokens.hairline() } else { Stroke::NONE };
            ui.painter().rect(rect, CornerRadius::same(radius::M), fill, edge, StrokeKind::Inside);
            let left = rect.center().x - content / 2.0;
            if let Some(icon) = self.icon {
                paint::icon(ui, icon, size::ICON, pos2(left + size::ICON / 2.0, rect.center().y), color);
            }
            paint::place(ui, words, pos2(left + icon_width, rect.center().y), Align2::LEFT_CENTER);
            paint::focus_ring(ui, &response, rect, radius::M);
        }
        paint::tip(response, self.tip)
    }
}

/// A button that is an icon. Its name is told to screen readers and in its tooltip.
#[must_use = "give it to `ui.add`"]
#[derive(Debug, Clone, Copy)]
pub struct IconButton<'a> {
    icon: &'a str,
    name: &'a str,
    tip: &'a str,
    selected: Option<bool>,
    color: Option<Color32>,
    side: f32,
}

impl<'a> IconButton<'a> {
    /// A button that shows `icon`, one of [`icons`](crate::ui::icons), and is called `name`, such as "Copy the id".
    pub fn new(icon: &'a str, name: &'a str) -> Self {
        Self { icon, name, tip: name, selected: None, color: None, side: size::CONTROL }
    }

    /// What the tooltip says in place of the name.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Makes it a switch, and says whether it is on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// The icon's colour.
    pub fn color(mut self, color: Color32) -> Self {
        self.color = Some(color);
        self
    }

    /// As low as a line of text, to stand in rows.
    pub fn small(mut self) -> Self {
        self.side = 20.0;
        self
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = tokens(ui);
        let on = self.selected == Some(true);
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(self.side), Sense::click());
        response.widget_info(|| match self.selected {
            Some(selected) => WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, self.name),
            None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.name),
        });
        if ui.is_rect_visible(rect) {
            let rest = if on { tokens.selection } else { Color32::TRANSPARENT };
            let fill = paint::state_fill(&response, rest, tokens.control_hover, tokens.control_active);
            ui.painter().rect_filled(rect, CornerRadius::same(radius::M), fill);
            let plain = if on {
                tokens.accent_text
            } else if response.hovered() {
                tokens.text
            } else {
                tokens.text_secondary
            };
            let side = if self.side < size::CONTROL { 14.0 } else { size::ICON };
            paint::icon(ui, self.icon, side, rect.center(), self.color.unwrap_or(plain));
            paint::focus_ring(ui, &response, rect, radius::M);
        }
        paint::tip(response, self.tip)
    }
}

/// Words that lead somewhere else. An empty `tip` shows none.
pub fn link(ui: &mut Ui, text: &str, tip: &str) -> Response {
    let tokens = tokens(ui);
    let font = FontId::new(fonts::text::BODY, fonts::medium_family());
    let words = paint::line(ui, text, font, tokens.accent_text, ui.available_width());
    let (rect, response) = ui.allocate_exact_size(words.size(), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), text));
    if ui.is_rect_visible(rect) {
        paint::place(ui, words, rect.min, Align2::LEFT_TOP);
        if response.hovered() {
            ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, tokens.accent_text));
        }
        paint::focus_ring(ui, &response, rect, radius::S);
    }
    paint::tip(response.on_hover_cursor(CursorIcon::PointingHand), tip)
}
