//! What the page of a feature shows: prepared when it is opened, and only read by what draws.

use std::sync::Arc;

use super::Work;
use crate::app::document::{self, Known};
use crate::app::{App, JobKey, Lane, Problem, Request, Selected};
use crate::features::{Enriched, FeatureIndex, Interval, NearThreshold, Related, RunnerUp, Strong, pairs_above};
use crate::point::{Payload, PointId};

/// Pages that are kept.
const KEPT: usize = 12;
/// The strongest points whose payloads words are made of.
const WORDS_OF: usize = 50;

/// What the page of a feature shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// The feature.
    pub feature: usize,
    /// Five intervals of its activations, with points of each, the strongest last.
    pub intervals: Vec<Interval>,
    /// Points near the threshold.
    pub near: NearThreshold,
    /// The parts of which all points are shown.
    pub unfolded: Vec<Part>,
    /// Points for which it came second in its block.
    pub runners_up: Vec<RunnerUp>,
    /// Random points.
    pub random: Vec<Strong>,
    /// The features that it has to do with; none until that is worked out.
    pub related: Option<Related>,
    /// What its points have in common in words.
    pub words: Words,
    /// Whether the related features are to be worked out, or again on what has been read meanwhile.
    related_due: bool,
    /// The threshold at which related features are to fire together.
    pub related_above: f32,
}

/// A part of the page that shows few points at first, and more when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The strongest points.
    Strongest,
    /// An interval, counted from the weakest.
    Interval(usize),
    /// Those near the threshold.
    Near,
}

/// What a feature's points have in common in words.
#[derive(Clone, Debug)]
pub enum Words {
    /// Payloads are read.
    Reading,
    /// They are there, and are compared.
    Comparing,
    /// These, the most telling first.
    Found(Vec<Enriched>),
    /// They could not be compared.
    Failed(Problem),
}

/// The job that works something out for a page.
#[derive(Debug)]
pub(super) struct Working {
    key: JobKey,
    feature: usize,
    words: bool,
}

impl Page {
    fn new(index: &FeatureIndex, feature: usize, threshold: f32) -> Self {
        Self {
            feature,
            intervals: index.intervals(feature),
            near: index.near(feature, threshold),
            unfolded: Vec::new(),
            related_above: pairs_above(threshold),
            runners_up: index.runners_up(feature),
            random: index.random(feature),
            related: None,
            words: Words::Reading,
            related_due: true,
        }
    }

    /// Whether all points of a part are shown.
    pub fn is_unfolded(&self, part: Part) -> bool {
        self.unfolded.contains(&part)
    }

    /// The activation of a point, where the page has it.
    pub fn value_of(&self, id: PointId) -> Option<f32> {
        let strong =
            self.intervals.iter().flat_map(|interval| &interval.points).chain(&self.near.points).chain(&self.random);
        let seconds = self.runners_up.iter().map(|second| (second.id, second.value));
        strong.map(|s| (s.id, s.value)).chain(seconds).find(|(known, _)| *known == id).map(|(_, value)| value)
    }
}

/// The features that are looked at: the one whose page is open, and the one that is selected.
fn looked_at(app: &App) -> impl Iterator<Item = usize> + use<> {
    let place = &app.view.place;
    let selected = match place.selected {
        Selected::Feature(feature) if place.page != Some(feature) => Some(feature),
        _ => None,
    };
    place.page.into_iter().chain(selected)
}

/// Prepares what is looked at, and asks for what takes longer: one job at a time.
pub(super) fn tick(app: &mut App) {
    let Some(index) = app.features.index.clone() else { return };
    for feature in looked_at(app) {
        if feature < index.features() && app.features.page(feature).is_none() {
            if app.features.pages.len() == KEPT {
                app.features.pages.remove(0);
            }
            app.features.pages.push(Page::new(&index, feature, app.settings.threshold));
        }
    }
    let busy = app.features.working.as_ref().map(|working| working.key);
    if app.jobs.is_live(busy) {
        return;
    }
    for feature in looked_at(app) {
        if ask_related(app, &index, feature) || ask_words(app, &index, feature) {
            return;
        }
    }
}

/// Whether a job was asked for.
fn ask_related(app: &mut App, index: &Arc<FeatureIndex>, feature: usize) -> bool {
    let Some(open) = app.document.encoder() else { return false };
    let (encoder, index) = (Arc::clone(&open.encoder), Arc::clone(index));
    // One that fails is not tried again: it would fail again.
    let due = |page: &mut Page| std::mem::take(&mut page.related_due).then_some(page.related_above);
    let Some(threshold) = app.features.page_mut(feature).and_then(due) else { return false };
    submit(app, Work::Related { encoder, index, feature, threshold }, feature, false);
    true
}

/// Asks for the payloads that words are made of, and once they are there for the words.
fn ask_words(app: &mut App, index: &Arc<FeatureIndex>, feature: usize) -> bool {
    // Random points change while the collection is read: words wait for its end.
    let reads = app.features.page(feature).is_some_and(|page| matches!(page.words, Words::Reading));
    if !reads || app.features.building.is_some() || app.document.fault.is_some() {
        return false;
    }
    let Some(stats) = index.feature(feature) else { return false };
    let strongest: Vec<PointId> = stats.top.iter().take(WORDS_OF).map(|strong| strong.id).collect();
    let background: Vec<PointId> = index.background().collect();
    let all = strongest.iter().chain(&background);
    let missing: Vec<PointId> = all.filter(|id| matches!(app.document.payload(**id), Known::NotYet)).copied().collect();
    if !missing.is_empty() {
        document::handle(app, document::Command::Want(missing));
        return false;
    }
    let payloads =
        |ids: &[PointId]| -> Vec<Arc<Payload>> { ids.iter().filter_map(|id| app.document.shared(*id)).collect() };
    let work = Work::Words { strongest: payloads(&strongest), background: payloads(&background) };
    if let Some(page) = app.features.page_mut(feature) {
        page.words = Words::Comparing;
    }
    submit(app, work, feature, true);
    true
}

fn submit(app: &mut App, work: Work, feature: usize, words: bool) {
    let title = format!("Looking into feature {feature}");
    let key = app.submit(Request::quiet(title, Lane::Files), crate::app::Work::Features(work));
    app.features.working = Some(Working { key, feature, words });
}

/// The page that a job has worked for, where it is still the one that was asked.
fn worked(app: &mut App, key: JobKey) -> Option<(&mut Page, bool)> {
    let working = app.features.working.take_if(|working| working.key == key)?;
    let page = app.features.page_mut(working.feature)?;
    Some((page, working.words))
}

pub(super) fn related_found(app: &mut App, key: JobKey, related: Related) {
    if let Some((page, _)) = worked(app, key) {
        page.related = Some(related);
    }
}

pub(super) fn words_found(app: &mut App, key: JobKey, words: Vec<Enriched>) {
    if let Some((page, _)) = worked(app, key) {
        page.words = Words::Found(words);
    }
}

/// A job of a page ended without a result.
pub(super) fn ended(app: &mut App, key: JobKey, problem: Option<Problem>) {
    let Some((page, words)) = worked(app, key) else { return };
    if words {
        page.words = Words::Failed(problem.unwrap_or_else(|| Problem {
            text: "it was cancelled".into(),
            hint: None,
            about: crate::app::About::Other,
        }));
    }
}

/// Another index is there. Related features stay until those of that index are worked out.
pub(super) fn renew(app: &mut App) {
    app.features.working = None;
    let Some(index) = &app.features.index else { return };
    for page in &mut app.features.pages {
        let (related, unfolded) = (page.related.take(), std::mem::take(&mut page.unfolded));
        *page = Page { related, unfolded, ..Page::new(index, page.feature, app.settings.threshold) };
    }
}

/// The points whose payloads a page's words are made of.
pub fn points_of_words(points: usize) -> usize {
    points.min(WORDS_OF)
}

/// The threshold has moved.
pub(super) fn threshold_moved(app: &mut App) {
    let Some(index) = &app.features.index else { return };
    let threshold = app.settings.threshold;
    for page in &mut app.features.pages {
        page.near = index.near(page.feature, threshold);
        let above = pairs_above(threshold);
        page.related_due |= page.related_above != above;
        page.related_above = above;
    }
}

/// Shows all points of a part, or few again.
pub(super) fn more(app: &mut App, feature: usize, part: Part) {
    let Some(page) = app.features.page_mut(feature) else { return };
    if page.is_unfolded(part) {
        page.unfolded.retain(|unfolded| *unfolded != part);
    } else {
        page.unfolded.push(part);
    }
}

/// Values to be marked in the histogram of a feature, each with what it is of: what is selected first, as far as its
/// activation is known, and then what is inspected, the latest first.
pub fn marks(app: &App, feature: usize) -> Vec<(String, f32)> {
    let mut marks = Vec::new();
    match app.view.place.selected {
        Selected::Point(id) => {
            let top = app.features.index().and_then(|index| index.feature(feature)).map(|stats| stats.top.as_slice());
            let strong = top.unwrap_or_default().iter().find(|strong| strong.id == id).map(|strong| strong.value);
            let value = strong.or_else(|| app.features.page(feature)?.value_of(id));
            marks.extend(value.map(|value| (format!("point {id}"), value)));
        }
        Selected::Item(id) => {
            let judged = app.inspect.card(id).and_then(|card| Some((card, card.judged()?)));
            let value = judged.and_then(|(card, judged)| Some((card.name.clone(), *judged.item.outputs.get(feature)?)));
            marks.extend(value);
        }
        _ => {}
    }
    let mut inspected: Vec<_> =
        app.inspect.activations(feature).map(|(name, value)| (name.to_owned(), value)).collect();
    inspected.reverse();
    inspected.retain(|mark| !marks.contains(mark));
    marks.extend(inspected);
    marks
}
