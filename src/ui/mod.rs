//! The window: draws the state of [`crate::app`] with egui, and turns what a person does into commands.

mod cx;
pub mod fonts;
pub mod format;
pub mod frame;
pub mod icon;
pub mod icons;
mod pictures;
mod run;
pub mod screens;
pub mod theme;
pub mod widgets;
pub mod window;

pub use cx::{Cx, PointPicture};
pub use run::{NoWindow, run};
pub use window::Window;
