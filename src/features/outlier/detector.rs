//! Everything that a point is scored by.

use std::sync::Arc;

use super::conformal::Calibration;
use super::neighbour::{Near, Reference};
use super::scores::{OutlierScores, Standard, doubt, doubts, fused};
use crate::encoder::Encoder;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::point::{Distance, PointId};

/// Points of the reference part that say what is usual, at most.
pub const RANKING: usize = 2_000;

/// Points scored between two looks at the control and the reporter.
const PAGE: usize = 512;

/// Some points of a collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Their ids.
    pub ids: Vec<PointId>,
    /// Their vectors, `ids.len()` x dimensions.
    pub vectors: Vec<f32>,
}

/// Scores points against a collection. Its memory is that of the reference part.
#[derive(Clone, Debug)]
pub struct Detector {
    reference: Reference,
    /// How undecided the encoder usually is, by two measures, and how empty a neighbourhood, over the ranking part.
    usual: [Standard; 3],
    calibration: Arc<Calibration>,
}

impl Detector {
    /// From the two parts of a collection, which have no point in common; `held_out` tells whether the encoder was
    /// trained on none of the calibration part. The ranking part is the reference's first [`RANKING`] points, which
    /// should be in no order.
    ///
    /// # Panics
    /// If the reference part is empty, or vectors do not have the encoder's dimensions.
    pub fn new(
        encoder: &Encoder,
        distance: Distance,
        reference: &Points,
        calibration: &Points,
        held_out: bool,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Self> {
        let dim = encoder.dim();
        let mut detector = Self {
            reference: Reference::new(&reference.ids, &reference.vectors, dim, distance),
            usual: Default::default(),
            calibration: Arc::default(),
        };
        let ranking = reference.ids.len().min(RANKING);
        reporter.stage("calibrating", "points", Some((ranking + calibration.ids.len()) as u64));
        let mut seen = Vec::with_capacity(ranking);
        for (ids, vectors) in reference.ids[..ranking].chunks(PAGE).zip(reference.vectors.chunks(PAGE * dim)) {
            let vectors = &vectors[..ids.len() * dim];
            let ids: Vec<Option<PointId>> = ids.iter().copied().map(Some).collect();
            let near = detector.reference.near(&ids, vectors, control)?;
            let undecided = undecided(encoder, vectors, &encoder.encode(vectors)).0;
            seen.extend(undecided.into_iter().zip(near).map(|([a, b], near)| [a, b, f64::from(near.emptiness)]));
            reporter.advance(ids.len() as u64);
        }
        detector.usual = [0, 1, 2].map(|place| Standard::of(seen.iter().map(|all| all[place])));
        let scores = detector.all(encoder, &calibration.ids, &calibration.vectors, control, reporter)?;
        detector.calibration = Arc::new(Calibration::new(calibration.ids.iter().copied().zip(scores), held_out));
        Ok(detector)
    }

    /// The scores of a part, page by page.
    fn all(
        &self,
        encoder: &Encoder,
        ids: &[PointId],
        vectors: &[f32],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Vec<OutlierScores>> {
        let mut out = Vec::with_capacity(ids.len());
        for (ids, vectors) in ids.chunks(PAGE).zip(vectors.chunks(PAGE * encoder.dim())) {
            let ids: Vec<Option<PointId>> = ids.iter().copied().map(Some).collect();
            out.extend(self.scores(encoder, &ids, vectors, true, control)?);
            reporter.advance(ids.len() as u64);
        }
        Ok(out)
    }

    /// The scores of points, n x dimensions. A point of the collection is named by its id, so that it is no neighbour of
    /// its own and is compared with the others alone. Without `neighbours` only what the encoder says is looked at.
    pub fn scores(
        &self,
        encoder: &Encoder,
        ids: &[Option<PointId>],
        vectors: &[f32],
        neighbours: bool,
        control: &Control,
    ) -> Result<Vec<OutlierScores>> {
        let outputs = encoder.encode(vectors);
        self.scores_of(encoder, ids, vectors, &outputs, neighbours, control)
    }

    /// The same with the encoder's outputs, n x (blocks * block size), which are known already.
    pub fn scores_of(
        &self,
        encoder: &Encoder,
        ids: &[Option<PointId>],
        vectors: &[f32],
        outputs: &[f32],
        neighbours: bool,
        control: &Control,
    ) -> Result<Vec<OutlierScores>> {
        let near = match neighbours {
            true => self.reference.near(ids, vectors, control)?.into_iter().map(Some).collect(),
            false => vec![None; ids.len()],
        };
        let size = encoder.block_size();
        let (undecided, heads) = undecided(encoder, vectors, outputs);
        let rows = ids.iter().zip(outputs.chunks(encoder.outputs())).zip(near).zip(undecided).zip(heads);
        let scores = rows.map(|((((id, outputs), near), [a, b]), head)| {
            // The very scores that are in the calibration part, to the last digit.
            if let Some(known) = id.and_then(|id| self.calibration.member(id)) {
                return if neighbours { *known } else { OutlierScores { neighbour: None, fused: None, ..*known } };
            }
            let [usual_a, usual_b, usually_empty] = &self.usual;
            let fused = |near: Near| {
                fused([usual_a.score(a), usual_b.score(b)], usually_empty.score(f64::from(near.emptiness)))
            };
            let [entropy, max_probability] = doubt(outputs, size);
            OutlierScores {
                entropy,
                max_probability,
                neighbour: near.map(|near| near.kth),
                head,
                fused: near.map(fused),
            }
        });
        Ok(scores.collect())
    }

    /// The calibration part's scores.
    pub fn calibration(&self) -> &Arc<Calibration> {
        &self.calibration
    }

    /// The reference part.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

/// How undecided an encoder is about vectors whose outputs are given, by two measures, and the entropy of its confidence head,
/// where it has one. A code has no entropy that would tell: there it is how far the vector is from what its decoder makes of
/// the code, as 1 less the cosine.
fn undecided(encoder: &Encoder, vectors: &[f32], outputs: &[f32]) -> (Vec<[f64; 2]>, Vec<Option<f32>>) {
    let n = vectors.len() / encoder.dim();
    if let Some(head) = encoder.head() {
        let found = doubts(head, vectors);
        return (
            found.iter().map(|both| both.map(f64::from)).collect(),
            found.into_iter().map(|h| Some(h[0])).collect(),
        );
    }
    let found = match encoder.decoder() {
        Some(decoder) if encoder.is_code() => {
            let decoded = decoder.decode(outputs);
            let rows = vectors.chunks(encoder.dim()).zip(decoded.chunks(encoder.dim()));
            rows.map(|(x, y)| [1.0 - linalg::cosine(x, y); 2]).collect()
        }
        _ => outputs.chunks(encoder.outputs()).map(|y| doubt(y, encoder.block_size()).map(f64::from)).collect(),
    };
    (found, vec![None; n])
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::encoder::tests::random;
    use crate::features::outlier::{OutlierScore, max_probability, mean_entropy};

    /// Points around eight centres.
    fn points(first: u64, n: usize, dim: usize, rng: &mut ChaCha8Rng, centres: &[f32]) -> Points {
        let ids = (first..first + n as u64).map(PointId::Num).collect();
        let row = |rng: &mut ChaCha8Rng| {
            let centre = rng.random_range(0..8);
            let spread = 0.2 + rng.random::<f32>();
            centres[centre * dim..][..dim]
                .iter()
                .map(|c| c + spread * rng.random_range(-1.0f32..1.0))
                .collect::<Vec<_>>()
        };
        Points { ids, vectors: (0..n).flat_map(|_| row(rng)).collect() }
    }

    /// From points to p-values: new points of the same kind are flagged at 5 %, by each score, within the error of
    /// calibration parts and samples; a point elsewhere is flagged by every score that can see it.
    #[test]
    fn each_score_flags_new_points_of_the_kind_at_the_rate() {
        let dim = 6;
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let centres: Vec<f32> = (0..8 * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
        let encoder = random(dim, 3, 5, 4);
        let (times, new, n, rate) = (20, 200, 239, 0.05);
        let mut flagged = [0u32; 4];
        for _ in 0..times {
            let reference = points(0, 300, dim, &mut rng, &centres);
            let calibration = points(1_000, n, dim, &mut rng, &centres);
            let (control, silent) = (Control::new(), &mut Reporter::silent());
            let detector =
                Detector::new(&encoder, Distance::Euclid, &reference, &calibration, true, &control, silent).unwrap();
            let asked = points(2_000, new, dim, &mut rng, &centres);
            let ids: Vec<_> = asked.ids.iter().copied().map(Some).collect();
            for scores in detector.scores(&encoder, &ids, &asked.vectors, true, &control).unwrap() {
                for (score, flagged) in OutlierScore::ALL.into_iter().zip(&mut flagged) {
                    let p = detector.calibration().p(score, scores.get(score).unwrap(), false);
                    *flagged += u32::from(p <= rate);
                }
            }
        }
        // The share at 5 % is 12 of 240.
        let sd = (rate * (1.0 - rate) * (1.0 / new as f64 + 1.0 / (n + 2) as f64) / f64::from(times)).sqrt();
        for (score, flagged) in OutlierScore::ALL.into_iter().zip(flagged) {
            let share = f64::from(flagged) / f64::from(times * new as u32);
            assert!((share - rate).abs() < 4.0 * sd, "{score}: {share}, and 4 deviations are {}", 4.0 * sd);
        }
    }

    #[test]
    fn a_point_is_known_by_its_id() {
        let (dim, control) = (6, Control::new());
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let centres: Vec<f32> = (0..8 * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
        let encoder = random(dim, 2, 4, 1);
        let reference = points(0, 200, dim, &mut rng, &centres);
        let calibration = points(1_000, 99, dim, &mut rng, &centres);
        let silent = &mut Reporter::silent();
        let detector =
            Detector::new(&encoder, Distance::Cosine, &reference, &calibration, false, &control, silent).unwrap();
        let of = detector.calibration();
        assert_eq!((of.points(), of.held_out(), detector.reference().points()), (99, false, 200));
        // Of the reference: its own vector is no neighbour.
        let vector = &reference.vectors[..dim];
        let own = detector.scores(&encoder, &[Some(reference.ids[0])], vector, true, &control).unwrap()[0];
        let other = detector.scores(&encoder, &[None], vector, true, &control).unwrap()[0];
        assert!(own.neighbour.unwrap() > other.neighbour.unwrap());
        // Of the calibration part: the most outlying of n points has p = 1 / n, the least outlying p = 1.
        let ids: Vec<_> = calibration.ids.iter().copied().map(Some).collect();
        let scores = detector.scores(&encoder, &ids, &calibration.vectors, true, &control).unwrap();
        let mut p: Vec<f64> =
            scores.iter().map(|s| of.p(OutlierScore::Neighbour, s.neighbour.unwrap(), true)).collect();
        p.sort_by(f64::total_cmp);
        assert_eq!((p[0], p[98]), (1.0 / 99.0, 1.0));
        // Without neighbours there is no score by them.
        let blind = detector.scores(&encoder, &[None], vector, false, &control).unwrap()[0];
        assert_eq!((blind.neighbour, blind.fused, blind.entropy), (None, None, other.entropy));
    }

    /// The fused score is of the head's doubts where there is one, of the blocks' where there is none, and of a code's
    /// reconstruction; and of the neighbourhood. What the blocks themselves say stays their own.
    #[test]
    fn the_fused_score_is_of_what_tells_most() {
        let (dim, control) = (6, Control::new());
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let centres: Vec<f32> = (0..8 * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
        let reference = points(0, 300, dim, &mut rng, &centres);
        let asked = points(1_000, 20, dim, &mut rng, &centres);
        let (plain, head) = (random(dim, 2, 4, 1), random(dim, 3, 5, 2));
        let mut code = random(dim, 1, 8, 3);
        code.meta.activation = crate::encoder::Activation::TopK(3);
        let decoder = crate::encoder::Decoder::new(dim, 8, code.weights().to_vec(), vec![0.1; dim]).unwrap();
        let code = code.with_decoder(decoder).unwrap();
        let with = plain.clone().with_head(head.clone()).unwrap();
        let of = |encoder: &Encoder| {
            let silent = &mut Reporter::silent();
            let none = Points::default();
            let detector = Detector::new(encoder, Distance::Cosine, &reference, &none, true, &control, silent).unwrap();
            let ids = vec![None; asked.ids.len()];
            let scores = detector.scores(encoder, &ids, &asked.vectors, true, &control).unwrap();
            let ids: Vec<_> = reference.ids.iter().copied().map(Some).collect();
            let near = |ids: &[_], rows: &[f32]| detector.reference().near(ids, rows, &control).unwrap();
            let empty = [near(&ids, &reference.vectors), near(&vec![None; asked.ids.len()], &asked.vectors)];
            (scores, empty.map(|near| near.iter().map(|n| f64::from(n.emptiness)).collect::<Vec<f64>>()))
        };
        let of_blocks = |encoder: &Encoder, rows: &[f32]| -> Vec<[f64; 2]> {
            let y = encoder.encode(rows);
            let size = encoder.block_size();
            let both = |y: &[f32]| [mean_entropy(y, size), max_probability(y, size)].map(f64::from);
            y.chunks(encoder.outputs()).map(both).collect()
        };
        let lost = |rows: &[f32]| -> Vec<[f64; 2]> {
            let back = code.decoder().unwrap().decode(&code.encode(rows));
            rows.chunks(dim).zip(back.chunks(dim)).map(|(x, y)| [1.0 - linalg::cosine(x, y); 2]).collect()
        };
        let both = |of: &dyn Fn(&[f32]) -> Vec<[f64; 2]>| [of(&reference.vectors), of(&asked.vectors)];
        let ways = [
            (&plain, both(&|rows| of_blocks(&plain, rows))),
            (&with, both(&|rows| of_blocks(&head, rows))),
            (&code, both(&lost)),
        ];
        for (encoder, [usual, here]) in ways {
            let (scores, [usually_empty, empty]) = of(encoder);
            let usually = [0, 1].map(|i| Standard::of(usual.iter().map(|both| both[i])));
            let usually_empty = Standard::of(usually_empty);
            for ((score, undecided), empty) in scores.iter().zip(&here).zip(&empty) {
                let doubt = 0.35 * (usually[0].score(undecided[0]) + usually[1].score(undecided[1]));
                let z = doubt + 0.3 * usually_empty.score(*empty);
                assert!((f64::from(score.fused.unwrap()) - 1.0 / (1.0 + (-z).exp())).abs() < 1e-5);
            }
        }
        let ((own, _), (beside, _)) = (of(&plain), of(&with));
        assert!(own.iter().zip(&beside).all(|(a, b)| a.entropy == b.entropy && a.neighbour == b.neighbour));
        let said: Vec<f32> = beside.iter().filter_map(|s| s.head).collect();
        assert_eq!(said, doubts(&head, &asked.vectors).into_iter().map(|both| both[0]).collect::<Vec<_>>());
        assert!(own.iter().all(|s| s.head.is_none()));
    }

    #[test]
    fn what_is_far_from_everything_is_the_most_outlying() {
        let (dim, control) = (6, Control::new());
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let centres: Vec<f32> = (0..8 * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
        let encoder = random(dim, 2, 4, 1);
        let reference = points(0, 200, dim, &mut rng, &centres);
        let calibration = points(1_000, 99, dim, &mut rng, &centres);
        let silent = &mut Reporter::silent();
        let detector =
            Detector::new(&encoder, Distance::Euclid, &reference, &calibration, true, &control, silent).unwrap();
        let far = detector.scores(&encoder, &[None], &[50.0; 6], true, &control).unwrap()[0];
        assert_eq!(detector.calibration().p(OutlierScore::Neighbour, far.neighbour.unwrap(), false), 0.01);
    }
}
