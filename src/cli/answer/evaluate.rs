//! The answer of `evaluate`: its table as text or Markdown.

use comfy_table::{Table, presets};

use super::{numbers, table};
use crate::cli::progress::duration;
use crate::config::TableFormat;
use crate::evaluate::{Section, heading, sections};
use crate::pipeline::EvaluateAnswer;

pub(super) fn text(a: &EvaluateAnswer) -> String {
    let table = &a.table;
    let mut text = heading(table);
    for section in sections(table) {
        text += &match a.format {
            TableFormat::Text => format!("\n\n{}\n{}", section.title, columns(&section)),
            TableFormat::Markdown => format!("\n\n### {}\n\n{}", section.title, markdown(&section)),
        };
    }
    for note in &table.notes {
        text += &format!("\n\n{note}");
    }
    let fitted = table.rows.iter().filter(|row| row.own_decoder == Some(false)).map(|row| row.name.as_str());
    let fitted: Vec<&str> = fitted.collect();
    if !fitted.is_empty() {
        text += &format!("\n\nno decoder of their own, and one by ridge regression here: {}", fitted.join(", "));
    }
    text + &format!("\n\nin {}", duration(table.seconds))
}

fn columns(section: &Section) -> String {
    let header: Vec<&str> = section.header.iter().map(String::as_str).collect();
    let mut rows = table(&header);
    // Every row on one line, however wide: it is read by its columns.
    section.rows.iter().for_each(|row| {
        rows.add_row(row);
    });
    numbers(&mut rows, section.texts);
    rows.trim_fmt()
}

fn markdown(section: &Section) -> String {
    let mut rows = Table::new();
    rows.load_style(presets::ASCII_MARKDOWN).set_header(&section.header);
    // A bar in a name would end its cell.
    section.rows.iter().for_each(|row| {
        rows.add_row(row.iter().map(|cell| cell.replace('|', "\\|")));
    });
    numbers(&mut rows, section.texts);
    rows.trim_fmt()
}
