//! The confidence head: encoders that learn from triplets as the reference does, beside blocks that learn something else.
//!
//! Triplets leave a block unsure of what is like nothing in the collection; neighbourhoods, usage and codes do not. Several
//! such encoders, alike but for their seed, tell it better than one: a deep ensemble (Lakshminarayanan, Pritzel and
//! Blundell, "Simple and scalable predictive uncertainty estimation using deep ensembles", NeurIPS 2017). Which features
//! win in them is of no interest, only how undecided they are.

use std::sync::mpsc;
use std::thread;

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;

use super::compatible::Compatible;
use super::network::{Network, Vectors};
use super::objective::Objective;
use crate::config::{DeviceChoice, ObjectiveKind, TrainConfig};
use crate::encoder::{Encoder, EncoderMeta};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::similarity::SimilarityData;

/// Blocks and features of a member, which are the reference's, however many are learnt beside it.
const BLOCKS: usize = 4;
const SIZE: usize = 64;

/// Trains `members` encoders at once on the CPU and puts their blocks together, 4 x 64 of each. Of the `whole` training's
/// settings the seed and the smallest margin count. The first has the seed itself and is the encoder that the reference's
/// objective gives with it; none where there is no usable triplet.
pub fn ensemble(
    train: &SimilarityData,
    members: u32,
    whole: &TrainConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Option<Encoder>> {
    let configs = (0..u64::from(members)).map(|m| TrainConfig {
        seed: whole.seed.wrapping_add(m << 32),
        min_margin: whole.min_margin,
        device: DeviceChoice::Cpu,
        ..TrainConfig::preset(ObjectiveKind::Compatible)
    });
    let configs: Vec<TrainConfig> = configs.collect();
    let mut objectives = Vec::new();
    for config in &configs {
        match Compatible::new(train, train, config, config.batch_size as usize, control) {
            Ok(objective) => objectives.push(objective),
            Err(Error::NoTriplets { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let steps: usize = configs.iter().zip(&objectives).map(|(c, o)| c.epochs as usize * o.steps()).sum();
    reporter.stage("training what tells confidence", "steps", Some(steps as u64));
    let (sender, done) = mpsc::channel();
    let members: Vec<Result<Network>> = thread::scope(|scope| {
        let begin = |(config, objective)| {
            let sender = sender.clone();
            scope.spawn(move || member(train, config, objective, control, &sender))
        };
        let threads: Vec<_> = configs.iter().zip(objectives).map(begin).collect();
        drop(sender);
        for () in done {
            reporter.advance(1);
        }
        let gone = |_| Err(Error::setting("a thread of the confidence head ended early"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(gone)).collect()
    });
    let (mut weights, mut bias, mut blocks) = (Vec::new(), Vec::new(), 0);
    for member in members {
        let encoder = member?.to_encoder(EncoderMeta::default())?;
        weights.extend(encoder.weights());
        bias.extend(encoder.bias());
        blocks += encoder.blocks();
    }
    Encoder::new(train.dim, blocks, SIZE, weights, bias, EncoderMeta::default()).map(Some)
}

/// Trains one of them, and says each step.
fn member(
    train: &SimilarityData,
    config: &TrainConfig,
    mut objective: Compatible,
    control: &Control,
    step: &mpsc::Sender<()>,
) -> Result<Network> {
    let device = Device::flex().autodiff();
    let mut network = Network::new(train.dim, BLOCKS, SIZE, config.dropout, config.seed, &device);
    let mut vectors = Vectors::host(&train.vectors, train.dim, config.dropout, config.seed, &device);
    let mut adam = AdamConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8).init();
    for _ in 0..config.epochs as usize * objective.steps() {
        control.check()?;
        if control.stopping() {
            // There is nothing to keep yet.
            return Err(Error::Cancelled);
        }
        objective.draw();
        let loss = objective.loss(0, &network, &mut vectors, 0.0);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = adam.step(config.lr, network, gradients);
        // Nobody listens where another member has failed.
        step.send(()).ok();
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::super::confidence::tests::data;
    use super::*;

    #[test]
    fn members_are_encoders_of_the_references_objective() {
        let (data, control) = (data(300), Control::new());
        let quiet = || Reporter::silent();
        let config =
            TrainConfig { seed: 7, device: DeviceChoice::Cpu, ..TrainConfig::preset(ObjectiveKind::Compatible) };
        let one = ensemble(&data, 1, &config, &control, &mut quiet()).unwrap().unwrap();
        let three = ensemble(&data, 3, &config, &control, &mut quiet()).unwrap().unwrap();
        assert_eq!((one.blocks(), three.blocks(), three.block_size()), (4, 12, 64));
        let whole = one.weights().len();
        assert_eq!(three.weights()[..whole], *one.weights(), "the first has the seed itself");
        assert_ne!(three.weights()[whole..2 * whole], *one.weights());
        assert_ne!(three.weights()[whole..2 * whole], three.weights()[2 * whole..]);
        let trained = super::super::train(&data, &data, &config, None, &control, &mut quiet()).unwrap();
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        // Its rate was never lowered, so that the last weights are the very same.
        assert_eq!(trained.epochs.iter().filter(|e| e.lr_dropped).count(), 0);
        assert!(near(trained.last.weights(), one.weights()));
    }

    #[test]
    fn it_needs_triplets_and_can_be_stopped() {
        let mut flat = data(300);
        flat.matrix.values.fill(0.5);
        let mut quiet = Reporter::silent();
        assert!(ensemble(&flat, 2, &TrainConfig::default(), &Control::new(), &mut quiet).unwrap().is_none());
        for end in [Control::stop, Control::cancel] {
            let control = Control::new();
            end(&control);
            assert!(matches!(
                ensemble(&data(300), 2, &TrainConfig::default(), &control, &mut quiet),
                Err(Error::Cancelled)
            ));
        }
    }
}
