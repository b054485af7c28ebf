//! The demo while it is made: its three steps, and how far the present one is.

use eframe::egui::{self, Label, RichText};

use super::parts::{head, push, quiet};
use crate::app::start::{Command, DemoStep, Origin, Page, demo_step};
use crate::app::{App, JobState};
use crate::ui::frame::bottom::progress_words;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Button, Card, Mood, Progress};
use crate::ui::{Cx, fonts, icons};

/// A step: what it is called, and what it does.
fn words(step: DemoStep) -> (&'static str, &'static str) {
    match step {
        DemoStep::Draw => {
            ("Draw", "Dishes are drawn, embedded by a small model that is part of the program, and stored.")
        }
        DemoStep::Train => ("Train", "An encoder of four blocks learns which dishes are alike."),
        DemoStep::Inspect => ("Inspect", "Four new drawings, a cake, a pizza, a sushi and a car, are judged by it."),
    }
}

pub(super) fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let job = app.start.demo.job.and_then(|job| app.jobs.get(job)).filter(|job| !job.state.is_over());
    head(
        ui,
        cx,
        "The demo",
        "A collection of drawn dishes, an encoder that is trained on it, and what its features find.",
    );
    let origin = Origin::Page(Page::Demo);
    if let Some(problem) = app.start.demo.problem.as_ref().or(app.problem_from(&origin)) {
        Banner::new(Mood::Danger, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
        ui.add_space(space::M);
    }
    let present = job.map(|job| job.progress.as_ref().map_or(DemoStep::Draw, |progress| demo_step(&progress.stage)));
    for step in DemoStep::ALL {
        Card::new().selected(present == Some(step)).name(words(step).0).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal_top(|ui| {
                let done = present.map_or(app.start.demo.ready, |present| step < present);
                mark(ui, done, present == Some(step));
                ui.vertical(|ui| {
                    let (name, text) = words(step);
                    ui.add(Label::new(fonts::strong(name)));
                    quiet(ui, text);
                    if let Some(job) = job.filter(|_| present == Some(step)) {
                        let (share, said) = progress_words(job);
                        ui.add_space(space::XS);
                        Progress::new(share, &said).show(ui);
                    }
                });
            });
        });
        ui.add_space(space::S);
    }
    ui.add_space(space::S);
    match job {
        Some(job) => {
            ui.horizontal(|ui| {
                let cancelling = job.state == JobState::Cancelling;
                let button = Button::secondary(if cancelling { "Cancelling" } else { "Cancel" }).icon(icons::CLOSE);
                let tip = "What is drawn stays, and the demo goes on from there next time";
                if ui.add_enabled(!cancelling, button.tip(tip)).clicked() {
                    push(cx, Command::Cancel(Page::Demo));
                }
                quiet(ui, "You can look at other things meanwhile.");
            });
        }
        None if app.is_opening_from(&origin) => {
            Progress::new(None, "Opening the demo").show(ui);
        }
        None => {
            ui.horizontal(|ui| {
                let (text, icon) = if app.start.demo.ready {
                    ("Open the demo", icons::FORWARD)
                } else {
                    ("Make the demo", icons::DEMO)
                };
                if ui.add(Button::primary(text).icon(icon)).clicked() {
                    push(cx, Command::Demo);
                }
                let again = Button::secondary("Make it anew").icon(icons::REFRESH);
                let tip = "Deletes the demo's collection and encoder, and makes them once more";
                if app.start.demo.ready && ui.add(again.tip(tip)).clicked() {
                    push(cx, Command::FreshDemo);
                }
            });
        }
    }
}

/// What stands before a step: done, going on, or to come.
fn mark(ui: &mut egui::Ui, done: bool, present: bool) {
    let tokens = tokens(ui);
    let (glyph, colour, said) = match (done, present) {
        (true, _) => (icons::CHECK_CIRCLE, tokens.success.text, "done"),
        (_, true) => (icons::DOT, tokens.accent_text, "going on"),
        _ => (icons::CIRCLE, tokens.text_disabled, "to come"),
    };
    let label = ui.label(RichText::new(glyph).font(egui::FontId::new(18.0, fonts::icon_family())).color(colour));
    label.on_hover_text(said);
}
