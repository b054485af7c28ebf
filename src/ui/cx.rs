//! What a screen draws with beside the state that it borrows: where its commands go, and pictures.

use crate::app::Command;

/// Given to every screen. A screen borrows the state, draws, and pushes commands.
#[derive(Default)]
pub struct Cx {
    commands: Vec<Command>,
}

impl Cx {
    /// Asks for something; it is done after the frame's drawing.
    pub fn push(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// What was asked for since the last time.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }
}
