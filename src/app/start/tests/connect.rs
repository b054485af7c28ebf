//! Connecting to a server: its collections, and what stands in the way.

use super::*;

#[test]
fn connecting_lists_collections_and_opens_the_chosen_vector() {
    let mut app = connected();
    assert!(app.start.on_server.job.is_none() && app.start.on_server.problem.is_none());
    assert_eq!(listing(&app).rows.len(), 2);
    assert_eq!(app.settings.addresses, ["http://localhost:6334"]);
    assert_eq!(listing(&app).chosen(), None, "the person chooses");
    ask(&mut app, Command::Choose { row: 0, vector: 2 });
    ask(&mut app, Command::OpenListed);
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!(collection.url.as_deref(), Some("http://localhost:6334"));
    assert_eq!((collection.collection.as_deref(), collection.using.as_deref()), (Some("food"), Some("text")));
    assert_eq!((collection.filter.as_deref(), encoder), (None, None));
    assert!(app.is_opening_from(&Origin::Page(Page::Server)));
    opened(&mut app, key, collection, 384);
    assert_eq!(app.view.place.screen, Screen::Train, "there is no encoder yet");
    assert!(app.settings.collections[0].opened.is_some_and(|seconds| seconds > 1_700_000_000));
}

#[test]
fn the_name_that_is_typed_finds_the_collection() {
    let mut app = connected();
    ask(&mut app, Command::Find("NEW".into()));
    assert_eq!(listing(&app).shown, [1]);
    assert_eq!(listing(&app).chosen().unwrap().0.name, "news", "the only one is chosen");
    ask(&mut app, Command::Find(String::new()));
    assert_eq!(listing(&app).shown, [0, 1]);
    ask(&mut app, Command::Find("foo".into()));
    ask(&mut app, Command::Find("food2".into()));
    let obstacle = listing(&app).obstacle().unwrap();
    assert_eq!(obstacle.about, About::Collection);
    assert!(obstacle.hint.unwrap().contains("food, news"), "the names that are there");
    ask(&mut app, Command::OpenListed);
    assert!(app.jobs.take().is_none());
}

#[test]
fn a_vector_that_cannot_be_used_says_why_beside_itself() {
    let mut app = connected();
    ask(&mut app, Command::Choose { row: 0, vector: 1 });
    let obstacle = listing(&app).obstacle().unwrap();
    assert_eq!(obstacle.about, About::Vector);
    assert!(obstacle.text.contains("patches") && obstacle.text.contains("choose a dense vector"), "{}", obstacle.text);
    ask(&mut app, Command::OpenListed);
    assert!(app.jobs.take().is_none());
    ask(&mut app, Command::Choose { row: 0, vector: 0 });
    assert_eq!(listing(&app).obstacle(), None);
    ask(&mut app, Command::Choose { row: 9, vector: 0 });
    assert_eq!(listing(&app).chosen().unwrap().0.name, "food", "what is not there is not chosen");
}

#[test]
fn a_filter_is_checked_while_it_is_typed() {
    let mut app = connected();
    ask(&mut app, Command::Choose { row: 1, vector: 0 });
    for (text, word) in [("{", "not JSON"), ("{\"musst\": []}", "musst"), ("[1]", "object")] {
        ask(&mut app, Command::EditFilter(text.into()));
        let problem = listing(&app).filter_problem.clone().unwrap();
        assert!(problem.contains(word) && !problem.contains("--"), "{text}: {problem}");
        ask(&mut app, Command::OpenListed);
        assert!(app.jobs.take().is_none(), "{text}");
    }
    let filter = r#"{"must": [{"key": "dish", "match": {"value": "cake"}}]}"#;
    ask(&mut app, Command::EditFilter(filter.into()));
    assert_eq!(listing(&app).filter_problem, None);
    ask(&mut app, Command::OpenListed);
    assert_eq!(opening(&mut app).1.filter.as_deref(), Some(filter));
}

#[test]
fn what_is_no_address_is_told_at_once_and_the_rest_port_is_taken_to_mean_grpc() {
    let mut app = app();
    for bad in ["", "ftp://host", "host:0", "http://user:pass@host"] {
        ask(&mut app, form(bad, "", false));
        ask(&mut app, Command::Connect);
        assert!(app.jobs.take().is_none(), "{bad}");
        let problem = app.start.on_server.problem.clone().unwrap();
        assert_eq!(problem.about, About::Address, "{bad}");
        assert!(!problem.text.contains("--") && !problem.text.contains("pass"), "{}", problem.text);
    }
    ask(&mut app, form("http://db:6333", "", false));
    assert_eq!(app.start.on_server.problem, None, "an edit takes the problem away");
    let note = "http://db:6333 is the REST address; using gRPC at http://db:6334";
    assert_eq!(app.start.on_server.note.as_deref(), Some(note), "it is said while it is typed");
    ask(&mut app, Command::Connect);
    let Work::List(place) = next(&mut app).1 else { panic!() };
    assert_eq!(place, on_server("http://db:6334", ""));
}

#[test]
fn a_server_that_does_not_answer_or_refuses_the_key_is_told_beside_the_field() {
    let url = || "http://localhost:6334".to_owned();
    for (error, about) in [
        (Error::Connection { url: url(), problem: "connection refused".into() }, About::Address),
        (Error::Unauthorized { url: url() }, About::Key),
    ] {
        let mut app = app();
        ask(&mut app, Command::Connect);
        let key = next(&mut app).0;
        fail(&mut app, key, error);
        let problem = app.start.on_server.problem.clone().unwrap();
        assert_eq!(problem.about, about);
        assert!(problem.hint.is_some_and(|hint| !hint.contains("--")), "it says what to do");
        assert_eq!(app.jobs.shown().count(), 0, "and not in the strip as well");
    }
    // A key that no request can carry.
    let mut app = app();
    ask(&mut app, form("localhost", "schlüssel", false));
    ask(&mut app, Command::Connect);
    assert_eq!(app.start.on_server.problem.as_ref().map(|p| p.about), Some(About::Key));
}

#[test]
fn connecting_can_be_cancelled_and_what_still_comes_is_not_heard() {
    let mut app = app();
    ask(&mut app, Command::Page(Page::Server));
    ask(&mut app, Command::Connect);
    let (key, _) = next(&mut app);
    assert!(app.start.on_server.job.is_some());
    ask(&mut app, Command::CancelListing);
    assert!(app.start.on_server.job.is_none(), "at once on screen");
    done(&mut app, key, Found::Listed(on_server("http://localhost:6334", ""), vec![row("late", vec![])]));
    assert!(app.start.on_server.listing.is_none());
    // Another address while one is asked.
    ask(&mut app, Command::Connect);
    let (key, _) = next(&mut app);
    ask(&mut app, form("other", "", false));
    done(&mut app, key, Found::Listed(on_server("http://localhost:6334", ""), vec![row("late", vec![])]));
    assert!(app.start.on_server.listing.is_none());
}

#[test]
fn a_collection_that_was_deleted_meanwhile_is_told_beside_the_list() {
    let mut app = connected();
    ask(&mut app, Command::Choose { row: 1, vector: 0 });
    ask(&mut app, Command::OpenListed);
    let (key, ..) = opening(&mut app);
    let error = Error::CollectionMissing { name: "news".into(), place: "there".into(), available: vec!["food".into()] };
    fail(&mut app, key, error);
    let problem = app.problem_from(&Origin::Page(Page::Server)).unwrap();
    assert_eq!((problem.about, problem.hint.as_deref()), (About::Collection, Some("there are: food")));
    assert_eq!(app.problem_from(&Origin::Page(Page::Store)), None);
    assert!(app.settings.collections.is_empty(), "what never was open is not remembered");
    // One that is opened from somewhere else is not told here.
    let other = CollectionArgs { collection: Some("x".into()), ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(other), encoder: None, then: None };
    app.handle(AppCommand::Document(open));
    app.tick();
    let (key, ..) = opening(&mut app);
    fail(&mut app, key, Error::Server("trouble".into()));
    assert_eq!(app.problem_from(&Origin::Page(Page::Server)), None);
}
