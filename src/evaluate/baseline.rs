//! Ways to store vectors without an encoder, to compare with: principal components, signs, and product quantisation. A
//! few plain lines each; none is from a library.

use crate::error::Result;
use crate::job::Control;
use crate::linalg::directions::principal_axes;
use crate::linalg::kmeans::{First, Search, k_means, nearest};
use crate::linalg::{self, Rows, product};
use crate::point::Distance;
use crate::random::{Use, generator};

/// Rounds of k-means, at most.
const ROUNDS: usize = 50;

/// Queries and points as they are compared: the larger the dot product, the nearer.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Queries x width.
    pub queries: Vec<f32>,
    /// Points x width.
    pub points: Vec<f32>,
    /// Values in a row.
    pub width: usize,
    /// Stored bytes a point. What all points share, such as centroids, is not counted.
    pub bytes: f64,
}

/// Queries compared with what is left of points: by the dot product, or by the Euclidean distance, which at unit length
/// ranks as the cosine does. |q - x|^2 = |q|^2 - 2 (q.x - |x|^2 / 2), and |q|^2 is the same for all points.
fn compared(queries: Rows, decoded: Rows, distance: Distance, bytes: f64) -> Compared {
    let width = decoded.width();
    if distance == Distance::Dot {
        return Compared { queries: queries.values().to_vec(), points: decoded.values().to_vec(), width, bytes };
    }
    let with = |rows: Rows, last: &dyn Fn(&[f32]) -> f32| {
        rows.iter().flat_map(|row| row.iter().copied().chain([last(row)])).collect::<Vec<f32>>()
    };
    Compared {
        queries: with(queries, &|_| 1.0),
        points: with(decoded, &|row| -linalg::dot(row, row) / 2.0),
        width: width + 1,
        bytes,
    }
}

/// Principal components of some points.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    mean: Vec<f64>,
    /// Components x dim.
    components: Vec<f32>,
}

impl Pca {
    /// The first `count` of them, or as many as there are dimensions.
    pub fn new(points: Rows, count: usize, control: &Control) -> Result<Self> {
        let mean = points.mean();
        let centred = points.less(&mean);
        let mut rng = generator(0, Use::Evaluation);
        let axes = principal_axes(Rows::new(&centred, points.width()), count, &mut rng, control)?;
        Ok(Self { components: axes.vectors, mean })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.components.len() / self.mean.len()
    }

    /// The first `count` components of vectors, around their mean.
    pub fn project(&self, vectors: Rows, count: usize, control: &Control) -> Result<Vec<f32>> {
        let (dim, centred) = (self.mean.len(), vectors.less(&self.mean));
        product(Rows::new(&centred, dim), Rows::new(&self.components[..count * dim], dim), control)
    }

    /// What `count` components of vectors give back of them.
    pub fn restored(&self, vectors: Rows, count: usize, control: &Control) -> Result<Vec<f32>> {
        let dim = self.mean.len();
        let shares = self.project(vectors, count, control)?;
        let turned = Rows::new(&self.components[..count * dim], dim).transposed();
        let mut out = product(Rows::new(&shares, count), Rows::new(&turned, count), control)?;
        out.chunks_mut(dim).for_each(|row| row.iter_mut().zip(&self.mean).for_each(|(x, m)| *x += *m as f32));
        Ok(out)
    }

    /// Queries against points of which `count` components are stored, a float32 each.
    pub fn compare(
        &self,
        queries: Rows,
        points: Rows,
        count: usize,
        distance: Distance,
        control: &Control,
    ) -> Result<Compared> {
        let restored = self.restored(points, count, control)?;
        Ok(compared(queries, Rows::new(&restored, points.width()), distance, 4.0 * count as f64))
    }
}

/// Binary quantisation, asymmetric: of a point the signs around the points' mean, a bit a dimension; the query, around the
/// same mean, has all its digits.
pub fn signs(queries: Rows, points: Rows) -> Compared {
    let mean = points.mean();
    let sign = |x: &f32| if *x > 0.0 { 1.0 } else { -1.0 };
    Compared {
        queries: queries.less(&mean),
        points: points.less(&mean).iter().map(sign).collect(),
        width: points.width(),
        bytes: points.width().div_ceil(8) as f64,
    }
}

/// Product quantisation: vectors are cut into parts, and of each the number of the nearest of some centroids is stored
/// (Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", PAMI 33, 2011). Centroids by seeded
/// k-means.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductQuantiser {
    dim: usize,
    bits: usize,
    /// Where each part begins and ends, and its centroids in rows.
    parts: Vec<(usize, usize, Vec<f32>)>,
}

impl ProductQuantiser {
    /// With `parts` parts of about the same width, each with 2^`bits` centroids.
    ///
    /// # Panics
    /// If there are no parts, or more than dimensions.
    pub fn new(points: Rows, parts: usize, bits: usize, seed: u64, control: &Control) -> Result<Self> {
        let dim = points.width();
        assert!((1..=dim).contains(&parts), "parts of at least one dimension");
        let parts = (0..parts).map(|p| {
            let (start, end) = (p * dim / parts, (p + 1) * dim / parts);
            let cut = slice(points, start, end);
            let search = Search { k: 1 << bits, first: First::Apart, starts: 1, rounds: ROUNDS };
            let mut rng = generator(seed + p as u64, Use::Evaluation);
            let centroids = k_means(Rows::new(&cut, end - start), search, &mut rng, control)?.centres;
            Ok((start, end, centroids))
        });
        Ok(Self { dim, bits, parts: parts.collect::<Result<_>>()? })
    }

    /// What is stored of vectors, given back.
    pub fn restored(&self, vectors: Rows, control: &Control) -> Result<Vec<f32>> {
        let mut out = vec![0f32; vectors.values().len()];
        for (start, end, centroids) in &self.parts {
            let (cut, width) = (slice(vectors, *start, *end), end - start);
            let cut = Rows::new(&cut, width);
            let norms: Vec<f32> = cut.iter().map(|row| linalg::dot(row, row)).collect();
            let centroids = Rows::new(centroids, width);
            let near = nearest(cut, centroids, &norms, control)?;
            for (row, (centroid, _)) in out.chunks_mut(self.dim).zip(near) {
                row[*start..*end].copy_from_slice(centroids.row(centroid as usize));
            }
        }
        Ok(out)
    }

    /// Queries against points of which the centroids are stored; the query has all its digits.
    pub fn compare(&self, queries: Rows, points: Rows, distance: Distance, control: &Control) -> Result<Compared> {
        let restored = self.restored(points, control)?;
        Ok(compared(queries, Rows::new(&restored, self.dim), distance, (self.parts.len() * self.bits) as f64 / 8.0))
    }
}

/// Some columns.
fn slice(rows: Rows, start: usize, end: usize) -> Vec<f32> {
    rows.iter().flat_map(|row| &row[start..end]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::decoding::nearness;
    use crate::evaluate::recall::Exact;
    use crate::linalg::rows::tests::drawn;

    /// Points that lie in three of eight dimensions, but for a little, far from the origin.
    fn flat(n: usize, seed: u64) -> Vec<f32> {
        let (shares, noise, mut axes) = (drawn(n, 3, seed), drawn(n, 8, seed + 1), drawn(3, 8, 99));
        axes[..8].iter_mut().for_each(|x| *x *= 3.0);
        (0..n * 8)
            .map(|at| {
                let (i, j) = (at / 8, at % 8);
                2.0 + 0.001 * noise[at] + (0..3).map(|k| shares[i * 3 + k] * axes[k * 8 + j]).sum::<f32>()
            })
            .collect()
    }

    fn recall(way: &Compared, queries: Rows, points: Rows, distance: Distance) -> f64 {
        let exact = Exact::new(queries, points, distance, &Control::new()).unwrap();
        let (q, p) = (Rows::new(&way.queries, way.width), Rows::new(&way.points, way.width));
        exact.recall(q, p, &Control::new()).unwrap().at_10
    }

    #[test]
    fn as_many_components_as_there_are_hold_everything() {
        let (p, q) = (flat(400, 1), flat(30, 7));
        let (points, queries) = (Rows::new(&p, 8), Rows::new(&q, 8));
        let pca = Pca::new(points, 99, &Control::new()).unwrap();
        assert_eq!(pca.count(), 8);
        let unexplained: Vec<f64> = (1..=4)
            .map(|k| nearness(queries, Rows::new(&pca.restored(queries, k, &Control::new()).unwrap(), 8)).fvu)
            .collect();
        assert!(unexplained[0] > 0.01 && unexplained[2] < 1e-5, "{unexplained:?}");
        assert!(unexplained.windows(2).all(|two| two[1] <= two[0]));
        for distance in [Distance::Euclid, Distance::Dot] {
            let three = pca.compare(queries, points, 3, distance, &Control::new()).unwrap();
            let one = pca.compare(queries, points, 1, distance, &Control::new()).unwrap();
            assert_eq!((three.bytes, one.bytes), (12.0, 4.0));
            assert!(recall(&three, queries, points, distance) > 0.95);
            assert!(recall(&one, queries, points, distance) < 0.8);
        }
        // The first component is the direction of the largest variance: no drawn direction has more.
        let variance = |direction: &[f32]| {
            let length = linalg::dot(direction, direction).sqrt();
            let along: Vec<f32> = points.iter().map(|x| linalg::dot(x, direction) / length).collect();
            let mean = along.iter().sum::<f32>() / 400.0;
            along.iter().map(|x| (x - mean).powi(2)).sum::<f32>()
        };
        let most = variance(&pca.components[..8]);
        assert!(drawn(50, 8, 3).chunks(8).all(|direction| variance(direction) <= most * 1.0001));
    }

    #[test]
    fn signs_are_a_bit_a_dimension() {
        let points = [1.0, 5.0, 3.0, 1.0, 2.0, 3.0];
        let way = signs(Rows::new(&[2.5, 2.0], 2), Rows::new(&points, 2));
        // Around the mean of 2 and 3.
        assert_eq!(
            (way.points, way.queries, way.bytes),
            (vec![-1.0, 1.0, 1.0, -1.0, -1.0, -1.0], vec![0.5, -1.0], 1.0)
        );
        assert_eq!(signs(Rows::new(&[0.0; 9], 9), Rows::new(&[0.0; 9], 9)).bytes, 2.0);
    }

    #[test]
    fn a_vector_is_given_back_as_its_nearest_centroids() {
        let (p, q) = (drawn(2_000, 7, 1), drawn(40, 7, 2));
        let (points, queries) = (Rows::new(&p, 7), Rows::new(&q, 7));
        let mut last = f64::INFINITY;
        let mut found = 0.0;
        for parts in [1, 3, 7] {
            let pq = ProductQuantiser::new(points, parts, 8, 1, &Control::new()).unwrap();
            assert_eq!(pq.parts.iter().map(|(start, end, _)| end - start).sum::<usize>(), 7);
            let restored = pq.restored(queries, &Control::new()).unwrap();
            // Part by part it is the nearest of all centroids.
            for (i, row) in restored.chunks(7).enumerate() {
                for (start, end, centroids) in &pq.parts {
                    let off = |c: &[f32]| linalg::euclid(c, &queries.row(i)[*start..*end]);
                    let least = centroids.chunks(end - start).map(off).fold(f32::INFINITY, f32::min);
                    assert!((off(&row[*start..*end]) - least).abs() < 1e-3);
                }
            }
            let near = nearness(queries, Rows::new(&restored, 7));
            assert!(near.fvu < last, "more parts, less error");
            last = near.fvu;
            let way = pq.compare(queries, points, Distance::Euclid, &Control::new()).unwrap();
            assert_eq!(way.bytes, parts as f64);
            found = recall(&way, queries, points, Distance::Euclid);
        }
        assert!(found > 0.9, "{found}");
        // Fewer centroids take fewer bits, and are no nearer.
        let coarse = ProductQuantiser::new(points, 7, 6, 1, &Control::new()).unwrap();
        let near = nearness(queries, Rows::new(&coarse.restored(queries, &Control::new()).unwrap(), 7));
        let way = coarse.compare(queries, points, Distance::Euclid, &Control::new()).unwrap();
        assert!(near.fvu > last && way.bytes == 42.0 / 8.0, "{near:?}");
    }
}
