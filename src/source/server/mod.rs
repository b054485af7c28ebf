//! A collection on a Qdrant server or cluster, spoken to by gRPC.

mod address;
mod connection;
mod convert;
mod describe;
mod search;
mod sink;

use std::collections::HashMap;

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::with_payload_selector::SelectorOptions as Payloads;
use qdrant_client::qdrant::with_vectors_selector::SelectorOptions;
use qdrant_client::qdrant::{
    Condition, CountPointsBuilder, Filter, GetPointsBuilder, HasIdCondition, HasVectorCondition,
    PayloadIncludeSelector, PointId as GrpcId, RetrievedPoint, ScrollPointsBuilder, SearchMatrixPointsBuilder,
    VectorsSelector,
};

pub use address::ServerAddress;
use connection::{Connection, Failure, MATRIX, REQUEST};
use convert::{DenseVector, Schema, dense_from_grpc, id_from_grpc, id_to_grpc, payload_from_grpc};
pub use describe::describe_collections;
pub use sink::ServerSink;

use super::{
    Cursor, Example, Neighbour, OffsetMatrix, Page, PointId, Query, Search, SourceInfo, SparseOrigin, VectorSource,
    Want, filter, origin::Origins,
};
use crate::error::{Error, Result};
use crate::job::Control;

/// Ids in a request that names them.
const IDS: usize = 1_000;
/// Points in an answer that carries payloads, whose size is not known before.
const PAYLOADS: usize = 10_000;
/// Bytes of vectors in one answer.
const BYTES: usize = 32 << 20;

/// The names of a server's collections, sorted.
pub fn list_collections(address: &ServerAddress, control: &Control) -> Result<Vec<String>> {
    let mut connection = Connection::new(address, "")?;
    connection.names(REQUEST, control).map_err(|failure| connection.tell(failure, control))
}

/// How messages call a collection.
fn title(collection: &str, connection: &Connection) -> String {
    title_at(collection, connection.url())
}

/// How messages call a collection at an address.
pub(super) fn title_at(collection: &str, url: &str) -> String {
    format!("collection \"{collection}\" at {url}")
}

/// The collection's vectors.
fn schema(connection: &mut Connection, collection: &str, control: &Control) -> Result<Schema, Failure> {
    let answer = connection
        .attempt(REQUEST, collection.to_owned(), control, async |client, name| client.collection_info(name).await)?;
    Ok(answer.result.map(Schema::from).unwrap_or_default())
}

/// One dense vector of a collection on a server, to read from.
pub struct ServerSource {
    connection: Connection,
    info: SourceInfo,
    /// The vector's name; empty for the default vector.
    vector: String,
    /// The names of the collection's sparse vectors, sorted.
    sparse: Vec<String>,
    /// What they were made with, as far as that is known.
    origins: Origins,
    /// What to ask for to get the vector and no other.
    selector: SelectorOptions,
    /// The person's filter.
    filter: Option<Filter>,
    /// What pages are read through: the person's filter, and only points that have the vector.
    readable: Option<Filter>,
}

impl ServerSource {
    /// Opens a collection: finds the vector (the default one without `using`) and counts the points that the filter
    /// leaves. Fails where no server answers, and where there is no such collection or vector, or no point.
    pub fn open(
        address: &ServerAddress,
        name: &str,
        using: Option<&str>,
        filter: Option<serde_json::Value>,
        control: &Control,
    ) -> Result<Self> {
        let filter = filter.as_ref().map(filter::parse).transpose()?;
        let mut connection = Connection::new(address, name)?;
        let schema = schema(&mut connection, name, control).map_err(|failure| connection.tell(failure, control))?;
        let DenseVector { name: vector, dim, distance } = schema.dense(name, using.unwrap_or_default())?;
        let mut title = title(name, &connection);
        if !vector.is_empty() {
            title = format!("{title}, vector \"{vector}\"");
        }

        // Where points may have other vectors, some may lack this one, and are not to be counted or sampled.
        let mut readable = filter.clone();
        let mut selector = SelectorOptions::Enable(true);
        if !schema.is_single() {
            readable.get_or_insert_default().must.push(has_vector(&vector));
            selector = SelectorOptions::Include(VectorsSelector { names: vec![vector.clone()] });
        }
        let points = match count(&mut connection, name, readable.as_ref(), control) {
            // Servers before 1.13 do not know that condition; pages leave such points out in any case.
            Err(failure) if failure.is_refused_input() && !schema.is_single() => {
                readable = filter.clone();
                count(&mut connection, name, readable.as_ref(), control)
            }
            counted => counted,
        };
        let points = points.map_err(|failure| connection.tell(failure, control))?;
        if points == 0 {
            return Err(Error::Empty(title));
        }
        let info = SourceInfo { title, name: name.to_owned(), dim, distance, points };
        let (sparse, origins) = (schema.sparse().to_vec(), schema.origins);
        Ok(Self { connection, info, vector, sparse, origins, selector, filter, readable })
    }

    fn selector(&self, want: Want) -> SelectorOptions {
        if want.vectors { self.selector.clone() } else { SelectorOptions::Enable(false) }
    }

    /// Points to ask for at once, so that an answer keeps a bearable size.
    fn at_once(&self, limit: usize, want: Want) -> usize {
        let vectors = if want.vectors { BYTES / (self.info.dim * size_of::<f32>()).max(1) } else { usize::MAX };
        let payloads = if want.payload { PAYLOADS } else { usize::MAX };
        limit.min(vectors).min(payloads).clamp(1, u32::MAX as usize)
    }

    /// Points by id, in the order given, with what the selector says of their payloads.
    fn points(&mut self, ids: &[PointId], want: Want, payload: Payloads, control: &Control) -> Result<Page> {
        let mut page = Page::default();
        let dim = self.info.dim;
        for ids in ids.chunks(self.at_once(IDS, want)) {
            let request = GetPointsBuilder::new(&self.info.name, grpc_ids(ids))
                .with_payload(payload.clone())
                .with_vectors(self.selector(want));
            let answer =
                self.connection.call(request, control, async |client, request| client.get_points(request).await)?;
            let found = self.page_from(answer.result, want)?;
            // The server answers in an order of its own.
            let places: HashMap<PointId, usize> = found.ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
            for id in ids {
                let Some(at) = places.get(id) else { continue };
                page.ids.push(*id);
                if want.vectors {
                    page.vectors.extend_from_slice(&found.vectors[at * dim..(at + 1) * dim]);
                }
                if want.payload {
                    page.payloads.push(found.payloads[*at].clone());
                }
            }
        }
        Ok(page)
    }

    /// Leaves out points that lack the vector.
    fn page_from(&self, points: Vec<RetrievedPoint>, want: Want) -> Result<Page> {
        let mut page = Page::default();
        for point in points {
            let id = id_from_grpc(point.id)?;
            if want.vectors {
                let Some(vector) = dense_from_grpc(point.vectors, &self.vector)? else { continue };
                if vector.len() != self.info.dim {
                    return Err(Error::Server(format!(
                        "point {id} of {} came with {} dimensions instead of {}",
                        self.info.title,
                        vector.len(),
                        self.info.dim
                    )));
                }
                page.vectors.extend_from_slice(&vector);
            }
            page.ids.push(id);
            if want.payload {
                page.payloads.push(payload_from_grpc(point.payload));
            }
        }
        Ok(page)
    }
}

impl VectorSource for ServerSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn page(&mut self, cursor: &mut Cursor, limit: usize, want: Want, control: &Control) -> Result<Page> {
        let offset = match cursor {
            Cursor::Start => None,
            Cursor::At(id) => Some(id_to_grpc(*id)),
            Cursor::End => return Ok(Page::default()),
            Cursor::Row(row) => {
                return Err(Error::setting(format!("row {row} is a place in a file, not in {}", self.info.title)));
            }
        };
        let mut request = ScrollPointsBuilder::new(&self.info.name)
            .limit(self.at_once(limit, want) as u32)
            .with_payload(want.payload)
            .with_vectors(self.selector(want));
        if let Some(offset) = offset {
            request = request.offset(offset);
        }
        if let Some(filter) = &self.readable {
            request = request.filter(filter.clone());
        }
        let answer = self.connection.call(request, control, async |client, request| client.scroll(request).await)?;
        let page = self.page_from(answer.result, want)?;
        *cursor = match answer.next_page_offset {
            Some(next) => Cursor::At(id_from_grpc(Some(next))?),
            None => Cursor::End,
        };
        Ok(page)
    }

    fn by_ids(&mut self, ids: &[PointId], want: Want, control: &Control) -> Result<Page> {
        self.points(ids, want, Payloads::Enable(want.payload), control)
    }

    /// Payloads may hold pictures: only the fields are sent, where their names are plain ones. Others stand for themselves
    /// in a payload and for a way into it in a request.
    fn fields(&mut self, ids: &[PointId], fields: &[&str], control: &Control) -> Result<Page> {
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let selector = if fields.iter().all(plain) {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            Payloads::Include(PayloadIncludeSelector { fields })
        } else {
            Payloads::Enable(true)
        };
        self.points(ids, Want { vectors: false, payload: true }, selector, control)
    }

    fn nearest(&mut self, vector: &[f32], limit: usize, control: &Control) -> Result<Vec<Neighbour>> {
        let query = Query::Nearest(Example::Vector(vector.to_vec()));
        self.search(&Search { query, limit, sparse_name: String::new(), exact: false }, control)
    }

    fn search(&mut self, search: &Search, control: &Control) -> Result<Vec<Neighbour>> {
        search::search(self, search, control)
    }

    fn sparse_origin(&mut self, name: &str, control: &Control) -> Result<Option<SparseOrigin>> {
        control.check_whole()?;
        Ok(self.origins.get(name).cloned())
    }

    fn has_matrix(&self) -> bool {
        true
    }

    fn matrix(
        &mut self,
        sample: usize,
        limit: usize,
        among: Option<&[PointId]>,
        control: &Control,
    ) -> Result<Option<OffsetMatrix>> {
        let mut filter = self.filter.clone();
        if let Some(ids) = among {
            let has_id = ConditionOneOf::HasId(HasIdCondition { has_id: grpc_ids(ids) });
            filter.get_or_insert_default().must.push(Condition { condition_one_of: Some(has_id) });
        }
        let mut request = SearchMatrixPointsBuilder::new(&self.info.name)
            .sample(among.map_or(sample, <[PointId]>::len) as u64)
            .limit(limit as u64)
            .timeout(MATRIX.as_secs());
        if !self.vector.is_empty() {
            request = request.using(&self.vector);
        }
        if let Some(filter) = filter {
            request = request.filter(filter);
        }
        let answer = self
            .connection
            .attempt(MATRIX, request, control, async |client, request| client.search_matrix_offsets(request).await);
        let matrix = match answer {
            Ok(answer) => answer.result.unwrap_or_default(),
            // Servers before 1.12, and some that only look like one.
            Err(failure) if failure.is_unknown_request() => return Ok(None),
            Err(failure) => return Err(self.connection.tell(failure, control)),
        };
        let ids = matrix.ids.into_iter().map(|id| id_from_grpc(Some(id))).collect::<Result<Vec<_>>>()?;
        let offsets = |given: Vec<u64>| {
            let within = |offset: u64| u32::try_from(offset).ok().filter(|at| (*at as usize) < ids.len());
            given.into_iter().map(within).collect::<Option<Vec<_>>>()
        };
        let (rows, columns, scores) = (offsets(matrix.offsets_row), offsets(matrix.offsets_col), matrix.scores);
        match (rows, columns) {
            (Some(rows), Some(columns)) if rows.len() == scores.len() && columns.len() == scores.len() => {
                Ok(Some(OffsetMatrix { ids, rows, columns, scores }))
            }
            _ => Err(Error::Server(format!("the neighbour matrix of {} does not fit together", self.info.title))),
        }
    }
}

fn has_vector(name: &str) -> Condition {
    let has_vector = HasVectorCondition { has_vector: name.to_owned() };
    Condition { condition_one_of: Some(ConditionOneOf::HasVector(has_vector)) }
}

fn grpc_ids(ids: &[PointId]) -> Vec<GrpcId> {
    ids.iter().copied().map(id_to_grpc).collect()
}

/// Counts the points that a filter leaves, exactly.
fn count(
    connection: &mut Connection,
    collection: &str,
    filter: Option<&Filter>,
    control: &Control,
) -> Result<u64, Failure> {
    let mut request = CountPointsBuilder::new(collection).exact(true);
    if let Some(filter) = filter {
        request = request.filter(filter.clone());
    }
    let answer = connection.attempt(REQUEST, request, control, async |client, request| client.count(request).await)?;
    Ok(answer.result.map_or(0, |result| result.count))
}
