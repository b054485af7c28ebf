//! Presets: what a training is after, and how much of it there is. The two are chosen apart from each other.

use super::groups::without;
use crate::config::{ObjectiveKind, TrainConfig};

/// What the list of presets calls an objective.
pub fn title(objective: ObjectiveKind) -> &'static str {
    match objective {
        ObjectiveKind::Balanced => "Balanced",
        ObjectiveKind::Compatible => "Compatible",
        ObjectiveKind::Codes => "Codes",
        ObjectiveKind::Autoencoder => "Autoencoder",
    }
}

/// What it is for.
pub fn about(objective: ObjectiveKind) -> &'static str {
    match objective {
        ObjectiveKind::Balanced => "Every feature in use, and blocks that say different things. The best to browse.",
        ObjectiveKind::Compatible => "The reference's own loss and settings, step by step.",
        ObjectiveKind::Codes => "Winners that make short codes for a search, with a decoder back to the vector.",
        ObjectiveKind::Autoencoder => "One wide block of which few features are active, with a decoder.",
    }
}

/// The objectives in the order of the list, the usual one first.
pub const OBJECTIVES: [ObjectiveKind; 4] =
    [ObjectiveKind::Balanced, ObjectiveKind::Compatible, ObjectiveKind::Codes, ObjectiveKind::Autoencoder];

/// How much is trained: points, epochs and features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// A first look: a small sample, few epochs.
    Quick,
    /// What the objective's preset says.
    Usual,
    /// Many features from a large sample.
    Large,
}

impl Size {
    /// All, in the order of the list.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Usual, Self::Large];

    /// What the list calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Quick => "Quick look",
            Self::Usual => "Usual",
            Self::Large => "Large",
        }
    }

    /// What it sets.
    pub fn about(self) -> &'static str {
        match self {
            Self::Quick => "A first look: 5,000 points with 50 neighbours each, and half of the epochs.",
            Self::Usual => "The sample, the epochs and the features of the preset.",
            Self::Large => "100,000 points, twice the epochs, and 2,048 features in 8 blocks, or 4,096 in one.",
        }
    }

    /// Sets what it is about; all else stays.
    pub fn apply(self, config: &mut TrainConfig) {
        let usual = TrainConfig::preset(config.objective);
        let (sample, limit, epochs) = match self {
            Self::Quick => (5_000, 50, usual.epochs.div_ceil(2)),
            Self::Usual => (usual.sample, usual.limit, usual.epochs),
            Self::Large => (100_000, usual.limit, 2 * usual.epochs),
        };
        (config.sample, config.limit, config.epochs) = (sample, limit, epochs);
        (config.blocks, config.block_size) = match (self, config.objective) {
            (Self::Large, ObjectiveKind::Autoencoder) => (1, 4_096),
            (Self::Large, _) => (8, 256),
            _ => (usual.blocks, usual.block_size),
        };
    }

    /// The size that settings have.
    pub fn of(config: &TrainConfig) -> Option<Self> {
        Self::ALL.into_iter().find(|size| {
            let mut sized = config.clone();
            size.apply(&mut sized);
            sized == *config
        })
    }
}

/// What of settings a form is about: none of the paths, and no collection.
pub(super) fn bare(config: &TrainConfig) -> TrainConfig {
    let usual = TrainConfig::default();
    TrainConfig {
        train: None,
        val: None,
        collection: usual.collection,
        output: usual.output,
        log_dir: usual.log_dir,
        keep_with_run: false,
        ..config.clone()
    }
}

/// Whether settings are those of their objective, whatever their size. Seed, device and labels are nobody's preset.
pub(super) fn is_untouched(config: &TrainConfig) -> bool {
    let preset = TrainConfig::preset(config.objective);
    let mut own = TrainConfig { seed: preset.seed, device: preset.device, ..bare(&without(config)) };
    Size::Usual.apply(&mut own);
    own == preset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_objective_has_three_sizes_that_can_be_told_apart() {
        for objective in OBJECTIVES {
            for size in Size::ALL {
                let mut config = TrainConfig::preset(objective);
                size.apply(&mut config);
                assert!(config.check().is_ok(), "{objective} {size:?}");
                assert_eq!(Size::of(&config), Some(size), "{objective}");
                assert!(is_untouched(&config), "a size is no change of a preset");
                assert_eq!(config.blocks == 1, objective == ObjectiveKind::Autoencoder);
            }
        }
    }

    #[test]
    fn what_is_changed_is_told_from_what_is_not() {
        let mut config = TrainConfig::preset(ObjectiveKind::Balanced);
        config.seed = 9;
        config.groups.labels = Some("dish".into());
        assert!(is_untouched(&config));
        config.terms.usage += 0.1;
        assert!(!is_untouched(&config));
        assert_eq!(Size::of(&config), Some(Size::Usual), "a term is of no size");
        config.epochs += 1;
        assert_eq!(Size::of(&config), None);
    }
}
