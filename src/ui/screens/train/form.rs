//! The form.

use std::time::Duration;

use eframe::egui::{self, CollapsingHeader, ComboBox, Label, Panel, RichText, ScrollArea, TextEdit, vec2};

use super::{groups, no_collection};
use crate::app::train::{Adapter, Command as Ask, Field, Form, Preset, can_start};
use crate::app::{App, Command};
use crate::config::DeviceChoice;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, FieldError, field};
use crate::ui::{Cx, fonts, format, icons};

/// Width of a field of the form, in points.
const FIELD: f32 = 78.0;
/// Width of a list to choose from, in points.
const LIST: f32 = 138.0;

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
    for name in Field::MAIN {
        text(ui, app, &mut form, name);
    }
    device(ui, app, &mut form);
    ui.add_space(space::XS);
    groups::form(ui, app, &mut form);
    let hidden = Field::ADVANCED.iter().filter(|name| state.checked.problems.contains_key(name)).count();
    let title = match hidden {
        0 => RichText::new("Advanced"),
        n => RichText::new(format!("Advanced: {} wrong", format::counted(n as u64, "field")))
            .color(tokens(ui).danger.text),
    };
    let header = CollapsingHeader::new(title).id_salt("train advanced").open(Some(form.advanced));
    let shown = header.show_unindented(ui, |ui| {
        for name in Field::ADVANCED {
            text(ui, app, &mut form, name);
        }
    });
    let tip = "Batches, triplets, dropout and the schedule of the learning rate";
    if shown.header_response.on_hover_text(tip).clicked() {
        form.advanced = !form.advanced;
    }
    if form != state.form {
        cx.push(Command::Train(Ask::Edit(Box::new(form))));
    }
}

fn preset(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let preset = app.train.checked.preset;
    let tip = "Values for all fields but seed and device. Any change makes them your own.";
    field(ui, "Preset", tip, None, |ui| {
        let title = preset.map_or("Custom", Preset::title);
        let combo = ComboBox::from_id_salt("train preset").selected_text(title).width(LIST);
        ui.allocate_ui(vec2(LIST, size::CONTROL), |ui| {
            combo.truncate().show_ui(ui, |ui| {
                for choice in Preset::ALL {
                    let response = ui.selectable_label(preset == Some(choice), choice.title());
                    if response.on_hover_text(choice.about()).clicked() {
                        cx.push(Command::Train(Ask::Preset(choice)));
                    }
                }
            })
        });
    });
}

/// A field that is typed into, with what is wrong with it or should be known of it under it.
fn text(ui: &mut egui::Ui, app: &App, form: &mut Form, name: Field) {
    let checked = &app.train.checked;
    let problem = checked.problems.get(&name).map(FieldError::new);
    field(ui, name.title(), name.about(), problem.as_ref(), |ui| {
        let mut text = form.text(name).to_owned();
        let edit = TextEdit::singleline(&mut text).id_salt(("train", name)).desired_width(FIELD);
        let edit = if problem.is_some() { edit.text_color(tokens(ui).danger.text) } else { edit };
        if ui.add(edit).accessible_name(name.title()).on_hover_text(name.about()).changed() {
            form.set(name, text);
        }
        if !name.unit().is_empty() {
            ui.label(RichText::new(name.unit()).color(tokens(ui).text_secondary));
        }
    });
    if let Some(note) = checked.notes.get(&name) {
        ui.horizontal_top(|ui| {
            ui.add_space(size::LABEL + space::S);
            let note = RichText::new(format!("{note}.")).small().color(tokens(ui).text_secondary);
            ui.add(Label::new(note).wrap());
        });
    }
}

fn device(ui: &mut egui::Ui, app: &App, form: &mut Form) {
    let adapters = app.train.adapters.as_deref();
    let tip = "Where the arithmetic is done. Automatic takes a graphics adapter where there is a real one, and the CPU \
               otherwise.";
    field(ui, "Device", tip, None, |ui| {
        let title = device_title(form.device, adapters);
        let combo = ComboBox::from_id_salt("train device").selected_text(title.as_str()).width(LIST);
        let shown = ui.allocate_ui(vec2(LIST, size::CONTROL), |ui| {
            combo.truncate().show_ui(ui, |ui| {
                for choice in [DeviceChoice::Auto, DeviceChoice::Gpu, DeviceChoice::Cpu] {
                    // Before it is known what there is, everything may be chosen.
                    let there = choice != DeviceChoice::Gpu || adapters.is_none_or(|found| !found.is_empty());
                    let label = egui::Button::selectable(form.device == choice, device_title(choice, adapters));
                    let response = ui.add_enabled(there, label);
                    if response.on_disabled_hover_text("No graphics adapter was found").clicked() {
                        form.device = choice;
                    }
                }
            })
        });
        // The title may be cut.
        shown.inner.response.accessible_name("Device").on_hover_text(title);
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
    let gpu = on_gpu(app.train.form.device, app.train.adapters.as_deref());
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
