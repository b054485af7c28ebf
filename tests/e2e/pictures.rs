//! Pictures and texts into a collection, and out of it again by search and inspection; through the demo's model.

use std::path::Path;

use blockscope::demo::artist;
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::Value;

use crate::support::{Workplace, root, shared};

fn drawing(name: &str, number: u64) -> RgbImage {
    let kind = artist::kinds().find(|k| k.name == name).unwrap();
    artist::draw(kind, 31, number, 200).picture
}

fn save(picture: RgbImage, path: &Path, format: ImageFormat) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    DynamicImage::from(picture).save_with_format(path, format).unwrap();
}

/// A PNG that says that it is as large as this, and holds next to nothing.
fn bomb(side: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    png.extend(13u32.to_be_bytes());
    png.extend(&header);
    png.extend(crc(&header).to_be_bytes());
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, b| {
        (0..8).fold(crc ^ u32::from(*b), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 })
    })
}

/// Twelve pictures of three labels in six formats, and among them what no picture is.
fn folder(place: &Workplace) {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let formats = [(Jpeg, "jpg"), (Png, "PNG"), (WebP, "webp"), (Gif, "gif"), (Bmp, "bmp"), (Tiff, "tif")];
    for (label, kind) in [("pizzas", "pizza"), ("apples", "apple")] {
        for (i, (format, ending)) in formats.into_iter().enumerate() {
            save(drawing(kind, i as u64), &place.path(format!("album/{label}/{i}.{ending}")), format);
        }
    }
    let album = place.path("album");
    std::fs::copy(album.join("pizzas/0.jpg"), album.join("again.jpg")).unwrap();
    std::fs::write(album.join("notes.txt"), "nothing to see").unwrap();
    std::fs::write(album.join("text.jpg"), "not a picture").unwrap();
    let cut = std::fs::read(album.join("apples/0.jpg")).unwrap();
    std::fs::write(album.join("cut.jpg"), &cut[..cut.len() / 3]).unwrap();
    std::fs::write(album.join("bomb.png"), bomb(60_000)).unwrap();
    std::fs::write(album.join("empty.png"), b"").unwrap();
}

const INTO: &str = "--store store --collection album --onnx tract";

fn import(place: &Workplace) -> Value {
    place.run(&format!("import pictures album --model demo {INTO} --json")).json()
}

fn reasons(answer: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let name = |v: &Value| Path::new(v.as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
    answer["skipped"].as_array().unwrap().iter().map(|s| (name(&s["input"]), text(&s["reason"]))).collect()
}

#[test]
fn a_folder_of_pictures_becomes_a_collection_and_each_bad_file_is_named() {
    let place = Workplace::new();
    folder(&place);
    let answer = import(&place);
    assert_eq!(answer["imported"], 12, "{answer}");
    let reasons = reasons(&answer);
    let reason = |name: &str| reasons.iter().find(|r| r.0 == name).map_or("", |r| r.1.as_str()).to_owned();
    assert_eq!(reasons.len(), 5, "{reasons:?}");
    assert!(reason("bomb.png").contains("60000"), "{reasons:?}");
    assert!(reason("empty.png").contains("empty"), "{reasons:?}");
    assert!(!reason("text.jpg").is_empty() && !reason("cut.jpg").is_empty(), "{reasons:?}");
    // Of two alike it is always the first that counts.
    assert!(reason("0.jpg").contains("is the same as") && reason("0.jpg").ends_with("album/again.jpg"), "{reasons:?}");

    // The payload says where a picture is, how large, and what folder it was in.
    let hits = place.run_words(&[
        "search",
        "a pizza",
        "--store",
        "store",
        "--collection",
        "album",
        "--onnx",
        "tract",
        "--json",
    ]);
    let hits = hits.json();
    let first = &hits["hits"][0]["payload"];
    assert_eq!(
        (&first["width"], &first["height"], &first["blockscope_model"]),
        (&200.into(), &200.into(), &"demo".into())
    );
    let path = Path::new(first["path"].as_str().unwrap());
    assert_eq!(std::fs::metadata(path).unwrap().len(), first["bytes"].as_u64().unwrap());
    let best = hits["hits"].as_array().unwrap().iter().take(5);
    let apples = best.filter(|h| h["payload"]["label"] == "apples").count();
    assert_eq!(apples, 0, "words find what they name");
    // Thumbnails are in the profile's cache.
    let cached = walkdir::WalkDir::new(place.path("profile/cache/blockscope/thumbnails"));
    assert_eq!(cached.into_iter().flatten().filter(|e| e.file_type().is_file()).count(), 12);
}

#[test]
fn an_import_goes_on_where_it_stopped() {
    let place = Workplace::new();
    folder(&place);
    let some = place.run(&format!("import pictures album/pizzas --model demo {INTO} --json")).json();
    assert_eq!(some["imported"], 6);
    let rest = import(&place);
    assert_eq!((&rest["imported"], &rest["already"]), (&6.into(), &7.into()), "{rest}");
    // The collection knows its model by now.
    let none = place.run(&format!("import pictures album {INTO} --json")).json();
    assert_eq!((&none["imported"], &none["already"]), (&0.into(), &13.into()));
    assert_eq!(none["model"], "demo");
}

#[test]
fn what_cannot_be_compared_is_refused_before_anything_is_embedded() {
    let place = Workplace::new();
    folder(&place);
    place.store(40, 8);
    place
        .run("import pictures album --store store --collection food --model demo --onnx tract")
        .refused(2, "gives vectors of 512 dimensions, and collection \"food\" in store has 8");
    // The default model's dimension is known without its files, and no hub is asked.
    place
        .run("import pictures album --store store --collection food")
        .refused(2, "Qdrant/clip-ViT-B-32-vision: gives vectors of 512 dimensions");
    import(&place);
    let assets = root().join("assets/demo-clip");
    let line = format!("import pictures album {INTO} --model {}", assets.display());
    place.run(&line).refused(2, "were embedded with demo, not with");
    // A search may well be tried, and says what it is worth.
    let found = place.run(&format!("search pizza {INTO} --model {} --json", assets.display())).json();
    assert!(found["warnings"].to_string().contains("cannot be compared"), "{}", found["warnings"]);
    let nothing = "import pictures album/text.jpg album/empty.png --model demo --store s --collection c --onnx tract";
    place.run(nothing).refused(2, "none of the pictures (2) could be imported");
    place.run("import pictures nowhere --store s --collection c --model demo").refused(2, "nowhere");
    place.run("import pictures album --model demo").refused(2, "--store DIR, or --url URL");
    place.run("import pictures album --store s --collection c --model nobody/knows").refused(2, "blockscope models");
}

#[test]
fn a_picture_finds_itself_and_a_point_does_not() {
    let place = Workplace::new();
    folder(&place);
    import(&place);
    let place_args = "--store store --collection album --onnx tract --json";
    let hits = place.run(&format!("search --image album/apples/1.PNG --limit 3 {place_args}")).json();
    let first = &hits["hits"][0];
    assert!(first["score"].as_f64().unwrap() > 0.9999, "{first}");
    assert!(first["payload"]["path"].as_str().unwrap().ends_with("apples/1.PNG"));
    let id = first["id"].as_str().unwrap();
    let others = place.run(&format!("search --id {id} --limit 11 {place_args}")).json();
    let others = others["hits"].as_array().unwrap();
    assert_eq!(others.len(), 11);
    assert!(others.iter().all(|h| h["id"] != id));
    place.run(&format!("search --image album/text.jpg {place_args}")).refused(2, "text.jpg");
    place.run(&format!("search {place_args}")).refused(2, "say what to search by");
}

#[test]
fn pictures_and_words_are_inspected_against_the_collection() {
    let place = Workplace::new();
    let kinds = ["pizza", "apple", "sushi", "burger"];
    for (k, kind) in kinds.iter().enumerate() {
        for n in 0..40 {
            save(drawing(kind, 100 + n), &place.path(format!("album/{k}/{n}.png")), ImageFormat::Png);
        }
    }
    import(&place);
    place
        .run("train --store store --collection album --limit 30 --epochs 4 --blocks 2 --block-size 8 --device cpu --output e.safetensors -q")
        .ok();
    save(drawing("pizza", 7), &place.path("new.png"), ImageFormat::Png);
    std::fs::write(place.path("bad.png"), "no").unwrap();
    let line = format!("inspect new.png bad.png --text pizza --encoder e.safetensors {INTO} --json");
    let answer = place.run(&line).json();
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|i| i["input"].as_str().unwrap()).collect::<Vec<_>>(), ["new.png", "\"pizza\""]);
    assert_eq!(items[0]["blocks"].as_array().unwrap().len(), 2);
    assert!(answer["warnings"].to_string().contains("bad.png"), "{}", answer["warnings"]);
    let near = items[0]["nearest"][0]["id"].as_str().unwrap();
    let point = place.run(&format!("inspect --id {near} --encoder e.safetensors {INTO} --json")).json();
    assert_eq!(point["items"][0]["payload"]["label"], "0", "a pizza is nearest to a pizza");
    place.run(&format!("inspect bad.png --encoder e.safetensors {INTO}")).refused(2, "bad.png");
}

#[test]
fn texts_become_a_collection_and_bad_lines_are_named() {
    let place = Workplace::new();
    let lines = [
        r#"{"text": "a drawing of a pizza", "n": 1}"#,
        r#"{"text": "a drawing of a burger", "n": 2}"#,
        r#"{"words": "no such field"}"#,
        r#"{"text": ""}"#,
        r#"{"text": 5}"#,
        "not JSON",
        r#"{"text": "a drawing of a car", "n": 3}"#,
        r#"{"text": "a drawing of a pizza", "n": 1}"#,
    ];
    // Some editors begin a file with a mark of its encoding, and end lines as Windows does.
    std::fs::write(place.path("t.jsonl"), format!("\u{feff}{}", lines.join("\r\n"))).unwrap();
    let import = "import texts t.jsonl --field text --store store --collection texts --model demo --onnx tract --json";
    let answer = place.run(import).json();
    assert_eq!(answer["imported"], 3);
    let skipped: Vec<(String, String)> = reasons(&answer);
    let inputs: Vec<&str> = skipped.iter().map(|s| s.0.as_str()).collect();
    assert_eq!(inputs.len(), 5, "{skipped:?}");
    assert!(["t.jsonl:3", "t.jsonl:4", "t.jsonl:5", "t.jsonl:6"].iter().all(|l| inputs.contains(l)), "{inputs:?}");
    assert!(skipped.iter().any(|s| s.1.contains("is the same as t.jsonl:")), "{skipped:?}");
    let found = place.run_words(&[
        "search",
        "a drawing of a car",
        "--limit",
        "1",
        "--store",
        "store",
        "--collection",
        "texts",
        "--onnx",
        "tract",
        "--json",
    ]);
    assert_eq!(found.json()["hits"][0]["payload"]["n"], 3);
    assert_eq!(place.run(import).json()["already"], 4);
    // Ids may come from a field.
    let line = "import texts t.jsonl --id-field n --store store --collection numbered --model demo --onnx tract --json";
    let answer = place.run(line).json();
    assert_eq!(answer["imported"], 3);
    assert!(answer["skipped"].to_string().contains("has the id of t.jsonl:1"), "{answer}");
    let found = place.run("search --id 3 --store store --collection numbered --json").json();
    assert_eq!(found["hits"].as_array().unwrap().len(), 2);
    place
        .run("import texts none.jsonl --store store --collection texts --model demo")
        .refused(2, "none.jsonl: not found");
}

/// Real folders of pictures, where they are there.
#[test]
fn shared_folders_import_with_their_labels() {
    let (Some(emoji), Some(photos)) = (shared("data/emoji"), shared("data/cifar10-sample")) else {
        eprintln!("skipped: ../shared/data is not there");
        return;
    };
    let place = Workplace::new();
    let import = |from: &Path, name: &str| {
        let from = from.to_string_lossy().into_owned();
        let words = ["import", "pictures", &from, "--model", "demo", "--store", "store", "--collection", name];
        place.run_words(&[&words[..], &["--onnx", "tract", "--json"]].concat()).json()
    };
    let answer = import(&emoji, "emoji");
    let sum = answer["imported"].as_u64().unwrap() + answer["skipped"].as_array().unwrap().len() as u64;
    assert_eq!(sum, 1_405, "{}", answer["skipped"]);
    let answer = import(&photos, "photos");
    let sum = answer["imported"].as_u64().unwrap() + answer["skipped"].as_array().unwrap().len() as u64;
    assert_eq!(sum, 2_000, "{}", answer["skipped"]);
    let filter = r#"{"must": [{"key": "label", "match": {"value": "automobile"}}]}"#;
    let words = ["load", "--store", "store", "--collection", "photos", "--filter", filter, "--limit", "5", "--json"];
    assert_eq!(place.run_words(&words).json()["points"], 200);
}
