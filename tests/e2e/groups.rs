//! Trainings with labels.

use blockscope::demo::artist::{self, Group};
use blockscope::demo::payload;
use blockscope::encoder::Encoder;
use blockscope::numpy::write_matrix;
use blockscope::trainer::runs;
use serde_json::{Value, json};

use crate::demo::drawn;
use crate::loopback::Loopback;
use crate::support::{Workplace, shared};

const SMALL: &str = "--limit 20 --epochs 2 --blocks 2 --block-size 8 --device cpu";

fn figure(answer: &Value, space: &str, figure: &str) -> f64 {
    let spaces = answer["groups"]["retrieval"]["spaces"].as_array().unwrap_or_else(|| panic!("{answer}"));
    spaces.iter().find(|s| s["space"] == space).unwrap()[figure].as_f64().unwrap()
}

#[test]
fn labels_of_a_collection_are_trained_on_and_reported() {
    let w = Workplace::new();
    w.store(400, 8);
    let line = format!("train --store store --collection food {SMALL} --labels label --output e.safetensors");
    let answer = w.run(&format!("{line} --json")).json();
    let labels = &answer["groups"]["labels"];
    assert_eq!((&labels["points"], &labels["labels"]), (&400.into(), &8.into()));
    assert_eq!((&labels["train"], &labels["held_out"]), (&300.into(), &100.into()), "a quarter is set apart");
    assert_eq!(labels["thresholds"].as_array().unwrap().len(), 1);
    let retrieval = &answer["groups"]["retrieval"];
    assert_eq!((&retrieval["queries"], &retrieval["points"]), (&100.into(), &100.into()));
    assert!(figure(&answer, "after", "precision") > figure(&answer, "before", "precision"), "{answer}");
    // The encoder and the run say the same.
    let told: Value = serde_json::to_value(Encoder::read(w.path("e.safetensors")).unwrap().meta.groups).unwrap();
    assert_eq!(told, answer["groups"]);
    let run = runs::list(&w.path("logs")).unwrap().remove(0);
    assert_eq!(serde_json::to_value(run.info.groups).unwrap(), answer["groups"]);
    let text = w.run(&line).ok().stdout;
    for words in ["labels: 400 of 400 points have one of 8; 300 in training, 100 held out", "nDCG@10", "code after"] {
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
    // A seed repeats it, a share of one's own is kept, and without labels nothing is said of them.
    let print = Encoder::read(w.path("e.safetensors")).unwrap().fingerprint();
    w.run(&line).ok();
    assert_eq!(Encoder::read(w.path("e.safetensors")).unwrap().fingerprint(), print);
    let half = w.run(&format!("{line} --split 0.5 --json")).json();
    assert_eq!(half["groups"]["labels"]["train"], 200);
    let without = w.run(&format!("train --store store --collection food {SMALL} --json")).json();
    assert!(without.get("groups").is_none());
}

/// With a weight of 0 labels only measure.
#[test]
fn a_weight_of_nothing_changes_nothing() {
    let w = Workplace::new();
    w.store(400, 8);
    let train = |more: &str| {
        let line = format!("train --store store --collection food {SMALL} --split 0.25 --output e.safetensors");
        let answer = w.run(&format!("{line} --json {more}")).json();
        (Encoder::read(w.path("e.safetensors")).unwrap().fingerprint(), answer)
    };
    let (without, _) = train("");
    let (measured, answer) = train("--labels label --supervised 0");
    assert_eq!(measured, without);
    assert!(figure(&answer, "after", "map") > 0.0);
    assert_ne!(train("--labels label").0, without);
}

#[test]
fn weak_labels_count_above_their_threshold_and_agreement_is_told() {
    let w = Workplace::new();
    let n = 300;
    w.vectors(n, 8);
    // Every third point has a manual label; the guesses of even rows are right, their confidence goes up with the row.
    let point = |i: usize| {
        let label = format!("c{}", i % 8);
        let guess = if i.is_multiple_of(2) { label.clone() } else { "c0".into() };
        let manual = if i.is_multiple_of(3) { Value::from(label) } else { Value::Null };
        json!({ "hand": { "label": manual }, "guess": guess, "sure": (i % 100) as f64 / 100.0 })
    };
    let lines: String = (0..n).map(|i| format!("{}\n", point(i))).collect();
    std::fs::write(w.path("p.jsonl"), lines).unwrap();
    let line = format!("train --vectors v.npy --payload p.jsonl {SMALL} --labels hand.label --weak-labels guess");
    let answer = w.run(&format!("{line} --label-confidence sure --min-confidence 0.85 --json")).json();
    let thresholds = answer["groups"]["labels"]["thresholds"].as_array().unwrap();
    assert_eq!(thresholds.len(), 7);
    for kept in thresholds {
        let threshold = kept["threshold"].as_f64().unwrap();
        let sure = |i: &usize| (*i % 100) as f64 / 100.0 > threshold;
        let weak = (0..n).filter(|i| !i.is_multiple_of(3) && sure(i)).count();
        let both: Vec<usize> = (0..n).filter(|i| i.is_multiple_of(3) && sure(i)).collect();
        let agree = both.iter().filter(|i| i.is_multiple_of(2) || i.is_multiple_of(8)).count();
        let expected = json!({
            "threshold": threshold, "chosen": threshold == 0.85, "kept": 100 + weak, "manual": 100, "weak": weak,
            "both": both.len(), "agree": agree,
        });
        assert_eq!(*kept, expected);
    }
    let text = w.run(&format!("{line} --label-confidence sure")).ok().stdout;
    assert!(text.contains("weak above") && text.contains("0.7 (used)"), "{text}");
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let w = Workplace::new();
    w.similarity(100, 8);
    w.run("train --train data/sm_train --val data/sm_val --labels label").refused(2, "name the collection itself");
    w.run("train --vectors v.npy --labels label").refused(2, "give --payload F.jsonl with --vectors");
    let line = format!("train --vectors v.npy --payload p.jsonl {SMALL}");
    w.run(&format!("{line} --labels lable"))
        .refused(2, "no training point of v.npy has a label in \"lable\", and their");
    w.run(&format!("{line} --labels lable")).refused(2, "label, row, title");
    w.run(&format!("{line} --labels title")).refused(2, "found 0 among 75 labelled points");
    w.run(&format!("{line} --labels label --objective autoencoder")).refused(2, "--supervised 0 they only measure");
    let usage = w.run(&format!("{line} --weak-labels label"));
    assert!(usage.code == Some(2) && usage.stderr.contains("--label-confidence"), "{}", usage.stderr);
    let usage = w.run(&format!("{line} --labels label --supervised 1.5"));
    assert!(usage.code == Some(2) && usage.stderr.contains("from 0 to 1"), "{}", usage.stderr);
}

/// From a server the same labels come as from a file, and only the fields are asked for.
#[test]
fn labels_come_from_a_server_too() {
    let w = Workplace::new();
    w.vectors(300, 8);
    let server = Loopback::start(&w.path("server"));
    w.run(&format!("import vectors --vectors v.npy --payload p.jsonl --collection food -q --url {}", server.url)).ok();
    for field in ["label", "row"] {
        let line = format!("train {SMALL} --labels {field} --supervised 0 --json");
        let there = w.run(&format!("{line} --collection food --url {}", server.url)).json();
        let here = w.run(&format!("{line} --vectors v.npy --payload p.jsonl")).json();
        assert_eq!(there["groups"]["labels"], here["groups"]["labels"]);
    }
}

/// On the demo's dishes, whose factors are known: a code that was told of colours finds them better on dishes that it
/// has not seen, better than the code without labels and than the vectors themselves.
#[test]
fn labels_make_a_code_find_what_they_say_on_dishes_held_out() {
    let w = Workplace::new();
    let dishes = drawn(&artist::kinds_of(Group::Food), 77_002, 1_600);
    let vectors: Vec<f32> = dishes.iter().flat_map(|(_, vector)| vector).copied().collect();
    write_matrix(w.path("v.npy"), dishes[0].1.len(), &vectors).unwrap();
    let lines: String = dishes.iter().map(|(f, _)| format!("{}\n", Value::Object(payload(f)))).collect();
    std::fs::write(w.path("p.jsonl"), lines).unwrap();
    let line = "train --vectors v.npy --payload p.jsonl --device cpu --lr 1e-2 --json --labels colour";
    let (with, without) = (w.run(line).json(), w.run(&format!("{line} --supervised 0")).json());
    for (name, least) in [("precision", 0.2), ("map", 0.3), ("ndcg", 0.2)] {
        let dense = figure(&with, "dense", name);
        assert_eq!(figure(&without, "dense", name), dense, "the same points held out");
        let (with, without) = (figure(&with, "after", name), figure(&without, "after", name));
        eprintln!("{name} of colours: dense {dense:.3}, code without labels {without:.3}, with {with:.3}");
        assert!(with > dense + least && with > without + least, "{name}");
    }
}

/// On real vectors, too, labels bring together what is held out.
#[test]
fn labels_of_news_bring_news_together() {
    let (Some(vectors), Some(texts)) =
        (shared("data/ag-news-minilm/vectors.npy"), shared("data/ag-news-minilm/payload.jsonl"))
    else {
        return;
    };
    let w = Workplace::new();
    let (vectors, texts) = (vectors.to_str().unwrap(), texts.to_str().unwrap());
    let line = ["train", "--vectors", vectors, "--payload", texts, "--labels", "label", "--device", "cpu", "--json"];
    let answer = w.run_words(&line).json();
    assert_eq!(answer["groups"]["labels"]["held_out"], 1_400);
    for (name, least) in [("precision", 0.03), ("map", 0.2)] {
        let (dense, after) = (figure(&answer, "dense", name), figure(&answer, "after", name));
        eprintln!("{name} of news: dense {dense:.3}, code {after:.3}");
        assert!(after > dense + least, "{name}");
    }
}
