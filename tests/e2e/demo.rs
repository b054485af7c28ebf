//! The demo from an empty profile, and how good its model and its encoder are on drawings that they have not seen.

use std::time::{Duration, Instant};

use blockscope::config::{ModelArgs, OnnxChoice};
use blockscope::demo::artist::{self, Colour, Group, Kind};
use blockscope::embed::{DEMO, Embedder, Side};
use blockscope::encoder::Encoder;
use blockscope::features::confidence;
use blockscope::job::{Control, Reporter};
use rayon::prelude::*;

use crate::support::{Workplace, root};

/// No seed that the model was trained on, nor one of the demo's own.
const SEED: u64 = 77_001;

fn open(side: Side) -> Embedder {
    let args = ModelArgs { model: Some(DEMO.into()), onnx: OnnxChoice::Tract, ..ModelArgs::default() };
    Embedder::open(&args, None, side, None, &Control::new(), &mut Reporter::silent()).unwrap()
}

/// The vectors and the factors of drawings number `from..` of kinds that take turns.
pub fn drawn(kinds: &[&'static Kind], seed: u64, pictures: usize) -> Vec<(artist::Factors, Vec<f32>)> {
    let drawings: Vec<artist::Drawing> = (0..pictures)
        .into_par_iter()
        .map(|i| artist::draw(kinds[i % kinds.len()], seed, (i / kinds.len()) as u64, blockscope::demo::SIZE))
        .collect();
    let mut embedder = open(Side::Pictures);
    let prepare = embedder.preparer();
    let mut found: Vec<Option<(artist::Factors, Vec<f32>)>> = (0..pictures).map(|_| None).collect();
    let one = |(i, d): (usize, artist::Drawing)| Ok(Some(((i, d.factors), prepare(d.picture, None)?)));
    embedder
        .embed_all(drawings.into_iter().enumerate(), one, &Control::new(), |batch| {
            for ((i, factors), row) in batch {
                found[i] = Some((factors, row.unwrap()));
            }
            Ok(())
        })
        .unwrap();
    found.into_iter().map(|f| f.unwrap()).collect()
}

fn texts(prompts: &[String]) -> Vec<Vec<f32>> {
    let mut embedder = open(Side::Texts);
    let inputs = prompts.iter().map(|p| blockscope::embed::Prepared::Text(p.clone())).collect();
    embedder.embed_some(inputs, &Control::new()).unwrap()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn best(vector: &[f32], classes: &[Vec<f32>]) -> usize {
    (0..classes.len()).max_by(|a, b| dot(vector, &classes[*a]).total_cmp(&dot(vector, &classes[*b]))).unwrap()
}

/// The share of pictures whose nearest prompt is the right one.
fn accuracy(
    pictures: &[(artist::Factors, Vec<f32>)],
    prompts: &[String],
    right: impl Fn(&artist::Factors) -> usize,
) -> f64 {
    let classes = texts(prompts);
    let hits = pictures.iter().filter(|(f, v)| best(v, &classes) == right(f)).count();
    hits as f64 / pictures.len() as f64
}

/// The share of pairs in which the second sample's value is the smaller one.
fn auroc(high: &[f32], low: &[f32]) -> f64 {
    let wins: f64 = high
        .iter()
        .flat_map(|h| low.iter().map(move |l| if h > l { 1.0 } else { f64::from(u8::from(h == l)) * 0.5 }))
        .sum();
    wins / (high.len() * low.len()) as f64
}

#[test]
fn the_model_knows_drawings_it_has_not_seen_by_words_alone() {
    let (dishes, things) = (artist::kinds_of(Group::Food), artist::kinds_of(Group::Thing));
    let food = drawn(&dishes, SEED, 1_200);
    let prompts: Vec<String> = dishes.iter().map(|k| format!("a drawing of a {}", k.name)).collect();
    let dish = accuracy(&food, &prompts, |f| dishes.iter().position(|k| k.name == f.kind).unwrap());
    let prompts: Vec<String> = Colour::ALL.iter().map(|c| format!("something {}", c.name())).collect();
    let colour = accuracy(&food, &prompts, |f| Colour::ALL.iter().position(|c| *c == f.colour).unwrap());
    let prompts: Vec<String> = ["one", "two", "three", "four", "five"].map(|n| format!("{n} of them")).to_vec();
    let count = accuracy(&food, &prompts, |f| usize::from(f.count) - 1);
    let mut both = food;
    both.extend(drawn(&things, SEED, 600));
    let prompts = ["a drawing of food".to_owned(), "a drawing of a thing that is not food".to_owned()];
    let is_food = accuracy(&both, &prompts, |f| usize::from(f.group != Group::Food));
    eprintln!("zero-shot: dish {dish:.4}, colour {colour:.4}, count {count:.4}, food or not {is_food:.4}");
    assert!(dish >= 0.95 && colour >= 0.90 && count >= 0.85 && is_food >= 0.99);
}

#[test]
fn the_demo_ends_with_the_car_as_the_outlier_and_not_by_luck() {
    let place = Workplace::new();
    let answer = place.run("demo --no-window --json --onnx tract").json();
    let verdicts: Vec<(&str, &str)> = answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (i["kind"].as_str().unwrap(), i["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(verdicts, [("cake", "fits"), ("pizza", "fits"), ("car", "outlier"), ("sushi", "fits")]);
    assert_eq!(answer["drawn"], 6_000);
    // The nearest dishes of a dish are dishes of its kind, mostly; the car has none.
    let store = answer["store"].as_str().unwrap();
    let near =
        place.run_words(&["search", "a pizza", "--store", store, "--collection", "food", "--onnx", "tract", "--json"]);
    let near = near.json();
    let pizzas = near["hits"].as_array().unwrap().iter().filter(|h| h["payload"]["dish"] == "pizza").count();
    assert!(pizzas >= 9, "{near}");

    let encoder = Encoder::read(answer["encoder"].as_str().unwrap()).unwrap();
    let confidences = |group: Group| -> Vec<f32> {
        drawn(&artist::kinds_of(group), SEED + 1, 500)
            .iter()
            .map(|(_, v)| confidence(&encoder.encode(v), encoder.block_size()))
            .collect()
    };
    let found = auroc(&confidences(Group::Food), &confidences(Group::Thing));
    eprintln!("confidence tells 500 dishes from 500 things with an AUROC of {found:.4}");
    assert!(found >= 0.95, "{found}");

    // The README shows what a person sees. Numbers depend on the processor's rounding; drawings and verdicts do not.
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let told = place.run("demo --no-window --onnx tract").ok().stdout;
    for kind in ["cake: ", "pizza: ", "car: ", "sushi: "] {
        let mut lines = told.lines().skip_while(|line| !line.starts_with(kind));
        let (drawing, verdict) = (lines.next().unwrap(), lines.next().unwrap().split(':').next().unwrap());
        let shown = readme.lines().skip_while(|line| *line != drawing).nth(1);
        assert!(shown.is_some_and(|line| line.starts_with(verdict)), "{drawing}: {shown:?}");
    }

    // What is there is taken as it is.
    let began = Instant::now();
    let again = place.run("demo --no-window --json --onnx tract").json();
    assert_eq!((&again["drawn"], &again["trained"]), (&0.into(), &false.into()));
    assert_eq!(again["items"], answer["items"]);
    assert!(began.elapsed() < Duration::from_secs(30), "a few seconds");
}

#[test]
fn a_demo_that_was_interrupted_goes_on_where_it_stopped() {
    let place = Workplace::new();
    let line = "demo --no-window --dishes 700 --store d --json --onnx tract";
    let mut child = place.start(line);
    // Points that survive are there once the collection can be read.
    let deadline = Instant::now() + Duration::from_secs(120);
    let counted =
        |place: &Workplace| std::fs::read_dir(place.path("d/pictures")).map_or(0, |files| files.flatten().count());
    while counted(&place) < 300 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Killed, not asked: nothing may depend on a clean end.
    child.kill().unwrap();
    child.wait().unwrap();
    let answer = place.run(line).json();
    assert_eq!(answer["items"].as_array().unwrap().len(), 4);
    assert_eq!(answer["points"], 700);
    let fresh = place.run(&format!("{line} --fresh")).json();
    assert_eq!(fresh["drawn"], 700);
}

#[test]
fn a_folder_with_a_collection_of_another_is_left_alone() {
    let place = Workplace::new();
    place.store(50, 8);
    place.run("demo --no-window --store store").refused(2, "holds a \"food\" that is not the demo's");
    assert_eq!(place.run("load --store store --collection food --limit 5 --json").json()["points"], 50);
    // Nor are single files and folders of such names taken for the demo's own.
    for name in ["pictures", "logs", "encoder.safetensors", "demo.json"] {
        let folder = place.path(format!("mine-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), "mine").unwrap();
        place.run(&format!("demo --no-window --fresh --store mine-{name}")).refused(2, "is not the demo's");
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), "mine");
    }
}
