use std::sync::Arc;

use super::super::{Command as Asked, Folders, Found as AnyFound, Jobs, Settings, Work as AnyWork, desk};
use super::*;
use crate::encoder::tests::random;
use crate::features::CodeSize;
use crate::job::{Event, Outcome};
use crate::point::Distance;
use crate::source::SourceInfo;

/// With a collection and an encoder of 2 x 4 open.
fn app() -> App {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    let mut app = App::new(Settings::default(), folders, Jobs::scripted());
    let collection = CollectionArgs { collection: Some("food".into()), ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(collection.clone()), encoder: None, then: None };
    app.handle(Asked::Document(open));
    let (key, _) = find(&mut app, |work| matches!(work, AnyWork::Document(_)));
    let info = SourceInfo {
        title: "collection \"food\"".into(),
        name: "food".into(),
        dim: 3,
        distance: Distance::Cosine,
        points: 7,
    };
    let encoder =
        document::OpenEncoder { path: "nowhere/round.safetensors".into(), encoder: Arc::new(random(3, 2, 4, 1)) };
    let document = document::Document {
        collection,
        info,
        first: Vec::new(),
        model: None,
        guessed_picture: None,
        guessed_text: None,
        encoder: Some(encoder),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
    while app.jobs.take().is_some() {}
    app
}

fn find(app: &mut App, fits: impl Fn(&AnyWork) -> bool) -> (JobKey, AnyWork) {
    std::iter::from_fn(|| app.jobs.take()).find(|(_, work)| fits(work)).expect("a job is asked for")
}

/// What conversions and exports have asked for.
fn asked(app: &mut App) -> Option<(JobKey, Work)> {
    std::iter::from_fn(|| app.jobs.take()).find_map(|(key, work)| match work {
        AnyWork::Transfer(work) => Some((key, work)),
        _ => None,
    })
}

fn ask(app: &mut App, command: Command) {
    app.handle(Asked::Transfer(command));
}

fn done(app: &mut App, key: JobKey, found: Found) {
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Transfer(found))));
}

fn preview() -> ConvertPreview {
    ConvertPreview {
        read: 7,
        skipped: 0,
        target_title: "collection \"food-blocks\" at http://h".into(),
        target_exists: false,
        target_points: None,
        on_server: true,
        sampled: 7,
        stored: Stored::Activations,
        size: CodeSize { entries: 2.5, packed: 6.75, packed_single: 11.75, qdrant: 20.0 },
        empty_share: 0.0,
        bytes_estimate: 1_000,
    }
}

#[test]
fn nothing_is_written_before_exactly_that_was_looked_at() {
    let mut app = app();
    app.handle(Asked::Dialog(Some(Dialog::Convert)));
    assert_eq!(app.transfer.form.target, "food-blocks");
    ask(&mut app, Command::Write);
    assert!(asked(&mut app).is_none(), "nobody has looked");
    ask(&mut app, Command::Look);
    let (key, work) = asked(&mut app).unwrap();
    let Work::Look(config) = work else { panic!("{work:?}") };
    assert_eq!((config.target.as_str(), config.top_k), ("food-blocks", Some(FALLBACK)));
    assert_eq!(config.keep, None, "what is usual with the encoder");
    ask(&mut app, Command::Write);
    assert!(asked(&mut app).is_none(), "it is still being looked at");
    done(&mut app, key, Found::Looked(Box::new(preview())));
    assert_eq!(app.transfer.seen(), Some(&preview()));
    let form = ConvertForm {
        threshold: Some(0.2),
        fallback: false,
        keep: Some(Stored::Strongest(3)),
        ..app.transfer.form.clone()
    };
    ask(&mut app, Command::Edit(form));
    assert_eq!(app.transfer.seen(), None, "other settings would write something else");
    ask(&mut app, Command::Write);
    assert!(asked(&mut app).is_none());
    ask(&mut app, Command::Look);
    let (key, _) = asked(&mut app).unwrap();
    done(&mut app, key, Found::Looked(Box::new(preview())));
    ask(&mut app, Command::Write);
    let (key, work) = asked(&mut app).unwrap();
    let Work::Convert(config) = work else { panic!("{work:?}") };
    assert_eq!((config.threshold, config.top_k, config.keep), (Some(0.2), None, Some(Stored::Strongest(3))));
    ask(&mut app, Command::Write);
    assert!(asked(&mut app).is_none(), "not twice at once");
    let converted = Converted {
        target: "food-blocks".into(),
        read: 7,
        written: 7,
        skipped: 0,
        stored: Stored::Activations,
        size: preview().size,
        empty: 1,
        fallback: 0,
        extra: 0,
    };
    done(&mut app, key, Found::Converted(converted));
    assert_eq!(app.transfer.written.as_ref().map(|w| w.empty), Some(1));
    assert_eq!(app.messages.last().unwrap().text, "food-blocks: 7 points written");
    assert_eq!(app.transfer.seen(), None, "to write again is to look again");
}

#[test]
fn a_target_that_does_not_fit_is_told_and_another_can_be_named() {
    let mut app = app();
    app.handle(Asked::Dialog(Some(Dialog::Convert)));
    ask(&mut app, Command::Look);
    let (key, _) = asked(&mut app).unwrap();
    let error = Error::TargetLayout { name: "food-blocks".into(), found: "a dense vector".into() };
    app.apply(key, Event::Finished(Outcome::Failed(error)));
    let Looked::Refused(problem) = &app.transfer.looked else { panic!("{:?}", app.transfer.looked) };
    assert!(problem.hint.as_ref().unwrap().contains("name another collection"));
    let form = ConvertForm { target: "other".into(), ..app.transfer.form.clone() };
    ask(&mut app, Command::Edit(form));
    assert_eq!(app.transfer.looked, Looked::Not);
    ask(&mut app, Command::Look);
    let (key, _) = asked(&mut app).unwrap();
    app.apply(key, Event::Finished(Outcome::Cancelled));
    assert_eq!(app.transfer.looked, Looked::Not);
}

#[test]
fn a_conversion_that_fails_says_why_and_keeps_the_form() {
    let mut app = app();
    app.handle(Asked::Dialog(Some(Dialog::Convert)));
    ask(&mut app, Command::Look);
    let (key, _) = asked(&mut app).unwrap();
    done(&mut app, key, Found::Looked(Box::new(preview())));
    ask(&mut app, Command::Write);
    let (key, _) = asked(&mut app).unwrap();
    let form = app.transfer.form.clone();
    let error = Error::Connection { url: "http://h".into(), problem: "reset".into() };
    app.apply(key, Event::Finished(Outcome::Failed(error)));
    assert!(app.transfer.problem.as_ref().unwrap().text.contains("http://h"));
    assert_eq!(app.transfer.form, form);
    assert!(app.transfer.written.is_none());
}

#[test]
fn what_is_exported_goes_where_the_dialog_says() {
    let mut app = app();
    ask(&mut app, Command::Choose(Export::Labels));
    let pick = app.desk.take().unwrap();
    assert_eq!(pick.choice, Choice::Save("round-labels.csv".into()));
    app.desk.answer(desk::Picked::Paths(vec!["/there/l.csv".into()]));
    app.tick();
    let (key, work) = asked(&mut app).unwrap();
    let Work::Labels { names, to, .. } = work else { panic!("{work:?}") };
    assert_eq!((names.len(), to), (8, PathBuf::from("/there/l.csv")));
    ask(&mut app, Command::Export(Export::Encoder, "/there/e.safetensors".into()));
    assert!(asked(&mut app).is_none(), "one at a time");
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    app.apply(key, Event::Finished(Outcome::Failed(Error::Io { path: "/there/l.csv".into(), source: full })));
    let Some(Err(problem)) = &app.transfer.exported else { panic!("it is told") };
    assert!(problem.hint.as_ref().unwrap().contains("free some space"));
    ask(&mut app, Command::Export(Export::FeaturesCsv, "/there/f.csv".into()));
    assert!(asked(&mut app).is_none());
    assert!(matches!(&app.transfer.exported, Some(Err(p)) if p.text.contains("not known yet")));
}

#[test]
fn files_are_really_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = |work: Work| work.run(&Control::new(), &mut Reporter::silent());
    let (from, to) = (folder.path().join("a"), folder.path().join("deep/b"));
    std::fs::write(&from, "weights").unwrap();
    run(Work::Copy { from: from.clone(), to: to.clone() }).unwrap();
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "weights");
    let mut table = ExportTable::new(["index", "name"]);
    table.push(vec![Cell::Whole(3), Cell::from("round, sweet")], Payload::new());
    let csv = folder.path().join("t.CSV");
    run(Work::Table { table: Box::new(table.clone()), to: csv.clone() }).unwrap();
    assert_eq!(std::fs::read_to_string(csv).unwrap(), "index,name\r\n3,\"round, sweet\"\r\n");
    let lines = folder.path().join("t.jsonl");
    run(Work::Table { table: Box::new(table), to: lines.clone() }).unwrap();
    assert_eq!(std::fs::read_to_string(lines).unwrap().trim(), r#"{"index":3,"name":"round, sweet"}"#);
    let gone = run(Work::Copy { from: folder.path().join("gone"), to });
    assert!(matches!(gone, Err(Error::File { .. })), "{gone:?}");
}
