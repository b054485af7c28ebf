//! The inspect screen.

use eframe::egui;

use crate::app::App;
use crate::ui::Cx;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {
    ui.label("Inspect");
}
