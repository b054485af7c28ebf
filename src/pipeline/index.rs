//! The index of features over a collection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::encode::page_rows;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{FeatureIndex, IndexBuilder};
use crate::job::{Control, Reporter};
use crate::source::{Cursor, VectorSource, Want, for_each_page};

/// The seed of the random points.
const SEED: u64 = 0;
/// How often an index of the points so far is given.
const EVERY: Duration = Duration::from_millis(500);
/// But making them takes no more than this part of the time.
const PART: u32 = 10;

/// Reads a collection once and indexes what each feature of the encoder does over it. Every half second, and already
/// after the first page, `every` gets an index of the points so far; at last it gets the one that is returned.
///
/// Fails where the vectors do not fit the encoder, where the collection cannot be read, and with [`Error::Cancelled`]
/// also on a stop, as half a collection is not what the person asked about.
pub fn build_index(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    mut every: impl FnMut(Arc<FeatureIndex>),
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Arc<FeatureIndex>> {
    let info = source.info().clone();
    encoder.check_dim(&info.title, info.dim)?;
    let mut builder = IndexBuilder::new(encoder.blocks(), encoder.block_size(), SEED);
    let mut outputs = Vec::new();
    let mut next = Instant::now();
    reporter.stage("reading the collection", "points", Some(info.points));
    let page = page_rows(encoder.dim().max(encoder.outputs()));
    for_each_page(source, Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
        encoder.encode_into(&page.vectors, &mut outputs);
        builder.add(&page.ids, &outputs);
        let now = Instant::now();
        if now >= next {
            every(builder.snapshot());
            next = now + EVERY.max(now.elapsed() * PART);
        }
        Ok(())
    })?;
    if builder.points() == 0 {
        return Err(Error::Empty(info.title));
    }
    let index = builder.finish();
    every(index.clone());
    Ok(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::random;
    use crate::numpy;
    use crate::source::{Distance, FileSource};

    fn source(folder: &std::path::Path, rows: usize, dim: usize) -> FileSource {
        let vectors: Vec<f32> = (0..rows * dim).map(|i| (i as f32 * 0.37).sin()).collect();
        numpy::write_matrix(folder.join("v.npy"), dim, &vectors).unwrap();
        FileSource::open(&folder.join("v.npy"), None, Distance::Cosine).unwrap()
    }

    #[test]
    fn an_index_is_there_after_the_first_page_and_the_last_is_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        // More than two pages of 8,192 points.
        let mut source = source(folder.path(), 20_000, 3);
        let encoder = random(3, 2, 4, 1);
        let mut given = Vec::new();
        let whole =
            build_index(&encoder, &mut source, |i| given.push(i), &Control::new(), &mut Reporter::silent()).unwrap();
        assert_eq!(given[0].points(), 8_192);
        assert!(given.is_sorted_by_key(|i| i.points()) && given.len() >= 2);
        assert!(Arc::ptr_eq(&given[given.len() - 1], &whole));
        assert_eq!((whole.points(), whole.confidence().points()), (20_000, 20_000));
        assert_eq!(given[0].histogram(0).iter().sum::<u32>(), 8_192, "an index given stays as it is");
    }

    #[test]
    fn vectors_of_another_kind_and_a_stop_end_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut source = source(folder.path(), 100, 3);
        let mut build = |encoder: &Encoder, control: &Control| {
            build_index(encoder, &mut source, |_| (), control, &mut Reporter::silent()).unwrap_err()
        };
        assert!(matches!(build(&random(4, 2, 4, 1), &Control::new()), Error::Dimension { found: 3, expected: 4, .. }));
        let control = Control::new();
        control.stop();
        assert!(matches!(build(&random(3, 2, 4, 1), &control), Error::Cancelled));
    }
}
