//! Judges inputs, or the points of a collection, by conformal p-values.

mod known;
mod parts;
#[cfg(test)]
mod tests;
mod whole;

use serde::Serialize;

pub use self::parts::{DetectorSizes, detector};
use super::inspect::{InspectInputs, InspectSettings, Inspector, PictureInput, lenient, warn_of_scale};
use crate::config::OutliersConfig;
use crate::error::{Error, Result};
use crate::features::outlier::{Calibration, Detector, OutlierScore, OutlierScores, Separation, adjusted, separations};
use crate::job::{Control, Reporter};
use crate::source::{Payload, PointId};

/// What `outliers` says.
#[derive(Clone, Debug, Serialize)]
pub struct OutliersAnswer {
    /// How messages call the collection.
    pub collection: String,
    /// Inputs, or points of the collection, that were judged.
    pub judged: u64,
    /// Whether they are the points of the collection.
    pub whole: bool,
    /// The share of points like the collection's that may be flagged, or the false discovery rate.
    pub rate: f64,
    /// What tells an outlier.
    pub score: OutlierScore,
    /// Whether the rate is a false discovery rate.
    pub batch: bool,
    /// What they are compared with.
    pub calibration: CalibrationAnswer,
    /// How many are flagged.
    pub flagged_count: u64,
    /// Those that are flagged, the most outlying first; of a collection's points at most as many as were asked for.
    pub flagged: Vec<OutlierItem>,
    /// Inputs that are not flagged, the most outlying first. Of the points of a collection they are not listed.
    pub others: Vec<OutlierItem>,
    /// Which score tells known outliers best, where some were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<SeparationAnswer>,
}

/// What points are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CalibrationAnswer {
    /// Points of the calibration part.
    pub points: usize,
    /// Whether the encoder is known to have been trained on none of them.
    pub held_out: bool,
    /// Points that neighbours are looked for among.
    pub reference: usize,
    /// The smallest p-value that there can be.
    pub smallest_p: f64,
    /// The standard deviation of the share of exchangeable points that are flagged at the rate, from one calibration
    /// part of this size to another.
    pub spread: f64,
}

/// An input or a point that was judged.
#[derive(Clone, Debug, Serialize)]
pub struct OutlierItem {
    /// The picture's path, the text, or the file and the row; none for a point of the collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PointId>,
    /// The share of points like the collection's that have such a score or a larger one, at most.
    pub p: f64,
    /// The same, so that the smallest rate at which it is flagged in a batch is known; only with a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<f64>,
    /// The score that it is judged by.
    pub score: f32,
    /// All scores that were computed.
    pub scores: OutlierScores,
    /// The payload of a point.
    #[serde(skip_serializing_if = "Payload::is_empty")]
    pub payload: Payload,
}

/// How well the scores tell known outliers.
#[derive(Clone, Debug, Serialize)]
pub struct SeparationAnswer {
    /// Known outliers.
    pub known: usize,
    /// Points of the calibration part that they are told from.
    pub points: usize,
    /// The scores, the best first.
    pub scores: Vec<Separation>,
}

pub(super) fn run(config: &OutliersConfig, control: &Control, reporter: &mut Reporter) -> Result<OutliersAnswer> {
    if !(config.rate > 0.0 && config.rate < 1.0) {
        return Err(Error::setting("--rate must be between 0 and 1, both excluded"));
    }
    let inputs = inputs(config);
    let mut inspector = Inspector::open(&config.encoder, &config.collection, &config.model, control, reporter)?;
    let settings = InspectSettings { allow_download: true, ..InspectSettings::default() };
    // What is slow comes after what may be wrong with the inputs.
    let found = inspector.gather(&inputs, &settings, &mut lenient(&inputs), control, reporter)?;
    warn_of_scale(&inspector.encoder, &found, reporter);
    let known = known::read(config, &mut inspector, control, reporter)?;
    let encoder = inspector.encoder.clone();
    let source = inspector.source.as_mut();
    let sizes = DetectorSizes {
        calibration: config.calibration as usize,
        reference: config.reference as usize,
        seed: config.seed,
    };
    let detector = detector(&encoder, source, sizes, &known.left_out, control, reporter)?;
    let calibration = detector.calibration().clone();
    if !calibration.held_out() {
        reporter.warn(
            "it is not known which points the encoder was trained on: those that inputs are compared with may be among \
             them, and p-values of new inputs are then too small",
        );
    }
    if calibration.smallest() > config.rate {
        reporter.warn(format!(
            "{} points are compared with, so that no p-value is below {:.3}, and none can be flagged at {}",
            calibration.points(),
            calibration.smallest(),
            config.rate
        ));
    }
    let mut answer = OutliersAnswer {
        collection: source.info().title.clone(),
        judged: 0,
        whole: inputs.is_empty(),
        rate: config.rate,
        score: config.score,
        batch: config.batch,
        calibration: CalibrationAnswer {
            points: calibration.points(),
            held_out: calibration.held_out(),
            reference: detector.reference().points(),
            smallest_p: calibration.smallest(),
            spread: calibration.spread(config.rate),
        },
        flagged_count: 0,
        flagged: Vec::new(),
        others: Vec::new(),
        against: None,
    };
    if !known.ids.is_empty() {
        let scores = detector.scores(&encoder, &known.ids, &known.vectors, true, control)?;
        let scores = separations(&scores, &calibration);
        answer.against = Some(SeparationAnswer { known: known.ids.len(), points: calibration.points(), scores });
    }
    if inputs.is_empty() {
        whole::judge(&mut answer, &encoder, &detector, source, config, control, reporter)?;
    } else {
        let ids: Vec<_> = found.iter().map(|input| input.id).collect();
        let vectors: Vec<f32> = found.iter().flat_map(|input| input.vector.iter().copied()).collect();
        let scores = detector.scores(&encoder, &ids, &vectors, true, control)?;
        let items = found.into_iter().zip(scores).filter_map(|(input, scores)| {
            let is_point = !input.payload.is_empty() || config.id.iter().any(|id| Some(*id) == input.id);
            Some(OutlierItem {
                input: (!is_point).then_some(input.name),
                id: input.id.filter(|_| is_point),
                payload: input.payload,
                ..item(&detector, config.score, input.id, scores)?
            })
        });
        batch(&mut answer, items.collect());
    }
    Ok(answer)
}

fn inputs(config: &OutliersConfig) -> InspectInputs {
    InspectInputs {
        pictures: config.pictures.iter().cloned().map(PictureInput::File).collect(),
        texts: config.text.clone(),
        ids: config.id.clone(),
        rows: config.input.clone().map(|path| super::FileRows { path, rows: Vec::new() }),
    }
}

/// A point as it is judged by a score; none where the score is not known.
fn item(detector: &Detector, score: OutlierScore, id: Option<PointId>, scores: OutlierScores) -> Option<OutlierItem> {
    let value = scores.get(score)?;
    let p = p_value(detector.calibration(), score, id, value);
    Some(OutlierItem { input: None, id, p, adjusted: None, score: value, scores, payload: Payload::new() })
}

fn p_value(calibration: &Calibration, score: OutlierScore, id: Option<PointId>, value: f32) -> f64 {
    calibration.p(score, value, id.is_some_and(|id| calibration.member(id).is_some()))
}

/// The most outlying first.
fn order(a: &OutlierItem, b: &OutlierItem) -> std::cmp::Ordering {
    a.p.total_cmp(&b.p).then(b.score.total_cmp(&a.score)).then(b.scores.entropy.total_cmp(&a.scores.entropy))
}

/// Flags inputs, each by itself or all as a batch.
fn batch(answer: &mut OutliersAnswer, mut items: Vec<OutlierItem>) {
    answer.judged = items.len() as u64;
    if answer.batch {
        let p: Vec<f64> = items.iter().map(|item| item.p).collect();
        items.iter_mut().zip(adjusted(&p)).for_each(|(item, q)| item.adjusted = Some(q));
    }
    items.sort_by(order);
    let rate = answer.rate;
    (answer.flagged, answer.others) = items.into_iter().partition(|item| item.adjusted.unwrap_or(item.p) <= rate);
    answer.flagged_count = answer.flagged.len() as u64;
}
