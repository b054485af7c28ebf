//! Which encoders there are to compare.

use std::path::{Path, PathBuf};

use super::Chosen;
use crate::app::App;
use crate::trainer::runs::Weights;

/// An encoder that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The encoder.
    pub chosen: Chosen,
    /// Where it comes from.
    pub note: String,
}

/// The encoders that can be compared and are not yet: the one that is open, those of runs, and those that were open before.
pub fn candidates(app: &App) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let open = app.document.encoder().map(|open| (open.path.clone(), "open now".to_owned()));
    let runs = app.train.runs.list.iter().filter_map(|run| match &run.weights {
        Weights::Encoder(path) => Some((path.clone(), run.info.source.clone())),
        _ => None,
    });
    let recent = app.settings.encoders.iter().map(|path| (path.clone(), folder(path)));
    for (path, note) in open.into_iter().chain(runs).chain(recent) {
        let known = app.compare.get(&path).is_some() || found.iter().any(|known| known.chosen.path == path);
        if !known {
            found.push(Candidate { chosen: Chosen { name: called(app, &path), path }, note });
        }
    }
    found
}

/// What an encoder is called: by its run, or else by its file.
pub fn called(app: &App, path: &Path) -> String {
    run_title(app, path).unwrap_or_else(|| name(path))
}

/// What the run is called that an encoder comes from; none for one of no run that is known.
pub fn run_title(app: &App, path: &Path) -> Option<String> {
    let of_run = |weights: &Weights| matches!(weights, Weights::Encoder(of) if of == path);
    let run = app.train.runs.list.iter().find(|run| of_run(&run.weights));
    run.map(|run| run.info.title.clone())
}

/// What an encoder is called by its file alone; one whose name says nothing by its folder, too.
pub(super) fn name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = folder(path);
    if stem == "encoder" && !folder.is_empty() { format!("{folder}/{stem}") } else { stem }
}

fn folder(path: &Path) -> String {
    let parent: Option<PathBuf> = path.parent().map(Path::to_owned);
    parent.and_then(|folder| Some(folder.file_name()?.to_string_lossy().into_owned())).unwrap_or_default()
}
