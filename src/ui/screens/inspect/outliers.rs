//! What p-values say: on each card, over all cards, and in the panel at the right.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{ComboBox, DragValue, Grid, Label, RichText, TextStyle, Ui};

use crate::app::inspect::{Card, Command, Judged, Oddity, Summary};
use crate::app::{App, Change, Command as Any};
use crate::features::outlier::{OutlierScore, Separation};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Card as Surface, IconButton, key_value, section};
use crate::ui::{Cx, fonts, format, icons};

/// Under this width the summary has few words, in points.
const NARROW: f32 = 640.0;
/// From this width on a card has room for its p-value in one line, in points.
const WIDE: f32 = 300.0;
/// The height of a line of small text, in points.
const LINE: f32 = 15.0;

/// What a score is, for a tooltip.
fn meaning(score: OutlierScore) -> &'static str {
    match score {
        OutlierScore::Entropy => "How undecided the blocks are: the mean of their entropies, 0 to 1.",
        OutlierScore::MaxProbability => "One less the confidence: the mean over blocks of the largest output.",
        OutlierScore::Neighbour => "The distance to the 50th nearest point of the collection.",
        OutlierScore::Fused => {
            "How undecided the encoder is and how empty the neighbourhood, 0 to 1. A half is usual in the collection."
        }
    }
}

/// What a score is called at the beginning of a line.
fn title(score: OutlierScore) -> &'static str {
    match score {
        OutlierScore::Entropy => "Mean entropy",
        OutlierScore::MaxProbability => "Max. probability",
        OutlierScore::Neighbour => "50th neighbour",
        OutlierScore::Fused => "Fused",
    }
}

/// What a p-value says, in words: "3 of 1,200 points are as odd".
pub fn words(oddity: &Oddity) -> String {
    let points = format::count(oddity.points as u64);
    match oddity.above {
        0 => format!("none of {points} points is as odd"),
        1 => format!("1 of {points} points is as odd"),
        above => format!("{} of {points} points are as odd", format::count(above as u64)),
    }
}

fn tip(judged: &Judged, oddity: &Oddity, summary: Option<&Summary>) -> String {
    let mut tip = format!(
        "{}: of points like the collection's, at most this share is so odd or odder. It is (1 + {}) / (1 + {}), by the \
         place of its score among {} of the collection's points.",
        p_value(oddity.p),
        oddity.above,
        oddity.points,
        format::count(oddity.points as u64),
    );
    if let Some(summary) = summary {
        let score = judged.scores.and_then(|scores| scores.get(summary.score)).unwrap_or_default();
        let score = format::number(f64::from(score));
        tip += &format!("\n{} {score}: {}", title(summary.score), meaning(summary.score));
        tip += &format!(
            "\nAmong the {} it is flagged from a false discovery rate of {} on (Benjamini and Hochberg).",
            format::counted(summary.judged as u64, "card"),
            format::percent(oddity.adjusted)
        );
        if !summary.held_out {
            tip += "\nThe encoder may have been trained on those points: then the p-value is too small.";
        }
    }
    tip
}

/// The p-value of a card, under its verdict.
pub fn line(ui: &mut Ui, judged: &Judged, summary: Option<&Summary>) {
    let Some(oddity) = &judged.oddity else {
        // In line with the others.
        if summary.is_some() {
            ui.allocate_space(eframe::egui::vec2(1.0, height(ui)));
        }
        return;
    };
    let tokens = tokens(ui);
    let font = TextStyle::Small.resolve(ui.style());
    let mut job = LayoutJob::default();
    let rest = if oddity.flagged {
        let strong = fonts::strong_style().resolve(ui.style());
        let strong = eframe::egui::FontId::new(font.size, strong.family);
        job.append("flagged", 0.0, TextFormat { font_id: strong, color: tokens.danger.text, ..Default::default() });
        format!(", {}: {}", p_value(oddity.p), words(oddity))
    } else {
        format!("{}: {}", p_value(oddity.p), words(oddity))
    };
    job.append(&rest, 0.0, TextFormat { font_id: font, color: tokens.text_secondary, ..Default::default() });
    ui.scope(|ui| {
        ui.set_min_height(height(ui));
        ui.add(Label::new(job).wrap()).on_hover_text(tip(judged, oddity, summary));
    });
}

/// "p = .123", or "p < .001".
fn p_value(p: f64) -> String {
    let words = format::probability(p);
    if words.starts_with('<') { format!("p {words}") } else { format!("p = {words}") }
}

/// Room for a p-value, in points, so that what stands under it is in line.
fn height(ui: &Ui) -> f32 {
    if ui.available_width() >= WIDE { LINE } else { 2.0 * LINE }
}

/// The mark of a known outlier, in a card's title.
pub fn mark(ui: &mut Ui, cx: &mut Cx, card: &Card) {
    if card.judged().is_none() {
        return;
    }
    let (name, tip) = if card.known {
        (format!("{} is a known outlier", card.name), "Marked as a known outlier: a click takes the mark away")
    } else {
        let tip = "Mark it as a known outlier: over the cards stands which score tells the marked ones best";
        (format!("Mark {} as a known outlier", card.name), tip)
    };
    if ui.add(IconButton::new(icons::TAG, &name).selected(card.known).tip(tip).small()).clicked() {
        cx.push(Any::Inspect(Command::Mark(card.id, !card.known)));
    }
}

/// What tells outliers, at which rate, and what that makes of all cards.
pub fn settings(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let wide = ui.available_width() >= NARROW;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        ui.label(RichText::new("Outliers by").color(tokens(ui).text_secondary));
        let score = app.settings.outlier_score;
        let mut picked = score;
        let combo = ComboBox::from_id_salt("outlier score").selected_text(title(score)).width(130.0).show_ui(ui, |ui| {
            for score in OutlierScore::ALL {
                ui.selectable_value(&mut picked, score, title(score)).on_hover_text(meaning(score));
            }
        });
        let about = format!("What tells an outlier. {}: {}", title(score), meaning(score));
        combo.response.accessible_name("Outlier score").on_hover_text(about);
        if picked != score {
            cx.push(Any::Settings(Change::OutlierScore(picked)));
        }
        let mut percent = app.settings.outlier_rate * 100.0;
        let drag = DragValue::new(&mut percent).range(0.1..=50.0).speed(0.1).max_decimals(1).suffix(" %");
        let tip = "The false discovery rate: of the cards that are flagged, at most this share is like the collection, on \
                   average. By Benjamini and Hochberg's rule over all cards.";
        let label = ui.label(RichText::new("at").color(tokens(ui).text_secondary));
        if ui.add(drag).labelled_by(label.id).accessible_name("False discovery rate").on_hover_text(tip).changed() {
            cx.push(Any::Settings(Change::OutlierRate(percent / 100.0)));
        }
        ui.add_space(space::S);
        summary(ui, app, wide);
    });
    if let Some(summary) = app.inspect.summary().filter(|summary| summary.known > 0) {
        ui.add_space(space::XS);
        table(ui, summary);
    }
}

/// How many cards are flagged.
fn summary(ui: &mut Ui, app: &App, wide: bool) {
    let tokens = tokens(ui);
    let Some(summary) = app.inspect.summary() else {
        if let Some(problem) = app.inspect.no_summary() {
            let words = RichText::new(format!("No p-values: {problem}")).color(tokens.text_secondary);
            ui.add(Label::new(words).truncate());
        }
        return;
    };
    let words = format!("{} of {} flagged", summary.flagged, summary.judged);
    let whole = format!("{words} at a false discovery rate of {}", format::percent(summary.rate));
    // Beside the field with the rate, which says the rest.
    let words = if wide { whole } else { words };
    let color = if summary.flagged > 0 { tokens.danger.text } else { tokens.text };
    let points = format::counted(summary.points as u64, "point");
    let tip = if summary.held_out {
        format!("Compared with {points} of the collection that the encoder was not trained on.")
    } else {
        format!(
            "Compared with {points} of the collection. It is not known whether the encoder was trained on them; if it was, \
             p-values are too small, and more is flagged than should be."
        )
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if !summary.held_out {
            ui.label(fonts::icon(icons::WARNING, 14.0).color(tokens.warning.text)).on_hover_text(&tip);
        }
        ui.add(Label::new(RichText::new(words).color(color)).truncate()).on_hover_text(tip);
    });
}

/// Which score tells the known outliers best.
fn table(ui: &mut Ui, summary: &Summary) {
    let tokens = tokens(ui);
    let outliers = format::counted(summary.known as u64, "known outlier");
    let tip = "Of all pairs of a known outlier and a point that cards are compared with, the share in which the outlier has \
               the larger score. 1 tells all apart, .5 is chance.";
    let false_tip = "The share of the points that cards are compared with that would be flagged where 95 % of the known \
                     outliers are. The smaller, the better.";
    Surface::new().sunken().tight().name("Which score tells known outliers").show(ui, |ui| {
        Grid::new("separations").num_columns(5).spacing([space::L, space::XS]).show(ui, |ui| {
            let quiet = |text: &str| RichText::new(text).small().color(tokens.text_secondary);
            ui.label(quiet(&outliers)).on_hover_text("Marked on the cards");
            for score in OutlierScore::ALL {
                ui.label(quiet(title(score))).on_hover_text(meaning(score));
            }
            ui.end_row();
            let best = summary.separations.first();
            let is_best =
                |one: &&Separation| best.is_some_and(|best| (best.auroc, best.fpr95) == (one.auroc, one.fpr95));
            let of = |score: OutlierScore| summary.separations.iter().find(|one| one.score == score);
            let row = |ui: &mut Ui, name: &str, tip: &str, value: &dyn Fn(OutlierScore) -> Option<String>| {
                ui.label(quiet(name)).on_hover_text(tip);
                for score in OutlierScore::ALL {
                    let text = value(score).unwrap_or_default();
                    let strong = of(score).filter(is_best).is_some();
                    let text = if strong { fonts::strong(text) } else { RichText::new(text) };
                    ui.label(text).on_hover_text(tip);
                }
                ui.end_row();
            };
            row(ui, "AUROC", tip, &|score| Some(format::probability(of(score)?.auroc)));
            row(ui, "False positives at 95 %", false_tip, &|score| Some(format::percent(of(score)?.fpr95)));
        });
    });
}

/// All scores of a card and their p-values, for the panel at the right.
pub fn scores(ui: &mut Ui, app: &App, judged: &Judged) {
    let (Some(scores), Some(oddity), Some(calibration)) = (judged.scores, &judged.oddity, app.inspect.calibration())
    else {
        return;
    };
    let tip = "How many of the points that it is compared with are as odd, by each score";
    section(ui, "Outlier scores", "", tip, |_| {});
    let member = judged.item.id.is_some_and(|id| calibration.member(id).is_some());
    Grid::new("scores of an input").num_columns(3).striped(true).spacing([space::S, space::XS]).show(ui, |ui| {
        let quiet = |ui: &mut Ui, text: &str, tip: &str| {
            ui.label(RichText::new(text).small().color(tokens(ui).text_secondary)).on_hover_text(tip);
        };
        quiet(ui, "Score", "Of each, more is more outlying");
        quiet(ui, "Value", "Its value");
        quiet(ui, "p", "Of points like the collection's, at most this share has such a score or a larger one");
        ui.end_row();
        for score in OutlierScore::ALL {
            let Some(value) = scores.get(score) else { continue };
            ui.label(title(score)).on_hover_text(meaning(score));
            ui.label(format::number(f64::from(value)));
            ui.label(format::probability(calibration.p(score, value, member)));
            ui.end_row();
        }
    });
    let tip = "The smallest false discovery rate at which it is flagged among all cards, by the score that is chosen";
    key_value(ui, "Flagged from", &format::percent(oddity.adjusted), "", tip);
    ui.add_space(space::M);
}
