//! The supervised contrastive loss over block outputs.
//!
//! With block probabilities p of B blocks, h = sqrt(p + 1e-9) / sqrt(B) has length 1 (but for the 1e-9), and h_i . h_j is
//! the mean Bhattacharyya coefficient of the blocks of two points. The loss is L_out of Khosla et al., "Supervised
//! Contrastive Learning", NeurIPS 2020, equation 2, as a mean over the points of a batch:
//!
//! ```text
//! L = -(1 / n) sum_i (1 / |P(i)|) sum_{p in P(i)} ln( exp(h_i . h_p / t) / sum_{a != i} exp(h_i . h_a / t) )
//! ```
//!
//! where P(i) are the other points of the batch with the label of i, at least one for each, and t is .1.

use burn::tensor::{Tensor, TensorData, activation};

use crate::linalg;

/// What similarities are divided by.
pub const TEMPERATURE: f64 = 0.1;

/// Under the root, so that its derivative at 0 is bounded.
const FLOOR: f64 = 1e-9;

/// Added to the similarity of a point with itself: exp of it is 0 in float32.
const NEVER: f32 = -1e4;

/// The loss of outputs, n x (blocks * block size), of points with these labels. Every label comes twice or more.
pub fn contrastive(y: Tensor<2>, blocks: usize, labels: &[u32]) -> Tensor<1> {
    let n = labels.len();
    let device = y.device();
    let (mut own, mut weights) = (vec![0f32; n * n], vec![0f32; n * n]);
    for (i, label) in labels.iter().enumerate() {
        own[i * n + i] = NEVER;
        let same = |j: &usize| *j != i && labels[*j] == *label;
        let share = 1.0 / (n * (0..n).filter(same).count().max(1)) as f32;
        (0..n).filter(same).for_each(|j| weights[i * n + j] = share);
    }
    let matrix = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [n, n]), &device);
    let h = (y + FLOOR as f32).sqrt();
    let similarity = h.clone().matmul(h.transpose()) * (1.0 / (blocks as f64 * TEMPERATURE)) as f32;
    let shares = activation::log_softmax(similarity + matrix(own), 1);
    (shares * matrix(weights)).sum().neg()
}

/// The same on the host, without a gradient.
pub fn contrastive_of(y: &[f32], blocks: usize, labels: &[u32]) -> f64 {
    let n = labels.len();
    let width = y.len() / n.max(1);
    let h: Vec<f32> = y.iter().map(|p| (p + FLOOR as f32).sqrt()).collect();
    let row = |i: usize| &h[i * width..][..width];
    let mut sum = 0f64;
    for (i, label) in labels.iter().enumerate() {
        let others = || (0..n).filter(move |j| *j != i);
        let near = |j: usize| f64::from(linalg::dot(row(i), row(j))) / (blocks as f64 * TEMPERATURE);
        let all: f64 = others().map(|j| near(j).exp()).sum();
        let (same, count) = others()
            .filter(|j| labels[*j] == *label)
            .fold((0f64, 0usize), |(sum, count), j| (sum + near(j), count + 1));
        if count > 0 {
            sum += all.ln() - same / count as f64;
        }
    }
    sum / n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// The formula in float64, term by term as it is written.
    fn twin(y: &[f64], blocks: usize, labels: &[u32]) -> f64 {
        let n = labels.len();
        let width = y.len() / n;
        let h = |i: usize| -> Vec<f64> {
            y[i * width..][..width].iter().map(|p| (p + 1e-9).sqrt() / (blocks as f64).sqrt()).collect()
        };
        let e = |i: usize, j: usize| (h(i).iter().zip(h(j)).map(|(a, b)| a * b).sum::<f64>() / 0.1).exp();
        let mut loss = 0.0;
        for i in 0..n {
            let positives: Vec<usize> = (0..n).filter(|j| *j != i && labels[*j] == labels[i]).collect();
            let denominator: f64 = (0..n).filter(|a| *a != i).map(|a| e(i, a)).sum();
            let inner: f64 = positives.iter().map(|p| (e(i, *p) / denominator).ln()).sum();
            loss -= inner / positives.len() as f64 / n as f64;
        }
        loss
    }

    /// Seven points of two blocks of three, each of which adds up to 1, of labels with three, two and two points.
    fn outputs() -> (Vec<f32>, [u32; 7]) {
        let y = (0..7 * 2)
            .flat_map(|b| {
                let z: Vec<f64> = (0..3).map(|v| (f64::from((b * 5 + v * 7) % 11) * 0.4).exp()).collect();
                let sum: f64 = z.iter().sum();
                z.into_iter().map(move |z| (z / sum) as f32)
            })
            .collect();
        (y, [0, 1, 0, 2, 1, 2, 0])
    }

    #[test]
    fn loss_and_gradient_are_those_of_the_formula() {
        let (values, labels) = outputs();
        let exact: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
        let expected = twin(&exact, 2, &labels);
        let device = Device::flex().autodiff();
        let y = Tensor::<2>::from_data(TensorData::new(values.clone(), [7, 6]), &device).require_grad();
        let loss = contrastive(y.clone(), 2, &labels);
        let gradients = loss.backward();
        let got = f64::from(loss.try_into_scalar::<f32>().unwrap());
        assert!(expected > 0.1 && (got - expected).abs() < 1e-5, "{got} {expected}");
        let host = contrastive_of(&values, 2, &labels);
        assert!((host - expected).abs() < 1e-5, "{host} {expected}");
        let gradient = y.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap();
        for (i, g) in gradient.iter().enumerate() {
            let shifted = |by: f64| {
                let mut y = exact.clone();
                y[i] += by;
                twin(&y, 2, &labels)
            };
            let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
            assert!((f64::from(*g) - numeric).abs() < 1e-3 * numeric.abs().max(0.1), "{i}: {g} {numeric}");
        }
    }

    /// Four points, one block; two labels whose points are alike and have nothing in common with the others: each
    /// similarity within is 1 and each other one 0, so that L = -ln(e^10 / (e^10 + 2)).
    #[test]
    fn groups_apart_have_the_loss_that_is_reckoned_by_hand() {
        let y = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let expected = (1.0 + 2.0 * (-10f64).exp()).ln();
        let near = contrastive_of(&y, 1, &[0, 0, 1, 1]);
        // h has parts of sqrt(1e-9) = 3e-5 where p is 0.
        assert!((near - expected).abs() < 2e-6, "{near} {expected}");
        // Labels that have nothing to do with the outputs: the one positive is as far as can be.
        let far = contrastive_of(&y, 1, &[0, 1, 0, 1]);
        assert!((far - (10f64.exp() + 2.0).ln()).abs() < 1e-2, "{far}");
    }

    /// Outputs that are certain, as a SoftMax in float32 gives them, have finite gradients.
    #[test]
    fn zeros_do_no_harm() {
        let device = Device::flex().autodiff();
        let y = vec![1.0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0];
        let y = Tensor::<2>::from_data(TensorData::new(y, [4, 2]), &device).require_grad();
        let gradients = contrastive(y.clone(), 1, &[0, 0, 1, 1]).backward();
        let gradient = y.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap();
        assert!(gradient.iter().all(|g| g.is_finite()) && gradient.iter().any(|g| *g != 0.0), "{gradient:?}");
    }
}
