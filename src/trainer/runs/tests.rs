use super::*;
use crate::config::{CollectionArgs, DeviceChoice};
use crate::encoder::Encoder;
use crate::features::FeatureNotes;
use crate::features::names::{self, Subject};
use crate::job::{Control, EpochMetric, Reporter, StepMetric};
use crate::similarity::{SimilarityData, exact_neighbours};
use crate::source::{Distance, PointId};
use crate::trainer::{self, RunLog, Trained};

fn data(n: usize) -> SimilarityData {
    let vectors: Vec<f32> = (0..n * 6).map(|i| ((i * i) as f32 * 0.13).sin()).collect();
    let (control, mut reporter) = (Control::new(), Reporter::silent());
    let found = exact_neighbours(&vectors, 6, 10, Distance::Cosine, None, &control, &mut reporter).unwrap();
    let ids = (0..n as u64).map(PointId::Num).collect();
    SimilarityData {
        title: "collection \"food\" (training part)".into(),
        matrix: found.into_matrix(),
        vectors,
        dim: 6,
        ids,
    }
}

/// A training as the pipeline does it.
struct Training {
    config: TrainConfig,
    log: RunLog,
    record: RunRecord,
}

fn begin(log_dir: &Path, change: impl FnOnce(&mut TrainConfig)) -> Training {
    let collection = CollectionArgs { api_key: Some("secret".into()), ..CollectionArgs::default() };
    let mut config = TrainConfig {
        epochs: 2,
        blocks: 2,
        block_size: 4,
        epoch_size: 64,
        device: DeviceChoice::Cpu,
        log_dir: log_dir.to_owned(),
        keep_with_run: true,
        collection: CollectionArgs { collection: Some("food".into()), ..collection },
        ..TrainConfig::default()
    };
    change(&mut config);
    RunRecord::check(&config).unwrap();
    let log = RunLog::create(log_dir).unwrap();
    let record = RunRecord::begin(log.folder(), &config, &data(40), &data(20)).unwrap();
    Training { config, log, record }
}

impl Training {
    fn train(&mut self) -> Trained {
        let (control, mut reporter) = (Control::new(), Reporter::silent());
        trainer::train(&data(40), &data(20), &self.config, Some(&mut self.log), &control, &mut reporter).unwrap()
    }

    fn finish(mut self) -> Trained {
        let trained = self.train();
        self.record.write(&trained).unwrap();
        self.record.end(&self.log, Ok(&trained)).unwrap();
        trained
    }
}

fn only(log_dir: &Path) -> Run {
    let mut runs = list(log_dir).unwrap();
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

#[test]
fn a_run_is_recorded_from_its_beginning_to_its_end() {
    let logs = tempfile::tempdir().unwrap();
    assert_eq!(list(&logs.path().join("nowhere")).unwrap(), []);
    let training = begin(logs.path(), |_| ());
    let text = fs::read_to_string(logs.path().join("version_0/run.json")).unwrap();
    assert!(!text.contains("secret"), "{text}");

    let run = only(logs.path());
    assert_eq!((run.state, &run.weights, &run.problem), (RunState::Running, &Weights::None, &None));
    assert!(
        run.info.title.starts_with("compatible on food, 20") && run.info.title.ends_with(" UTC"),
        "{}",
        run.info.title
    );
    assert_eq!((run.info.train_points, run.info.val_points), (40, 20));
    assert!(run.info.started.is_some_and(|at| Moment::now().since(at) < 600));
    assert_eq!((run.info.ended, run.info.seconds), (None, None));

    let config = training.config.clone();
    let trained = training.finish();
    let run = only(logs.path());
    assert_eq!((run.state, run.info.state), (RunState::Done, RunState::Done));
    assert_eq!(run.info.device.as_deref(), Some("CPU"));
    assert_eq!((run.info.epochs, run.info.best_epoch), (2, Some(trained.best_epoch)));
    assert_eq!(run.info.metrics, trained.best.meta.metrics);
    assert_eq!(run.info.fingerprint, Some(trained.best.fingerprint()));
    assert!(run.info.ended >= run.info.started && run.info.seconds.is_some_and(|s| s > 0.0));
    let Weights::Encoder(path) = &run.weights else { panic!("{:?}", run.weights) };
    assert_eq!(path, &run.folder.join("encoder.safetensors"));
    assert_eq!(Encoder::read(path).unwrap(), trained.best);
    assert_eq!(Encoder::read(run.folder.join("encoder.last.safetensors")).unwrap(), trained.last);
    // The settings come back, but for the key.
    let again = run.info.config().unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&config).unwrap());
    assert_eq!(again.collection.api_key, None);
    assert!(!run.folder.join("run.lock").exists());
}

#[test]
fn however_a_run_ends_its_file_says_so() {
    let logs = tempfile::tempdir().unwrap();
    let end = |outcome: Result<&Trained, &Error>| {
        let training = begin(logs.path(), |_| ());
        let folder = training.log.folder().to_owned();
        training.record.end(&training.log, outcome).unwrap();
        Run::read(&folder)
    };
    let cancelled = end(Err(&Error::Cancelled));
    assert_eq!((cancelled.state, cancelled.info.message), (RunState::Cancelled, None));
    let failed = end(Err(&Error::Diverged { value: f32::NAN, epoch: 1, step: 7 }));
    assert_eq!(failed.state, RunState::Failed);
    let message = failed.info.message.unwrap();
    assert!(message.contains("the loss became NaN at step 7") && message.contains("lower --lr"), "{message}");
    assert_eq!(failed.weights, Weights::None);

    let mut training = begin(logs.path(), |_| ());
    let mut trained = training.train();
    trained.stopped = true;
    assert_eq!(end(Ok(&trained)).state, RunState::Stopped);

    // A panic.
    let training = begin(logs.path(), |_| ());
    let folder = training.log.folder().to_owned();
    let panicked = std::thread::spawn(move || {
        let _record = training.record;
        std::panic::resume_unwind(Box::new("out of cheese"));
    });
    assert!(panicked.join().is_err());
    let run = Run::read(&folder);
    assert_eq!((run.state, run.info.message.as_deref()), (RunState::Failed, Some("the job failed inside")));
}

/// What a killed process leaves: a file that says "running", and no lock.
fn killed(logs: &Path) -> (Run, Encoder) {
    let mut training = begin(logs, |_| ());
    let trained = training.train();
    training.log.rescue(&trained.best).unwrap();
    let folder = training.log.folder().to_owned();
    let held = Run::read(&folder);
    assert_eq!(held.state, RunState::Running);
    assert!(matches!(held.weights, Weights::Kept(_)));
    assert!(delete(&held, true).unwrap_err().to_string().contains("stop it first"));
    assert!(take_best(&held, None).is_err());
    let text = fs::read(folder.join(RUN)).unwrap();
    drop(training);
    fs::write(folder.join(RUN), text).unwrap();
    fs::write(folder.join(LOCK), "").unwrap();
    (Run::read(&folder), trained.best)
}

#[test]
fn a_run_whose_process_died_is_interrupted_and_its_weights_can_be_taken() {
    let logs = tempfile::tempdir().unwrap();
    let (run, best) = killed(logs.path());
    assert_eq!((run.state, run.info.state), (RunState::Interrupted, RunState::Running));
    assert_eq!(run.info.metrics, best.meta.metrics, "from what it measured");
    assert_eq!((run.info.epochs, run.info.best_epoch), (2, best.meta.metrics.as_ref().map(|m| m.epoch)));
    assert!(run.info.ended >= run.info.started);

    let target = logs.path().join("out/taken.safetensors");
    assert_eq!(take_best(&run, Some(&target)).unwrap(), target);
    assert_eq!(Encoder::read(&target).unwrap(), best);
    let run = Run::read(&run.folder);
    assert_eq!((run.state, &run.weights), (RunState::Interrupted, &Weights::Encoder(target)));
    assert_eq!(run.info.fingerprint, Some(best.fingerprint()));
    assert!(take_best(&run, None).unwrap_err().to_string().contains("kept no weights"));
}

#[test]
fn kept_weights_can_be_taken_into_the_runs_own_folder() {
    let logs = tempfile::tempdir().unwrap();
    let (run, best) = killed(logs.path());
    let path = take_best(&run, None).unwrap();
    assert_eq!(path, run.folder.join("encoder.safetensors"));
    assert_eq!(Encoder::read(&path).unwrap(), best);
    assert_eq!(Run::read(&run.folder).weights, Weights::Encoder(path));
}

#[test]
fn a_broken_folder_is_listed_with_its_problem_and_others_are_not_listed() {
    let logs = tempfile::tempdir().unwrap();
    let at = |name: &str| {
        let folder = logs.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    };
    begin(logs.path(), |_| ()).finish();
    fs::write(at("broken").join(RUN), "{ \"title\": ").unwrap();
    fs::write(at("later").join(RUN), r#"{ "title": "of a later version", "state": "dreaming", "dreams": 7 }"#).unwrap();
    fs::write(at("version_7").join("metrics.jsonl"), "nothing\n").unwrap();
    fs::write(at("something").join("metrics.jsonl"), "").unwrap();
    fs::write(at("version_8").join("hparams.yaml"), "").unwrap();
    fs::write(logs.path().join("version_9"), "a file").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(logs.path().join("version_0"), logs.path().join("version_10")).unwrap();

    let runs = list(logs.path()).unwrap();
    let names: Vec<_> = runs.iter().map(|r| r.folder.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["version_0", "version_7", "broken", "later"], "those without a beginning come last");
    let problem = |i: usize| runs[i].problem.as_deref().unwrap_or_default();
    assert_eq!(problem(0), "");
    assert!(problem(1).contains("older version"));
    assert!(problem(2).contains("run.json: is not what a run writes"), "{}", problem(2));
    assert_eq!((runs[2].state, runs[2].info.title.as_str()), (RunState::Unknown, "broken"));
    assert_eq!((runs[3].state, runs[3].info.title.as_str()), (RunState::Unknown, "of a later version"));
    assert!(rename(&runs[2], "mended").is_err(), "what it holds is not written over");
    assert!(list(&logs.path().join("version_9")).is_err(), "a file is no folder of runs");
}

#[test]
fn a_run_of_an_older_version_is_read_from_its_other_files() {
    let logs = tempfile::tempdir().unwrap();
    let (run, best) = killed(logs.path());
    fs::remove_file(run.folder.join(RUN)).unwrap();
    let old = only(logs.path());
    assert_eq!((old.state, old.info.title.as_str()), (RunState::Unknown, "version_0"));
    assert!(old.problem.as_ref().unwrap().contains("older version"));
    assert_eq!((old.info.epochs, &old.info.metrics), (2, &best.meta.metrics));
    assert_eq!((old.info.train_points, old.info.val_points), (40, 20));
    assert!(old.info.config().is_some_and(|c| c.blocks == 2));
    assert!(old.info.started.is_some() && old.info.ended >= old.info.started);
    assert_eq!(old.weights, Weights::Kept(old.folder.join("best.safetensors")));
    assert_eq!(rename(&old, " soups ").unwrap(), "soups");
    let named = only(logs.path());
    assert_eq!((named.info.title.as_str(), named.info.epochs, named.problem), ("soups", 2, None));
}

#[test]
fn runs_are_listed_newest_first() {
    let logs = tempfile::tempdir().unwrap();
    for (name, started) in [("version_2", 50), ("version_10", 70), ("version_9", 70), ("other", 60)] {
        fs::create_dir(logs.path().join(name)).unwrap();
        let info = RunInfo { started: Some(Moment::from_seconds(started)), ..RunInfo::default() };
        write_info(&logs.path().join(name), &info).unwrap();
    }
    let names: Vec<_> = list(logs.path()).unwrap().into_iter().map(|r| r.info.title).collect();
    assert_eq!(names, ["version_10", "version_9", "other", "version_2"]);
}

#[test]
fn a_name_that_is_given_while_a_run_goes_on_stays() {
    let logs = tempfile::tempdir().unwrap();
    let training = begin(logs.path(), |_| ());
    assert_eq!(rename(&only(logs.path()), "  the good one ").unwrap(), "the good one");
    training.finish();
    let run = only(logs.path());
    assert_eq!((run.info.title.as_str(), run.state), ("the good one", RunState::Done));
    for bad in ["", "  ", "two\nlines", &"x".repeat(121)] {
        assert!(rename(&run, bad).is_err(), "{bad:?}");
    }
    assert_eq!(only(logs.path()).info.title, "the good one");
}

#[test]
fn what_was_measured_is_read_back_without_a_line_that_was_cut_off() {
    let logs = tempfile::tempdir().unwrap();
    begin(logs.path(), |_| ()).finish();
    let run = only(logs.path());
    let metrics = read_metrics(&run).unwrap();
    let steps = metrics.iter().filter(|m| matches!(m, Metric::Step(_))).count();
    assert_eq!((steps, metrics.len()), (4, 6));
    let Some(Metric::Epoch(last)) = metrics.last() else { panic!("an epoch ends it") };
    assert_eq!((last.epoch, last.usage.len(), last.entropy.len()), (2, 8, 2));

    let path = run.folder.join("metrics.jsonl");
    let whole = fs::read(&path).unwrap();
    for cut in [1, 30, whole.len() - 3] {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let read = read_metrics(&run).unwrap();
        // Without its line break alone the last one is whole.
        assert!(metrics.starts_with(&read) && (read.len() == metrics.len()) == (cut == 1), "{cut}: {}", read.len());
    }
    let mut torn = whole.clone();
    torn[3] = b'#';
    fs::write(&path, &torn).unwrap();
    assert!(read_metrics(&run).unwrap_err().to_string().contains("line 1 is not a metric"));
    fs::remove_file(&path).unwrap();
    assert!(read_metrics(&run).is_err());
}

#[test]
fn deleting_takes_what_runs_make_and_nothing_else() {
    let logs = tempfile::tempdir().unwrap();
    let outside = logs.path().join("outside.txt");
    fs::write(&outside, "mine").unwrap();
    let trained = begin(logs.path(), |_| ()).finish();
    let run = only(logs.path());
    let fingerprint = trained.best.fingerprint();
    let subject = Subject { fingerprint: &fingerprint, features: 8 };
    FeatureNotes::default().write(&run.folder.join(ENCODER), subject).unwrap();
    fs::write(run.folder.join("notes.txt"), "a person's").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&outside, run.folder.join("events.out.tfevents.link")).unwrap();

    let names = |paths: &[PathBuf]| -> Vec<String> {
        paths.iter().map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let deleted = delete(&run, false).unwrap();
    assert_eq!(deleted.files.len(), 3, "{:?}", deleted.files);
    let mut left = vec!["encoder.features.json", "encoder.last.safetensors", "encoder.safetensors", "notes.txt"];
    if cfg!(unix) {
        left.insert(3, "events.out.tfevents.link");
    }
    assert_eq!(names(&deleted.left), left);
    assert_eq!(list(logs.path()).unwrap(), []);
    assert!(delete(&run, true).unwrap_err().to_string().contains("is not the folder of a run"));
    assert!(run.folder.join("encoder.safetensors").exists());

    // Another one with nothing of others' in it goes altogether.
    begin(logs.path(), |_| ()).finish();
    let run = only(logs.path());
    FeatureNotes::default().write(&run.folder.join(ENCODER), subject).unwrap();
    assert_eq!(delete(&run, true).unwrap().left, [] as [PathBuf; 0]);
    assert!(!run.folder.exists());
    assert_eq!(fs::read_to_string(outside).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_run_is_not_followed() {
    let logs = tempfile::tempdir().unwrap();
    begin(logs.path(), |_| ()).finish();
    let run = only(logs.path());
    let link = logs.path().join("version_1");
    std::os::unix::fs::symlink(&run.folder, &link).unwrap();
    let linked = Run::read(&link);
    assert!(delete(&linked, true).is_err() && rename(&linked, "x").is_err());
    assert_eq!(only(logs.path()), run);
}

#[test]
fn an_encoder_elsewhere_goes_only_if_it_is_still_the_runs_own() {
    let logs = tempfile::tempdir().unwrap();
    let output = logs.path().join("data/e.safetensors");
    let train = |seed: u64| {
        begin(logs.path(), |config| {
            (config.keep_with_run, config.output, config.seed) = (false, output.clone(), seed);
        })
        .finish()
    };
    train(1);
    let second = train(2).best;
    let runs = list(logs.path()).unwrap();
    let [new, old] = &runs[..] else { panic!("two runs") };
    assert_eq!(old.weights, Weights::Replaced(output.clone()));
    assert_eq!(new.weights, Weights::Encoder(output.clone()));
    delete(old, true).unwrap();
    assert_eq!(Encoder::read(&output).unwrap(), second, "another run's encoder stays");
    let fingerprint = second.fingerprint();
    FeatureNotes::default().write(&output, Subject { fingerprint: &fingerprint, features: 8 }).unwrap();
    let deleted = delete(new, true).unwrap();
    let data = logs.path().join("data");
    for file in ["e.safetensors", "e.last.safetensors", "e.features.json"] {
        assert!(deleted.files.contains(&data.join(file)) && !data.join(file).exists(), "{file}");
    }
    train(3);
    fs::remove_file(&output).unwrap();
    assert_eq!(only(logs.path()).weights, Weights::Gone(output));
}

#[test]
fn an_export_is_a_whole_run_of_its_own() {
    let logs = tempfile::tempdir().unwrap();
    let trained = begin(logs.path(), |_| ()).finish();
    let run = only(logs.path());
    let fingerprint = trained.best.fingerprint();
    let subject = Subject { fingerprint: &fingerprint, features: 8 };
    let mut notes = FeatureNotes::default();
    notes.rename(3, "soups").unwrap();
    notes.write(&run.folder.join(ENCODER), subject).unwrap();

    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("deep/exported");
    export(&run, &target, &Control::new()).unwrap();
    let exported = only(target.parent().unwrap());
    assert_eq!((exported.state, &exported.info.metrics), (run.state, &run.info.metrics));
    assert_eq!(exported.weights, Weights::Encoder(target.join("encoder.safetensors")));
    assert_eq!(Encoder::read(target.join("encoder.safetensors")).unwrap(), trained.best);
    assert_eq!(Encoder::read(target.join("encoder.last.safetensors")).unwrap(), trained.last);
    assert_eq!(FeatureNotes::read(&target.join("encoder.safetensors"), subject).unwrap().notes, notes);
    assert_eq!(read_metrics(&exported).unwrap(), read_metrics(&run).unwrap());
    let table = fs::read_to_string(target.join("metrics.csv")).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 7);
    assert!(lines.iter().all(|line| line.len() == 16), "{table}");
    assert_eq!(
        (lines[0][15], lines[1][0], lines[1][1], lines[3][0], lines[3][2]),
        ("entropy_1", "step", "1", "epoch", "1")
    );

    assert!(export(&run, &target, &Control::new()).unwrap_err().to_string().contains("is there already"));
    let control = Control::new();
    control.cancel();
    let other = place.path().join("other");
    fs::create_dir(&other).unwrap();
    assert!(matches!(export(&run, &other, &control), Err(Error::Cancelled)));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "nothing half done is left");
    export(&run, &other, &Control::new()).unwrap();
    let begun = begin(logs.path(), |_| ());
    assert!(export(&list(logs.path()).unwrap()[0], &place.path().join("x"), &Control::new()).is_err());
    drop(begun);
    assert_eq!(names::path(Path::new("a/e.safetensors")), Path::new("a/e.features.json"));
}

#[test]
fn every_kind_of_metric_survives_its_line() {
    let epoch = EpochMetric { epoch: 3, train_loss: 0.1, nmi: Some(0.3), entropy: vec![0.7], ..EpochMetric::default() };
    for metric in [Metric::Step(StepMetric { step: 1, train_loss: 0.1, lr: 2e-3 }), Metric::Epoch(epoch)] {
        let line = serde_json::to_string(&metric).unwrap();
        assert_eq!(serde_json::from_str::<Metric>(&line).unwrap(), metric, "{line}");
    }
    // An older version knew fewer figures.
    let old = serde_json::from_str::<Metric>(r#"{"kind":"epoch","epoch":1,"val_loss":0.5}"#).unwrap();
    assert!(matches!(old, Metric::Epoch(m) if m.val_loss == 0.5 && m.nmi.is_none()));
}
