//! What `name` says.

use super::table;
use crate::count::{counted, grouped};
use crate::pipeline::{NameAnswer, NameLine};

/// Names shown in text; JSON holds them all.
const SHOWN: usize = 60;

pub(super) fn text(a: &NameAnswer) -> String {
    let mut text = String::new();
    if let Some(merged) = &a.imported {
        text += &format!(
            "{} taken in, {} in place of others; {} left out; {}\n",
            counted((merged.added + merged.replaced) as u64, "name"),
            grouped(merged.replaced as u64),
            grouped(merged.left_out as u64),
            counted(merged.pinned as u64, "pin")
        );
    }
    if let Some(points) = a.points {
        text += &format!("{} of {} looked at", grouped(a.sampled as u64), counted(points, "point"));
        text += &match (&a.text_model, a.words) {
            (Some(model), Some(words)) => format!("; {} through {model}\n", counted(words as u64, "word")),
            _ => "\n".into(),
        };
    }
    let c = &a.counts;
    text += &format!(
        "{} of {} named: {} by payload, {} by words, {} by a person",
        grouped(c.named as u64),
        counted(c.features as u64, "feature"),
        grouped(c.by_payload as u64),
        grouped(c.by_text as u64),
        grouped(c.by_person as u64)
    );
    if let Some(dead) = c.dead {
        text += &format!("; {} unnamed, {} dead", grouped(c.unnamed as u64), grouped(dead as u64));
    }
    if !a.names.is_empty() {
        let mut rows = table(&["feature", "score", "name", "from"]);
        for line in a.names.iter().take(SHOWN) {
            let score = line.score.map_or(String::new(), |score| format!("{score:.3}"));
            rows.add_row([line.index.to_string(), score, line.name.clone(), from(line)]);
        }
        for place in [0, 1] {
            if let Some(column) = rows.column_mut(place) {
                column.set_cell_alignment(comfy_table::CellAlignment::Right);
            }
        }
        text += &format!("\n\n{}", rows.trim_fmt());
        if a.names.len() > SHOWN {
            text += &format!("\nthe first {SHOWN} of {}; --json holds them all", grouped(a.names.len() as u64));
        }
    }
    match (&a.file, a.points.is_some() || a.imported.is_some()) {
        (Some(file), _) => text += &format!("\nkept in {}", file.display()),
        (None, true) => text += "\nnothing was changed (--dry-run)",
        (None, false) => {}
    }
    if let Some(file) = &a.exported {
        text += &format!("\nwritten to {}", file.display());
    }
    text
}

fn from(line: &NameLine) -> String {
    let support =
        line.support.map_or(String::new(), |s| format!(", {} against {}", grouped(s.with), grouped(s.without)));
    let fact = match (&line.field, &line.value, &line.word) {
        (Some(field), Some(value), _) => format!("{field} = {value}"),
        (_, _, Some(word)) => format!("the word \"{word}\""),
        _ => return line.by.to_owned(),
    };
    let second = line.and.as_ref().map_or(String::new(), |and| format!(" and {} = {}", and.field, and.value));
    format!("{fact}{second}{support}")
}
