//! Trainings by real workers, from the form to an encoder.

use rand::{Rng, SeedableRng};

use super::*;

/// Two clouds of vectors in a file.
fn vectors(folder: &Path) -> CollectionArgs {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let mut rows = Vec::new();
    for i in 0..400 {
        rows.extend((0..8).map(|d| if d % 4 == i % 4 { 1.0 } else { 0.0 } + rng.random_range(-0.4..0.4f32)));
    }
    let path = folder.join("vectors.npy");
    crate::numpy::write_matrix(&path, 8, &rows).unwrap();
    CollectionArgs { vectors: Some(path), ..CollectionArgs::default() }
}

/// An app with threads whose collection is open, and a small form.
fn real(folder: &Path, epochs: u32) -> App {
    let folders = Folders { settings: None, data: folder.into(), demo: folder.into() };
    let mut app = App::new(Settings::default(), folders, Jobs::start());
    let collection = Box::new(vectors(folder));
    app.handle(Asked::Document(document::Command::Open { collection, encoder: None, then: Some(Screen::Train) }));
    wait(&mut app, |app| app.document.open.is_some());
    let config = TrainConfig {
        limit: 20,
        epochs,
        blocks: 2,
        block_size: 8,
        epoch_size: 320,
        min_margin: 0.05,
        device: DeviceChoice::Cpu,
        ..TrainConfig::default()
    };
    ask(&mut app, Command::Edit(Box::new(Form::from(&config))));
    app
}

fn wait(app: &mut App, until: impl Fn(&App) -> bool) {
    let began = Instant::now();
    while !until(app) {
        assert!(began.elapsed() < Duration::from_secs(120), "it takes too long: {:?}", app.messages.last());
        std::thread::sleep(Duration::from_millis(10));
        app.tick();
    }
}

#[test]
fn a_real_training_goes_from_the_form_to_an_open_encoder_and_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = real(folder.path(), 3);
    ask(&mut app, Command::Start);
    wait(&mut app, |app| app.document.encoder().is_some() && app.jobs.idle());
    let live = app.train.live.as_ref().unwrap();
    assert_eq!(live.end, Some(End::Done));
    assert_eq!((live.curves.loss.len(), live.curves.val.len()), (30, 3));
    let epochs: Vec<usize> = live.history.snapshots().iter().map(|s| s.epoch).collect();
    assert_eq!(epochs, [0, 1, 2, 3]);
    assert_eq!((live.history.ids.len(), live.history.at(None).unwrap().outputs.len()), (8, 8 * 16));
    let run = &app.train.runs.list[0];
    assert_eq!((run.state, Some(&run.folder)), (RunState::Done, live.folder.as_ref()));
    assert!(matches!(&run.weights, Weights::Encoder(path) if *path == app.document.encoder().unwrap().path));
    let json = std::fs::read_to_string(run.folder.join("run.json")).unwrap();
    assert!(json.contains("\"done\""), "{json}");
    // What is read back is what was seen.
    let read = runs_of(&app, run.folder.clone());
    assert_eq!(read.loss.points().collect::<Vec<_>>(), live.curves.loss.points().collect::<Vec<_>>());
}

fn runs_of(app: &App, folder: PathBuf) -> Curves {
    let run = app.train.runs.get(&folder).unwrap();
    Curves::of(crate::trainer::runs::read_metrics(run).unwrap(), 0.0)
}

#[test]
fn closing_while_a_training_runs_keeps_its_best_weights_and_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = real(folder.path(), 1_000_000);
    ask(&mut app, Command::Start);
    wait(&mut app, |app| app.train.live.as_ref().is_some_and(|live| live.curves.val.len() >= 2));
    app.handle(Asked::Quit);
    assert_eq!(app.view.dialog, Some(crate::app::Dialog::Quit), "it asks first");
    app.handle(Asked::QuitNow);
    wait(&mut app, App::closing);
    let live = app.train.live.as_ref().unwrap();
    assert_eq!(live.end, Some(End::Stopped));
    let run = Run::read(live.folder.as_ref().unwrap());
    assert_eq!(run.state, RunState::Stopped);
    let Weights::Encoder(path) = &run.weights else { panic!("its weights: {:?}", run.weights) };
    let best = live.curves.best.as_ref().unwrap();
    assert_eq!(Encoder::read(path).unwrap().meta.metrics.unwrap().val_loss, best.val_loss);
}
