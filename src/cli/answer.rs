//! Answers in text, as tables for people.

mod evaluate;
mod groups;
mod name;
mod outliers;
mod search;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::progress::duration;
use crate::count::{counted, grouped};
use crate::encoder::Kept;
use crate::features::CodeSize;
use crate::pipeline::{
    Answer, Converted, DemoAnswer, DoctorAnswer, FeatureAnswer, FeaturesAnswer, Imported, InspectAnswer, InspectItem,
    Loaded, ModelsAnswer, TrainAnswer, Truncated, Verdict,
};
use crate::source::{Payload, Stored};

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
            format!("{}: {} x {} columns in {:.1} s", a.output.display(), counted(a.rows, "row"), a.columns, a.seconds)
        }
        Answer::Truncate(a) => truncate(a),
        Answer::Inspect(a) => inspect(a),
        Answer::Convert(a) => convert(a),
        Answer::Features(a) => features(a),
        Answer::Name(a) => name::text(a),
        Answer::Import(a) => import(a),
        Answer::Outliers(a) => outliers::text(a),
        Answer::Evaluate(a) => evaluate::text(a),
        Answer::Search(a) => search::search(a),
        Answer::Steer(a) => search::steer(a),
        Answer::Models(a) => models(a),
        Answer::Doctor(a) => doctor(a),
        Answer::Draw(a) => {
            let kinds = counted(a.pictures.min(a.kinds as u64), "kind");
            format!("{}: {} of {kinds}", a.output.display(), counted(a.pictures, "picture"))
        }
        Answer::Demo(a) => demo(a),
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
        let failed = match best.val_triplets {
            0 => String::new(),
            all => format!(", {} of {all} validation triplets failed", best.val_failed_triplets),
        };
        text +=
            &format!("best epoch {} of {}: validation loss {:.4}{failed}\n", best.epoch, a.epochs.len(), best.val_loss);
        text += &format!(
            "{} of {} features dead, usage perplexity {:.2} of 1",
            best.dead, a.features, best.usage_perplexity
        );
        if let Some(nmi) = best.nmi {
            text += &format!(", winners' NMI between blocks {nmi:.2}");
        }
        text += "\n";
    }
    text += &a.groups.as_ref().map(groups::text).unwrap_or_default();
    text += &kept(&a.kept);
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

/// What an autoencoder keeps of vectors, a line a size; nothing of other encoders.
fn kept(kept: &[Kept]) -> String {
    if kept.is_empty() {
        return String::new();
    }
    let mut rows = table(&["active", "mean cosine kept", "variance lost"]);
    for of in kept {
        let active = if of.active == 0 { "all".to_owned() } else { of.active.to_string() };
        rows.add_row([active, format!("{:.3}", of.cosine), percent(f64::from(of.unexplained))]);
    }
    numbers(&mut rows, 0);
    format!("{}\n", rows.trim_fmt())
}

fn truncate(a: &Truncated) -> String {
    let of = counted(a.features as u64, "feature");
    let names = if a.names == 0 { String::new() } else { format!("; with {}", counted(a.names as u64, "name")) };
    format!("{}: the {} strongest of {of}{names}\n{}", a.output.display(), a.active, kept(&a.kept))
}

fn inspect(a: &InspectAnswer) -> String {
    let against = if a.held_out { "points that were not trained on" } else { "the collection's points" };
    let mut text = format!(
        "against {}; outliers are below a confidence of {:.3}, the lowest {} % of {against}\n",
        counted(a.points, "point"),
        a.cutoff,
        a.outlier_percentile
    );
    for item in &a.items {
        text += &format!("\n{}\n", inspect_item(item));
    }
    text
}

fn inspect_item(item: &InspectItem) -> String {
    let mut text = match item.kind {
        Some(kind) => format!("{kind}: {}", item.input),
        None => item.input.clone(),
    };
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
    text + &short_code(a.stored, &a.size)
}

/// What the vectors of a conversion take, where they are short codes.
fn short_code(stored: Stored, size: &CodeSize) -> String {
    let (half, single) = (size.packed.ceil(), size.packed_single.ceil());
    let (what, packed) = match stored {
        Stored::Activations => return String::new(),
        Stored::Winners => ("winners".to_owned(), format!("{half:.0} bytes packed")),
        Stored::Strongest(k) => (
            format!("the {k} strongest of each block"),
            format!("{half:.0} bytes packed with weights of half precision ({single:.0} with single)"),
        ),
    };
    let (entries, qdrant) = (size.entries, size.qdrant.ceil());
    format!("\na vector holds {what}, {entries:.1} entries: {packed}, {qdrant:.0} as Qdrant keeps it")
}

fn import(a: &Imported) -> String {
    let mut text = format!("{} imported", counted(a.imported, "point"));
    if let Some(model) = &a.model {
        text += &format!(" through {model} in {}", duration(a.seconds));
    }
    if a.already > 0 {
        text += &format!("; {} there already", counted(a.already, "input"));
    }
    if let Some(ignored) = a.ignored.filter(|n| *n > 0) {
        let files = counted(ignored, "file");
        text += &format!("\n{files} left aside, by the name no JPEG, PNG, WebP, GIF, BMP or TIFF");
    }
    for skipped in &a.skipped {
        text += &format!("\nskipped {}: {}", skipped.input, skipped.reason);
    }
    text
}

fn models(a: &ModelsAnswer) -> String {
    let mut rows = table(&["model", "for", "dimensions", "here", "other side"]);
    for m in &a.models {
        let here = if m.here { "yes" } else { "" };
        rows.add_row([&m.name, &m.side.to_string(), &m.dim.to_string(), here, m.twin.as_deref().unwrap_or("")]);
    }
    if let Some(column) = rows.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{}\nkept in {}; what is not here is downloaded on first use", rows.trim_fmt(), a.cache.display())
}

fn doctor(a: &DoctorAnswer) -> String {
    let mut text = format!("blockscope {} on {} cores\n", a.version, a.cores);
    text += &format!("models run on      {}\n", a.onnx);
    if !a.onnx.uses_all_cores() {
        text += "                   compiled in; ONNX Runtime would be faster, and was looked for at\n";
        for place in &a.onnx_searched {
            text += &format!("                     {}\n", place.display());
        }
        text += "                   (scripts/fetch-onnxruntime puts it in place, or name it in ORT_DYLIB_PATH)\n";
    }
    if a.adapters.is_empty() {
        text += "graphics adapters  none\n";
    }
    for (i, adapter) in a.adapters.iter().enumerate() {
        let head = if i == 0 { "graphics adapters" } else { "" };
        let software = if adapter.software { ", in software" } else { "" };
        text += &format!("{head:<17}  {} ({}{software})\n", adapter.name, adapter.api);
    }
    text += &format!("training takes     {}\n", a.trains_on);
    text += &format!("models here        {}\n", a.models.join(", "));
    text += &format!("models are kept    {}\n", a.model_cache.display());
    if let Some(folder) = &a.thumbnails {
        text += &format!("thumbnails         {}\n", folder.display());
    }
    for (i, store) in a.stores.iter().enumerate() {
        let head = if i == 0 { "stores" } else { "" };
        text += &format!("{head:<17}  {}: {}\n", store.path.display(), store.collections.join(", "));
    }
    if a.stores.is_empty() {
        text += "stores             none yet (blockscope demo makes one)\n";
    }
    text
}

fn demo(a: &DemoAnswer) -> String {
    let mut text = inspect(&a.inspected);
    let took = duration(a.seconds);
    text += &match (a.drawn, a.trained) {
        (0, false) => format!("\nall was there already; inspected in {took}\n"),
        (0, true) => format!("\nthe dishes were there already; trained and inspected in {took}\n"),
        (drawn, _) if drawn < a.dishes => {
            format!(
                "\n{} of {} dishes drawn, the others were there; trained and inspected in {took}\n",
                grouped(drawn),
                grouped(a.dishes)
            )
        }
        (drawn, _) => format!("\n{} dishes drawn, embedded and trained on, all in {took}\n", grouped(drawn)),
    };
    let store = shell_word(&a.store.display().to_string());
    text += &format!("  {} (encoder)\nlook further with\n", a.encoder.display());
    text += &format!("  blockscope search \"two pink doughnuts\" --store {store} --collection {}\n", a.collection);
    text += &format!(
        "  blockscope inspect PICTURE --encoder {} --store {store} --collection {}",
        shell_word(&a.encoder.display().to_string()),
        a.collection
    );
    text
}

/// As it can be pasted into a shell.
fn shell_word(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_alphanumeric() || "/._-:\\".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
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
    text += &kept(&a.kept);
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
        "feature {}{} (block {}): above {threshold} in {}, wins {}, mean {:.4}, largest {:.3}{}",
        f.index,
        f.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default(),
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

/// Letters of a label at most.
const LABEL: usize = 88;

/// A few words of a payload that tell what a point is: a title, a name, or else the first short text.
fn label(payload: &Payload) -> Option<String> {
    let text = |key: &str| payload.get(key).and_then(|v| v.as_str()).filter(|t| !t.is_empty());
    let known = ["title", "name", "caption", "text", "path", "url"].iter().find_map(|key| Some((*key, text(key)?)));
    let (key, words) = known.or_else(|| payload.values().find_map(|v| Some(("", v.as_str()?))))?;
    let mut short: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters = short.chars().count();
    if letters > LABEL {
        // What tells files apart is at the end.
        short = match key {
            "path" | "url" => "…".to_owned() + &short.chars().skip(letters + 1 - LABEL).collect::<String>(),
            _ => short.chars().take(LABEL - 1).collect::<String>().trim_end().to_owned() + "…",
        };
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
        let long = payload(serde_json::json!({"text": "ä".repeat(200)}));
        assert_eq!(label(&long).unwrap().chars().count(), LABEL);
        let path = label(&payload(serde_json::json!({"path": format!("/{}/7.jpg", "a".repeat(200))}))).unwrap();
        assert!(path.starts_with('…') && path.ends_with("/7.jpg") && path.chars().count() == LABEL, "{path}");
        assert_eq!(label(&payload(serde_json::json!({"n": 3}))), None);
    }
}
