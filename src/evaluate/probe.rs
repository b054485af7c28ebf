//! A linear probe: what a linear layer can read of a label in a code.

use crate::error::Result;
use crate::job::Control;
use crate::linalg::{Rows, dot_f64, product};

/// Steps of the minimiser, at most.
const STEPS: usize = 300;
/// It ends where the largest slope is below this.
const FLAT: f64 = 1e-5;
/// Earlier steps that the curvature is taken from.
const MEMORY: usize = 10;

/// How well labels are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// The share that is right.
    pub accuracy: f64,
    /// F1 of each label, averaged over those that any point has or is told to have.
    pub macro_f1: f64,
}

/// Multinomial logistic regression: softmax(W x + b).
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    kinds: usize,
    width: usize,
    /// For each label its weights and its bias.
    values: Vec<f64>,
}

impl Probe {
    /// The weights with the least sum of cross entropies and |W|^2 / 2c, biases free, by L-BFGS over all points at once
    /// (Nocedal and Wright, "Numerical optimization", algorithm 7.5). Labels are numbers below `kinds`.
    ///
    /// # Panics
    /// If there are not as many labels as points, or none.
    pub fn fit(points: Rows, labels: &[u32], kinds: usize, c: f64, control: &Control) -> Result<Self> {
        assert!(points.len() == labels.len() && !points.is_empty(), "a label for each point");
        let (n, width) = (points.len() as f64, points.width());
        let turned = points.transposed();
        let turned = Rows::new(&turned, points.len());
        let mut probe = Self { kinds, width, values: vec![0f64; kinds * (width + 1)] };
        let start = probe.values.clone();
        probe.values = minimise(start, control, |values, slopes| {
            let logits = logits(points, values, kinds, control)?;
            let mut loss = 0.0;
            let mut errors = vec![0f32; kinds * labels.len()];
            for (i, (row, label)) in logits.chunks(kinds).zip(labels).enumerate() {
                let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = row.iter().map(|z| (z - max).exp()).sum();
                loss += max + sum.ln() - row[*label as usize];
                for (kind, z) in row.iter().enumerate() {
                    let p = (z - max).exp() / sum - f64::from(u8::from(kind == *label as usize));
                    errors[kind * labels.len() + i] = p as f32;
                }
            }
            let errors = Rows::new(&errors, labels.len());
            let across = product(turned, errors, control)?;
            for kind in 0..kinds {
                let own = &values[kind * (width + 1)..][..=width];
                let slope = &mut slopes[kind * (width + 1)..][..=width];
                for i in 0..width {
                    slope[i] = (f64::from(across[i * kinds + kind]) + own[i] / c) / n;
                }
                slope[width] = errors.row(kind).iter().map(|e| f64::from(*e)).sum::<f64>() / n;
                loss += dot_f64(&own[..width], &own[..width]) / (2.0 * c);
            }
            Ok(loss / n)
        })?;
        Ok(probe)
    }

    /// The likeliest label of each point.
    pub fn predict(&self, points: Rows, control: &Control) -> Result<Vec<u32>> {
        let logits = logits(points, &self.values, self.kinds, control)?;
        let likeliest = |row: &[f64]| {
            row.iter().enumerate().fold(0, |best, (kind, z)| if *z > row[best] { kind } else { best }) as u32
        };
        Ok(logits.chunks(self.kinds).map(likeliest).collect())
    }

    /// A label's weights, and its bias behind them.
    pub fn of(&self, kind: usize) -> &[f64] {
        &self.values[kind * (self.width + 1)..][..=self.width]
    }
}

fn logits(points: Rows, values: &[f64], kinds: usize, control: &Control) -> Result<Vec<f64>> {
    let width = points.width();
    let weights: Vec<f32> = values.chunks(width + 1).flat_map(|own| own[..width].iter().map(|w| *w as f32)).collect();
    let products = product(points, Rows::new(&weights, width), control)?;
    let biases = values.chunks(width + 1).map(|own| own[width]);
    Ok(products.chunks(kinds).flat_map(|row| row.iter().zip(biases.clone()).map(|(z, b)| f64::from(*z) + b)).collect())
}

/// Fits a probe on some points and asks it of others. Points are first moved and scaled, all alike, so that the first
/// have mean 0 and mean square length 1: what a code is worth does not depend on its scale. c = 1. None where there are
/// no points to ask of, or the first have fewer than two labels.
pub fn probe(
    (points, labels): (Rows, &[u32]),
    (asked, answers): (Rows, &[u32]),
    kinds: usize,
    control: &Control,
) -> Result<Option<Told>> {
    if asked.is_empty() || labels.iter().all(|label| Some(label) == labels.first()) {
        return Ok(None);
    }
    let mean = points.mean();
    let (mut own, mut other) = (points.less(&mean), asked.less(&mean));
    let square = dot_f64(&own, &own) / points.len() as f64;
    let scale = if square > 0.0 { (1.0 / square.sqrt()) as f32 } else { 1.0 };
    own.iter_mut().chain(&mut other).for_each(|x| *x *= scale);
    let probe = Probe::fit(Rows::new(&own, points.width()), labels, kinds, 1.0, control)?;
    let found = probe.predict(Rows::new(&other, asked.width()), control)?;
    Ok(Some(told(answers, &found)))
}

/// How well labels are told.
///
/// # Panics
/// If there are not as many of both.
pub fn told(labels: &[u32], found: &[u32]) -> Told {
    assert_eq!(labels.len(), found.len(), "an answer for each point");
    let kinds = labels.iter().chain(found).max().map_or(0, |kind| *kind as usize + 1);
    let (mut right, mut had, mut named) = (vec![0u64; kinds], vec![0u64; kinds], vec![0u64; kinds]);
    for (label, found) in labels.iter().zip(found) {
        had[*label as usize] += 1;
        named[*found as usize] += 1;
        right[*label as usize] += u64::from(label == found);
    }
    let scores: Vec<f64> = (0..kinds)
        .filter(|kind| had[*kind] + named[*kind] > 0)
        .map(|kind| 2.0 * right[kind] as f64 / (had[kind] + named[kind]) as f64)
        .collect();
    Told {
        accuracy: right.iter().sum::<u64>() as f64 / labels.len().max(1) as f64,
        macro_f1: scores.iter().sum::<f64>() / scores.len().max(1) as f64,
    }
}

/// Minimises a smooth convex function, which is given as its value and, into the second argument, its slopes.
fn minimise(
    mut x: Vec<f64>,
    control: &Control,
    mut of: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
) -> Result<Vec<f64>> {
    let mut slopes = vec![0f64; x.len()];
    let mut value = of(&x, &mut slopes)?;
    // Steps and how the slopes changed over them, the latest last.
    let mut steps: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..STEPS {
        control.check_whole()?;
        if slopes.iter().all(|s| s.abs() < FLAT) {
            break;
        }
        let mut direction: Vec<f64> = slopes.iter().map(|s| -s).collect();
        let mut shares = Vec::with_capacity(steps.len());
        for (step, change) in steps.iter().rev() {
            let share = dot_f64(step, &direction) / dot_f64(step, change);
            direction.iter_mut().zip(change).for_each(|(d, y)| *d -= share * y);
            shares.push(share);
        }
        if let Some((step, change)) = steps.last() {
            let scale = dot_f64(step, change) / dot_f64(change, change);
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for ((step, change), share) in steps.iter().zip(shares.into_iter().rev()) {
            let other = dot_f64(change, &direction) / dot_f64(step, change);
            direction.iter_mut().zip(step).for_each(|(d, s)| *d += (share - other) * s);
        }
        let fall = dot_f64(&direction, &slopes);
        // The first step has no curvature to go by.
        let mut length = if steps.is_empty() { 1.0 / dot_f64(&slopes, &slopes).sqrt() } else { 1.0 };
        let mut next_slopes = vec![0f64; x.len()];
        let reached = loop {
            let next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let next_value = of(&next, &mut next_slopes)?;
            if next_value <= value + 1e-4 * length * fall {
                break Some((next, next_value));
            }
            length /= 2.0;
            if length < 1e-10 {
                break None;
            }
        };
        // No nearer within the digits of float32.
        let Some((next, next_value)) = reached else { break };
        let step: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = next_slopes.iter().zip(&slopes).map(|(a, b)| a - b).collect();
        if dot_f64(&step, &change) > 1e-12 * dot_f64(&change, &change) {
            if steps.len() == MEMORY {
                steps.remove(0);
            }
            steps.push((step, change));
        }
        (x, value, slopes) = (next, next_value, next_slopes);
    }
    Ok(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::cluster::tests::asked;
    use crate::linalg::rows::tests::drawn;

    /// LogisticRegression of scikit-learn 1.9.1 over the same 45 points, with tol = 1e-10.
    #[test]
    fn the_weights_are_those_of_scikit_learn() {
        let (points, labels) = asked();
        let points = Rows::new(&points[..45 * 3], 3);
        let twin = [
            [0.782_800_842_110_377, -0.298_925_788_745_613_2, -0.750_457_941_152_462, 0.315_481_942_299_854_05],
            [-0.505_864_667_195_297_7, 0.809_063_344_859_801_6, -1.823_600_883_248_82, 0.271_758_623_119_550_3],
            [-0.276_936_174_915_079_4, -0.510_137_556_114_188_7, 2.574_058_824_401_282, -0.587_240_565_419_404_2],
        ];
        let found = Probe::fit(points, &labels[..45], 3, 1.0, &Control::new()).unwrap();
        for (kind, twin) in twin.iter().enumerate() {
            for (own, twin) in found.of(kind).iter().zip(twin) {
                assert!((own - twin).abs() < 2e-3, "{:?} {twin}", found.of(kind));
            }
        }
    }

    #[test]
    fn points_apart_are_told_as_scikit_learn_tells_them() {
        let (points, labels) = asked();
        let (own, other) = points.split_at(45 * 3);
        let (own, other) = (Rows::new(own, 3), Rows::new(other, 3));
        for (c, accuracy, f1) in [(1.0, 14.0 / 15.0, 0.932_659_932_659_932_6), (10.0, 1.0, 1.0)] {
            let probe = Probe::fit(own, &labels[..45], 3, c, &Control::new()).unwrap();
            let found = told(&labels[45..], &probe.predict(other, &Control::new()).unwrap());
            assert!((found.accuracy - accuracy).abs() < 1e-9 && (found.macro_f1 - f1).abs() < 1e-9, "{found:?}");
        }
    }

    #[test]
    fn f1_is_averaged_over_labels() {
        let found = told(&[0, 0, 1, 1, 2, 2], &[0, 1, 1, 1, 0, 0]);
        assert!((found.accuracy - 0.5).abs() < 1e-12 && (found.macro_f1 - 0.4).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn scale_and_place_do_not_matter_and_one_label_is_none() {
        let points = drawn(200, 6, 9);
        let labels: Vec<u32> = points.chunks(6).map(|x| u32::from(x[0] + 0.5 * x[1] > 0.2)).collect();
        let moved: Vec<f32> = points.iter().map(|x| 40.0 * x + 7.0).collect();
        let ask = |all: &[f32]| {
            let (own, other) = all.split_at(150 * 6);
            let (own, other) = ((Rows::new(own, 6), &labels[..150]), (Rows::new(other, 6), &labels[150..]));
            probe(own, other, 2, &Control::new()).unwrap().unwrap()
        };
        let (one, two) = (ask(&points), ask(&moved));
        assert!(one.accuracy > 0.9 && (one.accuracy - two.accuracy).abs() < 1e-9, "{one:?} {two:?}");
        let rows = Rows::new(&points, 6);
        assert_eq!(probe((rows, &[1; 200]), (rows, &[1; 200]), 2, &Control::new()).unwrap(), None);
    }
}
