//! One file or folder a screen: each borrows the state, draws, and pushes commands.

pub mod features;
pub mod inspect;
pub mod start;
pub mod train;
