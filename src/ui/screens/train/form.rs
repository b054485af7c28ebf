//! The form.

use std::time::Duration;

use eframe::egui::{self, CollapsingHeader, ComboBox, Label, Panel, RichText, ScrollArea, TextEdit, vec2};

use super::{groups, no_collection};
use crate::app::train::{self, Adapter, Command as Ask, Field, Form, Group, Size, can_start};
use crate::app::{App, Command};
use crate::config::{DeviceChoice, NestedKind, ScheduleKind};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, FieldError, field};
use crate::ui::{Cx, fonts, format, icons};

/// Width of a field of the form, in points.
const FIELD: f32 = 78.0;
/// Width of a list to choose from, in points.
const LIST: f32 = 146.0;

/// Draws it: the fields, and under them what it takes and the button that starts.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let Some(open) = &app.document.open else {
        no_collection(ui, cx);
        return;
    };
    let foot = egui::Frame::new().inner_margin(egui::Margin::symmetric(0, space::S as i8));
    Panel::bottom("train start").frame(foot).show_separator_line(false).show(ui, |ui| start(ui, app, cx));
    ScrollArea::vertical().id_salt("train fields").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.add(Label::new(RichText::new("Train an encoder").text_style(egui::TextStyle::Heading)).truncate());
        let about = format!("on {}, {}", open.info.name, format::counted(open.info.points, "point"));
        ui.add(Label::new(RichText::new(about).color(tokens(ui).text_secondary)).truncate());
        ui.add_space(space::S);
        fields(ui, app, cx);
        ui.add_space(space::S);
    });
}

fn fields(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let state = &app.train;
    let mut form = state.form.clone();
    preset(ui, app, cx);
    let in_the_open: Vec<Field> = state.form.fields(None).collect();
    for name in in_the_open {
        text(ui, app, &mut form, name);
    }
    device(ui, app, &mut form);
    ui.add_space(space::XS);
    for group in Group::ALL.into_iter().filter(|group| group.is_of(state.form.chosen.objective)) {
        if group == Group::Advanced {
            groups::form(ui, app, &mut form);
        }
        folded(ui, app, &mut form, group);
    }
    if form != state.form {
        cx.push(Command::Train(Ask::Edit(Box::new(form))));
    }
}

/// A group of fields under its heading, which says where one of them is wrong.
fn folded(ui: &mut egui::Ui, app: &App, form: &mut Form, group: Group) {
    let state = &app.train;
    let fields: Vec<Field> = state.form.fields(Some(group)).collect();
    let title = match fields.iter().filter(|name| state.checked.problems.contains_key(name)).count() {
        0 => RichText::new(group.title()),
        n => RichText::new(format!("{}: {} wrong", group.title(), format::counted(n as u64, "field")))
            .color(tokens(ui).danger.text),
    };
    let open = form.open.contains(&group);
    let header = CollapsingHeader::new(title).id_salt(("train group", group.title())).open(Some(open));
    let shown = header.show_unindented(ui, |ui| {
        for name in fields {
            text(ui, app, form, name);
            if name == Field::Gain {
                centre(ui, form);
            }
            if name == Field::EpochSize {
                schedule(ui, form);
            }
            if name == Field::L1 {
                nested(ui, form);
            }
        }
    });
    if shown.header_response.on_hover_text(group.about()).clicked() && !form.open.remove(&group) {
        form.open.insert(group);
    }
}

/// The objective and the size, each with a list of its own.
fn preset(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let checked = &app.train.checked;
    let objective = app.train.form.chosen.objective;
    let tip = "What the training is after. It sets all fields but the size, the seed, the device and labels.";
    let changed = if checked.untouched || !checked.problems.is_empty() { "" } else { ", changed" };
    let shown = format!("{}{changed}", train::title(objective));
    list(ui, "Preset", tip, &shown, |ui| {
        for choice in train::OBJECTIVES {
            let response = ui.selectable_label(objective == choice, train::title(choice));
            if response.on_hover_text(train::about(choice)).clicked() {
                cx.push(Command::Train(Ask::Preset(choice)));
            }
        }
    });
    let about = RichText::new(train::about(objective)).small().color(tokens(ui).text_secondary);
    ui.add(Label::new(about).wrap());
    let tip = "How much is trained: points, neighbours, epochs and features";
    let size = checked.size;
    list(ui, "Size", tip, size.map_or("Custom", Size::title), |ui| {
        for choice in Size::ALL {
            let response = ui.selectable_label(size == Some(choice), choice.title());
            if response.on_hover_text(choice.about()).clicked() {
                cx.push(Command::Train(Ask::Resize(choice)));
            }
        }
    });
}

/// A row with a list to choose from.
fn list(ui: &mut egui::Ui, name: &str, tip: &str, shown: &str, choices: impl FnOnce(&mut egui::Ui)) {
    field(ui, name, tip, None, |ui| {
        let combo = ComboBox::from_id_salt(("train list", name)).selected_text(shown).width(LIST);
        let drawn = ui.allocate_ui(vec2(LIST, size::CONTROL), |ui| combo.truncate().show_ui(ui, choices));
        // What is shown may be cut.
        drawn.inner.response.accessible_name(name).on_hover_text(shown);
    });
}

/// A line of explanation under a row.
fn note(ui: &mut egui::Ui, text: &str) {
    ui.horizontal_top(|ui| {
        ui.add_space(size::LABEL + space::S);
        ui.add(Label::new(RichText::new(text).small().color(tokens(ui).text_secondary)).wrap());
    });
}

/// Whether the mean is taken away.
fn centre(ui: &mut egui::Ui, form: &mut Form) {
    let tip = "Takes the mean of the training vectors away before anything else. It becomes part of the biases.";
    field(ui, "Centre", tip, None, |ui| {
        let mut on = form.chosen.terms.centre;
        if ui.checkbox(&mut on, "").accessible_name("Centre").on_hover_text(tip).changed() {
            form.chosen.terms.centre = on;
        }
    });
}

/// Which smaller codes are inside a code.
fn nested(ui: &mut egui::Ui, form: &mut Form) {
    let titled = |kind: NestedKind| match kind {
        NestedKind::None => ("None", "The whole code counts"),
        NestedKind::Active => ("Strongest", "The 4, 8, 16, 32 and 64 strongest features are to do well, too"),
        NestedKind::Prefixes => ("First ones", "The first sixteenth, eighth, quarter and half are to do well, too"),
    };
    let tip = "Smaller codes inside the code that are to reconstruct the vector as well as they can (Matryoshka)";
    list(ui, "Nested codes", tip, titled(form.chosen.autoencoder.nested).0, |ui| {
        for kind in [NestedKind::None, NestedKind::Active, NestedKind::Prefixes] {
            let (name, tip) = titled(kind);
            if ui.selectable_label(form.chosen.autoencoder.nested == kind, name).on_hover_text(tip).clicked() {
                form.chosen.autoencoder.nested = kind;
            }
        }
    });
}

/// How the learning rate goes down.
fn schedule(ui: &mut egui::Ui, form: &mut Form) {
    let titled = |kind: ScheduleKind| match kind {
        ScheduleKind::Plateau => ("Plateau", "Lowered by a factor whenever the validation loss stays level"),
        ScheduleKind::Cosine => ("Cosine", "Along a half cosine from the learning rate to nothing at the last step"),
    };
    let tip = "How the learning rate goes down";
    list(ui, "Schedule", tip, titled(form.chosen.schedule).0, |ui| {
        for kind in [ScheduleKind::Cosine, ScheduleKind::Plateau] {
            let (name, tip) = titled(kind);
            if ui.selectable_label(form.chosen.schedule == kind, name).on_hover_text(tip).clicked() {
                form.chosen.schedule = kind;
            }
        }
    });
}

/// A field that is typed into, with what is wrong with it or should be known of it under it.
fn text(ui: &mut egui::Ui, app: &App, form: &mut Form, name: Field) {
    let checked = &app.train.checked;
    let problem = checked.problems.get(&name).map(FieldError::new);
    let config = checked.config.as_ref().unwrap_or(&app.train.form.chosen);
    let (title, unit) = (name.title(config.objective), name.unit(config));
    field(ui, title, name.about(), problem.as_ref(), |ui| {
        let mut text = form.text(name).to_owned();
        let edit = TextEdit::singleline(&mut text).id_salt(("train", name)).desired_width(FIELD);
        let edit = if problem.is_some() { edit.text_color(tokens(ui).danger.text) } else { edit };
        if ui.add(edit).accessible_name(title).on_hover_text(name.about()).changed() {
            form.set(name, text);
        }
        if !unit.is_empty() {
            ui.label(RichText::new(unit).color(tokens(ui).text_secondary));
        }
    });
    if let Some(text) = checked.notes.get(&name) {
        note(ui, &format!("{text}."));
    }
}

fn device(ui: &mut egui::Ui, app: &App, form: &mut Form) {
    let adapters = app.train.adapters.as_deref();
    let tip = "Where the arithmetic is done. Automatic takes a graphics adapter where there is a real one, and the CPU \
               otherwise.";
    let now = form.chosen.device;
    list(ui, "Device", tip, &device_title(now, adapters), |ui| {
        for choice in [DeviceChoice::Auto, DeviceChoice::Gpu, DeviceChoice::Cpu] {
            // Before it is known what there is, everything may be chosen.
            let there = choice != DeviceChoice::Gpu || adapters.is_none_or(|found| !found.is_empty());
            let label = egui::Button::selectable(now == choice, device_title(choice, adapters));
            let response = ui.add_enabled(there, label);
            if response.on_disabled_hover_text("No graphics adapter was found").clicked() {
                form.chosen.device = choice;
            }
        }
    });
}

fn device_title(choice: DeviceChoice, adapters: Option<&[Adapter]>) -> String {
    let real = adapters.and_then(|all| all.iter().find(|adapter| !adapter.software));
    match (choice, real, adapters) {
        (DeviceChoice::Cpu, ..) => "CPU".to_owned(),
        (DeviceChoice::Auto, Some(adapter), _) => format!("Automatic: {}", adapter.name),
        (DeviceChoice::Auto, None, Some(_)) => "Automatic: CPU".to_owned(),
        (DeviceChoice::Auto, None, None) => "Automatic".to_owned(),
        (DeviceChoice::Gpu, Some(adapter), _) => format!("GPU: {}", adapter.name),
        (DeviceChoice::Gpu, None, Some([adapter, ..])) => format!("GPU: {}, software", adapter.name),
        (DeviceChoice::Gpu, None, Some([])) => "GPU: none found".to_owned(),
        (DeviceChoice::Gpu, None, None) => "GPU".to_owned(),
    }
}

/// What it will take, and the button.
fn start(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let state = &app.train;
    ui.spacing_mut().item_spacing.y = space::XS;
    estimate(ui, app);
    ui.add_space(space::XS);
    let wrong = state.checked.problems.len() + state.checked.groups.len();
    let (words, why) = if state.running().is_some() {
        ("A training is running", "One training at a time: stop or cancel it first".to_owned())
    } else if wrong > 0 {
        (
            "Start training",
            if wrong == 1 { "A field needs another value" } else { "Some fields need other values" }.to_owned(),
        )
    } else {
        ("Start training", String::new())
    };
    let tip = "Samples the collection, finds the neighbours of each point, and trains. You can go on browsing.";
    let button = Button::primary(words).icon(icons::PLAY).min_width(ui.available_width()).tip(tip);
    let response = ui.add_enabled(can_start(app), button);
    if response.on_disabled_hover_text(&why).clicked() {
        cx.push(Command::Train(Ask::Start));
    }
    if wrong > 0 {
        ui.label(RichText::new(format!("{why}.")).small().color(tokens(ui).danger.text));
    }
}

fn estimate(ui: &mut egui::Ui, app: &App) {
    let tokens = tokens(ui);
    let weak = |text: String| RichText::new(text).color(tokens.text_secondary);
    let Some(estimate) = &app.train.estimate else {
        let words = if app.train.checked.config.is_none() { "No estimate yet" } else { "Measuring this machine" };
        ui.label(weak(words.to_owned()));
        return;
    };
    let time = |seconds: f64| format::duration(Duration::from_secs_f64(seconds.clamp(0.0, 1e9)));
    let parts = &estimate.parts;
    let gpu = on_gpu(app.train.form.chosen.device, app.train.adapters.as_deref());
    let mut tip = format!(
        "Reading points: {}\nNeighbours: {}\nSteps: {}\nJudging and saving: {}\nReckoned from how fast this machine's \
         processor is.",
        time(parts.reading),
        time(parts.neighbours),
        time(parts.preparing + parts.steps),
        time(parts.judging + parts.finishing)
    );
    if gpu {
        tip += "\nWhat a graphics adapter takes is not known beforehand; this is what the CPU would take.";
    }
    if estimate.rough {
        tip += "\nWhat the server takes for its part is only guessed.";
    }
    let about = match (gpu, estimate.rough) {
        (true, _) => "on the CPU about",
        (false, true) => "roughly",
        (false, false) => "about",
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(fonts::icon(icons::CLOCK, 14.0).color(tokens.text_secondary));
        ui.label(weak(about.to_owned()));
        ui.label(fonts::strong(time(estimate.seconds))).on_hover_text(&tip);
        ui.add_space(space::S);
        ui.label(fonts::icon(icons::MEMORY, 14.0).color(tokens.text_secondary));
        let memory = "Memory that the training takes at most, above what the window takes anyway";
        ui.label(weak(format::bytes(estimate.memory_bytes))).on_hover_text(memory);
    });
}

/// Whether a training would run on a graphics adapter.
fn on_gpu(choice: DeviceChoice, adapters: Option<&[Adapter]>) -> bool {
    match choice {
        DeviceChoice::Cpu => false,
        DeviceChoice::Gpu => true,
        DeviceChoice::Auto => adapters.is_some_and(|all| all.iter().any(|adapter| !adapter.software)),
    }
}
