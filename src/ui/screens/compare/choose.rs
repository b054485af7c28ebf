//! The encoders that are compared, and the two of them that stand side by side.

use std::path::PathBuf;

use eframe::egui::{self, ComboBox, Label, RichText, Ui};

use super::{colour, push};
use crate::app::App;
use crate::app::compare::{Chosen, Command, MOST, Which, candidates};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Button, Chip};
use crate::ui::{Cx, fonts, icons};

/// Width of a list of encoders, in points.
const LIST: f32 = 190.0;
/// Its least width.
const LEAST: f32 = 70.0;
/// What a list takes for its arrow and its edge, in points.
const INSIDE: f32 = 40.0;
/// What stands beside two lists: a dot each, and a word between them, in points.
const AROUND: f32 = 100.0;
/// Width of a line of the menu, in points.
const MENU: f32 = 320.0;

/// The chosen encoders as chips, and the button that adds one.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(space::XS + 2.0, space::XS);
        ui.label(fonts::title("Compare"));
        ui.add_space(space::XS);
        for chosen in &app.compare.chosen {
            let tip = format!("{}\nIts colour is the same wherever it is compared", chosen.path.display());
            let chip = Chip::new(&chosen.name).color(colour(tokens(ui), app, &chosen.path)).tip(&tip).removable();
            // Each is pushed under its path: two may have one name.
            if chip.max_width(240.0).show(ui).removed {
                push(cx, Command::Remove(chosen.path.clone()));
            }
        }
        add(ui, app, cx);
    });
}

fn add(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let full = app.compare.chosen.len() >= MOST;
    let button = Button::secondary("Add an encoder").icon(icons::PLUS);
    let response = ui.add_enabled(!full, button.tip("From the runs, those that were open before, or a file"));
    let response = response.on_disabled_hover_text(format!("At most {MOST} are compared at a time"));
    egui::Popup::menu(&response).show(|ui| {
        ui.set_width(MENU);
        let candidates = candidates(app);
        if candidates.is_empty() {
            ui.label(RichText::new("No other encoder is known.").color(tokens(ui).text_secondary));
        }
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for candidate in candidates {
                let text = (candidate.chosen.name.as_str(), RichText::new(&candidate.note).weak());
                let line = ui.add(egui::Button::new(text).truncate().min_size(egui::vec2(MENU - space::M, 0.0)));
                if line.on_hover_text(candidate.chosen.path.display().to_string()).clicked() {
                    push(cx, Command::Add(candidate.chosen));
                    ui.close();
                }
            }
        });
        ui.separator();
        if ui.button((fonts::icon(icons::FOLDER, 14.0), "Choose a file...")).clicked() {
            push(cx, Command::Browse);
            ui.close();
        }
    });
}

/// The two that stand side by side, each with a list to choose from.
pub fn pair(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some((one, other)) = app.compare.pair() else { return };
    // Each is as wide as half of what the dots and the word between leave, as far as that goes.
    let width = ((ui.available_width() - AROUND) / 2.0 - INSIDE).clamp(LEAST, LIST);
    for (which, now, name) in [(Which::One, one, "The one encoder"), (Which::Other, other, "The other encoder")] {
        if which == Which::Other {
            ui.add(Label::new(RichText::new("and").color(tokens(ui).text_secondary)));
        }
        list(ui, app, cx, (which, now, name), width);
    }
}

fn list(ui: &mut Ui, app: &App, cx: &mut Cx, (which, now, name): (Which, &Chosen, &str), width: f32) {
    let (dot, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), egui::Sense::empty());
    ui.painter().circle_filled(dot.center(), 4.0, colour(tokens(ui), app, &now.path));
    let combo = ComboBox::from_id_salt(("compare", name)).selected_text(&now.name).width(width).truncate();
    let shown = combo.show_ui(ui, |ui| {
        for chosen in &app.compare.chosen {
            let path: &PathBuf = &chosen.path;
            if ui.selectable_label(*path == now.path, &chosen.name).on_hover_text(path.display().to_string()).clicked()
            {
                push(cx, Command::Pair(which, path.clone()));
            }
        }
    });
    shown.response.accessible_name(name).on_hover_text(&now.name);
}
