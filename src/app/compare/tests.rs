use std::sync::Arc;

use super::sheet::tests::table as evaluation;
use super::*;
use crate::app::inspect::Standing;
use crate::app::{
    Command as Asked, Folders, Found as AnyFound, JobState, Jobs, Lane, Selected, Settings as AppSettings,
    Work as AnyWork,
};
use crate::config::ObjectiveKind;
use crate::encoder::Encoder;
use crate::error::Error;
use crate::job::{Event, Outcome};
use crate::point::{Distance, PointId};
use crate::source::SourceInfo;
use crate::trainer::runs::{Run, RunInfo, RunState, Weights};

fn named(name: &str) -> CollectionArgs {
    CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() }
}

fn document(name: &str) -> document::Document {
    let payload = |i: u64| {
        let label = if i.is_multiple_of(2) { "soup" } else { "cake" };
        Arc::new(serde_json::json!({ "dish": label, "id": format!("p{i}"), "n": [i] }).as_object().unwrap().clone())
    };
    document::Document {
        collection: named(name),
        info: SourceInfo {
            title: format!("collection \"{name}\""),
            name: name.into(),
            dim: 4,
            distance: Distance::Cosine,
            points: 12,
        },
        first: (0..12).map(|i| (PointId::Num(i), payload(i))).collect(),
        model: None,
        guessed_picture: None,
        guessed_text: None,
        encoder: None,
    }
}

/// A scripted app with a collection open, at the comparing screen.
fn app() -> App {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    let mut app = App::new(AppSettings::default(), folders, Jobs::scripted());
    app.document.open = Some(document("food"));
    document_changed(&mut app);
    app.handle(Asked::Show(Screen::Compare));
    drop(taken(&mut app));
    app
}

fn ask(app: &mut App, command: Command) {
    app.handle(Asked::Compare(command));
}

fn taken(app: &mut App) -> Vec<(JobKey, AnyWork)> {
    std::iter::from_fn(|| app.jobs.take()).collect()
}

/// The comparing work that was asked for.
fn wanted(app: &mut App) -> Option<(JobKey, Work)> {
    taken(app).into_iter().find_map(|(key, work)| match work {
        AnyWork::Compare(work) => Some((key, work)),
        _ => None,
    })
}

fn done(app: &mut App, key: JobKey, found: Found) {
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Compare(found))));
}

fn chosen(name: &str) -> Chosen {
    Chosen { path: PathBuf::from(name).with_extension("safetensors"), name: name.into() }
}

fn two(app: &mut App) {
    ask(app, Command::Choose(vec![chosen("a"), chosen("b")]));
    drop(taken(app));
}

fn pair(app: &App) -> (&str, &str) {
    let (one, other) = app.compare.pair().expect("two are chosen");
    (&one.name, &other.name)
}

#[test]
fn encoders_are_chosen_once_each_and_no_more_than_can_be_told_apart() {
    let mut app = app();
    ask(&mut app, Command::Choose((0..MOST + 2).map(|i| chosen(&i.to_string())).collect()));
    assert_eq!((app.compare.chosen.len(), app.view.place.screen), (MOST, Screen::Compare));
    assert!(app.messages.last().unwrap().text.contains("at most"));
    ask(&mut app, Command::Remove(chosen("3").path));
    ask(&mut app, Command::Add(chosen("5")));
    assert_eq!(app.compare.chosen.len(), MOST - 1, "it is there already");
}

#[test]
fn the_pair_is_the_first_two_and_changes_places_where_one_is_asked_for_twice() {
    let mut app = app();
    ask(&mut app, Command::Choose(vec![chosen("a")]));
    assert!(app.compare.pair().is_none());
    ask(&mut app, Command::Choose(vec![chosen("a"), chosen("b"), chosen("c")]));
    assert_eq!(pair(&app), ("a", "b"));
    ask(&mut app, Command::Pair(Which::Other, chosen("c").path));
    assert_eq!(pair(&app), ("a", "c"));
    ask(&mut app, Command::Pair(Which::One, chosen("c").path));
    assert_eq!(pair(&app), ("c", "a"));
    ask(&mut app, Command::Remove(chosen("c").path));
    assert_eq!(pair(&app), ("b", "a"));
}

#[test]
fn encoders_of_runs_and_those_that_were_open_are_offered() {
    let mut app = app();
    let encoder = PathBuf::from("runs/version_0/encoder.safetensors");
    let run = |folder: &str, weights| Run {
        folder: folder.into(),
        info: RunInfo { title: format!("run {folder}"), ..RunInfo::default() },
        state: RunState::Done,
        weights,
        problem: None,
    };
    app.train.runs.list = vec![run("a", Weights::Encoder(encoder.clone())), run("b", Weights::None)];
    app.settings.encoders = vec![encoder.clone(), "old/encoder.safetensors".into(), "e.safetensors".into()];
    let names = |app: &App| candidates(app).into_iter().map(|c| c.chosen.name).collect::<Vec<_>>();
    assert_eq!(names(&app), ["run a", "old/encoder", "e"], "each once, and called by its run");
    ask(&mut app, Command::Add(Chosen { path: encoder.clone(), name: "run a".into() }));
    assert_eq!(names(&app), ["old/encoder", "e"]);
    app.train.runs.compared = vec!["a".into(), "b".into()];
    let ticked = crate::app::train::ticked(&app);
    assert_eq!(ticked, [Chosen { path: encoder, name: "run a".into() }], "one without an encoder cannot be compared");
}

#[test]
fn the_table_is_made_by_a_job_and_stays_while_one_looks_elsewhere() {
    let mut app = app();
    ask(&mut app, Command::Evaluate);
    assert!(wanted(&mut app).is_none(), "there is nothing to compare");
    two(&mut app);
    assert_eq!(label_fields(&app), ["dish"], "an id is another for every point, and a list is no label");
    let settings =
        Settings { labels: Some("dish".into()), objectives: vec![ObjectiveKind::Balanced], seeds: 3, hold_out: true };
    ask(&mut app, Command::Settings(settings));
    ask(&mut app, Command::Evaluate);
    let (key, Work::Evaluate(asked)) = wanted(&mut app).unwrap() else { panic!("a table was asked for") };
    assert_eq!(asked.config.encoder, [chosen("a").path, chosen("b").path]);
    assert_eq!((asked.config.objective, asked.config.seeds), (vec!["balanced".to_owned()], 3));
    assert_eq!((asked.config.labels.as_deref(), asked.config.hold_out), (Some("dish"), vec!["all".to_owned()]));
    assert_eq!((asked.config.collection, key.lane), (named("food"), Lane::Heavy));
    ask(&mut app, Command::Evaluate);
    assert!(wanted(&mut app).is_none(), "one at a time");

    app.handle(Asked::Show(Screen::Start));
    let mut table = evaluation();
    table.rows[0].encoder = Some(chosen("b").path);
    done(&mut app, key, Found::Evaluated(Box::new(table)));
    app.handle(Asked::Show(Screen::Compare));
    let state = &app.compare.table;
    assert_eq!(state.sheet().lines[0].name, "b", "it is called as it was chosen");
    assert_eq!(state.views(), [View::Overview, View::Retrieval]);
    let paths = |app: &App| app.compare.chosen.iter().map(|c| c.path.clone()).collect::<Vec<_>>();
    assert!(!state.is_stale(&paths(&app)));
    ask(&mut app, Command::Remove(chosen("a").path));
    assert!(app.compare.table.is_stale(&paths(&app)));

    ask(&mut app, Command::Sort(1));
    let first = |app: &App| app.compare.table.sheet().lines[0].name.clone();
    assert_eq!(first(&app), "a|c", "the best first: fewer dead features");
    ask(&mut app, Command::Sort(1));
    assert_eq!(first(&app), "b");
    ask(&mut app, Command::View(View::Retrieval));
    assert_eq!((app.compare.table.sheet().lines.len(), app.compare.table.sort()), (6, None));
}

#[test]
fn a_point_that_is_chosen_here_is_shown_to_both_and_inspected_elsewhere() {
    let mut app = app();
    two(&mut app);
    for (screen, here) in [(Screen::Compare, true), (Screen::Inspect, false)] {
        app.handle(Asked::Show(screen));
        app.handle(Asked::Inspect(crate::app::inspect::Command::EditId("7".into())));
        app.handle(Asked::Inspect(crate::app::inspect::Command::Id));
        assert_eq!((app.compare.through.seen().len(), app.inspect.cards().len()), (1, usize::from(!here)));
    }
    assert_eq!(app.compare.part, Part::Inputs);
}

#[test]
fn a_comparison_that_fails_or_is_cancelled_leaves_what_is_there() {
    let mut app = app();
    two(&mut app);
    ask(&mut app, Command::Evaluate);
    let (key, _) = wanted(&mut app).unwrap();
    done(&mut app, key, Found::Evaluated(Box::new(evaluation())));
    ask(&mut app, Command::Evaluate);
    let (key, _) = wanted(&mut app).unwrap();
    app.apply(key, Event::Started);
    ask(&mut app, Command::Cancel);
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Cancelling);
    app.apply(key, Event::Finished(Outcome::Cancelled));
    assert!(app.compare.table.problem.is_none() && app.compare.table.made.is_some());
    ask(&mut app, Command::Evaluate);
    let (key, _) = wanted(&mut app).unwrap();
    app.apply(key, Event::Finished(Outcome::Failed(Error::setting("--labels: no such field"))));
    assert!(app.compare.problem().is_some() && app.compare.table.made.is_some());
    ask(&mut app, Command::Dismiss);
    assert!(app.compare.problem().is_none());
}

#[test]
fn another_collection_takes_away_what_was_found_about_the_one_before() {
    let mut app = app();
    two(&mut app);
    ask(&mut app, Command::Evaluate);
    let (key, _) = wanted(&mut app).unwrap();
    done(&mut app, key, Found::Evaluated(Box::new(evaluation())));
    ask(&mut app, Command::Inputs(vec![Input::Point(PointId::Num(3)), Input::File("x.png".into())]));
    drop(taken(&mut app));
    document_changed(&mut app);
    assert!(app.compare.table.made.is_some(), "another encoder changes nothing");
    app.document.open = Some(document("cars"));
    document_changed(&mut app);
    assert!(app.compare.table.made.is_none());
    let inputs: Vec<&Input> = app.compare.through.seen().iter().map(|seen| &seen.card.input).collect();
    assert_eq!(inputs, [&Input::File("x.png".into())], "points belong to their collection");
    assert_eq!(app.compare.chosen.len(), 2, "they may fit this one, too");
}

fn random(seed: u64) -> Encoder {
    crate::encoder::tests::random(4, 2, 3, seed)
}

/// A file of vectors in clouds, two encoders that differ in the order of the features of a block, and a third one.
fn real(folder: &Path) -> (CollectionArgs, Vec<Chosen>) {
    let rows: Vec<f32> =
        (0..200u32).flat_map(|i| (0..4u32).map(move |d| ((i * 7 + d * 13 + i * d) % 17) as f32 / 8.5 - 1.0)).collect();
    let path = folder.join("vectors.npy");
    crate::numpy::write_matrix(&path, 4, &rows).unwrap();
    let one = random(1);
    // The first block's features stand one place further to the front.
    let (mut turned, mut bias) = (one.weights().to_vec(), one.bias().to_vec());
    turned[..12].rotate_left(4);
    bias[..3].rotate_left(1);
    let other = Encoder::new(4, 2, 3, turned, bias, Default::default()).unwrap();
    let files = [("one", one), ("turned", other), ("third", random(9))].map(|(name, encoder)| {
        let path = folder.join(format!("{name}.safetensors"));
        encoder.write(&path).unwrap();
        Chosen { path, name: name.into() }
    });
    (CollectionArgs { vectors: Some(path), ..CollectionArgs::default() }, files.to_vec())
}

/// A living app with that collection open.
fn living(folder: &Path) -> App {
    let (collection, chosen) = real(folder);
    let folders = Folders { settings: None, data: folder.into(), demo: folder.into() };
    let mut app = App::new(AppSettings::default(), folders, Jobs::start());
    let open = document::Command::Open { collection: Box::new(collection), encoder: None, then: Some(Screen::Compare) };
    app.handle(Asked::Document(open));
    until(&mut app, |app| app.document.open.is_some());
    ask(&mut app, Command::Choose(chosen));
    app
}

fn until(app: &mut App, so: impl Fn(&App) -> bool) {
    for _ in 0..6_000 {
        app.tick();
        if so(app) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it never came to be: {:?}", app.messages.last());
}

#[test]
fn features_that_only_changed_places_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = living(folder.path());
    ask(&mut app, Command::Part(Part::Features));
    ask(&mut app, Command::Match);
    until(&mut app, |app| app.compare.features.made.is_some());
    let made = app.compare.features.made.clone().unwrap();
    assert_eq!((made.points, made.all, made.pairs.len()), (200, 200, made.one.living));
    for pair in &made.pairs {
        let expected = if pair.one < 3 { (pair.one + 2) % 3 } else { pair.one };
        assert_eq!(pair.other, expected, "{pair:?}");
        assert!(pair.correlation > 0.999);
        let strongest =
            |known: &Known, feature: usize| known.strongest[feature].iter().map(|s| s.id).collect::<Vec<_>>();
        assert_eq!(strongest(&made.one, pair.one), strongest(&made.other, pair.other));
        assert!(made.one.strongest[pair.one].is_sorted_by(|a, b| a.value >= b.value));
    }
    assert!((made.mean - 1.0).abs() < 1e-3 && made.above == 1.0);
    assert!(made.one.alone.is_empty() && made.other.alone.is_empty());
    let (one, other) = app.compare.pair().map(|(a, b)| (a.path.clone(), b.path.clone())).unwrap();
    assert!(app.compare.features.is_of(&one, &other) && !app.compare.features.is_of(&other, &one));

    // A click opens the feature's encoder first.
    ask(&mut app, Command::Feature(other.clone(), 4));
    until(&mut app, |app| app.view.place.page == Some(4));
    assert_eq!(app.document.encoder().unwrap().path, other);
    assert_eq!(app.view.place.selected, Selected::Feature(4));
}

#[test]
fn both_see_the_same_inputs_and_others_see_them_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = living(folder.path());
    let all_seen = |app: &App| {
        let seen = app.compare.through.seen();
        !seen.is_empty() && seen.iter().all(|seen| seen.card.judged().is_some() && seen.other.is_some())
    };
    ask(&mut app, Command::Part(Part::Inputs));
    ask(&mut app, Command::Points);
    assert_eq!(app.compare.through.seen().len(), 4);
    until(&mut app, all_seen);
    let encoders = [1, 9].map(random);
    let check = |app: &App, other: &Encoder| {
        for seen in app.compare.through.seen() {
            let (one, two) = (seen.card.judged().unwrap(), seen.other.as_ref().unwrap());
            assert_eq!(one.item.vector, two.item.vector, "it is embedded once");
            assert_eq!(one.item.outputs, encoders[0].encode(&one.item.vector));
            assert_eq!(two.item.outputs, other.encode(&one.item.vector));
            assert!((0.0..=100.0).contains(&two.item.percentile));
            assert_eq!(two.item.nearest.len(), one.item.nearest.len());
        }
    };
    let turned = app.compare.through.sides().unwrap()[1].0.encoder.clone();
    check(&app, &turned);
    let third = app.compare.chosen[2].path.clone();
    ask(&mut app, Command::Pair(Which::Other, third));
    assert!(app.compare.through.seen().iter().all(|seen| seen.other.is_none()), "the one before saw something else");
    until(&mut app, all_seen);
    check(&app, &encoders[1]);

    ask(&mut app, Command::Inputs(vec![Input::Point(PointId::Num(100_000))]));
    until(&mut app, |app| app.compare.through.job().is_none());
    let last = app.compare.through.seen().last().unwrap();
    assert!(matches!(&last.card.standing, Standing::Failed(problem) if problem.text.contains("no point")));
    app.handle(Asked::Settings(crate::app::Change::Threshold(0.9)));
    app.tick();
    let first = &app.compare.through.seen()[0];
    let above = first.card.judged().unwrap().item.outputs.iter().filter(|v| **v > 0.9).count();
    assert_eq!(first.card.judged().unwrap().item.fallback_top_k.is_none(), above > 0);
    let id = first.card.id;
    ask(&mut app, Command::TakeAway(id));
    assert_eq!(app.compare.through.seen().len(), 4);
    ask(&mut app, Command::Clear);
    assert!(app.compare.through.seen().is_empty());
}

#[test]
fn a_table_of_real_encoders_has_a_row_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = living(folder.path());
    ask(&mut app, Command::Evaluate);
    until(&mut app, |app| app.compare.table.job().is_none());
    let made = app.compare.table.made.clone().unwrap_or_else(|| panic!("{:?}", app.compare.table.problem));
    let encoders = made.table.rows.iter().filter(|row| row.encoder.is_some()).map(|row| row.name.as_str());
    assert_eq!(encoders.collect::<Vec<_>>(), ["one", "turned", "third"]);
    assert!(app.compare.table.views().contains(&View::Retrieval));
}
