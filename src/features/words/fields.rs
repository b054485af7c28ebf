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
/// Numbers that a field with more of them has at least, for ranges to say something, and ranges that they fall into.
const MANY: usize = 50;
const RANGES: usize = 5;
/// Payloads that have a folder of a path at least, for it to be a name for something.
const FOLDER: usize = 2;
/// Folders of a path that are looked at, and different ones of a field.
const STEPS: usize = 32;
const FOLDERS: usize = 100_000;
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
    /// As paths: the folders that come back.
    Folders,
}

/// How the numbers of a field are read.
#[derive(Clone, Debug, Default, PartialEq)]
enum Numbers {
    /// Not at all.
    #[default]
    Skipped,
    /// As they are.
    Whole,
    /// By the range that they are in: the bounds between ranges, ascending, and whether all are whole numbers.
    Ranges(Vec<f64>),
}

/// How a field is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct Field {
    texts: Texts,
    numbers: Numbers,
    /// Folders that some paths of the field have and others have not.
    folders: HashSet<String>,
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
    /// Texts that are paths or addresses, and how many of them have each folder.
    paths: usize,
    folders: HashMap<&'a str, usize>,
    numbers: usize,
    different_numbers: HashSet<String>,
    /// Numbers that are no elements of an array.
    single: Vec<f64>,
    fractions: bool,
}

impl Field {
    /// Whether its texts are read word by word.
    pub(in super::super) fn is_words(&self) -> bool {
        self.texts == Texts::Words
    }

    /// The fields of payloads, by their names.
    pub(in super::super) fn all<'a>(payloads: impl Iterator<Item = &'a Payload>) -> HashMap<String, Self> {
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
                if is_address(text) || is_path(text) {
                    self.paths += 1;
                    let had: HashSet<&str> = folders_of(text).collect();
                    for folder in had {
                        if self.folders.len() < FOLDERS || self.folders.contains_key(folder) {
                            *self.folders.entry(folder).or_default() += 1;
                        }
                    }
                }
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
                if let Some(value) = number.as_f64().filter(|value| value.is_finite() && !in_array) {
                    self.fractions |= value.fract() != 0.0;
                    self.single.push(value);
                }
            }
            _ => {}
        }
    }

    fn judge(&self) -> Field {
        let most = |some: usize| 2 * some > self.texts;
        let comes_back = 2 * self.different.len() <= self.texts;
        let texts = if self.texts > 0 && most(self.paths) {
            Texts::Folders
        } else if self.texts == 0 || most(self.opaque) {
            Texts::Skipped
        } else if self.long == 0 && (comes_back || most(self.in_arrays) || !most(self.with_spaces)) {
            Texts::Whole
        } else {
            Texts::Words
        };
        let folders = self.folders.iter().filter(|(_, n)| (FOLDER..self.paths).contains(n));
        let folders = folders.map(|(folder, _)| (*folder).to_owned()).collect();
        let different = self.different_numbers.len();
        let numbers = if different <= NUMBERS {
            if 2 * different <= self.numbers { Numbers::Whole } else { Numbers::Skipped }
        } else {
            self.ranges()
        };
        Field { texts, numbers, folders }
    }

    /// Ranges that hold about equally many numbers; none of numbers that only count or name what they are on.
    fn ranges(&self) -> Numbers {
        let mut sorted = self.single.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let names_things = !self.fractions && sorted.windows(2).all(|pair| pair[0] < pair[1]);
        if sorted.len() < MANY || names_things {
            return Numbers::Skipped;
        }
        let mut bounds: Vec<f64> = (1..RANGES).map(|i| rounded(sorted[i * sorted.len() / RANGES])).collect();
        bounds.dedup();
        // A bound at the very end divides nothing.
        bounds.retain(|bound| sorted[0] < *bound && *bound <= sorted[sorted.len() - 1]);
        if bounds.is_empty() { Numbers::Skipped } else { Numbers::Ranges(bounds) }
    }
}

/// To four significant digits.
fn rounded(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { format!("{value:.3e}").parse().unwrap_or(value) }
}

/// The range that a number is in, as words: "10 to 20" holds 10 and not 20.
fn range(value: f64, bounds: &[f64]) -> String {
    let place = bounds.partition_point(|bound| *bound <= value);
    match (place.checked_sub(1).map(|before| bounds[before]), bounds.get(place)) {
        (None, Some(to)) => format!("under {to}"),
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("{from} or more"),
        (None, None) => value.to_string(),
    }
}

/// The values of a payload that count, as names of fields and values; one may come more than once.
pub(in super::super) fn items(
    payload: &Payload,
    fields: &HashMap<String, Field>,
) -> impl Iterator<Item = (String, String)> + use<> {
    let mut found = Vec::new();
    visit(payload, &mut |name, value, in_array| {
        let Some(field) = fields.get(name) else { return };
        let mut add = |value: String| found.push((name.to_owned(), value));
        match value {
            Value::Bool(yes) => add(yes.to_string()),
            Value::Number(number) => match &field.numbers {
                Numbers::Whole => add(number.to_string()),
                Numbers::Ranges(bounds) if !in_array => {
                    if let Some(value) = number.as_f64().filter(|value| value.is_finite()) {
                        add(range(value, bounds));
                    }
                }
                _ => {}
            },
            Value::String(text) => match field.texts {
                Texts::Whole if !text.trim().is_empty() && !is_opaque(text.trim()) => add(text.trim().to_owned()),
                Texts::Words => words_of(text, add),
                Texts::Folders => {
                    let known = folders_of(text.trim()).filter(|folder| field.folders.contains(*folder));
                    known.for_each(|folder| add(folder.to_owned()));
                }
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

/// The folders of a path or an address: neither its scheme and host, nor the file's name, nor what is for machines.
fn folders_of(text: &str) -> impl Iterator<Item = &str> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => path,
    };
    let path = if text.starts_with("data:") { "" } else { path };
    let folders = path.rsplit_once(['/', '\\']).map_or("", |(folders, _)| folders);
    let says = |folder: &&str| {
        let has_letter = folder.chars().any(char::is_alphanumeric);
        has_letter && folder.chars().nth(SHORT).is_none() && !is_encoded(folder) && !is_id(folder)
    };
    let drive = |folder: &&str| !(folder.len() == 2 && folder.ends_with(':'));
    folders.split(['/', '\\']).map(str::trim).filter(drive).filter(says).take(STEPS)
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
    fn folders_that_some_paths_have_are_values_and_names_of_files_never() {
        let payloads: Vec<Payload> = (0..12)
            .map(|i| {
                let kind = ["cats", "dogs"][i % 2];
                payload(json!({
                    "path": format!("/data/pets/{kind}/picture {}.jpg", i / 2),
                    "win": format!("C:\\pets\\{kind}\\507f1f77bcf86cd799439011\\a.png"),
                    "url": format!("https://example.org/{kind}/{i}/a.jpg?size=large/small"),
                }))
            })
            .collect();
        let of = |field: &str, value: &str| (field.to_owned(), value.to_owned());
        let expected = ["path", "url", "win"].map(|field| [of(field, "cats"), of(field, "dogs")]).concat();
        assert_eq!(all_items(&payloads), expected, "no folder that all have, and none that one alone has");
    }

    #[test]
    fn many_numbers_fall_into_ranges_and_those_that_only_count_do_not() {
        let payloads: Vec<Payload> = (0..100u32)
            .map(|i| {
                payload(
                    json!({ "price": f64::from(i) / 8.0, "row": i * 3, "year": 1_950 + i / 2, "v": [f64::from(i)] }),
                )
            })
            .collect();
        let found = all_items(&payloads);
        let of = |field: &str| -> Vec<&str> {
            found.iter().filter(|(f, _)| f == field).map(|(_, value)| value.as_str()).collect()
        };
        assert_eq!(of("price"), ["10 or more", "2.5 to 5", "5 to 7.5", "7.5 to 10", "under 2.5"]);
        assert_eq!(of("year").len(), 5);
        assert!(of("row").is_empty() && of("v").is_empty(), "{found:?}");
        assert_eq!(range(5.0, &[2.5, 5.0]), "5 or more", "a range holds its lower bound");
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
