// Cargo.toml: qdrant-client = "1.16", tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
use qdrant_client::qdrant::{
    Query, QueryPointsBuilder, RecommendInputBuilder, RecommendStrategy,
    ScoredPoint, SearchParamsBuilder, VectorInput
};
use qdrant_client::{Qdrant, QdrantError};

async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {
    let vector: Vec<f32> = vec![0.69764805, -0.5634085, -0.43132988, -0.099058926];
    let vector2: Vec<f32> = vec![-0.67610437, -0.05142458, 0.14296024, 0.7209722];
    let request = QueryPointsBuilder::new("food")
        .query(
            Query::new_recommend(
                RecommendInputBuilder::default()
                    .add_positive(VectorInput::new_id(3u64))
                    .add_positive(VectorInput::new_dense(vector.clone()))
                    .add_positive(VectorInput::new_id(8u64))
                    .add_negative(VectorInput::new_id(40u64))
                    .add_negative(VectorInput::new_dense(vector2.clone()))
                    .strategy(RecommendStrategy::BestScore),
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
