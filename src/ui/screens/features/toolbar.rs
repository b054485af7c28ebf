//! Above the table: the filter, the threshold, and over what everything was counted.

use eframe::egui::{self, Align, Label, Layout, RichText, Slider, SliderClamping};

use super::super::super::frame::bottom::progress_words;
use super::super::super::theme::{space, tokens};
use super::super::super::widgets::{Button, Chip, IconButton, Mood, Segment, badge, search, segmented};
use super::super::super::{Cx, fonts, format, icons};
use crate::app::features::{Command, can_suggest};
use crate::app::settings::LayoutSettings;
use crate::app::{App, Change};
use crate::features::BlockPair;

/// What the slider of the threshold reaches.
pub const MOST: f32 = 0.95;

/// Blocks up to which what they share is a table.
const MATRIX: usize = 10;

/// Below this width the threshold has a row of its own, in points.
const NARROW: f32 = 580.0;

/// Draws it; where table and scatter do not fit side by side, with a switch between them.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx, beside: bool) {
    let narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        if !beside {
            views(ui, app, cx);
        }
        let slider = if narrow { 0.0 } else { 280.0 };
        filter(ui, app, cx, (ui.available_width() - slider).clamp(120.0, 320.0));
        if !narrow {
            threshold(ui, app, cx);
        }
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if narrow {
            threshold(ui, app, cx);
        }
        if !narrow {
            counts(ui, app);
            brush(ui, app, cx);
            names(ui, app, cx);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| coverage(ui, app, cx));
    });
    if narrow {
        ui.horizontal(|ui| {
            counts(ui, app);
            brush(ui, app, cx);
            names(ui, app, cx);
        });
    }
}

fn views(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let layout = &app.settings.layout;
    let mut scatter = layout.scatter;
    let segments = [
        Segment { value: false, name: "Table", tip: "All features in rows" },
        Segment { value: true, name: "Scatter", tip: "How often each feature fires against how strongly" },
    ];
    if segmented(ui, "View of the features", &mut scatter, &segments).changed() {
        cx.push(Change::Layout(LayoutSettings { scatter, ..layout.clone() }).into());
    }
}

fn filter(ui: &mut egui::Ui, app: &App, cx: &mut Cx, width: f32) {
    let before = &app.features.table.lens.filter;
    let mut text = before.clone();
    let response = search(ui, "Filter features", "Name, index, block 2, dead, pinned", &mut text, width);
    let response = response.on_hover_text(
        "Shows the features that fit every word: part of a name, the first figures of an index, block 2, dead, alive, \
         pinned, named, unnamed",
    );
    if text != *before {
        cx.push(Command::Filter(text).into());
    }
    if response.lost_focus() {
        cx.push(Command::FilterDone.into());
    }
}

/// The threshold of activations, which is the same on every screen.
pub fn threshold(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let mut value = app.settings.threshold;
    ui.spacing_mut().slider_width = 110.0;
    let slider = Slider::new(&mut value, 0.0..=MOST)
        .text("Threshold")
        .step_by(0.005)
        .fixed_decimals(3)
        .clamping(SliderClamping::Never);
    let tip = "Activations (0 to 1) at or under this do not count: densities, and sparse vectors of inputs";
    if ui.add(slider).on_hover_text(tip).changed() {
        cx.push(Change::Threshold(value).into());
    }
}

fn counts(ui: &mut egui::Ui, app: &App) {
    let (Some(index), table) = (app.features.index(), &app.features.table) else { return };
    let (all, shown) = (index.features() as u64, table.rows().len() as u64);
    let text = if shown == all {
        format::counted(all, "feature")
    } else {
        format!("{} of {}", format::count(shown), format::counted(all, "feature"))
    };
    ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)));
    let dead = table.dead() as u64;
    if dead > 0 {
        let tip = "Features that never win their block for any point that was read";
        badge(ui, &format!("{} dead", format::count(dead)), Mood::Warning, tip);
    }
    if let Some(nmi) = index.table().nmi {
        let text = format!("blocks share {}", format::probability(nmi.into()));
        let label = ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).truncate());
        label.on_hover_ui(|ui| shared(ui, &index.table().pairs, index.blocks()));
    }
}

/// What each two blocks share: as a table, or where there are many blocks the pairs that share most.
fn shared(ui: &mut egui::Ui, pairs: &[BlockPair], blocks: usize) {
    ui.set_max_width(380.0);
    ui.label(fonts::strong("What blocks share"));
    let words = "The mutual information between the winners of two blocks, over the mean of their entropies: 0 where the one \
                 says nothing of the other, 1 where it says everything. Blocks that share little say different things";
    ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).wrap());
    let quiet = |text: String| RichText::new(text).color(tokens(ui).text_secondary);
    let of = |one: usize, other: usize| pairs.iter().find(|pair| (pair.one, pair.other) == (one, other));
    let number = |pair: &BlockPair| format::probability(pair.nmi.into());
    if blocks <= MATRIX {
        let heads: Vec<RichText> = (0..blocks).map(|block| quiet(block.to_string())).collect();
        egui::Grid::new("shared").spacing([space::M, space::XS]).show(ui, |ui| {
            ui.label("");
            heads[..blocks - 1].iter().for_each(|head| drop(ui.label(head.clone())));
            ui.end_row();
            for (other, head) in heads.iter().enumerate().skip(1) {
                ui.label(head.clone());
                (0..other).filter_map(|one| of(one, other)).for_each(|pair| drop(ui.label(number(pair))));
                ui.end_row();
            }
        });
        return;
    }
    let mut most: Vec<&BlockPair> = pairs.iter().collect();
    most.sort_by(|a, b| b.nmi.total_cmp(&a.nmi));
    for pair in most.into_iter().take(MATRIX) {
        ui.label(format!("{} between blocks {} and {}", number(pair), pair.one, pair.other));
    }
}

fn brush(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let table = &app.features.table;
    if table.lens.brush.is_none() {
        return;
    }
    let name = format!("brush: {}", format::counted(table.brushed() as u64, "feature"));
    let chip = Chip::new(&name).tip("Only features inside the rectangle in the scatter. Esc clears it").removable();
    let answer = chip.show(ui);
    if answer.removed || answer.response.clicked() {
        cx.push(Command::Brush(None).into());
    }
}

/// Has names suggested; and while they are made, how far that is.
fn names(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let Some(job) = app.features.suggesting.job().and_then(|key| app.jobs.get(key)) else {
        let tip = "Names features by what payloads say of their points, and by words where the model has a text side. Names \
                   are scored on points held out of their making; a feature without a good one stays unnamed, and your \
                   own names stay";
        let button = Button::secondary("Suggest names").icon(icons::TAG).tip(tip);
        if ui.add_enabled(can_suggest(app), button).clicked() {
            cx.push(Command::SuggestNames.into());
        }
        return;
    };
    let cancel = IconButton::new(icons::CLOSE, "Cancel naming the features").small();
    if ui.add(cancel).clicked() {
        cx.push(crate::app::Command::Job(job.key, crate::app::JobCommand::Cancel));
    }
    let (share, words) = progress_words(job);
    let text = match share {
        Some(share) => format!("Suggesting names, {}", format::percent(f64::from(share))),
        None => "Suggesting names".to_owned(),
    };
    ui.add(Label::new(RichText::new(text).color(tokens(ui).info.text))).on_hover_text(words);
}

/// Over how many points everything was counted; and while the collection is read, how far that is.
fn coverage(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let (state, tokens) = (&app.features, tokens(ui));
    let Some(index) = state.index() else { return };
    let all = app.document.open.as_ref().map(|open| open.info.points);
    if let Some(key) = state.building() {
        let cancel = IconButton::new(icons::CLOSE, "Cancel reading the features").small();
        if ui.add(cancel).clicked() {
            cx.push(crate::app::Command::Job(key, crate::app::JobCommand::Cancel));
        }
    } else {
        let again = IconButton::new(icons::REFRESH, "Read the collection again").small();
        if ui.add(again.tip("Read all of the collection again, whatever is saved of it")).clicked() {
            cx.push(Command::Reindex.into());
        }
    }
    let points = index.points();
    let text = if state.is_whole() {
        format!("over {}", format::counted(points, "point"))
    } else {
        format!("over the first {}", super::of_points(points, all))
    };
    let colour = if state.is_whole() { tokens.text_secondary } else { tokens.info.text };
    let label = ui.add(Label::new(RichText::new(text).color(colour)).truncate());
    label.on_hover_text("Every number here is counted over these points");
    if !state.is_whole()
        && state.building().is_none()
        && ui
            .add(Button::secondary("Read the rest").tip("Goes on where the index was saved, or else reads all of it"))
            .clicked()
    {
        cx.push(Command::ReadRest.into());
    }
}
