// Cargo.toml: qdrant-edge = "=0.7.0"
// A collection is open in one process at a time: close it elsewhere first.
use qdrant_edge::external::serde_json;
use qdrant_edge::{
    EdgeShard, Filter, NamedQuery, OperationResult, QueryEnum, QueryRequest,
    ScoredPoint, ScoringQuery, SparseVector, VectorInternal
};

fn search(shard: &EdgeShard) -> OperationResult<Vec<ScoredPoint>> {
    let filter: Filter = serde_json::from_str(
        r##"{"must": [{"has_vector": ""}]}"##,
    ).expect("a filter");
    shard.query(QueryRequest {
        prefetches: vec![],
        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
            VectorInternal::Sparse(SparseVector { indices: vec![1, 4, 9], values: vec![1.0, 0.25, 0.5] }),
            "block",
        )))),
        filter: Some(filter.clone()),
        score_threshold: None,
        limit: 5,
        params: None,
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
