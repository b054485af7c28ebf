//! The scatter beside the table: how often each feature fires against how strongly.

use super::table::Densities;
use crate::features::FeatureIndex;

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

/// The dots, in shares of the width and height, from the lower left corner.
#[derive(Debug, Default)]
pub struct Scatter {
    values: Vec<[f64; 2]>,
    dots: Vec<[f32; 2]>,
    decades: i32,
    top: f64,
}

impl Scatter {
    /// The dots by feature: to the right and up, each from 0 to 1.
    pub fn dots(&self) -> &[[f32; 2]] {
        &self.dots
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

    /// The feature whose dot is nearest to a place, among those that `among` lets, with its distance; both in points of
    /// a plot of this size.
    pub fn nearest(&self, at: [f32; 2], size: [f32; 2], among: impl Fn(usize) -> bool) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        for (feature, dot) in self.dots.iter().enumerate() {
            let (x, y) = ((dot[0] - at[0]) * size[0], (dot[1] - at[1]) * size[1]);
            let square = x * x + y * y;
            if best.is_none_or(|(_, least)| square < least) && among(feature) {
                best = Some((feature, square));
            }
        }
        best.map(|(feature, square)| (feature, square.sqrt()))
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
        self.dots = self.values.iter().map(|[often, strong]| [self.right(*often), self.up(*strong)]).collect();
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
