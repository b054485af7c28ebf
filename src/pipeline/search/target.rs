//! From what is asked to what is searched by: words and pictures become vectors, points are read.

use std::sync::Arc;
use std::time::SystemTime;

use super::searcher::Asked;
use super::{Ask, By, Searcher};
use crate::embed::Side;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::pipeline::PictureInput;
use crate::search::{Expression, Matcher, Unreadable};
use crate::source::{Distance, Example, PointId, Query, Strategy, Want};

/// Words or a picture, as they were embedded.
#[derive(Clone)]
pub(super) enum Embedded {
    Words(String),
    /// And when its file was changed, where it is in one.
    Picture(PictureInput, Option<SystemTime>),
}

impl PartialEq for Embedded {
    fn eq(&self, other: &Self) -> bool {
        use PictureInput::{Bytes, File, Pixels};
        match (self, other) {
            (Self::Words(one), Self::Words(other)) => one == other,
            (Self::Picture(one, at), Self::Picture(other, then)) => match (one, other) {
                (File(one), File(other)) => one == other && at.is_some() && at == then,
                (Bytes { bytes: one, .. }, Bytes { bytes: other, .. }) => Arc::ptr_eq(one, other),
                (Pixels { picture: one, .. }, Pixels { picture: other, .. }) => Arc::ptr_eq(one, other),
                _ => false,
            },
            _ => false,
        }
    }
}

fn stamp(picture: &PictureInput) -> Option<SystemTime> {
    match picture {
        PictureInput::File(path) => std::fs::metadata(path).and_then(|meta| meta.modified()).ok(),
        PictureInput::Bytes { .. } | PictureInput::Pixels { .. } => None,
    }
}

/// What is searched by.
pub(super) enum Target {
    /// A dense vector: of words, of a picture, or of the point that is named.
    Vector { vector: Vec<f32>, point: Option<PointId> },
    /// What fires.
    Matches(Matcher),
    /// Examples, with their vectors; the mean of those that it should be like lies twice as far from the mean of the
    /// others.
    Examples { positive: Vec<PointId>, negative: Vec<PointId>, strategy: Strategy, average: Option<Vec<f32>> },
    /// Pairs, and the vector of the target.
    Pairs { target: Option<(PointId, Vec<f32>)>, pairs: Vec<(PointId, PointId)>, mean: Vec<f32> },
}

impl Target {
    /// As the collection is asked; none of features.
    pub(super) fn query(&self) -> Option<Query> {
        let examples = |ids: &[PointId]| ids.iter().copied().map(Example::Point).collect();
        Some(match self {
            Self::Vector { point: Some(id), .. } => Query::Nearest(Example::Point(*id)),
            Self::Vector { vector, point: None } => Query::Nearest(Example::Vector(vector.clone())),
            Self::Matches(_) => return None,
            Self::Examples { positive, negative, strategy, .. } => {
                Query::Recommend { positive: examples(positive), negative: examples(negative), strategy: *strategy }
            }
            Self::Pairs { target, pairs, .. } => {
                let context = pairs.iter().map(|(a, b)| (Example::Point(*a), Example::Point(*b))).collect();
                match target {
                    Some((id, _)) => Query::Discover { target: Example::Point(*id), context },
                    None => Query::Context(context),
                }
            }
        })
    }

    /// The vector that stands for it; none of features, and of negative examples alone.
    pub(super) fn vector(&self) -> Option<Vec<f32>> {
        match self {
            Self::Vector { vector, .. } => Some(vector.clone()),
            Self::Matches(_) => None,
            Self::Examples { average, .. } => average.clone(),
            Self::Pairs { target: Some((_, vector)), .. } => Some(vector.clone()),
            Self::Pairs { mean, .. } => Some(mean.clone()),
        }
    }

    /// The vector that it is searched by, where one vector says it all.
    pub(super) fn sole_vector(&self) -> Option<&[f32]> {
        match self {
            Self::Vector { vector, .. } => Some(vector),
            Self::Examples { average: Some(average), strategy: Strategy::AverageVector, .. } => Some(average),
            _ => None,
        }
    }
}

impl Searcher {
    /// Reads a query. Fails where it makes no sense, names what is not there, or cannot be embedded.
    pub(super) fn read(&mut self, ask: &Ask, control: &Control, reporter: &mut Reporter) -> Result<Asked> {
        if ask.limit == 0 {
            return Err(Error::setting("a search is for at least 1 point"));
        }
        let (target, own, model) = match &ask.by {
            By::Text(text) => {
                if text.trim().is_empty() {
                    return Err(Error::setting("the words to search by are empty"));
                }
                self.embed(Embedded::Words(text.clone()), Side::Texts, ask.allow_download, control, reporter)?
            }
            By::Picture(picture) => {
                let content = Embedded::Picture(picture.clone(), stamp(picture));
                self.embed(content, Side::Pictures, ask.allow_download, control, reporter)?
            }
            By::Point(id) => {
                let vector = self.vectors(&[*id], control)?;
                (Target::Vector { vector, point: Some(*id) }, vec![*id], None)
            }
            By::Features(text) => {
                let features = self.needs_encoder("a search by features")?.outputs();
                let expression = Expression::parse(text, &self.notes, features).map_err(Unreadable::into_error)?;
                (Target::Matches(Matcher::new(expression)), Vec::new(), None)
            }
            By::Examples { positive, negative, strategy } => {
                if positive.is_empty() && (negative.is_empty() || *strategy == Strategy::AverageVector) {
                    return Err(Error::setting("name at least one point that results should be like"));
                }
                let (likes, unlikes) = (self.vectors(positive, control)?, self.vectors(negative, control)?);
                let average = self.average(&likes, &unlikes);
                let own = positive.iter().chain(negative).copied().collect();
                let (positive, negative, strategy) = (positive.clone(), negative.clone(), *strategy);
                (Target::Examples { positive, negative, strategy, average }, own, None)
            }
            By::Pairs { target, pairs } => {
                if pairs.is_empty() {
                    return Err(Error::setting("name at least one pair: a point to be like, and one to be unlike"));
                }
                let mut own: Vec<PointId> = pairs.iter().map(|(like, _)| *like).collect();
                let mean = self.vectors(&own, control)?;
                let mean = self.average(&mean, &[]).unwrap_or_default();
                own.extend(pairs.iter().map(|(_, unlike)| *unlike));
                self.vectors(&own, control)?;
                let target = target.map(|id| Ok::<_, Error>((id, self.vectors(&[id], control)?))).transpose()?;
                own.extend(target.as_ref().map(|(id, _)| *id));
                (Target::Pairs { target, pairs: pairs.clone(), mean }, own, None)
            }
        };
        Ok(Asked { target, own, model })
    }

    /// Words or a picture as a vector. The last ones are remembered: a person who moves a slider asks by the same again.
    fn embed(
        &mut self,
        content: Embedded,
        side: Side,
        allow_download: bool,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<(Target, Vec<PointId>, Option<String>)> {
        let (vector, model) = match self.embedded.take_if(|(before, ..)| *before == content) {
            Some((_, vector, model)) => (vector, model),
            None => {
                let source = self.source.as_mut();
                let embedder = self.models.side(side, source, allow_download, control, reporter)?;
                let vector = match &content {
                    Embedded::Words(text) => embedder.embed_text(text, control)?,
                    Embedded::Picture(picture, _) => picture.embed(embedder, control)?,
                };
                (vector, embedder.name().to_owned())
            }
        };
        self.embedded = Some((content, vector.clone(), model.clone()));
        Ok((Target::Vector { vector, point: None }, Vec::new(), Some(model)))
    }

    /// The vectors of points, n x dim in their order. Fails where one is not there.
    fn vectors(&mut self, ids: &[PointId], control: &Control) -> Result<Vec<f32>> {
        let dim = self.source.info().dim;
        let mut vectors = Vec::with_capacity(ids.len() * dim);
        for id in ids {
            let page = self.source.by_ids(&[*id], Want::VECTORS, control)?;
            if page.ids.is_empty() {
                let place = self.source.info().title.clone();
                return Err(Error::PointMissing { place, id: *id });
            }
            vectors.extend(page.vectors);
        }
        Ok(vectors)
    }

    /// What Qdrant searches by for a mean of examples: the mean of the positive ones, and as far again from the mean of
    /// the negative ones. Vectors of a collection of cosine distance count at length 1, as Qdrant keeps them. None without
    /// positive ones.
    fn average(&self, positive: &[f32], negative: &[f32]) -> Option<Vec<f32>> {
        let info = self.source.info();
        let mean = |vectors: &[f32]| -> Vec<f32> {
            let rows = if info.distance == Distance::Cosine {
                linalg::normalised(vectors, info.dim)
            } else {
                vectors.to_vec()
            };
            let mut mean = vec![0f32; info.dim];
            rows.chunks(info.dim).for_each(|row| mean.iter_mut().zip(row).for_each(|(m, x)| *m += x));
            let n = (rows.len() / info.dim).max(1) as f32;
            mean.iter_mut().for_each(|m| *m /= n);
            mean
        };
        if positive.is_empty() {
            return None;
        }
        let likes = mean(positive);
        if negative.is_empty() {
            return Some(likes);
        }
        Some(likes.iter().zip(mean(negative)).map(|(like, unlike)| 2.0 * like - unlike).collect())
    }
}
