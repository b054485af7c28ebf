//! The scatter beside the table: how often each feature fires against how strongly.

use super::table::Densities;
use crate::features::{FeatureIndex, FeatureStats};

/// How often a feature fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// Share of points above the threshold.
    Density,
    /// Share of points for which it wins its block.
    #[default]
    Wins,
}

/// How strongly a feature fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strength {
    /// Largest activation.
    #[default]
    Max,
    /// Mean activation.
    Mean,
}

/// What the axes are: frequency to the right on a logarithmic scale, strength upwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Axes {
    /// To the right.
    pub frequency: Frequency,
    /// Upwards.
    pub strength: Strength,
}

/// A rectangle in the scatter, in the axes' own values, ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// Shares of points, from and to; from 0 where it holds the features that never fire.
    pub frequency: [f64; 2],
    /// Activations, from and to.
    pub strength: [f64; 2],
}

impl Brush {
    /// Whether a dot lies in it: frequency and strength.
    pub fn holds(&self, [frequency, strength]: [f64; 2]) -> bool {
        (self.frequency[0]..=self.frequency[1]).contains(&frequency)
            && (self.strength[0]..=self.strength[1]).contains(&strength)
    }
}

/// Where a share of zero stands, as a share of the width: a logarithmic axis has no place for it.
const ZERO: f32 = 0.03;
/// Where the axis itself begins.
const BEGIN: f32 = 0.07;

/// A feature's dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Share of the plot's width from its left.
    pub right: f32,
    /// Share of its height from its lower end.
    pub up: f32,
    /// The feature's block.
    pub block: u32,
    /// Whether the feature never wins.
    pub dead: bool,
}

/// Beyond so many features, dots that would lie on each other are drawn once.
const MANY: usize = 8_192;
/// Places that are told apart in either direction then, and colours: those of blocks repeat after eight, and dots that
/// the table does not show have one.
const CELLS: usize = 400;
const COLOURS: usize = 9;

/// The dots of all features.
#[derive(Debug, Default)]
pub struct Scatter {
    values: Vec<[f64; 2]>,
    dots: Vec<Dot>,
    /// The features whose dots are drawn: those that the table does not show, and those that it does.
    hidden: Vec<u32>,
    shown: Vec<u32>,
    decades: i32,
    top: f64,
}

impl Scatter {
    /// The dots by feature.
    pub fn dots(&self) -> &[Dot] {
        &self.dots
    }

    /// The features that the table does not show and whose dots are drawn. Of very many features that is one for each
    /// colour in each place.
    pub fn hidden(&self) -> &[u32] {
        &self.hidden
    }

    /// The same of the features that the table shows.
    pub fn shown(&self) -> &[u32] {
        &self.shown
    }

    /// Frequency and strength of a feature.
    pub fn value(&self, feature: usize) -> Option<[f64; 2]> {
        self.values.get(feature).copied()
    }

    /// Powers of ten that the frequency's axis covers, up to 1.
    pub fn decades(&self) -> i32 {
        self.decades
    }

    /// The strength at the upper end.
    pub fn top(&self) -> f64 {
        self.top
    }

    /// Where a frequency stands.
    pub fn right(&self, frequency: f64) -> f32 {
        if frequency <= 0.0 {
            return ZERO;
        }
        let along = 1.0 + frequency.log10() / f64::from(self.decades.max(1));
        BEGIN + (1.0 - BEGIN) * along.clamp(0.0, 1.0) as f32
    }

    /// Where a strength stands.
    pub fn up(&self, strength: f64) -> f32 {
        if self.top > 0.0 { (strength / self.top).clamp(0.0, 1.0) as f32 } else { 0.0 }
    }

    /// The frequency at a place; 0 left of where the axis begins.
    pub fn frequency_at(&self, right: f32) -> f64 {
        if right < BEGIN {
            return 0.0;
        }
        let along = f64::from((right.min(1.0) - BEGIN) / (1.0 - BEGIN));
        10f64.powf((along - 1.0) * f64::from(self.decades.max(1)))
    }

    /// The strength at a place.
    pub fn strength_at(&self, up: f32) -> f64 {
        f64::from(up.clamp(0.0, 1.0)) * self.top
    }

    /// What a rectangle between two places holds.
    pub fn brush(&self, a: [f32; 2], b: [f32; 2]) -> Brush {
        let (left, right) = (a[0].min(b[0]), a[0].max(b[0]));
        let (low, high) = (a[1].min(b[1]), a[1].max(b[1]));
        // Dots on the frame belong to what touches it.
        let end = |share: f32, value: f64| if share >= 1.0 { f64::INFINITY } else { value };
        Brush {
            frequency: [self.frequency_at(left), end(right, self.frequency_at(right))],
            strength: [self.strength_at(low), end(high, self.strength_at(high))],
        }
    }

    /// The feature of those that the table shows whose dot is nearest to a place, with its distance; both in points of a
    /// plot of this size.
    pub fn nearest(&self, at: [f32; 2], size: [f32; 2]) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        for feature in self.shown.iter().map(|feature| *feature as usize) {
            let Some(dot) = self.dots.get(feature) else { continue };
            let (x, y) = ((dot.right - at[0]) * size[0], (dot.up - at[1]) * size[1]);
            let square = x * x + y * y;
            if best.is_none_or(|(_, least)| square < least) {
                best = Some((feature, square));
            }
        }
        best.map(|(feature, square)| (feature, square.sqrt()))
    }

    /// Chooses the dots that are drawn.
    pub(super) fn choose(&mut self, is_shown: impl Fn(usize) -> bool) {
        self.hidden.clear();
        self.shown.clear();
        let many = self.dots.len() > MANY;
        let mut taken = vec![false; if many { CELLS * CELLS * COLOURS } else { 0 }];
        for (feature, dot) in self.dots.iter().enumerate() {
            let shown = is_shown(feature);
            let colour = if shown { dot.block as usize % (COLOURS - 1) } else { COLOURS - 1 };
            let cell = |share: f32| ((share * CELLS as f32) as usize).min(CELLS - 1);
            let place = (cell(dot.up) * CELLS + cell(dot.right)) * COLOURS + colour;
            if taken.get_mut(place).is_some_and(|taken| std::mem::replace(taken, true)) {
                continue;
            }
            let list = if shown { &mut self.shown } else { &mut self.hidden };
            list.push(feature as u32);
        }
    }

    pub(super) fn place(&mut self, index: &FeatureIndex, axes: Axes, densities: &Densities) {
        let stats = &index.table().features;
        self.values.clear();
        self.values.extend(stats.iter().map(|f| {
            let frequency = match axes.frequency {
                Frequency::Density => densities.of(f.index),
                Frequency::Wins => f.win_rate,
            };
            let strength = match axes.strength {
                Strength::Max => f64::from(f.max),
                Strength::Mean => f.mean,
            };
            [frequency, strength]
        }));
        self.decades = (index.points().max(10) as f64).log10().ceil() as i32;
        self.top = match axes.strength {
            Strength::Max => 1.0,
            Strength::Mean => rounded_up(self.values.iter().map(|v| v[1]).fold(0.0, f64::max)),
        };
        let dot = |(stats, [often, strong]): (&FeatureStats, &[f64; 2])| Dot {
            right: self.right(*often),
            up: self.up(*strong),
            block: stats.block as u32,
            dead: stats.is_dead(),
        };
        self.dots = stats.iter().zip(&self.values).map(dot).collect();
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn rounded_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|up| *up >= value * 0.999_999).unwrap_or(value)
}
