//! The sliders that steer: a weight for each feature, and what they count for together.

use eframe::egui::{
    self, Align, DragValue, Label, Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Sense, TextEdit, Ui, vec2,
};

use super::query::{draft, entered, wrong};
use super::slider::WeightSlider;
use super::{complete, edit, push};
use crate::app::search::{Command, Draft, Edit, Preset, STRONGEST, saved};
use crate::app::{App, Command as Any, Screen, Selected};
use crate::ui::screens::features::title;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Chip, IconButton, link};
use crate::ui::{Cx, fonts, format, icons};

/// Height of a slider's row with its name over it, and with its name beside it, in points.
const TALL: f32 = 54.0;
const FLAT: f32 = size::CONTROL;
/// From this width on, two chips stand in a row.
const BESIDE: f32 = 400.0;
/// Width of a number.
const NUMBER: f32 = 50.0;
/// Rows that are seen at once where the sliders stand over the results.
const ROWS: usize = 4;

/// The sliders beside the results.
pub fn beside(ui: &mut Ui, app: &App, cx: &mut Cx) {
    head(ui, app, cx);
    if !encoder(ui, app, cx) {
        return;
    }
    strength(ui, app, cx);
    add(ui, app, cx);
    ui.add_space(space::XS);
    telling(ui, app, cx);
    rows(ui, app, cx, TALL, f32::INFINITY);
}

/// The sliders over the results, which can be folded away.
pub fn over(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        let folded = app.search.folded;
        let (icon, name) =
            if folded { (icons::CHEVRON_RIGHT, "Show the sliders") } else { (icons::CHEVRON_DOWN, "Hide the sliders") };
        if ui.add(IconButton::new(icon, name)).clicked() {
            push(cx, Command::Sliders(folded));
        }
        head(ui, app, cx);
    });
    if app.search.folded || !encoder(ui, app, cx) {
        return;
    }
    ui.horizontal(|ui| {
        let half = (ui.available_width() - space::S) / 2.0;
        ui.allocate_ui_with_layout(vec2(half, size::CONTROL), Layout::left_to_right(Align::Center), |ui| {
            ui.set_max_width(half);
            add(ui, app, cx);
        });
        strength(ui, app, cx);
    });
    let few = app.search.query.weights.len() < ROWS;
    if few {
        telling(ui, app, cx);
    }
    // Rows that are cut show that there are more.
    let count = app.search.query.weights.len();
    let shown = if count > ROWS { ROWS as f32 - 0.4 } else { count as f32 };
    ui.scope(|ui| rows(ui, app, cx, FLAT, (FLAT + space::XXS) * shown.max(1.0)));
}

/// Whether there is an encoder; where there is none, that is said.
fn encoder(ui: &mut Ui, app: &App, cx: &mut Cx) -> bool {
    if app.document.encoder().is_some() {
        return true;
    }
    let text = "Steering moves what shows a feature up or down. Features are an encoder's, and none is open.";
    ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).wrap());
    if link(ui, "Train an encoder", "To Train").clicked() {
        cx.push(Any::Show(Screen::Train));
    }
    false
}

fn head(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        let tip = "score = similarity + strength \u{d7} the sum over features of weight \u{d7} (\u{221a}activation - its mean)";
        ui.label(fonts::strong("Steering")).on_hover_text(tip);
        let some = app.search.query.steering().map_or(0, |steering| steering.weights.len());
        if some > 0 {
            let words = format!("by {}", format::counted(some as u64, "feature"));
            ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if app.document.encoder().is_none() {
                return;
            }
            menu(ui, app, cx);
            let flat = crate::app::search::flat(app);
            let tip = "Sets all weights to zero; undo brings them back";
            if ui.add_enabled(flat.is_some(), IconButton::new(icons::REFRESH, "Set all to zero").tip(tip)).clicked()
                && let Some(command) = flat
            {
                cx.push(command);
            }
        });
    });
}

/// Weights that are made for what is searched by, those that were kept, and what can be done with all of them.
fn menu(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let response =
        ui.add(IconButton::new(icons::SETTINGS, "Presets").tip("Weights that are made for the query, or were kept"));
    let weights = &app.search.query.weights;
    Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(230.0).show(|ui| {
        let ready = app.search.query.by().is_some();
        for preset in Preset::ALL {
            let line = ui.add_enabled(ready, egui::Button::new(preset.label()));
            let line = line.on_disabled_hover_text("Search for something first");
            if line.on_hover_text(preset.about()).clicked() {
                push(cx, Command::Preset(preset));
                ui.close();
            }
        }
        for saved in saved(app) {
            ui.horizontal(|ui| {
                let tip =
                    saved.weights.iter().map(|(feature, weight)| format!("{weight:+.2} {}", title(app, *feature)));
                let tip = tip.collect::<Vec<_>>().join("\n");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let name = format!("Forget {}", saved.name);
                    if ui.add(IconButton::new(icons::CLOSE, &name).small()).clicked() {
                        push(cx, Command::DropSaved(saved.name.clone()));
                    }
                    let line = egui::Button::new(&saved.name).truncate().min_size(vec2(ui.available_width(), 0.0));
                    if ui.add(line).on_hover_text(tip).clicked() {
                        edit(cx, Edit::Weights(format!("Steer by {}", saved.name), saved.weights.clone()));
                        ui.close();
                    }
                });
            });
        }
        ui.separator();
        let mut all = |ui: &mut Ui, words: &str, tip: &str, usable: bool, change: Vec<(usize, f32)>| {
            if ui.add_enabled(usable, egui::Button::new(words)).on_hover_text(tip).clicked() {
                edit(cx, Edit::Weights(words.to_owned(), change));
                ui.close();
            }
        };
        let some = !weights.is_empty();
        let turned = weights.iter().map(|(feature, weight)| (*feature, -weight)).collect();
        all(ui, "Turn all weights round", "What was wanted is not wanted, and the other way round", some, turned);
        let pinned = app.document.notes.iter().flat_map(|notes| notes.notes.pins.iter().copied());
        let missing: Vec<usize> = pinned.filter(|feature| app.search.query.weight(*feature).is_none()).collect();
        let more = weights.iter().copied().chain(missing.iter().map(|feature| (*feature, 0.0))).collect();
        let tip = "Gives each pinned feature a slider, in the middle";
        all(ui, "Add the pinned features", tip, !missing.is_empty(), more);
        all(ui, "Remove all sliders", "Takes them away; undo brings them back", some, Vec::new());
        ui.separator();
        ui.add_enabled_ui(some, |ui| {
            let tip = "Keeps the present weights with the collection, under this name: Enter keeps them";
            draft(ui, app, cx, Draft::Name, "Name for the present weights", "Keep these as...", tip, 214.0);
        });
    });
}

fn strength(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let usual = "What the weights count for against the query, be it a text, a picture or a point: 0 leaves the default \
                 order. A double click puts it back to 1.";
    let mut strength = app.search.query.strength;
    let tip = match app.search.results.as_ref().and_then(|results| results.details.alpha) {
        Some(alpha) => format!("{usual}\n\nFor the results shown it came to an alpha of {alpha:.3}."),
        None => usual.to_owned(),
    };
    ui.horizontal(|ui| {
        let words = "Strength";
        ui.label(RichText::new(words).color(tokens(ui).text_secondary)).on_hover_text(&tip);
        let width = ui.available_width() - NUMBER - space::S;
        let colour = tokens(ui).accent_text;
        let slider = WeightSlider::new("Strength of the steering", 0.0..=STRONGEST, 1.0, colour).tip(&tip);
        let response = slider.show(ui, &mut strength, width);
        let drag = DragValue::new(&mut strength).range(0.0..=STRONGEST).speed(0.005).fixed_decimals(2);
        let number = number(ui, drag).accessible_name("Strength as a number");
        if response.changed() || number.changed() {
            edit(cx, Edit::Strength(strength));
        }
        for response in [response, number] {
            if response.drag_stopped() || response.lost_focus() || response.double_clicked() {
                push(cx, Command::Settled);
            }
        }
    });
}

/// A number to type or drag, always of the same width.
fn number(ui: &mut Ui, drag: DragValue<'_>) -> egui::Response {
    ui.scope(|ui| {
        ui.spacing_mut().button_padding.x = space::XS;
        ui.spacing_mut().interact_size.x = NUMBER;
        ui.add_sized([NUMBER, size::CONTROL], drag)
    })
    .inner
}

/// The field that gives one more feature a slider.
fn add(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let before = app.search.typed(Draft::Feature);
    let mut text = before.text.clone();
    let offered = &app.search.matching;
    let id = ui.make_persistent_id("steer by a feature");
    let taken = complete::keys(ui, id, offered);
    let width = ui.available_width();
    let field = TextEdit::singleline(&mut text)
        .id(id)
        .hint_text("Steer by a feature")
        .prefix(fonts::icon(icons::PLUS, 14.0).color(tokens(ui).text_secondary))
        .min_size(vec2(width, size::CONTROL))
        .desired_width(width - 34.0);
    let response = ui.add(field).accessible_name("Steer by a feature");
    let first = response.gained_focus() && before.text.is_empty();
    if text != before.text || first {
        push(cx, Command::Draft(Draft::Feature, text.clone()));
    }
    if entered(ui, &response) && !text.trim().is_empty() {
        push(cx, Command::Take(Draft::Feature));
        response.request_focus();
    }
    let clicked = complete::show(ui, &response, app, cx, offered);
    if let Some(feature) = taken.or(clicked) {
        push(cx, Command::Draft(Draft::Feature, feature.to_string()));
        push(cx, Command::Take(Draft::Feature));
    }
    response.on_hover_text("Name or index of a feature: it gets a slider");
    if let Some(problem) = &before.problem {
        wrong(ui, problem, None);
    }
}

/// The strongest features of what is searched by, to begin with.
fn telling(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(results) = &app.search.results else { return };
    let query = &app.search.query;
    let more: Vec<&(usize, f32)> = results.details.telling.iter().filter(|(f, _)| query.weight(*f).is_none()).collect();
    if more.is_empty() {
        return;
    }
    let (head, of) = if results.details.told_of_results {
        ("In the best results", "the mean of the best results")
    } else {
        ("In the query", "what is searched by")
    };
    let tip = format!("The features that fire for {of}, with their activations");
    ui.label(RichText::new(head).small().color(tokens(ui).text_secondary)).on_hover_text(tip);
    let most = ui.available_width();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        for (feature, value) in more.into_iter().take(5) {
            let (name, value) = (title(app, *feature), format::probability(f64::from(*value)));
            let tip = format!("{name} fires by {value} for {of}. A click steers by it.");
            let name = super::list::short(app, *feature);
            let width = if most > BESIDE { most / 2.0 - space::XS } else { most };
            let chip = Chip::new(&name).color(colour(ui, app, *feature)).value(&value).tip(&tip).max_width(width);
            if chip.show(ui).response.clicked() {
                edit(cx, Edit::AddFeature(*feature));
            }
        }
    });
    ui.add_space(space::XS);
}

/// The colour of a feature's block.
pub fn colour(ui: &Ui, app: &App, feature: usize) -> egui::Color32 {
    let size = app.document.encoder().map_or(1, |open| open.encoder.block_size()).max(1);
    tokens(ui).block(feature / size)
}

/// The sliders, of which only those are drawn that are seen.
fn rows(ui: &mut Ui, app: &App, cx: &mut Cx, height: f32, most: f32) {
    let weights = &app.search.query.weights;
    if weights.is_empty() {
        let text = "Add a feature: what shows it moves up, or down to the left of the middle.";
        ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).wrap());
        return;
    }
    let scroll = ScrollArea::vertical().id_salt("weights").max_height(most).auto_shrink([false, most.is_finite()]);
    ui.spacing_mut().item_spacing.y = if height == FLAT { space::XXS } else { space::XS };
    scroll.show_rows(ui, height, weights.len(), |ui, seen| {
        for (feature, weight) in &weights[seen] {
            ui.push_id(feature, |ui| row(ui, app, cx, *feature, *weight, height));
        }
    });
}

fn row(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize, weight: f32, height: f32) {
    let name = title(app, feature);
    let (flat, room) = (height == FLAT, ui.available_width() - space::S);
    let mut value = weight;
    let tip = format!("Weight of {name}, -1 to 1. A double click puts it back to the middle.");
    let slider = |ui: &mut Ui, value: &mut f32, width: f32| {
        let colour = colour(ui, app, feature);
        let words = format!("Weight of {name}");
        WeightSlider::new(&words, -1.0..=1.0, 0.0, colour).tip(&tip).show(ui, value, width)
    };
    ui.allocate_ui_with_layout(vec2(room, height), Layout::top_down(Align::Min), |ui| {
        ui.set_max_width(room);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut moved = None;
        ui.horizontal(|ui| {
            ui.set_min_height(FLAT);
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_height(FLAT);
                let remove = format!("Remove the slider of {name}");
                if ui.add(IconButton::new(icons::CLOSE, &remove).small()).clicked() {
                    edit(cx, Edit::DropFeature(feature));
                }
                let drag = DragValue::new(&mut value).range(-1.0..=1.0).speed(0.005).custom_formatter(|v, _| signed(v));
                let number = number(ui, drag).accessible_name(format!("Weight of {name} as a number"));
                if flat {
                    moved = Some(slider(ui, &mut value, (room * 0.38).max(90.0)));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| named(ui, app, cx, feature, &name));
                if number.changed() {
                    edit(cx, Edit::Weight(feature, value));
                }
                if number.drag_stopped() || number.lost_focus() {
                    push(cx, Command::Settled);
                }
            });
        });
        let moved = moved.unwrap_or_else(|| slider(ui, &mut value, room));
        if moved.changed() {
            edit(cx, Edit::Weight(feature, value));
        }
        if moved.drag_stopped() || moved.lost_focus() || moved.double_clicked() {
            push(cx, Command::Settled);
        }
    });
}

/// A feature's name, which selects it.
fn named(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize, name: &str) {
    let (dot, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::empty());
    ui.painter().circle_filled(dot.center(), 4.0, colour(ui, app, feature));
    let block = app.document.encoder().map_or(1, |open| open.encoder.block_size()).max(1);
    let selected = app.view.place.selected == Selected::Feature(feature);
    let text = RichText::new(name).family(fonts::medium_family());
    let text = if selected { text.color(tokens(ui).accent_text) } else { text };
    let label = ui.add(Label::new(text).truncate().sense(Sense::click()));
    let tip =
        format!("{name}: block {}\nA click shows it at the right, a double click opens its page", feature / block);
    let label = label.on_hover_text(tip);
    if label.double_clicked() {
        cx.push(Any::Feature(feature));
    } else if label.clicked() && !selected {
        cx.push(Any::Select(Selected::Feature(feature)));
    }
}

/// A weight with its sign.
fn signed(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{value:+.2}") }
}
