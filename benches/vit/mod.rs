//! An ONNX model of the shape of CLIP's vision side, ViT-B/32, with made-up weights.

use std::path::Path;

use prost::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension::Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, type_proto,
};

const WIDTH: i64 = 768;
const HEADS: i64 = 12;
const LAYERS: usize = 12;
const TOKENS: i64 = 50;
const OUTPUT: i64 = 512;

struct Builder {
    graph: GraphProto,
    rng: ChaCha8Rng,
}

impl Builder {
    fn node(&mut self, op: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) -> String {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|i| (*i).to_owned()).collect(),
            output: vec![output.to_owned()],
            op_type: op.to_owned(),
            name: output.to_owned(),
            attribute: attributes,
            ..NodeProto::default()
        });
        output.to_owned()
    }

    fn weights(&mut self, name: &str, dims: &[i64], scale: f32, around: f32) -> String {
        let count = dims.iter().product::<i64>() as usize;
        let raw = (0..count).flat_map(|_| (around + scale * self.rng.random_range(-1.0f32..1.0)).to_le_bytes());
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            raw_data: raw.collect(),
            ..TensorProto::default()
        });
        name.to_owned()
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            int64_data: values.to_vec(),
            ..TensorProto::default()
        });
        name.to_owned()
    }

    fn linear(&mut self, name: &str, input: &str, from: i64, to: i64) -> String {
        let w = self.weights(&format!("{name}.w"), &[from, to], 0.03, 0.0);
        let b = self.weights(&format!("{name}.b"), &[to], 0.01, 0.0);
        let product = self.node("MatMul", &[input, &w], &format!("{name}.product"), vec![]);
        self.node("Add", &[&product, &b], &format!("{name}.out"), vec![])
    }

    fn norm(&mut self, name: &str, input: &str) -> String {
        let scale = self.weights(&format!("{name}.scale"), &[WIDTH], 0.05, 1.0);
        let bias = self.weights(&format!("{name}.bias"), &[WIDTH], 0.05, 0.0);
        self.node("LayerNormalization", &[input, &scale, &bias], &format!("{name}.out"), vec![int("axis", -1)])
    }

    fn heads(&mut self, name: &str, input: &str, order: &[i64]) -> String {
        let flat = self.linear(name, input, WIDTH, WIDTH);
        let shape = self.integers(&format!("{name}.shape"), &[0, TOKENS, HEADS, WIDTH / HEADS]);
        let split = self.node("Reshape", &[&flat, &shape], &format!("{name}.split"), vec![]);
        self.node("Transpose", &[&split], &format!("{name}.heads"), vec![ints("perm", order)])
    }

    fn layer(&mut self, at: &str, input: &str) -> String {
        let x = self.norm(&format!("{at}.norm1"), input);
        let q = self.heads(&format!("{at}.q"), &x, &[0, 2, 1, 3]);
        let k = self.heads(&format!("{at}.k"), &x, &[0, 2, 3, 1]);
        let v = self.heads(&format!("{at}.v"), &x, &[0, 2, 1, 3]);
        let root = self.weights(&format!("{at}.root"), &[1], 0.0, 0.125);
        let q = self.node("Mul", &[&q, &root], &format!("{at}.scaled"), vec![]);
        let scores = self.node("MatMul", &[&q, &k], &format!("{at}.scores"), vec![]);
        let shares = self.node("Softmax", &[&scores], &format!("{at}.shares"), vec![int("axis", -1)]);
        let mixed = self.node("MatMul", &[&shares, &v], &format!("{at}.mixed"), vec![]);
        let back = self.node("Transpose", &[&mixed], &format!("{at}.back"), vec![ints("perm", &[0, 2, 1, 3])]);
        let shape = self.integers(&format!("{at}.whole"), &[0, TOKENS, WIDTH]);
        let joined = self.node("Reshape", &[&back, &shape], &format!("{at}.joined"), vec![]);
        let out = self.linear(&format!("{at}.proj"), &joined, WIDTH, WIDTH);
        let x = self.node("Add", &[input, &out], &format!("{at}.attended"), vec![]);
        let y = self.norm(&format!("{at}.norm2"), &x);
        let y = self.linear(&format!("{at}.up"), &y, WIDTH, 4 * WIDTH);
        // CLIP's quick GELU: x * sigmoid(1.702 x).
        let factor = self.weights(&format!("{at}.gelu"), &[1], 0.0, 1.702);
        let gate = self.node("Mul", &[&y, &factor], &format!("{at}.gate"), vec![]);
        let gate = self.node("Sigmoid", &[&gate], &format!("{at}.sigmoid"), vec![]);
        let y = self.node("Mul", &[&y, &gate], &format!("{at}.active"), vec![]);
        let y = self.linear(&format!("{at}.down"), &y, 4 * WIDTH, WIDTH);
        self.node("Add", &[&x, &y], &format!("{at}.out"), vec![])
    }
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..AttributeProto::default() }
}

fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    let r#type = AttributeType::Ints as i32;
    AttributeProto { name: name.into(), r#type, ints: ints.to_vec(), ..AttributeProto::default() }
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dims = std::iter::once(Value::DimParam("batch".into())).chain(dims.iter().map(|d| Value::DimValue(*d)));
    let shape =
        TensorShapeProto { dim: dims.map(|value| Dimension { value: Some(value), ..Dimension::default() }).collect() };
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(shape) };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..ValueInfoProto::default() }
}

/// Writes the model and its side file to a folder; gives the model's bytes.
pub fn write(folder: &Path) -> usize {
    let mut b = Builder {
        graph: GraphProto { name: "vit".into(), ..GraphProto::default() },
        rng: ChaCha8Rng::seed_from_u64(0),
    };
    let patches = b.weights("patches", &[WIDTH, 3, 32, 32], 0.02, 0.0);
    let patch = vec![ints("kernel_shape", &[32, 32]), ints("strides", &[32, 32])];
    let x = b.node("Conv", &["pixel_values", &patches], "patched", patch);
    let shape = b.integers("flat", &[0, WIDTH, TOKENS - 1]);
    let x = b.node("Reshape", &[&x, &shape], "flattened", vec![]);
    let x = b.node("Transpose", &[&x], "tokens", vec![ints("perm", &[0, 2, 1])]);
    // The class token, as often as there are pictures: a mean times nothing gives it its batch.
    let mean = b.node("ReduceMean", &[&x], "mean", vec![ints("axes", &[1]), int("keepdims", 1)]);
    let nothing = b.weights("nothing", &[1], 0.0, 0.0);
    let mean = b.node("Mul", &[&mean, &nothing], "zeros", vec![]);
    let class = b.weights("class", &[1, 1, WIDTH], 0.02, 0.0);
    let class = b.node("Add", &[&mean, &class], "class_token", vec![]);
    let x = b.node("Concat", &[&class, &x], "with_class", vec![int("axis", 1)]);
    let positions = b.weights("positions", &[1, TOKENS, WIDTH], 0.02, 0.0);
    let x = b.node("Add", &[&x, &positions], "placed", vec![]);
    let mut x = b.norm("before", &x);
    for layer in 0..LAYERS {
        x = b.layer(&format!("layer{layer}"), &x);
    }
    let x = b.norm("after", &x);
    b.graph.initializer.push(TensorProto {
        name: "first".into(),
        data_type: DataType::Int64 as i32,
        int64_data: vec![0],
        ..TensorProto::default()
    });
    let x = b.node("Gather", &[&x, "first"], "classed", vec![int("axis", 1)]);
    let projection = b.weights("projection", &[WIDTH, OUTPUT], 0.03, 0.0);
    b.node("MatMul", &[&x, &projection], "image_embeds", vec![]);
    b.graph.input.push(value("pixel_values", &[3, 224, 224]));
    b.graph.output.push(value("image_embeds", &[OUTPUT]));
    let opset = OperatorSetIdProto { version: 17, ..OperatorSetIdProto::default() };
    let model = ModelProto { ir_version: 8, opset_import: vec![opset], graph: Some(b.graph), ..ModelProto::default() };
    std::fs::create_dir_all(folder).expect("a folder");
    let bytes = model.encode_to_vec();
    std::fs::write(folder.join("model.onnx"), &bytes).expect("written");
    let side = r#"{"do_resize": true, "size": {"shortest_edge": 224}, "do_center_crop": true,
        "crop_size": {"height": 224, "width": 224}, "do_rescale": true, "rescale_factor": 0.00392156862745098,
        "do_normalize": true, "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711]}"#;
    std::fs::write(folder.join("preprocessor_config.json"), side).expect("written");
    bytes.len()
}
