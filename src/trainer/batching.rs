//! How many samples a step takes, and how many of them at a time.

use std::ops::Range;

use crate::config::TrainConfig;

/// The batches of an objective that takes them in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// Samples in a step.
    pub size: usize,
    /// Steps in an epoch.
    pub steps: usize,
    /// Samples whose rows are on the device at a time; larger batches go in parts, and their gradients are summed.
    part: usize,
}

impl Batching {
    /// As the settings say, with at most `part` samples at a time.
    pub fn new(config: &TrainConfig, part: usize) -> Self {
        let size = config.batch_size as usize;
        Self { size, steps: (config.epoch_size as usize / size).max(1), part: part.clamp(1, size) }
    }

    /// Parts of a batch of `drawn` samples.
    pub fn parts(self, drawn: usize) -> usize {
        drawn.div_ceil(self.part)
    }

    /// The samples of one of them.
    pub fn range(self, part: usize, drawn: usize) -> Range<usize> {
        part * self.part..((part + 1) * self.part).min(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_sample_once() {
        let config = TrainConfig { batch_size: 10, epoch_size: 95, ..TrainConfig::default() };
        for (most, parts) in [(0, 10), (1, 10), (3, 4), (10, 1), (99, 1)] {
            let batching = Batching::new(&config, most);
            assert_eq!((batching.size, batching.steps, batching.parts(10)), (10, 9, parts), "{most}");
            let all: Vec<usize> = (0..parts).flat_map(|part| batching.range(part, 10)).collect();
            assert_eq!(all, (0..10).collect::<Vec<_>>(), "{most}");
        }
        let few = TrainConfig { batch_size: 10, epoch_size: 5, ..TrainConfig::default() };
        assert_eq!(Batching::new(&few, 3).steps, 1);
    }
}
