//! Series of a plot: all points kept, few drawn, and every extreme among them.

use std::sync::atomic::{AtomicU64, Ordering};

/// Points under a node of the lowest level, and nodes under a node of the next.
const FAN: usize = 16;

/// How an axis is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Equal distances for equal differences.
    #[default]
    Linear,
    /// Equal distances for equal ratios; values at or under 0 have no place.
    Log,
}

impl Scale {
    /// The place of a value on the axis: itself, or its decimal logarithm.
    pub fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.log10(),
        }
    }

    /// The value at a place.
    pub fn value(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Log => 10f64.powf(place),
        }
    }
}

/// Points in the order of their x, to be drawn as a line.
///
/// Over them lies a tree that knows the smallest and the largest y of every 16, 256, 4,096 ... points, so that a line
/// through a million points is found for a plot's columns without going through the points.
#[derive(Debug)]
pub struct Series {
    name: u64,
    x: Vec<f64>,
    y: Vec<f32>,
    /// For each level the nodes' smallest and largest points, by index; only whole nodes.
    levels: Vec<Vec<(u32, u32)>>,
    /// The smallest y above 0.
    least: f32,
}

impl Default for Series {
    fn default() -> Self {
        static NAMES: AtomicU64 = AtomicU64::new(1);
        let name = NAMES.fetch_add(1, Ordering::Relaxed);
        Self { name, x: Vec::new(), y: Vec::new(), levels: Vec::new(), least: f32::INFINITY }
    }
}

impl Series {
    /// Adds a point. One that is not finite, or lies left of the last, has no place in a line and is left out.
    pub fn push(&mut self, x: f64, y: f32) {
        if !x.is_finite() || !y.is_finite() || self.x.last().is_some_and(|last| x < *last) {
            return;
        }
        self.x.push(x);
        self.y.push(y);
        if y > 0.0 {
            self.least = self.least.min(y);
        }
        let mut length = self.y.len();
        let mut level = 0;
        while length.is_multiple_of(FAN) {
            length /= FAN;
            let node = if level == 0 {
                self.best((length - 1) * FAN..length * FAN)
            } else {
                let below = &self.levels[level - 1][(length - 1) * FAN..length * FAN];
                below.iter().copied().reduce(|a, b| self.merge(a, b)).unwrap_or_default()
            };
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(node);
            level += 1;
        }
    }

    /// Points.
    pub fn len(&self) -> usize {
        self.y.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    /// Which series this is, and how far it has come: what is drawn of it changes only when this does.
    pub fn version(&self) -> (u64, usize) {
        (self.name, self.len())
    }

    /// A point.
    pub fn get(&self, i: usize) -> Option<(f64, f32)> {
        Some((*self.x.get(i)?, *self.y.get(i)?))
    }

    /// The last point.
    pub fn last(&self) -> Option<(f64, f32)> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The points, in order.
    pub fn points(&self) -> impl Iterator<Item = (f64, f32)> {
        self.x.iter().copied().zip(self.y.iter().copied())
    }

    /// The smallest y above 0, where a logarithmic axis puts what is not above 0; 1 where there is none.
    pub fn least(&self) -> f32 {
        if self.least.is_finite() { self.least } else { 1.0 }
    }

    /// The indices of the smallest and the largest y among points `range`, of equal ones the first; none where it is
    /// empty.
    pub fn extremes(&self, range: std::ops::Range<usize>) -> Option<(usize, usize)> {
        let end = range.end.min(self.len());
        let mut at = range.start;
        let mut found: Option<(u32, u32)> = None;
        while at < end {
            let (mut level, mut size, mut node) = (0, 1, None);
            while at.is_multiple_of(size * FAN) && at + size * FAN <= end {
                match self.levels.get(level).and_then(|nodes| nodes.get(at / (size * FAN))) {
                    Some(next) => node = Some(*next),
                    None => break,
                }
                size *= FAN;
                level += 1;
            }
            let node = node.unwrap_or((at as u32, at as u32));
            found = Some(found.map_or(node, |before| self.merge(before, node)));
            at += size;
        }
        found.map(|(low, high)| (low as usize, high as usize))
    }

    fn best(&self, range: std::ops::Range<usize>) -> (u32, u32) {
        range.map(|i| (i as u32, i as u32)).reduce(|a, b| self.merge(a, b)).unwrap_or_default()
    }

    /// The earlier node comes first.
    fn merge(&self, a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
        let y = |i: u32| self.y[i as usize];
        (if y(b.0) < y(a.0) { b.0 } else { a.0 }, if y(b.1) > y(a.1) { b.1 } else { a.1 })
    }

    /// The points to draw so that a line through them looks as one through all, with x from `from` to `to` on an axis
    /// of that many columns of pixels: in each column the smallest and the largest, and the first point beyond either
    /// end. At most 2 * (columns + 2) + 2 points; all of them where there are no more. Columns begin at multiples of
    /// their width, a power of two, so that they stay where they are while points are added.
    pub fn drawn(&self, from: f64, to: f64, columns: usize, scale: Scale, out: &mut Vec<(f64, f32)>) {
        out.clear();
        let start = self.x.partition_point(|x| *x < from).saturating_sub(1);
        let end = (self.x.partition_point(|x| *x <= to) + 1).min(self.len());
        let columns = columns.max(1);
        if end.saturating_sub(start) <= 2 * columns + 2 {
            out.extend((start..end).filter_map(|i| self.get(i)));
            return;
        }
        let push = |out: &mut Vec<(f64, f32)>, i: usize| {
            let point = (self.x[i], self.y[i]);
            if out.last() != Some(&point) {
                out.push(point);
            }
        };
        push(out, start);
        // Of what a logarithmic axis has no place for, all is left of the rest.
        let place = |i: usize| match scale {
            Scale::Linear => self.x[i],
            Scale::Log => self.x[i].max(f64::MIN_POSITIVE).log10(),
        };
        let width = (place(end - 2) - place(start + 1)) / columns as f64;
        let width = width.log2().ceil().exp2().max(f64::MIN_POSITIVE);
        let mut at = start + 1;
        while at < end - 1 {
            let edge = ((place(at) / width).floor() + 1.0) * width;
            let (mut low, mut high) = (at + 1, end - 1);
            while low < high {
                let middle = low + (high - low) / 2;
                if place(middle) < edge { low = middle + 1 } else { high = middle }
            }
            if let Some((lowest, highest)) = self.extremes(at..low) {
                push(out, lowest.min(highest));
                push(out, lowest.max(highest));
            }
            at = low;
        }
        push(out, end - 1);
    }
}

/// An exponential moving average whose early values are not drawn towards 0: e = b e + (1 - b) y, given as e / (1 - b^t),
/// which is Adam's bias correction (Kingma and Ba, 2015, algorithm 1).
#[derive(Clone, Copy, Debug)]
pub struct Smooth {
    decay: f64,
    mean: f64,
    weight: f64,
}

impl Smooth {
    /// With the share `decay` of the past kept at every step, 0 (nothing) to below 1.
    pub fn new(decay: f64) -> Self {
        Self { decay: decay.clamp(0.0, 0.999_999), mean: 0.0, weight: 0.0 }
    }

    /// The average after another value.
    pub fn next(&mut self, y: f32) -> f32 {
        self.mean = self.decay * self.mean + (1.0 - self.decay) * f64::from(y);
        self.weight = self.decay * self.weight + (1.0 - self.decay);
        (self.mean / self.weight) as f32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn series(values: &[f32]) -> Series {
        let mut series = Series::default();
        values.iter().enumerate().for_each(|(i, y)| series.push(i as f64 + 1.0, *y));
        series
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_a_search_finds(
            values in proptest::collection::vec(-3i8..3, 0..700), a in 0usize..700, b in 0usize..700,
        ) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let series = series(&values);
            let range = a.min(b).min(values.len())..a.max(b).min(values.len());
            let search = |better: fn(f32, f32) -> bool| {
                range.clone().reduce(|best, i| if better(values[i], values[best]) { i } else { best })
            };
            let expected = search(|y, best| y < best).zip(search(|y, best| y > best));
            prop_assert_eq!(series.extremes(range), expected);
        }

        #[test]
        fn what_is_drawn_is_few_in_order_and_has_every_extreme(
            values in proptest::collection::vec(0.0f32..1.0, 1..5_000),
            columns in 1usize..300, from in 0.0f64..1.2, to in 0.0f64..1.2, log in any::<bool>(),
        ) {
            let series = series(&values);
            let scale = if log { Scale::Log } else { Scale::Linear };
            let (from, to) = (from.min(to) * values.len() as f64, from.max(to) * values.len() as f64);
            let mut out = Vec::new();
            series.drawn(from, to, columns, scale, &mut out);
            prop_assert!(out.len() <= 2 * (columns + 2) + 2, "{} points for {columns} columns", out.len());
            prop_assert!(out.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, none twice");
            prop_assert!(out.iter().all(|(x, y)| values[*x as usize - 1] == *y), "points of the series");
            let inside: Vec<usize> = (1..=values.len()).filter(|x| (from..=to).contains(&(*x as f64))).collect();
            let has = |x: usize| out.iter().any(|point| point.0 == x as f64);
            if let (Some(first), Some(last)) = (inside.first(), inside.last()) {
                prop_assert!(has((first - 1).max(1)), "the line goes on beyond the left end");
                prop_assert!(has((last + 1).min(values.len())), "and beyond the right");
            }
            // In every column of the promised width the smallest and the largest are there.
            let width = (scale.place(to.max(1.0)) - scale.place(from.max(1.0))) / columns as f64;
            let all = |points: &mut dyn Iterator<Item = f32>| points.fold((f32::MAX, f32::MIN), |(a, b), y| (a.min(y), b.max(y)));
            let of_series = all(&mut inside.iter().map(|x| values[x - 1]));
            let of_drawn = all(&mut out.iter().filter(|p| (from..=to).contains(&p.0)).map(|p| p.1));
            prop_assert_eq!(of_drawn, of_series);
            for x in &inside {
                let near = out.iter().filter(|p| (scale.place(p.0) - scale.place(*x as f64)).abs() <= 2.0 * width + 1e-9);
                let (low, high) = all(&mut near.map(|p| p.1));
                prop_assert!(low <= values[x - 1] && values[x - 1] <= high, "step {x} stands out of what is drawn near it");
            }
        }
    }

    #[test]
    fn a_million_steps_are_drawn_through_a_few_thousand_points_without_new_memory() {
        let mut series = Series::default();
        for i in 0..1_000_000u32 {
            // One spike that must not be lost.
            let y = if i == 777_777 { 9.0 } else { (f64::from(i) * 0.1).sin() as f32 };
            series.push(f64::from(i), y);
        }
        let mut out = Vec::new();
        series.drawn(0.0, 1e6, 1_000, Scale::Linear, &mut out);
        assert!(out.contains(&(777_777.0, 9.0)));
        assert!(out.len() <= 2_006, "{}", out.len());
        let room = (out.as_ptr(), out.capacity());
        for shift in 0..50 {
            series.drawn(f64::from(shift), 1e6 - f64::from(shift), 900, Scale::Linear, &mut out);
        }
        assert_eq!((out.as_ptr(), out.capacity()), room, "the memory is used again");
    }

    #[test]
    fn columns_stay_where_they_are_while_points_come_in() {
        let mut series = Series::default();
        let y = |i: u32| (f64::from(i) * 0.7).sin() as f32;
        (0..40_000).for_each(|i| series.push(f64::from(i), y(i)));
        let (mut before, mut after) = (Vec::new(), Vec::new());
        series.drawn(0.0, 40_000.0, 1_000, Scale::Linear, &mut before);
        (40_000..40_010).for_each(|i| series.push(f64::from(i), y(i)));
        series.drawn(0.0, 40_010.0, 1_000, Scale::Linear, &mut after);
        let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        assert!(same + 4 >= before.len(), "all but the newest: {same} of {}", before.len());
    }

    #[test]
    fn points_without_a_place_are_left_out() {
        let mut series = Series::default();
        for (x, y) in [(1.0, 0.5), (2.0, f32::NAN), (3.0, 0.0), (2.0, 1.0), (f64::INFINITY, 1.0), (4.0, 0.25)] {
            series.push(x, y);
        }
        assert_eq!(series.points().collect::<Vec<_>>(), [(1.0, 0.5), (3.0, 0.0), (4.0, 0.25)]);
        assert_eq!(series.least(), 0.25);
        assert_eq!(Series::default().least(), 1.0);
        assert_ne!(Series::default().version(), Series::default().version(), "two are never taken for one");
    }

    #[test]
    fn the_average_begins_at_the_first_value_and_follows() {
        let mut smooth = Smooth::new(0.9);
        assert_eq!(smooth.next(2.0), 2.0, "not drawn towards 0");
        // (0.9 * 0.1 * 2 + 0.1 * 4) / (1 - 0.81)
        assert!((f64::from(smooth.next(4.0)) - 0.58 / 0.19).abs() < 1e-6);
        let mut last = 0.0;
        (0..200).for_each(|_| last = smooth.next(1.0));
        assert!((last - 1.0).abs() < 1e-5);
        let mut none = Smooth::new(0.0);
        assert_eq!([3.0, 1.0, 2.0].map(|y| none.next(y)), [3.0, 1.0, 2.0]);
    }
}
