//! The loss of a sparse autoencoder and its gradient, worked out over the few features that are active.
//!
//! With unit decoder rows D_i, decoder bias c, activations f_i = max(z_i, 0) of the features that are active, and nested
//! codes S_1 < S_2 < ... < S_m (one, the whole code, where nothing is nested), the loss of a point x is
//!
//! ```text
//! mean over j of |x - c - sum over i in S_j of f_i D_i|^2  +  l1 sum of f_i  +  a |e - sum over dead i of f_i D_i|^2
//! ```
//!
//! where e is what the whole code leaves, taken as given, and the dead features are those with the largest z_i among them
//! (Gao et al., "Scaling and evaluating sparse autoencoders", 2024: TopK and the auxiliary loss, a = 1/32; Bussmann et al.,
//! "Learning Multi-Level Features with Matryoshka Sparse Autoencoders", 2025: prefixes of the dictionary). The gradient is
//! by hand, as a product with a dense matrix would spend nearly all of its time on zeros.

use rayon::prelude::*;

use crate::config::{AutoencoderConfig, NestedKind};
use crate::encoder::CODE_SIZES;
use crate::linalg;

/// What the loss is made of.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    features: usize,
    dim: usize,
    /// Features that are active at most.
    active: usize,
    /// Nested codes: the k strongest features, or the first k, for these ascending k; the last has all that is active.
    levels: Vec<usize>,
    prefixes: bool,
    l1: f32,
    auxiliary: f32,
    /// Dead features that are active at most.
    spare: usize,
}

/// The parameters that the decoder needs, and what is known of the features.
pub(super) struct Given<'a> {
    /// Unit rows, features x dim.
    pub(super) decoder: &'a [f32],
    /// dim.
    pub(super) bias: &'a [f32],
    /// Which features are dead.
    pub(super) dead: &'a [bool],
    /// What a point's loss is divided by: the points of the batch.
    pub(super) points: usize,
}

/// A loss and what it changes with.
pub(super) struct Gradient {
    pub(super) loss: f64,
    /// By the values z, points x features.
    pub(super) z: Vec<f32>,
    /// By the decoder's rows, features x dim, as if their lengths were free.
    pub(super) decoder: Vec<f32>,
    /// By the decoder's bias, as far as it adds to what is decoded.
    pub(super) bias: Vec<f32>,
    /// Which features fired.
    pub(super) fired: Vec<bool>,
}

/// An active feature of a point: it is part of the code of its level and of all later ones. Behind the last level are the
/// dead features.
#[derive(Clone, Copy, Debug)]
struct Entry {
    feature: u32,
    value: f32,
    level: u32,
}

impl Loss {
    pub(super) fn new(config: &AutoencoderConfig, features: usize, dim: usize) -> Self {
        let active = match config.active as usize {
            0 => features,
            k => k.min(features),
        };
        let mut levels: Vec<usize> = match config.nested {
            NestedKind::None => Vec::new(),
            NestedKind::Active => CODE_SIZES.into_iter().filter(|k| *k < active).collect(),
            NestedKind::Prefixes => [16, 8, 4, 2].map(|part| features / part).into_iter().filter(|k| *k > 0).collect(),
        };
        levels.dedup();
        levels.push(features);
        Self {
            features,
            dim,
            active,
            levels,
            prefixes: config.nested == NestedKind::Prefixes,
            // A penalty where it is not said how many are active, and none where it is.
            l1: if config.active == 0 { config.l1 as f32 } else { 0.0 },
            auxiliary: config.auxiliary as f32,
            spare: (dim / 2).max(1),
        }
    }

    /// The loss of points x, n x dim, with values z of the linear layer, n x features, and its gradient. The same on any
    /// number of threads.
    pub(super) fn gradient(&self, x: &[f32], z: &[f32], given: &Given) -> Gradient {
        let slots = self.levels.len() + 1;
        let mut by_z = vec![0f32; z.len()];
        // For each point and level the gradient by what is decoded there.
        let mut by_decoded = vec![0f32; x.len() * slots];
        let points: Vec<(f64, Vec<Entry>)> = (x.par_chunks(self.dim), z.par_chunks(self.features))
            .into_par_iter()
            .zip(by_z.par_chunks_mut(self.features))
            .zip(by_decoded.par_chunks_mut(slots * self.dim))
            .map(|(((x, z), by_z), by_decoded)| self.point(x, z, given, by_z, by_decoded))
            .collect();
        let by_decoded = &by_decoded;
        let mut found: Vec<Vec<(f32, &[f32])>> = vec![Vec::new(); self.features];
        let mut fired = vec![false; self.features];
        let mut bias = vec![0f32; self.dim];
        for ((_, entries), rows) in points.iter().zip(by_decoded.chunks(slots * self.dim)) {
            for entry in entries {
                let level = entry.level as usize;
                fired[entry.feature as usize] |= level < self.levels.len();
                found[entry.feature as usize].push((entry.value, &rows[level * self.dim..][..self.dim]));
            }
            add(&mut bias, 1.0, &rows[..self.dim]);
        }
        let mut decoder = vec![0f32; self.features * self.dim];
        decoder.par_chunks_mut(self.dim).zip(found).for_each(|(row, found)| {
            found.into_iter().for_each(|(value, by_decoded)| add(row, value, by_decoded));
        });
        let loss = points.iter().map(|(loss, _)| loss).sum::<f64>() / given.points as f64;
        Gradient { loss, z: by_z, decoder, bias, fired }
    }

    fn point(
        &self,
        x: &[f32],
        z: &[f32],
        given: &Given,
        by_z: &mut [f32],
        by_decoded: &mut [f32],
    ) -> (f64, Vec<Entry>) {
        let (dim, last) = (self.dim, self.levels.len());
        let row = |feature: u32| &given.decoder[feature as usize * dim..][..dim];
        let square = |left: &[f32]| left.iter().map(|e| f64::from(*e).powi(2)).sum::<f64>();
        let (share, scale) = (1.0 / last as f32, 1.0 / given.points as f32);
        let mut entries = self.active(z);
        let mut left: Vec<f32> = x.iter().zip(given.bias).map(|(x, c)| x - c).collect();
        let mut loss = entries.iter().map(|e| f64::from(e.value)).sum::<f64>() * f64::from(self.l1);
        let mut at = 0;
        for level in 0..last {
            while let Some(entry) = entries.get(at).filter(|e| e.level as usize == level) {
                add(&mut left, -entry.value, row(entry.feature));
                at += 1;
            }
            loss += f64::from(share) * square(&left);
            add(&mut by_decoded[level * dim..][..dim], -2.0 * share * scale, &left);
        }
        // What a level adds is part of all later ones.
        for level in (1..last).rev() {
            let (before, after) = by_decoded.split_at_mut(level * dim);
            add(&mut before[(level - 1) * dim..], 1.0, &after[..dim]);
        }
        let dead = if self.auxiliary > 0.0 { self.dead(z, given.dead) } else { Vec::new() };
        if !dead.is_empty() {
            dead.iter().for_each(|entry| add(&mut left, -entry.value, row(entry.feature)));
            loss += f64::from(self.auxiliary) * square(&left);
            add(&mut by_decoded[last * dim..][..dim], -2.0 * self.auxiliary * scale, &left);
            entries.extend(dead);
        }
        for entry in &entries {
            let level = entry.level as usize;
            let penalty = if level < last { self.l1 * scale } else { 0.0 };
            by_z[entry.feature as usize] +=
                linalg::dot(&by_decoded[level * dim..][..dim], row(entry.feature)) + penalty;
        }
        (loss, entries)
    }

    /// The active features of a point, by level.
    fn active(&self, z: &[f32]) -> Vec<Entry> {
        let mut order = largest(z, |feature| z[feature] > 0.0, self.active);
        if self.prefixes {
            order.sort_unstable();
        } else if self.levels.len() > 1 {
            order.sort_unstable_by(|a, b| stronger(z, *a, *b));
        }
        let level = |(rank, feature): (usize, &u32)| {
            let place = if self.prefixes { *feature as usize } else { rank };
            self.levels.partition_point(|end| *end <= place) as u32
        };
        let levels: Vec<u32> = order.iter().enumerate().map(level).collect();
        order.into_iter().zip(levels).map(|(feature, level)| entry(z, feature, level)).collect()
    }

    /// The dead features that are to explain what is left.
    fn dead(&self, z: &[f32], dead: &[bool]) -> Vec<Entry> {
        let order = largest(z, |feature| dead[feature] && z[feature] > 0.0, self.spare);
        order.into_iter().map(|feature| entry(z, feature, self.levels.len() as u32)).collect()
    }
}

fn entry(z: &[f32], feature: u32, level: u32) -> Entry {
    Entry { feature, value: z[feature as usize], level }
}

/// The larger value first; of equal ones the first.
fn stronger(z: &[f32], a: u32, b: u32) -> std::cmp::Ordering {
    z[b as usize].total_cmp(&z[a as usize]).then(a.cmp(&b))
}

/// The `most` largest of the values that are wanted, in any order.
fn largest(z: &[f32], wanted: impl Fn(usize) -> bool, most: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..z.len() as u32).filter(|i| wanted(*i as usize)).collect();
    if order.len() > most {
        order.select_nth_unstable_by(most, |a, b| stronger(z, *a, *b));
        order.truncate(most);
    }
    order
}

/// to += factor * from.
fn add(to: &mut [f32], factor: f32, from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}
