//! The index of features, kept beside the encoder.

use std::time::SystemTime;

use blockscope::numpy::write_matrix;
use serde_json::Value;

use crate::support::{Workplace, clusters};

const STORE: &str = "--store store --collection food";

/// The index's file, and when it was written.
fn index_file(w: &Workplace) -> Option<(std::path::PathBuf, SystemTime)> {
    let mut files = std::fs::read_dir(w.path(".")).unwrap().map(|entry| entry.unwrap().path());
    let path = files.find(|path| path.extension().is_some_and(|e| e == "index"))?;
    let written = path.metadata().unwrap().modified().unwrap();
    Some((path, written))
}

#[test]
fn features_reads_a_collection_once_and_then_what_was_added() {
    let w = Workplace::new();
    w.trained(400, 8);
    let features = |more: &str| w.run(&format!("features --encoder e.safetensors {STORE} --json {more}"));
    assert!(index_file(&w).is_none());
    let first = features("").json();
    let (path, written) = index_file(&w).expect("it is kept");
    assert!(path.file_name().unwrap().to_string_lossy().starts_with("e."));
    assert_eq!(features("").json(), first);
    assert_eq!(index_file(&w).unwrap().1, written, "and was not made again");
    assert_eq!(features("--rebuild").json()["features"], first["features"]);
    assert!(index_file(&w).unwrap().1 > written);

    write_matrix(w.path("more.npy"), 8, &clusters(460, 8)[400 * 8..]).unwrap();
    let ids: Vec<u64> = (400..460).collect();
    std::fs::write(w.path("ids.json"), serde_json::to_string(&ids).unwrap()).unwrap();
    w.run(&format!("import vectors --vectors more.npy --ids ids.json {STORE} -q")).ok();
    let more = features("");
    assert!(more.stderr.contains("60 points were added since the index was saved"), "{}", more.stderr);
    let more = more.json();
    assert_eq!((&first["points"], &more["points"]), (&Value::from(400), &Value::from(460)));
    let fresh = features("--rebuild").json();
    let without_means = |mut answer: Value| {
        answer["features"].as_array_mut().unwrap().iter_mut().for_each(|f| f["mean"] = Value::Null);
        answer
    };
    assert_eq!(without_means(more), without_means(fresh), "but for the rounding of means");

    // Damage is no failure.
    std::fs::write(&path, b"BSINDEX\nsomething").unwrap();
    let again = features("");
    assert!(again.stderr.contains("all of the collection is read again"), "{}", again.stderr);
    assert_eq!(again.json()["points"], 460);
}

#[test]
fn densities_are_exact_at_thousandths_and_other_thresholds_are_rounded_and_said_so() {
    let w = Workplace::new();
    w.trained(300, 8);
    w.run("encode --encoder e.safetensors --vectors v.npy --output o.npy -q").ok();
    let outputs = blockscope::numpy::NpyMatrix::open(w.path("o.npy")).unwrap().read_all().unwrap();
    let features = |threshold: &str| {
        w.run(&format!("features --encoder e.safetensors --vectors v.npy --json --top 200 --threshold {threshold}"))
    };
    for (threshold, at) in [("0.2", 0.2f32), ("0.123", 0.123)] {
        let answer = features(threshold).json();
        for (i, feature) in answer["features"].as_array().unwrap().iter().enumerate() {
            let above = outputs.iter().skip(i).step_by(16).filter(|y| **y > at).count();
            assert_eq!(feature["density"].as_f64().unwrap(), above as f64 / 300.0, "{threshold}");
            assert_eq!(feature["top"].as_array().unwrap().len(), 200);
        }
    }
    let rounded = features("0.1234");
    assert!(rounded.stderr.contains("0.123 in place of 0.1234"), "{}", rounded.stderr);
    assert_eq!(rounded.json()["features"], features("0.123").json()["features"]);
    let refused = w.run("features --encoder e.safetensors --vectors v.npy --top 201");
    assert_eq!((refused.code, refused.stderr.contains("must be at most 200")), (Some(2), true), "{}", refused.stderr);
}
