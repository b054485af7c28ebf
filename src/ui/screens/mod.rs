//! One file or folder a screen: each borrows the state, draws, and pushes commands.

pub mod features;
pub mod inspect;
pub mod start;
pub mod train;
pub mod transfer;

use eframe::egui::DroppedFileHandle;

use super::Cx;
use crate::app::App;

/// Files were dropped: the start screen looks what they are, every other one inspects them.
pub fn dropped(_app: &App, _cx: &mut Cx, _files: Vec<DroppedFileHandle>) {}
