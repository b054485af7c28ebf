//! The train screen: the form, the training that goes on, and the runs.

use std::path::Path;
use std::sync::Arc;

use blockscope::app::document::{self, Document};
use blockscope::app::train::{self, Adapter, Curves, Found, Work};
use blockscope::app::{App, Command, Found as AnyFound, JobKey, JobState, Screen, Selected, Work as AnyWork};
use blockscope::config::{CollectionArgs, DeviceChoice, TrainConfig};
use blockscope::encoder::FinalMetrics;
use blockscope::error::Error;
use blockscope::job::{EpochMetric, Event, Metric, Outcome, Probe, Progress, StepMetric};
use blockscope::pipeline::TrainAnswer;
use blockscope::point::{Distance, PointId};
use blockscope::source::SourceInfo;
use blockscope::trainer::estimate::Pace;
use blockscope::trainer::runs::{Moment, Run, RunInfo, RunState, Weights};
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::whole::{Whole, living, scenes, scripted, until, window};

const SMALL: [f32; 2] = [1_000.0, 640.0];
const LARGE: [f32; 2] = [1_600.0, 1_000.0];

fn collection() -> CollectionArgs {
    CollectionArgs { store: Some("/data/food".into()), collection: Some("food".into()), ..CollectionArgs::default() }
}

/// The work that was asked for and not taken yet.
pub fn taken(app: &mut App) -> Vec<(JobKey, AnyWork)> {
    std::iter::from_fn(|| app.jobs.take()).collect()
}

fn done(app: &mut App, key: JobKey, found: AnyFound) {
    app.apply(key, Event::Finished(Outcome::Done(found)));
}

/// A state at the train screen, whose machine is known; with these runs, and a collection where that is wished for.
pub fn at_train(open: bool, runs: Vec<Run>) -> App {
    let mut app = scripted();
    if open {
        let ask = document::Command::Open { collection: Box::new(collection()), encoder: None, then: None };
        app.handle(Command::Document(ask));
        let key = app.document.opening.expect("it is being opened");
        let info = SourceInfo {
            title: "collection \"food\"".into(),
            name: "food".into(),
            dim: 512,
            distance: Distance::Cosine,
            points: 2_400,
        };
        let document = Document {
            collection: collection(),
            info,
            first: vec![(PointId::Num(0), Arc::default())],
            model: None,
            guessed_picture: None,
            guessed_text: None,
            encoder: None,
        };
        let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
        done(&mut app, key, AnyFound::Document(found));
    }
    app.handle(Command::Show(Screen::Train));
    for (key, work) in taken(&mut app) {
        let found = match work {
            AnyWork::Train(Work::Devices) => {
                Found::Devices(vec![Adapter { name: "Radeon 780M (Vulkan)".into(), software: false }])
            }
            AnyWork::Train(Work::Pace) => Found::Pace(pace()),
            AnyWork::Train(Work::List(_)) => Found::Runs(runs.clone()),
            _ => continue,
        };
        done(&mut app, key, AnyFound::Train(found));
    }
    app
}

/// A machine of which estimates are known.
fn pace() -> Pace {
    Pace { core: 2e10, cores: 4e10, numbers: 1e8, threads: 2 }
}

pub fn ask(app: &mut App, command: train::Command) {
    app.handle(Command::Train(command));
}

/// Numbers between 0 and 1 that are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}

const STEPS: u64 = 100;
const BLOCKS: usize = 4;
const SIZE: usize = 64;

/// What a training measures up to the end of an epoch.
fn measured(seed: u64, epochs: usize, floor: f32) -> Vec<Metric> {
    let mut noise = Noise(seed);
    let mut metrics = Vec::new();
    for epoch in 1..=epochs {
        let lr = if epoch > 7 { 5e-3 } else { 1e-2 };
        let mut loss = 0.0;
        for step in (epoch as u64 - 1) * STEPS + 1..=epoch as u64 * STEPS {
            let mean = floor + 0.12 * (-(step as f32) / 180.0).exp();
            loss = mean * (0.55 + 0.9 * noise.next());
            metrics.push(Metric::Step(StepMetric { step, train_loss: loss, lr }));
        }
        let t = epoch as f32;
        let val_loss = floor + 0.004 + 0.09 * (-t / 2.2).exp() + 0.004 * noise.next();
        let usage = usage(epoch, &mut noise);
        metrics.push(Metric::Epoch(EpochMetric {
            epoch,
            step: epoch as u64 * STEPS,
            train_loss: loss,
            val_loss,
            val_failed_triplets: (320.0 * (0.2 + 0.7 * (-t / 3.0).exp())) as u64,
            val_triplets: 320,
            lr,
            lr_dropped: epoch == 7,
            judged: 480,
            entropy: (0..BLOCKS).map(|b| 0.25 + 0.08 * b as f32 + 0.6 * (-t / 2.5).exp()).collect(),
            dead: usage.iter().filter(|share| **share == 0.0).count(),
            usage,
            usage_perplexity: 0.53,
            nmi: Some(0.31),
            triplets_per_second: 4_210.0,
            seconds_left: 30.0,
        }));
    }
    metrics
}

/// Shares that add up to 1 in each block, some of them 0.
fn usage(epoch: usize, noise: &mut Noise) -> Vec<f32> {
    (0..BLOCKS)
        .flat_map(|_| {
            let raw: Vec<f32> = (0..SIZE)
                .map(|_| noise.next().powf(1.0 + epoch as f32 * 0.4))
                .map(|share| if share < 0.001 { 0.0 } else { share })
                .collect();
            let sum: f32 = raw.iter().sum();
            raw.into_iter().map(move |share| share / sum).collect::<Vec<_>>()
        })
        .collect()
}

/// Block outputs of eight points, the surer the later.
fn probe(epoch: usize) -> Probe {
    let mut noise = Noise(9);
    let mut outputs = Vec::new();
    for _ in 0..8 * BLOCKS {
        let raw: Vec<f32> = (0..SIZE).map(|_| (noise.next() * (1.0 + epoch as f32 * 4.0)).exp()).collect();
        let sum: f32 = raw.iter().sum();
        outputs.extend(raw.into_iter().map(|value| value / sum));
    }
    Probe { epoch, ids: (0..8).map(|i| PointId::Num(17 + 41 * i)).collect(), outputs }
}

/// Starts a training and plays it up to the end of an epoch.
fn training(app: &mut App, epochs: usize) -> JobKey {
    ask(app, train::Command::Preset(train::Preset::Demo));
    ask(app, train::Command::Start);
    let (key, _) = taken(app).into_iter().next().expect("a training was asked for");
    app.apply(key, Event::Started);
    app.apply(key, Event::Probe(probe(0)));
    for (epoch, metrics) in (1..).zip(measured(1, epochs, 0.02).chunks(STEPS as usize + 1)) {
        app.apply(key, Event::Metrics(metrics.to_vec()));
        app.apply(key, Event::Probe(probe(epoch)));
    }
    app.apply(
        key,
        Event::Progress(Progress {
            stage: "training".into(),
            done: epochs as u64 * STEPS,
            total: Some(1_000),
            unit: "steps",
            rate: 131.0,
            left: Some(31.0),
        }),
    );
    for (listing, work) in taken(app) {
        if let AnyWork::Train(Work::List(_)) = work {
            done(app, listing, AnyFound::Train(Found::Runs(app.train.runs.list.clone())));
        }
    }
    key
}

pub fn run(number: usize, title: &str, state: RunState, val_loss: f32) -> Run {
    let folder = Path::new("/nowhere/data/runs").join(format!("version_{number}"));
    let config = TrainConfig { collection: collection(), lr: 1e-2, seed: number as u64, ..TrainConfig::default() };
    let ended = matches!(state, RunState::Done | RunState::Stopped);
    let metrics = FinalMetrics {
        epoch: 9,
        train_loss: 0.03,
        val_loss,
        val_failed_triplets: 70,
        val_triplets: 320,
        judged: 480,
        dead: 41 + number,
        usage_perplexity: 0.53,
        nmi: Some(0.31),
    };
    Run {
        info: RunInfo {
            title: title.into(),
            state,
            message: (state == RunState::Failed).then(|| "the loss became NaN at step 12 of epoch 1".into()),
            started: Some(Moment::from_seconds(1_700_000_000 + 90_000 * number as u64)),
            seconds: Some(44.0),
            device: Some("CPU".into()),
            source: "collection \"food\" (training part)".into(),
            train_points: 1_920,
            val_points: 480,
            settings: serde_json::to_value(config).ok(),
            epochs: 10,
            best_epoch: ended.then_some(9),
            metrics: ended.then_some(metrics),
            ..RunInfo::default()
        },
        state,
        weights: if ended { Weights::Encoder(folder.join("encoder.safetensors")) } else { Weights::None },
        folder,
        problem: None,
    }
}

fn runs() -> Vec<Run> {
    vec![
        run(4, "higher rate", RunState::Done, 0.0216),
        run(3, "food, 2023-11-17 22:13 UTC", RunState::Failed, 0.0),
        run(2, "half as many blocks", RunState::Stopped, 0.0341),
        run(1, "first try", RunState::Done, 0.0278),
    ]
}

/// At the runs, with two of them laid over each other and one selected.
fn comparing() -> App {
    let mut app = at_train(true, runs());
    ask(&mut app, train::Command::Part(train::Part::Runs));
    let listed = runs();
    ask(&mut app, train::Command::Compare(listed[0].folder.clone(), true));
    ask(&mut app, train::Command::Compare(listed[2].folder.clone(), true));
    app.handle(Command::Select(Selected::Run(listed[0].folder.clone())));
    for (key, work) in taken(&mut app) {
        let found = match work {
            AnyWork::Train(Work::Read { run, decay }) => {
                let other = run.folder == listed[2].folder;
                let (seed, floor) = if other { (5, 0.031) } else { (3, 0.018) };
                let curves = Curves::of(measured(seed, if other { 6 } else { 10 }, floor), decay);
                Found::Curves(run.folder, Box::new(curves))
            }
            AnyWork::Train(Work::List(_)) => Found::Runs(runs()),
            _ => continue,
        };
        done(&mut app, key, AnyFound::Train(found));
    }
    app
}

fn failed() -> App {
    let mut app = at_train(true, runs());
    let key = training(&mut app, 1);
    let error = Error::NoTriplets { what: "food".into(), smallest: 0.01, largest: 0.08, min_margin: 0.1 };
    app.apply(key, Event::Finished(Outcome::Failed(error)));
    app
}

fn wrong() -> App {
    let mut app = at_train(true, Vec::new());
    let mut form = app.train.form.clone();
    form.set(train::Field::Lr, "0,01");
    form.set(train::Field::BlockSize, "1");
    form.set(train::Field::Dropout, "1.5");
    form.advanced = true;
    ask(&mut app, train::Command::Edit(Box::new(form)));
    app
}

fn running() -> App {
    let mut app = at_train(true, runs());
    training(&mut app, 8);
    app
}

#[test]
fn picture_without_a_collection() {
    scenes("train_empty", SMALL, || at_train(false, Vec::new()));
}

#[test]
fn picture_of_a_form_with_wrong_values() {
    scenes("train_form_wrong", LARGE, wrong);
}

#[test]
fn picture_of_the_form_in_the_smallest_window() {
    scenes("train_form_small", SMALL, || {
        let mut app = at_train(true, Vec::new());
        ask(&mut app, train::Command::Part(train::Part::Settings));
        app
    });
}

#[test]
fn picture_of_a_training() {
    scenes("train_running", [1_600.0, 2_000.0], running);
}

#[test]
fn picture_of_a_training_in_the_smallest_window() {
    scenes("train_running_small", SMALL, running);
}

#[test]
fn picture_of_runs_laid_over_each_other() {
    scenes("train_compared", LARGE, comparing);
}

#[test]
fn picture_of_a_failed_training() {
    scenes("train_failed", SMALL, failed);
}

/// Whether something on the screen says so.
pub fn says(harness: &Harness<'_, Whole>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

pub fn harness(app: App) -> Harness<'static, Whole> {
    let mut harness = window(app, LARGE, Theme::Dark);
    harness.run_ok();
    harness
}

#[test]
fn a_value_that_makes_no_sense_is_told_beside_its_field_and_nothing_starts() {
    let mut harness = harness(at_train(true, Vec::new()));
    harness.get_by_role_and_label(Role::TextInput, "Epochs").focus();
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    harness.get_by_role_and_label(Role::TextInput, "Epochs").type_text("0");
    harness.run_ok();
    assert_eq!(harness.state_mut().app().train.form.text(train::Field::Epochs), "0");
    assert!(says(&harness, "must be a whole number, 1 or more"));
    let start = harness.get_by_role_and_label(Role::Button, "Start training");
    assert!(start.accesskit_node().is_disabled());
    start.click();
    harness.run_ok();
    assert!(harness.state_mut().app().train.live.is_none());
}

#[test]
fn a_preset_fills_the_form_and_a_change_makes_it_custom() {
    let mut harness = harness(at_train(true, Vec::new()));
    harness.get_by_role_and_label(Role::ComboBox, "Preset").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Quick look").click();
    harness.run_ok();
    assert_eq!(harness.state_mut().app().train.form.text(train::Field::Epochs), "5");
    harness.get_by_role_and_label(Role::TextInput, "Seed").focus();
    harness.run_ok();
    harness.get_by_role_and_label(Role::TextInput, "Seed").type_text("7");
    harness.run_ok();
    assert_eq!(harness.state_mut().app().train.checked.preset, Some(train::Preset::Quick), "a seed is nobody's preset");
    harness.get_by_role_and_label(Role::TextInput, "Blocks").focus();
    harness.run_ok();
    harness.get_by_role_and_label(Role::TextInput, "Blocks").type_text("1");
    harness.run_ok();
    assert_eq!(harness.state_mut().app().train.checked.preset, None);
}

#[test]
fn a_training_is_started_paused_resumed_stopped_and_its_encoder_offered() {
    let mut harness = harness(at_train(true, Vec::new()));
    harness.get_by_role_and_label(Role::Button, "Start training").click();
    harness.run_ok();
    let app = harness.state_mut().app();
    let (key, AnyWork::Train(Work::Train(config))) = taken(app).remove(0) else { panic!("a training was asked for") };
    assert_eq!(config.collection, collection());
    app.apply(key, Event::Started);
    app.apply(key, Event::Metrics(measured(1, 2, 0.02)));
    harness.run_ok();
    assert!(says(&harness, "Loss by step. training"), "the plot says its last values");
    for (button, state) in
        [("Pause", JobState::Paused), ("Resume", JobState::Running), ("Stop and keep the best", JobState::Stopping)]
    {
        harness.get_by_role_and_label(Role::Button, button).click();
        harness.run_ok();
        assert_eq!(harness.state_mut().app().jobs.get(key).unwrap().state, state, "{button}");
    }
    assert!(harness.query_by_role_and_label(Role::Button, "Pause").is_none());
    let answer = TrainAnswer {
        encoder: "/nowhere/data/runs/version_0/encoder.safetensors".into(),
        last: "/nowhere/data/runs/version_0/encoder.last.safetensors".into(),
        device: "CPU".into(),
        epochs: Vec::new(),
        features: 256,
        best_epoch: 2,
        seconds: 4.0,
        stopped: true,
        groups: None,
        log: "/nowhere/data/runs/version_0".into(),
    };
    let app = harness.state_mut().app();
    done(app, key, AnyFound::Train(Found::Trained(Box::new(answer))));
    harness.run_ok();
    assert!(says(&harness, "The weights of epoch 2 were kept"));
}

#[test]
fn a_failure_says_what_to_do_and_can_be_put_away() {
    let mut harness = harness(failed());
    assert!(says(&harness, "The training failed: no usable triplet in food"));
    assert!(says(&harness, "a smallest margin of 0.02"));
    harness.get_by_role_and_label(Role::Button, "Close this message").click();
    harness.run_ok();
    assert!(!says(&harness, "The training failed"));
}

#[test]
fn a_run_is_renamed_compared_and_deleted_by_its_buttons() {
    let mut harness = harness(comparing());
    harness.get_by_role_and_label(Role::CheckBox, "Compare first try").click();
    harness.run_ok();
    assert_eq!(harness.state_mut().app().train.runs.compared.len(), 3);

    harness.get_by_role_and_label(Role::Button, "Rename").click();
    harness.run_steps(4);
    let name = harness.get_by_role_and_label(Role::TextInput, "Name of the run");
    assert!(name.is_focused());
    name.type_text(" again");
    harness.run_steps(3);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    let app = harness.state_mut().app();
    let renamed = taken(app).into_iter().find_map(|(_, work)| match work {
        AnyWork::Train(Work::Rename { title, .. }) => Some(title),
        _ => None,
    });
    assert_eq!(renamed.as_deref(), Some("higher rate again"));

    let folder = runs()[1].folder.clone();
    app.handle(Command::Select(Selected::Run(folder)));
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "Delete...").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Delete this run?").is_some());
    harness.get_by_role_and_label(Role::Button, "Keep it").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Delete this run?").is_none());
    harness.get_by_role_and_label(Role::Button, "Delete...").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "Delete").click();
    harness.run_steps(3);
    let asked = taken(harness.state_mut().app());
    assert!(asked.iter().any(|(_, work)| matches!(work, AnyWork::Train(Work::Delete { encoders: true, .. }))));
}

#[test]
fn one_can_look_back_to_an_earlier_epoch() {
    let mut app = at_train(true, Vec::new());
    training(&mut app, 8);
    let mut harness = harness(app);
    let slider = harness.get_by_role_and_label(Role::Slider, "Epoch that is shown");
    slider.scroll_to_me();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Slider, "Epoch that is shown").set_value_accesskit(0.0);
    harness.run_ok();
    assert_eq!(harness.state_mut().app().train.look_back, Some(0));
    assert!(says(&harness, "before training"));
}

/// The whole way on a file of vectors: the form, a training on the CPU, its plots, its run.
#[test]
fn a_real_training_is_seen_from_its_start_to_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.npy");
    let mut noise = Noise(4);
    let rows: Vec<f32> = (0..400 * 8).map(|i| f32::from(u8::from(i % 8 == i / 8 % 4)) + 0.4 * noise.next()).collect();
    blockscope::numpy::write_matrix(&path, 8, &rows).unwrap();
    let mut app = living(folder.path());
    let collection = CollectionArgs { vectors: Some(path), ..CollectionArgs::default() };
    let then = Some(Screen::Train);
    app.handle(Command::Document(document::Command::Open { collection: Box::new(collection), encoder: None, then }));
    let config = TrainConfig {
        limit: 20,
        epochs: 3,
        blocks: 2,
        block_size: 8,
        epoch_size: 320,
        min_margin: 0.05,
        device: DeviceChoice::Cpu,
        ..TrainConfig::default()
    };
    app.handle(Command::Train(train::Command::Edit(Box::new(train::Form::from(&config)))));
    let mut harness = window(app, LARGE, Theme::Light);
    assert!(until(&mut harness, |app| app.document.open.is_some() && train::can_start(app)));
    harness.step();
    harness.get_by_role_and_label(Role::Button, "Start training").click();
    assert!(until(&mut harness, |app| app.document.encoder().is_some()), "the new encoder opens by itself");
    assert!(until(&mut harness, |app| !app.train.runs.list.is_empty()));
    harness.run_steps(2);
    assert!(says(&harness, "Show features"));
    harness.get_by_role_and_label(Role::Tab, "Runs (1)").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("done").is_some());
}
