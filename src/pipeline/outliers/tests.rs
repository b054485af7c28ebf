//! Which points others are compared with, and a plain twin of the whole answer.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::*;
use crate::config::{CollectionArgs, DeviceChoice, ModelArgs, TrainConfig};
use crate::encoder::{Encoder, EncoderMeta};
use crate::features::outlier::{max_probability, mean_entropy};
use crate::job::Task;
use crate::numpy::write_matrix;
use crate::pipeline::{Answer, Job};
use crate::source::Distance;
use crate::source::{FileSource, split_positions};

const DIM: usize = 8;
const POINTS: usize = 300;

/// Points around six centres.
fn vectors(n: usize, seed: u64) -> Vec<f32> {
    let mut centres = ChaCha8Rng::seed_from_u64(99);
    let centres: Vec<f32> = (0..6 * DIM).map(|_| centres.random_range(-1.0..1.0)).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .flat_map(|_| {
            let (centre, spread) = (rng.random_range(0..6), 0.2 + 0.6 * rng.random::<f32>());
            centres[centre * DIM..][..DIM]
                .iter()
                .map(|c| c + spread * rng.random_range(-1.0f32..1.0))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A folder with a collection and an encoder that was trained on it.
fn trained() -> (TempDir, CollectionArgs, Vec<f32>) {
    let folder = tempfile::tempdir().unwrap();
    let rows = vectors(POINTS, 1);
    write_matrix(folder.path().join("v.npy"), DIM, &rows).unwrap();
    let collection = CollectionArgs { vectors: Some(folder.path().join("v.npy")), ..CollectionArgs::default() };
    let config = TrainConfig {
        limit: 20,
        split: 0.3,
        epochs: 2,
        epoch_size: 320,
        blocks: 2,
        block_size: 8,
        min_margin: 0.01,
        seed: 5,
        device: DeviceChoice::Cpu,
        output: folder.path().join("e.safetensors"),
        log_dir: folder.path().join("logs"),
        collection: collection.clone(),
        ..TrainConfig::default()
    };
    Job::Train(Box::new(config)).run(&Control::new(), &mut Reporter::silent()).unwrap();
    (folder, collection, rows)
}

fn config(folder: &TempDir, collection: &CollectionArgs) -> OutliersConfig {
    OutliersConfig {
        pictures: Vec::new(),
        text: Vec::new(),
        id: Vec::new(),
        input: None,
        encoder: folder.path().join("e.safetensors"),
        rate: 0.05,
        score: OutlierScore::Fused,
        batch: false,
        limit: 1_000,
        against: Vec::new(),
        calibration: 5_000,
        reference: 20_000,
        seed: 0,
        model: ModelArgs::default(),
        collection: collection.clone(),
    }
}

fn ask(config: &OutliersConfig) -> OutliersAnswer {
    let answer = Job::Outliers(config.clone()).run(&Control::new(), &mut Reporter::silent()).unwrap();
    let Answer::Outliers(answer) = answer else { panic!("an answer of outliers") };
    answer
}

/// The points that a detector compares with, in order.
fn compared(detector: &Detector) -> Vec<u64> {
    (0..POINTS as u64).filter(|id| detector.calibration().member(PointId::Num(*id)).is_some()).collect()
}

fn made(folder: &TempDir, encoder: &Encoder, sizes: DetectorSizes, left_out: &[u64]) -> Detector {
    let mut source = FileSource::open(&folder.path().join("v.npy"), None, Distance::Cosine).unwrap();
    let left_out = left_out.iter().map(|id| PointId::Num(*id)).collect();
    let silent = &mut Reporter::silent();
    detector(encoder, &mut source, sizes, &left_out, &Control::new(), silent).unwrap()
}

#[test]
fn the_points_compared_with_are_those_that_were_not_trained_on() {
    let (folder, _, mut rows) = trained();
    let encoder = Encoder::read(folder.path().join("e.safetensors")).unwrap();
    let val: Vec<u64> = split_positions(POINTS, 0.3, 5).1.into_iter().map(|place| place as u64).collect();
    let all = made(&folder, &encoder, DetectorSizes::default(), &[]);
    assert!(all.calibration().held_out());
    assert_eq!(compared(&all), val);
    // Neighbours are looked for among all others.
    assert_eq!(all.reference().points(), POINTS - val.len());
    assert!((0..POINTS as u64).all(|id| all.reference().holds(PointId::Num(id)) != val.contains(&id)));

    // Fewer of both, another draw by another seed, and never what is known to be an outlier.
    let sizes = DetectorSizes { calibration: 20, reference: 100, seed: 1 };
    let few = made(&folder, &encoder, sizes, &val[..50]);
    let chosen = compared(&few);
    assert_eq!((chosen.len(), few.reference().points()), (20, 100));
    assert!(chosen.iter().all(|id| val[50..].contains(id)));
    assert!(val[..50].iter().all(|id| !few.reference().holds(PointId::Num(*id))));
    assert_ne!(chosen, compared(&made(&folder, &encoder, DetectorSizes { seed: 2, ..sizes }, &val[..50])));

    // The training says nothing of another collection of the same size: this is seen, and a quarter is set apart.
    let of = |encoder: &Encoder| {
        let detector = made(&folder, encoder, DetectorSizes::default(), &[]);
        (detector.calibration().held_out(), detector.calibration().points(), detector.reference().points())
    };
    let mut nothing = encoder.clone();
    nothing.meta = EncoderMeta::default();
    assert_eq!(of(&nothing), (false, 75, 225));
    rows.rotate_right(DIM);
    write_matrix(folder.path().join("v.npy"), DIM, &rows).unwrap();
    assert_eq!(of(&encoder), (false, 75, 225));
}

/// Every p-value of a collection's points, by each score, in the plain way; and what a batch makes of them.
#[test]
fn the_answer_is_that_of_the_plain_way() {
    let (folder, collection, rows) = trained();
    let encoder = Encoder::read(folder.path().join("e.safetensors")).unwrap();
    let val: Vec<usize> = split_positions(POINTS, 0.3, 5).1;
    let outputs = encoder.encode(&rows);
    let row = |i: usize| &rows[i * DIM..][..DIM];
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    let fiftieth = |i: usize| {
        let others = (0..POINTS).filter(|j| *j != i && !val.contains(j));
        let mut all: Vec<f64> = others.map(|j| 1.0 - cosine(row(i), row(j))).collect();
        all.sort_by(f64::total_cmp);
        all[49] as f32
    };
    let scores: Vec<[f32; 3]> = (0..POINTS)
        .map(|i| {
            let y = &outputs[i * encoder.outputs()..][..encoder.outputs()];
            [mean_entropy(y, 8), max_probability(y, 8), fiftieth(i)]
        })
        .collect();
    for (place, score) in OutlierScore::ALL.into_iter().enumerate().take(3) {
        let twin: Vec<f64> = (0..POINTS)
            .map(|i| {
                let own = val.contains(&i);
                let others = val.iter().filter(|j| **j != i && scores[**j][place] >= scores[i][place]).count();
                (1 + others) as f64 / (val.len() + usize::from(!own)) as f64
            })
            .collect();
        for is_batch in [false, true] {
            let rate = if is_batch { 0.4 } else { 0.1 };
            let answer = ask(&OutliersConfig { score, rate, batch: is_batch, ..config(&folder, &collection) });
            let flags: Vec<f64> = if is_batch { adjusted(&twin) } else { twin.clone() };
            let mut expected: Vec<usize> = (0..POINTS).filter(|i| flags[*i] <= rate).collect();
            expected.sort_by(|a, b| twin[*a].total_cmp(&twin[*b]));
            assert_eq!((answer.judged, answer.whole), (POINTS as u64, true));
            // The 50th neighbour is computed otherwise here, so that near ties may fall otherwise.
            let near = if place == 2 { 1.5 / val.len() as f64 } else { 1e-12 };
            assert!(answer.flagged_count.abs_diff(expected.len() as u64) <= u64::from(place == 2), "{score}");
            assert_eq!(answer.flagged.len() as u64, answer.flagged_count);
            assert!(answer.flagged.windows(2).all(|two| two[0].p <= two[1].p));
            for item in &answer.flagged {
                let Some(PointId::Num(id)) = item.id else { panic!("{item:?}") };
                assert!((item.p - twin[id as usize]).abs() <= near, "{score}: {} {}", item.p, twin[id as usize]);
                assert_eq!(item.adjusted.is_some(), is_batch);
                assert_eq!(item.scores.neighbour.is_some(), score.needs_neighbours());
            }
        }
    }
    // A short list counts all the same, and has the most outlying.
    let all = ask(&config(&folder, &collection));
    let short = ask(&OutliersConfig { limit: 2, ..config(&folder, &collection) });
    assert!(all.flagged_count > 2);
    assert_eq!((short.flagged_count, short.flagged.len()), (all.flagged_count, 2));
    assert_eq!(short.flagged[1].id, all.flagged[1].id);
}

/// "Flag at 5 %" over a real training: fresh points of the same kind, by each score, within the error of the calibration
/// part and of the sample.
#[test]
fn fresh_points_are_flagged_at_the_rate() {
    let (folder, collection, _) = trained();
    let fresh = 400;
    write_matrix(folder.path().join("fresh.npy"), DIM, &vectors(fresh, 2)).unwrap();
    for score in OutlierScore::ALL {
        let settings = OutliersConfig {
            score,
            rate: 0.1,
            input: Some(folder.path().join("fresh.npy")),
            ..config(&folder, &collection)
        };
        let answer = ask(&settings);
        assert_eq!((answer.judged, answer.whole, answer.calibration.points), (fresh as u64, false, 90));
        assert_eq!(answer.flagged.len() + answer.others.len(), fresh);
        let share = answer.flagged_count as f64 / fresh as f64;
        let sd = answer.calibration.spread.hypot((0.1f64 * 0.9 / fresh as f64).sqrt());
        // The share is 9 of 91.
        assert!((share - 9.0 / 91.0).abs() < 4.0 * sd, "{score}: {share}, and a deviation is {sd}");
    }
}
