//! The same search of a file, an embedded store and a server finds the same points.

use std::path::Path;

use blockscope::error::Error;
use blockscope::job::Control;
use blockscope::source::{
    Distance, EdgeStore, Example, FileSource, Layout, Neighbour, NewPoint, NewVector, Payload, PointId, Query, Search,
    ServerAddress, ServerSource, SparseWeights, Strategy, VectorSink, VectorSource,
};
use qdrant_client::qdrant as q;
use serde_json::json;
use tonic::Code;

use crate::loopback::{Fault, Loopback};

pub const DIM: usize = 4;
pub const POINTS: u64 = 60;
/// Points without the dense vector, which only a store or a server can have; of other ids.
const LACKING: u64 = 5;
const FEATURES: u32 = 12;

/// Numbers that look random and are the same each time, from -1 to 1.
fn noise(seed: u64) -> f32 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678;
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x % 20_001) as f32 / 10_000.0 - 1.0
}

pub fn dense(i: u64) -> Vec<f32> {
    let values: Vec<f32> = (0..DIM as u64).map(|d| noise(i * 31 + d)).collect();
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    values.iter().map(|v| v / norm).collect()
}

/// Every seventh point has no entries.
pub fn sparse(i: u64) -> SparseWeights {
    let mut weights = SparseWeights::default();
    for j in 0..FEATURES {
        let value = noise(7_000 + i * 131 + u64::from(j) * 7);
        if value > 0.4 && i % 7 != 3 {
            weights.indices.push(j);
            weights.values.push(value);
        }
    }
    weights
}

fn point(i: u64) -> NewPoint {
    let SparseWeights { indices, values } = sparse(i);
    NewPoint { id: PointId::Num(i), vector: NewVector::Both { dense: dense(i), indices, values }, payload: payload(i) }
}

pub fn payload(i: u64) -> Payload {
    let side = if i.is_multiple_of(2) { "left" } else { "right" };
    json!({ "n": i, "even": i.is_multiple_of(2), "side": side }).as_object().unwrap().clone()
}

/// The collection "food" of a store: the dense vector under this name, the sparse one as "block".
pub fn fill(store: &Path, name: &str, distance: Distance) {
    let layout = Layout::Both { name: name.into(), dim: DIM, distance, sparse: "block".into() };
    let mut sink = EdgeStore::open_or_create(store, "food", &layout).unwrap();
    sink.upsert((0..POINTS).map(point).collect(), &Control::new()).unwrap();
}

/// Takes the dense vector from some more points, past what a sink writes.
fn lacking(store: &Path) {
    use qdrant_edge as edge;
    let shard = edge::EdgeShard::load(&store.join("food"), None).unwrap();
    let points = (POINTS..POINTS + LACKING).map(|i| {
        let SparseWeights { indices, values } = sparse(i);
        let vector = edge::VectorPersisted::Sparse(edge::SparseVector { indices, values });
        edge::PointStructPersisted {
            id: edge::PointId::NumId(i),
            vector: edge::VectorStructPersisted::Named([("block".to_owned(), vector)].into()),
            payload: None,
        }
    });
    let points = edge::PointInsertOperations::PointsList(points.collect());
    let upsert = edge::UpdateOperation::PointOperation(edge::PointOperations::UpsertPoints(points));
    shard.update(upsert).unwrap();
    shard.flush();
}

fn file(folder: &Path, distance: Distance) -> FileSource {
    let vectors: Vec<f32> = (0..POINTS).flat_map(dense).collect();
    blockscope::numpy::write_matrix(folder.join("v.npy"), DIM, &vectors).unwrap();
    let lines: String = (0..POINTS).map(|i| serde_json::to_string(&payload(i)).unwrap() + "\n").collect();
    std::fs::write(folder.join("p.jsonl"), lines).unwrap();
    FileSource::open(&folder.join("v.npy"), Some(&folder.join("p.jsonl")), distance).unwrap()
}

fn server(loopback: &Loopback, using: &str, filter: Option<serde_json::Value>) -> ServerSource {
    let (address, _) = ServerAddress::parse(&loopback.url, None).unwrap();
    ServerSource::open(&address, "food", Some(using), filter, &Control::new()).unwrap()
}

pub fn number(i: u64) -> Example {
    Example::Point(PointId::Num(i))
}

pub fn search(query: Query, limit: usize) -> Search {
    Search { query, limit, sparse_name: "block".into(), exact: true }
}

/// Queries that a file can answer, too.
pub fn by_examples() -> Vec<(&'static str, Query)> {
    let recommend = |strategy| Query::Recommend {
        positive: vec![number(3), Example::Vector(dense(999)), number(8)],
        negative: vec![number(40), Example::Vector(dense(555))],
        strategy,
    };
    let pairs = || vec![(number(5), number(6)), (Example::Vector(dense(777)), number(9))];
    vec![
        ("nearest_vector", Query::Nearest(Example::Vector(dense(1_234)))),
        ("nearest_point", Query::Nearest(number(17))),
        ("recommend_average", recommend(Strategy::AverageVector)),
        ("recommend_best", recommend(Strategy::BestScore)),
        ("recommend_sum", recommend(Strategy::SumScores)),
        ("discover", Query::Discover { target: number(21), context: pairs() }),
        ("context", Query::Context(pairs())),
    ]
}

/// Queries by the sparse vectors.
pub fn by_features() -> Vec<(&'static str, Query)> {
    let weights = |values: &[f32]| SparseWeights { indices: vec![1, 4, 9], values: values.to_vec() };
    let dense = dense(4_321);
    vec![
        ("sparse", Query::Sparse(weights(&[1.0, 0.25, 0.5]))),
        ("prefetched", Query::Prefetched { sparse: weights(&[0.5, 1.0, 0.75]), dense: dense.clone(), candidates: 12 }),
        (
            "steered",
            Query::Steered { dense: dense.clone(), weights: weights(&[1.0, -0.5, -1.0]), alpha: 0.5, candidates: 8 },
        ),
        (
            "steered_away",
            Query::Steered { dense: dense.clone(), weights: weights(&[1.0, 0.5, -1.0]), alpha: -0.75, candidates: 8 },
        ),
        // As a decoder weighs a query: every feature, for and against.
        ("weighed", {
            let values = (0..FEATURES).map(|j| noise(90_000 + u64::from(j))).collect();
            let sparse = SparseWeights { indices: (0..FEATURES).collect(), values };
            Query::Prefetched { sparse, dense, candidates: 12 }
        }),
    ]
}

fn ids(found: &[Neighbour]) -> Vec<PointId> {
    found.iter().map(|f| f.id).collect()
}

/// The same points in the same order with the same scores, where equal scores may be ordered otherwise.
fn assert_same(what: &str, a: &[Neighbour], b: &[Neighbour]) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        assert!((a.score - b.score).abs() < 2e-4 * (1.0 + a.score.abs()), "{what}: {} {}", a.score, b.score);
    }
    assert_eq!(ids(a), ids(b), "{what}");
    assert!(a.iter().zip(b).all(|(a, b)| a.payload == b.payload), "{what}");
}

/// What the query means, worked out point by point.
fn brute_force(query: &Query, distance: Distance, limit: usize, keep: impl Fn(u64) -> bool) -> Vec<(u64, f32)> {
    let near = |a: &[f32], b: &[f32]| -> f32 {
        let pairs = || a.iter().zip(b);
        match distance {
            Distance::Cosine | Distance::Dot => pairs().map(|(x, y)| x * y).sum(),
            Distance::Euclid => -pairs().map(|(x, y)| (x - y) * (x - y)).sum::<f32>().sqrt(),
            Distance::Manhattan => -pairs().map(|(x, y)| (x - y).abs()).sum::<f32>(),
        }
    };
    let product = |weights: &SparseWeights, i: u64| -> Option<f32> {
        let own = sparse(i);
        let values = |j: &u32| own.indices.iter().position(|own| own == j).map(|at| own.values[at]);
        let terms: Vec<f32> =
            weights.indices.iter().zip(&weights.values).filter_map(|(j, w)| Some(w * values(j)?)).collect();
        (!terms.is_empty()).then(|| terms.iter().sum())
    };
    let best = |mut all: Vec<(u64, f32)>, limit: usize| {
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(limit);
        all
    };
    let everyone = || (0..POINTS).filter(|i| keep(*i));
    let by_sparse =
        |weights: &SparseWeights, n| best(everyone().filter_map(|i| Some((i, product(weights, i)?))).collect(), n);
    match query {
        Query::Sparse(weights) => by_sparse(weights, limit),
        Query::Prefetched { sparse, dense: vector, candidates } => {
            let left = by_sparse(sparse, *candidates).into_iter();
            let found = best(left.map(|(i, _)| (i, near(vector, &dense(i)))).collect(), limit);
            // The collection's own score.
            found.into_iter().map(|(i, s)| (i, if distance.smaller_is_nearer() { -s } else { s })).collect()
        }
        Query::Steered { dense: vector, weights, alpha, candidates } => {
            let turned = SparseWeights {
                indices: weights.indices.clone(),
                values: weights.values.iter().map(|v| v * alpha).collect(),
            };
            let near = |i: u64| near(vector, &dense(i));
            let mut candidates_: Vec<u64> =
                best(everyone().map(|i| (i, near(i))).collect(), *candidates).iter().map(|c| c.0).collect();
            candidates_.extend(by_sparse(&turned, *candidates).iter().map(|c| c.0));
            candidates_.sort_unstable();
            candidates_.dedup();
            best(candidates_.iter().map(|i| (*i, near(*i) + product(&turned, *i).unwrap_or(0.0))).collect(), limit)
        }
        other => panic!("{other:?} is not by features"),
    }
}

#[test]
fn a_search_finds_the_same_in_a_file_a_store_and_on_a_server() {
    let control = Control::new();
    for distance in [Distance::Cosine, Distance::Dot, Distance::Euclid, Distance::Manhattan] {
        let (store, served, folder) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let using = if distance == Distance::Dot { "" } else { "picture" };
        for place in [store.path(), served.path()] {
            fill(place, using, distance);
            lacking(place);
        }
        let loopback = Loopback::start(served.path());
        let mut edge = EdgeStore::open(store.path(), "food", Some(using), None).unwrap();
        let mut server = server(&loopback, using, None);
        let mut file = file(folder.path(), distance);
        assert_eq!([edge.info().points, server.info().points, file.info().points], [POINTS; 3]);
        for (name, query) in by_examples() {
            let what = format!("{name}, {distance}");
            // All that are on the right side of every pair score the same, and which of them come is left open.
            let limit = if name == "context" { 60 } else { 9 };
            let search = search(query, limit);
            let [a, b, c]: [Vec<Neighbour>; 3] = [&mut edge as &mut dyn VectorSource, &mut server, &mut file]
                .map(|source| source.search(&search, &control).unwrap());
            assert_same(&what, &a, &b);
            assert_same(&what, &a, &c);
            let named = search.query.points();
            assert!(
                a.len() == limit.min(60 - named.len()) && a.iter().chain(&c).all(|found| !named.contains(&found.id)),
                "{what}"
            );
        }
        for (name, query) in by_features() {
            let what = format!("{name}, {distance}");
            let search = search(query, 9);
            let a = edge.search(&search, &control).unwrap();
            assert_same(&what, &a, &server.search(&search, &control).unwrap());
            let wanted = brute_force(&search.query, distance, 9, |_| true);
            assert_eq!(ids(&a), wanted.iter().map(|(i, _)| PointId::Num(*i)).collect::<Vec<_>>(), "{what}");
            for (found, (_, score)) in a.iter().zip(wanted) {
                assert!((found.score - score).abs() < 1e-4, "{what}: {} {score}", found.score);
            }
            let refused = file.search(&search, &control).unwrap_err();
            assert!(matches!(refused, Error::SparseMissing { .. }), "{refused}");
            assert!(refused.hint().unwrap().contains("--with-dense"));
        }
    }
}

#[test]
fn a_filter_holds_in_every_stage_of_a_search() {
    let control = Control::new();
    let (store, served) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(store.path(), "", Distance::Cosine);
    fill(served.path(), "", Distance::Cosine);
    let loopback = Loopback::start(served.path());
    let filter = || Some(json!({ "must": [{ "key": "even", "match": { "value": true } }] }));
    let mut edge = EdgeStore::open(store.path(), "food", None, filter()).unwrap();
    let mut server = server(&loopback, "", filter());
    for (name, query) in by_examples().into_iter().chain(by_features()) {
        let search = search(query, if name == "context" { 60 } else { 6 });
        let a = edge.search(&search, &control).unwrap();
        assert!(!a.is_empty() && a.iter().all(|f| f.payload["even"] == true), "{name}");
        assert_same(name, &a, &server.search(&search, &control).unwrap());
        if search.query.is_sparse() {
            let wanted = brute_force(&search.query, Distance::Cosine, 6, |i| i.is_multiple_of(2));
            assert_eq!(ids(&a), wanted.iter().map(|(i, _)| PointId::Num(*i)).collect::<Vec<_>>(), "{name}");
        }
    }
}

#[test]
fn with_all_points_as_candidates_steering_is_exact() {
    let store = tempfile::tempdir().unwrap();
    fill(store.path(), "", Distance::Cosine);
    let mut edge = EdgeStore::open(store.path(), "food", None, None).unwrap();
    for alpha in [0.0, 0.3, 2.0, -1.0] {
        let weights = SparseWeights { indices: vec![0, 2, 7], values: vec![0.5, -1.0, 1.0] };
        let query = Query::Steered { dense: dense(77), weights, alpha, candidates: POINTS as usize };
        let found = edge.search(&search(query.clone(), POINTS as usize), &Control::new()).unwrap();
        let wanted = brute_force(&query, Distance::Cosine, POINTS as usize, |_| true);
        assert_eq!(ids(&found), wanted.iter().map(|(i, _)| PointId::Num(*i)).collect::<Vec<_>>(), "{alpha}");
    }
}

#[test]
fn a_search_that_cannot_be_made_is_refused_in_words() {
    let control = Control::new();
    let (store, served, folder) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fill(store.path(), "", Distance::Cosine);
    fill(served.path(), "", Distance::Cosine);
    let loopback = Loopback::start(served.path());
    let mut edge = EdgeStore::open(store.path(), "food", None, None).unwrap();
    let mut server = server(&loopback, "", None);
    let mut file = file(folder.path(), Distance::Cosine);
    let sources: [&mut dyn VectorSource; 3] = [&mut edge, &mut server, &mut file];
    for source in sources {
        let mut refusal = |query| source.search(&search(query, 3), &control).unwrap_err();
        let unknown = refusal(Query::Nearest(number(9_999)));
        assert!(matches!(&unknown, Error::PointMissing { id: PointId::Num(9_999), .. }), "{unknown}");
        assert!(unknown.to_string().ends_with("has no point 9999 with that vector") && unknown.hint().is_some());
        let wrong = refusal(Query::Nearest(Example::Vector(vec![1.0; DIM + 1])));
        assert!(matches!(wrong, Error::Dimension { found: 5, expected: 4, .. }), "{wrong}");
        for strategy in [Strategy::AverageVector, Strategy::BestScore] {
            let none = refusal(Query::Recommend { positive: vec![], negative: vec![], strategy });
            assert!(none.to_string().contains("no example"), "{none}");
        }
        let none = refusal(Query::Context(vec![]));
        assert!(none.to_string().contains("no pair"), "{none}");
        let empty = refusal(Query::Sparse(SparseWeights::default()));
        assert!(empty.to_string().contains("is empty"), "{empty}");
        let twice = SparseWeights { indices: vec![2, 2], values: vec![1.0, 1.0] };
        let twice = refusal(Query::Sparse(twice));
        assert!(twice.to_string().contains("must ascend"), "{twice}");
        assert!([&unknown, &wrong, &none, &empty, &twice].iter().all(|e| e.exit_code() == 2));
    }
    let mut other = search(by_features().remove(0).1, 3);
    other.sparse_name = "words".into();
    for source in [&mut edge as &mut dyn VectorSource, &mut server] {
        let missing = source.search(&other, &control).unwrap_err();
        assert!(missing.to_string().ends_with("has no sparse vector \"words\""), "{missing}");
        assert!(missing.hint().unwrap().ends_with("there are: block"), "{:?}", missing.hint());
    }
}

#[test]
fn a_search_of_a_server_is_tried_again_and_can_be_cancelled() {
    let served = tempfile::tempdir().unwrap();
    fill(served.path(), "", Distance::Cosine);
    let loopback = Loopback::start(served.path());
    let mut server = server(&loopback, "", None);
    let search = search(by_features().remove(2).1, 5);
    let before = server.search(&search, &Control::new()).unwrap();
    loopback.fail("Points/query", 2, Fault::Unavailable);
    assert_same("again", &before, &server.search(&search, &Control::new()).unwrap());
    loopback.fail("Points/query", 1, Fault::Status(Code::InvalidArgument));
    assert!(matches!(server.search(&search, &Control::new()), Err(Error::Server(_))));
    let control = Control::new();
    control.cancel();
    assert!(matches!(server.search(&search, &control), Err(Error::Cancelled)));
    // One request has it all.
    loopback.requests.clear();
    server.search(&search, &Control::new()).unwrap();
    assert_eq!(loopback.requests.total(), 1);
    let request: q::QueryPoints = loopback.requests.last_query().unwrap();
    assert_eq!((request.prefetch.len(), request.prefetch[0].prefetch.len()), (2, 2));
}
