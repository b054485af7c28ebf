//! The lower part of a feature's page: words, features that it has to do with, and its points as a list.

use eframe::egui::{self, Label, RichText, Sense, Ui, vec2};

use super::super::super::theme::{size, space, tokens};
use super::super::super::widgets::{Banner, Button, Chip, Mood, section};
use super::super::super::{Cx, format, icons};
use super::name;
use super::pictures::{one_line, words as words_of};
use crate::app::document::{self, Known};
use crate::app::features::{Page, Words, points_of_words};
use crate::app::{App, Dialog, Selected};
use crate::features::FeatureStats;
use crate::point::PointId;

/// Words that are shown.
const WORDS: usize = 24;
/// What is shown of a value, in characters.
const VALUE: usize = 40;

/// What its points have in common in words.
pub fn words(ui: &mut Ui, app: &App, cx: &mut Cx, page: &Page) {
    let tip = "Values and words of the payload that are surely more frequent among its strongest points than among random \
               ones, the surest first, with how many of its strongest points have them";
    section(ui, "Words", "over-represented among its strongest points", tip, |_| {});
    word_chips(ui, app, cx, page, WORDS);
    ui.add_space(space::L);
}

/// The words as chips, at most so many.
pub fn word_chips(ui: &mut Ui, app: &App, cx: &mut Cx, page: &Page, most: usize) {
    let Some(index) = app.features.index() else { return };
    let Some(stats) = index.feature(page.feature) else { return };
    let of = points_of_words(stats.top.len());
    let quiet = |ui: &mut Ui, text: &str| {
        ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).wrap());
    };
    match &page.words {
        Words::Reading if app.document.fault.is_some() => {
            if let Some(fault) = &app.document.fault {
                let banner = Banner::new(Mood::Danger, fault.text.clone()).hint(fault.hint.clone().unwrap_or_default());
                if banner.action("Try again").show(ui).acted {
                    cx.push(crate::app::Command::Document(document::Command::Retry));
                }
            }
        }
        Words::Reading if app.features.building().is_some() => quiet(ui, "They come when every point was read."),
        Words::Reading => quiet(ui, "Reading its points."),
        Words::Comparing => quiet(ui, "Comparing its points with random ones."),
        Words::Failed(problem) => quiet(ui, &problem.text),
        Words::Found(words) if words.is_empty() => {
            quiet(ui, "No word is clearly more frequent among its points than elsewhere.");
        }
        Words::Found(words) => {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
                for word in words.iter().take(most) {
                    let value = format!("{} of {}", word.among, of);
                    let tip = format!(
                        "{}: {}\nIn {} of its {} strongest points, and in {} of {} random ones. The odds are {} times as \
                         high, at least {} times (95 % confidence)",
                        word.field,
                        word.value,
                        word.among,
                        of,
                        word.rest,
                        index.background().count(),
                        format::short(f64::from(word.log_odds.exp())),
                        format::short(f64::from(word.lower.exp())),
                    );
                    Chip::new(&word.value).value(&value).tip(&tip).show(ui);
                }
            });
        }
    }
}

/// The features that it has to do with.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx, page: &Page) {
    let Some(related) = &page.related else {
        section(ui, "Related features", "being worked out", "", |_| {});
        ui.add_space(space::L);
        return;
    };
    let tip = "By the cosine of their weight rows, after the mean row of each block is taken away, -1 to 1";
    let nearest = related.nearest.iter().map(|(feature, cosine)| (*feature, format!("{cosine:.2}")));
    chips(ui, app, cx, "Nearest features", "by the cosine of their weights", tip, nearest);
    let above = format::probability(f64::from(page.related_above));
    let note = format!("above {above}, more often than by chance");
    let tip = format!(
        "Features of other blocks that are above {above} for the same points more often than chance has it: how many times \
         more often. It is counted at .05 and at .1; shown is the one nearer to the threshold"
    );
    let together = related.fires_with.iter().map(|(feature, lift, _)| (*feature, format!("{lift:.1} times")));
    chips(ui, app, cx, "Fires together with", &note, &tip, together);
    let tip = "Features of the same block that win where this one comes second, or the other way round: the share of \
               such points";
    let rivals = related.competitors.iter().map(|(feature, share)| (*feature, format::percent(f64::from(*share))));
    chips(ui, app, cx, "Competitors", "in its block", tip, rivals);
}

fn chips(
    ui: &mut Ui,
    app: &App,
    cx: &mut Cx,
    title: &str,
    note: &str,
    tip: &str,
    features: impl Iterator<Item = (usize, String)>,
) {
    section(ui, title, note, tip, |_| {});
    let mut any = false;
    // No scope of its own for a chip: it would not go to the next row.
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for (feature, value) in features {
            any = true;
            name::chip(ui, app, cx, feature, &value);
        }
    });
    if !any {
        ui.label(RichText::new("None.").color(tokens(ui).text_secondary));
    }
    ui.add_space(space::L);
}

/// The strongest points in rows, with their payload.
pub fn points(ui: &mut Ui, app: &App, cx: &mut Cx, stats: &FeatureStats) {
    let note = format!("the {} strongest", format::count(stats.top.len() as u64));
    section(ui, "Points", &note, "The points with the largest activations, with their payload", |ui| {
        let export = Button::secondary("Export").icon(icons::EXPORT).tip("Writes points with their payload to a file");
        if ui.add(export).clicked() {
            cx.push(crate::app::Command::Dialog(Some(Dialog::Export)));
        }
    });
    for (rank, strong) in stats.top.iter().enumerate() {
        let wanted = vec2(ui.available_width(), size::ROW);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        if !ui.is_rect_visible(rect) {
            continue;
        }
        let words = payload_words(app, cx, strong.id);
        let id = strong.id.to_string();
        let value = format::probability(f64::from(strong.value));
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Point {id}, {value}: {words}"))
        });
        row(ui, rect, &response, app.view.place.selected == Selected::Point(strong.id), rank, [&value, &id, &words]);
        if response.on_hover_text("A click selects the point").clicked() {
            cx.push(crate::app::Command::Select(Selected::Point(strong.id)));
        }
    }
}

fn row(ui: &Ui, rect: egui::Rect, response: &egui::Response, on: bool, rank: usize, [value, id, words]: [&str; 3]) {
    let tokens = tokens(ui);
    let fill = if on {
        Some(tokens.selection)
    } else if response.hovered() {
        Some(tokens.control_hover)
    } else {
        (rank % 2 == 1).then_some(tokens.raised)
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, 3, fill);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 3, tokens.focus_ring(), egui::StrokeKind::Inside);
    }
    let font = egui::TextStyle::Body.resolve(ui.style());
    let mut left = rect.left() + space::S;
    for (text, width, colour) in
        [(value, 48.0, tokens.text), (id, 110.0, tokens.text_secondary), (words, f32::INFINITY, tokens.text)]
    {
        let width = width.min(rect.right() - space::S - left);
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font.clone(), colour);
        job.wrap = egui::epaint::text::TextWrapping::truncate_at_width(width - space::S);
        let galley = ui.painter().layout_job(job);
        let top = rect.center().y - galley.size().y / 2.0;
        ui.painter().galley(egui::pos2(left, top), galley, colour);
        left += width;
    }
}

/// A point in a line: what stands for it, and the rest of its payload.
fn payload_words(app: &App, cx: &mut Cx, id: PointId) -> String {
    let words = words_of(app, cx, id);
    let payload = match app.document.payload(id) {
        Known::Payload(payload) => payload,
        Known::Missing => return "not in the collection any more".into(),
        Known::NotYet => return "reading".into(),
    };
    let said = words.as_deref().unwrap_or_default();
    let texts = payload.iter().map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), one_line)));
    let rest = texts.filter(|(_, text)| text != said);
    let rest = rest.map(|(name, text)| format!("{name}: {}", format::elide(&text, VALUE)));
    words.clone().into_iter().chain(rest).collect::<Vec<_>>().join("   ")
}
