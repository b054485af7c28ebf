//! The learning rate: lowered when the validation loss stays level, as torch's `ReduceLROnPlateau` does it, or along a
//! half cosine to the last step.

use std::f64::consts::PI;

use crate::config::{ScheduleKind, TrainConfig};

/// The learning rate of a training.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// Lowered when the validation loss stays level.
    Plateau(ReduceOnPlateau),
    /// first * (1 + cos(pi * progress)) / 2, as torch's `CosineAnnealingLR` has it with every step.
    Cosine {
        /// The rate of the first step.
        first: f64,
        /// The share of the steps that are done.
        progress: f64,
    },
}

impl Schedule {
    /// As the settings say.
    pub fn new(config: &TrainConfig) -> Self {
        match config.schedule {
            ScheduleKind::Plateau => Self::Plateau(ReduceOnPlateau::new(config.lr, config.factor, config.patience)),
            ScheduleKind::Cosine => Self::Cosine { first: config.lr, progress: 0.0 },
        }
    }

    /// The rate of the next step.
    pub fn lr(&self) -> f64 {
        match self {
            Self::Plateau(plateau) => plateau.lr(),
            Self::Cosine { first, progress } => first * (1.0 + (PI * progress).cos()) / 2.0,
        }
    }

    /// Takes the share of the steps that are done.
    pub fn advance(&mut self, done: f64) {
        if let Self::Cosine { progress, .. } = self {
            *progress = done;
        }
    }

    /// Takes an epoch's validation loss; whether the rate was lowered for it.
    pub fn judge(&mut self, loss: f64) -> bool {
        match self {
            Self::Plateau(plateau) => plateau.step(loss),
            Self::Cosine { .. } => false,
        }
    }
}

/// torch's `ReduceLROnPlateau` in mode "min", with its defaults: relative threshold 1e-4, no cooldown, no minimum, and
/// changes under 1e-8 not made.
#[derive(Clone, Debug)]
pub struct ReduceOnPlateau {
    lr: f64,
    factor: f64,
    patience: u32,
    best: f64,
    bad_epochs: u32,
}

impl ReduceOnPlateau {
    /// Starts at `lr`; after more than `patience` epochs without improvement it is multiplied by `factor`.
    pub fn new(lr: f64, factor: f64, patience: u32) -> Self {
        Self { lr, factor, patience, best: f64::INFINITY, bad_epochs: 0 }
    }

    /// The present learning rate.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// Takes an epoch's validation loss; whether the learning rate was lowered.
    pub fn step(&mut self, loss: f64) -> bool {
        if loss < self.best * (1.0 - 1e-4) {
            self.best = loss;
            self.bad_epochs = 0;
        } else {
            self.bad_epochs += 1;
        }
        if self.bad_epochs <= self.patience {
            return false;
        }
        self.bad_epochs = 0;
        let lower = self.lr * self.factor;
        if self.lr - lower <= 1e-8 {
            return false;
        }
        self.lr = lower;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The learning rates that torch 2's scheduler gives for these losses with patience 2 and factor .5.
    #[test]
    fn the_rate_falls_as_torch_lets_it_fall() {
        let mut schedule = ReduceOnPlateau::new(1.0, 0.5, 2);
        let losses = [1.0, 0.9, 0.9, 0.89995, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.7];
        let rates: Vec<f64> = losses
            .iter()
            .map(|loss| {
                schedule.step(*loss);
                schedule.lr()
            })
            .collect();
        assert_eq!(rates, [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]);
    }

    /// first * (1 + cos(pi t / T)) / 2 for t = 0, 1, 2, 3 of T = 4 steps.
    #[test]
    fn a_cosine_leads_to_nothing() {
        let config = TrainConfig { schedule: ScheduleKind::Cosine, lr: 0.2, ..TrainConfig::default() };
        let mut schedule = Schedule::new(&config);
        let expected = [0.2, 0.1 * (1.0 + 0.5f64.sqrt()), 0.1, 0.1 * (1.0 - 0.5f64.sqrt()), 0.0];
        for (done, expected) in expected.into_iter().enumerate() {
            schedule.advance(done as f64 / 4.0);
            assert!((schedule.lr() - expected).abs() < 1e-15);
            assert!(!schedule.judge(1.0), "the loss does not matter");
        }
    }

    #[test]
    fn a_rate_that_is_almost_nothing_stays() {
        let mut schedule = ReduceOnPlateau::new(1.5e-8, 0.5, 0);
        schedule.step(1.0);
        assert!(!schedule.step(1.0));
        assert_eq!(schedule.lr(), 1.5e-8);
    }
}
