//! Whether features of the demo's collection mean what its drawings are made of, and whether names say so:
//! `cargo bench --bench names`.
//!
//! Makes the demo in a temporary folder (a minute), trains two more encoders on it with other seeds, and names the features
//! of all three from payloads and from words. The drawings' factors are known: dish, colour, topping, plate, table, count.
//!
//! Two halves of the points, none of a kind of dish alone: for each feature and each value of a factor, a threshold is
//! chosen by F1 on the first half, and F1 is taken on the second. A feature *has* the value with the best F1 there; a
//! name is *right* where it says that value. `BLOCKSCOPE_DEMO=DIR` takes a demo that is there, `NAMES=1` lists all names.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Instant;

use blockscope::config::{CollectionArgs, DemoConfig, DeviceChoice, ModelArgs, NamesFrom, ObjectiveKind, TrainConfig};
use blockscope::demo;
use blockscope::encoder::Encoder;
use blockscope::features::NameSource;
use blockscope::features::suggest::Suggestion;
use blockscope::job::{Control, Reporter, Task};
use blockscope::pipeline::{Answer, Job, NameAsk, suggest_names};
use blockscope::point::{Payload, PointId};
use blockscope::source::{self, Cursor, Want, for_each_page};

const SEEDS: u64 = 3;
const FACTORS: [&str; 6] = ["dish", "colour", "topping", "plate", "table", "count"];

/// A value of a factor, and the points that have it.
struct Value {
    factor: &'static str,
    text: String,
    has: Vec<bool>,
}

struct Points {
    vectors: Vec<f32>,
    /// Whether a point is of the half that thresholds are chosen on.
    first: Vec<bool>,
    values: Vec<Value>,
}

fn main() {
    let (control, mut reporter) = (Control::new(), Reporter::silent());
    let folder = tempfile::tempdir().expect("a folder");
    let store = std::env::var_os("BLOCKSCOPE_DEMO").map_or(folder.path().join("demo"), PathBuf::from);
    let job = Job::Demo(DemoConfig { store: Some(store.clone()), no_window: true, ..DemoConfig::default() });
    let Ok(Answer::Demo(made)) = job.run(&control, &mut reporter) else { panic!("the demo is made") };
    let collection = made.place();
    let points = read(&collection, &control, &mut reporter);
    let mut figures: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for seed in 0..SEEDS {
        let path = if seed == 0 { made.encoder.clone() } else { folder.path().join(format!("{seed}.safetensors")) };
        if seed > 0 {
            let config = TrainConfig {
                collection: collection.clone(),
                sample: made.dishes as usize,
                output: path.clone(),
                log_dir: folder.path().join("logs"),
                seed,
                device: DeviceChoice::Cpu,
                ..TrainConfig::preset(ObjectiveKind::Balanced)
            };
            Job::Train(Box::new(config)).run(&control, &mut reporter).expect("trained");
        }
        let encoder = Encoder::read(&path).expect("an encoder");
        for (what, value) in measure(&encoder, &collection, &points) {
            figures.entry(what).or_default().push(value);
        }
    }
    println!("{} points, {} values of factors, {SEEDS} encoders:", points.first.len(), points.values.len());
    for (what, values) in figures {
        println!("{what}: {}", spread(&values));
    }
}

fn read(collection: &CollectionArgs, control: &Control, reporter: &mut Reporter) -> Points {
    let mut source = source::open(collection, control, reporter).expect("the demo's collection");
    let (mut vectors, mut first, mut payloads) = (Vec::new(), Vec::new(), Vec::<Payload>::new());
    let kinds = demo::artist::kinds_of(demo::artist::Group::Food).len() as u64;
    for_each_page(source.as_mut(), Cursor::Start, 1_000, Want::ALL, control, reporter, |page, _, _| {
        vectors.extend(page.vectors);
        payloads.extend(page.payloads);
        // The kinds take turns: every other round of them.
        let round = |id: &PointId| id.to_string().parse::<u64>().expect("a number") / kinds;
        first.extend(page.ids.iter().map(|id| round(id).is_multiple_of(2)));
        Ok(())
    })
    .expect("read");
    let mut values: BTreeMap<(usize, String), Vec<bool>> = BTreeMap::new();
    for (i, payload) in payloads.iter().enumerate() {
        for (f, factor) in FACTORS.iter().enumerate() {
            let Some(value) = payload.get(*factor) else { continue };
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            values.entry((f, text)).or_insert_with(|| vec![false; payloads.len()])[i] = true;
        }
    }
    let values = values.into_iter().map(|((f, text), has)| Value { factor: FACTORS[f], text, has }).collect();
    Points { vectors, first, values }
}

/// The best F1 of a threshold on the first half, and the F1 of that threshold on the second.
fn f1(activations: &[f32], points: &Points, value: &Value) -> (f64, f64) {
    let mut order: Vec<usize> = (0..activations.len()).filter(|i| points.first[*i]).collect();
    order.sort_by(|a, b| activations[*b].total_cmp(&activations[*a]));
    let all = order.iter().filter(|i| value.has[**i]).count();
    let (mut best, mut threshold, mut found) = (0.0, f32::INFINITY, 0);
    for (taken, i) in order.iter().enumerate() {
        found += usize::from(value.has[*i]);
        let f1 = 2.0 * found as f64 / (taken + 1 + all) as f64;
        if f1 > best {
            (best, threshold) = (f1, activations[*i]);
        }
    }
    let second = (0..activations.len()).filter(|i| !points.first[*i]);
    let (mut hits, mut taken, mut all) = (0, 0, 0);
    for i in second {
        let (fires, has) = (activations[i] >= threshold, value.has[i]);
        (hits, taken, all) = (hits + usize::from(fires && has), taken + usize::from(fires), all + usize::from(has));
    }
    (best, 2.0 * hits as f64 / ((taken + all) as f64).max(1.0))
}

fn measure(encoder: &Encoder, collection: &CollectionArgs, points: &Points) -> Vec<(&'static str, f64)> {
    let outputs = encoder.encode(&points.vectors);
    let width = encoder.outputs();
    // Of each feature: the value it has, that value's F1 on the second half, and of all values by the threshold of the first.
    let mut has: Vec<(usize, f64)> = Vec::new();
    let mut by_choice: Vec<(usize, f64)> = Vec::new();
    let mut of_value = vec![(0.0, 0.0); points.values.len()];
    let mut wins = vec![false; width];
    for row in outputs.chunks(width) {
        for (b, block) in row.chunks(encoder.block_size()).enumerate() {
            let winner = (0..block.len()).max_by(|x, y| block[*x].total_cmp(&block[*y]).then(y.cmp(x))).unwrap_or(0);
            wins[b * encoder.block_size() + winner] = true;
        }
    }
    for (feature, lives) in wins.iter().enumerate() {
        let column: Vec<f32> = outputs.iter().skip(feature).step_by(width).copied().collect();
        let scores: Vec<(f64, f64)> = points.values.iter().map(|value| f1(&column, points, value)).collect();
        let best = |of: fn(&(f64, f64)) -> f64| {
            let place = (0..scores.len()).max_by(|a, b| of(&scores[*a]).total_cmp(&of(&scores[*b]))).expect("values");
            (place, scores[place].1)
        };
        has.push(best(|s| s.1));
        by_choice.push(best(|s| s.0));
        for (kept, score) in of_value.iter_mut().zip(&scores) {
            if *lives && score.0 > kept.0 {
                *kept = *score;
            }
        }
    }
    let living = wins.iter().filter(|w| **w).count();
    let clear = (0..width).filter(|f| wins[*f] && by_choice[*f].1 > 0.8).count();
    let mut figures = vec![
        ("1 features, living", living as f64),
        ("2 living features with a factor value of F1 above .8", clear as f64),
        (
            "3 of the values of factors, those that a feature has with F1 above .8",
            of_value.iter().filter(|s| s.1 > 0.8).count() as f64,
        ),
        (
            "3 mean best F1 of a living feature",
            (0..width).filter(|f| wins[*f]).map(|f| by_choice[f].1).sum::<f64>() / living as f64,
        ),
    ];
    for (from, told) in [
        (
            NamesFrom::Payload,
            [
                "4 payload: named",
                "4 payload: right",
                "4 payload: right, of features with F1 above .8",
                "4 payload: of features with F1 above .8, named",
                "4 payload: mean F1 of what the name says",
                "4 payload: seconds",
            ],
        ),
        (
            NamesFrom::Text,
            [
                "5 words: named",
                "5 words: right",
                "5 words: right, of features with F1 above .8",
                "5 words: of features with F1 above .8, named",
                "5 words: mean F1 of what the name says (0 where it is no factor's value)",
                "5 words: seconds",
            ],
        ),
    ] {
        let began = Instant::now();
        let names = names(encoder, collection, from);
        let seconds = began.elapsed().as_secs_f64();
        let says = |one: &Suggestion, value: &Value| match &one.source {
            NameSource::Payload { field, value: text, .. } => {
                (field == value.factor && *text == value.text) || (field == "caption" && same(text, value))
            }
            NameSource::Text { word, .. } => same(word, value),
        };
        let right = |one: &&Suggestion| says(one, &points.values[has[one.feature].0]);
        let is_clear = |one: &&Suggestion| by_choice[one.feature].1 > 0.8;
        let meant: Vec<f64> = names
            .iter()
            .map(|one| {
                let column: Vec<f32> = outputs.iter().skip(one.feature).step_by(width).copied().collect();
                let said = points.values.iter().filter(|value| says(one, value));
                said.map(|value| f1(&column, points, value).1).fold(0.0, f64::max)
            })
            .collect();
        if std::env::var_os("NAMES").is_some() {
            for (one, meant) in names.iter().zip(&meant) {
                let (place, f1) = has[one.feature];
                let value = &points.values[place];
                let mark = if right(&one) { "right" } else { "WRONG" };
                println!(
                    "  {mark} {:>3} {:.3} {:<34} F1 {meant:.2}; has {} = {} with F1 {f1:.2}",
                    one.feature, one.score, one.name, value.factor, value.text
                );
            }
        }
        let counts = [
            names.len() as f64,
            names.iter().filter(right).count() as f64,
            names.iter().filter(|one| is_clear(one) && right(one)).count() as f64,
            names.iter().filter(is_clear).count() as f64,
            meant.iter().sum::<f64>() / (meant.len() as f64).max(1.0),
            seconds,
        ];
        figures.extend(told.into_iter().zip(counts));
    }
    figures
}

fn names(encoder: &Encoder, collection: &CollectionArgs, from: NamesFrom) -> Vec<Suggestion> {
    let (control, mut reporter) = (Control::new(), Reporter::silent());
    let mut source = source::open(collection, &control, &mut reporter).expect("the demo's collection");
    let ask = NameAsk { from, ..NameAsk::default() };
    let found = suggest_names(encoder, source.as_mut(), &ModelArgs::default(), &ask, &control, &mut reporter);
    found.expect("names").suggestions
}

/// Whether a word says a value: the same but for number and article, or another English word for it.
fn same(word: &str, value: &Value) -> bool {
    let other: HashMap<&str, &str> = HashMap::from([
        ("donut", "doughnut"),
        ("hamburger", "burger"),
        ("cheeseburger", "burger"),
        ("cookie", "biscuit"),
        ("loaf", "bread"),
        ("pancake", "pancake stack"),
        ("grape", "bunch of grape"),
        ("kiwi", "kiwi half"),
        ("avocado", "avocado half"),
        ("citrus fruit", "citrus half"),
        ("broccoli", "broccoli floret"),
        ("cheese", "cheese wedge"),
        ("chocolate", "chocolate bar"),
        ("melon", "melon slice"),
        ("noodle", "noodle dish"),
        ("rice", "rice dish"),
        ("violet", "purple"),
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
    ]);
    let plain = |text: &str| -> String {
        let text = text.to_lowercase();
        let words: Vec<String> = text.split_whitespace().map(singular).collect();
        words.join(" ")
    };
    let (word, value) = (plain(word), plain(&value.text));
    word == value || other.get(word.as_str()).is_some_and(|known| plain(known) == value)
}

fn singular(word: &str) -> String {
    for (end, with) in [("ies", "y"), ("toes", "to"), ("shes", "sh"), ("ches", "ch"), ("ss", "ss"), ("s", "")] {
        if let Some(stem) = word.strip_suffix(end) {
            return format!("{stem}{with}");
        }
    }
    word.to_owned()
}

fn spread(values: &[f64]) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    format!("{mean:.3} ± {deviation:.3}")
}
