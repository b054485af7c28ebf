//! The points of a collection that are nearest to words, a picture or a point.

use std::time::Instant;

use serde::Serialize;

use super::import::prepare_file;
use super::{model_of, warn_of_model};
use crate::config::SearchConfig;
use crate::embed::{Embedder, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::source::{self, Neighbour, Payload, PointId, VectorSource, Want};

/// What `search` found.
#[derive(Clone, Debug, Serialize)]
pub struct SearchAnswer {
    /// The points, best first.
    pub hits: Vec<Hit>,
    /// Seconds of the search itself, without opening and embedding.
    pub seconds: f64,
    /// The model that the query went through, where it was not a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// A point found.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// The point.
    pub id: PointId,
    /// The collection's score.
    pub score: f32,
    /// Its payload.
    pub payload: Payload,
}

impl From<Neighbour> for Hit {
    fn from(found: Neighbour) -> Self {
        Self { id: found.id, score: found.score, payload: found.payload }
    }
}

pub(super) fn run(config: &SearchConfig, control: &Control, reporter: &mut Reporter) -> Result<SearchAnswer> {
    let words = (!config.words.is_empty()).then(|| config.words.join(" ")).or(config.text.clone());
    let words = words.as_deref();
    if words.is_none() && config.image.is_none() && config.id.is_none() {
        return Err(Error::setting("say what to search by: words, --image F, or --id ID of a point"));
    }
    if words.is_some_and(|w| w.trim().is_empty()) {
        return Err(Error::setting("the words to search by are empty"));
    }
    let mut source = source::open(&config.collection, control, reporter)?;
    let (vector, model) = match config.id {
        Some(id) => (vector_of(source.as_mut(), id, control)?, None),
        None => {
            let info = source.info().clone();
            let usual = model_of(source.as_mut(), control)?;
            let side = if words.is_some() { Side::Texts } else { Side::Pictures };
            let needed = Some((info.title.as_str(), info.dim));
            let mut embedder = Embedder::open(&config.model, usual.as_deref(), side, needed, control, reporter)?;
            warn_of_model(usual.as_deref(), &embedder, reporter);
            let vector = match (words, &config.image) {
                (Some(words), _) => embedder.embed_text(words, control)?,
                (None, Some(image)) => {
                    let (_, prepared) = prepare_file(image, embedder.preparer())?;
                    embedder.embed_some(vec![prepared], control)?.swap_remove(0)
                }
                (None, None) => return Err(Error::setting("nothing to search by")),
            };
            (vector, Some(embedder.name().to_owned()))
        }
    };
    let limit = config.limit as usize;
    let began = Instant::now();
    let found = source.nearest(&vector, limit + usize::from(config.id.is_some()), control)?;
    let seconds = began.elapsed().as_secs_f64();
    let hits = found.into_iter().filter(|n| Some(n.id) != config.id).take(limit).map(Hit::from).collect();
    Ok(SearchAnswer { hits, seconds, model })
}

fn vector_of(source: &mut dyn VectorSource, id: PointId, control: &Control) -> Result<Vec<f32>> {
    let page = source.by_ids(&[id], Want::VECTORS, control)?;
    if page.ids.is_empty() {
        return Err(Error::setting(format!("{} has no point {id} with that vector", source.info().title)));
    }
    Ok(page.vectors)
}
