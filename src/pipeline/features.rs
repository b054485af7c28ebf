//! What each feature does over a collection.

use serde::Serialize;

use super::index::{IndexOf, feature_index};
use crate::config::FeaturesConfig;
use crate::encoder::{Encoder, Kept};
use crate::error::{Error, Result};
use crate::features::names::Subject;
use crate::features::{FeatureIndex, FeatureNotes};
use crate::job::{Control, Reporter};
use crate::source::{self, Payload, PointId, Want};

/// What `features` says.
#[derive(Clone, Debug, Serialize)]
pub struct FeaturesAnswer {
    /// Points seen.
    pub points: u64,
    /// The threshold of the densities.
    pub threshold: f32,
    /// What an autoencoder kept of the points that it was validated on, by how many features are active.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// Features that never win; of a code, that are never active.
    pub dead: usize,
    /// Mean over blocks of exp(entropy of the shares in its use) / block size.
    pub usage_perplexity: f32,
    /// Mean over block pairs of the normalised mutual information between winners.
    pub nmi: Option<f32>,
    /// The features.
    pub features: Vec<FeatureAnswer>,
    /// Whether single features were asked for, which are told at length.
    #[serde(skip)]
    pub single: bool,
}

/// One feature.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureAnswer {
    /// Index over all blocks.
    pub index: usize,
    /// Its block.
    pub block: usize,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// How well the name does on points held out of its making.
    pub name_score: Option<f32>,
    /// Share of points with an activation above the threshold.
    pub density: f64,
    /// Share of points for which it is the largest of its block.
    pub win_rate: f64,
    /// Its share in the use of its block: the win rate; of a code, the share of all activations above 0 that are its own.
    pub used: f64,
    /// Mean activation.
    pub mean: f64,
    /// Largest activation.
    pub max: f32,
    /// Whether it never wins; of a code, whether it is never active.
    pub dead: bool,
    /// The strongest points.
    pub top: Vec<StrongPoint>,
}

/// A point among the strongest of a feature.
#[derive(Clone, Debug, Serialize)]
pub struct StrongPoint {
    /// The point.
    pub id: PointId,
    /// Its activation.
    pub value: f32,
    /// Its payload, where single features were asked for.
    #[serde(skip_serializing_if = "Payload::is_empty")]
    pub payload: Payload,
}

pub(super) fn run(config: &FeaturesConfig, control: &Control, reporter: &mut Reporter) -> Result<FeaturesAnswer> {
    let encoder = Encoder::read(&config.encoder)?;
    if let Some(index) = config.feature.iter().find(|i| **i >= encoder.outputs()) {
        let last = encoder.outputs() - 1;
        return Err(Error::setting(format!("there is no feature {index}: the encoder has features 0 to {last}")));
    }
    let subject = Subject { fingerprint: &encoder.fingerprint(), features: encoder.outputs() };
    let noted = FeatureNotes::read(&config.encoder, subject)?;
    if let Some(problem) = noted.problem {
        reporter.warn(problem);
    }
    let mut source = source::open(&config.collection, control, reporter)?;
    encoder.check_dim(&source.info().title, source.info().dim)?;
    let of =
        IndexOf { path: &config.encoder, encoder: &encoder, collection: &config.collection, rebuild: config.rebuild };
    let threshold = FeatureIndex::rounded(config.threshold);
    if threshold != config.threshold {
        let asked = config.threshold;
        reporter.note(format!("densities are counted at thousandths: {threshold} in place of {asked}"));
    }
    let index = feature_index(&of, source.as_mut(), |_| (), control, reporter)?;
    let table = index.table();
    if config.top > index.most_strongest() {
        let (features, most) = (index.features(), index.most_strongest());
        reporter.note(format!("of {features} features the {most} strongest points of each are kept"));
    }
    let mut features: Vec<FeatureAnswer> = Vec::new();
    for f in &table.features {
        if !config.feature.is_empty() && !config.feature.contains(&f.index) {
            continue;
        }
        let name = noted.notes.names.get(&f.index);
        // A feature of a code may be active for fewer points.
        let top = f.top.iter().filter(|s| s.value > 0.0).take(config.top);
        features.push(FeatureAnswer {
            index: f.index,
            block: f.block,
            name: name.map(|n| n.name.clone()),
            name_score: name.and_then(|n| n.score),
            density: index.density(f.index, threshold),
            win_rate: f.win_rate,
            used: f.used,
            mean: f.mean,
            max: f.max,
            dead: f.is_dead(),
            top: top.map(|s| StrongPoint { id: s.id, value: s.value, payload: Payload::new() }).collect(),
        });
    }
    if !config.feature.is_empty() {
        for feature in &mut features {
            let ids: Vec<PointId> = feature.top.iter().map(|s| s.id).collect();
            let page = source.by_ids(&ids, Want { vectors: false, payload: true }, control)?;
            for (id, payload) in page.ids.iter().zip(page.payloads) {
                if let Some(strong) = feature.top.iter_mut().find(|s| s.id == *id) {
                    strong.payload = payload;
                }
            }
        }
    }
    Ok(FeaturesAnswer {
        points: table.points,
        threshold,
        kept: encoder.meta.kept,
        dead: table.dead(),
        usage_perplexity: table.usage_perplexity,
        nmi: table.nmi,
        features,
        single: !config.feature.is_empty(),
    })
}
