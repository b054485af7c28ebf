//! Stores, files, encoders, and what was open before.

use super::*;

#[test]
fn a_store_is_chosen_by_a_dialog_and_its_collection_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path());
    let mut app = app();
    ask(&mut app, Command::Page(Page::Store));
    ask(&mut app, Command::ListStore);
    assert!(app.start.in_store.problem.as_ref().unwrap().hint.is_some(), "nothing is named yet");
    ask(&mut app, Command::Browse(Field::Store));
    assert!(app.desk.take().unwrap().title.contains("store"));
    app.desk.answer(Picked::Paths(vec![store.clone()]));
    app.tick();
    run_next(&mut app);
    let listing = app.start.in_store.listing.clone().unwrap();
    assert_eq!(listing.chosen().map(|(row, _)| row.name.as_str()), Some("food"), "the only one is chosen");
    ask(&mut app, Command::OpenListed);
    run_next(&mut app);
    let open = app.document.open.as_ref().expect("it is open");
    assert_eq!((open.info.points, open.collection.store.as_deref()), (3, Some(store.as_path())));
}

#[test]
fn without_dialogs_a_path_is_typed_and_a_wrong_one_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app();
    ask(&mut app, Command::Page(Page::Store));
    ask(&mut app, Command::Browse(Field::Store));
    app.desk.answer(Picked::Missing("no portal".into()));
    app.tick();
    assert_eq!(app.desk.missing.as_deref(), Some("no portal"));
    ask(&mut app, Command::EditStore(folder.path().join("none").display().to_string()));
    ask(&mut app, Command::ListStore);
    run_next(&mut app);
    assert!(app.start.in_store.problem.as_ref().unwrap().text.contains("no such folder"));
}

#[test]
fn a_file_of_vectors_is_opened_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    let mut npy = crate::numpy::NpyWriter::create(&path, 4).unwrap();
    npy.push(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    npy.push(&[4.0, 3.0, 2.0, 1.0]).unwrap();
    npy.finish().unwrap();
    let mut app = app();
    ask(&mut app, Command::Page(Page::Vectors));
    ask(&mut app, Command::OpenVectors);
    assert!(app.start.vectors.problem.is_some(), "nothing is named yet");
    let form = VectorsForm { path: path.display().to_string(), ..VectorsForm::default() };
    ask(&mut app, Command::EditVectors(form));
    ask(&mut app, Command::OpenVectors);
    run_next(&mut app);
    assert_eq!(app.document.open.as_ref().map(|open| open.info.points), Some(2));
}

#[test]
fn an_encoder_waits_for_the_collection_that_it_fits() {
    let folder = tempfile::tempdir().unwrap();
    let path = encoder_in(folder.path(), 384);
    let mut app = connected();
    ask(&mut app, Command::OpenEncoder(path.clone()));
    run_next(&mut app);
    let waiting = app.start.encoder.waiting.clone().unwrap();
    assert_eq!((waiting.dim, waiting.blocks, waiting.block_size), (384, 2, 3));
    ask(&mut app, Command::Page(Page::Server));
    ask(&mut app, Command::Choose { row: 0, vector: 0 });
    ask(&mut app, Command::OpenListed);
    assert_eq!(opening(&mut app).2, None, "it does not fit 512 dimensions");
    ask(&mut app, Command::Choose { row: 1, vector: 0 });
    ask(&mut app, Command::OpenListed);
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!(encoder, Some(path));
    assert_eq!(app.start.encoder.waiting, None);
    opened(&mut app, key, collection, 384);
    assert_eq!(app.view.place.screen, Screen::Features);
}

#[test]
fn an_encoder_opens_over_the_open_collection_or_with_the_one_that_it_was_open_with() {
    let folder = tempfile::tempdir().unwrap();
    let (fits, other) = (encoder_in(folder.path(), 4), encoder_in(folder.path(), 5));
    let store = store_in(folder.path());
    let collection =
        CollectionArgs { store: Some(store), collection: Some("food".into()), ..CollectionArgs::default() };
    let mut app = app();
    app.settings.remember(&collection).encoder = Some(fits.clone());
    ask(&mut app, Command::OpenEncoder(fits.clone()));
    run_next(&mut app);
    run_next(&mut app);
    assert_eq!(app.document.encoder().map(|open| &open.path), Some(&fits), "its collection was opened with it");
    ask(&mut app, Command::OpenEncoder(other.clone()));
    run_next(&mut app);
    let problem = app.start.encoder.problem.clone().unwrap();
    assert!(problem.text.contains("5 dimensions") && problem.text.contains("has 4"), "{}", problem.text);
    assert_eq!(app.start.encoder.waiting.as_ref().map(|seen| &seen.path), Some(&other));
    ask(&mut app, Command::DropEncoder);
    assert_eq!(app.start.encoder.waiting, None);
    app.handle(AppCommand::Document(document::Command::CloseEncoder));
    ask(&mut app, Command::OpenEncoder(fits.clone()));
    run_next(&mut app);
    run_next(&mut app);
    assert_eq!(app.document.encoder().map(|open| &open.path), Some(&fits));
    std::fs::write(&fits, "nonsense").unwrap();
    ask(&mut app, Command::OpenEncoder(fits));
    run_next(&mut app);
    assert!(app.start.encoder.problem.as_ref().unwrap().text.contains("not a whole safetensors"));
}

#[test]
fn recents_say_what_is_gone_and_what_cannot_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(folder.path());
    let encoder = encoder_in(folder.path(), 4);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let in_store = |store: &Path, name: &str| CollectionArgs {
        store: Some(store.to_owned()),
        collection: Some(name.into()),
        ..CollectionArgs::default()
    };
    let on = |address: std::net::SocketAddr| CollectionArgs {
        url: Some(format!("http://{address}")),
        collection: Some("c".into()),
        ..CollectionArgs::default()
    };
    let here = in_store(&store, "food");
    let (gone, lost) = (in_store(&store, "other"), in_store(&folder.path().join("none"), "food"));
    let file = CollectionArgs { vectors: Some(folder.path().join("no.npy")), ..CollectionArgs::default() };
    let (closed, open) = (on(closed), on(listening.local_addr().unwrap()));
    let mut app = app_in(folder.path());
    for collection in [&here, &gone, &lost, &file, &closed, &open] {
        app.settings.remember(collection);
    }
    app.settings.encoders = vec![encoder.clone(), "/no/encoder.pth".into()];
    settle(&mut app);
    let recents = &app.start.recents;
    assert_eq!(recents.standing(&here), Standing::Here);
    for missing in [&gone, &lost, &file] {
        assert!(matches!(recents.standing(missing), Standing::Gone(_)), "{missing:?}");
    }
    assert_eq!(recents.standing(&open), Standing::Here);
    assert_eq!(recents.standing(&closed), Standing::Unreachable("nothing listens there".into()));
    assert!(recents.is_lost(Path::new("/no/encoder.pth")) && !recents.is_lost(&encoder));
    assert!(!app.start.demo.ready);
}

#[test]
fn a_recent_collection_opens_with_one_click_and_tells_its_problem_in_its_row() {
    let mut app = app();
    let known = CollectionArgs {
        url: Some("http://db:6334".into()),
        collection: Some("food".into()),
        using: Some("image".into()),
        ..CollectionArgs::default()
    };
    app.settings.remember(&known).encoder = Some("/e.safetensors".into());
    let origin = Origin::Recent(Box::new(known.clone()));
    ask(&mut app, Command::OpenRecent(Box::new(known.clone())));
    assert!(app.is_opening_from(&origin));
    let (key, collection, encoder) = opening(&mut app);
    assert_eq!((collection, encoder), (known.clone(), Some("/e.safetensors".into())));
    fail(&mut app, key, Error::Unauthorized { url: "http://db:6334".into() });
    assert_eq!(app.problem_from(&origin).unwrap().about, About::Key);
    // There the key can be typed, and the collection is looked for.
    ask(&mut app, Command::Reconnect(Box::new(known)));
    assert_eq!((app.start.page, app.start.server.address.as_str()), (Page::Server, "http://db:6334"));
    let (key, work) = next(&mut app);
    let Work::List(place) = work else { panic!("{work:?}") };
    done(&mut app, key, Found::Listed(place, vec![row("food", vec![dense("image", 512)]), row("food2", vec![])]));
    assert_eq!(listing(&app).chosen().map(|(row, _)| row.name.as_str()), Some("food"));
}

#[test]
fn taking_something_off_the_list_can_be_undone() {
    let mut app = app();
    let named = |name: &str| CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() };
    for name in ["a", "b", "c"] {
        app.settings.remember(&named(name));
    }
    app.settings.remember(&named("b")).picture_field = Some("url".into());
    let before = app.settings.collections.clone();
    ask(&mut app, Command::Forget(Box::new(named("b"))));
    assert_eq!(app.settings.collections.len(), 2);
    for _ in 0..2 {
        app.handle(AppCommand::Undo);
        assert_eq!(app.settings.collections, before);
        app.handle(AppCommand::Redo);
        assert_eq!(app.settings.collections.len(), 2);
    }
    app.settings.encoders = vec!["/x".into(), "/y".into()];
    ask(&mut app, Command::ForgetEncoder("/x".into()));
    assert_eq!(app.settings.encoders, [PathBuf::from("/y")]);
    app.handle(AppCommand::Undo);
    assert_eq!(app.settings.encoders, [PathBuf::from("/x"), PathBuf::from("/y")]);
}
