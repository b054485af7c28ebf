//! The requests and programs that are copied do what the search itself does.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use blockscope::job::Control;
use blockscope::search::snippet::{Place, Snippet, Target, snippet};
use blockscope::source::{Distance, EdgeStore, PointId, Search, ServerAddress, ServerSource, VectorSource};
use qdrant_client::{Qdrant, qdrant as q};
use serde_json::{Value, json};

use crate::loopback::Loopback;
use crate::searching::{POINTS, by_examples, by_features, dense, fill, payload, search, sparse};
use crate::support::root;

fn folder() -> PathBuf {
    root().join("tests/golden/snippets")
}

/// With a filter for some, and with indexes allowed for some.
fn searches() -> Vec<(&'static str, Search, Option<Value>)> {
    let filter = json!({
        "must": [{ "key": "side", "match": { "value": "left" } }],
        "should": [
            { "key": "n", "range": { "lt": 50, "gte": 2.0 } },
            { "key": "n", "match": { "any": [53, 55] } },
            { "must_not": [{ "is_empty": { "key": "n" } }, { "has_id": [3] }] },
        ],
    });
    by_examples()
        .into_iter()
        .chain(by_features())
        .map(|(name, query)| {
            let filter = ["nearest_point", "discover", "steered"].contains(&name).then(|| filter.clone());
            (name, Search { exact: name != "sparse", ..search(query, 5) }, filter)
        })
        .collect()
}

fn target(place: Place, filter: Option<Value>) -> Target {
    Target { place, collection: "food".into(), vector: String::new(), distance: Distance::Cosine, filter }
}

fn on_server(search: &Search, filter: Option<Value>) -> Snippet {
    snippet(search, &target(Place::Server { url: "http://localhost:6334".into() }, filter))
}

fn in_store(search: &Search, filter: Option<Value>) -> Snippet {
    snippet(search, &target(Place::Store { folder: "shop".into() }, filter))
}

#[test]
fn the_copied_texts_are_those_that_were_looked_at() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    for (name, search, filter) in searches() {
        let (server, store) = (on_server(&search, filter.clone()), in_store(&search, filter));
        assert_eq!(server.json, store.json);
        for (file, text) in [
            (format!("server_{name}.json"), server.json),
            (format!("server_{name}.rs"), server.rust),
            (format!("server_{name}.py"), server.python),
            (format!("store_{name}.rs"), store.rust),
            (format!("store_{name}.py"), store.python),
        ] {
            let path = folder().join(&file);
            if update {
                std::fs::write(&path, text).unwrap();
            } else {
                let golden = std::fs::read_to_string(&path).unwrap_or_default();
                assert_eq!(text, golden.replace("\r\n", "\n"), "{file}: UPDATE_SNAPSHOTS=1 writes it anew");
            }
        }
    }
}

macro_rules! programs {
    (server: $($name:ident)*) => {
        $(#[allow(dead_code, clippy::all)]
        mod $name {
            include!(concat!("../golden/snippets/", stringify!($name), ".rs"));

            pub async fn run(client: &qdrant_client::Qdrant) -> Vec<qdrant_client::qdrant::ScoredPoint> {
                search(client).await.unwrap()
            }
        })*

        /// Runs the program of that name.
        async fn run_on_server(name: &str, client: &Qdrant) -> Vec<q::ScoredPoint> {
            match name {
                $(stringify!($name) => $name::run(client).await,)*
                other => panic!("{other} is not compiled into this test"),
            }
        }
    };
    (store: $($name:ident)*) => {
        $(#[allow(dead_code, clippy::all)]
        mod $name {
            include!(concat!("../golden/snippets/", stringify!($name), ".rs"));

            pub fn run(shard: &qdrant_edge::EdgeShard) -> Vec<qdrant_edge::ScoredPoint> {
                search(shard).unwrap()
            }
        })*

        fn run_in_store(name: &str, shard: &qdrant_edge::EdgeShard) -> Vec<qdrant_edge::ScoredPoint> {
            match name {
                $(stringify!($name) => $name::run(shard),)*
                other => panic!("{other} is not compiled into this test"),
            }
        }
    };
}

programs! {
    server:
    server_nearest_vector server_nearest_point server_recommend_average server_recommend_best server_recommend_sum
    server_discover server_context server_sparse server_prefetched server_steered server_steered_away
    server_weighed
}
programs! {
    store:
    store_nearest_vector store_nearest_point store_recommend_average store_recommend_best store_recommend_sum
    store_discover store_context store_sparse store_prefetched store_steered store_steered_away store_weighed
}

/// The points that a search finds in the store, by the name of the search.
fn wanted(store: &Path) -> HashMap<String, Vec<u64>> {
    let all = searches().into_iter().map(|(name, search, filter)| {
        let mut source = EdgeStore::open(store, "food", None, filter).unwrap();
        let found = source.search(&search, &Control::new()).unwrap();
        let ids = found.iter().map(|f| match f.id {
            PointId::Num(id) => id,
            PointId::Uuid(id) => panic!("{id}"),
        });
        (name.to_owned(), ids.collect())
    });
    all.collect()
}

#[test]
fn json_and_program_make_the_request_that_the_search_makes() {
    let served = tempfile::tempdir().unwrap();
    fill(served.path(), "", Distance::Cosine);
    let wanted = wanted(served.path());
    let loopback = Loopback::start(served.path());
    let (address, _) = ServerAddress::parse(&loopback.url, None).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = Qdrant::from_url(&loopback.url).skip_compatibility_check().build().unwrap();
    for (name, search, filter) in searches() {
        let mut source = ServerSource::open(&address, "food", None, filter.clone(), &Control::new()).unwrap();
        let found = source.search(&search, &Control::new()).unwrap();
        let request = loopback.requests.last_query().unwrap();
        let ids: Vec<PointId> = wanted[name].iter().map(|id| PointId::Num(*id)).collect();
        if name != "context" {
            assert_eq!(found.iter().map(|f| f.id).collect::<Vec<_>>(), ids, "{name}");
        }

        let text = on_server(&search, filter).json;
        let (line, body) = text.split_once('\n').unwrap();
        assert_eq!(line, "POST /collections/food/points/query");
        assert_eq!(grpc(&serde_json::from_str(body).unwrap()), request, "{name}");

        let ran = runtime.block_on(run_on_server(&format!("server_{name}"), &client));
        assert_eq!(loopback.requests.last_query().unwrap(), request, "{name}");
        assert_eq!(ran.len(), found.len(), "{name}");
    }
}

#[test]
fn the_program_for_a_store_finds_what_the_search_finds() {
    let store = tempfile::tempdir().unwrap();
    fill(store.path(), "", Distance::Cosine);
    let wanted = wanted(store.path());
    let shard = qdrant_edge::EdgeShard::load(&store.path().join("food"), None).unwrap();
    for (name, ids) in wanted {
        let found = run_in_store(&format!("store_{name}"), &shard);
        let found: Vec<u64> = found
            .into_iter()
            .map(|point| match point.id {
                qdrant_edge::PointId::NumId(id) => id,
                qdrant_edge::PointId::Uuid(id) => panic!("{id}"),
            })
            .collect();
        if name == "context" {
            assert_eq!(found.len(), ids.len());
        } else {
            assert_eq!(found, ids, "{name}");
        }
    }
}

/// Where Python and the two packages are: `pip install qdrant-client "qdrant-edge-py>=0.7,<0.8"`, and
/// BLOCKSCOPE_TEST_PYTHON for another Python than `python3`.
#[test]
fn the_programs_in_python_find_what_the_search_finds() {
    let python = std::env::var("BLOCKSCOPE_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let there = Command::new(&python).args(["-c", "import qdrant_client"]).output();
    if !there.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: {python} has no package qdrant-client");
        return;
    }
    let (store, served) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(store.path(), "", Distance::Cosine);
    fill(served.path(), "", Distance::Cosine);
    let wanted = wanted(store.path());
    let loopback = Loopback::start(served.path());
    let port = loopback.url.rsplit_once(':').unwrap().1.to_owned();
    let data: Vec<Value> = (0..POINTS)
        .map(|i| {
            let sparse = sparse(i);
            json!({
                "id": i, "dense": dense(i), "sparse": { "indices": sparse.indices, "values": sparse.values },
                "payload": payload(i),
            })
        })
        .collect();
    let path = store.path().join("data.json");
    std::fs::write(&path, serde_json::to_vec(&data).unwrap()).unwrap();
    let script = root().join("tests/snippets/run.py");
    let out = Command::new(&python)
        .arg(script)
        .args([path.as_path(), &folder()])
        .args(["--grpc", &port, "--store", store.path().to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}");
    let found: HashMap<String, HashMap<String, Value>> = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(found.len(), if told.contains("is not installed") { 12 } else { 24 });
    for (name, places) in found {
        let ids = &wanted[name.split_once('_').unwrap().1];
        for (place, found) in places {
            if name.ends_with("context") {
                assert_eq!(found.as_array().map(Vec::len), Some(ids.len()), "{name} {place}: {found}");
            } else {
                assert_eq!(found, json!(ids), "{name} {place}");
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------ JSON to gRPC

/// The request that a body of the REST API stands for.
fn grpc(body: &Value) -> q::QueryPoints {
    let stage = stage(body);
    q::QueryPoints {
        collection_name: "food".into(),
        prefetch: stage.prefetch,
        query: stage.query,
        using: stage.using,
        filter: stage.filter,
        params: stage.params,
        limit: stage.limit,
        with_payload: body["with_payload"].as_bool().map(Into::into),
        ..Default::default()
    }
}

fn stage(body: &Value) -> q::PrefetchQuery {
    let list = |json: &Value| json.as_array().cloned().unwrap_or_default();
    q::PrefetchQuery {
        prefetch: list(&body["prefetch"]).iter().map(stage).collect(),
        query: Some(query(&body["query"])),
        using: body["using"].as_str().map(str::to_owned),
        filter: body.get("filter").map(filter),
        params: body.get("params").map(|p| q::SearchParams { exact: p["exact"].as_bool(), ..Default::default() }),
        limit: body["limit"].as_u64(),
        ..Default::default()
    }
}

fn floats(json: &Value) -> Vec<f32> {
    json.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn input(json: &Value) -> q::VectorInput {
    match json {
        Value::Number(id) => q::VectorInput::new_id(id.as_u64().unwrap()),
        Value::Array(_) => q::VectorInput::new_dense(floats(json)),
        Value::Object(sparse) => {
            let indices: Vec<u32> = serde_json::from_value(sparse["indices"].clone()).unwrap();
            q::VectorInput::new_sparse(indices, floats(&sparse["values"]))
        }
        other => panic!("{other}"),
    }
}

fn query(json: &Value) -> q::Query {
    let inputs = |json: &Value| json.as_array().unwrap().iter().map(input).collect();
    let context = |json: &Value| q::ContextInput {
        pairs: json
            .as_array()
            .unwrap()
            .iter()
            .map(|p| q::ContextInputPair {
                positive: Some(input(&p["positive"])),
                negative: Some(input(&p["negative"])),
            })
            .collect(),
    };
    if let Some(recommend) = json.get("recommend") {
        let strategy = match recommend["strategy"].as_str().unwrap() {
            "average_vector" => q::RecommendStrategy::AverageVector,
            "best_score" => q::RecommendStrategy::BestScore,
            "sum_scores" => q::RecommendStrategy::SumScores,
            other => panic!("{other}"),
        };
        return q::Query::new_recommend(q::RecommendInput {
            positive: inputs(&recommend["positive"]),
            negative: inputs(&recommend["negative"]),
            strategy: Some(strategy.into()),
        });
    }
    if let Some(discover) = json.get("discover") {
        return q::Query::new_discover(q::DiscoverInput {
            target: Some(input(&discover["target"])),
            context: Some(context(&discover["context"])),
        });
    }
    if let Some(pairs) = json.get("context") {
        return q::Query::new_context(context(pairs));
    }
    if let Some(formula) = json.get("formula") {
        let defaults = json["defaults"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone().into()));
        return q::Query::new_formula(q::Formula {
            expression: Some(expression(formula)),
            defaults: defaults.collect(),
        });
    }
    q::Query::new_nearest(input(json))
}

fn expression(json: &Value) -> q::Expression {
    let all = |json: &Value| json.as_array().unwrap().iter().map(expression).collect::<Vec<_>>();
    match json {
        Value::Number(number) => q::Expression::constant(number.as_f64().unwrap() as f32),
        Value::String(name) => q::Expression::variable(name),
        Value::Object(map) if map.contains_key("sum") => q::Expression::sum_with(all(&map["sum"])),
        Value::Object(map) if map.contains_key("mult") => q::Expression::mult_with(all(&map["mult"])),
        Value::Object(map) if map.contains_key("neg") => q::Expression::neg(expression(&map["neg"])),
        other => panic!("{other}"),
    }
}

fn filter(json: &Value) -> q::Filter {
    let list = |key: &str| json[key].as_array().map(|all| all.iter().map(condition).collect()).unwrap_or_default();
    q::Filter { must: list("must"), should: list("should"), must_not: list("must_not"), ..Default::default() }
}

fn condition(json: &Value) -> q::Condition {
    if let Some(key) = json["key"].as_str() {
        if let Some(range) = json.get("range") {
            let bound = |name: &str| range[name].as_f64();
            let range = q::Range { lt: bound("lt"), gt: bound("gt"), gte: bound("gte"), lte: bound("lte") };
            return q::Condition::range(key, range);
        }
        return match (&json["match"]["value"], &json["match"]["any"]) {
            (Value::String(word), _) => q::Condition::matches(key, word.clone()),
            (_, Value::Array(any)) => {
                q::Condition::matches(key, any.iter().map(|v| v.as_i64().unwrap()).collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        };
    }
    match (&json["has_vector"], &json["has_id"], &json["is_empty"]) {
        (Value::String(name), _, _) => q::Condition::has_vector(name),
        (_, Value::Array(ids), _) => q::Condition::has_id(ids.iter().map(|id| id.as_u64().unwrap())),
        (_, _, Value::Object(field)) => q::Condition::is_empty(field["key"].as_str().unwrap()),
        _ => filter(json).into(),
    }
}
