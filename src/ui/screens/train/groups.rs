//! Labels: their part of the form, and what a run reports of them.

use eframe::egui::{self, CollapsingHeader, Grid, Label, RichText, TextEdit};

use crate::app::App;
use crate::app::train::{Form, GroupField};
use crate::groups::{GroupsSummary, field_names};
use crate::trainer::runs::Run;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{FieldError, IconButton, field, key_value};
use crate::ui::{fonts, format, icons};

/// Width of a field for a name, in points.
const NAME: f32 = 106.0;
/// Width of a field for a number, in points.
const NUMBER: f32 = 78.0;

/// Draws the fields about labels, folded away until they are wanted.
pub fn form(ui: &mut egui::Ui, app: &App, form: &mut Form) {
    let problems = &app.train.checked.groups;
    let title = match problems.len() {
        0 if form.groups.is_given() => RichText::new("Labels: used"),
        0 => RichText::new("Labels"),
        n => {
            RichText::new(format!("Labels: {} wrong", format::counted(n as u64, "field"))).color(tokens(ui).danger.text)
        }
    };
    let header = CollapsingHeader::new(title).id_salt("train labels").open(Some(form.groups.shown));
    let shown = header.show_unindented(ui, |ui| {
        for name in GroupField::ALL {
            one(ui, app, form, name);
        }
    });
    let tip = "Fields of the payload that say which points belong together";
    if shown.header_response.on_hover_text(tip).clicked() {
        form.groups.shown = !form.groups.shown;
    }
}

fn one(ui: &mut egui::Ui, app: &App, form: &mut Form, name: GroupField) {
    let problem = app.train.checked.groups.get(&name).map(FieldError::new);
    field(ui, name.title(), name.about(), problem.as_ref(), |ui| {
        let mut text = form.groups.text(name).to_owned();
        let width = if name.is_field() { NAME } else { NUMBER };
        let edit = TextEdit::singleline(&mut text).id_salt(("train", name)).desired_width(width);
        let edit = if name.is_field() { edit.hint_text("none") } else { edit };
        if ui.add(edit).accessible_name(name.title()).on_hover_text(name.about()).changed() {
            form.set_group(name, text);
        }
        if name.is_field() {
            choose(ui, app, form, name);
        }
    });
}

/// A menu of the fields that the first points have. Others may be typed, as not every point has every field.
fn choose(ui: &mut egui::Ui, app: &App, form: &mut Form, name: GroupField) {
    let words = format!("Choose a field: {}", name.title());
    let button = ui.add(IconButton::new(icons::CHEVRON_DOWN, &words).small());
    egui::Popup::menu(&button).show(|ui| {
        let payloads = app.document.open.iter().flat_map(|open| &open.first).map(|(_, payload)| payload.as_ref());
        let names = field_names(payloads);
        if names.is_empty() {
            ui.label("The first points have no field that could hold a label.");
        }
        if !form.groups.text(name).is_empty() && ui.button("None").clicked() {
            form.set_group(name, "");
            ui.close();
        }
        for found in names {
            if ui.selectable_label(form.groups.text(name) == found, &found).clicked() {
                form.set_group(name, found);
                ui.close();
            }
        }
    });
}

/// Draws what a run with labels reports.
pub fn of_run(ui: &mut egui::Ui, run: &Run) {
    let Some(summary) = &run.info.groups else { return };
    ui.label(fonts::strong("Labels"));
    kept(ui, summary);
    ui.add_space(space::S);
    match &summary.retrieval {
        Some(_) => found(ui, summary),
        None => {
            let words = "No two held-out points have the same label: nothing could be measured on them.";
            ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).wrap());
        }
    }
    ui.add_space(space::M);
}

/// How many points were kept, at each threshold where there are weak labels.
fn kept(ui: &mut egui::Ui, summary: &GroupsSummary) {
    let report = &summary.labels;
    let count = |n: usize| format::count(n as u64);
    key_value(ui, "Labels", &count(report.labels), "", "Different labels of the sample");
    key_value(ui, "Labelled, training", &count(report.train), "points", "Training points with a label");
    key_value(
        ui,
        "Labelled, held out",
        &count(report.held_out),
        "points",
        "Points with a label that were only judged on",
    );
    if report.unusable > 0 {
        let tip = "Points with a list of several values or an object where a label should be, which is none";
        key_value(ui, "Not a label", &count(report.unusable), "points", tip);
    }
    if report.thresholds.len() < 2 {
        return;
    }
    ui.add_space(space::XS);
    Grid::new("kept labels").num_columns(4).spacing([space::M, space::XS]).show(ui, |ui| {
        heads(
            ui,
            [
                ("Sure above", "A weak label counts where its confidence is above this; the one in use is bold"),
                ("Kept", "Points with a label then"),
                ("Weak", "Those whose label is a weak one"),
                ("Agree", "The share of equal labels among points that have a manual and a weak one"),
            ],
        );
        for line in &report.thresholds {
            let agree = line.agreement().map_or_else(|| format::NONE.to_owned(), format::percent);
            for text in [line.threshold.to_string(), count(line.kept), count(line.weak), agree] {
                if line.chosen {
                    ui.label(fonts::strong(text));
                } else {
                    ui.label(text);
                }
            }
            ui.end_row();
        }
    });
}

/// How well points of a label are found, before and after.
fn found(ui: &mut egui::Ui, summary: &GroupsSummary) {
    let Some(report) = &summary.retrieval else { return };
    let about = format!(
        "{} look for their label among {}:",
        format::counted(report.queries as u64, "held-out point"),
        format::count(report.points as u64)
    );
    ui.add(Label::new(RichText::new(about).color(tokens(ui).text_secondary)).wrap());
    Grid::new("found labels").num_columns(4).spacing([space::M, space::XS]).show(ui, |ui| {
        heads(
            ui,
            [
                (
                    "Searched",
                    "The vectors as they are, their codes before the first step, and their codes after the last",
                ),
                ("P@10", "Precision: the share of the nearest 10 with the point's own label; 1 is best"),
                ("MAP", "Mean average precision over all of them; 1 is best"),
                ("nDCG", "Normalised discounted cumulative gain of the nearest 10; 1 is best"),
            ],
        );
        for line in &report.spaces {
            let q = line.quality;
            ui.label(line.space.to_string());
            for figure in [q.precision, q.map, q.ndcg] {
                ui.label(format!("{figure:.3}"));
            }
            ui.end_row();
        }
    });
}

fn heads(ui: &mut egui::Ui, heads: [(&str, &str); 4]) {
    for (title, tip) in heads {
        ui.label(RichText::new(title).small().color(tokens(ui).text_secondary)).on_hover_text(tip);
    }
    ui.end_row();
}
