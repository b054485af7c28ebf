//! Encoder files: safetensors with the reference's tensor names, and PyTorch state dicts.
//!
//! Ours holds `blocks.N.weight` (block size x dim) and `blocks.N.bias` (block size) for each block, float32, where there
//! is a decoder `decoder.weight` (dim x features, as torch's `Linear` has it) and `decoder.bias` (dim), where there is a
//! confidence head `confidence.N.weight` and `confidence.N.bias` for each of its blocks, and one metadata entry `blockscope`
//! with [`EncoderMeta`] as JSON. `safetensors.torch.load_file` gives a state dict of it; the reference's module takes it
//! with `strict=False` where there is more than blocks.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use burn::store::pytorch_reader::{DType as TorchType, PytorchReader};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::meta::{AUTOENCODER, BLOCKS};
use super::{Activation, Decoder, Encoder, EncoderMeta};
use crate::atomic_file;
use crate::error::{Error, Result};

/// The key of our metadata entry.
const META: &str = "blockscope";

const DECODER_WEIGHT: &str = "decoder.weight";
const DECODER_BIAS: &str = "decoder.bias";

/// What the tensors of blocks and of a confidence head begin with.
const BLOCKS_OF_CODE: &str = "blocks";
const BLOCKS_OF_HEAD: &str = "confidence";

/// A tensor read from a file.
struct Tensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Encoder {
    /// Reads an encoder: our safetensors, the reference's state dict in safetensors or as PyTorch saves it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        let (tensors, meta) =
            if looks_like_torch(&bytes) { (read_torch(path)?, None) } else { read_safe(path, &bytes)? };
        let meta = meta.unwrap_or_default();
        if !["", BLOCKS, AUTOENCODER].contains(&meta.kind.as_str()) {
            return Err(Error::file(
                path,
                format!("holds an encoder of kind \"{}\", which this version does not know", meta.kind),
            ));
        }
        assemble(path, tensors, meta)
    }

    /// Writes our file; it appears under its name only when it is whole.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let odd = |e: &dyn std::fmt::Display| Error::file(path, format!("cannot be written: {e}"));
        let meta = serde_json::to_string(&self.meta).map_err(|e| odd(&e))?;
        let parts = [(BLOCKS_OF_CODE, Some(self)), (BLOCKS_OF_HEAD, self.head())];
        let parts = parts.into_iter().filter_map(|(name, encoder)| {
            encoder.map(|e| (name, e, little_endian(&e.weights), little_endian(&e.bias)))
        });
        let parts: Vec<_> = parts.collect();
        let mut views = Vec::new();
        for (name, encoder, weights, biases) in &parts {
            let (v, row) = (encoder.block_size, encoder.block_size * self.dim * 4);
            for b in 0..encoder.blocks {
                let weight = TensorView::new(Dtype::F32, vec![v, self.dim], &weights[b * row..][..row]);
                let bias = TensorView::new(Dtype::F32, vec![v], &biases[b * v * 4..][..v * 4]);
                views.push((format!("{name}.{b}.weight"), weight.map_err(|e| odd(&e))?));
                views.push((format!("{name}.{b}.bias"), bias.map_err(|e| odd(&e))?));
            }
        }
        let decoder = self.decoder.as_ref().map(|d| (little_endian(d.columns()), little_endian(d.bias())));
        if let Some((weight, bias)) = &decoder {
            let weight = TensorView::new(Dtype::F32, vec![self.dim, self.outputs()], weight);
            let bias = TensorView::new(Dtype::F32, vec![self.dim], bias);
            views.push((DECODER_WEIGHT.to_owned(), weight.map_err(|e| odd(&e))?));
            views.push((DECODER_BIAS.to_owned(), bias.map_err(|e| odd(&e))?));
        }
        let bytes =
            safetensors::serialize(views, Some(HashMap::from([(META.to_owned(), meta)]))).map_err(|e| odd(&e))?;
        atomic_file::write(path, &bytes)
    }

    /// Names these weights: the first 16 hexadecimal digits of a SHA-256 over shape, weights and biases, and over
    /// activation, decoder and confidence head where they are more than a SoftMax and nothing.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for n in [self.dim, self.blocks, self.block_size] {
            hash.update((n as u64).to_le_bytes());
        }
        hash.update(little_endian(&self.weights));
        hash.update(little_endian(&self.bias));
        match self.activation() {
            Activation::SoftMax => {}
            Activation::Relu => hash.update(b"relu"),
            Activation::TopK(k) => hash.update(format!("top {k}")),
        }
        if let Some(decoder) = &self.decoder {
            hash.update(little_endian(decoder.weights()));
            hash.update(little_endian(decoder.bias()));
        }
        if let Some(head) = &self.head {
            hash.update(b"head");
            hash.update(head.fingerprint());
        }
        hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
    }
}

impl EncoderMeta {
    /// Reads what an encoder's safetensors file says beside the weights, and not the weights: quick for a list of many.
    /// A file without such an entry gives the default. Fails for other kinds of files.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        #[derive(Deserialize)]
        struct Header {
            #[serde(default, rename = "__metadata__")]
            entries: HashMap<String, String>,
        }
        let path = path.as_ref();
        let bad = || Error::file(path, "is not a whole safetensors file");
        let mut file = File::open(path).map_err(Error::io(path))?;
        let whole = file.metadata().map_err(Error::io(path))?.len();
        let mut length = [0u8; 8];
        file.read_exact(&mut length).map_err(|_| bad())?;
        let length = u64::from_le_bytes(length);
        if length > whole.saturating_sub(8) {
            return Err(bad());
        }
        let mut header = Vec::new();
        file.take(length).read_to_end(&mut header).map_err(Error::io(path))?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| bad())?;
        match header.entries.get(META) {
            Some(text) => serde_json::from_str(text).map_err(|e| Error::file(path, format!("has odd metadata: {e}"))),
            None => Ok(Self::default()),
        }
    }
}

fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A zip archive, or a bare pickle as PyTorch wrote before 1.6; and not a safetensors file, whose first bytes are a length
/// that may look like either, with JSON behind it.
fn looks_like_torch(bytes: &[u8]) -> bool {
    bytes.get(8) != Some(&b'{') && (bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0x80, 2]))
}

type Tensors = HashMap<String, Tensor>;

fn read_safe(path: &Path, bytes: &[u8]) -> Result<(Tensors, Option<EncoderMeta>)> {
    let bad = || Error::file(path, "is not a whole safetensors file or PyTorch state dict");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|_| bad())?;
    let file = SafeTensors::deserialize(bytes).map_err(|_| bad())?;
    let meta = header
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(META))
        .map(|text| serde_json::from_str(text).map_err(|e| Error::file(path, format!("has odd metadata: {e}"))))
        .transpose()?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter().filter(|(name, _)| is_ours(name)) {
        let values = match view.dtype() {
            Dtype::F32 => floats(view.data(), f32::from_le_bytes),
            Dtype::F64 => floats(view.data(), |b: [u8; 8]| f64::from_le_bytes(b) as f32),
            Dtype::F16 => floats(view.data(), |b: [u8; 2]| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => floats(view.data(), |b: [u8; 2]| bf16::from_le_bytes(b).to_f32()),
            other => return Err(Error::file(path, format!("{name} holds {other:?}, and floats are needed"))),
        };
        tensors.insert(name.to_owned(), Tensor { shape: view.shape().to_vec(), values });
    }
    Ok((tensors, meta))
}

fn read_torch(path: &Path) -> Result<Tensors> {
    let bad = |e: &dyn std::fmt::Display| {
        let text = e.to_string();
        Error::file(path, format!("is not a whole PyTorch state dict: {}", text.lines().next().unwrap_or_default()))
    };
    let reader = PytorchReader::new(path).map_err(|e| bad(&e))?;
    let mut tensors = Tensors::new();
    for (name, tensor) in reader.tensors().iter().filter(|(name, _)| is_ours(name)) {
        let bytes = tensor.read().map_err(|e| bad(&e))?;
        let values = match tensor.dtype() {
            TorchType::F32 => floats(&bytes, f32::from_ne_bytes),
            TorchType::F64 => floats(&bytes, |b: [u8; 8]| f64::from_ne_bytes(b) as f32),
            TorchType::F16 => floats(&bytes, |b: [u8; 2]| f16::from_ne_bytes(b).to_f32()),
            TorchType::BF16 => floats(&bytes, |b: [u8; 2]| bf16::from_ne_bytes(b).to_f32()),
            other => return Err(Error::file(path, format!("{name} holds {other:?}, and floats are needed"))),
        };
        tensors.insert(name.clone(), Tensor { shape: tensor.shape().to_vec(), values });
    }
    Ok(tensors)
}

fn floats<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|b| read(*b)).collect()
}

fn is_ours(name: &str) -> bool {
    place(name).is_some() || [DECODER_WEIGHT, DECODER_BIAS].contains(&name)
}

/// Where a tensor of blocks belongs: what its blocks are called, the block, and whether it is the weight. The name may have
/// a prefix, as a training's checkpoint gives it (`encoder.blocks.0.weight`).
fn place(name: &str) -> Option<(&'static str, usize, bool)> {
    let (rest, kind) = name.rsplit_once('.')?;
    let (rest, number) = rest.rsplit_once('.')?;
    let weight = match kind {
        "weight" => true,
        "bias" => false,
        _ => return None,
    };
    let part =
        [BLOCKS_OF_CODE, BLOCKS_OF_HEAD].into_iter().find(|part| *part == rest.rsplit('.').next().unwrap_or(rest));
    Some((part?, number.parse().ok()?, weight))
}

fn assemble(path: &Path, mut tensors: Tensors, meta: EncoderMeta) -> Result<Encoder> {
    let odd = |problem: String| Error::file(path, problem);
    let decoder = (tensors.remove(DECODER_WEIGHT), tensors.remove(DECODER_BIAS));
    let mut parts: BTreeMap<&str, Blocks> = BTreeMap::new();
    for (name, tensor) in tensors {
        let Some((part, number, weight)) = place(&name) else { continue };
        let block = parts.entry(part).or_default().entry(number).or_default();
        let slot = if weight { &mut block.0 } else { &mut block.1 };
        if slot.replace(tensor).is_some() {
            return Err(odd(format!("holds more than one encoder: block {number} is there twice")));
        }
    }
    let Some(blocks) = parts.remove(BLOCKS_OF_CODE) else {
        return Err(odd("holds no block encoder (tensors named blocks.0.weight and so on)".into()));
    };
    let mut encoder = layers(BLOCKS_OF_CODE, blocks, meta).map_err(odd)?;
    if let Some(blocks) = parts.remove(BLOCKS_OF_HEAD) {
        let head = layers(BLOCKS_OF_HEAD, blocks, EncoderMeta::default()).map_err(odd)?;
        encoder = encoder.with_head(head).map_err(|e| odd(e.to_string()))?;
    }
    let (dim, features) = (encoder.dim(), encoder.outputs());
    match decoder {
        (None, None) => Ok(encoder),
        (Some(weight), Some(bias)) if weight.shape == [dim, features] && bias.shape == [dim] => {
            let decoder = Decoder::from_columns(dim, features, weight.values, bias.values);
            decoder.and_then(|decoder| encoder.with_decoder(decoder)).map_err(|e| odd(e.to_string()))
        }
        _ => Err(odd(format!("needs {DECODER_WEIGHT} of shape [{dim}, {features}] and {DECODER_BIAS} of [{dim}]"))),
    }
}

/// Weight and bias of each block.
type Blocks = BTreeMap<usize, (Option<Tensor>, Option<Tensor>)>;

/// An encoder of the blocks that are called `name`; fails with what is wrong with them.
fn layers(name: &str, blocks: Blocks, meta: EncoderMeta) -> std::result::Result<Encoder, String> {
    let count = blocks.len();
    let (mut weights, mut bias) = (Vec::new(), Vec::new());
    let mut shape: Option<[usize; 2]> = None;
    for (expected, (number, block)) in blocks.into_iter().enumerate() {
        if number != expected {
            return Err(format!("lacks {name}.{expected}"));
        }
        let (Some(w), Some(b)) = block else {
            return Err(format!("{name}.{number} lacks its weight or its bias"));
        };
        let [v, dim] = *w.shape.as_slice() else {
            return Err(format!("{name}.{number}.weight has shape {:?}, and two axes are needed", w.shape));
        };
        if b.shape != [v] {
            return Err(format!("{name}.{number}.bias has shape {:?}, and [{v}] is needed", b.shape));
        }
        let first = *shape.get_or_insert([v, dim]);
        if first != [v, dim] {
            return Err(format!("{name}.{number} is {v} x {dim}, and {name}.0 is {} x {}", first[0], first[1]));
        }
        weights.extend(w.values);
        bias.extend(b.values);
    }
    let [v, dim] = shape.unwrap_or_default();
    Encoder::new(dim, count, v, weights, bias, meta).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::random;

    fn round_trip(encoder: &Encoder) -> (Encoder, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.safetensors");
        encoder.write(&path).unwrap();
        (Encoder::read(&path).unwrap(), std::fs::read(&path).unwrap())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut encoder = random(7, 3, 5, 1);
        encoder.meta.kind = "blocks".into();
        encoder.meta.held_out_confidence = vec![0.25, 0.1 + 0.2, 1.0];
        let (back, _) = round_trip(&encoder);
        assert_eq!(back, encoder);
        assert_eq!(back.fingerprint(), encoder.fingerprint());
        assert_ne!(random(7, 3, 5, 2).fingerprint(), encoder.fingerprint());
    }

    #[test]
    fn a_decoder_and_an_activation_are_kept_and_count() {
        let plain = random(7, 1, 5, 1);
        let weights: Vec<f32> = (0..35).map(|i| i as f32).collect();
        let decoder = Decoder::new(7, 5, weights, vec![0.5; 7]).unwrap();
        let mut encoder = plain.clone().with_decoder(decoder).unwrap();
        assert_ne!(encoder.fingerprint(), plain.fingerprint());
        let decoded = encoder.fingerprint();
        encoder.meta.kind = AUTOENCODER.into();
        encoder.meta.activation = Activation::TopK(3);
        assert_ne!(encoder.fingerprint(), decoded);
        let (back, bytes) = round_trip(&encoder);
        assert_eq!(back, encoder);
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let weight = file.tensor(DECODER_WEIGHT).unwrap();
        assert_eq!(weight.shape(), [7, 5], "as torch's Linear has it");
        assert_eq!(floats(weight.data(), f32::from_le_bytes)[..3], [0.0, 7.0, 14.0]);
        assert!(random(6, 1, 5, 1).with_decoder(encoder.decoder().unwrap().clone()).is_err());
    }

    #[test]
    fn a_confidence_head_is_kept_and_counts() {
        let plain = random(7, 2, 5, 1);
        let encoder = plain.clone().with_head(random(7, 3, 4, 2)).unwrap();
        let (back, bytes) = round_trip(&encoder);
        assert_eq!(back, encoder);
        assert_eq!(back.head(), Some(&random(7, 3, 4, 2)));
        assert_ne!(encoder.fingerprint(), plain.fingerprint());
        // The reference's names are those of the blocks alone.
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut names = file.names();
        names.sort_unstable();
        let of = |part: &str, n: usize| -> Vec<String> {
            (0..n).flat_map(|b| [format!("{part}.{b}.bias"), format!("{part}.{b}.weight")]).collect()
        };
        assert_eq!(names, [of("blocks", 2), of("confidence", 3)].concat());
        assert!(plain.clone().with_head(random(6, 3, 4, 2)).is_err(), "another dimension");
        let mut code = random(7, 1, 4, 2);
        code.meta.activation = Activation::Relu;
        assert!(plain.with_head(code).is_err(), "a code has no entropy");
    }

    #[test]
    fn what_a_file_says_is_read_without_its_weights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.safetensors");
        let mut encoder = random(7, 3, 5, 1);
        encoder.meta.kind = "blocks".into();
        encoder.meta.held_out_confidence = vec![0.25, 0.1 + 0.2];
        encoder.write(&path).unwrap();
        assert_eq!(EncoderMeta::read(&path).unwrap(), encoder.meta);
        let whole = std::fs::read(&path).unwrap();
        for bytes in [&whole[..0], &whole[..20], b"PK\x03\x04 and then nothing"] {
            std::fs::write(&path, bytes).unwrap();
            let problem = EncoderMeta::read(&path).unwrap_err().to_string();
            assert!(problem.contains("is not a whole safetensors file"), "{problem}");
        }
        std::fs::write(&path, safetensors::serialize(Vec::<(String, TensorView)>::new(), None).unwrap()).unwrap();
        assert_eq!(EncoderMeta::read(&path).unwrap(), EncoderMeta::default());
    }

    /// The file as `safetensors.torch.load_file` takes it, byte by byte: a length, a JSON header, the data.
    #[test]
    fn the_bytes_are_those_of_a_torch_state_dict() {
        let encoder = random(3, 2, 2, 4);
        let (_, bytes) = round_trip(&encoder);
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let data = &bytes[8 + length..];
        assert_eq!(data.len(), 4 * (2 * 2 * 3 + 2 * 2));
        let names: Vec<_> = header.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names.len(), 5, "{names:?}");
        for b in 0..2 {
            let weight = &header[format!("blocks.{b}.weight")];
            assert_eq!(weight["dtype"], "F32");
            assert_eq!(weight["shape"], serde_json::json!([2, 3]));
            let range = weight["data_offsets"].as_array().unwrap();
            let at = range[0].as_u64().unwrap() as usize..range[1].as_u64().unwrap() as usize;
            assert_eq!(floats(&data[at], f32::from_le_bytes), encoder.weights()[b * 6..][..6]);
            let bias = &header[format!("blocks.{b}.bias")];
            assert_eq!(bias["shape"], serde_json::json!([2]));
            let at = bias["data_offsets"][0].as_u64().unwrap() as usize;
            assert_eq!(floats(&data[at..at + 8], f32::from_le_bytes), encoder.bias()[b * 2..][..2]);
        }
    }

    /// The header of a bare 4 x 64 x 3072 encoder is 640 bytes long, which begins as a pickle does.
    #[test]
    fn a_length_that_looks_like_a_pickle_is_a_length() {
        let mut bytes = 640u64.to_le_bytes().to_vec();
        bytes.extend(b"{\"");
        assert!(!looks_like_torch(&bytes));
        assert!(looks_like_torch(&[0x80, 2, b'}', b'q', 0, 0, 0, 0, b'X']));
    }

    #[test]
    fn what_is_no_encoder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.safetensors");
        let problem = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Encoder::read(&path).unwrap_err().to_string()
        };
        let (_, whole) = round_trip(&random(3, 2, 2, 4));
        for cut in [0, 5, 20, whole.len() - 1] {
            assert!(problem(&whole[..cut]).contains("is not a whole safetensors file"), "cut at {cut}");
        }
        assert!(problem(b"PK\x03\x04 and then nothing").contains("is not a whole PyTorch state dict"));
        let with = |tensors: &[(&str, &[usize])]| {
            let data = vec![0u8; 4096];
            let views = tensors.iter().map(|(name, shape)| {
                let size = shape.iter().product::<usize>() * 4;
                (name.to_string(), TensorView::new(Dtype::F32, shape.to_vec(), &data[..size]).unwrap())
            });
            safetensors::serialize(views, None).unwrap()
        };
        assert!(problem(&with(&[("head.weight", &[2, 2])])).contains("holds no block encoder"));
        assert!(problem(&with(&[("blocks.0.weight", &[2, 2])])).contains("lacks its weight or its bias"));
        let odd = with(&[("blocks.0.weight", &[2, 2]), ("blocks.0.bias", &[3])]);
        assert!(problem(&odd).contains("blocks.0.bias has shape [3], and [2] is needed"));
        let gap = with(&[("blocks.1.weight", &[2, 2]), ("blocks.1.bias", &[2])]);
        assert!(problem(&gap).contains("lacks blocks.0"));
        let prefixed = with(&[("encoder.blocks.0.weight", &[2, 2]), ("encoder.blocks.0.bias", &[2])]);
        std::fs::write(&path, prefixed).unwrap();
        assert_eq!(Encoder::read(&path).unwrap().outputs(), 2);
    }
}
