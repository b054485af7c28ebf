//! From a file into a collection.

use std::path::Path;

use super::{Imported, Skipped};
use crate::config::ImportVectorsConfig;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::numpy;
use crate::source::{
    self, Cursor, FileSource, Layout, NewPoint, NewVector, PointId, VectorSource, Want, for_each_page,
};

/// Points written at a time.
const PAGE: usize = 1_000;

pub(in crate::pipeline) fn run(
    config: &ImportVectorsConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Imported> {
    let args = &config.collection;
    if args.filter.is_some() {
        return Err(Error::setting("--filter does not work on an import"));
    }
    let Some(vectors) = &args.vectors else {
        return Err(Error::setting("name the vectors to import: --vectors F.npy"));
    };
    if args.store.is_none() && args.url.is_none() {
        return Err(Error::setting("name where to import to: --store DIR, or --url URL of a server"));
    }
    let name = args.name()?;
    let mut file = FileSource::open(vectors, args.payload.as_deref(), args.distance)?;
    file.take_rows_that_are_not_finite();
    let info = file.info().clone();
    let ids = config.ids.as_deref().map(|path| read_ids(path, info.points)).transpose()?;
    let layout = Layout::Dense { name: args.using.clone().unwrap_or_default(), dim: info.dim, distance: args.distance };
    let mut sink = source::open_sink(args, name, &layout, control, reporter)?;
    let mut answer = Imported::default();
    let began = std::time::Instant::now();
    let fresh = sink.count(control)? == 0;
    let into = format!("importing into {}", sink.title());
    reporter.stage(into, "points", Some(info.points));
    for_each_page(&mut file, Cursor::Start, PAGE, Want::ALL, control, reporter, |page, _, _| {
        let mut points = Vec::with_capacity(page.ids.len());
        for ((row, vector), payload) in page.ids.into_iter().zip(page.vectors.chunks(info.dim)).zip(page.payloads) {
            if numpy::first_not_finite(vector, info.dim).is_some() {
                let reason = "holds NaN or infinity".to_owned();
                answer.skipped.push(Skipped { input: format!("{}#{row}", info.title), reason });
                continue;
            }
            let id = match (&ids, row) {
                (Some(ids), PointId::Num(row)) => ids[row as usize],
                _ => row,
            };
            points.push(NewPoint { id, vector: NewVector::Dense(vector.to_vec()), payload });
        }
        if !fresh {
            let ids: Vec<PointId> = points.iter().map(|p| p.id).collect();
            answer.replaced += sink.existing(&ids, control)?.len() as u64;
        }
        answer.imported += points.len() as u64;
        sink.upsert(points, control)
    })?;
    if answer.replaced > 0 {
        reporter.warn(format!("{} points of the collection had the same ids and were replaced", answer.replaced));
    }
    answer.seconds = began.elapsed().as_secs_f64();
    Ok(answer)
}

fn read_ids(path: &Path, rows: u64) -> Result<Vec<PointId>> {
    let text = std::fs::read(path).map_err(Error::io(path))?;
    let ids: Vec<PointId> = serde_json::from_slice(&text)
        .map_err(|e| Error::file(path, format!("is not a JSON list of numbers and UUIDs: {e}")))?;
    if ids.len() as u64 != rows {
        return Err(Error::file(path, format!("lists {} ids, and there are {rows} vectors", ids.len())));
    }
    let mut seen = std::collections::HashSet::with_capacity(ids.len());
    match ids.iter().find(|id| !seen.insert(**id)) {
        Some(twice) => Err(Error::file(path, format!("lists the id {twice} more than once"))),
        None => Ok(ids),
    }
}
