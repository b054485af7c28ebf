//! What a screen shows while it has nothing: what it would show, and what to do for it.

use eframe::egui::{Align, Label, Layout, RichText, Sense, Ui, vec2};

use super::{
    super::{
        fonts,
        theme::{space, tokens},
    },
    button::Button,
    paint,
};

/// An empty place that says what to do.
#[must_use = "call `show`"]
#[derive(Debug, Clone, Copy)]
pub struct EmptyState<'a> {
    icon: &'a str,
    title: &'a str,
    text: &'a str,
    action: Option<Button<'a>>,
}

impl<'a> EmptyState<'a> {
    /// What is not there, with one of [`icons`](crate::ui::icons).
    pub fn new(icon: &'a str, title: &'a str) -> Self {
        Self { icon, title, text: "", action: None }
    }

    /// What to do, in a sentence or two.
    pub fn text(mut self, text: &'a str) -> Self {
        self.text = text;
        self
    }

    /// The button that does it.
    pub fn action(mut self, action: Button<'a>) -> Self {
        self.action = Some(action);
        self
    }

    /// Shows it in the middle of the width. Gives whether the button was clicked.
    pub fn show(self, ui: &mut Ui) -> bool {
        let tokens = tokens(ui);
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.add_space(space::XL);
            let (rect, _) = ui.allocate_exact_size(vec2(48.0, 48.0), Sense::empty());
            ui.painter().circle_filled(rect.center(), 24.0, tokens.control);
            paint::icon(ui, self.icon, 24.0, rect.center(), tokens.text_secondary);
            ui.add_space(space::XS);
            ui.add(Label::new(fonts::strong(self.title)).wrap());
            if !self.text.is_empty() {
                ui.scope(|ui| {
                    ui.set_max_width(ui.available_width().min(380.0));
                    ui.add(Label::new(RichText::new(self.text).color(tokens.text_secondary)).wrap());
                });
            }
            let clicked = self.action.is_some_and(|action| {
                ui.add_space(space::S);
                ui.add(action).clicked()
            });
            ui.add_space(space::XL);
            clicked
        })
        .inner
    }
}
