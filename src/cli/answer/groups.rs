//! The labels of a training, and how well points of the same are found, in text.

use super::{numbers, table};
use crate::count::{counted, grouped};
use crate::groups::GroupsSummary;

/// Points kept, a line for each threshold, and a line for each space that was searched.
pub(super) fn text(summary: &GroupsSummary) -> String {
    let report = &summary.labels;
    let mut text = format!(
        "labels: {} of {} points have one of {}; {} in training, {} held out\n",
        grouped((report.train + report.held_out) as u64),
        grouped(report.points as u64),
        grouped(report.labels as u64),
        grouped(report.train as u64),
        grouped(report.held_out as u64),
    );
    if report.thresholds.len() > 1 {
        let mut lines = table(&["weak above", "kept", "manual", "weak", "both", "agree"]);
        for kept in &report.thresholds {
            lines.add_row([
                format!("{}{}", kept.threshold, if kept.chosen { " (used)" } else { "" }),
                grouped(kept.kept as u64),
                grouped(kept.manual as u64),
                grouped(kept.weak as u64),
                grouped(kept.both as u64),
                kept.agreement().map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0)),
            ]);
        }
        numbers(&mut lines, 1);
        text += &format!("{lines}\n");
    }
    match &summary.retrieval {
        None => text += "no two held-out points have the same label: nothing could be measured on them\n",
        Some(retrieval) => {
            let queries = counted(retrieval.queries as u64, "held-out point");
            text += &format!("the label found by {queries} among {}:\n", grouped(retrieval.points as u64));
            let mut lines = table(&["searched", "precision@10", "MAP", "nDCG@10"]);
            for found in &retrieval.spaces {
                let q = found.quality;
                let figures = [q.precision, q.map, q.ndcg].map(|figure| format!("{figure:.3}"));
                lines.add_row(std::iter::once(found.space.to_string()).chain(figures));
            }
            numbers(&mut lines, 1);
            text += &format!("{lines}\n");
        }
    }
    text
}
