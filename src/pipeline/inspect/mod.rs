//! Judges inputs: what each block says of them, and whether they fit the collection.

mod inputs;
mod inspector;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use image::RgbImage;
use serde::Serialize;

pub(super) use self::inputs::Fault;
pub use self::inputs::{FileRows, InspectInputs, PictureInput};
pub(super) use self::inspector::warn_of_scale;
pub use self::inspector::{FALLBACK, InspectSettings, Inspector, cutoff};
use crate::config::InspectConfig;
use crate::error::{Error, Result};
use crate::features::{BlockAnswer, ConfidenceScale};
use crate::job::{Control, Reporter};
use crate::source::{Payload, PointId};

/// What an inspection says.
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
    /// One for each input that could be judged: pictures, texts, points and rows of a file, in the order given.
    pub items: Vec<InspectItem>,
    /// Inputs that could not be judged, and for each what is wrong and what to do about it; not part of the JSON, where
    /// a warning says it.
    #[serde(skip)]
    pub failed: Vec<(String, String)>,
    /// The confidences that the percentiles are taken over; not part of the JSON.
    #[serde(skip)]
    pub scale: Arc<ConfidenceScale>,
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
    /// The id, the picture's path or name, the text, or the file and the row.
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
    /// The point that the input is, or that an import would make of its file; not part of the JSON.
    #[serde(skip)]
    pub id: Option<PointId>,
    /// The input's dense vector; not part of the JSON.
    #[serde(skip)]
    pub vector: Vec<f32>,
    /// All outputs of the encoder, blocks x block size; not part of the JSON.
    #[serde(skip)]
    pub outputs: Vec<f32>,
    /// The confidence below which it would be an outlier, that of the whole answer; not part of the JSON.
    #[serde(skip)]
    pub cutoff: f32,
    /// The picture, where the input is one; not part of the JSON. What a point shows is in its payload.
    #[serde(skip)]
    pub picture: Option<PictureSource>,
}

/// Where a picture that was inspected is to be had.
#[derive(Clone, Debug)]
pub enum PictureSource {
    /// In its file.
    File(PathBuf),
    /// Here, for one that is in no file: at most 512 pixels on the longer edge.
    Pixels(Arc<RgbImage>),
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

pub(super) fn run(config: &InspectConfig, control: &Control, reporter: &mut Reporter) -> Result<InspectAnswer> {
    let inputs = InspectInputs::of(config);
    if inputs.is_empty() {
        return Err(Error::setting(
            "name inputs: pictures, --text T, --id ID of the collection, or --input F.npy with vectors",
        ));
    }
    let mut inspector = Inspector::open(&config.encoder, &config.collection, &config.model, control, reporter)?;
    inspector.set_sample(config.sample);
    let on_fault = lenient(&inputs);
    inspector.inspect_with(&inputs, &InspectSettings::of(config), control, reporter, on_fault)
}

/// What the command line makes of inputs that cannot be judged: one bad file does not keep the others from being judged;
/// anything else was asked for wrongly.
pub(super) fn lenient(inputs: &InspectInputs) -> impl FnMut(Fault, &mut Reporter) -> Result<()> + use<> {
    let alone = !inputs.has_others();
    let mut pictures = inputs.pictures.len();
    let only = alone && pictures == 1;
    move |fault, reporter| {
        if only || !fault.unreadable {
            return Err(fault.error);
        }
        reporter.warn(format!("{}; it is left out", fault.error));
        pictures -= 1;
        if alone && pictures == 0 { Err(fault.error) } else { Ok(()) }
    }
}
