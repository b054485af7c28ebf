//! The features screen.

use eframe::egui;

use crate::app::App;
use crate::ui::Cx;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {
    ui.label("Features");
}

/// Draws a feature for the panel at the right.
pub fn inspector(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx, index: usize) {
    ui.label(format!("Feature {index}"));
}
