//! A vocabulary through the text side of a model, embedded once and kept.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::ModelArgs;
use crate::embed::{Embedder, Prepared, Side, listed};
use crate::error::{Error, Result};
use crate::features::suggest::WordVectors;
use crate::job::{Control, Reporter};
use crate::linalg::dot;
use crate::numpy::{NpyMatrix, write_matrix};
use crate::source::SourceInfo;

/// How a word stands in a text that is to be like a picture, beside the word alone: the two vectors' mean is taken. Models
/// such as CLIP were trained on captions, and several templates do better than one (Radford et al., "Learning transferable
/// visual models from natural language supervision", 2021, section 3.1.4).
const CAPTION: &str = "a picture of";
/// Kept vectors are of the same model where the first word's agrees with a new one's this far, as a cosine.
const SAME: f32 = 0.9999;

/// The vocabulary's vectors, and the model's name. `None` where `only_if_here` and there is nothing for texts, or not on
/// this machine; that is told.
pub(super) fn of_model(
    words: Vec<String>,
    model: &ModelArgs,
    usual: Option<&str>,
    info: &SourceInfo,
    only_if_here: bool,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Option<(String, WordVectors)>> {
    let needed = Some((info.title.as_str(), info.dim));
    let named = model.model.is_some() || model.endpoint.is_some();
    if only_if_here {
        if usual.is_none() && !named {
            reporter.note("the points do not say which model they come from: no names from words (--model names it)");
            return Ok(None);
        }
        match Embedder::missing(model, usual, Side::Texts, needed) {
            Ok(None) => {}
            Ok(Some(missing)) => {
                reporter.note(format!("{missing} is not here: no names from words (--from text downloads it)"));
                return Ok(None);
            }
            // A model that was asked for by name must do.
            Err(error) if !named => {
                reporter.note(format!("no names from words: {error}"));
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
    let mut embedder = match Embedder::open(model, usual, Side::Texts, needed, control, reporter) {
        Ok(embedder) => embedder,
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        Err(error) if only_if_here && !named => {
            reporter.warn(format!("no names from words: {error}"));
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    super::super::warn_of_model(usual, &embedder, reporter);
    let of_pictures = listed().iter().any(|m| m.side == Side::Pictures && Some(m.name.as_str()) == usual);
    let texts = words.iter().map(|word| {
        let caption = of_pictures.then(|| format!("{CAPTION} {word}"));
        [word.clone()].into_iter().chain(caption).collect()
    });
    let texts: Vec<Vec<String>> = texts.collect();
    let vectors = vectors(&texts, &mut embedder, control, reporter)?;
    Ok(Some((embedder.name().to_owned(), WordVectors { words, vectors })))
}

/// The mean vectors of words' texts, words x dimensions: those that were kept, or new ones, which are kept then.
fn vectors(
    texts: &[Vec<String>],
    embedder: &mut Embedder,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<f32>> {
    let place = place(embedder.name(), texts);
    if let Some(place) = place.as_ref().filter(|place| place.is_file())
        && let Some(kept) = kept(place, texts, embedder, control)?
    {
        return Ok(kept);
    }
    let dim = embedder.dim();
    let mut vectors = vec![0.0; texts.len() * dim];
    reporter.stage("embedding words", "words", Some(texts.len() as u64));
    let name = embedder.name().to_owned();
    let inputs = texts.iter().enumerate().flat_map(|(i, texts)| texts.iter().map(move |text| (i, text)));
    let one = |(i, text): (usize, &String)| Ok(Some((i, Prepared::Text(text.clone()))));
    let mut done = 0;
    embedder.embed_all(inputs, one, control, |rows| {
        for (i, row) in rows {
            let row = row.map_err(|problem| Error::Model { model: name.clone(), problem })?;
            let mean = vectors[i * dim..][..dim].iter_mut();
            mean.zip(row).for_each(|(sum, x)| *sum += x / texts[i].len() as f32);
            done += 1;
        }
        // In words, each of as many texts as any other.
        let words = done / texts.first().map_or(1, Vec::len);
        reporter.advance(words as u64);
        done -= words * texts.first().map_or(1, Vec::len);
        Ok(())
    })?;
    if let Some(place) = place {
        // Only the next time takes longer without.
        if let Err(error) = write_matrix(&place, dim, &vectors) {
            log::warn!("the words' vectors are not kept: {error}");
        }
    }
    Ok(vectors)
}

/// Vectors that were kept, where they are whole and of this very model: another one may go by the same name.
fn kept(place: &Path, texts: &[Vec<String>], embedder: &mut Embedder, control: &Control) -> Result<Option<Vec<f32>>> {
    let read = NpyMatrix::open(place).and_then(|mut file| Ok((file.columns(), file.read_all()?)));
    let (columns, vectors) = match read {
        Ok(read) => read,
        Err(error) => {
            log::warn!("{error}");
            return Ok(None);
        }
    };
    let dim = embedder.dim();
    let whole = columns == dim && vectors.len() == texts.len() * dim;
    let Some(first) = texts.first().filter(|_| whole) else { return Ok(None) };
    let now = embedder.embed_some(first.iter().cloned().map(Prepared::Text).collect(), control)?;
    let mean: Vec<f32> = (0..dim).map(|d| now.iter().map(|row| row[d]).sum::<f32>() / now.len() as f32).collect();
    let length = |vector: &[f32]| dot(vector, vector).sqrt();
    let cosine = dot(&mean, &vectors[..dim]) / (length(&mean) * length(&vectors[..dim]));
    Ok((cosine >= SAME).then_some(vectors))
}

/// `blockscope/vocabularies` in the user's cache folder, by a hash of the model's name and the texts.
fn place(model: &str, texts: &[Vec<String>]) -> Option<PathBuf> {
    let mut hash = Sha256::new();
    for text in [model].into_iter().chain(texts.iter().flatten().map(String::as_str)) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    let name: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(dirs::cache_dir()?.join("blockscope").join("vocabularies").join(format!("{name}.npy")))
}
