//! What a conversion would do, told before it does it.

use serde::Serialize;

use super::convert;
use crate::config::ConvertConfig;
use crate::error::Result;
use crate::features::CodeSize;
use crate::job::{Control, Reporter};
use crate::source::{self, Cursor, Page, Stored, VectorSource, Want, for_each_page, sample_ids};

/// Points that are looked at.
const SAMPLE: usize = 1_000;
/// Bytes of a sparse entry: an index and a float.
const ENTRY: usize = 8;
/// Bytes of an id, of either kind.
const ID: usize = 16;

/// What a conversion would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConvertPreview {
    /// Points of the collection (with the filter applied), all of which would be in the target.
    pub read: u64,
    /// How many of them an earlier run that was stopped half-way has written already.
    pub skipped: u64,
    /// How messages call the target.
    pub target_title: String,
    /// Whether the target is there; its points of the same ids would be replaced.
    pub target_exists: bool,
    /// Points of the target, where it is there.
    pub target_points: Option<u64>,
    /// Whether it is on a server, and not in an embedded store.
    pub on_server: bool,
    /// Points that the following are taken over: a uniform sample of at most 1,000, or all.
    pub sampled: u64,
    /// What would be stored of each point.
    pub stored: Stored,
    /// What a sparse vector would take, on average.
    pub size: CodeSize,
    /// Share of points whose sparse vector would be empty, from 0 to 1.
    pub empty_share: f64,
    /// Bytes of all sparse vectors (8 an entry), dense ones (where they are written, too), ids (16) and payloads (as JSON), from their mean over the sample. What a
    /// store's own indexes and its log take comes on top.
    pub bytes_estimate: u64,
}

/// Tells what [`Job::Convert`](super::Job::Convert) would do with these settings, and writes nothing: a target that is not
/// there is not made. Fails where the conversion itself would not begin, such as for a target with another layout.
pub fn convert_preview(config: &ConvertConfig, control: &Control, reporter: &mut Reporter) -> Result<ConvertPreview> {
    let (encoder, mut source) = convert::open(config, control, reporter)?;
    let info = source.info().clone();
    let layout = convert::layout(config, &info);
    let (target_title, sink) = source::find_sink(&config.collection, &config.target, &layout, control, reporter)?;
    let target_points = sink.map(|mut sink| sink.count(control)).transpose()?;
    let skipped = target_points.map_or(0, |points| convert::written_before(config, &encoder, &info.title, points));
    let page = sample(source.as_mut(), control, reporter)?;
    let dense = if config.with_dense { size_of::<f32>() * info.dim } else { 0 };
    let (mut entries, mut empty, mut bytes) = (0, 0, 0);
    for (outputs, payload) in encoder.encode(&page.vectors).chunks(encoder.outputs()).zip(&page.payloads) {
        let (vector, _) = convert::vector_of(outputs, config, &encoder);
        entries += vector.len();
        empty += usize::from(vector.is_empty());
        // A map of JSON values always has a JSON form.
        bytes += dense + ENTRY * vector.len() + ID + serde_json::to_string(payload).map_or(0, |text| text.len());
    }
    // A collection may lose its points after it was counted.
    let sampled = page.ids.len().max(1) as f64;
    let stored = convert::stored(config, &encoder);
    Ok(ConvertPreview {
        read: info.points,
        skipped,
        target_title,
        target_exists: target_points.is_some(),
        target_points,
        on_server: config.collection.store.is_none(),
        sampled: page.ids.len() as u64,
        stored,
        size: CodeSize::of(stored, encoder.blocks(), encoder.block_size(), entries as f64 / sampled),
        empty_share: empty as f64 / sampled,
        bytes_estimate: (bytes as f64 / sampled * info.points as f64).round() as u64,
    })
}

/// A uniform sample of the points.
fn sample(source: &mut dyn VectorSource, control: &Control, reporter: &mut Reporter) -> Result<Page> {
    let points = source.info().points;
    if points > SAMPLE as u64 {
        let ids = sample_ids(source, SAMPLE, 0, control, reporter)?;
        return source.by_ids(&ids, Want::ALL, control);
    }
    let mut all = Page::default();
    reporter.stage("reading the collection", "points", Some(points));
    for_each_page(source, Cursor::Start, SAMPLE, Want::ALL, control, reporter, |page, _, _| {
        all.ids.extend(page.ids);
        all.vectors.extend(page.vectors);
        all.payloads.extend(page.payloads);
        Ok(())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::CollectionArgs;
    use crate::encoder::{Encoder, EncoderMeta};
    use crate::error::Error;
    use crate::pipeline::convert::Converted;
    use crate::source::{Distance, EdgeStore, Layout, NewPoint, NewVector, Payload, PointId, VectorSink};

    const DIM: usize = 6;

    fn vector(i: usize) -> Vec<f32> {
        (0..DIM).map(|d| ((i * 37 + d * 101) % 199) as f32 / 40.0 - 2.5).collect()
    }

    /// A store with points 0..n in "food", and an encoder beside it; the last third of the payloads is longer.
    fn place(points: usize) -> tempfile::TempDir {
        let store = tempfile::tempdir().unwrap();
        let layout = Layout::Dense { name: String::new(), dim: DIM, distance: Distance::Dot };
        let mut sink = EdgeStore::open_or_create(store.path(), "food", &layout).unwrap();
        let new = |i: usize| {
            let mut payload = Payload::new();
            payload.insert("words".into(), "x".repeat(if i > points * 2 / 3 { 300 } else { 10 }).into());
            NewPoint { id: PointId::Num(i as u64), vector: NewVector::Dense(vector(i)), payload }
        };
        sink.upsert((0..points).map(new).collect(), &Control::new()).unwrap();
        let weights = (0..2 * 4 * DIM).map(|i| (i * 53 % 97) as f32 / 97.0 - 0.5).collect();
        let encoder = Encoder::new(DIM, 2, 4, weights, vec![0.0; 8], EncoderMeta::default()).unwrap();
        encoder.write(store.path().join("e.safetensors")).unwrap();
        store
    }

    fn config(store: &Path, target: &str) -> ConvertConfig {
        ConvertConfig {
            encoder: store.join("e.safetensors"),
            target: target.into(),
            keep: None,
            threshold: Some(0.8),
            top_k: None,
            with_dense: false,
            values: Default::default(),
            page: 100,
            collection: CollectionArgs {
                store: Some(store.to_owned()),
                collection: Some("food".into()),
                ..CollectionArgs::default()
            },
        }
    }

    fn preview(config: &ConvertConfig) -> Result<ConvertPreview> {
        convert_preview(config, &Control::new(), &mut Reporter::silent())
    }

    fn convert(config: &ConvertConfig) -> Converted {
        convert::run(config, &Control::new(), &mut Reporter::silent()).unwrap()
    }

    fn names(store: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(store).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_preview_makes_nothing_and_the_conversion_does_what_it_said() {
        let store = place(300);
        let before = names(store.path());
        for top_k in [None, Some(2)] {
            let config =
                ConvertConfig { top_k, ..config(store.path(), if top_k.is_some() { "kept" } else { "plain" }) };
            let told = preview(&config).unwrap();
            assert_eq!(told, preview(&config).unwrap(), "the same each time");
            if top_k.is_none() {
                assert_eq!(names(store.path()), before, "nothing was made");
                assert!(told.empty_share > 0.05 && told.empty_share < 0.95, "{told:?}");
            }
            assert_eq!((told.read, told.sampled, told.skipped, told.target_exists, told.target_points), {
                (300, 300, 0, false, None)
            });
            assert_eq!(told.target_title, format!("collection \"{}\" in {}", config.target, store.path().display()));
            assert!(!told.on_server);
            let done = convert(&config);
            assert_eq!((done.written, done.empty as f64), (told.read, told.empty_share * 300.0));
            // The sum over the points themselves.
            let encoder = Encoder::read(&config.encoder).unwrap();
            let entries: usize =
                (0..300).map(|i| convert::vector_of(&encoder.encode(&vector(i)), &config, &encoder).0.len()).sum();
            assert!((told.size.entries - entries as f64 / 300.0).abs() < 1e-9);
            assert_eq!((done.stored, done.size), (told.stored, told.size), "of all points, as the sample was");
            let payloads: usize = (0..300).map(|i| if i > 200 { 312 } else { 22 }).sum();
            assert_eq!(told.bytes_estimate, (8 * entries + 16 * 300 + payloads) as u64);
            let again = preview(&config).unwrap();
            assert_eq!((again.target_exists, again.target_points, again.skipped), (true, Some(300), 0));
        }
    }

    #[test]
    fn a_large_collection_is_judged_by_a_sample() {
        let store = place(3_000);
        let config = config(store.path(), "blocks");
        let told = preview(&config).unwrap();
        assert_eq!((told.read, told.sampled), (3_000, 1_000));
        let done = convert(&config);
        assert!((told.empty_share - done.empty as f64 / 3_000.0).abs() < 0.05, "{told:?} {done:?}");
    }

    #[test]
    fn what_a_stopped_run_has_written_is_told() {
        let store = place(900);
        let config = config(store.path(), "blocks");
        let (control, mut reporter) = (Control::new(), Reporter::silent());
        let (encoder, _) = convert::open(&config, &control, &mut reporter).unwrap();
        convert::stop_after(&config, &encoder, 200);
        let told = preview(&config).unwrap();
        assert_eq!((told.read, told.target_points), (900, Some(told.skipped)));
        assert!((200..900).contains(&told.skipped), "{told:?}");
        assert_eq!(convert(&config).skipped, told.skipped);
        assert_eq!(preview(&config).unwrap().skipped, 0);
    }

    #[test]
    fn what_the_conversion_would_refuse_is_refused() {
        let store = place(30);
        let refused = |config: &ConvertConfig| preview(config).unwrap_err();
        assert!(matches!(refused(&config(store.path(), "food")), Error::Setting(text) if text.contains("another")));
        let layout = Layout::Dense { name: String::new(), dim: 3, distance: Distance::Dot };
        EdgeStore::open_or_create(store.path(), "other", &layout).unwrap();
        assert!(matches!(refused(&config(store.path(), "other")), Error::TargetLayout { .. }));
        assert!(matches!(refused(&config(store.path(), "../x")), Error::Setting(_)));
    }
}
