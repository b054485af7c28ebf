//! Models: both backends, folders of one's own, downloads from a hub, a remote endpoint, and what is listed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use blockscope::numpy::NpyMatrix;
use image::ImageFormat;
use serde_json::Value;

use crate::hub::{Hub, Reply, Server};
use crate::support::{Ran, Workplace, root};

const CLIP: &str = "Qdrant/clip-ViT-B-32-vision";

fn assets() -> PathBuf {
    root().join("assets/demo-clip")
}

/// Six drawings in a folder.
fn pictures(place: &Workplace) -> Vec<String> {
    let kinds = blockscope::demo::artist::kinds().step_by(9).take(6);
    kinds
        .enumerate()
        .map(|(i, kind)| {
            let picture = blockscope::demo::artist::draw(kind, 4, 0, 224).picture;
            picture.save_with_format(place.path(format!("p{i}.png")), ImageFormat::Png).unwrap();
            format!("p{i}.png")
        })
        .collect()
}

fn vectors(place: &Workplace, name: &str) -> Vec<Vec<f32>> {
    let mut file = NpyMatrix::open(place.path(name)).unwrap();
    let columns = file.columns();
    file.read_all().unwrap().chunks(columns).map(<[f32]>::to_vec).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn embed(place: &Workplace, output: &str, more: &[&str]) -> Ran {
    let pictures = pictures(place);
    let mut words: Vec<&str> = vec!["embed", "--output", output, "--json"];
    words.extend(pictures.iter().map(String::as_str));
    words.extend(more);
    place.run_words(&words)
}

#[test]
fn both_backends_give_the_same_vectors() {
    let Some(library) = std::env::var_os("BLOCKSCOPE_TEST_ONNXRUNTIME").filter(|p| Path::new(p).is_file()) else {
        eprintln!("skipped: no ONNX Runtime (scripts/test fetches it where there is Python)");
        return;
    };
    let place = Workplace::new();
    let texts = ["--text", "two pink doughnuts with sprinkles", "--text", "a red car"];
    let pictures = pictures(&place);
    let run = |backend: &str, words: &[&str]| {
        let mut all = vec!["embed", "--model", "demo", "--onnx", backend, "-v"];
        all.extend(words);
        let ran = place.command(&all).env("ORT_DYLIB_PATH", &library).output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{stderr}");
        stderr
    };
    let mut both: Vec<&str> = pictures.iter().map(String::as_str).collect();
    both.extend(["--output", "a.npy"]);
    assert!(run("onnxruntime", &both).contains("on ONNX Runtime 1."));
    let last = both.len() - 1;
    both[last] = "b.npy";
    assert!(run("tract", &both).contains("on tract"));
    run("onnxruntime", &[&texts[..], &["--output", "c.npy"]].concat());
    run("tract", &[&texts[..], &["--output", "d.npy"]].concat());
    for (a, b, rows) in [("a.npy", "b.npy", 6), ("c.npy", "d.npy", 2)] {
        let (a, b) = (vectors(&place, a), vectors(&place, b));
        assert_eq!((a.len(), b.len()), (rows, rows));
        for (x, y) in a.iter().zip(&b) {
            assert!(cosine(x, y) > 0.9999, "{}", cosine(x, y));
        }
        assert!(cosine(&a[0], &a[1]) < 0.99, "and different inputs give different ones");
    }
}

#[test]
fn a_library_that_cannot_be_used_is_told_and_tract_does_the_work() {
    let place = Workplace::new();
    std::fs::write(place.path("broken.so"), "not a library").unwrap();
    let run = |backend: &str| {
        let words = ["embed", "--text", "a", "--model", "demo", "--output", "o.npy", "--onnx", backend];
        place.command(&words).env("ORT_DYLIB_PATH", place.path("broken.so")).output().unwrap()
    };
    let auto = run("auto");
    assert!(auto.status.success());
    assert!(String::from_utf8_lossy(&auto.stderr).contains("ONNX Runtime is left aside for tract"));
    let asked = run("onnxruntime");
    assert_eq!(asked.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&asked.stderr).contains("ONNX Runtime cannot be used"));
}

/// A folder with the demo's model as a person's own.
fn own_model(place: &Workplace) -> String {
    for side in ["vision", "text"] {
        std::fs::create_dir_all(place.path(format!("own/{side}"))).unwrap();
        for file in std::fs::read_dir(assets().join(side)).unwrap().flatten() {
            std::fs::copy(file.path(), place.path(format!("own/{side}")).join(file.file_name())).unwrap();
        }
    }
    place.path("own").to_string_lossy().into_owned()
}

#[test]
fn a_folder_of_ones_own_serves_and_may_name_an_inner_tensor() {
    let place = Workplace::new();
    let own = own_model(&place);
    embed(&place, "own.npy", &["--model", &own, "--onnx", "tract"]).ok();
    embed(&place, "demo.npy", &["--model", "demo", "--onnx", "tract"]).ok();
    assert_eq!(vectors(&place, "own.npy"), vectors(&place, "demo.npy"));
    place.run_words(&["embed", "--text", "a pizza", "--model", &own, "--output", "t.npy", "--onnx", "tract"]).ok();

    // The message about a wrong name tells right ones.
    let choice = place.path("own/vision/blockscope.json");
    std::fs::write(&choice, r#"{"output": "nothing"}"#).unwrap();
    let refused = embed(&place, "o.npy", &["--model", &own, "--onnx", "tract"]);
    refused.refused(2, "has no tensor \"nothing\"");
    // A map of features before the last pooling, averaged over places.
    let inner = inner_tensor(&place.path("own/vision/model.onnx"));
    std::fs::write(&choice, format!(r#"{{"output": "{inner}", "pooling": "spatial"}}"#)).unwrap();
    embed(&place, "inner.npy", &["--model", &own, "--onnx", "tract"]).ok();
    let (inner, whole) = (vectors(&place, "inner.npy"), vectors(&place, "demo.npy"));
    assert_eq!(inner.len(), 6);
    assert_ne!(inner[0].len(), whole[0].len());
    assert!(inner.iter().all(|v| (v.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4));

    std::fs::remove_file(place.path("own/vision/preprocessor_config.json")).unwrap();
    embed(&place, "o.npy", &["--model", &own]).refused(2, "preprocessor_config.json");
    std::fs::write(place.path("own/text/model.onnx"), "nonsense").unwrap();
    let bad = ["embed", "--text", "a", "--model", &own, "--output", "o.npy", "--onnx", "tract"];
    place.run_words(&bad).refused(2, "model ");
}

/// The output of the last convolution of a model.
fn inner_tensor(path: &Path) -> String {
    use prost::Message;
    let model = tract_onnx::pb::ModelProto::decode(std::fs::read(path).unwrap().as_slice()).unwrap();
    let graph = model.graph.unwrap();
    graph.node.iter().rev().find(|n| n.op_type == "Conv").unwrap().output[0].clone()
}

/// A hub that serves the demo's picture side under CLIP's name.
fn hub() -> Hub {
    let file = |name: &str| std::fs::read(assets().join("vision").join(name)).unwrap();
    Hub::start(CLIP)
        .large("model.onnx", &file("model.onnx"))
        .small("preprocessor_config.json", &file("preprocessor_config.json"))
}

#[test]
fn the_default_model_comes_from_the_hub_once() {
    let place = Workplace::new();
    let hub = hub();
    let pictures = pictures(&place);
    let run = |endpoint: &str, output: &str| {
        let mut words = vec!["embed", "--output", output, "--onnx", "tract"];
        words.extend(pictures.iter().map(String::as_str));
        let ran = place.command(&words).env("HF_ENDPOINT", endpoint).output().unwrap();
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    let here = |json: &Value| {
        let models = json["models"].as_array().unwrap();
        models.iter().find(|m| m["name"] == CLIP).unwrap()["here"].as_bool().unwrap()
    };
    assert!(!here(&place.run("models --json").json()));
    let (code, told) = run(hub.url(), "a.npy");
    assert_eq!(code, Some(0), "{told}");
    let whole = hub.downloads().into_iter().filter(|r| r.path.ends_with("/model.onnx")).count();
    assert_eq!(whole, 1, "the model comes once");
    assert!(here(&place.run("models --json").json()));
    // From now on it works without a network.
    let (code, told) = run(&Server::nobody(), "b.npy");
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(vectors(&place, "a.npy"), vectors(&place, "b.npy"));
    // It lies in the user's cache, not in the working folder.
    assert!(place.path("profile/cache/huggingface/hub").is_dir());
}

#[test]
fn offline_it_says_which_files_to_put_where() {
    let place = Workplace::new();
    let ran = embed(&place, "o.npy", &["--onnx", "tract"]);
    ran.refused(1, "preprocessor_config.json");
    assert!(ran.stderr.contains("model.onnx") && ran.stderr.contains("profile/cache/huggingface"), "{}", ran.stderr);
}

#[test]
fn a_download_that_never_ends_can_be_cancelled() {
    let place = Workplace::new();
    let hub = hub();
    hub.spoil("model.onnx", 99, crate::hub::Fault::Stall(1_000));
    let pictures = pictures(&place);
    let mut words = vec!["embed", "--output", "o.npy"];
    words.extend(pictures.iter().map(String::as_str));
    let mut child = place
        .command(&words)
        .env("HF_ENDPOINT", hub.url())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while hub.downloads().is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn an_endpoint_stands_in_for_a_model() {
    let place = Workplace::new();
    std::fs::write(place.path("t.jsonl"), "{\"text\": \"cat\"}\n{\"text\": \"snake\"}\n{\"text\": \"horse\"}\n")
        .unwrap();
    let server = Server::start(|request| {
        if request.header("authorization") != Some("Bearer secret") {
            return Reply::new(401, "{}");
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert!(body["params"].is_object());
        let rows: Vec<Vec<f32>> = body["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|input| vec![input.as_str().unwrap().len() as f32, 1.0, 2.0])
            .collect();
        if body["inputs"].as_array().unwrap().contains(&"snake".into()) {
            return Reply::new(422, "{\"detail\": \"no snakes\"}");
        }
        Reply::new(200, serde_json::to_vec(&rows).unwrap()).with("content-type", "application/json")
    });
    let line = format!("import texts t.jsonl --endpoint {} --store s --collection c --json", server.url());
    place.run(&line).refused(1, "token");
    let answer = place.run(&format!("{line} --endpoint-token secret")).json();
    assert_eq!(answer["imported"], 2, "what it refuses does not keep the others out");
    assert_eq!(answer["skipped"][0]["input"], "t.jsonl:2");
    assert!(answer["skipped"][0]["reason"].as_str().unwrap().contains("no snakes"), "{answer}");
    let search = format!(
        "search horse --limit 1 --store s --collection c --endpoint {} --endpoint-token secret --json",
        server.url()
    );
    assert_eq!(place.run(&search).json()["hits"][0]["payload"]["text"], "horse");
    place.run("search horse --store s --collection c").refused(2, "is an endpoint: name it with --endpoint");
    // Pictures go as their files.
    let files = pictures(&place);
    let rows = place.run(&format!(
        "embed {} --output e.npy --endpoint {} --endpoint-token secret --json",
        files[0],
        server.url()
    ));
    assert_eq!(rows.json()["columns"], 3);
    place
        .run(&format!("search horse --store s --collection c --endpoint {}", Server::nobody()))
        .refused(1, "endpoint http://127.0.0.1:");
}

#[test]
fn the_doctor_says_what_was_found() {
    let place = Workplace::new();
    place.run("demo --no-window --dishes 100 --quiet --onnx tract").ok();
    let found = place.run("doctor --onnx tract --json").json();
    assert_eq!(found["onnx"]["name"], "tract");
    assert!(found["trains_on"].is_string() && found["adapters"].is_array());
    assert_eq!(found["stores"][0]["collections"], serde_json::json!(["food"]));
    assert!(found["models"].to_string().contains("demo (pictures)"));
    assert!(found["model_cache"].as_str().unwrap().ends_with("profile/cache/huggingface/hub"));
}
