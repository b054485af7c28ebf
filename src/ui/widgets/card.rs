//! Cards and the heads of sections.

use eframe::egui::{
    CornerRadius, Frame, InnerResponse, Label, Layout, Margin, RichText, Stroke, Ui, UiBuilder, accesskit::Role,
};

use super::{
    super::{
        fonts,
        theme::{radius, size, space, tokens},
    },
    paint,
};

/// A surface that holds things which belong together.
#[must_use = "call `show`"]
#[derive(Debug, Clone, Copy, Default)]
pub struct Card<'a> {
    name: &'a str,
    selected: bool,
    tight: bool,
    sunken: bool,
}

impl<'a> Card<'a> {
    /// A card.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a screen reader calls the group.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// Whether the person chose it.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Less room inside.
    pub fn tight(mut self) -> Self {
        self.tight = true;
        self
    }

    /// On the surface of plots and pictures.
    pub fn sunken(mut self) -> Self {
        self.sunken = true;
        self
    }

    /// Shows it with `contents` inside, as wide as they are.
    pub fn show<R>(self, ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = tokens(ui);
        let edge = if self.selected { Stroke::new(1.5, tokens.focus) } else { Stroke::new(size::LINE, tokens.border) };
        let margin = if self.tight { space::S } else { space::M };
        let mut builder = UiBuilder::new();
        if !self.name.is_empty() {
            builder = builder.accessibility_label(self.name).accessibility_role(Role::Group);
        }
        ui.scope_builder(builder, |ui| {
            Frame::new()
                .fill(if self.sunken { tokens.sunken } else { tokens.raised })
                .stroke(edge)
                .corner_radius(CornerRadius::same(radius::L))
                .inner_margin(Margin::same(margin as i8))
                .show(ui, contents)
                .inner
        })
    }
}

/// The head of a section: its name, a quiet note beside it (a count, a unit), and at the right end what `actions` adds,
/// from right to left. An empty `note` or `tip` shows none.
pub fn section<R>(ui: &mut Ui, name: &str, note: &str, tip: &str, actions: impl FnOnce(&mut Ui) -> R) -> R {
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        ui.spacing_mut().item_spacing.x = space::S;
        paint::tip(ui.add(Label::new(fonts::strong(name))), tip);
        if !note.is_empty() {
            ui.add(Label::new(RichText::new(note).color(tokens(ui).text_secondary)).truncate());
        }
        ui.with_layout(Layout::right_to_left(eframe::egui::Align::Center), actions).inner
    })
    .inner
}
