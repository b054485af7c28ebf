//! A collection on a server to write to.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    CreateCollectionBuilder, GetPointsBuilder, PointStruct, SparseVectorParamsBuilder, SparseVectorsConfigBuilder,
    UpdateCollectionBuilder, UpdateStatus, UpsertPointsBuilder, VectorParamsBuilder, VectorsConfigBuilder,
};

use super::connection::{Connection, Failure, REQUEST};
use super::convert::{Schema, distance_to_grpc, id_from_grpc, point_to_grpc};
use super::{IDS, ServerAddress, count, grpc_ids, schema, title};
use crate::error::{Error, Result};
use crate::job::Control;
use crate::source::{Layout, NewPoint, NewVector, PointId, SparseOrigin, VectorSink, origin};

/// Points in a request.
const POINTS: usize = 1_000;
/// Bytes of vectors in a request, so that none is too large for a server or for a proxy in front of it.
const BYTES: usize = 16_000_000;

/// A collection on a server, to write to.
pub struct ServerSink {
    connection: Connection,
    title: String,
    name: String,
    layout: Layout,
}

impl ServerSink {
    /// Opens a collection, and makes it where there is none. One that has other vectors than the layout is refused.
    pub fn open_or_create(address: &ServerAddress, name: &str, layout: &Layout, control: &Control) -> Result<Self> {
        let mut connection = Connection::new(address, name)?;
        let mut made = false;
        let schema = loop {
            match schema(&mut connection, name, control) {
                Ok(schema) => break schema,
                Err(failure) if failure.is_missing() && !made => create(&mut connection, name, layout, control)?,
                Err(failure) => return Err(connection.tell(failure, control)),
            }
            made = true;
        };
        Self::of(connection, &schema, name, layout)
    }

    /// Opens a collection where there is one. One that has other vectors than the layout is refused.
    pub fn open_present(
        address: &ServerAddress,
        name: &str,
        layout: &Layout,
        control: &Control,
    ) -> Result<Option<Self>> {
        let mut connection = Connection::new(address, name)?;
        match schema(&mut connection, name, control) {
            Ok(schema) => Self::of(connection, &schema, name, layout).map(Some),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(connection.tell(failure, control)),
        }
    }

    fn of(connection: Connection, schema: &Schema, name: &str, layout: &Layout) -> Result<Self> {
        if !schema.fits(layout) {
            return Err(Error::TargetLayout { name: name.to_owned(), found: schema.describe() });
        }
        let title = title(name, &connection);
        Ok(Self { connection, title, name: name.to_owned(), layout: layout.clone() })
    }

    fn send(&mut self, points: Vec<PointStruct>, control: &Control) -> Result<()> {
        let request = UpsertPointsBuilder::new(&self.name, points).wait(true);
        let answer =
            self.connection.call(request, control, async |client, request| client.upsert_points(request).await)?;
        match answer.result.map(|result| result.status()) {
            Some(UpdateStatus::Completed) => Ok(()),
            other => {
                let status = other.unwrap_or(UpdateStatus::UnknownUpdateStatus).as_str_name();
                Err(Error::Server(format!("{} took points but did not finish writing them ({status})", self.title)))
            }
        }
    }
}

/// Makes the collection. That somebody else, or an earlier try, has made it meanwhile is no failure.
fn create(connection: &mut Connection, name: &str, layout: &Layout, control: &Control) -> Result<()> {
    let request = CreateCollectionBuilder::new(name);
    let dense = |request: CreateCollectionBuilder, name: &String, dim: usize, distance| {
        let params = VectorParamsBuilder::new(dim as u64, distance_to_grpc(distance));
        if name.is_empty() {
            request.vectors_config(params)
        } else {
            let mut config = VectorsConfigBuilder::default();
            config.add_named_vector_params(name, params);
            request.vectors_config(config)
        }
    };
    let sparse = |request: CreateCollectionBuilder, name: &String| {
        let mut config = SparseVectorsConfigBuilder::default();
        config.add_named_vector_params(name, SparseVectorParamsBuilder::default());
        request.sparse_vectors_config(config)
    };
    let request = match layout {
        Layout::Dense { name, dim, distance } => dense(request, name, *dim, *distance),
        Layout::Sparse { name } => sparse(request, name),
        Layout::Both { name, dim, distance, sparse: other } => sparse(dense(request, name, *dim, *distance), other),
    };
    let made =
        connection.attempt(REQUEST, request, control, async |client, request| client.create_collection(request).await);
    match made {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_there_already() => Ok(()),
        Err(failure) => Err(connection.tell(failure, control)),
    }
}

impl VectorSink for ServerSink {
    fn title(&self) -> &str {
        &self.title
    }

    fn upsert(&mut self, points: Vec<NewPoint>, control: &Control) -> Result<()> {
        let mut chunk = Vec::with_capacity(points.len().min(POINTS));
        let mut bytes = 0;
        for point in points {
            let size = match &point.vector {
                NewVector::Dense(values) => size_of_val(values.as_slice()),
                NewVector::Sparse { indices, values } => {
                    size_of_val(indices.as_slice()) + size_of_val(values.as_slice())
                }
                NewVector::Both { dense, indices, values } => {
                    size_of_val(dense.as_slice()) + size_of_val(indices.as_slice()) + size_of_val(values.as_slice())
                }
            };
            if chunk.len() == POINTS || (bytes + size > BYTES && !chunk.is_empty()) {
                self.send(std::mem::take(&mut chunk), control)?;
                bytes = 0;
            }
            bytes += size;
            chunk.push(point_to_grpc(point, &self.layout));
        }
        if chunk.is_empty() { control.check_whole() } else { self.send(chunk, control) }
    }

    /// Servers before 1.16 have no metadata; that one does not keep it is no failure.
    fn set_sparse_origin(&mut self, origin: &SparseOrigin, control: &Control) -> Result<()> {
        let Some(name) = self.layout.sparse_name() else { return Ok(()) };
        let told = serde_json::json!({ name: origin });
        let request =
            UpdateCollectionBuilder::new(&self.name).metadata(HashMap::from([(origin::KEY.to_owned(), told)]));
        let kept = self
            .connection
            .attempt(REQUEST, request, control, async |client, request| client.update_collection(request).await);
        match kept {
            Err(failure @ (Failure::Cancelled | Failure::Slow(_) | Failure::Transport(_))) => {
                Err(self.connection.tell(failure, control))
            }
            Err(failure) => {
                log::debug!("{}: no metadata: {failure:?}", self.title);
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    fn count(&mut self, control: &Control) -> Result<u64> {
        count(&mut self.connection, &self.name, None, control).map_err(|failure| self.connection.tell(failure, control))
    }

    fn existing(&mut self, ids: &[PointId], control: &Control) -> Result<Vec<PointId>> {
        let mut existing = Vec::new();
        for ids in ids.chunks(IDS) {
            let request = GetPointsBuilder::new(&self.name, grpc_ids(ids)).with_payload(false).with_vectors(false);
            let answer =
                self.connection.call(request, control, async |client, request| client.get_points(request).await)?;
            let found = answer.result.into_iter().map(|point| id_from_grpc(point.id));
            let found = found.collect::<Result<std::collections::HashSet<_>>>()?;
            existing.extend(ids.iter().filter(|id| found.contains(id)));
        }
        Ok(existing)
    }
}
