//! Between Qdrant's gRPC types and ours.

use std::collections::HashMap;

use qdrant_client::Payload as GrpcPayload;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::{
    CollectionInfo, Datatype, Distance as GrpcDistance, NamedVectors, PointId as GrpcId, PointStruct, Value, Vector,
    VectorOutput, VectorParams, Vectors, VectorsOutput, vector_output,
};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::source::origin::{self, Origins};
use crate::source::{Distance, Layout, NewPoint, NewVector, Payload, PointId, VectorDescription, VectorKind};

/// Our id as the server's.
pub(super) fn id_to_grpc(id: PointId) -> GrpcId {
    match id {
        PointId::Num(number) => GrpcId::from(number),
        PointId::Uuid(uuid) => GrpcId::from(uuid.to_string()),
    }
}

/// The server's id as ours.
pub(super) fn id_from_grpc(id: Option<GrpcId>) -> Result<PointId> {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Num(number)) => Ok(PointId::Num(number)),
        Some(PointIdOptions::Uuid(text)) => Uuid::parse_str(&text)
            .map(PointId::Uuid)
            .map_err(|_| Error::Server(format!("the server gave \"{text}\" for a point's id"))),
        None => Err(Error::Server("the server gave a point without an id".into())),
    }
}

/// The server's payload as JSON. Whole numbers and fractions stay what they are.
pub(super) fn payload_from_grpc(payload: HashMap<String, Value>) -> Payload {
    payload.into_iter().map(|(key, value)| (key, value.into_json())).collect()
}

/// A JSON object as the server's payload. Whole numbers above the signed range become fractions, as on the server.
pub(super) fn payload_to_grpc(payload: Payload) -> GrpcPayload {
    GrpcPayload::from(payload)
}

/// A point to write as the server's, for a collection of this layout.
pub(super) fn point_to_grpc(point: NewPoint, layout: &Layout) -> PointStruct {
    let (dense_name, sparse_name) = (layout.dense_name().unwrap_or_default(), layout.sparse_name().unwrap_or_default());
    let vectors = match point.vector {
        NewVector::Dense(values) if dense_name.is_empty() => Vectors::from(values),
        NewVector::Dense(values) => named([(dense_name, Vector::new_dense(values))]),
        // Empty ones too: Qdrant keeps them, and finds the point in scrolling though not in searching.
        NewVector::Sparse { indices, values } => named([(sparse_name, Vector::new_sparse(indices, values))]),
        NewVector::Both { dense, indices, values } => {
            named([(dense_name, Vector::new_dense(dense)), (sparse_name, Vector::new_sparse(indices, values))])
        }
    };
    PointStruct::new(id_to_grpc(point.id), vectors, payload_to_grpc(point.payload))
}

fn named<const N: usize>(vectors: [(&str, Vector); N]) -> Vectors {
    NamedVectors { vectors: vectors.into_iter().map(|(name, v)| (name.to_owned(), v)).collect() }.into()
}

/// The dense vector of that name among a point's vectors; the empty name is the default vector's. None where the point
/// lacks it.
pub(super) fn dense_from_grpc(vectors: Option<VectorsOutput>, name: &str) -> Result<Option<Vec<f32>>> {
    let vector = match vectors.and_then(|vectors| vectors.vectors_options) {
        Some(VectorsOptions::Vector(vector)) if name.is_empty() => Some(vector),
        Some(VectorsOptions::Vectors(mut all)) => all.vectors.remove(name),
        _ => None,
    };
    let Some(vector) = vector else { return Ok(None) };
    match values(vector) {
        // In the form of older servers, one that holds nothing looks like an empty one.
        Some(values) => Ok(Some(values).filter(|values| !values.is_empty())),
        None => Err(Error::Server(format!("the server gave something other than a dense vector for \"{name}\""))),
    }
}

/// A dense vector's values, in the form of today's servers or in that of older ones.
#[expect(deprecated, reason = "older servers fill in nothing else")]
fn values(output: VectorOutput) -> Option<Vec<f32>> {
    match output.vector {
        Some(vector_output::Vector::Dense(dense)) => Some(dense.data),
        Some(_) => None,
        None if output.indices.is_some() || output.vectors_count.is_some() => None,
        None => Some(output.data),
    }
}

/// The server's distance as ours.
fn distance_from_grpc(distance: i32) -> Result<Distance> {
    match GrpcDistance::try_from(distance) {
        Ok(GrpcDistance::Cosine) => Ok(Distance::Cosine),
        Ok(GrpcDistance::Dot) => Ok(Distance::Dot),
        Ok(GrpcDistance::Euclid) => Ok(Distance::Euclid),
        Ok(GrpcDistance::Manhattan) => Ok(Distance::Manhattan),
        Ok(GrpcDistance::UnknownDistance) | Err(_) => {
            Err(Error::Server(format!("the collection measures nearness in an unknown way ({distance})")))
        }
    }
}

/// Our distance as the server's.
pub(super) fn distance_to_grpc(distance: Distance) -> GrpcDistance {
    match distance {
        Distance::Cosine => GrpcDistance::Cosine,
        Distance::Dot => GrpcDistance::Dot,
        Distance::Euclid => GrpcDistance::Euclid,
        Distance::Manhattan => GrpcDistance::Manhattan,
    }
}

/// The vectors that a collection's points have.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// Dense and multi-vectors, sorted by name; the default vector has the empty name.
    dense: Vec<(String, VectorParams)>,
    /// Names of sparse vectors, sorted.
    sparse: Vec<String>,
    /// What the sparse vectors were made with, by name, as far as the collection's metadata tell.
    pub origins: Origins,
}

/// A dense vector that was found in a schema.
#[derive(Debug, PartialEq)]
pub(super) struct DenseVector {
    /// Its name; empty for the default vector.
    pub name: String,
    /// Its dimensions.
    pub dim: usize,
    /// How nearness is measured.
    pub distance: Distance,
}

impl From<CollectionInfo> for Schema {
    fn from(info: CollectionInfo) -> Self {
        let Some(mut config) = info.config else { return Self::default() };
        let origins =
            config.metadata.remove(origin::KEY).and_then(|told| serde_json::from_value(told.into_json()).ok());
        let Some(params) = config.params else { return Self::default() };
        let mut dense: Vec<_> = match params.vectors_config.and_then(|vectors| vectors.config) {
            Some(Config::Params(one)) => vec![(String::new(), one)],
            Some(Config::ParamsMap(all)) => all.map.into_iter().collect(),
            None => Vec::new(),
        };
        dense.sort_by(|a, b| a.0.cmp(&b.0));
        let mut sparse: Vec<_> =
            params.sparse_vectors_config.map(|sparse| sparse.map.into_keys().collect()).unwrap_or_default();
        sparse.sort_unstable();
        Self { dense, sparse, origins: origins.unwrap_or_default() }
    }
}

impl Schema {
    /// Whether points have this one vector and no other.
    pub fn is_single(&self) -> bool {
        self.dense.len() + self.sparse.len() == 1
    }

    /// The dense vector of that name; the empty name is the default vector's.
    pub fn dense(&self, collection: &str, name: &str) -> Result<DenseVector> {
        let refuse = |kind| Error::VectorKind { collection: collection.to_owned(), name: name.to_owned(), kind };
        match self.dense.iter().find(|(n, _)| n == name) {
            Some((_, params)) if params.multivector_config.is_some() => Err(refuse("multi-vector")),
            Some((_, params)) => Ok(DenseVector {
                name: name.to_owned(),
                dim: params.size as usize,
                distance: distance_from_grpc(params.distance)?,
            }),
            None if self.sparse.iter().any(|n| n == name) => Err(refuse("sparse vector")),
            None => {
                let single = self.dense.iter().filter(|(_, params)| params.multivector_config.is_none());
                Err(Error::VectorMissing {
                    collection: collection.to_owned(),
                    name: name.to_owned(),
                    available: single.map(|(name, _)| name.clone()).collect(),
                })
            }
        }
    }

    /// The names of the sparse vectors, sorted.
    pub fn sparse(&self) -> &[String] {
        &self.sparse
    }

    /// The vectors, by name.
    pub fn vectors(&self) -> Vec<VectorDescription> {
        let dense = self.dense.iter().map(|(name, params)| VectorDescription {
            name: name.clone(),
            dim: usize::try_from(params.size).ok(),
            distance: distance_from_grpc(params.distance).ok(),
            kind: if params.multivector_config.is_some() { VectorKind::Multi } else { VectorKind::Dense },
        });
        let sparse = self.sparse.iter().map(|name| VectorDescription {
            name: name.clone(),
            dim: None,
            distance: None,
            kind: VectorKind::Sparse,
        });
        let mut all: Vec<_> = dense.chain(sparse).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Whether points of this layout can be written: the collection has the layout's vectors and no others. Others would
    /// be lost wherever a point is replaced.
    pub fn fits(&self, layout: &Layout) -> bool {
        let dense = |name: &str, dim: usize, distance: Distance| {
            self.dense.iter().any(|(n, params)| {
                n == name
                    && params.size == dim as u64
                    && params.distance == distance_to_grpc(distance) as i32
                    && params.multivector_config.is_none()
                    && datatype_name(params).is_none()
            })
        };
        let sparse = |name: &String| self.sparse.contains(name);
        let vectors = (self.dense.len(), self.sparse.len());
        match layout {
            Layout::Dense { name, dim, distance } => vectors == (1, 0) && dense(name, *dim, *distance),
            Layout::Sparse { name } => vectors == (0, 1) && sparse(name),
            Layout::Both { name, dim, distance, sparse: other } => {
                vectors == (1, 1) && dense(name, *dim, *distance) && sparse(other)
            }
        }
    }

    /// The vectors in a few words: `dense vector "" of 512 (cosine)`.
    pub fn describe(&self) -> String {
        let dense = self.dense.iter().map(|(name, params)| {
            let kind = if params.multivector_config.is_some() { "multi-vector" } else { "dense vector" };
            let distance = distance_from_grpc(params.distance).map_or_else(|_| "unknown".into(), |d| d.to_string());
            let datatype = datatype_name(params).map(|name| format!(", {name}")).unwrap_or_default();
            format!("{kind} \"{name}\" of {} ({distance}{datatype})", params.size)
        });
        let sparse = self.sparse.iter().map(|name| format!("sparse vector \"{name}\""));
        let all: Vec<String> = dense.chain(sparse).collect();
        if all.is_empty() { "no vectors".into() } else { all.join(", ") }
    }
}

/// The name of a number format that loses more of a vector than float16 does.
fn datatype_name(params: &VectorParams) -> Option<&'static str> {
    match params.datatype.map(Datatype::try_from) {
        None | Some(Ok(Datatype::Default | Datatype::Float32 | Datatype::Float16)) => None,
        Some(Ok(Datatype::Uint8)) => Some("uint8"),
        Some(_) => Some("compressed"),
    }
}

#[cfg(test)]
mod tests {
    use qdrant_client::qdrant::{
        CollectionConfig, CollectionParams, DenseVector as GrpcDense, MultiVectorConfig, NamedVectorsOutput,
        SparseVector, SparseVectorConfig, SparseVectorParams, VectorParamsMap, VectorsConfig, vector, vectors,
    };
    use serde_json::json;

    use super::*;

    fn object(json: serde_json::Value) -> Payload {
        json.as_object().expect("an object").clone()
    }

    fn params(size: u64, distance: GrpcDistance) -> VectorParams {
        VectorParams { size, distance: distance as i32, ..Default::default() }
    }

    fn multi() -> VectorParams {
        VectorParams { multivector_config: Some(MultiVectorConfig::default()), ..params(4, GrpcDistance::Dot) }
    }

    fn schema(config: Option<Config>, sparse: &[&str]) -> Schema {
        let map = sparse.iter().map(|name| ((*name).to_owned(), SparseVectorParams::default())).collect();
        let params = CollectionParams {
            vectors_config: Some(VectorsConfig { config }),
            sparse_vectors_config: Some(SparseVectorConfig { map }),
            ..Default::default()
        };
        let config = Some(CollectionConfig { params: Some(params), ..Default::default() });
        CollectionInfo { config, ..Default::default() }.into()
    }

    fn named_schema(dense: &[(&str, VectorParams)], sparse: &[&str]) -> Schema {
        let map = dense.iter().map(|(name, params)| ((*name).to_owned(), *params)).collect();
        schema(Some(Config::ParamsMap(VectorParamsMap { map })), sparse)
    }

    fn output(vector: vector_output::Vector) -> VectorOutput {
        VectorOutput { vector: Some(vector), ..Default::default() }
    }

    fn dense(data: &[f32]) -> VectorOutput {
        output(vector_output::Vector::Dense(GrpcDense { data: data.to_vec() }))
    }

    fn all(vectors: &[(&str, VectorOutput)]) -> Option<VectorsOutput> {
        let vectors = vectors.iter().map(|(name, vector)| ((*name).to_owned(), vector.clone())).collect();
        Some(VectorsOutput { vectors_options: Some(VectorsOptions::Vectors(NamedVectorsOutput { vectors })) })
    }

    fn only(vector: VectorOutput) -> Option<VectorsOutput> {
        Some(VectorsOutput { vectors_options: Some(VectorsOptions::Vector(vector)) })
    }

    #[test]
    fn a_payload_survives_the_way_there_and_back() {
        let payload = object(json!({
            "text": "soup", "yes": true, "none": null, "list": [1, "a", { "deep": [] }], "map": { "a": { "b": 1 } },
            "big": i64::MAX, "small": i64::MIN, "exact": 9_007_199_254_740_993i64, "tenth": 0.1, "whole": 3.0,
            "tiny": f64::MIN_POSITIVE, "huge": f64::MAX, "minus": -0.0,
        }));
        let there: HashMap<String, Value> = payload_to_grpc(payload.clone()).into();
        let back = payload_from_grpc(there);
        assert_eq!(back, payload);
        assert!(back["whole"].is_f64() && back["big"].is_i64(), "a fraction stays one, and so does a whole number");
        assert!(back["minus"].as_f64().is_some_and(f64::is_sign_negative));
    }

    #[test]
    fn ids_survive_the_way_there_and_back() {
        for id in [PointId::Num(0), PointId::Num(u64::MAX), PointId::Uuid(Uuid::from_u128(7))] {
            assert_eq!(id_from_grpc(Some(id_to_grpc(id))).unwrap(), id);
        }
        assert!(id_from_grpc(None).is_err());
        assert!(id_from_grpc(Some(GrpcId::from("twelve"))).is_err());
    }

    #[test]
    fn the_vector_that_was_asked_for_is_taken_out() {
        assert_eq!(dense_from_grpc(only(dense(&[1.0])), "").unwrap(), Some(vec![1.0]));
        assert_eq!(dense_from_grpc(only(dense(&[1.0])), "image").unwrap(), None);
        let both = all(&[("", dense(&[1.0])), ("image", dense(&[2.0]))]);
        assert_eq!(dense_from_grpc(both.clone(), "").unwrap(), Some(vec![1.0]));
        assert_eq!(dense_from_grpc(both.clone(), "image").unwrap(), Some(vec![2.0]));
        assert_eq!(dense_from_grpc(both, "text").unwrap(), None);
        assert_eq!(dense_from_grpc(all(&[]), "").unwrap(), None);
        assert_eq!(dense_from_grpc(None, "").unwrap(), None);
        let sparse = output(vector_output::Vector::Sparse(SparseVector::default()));
        assert!(dense_from_grpc(only(sparse), "").is_err());
    }

    #[test]
    #[expect(deprecated, reason = "it is about what older servers fill in")]
    fn vectors_of_older_servers_are_read_too() {
        let old = VectorOutput { data: vec![1.0, 2.0], ..Default::default() };
        assert_eq!(dense_from_grpc(only(old.clone()), "").unwrap(), Some(vec![1.0, 2.0]));
        let multi = VectorOutput { vectors_count: Some(0), ..old };
        assert!(dense_from_grpc(only(multi), "").is_err());
        assert_eq!(dense_from_grpc(only(VectorOutput::default()), "").unwrap(), None);
    }

    #[test]
    fn points_to_write_name_their_vector_unless_it_is_the_default_one() {
        let point = |vector| NewPoint { id: PointId::Num(1), vector, payload: object(json!({ "a": 1 })) };
        let dense = Layout::Dense { name: String::new(), dim: 1, distance: Distance::Dot };
        let written = point_to_grpc(point(NewVector::Dense(vec![1.0])), &dense);
        assert_eq!(written.vectors, Some(Vectors::from(vec![1.0])));
        assert_eq!(payload_from_grpc(written.payload), object(json!({ "a": 1 })));
        let sparse = Layout::Sparse { name: "block".into() };
        let empty = point_to_grpc(point(NewVector::Sparse { indices: vec![], values: vec![] }), &sparse);
        let Some(vectors::VectorsOptions::Vectors(all)) = empty.vectors.and_then(|v| v.vectors_options) else {
            panic!("named vectors")
        };
        assert_eq!(all.vectors["block"].vector, Some(vector::Vector::Sparse(SparseVector::default())));
        let both = Layout::Both { name: String::new(), dim: 1, distance: Distance::Dot, sparse: "block".into() };
        let vector = NewVector::Both { dense: vec![2.0], indices: vec![3], values: vec![0.5] };
        let written = point_to_grpc(point(vector), &both);
        let Some(vectors::VectorsOptions::Vectors(all)) = written.vectors.and_then(|v| v.vectors_options) else {
            panic!("named vectors")
        };
        let mut names: Vec<_> = all.vectors.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["", "block"]);
    }

    #[test]
    fn a_dense_vector_is_found_by_name() {
        let default = schema(Some(Config::Params(params(4, GrpcDistance::Euclid))), &["words"]);
        let found = DenseVector { name: String::new(), dim: 4, distance: Distance::Euclid };
        assert_eq!(default.dense("food", "").unwrap(), found);
        let sparse = default.dense("food", "words").unwrap_err();
        assert!(matches!(sparse, Error::VectorKind { kind: "sparse vector", .. }), "{sparse}");

        let named = named_schema(
            &[("b", params(8, GrpcDistance::Dot)), ("a", params(4, GrpcDistance::Dot)), ("m", multi())],
            &[],
        );
        assert_eq!(named.dense("food", "b").unwrap().dim, 8);
        assert!(matches!(named.dense("food", "m"), Err(Error::VectorKind { kind: "multi-vector", .. })));
        for missing in ["", "c"] {
            let Err(Error::VectorMissing { name, available, .. }) = named.dense("food", missing) else {
                panic!("no vector \"{missing}\"")
            };
            assert_eq!((name.as_str(), available), (missing, vec!["a".to_owned(), "b".to_owned()]));
        }
        let odd = schema(Some(Config::Params(params(4, GrpcDistance::UnknownDistance))), &[]);
        assert!(matches!(odd.dense("food", ""), Err(Error::Server(_))));
    }

    #[test]
    fn every_vector_is_described() {
        let found = named_schema(&[("b", params(8, GrpcDistance::Dot)), ("m", multi())], &["a"]).vectors();
        let told: Vec<_> = found.iter().map(|v| (v.name.as_str(), v.dim, v.distance, v.kind)).collect();
        assert_eq!(
            told,
            [
                ("a", None, None, VectorKind::Sparse),
                ("b", Some(8), Some(Distance::Dot), VectorKind::Dense),
                ("m", Some(4), Some(Distance::Dot), VectorKind::Multi),
            ]
        );
        let odd = schema(Some(Config::Params(params(4, GrpcDistance::UnknownDistance))), &[]).vectors();
        assert_eq!((odd[0].name.as_str(), odd[0].distance), ("", None));
    }

    #[test]
    fn a_layout_fits_only_its_like() {
        let layout = |name: &str, dim, distance| Layout::Dense { name: name.into(), dim, distance };
        let plain = schema(Some(Config::Params(params(512, GrpcDistance::Cosine))), &[]);
        assert!(plain.fits(&layout("", 512, Distance::Cosine)));
        assert!(!plain.fits(&layout("", 512, Distance::Dot)));
        assert!(!plain.fits(&layout("", 511, Distance::Cosine)));
        assert!(!plain.fits(&layout("image", 512, Distance::Cosine)));
        assert!(!plain.fits(&Layout::Sparse { name: "block".into() }));
        assert_eq!(plain.describe(), "dense vector \"\" of 512 (cosine)");

        let bytes = VectorParams { datatype: Some(Datatype::Uint8 as i32), ..params(4, GrpcDistance::Dot) };
        let bytes = named_schema(&[("a", bytes)], &[]);
        assert!(!bytes.fits(&layout("a", 4, Distance::Dot)));
        assert_eq!(bytes.describe(), "dense vector \"a\" of 4 (dot, uint8)");

        let sparse = schema(None, &["block"]);
        assert!(sparse.fits(&Layout::Sparse { name: "block".into() }));
        assert!(!sparse.fits(&Layout::Sparse { name: "other".into() }));
        let mixed = named_schema(&[("m", multi())], &["block"]);
        assert!(!mixed.fits(&Layout::Sparse { name: "block".into() }));
        assert_eq!(mixed.describe(), "multi-vector \"m\" of 4 (dot), sparse vector \"block\"");
        assert_eq!(schema(None, &[]).describe(), "no vectors");
    }
}
