//! An [`Inspector`]: an encoder, a collection and a model, opened once and asked many times.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::inputs::{Fault, Input};
use super::{InspectAnswer, InspectInputs, InspectItem, NearestPoint, Verdict};
use crate::config::{CollectionArgs, InspectConfig, ModelArgs};
use crate::embed::{Download, Embedder, Side};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::outlier::Detector;
use crate::features::{ConfidenceScale, answers, confidence, sparse, top_k};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::pipeline::models::Models;
use crate::pipeline::sample::read_sample;
use crate::pipeline::{DetectorSizes, detector};
use crate::source::{self, SourceInfo, VectorSource};

/// Entries of the sparse vector of an input that has none above the threshold.
pub const FALLBACK: usize = 8;
/// Points that the percentiles are taken over, unless said otherwise.
const SAMPLE: usize = 20_000;

/// How inputs are judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InspectSettings {
    /// Features at or under this activation are left out of the sparse vector.
    pub threshold: f32,
    /// An input whose confidence is below this percentile is an outlier, in percent.
    pub outlier_percentile: f64,
    /// Nearest points to find.
    pub nearest: usize,
    /// Whether a model that is not on this machine may be downloaded; otherwise the inputs that need it fail with
    /// [`Error::DownloadNeeded`].
    pub allow_download: bool,
}

impl Default for InspectSettings {
    fn default() -> Self {
        Self { threshold: 0.1, outlier_percentile: 1.0, nearest: 5, allow_download: false }
    }
}

impl InspectSettings {
    /// Those of the command line, where naming a model is consent to download it.
    pub(super) fn of(config: &InspectConfig) -> Self {
        Self {
            threshold: config.threshold,
            outlier_percentile: config.outlier_percentile,
            nearest: config.nearest,
            allow_download: true,
        }
    }
}

/// Judges inputs against a collection, many times. What is slow is done once and when it is first needed: models are
/// opened, and the confidences of the collection's points are computed.
///
/// It sees the collection as it was when it was opened, as far as percentiles go. For another encoder, collection or
/// model, open another one.
pub struct Inspector {
    pub(in crate::pipeline) encoder: Arc<Encoder>,
    pub(in crate::pipeline) source: Box<dyn VectorSource>,
    models: Models,
    scale: Option<Arc<ConfidenceScale>>,
    sample: usize,
    detector: Option<Arc<Detector>>,
}

impl Inspector {
    /// Reads the encoder's file and opens the collection. Fails where they do not fit.
    pub fn open(
        encoder: &Path,
        collection: &CollectionArgs,
        model: &ModelArgs,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Self> {
        let encoder = Arc::new(Encoder::read(encoder)?);
        Self::new(encoder, source::open(collection, control, reporter)?, model.clone())
    }

    /// The same of what is open already.
    pub fn new(encoder: Arc<Encoder>, source: Box<dyn VectorSource>, model: ModelArgs) -> Result<Self> {
        encoder.check_dim(&source.info().title, source.info().dim)?;
        Ok(Self { encoder, source, models: Models::new(model), scale: None, sample: SAMPLE, detector: None })
    }

    /// The encoder.
    pub fn encoder(&self) -> &Arc<Encoder> {
        &self.encoder
    }

    /// The collection.
    pub fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    /// Takes the percentiles over the confidences given, which are those of the collection's points under the same
    /// encoder.
    pub fn set_scale(&mut self, scale: Arc<ConfidenceScale>) {
        self.scale = Some(scale);
    }

    /// Points that the percentiles are taken over, where no scale is given: a uniform sample, or all for 0.
    pub fn set_sample(&mut self, points: usize) {
        self.sample = points;
    }

    /// Embeds with a model that is open already.
    pub fn set_embedder(&mut self, embedder: Embedder) {
        self.models.set(embedder);
    }

    /// The confidences that percentiles are taken over; computed where they were neither given nor computed before.
    pub fn scale(&mut self, control: &Control, reporter: &mut Reporter) -> Result<Arc<ConfidenceScale>> {
        let scale = match self.scale.take() {
            Some(scale) => scale,
            None => Arc::new(confidence_scale(&self.encoder, self.source.as_mut(), self.sample, control, reporter)?),
        };
        Ok(Arc::clone(self.scale.insert(scale)))
    }

    /// The confidences of the collection's points under another encoder, over as many points. Fails where it does not fit
    /// the collection.
    pub fn scale_of(
        &mut self,
        encoder: &Encoder,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Arc<ConfidenceScale>> {
        encoder.check_dim(&self.source.info().title, self.source.info().dim)?;
        confidence_scale(encoder, self.source.as_mut(), self.sample, control, reporter).map(Arc::new)
    }

    /// What tells outliers by p-values; made where it was not made before. Fails where the collection has too few points.
    pub fn detector(&mut self, control: &Control, reporter: &mut Reporter) -> Result<Arc<Detector>> {
        let detector = match self.detector.take() {
            Some(detector) => detector,
            None => {
                let (source, sizes) = (self.source.as_mut(), DetectorSizes::default());
                Arc::new(detector(&self.encoder, source, sizes, &HashSet::new(), control, reporter)?)
            }
        };
        Ok(Arc::clone(self.detector.insert(detector)))
    }

    /// What would have to be downloaded to inspect inputs of this side; none where the model is here. The hub is asked
    /// for the size. Fails where the model has no such side, or does not fit the collection.
    pub fn needs_download(&mut self, side: Side, control: &Control) -> Result<Option<Download>> {
        self.models.needs_download(side, self.source.as_mut(), control)
    }

    /// Judges inputs. One that cannot be judged is told in the answer, and the others are judged all the same; it fails
    /// where that is no matter of an input: where the collection cannot be read, and when it is cancelled.
    pub fn inspect(
        &mut self,
        inputs: &InspectInputs,
        settings: &InspectSettings,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<InspectAnswer> {
        let mut failed = Vec::new();
        let answer = self.inspect_with(inputs, settings, control, reporter, |fault, _| {
            failed.extend(fault.inputs.iter().map(|input| (input.clone(), words(input, &fault.error))));
            Ok(())
        })?;
        Ok(InspectAnswer { failed, ..answer })
    }

    /// The same with another way to go on from a fault.
    pub(super) fn inspect_with(
        &mut self,
        inputs: &InspectInputs,
        settings: &InspectSettings,
        control: &Control,
        reporter: &mut Reporter,
        mut on_fault: impl FnMut(Fault, &mut Reporter) -> Result<()>,
    ) -> Result<InspectAnswer> {
        control.check_whole()?;
        let inputs = self.gather(inputs, settings, &mut on_fault, control, reporter)?;
        warn_of_scale(&self.encoder, &inputs, reporter);
        let scale = self.scale(control, reporter)?;
        let percent = settings.outlier_percentile;
        let cutoff = cutoff(&self.encoder, &scale, percent);
        let cutoff = cutoff.ok_or_else(|| Error::Empty(self.source.info().title.clone()))?;
        let held_out = !self.encoder.meta.held_out_confidence.is_empty();
        reporter.stage("inspecting", "inputs", Some(inputs.len() as u64));
        let mut items = Vec::with_capacity(inputs.len());
        for input in inputs {
            control.check_whole()?;
            items.push(self.judge(input, settings, &scale, cutoff, control)?);
            reporter.advance(1);
        }
        Ok(InspectAnswer {
            points: scale.points(),
            cutoff,
            outlier_percentile: percent,
            held_out,
            items,
            failed: Vec::new(),
            scale,
        })
    }

    fn judge(
        &mut self,
        input: Input,
        settings: &InspectSettings,
        scale: &ConfidenceScale,
        cutoff: f32,
        control: &Control,
    ) -> Result<InspectItem> {
        let mut nearest = Vec::new();
        if settings.nearest > 0 {
            let limit = settings.nearest + usize::from(input.id.is_some());
            let found = self.source.nearest(&input.vector, limit, control)?;
            let others = found.into_iter().filter(|n| Some(n.id) != input.id).take(settings.nearest);
            nearest.extend(others.map(|n| NearestPoint { id: n.id, score: n.score, payload: n.payload }));
        }
        let item = InspectItem {
            input: input.name,
            kind: None,
            confidence: 0.0,
            percentile: 0.0,
            verdict: Verdict::Fits,
            blocks: Vec::new(),
            sparse: BTreeMap::new(),
            fallback_top_k: None,
            nearest,
            payload: input.payload,
            id: input.id,
            vector: input.vector,
            outputs: Vec::new(),
            cutoff,
            picture: input.picture,
        };
        Ok(item.seen_by(&self.encoder, scale, cutoff, settings))
    }

    /// A side of the model that the collection was made with, or of the one that was named.
    pub(super) fn embedder(
        &mut self,
        side: Side,
        allow_download: bool,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<&mut Embedder> {
        self.models.side(side, self.source.as_mut(), allow_download, control, reporter)
    }
}

impl InspectItem {
    /// What another encoder says of the same input, whose vector is the same. `scale` has the confidences of the
    /// collection's points under that encoder. Fails where there are none.
    pub fn through(&self, encoder: &Encoder, scale: &ConfidenceScale, settings: &InspectSettings) -> Result<Self> {
        let cutoff = cutoff(encoder, scale, settings.outlier_percentile);
        let cutoff = cutoff.ok_or_else(|| Error::Empty("the collection".into()))?;
        Ok(self.clone().seen_by(encoder, scale, cutoff, settings))
    }

    /// Takes what an encoder says of the vector.
    fn seen_by(self, encoder: &Encoder, scale: &ConfidenceScale, cutoff: f32, settings: &InspectSettings) -> Self {
        let outputs = encoder.encode(&self.vector);
        let confidence = confidence(&outputs, encoder.block_size());
        let above = sparse(&outputs, settings.threshold);
        let fallback_top_k = above.is_empty().then_some(FALLBACK.min(outputs.len()));
        let entries = match fallback_top_k {
            Some(k) => top_k(&outputs, k),
            None => above,
        };
        Self {
            confidence,
            percentile: scale.percentile(confidence).unwrap_or_default(),
            verdict: if confidence < cutoff { Verdict::Outlier } else { Verdict::Fits },
            blocks: answers(&outputs, encoder.block_size()),
            sparse: entries.iter().collect(),
            fallback_top_k,
            outputs,
            cutoff,
            ..self
        }
    }
}

/// What is wrong with an input, without its name, and what to do about it.
fn words(input: &str, error: &Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix(&format!("{input}: ")).unwrap_or(&text);
    match error.hint() {
        Some(hint) => format!("{text}; {hint}"),
        None => text.to_owned(),
    }
}

/// The confidence below which an input is an outlier: the percentile of the points that were not trained on, where the
/// encoder's file remembers them, and otherwise of the collection's own points. None where there are none.
pub fn cutoff(encoder: &Encoder, scale: &ConfidenceScale, percent: f64) -> Option<f32> {
    quantile(&encoder.meta.held_out_confidence, percent).or_else(|| scale.value_at(percent))
}

/// The value at a percentage of evenly spaced quantiles.
fn quantile(quantiles: &[f32], percent: f64) -> Option<f32> {
    let last = quantiles.len().checked_sub(1)?;
    let place = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
    let (below, above) = (quantiles[place as usize], quantiles[(place as usize + 1).min(last)]);
    Some(below + (above - below) * place.fract() as f32)
}

/// A collection of cosine distance keeps unit vectors, while an encoder may have been trained on longer ones: then its
/// answers mean nothing, and nothing else would show it.
pub(in crate::pipeline) fn warn_of_scale(encoder: &Encoder, inputs: &[Input], reporter: &mut Reporter) {
    let Some(trained) = encoder.meta.data.as_ref().map(|d| d.mean_norm).filter(|n| *n > 0.0) else { return };
    if inputs.is_empty() {
        return;
    }
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
    let width = encoder.dim().max(encoder.outputs());
    read_sample(source, width, sample, control, reporter, |vectors| {
        encoder.encode_into(vectors, &mut outputs);
        outputs.chunks(encoder.outputs()).for_each(|y| scale.add(confidence(y, encoder.block_size())));
    })?;
    Ok(scale)
}
