//! How is searched: which vectors, how many points, and whether the exact result is worked out, too; and what came of it.

use eframe::egui::{Align, ComboBox, DragValue, Label, Layout, RichText, Ui};

use super::{edit, push};
use crate::app::search::{Command, Edit, Kind, MOST, Results, Sparse, Vectors};
use crate::app::{App, Dialog, JobState};
use crate::point::Stored;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, IconButton, Mood, Progress, badge};
use crate::ui::{Cx, format, icons};

/// Under this width words give way to icons, in points.
const NARROW: f32 = 560.0;

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        vectors(ui, app, cx);
        if app.search.query.vectors == Vectors::Prefetched {
            share(ui, app, cx);
        }
        limit(ui, app, cx, narrow);
        compare(ui, app, cx, narrow);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| copy(ui, app, cx, narrow));
    });
    if app.search.results.is_some() || app.search.job().is_some() {
        ui.horizontal(|ui| {
            ui.set_min_height(size::ROW);
            state(ui, app, cx);
        });
    }
}

/// Why a way cannot be taken; none where it can.
fn why_not(app: &App, vectors: Vectors) -> Option<&'static str> {
    (vectors != Vectors::Dense && app.document.encoder().is_none())
        .then_some("No encoder is open: sparse vectors are those of its blocks")
}

fn title(vectors: Vectors) -> &'static str {
    match vectors {
        Vectors::Dense => "Dense",
        Vectors::Sparse => "Sparse",
        Vectors::Prefetched => "Sparse, then dense",
    }
}

fn vectors(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let now = app.search.query.vectors;
    let mut chosen = now;
    // Examples, pairs, features and sliders say themselves which vectors they go by.
    let fixed = match app.search.query.kind {
        Kind::Examples | Kind::Pairs => Some("Examples and pairs go by the dense vectors"),
        Kind::Features => Some("Features are looked for in every point"),
        _ if app.search.query.steering().is_some() => Some("Steered results go by the dense vectors and the sliders"),
        _ => None,
    };
    let none = match app.search.sparse() {
        Sparse::No => {
            "\nThis collection has no sparse vectors: every point goes through the encoder instead. \"Write sparse vectors \
             to a collection\" makes one that has them."
        }
        Sparse::Unknown | Sparse::Yes => "",
    };
    let weighed = match app.document.encoder() {
        Some(open) if open.encoder.decoder().is_some() => {
            "\nThe encoder has a decoder: where points hold what it was fitted on, it weighs the features for each query."
        }
        _ => "",
    };
    let tip = |vectors: Vectors| match vectors {
        Vectors::Dense => "By the dense vectors".to_owned(),
        Vectors::Sparse => format!("By the sparse vectors of blocks alone{weighed}{none}"),
        Vectors::Prefetched => {
            format!(
                "The sparse vectors of blocks leave a share of the collection for the dense ones, in one request\
                 {weighed}{none}"
            )
        }
    };
    let combo = ui
        .add_enabled_ui(fixed.is_none(), |ui| {
            ComboBox::from_id_salt("vectors").selected_text(title(now)).width(108.0).show_ui(ui, |ui| {
                for vectors in [Vectors::Dense, Vectors::Sparse, Vectors::Prefetched] {
                    let why = why_not(app, vectors);
                    let line = eframe::egui::Button::selectable(chosen == vectors, title(vectors));
                    let response = ui.add_enabled(why.is_none(), line);
                    let response = response.on_disabled_hover_text(why.unwrap_or_default());
                    if response.on_hover_text(tip(vectors)).clicked() {
                        chosen = vectors;
                    }
                }
            })
        })
        .inner;
    let said = fixed.map_or_else(|| tip(now), str::to_owned);
    combo.response.accessible_name("Vectors").on_hover_text(&said).on_disabled_hover_text(&said);
    if chosen != now {
        edit(cx, Edit::Vectors(chosen));
    }
}

fn share(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let mut percent = app.search.query.share * 100.0;
    let drag = DragValue::new(&mut percent).range(0.1..=100.0).speed(0.05).max_decimals(1).suffix(" %");
    let tip = "The share of the collection that the sparse vectors leave for the dense ones";
    let response = ui.add(drag).accessible_name("Share of the collection").on_hover_text(tip);
    if response.changed() {
        edit(cx, Edit::Share(percent / 100.0));
    }
    settled(cx, &response);
}

fn settled(cx: &mut Cx, response: &eframe::egui::Response) {
    if response.drag_stopped() || response.lost_focus() {
        push(cx, Command::Settled);
    }
}

fn limit(ui: &mut Ui, app: &App, cx: &mut Cx, narrow: bool) {
    let mut limit = app.search.query.limit;
    let drag = DragValue::new(&mut limit).range(1..=MOST).speed(0.2);
    let drag = if narrow { drag } else { drag.suffix(" results") };
    let response = ui.add(drag).accessible_name("Number of results").on_hover_text("How many points are found");
    if response.changed() {
        edit(cx, Edit::Limit(limit));
    }
    settled(cx, &response);
}

fn compare(ui: &mut Ui, app: &App, cx: &mut Cx, narrow: bool) {
    let steered = app.search.query.steering().is_some();
    let mut on = app.search.query.compare;
    let tip = if steered {
        "Steered results are compared with the default ones beside them"
    } else {
        "Works out the exact result, too, and shows which share of it was found, and the times of both"
    };
    let words = if narrow { "Exact, too" } else { "Compare with exact" };
    let check = eframe::egui::Checkbox::new(&mut on, words);
    let response = ui.add_enabled(!steered, check).on_hover_text(tip).on_disabled_hover_text(tip);
    if response.changed() {
        edit(cx, Edit::Compare(on));
    }
}

fn copy(ui: &mut Ui, app: &App, cx: &mut Cx, narrow: bool) {
    let request = crate::app::search::request(app);
    let tip = match request {
        Ok(_) => "The request as JSON, and as Rust and Python that run",
        Err(why) => why,
    };
    let clicked = if narrow {
        ui.add_enabled(request.is_ok(), IconButton::new(icons::COPY, "Copy request").tip(tip)).clicked()
    } else {
        ui.add_enabled(request.is_ok(), Button::secondary("Copy request").icon(icons::COPY).tip(tip)).clicked()
    };
    if clicked {
        cx.push(crate::app::Command::Dialog(Some(Dialog::Request)));
    }
}

/// How far the search is, or what it took.
fn state(ui: &mut Ui, app: &App, cx: &mut Cx) {
    if let Some(job) = app.search.job().and_then(|key| app.jobs.get(key))
        && (job.began.elapsed().as_millis() > 400 || app.search.results.is_none())
    {
        let (mut share, mut words) = (None, "Searching".to_owned());
        if job.state == JobState::Cancelling {
            words = "Cancelling".to_owned();
        } else if let Some(progress) = &job.progress {
            share = progress.total.filter(|total| *total > 0).map(|total| progress.done as f32 / total as f32);
            words = format!("Searching: {}", progress.stage);
        }
        if Progress::new(share, &words).cancel("Cancel the search").show(ui) {
            push(cx, Command::Cancel);
        }
        return;
    }
    if let Some(results) = &app.search.results {
        told(ui, results);
    }
}

/// What was found, how fast, and how well.
fn told(ui: &mut Ui, results: &Results) {
    ui.spacing_mut().item_spacing.x = space::S;
    let quiet = tokens(ui).text_secondary;
    let mut words =
        format!("{} in {}", format::counted(results.default.len() as u64, "point"), time(results.details.seconds));
    if let Some(candidates) = results.details.candidates {
        let verb = if results.steered.is_some() { "scored" } else { "left by the sparse vectors" };
        words += &format!(" \u{b7} {} {verb}", format::count(candidates as u64));
    }
    if let Some(asymmetric) = results.details.asymmetric {
        let stored = match asymmetric.stored {
            Stored::Activations => "activations",
            Stored::Winners => "winners",
            Stored::Strongest(_) => "strongest features",
        };
        let weights = format::counted(asymmetric.weights as u64, "weight");
        words += &format!(" \u{b7} {weights} by the decoder over each point's {stored}");
    }
    if let Some(compared) = results.details.compared {
        let recall = format!("recall {}", format::percent(compared.recall));
        let mood = if compared.recall >= 0.9 { Mood::Success } else { Mood::Warning };
        let tip = format!(
            "{} of the exact results are among these. The exact search took {}.",
            format::percent(compared.recall),
            time(compared.exact_seconds)
        );
        badge(ui, &recall, mood, &tip);
        words += &format!(" \u{b7} exact in {}", time(compared.exact_seconds));
        if let Some(postings) = compared.postings {
            words += &format!(" \u{b7} {} of the postings read", format::percent(postings));
        }
    }
    let tip = match &results.details.model {
        Some(model) => format!("{words}\nThe query went through {model}"),
        None => words.clone(),
    };
    ui.add(Label::new(RichText::new(words).color(quiet)).truncate()).on_hover_text(tip);
}

/// Seconds as milliseconds where they are few.
fn time(seconds: f64) -> String {
    if seconds < 0.000_95 {
        format!("{:.2} ms", seconds * 1e3)
    } else if seconds < 0.9995 {
        let ms = seconds * 1e3;
        if ms < 9.95 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
    } else {
        format::duration(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }
}
