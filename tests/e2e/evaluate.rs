//! `evaluate`: encoders, objectives and baselines in one table; over a store and files, in every form.

use blockscope::evaluate::table::{EvaluationTable, Measure, RowKind, Scoring};
use blockscope::numpy::write_matrix;
use serde_json::Value;

use crate::support::{Workplace, clusters, shared};

const TINY: &str = "compatible:epochs=2:epoch-size=320:blocks=2:block-size=8:limit=20:min-margin=0.01";

fn names(answer: &Value) -> Vec<&str> {
    answer["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

fn mean(value: &Value) -> f64 {
    value["mean"].as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn encoders_are_compared_with_baselines_on_one_split() {
    let place = Workplace::new();
    place.trained(400, 12);
    place
        .run("train --store store --collection food --limit 20 --epochs 1 --blocks 3 --block-size 4 --device cpu --output f.safetensors -q")
        .ok();
    let line =
        "evaluate --encoder e.safetensors f.safetensors --store store --collection food --labels label --output t.json";
    let answer = place.run(&format!("{line} --json")).json();
    assert_eq!((&answer["train_points"], &answer["queries"], &answer["dim"]), (&320.into(), &80.into(), &12.into()));
    assert_eq!(answer["labels"].as_array().unwrap().len(), 8);
    // 64 components and 16 parts are more than there are dimensions.
    assert_eq!(
        names(&answer),
        [
            "e",
            "f",
            "dense, exact",
            "PCA, 4 components",
            "binary quantisation",
            "product quantisation, 6 bytes",
            "product quantisation, 8 bytes",
        ]
    );
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!((&rows[0]["shape"], &rows[0]["objective"]), (&serde_json::json!([2, 8]), &"compatible".into()));
    for row in rows {
        let measures = row["measures"].as_object().unwrap();
        assert_eq!(measures.len(), Measure::ALL.len(), "every measure is told of, if only as none");
        let encoder = row["kind"] == "encoder";
        for name in ["dead", "perplexity", "ami", "nmi", "purity"] {
            assert_eq!(measures[name].is_null(), !encoder, "{name} of {}", row["name"]);
        }
        // One encoder that was given has no seeds, no deviation, and no time.
        assert!(measures["seconds"].is_null() && measures["matched_share"].is_null());
        for line in row["recall"].as_array().unwrap() {
            let found = ["at_10", "at_1_percent", "at_5_percent"].map(|at| mean(&line[at]));
            assert!(found.is_sorted() && found.iter().all(|share| (0.0..=1.0).contains(share)), "{line}");
            assert!(mean(&line["bytes"]) > 0.0 && line["at_10"]["sd"].is_null());
        }
    }
    // Clusters are easy to tell from the vectors.
    assert!(mean(&rows[2]["measures"]["probe_accuracy"]) > 0.9, "{}", rows[2]);
    assert_eq!(mean(&rows[2]["recall"][0]["at_10"]), 1.0);
    let matches = &answer["matches"];
    assert_eq!((&matches[0]["one"], &matches[0]["other"], &matches[1]), (&"e".into(), &"f".into(), &Value::Null));
    assert!(matches[0]["pairs"].as_array().unwrap().len() <= 12);
    assert!(answer["notes"][0].as_str().unwrap().contains("may have been trained on the queries"));
    // The file is the same table, and can be read as one.
    let file = std::fs::read_to_string(place.path("t.json")).unwrap();
    let table: EvaluationTable = serde_json::from_str(&file).unwrap();
    assert_eq!((table.rows.len(), table.rows[0].kind, table.rows[3].kind), (8, RowKind::Encoder, RowKind::Baseline));
    assert_eq!(serde_json::to_value(&table.rows).unwrap(), answer["rows"]);
    assert!(table.rows[0].recall.iter().any(|line| line.scoring == Scoring::Winners && line.bytes.mean == 0.75));

    // The same again is the same; another split is not.
    let again = place.run(&format!("{line} --json")).json();
    assert_eq!(again["rows"], answer["rows"]);
    let other = place.run(&format!("{line} --seed 1 --json")).json();
    assert_ne!(other["rows"], answer["rows"]);

    // For people.
    let told = place.run(line).ok().stdout;
    assert!(told.contains("320 points x 12 trained on and searched, 80 queries; 8 labels in label"), "{told}");
    assert!(told.contains("R10@1 %") && told.contains("winners, asymmetric") && told.contains(" – "), "{told}");
    let told = place.run(&format!("{line} --format markdown")).ok().stdout;
    assert!(told.contains("### retrieval\n\n| row "), "{told}");
    let bars = |line: &str| line.matches('|').count();
    let table: Vec<&str> = told.lines().skip_while(|l| !l.starts_with("### retr")).skip(2).take(5).collect();
    assert!(table.iter().all(|line| bars(line) == 9) && table[1].starts_with("|-"), "{table:?}");
}

#[test]
fn objectives_are_trained_with_seeds_and_labels_held_out() {
    let place = Workplace::new();
    place.vectors(300, 8);
    write_matrix(place.path("odd.npy"), 8, &[3.0; 80]).unwrap();
    let line = format!(
        "evaluate --vectors v.npy --payload p.jsonl --labels label --objective {TINY} --seeds 2 --train-rows 240 --device cpu"
    );
    let answer = place.run(&format!("{line} --hold-out c1,c2 --against odd.npy --json")).json();
    let row = &answer["rows"][0];
    assert_eq!((&row["name"], &row["objective"]), (&TINY.into(), &"compatible".into()));
    assert_eq!((&row["seeds"], &row["own_decoder"]), (&serde_json::json!([0, 1]), &false.into()));
    assert_eq!((&answer["train_points"], &answer["queries"]), (&240.into(), &60.into()));
    for name in ["dead", "ami", "probe_accuracy", "kmeans_ari", "seconds", "reconstruction"] {
        let figure = &row["measures"][name];
        assert!(figure["n"] == 2 && figure["sd"].is_f64(), "{name}: {figure}");
    }
    // Two seeds are one pair.
    let matched = &row["measures"]["matched_correlation"];
    assert!(matched["n"] == 1 && matched["sd"].is_null() && mean(matched) <= 1.0, "{matched}");
    let outliers = row["outliers"].as_array().unwrap();
    let of = |held: Value| outliers.iter().filter(|told| told["held_out"] == held).count();
    // Entropy, largest probability, reconstruction, fused.
    assert_eq!((of("c1".into()), of("c2".into()), of(Value::Null), outliers.len()), (4, 4, 4, 12));
    assert!(outliers.iter().all(|told| told["auroc"]["n"] == 2));
    let baseline = |name: &str| {
        let rows = answer["rows"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}"))["outliers"].clone()
    };
    for name in ["nearest neighbour", "Mahalanobis"] {
        let told = baseline(name);
        let by: Vec<&Value> = told.as_array().unwrap().iter().map(|told| &told["held_out"]).collect();
        assert_eq!(by, [&Value::Null, &"c1".into(), &"c2".into()], "{name}");
    }
    // A cluster that nothing was seen of lies apart.
    assert!(mean(&baseline("nearest neighbour")[1]["auroc"]) > 0.9, "{}", baseline("nearest neighbour"));

    // One seed has no deviation and nothing to be matched with.
    let one = place.run(&format!("{} --json", line.replace("--seeds 2", "--seeds 1")));
    let row = &one.json()["rows"][0];
    assert!(row["measures"]["dead"]["sd"].is_null() && row["measures"]["matched_share"].is_null(), "{row}");
    assert_eq!(row["outliers"], Value::Array(vec![]));
}

#[test]
fn bad_settings_and_inputs_are_refused() {
    let place = Workplace::new();
    place.trained(100, 8);
    let of = "evaluate --store store --collection food";
    for (more, words) in [
        ("", "name encoders"),
        ("--encoder gone.safetensors", "gone.safetensors"),
        ("--objective best", "is none of compatible"),
        ("--objective compatible:blocks=x", "compatible:blocks=x"),
        ("--objective compatible:output=x", "no setting \"output\""),
        ("--encoder e.safetensors --labels gone", "payload field \"gone\""),
        ("--encoder e.safetensors --labels label --hold-out c1", "needs --objective"),
        ("--objective compatible --labels label --hold-out c99", "the labels are c0, c1"),
        ("--encoder e.safetensors --train-rows 99", "--train-rows 99"),
        ("--encoder e.safetensors --against gone.npy", "gone.npy"),
    ] {
        place.run(&format!("{of} {more}")).refused(2, words);
    }
    for more in ["--seeds 0", "--split 1", "--split 0.2 --train-rows 50", "--hold-out c1"] {
        let refused = place.run(&format!("{of} --encoder e.safetensors {more}"));
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{more}");
    }
    write_matrix(place.path("wide.npy"), 9, &clusters(20, 9)).unwrap();
    place.run("evaluate --encoder e.safetensors --vectors wide.npy").refused(2, "9 dimensions");
    place.run(&format!("{of} --encoder e.safetensors --against wide.npy")).refused(2, "wide.npy has 9 dimensions");
}

/// The reference's weaknesses and the quantisers, on real vectors, are those that others measured in another program.
#[test]
fn real_vectors_have_the_figures_that_are_known() {
    let Some(vectors) = shared("data/ag-news-minilm/vectors.npy") else { return };
    let place = Workplace::new();
    let payload = vectors.with_file_name("payload.jsonl");
    let words = [
        "evaluate",
        "--vectors",
        vectors.to_str().unwrap(),
        "--payload",
        payload.to_str().unwrap(),
        "--labels",
        "label",
        "--objective",
        "compatible",
        "--seeds",
        "1",
        "--train-rows",
        "4560",
        "--device",
        "cpu",
        "--json",
    ];
    let answer = place.run_words(&words).json();
    let row = |name: &str| {
        let rows = answer["rows"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    let recall = |name: &str, at: &str| mean(&row(name)["recall"][0][at]);
    let near = |found: f64, known: f64, by: f64| assert!((found - known).abs() < by, "{found} and not {known}");
    // KMeans of scikit-learn 1.9.1 on slices of the same points, ranked by Euclidean distance.
    for (name, at_10, at_1_percent) in [("8 x 6", 0.356, 0.710), ("6 x 8", 0.456, 0.792), ("8 x 8", 0.487, 0.828)] {
        let name = format!("product quantisation, {name} bits");
        near(recall(&name, "at_10"), at_10, 0.03);
        near(recall(&name, "at_1_percent"), at_1_percent, 0.03);
    }
    near(recall("binary quantisation", "at_10"), 0.71, 0.02);
    near(recall("binary quantisation", "at_1_percent"), 0.98, 0.01);
    let reference = row("compatible");
    near(mean(&reference["measures"]["dead"]), 0.58, 0.08);
    near(mean(&reference["measures"]["perplexity"]), 0.25, 0.06);
    near(mean(&reference["measures"]["nmi"]), 0.45, 0.08);
    near(recall("compatible", "at_10"), 0.24, 0.05);
    near(mean(&reference["recall"][1]["at_1_percent"]), 0.39, 0.08);
    // LogisticRegression of scikit-learn 1.9.1 on the same points, moved and scaled alike: 922 of 1,040.
    near(mean(&row("dense, exact")["measures"]["probe_accuracy"]), 922.0 / 1_040.0, 0.003);
}
