// Cargo.toml: qdrant-client = "1.16", tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
use qdrant_client::qdrant::{
    Condition, Filter, PrefetchQueryBuilder, Query, QueryPointsBuilder,
    ScoredPoint, SearchParamsBuilder, VectorInput
};
use qdrant_client::{Qdrant, QdrantError};

async fn search(client: &Qdrant) -> Result<Vec<ScoredPoint>, QdrantError> {
    let vector: Vec<f32> = vec![-0.046768896, 0.72114295, -0.442463, -0.5310293];
    let filter = Filter { must: vec![Condition::has_vector("")], ..Default::default() };
    let request = QueryPointsBuilder::new("food")
        .add_prefetch(
            PrefetchQueryBuilder::default()
                .query(
                    Query::new_nearest(VectorInput::new_sparse(
                        vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
                        vec![
                            -0.698, 0.11199999, 0.80410004, -0.7343, -0.44230002, -0.8034, -0.2923,
                            -0.18900001, -0.32349998, 0.5582, 0.97249997, -0.8415
                        ],
                    )),
                )
                .using("block")
                .filter(filter.clone())
                .params(SearchParamsBuilder::default().exact(true))
                .limit(12u64),
        )
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
