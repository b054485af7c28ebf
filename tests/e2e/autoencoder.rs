//! Sparse autoencoders: trained, read by the same commands as blocks, truncated, and searched by small codes.

use blockscope::encoder::{Activation, Encoder};
use blockscope::features::FeatureNotes;
use blockscope::features::names::Subject;
use blockscope::numpy::NpyMatrix;
use serde_json::Value;

use crate::support::Workplace;

const DIM: usize = 8;
const FEATURES: usize = 32;
const TRAIN: &str = "train --objective autoencoder --device cpu --block-size 32 --active 4 --nested active --epochs 4 \
                     --epoch-size 1280 --batch-size 64 --lr 0.01";

/// The store `food`, and an autoencoder of its points in `a.safetensors`.
fn trained(w: &Workplace, points: usize) -> Encoder {
    w.store(points, DIM);
    w.run(&format!("{TRAIN} --store store --collection food --limit 5 --output a.safetensors -q")).ok();
    Encoder::read(w.path("a.safetensors")).unwrap()
}

fn matrix(w: &Workplace, name: &str) -> Vec<f32> {
    NpyMatrix::open(w.path(name)).unwrap().read_all().unwrap()
}

fn ids(found: &Value) -> Vec<u64> {
    found["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_u64().unwrap()).collect()
}

#[test]
fn a_training_tells_what_its_codes_keep() {
    let w = Workplace::new();
    w.similarity(300, DIM);
    let line = format!("{TRAIN} --train data/sm_train --val data/sm_val");
    let answer = w.run(&format!("{line} --output a.safetensors --json")).json();
    let sizes: Vec<u64> =
        answer["kept"].as_array().unwrap().iter().map(|kept| kept["active"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [4, 8, 16, 32]);
    let last = &answer["epochs"][3];
    assert_eq!((&last["val_triplets"], &last["val_failed_triplets"]), (&0.into(), &0.into()));
    // What is not explained has become less, and is what the figures of the whole code say.
    let loss = |epoch: usize| answer["epochs"][epoch]["val_loss"].as_f64().unwrap();
    assert!(loss(3) < loss(0) && loss(3) < 0.3, "{} {}", loss(0), loss(3));
    let encoder = Encoder::read(w.path("a.safetensors")).unwrap();
    let meta = &encoder.meta;
    assert_eq!((meta.kind.as_str(), encoder.activation()), ("autoencoder", Activation::TopK(4)));
    assert_eq!((encoder.blocks(), encoder.block_size()), (1, FEATURES));
    assert_eq!(meta.kept[0].unexplained, meta.metrics.as_ref().unwrap().val_loss);
    assert!(meta.held_out_confidence.len() == 1_001 && meta.held_out_confidence.is_sorted());

    w.run(&format!("{line} --output b.safetensors -q")).ok();
    assert_eq!(Encoder::read(w.path("b.safetensors")).unwrap().fingerprint(), encoder.fingerprint());
    let other = |given: &str, instead: &str| line.replace(given, instead);
    let text = w.run(&format!("{} --output c.safetensors", other("--active 4", "--active 0"))).ok().stdout;
    assert!(text.contains("mean cosine kept") && !text.contains("triplets"), "{text}");
    assert_eq!(Encoder::read(w.path("c.safetensors")).unwrap().activation(), Activation::Relu);
    w.run(&format!("{line} --blocks 2")).refused(2, "an autoencoder is one block");
    w.run(&other("--active 4", "--active 33")).refused(2, "--active 33 is more than the 32 features");
}

#[test]
fn the_commands_of_blocks_take_its_codes() {
    let w = Workplace::new();
    let encoder = trained(&w, 400);
    w.run("encode --encoder a.safetensors --vectors v.npy --output codes.npy -q").ok();
    let codes = matrix(&w, "codes.npy");
    assert!(codes.chunks(FEATURES).all(|code| code.iter().filter(|y| **y > 0.0).count() <= 4));
    assert!(codes.iter().all(|y| (0.0..=1.0).contains(y)));

    let features = w.run("features --encoder a.safetensors --store store --collection food --json").json();
    let active: Vec<usize> =
        (0..FEATURES).map(|f| codes.chunks(FEATURES).filter(|code| code[f] > 0.0).count()).collect();
    let all: usize = active.iter().sum();
    for (f, told) in features["features"].as_array().unwrap().iter().enumerate() {
        assert_eq!(told["dead"], active[f] == 0, "{told}");
        assert!((told["used"].as_f64().unwrap() - active[f] as f64 / all as f64).abs() < 1e-3, "{told}");
        let top = told["top"].as_array().unwrap();
        assert!(top.len() == active[f].min(20) && top.iter().all(|point| point["value"].as_f64().unwrap() > 0.0));
    }
    assert_eq!(features["dead"], active.iter().filter(|n| **n == 0).count());
    assert_eq!(features["kept"][0]["active"], 4);

    let named = w.run("name --encoder a.safetensors --store store --collection food --json").json();
    assert!(!named["names"].as_array().unwrap().is_empty(), "{named}");

    let item =
        &w.run("inspect --encoder a.safetensors --store store --collection food --id 7 --json").json()["items"][0];
    let largest = codes[7 * FEATURES..][..FEATURES].iter().copied().fold(0.0, f32::max);
    assert!((item["confidence"].as_f64().unwrap() - f64::from(largest)).abs() < 1e-4, "{item}");
    assert!((0.0..=1.0).contains(&item["blocks"][0]["entropy"].as_f64().unwrap()));

    // Steered by what it is, a point's own features count for more.
    let steered =
        w.run("steer --encoder a.safetensors --store store --collection food --id 7 --preset winners --json").json();
    let weights = steered["weights"].as_array().unwrap();
    assert!(weights.len() > 1, "all that is active counts, and not only what is the strongest: {steered}");
    let own = weights[0][0].as_u64().unwrap();
    let found =
        w.run(&format!("search --encoder a.safetensors --store store --collection food --features {own} --json"));
    assert!(!ids(&found.json()).is_empty());

    let judged = w.run("outliers --encoder a.safetensors --store store --collection food --id 7 --json").json();
    let p = judged["flagged"].as_array().into_iter().chain(judged["others"].as_array()).flatten().next().unwrap();
    assert!(p["id"] == 7 && p["p"].as_f64().unwrap() > 0.0, "{judged}");

    // Stored whole, the codes are searched as they are.
    let line = "convert --encoder a.safetensors --store store --collection food --target codes --with-dense --json";
    let entries = w.run(line).json()["size"]["entries"].as_f64().unwrap();
    w.run("encode --encoder a.safetensors --vectors v.npy --output y.npy -q").ok();
    let y = matrix(&w, "y.npy");
    let active = y.iter().filter(|y| **y > 0.0).count() as f64 / (y.len() / FEATURES) as f64;
    let strong = y.iter().filter(|y| **y > 0.05).count() as f64 / (y.len() / FEATURES) as f64;
    assert!((entries - active).abs() < 1e-9 && strong < active, "{entries} entries of {active}, {strong} above .05");
    let sparse = "search --encoder a.safetensors --store store --id 7 --sparse --limit 5 --json --collection";
    let (stored, passed) = (w.run(&format!("{sparse} codes")).json(), w.run(&format!("{sparse} food")).json());
    assert_eq!(ids(&stored).len(), 5);
    let both = ids(&stored).iter().filter(|id| ids(&passed).contains(id)).count();
    assert!(both >= 3, "by activations and by their roots: {stored} {passed}");
    assert_eq!(encoder.code_size(), Some(4));
}

#[test]
fn a_code_is_truncated_after_training() {
    let w = Workplace::new();
    let encoder = trained(&w, 300);
    assert_eq!(encoder.meta.data.as_ref().unwrap().neighbours, 0, "none are looked for, as none are learnt from");
    let mut notes = FeatureNotes::default();
    notes.rename(3, "soup").unwrap();
    notes.toggle_pin(5);
    let fingerprint = encoder.fingerprint();
    notes.write(&w.path("a.safetensors"), Subject { fingerprint: &fingerprint, features: FEATURES }).unwrap();
    let answer = w.run("truncate --encoder a.safetensors --active 2 --output b.safetensors --json").json();
    assert_eq!((&answer["active"], &answer["features"]), (&2.into(), &FEATURES.into()));
    // A feature is the same in both, and so are its name and its pin.
    assert_eq!(answer["names"], 1);
    let cut = Encoder::read(w.path("b.safetensors")).unwrap().fingerprint();
    let read = FeatureNotes::read(&w.path("b.safetensors"), Subject { fingerprint: &cut, features: FEATURES }).unwrap();
    assert_eq!((read.notes, read.problem), (notes, None));
    assert_eq!(answer["kept"].as_array().unwrap().len(), encoder.meta.kept.len());
    for (name, output) in [("a", "whole.npy"), ("b", "cut.npy")] {
        w.run(&format!("encode --encoder {name}.safetensors --vectors v.npy --output {output} -q")).ok();
    }
    let (whole, cut) = (matrix(&w, "whole.npy"), matrix(&w, "cut.npy"));
    for (whole, cut) in whole.chunks(FEATURES).zip(cut.chunks(FEATURES)) {
        let mut order: Vec<usize> = (0..FEATURES).collect();
        order.sort_by(|a, b| whole[*b].total_cmp(&whole[*a]));
        let expected: Vec<f32> = (0..FEATURES).map(|f| if order[..2].contains(&f) { whole[f] } else { 0.0 }).collect();
        assert_eq!(cut, expected);
    }
    w.run("features --encoder b.safetensors --store store --collection food -q").ok();
    let text = w.run("truncate --encoder a.safetensors --active 3 --output c.safetensors").ok().stdout;
    assert!(text.contains("the 3 strongest of 32 features") && text.contains("mean cosine kept"), "{text}");
    w.run("truncate --encoder a.safetensors --active 33 --output c.safetensors").refused(2, "can be cut to 1 to 32");
    w.run("truncate --encoder a.safetensors --active 2 --output a.safetensors").refused(2, "would replace the encoder");
    w.run("train --store store --collection food --limit 5 --epochs 1 --blocks 2 --block-size 4 --device cpu --output e.safetensors -q").ok();
    w.run("truncate --encoder e.safetensors --active 2 --output c.safetensors").refused(2, "these are blocks");
}

#[test]
fn a_shortlist_by_small_codes_is_ranked_again() {
    let w = Workplace::new();
    let encoder = trained(&w, 400);
    let search = |flags: &str, collection: &str| {
        w.run(&format!("search --encoder a.safetensors {collection} --id 11 --limit 10 --json {flags}")).json()
    };
    let store = "--store store --collection food";
    let dense = ids(&search("", store));
    // Where all are looked at again, nothing is missed.
    let whole = search("--shortlist 2 --prefetch 1 --compare", store);
    assert_eq!((ids(&whole), &whole["compared"]["recall"]), (dense.clone(), &1.0.into()));
    assert_eq!(whole["candidates"], 400);
    let some = search("--shortlist 2 --prefetch 0.2 --compare", store);
    let recall = some["compared"]["recall"].as_f64().unwrap();
    assert_eq!(some["candidates"], 80);
    assert!((0.5..=1.0).contains(&recall), "{recall}");
    assert_eq!(ids(&some), ids(&search("--shortlist 2 --prefetch 0.2", "--vectors v.npy")), "a file, too");
    assert_eq!(search("--shortlist 2", store)["candidates"], 10, "a hundredth, and at least what is asked for");

    // The formula: q . (D y + c) of whole codes, over those that small ones leave.
    let vectors = matrix(&w, "v.npy");
    let query = &vectors[11 * DIM..][..DIM];
    let score = |encoder: &Encoder, i: usize| -> f64 {
        let back = encoder.decoder().unwrap().decode(&encoder.encode(&vectors[i * DIM..][..DIM]));
        back.iter().zip(query).map(|(x, q)| f64::from(*x) * f64::from(*q)).sum()
    };
    let ranked = |encoder: &Encoder, of: &[usize]| {
        let mut all: Vec<(f64, usize)> = of.iter().map(|i| (score(encoder, *i), *i)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all
    };
    let others: Vec<usize> = (0..400).filter(|i| *i != 11).collect();
    let small = ranked(&encoder.truncated(2).unwrap(), &others);
    let left: Vec<usize> = small.iter().take(40).map(|(_, i)| *i).collect();
    let expected = ranked(&encoder, &left);
    let found = search("--shortlist 2 --prefetch 0.1 --rerank code", store);
    assert_eq!(ids(&found), expected.iter().take(10).map(|(_, i)| *i as u64).collect::<Vec<_>>());
    assert!((found["hits"][0]["score"].as_f64().unwrap() - expected[0].0).abs() < 1e-4);
    let refused = |flags: &str, words: &str| {
        w.run(&format!("search --encoder a.safetensors {store} --id 11 {flags}")).refused(2, words);
    };
    refused("--shortlist 33", "1 to 32 features");
}
