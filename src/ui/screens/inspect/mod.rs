//! The inspect screen.

use eframe::egui;

use crate::app::App;
use crate::ui::Cx;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {
    ui.label("Inspect");
}

/// Draws an inspected item for the panel at the right.
pub fn inspector(ui: &mut egui::Ui, _app: &App, _cx: &mut Cx, item: u64) {
    ui.label(format!("Item {item}"));
}

/// The button that inspects a point.
pub fn point_button(_ui: &mut egui::Ui, _cx: &mut Cx, _id: crate::point::PointId) {}

/// Draws the choice of a point.
pub fn choose(_ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {}
