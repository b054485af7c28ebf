//! What `search` and `steer` found.

use comfy_table::{CellAlignment, Table};

use super::{label, table};
use crate::count::counted;
use crate::pipeline::{Hit, SearchAnswer, SteerAnswer, SteeredHit};
use crate::point::Stored;

/// Features that are told of a result.
const CAUSES: usize = 4;

pub(super) fn search(a: &SearchAnswer) -> String {
    if let Some(request) = &a.request {
        return request.clone();
    }
    let lines: Vec<String> = a.found.hits.iter().map(hit).collect();
    let mut text = if lines.is_empty() { "nothing found".into() } else { lines.join("\n") };
    let took = format!("{:.1} ms", a.found.seconds * 1e3);
    if let Some(candidates) = a.found.candidates {
        text +=
            &format!("\nthe nearest of {} by the block vectors, in {took}", counted(candidates as u64, "candidate"));
    }
    if let Some(asymmetric) = a.found.asymmetric {
        let entries = match asymmetric.stored {
            Stored::Activations => "the activations of each point".to_owned(),
            Stored::Winners => "the winners of each point".to_owned(),
            Stored::Strongest(k) => format!("the {k} strongest of each block of a point"),
        };
        let weights = counted(asymmetric.weights as u64, "weight");
        text += &format!("\n{weights} of the query, by the encoder's decoder, over {entries}");
    }
    if let Some(compared) = a.found.compared {
        text += &format!(
            "\n{:.0} % of what an exact search finds, which takes {:.1} ms where this one took {took}",
            compared.recall * 100.0,
            compared.exact_seconds * 1e3
        );
        if let Some(postings) = compared.postings {
            text += &format!("\n{:.1} % of the postings read", postings * 100.0);
        }
    }
    text
}

fn hit(hit: &Hit) -> String {
    let label = label(&hit.payload).map_or_else(String::new, |l| format!("  {l}"));
    format!("{:7.4}  {}{label}", hit.score, hit.id)
}

pub(super) fn steer(a: &SteerAnswer) -> String {
    if let Some(request) = &a.request {
        return request.clone();
    }
    let named = |feature: usize| match a.names.get(&feature) {
        Some(name) => format!("{feature} \"{name}\""),
        None => feature.to_string(),
    };
    let weights: Vec<String> = a.weights.iter().map(|(f, w)| format!("{} = {w}", named(*f))).collect();
    let mut text = format!("weights  {}\nalpha    {:.3}\n\nwithout steering\n", weights.join(", "), a.found.alpha);
    if a.found.before.is_empty() {
        return text + "nothing found";
    }
    let mut rows = table(&["rank", "score", "point", ""]);
    for (place, hit) in a.found.before.iter().enumerate() {
        let label = label(&hit.payload).unwrap_or_default();
        rows.add_row([(place + 1).to_string(), format!("{:.4}", hit.score), hit.id.to_string(), label]);
    }
    right(&mut rows, 2);
    text += &format!("{}\n\nwith steering\n", rows.trim_fmt());
    let mut rows = table(&["rank", "moved", "score", "near", "point", "", "because"]);
    for (place, after) in a.found.after.iter().enumerate() {
        let causes = after.because.iter().take(CAUSES);
        let causes: Vec<String> = causes.map(|b| format!("{} {:+.3}", named(b.index), b.contribution)).collect();
        rows.add_row([
            (place + 1).to_string(),
            moved(after),
            format!("{:.4}", after.hit.score),
            format!("{:.4}", after.similarity),
            after.hit.id.to_string(),
            label(&after.hit.payload).unwrap_or_default(),
            causes.join(", "),
        ]);
    }
    right(&mut rows, 4);
    let scored = counted(a.found.candidates as u64, "point");
    text + &format!("{}\n{scored} scored in {:.1} ms", rows.trim_fmt(), a.found.seconds * 1e3)
}

/// How far a result went, as an arrow.
fn moved(after: &SteeredHit) -> String {
    match after.moved {
        None => "new".into(),
        Some(0) => "=".into(),
        Some(ranks) => format!("{}{}", if ranks > 0 { '↑' } else { '↓' }, ranks.unsigned_abs()),
    }
}

fn right(table: &mut Table, columns: usize) {
    for column in table.column_iter_mut().take(columns) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
