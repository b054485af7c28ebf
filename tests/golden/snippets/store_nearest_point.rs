// Cargo.toml: qdrant-edge = "=0.7.0"
// A collection is open in one process at a time: close it elsewhere first.
use qdrant_edge::external::serde_json;
use qdrant_edge::{
    EdgeShard, Filter, NamedQuery, OperationResult, PointId, QueryEnum,
    QueryRequest, ScoredPoint, ScoringQuery, SearchParams, VectorInternal,
    VectorStructInternal, WithVector
};

fn vector_of(shard: &EdgeShard, id: PointId) -> OperationResult<Vec<f32>> {
    let wanted = WithVector::Selector(vec!["".into()]);
    let mut found = shard.retrieve(&[id], Some(false.into()), Some(wanted))?;
    match found.first_mut().and_then(|point| VectorStructInternal::take_opt(&mut point.vector, "")) {
        Some(VectorInternal::Dense(vector)) => Ok(vector.to_vec()),
        _ => Ok(Vec::new()),
    }
}

fn search(shard: &EdgeShard) -> OperationResult<Vec<ScoredPoint>> {
    let filter: Filter = serde_json::from_str(
        r##"{
            "must": [
                {
                    "must": [{"key": "side", "match": {"value": "left"}}],
                    "should": [
                        {"key": "n", "range": {"lt": 50, "gte": 2.0}},
                        {"key": "n", "match": {"any": [53, 55]}},
                        {"must_not": [{"is_empty": {"key": "n"}}, {"has_id": [3]}]}
                    ]
                }
            ],
            "must_not": [{"has_id": [17]}]
        }"##,
    ).expect("a filter");
    shard.query(QueryRequest {
        prefetches: vec![],
        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
            VectorInternal::Dense(vector_of(shard, PointId::NumId(17))?),
            "",
        )))),
        filter: Some(filter.clone()),
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
