//! What is searched for and how, and what comes of it.

use serde::Serialize;

use super::{Hit, Shortlist};
use crate::pipeline::PictureInput;
use crate::search::Strength;
use crate::source::{PointId, Stored, Strategy};

/// A search.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is looked for.
    pub by: By,
    /// How.
    pub way: Way,
    /// What a query is for the block vectors, where they are searched by.
    pub sparse: SparseAsk,
    /// How many points.
    pub limit: usize,
    /// Whether the exact result is also worked out, to tell the recall of a way that may miss points.
    pub compare: bool,
    /// Whether a model that is not on this machine may be downloaded; otherwise a search that needs it fails with
    /// [`Error::DownloadNeeded`](crate::error::Error::DownloadNeeded).
    pub allow_download: bool,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub enum By {
    /// Words, through the text side of the collection's model.
    Text(String),
    /// A picture, through its side for pictures.
    Picture(PictureInput),
    /// A point of the collection, which is not among the results.
    Point(PointId),
    /// Features, by index or name, combined with AND, OR and NOT, each with a threshold where wanted: `12 AND NOT "red soup" > 0.2`.
    Features(String),
    /// Points that results should be like, and points that they should not be like; neither are among the results.
    Examples {
        /// Like these.
        positive: Vec<PointId>,
        /// Unlike these.
        negative: Vec<PointId>,
        /// How they are put together.
        strategy: Strategy,
    },
    /// Pairs of points: results lie on the side of the first of each; of those the nearest to the target come first.
    Pairs {
        /// The target; without one, only the pairs count.
        target: Option<PointId>,
        /// The pairs: like this, unlike that.
        pairs: Vec<(PointId, PointId)>,
    },
}

/// How is searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// By the dense vectors.
    Dense,
    /// By the sparse block vectors alone.
    Sparse,
    /// The sparse block vectors leave this share of the collection for the dense ones.
    Prefetched {
        /// The share, above 0 and up to 1.
        share: f64,
    },
    /// The strongest features of each point leave some points for a second look.
    Shortlisted(Shortlist),
}

/// What a query is for the block vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SparseAsk {
    /// Whether it is its own activations, even where the encoder has a decoder for what is stored. Otherwise it is
    /// D^T q there: the weights with which the stored codes make up its dot product with the vectors (asymmetric scoring).
    pub symmetric: bool,
    /// How many of its entries, the largest in magnitude, are kept; all where it is none.
    pub entries: Option<usize>,
}

/// What a search by the block vectors weighed: there where the query's weights came from the encoder's decoder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Asymmetric {
    /// Weights of the query.
    pub weights: usize,
    /// What is stored of each point.
    pub stored: Stored,
}

/// What a search found.
#[derive(Clone, Debug, Serialize)]
pub struct Searched {
    /// The points, best first.
    pub hits: Vec<Hit>,
    /// Seconds of the search itself, without opening and embedding.
    pub seconds: f64,
    /// Points that the sparse vectors left for the dense ones, where they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<usize>,
    /// That the query was weighed by the encoder's decoder, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asymmetric: Option<Asymmetric>,
    /// How it compares with the exact search, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
    /// The model that the query went through, where it needed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The request, to be copied; none where the collection is a file or no single request does it.
    #[serde(skip)]
    pub request: Option<CopyRequest>,
}

/// A search beside the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Share of the exact results that were found.
    pub recall: f64,
    /// Seconds of the exact search.
    pub exact_seconds: f64,
    /// Share of the postings (an entry of a point) that lie in the lists of the sparse query's entries, where there was
    /// one: of the whole collection where it is in memory, of a uniform sample otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postings: Option<f64>,
}

/// A request that runs as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopyRequest {
    /// `POST /collections/{name}/points/query` and its body, as JSON.
    pub json: String,
    /// A program with qdrant-client for Rust (with qdrant-edge for an embedded store).
    pub rust: String,
    /// A program with qdrant-client for Python (with qdrant-edge-py for an embedded store).
    pub python: String,
}

/// How results are steered: s(y) = cos(q, y) + alpha * sum over features j of w_j (sqrt p_j(y) - mean_j).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steering {
    /// Features and their weights, from -1 to 1.
    pub weights: Vec<(usize, f32)>,
    /// What they count for against the query.
    pub strength: Strength,
}

/// Results without and with steering.
#[derive(Clone, Debug, Serialize)]
pub struct Steered {
    /// Without.
    pub before: Vec<Hit>,
    /// With.
    pub after: Vec<SteeredHit>,
    /// Alpha, as it was given or as it came of the strength.
    pub alpha: f32,
    /// Points that were scored.
    pub candidates: usize,
    /// Seconds of both searches and the scoring, without opening and embedding.
    pub seconds: f64,
    /// The model that the query went through, where it needed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The request, to be copied; none where no single request does it.
    #[serde(skip)]
    pub request: Option<CopyRequest>,
}

/// A steered result.
#[derive(Clone, Debug, Serialize)]
pub struct SteeredHit {
    /// The point; its score is the steered one.
    #[serde(flatten)]
    pub hit: Hit,
    /// cos(q, y).
    pub similarity: f32,
    /// Its rank without steering, from 1, as far as that is known: among the points that were scored.
    pub rank_before: Option<usize>,
    /// How many ranks it went up; negative where it went down.
    pub moved: Option<i64>,
    /// What the features did to its score, the largest first, in the units of the score: alpha w_j (sqrt p_j - mean_j).
    pub because: Vec<Because>,
}

/// What a feature did to a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Because {
    /// The feature.
    pub index: usize,
    /// What it added.
    pub contribution: f32,
}
