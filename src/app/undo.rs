//! Undo and redo: of each step, the command that takes it back and the one that does it again.

use super::Command;

/// Steps that are kept.
const KEPT: usize = 200;

/// A step that can be taken back.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it was: "Rename feature 12".
    pub label: String,
    /// Takes it back.
    pub undo: Command,
    /// Does it again.
    pub redo: Command,
}

/// The steps behind and ahead.
#[derive(Debug, Default)]
pub struct Undo {
    past: Vec<Step>,
    future: Vec<Step>,
}

impl Undo {
    /// Adds a step that was just done; what could be redone is gone.
    pub fn push(&mut self, step: Step) {
        self.future.clear();
        if self.past.len() == KEPT {
            self.past.remove(0);
        }
        self.past.push(step);
    }

    /// Has the last step do another command again, where it is the one of that label and nothing was taken back since; so
    /// that a run of changes is one step. Says whether it was.
    pub fn extend(&mut self, label: &str, redo: Command) -> bool {
        match self.past.last_mut() {
            Some(last) if last.label == label && self.future.is_empty() => {
                last.redo = redo;
                true
            }
            _ => false,
        }
    }

    /// The command that takes the last step back.
    pub fn undo(&mut self) -> Option<Command> {
        let step = self.past.pop()?;
        let command = step.undo.clone();
        self.future.push(step);
        Some(command)
    }

    /// The command that does the step again that was taken back last.
    pub fn redo(&mut self) -> Option<Command> {
        let step = self.future.pop()?;
        let command = step.redo.clone();
        self.past.push(step);
        Some(command)
    }

    /// What undo would take back.
    pub fn next_undo(&self) -> Option<&str> {
        self.past.last().map(|s| s.label.as_str())
    }

    /// What redo would do again.
    pub fn next_redo(&self) -> Option<&str> {
        self.future.last().map(|s| s.label.as_str())
    }

    /// Forgets everything, as another document is open.
    pub fn clear(&mut self) {
        self.past.clear();
        self.future.clear();
    }
}
