//! How well scores tell what is unlike the points trained on.

use rand::seq::SliceRandom;

use crate::encoder::{Decoder, Encoder};
use crate::error::Result;
use crate::features::outlier::{Detector, Points, Reference, auroc, false_positive_rate};
use crate::job::{Control, Reporter};
use crate::linalg::Rows;
use crate::point::{Distance, PointId};
use crate::random::{Use, generator};

use super::decoding::cosines;
use super::mahalanobis::Cloud;
use super::table::{OutlierBy, Told};

/// A score of each of some vectors, larger for what is more unlike.
pub type Scored = (OutlierBy, Vec<f32>);

/// Every score that an encoder gives, for vectors that are no points trained on.
pub fn scores(
    encoder: &Encoder,
    decoder: &Decoder,
    (train, distance): (Rows, Distance),
    vectors: Rows,
    seed: u64,
    control: &Control,
) -> Result<Vec<Scored>> {
    let decoded = decoder.decode(&encoder.encode(vectors.values()));
    let errors = cosines(vectors, Rows::new(&decoded, vectors.width())).into_iter().map(|c| (1.0 - c) as f32);
    let mut out = vec![(OutlierBy::Reconstruction, errors.collect())];
    // What is usual is taken over the first of the reference, which are to be in no order.
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.shuffle(&mut generator(seed, Use::Evaluation));
    let ids = order.iter().map(|i| PointId::Num(*i as u64)).collect();
    let reference = Points { ids, vectors: train.pick(&order) };
    let silent = &mut Reporter::silent();
    let detector = Detector::new(encoder, distance, &reference, &Points::default(), true, control, silent)?;
    let found = detector.scores(encoder, &vec![None; vectors.len()], vectors.values(), true, control)?;
    if !encoder.is_code() {
        out.push((OutlierBy::Entropy, found.iter().map(|s| s.entropy).collect()));
        out.push((OutlierBy::MaxProbability, found.iter().map(|s| s.max_probability).collect()));
    }
    if encoder.head().is_some() {
        out.push((OutlierBy::Head, found.iter().filter_map(|s| s.head).collect()));
    }
    out.push((OutlierBy::Fused, found.iter().filter_map(|s| s.fused).collect()));
    out.sort_by_key(|(by, _)| *by);
    Ok(out)
}

/// The distance to the 50th neighbour among the points trained on.
pub fn neighbour(train: Rows, distance: Distance, vectors: Rows, control: &Control) -> Result<Scored> {
    let ids: Vec<PointId> = (0..train.len() as u64).map(PointId::Num).collect();
    let reference = Reference::new(&ids, train.values(), train.width(), distance);
    let found = reference.near(&vec![None; vectors.len()], vectors.values(), control)?;
    Ok((OutlierBy::Neighbour, found.into_iter().map(|near| near.kth).collect()))
}

/// The Mahalanobis distance to the points trained on.
pub fn mahalanobis(train: Rows, vectors: Rows, control: &Control) -> Result<Scored> {
    Ok((OutlierBy::Mahalanobis, Cloud::new(train, control)?.distances(vectors, control)?))
}

/// How well scores tell those that are `outside` from the others. Empty where one of them is missing.
pub fn told(scores: &[Scored], outside: &[bool], held_out: Option<&str>) -> Vec<Told<f64>> {
    let one = |(by, values): &Scored| {
        let part = |wanted: bool| -> Vec<f32> {
            values.iter().zip(outside).filter(|(_, o)| **o == wanted).map(|(v, _)| *v).collect()
        };
        let (positive, negative) = (part(true), part(false));
        Some(Told {
            held_out: held_out.map(str::to_owned),
            by: *by,
            auroc: auroc(&positive, &negative)?,
            fpr95: false_positive_rate(&positive, &negative, 0.95)?,
        })
    };
    scores.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::random;
    use crate::evaluate::decoding::fitted;
    use crate::linalg::rows::tests::drawn;

    #[test]
    fn what_lies_far_away_is_told_by_what_looks_at_the_distance() {
        let dim = 5;
        let train = drawn(300, dim, 1);
        let mut asked = drawn(60, dim, 2);
        asked[40 * dim..].iter_mut().for_each(|x| *x += 6.0);
        let outside: Vec<bool> = (0..60).map(|i| i >= 40).collect();
        let (points, vectors) = (Rows::new(&train, dim), Rows::new(&asked, dim));
        let control = Control::new();
        let near = neighbour(points, Distance::Euclid, vectors, &control).unwrap();
        let cloud = mahalanobis(points, vectors, &control).unwrap();
        let found = told(&[near, cloud], &outside, Some("far"));
        assert_eq!(
            found.iter().map(|t| (t.by, t.auroc, t.fpr95)).collect::<Vec<_>>(),
            [(OutlierBy::Neighbour, 1.0, 0.0), (OutlierBy::Mahalanobis, 1.0, 0.0)]
        );
        assert_eq!(found[0].held_out.as_deref(), Some("far"));
        assert!(told(&[(OutlierBy::Entropy, vec![0.0; 60])], &[false; 60], None).is_empty());
        // An encoder of blocks has four scores, each of every vector, whatever it makes of them, and one more with a head.
        let encoder = random(dim, 2, 4, 3);
        let decoder = fitted(Rows::new(&encoder.encode(&train), 8), points, &control).unwrap();
        let all = scores(&encoder, &decoder, (points, Distance::Euclid), vectors, 1, &control).unwrap();
        assert_eq!(
            all.iter().map(|s| s.0).collect::<Vec<_>>(),
            [OutlierBy::Entropy, OutlierBy::MaxProbability, OutlierBy::Reconstruction, OutlierBy::Fused]
        );
        assert!(all.iter().all(|s| s.1.len() == 60 && s.1.iter().all(|v| v.is_finite())));
        let again = scores(&encoder, &decoder, (points, Distance::Euclid), vectors, 1, &control).unwrap();
        assert_eq!(all, again, "the same seed, the same scores");
        let with = encoder.clone().with_head(random(dim, 3, 4, 8)).unwrap();
        let more = scores(&with, &decoder, (points, Distance::Euclid), vectors, 1, &control).unwrap();
        assert_eq!(more.iter().map(|s| s.0).collect::<Vec<_>>()[3..], [OutlierBy::Head, OutlierBy::Fused]);
        assert_eq!(more[..3], all[..3], "the blocks' own scores are their own");
        assert_ne!(more[4].1, all[3].1);
    }
}
