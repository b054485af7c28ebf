//! The commands `search` and `steer`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::{Ask, By, CopyRequest, Searched, Searcher, Shortlist, SparseAsk, Steered, Steering, Way};
use crate::config::{CollectionArgs, CopyChoice, FeatureWeight, ModelArgs, QueryArgs, SearchConfig, SteerConfig};
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::FeatureNotes;
use crate::features::names::Subject;
use crate::job::{Control, Reporter};
use crate::pipeline::PictureInput;
use crate::search::{Strength, find_feature};
use crate::source;

/// The share of a collection that a shortlist leaves, unless said otherwise.
const SHORTLIST: f64 = 0.01;

/// What `search` found.
#[derive(Clone, Debug, Serialize)]
pub struct SearchAnswer {
    /// The points.
    #[serde(flatten)]
    pub found: Searched,
    /// The request, in the language that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// What `steer` found.
#[derive(Clone, Debug, Serialize)]
pub struct SteerAnswer {
    /// The points.
    #[serde(flatten)]
    pub found: Steered,
    /// The weights.
    pub weights: Vec<(usize, f32)>,
    /// The request, in the language that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Names of the features that have a weight; not part of the JSON.
    #[serde(skip)]
    pub names: BTreeMap<usize, String>,
}

pub(in crate::pipeline) fn run(
    config: &SearchConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<SearchAnswer> {
    let way = match (config.shortlist.shortlist, config.prefetch) {
        (Some(active), share) => Way::Shortlisted(Shortlist {
            active: active as usize,
            share: share.unwrap_or(SHORTLIST),
            rerank: config.shortlist.rerank,
        }),
        (None, Some(share)) => Way::Prefetched { share },
        (None, None) if config.sparse => Way::Sparse,
        (None, None) => Way::Dense,
    };
    let sparse = SparseAsk { symmetric: config.symmetric, entries: config.query_entries.map(|n| n as usize) };
    let ask = Ask { way, sparse, compare: config.compare, ..ask(&config.query, config.limit)? };
    let encoder = config.encoder.as_deref();
    if encoder.is_none() && matches!(ask.by, By::Features(_)) {
        return Err(Error::setting("a search by features needs an encoder: give one with --encoder F"));
    }
    let mut searcher = open(encoder, &config.collection, &config.model, control, reporter)?;
    let found = searcher.search(&ask, control, reporter)?;
    let why = "a file, features, and block vectors that the collection does not have take more than a request";
    let request = copied(config.copy, found.request.as_ref(), why)?;
    Ok(SearchAnswer { found, request })
}

pub(in crate::pipeline) fn steer(
    config: &SteerConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<SteerAnswer> {
    let ask = ask(&config.query, config.limit)?;
    if config.weight.is_empty() && config.preset.is_none() {
        return Err(Error::setting("say what to steer by: --weight FEATURE=W, or --preset P"));
    }
    let mut searcher = open(Some(&config.encoder), &config.collection, &config.model, control, reporter)?;
    let weights = weights(config, &mut searcher, &ask, control, reporter)?;
    let strength = config.alpha.map_or(Strength::Relative(config.strength), Strength::Alpha);
    let steering = Steering { weights, strength };
    let found = searcher.steer(&ask, &steering, control, reporter)?;
    let why = "it takes a query that one vector stands for, and a collection with block vectors of sqrt p (convert \
               --with-dense --values sqrt --keep activations)";
    let request = copied(config.copy, found.request.as_ref(), why)?;
    let named = |(feature, _): &(usize, f32)| Some((*feature, searcher.notes.name(*feature)?.to_owned()));
    let names = steering.weights.iter().filter_map(named).collect();
    Ok(SteerAnswer { found, weights: steering.weights, request, names })
}

/// The weights: those of the preset, with the person's own over them.
fn weights(
    config: &SteerConfig,
    searcher: &mut Searcher,
    ask: &Ask,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<(usize, f32)>> {
    let features = searcher.needs_encoder("steering")?.outputs();
    let mut own: Vec<(usize, f32)> = Vec::new();
    for FeatureWeight { feature, weight } in &config.weight {
        let problem = |problem: String| Error::setting(format!("--weight {feature}={weight}: {problem}"));
        let feature = find_feature(feature, &searcher.notes, features).map_err(problem)?;
        if own.iter().any(|(other, _)| *other == feature) {
            return Err(Error::setting(format!("feature {feature} has two weights")));
        }
        own.push((feature, *weight));
    }
    let Some(preset) = config.preset else { return Ok(own) };
    let mut weights = searcher.preset(preset, ask, control, reporter)?;
    if weights.is_empty() {
        reporter.warn("no feature fires for the query, so that the preset has no weights for it");
    }
    weights.retain(|(feature, _)| own.iter().all(|(other, _)| other != feature));
    weights.extend(own);
    Ok(weights)
}

fn open(
    encoder: Option<&Path>,
    collection: &CollectionArgs,
    model: &ModelArgs,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Searcher> {
    let mut notes = FeatureNotes::default();
    let encoder = match encoder {
        Some(path) => {
            let encoder = Encoder::read(path)?;
            let subject = Subject { fingerprint: &encoder.fingerprint(), features: encoder.outputs() };
            let noted = FeatureNotes::read(path, subject)?;
            if let Some(problem) = noted.problem {
                reporter.warn(problem);
            }
            notes = noted.notes;
            Some(Arc::new(encoder))
        }
        None => None,
    };
    let source = source::open(collection, control, reporter)?;
    let mut searcher = Searcher::new(encoder, source, collection.clone(), model.clone())?;
    searcher.set_notes(notes);
    Ok(searcher)
}

/// The query, of which there is one. To name a model is consent to download it.
fn ask(args: &QueryArgs, limit: u32) -> Result<Ask> {
    let words = (!args.words.is_empty()).then(|| By::Text(args.words.join(" ")));
    let examples = (!args.positive.is_empty() || !args.negative.is_empty()).then(|| By::Examples {
        positive: args.positive.clone(),
        negative: args.negative.clone(),
        strategy: args.strategy,
    });
    let pairs = (!args.pair.is_empty())
        .then(|| By::Pairs { target: args.target, pairs: args.pair.iter().map(|pair| (pair.0, pair.1)).collect() });
    let all = [
        words,
        args.text.clone().map(By::Text),
        args.image.clone().map(|path| By::Picture(PictureInput::File(path))),
        args.id.map(By::Point),
        args.features.clone().map(By::Features),
        examples,
        pairs,
    ];
    let mut given = all.into_iter().flatten();
    let by = given.next().ok_or_else(|| {
        Error::setting(
            "say what to search by: words, --image F, --id ID of a point, --features EXPRESSION, --positive ID, or --pair",
        )
    })?;
    if given.next().is_some() {
        return Err(Error::setting("search by one thing: words, a picture, a point, features, examples or pairs"));
    }
    let (way, sparse) = (Way::Dense, SparseAsk::default());
    Ok(Ask { by, way, sparse, limit: limit as usize, compare: false, allow_download: true })
}

/// The request in a language; fails where it is asked for and there is none.
fn copied(choice: Option<CopyChoice>, request: Option<&CopyRequest>, why: &str) -> Result<Option<String>> {
    let Some(choice) = choice else { return Ok(None) };
    let request = request.ok_or_else(|| Error::setting(format!("there is no single request to copy: {why}")))?;
    Ok(Some(match choice {
        CopyChoice::Json => request.json.clone(),
        CopyChoice::Rust => request.rust.clone(),
        CopyChoice::Python => request.python.clone(),
    }))
}
