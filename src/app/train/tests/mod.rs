use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::{Command as Asked, Folders, Found as AnyFound, Jobs, Message, Selected, Settings, Work as AnyWork};
use super::*;
use crate::config::DeviceChoice;
use crate::encoder::Encoder;
use crate::error::Error;
use crate::job::{EpochMetric, Event, Outcome, StepMetric};
use crate::point::{Distance, PointId};
use crate::source::SourceInfo;
use crate::trainer::runs::{Run, RunInfo, RunState, Weights};

mod real;

fn named(name: &str) -> CollectionArgs {
    CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() }
}

fn document(name: &str) -> document::Document {
    document::Document {
        collection: named(name),
        info: SourceInfo {
            title: format!("collection \"{name}\""),
            name: name.into(),
            dim: 8,
            distance: Distance::Cosine,
            points: 30_000,
        },
        first: vec![(PointId::Num(0), Arc::default())],
        model: None,
        guessed_picture: None,
        guessed_text: None,
        encoder: None,
    }
}

/// A scripted app with a collection open, at the training screen.
fn app() -> App {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    let mut app = App::new(Settings::default(), folders, Jobs::scripted());
    app.document.open = Some(document("food"));
    document_changed(&mut app);
    app.handle(Asked::Show(Screen::Train));
    for (key, work) in taken(&mut app) {
        if let AnyWork::Train(Work::List(_)) = work {
            done(&mut app, key, Found::Runs(Vec::new()));
        }
    }
    app
}

fn ask(app: &mut App, command: Command) {
    app.handle(Asked::Train(command));
}

/// Everything that was asked of workers and not taken yet.
fn taken(app: &mut App) -> Vec<(JobKey, AnyWork)> {
    std::iter::from_fn(|| app.jobs.take()).collect()
}

/// The training's work that was asked for last.
fn wanted(app: &mut App) -> (JobKey, Work) {
    let mut all = taken(app).into_iter().filter_map(|(key, work)| match work {
        AnyWork::Train(work) => Some((key, work)),
        _ => None,
    });
    let found = all.next().expect("work was asked for");
    assert!(all.next().is_none(), "and no other");
    found
}

fn done(app: &mut App, key: JobKey, found: Found) {
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Train(found))));
}

fn start(app: &mut App) -> (JobKey, TrainConfig) {
    ask(app, Command::Start);
    let (key, Work::Train(config)) = wanted(app) else { panic!("a training was asked for") };
    app.apply(key, Event::Started);
    (key, *config)
}

fn step(step: u64) -> Metric {
    Metric::Step(StepMetric { step, train_loss: 1.0 / step as f32, lr: 2e-3 })
}

fn epoch(epoch: usize) -> EpochMetric {
    EpochMetric {
        epoch,
        step: 100 * epoch as u64,
        val_loss: 0.5 / epoch as f32,
        entropy: vec![0.5; 4],
        usage: vec![1.0 / 64.0; 256],
        ..EpochMetric::default()
    }
}

fn answer(folder: &str, stopped: bool) -> TrainAnswer {
    TrainAnswer {
        encoder: Path::new(folder).join("encoder.safetensors"),
        last: Path::new(folder).join("encoder.last.safetensors"),
        device: "CPU".into(),
        epochs: vec![epoch(1), epoch(2)],
        features: 256,
        kept: Vec::new(),
        best_epoch: 2,
        seconds: 3.0,
        stopped,
        groups: None,
        log: folder.into(),
    }
}

fn run(folder: &str, state: RunState) -> Run {
    let config = TrainConfig { collection: named("food"), seed: 5, ..TrainConfig::default() };
    let weights = match state {
        RunState::Done | RunState::Stopped => Weights::Encoder(Path::new(folder).join("encoder.safetensors")),
        RunState::Interrupted => Weights::Kept(Path::new(folder).join("best.safetensors")),
        _ => Weights::None,
    };
    let info = RunInfo {
        title: format!("run {folder}"),
        settings: serde_json::to_value(config).ok(),
        state,
        ..RunInfo::default()
    };
    Run { folder: folder.into(), info, state, weights, problem: None }
}

/// Lists these runs.
fn list(app: &mut App, runs: Vec<Run>) {
    ask(app, Command::Refresh);
    let (key, Work::List(folder)) = wanted(app) else { panic!("a list was asked for") };
    assert_eq!(folder, Path::new("nowhere/runs"));
    done(app, key, Found::Runs(runs));
}

fn last(app: &App) -> &Message {
    app.messages.last().expect("something was said")
}

#[test]
fn without_a_collection_nothing_starts() {
    let mut app = app();
    app.document.open = None;
    document_changed(&mut app);
    assert!(!can_start(&app));
    ask(&mut app, Command::Start);
    assert!(taken(&mut app).is_empty() && app.train.live.is_none());
}

#[test]
fn coming_to_the_screen_looks_at_the_machine_once() {
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    let mut app = App::new(Settings::default(), folders, Jobs::scripted());
    app.handle(Asked::Show(Screen::Train));
    let asked = taken(&mut app);
    assert!(matches!(
        asked.iter().map(|(_, work)| work).collect::<Vec<_>>()[..],
        [AnyWork::Train(Work::Devices), AnyWork::Train(Work::Pace), AnyWork::Train(Work::List(_))]
    ));
    done(&mut app, asked[0].0, Found::Devices(vec![Adapter { name: "a".into(), software: true }]));
    assert_eq!(app.train.adapters.as_ref().map(Vec::len), Some(1));
    app.handle(Asked::Show(Screen::Start));
    app.handle(Asked::Show(Screen::Train));
    assert!(!taken(&mut app).iter().any(|(_, work)| matches!(work, AnyWork::Train(_))));
}

#[test]
fn the_form_is_remembered_where_it_makes_sense_and_kept_where_it_does_not() {
    let mut app = app();
    let mut form = app.train.form.clone();
    form.set(Field::Epochs, "3");
    ask(&mut app, Command::Edit(Box::new(form.clone())));
    assert_eq!(app.settings.train.as_ref().map(|config| config.epochs), Some(3));
    form.set(Field::Epochs, "3x");
    ask(&mut app, Command::Edit(Box::new(form)));
    assert_eq!(app.train.form.text(Field::Epochs), "3x");
    assert_eq!(app.settings.train.as_ref().map(|config| config.epochs), Some(3));
    assert!(!can_start(&app) && app.train.checked.problems.contains_key(&Field::Epochs));
    assert_eq!(app.train.form.chosen.objective, ObjectiveKind::Balanced, "where nothing is remembered");
    ask(&mut app, Command::Preset(ObjectiveKind::Codes));
    ask(&mut app, Command::Resize(Size::Quick));
    assert!(can_start(&app));
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    let again = App::new(app.settings.clone(), folders, Jobs::scripted());
    assert_eq!(again.train.form.text(Field::Lr), app.train.form.text(Field::Lr));
    assert_eq!((again.train.checked.size, again.train.checked.untouched), (Some(Size::Quick), true));
    assert_eq!(again.train.form.chosen.objective, ObjectiveKind::Codes);
}

#[test]
fn settings_of_the_time_before_objectives_are_the_reference_s() {
    let old = r#"{"train": {"sample": 5000, "limit": 50, "epochs": 5, "lr": 0.01, "blocks": 4, "block_size": 64}}"#;
    let settings: Settings = serde_json::from_str(old).unwrap();
    let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
    let app = App::new(settings, folders, Jobs::scripted());
    let config = app.train.checked.config.unwrap();
    assert_eq!((config.objective, config.epochs, config.lr), (ObjectiveKind::Compatible, 5, 0.01));
    assert_eq!(config.terms, TrainConfig::default().terms);
}

#[test]
fn a_training_is_on_the_open_collection_and_kept_with_its_run() {
    let mut app = app();
    let (key, config) = start(&mut app);
    assert_eq!(config.collection, named("food"));
    assert_eq!((config.log_dir.as_path(), config.keep_with_run), (Path::new("nowhere/runs"), true));
    let job = app.jobs.get(key).unwrap();
    assert_eq!((key.lane, job.can_pause, job.can_stop), (Lane::Heavy, true, true));
    assert_eq!(job.title, "Training on food");
    assert!(!can_start(&app), "one at a time");
    ask(&mut app, Command::Start);
    assert!(taken(&mut app).is_empty());
}

#[test]
fn what_is_measured_is_seen_and_what_an_older_training_says_is_not() {
    let mut app = app();
    let (old, _) = start(&mut app);
    app.apply(old, Event::Finished(Outcome::Cancelled));
    assert_eq!(app.train.live.as_ref().unwrap().end, Some(End::Cancelled));
    drop(taken(&mut app));
    let (key, _) = start(&mut app);
    app.apply(key, Event::Metrics(vec![step(1), step(2)]));
    app.apply(old, Event::Metrics(vec![step(3)]));
    let ids: Vec<PointId> = (0..8).map(PointId::Num).collect();
    app.apply(key, Event::Probe(Probe { epoch: 0, ids: ids.clone(), outputs: vec![0.0; 8 * 256] }));
    app.apply(key, Event::Metrics(vec![Metric::Epoch(epoch(1))]));
    app.apply(key, Event::Probe(Probe { epoch: 1, ids: ids.clone(), outputs: vec![0.5; 8 * 256] }));
    let live = app.train.live.as_ref().unwrap();
    assert_eq!((live.curves.steps(), live.curves.val.len()), (2, 1));
    assert_eq!(live.shape(), Some((4, 64)));
    assert_eq!(live.history.ids, ids);
    let newest = live.history.at(None).unwrap();
    assert_eq!((newest.epoch, newest.usage.len()), (1, 256), "the usage finds its epoch whichever came first");
    ask(&mut app, Command::LookBack(Some(0)));
    assert_eq!(app.train.live.as_ref().unwrap().history.at(app.train.look_back).unwrap().epoch, 0);
}

#[test]
fn pause_and_stop_reach_the_job_and_a_stop_keeps_the_best() {
    let mut app = app();
    let (key, _) = start(&mut app);
    app.handle(Asked::Job(key, super::super::JobCommand::Pause));
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Paused);
    app.handle(Asked::Job(key, super::super::JobCommand::Resume));
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Running);
    app.handle(Asked::Job(key, super::super::JobCommand::Stop));
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Stopping);
    done(&mut app, key, Found::Trained(Box::new(answer("nowhere/runs/version_0", true))));
    assert_eq!(app.train.live.as_ref().unwrap().end, Some(End::Stopped));
    let trained = app.train.trained.as_ref().unwrap();
    assert!(trained.stopped && trained.opened);
    assert!(last(&app).text.starts_with("stopped training on food: validation loss 0.2500 at epoch 2"));
}

#[test]
fn a_cancel_keeps_nothing_and_is_no_failure() {
    let mut app = app();
    let form = app.train.form.clone();
    let (key, _) = start(&mut app);
    app.handle(Asked::Job(key, super::super::JobCommand::Cancel));
    assert_eq!(app.jobs.get(key).unwrap().state, JobState::Cancelling);
    app.apply(key, Event::Finished(Outcome::Cancelled));
    assert_eq!(app.train.live.as_ref().unwrap().end, Some(End::Cancelled));
    assert!(app.train.problem.is_none() && app.train.trained.is_none());
    assert!(app.train.form == form && can_start(&app));
}

#[test]
fn a_failure_says_why_and_what_to_do_and_leaves_the_form() {
    let mut app = app();
    let mut form = app.train.form.clone();
    form.set(Field::Lr, "5");
    form.open.insert(Group::Advanced);
    ask(&mut app, Command::Edit(Box::new(form.clone())));
    let (key, _) = start(&mut app);
    app.apply(key, Event::Finished(Outcome::Failed(Error::Diverged { value: f32::NAN, epoch: 1, step: 7 })));
    let problem = app.train.problem.clone().unwrap();
    assert!(problem.text.contains("step 7"));
    assert_eq!(problem.hint.as_deref(), Some("lower the learning rate, or look at the vectors' scale"));
    assert_eq!(app.train.live.as_ref().unwrap().end, Some(End::Failed));
    assert_eq!(app.train.form, form);
    drop(taken(&mut app));
    start(&mut app);
    assert!(app.train.problem.is_none(), "the next one begins without it");
}

#[test]
fn a_new_encoder_opens_unless_another_one_is_being_looked_at() {
    let found = || Found::Trained(Box::new(answer("nowhere/runs/version_0", false)));
    let opens = |app: &mut App| {
        let work = taken(app);
        work.iter().any(|(_, work)| matches!(work, AnyWork::Document(document::Work::OpenEncoder { .. })))
    };
    let mut app = app();
    let (key, _) = start(&mut app);
    app.handle(Asked::Show(Screen::Features));
    done(&mut app, key, found());
    assert!(opens(&mut app) && app.train.trained.as_ref().unwrap().opened, "there was none");

    let encoder = Arc::new(crate::encoder::tests::random(8, 4, 64, 1));
    app.document.open.as_mut().unwrap().encoder = Some(document::OpenEncoder { path: "e".into(), encoder });
    app.handle(Asked::Show(Screen::Train));
    let (key, _) = start(&mut app);
    app.handle(Asked::Show(Screen::Features));
    done(&mut app, key, found());
    assert!(!opens(&mut app) && !app.train.trained.as_ref().unwrap().opened, "offered only");
    ask(&mut app, Command::OpenTrained);
    assert!(opens(&mut app));

    let (key, _) = start(&mut app);
    app.document.open = Some(document("soup"));
    document_changed(&mut app);
    done(&mut app, key, found());
    assert!(!opens(&mut app), "it was trained on another collection");
    ask(&mut app, Command::OpenTrained);
    let work = taken(&mut app);
    assert!(
        work.iter().any(|(_, work)| matches!(work,
        AnyWork::Document(document::Work::Open { collection, encoder: Some(_), .. }) if **collection == named("food")))
    );
}

#[test]
fn the_demo_s_training_is_seen_and_ends_with_its_job() {
    let mut app = app();
    // Work of another part of the window; what it is does not matter here.
    let work = document::Work::SaveSettings { settings: Box::default(), folder: "nowhere".into() };
    let key = app.submit(Request::new("Demo", Lane::Heavy), AnyWork::Document(work));
    app.apply(key, Event::Started);
    app.apply(key, Event::Metrics(vec![step(1), Metric::Epoch(epoch(1))]));
    let live = app.train.running().unwrap();
    assert_eq!((live.title.as_str(), live.shape()), ("Demo", Some((4, 64))));
    app.apply(key, Event::Finished(Outcome::Cancelled));
    app.tick();
    assert_eq!(app.train.live.as_ref().unwrap().end, Some(End::Cancelled));
}

#[test]
fn runs_are_listed_read_when_selected_and_laid_over_each_other() {
    let mut app = app();
    list(&mut app, vec![run("a", RunState::Done), run("b", RunState::Interrupted), run("c", RunState::Failed)]);
    assert_eq!(app.train.runs.list.len(), 3);
    app.handle(Asked::Select(Selected::Run("a".into())));
    let (key, Work::Read { run: asked, .. }) = wanted(&mut app) else { panic!("a run was asked for") };
    assert_eq!(asked.folder, Path::new("a"));
    assert!(matches!(app.train.runs.loaded(Path::new("a")), Some(Loaded::Reading)));
    let curves = |steps: u64| Box::new(Curves::of((1..=steps).map(step), 0.0));
    done(&mut app, key, Found::Curves("a".into(), curves(3)));
    assert_eq!(app.train.curves(Path::new("a")).unwrap().steps(), 3);
    ask(&mut app, Command::Compare("a".into(), true));
    assert!(taken(&mut app).is_empty(), "it is here");
    ask(&mut app, Command::Compare("c".into(), true));
    let (key, _) = wanted(&mut app);
    assert_eq!(app.train.runs.compared, [Path::new("a"), Path::new("c")]);
    app.apply(key, Event::Finished(Outcome::Failed(Error::file("c/metrics.jsonl", "not found"))));
    assert!(matches!(app.train.runs.loaded(Path::new("c")), Some(Loaded::Failed(p)) if p.text.contains("not found")));
    ask(&mut app, Command::Compare("a".into(), false));
    assert_eq!(app.train.runs.compared, [Path::new("c")]);
    // All curves follow the smoothing.
    ask(&mut app, Command::Plot(PlotView { smoothing: Smoothing::Strong, ..PlotView::default() }));
    let smooth = &app.train.curves(Path::new("a")).unwrap().smooth;
    assert_eq!(smooth.get(0).map(|p| p.1), Some(1.0));
    assert!(smooth.get(2).unwrap().1 > 0.5, "the mean of 1, 1/2 and 1/3, nearly");
}

#[test]
fn no_more_are_compared_than_there_are_colours() {
    let mut app = app();
    list(&mut app, (0..12).map(|i| run(&i.to_string(), RunState::Done)).collect());
    for i in 0..12 {
        ask(&mut app, Command::Compare(i.to_string().into(), true));
    }
    assert_eq!(app.train.runs.compared.len(), MOST_COMPARED);
    list_again_without(&mut app, 4);
    assert_eq!(app.train.runs.compared.len(), MOST_COMPARED - 1, "one that is gone is not compared");
}

fn list_again_without(app: &mut App, gone: usize) {
    drop(taken(app));
    list(app, (0..12).filter(|i| *i != gone).map(|i| run(&i.to_string(), RunState::Done)).collect());
}

#[test]
fn the_running_training_is_found_in_the_list_and_compared_as_it_goes() {
    let mut app = app();
    let (key, config) = start(&mut app);
    app.apply(key, Event::Metrics(vec![step(1)]));
    let (listing, Work::List(_)) = wanted(&mut app) else { panic!("its folder is looked for") };
    let mut own = run("nowhere/runs/version_7", RunState::Running);
    own.info.settings = serde_json::to_value(config).ok();
    done(&mut app, listing, Found::Runs(vec![run("x", RunState::Running), own]));
    let folder = PathBuf::from("nowhere/runs/version_7");
    assert_eq!(app.train.live.as_ref().unwrap().folder, Some(folder.clone()));
    ask(&mut app, Command::Compare(folder.clone(), true));
    assert!(taken(&mut app).is_empty(), "nothing has to be read");
    app.apply(key, Event::Metrics(vec![step(2)]));
    assert_eq!(app.train.curves(&folder).unwrap().steps(), 2);
}

#[test]
fn a_listing_that_is_asked_for_while_one_goes_on_follows_it() {
    let mut app = app();
    ask(&mut app, Command::Refresh);
    ask(&mut app, Command::Refresh);
    let (first, _) = wanted(&mut app);
    done(&mut app, first, Found::Runs(Vec::new()));
    let (second, _) = wanted(&mut app);
    app.apply(second, Event::Finished(Outcome::Failed(Error::file("nowhere/runs", "is a file"))));
    assert!(app.train.runs.problem.is_some());
    assert!(taken(&mut app).is_empty());
}

#[test]
fn a_name_can_be_changed_and_changed_back() {
    let mut app = app();
    list(&mut app, vec![run("a", RunState::Done)]);
    ask(&mut app, Command::Naming(Some(("a".into(), "soups".into()))));
    ask(&mut app, Command::Rename { folder: "a".into(), title: "soups".into(), step: true });
    assert!(app.train.runs.renaming.is_none() && app.train.runs.is_busy(Path::new("a")));
    let (key, Work::Rename { title, .. }) = wanted(&mut app) else { panic!("a name was asked for") };
    assert_eq!(title, "soups");
    let renamed = |before: &str, title: &str, step| Found::Renamed {
        folder: "a".into(),
        before: before.into(),
        title: title.into(),
        step,
    };
    done(&mut app, key, renamed("run a", "soups", true));
    assert_eq!(app.train.runs.list[0].info.title, "soups");
    app.handle(Asked::Undo);
    let (key, Work::Rename { title, step, .. }) = wanted(&mut app) else { panic!("the old name was asked for") };
    assert_eq!((title.as_str(), step), ("run a", false));
    done(&mut app, key, renamed("soups", "run a", false));
    assert_eq!(app.train.runs.list[0].info.title, "run a");
    assert_eq!((app.undo.next_undo(), app.undo.next_redo()), (None, Some("Rename run to soups")));
    ask(&mut app, Command::Rename { folder: "a".into(), title: " run a ".into(), step: true });
    assert!(taken(&mut app).is_empty(), "that is its name");
}

#[test]
fn a_run_is_deleted_only_after_it_was_asked() {
    let mut app = app();
    list(&mut app, vec![run("a", RunState::Done), run("b", RunState::Done)]);
    app.handle(Asked::Select(Selected::Run("a".into())));
    ask(&mut app, Command::Compare("a".into(), true));
    drop(taken(&mut app));
    ask(&mut app, Command::Delete);
    assert!(taken(&mut app).is_empty(), "nothing was asked about");
    ask(&mut app, Command::AskDelete(Some(Deleting { folder: "a".into(), encoders: true })));
    ask(&mut app, Command::AskDelete(None));
    ask(&mut app, Command::Delete);
    assert!(taken(&mut app).is_empty(), "the answer was no");
    ask(&mut app, Command::AskDelete(Some(Deleting { folder: "a".into(), encoders: true })));
    ask(&mut app, Command::Delete);
    let (key, Work::Delete { encoders: true, .. }) = wanted(&mut app) else { panic!("a run was to be deleted") };
    done(&mut app, key, Found::Deleted { folder: "a".into(), title: "run a".into(), left: 0 });
    assert_eq!(app.train.runs.list.iter().map(|r| r.folder.as_path()).collect::<Vec<_>>(), [Path::new("b")]);
    assert!(app.train.runs.compared.is_empty());
    assert_eq!(app.view.place.selected, Selected::Nothing);
}

#[test]
fn what_fails_with_a_run_is_told_beside_it() {
    let mut app = app();
    list(&mut app, vec![run("a", RunState::Done)]);
    ask(&mut app, Command::AskExport(Some(("a".into(), " /full/disk ".into()))));
    ask(&mut app, Command::Export);
    let (key, Work::Export { target, .. }) = wanted(&mut app) else { panic!("a run was to be exported") };
    assert_eq!(target, Path::new("/full/disk"));
    app.apply(key, Event::Finished(Outcome::Failed(Error::file("/full/disk", "is there already"))));
    let (folder, problem) = app.train.runs.fault.as_ref().unwrap();
    assert!(folder == Path::new("a") && problem.text.contains("is there already"));
    assert!(!app.train.runs.is_busy(Path::new("a")));
}

#[test]
fn a_dialog_chooses_where_a_run_is_exported() {
    let mut app = app();
    list(&mut app, vec![run("a", RunState::Done)]);
    ask(&mut app, Command::AskExport(Some(("a".into(), "/data/run a export".into()))));
    ask(&mut app, Command::BrowseExport);
    assert!(app.desk.take().is_some_and(|pick| pick.folder == Some("/data/run a export".into())));
    app.desk.answer(super::super::desk::Picked::Paths(vec!["/disk".into()]));
    app.tick();
    assert_eq!(app.train.runs.exporting, Some(("a".into(), "/disk/run a export".into())));
}

#[test]
fn a_run_opens_over_the_collection_or_with_its_own() {
    let mut app = app();
    list(&mut app, vec![run("a", RunState::Done), run("b", RunState::Interrupted)]);
    ask(&mut app, Command::OpenRun("a".into()));
    let asked = taken(&mut app);
    assert!(matches!(&asked[..], [(_, AnyWork::Document(document::Work::OpenEncoder { path, .. }))]
        if path == Path::new("a/encoder.safetensors")));
    ask(&mut app, Command::OpenRun("b".into()));
    let (key, Work::TakeBest(_)) = wanted(&mut app) else { panic!("what it kept was to be taken") };
    app.document.open = None;
    document_changed(&mut app);
    done(&mut app, key, Found::Taken { folder: "b".into(), encoder: "b/encoder.safetensors".into() });
    let asked = taken(&mut app);
    assert!(asked.iter().any(|(_, work)| matches!(work,
        AnyWork::Document(document::Work::Open { collection, encoder: Some(path), .. })
            if **collection == named("food") && path == Path::new("b/encoder.safetensors"))));
}

#[test]
fn the_settings_of_a_run_can_be_used_again() {
    let mut app = app();
    let mut used = run("a", RunState::Done);
    let config = TrainConfig { epochs: 77, device: DeviceChoice::Cpu, ..TrainConfig::default() };
    used.info.settings = serde_json::to_value(config).ok();
    list(&mut app, vec![used]);
    ask(&mut app, Command::Reuse("a".into()));
    assert_eq!((app.train.form.text(Field::Epochs), app.train.form.chosen.device), ("77", DeviceChoice::Cpu));
}
