//! What was open before: collections and encoders, each with how it stands.

use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui;

use super::parts::{NAME, Row, push, quiet};
use crate::app::document::{place, title};
use crate::app::settings::{CollectionSettings, same};
use crate::app::start::{Command, Origin, Standing};
use crate::app::{About, App, Command as AppCommand, JobCommand, Screen};
use crate::config::CollectionArgs;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{IconButton, Progress, link, section};
use crate::ui::{Cx, format, icons};

pub(super) fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    section(ui, "Recent collections", "", "Collections that were open before, the last one first", |_| ());
    if app.settings.collections.is_empty() {
        quiet(ui, "None yet.");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    for known in &app.settings.collections {
        ui.push_id(key(&known.collection), |ui| collection(ui, app, cx, known, now));
    }
    ui.add_space(space::L);
    section(ui, "Encoders", "", "Encoders that were open before, the last one first", |_| ());
    if app.settings.encoders.is_empty() {
        quiet(ui, "None yet: train one on a collection.");
    }
    let open = app.document.encoder().map(|open| open.path.as_path());
    for path in &app.settings.encoders {
        ui.push_id(path, |ui| {
            let lost = app.start.recents.is_lost(path);
            let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
            let under = if lost { ("The file is gone".to_owned(), true) } else { (folder, false) };
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let on = open == Some(path.as_path());
            let tip = format!(
                "{}\nA click opens it over the open collection, or with the one that it was open with",
                path.display()
            );
            let row = Row { icon: icons::BLOCKS, name: &name, end: "", lines: &[under], on, said: &name };
            let (clicked, removed) = with_remove(ui, row, &name, &tip);
            if removed {
                push(cx, Command::ForgetEncoder(path.clone()));
            } else if clicked && on {
                cx.push(AppCommand::Show(Screen::Features));
            } else if clicked {
                push(cx, Command::OpenEncoder(path.clone()));
            }
        });
    }
}

/// What tells two collections apart.
fn key(collection: &CollectionArgs) -> impl std::hash::Hash + std::fmt::Debug {
    let CollectionArgs { url, store, collection, using, filter, vectors, .. } = collection.clone();
    (url, store, collection, using, filter, vectors)
}

/// A row, and a button at its end that takes it off the list. Gives whether each was clicked.
fn with_remove(ui: &mut egui::Ui, row: Row<'_>, name: &str, tip: &str) -> (bool, bool) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XXS;
        let clicked = row.show(ui, ui.available_width() - 24.0).on_hover_text(tip).clicked();
        let called = format!("Take {name} off the list");
        let button = IconButton::new(icons::CLOSE, &called).color(tokens(ui).text_disabled).small();
        let removed = ui.vertical(|ui| {
            ui.add_space(NAME - 10.0);
            ui.add(button).clicked()
        });
        (clicked, removed.inner)
    })
    .inner
}

fn collection(ui: &mut egui::Ui, app: &App, cx: &mut Cx, known: &CollectionSettings, now: u64) {
    let open = app.document.open.as_ref().filter(|open| same(&open.collection, &known.collection));
    let named = CollectionArgs { api_key: None, ..known.collection.clone() };
    let origin = Origin::Recent(Box::new(named.clone()));
    let name = title(&known.collection);
    let icon = match (&known.collection.store, &known.collection.vectors) {
        (_, Some(_)) => icons::FILE,
        (Some(_), _) => icons::DATABASE,
        _ => icons::SERVER,
    };
    let points = open.map(|open| open.info.points).or(known.points);
    let end = points.map(in_short).unwrap_or_default();
    let when =
        if open.is_some() { "open now".to_owned() } else { known.opened.map(|at| ago(at, now)).unwrap_or_default() };
    let vector = known.collection.using.as_ref().map(|vector| format!(" \u{b7} {vector}")).unwrap_or_default();
    let filtered = if known.collection.filter.is_some() { " \u{b7} filtered" } else { "" };
    let mut lines = vec![(format!("{}{vector}{filtered}", place(&known.collection)), false)];
    let encoder = known.encoder.as_ref().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy());
    let with =
        encoder.map(|name| if name == "encoder" { "with an encoder".to_owned() } else { format!("encoder {name}") });
    let second: Vec<String> = [with, Some(when).filter(|when| !when.is_empty())].into_iter().flatten().collect();
    if !second.is_empty() {
        lines.push((second.join(" \u{b7} "), false));
    }
    match app.start.recents.standing(&known.collection) {
        Standing::Gone(what) => lines.push((what, true)),
        Standing::Unreachable(why) => lines.push((format!("not reachable: {why}"), true)),
        Standing::Unknown | Standing::Here => {}
    }
    let said = points.map_or_else(|| name.clone(), |n| format!("{name}, {}", format::counted(n, "point")));
    let exact = points.map(|n| format!("\n{}", format::counted(n, "point"))).unwrap_or_default();
    let tip = format!("{name}\n{}{exact}", place(&known.collection));
    let row = Row { icon, name: &name, end: &end, lines: &lines, on: open.is_some(), said: &said };
    let (clicked, removed) = with_remove(ui, row, &name, &tip);
    if removed {
        push(cx, Command::Forget(Box::new(named.clone())));
    } else if clicked && let Some(open) = open {
        cx.push(AppCommand::Show(if open.encoder.is_some() { Screen::Features } else { Screen::Train }));
    } else if clicked {
        push(cx, Command::OpenRecent(Box::new(named.clone())));
    }
    if app.is_opening_from(&origin) {
        let said = format!("Opening {name}");
        if Progress::new(None, &said).cancel("Cancel the opening").show(ui)
            && let Some(job) = app.document.opening
        {
            cx.push(AppCommand::Job(job, JobCommand::Cancel));
        }
    }
    if let Some(problem) = app.problem_from(&origin) {
        trouble(ui, cx, problem, &named);
    }
}

/// Why a collection could not be opened, and the ways on.
fn trouble(ui: &mut egui::Ui, cx: &mut Cx, problem: &crate::app::Problem, named: &CollectionArgs) {
    ui.indent("trouble", |ui| {
        let text = egui::RichText::new(&problem.text).color(tokens(ui).danger.text);
        ui.add(egui::Label::new(text).wrap().selectable(true));
        if let Some(hint) = &problem.hint {
            quiet(ui, hint.clone());
        }
        let on_server = named.store.is_none() && named.vectors.is_none();
        let words = match problem.about {
            About::Key => "Give the key",
            _ => "Connect to the server",
        };
        if on_server
            && link(ui, words, "Opens the form with this server, where the key or another collection is chosen")
                .clicked()
        {
            push(cx, Command::Reconnect(Box::new(named.clone())));
        }
    });
}

/// A count of points that is no longer than its row.
fn in_short(points: u64) -> String {
    if points < 1_000_000 {
        format::counted(points, "point")
    } else {
        format!("{} points", format::short(points as f64))
    }
}

/// How long ago something was, in the largest unit; both in seconds since 1970.
fn ago(then: u64, now: u64) -> String {
    let seconds = now.saturating_sub(then);
    let (n, unit) = match seconds {
        0..60 => return "just now".into(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{} ago", format::counted(n, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_ago_is_told_in_its_largest_unit() {
        for (seconds, words) in [
            (0, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (86_400 * 3, "3 days ago"),
            (86_400 * 45, "1 month ago"),
            (86_400 * 800, "2 years ago"),
        ] {
            assert_eq!(ago(1_000, 1_000 + seconds), words);
        }
        assert_eq!(ago(2_000, 1_000), "just now", "a clock that was set back");
    }
}
