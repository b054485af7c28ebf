//! What the window has said: the lines of the log.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::jobs::Problem;

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something worth a line.
    Note,
    /// Something went well that the person waited for.
    Success,
    /// Something that the person should know.
    Warning,
    /// Something failed.
    Error,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub time: SystemTime,
    /// How much it matters.
    pub level: Level,
    /// What.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Lines that are kept.
const KEPT: usize = 500;

/// The log: the latest lines, oldest first.
#[derive(Debug, Default)]
pub struct Messages {
    lines: VecDeque<Message>,
    /// Lines ever said, so that the newest is known to be new.
    said: u64,
    /// Errors and warnings since the log was last looked at.
    pub unread: usize,
}

impl Messages {
    /// Says something.
    pub fn say(&mut self, level: Level, text: impl Into<String>, hint: Option<String>) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.said += 1;
        self.unread += usize::from(level >= Level::Warning);
        self.lines.push_back(Message { time: SystemTime::now(), level, text: text.into(), hint });
    }

    /// Something worth a line.
    pub fn note(&mut self, text: impl Into<String>) {
        self.say(Level::Note, text, None);
    }

    /// Something went well.
    pub fn success(&mut self, text: impl Into<String>) {
        self.say(Level::Success, text, None);
    }

    /// Something that the person should know.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.say(Level::Warning, text, None);
    }

    /// Something failed.
    pub fn problem(&mut self, problem: &Problem) {
        self.say(Level::Error, problem.text.clone(), problem.hint.clone());
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.lines.iter()
    }

    /// The newest line.
    pub fn last(&self) -> Option<&Message> {
        self.lines.back()
    }

    /// Lines ever said.
    pub fn said(&self) -> u64 {
        self.said
    }
}
