//! The same inputs through two encoders, a row each.

use eframe::egui::{self, Key, Label, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::super::inspect::card::{self, Look};
use super::super::inspect::cards;
use super::{called, colour, middle, named, push, quiet};
use crate::app::compare::{Command, Seen, Side};
use crate::app::inspect::{Judged, Scale, Standing, Texts};
use crate::app::{App, Command as Any, Dialog};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Button, Card as Surface, EmptyState, IconButton, Mood, Progress};
use crate::ui::{Cx, PointPicture, fonts, format, icons};

/// Width of the picture, in points.
const PICTURE: f32 = 172.0;
/// The least width of what an encoder sees; two stand over each other where there is no room.
const SIDE: f32 = 230.0;
/// Near points under the picture.
const NEAR: usize = 6;

/// Draws them.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    if app.compare.pair().is_none() {
        middle(ui);
        let text = "Two encoders are needed. Add another one above: from the runs, or a file.";
        EmptyState::new(icons::COMPARE, "There is nothing to compare with").text(text).show(ui);
        return;
    }
    let state = &app.compare.through;
    question(ui, app, cx);
    if state.seen().is_empty() {
        return invite(ui, app, cx);
    }
    toolbar(ui, app, cx);
    ui.add_space(space::XS);
    ScrollArea::vertical().id_salt("through both").auto_shrink(false).show(ui, |ui| {
        for seen in state.seen() {
            ui.push_id(seen.card.id, |ui| one(ui, app, cx, seen));
            ui.add_space(space::S);
        }
        ui.add_space(space::L);
    });
}

fn question(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some(download) = &app.compare.through.question else { return };
    let size = download.bytes.map_or(String::new(), |bytes| format!(" ({})", format::bytes(bytes)));
    let from = if download.from.is_empty() { String::new() } else { format!(" from {}", download.from) };
    let words = format!("Download {}{size}{from}?", download.model);
    let hint = "The model that the inputs go through is not on this machine. It is kept for the next time.";
    let shown = Banner::new(Mood::Info, words).hint(hint).action("Download").closable().show(ui);
    if shown.acted || shown.closed {
        push(cx, Command::Download(shown.acted));
    }
    ui.add_space(space::XS);
}

/// Before there is anything to see.
fn invite(ui: &mut Ui, app: &App, cx: &mut Cx) {
    middle(ui);
    let text = "Drop pictures anywhere in the window, or begin with points of the collection. Each goes through the model \
                once, and both encoders say what they see.";
    EmptyState::new(icons::DROP, "What do the two see?").text(text).show(ui);
    ui.vertical_centered(|ui| {
        // A row does not know its width before it is drawn: what it was in the last frame tells where it begins.
        let id = ui.scope_id().with("ways");
        let room = ui.available_width();
        let before = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(room);
        let lead = ((room - before) / 2.0).max(0.0);
        let row = ui.horizontal_wrapped(|ui| {
            ui.add_space(lead);
            ways(ui, app, cx);
        });
        let width = row.response.rect.width() - lead;
        if (width - before).abs() > 0.5 {
            ui.data_mut(|data| data.insert_temp(id, width));
            ui.ctx().request_repaint();
        }
        text_field(ui, app, cx);
    });
}

fn toolbar(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal_wrapped(|ui| {
        ways(ui, app, cx);
        let state = &app.compare.through;
        let unseen = |seen: &Seen| matches!(seen.card.standing, Standing::Failed(_) | Standing::Stopped);
        if state.job().is_none() && state.seen().iter().any(unseen) {
            let button = Button::secondary("Look again").icon(icons::REFRESH);
            if ui.add(button.tip("Looks again at what could not be seen")).clicked() {
                push(cx, Command::Again);
            }
        }
        if ui.add(Button::secondary("Clear").tip("Takes all of them away")).clicked() {
            push(cx, Command::Clear);
        }
        text_field(ui, app, cx);
    });
}

/// The ways to bring something in.
fn ways(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let files = Button::primary("Choose pictures").icon(icons::IMAGES).tip("Chooses picture files by a dialog");
    if ui.add(files).clicked() {
        push(cx, Command::BrowsePictures);
    }
    let tip = "Four points from among the collection's first";
    if ui.add(Button::secondary("Four points").icon(icons::TARGET).tip(tip)).clicked() {
        push(cx, Command::Points);
    }
    let tip = "A point of the collection: by its id, or chosen among pictures";
    if ui.add(Button::secondary("Choose a point").icon(icons::GRID).tip(tip)).clicked() {
        cx.push(Any::Dialog(Some(Dialog::Points)));
    }
    let cards = app.inspect.cards().len();
    if cards > 0 {
        let words = format!("Those on Inspect ({cards})");
        let tip = "What is on the inspecting screen";
        if ui.add(Button::secondary(&words).icon(icons::INSPECT).tip(tip)).clicked() {
            push(cx, Command::TakeCards);
        }
    }
}

fn text_field(ui: &mut Ui, app: &App, cx: &mut Cx) {
    if *app.inspect.texts() != Texts::Yes {
        return;
    }
    let mut text = app.compare.through.text.clone();
    let edit =
        TextEdit::singleline(&mut text).id_salt("compare text").hint_text("Words to look at").desired_width(200.0);
    let response = ui.add(edit).accessible_name("Words to look at").on_hover_text("Enter shows them to both encoders");
    if response.changed() {
        push(cx, Command::EditText(text));
    }
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        push(cx, Command::Text);
    }
}

/// One input: its picture, and what both see in it.
fn one(ui: &mut Ui, app: &App, cx: &mut Cx, seen: &Seen) {
    Surface::new().name(&seen.card.name).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let room = ui.available_width();
        let beside = room >= PICTURE + 2.0 * SIDE + 2.0 * space::L;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            ui.vertical(|ui| {
                ui.set_width(PICTURE);
                picture(ui, app, cx, seen);
            });
            let rest = room - PICTURE - space::L;
            let width = if beside { (rest - space::L) / 2.0 } else { rest };
            let draw = |ui: &mut Ui, cx: &mut Cx, which: usize| {
                ui.push_id(which, |ui| {
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing.x = space::S;
                        ui.set_width(width.floor());
                        side(ui, app, cx, seen, which);
                    });
                });
            };
            if beside {
                draw(ui, cx, 0);
                draw(ui, cx, 1);
            } else {
                ui.vertical(|ui| {
                    draw(ui, cx, 0);
                    ui.add_space(space::M);
                    draw(ui, cx, 1);
                });
            }
        });
    });
}

/// What is looked at, and its nearest points, which are the same for both.
fn picture(ui: &mut Ui, app: &App, cx: &mut Cx, seen: &Seen) {
    let card = &seen.card;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let name = format!("Remove {}", card.name);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.add(IconButton::new(icons::CLOSE, &name).tip("Takes it away").small()).clicked() {
                push(cx, Command::TakeAway(card.id));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.label(fonts::icon(cards::icon(&card.input), 14.0).color(tokens(ui).text_secondary));
                ui.add(Label::new(fonts::strong(&card.name)).truncate()).on_hover_text(cards::whence(card));
            });
        });
    });
    cards::picture(ui, app, cx, card, vec2(PICTURE, PICTURE * 0.8));
    let Some(judged) = card.judged().filter(|judged| !judged.item.nearest.is_empty()) else { return };
    ui.add_space(space::XS);
    let tip = "The nearest points of the collection by the dense vector, the same for both encoders";
    ui.label(RichText::new("Nearest").small().color(tokens(ui).text_secondary)).on_hover_text(tip);
    let gap = space::XS;
    let columns = 3.0;
    let side = ((PICTURE - (columns - 1.0) * gap) / columns).floor();
    for row in judged.item.nearest[..judged.item.nearest.len().min(NEAR)].chunks(columns as usize) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for near in row {
                let shown = PointPicture::new(vec2(side, side));
                let response = ui.push_id(near.id, |ui| cx.point_picture(ui, app, near.id, shown)).inner;
                if response.clicked() {
                    cx.push(Any::Select(crate::app::Selected::Point(near.id)));
                }
            }
        });
    }
}

/// What one of the two sees.
fn side(ui: &mut Ui, app: &App, cx: &mut Cx, seen: &Seen, which: usize) {
    let Some((one, other)) = app.compare.pair() else { return };
    let chosen = if which == 0 { one } else { other };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::empty());
        ui.painter().circle_filled(dot.center(), 4.0, colour(tokens(ui), app, &chosen.path));
        ui.add(Label::new(fonts::strong(called(app, &chosen.path))).truncate());
    });
    let judged = if which == 0 { seen.card.judged() } else { seen.other.as_deref() };
    match (judged, app.compare.through.sides()) {
        (Some(judged), Some(sides)) => found(ui, app, cx, &sides[which], judged),
        _ if which == 0 => unseen(ui, app, cx, seen),
        _ => {}
    }
}

fn found(ui: &mut Ui, app: &App, cx: &mut Cx, (side, scale): &(Side, Option<Scale>), judged: &Judged) {
    let names = |feature: usize| named(app, &side.path, &side.names, feature);
    let blocks = side.encoder.blocks();
    let look = Look {
        scale: scale.as_ref(),
        summary: None,
        block_size: side.encoder.block_size(),
        threshold: app.settings.threshold,
        distance: app.document.open.as_ref().map_or(crate::point::Distance::Cosine, |open| open.info.distance),
        name: &names,
        bars: card::bars_height(blocks),
        chips: 0.0,
        still: false,
    };
    let mut commands = Vec::new();
    card::verdict(ui, &look, judged);
    ui.add_space(space::XS);
    card::blocks(ui, &look, judged, &mut commands);
    ui.add_space(space::XS);
    card::chips(ui, &look, judged, &mut commands);
    for command in commands {
        // A feature is one of this encoder, whichever is open.
        match command {
            Any::Feature(feature) => push(cx, Command::Feature(side.path.clone(), feature)),
            other => cx.push(other),
        }
    }
}

/// Why nothing is seen yet.
fn unseen(ui: &mut Ui, app: &App, cx: &mut Cx, seen: &Seen) {
    match &seen.card.standing {
        Standing::Failed(problem) => cards::failed(ui, problem),
        Standing::NeedsModel => quiet(ui, "Its model is not on this machine yet."),
        Standing::Stopped => {
            quiet(ui, "It was stopped before it was seen.");
            if ui.add(Button::secondary("Look again").icon(icons::REFRESH)).clicked() {
                push(cx, Command::Again);
            }
        }
        _ if app.compare.through.job().is_some() => {
            Progress::new(None, "Looking").show(ui);
        }
        _ => quiet(ui, "Waits for its turn"),
    }
}
