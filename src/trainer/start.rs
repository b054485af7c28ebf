//! Where codes start from: each block divides its share of the vectors' main directions into as many parts as it has
//! features, as product quantisation would.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::fit::{RIDGE, keep};
use super::network::{Scales, Start};
use crate::encoder::Stored;
use crate::error::Result;
use crate::job::Control;
use crate::linalg::directions::{Leading, principal_axes};
use crate::linalg::kmeans::{First, Search, k_means};
use crate::linalg::squares::{LeastSquares, PAGE};
use crate::linalg::{self, Rows};

/// Points that are looked at.
const POINTS: usize = 16_384;

/// Main directions, over all blocks.
const DIRECTIONS: usize = 96;

/// Rounds of k-means, at most.
const CLUSTERING: usize = 15;

/// How much steeper a block's logits are than the squared distances to its centres, for vectors of unit squares.
const STEEPNESS: f32 = 19.0;

/// How to start.
pub struct Settings {
    /// Blocks.
    pub blocks: usize,
    /// Features in a block.
    pub block_size: usize,
    /// Learning rate of the decoder, as a share of that of the weights.
    pub decoder_rate: f32,
    /// The learnt temperature, in the objective's form.
    pub temperature: f32,
}

/// Weights and biases such that a block's logit is -s |A y - c|^2, but for what all of its features share: A are the
/// directions that the block has, c a centre that k-means found there. And a decoder by least squares from the winners.
///
/// `vectors`, n x `dim`, are centred. A stop does not end it: what is kept of a training is at least this.
pub fn start(
    vectors: &[f32],
    dim: usize,
    settings: &Settings,
    mut rng: ChaCha8Rng,
    control: &Control,
) -> Result<Start> {
    let &Settings { blocks, block_size, decoder_rate, temperature } = settings;
    let control = &control.past_stop();
    let n = vectors.len() / dim;
    let sample: Vec<f32> =
        (0..n.min(POINTS)).flat_map(|i| &vectors[i * n / n.min(POINTS) * dim..][..dim]).copied().collect();
    let directions = principal_axes(Rows::new(&sample, dim), DIRECTIONS, &mut rng, control)?;
    let groups = share_out(&directions, dim, blocks);
    let rngs: Vec<ChaCha8Rng> = (0..blocks).map(|_| ChaCha8Rng::from_rng(&mut rng)).collect();
    let found: Vec<(Vec<f32>, Vec<f32>)> = groups
        .par_iter()
        .zip(rngs)
        .map(|(group, mut rng)| {
            let mut seen = vec![0f32; sample.len() / dim * (group.len() / dim)];
            linalg::product_transposed(&sample, group, dim, &mut seen);
            let centres = centres(Rows::new(&seen, group.len() / dim), block_size, &mut rng, control)?;
            Ok(weights(group, &centres, dim))
        })
        .collect::<Result<_>>()?;
    let rows: Vec<f32> = found.iter().flat_map(|f| &f.0).copied().collect();
    let bias: Vec<f32> = found.iter().flat_map(|f| &f.1).copied().collect();
    let outputs = blocks * block_size;
    let mut fit = LeastSquares::new(outputs, dim);
    for page in sample.chunks(PAGE * dim) {
        control.check()?;
        let mut z = vec![0f32; page.len() / dim * outputs];
        linalg::product_transposed(page, &rows, dim, &mut z);
        for row in z.chunks_mut(outputs) {
            row.iter_mut().zip(&bias).for_each(|(z, b)| *z += b);
            keep(row, block_size, Stored::Winners);
        }
        fit.add(&z, page);
    }
    let decoder = fit.solve(RIDGE, control)?;
    // A step of Adam changes all entries alike, by a share of what is usual among them.
    let usual = |values: &[f32]| {
        let mean = values.iter().map(|v| f64::from(v.abs())).sum::<f64>() / values.len() as f64;
        if mean > 0.0 { mean as f32 } else { 1.0 }
    };
    let scales = Scales { weight: usual(&rows), bias: usual(&bias), decoder: usual(&decoder) * decoder_rate };
    Ok(Start { weights: linalg::transposed(&rows, dim), bias, decoder, scales, temperature })
}

/// Gives each block as many directions as any other, and about as much of the spread: each goes to the block that has least
/// so far. Where there are fewer directions than blocks, some have the same one.
fn share_out(directions: &Leading, dim: usize, blocks: usize) -> Vec<Vec<f32>> {
    let each = (directions.values.len() / blocks).max(1);
    let mut groups = vec![(0f64, Vec::new()); blocks];
    let one_by_one = directions.values.iter().zip(directions.vectors.chunks(dim));
    for (spread, direction) in one_by_one.cycle().take(each * blocks) {
        let open = groups.iter_mut().filter(|(_, group)| group.len() < each * dim);
        if let Some((sum, group)) = open.min_by(|a, b| a.0.total_cmp(&b.0)) {
            *sum += spread;
            group.extend_from_slice(direction);
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// `count` centres, count x `width`, of points, n x `width`. More centres than points stand on points again.
fn centres(points: Rows, count: usize, rng: &mut ChaCha8Rng, control: &Control) -> Result<Vec<f32>> {
    // Features are to win about as often as each other: centres that begin apart find a little less in the end.
    let search = Search { k: count, first: First::Drawn, starts: 1, rounds: CLUSTERING };
    let found = k_means(points, search, rng, control)?.centres;
    Ok(found.into_iter().cycle().take(count * points.width()).collect())
}

/// Rows of weights and biases with logits s (2 c . A y - |c|^2), for the rows A of `group` and each of the `centres` c.
fn weights(group: &[f32], centres: &[f32], dim: usize) -> (Vec<f32>, Vec<f32>) {
    let width = group.len() / dim;
    let mut rows = vec![0f32; centres.len() / width * dim];
    linalg::product_transposed(centres, &linalg::transposed(group, dim), width, &mut rows);
    rows.iter_mut().for_each(|w| *w *= 2.0 * STEEPNESS);
    let bias = centres.chunks(width).map(|c| -STEEPNESS * linalg::dot(c, c)).collect();
    (rows, bias)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Use, generator};

    /// n points in 6 dimensions that differ by 8, 4, 2, 1, .5 and .25 along turned axes.
    fn points(n: usize) -> Vec<f32> {
        let turn = |x: [f32; 6]| {
            let (c, s) = (0.6, 0.8);
            [c * x[0] - s * x[3], x[1], c * x[2] - s * x[5], s * x[0] + c * x[3], x[4], s * x[2] + c * x[5]]
        };
        let spread = [8.0, 4.0, 2.0, 1.0, 0.5, 0.25f32];
        (0..n)
            .flat_map(|i| {
                turn(std::array::from_fn(|d| {
                    ((i * (d + 3) * 37) as f32 * 0.618_034).fract() * spread[d] - spread[d] / 2.0
                }))
            })
            .collect()
    }

    #[test]
    fn blocks_share_the_directions_evenly() {
        let values = [8.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.1];
        let first = |n: usize| Leading { values: values[..n].to_vec(), vectors: (0..n).map(|i| i as f32).collect() };
        assert_eq!(share_out(&first(7), 1, 2), [vec![0.0, 4.0, 5.0], vec![1.0, 2.0, 3.0]]);
        let few = share_out(&first(2), 1, 5);
        assert!(few.iter().all(|group| group.len() == 1), "{few:?}");
    }

    #[test]
    fn centres_are_found_and_logits_are_distances() {
        let clusters = [[0.0f32, 0.0], [5.0, 0.0], [0.0, 5.0]];
        let points: Vec<f32> =
            (0..300).flat_map(|i| clusters[i % 3].map(|c| c + ((i * 7 % 11) as f32 - 5.0) * 0.02)).collect();
        let find = |points, count| {
            centres(Rows::new(points, 2), count, &mut generator(2, Use::Start), &Control::new()).unwrap()
        };
        let mut found = find(&points, 3);
        for cluster in clusters {
            assert!(found.chunks(2).any(|c| linalg::euclid(c, &cluster) < 0.05), "{found:?}");
        }
        // More centres than points leave some of them together.
        assert_eq!(find(&points[..4], 5), [&points[..4], &points[..4], &points[..2]].concat());
        // Two of three directions of a space.
        found.truncate(6);
        let group = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let (rows, bias) = weights(&group, &found, 3);
        let x = [0.3f32, 9.0, -0.4];
        let logits: Vec<f32> = rows.chunks(3).zip(&bias).map(|(w, b)| linalg::dot(w, &x) + b).collect();
        let distances: Vec<f32> = found.chunks(2).map(|c| linalg::euclid(c, &[0.3, -0.4]).powi(2)).collect();
        for i in 1..3 {
            let expected = -STEEPNESS * (distances[i] - distances[0]);
            assert!((logits[i] - logits[0] - expected).abs() < 1e-3 * expected.abs().max(1.0));
        }
    }

    #[test]
    fn a_start_is_repeatable_and_tells_more_than_chance() {
        let vectors = linalg::centred(&points(2_000), 6);
        let settings = Settings { blocks: 2, block_size: 8, decoder_rate: 0.5, temperature: 0.0 };
        let begin = |seed| start(&vectors, 6, &settings, generator(seed, Use::Start), &Control::new()).unwrap();
        let found = begin(3);
        assert_eq!(found, begin(3));
        assert_ne!(found, begin(4));
        let rows = linalg::transposed(&found.weights, 16);
        let mut error = 0f64;
        for x in vectors.chunks(6) {
            let mut z: Vec<f32> = rows.chunks(6).zip(&found.bias).map(|(w, b)| linalg::dot(w, x) + b).collect();
            keep(&mut z, 8, Stored::Winners);
            for (d, x) in x.iter().enumerate() {
                let decoded: f32 = (0..16).map(|o| z[o] * found.decoder[o * 6 + d]).sum();
                error += f64::from(x - decoded).powi(2);
            }
        }
        let all: f64 = vectors.iter().map(|x| f64::from(*x).powi(2)).sum();
        assert!(error < 0.15 * all, "{} of the squares are left", error / all);
    }
}
