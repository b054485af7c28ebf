//! The answer of `outliers`.

use comfy_table::CellAlignment;

use super::{label, numbers, table};
use crate::count::{counted, grouped};
use crate::pipeline::{OutlierItem, OutliersAnswer};

pub(super) fn text(a: &OutliersAnswer) -> String {
    let what = if a.whole { "point" } else { "input" };
    let against = if a.calibration.held_out { "that were not trained on" } else { "of the collection" };
    let mut text = format!(
        "{} judged by {}, against {} {against}; neighbours among {}\n",
        counted(a.judged, what),
        a.score,
        counted(a.calibration.points as u64, "point"),
        grouped(a.calibration.reference as u64)
    );
    let rate = percent(a.rate);
    text += &match a.batch {
        true => format!(
            "{} of {} flagged at a false discovery rate of {rate}\n",
            grouped(a.flagged_count),
            grouped(a.judged)
        ),
        false => format!(
            "{} of {} flagged at {rate}: of points like the collection's {rate} are, ± {}\n",
            grouped(a.flagged_count),
            grouped(a.judged),
            percent(a.calibration.spread)
        ),
    };
    if !a.flagged.is_empty() {
        text += &format!("\n{}", items(&a.flagged, a.batch));
        if (a.flagged.len() as u64) < a.flagged_count {
            text += &format!("\nthe {} most outlying of them; --limit N shows more", a.flagged.len());
        }
        text += "\n";
    }
    if !a.others.is_empty() {
        text += &format!("\nnot flagged\n{}\n", items(&a.others, a.batch));
    }
    if let Some(against) = &a.against {
        let mut rows = table(&["score", "AUROC", "false positives at 95 %"]);
        for one in &against.scores {
            rows.add_row([one.score.name().to_owned(), format!("{:.3}", one.auroc), percent(one.fpr95)]);
        }
        numbers(&mut rows, 1);
        text += &format!(
            "\n{} told from {} of the collection, the best score first\n{}\n",
            counted(against.known as u64, "known outlier"),
            counted(against.points as u64, "point"),
            rows.trim_fmt()
        );
    }
    text
}

fn items(items: &[OutlierItem], batch: bool) -> String {
    let mut header = vec!["p"];
    if batch {
        header.push("adjusted");
    }
    header.extend(["entropy", "max prob.", "neighbour", "fused", "what"]);
    let mut rows = table(&header);
    let number = |value: Option<f32>| value.map_or_else(String::new, |value| format!("{value:.3}"));
    for item in items {
        let mut what = match (&item.input, item.id) {
            (Some(input), _) => input.clone(),
            (None, Some(id)) => id.to_string(),
            (None, None) => String::new(),
        };
        if let Some(label) = label(&item.payload) {
            what += &format!("  {label}");
        }
        let mut row = vec![format!("{:.4}", item.p)];
        row.extend(item.adjusted.filter(|_| batch).map(|q| format!("{q:.4}")));
        let scores = &item.scores;
        // What the encoder says is larger for what is more like the collection, and is shown as it is known elsewhere.
        row.extend([
            format!("{:.3}", scores.entropy),
            format!("{:.3}", 1.0 - scores.max_probability),
            number(scores.neighbour),
            number(scores.fused),
            what,
        ]);
        rows.add_row(row);
    }
    for column in rows.column_iter_mut().take(header.len() - 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    rows.trim_fmt()
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    // Two digits behind the point at most, and none that say nothing.
    let text = format!("{percent:.2}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}
