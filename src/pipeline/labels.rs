//! What each point of a collection is labelled as: the winning feature of every block, in a file.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::encode::page_rows;
use crate::atomic_file::AtomicFile;
use crate::encoder::Encoder;
use crate::error::{Error, Result};
use crate::features::{answers, confidence};
use crate::job::{Control, Reporter};
use crate::source::{Cursor, VectorSource, Want, for_each_page};

/// Writes a line for each point of a source as CSV: its id, its confidence, and for each block the winner's index, its
/// name, and its probability. `name` gives a feature's name, empty where it has none. Says how many points there were.
///
/// Memory does not grow with the collection. Names are quoted as RFC 4180 has it, and one that a spreadsheet would take
/// for a formula gets an apostrophe before it.
pub fn write_labels(
    encoder: &Encoder,
    source: &mut dyn VectorSource,
    name: impl Fn(usize) -> String,
    path: &Path,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<u64> {
    encoder.check_dim(&source.info().title, source.info().dim)?;
    let names: Vec<String> = (0..encoder.outputs()).map(|i| super::export::csv_text(&name(i))).collect();
    let mut target = AtomicFile::create(path)?;
    let mut file = BufWriter::new(target.file());
    let mut header = String::from("id,confidence");
    for b in 0..encoder.blocks() {
        header += &format!(",block_{b}_winner,block_{b}_name,block_{b}_probability");
    }
    file.write_all((header + "\r\n").as_bytes()).map_err(Error::io(path))?;
    let (mut outputs, mut line, mut points) = (Vec::new(), String::new(), 0);
    let page = page_rows(encoder.dim().max(encoder.outputs()));
    reporter.stage("writing labels", "points", Some(source.info().points));
    for_each_page(source, Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
        encoder.encode_into(&page.vectors, &mut outputs);
        for (id, row) in page.ids.iter().zip(outputs.chunks(encoder.outputs())) {
            line.clear();
            line += &format!("{id},{}", confidence(row, encoder.block_size()));
            for answer in answers(row, encoder.block_size()) {
                line += &format!(",{},{},{}", answer.winner, names[answer.winner], answer.probability);
            }
            line += "\r\n";
            file.write_all(line.as_bytes()).map_err(Error::io(path))?;
        }
        points += page.ids.len() as u64;
        Ok(())
    })?;
    file.flush().map_err(Error::io(path))?;
    drop(file);
    target.commit()?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::random;
    use crate::source::{Distance, FileSource};

    #[test]
    fn every_point_has_a_line_with_what_the_encoder_says_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let vectors = folder.path().join("v.npy");
        let rows: Vec<f32> = (0..15).map(|i| (i as f32 * 0.7).sin()).collect();
        let mut writer = crate::numpy::NpyWriter::create(&vectors, 3).unwrap();
        writer.push(&rows).unwrap();
        writer.finish().unwrap();
        let encoder = random(3, 2, 4, 1);
        let mut source = FileSource::open(&vectors, None, Distance::Cosine).unwrap();
        let target = folder.path().join("labels.csv");
        let name = |i: usize| if i == 0 { "=1,2".to_owned() } else { format!("f{i}") };
        let (control, mut reporter) = (Control::new(), Reporter::silent());
        let written = write_labels(&encoder, &mut source, name, &target, &control, &mut reporter).unwrap();
        assert_eq!(written, 5);
        let text = std::fs::read_to_string(&target).unwrap();
        assert_eq!(text.lines().count(), 6);
        let outputs = encoder.encode(&rows);
        for (line, row) in text.lines().skip(1).zip(outputs.chunks(8)) {
            for answer in answers(row, 4) {
                let shown = if answer.winner == 0 { "\"'=1,2\"".to_owned() } else { format!("f{}", answer.winner) };
                assert!(line.contains(&format!(",{},{shown},{}", answer.winner, answer.probability)), "{line}");
            }
        }
        let control = Control::new();
        control.cancel();
        let other = folder.path().join("other.csv");
        let cancelled = write_labels(&encoder, &mut source, name, &other, &control, &mut reporter);
        assert!(matches!(cancelled, Err(Error::Cancelled)) && !other.exists(), "nothing half-way is left");
    }
}
