//! What each objective's own settings are worth on real vectors: `cargo bench --bench quality [-- OBJECTIVE ...]`.
//!
//! Needs `../shared/data/ag-news-minilm` (vectors and labels); says so and ends where it is not there. The first 4,560
//! points are trained on, the other 1,040 are queries. Figures are means over a few seeds, with the spread.

use std::path::Path;

use std::time::Instant;

use blockscope::config::{DeviceChoice, ObjectiveKind, TrainConfig};
use blockscope::encoder::Encoder;
use blockscope::features::{Accumulator, answers, sparse};
use blockscope::job::{Control, Reporter};
use blockscope::numpy::NpyMatrix;
use blockscope::similarity::{SimilarityData, exact_neighbours};
use blockscope::source::{Distance, PointId};
use blockscope::trainer;

const TRAIN: usize = 4_560;
const SEEDS: u64 = 3;

struct News {
    vectors: Vec<f32>,
    dim: usize,
    labels: Vec<String>,
}

fn main() {
    let folder = Path::new("../shared/data/ag-news-minilm");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let mut file = NpyMatrix::open(folder.join("vectors.npy")).expect("vectors");
    let labels = std::fs::read_to_string(folder.join("payload.jsonl")).expect("payloads");
    let label = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["label"].to_string();
    let news = News {
        vectors: file.read_all().expect("vectors"),
        dim: file.columns(),
        labels: labels.lines().map(label).collect(),
    };

    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    for objective in [ObjectiveKind::Compatible, ObjectiveKind::Balanced] {
        if wants(&objective.to_string()) {
            println!("== {objective}");
            browsing(&news, objective);
        }
    }
    if wants("codes") {
        for blocks in [4, 8, 21] {
            println!("== codes, {blocks} x 64, a query's weights and winners of {} bits", blocks * 6);
            codes(&news, blocks);
        }
    }
}

/// What an encoder is worth for browsing, and what its entropy tells.
fn browsing(news: &News, objective: ObjectiveKind) {
    let preset = TrainConfig::preset(objective);
    let began = Instant::now();
    let figures: Vec<Vec<f64>> = (0..SEEDS)
        .map(|seed| of_the_code(news, &train(news, |_| true, &TrainConfig { seed, ..preset.clone() })))
        .collect();
    let names = [
        "dead features",
        "usage perplexity / V",
        "winners' NMI between blocks",
        "recall of the exact top 10, 10 by the code alone",
        "the same, best 1 % by sparse vectors at .05",
        "entries of a sparse vector at .05",
        "empty vectors at .1",
    ];
    for (i, name) in names.iter().enumerate() {
        println!("{name}: {}", spread(&figures.iter().map(|f| f[i]).collect::<Vec<_>>()));
    }
    println!("{:.1} s a training with its neighbours and its figures", began.elapsed().as_secs_f64() / SEEDS as f64);
    let mut kinds: Vec<&String> = news.labels.iter().collect();
    kinds.sort();
    kinds.dedup();
    for out in kinds {
        let runs: Vec<(f64, f64)> =
            (0..SEEDS).map(|seed| held_out(news, out, &TrainConfig { seed, ..preset.clone() })).collect();
        println!(
            "{out} held out: AUROC by mean entropy {}, by the 50th neighbour's distance {:.3}",
            spread(&runs.iter().map(|r| r.0).collect::<Vec<_>>()),
            runs[0].1
        );
    }
}

/// What winners are worth in an asymmetric search.
fn codes(news: &News, blocks: u32) {
    let mut figures = Vec::new();
    let began = Instant::now();
    for seed in 0..SEEDS {
        let config = TrainConfig { seed, blocks, ..TrainConfig::preset(ObjectiveKind::Codes) };
        figures.push(of_winners(news, &train(news, |_| true, &config)));
    }
    let names =
        ["dead features", "usage perplexity / V", "winners' NMI between blocks", "R10@10", "R10@1 %", "R10@5 %"];
    for (i, name) in names.iter().enumerate() {
        println!("{name}: {}", spread(&figures.iter().map(|f| f[i]).collect::<Vec<_>>()));
    }
    println!("{:.1} s a training with its neighbours and its figures", began.elapsed().as_secs_f64() / SEEDS as f64);
}

fn of_winners(news: &News, encoder: &Encoder) -> Vec<f64> {
    let outputs = encoder.encode(&news.vectors);
    let (width, size) = (encoder.outputs(), encoder.block_size());
    let ids: Vec<PointId> = (0..news.labels.len() as u64).map(PointId::Num).collect();
    let mut accumulator = Accumulator::new(encoder.blocks(), size, 0.1, 0);
    accumulator.add(&ids, &outputs);
    let table = accumulator.table();
    let winners: Vec<Vec<usize>> =
        outputs.chunks(width).map(|y| answers(y, size).into_iter().map(|b| b.winner).collect()).collect();
    let decoder = encoder.decoder().expect("codes have one");
    let counts = [10, TRAIN / 100, TRAIN / 20];
    let mut found = [0; 3];
    for query in TRAIN..ids.len() {
        let exact = best(&(0..TRAIN).map(|i| dot(news.row(query), news.row(i))).collect::<Vec<_>>(), 10);
        let weights = decoder.query_weights(news.row(query));
        let scores: Vec<f32> = winners[..TRAIN].iter().map(|w| w.iter().map(|i| weights[*i]).sum()).collect();
        let order = best(&scores, counts[2]);
        for (found, count) in found.iter_mut().zip(counts) {
            *found += exact.iter().filter(|i| order[..count].contains(i)).count();
        }
    }
    let share = |found: usize| found as f64 / (10.0 * (ids.len() - TRAIN) as f64);
    vec![
        table.dead() as f64 / width as f64,
        f64::from(table.usage_perplexity),
        f64::from(table.nmi.unwrap_or(f32::NAN)),
        share(found[0]),
        share(found[1]),
        share(found[2]),
    ]
}

fn spread(values: &[f64]) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    format!("{mean:.3} ± {deviation:.3}")
}

impl News {
    fn row(&self, i: usize) -> &[f32] {
        &self.vectors[i * self.dim..][..self.dim]
    }

    fn part(&self, rows: impl Iterator<Item = usize>) -> SimilarityData {
        let rows: Vec<usize> = rows.collect();
        let vectors: Vec<f32> = rows.iter().flat_map(|i| self.row(*i).to_vec()).collect();
        let found =
            exact_neighbours(&vectors, self.dim, 100, Distance::Cosine, None, &Control::new(), &mut Reporter::silent());
        SimilarityData {
            title: "news".into(),
            matrix: found.expect("neighbours").into_matrix(),
            vectors,
            dim: self.dim,
            ids: rows.iter().map(|i| PointId::Num(*i as u64)).collect(),
        }
    }
}

fn train(news: &News, keep: impl Fn(usize) -> bool, config: &TrainConfig) -> Encoder {
    let train = news.part((0..TRAIN).filter(|i| keep(*i)));
    let val = news.part((TRAIN..news.labels.len()).filter(|i| keep(*i)));
    let config = TrainConfig { device: DeviceChoice::Cpu, ..config.clone() };
    trainer::train(&train, &val, &config, None, &Control::new(), &mut Reporter::silent()).expect("trained").last
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The `k` largest scores' places.
fn best(scores: &[f32], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order.truncate(k);
    order
}

fn of_the_code(news: &News, encoder: &Encoder) -> Vec<f64> {
    let outputs = encoder.encode(&news.vectors);
    let width = encoder.outputs();
    let ids: Vec<PointId> = (0..news.labels.len() as u64).map(PointId::Num).collect();
    let mut accumulator = Accumulator::new(encoder.blocks(), encoder.block_size(), 0.1, 0);
    accumulator.add(&ids, &outputs);
    let table = accumulator.table();
    let code = |i: usize| &outputs[i * width..][..width];
    let cut: Vec<Vec<f32>> =
        (0..ids.len()).map(|i| code(i).iter().map(|y| if *y > 0.05 { *y } else { 0.0 }).collect()).collect();
    let (mut by_code, mut by_sparse) = (0, 0);
    for query in TRAIN..ids.len() {
        let exact = best(&(0..TRAIN).map(|i| dot(news.row(query), news.row(i))).collect::<Vec<_>>(), 10);
        let length = |y: &[f32]| dot(y, y).sqrt();
        let near = |i: usize| dot(code(query), code(i)) / (length(code(query)) * length(code(i)));
        let found = best(&(0..TRAIN).map(near).collect::<Vec<_>>(), 10);
        by_code += exact.iter().filter(|i| found.contains(i)).count();
        let found = best(&(0..TRAIN).map(|i| dot(&cut[query], &cut[i])).collect::<Vec<_>>(), TRAIN / 100);
        by_sparse += exact.iter().filter(|i| found.contains(i)).count();
    }
    let queries = (ids.len() - TRAIN) as f64;
    let entries: usize = (0..ids.len()).map(|i| sparse(code(i), 0.05).len()).sum();
    let empty = (0..ids.len()).filter(|i| sparse(code(*i), 0.1).is_empty()).count();
    vec![
        table.dead() as f64 / width as f64,
        f64::from(table.usage_perplexity),
        f64::from(table.nmi.unwrap_or(f32::NAN)),
        by_code as f64 / (10.0 * queries),
        by_sparse as f64 / (10.0 * queries),
        entries as f64 / ids.len() as f64,
        empty as f64 / ids.len() as f64,
    ]
}

/// Trains without a label, and asks whether mean entropy, or the distance to the 50th neighbour, tells it from the rest.
fn held_out(news: &News, label: &str, config: &TrainConfig) -> (f64, f64) {
    let inside = |i: usize| news.labels[i] != *label;
    let encoder = train(news, inside, config);
    let known: Vec<usize> = (0..TRAIN).filter(|i| inside(*i)).collect();
    let score = |i: usize| {
        let blocks = answers(&encoder.encode(news.row(i)), encoder.block_size());
        let entropy = blocks.iter().map(|b| f64::from(b.entropy)).sum::<f64>();
        let mut near: Vec<f32> = known.iter().map(|j| dot(news.row(i), news.row(*j))).collect();
        let (_, fiftieth, _) = near.select_nth_unstable_by(49, |a, b| b.total_cmp(a));
        (entropy, 1.0 - f64::from(*fiftieth))
    };
    let scores: Vec<(bool, (f64, f64))> = (TRAIN..news.labels.len()).map(|i| (inside(i), score(i))).collect();
    let area = |pick: fn(&(f64, f64)) -> f64| {
        let mut sorted: Vec<(f64, bool)> = scores.iter().map(|(inside, s)| (pick(s), *inside)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let outside = sorted.iter().filter(|s| !s.1).count() as f64;
        let ranks: f64 = sorted.iter().enumerate().filter(|(_, s)| !s.1).map(|(rank, _)| rank as f64 + 1.0).sum();
        (ranks - outside * (outside + 1.0) / 2.0) / (outside * (sorted.len() as f64 - outside))
    };
    (area(|s| s.0), area(|s| s.1))
}
