//! A search as a person has put it together, and the changes of it. All of it can be taken back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pixels;
use crate::pipeline::{By, PictureInput, Steering, Way};
use crate::point::PointId;
use crate::search::Strength;
use crate::source::Strategy;

/// Points that are found unless said otherwise.
const LIMIT: usize = 20;
/// Points that can be found at most.
pub const MOST: usize = 1_000;
/// The share of the collection that the sparse vectors leave for the dense ones, unless said otherwise.
const SHARE: f64 = 0.05;
/// What steering may count for against the query at most.
pub const STRONGEST: f32 = 2.0;
/// The weight of a feature that was just added, so that something is seen to happen.
pub const FIRST_WEIGHT: f32 = 0.5;

/// What is searched by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words.
    #[default]
    Text,
    /// A picture.
    Picture,
    /// A point of the collection.
    Point,
    /// Features by name.
    Features,
    /// Points to be like, and points to be unlike.
    Examples,
    /// Pairs of points.
    Pairs,
}

impl Kind {
    /// All, in the order that they are shown in.
    pub const ALL: [Self; 6] = [Self::Text, Self::Picture, Self::Point, Self::Features, Self::Examples, Self::Pairs];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Picture => "Picture",
            Self::Point => "Point",
            Self::Features => "Features",
            Self::Examples => "Examples",
            Self::Pairs => "Pairs",
        }
    }
}

/// Which vectors are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vectors {
    /// The dense ones.
    #[default]
    Dense,
    /// The sparse block vectors.
    Sparse,
    /// First the sparse ones, then the dense ones.
    Prefetched,
}

/// A picture to search by.
#[derive(Clone, Debug)]
pub enum Picture {
    /// A file.
    File(PathBuf),
    /// One of the clipboard, with its number; its pixels once they are ready.
    Pasted(u64, Option<Pixels>),
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Pasted(one, a), Self::Pasted(other, b)) => one == other && a.is_some() == b.is_some(),
            _ => false,
        }
    }
}

impl Picture {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Self::Pasted(number, _) => format!("Pasted picture {number}"),
        }
    }

    /// Its file, where it has one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Pasted(..) => None,
        }
    }

    fn input(&self) -> Option<PictureInput> {
        match self {
            Self::File(path) => Some(PictureInput::File(path.clone())),
            Self::Pasted(_, pixels) => {
                let picture = Arc::clone(&pixels.as_ref()?.whole);
                Some(PictureInput::Pixels { name: self.name(), picture })
            }
        }
    }
}

/// A search as it stands on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    /// What is searched by. What the other kinds were given stays.
    pub kind: Kind,
    /// Words.
    pub text: String,
    /// A picture.
    #[serde(skip)]
    pub picture: Option<Picture>,
    /// A point.
    pub point: Option<PointId>,
    /// Features by index or name, with AND, OR and NOT, and thresholds.
    pub features: String,
    /// Points to be like.
    pub like: Vec<PointId>,
    /// Points to be unlike.
    pub unlike: Vec<PointId>,
    /// How they are put together.
    pub strategy: Strategy,
    /// What results of pairs are near to.
    pub target: Option<PointId>,
    /// Pairs: like this, unlike that.
    pub pairs: Vec<(PointId, PointId)>,
    /// Which vectors are searched.
    pub vectors: Vectors,
    /// The share of the collection that the sparse vectors leave, above 0 and up to 1.
    pub share: f64,
    /// Points to find.
    pub limit: usize,
    /// Whether the exact result is worked out, too.
    pub compare: bool,
    /// Features with their weights, -1 to 1, in the order that they were added in.
    pub weights: Vec<(usize, f32)>,
    /// What the weights count for against the query, 0 to [`STRONGEST`], [relative](Strength::Relative) to its spread.
    #[serde(alias = "alpha")]
    pub strength: f32,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            kind: Kind::Text,
            text: String::new(),
            picture: None,
            point: None,
            features: String::new(),
            like: Vec::new(),
            unlike: Vec::new(),
            strategy: Strategy::default(),
            target: None,
            pairs: Vec::new(),
            vectors: Vectors::Dense,
            share: SHARE,
            limit: LIMIT,
            compare: false,
            weights: Vec::new(),
            strength: 1.0,
        }
    }
}

impl Query {
    /// What is looked for; none where something is missing.
    pub fn by(&self) -> Option<By> {
        let words = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        match self.kind {
            Kind::Text => words(&self.text).map(By::Text),
            Kind::Picture => self.picture.as_ref()?.input().map(By::Picture),
            Kind::Point => self.point.map(By::Point),
            Kind::Features => words(&self.features).map(By::Features),
            Kind::Examples => {
                let enough =
                    !self.like.is_empty() || (!self.unlike.is_empty() && self.strategy != Strategy::AverageVector);
                enough.then(|| By::Examples {
                    positive: self.like.clone(),
                    negative: self.unlike.clone(),
                    strategy: self.strategy,
                })
            }
            Kind::Pairs => {
                (!self.pairs.is_empty()).then(|| By::Pairs { target: self.target, pairs: self.pairs.clone() })
            }
        }
    }

    /// How is searched. Steering, examples and pairs have ways of their own.
    pub fn way(&self) -> Way {
        match self.vectors {
            Vectors::Dense => Way::Dense,
            Vectors::Sparse => Way::Sparse,
            Vectors::Prefetched => Way::Prefetched { share: self.share },
        }
    }

    /// The steering; none where it would change nothing.
    pub fn steering(&self) -> Option<Steering> {
        let weights: Vec<(usize, f32)> = self.weights.iter().copied().filter(|(_, weight)| *weight != 0.0).collect();
        let strength = Strength::Relative(self.strength);
        (!weights.is_empty() && self.strength > 0.0).then_some(Steering { weights, strength })
    }

    /// The weight of a feature, where it has a slider.
    pub fn weight(&self, feature: usize) -> Option<f32> {
        self.weights.iter().find(|(index, _)| *index == feature).map(|(_, weight)| *weight)
    }

    /// What a person has to do before there is something to search by.
    pub fn lacks(&self) -> &'static str {
        match self.kind {
            Kind::Text => "Type what you are looking for.",
            Kind::Picture => "Drop a picture anywhere in the window, paste one, or choose a file.",
            Kind::Point => "Type the id of a point, or choose \"Search by this\" from the menu of any picture.",
            Kind::Features => "Type names or indices of features, put together with AND, OR and NOT.",
            Kind::Examples if !self.unlike.is_empty() => {
                "Add a point that results should be like, or put the examples together in another way."
            }
            Kind::Examples => "Choose \"More like this\" from the menu of any picture, or type ids.",
            Kind::Pairs => "Add a pair of points: results are more like the first than like the second.",
        }
    }

    /// Brought back to what can be asked for, after it was read from a file.
    pub(super) fn in_range(mut self, features: usize) -> Self {
        self.limit = self.limit.clamp(1, MOST);
        self.share = if self.share.is_finite() { self.share.clamp(0.001, 1.0) } else { SHARE };
        self.strength = if self.strength.is_finite() { self.strength.clamp(0.0, STRONGEST) } else { 1.0 };
        self.weights.retain(|(feature, weight)| *feature < features && weight.is_finite());
        for (_, weight) in &mut self.weights {
            *weight = weight.clamp(-1.0, 1.0);
        }
        self
    }
}

/// A change of the search.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Search by something else.
    Kind(Kind),
    /// What is typed as the text.
    Text(String),
    /// Search by this picture, or by none.
    Picture(Option<Picture>),
    /// Search by this point, or by none.
    Point(Option<PointId>),
    /// What is typed as features.
    Features(String),
    /// Results should be like this point.
    Like(PointId),
    /// Results should be unlike this point.
    Unlike(PointId),
    /// The point is no example any more.
    DropExample(PointId),
    /// How examples are put together.
    Strategy(Strategy),
    /// What results of pairs are near to.
    Target(Option<PointId>),
    /// A pair: like the first, unlike the second.
    Pair(PointId, PointId),
    /// The pair at this place goes.
    DropPair(usize),
    /// Search these vectors.
    Vectors(Vectors),
    /// The share that the sparse vectors leave.
    Share(f64),
    /// Points to find.
    Limit(usize),
    /// Whether to compare with the exact result.
    Compare(bool),
    /// Give a feature a slider.
    AddFeature(usize),
    /// The weight of a feature.
    Weight(usize, f32),
    /// A feature's slider goes.
    DropFeature(usize),
    /// What the weights count for.
    Strength(f32),
    /// All weights at once, under the name of what they are.
    Weights(String, Vec<(usize, f32)>),
    /// Nothing is searched for any more; sliders go, too.
    Clear,
}

impl Edit {
    /// What undo calls it. Changes that follow each other under the same label become one step, where they
    /// [run on](Self::runs_on).
    pub fn label(&self, name: impl Fn(usize) -> String) -> String {
        match self {
            Self::Kind(kind) => format!("Search by {}", kind.title().to_lowercase()),
            Self::Text(_) => "Search by text".into(),
            Self::Picture(Some(picture)) => format!("Search by {}", picture.name()),
            Self::Picture(None) => "Remove the picture".into(),
            Self::Point(Some(id)) => format!("Search by point {id}"),
            Self::Point(None) => "Remove the point".into(),
            Self::Features(_) => "Search by features".into(),
            Self::Like(id) => format!("Like point {id}"),
            Self::Unlike(id) => format!("Unlike point {id}"),
            Self::DropExample(id) => format!("Remove example {id}"),
            Self::Strategy(_) => "Put examples together otherwise".into(),
            Self::Target(_) => "Target of the pairs".into(),
            Self::Pair(..) => "Add a pair".into(),
            Self::DropPair(_) => "Remove a pair".into(),
            Self::Vectors(_) => "Search other vectors".into(),
            Self::Share(_) => "Share of the prefetch".into(),
            Self::Limit(_) => "Number of results".into(),
            Self::Compare(_) => "Compare with exact".into(),
            Self::AddFeature(feature) => format!("Steer by {}", name(*feature)),
            Self::Weight(feature, _) => format!("Weight of {}", name(*feature)),
            Self::DropFeature(feature) => format!("Remove the slider of {}", name(*feature)),
            Self::Strength(_) => "Strength of the steering".into(),
            Self::Weights(label, _) => label.clone(),
            Self::Clear => "Clear the search".into(),
        }
    }

    /// Whether it is one of a run of changes that is taken back as one: typing, and moving a slider.
    pub fn runs_on(&self) -> bool {
        matches!(
            self,
            Self::Text(_) | Self::Features(_) | Self::Weight(..) | Self::Strength(_) | Self::Share(_) | Self::Limit(_)
        )
    }

    /// How long nothing may change after it before the search is made.
    pub(super) fn settles(&self) -> Duration {
        Duration::from_millis(match self {
            Self::Text(_) | Self::Features(_) => 450,
            Self::Weight(..) | Self::Strength(_) | Self::Share(_) | Self::Limit(_) => 160,
            _ => 0,
        })
    }

    /// Does it.
    pub fn apply(self, query: &mut Query) {
        match self {
            Self::Kind(kind) => query.kind = kind,
            Self::Text(text) => (query.kind, query.text) = (Kind::Text, text),
            Self::Picture(picture) => (query.kind, query.picture) = (Kind::Picture, picture),
            Self::Point(point) => (query.kind, query.point) = (Kind::Point, point),
            Self::Features(text) => (query.kind, query.features) = (Kind::Features, text),
            Self::Like(id) => {
                begin_examples(query);
                query.unlike.retain(|known| *known != id);
                if !query.like.contains(&id) {
                    query.like.push(id);
                }
            }
            Self::Unlike(id) => {
                begin_examples(query);
                query.like.retain(|known| *known != id);
                if !query.unlike.contains(&id) {
                    query.unlike.push(id);
                }
            }
            Self::DropExample(id) => {
                query.like.retain(|known| *known != id);
                query.unlike.retain(|known| *known != id);
            }
            Self::Strategy(strategy) => query.strategy = strategy,
            Self::Target(target) => (query.kind, query.target) = (Kind::Pairs, target),
            Self::Pair(like, unlike) => {
                query.kind = Kind::Pairs;
                if like != unlike && !query.pairs.contains(&(like, unlike)) {
                    query.pairs.push((like, unlike));
                }
            }
            Self::DropPair(place) => {
                if place < query.pairs.len() {
                    query.pairs.remove(place);
                }
            }
            Self::Vectors(vectors) => query.vectors = vectors,
            Self::Share(share) => query.share = share.clamp(0.001, 1.0),
            Self::Limit(limit) => query.limit = limit.clamp(1, MOST),
            Self::Compare(compare) => query.compare = compare,
            Self::AddFeature(feature) => {
                if query.weight(feature).is_none() {
                    query.weights.push((feature, FIRST_WEIGHT));
                }
            }
            Self::Weight(feature, weight) => {
                let weight = weight.clamp(-1.0, 1.0);
                match query.weights.iter_mut().find(|(known, _)| *known == feature) {
                    Some(known) => known.1 = weight,
                    None => query.weights.push((feature, weight)),
                }
            }
            Self::DropFeature(feature) => query.weights.retain(|(known, _)| *known != feature),
            Self::Strength(strength) => query.strength = strength.clamp(0.0, STRONGEST),
            Self::Weights(_, weights) => query.weights = weights,
            Self::Clear => {
                let Query { kind, vectors, share, limit, compare, .. } = *query;
                *query = Query { kind, vectors, share, limit, compare, ..Query::default() };
            }
        }
    }
}

/// The first example comes to the point that was searched by, as that is one, too.
fn begin_examples(query: &mut Query) {
    if query.kind == Kind::Point && query.like.is_empty() {
        query.like.extend(query.point);
    }
    query.kind = Kind::Examples;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edited(edits: impl IntoIterator<Item = Edit>) -> Query {
        let mut query = Query::default();
        edits.into_iter().for_each(|edit| edit.apply(&mut query));
        query
    }

    const ONE: PointId = PointId::Num(1);
    const TWO: PointId = PointId::Num(2);

    #[test]
    fn a_point_that_was_searched_by_becomes_the_first_example() {
        let query = edited([Edit::Point(Some(ONE)), Edit::Unlike(TWO)]);
        assert_eq!((query.kind, &query.like[..], &query.unlike[..]), (Kind::Examples, &[ONE][..], &[TWO][..]));
        let query = edited([Edit::Point(Some(ONE)), Edit::Unlike(TWO), Edit::Like(TWO)]);
        assert_eq!((&query.like[..], query.unlike.len()), (&[ONE, TWO][..], 0), "no point is both");
    }

    #[test]
    fn nothing_is_searched_for_before_there_is_something_to_search_by() {
        for kind in Kind::ALL {
            let query = edited([Edit::Kind(kind)]);
            assert!(query.by().is_none() && !query.lacks().is_empty(), "{kind:?}");
        }
        assert!(edited([Edit::Text("  ".into())]).by().is_none());
        assert!(matches!(edited([Edit::Text(" a cake ".into())]).by(), Some(By::Text(text)) if text == "a cake"));
        let unlike = [Edit::Unlike(ONE)];
        assert!(edited(unlike.clone()).by().is_none(), "a mean of nothing is not near to anything");
        assert!(edited(unlike.into_iter().chain([Edit::Strategy(crate::source::Strategy::BestScore)])).by().is_some());
        assert!(edited([Edit::Pair(ONE, ONE)]).by().is_none(), "a point is not unlike itself");
        assert!(matches!(edited([Edit::Pair(ONE, TWO)]).by(), Some(By::Pairs { target: None, .. })));
    }

    #[test]
    fn sliders_in_the_middle_steer_nothing() {
        let query = edited([Edit::AddFeature(3), Edit::Weight(3, 0.0), Edit::Weight(7, -2.0)]);
        assert_eq!(query.weights, [(3, 0.0), (7, -1.0)]);
        assert_eq!(query.steering().unwrap().weights, [(7, -1.0)]);
        let query = edited([Edit::AddFeature(3), Edit::Strength(0.0)]);
        assert_eq!(query.steering(), None);
        assert_eq!(edited([Edit::AddFeature(3), Edit::AddFeature(3)]).weights, [(3, FIRST_WEIGHT)]);
    }

    #[test]
    fn clearing_keeps_how_is_searched() {
        let query = edited([
            Edit::Vectors(Vectors::Prefetched),
            Edit::Limit(5),
            Edit::AddFeature(1),
            Edit::Text("soup".into()),
            Edit::Clear,
        ]);
        assert_eq!((query.vectors, query.limit, query.weights.len(), query.text.len()), (Vectors::Prefetched, 5, 0, 0));
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back_and_never_exceeds_the_encoder(
            text in ".{0,20}",
            weights in proptest::collection::vec((0usize..600, -3.0f32..3.0), 0..10),
            strength in -1.0f32..5.0,
            limit in 0usize..5_000,
        ) {
            let query = Query { text, weights, strength, limit, ..Query::default() };
            let kept: Query = serde_json::from_str(&serde_json::to_string(&query).unwrap()).unwrap();
            prop_assert_eq!(&kept, &query);
            let query = kept.in_range(256);
            prop_assert!(query.weights.iter().all(|(f, w)| *f < 256 && (-1.0..=1.0).contains(w)));
            prop_assert!((1..=MOST).contains(&query.limit) && (0.0..=STRONGEST).contains(&query.strength));
        }
    }
}
