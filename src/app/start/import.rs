//! Imports: pictures, texts or vectors into a new collection, which is opened then to be trained on.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::{Found, Origin, Page};
use crate::app::desk::Secret;
use crate::app::work::sparing;
use crate::app::{
    About, App, Command as AppCommand, JobCommand, JobKey, Lane, Problem, Request, Screen, Work, document, settings,
};
use crate::config::{CollectionArgs, ImportPicturesConfig, ImportTextsConfig, ImportVectorsConfig, ModelArgs};
use crate::count::grouped;
use crate::embed::{self, DEFAULT_MODEL, Embedder, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter, Task};
use crate::picture;
use crate::pipeline::{Answer, Imported, Job, ModelLine};
use crate::source::{Distance, FileSource, Payload, ServerAddress, VectorSource};

/// The model for texts, unless another one is here: small, and good enough for a first look.
const TEXT_MODEL: &str = "Qdrant/all-MiniLM-L6-v2-onnx";
/// Lines that are looked at for fields that hold texts.
const LINES: usize = 20;

/// What is imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A folder of pictures, through a model.
    #[default]
    Pictures,
    /// A file of texts, through a model.
    Texts,
    /// A file of vectors, as they are.
    Vectors,
}

impl Kind {
    /// The side of a model that it goes through.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Pictures => Some(Side::Pictures),
            Self::Texts => Some(Side::Texts),
            Self::Vectors => None,
        }
    }
}

/// Where the new collection goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Target {
    /// The embedded store of the user's data folder.
    #[default]
    Own,
    /// Another embedded store.
    Store,
    /// A server.
    Server,
}

/// What a person writes to import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportForm {
    /// What it is.
    pub kind: Kind,
    /// The folder of pictures, or the file.
    pub path: String,
    /// Further pictures that were dropped with the first.
    pub others: Vec<PathBuf>,
    /// The model: a name of the list, or a folder.
    pub model: String,
    /// The field of a text's line that is embedded.
    pub field: String,
    /// Payloads of vectors; empty where there are none.
    pub payload: String,
    /// How nearness is measured among vectors.
    pub distance: Distance,
    /// The name of the new collection.
    pub name: String,
    /// Where it goes.
    pub target: Target,
    /// The other store.
    pub store: String,
    /// The server's address.
    pub address: String,
    /// Its key.
    pub key: Secret,
}

impl Default for ImportForm {
    fn default() -> Self {
        Self {
            kind: Kind::Pictures,
            path: String::new(),
            others: Vec::new(),
            model: DEFAULT_MODEL.into(),
            field: "text".into(),
            payload: String::new(),
            distance: Distance::Cosine,
            name: String::new(),
            target: Target::Own,
            store: String::new(),
            address: "http://localhost:6334".into(),
            key: Secret::default(),
        }
    }
}

/// A model and the side of it that is needed.
pub type ModelKey = (String, Side);

/// What is known of the size of a model that is not here.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelSize {
    /// The hub is being asked.
    Asking,
    /// So much is to be downloaded, as far as the hub told it.
    Known(Option<u64>),
}

/// What a path holds that is to be imported.
#[derive(Clone, Debug, PartialEq)]
pub enum Survey {
    /// Pictures, and their bytes.
    Pictures {
        /// Files.
        count: u64,
        /// Bytes of all of them.
        bytes: u64,
    },
    /// Texts.
    Texts {
        /// Lines.
        lines: u64,
        /// Fields that hold texts, the longest first.
        fields: Vec<String>,
    },
    /// Vectors.
    Vectors {
        /// Rows.
        rows: u64,
        /// Dimensions.
        dim: usize,
    },
}

/// An import that has ended well.
#[derive(Clone, Debug)]
pub struct ImportDone {
    /// What it did.
    pub answer: Imported,
    /// The collection.
    pub collection: CollectionArgs,
}

/// An import, as the screen shows it.
#[derive(Debug, Default)]
pub struct Import {
    /// The form.
    pub form: ImportForm,
    /// Whether the person named the collection; its name comes from the path otherwise.
    named: bool,
    /// The models that can be named, once they are listed.
    pub models: Vec<ModelLine>,
    /// The sizes of models that are not here.
    pub sizes: HashMap<ModelKey, ModelSize>,
    /// What the path holds.
    pub survey: Option<Survey>,
    /// The job that looks at it.
    pub surveying: Option<JobKey>,
    /// Why it cannot be looked at.
    pub unreadable: Option<Problem>,
    /// The job that imports.
    pub job: Option<JobKey>,
    /// The collection that it writes.
    writing: Option<CollectionArgs>,
    /// What is wrong with the form, or why the import failed.
    pub problem: Option<(ImportField, Problem)>,
    /// Whether the last import was cancelled.
    pub cancelled: bool,
    /// The last import that ended well.
    pub done: Option<ImportDone>,
}

/// The field of the form that a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportField {
    /// What is imported.
    Path,
    /// The model.
    Model,
    /// The name of the new collection.
    Name,
    /// The other store.
    Store,
    /// The server's address.
    Address,
    /// The server's key.
    Key,
    /// Anything else.
    Whole,
}

impl Import {
    /// The model of the form, as it is listed; none for a folder.
    pub fn model(&self) -> Option<&ModelLine> {
        let side = self.form.kind.side()?;
        self.models.iter().find(|model| model.side == side && model.name == self.form.model)
    }

    /// What is known of the model's download, where it is not here.
    pub fn size(&self) -> Option<&ModelSize> {
        let model = self.model().filter(|model| !model.here)?;
        self.sizes.get(&(model.name.clone(), model.side))
    }
}

pub(super) fn models(control: &Control, reporter: &mut Reporter) -> Result<Vec<ModelLine>> {
    match Job::Models.run(control, reporter)? {
        Answer::Models(answer) => Ok(answer.models),
        _ => Err(Error::setting("the list of models has another form than a list of models")),
    }
}

pub(super) fn model_size(key: ModelKey, control: &Control) -> Result<Found> {
    let args = ModelArgs { model: Some(key.0.clone()), ..ModelArgs::default() };
    let bytes = match Embedder::to_download(&args, None, key.1, None, control) {
        Ok(Some(download)) => download.bytes,
        Ok(None) => Some(0),
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        // A size that is not known is no failure: the import says what is wrong when it needs the model.
        Err(_) => None,
    };
    Ok(Found::ModelSize(key, ModelSize::Known(bytes)))
}

pub(super) fn survey(kind: Kind, paths: &[PathBuf], control: &Control) -> Result<Survey> {
    let first = paths.first().map_or(Path::new(""), PathBuf::as_path);
    match kind {
        Kind::Pictures => {
            let pictures = picture::gather_all(paths, control)?.pictures;
            if pictures.is_empty() {
                return Err(Error::file(first, "holds no pictures (JPEG, PNG, WebP, GIF, BMP or TIFF)"));
            }
            let bytes = pictures.iter().map(|picture| picture.size).sum();
            Ok(Survey::Pictures { count: pictures.len() as u64, bytes })
        }
        Kind::Texts => survey_texts(first, control),
        Kind::Vectors => {
            let source = FileSource::open(first, None, Distance::Cosine)?;
            let info = source.info();
            Ok(Survey::Vectors { rows: info.points, dim: info.dim })
        }
    }
}

fn survey_texts(path: &Path, control: &Control) -> Result<Survey> {
    let file = std::fs::File::open(path).map_err(Error::io(path))?;
    let mut fields: Vec<(String, usize)> = Vec::new();
    let mut lines = 0;
    for line in BufReader::new(file).split(b'\n') {
        let line = line.map_err(Error::io(path))?;
        lines += 1;
        if lines % 10_000 == 0 {
            control.check_whole()?;
        }
        let object = if lines <= LINES as u64 { serde_json::from_slice::<Payload>(&line).ok() } else { None };
        for (name, value) in object.into_iter().flatten() {
            let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) else { continue };
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, length)) => *length += text.len(),
                None => fields.push((name, text.len())),
            }
        }
    }
    if fields.is_empty() {
        return Err(Error::file(path, "holds no JSON objects with a text in them; one is needed a line"));
    }
    fields.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    Ok(Survey::Texts { lines, fields: fields.into_iter().map(|(name, _)| name).collect() })
}

/// Imports, on a worker.
pub(super) fn run(job: Job, control: &Control, reporter: &mut Reporter) -> Result<Found> {
    match sparing(|| job.run(control, reporter))? {
        Answer::Import(answer) => Ok(Found::Imported(answer)),
        _ => Err(Error::setting("the import has another result than an import")),
    }
}

/// The person comes to the form.
pub(super) fn arrive(app: &mut App) {
    if app.start.import.models.is_empty() {
        list_models(app);
    }
}

fn list_models(app: &mut App) {
    app.submit(Request::quiet("Listing models", Lane::Files), Work::Start(super::Work::Models));
}

pub(super) fn models_listed(app: &mut App, models: Vec<ModelLine>) {
    app.start.import.models = models;
    ask_size(app);
}

pub(super) fn edit(app: &mut App, mut form: ImportForm) {
    let import = &mut app.start.import;
    if form.kind != import.form.kind {
        form.model = usual_model(&import.models, form.kind);
        form.others.clear();
    }
    let elsewhere = form.path != import.form.path || form.kind != import.form.kind || form.others != import.form.others;
    if elsewhere {
        if form.path != import.form.path && form.others == import.form.others {
            form.others.clear();
        }
        (import.survey, import.unreadable) = (None, None);
        if let Some(job) = import.surveying.take() {
            app.jobs.steer(job, JobCommand::Cancel);
        }
    }
    if form.name != import.form.name {
        import.named = !form.name.trim().is_empty();
    }
    if !import.named {
        form.name = name_of(&form);
    }
    let other_model = form.model != import.form.model;
    import.form = form;
    (import.problem, import.cancelled) = (None, false);
    if other_model {
        ask_size(app);
    }
}

/// The model that a form begins with: one for everything where it is here, or else a small one.
fn usual_model(models: &[ModelLine], kind: Kind) -> String {
    let usual = if kind == Kind::Texts { TEXT_MODEL } else { DEFAULT_MODEL };
    let fits = |model: &&ModelLine| Some(model.side) == kind.side() && model.here && model.name != embed::DEMO;
    let here: Vec<&ModelLine> = models.iter().filter(fits).collect();
    let best = here.iter().find(|model| model.name == usual).or(here.first());
    best.map_or(usual, |model| &model.name).to_owned()
}

/// A name for the collection: that of the folder or file, without what a store or server refuses.
fn name_of(form: &ImportForm) -> String {
    let path = Path::new(form.path.trim());
    let of_file =
        if form.kind == Kind::Pictures && form.others.is_empty() { path.file_name() } else { path.file_stem() };
    let name = if form.others.is_empty() { of_file } else { path.parent().and_then(Path::file_name) };
    let name = name.unwrap_or_default().to_string_lossy();
    let refused = |c: char| c.is_control() || c.is_whitespace() || "<>:\"/\\|?*".contains(c);
    let plain: String = name.chars().map(|c| if refused(c) { '-' } else { c }).collect();
    plain.trim_matches(['-', '.']).to_owned()
}

/// Asks how large the model's download is, where it is not here and nobody has asked.
fn ask_size(app: &mut App) {
    let Some(model) = app.start.import.model().filter(|model| !model.here) else { return };
    let key = (model.name.clone(), model.side);
    if matches!(app.start.import.sizes.get(&key), Some(ModelSize::Asking | ModelSize::Known(Some(_)))) {
        return;
    }
    app.start.import.sizes.insert(key.clone(), ModelSize::Asking);
    let request = Request::quiet(format!("Asking how large {} is", key.0), Lane::Quick);
    app.submit(request, Work::Start(super::Work::ModelSize(key)));
}

pub(super) fn size_known(app: &mut App, key: ModelKey, size: ModelSize) {
    app.start.import.sizes.insert(key, size);
}

/// Has the path looked at.
pub(super) fn look(app: &mut App) {
    let import = &mut app.start.import;
    if import.form.path.trim().is_empty() || import.survey.is_some() || import.surveying.is_some() {
        return;
    }
    import.unreadable = None;
    let (kind, paths) = (import.form.kind, paths(&import.form));
    let request = Request::quiet(format!("Looking at {}", import.form.path), Lane::Files);
    let job = app.submit(request, Work::Start(super::Work::Survey(kind, paths)));
    app.start.import.surveying = Some(job);
}

fn paths(form: &ImportForm) -> Vec<PathBuf> {
    std::iter::once(PathBuf::from(form.path.trim())).chain(form.others.iter().cloned()).collect()
}

pub(super) fn surveyed(app: &mut App, key: JobKey, survey: Survey) {
    let import = &mut app.start.import;
    if import.surveying != Some(key) {
        return;
    }
    import.surveying = None;
    if let Survey::Texts { fields, .. } = &survey
        && !fields.contains(&import.form.field)
        && let Some(first) = fields.first()
    {
        import.form.field.clone_from(first);
    }
    import.survey = Some(survey);
}

/// The collection that the form names.
fn target(app: &App) -> Result<CollectionArgs, (ImportField, Problem)> {
    let form = &app.start.import.form;
    let missing = |field, text: &str, hint: &str| {
        Err((field, Problem { text: text.into(), hint: Some(hint.into()), about: About::Other }))
    };
    if form.path.trim().is_empty() {
        return missing(ImportField::Path, "nothing is named to import", "choose it, or type its path");
    }
    if form.kind.side().is_some() && form.model.trim().is_empty() {
        return missing(ImportField::Model, "no model is named", "choose one of the list, or the folder of one");
    }
    let name = form.name.trim();
    if name.is_empty() {
        return missing(ImportField::Name, "the new collection has no name", "type one");
    }
    if name.starts_with('.') || name.chars().any(|c| c.is_control() || "<>:\"/\\|?*".contains(c)) {
        let hint = "leave out a dot in front, and < > : \" / \\ | ? *";
        return missing(ImportField::Name, &format!("\"{name}\" cannot be the name of a collection"), hint);
    }
    let mut collection = CollectionArgs { collection: Some(name.to_owned()), ..CollectionArgs::default() };
    match form.target {
        Target::Own => collection.store = Some(own_store(app)),
        Target::Store if form.store.trim().is_empty() => {
            return missing(ImportField::Store, "no store is named", "choose a folder, or type its path");
        }
        Target::Store => collection.store = Some(form.store.trim().into()),
        Target::Server => match ServerAddress::parse(&form.address, form.key.given()) {
            Ok((address, _)) => {
                let known = app.start.keys.get(&address.url).and_then(|key| key.given().map(str::to_owned));
                collection.api_key = address.api_key.or(known);
                collection.url = Some(address.url);
            }
            Err(error) => {
                let problem = Problem::from(&error);
                let field = if problem.about == About::Key { ImportField::Key } else { ImportField::Address };
                return Err((field, problem));
            }
        },
    }
    Ok(collection)
}

/// The embedded store of the user's data folder.
pub(super) fn own_store(app: &App) -> PathBuf {
    app.folders.data.join("collections")
}

/// Begins the import. A model that has to be downloaded is asked about first: its size is shown before.
pub(super) fn begin(app: &mut App) {
    if app.jobs.is_live(app.start.import.job) {
        return;
    }
    let collection = match target(app) {
        Ok(collection) => collection,
        Err(problem) => {
            app.start.import.problem = Some(problem);
            return;
        }
    };
    let import = &app.start.import;
    if import.model().is_some_and(|model| !model.here) && matches!(import.size(), None | Some(ModelSize::Asking)) {
        return ask_size(app);
    }
    let form = import.form.clone();
    let model = ModelArgs { model: Some(form.model.trim().to_owned()), ..ModelArgs::default() };
    let job = match form.kind {
        Kind::Pictures => Job::ImportPictures(ImportPicturesConfig {
            pictures: paths(&form),
            no_thumbnails: false,
            model,
            collection: collection.clone(),
        }),
        Kind::Texts => Job::ImportTexts(ImportTextsConfig {
            texts: form.path.trim().into(),
            field: form.field.clone(),
            id_field: None,
            model,
            collection: collection.clone(),
        }),
        Kind::Vectors => Job::ImportVectors(ImportVectorsConfig {
            ids: None,
            collection: CollectionArgs {
                vectors: Some(form.path.trim().into()),
                payload: Some(form.payload.trim()).filter(|path| !path.is_empty()).map(PathBuf::from),
                distance: form.distance,
                ..collection.clone()
            },
        }),
    };
    let_go(app, &collection);
    let name = collection.collection.clone().unwrap_or_default();
    let key = app.submit(
        Request::new(format!("Importing into {name}"), Lane::Heavy),
        Work::Start(super::Work::Import(Box::new(job))),
    );
    let import = &mut app.start.import;
    (import.job, import.writing, import.problem) = (Some(key), Some(collection), None);
    (import.done, import.cancelled) = (None, false);
}

/// Closes a collection that a job is about to change under it.
pub(super) fn let_go(app: &mut App, collection: &CollectionArgs) {
    let is_it = |open: &document::Document| {
        open.collection.store == collection.store
            && open.collection.collection == collection.collection
            && open.collection.store.is_some()
    };
    if app.document.open.as_ref().is_some_and(is_it) {
        app.handle(AppCommand::Document(document::Command::Close));
    }
}

/// The import failed, or was cancelled.
pub(super) fn failed(app: &mut App, problem: Option<Problem>) {
    let import = &mut app.start.import;
    import.job = None;
    import.cancelled = problem.is_none();
    import.problem = problem.map(|problem| {
        let field = match problem.about {
            About::Address => ImportField::Address,
            About::Key => ImportField::Key,
            _ => ImportField::Whole,
        };
        (field, problem)
    });
    // A download may have got a model before it failed.
    list_models(app);
}

pub(super) fn imported(app: &mut App, key: JobKey, answer: Imported) {
    let import = &mut app.start.import;
    if import.job != Some(key) {
        return;
    }
    import.job = None;
    let Some(collection) = import.writing.take() else { return };
    let name = document::title(&collection);
    let all = answer.skipped.is_empty();
    if let Some(url) = &collection.url {
        let (url, key) = (url.clone(), collection.api_key.clone().map(Secret));
        super::connect::remember_address(app, &url);
        app.start.keys.extend(key.map(|key| (url, key)));
    }
    let left_out = if all { String::new() } else { format!("; {} left out", answer.skipped.len()) };
    app.messages.success(format!("{} imported into {name}{left_out}", grouped(answer.imported + answer.already)));
    app.start.import.done = Some(ImportDone { answer, collection });
    list_models(app);
    // Whoever went on to something else is not taken away from it, and what was left out is read first.
    if all && app.view.place.screen == Screen::Start && app.start.page == Page::Import {
        open(app);
    }
}

/// Opens what was imported, to train on it.
pub(super) fn open(app: &mut App) {
    let Some(done) = &app.start.import.done else { return };
    let collection = done.collection.clone();
    let known = app.settings.of(&collection).is_some_and(|known| known.encoder.is_some());
    let then = if known { None } else { Some(Screen::Train) };
    let is_open = app.document.open.as_ref().is_some_and(|open| settings::same(&open.collection, &collection));
    if is_open {
        return app.handle(AppCommand::Show(Screen::Train));
    }
    super::open(app, collection, None, Origin::Page(Page::Import), then);
}
