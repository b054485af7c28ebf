//! The panel at the left: the open collection, and the collections and encoders that are known.

use std::path::Path;

use eframe::egui::{self, Button, Panel, vec2};

use super::super::theme::{size, space, tokens};
use super::super::{Cx, fonts, format, icons};
use super::{side, within};
use crate::app::document::{self, place, title};
use crate::app::settings::same;
use crate::app::{App, Change, Command, Screen, compare, start};

/// Draws it, where it is open.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let layout = &app.settings.layout;
    if !layout.left {
        return;
    }
    let panel = Panel::left("left").resizable(true).default_size(layout.left_width).size_range(160.0..=420.0);
    let shown = panel.frame(side(ui)).show(ui, |ui| {
        within(ui, |ui| {
            collections(ui, app, cx);
            ui.add_space(space::L);
            encoders(ui, app, cx);
        });
    });
    let width = shown.response.rect.width();
    if (width - layout.left_width).abs() > 1.0 {
        let layout = crate::app::settings::LayoutSettings { left_width: width, ..layout.clone() };
        cx.push(Command::Settings(Change::Layout(layout)));
    }
}

fn heading(ui: &mut egui::Ui, text: &str) {
    ui.label(fonts::strong(text));
    ui.add_space(space::XS);
}

/// What a row takes beside its name, and a letter of a name, in points.
const BESIDE: f32 = 40.0;
const LETTER: f32 = 7.0;

/// A row with an icon, a name and a line under it.
fn row(ui: &mut egui::Ui, glyph: &str, name: &str, under: &str, on: bool, tip: &str) -> egui::Response {
    let tokens = tokens(ui);
    let width = ui.available_width();
    let fill = if on { tokens.selection } else { egui::Color32::TRANSPARENT };
    let colour = if on { tokens.accent_text } else { tokens.text_secondary };
    let mut text = egui::text::LayoutJob::default();
    let body = egui::TextStyle::Body.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    // Of a text of several lines the button would cut the end of a line off, and not say so.
    let most = ((width - BESIDE) / LETTER).max(4.0) as usize;
    text.append(
        &format::elide(name, most),
        0.0,
        egui::TextFormat { font_id: body, color: tokens.text, ..Default::default() },
    );
    if !under.is_empty() {
        let format = egui::TextFormat { font_id: small, color: tokens.text_secondary, ..Default::default() };
        text.append(&format!("\n{under}"), 0.0, format);
    }
    let button = Button::new((fonts::icon(glyph, size::ICON).color(colour), text))
        .fill(fill)
        .frame_when_inactive(on)
        .truncate()
        .min_size(vec2(width, size::ROW));
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, name));
    response.on_hover_text(tip)
}

fn collections(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    heading(ui, "Collections");
    if app.settings.collections.is_empty() {
        ui.label(egui::RichText::new("None yet. Connect to one, or try the demo.").color(tokens(ui).text_secondary));
    }
    for (i, known) in app.settings.collections.iter().enumerate() {
        ui.push_id(("collection", i), |ui| {
            let open = app.document.open.as_ref().filter(|open| same(&open.collection, &known.collection));
            let points = open.map(|open| open.info.points).or(known.points);
            let name = title(&known.collection);
            let under = points.map(|n| format::counted(n, "point")).unwrap_or_default();
            let glyph = match (&known.collection.store, &known.collection.vectors) {
                (_, Some(_)) => icons::FILE,
                (Some(_), _) => icons::DATABASE,
                _ => icons::SERVER,
            };
            let tip = format!("{name}\n{}", place(&known.collection));
            if row(ui, glyph, &name, &under, open.is_some(), &tip).clicked() && open.is_none() {
                let collection = Box::new(known.collection.clone());
                cx.push(Command::Start(start::Command::OpenRecent(collection)));
            }
        });
    }
    ui.add_space(space::XS);
    let add = Button::new((fonts::icon(icons::PLUS, 14.0), "Open another")).frame_when_inactive(false);
    let response = ui.add(add);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Open another"));
    if response.on_hover_text("Connect to a server, open a store or a folder").clicked() {
        cx.push(Command::Show(Screen::Start));
    }
}

fn encoders(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    heading(ui, "Encoders");
    if app.settings.encoders.is_empty() {
        ui.label(egui::RichText::new("None yet. Train one on a collection.").color(tokens(ui).text_secondary));
    }
    let open = app.document.encoder().map(|e| e.path.as_path());
    for (i, path) in app.settings.encoders.iter().enumerate() {
        ui.push_id(("encoder", i), |ui| {
            let on = open == Some(path.as_path());
            let under = folder_name(path);
            let of_file = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let name = compare::run_title(app, path).unwrap_or_else(of_file);
            let tip = format!("{name}\n{}\nA click opens it over the open collection", path.display());
            if row(ui, icons::BLOCKS, &name, &under, on, &tip).clicked() && !on {
                cx.push(Command::Document(document::Command::OpenEncoder(path.clone())));
            }
        });
    }
}

fn folder_name(path: &Path) -> String {
    path.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
