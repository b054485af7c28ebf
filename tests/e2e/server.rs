//! The program against a server: the real client over a loopback socket, with faults.

use std::time::{Duration, Instant};

use blockscope::similarity::SimilarityData;

use crate::loopback::{Fault, Loopback, multivector_info, sparse_info};
use crate::support::{Ran, Workplace, signal};

const FOOD: &str = "--collection food";

/// A server with clustered vectors in the collection `food`, brought there by the program itself, and an encoder.
fn server(n: usize, dim: usize) -> (Workplace, Loopback) {
    let w = Workplace::new();
    w.vectors(n, dim);
    let server = Loopback::start(&w.path("server"));
    run(&w, &server, "import vectors --vectors v.npy --payload p.jsonl --collection food -q").ok();
    run(
        &w,
        &server,
        &format!("train {FOOD} --limit 20 --epochs 2 --blocks 2 --block-size 8 --device cpu --output e.safetensors -q"),
    )
    .ok();
    server.requests.clear();
    (w, server)
}

fn run(w: &Workplace, server: &Loopback, line: &str) -> Ran {
    w.run(&format!("{line} --url {}", server.url))
}

#[test]
fn four_commands_from_a_collection_to_answers() {
    let (w, server) = server(500, 12);
    let loaded = run(&w, &server, &format!("load {FOOD} --sample 400 --limit 15 --split 0.25 --json")).json();
    assert_eq!((loaded["points"].as_u64(), loaded["neighbours"].as_u64()), (Some(400), Some(400 * 15)));
    assert_eq!(server.requests.of("Points/search_matrix_offsets"), 2, "one for each part, filtered by id");
    w.run("train --epochs 2 --device cpu --blocks 2 --block-size 8 -q").ok();
    let inspected =
        run(&w, &server, &format!("inspect --encoder data/encoder.safetensors {FOOD} --id 3 --json")).json();
    assert_eq!(inspected["items"][0]["nearest"].as_array().unwrap().len(), 5);
    let converted =
        run(&w, &server, &format!("convert --encoder data/encoder.safetensors {FOOD} --target food_blocks --json"))
            .json();
    assert_eq!(converted["written"], 500);
    // The same points in the same order of ids, from a server and from the file.
    let features =
        |line: &str| w.run(&format!("features --encoder data/encoder.safetensors --top 2 --json {line}")).json();
    let (there, here) = (features(&format!("{FOOD} --url {}", server.url)), features("--vectors v.npy"));
    assert_eq!(there["points"], here["points"]);
    for (a, b) in there["features"].as_array().unwrap().iter().zip(here["features"].as_array().unwrap()) {
        assert_eq!(a["top"][0]["id"], b["top"][0]["id"]);
        assert!((a["mean"].as_f64().unwrap() - b["mean"].as_f64().unwrap()).abs() < 1e-5);
    }
}

/// The server's matrix and our exact neighbours say the same.
#[test]
fn both_ways_to_neighbours_agree() {
    let (w, server) = server(200, 8);
    let data = |name: &str, extra: &str| {
        run(&w, &server, &format!("load {FOOD} --limit 10 --output {name} -q {extra}")).ok();
        SimilarityData::read(&w.path(format!("data/{name}"))).unwrap()
    };
    let (asked, computed) = (data("asked", ""), data("computed", "--exact"));
    assert_eq!(server.requests.of("Points/search_matrix_offsets"), 1);
    assert_eq!(asked.len(), computed.len());
    for (i, id) in asked.ids.iter().enumerate() {
        let j = computed.ids.iter().position(|other| other == id).unwrap();
        let sorted = |d: &SimilarityData, i: usize| {
            let mut values = d.matrix.row(i).1.to_vec();
            values.sort_by(f32::total_cmp);
            values
        };
        for (a, b) in sorted(&asked, i).iter().zip(sorted(&computed, j)) {
            assert!((a - b).abs() < 1e-5);
        }
    }
    // A server that has no such request: computed here instead.
    server.refuse("Points/search_matrix_offsets");
    assert_eq!(data("refused", "").matrix.entries(), 2_000);
}

#[test]
fn what_a_server_can_refuse_is_told() {
    let (w, server) = server(60, 8);
    let load = |line: &str| run(&w, &server, &format!("load --output x {line}"));
    load("--collection fod").refused(2, "there is no collection \"fod\" at http://127.0.0.1");
    load("--collection fod").refused(2, "there are: food");
    load(&format!("{FOOD} --using image")).refused(2, "has no vector named \"image\"; choose one with --using");
    server.present("multi", multivector_info("", 8));
    load("--collection multi").refused(2, "is a multi-vector, which is not supported");
    server.present("sparse", sparse_info("block"));
    load("--collection sparse --using block").refused(2, "is a sparse vector, which is not supported");
    load("--collection sparse").refused(2, "has no default vector");
    w.run("load --collection food --url http://127.0.0.1:1 --output x")
        .refused(1, "no Qdrant server answers at http://127.0.0.1:1");
    w.run("load --collection food --url nonsense://x --output x").refused(2, "--url");
    let few = load(&format!("{FOOD} --sample 100")).ok();
    let words = "holds 60 points, fewer than the sample of 100";
    assert!(few.stderr.contains(words), "{}", few.stderr);
    let few = load(&format!("{FOOD} --sample 100 --json -q")).json();
    assert!(few["warnings"][0].as_str().unwrap().contains(words), "{few}");
}

#[test]
fn a_key_is_needed_where_the_server_has_one() {
    let w = Workplace::new();
    w.vectors(60, 8);
    let server = Loopback::start_with_key(&w.path("server"), "right");
    let import = |key: &str| run(&w, &server, &format!("import vectors --vectors v.npy --collection food {key}"));
    import("").refused(2, "refused the API key; give the key with --api-key or QDRANT_API_KEY");
    import("--api-key wrong").refused(2, "refused the API key");
    assert!(import("--api-key right").ok().stdout.contains("60 points imported"));
    let by_environment = w
        .command(&["load", "--collection", "food", "--limit", "5", "--output", "x", "-q"])
        .env("QDRANT_URL", &server.url)
        .env("QDRANT_API_KEY", "right")
        .status();
    assert!(by_environment.unwrap().success());
}

/// Faults that pass are not even seen by the person.
#[test]
fn passing_faults_are_tried_again() {
    let (w, server) = server(3_000, 8);
    let encode = |name: &str| {
        let rows = run(&w, &server, &format!("encode --encoder e.safetensors {FOOD} --output {name} --json")).json();
        assert_eq!(rows["rows"], 3_000);
        std::fs::read(w.path(name)).unwrap()
    };
    let plain = encode("plain.npy");
    server.fail_later("Points/scroll", 0, 3, Fault::Unavailable);
    assert_eq!(encode("unavailable.npy"), plain);
    // The connection is cut in the middle of a page.
    server.fail("Points/scroll", 2, Fault::Reset { after: 10_000 });
    assert_eq!(encode("reset.npy"), plain);
    server.fail("Points/scroll", 1, Fault::Slow(Duration::from_millis(700)));
    assert_eq!(encode("slow.npy"), plain);
    server.fail("Points/upsert", 2, Fault::Unavailable);
    server.fail_later("Points/upsert", 1, 2, Fault::Reset { after: 5 });
    let converted = run(&w, &server, &format!("convert --encoder e.safetensors {FOOD} --target t --json")).json();
    assert_eq!(converted["written"], 3_000);
}

#[test]
fn a_server_that_goes_away_in_the_middle_leaves_what_was_there() {
    let (w, mut server) = server(3_000, 8);
    std::fs::write(w.path("o.npy"), "what was there").unwrap();
    server.slow(Duration::from_millis(150));
    let child = w.start(&format!("convert --encoder e.safetensors {FOOD} --target t --page 100 --url {}", server.url));
    let began = Instant::now();
    while server.requests.of("Points/upsert") < 3 {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
    server.gone();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("no Qdrant server answers at"), "{text}");
    // It comes back, and the same command goes on where it was.
    server.back();
    server.heal();
    let again =
        run(&w, &server, &format!("convert --encoder e.safetensors {FOOD} --target t --page 100 --json")).json();
    let skipped = again["skipped"].as_u64().unwrap();
    assert!(skipped >= 100, "{again}");
    assert_eq!(again["written"].as_u64().unwrap() + skipped, 3_000);
    assert!(!w.path("data/.convert-t.json").exists());
}

#[test]
fn a_request_that_hangs_is_cancelled_at_once() {
    let (w, server) = server(100, 8);
    server.slow(Duration::from_secs(600));
    let child = w.start(&format!("features --encoder e.safetensors {FOOD} --url {}", server.url));
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cancelled"));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    server.heal();
}
