//! Suggested names on the features' screen: the button, the job, the table and the page.

use std::sync::Arc;

use blockscope::app::features::{self, Found};
use blockscope::app::{App, Command, Found as AnyFound, JobKey, JobState, Selected};
use blockscope::features::NameSource;
use blockscope::features::suggest::Suggestion;
use blockscope::job::{Event, Outcome, Progress};
use blockscope::pipeline::NamesFound;
use blockscope::point::PointId;
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

use super::features::{frames, indexed, payload, play, shown};
use super::whole::scenes;

const SIZE: [f32; 2] = [1_600.0, 1_000.0];

fn names() -> NamesFound {
    let payload = |feature: usize, value: &str, score: f32, with: u64| Suggestion {
        feature,
        name: value.to_owned(),
        score,
        source: NameSource::Payload {
            field: "dish".into(),
            value: value.to_owned(),
            and: None,
            with,
            without: 2_000 - with,
        },
    };
    let word = |feature: usize, word: &str, score: f32| Suggestion {
        feature,
        name: word.to_owned(),
        score,
        source: NameSource::Text { word: word.to_owned(), with: 50, without: 50 },
    };
    let suggestions = vec![
        payload(2, "red soup", 0.981, 251),
        payload(5, "red soup", 0.874, 251),
        payload(8, "birthday cake", 0.993, 249),
        payload(16, "green salad", 0.912, 250),
        word(70, "picnic", 0.804),
        word(131, "wooden board", 0.861),
    ];
    let dead = (0..256).filter(|i| i % 64 >= 56).collect();
    NamesFound { points: 4_000, sampled: 4_000, suggestions, dead, words: Some(("demo".into(), 2_770)) }
}

/// The job that suggests names.
fn suggesting(app: &App) -> JobKey {
    app.features.suggesting.job().expect("names are asked for")
}

fn named(app: &mut App) {
    app.handle(Command::Features(features::Command::SuggestNames));
    let key = suggesting(app);
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Features(Found::Suggested(Box::new(names()))))));
}

#[test]
fn names_are_suggested_by_a_button_with_progress_and_cancel() {
    let mut harness = shown(indexed(), SIZE);
    harness.get_by_role_and_label(Role::Button, "Suggest names").click();
    frames(&mut harness);
    let key = suggesting(harness.state_mut().app());
    let progress = Progress {
        stage: "reading the collection".into(),
        done: 1_000,
        total: Some(4_000),
        unit: "points",
        rate: 1_000.0,
        left: Some(3.0),
    };
    harness.state_mut().app().apply(key, Event::Started);
    harness.state_mut().app().apply(key, Event::Progress(progress));
    frames(&mut harness);
    assert!(harness.query_by_label_contains("Suggesting names, 25").is_some());
    harness.get_by_role_and_label(Role::Button, "Cancel naming the features").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().jobs.get(key).map(|job| job.state.clone()), Some(JobState::Cancelling));
    harness.state_mut().app().apply(key, Event::Finished(Outcome::Cancelled));
    frames(&mut harness);
    assert!(harness.query_by_role_and_label(Role::Button, "Suggest names").is_some(), "it can be asked for again");
}

#[test]
fn suggested_names_are_shown_with_their_scores_and_taken_back_at_once() {
    let mut app = indexed();
    named(&mut app);
    let mut harness = shown(app, SIZE);
    harness.get_by_role_and_label(Role::Button, "Sort by score").click();
    frames(&mut harness);
    let rows: Vec<u32> = harness.state_mut().app().features.table.rows()[..6].to_vec();
    assert_eq!(rows, [8, 2, 16, 5, 131, 70]);
    assert!(harness.query_all_by_label("birthday cake").next().is_some(), "the best are in sight");
    harness.state_mut().app().handle(Command::Feature(8));
    frames(&mut harness);
    assert!(harness.query_by_label("suggested, score .993").is_some());
    harness.state_mut().app().handle(Command::Feature(9));
    frames(&mut harness);
    assert!(harness.query_all_by_label("unnamed").next().is_some());
    // The sorting, and then all names.
    harness.state_mut().app().handle(Command::Undo);
    assert_eq!(harness.state_mut().app().document.names().count(), 10);
    harness.state_mut().app().handle(Command::Undo);
    harness.state_mut().app().handle(Command::Escape);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().document.names().count(), 4, "one step took all back");
}

#[test]
fn the_palette_suggests_imports_and_exports_names() {
    let mut harness = shown(indexed(), SIZE);
    for (typed, wanted) in [("import names", "Import names..."), ("export names", "Export names...")] {
        harness.key_press_modifiers(eframe::egui::Modifiers::COMMAND, Key::K);
        frames(&mut harness);
        harness.event(eframe::egui::Event::Text(typed.into()));
        frames(&mut harness);
        assert!(harness.query_by_role_and_label(Role::Button, wanted).is_some(), "{wanted}");
        harness.key_press(Key::Enter);
        frames(&mut harness);
        assert!(harness.state_mut().app().desk.take().is_some(), "{wanted} asks for a file");
    }
}

fn still(change: impl Fn(&mut App)) -> App {
    let mut app = indexed();
    for number in 0..4_000 {
        let id = PointId::Num(number);
        app.document.keep(id, Some(Arc::new(payload(id))));
    }
    named(&mut app);
    change(&mut app);
    play(&mut app);
    app
}

#[test]
fn pictures_of_named_features() {
    scenes("names_table", [1_360.0, 860.0], || {
        still(|app| {
            app.handle(Command::Features(features::Command::Sort(features::Column::Score)));
            app.handle(Command::Select(Selected::Feature(8)));
        })
    });
}

#[test]
fn pictures_of_a_named_page() {
    scenes("names_page", [1_360.0, 860.0], || still(|app| app.handle(Command::Feature(8))));
}
