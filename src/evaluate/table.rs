//! The table itself: a row an encoder and a baseline, as it is printed, saved and shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A figure over several seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The sample's standard deviation (n - 1); none with one seed, and where nothing depends on a seed.
    pub sd: Option<f64>,
    /// How many figures it is the mean of.
    pub n: usize,
}

impl Spread {
    /// Over some figures; those that are not finite do not count. None where there is none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        Some(Self { mean, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n })
    }
}

/// One figure of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Share of features that never win over all points (of a sparse code: that are 0 everywhere).
    Dead,
    /// Mean over blocks of exp(entropy of the win rates) / block size.
    Perplexity,
    /// Mean over pairs of blocks of the winners' adjusted mutual information: 0 for independent ones.
    Ami,
    /// Mean over pairs of blocks of the winners' normalised mutual information, which has a floor above 0.
    Nmi,
    /// Mean cosine similarity of the queries and what the decoder makes of their codes.
    Reconstruction,
    /// Fraction of the queries' variance that the decoder leaves unexplained.
    Fvu,
    /// Mean over living features of the share of the most frequent label among the points that they win.
    Purity,
    /// Silhouette of the codes by label, by cosine distance.
    Silhouette,
    /// Share of queries whose label a linear probe on the codes tells.
    ProbeAccuracy,
    /// The probe's F1, averaged over labels.
    ProbeMacroF1,
    /// Adjusted Rand index of the labels and seeded k-means clusters of the codes, as many as there are labels.
    KmeansAri,
    /// Mean correlation of the features matched one to one between two seeds.
    MatchedCorrelation,
    /// Share of features matched between two seeds with a correlation above .7.
    MatchedShare,
    /// Seconds of training.
    Seconds,
}

impl Measure {
    /// All, in the order that they are shown in.
    pub const ALL: [Self; 14] = [
        Self::Dead,
        Self::Perplexity,
        Self::Ami,
        Self::Nmi,
        Self::Reconstruction,
        Self::Fvu,
        Self::Purity,
        Self::Silhouette,
        Self::ProbeAccuracy,
        Self::ProbeMacroF1,
        Self::KmeansAri,
        Self::MatchedCorrelation,
        Self::MatchedShare,
        Self::Seconds,
    ];

    /// A heading of a word or three.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Perplexity => "usage perplexity / V",
            Self::Ami => "AMI of blocks",
            Self::Nmi => "NMI of blocks",
            Self::Reconstruction => "reconstruction cosine",
            Self::Fvu => "unexplained variance",
            Self::Purity => "label purity",
            Self::Silhouette => "silhouette",
            Self::ProbeAccuracy => "probe accuracy",
            Self::ProbeMacroF1 => "probe macro-F1",
            Self::KmeansAri => "k-means ARI",
            Self::MatchedCorrelation => "matched correlation",
            Self::MatchedShare => "matched above .7",
            Self::Seconds => "training, s",
        }
    }

    /// Whether larger is better; none where neither is.
    pub fn larger_is_better(self) -> Option<bool> {
        match self {
            Self::Dead | Self::Ami | Self::Nmi | Self::Fvu | Self::Seconds => Some(false),
            Self::Perplexity
            | Self::Reconstruction
            | Self::Purity
            | Self::Silhouette
            | Self::ProbeAccuracy
            | Self::ProbeMacroF1
            | Self::KmeansAri
            | Self::MatchedCorrelation
            | Self::MatchedShare => Some(true),
        }
    }
}

/// How queries and stored vectors are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// Cosine similarity of the whole codes.
    Code,
    /// Dot product of the codes' entries above .05, as a sparse prefetch does it.
    Entries,
    /// The query's weights by the decoder, against each block's winner alone.
    Winners,
    /// The query's weights by the decoder, against the strongest entries: of each block, or of the whole code.
    Strongest,
    /// Dot product of the dense vectors.
    Dense,
    /// The query against what the principal components of a vector give back.
    Pca,
    /// The query's centred vector against the signs of the centred components.
    Binary,
    /// The query against the nearest centroids of slices of the vector.
    Product,
}

/// How much of the exact top 10 is found among the best by a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recall<T = Spread> {
    /// How query and stored vector are compared.
    pub scoring: Scoring,
    /// How many entries are kept, of a block or of the whole code, or how many parts or components there are, where
    /// that is part of the way.
    pub kept: Option<usize>,
    /// Bits of a stored weight, where entries are stored with less than float32: each but the strongest of a block as its
    /// share of what is kept of the block. Of product quantisation the bits of a part.
    pub weight_bits: Option<usize>,
    /// Whether the query is not what is stored: it is compared with all its digits.
    pub asymmetric: bool,
    /// Stored entries a vector, where the code is sparse.
    pub entries: Option<T>,
    /// Stored bytes a vector, every bit counted: indices and weights.
    pub bytes: T,
    /// Share of the exact top 10 among the best 10.
    pub at_10: T,
    /// Share of the exact top 10 among the best 1 % of the points.
    pub at_1_percent: T,
    /// Share of the exact top 10 among the best 5 % of the points.
    pub at_5_percent: T,
    /// Share of all postings in the lists that a query's entries name, where the code is sparse.
    pub touched: Option<T>,
}

impl<T> Recall<T> {
    /// What tells it from the others of a row.
    pub fn key(&self) -> (Scoring, Option<usize>, Option<usize>) {
        (self.scoring, self.kept, self.weight_bits)
    }

    /// What it is called in a table.
    pub fn title(&self) -> String {
        let kept = self.kept.unwrap_or_default();
        match self.scoring {
            Scoring::Code => "code".into(),
            Scoring::Entries => "entries above .05".into(),
            Scoring::Winners => "winners, asymmetric".into(),
            Scoring::Strongest => match self.weight_bits {
                Some(bits) => format!("top {kept} at {bits} bits, asymmetric"),
                None => format!("top {kept}, asymmetric"),
            },
            Scoring::Dense => "dense".into(),
            Scoring::Pca => format!("{kept} components"),
            Scoring::Binary => "signs, asymmetric".into(),
            Scoring::Product => format!("{kept} x {} bits, asymmetric", self.weight_bits.unwrap_or_default()),
        }
    }
}

/// What a code is worth when only its strongest entries are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtSize<T = Spread> {
    /// Entries kept.
    pub k: usize,
    /// Mean cosine similarity of the queries and what the decoder makes of the entries kept.
    pub kept_cosine: Option<T>,
    /// Adjusted Rand index of labels and k-means clusters of the entries kept.
    pub kmeans_ari: Option<T>,
}

/// What tells an outlier in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutlierBy {
    /// Mean normalised entropy of the blocks.
    Entropy,
    /// One less the mean largest probability of the blocks.
    MaxProbability,
    /// Reconstruction error: one less the cosine similarity to what the decoder makes of the code.
    Reconstruction,
    /// Distance to the 50th neighbour of the dense vector.
    Neighbour,
    /// Mean normalised entropy of the confidence head's blocks.
    Head,
    /// How undecided the encoder is, its head where it has one, and how empty the neighbourhood: see
    /// [`fused`](crate::features::outlier::fused).
    Fused,
    /// Mahalanobis distance of the dense vector, with a shrunk covariance.
    Mahalanobis,
}

impl OutlierBy {
    /// What it is called in a table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Entropy => "entropy",
            Self::MaxProbability => "max probability",
            Self::Reconstruction => "reconstruction",
            Self::Neighbour => "50th neighbour",
            Self::Head => "head's entropy",
            Self::Fused => "fused",
            Self::Mahalanobis => "Mahalanobis",
        }
    }
}

/// How well a score tells points of a label that was not trained on, or known outliers, from the other queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told<T = Spread> {
    /// The label held out; none for known outliers from a file.
    pub held_out: Option<String>,
    /// The score.
    pub by: OutlierBy,
    /// Area under the ROC curve.
    pub auroc: T,
    /// Share of the other queries that are flagged where 95 % of the outliers are.
    pub fpr95: T,
}

/// Whether a row is an encoder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// An encoder, or an objective over several seeds.
    Encoder,
    /// A way without an encoder, computed in the same run.
    Baseline,
}

/// An encoder or a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The encoder's file name, the objective, or the baseline.
    pub name: String,
    /// Whether it is an encoder.
    pub kind: RowKind,
    /// The encoder's file, where it was given.
    pub encoder: Option<PathBuf>,
    /// The objective, where it is known.
    pub objective: Option<String>,
    /// Blocks and features in each, of an encoder.
    pub shape: Option<(usize, usize)>,
    /// Seeds that it was trained with here; empty for one that was given, and for a baseline.
    pub seeds: Vec<u64>,
    /// Whether the decoder is the encoder's own; false where one was fitted here by ridge regression of the training
    /// points on their codes, none where there is none.
    pub own_decoder: Option<bool>,
    /// Every measure; none where it does not apply.
    pub measures: BTreeMap<Measure, Option<Spread>>,
    /// Retrieval, each way of comparing that there is.
    pub recall: Vec<Recall>,
    /// By the number of entries kept.
    pub sizes: Vec<AtSize>,
    /// Outliers, where labels were held out or known ones given.
    pub outliers: Vec<Told>,
}

impl Row {
    /// A measure; none where it does not apply.
    pub fn get(&self, measure: Measure) -> Option<Spread> {
        self.measures.get(&measure).copied().flatten()
    }
}

/// A feature of one encoder and the feature of another that it goes with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeaturePair {
    /// The feature of the one.
    pub one: usize,
    /// The feature of the other.
    pub other: usize,
    /// The Pearson correlation of their activations over the points.
    pub correlation: f64,
}

/// The features of two encoders, matched one to one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureMatch {
    /// The name of the one row.
    pub one: String,
    /// The name of the other.
    pub other: String,
    /// Mean correlation of the pairs.
    pub mean: f64,
    /// Share of pairs with a correlation above .7.
    pub above: f64,
    /// The pairs, the most alike first. Features that never win, or are constant, are in none.
    pub pairs: Vec<FeaturePair>,
}

/// A set of encoders and baselines on one collection with one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationTable {
    /// How messages call the collection.
    pub collection: String,
    /// Dimensions of its vectors.
    pub dim: usize,
    /// Points trained on, which are also what is searched.
    pub train_points: usize,
    /// Points held out, which are the queries.
    pub queries: usize,
    /// The payload field of the labels, where it was named.
    pub label_field: Option<String>,
    /// The labels, sorted; empty where there are none.
    pub labels: Vec<String>,
    /// The seed of the split and of everything drawn that is not trained.
    pub seed: u64,
    /// Encoders, then baselines.
    pub rows: Vec<Row>,
    /// The features of each two encoders that were given, matched.
    pub matches: Vec<FeatureMatch>,
    /// What a reader of the table must know, a sentence each.
    pub notes: Vec<String>,
    /// Seconds of the whole.
    pub seconds: f64,
}
