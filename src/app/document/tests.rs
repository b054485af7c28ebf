use super::super::{Command as Asked, Folders, JobState, Jobs, Work as AnyWork};
use super::*;
use crate::error::Error;
use crate::job::{Event, Outcome};
use crate::point::Distance;

fn app() -> App {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    App::new(Settings::default(), folders, Jobs::scripted())
}

fn named(name: &str) -> CollectionArgs {
    CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() }
}

fn opened(name: &str, encoder: Option<OpenEncoder>) -> Found {
    let info = SourceInfo {
        title: format!("collection \"{name}\""),
        name: name.into(),
        dim: 2,
        distance: Distance::Cosine,
        points: 7,
    };
    let document = Document {
        collection: named(name),
        info,
        first: vec![(PointId::Num(0), Arc::default())],
        model: None,
        guessed_picture: None,
        guessed_text: None,
        encoder,
    };
    Found::Opened { document: Box::new(document), encoder_problem: None }
}

fn ask(app: &mut App, name: &str, then: Option<Screen>) -> JobKey {
    let collection = Box::new(named(name));
    app.handle(Asked::Document(Command::Open { collection, encoder: None, then }));
    asked(app).expect("a job is asked for").0
}

/// The oldest work that the document has asked for; what other parts of the window ask for is left out.
fn asked(app: &mut App) -> Option<(JobKey, Work)> {
    std::iter::from_fn(|| app.jobs.take()).find_map(|(key, work)| match work {
        AnyWork::Document(work) => Some((key, work)),
        _ => None,
    })
}

fn done(app: &mut App, key: JobKey, found: Found) {
    app.apply(key, Event::Finished(Outcome::Done(super::super::Found::Document(found))));
}

#[test]
fn a_collection_opens_is_remembered_and_leads_where_it_was_meant_to() {
    let mut app = app();
    let key = ask(&mut app, "food", Some(Screen::Train));
    assert!(app.document.opening.is_some());
    done(&mut app, key, opened("food", None));
    assert_eq!(app.document.open.as_ref().unwrap().info.points, 7);
    assert_eq!(app.view.place.screen, Screen::Train);
    assert_eq!(app.settings.collections[0].points, Some(7));
    assert_eq!(app.document.payload(PointId::Num(0)), Known::Payload(&Payload::new()));
}

#[test]
fn only_the_collection_that_was_asked_for_last_opens() {
    let mut app = app();
    let first = ask(&mut app, "slow", None);
    let second = ask(&mut app, "quick", None);
    assert_eq!(app.jobs.get(first).unwrap().state, JobState::Cancelling, "the first is not waited for");
    done(&mut app, second, opened("quick", None));
    done(&mut app, first, opened("slow", None));
    assert_eq!(app.document.open.unwrap().info.name, "quick");
}

#[test]
fn an_opening_that_fails_says_why_and_leaves_what_was_open() {
    let mut app = app();
    let key = ask(&mut app, "food", None);
    done(&mut app, key, opened("food", None));
    let key = ask(&mut app, "gone", None);
    let error = Error::CollectionMissing { name: "gone".into(), place: "here".into(), available: vec!["food".into()] };
    app.apply(key, Event::Finished(Outcome::Failed(error)));
    assert_eq!(app.document.open.as_ref().unwrap().info.name, "food");
    let problem = app.document.problem.as_ref().unwrap();
    assert_eq!((problem.about, problem.hint.as_deref()), (super::super::About::Collection, Some("there are: food")));
    assert_eq!(app.messages.unread, 1);
}

#[test]
fn payloads_are_asked_for_once_and_what_is_gone_is_known_to_be() {
    let mut app = app();
    let key = ask(&mut app, "food", None);
    done(&mut app, key, opened("food", None));
    let ids = [PointId::Num(3), PointId::Num(4)];
    app.handle(Asked::Document(Command::Want(ids.to_vec())));
    app.handle(Asked::Document(Command::Want(ids.to_vec())));
    app.tick();
    let (key, work) = asked(&mut app).expect("payloads are asked for");
    let Work::Points { ids: wanted, .. } = work else { panic!("{work:?}") };
    assert_eq!(wanted, ids);
    app.handle(Asked::Document(Command::Want(ids.to_vec())));
    app.tick();
    assert!(asked(&mut app).is_none(), "not again while they are on their way");
    done(&mut app, key, Found::Points(vec![(ids[0], Payload::new())]));
    assert!(matches!(app.document.payload(ids[0]), Known::Payload(_)));
    assert_eq!(app.document.payload(ids[1]), Known::Missing);
}

#[test]
fn a_server_that_is_gone_is_told_once_and_asked_again_when_the_person_says_so() {
    let mut app = app();
    let key = ask(&mut app, "food", None);
    done(&mut app, key, opened("food", None));
    let want = || Asked::Document(Command::Want(vec![PointId::Num(9)]));
    app.handle(want());
    app.tick();
    let (key, _) = asked(&mut app).unwrap();
    let error = Error::Connection { url: "http://h".into(), problem: "refused".into() };
    app.apply(key, Event::Finished(Outcome::Failed(error)));
    assert!(app.document.fault.is_some());
    for _ in 0..5 {
        app.handle(want());
        app.tick();
    }
    assert!(asked(&mut app).is_none(), "no storm of requests");
    app.handle(Asked::Document(Command::Retry));
    app.handle(want());
    app.tick();
    assert!(asked(&mut app).is_some());
}

#[test]
fn the_payloads_that_are_kept_are_bounded() {
    let mut state = State::default();
    for i in 0..KEPT_POINTS as u64 + 10 {
        state.keep(PointId::Num(i), None);
    }
    assert_eq!(state.points.len(), KEPT_POINTS);
    assert_eq!(state.payload(PointId::Num(0)), Known::NotYet, "the oldest fell out");
}

#[test]
fn whatever_goes_wrong_on_a_worker_is_told_and_the_window_goes_on() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let path = PathBuf::from("/store/food");
    let faults = [
        (Error::Panicked("index out of bounds".into()), "index out of bounds", None),
        (Error::Io { path: path.clone(), source: full }, "/store/food", Some("free some space")),
        (Error::StoreLocked { path }, "open in another process", Some("close the other program")),
        (
            Error::CollectionMissing { name: "food".into(), place: "at h".into(), available: Vec::new() },
            "there is no collection \"food\"",
            Some("there are none"),
        ),
        (Error::Dimension { what: "food".into(), found: 3, expected: 2 }, "has 3 dimensions, and 2 are needed", None),
    ];
    let mut app = app();
    let key = ask(&mut app, "food", None);
    done(&mut app, key, opened("food", None));
    for (i, (error, text, hint)) in faults.into_iter().enumerate() {
        app.handle(Asked::Document(Command::Retry));
        app.handle(Asked::Document(Command::Want(vec![PointId::Num(100 + i as u64)])));
        app.tick();
        let (key, _) = asked(&mut app).expect("it is asked for in spite of the fault before");
        app.apply(key, Event::Finished(Outcome::Failed(error)));
        let fault = app.document.fault.as_ref().expect("it is told");
        assert!(fault.text.contains(text), "{}", fault.text);
        match (hint, &fault.hint) {
            (Some(hint), Some(told)) => assert!(told.contains(hint), "{told}"),
            (None, None) => {}
            (_, told) => panic!("{told:?}"),
        }
        assert_eq!(app.messages.last().map(|m| &m.text), Some(&fault.text), "and it is in the log");
    }
    assert_eq!(app.document.open.as_ref().unwrap().info.name, "food", "what is open stays open");
}
