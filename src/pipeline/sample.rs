//! The vectors of a collection, or of a uniform sample of them.

use super::encode::page_rows;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::source::{Cursor, VectorSource, Want, for_each_page, sample_ids};

/// Hands over the vectors of `sample` points, uniformly drawn, in parts of n x dim; of all points where there are no
/// more, or for 0. `width` is what is held of a point at a time, in floats.
pub(super) fn read_sample(
    source: &mut dyn VectorSource,
    width: usize,
    sample: usize,
    control: &Control,
    reporter: &mut Reporter,
    mut take: impl FnMut(&[f32]),
) -> Result<()> {
    let page = page_rows(width);
    let points = source.info().points;
    if sample == 0 || points <= sample as u64 {
        reporter.stage("reading the collection", "points", Some(points));
        return for_each_page(source, Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
            take(&page.vectors);
            Ok(())
        });
    }
    let ids = sample_ids(source, sample, 0, control, reporter)?;
    reporter.stage("reading a sample of the collection", "points", Some(ids.len() as u64));
    for chunk in ids.chunks(page.min(1_000)) {
        take(&source.by_ids(chunk, Want::VECTORS, control)?.vectors);
        reporter.advance(chunk.len() as u64);
    }
    Ok(())
}
