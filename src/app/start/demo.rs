//! The demo: drawn, trained and inspected in one job, and then opened.

use super::{Found, Page};
use crate::app::work::sparing;
use crate::app::{App, JobKey, Lane, Problem, Request, Work};
use crate::config::{CollectionArgs, DemoConfig};
use crate::count::grouped;
use crate::demo::COLLECTION;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter, Task};
use crate::pipeline::{Answer, DemoAnswer, Job};

/// The demo, as the screen shows it.
#[derive(Debug, Default)]
pub struct Demo {
    /// The job that makes it.
    pub job: Option<JobKey>,
    /// Why it could not be made.
    pub problem: Option<Problem>,
    /// Whether it is made already.
    pub ready: bool,
}

/// How far the demo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Dishes are drawn, embedded and stored.
    Draw,
    /// An encoder is trained on them.
    Train,
    /// Four new drawings are inspected.
    Inspect,
}

impl Step {
    /// All, in their order.
    pub const ALL: [Self; 3] = [Self::Draw, Self::Train, Self::Inspect];
}

/// The step that a stage of the job belongs to.
pub fn step(stage: &str) -> Step {
    match stage {
        "inspecting" | "embedding pictures" | "reading the collection" | "reading a sample of the collection" => {
            Step::Inspect
        }
        "training"
        | "training what tells confidence"
        | "fitting the decoder"
        | "exact neighbours"
        | "reading vectors"
        | "reading ids" => Step::Train,
        _ => Step::Draw,
    }
}

/// Opens the demo where it is made, and makes it otherwise.
pub(super) fn begin(app: &mut App, fresh: bool) {
    let folder = app.folders.demo.clone();
    if app.jobs.is_live(app.start.demo.job) {
        app.start.page = Page::Demo;
        return;
    }
    let collection = CollectionArgs {
        store: Some(folder.clone()),
        collection: Some(COLLECTION.into()),
        ..CollectionArgs::default()
    };
    app.start.page = Page::Demo;
    app.start.demo.problem = None;
    if app.start.demo.ready && !fresh {
        let (collection, encoder) = (Box::new(collection), folder.join("encoder.safetensors"));
        return super::handle(app, super::Command::OpenDemo { collection, encoder });
    }
    // It is written to, or even deleted first.
    super::import::let_go(app, &collection);
    let config = DemoConfig { store: Some(folder), fresh, ..DemoConfig::default() };
    app.start.demo.ready = false;
    let request = Request::new("Making the demo", Lane::Heavy);
    app.start.demo.job = Some(app.submit(request, Work::Start(super::Work::Demo(config))));
}

/// Makes it, on a worker.
pub(super) fn run(config: DemoConfig, control: &Control, reporter: &mut Reporter) -> Result<Found> {
    match sparing(|| Job::Demo(config).run(control, reporter))? {
        Answer::Demo(answer) => Ok(Found::Demo(answer)),
        _ => Err(Error::setting("the demo has another result than a demo")),
    }
}

pub(super) fn made(app: &mut App, key: JobKey, answer: &DemoAnswer) {
    if app.start.demo.job != Some(key) {
        return;
    }
    app.start.demo.job = None;
    app.start.demo.ready = true;
    app.messages.success(format!("The demo is made: {} dishes and an encoder", grouped(answer.dishes)));
    // A person who went on to something else meanwhile is not taken away from it.
    if app.view.place.screen == crate::app::Screen::Start {
        super::open_demo(app, answer);
    }
}
