use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::*;

/// Ids and outputs of points, some of whose blocks are sure, some undecided, and some exactly equal.
struct Points {
    blocks: usize,
    block_size: usize,
    ids: Vec<PointId>,
    outputs: Vec<f32>,
}

impl Points {
    fn random(blocks: usize, block_size: usize, n: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut outputs = Vec::new();
        for _ in 0..n * blocks {
            let sharpness = rng.random_range(0.0f32..12.0);
            let steps = if rng.random_bool(0.3) { 4.0 } else { 1e6 };
            let z: Vec<f32> = (0..block_size)
                .map(|i| ((rng.random_range(0.0f32..1.0) * steps).round() / steps - 0.02 * i as f32) * sharpness)
                .map(f32::exp)
                .collect();
            let sum: f32 = z.iter().sum();
            let sure = rng.random_bool(0.05);
            outputs.extend(z.iter().enumerate().map(|(i, z)| if sure { f32::from(i == 0) } else { z / sum }));
        }
        let ids =
            (0..n as u64).map(|i| if i % 3 == 0 { PointId::Uuid(Uuid::from_u64_pair(i, !i)) } else { PointId::Num(i) });
        Self { blocks, block_size, ids: ids.collect(), outputs }
    }

    fn width(&self) -> usize {
        self.blocks * self.block_size
    }

    fn index(&self, page: usize, seed: u64) -> FeatureIndex {
        let mut builder = IndexBuilder::new(self.blocks, self.block_size, seed);
        for (ids, outputs) in self.ids.chunks(page).zip(self.outputs.chunks(page * self.width())) {
            builder.add(ids, outputs);
        }
        builder.finish().as_ref().clone()
    }

    /// The same points in another order.
    fn shuffled(&self, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..self.ids.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        Self {
            blocks: self.blocks,
            block_size: self.block_size,
            ids: order.iter().map(|i| self.ids[*i]).collect(),
            outputs: order.iter().flat_map(|i| &self.outputs[i * self.width()..][..self.width()]).copied().collect(),
        }
    }

    /// All points with their activations of a feature.
    fn of(&self, feature: usize) -> Vec<Strong> {
        let column = self.outputs.iter().skip(feature).step_by(self.width());
        self.ids.iter().zip(column).map(|(id, value)| Strong { id: *id, value: *value }).collect()
    }

    /// First and second of a block for each point, by sorting.
    fn first_two(&self, block: usize) -> Vec<(usize, Option<usize>)> {
        let rows = self.outputs.chunks(self.width());
        rows.map(|row| {
            let start = block * self.block_size;
            let mut order: Vec<usize> = (start..start + self.block_size).collect();
            order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
            (order[0], order.get(1).copied())
        })
        .collect()
    }
}

/// The float32 that is written like this.
fn thousandths(n: usize) -> f32 {
    format!("{}e-3", n).parse().unwrap()
}

fn by_hash(mut points: Vec<Strong>, seed: u64) -> Vec<Strong> {
    points.sort_by_key(|s| (Hasher::new(seed).hash(s.id), s.id));
    points
}

fn ids(points: &[Strong]) -> BTreeSet<PointId> {
    points.iter().map(|s| s.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_figure_is_that_of_the_plain_way(
        blocks in 1usize..4, block_size in 1usize..12, n in 1usize..400, page in 1usize..500, seed in any::<u64>(),
    ) {
        let points = Points::random(blocks, block_size, n, seed);
        let index = points.index(page, seed);
        prop_assert_eq!((index.points(), index.features()), (n as u64, blocks * block_size));
        prop_assert_eq!(index.confidence().points(), n as u64);
        for feature in 0..index.features() {
            let all = points.of(feature);
            let above = |t: f32| all.iter().filter(|s| s.value > t).count();
            for bin in 0..1_000 {
                let below = if bin == 0 { n } else { above(thousandths(bin)) };
                let count = below - if bin == 999 { 0 } else { above(thousandths(bin + 1)) };
                prop_assert_eq!(index.histogram(feature)[bin] as usize, count, "bin {}", bin);
            }
            for t in [1, 50, 100, 333, 999] {
                let t = thousandths(t);
                prop_assert_eq!(index.density(feature, t), above(t) as f64 / n as f64);
            }
            let stats = index.feature(feature).unwrap();
            prop_assert_eq!(stats.density, index.density(feature, FIRES_ABOVE));
            prop_assert_eq!(stats.max, all.iter().map(|s| s.value).fold(0.0, f32::max));
            let mut strongest = all.clone();
            strongest.sort();
            strongest.truncate(50);
            prop_assert_eq!(&stats.top, &strongest);
            prop_assert_eq!(index.random(feature), by_hash(all.clone(), seed)[..n.min(50)].to_vec());

            let block = feature / block_size;
            let first_two = points.first_two(block);
            let wins = first_two.iter().filter(|f| f.0 == feature).count();
            prop_assert_eq!(stats.win_rate, wins as f64 / n as f64);
            let came_second: Vec<Strong> =
                all.iter().zip(&first_two).filter(|(_, f)| f.1 == Some(feature)).map(|(s, _)| *s).collect();
            prop_assert_eq!(index.seconds(feature), came_second.len() as u64);
            let runners_up = index.runners_up(feature);
            let sample = &by_hash(came_second.clone(), seed)[..came_second.len().min(20)];
            prop_assert_eq!(runners_up.iter().map(|r| r.id).collect::<BTreeSet<_>>(), ids(sample));
            prop_assert!(runners_up.is_sorted_by(|a, b| a.value >= b.value));
            for r in runners_up {
                let at = all.iter().position(|s| s.id == r.id).unwrap();
                prop_assert_eq!((r.value, r.winner), (all[at].value, first_two[at].0));
            }
            let duels = |a: usize, b: usize| first_two.iter().filter(|f| **f == (a, Some(b))).count();
            for (other, share) in index.competitors(feature) {
                let met = duels(feature, other) + duels(other, feature);
                prop_assert!(met > 0 && other != feature);
                prop_assert_eq!(share, (met as f64 / (wins + came_second.len()) as f64) as f32);
            }
            for other in 0..index.features() {
                let fires = |s: &Strong| s.value > FIRES_ABOVE;
                let both = all.iter().zip(points.of(other)).filter(|(a, b)| fires(a) && fires(b)).count();
                prop_assert_eq!(index.fired_together(feature, other), Some(both as u64));
            }
        }
        let everyone: Vec<PointId> = by_hash(points.of(0), seed).iter().map(|s| s.id).collect();
        prop_assert_eq!(index.background().collect::<Vec<_>>(), &everyone[..]);
        for (id, outputs) in index.random_outputs() {
            let at = points.ids.iter().position(|i| *i == id).unwrap();
            prop_assert_eq!(outputs, &points.outputs[at * points.width()..][..points.width()]);
        }
        prop_assert_eq!(index.random_outputs().count(), n.min(50));
    }

    #[test]
    fn intervals_and_points_near_a_threshold_are_what_they_say(
        block_size in 1usize..100, n in 1usize..400, seed in any::<u64>(),
    ) {
        let points = Points::random(1, block_size, n, seed);
        let index = points.index(64, seed);
        for feature in 0..block_size.min(5) {
            let all = points.of(feature);
            let max = index.feature(feature).unwrap().max;
            let intervals = index.intervals(feature);
            prop_assert!(intervals.len() == 5 || (max < 0.005 && intervals.len() < 5), "of a feature that reaches {}", max);
            prop_assert_eq!((intervals[0].from, intervals[intervals.len() - 1].to), (0.0, max));
            for (i, interval) in intervals.iter().enumerate() {
                let inside = |s: &Strong| (i == 0 || s.value > interval.from) && s.value <= interval.to;
                let those: Vec<Strong> = all.iter().copied().filter(inside).collect();
                prop_assert_eq!(interval.share, those.len() as f64 / n as f64);
                if intervals.len() == 5 {
                    prop_assert!((interval.to - max / 5.0 * (i + 1) as f32).abs() <= 0.000_501);
                }
                prop_assert!(interval.points.iter().all(|p| those.contains(p)), "points of it");
                prop_assert!(interval.points.is_sorted_by(|a, b| a < b), "strongest first, none twice");
                prop_assert!(interval.points.len() <= 5);
                prop_assert!(n > 10 || interval.points.len() == those.len().min(5), "of few points all are known");
            }
            for threshold in [0.0, 0.1, 0.5] {
                let near = index.near(feature, threshold);
                let off = |s: &Strong| (s.value - threshold).abs();
                prop_assert!(near.iter().all(|p| all.contains(p)));
                prop_assert!(near.is_sorted_by(|a, b| off(a) <= off(b)));
                prop_assert_eq!((ids(&near).len(), near.len()), (n.min(10), n.min(10)));
                if n <= 50 {
                    let mut nearest: Vec<f32> = all.iter().map(off).collect();
                    nearest.sort_by(f32::total_cmp);
                    prop_assert_eq!(near.iter().map(off).collect::<Vec<_>>(), &nearest[..n.min(10)]);
                }
            }
        }
    }

    #[test]
    fn the_order_of_points_and_pages_does_not_matter(
        blocks in 1usize..4, block_size in 1usize..20, n in 1usize..600, pages in (1usize..700, 1usize..700),
        seed in any::<u64>(),
    ) {
        let points = Points::random(blocks, block_size, n, seed);
        let mut one = points.index(pages.0, 3);
        let mut other = points.shuffled(seed).index(pages.1, 3);
        for (a, b) in one.table.features.iter_mut().zip(&mut other.table.features) {
            // Floats do not add up alike in any order.
            prop_assert!((a.mean - b.mean).abs() < 1e-12);
            b.mean = a.mean;
        }
        prop_assert!(one == other);
    }
}

#[test]
fn every_point_of_an_interval_is_as_likely_to_be_shown_as_any_other() {
    // Activations that grow rarer the stronger they are, as those of a feature do; up to 0.8.
    let n = 4_000;
    let values = |i: usize| 0.8 * ((i + 1) as f32 / n as f32).powi(4);
    let outputs: Vec<f32> = (0..n).flat_map(|i| [values(i), 1.0 - values(i)]).collect();
    let ids: Vec<PointId> = (0..n as u64).map(PointId::Num).collect();
    let runs = 1_000;
    let mut shown = vec![0u32; n];
    let mut sizes = [0usize; 5];
    for seed in 0..runs {
        let mut builder = IndexBuilder::new(1, 2, seed);
        builder.add(&ids, &outputs);
        let intervals = builder.finish().intervals(0);
        for (interval, size) in intervals.iter().zip(&mut sizes) {
            *size = (interval.share * n as f64).round() as usize;
            assert_eq!(interval.points.len(), 5);
            for s in &interval.points {
                let PointId::Num(i) = s.id else { panic!("numbers were given") };
                shown[i as usize] += 1;
            }
        }
    }
    let mut start = 0;
    for size in sizes {
        // The weaker and the stronger half of the interval, and each point of it.
        let counts = &shown[start..start + size];
        start += size;
        let expected = f64::from(runs as u32) * 5.0 / size as f64;
        let weaker = f64::from(counts[..size / 2].iter().sum::<u32>()) / (5.0 * runs as f64);
        let share = (size / 2) as f64 / size as f64;
        // The standard deviation of such a share is 0.7 %.
        assert!((weaker - share).abs() < 0.03, "{weaker} of those shown are in the weaker {share} of {size} points");
        let variance = counts.iter().map(|c| (f64::from(*c) - expected).powi(2)).sum::<f64>() / size as f64;
        // As of a Poisson distribution, or a little less.
        assert!((0.8..1.2).contains(&(variance / expected)), "{variance} for a mean of {expected} over {size} points");
    }
    assert_eq!(start, n);
}

#[test]
fn of_many_points_some_are_known_near_any_threshold() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut builder = IndexBuilder::new(1, 2, 0);
    for i in 0..20_000 {
        let y = rng.random_range(0.0f32..1.0);
        builder.add(&[PointId::Num(i)], &[y, 1.0 - y]);
    }
    let index = builder.finish();
    for threshold in 2..=98 {
        let threshold = threshold as f32 / 100.0;
        let near = index.near(0, threshold);
        let within = |distance: f32| near.iter().filter(|s| (s.value - threshold).abs() <= distance).count();
        // A bin of the grid is a twentieth wide and has ten; by chance some four fifths of them are as near as this.
        assert_eq!((near.len(), within(0.05)), (10, 10), "near {threshold}");
        assert!(within(0.02) >= 3, "{} within two hundredths of {threshold}", within(0.02));
    }
}

#[test]
fn blocks_of_many_features_get_estimated_competitors_and_no_lift() {
    // Feature 0 comes first 60 times, then 1 comes second; it is second 20 times, then 2 comes first.
    let (blocks, block_size) = (2, 2_100);
    let mut builder = IndexBuilder::new(blocks, block_size, 0);
    for i in 0..80 {
        let (first, second) = if i < 60 { (0, 1) } else { (2, 0) };
        let mut outputs = vec![0.0; blocks * block_size];
        for block in outputs.chunks_mut(block_size) {
            (block[first], block[second]) = (0.8, 0.2);
        }
        builder.add(&[PointId::Num(i)], &outputs);
    }
    let index = builder.snapshot();
    assert_eq!(index.competitors(0), [(1, 0.75), (2, 0.25)]);
    assert_eq!(index.competitors(block_size + 1), [(block_size, 1.0)]);
    assert_eq!((index.fired_together(0, block_size), index.fires_with(0).len()), (None, 0));
}

#[test]
fn a_snapshot_stays_as_it_is_and_an_empty_one_answers() {
    let points = Points::random(2, 5, 40, 9);
    let mut builder = IndexBuilder::new(2, 5, 0);
    let empty = builder.snapshot();
    builder.add(&points.ids[..10], &points.outputs[..10 * points.width()]);
    let early = builder.snapshot();
    builder.add(&points.ids[10..], &points.outputs[10 * points.width()..]);
    assert_eq!((empty.points(), early.points(), builder.points()), (0, 10, 40));
    assert_eq!(early.histogram(3).iter().sum::<u32>(), 10);
    assert!(*builder.snapshot() == *builder.finish());
    assert!(empty.intervals(0).is_empty() && empty.near(0, 0.1).is_empty() && empty.runners_up(0).is_empty());
    assert_eq!((empty.density(0, 0.1), empty.background().count()), (0.0, 0));
}

#[test]
fn a_feature_that_is_not_there_has_empty_answers() {
    let index = Points::random(2, 5, 40, 9).index(40, 0);
    assert_eq!(index.feature(10), None);
    assert!(index.histogram(10).is_empty() && index.intervals(10).is_empty() && index.near(10, 0.1).is_empty());
    assert!(index.runners_up(10).is_empty() && index.random(10).is_empty());
    assert_eq!((index.density(10, 0.1), index.seconds(10)), (0.0, 0));
    assert_eq!(index.fired_together(0, 10), None);
}
