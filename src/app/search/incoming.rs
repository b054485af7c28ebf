//! What comes into a search from fields and from the clipboard.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Command, Draft, Edit, Picture, Typed, changed, edit, handle, save, show, terms};
use crate::app::inspect::{Clip, Pixels, Raw};
use crate::app::{App, Lane, Request};
use crate::point::PointId;

/// Takes what is typed into a field.
pub(super) fn take(app: &mut App, draft: Draft) {
    let text = app.search.typed(draft).text.trim().to_owned();
    if text.is_empty() {
        return;
    }
    match draft {
        Draft::Feature => return take_feature(app, &text),
        Draft::Name => return save(app, &text),
        Draft::PairLike | Draft::PairUnlike => return pair(app, true),
        Draft::File => {
            app.search.draft(draft).text.clear();
            return handle(app, Command::Files(vec![PathBuf::from(text)]));
        }
        Draft::Point | Draft::Like | Draft::Unlike | Draft::Target => {}
    }
    match text.parse::<PointId>() {
        Ok(id) => {
            *app.search.draft(draft) = Typed::default();
            let change = match draft {
                Draft::Like => Edit::Like(id),
                Draft::Unlike => Edit::Unlike(id),
                Draft::Target => Edit::Target(Some(id)),
                _ => Edit::Point(Some(id)),
            };
            edit(app, change);
        }
        Err(problem) => app.search.draft(draft).problem = Some(problem),
    }
}

/// Gives the feature that is typed a slider: the one of that index or name, or else the best that fits.
fn take_feature(app: &mut App, text: &str) {
    let features = app.document.encoder().map_or(0, |open| open.encoder.outputs());
    let exact = text.parse().ok().filter(|index| *index < features).or_else(|| terms::named(app, text));
    match exact.or_else(|| app.search.matching.first().copied()) {
        Some(feature) => {
            *app.search.draft(Draft::Feature) = Typed::default();
            app.search.matching = Vec::new();
            edit(app, Edit::AddFeature(feature));
        }
        None => {
            let problem = match text.parse::<usize>() {
                Ok(_) => format!("the encoder has {features} features, counted from 0"),
                Err(_) => format!("no feature is called \"{text}\""),
            };
            app.search.draft(Draft::Feature).problem = Some(problem);
        }
    }
}

/// Makes a pair of the two fields, where both are filled; what is wrong with them is told where it was asked for.
pub(super) fn pair(app: &mut App, told: bool) {
    let mut ids = Vec::new();
    for draft in [Draft::PairLike, Draft::PairUnlike] {
        let text = app.search.typed(draft).text.trim().to_owned();
        match text.parse::<PointId>() {
            Ok(id) => ids.push(id),
            Err(problem) if told && !text.is_empty() => app.search.draft(draft).problem = Some(problem),
            Err(_) if told => app.search.draft(draft).problem = Some("a pair has two points".into()),
            Err(_) => {}
        }
    }
    if let [like, unlike] = ids[..] {
        if like == unlike {
            app.search.draft(Draft::PairUnlike).problem = Some("a pair has two different points".into());
            return;
        }
        app.search.drafts.retain(|(known, _)| !matches!(known, Draft::PairLike | Draft::PairUnlike));
        edit(app, Edit::Pair(like, unlike));
    }
}

/// Searches by a picture of the clipboard, as soon as it is ready.
pub(super) fn paste(app: &mut App, clip: Arc<dyn Clip>) {
    app.search.pasted += 1;
    let number = app.search.pasted;
    edit(app, Edit::Picture(Some(Picture::Pasted(number, None))));
    let request = Request::quiet("Preparing the pasted picture", Lane::Files);
    let key = app.submit(request, crate::app::Work::Search(super::Work::Prepare { number, raw: Raw::Clip(clip) }));
    app.search.preparing = Some((key, number));
    show(app);
}

/// A pasted picture is ready. It belongs to the step that pasted it, and is no step of its own.
pub(super) fn prepared(app: &mut App, number: u64, pixels: Pixels) {
    app.search.preparing.take_if(|(_, known)| *known == number);
    if let Some(Picture::Pasted(known, slot)) = &mut app.search.query.picture
        && *known == number
    {
        *slot = Some(pixels);
        let redo = crate::app::Command::Search(Command::Set(Box::new(app.search.query.clone())));
        app.undo.extend(&format!("Search by Pasted picture {number}"), redo);
        changed(app, Duration::ZERO);
    }
}
