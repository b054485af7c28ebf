// Cargo.toml: qdrant-client = "1.16", tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
use qdrant_client::qdrant::{
    Condition, Filter, PointId, Query, QueryPointsBuilder, Range, ScoredPoint,
    SearchParamsBuilder, VectorInput
};
use qdrant_client::{Qdrant, QdrantError};

async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {
    let filter = Filter {
        must: vec![Condition::matches("side", "left".to_string())],
        should: vec![
            Condition::range(
                "n",
                Range { lt: Some(50.0), gte: Some(2.0), ..Default::default() },
            ),
            Condition::matches("n", vec![53i64, 55i64]),
            Condition::from(Filter {
                must_not: vec![Condition::is_empty("n"), Condition::has_id([PointId::from(3u64)])],
                ..Default::default()
            }),
        ],
        ..Default::default()
    };
    let request = QueryPointsBuilder::new("food")
        .query(Query::new_nearest(VectorInput::new_id(17u64)))
        .filter(filter.clone())
        .params(SearchParamsBuilder::default().exact(true))
        .limit(5u64)
        .with_payload(true);
    Ok(client.query(request).await?.result)
}

#[tokio::main]
async fn main() -> Result<(), QdrantError> {
    let client = Qdrant::from_url("http://localhost:6334").api_key(std::env::var("QDRANT_API_KEY")).build()?;
    for point in search(&client).await? {
        println!("{} {:?} {:?}", point.score, point.id, point.payload);
    }
    Ok(())
}
