mod workers;

use std::path::Path;

use tempfile::TempDir;

use super::super::desk::Picked;
use super::super::document::{self, Document, OpenEncoder};
use super::super::{
    Change, Command as Asked, Dialog, Folders, JobState, Jobs, Lane, Screen, Selected, Settings, Work as AnyWork,
};
use super::*;
use crate::embed::{self, Download, Side};
use crate::encoder::{Encoder, EncoderMeta};
use crate::error::Error;
use crate::features::{ConfidenceScale, answers, confidence};
use crate::job::{Event, Outcome};
use crate::numpy::write_matrix;
use crate::pipeline::{InspectItem, NearestPoint, Verdict};
use crate::point::Distance;
use crate::source::SourceInfo;

const DIM: usize = 4;

/// Numbers from -1 to 1 without a pattern.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Two blocks of three features.
fn encoder(dim: usize, seed: u32) -> Arc<Encoder> {
    let weights = noise(6 * dim, seed).iter().map(|w| w * 3.0).collect();
    Arc::new(Encoder::new(dim, 2, 3, weights, vec![0.0; 6], EncoderMeta::default()).unwrap())
}

fn app() -> App {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    App::new(Settings::default(), folders, Jobs::scripted())
}

fn named(name: &str) -> CollectionArgs {
    CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() }
}

fn open(app: &mut App, collection: CollectionArgs, dim: usize, encoder: Option<Arc<Encoder>>) {
    let encoder = encoder.map(|encoder| OpenEncoder { path: "e.safetensors".into(), encoder });
    app.handle(Asked::Document(document::Command::Open {
        collection: Box::new(collection.clone()),
        encoder: None,
        then: None,
    }));
    let key = last(app, |work| matches!(work, AnyWork::Document(document::Work::Open { .. }))).0;
    let info = SourceInfo { title: "food".into(), name: "food".into(), dim, distance: Distance::Cosine, points: 7 };
    let document = Document {
        collection,
        info,
        first: vec![(PointId::Num(0), Arc::default())],
        model: Some(embed::DEMO.into()),
        guessed_picture: None,
        guessed_text: None,
        encoder,
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(super::super::Found::Document(found))));
}

/// With a collection and an encoder.
fn ready() -> App {
    let mut app = app();
    open(&mut app, named("food"), DIM, Some(encoder(DIM, 1)));
    app
}

fn ask(app: &mut App, command: Command) {
    app.handle(Asked::Inspect(command));
}

/// The newest work of a kind that was asked for; all else is dropped.
fn last(app: &mut App, which: impl Fn(&AnyWork) -> bool) -> (JobKey, AnyWork) {
    let mut found = None;
    while let Some((key, work)) = app.jobs.take() {
        if which(&work) {
            found = Some((key, work));
        }
    }
    found.expect("the work is asked for")
}

fn batch(app: &mut App) -> (JobKey, Batch) {
    match last(app, |work| matches!(work, AnyWork::Inspect(Work::Judge(_)))) {
        (key, AnyWork::Inspect(Work::Judge(batch))) => (key, *batch),
        other => panic!("{other:?}"),
    }
}

fn nothing_asked(app: &mut App) -> bool {
    std::iter::from_fn(|| app.jobs.take()).all(|(_, work)| !matches!(work, AnyWork::Inspect(Work::Judge(_))))
}

fn finish(app: &mut App, key: JobKey, found: Found) {
    app.apply(key, Event::Finished(Outcome::Done(super::super::Found::Inspect(found))));
}

fn item(input: &str, seed: u32) -> Box<InspectItem> {
    let outputs = encoder(DIM, 1).encode(&noise(DIM, seed));
    Box::new(InspectItem {
        input: input.into(),
        kind: None,
        confidence: confidence(&outputs, 3),
        percentile: 50.0,
        verdict: Verdict::Fits,
        blocks: answers(&outputs, 3),
        sparse: Default::default(),
        fallback_top_k: None,
        nearest: vec![NearestPoint { id: PointId::Num(5), score: 0.9, payload: payload("near") }],
        payload: Payload::default(),
        id: None,
        vector: noise(DIM, seed),
        outputs,
        cutoff: 0.4,
        picture: None,
    })
}

fn payload(word: &str) -> Payload {
    serde_json::json!({ "caption": word }).as_object().unwrap().clone()
}

fn scale() -> Arc<ConfidenceScale> {
    Arc::new(ConfidenceScale::new((0..=100).map(|i| i as f32 / 100.0)))
}

/// Plays a worker that judges the batch.
fn judge(app: &mut App) {
    let (key, batch) = batch(app);
    batch.outbox.leave(Note::Scale(scale()));
    for (n, (card, _)) in batch.asks.iter().enumerate() {
        batch.outbox.leave(Note::Found(*card, Ok(item("x", n as u32))));
    }
    finish(app, key, Found::Judged);
}

fn files(names: &[&str]) -> Command {
    Command::Files(names.iter().map(PathBuf::from).collect())
}

fn standing(app: &App) -> Vec<&'static str> {
    let word = |card: &Card| match &card.standing {
        Standing::Preparing => "preparing",
        Standing::Waiting => "waiting",
        Standing::NoEncoder => "no encoder",
        Standing::NeedsModel => "needs a model",
        Standing::Stopped => "stopped",
        Standing::Failed(_) => "failed",
        Standing::Judged(_) => "judged",
    };
    app.inspect.cards().iter().map(word).collect()
}

#[derive(Debug)]
struct Grey;

impl Clip for Grey {
    fn size(&self) -> (u32, u32) {
        (8, 8)
    }

    fn rgba(&self) -> Vec<u8> {
        vec![255; 256]
    }
}

#[test]
fn files_become_cards_at_once_and_are_judged_one_by_one() {
    let mut app = ready();
    ask(&mut app, files(&["/a/pizza.png", "/a/car.png"]));
    assert_eq!((app.view.place.screen, &app.view.place.selected), (Screen::Inspect, &Selected::Item(0)));
    assert_eq!(standing(&app), ["waiting", "waiting"]);
    assert_eq!(app.inspect.cards()[0].name, "pizza.png");
    let (key, batch) = batch(&mut app);
    assert_eq!((key.lane, batch.asks.len()), (Lane::Read, 2));
    assert!(matches!(&batch.asks[1], (1, Ask::File(path)) if path == Path::new("/a/car.png")));
    batch.outbox.leave(Note::Scale(scale()));
    batch.outbox.leave(Note::Found(0, Ok(item("/a/pizza.png", 1))));
    app.tick();
    assert_eq!(standing(&app), ["judged", "waiting"], "the first is there while the second is judged");
    assert!(nothing_asked(&mut app), "one batch at a time");
    batch.outbox.leave(Note::Found(1, Ok(item("/a/car.png", 2))));
    finish(&mut app, key, Found::Judged);
    assert_eq!(standing(&app), ["judged", "judged"]);
    assert_eq!(
        app.document.payload(PointId::Num(5)),
        document::Known::Payload(&payload("near")),
        "not asked for again"
    );
    ask(&mut app, files(&["/a/pizza.png"]));
    assert_eq!(app.inspect.cards().len(), 2, "it is there already");
}

#[test]
fn what_comes_while_others_are_judged_waits_for_the_next_batch() {
    let mut app = ready();
    ask(&mut app, files(&["a.png"]));
    let (key, first) = batch(&mut app);
    ask(&mut app, Command::Point(PointId::Num(3)));
    assert!(nothing_asked(&mut app));
    first.outbox.leave(Note::Found(0, Ok(item("a.png", 1))));
    finish(&mut app, key, Found::Judged);
    let (_, second) = batch(&mut app);
    assert!(matches!(second.asks[..], [(1, Ask::Point(PointId::Num(3)))]));
}

#[test]
fn one_that_fails_says_why_on_its_card_and_the_others_go_on() {
    let mut app = ready();
    ask(&mut app, files(&["broken.png", "fine.png"]));
    let (key, first) = batch(&mut app);
    let problem =
        Problem { text: "is not a picture".into(), hint: Some("give a PNG".into()), about: Default::default() };
    first.outbox.leave(Note::Found(0, Err(problem.clone())));
    first.outbox.leave(Note::Found(1, Ok(item("fine.png", 1))));
    finish(&mut app, key, Found::Judged);
    assert_eq!(standing(&app), ["failed", "judged"]);
    assert!(matches!(&app.inspect.cards()[0].standing, Standing::Failed(found) if *found == problem));
    ask(&mut app, Command::AgainAll);
    assert_eq!(batch(&mut app).1.asks.len(), 1, "only what failed");
}

#[test]
fn a_collection_that_cannot_be_read_is_told_on_every_card_that_waits() {
    let mut app = ready();
    ask(&mut app, files(&["a.png", "b.png"]));
    let (key, first) = batch(&mut app);
    first.outbox.leave(Note::Found(0, Ok(item("a.png", 1))));
    let error = Error::Connection { url: "http://gone:6334".into(), problem: "refused".into() };
    app.apply(key, Event::Finished(Outcome::Failed(error)));
    assert_eq!(standing(&app), ["judged", "failed"], "what was found before is kept");
    assert!(nothing_asked(&mut app), "it is not tried again unasked");
}

#[test]
fn a_cancel_stops_all_that_waits_and_each_can_be_judged_after_all() {
    let mut app = ready();
    ask(&mut app, files(&["a.png", "b.png"]));
    let (key, _) = batch(&mut app);
    ask(&mut app, files(&["c.png"]));
    ask(&mut app, Command::Cancel);
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Cancelling);
    app.apply(key, Event::Finished(Outcome::Cancelled));
    assert_eq!(standing(&app), ["stopped"; 3]);
    assert!(nothing_asked(&mut app));
    ask(&mut app, Command::Again(1));
    assert!(matches!(&batch(&mut app).1.asks[..], [(1, Ask::File(_))]));
}

#[test]
fn pasted_pictures_and_drawings_are_made_ready_first() {
    let mut app = ready();
    ask(&mut app, Command::Paste(Arc::new(Grey)));
    assert_eq!(standing(&app), ["preparing"]);
    let (key, work) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Prepare { .. })));
    assert_eq!(key.lane, Lane::Files, "it waits for no collection");
    let AnyWork::Inspect(work) = work else { panic!("{work:?}") };
    let done = work.run(&Control::new(), &mut Reporter::silent()).unwrap();
    finish(&mut app, key, done);
    let (_, first) = batch(&mut app);
    assert!(matches!(&first.asks[..], [(0, Ask::Pixels(name, _))] if name == "Pasted picture 1"));

    ask(&mut app, Command::Drawings);
    assert_eq!(standing(&app), ["waiting", "preparing", "preparing", "preparing", "preparing"]);
    let mut asked = Vec::new();
    while let Some((key, work)) = app.jobs.take() {
        let AnyWork::Inspect(work @ Work::Prepare { .. }) = work else { continue };
        asked.push((key, work));
    }
    for (key, work) in asked {
        let done = work.run(&Control::new(), &mut Reporter::silent()).unwrap();
        finish(&mut app, key, done);
    }
    assert!(app.inspect.cards()[3].name.contains("car"), "{}", app.inspect.cards()[3].name);
    assert!(app.inspect.cards()[1..].iter().all(|card| card.pixels.is_some()));
}

#[test]
fn a_download_is_asked_for_before_it_begins() {
    let mut app = ready();
    ask(&mut app, files(&["a.png"]));
    ask(&mut app, Command::Point(PointId::Num(1)));
    let (key, first) = batch(&mut app);
    assert!(first.allowed.is_empty());
    let download = Download { model: "clip".into(), from: "https://hub".into(), bytes: Some(350_000_000) };
    first.outbox.leave(Note::Needs(download.clone(), vec![0]));
    finish(&mut app, key, Found::Judged);
    judge(&mut app);
    assert_eq!(standing(&app), ["needs a model", "judged"], "a point needs no model");
    assert_eq!(app.inspect.question().unwrap().downloads, std::slice::from_ref(&download));
    ask(&mut app, Command::Download(false));
    assert_eq!((app.inspect.question(), standing(&app)[0]), (None, "needs a model"));
    ask(&mut app, Command::AskDownload);
    assert!(app.inspect.question().is_some());
    ask(&mut app, Command::Download(true));
    let (_, second) = batch(&mut app);
    assert!(second.allowed.contains("clip") && matches!(second.asks[..], [(0, _)]));
}

#[test]
fn texts_are_taken_only_where_the_model_has_a_side_for_them() {
    let mut app = ready();
    app.handle(Asked::Show(Screen::Inspect));
    let (key, work) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Look { .. })));
    let AnyWork::Inspect(work) = work else { panic!("{work:?}") };
    // The demo's model gives 512 dimensions, and the collection has 4.
    let looked = work.run(&Control::new(), &mut Reporter::silent()).unwrap();
    finish(&mut app, key, looked);
    assert!(matches!(app.inspect.texts(), Texts::No(why) if why.contains("512")), "{:?}", app.inspect.texts());
    ask(&mut app, Command::EditText("a pizza".into()));
    ask(&mut app, Command::Text);
    assert!(app.inspect.cards().is_empty());

    open(&mut app, named("clip"), 512, Some(encoder(512, 1)));
    let (key, work) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Look { .. })));
    let AnyWork::Inspect(work) = work else { panic!("{work:?}") };
    finish(&mut app, key, work.run(&Control::new(), &mut Reporter::silent()).unwrap());
    assert_eq!(app.inspect.texts(), &Texts::Yes);
    assert!(app.inspect.models().iter().any(|name| name == embed::DEMO));
    ask(&mut app, Command::Text);
    assert!(matches!(&batch(&mut app).1.asks[..], [(_, Ask::Text(text))] if text == "a pizza"));
    assert!(app.inspect.text.is_empty());
}

#[test]
fn another_model_embeds_everything_again() {
    let mut app = ready();
    ask(&mut app, files(&["a.png"]));
    judge(&mut app);
    ask(&mut app, Command::Model(Some("other".into())));
    let (_, again) = batch(&mut app);
    assert_eq!((again.asks.len(), again.opening.model.model.as_deref()), (1, Some("other")));
    assert!(again.opening.scale.is_some(), "the collection's confidences are of its own vectors");
    assert_eq!(app.settings.of(&named("food")).unwrap().model.as_deref(), Some("other"), "remembered");
}

#[test]
fn files_are_chosen_by_a_dialog_or_by_a_typed_path() {
    let mut app = ready();
    ask(&mut app, Command::Browse);
    assert_eq!(app.desk.take().unwrap().choice, Choice::Files);
    app.desk.answer(Picked::Paths(vec!["/a/x.png".into(), "/a/y.png".into()]));
    app.tick();
    assert_eq!(standing(&app), ["waiting"; 2]);
    ask(&mut app, Command::Browse);
    app.desk.answer(Picked::Missing("no desktop".into()));
    app.tick();
    ask(&mut app, Command::EditFile(" /a/z.png ".into()));
    ask(&mut app, Command::File);
    assert_eq!(app.inspect.cards()[2].input, Input::File("/a/z.png".into()));
    assert!(app.inspect.file.is_empty());
}

#[test]
fn points_are_chosen_by_id_at_random_and_from_anywhere() {
    let mut app = ready();
    ask(&mut app, Command::EditId("no id".into()));
    ask(&mut app, Command::Id);
    assert!(app.inspect.choosing.id_problem.as_ref().unwrap().contains("no id"));
    app.handle(Asked::Dialog(Some(Dialog::Points)));
    ask(&mut app, Command::EditId(" 7 ".into()));
    assert_eq!(app.inspect.choosing.id_problem, None, "typing clears it");
    ask(&mut app, Command::Id);
    assert_eq!(app.view.dialog, None);
    assert_eq!(app.inspect.cards()[0].input, Input::Point(PointId::Num(7)));

    ask(&mut app, Command::Random);
    let (key, _) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Deal { .. })));
    let dealt = [4, 5].map(|id| (PointId::Num(id), payload("dealt")));
    finish(&mut app, key, Found::Dealt(dealt.to_vec()));
    assert_eq!(app.inspect.cards()[1].input, Input::Point(PointId::Num(4)));
    ask(&mut app, Command::Random);
    assert_eq!(app.inspect.cards()[2].input, Input::Point(PointId::Num(5)), "from those that are there");
    ask(&mut app, Command::Random);
    let (key, _) = last(&mut app, |work| matches!(work, AnyWork::Inspect(Work::Deal { .. })));
    app.apply(key, Event::Finished(Outcome::Failed(Error::Empty("food".into()))));
    assert!(app.inspect.choosing.problem.is_some() && !app.inspect.choosing.is_dealing());
}

#[test]
fn the_threshold_and_the_percentile_change_what_is_shown_without_a_job() {
    let mut app = ready();
    ask(&mut app, files(&["a.png"]));
    judge(&mut app);
    let outputs = app.inspect.cards()[0].judged().unwrap().item.outputs.clone();
    for threshold in [0.0, 0.2, 0.5, 0.999] {
        app.handle(Asked::Settings(Change::Threshold(threshold)));
        app.tick();
        let judged = app.inspect.cards()[0].judged().unwrap();
        let above: Vec<usize> = (0..6).filter(|i| outputs[*i] > threshold).collect();
        if above.is_empty() {
            assert_eq!((judged.item.fallback_top_k, judged.features.len()), (Some(6), 6), "the strongest are shown");
        } else {
            assert_eq!(judged.features.len(), above.len());
            assert!(judged.features.iter().all(|(i, v)| above.contains(i) && *v == outputs[*i]));
        }
        assert!(judged.features.is_sorted_by(|a, b| a.1 >= b.1));
        assert_eq!(judged.item.sparse.len(), judged.features.len());
    }
    let confidence = app.inspect.cards()[0].judged().unwrap().item.confidence;
    for (percent, verdict) in [(0.0, Verdict::Fits), (100.0, Verdict::Outlier)] {
        app.handle(Asked::Settings(Change::OutlierPercentile(percent)));
        app.tick();
        let item = &app.inspect.cards()[0].judged().unwrap().item;
        assert_eq!(item.verdict, verdict, "{confidence} under {}", item.cutoff);
        assert_eq!(app.inspect.scale().unwrap().cutoff, item.cutoff);
    }
    assert!(nothing_asked(&mut app));
}

#[test]
fn removed_cards_come_back_at_their_places_under_the_present_threshold() {
    let mut app = ready();
    ask(&mut app, files(&["a.png", "b.png", "c.png"]));
    judge(&mut app);
    app.handle(Asked::Select(Selected::Item(1)));
    ask(&mut app, Command::Remove(1));
    assert_eq!(app.view.place.selected, Selected::Item(2), "the next one is selected");
    assert_eq!(app.undo.next_undo(), Some("Remove b.png"));
    app.handle(Asked::Settings(Change::Threshold(0.0)));
    app.tick();
    app.handle(Asked::Undo);
    app.tick();
    let names: Vec<&str> = app.inspect.cards().iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["a.png", "b.png", "c.png"]);
    assert_eq!(app.inspect.cards()[1].judged().unwrap().features.len(), 6);
    ask(&mut app, Command::Clear);
    assert!(app.inspect.cards().is_empty());
    app.handle(Asked::Undo);
    assert_eq!(app.inspect.cards().len(), 3);
    app.handle(Asked::Redo);
    assert!(app.inspect.cards().is_empty());
}

#[test]
fn there_is_room_for_so_many_cards_and_the_oldest_go() {
    let mut app = ready();
    let names: Vec<String> = (0..MOST + 9).map(|i| format!("{i}.png")).collect();
    ask(&mut app, Command::Files(names.iter().map(PathBuf::from).collect()));
    assert_eq!(app.inspect.cards().len(), MOST);
    assert_eq!(app.inspect.cards()[0].name, "0.png", "of one drop the first are taken");
    ask(&mut app, files(&["new.png"]));
    assert_eq!((app.inspect.cards().len(), app.inspect.cards()[0].name.as_str()), (MOST, "1.png"));
    assert!(app.messages.lines().any(|line| line.text.contains("made room")));
}

#[test]
fn without_an_encoder_cards_wait_for_one_and_another_one_judges_them_again() {
    let mut app = app();
    ask(&mut app, files(&["a.png"]));
    assert_eq!(standing(&app), ["no encoder"]);
    open(&mut app, named("food"), DIM, Some(encoder(DIM, 1)));
    assert_eq!(standing(&app), ["waiting"]);
    judge(&mut app);
    assert_eq!(app.inspect.activations(2).map(|(name, _)| name).collect::<Vec<_>>(), ["a.png"]);
    let other = document::Found::Encoder(OpenEncoder { path: "f.safetensors".into(), encoder: encoder(DIM, 9) });
    app.handle(Asked::Document(document::Command::OpenEncoder("f.safetensors".into())));
    let (key, _) = last(&mut app, |work| matches!(work, AnyWork::Document(document::Work::OpenEncoder { .. })));
    app.apply(key, Event::Finished(Outcome::Done(super::super::Found::Document(other))));
    assert_eq!((standing(&app), app.inspect.scale().is_none()), (vec!["waiting"], true));
    assert_eq!(app.inspect.activations(2).count(), 0, "the old encoder's features are gone");
    let (_, again) = batch(&mut app);
    assert!(again.opening.scale.is_none());
    app.handle(Asked::Document(document::Command::CloseEncoder));
    assert_eq!(standing(&app), ["no encoder"]);
}

#[test]
fn another_collection_takes_its_points_away_and_a_late_answer_is_not_heard() {
    let mut app = ready();
    ask(&mut app, files(&["a.png"]));
    ask(&mut app, Command::Point(PointId::Num(1)));
    let (key, late) = batch(&mut app);
    open(&mut app, named("other"), DIM, Some(encoder(DIM, 2)));
    assert_eq!(app.inspect.cards().len(), 1, "the point is of the other collection");
    assert!(app.messages.lines().any(|line| line.text.contains("1 point was taken off")));
    late.outbox.leave(Note::Found(0, Ok(item("a.png", 1))));
    app.tick();
    app.apply(key, Event::Finished(Outcome::Cancelled));
    assert_eq!(standing(&app), ["waiting"]);
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Cancelled);
}
