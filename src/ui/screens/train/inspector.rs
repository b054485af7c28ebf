//! A run in the panel at the right: how it stands, what can be done with it, its figures and settings.

use std::path::Path;
use std::time::Duration;

use eframe::egui::{self, Id, Label, Modal, RichText, TextEdit};

use super::groups;
use super::runs::{self, naming};
use crate::app::train::{Command as Ask, Deleting};
use crate::app::{App, Command, Screen};
use crate::config::TrainConfig;
use crate::trainer::runs::{Run, RunState, Weights};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Button, Mood, badge, key_value};
use crate::ui::{Cx, fonts, format, icons};

/// Draws a run for the panel at the right.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx, folder: &Path) {
    if app.view.place.screen != Screen::Train {
        dialogs(ui, app, cx);
    }
    let runs = &app.train.runs;
    let Some(run) = runs.get(folder) else {
        ui.label("This run is not in the list any more.");
        return;
    };
    match runs.renaming.as_ref().filter(|(renamed, _)| renamed == folder) {
        // Where the table is in sight, the name is typed there.
        Some((_, typed)) if app.view.place.screen != Screen::Train => naming(ui, folder, typed, cx),
        _ => {
            ui.add(Label::new(fonts::strong(&run.info.title)).wrap());
        }
    }
    let (word, mood, tip) = runs::state(run.state);
    ui.horizontal(|ui| {
        badge(ui, word, mood, tip);
        let when = runs::when(run.info.started);
        let moment = run.info.started.map_or(String::new(), |moment| moment.to_string());
        ui.label(RichText::new(when).color(tokens(ui).text_secondary)).on_hover_text(moment);
    });
    ui.add_space(space::XS);
    messages(ui, app, run);
    for (words, glyph, command, why) in actions(app, run) {
        let button = match command {
            Command::Train(Ask::OpenRun(_)) => Button::primary(words),
            _ => Button::secondary(words),
        };
        let response = ui.add_enabled(why.is_empty(), button.icon(glyph).min_width(ui.available_width()));
        if response.on_disabled_hover_text(why).clicked() {
            cx.push(command);
        }
    }
    ui.add_space(space::M);
    figures(ui, run);
    ui.add_space(space::M);
    groups::of_run(ui, run);
    settings(ui, run);
    ui.add_space(space::M);
    ui.label(fonts::strong("Folder"));
    let path = run.folder.display().to_string();
    ui.add(Label::new(RichText::new(&path).monospace().color(tokens(ui).text_secondary)).wrap().selectable(true));
}

fn messages(ui: &mut egui::Ui, app: &App, run: &Run) {
    if let Some((_, problem)) = app.train.runs.fault.as_ref().filter(|(folder, _)| *folder == run.folder) {
        Banner::new(Mood::Danger, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
    }
    if let Some(message) = &run.info.message {
        Banner::new(Mood::Danger, format!("It failed: {message}")).show(ui);
    }
    if let Some(problem) = &run.problem {
        Banner::new(Mood::Warning, problem).show(ui);
    }
    let gone = match &run.weights {
        Weights::Gone(path) => format!("Its encoder is gone: {}", path.display()),
        Weights::Replaced(path) => format!("Another training has written over its encoder: {}", path.display()),
        _ => return,
    };
    Banner::new(Mood::Warning, gone).show(ui);
}

/// What can be done with a run: words, icon, command, and why it cannot be done now.
pub fn actions(app: &App, run: &Run) -> Vec<(&'static str, &'static str, Command, &'static str)> {
    let folder = || run.folder.clone();
    let busy = if app.train.runs.is_busy(&run.folder) { "Something is being done to it" } else { "" };
    let running = if run.state == RunState::Running { "It is still running: stop it first" } else { busy };
    let open = match (&run.weights, app.document.open.is_some(), run.state) {
        (_, _, RunState::Running) => "It is still running: stop it first",
        (Weights::None | Weights::Gone(_) | Weights::Replaced(_), ..) => "Its weights are not there",
        (_, false, _) if run.info.config().is_none_or(|config| !config.collection.is_given()) => {
            "Open a collection first"
        }
        _ => busy,
    };
    let open_words =
        if matches!(run.weights, Weights::Kept(_)) { "Take its best and open" } else { "Open its encoder" };
    let reuse = if run.info.config().is_some() { "" } else { "Its settings are not known" };
    let export = app.folders.data.join(format!("{} export", file_name(&run.info.title))).display().to_string();
    let deleting = Deleting { folder: folder(), encoders: true };
    vec![
        (open_words, icons::BLOCKS, Command::Train(Ask::OpenRun(folder())), open),
        ("Use its settings", icons::SETTINGS, Command::Train(Ask::Reuse(folder())), reuse),
        ("Rename", icons::EDIT, Command::Train(Ask::Naming(Some((folder(), run.info.title.clone())))), busy),
        ("Export...", icons::EXPORT, Command::Train(Ask::AskExport(Some((folder(), export)))), running),
        ("Delete...", icons::DELETE, Command::Train(Ask::AskDelete(Some(deleting))), running),
    ]
}

/// A name as a folder can be called.
fn file_name(title: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.') { c } else { '-' };
    title.chars().take(60).map(plain).collect::<String>().trim().to_owned()
}

fn figures(ui: &mut egui::Ui, run: &Run) {
    ui.label(fonts::strong("Figures"));
    let info = &run.info;
    let mut row = |name: &str, value: String, unit: &str, tip: &str| {
        key_value(ui, name, &value, unit, tip);
    };
    row("Trained on", runs::source(run).to_owned(), "", "The collection");
    row("Training points", format::count(info.train_points as u64), "", "Points of the sample that it was trained on");
    row("Validation points", format::count(info.val_points as u64), "", "Points of the sample that it was judged on");
    row("Epochs", info.epochs.to_string(), "", "Epochs that it went through");
    if let Some(seconds) = info.seconds {
        row(
            "Time",
            format::duration(Duration::from_secs_f64(seconds.clamp(0.0, 1e9))),
            "",
            "From its beginning to its end",
        );
    }
    if let Some(device) = &info.device {
        row("Device", device.clone(), "", "What it was trained on");
    }
    let Some(m) = &info.metrics else { return };
    let number = |value: f32| format::number(f64::from(value));
    row("Best epoch", m.epoch.to_string(), "", "The epoch with the smallest validation loss, whose weights were kept");
    row("Validation loss", number(m.val_loss), "", "In that epoch; 0 is best");
    row("Training loss", number(m.train_loss), "", "The mean over that epoch");
    if m.val_triplets > 0 {
        let share = format::percent(m.val_failed_triplets as f64 / m.val_triplets as f64);
        row("Failed triplets", share, "", "Validation triplets with a loss above 0");
    }
    row("Dead features", format::count(m.dead as u64), "", "Features that win for none of the validation points");
    row(
        "Even use",
        format::percent(f64::from(m.usage_perplexity)),
        "",
        "Usage perplexity / block size: how evenly features win; 100 % at most",
    );
    if let Some(nmi) = m.nmi {
        let tip = "Normalised mutual information between the blocks' winners: 0 where blocks sort the points in unrelated \
                   ways, 1 where they say the same";
        row("Shared by blocks", number(nmi), "", tip);
    }
}

fn settings(ui: &mut egui::Ui, run: &Run) {
    let Some(config) = run.info.config() else { return };
    ui.label(fonts::strong("Settings"));
    let usual = TrainConfig::default();
    let mut row = |name: &str, value: String, unit: &str, changed: bool| {
        let tip = if changed { "Another value than the reference's" } else { "The reference's value" };
        key_value(ui, name, &value, unit, tip);
    };
    row("Sample", format::count(config.sample as u64), "points", config.sample != usual.sample);
    row("Neighbours", config.limit.to_string(), "", config.limit != usual.limit);
    row("Blocks", config.blocks.to_string(), "", config.blocks != usual.blocks);
    row("Block size", config.block_size.to_string(), "features", config.block_size != usual.block_size);
    row("Epochs", config.epochs.to_string(), "", config.epochs != usual.epochs);
    row("Learning rate", format!("{:e}", config.lr), "", config.lr != usual.lr);
    row("Seed", config.seed.to_string(), "", config.seed != usual.seed);
    row("Device", config.device.to_string(), "", config.device != usual.device);
    row("Validation share", config.split.to_string(), "", config.split != usual.split);
    row("Batch size", config.batch_size.to_string(), "triplets", config.batch_size != usual.batch_size);
    row("Epoch size", format::count(config.epoch_size.into()), "triplets", config.epoch_size != usual.epoch_size);
    row("Smallest margin", config.min_margin.to_string(), "", config.min_margin != usual.min_margin);
    row("Dropout", config.dropout.to_string(), "", config.dropout != usual.dropout);
    row("Rate factor", config.factor.to_string(), "", config.factor != usual.factor);
    row("Patience", config.patience.to_string(), "epochs", config.patience != usual.patience);
}

/// The questions before a run is deleted or exported.
pub fn dialogs(ui: &egui::Ui, app: &App, cx: &mut Cx) {
    let runs = &app.train.runs;
    if let Some(deleting) = &runs.deleting {
        let title = runs.get(&deleting.folder).map_or(String::new(), |run| run.info.title.clone());
        let open = app.document.encoder().is_some_and(|encoder| encoder.path.starts_with(&deleting.folder));
        let shown = Modal::new(Id::unique("delete run")).show(ui.ctx(), |ui| {
            ui.set_width(400.0);
            ui.label(fonts::title("Delete this run?"));
            ui.add_space(space::S);
            ui.add(Label::new(format!("{title}: its curves and settings go for good.")).wrap());
            ui.add_space(space::XS);
            let mut encoders = deleting.encoders;
            let tip = "Without it, the encoder's files stay in the folder of the run";
            if ui.checkbox(&mut encoders, "Delete its encoder, too").on_hover_text(tip).changed() {
                cx.push(Command::Train(Ask::AskDelete(Some(Deleting { encoders, ..deleting.clone() }))));
            }
            if open {
                let words = "Its encoder is open now. It stays open, and cannot be opened again.";
                ui.add(Label::new(RichText::new(words).color(tokens(ui).warning.text)).wrap());
            }
            ui.add_space(space::L);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.add(Button::danger("Delete").icon(icons::DELETE)).clicked() {
                    cx.push(Command::Train(Ask::Delete));
                }
                if ui.add(Button::secondary("Keep it")).clicked() {
                    cx.push(Command::Train(Ask::AskDelete(None)));
                }
            });
        });
        if shown.should_close() {
            cx.push(Command::Train(Ask::AskDelete(None)));
        }
    }
    if let Some((folder, target)) = &runs.exporting {
        let shown = Modal::new(Id::unique("export run")).show(ui.ctx(), |ui| {
            ui.set_width(480.0);
            ui.label(fonts::title("Export this run"));
            ui.add_space(space::S);
            let words = "Its encoders, settings, and curves as a table are copied into a new folder:";
            ui.add(Label::new(words).wrap());
            ui.add_space(space::XS);
            ui.horizontal(|ui| {
                let mut text = target.clone();
                let width = ui.available_width() - 92.0;
                let edit = TextEdit::singleline(&mut text).id_salt("export folder").desired_width(width);
                let tip = "A folder that is new or empty";
                let response = ui.add(edit).accessible_name("Folder to export to").on_hover_text(tip);
                if response.changed() {
                    cx.push(Command::Train(Ask::AskExport(Some((folder.clone(), text)))));
                }
                let browse = Button::secondary("Browse").icon(icons::FOLDER).tip("Choose where by a file dialog");
                if ui.add(browse).clicked() {
                    cx.push(Command::Train(Ask::BrowseExport));
                }
            });
            if let Some(missing) = &app.desk.missing {
                ui.add(Label::new(RichText::new(missing).small().color(tokens(ui).text_secondary)).wrap());
            }
            ui.add_space(space::L);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let button = Button::primary("Export").icon(icons::EXPORT);
                if ui.add_enabled(!target.trim().is_empty(), button).clicked() {
                    cx.push(Command::Train(Ask::Export));
                }
                if ui.add(Button::secondary("Cancel")).clicked() {
                    cx.push(Command::Train(Ask::AskExport(None)));
                }
            });
        });
        if shown.should_close() {
            cx.push(Command::Train(Ask::AskExport(None)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_title_becomes_a_name_that_every_system_takes() {
        assert_eq!(file_name("food, 2026-11-22 01:08 UTC"), "food- 2026-11-22 01-08 UTC");
        assert_eq!(file_name("a/../b"), "a-..-b");
        assert_eq!(file_name(&"x".repeat(200)).len(), 60);
    }
}
