//! The test server is what it claims to be.

use std::time::Instant;

use qdrant_client::{Payload, Qdrant, QdrantError};

use super::*;

const SCROLL: &str = "Points/scroll";

struct Client {
    qdrant: Qdrant,
    runtime: Runtime,
}

impl Client {
    fn new(url: &str, key: Option<&str>) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = Qdrant::from_url(url).api_key(key).skip_compatibility_check().timeout(Duration::from_secs(20));
        Self { qdrant: config.build().unwrap(), runtime }
    }

    fn call<'a, T, F>(&'a self, work: impl FnOnce(&'a Qdrant) -> F) -> Result<T, QdrantError>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        self.runtime.block_on(work(&self.qdrant))
    }

    /// Makes the collection "food" with `n` points of 4 dimensions.
    fn fill(&self, n: u64) {
        let params = q::VectorParamsBuilder::new(4, q::Distance::Euclid);
        let create = q::CreateCollectionBuilder::new("food").vectors_config(params);
        self.call(|client| client.create_collection(create)).unwrap();
        let points: Vec<_> = (0..n)
            .map(|i| q::PointStruct::new(i, vec![i as f32, 0.0, 0.0, 1.0], Payload::try_from(payload(i)).unwrap()))
            .collect();
        self.call(|client| client.upsert_points(q::UpsertPointsBuilder::new("food", points).wait(true))).unwrap();
    }

    fn scroll(&self, limit: u32) -> Result<q::ScrollResponse, QdrantError> {
        let request = q::ScrollPointsBuilder::new("food").limit(limit).with_vectors(true).with_payload(true);
        self.call(|client| client.scroll(request))
    }

    fn count(&self) -> u64 {
        self.call(|client| client.count(q::CountPointsBuilder::new("food").exact(true))).unwrap().result.unwrap().count
    }
}

fn payload(i: u64) -> serde_json::Value {
    serde_json::json!({ "n": i, "third": i.is_multiple_of(3), "deep": { "list": [i, "x", null] } })
}

fn code(error: QdrantError) -> Code {
    match error {
        QdrantError::ResponseError { status } => status.code(),
        other => panic!("{other}"),
    }
}

fn json(payload: HashMap<String, q::Value>) -> serde_json::Value {
    payload.into_iter().map(|(key, value)| (key, value.into_json())).collect::<serde_json::Map<_, _>>().into()
}

fn dense(vectors: Option<q::VectorsOutput>) -> Vec<f32> {
    match vectors.unwrap().get_vector().unwrap() {
        q::vector_output::Vector::Dense(vector) => vector.data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn points_go_in_and_come_out() {
    let store = tempfile::tempdir().unwrap();
    let server = Loopback::start(store.path());
    let client = Client::new(&server.url, None);
    client.fill(50);
    assert_eq!(client.count(), 50);
    for old in [false, true] {
        server.speak_old(old);
        let page = client.scroll(20).unwrap();
        assert_eq!(page.next_page_offset, Some(20u64.into()));
        for (i, point) in (0..).zip(page.result) {
            assert_eq!(point.id, Some(i.into()));
            assert_eq!(dense(point.vectors), [i as f32, 0.0, 0.0, 1.0]);
            assert_eq!(json(point.payload), payload(i));
        }
    }
    let ids = vec![q::PointId::from(7), q::PointId::from(70), q::PointId::from(3)];
    let found = client.call(|client| client.get_points(q::GetPointsBuilder::new("food", ids))).unwrap();
    assert_eq!(found.result.into_iter().filter_map(|p| p.id).collect::<Vec<_>>(), [3.into(), 7.into()]);

    let third = q::Filter::must([
        q::Condition::matches("third", true),
        q::Condition::range("n", q::Range { gt: Some(9.0), ..Default::default() }),
    ]);
    let query = q::QueryPointsBuilder::new("food").query(vec![10.0, 0.0, 0.0, 1.0]).filter(third).limit(2);
    let found = client.call(|client| client.query(query)).unwrap().result;
    assert_eq!(
        found.iter().map(|p| (p.id.clone().unwrap(), p.score)).collect::<Vec<_>>(),
        [(12.into(), 2.0), (15.into(), 5.0)]
    );
    assert_eq!((server.requests.of(SCROLL), server.requests.most_points(SCROLL)), (2, 20));
    assert_eq!(client.call(|client| client.list_collections()).unwrap().collections.len(), 1);
    let missing = client.call(|client| client.scroll(q::ScrollPointsBuilder::new("none"))).unwrap_err();
    assert_eq!(code(missing), Code::NotFound);
}

#[test]
fn the_matrix_names_the_nearest_others_of_a_sample() {
    let store = tempfile::tempdir().unwrap();
    let server = Loopback::start(store.path());
    let client = Client::new(&server.url, None);
    client.fill(50);
    let among: Vec<q::PointId> = [3, 10, 11, 20].map(q::PointId::from).into();
    let request = q::SearchMatrixPointsBuilder::new("food")
        .filter(q::Filter::must([q::Condition::has_id(among.clone())]))
        .sample(10)
        .limit(2);
    let matrix = client.call(|client| client.search_matrix_offsets(request)).unwrap().result.unwrap();
    let at = |offset: &u64| matrix.ids[*offset as usize].clone();
    let mut found: Vec<_> = matrix
        .offsets_row
        .iter()
        .zip(&matrix.offsets_col)
        .zip(&matrix.scores)
        .map(|((row, column), score)| (at(row), at(column), *score))
        .collect();
    found.sort_by_key(|(row, _, score)| (format!("{row:?}"), *score as u64));
    let number = |i: u64| q::PointId::from(i);
    let expected = [
        (10, 11, 1.0),
        (10, 3, 7.0),
        (11, 10, 1.0),
        (11, 3, 8.0),
        (20, 11, 9.0),
        (20, 10, 10.0),
        (3, 10, 7.0),
        (3, 11, 8.0),
    ];
    assert_eq!(found, expected.map(|(row, column, score)| (number(row), number(column), score)));

    server.refuse("Points/search_matrix_offsets");
    let again = client.call(|client| client.search_matrix_offsets(q::SearchMatrixPointsBuilder::new("food")));
    assert_eq!(code(again.unwrap_err()), Code::Unimplemented);
}

#[test]
fn only_the_right_key_is_let_in() {
    let store = tempfile::tempdir().unwrap();
    let server = Loopback::start_with_key(store.path(), "secret");
    for (key, allowed) in [(None, false), (Some("wrong"), false), (Some("secret"), true)] {
        let answer = Client::new(&server.url, key).call(|client| client.list_collections());
        assert_eq!(answer.map(|_| ()).map_err(code), if allowed { Ok(()) } else { Err(Code::Unauthenticated) });
    }
}

#[test]
fn faults_come_when_they_are_due() {
    let store = tempfile::tempdir().unwrap();
    let mut server = Loopback::start(store.path());
    let client = Client::new(&server.url, None);
    client.fill(5_000);

    // The client itself tries a second time.
    server.fail_later(SCROLL, 1, 2, Fault::Unavailable);
    assert!(client.scroll(5).is_ok());
    assert_eq!(code(client.scroll(5).unwrap_err()), Code::Unavailable);
    assert!(client.scroll(5).is_ok());

    server.fail(SCROLL, 2, Fault::Reset { after: 10_000 });
    assert!(client.scroll(5_000).is_err());
    assert_eq!(client.scroll(5_000).unwrap().result.len(), 5_000);

    server.fail(SCROLL, 1, Fault::Slow(Duration::from_millis(300)));
    let began = Instant::now();
    assert!(client.scroll(5).is_ok());
    assert!(began.elapsed() >= Duration::from_millis(300));

    server.gone();
    assert!(client.scroll(5).is_err());
    server.back();
    assert_eq!(client.scroll(5).unwrap().result.len(), 5);
    let url = server.url.clone();
    drop(server);
    assert!(Client::new(&url, None).scroll(5).is_err());
}

#[test]
fn it_describes_what_it_is_told_to() {
    let store = tempfile::tempdir().unwrap();
    let server = Loopback::start(store.path());
    let client = Client::new(&server.url, None);
    client.fill(3);
    server.present("late", multivector_info("", 8));
    server.present("words", sparse_info("bm25"));
    let params = |name: &str| {
        let info = client.call(|client| client.collection_info(name)).unwrap().result.unwrap();
        info.config.unwrap().params.unwrap()
    };
    let of = |name: &str| match params(name).vectors_config.unwrap().config {
        Some(q::vectors_config::Config::Params(params)) => Some(params),
        _ => None,
    };
    assert_eq!(of("food").map(|p| (p.size, p.distance(), p.multivector_config)), Some((4, q::Distance::Euclid, None)));
    assert!(of("late").is_some_and(|p| p.size == 8 && p.multivector_config.is_some()));
    assert!(of("words").is_none() && params("words").sparse_vectors_config.unwrap().map.contains_key("bm25"));
}
