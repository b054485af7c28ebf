//! The dialogs of conversions and exports.

use eframe::egui;

use crate::app::App;
use crate::ui::Cx;

/// Draws the question before sparse vectors are written.
pub fn convert(_ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {}

/// Draws what can be exported.
pub fn export(_ui: &mut egui::Ui, _app: &App, _cx: &mut Cx) {}
