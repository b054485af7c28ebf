//! A sparse prefetch beside Qdrant's own quantisation: how many of the exact ten nearest are among as many candidates, what
//! it takes in memory and in time. All of it in embedded stores, in one process, by full scans (no HNSW on either side).

use std::path::Path;
use std::time::Instant;

use blockscope::config::{DeviceChoice, TrainConfig};
use blockscope::encoder::Encoder;
use blockscope::features::{SparseVector, sparse, top_k};
use blockscope::job::{Control, Reporter};
use blockscope::numpy::NpyMatrix;
use blockscope::similarity::{SimilarityData, exact_neighbours};
use blockscope::source::{
    Distance, EdgeStore, Example, Layout, NewPoint, NewVector, PointId, Query, Search, SparseValues, SparseWeights,
    VectorSink, VectorSource,
};
use blockscope::trainer;
use qdrant_edge as edge;
use qdrant_edge::external::serde_json::{from_value, json};

const TOP: usize = 10;
const QUERIES: usize = 200;
const SHARES: [f64; 2] = [0.01, 0.05];
/// Points that an encoder is trained on, at most.
const SAMPLE: usize = 10_000;

struct Set<'a> {
    name: &'a str,
    dim: usize,
    points: &'a [f32],
    queries: &'a [f32],
    values: &'a [SparseValues],
}

pub fn run(clustered: impl Fn(usize, u64) -> Vec<f32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/ag-news-minilm");
    if folder.exists() {
        let mut file = NpyMatrix::open(folder.join("vectors.npy")).expect("vectors");
        let (vectors, dim) = (file.read_all().expect("vectors"), file.columns());
        let (points, queries) = vectors.split_at(4_560 * dim);
        let values = &[SparseValues::Probability, SparseValues::Sqrt];
        compare(&Set { name: "ag-news-minilm", dim, points, queries, values });
    }
    let (n, dim) = (100_000, super::DIM);
    let vectors = clustered(n + QUERIES, 3);
    let (points, queries) = vectors.split_at(n * dim);
    compare(&Set { name: "clustered", dim, points, queries, values: &[SparseValues::Sqrt] });
}

/// What `convert --top-k 8` writes: the entries above .05, or the 8 strongest where there is none.
fn code(outputs: &[f32]) -> SparseVector {
    let above = sparse(outputs, 0.05);
    if above.is_empty() { top_k(outputs, 8) } else { above }
}

fn train(set: &Set) -> Encoder {
    let n = set.points.len() / set.dim;
    let part = |from: usize, to: usize| {
        let vectors = set.points[from * set.dim..to * set.dim].to_vec();
        let (control, mut reporter) = (Control::new(), Reporter::silent());
        let found = exact_neighbours(&vectors, set.dim, 100, Distance::Cosine, None, &control, &mut reporter);
        SimilarityData {
            title: set.name.into(),
            matrix: found.expect("neighbours").into_matrix(),
            vectors,
            dim: set.dim,
            ids: (from as u64..to as u64).map(PointId::Num).collect(),
        }
    };
    let (train, rest) = (SAMPLE.min(n * 4 / 5), (SAMPLE / 5).min(n / 5));
    let config = TrainConfig { device: DeviceChoice::Cpu, ..TrainConfig::default() };
    let (train, val) = (part(0, train), part(train, train + rest));
    trainer::train(&train, &val, &config, None, &Control::new(), &mut Reporter::silent()).expect("trained").last
}

fn compare(set: &Set) {
    let n = set.points.len() / set.dim;
    println!("{}: {n} points of {} dimensions, {QUERIES} queries, recall of the exact top {TOP}", set.name, set.dim);
    println!("  dense vectors: {} bytes a point", 4 * set.dim);
    let encoder = train(set);
    let store = tempfile::tempdir().expect("a folder");
    let mut wanted: Vec<Vec<u64>> = Vec::new();
    for values in set.values {
        let values = *values;
        let name = format!("{values:?}");
        let entries = fill(set, &encoder, values, store.path(), &name);
        let mut source = EdgeStore::open(store.path(), &name, None, None).expect("a store");
        let mut look = |query: &dyn Fn(&[f32]) -> Query| {
            let searches: Vec<Search> = set
                .queries
                .chunks(set.dim)
                .take(QUERIES)
                .map(|q| Search { query: query(q), limit: TOP, sparse_name: "block".into(), exact: true })
                .collect();
            let began = Instant::now();
            let found: Vec<Vec<u64>> = searches
                .iter()
                .map(|search| {
                    let found = source.search(search, &Control::new()).expect("found");
                    let number = |id| if let PointId::Num(id) = id { id } else { 0 };
                    found.into_iter().map(|f| number(f.id)).collect()
                })
                .collect();
            (found, began.elapsed().as_secs_f64() * 1e3 / searches.len() as f64)
        };
        if wanted.is_empty() {
            let (exact, ms) = look(&|q| Query::Nearest(Example::Vector(q.to_vec())));
            println!("  exact dense search: {ms:.2} ms a query");
            wanted = exact;
        }
        println!("  sparse ({name}): {entries:.1} entries, {:.0} bytes a point", 8.0 * entries);
        // The query is stored nowhere, so that it may have all of its activations.
        for (share, whole) in SHARES.iter().flat_map(|share| [(*share, false), (*share, true)]) {
            let candidates = (n as f64 * share).ceil() as usize;
            let (found, ms) = look(&|q| {
                let outputs = encoder.encode(q);
                let code = if whole { sparse(&outputs, 0.0) } else { code(&outputs) };
                let values = code.values.iter().map(|p| values.of(*p)).collect();
                let sparse = SparseWeights { indices: code.indices, values };
                Query::Prefetched { sparse, dense: q.to_vec(), candidates }
            });
            print!("    {}", if whole { "whole query," } else { "query at .05," });
            tell(share, recall(&wanted, &found), ms);
        }
    }
    for (name, bytes, config) in [
        ("binary", set.dim.div_ceil(8), json!({ "binary": { "always_ram": true } })),
        // A byte a dimension, and the correction of the whole vector.
        ("scalar int8", set.dim + 4, json!({ "scalar": { "type": "int8", "quantile": 0.99, "always_ram": true } })),
    ] {
        println!("  {name}: {bytes} bytes a point");
        quantised(set, config, store.path(), &wanted, n);
    }
}

fn tell(share: f64, recall: f64, ms: f64) {
    println!("    {:.0} % as candidates: recall {recall:.3}, {ms:.2} ms a query", 100.0 * share);
}

fn recall(wanted: &[Vec<u64>], found: &[Vec<u64>]) -> f64 {
    let hits: usize = wanted.iter().zip(found).map(|(w, f)| w.iter().filter(|id| f.contains(id)).count()).sum();
    hits as f64 / (TOP * wanted.len()) as f64
}

/// Writes both vectors of every point; gives the mean number of entries.
fn fill(set: &Set, encoder: &Encoder, values: SparseValues, store: &Path, name: &str) -> f64 {
    let layout = Layout::Both { name: String::new(), dim: set.dim, distance: Distance::Cosine, sparse: "block".into() };
    let mut sink = EdgeStore::open_or_create(store, name, &layout).expect("a store");
    let (mut entries, mut id) = (0, 0);
    for page in set.points.chunks(2_000 * set.dim) {
        let outputs = encoder.encode(page);
        let mut points = Vec::new();
        for (vector, outputs) in page.chunks(set.dim).zip(outputs.chunks(encoder.outputs())) {
            let code = code(outputs);
            entries += code.len();
            let values = code.values.iter().map(|p| values.of(*p)).collect();
            let vector = NewVector::Both { dense: vector.to_vec(), indices: code.indices, values };
            points.push(NewPoint { id: PointId::Num(id), vector, payload: Default::default() });
            id += 1;
        }
        sink.upsert(points, &Control::new()).expect("written");
    }
    entries as f64 / id as f64
}

/// Qdrant's own way: the quantised vectors leave as many candidates, the dense ones rescore them.
fn quantised(set: &Set, config: edge::external::serde_json::Value, store: &Path, wanted: &[Vec<u64>], n: usize) {
    let folder = store.join("quantised");
    std::fs::create_dir_all(&folder).expect("a folder");
    // Without links there is no HNSW, and a search is a full scan.
    let hnsw: edge::HnswIndexConfig =
        from_value(json!({ "m": 0, "ef_construct": 100, "full_scan_threshold": 10 })).expect("a config");
    let params = edge::EdgeVectorParams::builder(set.dim, edge::Distance::Cosine)
        .quantization_config(from_value(config).expect("a config"))
        .hnsw_config(hnsw)
        .build();
    let optimizers = edge::EdgeOptimizersConfig {
        default_segment_number: Some(1),
        indexing_threshold: Some(100),
        ..Default::default()
    };
    let config = edge::EdgeConfig::builder().vector("", params).hnsw_config(hnsw).optimizers(optimizers).build();
    let shard = edge::EdgeShard::new(&folder, config).expect("a shard");
    let mut id = 0;
    for page in set.points.chunks(2_000 * set.dim) {
        let points = page.chunks(set.dim).map(|vector| {
            id += 1;
            edge::PointStructPersisted {
                id: edge::PointId::NumId(id - 1),
                vector: edge::VectorStructPersisted::Single(vector.to_vec()),
                payload: None,
            }
        });
        let points = edge::PointInsertOperations::PointsList(points.collect());
        let upsert = edge::PointOperations::UpsertPoints(points);
        shard.update(edge::UpdateOperation::PointOperation(upsert)).expect("written");
    }
    let began = Instant::now();
    shard.optimize().expect("optimised");
    let built = began.elapsed().as_secs_f64();
    let info = shard.info();
    println!("    built in {built:.1} s: {} of {} vectors indexed", info.indexed_vectors_count, info.points_count);
    for share in SHARES {
        let oversampling = (n as f64 * share / TOP as f64).max(1.0);
        let params: edge::SearchParams = from_value(json!({
            "quantization": { "ignore": false, "rescore": true, "oversampling": oversampling }
        }))
        .expect("params");
        let mut found = Vec::new();
        let began = Instant::now();
        for query in set.queries.chunks(set.dim).take(QUERIES) {
            let vector = edge::VectorInternal::Dense(query.to_vec());
            let query = edge::QueryEnum::Nearest(edge::NamedQuery::new(vector, ""));
            let request = edge::QueryRequest {
                prefetches: Vec::new(),
                query: Some(edge::ScoringQuery::Vector(query)),
                filter: None,
                score_threshold: None,
                limit: TOP,
                offset: 0,
                params: Some(params),
                with_vector: false.into(),
                with_payload: false.into(),
            };
            let number = |id| if let edge::PointId::NumId(id) = id { id } else { 0 };
            found.push(shard.query(request).expect("found").into_iter().map(|p| number(p.id)).collect::<Vec<u64>>());
        }
        let ms = began.elapsed().as_secs_f64() * 1e3 / found.len() as f64;
        tell(share, recall(wanted, &found), ms);
    }
    drop(shard);
    std::fs::remove_dir_all(&folder).expect("removed");
}
