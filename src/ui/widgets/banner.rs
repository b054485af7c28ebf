//! Banners: a message across a place, with what to do.

use eframe::egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, RichText, Stroke, Ui, UiBuilder, Vec2, accesskit,
};

use super::{
    super::{
        fonts, icons,
        theme::{radius, size, space, tokens},
    },
    button::{Button, IconButton},
    mood::Mood,
};
use crate::error::Error;

/// A message across a place.
#[must_use = "call `show`"]
#[derive(Debug, Clone)]
pub struct Banner<'a> {
    mood: Mood,
    text: String,
    hint: String,
    action: Option<&'a str>,
    closable: bool,
}

/// What the person did with a banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BannerResponse {
    /// The person closed it: show it no longer.
    pub closed: bool,
    /// The person clicked its button.
    pub acted: bool,
}

impl<'a> Banner<'a> {
    /// A message.
    pub fn new(mood: Mood, text: impl Into<String>) -> Self {
        Self { mood, text: text.into(), hint: String::new(), action: None, closable: false }
    }

    /// What went wrong and what to do.
    pub fn error(error: &Error) -> Self {
        Self::new(Mood::Danger, error.to_string()).hint(error.hint().unwrap_or_default())
    }

    /// What to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// A button, called `action`.
    pub fn action(mut self, action: &'a str) -> Self {
        self.action = Some(action);
        self
    }

    /// Gives it a button that closes it.
    pub fn closable(mut self) -> Self {
        self.closable = true;
        self
    }

    /// Shows it over the whole width.
    pub fn show(self, ui: &mut Ui) -> BannerResponse {
        let tokens = tokens(ui);
        let tone = self.mood.tone(tokens);
        let role = match self.mood {
            Mood::Warning | Mood::Danger => accesskit::Role::Alert,
            _ => accesskit::Role::Status,
        };
        let builder = UiBuilder::new().accessibility_label(self.text.as_str()).accessibility_role(role);
        ui.scope_builder(builder, |ui| {
            Frame::new()
                .fill(tone.fill)
                .stroke(Stroke::new(size::LINE, tone.edge))
                .corner_radius(CornerRadius::same(radius::M))
                .inner_margin(Margin::symmetric(space::M as i8, space::S as i8))
                .show(ui, |ui| {
                    ui.set_min_width(ui.available_width());
                    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                        let mut response = BannerResponse::default();
                        if self.closable {
                            response.closed =
                                ui.add(IconButton::new(icons::CLOSE, "Close this message").small()).clicked();
                        }
                        if let Some(action) = self.action {
                            response.acted = ui.add(Button::secondary(action)).clicked();
                        }
                        ui.with_layout(Layout::left_to_right(Align::Min), |ui| self.words(ui));
                        response
                    })
                    .inner
                })
                .inner
        })
        .inner
    }

    fn words(&self, ui: &mut Ui) {
        let tokens = tokens(ui);
        let tone = self.mood.tone(tokens);
        ui.spacing_mut().item_spacing = Vec2::new(space::S, space::XXS);
        ui.label(fonts::icon(self.mood.icon(), size::ICON).color(tone.text));
        ui.vertical(|ui| {
            ui.add(Label::new(RichText::new(&self.text).color(tokens.text)).wrap().selectable(true));
            if !self.hint.is_empty() {
                ui.add(Label::new(RichText::new(&self.hint).color(tokens.text_secondary)).wrap().selectable(true));
            }
        });
    }
}
