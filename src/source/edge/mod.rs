//! The embedded store: a folder, each collection a sub-folder of its name that holds one shard of Qdrant Edge.
//!
//! A collection is open in one process at a time, for reading too; within a process it may be open many times, and be
//! read while it is written. Nothing is optimised: every search is exact.

mod describe;
mod layout;
mod search;
mod shard;
mod shared;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use describe::describe_collections;
use qdrant_edge::{
    Condition, CountRequest, Filter, Payload as EdgePayload, PointInsertOperations, PointOperations,
    PointStructPersisted, Record, ScrollRequest, SparseVector, UpdateOperation, VectorInternal, VectorPersisted,
    VectorStructInternal, VectorStructPersisted, WithVector,
};

use self::layout::{config_of, describe, from_edge_distance, from_edge_id, has_layout, parse_filter, to_edge_id};
use self::shard::{Shard, check_name};
use super::{
    Cursor, Example, Layout, Neighbour, NewPoint, NewVector, Page, PointId, Query, Search, SourceInfo, SparseOrigin,
    VectorSink, VectorSource, Want, origin,
};
use crate::error::{Error, Result};
use crate::job::Control;

/// Points that are written at once: few enough that a cancel is soon heard.
const WRITE_POINTS: usize = 2_048;
/// Numbers that are written at once: Edge holds them twice more while it logs them.
const WRITE_NUMBERS: usize = 2_000_000;
/// Segments of a new sparse collection. Edge walks over a feature's whole list in a segment for each point it adds, so
/// that the time to write grows with the square of a segment; each segment more makes every flush longer.
const SPARSE_SEGMENTS: usize = 4;
/// Ids that are looked up at once.
const LOOK_UP: usize = 10_000;

/// The names of a store's collections, sorted.
pub fn list_collections(store: &Path) -> Result<Vec<String>> {
    shard::list(store)
}

/// Removes a collection of a store; false where there is none. One that is open, here or in another process, is refused.
pub fn remove_collection(store: &Path, name: &str) -> Result<bool> {
    shard::remove(store, name)
}

/// How messages call a collection of a store.
pub(super) fn title(store: &Path, name: &str) -> String {
    format!("collection \"{name}\" in {}", store.display())
}

/// A collection of an embedded store, open for reading one of its dense vectors.
pub struct EdgeStore {
    shard: Shard,
    info: SourceInfo,
    /// The vector's name; empty for the default vector.
    vector: String,
    /// The person's filter, and that the point has the vector where some have not.
    filter: Option<Filter>,
    /// Whether some points of the collection lack the vector.
    partial: bool,
}

impl EdgeStore {
    /// Opens a collection to read the vector `using`, or the default vector, of the points that match the filter (in
    /// Qdrant's JSON).
    pub fn open(store: &Path, name: &str, using: Option<&str>, filter: Option<serde_json::Value>) -> Result<Self> {
        let filter = filter.map(parse_filter).transpose()?;
        let shard = Shard::open(store, name)?;
        let config = shard.config()?;
        let vector = using.unwrap_or_default().to_owned();
        let unfit = |kind| Error::VectorKind { collection: name.into(), name: vector.clone(), kind };
        let (dim, distance) = match config.vectors.get(&vector) {
            Some(params) if params.multivector_config.is_some() => return Err(unfit("multi-vector")),
            Some(params) => (params.size, from_edge_distance(params.distance)),
            None if config.sparse_vectors.contains_key(&vector) => return Err(unfit("sparse vector")),
            None => {
                let single = config.vectors.into_iter().filter(|(_, params)| params.multivector_config.is_none());
                let mut available: Vec<String> = single.map(|(name, _)| name).collect();
                available.sort_unstable();
                return Err(Error::VectorMissing { collection: name.into(), name: vector, available });
            }
        };
        let count = |filter| shard.call(|edge| edge.count(CountRequest { filter, exact: true }));
        let has_vector = || Filter::new_must(Condition::HasVector(vector.clone().into()));
        let with_vector = count(Some(has_vector()))?;
        let partial = with_vector < count(None)?;
        let filter = match filter {
            Some(filter) if partial => Some(Filter {
                must: Some(vec![Condition::HasVector(vector.clone().into()), Condition::Filter(filter)]),
                ..Filter::default()
            }),
            None if partial => Some(has_vector()),
            filter => filter,
        };
        let points = match &filter {
            Some(filter) => count(Some(filter.clone()))?,
            None => with_vector,
        };
        let title = title(store, name);
        if points == 0 {
            return Err(Error::Empty(title));
        }
        let info = SourceInfo { title, name: name.into(), dim, distance, points: points as u64 };
        Ok(Self { shard, info, vector, filter, partial })
    }

    /// Opens a collection for writing, and makes it where there is none. One that is there with another layout is
    /// refused.
    pub fn open_or_create(store: &Path, name: &str, layout: &Layout) -> Result<EdgeSink> {
        EdgeSink::open_or_create(store, name, layout)
    }

    /// Opens a collection for writing where there is one. One with another layout is refused.
    pub fn open_present(store: &Path, name: &str, layout: &Layout) -> Result<Option<EdgeSink>> {
        Shard::open_present(store, name)?.map(|shard| EdgeSink::of(shard, store, name, layout)).transpose()
    }

    fn with_vector(&self, wanted: bool) -> WithVector {
        if wanted { WithVector::Selector(vec![self.vector.clone()]) } else { WithVector::Bool(false) }
    }

    /// Makes a page of records. Where vectors were read, records without one are left out.
    fn gather(&self, records: Vec<Record>, read_vectors: bool, want: Want) -> Page {
        let mut page = Page { ids: Vec::with_capacity(records.len()), ..Page::default() };
        if want.vectors {
            page.vectors.reserve_exact(records.len() * self.info.dim);
        }
        for mut record in records {
            if read_vectors {
                match VectorStructInternal::take_opt(&mut record.vector, &self.vector) {
                    Some(VectorInternal::Dense(vector)) if want.vectors => page.vectors.extend_from_slice(&vector),
                    Some(VectorInternal::Dense(_)) => {}
                    _ => continue,
                }
            }
            page.ids.push(from_edge_id(record.id));
            if want.payload {
                page.payloads.push(record.payload.map(|p| p.0).unwrap_or_default());
            }
        }
        page
    }
}

impl VectorSource for EdgeStore {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn page(&mut self, cursor: &mut Cursor, limit: usize, want: Want, control: &Control) -> Result<Page> {
        control.check()?;
        let offset = match cursor {
            Cursor::Start => None,
            Cursor::At(id) => Some(to_edge_id(*id)),
            Cursor::End => return Ok(Page::default()),
            Cursor::Row(row) => {
                return Err(Error::setting(format!("{} cannot be read from row {row} on", self.info.title)));
            }
        };
        let request = ScrollRequest {
            offset,
            limit: Some(limit),
            filter: self.filter.clone(),
            with_payload: Some(want.payload.into()),
            with_vector: self.with_vector(want.vectors),
            order_by: None,
        };
        let (records, next) = self.shard.call(|edge| edge.scroll(request))?;
        *cursor = next.map_or(Cursor::End, |id| Cursor::At(from_edge_id(id)));
        Ok(self.gather(records, want.vectors, want))
    }

    fn by_ids(&mut self, ids: &[PointId], want: Want, control: &Control) -> Result<Page> {
        // Here no filter leaves out the points without the vector.
        let read_vectors = want.vectors || self.partial;
        let mut records = Vec::with_capacity(ids.len());
        for some in ids.chunks(LOOK_UP) {
            control.check()?;
            let some: Vec<_> = some.iter().copied().map(to_edge_id).collect();
            let with_vector = self.with_vector(read_vectors);
            records.extend(self.shard.call(|edge| edge.retrieve(&some, Some(want.payload.into()), Some(with_vector)))?);
        }
        Ok(self.gather(records, read_vectors, want))
    }

    fn nearest(&mut self, vector: &[f32], limit: usize, control: &Control) -> Result<Vec<Neighbour>> {
        let query = Query::Nearest(Example::Vector(vector.to_vec()));
        self.search(&Search { query, limit, sparse_name: String::new(), exact: true }, control)
    }

    fn search(&mut self, search: &Search, control: &Control) -> Result<Vec<Neighbour>> {
        search::search(self, search, control)
    }

    fn sparse_origin(&mut self, name: &str, control: &Control) -> Result<Option<SparseOrigin>> {
        control.check()?;
        Ok(origin::read(self.shard.dir()).remove(name))
    }
}

/// A collection of an embedded store, open for writing.
pub struct EdgeSink {
    shard: Shard,
    title: String,
    layout: Layout,
}

impl EdgeSink {
    fn open_or_create(store: &Path, name: &str, layout: &Layout) -> Result<Self> {
        for name in [layout.dense_name().filter(|name| !name.is_empty()), layout.sparse_name()].into_iter().flatten() {
            check_name("vector", name)?;
        }
        let segments = if layout.sparse_name().is_some() { SPARSE_SEGMENTS } else { 1 };
        Self::of(Shard::open_or_create(store, name, config_of(layout), segments)?, store, name, layout)
    }

    fn of(shard: Shard, store: &Path, name: &str, layout: &Layout) -> Result<Self> {
        let config = shard.config()?;
        if !has_layout(&config, layout) {
            return Err(Error::TargetLayout { name: name.into(), found: describe(&config) });
        }
        Ok(Self { shard, title: title(store, name), layout: layout.clone() })
    }

    fn to_edge(&self, point: NewPoint) -> Result<PointStructPersisted> {
        let id = point.id;
        let dense = |values: Vec<f32>, dim: usize| {
            // Edge would find it too, but with a part of the points written.
            if values.len() != dim {
                let what = format!("point {id} for {}", self.title);
                return Err(Error::Dimension { what, found: values.len(), expected: dim });
            }
            Ok(values)
        };
        // An empty one is kept as such.
        let sparse = |indices, values| VectorPersisted::Sparse(SparseVector { indices, values });
        let named = |vectors: Vec<(&String, VectorPersisted)>| {
            VectorStructPersisted::Named(vectors.into_iter().map(|(name, v)| (name.clone(), v)).collect())
        };
        let vector = match (point.vector, &self.layout) {
            (NewVector::Dense(values), Layout::Dense { name, dim, .. }) => {
                let values = dense(values, *dim)?;
                if name.is_empty() {
                    VectorStructPersisted::Single(values)
                } else {
                    named(vec![(name, VectorPersisted::Dense(values))])
                }
            }
            (NewVector::Sparse { indices, values }, Layout::Sparse { name }) if indices.len() == values.len() => {
                named(vec![(name, sparse(indices, values))])
            }
            (NewVector::Both { dense: vector, indices, values }, Layout::Both { name, dim, sparse: other, .. })
                if indices.len() == values.len() =>
            {
                let vector = VectorPersisted::Dense(dense(vector, *dim)?);
                named(vec![(name, vector), (other, sparse(indices, values))])
            }
            _ => {
                let problem = format!("point {id} does not fit the collection's layout");
                return Err(Error::Store { path: self.shard.dir().to_owned(), problem });
            }
        };
        Ok(PointStructPersisted { id: to_edge_id(id), vector, payload: Some(EdgePayload(point.payload)) })
    }
}

/// The numbers of a point's vector.
fn numbers(point: &NewPoint) -> usize {
    match &point.vector {
        NewVector::Dense(values) => values.len(),
        NewVector::Sparse { values, .. } => 2 * values.len(),
        NewVector::Both { dense, values, .. } => dense.len() + 2 * values.len(),
    }
}

/// Bytes on disk that writing a point takes, counted generously: in the log and in the segment.
fn space(point: &NewPoint) -> u64 {
    let payload = serde_json::to_string(&point.payload).map_or(0, |text| text.len());
    (512 + 10 * numbers(point) + 3 * payload) as u64
}

impl VectorSink for EdgeSink {
    fn title(&self) -> &str {
        &self.title
    }

    fn upsert(&mut self, points: Vec<NewPoint>, control: &Control) -> Result<()> {
        let largest = points.iter().map(numbers).max().unwrap_or(0);
        let at_once = (WRITE_NUMBERS / largest.max(1)).clamp(1, WRITE_POINTS);
        // All are looked at before the first is written.
        let points = points.into_iter().map(|p| Ok((space(&p), self.to_edge(p)?))).collect::<Result<Vec<_>>>()?;
        let mut points = points.into_iter();
        while points.len() > 0 {
            control.check()?;
            let (space, some): (Vec<u64>, Vec<_>) = points.by_ref().take(at_once).unzip();
            let some = PointInsertOperations::PointsList(some);
            let operation = UpdateOperation::PointOperation(PointOperations::UpsertPoints(some));
            self.shard.write(space.iter().sum(), |edge| edge.update(operation))?;
        }
        // Edge never reads its log again, so that only what was flushed survives.
        self.shard.write(0, |edge| {
            edge.flush();
            Ok(())
        })
    }

    fn set_sparse_origin(&mut self, origin: &SparseOrigin, control: &Control) -> Result<()> {
        control.check()?;
        match self.layout.sparse_name() {
            Some(name) => origin::write(self.shard.dir(), name, origin),
            None => Ok(()),
        }
    }

    fn count(&mut self, control: &Control) -> Result<u64> {
        control.check()?;
        let count = self.shard.call(|edge| edge.count(CountRequest { filter: None, exact: true }))?;
        Ok(count as u64)
    }

    fn existing(&mut self, ids: &[PointId], control: &Control) -> Result<Vec<PointId>> {
        let mut there = Vec::with_capacity(ids.len());
        for some in ids.chunks(LOOK_UP) {
            control.check()?;
            let some: Vec<_> = some.iter().copied().map(to_edge_id).collect();
            let records = self.shard.call(|edge| edge.retrieve(&some, Some(false.into()), Some(false.into())))?;
            there.extend(records.into_iter().map(|r| from_edge_id(r.id)));
        }
        Ok(there)
    }
}
