//! Names for features: suggested, kept beside the encoder, taken in and handed on.

mod words;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use super::encode::page_rows;
use super::model_of;
use crate::atomic_file;
use crate::config::{ModelArgs, NameConfig, NamesFrom};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::names::{self, FieldValue, Merged, Subject, Taken};
use crate::features::suggest::{self, Gathered, Gathering, Pool, SuggestSettings, Suggestion, WordVectors};
use crate::features::{Author, FeatureName, FeatureNotes, NameSource, vocabulary};
use crate::job::{Control, Reporter};
use crate::point::{Payload, PointId};
use crate::source::{self, Cursor, VectorSource, Want, for_each_page};

/// The strongest points of a feature that are looked at beside the sample, both halves together.
const STRONGEST: usize = 100;
/// Numbers that the points' vectors, or one block's outputs of them, take at most: half a gigabyte.
const NUMBERS: usize = 1 << 27;
/// Points that are asked for at a time.
const PAGE: usize = 1_000;

/// How names are to be suggested.
#[derive(Clone, Debug)]
pub struct NameAsk {
    /// Where names come from.
    pub from: NamesFrom,
    /// Only these fields of payloads; all where none is named.
    pub fields: Vec<String>,
    /// Words to name by in place of those that come with the program.
    pub vocabulary: Option<PathBuf>,
    /// The least score of a name.
    pub least: f32,
    /// Points to sample.
    pub sample: usize,
}

impl Default for NameAsk {
    fn default() -> Self {
        Self {
            from: NamesFrom::default(),
            fields: Vec::new(),
            vocabulary: None,
            least: suggest::LEAST_SCORE,
            sample: NameConfig::SAMPLE as usize,
        }
    }
}

/// Names that were found.
#[derive(Clone, Debug)]
pub struct NamesFound {
    /// Points of the collection.
    pub points: u64,
    /// Points that were sampled.
    pub sampled: usize,
    /// The names, by feature.
    pub suggestions: Vec<Suggestion>,
    /// Features that never win.
    pub dead: Vec<usize>,
    /// The model that words went through, and how many they were; none where names come from payloads alone.
    pub words: Option<(String, usize)>,
}

/// What `name` says.
#[derive(Clone, Debug, Serialize)]
pub struct NameAnswer {
    /// The encoder.
    pub encoder: PathBuf,
    /// Points of the collection; none where no names were suggested.
    pub points: Option<u64>,
    /// Points that were sampled.
    pub sampled: usize,
    /// All names that there are now, by feature.
    pub names: Vec<NameLine>,
    /// Features that win for some point and have no name.
    pub unnamed: Vec<usize>,
    /// How many are named by what.
    pub counts: NameCounts,
    /// The model that words went through.
    pub text_model: Option<String>,
    /// How many words they were.
    pub words: Option<usize>,
    /// What was taken in.
    pub imported: Option<Merged>,
    /// The file that names are kept in; none where nothing was changed.
    pub file: Option<PathBuf>,
    /// The file that they were handed on in.
    pub exported: Option<PathBuf>,
    /// Seconds of all of it.
    pub seconds: f64,
}

/// How many features are named by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NameCounts {
    /// Features of the encoder.
    pub features: usize,
    /// Those with a name.
    pub named: usize,
    /// Those with one from payloads.
    pub by_payload: usize,
    /// Those with one from words.
    pub by_text: usize,
    /// Those with one that a person gave.
    pub by_person: usize,
    /// Those that win for some point and have no name.
    pub unnamed: usize,
    /// Those that never win; unknown where no collection was read.
    pub dead: Option<usize>,
    /// Suggestions that a person's name was kept before.
    pub kept: usize,
    /// Earlier suggestions that are gone.
    pub dropped: usize,
}

/// A feature's name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NameLine {
    /// The feature.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// How well it does on points held out of its making.
    pub score: Option<f32>,
    /// "payload", "text", "person", or "suggested" where nothing more is known.
    pub by: &'static str,
    /// The field of the payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The field's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// A second value, where the name is made of two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub and: Option<FieldValue>,
    /// The word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The points that the score comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<NameSupport>,
}

/// The points that a score comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NameSupport {
    /// Points that have the value; or that the feature fires for.
    pub with: u64,
    /// Points that do not.
    pub without: u64,
}

impl NameLine {
    fn new(index: usize, name: &FeatureName) -> Self {
        let mut line = Self {
            index,
            name: name.name.clone(),
            score: name.score,
            by: if name.by == Author::Person { "person" } else { "suggested" },
            field: None,
            value: None,
            and: None,
            word: None,
            support: None,
        };
        match name.source.clone().filter(|_| name.by == Author::Suggested) {
            Some(NameSource::Payload { field, value, and, with, without }) => {
                (line.by, line.field, line.value, line.and) = ("payload", Some(field), Some(value), and);
                line.support = Some(NameSupport { with, without });
            }
            Some(NameSource::Text { word, with, without }) => {
                (line.by, line.word) = ("text", Some(word));
                line.support = Some(NameSupport { with, without });
            }
            None => {}
        }
        line
    }
}

pub(super) fn run(config: &NameConfig, control: &Control, reporter: &mut Reporter) -> Result<NameAnswer> {
    let began = Instant::now();
    let suggests = config.collection.is_given();
    if !suggests && config.import.is_none() && config.export.is_none() {
        config.collection.name()?;
    }
    let encoder = Encoder::read(&config.encoder)?;
    let subject = Subject { fingerprint: &encoder.fingerprint(), features: encoder.outputs() };
    let read = FeatureNotes::read(&config.encoder, subject)?;
    if let Some(problem) = read.problem {
        reporter.warn(problem);
    }
    let mut notes = read.notes;
    let imported = match &config.import {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(Error::io(file))?;
            Some(notes.import(&text, subject)?)
        }
        None => None,
    };
    let mut taken = Taken::default();
    let mut found = None;
    if suggests {
        let ask = NameAsk {
            from: config.from,
            fields: config.field.clone(),
            vocabulary: config.vocabulary.clone(),
            least: config.min_score,
            sample: config.sample as usize,
        };
        let mut source = source::open(&config.collection, control, reporter)?;
        let names = suggest_names(&encoder, source.as_mut(), &config.model, &ask, control, reporter)?;
        taken = notes.take(&names.suggestions)?;
        found = Some(names);
    }
    let changed = !config.dry_run && (suggests || imported.is_some());
    if changed && let Some(aside) = notes.write(&config.encoder, subject)? {
        reporter.warn(format!("names of other weights were in the way, and are kept in {}", aside.display()));
    }
    if let Some(file) = &config.export {
        atomic_file::write(file, notes.to_json(subject.fingerprint).as_bytes())?;
    }
    let dead = found.as_ref().map(|found| found.dead.as_slice());
    let lines: Vec<NameLine> = notes.names.iter().map(|(index, name)| NameLine::new(*index, name)).collect();
    let of = |by: &str| lines.iter().filter(|line| line.by == by).count();
    let is_dead = |index: &usize| dead.is_some_and(|dead| dead.binary_search(index).is_ok());
    let unnamed: Vec<usize> =
        (0..subject.features).filter(|index| !notes.names.contains_key(index) && !is_dead(index)).collect();
    let counts = NameCounts {
        features: subject.features,
        named: lines.len(),
        by_payload: of("payload"),
        by_text: of("text"),
        by_person: of("person"),
        unnamed: unnamed.len(),
        dead: dead.map(<[usize]>::len),
        kept: taken.kept,
        dropped: taken.dropped,
    };
    let words = found.as_ref().and_then(|found| found.words.clone());
    Ok(NameAnswer {
        encoder: config.encoder.clone(),
        points: found.as_ref().map(|found| found.points),
        sampled: found.as_ref().map_or(0, |found| found.sampled),
        names: lines,
        unnamed,
        counts,
        words: words.as_ref().map(|(_, words)| *words),
        text_model: words.map(|(model, _)| model),
        imported,
        file: changed.then(|| names::path(&config.encoder)),
        exported: config.export.clone(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Suggests names for an encoder's features over a collection, as [`suggest`] says. One pass over the vectors; then the
/// payloads of a sample and of the features' strongest points; then, where words are wanted, a vocabulary through the
/// text side of the model.
pub fn suggest_names(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    model: &ModelArgs,
    ask: &NameAsk,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<NamesFound> {
    let info = source.info().clone();
    encoder.check_dim(&info.title, info.dim)?;
    // Bad input is told before the collection is read.
    let vocabulary = match (&ask.vocabulary, ask.from) {
        (_, NamesFrom::Payload) => Vec::new(),
        (Some(file), _) => vocabulary::read(file)?,
        (None, _) => vocabulary::shipped(),
    };
    let words = match ask.from {
        NamesFrom::Payload => None,
        from => {
            let usual = model_of(source, control)?;
            words::of_model(vocabulary, model, usual.as_deref(), &info, from == NamesFrom::Both, control, reporter)?
        }
    };
    let gathered = gather(encoder, source, ask.sample, control, reporter)?;
    let points = gathered.table.points;
    if points == 0 {
        return Err(Error::Empty(info.title));
    }
    let settings =
        SuggestSettings { payload: ask.from != NamesFrom::Text, fields: ask.fields.clone(), least: ask.least };
    let (pool, table) = fill(gathered, source, settings.payload, control, reporter)?;
    if settings.payload {
        check_fields(&pool, &settings.fields, reporter);
    }
    reporter.stage("naming features", "features", Some(encoder.outputs() as u64));
    let vectors: Option<&WordVectors> = words.as_ref().map(|(_, vectors)| vectors);
    let suggestions = suggest::suggest(encoder, &pool, &table, &settings, vectors, |features| {
        reporter.advance(features as u64);
        control.check_whole()
    })?;
    Ok(NamesFound {
        points,
        sampled: pool.sampled,
        suggestions,
        dead: table.features.iter().filter(|feature| feature.is_dead()).map(|feature| feature.index).collect(),
        words: words.map(|(model, vectors)| (model, vectors.words.len())),
    })
}

/// One pass: a uniform sample, and the strongest points of each feature.
fn gather(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    sample: usize,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Gathered> {
    let rows = NUMBERS / encoder.dim().max(encoder.block_size());
    let sample = sample.min(rows / 2);
    let strongest = STRONGEST.min((rows - sample) / encoder.outputs());
    let mut gathering = Gathering::new(encoder, sample, strongest);
    let mut outputs = Vec::new();
    let page = page_rows(encoder.dim().max(encoder.outputs()));
    reporter.stage("reading the collection", "points", Some(source.info().points));
    for_each_page(source, Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
        encoder.encode_into(&page.vectors, &mut outputs);
        gathering.add(&page.ids, &page.vectors, &outputs);
        Ok(())
    })?;
    Ok(gathering.finish())
}

/// The points with what names are made of: their vectors, and their payloads where these are wanted.
fn fill(
    gathered: Gathered,
    source: &mut dyn VectorSource,
    payload: bool,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<(Pool, crate::features::FeatureTable)> {
    let others = gathered.others();
    let Gathered { ids, vectors, table } = gathered;
    let dim = source.info().dim;
    let mut pool = Pool { dim, sampled: ids.len(), ids, vectors, payloads: Vec::new() };
    let total = others.len() + if payload { pool.sampled } else { 0 };
    reporter.stage("reading payloads", "points", Some(total as u64));
    if payload {
        let sampled = pool.ids.clone();
        for ids in sampled.chunks(PAGE) {
            let page = source.by_ids(ids, Want { vectors: false, payload: true }, control)?;
            // One that was deleted meanwhile has none.
            let mut known: HashMap<PointId, Payload> = page.ids.into_iter().zip(page.payloads).collect();
            pool.payloads.extend(ids.iter().map(|id| known.remove(id).unwrap_or_default()));
            reporter.advance(ids.len() as u64);
        }
    }
    for ids in others.chunks(PAGE) {
        let page = source.by_ids(ids, Want { vectors: true, payload }, control)?;
        pool.vectors.extend(page.vectors);
        pool.payloads.extend(page.payloads);
        pool.ids.extend(page.ids);
        reporter.advance(ids.len() as u64);
    }
    Ok((pool, table))
}

/// Warns of fields that no payload has.
fn check_fields(pool: &Pool, fields: &[String], reporter: &mut Reporter) {
    for field in fields {
        let first = field.split('.').next().unwrap_or(field);
        if !pool.payloads.iter().any(|payload| payload.contains_key(first)) {
            reporter.warn(format!("no payload that was looked at has a field \"{field}\""));
        }
    }
}
