//! The whole way on the real thing: the demo's store, a real training, a drawing that is dropped, its features, a
//! feature's page, and a search that is steered. With `BLOCKSCOPE_BLESS=1` it takes the README's pictures, on the whole demo.

use std::path::{Path, PathBuf};

use blockscope::app::train::End;
use blockscope::app::{Command, JobState, Level, Screen, compare, document, features, search};
use blockscope::config::{DemoConfig, DeviceChoice, TrainConfig};
use blockscope::demo::{artist, fresh};
use blockscope::job::{Control, Reporter, Task};
use blockscope::pipeline::{Job, Verdict};
use eframe::egui::Theme;
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::whole::{Whole, drop_file, living, until, window};

const SIZE: [f32; 2] = [1_440.0, 900.0];

/// Takes a picture for the README, where that was asked for.
fn picture(harness: &mut Harness<'_, Whole>, name: &str) {
    if std::env::var_os("BLOCKSCOPE_BLESS").is_none() {
        return;
    }
    // Pictures of points come in after the frame that asks for them.
    for _ in 0..100 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let path = Path::new("imgs").join(name);
    harness.render().expect("a picture").save(&path).expect("the picture's file");
}

/// Has names suggested for the features, as far as they can be named.
fn suggest_names(harness: &mut Harness<'_, Whole>) {
    assert!(until(harness, |app| features::can_suggest(app)));
    harness.state_mut().app().handle(Command::Features(features::Command::SuggestNames));
    assert!(until(harness, |app| app.features.suggesting.job().is_none()));
    assert_eq!(problems(harness), Vec::<String>::new());
}

/// A drawing that is in no collection, as a file.
fn drawing(folder: &Path, kind: &str) -> PathBuf {
    let kind = artist::kinds().find(|k| k.name == kind).expect("the artist knows it");
    let path = folder.join(format!("{}.png", kind.name));
    fresh(kind, 3).picture.save(&path).expect("the drawing's file");
    path
}

#[test]
fn from_the_demo_to_a_named_feature() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = living(folder.path());
    let blessed = std::env::var_os("BLOCKSCOPE_BLESS").is_some();
    let config = DemoConfig {
        store: Some(app.folders.demo.clone()),
        no_window: true,
        dishes: if blessed { DemoConfig::DISHES } else { 400 },
        ..DemoConfig::default()
    };
    Job::Demo(config).run(&Control::new(), &mut Reporter::silent()).expect("the demo is made");

    // A short training of the person's own, with settings that are not the form's.
    app.settings.train = Some(TrainConfig {
        epochs: if blessed { 30 } else { 2 },
        lr: 1e-2,
        device: DeviceChoice::Cpu,
        ..TrainConfig::default()
    });
    let app = blockscope::app::App::new(app.settings.clone(), app.folders.clone(), blockscope::app::Jobs::start());
    let mut harness = window(app, SIZE, Theme::Dark);
    assert!(until(&mut harness, |app| app.start.demo.ready), "it is seen that the demo is made");
    picture(&mut harness, "start.png");
    harness.get_by_label_contains("demo").click();
    assert!(until(&mut harness, |app| app.view.place.screen == Screen::Features && app.features.is_whole()));
    suggest_names(&mut harness);
    if blessed {
        assert!(harness.state_mut().app().document.names().count() > 100, "most features of the demo can be named");
    }
    picture(&mut harness, "features.png");

    harness.get_by_role_and_label(Role::Tab, "Train").click();
    harness.step();
    assert!(until(&mut harness, |app| blockscope::app::train::can_start(app)));
    // By its name alone: the form above it still grows when it learns what the machine has.
    harness.get_by_role_and_label(Role::Button, "Start training").click_accesskit();
    assert!(until(&mut harness, |app| app.train.live.is_some()), "a training begins");
    let first = harness.state_mut().app().document.encoder().expect("the demo's encoder").path.clone();
    if blessed {
        assert!(until(&mut harness, |app| app.train.running().is_none_or(|live| live.curves.val.len() > 20)));
        picture(&mut harness, "train.png");
    }
    let done = |app: &mut blockscope::app::App| app.train.live.as_ref().is_some_and(|live| live.end == Some(End::Done));
    assert!(until(&mut harness, done), "{:?}", problems(&mut harness));
    assert!(
        until(&mut harness, |app| app.document.encoder().is_some_and(|open| open.path != first)),
        "the new encoder is opened"
    );
    let own = harness.state_mut().app().document.encoder().expect("the new encoder").path.clone();
    suggest_names(&mut harness);
    // The demo's own is balanced, and the better one to look through.
    harness.state_mut().app().handle(Command::Document(document::Command::OpenEncoder(first.clone())));
    assert!(until(&mut harness, |app| app.document.encoder().is_some_and(|open| open.path == first)));

    harness.get_by_role_and_label(Role::Tab, "Inspect").click();
    harness.step();
    for kind in ["cake", "pizza", "car", "sushi"] {
        drop_file(&mut harness, drawing(folder.path(), kind));
        harness.step();
    }
    let judged = |app: &mut blockscope::app::App| app.inspect.cards().iter().filter(|c| c.judged().is_some()).count();
    assert!(until(&mut harness, |app| judged(app) == 4), "{:?}", problems(&mut harness));
    picture(&mut harness, "inspect.png");
    let cards = harness.state_mut().app().inspect.cards();
    let verdicts: Vec<Verdict> = cards.iter().filter_map(|c| c.judged()).map(|j| j.item.verdict).collect();
    if blessed {
        assert_eq!(verdicts, [Verdict::Fits, Verdict::Fits, Verdict::Outlier, Verdict::Fits]);
    }
    let (feature, _) = cards[0].judged().unwrap().features[0];

    harness.state_mut().app().handle(Command::Feature(feature));
    assert!(until(&mut harness, |app| app.features.is_whole() && app.features.page(feature).is_some()));
    picture(&mut harness, "feature.png");
    let before = harness.state_mut().app().document.name(feature).map(str::to_owned);
    let name = features::Command::Name { feature, name: "round and sweet".into() };
    harness.state_mut().app().handle(Command::Features(name));
    harness.step();
    assert_eq!(harness.state_mut().app().document.name(feature), Some("round and sweet"));
    let notes = blockscope::features::names::path(&harness.state_mut().app().document.encoder().unwrap().path);
    assert!(until(&mut harness, |_| std::fs::read_to_string(&notes).is_ok_and(|text| text.contains("round and sweet"))));
    harness.state_mut().app().handle(Command::Undo);
    assert_eq!(harness.state_mut().app().document.name(feature), before.as_deref());

    // A drawing is searched by, and the results are steered by a feature of it.
    harness.get_by_role_and_label(Role::Tab, "Search").click();
    harness.step();
    drop_file(&mut harness, drawing(folder.path(), "cake"));
    assert!(until(&mut harness, |app| app.search.results.is_some()), "{:?}", problems(&mut harness));
    let results = harness.state_mut().app().search.results.clone().expect("results");
    assert_eq!((results.default.len(), results.steered.is_none()), (20, true));
    let mut features = results.details.telling.iter().map(|(feature, _)| *feature).chain([feature]);
    let weights: Vec<(usize, f32)> = features.by_ref().take(2).zip([-0.9, 0.7]).collect();
    let steer = search::Edit::Weights("Steer".into(), weights);
    harness.state_mut().app().handle(Command::Search(search::Command::Edit(steer)));
    let steered = |app: &mut blockscope::app::App| app.search.results.as_ref().is_some_and(|r| r.steered.is_some());
    assert!(until(&mut harness, steered), "{:?}", problems(&mut harness));
    let results = harness.state_mut().app().search.results.clone().expect("results");
    assert!(results.steered.iter().flatten().any(|row| !row.because.is_empty()), "each says what moved it");
    picture(&mut harness, "search.png");
    harness.state_mut().app().handle(Command::Undo);
    assert!(until(&mut harness, |app| app.search.results.as_ref().is_some_and(|r| r.steered.is_none())));
    matched(&mut harness, [first, own]);
    assert_eq!(problems(&mut harness), Vec::<String>::new());
}

/// Matches the features of two encoders.
fn matched(harness: &mut Harness<'_, Whole>, encoders: [PathBuf; 2]) {
    let app = harness.state_mut().app();
    let chosen = encoders.map(|path| compare::Chosen { name: compare::called(app, &path), path });
    for command in [
        compare::Command::Choose(chosen.to_vec()),
        compare::Command::Part(compare::Part::Features),
        compare::Command::Match,
    ] {
        harness.state_mut().app().handle(Command::Compare(command));
    }
    assert!(until(harness, |app| app.compare.features.made.is_some()), "{:?}", problems(harness));
    let made = harness.state_mut().app().compare.features.made.clone().expect("features, matched");
    assert!(!made.pairs.is_empty() && (0.0..=1.0).contains(&made.mean), "{}", made.mean);
    picture(harness, "compare.png");
}

/// What was said that went wrong, and the jobs that failed.
fn problems(harness: &mut Harness<'_, Whole>) -> Vec<String> {
    let app = harness.state_mut().app();
    let said = app.messages.lines().filter(|m| m.level == Level::Error).map(|m| m.text.clone());
    let failed = app.jobs.shown().filter(|j| matches!(j.state, JobState::Failed(_))).map(|j| format!("{:?}", j.state));
    said.chain(failed).collect()
}
