//! The fields of payloads, and which of their values say what a point is.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

use crate::point::MODEL_FIELD;
use crate::source::Payload;

/// Characters of the longest text that is taken as a whole.
const SHORT: usize = 60;
/// Characters of a text that are looked at.
const READ: usize = 4_096;
/// Elements of an array that are looked at.
const ELEMENTS: usize = 256;
/// Objects inside objects that are looked into.
const DEPTH: usize = 8;
/// Different numbers that a field has at most, for its numbers to be names for something.
const NUMBERS: usize = 20;
/// Characters of the longest word.
const WORD: usize = 30;

/// How the texts of a field are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Texts {
    /// Not at all.
    #[default]
    Skipped,
    /// As they are.
    Whole,
    /// Word by word.
    Words,
}

/// How a field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    texts: Texts,
    numbers: bool,
}

/// What payloads hold in a field.
#[derive(Default)]
struct Seen<'a> {
    texts: usize,
    different: HashSet<&'a str>,
    long: usize,
    with_spaces: usize,
    opaque: usize,
    in_arrays: usize,
    numbers: usize,
    different_numbers: HashSet<String>,
}

impl Field {
    /// The fields of payloads, by their names.
    pub(super) fn all<'a>(payloads: impl Iterator<Item = &'a Payload>) -> HashMap<String, Self> {
        let mut seen: HashMap<String, Seen> = HashMap::new();
        for payload in payloads {
            visit(payload, &mut |name, value, in_array| {
                if !seen.contains_key(name) {
                    seen.insert(name.to_owned(), Seen::default());
                }
                if let Some(seen) = seen.get_mut(name) {
                    seen.take(value, in_array);
                }
            });
        }
        seen.into_iter().map(|(name, seen)| (name, seen.judge())).collect()
    }
}

impl<'a> Seen<'a> {
    fn take(&mut self, value: &'a Value, in_array: bool) {
        match value {
            Value::String(text) => {
                let text = text.trim();
                self.texts += 1;
                self.different.insert(text);
                self.long += usize::from(text.chars().nth(SHORT).is_some());
                self.with_spaces += usize::from(text.contains(char::is_whitespace));
                self.opaque += usize::from(is_opaque(text));
                self.in_arrays += usize::from(in_array);
            }
            Value::Number(number) => {
                self.numbers += 1;
                if self.different_numbers.len() <= NUMBERS {
                    self.different_numbers.insert(number.to_string());
                }
            }
            _ => {}
        }
    }

    fn judge(&self) -> Field {
        let most = |some: usize| 2 * some > self.texts;
        let comes_back = 2 * self.different.len() <= self.texts;
        let texts = if self.texts == 0 || most(self.opaque) {
            Texts::Skipped
        } else if self.long == 0 && (comes_back || most(self.in_arrays) || !most(self.with_spaces)) {
            Texts::Whole
        } else {
            Texts::Words
        };
        let different = self.different_numbers.len();
        Field { texts, numbers: different <= NUMBERS && 2 * different <= self.numbers }
    }
}

/// The values of a payload that count, as names of fields and values; one may come more than once.
pub(super) fn items(payload: &Payload, fields: &HashMap<String, Field>) -> impl Iterator<Item = (String, String)> {
    let mut found = Vec::new();
    visit(payload, &mut |name, value, _| {
        let field = fields.get(name).copied().unwrap_or_default();
        let mut add = |value: String| found.push((name.to_owned(), value));
        match value {
            Value::Bool(yes) => add(yes.to_string()),
            Value::Number(number) if field.numbers => add(number.to_string()),
            Value::String(text) => match field.texts {
                Texts::Whole if !text.trim().is_empty() && !is_opaque(text.trim()) => add(text.trim().to_owned()),
                Texts::Words => words_of(text, add),
                _ => {}
            },
            _ => {}
        }
    });
    found.into_iter()
}

/// Calls with the name of its field, each value that is no object and no array, and whether it is an array's element.
fn visit<'a>(payload: &'a Payload, call: &mut impl FnMut(&str, &'a Value, bool)) {
    for (name, value) in payload.iter().filter(|(name, _)| *name != MODEL_FIELD) {
        look(name, value, false, DEPTH, call);
    }
}

fn look<'a>(name: &str, value: &'a Value, in_array: bool, depth: usize, call: &mut impl FnMut(&str, &'a Value, bool)) {
    match value {
        Value::Null => {}
        Value::Object(_) | Value::Array(_) if depth == 0 => {}
        Value::Array(elements) => {
            for element in elements.iter().take(ELEMENTS) {
                look(name, element, true, depth - 1, call);
            }
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                look(&format!("{name}.{field}"), value, in_array, depth - 1, call);
            }
        }
        value => call(name, value, in_array),
    }
}

/// The words of a text in lower case: what is between spaces and marks and has a letter in it.
fn words_of(text: &str, mut add: impl FnMut(String)) {
    let end = text.char_indices().nth(READ).map_or(text.len(), |(at, _)| at);
    for piece in text[..end].split_whitespace().filter(|piece| !is_opaque(piece)) {
        for word in piece.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’') {
            let word = word.trim_matches(['\'', '’']);
            let length = word.chars().take(WORD + 1).count();
            if (2..=WORD).contains(&length) && word.chars().any(char::is_alphabetic) {
                add(word.to_lowercase());
            }
        }
    }
}

/// Whether a text is for machines: an address, a path, encoded bytes, or an id.
fn is_opaque(text: &str) -> bool {
    is_address(text) || is_path(text) || is_encoded(text) || is_id(text)
}

/// "https://example.org/a", "data:image/png;base64,...", "www.example.org".
fn is_address(text: &str) -> bool {
    let scheme = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let alone = !text.contains(char::is_whitespace);
    text.starts_with("data:")
        || (alone && (text.starts_with("www.") || text.split_once("://").is_some_and(|s| scheme(s.0))))
}

/// "/home/ada/a picture.jpg", "C:\\pictures", "train/cats/1", "pictures/1.jpg"; but not "and/or".
fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let slash = |b: &u8| matches!(b, b'/' | b'\\');
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && slash(&bytes[2]);
    let rooted = ["/", "./", "../", "~/", ".\\", "..\\", "\\\\"].iter().any(|root| text.starts_with(root));
    let slashes = bytes.iter().filter(|b| slash(b)).count();
    if text.contains('\n') || slashes == 0 {
        return false;
    }
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let has_ending = (2..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    drive || (rooted && bytes.len() > 1) || has_ending || (slashes > 1 && !text.contains(char::is_whitespace))
}

/// Base64 of some length: letters of both cases and digits without an end.
fn is_encoded(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(READ)];
    let has = |of: fn(&u8) -> bool| head.iter().any(of);
    head.len() >= 40
        && head.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(b))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// A UUID, a hash in hexadecimal, or a long number.
fn is_id(text: &str) -> bool {
    let hexadecimal = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    (hexadecimal && text.bytes().any(|b| b.is_ascii_digit())) || Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::payload;
    use super::*;

    #[test]
    fn texts_for_machines_are_told_from_those_for_people() {
        for machine in [
            "https://example.org/a.jpg",
            "s3://bucket/key",
            "www.example.org",
            "data:image/png;base64,AAAA",
            "/home/ada/a picture.jpg",
            "C:\\pictures\\1.jpg",
            "./a",
            "train/cats/1",
            "pictures/1.jpg",
            "\\\\host\\share",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
            "d41d8cd98f00b204e9800998ecf8427e",
            "507f1f77bcf86cd799439011",
            "3f2c8a3e-6f0e-4b8e-9d6f-1c2b3a4d5e6f",
            "12345678901234567890",
        ] {
            assert!(is_opaque(machine), "{machine}");
        }
        for human in [
            "cake",
            "and/or",
            "N/A",
            "salt/pepper",
            "ice cream. With sprinkles",
            "2 1/2 cups of flour",
            "node.js",
            "see https://example.org for more",
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
            "12",
            "deadbeefdeadbeef",
            "",
        ] {
            assert!(!is_opaque(human), "{human}");
        }
    }

    fn all_items(payloads: &[Payload]) -> Vec<(String, String)> {
        let fields = Field::all(payloads.iter());
        let mut found: Vec<_> = payloads.iter().flat_map(|p| items(p, &fields)).collect();
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn fields_that_say_nothing_are_passed_over() {
        let payloads: Vec<Payload> = (0..30)
            .map(|i| {
                payload(json!({
                    "blockscope_model": "demo",
                    "path": format!("pictures/{}.jpg", i % 3),
                    "url": "https://example.org/picture",
                    "thumbnail": format!("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAA{i}"),
                    "owner": "507f1f77bcf86cd799439011",
                    "price": f64::from(i) * 1.1,
                    "row": i,
                    "embedding": (0..40).map(|d| f64::from(i * d)).collect::<Vec<_>>(),
                    "nothing": null,
                    "kept": "yes",
                }))
            })
            .collect();
        assert_eq!(all_items(&payloads), [("kept".into(), "yes".into())]);
    }

    #[test]
    fn short_texts_that_come_back_are_whole_and_others_are_words() {
        let texts =
            ["Two red cakes, don't touch!", "A cake at http://cakes.org/2024 (3 cm)", "Gâteau 'rouge' et 2nd cake"];
        let payloads: Vec<Payload> = texts
            .iter()
            .enumerate()
            .map(|(i, text)| {
                payload(json!({
                    "title": text,
                    "dish": "Ice cream",
                    "code": format!("A-{i}"),
                    "tags": ["deep learning", format!("tag {i}")],
                    "size": { "name": "very large" },
                }))
            })
            .collect();
        let found = all_items(&payloads);
        let of = |field: &str| -> Vec<&str> {
            found.iter().filter(|(f, _)| f == field).map(|(_, value)| value.as_str()).collect()
        };
        assert_eq!(
            of("title"),
            ["2nd", "at", "cake", "cakes", "cm", "don't", "et", "gâteau", "red", "rouge", "touch", "two"]
        );
        assert_eq!(of("dish"), ["Ice cream"]);
        assert_eq!(of("code"), ["A-0", "A-1", "A-2"]);
        assert_eq!(of("tags"), ["deep learning", "tag 0", "tag 1", "tag 2"]);
        assert_eq!(of("size.name"), ["very large"]);
    }

    #[test]
    fn endless_payloads_are_cut_short() {
        let mut deep = json!("end");
        for _ in 0..100 {
            deep = json!({ "a": deep });
        }
        let long = "word ".repeat(5_000) + "last";
        let payloads = [payload(json!({ "deep": deep, "long": long, "many": vec![true; 10_000] }))];
        assert_eq!(all_items(&payloads), [("long".into(), "word".into()), ("many".into(), "true".into())]);
    }
}
