// Cargo.toml: qdrant-edge = "=0.7.0"
// A collection is open in one process at a time: close it elsewhere first.
use qdrant_edge::external::serde_json;
use qdrant_edge::{
    EdgeShard, Filter, NamedQuery, OperationResult, Prefetch, QueryEnum,
    QueryRequest, ScoredPoint, ScoringQuery, SearchParams, SparseVector,
    VectorInternal
};

fn search(shard: &EdgeShard) -> OperationResult<Vec<ScoredPoint>> {
    let vector: Vec<f32> = vec![-0.046768896, 0.72114295, -0.442463, -0.5310293];
    let filter: Filter = serde_json::from_str(
        r##"{"must": [{"has_vector": ""}]}"##,
    ).expect("a filter");
    shard.query(QueryRequest {
        prefetches: vec![
            Prefetch {
                prefetches: vec![],
                query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
                    VectorInternal::Sparse(SparseVector {
                        indices: vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
                        values: vec![
                            -0.698, 0.11199999, 0.80410004, -0.7343, -0.44230002, -0.8034, -0.2923,
                            -0.18900001, -0.32349998, 0.5582, 0.97249997, -0.8415
                        ],
                    }),
                    "block",
                )))),
                filter: Some(filter.clone()),
                score_threshold: None,
                limit: 12,
                params: Some(SearchParams { exact: true, ..Default::default() }),
            },
        ],
        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(VectorInternal::Dense(vector.clone()), "")))),
        filter: None,
        score_threshold: None,
        limit: 5,
        params: Some(SearchParams { exact: true, ..Default::default() }),
        offset: 0,
        with_vector: false.into(),
        with_payload: true.into(),
    })
}

fn main() -> OperationResult<()> {
    let shard = EdgeShard::load(std::path::Path::new("shop/food"), None)?;
    for point in search(&shard)? {
        println!("{} {:?} {:?}", point.score, point.id, point.payload);
    }
    Ok(())
}
