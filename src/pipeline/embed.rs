//! From pictures or texts to vectors in a file.

use std::path::PathBuf;
use std::time::Instant;

use super::encode::Encoded;
use super::import::prepare_file;
use crate::config::EmbedConfig;
use crate::embed::{Embedder, Prepared, Row, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::numpy::NpyWriter;
use crate::{atomic_file, embed};

pub(super) fn run(config: &EmbedConfig, control: &Control, reporter: &mut Reporter) -> Result<Encoded> {
    atomic_file::check(&config.output)?;
    let side = match (config.pictures.is_empty(), config.text.is_empty()) {
        (false, _) => Side::Pictures,
        (true, false) => Side::Texts,
        (true, true) => return Err(Error::setting("name pictures to embed, or texts with --text T")),
    };
    let began = Instant::now();
    let usual = embed::DEFAULT_MODEL;
    let mut embedder = Embedder::open(&config.model, Some(usual), side, None, control, reporter)?;
    let total = config.pictures.len().max(config.text.len());
    reporter.stage(format!("embedding {side}"), side.name(), Some(total as u64));
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; total];
    let mut take = |found: Vec<(usize, Row)>| {
        reporter.advance(found.len() as u64);
        for (row, vector) in found {
            // Rows stand for inputs here, so that none may be left out.
            let input =
                || config.pictures.get(row).map_or_else(|| config.text[row].clone(), |p| p.display().to_string());
            vectors[row] = Some(vector.map_err(|problem| Error::setting(format!("{}: {problem}", input())))?);
        }
        Ok(())
    };
    let prepare = embedder.preparer();
    match side {
        Side::Pictures => {
            let one = |(row, path): (usize, &PathBuf)| Ok(Some((row, prepare_file(path, &prepare)?.1)));
            embedder.embed_all(config.pictures.iter().enumerate(), one, control, &mut take)?;
        }
        Side::Texts => {
            let one = |(row, text): (usize, &String)| Ok(Some((row, Prepared::Text(text.clone()))));
            embedder.embed_all(config.text.iter().enumerate(), one, control, &mut take)?;
        }
    }
    let mut out = NpyWriter::create(&config.output, embedder.dim())?;
    for vector in vectors.into_iter().flatten() {
        out.push(&vector)?;
    }
    out.finish()?;
    Ok(Encoded {
        output: config.output.clone(),
        rows: total as u64,
        columns: embedder.dim(),
        seconds: began.elapsed().as_secs_f64(),
    })
}
