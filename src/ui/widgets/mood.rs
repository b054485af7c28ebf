//! What a message is about, as a colour and an icon.

use super::super::{
    icons,
    theme::{Tokens, Tone},
};

/// What a message, a mark or a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mood {
    /// Nothing in particular.
    #[default]
    Neutral,
    /// Worth knowing.
    Info,
    /// It went well.
    Success,
    /// Look here.
    Warning,
    /// It failed, or will delete.
    Danger,
}

impl Mood {
    /// Its colours.
    pub fn tone(self, tokens: &Tokens) -> Tone {
        match self {
            Self::Neutral => Tone { text: tokens.text_secondary, fill: tokens.control, edge: tokens.border },
            Self::Info => tokens.info,
            Self::Success => tokens.success,
            Self::Warning => tokens.warning,
            Self::Danger => tokens.danger,
        }
    }

    /// Its icon, which says the same without colour.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Neutral | Self::Info => icons::INFO,
            Self::Success => icons::CHECK_CIRCLE,
            Self::Warning => icons::WARNING,
            Self::Danger => icons::ERROR,
        }
    }
}
