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

/// Whether two are the same but for the rounding of sums, as floats do not add up alike in any order.
fn alike(one: &FeatureIndex, other: &FeatureIndex) -> bool {
    let close = |a: &[f64], b: &[f64], off: f64| a.iter().zip(b).all(|(a, b)| (a - b).abs() < off);
    let (figures, theirs) = (&one.counts.figures, &other.counts.figures);
    let mut same = one.clone();
    same.counts.figures.sums.clone_from(&theirs.sums);
    same.counts.figures.roots.clone_from(&theirs.roots);
    let same = FeatureIndex::new(same.hasher, same.counts, same.kept);
    close(&figures.sums, &theirs.sums, 1e-9) && close(&figures.roots, &theirs.roots, 1e-3) && same == *other
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
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
            strongest.truncate(200);
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
                for (asked, threshold) in [(0.0, 0.05), (0.07, 0.05), (0.08, 0.1), (0.9, 0.1)] {
                    let fires = |s: &Strong| s.value > threshold;
                    let both = all.iter().zip(points.of(other)).filter(|(a, b)| fires(a) && fires(b)).count();
                    prop_assert_eq!(index.fired_together(feature, other, asked), Some(both as u64));
                    prop_assert_eq!(pairs_above(asked), threshold);
                }
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
    fn blocks_share_what_their_winners_say_of_each_other(
        blocks in 1usize..5, block_size in 1usize..6, n in 1usize..200, seed in any::<u64>(),
    ) {
        let points = Points::random(blocks, block_size, n, seed);
        let index = points.index(50, seed);
        let winners: Vec<Vec<usize>> =
            (0..blocks).map(|b| points.first_two(b).iter().map(|first_two| first_two.0).collect()).collect();
        let entropy = |names: Vec<(usize, usize)>| {
            let mut counts = std::collections::BTreeMap::new();
            names.iter().for_each(|name| *counts.entry(*name).or_insert(0.0) += 1.0);
            counts.values().map(|c| c / n as f64).map(|p: f64| -p * p.ln()).sum::<f64>()
        };
        let alone = |b: usize| entropy(winners[b].iter().map(|w| (*w, 0)).collect());
        let mut expected = Vec::new();
        for one in 0..blocks {
            for other in one + 1..blocks {
                let joint = entropy(winners[one].iter().copied().zip(winners[other].iter().copied()).collect());
                let mean = (alone(one) + alone(other)) / 2.0;
                let nmi = if mean > 0.0 { (alone(one) + alone(other) - joint) / mean } else { 1.0 };
                expected.push((one, other, nmi));
            }
        }
        let table = index.table();
        prop_assert_eq!(table.pairs.len(), expected.len());
        for (pair, (one, other, nmi)) in table.pairs.iter().zip(&expected) {
            prop_assert_eq!((pair.one, pair.other), (*one, *other));
            prop_assert!((f64::from(pair.nmi) - nmi).abs() < 1e-5, "{} and {}", pair.nmi, nmi);
        }
        let mean = expected.iter().map(|e| e.2).sum::<f64>() / expected.len() as f64;
        prop_assert!(table.nmi.map_or(blocks == 1, |nmi| (f64::from(nmi) - mean).abs() < 1e-5));
    }

    #[test]
    fn intervals_and_points_near_a_threshold_are_what_they_say(
        block_size in 1usize..100, n in 1usize..400, seed in any::<u64>(),
    ) {
        let points = Points::random(1, block_size, n, seed);
        let index = points.index(64, seed);
        for feature in 0..block_size.min(5) {
            let all = points.of(feature);
            let of = |from: f32, to: f32| -> Vec<Strong> {
                let inside = |s: &&Strong| (from == 0.0 || s.value > from) && s.value <= to;
                by_hash(all.iter().filter(inside).copied().collect(), seed)
            };
            let max = index.feature(feature).unwrap().max;
            let intervals = index.intervals(feature);
            prop_assert!(intervals.len() == 5 || (max < 0.005 && intervals.len() < 5), "of a feature that reaches {}", max);
            prop_assert_eq!((intervals[0].from, intervals[intervals.len() - 1].to), (0.0, max));
            for (i, interval) in intervals.iter().enumerate() {
                let those = of(interval.from, interval.to);
                prop_assert_eq!(interval.share, those.len() as f64 / n as f64);
                if intervals.len() == 5 {
                    prop_assert!((interval.to - max / 5.0 * (i + 1) as f32).abs() <= 0.000_501);
                }
                // A bin of the grid has room for 128: what is known is the beginning of all in the order of hashes.
                let known = interval.points.len();
                prop_assert_eq!(&interval.points, &those[..known]);
                prop_assert!(known <= 50 && (known == those.len().min(50) || n > 128));
            }
            for threshold in [0.0, 0.001, 0.05, 0.1, 0.5, 0.95, 1.0] {
                let near = index.near(feature, threshold);
                let those = of(near.from, near.to);
                prop_assert_eq!(near.share, those.len() as f64 / n as f64);
                prop_assert_eq!(&near.points, &those[..near.points.len()]);
                prop_assert!(near.from <= threshold && threshold <= near.to);
                if near.points.len() < 50 {
                    let widest = (threshold / 2.0).clamp(0.001, 0.1);
                    prop_assert!((near.to - (threshold + widest).min(1.0)).abs() <= 0.000_501);
                    prop_assert!(near.points.len() == those.len() || n > 128);
                }
            }
        }
    }

    #[test]
    fn two_merged_are_one_over_both_and_one_gone_on_with_is_the_whole(
        blocks in 1usize..4, block_size in 1usize..20, n in 1usize..600, cut in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let points = Points::random(blocks, block_size, n, seed);
        let whole = points.index(100, 3);
        let cut = cut.index(n + 1);
        let add = |builder: &mut IndexBuilder, rows: std::ops::Range<usize>| {
            builder.add(&points.ids[rows.clone()], &points.outputs[rows.start * points.width()..rows.end * points.width()]);
        };
        let mut one = IndexBuilder::new(blocks, block_size, 3);
        let mut other = one.clone();
        add(&mut one, 0..cut);
        add(&mut other, cut..n);
        // Saved, read again, and gone on with.
        let part = one.clone().finish();
        let saved = FeatureIndex::from_bytes(blocks, block_size, &part.to_bytes()).unwrap();
        prop_assert!(saved == *part);
        let mut resumed = IndexBuilder::resume(&saved);
        add(&mut resumed, cut..n);
        one.merge(&other);
        prop_assert!(alike(&one.finish(), &whole));
        prop_assert!(alike(&resumed.finish(), &whole));
    }

    #[test]
    fn an_added_point_moves_exactly_its_counts(
        blocks in 1usize..4, block_size in 2usize..9, n in 1usize..100, seed in any::<u64>(),
    ) {
        let points = Points::random(blocks, block_size, n + 1, seed);
        let mut builder = IndexBuilder::new(blocks, block_size, 0);
        builder.add(&points.ids[..n], &points.outputs[..n * points.width()]);
        let before = builder.snapshot();
        let row = &points.outputs[n * points.width()..];
        builder.add(&points.ids[n..], row);
        let after = builder.finish();
        prop_assert_eq!(after.points(), before.points() + 1);
        let first_two: Vec<_> = (0..blocks).map(|b| points.first_two(b)[n]).collect();
        for feature in 0..after.features() {
            for bin in 0..1_000 {
                let own = (row[feature] > thousandths(bin) || bin == 0) && row[feature] <= thousandths(bin + 1);
                let moved = after.histogram(feature)[bin] - before.histogram(feature)[bin];
                prop_assert_eq!(moved, u32::from(own), "bin {} of {}", bin, row[feature]);
            }
            let wins = |index: &FeatureIndex| (index.feature(feature).unwrap().win_rate * index.points() as f64).round();
            let (first, second) = first_two[feature / block_size];
            prop_assert_eq!(wins(&after) - wins(&before), f64::from(u8::from(first == feature)));
            prop_assert_eq!(after.seconds(feature) - before.seconds(feature), u64::from(second == Some(feature)));
            for other in 0..after.features() {
                for threshold in PAIRS_ABOVE {
                    let together = |index: &FeatureIndex| index.fired_together(feature, other, threshold).unwrap();
                    let both = row[feature] > threshold && row[other] > threshold;
                    prop_assert_eq!(together(&after) - together(&before), u64::from(both));
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
        let (one, other) = (points.index(pages.0, 3), points.shuffled(seed).index(pages.1, 3));
        prop_assert!(alike(&one, &other));
    }
}

/// Pearson's chi-square of how often each of some points was shown, where each is to be shown as often as any other,
/// in standard deviations of it; and how often the stronger half of them was, as a share.
fn uniform(shown: &[u32]) -> (f64, f64) {
    let (all, points) = (f64::from(shown.iter().sum::<u32>()), shown.len() as f64);
    let chi_square: f64 = shown.iter().map(|c| (f64::from(*c) - all / points).powi(2) / (all / points)).sum();
    let stronger = f64::from(shown[shown.len() / 2..].iter().sum::<u32>());
    ((chi_square - (points - 1.0)) / (2.0 * (points - 1.0)).sqrt(), stronger / all)
}

#[test]
fn every_point_of_an_interval_or_near_a_threshold_is_as_likely_to_be_shown_as_any_other() {
    // Activations that grow rarer the stronger they are, as those of a feature do; up to 0.8.
    let n = 6_000;
    let values = |i: usize| 0.8 * ((i + 1) as f32 / n as f32).powi(4);
    let outputs: Vec<f32> = (0..n).flat_map(|i| [values(i), 1.0 - values(i)]).collect();
    let ids: Vec<PointId> = (0..n as u64).map(PointId::Num).collect();
    let runs = 150;
    let mut shown = vec![vec![0u32; n]; 7];
    let mut bounds = vec![(0.0, 0.0); 7];
    for seed in 0..runs {
        let mut builder = IndexBuilder::new(1, 2, seed);
        builder.add(&ids, &outputs);
        let index = builder.finish();
        let near = [0.05, 0.4].map(|threshold| index.near(0, threshold));
        let intervals = index.intervals(0).into_iter().map(|i| (i.from, i.to, i.points));
        let all = intervals.chain(near.map(|near| (near.from, near.to, near.points)));
        for (at, (from, to, points)) in all.enumerate() {
            // Near .05 half of all points are in a bin of the grid with 128 known ones, of which few are that near.
            assert!(points.len() == 50 || (at == 5 && points.len() > 10), "{} of {at}", points.len());
            assert!(seed == 0 || bounds[at] == (from, to), "the same window in every run");
            bounds[at] = (from, to);
            for s in points {
                let PointId::Num(i) = s.id else { panic!("numbers were given") };
                shown[at][i as usize] += 1;
            }
        }
    }
    assert_eq!(bounds[5..], [(0.025, 0.075), (0.38, 0.42)]);
    for ((from, to), shown) in bounds.into_iter().zip(shown) {
        let inside: Vec<u32> = (0..n).filter(|i| values(*i) > from && values(*i) <= to).map(|i| shown[i]).collect();
        let (deviations, stronger) = uniform(&inside);
        let half = inside.len().div_ceil(2) as f64 / inside.len() as f64;
        // A sample without replacement varies less than chi-square has it, the more of all points it shows.
        assert!(deviations < 4.0, "{from} to {to}: {deviations} standard deviations");
        assert!((stronger - half).abs() < 0.02, "{from} to {to}: {stronger} of those shown are the stronger half");
    }
}

#[test]
fn of_many_points_fifty_are_known_near_any_threshold() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut builder = IndexBuilder::new(1, 2, 0);
    for i in 0..20_000 {
        let y = rng.random_range(0.0f32..1.0);
        builder.add(&[PointId::Num(i)], &[y, 1.0 - y]);
    }
    let index = builder.finish();
    for threshold in 5..=98 {
        let threshold = threshold as f32 / 100.0;
        let near = index.near(0, threshold);
        // A bin of the grid is a twentieth wide and has 128.
        assert_eq!(near.points.len(), 50, "near {threshold}");
        assert!(near.to - near.from <= 0.051 || near.to - near.from <= threshold * 0.41, "{threshold}: {near:?}");
    }
}

#[test]
fn vectors_on_several_threads_give_what_their_outputs_give_on_one() {
    let encoder = crate::encoder::tests::random(3, 3, 21, 1);
    let n = 3_000;
    let vectors: Vec<f32> = (0..n * 3).map(|i| (i as f32 * 0.37).sin()).collect();
    let ids: Vec<PointId> = (0..n as u64).map(PointId::Num).collect();
    let mut one = IndexBuilder::new(3, 21, 0);
    one.add(&ids, &encoder.encode(&vectors));
    let whole = one.finish();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut builder = IndexBuilder::new(3, 21, 0);
        for (ids, vectors) in ids.chunks(1_100).zip(vectors.chunks(1_100 * 3)) {
            pool.install(|| builder.add_vectors(&encoder, ids, vectors));
        }
        assert!(builder.points() == n as u64 && alike(&builder.finish(), &whole));
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
    assert_eq!((index.fired_together(0, block_size, 0.1), index.fires_with(0, 0.1).len()), (None, 0));
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
    // Of few points no sample is cut.
    let points_of = |index: &FeatureIndex| (0..10).map(|feature| index.intervals(feature)).collect::<Vec<_>>();
    assert_eq!(points_of(&builder.snapshot()), points_of(&builder.finish()));
    assert!(empty.intervals(0).is_empty() && empty.near(0, 0.1).points.is_empty() && empty.runners_up(0).is_empty());
    assert_eq!((empty.density(0, 0.1), empty.background().count()), (0.0, 0));
}

#[test]
fn a_feature_that_is_not_there_has_empty_answers() {
    let index = Points::random(2, 5, 40, 9).index(40, 0);
    assert_eq!(index.feature(10), None);
    assert!(index.histogram(10).is_empty() && index.intervals(10).is_empty());
    assert_eq!(index.near(10, 0.1), NearThreshold::default());
    assert!(index.runners_up(10).is_empty() && index.random(10).is_empty());
    assert_eq!((index.density(10, 0.1), index.seconds(10)), (0.0, 0));
    assert_eq!(index.fired_together(0, 10, 0.1), None);
}

/// The index of codes: several features are active at a time, the others are 0, and now and then all are.
#[test]
fn an_index_of_codes_counts_what_is_active() {
    let (features, points) = (12, 400);
    let meta = crate::encoder::EncoderMeta {
        activation: crate::encoder::Activation::TopK(3),
        ..crate::encoder::EncoderMeta::default()
    };
    let encoder = crate::encoder::Encoder::new(1, 1, features, vec![0.0; features], vec![0.0; features], meta).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut outputs = vec![0f32; points * features];
    for (row, code) in outputs.chunks_mut(features).enumerate() {
        // Features 0 and 1 go together, the last one is never active, and every tenth point has nothing.
        let which = rng.random_range(2..features - 1);
        if row % 10 != 0 {
            code[which] = rng.random_range(0.2..1.0);
            if row % 3 == 0 {
                (code[0], code[1]) = (0.15, 0.11);
            }
        }
    }
    let ids: Vec<PointId> = (0..points as u64).map(PointId::Num).collect();
    let mut parts = [IndexBuilder::of(&encoder, 1), IndexBuilder::of(&encoder, 1)];
    for (ids, rows) in ids.chunks(70).zip(outputs.chunks(70 * features)) {
        parts[ids.len() % 2].add(ids, rows);
    }
    let [mut one, other] = parts;
    one.merge(&other);
    let index = one.finish();
    assert!(index.is_of_codes());
    let active: Vec<u64> =
        (0..features).map(|f| outputs.chunks(features).filter(|code| code[f] > 0.0).count() as u64).collect();
    let all = active.iter().sum::<u64>() as f64;
    let table = index.table();
    for f in &table.features {
        assert_eq!(f.used, active[f.index] as f64 / all);
        assert_eq!(f.is_dead(), f.index == features - 1);
        assert!(index.runners_up(f.index).iter().all(|second| second.value > 0.0));
    }
    assert_eq!((table.dead(), table.features[1].win_rate), (1, 0.0));
    let wins: f64 = table.features.iter().map(|f| f.win_rate).sum();
    assert!((wins - 0.9).abs() < 1e-9, "nothing wins where nothing is active: {wins}");
    // Features of one block fire together where it is a code.
    let with = index.fires_with(0, 0.1);
    assert_eq!((with[0].0, with[0].2), (1, active[0]));
    let again = FeatureIndex::from_bytes(1, features, &index.to_bytes()).unwrap();
    assert!(again == *index && again.is_of_codes());
}
