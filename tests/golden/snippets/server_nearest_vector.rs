// Cargo.toml: qdrant-client = "1.16", tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
use qdrant_client::qdrant::{
    Query, QueryPointsBuilder, ScoredPoint, SearchParamsBuilder, VectorInput
};
use qdrant_client::{Qdrant, QdrantError};

async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {
    let vector: Vec<f32> = vec![-0.17727, -0.7857036, -0.03759733, -0.59146565];
    let request = QueryPointsBuilder::new("food")
        .query(Query::new_nearest(VectorInput::new_dense(vector.clone())))
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
