//! The inspecting screen: cards of pictures, texts and points under the encoder.

use super::{App, JobKey, Problem};
use crate::error::Result;
use crate::job::{Control, Reporter};

/// What is asked of it.
#[derive(Clone, Debug)]
pub enum Command {}

/// Its state.
#[derive(Default)]
pub struct State {}

/// What is asked of a worker.
#[derive(Debug)]
pub enum Work {}

/// What a worker found.
#[derive(Debug)]
pub enum Found {}

impl Work {
    pub(super) fn run(self, _control: &Control, _reporter: &mut Reporter) -> Result<Found> {
        match self {}
    }
}

pub(super) fn handle(_app: &mut App, command: Command) {
    match command {}
}

pub(super) fn found(_app: &mut App, _key: JobKey, found: Found) {
    match found {}
}

/// A job that ended without a result; the problem is none where it was cancelled.
pub(super) fn ended(_app: &mut App, _key: JobKey, _problem: Option<Problem>) {}

/// The person comes to the screen.
pub(super) fn arrive(_app: &mut App) {}

/// Another collection or encoder is open, or none.
pub(super) fn document_changed(_app: &mut App) {}

/// Pictures were dropped or chosen elsewhere, to be inspected.
pub(super) fn open_files(app: &mut App, _files: Vec<std::path::PathBuf>) {
    app.handle(super::Command::Show(super::Screen::Inspect));
}
