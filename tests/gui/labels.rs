//! Labels at the train screen: their part of the form, and what a run reports of them.

use std::sync::Arc;

use blockscope::app::train::{self, GroupField, Work};
use blockscope::app::{App, Command, Selected, Work as AnyWork};
use blockscope::config::GroupsConfig;
use blockscope::groups::{GroupsSummary, Kept, LabelReport, Quality, RetrievalReport, Space, SpaceQuality};
use blockscope::point::PointId;
use blockscope::trainer::runs::RunState;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use serde_json::json;

use super::train::{ask, at_train, harness, run, says, taken};
use super::whole::scenes;

const LARGE: [f32; 2] = [1_600.0, 1_000.0];
/// So that all of a long panel is seen.
const TALL: [f32; 2] = [1_600.0, 1_200.0];

/// A collection whose first points have fields that could hold labels.
fn with_fields() -> App {
    let mut app = at_train(true, Vec::new());
    let payload = json!({ "dish": "cake", "guess": { "dish": "pie", "sure": 0.8 }, "tags": ["a", "b"] });
    let payload = Arc::new(payload.as_object().unwrap().clone());
    app.document.open.as_mut().unwrap().first = vec![(PointId::Num(0), payload)];
    let mut form = app.train.form.clone();
    form.groups.shown = true;
    ask(&mut app, train::Command::Edit(Box::new(form)));
    app
}

fn summary() -> GroupsSummary {
    let kept = |threshold: f64, weak: usize, both: usize, agree: usize| Kept {
        threshold,
        chosen: threshold == 0.7,
        kept: 300 + weak,
        manual: 300,
        weak,
        both,
        agree,
    };
    let found = |space, precision, map, ndcg| SpaceQuality { space, quality: Quality { precision, map, ndcg } };
    GroupsSummary {
        labels: LabelReport {
            points: 2_400,
            train: 1_345,
            held_out: 455,
            labels: 12,
            trained: 12,
            unusable: 3,
            thresholds: vec![kept(0.5, 1_800, 280, 231), kept(0.7, 1_500, 260, 234), kept(0.9, 700, 150, 147)],
        },
        retrieval: Some(RetrievalReport {
            queries: 455,
            points: 455,
            spaces: vec![
                found(Space::Dense, 0.612, 0.431, 0.655),
                found(Space::Before, 0.322, 0.187, 0.345),
                found(Space::After, 0.701, 0.598, 0.718),
            ],
        }),
    }
}

/// A run with labels, and one without, of which the first is looked at.
fn looking() -> App {
    let mut labelled = run(2, "with labels", RunState::Done, 0.0216);
    labelled.info.groups = Some(summary());
    let folder = labelled.folder.clone();
    let mut app = at_train(true, vec![labelled, run(1, "without", RunState::Done, 0.03)]);
    ask(&mut app, train::Command::Part(train::Part::Runs));
    app.handle(Command::Select(Selected::Run(folder)));
    app
}

#[test]
fn picture_of_the_form_with_labels() {
    scenes("train_labels_form", LARGE, || {
        let mut app = with_fields();
        let mut form = app.train.form.clone();
        form.set_group(GroupField::Labels, "dish");
        form.set_group(GroupField::Weak, "guess.dish");
        ask(&mut app, train::Command::Edit(Box::new(form)));
        app
    });
}

#[test]
fn picture_of_a_run_with_labels() {
    scenes("train_labels_run", TALL, looking);
}

#[test]
fn a_field_is_chosen_or_typed_and_a_training_has_it() {
    let mut harness = harness(with_fields());
    harness.get_by_role_and_label(Role::Button, "Choose a field: Weak labels").click();
    harness.run_ok();
    assert!(harness.query_by_role_and_label(Role::Button, "tags").is_none(), "a list of several values is no label");
    harness.get_by_role_and_label(Role::Button, "guess.dish").click();
    harness.run_ok();
    assert!(says(&harness, "a weak label counts by its confidence"));
    let start = harness.get_by_role_and_label(Role::Button, "Start training");
    assert!(start.accesskit_node().is_disabled());
    harness.get_by_role_and_label(Role::Button, "Choose a field: Their confidence").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "guess.sure").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::TextInput, "Label field").focus();
    harness.run_ok();
    harness.get_by_role_and_label(Role::TextInput, "Label field").type_text("rare");
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Start training").click();
    harness.run_ok();
    let work = taken(harness.state_mut().app());
    let Some((_, AnyWork::Train(Work::Train(config)))) = work.into_iter().next() else { panic!("it was asked for") };
    let groups = GroupsConfig {
        labels: Some("rare".into()),
        weak_labels: Some("guess.dish".into()),
        label_confidence: Some("guess.sure".into()),
        ..GroupsConfig::default()
    };
    assert_eq!((config.groups, config.split), (groups, 0.25));
}

#[test]
fn a_run_says_what_its_labels_brought() {
    let mut harness = harness(looking());
    for words in ["Labelled, held out: 455 points", "Agree", "90 %", "code before", "0.701", "12"] {
        assert!(says(&harness, words), "{words}");
    }
    let folder = harness.state_mut().app().train.runs.list[1].folder.clone();
    harness.state_mut().app().handle(Command::Select(Selected::Run(folder)));
    harness.run_ok();
    assert!(!says(&harness, "Labelled, held out"));
}
