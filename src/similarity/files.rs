//! The reference's three files: `{name}.npz` (SciPy CSR), `{name}_vectors.npy` and `{name}.json` (the ids).

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use npyz::npz::{NpzArchive, NpzWriter};
use npyz::sparse::CsrBase;

use super::Csr;
use crate::atomic_file::AtomicFile;
use crate::error::{Error, Result};
use crate::numpy::{self, NpyMatrix, NpyWriter};
use crate::source::PointId;

/// What a training needs to know of a sample: who is near to whom, and the vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct SimilarityData {
    /// How messages call it: the path, or the collection and the part.
    pub title: String,
    /// The neighbour matrix, N x N.
    pub matrix: Csr,
    /// The vectors, N x `dim`.
    pub vectors: Vec<f32>,
    /// Dimensions of a vector.
    pub dim: usize,
    /// The ids, in the order of the rows.
    pub ids: Vec<PointId>,
}

/// Puts a file in place; gives its path.
pub(crate) fn commit(file: AtomicFile) -> Result<PathBuf> {
    let path = file.target().to_owned();
    file.commit()?;
    Ok(path)
}

/// The path of one of the three files.
fn part(name: &Path, ending: &str) -> PathBuf {
    let mut path = name.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

impl SimilarityData {
    /// Points.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Writes the three files `{name}.npz`, `{name}_vectors.npy` and `{name}.json`; gives their paths.
    pub fn write(&self, name: &Path) -> Result<Vec<PathBuf>> {
        self.prepare(name)?.into_iter().map(commit).collect()
    }

    /// Writes the three files without putting them in place yet, so that what belongs together is replaced together.
    pub(crate) fn prepare(&self, name: &Path) -> Result<Vec<AtomicFile>> {
        let mut vectors = NpyWriter::create(part(name, "_vectors.npy"), self.dim)?;
        vectors.push(&self.vectors)?;

        let path = part(name, ".json");
        let mut ids = AtomicFile::create(&path)?;
        let text = serde_json::to_vec(&self.ids).map_err(|e| Error::file(&path, e.to_string()))?;
        ids.file().write_all(&text).map_err(Error::io(&path))?;

        let path = part(name, ".npz");
        let mut matrix = AtomicFile::create(&path)?;
        let n = self.matrix.size() as u64;
        let csr = CsrBase {
            shape: [n, n],
            data: self.matrix.values.as_slice(),
            indices: self.matrix.columns.iter().map(|c| u64::from(*c)).collect::<Vec<_>>(),
            indptr: self.matrix.starts.as_slice(),
        };
        let mut npz = NpzWriter::new(std::io::BufWriter::new(&mut matrix));
        // The archive's directory is written here: left to the writer's end, a full disk would go unnoticed.
        csr.write_npz(&mut npz)
            .and_then(|()| npz.zip_writer().finish().map_err(std::io::Error::from))
            .and_then(|mut out| out.flush())
            .map_err(Error::io(&path))?;
        drop(npz);
        Ok(vec![matrix, vectors.complete()?, ids])
    }

    /// Reads the three files, which the reference may have written too.
    ///
    /// Its matrix can have fewer rows or columns than there are points, when the last ones had no neighbours or were
    /// nobody's: it is taken as N x N. Without ids, which the reference's trainer does not need, they are the row numbers.
    pub fn read(name: &Path) -> Result<Self> {
        // A person may well name one of the files.
        let text = name.to_string_lossy();
        let name = match text.strip_suffix(".npz").or_else(|| text.strip_suffix("_vectors.npy")) {
            Some(stem) => PathBuf::from(stem),
            None => name.to_owned(),
        };
        let path = part(&name, ".npz");
        if !path.exists() {
            return Err(Error::file(&path, "not found (`blockscope load --split 0.2` writes similarity data)"));
        }
        let mut file = NpyMatrix::open(part(&name, "_vectors.npy"))?;
        let (n, dim) = (file.rows() as usize, file.columns());
        let vectors = file.read_all()?;
        numpy::check_finite(&file.path().display().to_string(), &vectors, dim, 0)?;
        let matrix = read_matrix(&path, n)?;
        let ids_path = part(&name, ".json");
        let ids: Vec<PointId> = if ids_path.exists() {
            let file = File::open(&ids_path).map_err(Error::io(&ids_path))?;
            serde_json::from_reader(BufReader::new(file))
                .map_err(|e| Error::file(&ids_path, format!("is not a JSON list of numbers and UUIDs: {e}")))?
        } else {
            (0..n as u64).map(PointId::Num).collect()
        };
        if ids.len() != n {
            return Err(Error::file(&ids_path, format!("lists {} ids, and there are {n} vectors", ids.len())));
        }
        Ok(Self { title: name.display().to_string(), matrix, vectors, dim, ids })
    }
}

fn read_matrix(path: &Path, n: usize) -> Result<Csr> {
    let bad = |e: std::io::Error| Error::file(path, format!("is not a sparse matrix as SciPy saves it: {e}"));
    let mut archive = NpzArchive::new(BufReader::new(File::open(path).map_err(Error::io(path))?)).map_err(bad)?;
    let (shape, starts, columns, values) = match npyz::sparse::Csr::<f32>::from_npz(&mut archive) {
        Ok(m) => (m.shape, m.indptr, m.indices, m.data),
        Err(_) => {
            let m = npyz::sparse::Csr::<f64>::from_npz(&mut archive).map_err(bad)?;
            (m.shape, m.indptr, m.indices, m.data.into_iter().map(|v| v as f32).collect())
        }
    };
    let odd = |problem: String| Error::file(path, problem);
    if shape[0].max(shape[1]) > n as u64 {
        return Err(odd(format!("is a matrix of {} x {}, and there are {n} vectors", shape[0], shape[1])));
    }
    let rows = shape[0] as usize;
    let whole = starts.len() == rows + 1
        && starts.first() == Some(&0)
        && starts.last() == Some(&columns.len())
        && columns.len() == values.len()
        && starts.is_sorted()
        && columns.iter().all(|c| *c < shape[1]);
    if !whole {
        return Err(odd("is not a consistent CSR matrix".into()));
    }
    if values.iter().any(|v| !v.is_finite()) {
        return Err(odd("holds NaN or infinity".into()));
    }
    let mut row_of = Vec::with_capacity(columns.len());
    for (row, ends) in starts.windows(2).enumerate() {
        row_of.resize(ends[1], row as u32);
        debug_assert_eq!(row_of.len(), ends[1]);
    }
    let columns: Vec<u32> = columns.into_iter().map(|c| c as u32).collect();
    Csr::from_entries(n, &row_of, &columns, &values)
}

#[cfg(test)]
mod tests {
    use npyz::WriterBuilder;
    use proptest::prelude::*;

    use super::*;

    fn data(n: usize, entries: &[(u32, u32, f32)]) -> SimilarityData {
        let column = |pick: fn(&(u32, u32, f32)) -> u32| entries.iter().map(|e| pick(e) % n as u32).collect::<Vec<_>>();
        let values: Vec<f32> = entries.iter().map(|e| e.2).collect();
        SimilarityData {
            title: String::new(),
            matrix: Csr::from_entries(n, &column(|e| e.0), &column(|e| e.1), &values).unwrap(),
            vectors: (0..n * 3).map(|i| i as f32 / 7.0).collect(),
            dim: 3,
            ids: (0..n as u64)
                .map(|i| if i % 3 == 0 { PointId::Uuid(uuid::Uuid::from_u128(i.into())) } else { PointId::Num(i) })
                .collect(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_is_written_is_read_back(
            n in 1usize..20, entries in proptest::collection::vec((0u32..20, 0u32..20, -1.0f32..1.0), 0..80),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let name = folder.path().join("sm.v2");
            let mut data = data(n, &entries);
            prop_assert_eq!(data.write(&name).unwrap().len(), 3);
            data.title = name.display().to_string();
            prop_assert_eq!(SimilarityData::read(&name).unwrap(), data);
        }
    }

    /// A matrix as `scipy.sparse.csr_matrix((scores, (rows, columns)))` makes it: float64, 32-bit indices, not sorted, no
    /// larger than its largest offset.
    #[test]
    fn the_references_own_matrix_is_taken_as_n_x_n() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("ref");
        data(4, &[]).write(&name).unwrap();
        std::fs::remove_file(part(&name, ".json")).unwrap();
        let mut npz = NpzWriter::create(part(&name, ".npz")).unwrap();
        let options = Default::default;
        fn put<T: npyz::AutoSerialize + Copy>(npz: &mut NpzWriter<std::io::BufWriter<File>>, name: &str, values: &[T]) {
            let shape = [values.len() as u64];
            let array = npz.array(name, Default::default()).unwrap().default_dtype().shape(&shape);
            let mut writer = array.begin_nd().unwrap();
            writer.extend(values.iter().copied()).unwrap();
            writer.finish().unwrap();
        }
        let dtype = npyz::DType::new_scalar("|S3".parse().unwrap());
        let mut format = npz.array::<[u8]>("format", options()).unwrap().dtype(dtype).shape(&[]).begin_nd().unwrap();
        format.push(b"csr").unwrap();
        format.finish().unwrap();
        put(&mut npz, "shape", &[2i64, 3]);
        put(&mut npz, "indptr", &[0i32, 2, 3]);
        put(&mut npz, "indices", &[2i32, 1, 0]);
        put(&mut npz, "data", &[0.25f64, 0.5, 0.75]);
        drop(npz);
        let read = SimilarityData::read(&name).unwrap();
        assert_eq!(read.matrix.size(), 4);
        assert_eq!(read.matrix.row(0), (&[1, 2][..], &[0.5, 0.25][..]));
        assert_eq!(read.matrix.row(1), (&[0][..], &[0.75][..]));
        assert!(read.matrix.row(2).0.is_empty() && read.matrix.row(3).0.is_empty());
        assert_eq!(read.ids[3], PointId::Num(3));
    }

    #[test]
    fn parts_that_do_not_fit_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("sm");
        let problem = || SimilarityData::read(&name).unwrap_err().to_string();
        assert!(problem().contains("sm.npz: not found"));
        data(5, &[(0, 4, 0.5)]).write(&name).unwrap();
        std::fs::write(part(&name, ".json"), "[1, 2]").unwrap();
        assert!(problem().contains("lists 2 ids, and there are 5 vectors"));
        std::fs::write(part(&name, ".json"), "[1, -2]").unwrap();
        assert!(problem().contains("is not a JSON list of numbers and UUIDs"));
        data(5, &[(0, 4, f32::NAN)]).write(&name).unwrap();
        assert!(problem().contains("holds NaN or infinity"));
        let whole = std::fs::read(part(&name, ".npz")).unwrap();
        std::fs::write(part(&name, ".npz"), &whole[..whole.len() - 40]).unwrap();
        assert!(problem().contains("is not a sparse matrix as SciPy saves it"));
        // One of the files may be named instead of the three.
        data(5, &[]).write(&name).unwrap();
        assert_eq!(SimilarityData::read(&part(&name, ".npz")).unwrap().len(), 5);
    }
}
