//! What can go wrong, in kinds that a person can act on.
//!
//! Every kind has a sentence that names the input, and a [`hint`](Error::hint) that says what to do.
//! [`exit_code`](Error::exit_code) is 2 where the input was at fault and 1 where the work failed.

use std::path::{Path, PathBuf};

/// A result with Blockscope's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The person asked to stop and drop the work. The job layer turns it into an outcome.
    #[error("cancelled")]
    Cancelled,
    /// A setting makes no sense, alone or with others.
    #[error("{0}")]
    Setting(String),
    /// A file is missing, cut off, or not what it should be.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// No Qdrant server answers at the address.
    #[error("no Qdrant server answers at {url}: {problem}")]
    Connection {
        /// The address tried.
        url: String,
        /// The transport's words.
        problem: String,
    },
    /// The server wants a key, or another one.
    #[error("the server at {url} refused the API key")]
    Unauthorized {
        /// The address.
        url: String,
    },
    /// The server answered with an error that waiting does not mend.
    #[error("Qdrant: {0}")]
    Server(String),
    /// There is no such collection.
    #[error("there is no collection \"{name}\" {place}")]
    CollectionMissing {
        /// The name asked for.
        name: String,
        /// Where it was looked for: "at URL" or "in DIR".
        place: String,
        /// The names that are there.
        available: Vec<String>,
    },
    /// The collection has no such vector.
    #[error("collection \"{collection}\" has no {}", vector_words(name))]
    VectorMissing {
        /// The collection.
        collection: String,
        /// The vector asked for; empty for the default vector.
        name: String,
        /// The names that are there.
        available: Vec<String>,
    },
    /// The collection has no such sparse vector.
    #[error("{place} has no sparse vector \"{name}\"")]
    SparseMissing {
        /// The collection, as messages call it.
        place: String,
        /// The vector asked for.
        name: String,
        /// The names of the sparse vectors that are there.
        available: Vec<String>,
    },
    /// The collection has no such point, or the point lacks the vector.
    #[error("{place} has no point {id} with that vector")]
    PointMissing {
        /// The collection, as messages call it.
        place: String,
        /// The point asked for.
        id: crate::point::PointId,
    },
    /// The vector is of a kind that blocks cannot be trained on.
    #[error("vector \"{name}\" of collection \"{collection}\" is a {kind}, which is not supported")]
    VectorKind {
        /// The collection.
        collection: String,
        /// The vector.
        name: String,
        /// "multi-vector" or "sparse vector".
        kind: &'static str,
    },
    /// The collection, or what the filter leaves of it, holds no points.
    #[error("{0} holds no points with that vector")]
    Empty(String),
    /// Fewer points than the work needs.
    #[error("{what}: {found} points, and at least {needed} are needed")]
    TooFewPoints {
        /// The collection or file.
        what: String,
        /// Points found.
        found: u64,
        /// Points needed.
        needed: u64,
    },
    /// Two things have different numbers of dimensions.
    #[error("{what} has {found} dimensions, and {expected} are needed")]
    Dimension {
        /// What was looked at.
        what: String,
        /// Its dimensions.
        found: usize,
        /// The dimensions needed.
        expected: usize,
    },
    /// A vector holds NaN or infinity.
    #[error("{what}: row {row} holds NaN or infinity")]
    NotFinite {
        /// The file or collection.
        what: String,
        /// The row, counted from 0.
        row: u64,
    },
    /// No triplet reaches the smallest margin.
    #[error(
        "no usable triplet in {what}: every margin is at most {largest:.4} (smallest of a row {smallest:.4}), and more than {min_margin} is needed"
    )]
    NoTriplets {
        /// The similarity data.
        what: String,
        /// The smallest of the rows' largest margins.
        smallest: f32,
        /// The largest margin that any triplet can have.
        largest: f32,
        /// The margin asked for.
        min_margin: f32,
    },
    /// The embedded store cannot be used.
    #[error("store {}: {problem}", path.display())]
    Store {
        /// The store's folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Another process has the embedded store open.
    #[error("collection {} is open in another process", path.display())]
    StoreLocked {
        /// The collection's folder.
        path: PathBuf,
    },
    /// This program itself has the collection open, so that it can be neither removed nor opened under another name.
    #[error("collection {} is open in this program", path.display())]
    StoreInUse {
        /// The collection's folder.
        path: PathBuf,
    },
    /// The target exists, with another layout.
    #[error("target \"{name}\" exists with another layout: {found}")]
    TargetLayout {
        /// The target collection.
        name: String,
        /// What it holds.
        found: String,
    },
    /// After writing, the counts do not agree.
    #[error("target \"{target}\" holds {found} points after the run, and {expected} were expected")]
    Count {
        /// The target collection.
        target: String,
        /// Points found.
        found: u64,
        /// Points expected.
        expected: u64,
    },
    /// Something could not be fetched from the network.
    #[error("{url}: {problem}")]
    Download {
        /// The address.
        url: String,
        /// What went wrong.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A model would have to be downloaded first, and nobody has allowed it.
    #[error("model {model} is not on this machine yet")]
    DownloadNeeded {
        /// The model.
        model: String,
    },
    /// A remote embedding endpoint does not do its part.
    #[error("endpoint {url}: {problem}")]
    Endpoint {
        /// The address.
        url: String,
        /// Whether it refused the inputs, so that others may fare better.
        refused: bool,
        /// What went wrong.
        problem: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// An embedding model cannot be used.
    #[error("model {model}: {problem}")]
    Model {
        /// The model's name or folder.
        model: String,
        /// What is wrong.
        problem: String,
    },
    /// The device cannot be used.
    #[error("device: {0}")]
    Device(String),
    /// The loss stopped being a number.
    #[error("the loss became {value} at step {step} of epoch {epoch}")]
    Diverged {
        /// The value read.
        value: f32,
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step, counted from 1.
        step: u64,
    },
    /// The job panicked; the program goes on.
    #[error("the job failed inside: {0}")]
    Panicked(String),
}

fn vector_words(name: &str) -> String {
    if name.is_empty() { "default vector".to_owned() } else { format!("vector named \"{name}\"") }
}

impl Error {
    /// A file that is not what it should be.
    pub fn file(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::File { path: path.as_ref().to_owned(), problem: problem.into() }
    }

    /// An error of the operating system, with the path that it is about.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::NotFound => Self::File { path, problem: "not found".into() },
            std::io::ErrorKind::IsADirectory => Self::File { path, problem: "is a folder, not a file".into() },
            std::io::ErrorKind::NotADirectory | std::io::ErrorKind::AlreadyExists => {
                Self::File { path, problem: "a part of this path is a file, not a folder".into() }
            }
            _ => Self::Io { path, source },
        }
    }

    /// A setting that makes no sense.
    pub fn setting(problem: impl Into<String>) -> Self {
        Self::Setting(problem.into())
    }

    /// What the person can do about it, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        let list = |names: &[String]| {
            if names.is_empty() { "there are none".to_owned() } else { format!("there are: {}", names.join(", ")) }
        };
        Some(match self {
            Self::Connection { .. } => {
                "check the address and that Qdrant runs there; its gRPC port (6334 by default) must be reachable".into()
            }
            Self::Unauthorized { .. } => "give the key with --api-key or QDRANT_API_KEY".into(),
            Self::CollectionMissing { available, .. } => list(available),
            Self::VectorMissing { available, .. } => {
                let named: Vec<String> = available
                    .iter()
                    .map(|n| if n.is_empty() { "(default, without --using)".into() } else { n.clone() })
                    .collect();
                format!("choose one with --using; {}", list(&named))
            }
            Self::SparseMissing { available, .. } => {
                format!("`blockscope convert --with-dense` writes a collection that has both; {}", list(available))
            }
            Self::PointMissing { .. } => "check the id: a point's is a whole number or a UUID".into(),
            Self::VectorKind { .. } => "choose a dense vector with one vector a point (--using)".into(),
            Self::Empty(_) => "check the collection's name and the filter".into(),
            Self::NoTriplets { largest, .. } if *largest == 0.0 => {
                "each point is as near to all of its neighbours: are the vectors all the same?".into()
            }
            Self::NoTriplets { largest, .. } => format!(
                "the neighbours are too alike: load more points or fewer neighbours, or try --min-margin {}",
                largest * 0.25
            ),
            Self::StoreLocked { .. } => "close the other program, or name another store".into(),
            Self::StoreInUse { .. } => "close it here first, then try again".into(),
            Self::TargetLayout { .. } => "name another collection, or delete that one first".into(),
            Self::Count { .. } => "run the same command again: it goes over the whole collection once more".into(),
            Self::Diverged { .. } => "lower --lr, or look at the vectors' scale".into(),
            Self::Download { hint, .. } | Self::Endpoint { hint, .. } => return hint.clone(),
            Self::DownloadNeeded { .. } => "allow its download, or name a model that is here".into(),
            Self::Device(_) => "--device cpu always works".into(),
            Self::NotFinite { .. } => "remove or mend that row".into(),
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                "check the permissions; an embedded store must be writable even to be read".into()
            }
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "free some space; what was there before is untouched".into()
            }
            _ => return None,
        })
    }

    /// 2 for bad input, 1 for failed work.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Cancelled
            | Self::Io { .. }
            | Self::Connection { .. }
            | Self::Server(_)
            | Self::Download { .. }
            | Self::DownloadNeeded { .. }
            | Self::Endpoint { .. }
            | Self::StoreLocked { .. }
            | Self::StoreInUse { .. }
            | Self::Count { .. }
            | Self::Device(_)
            | Self::Diverged { .. }
            | Self::Panicked(_) => 1,
            _ => 2,
        }
    }
}
