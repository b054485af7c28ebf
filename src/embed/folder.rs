//! A model in a folder of the person's own.
//!
//! The folder holds `model.onnx` and the side files: `preprocessor_config.json` for pictures, the four tokenizer files
//! for texts. A model with both sides has them in the sub-folders `vision` and `text`, or in two folders beside each
//! other whose names end in `-vision` and `-text`. A file `blockscope.json` may name the tensor that serves as the
//! output and how it is pooled, so that an inner layer can serve:
//!
//! ```json
//! {"output": "/vision_model/encoder/layers.10/Add_1_output_0", "pooling": "mean"}
//! ```

use std::path::{Path, PathBuf};

use fastembed::QuantizationMode;
use serde::Deserialize;

use super::Side;
use super::catalogue::{Bytes, Files, side_files};
use super::graph::Pooling;
use crate::error::{Error, Result};

/// What `blockscope.json` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Choice {
    output: Option<String>,
    pooling: Option<Pooling>,
}

/// The files of one side of the model in a folder.
pub(super) fn find(folder: &Path, side: Side) -> Result<Files> {
    let folder = side_folder(folder, side)?;
    let path = folder.join("blockscope.json");
    let choice: Choice = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|e| Error::file(&path, e.to_string()))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Choice::default(),
        Err(e) => return Err(Error::io(&path)(e)),
    };
    let unfit = |problem: &str| Err(Error::file(&path, problem));
    match (side, &choice) {
        (Side::Texts, Choice { pooling: Some(Pooling::Spatial), .. }) => {
            return unfit("\"spatial\" is for pictures; texts are pooled by \"cls\" or \"mean\"");
        }
        (Side::Pictures, Choice { output: None, pooling: Some(_) }) => {
            return unfit("a pooling for pictures needs the output that it is for");
        }
        _ => {}
    }
    Ok(Files {
        onnx: Bytes::Path(folder.join("model.onnx")),
        externals: externals(&folder)?,
        side: side_files(side).iter().map(|f| ((*f).to_owned(), Bytes::Path(folder.join(f)))).collect(),
        output: choice.output,
        pooling: choice.pooling,
        quantization: QuantizationMode::None,
        output_key: None,
    })
}

/// Where the side's files lie: all of them are there.
fn side_folder(folder: &Path, side: Side) -> Result<PathBuf> {
    let (sub, suffix, other) = match side {
        Side::Pictures => ("vision", "-vision", "-text"),
        Side::Texts => ("text", "-text", "-vision"),
    };
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let beside = name.strip_suffix(other).map(|stem| folder.with_file_name(format!("{stem}{suffix}")));
    let places: Vec<PathBuf> =
        [Some(folder.to_owned()), Some(folder.join(sub)), beside].into_iter().flatten().collect();
    let missing = |place: &Path| -> Vec<&str> {
        ["model.onnx"].iter().chain(side_files(side)).copied().filter(|f| !place.join(f).is_file()).collect()
    };
    if let Some(place) = places.iter().find(|p| missing(p).is_empty()) {
        return Ok(place.clone());
    }
    let lacks = missing(folder).join(", ");
    Err(Error::file(folder, format!("is not a model for {side}: {lacks} not found there, nor in {sub}/")))
}

/// Weights that lie beside a model: `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`.
fn externals(folder: &Path) -> Result<Vec<(String, Bytes)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("model.onnx_data") || name == "model.onnx.data" {
            found.push((name, Bytes::Path(path)));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
        dir
    }

    #[test]
    fn a_side_is_found_in_the_folder_below_it_or_beside_it() {
        let vision = ["model.onnx", "preprocessor_config.json"];
        let dir = folder(&vision);
        assert!(find(dir.path(), Side::Pictures).is_ok());
        let dir = folder(&vision.map(|f| ["vision/", f].concat()).each_ref().map(String::as_str));
        assert!(find(dir.path(), Side::Pictures).is_ok());
        let dir = folder(&vision.map(|f| ["m-vision/", f].concat()).each_ref().map(String::as_str));
        std::fs::create_dir(dir.path().join("m-text")).unwrap();
        assert!(find(&dir.path().join("m-text"), Side::Pictures).is_ok());
    }

    #[test]
    fn what_is_missing_is_named() {
        let dir = folder(&["model.onnx"]);
        let error = find(dir.path(), Side::Texts).err().unwrap().to_string();
        assert!(error.contains("tokenizer.json, config.json, special_tokens_map.json"), "{error}");
    }

    #[test]
    fn the_output_and_the_pooling_can_be_named_and_a_wrong_word_is_told() {
        let dir = folder(&["model.onnx", "preprocessor_config.json"]);
        let path = dir.path().join("blockscope.json");
        std::fs::write(&path, r#"{"output": "hidden", "pooling": "mean"}"#).unwrap();
        let files = find(dir.path(), Side::Pictures).unwrap();
        assert_eq!((files.output.as_deref(), files.pooling), (Some("hidden"), Some(Pooling::Mean)));
        std::fs::write(&path, r#"{"ouput": "hidden"}"#).unwrap();
        let error = find(dir.path(), Side::Pictures).err().unwrap().to_string();
        assert!(error.contains("unknown field `ouput`"), "{error}");
    }
}
