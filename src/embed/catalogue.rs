//! The models that can be named: those that fastembed lists, and the demo's own, which is compiled in.

use std::path::PathBuf;

use fastembed::{
    EmbeddingModel, ImageEmbedding, OutputKey, QuantizationMode, TextEmbedding, TokenizerFiles,
    UserDefinedEmbeddingModel,
};

use super::hub::Hub;
use super::{Side, graph};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};

/// The name of the demo's model: a small CLIP of our own, trained on the drawings of `blockscope draw`.
pub const DEMO: &str = "demo";

/// The side files of each side, beside the model itself.
const PICTURE_FILES: [&str; 1] = ["preprocessor_config.json"];
const TEXT_FILES: [&str; 4] = ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// The side files that a model of this side needs.
pub(super) fn side_files(side: Side) -> &'static [&'static str] {
    match side {
        Side::Pictures => &PICTURE_FILES,
        Side::Texts => &TEXT_FILES,
    }
}

/// One side of a model that can be named.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name, as `--model` takes it.
    pub name: String,
    /// What it embeds.
    pub side: Side,
    /// Dimensions of its vectors.
    pub dim: usize,
    /// A few words on it.
    pub description: String,
    /// The model that embeds the other side into the same space.
    pub twin: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Demo,
    Hub { onnx: String, more: Vec<String>, text: Option<TextKind> },
}

/// What fastembed knows of a text model.
#[derive(Clone, Debug)]
struct TextKind {
    model: EmbeddingModel,
    output: Option<OutputKey>,
}

/// All models that can be named.
pub fn listed() -> Vec<Listed> {
    let mut all: Vec<Listed> = [(Side::Pictures, "drawn pictures"), (Side::Texts, "their captions")]
        .into_iter()
        .map(|(side, what)| Listed {
            name: DEMO.into(),
            side,
            dim: 512,
            description: format!("Our own small CLIP for the demo: {what}; part of the program"),
            twin: Some(DEMO.into()),
            kind: Kind::Demo,
        })
        .collect();
    all.extend(ImageEmbedding::list_supported_models().into_iter().map(|m| Listed {
        twin: twin(&m.model_code),
        name: m.model_code,
        side: Side::Pictures,
        dim: m.dim,
        description: m.description,
        kind: Kind::Hub { onnx: m.model_file, more: m.additional_files, text: None },
    }));
    all.extend(TextEmbedding::list_supported_models().into_iter().map(|m| Listed {
        twin: twin(&m.model_code),
        name: m.model_code,
        side: Side::Texts,
        dim: m.dim,
        description: m.description,
        kind: Kind::Hub {
            onnx: m.model_file,
            more: m.additional_files,
            text: Some(TextKind { model: m.model, output: m.output_key }),
        },
    }));
    // fastembed lists texts in a new order each time, and some models in several precisions under one name, the full one
    // in the file called model.onnx.
    let full =
        |m: &Listed| matches!(&m.kind, Kind::Hub { onnx, .. } if onnx.ends_with("/model.onnx") || onnx == "model.onnx");
    let fixed = all.iter().position(|m| matches!(&m.kind, Kind::Hub { text: Some(_), .. })).unwrap_or(all.len());
    all[fixed..].sort_by_key(|m| (m.name.to_lowercase(), !full(m)));
    let mut seen = std::collections::HashSet::new();
    all.retain(|m| seen.insert((m.name.clone(), m.side)));
    all
}

/// The pairs of the list that share a space.
fn twin(name: &str) -> Option<String> {
    const PAIRS: [(&str, &str); 2] = [
        ("Qdrant/clip-ViT-B-32-vision", "Qdrant/clip-ViT-B-32-text"),
        ("nomic-ai/nomic-embed-vision-v1.5", "nomic-ai/nomic-embed-text-v1.5"),
    ];
    PAIRS.iter().find_map(|(vision, text)| match name {
        _ if name == *vision => Some((*text).to_owned()),
        _ if name == *text => Some((*vision).to_owned()),
        _ => None,
    })
}

/// The side of a listed model: the model itself, or the other one of its pair.
pub(super) fn side_of(name: &str, side: Side) -> Result<Listed> {
    let all = listed();
    let own = |name: &str| all.iter().find(|m| m.side == side && m.name == name).cloned();
    let other = all.iter().find(|m| m.name == name).and_then(|m| m.twin.clone());
    own(name).or_else(|| own(&other?)).ok_or_else(|| Error::Model {
        model: name.to_owned(),
        problem: format!("has no side for {side}; name a model that has (blockscope models lists them)"),
    })
}

impl Listed {
    /// Whether all its files are here.
    pub fn is_here(&self, hub: &Hub) -> bool {
        matches!(self.kind, Kind::Demo) || hub.has(&self.name, &self.names())
    }

    /// Its files by their names on the hub; none where it is part of the program.
    pub(super) fn names(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Demo => Vec::new(),
            Kind::Hub { onnx, more, .. } => {
                let own = [onnx.as_str()].into_iter().chain(more.iter().map(String::as_str));
                own.chain(side_files(self.side).iter().copied()).collect()
            }
        }
    }

    /// Its files, downloaded where they are not here.
    pub(super) fn files(&self, control: &Control, reporter: &mut Reporter) -> Result<Files> {
        let (onnx, more, text) = match &self.kind {
            Kind::Demo => return Ok(demo(self.side)),
            Kind::Hub { onnx, more, text } => (onnx, more, text),
        };
        let paths = Hub::from_env()?.fetch(&self.name, &self.names(), &[], control, reporter)?;
        let path = |name: &str| {
            let path = paths.get(name).cloned();
            path.map(Bytes::Path)
                .ok_or_else(|| Error::Model { model: self.name.clone(), problem: format!("lacks {name}") })
        };
        // Weights beside the model are named inside it relative to its own folder.
        let file_name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        Ok(Files {
            onnx: path(onnx)?,
            externals: more.iter().map(|m| Ok((file_name(m), path(m)?))).collect::<Result<_>>()?,
            side: side_files(self.side).iter().map(|s| Ok(((*s).to_owned(), path(s)?))).collect::<Result<_>>()?,
            output: None,
            pooling: text.as_ref().and_then(|t| TextEmbedding::get_default_pooling_method(&t.model)).map(Into::into),
            quantization: text
                .as_ref()
                .map_or(QuantizationMode::None, |t| TextEmbedding::get_quantization_mode(&t.model)),
            output_key: text.as_ref().and_then(|t| t.output.clone()),
        })
    }
}

/// Where a file's bytes come from.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    Path(PathBuf),
    Within(&'static [u8]),
}

impl Bytes {
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        match self {
            Self::Path(path) => std::fs::read(path).map_err(Error::io(path)),
            Self::Within(bytes) => Ok(bytes.to_vec()),
        }
    }
}

/// One side of a model as files.
pub(super) struct Files {
    pub(super) onnx: Bytes,
    /// Weights that lie beside the model, by the name that the model calls them.
    pub(super) externals: Vec<(String, Bytes)>,
    /// Side files by name.
    pub(super) side: Vec<(String, Bytes)>,
    /// The tensor that serves as the output, where it is named.
    pub(super) output: Option<String>,
    pub(super) pooling: Option<graph::Pooling>,
    pub(super) quantization: QuantizationMode,
    pub(super) output_key: Option<OutputKey>,
}

impl Files {
    pub(super) fn side_file(&self, name: &str) -> Result<Vec<u8>> {
        let found = self.side.iter().find(|(n, _)| n == name);
        found.ok_or_else(|| Error::setting(format!("a model without {name}")))?.1.read()
    }

    /// The text side as fastembed takes it, with the model's own outputs.
    pub(super) fn text_model(&self) -> Result<UserDefinedEmbeddingModel> {
        let tokenizer = TokenizerFiles {
            tokenizer_file: self.side_file("tokenizer.json")?,
            config_file: self.side_file("config.json")?,
            special_tokens_map_file: self.side_file("special_tokens_map.json")?,
            tokenizer_config_file: self.side_file("tokenizer_config.json")?,
        };
        let mut model =
            UserDefinedEmbeddingModel::new(self.onnx.read()?, tokenizer).with_quantization(self.quantization);
        for (file_name, bytes) in &self.externals {
            model = model.with_external_initializer(file_name.clone(), bytes.read()?);
        }
        model.pooling = self.pooling.map(Into::into);
        model.output_key = self.output_key.clone();
        Ok(model)
    }
}

/// The demo's model, which is part of the program.
fn demo(side: Side) -> Files {
    macro_rules! asset {
        ($file:literal) => {
            Bytes::Within(include_bytes!(concat!("../../assets/demo-clip/", $file)))
        };
    }
    let (onnx, side) = match side {
        Side::Pictures => (
            asset!("vision/model.onnx"),
            vec![("preprocessor_config.json".into(), asset!("vision/preprocessor_config.json"))],
        ),
        Side::Texts => (
            asset!("text/model.onnx"),
            vec![
                ("tokenizer.json".into(), asset!("text/tokenizer.json")),
                ("config.json".into(), asset!("text/config.json")),
                ("special_tokens_map.json".into(), asset!("text/special_tokens_map.json")),
                ("tokenizer_config.json".into(), asset!("text/tokenizer_config.json")),
            ],
        ),
    };
    Files {
        onnx,
        externals: Vec::new(),
        side,
        output: None,
        pooling: None,
        quantization: QuantizationMode::None,
        output_key: None,
    }
}

/// The hash of the demo's model: another model's vectors cannot be compared.
pub fn demo_model_digest() -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for side in [Side::Pictures, Side::Texts] {
        if let Bytes::Within(onnx) = demo(side).onnx {
            hash.update(onnx);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_twin_is_listed_and_of_the_same_dimension() {
        let all = listed();
        let pairs: Vec<_> = all.iter().filter(|m| m.twin.is_some()).collect();
        assert_eq!(pairs.len(), 6, "the demo, CLIP and nomic, two sides each");
        for model in pairs {
            let twin = side_of(&model.name, if model.side == Side::Texts { Side::Pictures } else { Side::Texts });
            assert_eq!(twin.unwrap().dim, model.dim, "{}", model.name);
        }
    }

    #[test]
    fn a_model_without_a_text_side_says_so() {
        let error = side_of("Qdrant/resnet50-onnx", Side::Texts).unwrap_err();
        assert!(error.to_string().contains("has no side for texts"), "{error}");
    }
}
