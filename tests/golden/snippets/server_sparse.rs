// Cargo.toml: qdrant-client = "1.16", tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
use qdrant_client::qdrant::{
    Condition, Filter, Query, QueryPointsBuilder, ScoredPoint, VectorInput
};
use qdrant_client::{Qdrant, QdrantError};

async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {
    let filter = Filter { must: vec![Condition::has_vector("")], ..Default::default() };
    let request = QueryPointsBuilder::new("food")
        .query(
            Query::new_nearest(VectorInput::new_sparse(vec![1, 4, 9], vec![1.0, 0.25, 0.5])),
        )
        .using("block")
        .filter(filter.clone())
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
