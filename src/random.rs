//! Seeded random numbers: one seed a job, and a stream of its own for each use, so that they do not depend on each other.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What the numbers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Sample = 1,
    Split,
    Weights,
    Triplets,
    Validation,
    Dropout,
    #[cfg(feature = "gui")]
    Deal,
    Calibration = 32,
    Evaluation = 40,
    Groups = 44,
    HeldOutGroups,
    Retrieval,
}

/// The generator of a seed for a use. ChaCha with 8 rounds gives the same numbers on every machine.
pub(crate) fn generator(seed: u64, of: Use) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(of as u64);
    rng
}
