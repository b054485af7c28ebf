//! What a screen draws with beside the state that it borrows: where its commands go, and pictures.

use eframe::egui::{self, Context};

use crate::app::{App, Command, document};
use crate::point::PointId;

/// Given to every screen. A screen borrows the state, draws, and pushes commands.
pub struct Cx {
    commands: Vec<Command>,
    wanted: Vec<PointId>,
    ctx: Context,
}

impl Cx {
    /// In egui's context.
    pub fn new(ctx: &Context) -> Self {
        Self { commands: Vec::new(), wanted: Vec::new(), ctx: ctx.clone() }
    }

    /// Asks for something; it is done after the frame's drawing.
    pub fn push(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Asks for a point's payload.
    pub fn want(&mut self, id: PointId) {
        self.wanted.push(id);
    }

    /// A point's picture, `side` points wide and high, or the words that stand for it.
    pub fn thumbnail(&mut self, ui: &mut egui::Ui, _app: &App, id: PointId, side: f32) -> egui::Response {
        self.want(id);
        ui.add_sized([side, side], egui::Label::new(id.to_string()))
    }

    /// Called once a frame, before it is drawn.
    pub(super) fn tick(&mut self, _ctx: &Context) {}

    /// What was asked for since the last time. Draws again soon where something was done; payloads come in later, and
    /// are drawn then.
    pub(super) fn take(&mut self) -> Vec<Command> {
        let mut commands = std::mem::take(&mut self.commands);
        if !commands.is_empty() {
            self.ctx.request_repaint();
        }
        if !self.wanted.is_empty() {
            commands.push(Command::Document(document::Command::Want(std::mem::take(&mut self.wanted))));
        }
        commands
    }
}
