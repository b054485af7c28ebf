//! `outliers`: what is unlike a collection, with p-values; over a store, files and pictures.

use blockscope::demo::artist::{self, Group};
use blockscope::numpy::write_matrix;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::{Workplace, clusters};

const OF: &str = "outliers --encoder e.safetensors --store store --collection food";

fn p_values(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|item| item["p"].as_f64().unwrap()).collect()
}

/// 60 points of the collection's kind that it does not have, and behind them 10 that are nothing of the kind.
fn inputs(place: &Workplace, n: usize, dim: usize) {
    let mut rows = clusters(n + 60, dim).split_off(n * dim);
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..10 {
        let row: Vec<f32> = (0..dim).map(|_| rng.random_range(-1.0f32..1.0)).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        rows.extend(row.iter().map(|x| x / norm));
    }
    write_matrix(place.path("new.npy"), dim, &rows).unwrap();
    write_matrix(place.path("odd.npy"), dim, &rows[60 * dim..]).unwrap();
}

#[test]
fn points_of_a_collection_and_new_ones_are_judged_by_what_was_not_trained_on() {
    let place = Workplace::new();
    place.trained(500, 48);
    inputs(&place, 500, 48);
    let whole = place.run(&format!("{OF} --json --rate 0.1")).json();
    assert_eq!((&whole["judged"], &whole["rate"], &whole["score"]), (&500.into(), &0.1.into(), &"fused".into()));
    let calibration = &whole["calibration"];
    assert_eq!((&calibration["points"], &calibration["held_out"]), (&100.into(), &true.into()));
    assert_eq!((&calibration["reference"], &whole["warnings"]), (&400.into(), &Value::Array(vec![])));
    let p = p_values(&whole["flagged"]);
    assert!(
        p.len() as u64 == whole["flagged_count"] && p.is_sorted() && p.iter().all(|p| (1.0 / 101.0..=0.1).contains(p))
    );
    let first = &whole["flagged"][0];
    assert!(
        first["id"].is_u64() && first["payload"]["label"].is_string() && first.get("adjusted").is_none(),
        "{first}"
    );
    assert_eq!(first["scores"].as_object().unwrap().len(), 4);

    // Ten of seventy are nothing of the kind, and they are found; the rest is flagged about as often as was asked for.
    for score in ["entropy", "max-probability", "neighbour", "fused"] {
        let new = place.run(&format!("{OF} --json --input new.npy --score {score} --against odd.npy")).json();
        let row = |item: &Value| item["input"].as_str().unwrap().rsplit('#').next().unwrap().parse::<u32>().unwrap();
        let flagged: Vec<u32> = new["flagged"].as_array().unwrap().iter().map(row).collect();
        let inliers = flagged.iter().filter(|row| **row < 60).count();
        assert_eq!(new["flagged"].as_array().unwrap().len() + new["others"].as_array().unwrap().len(), 70);
        assert!(inliers <= 12, "{score}: {flagged:?}");
        let told = new["against"]["scores"].as_array().unwrap();
        assert_eq!((&new["against"]["known"], &new["against"]["points"], told.len()), (&10.into(), &100.into(), 4));
        let auroc = |one: &Value| one["auroc"].as_f64().unwrap();
        assert!(told.windows(2).all(|two| auroc(&two[0]) >= auroc(&two[1])), "the best comes first");
        assert!(told.iter().find(|one| one["score"] == "neighbour").is_some_and(|one| auroc(one) > 0.9), "{told:?}");
        if score == "neighbour" {
            assert!(flagged.iter().filter(|row| **row >= 60).count() >= 6, "{flagged:?}");
        }
    }
    // In a batch fewer are flagged, never more, and each says at which rate it would be.
    let plain = place.run(&format!("{OF} --json --input new.npy --score neighbour --rate 0.2")).json();
    let batch = place.run(&format!("{OF} --json --input new.npy --score neighbour --rate 0.2 --batch")).json();
    assert!(batch["flagged_count"].as_u64() <= plain["flagged_count"].as_u64());
    for item in batch["flagged"].as_array().unwrap() {
        let (p, q) = (item["p"].as_f64().unwrap(), item["adjusted"].as_f64().unwrap());
        assert!(p <= q && q <= 0.2);
    }

    // In words: what it was compared with, and a table.
    let told = place.run(&format!("{OF} --input new.npy --score neighbour --id 3 --batch")).ok().stdout;
    assert!(
        told.starts_with("71 inputs judged by 50th neighbour, against 100 points that were not trained on"),
        "{told}"
    );
    assert!(told.contains("of 71 flagged at a false discovery rate of 5 %"), "{told}");
    assert!(told.contains("new.npy#6") && told.contains("3  point 3 [c3]"), "{told}");
}

#[test]
fn known_outliers_may_be_points_of_the_collection() {
    let place = Workplace::new();
    place.trained(400, 12);
    // Those of one cluster, which are half the story: what is known to be odd is no part of what others are judged by.
    let filter = r#"{"must": [{"key": "label", "match": {"value": "c2"}}]}"#;
    let line = format!("{OF} --json --limit 3 --score entropy --against");
    let mut words: Vec<&str> = line.split_whitespace().collect();
    words.push(filter);
    let answer = place.run_words(&words).json();
    let (against, calibration) = (&answer["against"], &answer["calibration"]);
    assert_eq!((&against["known"], &answer["judged"]), (&50.into(), &400.into()));
    let (points, reference) = (calibration["points"].as_u64().unwrap(), calibration["reference"].as_u64().unwrap());
    assert!(points + reference == 350 && calibration["held_out"] == true, "{calibration}");
    let nothing = r#"{"must": [{"key": "label", "match": {"value": "c99"}}]}"#;
    *words.last_mut().unwrap() = nothing;
    // A store that has no such points says so.
    let refused = place.run_words(&words);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
}

#[test]
fn an_encoder_that_says_nothing_of_its_training_is_warned_of() {
    let place = Workplace::new();
    place.trained(400, 12);
    // Of another collection than it was trained on.
    place.run("import vectors --vectors v.npy --store store --collection more -q").ok();
    let rows = clusters(500, 12).split_off(100 * 12);
    write_matrix(place.path("v2.npy"), 12, &rows).unwrap();
    let answer = place.run("outliers --encoder e.safetensors --vectors v2.npy --limit 0 --json").json();
    assert_eq!(answer["calibration"]["held_out"], false);
    assert!(answer["warnings"][0].as_str().unwrap().contains("not known which points"), "{}", answer["warnings"]);
    // The same points in another collection are the same points.
    let answer = place.run("outliers --encoder e.safetensors --store store --collection more --limit 0 --json").json();
    assert_eq!((&answer["calibration"]["held_out"], answer["flagged"].as_array().unwrap().len()), (&true.into(), 0));
    // So few points to compare with that nothing can be flagged.
    let answer = place.run(&format!("{OF} --calibration 9 --json")).json();
    assert_eq!(answer["flagged_count"], 0);
    assert!(answer["warnings"][0].as_str().unwrap().contains("no p-value is below 0.100"), "{}", answer["warnings"]);
}

#[test]
fn bad_settings_and_inputs_are_refused() {
    let place = Workplace::new();
    place.trained(100, 8);
    for (more, words) in [
        ("--input gone.npy", "gone.npy"),
        ("--id 999999", "has no point 999999"),
        ("--against gone", "gone"),
        ("--against gone.npy", "gone.npy"),
        ("--against {", "--filter is not JSON"),
    ] {
        place.run(&format!("{OF} {more}")).refused(2, words);
    }
    for more in ["--rate 0", "--rate 1", "--rate nan", "--score oddness", "--calibration 0", "--reference 1"] {
        let refused = place.run(&format!("{OF} {more}"));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{more}");
    }
    std::fs::create_dir(place.path("empty")).unwrap();
    place.run(&format!("{OF} --against empty")).refused(2, "a folder without pictures");
    write_matrix(place.path("wide.npy"), 9, &[0.5; 18]).unwrap();
    place.run(&format!("{OF} --input wide.npy")).refused(2, "9 dimensions");
    place.run("outliers --encoder gone.safetensors --store store --collection food").refused(2, "gone.safetensors");
    write_matrix(place.path("few.npy"), 8, &clusters(5, 8)).unwrap();
    place.run("outliers --encoder e.safetensors --vectors few.npy").refused(2, "at least 8 are needed");
}

/// Pictures go the way of `inspect`, through the demo's model.
#[test]
fn drawings_of_things_are_told_from_dishes() {
    let place = Workplace::new();
    let demo = place.run("demo --no-window --dishes 400 --store d --json --onnx tract").json();
    let encoder = demo["encoder"].as_str().unwrap();
    for (folder, group) in [("dishes", Group::Food), ("things", Group::Thing)] {
        std::fs::create_dir(place.path(folder)).unwrap();
        for (i, kind) in artist::kinds_of(group).into_iter().take(8).enumerate() {
            let name = format!("{folder}/{i}.png");
            artist::draw(kind, 77, i as u64, 224).picture.save(place.path(name)).unwrap();
        }
    }
    std::fs::write(place.path("things/broken.png"), "no picture").unwrap();
    let line = format!(
        "outliers dishes/0.png dishes/1.png things/0.png things/1.png --encoder {encoder} --store d --collection food \
         --onnx tract --json --rate 0.05 --batch --against things"
    );
    let answer = place.run(&line).json();
    let flagged: Vec<&str> =
        answer["flagged"].as_array().unwrap().iter().map(|item| item["input"].as_str().unwrap()).collect();
    assert!(flagged.iter().all(|name| name.starts_with("things")) && flagged.len() == 2, "{answer}");
    assert_eq!((&answer["against"]["known"], &answer["calibration"]["held_out"]), (&8.into(), &true.into()));
    assert!(answer["against"]["scores"][0]["auroc"].as_f64().unwrap() > 0.95, "{}", answer["against"]);
    assert!(answer["warnings"][0].as_str().unwrap().contains("broken.png"), "{}", answer["warnings"]);
}
