//! A filter in Qdrant's JSON, written in Rust for the client of a server and in Python for an embedded store, whose
//! libraries read no JSON. (Those of the other two do.)

use serde_json::{Map, Value, json};

use super::Writer;
use super::layout::{group, quoted};
use crate::point::PointId;

/// A filter as an expression, or a sentence that says what keeps it from being written as one.
type Written = Result<Option<String>, String>;

/// The filter for an embedded store: that of the leaves, without the points that the search names. A server leaves them
/// out by itself.
pub(super) fn for_store(writer: &Writer) -> Option<Value> {
    let named: Vec<PointId> = writer.search.query.points();
    let mut filter = writer.filter.cloned();
    if !named.is_empty() {
        let inner = filter.take();
        let mut object = Map::new();
        if let Some(inner) = inner {
            object.insert("must".into(), json!([inner]));
        }
        object.insert("must_not".into(), json!([{ "has_id": named }]));
        filter = Some(Value::Object(object));
    }
    filter
}

/// For the Rust client of a server.
pub(super) fn rust(writer: &Writer) -> Written {
    writer.filter.map(|filter| write(&Rust, filter)).transpose()
}

/// For the Python library of an embedded store.
pub(super) fn python(writer: &Writer) -> Written {
    for_store(writer).map(|filter| write(&Python, &filter)).transpose()
}

/// How one of the libraries writes the parts.
trait Language {
    fn unknown(&self, condition: &Value) -> String;
    fn filter(&self, clauses: &[(&str, Vec<String>)], min_should: Option<(u64, Vec<String>)>) -> String;
    fn nested_filter(&self, filter: String) -> String;
    fn key(&self, kind: &str, key: &str) -> String;
    fn ids(&self, ids: &[Value]) -> String;
    fn nested(&self, key: &str, filter: String) -> String;
    fn matching(&self, key: &str, kind: &str, value: &Value) -> Option<String>;
    fn bounds(&self, key: &str, kind: &str, bounds: &Map<String, Value>) -> String;
}

fn write(language: &dyn Language, filter: &Value) -> Result<String, String> {
    let list = |json: &Value| -> Result<Vec<String>, String> {
        match json {
            Value::Null => Ok(Vec::new()),
            Value::Array(all) => all.iter().map(|c| condition(language, c)).collect(),
            one => Ok(vec![condition(language, one)?]),
        }
    };
    let mut clauses = Vec::new();
    for name in ["must", "should", "must_not"] {
        let conditions = filter.get(name).map(list).transpose()?.unwrap_or_default();
        if !conditions.is_empty() {
            clauses.push((name, conditions));
        }
    }
    let min_should = match filter.get("min_should").filter(|m| !m.is_null()) {
        Some(min) => {
            let conditions = list(min.get("conditions").unwrap_or(&Value::Null))?;
            Some((min.get("min_count").and_then(Value::as_u64).unwrap_or(0), conditions))
        }
        None => None,
    };
    Ok(language.filter(&clauses, min_should))
}

fn condition(language: &dyn Language, json: &Value) -> Result<String, String> {
    let unknown = || language.unknown(json);
    let object = json.as_object().ok_or_else(unknown)?;
    let key = |inner: &Value| inner.get("key").and_then(Value::as_str).map(str::to_owned);
    if let Some(field) = object.get("key").and_then(Value::as_str) {
        let mut asked = object.iter().filter(|(name, value)| *name != "key" && !value.is_null());
        let (Some((kind, value)), None) = (asked.next(), asked.next()) else { return Err(unknown()) };
        return match (kind.as_str(), value) {
            ("match", Value::Object(one)) => {
                let (kind, value) = one.iter().next().ok_or_else(unknown)?;
                language.matching(field, kind, value).ok_or_else(unknown)
            }
            ("range" | "values_count", Value::Object(bounds))
                if bounds.values().all(|v| v.is_number() || v.is_null()) =>
            {
                Ok(language.bounds(field, kind, bounds))
            }
            ("is_empty" | "is_null", Value::Bool(true)) => Ok(language.key(kind, field)),
            _ => Err(unknown()),
        };
    }
    if let Some((kind, inner)) = object.iter().find(|(kind, _)| ["is_empty", "is_null"].contains(&kind.as_str())) {
        return Ok(language.key(kind, &key(inner).ok_or_else(unknown)?));
    }
    if let Some(name) = object.get("has_vector").and_then(Value::as_str) {
        return Ok(language.key("has_vector", name));
    }
    if let Some(ids) = object.get("has_id").and_then(Value::as_array) {
        return Ok(language.ids(ids));
    }
    if let Some(nested) = object.get("nested") {
        let filter = write(language, nested.get("filter").ok_or_else(unknown)?)?;
        return Ok(language.nested(&key(nested).ok_or_else(unknown)?, filter));
    }
    if object.keys().all(|k| ["must", "should", "must_not", "min_should"].contains(&k.as_str())) {
        return Ok(language.nested_filter(write(language, json)?));
    }
    Err(unknown())
}

/// A list of texts or of whole numbers, each written by one of these.
fn each(value: &Value, text: impl Fn(&str) -> String, number: impl Fn(i64) -> String) -> Option<String> {
    let items: Option<Vec<String>> =
        value.as_array()?.iter().map(|item| item.as_str().map(&text).or_else(|| item.as_i64().map(&number))).collect();
    Some(group("[", &items?, "]", true))
}

struct Rust;

impl Language for Rust {
    fn unknown(&self, condition: &Value) -> String {
        format!("The condition {condition} of the filter is not written out in Rust; the JSON request has it.")
    }

    fn filter(&self, clauses: &[(&str, Vec<String>)], min_should: Option<(u64, Vec<String>)>) -> String {
        let mut members: Vec<String> =
            clauses.iter().map(|(name, all)| format!("{name}: {}", group("vec![", all, "]", true))).collect();
        if let Some((min, all)) = min_should {
            let all = group("vec![", &all, "]", true);
            members.push(format!("min_should: Some(MinShould {{ min_count: {min}, conditions: {all} }})"));
        }
        members.push("..Default::default()".into());
        group("Filter { ", &members, " }", true)
    }

    fn nested_filter(&self, filter: String) -> String {
        format!("Condition::from({filter})")
    }

    fn key(&self, kind: &str, key: &str) -> String {
        format!("Condition::{kind}({})", quoted(key))
    }

    fn ids(&self, ids: &[Value]) -> String {
        let one = |id: &Value| match id.as_u64() {
            Some(number) => format!("PointId::from({number}u64)"),
            None => format!("PointId::from({})", quoted(id.as_str().unwrap_or_default())),
        };
        group("Condition::has_id([", &ids.iter().map(one).collect::<Vec<_>>(), "])", true)
    }

    fn nested(&self, key: &str, filter: String) -> String {
        group("Condition::nested(", &[quoted(key), filter], ")", true)
    }

    fn matching(&self, key: &str, kind: &str, value: &Value) -> Option<String> {
        let text = |text: &str| format!("{}.to_string()", quoted(text));
        let call =
            |function: &str, value: String| group(&format!("Condition::{function}("), &[quoted(key), value], ")", true);
        Some(match (kind, value) {
            ("value", Value::String(word)) => call("matches", text(word)),
            ("value", Value::Bool(yes)) => call("matches", yes.to_string()),
            ("value", number) => call("matches", format!("{}i64", number.as_i64()?)),
            ("any", list) => call("matches", format!("vec!{}", each(list, text, |n| format!("{n}i64"))?)),
            ("except", list) => {
                let (words, kind, field) = match list.as_array()?.first() {
                    Some(Value::Number(_)) => ("RepeatedIntegers", "ExceptIntegers", "integers"),
                    _ => ("RepeatedStrings", "ExceptKeywords", "strings"),
                };
                let items = each(list, text, |n| n.to_string())?;
                call("matches", format!("MatchValue::{kind}({words} {{ {field}: vec!{items} }})"))
            }
            ("text", Value::String(words)) => call("matches_text", quoted(words)),
            ("text_any", Value::String(words)) => call("matches_text_any", quoted(words)),
            ("phrase", Value::String(words)) => call("matches_phrase", quoted(words)),
            _ => return None,
        })
    }

    fn bounds(&self, key: &str, kind: &str, bounds: &Map<String, Value>) -> String {
        let name = if kind == "range" { "Range" } else { "ValuesCount" };
        let number = |value: &Value| match value.as_f64().filter(|_| kind == "range") {
            Some(float) => format!("{float:?}"),
            None => value.to_string(),
        };
        let given = bounds.iter().filter(|(_, value)| !value.is_null());
        let mut members: Vec<String> = given.map(|(bound, v)| format!("{bound}: Some({})", number(v))).collect();
        members.push("..Default::default()".into());
        let bounds = group(&format!("{name} {{ "), &members, " }", true);
        group(&format!("Condition::{kind}("), &[quoted(key), bounds], ")", true)
    }
}

struct Python;

impl Language for Python {
    fn unknown(&self, condition: &Value) -> String {
        format!("The condition {condition} of the filter is not written out in Python; the program in Rust has it.")
    }

    fn filter(&self, clauses: &[(&str, Vec<String>)], min_should: Option<(u64, Vec<String>)>) -> String {
        let mut members: Vec<String> =
            clauses.iter().map(|(name, all)| format!("{name}={}", group("[", all, "]", true))).collect();
        if let Some((min, all)) = min_should {
            let arguments = [group("[", &all, "]", true), min.to_string()];
            members.push(format!("min_should={}", group("MinShould(", &arguments, ")", true)));
        }
        group("Filter(", &members, ")", true)
    }

    fn nested_filter(&self, filter: String) -> String {
        filter
    }

    fn key(&self, kind: &str, key: &str) -> String {
        let class = match kind {
            "is_empty" => "IsEmptyCondition",
            "is_null" => "IsNullCondition",
            _ => "HasVectorCondition",
        };
        format!("{class}({})", quoted(key))
    }

    fn ids(&self, ids: &[Value]) -> String {
        let one = |id: &Value| match id.as_str() {
            Some(uuid) => quoted(uuid),
            None => id.to_string(),
        };
        format!("HasIdCondition({})", group("{", &ids.iter().map(one).collect::<Vec<_>>(), "}", true))
    }

    fn nested(&self, key: &str, filter: String) -> String {
        group("NestedCondition(", &[quoted(key), filter], ")", true)
    }

    fn matching(&self, key: &str, kind: &str, value: &Value) -> Option<String> {
        let literal = match value {
            Value::String(text) => quoted(text),
            // qdrant-edge-py 0.7 takes True for the number 1, which matches nothing.
            Value::Bool(_) => return None,
            Value::Array(_) => each(value, quoted, |n| n.to_string())?,
            other => other.as_i64()?.to_string(),
        };
        let class = match kind {
            "value" => "MatchValue",
            "any" => "MatchAny",
            "except" => "MatchExcept",
            "text" => "MatchText",
            _ => return None,
        };
        Some(group("FieldCondition(", &[quoted(key), format!("match={class}({literal})")], ")", true))
    }

    fn bounds(&self, key: &str, kind: &str, bounds: &Map<String, Value>) -> String {
        let class = if kind == "range" { "RangeFloat" } else { "ValuesCount" };
        let given = bounds.iter().filter(|(_, value)| !value.is_null());
        let members: Vec<String> = given.map(|(bound, value)| format!("{bound}={value}")).collect();
        let bounds = group(&format!("{class}("), &members, ")", true);
        group("FieldCondition(", &[quoted(key), format!("{kind}={bounds}")], ")", true)
    }
}
