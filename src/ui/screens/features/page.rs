//! The page of a feature: its name and figures, its histogram, and everything that shows what it stands for.

use eframe::egui::{Align, Label, Layout, Rect, RichText, ScrollArea, Sense, Ui, pos2, vec2};

use super::super::super::theme::{size, space, tokens};
use super::super::super::widgets::{
    Banner, Button, EmptyState, Histogram, IconButton, Mood, StatTile, badge, link, section,
};
use super::super::super::{Cx, fonts, format, icons};
use super::pictures::{Shown, grid};
use super::{name, related, share_bar};
use crate::app::features::{Command, Page, Part, Spot, Words, marks};
use crate::app::{App, Change};
use crate::features::{FeatureIndex, FeatureStats, Strong};

/// Bars of the histogram.
const BARS: usize = 100;
/// Side of a picture, and width of a figure, in points.
const PICTURE: f32 = 84.0;
const TILE: f32 = 128.0;
/// Pictures of the strongest, of an interval, near the threshold, and of random points, before more are asked for.
const STRONGEST: usize = 20;
const INTERVAL: usize = 5;
const NEAR: usize = 10;
const RANDOM: usize = 10;

/// Draws the page.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize) {
    let Some(index) = app.features.index() else { return };
    let Some(stats) = index.feature(feature) else {
        super::middle(ui);
        let text = format!("The encoder has {}, counted from 0.", format::counted(index.features() as u64, "feature"));
        let title = format!("There is no feature {feature}");
        let empty = EmptyState::new(icons::BLOCKS, &title).text(&text);
        if empty.action(Button::primary("Back to the table")).show(ui) {
            cx.push(crate::app::Command::Escape);
        }
        return;
    };
    head(ui, app, cx, feature);
    ui.add_space(space::S);
    let scroll = ScrollArea::vertical().id_salt(("page", feature)).auto_shrink(false);
    scroll.show(ui, |ui| {
        if stats.is_dead() {
            dead(ui, index, stats);
        }
        figures(ui, app, index, stats);
        ui.add_space(space::M);
        histogram(ui, app, cx, index, feature, 96.0);
        ui.add_space(space::L);
        let Some(page) = app.features.page(feature) else { return };
        strongest(ui, app, cx, page, stats);
        intervals(ui, app, cx, page);
        others(ui, app, cx, page);
        related::words(ui, app, cx, page);
        related::show(ui, app, cx, page);
        related::points(ui, app, cx, stats);
        ui.add_space(space::L);
    });
}

/// The way back, the name, and what can be done with the feature.
fn head(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize) {
    let tokens = tokens(ui);
    let table = &app.features.table;
    ui.horizontal(|ui| {
        let back = IconButton::new(icons::TABLE, "Back to the table").tip("Back to the table (Esc)");
        if ui.add(back).clicked() {
            cx.push(crate::app::Command::Escape);
        }
        let row = table.row_of(feature);
        let last = table.rows().len().saturating_sub(1);
        for (glyph, title, key, rows, can) in [
            (icons::CHEVRON_LEFT, "Previous feature", "Left", -1, row.is_none_or(|row| row > 0)),
            (icons::CHEVRON_RIGHT, "Next feature", "Right", 1, row.is_none_or(|row| row < last)),
        ] {
            let tip = format!("{title} in the table's order ({key})");
            if ui.add_enabled(can, IconButton::new(glyph, title).tip(&tip)).clicked() {
                cx.push(Command::Page(rows).into());
            }
        }
        let place = match row {
            Some(row) => format!("{} of {}", format::count(row as u64 + 1), format::count(table.rows().len() as u64)),
            None => "not in the table now".to_owned(),
        };
        ui.label(RichText::new(place).color(tokens.text_secondary));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            pin(ui, app, cx, feature);
            super::super::search::steer_button(ui, cx, feature);
            let (block, place) = name::block(app, feature);
            let words = format!("place {place} of block {block}");
            ui.add(Label::new(RichText::new(words).color(tokens.text_secondary)).truncate());
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
            ui.painter().circle_filled(rect.center(), 5.0, tokens.block(block));
        });
    });
    ui.horizontal(|ui| {
        ui.set_min_height(34.0);
        ui.label(fonts::title(feature.to_string()).color(tokens.text_secondary));
        if let Some(renaming) = name::edited(app, feature, Spot::Page) {
            name::editor(ui, cx, renaming, (ui.available_width() - space::L).min(420.0));
            return;
        }
        let edit = Command::Rename(feature, Spot::Page);
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - 60.0);
            if name::heading(ui, app, feature).on_hover_text("A click edits the name (F2)").clicked() {
                cx.push(edit.clone().into());
            }
        });
        if ui.add(IconButton::new(icons::EDIT, "Edit the name").tip("Edit the name (F2)")).clicked() {
            cx.push(edit.into());
        }
    });
    suggestion(ui, app, cx, feature);
}

/// Who gave the name; or where there is none, a word that could be one.
fn suggestion(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize) {
    use crate::features::Author;
    let name = app.document.notes.as_ref().and_then(|notes| notes.notes.names.get(&feature));
    if let Some(name) = name {
        if name.by == Author::Suggested {
            let score =
                name.score.map_or(String::new(), |score| format!(", score {}", format::probability(score.into())));
            badge(ui, &format!("suggested{score}"), Mood::Info, &name::score_tip(name));
        }
        return;
    }
    let Some(Words::Found(words)) = app.features.page(feature).map(|page| &page.words) else { return };
    let Some(word) = words.first() else { return };
    ui.horizontal(|ui| {
        let label = RichText::new("Could be called").color(tokens(ui).text_secondary);
        ui.label(label);
        let tip = "The word that is most over-represented among its strongest points. A click takes it as the name";
        if ui.add(Button::secondary(&word.value).icon(icons::CHECK).tip(tip)).clicked() {
            cx.push(Command::Name { feature, name: word.value.clone() }.into());
        }
    });
}

/// The switch that pins a feature.
pub fn pin(ui: &mut Ui, app: &App, cx: &mut Cx, feature: usize) {
    let pinned = app.document.is_pinned(feature);
    let (glyph, title) = if pinned { (icons::PIN_FILLED, "Unpin") } else { (icons::PIN, "Pin") };
    if ui
        .add(Button::secondary(title).icon(glyph).tip("Keeps the feature at hand: type pinned into the filter (P)"))
        .clicked()
    {
        cx.push(Command::Pin(feature).into());
    }
}

fn dead(ui: &mut Ui, index: &FeatureIndex, stats: &FeatureStats) {
    let points = format::counted(index.points(), "point");
    let does = if index.is_of_codes() { "is active" } else { "wins its block" };
    let text = format!("This feature is dead: it {does} for none of {points}.");
    let seconds = index.seconds(stats.index);
    let hint = if index.is_of_codes() {
        "Longer training, or fewer features, leave fewer features dead.".to_owned()
    } else if seconds > 0 {
        format!(
            "It comes second for {}. Longer training, or fewer features in a block, leave fewer features dead.",
            format::counted(seconds, "point")
        )
    } else {
        "It never comes second, either. Longer training, or fewer features in a block, leave fewer dead.".to_owned()
    };
    Banner::new(Mood::Warning, text).hint(hint).show(ui);
    ui.add_space(space::S);
}

fn figures(ui: &mut Ui, app: &App, index: &FeatureIndex, stats: &FeatureStats) {
    let uniform = 1.0 / index.block_size().max(1) as f64;
    let threshold = format::probability(f64::from(app.settings.threshold));
    let (density, wins) = (app.features.table.density(stats.index), stats.win_rate);
    let second = index.seconds(stats.index) as f64 / (index.points() as f64).max(1.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        let tile = |ui: &mut Ui, name: &str, value: &str, note: &str, tip: &str| {
            ui.add(StatTile::new(name, value).note(note, Mood::Neutral).tip(tip).width(TILE))
        };
        let tip = "Share of points with an activation above the threshold";
        tile(ui, "Density", &format::percent(density), &format!("above {threshold}"), tip);
        let tip = "Share of points for which it is the strongest of its block. The line in the bar stands at 1/V, the \
                   share of each feature where all V of a block win equally often";
        let note = format!("1/V is {}", format::percent(uniform));
        let wins_at = tile(ui, "Win rate", &format::percent(wins), &note, tip).rect;
        let tip = "Share of points for which it comes second in its block";
        tile(ui, "Comes second", &format::percent(second), "in its block", tip);
        let probability = |p: f64| format::probability(p);
        tile(ui, "Max", &probability(stats.max.into()), "of any point", "Largest activation of any point, 0 to 1");
        tile(ui, "Mean", &probability(stats.mean), "of all points", "Mean activation over all points, 0 to 1");
        let bar = Rect::from_min_max(
            pos2(wins_at.left() + space::M, wins_at.bottom() - 6.0),
            pos2(wins_at.right() - space::M, wins_at.bottom() - 3.0),
        );
        let colour = tokens(ui).block(stats.block);
        share_bar(ui, bar, wins, (4.0 * uniform).min(1.0), Some(uniform), colour);
    });
}

/// Activations over the whole collection, with a threshold that can be moved.
pub fn histogram(ui: &mut Ui, app: &App, cx: &mut Cx, index: &FeatureIndex, feature: usize, height: f32) {
    let fine = index.histogram(feature);
    let wide = fine.len().div_ceil(BARS).max(1);
    let counts: Vec<u64> = fine.chunks(wide).map(|bins| bins.iter().map(|c| u64::from(*c)).sum()).collect();
    let mut threshold = f64::from(app.settings.threshold);
    let write = |value: f64| if value == 0.0 { "0".to_owned() } else { format::probability(value) };
    let marks = marks(app, feature);
    let mut shown = Histogram::new("Activations and threshold", &counts, 0.0..=1.0)
        .log(true)
        .color(name::colour(ui, app, feature))
        .format(&write)
        .height(height);
    if let Some((label, value)) = marks.first() {
        shown = shown.marker(f64::from(*value), label);
    }
    if shown.show(ui, Some(&mut threshold)).changed() {
        let thousandths = (threshold * 1_000.0).round() / 1_000.0;
        cx.push(Change::Threshold(thousandths as f32).into());
    }
}

/// The button that shows all points of a part, or few again; none where few are all.
fn more(ui: &mut Ui, cx: &mut Cx, page: &Page, part: Part, few: usize, all: usize) {
    if all <= few {
        return;
    }
    let open = page.is_unfolded(part);
    let text = if open { "Show fewer".to_owned() } else { format!("Show all {}", format::count(all as u64)) };
    if link(ui, &text, "").clicked() {
        cx.push(Command::More { feature: page.feature, part }.into());
    }
}

/// As many points as are shown of a part.
fn some<'a>(page: &Page, part: Part, few: usize, points: &'a [Strong]) -> &'a [Strong] {
    if page.is_unfolded(part) { points } else { &points[..points.len().min(few)] }
}

/// Random points as they are shown: the strongest first.
fn sorted(points: &[Strong]) -> Vec<Shown> {
    let mut points = points.to_vec();
    points.sort_unstable();
    points.iter().map(Shown::from).collect()
}

fn strongest(ui: &mut Ui, app: &App, cx: &mut Cx, page: &Page, stats: &FeatureStats) {
    let tip = "The points with the largest activations. A click selects a point, a double click inspects it";
    section(ui, "Strongest", "", tip, |ui| more(ui, cx, page, Part::Strongest, STRONGEST, stats.top.len()));
    let points: Vec<Shown> = some(page, Part::Strongest, STRONGEST, &stats.top).iter().map(Shown::from).collect();
    grid(ui, app, cx, &points, PICTURE);
    ui.add_space(space::L);
}

/// Five intervals of activation, the strongest first, with some points of each.
fn intervals(ui: &mut Ui, app: &App, cx: &mut Cx, page: &Page) {
    let tip = "Fifths of its activations by width, each with the share of all points that it contains, and random points \
               of it, each as likely to be shown as any other. A feature that means one thing means it in all of them";
    section(ui, "Over its range", "random points of each interval of activation", tip, |_| {});
    let colour = name::colour(ui, app, page.feature);
    for (number, interval) in page.intervals.iter().enumerate().rev() {
        let part = Part::Interval(number);
        ui.horizontal_top(|ui| {
            ui.allocate_ui_with_layout(vec2(120.0, PICTURE), Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(vec2(120.0, size::ROW));
                let (from, to) = (f64::from(interval.from), f64::from(interval.to));
                ui.label(format!("{} to {}", format::probability(from), format::probability(to)));
                let (rect, _) = ui.allocate_exact_size(vec2(110.0, 4.0), Sense::hover());
                share_bar(ui, rect, interval.share, 1.0, None, colour);
                let share = format!("{} of points", format::percent(interval.share));
                ui.label(RichText::new(share).color(tokens(ui).text_secondary));
                more(ui, cx, page, part, INTERVAL, interval.points.len());
            });
            ui.vertical(|ui| {
                let points = sorted(some(page, part, INTERVAL, &interval.points));
                if points.is_empty() {
                    ui.label(RichText::new("No point is known of it").color(tokens(ui).text_secondary));
                }
                grid(ui, app, cx, &points, PICTURE);
            });
        });
        ui.add_space(space::XS);
    }
    ui.add_space(space::L);
}

/// Points near the threshold, for which it came second, and random ones.
fn others(ui: &mut Ui, app: &App, cx: &mut Cx, page: &Page) {
    let threshold = format::probability(f64::from(app.settings.threshold));
    let none = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).color(tokens(ui).text_secondary));
    };
    let near = &page.near;
    let (from, to) = (format::probability(f64::from(near.from)), format::probability(f64::from(near.to)));
    let tip = "Random points whose activation is near the threshold, each as likely to be shown as any other: what a sparse \
               vector just keeps, and just drops";
    let note = format!("{threshold}: between {from} and {to}, {} of points", format::percent(near.share));
    section(ui, "Near the threshold", &note, tip, |ui| more(ui, cx, page, Part::Near, NEAR, near.points.len()));
    let points = sorted(some(page, Part::Near, NEAR, &near.points));
    if points.is_empty() {
        none(ui, if near.share > 0.0 { "No point is known there." } else { "No point is there." });
    }
    grid(ui, app, cx, &points, PICTURE);
    ui.add_space(space::L);

    let tip = "Random points for which it is the second of its block, with the feature that won";
    section(ui, "Runner-up", "and who won", tip, |_| {});
    let second = page.runners_up.iter().map(|second| Shown {
        id: second.id,
        value: second.value,
        under: name::title(app, second.winner),
    });
    let second: Vec<Shown> = second.collect();
    if second.is_empty() {
        none(ui, "It comes second for no point.");
    }
    grid(ui, app, cx, &second, PICTURE);
    ui.add_space(space::L);

    let tip = "Random points of the collection, the same for every feature, with its activations: what it looks past";
    section(ui, "Random points", "", tip, |_| {});
    let random: Vec<Shown> = page.random.iter().take(RANDOM).map(Shown::from).collect();
    grid(ui, app, cx, &random, PICTURE);
    ui.add_space(space::L);
}
