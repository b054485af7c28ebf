//! What can be done with a point, wherever its picture is.

use eframe::egui::{Button, Response, RichText, Ui};

use crate::app::search::{Command, Edit};
use crate::app::{App, Command as Any, inspect};
use crate::point::PointId;
use crate::ui::widgets;
use crate::ui::{Cx, icons};

/// The menu of a point, on a click with the other button.
pub fn attach(response: &Response, app: &App, cx: &mut Cx, id: PointId) {
    response.context_menu(|ui| show(ui, app, cx, id));
}

/// The lines of the menu.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx, id: PointId) {
    ui.set_min_width(190.0);
    let search = |command: Command| Any::Search(command);
    let mut line = |ui: &mut Ui, icon: &str, words: &str, key: &str, tip: &str, command: Any| {
        let button = Button::new((crate::ui::fonts::icon(icon, 14.0), words)).right_text(RichText::new(key).weak());
        let response = ui.add(button);
        response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::MenuItem, true, words));
        if response.on_hover_text(tip).clicked() {
            cx.push(command);
            ui.close();
        }
    };
    line(ui, icons::SEARCH, "Search by this", "", "Finds the points nearest to it", search(Command::By(id)));
    let tip = "Makes it an example that results should be like";
    line(ui, icons::PLUS, "More like this", "+", tip, search(Command::Edit(Edit::Like(id))));
    let tip = "Makes it an example that results should be unlike";
    line(ui, icons::MINUS, "Less like this", "-", tip, search(Command::Edit(Edit::Unlike(id))));
    ui.separator();
    let tip = "The first point of a pair: results are more like it than like the second";
    line(ui, icons::COMPARE, "Pair: rather this", "", tip, search(Command::PairLike(id)));
    let tip = "The second point of a pair: results are less like it than like the first";
    line(ui, icons::COMPARE, "Pair: than this", "", tip, search(Command::PairUnlike(id)));
    ui.separator();
    if app.document.encoder().is_some() {
        let tip = "Shows on a card what every block sees in it";
        line(ui, icons::INSPECT, "Inspect", "Enter", tip, Any::Inspect(inspect::Command::Point(id)));
    }
    let copy = Button::new((crate::ui::fonts::icon(icons::COPY, 14.0), "Copy the id"));
    let response = ui.add(copy);
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::MenuItem, true, "Copy the id"));
    if response.on_hover_text("To the clipboard").clicked() {
        ui.copy_text(id.to_string());
        ui.close();
    }
}

/// The buttons of a point in the panel at the right.
pub fn buttons(ui: &mut Ui, cx: &mut Cx, id: PointId) {
    let tip = "Finds the points nearest to it";
    if ui.add(widgets::Button::secondary("Search by this").icon(icons::SEARCH).tip(tip)).clicked() {
        cx.push(Any::Search(Command::By(id)));
    }
    let tip = "An example that results should be like (+)";
    if ui.add(widgets::Button::secondary("More like it").icon(icons::PLUS).tip(tip)).clicked() {
        cx.push(Any::Search(Command::Edit(Edit::Like(id))));
    }
    let tip = "An example that results should be unlike (-)";
    if ui.add(widgets::Button::secondary("Less like it").icon(icons::MINUS).tip(tip)).clicked() {
        cx.push(Any::Search(Command::Edit(Edit::Unlike(id))));
    }
}

/// The menu of a feature, on a click with the other button.
pub fn attach_feature(response: &Response, app: &App, cx: &mut Cx, feature: usize) {
    response.context_menu(|ui| {
        ui.set_min_width(170.0);
        let steered = app.search.query.weight(feature).is_some();
        let words = if steered { "Show its slider" } else { "Steer by this" };
        let tip = "Gives the feature a slider: what shows it moves up or down among results";
        if ui.button(words).on_hover_text(tip).clicked() {
            cx.push(Any::Search(Command::Steer(feature)));
            ui.close();
        }
        if ui.button("Open its page").clicked() {
            cx.push(Any::Feature(feature));
            ui.close();
        }
    });
}

/// The button that steers by a feature.
pub fn steer_button(ui: &mut Ui, cx: &mut Cx, feature: usize) {
    let tip = "Gives the feature a slider on Search: what shows it moves up or down among results";
    if ui.add(widgets::Button::secondary("Steer").icon(icons::STEER).tip(tip)).clicked() {
        cx.push(Any::Search(Command::Steer(feature)));
    }
}
