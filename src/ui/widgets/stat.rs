//! A figure that stands for itself.

use eframe::egui::{
    Align2, CornerRadius, FontId, Response, Role, Sense, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2,
};

use super::{
    super::{
        fonts::{self, text},
        theme::{radius, space, tokens},
    },
    mood::Mood,
    paint,
};

/// One figure with its name, its unit and what it means. Give it to [`Ui::add`].
#[must_use = "give it to `ui.add`"]
#[derive(Debug, Clone, Copy)]
pub struct StatTile<'a> {
    name: &'a str,
    value: &'a str,
    unit: &'a str,
    note: &'a str,
    mood: Mood,
    tip: &'a str,
    width: f32,
}

impl<'a> StatTile<'a> {
    /// The figure `value`, called `name`, 140 points wide.
    pub fn new(name: &'a str, value: &'a str) -> Self {
        Self { name, value, unit: "", note: "", mood: Mood::Neutral, tip: "", width: 140.0 }
    }

    /// Its unit.
    pub fn unit(mut self, unit: &'a str) -> Self {
        self.unit = unit;
        self
    }

    /// What it means, or what it was before, in a few words under it, in the mood's colour.
    pub fn note(mut self, note: &'a str, mood: Mood) -> Self {
        (self.note, self.mood) = (note, mood);
        self
    }

    /// What it is, and its unit.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Its width in points.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }
}

impl Widget for StatTile<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = tokens(ui);
        let note_height = if self.note.is_empty() { 0.0 } else { 16.0 };
        let (rect, response) = ui.allocate_exact_size(vec2(self.width, 62.0 + note_height), Sense::hover());
        response.widget_info(|| {
            let said = [self.name, self.value, self.unit, self.note].join(" ");
            WidgetInfo::labeled(Role::Label, ui.is_enabled(), said.trim_end())
        });
        if ui.is_rect_visible(rect) {
            let round = CornerRadius::same(radius::L);
            ui.painter().rect(rect, round, tokens.raised, tokens.hairline(), StrokeKind::Inside);
            let inside = rect.shrink2(vec2(space::M, 10.0));
            let small = FontId::proportional(text::SMALL);
            let name = paint::line(ui, self.name, small.clone(), tokens.text_secondary, inside.width());
            paint::place(ui, name, inside.min, Align2::LEFT_TOP);
            let unit = paint::line(ui, self.unit, FontId::proportional(text::BODY), tokens.text_secondary, 60.0);
            let room = inside.width() - unit.size().x - space::XS;
            let figure = FontId::new(20.0, fonts::strong_family());
            let value = paint::line(ui, self.value, figure, tokens.text, room);
            let base = inside.top() + 42.0;
            let place = paint::place(ui, value, pos2(inside.left(), base), Align2::LEFT_BOTTOM);
            paint::place(ui, unit, pos2(place.right() + space::XS, base - 2.0), Align2::LEFT_BOTTOM);
            let note = paint::line(ui, self.note, small, self.mood.tone(tokens).text, inside.width());
            paint::place(ui, note, inside.left_bottom(), Align2::LEFT_BOTTOM);
        }
        paint::tip(response, self.tip)
    }
}
