use burn::tensor::Device;
use rand::Rng;

use super::*;
use crate::config::{AutoencoderConfig, DeviceChoice, NestedKind, ObjectiveKind};
use crate::source::PointId;

const DIM: usize = 6;
const FEATURES: usize = 16;

fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = generator(seed, Use::Sample);
    (0..n).map(|_| rng.random_range(-1.0f32..1.0)).collect()
}

/// Points of which no neighbours are known, as none are needed.
fn points(vectors: Vec<f32>, dim: usize) -> SimilarityData {
    let found = crate::similarity::exact_neighbours(
        &vectors,
        dim,
        2,
        crate::source::Distance::Euclid,
        None,
        &Control::new(),
        &mut Reporter::silent(),
    )
    .unwrap();
    let ids = (0..(vectors.len() / dim) as u64).map(PointId::Num).collect();
    SimilarityData { title: "test".into(), matrix: found.into_matrix(), vectors, dim, ids }
}

fn config(autoencoder: AutoencoderConfig, features: usize, batch_size: u32) -> TrainConfig {
    TrainConfig {
        batch_size,
        block_size: features as u32,
        device: DeviceChoice::Cpu,
        autoencoder,
        ..TrainConfig::preset(ObjectiveKind::Autoencoder)
    }
}

/// The parameters in float64: weights dim x features, biases, decoder rows of any length, decoder bias.
type Parameters = [Vec<f64>; 4];

/// The loss of points in float64, from its formula. What the whole code leaves is given for the auxiliary loss, and given
/// back.
fn twin(p: &Parameters, x: &[f64], config: &AutoencoderConfig, dead: &[bool], left: Option<&[f64]>) -> (f64, Vec<f64>) {
    let [weight, bias, decoder, centre] = p;
    let unit: Vec<f64> = decoder
        .chunks(DIM)
        .flat_map(|row| row.iter().map(|w| w / row.iter().map(|w| w * w).sum::<f64>().sqrt()).collect::<Vec<_>>())
        .collect();
    let sum_of = |features: &[usize], z: &[f64]| -> Vec<f64> {
        (0..DIM).map(|d| features.iter().map(|f| z[*f] * unit[f * DIM + d]).sum::<f64>()).collect()
    };
    let n = x.len() / DIM;
    let (mut loss, mut all_left) = (0.0, Vec::new());
    for (row, x) in x.chunks(DIM).enumerate() {
        let z: Vec<f64> = (0..FEATURES)
            .map(|f| bias[f] + (0..DIM).map(|d| (x[d] - centre[d]) * weight[d * FEATURES + f]).sum::<f64>())
            .collect();
        let sorted = |wanted: &dyn Fn(usize) -> bool, most: usize| {
            let mut order: Vec<usize> = (0..FEATURES).filter(|f| z[*f] > 0.0 && wanted(*f)).collect();
            order.sort_by(|a, b| z[*b].total_cmp(&z[*a]));
            order.truncate(most);
            order
        };
        let most = if config.active == 0 { FEATURES } else { config.active as usize };
        let active = sorted(&|_| true, most);
        let codes: Vec<Vec<usize>> = match config.nested {
            NestedKind::None => vec![active.clone()],
            NestedKind::Active => {
                let sizes = [4, 8, 16, 32, 64].into_iter().filter(|k| *k < most).chain([most]);
                sizes.map(|k| active.iter().copied().take(k).collect()).collect()
            }
            NestedKind::Prefixes => {
                let ends = [1, 2, 4, 8, 16].map(|parts| FEATURES * parts / 16);
                ends.iter().map(|end| active.iter().copied().filter(|f| f < end).collect()).collect()
            }
        };
        let off = |code: &[usize]| -> Vec<f64> {
            sum_of(code, &z).iter().enumerate().map(|(d, y)| x[d] - centre[d] - y).collect()
        };
        let square = |e: &[f64]| e.iter().map(|e| e * e).sum::<f64>();
        loss += codes.iter().map(|code| square(&off(code))).sum::<f64>() / codes.len() as f64;
        if config.active == 0 {
            loss += config.l1 * active.iter().map(|f| z[*f]).sum::<f64>();
        }
        let whole = off(&active);
        let spare = sorted(&|f| dead[f], DIM / 2);
        if config.auxiliary > 0.0 && !spare.is_empty() {
            let left = left.map_or(whole.as_slice(), |left| &left[row * DIM..][..DIM]);
            let rest: Vec<f64> = left.iter().zip(sum_of(&spare, &z)).map(|(e, y)| e - y).collect();
            loss += config.auxiliary * square(&rest);
        }
        all_left.extend(whole);
    }
    (loss / n as f64, all_left)
}

#[test]
fn each_loss_and_its_gradient_are_those_of_the_formula() {
    let usual = AutoencoderConfig { active: 3, auxiliary: 0.0, ..AutoencoderConfig::default() };
    let variants = [
        usual.clone(),
        AutoencoderConfig { active: 0, l1: 0.3, ..usual.clone() },
        AutoencoderConfig { auxiliary: 0.5, ..usual.clone() },
        AutoencoderConfig { active: 7, nested: NestedKind::Active, ..usual.clone() },
        AutoencoderConfig { active: 0, nested: NestedKind::Active, auxiliary: 0.2, ..usual.clone() },
        AutoencoderConfig { active: 5, nested: NestedKind::Prefixes, auxiliary: 0.2, ..usual },
    ];
    let device = Device::flex().autodiff();
    let rows = 5;
    let vectors = noise(rows * DIM, 3);
    let data = points(vectors.clone(), DIM);
    let dead: Vec<bool> = (0..FEATURES).map(|f| f % 3 == 1).collect();
    for variant in variants {
        let config = config(variant.clone(), FEATURES, rows as u32);
        let mut network = Network::new(DIM, 1, FEATURES, 0.0, 7, &device).with_decoder().unwrap();
        let set = |values: Vec<f32>, shape: [usize; 2]| {
            burn::module::Param::<Tensor<2>>::from_data(TensorData::new(values, shape), &device)
        };
        let line = |values: Vec<f32>| {
            let n = values.len();
            burn::module::Param::<Tensor<1>>::from_data(TensorData::new(values, [n]), &device)
        };
        // Any parameters, whose rows are not of unit length.
        let values = [
            noise(DIM * FEATURES, 1),
            noise(FEATURES, 2).iter().map(|b| b * 0.3).collect(),
            noise(FEATURES * DIM, 4),
            noise(DIM, 5),
        ];
        network.weight = set(values[0].clone(), [DIM, FEATURES]);
        network.bias = line(values[1].clone());
        network.decoder = Some(set(values[2].clone(), [FEATURES, DIM]));
        network.decoder_bias = Some(line(values[3].clone()));
        let mut objective = Autoencoder::new(&data, &data, &config, rows);
        objective.idle = dead.iter().map(|dead| if *dead { config.autoencoder.dead_after } else { 0 }).collect();
        objective.draw();
        let mut taken = Vectors::host(&data.vectors, DIM, 0.0, 1, &device);
        let loss = objective.loss(0, &network, &mut taken, 0.0);
        let gradients = loss.backward();
        let loss = f64::from(loss.try_into_scalar::<f32>().unwrap());
        let exact = values.each_ref().map(|v| v.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>());
        let x: Vec<f64> = vectors.iter().map(|x| f64::from(*x)).collect();
        let (expected, left) = twin(&exact, &x, &variant, &dead, None);
        assert!(expected > 0.0 && (loss - expected).abs() < 1e-5, "{variant:?}: {loss} {expected}");
        let gradient = |which: usize| match which {
            0 => read(network.weight.val().grad(&gradients).unwrap()),
            1 => read(network.bias.val().grad(&gradients).unwrap()),
            2 => read(network.decoder.as_ref().unwrap().val().grad(&gradients).unwrap()),
            _ => read(network.decoder_bias.as_ref().unwrap().val().grad(&gradients).unwrap()),
        };
        let mut largest = 0f64;
        for which in 0..4 {
            for (i, got) in gradient(which).unwrap().into_iter().enumerate() {
                let shifted = |by: f64| {
                    let mut p = exact.clone();
                    p[which][i] += by;
                    twin(&p, &x, &variant, &dead, Some(&left)).0
                };
                let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
                largest = largest.max(numeric.abs());
                assert!((f64::from(got) - numeric).abs() < 2e-5, "{variant:?} {which} {i}: {got} {numeric}");
            }
        }
        assert!(largest > 0.1, "the gradient says something: {largest}");
    }
}

#[test]
fn parts_add_up_to_the_batch_and_know_what_fired() {
    let data = points(noise(40 * DIM, 8), DIM);
    let settings = AutoencoderConfig { active: 3, nested: NestedKind::Prefixes, ..AutoencoderConfig::default() };
    let config = config(settings, FEATURES, 32);
    let device = Device::flex().autodiff();
    let measure = |part: usize| {
        let network = Network::new(DIM, 1, FEATURES, 0.0, 7, &device).with_decoder().unwrap();
        let mut objective = Autoencoder::new(&data, &data, &config, part);
        objective.idle[2] = config.autoencoder.dead_after;
        let mut vectors = Vectors::host(&data.vectors, DIM, 0.0, 1, &device);
        objective.draw();
        let parts = objective.parts();
        let losses = (0..parts).map(|part| objective.loss(part, &network, &mut vectors, 0.0));
        let loss = losses.reduce(|a, b| a + b).unwrap().try_into_scalar::<f32>().unwrap();
        let fired = objective.fired.borrow().clone().unwrap();
        objective.prepare(network, 0.1);
        assert!(objective.idle.iter().zip(&fired).all(|(idle, fired)| (*idle == 0) == *fired));
        (parts, loss, fired)
    };
    let (whole, parts) = (measure(32), measure(7));
    assert_eq!((whole.0, parts.0), (1, 5));
    assert!((whole.1 - parts.1).abs() < 1e-5, "{} {}", whole.1, parts.1);
    assert_eq!(whole.2, parts.2);
    assert!(whole.2.contains(&true));
}

#[test]
fn every_point_is_taken_once_before_any_is_taken_again() {
    let data = points(noise(50 * DIM, 8), DIM);
    let config = config(AutoencoderConfig { active: 3, ..AutoencoderConfig::default() }, FEATURES, 20);
    let mut objective = Autoencoder::new(&data, &data, &config, 20);
    let mut seen = vec![0; 50];
    for _ in 0..5 {
        objective.draw();
        objective.batch.iter().for_each(|i| seen[*i as usize] += 1);
    }
    assert!(seen.iter().all(|times| *times == 2), "{seen:?}");
}

fn train(data: &SimilarityData, config: &TrainConfig) -> crate::trainer::Trained {
    crate::trainer::train(data, data, config, None, &Control::new(), &mut Reporter::silent()).unwrap()
}

/// An encoder's codes and its decoder are what was trained, through centring, scaling and folding.
#[test]
fn the_encoder_reconstructs_as_the_network_does_with_unit_rows_and_codes_up_to_one() {
    // Of a length and with a mean that have to be seen to.
    let vectors: Vec<f32> = noise(60 * DIM, 8).iter().enumerate().map(|(i, x)| 20.0 * x + (i % DIM) as f32).collect();
    let data = points(vectors, DIM);
    for active in [3, 0] {
        let settings = AutoencoderConfig { active, auxiliary: 0.0, l1: 0.0, ..AutoencoderConfig::default() };
        let config = TrainConfig { lr: 1e-2, epoch_size: 60 * 5, ..config(settings, FEATURES, 60) };
        let device = Device::flex().autodiff();
        let input = crate::trainer::Input::unit(&data.vectors, DIM);
        let seen = input.apply(&data.vectors).into_owned();
        let mut network = Network::new(DIM, 1, FEATURES, 0.0, 7, &device).on(input).with_decoder().unwrap();
        let mut objective = Autoencoder::new(&data, &data, &config, 60);
        let mut vectors = Vectors::host(&seen, DIM, 0.0, 1, &device);
        let mut adam = burn::optim::AdamConfig::new().init();
        let mut losses = Vec::new();
        for _ in 0..20 {
            objective.draw();
            network = objective.prepare(network, 0.5);
            let lengths = |network: &Network| -> Vec<f32> {
                let rows = read(network.decoder.as_ref().unwrap().val()).unwrap();
                rows.chunks(DIM).map(|row| linalg::dot(row, row).sqrt()).collect()
            };
            assert!(lengths(&network).iter().all(|length| (length - 1.0).abs() < 1e-5));
            let loss = objective.loss(0, &network, &mut vectors, 0.5);
            let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &network);
            losses.push(loss.try_into_scalar::<f32>().unwrap());
            network = adam.step(1e-2, network, gradients);
        }
        assert!(losses[19] < 0.9 * losses[0], "{losses:?}");
        network = objective.settle(network).unwrap();
        let loss = objective.loss(0, &network, &mut vectors, 0.5).try_into_scalar::<f32>().unwrap();
        let meta = EncoderMeta::trained(&config, Default::default());
        assert_eq!(meta.kind, "autoencoder");
        let encoder = network.to_encoder(meta).unwrap();
        let judged = objective.validate(&encoder, &Control::new()).unwrap();
        assert_eq!((judged.triplets, judged.failed), (0, 0));
        assert!((judged.loss - loss).abs() < 1e-3 * loss, "{} {loss}", judged.loss);
        let codes = encoder.encode(&data.vectors);
        assert!((codes.iter().copied().fold(0.0, f32::max) - 1.0).abs() < 1e-5);
        let counts = codes.chunks(FEATURES).map(|code| code.iter().filter(|y| **y > 0.0).count());
        assert!(counts.into_iter().all(|n| n <= if active == 0 { FEATURES } else { 3 }));
    }
}

/// Sparse sums of known directions: the decoder has these directions.
#[test]
fn a_planted_dictionary_is_found() {
    const PLANTED: usize = 20;
    let dim = 16;
    let directions = linalg::normalised(&noise(PLANTED * dim, 21), dim);
    let mut rng = generator(22, Use::Sample);
    let mut vectors = Vec::new();
    for _ in 0..1_500 {
        let mut x = vec![0f32; dim];
        for _ in 0..2 {
            let (which, how) = (rng.random_range(0..PLANTED), rng.random_range(0.5f32..1.5));
            x.iter_mut().zip(&directions[which * dim..]).for_each(|(x, d)| *x += how * d);
        }
        vectors.extend(x);
    }
    let data = points(vectors, dim);
    for nested in [NestedKind::None, NestedKind::Prefixes] {
        let settings = AutoencoderConfig { active: 2, nested, ..AutoencoderConfig::default() };
        let features = 2 * PLANTED;
        let config = TrainConfig { lr: 1e-2, epoch_size: 128 * 60, epochs: 10, ..config(settings, features, 128) };
        let trained = train(&data, &config);
        let rows = trained.last.decoder().unwrap().weights();
        let cosine = |direction: &[f32]| {
            let of = |row: &[f32]| linalg::dot(row, direction) / linalg::dot(row, row).sqrt();
            rows.chunks(dim).map(of).fold(f32::NEG_INFINITY, f32::max)
        };
        let mean = directions.chunks(dim).map(cosine).sum::<f32>() / PLANTED as f32;
        // Forty random directions have some .5.
        let needed = if nested == NestedKind::None { 0.95 } else { 0.9 };
        assert!(mean > needed, "{nested:?}: {mean}");
        let kept = trained.last.meta.kept.iter().find(|kept| kept.active == 2).unwrap();
        assert!(kept.cosine > 0.9 && kept.unexplained < 0.2, "{kept:?}");
    }
}

/// A seed makes a training repeatable.
#[test]
fn trainings_repeat_and_keep_what_they_reach_at_each_size() {
    let data = points(noise(300 * DIM, 31), DIM);
    let settings = AutoencoderConfig { active: 4, nested: NestedKind::Active, ..AutoencoderConfig::default() };
    let config = TrainConfig { epochs: 3, epoch_size: 640, ..config(settings, 80, 64) };
    let (first, again) = (train(&data, &config), train(&data, &config));
    assert_eq!(first.best.fingerprint(), again.best.fingerprint());
    let other = train(&data, &TrainConfig { seed: 9, ..config.clone() });
    assert_ne!(first.best.fingerprint(), other.best.fingerprint());
    let meta = &first.best.meta;
    assert_eq!(meta.kept.iter().map(|kept| kept.active).collect::<Vec<_>>(), [4, 8, 16, 32, 64]);
    let own = first.best.truncated(8).unwrap().kept(&data.vectors).unwrap();
    assert_eq!(meta.kept[1], own);
    assert_eq!(meta.kept[0].unexplained, meta.metrics.as_ref().unwrap().val_loss);
    // Dropout makes other inputs, and the same goal.
    let dropped = train(&data, &TrainConfig { dropout: 0.3, ..config });
    assert_ne!(dropped.best.fingerprint(), first.best.fingerprint());
}
