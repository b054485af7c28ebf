//! An inspected input, for the panel at the right.

use eframe::egui::{Grid, Label, RichText, Sense, Ui, vec2};

use super::card::verdict_words;
use super::cards::{failed, icon, whence};
use super::outliers;
use crate::app::inspect::{Card, Command, Input, Judged, Standing};
use crate::app::{App, Command as Any, Selected};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, IconButton, badge, key_value, link, section};
use crate::ui::{Cx, fonts, format, icons};

/// Entries of the sparse vector that are shown as JSON; all are copied.
const SHOWN: usize = 24;

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx, item: u64) {
    let Some(card) = app.inspect.card(item) else {
        let text = "This input was taken away. Undo brings it back.";
        ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).wrap());
        return;
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(fonts::icon(icon(&card.input), size::ICON).color(tokens(ui).text_secondary));
        ui.add(Label::new(fonts::strong(&card.name)).wrap()).on_hover_text(whence(card));
    });
    if let Input::File(path) = &card.input {
        let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
        ui.add(Label::new(RichText::new(folder).small().color(tokens(ui).text_secondary)).wrap().selectable(true));
    }
    ui.add_space(space::S);
    match (&card.standing, card.judged()) {
        (_, Some(judged)) => self::judged(ui, app, cx, card, judged),
        (Standing::Failed(problem), _) => failed(ui, problem),
        _ => {
            ui.label(RichText::new("It is not judged yet.").color(tokens(ui).text_secondary));
        }
    }
    ui.add_space(space::M);
    buttons(ui, cx, card);
}

fn judged(ui: &mut Ui, app: &App, cx: &mut Cx, card: &Card, judged: &Judged) {
    let item = &judged.item;
    let (mood, word, rest) = verdict_words(judged);
    badge(ui, word, mood, &rest);
    ui.add_space(space::XS);
    let probability = |value: f32| format::probability(f64::from(value));
    let tip = "The mean over blocks of the largest output, from 1 / the block's size to 1";
    key_value(ui, "Confidence", &probability(item.confidence), "", tip);
    let tip = "The share of the collection's points with a smaller confidence";
    key_value(ui, "Percentile", &format::percent(item.percentile / 100.0), "", tip);
    key_value(ui, "Cutoff", &probability(item.cutoff), "", "The confidence below which it would be an outlier");
    ui.add_space(space::M);
    outliers::scores(ui, app, judged);
    section(ui, "Blocks", "", "What every block says of it", |_| {});
    blocks(ui, app, cx, judged);
    ui.add_space(space::M);
    sparse(ui, judged);
    payload(ui, cx, card, judged);
}

/// Winner, probability and entropy of every block.
fn blocks(ui: &mut Ui, app: &App, cx: &mut Cx, judged: &Judged) {
    let quiet = |ui: &mut Ui, text: &str, tip: &str| {
        ui.label(RichText::new(text).small().color(tokens(ui).text_secondary)).on_hover_text(tip);
    };
    Grid::new("blocks of an input").num_columns(4).striped(true).spacing([space::S, space::XS]).show(ui, |ui| {
        quiet(ui, "Block", "The block, counted from 0");
        quiet(ui, "Winner", "The feature with the largest output of the block");
        quiet(ui, "Output", "Its output, 0 to 1: the block's confidence");
        quiet(ui, "Entropy", "Of the block's outputs, divided by its largest value: 0 is sure, 1 has no idea");
        ui.end_row();
        for (n, block) in judged.item.blocks.iter().enumerate() {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::empty());
                ui.painter().circle_filled(dot.center(), 4.0, tokens(ui).block(n));
                ui.label(n.to_string());
            });
            let name = app.document.name(block.winner);
            let words = name.map_or_else(|| block.winner.to_string(), |name| format!("{} {name}", block.winner));
            ui.scope(|ui| {
                ui.set_max_width(110.0);
                if link(ui, &words, "Opens the feature's page").clicked() {
                    cx.push(Any::Feature(block.winner));
                }
            });
            ui.label(format::probability(f64::from(block.probability)));
            ui.label(format::probability(f64::from(block.entropy)));
            ui.end_row();
        }
    });
}

/// The sparse vector as Qdrant takes it.
pub fn sparse_json(judged: &Judged, most: usize) -> String {
    let some: Vec<(&u32, &f32)> = judged.item.sparse.iter().take(most).collect();
    let list = |texts: Vec<String>| texts.join(", ");
    let indices = list(some.iter().map(|(index, _)| index.to_string()).collect());
    let values = list(some.iter().map(|(_, value)| value.to_string()).collect());
    format!("{{\"indices\": [{indices}], \"values\": [{values}]}}")
}

fn sparse(ui: &mut Ui, judged: &Judged) {
    let count = judged.item.sparse.len();
    let note = match judged.item.fallback_top_k {
        Some(k) => format!("the strongest {k}"),
        None => format::counted(count as u64, "entry").replace("entrys", "entries"),
    };
    let tip = "The sparse vector under the threshold, as Qdrant takes it";
    section(ui, "Sparse vector", &note, tip, |ui| {
        let button = IconButton::new(icons::COPY, "Copy the sparse vector").tip("Copies it whole, as JSON");
        if ui.add(button).clicked() {
            ui.copy_text(sparse_json(judged, usize::MAX));
        }
    });
    let mut text = sparse_json(judged, SHOWN);
    if count > SHOWN {
        text += &format!("\n... and {} more", count - SHOWN);
    }
    let text = RichText::new(text).monospace().color(tokens(ui).text_secondary);
    ui.add(Label::new(text).wrap().selectable(true));
}

/// What a point carries, and where to see more of it.
fn payload(ui: &mut Ui, cx: &mut Cx, card: &Card, judged: &Judged) {
    let point = match card.input {
        Input::Point(id) => Some(id),
        _ => None,
    };
    if let Some(id) = point {
        ui.add_space(space::M);
        section(ui, "Payload", "", "What the collection keeps with the point", |ui| {
            let tip = "Shows the point in this panel";
            if ui.add(IconButton::new(icons::EXTERNAL, "Show the point").tip(tip)).clicked() {
                cx.push(Any::Select(Selected::Point(id)));
            }
        });
        crate::ui::frame::right::values(ui, &judged.item.payload);
    } else if let Some(id) = judged.item.id.filter(|id| judged.item.nearest.iter().any(|near| near.id == *id)) {
        ui.add_space(space::M);
        if link(ui, "This picture is in the collection", "The same picture was imported: shows its point").clicked() {
            cx.push(Any::Select(Selected::Point(id)));
        }
    }
}

fn buttons(ui: &mut Ui, cx: &mut Cx, card: &Card) {
    ui.horizontal_wrapped(|ui| {
        let tip = "Judges it again";
        if ui.add(Button::secondary("Again").icon(icons::REFRESH).tip(tip)).clicked() {
            cx.push(Any::Inspect(Command::Again(card.id)));
        }
        let tip = "Takes it away; undo brings it back";
        if ui.add(Button::secondary("Remove").icon(icons::CLOSE).tip(tip)).clicked() {
            cx.push(Any::Inspect(Command::Remove(card.id)));
        }
    });
}
