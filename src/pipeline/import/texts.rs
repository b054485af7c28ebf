//! From a file of JSON lines into a collection.

use std::fs::File;
use std::io::{BufRead, BufReader};

use super::Imported;
use super::embedded::{Beside, Half, Target};
use crate::config::ImportTextsConfig;
use crate::embed::{Prepared, Side};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::picture;
use crate::source::{Payload, PointId};

pub(in crate::pipeline) fn run(
    config: &ImportTextsConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Imported> {
    config.collection.check_target()?;
    let path = &config.texts;
    let lines = count_lines(config)?;
    if lines == 0 {
        return Err(Error::file(path, "holds no lines"));
    }
    let file = BufReader::new(File::open(path).map_err(Error::io(path))?);
    let target = Target::open(&config.collection, &config.model, Side::Texts, control, reporter)?;
    reporter.stage("importing texts", "texts", Some(lines));
    let place = path.display().to_string();
    let same = if config.id_field.is_some() { "has the id of" } else { "is the same as" };
    let look = |(number, line): (usize, std::io::Result<String>), beside: &Beside| {
        let input = format!("{place}:{}", number + 1);
        let line = match line {
            Err(e) if e.kind() != std::io::ErrorKind::InvalidData => return Err(Error::io(path)(e)),
            line => line.map_err(|_| "is not UTF-8".to_owned()),
        };
        // Some editors begin a file with a mark of its encoding.
        let read = line.and_then(|line| read(line.trim_start_matches('\u{feff}'), config));
        Ok(match read {
            Ok((id, payload, text)) if beside.is_new(id, &input, same) => Some((Half { id, payload, input }, text)),
            Ok(_) => None,
            Err(reason) => {
                beside.skip(input, reason);
                None
            }
        })
    };
    let prepare = |(half, text), _: &Beside| Ok(Some((half, Prepared::Text(text))));
    target.import(file.lines().enumerate(), look, prepare, control, reporter)
}

/// The lines of the file, which also shows early that it can be read.
fn count_lines(config: &ImportTextsConfig) -> Result<u64> {
    let path = &config.texts;
    // It is read twice, which a pipe cannot be.
    if !std::fs::metadata(path).map_err(Error::io(path))?.is_file() {
        return Err(Error::file(path, "is not a regular file"));
    }
    let file = BufReader::new(File::open(path).map_err(Error::io(path))?);
    file.split(b'\n').try_fold(0, |lines, line| line.map(|_| lines + 1)).map_err(Error::io(path))
}

/// The point of a line: its id, its payload, and the text to embed.
fn read(line: &str, config: &ImportTextsConfig) -> Result<(PointId, Payload, String), String> {
    if line.trim().is_empty() {
        return Err("is empty".into());
    }
    let payload: Payload = serde_json::from_str(line).map_err(|e| format!("is not a JSON object: {e}"))?;
    let text = match payload.get(&config.field) {
        Some(serde_json::Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(serde_json::Value::String(_)) => return Err(format!("field \"{}\" is empty", config.field)),
        Some(_) => return Err(format!("field \"{}\" is not a text", config.field)),
        None => return Err(format!("has no field \"{}\"", config.field)),
    };
    let id = match &config.id_field {
        None => picture::point_id(&picture::digest(line.trim().as_bytes())),
        Some(field) => {
            let value = payload.get(field).ok_or_else(|| format!("has no field \"{field}\""))?;
            serde_json::from_value(value.clone())
                .map_err(|_| format!("field \"{field}\" is neither a number nor a UUID: {value}"))?
        }
    };
    Ok((id, payload, text))
}
