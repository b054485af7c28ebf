//! Sources of vectors: a Qdrant server or cluster, an embedded store, a file; all behind [`VectorSource`].
//!
//! A source is read in pages in a fixed order, so that a reader can stop after any page, remember the [`Cursor`], and
//! go on from there later. The two kinds that can be written to also give a [`VectorSink`].

mod describe;
mod edge;
mod files;
mod filter;
mod origin;
mod page;
mod query;
pub(crate) mod request;
mod score;
mod server;

use serde::{Deserialize, Serialize};

pub use describe::{CollectionDescription, VectorDescription, VectorKind, unsuitable};
pub use edge::{
    EdgeSink, EdgeStore, describe_collections as describe_store, list_collections as list_store,
    remove_collection as remove_from_store,
};
pub use files::FileSource;
pub use origin::SparseOrigin;
pub(crate) use page::split_positions;
pub use page::{for_each_page, sample_ids};
pub use query::{Example, Query, Search, SparseWeights, Strategy};
pub use server::{
    ServerAddress, ServerSink, ServerSource, describe_collections as describe_server, list_collections as list_server,
};

pub use crate::point::{Distance, Payload, PointId, SparseValues, Stored};

use crate::config::CollectionArgs;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};

/// What a source holds.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    /// How messages call it: `collection "food" at http://localhost:6334`.
    pub title: String,
    /// The collection's or the file's short name.
    pub name: String,
    /// Dimensions of a vector.
    pub dim: usize,
    /// How nearness is measured.
    pub distance: Distance,
    /// Points (with the filter applied) when the source was opened.
    pub points: u64,
}

/// Where in a source's order reading goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// At the first point.
    #[default]
    Start,
    /// At this point, which has not been read yet.
    At(PointId),
    /// At this row of a file.
    Row(u64),
    /// Everything was read.
    End,
}

/// What a page is to hold beside the ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// The vectors.
    pub vectors: bool,
    /// The payloads.
    pub payload: bool,
}

impl Want {
    /// Ids alone.
    pub const IDS: Self = Self { vectors: false, payload: false };
    /// Ids and vectors.
    pub const VECTORS: Self = Self { vectors: true, payload: false };
    /// Everything.
    pub const ALL: Self = Self { vectors: true, payload: true };
}

/// Some points of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The ids.
    pub ids: Vec<PointId>,
    /// The vectors, `ids.len()` x dim in rows, or empty where not wanted. A point of a server that lacks the vector is
    /// left out of the page altogether.
    pub vectors: Vec<f32>,
    /// The payloads, or empty where not wanted.
    pub payloads: Vec<Payload>,
}

/// A point found near a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// The point.
    pub id: PointId,
    /// The collection's score: a similarity, or a distance for Euclid and Manhattan.
    pub score: f32,
    /// Its payload.
    pub payload: Payload,
}

/// A neighbour matrix as the server gives it: pairs of offsets into `ids`, with scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetMatrix {
    /// The sampled points.
    pub ids: Vec<PointId>,
    /// Row of each entry.
    pub rows: Vec<u32>,
    /// Column of each entry.
    pub columns: Vec<u32>,
    /// Score of each entry, as the server gives it.
    pub scores: Vec<f32>,
}

/// Something that vectors can be read from, page by page.
///
/// Every call checks the control before and between requests; a passing fault is tried again inside the call.
pub trait VectorSource: Send {
    /// What it holds.
    fn info(&self) -> &SourceInfo;

    /// Reads at most `limit` points from the cursor on, in the source's fixed order, and moves the cursor behind them.
    /// A page may be shorter than `limit`, even empty, before [`Cursor::End`].
    fn page(&mut self, cursor: &mut Cursor, limit: usize, want: Want, control: &Control) -> Result<Page>;

    /// Reads points by id, in the order given. Ids that are not there are left out.
    fn by_ids(&mut self, ids: &[PointId], want: Want, control: &Control) -> Result<Page>;

    /// Reads fields of the payloads of points by id, in the order given. There may be more in a payload than was asked
    /// for. Ids that are not there are left out.
    fn fields(&mut self, ids: &[PointId], _fields: &[&str], control: &Control) -> Result<Page> {
        self.by_ids(ids, Want { vectors: false, payload: true }, control)
    }

    /// The `limit` points nearest to a vector, nearest first, with payload.
    fn nearest(&mut self, vector: &[f32], limit: usize, control: &Control) -> Result<Vec<Neighbour>>;

    /// The points that a search finds, best first, with payload. A point that the search names is never among them.
    fn search(&mut self, search: &Search, _control: &Control) -> Result<Vec<Neighbour>> {
        let _ = search;
        Err(Error::setting(format!("{} cannot be searched like this", self.info().title)))
    }

    /// What the sparse vectors of that name were made with, where that was written down.
    fn sparse_origin(&mut self, _name: &str, _control: &Control) -> Result<Option<SparseOrigin>> {
        Ok(None)
    }

    /// Whether [`matrix`](Self::matrix) is worth asking for.
    fn has_matrix(&self) -> bool {
        false
    }

    /// The server's own neighbour matrix over a sample, or over `among` where given; `None` where the source cannot.
    fn matrix(
        &mut self,
        _sample: usize,
        _limit: usize,
        _among: Option<&[PointId]>,
        _control: &Control,
    ) -> Result<Option<OffsetMatrix>> {
        Ok(None)
    }
}

/// The layout of a collection that we make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One dense vector; the name is empty for the default vector.
    Dense {
        /// The vector's name.
        name: String,
        /// Dimensions.
        dim: usize,
        /// How nearness is measured.
        distance: Distance,
    },
    /// One sparse vector.
    Sparse {
        /// The vector's name.
        name: String,
    },
    /// A dense vector and a sparse one, so that one request can prefetch by the one and rescore by the other.
    Both {
        /// The dense vector's name; empty for the default vector.
        name: String,
        /// Its dimensions.
        dim: usize,
        /// How its nearness is measured.
        distance: Distance,
        /// The sparse vector's name.
        sparse: String,
    },
}

impl Layout {
    /// The dense vector's name, where there is one; empty for the default vector.
    pub fn dense_name(&self) -> Option<&str> {
        match self {
            Self::Dense { name, .. } | Self::Both { name, .. } => Some(name),
            Self::Sparse { .. } => None,
        }
    }

    /// The sparse vector's name, where there is one.
    pub fn sparse_name(&self) -> Option<&str> {
        match self {
            Self::Sparse { name } | Self::Both { sparse: name, .. } => Some(name),
            Self::Dense { .. } => None,
        }
    }
}

/// A vector to write.
#[derive(Clone, Debug, PartialEq)]
pub enum NewVector {
    /// A dense one.
    Dense(Vec<f32>),
    /// A sparse one: ascending indices and their values. May be empty.
    Sparse {
        /// Indices.
        indices: Vec<u32>,
        /// Values.
        values: Vec<f32>,
    },
    /// Both.
    Both {
        /// The dense one.
        dense: Vec<f32>,
        /// Indices of the sparse one.
        indices: Vec<u32>,
        /// Its values.
        values: Vec<f32>,
    },
}

/// A point to write.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPoint {
    /// Its id.
    pub id: PointId,
    /// Its vector or vectors, for the layout's.
    pub vector: NewVector,
    /// Its payload.
    pub payload: Payload,
}

/// A collection that points can be written to.
pub trait VectorSink: Send {
    /// How messages call it.
    fn title(&self) -> &str;

    /// Writes points, replacing those of the same id. When it returns, they survive a killed process.
    fn upsert(&mut self, points: Vec<NewPoint>, control: &Control) -> Result<()>;

    /// Points in the collection, exactly.
    fn count(&mut self, control: &Control) -> Result<u64>;

    /// Writes down what the collection's sparse vectors are made with. A server that cannot keep it goes without.
    fn set_sparse_origin(&mut self, _origin: &SparseOrigin, _control: &Control) -> Result<()> {
        Ok(())
    }

    /// Which of these ids are there.
    fn existing(&mut self, ids: &[PointId], control: &Control) -> Result<Vec<PointId>>;
}

/// Fails where a text is not a filter in Qdrant's JSON. An empty one is a filter that every point matches.
pub fn check_filter(text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let json = serde_json::from_str(text).map_err(|e| Error::setting(format!("--filter is not JSON: {e}")))?;
    filter::parse(&json).map(|_| ())
}

/// Opens the collection that the arguments name.
pub fn open(args: &CollectionArgs, control: &Control, reporter: &mut Reporter) -> Result<Box<dyn VectorSource>> {
    control.check_whole()?;
    if let Some(vectors) = &args.vectors {
        if args.store.is_some() || args.collection.is_some() {
            return Err(Error::setting("give either --vectors, or a collection of a store or server, not both"));
        }
        if args.filter.is_some() || args.using.is_some() {
            return Err(Error::setting(
                "--filter and --using are for collections of a store or server, not for --vectors",
            ));
        }
        return Ok(Box::new(FileSource::open(vectors, args.payload.as_deref(), args.distance)?));
    }
    let name = args.name()?;
    if let Some(store) = &args.store {
        return Ok(Box::new(EdgeStore::open(store, name, args.using.as_deref(), args.filter()?)?));
    }
    Ok(Box::new(ServerSource::open(&address(args, reporter)?, name, args.using.as_deref(), args.filter()?, control)?))
}

/// Opens a collection for writing in the store or on the server that the arguments name, and makes it where there is
/// none. One that is there with another layout is refused.
pub fn open_sink(
    args: &CollectionArgs,
    name: &str,
    layout: &Layout,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Box<dyn VectorSink>> {
    control.check_whole()?;
    if let Some(store) = &args.store {
        return Ok(Box::new(EdgeStore::open_or_create(store, name, layout)?));
    }
    check_place(args)?;
    Ok(Box::new(ServerSink::open_or_create(&address(args, reporter)?, name, layout, control)?))
}

/// Where [`open_sink`] would write to, without making anything: how messages call the collection, and the collection
/// itself where there is one. One with another layout is refused.
pub fn find_sink(
    args: &CollectionArgs,
    name: &str,
    layout: &Layout,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<(String, Option<Box<dyn VectorSink>>)> {
    control.check_whole()?;
    if let Some(store) = &args.store {
        let sink = EdgeStore::open_present(store, name, layout)?.map(|sink| Box::new(sink) as Box<dyn VectorSink>);
        return Ok((edge::title(store, name), sink));
    }
    check_place(args)?;
    let address = address(args, reporter)?;
    let sink = ServerSink::open_present(&address, name, layout, control)?;
    Ok((server::title_at(name, &address.url), sink.map(|sink| Box::new(sink) as Box<dyn VectorSink>)))
}

/// Refuses a file alone, which nothing can be written to.
fn check_place(args: &CollectionArgs) -> Result<()> {
    if args.vectors.is_some() && args.url.is_none() {
        return Err(Error::setting("points are written to a store (--store DIR) or a server (--url URL)"));
    }
    Ok(())
}

/// The server's address, with a note where it was changed.
fn address(args: &CollectionArgs, reporter: &mut Reporter) -> Result<ServerAddress> {
    let url = args.url.as_deref().filter(|u| !u.trim().is_empty()).unwrap_or("http://localhost:6334");
    let (address, note) = ServerAddress::parse(url, args.api_key.as_deref())?;
    if let Some(note) = note {
        reporter.note(note);
    }
    Ok(address)
}
