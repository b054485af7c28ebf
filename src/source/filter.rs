//! Qdrant's filter as JSON (the form of its REST API), turned into the form of its gRPC API.
//!
//! The client reads no JSON filters, and a key that nobody knows must be told rather than overlooked: a filter with a
//! typing mistake would otherwise choose other points than the person meant.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{
    Condition, DatetimeRange, FieldCondition, Filter, GeoBoundingBox, GeoLineString, GeoPoint, GeoPolygon, GeoRadius,
    HasIdCondition, HasVectorCondition, IsEmptyCondition, IsNullCondition, Match, MinShould, NestedCondition,
    PointId as GrpcId, Range, RepeatedIntegers, RepeatedStrings, SliceCondition, Timestamp, ValuesCount,
};
use qdrant_edge::DateTimeWrapper;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The keys of a filter.
const CLAUSES: [&str; 4] = ["must", "should", "must_not", "min_should"];
/// What a field can be asked, beside its key.
const FIELD: [&str; 8] =
    ["match", "range", "geo_bounding_box", "geo_radius", "geo_polygon", "values_count", "is_empty", "is_null"];
/// The bounds of a range.
const BOUNDS: [&str; 4] = ["lt", "gt", "gte", "lte"];

/// Reads a filter. An unknown key or a value of the wrong kind is a setting error that names it.
pub(super) fn parse(json: &Value) -> Result<Filter> {
    let object = Object::of(json, "a filter")?;
    object.only(&CLAUSES)?;
    let list = |key| object.get(key).map(conditions).transpose().map(Option::unwrap_or_default);
    Ok(Filter {
        must: list("must")?,
        should: list("should")?,
        must_not: list("must_not")?,
        min_should: object.get("min_should").map(min_should).transpose()?,
    })
}

fn fault(problem: impl std::fmt::Display) -> Error {
    Error::setting(format!("--filter: {problem}"))
}

/// A JSON object and what messages call it. A key whose value is null counts as left out.
struct Object<'a> {
    what: String,
    map: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    fn of(json: &'a Value, what: impl Into<String>) -> Result<Self> {
        let what = what.into();
        match json {
            Value::Object(map) => Ok(Self { what, map }),
            _ => Err(fault(format!("{what} must be a JSON object"))),
        }
    }

    /// Refuses keys that are not among the known ones.
    fn only(&self, known: &[&str]) -> Result<()> {
        match self.map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                Err(fault(format!("unknown key \"{key}\" in {}, which takes {}", self.what, known.join(", "))))
            }
            None => Ok(()),
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn need(&self, key: &str) -> Result<&'a Value> {
        self.get(key).ok_or_else(|| fault(format!("{} needs \"{key}\"", self.what)))
    }

    fn text(&self, key: &str) -> Result<String> {
        text(self.need(key)?, || format!("\"{key}\" of {}", self.what))
    }

    fn number(&self, key: &str) -> Result<f64> {
        let value = self.need(key)?;
        value.as_f64().ok_or_else(|| fault(format!("\"{key}\" of {} must be a number, not {value}", self.what)))
    }

    fn whole(&self, key: &str) -> Result<u64> {
        let value = self.need(key)?;
        value.as_u64().ok_or_else(|| fault(format!("\"{key}\" of {} must be a whole number, not {value}", self.what)))
    }

    fn small(&self, key: &str) -> Result<u32> {
        let value = self.whole(key)?;
        u32::try_from(value).map_err(|_| fault(format!("\"{key}\" of {} is too large: {value}", self.what)))
    }

    fn list(&self, key: &str) -> Result<&'a [Value]> {
        match self.need(key)? {
            Value::Array(items) => Ok(items),
            _ => Err(fault(format!("\"{key}\" of {} must be a list", self.what))),
        }
    }
}

fn text(json: &Value, what: impl FnOnce() -> String) -> Result<String> {
    json.as_str().map(str::to_owned).ok_or_else(|| fault(format!("{} must be text, not {json}", what())))
}

/// A clause's conditions: Qdrant takes a list, or one alone.
fn conditions(json: &Value) -> Result<Vec<Condition>> {
    match json {
        Value::Array(items) => items.iter().map(condition).collect(),
        one => Ok(vec![condition(one)?]),
    }
}

fn min_should(json: &Value) -> Result<MinShould> {
    let object = Object::of(json, "min_should")?;
    object.only(&["conditions", "min_count"])?;
    Ok(MinShould { conditions: conditions(object.need("conditions")?)?, min_count: object.whole("min_count")? })
}

fn condition(json: &Value) -> Result<Condition> {
    let object = Object::of(json, "a condition")?;
    // Each kind has one key that no other kind has, save for "is_empty" and "is_null", which a field may also have.
    const KINDS: [&str; 7] = ["key", "is_empty", "is_null", "has_id", "has_vector", "nested", "slice"];
    let kind = KINDS.into_iter().find(|kind| object.map.contains_key(*kind));
    let alone = |kind: &str| object.only(&[kind]).and_then(|()| object.need(kind));
    let one_of = match kind {
        Some("key") => ConditionOneOf::Field(field(&object)?),
        Some(kind @ "is_empty") => ConditionOneOf::IsEmpty(IsEmptyCondition { key: key_alone(alone(kind)?, kind)? }),
        Some(kind @ "is_null") => ConditionOneOf::IsNull(IsNullCondition { key: key_alone(alone(kind)?, kind)? }),
        Some(kind @ "has_id") => {
            alone(kind)?;
            let has_id = object.list(kind)?.iter().map(point_id).collect::<Result<_>>()?;
            ConditionOneOf::HasId(HasIdCondition { has_id })
        }
        Some(kind @ "has_vector") => {
            alone(kind)?;
            ConditionOneOf::HasVector(HasVectorCondition { has_vector: object.text(kind)? })
        }
        Some(kind @ "nested") => {
            let nested = Object::of(alone(kind)?, "nested")?;
            nested.only(&["key", "filter"])?;
            let filter = Some(parse(nested.need("filter")?)?);
            ConditionOneOf::Nested(NestedCondition { key: nested.text("key")?, filter })
        }
        Some(kind @ "slice") => {
            let slice = Object::of(alone(kind)?, "slice")?;
            slice.only(&["total", "index"])?;
            ConditionOneOf::Slice(SliceCondition { total: slice.small("total")?, index: slice.small("index")? })
        }
        _ => match object.map.keys().find(|key| !CLAUSES.contains(&key.as_str())) {
            Some(key) if FIELD.contains(&key.as_str()) => {
                return Err(fault(format!("a condition with \"{key}\" needs \"key\", the name of the field")));
            }
            Some(key) => return Err(fault(format!("unknown condition \"{key}\""))),
            None => ConditionOneOf::Filter(parse(json)?),
        },
    };
    Ok(Condition { condition_one_of: Some(one_of) })
}

fn key_alone(json: &Value, kind: &str) -> Result<String> {
    let object = Object::of(json, kind)?;
    object.only(&["key"])?;
    object.text("key")
}

fn point_id(json: &Value) -> Result<GrpcId> {
    let id = match json {
        Value::Number(number) => number.as_u64().map(GrpcId::from),
        Value::String(text) => Uuid::parse_str(text).ok().map(|uuid| GrpcId::from(uuid.to_string())),
        _ => None,
    };
    id.ok_or_else(|| fault(format!("{json} in has_id is neither a whole number nor a UUID")))
}

fn field(object: &Object) -> Result<FieldCondition> {
    let key = object.text("key")?;
    if let Some(other) = object.map.keys().find(|k| *k != "key" && !FIELD.contains(&k.as_str())) {
        return Err(fault(format!("unknown condition \"{other}\" on \"{key}\"")));
    }
    if !FIELD.iter().any(|asked| object.get(asked).is_some()) {
        return Err(fault(format!("the condition on \"{key}\" asks nothing; it takes {}", FIELD.join(", "))));
    }
    let on = |kind: &str| format!("{kind} on \"{key}\"");
    let (range, datetime_range) = match object.get("range") {
        Some(json) => range(json, on("range"))?,
        None => (None, None),
    };
    let yes = |kind: &str| match object.get(kind) {
        None => Ok(None),
        Some(Value::Bool(yes)) => Ok(Some(*yes)),
        Some(other) => Err(fault(format!("{} must be true or false, not {other}", on(kind)))),
    };
    Ok(FieldCondition {
        r#match: object.get("match").map(|json| matching(json, on("match"))).transpose()?,
        range,
        datetime_range,
        geo_bounding_box: object
            .get("geo_bounding_box")
            .map(|j| bounding_box(j, on("geo_bounding_box")))
            .transpose()?,
        geo_radius: object.get("geo_radius").map(|json| radius(json, on("geo_radius"))).transpose()?,
        geo_polygon: object.get("geo_polygon").map(|json| polygon(json, on("geo_polygon"))).transpose()?,
        values_count: object.get("values_count").map(|json| values_count(json, on("values_count"))).transpose()?,
        is_empty: yes("is_empty")?,
        is_null: yes("is_null")?,
        key,
    })
}

fn matching(json: &Value, what: String) -> Result<Match> {
    let object = Object::of(json, what)?;
    let what = &object.what;
    let mut asked = object.map.iter();
    let (Some((kind, value)), None) = (asked.next(), asked.next()) else {
        return Err(fault(format!(
            "{what} needs one of value, any, except, text, text_any, phrase, prefix, substring"
        )));
    };
    let words = || text(value, || format!("\"{kind}\" of {what}"));
    let value = match kind.as_str() {
        "value" => match value {
            Value::String(word) => MatchValue::Keyword(word.clone()),
            Value::Bool(yes) => MatchValue::Boolean(*yes),
            other => MatchValue::Integer(other.as_i64().ok_or_else(|| {
                fault(format!("{what} must be text, a whole number, true or false, not {other}; range takes fractions"))
            })?),
        },
        "text" => MatchValue::Text(words()?),
        "text_any" => MatchValue::TextAny(words()?),
        "phrase" => MatchValue::Phrase(words()?),
        "prefix" => MatchValue::Prefix(words()?),
        "substring" => MatchValue::Substring(words()?),
        "any" => match several(value, kind, what)? {
            Several::Words(strings) => MatchValue::Keywords(RepeatedStrings { strings }),
            Several::Numbers(integers) => MatchValue::Integers(RepeatedIntegers { integers }),
        },
        "except" => match several(value, kind, what)? {
            Several::Words(strings) => MatchValue::ExceptKeywords(RepeatedStrings { strings }),
            Several::Numbers(integers) => MatchValue::ExceptIntegers(RepeatedIntegers { integers }),
        },
        other => return Err(fault(format!("unknown {what}: \"{other}\""))),
    };
    Ok(Match { match_value: Some(value) })
}

enum Several {
    Words(Vec<String>),
    Numbers(Vec<i64>),
}

fn several(json: &Value, kind: &str, what: &str) -> Result<Several> {
    let items = json.as_array().map(Vec::as_slice);
    let words = items.and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
    let numbers = items.and_then(|items| items.iter().map(Value::as_i64).collect());
    // An empty list is one of words, as Qdrant reads it.
    words.map(Several::Words).or(numbers.map(Several::Numbers)).ok_or_else(|| {
        fault(format!("\"{kind}\" of {what} must be a list of texts or one of whole numbers, not {json}"))
    })
}

fn range(json: &Value, what: String) -> Result<(Option<Range>, Option<DatetimeRange>)> {
    let object = Object::of(json, what)?;
    object.only(&BOUNDS)?;
    let what = &object.what;
    let bounds: Vec<&Value> = BOUNDS.iter().filter_map(|bound| object.get(bound)).collect();
    if bounds.is_empty() {
        return Err(fault(format!("{what} needs one of {}", BOUNDS.join(", "))));
    }
    if bounds.iter().all(|bound| bound.is_string()) {
        let time = |bound| object.get(bound).map(|json| timestamp(json, what)).transpose();
        let range = DatetimeRange { lt: time("lt")?, gt: time("gt")?, gte: time("gte")?, lte: time("lte")? };
        return Ok((None, Some(range)));
    }
    if let Some(odd) = bounds.iter().find(|bound| !bound.is_number()) {
        return Err(fault(format!("{what} takes numbers, or times as text, and {odd} does not fit")));
    }
    let number = |bound| object.get(bound).and_then(Value::as_f64);
    Ok((Some(Range { lt: number("lt"), gt: number("gt"), gte: number("gte"), lte: number("lte") }), None))
}

fn timestamp(json: &Value, what: &str) -> Result<Timestamp> {
    // The server's own reading of times, with or without a zone, seconds, or a time of day.
    let time: DateTimeWrapper = text(json, || what.to_owned())?
        .parse()
        .map_err(|_| fault(format!("{what}: {json} is not a time; write one as 2024-01-31T12:00:00Z")))?;
    Ok(Timestamp { seconds: time.0.timestamp(), nanos: time.0.timestamp_subsec_nanos() as i32 })
}

fn values_count(json: &Value, what: String) -> Result<ValuesCount> {
    let object = Object::of(json, what)?;
    object.only(&BOUNDS)?;
    if !BOUNDS.iter().any(|bound| object.get(bound).is_some()) {
        return Err(fault(format!("{} needs one of {}", object.what, BOUNDS.join(", "))));
    }
    let count = |bound| object.get(bound).map(|_| object.whole(bound)).transpose();
    Ok(ValuesCount { lt: count("lt")?, gt: count("gt")?, gte: count("gte")?, lte: count("lte")? })
}

fn geo_point(json: &Value, what: &str) -> Result<GeoPoint> {
    let object = Object::of(json, format!("a point of {what}"))?;
    object.only(&["lon", "lat"])?;
    Ok(GeoPoint { lon: object.number("lon")?, lat: object.number("lat")? })
}

fn bounding_box(json: &Value, what: String) -> Result<GeoBoundingBox> {
    let object = Object::of(json, what)?;
    object.only(&["top_left", "bottom_right"])?;
    let corner = |key| geo_point(object.need(key)?, &object.what).map(Some);
    Ok(GeoBoundingBox { top_left: corner("top_left")?, bottom_right: corner("bottom_right")? })
}

fn radius(json: &Value, what: String) -> Result<GeoRadius> {
    let object = Object::of(json, what)?;
    object.only(&["center", "radius"])?;
    let center = geo_point(object.need("center")?, &object.what)?;
    Ok(GeoRadius { center: Some(center), radius: object.number("radius")? as f32 })
}

fn polygon(json: &Value, what: String) -> Result<GeoPolygon> {
    let object = Object::of(json, what)?;
    object.only(&["exterior", "interiors"])?;
    let line = |json: &Value| {
        let line = Object::of(json, format!("a line of {}", object.what))?;
        line.only(&["points"])?;
        let points = line.list("points")?.iter().map(|point| geo_point(point, &object.what)).collect::<Result<_>>()?;
        Ok(GeoLineString { points })
    };
    let interiors = match object.get("interiors") {
        Some(_) => object.list("interiors")?.iter().map(line).collect::<Result<_>>()?,
        None => Vec::new(),
    };
    Ok(GeoPolygon { exterior: Some(line(object.need("exterior")?)?), interiors })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The one condition that this JSON stands for.
    fn one(json: Value) -> ConditionOneOf {
        let filter = parse(&json!({ "must": [json] })).expect("a good filter");
        filter.must.into_iter().next().and_then(|c| c.condition_one_of).expect("a condition")
    }

    fn field(json: Value) -> FieldCondition {
        match one(json) {
            ConditionOneOf::Field(field) => field,
            other => panic!("{other:?}"),
        }
    }

    fn match_value(json: Value) -> MatchValue {
        field(json!({ "key": "k", "match": json })).r#match.and_then(|m| m.match_value).expect("a match")
    }

    fn refusal(json: Value) -> String {
        parse(&json).expect_err("a bad filter").to_string()
    }

    fn point(lon: f64, lat: f64) -> GeoPoint {
        GeoPoint { lon, lat }
    }

    #[test]
    fn clauses_take_a_list_or_one_condition() {
        let red = json!({ "key": "colour", "match": { "value": "red" } });
        let listed = parse(&json!({ "must": [red], "should": null, "must_not": [red, red] })).unwrap();
        assert_eq!((listed.must.len(), listed.should.len(), listed.must_not.len()), (1, 0, 2));
        assert_eq!(listed.min_should, None);
        let alone = parse(&json!({ "must": red })).unwrap();
        assert_eq!(alone.must, listed.must);
        let some = parse(&json!({ "min_should": { "conditions": [red, red], "min_count": 1 } })).unwrap();
        let wanted = MinShould { conditions: vec![listed.must[0].clone(), listed.must[0].clone()], min_count: 1 };
        assert_eq!(some.min_should, Some(wanted));
        assert_eq!(parse(&json!({})).unwrap(), Filter::default());
    }

    #[test]
    fn a_match_is_exact_or_by_words() {
        assert_eq!(match_value(json!({ "value": "red" })), MatchValue::Keyword("red".into()));
        assert_eq!(match_value(json!({ "value": -7 })), MatchValue::Integer(-7));
        assert_eq!(match_value(json!({ "value": i64::MAX })), MatchValue::Integer(i64::MAX));
        assert_eq!(match_value(json!({ "value": true })), MatchValue::Boolean(true));
        assert_eq!(match_value(json!({ "text": "a b" })), MatchValue::Text("a b".into()));
        assert_eq!(match_value(json!({ "text_any": "a b" })), MatchValue::TextAny("a b".into()));
        assert_eq!(match_value(json!({ "phrase": "a b" })), MatchValue::Phrase("a b".into()));
        assert_eq!(match_value(json!({ "prefix": "a" })), MatchValue::Prefix("a".into()));
        assert_eq!(match_value(json!({ "substring": "a" })), MatchValue::Substring("a".into()));
    }

    #[test]
    fn a_match_is_among_or_not_among_a_list() {
        let strings = || RepeatedStrings { strings: vec!["a".into(), "b".into()] };
        let integers = || RepeatedIntegers { integers: vec![1, -2] };
        assert_eq!(match_value(json!({ "any": ["a", "b"] })), MatchValue::Keywords(strings()));
        assert_eq!(match_value(json!({ "any": [1, -2] })), MatchValue::Integers(integers()));
        assert_eq!(match_value(json!({ "except": ["a", "b"] })), MatchValue::ExceptKeywords(strings()));
        assert_eq!(match_value(json!({ "except": [1, -2] })), MatchValue::ExceptIntegers(integers()));
        assert_eq!(match_value(json!({ "any": [] })), MatchValue::Keywords(RepeatedStrings { strings: vec![] }));
    }

    #[test]
    fn ranges_are_of_numbers_or_of_times() {
        let numbers = field(json!({ "key": "price", "range": { "gte": 1, "lt": 2.5, "gt": null } }));
        assert_eq!(numbers.range, Some(Range { lt: Some(2.5), gt: None, gte: Some(1.0), lte: None }));
        assert_eq!(numbers.datetime_range, None);
        let times = field(json!({ "key": "at", "range": { "gt": "2024-01-01T00:00:00.5Z", "lte": "2024-01-02" } }));
        let wanted = DatetimeRange {
            gt: Some(Timestamp { seconds: 1_704_067_200, nanos: 500_000_000 }),
            lte: Some(Timestamp { seconds: 1_704_153_600, nanos: 0 }),
            ..Default::default()
        };
        assert_eq!(times.datetime_range, Some(wanted));
        assert_eq!(times.range, None);
    }

    #[test]
    fn places_are_in_a_box_a_circle_or_a_polygon() {
        let a = json!({ "lon": 1.5, "lat": 2 });
        let b = json!({ "lon": 3, "lat": -4 });
        let inside = field(json!({ "key": "at", "geo_bounding_box": { "top_left": a, "bottom_right": b } }));
        let wanted = GeoBoundingBox { top_left: Some(point(1.5, 2.0)), bottom_right: Some(point(3.0, -4.0)) };
        assert_eq!(inside.geo_bounding_box, Some(wanted));
        let near = field(json!({ "key": "at", "geo_radius": { "center": a, "radius": 1000 } }));
        assert_eq!(near.geo_radius, Some(GeoRadius { center: Some(point(1.5, 2.0)), radius: 1000.0 }));
        let lines = json!({ "exterior": { "points": [a, b] }, "interiors": [{ "points": [b] }] });
        let within = field(json!({ "key": "at", "geo_polygon": lines }));
        let wanted = GeoPolygon {
            exterior: Some(GeoLineString { points: vec![point(1.5, 2.0), point(3.0, -4.0)] }),
            interiors: vec![GeoLineString { points: vec![point(3.0, -4.0)] }],
        };
        assert_eq!(within.geo_polygon, Some(wanted));
    }

    #[test]
    fn fields_are_counted_empty_or_null() {
        let counted = field(json!({ "key": "tags", "values_count": { "gt": 1, "lte": 4 } }));
        assert_eq!(counted.values_count, Some(ValuesCount { gt: Some(1), lte: Some(4), ..Default::default() }));
        let asked = field(json!({ "key": "tags", "is_empty": true, "is_null": false }));
        assert_eq!((asked.is_empty, asked.is_null), (Some(true), Some(false)));
        let empty = one(json!({ "is_empty": { "key": "tags" } }));
        assert_eq!(empty, ConditionOneOf::IsEmpty(IsEmptyCondition { key: "tags".into() }));
        let null = one(json!({ "is_null": { "key": "tags" } }));
        assert_eq!(null, ConditionOneOf::IsNull(IsNullCondition { key: "tags".into() }));
    }

    #[test]
    fn points_are_chosen_by_id_vector_or_slice() {
        let uuid = "5c56c793-69f3-4fbf-87e6-c4bf54c28c26";
        let ids = one(json!({ "has_id": [7, uuid, u64::MAX] }));
        let wanted = vec![GrpcId::from(7u64), GrpcId::from(uuid), GrpcId::from(u64::MAX)];
        assert_eq!(ids, ConditionOneOf::HasId(HasIdCondition { has_id: wanted }));
        let vector = one(json!({ "has_vector": "image" }));
        assert_eq!(vector, ConditionOneOf::HasVector(HasVectorCondition { has_vector: "image".into() }));
        let slice = one(json!({ "slice": { "total": 4, "index": 1 } }));
        assert_eq!(slice, ConditionOneOf::Slice(SliceCondition { total: 4, index: 1 }));
    }

    #[test]
    fn filters_nest() {
        let inner = json!({ "should": [{ "key": "meat", "match": { "value": true } }] });
        let filter = parse(&inner).unwrap();
        let nested = one(json!({ "nested": { "key": "diet", "filter": inner } }));
        let wanted = NestedCondition { key: "diet".into(), filter: Some(filter.clone()) };
        assert_eq!(nested, ConditionOneOf::Nested(wanted));
        assert_eq!(one(inner), ConditionOneOf::Filter(filter));
    }

    #[test]
    fn what_is_unknown_is_named() {
        let key = |json: Value| refusal(json!({ "must": json }));
        assert_eq!(key(json!([{ "foo": 1 }])), "--filter: unknown condition \"foo\"");
        assert_eq!(key(json!({ "key": "a", "mach": {} })), "--filter: unknown condition \"mach\" on \"a\"");
        assert_eq!(key(json!({ "key": "a", "match": { "val": 1 } })), "--filter: unknown match on \"a\": \"val\"");
        assert!(key(json!({ "has_id": [1], "foo": 1 })).contains("unknown key \"foo\""));
        assert!(key(json!({ "match": { "value": 1 } })).contains("needs \"key\""));
        assert!(key(json!({ "key": "a" })).contains("asks nothing"));
        assert!(
            key(json!({ "key": "a", "range": { "above": 1 } })).contains("unknown key \"above\" in range on \"a\"")
        );
        assert!(refusal(json!({ "key": "a", "match": { "value": 1 } })).contains("unknown key \"key\" in a filter"));
        assert!(refusal(json!({ "must": { "nested": { "key": "a", "filter": { "mus": [] } } } })).contains("\"mus\""));
        assert!(matches!(parse(&json!({ "foo": 1 })), Err(Error::Setting(_))));
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused() {
        let key = |json: Value| refusal(json!({ "must": json }));
        for (bad, words) in [
            (json!({ "key": "a", "match": { "value": 1.5 } }), "range takes fractions"),
            (json!({ "key": "a", "match": { "any": ["a", 1] } }), "list of texts or one of whole numbers"),
            (json!({ "key": "a", "match": { "value": 1, "text": "b" } }), "needs one of"),
            (json!({ "key": "a", "match": "b" }), "must be a JSON object"),
            (json!({ "key": "a", "range": { "gt": 1, "lt": "2024-01-01" } }), "does not fit"),
            (json!({ "key": "a", "range": { "gt": "yesterday" } }), "is not a time"),
            (json!({ "key": "a", "range": {} }), "needs one of"),
            (json!({ "key": "a", "values_count": { "gt": -1 } }), "whole number"),
            (json!({ "key": "a", "is_empty": "yes" }), "true or false"),
            (json!({ "key": 3, "is_empty": true }), "must be text"),
            (json!({ "has_id": ["12"] }), "neither a whole number nor a UUID"),
            (json!({ "has_id": 12 }), "must be a list"),
            (json!({ "has_vector": null }), "needs \"has_vector\""),
            (json!({ "slice": { "total": 5_000_000_000u64, "index": 0 } }), "too large"),
            (json!({ "key": "a", "geo_radius": { "center": { "lon": 1 }, "radius": 1 } }), "needs \"lat\""),
            (json!("a"), "must be a JSON object"),
        ] {
            let told = key(bad.clone());
            assert!(told.starts_with("--filter: ") && told.contains(words), "{bad}: {told}");
        }
        assert!(refusal(Value::Null).contains("a filter must be a JSON object"));
    }
}
