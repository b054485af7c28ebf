//! What stands over everything: the keys, the settings, and the question before closing.

use eframe::egui::{self, Context, Id, Modal, ScrollArea};

use super::super::theme::space;
use super::super::{Cx, fonts, screens, widgets};
pub use super::palette::Palette;
use crate::app::actions::ACTIONS;
use crate::app::settings::ThemeChoice;
use crate::app::{App, Change, Command, Dialog, document};

/// Draws the open one.
pub fn show(ctx: &Context, app: &App, cx: &mut Cx, palette: &mut Palette) {
    if app.view.dialog != Some(Dialog::Palette) {
        palette.close();
    }
    let Some(dialog) = &app.view.dialog else { return };
    match dialog {
        Dialog::Palette => palette.show(ctx, app, cx),
        Dialog::Shortcuts => modal(ctx, cx, "Keyboard shortcuts", 460.0, |ui, _| shortcuts(ui)),
        Dialog::Quit => modal(ctx, cx, "Close Blockscope?", 420.0, |ui, cx| quit(ui, app, cx)),
        Dialog::Settings => modal(ctx, cx, "Settings", 460.0, |ui, cx| settings(ui, app, cx)),
        Dialog::Convert => {
            modal(ctx, cx, "Write sparse vectors", 520.0, |ui, cx| screens::transfer::convert(ui, app, cx))
        }
        Dialog::Points => modal(ctx, cx, "Choose a point", 640.0, |ui, cx| screens::inspect::choose(ui, app, cx)),
        Dialog::Request => modal(ctx, cx, "Copy the request", 720.0, |ui, cx| screens::search::request(ui, app, cx)),
        Dialog::Export => modal(ctx, cx, "Export", 520.0, |ui, cx| screens::transfer::export(ui, app, cx)),
    }
}

/// A window over everything, which Escape, a click outside and the cross close.
fn modal(ctx: &Context, cx: &mut Cx, title: &str, width: f32, body: impl FnOnce(&mut egui::Ui, &mut Cx)) {
    let frame = egui::Frame::window(&ctx.global_style()).inner_margin(egui::Margin::same(space::XL as i8));
    let shown = Modal::new(Id::unique(("dialog", title))).frame(frame).show(ctx, |ui| {
        ui.set_width(width);
        ui.label(fonts::title(title));
        ui.add_space(space::M);
        body(ui, cx);
    });
    if shown.should_close() {
        cx.push(Command::Dialog(None));
    }
}

/// Buttons at the right end of a dialog, the last one first.
fn buttons(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    ui.add_space(space::L);
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), add);
}

fn shortcuts(ui: &mut egui::Ui) {
    ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        let mut group = "";
        egui::Grid::new("keys").num_columns(2).striped(true).spacing([space::XL, space::XS]).show(ui, |ui| {
            for action in ACTIONS.iter().filter(|a| a.keys.is_some()) {
                if action.group != group {
                    group = action.group;
                    ui.label(fonts::strong(group));
                    ui.label("");
                    ui.end_row();
                }
                ui.label(action.name);
                ui.monospace(action.keys.map(|k| k.to_string()).unwrap_or_default());
                ui.end_row();
            }
            ui.label(fonts::strong("Lists"));
            ui.label("");
            ui.end_row();
            ui.label("Page through points, features and results");
            ui.monospace("Arrows");
            ui.end_row();
            ui.label("Inspect the selected result, open the selected feature");
            ui.monospace("Enter");
            ui.end_row();
            ui.label("Put a slider back to its middle");
            ui.monospace("0");
            ui.end_row();
        });
    });
}

fn quit(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let jobs: Vec<_> = app.jobs.live().collect();
    if app.ending() {
        ui.label("Ending what runs. The window closes by itself.");
        for job in jobs {
            let (_, words) = super::bottom::progress_words(job);
            ui.label(format!("{}: {words}", job.title));
        }
        return;
    }
    ui.label(match jobs.len() {
        0 => "What was running has ended.",
        1 => "A job is still running:",
        _ => "Jobs are still running:",
    });
    ui.add_space(space::XS);
    for job in &jobs {
        let end = if job.can_stop { "it stops, and the best so far is kept" } else { "it is cancelled" };
        ui.label(format!("{}: {end}", job.title));
    }
    buttons(ui, |ui| {
        let close = if jobs.is_empty() { "Close" } else { "End and close" };
        if ui.add(widgets::Button::primary(close)).clicked() {
            cx.push(Command::QuitNow);
        }
        if ui.button("Stay").clicked() {
            cx.push(Command::Dialog(None));
        }
    });
}

fn settings(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let settings = &app.settings;
    egui::Grid::new("settings").num_columns(2).spacing([space::L, space::S]).show(ui, |ui| {
        ui.label("Theme");
        ui.horizontal(|ui| {
            for (choice, name) in
                [(ThemeChoice::System, "System"), (ThemeChoice::Dark, "Dark"), (ThemeChoice::Light, "Light")]
            {
                if ui.selectable_label(settings.theme == choice, name).clicked() {
                    cx.push(Command::Settings(Change::Theme(choice)));
                }
            }
        });
        ui.end_row();
        let label = ui.label("Size");
        let mut percent = (settings.scale * 100.0).round();
        let drag = egui::DragValue::new(&mut percent).range(50.0..=300.0).speed(1.0).suffix(" %");
        let response = ui.add(drag).labelled_by(label.id).on_hover_text("Size of everything, in percent");
        if response.drag_stopped() || response.lost_focus() || (response.changed() && !response.dragged()) {
            cx.push(Command::Settings(Change::Scale(percent / 100.0)));
        }
        ui.end_row();
        let label = ui.label("Threshold");
        let mut threshold = settings.threshold;
        let drag = egui::DragValue::new(&mut threshold).range(0.0..=0.99).speed(0.002).fixed_decimals(3);
        let tip = "Activations (0 to 1) at or under this do not count: densities, and sparse vectors of inputs";
        if ui.add(drag).labelled_by(label.id).on_hover_text(tip).changed() {
            cx.push(Command::Settings(Change::Threshold(threshold)));
        }
        ui.end_row();
        let label = ui.label("Outliers below");
        let mut percent = settings.outlier_percentile;
        let drag = egui::DragValue::new(&mut percent).range(0.0..=100.0).speed(0.1).suffix(" % of points");
        let tip = "An input is an outlier where its confidence is lower than that of so many percent of points that were \
                   not trained on";
        if ui.add(drag).labelled_by(label.id).on_hover_text(tip).changed() {
            cx.push(Command::Settings(Change::OutlierPercentile(percent)));
        }
        ui.end_row();
    });
    if let Some(open) = &app.document.open {
        ui.add_space(space::L);
        ui.label(fonts::strong(format!("Points of {}", open.info.name)));
        ui.add_space(space::XS);
        fields(ui, app, open, cx);
    }
    buttons(ui, |ui| {
        if ui.button("Close").clicked() {
            cx.push(Command::Dialog(None));
        }
    });
}

/// Which fields hold a picture and words, and where pictures may come from.
fn fields(ui: &mut egui::Ui, app: &App, open: &document::Document, cx: &mut Cx) {
    let known = app.settings.of(&open.collection);
    let mut names: Vec<&str> = open.first.iter().flat_map(|(_, payload)| payload.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let mut choose = |ui: &mut egui::Ui, label: &str, set: Option<&str>, guessed: Option<&str>, picture: bool| {
        let guess = format!("guessed: {}", guessed.unwrap_or("none"));
        egui::ComboBox::from_label(label).selected_text(set.unwrap_or(&guess)).width(220.0).show_ui(ui, |ui| {
            let mut pick = |field: Option<String>| {
                let command =
                    if picture { document::Command::PictureField(field) } else { document::Command::TextField(field) };
                cx.push(Command::Document(command));
            };
            if ui.selectable_label(set.is_none(), &guess).clicked() {
                pick(None);
            }
            for name in &names {
                if ui.selectable_label(set == Some(name), *name).clicked() {
                    pick(Some((*name).to_owned()));
                }
            }
        });
    };
    let (picture, text) = (open.guessed_picture.as_deref(), open.guessed_text.as_deref());
    choose(ui, "Field with the picture", known.and_then(|k| k.picture_field.as_deref()), picture, true);
    choose(ui, "Field with the text", known.and_then(|k| k.text_field.as_deref()), text, false);
    let mut allow = known.is_some_and(|k| k.allow_private);
    let tip = "Pictures whose address lies in this machine or the local network are not fetched unless this is on";
    if ui.checkbox(&mut allow, "Fetch pictures from private addresses").on_hover_text(tip).changed() {
        cx.push(Command::Document(document::Command::AllowPrivate(allow)));
    }
}
