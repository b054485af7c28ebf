//! Vectors in a `.npy` file, with payloads in a `.jsonl` file beside it.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::query::sort_found;
use super::score::{Resolved, Scorer};
use super::{
    Cursor, Distance, Example, Neighbour, Page, Payload, PointId, Query, Search, SourceInfo, VectorSource, Want,
};
use crate::error::{Error, Result};
use crate::job::Control;
use crate::linalg;
use crate::numpy::{self, NpyMatrix};

/// Rows read at a time in a search.
const SEARCH_PAGE: usize = 8_192;

/// A file of vectors; a row's number is its id.
pub struct FileSource {
    matrix: NpyMatrix,
    info: SourceInfo,
    payloads: Option<Lines>,
    lenient: bool,
}

impl FileSource {
    /// Opens the vectors, and the payloads where given: one JSON object a line, as many as there are rows.
    pub fn open(vectors: &Path, payload: Option<&Path>, distance: Distance) -> Result<Self> {
        let matrix = NpyMatrix::open(vectors)?;
        let title = vectors.display().to_string();
        if matrix.rows() == 0 {
            return Err(Error::Empty(title));
        }
        let payloads = payload.map(|path| Lines::open(path, matrix.rows())).transpose()?;
        let name = vectors.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let info = SourceInfo { title, name, dim: matrix.columns(), distance, points: matrix.rows() };
        Ok(Self { matrix, info, payloads, lenient: false })
    }

    /// Gives rows with NaN or infinity too, for a reader that leaves them out itself.
    pub fn take_rows_that_are_not_finite(&mut self) {
        self.lenient = true;
    }

    fn read(&mut self, start: u64, count: usize, want: Want) -> Result<Page> {
        let mut page = Page { ids: (start..start + count as u64).map(PointId::Num).collect(), ..Page::default() };
        if want.vectors {
            self.matrix.read_rows(start, count, &mut page.vectors)?;
            if !self.lenient {
                numpy::check_finite(&self.info.title, &page.vectors, self.info.dim, start)?;
            }
        }
        if want.payload {
            page.payloads = match &mut self.payloads {
                Some(lines) => lines.read(start, count)?,
                None => vec![Payload::new(); count],
            };
        }
        Ok(page)
    }
}

impl FileSource {
    /// The vector of an example, as a collection would store it.
    fn vector_of(&mut self, example: &Example, control: &Control) -> Result<Vec<f32>> {
        let id = match example {
            Example::Vector(vector) => return Ok(vector.clone()),
            Example::Point(id) => *id,
        };
        let vector = self.by_ids(&[id], Want::VECTORS, control)?.vectors;
        if vector.is_empty() {
            return Err(Error::PointMissing { place: self.info.title.clone(), id });
        }
        Ok(if self.info.distance == Distance::Cosine { linalg::normalised(&vector, self.info.dim) } else { vector })
    }

    /// The best points by a query but for these, with payload. A page of the file is in memory at a time.
    fn best(
        &mut self,
        query: Resolved,
        limit: usize,
        without: &[PointId],
        control: &Control,
    ) -> Result<Vec<Neighbour>> {
        let (dim, distance) = (self.info.dim, self.info.distance);
        let smaller_is_better = distance.smaller_is_nearer() && matches!(query, Resolved::Nearest(_));
        let scorer = Scorer::new(query, distance);
        let mut best: Vec<Neighbour> = Vec::new();
        let mut cursor = Cursor::Start;
        while cursor != Cursor::End {
            let page = self.page(&mut cursor, SEARCH_PAGE, Want::VECTORS, control)?;
            for (id, row) in page.ids.iter().zip(page.vectors.chunks(dim)) {
                if !without.contains(id) {
                    best.push(Neighbour { id: *id, score: scorer.score(row), payload: Payload::new() });
                }
            }
            sort_found(&mut best, smaller_is_better);
            best.truncate(limit);
        }
        let ids: Vec<PointId> = best.iter().map(|found| found.id).collect();
        let payloads = self.by_ids(&ids, Want { vectors: false, payload: true }, control)?.payloads;
        best.iter_mut().zip(payloads).for_each(|(found, payload)| found.payload = payload);
        Ok(best)
    }
}

impl VectorSource for FileSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn page(&mut self, cursor: &mut Cursor, limit: usize, want: Want, control: &Control) -> Result<Page> {
        control.check_whole()?;
        let start = match *cursor {
            Cursor::Start => 0,
            Cursor::Row(row) => row,
            Cursor::At(PointId::Num(id)) => id,
            Cursor::At(PointId::Uuid(_)) | Cursor::End => self.info.points,
        };
        let count = self.info.points.saturating_sub(start).min(limit as u64) as usize;
        let page = if count == 0 { Page::default() } else { self.read(start, count, want)? };
        let next = start + count as u64;
        *cursor = if next >= self.info.points { Cursor::End } else { Cursor::Row(next) };
        Ok(page)
    }

    fn by_ids(&mut self, ids: &[PointId], want: Want, control: &Control) -> Result<Page> {
        let mut page = Page::default();
        let mut rest = ids;
        while let Some(first) = rest.first() {
            control.check_whole()?;
            let PointId::Num(start) = *first else {
                rest = &rest[1..];
                continue;
            };
            if start >= self.info.points {
                rest = &rest[1..];
                continue;
            }
            // Rows that follow each other are read together.
            let run = (1..rest.len())
                .find(|i| rest[*i] != PointId::Num(start + *i as u64) || start + *i as u64 >= self.info.points)
                .unwrap_or(rest.len());
            let part = self.read(start, run, want)?;
            page.ids.extend(part.ids);
            page.vectors.extend(part.vectors);
            page.payloads.extend(part.payloads);
            rest = &rest[run..];
        }
        Ok(page)
    }

    fn nearest(&mut self, vector: &[f32], limit: usize, control: &Control) -> Result<Vec<Neighbour>> {
        self.best(Resolved::Nearest(vector.to_vec()), limit, &[], control)
    }

    /// Every row is looked at, so that the results are exact.
    fn search(&mut self, search: &Search, control: &Control) -> Result<Vec<Neighbour>> {
        control.check_whole()?;
        search.check(&self.info)?;
        if search.query.is_sparse() {
            let (place, name) = (self.info.title.clone(), search.sparse_name.clone());
            return Err(Error::SparseMissing { place, name, available: Vec::new() });
        }
        let mut vector = |example: &Example| self.vector_of(example, control);
        let pairs = |pairs: &[(Example, Example)], vector: &mut dyn FnMut(&Example) -> Result<Vec<f32>>| {
            pairs.iter().map(|(p, n)| Ok((vector(p)?, vector(n)?))).collect::<Result<Vec<_>>>()
        };
        let resolved = match &search.query {
            Query::Nearest(example) => Resolved::Nearest(vector(example)?),
            Query::Recommend { positive, negative, strategy } => {
                let positive = positive.iter().map(&mut vector).collect::<Result<_>>()?;
                Resolved::recommend(positive, negative.iter().map(&mut vector).collect::<Result<_>>()?, *strategy)
            }
            Query::Discover { target, context } => {
                Resolved::Discover { target: vector(target)?, pairs: pairs(context, &mut vector)? }
            }
            Query::Context(context) => Resolved::Context(pairs(context, &mut vector)?),
            Query::Sparse(_) | Query::Prefetched { .. } | Query::Steered { .. } => return Ok(Vec::new()),
        };
        self.best(resolved, search.limit, &search.query.points(), control)
    }
}

/// A `.jsonl` file whose lines can be read from any line on.
struct Lines {
    path: PathBuf,
    file: BufReader<File>,
    /// Where every [`Lines::STRIDE`]th line starts.
    starts: Vec<u64>,
    /// The line that comes next in the file.
    next: u64,
}

impl Lines {
    const STRIDE: u64 = 1_024;

    fn open(path: &Path, rows: u64) -> Result<Self> {
        let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(Error::io(path))?);
        let mut starts = vec![0];
        let (mut lines, mut position, mut ended) = (0u64, 0u64, true);
        loop {
            let buffer = file.fill_buf().map_err(Error::io(path))?;
            if buffer.is_empty() {
                break;
            }
            for (i, byte) in buffer.iter().enumerate() {
                ended = *byte == b'\n';
                if ended {
                    lines += 1;
                    if lines % Self::STRIDE == 0 {
                        starts.push(position + i as u64 + 1);
                    }
                }
            }
            let length = buffer.len();
            position += length as u64;
            file.consume(length);
        }
        lines += u64::from(!ended);
        if lines != rows {
            return Err(Error::file(path, format!("has {lines} lines, and there are {rows} vectors")));
        }
        Ok(Self { path: path.to_owned(), file, starts, next: lines })
    }

    fn read(&mut self, start: u64, count: usize) -> Result<Vec<Payload>> {
        let at = start / Self::STRIDE;
        // Lines in ascending order are read in one pass.
        let mut number = self.next;
        self.next = u64::MAX;
        if !(at * Self::STRIDE..=start).contains(&number) {
            self.file.seek(SeekFrom::Start(self.starts[at as usize])).map_err(Error::io(&self.path))?;
            number = at * Self::STRIDE;
        }
        let mut payloads = Vec::with_capacity(count);
        let mut line = String::new();
        let end = start + count as u64;
        for number in number..end {
            line.clear();
            self.file.read_line(&mut line).map_err(Error::io(&self.path))?;
            if number >= start {
                payloads.push(
                    serde_json::from_str(&line).map_err(|e| {
                        Error::file(&self.path, format!("line {} is not a JSON object: {e}", number + 1))
                    })?,
                );
            }
        }
        self.next = end;
        Ok(payloads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path, rows: usize) -> FileSource {
        let vectors: Vec<f32> = (0..rows * 2).map(|i| (i as f32 * 0.37).sin()).collect();
        numpy::write_matrix(folder.join("v.npy"), 2, &vectors).unwrap();
        let lines: String = (0..rows).map(|i| format!("{{\"row\": {i}}}\n")).collect();
        std::fs::write(folder.join("p.jsonl"), lines).unwrap();
        FileSource::open(&folder.join("v.npy"), Some(&folder.join("p.jsonl")), Distance::Cosine).unwrap()
    }

    #[test]
    fn pages_and_ids_give_the_same_rows_and_payloads() {
        let folder = tempfile::tempdir().unwrap();
        let mut source = files(folder.path(), 3_000);
        let control = Control::new();
        let mut cursor = Cursor::Start;
        let mut all = Page::default();
        while cursor != Cursor::End {
            let page = source.page(&mut cursor, 700, Want::ALL, &control).unwrap();
            all.ids.extend(page.ids);
            all.vectors.extend(page.vectors);
            all.payloads.extend(page.payloads);
        }
        assert_eq!(all.ids.len(), 3_000);
        assert!(all.payloads.iter().enumerate().all(|(i, p)| p["row"] == i));
        let ids: Vec<PointId> = [2_999, 5, 6, 7, 90_000, 1_024].map(PointId::Num).to_vec();
        let some = source.by_ids(&ids, Want::ALL, &control).unwrap();
        assert_eq!(some.ids, [2_999, 5, 6, 7, 1_024].map(PointId::Num));
        assert_eq!(some.payloads[4]["row"], 1_024);
        assert_eq!(some.vectors[..2], all.vectors[5_998..]);
    }

    #[test]
    fn the_nearest_is_the_point_itself() {
        let folder = tempfile::tempdir().unwrap();
        let mut source = files(folder.path(), 50);
        let control = Control::new();
        let vector = source.by_ids(&[PointId::Num(17)], Want::VECTORS, &control).unwrap().vectors;
        let found = source.nearest(&vector, 3, &control).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].id, PointId::Num(17));
        assert!((found[0].score - 1.0).abs() < 1e-6 && found[1].score <= found[0].score);
        assert_eq!(found[0].payload["row"], 17);
    }

    #[test]
    fn payloads_that_do_not_fit_are_told() {
        let folder = tempfile::tempdir().unwrap();
        files(folder.path(), 3);
        let (v, p) = (folder.path().join("v.npy"), folder.path().join("p.jsonl"));
        std::fs::write(&p, "{}\n{}\n").unwrap();
        let error = FileSource::open(&v, Some(&p), Distance::Dot).err().unwrap().to_string();
        assert!(error.ends_with("has 2 lines, and there are 3 vectors"), "{error}");
        std::fs::write(&p, "{}\n[1]\n{}").unwrap();
        let mut source = FileSource::open(&v, Some(&p), Distance::Dot).unwrap();
        let error = source.page(&mut Cursor::Start, 10, Want::ALL, &Control::new()).unwrap_err().to_string();
        assert!(error.contains("line 2 is not a JSON object"), "{error}");
    }
}
