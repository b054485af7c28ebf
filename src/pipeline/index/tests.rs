use std::path::PathBuf;

use super::*;
use crate::encoder::tests::random;
use crate::numpy;
use crate::source::{Distance, EdgeStore, FileSource, Layout, NewPoint, NewVector, VectorSink};

const DIM: usize = 3;

/// Vectors of some rows.
fn rows(range: std::ops::Range<usize>) -> Vec<f32> {
    range.flat_map(|row| (0..DIM).map(move |d| ((row * DIM + d) as f32 * 0.37).sin())).collect()
}

/// A file of vectors with an encoder beside it.
struct Files {
    folder: tempfile::TempDir,
    encoder: Encoder,
    collection: CollectionArgs,
}

/// What an opening gave.
struct Opened {
    index: Result<Arc<FeatureIndex>>,
    /// The points of the indexes that were given meanwhile.
    given: Vec<u64>,
}

impl Files {
    fn new(points: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let collection = CollectionArgs { vectors: Some(folder.path().join("v.npy")), ..CollectionArgs::default() };
        let files = Self { folder, encoder: random(DIM, 2, 4, 1), collection };
        files.write(&rows(0..points));
        files
    }

    fn write(&self, vectors: &[f32]) {
        numpy::write_matrix(self.collection.vectors.as_ref().unwrap(), DIM, vectors).unwrap();
    }

    fn source(&self) -> FileSource {
        FileSource::open(self.collection.vectors.as_ref().unwrap(), None, Distance::Cosine).unwrap()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("e.safetensors")
    }

    fn saved(&self) -> Option<Saved> {
        let key = saved::key(&self.collection).unwrap();
        Saved::read(&saved::path(&self.path(), &key), &self.encoder, &key).unwrap()
    }

    fn open(&self) -> Opened {
        self.open_from(&mut self.source(), false, &Control::new())
    }

    fn open_from(&self, source: &mut dyn VectorSource, rebuild: bool, control: &Control) -> Opened {
        let path = self.path();
        let of = IndexOf { path: &path, encoder: &self.encoder, collection: &self.collection, rebuild };
        let mut given = Vec::new();
        let every = |index: Arc<FeatureIndex>| given.push(index.points());
        let index = feature_index(&of, source, every, control, &mut Reporter::silent());
        Opened { index, given }
    }

    /// What a pass over everything gives.
    fn fresh(&self) -> Arc<FeatureIndex> {
        build_index(&self.encoder, &mut self.source(), |_| (), &Control::new(), &mut Reporter::silent()).unwrap()
    }
}

/// Whether two indexes have the same counts and points.
fn same(one: &FeatureIndex, other: &FeatureIndex) -> bool {
    one.points() == other.points()
        && (0..one.features()).all(|feature| {
            let ids = |index: &FeatureIndex| -> Vec<PointId> {
                let intervals = index.intervals(feature);
                intervals.iter().flat_map(|interval| interval.points.iter().map(|s| s.id)).collect()
            };
            one.histogram(feature) == other.histogram(feature) && ids(one) == ids(other)
        })
}

/// A source that counts what is read of it, and can end it after some pages.
struct Watched<'a> {
    source: &'a mut dyn VectorSource,
    read: u64,
    /// Points after which the control is told to cancel.
    cancel: Option<(u64, Control)>,
}

impl VectorSource for Watched<'_> {
    fn info(&self) -> &crate::source::SourceInfo {
        self.source.info()
    }

    fn page(
        &mut self,
        cursor: &mut Cursor,
        limit: usize,
        want: Want,
        control: &Control,
    ) -> Result<crate::source::Page> {
        let page = self.source.page(cursor, limit, want, control)?;
        self.read += page.ids.len() as u64;
        if let Some((after, control)) = &self.cancel
            && self.read > *after
        {
            control.cancel();
        }
        Ok(page)
    }

    fn by_ids(&mut self, ids: &[PointId], want: Want, control: &Control) -> Result<crate::source::Page> {
        self.source.by_ids(ids, want, control)
    }

    fn nearest(&mut self, vector: &[f32], limit: usize, control: &Control) -> Result<Vec<crate::source::Neighbour>> {
        self.source.nearest(vector, limit, control)
    }
}

#[test]
fn an_index_is_there_after_the_first_page_and_the_last_is_the_whole() {
    // More than two pages of 8,192 points.
    let files = Files::new(20_000);
    let mut given = Vec::new();
    let mut source = files.source();
    let encoder = &files.encoder;
    let whole = build_index(encoder, &mut source, |i| given.push(i), &Control::new(), &mut Reporter::silent()).unwrap();
    assert_eq!(given[0].points(), 8_192);
    assert!(given.is_sorted_by_key(|i| i.points()));
    assert_eq!((whole.points(), whole.confidence().points()), (20_000, 20_000));
    assert_eq!(given[0].histogram(0).iter().sum::<u32>(), 8_192, "an index given stays as it is");
}

#[test]
fn vectors_of_another_kind_and_a_stop_end_it() {
    let files = Files::new(100);
    let build = |encoder: &Encoder, control: &Control| {
        build_index(encoder, &mut files.source(), |_| (), control, &mut Reporter::silent()).unwrap_err()
    };
    assert!(matches!(build(&random(4, 2, 4, 1), &Control::new()), Error::Dimension { found: 3, expected: 4, .. }));
    let control = Control::new();
    control.stop();
    assert!(matches!(build(&random(3, 2, 4, 1), &control), Error::Cancelled));
}

#[test]
fn a_second_opening_reads_nothing_but_what_tells_that_nothing_has_changed() {
    let files = Files::new(9_000);
    let first = files.open();
    let index = first.index.unwrap();
    assert_eq!(first.given.last(), Some(&9_000));
    assert!(same(&index, &files.fresh()) && files.saved().unwrap().stamp.whole);
    let mut source = files.source();
    let mut watched = Watched { source: &mut source, read: 0, cancel: None };
    let second = files.open_from(&mut watched, false, &Control::new());
    assert_eq!((watched.read, second.given), (1, vec![9_000]));
    assert!(*second.index.unwrap() == *index);
    let again = files.open_from(&mut watched, true, &Control::new());
    assert_eq!((watched.read, again.index.unwrap().points()), (9_001, 9_000), "a rebuild reads all of it");
}

#[test]
fn rows_that_were_appended_are_taken_in_without_reading_the_others() {
    let files = Files::new(9_000);
    files.open().index.unwrap();
    files.write(&rows(0..9_600));
    let mut source = files.source();
    let mut watched = Watched { source: &mut source, read: 0, cancel: None };
    let opened = files.open_from(&mut watched, false, &Control::new());
    assert_eq!(watched.read, 601, "the last row once more");
    assert_eq!((opened.given.first(), opened.given.last()), (Some(&9_000), Some(&9_600)), "what was there comes first");
    assert!(same(&opened.index.unwrap(), &files.fresh()));
    assert_eq!(files.saved().unwrap().stamp.read, 9_600);
}

#[test]
fn another_file_another_encoder_and_damage_are_noticed() {
    let mut files = Files::new(500);
    let index = files.open().index.unwrap();
    // As many rows, and others.
    files.write(&rows(700..1_200));
    let other = files.open();
    let other = other.index.unwrap();
    assert!(same(&other, &files.fresh()) && !same(&other, &index));
    // Fewer rows, and more of which the first are others.
    for range in [0..400, 50..900] {
        files.write(&rows(range));
        assert!(same(&files.open().index.unwrap(), &files.fresh()));
    }
    files.encoder = random(DIM, 2, 4, 9);
    assert!(same(&files.open().index.unwrap(), &files.fresh()));
    files.encoder = random(DIM, 4, 4, 9);
    assert_eq!(files.open().index.unwrap().features(), 16);
    let path = saved::path(&files.path(), &saved::key(&files.collection).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(same(&files.open().index.unwrap(), &files.fresh()));
    assert_eq!(files.saved().unwrap().stamp.read, 850, "it was mended");
}

#[test]
fn a_pass_that_is_cut_short_is_gone_on_with_and_never_replaces_a_whole_one() {
    let files = Files::new(40_000);
    let mut source = files.source();
    let control = Control::new();
    let cancel = Some((25_000, control.clone()));
    let mut watched = Watched { source: &mut source, read: 0, cancel };
    let cut = files.open_from(&mut watched, false, &control);
    assert!(matches!(cut.index, Err(Error::Cancelled)));
    let stamp = files.saved().expect("that was worth keeping").stamp;
    assert!(!stamp.whole && stamp.read >= WORTH && stamp.read < 40_000);
    let mut watched = Watched { source: &mut source, read: 0, cancel: None };
    let opened = files.open_from(&mut watched, false, &Control::new());
    assert_eq!(watched.read, 40_001 - stamp.read);
    let whole = opened.index.unwrap();
    assert!(same(&whole, &files.fresh()) && files.saved().unwrap().stamp.whole);
    let control = Control::new();
    let mut watched = Watched { source: &mut source, read: 0, cancel: Some((35_000, control.clone())) };
    assert!(files.open_from(&mut watched, true, &control).index.is_err());
    assert!(*files.saved().unwrap().index == *whole, "what was there is there");
}

#[test]
fn a_folder_that_cannot_be_written_to_keeps_nothing_and_fails_nothing() {
    let files = Files::new(300);
    let file = files.folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    // A file is no folder.
    let path = file.join("e.safetensors");
    let of = IndexOf { path: &path, encoder: &files.encoder, collection: &files.collection, rebuild: false };
    let index = feature_index(&of, &mut files.source(), |_| (), &Control::new(), &mut Reporter::silent());
    assert_eq!(index.unwrap().points(), 300);
}

/// A store whose points are added, removed and overwritten.
#[test]
fn in_a_store_points_behind_the_last_are_taken_in_and_other_changes_are_noticed() {
    let mut files = Files::new(10);
    let store = files.folder.path().join("store");
    files.collection =
        CollectionArgs { store: Some(store.clone()), collection: Some("food".into()), ..CollectionArgs::default() };
    let layout = Layout::Dense { name: String::new(), dim: DIM, distance: Distance::Dot };
    let upsert = |ids: &[u64], from: usize| {
        let mut sink = EdgeStore::open_or_create(&store, "food", &layout).unwrap();
        let vectors = rows(from..from + ids.len());
        let points = ids.iter().zip(vectors.chunks(DIM)).map(|(id, vector)| NewPoint {
            id: PointId::Num(*id),
            vector: NewVector::Dense(vector.to_vec()),
            payload: Default::default(),
        });
        sink.upsert(points.collect(), &Control::new()).unwrap();
    };
    let open = |read: &mut u64| {
        let mut source = EdgeStore::open(&store, "food", None, None).unwrap();
        let mut watched = Watched { source: &mut source, read: 0, cancel: None };
        let index = files.open_from(&mut watched, false, &Control::new()).index.unwrap();
        *read = watched.read;
        let fresh = build_index(&files.encoder, &mut source, |_| (), &Control::new(), &mut Reporter::silent()).unwrap();
        assert!(same(&index, &fresh));
        index
    };
    let mut read = 0;
    let ids: Vec<u64> = (100..400).collect();
    upsert(&ids, 0);
    assert_eq!((open(&mut read).points(), read), (300, 300));
    assert_eq!((open(&mut read).points(), read), (300, 1));
    // Behind the last.
    upsert(&[500, 501], 900);
    assert_eq!((open(&mut read).points(), read), (302, 3));
    // Before it.
    upsert(&[7], 1_000);
    assert_eq!((open(&mut read).points(), read), (303, 304), "the last, and then all");
    // All of them in place.
    upsert(&ids, 2_000);
    assert_eq!((open(&mut read).points(), read), (303, 303));
}
