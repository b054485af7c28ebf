//! A row of a form: label, control, and what is wrong with what was entered.

use eframe::egui::{Align, Label, Layout, Response, RichText, Ui, Vec2, vec2};

use super::{
    super::{
        fonts, icons,
        theme::{size, space, tokens},
    },
    paint,
};
use crate::error::Error;

/// What is wrong with one entry, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldError {
    /// What is wrong.
    pub text: String,
    /// What to do; empty where the text says it.
    pub hint: String,
}

impl FieldError {
    /// An entry that is wrong as `text` says.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: String::new() }
    }

    /// The same with what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<&Error> for FieldError {
    fn from(error: &Error) -> Self {
        Self { text: error.to_string(), hint: error.hint().unwrap_or_default() }
    }
}

/// A row of a form. `control` is named by the label; under it stands `error`, if there is one.
///
/// Every input in `control` that has no name of its own is called `label`.
pub fn field<R>(
    ui: &mut Ui,
    label: &str,
    tip: &str,
    error: Option<&FieldError>,
    control: impl FnOnce(&mut Ui) -> R,
) -> R {
    let inner = ui
        .horizontal(|ui| {
            let named = row_label(ui, label, tip);
            ui.label_inputs_by(named.id, control)
        })
        .inner;
    if let Some(error) = error {
        ui.horizontal_top(|ui| {
            ui.add_space(size::LABEL + space::S);
            message(ui, error);
        });
        ui.add_space(space::XS);
    }
    inner
}

fn row_label(ui: &mut Ui, label: &str, tip: &str) -> Response {
    let layout = Layout::left_to_right(Align::Center);
    let text = RichText::new(label).color(tokens(ui).text_secondary);
    let response = ui
        .allocate_ui_with_layout(vec2(size::LABEL, size::CONTROL), layout, |ui| {
            ui.set_min_size(vec2(size::LABEL, size::CONTROL));
            ui.add(Label::new(text).truncate())
        })
        .inner;
    paint::tip(response, tip)
}

fn message(ui: &mut Ui, error: &FieldError) {
    let tokens = tokens(ui);
    ui.spacing_mut().item_spacing = Vec2::new(space::XS, 1.0);
    ui.label(fonts::icon(icons::ERROR, 14.0).color(tokens.danger.text));
    ui.vertical(|ui| {
        ui.add(Label::new(RichText::new(&error.text).color(tokens.danger.text)).wrap().selectable(true));
        if !error.hint.is_empty() {
            ui.add(Label::new(RichText::new(&error.hint).color(tokens.text_secondary)).wrap().selectable(true));
        }
    });
}
