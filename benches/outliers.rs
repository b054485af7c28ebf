//! Which score tells outliers best, and whether what is flagged at 5 % is 5 %: `cargo bench --bench outliers`.
//!
//! Drawings: the demo's collection is made in a folder that goes away, three encoders are trained on it, and 500 fresh
//! drawings of things, of noise, of soft blobs and of dishes with inverted colours are told from 500 fresh dishes.
//! AG News (`../shared/data/ag-news-minilm`; left out where it is not there): each label is held out of training in turn,
//! and told from points of the other three that were not trained on either. Means and standard deviations of the seeds.

use std::path::Path;

use blockscope::config::{CollectionArgs, DemoConfig, DeviceChoice, ModelArgs, OnnxChoice, TrainConfig};
use blockscope::demo::artist::{self, Group};
use blockscope::demo::{COLLECTION, SIZE};
use blockscope::embed::{self, Embedder, Side};
use blockscope::encoder::Encoder;
use blockscope::features::outlier::{
    Calibration, Detector, OutlierScore, OutlierScores, Points, auroc, false_positive_rate,
};
use blockscope::job::{Control, Reporter, Task};
use blockscope::numpy::NpyMatrix;
use blockscope::pipeline::{DetectorSizes, Job, detector};
use blockscope::similarity::{SimilarityData, exact_neighbours};
use blockscope::source::{self, Distance, PointId};
use blockscope::trainer;
use image::{Rgb, RgbImage};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEEDS: u64 = 3;
const DRAWN: usize = 500;
const RATE: f64 = 0.05;
/// Times that points are dealt anew into those compared with and those judged.
const DEALS: u64 = 200;

fn main() {
    let only = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    if only.as_deref().is_none_or(|o| o == "drawings") {
        drawings();
    }
    if only.as_deref().is_none_or(|o| o == "news") {
        news();
    }
}

fn spread(values: &[f64]) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    format!("{mean:.3} ± {deviation:.3}")
}

/// AUROC and false positive rate at 95 % of the four scores.
type Figures = [(f64, f64); 4];

fn told(outliers: &[OutlierScores], others: &[OutlierScores]) -> Figures {
    OutlierScore::ALL.map(|score| {
        let of = |all: &[OutlierScores]| all.iter().filter_map(|s| s.get(score)).collect::<Vec<_>>();
        let (positive, negative) = (of(outliers), of(others));
        (
            auroc(&positive, &negative).expect("both are there"),
            false_positive_rate(&positive, &negative, 0.95).expect("both are there"),
        )
    })
}

fn print(what: &str, seeds: &[Figures]) {
    for (place, score) in OutlierScore::ALL.into_iter().enumerate() {
        let area: Vec<f64> = seeds.iter().map(|f| f[place].0).collect();
        let false_positives: Vec<f64> = seeds.iter().map(|f| f[place].1).collect();
        println!("{what}, {score}: AUROC {}, FPR@95TPR {}", spread(&area), spread(&false_positives));
    }
}

/// The share of some points that each score flags at the rate.
fn flagged(calibration: &Calibration, judged: &[OutlierScores]) -> [f64; 4] {
    OutlierScore::ALL.map(|score| {
        let p = |scores: &OutlierScores| calibration.p(score, scores.get(score).expect("known"), false);
        judged.iter().filter(|scores| p(scores) <= RATE).count() as f64 / judged.len() as f64
    })
}

/// Deals points that were not trained on into halves, many times: one is compared with, of the other the share is taken
/// that is flagged. Prints its mean and its deviation beside what they are to be.
fn dealt(what: &str, scores: &[OutlierScores]) {
    let half = scores.len() / 2;
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut shares: [Vec<f64>; 4] = Default::default();
    let mut deal = scores.to_vec();
    for _ in 0..DEALS {
        deal.shuffle(&mut rng);
        let points = deal[..half].iter().enumerate().map(|(i, s)| (PointId::Num(i as u64), *s));
        let calibration = Calibration::new(points, true);
        for (shares, share) in shares.iter_mut().zip(flagged(&calibration, &deal[half..])) {
            shares.push(share);
        }
    }
    let exact = (RATE * (half + 1) as f64).floor() / (half + 1) as f64;
    // By the draw of the points judged, and by that of the calibration part.
    let sampling = (RATE * (1.0 - RATE) * (1.0 / (scores.len() - half) as f64 + 1.0 / (half + 2) as f64)).sqrt();
    println!("{what}: {half} compared with, {} judged; to be {exact:.4} ± {sampling:.4}", scores.len() - half);
    for (score, shares) in OutlierScore::ALL.into_iter().zip(&shares) {
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let sd = (shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (shares.len() - 1) as f64).sqrt();
        println!("  flagged at 5 % by {score}: {mean:.4} ± {sd:.4}");
    }
}

// Drawings

fn drawings() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("demo");
    let demo =
        DemoConfig { store: Some(store.clone()), no_window: true, dishes: DemoConfig::DISHES, ..Default::default() };
    let (control, mut silent) = (Control::new(), Reporter::silent());
    Job::Demo(demo).run(&control, &mut silent).expect("the demo");
    let collection =
        CollectionArgs { store: Some(store.clone()), collection: Some(COLLECTION.into()), ..CollectionArgs::default() };
    let model = ModelArgs { model: Some(embed::DEMO.into()), onnx: OnnxChoice::Auto, ..ModelArgs::default() };
    let mut embedder = Embedder::open(&model, None, Side::Pictures, None, &control, &mut silent).expect("the model");

    let drawn = |group: Group, seed: u64| -> Vec<RgbImage> {
        let kinds = artist::kinds_of(group);
        let one = |i: usize| artist::draw(kinds[i % kinds.len()], seed, (i / kinds.len()) as u64, SIZE).picture;
        (0..DRAWN).map(one).collect()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut inverted = drawn(Group::Food, 903);
    inverted.iter_mut().for_each(image::imageops::invert);
    let kinds = [
        ("fresh dishes", drawn(Group::Food, 901)),
        ("things", drawn(Group::Thing, 902)),
        ("noise", (0..DRAWN).map(|_| noise(&mut rng)).collect()),
        ("soft blobs", (0..DRAWN).map(|_| blobs(&mut rng)).collect()),
        ("dishes of inverted colours", inverted),
    ];
    let vectors: Vec<(&str, Vec<f32>)> = kinds
        .into_iter()
        .map(|(name, pictures)| {
            let prepared = pictures.into_iter().map(|p| embedder.prepare(p, None).expect("prepared")).collect();
            (name, embedder.embed_some(prepared, &control).expect("embedded").concat())
        })
        .collect();

    let mut figures: Vec<Vec<Figures>> = vec![Vec::new(); vectors.len()];
    for seed in 0..SEEDS {
        let output = folder.path().join(format!("e{seed}.safetensors"));
        let train = TrainConfig {
            collection: collection.clone(),
            sample: DemoConfig::DISHES as usize,
            output: output.clone(),
            log_dir: folder.path().join("logs"),
            lr: 1e-2,
            seed,
            device: DeviceChoice::Cpu,
            ..TrainConfig::default()
        };
        Job::Train(Box::new(train)).run(&control, &mut silent).expect("trained");
        let encoder = Encoder::read(&output).expect("the encoder");
        let mut source = source::open(&collection, &control, &mut silent).expect("the collection");
        let began = std::time::Instant::now();
        let detector =
            detector(&encoder, source.as_mut(), DetectorSizes::default(), &Default::default(), &control, &mut silent)
                .expect("a detector");
        let calibration = detector.calibration();
        println!(
            "drawings, seed {seed}: {} points compared with (held out: {}), neighbours among {}, made in {:.2} s",
            calibration.points(),
            calibration.held_out(),
            detector.reference().points(),
            began.elapsed().as_secs_f64()
        );
        let scores: Vec<Vec<OutlierScores>> = vectors
            .iter()
            .map(|(_, rows)| {
                let ids = vec![None; rows.len() / encoder.dim()];
                detector.scores(&encoder, &ids, rows, true, &control).expect("scores")
            })
            .collect();
        for (figures, outliers) in figures.iter_mut().zip(&scores).skip(1) {
            figures.push(told(outliers, &scores[0]));
        }
        let of = |share: [f64; 4]| share.map(|s| format!("{s:.3}")).join(", ");
        println!(
            "  fresh dishes flagged at 5 % (expected spread {:.4}):",
            calibration.spread(RATE).hypot((RATE * (1.0 - RATE) / DRAWN as f64).sqrt())
        );
        println!("    {}", of(flagged(calibration, &scores[0])));
        for ((name, _), outliers) in vectors.iter().zip(&scores).skip(1) {
            println!("  {name} flagged at 5 %: {}", of(flagged(calibration, outliers)));
        }
        let mut known: Vec<OutlierScores> = scores[0].clone();
        let ids = OutlierScore::ALL.map(|score| calibration.scores(score).to_vec());
        // The calibration points' own scores, put together again by no particular point: each score is dealt by itself.
        known.extend((0..calibration.points()).map(|i| OutlierScores {
            entropy: ids[0][i],
            max_probability: ids[1][i],
            neighbour: Some(ids[2][i]),
            head: None,
            fused: Some(ids[3][i]),
        }));
        if seed == 0 {
            dealt("  validation dishes and fresh ones", &known);
        }
    }
    for ((name, _), figures) in vectors.iter().zip(&figures).skip(1) {
        print(name, figures);
    }
}

fn noise(rng: &mut ChaCha8Rng) -> RgbImage {
    RgbImage::from_fn(SIZE, SIZE, |_, _| Rgb(rng.random()))
}

/// A few soft spots of colours on a ground of one.
fn blobs(rng: &mut ChaCha8Rng) -> RgbImage {
    let ground: [f32; 3] = rng.random();
    let spots: Vec<([f32; 3], (f32, f32), f32)> = (0..rng.random_range(3..9))
        .map(|_| (rng.random(), (rng.random(), rng.random()), rng.random_range(0.05..0.25)))
        .collect();
    RgbImage::from_fn(SIZE, SIZE, |x, y| {
        let (x, y) = (x as f32 / SIZE as f32, y as f32 / SIZE as f32);
        let mut colour = ground;
        for (paint, centre, width) in &spots {
            let near = (-((x - centre.0).powi(2) + (y - centre.1).powi(2)) / (2.0 * width * width)).exp();
            colour.iter_mut().zip(paint).for_each(|(c, p)| *c += near * (p - *c));
        }
        Rgb(colour.map(|c| (c * 255.0) as u8))
    })
}

// AG News

/// Rows before this one are trained on, as in `quality`.
const TRAIN: usize = 4_560;

struct News {
    vectors: Vec<f32>,
    dim: usize,
    labels: Vec<String>,
}

impl News {
    fn points(&self, rows: &[usize]) -> Points {
        Points {
            ids: rows.iter().map(|i| PointId::Num(*i as u64)).collect(),
            vectors: rows.iter().flat_map(|i| self.vectors[i * self.dim..][..self.dim].iter().copied()).collect(),
        }
    }

    fn part(&self, rows: &[usize]) -> SimilarityData {
        let points = self.points(rows);
        let (control, silent) = (Control::new(), &mut Reporter::silent());
        let found = exact_neighbours(&points.vectors, self.dim, 100, Distance::Cosine, None, &control, silent);
        SimilarityData {
            title: "news".into(),
            matrix: found.expect("neighbours").into_matrix(),
            vectors: points.vectors,
            dim: self.dim,
            ids: points.ids,
        }
    }
}

fn news() {
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
    let mut kinds: Vec<&String> = news.labels.iter().collect();
    kinds.sort();
    kinds.dedup();
    let mut mean: Vec<Figures> = Vec::new();
    for out in kinds {
        let figures: Vec<Figures> = (0..SEEDS).map(|seed| held_out(&news, out, seed)).collect();
        print(&format!("{out} held out"), &figures);
        mean.extend(figures);
    }
    println!("over all four labels and seeds:");
    print("any label held out", &mean);
}

/// Trains without a label, and tells its points from others that were not trained on either.
fn held_out(news: &News, label: &str, seed: u64) -> Figures {
    let inside = |i: &usize| news.labels[*i] != *label;
    let mut known: Vec<usize> = (0..TRAIN).filter(inside).collect();
    let unseen: Vec<usize> = (TRAIN..news.labels.len()).filter(inside).collect();
    let outside: Vec<usize> = (TRAIN..news.labels.len()).filter(|i| !inside(i)).collect();
    let config = TrainConfig { device: DeviceChoice::Cpu, seed, ..TrainConfig::default() };
    let (train, val) = (news.part(&known), news.part(&unseen));
    let (control, silent) = (Control::new(), &mut Reporter::silent());
    // The last weights, which the points it is judged on had no say in.
    let encoder = trainer::train(&train, &val, &config, None, &control, silent).expect("trained").last;
    known.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let (reference, calibration) = (news.points(&known), news.points(&unseen));
    let detector = Detector::new(&encoder, Distance::Cosine, &reference, &calibration, true, &control, silent);
    let detector = detector.expect("a detector");
    let scores = |points: &Points| {
        let ids: Vec<_> = points.ids.iter().copied().map(Some).collect();
        detector.scores(&encoder, &ids, &points.vectors, true, &control).expect("scores")
    };
    let unseen = scores(&calibration);
    if seed == 0 {
        dealt(&format!("{label} held out, unseen points of the others"), &unseen);
    }
    told(&scores(&news.points(&outside)), &unseen)
}
