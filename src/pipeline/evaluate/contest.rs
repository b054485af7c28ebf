//! Encoders in the contest: trained here with some seeds, or given.

use crate::config::{EvaluateConfig, TrainConfig};
use crate::encoder::Encoder;
use crate::error::Result;
use crate::evaluate::decoding::fitted;
use crate::evaluate::matching::match_features;
use crate::evaluate::outside::{self, Scored};
use crate::evaluate::table::{FeatureMatch, Measure, Spread, Told};
use crate::evaluate::{Judged, Rows, Split, judge};
use crate::job::{Control, Reporter};
use crate::trainer;

use super::read::Points;

/// An objective to train with.
pub(super) struct Objective {
    pub(super) name: String,
    pub(super) config: TrainConfig,
}

/// Trains an objective with each seed on some points, and hands over the last encoder with the seconds that it took.
/// Queries validate it, and nothing is chosen by what they say.
pub(super) fn train(
    config: &EvaluateConfig,
    objective: &Objective,
    points: &Points,
    (train, queries): (&[usize], &[usize]),
    (control, reporter): (&Control, &mut Reporter),
    mut take: impl FnMut(u64, Encoder, f64, &mut Reporter) -> Result<()>,
) -> Result<()> {
    let (train, val) = points.similarity((train, queries), objective.config.limit, control, reporter)?;
    for seed in seeds(config) {
        reporter.stage(format!("training {}, seed {seed}", objective.name), "encoders", Some(1));
        let settings = TrainConfig { seed, device: config.device, ..objective.config.clone() };
        let trained = trainer::train(&train, &val, &settings, None, control, &mut Reporter::silent())?;
        // Half a training is none.
        control.check_whole()?;
        reporter.advance(1);
        take(seed, trained.last, trained.seconds, reporter)?;
    }
    Ok(())
}

/// The seeds of the trainings.
pub(super) fn seeds(config: &EvaluateConfig) -> std::ops::Range<u64> {
    config.seed..config.seed + u64::from(config.seeds)
}

/// Everything of one encoder, which is a unit of the present stage; and how it tells known outliers, n x dim.
pub(super) fn measured(
    encoder: &Encoder,
    split: &Split,
    known: Option<&[f32]>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Judged> {
    let mut judged = judge(encoder, split, control)?;
    if let Some(known) = known {
        let scores = |vectors: Rows, control: &Control| {
            let train = (split.train(), split.distance);
            outside::scores(encoder, &judged.decoder, train, vectors, split.seed, control)
        };
        judged.figures.outliers = told_known(split, known, control, scores)?;
    }
    reporter.advance(1);
    Ok(judged)
}

/// How well scores tell known outliers from the queries.
pub(super) fn told_known(
    split: &Split,
    known: &[f32],
    control: &Control,
    scores: impl Fn(Rows, &Control) -> Result<Vec<Scored>>,
) -> Result<Vec<Told<f64>>> {
    let vectors: Vec<f32> = split.queries.iter().chain(known).copied().collect();
    let vectors = Rows::new(&vectors, split.dim);
    let outside: Vec<bool> = (0..vectors.len()).map(|i| i >= split.queries().len()).collect();
    Ok(outside::told(&scores(vectors, control)?, &outside, None))
}

/// How well an encoder that was trained without a label tells it from the other queries.
pub(super) fn told_label(
    encoder: &Encoder,
    split: &Split,
    label: &Held,
    seed: u64,
    control: &Control,
) -> Result<Vec<Told<f64>>> {
    let train = Rows::new(&label.train, split.dim);
    let decoder = match encoder.decoder() {
        Some(decoder) => decoder.clone(),
        None => fitted(Rows::new(&encoder.encode(&label.train), encoder.outputs()), train, control)?,
    };
    let scores = outside::scores(encoder, &decoder, (train, split.distance), split.queries(), seed, control)?;
    Ok(outside::told(&scores, &label.outside, Some(&label.name)))
}

/// A label that is held out.
pub(super) struct Held {
    pub(super) name: String,
    /// The vectors trained on, which are those without it.
    pub(super) train: Vec<f32>,
    /// Whether each query has it.
    pub(super) outside: Vec<bool>,
}

/// How alike seeds of one objective are: the features of each two of them, matched.
pub(super) fn stability(runs: &[Judged], control: &Control) -> Result<[(Measure, Option<Spread>); 2]> {
    let mut found = Vec::new();
    for (i, one) in runs.iter().enumerate() {
        for other in &runs[i + 1..] {
            found.extend(matched(("", one), ("", other), control)?);
        }
    }
    Ok([
        (Measure::MatchedCorrelation, Spread::of(found.iter().map(|m| m.mean))),
        (Measure::MatchedShare, Spread::of(found.iter().map(|m| m.above))),
    ])
}

/// The features of two encoders, matched over all points; those that live take part.
pub(super) fn matched(
    (one_name, one): (&str, &Judged),
    (other_name, other): (&str, &Judged),
    control: &Control,
) -> Result<Option<FeatureMatch>> {
    match_features(
        (one_name, Rows::new(&one.codes, one.width), &one.living),
        (other_name, Rows::new(&other.codes, other.width), &other.living),
        control,
    )
}
