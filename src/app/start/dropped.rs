//! What is dropped on the screen: a worker looks what it is, and the way to begin that fits is shown, or taken at once.

use std::path::{Path, PathBuf};

use super::{Command, Field, Page, files, import, recents};
use crate::app::{App, Command as AppCommand, JobCommand, JobKey, Lane, Problem, Request, Screen, Work, inspect};
use crate::error::Result;
use crate::job::Control;
use crate::picture;
use crate::source;

/// What was dropped, as far as it can be opened.
#[derive(Clone, Debug, PartialEq)]
pub enum Sorted {
    /// An embedded store, and the collection of it, where the collection's own folder was dropped.
    Store(PathBuf, Option<String>),
    /// A folder with so many pictures.
    Folder(PathBuf, u64),
    /// Picture files.
    Pictures(Vec<PathBuf>),
    /// Vectors, and the payloads that were dropped with them.
    Vectors(PathBuf, Option<PathBuf>),
    /// An encoder.
    Encoder(PathBuf),
    /// Texts, one JSON object a line.
    Texts(PathBuf),
    /// Nothing that can be opened; why, and what can.
    Unknown(String),
}

/// What can be dropped.
const KNOWN: &str = "drop a folder of pictures, an embedded store, a .npy file of vectors, a .jsonl file of texts, or an \
                     encoder (.safetensors, .pth)";

/// Has it looked at.
pub(super) fn begin(app: &mut App, paths: Vec<PathBuf>) {
    if paths.is_empty() {
        return;
    }
    if let Some(before) = app.start.sorting.take() {
        app.jobs.steer(before, JobCommand::Cancel);
    }
    app.start.not_known = None;
    let request = Request::quiet("Looking at what was dropped", Lane::Files);
    app.start.sorting = Some(app.submit(request, Work::Start(super::Work::Sort(paths))));
}

/// Looks what it is, on a worker.
pub(super) fn sort(paths: &[PathBuf], control: &Control) -> Result<Sorted> {
    if let Some(folder) = paths.iter().find(|path| path.is_dir()) {
        return sort_folder(folder, control);
    }
    let ends_as = |path: &&PathBuf, endings: &[&str]| {
        path.extension().is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    let first = |endings: &[&str]| paths.iter().find(|path| ends_as(path, endings)).cloned();
    let lines = first(&["jsonl", "ndjson"]);
    if let Some(vectors) = first(&["npy"]) {
        return Ok(Sorted::Vectors(vectors, lines));
    }
    if let Some(encoder) = first(&["safetensors", "pth", "pt"]) {
        return Ok(Sorted::Encoder(encoder));
    }
    if let Some(lines) = lines {
        return Ok(Sorted::Texts(lines));
    }
    let pictures: Vec<PathBuf> = paths.iter().filter(|path| ends_as(path, &picture::EXTENSIONS)).cloned().collect();
    Ok(if pictures.is_empty() {
        let name = paths[0].file_name().unwrap_or_default().to_string_lossy();
        Sorted::Unknown(format!("\"{name}\" is nothing that can be opened here"))
    } else {
        Sorted::Pictures(pictures)
    })
}

fn sort_folder(folder: &Path, control: &Control) -> Result<Sorted> {
    if recents::is_collection(folder)
        && let (Some(store), Some(name)) = (folder.parent(), folder.file_name().and_then(|name| name.to_str()))
    {
        return Ok(Sorted::Store(store.to_owned(), Some(name.to_owned())));
    }
    if source::list_store(folder).is_ok_and(|names| !names.is_empty()) {
        return Ok(Sorted::Store(folder.to_owned(), None));
    }
    let pictures = picture::gather(folder, control)?.pictures.len() as u64;
    Ok(if pictures > 0 {
        Sorted::Folder(folder.to_owned(), pictures)
    } else {
        Sorted::Unknown(format!("the folder {} holds neither pictures nor a collection", folder.display()))
    })
}

pub(super) fn sorted(app: &mut App, key: JobKey, sorted: Sorted) {
    if app.start.sorting != Some(key) {
        return;
    }
    app.start.sorting = None;
    match sorted {
        Sorted::Store(store, name) => {
            app.start.page = Page::Store;
            app.start.wanted = name;
            files::chosen(app, Field::Store, vec![store]);
        }
        Sorted::Folder(path, _) => import(app, import::Kind::Pictures, path, Vec::new()),
        Sorted::Pictures(mut pictures) => {
            if app.document.encoder().is_some() {
                app.handle(AppCommand::Show(Screen::Inspect));
                return app.handle(AppCommand::Inspect(inspect::Command::Files(pictures)));
            }
            let path = pictures.remove(0);
            import(app, import::Kind::Pictures, path, pictures);
        }
        Sorted::Vectors(vectors, payload) => {
            super::show(app, Page::Vectors);
            files::chosen(app, Field::Vectors, vec![vectors]);
            files::chosen(app, Field::Payload, payload.into_iter().collect());
        }
        Sorted::Encoder(path) => {
            super::show(app, Page::Encoder);
            super::handle(app, Command::OpenEncoder(path));
        }
        Sorted::Texts(path) => import(app, import::Kind::Texts, path, Vec::new()),
        Sorted::Unknown(text) => {
            app.start.not_known = Some(Problem { text, hint: Some(KNOWN.into()), about: Default::default() });
        }
    }
}

/// Fills the form of an import.
fn import(app: &mut App, kind: import::Kind, path: PathBuf, others: Vec<PathBuf>) {
    super::show(app, Page::Import);
    let form = app.start.import.form.clone();
    import::edit(app, import::ImportForm { kind, path: path.display().to_string(), others, ..form });
    import::look(app);
}
