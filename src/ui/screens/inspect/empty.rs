//! The screen before anything is inspected.

use eframe::egui::{Align, Label, Layout, Rect, RichText, Sense, Shape, Stroke, Ui, UiBuilder, vec2};

use crate::app::inspect::Command;
use crate::app::{App, Command as Any, Dialog, Screen};
use crate::embed;
use crate::ui::theme::{radius, space, tokens};
use crate::ui::widgets::{Banner, Button, EmptyState, Mood};
use crate::ui::{Cx, fonts, icons};

/// Whether the demo's drawings mean anything to the model.
fn knows_drawings(app: &App) -> bool {
    let Some(open) = &app.document.open else { return false };
    let chosen = app.settings.of(&open.collection).and_then(|known| known.model.as_deref());
    chosen.or(open.model.as_deref()) == Some(embed::DEMO)
}

/// What to do first, where no encoder is open.
pub fn no_encoder(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.16).max(space::L));
        let (title, text, words, screen) = match &app.document.open {
            Some(_) => (
                "No encoder is open",
                "Inspect shows which features an encoder sees in a picture, a text or a point. Train one on this \
                 collection, or open one at the left.",
                "Train an encoder",
                Screen::Train,
            ),
            None => (
                "No collection is open",
                "Inspect shows which features an encoder sees in a picture, a text or a point. Open a collection first, \
                 or try the demo: both are on Start.",
                "Open a collection",
                Screen::Start,
            ),
        };
        let button = Button::primary(words).icon(if screen == Screen::Train { icons::TRAIN } else { icons::FOLDER_OPEN });
        if EmptyState::new(icons::INSPECT, title).text(text).action(button).show(ui) {
            cx.push(Any::Show(screen));
        }
        if screen == Screen::Train {
            // It belongs to the button above, which leaves more room.
            ui.add_space(-space::L);
            let button = Button::secondary("Open an encoder").icon(icons::FOLDER_OPEN);
            if ui.add(button.tip("Opens an encoder's file, on Start")).clicked() {
                cx.push(Any::Show(Screen::Start));
            }
        }
    });
}

/// The same over cards that wait for an encoder.
pub fn no_encoder_banner(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let (words, action, screen) = match &app.document.open {
        Some(_) => ("No encoder is open: train one, or open one at the left", "Train an encoder", Screen::Train),
        None => ("No collection is open: open one with its encoder", "Open a collection", Screen::Start),
    };
    let shown = Banner::new(Mood::Info, words).hint("What is here is judged then.").action(action).show(ui);
    if shown.acted {
        cx.push(Any::Show(screen));
    }
}

/// A place to drop things on, and the other ways.
pub fn invite(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let room = ui.available_rect_before_wrap();
    let size = vec2((room.width() - 2.0 * space::XS).min(720.0), (room.height() - space::L).clamp(240.0, 420.0));
    let place = Rect::from_center_size(room.center() - vec2(0.0, (room.height() - size.y) * 0.1), size);
    let tokens = tokens(ui);
    let target = ui.interact(place, ui.unique_id().with("drop"), Sense::hover());
    ui.painter().rect_filled(place, radius::L, tokens.sunken);
    let stroke = Stroke::new(1.5, if target.hovered() { tokens.accent_text } else { tokens.border_input });
    let edge = place.shrink(1.0);
    let corners = [edge.left_top(), edge.right_top(), edge.right_bottom(), edge.left_bottom(), edge.left_top()];
    ui.painter().extend(Shape::dashed_line(&corners, stroke, 7.0, 5.0));
    ui.scope_builder(UiBuilder::new().max_rect(place.shrink(space::L)).layout(Layout::top_down(Align::Center)), |ui| {
        // What stands in the middle is some 190 points high.
        ui.add_space(((ui.available_height() - 190.0) / 2.0).max(0.0));
        ui.label(fonts::icon(icons::DROP, 40.0).color(tokens.accent_text));
        ui.add_space(space::XS);
        ui.label(fonts::title("Drop pictures here"));
        let text = "Anywhere in the window will do. You can paste a picture, too, or choose files. Each gets a card: what \
                    every block sees in it, how well it fits the collection, its features and its nearest points.";
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width().min(460.0));
            ui.add(Label::new(RichText::new(text).color(tokens.text_secondary)).wrap());
        });
        ui.add_space(space::M);
        buttons(ui, app, cx);
    });
    ui.advance_cursor_after_rect(place);
}

/// The ways to begin, in two rows.
fn buttons(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let files = Button::primary("Choose pictures").icon(icons::IMAGES).tip("Chooses picture files by a dialog");
    let tip = "A cake, a pizza, a car and a sushi that are in no collection, drawn now";
    let drawings = Button::secondary("Try four drawings").icon(icons::DEMO).tip(tip);
    let tip = "Inspects a point of the collection that is drawn at random";
    let random = Button::secondary("Try one of the collection").icon(icons::SHUFFLE).tip(tip);
    let tip = "Inspects a point of the collection: by its id, or chosen among pictures";
    let point = Button::secondary("Choose a point").icon(icons::GRID).tip(tip);
    let mut first = vec![(files, Any::Inspect(Command::Browse))];
    if knows_drawings(app) {
        first.push((drawings, Any::Inspect(Command::Drawings)));
    }
    let second = vec![(random, Any::Inspect(Command::Random)), (point, Any::Dialog(Some(Dialog::Points)))];
    for (n, row) in [first, second].into_iter().enumerate() {
        in_the_middle(ui, n, |ui| {
            for (button, command) in row {
                if ui.add(button).clicked() {
                    cx.push(command);
                }
            }
        });
    }
}

/// A row that stands in the middle: its width is known from the frame before.
fn in_the_middle(ui: &mut Ui, n: usize, contents: impl FnOnce(&mut Ui)) {
    let id = ui.unique_id().with(("row", n));
    let before = ui.data(|data| data.get_temp::<f32>(id));
    let indent = ((ui.available_width() - before.unwrap_or(0.0)) / 2.0).max(0.0);
    let shown = ui.horizontal(|ui| {
        ui.add_space(indent);
        ui.scope(contents).response.rect.width()
    });
    if before != Some(shown.inner) {
        ui.data_mut(|data| data.insert_temp(id, shown.inner));
        ui.request_discard("the width of a row was not known");
    }
}
