//! Searches by features, examples and block vectors, and steering, from the command line.

use blockscope::encoder::Encoder;
use blockscope::features::FeatureNotes;
use blockscope::features::names::Subject;
use serde_json::Value;

use crate::support::{Workplace, clusters};

const DIM: usize = 16;
const POINTS: usize = 400;
const ENCODER: &str = "--encoder e.safetensors";
const PLACE: &str = "--store store --collection food";

/// A store, an encoder, and a name for feature 3.
fn named() -> (Workplace, Encoder) {
    let w = Workplace::new();
    w.trained(POINTS, DIM);
    let encoder = Encoder::read(w.path("e.safetensors")).unwrap();
    let mut notes = FeatureNotes::default();
    notes.rename(3, "Red soup").unwrap();
    let subject = Subject { fingerprint: &encoder.fingerprint(), features: encoder.outputs() };
    notes.write(&w.path("e.safetensors"), subject).unwrap();
    (w, encoder)
}

fn ids(hits: &Value) -> Vec<u64> {
    hits.as_array().unwrap().iter().map(|hit| hit["id"].as_u64().unwrap()).collect()
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-4, "{found} {expected}");
}

/// The ids with the largest scores.
fn best(scores: impl Iterator<Item = Option<f64>>, limit: usize) -> Vec<(u64, f64)> {
    let mut all: Vec<(u64, f64)> = scores.enumerate().filter_map(|(i, s)| Some((i as u64, s?))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(limit);
    all
}

#[test]
fn features_are_found_by_name_and_index() {
    let (w, encoder) = named();
    let outputs = encoder.encode(&clusters(POINTS, DIM));
    let p = |i: usize, feature: usize| f64::from(outputs[i * encoder.outputs() + feature]);
    let words = ["search", "--features", "\"red soup\" AND NOT 12 > 0.2", "--limit", "7", "--json"];
    let line: Vec<&str> = words.into_iter().chain(ENCODER.split(' ')).chain(PLACE.split(' ')).collect();
    let found = w.run_words(&line).json();
    let scores = (0..POINTS).map(|i| (p(i, 3) > 0.1 && p(i, 12) <= 0.2).then(|| p(i, 3).sqrt()));
    let expected = best(scores, 7);
    assert!(!expected.is_empty());
    assert_eq!(ids(&found["hits"]), expected.iter().map(|e| e.0).collect::<Vec<_>>());
    for (hit, (id, score)) in found["hits"].as_array().unwrap().iter().zip(&expected) {
        close(&hit["score"], *score);
        assert_eq!(hit["payload"]["row"], *id);
    }
    assert!(found["seconds"].as_f64().unwrap() >= 0.0);
    for key in ["candidates", "compared", "model", "request"] {
        assert!(found.get(key).is_none(), "{key}");
    }
    // The same of a file, where rows are the ids.
    let line = words.into_iter().chain("--encoder e.safetensors --vectors v.npy --payload p.jsonl".split(' '));
    assert_eq!(ids(&w.run_words(&line.collect::<Vec<_>>()).json()["hits"]), ids(&found["hits"]));
}

#[test]
fn block_vectors_leave_candidates_for_the_dense_ones() {
    let (w, _) = named();
    let exact = w.run(&format!("search --id 9 {PLACE} --json")).json();
    assert_eq!(exact["hits"].as_array().unwrap().len(), 10);
    let ran = w.run(&format!("search --id 9 {ENCODER} --prefetch 0.1 --compare {PLACE} --json")).ok();
    assert!(ran.stderr.contains("has no block vectors: every point goes through the encoder"), "{}", ran.stderr);
    let found = ran.json();
    assert_eq!(found["candidates"], POINTS / 10);
    let both = ids(&exact["hits"]).iter().filter(|id| ids(&found["hits"]).contains(id)).count();
    close(&found["compared"]["recall"], both as f64 / 10.0);
    assert!(found["compared"]["exact_seconds"].is_number());
    let all = w.run(&format!("search --id 9 {ENCODER} --prefetch 1 --compare {PLACE} --json")).json();
    assert_eq!(all["compared"]["recall"], 1.0);
    assert_eq!(ids(&all["hits"]), ids(&exact["hits"]));
    let sparse = w.run(&format!("search --id 9 {ENCODER} --sparse {PLACE} --json")).json();
    assert!(!ids(&sparse["hits"]).contains(&9) && ids(&sparse["hits"]).len() == 10);
    let text = w.run(&format!("search --id 9 {ENCODER} --prefetch 0.1 --compare {PLACE}")).ok().stdout;
    assert!(text.contains("the nearest of 40 candidates") && text.contains("of what an exact search finds"), "{text}");
}

#[test]
fn steering_is_the_formula_and_says_why() {
    let (w, encoder) = named();
    let vectors = clusters(POINTS, DIM);
    let outputs = encoder.encode(&vectors);
    let width = encoder.outputs();
    let root = |i: usize, feature: usize| f64::from(outputs[i * width + feature]).sqrt();
    let mean = |feature: usize| (0..POINTS).map(|i| root(i, feature)).sum::<f64>() / POINTS as f64;
    let (alpha, weights) = (0.6, [(3, 1.0), (10, -0.5)]);
    let means = weights.map(|(f, _)| mean(f));
    let cosine =
        |i: usize| (0..DIM).map(|d| f64::from(vectors[9 * DIM + d]) * f64::from(vectors[i * DIM + d])).sum::<f64>();
    let shift =
        |i: usize| weights.iter().zip(means).map(|((f, w), mean)| alpha * w * (root(i, *f) - mean)).sum::<f64>();
    let others = || (0..POINTS).map(|i| (i != 9).then_some(i));
    let before = best(others().map(|i| i.map(cosine)), POINTS);
    let after = best(others().map(|i| i.map(|i| cosine(i) + shift(i))), 10);

    let words = ["steer", "--id", "9", "--alpha", "0.6", "--weight", "red SOUP=1", "--weight", "10=-0.5"];
    let line: Vec<&str> = words.into_iter().chain(ENCODER.split(' ')).chain(PLACE.split(' ')).collect();
    let found = w.run_words(&[&line[..], &["--json"]].concat()).json();
    assert_eq!(ids(&found["before"]), before[..10].iter().map(|b| b.0).collect::<Vec<_>>());
    assert_eq!(ids(&found["after"]), after.iter().map(|a| a.0).collect::<Vec<_>>());
    assert_eq!(
        (found["candidates"].as_u64(), &found["weights"]),
        (Some(399), &serde_json::json!([[3, 1.0], [10, -0.5]]))
    );
    for (rank, hit) in found["after"].as_array().unwrap().iter().enumerate() {
        let id = hit["id"].as_u64().unwrap();
        let was = before.iter().position(|b| b.0 == id).unwrap();
        assert_eq!(
            (&hit["rank_before"], &hit["moved"]),
            (&Value::from(was + 1), &Value::from(was as i64 - rank as i64))
        );
        close(&hit["score"], after[rank].1);
        close(&hit["similarity"], cosine(id as usize));
        for because in hit["because"].as_array().unwrap() {
            let feature = because["index"].as_u64().unwrap() as usize;
            let place = weights.iter().position(|(f, _)| *f == feature).unwrap();
            close(&because["contribution"], alpha * weights[place].1 * (root(id as usize, feature) - means[place]));
        }
        assert_eq!(hit["payload"]["row"], id);
    }
    close(&found["alpha"], alpha);
    let text = w.run_words(&line).ok().stdout;
    assert!(text.contains("alpha    0.600"), "{text}");
    assert!(text.contains("3 \"Red soup\" = 1, 10 = -0.5") && text.contains("without steering"), "{text}");
    assert!(text.contains("399 points scored in") && text.contains("because"), "{text}");

    // A preset, with a weight of one's own over it.
    let found = w.run(&format!("steer --id 9 --preset winners --weight 3=-1 {ENCODER} {PLACE} --json")).json();
    let weights = found["weights"].as_array().unwrap();
    assert!(weights.contains(&serde_json::json!([3, -1.0])) && weights.len() <= 3, "{weights:?}");
    // Without weights of any size the order stays.
    let still = w.run(&format!("steer --id 9 --weight 3=1 --alpha 0 {ENCODER} {PLACE} --json")).json();
    assert!(still["after"].as_array().unwrap().iter().all(|hit| hit["moved"] == 0));
    assert_eq!(ids(&still["before"]), ids(&still["after"]));
    // Without an alpha it goes by how widely the query's similarities lie.
    let mut others: Vec<f64> = (0..POINTS).filter(|i| *i != 9).map(cosine).collect();
    others.sort_by(|a, b| b.total_cmp(a));
    let spread = others[..4].iter().sum::<f64>() / 4.0 - others.iter().sum::<f64>() / others.len() as f64;
    for (given, strength) in [("", 1.0), ("--strength 0.5", 0.5)] {
        let found = w.run(&format!("steer --id 9 --weight 3=1 {given} {ENCODER} {PLACE} --json")).json();
        close(&found["alpha"], strength * spread / 0.54);
    }
}

#[test]
fn what_cannot_be_searched_or_steered_is_told() {
    let (w, _) = named();
    let search = |rest: &str| w.run(&format!("search {PLACE} {rest}"));
    search("").refused(2, "say what to search by");
    search("--id 1 --features 3").refused(2, "search by one thing");
    search("--features 3").refused(2, "a search by features needs an encoder");
    search(&format!("{ENCODER} --features soop")).refused(2, "features, at character 1: no feature is called \"soop\"");
    search(&format!("{ENCODER} --features soup")).refused(2, "there is \"Red soup\" (3)");
    search(&format!("{ENCODER} --features 99")).refused(2, "there is no feature 99: the encoder has 0 to 15");
    search(&format!("{ENCODER} --features 3>2")).refused(2, "expected a threshold from 0 to 1");
    search("--id 9999").refused(2, "has no point 9999");
    search("--negative 3").refused(2, "at least one point that results should be like");
    search("--pair 3").refused_early("a colon between them");
    search(&format!("--id 1 {ENCODER} --prefetch 0")).refused_early("above 0 and at most 1");
    search("--id 1 --prefetch 0.1").refused_early("--encoder");
    search("--target 3").refused_early("--pair");
    w.run("search --vectors v.npy --id 1 --copy json").refused(2, "there is no single request");
    let copied = w.run(&format!("steer {ENCODER} {PLACE} --id 1 --weight 3=1 --copy json"));
    copied.refused(2, "convert --with-dense --values sqrt");

    let steer = |rest: &str| w.run(&format!("steer {ENCODER} {PLACE} {rest}"));
    steer("--id 1").refused(2, "say what to steer by");
    steer("--weight 3=1").refused(2, "say what to search by");
    steer("--id 1 --weight 3=1.5").refused_early("must be a weight between -1 and 1");
    steer("--id 1 --weight 3").refused_early("as in 12=0.5");
    steer("--id 1 --weight 3=1 --alpha -1").refused_early("between 0 and 100");
    steer("--id 1 --weight 3=1 --strength 101").refused_early("between 0 and 100");
    steer("--id 1 --weight 3=1 --strength 1 --alpha 1").refused_early("cannot be used with");
    steer("--id 1 --weight 16=1").refused(2, "there is no feature 16: the encoder has 0 to 15");
    steer("--id 1 --weight soop=1").refused(2, "--weight soop=1: no feature is called \"soop\"");
    steer("--id 1 --weight 3=1 3=0.5").refused(2, "feature 3 has two weights");
    steer("--id 9999 --weight 3=1").refused(2, "has no point 9999");
    // A model with a side for pictures alone, and one for vectors of another size.
    steer("--weight 3=1 --text soup --model Qdrant/resnet50-onnx").refused(2, "has no side for texts");
    steer("--weight 3=1 --text soup --model demo").refused(2, "gives vectors of 512 dimensions");
    blockscope::numpy::write_matrix(w.path("other.npy"), 5, &[0.5; 50]).unwrap();
    w.run(&format!("steer {ENCODER} --vectors other.npy --id 1 --weight 3=1")).refused(2, "and 16 are needed");
}

#[test]
fn a_collection_with_block_vectors_is_asked_once_and_the_request_can_be_copied() {
    let (w, _) = named();
    w.run(&format!("convert {ENCODER} {PLACE} --target both --with-dense --values sqrt --threshold 0 -q")).ok();
    let both = "--store store --collection both";
    let line = format!("search --id 9 {ENCODER} --prefetch 0.1");
    let ran = w.run(&format!("{line} {both} --json")).ok();
    assert!(!ran.stderr.contains("every point goes through the encoder"), "{}", ran.stderr);
    let through = w.run(&format!("{line} {PLACE} --json")).json();
    assert_eq!(ids(&ran.json()["hits"]), ids(&through["hits"]), "as with the encoder instead");
    let copied = w.run(&format!("{line} {both} --copy json")).ok().stdout;
    let (head, body) = copied.split_once('\n').unwrap();
    assert!(head.starts_with("POST /collections/both/points/query"), "{copied}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["limit"], &body["prefetch"][0]["limit"]), (&Value::from(10), &Value::from(40)));
    for (language, words) in [("rust", "fn main"), ("python", "import")] {
        let copied = w.run(&format!("steer --id 9 --weight 3=1 {ENCODER} {both} --copy {language}")).ok().stdout;
        assert!(copied.contains(words) && copied.contains("both"), "{copied}");
    }
    let json = w.run(&format!("steer --id 9 --weight 3=1 {ENCODER} {both} --copy json --json")).json();
    assert!(json["request"].as_str().unwrap().contains("\"formula\"") && !ids(&json["after"]).contains(&9));
}

impl crate::support::Ran {
    /// That the arguments were refused before anything ran.
    #[track_caller]
    fn refused_early(&self, words: &str) {
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        assert!(self.stderr.contains(words) && self.stdout.is_empty(), "{}", self.stderr);
    }
}
