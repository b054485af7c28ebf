//! How far a vector is from a cloud of points, in the cloud's own measure.

use rayon::prelude::*;

use crate::error::Result;
use crate::job::Control;
use crate::linalg::solve::Cholesky;
use crate::linalg::squares::squares;
use crate::linalg::{Rows, dot_f64};

/// The mean and the covariance of some points.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloud {
    mean: Vec<f64>,
    factor: Cholesky,
    /// How much of the covariance is the multiple of the identity that it is shrunk towards.
    pub shrinkage: f64,
}

impl Cloud {
    /// Of points, with the covariance shrunk towards a multiple of the identity by as much as has the least expected
    /// error (Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
    /// Multivariate Analysis 88, 2004). Fails where all points are the same.
    pub fn new(points: Rows, control: &Control) -> Result<Self> {
        let (n, dim) = (points.len() as f64, points.width());
        let mean = points.mean();
        let centred = points.less(&mean);
        let mut covariance = squares(Rows::new(&centred, dim), control)?;
        covariance.iter_mut().for_each(|x| *x /= n);
        let p = dim as f64;
        let scale = (0..dim).map(|i| covariance[i * dim + i]).sum::<f64>() / p;
        let size = dot_f64(&covariance, &covariance);
        let fourth: f64 = centred.chunks(dim).map(|row| dot_f64(row, row).powi(2)).sum();
        let noise = (fourth / n - size) / (p * n);
        let apart = size / p - scale * scale;
        let shrinkage = if noise > 0.0 && apart > 0.0 { noise.min(apart) / apart } else { 0.0 };
        covariance.iter_mut().for_each(|x| *x *= 1.0 - shrinkage);
        (0..dim).for_each(|i| covariance[i * dim + i] += shrinkage * scale);
        Ok(Self { mean, factor: Cholesky::new(covariance, dim, control)?, shrinkage })
    }

    /// The Mahalanobis distance of each vector to the mean, squared.
    pub fn distances(&self, vectors: Rows, control: &Control) -> Result<Vec<f32>> {
        vectors
            .values()
            .par_chunks(vectors.width())
            .map(|row| {
                control.check_whole()?;
                let mut from: Vec<f64> = row.iter().zip(&self.mean).map(|(x, m)| f64::from(*x) - m).collect();
                self.factor.forward(&mut from);
                Ok(dot_f64(&from, &from) as f32)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::cluster::tests::asked;

    #[test]
    fn the_distances_are_those_of_scikit_learn() {
        let (points, _) = asked();
        let points = Rows::new(&points, 3);
        let cloud = Cloud::new(points, &Control::new()).unwrap();
        // ledoit_wolf and its inverse, of scikit-learn 1.9.1.
        assert!((cloud.shrinkage - 0.136_030_206_262_479_36).abs() < 1e-5, "{}", cloud.shrinkage);
        let found = cloud.distances(points, &Control::new()).unwrap();
        for (own, twin) in found.iter().zip([0.866_525_141_798_525_2, 4.364_315_921_844_486, 2.079_505_557_030_78]) {
            assert!((f64::from(*own) - twin).abs() < 1e-4, "{own} {twin}");
        }
    }

    #[test]
    fn points_that_are_all_the_same_have_no_measure() {
        assert!(Cloud::new(Rows::new(&[0.5; 30], 3), &Control::new()).is_err());
    }
}
