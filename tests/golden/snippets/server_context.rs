// Cargo.toml: qdrant-client = "1.16", tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
use qdrant_client::qdrant::{
    ContextInputBuilder, Query, QueryPointsBuilder, ScoredPoint,
    SearchParamsBuilder, VectorInput
};
use qdrant_client::{Qdrant, QdrantError};

async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {
    let vector: Vec<f32> = vec![0.7167348, 0.58927447, -0.3231007, -0.18615246];
    let request = QueryPointsBuilder::new("food")
        .query(
            Query::new_context(
                ContextInputBuilder::default()
                    .add_pair(VectorInput::new_id(5u64), VectorInput::new_id(6u64))
                    .add_pair(VectorInput::new_dense(vector.clone()), VectorInput::new_id(9u64)),
            ),
        )
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
