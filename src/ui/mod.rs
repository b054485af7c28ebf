//! The window: draws the state of [`crate::app`] with egui, and turns what a person does into commands.

mod cx;
pub mod screens;

pub use cx::Cx;
