//! Points to be like and unlike, and pairs of them.

use eframe::egui::{ComboBox, RichText, ScrollArea, Ui, vec2};

use super::query::{draft, focus};
use super::{attach_menu, edit};
use crate::app::search::{Draft, Edit};
use crate::app::{App, Command as Any, Selected};
use crate::point::PointId;
use crate::source::Strategy;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::IconButton;
use crate::ui::{Cx, PointPicture, icons};

/// Side of an example's picture, in points.
const SIDE: f32 = 40.0;
/// Width of the labels.
const LABEL: f32 = 52.0;
/// Width of a field for an id.
const ID: f32 = 92.0;

/// Draws the two rows of examples.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let query = &app.search.query;
    row(ui, app, cx, "Like", &query.like, Draft::Like, true);
    row(ui, app, cx, "Unlike", &query.unlike, Draft::Unlike, false);
    ui.horizontal(|ui| {
        label(ui, "Taken");
        let mut chosen = query.strategy;
        let combo = ComboBox::from_id_salt("strategy").selected_text(title(chosen)).width(170.0).show_ui(ui, |ui| {
            for strategy in [Strategy::AverageVector, Strategy::BestScore, Strategy::SumScores] {
                ui.selectable_value(&mut chosen, strategy, title(strategy)).on_hover_text(tip(strategy));
            }
        });
        combo.response.accessible_name("How examples are put together").on_hover_text(tip(query.strategy));
        if chosen != query.strategy {
            edit(cx, Edit::Strategy(chosen));
        }
    });
}

fn title(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::AverageVector => "as their mean",
        Strategy::BestScore => "by the nearest one",
        Strategy::SumScores => "by the sum over all",
    }
}

fn tip(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::AverageVector => "Near to the mean of the first, moved away from the mean of the others",
        Strategy::BestScore => "A point counts by the example that it is nearest to",
        Strategy::SumScores => "A point counts by how near it is to all examples together",
    }
}

fn label(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).color(tokens(ui).text_secondary);
    ui.allocate_ui_with_layout(
        vec2(LABEL, size::CONTROL),
        eframe::egui::Layout::left_to_right(eframe::egui::Align::Center),
        |ui| {
            ui.set_min_width(LABEL);
            ui.label(text);
        },
    );
}

fn row(ui: &mut Ui, app: &App, cx: &mut Cx, name: &str, points: &[PointId], id: Draft, first: bool) {
    ui.horizontal(|ui| {
        ui.set_min_height(if points.is_empty() { size::CONTROL } else { SIDE });
        label(ui, name);
        let verb = name.to_lowercase();
        let tip = format!("The id of a point that results should be {verb}: Enter adds it");
        let field = draft(ui, app, cx, id, &format!("Id of a point to be {verb}"), "id", &tip, ID);
        if first {
            focus(ui, app, cx, &field);
        }
        if points.is_empty() {
            let words = if first { "or \"More like this\" in a picture's menu" } else { "or \"Less like this\"" };
            ui.add(eframe::egui::Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
        }
        let scroll = ScrollArea::horizontal().id_salt(name).max_height(SIDE);
        scroll.show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for point in points {
                if example(ui, app, cx, *point, &format!("{name} point {point}")) {
                    edit(cx, Edit::DropExample(*point));
                }
            }
        });
    });
}

/// An example's picture with the button that takes it away; gives whether it was clicked.
fn example(ui: &mut Ui, app: &App, cx: &mut Cx, id: PointId, tip: &str) -> bool {
    ui.push_id(id, |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let shown = PointPicture { tip, ..PointPicture::new(vec2(SIDE, SIDE)) };
        let response = cx.point_picture(ui, app, id, shown);
        if response.clicked() {
            cx.push(Any::Select(Selected::Point(id)));
        }
        attach_menu(&response, app, cx, id);
        let name = format!("Remove example {id}");
        ui.add(IconButton::new(icons::CLOSE, &name).tip("Takes the example away; undo brings it back").small())
            .clicked()
    })
    .inner
}

/// Draws the pairs and their target.
pub fn pairs(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let query = &app.search.query;
    ui.horizontal(|ui| {
        label(ui, "Add");
        let tip = "The id of the point that results should rather be like";
        let field = draft(ui, app, cx, Draft::PairLike, "Id of the first point of a pair", "rather", tip, ID);
        focus(ui, app, cx, &field);
        let tip = "The id of the point that they should less be like: Enter adds the pair";
        draft(ui, app, cx, Draft::PairUnlike, "Id of the second point of a pair", "than", tip, ID);
        let words = "or from a picture's menu";
        ui.add(eframe::egui::Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
    });
    if !query.pairs.is_empty() {
        ui.horizontal(|ui| {
            ui.set_min_height(SIDE);
            label(ui, "Pairs");
            ScrollArea::horizontal().id_salt("pairs").max_height(SIDE).show(ui, |ui| {
                for (place, (like, unlike)) in query.pairs.iter().enumerate() {
                    ui.push_id(place, |ui| pair(ui, app, cx, place, *like, *unlike));
                    ui.add_space(space::S);
                }
            });
        });
    }
    ui.horizontal(|ui| {
        label(ui, "Near to");
        match query.target {
            Some(target) => {
                if example(ui, app, cx, target, &format!("Results are near to point {target}")) {
                    edit(cx, Edit::Target(None));
                }
            }
            None => {
                let tip = "The id of a point that results should be near to; without one, only the pairs count";
                draft(ui, app, cx, Draft::Target, "Id of the target", "id, if any", tip, ID);
            }
        }
    });
}

fn pair(ui: &mut Ui, app: &App, cx: &mut Cx, place: usize, like: PointId, unlike: PointId) {
    ui.spacing_mut().item_spacing.x = space::XS;
    for (n, (id, tip)) in
        [(like, format!("Rather like point {like}")), (unlike, format!("than like point {unlike}"))].iter().enumerate()
    {
        if n == 1 {
            ui.label(RichText::new("than").color(tokens(ui).text_secondary));
        }
        let shown = PointPicture { tip, ..PointPicture::new(vec2(SIDE, SIDE)) };
        let response = ui.push_id(n, |ui| cx.point_picture(ui, app, *id, shown)).inner;
        if response.clicked() {
            cx.push(Any::Select(Selected::Point(*id)));
        }
    }
    let name = format!("Remove pair {}", place + 1);
    if ui.add(IconButton::new(icons::CLOSE, &name).tip("Takes the pair away; undo brings it back").small()).clicked() {
        edit(cx, Edit::DropPair(place));
    }
}
