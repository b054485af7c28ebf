//! Seeded random numbers: one seed a job, and a stream of its own for each use, so that they do not depend on each other.

use rand::{RngCore, SeedableRng};
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
    Candidates,
    ValidationCandidates,
    Start,
    Queries,
    Between,
    Evaluation = 40,
    Groups = 48,
    HeldOutGroups,
    Retrieval,
}

/// The generator of a seed for a use. ChaCha with 8 rounds gives the same numbers on every machine.
pub(crate) fn generator(seed: u64, of: Use) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(of as u64);
    rng
}

/// A uniform number below `n`, by the high half of a product; its bias is under n / 2^64.
#[inline(always)]
pub(crate) fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize
}
