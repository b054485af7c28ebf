//! The window: how it looks, what it shows, what it listens to.

pub mod fonts;
pub mod format;
pub mod icon;
pub mod icons;
pub mod theme;
pub mod widgets;
