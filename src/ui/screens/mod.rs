//! One file or folder a screen: each borrows the state, draws, and pushes commands.

pub mod features;
pub mod inspect;
pub mod start;
pub mod train;
pub mod transfer;

use std::path::PathBuf;

use eframe::egui::DroppedFileHandle;

use super::Cx;
use crate::app::{App, Command, Screen, inspect as inspect_app, start as start_app};

/// Files were dropped: the start screen looks what they are, every other one inspects them.
pub fn dropped(app: &App, cx: &mut Cx, files: Vec<DroppedFileHandle>) {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    cx.push(match app.view.place.screen {
        Screen::Start => Command::Start(start_app::Command::Dropped(paths)),
        _ => Command::Inspect(inspect_app::Command::Files(paths)),
    });
}
