//! P-values on the cards, what a batch makes of them, and which score tells known outliers.

use blockscope::app::inspect::Batch;
use blockscope::features::outlier::{Calibration, OutlierScore, OutlierScores, max_probability, mean_entropy};

use super::*;

/// How outlying something is by what the made-up encoder says; neighbours are made up, too.
fn scores(outputs: &[f32], neighbour: f32) -> OutlierScores {
    let (entropy, max_probability) = (mean_entropy(outputs, PLACES), max_probability(outputs, PLACES));
    let fused = (entropy + max_probability + neighbour) / 3.0;
    OutlierScores { entropy, max_probability, neighbour: Some(neighbour), head: None, fused: Some(fused) }
}

/// 1,200 points, most of which are as sure as dishes are.
fn calibration() -> Arc<Calibration> {
    let mut next = noise(8);
    let points = (0..1_200).map(|id| {
        let sure = 0.42 + 0.4 * next();
        (PointId::Num(10_000 + id), scores(&item("", 500 + id, sure).outputs, 0.1 + 0.3 * next()))
    });
    Arc::new(Calibration::new(points, true))
}

/// Says how outlying the cards of a batch are, as a worker would.
pub fn compare(app: &App, batch: &Batch) {
    static KNOWN: std::sync::OnceLock<Arc<Calibration>> = std::sync::OnceLock::new();
    batch.outbox.leave(Note::Calibrated(Ok(KNOWN.get_or_init(calibration).clone())));
    for (id, _) in &batch.asks {
        let name = &app.inspect.card(*id).expect("its card").name;
        let neighbour = if name.contains("car") { 0.7 } else { 0.2 };
        batch.outbox.leave(Note::Scored(*id, scores(&item(name, *id + 1, sure(name)).outputs, neighbour)));
    }
}

fn flagged(harness: &mut Harness<'_, Whole>) -> Vec<String> {
    let cards = harness.state_mut().app().inspect.cards();
    let flagged = |card: &&blockscope::app::inspect::Card| card.judged().unwrap().oddity.is_some_and(|o| o.flagged);
    cards.iter().filter(flagged).map(|card| card.name.clone()).collect()
}

#[test]
fn a_card_says_how_many_points_are_as_odd_and_a_batch_how_many_cards_are_flagged() {
    let mut harness = shown(drawings());
    assert!(harness.query_by_label("flagged, p = .001: none of 1,200 points is as odd").is_some());
    assert_eq!(harness.query_all_by_label_contains("p = ").count(), 4);
    assert!(harness.query_by_label("1 of 4 flagged at a false discovery rate of 5 %").is_some());
    assert!(flagged(&mut harness)[0].contains("car"));

    // By another score, which is remembered.
    harness.get_by_role_and_label(Role::ComboBox, "Outlier score").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "50th neighbour").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().settings.outlier_score, OutlierScore::Neighbour);
    let card = &harness.state_mut().app().inspect.cards()[0];
    let above = (0.4f64 - 0.2) / 0.3;
    let share = card.judged().unwrap().oddity.unwrap().above as f64 / 1_200.0;
    assert!((share - above).abs() < 0.06, "{share}");

    // At a rate of a half nothing fewer is flagged; at the least, what only one point in 1,201 could be.
    harness.state_mut().app().handle(Any::Settings(Change::OutlierRate(0.001)));
    frames(&mut harness);
    assert!(flagged(&mut harness).is_empty(), "of four cards the smallest adjusted value is 4 / 1,201");
    assert!(harness.query_by_label("0 of 4 flagged at a false discovery rate of 0.1 %").is_some());
    harness.state_mut().app().handle(Any::Settings(Change::OutlierRate(9.0)));
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().settings.outlier_rate, 0.5);
    assert!(flagged(&mut harness).iter().any(|name| name.contains("car")));
}

#[test]
fn marked_outliers_show_which_score_tells_them_best() {
    let mut harness = shown(many());
    assert!(harness.query_by_label("1 known outlier").is_none());
    let car = harness.state_mut().app().inspect.cards()[2].name.clone();
    harness.state_mut().app().handle(Any::Select(Selected::Item(2)));
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, &format!("Mark {car} as a known outlier")).click();
    frames(&mut harness);
    let summary = harness.state_mut().app().inspect.summary().unwrap().clone();
    assert_eq!((summary.known, summary.judged, summary.separations.len()), (1, 12, 4));
    assert_eq!((summary.separations[0].auroc, summary.separations[0].fpr95), (1.0, 0.0));
    assert!(harness.query_by_label("1 known outlier").is_some());
    assert!(harness.query_all_by_label("1.00").count() >= 4, "the car is odder than every point by all scores");
    harness.state_mut().app().handle(Any::Undo);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().inspect.summary().unwrap().known, 0);
    harness.state_mut().app().handle(Any::Redo);
    frames(&mut harness);
    assert!(harness.query_by_label("1 known outlier").is_some());
    harness.get_by_role_and_label(Role::Button, &format!("{car} is a known outlier")).click();
    frames(&mut harness);
    assert!(harness.query_by_label("1 known outlier").is_none());
}

#[test]
fn cards_without_points_to_compare_with_say_why() {
    let mut app = drawings();
    app.handle(Any::Inspect(Command::Again(0)));
    let (key, work) = std::iter::from_fn(|| app.jobs.take())
        .find(|(_, work)| matches!(work, AnyWork::Inspect(Work::Judge(_))))
        .expect("it is judged again");
    let AnyWork::Inspect(Work::Judge(batch)) = work else { panic!("{work:?}") };
    batch.outbox.leave(Note::Calibrated(Err("food: 3 points, and at least 8 are needed".into())));
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Inspect(Found::Judged))));
    let harness = window(app, SIZE, Theme::Dark);
    assert!(harness.query_by_label("No p-values: food: 3 points, and at least 8 are needed").is_some());
    assert_eq!(harness.query_all_by_label_contains("p = ").count(), 0);
}

#[test]
fn pictures_of_known_outliers() {
    scenes("inspect_outliers", [1_600.0, 1_000.0], || {
        let mut app = drawings();
        app.handle(Any::Select(Selected::Item(2)));
        app.handle(Any::Inspect(Command::Mark(2, true)));
        play(&mut app);
        app
    });
}
