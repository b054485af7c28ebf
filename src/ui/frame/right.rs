//! The inspector at the right: whatever is selected.

use eframe::egui::{self, Panel};

use super::super::format::count;
use super::super::theme::{space, tokens};
use super::super::{Cx, fonts, screens};
use super::{side, within};
use crate::app::document::Known;
use crate::app::{App, Change, Command, Selected};
use crate::point::{Payload, PointId};

/// The longest value that is shown, in characters.
const LONGEST: usize = 600;

/// Draws it, where it is open.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let layout = &app.settings.layout;
    if !layout.right {
        return;
    }
    let panel = Panel::right("right").resizable(true).default_size(layout.right_width).size_range(200.0..=560.0);
    let shown = panel.frame(side(ui)).show(ui, |ui| {
        within(ui, |ui| match &app.view.place.selected {
            Selected::Nothing => nothing(ui, app),
            Selected::Point(id) => point(ui, app, cx, *id),
            Selected::Feature(index) => screens::features::inspector(ui, app, cx, *index),
            Selected::Item(item) => screens::inspect::inspector(ui, app, cx, *item),
            Selected::Run(folder) => screens::train::inspector(ui, app, cx, folder),
        });
    });
    let width = shown.response.rect.width();
    if (width - layout.right_width).abs() > 1.0 {
        let layout = crate::app::settings::LayoutSettings { right_width: width, ..layout.clone() };
        cx.push(Command::Settings(Change::Layout(layout)));
    }
}

/// With nothing selected, what is open.
fn nothing(ui: &mut egui::Ui, app: &App) {
    ui.label(fonts::strong("Nothing is selected"));
    ui.add_space(space::XS);
    let hint = "Select a feature, a point or a picture to see all about it here.";
    ui.label(egui::RichText::new(hint).color(tokens(ui).text_secondary));
    let Some(open) = &app.document.open else { return };
    ui.add_space(space::L);
    ui.label(fonts::strong("Collection"));
    ui.add_space(space::XS);
    let mut rows = vec![
        ("Name", open.info.name.clone()),
        ("Points", count(open.info.points)),
        ("Dimensions", open.info.dim.to_string()),
        ("Distance", open.info.distance.to_string()),
    ];
    rows.extend(open.model.clone().map(|model| ("Model", model)));
    table(ui, "collection", &rows);
    let Some(encoder) = &open.encoder else { return };
    ui.add_space(space::L);
    ui.label(fonts::strong("Encoder"));
    ui.add_space(space::XS);
    let meta = &encoder.encoder.meta;
    let shape = match (encoder.encoder.is_code(), encoder.encoder.code_size()) {
        (true, Some(active)) => format!("code of {}, {active} active", count(encoder.encoder.outputs() as u64)),
        (true, None) => format!("code of {}", count(encoder.encoder.outputs() as u64)),
        (false, _) => format!("{} blocks of {}", encoder.encoder.blocks(), encoder.encoder.block_size()),
    };
    let mut rows = vec![("File", encoder.name()), ("Shape", shape)];
    if let Some(data) = &meta.data {
        rows.push(("Trained on", format!("{} points", count(data.train_points as u64))));
    }
    if let Some(metrics) = &meta.metrics {
        rows.push(("Validation loss", super::super::format::number(f64::from(metrics.val_loss))));
        rows.push(("Dead features", metrics.dead.to_string()));
    }
    table(ui, "encoder", &rows);
}

/// Names and values in two columns.
pub fn table(ui: &mut egui::Ui, id: &str, rows: &[(&str, String)]) {
    egui::Grid::new(id).num_columns(2).spacing([space::M, space::XS]).show(ui, |ui| {
        for (name, value) in rows {
            ui.label(egui::RichText::new(*name).color(tokens(ui).text_secondary));
            ui.add(egui::Label::new(value).truncate());
            ui.end_row();
        }
    });
}

fn point(ui: &mut egui::Ui, app: &App, cx: &mut Cx, id: PointId) {
    ui.label(fonts::strong(format!("Point {id}")));
    ui.add_space(space::S);
    let side = ui.available_width();
    cx.thumbnail(ui, app, id, side);
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
        if app.document.encoder().is_some() {
            screens::inspect::point_button(ui, cx, id);
        }
        if app.document.open.is_some() {
            screens::search::point_buttons(ui, cx, id);
        }
    });
    ui.add_space(space::S);
    match app.document.payload(id) {
        Known::Payload(payload) => values(ui, payload),
        Known::Missing => {
            ui.label("The collection has no such point any more.");
        }
        Known::NotYet => {
            cx.want(id);
            ui.label(egui::RichText::new("Reading its payload").color(tokens(ui).text_secondary));
        }
    }
}

/// A payload: each field's name, and its value under it.
pub fn values(ui: &mut egui::Ui, payload: &Payload) {
    if payload.is_empty() {
        ui.label("It has no payload.");
    }
    for (field, value) in payload {
        ui.label(egui::RichText::new(field).small().color(tokens(ui).text_secondary));
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let short: String = text.chars().take(LONGEST).collect();
        let more = if short.len() < text.len() { "..." } else { "" };
        ui.add(egui::Label::new(format!("{short}{more}")).wrap());
        ui.add_space(space::XS);
    }
}
