//! One file or folder a screen: each borrows the state, draws, and pushes commands.

pub mod features;
pub mod inspect;
pub mod start;
pub mod train;
pub mod transfer;

use std::path::PathBuf;

use eframe::egui::DroppedFileHandle;

use super::Cx;
use crate::app::{App, Command, Screen, start as start_app};

/// Files were dropped: the start screen looks what they are, every other one inspects them.
pub fn dropped(app: &App, cx: &mut Cx, files: Vec<DroppedFileHandle>) {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    if app.view.place.screen == Screen::Start {
        cx.push(Command::Start(start_app::Command::Dropped(paths)));
    }
}
