//! Features of two encoders, matched: a pair a row, its strongest points at both sides.

use eframe::egui::{self, Align, Label, Layout, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::super::features::pictures;
use super::{called, colour, middle, named, push, quiet};
use crate::app::App;
use crate::app::compare::{Command, Known, Matched};
use crate::evaluate::table::FeaturePair;
use crate::features::Strong;
use crate::ui::theme::{Tokens, space, tokens};
use crate::ui::widgets::{Banner, Button, Chip, EmptyState, IconButton, Mood, section};
use crate::ui::{Cx, fonts, format, icons};

/// Height of a row, side of its pictures and width of the correlation between its sides, in points.
const ROW: f32 = 64.0;
const PICTURE: f32 = 48.0;
const MIDDLE: f32 = 92.0;
/// Width of a feature's name beside its pictures, at least.
const NAME: f32 = 110.0;
/// A side that is narrower has less room for its name, in points.
const NARROW: f32 = 260.0;
/// Chips that are shown of the features that are matched with none.
const ALONE: usize = 120;
/// Pairs are alike above this correlation.
const ALIKE: f64 = 0.7;

/// Draws them.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let Some((one, other)) = app.compare.pair() else {
        middle(ui);
        let text = "Two encoders are needed. Add another one above: from the runs, or a file.";
        EmptyState::new(icons::COMPARE, "There is nothing to match with").text(text).show(ui);
        return;
    };
    let state = &app.compare.features;
    let made = state.made.as_deref().filter(|_| state.is_of(&one.path, &other.path));
    let running = state.job().is_some();
    let Some(made) = made else {
        if running {
            return;
        }
        middle(ui);
        let text = "Features are matched one to one by what they do over the same points, so that all pairs together are as \
                    alike as can be.";
        let button = Button::primary("Match the features").icon(icons::COMPARE);
        let button = button.tip("Reads a sample of the collection and runs both encoders on it");
        if EmptyState::new(icons::COMPARE, "Which feature is which?").text(text).action(button).show(ui) {
            push(cx, Command::Match);
        }
        return;
    };
    if made.pairs.is_empty() {
        let words = "No two features could be matched: one of the encoders does nothing for the points that were read.";
        Banner::new(Mood::Warning, words).show(ui);
    }
    summary(ui, cx, made, running);
    pairs(ui, app, cx, made);
}

fn summary(ui: &mut Ui, cx: &mut Cx, made: &Matched, running: bool) {
    let tip = "Pearson correlation of the activations over the points that were read, -1 to 1; pairs are chosen so that its \
               sum is the largest that there is";
    let note = format::counted(made.pairs.len() as u64, "pair");
    section(ui, "Features matched", &note, tip, |ui| {
        let button = IconButton::new(icons::REFRESH, "Match again").tip("Reads the points and matches again");
        if ui.add_enabled(!running, button).clicked() {
            push(cx, Command::Match);
        }
    });
    let read = if made.points as u64 >= made.all {
        format!("over all {}", format::counted(made.all, "point"))
    } else {
        format!("over {} of {}", format::count(made.points as u64), format::counted(made.all, "point"))
    };
    let living =
        |known: &Known| format!("{} of {}", format::count(known.living as u64), format::count(known.features as u64));
    let words = format!(
        "Mean correlation {}, {} above .7, {read}. Features that do something there: {} and {}.",
        format::probability(made.mean.max(0.0)),
        format::percent(made.above),
        living(&made.one),
        living(&made.other)
    );
    quiet(ui, words);
    ui.add_space(space::XS);
}

/// Two sides of a width, with room between them.
fn sides(rect: Rect) -> (Rect, Rect) {
    let width = ((rect.width() - MIDDLE) / 2.0).floor();
    let left = Rect::from_min_size(rect.min, vec2(width, rect.height()));
    (left, left.translate(vec2(width + MIDDLE, 0.0)))
}

fn pairs(ui: &mut Ui, app: &App, cx: &mut Cx, made: &Matched) {
    let (head, _) = ui.allocate_exact_size(vec2(ui.available_width() - space::S, 22.0), Sense::empty());
    let (left, right) = sides(head);
    for (rect, known) in [(left, &made.one), (right, &made.other)] {
        let mut inside = ui.new_child(UiBuilder::new().id_salt(&known.path).max_rect(rect));
        inside.horizontal(|ui| {
            dot(ui, colour(tokens(ui), app, &known.path));
            ui.add(Label::new(fonts::strong(called(app, &known.path))).truncate());
        });
    }
    ui.spacing_mut().item_spacing.y = space::XS;
    let (count, step) = (made.pairs.len(), ROW + space::XS);
    ScrollArea::vertical().id_salt("matched").auto_shrink(false).show_viewport(ui, |ui, viewport| {
        let top = ui.max_rect().top();
        let first = (viewport.top() / step).floor().max(0.0) as usize;
        let last = ((viewport.bottom() / step).ceil().max(0.0) as usize).min(count);
        // Of many pairs only those are laid out that are on the screen.
        for (n, pair) in made.pairs.iter().enumerate().take(last).skip(first) {
            let corner = pos2(ui.max_rect().left(), top + n as f32 * step);
            let rect = Rect::from_min_size(corner, vec2(head.width(), ROW));
            let mut inside = ui.new_child(UiBuilder::new().id_salt(("pair", n)).max_rect(rect));
            row(&mut inside, app, cx, made, pair, rect);
        }
        ui.allocate_space(vec2(head.width(), count as f32 * step));
        alone(ui, app, cx, made);
        ui.add_space(space::L);
    });
}

fn dot(ui: &mut Ui, colour: egui::Color32) {
    let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::empty());
    ui.painter().circle_filled(dot.center(), 4.0, colour);
}

/// How alike a pair is, as a colour.
fn likeness(tokens: &Tokens, correlation: f64) -> egui::Color32 {
    match correlation {
        c if c > ALIKE => tokens.success.text,
        c if c > 0.4 => tokens.warning.text,
        _ => tokens.text_secondary,
    }
}

fn row(ui: &mut Ui, app: &App, cx: &mut Cx, made: &Matched, pair: &FeaturePair, rect: Rect) {
    let tokens = tokens(ui);
    ui.painter().rect_filled(rect, crate::ui::theme::radius::M, tokens.raised);
    let (left, right) = sides(rect);
    let between = Rect::from_x_y_ranges(left.right()..=right.left(), rect.y_range());
    let colour = likeness(tokens, pair.correlation);
    let words = format!("{:.2}", pair.correlation);
    let said = format!(
        "Feature {} of {} and feature {} of {}: correlation {words}",
        pair.one,
        called(app, &made.one.path),
        pair.other,
        called(app, &made.other.path)
    );
    let response = ui.interact(between, ui.unique_id().with("correlation"), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    let font = egui::FontId::new(fonts::text::BODY, fonts::medium_family());
    ui.painter().text(between.center() - vec2(0.0, 8.0), egui::Align2::CENTER_CENTER, &words, font, colour);
    let bar = Rect::from_center_size(between.center() + vec2(0.0, 10.0), vec2(MIDDLE - 2.0 * space::L, 5.0));
    ui.painter().rect_filled(bar, 2, tokens.sunken);
    let share = pair.correlation.clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(bar.with_max_x(bar.left() + share * bar.width()), 2, colour);
    response.on_hover_text(said);
    // The names stand beside the correlation, the pictures outside of them.
    side(ui, app, cx, &made.one, pair.one, left, true);
    side(ui, app, cx, &made.other, pair.other, right, false);
}

fn side(ui: &mut Ui, app: &App, cx: &mut Cx, known: &Known, feature: usize, rect: Rect, left: bool) {
    let layout = Layout::left_to_right(Align::Center);
    let place = rect.shrink2(vec2(space::S, 0.0));
    let mut ui = ui.new_child(UiBuilder::new().id_salt((left, feature)).max_rect(place).layout(layout));
    ui.spacing_mut().item_spacing.x = space::XS;
    let strongest: &[Strong] = known.strongest.get(feature).map_or(&[], Vec::as_slice);
    let width = place.width();
    if !pictures::are_there(app) {
        name(&mut ui, app, cx, known, feature, if width < NARROW { 74.0 } else { (width * 0.36).max(NAME) });
        ui.vertical(|ui| {
            ui.add_space(space::S);
            pictures::lines(ui, app, cx, &strongest[..strongest.len().min(3)]);
        });
        return;
    }
    let fit = ((width - NAME - space::S) / (PICTURE + space::XS)).floor().max(1.0) as usize;
    let shown = fit.min(strongest.len());
    let room = width - shown as f32 * (PICTURE + space::XS) - space::S;
    name(&mut ui, app, cx, known, feature, room);
    for (n, strong) in strongest.iter().take(shown).enumerate() {
        ui.push_id(n, |ui| {
            let picture = pictures::picture(ui, app, cx, strong.id, PICTURE);
            picture.on_hover_text(format!("Activation {}", format::probability(f64::from(strong.value))));
        });
    }
}

/// A feature's number, name and block; a click opens its page.
fn name(ui: &mut Ui, app: &App, cx: &mut Cx, known: &Known, feature: usize, width: f32) {
    let tokens = tokens(ui);
    let block = feature / known.block_size.max(1);
    let name = named(app, &known.path, &known.names, feature);
    let layout = Layout::top_down(Align::Min);
    let open = app.document.encoder().is_some_and(|open| open.path == known.path);
    let tip = if open { "A click opens its page" } else { "A click opens its encoder, and its page" };
    ui.allocate_ui_with_layout(vec2(width, ROW - space::M), layout, |ui| {
        ui.set_min_width(width);
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            dot(ui, tokens.block(block));
            let label = Label::new(fonts::strong(format!("{feature}")).color(tokens.accent_text)).sense(Sense::click());
            let response = ui.add(label).on_hover_cursor(egui::CursorIcon::PointingHand);
            let said = format!("Open feature {feature} of {}", called(app, &known.path));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &said));
            if response.on_hover_text(tip).clicked() {
                push(cx, Command::Feature(known.path.clone(), feature));
            }
            // A code has one block, of which there is nothing to say.
            if known.features > known.block_size && width >= NAME {
                ui.label(RichText::new(format!("block {block}")).small().color(tokens.text_secondary));
            }
        });
        let words = match name {
            Some(name) => RichText::new(name),
            None => RichText::new("unnamed").color(tokens.text_secondary).italics(),
        };
        ui.add(Label::new(words).truncate()).on_hover_text(name.unwrap_or("Nobody has named it"));
    });
}

/// The features that are matched with none.
fn alone(ui: &mut Ui, app: &App, cx: &mut Cx, made: &Matched) {
    for known in [&made.one, &made.other] {
        if known.alone.is_empty() {
            continue;
        }
        ui.add_space(space::M);
        let note = format!("of {}", called(app, &known.path));
        let tip = "They do something for the points that were read, and the other encoder has no feature left for them";
        section(ui, &format!("Matched with none ({})", known.alone.len()), &note, tip, |_| {});
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            for feature in known.alone.iter().take(ALONE) {
                let words = match named(app, &known.path, &known.names, *feature) {
                    Some(name) => format!("{feature} {name}"),
                    None => feature.to_string(),
                };
                let color = tokens(ui).block(feature / known.block_size.max(1));
                if Chip::new(&words).color(color).tip("A click opens its page").show(ui).response.clicked() {
                    push(cx, Command::Feature(known.path.clone(), *feature));
                }
            }
            if known.alone.len() > ALONE {
                quiet(ui, format!("and {} more", known.alone.len() - ALONE));
            }
        });
    }
}
