//! The dialog that chooses a point of the collection.

use eframe::egui::{Key, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::app::inspect::{Command, Show, chosen};
use crate::app::{App, Command as Any, Screen};
use crate::point::PointId;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Button, EmptyState, FieldError, Segment, field, segmented};
use crate::ui::{Cx, PointPicture, icons};

/// Width and height of the pictures at least, in points.
const SIDE: f32 = 92.0;

fn push(cx: &mut Cx, command: Command) {
    cx.push(Any::Inspect(command));
}

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(open) = &app.document.open else {
        ui.label("No collection is open.");
        return;
    };
    by_id(ui, app, cx);
    ui.add_space(space::S);
    let choosing = &app.inspect.choosing;
    ui.horizontal(|ui| {
        let mut show = choosing.show;
        let first =
            Segment { value: Show::First, name: "First points", tip: "The points that the collection begins with" };
        let random =
            Segment { value: Show::Random, name: "Random points", tip: "Points from everywhere in the collection" };
        if segmented(ui, "Points to choose from", &mut show, &[first, random]).changed() {
            push(cx, Command::Show(show));
        }
        if choosing.show == Show::Random {
            let tip = "Draws other random points: all ids are read once for it";
            let other = Button::secondary("Others").icon(icons::SHUFFLE).tip(tip);
            if ui.add_enabled(!choosing.is_dealing(), other).clicked() {
                push(cx, Command::Deal);
            }
        }
        let hint = if app.view.place.screen == Screen::Compare {
            "A click takes a point."
        } else {
            "A click inspects a point."
        };
        let hint = RichText::new(hint).color(tokens(ui).text_secondary);
        ui.label(hint);
    });
    ui.add_space(space::S);
    match choosing.show {
        Show::First => {
            let ids: Vec<PointId> = open.first.iter().map(|(id, _)| *id).collect();
            grid(ui, app, cx, &ids);
        }
        Show::Random if choosing.dealt.is_empty() => nothing(ui, app, cx),
        Show::Random => grid(ui, app, cx, &choosing.dealt),
    }
}

fn by_id(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let choosing = &app.inspect.choosing;
    let error = choosing.id_problem.as_ref().map(|text| FieldError::new(text).hint("such as 17, or a UUID"));
    field(ui, "Id", "The id of a point: a number or a UUID", error.as_ref(), |ui| {
        let mut typed = choosing.id.clone();
        let edit = TextEdit::singleline(&mut typed).id_salt("id").hint_text("17").desired_width(330.0);
        // A hint would else be taken for its name.
        let response = ui.add(edit).accessible_name("Id");
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if typed != choosing.id {
            push(cx, Command::EditId(typed.clone()));
        }
        let some = !typed.trim().is_empty();
        let (words, icon) = match app.view.place.screen {
            Screen::Compare => ("Take", icons::PLUS),
            _ => ("Inspect", icons::INSPECT),
        };
        let button = Button::secondary(words).icon(icon).tip("Takes the point with this id");
        if ui.add_enabled(some, button).clicked() || (entered && some) {
            push(cx, Command::Id);
        }
    });
}

/// While random points are on their way, or cannot be had.
fn nothing(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let choosing = &app.inspect.choosing;
    if let Some(problem) = &choosing.problem {
        super::cards::failed(ui, problem);
        return;
    }
    if choosing.is_dealing() {
        ui.label(RichText::new("Drawing random points").color(tokens(ui).text_secondary));
        return;
    }
    let button = Button::primary("Draw some").icon(icons::SHUFFLE);
    if EmptyState::new(icons::SHUFFLE, "No random points yet").action(button).show(ui) {
        push(cx, Command::Deal);
    }
}

/// The pictures, of which only those are laid out that are seen.
fn grid(ui: &mut Ui, app: &App, cx: &mut Cx, ids: &[PointId]) {
    if ids.is_empty() {
        ui.label("The collection has no points.");
        return;
    }
    let gap = space::S;
    // The bar at the right takes its room.
    let width = ui.available_width() - space::S;
    let columns = ((width + gap) / (SIDE + gap)).floor().max(1.0) as usize;
    let side = ((width + gap) / columns as f32 - gap).floor();
    let rows = ids.len().div_ceil(columns);
    let height = (ui.ctx().content_rect().height() - 300.0).clamp(SIDE, 420.0);
    ScrollArea::vertical().id_salt("points").max_height(height).auto_shrink([false, true]).show_rows(
        ui,
        side,
        rows,
        |ui, seen| {
            ui.spacing_mut().item_spacing = vec2(gap, ui.spacing().item_spacing.y);
            for row in seen {
                ui.horizontal(|ui| {
                    for id in ids.iter().skip(row * columns).take(columns) {
                        let tip = format!("Point {id}: a click takes it");
                        let shown = PointPicture { tip: &tip, ..PointPicture::new(vec2(side, side)) };
                        let response = ui.push_id(id, |ui| cx.point_picture(ui, app, *id, shown)).inner;
                        if response.clicked() {
                            cx.push(Any::Dialog(None));
                            cx.push(chosen(app, *id));
                        }
                    }
                });
            }
        },
    );
}
