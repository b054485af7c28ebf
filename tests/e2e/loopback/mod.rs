//! A Qdrant server for tests: the real gRPC services over a real socket, answered from the collections of a folder, with
//! faults on demand.
//!
//! The client under test sends a point call once more by itself, on a new connection, when it ends in `Unavailable` or
//! with the connection. One such fault is therefore never seen by the code above it: give two or more.

#![allow(dead_code)] // Not every fault is used by every set of tests.

mod convert;
mod matrix;
mod proxy;
mod query;
mod services;
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use qdrant_client::qdrant as q;
use qdrant_client::qdrant::collections_server::CollectionsServer;
use qdrant_client::qdrant::points_server::PointsServer;
use qdrant_client::qdrant::qdrant_server::QdrantServer;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Code;

use self::proxy::{Cut, Proxy};
use self::services::Service;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It is answered with `Unavailable` and does nothing.
    Unavailable,
    /// It is answered with this code and does nothing.
    Status(Code),
    /// It is done, but the connection is reset when this many bytes of its answer have passed. An answer that is shorter
    /// passes, and the next one is cut.
    Reset { after: u64 },
    /// It is done, and answered so much later.
    Slow(Duration),
}

/// The faults to come.
#[derive(Default)]
struct Plan {
    /// By method: calls to let through, calls to spoil, and how.
    coming: HashMap<String, VecDeque<(usize, usize, Fault)>>,
    refused: HashSet<String>,
    delay: Duration,
}

impl Plan {
    fn next(&mut self, method: &str) -> Option<Fault> {
        let coming = self.coming.get_mut(method)?;
        let (skip, times, fault) = coming.front_mut()?;
        if *skip > 0 {
            *skip -= 1;
            return None;
        }
        let fault = *fault;
        *times -= 1;
        if *times == 0 {
            coming.pop_front();
        }
        Some(fault)
    }
}

/// What was asked, by method: `Points/scroll`, `Collections/get`, …
#[derive(Default)]
pub struct Requests(Mutex<BTreeMap<String, (usize, usize)>>, Mutex<Option<q::QueryPoints>>);

impl Requests {
    /// Calls of a method, those that failed too.
    pub fn of(&self, method: &str) -> usize {
        self.0.lock().unwrap().get(method).map_or(0, |(calls, _)| *calls)
    }

    /// Most points that one call of a method wrote or was answered with.
    pub fn most_points(&self, method: &str) -> usize {
        self.0.lock().unwrap().get(method).map_or(0, |(_, points)| *points)
    }

    /// The query that came last.
    pub fn last_query(&self) -> Option<q::QueryPoints> {
        self.1.lock().unwrap().clone()
    }

    fn query(&self, request: &q::QueryPoints) {
        *self.1.lock().unwrap() = Some(request.clone());
    }

    /// All calls.
    pub fn total(&self) -> usize {
        self.0.lock().unwrap().values().map(|(calls, _)| calls).sum()
    }

    /// Begins to count anew.
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn add(&self, method: &str) {
        self.0.lock().unwrap().entry(method.to_owned()).or_default().0 += 1;
    }

    fn points(&self, method: &str, points: usize) {
        let mut all = self.0.lock().unwrap();
        let most = &mut all.entry(method.to_owned()).or_default().1;
        *most = points.max(*most);
    }
}

/// A running server. Dropping it ends it, with every connection, and closes its collections.
pub struct Loopback {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub url: String,
    /// What was asked.
    pub requests: Arc<Requests>,
    service: Service,
    proxy: Proxy,
    runtime: Option<Runtime>,
}

impl Loopback {
    /// Serves the collections in a folder, which may be empty or missing.
    pub fn start(store: &Path) -> Self {
        Self::start_with(store, None)
    }

    /// Serves those who give this API key.
    pub fn start_with_key(store: &Path, key: &str) -> Self {
        Self::start_with(store, Some(key))
    }

    fn start_with(store: &Path, key: Option<&str>) -> Self {
        std::fs::create_dir_all(store).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let cut = Cut::default();
        let service = Service::new(store, key, cut.clone());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let backend = listener.local_addr().unwrap();
        runtime.spawn(
            tonic::transport::Server::builder()
                .add_service(QdrantServer::new(service.clone()))
                .add_service(CollectionsServer::new(service.clone()))
                .add_service(PointsServer::new(service.clone()).max_decoding_message_size(usize::MAX))
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        let proxy = Proxy::start(runtime.handle(), backend, cut);
        let url = format!("http://{}", proxy.address());
        Self { url, requests: service.requests(), service, proxy, runtime: Some(runtime) }
    }

    /// Spoils the next `times` calls of a method.
    pub fn fail(&self, method: &str, times: usize, fault: Fault) {
        self.fail_later(method, 0, times, fault);
    }

    /// Lets `skip` calls of a method through and spoils the `times` after them.
    pub fn fail_later(&self, method: &str, skip: usize, times: usize, fault: Fault) {
        if times > 0 {
            let mut plan = self.service.plan();
            plan.coming.entry(method.to_owned()).or_default().push_back((skip, times, fault));
        }
    }

    /// Takes back every fault to come, refusal and delay.
    pub fn heal(&self) {
        *self.service.plan() = Plan::default();
    }

    /// Answers a method with `Unimplemented` from now on, as a server does that is older than it.
    pub fn refuse(&self, method: &str) {
        self.service.plan().refused.insert(method.to_owned());
    }

    /// Answers every call so much later, until told otherwise.
    pub fn slow(&self, delay: Duration) {
        self.service.plan().delay = delay;
    }

    /// Gives vectors in the fields that servers before 1.16 use.
    pub fn speak_old(&self, old: bool) {
        self.service.speak_old(old);
    }

    /// Describes a collection so, whether it is there or not.
    pub fn present(&self, name: &str, info: q::CollectionInfo) {
        self.service.present(name, info);
    }

    /// Takes the server away: connections end, new ones are refused, its collections are closed.
    pub fn gone(&mut self) {
        if let Some(runtime) = &self.runtime {
            self.proxy.close(runtime.handle());
        }
        self.service.close();
    }

    /// Brings it back on the same port.
    pub fn back(&mut self) {
        if let Some(runtime) = &self.runtime {
            self.proxy.open(runtime.handle());
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            self.proxy.close(runtime.handle());
            runtime.shutdown_timeout(Duration::from_secs(10));
        }
        self.service.close();
    }
}

/// The description of a collection with these vectors.
fn info(dense: HashMap<String, q::VectorParams>, sparse: HashMap<String, q::SparseVectorParams>) -> q::CollectionInfo {
    use q::vectors_config::Config;
    let config = match dense.get("") {
        Some(params) if dense.len() == 1 => Some(Config::Params(*params)),
        _ if dense.is_empty() => None,
        _ => Some(Config::ParamsMap(q::VectorParamsMap { map: dense })),
    };
    let params = q::CollectionParams {
        shard_number: 1,
        vectors_config: Some(q::VectorsConfig { config }),
        sparse_vectors_config: (!sparse.is_empty()).then_some(q::SparseVectorConfig { map: sparse }),
        ..Default::default()
    };
    q::CollectionInfo {
        status: q::CollectionStatus::Green.into(),
        segments_count: 1,
        config: Some(q::CollectionConfig { params: Some(params), ..Default::default() }),
        ..Default::default()
    }
}

/// The description of a collection of one multi-vector; the name is empty for the default vector.
pub fn multivector_info(name: &str, dim: u64) -> q::CollectionInfo {
    let multi = q::MultiVectorConfig { comparator: q::MultiVectorComparator::MaxSim.into() };
    let params = q::VectorParams {
        size: dim,
        distance: q::Distance::Cosine.into(),
        multivector_config: Some(multi),
        ..Default::default()
    };
    info([(name.to_owned(), params)].into(), HashMap::new())
}

/// The description of a collection of one sparse vector.
pub fn sparse_info(name: &str) -> q::CollectionInfo {
    info(HashMap::new(), [(name.to_owned(), q::SparseVectorParams::default())].into())
}
