//! The interface of an objective: what the loop needs to know of it. Each objective is one file.

use burn::tensor::Tensor;

use super::network::{Network, Vectors};
use crate::encoder::Encoder;
use crate::error::Result;
use crate::job::{Control, Reporter};

/// How an encoder does on the validation data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Validation {
    /// Mean loss, without dropout.
    pub loss: f32,
    /// Triplets with a loss above zero.
    pub failed: u64,
    /// Triplets in all; 0 where the objective has none.
    pub triplets: u64,
}

/// What a training minimises.
pub trait Objective {
    /// Gives the network other values to start from, say, before the first step. `head` is what will tell confidence
    /// beside it, where that is wanted.
    fn begin(
        &mut self,
        network: Network,
        _head: Option<&Encoder>,
        _control: &Control,
        _reporter: &mut Reporter,
    ) -> Result<Network> {
        Ok(network)
    }

    /// Optimiser steps in an epoch.
    fn steps(&self) -> usize;

    /// Training samples in a step, such as triplets.
    fn samples(&self) -> usize;

    /// Draws the batch of the next step.
    fn draw(&mut self);

    /// Parts that the batch is taken in, so that its outputs fit into the device's memory.
    fn parts(&self) -> usize;

    /// The loss of one part of the batch. The parts' losses add up to the batch's, and so do their gradients.
    /// `progress` is the share of the training's steps that are done.
    fn loss(&self, part: usize, network: &Network, vectors: &mut Vectors, progress: f64) -> Tensor<1>;

    /// Prepares the network for the next step, whose `progress` is given: a temperature, say, or a norm that is to hold.
    fn prepare(&mut self, network: Network, _progress: f64) -> Network {
        network
    }

    /// Brings the network into the form that it is judged and kept in, after the steps of an epoch.
    fn settle(&mut self, network: Network) -> Result<Network> {
        Ok(network)
    }

    /// How the present weights do on the validation data.
    fn validate(&self, encoder: &Encoder, control: &Control) -> Result<Validation>;

    /// Whether the last weights are the ones to keep, not those with the smallest validation loss: where a schedule leads
    /// to an end.
    fn keeps_last(&self) -> bool {
        false
    }

    /// Completes an encoder that is kept, with a fitted decoder, say.
    fn finish(&self, encoder: Encoder, _control: &Control, _reporter: &mut Reporter) -> Result<Encoder> {
        Ok(encoder)
    }
}
