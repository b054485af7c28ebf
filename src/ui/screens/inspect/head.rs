//! Over the cards: what can be inspected, the threshold, saving, and what is going on.

use eframe::egui::{
    Align, ComboBox, Id, Key, Label, Layout, Popup, PopupCloseBehavior, RichText, Slider, TextEdit, Ui, vec2,
};

use super::{figure, outliers};
use crate::app::inspect::{Command, Paint, Saving, Texts, What};
use crate::app::{App, Change, Command as Any, Dialog, JobState};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Banner, Button, IconButton, Mood, Progress};
use crate::ui::{Cx, format, icons};

/// Width that the field for a text has at least, in points.
const TEXT: f32 = 110.0;
/// Under this width words give way to icons.
const NARROW: f32 = 560.0;

fn push(cx: &mut Cx, command: Command) {
    cx.push(Any::Inspect(command));
}

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    inputs(ui, app, cx);
    if !app.inspect.cards().is_empty() {
        settings(ui, app, cx);
        if app.inspect.cards().iter().any(|card| card.judged().is_some()) {
            outliers::settings(ui, app, cx);
        }
    }
    if app.desk.missing.is_some() {
        file(ui, app, cx);
    }
    if let Some(saving) = &app.inspect.saving {
        self::saving(ui, saving, app.desk.missing.is_none(), cx);
    }
    progress(ui, app, cx);
    question(ui, app, cx);
    copied(ui, app, cx);
}

/// The ways to bring something in, and what can be done with all cards.
fn inputs(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        let tip = "Chooses picture files. They can also be dropped anywhere in the window, or pasted.";
        let button = Button::primary(if narrow { "Pictures" } else { "Choose pictures" }).icon(icons::IMAGES).tip(tip);
        if ui.add(button).clicked() {
            push(cx, Command::Browse);
        }
        let open = app.document.open.is_some();
        let tip = if open {
            "Inspects a point of the collection: by its id, or chosen among pictures"
        } else {
            "No collection is open"
        };
        let button = Button::secondary(if narrow { "Point" } else { "Choose a point" }).icon(icons::GRID).tip(tip);
        if ui.add_enabled(open, button).clicked() {
            cx.push(Any::Dialog(Some(Dialog::Points)));
        }
        let tip =
            if open { "Inspects a point of the collection that is drawn at random" } else { "No collection is open" };
        if ui.add_enabled(open, IconButton::new(icons::SHUFFLE, "Inspect a random point").tip(tip)).clicked() {
            push(cx, Command::Random);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let some = !app.inspect.cards().is_empty();
            let clear = IconButton::new(icons::DELETE, "Remove all").tip("Takes all cards away; undo brings them back");
            if ui.add_enabled(some, clear).clicked() {
                push(cx, Command::Clear);
            }
            export(ui, app, cx, narrow);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| text(ui, app, cx));
        });
    });
}

/// The field for a text.
fn text(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let texts = app.inspect.texts();
    let (enabled, tip) = match texts {
        Texts::Yes => (true, "A text to inspect: Enter takes it".to_owned()),
        Texts::No(why) => (false, format!("Texts cannot be inspected here: {why}")),
        Texts::Unknown if app.document.open.is_none() => (false, "No collection is open".to_owned()),
        Texts::Unknown => (false, "Checking whether the model has a side for texts".to_owned()),
    };
    let mut typed = app.inspect.text.clone();
    let button = size::CONTROL + space::S;
    let width = (ui.available_width() - button).clamp(TEXT, 420.0);
    let edit = TextEdit::singleline(&mut typed)
        .id_salt("inspect a text")
        .hint_text(if enabled { "Inspect a text" } else { "No texts here" })
        .min_size(vec2(width, size::CONTROL))
        .desired_width(width - 16.0);
    let response = ui.add_enabled(enabled, edit).accessible_name("Inspect a text");
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    response.on_hover_text(&tip).on_disabled_hover_text(&tip);
    if typed != app.inspect.text {
        push(cx, Command::EditText(typed.clone()));
    }
    let some = enabled && !typed.trim().is_empty();
    let clicked = ui.add_enabled(some, IconButton::new(icons::INSPECT, "Inspect the text").tip(&tip)).clicked();
    if some && (entered || clicked) {
        push(cx, Command::Text);
    }
}

/// How the figure is drawn now.
fn paint(ui: &Ui) -> Paint {
    Paint { draw: figure::draw, dark: tokens(ui).dark }
}

/// The menu of what can be saved.
fn export(ui: &mut Ui, app: &App, cx: &mut Cx, narrow: bool) {
    let some = app.inspect.scale().is_some() && app.inspect.cards().iter().any(|card| card.judged().is_some());
    let tip = if some { "Saves the cards as a picture, or their numbers" } else { "Nothing is judged yet" };
    let response = if narrow {
        ui.add_enabled(some, IconButton::new(icons::EXPORT, "Export").tip(tip))
    } else {
        ui.add_enabled(some, Button::secondary("Export").icon(icons::EXPORT).tip(tip))
    };
    let paint = paint(ui);
    Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClick).width(230.0).show(|ui| {
        let mut item = |ui: &mut Ui, words: &str, tip: &str, command: Command| {
            if ui.button(words).on_hover_text(tip).clicked() {
                push(cx, command);
            }
        };
        let tip = "A PNG of all judged cards side by side, at twice the size of the screen's points";
        item(ui, "Figure as PNG...", tip, Command::Save(What::Figure, paint));
        item(ui, "Copy the figure", "The same, to the clipboard", Command::Copy(paint));
        ui.separator();
        let tip = "What the command \"inspect --json\" gives";
        item(ui, "Numbers as JSON...", tip, Command::Save(What::Json, paint));
        let tip = "One line a card, for a spreadsheet";
        item(ui, "Numbers as CSV...", tip, Command::Save(What::Csv, paint));
    });
}

/// The threshold and the model.
fn settings(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        let tip = "Features with an output above it count, on every screen. Outputs go from 0 to 1. The line in the bars \
                   moves it, too.";
        let label = ui.label(RichText::new("Threshold").color(tokens(ui).text_secondary)).on_hover_text(tip);
        let mut threshold = app.settings.threshold;
        let slider = Slider::new(&mut threshold, 0.0..=0.995)
            .step_by(0.005)
            .custom_formatter(|value, _| format::probability(value))
            .custom_parser(|text| text.trim().parse().ok());
        if ui.add(slider).labelled_by(label.id).on_hover_text(tip).changed() {
            cx.push(Any::Settings(Change::Threshold(threshold)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| model(ui, app, cx));
    });
}

/// The model that inputs go through.
fn model(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(open) = &app.document.open else { return };
    let chosen = app.settings.of(&open.collection).and_then(|known| known.model.as_deref());
    let own = open.model.as_deref().unwrap_or("the usual model");
    let tip = format!(
        "The model that pictures and texts go through. It has to be the one that the collection's points went through; \
         theirs is {own}."
    );
    let shown = chosen.unwrap_or(own);
    let shown = format::elide(shown.rsplit('/').next().unwrap_or(shown), 24);
    let mut picked = None;
    let combo = ComboBox::from_id_salt("model").selected_text(shown).truncate().width(150.0).show_ui(ui, |ui| {
        let words = format!("As the collection says: {own}");
        if ui.selectable_label(chosen.is_none(), words).clicked() {
            picked = Some(None);
        }
        for name in app.inspect.models() {
            if ui.selectable_label(chosen == Some(name), name).clicked() {
                picked = Some(Some(name.clone()));
            }
        }
    });
    combo.response.accessible_name("Model").on_hover_text(tip);
    if ui.available_width() > 60.0 {
        ui.label(RichText::new("Model").color(tokens(ui).text_secondary));
    }
    if let Some(model) = picked {
        push(cx, Command::Model(model));
    }
}

/// A path to type, where the desktop has no dialogs to choose one.
fn file(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Picture file").color(tokens(ui).text_secondary));
        let mut typed = app.inspect.file.clone();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let some = !typed.trim().is_empty();
            let button = Button::secondary("Inspect").icon(icons::INSPECT).tip("Inspects the file at this path");
            let clicked = ui.add_enabled(some, button).clicked();
            let edit = TextEdit::singleline(&mut typed).id_salt("picture file").desired_width(f32::INFINITY);
            let why = app.desk.missing.as_deref().unwrap_or_default();
            let tip = format!("The whole path of a picture or a folder. It is typed because {why}");
            let response = ui.add(edit).labelled_by(label.id).on_hover_text(tip);
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if typed != app.inspect.file {
                push(cx, Command::EditFile(typed.clone()));
            }
            if some && (clicked || entered) {
                push(cx, Command::File);
            }
        });
    });
}

/// Where to save.
fn saving(ui: &mut Ui, saving: &Saving, dialogs: bool, cx: &mut Cx) {
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        let name = format!("Save {} as", saving.what.name());
        let label = ui.label(RichText::new(&name).color(tokens(ui).text_secondary));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(IconButton::new(icons::CLOSE, "Do not save")).clicked() {
                push(cx, Command::DropSave);
            }
            let words = if saving.exists { "Replace" } else { "Save" };
            let button = if saving.exists { Button::danger(words) } else { Button::primary(words) };
            let save = ui.add_enabled(!saving.is_writing(), button.icon(icons::SAVE).tip("Writes the file")).clicked();
            let browse = Button::secondary("Browse").icon(icons::FOLDER).tip("Chooses the place by a dialog");
            if dialogs && ui.add(browse).clicked() {
                push(cx, Command::BrowseSave);
            }
            let mut path = saving.path.clone();
            let edit = TextEdit::singleline(&mut path).id_salt("save as").desired_width(f32::INFINITY);
            let response = ui.add(edit).labelled_by(label.id).on_hover_text("The file to write");
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if path != saving.path {
                push(cx, Command::EditPath(path));
            }
            if save || (entered && !saving.exists) {
                push(cx, Command::SaveNow { replace: saving.exists });
            }
        });
    });
    if saving.exists {
        let text = RichText::new("A file of this name is there already.").color(tokens(ui).warning.text);
        ui.add(Label::new(text).wrap());
    }
    if let Some(problem) = &saving.problem {
        super::cards::failed(ui, problem);
    }
}

/// How far the judging is.
fn progress(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(job) = app.inspect.job().and_then(|key| app.jobs.get(key)) else { return };
    ui.add_space(space::XS);
    let (mut share, mut words, mut left) = (None, "Waiting for the job before it".to_owned(), String::new());
    if job.state == JobState::Cancelling {
        words = "Cancelling".to_owned();
    } else if let Some(progress) = &job.progress {
        share = progress.total.filter(|total| *total > 0).map(|total| progress.done as f32 / total as f32);
        words = match progress.total {
            Some(total) => format!(
                "{}: {} of {} {}",
                capital(&progress.stage),
                format::count(progress.done),
                format::count(total),
                progress.unit
            ),
            None => format!("{}: {} {}", capital(&progress.stage), format::count(progress.done), progress.unit),
        };
        left = progress.left.filter(|left| left.is_finite() && *left >= 1.0).map_or_else(String::new, |left| {
            format!("{} left", format::duration(std::time::Duration::from_secs_f64(left)))
        });
    } else if job.state == JobState::Running {
        words = job.title.clone();
    }
    if Progress::new(share, &words).detail(&left).cancel("Cancel the inspection").show(ui) {
        push(cx, Command::Cancel);
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The question before a download.
fn question(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(question) = app.inspect.question() else { return };
    ui.add_space(space::XS);
    let each = question.downloads.iter().map(|download| match download.bytes {
        Some(bytes) => format!("{} ({}) from {}", download.model, format::bytes(bytes), download.from),
        None => format!("{} (its size is not known) from {}", download.model, download.from),
    });
    let words = format!("Download {}?", each.collect::<Vec<_>>().join(" and "));
    let hint = "The model that the collection was made with is not on this machine. It is kept for the next time.";
    let shown = Banner::new(Mood::Info, words).hint(hint).action("Download").closable().show(ui);
    if shown.acted || shown.closed {
        push(cx, Command::Download(shown.acted));
    }
}

/// Gives a figure that is drawn to the clipboard.
fn copied(ui: &mut Ui, app: &App, cx: &mut Cx) {
    if let Some(picture) = app.inspect.figure() {
        // Once, although the command is only obeyed after this frame.
        let id = Id::unique("figure copied");
        let address = std::sync::Arc::as_ptr(picture) as usize;
        if ui.data(|data| data.get_temp::<usize>(id)) != Some(address) {
            ui.copy_image(super::own::image_of(picture));
            ui.data_mut(|data| data.insert_temp(id, address));
        }
        push(cx, Command::Copied);
    } else if app.inspect.is_copying() {
        ui.add_space(space::XS);
        Progress::new(None, "Drawing the figure").show(ui);
    }
}
