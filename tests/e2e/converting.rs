//! Collections that hold the dense and the sparse vectors, and what is known of them later.

use blockscope::encoder::Encoder;
use blockscope::job::Control;
use blockscope::source::{
    Distance, EdgeStore, PointId, Query, Search, ServerAddress, ServerSource, SparseOrigin, SparseValues,
    SparseWeights, Stored, VectorKind, VectorSource, Want, describe_server, describe_store,
};

use crate::loopback::Loopback;
use crate::support::Workplace;

const LINE: &str = "convert --encoder e.safetensors --collection food --target both --with-dense --values sqrt --json";

fn all(source: &mut dyn VectorSource, n: u64) -> Vec<f32> {
    let ids: Vec<PointId> = (0..n).map(PointId::Num).collect();
    source.by_ids(&ids, Want::VECTORS, &Control::new()).unwrap().vectors
}

fn kinds(all: Vec<blockscope::source::CollectionDescription>) -> Vec<(String, VectorKind)> {
    let both = all.into_iter().find(|c| c.name == "both").unwrap();
    both.vectors.into_iter().map(|v| (v.name, v.kind)).collect()
}

/// s(y) = cos(q, y) + alpha * sum over the features of w (sqrt p(y)), with entries above the threshold alone.
fn steered(encoder: &Encoder, vectors: &[f32], query: &[f32], weights: &SparseWeights, alpha: f32) -> Vec<f32> {
    let outputs = encoder.encode(vectors);
    let cosine = |y: &[f32]| query.iter().zip(y).map(|(a, b)| a * b).sum::<f32>();
    let pull = |p: &[f32]| {
        let terms = weights.indices.iter().zip(&weights.values);
        terms.map(|(j, w)| if p[*j as usize] > 0.05 { w * p[*j as usize].sqrt() } else { 0.0 }).sum::<f32>()
    };
    vectors
        .chunks(encoder.dim())
        .zip(outputs.chunks(encoder.outputs()))
        .map(|(y, p)| cosine(y) + alpha * pull(p))
        .collect()
}

#[test]
fn a_collection_with_both_vectors_steers_exactly_and_knows_its_encoder() {
    let w = Workplace::new();
    w.trained(300, 12);
    let server = Loopback::start(&w.path("server"));
    w.run(&format!("import vectors --vectors v.npy --payload p.jsonl --collection food -q --url {}", server.url)).ok();
    assert_eq!(w.run(&format!("{LINE} --store store")).json()["written"], 300);
    assert_eq!(w.run(&format!("{LINE} --url {}", server.url)).json()["written"], 300);

    let control = Control::new();
    let encoder = Encoder::read(w.path("e.safetensors")).unwrap();
    let (address, _) = ServerAddress::parse(&server.url, None).unwrap();
    let names = [(String::new(), VectorKind::Dense), ("block".into(), VectorKind::Sparse)];
    assert_eq!(kinds(describe_store(&w.path("store"), &control).unwrap()), names);
    assert_eq!(kinds(describe_server(&address, &control).unwrap()), names);

    let mut before = EdgeStore::open(&w.path("store"), "food", None, None).unwrap();
    let vectors = all(&mut before, 300);
    let mut edge = EdgeStore::open(&w.path("store"), "both", None, None).unwrap();
    let mut there = ServerSource::open(&address, "both", None, None, &control).unwrap();
    let weights = SparseWeights { indices: vec![0, 3, 9, 12], values: vec![1.0, -0.5, 0.75, -1.0] };
    let query = vectors[12 * 7..12 * 8].to_vec();
    let wanted = steered(&encoder, &vectors, &query, &weights, 0.4);
    let (values, stored) = (SparseValues::Sqrt, Stored::Activations);
    let origin = SparseOrigin { encoder: encoder.fingerprint(), values, threshold: 0.05, stored };
    for source in [&mut edge as &mut dyn VectorSource, &mut there] {
        assert_eq!((source.info().distance, source.info().points), (Distance::Cosine, 300));
        assert_eq!(all(source, 300), vectors);
        assert_eq!(source.sparse_origin("block", &control).unwrap(), Some(origin.clone()));
        assert_eq!(source.sparse_origin("other", &control).unwrap(), None);
        let query = Query::Steered { dense: query.clone(), weights: weights.clone(), alpha: 0.4, candidates: 300 };
        let search = Search { query, limit: 300, sparse_name: "block".into(), exact: true };
        let found = source.search(&search, &control).unwrap();
        assert_eq!(found.len(), 300);
        assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        for found in found {
            let PointId::Num(id) = found.id else { panic!("{}", found.id) };
            assert!((found.score - wanted[id as usize]).abs() < 1e-5);
            assert_eq!(found.payload["row"], id);
        }
    }
    assert!(before.sparse_origin("block", &control).unwrap().is_none());
}

#[test]
fn a_target_with_other_vectors_is_refused_and_a_server_without_metadata_does() {
    let w = Workplace::new();
    w.trained(100, 8);
    w.run(&format!("{LINE} --store store")).ok();
    let sparse = LINE.replace(" --with-dense", "");
    w.run(&format!("{sparse} --store store")).refused(2, "exists with another layout");
    let server = Loopback::start(&w.path("server"));
    w.run(&format!("import vectors --vectors v.npy --payload p.jsonl --collection food -q --url {}", server.url)).ok();
    server.refuse("Collections/update");
    assert_eq!(w.run(&format!("{LINE} --url {}", server.url)).json()["written"], 100);
    let (address, _) = ServerAddress::parse(&server.url, None).unwrap();
    let mut there = ServerSource::open(&address, "both", None, None, &Control::new()).unwrap();
    assert_eq!(there.sparse_origin("block", &Control::new()).unwrap(), None);
}

#[test]
fn a_dense_vector_that_is_called_as_the_sparse_one_stays_where_it_is() {
    let w = Workplace::new();
    w.trained(100, 8);
    w.run("import vectors --vectors v.npy --store store --collection odd --using block -q").ok();
    let line = "convert --encoder e.safetensors --store store --collection odd --using block --target both";
    w.run(&format!("{line} --with-dense")).refused(2, "the dense vector is called \"block\"");
    w.run(line).ok();
}
