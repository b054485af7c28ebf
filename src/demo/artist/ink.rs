//! Inks, and the colours that have a name.

use rand::Rng;
use serde::{Deserialize, Serialize};

/// A colour to draw with: red, green, blue and opacity, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    red: f32,
    green: f32,
    blue: f32,
    alpha: f32,
}

impl Ink {
    /// White.
    pub const WHITE: Self = Self::rgb(255, 255, 255);

    /// An opaque ink from 8-bit parts.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red: red as f32 / 255.0, green: green as f32 / 255.0, blue: blue as f32 / 255.0, alpha: 1.0 }
    }

    /// The same with another opacity.
    pub fn alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// Towards another ink: 0 is this one, 1 the other.
    pub fn mix(self, other: Self, share: f32) -> Self {
        let part = |a: f32, b: f32| a + (b - a) * share;
        Self {
            red: part(self.red, other.red),
            green: part(self.green, other.green),
            blue: part(self.blue, other.blue),
            alpha: part(self.alpha, other.alpha),
        }
    }

    /// Towards white, with the opacity kept.
    pub fn lighter(self, share: f32) -> Self {
        self.mix(Self::WHITE.alpha(self.alpha), share)
    }

    /// Towards a warm black, with the opacity kept.
    pub fn darker(self, share: f32) -> Self {
        self.mix(Self::rgb(24, 12, 8).alpha(self.alpha), share)
    }

    /// A little off, so that no two are the same.
    pub fn varied(self, rng: &mut impl Rng, amount: f32) -> Self {
        let light = rng.random_range(-amount..=amount);
        let mut part = |v: f32| (v + light + rng.random_range(-amount..=amount) * 0.4).clamp(0.0, 1.0);
        Self { red: part(self.red), green: part(self.green), blue: part(self.blue), alpha: self.alpha }
    }

    pub(super) fn colour(self) -> tiny_skia::Color {
        let part = |v: f32| v.clamp(0.0, 1.0);
        tiny_skia::Color::from_rgba(part(self.red), part(self.green), part(self.blue), part(self.alpha))
            .expect("parts between 0 and 1")
    }
}

/// The colours that a caption names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
    /// Pink.
    Pink,
    /// Brown.
    Brown,
    /// White.
    White,
    /// Black.
    Black,
}

impl Colour {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::Brown,
        Self::White,
        Self::Black,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::Brown => "brown",
            Self::White => "white",
            Self::Black => "black",
        }
    }

    /// Its middle shade.
    pub const fn ink(self) -> Ink {
        match self {
            Self::Red => Ink::rgb(208, 44, 44),
            Self::Orange => Ink::rgb(238, 132, 38),
            Self::Yellow => Ink::rgb(246, 205, 66),
            Self::Green => Ink::rgb(92, 160, 62),
            Self::Blue => Ink::rgb(66, 122, 206),
            Self::Purple => Ink::rgb(128, 72, 168),
            Self::Pink => Ink::rgb(242, 142, 172),
            Self::Brown => Ink::rgb(132, 82, 46),
            Self::White => Ink::rgb(246, 240, 230),
            Self::Black => Ink::rgb(52, 46, 48),
        }
    }
}
