//! Answers in text, as tables for people.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::progress::{duration, grouped};
use crate::pipeline::{
    Answer, Converted, FeatureAnswer, FeaturesAnswer, Imported, InspectAnswer, InspectItem, Loaded, TrainAnswer,
    Verdict,
};
use crate::source::Payload;

/// Features shown in text without --feature; JSON holds them all.
const SHOWN: usize = 25;

/// The answer as JSON, with what the job warned of.
pub(super) fn json(answer: &Answer, warnings: &[String]) -> String {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(flatten)]
        answer: &'a Answer,
        warnings: &'a [String],
    }
    // Answers are structs of plain fields with text keys, which always have a JSON form.
    serde_json::to_string_pretty(&Told { answer, warnings }).unwrap_or_default()
}

pub(super) fn text(answer: &Answer) -> String {
    match answer {
        Answer::Load(a) => load(a),
        Answer::Train(a) => train(a),
        Answer::Encode(a) => {
            format!("{}: {} rows x {} columns in {:.1} s", a.output.display(), grouped(a.rows), a.columns, a.seconds)
        }
        Answer::Inspect(a) => inspect(a),
        Answer::Convert(a) => convert(a),
        Answer::Features(a) => features(a),
        Answer::Import(a) => import(a),
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

/// Right-aligns all but the first columns.
fn numbers(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

fn load(a: &Loaded) -> String {
    let files: Vec<_> = a.files.iter().map(|f| format!("  {}", f.display())).collect();
    format!(
        "{} points with {} neighbours, {:.1} % usable as anchors:\n{}",
        grouped(a.points as u64),
        grouped(a.neighbours as u64),
        a.usable_share * 100.0,
        files.join("\n")
    )
}

fn train(a: &TrainAnswer) -> String {
    let mut text = String::new();
    if a.stopped {
        text += &format!("stopped after {} epochs\n", a.epochs.len());
    }
    if let Some(best) = a.epochs.iter().find(|e| e.epoch == a.best_epoch) {
        text += &format!(
            "best epoch {} of {}: validation loss {:.4}, {} of {} validation triplets failed\n",
            best.epoch,
            a.epochs.len(),
            best.val_loss,
            best.val_failed_triplets,
            best.val_triplets
        );
        text += &format!(
            "{} of {} features dead, usage perplexity {:.2} of 1",
            best.dead, a.features, best.usage_perplexity
        );
        if let Some(nmi) = best.nmi {
            text += &format!(", winners' NMI between blocks {nmi:.2}");
        }
        text += "\n";
    }
    text + &format!(
        "{} in {} on {}\n  {} (best)\n  {} (last)\n  {} (log)",
        "trained",
        duration(a.seconds),
        a.device,
        a.encoder.display(),
        a.last.display(),
        a.log.display()
    )
}

fn inspect(a: &InspectAnswer) -> String {
    let against = if a.held_out { "points that were not trained on" } else { "the collection's points" };
    let mut text = format!(
        "against {} points; an input is an outlier below a confidence of {:.3}, by {against}\n",
        grouped(a.points),
        a.cutoff
    );
    for item in &a.items {
        text += &format!("\n{}\n", inspect_item(item));
    }
    text
}

fn inspect_item(item: &InspectItem) -> String {
    let mut text = item.input.clone();
    if let Some(label) = label(&item.payload) {
        text += &format!("  {label}");
    }
    text += &match item.verdict {
        Verdict::Fits => format!("\n  fits: more confident than {:.1} % of the collection", item.percentile),
        Verdict::Outlier => {
            format!("\n  outlier: less confident than {:.1} % of the collection", 100.0 - item.percentile)
        }
    };
    text += &format!(" (confidence {:.3})\n", item.confidence);
    let mut blocks = table(&["  block", "winner", "probability", "entropy"]);
    for (b, block) in item.blocks.iter().enumerate() {
        blocks.add_row([
            format!("  {b}"),
            block.winner.to_string(),
            format!("{:.3}", block.probability),
            format!("{:.3}", block.entropy),
        ]);
    }
    numbers(&mut blocks, 1);
    text += &blocks.trim_fmt();
    let entries: Vec<String> = item.sparse.iter().map(|(i, v)| format!("{i}: {v:.2}")).collect();
    text += &format!("\n  sparse  {{{}}}", entries.join(", "));
    if let Some(k) = item.fallback_top_k {
        text += &format!("  (none above the threshold: the {k} strongest)");
    }
    for near in &item.nearest {
        text += &format!("\n  near    {:.3}  {}", near.score, near.id);
        if let Some(label) = label(&near.payload) {
            text += &format!("  {label}");
        }
    }
    text
}

fn convert(a: &Converted) -> String {
    let mut text = format!("{}: {} points written", a.target, grouped(a.written));
    if a.skipped > 0 {
        text += &format!(", {} by an earlier run", grouped(a.skipped));
    }
    if a.empty > 0 {
        text += &format!(
            "; {} without a feature above the threshold (--top-k K gives them their strongest)",
            grouped(a.empty)
        );
    }
    if a.fallback > 0 {
        text += &format!("; {} without a feature above the threshold, given their strongest", grouped(a.fallback));
    }
    text
}

fn import(a: &Imported) -> String {
    let mut text = format!("{} points imported", grouped(a.imported));
    for skipped in &a.skipped {
        text += &format!("\nskipped {}: {}", skipped.input, skipped.reason);
    }
    text
}

fn features(a: &FeaturesAnswer) -> String {
    let mut text = format!(
        "{} points, {} dead features, usage perplexity {:.2} of 1",
        grouped(a.points),
        a.dead,
        a.usage_perplexity
    );
    if let Some(nmi) = a.nmi {
        text += &format!(", winners' NMI between blocks {nmi:.2}");
    }
    text += "\n";
    if a.single {
        for feature in &a.features {
            text += &format!("\n{}\n", one_feature(feature, a.threshold));
        }
        return text;
    }
    let mut shown: Vec<&FeatureAnswer> = a.features.iter().collect();
    shown.sort_by(|x, y| y.win_rate.total_cmp(&x.win_rate).then(x.index.cmp(&y.index)));
    let density = format!("above {}", a.threshold);
    let mut rows = table(&["feature", "block", &density, "wins", "mean", "max", "strongest points"]);
    for f in shown.iter().take(SHOWN) {
        let top: Vec<String> = f.top.iter().take(4).map(|p| p.id.to_string()).collect();
        rows.add_row([
            f.index.to_string(),
            f.block.to_string(),
            percent(f.density),
            percent(f.win_rate),
            format!("{:.4}", f.mean),
            format!("{:.3}", f.max),
            top.join(" "),
        ]);
    }
    for column in rows.column_iter_mut().take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    text += &format!("\n{}", rows.trim_fmt());
    if shown.len() > SHOWN {
        text +=
            &format!("\nthe {SHOWN} that win most of {}; --json holds them all, --feature N shows one", shown.len());
    }
    text
}

fn one_feature(f: &FeatureAnswer, threshold: f32) -> String {
    let mut text = format!(
        "feature {} (block {}): above {threshold} in {}, wins {}, mean {:.4}, largest {:.3}{}",
        f.index,
        f.block,
        percent(f.density),
        percent(f.win_rate),
        f.mean,
        f.max,
        if f.dead { ", dead" } else { "" }
    );
    for point in &f.top {
        text += &format!("\n  {:.3}  {}", point.value, point.id);
        if let Some(label) = label(&point.payload) {
            text += &format!("  {label}");
        }
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A few words of a payload that tell what a point is: a title, a name, or else the first short text.
fn label(payload: &Payload) -> Option<String> {
    let text = |key: &str| payload.get(key).and_then(|v| v.as_str()).filter(|t| !t.is_empty());
    let words = ["title", "name", "caption", "text", "path", "url"]
        .iter()
        .find_map(|key| text(key))
        .or_else(|| payload.values().find_map(|v| v.as_str()))?;
    let mut short: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if short.chars().count() > 60 {
        short = short.chars().take(59).collect::<String>().trim_end().to_owned() + "…";
    }
    Some(match text("label").filter(|l| *l != words) {
        Some(label) => format!("{short} [{label}]"),
        None => short,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_told_by_its_title_and_label() {
        let payload = |json: serde_json::Value| json.as_object().cloned().unwrap();
        let news = payload(serde_json::json!({"text": "long", "title": "Oil\n rises", "label": "Business"}));
        assert_eq!(label(&news).unwrap(), "Oil rises [Business]");
        let long = payload(serde_json::json!({"text": "ä".repeat(80)}));
        assert_eq!(label(&long).unwrap().chars().count(), 60);
        assert_eq!(label(&payload(serde_json::json!({"n": 3}))), None);
    }
}
