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
pub(super) const POINTS: usize = 256;

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
    let Some(groups) = groups.filter(|_| config.groups.is_training()) else { return Ok(objective) };
    let size = POINTS.min(part).max(4);
    let Some(batches) = Batches::new(&groups.train, size, generator(config.seed, Use::Groups)) else {
        let (found, trained) = (groups.report.train, groups.report.trained);
        return Err(Error::setting(format!(
            "too few points share a label: two labels must each have two training points or more; found {trained} among \
             {found} labelled points"
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
    fn begin(
        &mut self,
        network: Network,
        head: Option<&Encoder>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Network> {
        self.objective.begin(network, head, control, reporter)
    }

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

    fn settle(&mut self, network: Network) -> Result<Network> {
        self.objective.settle(network)
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use burn::tensor::Device;

    use super::super::balanced::Balanced;
    use super::super::compatible::Compatible;
    use super::*;
    use crate::config::GroupsConfig;
    use crate::encoder::EncoderMeta;
    use crate::groups::Said;
    use crate::point::{Distance, PointId};

    const N: usize = 60;
    const DIM: usize = 6;

    fn data() -> SimilarityData {
        let vectors: Vec<f32> = (0..N * DIM).map(|i| ((i * i) as f32 * 0.13).sin()).collect();
        let (control, mut reporter) = (Control::new(), Reporter::silent());
        let found =
            crate::similarity::exact_neighbours(&vectors, DIM, 10, Distance::Cosine, None, &control, &mut reporter);
        SimilarityData {
            title: "test".into(),
            matrix: found.unwrap().into_matrix(),
            vectors,
            dim: DIM,
            ids: (0..N as u64).map(PointId::Num).collect(),
        }
    }

    fn config(supervised: f64) -> TrainConfig {
        let groups = GroupsConfig { labels: Some("label".into()), supervised, ..GroupsConfig::default() };
        TrainConfig { dropout: 0.0, blocks: 2, block_size: 5, groups, ..TrainConfig::default() }
    }

    /// Labels of every second point, of `different` kinds.
    fn labels(different: usize) -> Groups {
        let said =
            |i: usize| Said { manual: i.is_multiple_of(2).then(|| (i % different).to_string()), ..Said::default() };
        let all: Vec<Said> = (0..N).map(said).collect();
        Groups::choose(&all, &all, &GroupsConfig::default(), Distance::Cosine)
    }

    #[test]
    fn the_loss_is_a_mean_of_both_by_the_weight() {
        let data = data();
        let device = Device::flex().autodiff();
        let network = Network::new(DIM, 2, 5, 0.0, 1, &device);
        let encoder = network.to_encoder(EncoderMeta::default()).unwrap();
        let control = Control::new();
        let measure = |weight: f64, part: usize| {
            let config = config(weight);
            let own = Box::new(Compatible::new(&data, &data, &config, part, &control).unwrap());
            let groups = labels(5);
            let mut objective = supervised(own, Some(&groups), &data, &config, 100).unwrap();
            let mut vectors = Vectors::host(&data.vectors, DIM, 0.0, 1, &device);
            objective.draw();
            let parts = objective.parts();
            let loss = (0..parts).map(|p| objective.loss(p, &network, &mut vectors, 0.0)).reduce(|a, b| a + b).unwrap();
            let validation = objective.validate(&encoder, &control).unwrap();
            (parts, f64::from(loss.try_into_scalar::<f32>().unwrap()), f64::from(validation.loss), validation.failed)
        };
        let (own, alone) = (measure(0.0, 32), measure(1.0, 32));
        assert_eq!((own.0, alone.0), (1, 2), "without a weight there is the objective alone");
        assert!(alone.1 > 0.5 && (alone.1 - own.1).abs() > 0.1, "{own:?} {alone:?}");
        let mixed = measure(0.3, 7);
        assert_eq!(mixed.0, 6, "a part more than the objective's own");
        assert!((mixed.1 - (0.7 * own.1 + 0.3 * alone.1)).abs() < 1e-5, "{mixed:?} {own:?} {alone:?}");
        assert!((mixed.2 - (0.7 * own.2 + 0.3 * alone.2)).abs() < 1e-5, "{mixed:?} {own:?} {alone:?}");
        assert_eq!(mixed.3, own.3, "failed triplets are the objective's");
    }

    /// An objective that keeps what is asked of it.
    struct Asked(Rc<RefCell<Vec<&'static str>>>);

    impl Asked {
        fn note(&self, what: &'static str) {
            self.0.borrow_mut().push(what);
        }
    }

    impl Objective for Asked {
        fn begin(&mut self, network: Network, _: Option<&Encoder>, _: &Control, _: &mut Reporter) -> Result<Network> {
            self.note("begin");
            Ok(network)
        }

        fn steps(&self) -> usize {
            3
        }

        fn samples(&self) -> usize {
            7
        }

        fn draw(&mut self) {
            self.note("draw");
        }

        fn parts(&self) -> usize {
            1
        }

        fn loss(&self, _: usize, network: &Network, vectors: &mut Vectors, _: f64) -> Tensor<1> {
            self.note("loss");
            network.forward(vectors.take(vec![0], network)).sum()
        }

        fn prepare(&mut self, network: Network, _: f64) -> Network {
            self.note("prepare");
            network
        }

        fn settle(&mut self, network: Network) -> Result<Network> {
            self.note("settle");
            Ok(network)
        }

        fn validate(&self, _: &Encoder, _: &Control) -> Result<Validation> {
            self.note("validate");
            Ok(Validation { loss: 1.0, failed: 0, triplets: 0 })
        }

        fn keeps_last(&self) -> bool {
            true
        }

        fn finish(&self, encoder: Encoder, _: &Control, _: &mut Reporter) -> Result<Encoder> {
            self.note("finish");
            Ok(encoder)
        }
    }

    /// Whatever an objective does before, between and after the steps, it does with labels too.
    #[test]
    fn an_objective_is_asked_all_that_it_would_be_asked_alone() {
        let data = data();
        let device = Device::flex().autodiff();
        let asked = Rc::new(RefCell::new(Vec::new()));
        let own = Box::new(Asked(Rc::clone(&asked)));
        let mut objective = supervised(own, Some(&labels(5)), &data, &config(0.5), 100).unwrap();
        let (control, mut reporter) = (Control::new(), Reporter::silent());
        let mut vectors = Vectors::host(&data.vectors, DIM, 0.0, 1, &device);
        let network = objective.begin(Network::new(DIM, 2, 5, 0.0, 1, &device), None, &control, &mut reporter).unwrap();
        objective.draw();
        let network = objective.prepare(network, 0.5);
        objective.loss(0, &network, &mut vectors, 0.5);
        let network = objective.settle(network).unwrap();
        let encoder = network.to_encoder(EncoderMeta::default()).unwrap();
        objective.validate(&encoder, &control).unwrap();
        objective.finish(encoder, &control, &mut reporter).unwrap();
        assert_eq!(*asked.borrow(), ["begin", "draw", "prepare", "loss", "settle", "validate", "finish"]);
        assert_eq!((objective.steps(), objective.samples(), objective.keeps_last()), (3, 7, true));
    }

    #[test]
    fn the_objective_prepares_the_network() {
        let data = data();
        let config = config(0.5);
        let control = Control::new();
        let network = Network::new(DIM, 2, 5, 0.0, 1, &Device::flex().autodiff());
        let before = network.to_encoder(EncoderMeta::default()).unwrap();
        let begun = |mut objective: Box<dyn Objective + '_>| {
            let network = objective.begin(network.clone(), None, &control, &mut Reporter::silent()).unwrap();
            network.to_encoder(EncoderMeta::default()).unwrap()
        };
        let own = || Box::new(Balanced::new(&data, &data, &config, 32, &control).unwrap());
        let alone = begun(own());
        assert_ne!(alone, before);
        assert_eq!(begun(supervised(own(), Some(&labels(5)), &data, &config, 100).unwrap()), alone);
    }

    #[test]
    fn labels_that_say_nothing_are_told() {
        let data = data();
        let config = config(0.5);
        let own = || Box::new(Compatible::new(&data, &data, &config, 32, &Control::new()).unwrap());
        for (different, words) in [(1, "found 1 among 30 labelled"), (N, "found 0 among 30")] {
            let error = supervised(own(), Some(&labels(different)), &data, &config, 100).err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(supervised(own(), None, &data, &config, 100).is_ok(), "no labels are no fault");
    }

    #[test]
    fn vectors_and_codes_are_measured_on_the_points_held_out() {
        let data = data();
        let control = Control::new();
        let encoder = Network::new(DIM, 2, 5, 0.0, 1, &Device::flex()).to_encoder(EncoderMeta::default()).unwrap();
        let groups = labels(5);
        let measuring = Measuring::begin(&groups, &data, &encoder, &control).unwrap();
        let found = measuring.summary(&encoder, &control).unwrap();
        assert_eq!(found.labels, groups.report);
        let retrieval = found.retrieval.unwrap();
        assert_eq!((retrieval.queries, retrieval.points), (N / 2, N / 2));
        let spaces: Vec<Space> = retrieval.spaces.iter().map(|s| s.space).collect();
        assert_eq!(spaces, [Space::Dense, Space::Before, Space::After]);
        assert_eq!(retrieval.of(Space::Before), retrieval.of(Space::After), "the same encoder");
        assert_ne!(retrieval.of(Space::Before), retrieval.of(Space::Dense));
        let alone = labels(N);
        let found = Measuring::begin(&alone, &data, &encoder, &control).unwrap().summary(&encoder, &control).unwrap();
        assert_eq!(found.retrieval, None, "nobody has a label that another has");
    }
}
