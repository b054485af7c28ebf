//! The demo, and what is dropped.

use std::time::Duration;

use super::*;
use crate::config::DemoConfig;
use crate::job::Worker;

fn demo_answer(folder: &Path) -> DemoAnswer {
    DemoAnswer {
        store: folder.to_owned(),
        collection: crate::demo::COLLECTION,
        encoder: folder.join("encoder.safetensors"),
        dishes: 6_000,
        drawn: 6_000,
        trained: true,
        seconds: 1.0,
        inspected: InspectAnswer {
            points: 1,
            cutoff: 0.5,
            outlier_percentile: 1.0,
            held_out: true,
            items: Vec::new(),
            failed: Vec::new(),
            scale: Default::default(),
        },
    }
}

#[test]
fn the_demo_is_one_click_and_ends_in_its_features() {
    let mut app = app();
    ask(&mut app, Command::Demo);
    let (key, work) = next(&mut app);
    let Work::Demo(config) = work else { panic!("{work:?}") };
    assert_eq!((config.store.as_deref(), config.fresh), (Some(Path::new("/nowhere/demo")), false));
    assert_eq!((key.lane, app.start.page), (Lane::Heavy, Page::Demo));
    ask(&mut app, Command::Page(Page::Ways));
    ask(&mut app, Command::Demo);
    assert!(app.jobs.take().is_none() && app.start.page == Page::Demo, "a second click only shows it");
    done(&mut app, key, Found::Demo(Box::new(demo_answer(Path::new("/nowhere/demo")))));
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!(encoder, Some("/nowhere/demo/encoder.safetensors".into()));
    opened(&mut app, key, collection, 512);
    assert_eq!(app.view.place.screen, Screen::Features);
    // From now on it only opens.
    ask(&mut app, Command::Demo);
    opening(&mut app);
    ask(&mut app, Command::FreshDemo);
    assert!(matches!(next(&mut app).1, Work::Demo(config) if config.fresh));
}

#[test]
fn the_steps_of_a_real_demo_come_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let config = DemoConfig { store: Some(folder.path().join("demo")), dishes: 100, ..DemoConfig::default() };
    let mut worker = Worker::start();
    worker.submit(AppWork::Start(Work::Demo(config)));
    let mut steps = Vec::new();
    let ended = loop {
        match worker.events().recv_timeout(Duration::from_secs(300)).unwrap().event {
            Event::Progress(progress) if steps.last() != Some(&demo_step(&progress.stage)) => {
                steps.push(demo_step(&progress.stage));
            }
            Event::Finished(outcome) => break outcome,
            _ => {}
        }
    };
    assert!(matches!(ended, Outcome::Done(AppFound::Start(Found::Demo(_)))), "{ended:?}");
    assert_eq!(steps, DemoStep::ALL);
    // What it has made is known when the screen is opened the next time.
    let mut app = app_in(folder.path());
    settle(&mut app);
    assert!(app.start.demo.ready);
}

#[test]
fn a_demo_that_fails_or_is_cancelled_says_so_and_can_go_on() {
    let mut app = app();
    ask(&mut app, Command::Demo);
    let (key, _) = next(&mut app);
    fail(&mut app, key, Error::Device("none".into()));
    assert!(app.start.demo.problem.is_some() && app.start.demo.job.is_none());
    settle(&mut app);
    ask(&mut app, Command::Demo);
    let (key, _) = next(&mut app);
    assert!(app.start.demo.problem.is_none());
    ask(&mut app, Command::Cancel(Page::Demo));
    end(&mut app, key, Outcome::Cancelled);
    assert!(app.start.demo.problem.is_none() && app.start.demo.job.is_none());
}

#[test]
fn the_command_line_opens_the_window_on_its_demo() {
    let mut app = app();
    open_demo(&mut app, &demo_answer(Path::new("/d")));
    let (_, collection, encoder) = opening(&mut app);
    assert_eq!((collection.store, encoder), (Some("/d".into()), Some("/d/encoder.safetensors".into())));
}

#[test]
fn what_is_dropped_is_known_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let sort = |names: &[&str]| {
        let paths: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
        dropped::sort(&paths, &Control::new()).unwrap()
    };
    let store = store_in(folder.path());
    std::fs::create_dir_all(path("photos/cats")).unwrap();
    std::fs::create_dir_all(path("empty")).unwrap();
    for name in ["photos/cats/a.JPG", "photos/b.png", "photos/readme.txt", "c.webp"] {
        std::fs::write(path(name), "x").unwrap();
    }
    assert_eq!(sort(&["store"]), Sorted::Store(store.clone(), None));
    assert_eq!(sort(&["store/food"]), Sorted::Store(store, Some("food".into())));
    assert_eq!(sort(&["photos"]), Sorted::Folder(path("photos"), 2));
    assert_eq!(sort(&["c.webp", "photos/b.png"]), Sorted::Pictures(vec![path("c.webp"), path("photos/b.png")]));
    assert_eq!(sort(&["p.jsonl", "v.npy"]), Sorted::Vectors(path("v.npy"), Some(path("p.jsonl"))));
    assert_eq!(sort(&["e.PTH"]), Sorted::Encoder(path("e.PTH")));
    assert_eq!(sort(&["e.safetensors"]), Sorted::Encoder(path("e.safetensors")));
    assert_eq!(sort(&["t.jsonl"]), Sorted::Texts(path("t.jsonl")));
    assert!(matches!(sort(&["empty"]), Sorted::Unknown(_)));
    assert!(matches!(sort(&["x.pdf"]), Sorted::Unknown(text) if text.contains("x.pdf")));
}

/// Drops this on the screen.
fn drop_on(app: &mut App, sorted: Sorted) {
    ask(app, Command::Dropped(vec!["/x".into()]));
    let (key, work) = next(app);
    assert!(matches!(work, Work::Sort(_)), "a worker looks, not the frame");
    done(app, key, Found::Sorted(sorted));
}

#[test]
fn what_is_dropped_leads_to_the_way_that_fits() {
    let mut app = importing(true);
    drop_on(&mut app, Sorted::Folder("/photos".into(), 3));
    assert_eq!((app.start.page, app.start.import.form.path.as_str()), (Page::Import, "/photos"));
    assert!(matches!(next(&mut app).1, Work::Survey(ImportKind::Pictures, _)));
    drop_on(&mut app, Sorted::Pictures(vec!["/cats/1.png".into(), "/cats/2.png".into()]));
    let form = &app.start.import.form;
    assert_eq!((form.path.as_str(), form.others.len(), form.name.as_str()), ("/cats/1.png", 1, "cats"));
    assert!(matches!(next(&mut app).1, Work::Survey(ImportKind::Pictures, paths) if paths.len() == 2));
    drop_on(&mut app, Sorted::Texts("/t.jsonl".into()));
    assert_eq!(app.start.import.form.kind, ImportKind::Texts);
    assert!(app.start.import.form.others.is_empty());
    assert!(matches!(next(&mut app).1, Work::Survey(ImportKind::Texts, _)));
    drop_on(&mut app, Sorted::Vectors("/v.npy".into(), Some("/p.jsonl".into())));
    assert_eq!(app.start.page, Page::Vectors);
    assert_eq!(app.start.vectors.form.payload, "/p.jsonl");
    drop_on(&mut app, Sorted::Encoder("/e.pth".into()));
    assert!(matches!(next(&mut app).1, Work::Encoder(path) if path == Path::new("/e.pth")));
    drop_on(&mut app, Sorted::Store("/s".into(), Some("food".into())));
    let (key, work) = next(&mut app);
    let Work::List(place) = work else { panic!("{work:?}") };
    done(&mut app, key, Found::Listed(place, vec![row("foodie", vec![dense("", 4)]), row("food", vec![dense("", 4)])]));
    let chosen = app.start.in_store.listing.as_ref().and_then(Listing::chosen);
    assert_eq!(chosen.map(|(row, _)| row.name.as_str()), Some("food"), "the one that was dropped");
    drop_on(&mut app, Sorted::Unknown("x".into()));
    assert!(app.start.not_known.as_ref().unwrap().hint.as_ref().unwrap().contains(".npy"));
    ask(&mut app, Command::Page(Page::Ways));
    assert_eq!(app.start.not_known, None);
}

#[test]
fn dropped_pictures_are_inspected_where_an_encoder_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let collection = CollectionArgs {
        store: Some(store_in(folder.path())),
        collection: Some("food".into()),
        ..CollectionArgs::default()
    };
    let mut app = app();
    app.settings.remember(&collection).encoder = Some(encoder_in(folder.path(), 4));
    ask(&mut app, Command::OpenRecent(Box::new(collection)));
    run_next(&mut app);
    assert!(app.document.encoder().is_some());
    app.handle(AppCommand::Show(Screen::Start));
    ask(&mut app, Command::Dropped(vec!["/cats/1.png".into()]));
    let (key, _) = loop {
        let (key, work) = app.jobs.take().expect("what was dropped is looked at");
        if matches!(work, AppWork::Start(Work::Sort(_))) {
            break (key, work);
        }
    };
    done(&mut app, key, Found::Sorted(Sorted::Pictures(vec!["/cats/1.png".into()])));
    assert_eq!(app.view.place.screen, Screen::Inspect);
    assert_eq!(app.start.page, Page::Ways, "no import is begun");
}
