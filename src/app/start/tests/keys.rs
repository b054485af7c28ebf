//! Keys: known for one start, kept in the keyring, and nowhere else.

use super::*;

fn connect_with_key(app: &mut App, keep: bool) {
    ask(app, form("http://db", "s3cret", keep));
    ask(app, Command::Connect);
    let (key, work) = next(app);
    let Work::List(place) = work else { panic!("{work:?}") };
    assert_eq!(place, on_server("http://db:6334", "s3cret"));
    done(app, key, Found::Listed(place, vec![row("news", vec![dense("", 384)])]));
}

fn everything_said(app: &App) -> String {
    let lines: Vec<String> = app.messages.lines().map(|line| format!("{line:?}")).collect();
    format!("{} {:?} {:?}", lines.join(" "), app.start.key_note, app.start.server)
}

#[test]
fn a_key_is_kept_in_the_keyring_only_if_the_person_says_so_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app();
    connect_with_key(&mut app, false);
    assert!(app.settings.kept_keys.is_empty(), "off by default");
    connect_with_key(&mut app, true);
    assert_eq!(app.settings.kept_keys, ["http://db:6334"]);
    assert!(app.start.key_note.as_deref().unwrap().contains("kept in the system's keyring"));
    ask(&mut app, Command::Choose { row: 0, vector: 0 });
    ask(&mut app, Command::OpenListed);
    let (key, collection, _) = opening(&mut app);
    assert_eq!(collection.api_key.as_deref(), Some("s3cret"));
    opened(&mut app, key, collection, 384);
    app.settings.write(folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("settings.json")).unwrap();
    assert!(text.contains("http://db:6334") && !text.contains("s3cret"), "{text}");
    assert!(!everything_said(&app).contains("s3cret"));

    // The next start reads it from there.
    let keyring = MemoryKeyring::default();
    keyring.set("http://db:6334", "s3cret").unwrap();
    let (settings, _) = Settings::read(folder.path());
    let mut next_start = App::new(settings, app.folders.clone(), Jobs::scripted());
    next_start.desk = Desk::scripted(keyring);
    settle(&mut next_start);
    assert!(next_start.start.server.keep, "the form says that the key is kept");
    let known = next_start.settings.collections[0].collection.clone();
    assert_eq!(known.api_key, None);
    ask(&mut next_start, Command::OpenRecent(Box::new(known)));
    assert_eq!(opening(&mut next_start).1.api_key.as_deref(), Some("s3cret"));
    ask(&mut next_start, Command::Connect);
    let Work::List(place) = next(&mut next_start).1 else { panic!() };
    assert_eq!(place, on_server("http://db:6334", "s3cret"));

    // Unticked, it is forgotten.
    connect_with_key(&mut next_start, false);
    assert!(next_start.settings.kept_keys.is_empty());
    next_start.desk.key("http://db:6334", crate::app::desk::KeyAsk::Get, |answer| {
        assert_eq!(answer, Ok(None), "the keyring has it no more");
        AppCommand::LogRead
    });
    next_start.tick();
}

/// A keyring that is locked.
struct Locked;

impl Keyring for Locked {
    fn get(&self, _: &str) -> Result<Option<String>, String> {
        Err("it is locked".into())
    }
    fn set(&self, _: &str, _: &str) -> Result<(), String> {
        Err("it is locked".into())
    }
    fn delete(&self, _: &str) -> Result<(), String> {
        Err("it is locked".into())
    }
}

#[test]
fn a_missing_keyring_is_a_note_and_never_a_failure() {
    let mut app = app();
    app.desk = Desk::scripted(Locked);
    connect_with_key(&mut app, true);
    assert!(app.start.on_server.listing.is_some(), "it is connected");
    assert!(app.start.key_note.as_deref().unwrap().contains("it is locked"));
    assert!(app.settings.kept_keys.is_empty());
    // One that had a key and does not give it: connecting goes on without.
    app.settings.kept_keys.push("http://other:6334".into());
    ask(&mut app, form("http://other", "", false));
    ask(&mut app, Command::Connect);
    let Work::List(place) = next(&mut app).1 else { panic!() };
    assert_eq!(place, on_server("http://other:6334", ""));
    assert!(app.start.key_note.as_deref().unwrap().contains("Type it here"));
    assert!(!everything_said(&app).contains("s3cret"));
}

#[test]
fn a_forgotten_server_leaves_no_key_in_the_keyring() {
    let mut app = app();
    connect_with_key(&mut app, true);
    let on = |name: &str| CollectionArgs {
        url: Some("http://db:6334".into()),
        collection: Some(name.into()),
        ..CollectionArgs::default()
    };
    app.settings.remember(&on("a"));
    app.settings.remember(&on("b"));
    ask(&mut app, Command::Forget(Box::new(on("a"))));
    assert_eq!(app.settings.kept_keys.len(), 1, "another collection needs it");
    ask(&mut app, Command::Forget(Box::new(on("b"))));
    assert!(app.settings.kept_keys.is_empty());
}

#[test]
fn the_window_opens_what_was_open_last_with_its_key() {
    let mut app = app();
    let known = CollectionArgs {
        url: Some("http://db:6334".into()),
        collection: Some("food".into()),
        ..CollectionArgs::default()
    };
    app.settings.remember(&known);
    app.settings.kept_keys.push("http://db:6334".into());
    let keyring = MemoryKeyring::default();
    keyring.set("http://db:6334", "s3cret").unwrap();
    app.desk = Desk::scripted(keyring);
    app.reopen();
    app.tick();
    assert_eq!(opening(&mut app).1.api_key.as_deref(), Some("s3cret"));
}
