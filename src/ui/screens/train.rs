//! The train screen.

use eframe::egui;

use crate::app::App;
use crate::ui::Cx;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {
    ui.label("Train");
}

/// Draws a run for the panel at the right.
pub fn inspector(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx, folder: &std::path::Path) {
    ui.label(folder.display().to_string());
}
