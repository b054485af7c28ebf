//! A feature in the panel at the right.

use eframe::egui::{self, RichText, Ui};

use super::super::super::theme::{space, tokens};
use super::super::super::widgets::{Button, IconButton, Mood, badge, key_value};
use super::super::super::{Cx, fonts, format, icons};
use super::pictures::{Shown, grid};
use super::table::dead_tip;
use super::{name, page, related};
use crate::app::App;
use crate::app::features::{Command, Spot};

/// Pictures that are shown, in rows of three.
const PICTURES: usize = 9;
/// Words that are shown.
const WORDS: usize = 8;

/// Draws a feature for the panel at the right.
pub fn inspector(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize) {
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        name::dot(ui, app, feature);
        ui.label(fonts::strong(format!("Feature {feature}")));
        let (block, _) = name::block(app, feature);
        ui.label(RichText::new(format!("block {block}")).color(tokens.text_secondary));
    });
    ui.horizontal(|ui| {
        if let Some(renaming) = name::edited(app, feature, Spot::Inspector) {
            ui.vertical(|ui| name::editor(ui, cx, renaming, ui.available_width()));
            return;
        }
        if ui.add(IconButton::new(icons::EDIT, "Rename the feature").small()).clicked() {
            cx.push(Command::Rename(feature, Spot::Inspector).into());
        }
        name::label(ui, app, feature);
    });
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
        if app.view.place.page != Some(feature)
            && ui.add(Button::primary("Open page").tip("Everything about the feature (Enter in the table)")).clicked()
        {
            cx.push(crate::app::Command::Feature(feature));
        }
        page::pin(ui, app, cx, feature);
        super::super::search::steer_button(ui, cx, feature);
    });
    ui.add_space(space::S);
    let Some(index) = app.features.index() else {
        ui.label(RichText::new("The collection is not read yet").color(tokens.text_secondary));
        return;
    };
    let Some(stats) = index.feature(feature) else {
        ui.label("The open encoder has no such feature.");
        return;
    };
    if stats.is_dead() {
        badge(ui, "dead", Mood::Warning, dead_tip(index.is_of_codes()));
    }
    let uniform = format::percent(1.0 / index.block_size().max(1) as f64);
    let density = format::percent(app.features.table.density(feature));
    let threshold = format!("Density above {}", format::probability(f64::from(app.settings.threshold)));
    key_value(ui, &threshold, &density, "", "Share of points with an activation above the threshold");
    let tip =
        format!("Share of points for which it is the strongest of its block; {uniform} where all win equally often");
    key_value(ui, "Win rate", &format::percent(stats.win_rate), "", &tip);
    key_value(ui, "Max", &format::probability(f64::from(stats.max)), "", "Largest activation of any point, 0 to 1");
    key_value(ui, "Mean", &format::probability(stats.mean), "", "Mean activation over all points, 0 to 1");
    ui.add_space(space::S);
    page::histogram(ui, app, cx, index, feature, 48.0);
    ui.add_space(space::M);
    let points: Vec<Shown> = stats.top.iter().take(PICTURES).map(Shown::from).collect();
    let side = ((ui.available_width() - 2.0 * space::S) / 3.0).floor().clamp(40.0, 120.0);
    egui::Frame::new().show(ui, |ui| grid(ui, app, cx, &points, side));
    ui.add_space(space::M);
    if let Some(page) = app.features.page(feature) {
        ui.label(fonts::strong("Words"));
        related::word_chips(ui, app, cx, page, WORDS);
    }
}
