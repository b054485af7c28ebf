//! The dialogs of conversions and exports.

use std::path::PathBuf;

use eframe::egui::{self, Align, DragValue, Layout, TextEdit};

use crate::app::transfer::{Command, ConvertForm, Export, Looked};
use crate::app::{App, JobCommand};
use crate::pipeline::{ConvertPreview, usual_threshold};
use crate::point::{SparseValues, Stored};
use crate::ui::frame::bottom::progress_words;
use crate::ui::frame::right::table;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Button, FieldError, Mood, Progress, Segment, field, segmented};
use crate::ui::{Cx, format, icons};

/// Features of each block that are kept, unless said otherwise.
const STRONGEST: usize = 4;

/// Draws the question before sparse vectors are written.
pub fn convert(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let state = &app.transfer;
    let about = "Writes a collection in which each point has the sparse vector of its blocks, for a fast prefetch. The \
                 payloads go with it, and nothing is written before you have seen what it would be.";
    ui.label(egui::RichText::new(about).color(tokens(ui).text_secondary));
    ui.add_space(space::M);
    let busy = app.jobs.is_live(state.writing);
    ui.add_enabled_ui(!busy, |ui| form(ui, app, cx));
    ui.add_space(space::M);
    if let Some(key) = state.writing.filter(|_| busy)
        && let Some(job) = app.jobs.get(key)
    {
        let (share, words) = progress_words(job);
        if Progress::new(share, &words).cancel("Cancel the conversion").show(ui) {
            cx.push(crate::app::Command::Job(key, JobCommand::Cancel));
        }
        return;
    }
    if let Some(problem) = &state.problem {
        let mut banner = Banner::new(Mood::Danger, problem.text.clone());
        if let Some(hint) = &problem.hint {
            banner = banner.hint(hint.clone());
        }
        banner.show(ui);
    }
    if let Some(written) = &state.written {
        let mut words = format!("{} of {} points written", format::count(written.written), format::count(written.read));
        if written.skipped > 0 {
            words += &format!(", {} were there from before", format::count(written.skipped));
        }
        if written.empty > 0 {
            words += &format!("; {} have no entry above the threshold", format::count(written.empty));
        }
        Banner::new(Mood::Success, words).show(ui);
    }
    match (state.seen(), &state.looked) {
        (Some(preview), _) => seen(ui, preview),
        (None, Looked::Looking(_)) => {
            Progress::new(None, "Working out what would be written").show(ui);
        }
        _ => {}
    }
    ui.add_space(space::L);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let named = !state.form.target.trim().is_empty();
        match state.seen() {
            Some(preview) => {
                let text =
                    format!("Write {}", format::counted(preview.read - preview.skipped.min(preview.read), "point"));
                let place = if preview.on_server { "to the server" } else { "to the store" };
                let tip = format!("Writes the sparse vectors {place}, into {}", preview.target_title);
                if ui.add(Button::primary(&text).icon(icons::SAVE).tip(&tip)).clicked() {
                    cx.push(crate::app::Command::Transfer(Command::Write));
                }
            }
            None => {
                let ready = named && !matches!(state.looked, Looked::Looking(_));
                let button = Button::primary("See what would be written").icon(icons::SEARCH);
                let tip = "Counts points and entries over a sample; writes nothing";
                if ui.add_enabled(ready, button.tip(tip)).clicked() {
                    cx.push(crate::app::Command::Transfer(Command::Look));
                }
            }
        }
        if ui.add(Button::secondary("Close").tip("Close this window")).clicked() {
            cx.push(crate::app::Command::Dialog(None));
        }
    });
}

fn form(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let mut form = app.transfer.form.clone();
    let refused = match &app.transfer.looked {
        Looked::Refused(problem) => Some(problem),
        _ => None,
    };
    let error = refused.map(|problem| {
        let error = FieldError::new(problem.text.clone());
        match &problem.hint {
            Some(hint) => error.hint(hint.clone()),
            None => error,
        }
    });
    let tip = "Name of the collection to write, in the same store or on the same server";
    field(ui, "Target", tip, error.as_ref(), |ui| {
        ui.add(TextEdit::singleline(&mut form.target).desired_width(f32::INFINITY).id_salt("target"))
    });
    stored(ui, app, &mut form);
    let tip =
        "With both vectors in one collection, a single request searches by the blocks and rescores by the dense one";
    field(ui, "Dense vector", tip, None, |ui| ui.checkbox(&mut form.with_dense, "write it, too"));
    let tip = "What an entry is: the activation, as in the reference, or its square root";
    let values = [
        Segment { value: SparseValues::Probability, name: "Activations", tip: "What the encoder gives, from 0 to 1" },
        Segment { value: SparseValues::Sqrt, name: "Square roots", tip: "A request with weights then steers exactly" },
    ];
    field(ui, "Values", tip, None, |ui| segmented(ui, "Values", &mut form.values, &values));
    if form != app.transfer.form {
        cx.push(crate::app::Command::Transfer(Command::Edit(form)));
    }
}

/// What is stored of each point, and what goes with that.
fn stored(ui: &mut egui::Ui, app: &App, form: &mut ConvertForm) {
    let encoder = app.document.encoder().map(|open| &open.encoder);
    let usual = encoder.map_or(Stored::Activations, |encoder| encoder.stored());
    let was = form.keep.unwrap_or(usual);
    let mut k = if let Stored::Strongest(k) = was { k } else { STRONGEST };
    let mut now = was;
    let names = [
        (Stored::Activations, "Above a threshold", "All features of a point that fire more than this"),
        (Stored::Winners, "Winners", "The winning feature of each block as 1: the shortest code"),
        (Stored::Strongest(k), "Strongest", "The strongest features of each block with their activations"),
    ];
    let segments = names.map(|(value, name, tip)| Segment { value, name, tip });
    let tip = if encoder.is_some_and(|encoder| encoder.decoder().is_some()) {
        "What is stored of a point. The encoder's decoder was fitted on what is chosen at first; a search then weighs the \
         features for each query."
    } else {
        "What is stored of a point"
    };
    field(ui, "Stored", tip, None, |ui| segmented(ui, "Stored", &mut now, &segments));
    match &mut now {
        Stored::Activations => {
            let tip = "Activations (0 to 1) at or under this are left out";
            let was = form.threshold.or_else(|| encoder.map(|encoder| usual_threshold(encoder))).unwrap_or(0.0);
            let mut threshold = was;
            field(ui, "Its threshold", tip, None, |ui| {
                ui.add(DragValue::new(&mut threshold).range(0.0..=0.99).speed(0.002).fixed_decimals(3))
            });
            if threshold != was {
                form.threshold = Some(threshold);
            }
            let tip = "A point without any entry would never be found: it can be given its strongest features";
            field(ui, "Points with none", tip, None, |ui| {
                ui.horizontal(|ui| {
                    let response = ui.checkbox(&mut form.fallback, "keep the strongest");
                    let drag = DragValue::new(&mut form.top_k).range(1..=1_000);
                    ui.add_enabled(form.fallback, drag).labelled_by(response.id).on_hover_text("Features to keep");
                })
            });
        }
        Stored::Strongest(kept) => {
            let tip = "Features to keep of each block";
            let most = encoder.map_or(STRONGEST, |encoder| encoder.block_size());
            field(ui, "Of each block", tip, None, |ui| ui.add(DragValue::new(&mut k).range(1..=most).speed(0.1)));
            *kept = k;
        }
        Stored::Winners => {}
    }
    if now != was {
        form.keep = Some(now);
    }
}

/// What would be written.
fn seen(ui: &mut egui::Ui, preview: &ConvertPreview) {
    let exists = match preview.target_points {
        Some(points) => format!("there already, with {}", format::counted(points, "point")),
        None => "will be made".to_owned(),
    };
    let mut rows = vec![
        ("Into", preview.target_title.clone()),
        ("The target", exists),
        ("Points", format::count(preview.read)),
        ("Entries a point", format!("{} on average", format::number(preview.size.entries))),
        ("A sparse vector", vector_size(preview)),
        ("Without an entry", format::percent(preview.empty_share)),
        ("Size", format!("about {}", format::bytes(preview.bytes_estimate))),
    ];
    if preview.skipped > 0 {
        rows.push(("Written before", format::count(preview.skipped)));
    }
    table(ui, "preview", &rows);
    if preview.target_points.is_some_and(|points| points > preview.skipped) {
        ui.add_space(space::S);
        Banner::new(Mood::Warning, "Points of the target with the same ids are replaced.").show(ui);
    }
}

/// What a sparse vector takes.
fn vector_size(preview: &ConvertPreview) -> String {
    let bytes = |bytes: f64| format::bytes(bytes.ceil() as u64);
    let weights = if preview.stored == Stored::Winners { "" } else { " with weights of half precision" };
    format!("{} packed{weights}, {} as Qdrant keeps it", bytes(preview.size.packed), bytes(preview.size.qdrant))
}

/// Draws what can be exported.
pub fn export(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let state = &app.transfer;
    let Some(encoder) = app.document.encoder() else { return };
    let mut path = state.path.clone();
    let tip = "Folder that files are written to, without asking for a place each time; empty to be asked";
    field(ui, "Folder", tip, None, |ui| {
        let edit = TextEdit::singleline(&mut path).hint_text("Ask each time").desired_width(f32::INFINITY);
        ui.add(edit.id_salt("export folder"))
    });
    if path != state.path {
        cx.push(crate::app::Command::Transfer(Command::Path(path)));
    }
    if let Some(missing) = &app.desk.missing {
        Banner::new(Mood::Info, missing.clone()).hint("type a folder above").show(ui);
    }
    ui.add_space(space::M);
    let busy = app.jobs.is_live(state.exporting);
    for export in Export::ALL {
        ui.push_id(export.title(), |ui| {
            ui.horizontal(|ui| {
                ui.vertical(|ui| {
                    ui.set_width(ui.available_width() - 110.0);
                    ui.label(export.title());
                    ui.label(egui::RichText::new(export.about()).small().color(tokens(ui).text_secondary));
                });
                let name = format!("Export {}", export.title());
                let button = Button::secondary("Export").icon(icons::EXPORT).tip(export.about());
                let response = ui.add_enabled(!busy, button);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, !busy, &name));
                if response.clicked() {
                    let folder = state.path.trim();
                    let command = if folder.is_empty() {
                        Command::Choose(export)
                    } else {
                        Command::Export(export, PathBuf::from(folder).join(export.file_name(&encoder.name())))
                    };
                    cx.push(crate::app::Command::Transfer(command));
                }
            });
        });
        ui.add_space(space::S);
    }
    if let Some(key) = state.exporting.filter(|_| busy)
        && let Some(job) = app.jobs.get(key)
    {
        let (share, words) = progress_words(job);
        if Progress::new(share, &words).cancel("Cancel the export").show(ui) {
            cx.push(crate::app::Command::Job(key, JobCommand::Cancel));
        }
    }
    match &state.exported {
        Some(Ok(path)) => {
            Banner::new(Mood::Success, format!("{} is written", path.display())).show(ui);
        }
        Some(Err(problem)) => {
            let banner = Banner::new(Mood::Danger, problem.text.clone());
            match &problem.hint {
                Some(hint) => banner.hint(hint.clone()).show(ui),
                None => banner.show(ui),
            };
        }
        None => {}
    }
    ui.add_space(space::L);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if ui.add(Button::secondary("Close").tip("Close this window")).clicked() {
            cx.push(crate::app::Command::Dialog(None));
        }
    });
}
