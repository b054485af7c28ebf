mod together;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use qdrant_edge::{
    EdgeConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams, MultiVectorComparator, MultiVectorConfig,
    NamedQuery, QueryEnum, QueryRequest, ScoringQuery, WalOptions,
};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::source::{Distance, Payload};

fn dense(dim: usize, distance: Distance) -> Layout {
    Layout::Dense { name: String::new(), dim, distance }
}

fn sparse(name: &str) -> Layout {
    Layout::Sparse { name: name.into() }
}

fn payload(value: serde_json::Value) -> Payload {
    value.as_object().expect("an object").clone()
}

fn point(id: PointId, vector: &[f32], value: serde_json::Value) -> NewPoint {
    NewPoint { id, vector: NewVector::Dense(vector.to_vec()), payload: payload(value) }
}

fn number(i: u64) -> PointId {
    PointId::Num(i)
}

/// A vector that no two points share, with values that no rounding leaves as they are.
fn vector(i: usize, dim: usize) -> Vec<f32> {
    (0..dim).map(|d| ((i * 31 + d * 17) % 101) as f32 / 7.0 - 5.3 + i as f32 * 1e-3).collect()
}

/// A store with the collection "food": points 0..n with `{"n": i, "even": ..}`.
fn filled(n: usize, dim: usize, distance: Distance) -> TempDir {
    let store = tempfile::tempdir().unwrap();
    let mut sink = EdgeStore::open_or_create(store.path(), "food", &dense(dim, distance)).unwrap();
    let points =
        (0..n).map(|i| point(number(i as u64), &vector(i, dim), json!({ "n": i, "even": i % 2 == 0 }))).collect();
    sink.upsert(points, &Control::new()).unwrap();
    store
}

fn open(store: &TempDir, filter: Option<serde_json::Value>) -> Result<EdgeStore> {
    EdgeStore::open(store.path(), "food", None, filter)
}

/// What opening is refused with.
fn refusal<T>(opened: Result<T>) -> Error {
    opened.err().expect("it is refused")
}

fn read_all(source: &mut EdgeStore, limit: usize, want: Want) -> Page {
    let (mut all, mut cursor) = (Page::default(), Cursor::Start);
    while cursor != Cursor::End {
        let page = source.page(&mut cursor, limit, want, &Control::new()).unwrap();
        all.ids.extend(page.ids);
        all.vectors.extend(page.vectors);
        all.payloads.extend(page.payloads);
    }
    all
}

fn raw(store: &TempDir, name: &str, config: EdgeConfig) -> EdgeShard {
    let dir = store.path().join(name);
    fs::create_dir_all(&dir).unwrap();
    EdgeShard::new(&dir, config).unwrap()
}

fn raw_upsert(shard: &EdgeShard, points: Vec<PointStructPersisted>) {
    let points = PointOperations::UpsertPoints(PointInsertOperations::PointsList(points));
    shard.update(UpdateOperation::PointOperation(points)).unwrap();
}

fn raw_point(id: u64, vectors: &[(&str, &[f32])]) -> PointStructPersisted {
    let vectors: HashMap<_, _> =
        vectors.iter().map(|(name, v)| ((*name).to_owned(), VectorPersisted::Dense(v.to_vec()))).collect();
    let vector = VectorStructPersisted::Named(vectors);
    PointStructPersisted { id: qdrant_edge::PointId::NumId(id), vector, payload: None }
}

#[test]
fn points_of_both_kinds_of_id_come_back_in_order_after_reopening() {
    let store = tempfile::tempdir().unwrap();
    let uuids: Vec<PointId> = (0..40).map(|_| PointId::Uuid(Uuid::new_v4())).collect();
    let mut ids: Vec<PointId> = (0..60).map(|i| number(i * i)).chain([number(u64::MAX)]).chain(uuids).collect();
    {
        let mut sink = EdgeStore::open_or_create(store.path(), "food", &dense(3, Distance::Dot)).unwrap();
        assert_eq!(sink.count(&Control::new()).unwrap(), 0);
        let points: Vec<_> =
            ids.iter().enumerate().map(|(i, id)| point(*id, &vector(i, 3), json!({ "row": i }))).rev().collect();
        sink.upsert(points, &Control::new()).unwrap();
        assert_eq!(sink.count(&Control::new()).unwrap(), ids.len() as u64);
    }
    let rows: HashMap<PointId, usize> = ids.iter().copied().enumerate().map(|(i, id)| (id, i)).collect();
    ids.sort_unstable();

    let (mut read, mut cursor) = (Page::default(), Cursor::Start);
    while cursor != Cursor::End {
        // Opened anew for each page, as when a run is taken up again.
        let mut source = open(&store, None).unwrap();
        assert_eq!(source.info().points, ids.len() as u64);
        let page = source.page(&mut cursor, 7, Want::ALL, &Control::new()).unwrap();
        read.ids.extend(page.ids);
        read.vectors.extend(page.vectors);
        read.payloads.extend(page.payloads);
    }
    assert_eq!(read.ids, ids, "numbers first, then UUIDs, each ascending");
    for (i, id) in read.ids.iter().enumerate() {
        assert_eq!(read.vectors[i * 3..][..3], vector(rows[id], 3), "to the last bit");
        assert_eq!(read.payloads[i], payload(json!({ "row": rows[id] })));
    }
    let mut source = open(&store, None).unwrap();
    assert_eq!(source.page(&mut Cursor::End, 7, Want::ALL, &Control::new()).unwrap(), Page::default());
}

#[test]
fn a_named_vector_is_asked_for_by_its_name() {
    let store = tempfile::tempdir().unwrap();
    let layout = Layout::Dense { name: "image".into(), dim: 2, distance: Distance::Euclid };
    let mut sink = EdgeStore::open_or_create(store.path(), "food", &layout).unwrap();
    sink.upsert(vec![point(number(5), &[3.0, 4.0], json!({}))], &Control::new()).unwrap();
    drop(sink);
    assert!(matches!(
        refusal(open(&store, None)),
        Error::VectorMissing { name, available, .. } if name.is_empty() && available == ["image"]
    ));
    let mut source = EdgeStore::open(store.path(), "food", Some("image"), None).unwrap();
    assert_eq!(source.info().title, format!("collection \"food\" in {}", store.path().display()));
    assert_eq!((source.info().dim, source.info().distance), (2, Distance::Euclid));
    assert_eq!(read_all(&mut source, 10, Want::VECTORS).vectors, [3.0, 4.0]);
    assert_eq!(source.nearest(&[0.0, 0.0], 3, &Control::new()).unwrap()[0].score, 5.0);
}

#[test]
fn payloads_and_points_come_back_by_id() {
    let store = tempfile::tempdir().unwrap();
    let rich = json!({
        "text": "Käse \"42\" \u{1F9C0}\n", "big": i64::MAX, "small": -0.1, "none": null, "yes": true,
        "list": [1, "two", [3.5], {}], "deep": { "a": { "b": [] } }, "": "empty key",
    });
    let id = PointId::Uuid(Uuid::new_v4());
    let mut sink = EdgeStore::open_or_create(store.path(), "food", &dense(2, Distance::Dot)).unwrap();
    sink.upsert(vec![point(id, &[1.0, 2.0], rich.clone()), point(number(1), &[3.0, 4.0], json!({}))], &Control::new())
        .unwrap();
    assert_eq!(sink.existing(&[number(9), id, number(1)], &Control::new()).unwrap(), [id, number(1)]);
    // The same id again replaces the point, payload and all.
    sink.upsert(vec![point(number(1), &[5.0, 6.0], json!({ "new": 1 }))], &Control::new()).unwrap();
    drop(sink);
    let mut source = open(&store, None).unwrap();
    let page = source.by_ids(&[number(9), id, number(1)], Want::ALL, &Control::new()).unwrap();
    assert_eq!(page.ids, [id, number(1)]);
    assert_eq!(page.vectors, [1.0, 2.0, 5.0, 6.0]);
    assert_eq!(page.payloads, [payload(rich), payload(json!({ "new": 1 }))]);
    let page = source.by_ids(&[number(1), id], Want::IDS, &Control::new()).unwrap();
    assert_eq!(page, Page { ids: vec![number(1), id], ..Page::default() });
}

#[test]
fn a_filter_holds_for_counts_pages_and_neighbours() {
    let store = filled(100, 4, Distance::Dot);
    let filter =
        json!({ "must": [{ "key": "even", "match": { "value": true } }, { "key": "n", "range": { "lt": 40 } }] });
    let mut source = open(&store, Some(filter)).unwrap();
    assert_eq!(source.info().points, 20);
    let even: Vec<PointId> = (0..20).map(|i| number(2 * i)).collect();
    assert_eq!(read_all(&mut source, 6, Want::IDS).ids, even);
    let found = source.nearest(&vector(3, 4), 50, &Control::new()).unwrap();
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|f| even.contains(&f.id)));
    drop(source);

    let nothing = json!({ "must": { "key": "n", "match": { "value": 1000 } } });
    assert!(matches!(refusal(open(&store, Some(nothing))), Error::Empty(title) if title.contains("food")));
    for bad in [
        json!([1]),
        json!({ "mustt": [] }),
        json!({ "must": [{ "key": "n", "mach": { "value": 1 } }] }),
        json!({ "must": [{ "should": [{ "key": "n", "mach": { "value": 1 } }] }] }),
    ] {
        let error = refusal(open(&store, Some(bad)));
        assert!(matches!(&error, Error::Setting(text) if text.starts_with("--filter: ")), "{error}");
    }
}

#[test]
fn nearest_is_exact_for_every_distance() {
    for distance in [Distance::Cosine, Distance::Dot, Distance::Euclid, Distance::Manhattan] {
        let (n, dim) = (300, 5);
        let store = filled(n, dim, distance);
        let mut source = open(&store, None).unwrap();
        let query = vector(1000, dim);
        let zip = |v: &[f32], f: fn(f64, f64) -> f64| -> f64 {
            v.iter().zip(&query).map(|(a, b)| f(f64::from(*a), f64::from(*b))).sum()
        };
        let score = |v: &[f32]| match distance {
            Distance::Dot => zip(v, |a, b| a * b),
            Distance::Cosine => zip(v, |a, b| a * b) / (zip(v, |a, _| a * a) * zip(v, |_, b| b * b)).sqrt(),
            Distance::Euclid => zip(v, |a, b| (a - b) * (a - b)).sqrt(),
            Distance::Manhattan => zip(v, |a, b| (a - b).abs()),
        };
        let mut expected: Vec<f64> = (0..n).map(|i| score(&vector(i, dim))).collect();
        expected.sort_by(|a, b| if distance.smaller_is_nearer() { a.total_cmp(b) } else { b.total_cmp(a) });
        let found = source.nearest(&query, 20, &Control::new()).unwrap();
        assert_eq!(found.len(), 20);
        for (hit, expected) in found.iter().zip(expected) {
            let PointId::Num(i) = hit.id else { panic!("a number") };
            let own = score(&vector(i as usize, dim));
            assert!((f64::from(hit.score) - own).abs() < 1e-3, "{distance}: {hit:?} has {own}");
            assert!((own - expected).abs() < 1e-3, "{distance}: {own} where {expected} was due");
            assert_eq!(hit.payload["n"], json!(i));
        }
        assert_eq!(source.nearest(&query, 0, &Control::new()).unwrap(), []);
        assert_eq!(source.nearest(&query, 1000, &Control::new()).unwrap().len(), n);
        let error = source.nearest(&[1.0], 5, &Control::new()).unwrap_err();
        assert!(matches!(error, Error::Dimension { found: 1, expected: 5, .. }));
    }
}

#[test]
fn another_layout_is_refused_in_words_and_the_same_goes_on() {
    let store = filled(10, 4, Distance::Cosine);
    let with = |layout: &Layout| EdgeStore::open_or_create(store.path(), "food", layout);
    let named = Layout::Dense { name: "image".into(), dim: 4, distance: Distance::Cosine };
    for other in [dense(5, Distance::Cosine), dense(4, Distance::Dot), named, sparse("blocks")] {
        let error = refusal(with(&other));
        assert!(
            matches!(&error, Error::TargetLayout { name, found } if name == "food" && found == "dense vector of 4 (cosine)"),
            "{error}"
        );
    }
    assert_eq!(with(&dense(4, Distance::Cosine)).unwrap().count(&Control::new()).unwrap(), 10);

    let sparse_one = EdgeSparseVectorParams::builder().build();
    let multi = EdgeVectorParams::builder(3, qdrant_edge::Distance::Dot)
        .multivector_config(MultiVectorConfig { comparator: MultiVectorComparator::MaxSim });
    let config = EdgeConfig::builder().vector("late", multi.build()).sparse_vector("words", sparse_one);
    drop(raw(&store, "mixed", config.build()));
    let error = refusal(EdgeStore::open_or_create(store.path(), "mixed", &sparse("words")));
    assert!(
        matches!(&error, Error::TargetLayout { found, .. }
            if found == "multi-vector \"late\" of 3 (dot), sparse vector \"words\""),
        "{error}"
    );
    let kind = |using| refusal(EdgeStore::open(store.path(), "mixed", Some(using), None));
    assert!(matches!(kind("late"), Error::VectorKind { kind: "multi-vector", .. }));
    assert!(matches!(kind("words"), Error::VectorKind { kind: "sparse vector", .. }));
    assert!(matches!(kind("none"), Error::VectorMissing { available, .. } if available.is_empty()));
}

#[test]
fn a_sparse_vector_may_be_empty() {
    let store = tempfile::tempdir().unwrap();
    let mut sink = EdgeStore::open_or_create(store.path(), "blocks", &sparse("blocks")).unwrap();
    let new = |id, indices: Vec<u32>| NewPoint {
        id: number(id),
        vector: NewVector::Sparse { values: indices.iter().map(|i| *i as f32 / 3.0).collect(), indices },
        payload: payload(json!({ "id": id })),
    };
    sink.upsert(vec![new(1, vec![]), new(2, vec![4, 9, 11])], &Control::new()).unwrap();
    drop(sink);
    let mut sink = EdgeStore::open_or_create(store.path(), "blocks", &sparse("blocks")).unwrap();
    assert_eq!(sink.count(&Control::new()).unwrap(), 2);
    assert_eq!(sink.existing(&[number(1), number(2)], &Control::new()).unwrap(), [number(1), number(2)]);
    let ids = [1, 2].map(qdrant_edge::PointId::NumId);
    let mut records = sink.shard.call(|edge| edge.retrieve(&ids, None, Some(true.into()))).unwrap();
    let mut vector = |i: usize| VectorStructInternal::take_opt(&mut records[i].vector, "blocks");
    assert!(matches!(vector(0), Some(VectorInternal::Sparse(v)) if v.indices.is_empty()));
    assert!(matches!(vector(1), Some(VectorInternal::Sparse(v)) if v.indices == [4, 9, 11]));
    assert_eq!(records[0].payload.as_ref().map(|p| &p.0), Some(&payload(json!({ "id": 1 }))));
}

#[test]
fn sparse_points_are_replaced_wherever_they_lie() {
    let store = tempfile::tempdir().unwrap();
    let mut sink = EdgeStore::open_or_create(store.path(), "blocks", &sparse("blocks")).unwrap();
    for round in 1..=2_u32 {
        let new = |id: u32| NewPoint {
            id: number(id.into()),
            vector: NewVector::Sparse { indices: vec![id % 7, 10 * round], values: vec![0.5, id as f32] },
            payload: payload(json!({ "round": round })),
        };
        for from in (0..1_000).step_by(250) {
            sink.upsert((from..from + 250).map(new).collect(), &Control::new()).unwrap();
        }
        assert_eq!(sink.count(&Control::new()).unwrap(), 1_000);
    }
    drop(sink);
    let sink = EdgeStore::open_or_create(store.path(), "blocks", &sparse("blocks")).unwrap();
    let near = |feature: u32| {
        let one = VectorInternal::Sparse(SparseVector { indices: vec![feature], values: vec![1.0] });
        let request = QueryRequest {
            prefetches: Vec::new(),
            query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(one, "blocks")))),
            filter: None,
            score_threshold: None,
            limit: 3,
            offset: 0,
            params: None,
            with_vector: false.into(),
            with_payload: true.into(),
        };
        sink.shard.call(|edge| edge.query(request)).unwrap()
    };
    let found = near(20);
    assert_eq!(found.iter().map(|p| p.score).collect::<Vec<_>>(), [999.0, 998.0, 997.0]);
    assert!(found.iter().all(|p| p.payload.as_ref().is_some_and(|p| p.0["round"] == json!(2))));
    assert!(near(10).is_empty(), "the first round's vectors are gone");
}

#[test]
fn points_without_the_vector_are_left_out() {
    let store = tempfile::tempdir().unwrap();
    let params = || EdgeVectorParams::builder(2, qdrant_edge::Distance::Dot).build();
    let shard = raw(&store, "food", EdgeConfig::builder().vector("a", params()).vector("b", params()).build());
    raw_upsert(
        &shard,
        vec![
            raw_point(1, &[("a", &[1.0, 1.5]), ("b", &[9.0, 9.0])]),
            raw_point(2, &[("b", &[2.0, 2.5])]),
            raw_point(3, &[("a", &[3.0, 3.5])]),
        ],
    );
    drop(shard);
    let mut source = EdgeStore::open(store.path(), "food", Some("a"), None).unwrap();
    assert_eq!(source.info().points, 2);
    for want in [Want::IDS, Want::ALL] {
        assert_eq!(read_all(&mut source, 1, want).ids, [number(1), number(3)]);
        let ids = [number(3), number(2), number(1)];
        assert_eq!(source.by_ids(&ids, want, &Control::new()).unwrap().ids, [number(3), number(1)]);
    }
    assert_eq!(read_all(&mut source, 10, Want::VECTORS).vectors, [1.0, 1.5, 3.0, 3.5]);
    drop(source);
    let filter = json!({ "must": [{ "has_id": [1, 2] }] });
    let source = EdgeStore::open(store.path(), "food", Some("a"), Some(filter)).unwrap();
    assert_eq!(source.info().points, 1);
}

#[test]
fn a_point_that_does_not_fit_keeps_all_from_being_written() {
    let store = filled(3, 4, Distance::Dot);
    let mut sink = EdgeStore::open_or_create(store.path(), "food", &dense(4, Distance::Dot)).unwrap();
    let points = vec![point(number(7), &[1.0; 4], json!({})), point(number(8), &[1.0; 3], json!({}))];
    let error = sink.upsert(points, &Control::new()).unwrap_err();
    assert!(matches!(&error, Error::Dimension { what, found: 3, expected: 4 } if what.contains("point 8")), "{error}");
    let wrong = NewVector::Sparse { indices: vec![1], values: vec![1.0] };
    let error = sink
        .upsert(vec![NewPoint { id: number(9), vector: wrong, payload: Payload::new() }], &Control::new())
        .unwrap_err();
    assert!(matches!(error, Error::Store { .. }));
    assert_eq!(sink.count(&Control::new()).unwrap(), 3);
    sink.upsert(Vec::new(), &Control::new()).unwrap();
}

#[test]
fn a_cancelled_call_says_so() {
    let store = filled(3, 4, Distance::Dot);
    let control = Control::new();
    control.cancel();
    let mut source = open(&store, None).unwrap();
    let mut cursor = Cursor::Start;
    assert!(matches!(source.page(&mut cursor, 2, Want::ALL, &control), Err(Error::Cancelled)));
    assert_eq!(cursor, Cursor::Start);
    assert!(matches!(source.by_ids(&[number(1)], Want::ALL, &control), Err(Error::Cancelled)));
    assert!(matches!(source.nearest(&[0.0; 4], 2, &control), Err(Error::Cancelled)));
    drop(source);
    let mut sink = EdgeStore::open_or_create(store.path(), "food", &dense(4, Distance::Dot)).unwrap();
    let points = vec![point(number(7), &[1.0; 4], json!({}))];
    assert!(matches!(sink.upsert(points, &control), Err(Error::Cancelled)));
    assert_eq!(sink.count(&Control::new()).unwrap(), 3);
}

#[test]
fn names_that_are_no_folder_names_are_refused() {
    let store = tempfile::tempdir().unwrap();
    for name in ["", ".", "..", ".hidden", "a/b", "../x", "a\\b", "a:b", "nul\0", "new\nline", &"x".repeat(256)] {
        let source = refusal(EdgeStore::open(store.path(), name, None, None));
        let sink = refusal(EdgeStore::open_or_create(store.path(), name, &dense(2, Distance::Dot)));
        assert!(matches!((&source, &sink), (Error::Setting(_), Error::Setting(_))), "{name}: {source}, {sink}");
    }
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
    let name = "Käse 42 ".repeat(20);
    assert!(EdgeStore::open_or_create(store.path(), &name, &dense(2, Distance::Dot)).is_ok());
    assert_eq!(list_collections(store.path()).unwrap(), [name]);
}

#[test]
fn what_is_missing_is_named() {
    let store = filled(3, 4, Distance::Dot);
    let at = |path: PathBuf, name: &str| refusal(EdgeStore::open(&path, name, None, None));
    let error = at(store.path().to_owned(), "fod");
    assert!(matches!(&error, Error::CollectionMissing { place, available, .. }
        if *place == format!("in {}", store.path().display()) && available == &["food"]));
    assert!(at(store.path().join("none"), "food").to_string().ends_with("there is no such folder"));
    assert!(at(store.path().join("food"), "food").to_string().contains("it is a collection itself"));
    fs::write(store.path().join("file"), "").unwrap();
    assert!(at(store.path().join("file"), "food").to_string().ends_with("it is not a folder"));
    assert!(matches!(list_collections(&store.path().join("none")), Err(Error::Store { .. })));

    let other = store.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("notes.txt"), "mine").unwrap();
    assert!(matches!(at(store.path().to_owned(), "other"), Error::Store { .. }));
    let sink = EdgeStore::open_or_create(store.path(), "other", &dense(4, Distance::Dot));
    assert!(matches!(refusal(sink), Error::Store { .. }));
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1, "nothing was put into it");

    EdgeStore::open_or_create(store.path(), "empty", &dense(4, Distance::Dot)).unwrap();
    let empty = refusal(EdgeStore::open(store.path(), "empty", None, None));
    assert!(matches!(empty, Error::Empty(title) if title.contains("\"empty\"")));
}

#[test]
fn what_a_killed_creation_left_is_ignored_and_cleared_away() {
    let store = tempfile::tempdir().unwrap();
    let left = store.path().join(".new-left");
    drop(raw(&store, ".new-left", config_of(&dense(2, Distance::Dot))));
    assert_eq!(list_collections(store.path()).unwrap(), Vec::<String>::new());
    EdgeStore::open_or_create(store.path(), "food", &dense(2, Distance::Dot)).unwrap();
    assert!(!left.exists());
    assert_eq!(list_collections(store.path()).unwrap(), ["food"]);
}

#[test]
fn collections_made_at_the_same_time_are_all_whole() {
    let store = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let store = store.path();
            scope.spawn(move || {
                EdgeStore::open_or_create(store, &format!("c{}", i / 2), &dense(2, Distance::Dot)).unwrap();
            });
        }
    });
    assert_eq!(list_collections(store.path()).unwrap(), ["c0", "c1", "c2", "c3"]);
}

#[test]
fn the_log_of_updates_is_shortened_and_updates_still_count() {
    let store = tempfile::tempdir().unwrap();
    let mut config = config_of(&dense(64, Distance::Dot));
    config.wal_options = Some(WalOptions { segment_capacity: 1 << 14, ..WalOptions::default() });
    drop(raw(&store, "food", config));
    let parts = || {
        let log = fs::read_dir(store.path().join("food/wal")).unwrap();
        log.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("closed-")).count()
    };
    for round in 0..3_u8 {
        let mut sink = EdgeStore::open_or_create(store.path(), "food", &dense(64, Distance::Dot)).unwrap();
        assert!(parts() <= 1);
        for i in 0..40 {
            let new = point(number(i % 10), &[f32::from(round) + 0.5; 64], json!({ "round": round }));
            sink.upsert(vec![new; 10], &Control::new()).unwrap();
        }
        assert!(parts() > 1);
    }
    let mut source = open(&store, None).unwrap();
    assert!(parts() <= 1);
    let page = read_all(&mut source, 100, Want::ALL);
    assert_eq!(page.ids.len(), 10);
    assert!(page.vectors.iter().all(|v| *v == 2.5) && page.payloads.iter().all(|p| p["round"] == json!(2)));
}

/// Every file of a collection, by path.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort_unstable();
    found
}

/// Opens and reads everything, and tells how many points came; panics would fail the test.
fn try_to_read(store: &TempDir) -> Result<usize> {
    let mut source = open(store, None)?;
    source.nearest(&[0.5; 4], 3, &Control::new())?;
    let (mut points, mut cursor) = (0, Cursor::Start);
    while cursor != Cursor::End {
        points += source.page(&mut cursor, 8, Want::ALL, &Control::new())?.ids.len();
    }
    Ok(points)
}

#[test]
fn a_damaged_collection_is_an_error_and_never_a_panic() {
    let count = files(&filled(20, 4, Distance::Dot).path().join("food")).len();
    assert!(count > 5);
    let mut refused = 0;
    for i in 0..count {
        for cut in [|_| 0, |len| len / 2] as [fn(u64) -> u64; 2] {
            let store = filled(20, 4, Distance::Dot);
            let path = &files(&store.path().join("food"))[i];
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            let len = file.metadata().unwrap().len();
            file.set_len(cut(len)).unwrap();
            match try_to_read(&store) {
                Ok(points) => assert!(points <= 20),
                Err(Error::Store { path, problem }) => {
                    refused += 1;
                    assert_eq!(path, store.path().join("food"));
                    assert!(!problem.contains('\n') && problem.len() < 500, "{problem}");
                }
                Err(Error::Empty(_)) => {}
                Err(error) => panic!("{}: {error:?}", path.display()),
            }
        }
    }
    assert!(refused > 3, "damage is noticed: {refused} of {count}");

    for lost in ["wal", "segments"] {
        let store = filled(20, 4, Distance::Dot);
        fs::remove_dir_all(store.path().join("food").join(lost)).unwrap();
        let error = refusal(open(&store, None));
        assert!(matches!(&error, Error::Store { problem, .. } if problem.contains(lost)), "{error}");
        assert!(!store.path().join("food").join(lost).exists());
    }
}
