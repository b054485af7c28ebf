//! The services, answered from Edge's shards.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use qdrant_client::qdrant as q;
use qdrant_client::qdrant::collections_server::Collections;
use qdrant_client::qdrant::points_server::Points;
use qdrant_client::qdrant::qdrant_server::Qdrant;
use qdrant_edge as edge;
use tonic::{Request, Response, Status};

use super::convert::{
    edge_config, edge_filter, edge_id, edge_ids, edge_point, grpc_id, info, retrieved, scored, status, with_payload,
    with_vectors,
};
use super::matrix;
use super::proxy::Cut;
use super::query::edge_request;
use super::{Fault, Plan, Requests};

type Reply<T> = Result<Response<T>, Status>;

/// One behind all the services; clones are the same.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    store: PathBuf,
    key: Option<String>,
    cut: Cut,
    requests: Arc<Requests>,
    plan: Mutex<Plan>,
    old: AtomicBool,
    presented: Mutex<HashMap<String, q::CollectionInfo>>,
    metadata: Mutex<HashMap<String, HashMap<String, q::Value>>>,
    shards: Mutex<HashMap<String, Arc<Shard>>>,
}

struct Shard {
    edge: edge::EdgeShard,
    /// Edge panics when it is flushed while it is written to.
    writing: Mutex<()>,
}

impl Shard {
    fn write(&self, operations: impl IntoIterator<Item = edge::UpdateOperation>) -> Result<(), Status> {
        let _writing = self.writing.lock().unwrap();
        let done = operations.into_iter().try_for_each(|operation| self.edge.update(operation));
        self.edge.flush();
        done.map_err(status)
    }

    fn ids(&self, filter: Option<edge::Filter>) -> Result<Vec<edge::PointId>, Status> {
        let request = edge::ScrollRequest {
            limit: Some(usize::MAX),
            filter,
            with_payload: Some(false.into()),
            ..Default::default()
        };
        let (records, _) = self.edge.scroll(request).map_err(status)?;
        Ok(records.into_iter().map(|r| r.id).collect())
    }

    fn count(&self, filter: Option<edge::Filter>) -> Result<u64, Status> {
        Ok(self.edge.count(edge::CountRequest { filter, exact: true }).map_err(status)? as u64)
    }
}

impl Service {
    pub fn new(store: &Path, key: Option<&str>, cut: Cut) -> Self {
        Self(Arc::new(Inner {
            store: store.to_owned(),
            key: key.map(str::to_owned),
            cut,
            requests: Arc::default(),
            plan: Mutex::default(),
            old: AtomicBool::new(false),
            presented: Mutex::default(),
            metadata: Mutex::default(),
            shards: Mutex::default(),
        }))
    }

    pub fn requests(&self) -> Arc<Requests> {
        self.0.requests.clone()
    }

    pub fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.plan.lock().unwrap()
    }

    pub fn speak_old(&self, old: bool) {
        self.0.old.store(old, Ordering::Relaxed);
    }

    pub fn present(&self, name: &str, info: q::CollectionInfo) {
        self.0.presented.lock().unwrap().insert(name.to_owned(), info);
    }

    /// Closes the collections; the next call opens them again.
    pub fn close(&self) {
        self.0.shards.lock().unwrap().clear();
    }

    /// Every call goes through here: it is counted, let in or not, spoilt or done.
    async fn serve<Q, R>(
        &self,
        method: &'static str,
        request: Request<Q>,
        work: impl FnOnce(&Self, Q) -> Result<R, Status> + Send,
    ) -> Reply<R> {
        self.0.requests.add(method);
        let key = request.metadata().get("api-key").and_then(|key| key.to_str().ok());
        match (&self.0.key, key) {
            (Some(wanted), Some(given)) if wanted != given => {
                return Err(Status::unauthenticated("Invalid API key or JWT"));
            }
            // The server answers health checks without a key.
            (Some(_), None) if !method.starts_with("Qdrant/") => {
                return Err(Status::unauthenticated("Must provide an API key or an Authorization bearer token"));
            }
            _ => {}
        }
        let (fault, mut delay, refused) = {
            let mut plan = self.plan();
            (plan.next(method), plan.delay, plan.refused.contains(method))
        };
        if refused {
            return Err(Status::unimplemented(format!("{method} is not known here")));
        }
        match fault {
            Some(Fault::Unavailable) => return Err(Status::unavailable("the test server is unavailable")),
            Some(Fault::Status(code)) => return Err(Status::new(code, "the test server was told to fail")),
            Some(Fault::Slow(more)) => delay += more,
            Some(Fault::Reset { .. }) | None => {}
        }
        let answer = tokio::task::block_in_place(|| work(self, request.into_inner()))?;
        if delay > Duration::ZERO {
            tokio::time::sleep(delay).await;
        }
        if let Some(Fault::Reset { after }) = fault {
            self.0.cut.after(after);
        }
        Ok(Response::new(answer))
    }

    fn old(&self) -> bool {
        self.0.old.load(Ordering::Relaxed)
    }

    fn is_there(&self, name: &str) -> bool {
        !name.is_empty() && self.0.store.join(name).join("edge_config.json").is_file()
    }

    fn shard(&self, name: &str) -> Result<Arc<Shard>, Status> {
        let mut shards = self.0.shards.lock().unwrap();
        if let Some(shard) = shards.get(name) {
            return Ok(shard.clone());
        }
        if !self.is_there(name) {
            return Err(Status::not_found(format!("Not found: Collection `{name}` doesn't exist!")));
        }
        let mut tries = 0;
        let edge = loop {
            match edge::EdgeShard::load(&self.0.store.join(name), None) {
                Ok(edge) => break edge,
                // A call from before the server went away may not have ended yet.
                Err(error) if tries < 50 && error.to_string().contains("WouldBlock") => tries += 1,
                Err(error) => return Err(status(error)),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let shard = Arc::new(Shard { edge, writing: Mutex::new(()) });
        shards.insert(name.to_owned(), shard.clone());
        Ok(shard)
    }

    fn health(&self, _: q::HealthCheckRequest) -> Result<q::HealthCheckReply, Status> {
        let title = "qdrant - vector search engine".to_owned();
        Ok(q::HealthCheckReply { title, version: "1.20.0".into(), commit: None })
    }

    // ------------------------------------------------------------------------------------------ collections

    fn collection_info(&self, request: q::GetCollectionInfoRequest) -> Result<q::GetCollectionInfoResponse, Status> {
        let name = request.collection_name;
        let presented = self.0.presented.lock().unwrap().get(&name).cloned();
        let mut result = match presented {
            Some(info) => info,
            None => {
                let shard = self.shard(&name)?;
                let config = shard.edge.config().clone();
                info(&config, shard.count(None)?)
            }
        };
        if let (Some(config), Some(metadata)) = (&mut result.config, self.0.metadata.lock().unwrap().get(&name)) {
            config.metadata.extend(metadata.clone());
        }
        Ok(q::GetCollectionInfoResponse { result: Some(result), time: 0.0 })
    }

    fn list_collections(&self, _: q::ListCollectionsRequest) -> Result<q::ListCollectionsResponse, Status> {
        let folders = std::fs::read_dir(&self.0.store).map_err(|e| Status::internal(e.to_string()))?;
        let mut names: BTreeSet<String> = folders
            .flatten()
            .filter_map(|folder| folder.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.') && self.is_there(name))
            .collect();
        names.extend(self.0.presented.lock().unwrap().keys().cloned());
        let collections = names.into_iter().map(|name| q::CollectionDescription { name }).collect();
        Ok(q::ListCollectionsResponse { collections, time: 0.0 })
    }

    fn collection_exists(&self, request: q::CollectionExistsRequest) -> Result<q::CollectionExistsResponse, Status> {
        let name = request.collection_name;
        let exists = self.is_there(&name) || self.0.presented.lock().unwrap().contains_key(&name);
        Ok(q::CollectionExistsResponse { result: Some(q::CollectionExists { exists }), time: 0.0 })
    }

    fn create_collection(&self, request: q::CreateCollection) -> Result<q::CollectionOperationResponse, Status> {
        let name = request.collection_name.clone();
        let mut shards = self.0.shards.lock().unwrap();
        if self.is_there(&name) {
            return Err(Status::already_exists(format!("Wrong input: Collection `{name}` already exists!")));
        }
        let folder = self.0.store.join(&name);
        std::fs::create_dir_all(&folder).map_err(|e| Status::internal(e.to_string()))?;
        let edge = edge::EdgeShard::new(&folder, edge_config(request)?).map_err(status)?;
        shards.insert(name, Arc::new(Shard { edge, writing: Mutex::new(()) }));
        Ok(q::CollectionOperationResponse { result: true, time: 0.0 })
    }

    /// Metadata alone can be changed.
    fn update_collection(&self, request: q::UpdateCollection) -> Result<q::CollectionOperationResponse, Status> {
        self.shard(&request.collection_name)?;
        self.0.metadata.lock().unwrap().entry(request.collection_name).or_default().extend(request.metadata);
        Ok(q::CollectionOperationResponse { result: true, time: 0.0 })
    }

    fn delete_collection(&self, request: q::DeleteCollection) -> Result<q::CollectionOperationResponse, Status> {
        let name = request.collection_name;
        let mut shards = self.0.shards.lock().unwrap();
        let result = self.is_there(&name);
        drop(shards.remove(&name));
        self.0.metadata.lock().unwrap().remove(&name);
        if result {
            std::fs::remove_dir_all(self.0.store.join(&name)).map_err(|e| Status::internal(e.to_string()))?;
        }
        Ok(q::CollectionOperationResponse { result, time: 0.0 })
    }

    // ------------------------------------------------------------------------------------------ points

    fn upsert_points(&self, request: q::UpsertPoints) -> Result<q::PointsOperationResponse, Status> {
        let shard = self.shard(&request.collection_name)?;
        self.0.requests.points("Points/upsert", request.points.len());
        let points = request.points.into_iter().map(edge_point).collect::<Result<Vec<_>, _>>()?;
        let points = edge::PointOperations::UpsertPoints(edge::PointInsertOperations::PointsList(points));
        shard.write([edge::UpdateOperation::PointOperation(points)])?;
        Ok(updated(request.wait))
    }

    fn delete_points(&self, request: q::DeletePoints) -> Result<q::PointsOperationResponse, Status> {
        use q::points_selector::PointsSelectorOneOf;
        let shard = self.shard(&request.collection_name)?;
        let ids = match request.points.and_then(|p| p.points_selector_one_of) {
            Some(PointsSelectorOneOf::Points(list)) => edge_ids(list.ids)?,
            Some(PointsSelectorOneOf::Filter(filter)) => shard.ids(edge_filter(Some(filter))?)?,
            None => return Err(Status::invalid_argument("PointsSelector is missing")),
        };
        shard.write([edge::UpdateOperation::PointOperation(edge::PointOperations::DeletePoints { ids })])?;
        Ok(updated(request.wait))
    }

    fn get_points(&self, request: q::GetPoints) -> Result<q::GetResponse, Status> {
        let shard = self.shard(&request.collection_name)?;
        let with_payload = with_payload(request.with_payload)?;
        let with_vectors = with_vectors(request.with_vectors);
        let mut records =
            shard.edge.retrieve(&edge_ids(request.ids)?, Some(with_payload), Some(with_vectors)).map_err(status)?;
        // A cluster answers in the order of its shards, not in that of the ids.
        records.reverse();
        self.0.requests.points("Points/get", records.len());
        let result = records.into_iter().map(|r| retrieved(r, self.old())).collect();
        Ok(q::GetResponse { result, ..Default::default() })
    }

    fn scroll_points(&self, request: q::ScrollPoints) -> Result<q::ScrollResponse, Status> {
        if request.order_by.is_some() {
            return Err(Status::unimplemented("the test server scrolls by id only"));
        }
        let shard = self.shard(&request.collection_name)?;
        let (records, next) = shard
            .edge
            .scroll(edge::ScrollRequest {
                offset: request.offset.map(edge_id).transpose()?,
                limit: Some(request.limit.unwrap_or(10) as usize),
                filter: edge_filter(request.filter)?,
                with_payload: Some(with_payload(request.with_payload)?),
                with_vector: with_vectors(request.with_vectors),
                order_by: None,
            })
            .map_err(status)?;
        self.0.requests.points("Points/scroll", records.len());
        Ok(q::ScrollResponse {
            next_page_offset: next.map(grpc_id),
            result: records.into_iter().map(|r| retrieved(r, self.old())).collect(),
            ..Default::default()
        })
    }

    fn count_points(&self, request: q::CountPoints) -> Result<q::CountResponse, Status> {
        let count = self.shard(&request.collection_name)?.count(edge_filter(request.filter)?)?;
        Ok(q::CountResponse { result: Some(q::CountResult { count }), ..Default::default() })
    }

    fn query_points(&self, request: q::QueryPoints) -> Result<q::QueryResponse, Status> {
        let shard = self.shard(&request.collection_name)?;
        self.0.requests.query(&request);
        let offset = request.offset.unwrap_or(0) as usize;
        let found = shard.edge.query(edge_request(&shard.edge, request)?).map_err(status)?;
        let result: Vec<_> = found.into_iter().skip(offset).map(|p| scored(p, self.old())).collect();
        self.0.requests.points("Points/query", result.len());
        Ok(q::QueryResponse { result, ..Default::default() })
    }

    fn search_points(&self, request: q::SearchPoints) -> Result<q::SearchResponse, Status> {
        let vector = match request.sparse_indices {
            Some(indices) => {
                q::vector_input::Variant::Sparse(q::SparseVector { values: request.vector, indices: indices.data })
            }
            None => q::vector_input::Variant::Dense(q::DenseVector { data: request.vector }),
        };
        let nearest = q::query::Variant::Nearest(q::VectorInput { variant: Some(vector) });
        let answer = self.query_points(q::QueryPoints {
            collection_name: request.collection_name,
            query: Some(q::Query { variant: Some(nearest) }),
            using: request.vector_name,
            filter: request.filter,
            score_threshold: request.score_threshold,
            limit: Some(request.limit),
            offset: request.offset,
            with_payload: request.with_payload,
            with_vectors: request.with_vectors,
            ..Default::default()
        })?;
        Ok(q::SearchResponse { result: answer.result, ..Default::default() })
    }

    fn matrix_offsets(&self, request: q::SearchMatrixPoints) -> Result<q::SearchMatrixOffsetsResponse, Status> {
        let shard = self.shard(&request.collection_name)?;
        let name = request.using.unwrap_or_default();
        let distance =
            shard.edge.config().vectors.get(&name).map(|v| v.distance).ok_or_else(|| {
                Status::invalid_argument(format!("Wrong input: Not existing vector name error: {name}"))
            })?;
        let has_vector = edge::Filter::new_must(edge::Condition::HasVector(name.clone().into()));
        let filter = edge::Filter::merge_opts(Some(has_vector), edge_filter(request.filter)?);
        let ids = matrix::sample(shard.ids(filter)?, request.sample.unwrap_or(10) as usize);
        let mut result = q::SearchMatrixOffsets::default();
        // One point alone has no neighbours, and the server does not name it then.
        if ids.len() > 1 {
            let named = edge::WithVector::Selector(vec![name.clone()]);
            let records = shard.edge.retrieve(&ids, Some(false.into()), Some(named)).map_err(status)?;
            let vectors: Vec<Vec<f32>> = records
                .into_iter()
                .map(|mut r| match edge::VectorStructInternal::take_opt(&mut r.vector, &name) {
                    Some(edge::VectorInternal::Dense(vector)) => Ok(vector),
                    _ => Err(Status::invalid_argument("Wrong input: the matrix is of dense vectors")),
                })
                .collect::<Result<_, _>>()?;
            let limit = request.limit.unwrap_or(3) as usize;
            (result.offsets_row, result.offsets_col, result.scores) = matrix::nearest_others(&vectors, limit, distance);
            result.ids = ids.into_iter().map(grpc_id).collect();
        }
        self.0.requests.points("Points/search_matrix_offsets", result.ids.len());
        Ok(q::SearchMatrixOffsetsResponse { result: Some(result), ..Default::default() })
    }
}

fn updated(wait: Option<bool>) -> q::PointsOperationResponse {
    let done = if wait == Some(true) { q::UpdateStatus::Completed } else { q::UpdateStatus::Acknowledged };
    let result = q::UpdateResult { operation_id: Some(0), status: done.into() };
    q::PointsOperationResponse { result: Some(result), ..Default::default() }
}

/// Writes a service's methods: those that are known, each with what does it, and the others, which are not.
macro_rules! service {
    (
        $service:ident;
        known { $($method:ident($request:ident) -> $response:ident: $work:ident;)* }
        unknown { $($other:ident($other_request:ident) -> $other_response:ident;)* }
    ) => {
        #[tonic::async_trait]
        impl $service for Service {
            $(async fn $method(&self, request: Request<q::$request>) -> Reply<q::$response> {
                let name = concat!(stringify!($service), "/", stringify!($method));
                self.serve(name, request, Service::$work).await
            })*
            $(async fn $other(&self, request: Request<q::$other_request>) -> Reply<q::$other_response> {
                let name = concat!(stringify!($service), "/", stringify!($other));
                self.serve(name, request, |_, _| Err(Status::unimplemented("not known to the test server"))).await
            })*
        }
    };
}

service! {
    Qdrant;
    known { health_check(HealthCheckRequest) -> HealthCheckReply: health; }
    unknown {}
}

service! {
    Collections;
    known {
        get(GetCollectionInfoRequest) -> GetCollectionInfoResponse: collection_info;
        list(ListCollectionsRequest) -> ListCollectionsResponse: list_collections;
        create(CreateCollection) -> CollectionOperationResponse: create_collection;
        update(UpdateCollection) -> CollectionOperationResponse: update_collection;
        delete(DeleteCollection) -> CollectionOperationResponse: delete_collection;
        collection_exists(CollectionExistsRequest) -> CollectionExistsResponse: collection_exists;
    }
    unknown {
        update_aliases(ChangeAliases) -> CollectionOperationResponse;
        list_collection_aliases(ListCollectionAliasesRequest) -> ListAliasesResponse;
        list_aliases(ListAliasesRequest) -> ListAliasesResponse;
        collection_cluster_info(CollectionClusterInfoRequest) -> CollectionClusterInfoResponse;
        update_collection_cluster_setup(UpdateCollectionClusterSetupRequest) -> UpdateCollectionClusterSetupResponse;
        create_shard_key(CreateShardKeyRequest) -> CreateShardKeyResponse;
        delete_shard_key(DeleteShardKeyRequest) -> DeleteShardKeyResponse;
        list_shard_keys(ListShardKeysRequest) -> ListShardKeysResponse;
    }
}

service! {
    Points;
    known {
        upsert(UpsertPoints) -> PointsOperationResponse: upsert_points;
        delete(DeletePoints) -> PointsOperationResponse: delete_points;
        get(GetPoints) -> GetResponse: get_points;
        scroll(ScrollPoints) -> ScrollResponse: scroll_points;
        count(CountPoints) -> CountResponse: count_points;
        query(QueryPoints) -> QueryResponse: query_points;
        search(SearchPoints) -> SearchResponse: search_points;
        search_matrix_offsets(SearchMatrixPoints) -> SearchMatrixOffsetsResponse: matrix_offsets;
    }
    unknown {
        update_vectors(UpdatePointVectors) -> PointsOperationResponse;
        delete_vectors(DeletePointVectors) -> PointsOperationResponse;
        set_payload(SetPayloadPoints) -> PointsOperationResponse;
        overwrite_payload(SetPayloadPoints) -> PointsOperationResponse;
        delete_payload(DeletePayloadPoints) -> PointsOperationResponse;
        clear_payload(ClearPayloadPoints) -> PointsOperationResponse;
        create_field_index(CreateFieldIndexCollection) -> PointsOperationResponse;
        delete_field_index(DeleteFieldIndexCollection) -> PointsOperationResponse;
        create_vector_name(CreateVectorNameRequest) -> PointsOperationResponse;
        delete_vector_name(DeleteVectorNameRequest) -> PointsOperationResponse;
        search_batch(SearchBatchPoints) -> SearchBatchResponse;
        search_groups(SearchPointGroups) -> SearchGroupsResponse;
        recommend(RecommendPoints) -> RecommendResponse;
        recommend_batch(RecommendBatchPoints) -> RecommendBatchResponse;
        recommend_groups(RecommendPointGroups) -> RecommendGroupsResponse;
        discover(DiscoverPoints) -> DiscoverResponse;
        discover_batch(DiscoverBatchPoints) -> DiscoverBatchResponse;
        update_batch(UpdateBatchPoints) -> UpdateBatchResponse;
        query_batch(QueryBatchPoints) -> QueryBatchResponse;
        query_groups(QueryPointGroups) -> QueryGroupsResponse;
        facet(FacetCounts) -> FacetResponse;
        search_matrix_pairs(SearchMatrixPoints) -> SearchMatrixPairsResponse;
    }
}
