//! One file or folder a screen: each borrows the state, draws, and pushes commands.

pub mod compare;
pub mod features;
pub mod inspect;
pub mod search;
pub mod start;
pub mod train;
pub mod transfer;

use std::path::PathBuf;

use eframe::egui::{Context, DroppedFileHandle};

use super::Cx;
use crate::app::{
    App, Command, Screen, compare as compare_app, inspect as inspect_app, search as search_app, start as start_app,
};

/// Files were dropped: the start screen looks what they are, the search screen searches by them, the comparing screen shows
/// them to two encoders, every other one inspects them.
pub fn dropped(app: &App, cx: &mut Cx, files: &[DroppedFileHandle]) {
    take(app, cx, files.iter().map(|file| file.path().to_owned()).collect());
}

/// Something was pasted: files go the way of those that are dropped, and a picture is inspected on every screen.
pub fn pasted(ctx: &Context, app: &App, cx: &mut Cx) {
    let files = inspect::pasted(ctx, app, cx);
    take(app, cx, files);
}

fn take(app: &App, cx: &mut Cx, files: Vec<PathBuf>) {
    match app.view.place.screen {
        _ if files.is_empty() => {}
        Screen::Start => cx.push(Command::Start(start_app::Command::Dropped(files))),
        Screen::Search if app.document.open.is_some() => cx.push(Command::Search(search_app::Command::Files(files))),
        Screen::Compare if app.document.open.is_some() && app.compare.pair().is_some() => {
            let inputs = files.into_iter().map(inspect_app::Input::File).collect();
            cx.push(Command::Compare(compare_app::Command::Inputs(inputs)));
        }
        Screen::Train | Screen::Inspect | Screen::Features | Screen::Search | Screen::Compare => {
            cx.push(Command::Inspect(inspect_app::Command::Files(files)));
        }
    }
}
