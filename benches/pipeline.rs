//! What the pipeline costs, each against something in the same run: `cargo bench --bench pipeline [-- PART ...]`.
//!
//! Parts: triplets, train, objectives, neighbours, encode, index, search. Nothing is judged here; BENCHMARKS.md says what was measured, and where.

mod search;

use std::path::Path;
use std::time::Instant;

use blockscope::config::{CollectionArgs, DeviceChoice, EncodeConfig, ObjectiveKind, TrainConfig};
use blockscope::device;
use blockscope::encoder::{Encoder, EncoderMeta};
use blockscope::features::{FeatureIndex, IndexBuilder, related};
use blockscope::job::{Control, Reporter, Task};
use blockscope::numpy::{NpyMatrix, NpyWriter};
use blockscope::pipeline::{Answer, IndexOf, Job, feature_index};
use blockscope::similarity::{SimilarityData, exact_neighbours};
use blockscope::source::{self, Distance, PointId};
use blockscope::trainer::{self, Compatible, Network, Objective, Vectors};
use blockscope::triplets::{TripletSampler, Triplets};
use burn::optim::{AdamConfig, GradientsParams};
use gemm::Parallelism;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const POINTS: usize = 20_000;
const DIM: usize = 512;
const LIMIT: usize = 100;
const OUTPUTS: usize = 256;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let parts: [(&str, fn()); 7] = [
        ("triplets", triplets),
        ("train", train),
        ("objectives", objectives),
        ("neighbours", neighbours),
        ("encode", encode),
        ("index", index),
        ("search", || search::run(vectors)),
    ];
    for (name, run) in parts {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            println!("== {name}");
            run();
        }
    }
}

/// Seconds of the fastest of some runs, as a machine that does other work only ever makes it slower.
fn fastest(runs: usize, mut work: impl FnMut()) -> f64 {
    (0..runs)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Unit vectors around centres of two levels, so that a point's neighbours are of very different nearness.
fn vectors(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // The sum of four uniform numbers is near enough to a normal one.
    let mut noise = move || (0..4).map(|_| rng.random_range(-1.0f32..1.0)).sum::<f32>() * 0.866;
    let centres: Vec<f32> = (0..64 * DIM).map(|_| noise()).collect();
    let small: Vec<f32> = (0..2_048 * DIM).map(|_| noise()).collect();
    let mut out = Vec::with_capacity(n * DIM);
    for i in 0..n {
        let (c, s) = (i * 31 % 64, i * 17 % 2_048);
        let spread = 0.4 + 0.6 * (i % 97) as f32 / 97.0;
        let row: Vec<f32> =
            (0..DIM).map(|d| centres[c * DIM + d] + 0.8 * small[s * DIM + d] + spread * noise()).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        out.extend(row.iter().map(|x| x / norm));
    }
    out
}

fn similarity(n: usize, seed: u64) -> SimilarityData {
    let vectors = vectors(n, seed);
    let found =
        exact_neighbours(&vectors, DIM, LIMIT, Distance::Cosine, None, &Control::new(), &mut Reporter::silent())
            .expect("finite vectors");
    SimilarityData {
        title: "benchmark".into(),
        matrix: found.into_matrix(),
        vectors,
        dim: DIM,
        ids: (0..n as u64).map(PointId::Num).collect(),
    }
}

/// `out = a * b^T`, as the program's own products are done.
fn product(a: &[f32], b: &[f32], dim: usize, out: &mut [f32], threads: usize) {
    let (n, m) = (a.len() / dim, b.len() / dim);
    assert_eq!(out.len(), n * m);
    let parallelism = if threads == 1 { Parallelism::None } else { Parallelism::Rayon(threads) };
    // SAFETY: the slices have n x dim, m x dim and n x m elements.
    unsafe {
        gemm::gemm(
            n,
            m,
            dim,
            out.as_mut_ptr(),
            1,
            m as isize,
            false,
            a.as_ptr(),
            1,
            dim as isize,
            b.as_ptr(),
            dim as isize,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

fn triplets() {
    let count = 2_000_000;
    for n in [POINTS / 4, POINTS] {
        let data = similarity(n, 1);
        let sampler = || {
            TripletSampler::new(&data.matrix, 0.1, ChaCha8Rng::seed_from_u64(7), "benchmark", &Control::new())
                .expect("usable triplets")
        };
        let prepare = fastest(5, || {
            sampler();
        });
        let mut sampler = sampler();
        let mut out = Triplets::default();
        let seconds = fastest(5, || {
            out.clear();
            sampler.draw(count, &mut out);
        });
        println!(
            "{n} points, {:.1} % usable anchors: {:.2} million triplets a second on one core, an epoch of 3,200 in {:.2} ms; prepared once in {:.1} ms",
            data.matrix.usable_share(0.1) * 100.0,
            count as f64 / seconds / 1e6,
            seconds / count as f64 * 3.2e6,
            prepare * 1e3
        );
    }
}

fn train() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = ["train", "val"].map(|n| folder.path().join(n));
    similarity(POINTS, 1).write(&names[0]).expect("written");
    similarity(POINTS / 5, 2).write(&names[1]).expect("written");
    for (batch_size, epoch_size) in [(32, 3_200), (4_096, 40_960)] {
        let config = TrainConfig { device: DeviceChoice::Cpu, batch_size, epoch_size, ..TrainConfig::default() };
        let mut whole = f64::INFINITY;
        let mut inner = f64::INFINITY;
        for _ in 0..3 {
            let began = Instant::now();
            let [train, val] = names.each_ref().map(|n| SimilarityData::read(n).expect("read"));
            let trained =
                trainer::train(&train, &val, &config, None, &Control::new(), &mut Reporter::silent()).expect("trained");
            whole = whole.min(began.elapsed().as_secs_f64());
            inner = inner.min(trained.seconds);
        }
        let steps = 10.0 * f64::from(epoch_size / batch_size);
        // The products of a step: x W, and x^T times the gradient of the outputs.
        let rows = 3 * batch_size as usize;
        let x = vectors(rows, 3);
        let w = vectors(OUTPUTS, 4);
        let (xt, gradient) = (vectors(DIM * rows / DIM, 5), vec![0.5f32; rows * OUTPUTS]);
        let (mut y, mut g) = (vec![0f32; rows * OUTPUTS], vec![0f32; DIM * OUTPUTS]);
        let runs = if batch_size > 100 { 5 } else { 300 };
        let bare = fastest(5, || {
            for _ in 0..runs {
                product(&x, &w, DIM, &mut y, 1);
                product(&xt, &gradient, rows, &mut g, 1);
            }
        }) / f64::from(runs);
        println!(
            "10 epochs of {epoch_size} triplets in batches of {batch_size}: {whole:.2} s with reading the files, {inner:.2} s without"
        );
        println!(
            "a step takes {:.3} ms, its bare products {:.3} ms on one core: {:.2} times",
            inner / steps * 1e3,
            bare * 1e3,
            inner / steps / bare
        );
    }
    let data = names.each_ref().map(|n| SimilarityData::read(n).expect("read"));
    where_a_step_goes(&data[0]);
    // As many steps in one epoch as in ten: what is saved is nine times the end of an epoch.
    let mut seconds = [f64::INFINITY; 2];
    for _ in 0..3 {
        for (best, epochs) in seconds.iter_mut().zip([10, 1]) {
            let config = TrainConfig {
                device: DeviceChoice::Cpu,
                epochs,
                epoch_size: 32_000 / epochs,
                ..TrainConfig::default()
            };
            let trained = trainer::train(&data[0], &data[1], &config, None, &Control::new(), &mut Reporter::silent())
                .expect("trained");
            *best = best.min(trained.seconds);
        }
    }
    println!(
        "the end of an epoch (weights read back, validation, metrics) {:.1} ms",
        (seconds[0] - seconds[1]) / 9.0 * 1e3
    );
    if device::adapters().iter().all(|a| a.software) {
        println!("there is no real GPU here: not measured on one");
        return;
    }
    for (batch_size, epoch_size) in [(32, 3_200), (4_096, 40_960)] {
        let config = TrainConfig { device: DeviceChoice::Gpu, batch_size, epoch_size, ..TrainConfig::default() };
        // The first run compiles and tunes kernels.
        for turn in ["first", "second"] {
            let trained = trainer::train(&data[0], &data[1], &config, None, &Control::new(), &mut Reporter::silent())
                .expect("trained");
            println!(
                "{turn} run on {}, 10 epochs of {epoch_size} triplets in batches of {batch_size}: {:.2} s",
                trained.device, trained.seconds
            );
        }
    }
}

/// The whole job from a file of vectors to an encoder, at 8 x 64, with each objective's own settings.
fn objectives() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("in.npy");
    let mut writer = NpyWriter::create(&file, DIM).expect("created");
    writer.push(&vectors(POINTS, 1)).expect("written");
    writer.finish().expect("finished");
    for objective in [ObjectiveKind::Compatible, ObjectiveKind::Balanced, ObjectiveKind::Codes] {
        let config = TrainConfig {
            blocks: 8,
            device: DeviceChoice::Cpu,
            collection: CollectionArgs { vectors: Some(file.clone()), ..CollectionArgs::default() },
            output: folder.path().join("e.safetensors"),
            log_dir: folder.path().join("logs"),
            ..TrainConfig::preset(objective)
        };
        let began = Instant::now();
        let answer = Job::Train(Box::new(config)).run(&Control::new(), &mut Reporter::silent()).expect("trained");
        let seconds = began.elapsed().as_secs_f64();
        let Answer::Train(answer) = answer else { continue };
        println!(
            "{objective}, {POINTS} x {DIM} at 8 x 64: {seconds:.1} s, of which {:.1} s are the training",
            answer.seconds
        );
    }
}

/// The parts of a default step, each on its own.
fn where_a_step_goes(data: &SimilarityData) {
    let config = TrainConfig::default();
    let device = burn::tensor::Device::flex().autodiff();
    let mut network = Network::new(DIM, 4, 64, config.dropout, 0, &device);
    let mut vectors = Vectors::host(&data.vectors, DIM, config.dropout, 0, &device);
    let mut objective = Compatible::new(data, data, &config, 32, &Control::new()).expect("usable triplets");
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    let mut times = [0f64; 4];
    let steps = 500;
    for _ in 0..steps {
        let mut began = Instant::now();
        let mut lap =
            |part: usize| times[part] += std::mem::replace(&mut began, Instant::now()).elapsed().as_secs_f64();
        objective.draw();
        lap(0);
        let loss = objective.loss(0, &network, &mut vectors, 0.0);
        lap(1);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        lap(2);
        network = adam.step(config.lr, network, gradients);
        lap(3);
    }
    let [draw, forward, backward, optimiser] = times.map(|t| t / f64::from(steps) * 1e3);
    println!(
        "of a default step: triplets {draw:.3} ms, gather, dropout and forward {forward:.3} ms, backward {backward:.3} ms, Adam {optimiser:.3} ms"
    );
}

fn neighbours() {
    let vectors = vectors(POINTS, 1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // The same product without keeping anything: a strip at a time, as the whole would take 1.6 GB.
    let strip = 2_000;
    let mut out = vec![0f32; strip * POINTS];
    let (mut bare, mut ours) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        bare = bare.min(fastest(1, || {
            for rows in vectors.chunks(strip * DIM) {
                product(rows, &vectors, DIM, &mut out, threads);
            }
        }));
        ours = ours.min(fastest(1, || {
            exact_neighbours(&vectors, DIM, LIMIT, Distance::Cosine, None, &Control::new(), &mut Reporter::silent())
                .expect("finite vectors");
        }));
    }
    println!("exact {LIMIT} neighbours of {POINTS} x {DIM}: {ours:.2} s");
    println!("the bare product on {threads} threads: {bare:.2} s; {:.2} times", ours / bare);
}

fn encode() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let rows = std::env::var("ROWS").ok().and_then(|r| r.parse().ok()).unwrap_or(1_000_000usize);
    let page = vectors(10_000, 1);
    let mut writer = NpyWriter::create(path("in.npy"), DIM).expect("created");
    for _ in 0..rows / 10_000 {
        writer.push(&page).expect("written");
    }
    let rows = writer.finish().expect("finished") as usize;
    let weights = vectors(OUTPUTS, 2).iter().map(|w| w * 20.0).collect();
    let encoder =
        Encoder::new(DIM, 4, 64, weights, vec![0.0; OUTPUTS], EncoderMeta::default()).expect("a whole encoder");
    encoder.write(path("e.safetensors")).expect("written");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut bare, mut read, mut write, mut ours) = (f64::INFINITY, f64::INFINITY, f64::INFINITY, f64::INFINITY);
    let before = peak_memory();
    let mut grown = 0;
    for turn in 0..3 {
        ours = ours.min(fastest(1, || encode_file(folder.path())));
        if turn == 0 {
            grown = peak_memory().saturating_sub(before);
        }
        let mut matrix = NpyMatrix::open(path("in.npy")).expect("opened");
        let mut buffer = Vec::new();
        read = read.min(fastest(1, || {
            for start in (0..rows).step_by(8_000) {
                buffer.clear();
                matrix.read_rows(start as u64, 8_000.min(rows - start), &mut buffer).expect("read");
            }
        }));
        let mut out = vec![0f32; 10_000 * OUTPUTS];
        bare = bare.min(fastest(1, || {
            for _ in 0..rows / 10_000 {
                product(&page, encoder.weights(), DIM, &mut out, threads);
            }
        }));
        write = write.min(fastest(1, || {
            let mut writer = NpyWriter::create(path("plain.npy"), OUTPUTS).expect("created");
            for _ in 0..rows / 10_000 {
                writer.push(&out).expect("written");
            }
            writer.finish().expect("finished");
        }));
    }
    let sum = bare + read + write;
    println!("encoding {rows} x {DIM} from a file into a file: {ours:.2} s");
    println!(
        "bare product {bare:.2} s + reading {read:.2} s + writing {write:.2} s = {sum:.2} s; {:.2} times",
        ours / sum
    );
    println!("peak memory above the program's own: {} MB", grown >> 10);
}

fn encode_file(folder: &Path) {
    let config = EncodeConfig {
        encoder: folder.join("e.safetensors"),
        collection: CollectionArgs { vectors: Some(folder.join("in.npy")), ..CollectionArgs::default() },
        output: folder.join("out.npy"),
    };
    Job::Encode(config).run(&Control::new(), &mut Reporter::silent()).expect("encoded");
}

/// An encoder of 4 x 64 whose blocks are hardly sure of anything, or mostly are.
fn encoder(scale: f32) -> Encoder {
    let weights = vectors(OUTPUTS, 2).iter().map(|w| w * scale).collect();
    Encoder::new(DIM, 4, 64, weights, vec![0.0; OUTPUTS], EncoderMeta::default()).expect("a whole encoder")
}

/// What the index of features costs: from a file, beside the bare product and reading; opened where it is saved; and what
/// the page of a feature asks of it.
fn index() {
    let before = fresh_peak();
    for rows in [10_000, 100_000, 1_000_000] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("in.npy");
        let page = vectors(10_000, 1);
        let mut writer = NpyWriter::create(&file, DIM).expect("created");
        (0..rows / 10_000).for_each(|_| writer.push(&page).expect("written"));
        writer.finish().expect("finished");
        for (kind, scale) in [("hardly sure", 20.0), ("mostly sure", 100.0)] {
            index_file(folder.path(), &page, rows, kind, &encoder(scale), before);
        }
    }
}

fn index_file(folder: &Path, page: &[f32], rows: usize, kind: &str, encoder: &Encoder, before: u64) {
    let collection = CollectionArgs { vectors: Some(folder.join("in.npy")), ..CollectionArgs::default() };
    let path = folder.join("e.safetensors");
    let open = |rebuild| {
        let of = IndexOf { path: &path, encoder, collection: &collection, rebuild };
        let mut source = source::open(&collection, &Control::new(), &mut Reporter::silent()).expect("opened");
        let mut given = 0;
        let index = feature_index(&of, source.as_mut(), |_| given += 1, &Control::new(), &mut Reporter::silent())
            .expect("read");
        (index, given)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut bare, mut read, mut ours) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
    let (mut grown, mut snapshots) = (0, 0);
    for turn in 0..3 {
        if turn == 0 {
            fresh_peak();
            ours = fastest(1, || snapshots = open(true).1);
            grown = peak_memory().saturating_sub(before);
        } else {
            ours = ours.min(fastest(1, || drop(open(true))));
        }
        let mut matrix = NpyMatrix::open(folder.join("in.npy")).expect("opened");
        let mut buffer = Vec::new();
        read = read.min(fastest(1, || {
            for start in (0..rows).step_by(8_000) {
                buffer.clear();
                matrix.read_rows(start as u64, 8_000.min(rows - start), &mut buffer).expect("read");
            }
        }));
        let mut out = vec![0f32; 10_000 * OUTPUTS];
        bare = bare.min(fastest(1, || {
            for _ in 0..rows / 10_000 {
                product(page, encoder.weights(), DIM, &mut out, threads);
            }
        }));
    }
    let (index, _) = open(false);
    let confidence = index.confidence().value_at(50.0).unwrap_or_default();
    println!("{rows} x {DIM} from a file, 4 x 64 {kind} (median confidence {confidence:.2}):");
    println!(
        "index {ours:.3} s, {snapshots} times given meanwhile; bare product {bare:.3} s + reading {read:.3} s; {:.2} times; {} MB above the program's own",
        ours / (bare + read),
        grown >> 10
    );
    let opening = fastest(5, || drop(open(false)));
    let saved = std::fs::read_dir(folder).expect("listed").flatten();
    let size: u64 = saved
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "index"))
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum();
    let snapshot = IndexBuilder::resume(&index);
    let snapshot = fastest(5, || drop(snapshot.snapshot()));
    let mut pages: Vec<f64> =
        (0..OUTPUTS).map(|feature| fastest(1, || feature_page(encoder, &index, feature))).collect();
    pages.sort_by(f64::total_cmp);
    println!(
        "opening the saved one {:.1} ms ({:.1} MB), a snapshot {:.1} ms, a feature's page {:.2} ms (median) to {:.2} ms",
        opening * 1e3,
        size as f64 / 1e6,
        snapshot * 1e3,
        pages[OUTPUTS / 2] * 1e3,
        pages[OUTPUTS - 1] * 1e3
    );
}

/// What the page of a feature asks of the index.
fn feature_page(encoder: &Encoder, index: &FeatureIndex, feature: usize) {
    std::hint::black_box((
        index.feature(feature),
        index.histogram(feature),
        index.density(feature, 0.1),
        index.intervals(feature),
        index.near(feature, 0.1),
        index.runners_up(feature),
        index.seconds(feature),
        index.random(feature),
        index.background().count(),
        related(encoder, index, feature, 0.1),
    ));
}

/// Forgets the most memory that the process has had, where the system lets it; gives what it has now, in kB.
fn fresh_peak() -> u64 {
    // Without it the peak is that of earlier parts, and too little is told rather than too much.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    peak_memory()
}

/// The most memory that the process has had, in kB, where the system tells it.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
