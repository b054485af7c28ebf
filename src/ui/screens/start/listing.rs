//! Connecting to a server and opening a store: the form, and the collections that are found.

use eframe::egui::{self, Key, Popup, ScrollArea, TextEdit, TextStyle};

use super::parts::{PathRow, ROW, Row, as_error, beside_labels, head, key_line, line, note, push, quiet};
use crate::app::start::{Ask, Command, Field, Listing, Origin, Page};
use crate::app::{About, App, Problem};
use crate::source::{CollectionDescription, VectorDescription, VectorKind, unsuitable};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Banner, Button, Card, Chip, FieldError, IconButton, Mood, Progress, field, search, section};
use crate::ui::{Cx, fonts, format, icons};

/// Rows of the list that are seen at once, where there is room.
const SEEN: usize = 8;
/// The height of what stands around the list.
const AROUND: f32 = 490.0;

pub(super) fn server(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let text = "Its collections are read as they are; nothing is written to the server unless you say so.";
    head(ui, cx, "Connect to Qdrant", text);
    let (state, ask) = (&app.start, &app.start.on_server);
    let mut form = state.server.clone();
    let busy = app.jobs.is_live(ask.job) || state.asking_key;
    let mut go = false;
    // What was opened from the list may be refused later than the list was.
    let late = app.problem_from(&Origin::Page(Page::Server));
    let about = |about: About| ask.problem.as_ref().or(late).filter(|problem| problem.about == about).map(as_error);
    Card::new().name("Server").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let tip = "Where the server is: its gRPC address, such as http://localhost:6334. https means an encrypted \
                   connection";
        field(ui, "Address", tip, about(About::Address).as_ref(), |ui| {
            let known = state.server.address.trim();
            let others: Vec<&String> = app.settings.addresses.iter().filter(|a| *a != known).collect();
            let menu = if others.is_empty() { 0.0 } else { size::CONTROL + space::S };
            let (_, entered) = line(ui, "Address", &mut form.address, "http://localhost:6334", ui.available_width() - menu);
            go |= entered;
            if !others.is_empty() {
                let button = ui.add(IconButton::new(icons::CHEVRON_DOWN, "Addresses used before"));
                Popup::menu(&button).show(|ui| {
                    for address in others {
                        if ui.button(address).clicked() {
                            form.address.clone_from(address);
                        }
                    }
                });
            }
        });
        if let Some(text) = &ask.note {
            note(ui, icons::INFO, text);
        }
        let tip = "The server's API key; leave it empty where the server wants none";
        field(ui, "API key", tip, about(About::Key).as_ref(), |ui| {
            let kept = form.keep && form.key.given().is_none();
            let hint = if kept { "the one in the system's keyring" } else { "none" };
            go |= key_line(ui, &mut form.key.0, hint);
        });
        beside_labels(ui, |ui| {
            let words = "Keep the key in the system's keyring";
            let tip = "It is never written into a file of Blockscope's own; without this it is forgotten when the window \
                       closes";
            ui.checkbox(&mut form.keep, words).on_hover_text(tip);
        });
        if let Some(text) = &state.key_note {
            note(ui, icons::KEY, text);
        }
        ui.add_space(space::S);
        if busy {
            let said = format!("Connecting to {}", form.address.trim());
            if Progress::new(None, &said).cancel("Cancel connecting").show(ui) {
                push(cx, Command::CancelListing);
            }
        } else {
            beside_labels(ui, |ui| {
                let button = match ask.listing {
                    Some(_) => Button::secondary("Connect again").icon(icons::REFRESH),
                    None => Button::primary("Connect").icon(icons::SERVER),
                };
                go |= ui.add(button.tip("Lists the server's collections (Enter)")).clicked();
            });
        }
    });
    if form != state.server {
        push(cx, Command::EditServer(form));
    }
    if go {
        push(cx, Command::Connect);
    }
    other(ui, ask, &[About::Address, About::Key]);
    listing(ui, app, cx, ask, Page::Server);
}

pub(super) fn store(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let text = "A folder that holds collections of Qdrant Edge, such as an import or the demo has made.";
    head(ui, cx, "Open an embedded store", text);
    let (state, ask) = (&app.start, &app.start.in_store);
    let mut path = state.store.clone();
    let mut go = false;
    let error = ask.problem.as_ref().map(as_error);
    Card::new().name("Store").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let row = PathRow {
            label: "Folder",
            tip: "The folder of the store; each of its collections is a folder in it",
            hint: "/path/of/a/store",
            field: Field::Store,
            error: error.as_ref(),
        };
        go |= row.show(ui, app, cx, &mut path).entered;
        ui.add_space(space::S);
        if app.jobs.is_live(ask.job) {
            if Progress::new(None, "Looking into the store").cancel("Cancel looking").show(ui) {
                push(cx, Command::CancelListing);
            }
        } else {
            beside_labels(ui, |ui| {
                let button = match ask.listing {
                    Some(_) => Button::secondary("List again").icon(icons::REFRESH),
                    None => Button::primary("List collections").icon(icons::DATABASE),
                };
                go |= ui.add(button.tip("Lists the store's collections (Enter)")).clicked();
            });
        }
    });
    if path != state.store {
        push(cx, Command::EditStore(path));
    }
    if go {
        push(cx, Command::ListStore);
    }
    listing(ui, app, cx, ask, Page::Store);
}

/// A problem that belongs to no field of the form.
fn other(ui: &mut egui::Ui, ask: &Ask, fields: &[About]) {
    if let Some(problem) = ask.problem.as_ref().filter(|problem| !fields.contains(&problem.about)) {
        ui.add_space(space::S);
        Banner::new(Mood::Danger, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
    }
}

/// The collections, the vectors of the chosen one, the filter, and the button that opens it.
fn listing(ui: &mut egui::Ui, app: &App, cx: &mut Cx, ask: &Ask, page: Page) {
    let Some(listing) = &ask.listing else { return };
    ui.add_space(space::L);
    if listing.rows.is_empty() {
        let hint = match page {
            Page::Store => "Import pictures, texts or vectors into it, or choose another folder.",
            _ => "Import pictures, texts or vectors into it, or connect to another server.",
        };
        Banner::new(Mood::Info, "There are no collections yet.").hint(hint).show(ui);
        return;
    }
    let found = if listing.shown.len() == listing.rows.len() {
        format::count(listing.rows.len() as u64)
    } else {
        format!("{} of {}", format::count(listing.shown.len() as u64), format::count(listing.rows.len() as u64))
    };
    let mut find = listing.find.clone();
    let mut entered = false;
    section(ui, "Collections", &found, "The collections that were found", |ui| {
        let width = ui.available_width().min(240.0);
        let response = search(ui, "Find a collection", "Find by name", &mut find, width);
        entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    });
    if find != listing.find {
        push(cx, Command::Find(find));
    }
    Card::new().tight().name("Collections").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let room = ((ui.clip_rect().height() - AROUND) / (ROW + 2.0)) as usize;
        let seen = listing.shown.len().clamp(1, room.clamp(3, SEEN)) as f32;
        ui.spacing_mut().item_spacing.y = 2.0;
        let area = ScrollArea::vertical().id_salt("collections").auto_shrink(false).max_height(seen * (ROW + 2.0));
        area.show_rows(ui, ROW, listing.shown.len(), |ui, rows| {
            for index in listing.shown[rows].iter().copied() {
                ui.push_id(index, |ui| collection(ui, app, cx, listing, index));
            }
        });
    });
    ui.add_space(space::S);
    let late = app.problem_from(&Origin::Page(page));
    let obstacle = listing.obstacle();
    let about = |about: About| {
        let fits = |problem: &&Problem| problem.about == about;
        obstacle.as_ref().or(late).filter(fits).map(as_error)
    };
    if let Some(error) = about(About::Collection) {
        Banner::new(Mood::Danger, error.text).hint(error.hint).show(ui);
    }
    let Some((row, vector)) = listing.chosen() else {
        if obstacle.is_none() {
            quiet(ui, "Choose a collection.");
        }
        return;
    };
    Card::new().name("Chosen collection").show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        vectors(ui, cx, listing, row, about(About::Vector).as_ref());
        filter(ui, cx, listing, about(About::Filter));
        if let Some(problem) = late.filter(|problem| problem.about == About::Other) {
            Banner::new(Mood::Danger, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
        }
        ui.add_space(space::S);
        if app.is_opening_from(&Origin::Page(page)) {
            let said = format!("Opening {}", row.name);
            if Progress::new(None, &said).cancel("Cancel the opening").show(ui)
                && let Some(job) = app.document.opening
            {
                cx.push(crate::app::Command::Job(job, crate::app::JobCommand::Cancel));
            }
            return;
        }
        let ready = obstacle.is_none() && listing.filter_problem.is_none();
        let words = format!("Open {}", format::elide(&row.name, 40));
        beside_labels(ui, |ui| {
            let button = Button::primary(&words).icon(icons::FORWARD).tip("Reads its first points, and remembers it");
            if ui.add_enabled(ready, button).clicked() {
                push(cx, Command::OpenListed);
            }
            if let Some(seen) = app.start.encoder.waiting.as_ref().filter(|seen| Some(seen.dim) == vector.dim) {
                quiet(ui, format!("with the encoder {}", seen.name()));
            }
        });
    });
    if entered {
        push(cx, Command::OpenListed);
    }
}

/// A collection of the list.
fn collection(ui: &mut egui::Ui, app: &App, cx: &mut Cx, listing: &Listing, index: usize) {
    let row = &listing.rows[index];
    let open = app.document.open.as_ref().is_some_and(|open| listing.is_row(&open.collection, index));
    let under = match (open, &row.problem) {
        // It is open in one place at a time, and here that is this window.
        (true, _) => ("open now".to_owned(), false),
        (false, Some(problem)) => (problem.clone(), true),
        (false, None) => (vectors_in_words(row), false),
    };
    let end = row.points.map(|n| format::counted(n, "point")).unwrap_or_default();
    let said = format!("{}, {}, {}", row.name, end, under.0);
    let on = listing.chosen.is_some_and(|(chosen, _)| chosen == index);
    let shown = Row { icon: icons::DATABASE, name: &row.name, end: &end, lines: &[under], on, said: &said };
    let width = ui.available_width();
    let response = shown.show(ui, width).on_hover_text(format!("{}\n{end}\n{}", row.name, vectors_in_words(row)));
    if response.clicked() {
        push(cx, Command::Choose { row: index, vector: listing.usual_vector(index) });
    }
    if response.double_clicked() {
        push(cx, Command::OpenListed);
    }
}

fn vector_name(vector: &VectorDescription) -> &str {
    if vector.name.is_empty() { "default" } else { &vector.name }
}

/// A vector's kind, dimensions and distance.
fn kind_in_words(vector: &VectorDescription) -> String {
    let dim = vector.dim.map(|dim| format!("{dim} dimensions"));
    let distance = vector.distance.map(|distance| distance.to_string());
    let kind = match vector.kind {
        VectorKind::Dense => None,
        VectorKind::Multi => Some("multi-vector".to_owned()),
        VectorKind::Sparse => Some("sparse".to_owned()),
    };
    [kind, dim, distance].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The same in a word or two.
fn short_kind(vector: &VectorDescription) -> String {
    match (vector.kind, vector.dim) {
        (VectorKind::Dense, Some(dim)) => dim.to_string(),
        (VectorKind::Dense, None) => String::new(),
        (VectorKind::Multi, _) => "multi-vector".to_owned(),
        (VectorKind::Sparse, _) => "sparse".to_owned(),
    }
}

fn vectors_in_words(row: &CollectionDescription) -> String {
    match &row.vectors[..] {
        [] => "no vectors".to_owned(),
        [only] if only.name.is_empty() => kind_in_words(only),
        all => all.iter().map(|v| format!("{}: {}", vector_name(v), kind_in_words(v))).collect::<Vec<_>>().join("; "),
    }
}

/// The vectors of the chosen collection, to choose one of.
fn vectors(ui: &mut egui::Ui, cx: &mut Cx, listing: &Listing, row: &CollectionDescription, error: Option<&FieldError>) {
    let Some((index, chosen)) = listing.chosen else { return };
    let tip = "The vectors that are looked at: blocks are trained on one dense vector a point";
    field(ui, "Vector", tip, error, |ui| {
        ui.horizontal_wrapped(|ui| {
            for (place, vector) in row.vectors.iter().enumerate() {
                let words = short_kind(vector);
                let tip = unsuitable(vector).unwrap_or_else(|| kind_in_words(vector));
                let chip = Chip::new(vector_name(vector)).value(&words).selected(place == chosen).tip(&tip);
                if chip.max_width(320.0).show(ui).response.clicked() {
                    push(cx, Command::Choose { row: index, vector: place });
                }
            }
        });
    });
}

/// The filter of points.
fn filter(ui: &mut egui::Ui, cx: &mut Cx, listing: &Listing, late: Option<FieldError>) {
    let mut text = listing.filter.clone();
    let tip = "Only points that match this Qdrant filter, as JSON; empty for all points";
    let error = listing.filter_problem.as_ref().map(FieldError::new).or(late);
    field(ui, "Filter", tip, error.as_ref(), |ui| {
        let hint = r#"all points; or {"must": [{"key": "city", "match": {"value": "Berlin"}}]}"#;
        let rows = text.lines().count().clamp(1, 6);
        let edit = TextEdit::multiline(&mut text).hint_text(hint).font(TextStyle::Monospace).desired_rows(rows);
        ui.add(edit.desired_width(f32::INFINITY)).accessible_name("Filter");
    });
    if error.is_none() && !text.trim().is_empty() {
        beside_labels(ui, |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.label(fonts::icon(icons::CHECK, 14.0).color(tokens(ui).success.text));
            quiet(ui, "a filter that Qdrant knows");
        });
    }
    if text != listing.filter {
        push(cx, Command::EditFilter(text));
    }
}
