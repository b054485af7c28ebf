//! Renaming and deleting runs, and taking the weights of one that was cut short.

use std::fs;
use std::path::{Path, PathBuf};

use super::{
    ENCODER, EVENTS, KEPT, LAST, LOCK, METRICS, RUN, Run, RunInfo, RunState, Weights, editing, is_file, is_held,
    is_run, read_info, write_info,
};
use crate::encoder::{Encoder, EncoderMeta};
use crate::error::{Error, Result};
use crate::features::names;
use crate::label;

/// What deleting a run removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The files that are gone.
    pub files: Vec<PathBuf>,
    /// What is still in the run's folder, because no run makes it or because encoders were to stay.
    pub left: Vec<PathBuf>,
}

/// Gives a run another name: one line of at most 120 characters. Gives the name without blanks around it.
pub fn rename(run: &Run, title: &str) -> Result<String> {
    let title = label::checked("a run", title)?;
    if title.is_empty() {
        return Err(Error::setting("a run needs a name"));
    }
    edit(run, |info| info.title = title.to_owned())?;
    Ok(title.to_owned())
}

/// Changes what the run's file says. A run of an older version gets such a file.
fn edit(run: &Run, change: impl FnOnce(&mut RunInfo)) -> Result<()> {
    check_is_run(&run.folder)?;
    let _editing = editing(&run.folder);
    let mut info = match read_info(&run.folder)? {
        Some(info) => info,
        None => run.info.clone(),
    };
    change(&mut info);
    write_info(&run.folder, &info)
}

/// Writes the weights that a run kept before it was interrupted, cancelled or failed to `target`, or as an encoder in its
/// own folder, and names that file in the run. Gives the file.
pub fn take_best(run: &Run, target: Option<&Path>) -> Result<PathBuf> {
    check_is_run(&run.folder)?;
    check_has_ended(&run.folder)?;
    let Weights::Kept(kept) = &run.weights else {
        return Err(Error::file(&run.folder, "this run kept no weights that could be taken"));
    };
    let (named, path) = match target {
        Some(target) => {
            let target = std::path::absolute(target).map_err(Error::io(target))?;
            (target.clone(), target)
        }
        None => (ENCODER.into(), run.folder.join(ENCODER)),
    };
    let encoder = Encoder::read(kept)?;
    encoder.write(&path)?;
    edit(run, |info| {
        info.encoder = Some(named);
        info.fingerprint = Some(encoder.fingerprint());
        info.settings = encoder.meta.settings.clone();
        info.best_epoch = encoder.meta.metrics.as_ref().map(|m| m.epoch);
        info.metrics = encoder.meta.metrics.clone();
    })?;
    Ok(path)
}

/// Deletes a run: the files that runs make, and its folder if nothing else is in it. Links are not followed, and stay.
///
/// With `encoders` its weights go too, with the names and pins of their features: those in its folder, and the file that
/// it was told to write elsewhere, if that file still holds this run's weights. Fails for a folder that is no run, and
/// for a run that goes on.
pub fn delete(run: &Run, encoders: bool) -> Result<Deleted> {
    let folder = &run.folder;
    check_is_run(folder)?;
    check_has_ended(folder)?;
    let mut deleted = Deleted::default();
    let remove = |path: PathBuf, deleted: &mut Deleted| {
        fs::remove_file(&path).map_err(Error::io(&path))?;
        deleted.files.push(path);
        Ok::<_, Error>(())
    };
    if encoders {
        for path in elsewhere(run)? {
            remove(path, &mut deleted)?;
        }
    }
    let entries = fs::read_dir(folder).map_err(Error::io(folder))?;
    let mut names: Vec<String> = entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    // What makes the folder a run goes last, so that a deletion that failed half-way can be repeated.
    names.sort_by_key(|name| (name == LOCK, name == RUN, name == METRICS, name.clone()));
    for name in names {
        let path = folder.join(&name);
        if is_file(&path) && (is_record(&name) || (encoders && is_weights(&name))) {
            remove(path, &mut deleted)?;
        }
    }
    let rest = fs::read_dir(folder).map_err(Error::io(folder))?;
    deleted.left = rest.flatten().map(|e| e.path()).collect();
    deleted.left.sort_unstable();
    if deleted.left.is_empty() {
        fs::remove_dir(folder).map_err(Error::io(folder))?;
    }
    Ok(deleted)
}

/// What a run writes of itself.
fn is_record(name: &str) -> bool {
    let unfinished = name.starts_with(".blockscope-") && name.ends_with(".part");
    [RUN, LOCK, METRICS].contains(&name) || name.starts_with(EVENTS) || unfinished
}

/// Weights, and what is noted of them.
fn is_weights(name: &str) -> bool {
    [ENCODER, LAST, KEPT].iter().any(|file| {
        let notes = names::path(Path::new(file));
        name == *file || notes.to_str().is_some_and(|notes| name.starts_with(notes))
    })
}

/// The files of a run's weights outside of its folder that are still its own.
fn elsewhere(run: &Run) -> Result<Vec<PathBuf>> {
    let Weights::Encoder(best) = &run.weights else { return Ok(Vec::new()) };
    if best.parent() == Some(&run.folder) || !is_file(best) {
        return Ok(Vec::new());
    }
    let fingerprint = Encoder::read(best)?.fingerprint();
    if run.info.fingerprint.as_ref() != Some(&fingerprint) {
        return Ok(Vec::new());
    }
    let notes = names::path(best);
    let mut files = vec![best.clone()];
    if is_file(&notes) && names::fingerprint_in(&notes).as_ref() == Some(&fingerprint) {
        files.push(notes);
    }
    let last = run.info.last.as_deref().map(|last| run.folder.join(last));
    files.extend(
        last.filter(|path| {
            is_file(path) && EncoderMeta::read(path).is_ok_and(|meta| meta.settings == run.info.settings)
        }),
    );
    Ok(files)
}

fn check_is_run(folder: &Path) -> Result<()> {
    if is_run(folder) { Ok(()) } else { Err(Error::file(folder, "is not the folder of a run")) }
}

/// Fails for a run that goes on.
fn check_has_ended(folder: &Path) -> Result<()> {
    // Without locks there is its own word.
    let says_so = || matches!(read_info(folder), Ok(Some(info)) if info.state == RunState::Running);
    if is_held(folder) && says_so() { Err(Error::file(folder, "this run goes on: stop it first")) } else { Ok(()) }
}
