//! The compare screen, over made-up workers: choosing encoders, the table, features matched, and inputs through both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use blockscope::app::compare::{Chosen, Command, Found, Known, Matched, Note, Part, Side, View, Work};
use blockscope::app::document::{self, Document, OpenEncoder};
use blockscope::app::{
    App, Command as Any, Found as AnyFound, JobKey, Screen, Selected, Work as AnyWork, inspect, train,
};
use blockscope::config::{CollectionArgs, ObjectiveKind};
use blockscope::encoder::{Activation, Encoder, EncoderMeta};
use blockscope::error::Error;
use blockscope::evaluate::table::{
    AtSize, EvaluationTable, FeaturePair, Measure, OutlierBy, Recall, Row, RowKind, Scoring, Spread, Told,
};
use blockscope::features::{ConfidenceScale, Strong, answers, confidence};
use blockscope::job::{Control, Event, Outcome, Progress, Reporter, Task};
use blockscope::pipeline::{InspectItem, NearestPoint, Verdict};
use blockscope::point::{Distance, Payload, PointId};
use blockscope::source::SourceInfo;
use blockscope::trainer::runs::{Run, RunInfo, RunState, Weights};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};

use super::search::{payload, plates};
use super::stage::{renderer, tolerance};
use super::whole::{Whole, drop_file, scripted, window};

const WIDE: [f32; 2] = [1_600.0, 1_000.0];
const SMALL: [f32; 2] = [1_000.0, 640.0];
const POINTS: u64 = 48;

/// Numbers from 0 to 1 without a pattern.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as f32) / (1u64 << 31) as f32
    }
}

fn chosen(name: &str) -> Chosen {
    Chosen { path: PathBuf::from(format!("/nowhere/runs/{name}/encoder.safetensors")), name: name.into() }
}

fn three() -> Vec<Chosen> {
    ["balanced, seed 0", "codes for search", "sparse autoencoder"].map(chosen).to_vec()
}

/// Four blocks of 64, or one wide block of which few features are active.
fn encoder(sparse: bool) -> Arc<Encoder> {
    let (blocks, size) = if sparse { (1, 512) } else { (4, 64) };
    let activation = if sparse { Activation::TopK(16) } else { Activation::SoftMax };
    let meta = EncoderMeta { activation, ..EncoderMeta::default() };
    let weights = (0..blocks * size * 2).map(|i| (i * 37 % 101) as f32 / 5.0 - 10.0).collect();
    Arc::new(Encoder::new(2, blocks, size, weights, vec![0.0; blocks * size], meta).expect("an encoder"))
}

fn names() -> BTreeMap<usize, String> {
    [
        (3, "red soups"),
        (17, "cakes with candles"),
        (70, "leaves and greens"),
        (140, "on a round white plate"),
        (200, "striped tables with a very long name that does not fit anywhere"),
    ]
    .map(|(feature, name)| (feature, name.to_owned()))
    .into()
}

/// The compare screen over a made-up collection, with pictures where they are wanted.
fn opened(pictures: bool) -> App {
    let mut app = scripted();
    app.settings.layout.left_width = 190.0;
    let payload_file = Some(plates().folder.path().join("payloads.jsonl"));
    let collection =
        CollectionArgs { collection: Some("food".into()), payload: payload_file, ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(collection.clone()), encoder: None, then: None };
    app.handle(Any::Document(open));
    let (key, _) = app.jobs.take().expect("it is opened");
    let info =
        SourceInfo { title: "food".into(), name: "food".into(), dim: 2, distance: Distance::Cosine, points: 6_000 };
    let document = Document {
        collection,
        info,
        first: (0..POINTS).map(|i| (PointId::Num(i), Arc::new(payload(PointId::Num(i), pictures)))).collect(),
        model: None,
        guessed_picture: pictures.then(|| "path".into()),
        guessed_text: Some("caption".into()),
        encoder: Some(OpenEncoder { path: chosen("balanced, seed 0").path, encoder: encoder(false) }),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
    app.handle(Any::Show(Screen::Compare));
    play(&mut app, pictures);
    app
}

fn spread(mean: f64, sd: f64) -> Spread {
    Spread { mean, sd: (sd > 0.0).then_some(sd), n: if sd > 0.0 { 3 } else { 1 } }
}

fn recall(scoring: Scoring, kept: Option<usize>, asymmetric: bool, bytes: f64, at: f64, sd: f64) -> Recall {
    Recall {
        scoring,
        kept,
        weight_bits: None,
        asymmetric,
        entries: kept.map(|kept| spread(4.0 * kept as f64, 0.0)),
        bytes: spread(bytes, 0.0),
        at_10: spread(at * 0.55, sd),
        at_1_percent: spread(at, sd),
        at_5_percent: spread(1.0 - (1.0 - at) * 0.4, sd),
        touched: kept.map(|_| spread(0.11, 0.0)),
    }
}

/// A row that is the better the larger `good` is; figures of encoders trained here have a spread.
fn row(name: &str, kind: RowKind, encoder: Option<PathBuf>, good: f64, sd: f64) -> Row {
    let of_encoder = kind == RowKind::Encoder;
    let measure = |measure: Measure| {
        let value = match measure {
            Measure::Dead => 0.6 - good * 0.6,
            Measure::Ami => 0.4 - good * 0.35,
            Measure::Nmi => 0.5 - good * 0.2,
            Measure::Fvu => 0.7 - good * 0.5,
            Measure::Seconds => 12.0 + 20.0 * good,
            Measure::Silhouette => 0.3 * good - 0.05,
            _ => 0.3 + 0.68 * good,
        };
        let there = of_encoder || matches!(measure, Measure::Reconstruction | Measure::Fvu | Measure::ProbeAccuracy);
        (measure, there.then(|| spread(value, if measure == Measure::Seconds { 0.4 } else { sd })))
    };
    let ways = if of_encoder {
        vec![
            recall(Scoring::Code, None, false, 1_024.0, 0.4 + 0.45 * good, sd),
            recall(Scoring::Winners, Some(1), true, 6.0, 0.5 + 0.37 * good, sd),
            recall(Scoring::Strongest, Some(4), true, 16.0, 0.6 + 0.36 * good, sd),
        ]
    } else {
        vec![recall(Scoring::Product, Some(8), true, 8.0, 0.79, 0.0)]
    };
    let told = |label: &str, auroc: f64| Told {
        held_out: Some(label.into()),
        by: if of_encoder { OutlierBy::Entropy } else { OutlierBy::Neighbour },
        auroc: spread(auroc, sd),
        fpr95: spread(1.1 - auroc, sd),
    };
    Row {
        name: name.into(),
        kind,
        encoder,
        objective: of_encoder.then(|| "balanced".into()),
        shape: of_encoder.then_some((4, 64)),
        seeds: if sd > 0.0 { vec![0, 1, 2] } else { Vec::new() },
        own_decoder: of_encoder.then_some(false),
        measures: Measure::ALL.into_iter().map(measure).collect(),
        recall: ways,
        sizes: [4, 16, 64]
            .map(|k| AtSize {
                k,
                kept_cosine: Some(spread(good * (1.0 - 1.0 / k as f64), sd)),
                kmeans_ari: Some(spread(0.5 * good, sd)),
            })
            .to_vec(),
        outliers: vec![told("pizza", 0.55 + 0.4 * good), told("sushi", 0.5 + 0.4 * good)],
    }
}

fn table() -> EvaluationTable {
    let given = three().into_iter().zip([0.9, 0.7, 0.55]);
    let mut rows: Vec<Row> =
        given.map(|(chosen, good)| row(&chosen.name, RowKind::Encoder, Some(chosen.path.clone()), good, 0.0)).collect();
    rows.push(row("compatible", RowKind::Encoder, None, 0.2, 0.013));
    for (name, good) in [("exact, dense", 0.98), ("principal components", 0.8), ("product quantisation", 0.6)] {
        rows.push(row(name, RowKind::Baseline, None, good, 0.0));
    }
    EvaluationTable {
        collection: "food".into(),
        dim: 512,
        train_points: 4_800,
        queries: 1_200,
        label_field: Some("dish".into()),
        labels: vec!["pizza".into(), "sushi".into()],
        seed: 0,
        rows,
        matches: Vec::new(),
        notes: vec!["The decoder of an encoder without one was fitted here by ridge regression.".into()],
        seconds: 83.0,
    }
}

fn strongest(seed: u64) -> Vec<Strong> {
    (0..6).map(|n| Strong { id: PointId::Num((seed * 7 + n * 11) % POINTS), value: 0.97 - 0.05 * n as f32 }).collect()
}

fn known(path: PathBuf, block_size: usize, features: usize, alone: Vec<usize>) -> Known {
    Known {
        path,
        block_size,
        features,
        living: features - 3,
        names: names(),
        strongest: (0..features as u64).map(strongest).collect(),
        alone,
    }
}

fn matched(one: PathBuf, other: PathBuf) -> Matched {
    let mut next = noise(4);
    let mut pairs: Vec<FeaturePair> = (0..253)
        .map(|i| FeaturePair {
            one: [3, 17, 70, 140, 200].get(i).copied().unwrap_or(i),
            other: (i * 89 + 3) % 509,
            correlation: f64::from(1.0 - next().powf(1.6)),
        })
        .collect();
    pairs.sort_by(|a, b| b.correlation.total_cmp(&a.correlation));
    let above = pairs.iter().filter(|pair| pair.correlation > 0.7).count() as f64 / pairs.len() as f64;
    Matched {
        one: known(one, 64, 256, Vec::new()),
        other: known(other, 512, 512, (260..300).collect()),
        mean: 0.62,
        above,
        pairs,
        points: 4_000,
        all: 6_000,
    }
}

/// What an encoder could say of something, with other winners for each seed.
fn item(id: u64, seed: u64, blocks: usize, size: usize, sure: f32) -> InspectItem {
    let mut next = noise(seed);
    let mut outputs = Vec::new();
    for _ in 0..blocks {
        let mut block: Vec<f32> = (0..size).map(|_| next().powi(14)).collect();
        let sure = (sure + (next() - 0.5) * 0.2).clamp(0.03, 0.97);
        let sum: f32 = block.iter().sum();
        block.iter_mut().for_each(|value| *value *= (1.0 - sure) / sum);
        block[(next() * size as f32) as usize % size] += sure;
        outputs.extend(block);
    }
    let near = |n: u64| {
        let near = PointId::Num((id + 5 * n) % POINTS);
        NearestPoint { id: near, score: 0.96 - 0.02 * n as f32, payload: payload(near, true) }
    };
    InspectItem {
        input: id.to_string(),
        kind: None,
        confidence: confidence(&outputs, size),
        percentile: 20.0 + sure as f64 * 70.0,
        verdict: if sure < 0.2 { Verdict::Outlier } else { Verdict::Fits },
        blocks: answers(&outputs, size),
        sparse: Default::default(),
        fallback_top_k: None,
        nearest: (1..=8).map(near).collect(),
        payload: Payload::default(),
        id: None,
        vector: vec![0.0; 2],
        outputs,
        cutoff: 0.2,
        picture: None,
    }
}

fn side(path: PathBuf, sparse: bool) -> Side {
    let mut next = noise(3);
    let mut normal = move || (0..6).map(|_| next()).sum::<f32>() / 6.0;
    let confidences = Arc::new(ConfidenceScale::new((0..1_200).map(|_| (0.15 + normal()).min(0.99))));
    Side { path, encoder: encoder(sparse), names: names(), confidences }
}

/// Does what was asked for as workers would.
fn play(app: &mut App, pictures: bool) {
    for _ in 0..6 {
        while let Some((key, work)) = app.jobs.take() {
            let found = match work {
                AnyWork::Compare(Work::Evaluate(_)) => Ok(AnyFound::Compare(Found::Evaluated(Box::new(table())))),
                AnyWork::Compare(Work::Match(asked)) => {
                    let matched = matched(asked.one.clone(), asked.other.clone());
                    Ok(AnyFound::Compare(Found::Matched(Box::new(matched))))
                }
                AnyWork::Compare(Work::Look(batch)) => {
                    let sides = [side(batch.pair.one.clone(), false), side(batch.pair.other.clone(), true)];
                    batch.outbox.leave(Note::Sides(Box::new(sides)));
                    for (n, (id, _)) in batch.asks.iter().enumerate() {
                        let (id, n) = (*id, n as u64);
                        let sure = if n == 2 { [0.12, 0.1] } else { [0.7, 0.5] };
                        let both = [item(n * 3, n + 9, 4, 64, sure[0]), item(n * 3, n + 90, 1, 512, sure[1])];
                        batch.outbox.leave(Note::Found(id, Ok(Box::new(both))));
                    }
                    Ok(AnyFound::Compare(Found::Looked))
                }
                AnyWork::Inspect(inspect::Work::Look { .. }) => {
                    Ok(AnyFound::Inspect(inspect::Found::Looked(Ok(()), Vec::new())))
                }
                AnyWork::Document(document::Work::Points { ids, .. }) => {
                    let points = ids.into_iter().map(|id| (id, payload(id, pictures))).collect();
                    Ok(AnyFound::Document(document::Found::Points(points)))
                }
                AnyWork::Train(train::Work::List(_)) => {
                    Ok(AnyFound::Train(train::Found::Runs(app.train.runs.list.clone())))
                }
                AnyWork::Features(_) | AnyWork::Document(_) | AnyWork::Train(_) => {
                    app.apply(key, Event::Finished(Outcome::Cancelled));
                    continue;
                }
                work => work.run(&Control::new(), &mut Reporter::silent()),
            };
            app.apply(key, Event::Finished(found.map_or_else(Outcome::Failed, Outcome::Done)));
        }
        app.tick();
    }
}

fn ask(app: &mut App, command: Command) {
    app.handle(Any::Compare(command));
}

/// With three encoders, at a part of the screen.
fn at(pictures: bool, part: Part) -> App {
    let mut app = opened(pictures);
    ask(&mut app, Command::Choose(three()));
    ask(&mut app, Command::Pair(blockscope::app::compare::Which::Other, three()[2].path.clone()));
    ask(&mut app, Command::Part(part));
    app
}

fn evaluated(view: View) -> App {
    let mut app = at(true, Part::Table);
    ask(&mut app, Command::Evaluate);
    play(&mut app, true);
    ask(&mut app, Command::View(view));
    app
}

fn matching(pictures: bool) -> App {
    let mut app = at(pictures, Part::Features);
    ask(&mut app, Command::Match);
    play(&mut app, pictures);
    app
}

fn through() -> App {
    let mut app = at(true, Part::Inputs);
    ask(&mut app, Command::Points);
    play(&mut app, true);
    app
}

/// With the table half made.
fn running() -> (App, JobKey) {
    let mut app = at(true, Part::Table);
    ask(&mut app, Command::Evaluate);
    let asked = std::iter::from_fn(|| app.jobs.take()).find(|(_, work)| matches!(work, AnyWork::Compare(_)));
    let (key, _) = asked.expect("the table was asked for");
    app.apply(key, Event::Started);
    let progress = Progress {
        stage: "measuring codes for search".into(),
        done: 4,
        total: Some(9),
        unit: "rows",
        rate: 0.2,
        left: Some(25.0),
    };
    app.apply(key, Event::Progress(progress));
    (app, key)
}

fn shown(app: App, size: [f32; 2]) -> Harness<'static, Whole> {
    let mut harness = window(app, size, Theme::Dark);
    frames(&mut harness);
    harness
}

fn frames(harness: &mut Harness<'_, Whole>) {
    for _ in 0..4 {
        harness.run_steps(2);
        play(harness.state_mut().app(), true);
    }
    harness.run_steps(2);
}

/// Compares the window in both themes, once the pictures of points are read.
fn scenes(name: &str, size: [f32; 2], make: impl Fn() -> App) {
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        if renderer().is_none() {
            return;
        }
        let mut harness = window(make(), size, theme);
        frames(&mut harness);
        for _ in 0..40 {
            harness.step();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        harness.snapshot_options(format!("{name}_{suffix}"), &tolerance());
        results.extend_harness(&mut harness);
    }
}

fn says(harness: &Harness<'_, Whole>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn picture_before_there_is_a_table() {
    scenes("compare_empty", SMALL, || opened(true));
}

#[test]
fn picture_without_a_collection() {
    scenes("compare_closed", SMALL, || {
        let mut app = scripted();
        app.handle(Any::Show(Screen::Compare));
        app
    });
}

#[test]
fn picture_while_the_table_is_made() {
    scenes("compare_running", SMALL, || running().0);
}

#[test]
fn picture_of_the_table() {
    scenes("compare_table", WIDE, || evaluated(View::Overview));
}

#[test]
fn picture_of_the_table_in_the_smallest_window() {
    scenes("compare_table_small", SMALL, || evaluated(View::Retrieval));
}

#[test]
fn picture_of_features_matched() {
    scenes("compare_matched", WIDE, || matching(true));
}

#[test]
fn picture_of_features_of_texts_matched() {
    scenes("compare_matched_texts", SMALL, || matching(false));
}

#[test]
fn picture_of_inputs_through_both() {
    scenes("compare_inputs", WIDE, through);
}

#[test]
fn picture_of_inputs_through_both_in_the_smallest_window() {
    scenes("compare_inputs_small", SMALL, through);
}

#[test]
fn ticked_runs_are_compared_by_a_button_and_ctrl_6_leads_there() {
    let mut app = opened(true);
    let run = |chosen: Chosen| Run {
        folder: chosen.path.parent().expect("a folder").to_owned(),
        info: RunInfo { title: chosen.name, ..RunInfo::default() },
        state: RunState::Done,
        weights: Weights::Encoder(chosen.path),
        problem: None,
    };
    app.train.runs.list = three().into_iter().map(run).collect();
    app.train.runs.listed = true;
    app.handle(Any::Show(Screen::Train));
    app.handle(Any::Train(train::Command::Part(train::Part::Runs)));
    play(&mut app, true);
    let mut harness = shown(app, WIDE);
    assert!(harness.query_by_role_and_label(Role::Button, "Compare encoders").is_none(), "none is ticked");
    for name in ["Compare codes for search", "Compare sparse autoencoder"] {
        harness.get_by_role_and_label(Role::CheckBox, name).click();
        harness.run_steps(3);
    }
    harness.get_by_role_and_label(Role::Button, "Compare encoders").click();
    harness.run_steps(3);
    let app = harness.state_mut().app();
    assert_eq!((app.view.place.screen, app.compare.chosen.as_slice()), (Screen::Compare, &three()[1..]));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num6);
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Compare);
    harness.get_by_role_and_label(Role::Button, "Back").click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Start);
}

#[test]
fn the_table_is_made_sorted_and_copied() {
    let mut harness = shown(at(true, Part::Table), WIDE);
    harness.get_by_role_and_label(Role::Button, "Make the table").click();
    harness.run_steps(2);
    frames(&mut harness);
    assert!(says(&harness, "4,800 points trained on and searched"));
    harness.get_by_role_and_label(Role::Button, "Sort by dead").click();
    harness.run_steps(3);
    let first =
        |harness: &mut Harness<'_, Whole>| harness.state_mut().app().compare.table.sheet().lines[0].name.clone();
    assert_eq!(first(&mut harness), "balanced, seed 0");
    harness.get_by_role_and_label(Role::Button, "Sort by dead").click();
    harness.run_steps(3);
    assert_eq!(first(&mut harness), "compatible");
    let mut copied = |name: &str| {
        harness.get_by_role_and_label(Role::Button, name).click();
        harness.step();
        let commands = &harness.output().platform_output.commands;
        commands
            .iter()
            .find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
            .expect("something was copied")
    };
    assert!(copied("Markdown").starts_with("| | dead |"));
    assert!(copied("CSV").starts_with("name,dead,"));
    harness.get_by_role_and_label(Role::Tab, "Outliers").click();
    harness.run_steps(3);
    assert!(says(&harness, "Sort by AUROC"));
    harness.state_mut().app().handle(Any::Compare(Command::Remove(three()[0].path.clone())));
    harness.run_steps(2);
    assert!(says(&harness, "of other encoders or settings"), "what is shown is of another choice");
}

#[test]
fn a_running_comparison_is_cancelled_and_a_failed_one_says_why() {
    let (app, key) = running();
    let mut harness = shown(app, WIDE);
    assert!(says(&harness, "measuring codes for search"));
    harness.get_by_role_and_label(Role::Button, "Cancel the comparison").click();
    harness.run_steps(2);
    let app = harness.state_mut().app();
    assert_eq!(app.jobs.get(key).expect("the job").state, blockscope::app::JobState::Cancelling);
    app.apply(key, Event::Finished(Outcome::Failed(Error::setting("the collection has 3 points, and 20 are needed"))));
    harness.run_steps(2);
    assert!(says(&harness, "the collection has 3 points"));
    harness.get_by_role_and_label(Role::Button, "Close this message").click();
    harness.run_steps(2);
    assert!(harness.state_mut().app().compare.problem().is_none());
}

#[test]
fn a_matched_feature_opens_its_page_with_its_encoder() {
    let mut harness = shown(matching(true), WIDE);
    let pair = harness.state_mut().app().compare.features.made.as_ref().expect("a match").pairs[0];
    let one = format!("Open feature {} of balanced, seed 0", pair.one);
    harness.get_by_role_and_label(Role::Link, &one).click();
    harness.run_steps(3);
    let place = harness.state_mut().app().view.place.clone();
    assert_eq!((place.screen, place.selected), (Screen::Features, Selected::Feature(pair.one)));
    harness.state_mut().app().handle(Any::Show(Screen::Compare));
    harness.run_steps(3);
    let other = format!("Open feature {} of sparse autoencoder", pair.other);
    harness.get_by_role_and_label(Role::Link, &other).click();
    harness.run_steps(3);
    let asked = std::iter::from_fn(|| harness.state_mut().app().jobs.take());
    let opens = asked.into_iter().any(|(_, work)| {
        matches!(work, AnyWork::Document(document::Work::OpenEncoder { path, .. }) if path == three()[2].path)
    });
    assert!(opens, "its encoder is opened first");
}

#[test]
fn what_is_dropped_is_shown_to_both() {
    let mut harness = shown(at(true, Part::Table), WIDE);
    let path = plates().folder.path().join("3.png");
    drop_file(&mut harness, &path);
    harness.run_steps(2);
    frames(&mut harness);
    let app = harness.state_mut().app();
    assert_eq!(app.compare.part, Part::Inputs);
    let seen = app.compare.through.seen();
    assert_eq!(seen[0].card.input, inspect::Input::File(path));
    assert!(seen[0].card.judged().is_some() && seen[0].other.is_some());
    assert!(app.inspect.cards().is_empty(), "it is not inspected, too");
    harness.get_by_role_and_label(Role::Button, "Remove 3.png").click();
    harness.run_steps(2);
    assert!(harness.state_mut().app().compare.through.seen().is_empty());
}

#[test]
fn objectives_are_trained_for_the_table_where_that_is_wished_for() {
    let mut harness = shown(at(true, Part::Table), WIDE);
    harness.get_by_role_and_label(Role::ComboBox, "Train, too").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::CheckBox, "Codes").click();
    harness.run_steps(3);
    assert_eq!(harness.state_mut().app().compare.table.settings.objectives, [ObjectiveKind::Codes]);
}
