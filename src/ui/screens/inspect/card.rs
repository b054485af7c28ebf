//! What a card shows of what was found. The same parts stand in the window and in a figure.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Align, CursorIcon, Label, Layout, Rect, Response, RichText, Sense, Stroke, Ui, vec2};

use super::outliers;
use crate::app::inspect::{Judged, Scale, Summary};
use crate::app::{Change, Command};
use crate::pipeline::{NearestPoint, Verdict};
use crate::point::Distance;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{BlockBars, Chip, Mood, ScorePlace};
use crate::ui::{fonts, format};

/// Chips that a card has at most.
const CHIPS: usize = 40;
/// Width of the picture of a near point, in points.
const NEAR: f32 = 46.0;
/// Room for a verdict of two lines, in points.
const VERDICT: f32 = 34.0;

/// What all cards are drawn with.
pub struct Look<'a> {
    /// The collection's confidences.
    pub scale: Option<&'a Scale>,
    /// What p-values say of all cards.
    pub summary: Option<&'a Summary>,
    /// Features of a block.
    pub block_size: usize,
    /// The threshold of the sparse vectors.
    pub threshold: f32,
    /// How the collection measures nearness.
    pub distance: Distance,
    /// The name of a feature, where it has one.
    pub name: &'a dyn Fn(usize) -> Option<&'a str>,
    /// Height of a block's bars, in points.
    pub bars: f32,
    /// Height of the chips, so that what stands under them is in line; more where there are more.
    pub chips: f32,
    /// Whether it is a picture, in which nothing can be dragged.
    pub still: bool,
}

/// Draws the pictures of a card.
pub trait Pictures {
    /// What is inspected, in a frame of that size.
    fn whole(&mut self, ui: &mut Ui, size: egui::Vec2) -> Response;
    /// A point near it.
    fn near(&mut self, ui: &mut Ui, near: &NearestPoint, side: f32, caption: &str, tip: &str) -> Response;
}

impl Look<'_> {
    /// How a feature is called: its number, and its name where it has one.
    pub fn called(&self, feature: usize) -> String {
        match (self.name)(feature) {
            Some(name) => format!("{feature} {name}"),
            None => feature.to_string(),
        }
    }
}

/// What a verdict says, as one sentence.
pub fn verdict_words(judged: &Judged) -> (Mood, &'static str, String) {
    let share = judged.item.percentile / 100.0;
    match judged.item.verdict {
        Verdict::Fits => {
            (Mood::Success, "fits", format!("more confident than {} of the collection", format::percent(share)))
        }
        Verdict::Outlier => {
            (Mood::Danger, "outlier", format!("lower than {} of the collection", format::percent(1.0 - share)))
        }
    }
}

/// What the confidence is, for a tooltip.
fn confidence_tip(judged: &Judged, scale: &Scale) -> String {
    let probability = |value: f32| format::probability(f64::from(value));
    let points = if scale.held_out { "points that were not trained on" } else { "the collection's points" };
    format!(
        "Confidence {}: the mean over blocks of the largest output, from {} to 1.\nThe bars count {} of the collection by \
         their confidence; their heights are logarithmic.\nOutliers lie below {}, the lowest {} % of {points}.",
        probability(judged.item.confidence),
        probability(scale.range.0),
        format::counted(scale.all.points(), "point"),
        probability(scale.cutoff),
        scale.percent,
    )
}

/// The verdict, and the score's place among the collection's.
pub fn verdict(ui: &mut Ui, look: &Look, judged: &Judged) {
    let (mood, word, rest) = verdict_words(judged);
    let tone = mood.tone(tokens(ui));
    let mut job = LayoutJob::default();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let strong = fonts::strong_style().resolve(ui.style());
    job.append(word, 0.0, TextFormat { font_id: strong, color: tone.text, ..Default::default() });
    let plain = TextFormat { font_id: font, color: tokens(ui).text, ..Default::default() };
    job.append(&format!(": {rest}"), 0.0, plain);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.set_min_height(VERDICT);
        ui.label(fonts::icon(mood.icon(), size::ICON).color(tone.text));
        ui.add(Label::new(job).wrap());
    });
    let Some(scale) = look.scale else { return };
    let tip = confidence_tip(judged, scale);
    let (score, cutoff) = (judged.item.confidence, judged.item.cutoff);
    ui.add(ScorePlace::new("Confidence", &scale.counts, scale.range, score, cutoff).tip(&tip));
    outliers::line(ui, judged, look.summary);
}

/// Height of a block's bars where a card has so many blocks, in points.
pub fn bars_height(blocks: usize) -> f32 {
    match blocks {
        0..=4 => 50.0,
        5..=8 => 38.0,
        _ => 26.0,
    }
}

/// The outputs of every block, all on the same axis from 0 to 1, with the threshold as a line that can be dragged.
pub fn blocks(ui: &mut Ui, look: &Look, judged: &Judged, commands: &mut Vec<Command>) {
    for block in 0..judged.item.blocks.len() {
        let first = block * look.block_size;
        let names = |place: usize| look.called(first + place);
        // Those of an autoencoder are one code, and no blocks.
        let alone = judged.item.blocks.len() == 1;
        let title = if alone { "All features".to_owned() } else { format!("Block {block}") };
        let color = tokens(ui).block(block);
        let bars = BlockBars::new(&title, judged.block(block, look.block_size), color).names(&names).height(look.bars);
        let shown = bars.show(ui);
        if let Some(place) = shown.clicked {
            commands.push(Command::Feature(first + place));
        }
        if let Some(threshold) = line(ui, look, shown.inside, block) {
            commands.push(Command::Settings(Change::Threshold(threshold)));
        }
    }
}

/// The threshold over a block's bars; gives where it was dragged to.
fn line(ui: &mut Ui, look: &Look, bars: Rect, block: usize) -> Option<f32> {
    let threshold = look.threshold;
    let y = egui::remap_clamp(threshold, 0.0..=1.0, bars.bottom()..=bars.top());
    let strip = Rect::from_x_y_ranges(bars.x_range(), y - 4.0..=y + 4.0).intersect(bars.expand(3.0));
    // The slider above the cards does the same with the keyboard.
    let handle = ui.interact(strip, ui.make_persistent_id(("threshold", block)), Sense::DRAG);
    let tokens = tokens(ui);
    let held = handle.dragged() || handle.hovered();
    let stroke = if held { Stroke::new(2.0, tokens.focus) } else { Stroke::new(size::LINE, tokens.text_secondary) };
    if ui.is_rect_visible(strip) {
        ui.painter().hline(bars.x_range(), y, stroke);
    }
    if ui.is_rect_visible(strip) && !look.still {
        let grip = Rect::from_center_size(egui::pos2(bars.right() - 6.0, y), vec2(12.0, 4.0));
        ui.painter().rect_filled(grip, 2, stroke.color);
    }
    let at = handle.interact_pointer_pos().filter(|_| handle.dragged());
    let tip =
        format!("Threshold {}: drag it. It is the same in all blocks.", format::probability(f64::from(threshold)));
    handle.on_hover_cursor(CursorIcon::ResizeVertical).on_hover_text(tip);
    let moved = egui::remap_clamp(at?.y, bars.top()..=bars.bottom(), 1.0..=0.0);
    // In steps that can be read, and met again.
    let moved = ((moved * 200.0).round() / 200.0).min(0.995);
    (moved != threshold).then_some(moved)
}

fn head(ui: &mut Ui, title: &str, note: RichText, tip: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        ui.label(fonts::strong(title)).on_hover_text(tip);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(Label::new(note.small()).truncate());
        });
    });
}

/// The sparse vector as chips, the strongest first. Gives how high they would be alone, in points.
pub fn chips(ui: &mut Ui, look: &Look, judged: &Judged, commands: &mut Vec<Command>) -> f32 {
    let threshold = format::probability(f64::from(look.threshold));
    let tokens = tokens(ui);
    let (note, tip) = match judged.item.fallback_top_k {
        Some(k) => (
            RichText::new(format!("none above {threshold}: the strongest {k}")).color(tokens.warning.text),
            "No output is above the threshold, so that a sparse search would never find it; the strongest are taken.",
        ),
        None => (
            RichText::new(format!("{} above {threshold}", judged.features.len())).color(tokens.text_secondary),
            "The sparse vector: all features whose output is above the threshold, the strongest first.",
        ),
    };
    head(ui, "Features", note, tip);
    let top = ui.cursor().top();
    let mut height = 0.0;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        ui.horizontal_wrapped(|ui| {
            for (feature, value) in judged.features.iter().take(CHIPS) {
                let block = feature / look.block_size.max(1);
                let value = format::probability(f64::from(*value));
                let called = look.called(*feature);
                let tip = format!("Feature {called}, of block {block}: output {value} of 1\nA click opens its page");
                let chip = Chip::new(&called).color(tokens.block(block)).value(&value).tip(&tip);
                if chip.max_width(ui.max_rect().width()).show(ui).response.clicked() {
                    commands.push(Command::Feature(*feature));
                }
            }
            if judged.features.len() > CHIPS {
                let more = format!("and {} more", judged.features.len() - CHIPS);
                let tip = "A higher threshold leaves fewer. The panel at the right copies all of them.";
                ui.label(RichText::new(more).color(tokens.text_secondary)).on_hover_text(tip);
            }
        });
        height = ui.min_rect().bottom() - top;
    });
    ui.add_space((look.chips - height).max(0.0));
    height
}

/// The nearest points, as many as stand in a row.
pub fn nearest(ui: &mut Ui, look: &Look, judged: &Judged, pictures: &mut dyn Pictures) {
    let near = &judged.item.nearest;
    let tokens = tokens(ui);
    let better = if look.distance.smaller_is_nearer() { "smaller is nearer" } else { "larger is nearer" };
    let note = RichText::new(look.distance.to_string()).color(tokens.text_secondary);
    let tip = format!("The nearest points of the collection by the dense vector, by {}: {better}.", look.distance);
    head(ui, "Nearest", note, &tip);
    if near.is_empty() {
        ui.label(RichText::new("The collection has no other point.").color(tokens.text_secondary));
        return;
    }
    let gap = space::XS;
    let width = ui.available_width();
    let fit = ((width + gap) / (NEAR + gap)).floor().max(1.0) as usize;
    let side = ((width + gap) / fit as f32 - gap).floor();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        for near in near.iter().take(fit) {
            let score = match look.distance {
                Distance::Cosine => format::probability(f64::from(near.score)),
                _ => format::number(f64::from(near.score)),
            };
            let tip = format!(
                "Point {}\nScore {score} ({}: {better})\nA click selects it, a double click inspects it",
                near.id, look.distance
            );
            pictures.near(ui, near, side, &score, &tip);
        }
    });
}

/// Everything that was found, in one column; gives how high the chips are alone.
pub fn column(
    ui: &mut Ui,
    look: &Look,
    judged: &Judged,
    pictures: &mut dyn Pictures,
    commands: &mut Vec<Command>,
) -> f32 {
    verdict(ui, look, judged);
    ui.add_space(space::XS);
    blocks(ui, look, judged, commands);
    ui.add_space(space::XS);
    let height = chips(ui, look, judged, commands);
    ui.add_space(space::XS);
    nearest(ui, look, judged, pictures);
    height
}
