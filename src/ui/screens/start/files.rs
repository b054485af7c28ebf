//! Opening a file of vectors, or an encoder.

use eframe::egui;

use super::parts::{PathRow, as_error, beside_labels, head, push, quiet};
use crate::app::start::{Command, Field, Origin, Page};
use crate::app::{App, Command as AppCommand, JobCommand};
use crate::source::Distance;
use crate::ui::theme::space;
use crate::ui::widgets::{Banner, Button, Card, Mood, Progress, Segment, field, key_value, segmented};
use crate::ui::{Cx, icons};

/// The distances, to choose one of.
pub(super) fn distance(ui: &mut egui::Ui, value: &mut Distance) {
    let tip = "How nearness is measured among the vectors";
    field(ui, "Distance", tip, None, |ui| {
        let segments = [
            Segment { value: Distance::Cosine, name: "Cosine", tip: "By the angle between vectors" },
            Segment { value: Distance::Dot, name: "Dot", tip: "By the dot product: length counts, too" },
            Segment { value: Distance::Euclid, name: "Euclid", tip: "By the straight line between their ends" },
            Segment { value: Distance::Manhattan, name: "Manhattan", tip: "By the sum of the differences" },
        ];
        segmented(ui, "Distance", value, &segments);
    });
}

pub(super) fn vectors(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let text = "The file is read as it is, each row a point. Import it to keep its points in a collection instead.";
    head(ui, cx, "Open vectors", text);
    let mut form = app.start.vectors.form.clone();
    let mut go = false;
    let origin = Origin::Page(Page::Vectors);
    let error = app.start.vectors.problem.as_ref().or(app.problem_from(&origin)).map(as_error);
    Card::new().name("Vectors").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let row = PathRow {
            label: "File",
            tip: "A NumPy file (.npy) of rows x dimensions, float16, float32 or float64",
            hint: "/path/of/vectors.npy",
            field: Field::Vectors,
            error: error.as_ref(),
        };
        go |= row.show(ui, app, cx, &mut form.path).entered;
        let row = PathRow {
            label: "Payload",
            tip: "What is known of each row: a file with one JSON object a line, as many as there are rows (optional)",
            hint: "none",
            field: Field::Payload,
            error: None,
        };
        go |= row.show(ui, app, cx, &mut form.payload).entered;
        distance(ui, &mut form.distance);
        ui.add_space(space::S);
        if app.is_opening_from(&origin) {
            if Progress::new(None, "Opening the file").cancel("Cancel the opening").show(ui)
                && let Some(job) = app.document.opening
            {
                cx.push(AppCommand::Job(job, JobCommand::Cancel));
            }
        } else {
            beside_labels(ui, |ui| {
                go |= ui.add(Button::primary("Open").icon(icons::FORWARD).tip("Opens the file (Enter)")).clicked();
            });
        }
    });
    if form != app.start.vectors.form {
        push(cx, Command::EditVectors(form));
    }
    if go {
        push(cx, Command::OpenVectors);
    }
}

pub(super) fn encoder(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let text = "It opens over the open collection where it fits, or with the one that it was open with last.";
    head(ui, cx, "Open an encoder", text);
    let state = &app.start.encoder;
    let mut path = state.path.clone();
    let mut go = false;
    let error = state.problem.as_ref().map(as_error);
    Card::new().name("Encoder").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let row = PathRow {
            label: "File",
            tip: "An encoder's weights: .safetensors of this program, or a state dict of PyTorch (.pth)",
            hint: "/path/of/encoder.safetensors",
            field: Field::Encoder,
            error: error.as_ref(),
        };
        go |= row.show(ui, app, cx, &mut path).entered;
        ui.add_space(space::S);
        if app.jobs.is_live(state.job) {
            Progress::new(None, "Reading the encoder").show(ui);
        } else {
            beside_labels(ui, |ui| {
                go |= ui.add(Button::primary("Open").icon(icons::FORWARD).tip("Opens the encoder (Enter)")).clicked();
            });
        }
    });
    if path != state.path {
        push(cx, Command::EditEncoder(path.clone()));
    }
    if go {
        push(cx, Command::OpenEncoder(path.trim().into()));
    }
    let Some(seen) = &state.waiting else { return };
    ui.add_space(space::M);
    let words = format!("{} waits for a collection of {} dimensions.", seen.name(), seen.dim);
    let told = Banner::new(Mood::Info, words)
        .hint("Open one, and the encoder opens with it.")
        .action("Connect to Qdrant")
        .closable()
        .show(ui);
    if told.acted {
        push(cx, Command::Page(Page::Server));
    }
    if told.closed {
        push(cx, Command::DropEncoder);
    }
    ui.add_space(space::S);
    Card::new().name("What the encoder is").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        key_value(ui, "Takes", &seen.dim.to_string(), "dimensions", "The vectors that it is made for");
        key_value(ui, "Blocks", &seen.blocks.to_string(), "", "Of each block, the features share one sum");
        key_value(ui, "Features in a block", &seen.block_size.to_string(), "", "");
        if let Some(source) = &seen.source {
            key_value(ui, "Trained on", source, "", "");
        }
        quiet(ui, seen.path.display().to_string());
    });
}
