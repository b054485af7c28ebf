//! What steering by a feature gains and what it costs, on the demo's collection: `cargo bench --bench steering`.
//!
//! The demo is made in `BLOCKSCOPE_DEMO`, or in a temporary folder, where it is not there (a minute). Its factors are
//! known, so that what a feature stands for can be measured. For each value of a factor that 1 % of the points have, the
//! feature and threshold with the best F1 on one half of the points are chosen; F1 is scored on the other half. Queries
//! are points that lack the value, steered with a weight of 1 for that feature. At the top 20, against the results without
//! steering:
//!
//! - gain: the share with the value, after less before;
//! - keep: nDCG of the steered results, where a point is worth its cosine with the query less the mean over the
//!   collection, over that of the nearest point;
//! - side effect: how much the other factors' values change, as the total variation distance between their distributions,
//!   mean over the factors. As a yardstick the same of the ranks 21 to 40 without steering.
//!
//! The strength is relative to how widely a query's similarities lie. Whether it is felt alike is measured with 250 points,
//! the captions of as many drawings that are in no collection, and their colours and dishes in three words, as queries,
//! each value with eight of the queries whose drawings lack it.
//!
//! Beside it, for comparison: the query moved by the difference between the mean vectors of points with and without the
//! value, which needs the labels (steering by a feature needs a name at most); and a feature drawn at random.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use blockscope::config::{DemoConfig, ModelArgs};
use blockscope::demo::{self, artist};
use blockscope::embed::{DEMO, Embedder, Side};
use blockscope::encoder::Encoder;
use blockscope::job::{Control, Reporter, Task};
use blockscope::pipeline::{Answer, Ask, By, DemoAnswer, Job, Searcher, SparseAsk, Steering, Way};
use blockscope::search::{SqrtMeans, Steer, Strength, spread};
use blockscope::source::{self, Cursor, Payload, PointId, Want};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FACTORS: [&str; 6] = ["dish", "colour", "topping", "plate", "table", "count"];
const TOP: usize = 20;
/// Queries for each value.
const QUERIES: usize = 20;
const ALPHAS: [f32; 7] = [0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0];
const STRENGTHS: [f32; 4] = [0.5, 0.7, 1.0, 1.4];
/// Queries of each kind whose strengths are compared, and of these for each value.
const COMPARED: usize = 250;
const EACH: usize = 8;
/// A feature stands for a value from this F1 on.
const STANDS: f64 = 0.5;

struct Demo {
    encoder: Encoder,
    dim: usize,
    vectors: Vec<f32>,
    outputs: Vec<f32>,
    means: Vec<f32>,
    /// For each factor the value of each point.
    values: Vec<Vec<String>>,
}

/// A value of a factor and the feature that is to stand for it.
struct Aim {
    factor: usize,
    value: String,
    feature: usize,
    /// On the half that it was not chosen on.
    f1: f64,
}

/// What is measured of one query.
#[derive(Clone, Copy, Default)]
struct Figures {
    gain: f64,
    keep: f64,
    side: f64,
    dish: f64,
}

fn main() {
    let demo = open();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let aims = aims(&demo, &mut rng);
    let n = demo.values[0].len();
    let features = demo.encoder.outputs();
    println!(
        "{n} points, {features} features; best F1 of a feature for a value, chosen on one half, scored on the other"
    );
    for (f, factor) in FACTORS.iter().enumerate() {
        let of: Vec<&Aim> = aims.iter().filter(|aim| aim.factor == f).collect();
        let mean = of.iter().map(|aim| aim.f1).sum::<f64>() / of.len().max(1) as f64;
        let best = of.iter().max_by(|a, b| a.f1.total_cmp(&b.f1));
        let named = best.map_or(String::new(), |b| format!(", best {:.2} ({}, feature {})", b.f1, b.value, b.feature));
        let stand = of.iter().filter(|aim| aim.f1 >= STANDS).count();
        println!("  {factor:8} {:3} values, mean {mean:.2}{named}; {stand} from {STANDS} on", of.len());
    }
    let mut queries: Vec<Vec<usize>> = Vec::new();
    for aim in &aims {
        let mut without: Vec<usize> = (0..n).filter(|i| demo.values[aim.factor][*i] != aim.value).collect();
        without.shuffle(&mut rng);
        without.truncate(QUERIES);
        queries.push(without);
    }
    timed(&aims[0]);
    alike(&demo, &aims, &mut rng);
    let random: Vec<usize> = aims.iter().map(|_| rng.random_range(0..features)).collect();
    for (title, from, to) in [
        ("values that a feature stands for", STANDS, f64::INFINITY),
        ("the others", 0.0, STANDS),
        ("all values", 0.0, f64::INFINITY),
    ] {
        let chosen: Vec<usize> = (0..aims.len()).filter(|i| (from..to).contains(&aims[*i].f1)).collect();
        let pairs = chosen.iter().map(|i| queries[*i].len()).sum::<usize>();
        println!("\n{title}: {} values, {pairs} queries", chosen.len());
        if pairs == 0 {
            continue;
        }
        let cases = |shift: &dyn Fn(usize, usize) -> Vec<f32>| {
            let all = chosen.iter().flat_map(|i| queries[*i].iter().map(move |q| (*i, *q)));
            mean(all.map(|(i, q)| measure(&demo, &aims[i], demo.row(q), Some(q), Some(&shift(i, q)))).collect())
        };
        let still = chosen
            .iter()
            .flat_map(|i| queries[*i].iter().map(|q| measure(&demo, &aims[*i], demo.row(*q), Some(*q), None)));
        let still = mean(still.collect());
        println!("                         alpha    gain    keep    side  of the query's dish");
        println!("ranks 21 to 40               -  {}", told(still));
        for alpha in ALPHAS {
            let by = |i: usize, _: usize| demo.shift(aims[i].feature, alpha);
            println!("the value's feature       {alpha:4}  {}", told(cases(&by)));
        }
        for alpha in [0.2, 1.0] {
            let by = |i: usize, _: usize| demo.shift(random[i], alpha);
            println!("a random feature          {alpha:4}  {}", told(cases(&by)));
        }
        for alpha in [0.1, 0.2, 0.4] {
            let by = |i: usize, _: usize| demo.towards(&aims[i], alpha);
            println!("the labels' own direction {alpha:4}  {}", told(cases(&by)));
        }
    }
}

/// How long a person waits for a search that is steered.
fn timed(aim: &Aim) {
    let made = made();
    let source = source::open(&made.place(), &Control::new(), &mut Reporter::silent()).expect("the collection");
    let encoder = Arc::new(Encoder::read(&made.encoder).expect("the encoder"));
    let mut searcher = Searcher::new(Some(encoder), source, made.place(), ModelArgs::default()).expect("a searcher");
    let by = By::Point(PointId::Num(7));
    let sparse = SparseAsk::default();
    let ask = Ask { by, way: Way::Dense, sparse, limit: TOP, compare: false, allow_download: false };
    let steering = Steering { weights: vec![(aim.feature, 1.0)], strength: Strength::default() };
    let mut took = Vec::new();
    for _ in 0..6 {
        let began = Instant::now();
        searcher.steer(&ask, &steering, &Control::new(), &mut Reporter::silent()).expect("steered");
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    took[1..].sort_by(f64::total_cmp);
    println!("a steered search takes {:.0} ms the first time, and then {:.1} ms", took[0], took[3]);
}

/// Whether an equal strength is felt alike by points and by texts.
fn alike(demo: &Demo, aims: &[Aim], rng: &mut ChaCha8Rng) {
    let args = ModelArgs { model: Some(DEMO.into()), ..ModelArgs::default() };
    let (control, mut silent) = (Control::new(), Reporter::silent());
    let mut texts = Embedder::open(&args, None, Side::Texts, None, &control, &mut silent).expect("the demo's model");
    let kinds = artist::kinds_of(artist::Group::Food);
    let drawn: Vec<_> = (0..COMPARED).map(|i| demo::fresh(kinds[i % kinds.len()], (i / kinds.len()) as u64)).collect();
    let payloads: Vec<Payload> = drawn.iter().map(|drawing| demo::payload(&drawing.factors)).collect();
    let embedded = |texts: &mut Embedder, words: String| {
        let vector = texts.embed_text(&words, &Control::new()).expect("embedded");
        let dim = vector.len();
        unit(vector, dim)
    };
    let mut captions = Vec::new();
    let mut short = Vec::new();
    for (drawing, payload) in drawn.iter().zip(&payloads) {
        captions.push(embedded(&mut texts, drawing.factors.caption.clone()));
        short.push(embedded(&mut texts, format!("a {} {}", value(payload, "colour"), value(payload, "dish"))));
    }
    let mut points: Vec<usize> = (0..demo.values[0].len()).collect();
    points.shuffle(rng);
    points.truncate(COMPARED);
    let told =
        |title: &str, queries: Vec<&[f32]>, own: &dyn Fn(usize) -> Option<usize>, has: &dyn Fn(usize, &Aim) -> bool| {
            let spreads: Vec<f32> = queries.iter().map(|q| spread(q, &demo.vectors).expect("others")).collect();
            let mean_spread = spreads.iter().sum::<f32>() / spreads.len() as f32;
            println!("\n{title}: mean spread {mean_spread:.4}");
            let asked = |strength: Strength| {
                let mut all = Vec::new();
                for aim in aims {
                    for q in (0..COMPARED).map(|i| i * 37 % COMPARED).filter(|q| !has(*q, aim)).take(EACH) {
                        let shift = demo.shift(aim.feature, strength.alpha(Some(spreads[q])));
                        all.push(measure(demo, aim, queries[q], own(q), Some(&shift)));
                    }
                }
                let mean = mean(all);
                format!("gain {:+.3}   keep {:.3}   side {:.3}", mean.gain, mean.keep, mean.side)
            };
            for strength in STRENGTHS {
                println!("  strength {strength:3}  {}", asked(Strength::Relative(strength)));
            }
            for alpha in [0.2, 0.4, 1.0] {
                println!("  alpha    {alpha:3}  {}", asked(Strength::Alpha(alpha)));
            }
        };
    let has = |q: usize, aim: &Aim| demo.values[aim.factor][points[q]] == aim.value;
    told("points", points.iter().map(|i| demo.row(*i)).collect(), &|q| Some(points[q]), &has);
    let says = |q: usize, aim: &Aim| value(&payloads[q], FACTORS[aim.factor]) == aim.value;
    told("captions", captions.iter().map(Vec::as_slice).collect(), &|_| None, &says);
    told("a colour and a dish", short.iter().map(Vec::as_slice).collect(), &|_| None, &says);
}

fn told(f: Figures) -> String {
    format!("{:+.3}   {:.3}   {:.3}   {:.3}", f.gain, f.keep, f.side, f.dish)
}

fn mean(all: Vec<Figures>) -> Figures {
    let n = all.len().max(1) as f64;
    let of = |pick: fn(&Figures) -> f64| all.iter().map(pick).sum::<f64>() / n;
    Figures { gain: of(|f| f.gain), keep: of(|f| f.keep), side: of(|f| f.side), dish: of(|f| f.dish) }
}

fn made() -> DemoAnswer {
    let folder = std::env::var_os("BLOCKSCOPE_DEMO").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("blockscope-bench-demo"));
    let config = DemoConfig { store: Some(folder), no_window: true, ..DemoConfig::default() };
    let answer = Job::Demo(config).run(&Control::new(), &mut Reporter::silent()).expect("the demo");
    let Answer::Demo(made) = answer else { panic!("another answer") };
    *made
}

fn open() -> Demo {
    let made = made();
    let encoder = Encoder::read(&made.encoder).expect("the encoder");
    let mut source = source::open(&made.place(), &Control::new(), &mut Reporter::silent()).expect("the collection");
    let (mut vectors, mut values) = (Vec::new(), vec![Vec::new(); FACTORS.len()]);
    let mut cursor = Cursor::Start;
    while cursor != Cursor::End {
        let page = source.page(&mut cursor, 1_000, Want::ALL, &Control::new()).expect("a page");
        vectors.extend(page.vectors);
        for payload in page.payloads {
            FACTORS.iter().zip(&mut values).for_each(|(factor, values)| values.push(value(&payload, factor)));
        }
    }
    let outputs = encoder.encode(&vectors);
    let mut means = SqrtMeans::new(encoder.outputs());
    means.add(&outputs);
    let dim = encoder.dim();
    Demo { dim, vectors: unit(vectors, dim), outputs, means: means.means(), values, encoder }
}

fn value(payload: &Payload, factor: &str) -> String {
    match payload.get(factor) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "none".into(),
    }
}

fn unit(mut vectors: Vec<f32>, dim: usize) -> Vec<f32> {
    for row in vectors.chunks_mut(dim) {
        let length = dot(row, row).sqrt();
        row.iter_mut().for_each(|x| *x /= length);
    }
    vectors
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

impl Demo {
    fn row(&self, i: usize) -> &[f32] {
        &self.vectors[i * self.dim..][..self.dim]
    }

    fn features(&self, i: usize) -> &[f32] {
        let width = self.encoder.outputs();
        &self.outputs[i * width..][..width]
    }

    /// What steering by a feature adds to each point.
    fn shift(&self, feature: usize, alpha: f32) -> Vec<f32> {
        let steer = Steer::new(&[(feature, 1.0)], alpha, &self.means).expect("a weight");
        (0..self.values[0].len()).map(|i| steer.shift(self.features(i))).collect()
    }

    /// What the direction between the means of points with and without a value adds.
    fn towards(&self, aim: &Aim, alpha: f32) -> Vec<f32> {
        let mut sums = [vec![0f32; self.dim], vec![0f32; self.dim]];
        let mut counts = [0f32; 2];
        let n = self.values[0].len();
        for i in 0..n {
            let with = usize::from(self.values[aim.factor][i] == aim.value);
            counts[with] += 1.0;
            sums[with].iter_mut().zip(self.row(i)).for_each(|(s, x)| *s += x);
        }
        let mut way: Vec<f32> =
            (0..self.dim).map(|d| sums[1][d] / counts[1] - sums[0][d] / counts[0].max(1.0)).collect();
        let length = dot(&way, &way).sqrt();
        way.iter_mut().for_each(|x| *x /= length);
        (0..n).map(|i| alpha * dot(&way, self.row(i))).collect()
    }
}

/// For every value of every factor that 1 % of the points have, the feature with the best F1.
fn aims(demo: &Demo, rng: &mut ChaCha8Rng) -> Vec<Aim> {
    let n = demo.values[0].len();
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(rng);
    let (choose, score) = order.split_at(n / 2);
    let width = demo.encoder.outputs();
    // For each feature the points of the one half by activation, the strongest first.
    let sorted: Vec<Vec<usize>> = (0..width)
        .map(|feature| {
            let mut order = choose.to_vec();
            order.sort_by(|a, b| demo.features(*b)[feature].total_cmp(&demo.features(*a)[feature]));
            order
        })
        .collect();
    let mut aims = Vec::new();
    for (factor, values) in demo.values.iter().enumerate() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        values.iter().for_each(|value| *counts.entry(value).or_default() += 1);
        for (value, count) in counts {
            if count * 100 < n || count * 2 > n {
                continue;
            }
            let has = |i: &usize| values[*i] == value;
            let all = choose.iter().filter(|i| has(i)).count() as f64;
            let mut best = (0.0, 0, 0.0);
            for (feature, order) in sorted.iter().enumerate() {
                let mut right = 0.0;
                for (rank, i) in order.iter().enumerate() {
                    right += f64::from(u8::from(has(i)));
                    let f1 = 2.0 * right / (rank as f64 + 1.0 + all);
                    if f1 > best.0 {
                        best = (f1, feature, demo.features(*i)[feature]);
                    }
                }
            }
            let (_, feature, threshold) = best;
            let fires = |i: &&usize| demo.features(**i)[feature] >= threshold;
            let fired = score.iter().filter(fires).count() as f64;
            let right = score.iter().filter(fires).filter(|i| has(i)).count() as f64;
            let there = score.iter().filter(|i| has(i)).count() as f64;
            aims.push(Aim { factor, value: value.to_owned(), feature, f1: 2.0 * right / (fired + there).max(1.0) });
        }
    }
    aims
}

/// The figures of one query steered by what is added to each point, or, where nothing is, of the ranks 21 to 40.
fn measure(demo: &Demo, aim: &Aim, query: &[f32], own: Option<usize>, shift: Option<&[f32]>) -> Figures {
    let n = demo.values[0].len();
    let near: Vec<f32> = (0..n).map(|i| dot(query, demo.row(i))).collect();
    let best = |score: &dyn Fn(usize) -> f32, from: usize| -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).filter(|i| Some(*i) != own).collect();
        order.select_nth_unstable_by(from + TOP, |a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        order.truncate(from + TOP);
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        order.split_off(from)
    };
    let before = best(&|i| near[i], 0);
    let after = match shift {
        Some(shift) => best(&|i| near[i] + shift[i], 0),
        None => best(&|i| near[i], TOP),
    };
    let share = |of: &[usize], factor: usize, value: &str| {
        of.iter().filter(|i| demo.values[factor][**i] == value).count() as f64 / of.len() as f64
    };
    let mean = near.iter().sum::<f32>() / n as f32;
    let worth = |i: &usize| f64::from(((near[*i] - mean) / (near[before[0]] - mean)).max(0.0));
    let gained = |of: &[usize]| of.iter().enumerate().map(|(r, i)| worth(i) / (r as f64 + 2.0).log2()).sum::<f64>();
    let others: Vec<usize> = (0..FACTORS.len()).filter(|f| *f != aim.factor).collect();
    let side = others.iter().map(|f| apart(demo, *f, &before, &after)).sum::<f64>() / others.len() as f64;
    let value = &aim.value;
    Figures {
        gain: share(&after, aim.factor, value) - share(&before, aim.factor, value),
        keep: gained(&after) / gained(&before),
        side,
        dish: own.map_or(0.0, |own| share(&after, 0, &demo.values[0][own])),
    }
}

/// The total variation distance between the distributions of a factor's values.
fn apart(demo: &Demo, factor: usize, one: &[usize], other: &[usize]) -> f64 {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    one.iter().for_each(|i| *counts.entry(&demo.values[factor][*i]).or_default() += 1.0);
    other.iter().for_each(|i| *counts.entry(&demo.values[factor][*i]).or_default() -= 1.0);
    counts.values().map(|c| c.abs()).sum::<f64>() / (2 * TOP) as f64
}
