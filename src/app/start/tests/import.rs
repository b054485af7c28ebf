//! Imports.

use super::*;

fn edit(app: &mut App, change: impl FnOnce(&mut ImportForm)) {
    let mut form = app.start.import.form.clone();
    change(&mut form);
    ask(app, Command::EditImport(Box::new(form)));
}

#[test]
fn a_folder_of_pictures_is_imported_opened_and_trained_on() {
    let mut app = importing(true);
    ask(&mut app, Command::Import);
    let (field, problem) = app.start.import.problem.clone().unwrap();
    assert!(field == ImportField::Path && problem.hint.is_some());
    edit(&mut app, |form| form.path = "/photos/My cats".into());
    assert_eq!(app.start.import.form.name, "My-cats", "named after the folder");
    edit(&mut app, |form| form.name = "cats".into());
    edit(&mut app, |form| form.path = "/photos/dogs".into());
    assert_eq!(app.start.import.form.name, "cats", "a name that was typed stays");
    ask(&mut app, Command::Import);
    let (key, work) = next(&mut app);
    assert_eq!(key.lane, Lane::Heavy);
    let Work::Import(job) = work else { panic!("{work:?}") };
    let Job::ImportPictures(config) = *job else { panic!("{job:?}") };
    assert_eq!(config.pictures, [PathBuf::from("/photos/dogs")]);
    assert_eq!(config.model.model.as_deref(), Some(DEFAULT_MODEL));
    assert_eq!(config.collection.store, Some("/nowhere/data/collections".into()));
    assert_eq!(app.jobs.live().count(), 1, "it is in the strip");
    ask(&mut app, Command::Import);
    assert!(app.jobs.take().is_none(), "one at a time");
    done(&mut app, key, Found::Imported(Imported { imported: 12, ..Imported::default() }));
    let (key, work) = next(&mut app);
    assert!(matches!(work, Work::Models), "what was downloaded is here now");
    done(&mut app, key, Found::Models(Vec::new()));
    let (key, collection, _) = opening(&mut app);
    assert_eq!(collection.collection.as_deref(), Some("cats"));
    opened(&mut app, key, collection, 512);
    assert_eq!(app.view.place.screen, Screen::Train);
}

#[test]
fn what_an_import_left_out_is_read_before_it_opens() {
    let mut app = importing(true);
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    let skipped = vec![Skipped { input: "/photos/a.jpg".into(), reason: "is cut off".into() }];
    done(&mut app, key, Found::Imported(Imported { imported: 11, skipped, ..Imported::default() }));
    assert!(matches!(next(&mut app).1, Work::Models));
    assert!(app.jobs.take().is_none(), "the list is shown first");
    assert_eq!(app.start.import.done.as_ref().unwrap().answer.skipped.len(), 1);
    ask(&mut app, Command::OpenImported);
    assert_eq!(opening(&mut app).1.collection.as_deref(), Some("photos"));
}

#[test]
fn whoever_went_on_to_something_else_is_not_taken_away_by_an_import() {
    let mut app = importing(true);
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    app.handle(AppCommand::Show(Screen::Features));
    done(&mut app, key, Found::Imported(Imported { imported: 11, ..Imported::default() }));
    assert!(matches!(next(&mut app).1, Work::Models));
    assert!(app.jobs.take().is_none());
    assert!(app.messages.last().unwrap().text.contains("11 imported into photos"));
}

#[test]
fn a_model_that_is_not_here_is_downloaded_only_after_its_size_was_shown() {
    let mut app = importing(false);
    let (key, work) = next(&mut app);
    let Work::ModelSize(model) = work else { panic!("{work:?}") };
    assert_eq!(model, (DEFAULT_MODEL.to_owned(), Side::Pictures));
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    assert!(app.jobs.take().is_none(), "the size is not known yet");
    let size = ModelSize::Known(Some(350_000_000));
    done(&mut app, key, Found::ModelSize(model, size.clone()));
    assert_eq!(app.start.import.size(), Some(&size));
    ask(&mut app, Command::Import);
    assert!(matches!(next(&mut app).1, Work::Import(_)));
}

#[test]
fn a_hub_that_cannot_be_asked_leaves_the_size_open_and_the_way_free() {
    let mut app = importing(false);
    let (key, work) = next(&mut app);
    let Work::ModelSize(model) = work else { panic!("{work:?}") };
    done(&mut app, key, Found::ModelSize(model, ModelSize::Known(None)));
    edit(&mut app, |form| form.path = "/photos".into());
    ask(&mut app, Command::Import);
    assert!(matches!(next(&mut app).1, Work::Import(_)), "the files may be put there by hand meanwhile");
}

#[test]
fn an_import_that_fails_or_is_cancelled_leaves_the_form_as_it_was() {
    let mut app = importing(true);
    edit(&mut app, |form| {
        form.path = "/photos".into();
        form.target = ImportTarget::Server;
        form.address = "db".into();
    });
    let before = app.start.import.form.clone();
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    fail(&mut app, key, Error::Connection { url: "http://db:6334".into(), problem: "refused".into() });
    assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Address));
    assert_eq!(app.start.import.form, before);
    assert!(matches!(next(&mut app).1, Work::Models));
    ask(&mut app, Command::Import);
    let (key, _) = next(&mut app);
    ask(&mut app, Command::Cancel(Page::Import));
    assert_eq!(app.jobs.get(key).unwrap().state, crate::app::JobState::Cancelling, "at once on screen");
    end(&mut app, key, Outcome::Cancelled);
    assert!(app.start.import.cancelled && app.start.import.problem.is_none() && app.start.import.job.is_none());
    assert_eq!(app.start.import.form, before);
}

#[test]
fn names_that_no_collection_can_have_are_told_beside_the_field() {
    let mut app = importing(true);
    edit(&mut app, |form| form.path = "/photos".into());
    for bad in [".hidden", "a/b", "a:b"] {
        edit(&mut app, |form| form.name = bad.into());
        ask(&mut app, Command::Import);
        assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Name), "{bad}");
    }
    edit(&mut app, |form| (form.name, form.target) = ("a".into(), ImportTarget::Store));
    ask(&mut app, Command::Import);
    assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Store));
    edit(&mut app, |form| (form.target, form.address) = (ImportTarget::Server, "ftp://x".into()));
    ask(&mut app, Command::Import);
    assert_eq!(app.start.import.problem.as_ref().map(|(field, _)| *field), Some(ImportField::Address));
    assert!(app.jobs.take().is_none());
}

#[test]
fn the_fields_of_a_file_of_texts_are_found_and_vectors_imported_for_real() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "{\"id\": 1, \"title\": \"a\", \"body\": \"a long text\"}\n{\"id\": 2, \"body\": \"another\"}\n";
    let texts = folder.path().join("texts.jsonl");
    std::fs::write(&texts, lines).unwrap();
    let mut app = importing(true);
    edit(&mut app, |form| (form.kind, form.path) = (ImportKind::Texts, texts.display().to_string()));
    assert_eq!(app.start.import.form.model, "small/texts", "a model that is here");
    ask(&mut app, Command::LookAtImport);
    run_next(&mut app);
    let fields = vec!["body".to_owned(), "title".to_owned()];
    assert_eq!(app.start.import.survey, Some(Survey::Texts { lines: 2, fields }));
    assert_eq!(app.start.import.form.field, "body");

    let vectors = folder.path().join("v.npy");
    let mut npy = crate::numpy::NpyWriter::create(&vectors, 4).unwrap();
    npy.push(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    npy.push(&[2.0, 2.0, 3.0, 4.0]).unwrap();
    npy.finish().unwrap();
    app.folders.data = folder.path().join("data");
    edit(&mut app, |form| (form.kind, form.path) = (ImportKind::Vectors, vectors.display().to_string()));
    ask(&mut app, Command::LookAtImport);
    run_next(&mut app);
    assert_eq!(app.start.import.survey, Some(Survey::Vectors { rows: 2, dim: 4 }));
    ask(&mut app, Command::Import);
    run_next(&mut app);
    assert!(app.start.import.problem.is_none(), "{:?}", app.start.import.problem);
    run_next(&mut app);
    run_next(&mut app);
    assert_eq!(app.document.open.as_ref().map(|open| open.info.points), Some(2));
    assert_eq!(app.view.place.screen, Screen::Train);
    // Once more into what is open: it is let go first.
    app.handle(AppCommand::Show(Screen::Start));
    settle(&mut app);
    ask(&mut app, Command::Import);
    run_next(&mut app);
    assert!(app.start.import.problem.is_none(), "{:?}", app.start.import.problem);
}
