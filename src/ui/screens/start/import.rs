//! Importing: the form, how far the import is, and what it left out.

use eframe::egui::{self, ComboBox, ScrollArea};

use super::files::distance;
use super::parts::{PathRow, as_error, beside_labels, head, key_line, line, note, push, quiet};
use crate::app::start::{
    Command, Field, ImportDone, ImportField, ImportForm, ImportKind, ImportTarget, ModelSize, Origin, Page, Survey,
};
use crate::app::{App, Command as AppCommand, JobCommand, JobState};
use crate::pipeline::ModelLine;
use crate::ui::frame::bottom::progress_words;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{
    Banner, Button, Card, FieldError, Mood, Progress, Segment, field, key_value, section, segmented,
};
use crate::ui::{Cx, format, icons};

const KINDS: [Segment<'static, ImportKind>; 3] = [
    Segment { value: ImportKind::Pictures, name: "Pictures", tip: "A folder of pictures, through an embedding model" },
    Segment {
        value: ImportKind::Texts,
        name: "Texts",
        tip: "A .jsonl file, one object a line, through an embedding model",
    },
    Segment { value: ImportKind::Vectors, name: "Vectors", tip: "A .npy file, as it is" },
];

const TARGETS: [Segment<'static, ImportTarget>; 3] = [
    Segment { value: ImportTarget::Own, name: "My collections", tip: "An embedded store in your data folder" },
    Segment { value: ImportTarget::Store, name: "Another store", tip: "An embedded store in a folder that you choose" },
    Segment { value: ImportTarget::Server, name: "A server", tip: "A Qdrant server" },
];

pub(super) fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let import = &app.start.import;
    let text =
        "The inputs go into a new collection, which is opened then to be trained on. The files stay as they are.";
    head(ui, cx, "Import", text);
    if let Some(done) = &import.done {
        return ended(ui, app, cx, done);
    }
    let job = import.job.and_then(|job| app.jobs.get(job)).filter(|job| !job.state.is_over());
    let mut form = import.form.clone();
    let error =
        |field: ImportField| import.problem.as_ref().filter(|(about, _)| *about == field).map(|(_, p)| as_error(p));
    Card::new().name("Import").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.add_enabled_ui(job.is_none(), |ui| {
            field(ui, "What", "What is imported", None, |ui| segmented(ui, "What", &mut form.kind, &KINDS));
            source(ui, app, cx, &mut form, error(ImportField::Path));
            if form.kind == import.form.kind {
                match form.kind {
                    ImportKind::Pictures => model(ui, app, cx, &mut form, error(ImportField::Model)),
                    ImportKind::Texts => {
                        text_field(ui, app, &mut form);
                        model(ui, app, cx, &mut form, error(ImportField::Model));
                    }
                    ImportKind::Vectors => {
                        let row = PathRow {
                            label: "Payload",
                            tip: "What is known of each row: one JSON object a line (optional)",
                            hint: "none",
                            field: Field::ImportPayload,
                            error: None,
                        };
                        row.show(ui, app, cx, &mut form.payload);
                        distance(ui, &mut form.distance);
                    }
                }
            }
            target(ui, app, cx, &mut form, &error);
        });
        ui.add_space(space::S);
        if let Some(error) = error(ImportField::Whole) {
            Banner::new(Mood::Danger, error.text).hint(error.hint).show(ui);
            ui.add_space(space::S);
        }
        if import.cancelled {
            let hint = "What was imported stays in the collection; the same import goes on from there.";
            Banner::new(Mood::Info, "The import was cancelled.").hint(hint).show(ui);
            ui.add_space(space::S);
        }
        match job {
            Some(job) => {
                let (share, words) = progress_words(job);
                let cancelling = job.state == JobState::Cancelling;
                let progress = Progress::new(share, &words);
                let progress = if cancelling { progress } else { progress.cancel("Cancel the import") };
                if progress.show(ui) {
                    push(cx, Command::Cancel(Page::Import));
                }
                quiet(ui, "You can look at other things meanwhile.");
            }
            None => start(ui, app, cx),
        }
    });
    if form != import.form {
        push(cx, Command::EditImport(Box::new(form)));
    }
}

fn source(ui: &mut egui::Ui, app: &App, cx: &mut Cx, form: &mut ImportForm, error: Option<FieldError>) {
    let import = &app.start.import;
    let (label, tip, hint) = match form.kind {
        ImportKind::Pictures => (
            "Folder",
            "A folder of pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), with all that is in it",
            "/path/of/pictures",
        ),
        ImportKind::Texts => {
            ("File", "A file with one JSON object a line; each becomes a point's payload", "/path/of/texts.jsonl")
        }
        ImportKind::Vectors => ("File", "A NumPy file (.npy) of rows x dimensions", "/path/of/vectors.npy"),
    };
    let error = error.or(import.unreadable.as_ref().map(as_error));
    let row = PathRow { label, tip, hint, field: Field::ImportPath, error: error.as_ref() };
    let done = row.show(ui, app, cx, &mut form.path);
    if done.left && !form.path.trim().is_empty() {
        push(cx, Command::LookAtImport);
    }
    let more = match form.others.len() {
        0 => String::new(),
        1 => " (this picture and 1 other)".to_owned(),
        n => format!(" (this picture and {n} others)"),
    };
    match &import.survey {
        _ if app.jobs.is_live(import.surveying) => note(ui, icons::CLOCK, "Looking at it"),
        Some(Survey::Pictures { count, bytes }) => {
            let words = format!("{}, {}{more}", format::counted(*count, "picture"), format::bytes(*bytes));
            note(ui, icons::IMAGES, &words);
        }
        Some(Survey::Texts { lines, .. }) => note(ui, icons::TEXT, &format::counted(*lines, "line")),
        Some(Survey::Vectors { rows, dim }) => {
            note(ui, icons::TABLE, &format!("{} of {dim} dimensions", format::counted(*rows, "vector")));
        }
        None => {}
    }
}

fn text_field(ui: &mut egui::Ui, app: &App, form: &mut ImportForm) {
    let fields: &[String] = match &app.start.import.survey {
        Some(Survey::Texts { fields, .. }) => fields,
        _ => &[],
    };
    field(ui, "Field", "The field of each line whose text is embedded", None, |ui| {
        if fields.is_empty() {
            line(ui, "Field", &mut form.field, "text", ui.available_width());
            return;
        }
        ComboBox::from_id_salt("field").selected_text(&form.field).width(220.0).show_ui(ui, |ui| {
            for name in fields {
                ui.selectable_value(&mut form.field, name.clone(), name);
            }
        });
    });
}

/// The model, and how large its download is where it is not here.
fn model(ui: &mut egui::Ui, app: &App, cx: &mut Cx, form: &mut ImportForm, error: Option<FieldError>) {
    let import = &app.start.import;
    let side = form.kind.side();
    let listed: Vec<&ModelLine> = import.models.iter().filter(|model| Some(model.side) == side).collect();
    let tip = "The model that turns each input into a vector; the collection remembers it";
    field(ui, "Model", tip, error.as_ref(), |ui| {
        let width = (ui.available_width() - 130.0 - space::S).max(120.0);
        let chosen = form.model.clone();
        ComboBox::from_id_salt("model").selected_text(&chosen).width(width - 20.0).truncate().height(280.0).show_ui(
            ui,
            |ui| {
                for model in listed {
                    let here = if model.here { "on this machine" } else { "to be downloaded" };
                    let words = format!("{}  \u{b7}  {} dimensions  \u{b7}  {here}", model.name, model.dim);
                    ui.selectable_value(&mut form.model, model.name.clone(), words).on_hover_text(&model.description);
                }
            },
        );
        let tip = "Takes a model of your own: a folder with model.onnx and its side files";
        if ui.add(Button::secondary("From a folder").icon(icons::FOLDER_OPEN).tip(tip)).clicked() {
            push(cx, Command::Browse(Field::ImportModel));
        }
    });
    match (import.model(), import.size()) {
        (Some(model), _) if model.here => {
            note(ui, icons::CHECK, &format!("{} dimensions, on this machine. {}", model.dim, model.description));
        }
        (Some(model), Some(ModelSize::Known(bytes))) => {
            let size = bytes.map_or_else(|| "it (the hub does not tell how much that is)".to_owned(), format::bytes);
            let words = format!(
                "{} dimensions. Not on this machine: the import downloads {size} first. {}",
                model.dim, model.description
            );
            note(ui, icons::IMPORT, &words);
        }
        (Some(_), _) => note(ui, icons::CLOCK, "Not on this machine; asking how large it is"),
        (None, _) if import.models.is_empty() => note(ui, icons::CLOCK, "Checking which models are here"),
        (None, _) => note(ui, icons::FOLDER, "A model of your own"),
    }
}

fn target(
    ui: &mut egui::Ui,
    app: &App,
    cx: &mut Cx,
    form: &mut ImportForm,
    error: &impl Fn(ImportField) -> Option<FieldError>,
) {
    let tip = "The name of the collection; one of that name is added to";
    field(ui, "Collection", tip, error(ImportField::Name).as_ref(), |ui| {
        line(ui, "Collection", &mut form.name, "a name", ui.available_width());
    });
    field(ui, "Into", "Where the collection is kept", None, |ui| segmented(ui, "Into", &mut form.target, &TARGETS));
    match form.target {
        ImportTarget::Own => {
            note(ui, icons::DATABASE, &app.folders.data.join("collections").display().to_string());
        }
        ImportTarget::Store => {
            let error = error(ImportField::Store);
            let row = PathRow {
                label: "Store",
                tip: "The folder of the store; it is made where there is none",
                hint: "/path/of/a/store",
                field: Field::ImportStore,
                error: error.as_ref(),
            };
            row.show(ui, app, cx, &mut form.store);
        }
        ImportTarget::Server => {
            let tip = "The server's gRPC address; the collection is made there";
            field(ui, "Address", tip, error(ImportField::Address).as_ref(), |ui| {
                line(ui, "Address", &mut form.address, "http://localhost:6334", ui.available_width());
            });
            let tip = "The server's API key; empty where it wants none, or where you have connected to it before";
            field(ui, "API key", tip, error(ImportField::Key).as_ref(), |ui| {
                key_line(ui, &mut form.key.0, "none");
            });
        }
    }
}

/// The button that begins, which says what it will download.
fn start(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let import = &app.start.import;
    let what = match &import.survey {
        Some(Survey::Pictures { count, .. }) => format::counted(*count, "picture"),
        Some(Survey::Texts { lines, .. }) => format::counted(*lines, "text"),
        Some(Survey::Vectors { rows, .. }) => format::counted(*rows, "vector"),
        None => match import.form.kind {
            ImportKind::Pictures => "pictures".to_owned(),
            ImportKind::Texts => "texts".to_owned(),
            ImportKind::Vectors => "vectors".to_owned(),
        },
    };
    let download = match import.size() {
        Some(ModelSize::Known(bytes)) => Some(bytes.map_or_else(|| "the model".to_owned(), format::bytes)),
        Some(ModelSize::Asking) | None => None,
    };
    let asking = matches!(import.size(), Some(ModelSize::Asking));
    let words = match download {
        Some(download) => format!("Download {download} and import {what}"),
        None => format!("Import {what}"),
    };
    beside_labels(ui, |ui| {
        let button =
            Button::primary(&words).icon(icons::IMPORT).tip("Embeds the inputs and writes them to the collection");
        if ui.add_enabled(!asking, button).clicked() {
            push(cx, Command::Import);
        }
    });
}

/// What an import did, and what it left out.
fn ended(ui: &mut egui::Ui, app: &App, cx: &mut Cx, done: &ImportDone) {
    let answer = &done.answer;
    let name = done.collection.collection.clone().unwrap_or_default();
    Card::new().name("Imported").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        key_value(ui, "Collection", &name, "", "");
        key_value(ui, "Imported", &format::count(answer.imported), "points", "Points that were written");
        if answer.already > 0 {
            let tip = "Inputs that the collection held from an earlier import";
            key_value(ui, "There already", &format::count(answer.already), "points", tip);
        }
        if let Some(ignored) = answer.ignored.filter(|n| *n > 0) {
            key_value(ui, "Other files", &format::count(ignored), "", "Files that are no pictures by their names");
        }
        key_value(
            ui,
            "Left out",
            &format::count(answer.skipped.len() as u64),
            "inputs",
            "Inputs that could not be imported",
        );
    });
    ui.add_space(space::M);
    let origin = Origin::Page(Page::Import);
    if let Some(problem) = app.problem_from(&origin) {
        Banner::new(Mood::Danger, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
        ui.add_space(space::M);
    }
    if app.is_opening_from(&origin) {
        if Progress::new(None, &format!("Opening {name}")).cancel("Cancel the opening").show(ui)
            && let Some(job) = app.document.opening
        {
            cx.push(AppCommand::Job(job, JobCommand::Cancel));
        }
    } else {
        ui.horizontal(|ui| {
            let open = Button::primary("Open and train").icon(icons::TRAIN).tip("Opens the collection to train on it");
            if ui.add(open).clicked() {
                push(cx, Command::OpenImported);
            }
            if ui.add(Button::secondary("Import something else").icon(icons::IMPORT)).clicked() {
                push(cx, Command::NewImport);
            }
        });
    }
    if answer.skipped.is_empty() {
        return;
    }
    ui.add_space(space::L);
    section(ui, "Left out", &format::counted(answer.skipped.len() as u64, "input"), "", |_| ());
    Card::new().tight().sunken().name("Inputs left out").show(ui, |ui| {
        let height = ui.text_style_height(&egui::TextStyle::Body);
        let area = ScrollArea::vertical().id_salt("skipped").auto_shrink([false, true]).max_height(220.0);
        area.show_rows(ui, height, answer.skipped.len(), |ui, rows| {
            for skipped in &answer.skipped[rows] {
                let words = format!("{}: {}", skipped.input, skipped.reason);
                let text = egui::RichText::new(words).color(tokens(ui).text_secondary);
                ui.add(egui::Label::new(text).truncate().selectable(true));
            }
        });
    });
}
