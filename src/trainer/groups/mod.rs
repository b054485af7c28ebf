//! Groups of points that labels say: an objective of blocks with a supervised part, and what it brings.
//!
//! The loss is (1 - w) times that of the objective, with all its terms, plus w times the supervised contrastive loss of a
//! batch of groups, which is drawn beside the objective's own batch in every step.

mod batches;
mod contrastive;

use batches::{Batch, Batches};
use burn::tensor::Tensor;
use contrastive::{contrastive, contrastive_of};

use super::network::{Network, Vectors};
use super::objective::{Objective, Validation};
use crate::config::TrainConfig;
use crate::encoder::{Activation, Encoder};
use crate::error::{Error, Result};
use crate::groups::{Groups, GroupsSummary, Nearness, RetrievalReport, Space, SpaceQuality, Trial};
use crate::job::{Control, Reporter};
use crate::random::{Use, generator};
use crate::similarity::SimilarityData;

/// Points in a batch of groups.
const POINTS: usize = 256;

/// Batches of held-out points that every epoch is judged on.
const HELD_OUT: usize = 4;

/// An objective and groups.
struct Supervised<'a> {
    objective: Box<dyn Objective + 'a>,
    weight: f64,
    blocks: usize,
    batches: Batches,
    batch: Batch,
    /// Drawn once and kept, so that the curve can be read; none where too few held-out points have labels.
    held_out: Vec<Batch>,
    held_out_vectors: &'a [f32],
}

/// Adds a supervised part to an objective, where labels are given and their weight is above 0. `part` is the most rows
/// to take at a time.
pub(super) fn supervised<'a>(
    objective: Box<dyn Objective + 'a>,
    groups: Option<&Groups>,
    val: &'a SimilarityData,
    config: &TrainConfig,
    part: usize,
) -> Result<Box<dyn Objective + 'a>> {
    let weight = config.groups.supervised;
    let Some(groups) = groups.filter(|_| weight > 0.0) else { return Ok(objective) };
    let size = POINTS.min(part).max(4);
    let Some(batches) = Batches::new(&groups.train, size, generator(config.seed, Use::Groups)) else {
        let (found, trained) = (groups.report.train, groups.report.trained);
        return Err(Error::setting(format!(
            "labels say nothing of what belongs together: of {found} training points with a label, {trained} labels have \
             two or more, and two such labels are needed"
        )));
    };
    let held_out = Batches::new(&groups.held_out, size, generator(config.seed, Use::HeldOutGroups));
    let held_out = held_out.map_or_else(Vec::new, |mut batches| (0..HELD_OUT).map(|_| batches.draw()).collect());
    Ok(Box::new(Supervised {
        objective,
        weight,
        blocks: config.blocks as usize,
        batches,
        batch: Batch::default(),
        held_out,
        held_out_vectors: &val.vectors,
    }))
}

impl Objective for Supervised<'_> {
    fn steps(&self) -> usize {
        self.objective.steps()
    }

    fn samples(&self) -> usize {
        self.objective.samples()
    }

    fn draw(&mut self) {
        self.objective.draw();
        self.batch = self.batches.draw();
    }

    /// The objective's own, and one for the batch of groups.
    fn parts(&self) -> usize {
        self.objective.parts() + 1
    }

    fn loss(&self, part: usize, network: &Network, vectors: &mut Vectors, progress: f64) -> Tensor<1> {
        if part < self.objective.parts() {
            return self.objective.loss(part, network, vectors, progress) * (1.0 - self.weight) as f32;
        }
        let indices = self.batch.points.iter().map(|point| *point as i32).collect();
        let y = network.forward(vectors.take(indices, network));
        contrastive(y, self.blocks, &self.batch.labels) * self.weight as f32
    }

    fn prepare(&mut self, network: Network, progress: f64) -> Network {
        self.objective.prepare(network, progress)
    }

    /// Where too few held-out points have labels, the objective's own.
    fn validate(&self, encoder: &Encoder, control: &Control) -> Result<Validation> {
        let own = self.objective.validate(encoder, control)?;
        if self.held_out.is_empty() {
            return Ok(own);
        }
        let dim = encoder.dim();
        let mut sum = 0f64;
        for batch in &self.held_out {
            control.check()?;
            let rows = rows(self.held_out_vectors, dim, batch.points.iter().map(|point| *point as usize));
            sum += contrastive_of(&encoder.encode(&rows), self.blocks, &batch.labels);
        }
        let supervised = sum / self.held_out.len() as f64;
        Ok(Validation { loss: ((1.0 - self.weight) * f64::from(own.loss) + self.weight * supervised) as f32, ..own })
    }

    fn keeps_last(&self) -> bool {
        self.objective.keeps_last()
    }

    fn finish(&self, encoder: Encoder, control: &Control, reporter: &mut Reporter) -> Result<Encoder> {
        self.objective.finish(encoder, control, reporter)
    }
}

fn rows(vectors: &[f32], dim: usize, rows: impl Iterator<Item = usize>) -> Vec<f32> {
    rows.flat_map(|row| &vectors[row * dim..][..dim]).copied().collect()
}

/// How well held-out points find others of their label, in the vectors and by codes: what a training is measured by
/// before its first step and after its last.
pub(super) struct Measuring<'a> {
    groups: &'a Groups,
    trial: Option<Trial>,
    /// The vectors of the trial's points.
    rows: Vec<f32>,
    spaces: Vec<SpaceQuality>,
}

impl<'a> Measuring<'a> {
    /// Measures the held-out vectors, and their codes before the first step.
    pub fn begin(groups: &'a Groups, val: &SimilarityData, before: &Encoder, control: &Control) -> Result<Self> {
        let trial = Trial::new(&groups.held_out, before.outputs().max(val.dim));
        let rows = trial.as_ref().map_or_else(Vec::new, |t| rows(&val.vectors, val.dim, t.rows.iter().copied()));
        let mut measuring = Self { groups, trial, rows, spaces: Vec::new() };
        if let Some(trial) = &measuring.trial {
            let nearness = Nearness::Vectors(groups.distance);
            let quality = trial.measure(&measuring.rows, val.dim, nearness, control)?;
            measuring.spaces.push(SpaceQuality { space: Space::Dense, quality });
            let before = measuring.code(Space::Before, before, control)?;
            measuring.spaces.extend(before);
        }
        Ok(measuring)
    }

    fn code(&self, space: Space, encoder: &Encoder, control: &Control) -> Result<Option<SpaceQuality>> {
        let Some(trial) = &self.trial else { return Ok(None) };
        let nearness = match encoder.activation() {
            Activation::SoftMax => Nearness::Blocks,
            _ => Nearness::Vectors(crate::point::Distance::Cosine),
        };
        let codes = encoder.encode(&self.rows);
        let quality = trial.measure(&codes, encoder.outputs(), nearness, control)?;
        Ok(Some(SpaceQuality { space, quality }))
    }

    /// The summary of an encoder that was trained.
    pub fn summary(&self, encoder: &Encoder, control: &Control) -> Result<GroupsSummary> {
        let after = self.code(Space::After, encoder, control)?;
        let retrieval = self.trial.as_ref().map(|trial| RetrievalReport {
            queries: trial.queries(),
            points: trial.rows.len(),
            spaces: self.spaces.iter().copied().chain(after).collect(),
        });
        Ok(GroupsSummary { labels: self.groups.report.clone(), retrieval })
    }
}
