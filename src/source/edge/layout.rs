//! Layouts of collections, ids and filters, between Edge's types and ours.

use qdrant_edge as edge;
use qdrant_edge::{Condition, EdgeConfig, EdgeSparseVectorParams, EdgeVectorParams, Filter, VectorStorageDatatype};

use crate::error::{Error, Result};
use crate::source::{Distance, Layout, PointId, VectorDescription, VectorKind, filter};

pub(super) fn to_edge_id(id: PointId) -> edge::PointId {
    match id {
        PointId::Num(n) => edge::PointId::NumId(n),
        PointId::Uuid(u) => edge::PointId::Uuid(u),
    }
}

pub(super) fn from_edge_id(id: edge::PointId) -> PointId {
    match id {
        edge::PointId::NumId(n) => PointId::Num(n),
        edge::PointId::Uuid(u) => PointId::Uuid(u),
    }
}

pub(super) fn from_edge_distance(distance: edge::Distance) -> Distance {
    match distance {
        edge::Distance::Cosine => Distance::Cosine,
        edge::Distance::Dot => Distance::Dot,
        edge::Distance::Euclid => Distance::Euclid,
        edge::Distance::Manhattan => Distance::Manhattan,
    }
}

fn to_edge_distance(distance: Distance) -> edge::Distance {
    match distance {
        Distance::Cosine => edge::Distance::Cosine,
        Distance::Dot => edge::Distance::Dot,
        Distance::Euclid => edge::Distance::Euclid,
        Distance::Manhattan => edge::Distance::Manhattan,
    }
}

/// What a new collection of this layout is made for.
pub(super) fn config_of(layout: &Layout) -> EdgeConfig {
    let dense = |dim, distance| EdgeVectorParams::builder(dim, to_edge_distance(distance)).build();
    let sparse = || EdgeSparseVectorParams::builder().build();
    let config = EdgeConfig::builder();
    match layout {
        Layout::Dense { name, dim, distance } => config.vector(name, dense(*dim, *distance)),
        Layout::Sparse { name } => config.sparse_vector(name, sparse()),
        Layout::Both { name, dim, distance, sparse: other } => {
            config.vector(name, dense(*dim, *distance)).sparse_vector(other, sparse())
        }
    }
    .build()
}

/// Whether a collection has this layout, and no other vectors: writing a point clears those that it does not bring.
pub(super) fn has_layout(config: &EdgeConfig, layout: &Layout) -> bool {
    let dense = |name: &str, dim: usize, distance: Distance| {
        config.vectors.get(name).is_some_and(|v| {
            v.size == dim
                && v.distance == to_edge_distance(distance)
                && v.multivector_config.is_none()
                && is_exact(v.datatype)
        })
    };
    let sparse = |name: &str| config.sparse_vectors.get(name).is_some_and(|v| is_exact(v.datatype));
    let vectors = (config.vectors.len(), config.sparse_vectors.len());
    match layout {
        Layout::Dense { name, dim, distance } => vectors == (1, 0) && dense(name, *dim, *distance),
        Layout::Sparse { name } => vectors == (0, 1) && sparse(name),
        Layout::Both { name, dim, distance, sparse: other } => {
            vectors == (1, 1) && dense(name, *dim, *distance) && sparse(other)
        }
    }
}

/// Whether values come back as they were written.
fn is_exact(datatype: Option<VectorStorageDatatype>) -> bool {
    matches!(datatype, None | Some(VectorStorageDatatype::Float32))
}

/// The vectors of a collection, by name.
pub(super) fn vectors_of(config: &EdgeConfig) -> Vec<VectorDescription> {
    let dense = config.vectors.iter().map(|(name, v)| VectorDescription {
        name: name.clone(),
        dim: Some(v.size),
        distance: Some(from_edge_distance(v.distance)),
        kind: if v.multivector_config.is_some() { VectorKind::Multi } else { VectorKind::Dense },
    });
    let sparse = config.sparse_vectors.keys().map(|name| VectorDescription {
        name: name.clone(),
        dim: None,
        distance: None,
        kind: VectorKind::Sparse,
    });
    let mut all: Vec<_> = dense.chain(sparse).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// A layout in words: `dense vector of 384 (cosine)`.
pub(super) fn describe(config: &EdgeConfig) -> String {
    let named = |name: &str| if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
    let kept = |datatype: Option<VectorStorageDatatype>| match datatype {
        Some(VectorStorageDatatype::Float16) => " as float16",
        Some(VectorStorageDatatype::Uint8) => " as uint8",
        None | Some(VectorStorageDatatype::Float32) => "",
    };
    let dense = config.vectors.iter().map(|(name, v)| {
        let kind = if v.multivector_config.is_some() { "multi-vector" } else { "dense vector" };
        let distance = from_edge_distance(v.distance);
        format!("{kind}{} of {} ({distance}){}", named(name), v.size, kept(v.datatype))
    });
    let sparse =
        config.sparse_vectors.iter().map(|(name, v)| format!("sparse vector{}{}", named(name), kept(v.datatype)));
    let mut all: Vec<String> = dense.chain(sparse).collect();
    all.sort_unstable();
    if all.is_empty() { "no vectors".into() } else { all.join(", ") }
}

/// Reads a filter in Qdrant's JSON.
pub(super) fn parse_filter(json: serde_json::Value) -> Result<Filter> {
    // Read as for a server first, which finds what is wrong and says it in the same words; Edge knows a little less.
    filter::parse(&json)?;
    let filter: Filter = serde_json::from_value(json)
        .map_err(|e| Error::setting(format!("--filter: an embedded store does not know this filter: {e}")))?;
    check_filter(&filter)?;
    Ok(filter)
}

/// Refuses conditions that Edge read nothing of: they would match no point.
fn check_filter(filter: &Filter) -> Result<()> {
    for condition in filter.iter_conditions() {
        match condition {
            Condition::Field(field) if field.all_fields_none() => {
                let problem = format!("--filter: an embedded store does not know the condition on \"{}\"", field.key);
                return Err(Error::setting(problem));
            }
            Condition::Filter(inner) => check_filter(inner)?,
            Condition::Nested(inner) => check_filter(&inner.nested.filter)?,
            _ => {}
        }
    }
    Ok(())
}
