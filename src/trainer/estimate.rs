//! How long a training will take and how much memory, before it begins: counted from its settings, and scaled by how
//! fast this machine's processor is.
//!
//! With n points of D dimensions of which n_t are trained on and n_v validate, O = blocks * block size outputs, `limit`
//! neighbours, batches of R = 3 * batch size rows (of an autoencoder R = batch size, and T = 0), S steps in an epoch, T
//! validation triplets (a tenth of an epoch's), M = min(n_v, 64 ... 4,096) judged points, on C cores that do F operations
//! of products a second together, f one alone, and e numbers of plain arithmetic one alone, the seconds are
//!
//! ```text
//! reading     (open + p (points + n) + q n D) / e, for an embedded store, a file or files of similarity data
//! neighbours  for each part of m points: 2 m^2 D / F + (1.5 m^2 + 100 k m + r) / (e C), with k neighbours kept
//! preparing   7.5 n limit / e
//! steps       epochs S (6 R D O / f + (8 R O + D O / 2 + R D / 9 + 53,000) / e)
//! judging     epochs (E(M + 8 + 3 T) + (2.5 M O + 3 T O + 3 D O) / e)
//! finishing   2 E(n_v) + n_v O / e + 3 D O / e
//! E(m)        2 m D O / F + 2 m O / (e C), what encoding m points takes
//! ```
//!
//! Balanced and codes compare A points with K in a step instead (A = K where all of a batch are compared), of which K go
//! through the network:
//!
//! ```text
//! steps       epochs S (X / F + (Y K O + 6 A K) / e + P), P the parameters' D O / 2 + 53,000 as before
//! balanced    X = 4 K D O + 2 K^2 D + 6 K^2 O + 6 K O^2, Y = 16
//! codes       X = 10 K D O + 2 A K D + 6 A K O, Y = 20, and a start of m = min(n_t, 16,384) points first, with a decoder
//!             at the end: 2 m (D^2 + O^2 + D O) / F + O^3 / (3 e)
//! head        the usual steps of 4 x 64, as often as its encoders need on all cores, one a core
//! ```
//!
//! (for cosine; Euclid keeps and measures more, Manhattan has no product). The constants were fitted to timings of these
//! parts on one machine; BENCHMARKS.md says how far estimates of whole trainings were off. It is the CPU that is counted:
//! how long a GPU takes was never measured. What a server takes for its part cannot be counted here at all; it is put as
//! if its collection were an embedded store, and marked as rough. Labels that are trained on add the batches of
//! groups, of L = 256 points: epochs S (6 L (D O + L O) / f + (8 L O + L D / 9) / e).

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::config::{ObjectiveKind, TrainConfig};
use crate::linalg;
use crate::point::Distance;

/// How long each of the three measurements goes on.
const MEASURE: Duration = Duration::from_millis(40);

/// What the machine's processor does in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Floating-point operations of a matrix product on one core.
    pub core: f64,
    /// The same on all cores at the same time.
    pub cores: f64,
    /// Numbers that go through a SoftMax on one core, which stands for arithmetic number by number.
    pub numbers: f64,
    /// Cores.
    pub threads: usize,
}

impl Pace {
    /// Measures it, for some 130 ms on all cores: never call it where a frame is drawn. What else the machine does
    /// meanwhile makes it look slower, and then it is.
    pub fn measure() -> Self {
        // As in a step of the default training: 96 rows, 512 dimensions, 256 outputs.
        let (rows, dim, outputs) = (96, 512, 256);
        let x: Vec<f32> = (0..rows * dim).map(|i| (i % 11) as f32 * 0.01).collect();
        let w: Vec<f32> = (0..outputs * dim).map(|i| (i % 17) as f32 * 0.01).collect();
        let product = || {
            let mut y = vec![0f32; rows * outputs];
            let seconds = average(|| linalg::product_transposed(black_box(&x), black_box(&w), dim, &mut y));
            black_box(y);
            2.0 * (rows * dim * outputs) as f64 / seconds
        };
        let core = product();
        let threads = linalg::cores();
        let cores = std::thread::scope(|scope| {
            let working: Vec<_> = (0..threads).map(|_| scope.spawn(product)).collect();
            working.into_iter().filter_map(|thread| thread.join().ok()).sum::<f64>()
        });
        let before: Vec<f32> = (0..rows * outputs).map(|i| (i % 13) as f32 * 0.1).collect();
        let mut z = before.clone();
        let seconds = average(|| {
            z.copy_from_slice(black_box(&before));
            linalg::wide(|| z.chunks_mut(64).for_each(|z| linalg::softmax(z, &[0.0; 64])));
            black_box(z.as_slice());
        });
        Self { core, cores: cores.max(core), numbers: z.len() as f64 / seconds, threads }
    }
}

/// Seconds of a run, on average: a training, too, has to share the machine with whatever else it does.
fn average(mut work: impl FnMut()) -> f64 {
    work();
    let began = Instant::now();
    let mut runs = 0;
    while runs == 0 || began.elapsed() < MEASURE {
        work();
        runs += 1;
    }
    // A clock may be too coarse to see it.
    began.elapsed().as_secs_f64().max(1e-9) / f64::from(runs)
}

/// Seconds of a training's parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// Reading ids, vectors and similarity data.
    pub reading: f64,
    /// Exact neighbours.
    pub neighbours: f64,
    /// Preparing the drawing of triplets.
    pub preparing: f64,
    /// The optimiser's steps.
    pub steps: f64,
    /// Validation and the other figures at the end of each epoch.
    pub judging: f64,
    /// Judging the points held out, and writing the encoders.
    pub finishing: f64,
}

impl Parts {
    /// All of them, in seconds.
    pub fn total(&self) -> f64 {
        self.reading + self.neighbours + self.preparing + self.steps + self.judging + self.finishing
    }
}

/// What a training will take on the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Seconds in all.
    pub seconds: f64,
    /// Bytes of memory at most, above what the program takes without it.
    pub memory_bytes: u64,
    /// Where the seconds go.
    pub parts: Parts,
    /// Whether a server's part is in it, which cannot be counted here.
    pub rough: bool,
}

/// Where the data comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Server,
    Store,
    Vectors,
    Similarity,
}

/// Estimates a training on a collection, or on similarity data, of `points` points of `dim` dimensions. How nearness is
/// measured is taken from the settings, which say it for files; a collection of its own distance is taken for cosine.
pub fn estimate(config: &TrainConfig, points: u64, dim: usize, pace: &Pace) -> Estimate {
    let origin = match &config.collection {
        c if c.vectors.is_some() => Origin::Vectors,
        c if c.store.is_some() => Origin::Store,
        c if c.is_given() => Origin::Server,
        _ => Origin::Similarity,
    };
    let sampled = if origin == Origin::Similarity { points } else { points.min(config.sample as u64) };
    let n = sampled as f64;
    let val = (n * config.split).round();
    let triplets = config.objective != ObjectiveKind::Autoencoder;
    let count = Counts {
        points: points as f64,
        train: n - val,
        val,
        dim: dim as f64,
        // Of a collection nothing is looked for that is not learnt from.
        limit: if triplets || origin == Origin::Similarity { config.limit as f64 } else { 0.0 },
        labelled: if config.groups.is_training() { super::groups::POINTS as f64 } else { 0.0 },
        outputs: f64::from(config.blocks) * f64::from(config.block_size),
        batch: f64::from(config.batch_size),
        rows: f64::from(config.batch_size) * if triplets { 3.0 } else { 1.0 },
        steps: f64::from((config.epoch_size / config.batch_size.max(1)).max(1)),
        validation: if triplets { f64::from((config.epoch_size / 10).clamp(1, 100_000)) } else { 0.0 },
        epochs: f64::from(config.epochs),
        objective: config.objective,
        candidates: f64::from(config.terms.candidates),
        triplets: config.terms.triplets > 0.0,
        heads: match config.objective {
            ObjectiveKind::Balanced if config.terms.confidence > 0.0 => config.terms.head.max(1),
            _ => config.terms.head,
        },
    };
    let distance = if origin == Origin::Vectors { config.collection.distance } else { Distance::Cosine };
    let parts = count.seconds(origin, distance, pace);
    Estimate {
        seconds: parts.total(),
        memory_bytes: count.memory(origin, distance, pace) as u64,
        parts,
        rough: origin == Origin::Server,
    }
}

/// What there is to do.
struct Counts {
    points: f64,
    train: f64,
    val: f64,
    dim: f64,
    limit: f64,
    /// Points of a batch of groups.
    labelled: f64,
    outputs: f64,
    batch: f64,
    /// Rows in a batch.
    rows: f64,
    steps: f64,
    validation: f64,
    epochs: f64,
    objective: ObjectiveKind,
    /// Candidates of the codes.
    candidates: f64,
    /// Whether what is balanced learns from triplets, too.
    triplets: bool,
    /// Encoders in a confidence head, or the one that teaches confidence alone.
    heads: u32,
}

impl Counts {
    /// Neighbours of each point of a part.
    fn kept(&self, part: f64) -> f64 {
        self.limit.min(part - 1.0).max(0.0)
    }

    fn entries(&self) -> f64 {
        self.train * self.kept(self.train) + self.val * self.kept(self.val)
    }

    fn numbers(&self) -> f64 {
        (self.train + self.val) * self.dim
    }

    fn weights(&self) -> f64 {
        self.dim * self.outputs
    }

    /// Validation points that each epoch's figures are taken over, as the trainer chooses them.
    fn judged(&self) -> f64 {
        (2e10 / (2.0 * self.weights())).clamp(64.0, 4_096.0).min(self.val)
    }

    /// What a batch of groups adds to a step.
    fn supervised(&self, pace: &Pace) -> f64 {
        let (rows, o) = (self.labelled, self.outputs);
        let products = 6.0 * rows * self.weights() + 6.0 * rows * rows * o;
        products / pace.core + (8.0 * rows * o + 0.11 * rows * self.dim) / pace.numbers
    }

    fn seconds(&self, origin: Origin, distance: Distance, pace: &Pace) -> Parts {
        let plain = |numbers: f64| numbers / pace.numbers;
        let spread = |numbers: f64| plain(numbers) / pace.threads as f64;
        let (n, o) = (self.train + self.val, self.outputs);
        let encode = |rows: f64| 2.0 * rows * self.weights() / pace.cores + spread(2.0 * rows * o);
        let reading = match origin {
            // Opening it, walking over its ids, looking up each point.
            Origin::Store | Origin::Server => 3.5e7 + 500.0 * self.points + 750.0 * n + 2.5 * self.numbers(),
            Origin::Vectors => 20.0 * self.points + 3.0 * self.numbers(),
            Origin::Similarity => 3.0 * self.numbers() + 60.0 * self.entries(),
        };
        let neighbours = if origin == Origin::Similarity || self.limit == 0.0 {
            0.0
        } else {
            [self.train, self.val].map(|part| self.exact(part, distance, pace)).iter().sum()
        };
        let step = self.step(pace);
        let (judged, triplets) = (self.judged(), 3.0 * self.validation);
        let judging = encode(judged + 8.0 + triplets) + plain(2.5 * judged * o + triplets * o + 3.0 * self.weights());
        Parts {
            reading: plain(reading),
            neighbours,
            preparing: plain(7.5 * self.entries()) + self.beginning(pace),
            steps: self.epochs * self.steps * (step + self.supervised(pace)),
            judging: self.epochs * judging,
            finishing: 2.0 * encode(self.val)
                + plain(self.val * o + 3.0 * self.weights())
                + if self.objective == ObjectiveKind::Codes { 2.0 * self.fit(self.train, pace) } else { 0.0 },
        }
    }

    /// A step on triplets, for `outputs` features.
    fn triplets(&self, batch: f64, outputs: f64, pace: &Pace) -> f64 {
        let (rows, weights) = (3.0 * batch, self.dim * outputs);
        let plain = 8.0 * rows * outputs + 0.5 * weights + 0.11 * rows * self.dim + 53_000.0;
        6.0 * rows * weights / pace.core + plain / pace.numbers
    }

    /// A step of the objective.
    fn step(&self, pace: &Pace) -> f64 {
        let (o, d, w) = (self.outputs, self.dim, self.weights());
        let parameters = 0.5 * w + 53_000.0;
        match self.objective {
            ObjectiveKind::Compatible | ObjectiveKind::Autoencoder => self.triplets(self.rows / 3.0, o, pace),
            ObjectiveKind::Balanced => {
                let k = self.batch.min(self.train);
                let products = 4.0 * k * w + 2.0 * k * k * d + 6.0 * k * k * o + 6.0 * k * o * o;
                let own = products / pace.cores + (16.0 * k * o + 6.0 * k * k + parameters) / pace.numbers;
                own + if self.triplets { self.triplets(self.batch, o, pace) } else { 0.0 }
            }
            ObjectiveKind::Codes => {
                let k = self.candidates.min(self.train);
                let a = self.batch.min(k);
                let products = 10.0 * k * w + 2.0 * a * k * d + 6.0 * a * k * o;
                products / pace.cores + (20.0 * k * o + 6.0 * a * k + 2.0 * parameters) / pace.numbers
            }
        }
    }

    /// What an objective does before its first step.
    fn beginning(&self, pace: &Pace) -> f64 {
        let rounds = (f64::from(self.heads) / pace.threads as f64).ceil();
        let heads = rounds * 1_000.0 * self.triplets(32.0, 256.0, pace);
        heads
            + match self.objective {
                ObjectiveKind::Codes => {
                    let looked_at = self.train.min(16_384.0);
                    2.0 * looked_at * self.dim * self.dim / pace.cores + self.fit(looked_at, pace)
                }
                _ => 0.0,
            }
    }

    /// Fitting a decoder to so many points.
    fn fit(&self, points: f64, pace: &Pace) -> f64 {
        let (o, d) = (self.outputs, self.dim);
        2.0 * points * o * (o + 2.0 * d) / pace.cores + o * o * (o / 3.0 + 2.0 * d) / pace.numbers
    }

    /// Exact neighbours within a part.
    fn exact(&self, part: f64, distance: Distance, pace: &Pace) -> f64 {
        let pairs = part * part;
        let kept = self.kept(part) * part;
        let spread = |numbers: f64| numbers / pace.numbers / pace.threads as f64;
        let products = 2.0 * pairs * self.dim / pace.cores;
        match distance {
            Distance::Cosine | Distance::Dot => products + spread(1.5 * pairs + 100.0 * kept),
            // Twice as many are kept at first, and measured again.
            Distance::Euclid => products + spread(2.0 * pairs + 200.0 * kept + 0.5 * kept * self.dim),
            // No products: number by number.
            Distance::Manhattan => spread(0.4 * pairs * self.dim + 1.5 * pairs + 100.0 * kept),
        }
    }

    /// Bytes at most: while the neighbours of the training part are found, or while it is trained.
    fn memory(&self, origin: Origin, distance: Distance, pace: &Pace) -> f64 {
        let o = self.outputs;
        let vectors = 4.0 * self.numbers();
        let matrix = 8.0 * self.entries();
        // What opening a store and talking to a server take; a store's vectors are mapped into memory to be read.
        let opened = 4e7;
        let finding = match origin {
            Origin::Similarity => 0.0,
            // Offsets and scores as they come, sorted, and as a matrix.
            Origin::Server => opened + 40.0 * self.entries(),
            Origin::Store | Origin::Vectors => {
                let mapped = if origin == Origin::Store { opened + 1.5 * vectors } else { 0.0 };
                let tiles = 4.0 * 128.0 * 1_024.0 * pace.threads as f64;
                let copied = if matches!(distance, Distance::Cosine | Distance::Euclid) {
                    4.0 * self.train * self.dim
                } else {
                    0.0
                };
                mapped + tiles + copied + 8.0 * self.train * self.kept(self.train)
            }
        };
        // The weights, their gradients, Adam's two moments and what it computes, and three encoders.
        let weights = 4.0 * 11.0 * self.weights();
        // A batch goes in parts of at most 128 MB of outputs, and of at most 1e10 operations.
        let part = (f64::from(128 << 20) / (12.0 * o)).min(1e10 / (18.0 * self.weights())).max(1.0);
        let rows = self.rows.min(3.0 * part);
        let triplets = 4.0 * rows * (14.0 * o + 3.0 * self.dim);
        // What the gradients of each operation need is kept.
        let compared = |a: f64, k: f64| 4.0 * (k * (16.0 * o + 3.0 * self.dim) + 8.0 * a * k);
        let step = match self.objective {
            ObjectiveKind::Compatible | ObjectiveKind::Autoencoder => triplets,
            ObjectiveKind::Balanced => triplets.max(compared(self.batch, self.batch) + 12.0 * o * o) + vectors,
            ObjectiveKind::Codes => compared(self.batch, self.candidates).max(20.0 * o * o) + vectors,
        };
        let page = (f64::from(8 << 20) / o).max(1.0);
        let judging = 4.0 * (3.0 * self.validation.min(page)).max(self.judged().min(page)) * (o + self.dim);
        let sampler = 8.0 * self.train * self.kept(self.train);
        vectors + matrix + finding.max(sampler + weights + step.max(judging))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{CollectionArgs, Terms};

    const PACE: Pace = Pace { core: 1e9, cores: 2e9, numbers: 1e9, threads: 2 };

    fn of(change: impl FnOnce(&mut CollectionArgs)) -> TrainConfig {
        let mut config = TrainConfig::default();
        change(&mut config.collection);
        config
    }

    fn store() -> TrainConfig {
        of(|c| (c.store, c.collection) = (Some("s".into()), Some("food".into())))
    }

    fn vectors(distance: Distance) -> TrainConfig {
        of(|c| (c.vectors, c.distance) = (Some("v.npy".into()), distance))
    }

    #[test]
    fn the_counts_are_those_of_the_formulae() {
        let config = TrainConfig {
            blocks: 2,
            block_size: 50,
            batch_size: 10,
            epoch_size: 100,
            epochs: 2,
            limit: 10,
            split: 0.25,
            ..vectors(Distance::Dot)
        };
        let found = estimate(&config, 400, 100, &PACE);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        // 30 rows times 100 x 100 weights, and 20 steps.
        close(found.parts.steps, 20.0 * (6.0 * 30.0 * 1e4 / 1e9 + (24_000.0 + 5_000.0 + 330.0 + 53_000.0) / 1e9));
        let part = |m: f64| 2.0 * m * m * 100.0 / 2e9 + (1.5 * m * m + 1_000.0 * m) / 2e9;
        close(found.parts.neighbours, part(300.0) + part(100.0));
        close(found.parts.reading, (20.0 * 400.0 + 3.0 * 40_000.0) / 1e9);
        close(found.parts.preparing, 7.5 * 4_000.0 / 1e9);
        // 100 judged, 8 shown, 3 x 10 of the validation triplets.
        let encode = |m: f64| 2.0 * m * 1e4 / 2e9 + 2.0 * m * 100.0 / 2e9;
        close(found.parts.judging, 2.0 * (encode(138.0) + (25_000.0 + 3_000.0 + 30_000.0) / 1e9));
        close(found.parts.finishing, 2.0 * encode(100.0) + (10_000.0 + 30_000.0) / 1e9);
        close(found.seconds, found.parts.total());
    }

    #[test]
    fn labels_that_are_trained_on_add_their_batches() {
        let mut config =
            TrainConfig { blocks: 2, block_size: 50, batch_size: 10, epoch_size: 100, epochs: 2, ..store() };
        let without = estimate(&config, 400, 100, &PACE);
        config.groups.labels = Some("dish".into());
        let with = estimate(&config, 400, 100, &PACE);
        // 256 rows, 100 x 100 weights, 256 x 256 similarities of 100 outputs, 20 steps.
        let batch = 6.0 * 256.0 * (1e4 + 25_600.0) / 1e9 + (204_800.0 + 2_816.0) / 1e9;
        assert!((with.parts.steps - without.parts.steps - 20.0 * batch).abs() < 1e-12, "{with:?} {without:?}");
        config.groups.supervised = 0.0;
        assert_eq!(estimate(&config, 400, 100, &PACE).parts.steps, without.parts.steps, "what only measures");
    }

    #[test]
    fn other_objectives_count_what_they_compare() {
        let with = |objective: ObjectiveKind, head: u32| {
            let preset = TrainConfig::preset(objective);
            let terms = Terms { candidates: 1_024, head, ..preset.terms };
            let preset = TrainConfig { terms, ..preset };
            let config = TrainConfig {
                blocks: 2,
                block_size: 50,
                batch_size: 10,
                epoch_size: 100,
                epochs: 2,
                split: 0.25,
                ..preset
            };
            estimate(&config, 40_000, 100, &PACE)
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        let of = |objective| with(objective, 0);
        let balanced = of(ObjectiveKind::Balanced);
        // 10 points, 100 x 100 weights, 20 steps.
        let products = 4e5 + 2e4 + 6e4 + 6e5;
        close(balanced.parts.steps, 20.0 * (products / 2e9 + (16_000.0 + 600.0 + 58_000.0) / 1e9));
        let usual = of(ObjectiveKind::Compatible);
        let member = 1_000.0 * (6.0 * 96.0 * 25_600.0 / 1e9 + (196_608.0 + 12_800.0 + 1_056.0 + 53_000.0) / 1e9);
        // Without a head one teaches; with one, two at a time on two cores.
        for (head, rounds) in [(0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0)] {
            let preparing = with(ObjectiveKind::Balanced, head).parts.preparing;
            close(preparing - usual.parts.preparing, rounds * member);
        }
        let codes = of(ObjectiveKind::Codes);
        // 1,024 candidates.
        let products = 1.024e8 + 2_048_000.0 + 6_144_000.0;
        close(codes.parts.steps, 20.0 * (products / 2e9 + (2_048_000.0 + 61_440.0 + 116_000.0) / 1e9));
        assert!(codes.parts.finishing > usual.parts.finishing && codes.parts.preparing > usual.parts.preparing);
        close(with(ObjectiveKind::Codes, 3).parts.preparing - codes.parts.preparing, 2.0 * member);
    }

    #[test]
    fn what_is_not_done_is_not_counted_and_what_cannot_be_counted_is_said() {
        let similarity = estimate(&TrainConfig::default(), 30_000, 64, &PACE);
        assert_eq!(similarity.parts.neighbours, 0.0);
        assert!(!similarity.rough && !estimate(&store(), 30_000, 64, &PACE).rough);
        assert!(estimate(&of(|c| c.collection = Some("food".into())), 30_000, 64, &PACE).rough);
        // No more than the sample is read; but all ids are.
        let [few, many] = [20_000, 40_000].map(|points| estimate(&store(), points, 64, &PACE));
        assert_eq!((few.parts.neighbours, few.memory_bytes), (many.parts.neighbours, many.memory_bytes));
        assert!(few.parts.reading < many.parts.reading);
        // Products are fast on every processor, and only Manhattan goes without.
        let usual = Pace { core: 1e11, cores: 2e11, numbers: 5e8, threads: 2 };
        let neighbours = |distance| estimate(&vectors(distance), 20_000, 64, &usual).parts.neighbours;
        assert!(neighbours(Distance::Euclid) > neighbours(Distance::Cosine));
        assert!(neighbours(Distance::Manhattan) > neighbours(Distance::Cosine));
    }

    #[test]
    fn this_machine_has_a_pace() {
        let pace = Pace::measure();
        assert!([pace.core, pace.cores, pace.numbers].iter().all(|rate| rate.is_finite() && *rate > 0.0), "{pace:?}");
        assert!(pace.cores >= pace.core && pace.threads > 0, "{pace:?}");
    }

    proptest! {
        #[test]
        fn more_to_do_takes_longer_and_a_faster_machine_less(
            points in 4u64..100_000, dim in 1usize..2_048, epochs in 1u32..100, blocks in 1u32..64, batch in 1u32..4_096,
            origin in 0usize..3, objective in 0usize..3,
        ) {
            let collection = [TrainConfig::default(), store(), vectors(Distance::Cosine)][origin].collection.clone();
            let base = TrainConfig::preset(ObjectiveKind::ALL[objective]);
            let config = TrainConfig { epochs, blocks, batch_size: batch, collection, ..base };
            let found = estimate(&config, points, dim, &PACE);
            prop_assert!(found.seconds.is_finite() && found.seconds > 0.0);
            let n = if origin == 0 { points } else { points.min(20_000) };
            prop_assert!(found.memory_bytes >= 4 * n * dim as u64);
            let p = found.parts;
            for part in [p.reading, p.neighbours, p.preparing, p.steps, p.judging, p.finishing] {
                prop_assert!(part.is_finite() && part >= 0.0, "{:?}", p);
            }
            let longer = estimate(&TrainConfig { epochs: epochs + 1, ..config.clone() }, points, dim, &PACE);
            prop_assert!(longer.seconds > found.seconds);
            let more = estimate(&config, points + 10, dim, &PACE);
            prop_assert!(more.seconds >= found.seconds && more.memory_bytes >= found.memory_bytes);
            let twice = Pace { core: 2e9, cores: 4e9, numbers: 2e9, ..PACE };
            prop_assert!((estimate(&config, points, dim, &twice).seconds * 2.0 / found.seconds - 1.0).abs() < 1e-9);
        }
    }
}
