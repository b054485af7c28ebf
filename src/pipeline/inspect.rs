//! Judges inputs: what each block says of them, and whether they fit the collection.

use std::collections::BTreeMap;

use serde::Serialize;

use super::encode::page_rows;
use super::import::prepare_file;
use super::{model_of, warn_of_model};
use crate::config::InspectConfig;
use crate::embed::{Embedder, Prepared, Side};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{BlockAnswer, ConfidenceScale, answers, confidence, sparse, top_k};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::numpy::{self, NpyMatrix};
use crate::source::{self, Cursor, Payload, PointId, VectorSource, Want, for_each_page, sample_ids};

/// Entries of the sparse vector of an input that has none above the threshold.
const FALLBACK: usize = 8;

/// What `inspect` says.
#[derive(Clone, Debug, Serialize)]
pub struct InspectAnswer {
    /// Points that the percentiles are taken over.
    pub points: u64,
    /// The confidence below which an input is an outlier.
    pub cutoff: f32,
    /// The percentile that it is.
    pub outlier_percentile: f64,
    /// Whether the cutoff comes from points that were not trained on, which the encoder's file remembers, or, for one
    /// without that memory, from the collection's own points.
    pub held_out: bool,
    /// One for each input.
    pub items: Vec<InspectItem>,
}

/// Whether an input fits the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is as confident as points of the collection are.
    Fits,
    /// It is less confident than nearly all of them.
    Outlier,
}

/// What is said of one input.
#[derive(Clone, Debug, Serialize)]
pub struct InspectItem {
    /// The id, the picture's path, the text, or the file and the row.
    pub input: String,
    /// What kind of thing was drawn, for the demo's drawings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Mean over blocks of the largest probability.
    pub confidence: f32,
    /// The share of the collection's points with a smaller confidence, in percent.
    pub percentile: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// What each block says.
    pub blocks: Vec<BlockAnswer>,
    /// Features above the threshold; where there are none, the strongest few.
    pub sparse: BTreeMap<u32, f32>,
    /// How many of the strongest were taken, where no feature is above the threshold.
    pub fallback_top_k: Option<usize>,
    /// The nearest points by the dense vector, never the input itself.
    pub nearest: Vec<NearestPoint>,
    /// The payload of an input that is a point.
    #[serde(skip_serializing_if = "Payload::is_empty")]
    pub payload: Payload,
}

/// A point near an input.
#[derive(Clone, Debug, Serialize)]
pub struct NearestPoint {
    /// The point.
    pub id: PointId,
    /// The collection's score.
    pub score: f32,
    /// Its payload; not part of the JSON.
    #[serde(skip)]
    pub payload: Payload,
}

/// An input to judge.
struct Input {
    name: String,
    kind: Option<&'static str>,
    id: Option<PointId>,
    vector: Vec<f32>,
    payload: Payload,
}

/// An input that is no point of the collection.
pub(super) struct NewInput {
    pub(super) name: String,
    pub(super) kind: Option<&'static str>,
    pub(super) vector: Vec<f32>,
}

impl From<NewInput> for Input {
    fn from(new: NewInput) -> Self {
        Self { name: new.name, kind: new.kind, id: None, vector: new.vector, payload: Payload::new() }
    }
}

pub(super) fn run(config: &InspectConfig, control: &Control, reporter: &mut Reporter) -> Result<InspectAnswer> {
    if config.id.is_empty() && config.input.is_none() && config.pictures.is_empty() && config.text.is_empty() {
        return Err(Error::setting(
            "name inputs: pictures, --text T, --id ID of the collection, or --input F.npy with vectors",
        ));
    }
    let encoder = Encoder::read(&config.encoder)?;
    let mut source = source::open(&config.collection, control, reporter)?;
    encoder.check_dim(&source.info().title, source.info().dim)?;
    let mut inputs = embedded(config, source.as_mut(), control, reporter)?;
    inputs.extend(known(config, &encoder, source.as_mut(), control)?);
    say(config, &encoder, source.as_mut(), inputs, control, reporter)
}

/// Judges inputs that have been embedded already.
pub(super) fn judge(
    config: &InspectConfig,
    inputs: Vec<NewInput>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<InspectAnswer> {
    let encoder = Encoder::read(&config.encoder)?;
    let mut source = source::open(&config.collection, control, reporter)?;
    encoder.check_dim(&source.info().title, source.info().dim)?;
    say(config, &encoder, source.as_mut(), inputs.into_iter().map(Input::from).collect(), control, reporter)
}

fn say(
    config: &InspectConfig,
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    inputs: Vec<Input>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<InspectAnswer> {
    warn_of_scale(encoder, &inputs, reporter);
    let scale = confidence_scale(encoder, source, config.sample, control, reporter)?;
    let held_out = &encoder.meta.held_out_confidence;
    let cutoff = quantile(held_out, config.outlier_percentile).or_else(|| scale.value_at(config.outlier_percentile));
    let cutoff = cutoff.ok_or_else(|| Error::Empty(source.info().title.clone()))?;
    reporter.stage("inspecting", "inputs", Some(inputs.len() as u64));
    let mut items = Vec::new();
    for input in inputs {
        control.check_whole()?;
        let outputs = encoder.encode(&input.vector);
        let confidence = confidence(&outputs, encoder.block_size());
        let above = sparse(&outputs, config.threshold);
        let fallback_top_k = above.is_empty().then_some(FALLBACK.min(outputs.len()));
        let entries = match fallback_top_k {
            Some(k) => top_k(&outputs, k),
            None => above,
        };
        let mut nearest = Vec::new();
        if config.nearest > 0 {
            let found = source.nearest(&input.vector, config.nearest + usize::from(input.id.is_some()), control)?;
            nearest.extend(
                found.into_iter().filter(|n| Some(n.id) != input.id).take(config.nearest).map(|n| NearestPoint {
                    id: n.id,
                    score: n.score,
                    payload: n.payload,
                }),
            );
        }
        items.push(InspectItem {
            input: input.name,
            kind: input.kind,
            confidence,
            percentile: scale.percentile(confidence).unwrap_or_default(),
            verdict: if confidence < cutoff { Verdict::Outlier } else { Verdict::Fits },
            blocks: answers(&outputs, encoder.block_size()),
            sparse: entries.iter().collect(),
            fallback_top_k,
            nearest,
            payload: input.payload,
        });
        reporter.advance(1);
    }
    Ok(InspectAnswer {
        points: scale.points(),
        cutoff,
        outlier_percentile: config.outlier_percentile,
        held_out: !held_out.is_empty(),
        items,
    })
}

/// The value at a percentage of evenly spaced quantiles.
fn quantile(quantiles: &[f32], percent: f64) -> Option<f32> {
    let last = quantiles.len().checked_sub(1)?;
    let place = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
    let (below, above) = (quantiles[place as usize], quantiles[(place as usize + 1).min(last)]);
    Some(below + (above - below) * place.fract() as f32)
}

/// Pictures and texts, through the model that the collection was made with.
fn embedded(
    config: &InspectConfig,
    source: &mut dyn VectorSource,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    if config.pictures.is_empty() && config.text.is_empty() {
        return Ok(inputs);
    }
    let info = source.info().clone();
    let usual = model_of(source, control)?;
    let needed = Some((info.title.as_str(), info.dim));
    let open = |side, reporter: &mut Reporter| {
        let embedder = Embedder::open(&config.model, usual.as_deref(), side, needed, control, reporter)?;
        warn_of_model(usual.as_deref(), &embedder, reporter);
        Ok::<_, Error>(embedder)
    };
    if !config.pictures.is_empty() {
        let mut embedder = open(Side::Pictures, reporter)?;
        reporter.stage("embedding pictures", "pictures", Some(config.pictures.len() as u64));
        let others = !config.text.is_empty() || !config.id.is_empty() || config.input.is_some();
        let mut refused = None;
        for path in &config.pictures {
            control.check_whole()?;
            match prepare_file(path, embedder.preparer()) {
                Ok((id, prepared)) => {
                    let vector = embedder.embed_some(vec![prepared], control)?.swap_remove(0);
                    let new = NewInput { name: path.display().to_string(), kind: None, vector };
                    // One that was imported is a point of its own.
                    inputs.push(Input { id: Some(id), ..Input::from(new) });
                }
                // One bad file does not keep the others from being judged.
                Err(error) if others || config.pictures.len() > 1 => {
                    reporter.warn(format!("{error}; it is left out"));
                    refused = Some(error);
                }
                Err(error) => return Err(error),
            }
            reporter.advance(1);
        }
        if let (true, false, Some(error)) = (inputs.is_empty(), others, refused) {
            return Err(error);
        }
    }
    if !config.text.is_empty() {
        let mut embedder = open(Side::Texts, reporter)?;
        let texts = config.text.iter().map(|t| Prepared::Text(t.clone())).collect();
        for (text, vector) in config.text.iter().zip(embedder.embed_some(texts, control)?) {
            inputs.push(NewInput { name: format!("\"{text}\""), kind: None, vector }.into());
        }
    }
    Ok(inputs)
}

/// Points of the collection, and vectors of a file.
fn known(
    config: &InspectConfig,
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    control: &Control,
) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    if !config.id.is_empty() {
        let page = source.by_ids(&config.id, Want::ALL, control)?;
        if let Some(missing) = config.id.iter().find(|id| !page.ids.contains(id)) {
            return Err(Error::setting(format!("{} has no point {missing} with that vector", source.info().title)));
        }
        for ((id, vector), payload) in page.ids.iter().zip(page.vectors.chunks(encoder.dim())).zip(page.payloads) {
            inputs.push(Input { name: id.to_string(), kind: None, id: Some(*id), vector: vector.to_vec(), payload });
        }
    }
    if let Some(path) = &config.input {
        let mut file = NpyMatrix::open(path)?;
        let title = path.display().to_string();
        encoder.check_dim(&title, file.columns())?;
        let vectors = file.read_all()?;
        numpy::check_finite(&title, &vectors, encoder.dim(), 0)?;
        for (row, vector) in vectors.chunks(encoder.dim()).enumerate() {
            let name = format!("{title}#{row}");
            inputs.push(NewInput { name, kind: None, vector: vector.to_vec() }.into());
        }
    }
    Ok(inputs)
}

/// A collection of cosine distance keeps unit vectors, while an encoder may have been trained on longer ones: then its
/// answers mean nothing, and nothing else would show it.
fn warn_of_scale(encoder: &Encoder, inputs: &[Input], reporter: &mut Reporter) {
    let Some(trained) = encoder.meta.data.as_ref().map(|d| d.mean_norm).filter(|n| *n > 0.0) else { return };
    let mean = inputs.iter().map(|i| linalg::dot(&i.vector, &i.vector).sqrt()).sum::<f32>() / inputs.len() as f32;
    if !(0.5..=2.0).contains(&(mean / trained)) {
        reporter.warn(format!(
            "the inputs have a mean length of {mean:.3}, and the encoder was trained on vectors of {trained:.3}: scale them alike"
        ));
    }
}

/// The confidences of the collection's points, or of a uniform sample of them.
fn confidence_scale(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    sample: usize,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<ConfidenceScale> {
    let mut scale = ConfidenceScale::default();
    let mut outputs = Vec::new();
    let mut take = |vectors: &[f32]| {
        encoder.encode_into(vectors, &mut outputs);
        outputs.chunks(encoder.outputs()).for_each(|y| scale.add(confidence(y, encoder.block_size())));
    };
    let page = page_rows(encoder.dim().max(encoder.outputs()));
    let points = source.info().points;
    if sample == 0 || points <= sample as u64 {
        reporter.stage("reading the collection", "points", Some(points));
        for_each_page(source, Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
            take(&page.vectors);
            Ok(())
        })?;
    } else {
        let ids = sample_ids(source, sample, 0, control, reporter)?;
        reporter.stage("reading a sample of the collection", "points", Some(ids.len() as u64));
        for chunk in ids.chunks(page.min(1_000)) {
            take(&source.by_ids(chunk, Want::VECTORS, control)?.vectors);
            reporter.advance(chunk.len() as u64);
        }
    }
    Ok(scale)
}
