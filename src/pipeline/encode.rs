//! From vectors to block outputs in a file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crossbeam_channel::bounded;
use serde::Serialize;

use crate::config::EncodeConfig;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::numpy::NpyWriter;
use crate::source::{self, Cursor, Want, for_each_page};

/// What `encode` did.
#[derive(Clone, Debug, Serialize)]
pub struct Encoded {
    /// The file written.
    pub output: PathBuf,
    /// Rows in it.
    pub rows: u64,
    /// Columns: blocks * block size.
    pub columns: usize,
    /// Seconds it took.
    pub seconds: f64,
}

pub(super) fn run(config: &EncodeConfig, control: &Control, reporter: &mut Reporter) -> Result<Encoded> {
    let began = Instant::now();
    let place = |path: &Path| path.canonicalize().ok();
    let output = place(&config.output);
    let inputs = [Some(&config.encoder), config.collection.vectors.as_ref(), config.collection.payload.as_ref()];
    if output.is_some() && inputs.into_iter().flatten().any(|input| place(input) == output) {
        return Err(Error::setting(format!("--output {} would replace an input", config.output.display())));
    }
    let encoder = Encoder::read(&config.encoder)?;
    let mut source = source::open(&config.collection, control, reporter)?;
    let info = source.info().clone();
    encoder.check_dim(&info.title, info.dim)?;
    let writer = NpyWriter::create(&config.output, encoder.outputs())?;
    let page = page_rows(info.dim.max(encoder.outputs()));
    reporter.stage("encoding", "points", Some(info.points));
    // Reading, encoding and writing go on at the same time, on at most three pages each.
    let rows = std::thread::scope(|scope| {
        let (full, filled) = bounded::<Vec<f32>>(1);
        let (free, freed) = bounded::<Vec<f32>>(3);
        let writing = scope.spawn(move || -> Result<NpyWriter> {
            let mut writer = writer;
            for outputs in filled {
                writer.push(&outputs)?;
                // Fails when there is nothing more to encode.
                let _ = free.try_send(outputs);
            }
            Ok(writer)
        });
        let encoded =
            for_each_page(source.as_mut(), Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
                let mut outputs = freed.try_recv().unwrap_or_default();
                encoder.encode_into(&page.vectors, &mut outputs);
                // Refused when writing has failed, which is told below.
                full.send(outputs).map_err(|_| Error::Cancelled)
            });
        drop(full);
        let writer = writing.join().map_err(|_| Error::Panicked("while writing the outputs".into()))??;
        encoded?;
        writer.finish()
    })?;
    Ok(Encoded {
        output: config.output.clone(),
        rows,
        columns: encoder.outputs(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Rows of this many floats that take some 16 MB, so that a few pages stay far under the memory that a job may take.
pub(super) fn page_rows(width: usize) -> usize {
    ((4 << 20) / width.max(1)).clamp(1, 8_192)
}
