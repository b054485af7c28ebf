// Cargo.toml: qdrant-edge = "=0.7.0"
// A collection is open in one process at a time: close it elsewhere first.
use qdrant_edge::{
    EdgeShard, NamedQuery, OperationResult, QueryEnum, QueryRequest,
    ScoredPoint, ScoringQuery, SearchParams, VectorInternal
};

fn search(shard: &EdgeShard) -> OperationResult<Vec<ScoredPoint>> {
    let vector: Vec<f32> = vec![-0.17727, -0.7857036, -0.03759733, -0.59146565];
    shard.query(QueryRequest {
        prefetches: vec![],
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
