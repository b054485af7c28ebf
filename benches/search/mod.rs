//! A sparse prefetch beside Qdrant's own quantisation: how many of the exact ten nearest are among as many candidates, what
//! it takes in memory and in time. All of it in embedded stores, in one process, by full scans (no HNSW on either side).
//!
//! Codes are searched twice: by activations, of an encoder of the reference's kind, and by the weights that a decoder
//! makes of the query, over the winners alone.

use std::path::Path;
use std::time::Instant;

use blockscope::config::{DeviceChoice, ObjectiveKind, TrainConfig};
use blockscope::encoder::Encoder;
use blockscope::features::{CodeSize, SparseVector, sparse, stored_code, top_k};
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
    let folder = Path::new("../shared/data/ag-news-minilm");
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

fn train(set: &Set, objective: ObjectiveKind) -> Encoder {
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
    let config = TrainConfig { device: DeviceChoice::Cpu, ..TrainConfig::preset(objective) };
    let (train, val) = (part(0, train), part(train, train + rest));
    trainer::train(&train, &val, &config, None, &Control::new(), &mut Reporter::silent()).expect("trained").last
}

fn compare(set: &Set) {
    let n = set.points.len() / set.dim;
    let queries = set.queries.len() / set.dim;
    println!("{}: {n} points of {} dimensions, {queries} queries, recall of the exact top {TOP}", set.name, set.dim);
    println!("  dense vectors: {} bytes a point", 4 * set.dim);
    let encoder = train(set, ObjectiveKind::Compatible);
    let store = tempfile::tempdir().expect("a folder");
    let mut wanted: Vec<Vec<u64>> = Vec::new();
    for values in set.values {
        let values = *values;
        let name = format!("{values:?}");
        let entries = fill(set, &encoder, store.path(), &name, &|outputs| {
            let code = code(outputs);
            SparseVector { values: code.values.iter().map(|p| values.of(*p)).collect(), indices: code.indices }
        });
        let mut source = EdgeStore::open(store.path(), &name, None, None).expect("a store");
        if wanted.is_empty() {
            let (exact, ms) = look(set, &mut source, |q| Query::Nearest(Example::Vector(q.to_vec())));
            println!("  exact dense search: {ms:.2} ms a query");
            wanted = exact;
        }
        println!("  sparse ({name}): {entries:.1} entries, {:.0} bytes a point", 8.0 * entries);
        // The query is stored nowhere, so that it may have all of its activations.
        for (share, whole) in SHARES.iter().flat_map(|share| [(*share, false), (*share, true)]) {
            let candidates = (n as f64 * share).ceil() as usize;
            let (found, ms) = look(set, &mut source, |q| {
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
    codes(set, store.path(), &wanted);
    for (name, bytes, config) in [
        ("binary", set.dim.div_ceil(8), json!({ "binary": { "always_ram": true } })),
        // A byte a dimension, and the correction of the whole vector.
        ("scalar int8", set.dim + 4, json!({ "scalar": { "type": "int8", "quantile": 0.99, "always_ram": true } })),
    ] {
        println!("  {name}: {bytes} bytes a point");
        quantised(set, config, store.path(), &wanted, n);
    }
}

/// The points that each query finds, and milliseconds a query.
fn look(set: &Set, source: &mut EdgeStore, query: impl Fn(&[f32]) -> Query) -> (Vec<Vec<u64>>, f64) {
    let began = Instant::now();
    let find = |q: &[f32]| {
        let search = Search { query: query(q), limit: TOP, sparse_name: "block".into(), exact: true };
        let found = source.search(&search, &Control::new()).expect("found");
        let number = |id| if let PointId::Num(id) = id { id } else { 0 };
        found.into_iter().map(|f| number(f.id)).collect()
    };
    let found: Vec<Vec<u64>> = set.queries.chunks(set.dim).map(find).collect();
    let ms = began.elapsed().as_secs_f64() * 1e3 / found.len() as f64;
    (found, ms)
}

/// What the decoder was fitted on, with every weight of the query and with the largest of them.
fn codes(set: &Set, store: &Path, wanted: &[Vec<u64>]) {
    let began = Instant::now();
    let encoder = train(set, ObjectiveKind::Codes);
    let (blocks, size, stored) = (encoder.blocks(), encoder.block_size(), encoder.stored());
    let Some(decoder) = encoder.decoder() else { return println!("  codes: no decoder") };
    println!("  codes: {blocks} x {size} trained in {:.1} s", began.elapsed().as_secs_f64());
    let mut lengths = vec![0u64; encoder.outputs()];
    for outputs in encoder.encode(set.points).chunks(encoder.outputs()) {
        stored_code(outputs, size, stored, 0.0).indices.iter().for_each(|i| lengths[*i as usize] += 1);
    }
    let entries = fill(set, &encoder, store, "codes", &|outputs| stored_code(outputs, size, stored, 0.0));
    let CodeSize { packed, qdrant, .. } = CodeSize::of(stored, blocks, size, entries);
    println!("    {stored}: {entries:.1} entries, {packed:.0} bytes a point packed, {qdrant:.0} as Qdrant keeps it");
    let mut source = EdgeStore::open(store, "codes", None, None).expect("a store");
    let n = set.points.len() / set.dim;
    for kept in [encoder.outputs(), 256, 128, 64, 32] {
        let weights = |q: &[f32]| {
            let mut all: Vec<(u32, f32)> = (0..).zip(decoder.query_weights(q)).collect();
            all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            all.truncate(kept);
            all.sort_by_key(|(i, _)| *i);
            all
        };
        let read = |q: &[f32]| weights(q).iter().map(|(i, _)| lengths[*i as usize]).sum::<u64>();
        let read: u64 = set.queries.chunks(set.dim).map(read).sum();
        let postings = read as f64 / (lengths.iter().sum::<u64>() as f64 * wanted.len() as f64);
        for share in SHARES {
            let candidates = (n as f64 * share).ceil() as usize;
            let (found, ms) = look(set, &mut source, |q| {
                let (indices, values) = weights(q).into_iter().unzip();
                Query::Prefetched { sparse: SparseWeights { indices, values }, dense: q.to_vec(), candidates }
            });
            print!("    {kept} weights, {:.0} % of the postings,", 100.0 * postings);
            tell(share, recall(wanted, &found), ms);
        }
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
fn fill(set: &Set, encoder: &Encoder, store: &Path, name: &str, code: &dyn Fn(&[f32]) -> SparseVector) -> f64 {
    let layout = Layout::Both { name: String::new(), dim: set.dim, distance: Distance::Cosine, sparse: "block".into() };
    let mut sink = EdgeStore::open_or_create(store, name, &layout).expect("a store");
    let (mut entries, mut id) = (0, 0);
    for page in set.points.chunks(2_000 * set.dim) {
        let outputs = encoder.encode(page);
        let mut points = Vec::new();
        for (vector, outputs) in page.chunks(set.dim).zip(outputs.chunks(encoder.outputs())) {
            let SparseVector { indices, values } = code(outputs);
            entries += indices.len();
            let vector = NewVector::Both { dense: vector.to_vec(), indices, values };
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
        for query in set.queries.chunks(set.dim) {
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
