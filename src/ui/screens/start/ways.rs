//! All ways to begin.

use eframe::egui::{self, Label, RichText, TextStyle};

use super::parts::{Way, drop_zone, push, quiet};
use crate::app::App;
use crate::app::start::{Command, ImportForm, ImportKind, Page};
use crate::ui::frame::bottom::progress_words;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Mood};
use crate::ui::{Cx, fonts, icons};

/// The narrowest room for two ways side by side.
const TWO: f32 = 520.0;

pub(super) fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx, first: bool) {
    if first {
        ui.add(Label::new(fonts::title("See what your embeddings hold")).wrap());
        ui.add_space(space::XS);
        quiet(
            ui,
            "Blockscope trains a small encoder on the vectors of a Qdrant collection. Each of its features comes to \
             stand for something that you can name: watch them form, look at what each one finds, and drop a picture \
             to see which of them it fires.",
        );
        ui.add_space(space::L);
    } else {
        ui.add(Label::new(RichText::new("Begin").text_style(TextStyle::Heading)));
        ui.add_space(space::S);
    }
    if let Some(problem) = &app.start.not_known {
        Banner::new(Mood::Warning, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
        ui.add_space(space::M);
    }
    let demo_words;
    let running = app.start.demo.job.and_then(|job| app.jobs.get(job)).filter(|job| !job.state.is_over());
    let (title, text) = match running {
        Some(job) => {
            demo_words = progress_words(job).1;
            ("The demo is being made", demo_words.as_str())
        }
        None if app.start.demo.ready => {
            ("Open the demo", "The drawn dishes and the encoder that was trained on them, with its features.")
        }
        None => (
            "Try the demo",
            "Draws a collection of dishes, trains an encoder on it before your eyes, and opens its features. It needs \
             no server, no download and no graphics card.",
        ),
    };
    let demo = Way { icon: icons::DEMO, title, text, first };
    let width = ui.available_width();
    let height = demo.height(ui, width);
    if demo.show(ui, width, height).clicked() {
        push(cx, Command::Demo);
    }
    ui.add_space(space::S);
    let import_words;
    let importing = app.start.import.job.and_then(|job| app.jobs.get(job)).filter(|job| !job.state.is_over());
    let pictures = match importing {
        Some(job) => {
            import_words = progress_words(job).1;
            import_words.as_str()
        }
        None => "A folder of pictures goes through an embedding model into a collection of your own.",
    };
    grid(
        ui,
        cx,
        &[
            (
                Way {
                    icon: icons::SERVER,
                    title: "Connect to Qdrant",
                    text: "The collections of a server or cluster, read as they are.",
                    first: false,
                },
                Begin::Page(Page::Server),
            ),
            (
                Way { icon: icons::IMAGES, title: "Import pictures", text: pictures, first: false },
                Begin::Import(ImportKind::Pictures),
            ),
            (
                Way {
                    icon: icons::DATABASE,
                    title: "Open an embedded store",
                    text: "A folder of collections that Qdrant Edge keeps, without a server.",
                    first: false,
                },
                Begin::Page(Page::Store),
            ),
            (
                Way {
                    icon: icons::TEXT,
                    title: "Import texts",
                    text: "A .jsonl file, one object a line, through an embedding model.",
                    first: false,
                },
                Begin::Import(ImportKind::Texts),
            ),
            (
                Way {
                    icon: icons::FILE,
                    title: "Open vectors",
                    text: "A NumPy file, rows by dimensions, with payloads beside it.",
                    first: false,
                },
                Begin::Page(Page::Vectors),
            ),
            (
                Way {
                    icon: icons::BLOCKS,
                    title: "Open an encoder",
                    text: "One that was trained here (.safetensors) or in PyTorch (.pth).",
                    first: false,
                },
                Begin::Page(Page::Encoder),
            ),
        ],
        app,
    );
    ui.add_space(space::L);
    drop_zone(ui, app);
    if let Some(seen) = &app.start.encoder.waiting {
        ui.add_space(space::S);
        let words = format!("The encoder {} opens with the next collection of {} dimensions.", seen.name(), seen.dim);
        ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).wrap());
    }
}

enum Begin {
    Page(Page),
    Import(ImportKind),
}

/// Ways side by side, those of a row equally high.
fn grid(ui: &mut egui::Ui, cx: &mut Cx, ways: &[(Way<'_>, Begin)], app: &App) {
    let columns = if ui.available_width() >= TWO { 2 } else { 1 };
    let width = (ui.available_width() - space::S * (columns - 1) as f32) / columns as f32;
    for row in ways.chunks(columns) {
        let height = row.iter().map(|(way, _)| way.height(ui, width)).fold(0.0, f32::max);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            for (way, begin) in row {
                if !way.show(ui, width, height).clicked() {
                    continue;
                }
                match begin {
                    Begin::Page(page) => push(cx, Command::Page(*page)),
                    Begin::Import(kind) => {
                        let form = app.start.import.form.clone();
                        if form.kind != *kind && !app.jobs.is_live(app.start.import.job) {
                            let form = ImportForm { kind: *kind, path: String::new(), ..form };
                            push(cx, Command::EditImport(Box::new(form)));
                        }
                        push(cx, Command::Page(Page::Import));
                    }
                }
            }
        });
    }
}
