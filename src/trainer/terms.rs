//! Terms of the losses, as plain functions of tensors.
//!
//! p is what the blocks answer for n points, n x B x V; E is the mean over these points, H the entropy in nats.

use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::config::Terms;

/// Added where a logarithm is taken: 0 ln 0 is 0, and so is its gradient, nearly.
const TINY: f32 = 1e-12;

/// The share of the steps before blocks are made sharp.
const SHARP_FROM: f64 = 0.2;

/// A logit of what has no chance; -infinity times a chance of 0 would be no number.
const NOT_ITSELF: f32 = -1e9;

/// Mean over blocks of 1 - H(E p_b) / ln V: 0 where all features of each block are used alike.
pub fn usage(p: &Tensor<3>) -> Tensor<1> {
    let [_, blocks, size] = p.dims();
    let mean = p.clone().mean_dim(0);
    (mean.clone() * (mean + TINY).log()).sum() * (1.0 / (blocks as f32 * (size as f32).ln())) + 1.0
}

/// Mean over pairs of blocks of V |E[p_b p_c^T] - E[p_b] E[p_c]^T|_F^2: 0 where no block tells of another.
pub fn decorrelation(p: &Tensor<3>) -> Tensor<1> {
    let [n, blocks, size] = p.dims();
    let outputs = blocks * size;
    let centred = (p.clone() - p.clone().mean_dim(0)).reshape([n, outputs]);
    if blocks < 2 {
        return centred.sum() * 0.0;
    }
    let covariance = centred.clone().transpose().matmul(centred.clone()) * (1.0 / n as f32);
    // All pairs at once, less each block with itself.
    let own = centred.reshape([n, blocks, size]).swap_dims(0, 1);
    let own = own.clone().swap_dims(1, 2).matmul(own) * (1.0 / n as f32);
    let pairs = (blocks * (blocks - 1)) as f32;
    ((covariance.clone() * covariance).sum() - (own.clone() * own).sum()) * (size as f32 / pairs)
}

/// H(p_b) / ln V of each point, as a mean over its blocks, n x 1: 0 where all of them are sure.
pub fn entropy(p: &Tensor<3>) -> Tensor<2> {
    let [n, blocks, size] = p.dims();
    let logs = (p.clone() + TINY).log();
    (p.clone() * logs).reshape([n, blocks * size]).sum_dim(1) * (-1.0 / (blocks as f32 * (size as f32).ln()))
}

/// Mean over rows of the cross entropy from `target`, whose rows sum to 1, to the SoftMax of the rows of `logits`.
pub fn cross_entropy(target: Tensor<2>, logits: Tensor<2>) -> Tensor<1> {
    let [rows, _] = logits.dims();
    (target * activation::log_softmax(logits, 1)).sum() * (-1.0 / rows as f32)
}

/// The terms of what blocks answer, with their weights: usage and decorrelation, and sharpness once a fifth of the steps
/// are done, as blocks that are sure too early learn no more.
pub fn of_answers(p: &Tensor<3>, terms: &Terms, progress: f64) -> Tensor<1> {
    let mut sum = Tensor::zeros([1], &p.device());
    if terms.usage > 0.0 {
        sum = sum + usage(p) * terms.usage as f32;
    }
    if terms.decorrelation > 0.0 {
        sum = sum + decorrelation(p) * terms.decorrelation as f32;
    }
    if terms.sharpness > 0.0 && progress >= SHARP_FROM {
        sum = sum + entropy(p).mean() * terms.sharpness as f32;
    }
    sum
}

/// Which rows a neighbourhood is taken over: the first `anchors` of `rows` have one each, over all other rows. 0 for
/// those, and far below every logit for a row with itself: anchors x rows.
pub fn apart(anchors: usize, rows: usize, device: &Device) -> Tensor<2> {
    let mut mask = vec![0f32; anchors * rows];
    (0..anchors).for_each(|i| mask[i * rows + i] = NOT_ITSELF);
    Tensor::from_data(TensorData::new(mask, [anchors, rows]), device)
}

/// How near rows x are to anchors a, as a SoftMax of a_i . x_j / `temperature`, anchors x rows.
pub fn neighbourhoods(anchors: Tensor<2>, x: &Tensor<2>, apart: Tensor<2>, temperature: f32) -> Tensor<2> {
    activation::softmax(anchors.matmul(x.clone().transpose()) * (1.0 / temperature) + apart, 1)
}

/// The largest of each block as 1 and the others as 0, with the gradient of p itself (the straight-through estimator:
/// Bengio, Leonard and Courville, arXiv:1308.3432).
pub fn winners(p: Tensor<3>) -> Tensor<3> {
    let plain = p.clone().inner();
    let winners = plain.clone().equal(plain.clone().max_dim(2)).float();
    p + Tensor::from_inner(winners - plain)
}

/// Mean over rows of the Kullback-Leibler divergence from `target`, whose rows sum to 1, to the SoftMax of the rows of
/// `logits`.
pub fn divergence(target: Tensor<2>, logits: Tensor<2>) -> Tensor<1> {
    let [rows, _] = target.dims();
    let own = (target.clone() * (target.clone() + TINY).log()).sum() * (1.0 / rows as f32);
    cross_entropy(target, logits) + own
}

/// Rows at unit length; a row of zeros stays one.
pub fn unit(x: Tensor<2>) -> Tensor<2> {
    let lengths = lengths(&x);
    x / lengths
}

/// The lengths of rows, n x 1; a little above 0 for a row of zeros.
pub fn lengths(x: &Tensor<2>) -> Tensor<2> {
    ((x.clone() * x.clone()).sum_dim(1) + TINY).sqrt()
}

/// 1 less Pearson's correlation of two columns, n x 1; 1 where one of them says nothing.
pub fn disagreement(a: Tensor<2>, b: Tensor<2>) -> Tensor<1> {
    let centred = |x: Tensor<2>| x.clone() - x.mean_dim(0);
    let (a, b) = (centred(a), centred(b));
    let lengths = ((a.clone() * a.clone()).mean() * (b.clone() * b.clone()).mean() + TINY).sqrt();
    (a * b).mean() / lengths * -1.0 + 1.0
}

/// [`cross_entropy`] of a row, on the host: from the SoftMax of `near` / `t` to that of `like` / `u`, where the place
/// `itself` has no part.
pub fn cross_entropy_of(near: &[f32], t: f32, like: &[f32], u: f32, itself: usize) -> f64 {
    weighed(near, t, itself, |p, q| -p.exp() * q, &log_softmax(like, u, itself))
}

/// [`divergence`] of a row, in the same way.
pub fn divergence_of(near: &[f32], t: f32, like: &[f32], u: f32, itself: usize) -> f64 {
    weighed(near, t, itself, |p, q| p.exp() * (p - q), &log_softmax(like, u, itself))
}

fn weighed(near: &[f32], t: f32, itself: usize, term: impl Fn(f64, f64) -> f64, q: &[f64]) -> f64 {
    let pairs = log_softmax(near, t, itself).into_iter().zip(q).enumerate();
    pairs.filter(|(place, _)| *place != itself).map(|(_, (p, q))| term(p, *q)).sum()
}

/// ln of the SoftMax of values / `temperature`, where the one `itself` has no part.
fn log_softmax(values: &[f32], temperature: f32, itself: usize) -> Vec<f64> {
    let z = |i: usize| if i == itself { f64::NEG_INFINITY } else { f64::from(values[i]) / f64::from(temperature) };
    let most = (0..values.len()).map(z).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = (0..values.len()).map(|i| (z(i) - most).exp()).sum();
    (0..values.len()).map(|i| z(i) - most - sum.ln()).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use burn::tensor::Device;

    use super::*;

    /// Positive numbers below 1 without a pattern.
    pub fn numbers(n: usize, seed: f64) -> Vec<f64> {
        (0..n).map(|i| (((i as f64 + seed) * 12.989_8).sin() * 43_758.547).rem_euclid(1.0) * 0.9 + 0.05).collect()
    }

    /// Whether a loss and its gradient are those of a twin in float64, whose gradient comes from finite differences.
    pub fn agrees<const D: usize>(
        values: &[f64],
        shape: [usize; D],
        loss: impl Fn(Tensor<D>) -> Tensor<1>,
        twin: impl Fn(&[f64]) -> f64,
    ) {
        let device = Device::flex().autodiff();
        let data = TensorData::new(values.iter().map(|v| *v as f32).collect::<Vec<_>>(), shape);
        let tensor = Tensor::<D>::from_data(data, &device).require_grad();
        let found = loss(tensor.clone());
        let gradients = found.backward();
        let (found, expected) = (f64::from(found.try_into_scalar::<f32>().unwrap()), twin(values));
        assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found} {expected}");
        let gradient = tensor.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap();
        let scale = gradient.iter().fold(1e-3f32, |most, g| most.max(g.abs()));
        assert!(scale > 1e-3, "the loss depends on its input");
        for (i, g) in gradient.iter().enumerate() {
            let shifted = |by: f64| {
                let mut values = values.to_vec();
                values[i] += by;
                twin(&values)
            };
            let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
            assert!((f64::from(*g) - numeric).abs() < 1e-4 * f64::from(scale) + 1e-7, "{i}: {g} {numeric}");
        }
    }

    /// A constant on the device that the tests use.
    pub fn tensor<const D: usize>(values: &[f64], shape: [usize; D]) -> Tensor<D> {
        let values: Vec<f32> = values.iter().map(|v| *v as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex().autodiff())
    }

    fn scalar(tensor: Tensor<1>) -> f32 {
        tensor.try_into_scalar::<f32>().unwrap()
    }

    const N: usize = 5;
    const B: usize = 3;
    const V: usize = 4;

    /// The mean over points.
    fn mean(p: &[f64], value: impl Fn(&[f64]) -> f64) -> f64 {
        p.chunks(B * V).map(value).sum::<f64>() / N as f64
    }

    fn usage_twin(p: &[f64]) -> f64 {
        let block = |b: usize| -> f64 {
            let used = (0..V).map(|v| mean(p, |row| row[b * V + v]));
            1.0 + used.map(|m| m * m.ln()).sum::<f64>() / (V as f64).ln()
        };
        (0..B).map(block).sum::<f64>() / B as f64
    }

    fn decorrelation_twin(p: &[f64]) -> f64 {
        let mut sum = 0.0;
        for b in 0..B {
            for c in (0..B).filter(|c| *c != b) {
                for v in b * V..(b + 1) * V {
                    for w in c * V..(c + 1) * V {
                        let both = mean(p, |row| row[v] * row[w]);
                        sum += V as f64 * (both - mean(p, |row| row[v]) * mean(p, |row| row[w])).powi(2);
                    }
                }
            }
        }
        sum / (B * (B - 1)) as f64
    }

    fn entropy_twin(p: &[f64]) -> f64 {
        mean(p, |row| row.iter().map(|p| -p * p.ln()).sum::<f64>() / (B as f64 * (V as f64).ln()))
    }

    #[test]
    fn terms_of_answers_are_those_of_the_formulae() {
        let p = numbers(N * B * V, 1.0);
        agrees(&p, [N, B, V], |p| usage(&p), usage_twin);
        agrees(&p, [N, B, V], |p| decorrelation(&p), decorrelation_twin);
        agrees(&p, [N, B, V], |p| entropy(&p).mean(), entropy_twin);
        let terms = Terms { usage: 0.5, decorrelation: 2.0, sharpness: 0.25, ..Terms::default() };
        let twin = |p: &[f64]| 0.5 * usage_twin(p) + 2.0 * decorrelation_twin(p) + 0.25 * entropy_twin(p);
        agrees(&p, [N, B, V], |p| of_answers(&p, &terms, 0.2), twin);
        let early = |p: &[f64]| 0.5 * usage_twin(p) + 2.0 * decorrelation_twin(p);
        agrees(&p, [N, B, V], |p| of_answers(&p, &terms, 0.19), early);
    }

    #[test]
    fn terms_are_nothing_where_there_is_nothing_to_mend() {
        // Two blocks of two features, each of the four pairs of winners once.
        let p = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let p = tensor(&p, [4, 2, 2]);
        assert!(scalar(usage(&p)).abs() < 1e-6 && scalar(decorrelation(&p)).abs() < 1e-6);
        assert!(scalar(entropy(&p).mean()).abs() < 1e-6);
        // The same winner for all, and blocks that say the same.
        let one = tensor(&[1.0, 0.0, 1.0, 0.0], [2, 1, 2]);
        assert!((scalar(usage(&one)) - 1.0).abs() < 1e-6);
        let same = tensor(&[1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0], [2, 2, 2]);
        assert!((scalar(decorrelation(&same)) - 2.0 * 4.0 / 16.0).abs() < 1e-6);
        assert_eq!(scalar(decorrelation(&one)), 0.0, "one block has no other");
    }

    /// ln SoftMax_j(z_ij) over j but i itself, in rows.
    fn logs(z: &[f64], columns: usize) -> Vec<f64> {
        let rows = z.chunks(columns).enumerate();
        rows.flat_map(|(i, row)| {
            let sum: f64 = row.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, z)| z.exp()).sum();
            row.iter().map(move |z| z - sum.ln())
        })
        .collect()
    }

    #[test]
    fn neighbourhoods_leave_a_point_itself_out() {
        let x = numbers(4 * 3, 2.0);
        let device = Device::flex().autodiff();
        let x_tensor = tensor(&x, [4, 3]);
        let found = neighbourhoods(x_tensor.clone().narrow(0, 0, 2), &x_tensor, apart(2, 4, &device), 0.5)
            .try_into_vec_as::<f32>()
            .unwrap();
        let dot = |i: usize, j: usize| (0..3).map(|d| x[i * 3 + d] * x[j * 3 + d]).sum::<f64>() / 0.5;
        let z: Vec<f64> = (0..2).flat_map(|i| (0..4).map(move |j| (i, j))).map(|(i, j)| dot(i, j)).collect();
        for (at, (found, log)) in found.iter().zip(logs(&z, 4)).enumerate() {
            let expected = if at == 0 || at == 5 { 0.0 } else { log.exp() };
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{at}: {found} {expected}");
        }
    }

    #[test]
    fn divergence_and_cross_entropy_are_those_of_the_formulae() {
        let (anchors, n) = (3, 5);
        let device = Device::flex().autodiff();
        let target: Vec<f64> = numbers(anchors * n, 3.0);
        let target: Vec<f64> = logs(&target, n).into_iter().map(f64::exp).collect();
        let own = |i: usize| i / n == i % n;
        let target: Vec<f64> = target.iter().enumerate().map(|(i, p)| if own(i) { 0.0 } else { *p }).collect();
        let given = tensor(&target, [anchors, n]);
        let twin = |z: &[f64], entropy: f64| {
            let sum =
                logs(z, n).into_iter().zip(&target).filter(|(_, p)| **p > 0.0).map(|(q, p)| p * (entropy * p.ln() - q));
            sum.sum::<f64>() / anchors as f64
        };
        let z = numbers(anchors * n, 4.0);
        let masked = |z: Tensor<2>| z + apart(anchors, n, &device);
        agrees(&z, [anchors, n], |z| cross_entropy(given.clone(), masked(z)), |z| twin(z, 0.0));
        agrees(&z, [anchors, n], |z| divergence(given.clone(), masked(z)), |z| twin(z, 1.0));
        let same: Vec<f64> = target.iter().map(|p| p.max(1e-30).ln()).collect();
        assert!(scalar(divergence(given, tensor(&same, [anchors, n]))).abs() < 1e-5);
    }

    #[test]
    fn disagreement_is_one_less_the_correlation() {
        let (a, b) = (numbers(7, 6.0), numbers(7, 7.0));
        let twin = |a: &[f64]| {
            let centred = |x: &[f64]| -> Vec<f64> { x.iter().map(|v| v - x.iter().sum::<f64>() / 7.0).collect() };
            let (a, b) = (centred(a), centred(&b));
            let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            1.0 - dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
        };
        agrees(&a, [7, 1], |a| disagreement(a, tensor(&b, [7, 1])), twin);
        let line: Vec<f64> = b.iter().map(|b| 3.0 * b + 1.0).collect();
        assert!(scalar(disagreement(tensor(&line, [7, 1]), tensor(&b, [7, 1]))).abs() < 1e-5);
        assert_eq!(scalar(disagreement(tensor(&[0.5; 7], [7, 1]), tensor(&b, [7, 1]))), 1.0);
    }

    #[test]
    fn the_forms_for_the_host_are_the_same() {
        let (anchors, n) = (2, 5);
        let (near, like) = (numbers(anchors * n, 8.0), numbers(anchors * n, 9.0));
        let mask = apart(anchors, n, &Device::flex().autodiff());
        let scaled = |z: &[f64], t: f64| tensor(z, [anchors, n]) * (1.0 / t as f32) + mask.clone();
        let p = activation::softmax(scaled(&near, 0.3), 1);
        let plain = |z: &[f64]| z.iter().map(|z| *z as f32).collect::<Vec<_>>();
        let (near, of_like) = (plain(&near), plain(&like));
        let rows = || near.chunks(n).zip(of_like.chunks(n)).enumerate();
        let cross: f64 = rows().map(|(i, (a, b))| cross_entropy_of(a, 0.3, b, 0.2, i)).sum();
        let kl: f64 = rows().map(|(i, (a, b))| divergence_of(a, 0.3, b, 0.2, i)).sum();
        let close = |a: f64, b: Tensor<1>| assert!((a / anchors as f64 - f64::from(scalar(b))).abs() < 1e-5);
        close(cross, cross_entropy(p.clone(), scaled(&like, 0.2)));
        close(kl, divergence(p, scaled(&like, 0.2)));
    }

    #[test]
    fn winners_are_whole_and_pass_gradients_on() {
        let device = Device::flex().autodiff();
        let p = Tensor::<3>::from_data(TensorData::new(vec![0.2f32, 0.5, 0.3, 0.6, 0.3, 0.1], [1, 2, 3]), &device);
        let p = p.require_grad();
        let h = winners(p.clone());
        let factors = tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 2, 3]);
        let gradients = (h.clone() * factors).sum().backward();
        let h = h.try_into_vec_as::<f32>().unwrap();
        assert!(h.iter().zip([0.0, 1.0, 0.0, 1.0, 0.0, 0.0]).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{h:?}");
        assert_eq!(p.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn unit_rows_have_the_gradient_of_the_formula() {
        let x = numbers(2 * 3, 5.0);
        let factors = [1.0, -2.0, 0.5, 3.0, 1.0, -1.0];
        let twin = |x: &[f64]| {
            let rows = x.chunks(3).zip(factors.chunks(3));
            rows.map(|(x, f)| {
                let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
                x.iter().zip(f).map(|(x, f)| x * f).sum::<f64>() / length
            })
            .sum::<f64>()
        };
        agrees(&x, [2, 3], |x| (unit(x) * tensor(&factors, [2, 3])).sum(), twin);
        let zero = unit(tensor(&[0.0; 3], [1, 3])).try_into_vec_as::<f32>().unwrap();
        assert_eq!(zero, [0.0; 3]);
    }
}
