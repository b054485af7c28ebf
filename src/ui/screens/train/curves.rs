//! The plots of a run, or of several laid over each other.

use eframe::egui::{self, Color32, RichText};
use egui_plot::Corner;

use super::chart::{Chart, Curve, Unit};
use crate::app::Command;
use crate::app::train::plots::Scale;
use crate::app::train::{Command as Ask, Curves, PlotView, Smoothing};
use crate::config::ObjectiveKind;
use crate::ui::Cx;
use crate::ui::theme::{Tokens, space, tokens};
use crate::ui::widgets::{Segment, segmented};

/// A run whose curves are drawn.
pub struct Shown<'a> {
    /// Its name.
    pub name: String,
    /// What it has measured.
    pub curves: &'a Curves,
    /// What it is after, where that is known.
    pub objective: Option<ObjectiveKind>,
}

/// From this width on all controls of the plots stand in one row, in points.
const ONE_ROW: f32 = 690.0;
/// Blocks whose entropies have a name of their own in the legend.
const NAMED_BLOCKS: usize = 8;

/// How the plots are drawn: smoothing and axes.
pub fn controls(ui: &mut egui::Ui, view: PlotView, cx: &mut Cx) {
    let mut next = view;
    let smoothing = |ui: &mut egui::Ui, next: &mut PlotView| {
        let tips = ["Every step as it was", "Averaged over some 10 steps", "Over some 50 steps", "Over some 500 steps"];
        let segments: Vec<Segment<'_, Smoothing>> = Smoothing::ALL
            .iter()
            .zip(tips)
            .map(|(value, tip)| Segment { value: *value, name: value.title(), tip })
            .collect();
        ui.label(RichText::new("Smoothing").color(tokens(ui).text_secondary));
        segmented(ui, "Smoothing of the training loss", &mut next.smoothing, &segments);
    };
    let axes = |ui: &mut egui::Ui, next: &mut PlotView| {
        let scales = |linear, log| {
            [
                Segment { value: Scale::Linear, name: "Linear", tip: linear },
                Segment { value: Scale::Log, name: "Log", tip: log },
            ]
        };
        ui.label(RichText::new("Loss").color(tokens(ui).text_secondary));
        let tips =
            scales("Equal distances for equal differences of the loss", "Equal distances for equal ratios of the loss");
        segmented(ui, "Axis of the loss", &mut next.loss, &tips);
        ui.add_space(space::S);
        ui.label(RichText::new("Steps").color(tokens(ui).text_secondary));
        let tips = scales("Equal distances for equally many steps", "Early steps have more room than late ones");
        segmented(ui, "Axis of the steps", &mut next.steps, &tips);
    };
    if ui.available_width() >= ONE_ROW {
        ui.horizontal(|ui| {
            smoothing(ui, &mut next);
            ui.add_space(space::M);
            axes(ui, &mut next);
        });
    } else {
        ui.horizontal(|ui| smoothing(ui, &mut next));
        ui.horizontal(|ui| axes(ui, &mut next));
    }
    if next != view {
        cx.push(Command::Train(Ask::Plot(next)));
    }
}

/// Draws the plots: loss over the whole width, the others beside each other where there is room.
pub fn show(ui: &mut egui::Ui, shown: &[Shown<'_>], view: PlotView) {
    let tokens = tokens(ui);
    let last = shown.iter().map(|run| run.curves.steps() as f64).fold(1.0, f64::max);
    loss(tokens, shown, view, last).show(ui);
    ui.add_space(space::S);
    let mut charts =
        vec![failed(tokens, shown, view, last), rate(tokens, shown, view, last), entropy(tokens, shown, view, last)];
    if !shown.iter().any(|run| may_fail(run.curves, run.objective)) {
        charts.remove(0);
    }
    let columns = if ui.available_width() >= 900.0 {
        3
    } else if ui.available_width() >= 560.0 {
        2
    } else {
        1
    };
    let mut charts = charts.into_iter().peekable();
    while charts.peek().is_some() {
        let row: Vec<Chart<'_>> = charts.by_ref().take(columns).collect();
        // One that is left over takes the whole row.
        ui.columns(row.len(), |columns| {
            for (ui, chart) in columns.iter_mut().zip(row) {
                chart.show(ui);
            }
        });
    }
}

/// Whether a run has triplets that can fail: as its last epoch says, and before its first one as its objective has it.
pub fn may_fail(curves: &Curves, objective: Option<ObjectiveKind>) -> bool {
    let usual =
        objective.is_none_or(|objective| matches!(objective, ObjectiveKind::Compatible | ObjectiveKind::Balanced));
    curves.last.as_ref().map_or(usual, |last| last.val_triplets > 0)
}

/// The colour of a run among several.
pub fn color(tokens: &Tokens, place: usize) -> Color32 {
    tokens.series[place % tokens.series.len()]
}

fn curve<'a>(name: impl Into<String>, series: &'a crate::app::train::plots::Series, color: Color32) -> Curve<'a> {
    Curve { name: name.into(), series, color, width: 1.75, marked: false, noise: false }
}

/// A chart without lines.
fn chart<'a>(id: &'static str, title: &'a str, tip: &'a str, view: PlotView, last: f64) -> Chart<'a> {
    Chart {
        id,
        title,
        tip,
        unit: Unit::Number,
        height: 130.0,
        steps: view.steps,
        values: Scale::Linear,
        last,
        curves: Vec::new(),
        events: Vec::new(),
        legend: Some(Corner::RightTop),
        marks: Vec::new(),
    }
}

const LOSS: &str = "The loss of each step, raw and smoothed, and at the end of each epoch that of points that are not trained \
                    on. Losses of different objectives cannot be compared. Drag to move, Ctrl and wheel to zoom, a double \
                    click shows all.";

fn loss<'a>(tokens: &Tokens, shown: &[Shown<'a>], view: PlotView, last: f64) -> Chart<'a> {
    let mut chart = chart("loss", "Loss by step", LOSS, view, last);
    // Losses fall: under the lines there is room.
    (chart.height, chart.values, chart.legend) = (220.0, view.loss, Some(Corner::LeftBottom));
    let smoothed = view.smoothing != Smoothing::None;
    if let [run] = shown {
        let (training, validation) = (tokens.series[0], tokens.series[1]);
        if smoothed {
            let raw = curve("", &run.curves.loss, training.gamma_multiply(0.35));
            chart.curves.push(Curve { width: 1.0, noise: true, ..raw });
        }
        let line = curve("training", if smoothed { &run.curves.smooth } else { &run.curves.loss }, training);
        chart.curves.push(Curve { noise: !smoothed, ..line });
        chart.curves.push(Curve { marked: true, ..curve("validation", &run.curves.val, validation) });
        if let Some(best) = &run.curves.best {
            chart.marks.push(("best".to_owned(), best.step as f64, best.val_loss, tokens.success.text));
        }
        return chart;
    }
    for (place, run) in shown.iter().enumerate() {
        let color = color(tokens, place);
        let training =
            curve("", if smoothed { &run.curves.smooth } else { &run.curves.loss }, color.gamma_multiply(0.55));
        chart.curves.push(Curve { width: 1.0, noise: !smoothed, ..training });
        chart.curves.push(Curve { marked: true, ..curve(&run.name, &run.curves.val, color) });
    }
    let first = shown.first().and_then(|run| run.objective);
    chart.title = if shown.iter().all(|run| run.objective == first) {
        "Validation loss by step; training loss behind it"
    } else {
        "Validation loss by step; those of different objectives cannot be compared"
    };
    chart
}

fn failed<'a>(tokens: &Tokens, shown: &[Shown<'a>], view: PlotView, last: f64) -> Chart<'a> {
    let tip = "The share of the fixed validation triplets whose loss is above 0: those in which the less similar point is \
               not yet far enough behind the more similar one";
    let mut chart = chart("failed", "Failed validation triplets", tip, view, last);
    chart.unit = Unit::Share;
    each(&mut chart, tokens, shown, |curves| &curves.failed, true);
    chart
}

fn rate<'a>(tokens: &Tokens, shown: &[Shown<'a>], view: PlotView, last: f64) -> Chart<'a> {
    let tip = "How far a step goes. It falls along a cosine, or is lowered when the validation loss stays level.";
    let mut chart = chart("rate", "Learning rate", tip, view, last);
    (chart.legend, chart.unit) = (Some(Corner::LeftBottom), Unit::Rate);
    each(&mut chart, tokens, shown, |curves| &curves.lr, false);
    for (place, run) in shown.iter().enumerate() {
        let alone = shown.len() == 1;
        let color = if alone { tokens.warning.text } else { color(tokens, place) };
        chart.events.extend(run.curves.drops.iter().map(|step| ("lowered".to_owned(), *step, color)));
    }
    chart
}

fn entropy<'a>(tokens: &Tokens, shown: &[Shown<'a>], view: PlotView, last: f64) -> Chart<'a> {
    let tip = "How undecided a block is: the mean over validation points of the entropy of its outputs, divided by the \
               largest possible. 0 means that one feature has it all, 1 that all features have the same.";
    let title = if shown.len() == 1 { "Entropy of the blocks" } else { "Entropy, mean of the blocks" };
    let mut chart = chart("entropy", title, tip, view, last);
    chart.legend = Some(Corner::LeftBottom);
    if let [run] = shown {
        for (block, series) in run.curves.entropy.iter().enumerate() {
            let name = if block < NAMED_BLOCKS { format!("block {block}") } else { String::new() };
            chart.curves.push(Curve { width: 1.25, ..curve(name, series, tokens.block(block)) });
        }
    } else {
        each(&mut chart, tokens, shown, |curves| &curves.mean_entropy, false);
    }
    chart
}

fn each<'a>(
    chart: &mut Chart<'a>,
    tokens: &Tokens,
    shown: &[Shown<'a>],
    series: impl Fn(&'a Curves) -> &'a crate::app::train::plots::Series,
    marked: bool,
) {
    // Several runs have their colours in the list above, and in the legend of the loss, which has the room.
    if shown.len() > 1 {
        chart.legend = None;
    }
    for (place, run) in shown.iter().enumerate() {
        let name = if shown.len() == 1 { chart.title.to_lowercase() } else { run.name.clone() };
        chart.curves.push(Curve { marked, ..curve(name, series(run.curves), color(tokens, place)) });
    }
}
