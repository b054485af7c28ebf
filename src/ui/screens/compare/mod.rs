//! The compare screen: encoders side by side, by a table, by their features, and by what they see in the same inputs.

mod choose;
mod features;
mod inputs;
mod table;

use std::path::Path;

use eframe::egui::{self, Color32, Margin, RichText, Ui};

use crate::app::compare::{Command, Part};
use crate::app::{App, Command as Any, Screen};
use crate::ui::frame::bottom::progress_words;
use crate::ui::theme::{Tokens, space, tokens};
use crate::ui::widgets::{Banner, Button, EmptyState, Mood, Progress, Segment, segmented};
use crate::ui::{Cx, icons};

/// From this width on the two encoders stand beside the parts, in points.
const ONE_ROW: f32 = 700.0;

/// A command of the screen.
fn push(cx: &mut Cx, command: Command) {
    cx.push(Any::Compare(command));
}

/// Draws the screen.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let margin = Margin { left: space::L as i8, right: space::L as i8, top: space::M as i8, bottom: 0 };
    egui::Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        if app.document.open.is_none() {
            return nothing_open(ui, cx);
        }
        choose::show(ui, app, cx);
        ui.add_space(space::S);
        let pair = app.compare.part != Part::Table;
        if ui.available_width() >= ONE_ROW {
            ui.horizontal(|ui| {
                parts(ui, app, cx);
                if pair {
                    ui.add_space(space::M);
                    choose::pair(ui, app, cx);
                }
            });
        } else {
            parts(ui, app, cx);
            if pair {
                ui.horizontal(|ui| choose::pair(ui, app, cx));
            }
        }
        banner(ui, app, cx);
        running(ui, app, cx);
        ui.add_space(space::S);
        match app.compare.part {
            Part::Table => table::show(ui, app, cx),
            Part::Features => features::show(ui, app, cx),
            Part::Inputs => inputs::show(ui, app, cx),
        }
    });
}

fn parts(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let segments = [
        Segment {
            value: Part::Table,
            name: "Table",
            tip: "What each encoder is worth, beside ways without an encoder",
        },
        Segment { value: Part::Features, name: "Features", tip: "Which feature of one is which of the other" },
        Segment {
            value: Part::Inputs,
            name: "Inputs",
            tip: "What two encoders see in the same pictures, points and texts",
        },
    ];
    let mut part = app.compare.part;
    if segmented(ui, "Parts of Compare", &mut part, &segments).changed() {
        push(cx, Command::Part(part));
    }
}

/// Why what was asked for failed.
fn banner(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(problem) = app.compare.problem() else { return };
    ui.add_space(space::XS);
    let banner = Banner::new(Mood::Danger, problem.text.clone()).hint(problem.hint.clone().unwrap_or_default());
    if banner.closable().show(ui).closed {
        push(cx, Command::Dismiss);
    }
}

/// How far the job of the shown part is, with a button that ends it.
fn running(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(job) = app.compare.job().and_then(|key| app.jobs.get(key)).filter(|job| !job.state.is_over()) else {
        return;
    };
    let (share, words) = progress_words(job);
    ui.add_space(space::XS);
    if Progress::new(share, &words).cancel("Cancel the comparison").show(ui) {
        push(cx, Command::Cancel);
    }
}

fn nothing_open(ui: &mut Ui, cx: &mut Cx) {
    middle(ui);
    let empty = EmptyState::new(icons::COMPARE, "No collection is open").text(
        "Encoders are compared over a collection: what they find, which of their features are the same, and what they see \
         in the same inputs.",
    );
    if empty.action(Button::primary("Open a collection").tip("To Start: connect, open a store, or the demo")).show(ui) {
        cx.push(Any::Show(Screen::Start));
    }
}

/// Some room above what stands alone.
fn middle(ui: &mut Ui) {
    ui.add_space((ui.available_height() * 0.14).min(110.0));
}

/// A quiet line.
fn quiet(ui: &mut Ui, text: impl Into<String>) {
    let text = RichText::new(text).color(tokens(ui).text_secondary);
    ui.add(egui::Label::new(text).wrap());
}

/// The colour of an encoder that was chosen.
fn colour(tokens: &Tokens, app: &App, path: &Path) -> Color32 {
    match app.compare.place(path) {
        Some(place) => tokens.series[place % tokens.series.len()],
        None => tokens.text_secondary,
    }
}

/// What an encoder is called.
fn called<'a>(app: &'a App, path: &'a Path) -> std::borrow::Cow<'a, str> {
    match app.compare.get(path) {
        Some(chosen) => chosen.name.as_str().into(),
        None => path.file_stem().unwrap_or_default().to_string_lossy(),
    }
}

/// The name of a feature: of the encoder that is open, as it is now, and of another one, as it was read.
fn named<'a>(
    app: &'a App,
    path: &Path,
    names: &'a std::collections::BTreeMap<usize, String>,
    feature: usize,
) -> Option<&'a str> {
    match app.document.encoder().is_some_and(|open| open.path == path) {
        true => app.document.name(feature),
        false => names.get(&feature).map(String::as_str),
    }
}
