//! Names of features: shown, edited, and on chips.

use eframe::egui::{self, Label, RichText, Sense, TextEdit, vec2};

use super::super::super::theme::{size, tokens};
use super::super::super::widgets::Chip;
use super::super::super::{Cx, fonts};
use crate::app::App;
use crate::app::features::{Command, Renaming, Spot};
use crate::features::{Author, FeatureName};

/// What stands for a name where a feature has none.
pub const UNNAMED: &str = "unnamed";

/// A feature's index and name: "17 red soups", or "17 unnamed".
pub fn title(app: &App, feature: usize) -> String {
    format!("{feature} {}", app.document.name(feature).unwrap_or(UNNAMED))
}

/// The colour of a feature's block.
pub fn colour(ui: &egui::Ui, app: &App, feature: usize) -> egui::Color32 {
    tokens(ui).block(block(app, feature).0)
}

/// A feature's block, and its place in it, both from 0.
pub fn block(app: &App, feature: usize) -> (usize, usize) {
    let size = app.document.encoder().map_or(1, |open| open.encoder.block_size()).max(1);
    (feature / size, feature % size)
}

/// A feature as a chip that opens its page: its block's colour, its index and name, and a value such as an activation.
pub fn chip(ui: &mut egui::Ui, app: &App, cx: &mut Cx, feature: usize, value: &str) -> egui::Response {
    let name = title(app, feature);
    let (block, place) = block(app, feature);
    let tip = format!("Feature {feature}: place {place} of block {block}\nA click opens its page");
    let chip = Chip::new(&name).color(colour(ui, app, feature)).value(value).tip(&tip);
    let response = chip.show(ui).response;
    if response.clicked() {
        cx.push(crate::app::Command::Feature(feature));
    }
    super::super::search::sliders_menu(&response, app, cx, feature);
    response
}

/// The name that is being edited here, where one is.
pub fn edited(app: &App, feature: usize, spot: Spot) -> Option<&Renaming> {
    app.features.renaming.as_ref().filter(|renaming| renaming.feature == feature && renaming.spot == spot)
}

/// A name as words; of a suggested one it is told where it comes from.
pub fn label(ui: &mut egui::Ui, app: &App, feature: usize) -> egui::Response {
    let name = app.document.notes.as_ref().and_then(|notes| notes.notes.names.get(&feature));
    let text = match name {
        Some(name) => RichText::new(&name.name),
        None => RichText::new(UNNAMED).color(tokens(ui).text_secondary).italics(),
    };
    let response = ui.add(Label::new(text).truncate());
    match name.filter(|name| name.by == Author::Suggested) {
        Some(name) => response.on_hover_text(score_tip(name)),
        None => response,
    }
}

/// What the score of a suggested name says, and where the name comes from.
pub fn score_tip(name: &FeatureName) -> String {
    let origin = match (&name.source, name.score) {
        (Some(source), Some(score)) => format!("{}.", source.sentence(score)),
        _ => "Where it comes from is not known.".to_owned(),
    };
    let first = origin.chars().next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let rest: String = origin.chars().skip(1).collect();
    format!(
        "The program's name for it. {first}{rest} The score is taken over points held out of the name's making, 0 to 1"
    )
}

/// The field in which a name is edited. Enter, and going elsewhere, keep what is typed; Esc drops it.
pub fn editor(ui: &mut egui::Ui, cx: &mut Cx, renaming: &Renaming, width: f32) {
    let tokens = tokens(ui);
    let mut text = renaming.text.clone();
    let mut edit = TextEdit::singleline(&mut text)
        .id_salt(("rename", renaming.feature))
        .hint_text("Name of the feature")
        .char_limit(200)
        .min_size(vec2(width, size::CONTROL))
        .desired_width(width - 12.0);
    if renaming.problem.is_some() {
        edit = edit.text_color(tokens.danger.text);
    }
    let response = ui.add(edit).accessible_name(format!("Name of feature {}", renaming.feature));
    if let Some(problem) = &renaming.problem {
        if renaming.spot == Spot::Table {
            response.show_tooltip_text(problem);
        } else {
            ui.label(RichText::new(problem).color(tokens.danger.text));
        }
    }
    if text != renaming.text {
        cx.push(Command::RenameText(text).into());
    }
    if response.lost_focus() {
        cx.push(Command::RenameEnd { keep: true }.into());
    } else if !response.has_focus() {
        response.request_focus();
    }
}

/// A dot in the colour of a feature's block.
pub fn dot(ui: &mut egui::Ui, app: &App, feature: usize) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(10.0, size::ROW), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, colour(ui, app, feature));
    let (block, place) = block(app, feature);
    response.on_hover_text(format!("Place {place} of block {block}"))
}

/// A heading that can hold a name.
pub fn heading(ui: &mut egui::Ui, app: &App, feature: usize) -> egui::Response {
    let text = match app.document.name(feature) {
        Some(name) => fonts::title(name),
        None => fonts::title(UNNAMED).color(tokens(ui).text_secondary),
    };
    ui.add(Label::new(text).truncate().sense(Sense::click()))
}
