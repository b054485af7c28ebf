//! A search as text that does the same elsewhere: the body for Qdrant's REST API, and whole programs in Rust and Python.
//!
//! All of them are made from the stages that the sources make their own requests from. An API key is never in them:
//! the programs read it from the environment variable `QDRANT_API_KEY`.

mod filter;
mod json;
mod layout;
mod python;
mod rust;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::config::CollectionArgs;
use crate::error::Result;
use crate::point::Distance;
use crate::source::request::Stage;
use crate::source::{Example, Search, ServerAddress, SourceInfo};

/// Where a collection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a server.
    Server {
        /// Its gRPC URL: scheme, host and port.
        url: String,
    },
    /// In an embedded store.
    Store {
        /// The store's folder.
        folder: PathBuf,
    },
}

/// The collection that a search is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Where it is.
    pub place: Place,
    /// Its name.
    pub collection: String,
    /// The dense vector's name; empty for the default vector.
    pub vector: String,
    /// How its nearness is measured.
    pub distance: Distance,
    /// The filter, in Qdrant's JSON.
    pub filter: Option<Value>,
}

/// A search as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// `POST /collections/{name}/points/query` and under it the body, as JSON.
    pub json: String,
    /// A program with the crate `qdrant-client`, or `qdrant-edge` for an embedded store.
    pub rust: String,
    /// A program with the package `qdrant-client`, or `qdrant-edge-py` for an embedded store.
    pub python: String,
}

impl Target {
    /// The collection that the arguments name; none for a file, which no request reaches.
    pub fn of(args: &CollectionArgs, info: &SourceInfo) -> Result<Option<Self>> {
        if args.vectors.is_some() {
            return Ok(None);
        }
        let place = match &args.store {
            Some(folder) => Place::Store { folder: folder.clone() },
            None => {
                let url = args.url.as_deref().filter(|u| !u.trim().is_empty()).unwrap_or("http://localhost:6334");
                Place::Server { url: ServerAddress::parse(url, None)?.0.url }
            }
        };
        Ok(Some(Self {
            place,
            collection: info.name.clone(),
            vector: args.using.clone().unwrap_or_default(),
            distance: info.distance,
            filter: args.filter()?,
        }))
    }

    /// The filter of the leaves: the person's, and for the sparse vectors that the dense one is there, too, as the
    /// sources have it.
    fn leaf_filter(&self, search: &Search) -> Option<Value> {
        let mut filter = self.filter.clone();
        if search.query.is_sparse() {
            let has_vector = json!({ "has_vector": self.vector });
            let object = filter.get_or_insert_with(|| json!({}));
            if let Some(object) = object.as_object_mut() {
                let must = object.entry("must").or_insert_with(|| json!([]));
                match must {
                    Value::Array(conditions) => conditions.push(has_vector),
                    Value::Null => *must = json!([has_vector]),
                    one => *one = json!([one.take(), has_vector]),
                }
            }
        }
        filter
    }
}

/// A search of a collection as text.
pub fn snippet(search: &Search, target: &Target) -> Snippet {
    let stage = Stage::of(search, target.distance);
    let filter = target.leaf_filter(search);
    let writer = Writer { search, target, stage: &stage, filter: filter.as_ref() };
    Snippet { json: json::write(&writer), rust: rust::write(&writer), python: python::write(&writer) }
}

/// What all of them are made from.
struct Writer<'a> {
    search: &'a Search,
    target: &'a Target,
    stage: &'a Stage<'a>,
    filter: Option<&'a Value>,
}

/// The dense vectors of a search that are long enough for a name of their own.
#[derive(Default)]
struct Named {
    vectors: Vec<Vec<f32>>,
}

impl Named {
    /// The name of a vector: the first is `vector`, the next `vector2`.
    fn of(&mut self, vector: &[f32]) -> String {
        let at = self.vectors.iter().position(|v| v == vector).unwrap_or_else(|| {
            self.vectors.push(vector.to_vec());
            self.vectors.len() - 1
        });
        if at == 0 { "vector".into() } else { format!("vector{}", at + 1) }
    }

    fn all(&self) -> impl Iterator<Item = (String, &Vec<f32>)> {
        let name = |at| if at == 0 { "vector".to_owned() } else { format!("vector{}", at + 1) };
        self.vectors.iter().enumerate().map(move |(at, vector)| (name(at), vector))
    }
}

/// Whether a point is named, whose vector an embedded store has to be asked for first.
fn names_points(search: &Search) -> bool {
    search.query.examples().iter().any(|example| matches!(example, Example::Point(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Query;

    fn of(filter: Value, place: Place) -> Snippet {
        let query = Query::Nearest(Example::Point("00000000-0000-4000-8000-000000000007".parse().unwrap()));
        let search = Search { query, limit: 3, sparse_name: "block".into(), exact: false };
        let (collection, vector) = ("soup \"hot\"/é".to_owned(), "picture".to_owned());
        let target = Target { place, collection, vector, distance: Distance::Cosine, filter: Some(filter) };
        snippet(&search, &target)
    }

    fn server() -> Place {
        Place::Server { url: "https://db.example:6334".into() }
    }

    #[test]
    fn names_are_quoted_and_a_key_is_read_from_the_environment() {
        let made = of(json!({}), server());
        assert!(made.json.starts_with("POST /collections/soup%20%22hot%22%2F%C3%A9/points/query\n{"), "{}", made.json);
        assert!(made.json.contains("\"query\": \"00000000-0000-4000-8000-000000000007\""), "{}", made.json);
        for text in [&made.rust, &made.python] {
            assert!(text.contains("\"soup \\\"hot\\\"/é\"") && text.contains("QDRANT_API_KEY"), "{text}");
        }
        assert!(made.python.contains("host=\"db.example\"") && made.python.contains("https=True"), "{}", made.python);
    }

    #[test]
    fn what_a_library_does_not_know_is_told_instead_of_a_program() {
        let yes = json!({ "must": [{ "key": "even", "match": { "value": true } }] });
        let store = || Place::Store { folder: "shop".into() };
        assert!(of(yes.clone(), server()).rust.contains("Condition::matches(\"even\", true)"));
        let python = of(yes, store()).python;
        assert!(python.starts_with("# The condition {") && python.lines().count() == 1, "{python}");
        let near =
            json!({ "must": [{ "key": "at", "geo_radius": { "center": { "lon": 1, "lat": 2 }, "radius": 3 } }] });
        let made = of(near.clone(), server());
        assert!(made.rust.starts_with("// The condition {") && made.python.contains("geo_radius"), "{}", made.rust);
        assert!(of(near, store()).rust.contains("geo_radius"));
    }

    #[test]
    fn a_file_has_no_requests() {
        let info = SourceInfo { title: "v.npy".into(), name: "v".into(), dim: 2, distance: Distance::Dot, points: 3 };
        let file = CollectionArgs { vectors: Some("v.npy".into()), ..CollectionArgs::default() };
        assert_eq!(Target::of(&file, &info).unwrap(), None);
        let place = |url: &str| {
            let args = CollectionArgs { url: Some(url.into()), collection: Some("v".into()), ..Default::default() };
            Target::of(&args, &info).unwrap().unwrap().place
        };
        assert_eq!(place("localhost:6333"), Place::Server { url: "http://localhost:6334".into() });
    }
}
