//! Pictures of the demo's artist, with what they hold.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use rayon::prelude::*;
use serde::Serialize;

use crate::atomic_file::{self, AtomicFile};
use crate::config::DrawConfig;
use crate::demo::artist::{self, Drawing, Kind};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::{numpy, picture};

/// The size that smaller pictures are drawn at, too: lines keep their look, and a smaller picture is what a model's own
/// preprocessing makes of it.
const DRAWN: u32 = 224;

/// Pictures drawn between two looks at the control, and pixels of all of them at most.
const PAGE: usize = 256;
const PAGE_PIXELS: usize = 1 << 26;

/// What `draw` did.
#[derive(Clone, Debug, Serialize)]
pub struct Drawn {
    /// The folder.
    pub output: PathBuf,
    /// Pictures drawn.
    pub pictures: u64,
    /// Kinds that took turns.
    pub kinds: usize,
}

/// A line of drawings.jsonl.
#[derive(Serialize)]
struct Line<'a> {
    number: u64,
    #[serde(flatten)]
    factors: &'a artist::Factors,
}

pub(super) fn run(config: &DrawConfig, control: &Control, reporter: &mut Reporter) -> Result<Drawn> {
    let kinds = kinds(config)?;
    let folder = &config.output;
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let total = u64::from(config.number);
    reporter.stage("drawing", "pictures", Some(total));
    let numbers: Vec<u64> = (0..total).collect();
    let size = config.size;
    let mut factors = BufWriter::new(AtomicFile::create(folder.join("drawings.jsonl"))?);
    let mut pixels = None;
    if !config.files {
        let mut file = AtomicFile::create(folder.join("pictures.npy"))?;
        let header = numpy::header("|u1", &[total, size.into(), size.into(), 3]);
        file.write_all(&header).map_err(Error::io(folder))?;
        pixels = Some(file);
    }
    let page = (PAGE_PIXELS / size.max(DRAWN).pow(2) as usize).clamp(1, PAGE);
    for page in numbers.chunks(page) {
        control.check_whole()?;
        let drawn: Vec<(u64, Drawing)> = page
            .par_iter()
            .map(|&i| {
                let (kind, number) = (kinds[(i % kinds.len() as u64) as usize], i / kinds.len() as u64);
                (number, scaled(artist::draw(kind, config.seed, number, size.max(DRAWN)), size))
            })
            .collect();
        for (number, drawing) in &drawn {
            let line = serde_json::to_string(&Line { number: *number, factors: &drawing.factors }).unwrap_or_default();
            writeln!(factors, "{line}").map_err(Error::io(folder))?;
            match &mut pixels {
                Some(pixels) => pixels.write_all(drawing.picture.as_raw()).map_err(Error::io(folder))?,
                None => write_file(config, *number, drawing)?,
            }
        }
        reporter.advance(page.len() as u64);
    }
    if let Some(pixels) = pixels {
        pixels.commit_soon()?;
    }
    factors.into_inner().map_err(|e| Error::io(folder)(e.into_error()))?.commit()?;
    Ok(Drawn { output: folder.clone(), pictures: total, kinds: kinds.len() })
}

/// The kinds that were asked for; all of them by default.
fn kinds(config: &DrawConfig) -> Result<Vec<&'static Kind>> {
    let all: Vec<&Kind> = artist::kinds().collect();
    if let Some(unknown) = config.kind.iter().find(|name| all.iter().all(|k| k.name != name.as_str())) {
        let names: Vec<&str> = all.iter().map(|k| k.name).collect();
        return Err(Error::setting(format!("there is no kind \"{unknown}\"; there are: {}", names.join(", "))));
    }
    let wanted = |k: &&Kind| {
        (config.kind.is_empty() || config.kind.iter().any(|name| name == k.name))
            && (config.group.is_empty() || config.group.contains(&k.group))
    };
    let kinds: Vec<&Kind> = all.into_iter().filter(wanted).collect();
    if kinds.is_empty() {
        return Err(Error::setting("none of these kinds is of that group"));
    }
    Ok(kinds)
}

/// Smaller by the filter that models are fed through.
fn scaled(drawing: Drawing, size: u32) -> Drawing {
    if drawing.picture.width() == size {
        return drawing;
    }
    let picture = picture::resize(&drawing.picture, size, size);
    Drawing { picture, ..drawing }
}

fn write_file(config: &DrawConfig, number: u64, drawing: &Drawing) -> Result<()> {
    let folder = config.output.join(drawing.factors.kind);
    fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
    let path = folder.join(format!("{number:05}.png"));
    let mut png = std::io::Cursor::new(Vec::new());
    drawing
        .picture
        .write_to(&mut png, image::ImageFormat::Png)
        .map_err(|e| Error::file(&path, format!("could not be written: {e}")))?;
    atomic_file::write(&path, png.get_ref())
}
