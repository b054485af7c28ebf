use std::path::Path;

use super::super::document::{self, Document, OpenEncoder};
use super::super::{Command as Any, Folders, Found as AnyFound, Jobs, Screen, Settings, Work as AnyWork, features};
use super::*;
use crate::config::CollectionArgs;
use crate::encoder::{Encoder, EncoderMeta};
use crate::job::{Event, Outcome};
use crate::pipeline::{Because, By, CopyRequest, Hit, SteeredHit};
use crate::point::{Distance, Payload};
use crate::source::SourceInfo;

const ONE: PointId = PointId::Num(1);
const TWO: PointId = PointId::Num(2);

fn app() -> App {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    App::new(Settings::default(), folders, Jobs::scripted())
}

fn encoder() -> Arc<Encoder> {
    let weights = (0..6 * 4).map(|i| (i % 7) as f32 - 3.0).collect();
    Arc::new(Encoder::new(4, 2, 3, weights, vec![0.0; 6], EncoderMeta::default()).unwrap())
}

fn open(app: &mut App, name: &str, encoder_path: Option<&str>) {
    let collection = CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() };
    app.handle(Any::Document(document::Command::Open {
        collection: Box::new(collection.clone()),
        encoder: None,
        then: None,
    }));
    let opened = |work: &AnyWork| matches!(work, AnyWork::Document(document::Work::Open { .. }));
    let key = std::iter::from_fn(|| app.jobs.take()).filter(|(_, work)| opened(work)).last().unwrap().0;
    let info = SourceInfo { title: name.into(), name: name.into(), dim: 4, distance: Distance::Cosine, points: 7 };
    let document = Document {
        collection,
        info,
        first: Vec::new(),
        model: None,
        guessed_picture: None,
        guessed_text: Some("caption".into()),
        encoder: encoder_path.map(|path| OpenEncoder { path: path.into(), encoder: encoder() }),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
}

fn ready() -> App {
    let mut app = app();
    open(&mut app, "food", Some("e.safetensors"));
    app.handle(Any::Show(Screen::Search));
    drain(&mut app);
    app
}

fn ask(app: &mut App, command: Command) {
    app.handle(Any::Search(command));
}

fn edited(app: &mut App, edit: Edit) {
    ask(app, Command::Edit(edit));
}

/// The searches that were asked for and not taken.
fn drain(app: &mut App) -> Vec<(JobKey, Searching)> {
    let mut found = Vec::new();
    while let Some((key, work)) = app.jobs.take() {
        if let AnyWork::Search(Work::Search(searching)) = work
            && !matches!(searching.wish, Wish::Blocks)
        {
            found.push((key, *searching));
        }
    }
    found
}

/// Waits until nothing changes any more, and gives the search.
fn settled(app: &mut App) -> (JobKey, Searching) {
    ask(app, Command::Now);
    drain(app).pop().expect("a search")
}

fn finish(app: &mut App, key: JobKey, found: Found) {
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Search(found))));
}

fn payload(caption: &str) -> Payload {
    let made = serde_json::json!({ "caption": caption, "dish": "soup", "blockscope_model": "demo", "tags": ["a"] });
    made.as_object().cloned().unwrap()
}

fn hit(id: PointId, score: f32) -> Hit {
    Hit { id, score, payload: payload("a red soup") }
}

fn steered(id: PointId, moved: Option<i64>, rank_before: Option<usize>) -> SteeredHit {
    let because = vec![Because { index: 3, contribution: 0.12 }];
    SteeredHit { hit: hit(id, 0.9), similarity: 0.7, rank_before, moved, because }
}

fn answer(before: Vec<Hit>, after: Option<Vec<SteeredHit>>) -> Found {
    Found::Answer(Box::new(Answer { before, after, ..Answer::default() }))
}

#[test]
fn words_are_searched_for_once_nothing_is_typed_any_more() {
    let mut app = ready();
    for text in ["s", "so", "sou", "soup"] {
        edited(&mut app, Edit::Text(text.into()));
        app.tick();
    }
    assert!(drain(&mut app).is_empty(), "not at every letter");
    assert!(app.search.is_busy() && app.look_again().is_some(), "the window looks again in time");
    let (key, search) = settled(&mut app);
    assert!(matches!(&search.ask.by, By::Text(text) if text == "soup"));
    assert!(matches!(search.wish, Wish::Points) && !search.ask.allow_download);
    finish(&mut app, key, answer(vec![hit(ONE, 0.9), hit(TWO, 0.8)], None));
    let results = app.search.results.as_ref().unwrap();
    assert_eq!(results.default.iter().map(|row| row.id).collect::<Vec<_>>(), [ONE, TWO]);
    assert_eq!(results.default[0].line, "dish: soup", "what is shown anyway is left out");
    assert!(matches!(app.document.payload(ONE), document::Known::Payload(_)), "nothing has to be read again");
    assert_eq!(app.undo.next_undo(), Some("Search by text"));
    app.handle(Any::Undo);
    assert_eq!(app.search.query.text, "", "four letters are one step");
    assert!(app.search.results.is_none());
    app.handle(Any::Redo);
    assert_eq!(app.search.query.text, "soup");
}

#[test]
fn the_newest_search_wins() {
    let mut app = ready();
    edited(&mut app, Edit::Point(Some(ONE)));
    let (old, _) = drain(&mut app).pop().expect("a point is searched by at once");
    edited(&mut app, Edit::Point(Some(TWO)));
    let (new, _) = drain(&mut app).pop().unwrap();
    assert_eq!(app.jobs.get(old).unwrap().state, super::super::JobState::Cancelling);
    finish(&mut app, new, answer(vec![hit(TWO, 0.9)], None));
    finish(&mut app, old, answer(vec![hit(ONE, 0.9)], None));
    let results = app.search.results.as_ref().unwrap();
    assert_eq!((results.query.point, results.default[0].id), (Some(TWO), TWO), "what comes late is dropped");
}

#[test]
fn a_slider_that_is_moved_is_one_step_and_one_search() {
    let mut app = ready();
    edited(&mut app, Edit::Point(Some(ONE)));
    drain(&mut app);
    ask(&mut app, Command::Steer(3));
    let (_, search) = drain(&mut app).pop().unwrap();
    assert!(matches!(&search.wish, Wish::Steered(steering) if steering.weights == [(3, FIRST_WEIGHT)]));
    for weight in [0.1, 0.2, 0.3] {
        edited(&mut app, Edit::Weight(3, weight));
    }
    ask(&mut app, Command::Settled);
    edited(&mut app, Edit::Weight(3, -0.4));
    assert!(drain(&mut app).is_empty(), "it waits until the slider rests");
    let (key, search) = settled(&mut app);
    assert!(matches!(&search.wish, Wish::Steered(steering) if steering.weights == [(3, -0.4)]));
    finish(
        &mut app,
        key,
        answer(
            vec![hit(ONE, 0.9), hit(TWO, 0.8)],
            Some(vec![steered(TWO, Some(1), Some(2)), steered(PointId::Num(9), None, None)]),
        ),
    );
    let results = app.search.results.as_ref().unwrap();
    let moves: Vec<_> = results.default.iter().map(|row| (row.moved, row.elsewhere)).collect();
    assert_eq!(moves, [(Moved::Gone, None), (Moved::By(1), Some(1))]);
    let moves: Vec<_> = results.steered.as_ref().unwrap().iter().map(|row| row.moved.words()).collect();
    assert_eq!(moves, ["up 1", "new among the results"]);
    app.handle(Any::Undo);
    assert_eq!(app.search.query.weights, [(3, 0.3)], "the second move alone");
    app.handle(Any::Undo);
    assert_eq!(app.search.query.weights, [(3, FIRST_WEIGHT)]);
    app.handle(Any::Undo);
    assert!(app.search.query.weights.is_empty());
}

#[test]
fn what_is_wrong_with_a_search_is_told_beside_it_and_not_in_the_log() {
    let mut app = ready();
    edited(&mut app, Edit::Features("3 AND 77".into()));
    ask(&mut app, Command::Now);
    assert!(drain(&mut app).is_empty(), "it is not asked for");
    assert!(app.search.wrong.as_ref().unwrap().contains("77"));
    edited(&mut app, Edit::Features("3".into()));
    let (key, _) = settled(&mut app);
    assert_eq!(app.search.wrong, None);
    let problem = Problem { text: "it cannot be".into(), hint: None, about: Default::default() };
    finish(&mut app, key, Found::Problem(problem.clone()));
    assert_eq!(app.search.problem, Some(problem));
    assert_eq!(app.messages.said(), 0);
    edited(&mut app, Edit::Features("4".into()));
    settled(&mut app);
    assert_eq!(app.search.problem, None);
}

#[test]
fn a_model_is_downloaded_only_where_the_person_says_so() {
    let mut app = ready();
    edited(&mut app, Edit::Text("soup".into()));
    let (key, _) = settled(&mut app);
    finish(&mut app, key, Found::Needs(Download { model: "m".into(), from: "h".into(), bytes: None }));
    assert!(app.search.question.is_some());
    ask(&mut app, Command::Download(false));
    assert!(drain(&mut app).is_empty() && app.search.question.is_none());
    let (key, _) = settled(&mut app);
    finish(&mut app, key, Found::Needs(Download { model: "m".into(), from: "h".into(), bytes: None }));
    ask(&mut app, Command::Download(true));
    let (key, search) = drain(&mut app).pop().unwrap();
    assert!(search.ask.allow_download && !app.jobs.get(key).unwrap().quiet, "it is seen among the jobs");
    finish(&mut app, key, answer(Vec::new(), None));
    assert!(!settled(&mut app).1.ask.allow_download);
}

#[test]
fn the_arrows_go_through_the_column_that_is_looked_at() {
    let mut app = ready();
    edited(&mut app, Edit::Point(Some(PointId::Num(8))));
    edited(&mut app, Edit::AddFeature(3));
    let (key, _) = settled(&mut app);
    let after = vec![steered(TWO, Some(1), Some(2)), steered(ONE, Some(-1), Some(1))];
    finish(&mut app, key, answer(vec![hit(ONE, 0.9), hit(TWO, 0.8)], Some(after)));
    ask(&mut app, Command::Move(1));
    assert_eq!(app.view.place.selected, Selected::Point(TWO), "the best steered one comes first");
    ask(&mut app, Command::Move(1));
    assert_eq!(app.view.place.selected, Selected::Point(ONE));
    ask(&mut app, Command::Move(7));
    assert_eq!(app.view.place.selected, Selected::Point(ONE));
    ask(&mut app, Command::Column(Column::Default));
    assert_eq!(app.view.place.selected, Selected::Point(TWO), "the same rank on the other side");
    ask(&mut app, Command::Move(-1));
    assert_eq!(app.view.place.selected, Selected::Point(ONE));
}

#[test]
fn fields_take_ids_on_enter_and_say_what_is_wrong() {
    let mut app = ready();
    let typed = |app: &mut App, draft: Draft, text: &str| {
        ask(app, Command::Draft(draft, text.into()));
        ask(app, Command::Take(draft));
    };
    typed(&mut app, Draft::Point, "nine");
    assert!(app.search.typed(Draft::Point).problem.unwrap().contains("nine"));
    typed(&mut app, Draft::Point, " 9 ");
    assert_eq!(app.search.query.point, Some(PointId::Num(9)));
    assert_eq!(app.search.typed(Draft::Point), Typed::default());
    typed(&mut app, Draft::Like, "1");
    typed(&mut app, Draft::Unlike, "2");
    let query = &app.search.query;
    assert_eq!((&query.like[..], &query.unlike[..]), (&[PointId::Num(9), ONE][..], &[TWO][..]));
    typed(&mut app, Draft::PairLike, "1");
    assert!(app.search.typed(Draft::PairUnlike).problem.is_some());
    typed(&mut app, Draft::PairUnlike, "1");
    assert!(app.search.query.pairs.is_empty(), "a point and itself are no pair");
    typed(&mut app, Draft::PairUnlike, "2");
    assert_eq!(app.search.query.pairs, [(ONE, TWO)]);
    ask(&mut app, Command::PairLike(TWO));
    ask(&mut app, Command::PairUnlike(ONE));
    assert_eq!(app.search.query.pairs, [(ONE, TWO), (TWO, ONE)], "from the menus of pictures");
    typed(&mut app, Draft::Feature, "6");
    assert!(app.search.typed(Draft::Feature).problem.unwrap().contains("6 features"));
    typed(&mut app, Draft::Feature, "5");
    assert_eq!(app.search.query.weights, [(5, FIRST_WEIGHT)]);
}

#[test]
fn names_are_offered_and_taken() {
    let mut app = ready();
    // Names are read before they can be given.
    let read = std::iter::from_fn(|| app.jobs.take()).count();
    assert_eq!(read, 0, "nothing is read anew");
    let notes = features::OpenNotes::new(Default::default(), Path::new("e.safetensors"), &encoder());
    app.document.notes = Some(notes);
    for (feature, name) in [(3, "red soup"), (4, "green soup")] {
        app.handle(Any::Features(features::Command::Name { feature, name: name.into() }));
    }
    edited(&mut app, Edit::Features("5 AND red so".into()));
    assert_eq!(app.search.completion, Completion { features: vec![3], from: 6 });
    ask(&mut app, Command::Complete(3));
    assert_eq!(app.search.query.features, "5 AND \"red soup\" ");
    assert!(app.search.completion.features.is_empty() && app.search.focus);
    ask(&mut app, Command::Draft(Draft::Feature, "soup".into()));
    assert_eq!(app.search.matching, [3, 4]);
    ask(&mut app, Command::Take(Draft::Feature));
    assert_eq!(app.search.query.weights[0].0, 3, "Enter takes the best");
    ask(&mut app, Command::Draft(Draft::Feature, "gre".into()));
    assert!(escape(&mut app) && app.search.matching.is_empty(), "Esc takes away what is offered first");
    assert!(!escape(&mut app));
}

#[test]
fn a_search_comes_back_with_its_collection_and_weights_only_with_their_encoder() {
    let mut app = ready();
    edited(&mut app, Edit::Text("soup".into()));
    edited(&mut app, Edit::Weight(3, 0.7));
    ask(&mut app, Command::Draft(Draft::Name, "reds".into()));
    ask(&mut app, Command::Take(Draft::Name));
    assert_eq!(saved(&app)[0].weights, [(3, 0.7)]);
    open(&mut app, "other", Some("e.safetensors"));
    assert_eq!(app.search.query, Query::default());
    open(&mut app, "food", Some("e.safetensors"));
    assert_eq!((app.search.query.text.as_str(), &app.search.query.weights[..]), ("soup", &[(3, 0.7)][..]));
    open(&mut app, "food", Some("another.safetensors"));
    assert_eq!((app.search.query.text.as_str(), app.search.query.weights.len()), ("soup", 0));
    let kept = serde_json::to_string(&app.settings).unwrap();
    let back: Settings = serde_json::from_str(&kept).unwrap();
    assert_eq!(back.collections, app.settings.collections);
}

#[test]
fn a_request_can_be_copied_where_there_is_one_and_else_it_is_said_why_not() {
    let mut app = ready();
    assert_eq!(request(&app).unwrap_err(), "Search for something first");
    assert!(request_dialog(&app).is_none());
    edited(&mut app, Edit::Point(Some(ONE)));
    let (key, _) = settled(&mut app);
    finish(&mut app, key, answer(vec![hit(TWO, 0.9)], None));
    assert_eq!(request(&app).unwrap_err(), "No single request does this");
    let (key, _) = settled(&mut app);
    let copied = CopyRequest { json: "{}".into(), rust: "fn".into(), python: "def".into() };
    let made = Answer {
        before: vec![hit(TWO, 0.9)],
        details: Details { request: Some(copied.clone()), ..Details::default() },
        ..Answer::default()
    };
    finish(&mut app, key, Found::Answer(Box::new(made)));
    assert_eq!(request(&app), Ok(&copied));
}

#[test]
fn a_search_that_is_cancelled_leaves_what_was_found() {
    let mut app = ready();
    edited(&mut app, Edit::Point(Some(ONE)));
    let (key, _) = settled(&mut app);
    finish(&mut app, key, answer(vec![hit(TWO, 0.9)], None));
    edited(&mut app, Edit::Point(Some(TWO)));
    let (key, _) = drain(&mut app).pop().unwrap();
    ask(&mut app, Command::Cancel);
    app.apply(key, Event::Finished(Outcome::Cancelled));
    assert!(!app.search.is_busy() && app.search.results.is_some());
    assert_eq!(app.search.problem, None);
}

#[test]
fn presets_become_sliders_that_can_be_taken_back() {
    let mut app = ready();
    edited(&mut app, Edit::Point(Some(ONE)));
    drain(&mut app);
    let preset = Preset::ALL[0];
    ask(&mut app, Command::Preset(preset));
    let (key, search) = drain(&mut app).pop().unwrap();
    assert!(matches!(search.wish, Wish::Preset(asked) if asked == preset));
    finish(&mut app, key, Found::Weights(preset, vec![(2, 1.0), (4, 1.0)]));
    assert_eq!(app.search.query.weights, [(2, 1.0), (4, 1.0)]);
    assert_eq!(app.undo.next_undo(), Some(preset.label()));
    app.handle(Any::Undo);
    assert!(app.search.query.weights.is_empty());
}
