//! Which field of a collection's payload holds a picture, and which one says what a point is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::gather::EXTENSIONS;
use super::locate::{Look, look, texts, value_at};
use crate::point::Payload;

/// Payloads that are looked at: more would change nothing.
const SAMPLE: usize = 200;
/// How deep fields are looked for.
const DEPTH: usize = 4;
/// Characters of a line about a point.
const LINE: usize = 120;

/// Names that speak for a picture, the best first. The first so many mean a picture whatever the value looks like.
const PICTURE_NAMES: [&str; 13] =
    ["image", "picture", "img", "photo", "thumbnail", "thumb", "pic", "path", "file", "filename", "url", "uri", "src"];
const SURE_NAMES: usize = 7;
/// Names that speak for a text, the best first.
const TEXT_NAMES: [&str; 14] = [
    "caption",
    "title",
    "name",
    "text",
    "description",
    "headline",
    "summary",
    "prompt",
    "content",
    "body",
    "label",
    "class",
    "category",
    "tag",
];
/// Picture files that are not read here.
const OTHER_ENDINGS: [&str; 6] = ["avif", "heic", "heif", "svg", "ico", "jxl"];

/// The field that most likely holds each point's picture, named with dots where it lies deeper; none where no field
/// looks like one. What the values look like counts most: base64 of a picture, paths and addresses that end as pictures
/// do. An address without such an ending counts only under a name such as `image_url`, as it may be any page.
pub fn guess_picture_field(payloads: &[Payload]) -> Option<String> {
    let sampled = sample(payloads);
    let scores = fields(&sampled).into_iter().filter_map(|(name, values)| {
        let rank = rank(&name, &PICTURE_NAMES);
        let sure = rank.is_some_and(|(rank, _)| rank < SURE_NAMES);
        let looks: Vec<f64> =
            values.iter().map(|value| texts(value).map(|text| picture_look(text, sure)).fold(0.0, f64::max)).collect();
        // Half of the values at least must look like pictures.
        let like = looks.iter().filter(|look| **look > 0.0).count();
        if like == 0 || 2 * like < values.len() {
            return None;
        }
        let quality = looks.iter().sum::<f64>() / values.len() as f64;
        let coverage = values.len() as f64 / sampled.len() as f64;
        let named = rank.map_or(0.0, |(rank, _)| 1.0 - rank as f64 / PICTURE_NAMES.len() as f64);
        Some((quality * (0.5 + 0.5 * coverage) + 0.2 * named, name))
    });
    best(scores)
}

/// The field that most likely says in words what a point is; none where there is none. Names such as `caption` and
/// `title` come first, then whatever holds the longest readable texts; a path stands for its file's name. A field that
/// says the same of all points says nothing.
pub fn guess_text_field(payloads: &[Payload]) -> Option<String> {
    let sampled = sample(payloads);
    let scores = fields(&sampled).into_iter().filter_map(|(name, values)| {
        let readable = values.iter().map(|value| readable(value)).sum::<f64>() / values.len() as f64;
        let coverage = values.len() as f64 / sampled.len() as f64;
        let named = rank(&name, &TEXT_NAMES)
            .map_or(0.0, |(rank, whole)| (2.0 - rank as f64 / TEXT_NAMES.len() as f64) * if whole { 1.0 } else { 0.8 });
        let lengths: f64 = values.iter().filter_map(|value| value.as_str()).map(|text| text.len() as f64).sum();
        let length = (lengths / values.len() as f64 / LINE as f64).min(1.0);
        let same = values.len() > 1 && values.iter().all(|value| *value == values[0]);
        let telling = if same { 0.01 } else { 1.0 };
        let score = readable * coverage * telling * (0.2 + named + length);
        (score > 0.0).then_some((score, name))
    });
    best(scores)
}

/// One short line about a point: what the field says, or where it says nothing, what of this payload reads best. None
/// where nothing does.
pub fn point_text(payload: &Payload, field: Option<&str>) -> Option<String> {
    let said = field.and_then(|field| value_at(payload, field)).and_then(line);
    said.or_else(|| value_at(payload, &guess_text_field(std::slice::from_ref(payload))?).and_then(line))
}

/// The one with the highest score; of several, the first by name.
fn best(scores: impl Iterator<Item = (f64, String)>) -> Option<String> {
    let best = scores.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, name)| name)
}

/// Some payloads from the whole length of the list.
fn sample(payloads: &[Payload]) -> Vec<&Payload> {
    payloads.iter().step_by(payloads.len().div_ceil(SAMPLE).max(1)).collect()
}

/// The fields, sorted by name, and their values that are there.
fn fields<'a>(payloads: &[&'a Payload]) -> BTreeMap<String, Vec<&'a Value>> {
    let mut found = BTreeMap::new();
    for payload in payloads {
        add_fields(&mut found, payload, "", 1);
    }
    found
}

fn add_fields<'a>(found: &mut BTreeMap<String, Vec<&'a Value>>, payload: &'a Payload, before: &str, depth: usize) {
    for (name, value) in payload {
        let name = format!("{before}{name}");
        // A list of objects is entered as `value_at` does.
        let inner = value.as_object().or_else(|| value.as_array()?.first()?.as_object());
        match inner {
            Some(inner) if depth < DEPTH => add_fields(found, inner, &format!("{name}."), depth + 1),
            Some(_) => {}
            None if value.is_null() => {}
            None => found.entry(name).or_default().push(value),
        }
    }
}

/// Which of the names a field has: its number, and whether the last part of the field is just that name.
fn rank(field: &str, names: &[&str]) -> Option<(usize, bool)> {
    let last = field.rsplit('.').next().unwrap_or(field).to_lowercase();
    let is = |word: &str, name: &str| word == name || word.strip_suffix('s') == Some(name);
    if let Some(rank) = names.iter().position(|name| is(&last, name)) {
        return Some((rank, true));
    }
    let words = words(field);
    names.iter().position(|name| words.iter().any(|word| is(word, name))).map(|rank| (rank, false))
}

/// The words of a name: `imageUrl`, `image_url` and `image.url` alike.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
        }
        before = c;
    }
    words
}

/// How much a text looks like a picture, 0 to 1. `sure` where the field's name says that it is one.
fn picture_look(text: &str, sure: bool) -> f64 {
    match look(text) {
        Look::Inline => 1.0,
        Look::Data => f64::from(u8::from(sure || text.trim_start()[5..].to_lowercase().starts_with("image/"))),
        Look::Web(url) => match ending(url.split(['?', '#']).next().unwrap_or(url)) {
            Ending::Read => 0.85,
            Ending::Other => 0.3,
            Ending::None if sure => 0.6,
            Ending::None => 0.0,
        },
        Look::FileUrl(path) | Look::Plain(path) => match ending(path) {
            // A bare name says less about where the file is.
            Ending::Read => {
                if path.contains(['/', '\\']) {
                    0.9
                } else {
                    0.6
                }
            }
            Ending::Other => 0.3,
            Ending::None => 0.0,
        },
        Look::Elsewhere | Look::Nothing => 0.0,
    }
}

/// What a path ends with.
enum Ending {
    /// As a picture that can be read.
    Read,
    /// As another picture.
    Other,
    /// Otherwise.
    None,
}

fn ending(path: &str) -> Ending {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, end)) if EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(end)) => Ending::Read,
        Some((_, end)) if OTHER_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(end)) => Ending::Other,
        _ => Ending::None,
    }
}

/// How well a value reads, 0 to 1.
fn readable(value: &Value) -> f64 {
    match value {
        Value::String(text) => match look(text) {
            Look::Inline | Look::Data => 0.0,
            Look::Web(_) | Look::Elsewhere => 0.02,
            Look::FileUrl(_) => 0.05,
            Look::Plain(text) if is_path(text) => 0.05,
            Look::Plain(text) if is_code(text) => 0.01,
            // Of several lines, or very long: still a text.
            Look::Plain(_) | Look::Nothing => f64::from(u8::from(text.chars().any(char::is_alphabetic))),
        },
        Value::Array(list) => list.iter().filter(|value| value.is_string()).map(readable).fold(0.0, f64::max) * 0.5,
        Value::Number(_) | Value::Bool(_) => 0.01,
        Value::Null | Value::Object(_) => 0.0,
    }
}

/// Whether a text is a path: without spaces and with a separator, or with a known ending.
fn is_path(text: &str) -> bool {
    let separated = !text.contains(' ') && text.contains(['/', '\\']);
    separated || !matches!(ending(text), Ending::None)
}

/// Whether a text is a hash, a UUID, a date or a number.
fn is_code(text: &str) -> bool {
    text.len() >= 4
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '-' | ':' | '.' | 'T' | 'Z' | ' '))
}

/// A value in one line.
fn line(value: &Value) -> Option<String> {
    let said = match value {
        Value::String(text) => match look(text) {
            Look::Inline | Look::Data => return None,
            Look::Web(url) => last_part(url.split(['?', '#']).next().unwrap_or(url), url).to_owned(),
            Look::FileUrl(path) => last_part(path, path).to_owned(),
            Look::Plain(text) if is_path(text) => last_part(text, text).to_owned(),
            _ => text.chars().take(8 * LINE).collect(),
        },
        Value::Array(list) => list.iter().take(LINE).filter_map(line).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Object(_) => return None,
    };
    let clean: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LINE) {
        _ if line.is_empty() => None,
        Some((end, _)) => Some(format!("{}…", line[..end].trim_end())),
        None => Some(line),
    }
}

/// The last part of a path; the whole where that is empty.
fn last_part<'a>(path: &'a str, whole: &'a str) -> &'a str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().filter(|part| !part.is_empty()).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use serde_json::json;

    use super::*;
    use crate::demo;

    fn of(count: usize, make: impl Fn(usize) -> Value) -> Vec<Payload> {
        (0..count).map(|i| make(i).as_object().unwrap().clone()).collect()
    }

    fn both(payloads: &[Payload]) -> (Option<String>, Option<String>) {
        (guess_picture_field(payloads), guess_text_field(payloads))
    }

    fn are(picture: &str, text: &str) -> (Option<String>, Option<String>) {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        (named(picture), named(text))
    }

    fn png(i: usize) -> String {
        let bytes: Vec<u8> =
            b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".iter().copied().chain((0..90).map(|k| (k * i) as u8)).collect();
        BASE64_STANDARD.encode(bytes)
    }

    #[test]
    fn the_demos_and_the_imports_own_payloads() {
        let demo: Vec<Payload> = (0..20)
            .map(|i| {
                let mut payload = demo::payload(&demo::dish(i).factors);
                payload.insert("path".into(), format!("/home/me/demo/pictures/{i:06}.jpg").into());
                payload.insert("blockscope_model".into(), "demo-clip".into());
                payload
            })
            .collect();
        assert_eq!(both(&demo), are("path", "caption"));
        let pictures = |label: bool| {
            of(30, move |i| {
                let mut payload = json!({
                    "path": format!("/p/cats/IMG_{i}.JPG"), "width": 640, "height": 480, "bytes": 1000 + i,
                    "blockscope_model": "Qdrant/clip-ViT-B-32-vision",
                });
                if label {
                    payload["label"] = json!(if i % 2 == 0 { "cats" } else { "dogs" });
                }
                payload
            })
        };
        assert_eq!(both(&pictures(true)), are("path", "label"));
        assert_eq!(both(&pictures(false)), are("path", "path"), "the file's name, as there is nothing else");
        assert_eq!(point_text(&pictures(false)[3], Some("path")).as_deref(), Some("IMG_3.JPG"));
        let texts = of(9, |i| json!({"text": format!("word {i}"), "line": i, "blockscope_model": "m"}));
        assert_eq!(both(&texts), are("", "text"));
    }

    #[test]
    fn payloads_of_known_datasets() {
        let cifar = of(
            40,
            |i| json!({"label": i % 10, "label_name": if i % 2 == 0 { "cat" } else { "frog" }, "image": png(i)}),
        );
        assert_eq!(both(&cifar), are("image", "label_name"));
        let numbers =
            of(40, |i| json!({"label": i % 10, "index": i, "png": format!("data:image/png;base64,{}", png(i))}));
        assert_eq!(both(&numbers), are("png", "label"));
        let coco = of(10, |i| {
            json!({
                "id": i, "file_name": format!("{i:012}.jpg"), "coco_url": format!("http://images.example/{i:012}.jpg"),
                "captions": [format!("A man rides wave {i}."), "A man."], "date_captured": "2013-11-14 16:28:13",
            })
        });
        assert_eq!(both(&coco), are("coco_url", "captions"));
        assert_eq!(point_text(&coco[2], Some("captions")).as_deref(), Some("A man rides wave 2., A man."));
        let shop = of(10, |i| {
            json!({
                "sku": format!("A-{i}"), "productTitle": format!("Chair number {i}"),
                "media": {"imageUrl": format!("https://cdn.example/i/{i}?w=200"), "page": format!("https://shop.example/{i}")},
            })
        });
        assert_eq!(both(&shop), are("media.imageUrl", "productTitle"));
        let papers = of(10, |i| {
            json!({
                "url": format!("https://arxiv.example/abs/{i}"), "doi": format!("10.1/{i}"),
                "abstract": "We show that blocks are features. ".repeat(i + 3), "year": 2000 + i,
            })
        });
        assert_eq!(both(&papers), are("", "abstract"), "an address may be any page");
        let hashes = of(10, |i| json!({"sha": format!("{i:064x}"), "note": format!("note {i}")}));
        assert_eq!(both(&hashes), are("", "note"));
        assert_eq!(both(&of(5, |_| json!({}))), are("", ""));
        assert_eq!(both(&[]), are("", ""));
    }

    #[test]
    fn values_count_more_than_names_and_holes_are_allowed() {
        let misnamed = of(10, |i| json!({"image": format!("a red thing {i}"), "x": format!("/p/{i}.webp")}));
        assert_eq!(guess_picture_field(&misnamed).as_deref(), Some("x"));
        let holes =
            of(
                10,
                |i| if i % 3 == 0 { json!({"pic": format!("/p/{i}.png"), "t": "a b"}) } else { json!({"t": "c d"}) },
            );
        assert_eq!(guess_picture_field(&holes).as_deref(), Some("pic"));
        let rarely = of(10, |i| json!({"note": if i == 0 { "see a.jpg".to_owned() } else { format!("words {i}") }}));
        assert_eq!(guess_picture_field(&rarely), None);
        let two = of(10, |i| json!({"path": format!("/p/{i}.jpg"), "thumbnail": format!("/t/{i}.jpg")}));
        assert_eq!(guess_picture_field(&two).as_deref(), Some("thumbnail"));
        let other = of(10, |i| json!({"path": format!("/p/{i}.avif")}));
        assert_eq!(guess_picture_field(&other).as_deref(), Some("path"), "so that a person hears why it is not shown");
    }

    #[test]
    fn a_line_is_short_and_falls_back_to_what_there_is() {
        let payload = json!({
            "caption": "  a\tpizza\nwith   olives ", "n": 3, "ok": true, "long": "wörd ".repeat(100), "none": null,
            "img": png(3), "page": "https://x.example/a/b?c=d", "root": "https://x.example/", "in": {"x": "deep"},
        });
        let line = |field: &str| point_text(payload.as_object().unwrap(), Some(field)).unwrap();
        assert_eq!(line("caption"), "a pizza with olives");
        assert_eq!((line("n").as_str(), line("ok").as_str(), line("in.x").as_str()), ("3", "true", "deep"));
        assert!(line("long").chars().count() <= LINE + 1 && line("long").ends_with("wörd…"));
        assert_eq!((line("page").as_str(), line("root").as_str()), ("b", "x.example"));
        for fallback in ["none", "gone", "img", "in"] {
            assert_eq!(line(fallback), "a pizza with olives", "{fallback}");
        }
        assert_eq!(point_text(payload.as_object().unwrap(), None).as_deref(), Some("a pizza with olives"));
        assert_eq!(point_text(&Payload::new(), None), None);
        let only = json!({"img": png(1)});
        assert_eq!(point_text(only.as_object().unwrap(), Some("img")), None);
    }
}
