//! The whole way on an embedded store.

use blockscope::encoder::Encoder;
use blockscope::features::FeatureNotes;
use blockscope::features::names::Subject;
use blockscope::job::Control;
use blockscope::numpy::NpyMatrix;
use blockscope::source::{EdgeStore, PointId, VectorSink, list_store};

use crate::support::{Workplace, clusters, signal};

/// import, load, train, inspect, convert, features: what each promises in its JSON.
#[test]
fn from_vectors_to_answers() {
    let w = Workplace::new();
    w.vectors(600, 16);
    let imported =
        w.run("import vectors --vectors v.npy --payload p.jsonl --store store --collection food --json").json();
    assert_eq!(imported["imported"], 600);
    assert_eq!((imported["replaced"].as_u64(), &imported["skipped"]), (Some(0), &serde_json::json!([])));

    let loaded = w.run("load --store store --collection food --sample 500 --limit 20 --split 0.2 --json").json();
    assert_eq!(loaded["points"], 500);
    assert_eq!(loaded["neighbours"], 500 * 20);
    assert_eq!(loaded["files"].as_array().unwrap().len(), 6);
    assert_eq!(loaded["files"][0], "data/similarity_matrix_train.npz");
    assert!(loaded["usable_share"].as_f64().unwrap() > 0.5, "{loaded}");

    // The reference's default paths, which `load` has just written.
    let trained = w.run("train --epochs 4 --blocks 2 --block-size 8 --device cpu --json").json();
    assert_eq!(trained["encoder"], "data/encoder.safetensors");
    assert_eq!(trained["device"], "CPU");
    assert_eq!(trained["stopped"], false);
    let epochs = trained["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 4);
    for key in ["train_loss", "val_loss", "val_failed_triplets", "lr"] {
        assert!(epochs[0][key].is_number(), "{key}");
    }
    assert!(epochs[3]["val_loss"].as_f64().unwrap() < epochs[0]["val_loss"].as_f64().unwrap() * 0.8);
    let folder = w.path(trained["log"].as_str().unwrap());
    let lines = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 404, "every step and every epoch");

    let encoder = "--encoder data/encoder.safetensors --store store --collection food";
    let inspected = w.run(&format!("inspect {encoder} --id 7 --id 8 --json")).json();
    let item = &inspected["items"][0];
    assert_eq!(item["input"], "7");
    assert_eq!(item["blocks"].as_array().unwrap().len(), 2);
    assert!((0.0..=100.0).contains(&item["percentile"].as_f64().unwrap()));
    assert!(item["verdict"] == "fits" || item["verdict"] == "outlier");
    assert!(item["sparse"].as_object().unwrap().values().all(|v| v.as_f64().unwrap() > 0.0));
    let nearest = item["nearest"].as_array().unwrap();
    assert_eq!(nearest.len(), 5);
    assert!(nearest.iter().all(|n| n["id"] != 7), "a point is not its own neighbour");
    assert!(nearest.windows(2).all(|p| p[0]["score"].as_f64() >= p[1]["score"].as_f64()));

    let converted = w.run(&format!("convert {encoder} --target blocks --json")).json();
    assert_eq!((converted["read"].as_u64(), converted["written"].as_u64()), (Some(600), Some(600)));
    assert_eq!(converted["skipped"], 0);
    assert_eq!(list_store(&w.path("store")).unwrap(), ["blocks", "food"]);

    let features = w.run(&format!("features {encoder} --top 3 --json")).json();
    assert_eq!(features["points"], 600);
    let list = features["features"].as_array().unwrap();
    assert_eq!(list.len(), 16);
    for key in ["index", "block", "density", "win_rate", "mean", "max", "dead", "top", "name", "name_score"] {
        assert!(list[0].get(key).is_some(), "{key}");
    }
    assert!(list.iter().all(|f| f["top"].as_array().unwrap().len() == 3));
    let wins: f64 = list.iter().map(|f| f["win_rate"].as_f64().unwrap()).sum();
    assert!((wins - 2.0).abs() < 1e-9, "each point has a winner in each block");

    // The strongest point of a feature answers with that activation when it is inspected.
    let strongest =
        list.iter().max_by(|a, b| a["max"].as_f64().unwrap().total_cmp(&b["max"].as_f64().unwrap())).unwrap();
    let (id, index) = (&strongest["top"][0]["id"], strongest["index"].to_string());
    let again = w.run(&format!("inspect {encoder} --id {id} --threshold 0 --json")).json();
    let there = again["items"][0]["sparse"][&index].as_f64().unwrap();
    assert!((there - strongest["max"].as_f64().unwrap()).abs() < 1e-5);
}

#[test]
fn a_file_a_store_and_encode_agree() {
    let w = Workplace::new();
    w.trained(300, 12);
    let rows = |name: &str| NpyMatrix::open(w.path(name)).unwrap().read_all().unwrap();
    w.run("encode --encoder e.safetensors --vectors v.npy --output a.npy -q").ok();
    let b = w.run("encode --encoder e.safetensors --store store --collection food --output b.npy --json").json();
    assert_eq!((b["rows"].as_u64(), b["columns"].as_u64()), (Some(300), Some(16)));
    for (x, y) in rows("a.npy").iter().zip(rows("b.npy")) {
        assert!((x - y).abs() < 1e-5);
    }
    assert_eq!(rows("a.npy").len(), 300 * 16);
    // A filter leaves what it says.
    let one = w.run_words(&[
        "encode",
        "--encoder",
        "e.safetensors",
        "--store",
        "store",
        "--collection",
        "food",
        "--output",
        "c.npy",
        "--json",
        "--filter",
        r#"{"must": [{"key": "label", "match": {"value": "c3"}}]}"#,
    ]);
    assert_eq!(one.json()["rows"], (0..300).filter(|i| i % 8 == 3).count());
}

/// An input unlike the collection is told as an outlier, and points that the encoder never saw are not.
#[test]
fn what_does_not_belong_is_an_outlier() {
    let w = Workplace::new();
    w.trained(2_000, 24);
    let dim = 24;
    // Directions of no cluster: the sums of many, with changing signs.
    let all = clusters(64, dim);
    let strange: Vec<f32> = (0..8)
        .flat_map(|k| {
            let row: Vec<f32> = (0..dim)
                .map(|d| {
                    (0..64).map(|i| all[i * dim + d] * if (i * 7 + k * 3 + i / 8) % 2 == 0 { 1.0 } else { -1.0 }).sum()
                })
                .collect();
            let norm = row.iter().map(|x: &f32| x * x).sum::<f32>().sqrt();
            row.into_iter().map(move |x| x / norm).collect::<Vec<f32>>()
        })
        .collect();
    blockscope::numpy::write_matrix(w.path("strange.npy"), dim, &strange).unwrap();
    let line = "inspect --encoder e.safetensors --store store --collection food --json";
    let percentiles = |answer: serde_json::Value| -> Vec<f64> {
        answer["items"].as_array().unwrap().iter().map(|i| i["percentile"].as_f64().unwrap()).collect()
    };
    let strange = percentiles(w.run(&format!("{line} --input strange.npy")).json());
    let own = percentiles(w.run(&format!("{line} --input v.npy --nearest 0")).json());
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    assert!((mean(&own) - 50.0).abs() < 1.0, "{}", mean(&own));
    assert!(mean(&strange) < 25.0, "{strange:?}");
    // The verdict follows the percentile that is asked for.
    let strict = w.run(&format!("{line} --input v.npy --nearest 0 --outlier-percentile 100")).json();
    let outliers = strict["items"].as_array().unwrap().iter().filter(|i| i["verdict"] == "outlier").count();
    assert!(outliers > 1_900, "{outliers}");
}

#[test]
fn a_store_that_another_program_has_open_is_told() {
    let w = Workplace::new();
    w.trained(100, 8);
    let open = EdgeStore::open(&w.path("store"), "food", None, None).unwrap();
    w.run("features --encoder e.safetensors --store store --collection food").refused(1, "is open in another process");
    drop(open);
    w.run("features --encoder e.safetensors --store store --collection food --json").json();
}

/// How many points the journal says are written.
fn progress(w: &Workplace) -> Option<u64> {
    let text = std::fs::read(w.path("store/.convert-blocks.json")).ok()?;
    serde_json::from_slice::<serde_json::Value>(&text).ok()?["written"].as_u64()
}

/// Starts a conversion and kills it after 200 points; gives what the journal says then.
fn kill_half_way(w: &Workplace, line: &str) -> u64 {
    let mut child = w.start(line);
    while progress(w).is_none_or(|n| n < 200) {
        assert!(child.try_wait().unwrap().is_none(), "it was over before it could be killed");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    signal(&child, "KILL");
    child.wait().unwrap();
    progress(w).unwrap()
}

fn count(w: &Workplace, name: &str) -> u64 {
    let layout = blockscope::source::Layout::Sparse { name: "block".into() };
    EdgeStore::open_or_create(&w.path("store"), name, &layout).unwrap().count(&Control::new()).unwrap()
}

#[test]
fn a_conversion_that_was_killed_goes_on_and_loses_nothing() {
    let w = Workplace::new();
    w.trained(3_000, 12);
    let line = "convert --encoder e.safetensors --store store --collection food --target blocks --page 20";
    let told = kill_half_way(&w, line);
    assert!((200..3_000).contains(&told), "{told}");
    assert!(count(&w, "blocks") >= told, "what was reported as written is there");
    let again = w.run(&format!("{line} --json")).json();
    assert_eq!(again["skipped"], told);
    assert_eq!(again["written"], 3_000 - told);
    assert_eq!(count(&w, "blocks"), 3_000);
    assert_eq!(progress(&w), None, "a whole conversion leaves no journal");
    // Once more from the start: nothing is doubled.
    assert_eq!(w.run(&format!("{line} --json")).json()["written"], 3_000);
    assert_eq!(count(&w, "blocks"), 3_000);
}

/// Points that came below the place where a conversion was stopped are converted too.
#[test]
fn a_conversion_that_goes_on_finds_what_came_meanwhile() {
    let w = Workplace::new();
    w.trained(3_000, 12);
    let ids = |ids: Vec<u64>| std::fs::write(w.path("ids.json"), serde_json::to_vec(&ids).unwrap()).unwrap();
    let import = |file: &str| {
        w.run(&format!("import vectors --vectors {file} --ids ids.json --store store --collection spaced --json"))
            .json()
    };
    ids((0..3_000).map(|i| 10 * i).collect());
    assert_eq!(import("v.npy")["imported"], 3_000);
    let line = "convert --encoder e.safetensors --store store --collection spaced --target blocks --page 20";
    kill_half_way(&w, line);
    blockscope::numpy::write_matrix(w.path("more.npy"), 12, &clusters(11, 12)).unwrap();
    ids((0..10).map(|i| 10 * i + 1).chain([20]).collect());
    let more = import("more.npy");
    assert_eq!((more["imported"].as_u64(), more["replaced"].as_u64()), (Some(11), Some(1)));
    w.run(line).ok();
    assert_eq!(count(&w, "blocks"), 3_010);
}

#[test]
fn another_layout_is_not_written_over() {
    let w = Workplace::new();
    w.trained(100, 8);
    let encoder = "--encoder e.safetensors --store store --collection food";
    w.run("import vectors --vectors v.npy --store store --collection other -q").ok();
    w.run(&format!("convert {encoder} --target other")).refused(2, "exists with another layout");
    w.run(&format!("convert {encoder} --target food")).refused(2, "another collection");
    w.run("import vectors --vectors v.npy --store store --collection other --distance dot")
        .refused(2, "another layout");
}

/// The three endings of a point without an entry above the threshold.
#[test]
fn points_without_an_entry_are_counted_or_get_their_strongest() {
    let w = Workplace::new();
    w.trained(200, 8);
    let line = "convert --encoder e.safetensors --store store --collection food --threshold 0.99 --json";
    let plain = w.run(&format!("{line} --target plain")).json();
    assert_eq!((plain["empty"].as_u64(), plain["written"].as_u64()), (Some(200), Some(200)));
    let kept = w.run(&format!("{line} --target kept --top-k 3")).json();
    assert_eq!((kept["empty"].as_u64(), kept["fallback"].as_u64()), (Some(0), Some(200)));
    let item = w
        .run("inspect --encoder e.safetensors --store store --collection food --id 5 --threshold 0.99 --json")
        .json()["items"][0]
        .clone();
    assert_eq!(item["fallback_top_k"], 8);
    assert_eq!(item["sparse"].as_object().unwrap().len(), 8);
}

#[test]
fn ids_may_be_uuids_and_bad_rows_are_named_and_left_out() {
    let w = Workplace::new();
    w.vectors(30, 4);
    let mut rows = clusters(30, 4);
    rows[4 * 7] = f32::NAN;
    blockscope::numpy::write_matrix(w.path("v.npy"), 4, &rows).unwrap();
    let ids: Vec<PointId> = (0..30)
        .map(|i| if i % 2 == 0 { PointId::Num(i) } else { format!("00000000-0000-4000-8000-{i:012}").parse().unwrap() })
        .collect();
    std::fs::write(w.path("ids.json"), serde_json::to_vec(&ids).unwrap()).unwrap();
    let imported = w.run("import vectors --vectors v.npy --ids ids.json --store store --collection food --json").json();
    assert_eq!(imported["imported"], 29);
    assert_eq!(imported["skipped"][0]["input"], "v.npy#7");
    w.run("load --store store --collection food --limit 5 --output sm -q").ok();
    let mut back: Vec<PointId> = serde_json::from_slice(&std::fs::read(w.path("data/sm.json")).unwrap()).unwrap();
    back.sort();
    let mut expected: Vec<PointId> = ids.iter().enumerate().filter(|(i, _)| *i != 7).map(|(_, id)| *id).collect();
    expected.sort();
    assert_eq!(back, expected);
}

#[test]
fn distances_become_similarities_on_one_scale() {
    let w = Workplace::new();
    w.vectors(200, 6);
    for distance in ["euclid", "manhattan", "dot", "cosine"] {
        w.run(&format!(
            "import vectors --vectors v.npy --store store --collection {distance} --distance {distance} -q"
        ))
        .ok();
        let loaded = w
            .run(&format!(
                "load --store store --collection {distance} --limit 10 --split 0.5 --output {distance} --json"
            ))
            .json();
        assert_eq!(loaded["neighbours"], 2_000, "{distance}");
        let data = blockscope::similarity::SimilarityData::read(&w.path(format!("data/{distance}_train"))).unwrap();
        assert!(data.matrix.values.iter().all(|s| *s > 0.0 && *s < 1.0 + 1e-5), "{distance}");
        // The nearest neighbour by similarity is the nearest by distance.
        for i in 0..data.len() {
            let (columns, values) = data.matrix.row(i);
            let best = columns[(0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap()] as usize;
            let away = |j: usize| -> f32 {
                let (a, b) = (&data.vectors[i * 6..][..6], &data.vectors[j * 6..][..6]);
                match distance {
                    "manhattan" => a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum(),
                    _ => a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum(),
                }
            };
            let nearest = (0..data.len()).filter(|j| *j != i).map(away).fold(f32::INFINITY, f32::min);
            assert!(away(best) <= nearest + 1e-4, "{distance} {i}");
        }
    }
}

/// Names of features lie beside the encoder, and are told as long as they are about its weights.
#[test]
fn features_go_by_the_names_that_were_given_to_them() {
    let w = Workplace::new();
    w.trained(200, 8);
    let path = w.path("e.safetensors");
    let encoder = Encoder::read(&path).unwrap();
    let fingerprint = encoder.fingerprint();
    let subject = Subject { fingerprint: &fingerprint, features: encoder.outputs() };
    let mut notes = FeatureNotes::default();
    notes.rename(3, "soups").unwrap();
    notes.suggest(4, "label: c1", 0.75).unwrap();
    notes.write(&path, subject).unwrap();
    let features =
        |more: &str| w.run(&format!("features --encoder e.safetensors --store store --collection food --top 1 {more}"));
    let told = features("--json").json();
    let name = |told: &serde_json::Value, i: usize| {
        (told["features"][i]["name"].clone(), told["features"][i]["name_score"].clone())
    };
    assert_eq!(name(&told, 2), (serde_json::Value::Null, serde_json::Value::Null));
    assert_eq!(name(&told, 3), ("soups".into(), serde_json::Value::Null));
    assert_eq!(name(&told, 4), ("label: c1".into(), 0.75.into()));
    assert!(features("--feature 3").ok().stdout.contains("feature 3 \"soups\" (block 0)"));

    // Another training writes over the encoder, and its features are others.
    w.run("train --store store --collection food --limit 20 --epochs 1 --blocks 2 --block-size 8 --device cpu --seed 9 --output e.safetensors -q")
        .ok();
    let told = features("--json").json();
    assert_eq!(name(&told, 3).0, serde_json::Value::Null);
    assert!(told["warnings"][0].as_str().unwrap().contains("names for other weights"), "{told}");
    assert!(w.path("e.features.json").exists(), "looking at it changes nothing");
}
