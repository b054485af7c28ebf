//! NumPy's `.npy` files of vectors, read and written in pages.
//!
//! Read: float16, float32 and float64, either byte order, C and Fortran order, one or two dimensions. Written: float32,
//! little-endian, C order. The format is NumPy's NEP 1.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use half::f16;
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

use crate::atomic_file::AtomicFile;
use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    F16,
    F32,
    F64,
}

impl Element {
    fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// A matrix in a `.npy` file, opened for reading rows of it.
#[derive(Debug)]
pub struct NpyMatrix {
    file: File,
    path: PathBuf,
    rows: u64,
    columns: usize,
    element: Element,
    big_endian: bool,
    fortran: bool,
    data_start: u64,
    bytes: Vec<u8>,
}

impl NpyMatrix {
    /// Opens a file and checks that it is a whole matrix of floats.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut file = File::open(path).map_err(Error::io(path))?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        let bad = |problem: &str| Error::file(path, problem);
        if length == 0 {
            return Err(bad("is empty, and a NumPy .npy file is needed"));
        }
        // The parser wants the header whole; NumPy's own limit for it is 10,000 bytes.
        let header = NpyHeader::from_reader((&mut file).take(65_536)).map_err(|_| bad("is not a NumPy .npy file"))?;
        let data_start = file.stream_position().map_err(Error::io(path))?;
        let DType::Plain(kind) = header.dtype() else {
            return Err(bad("holds records, and a matrix of floats is needed"));
        };
        let element = match (kind.type_char(), kind.size_field()) {
            (TypeChar::Float, 2) => Element::F16,
            (TypeChar::Float, 4) => Element::F32,
            (TypeChar::Float, 8) => Element::F64,
            _ => return Err(bad(&format!("holds elements of type {kind}, and float16, float32 or float64 is needed"))),
        };
        let (rows, columns) = match *header.shape() {
            [n] => (1, n),
            [rows, columns] => (rows, columns),
            ref shape => {
                return Err(bad(&format!("has {} axes, and a matrix of rows x dimensions is needed", shape.len())));
            }
        };
        if columns == 0 {
            return Err(bad("has rows without any dimensions"));
        }
        let needed = rows
            .checked_mul(columns)
            .and_then(|n| n.checked_mul(element.size() as u64))
            .and_then(|n| n.checked_add(data_start))
            .ok_or_else(|| bad("claims to be larger than any file"))?;
        if length < needed {
            return Err(bad(&format!("is cut off: {length} bytes, and its header promises {needed}")));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            rows,
            columns: columns as usize,
            element,
            big_endian: kind.endianness() == Endianness::Big,
            fortran: header.order() == Order::Fortran && rows > 1,
            data_start,
            bytes: Vec::new(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Columns: the dimensions of a vector.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Appends `count` rows from `start` on to `out`, as float32.
    ///
    /// # Panics
    /// If the rows are not there.
    pub fn read_rows(&mut self, start: u64, count: usize, out: &mut Vec<f32>) -> Result<()> {
        assert!(start + count as u64 <= self.rows, "rows {start}+{count} of {}", self.rows);
        let first = out.len();
        out.resize(first + count * self.columns, 0.0);
        let target = &mut out[first..];
        let size = self.element.size() as u64;
        if self.fortran {
            let mut column = vec![0.0; count];
            for c in 0..self.columns {
                self.read_run((c as u64 * self.rows + start) * size, &mut column)?;
                for (r, value) in column.iter().enumerate() {
                    target[r * self.columns + c] = *value;
                }
            }
            Ok(())
        } else {
            self.read_run(start * self.columns as u64 * size, target)
        }
    }

    /// Every row. The caller has made sure that there is memory for them.
    pub fn read_all(&mut self) -> Result<Vec<f32>> {
        let mut out = Vec::new();
        self.read_rows(0, self.rows as usize, &mut out)?;
        Ok(out)
    }

    fn read_run(&mut self, offset: u64, out: &mut [f32]) -> Result<()> {
        self.file.seek(SeekFrom::Start(self.data_start + offset)).map_err(Error::io(&self.path))?;
        if self.element == Element::F32 && !self.big_endian && cfg!(target_endian = "little") {
            return self.file.read_exact(bytemuck::cast_slice_mut(out)).map_err(Error::io(&self.path));
        }
        let size = self.element.size();
        for chunk in out.chunks_mut(64 * 1024) {
            self.bytes.resize(chunk.len() * size, 0);
            self.file.read_exact(&mut self.bytes).map_err(Error::io(&self.path))?;
            if self.big_endian {
                self.bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
            }
            match self.element {
                Element::F16 => convert(&self.bytes, chunk, |b: [u8; 2]| f16::from_le_bytes(b).to_f32()),
                Element::F32 => convert(&self.bytes, chunk, f32::from_le_bytes),
                Element::F64 => convert(&self.bytes, chunk, |b: [u8; 8]| f64::from_le_bytes(b) as f32),
            }
        }
        Ok(())
    }
}

fn convert<const N: usize>(bytes: &[u8], out: &mut [f32], read: impl Fn([u8; N]) -> f32) {
    let (elements, _) = bytes.as_chunks::<N>();
    for (value, element) in out.iter_mut().zip(elements) {
        *value = read(*element);
    }
}

/// The first row that holds NaN or infinity, where there is one.
pub fn first_not_finite(vectors: &[f32], columns: usize) -> Option<usize> {
    // Without an early exit, so that the compiler makes wide comparisons of it.
    let fine = |row: &[f32]| !row.iter().fold(false, |bad, x| bad | !x.is_finite());
    if fine(vectors) { None } else { vectors.chunks(columns).position(|row| !fine(row)) }
}

/// Fails where a row holds NaN or infinity; `start` is the number of the first row given.
pub fn check_finite(what: &str, vectors: &[f32], columns: usize, start: u64) -> Result<()> {
    match first_not_finite(vectors, columns) {
        Some(row) => Err(Error::NotFinite { what: what.to_owned(), row: start + row as u64 }),
        None => Ok(()),
    }
}

/// Bytes of the header that [`NpyWriter`] writes; the row count is filled in at the end.
const HEADER: usize = 128;

/// The header of a file of version 1.0, in C order, always of the same length.
pub(crate) fn header(descr: &str, shape: &[u64]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(b"\x93NUMPY\x01\x00");
    header.extend_from_slice(&((HEADER - 10) as u16).to_le_bytes());
    let shape: Vec<String> = shape.iter().map(u64::to_string).collect();
    let shape = shape.join(", ");
    header
        .extend_from_slice(format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}").as_bytes());
    header.resize(HEADER - 1, b' ');
    header.push(b'\n');
    header
}

/// Writes a float32 matrix row by row; the file appears under its name only when it is whole.
pub struct NpyWriter {
    out: BufWriter<AtomicFile>,
    columns: usize,
    rows: u64,
}

impl NpyWriter {
    /// Begins a file of `columns` columns.
    pub fn create(path: impl AsRef<Path>, columns: usize) -> Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 16, AtomicFile::create(&path)?);
        out.write_all(&[0; HEADER]).map_err(Error::io(path))?;
        Ok(Self { out, columns, rows: 0 })
    }

    /// Appends rows.
    ///
    /// # Panics
    /// If `rows` is not a whole number of rows.
    pub fn push(&mut self, rows: &[f32]) -> Result<()> {
        assert_eq!(rows.len() % self.columns, 0, "whole rows");
        self.rows += (rows.len() / self.columns) as u64;
        let written = if cfg!(target_endian = "little") {
            self.out.write_all(bytemuck::cast_slice(rows))
        } else {
            rows.iter().try_for_each(|x| self.out.write_all(&x.to_le_bytes()))
        };
        written.map_err(|e| Error::io(self.out.get_ref().target())(e))
    }

    /// Completes the file and puts it in place; gives the number of rows.
    pub fn finish(self) -> Result<u64> {
        let rows = self.rows;
        self.complete()?.commit_soon()?;
        Ok(rows)
    }

    /// Completes the file without putting it in place yet.
    pub(crate) fn complete(self) -> Result<AtomicFile> {
        let (rows, columns) = (self.rows, self.columns);
        let target = self.out.get_ref().target().to_owned();
        let mut file = self.out.into_inner().map_err(|e| Error::io(&target)(e.into_error()))?;
        let header = header("<f4", &[rows, columns as u64]);
        let inner = file.file();
        inner.seek(SeekFrom::Start(0)).and_then(|_| inner.write_all(&header)).map_err(Error::io(&target))?;
        Ok(file)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file().flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file().seek(to)
    }
}

/// Writes a whole matrix.
pub fn write_matrix(path: impl AsRef<Path>, columns: usize, rows: &[f32]) -> Result<()> {
    let mut writer = NpyWriter::create(path, columns)?;
    writer.push(rows)?;
    writer.finish().map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file as NumPy would write it, spelled out byte by byte.
    fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let mut text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
        while (10 + text.len() + 1) % 64 != 0 {
            text.push(' ');
        }
        text.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.bytes());
        bytes.extend(data);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<(u64, usize, Vec<f32>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        std::fs::write(&path, bytes).unwrap();
        let mut matrix = NpyMatrix::open(&path)?;
        Ok((matrix.rows(), matrix.columns(), matrix.read_all()?))
    }

    #[test]
    fn every_float_type_byte_order_and_array_order_is_read() {
        let values = [1.0f32, -2.5, 0.0, 65504.0, 0.125, 3.0];
        let fortran = [1.0f32, 65504.0, -2.5, 0.125, 0.0, 3.0];
        for (f, data) in [(false, values), (true, fortran)] {
            let f2: Vec<u8> = data.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect();
            let f4: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
            let f4b: Vec<u8> = data.iter().flat_map(|x| x.to_be_bytes()).collect();
            let f8: Vec<u8> = data.iter().flat_map(|x| f64::from(*x).to_le_bytes()).collect();
            for (descr, bytes) in [("<f2", f2), ("<f4", f4), (">f4", f4b), ("<f8", f8)] {
                let got = read(&npy(descr, f, "(2, 3)", &bytes)).unwrap();
                assert_eq!(got, (2, 3, values.to_vec()), "{descr} fortran={f}");
            }
        }
    }

    #[test]
    fn what_is_no_matrix_of_floats_is_named() {
        let problem = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(problem(b"hello").ends_with("is not a NumPy .npy file"));
        assert!(problem(b"").contains("is empty"));
        assert!(problem(&npy("<f4", false, "(2, 3)", &[0; 20])).contains("is cut off: "));
        assert!(problem(&npy("<i4", false, "(1, 2)", &[0; 8])).contains("float16, float32 or float64"));
        assert!(problem(&npy("<f4", false, "(1, 1, 2)", &[0; 8])).contains("has 3 axes"));
        assert!(problem(&npy("<f8", false, "(4294967296, 4294967296)", &[])).contains("larger than any file"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_in_any_pages(
            columns in 1usize..9,
            values in proptest::collection::vec(-1e30f32..1e30, 0..80),
            page in 1usize..7,
        ) {
            let rows = values.len() / columns;
            let values = &values[..rows * columns];
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.npy");
            write_matrix(&path, columns, values).unwrap();
            let mut matrix = NpyMatrix::open(&path).unwrap();
            prop_assert_eq!((matrix.rows(), matrix.columns()), (rows as u64, columns));
            let mut got = Vec::new();
            for start in (0..rows).step_by(page) {
                matrix.read_rows(start as u64, page.min(rows - start), &mut got).unwrap();
            }
            prop_assert_eq!(&got, values);
            prop_assert_eq!(std::fs::metadata(&path).unwrap().len() as usize, HEADER + 4 * values.len());
        }

        #[test]
        fn the_first_row_that_is_not_finite_is_found(
            rows in 1usize..20, columns in 1usize..100, at in any::<prop::sample::Index>(),
            bad in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
        ) {
            let mut values = vec![f32::MAX; rows * columns];
            prop_assert_eq!(first_not_finite(&values, columns), None);
            let at = at.index(values.len());
            values[at] = bad;
            prop_assert_eq!(first_not_finite(&values, columns), Some(at / columns));
        }
    }

    #[test]
    fn a_file_that_is_not_finished_does_not_appear() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        write_matrix(&path, 2, &[1.0, 2.0]).unwrap();
        let mut writer = NpyWriter::create(&path, 2).unwrap();
        writer.push(&[3.0, 4.0]).unwrap();
        drop(writer);
        assert_eq!(NpyMatrix::open(&path).unwrap().read_all().unwrap(), [1.0, 2.0]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
