//! The dishes.

mod baked;
mod bowls;
mod cakes;
mod cheese;
mod fresh;
mod garnish;
mod greens;
mod grill;
mod layered;
mod market;
mod meals;
mod sweet;
mod trimmings;

use super::Kind;

/// All dishes, a list a file.
pub(super) static KINDS: &[&[Kind]] = &[
    baked::KINDS,
    cakes::KINDS,
    layered::KINDS,
    sweet::KINDS,
    meals::KINDS,
    grill::KINDS,
    bowls::KINDS,
    fresh::KINDS,
    greens::KINDS,
    cheese::KINDS,
];
