//! A card: one thing that is inspected, and what was found.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::RgbImage;

use super::outliers::Oddity;
use crate::app::Problem;
use crate::encoder::Encoder;
use crate::features::outlier::OutlierScores;
use crate::features::{ConfidenceScale, sparse, top_k};
use crate::pipeline::{FALLBACK, InspectItem, Verdict, cutoff};
use crate::point::PointId;

/// Intervals of the histogram of confidences that is drawn, over its whole range.
const BARS: usize = 64;

/// What is inspected.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A picture's file.
    File(PathBuf),
    /// A picture that is in no file.
    Pixels(Origin),
    /// A text.
    Text(String),
    /// A point of the collection.
    Point(PointId),
}

/// Where a picture comes from that is in no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the clipboard; numbered, as two of them may be the same picture.
    Clipboard(u64),
    /// Drawn: the first of a kind of the demo's artist that is in no collection.
    Drawing(&'static str),
}

impl Input {
    /// What the card is called until more is known.
    pub(in crate::app) fn name(&self) -> String {
        match self {
            Self::File(path) => file_name(path),
            Self::Pixels(Origin::Clipboard(number)) => format!("Pasted picture {number}"),
            Self::Pixels(Origin::Drawing(kind)) => (*kind).to_owned(),
            Self::Text(text) => format!("\"{text}\""),
            Self::Point(id) => format!("Point {id}"),
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A picture that is in no file.
#[derive(Clone)]
pub struct Pixels {
    /// As it is judged: at most [`WHOLE`](super::pixels::WHOLE) pixels on the longer edge.
    pub whole: Arc<RgbImage>,
    /// As it is shown: at most [`SMALL`](super::pixels::SMALL) pixels on the longer edge.
    pub small: Arc<RgbImage>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} x {})", self.whole.width(), self.whole.height())
    }
}

/// How far a card is.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Its pixels are being made ready.
    Preparing,
    /// It is being judged, or will be.
    Waiting,
    /// No encoder is open.
    NoEncoder,
    /// Its model would have to be downloaded first.
    NeedsModel,
    /// The person ended the work before it was judged.
    Stopped,
    /// It could not be judged.
    Failed(Problem),
    /// It is judged.
    Judged(Arc<Judged>),
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Judged {
    /// All of it, with the sparse vector and the verdict as the present settings have it.
    pub item: InspectItem,
    /// The features of the sparse vector with their activations, the strongest first.
    pub features: Vec<(usize, f32)>,
    /// How outlying it is, once that is known.
    pub scores: Option<OutlierScores>,
    /// Its place among the points that it is compared with, under the present score and rate.
    pub oddity: Option<Oddity>,
}

impl Judged {
    pub(in crate::app) fn new(item: InspectItem, threshold: f32) -> Self {
        let mut judged = Self { item, features: Vec::new(), scores: None, oddity: None };
        judged.apply_threshold(threshold);
        judged
    }

    /// Takes the sparse vector from the outputs again.
    pub(in crate::app) fn apply_threshold(&mut self, threshold: f32) {
        let outputs = &self.item.outputs;
        let above = sparse(outputs, threshold);
        self.item.fallback_top_k = above.is_empty().then_some(FALLBACK.min(outputs.len()));
        let entries = self.item.fallback_top_k.map_or(above, |k| top_k(outputs, k));
        self.features = entries.iter().map(|(feature, value)| (feature as usize, value)).collect();
        self.features.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        self.item.sparse = entries.iter().collect();
    }

    /// Takes the percentile and the verdict again.
    pub(in crate::app) fn apply_scale(&mut self, scale: &Scale) {
        self.item.percentile = scale.all.percentile(self.item.confidence).unwrap_or_default();
        self.item.cutoff = scale.cutoff;
        self.item.verdict = if self.item.confidence < scale.cutoff { Verdict::Outlier } else { Verdict::Fits };
    }

    /// Whether it has scores and no place yet.
    pub(super) fn is_stale(&self) -> bool {
        self.scores.is_some() && self.oddity.is_none()
    }

    /// The outputs of block `block`, of blocks that are `size` wide.
    pub fn block(&self, block: usize, size: usize) -> &[f32] {
        self.item.outputs.chunks(size).nth(block).unwrap_or_default()
    }
}

/// One thing that is inspected.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its number, which no other card of the session has.
    pub id: u64,
    /// What it is.
    pub input: Input,
    /// What it is called.
    pub name: String,
    /// Its pixels, where they are in no file and ready.
    pub pixels: Option<Pixels>,
    /// How far it is.
    pub standing: Standing,
    /// Whether the person knows it to be an outlier.
    pub known: bool,
}

impl Card {
    /// What was found, once it is judged.
    pub fn judged(&self) -> Option<&Judged> {
        match &self.standing {
            Standing::Judged(judged) => Some(judged),
            _ => None,
        }
    }
}

/// The confidences of the collection's points, as an input is read against them.
#[derive(Clone, Debug)]
pub struct Scale {
    /// The confidences.
    pub all: Arc<ConfidenceScale>,
    /// Points in equal intervals of `range`.
    pub counts: Vec<u64>,
    /// From the smallest confidence that there can be to the largest: 1/V to 1, of a code 0 to 1.
    pub range: (f32, f32),
    /// The confidence below which an input is an outlier.
    pub cutoff: f32,
    /// The percentile that it is.
    pub percent: f64,
    /// Whether it comes from points that were not trained on.
    pub held_out: bool,
}

impl Scale {
    /// None where there are no points.
    pub(in crate::app) fn new(all: Arc<ConfidenceScale>, encoder: &Encoder, percent: f64) -> Option<Self> {
        let least = if encoder.is_code() { 0.0 } else { 1.0 / encoder.block_size() as f32 };
        let range = (least, 1.0);
        let mut counts = vec![0; BARS];
        let bins = all.counts();
        for (bin, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
            let middle = (bin as f32 + 0.5) / bins.len() as f32;
            let place = (middle - range.0) / (range.1 - range.0).max(f32::EPSILON) * BARS as f32;
            counts[(place.max(0.0) as usize).min(BARS - 1)] += count;
        }
        let cutoff = cutoff(encoder, &all, percent)?;
        let held_out = !encoder.meta.held_out_confidence.is_empty();
        Some(Self { all, counts, range, cutoff, percent, held_out })
    }
}
