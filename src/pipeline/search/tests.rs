//! Searches against brute force, on files: every way of asking, and steering.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::config::{CollectionArgs, ConvertConfig, ModelArgs};
use crate::encoder::Encoder;
use crate::encoder::tests::random;
use crate::error::{Error, Result};
use crate::features::FeatureNotes;
use crate::job::{Control, Reporter, Task};
use crate::linalg;
use crate::numpy::write_matrix;
use crate::pipeline::Job;
use crate::search::Strength;
use crate::source::{self, SparseValues, Stored, Strategy};

mod asymmetric;

const DIM: usize = 12;
const POINTS: usize = 700;

struct Place {
    folder: TempDir,
    vectors: Vec<f32>,
    encoder: Arc<Encoder>,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 7u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut vectors: Vec<f32> = (0..POINTS * DIM).map(|_| noise()).collect();
    // A point of zeros, and one that is the same as another.
    vectors[5 * DIM..6 * DIM].fill(0.0);
    vectors.copy_within(8 * DIM..9 * DIM, 9 * DIM);
    // A store keeps vectors of cosine distance at length 1, and what the encoder says depends on the length.
    let vectors = linalg::normalised(&vectors, DIM);
    write_matrix(folder.path().join("v.npy"), DIM, &vectors).unwrap();
    let lines: String = (0..POINTS).map(|i| format!("{{\"row\": {i}}}\n")).collect();
    std::fs::write(folder.path().join("p.jsonl"), lines).unwrap();
    Place { folder, vectors, encoder: Arc::new(random(DIM, 3, 6, 4)) }
}

impl Place {
    fn args(&self) -> CollectionArgs {
        let path = |name: &str| Some(self.folder.path().join(name));
        CollectionArgs { vectors: path("v.npy"), payload: path("p.jsonl"), ..CollectionArgs::default() }
    }

    fn searcher(&self) -> Searcher {
        let source = source::open(&self.args(), &Control::new(), &mut Reporter::silent()).unwrap();
        Searcher::new(Some(Arc::clone(&self.encoder)), source, self.args(), ModelArgs::default()).unwrap()
    }

    /// A store with the same points and their block vectors.
    fn with_blocks(&self, encoder: &Encoder, values: SparseValues, threshold: f32) -> Searcher {
        self.with_stored(encoder, None, values, threshold)
    }

    /// The same with what is stored of each point.
    fn with_stored(&self, encoder: &Encoder, keep: Option<Stored>, values: SparseValues, threshold: f32) -> Searcher {
        let path = |name: &str| self.folder.path().join(name);
        encoder.write(path("e.safetensors")).unwrap();
        let target = format!("{values:?} {keep:?}");
        let config = ConvertConfig {
            encoder: path("e.safetensors"),
            target: target.clone(),
            keep,
            threshold: Some(threshold),
            top_k: None,
            with_dense: true,
            values,
            page: 100,
            collection: CollectionArgs { store: Some(path("store")), ..self.args() },
        };
        Job::Convert(config).run(&Control::new(), &mut Reporter::silent()).unwrap();
        let args = CollectionArgs { store: Some(path("store")), collection: Some(target), ..CollectionArgs::default() };
        let source = source::open(&args, &Control::new(), &mut Reporter::silent()).unwrap();
        Searcher::new(Some(Arc::clone(&self.encoder)), source, args, ModelArgs::default()).unwrap()
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.vectors[i * DIM..][..DIM]
    }

    fn outputs(&self, i: usize) -> Vec<f32> {
        self.encoder.encode(self.row(i))
    }

    fn cosine(&self, a: &[f32], i: usize) -> f32 {
        let b = self.row(i);
        let lengths = (linalg::dot(a, a) * linalg::dot(b, b)).sqrt();
        if lengths > 0.0 { linalg::dot(a, b) / lengths } else { 0.0 }
    }

    /// The means of sqrt p.
    fn means(&self) -> Vec<f32> {
        let mut sums = vec![0f64; self.encoder.outputs()];
        for i in 0..POINTS {
            sums.iter_mut().zip(self.outputs(i)).for_each(|(sum, p)| *sum += f64::from(p.sqrt()));
        }
        sums.into_iter().map(|sum| (sum / POINTS as f64) as f32).collect()
    }
}

fn ask(by: By, limit: usize) -> Ask {
    Ask { by, way: Way::Dense, sparse: SparseAsk::default(), limit, compare: false, allow_download: false }
}

fn search(searcher: &mut Searcher, ask: &Ask) -> Result<Searched> {
    searcher.search(ask, &Control::new(), &mut Reporter::silent())
}

fn steer(searcher: &mut Searcher, ask: &Ask, weights: &[(usize, f32)], alpha: f32) -> Result<Steered> {
    let steering = Steering { weights: weights.to_vec(), strength: Strength::Alpha(alpha) };
    searcher.steer(ask, &steering, &Control::new(), &mut Reporter::silent())
}

fn point(i: u64) -> By {
    By::Point(PointId::Num(i))
}

fn rows(hits: &[Hit]) -> Vec<u64> {
    let told = |hit: &Hit| match hit.id {
        PointId::Num(n) => {
            assert_eq!(hit.payload["row"], n, "each with its own payload");
            n
        }
        PointId::Uuid(_) => panic!("a row is a number"),
    };
    hits.iter().map(told).collect()
}

/// The rows with the largest scores but for some, the smaller row first where they are the same.
fn best(scores: impl Iterator<Item = Option<f32>>, without: &[usize], limit: usize) -> Vec<(u64, f32)> {
    let kept = scores.enumerate().filter(|(i, _)| !without.contains(i));
    let mut all: Vec<(u64, f32)> = kept.filter_map(|(i, score)| Some((i as u64, score?))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(limit);
    all
}

fn ids(found: &[(u64, f32)]) -> Vec<u64> {
    found.iter().map(|f| f.0).collect()
}

#[test]
fn a_point_is_not_among_its_results_and_the_nearest_are() {
    let place = place();
    let mut searcher = place.searcher();
    let expected = best((0..POINTS).map(|i| Some(place.cosine(place.row(3), i))), &[3], 10);
    let found = search(&mut searcher, &Ask { compare: true, ..ask(point(3), 10) }).unwrap();
    assert_eq!(rows(&found.hits), ids(&expected));
    assert_eq!(found.compared.map(|c| c.recall), Some(1.0));
    assert_eq!((found.candidates, found.model), (None, None));
    let twin = search(&mut searcher, &ask(point(8), 2)).unwrap();
    assert_eq!(twin.hits[0].id, PointId::Num(9), "the same vector, and another point");
    let missing = search(&mut searcher, &ask(point(9_999), 2)).unwrap_err().to_string();
    assert!(missing.contains("has no point 9999 with that vector"), "{missing}");
}

#[test]
fn block_vectors_are_searched_through_the_encoder_where_the_collection_has_none() {
    let place = place();
    let mut searcher = place.searcher();
    let query = place.outputs(3);
    let sparse = |i: usize| {
        let pairs = query.iter().zip(place.outputs(i));
        Some(pairs.filter(|(q, _)| **q > 0.05).map(|(q, p)| q.sqrt() * p.sqrt()).sum::<f32>())
    };
    let by_blocks = best((0..POINTS).map(sparse), &[3], POINTS);
    let found = search(&mut searcher, &Ask { way: Way::Sparse, ..ask(point(3), 8) }).unwrap();
    let scores: Vec<f32> = found.hits.iter().map(|hit| hit.score).collect();
    for (found, (_, expected)) in scores.iter().zip(&by_blocks) {
        assert!((found - expected).abs() < 1e-5);
    }
    // A twentieth of the collection is left, of which the nearest are taken.
    let left: Vec<u64> = ids(&by_blocks[..POINTS / 20]);
    let near = (0..POINTS).map(|i| left.contains(&(i as u64)).then(|| place.cosine(place.row(3), i)));
    let expected = ids(&best(near, &[3], 8));
    let asked = Ask { way: Way::Prefetched { share: 0.05 }, compare: true, ..ask(point(3), 8) };
    let found = search(&mut searcher, &asked).unwrap();
    assert_eq!((rows(&found.hits), found.candidates), (expected.clone(), Some(POINTS / 20)));
    let exact = ids(&best((0..POINTS).map(|i| Some(place.cosine(place.row(3), i))), &[3], 8));
    let both = expected.iter().filter(|id| exact.contains(id)).count();
    assert_eq!(found.compared.map(|c| c.recall), Some(both as f64 / 8.0));
    // The whole collection prefetched is the exact search.
    let asked = Ask { way: Way::Prefetched { share: 1.0 }, compare: true, ..ask(point(3), 8) };
    assert_eq!(search(&mut searcher, &asked).unwrap().compared.map(|c| c.recall), Some(1.0));
    for share in [0.0, -1.0, 1.5, f64::NAN] {
        let refused = search(&mut searcher, &Ask { way: Way::Prefetched { share }, ..ask(point(3), 8) });
        assert!(refused.unwrap_err().to_string().contains("above 0 and up to 1"));
    }
}

#[test]
fn features_find_exactly_what_matches() {
    let place = place();
    let mut searcher = place.searcher();
    let mut notes = FeatureNotes::default();
    notes.rename(4, "red soup").unwrap();
    searcher.set_notes(notes);
    let fits = |p: &[f32]| p[4] > 0.1 && p[9] <= 0.2;
    let scores = (0..POINTS).map(|i| {
        let p = place.outputs(i);
        fits(&p).then(|| p[4].sqrt())
    });
    let expected = best(scores, &[], 12);
    let features = |text: &str| ask(By::Features(text.into()), 12);
    let found = search(&mut searcher, &features("\"Red soup\" AND NOT 9 > 0.2")).unwrap();
    assert_eq!(rows(&found.hits), ids(&expected));
    assert!(found.hits.iter().zip(&expected).all(|(hit, e)| (hit.score - e.1).abs() < 1e-5));
    assert!(search(&mut searcher, &features("4 > 0.5 AND 4 < 0.5")).unwrap().hits.is_empty());
    let wrong = search(&mut searcher, &features("4 AND soup")).unwrap_err().to_string();
    assert_eq!(wrong, "features, at character 7: no feature is called \"soup\"; there is \"red soup\" (4)");
    let outputs = searcher.features_of(&features("4 AND NOT 9"), &Control::new(), &mut Reporter::silent()).unwrap();
    assert_eq!(outputs.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(i, _)| i).collect::<Vec<_>>(), [4]);
}

#[test]
fn steering_ranks_by_the_formula_over_the_whole_collection() {
    let place = place();
    let mut searcher = place.searcher();
    let (weights, alpha) = ([(2, 1.0), (7, -0.5)], 0.8);
    let means = place.means();
    let shift = |i: usize| {
        let p = place.outputs(i);
        weights.iter().map(|(f, w)| alpha * w * (p[*f].sqrt() - means[*f])).sum::<f32>()
    };
    let plain = best((0..POINTS).map(|i| Some(place.cosine(place.row(3), i))), &[3], POINTS);
    let expected = best((0..POINTS).map(|i| Some(place.cosine(place.row(3), i) + shift(i))), &[3], 10);
    // The second time from memory.
    for _ in 0..2 {
        let found = steer(&mut searcher, &ask(point(3), 10), &weights, alpha).unwrap();
        assert_eq!(rows(&found.before), ids(&plain[..10]));
        assert_eq!(found.candidates, POINTS - 1);
        let after: Vec<Hit> = found.after.iter().map(|after| after.hit.clone()).collect();
        assert_eq!(rows(&after), ids(&expected));
        for (place_after, (after, (id, score))) in found.after.iter().zip(&expected).enumerate() {
            assert!((after.hit.score - score).abs() < 1e-5);
            let rank = plain.iter().position(|(other, _)| other == id).unwrap() + 1;
            assert_eq!(after.rank_before, Some(rank));
            assert_eq!(after.moved, Some(rank as i64 - (place_after as i64 + 1)));
            let sum: f32 = after.because.iter().map(|b| b.contribution).sum();
            assert!((after.similarity + sum - after.hit.score).abs() < 1e-5);
            assert!(after.because.is_sorted_by(|a, b| a.contribution.abs() >= b.contribution.abs()));
        }
    }
    // Without weights nothing moves.
    let still = steer(&mut searcher, &ask(point(3), 10), &[], 1.0).unwrap();
    assert!(still.after.iter().all(|after| after.moved == Some(0) && after.because.is_empty()));
}

fn close(found: &[Hit], expected: &[(u64, f32)]) {
    assert_eq!(rows(found), ids(expected));
    for (hit, (_, score)) in found.iter().zip(expected) {
        assert!((hit.score - score).abs() < 1e-4, "{} {score}", hit.score);
    }
}

#[test]
fn a_collection_with_block_vectors_answers_itself_and_a_file_gives_the_same() {
    let place = place();
    let query = place.outputs(3);
    for values in [SparseValues::Probability, SparseValues::Sqrt] {
        let mut searcher = place.with_blocks(&place.encoder, values, 0.0);
        let sparse = |i: usize| {
            let pairs = query.iter().zip(place.outputs(i));
            Some(pairs.filter(|(q, _)| **q > 0.05).map(|(q, p)| values.of(*q) * values.of(p)).sum::<f32>())
        };
        let by_blocks = best((0..POINTS).map(sparse), &[3], POINTS);
        let found = search(&mut searcher, &Ask { way: Way::Sparse, ..ask(point(3), 8) }).unwrap();
        close(&found.hits, &by_blocks[..8]);
        let left = ids(&by_blocks[..POINTS / 20]);
        let near = (0..POINTS).map(|i| left.contains(&(i as u64)).then(|| place.cosine(place.row(3), i)));
        let asked = Ask { way: Way::Prefetched { share: 0.05 }, ..ask(point(3), 8) };
        let prefetched = search(&mut searcher, &asked).unwrap();
        close(&prefetched.hits, &best(near, &[3], 8));
        assert!(searcher.held.is_none(), "nothing else was read");
        if values == SparseValues::Sqrt {
            let through = search(&mut place.searcher(), &asked).unwrap();
            assert_eq!(rows(&through.hits), rows(&prefetched.hits));
            assert!(through.request.is_none(), "no request reaches a file");
        }
        // The request leaves the point out as well.
        let request = prefetched.request.unwrap().json;
        assert!(request.contains("\"must_not\"") && request.contains("\"has_id\""), "{request}");
        let steered = steer(&mut searcher, &ask(point(3), 8), &[(2, 1.0)], 1.0).unwrap();
        assert_eq!(steered.request.is_some(), values == SparseValues::Sqrt);
        assert_eq!(steered.candidates, POINTS - 1);
    }
}

#[test]
fn block_vectors_of_another_encoder_are_not_used() {
    let place = place();
    let mut searcher = place.with_blocks(&random(DIM, 3, 6, 99), SparseValues::Sqrt, 0.0);
    assert!(!searcher.has_blocks(&Control::new(), &mut Reporter::silent()).unwrap());
    let asked = Ask { way: Way::Sparse, ..ask(point(3), 8) };
    let found = search(&mut searcher, &asked).unwrap();
    assert_eq!(rows(&found.hits), rows(&search(&mut place.searcher(), &asked).unwrap().hits));
    assert!(found.request.is_none());
}

#[test]
fn few_points_are_read_where_block_vectors_tell_which_may_match() {
    let place = place();
    let mut searcher = place.with_blocks(&place.encoder, SparseValues::Probability, 0.05);
    searcher.sizes.few = POINTS / 4;
    for (text, reads_all) in
        [("4 > 0.5 AND NOT 9 > 0.2", false), ("9 > 0.6 OR 4 > 0.7", false), ("NOT 4", true), ("4 > 0.01", true)]
    {
        searcher.held = None;
        let asked = ask(By::Features(text.into()), 20);
        let found = search(&mut searcher, &asked).unwrap();
        let exact = search(&mut place.searcher(), &asked).unwrap();
        assert!(!exact.hits.is_empty());
        assert_eq!(rows(&found.hits), rows(&exact.hits), "{text}");
        // A pass leaves the collection in memory; more points than a few may match too many features at .05.
        assert!(!reads_all || searcher.held.is_some(), "{text}");
    }
}

#[test]
fn a_relative_strength_goes_by_the_spread_of_the_querys_similarities() {
    let place = place();
    let all: Vec<f32> = (0..POINTS).filter(|i| *i != 3).map(|i| place.cosine(place.row(3), i)).collect();
    let mut best = all.clone();
    best.sort_by(|a, b| b.total_cmp(a));
    let best = &best[..all.len().div_ceil(100)];
    let mean = |of: &[f32]| of.iter().sum::<f32>() / of.len() as f32;
    let wanted = 0.7 * (mean(best) - mean(&all)) / 0.54;
    let weights = [(2, 1.0), (7, -0.5)];
    let relative = Steering { weights: weights.to_vec(), strength: Strength::Relative(0.7) };
    // The collection read, from memory, and by candidates.
    let (mut searcher, mut large) = (place.searcher(), place.searcher());
    large.sizes.whole = 100;
    large.sizes.candidates = 300;
    for searcher in [&mut searcher, &mut large] {
        for _ in 0..2 {
            let asked = ask(point(3), 10);
            let found = searcher.steer(&asked, &relative, &Control::new(), &mut Reporter::silent()).unwrap();
            assert!((found.alpha - wanted).abs() < 1e-5, "{} {wanted}", found.alpha);
            let twin = steer(searcher, &asked, &weights, found.alpha).unwrap();
            assert_eq!(twin.alpha, found.alpha);
            let after = |found: Steered| found.after.into_iter().map(|after| after.hit).collect::<Vec<_>>();
            assert_eq!(rows(&after(found)), rows(&after(twin)));
        }
    }
    // What matches features is not scored by cosines.
    let features = ask(By::Features("4 AND NOT 9".into()), 5);
    let found = searcher.steer(&features, &relative, &Control::new(), &mut Reporter::silent()).unwrap();
    assert_eq!(found.alpha, 0.7);
}

#[test]
fn of_a_large_collection_the_candidates_are_scored_exactly() {
    let place = place();
    let (weights, alpha) = ([(2, 1.0), (7, -0.5)], 0.5);
    let exact = steer(&mut place.searcher(), &ask(point(3), 5), &weights, alpha).unwrap();
    let mut with = place.with_blocks(&place.encoder, SparseValues::Sqrt, 0.05);
    for (searcher, most) in [(&mut with, 2 * 301), (&mut place.searcher(), 301)] {
        searcher.sizes.whole = 100;
        searcher.sizes.candidates = 300;
        let found = steer(searcher, &ask(point(3), 5), &weights, alpha).unwrap();
        assert!((300..=most).contains(&found.candidates), "{}", found.candidates);
        assert_eq!(rows(&found.before), rows(&exact.before));
        for after in &found.after {
            let twin = exact.after.iter().find(|twin| twin.hit.id == after.hit.id);
            if let Some(twin) = twin {
                assert!((after.hit.score - twin.hit.score).abs() < 1e-4);
                assert!(after.rank_before.is_none_or(|rank| Some(rank) == twin.rank_before));
            }
        }
        let same = found.after.iter().filter(|after| exact.after.iter().any(|twin| twin.hit.id == after.hit.id));
        assert!(same.count() >= 4);
    }
    // Pairs have a score of their own, whose best points are scored.
    let pairs = By::Pairs { target: Some(PointId::Num(1)), pairs: vec![(PointId::Num(2), PointId::Num(4))] };
    let mut searcher = place.searcher();
    let plain = search(&mut searcher, &ask(pairs.clone(), 5)).unwrap();
    let found = steer(&mut searcher, &ask(pairs, 5), &[(2, 0.5)], 0.1).unwrap();
    assert_eq!(rows(&found.before), rows(&plain.hits));
    assert!(found.after.iter().all(|after| ![1, 2, 4].map(PointId::Num).contains(&after.hit.id)));
}

#[test]
fn examples_pairs_and_features_are_steered_too() {
    let place = place();
    let mut searcher = place.searcher();
    let number = |ids: &[u64]| ids.iter().copied().map(PointId::Num).collect::<Vec<_>>();
    let likes = By::Examples { positive: number(&[3, 8]), negative: number(&[20]), strategy: Strategy::AverageVector };
    let found = steer(&mut searcher, &ask(likes.clone(), 6), &[(2, 1.0)], 0.5).unwrap();
    assert!(
        found
            .before
            .iter()
            .chain(found.after.iter().map(|a| &a.hit))
            .all(|hit| ![3, 8, 20].map(PointId::Num).contains(&hit.id))
    );
    let unit = |i: usize| linalg::normalised(place.row(i), DIM);
    let mean: Vec<f32> = (0..DIM).map(|d| unit(3)[d] + unit(8)[d] - unit(20)[d]).collect();
    let expected = best((0..POINTS).map(|i| Some(place.cosine(&mean, i))), &[3, 8, 20], 6);
    assert_eq!(rows(&found.before), ids(&expected));
    // A query by features keeps to what matches.
    let found = steer(&mut searcher, &ask(By::Features("4 AND NOT 9".into()), POINTS), &[(2, -1.0)], 2.0).unwrap();
    let fits = |i: usize| place.outputs(i)[4] > 0.1 && place.outputs(i)[9] <= 0.1;
    assert_eq!(found.candidates, (0..POINTS).filter(|i| fits(*i)).count());
    assert!(found.after.iter().all(|after| matches!(after.hit.id, PointId::Num(i) if fits(i as usize))));
}

#[test]
fn what_makes_no_sense_is_told() {
    let place = place();
    let mut searcher = place.searcher();
    let mut told = |by: By| search(&mut searcher, &ask(by, 5)).unwrap_err().to_string();
    assert!(told(By::Text("  ".into())).contains("the words to search by are empty"));
    assert!(told(By::Features("99".into())).contains("there is no feature 99: the encoder has 0 to 17"));
    let none = By::Examples { positive: vec![], negative: vec![PointId::Num(1)], strategy: Strategy::AverageVector };
    assert!(told(none).contains("at least one point that results should be like"));
    assert!(told(By::Pairs { target: None, pairs: vec![] }).contains("at least one pair"));
    assert!(
        told(By::Pairs { target: None, pairs: vec![(PointId::Num(1), PointId::Num(5_000))] }).contains("no point 5000")
    );
    assert!(search(&mut searcher, &ask(point(1), 0)).unwrap_err().to_string().contains("at least 1 point"));
    for (weights, alpha, words) in [
        (&[(18, 1.0)][..], 1.0, "there is no feature 18"),
        (&[(1, 2.0)], 1.0, "has the weight 2"),
        (&[(1, 1.0)], f32::NAN, "alpha must be"),
    ] {
        let problem = steer(&mut searcher, &ask(point(1), 5), weights, alpha).unwrap_err().to_string();
        assert!(problem.contains(words), "{problem}");
    }
    let source = || source::open(&place.args(), &Control::new(), &mut Reporter::silent()).unwrap();
    let mut plain = Searcher::new(None, source(), place.args(), ModelArgs::default()).unwrap();
    assert_eq!(search(&mut plain, &ask(point(3), 4)).unwrap().hits.len(), 4, "no encoder is needed for this");
    for way in [Way::Sparse, Way::Prefetched { share: 0.1 }] {
        let problem = search(&mut plain, &Ask { way, ..ask(point(3), 4) }).unwrap_err().to_string();
        assert!(problem.contains("needs an encoder"), "{problem}");
    }
    assert!(steer(&mut plain, &ask(point(3), 4), &[], 1.0).unwrap_err().to_string().contains("needs an encoder"));
    let other = Searcher::new(Some(Arc::new(random(5, 2, 3, 1))), source(), place.args(), ModelArgs::default());
    assert!(matches!(other.err(), Some(Error::Dimension { found: DIM, expected: 5, .. })));
    let control = Control::new();
    control.cancel();
    let ended = searcher.steer(&ask(point(1), 5), &Steering::default(), &control, &mut Reporter::silent());
    assert!(matches!(ended, Err(Error::Cancelled)));
}

#[test]
fn a_row_that_is_not_a_number_is_told_by_its_place() {
    let place = place();
    let mut vectors = place.vectors.clone();
    vectors[40 * DIM] = f32::NAN;
    write_matrix(Path::new(&place.folder.path().join("v.npy")), DIM, &vectors).unwrap();
    let problem = steer(&mut place.searcher(), &ask(point(3), 5), &[(1, 1.0)], 1.0).unwrap_err().to_string();
    assert!(problem.contains("row 40 holds NaN or infinity"), "{problem}");
}
