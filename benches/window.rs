//! The window's own work in a frame: events of workers, logic and layout, without rasterising. CPU time of the thread
//! that draws, so that what else the machine does counts little. Also the memory that browsing takes.
//!
//! `cargo bench --bench window` makes the demo and a collection of 100,000 points once, in the target folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use blockscope::app::{App, Command, Folders, JobCommand, Jobs, Screen, Settings, document, inspect, train};
use blockscope::config::{CollectionArgs, DemoConfig, DeviceChoice, TrainConfig};
use blockscope::encoder::{Encoder, EncoderMeta};
use blockscope::job::{Control, Reporter, Task};
use blockscope::numpy::NpyWriter;
use blockscope::pipeline::{Answer, Job};
use blockscope::ui::{Window, theme};
use cpu_time::ThreadTime;
use eframe::egui::{self, Context, Event, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Vec2, pos2, vec2};
use rand::{Rng, SeedableRng};

/// Frames that are measured on each screen.
const FRAMES: usize = 1_000;
/// Frames over which memory is watched.
const MANY: usize = 10_000;
/// The window, in points.
const SIZE: Vec2 = vec2(1_600.0, 1_000.0);

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window-bench");
    std::fs::create_dir_all(&folder).expect("a folder for the benchmark");
    let (demo, encoder) = demo(&folder);
    println!("screen, with the demo (6,000 points), {FRAMES} frames each: CPU time of a frame in ms");
    let mut stage = Stage::new(&folder);
    stage.open(demo, encoder);
    stage.inspect();
    stage.all_screens();
    stage.memory();
    drop(stage);

    let (large, encoder) = large(&folder);
    println!("with 100,000 points while a training runs:");
    let mut stage = Stage::new(&folder);
    stage.open(large.clone(), encoder);
    let key = stage.train();
    stage.all_screens();
    assert!(stage.window.app.jobs.is_live(Some(key)), "the training ran all the time");
    stage.window.app.handle(Command::Job(key, JobCommand::Cancel));
}

/// The demo's collection and encoder.
fn demo(folder: &Path) -> (CollectionArgs, PathBuf) {
    let config = DemoConfig { store: Some(folder.join("demo")), no_window: true, ..DemoConfig::default() };
    match Job::Demo(config).run(&Control::new(), &mut Reporter::silent()).expect("the demo") {
        Answer::Demo(answer) => (answer.place(), answer.encoder),
        _ => unreachable!("the demo answers as the demo"),
    }
}

/// 100,000 random vectors of 512 dimensions and an encoder of 4 x 64 for them.
fn large(folder: &Path) -> (CollectionArgs, PathBuf) {
    const DIM: usize = 512;
    let (vectors, encoder) = (folder.join("large.npy"), folder.join("large.safetensors"));
    if !encoder.exists() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
        let mut writer = NpyWriter::create(&vectors, DIM).expect("a file of vectors");
        for _ in 0..100 {
            let page: Vec<f32> = (0..1_000 * DIM).map(|_| rng.random_range(-1.0f32..1.0)).collect();
            writer.push(&page).expect("a page of vectors");
        }
        writer.finish().expect("a file of vectors");
        let weights = (0..256 * DIM).map(|_| rng.random_range(-0.4f32..0.4)).collect();
        let made = Encoder::new(DIM, 4, 64, weights, vec![0.0; 256], EncoderMeta::default()).expect("an encoder");
        made.write(&encoder).expect("an encoder's file");
    }
    (CollectionArgs { vectors: Some(vectors), ..CollectionArgs::default() }, encoder)
}

struct Stage {
    ctx: Context,
    window: Window,
    frame: u64,
}

impl Stage {
    fn new(folder: &Path) -> Self {
        let ctx = Context::default();
        theme::install(&ctx);
        let folders = Folders { settings: None, data: folder.join("data"), demo: folder.join("demo") };
        let app = App::new(Settings::default(), folders, Jobs::start());
        let window = Window::new(app, &ctx);
        Self { ctx, window, frame: 0 }
    }

    /// Draws a frame in which the pointer moves and, now and then, the wheel turns; gives the CPU time.
    fn frame(&mut self) -> Duration {
        self.frame += 1;
        let t = self.frame as f32;
        let at: Pos2 = pos2(800.0 + 600.0 * (t / 37.0).sin(), 500.0 + 380.0 * (t / 23.0).cos());
        let mut events = vec![Event::PointerMoved(at)];
        if self.frame.is_multiple_of(3) {
            let down = if (self.frame / 300).is_multiple_of(2) { -40.0 } else { 40.0 };
            events.push(Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, down),
                phase: TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
                modifiers: egui::Modifiers::NONE,
            });
        }
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(f64::from(t) / 60.0),
            max_texture_side: Some(8_192),
            events,
            ..RawInput::default()
        };
        let began = ThreadTime::now();
        let output = self.ctx.run_ui(input, |ui| {
            self.window.logic(ui.ctx());
            self.window.show(ui);
        });
        let took = began.elapsed();
        output.drop_without_applying_deltas();
        took
    }

    /// Draws frames until something is so.
    fn until(&mut self, what: &str, so: impl Fn(&App) -> bool) {
        let began = Instant::now();
        while !so(&self.window.app) {
            assert!(began.elapsed() < Duration::from_secs(120), "{what} takes too long");
            self.frame();
            std::thread::sleep(Duration::from_millis(5));
        }
        println!("  {what}: {:.2} s", began.elapsed().as_secs_f64());
    }

    fn open(&mut self, collection: CollectionArgs, encoder: PathBuf) {
        let open = document::Command::Open {
            collection: Box::new(collection),
            encoder: Some(encoder),
            then: Some(Screen::Features),
        };
        self.window.app.handle(Command::Document(open));
        self.until("first content", |app| app.features.index().is_some());
        self.until("whole index", |app| app.features.is_whole());
    }

    /// Has four drawings judged, so that the inspecting screen has something to show.
    fn inspect(&mut self) {
        self.window.app.handle(Command::Inspect(inspect::Command::Drawings));
        self.until("four drawings judged", |app| {
            app.inspect.cards().iter().filter(|c| c.judged().is_some()).count() == 4
        });
    }

    fn train(&mut self) -> blockscope::app::JobKey {
        let config =
            TrainConfig { epochs: 100_000, device: DeviceChoice::Cpu, sample: 2_000, ..TrainConfig::default() };
        let form = Box::new(train::Form::from(&config));
        self.window.app.handle(Command::Train(train::Command::Edit(form)));
        self.window.app.handle(Command::Train(train::Command::Start));
        self.until("first steps", |app| app.train.running().is_some_and(|live| live.curves.loss.len() > 100));
        self.window.app.train.running().expect("a training runs").key
    }

    fn all_screens(&mut self) {
        let screens = [Screen::Start, Screen::Train, Screen::Inspect, Screen::Features];
        for command in screens.map(Command::Show).into_iter().chain([Command::Feature(3)]) {
            let name = match &command {
                Command::Show(screen) => screen.title(),
                _ => "Feature page",
            };
            self.window.app.handle(command);
            for _ in 0..20 {
                self.frame();
            }
            let mut times: Vec<f64> = (0..FRAMES).map(|_| self.frame().as_secs_f64() * 1e3).collect();
            times.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| times[((FRAMES - 1) as f64 * share) as usize];
            println!(
                "  {name:<13} median {:.2}, 99th percentile {:.2} (goal 4), most {:.2}",
                at(0.5),
                at(0.99),
                times[FRAMES - 1]
            );
        }
    }

    /// Browses through feature pages, and tells how much more memory the process holds in the end.
    fn memory(&mut self) {
        let features = self.window.app.document.encoder().map_or(1, |e| e.encoder.outputs());
        let browse = |stage: &mut Self, frames: usize| {
            for i in 0..frames {
                if i % 10 == 0 {
                    stage.window.app.handle(Command::Feature(i / 10 % features));
                }
                stage.frame();
            }
        };
        browse(self, MANY);
        let before = resident();
        browse(self, MANY);
        match (before, resident()) {
            (Some(before), Some(after)) => {
                println!("  memory after {MANY} frames of browsing {before:.0} MB, after {MANY} more {after:.0} MB")
            }
            _ => println!("  memory: not known on this system"),
        }
    }
}

/// Megabytes of memory that the process holds, on Linux.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1e3)
}
