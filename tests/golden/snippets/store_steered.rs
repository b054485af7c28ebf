// Cargo.toml: qdrant-edge = "=0.7.0"
// A collection is open in one process at a time: close it elsewhere first.
use qdrant_edge::external::serde_json;
use qdrant_edge::{
    EdgeShard, Expression, Filter, Formula, NamedQuery, OperationResult,
    Prefetch, QueryEnum, QueryRequest, ScoredPoint, ScoringQuery, SearchParams,
    SparseVector, VectorInternal
};

fn search(shard: &EdgeShard) -> OperationResult<Vec<ScoredPoint>> {
    let vector: Vec<f32> = vec![-0.046768896, 0.72114295, -0.442463, -0.5310293];
    let filter: Filter = serde_json::from_str(
        r##"{
            "must": [{"key": "side", "match": {"value": "left"}}, {"has_vector": ""}],
            "should": [
                {"key": "n", "range": {"lt": 50, "gte": 2.0}},
                {"key": "n", "match": {"any": [53, 55]}},
                {"must_not": [{"is_empty": {"key": "n"}}, {"has_id": [3]}]}
            ]
        }"##,
    ).expect("a filter");
    shard.query(QueryRequest {
        prefetches: vec![
            Prefetch {
                prefetches: vec![
                    Prefetch {
                        prefetches: vec![],
                        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(VectorInternal::Dense(vector.clone()), "")))),
                        filter: Some(filter.clone()),
                        score_threshold: None,
                        limit: 8,
                        params: Some(SearchParams { exact: true, ..Default::default() }),
                    },
                    Prefetch {
                        prefetches: vec![],
                        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
                            VectorInternal::Sparse(SparseVector { indices: vec![1, 4, 9], values: vec![1.0, -0.5, -1.0] }),
                            "block",
                        )))),
                        filter: Some(filter.clone()),
                        score_threshold: None,
                        limit: 8,
                        params: Some(SearchParams { exact: true, ..Default::default() }),
                    },
                ],
                query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(VectorInternal::Dense(vector.clone()), "")))),
                filter: None,
                score_threshold: None,
                limit: 16,
                params: Some(SearchParams { exact: true, ..Default::default() }),
            },
            Prefetch {
                prefetches: vec![
                    Prefetch {
                        prefetches: vec![],
                        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(VectorInternal::Dense(vector.clone()), "")))),
                        filter: Some(filter.clone()),
                        score_threshold: None,
                        limit: 8,
                        params: Some(SearchParams { exact: true, ..Default::default() }),
                    },
                    Prefetch {
                        prefetches: vec![],
                        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
                            VectorInternal::Sparse(SparseVector { indices: vec![1, 4, 9], values: vec![1.0, -0.5, -1.0] }),
                            "block",
                        )))),
                        filter: Some(filter.clone()),
                        score_threshold: None,
                        limit: 8,
                        params: Some(SearchParams { exact: true, ..Default::default() }),
                    },
                ],
                query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
                    VectorInternal::Sparse(SparseVector { indices: vec![1, 4, 9], values: vec![1.0, -0.5, -1.0] }),
                    "block",
                )))),
                filter: None,
                score_threshold: None,
                limit: 16,
                params: Some(SearchParams { exact: true, ..Default::default() }),
            },
        ],
        query: Some(ScoringQuery::Formula(Formula {
            formula: Expression::Sum(vec![
                Expression::Variable("$score[0]".into()),
                Expression::Mult(vec![Expression::Constant(0.5), Expression::Variable("$score[1]".into())]),
            ]),
            defaults: [("$score[0]".into(), 0.0.into()), ("$score[1]".into(), 0.0.into())].into(),
        }.try_into()?)),
        filter: None,
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
