//! Another output for an ONNX model: any tensor of its graph, pooled to one vector.
//!
//! fastembed takes the only output of a model for pictures, so the graph is given just one.

use prost::Message;
use serde::Deserialize;
use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, attribute_proto};
use tract_onnx::prelude::{Framework, InferenceModelExt};

/// How a tensor becomes one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pooling {
    /// The first token: of [batch, tokens, numbers].
    Cls,
    /// The mean over tokens: of [batch, tokens, numbers].
    Mean,
    /// The mean over places: of [batch, channels, height, width].
    Spatial,
}

impl From<Pooling> for fastembed::Pooling {
    fn from(pooling: Pooling) -> Self {
        match pooling {
            Pooling::Cls => Self::Cls,
            Pooling::Mean | Pooling::Spatial => Self::Mean,
        }
    }
}

impl From<fastembed::Pooling> for Pooling {
    fn from(pooling: fastembed::Pooling) -> Self {
        match pooling {
            fastembed::Pooling::Cls => Self::Cls,
            fastembed::Pooling::Mean => Self::Mean,
        }
    }
}

/// The tensor that a pooled output is called by.
const POOLED: &str = "blockscope_pooled";

/// The model with the named tensor as its only output, pooled where a pooling is named. What only other outputs needed
/// is left to the backend to drop.
pub(super) fn with_output(onnx: &[u8], output: &str, pooling: Option<Pooling>) -> Result<Vec<u8>, String> {
    let mut model = ModelProto::decode(onnx).map_err(|e| format!("model.onnx is not an ONNX model: {e}"))?;
    let opset = model.opset_import.iter().filter(|o| o.domain.is_empty()).map(|o| o.version).max().unwrap_or(17);
    let graph = model.graph.as_mut().ok_or("model.onnx holds no graph")?;
    let made: Vec<&String> = graph.node.iter().flat_map(|n| &n.output).collect();
    if !made.iter().any(|name| *name == output) {
        let mut near: Vec<&str> = made.iter().map(|n| n.as_str()).filter(|n| !n.is_empty()).collect();
        let last = near.split_off(near.len().saturating_sub(8)).join(", ");
        return Err(format!("has no tensor \"{output}\"; its last ones are: {last}"));
    }
    let axes: Option<&[i64]> = match pooling {
        // fastembed takes the first token by itself.
        None | Some(Pooling::Cls) => None,
        Some(Pooling::Mean) => Some(&[1]),
        Some(Pooling::Spatial) => Some(&[2, 3]),
    };
    let name = match axes {
        None => output.to_owned(),
        Some(axes) => {
            let mut node = NodeProto {
                input: vec![output.to_owned()],
                output: vec![POOLED.into()],
                op_type: "ReduceMean".into(),
                name: POOLED.into(),
                ..NodeProto::default()
            };
            let keep = AttributeProto {
                name: "keepdims".into(),
                r#type: attribute_proto::AttributeType::Int as i32,
                i: 0,
                ..AttributeProto::default()
            };
            node.attribute.push(keep);
            // From version 18 on the axes are an input.
            if opset >= 18 {
                let axes_name = format!("{POOLED}_axes");
                graph.initializer.push(TensorProto {
                    name: axes_name.clone(),
                    dims: vec![axes.len() as i64],
                    data_type: tract_onnx::pb::tensor_proto::DataType::Int64 as i32,
                    int64_data: axes.to_vec(),
                    ..TensorProto::default()
                });
                node.input.push(axes_name);
            } else {
                node.attribute.push(AttributeProto {
                    name: "axes".into(),
                    r#type: attribute_proto::AttributeType::Ints as i32,
                    ints: axes.to_vec(),
                    ..AttributeProto::default()
                });
            }
            graph.node.push(node);
            POOLED.to_owned()
        }
    };
    // Its type is left to the backend, which infers it.
    graph.output = vec![ValueInfoProto { name, ..ValueInfoProto::default() }];
    check_rank(&model, output, pooling)?;
    Ok(model.encode_to_vec())
}

/// Fails where the pooling does not fit the tensor. A backend that meets such a graph may end the whole process.
fn check_rank(model: &ModelProto, output: &str, pooling: Option<Pooling>) -> Result<(), String> {
    let analysed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let typed = tract_onnx::onnx().model_for_proto_model(model)?.into_typed()?;
        Ok::<_, tract_onnx::prelude::TractError>(typed.output_fact(0)?.shape.rank())
    }));
    let wanted = match pooling {
        None | Some(Pooling::Cls) => "[batch, numbers] or [batch, tokens, numbers]",
        Some(Pooling::Mean) => "[batch, tokens, numbers]",
        Some(Pooling::Spatial) => "[batch, channels, height, width]",
    };
    let unfit = |why: String| Err(format!("tensor \"{output}\" cannot be taken that way, {wanted} is needed: {why}"));
    match analysed {
        Ok(Ok(2)) => Ok(()),
        Ok(Ok(3)) if matches!(pooling, None | Some(Pooling::Cls)) => Ok(()),
        Ok(Ok(rank)) => unfit(format!("what comes out has {rank} axes")),
        Ok(Err(problem)) => unfit(problem.to_string()),
        Err(_) => unfit("the graph makes no sense with it".into()),
    }
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension::Value};
    use tract_onnx::pb::{TensorShapeProto, TypeProto, type_proto};

    use super::*;

    fn model(opset: i64) -> Vec<u8> {
        let node = |input: &str, output: &str| NodeProto {
            input: vec![input.into()],
            output: vec![output.into()],
            op_type: "Relu".into(),
            ..NodeProto::default()
        };
        let dims = [2, 5, 4].map(|d| Dimension { value: Some(Value::DimValue(d)), ..Dimension::default() });
        let tensor = type_proto::Tensor {
            elem_type: tract_onnx::pb::tensor_proto::DataType::Float as i32,
            shape: Some(TensorShapeProto { dim: dims.to_vec() }),
        };
        let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
        let graph = tract_onnx::pb::GraphProto {
            input: vec![ValueInfoProto { name: "x".into(), r#type: Some(kind), ..ValueInfoProto::default() }],
            node: vec![node("x", "hidden"), node("hidden", "y")],
            output: vec![ValueInfoProto { name: "y".into(), ..ValueInfoProto::default() }],
            ..Default::default()
        };
        let opset = tract_onnx::pb::OperatorSetIdProto { version: opset, ..Default::default() };
        ModelProto { graph: Some(graph), opset_import: vec![opset], ..Default::default() }.encode_to_vec()
    }

    #[test]
    fn the_named_tensor_becomes_the_only_output() {
        let changed = with_output(&model(17), "hidden", None).unwrap();
        let graph = ModelProto::decode(changed.as_slice()).unwrap().graph.unwrap();
        assert_eq!(graph.output.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["hidden"]);
        assert_eq!(graph.node.len(), 2);
    }

    #[test]
    fn a_pooling_adds_a_mean_in_the_form_of_the_models_version() {
        for (opset, inputs) in [(17, 1), (18, 2)] {
            let changed = with_output(&model(opset), "hidden", Some(Pooling::Mean)).unwrap();
            let graph = ModelProto::decode(changed.as_slice()).unwrap().graph.unwrap();
            let mean = graph.node.last().unwrap();
            assert_eq!((mean.op_type.as_str(), mean.input.len()), ("ReduceMean", inputs));
            assert_eq!(graph.output[0].name, mean.output[0]);
        }
    }

    #[test]
    fn a_pooling_that_does_not_fit_the_tensor_is_told() {
        let refused = with_output(&model(17), "hidden", Some(Pooling::Spatial)).unwrap_err();
        assert!(refused.contains("[batch, channels, height, width] is needed"), "{refused}");
    }

    #[test]
    fn a_tensor_that_is_not_there_is_told_with_those_that_are() {
        assert_eq!(
            with_output(&model(17), "nothing", None).unwrap_err(),
            "has no tensor \"nothing\"; its last ones are: hidden, y"
        );
        assert!(with_output(b"\xff\xff\xff", "y", None).unwrap_err().contains("not an ONNX model"));
    }
}
