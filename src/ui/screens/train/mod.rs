//! The train screen: the form at the left; at the right the training that goes on, or the runs.

mod chart;
mod curves;
mod form;
mod groups;
mod inspector;
mod probes;
mod progress;
mod runs;
mod usage;

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, ScrollArea};

pub use inspector::show as inspector;

use crate::app::train::{Command as Ask, Part};
use crate::app::{App, Command, Screen};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Button, EmptyState, Segment, segmented};
use crate::ui::{Cx, icons};

/// From this width on the form stands beside the rest, in points.
const WIDE: f32 = 820.0;
/// The form's width beside the rest, in points.
const FORM: f32 = 308.0;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    inspector::dialogs(ui, app, cx);
    let state = &app.train;
    if app.document.open.is_none() && state.live.is_none() && state.runs.list.is_empty() {
        ui.add_space(ui.available_height() * 0.2);
        no_collection(ui, cx);
        return;
    }
    let wide = ui.available_width() >= WIDE;
    if wide {
        let frame = Frame::new().fill(tokens(ui).base).inner_margin(Margin::same(space::L as i8));
        Panel::left("train form").resizable(false).exact_size(FORM).frame(frame).show(ui, |ui| {
            form::show(ui, app, cx);
        });
    }
    let margin = Margin { left: space::L as i8, right: space::L as i8, top: space::M as i8, bottom: 0 };
    CentralPanel::no_frame().frame(Frame::new().inner_margin(margin)).show(ui, |ui| {
        let part = parts(ui, app, cx, wide);
        ui.add_space(space::S);
        if part == Part::Settings {
            form::show(ui, app, cx);
            return;
        }
        ScrollArea::vertical().id_salt(("train", part == Part::Runs)).auto_shrink(false).show(ui, |ui| match part {
            Part::Runs => runs::show(ui, app, cx),
            Part::Progress | Part::Settings => progress::show(ui, app, cx),
        });
    });
}

/// Which part is shown; the form is one of them where it does not stand beside the rest.
fn parts(ui: &mut egui::Ui, app: &App, cx: &mut Cx, wide: bool) -> Part {
    let runs = match app.train.runs.list.len() {
        0 => "Runs".to_owned(),
        n => format!("Runs ({n})"),
    };
    let segments = [
        Segment { value: Part::Settings, name: "Settings", tip: "What is trained, and how" },
        Segment { value: Part::Progress, name: "Progress", tip: "The training that goes on, or was the last" },
        Segment { value: Part::Runs, name: &runs, tip: "All trainings of this window: open, compare, rename, delete" },
    ];
    let shown = if wide { &segments[1..] } else { &segments[..] };
    let mut part = app.train.part;
    if wide && part == Part::Settings {
        part = Part::Progress;
    }
    if segmented(ui, "Parts of Train", &mut part, shown).changed() {
        cx.push(Command::Train(Ask::Part(part)));
    }
    part
}

/// What to do where there is no collection.
fn no_collection(ui: &mut egui::Ui, cx: &mut Cx) {
    let empty = EmptyState::new(icons::TRAIN, "Open a collection to train on")
        .text(
            "An encoder learns from the neighbours that the points of a collection have. Connect to a server, open a \
             store, or try the demo.",
        )
        .action(Button::primary("Go to Start").icon(icons::HOME).tip("Collections, imports and the demo"));
    if empty.show(ui) {
        cx.push(Command::Show(Screen::Start));
    }
}
