//! Between Edge's types and those of gRPC.

#![allow(deprecated)] // Servers before 1.16 give vectors in fields that are deprecated now.

use std::collections::HashMap;

use qdrant_client::qdrant as q;
use qdrant_edge as edge;
use qdrant_edge::external::uuid::Uuid;
use serde_json::{Map, Value, json};
use tonic::Status;

pub fn status(error: edge::OperationError) -> Status {
    use edge::OperationError as E;
    let words = error.to_string();
    match error {
        E::PointIdError { .. } => Status::not_found(format!("Not found: {words}")),
        E::WrongVectorDimension { .. }
        | E::VectorNameNotExists { .. }
        | E::ValidationError { .. }
        | E::WrongSparse
        | E::WrongMulti => Status::invalid_argument(format!("Wrong input: {words}")),
        _ => Status::internal(words),
    }
}

pub fn edge_id(id: q::PointId) -> Result<edge::PointId, Status> {
    use q::point_id::PointIdOptions;
    match id.point_id_options {
        Some(PointIdOptions::Num(n)) => Ok(edge::PointId::NumId(n)),
        Some(PointIdOptions::Uuid(text)) => Uuid::parse_str(&text)
            .map(edge::PointId::Uuid)
            .map_err(|_| Status::invalid_argument(format!("Unable to parse UUID: {text}"))),
        None => Err(Status::invalid_argument("No ID options provided")),
    }
}

pub fn edge_ids(ids: Vec<q::PointId>) -> Result<Vec<edge::PointId>, Status> {
    ids.into_iter().map(edge_id).collect()
}

pub fn grpc_id(id: edge::PointId) -> q::PointId {
    match id {
        edge::PointId::NumId(n) => n.into(),
        edge::PointId::Uuid(uuid) => uuid.to_string().into(),
    }
}

// ---------------------------------------------------------------------------------------------- what a collection is

const DISTANCES: [(q::Distance, edge::Distance); 4] = [
    (q::Distance::Cosine, edge::Distance::Cosine),
    (q::Distance::Euclid, edge::Distance::Euclid),
    (q::Distance::Dot, edge::Distance::Dot),
    (q::Distance::Manhattan, edge::Distance::Manhattan),
];

pub fn edge_config(request: q::CreateCollection) -> Result<edge::EdgeConfig, Status> {
    use q::vectors_config::Config;
    let dense = match request.vectors_config.and_then(|v| v.config) {
        Some(Config::Params(params)) => HashMap::from([(String::new(), params)]),
        Some(Config::ParamsMap(params)) => params.map,
        None => HashMap::new(),
    };
    let mut config = edge::EdgeConfig::builder();
    for (name, params) in dense {
        let (_, distance) = *DISTANCES
            .iter()
            .find(|(q, _)| *q as i32 == params.distance)
            .ok_or_else(|| Status::invalid_argument("Wrong input: unknown distance"))?;
        let mut made = edge::EdgeVectorParams::builder(params.size as usize, distance);
        if params.multivector_config.is_some() {
            made = made.multivector_config(edge::MultiVectorConfig { comparator: edge::MultiVectorComparator::MaxSim });
        }
        config = config.vector(name, made.build());
    }
    for name in request.sparse_vectors_config.into_iter().flat_map(|s| s.map.into_keys()) {
        config = config.sparse_vector(name, edge::EdgeSparseVectorParams::builder().build());
    }
    Ok(config.build())
}

pub fn info(config: &edge::EdgeConfig, points: u64) -> q::CollectionInfo {
    let dense = config.vectors.iter().map(|(name, v)| {
        let distance = DISTANCES.iter().find(|(_, e)| *e == v.distance).map_or(0, |(q, _)| *q as i32);
        let multi =
            v.multivector_config.map(|_| q::MultiVectorConfig { comparator: q::MultiVectorComparator::MaxSim.into() });
        let params = q::VectorParams { size: v.size as u64, distance, multivector_config: multi, ..Default::default() };
        (name.clone(), params)
    });
    let sparse = config.sparse_vectors.keys().map(|name| (name.clone(), q::SparseVectorParams::default()));
    q::CollectionInfo {
        points_count: Some(points),
        indexed_vectors_count: Some(0),
        ..super::info(dense.collect(), sparse.collect())
    }
}

// ---------------------------------------------------------------------------------------------- points

pub fn edge_point(point: q::PointStruct) -> Result<edge::PointStructPersisted, Status> {
    use q::vectors::VectorsOptions;
    let id = edge_id(point.id.ok_or_else(|| Status::invalid_argument("Empty ID is not allowed"))?)?;
    let vector = match point.vectors.and_then(|v| v.vectors_options) {
        Some(VectorsOptions::Vector(one)) => match edge_vector(one)? {
            edge::VectorPersisted::Dense(values) => edge::VectorStructPersisted::Single(values),
            edge::VectorPersisted::MultiDense(values) => edge::VectorStructPersisted::MultiDense(values),
            edge::VectorPersisted::Sparse(_) => {
                return Err(Status::invalid_argument("Sparse vector must be named"));
            }
        },
        Some(VectorsOptions::Vectors(named)) => edge::VectorStructPersisted::Named(
            named
                .vectors
                .into_iter()
                .map(|(name, vector)| Ok((name, edge_vector(vector)?)))
                .collect::<Result<_, Status>>()?,
        ),
        None => edge::VectorStructPersisted::Named(HashMap::new()),
    };
    let payload: Map<String, Value> = point.payload.into_iter().map(|(key, v)| (key, v.into_json())).collect();
    Ok(edge::PointStructPersisted { id, vector, payload: Some(edge::Payload(payload)) })
}

fn edge_vector(vector: q::Vector) -> Result<edge::VectorPersisted, Status> {
    use q::vector::Vector;
    Ok(match vector.vector {
        Some(Vector::Dense(v)) => edge::VectorPersisted::Dense(v.data),
        Some(Vector::Sparse(v)) => {
            edge::VectorPersisted::Sparse(edge::SparseVector { indices: v.indices, values: v.values })
        }
        Some(Vector::MultiDense(v)) => {
            edge::VectorPersisted::MultiDense(v.vectors.into_iter().map(|row| row.data).collect())
        }
        Some(_) => return Err(Status::unimplemented("the test server makes no vectors")),
        None => match (vector.indices, vector.vectors_count) {
            (Some(indices), _) => {
                edge::VectorPersisted::Sparse(edge::SparseVector { indices: indices.data, values: vector.data })
            }
            (None, Some(rows @ 1..)) => {
                let dim = (vector.data.len() / rows as usize).max(1);
                edge::VectorPersisted::MultiDense(vector.data.chunks(dim).map(<[f32]>::to_vec).collect())
            }
            _ => edge::VectorPersisted::Dense(vector.data),
        },
    })
}

fn grpc_vector(vector: edge::VectorInternal, old: bool) -> q::VectorOutput {
    use edge::VectorInternal as From;
    use q::vector_output::Vector as To;
    if old {
        return match vector {
            From::Dense(data) => q::VectorOutput { data, ..Default::default() },
            From::Sparse(v) => q::VectorOutput {
                data: v.values,
                indices: Some(q::SparseIndices { data: v.indices }),
                ..Default::default()
            },
            From::MultiDense(v) => q::VectorOutput {
                vectors_count: Some((v.flattened_vectors.len() / v.dim) as u32),
                data: v.flattened_vectors,
                ..Default::default()
            },
        };
    }
    let vector = match vector {
        From::Dense(data) => To::Dense(q::DenseVector { data }),
        From::Sparse(v) => To::Sparse(q::SparseVector { values: v.values, indices: v.indices }),
        From::MultiDense(v) => To::MultiDense(q::MultiDenseVector {
            vectors: v.flattened_vectors.chunks(v.dim).map(|row| q::DenseVector { data: row.to_vec() }).collect(),
        }),
    };
    q::VectorOutput { vector: Some(vector), ..Default::default() }
}

fn grpc_vectors(vectors: edge::VectorStructInternal, old: bool) -> q::VectorsOutput {
    use edge::VectorStructInternal as From;
    use q::vectors_output::VectorsOptions as To;
    let options = match vectors {
        From::Single(v) => To::Vector(grpc_vector(edge::VectorInternal::Dense(v), old)),
        From::MultiDense(v) => To::Vector(grpc_vector(edge::VectorInternal::MultiDense(v), old)),
        From::Named(named) => To::Vectors(q::NamedVectorsOutput {
            vectors: named.into_iter().map(|(name, v)| (name, grpc_vector(v, old))).collect(),
        }),
    };
    q::VectorsOutput { vectors_options: Some(options) }
}

fn grpc_payload(payload: Option<edge::Payload>) -> HashMap<String, q::Value> {
    payload.map(|p| p.0.into_iter().map(|(key, value)| (key, value.into())).collect()).unwrap_or_default()
}

pub fn retrieved(record: edge::Record, old: bool) -> q::RetrievedPoint {
    q::RetrievedPoint {
        id: Some(grpc_id(record.id)),
        payload: grpc_payload(record.payload),
        vectors: record.vector.map(|v| grpc_vectors(v, old)),
        ..Default::default()
    }
}

pub fn scored(point: edge::ScoredPoint, old: bool) -> q::ScoredPoint {
    q::ScoredPoint {
        id: Some(grpc_id(point.id)),
        payload: grpc_payload(point.payload),
        score: point.score,
        version: point.version,
        vectors: point.vector.map(|v| grpc_vectors(v, old)),
        ..Default::default()
    }
}

pub fn with_vectors(selector: Option<q::WithVectorsSelector>) -> edge::WithVector {
    use q::with_vectors_selector::SelectorOptions;
    match selector.and_then(|s| s.selector_options) {
        Some(SelectorOptions::Enable(on)) => edge::WithVector::Bool(on),
        Some(SelectorOptions::Include(names)) => edge::WithVector::Selector(names.names),
        None => edge::WithVector::Bool(false),
    }
}

pub fn with_payload(selector: Option<q::WithPayloadSelector>) -> Result<edge::WithPayloadInterface, Status> {
    use q::with_payload_selector::SelectorOptions;
    let json = match selector.and_then(|s| s.selector_options) {
        Some(SelectorOptions::Enable(on)) => json!(on),
        Some(SelectorOptions::Include(fields)) => json!({ "include": fields.fields }),
        Some(SelectorOptions::Exclude(fields)) => json!({ "exclude": fields.fields }),
        None => json!(false),
    };
    serde_json::from_value(json).map_err(|e| Status::invalid_argument(e.to_string()))
}

// ---------------------------------------------------------------------------------------------- filters

/// By way of the JSON form, which Edge reads.
pub fn edge_filter(filter: Option<q::Filter>) -> Result<Option<edge::Filter>, Status> {
    let Some(filter) = filter else { return Ok(None) };
    let filter = serde_json::from_value(filter_json(filter)?);
    filter.map(Some).map_err(|e| Status::invalid_argument(format!("Wrong input: {e}")))
}

fn filter_json(filter: q::Filter) -> Result<Value, Status> {
    let list = |conditions: Vec<q::Condition>| conditions.into_iter().map(condition_json).collect::<Result<Value, _>>();
    let mut json = Map::new();
    for (key, conditions) in [("must", filter.must), ("should", filter.should), ("must_not", filter.must_not)] {
        if !conditions.is_empty() {
            json.insert(key.into(), list(conditions)?);
        }
    }
    if let Some(min) = filter.min_should {
        json.insert("min_should".into(), json!({ "conditions": list(min.conditions)?, "min_count": min.min_count }));
    }
    Ok(Value::Object(json))
}

fn condition_json(condition: q::Condition) -> Result<Value, Status> {
    use q::condition::ConditionOneOf;
    Ok(match condition.condition_one_of {
        Some(ConditionOneOf::Field(field)) => field_json(field)?,
        Some(ConditionOneOf::IsEmpty(field)) => json!({ "is_empty": { "key": field.key } }),
        Some(ConditionOneOf::IsNull(field)) => json!({ "is_null": { "key": field.key } }),
        Some(ConditionOneOf::HasVector(vector)) => json!({ "has_vector": vector.has_vector }),
        Some(ConditionOneOf::Filter(filter)) => filter_json(filter)?,
        Some(ConditionOneOf::HasId(ids)) => {
            let ids = edge_ids(ids.has_id)?.into_iter().map(|id| match id {
                edge::PointId::NumId(n) => json!(n),
                edge::PointId::Uuid(uuid) => json!(uuid.to_string()),
            });
            json!({ "has_id": ids.collect::<Vec<_>>() })
        }
        other => return Err(Status::unimplemented(format!("the test server does not know the condition {other:?}"))),
    })
}

fn field_json(field: q::FieldCondition) -> Result<Value, Status> {
    use q::r#match::MatchValue;
    let unknown = || Status::unimplemented(format!("the test server does not know a condition on {}", field.key));
    let mut json = Map::from_iter([("key".to_owned(), json!(field.key))]);
    if let Some(value) = field.r#match.and_then(|m| m.match_value) {
        let value = match value {
            MatchValue::Keyword(v) => json!({ "value": v }),
            MatchValue::Integer(v) => json!({ "value": v }),
            MatchValue::Boolean(v) => json!({ "value": v }),
            MatchValue::Text(v) => json!({ "text": v }),
            MatchValue::Keywords(v) => json!({ "any": v.strings }),
            MatchValue::Integers(v) => json!({ "any": v.integers }),
            MatchValue::ExceptKeywords(v) => json!({ "except": v.strings }),
            MatchValue::ExceptIntegers(v) => json!({ "except": v.integers }),
            _ => return Err(unknown()),
        };
        json.insert("match".into(), value);
    }
    if let Some(range) = field.range {
        json.insert("range".into(), json!({ "lt": range.lt, "gt": range.gt, "gte": range.gte, "lte": range.lte }));
    }
    // A condition with nothing in it would match nothing.
    if json.len() == 1 { Err(unknown()) } else { Ok(Value::Object(json)) }
}
