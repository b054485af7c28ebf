//! Exact nearest neighbours: blocked matrix products, and the best of each row kept as they come, so that no N x N
//! matrix is ever in memory.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Csr;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::source::Distance;

/// Rows of a tile.
const ROWS: usize = 128;
/// Columns of a tile; a tile of scores stays within a core's second-level cache.
const COLUMNS: usize = 1024;

/// The rows that the products are taken over: at unit length for cosine; around their mean for Euclid, where large
/// common parts would drown the differences; as they are otherwise.
pub fn prepare(vectors: &[f32], dim: usize, distance: Distance) -> Cow<'_, [f32]> {
    match distance {
        Distance::Cosine => linalg::normalised(vectors, dim).into(),
        Distance::Euclid => linalg::centred(vectors, dim).into(),
        Distance::Dot | Distance::Manhattan => vectors.into(),
    }
}

/// Does the products of a tile: `queries` (rows x dim) times the transpose of points `from..from + columns`.
pub trait Arithmetic: Sync {
    /// Rows of a tile that suit the device.
    fn rows(&self) -> usize;
    /// Columns of a tile that suit the device.
    fn columns(&self) -> usize;
    /// Threads that may ask for tiles at a time.
    fn threads(&self) -> usize;
    /// Writes the products of `rows` queries from `row` on with `columns` points from `column` on.
    fn tile(&self, row: usize, rows: usize, column: usize, columns: usize, out: &mut [f32]) -> Result<()>;
}

/// Products on the CPU's cores.
struct Cpu<'a> {
    vectors: &'a [f32],
    dim: usize,
}

impl Arithmetic for Cpu<'_> {
    fn rows(&self) -> usize {
        ROWS
    }

    fn columns(&self) -> usize {
        COLUMNS
    }

    fn threads(&self) -> usize {
        linalg::cores()
    }

    fn tile(&self, row: usize, rows: usize, column: usize, columns: usize, out: &mut [f32]) -> Result<()> {
        let queries = &self.vectors[row * self.dim..][..rows * self.dim];
        let points = &self.vectors[column * self.dim..][..columns * self.dim];
        linalg::product_transposed(queries, points, self.dim, out);
        Ok(())
    }
}

/// The neighbours of every point: at most `limit` a row, scores as the collection's distance gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// Entries a row: `limit`, or one less than there are points.
    pub limit: usize,
    /// The neighbours, n x `limit`, nearest first; of equally near ones the first.
    pub columns: Vec<u32>,
    /// Their scores: similarities, or distances.
    pub scores: Vec<f32>,
}

impl Neighbours {
    /// As a sparse matrix of these values.
    pub fn into_matrix(self) -> Csr {
        let n = self.columns.len().checked_div(self.limit).unwrap_or(0);
        let starts = (0..=n).map(|i| i * self.limit).collect();
        let mut matrix = Csr { starts, columns: self.columns, values: self.scores };
        let mut row: Vec<(u32, f32)> = Vec::with_capacity(self.limit);
        for i in 0..n {
            let range = i * self.limit..(i + 1) * self.limit;
            row.clear();
            row.extend(matrix.columns[range.clone()].iter().copied().zip(matrix.values[range.clone()].iter().copied()));
            row.sort_unstable_by_key(|e| e.0);
            for (at, (column, value)) in range.zip(&row) {
                matrix.columns[at] = *column;
                matrix.values[at] = *value;
            }
        }
        matrix
    }
}

/// The `limit` nearest other points of each of the points `vectors` (n x `dim`), exactly.
///
/// Cosine compares directions, so that vectors of any length are taken; a vector of zeros is equally far (similarity 0)
/// from all. `arithmetic` does the products elsewhere than on the CPU's cores; it must hold the
/// rows that [`prepare`] gives. Manhattan has no product form and is computed here, pair by pair.
pub fn exact_neighbours(
    vectors: &[f32],
    dim: usize,
    limit: usize,
    distance: Distance,
    arithmetic: Option<&dyn Arithmetic>,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Neighbours> {
    let n = vectors.len() / dim;
    if n < 2 {
        return Err(Error::TooFewPoints { what: "the sample".into(), found: n as u64, needed: 2 });
    }
    let limit = limit.min(n - 1);
    let prepared = prepare(vectors, dim, distance);
    let vectors = prepared.as_ref();
    // The difference of large squares loses digits for near pairs: more are kept than wanted, and measured again.
    let keep = if distance == Distance::Euclid { (2 * limit).min(n - 1) } else { limit };
    let norms: Vec<f32> = match distance {
        Distance::Euclid => vectors.chunks(dim).map(|v| v.iter().map(|x| x * x).sum()).collect(),
        _ => Vec::new(),
    };
    let cpu = Cpu { vectors, dim };
    let arithmetic = arithmetic.filter(|_| distance != Distance::Manhattan).unwrap_or(&cpu);
    let mut columns = vec![0u32; n * limit];
    let mut scores = vec![0f32; n * limit];

    reporter.stage("exact neighbours", "points", Some(n as u64));
    let rows = arithmetic.rows().min(n);
    let tile_columns = arithmetic.columns().min(n);
    let blocks: Vec<_> = columns.chunks_mut(rows * limit).zip(scores.chunks_mut(rows * limit)).enumerate().collect();
    let work = Mutex::new(blocks.into_iter());
    let done = AtomicUsize::new(0);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        let search = || {
            let mut tile = vec![0f32; rows * tile_columns];
            let mut best: Vec<Best> = Vec::new();
            loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((block, (out_columns, out_scores))) = next else { break };
                let first = block * rows;
                let count = out_columns.len() / limit;
                let mut run = || -> Result<()> {
                    best.clear();
                    best.resize_with(count, || Best::new(keep));
                    for column in (0..n).step_by(tile_columns) {
                        control.check_whole()?;
                        let width = tile_columns.min(n - column);
                        let tile = &mut tile[..count * width];
                        if distance == Distance::Manhattan {
                            manhattan(vectors, dim, first, column, width, tile);
                        } else {
                            arithmetic.tile(first, count, column, width, tile)?;
                        }
                        for (r, line) in tile.chunks_mut(width).enumerate() {
                            if distance == Distance::Euclid {
                                // Nearness -|x - y|^2 without |x|^2, which is the same for the whole row.
                                for (s, norm) in line.iter_mut().zip(&norms[column..]) {
                                    *s = 2.0 * *s - norm;
                                }
                            }
                            best[r].offer(line, column, first + r);
                        }
                    }
                    Ok(())
                };
                if let Err(error) = run() {
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    break;
                }
                for (r, best) in best.iter_mut().enumerate() {
                    let range = r * limit..(r + 1) * limit;
                    best.cut();
                    if distance == Distance::Euclid {
                        best.measure_again(vectors, dim, first + r);
                    }
                    best.write(&mut out_columns[range.clone()], &mut out_scores[range]);
                }
                done.fetch_add(count, Ordering::Relaxed);
            }
        };
        let threads: Vec<_> = (0..arithmetic.threads()).map(|_| scope.spawn(search)).collect();
        let mut told = 0;
        while threads.iter().any(|t| !t.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(5));
            let now = done.load(Ordering::Relaxed);
            reporter.advance((now - told) as u64);
            told = now;
        }
        for thread in threads {
            // With its own message, which leaving it to the scope would lose.
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    if scores.iter().any(|s| !s.is_finite()) {
        return Err(Error::setting("the vectors are too large: their similarities are beyond float32"));
    }
    if distance.smaller_is_nearer() {
        scores.iter_mut().for_each(|s| *s = -*s);
    }
    Ok(Neighbours { limit, columns, scores })
}

fn manhattan(vectors: &[f32], dim: usize, first: usize, column: usize, width: usize, out: &mut [f32]) {
    for (r, line) in out.chunks_mut(width).enumerate() {
        let x = &vectors[(first + r) * dim..][..dim];
        for (c, s) in line.iter_mut().enumerate() {
            let y = &vectors[(column + c) * dim..][..dim];
            *s = -linalg::manhattan(x, y);
        }
    }
}

/// The best of a row so far: candidates above a threshold are gathered, and cut back to the limit when there are many.
struct Best {
    limit: usize,
    threshold: f32,
    found: Vec<(f32, u32)>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, threshold: f32::NEG_INFINITY, found: Vec::with_capacity(4 * limit + COLUMNS / 4) }
    }

    fn offer(&mut self, line: &[f32], column: usize, myself: usize) {
        for (at, chunk) in line.chunks(16).enumerate() {
            // Most chunks hold nothing better, and this is one wide comparison.
            if !chunk.iter().fold(false, |any, s| any | (*s >= self.threshold)) {
                continue;
            }
            for (c, s) in chunk.iter().enumerate() {
                let index = column + at * 16 + c;
                if *s >= self.threshold && index != myself {
                    self.found.push((*s, index as u32));
                }
            }
            if self.found.len() >= 4 * self.limit + 16 {
                self.cut();
            }
        }
    }

    /// Nearest first; of equally near ones the first.
    fn order(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
        b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
    }

    fn cut(&mut self) {
        if self.found.len() > self.limit {
            self.found.select_nth_unstable_by(self.limit - 1, Self::order);
            self.found.truncate(self.limit);
            self.threshold = self.found[self.limit - 1].0;
        }
    }

    /// Puts the exact nearness -|x - y| in place of the one by products.
    fn measure_again(&mut self, vectors: &[f32], dim: usize, myself: usize) {
        let x = &vectors[myself * dim..][..dim];
        for (score, index) in &mut self.found {
            *score = -linalg::euclid(x, &vectors[*index as usize * dim..][..dim]);
        }
    }

    fn write(&mut self, columns: &mut [u32], scores: &mut [f32]) {
        self.found.sort_unstable_by(Self::order);
        for ((c, s), (score, column)) in columns.iter_mut().zip(scores).zip(&self.found) {
            (*c, *s) = (*column, *score);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plain way: every pair, in float64, sorted.
    fn twin(vectors: &[f32], dim: usize, limit: usize, distance: Distance) -> Vec<Vec<(f64, u32)>> {
        let rows: Vec<Vec<f64>> = vectors.chunks(dim).map(|v| v.iter().map(|x| f64::from(*x)).collect()).collect();
        let score = |a: &[f64], b: &[f64]| -> f64 {
            let dot: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
            let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            match distance {
                Distance::Dot => dot,
                Distance::Cosine if norm(a) * norm(b) == 0.0 => 0.0,
                Distance::Cosine => dot / (norm(a) * norm(b)),
                Distance::Euclid => -a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt(),
                Distance::Manhattan => -a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum::<f64>(),
            }
        };
        (0..rows.len())
            .map(|i| {
                let mut all: Vec<(f64, u32)> =
                    (0..rows.len()).filter(|j| *j != i).map(|j| (score(&rows[i], &rows[j]), j as u32)).collect();
                all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                all.truncate(limit);
                all
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_neighbours_are_those_of_the_plain_way(
            dim in 1usize..20,
            n in 2usize..300,
            limit in 1usize..40,
            seed in any::<u64>(),
            distance in prop::sample::select(vec![
                Distance::Cosine, Distance::Dot, Distance::Euclid, Distance::Manhattan,
            ]),
        ) {
            use rand::{Rng, SeedableRng};
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let vectors: Vec<f32> = (0..n * dim).map(|_| rng.random_range(-1.0f32..1.0)).collect();
            let found =
                exact_neighbours(&vectors, dim, limit, distance, None, &Control::new(), &mut Reporter::silent())
                    .unwrap();
            let expected = twin(&vectors, dim, limit, distance);
            prop_assert_eq!(found.limit, limit.min(n - 1));
            let sign = if distance.smaller_is_nearer() { -1.0 } else { 1.0 };
            for (i, row) in expected.iter().enumerate() {
                let range = i * found.limit..(i + 1) * found.limit;
                let mut seen = std::collections::HashSet::new();
                for ((column, score), (best, _)) in
                    found.columns[range.clone()].iter().zip(&found.scores[range]).zip(row)
                {
                    prop_assert!(*column as usize != i && seen.insert(*column));
                    // Float32 may swap two that are equally near; the nearness at each rank is the same.
                    let score = sign * f64::from(*score);
                    prop_assert!((score - best).abs() < 1e-4, "{} {}", score, best);
                }
            }
        }
    }

    /// A large common part of all vectors does not drown the differences.
    #[test]
    fn euclid_is_exact_far_from_the_origin() {
        use rand::{Rng, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let vectors: Vec<f32> = (0..200 * 16).map(|_| 100.0 + rng.random_range(-0.1f32..0.1)).collect();
        let found =
            exact_neighbours(&vectors, 16, 10, Distance::Euclid, None, &Control::new(), &mut Reporter::silent())
                .unwrap();
        let expected = twin(&vectors, 16, 10, Distance::Euclid);
        for (i, row) in expected.iter().enumerate() {
            for (r, (best, _)) in row.iter().enumerate() {
                assert!((f64::from(found.scores[i * 10 + r]) + best).abs() < 1e-5);
            }
        }
        let huge = vec![1e25f32; 8];
        let error =
            exact_neighbours(&huge, 2, 2, Distance::Dot, None, &Control::new(), &mut Reporter::silent()).unwrap_err();
        assert!(error.to_string().contains("beyond float32"), "{error}");
    }

    #[test]
    fn a_cancel_ends_it() {
        let control = Control::new();
        control.cancel();
        let found = exact_neighbours(&[1.0; 400], 2, 5, Distance::Dot, None, &control, &mut Reporter::silent());
        assert!(matches!(found, Err(Error::Cancelled)));
    }

    #[test]
    fn equal_points_are_found_in_order() {
        let found =
            exact_neighbours(&[1.0; 20], 2, 3, Distance::Cosine, None, &Control::new(), &mut Reporter::silent())
                .unwrap();
        assert_eq!(found.columns[..3], [1, 2, 3]);
        assert_eq!(found.columns[9 * 3..], [0, 1, 2]);
    }
}
