//! Everything that is measured of one encoder.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::encoder::{Activation, Decoder, Encoder, Stored};
use crate::error::Result;
use crate::features::Accumulator;
use crate::job::Control;
use crate::linalg::{self, Rows};
use crate::point::PointId;

use super::agreement::Contingency;
use super::data::Split;
use super::decoding::{cosines, fitted, nearness};
use super::figures::Figures;
use super::labelled;
use super::stored::{Kept, entries, largest, strongest, touched, truncated, winners};
use super::table::{AtSize, Measure, Recall, Scoring};

/// Code sizes: how many of a point's strongest entries are kept.
pub const SIZES: [usize; 5] = [4, 8, 16, 32, 64];

/// Entries of a block's sparse vector are above this, as a sparse prefetch has it.
const THRESHOLD: f32 = 0.05;

/// An encoder that was measured.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The figures.
    pub figures: Figures,
    /// The codes of the points trained on and, behind them, of the queries.
    pub codes: Vec<f32>,
    /// Values in a code.
    pub width: usize,
    /// Features that win, or are active, for any point.
    pub living: Vec<usize>,
    /// The encoder's decoder, or one fitted to the points trained on.
    pub decoder: Decoder,
    /// Whether it is the encoder's own.
    pub own_decoder: bool,
}

/// Measures an encoder. What concerns what it was not trained on comes from the queries alone.
///
/// # Panics
/// If the encoder has another number of dimensions.
pub fn judge(encoder: &Encoder, split: &Split, control: &Control) -> Result<Judged> {
    assert_eq!(encoder.dim(), split.dim, "vectors of the encoder's dimensions");
    let width = encoder.outputs();
    let mut codes = encoder.encode(&split.train);
    let trained = codes.len();
    codes.extend(encoder.encode(&split.queries));
    control.check_whole()?;
    let (train, queries) = codes.split_at(trained);
    let parts = Parts { train: Rows::new(train, width), queries: Rows::new(queries, width), encoder };
    let mut figures = Figures::default();
    let points_of = parts.points_of();
    let living: Vec<usize> = (0..width).filter(|feature| !points_of[*feature].is_empty()).collect();
    usage(&mut figures, &parts, &points_of, control)?;
    let (decoder, own_decoder) = match encoder.decoder() {
        Some(decoder) => (decoder.clone(), true),
        None => (fitted(Rows::new(&parts.as_decoded(parts.train), width), split.train(), control)?, false),
    };
    let decoded = decoder.decode(&parts.as_decoded(parts.queries));
    let near = nearness(split.queries(), Rows::new(&decoded, split.dim));
    figures.set(Measure::Reconstruction, near.cosine);
    figures.set(Measure::Fvu, near.fvu);
    figures.recall = retrieval(&parts, split, &decoder, control)?;
    let both = (parts.train, parts.queries);
    if let Some(labels) = &split.labels {
        let all: Vec<Option<u32>> = labels.train.iter().chain(&labels.queries).copied().collect();
        figures.set(Measure::Purity, labelled::purity(&points_of, &all, labels.names.len()));
        labelled::measure(&mut figures, both, labels, split.seed, control)?;
    }
    figures.sizes = sizes(&parts, split, &decoder, control)?;
    Ok(Judged { figures, codes, width, living, decoder, own_decoder })
}

/// The codes of an encoder.
struct Parts<'a> {
    train: Rows<'a>,
    queries: Rows<'a>,
    encoder: &'a Encoder,
}

impl Parts<'_> {
    fn is_blocks(&self) -> bool {
        self.encoder.activation() == Activation::SoftMax
    }

    fn all(&self) -> impl Iterator<Item = &[f32]> {
        self.train.iter().chain(self.queries.iter())
    }

    /// For each feature the points that have it: those for which it wins its block, or is active in a sparse code.
    fn points_of(&self) -> Vec<Vec<u32>> {
        let mut out = vec![Vec::new(); self.train.width()];
        let size = self.encoder.block_size();
        for (point, row) in self.all().enumerate() {
            if self.is_blocks() {
                let winners = row.chunks(size).enumerate().map(|(b, block)| b * size + largest(block));
                winners.for_each(|feature| out[feature].push(point as u32));
            } else {
                let active = row.iter().enumerate().filter(|(_, y)| **y > 0.0);
                active.for_each(|(feature, _)| out[feature].push(point as u32));
            }
        }
        out
    }

    /// Codes as the decoder was fitted on them.
    fn as_decoded<'c>(&self, codes: Rows<'c>) -> Cow<'c, [f32]> {
        let size = self.encoder.block_size();
        match self.encoder.meta.stored {
            Stored::Activations => codes.values().into(),
            Stored::Winners => winners(codes, size).values.into(),
            Stored::Strongest(k) => strongest(codes, size, k, None).values.into(),
        }
    }
}

/// How features are used, and what blocks have in common.
fn usage(figures: &mut Figures, parts: &Parts, points_of: &[Vec<u32>], control: &Control) -> Result<()> {
    let (blocks, size) = (parts.encoder.blocks(), parts.encoder.block_size());
    if !parts.is_blocks() {
        let counts: Vec<f64> = points_of.iter().map(|points| points.len() as f64).collect();
        let (n, all) = (counts.len() as f64, counts.iter().sum::<f64>());
        figures.set(Measure::Dead, counts.iter().filter(|c| **c == 0.0).count() as f64 / n);
        let entropy: f64 = counts.iter().filter(|c| **c > 0.0).map(|c| -c / all * (c / all).ln()).sum();
        figures.set(Measure::Perplexity, (all > 0.0).then(|| entropy.exp() / n));
        return Ok(());
    }
    let mut accumulator = Accumulator::new(blocks, size, THRESHOLD, 0);
    for part in [parts.train, parts.queries] {
        accumulator.add(&vec![PointId::Num(0); part.len()], part.values());
    }
    let table = accumulator.table();
    figures.set(Measure::Dead, table.dead() as f64 / points_of.len() as f64);
    figures.set(Measure::Perplexity, f64::from(table.usage_perplexity));
    figures.set(Measure::Nmi, table.nmi.map(f64::from));
    let mut winner: Vec<Vec<u32>> = vec![Vec::new(); blocks];
    for row in parts.all() {
        for (own, block) in winner.iter_mut().zip(row.chunks(size)) {
            own.push(largest(block) as u32);
        }
    }
    let pairs: Vec<(usize, usize)> = (0..blocks).flat_map(|i| (i + 1..blocks).map(move |j| (i, j))).collect();
    let shared: Vec<f64> = pairs
        .par_iter()
        .map(|(i, j)| {
            control.check_whole()?;
            Ok(Contingency::new(&winner[*i], &winner[*j]).adjusted_mutual_information())
        })
        .collect::<Result<_>>()?;
    figures.set(Measure::Ami, (!shared.is_empty()).then(|| shared.iter().sum::<f64>() / shared.len() as f64));
    Ok(())
}

/// A way to store codes, and to ask for them.
struct Way {
    scoring: Scoring,
    kept: Option<usize>,
    weight_bits: Option<usize>,
    points: Kept,
    /// What is asked with, where it is not the decoder's weights.
    queries: Option<Vec<f32>>,
}

fn ways(parts: &Parts) -> Vec<Way> {
    let (size, width) = (parts.encoder.block_size(), parts.train.width());
    let blocks = parts.is_blocks();
    // Of a sparse code everything is stored that is there.
    let threshold = if blocks { THRESHOLD } else { 0.0 };
    let stored = entries(parts.train, threshold);
    let dense = Kept {
        values: linalg::normalised(parts.train.values(), width),
        entries: stored.entries,
        bytes: if blocks { 4.0 * width as f64 } else { stored.bytes },
    };
    let mut ways = vec![
        Way {
            scoring: Scoring::Code,
            kept: None,
            weight_bits: None,
            points: dense,
            queries: Some(linalg::normalised(parts.queries.values(), width)),
        },
        Way {
            scoring: Scoring::Entries,
            kept: None,
            weight_bits: None,
            points: stored,
            queries: Some(entries(parts.queries, threshold).values),
        },
    ];
    let asymmetric = |scoring, kept, weight_bits, points| Way { scoring, kept, weight_bits, points, queries: None };
    if blocks {
        ways.push(asymmetric(Scoring::Winners, None, None, winners(parts.train, size)));
        for (k, bits) in [(2, Some(4)), (4, Some(4)), (4, None)] {
            let kept = strongest(parts.train, size, k, bits);
            ways.push(asymmetric(Scoring::Strongest, Some(k), bits, kept));
        }
    } else {
        for k in SIZES.into_iter().filter(|k| *k < width) {
            ways.push(asymmetric(Scoring::Strongest, Some(k), None, strongest(parts.train, width, k, None)));
        }
    }
    ways
}

fn retrieval(parts: &Parts, split: &Split, decoder: &Decoder, control: &Control) -> Result<Vec<Recall<f64>>> {
    let dense = split.as_compared(&split.queries);
    let own = parts.encoder.decoder().is_some();
    let mut out = Vec::new();
    for way in ways(parts) {
        control.check_whole()?;
        let width = parts.train.width();
        let points = Rows::new(&way.points.values, width);
        let asymmetric = way.queries.is_none();
        let queries = match way.queries {
            Some(queries) => queries,
            // What is stored is what a decoder is fitted on, where the encoder brings none.
            None if !own => fitted(points, split.train(), control)?.query_weights(&dense),
            None => decoder.query_weights(&dense),
        };
        let queries = Rows::new(&queries, width);
        let found = split.exact.recall(queries, points, control)?;
        let sparse = way.scoring != Scoring::Code;
        out.push(Recall {
            scoring: way.scoring,
            kept: way.kept,
            weight_bits: way.weight_bits,
            asymmetric,
            entries: sparse.then_some(way.points.entries),
            bytes: way.points.bytes,
            at_10: found.at_10,
            at_1_percent: found.at_1_percent,
            at_5_percent: found.at_5_percent,
            touched: if sparse { touched(queries, points) } else { None },
        });
    }
    Ok(out)
}

fn sizes(parts: &Parts, split: &Split, decoder: &Decoder, control: &Control) -> Result<Vec<AtSize<f64>>> {
    let width = parts.train.width();
    let mut out = Vec::new();
    for k in SIZES.into_iter().filter(|k| *k < width) {
        let (train, queries) = (truncated(parts.train, k), truncated(parts.queries, k));
        let decoded = decoder.decode(&queries);
        let kept = cosines(split.queries(), Rows::new(&decoded, split.dim));
        let both = (Rows::new(&train, width), Rows::new(&queries, width));
        let ari = match &split.labels {
            Some(labels) => labelled::clusters_ari(both, labels, split.seed, control)?,
            None => None,
        };
        out.push(AtSize { k, kept_cosine: Some(kept.iter().sum::<f64>() / kept.len() as f64), kmeans_ari: ari });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::tests::random;
    use crate::encoder::{EncoderMeta, Stored};
    use crate::evaluate::data::Labels;
    use crate::linalg::rows::tests::drawn;
    use crate::point::Distance;

    const DIM: usize = 6;

    fn split(labels: bool) -> Split {
        let (train, queries) = (drawn(300, DIM, 1), drawn(60, DIM, 2));
        let name = |x: &[f32]| (x[2] < 0.9).then(|| if x[0] > 0.0 { "right" } else { "left" }.to_owned());
        let named = |rows: &[f32]| rows.chunks(DIM).map(name).collect::<Vec<_>>();
        let labels = labels.then(|| Labels::new(&named(&train), &named(&queries)));
        Split::new((train, queries), DIM, Distance::Cosine, labels, 3, &Control::new()).unwrap()
    }

    fn line(judged: &Judged, scoring: Scoring, kept: Option<usize>, bits: Option<usize>) -> &Recall<f64> {
        judged.figures.recall.iter().find(|r| r.key() == (scoring, kept, bits)).unwrap()
    }

    #[test]
    fn an_encoder_of_blocks_is_measured_as_the_plain_way_does() {
        let (encoder, split) = (random(DIM, 3, 8, 5), split(true));
        let judged = judge(&encoder, &split, &Control::new()).unwrap();
        let codes = Rows::new(&judged.codes, 24);
        assert_eq!((codes.len(), judged.own_decoder), (360, false));
        // Dead features, purity: plainly.
        let winner = |row: &[f32], b: usize| {
            let block = &row[b * 8..][..8];
            b * 8 + (0..8).rev().max_by(|i, j| block[*i].total_cmp(&block[*j])).unwrap()
        };
        let labels = split.labels.as_ref().unwrap();
        let label: Vec<Option<u32>> = labels.train.iter().chain(&labels.queries).copied().collect();
        let (mut living, mut purity) = (Vec::new(), Vec::new());
        for feature in 0..24 {
            let won: Vec<usize> = (0..360).filter(|i| winner(codes.row(*i), feature / 8) == feature).collect();
            let count = |kind: u32| won.iter().filter(|i| label[**i] == Some(kind)).count();
            let (left, right) = (count(0), count(1));
            if !won.is_empty() {
                living.push(feature);
            }
            if left + right > 0 {
                purity.push(left.max(right) as f64 / (left + right) as f64);
            }
        }
        let measures = &judged.figures.measures;
        assert_eq!(judged.living, living);
        assert!((measures[&Measure::Dead] - (24 - living.len()) as f64 / 24.0).abs() < 1e-12);
        let mean = purity.iter().sum::<f64>() / purity.len() as f64;
        assert!((measures[&Measure::Purity] - mean).abs() < 1e-12);
        assert!(measures[&Measure::Ami] < measures[&Measure::Nmi], "what chance gives is taken off");
        for measure in Measure::ALL {
            let here = measures.contains_key(&measure);
            let trained = matches!(measure, Measure::Seconds | Measure::MatchedCorrelation | Measure::MatchedShare);
            assert_eq!(here, !trained, "{measure:?}");
        }
        // Retrieval by winners: a plain count, with a decoder fitted on winners.
        let stored = winners(Rows::new(&judged.codes[..300 * 24], 24), 8);
        let decoder = fitted(Rows::new(&stored.values, 24), split.train(), &Control::new()).unwrap();
        let asked = decoder.query_weights(&split.as_compared(&split.queries));
        let mut hits = 0;
        for (q, weights) in asked.chunks(24).enumerate() {
            let score = |p: usize| (0..3).map(|b| weights[winner(codes.row(p), b)]).sum::<f32>();
            let mut order: Vec<usize> = (0..300).collect();
            order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
            hits += order[..10].iter().filter(|p| split.exact.of(q).contains(&(**p as u32))).count();
        }
        let found = line(&judged, Scoring::Winners, None, None);
        // Sums in another order may swap two that are nearly as good.
        assert!((found.at_10 - hits as f64 / 600.0).abs() <= 3.0 / 600.0, "{} {hits}", found.at_10);
        assert_eq!((found.bytes, found.entries, found.asymmetric), (9.0 / 8.0, Some(3.0), true));
        // Dense weights name every list.
        assert_eq!(found.touched, Some(1.0));
        assert_eq!(line(&judged, Scoring::Strongest, Some(2), Some(4)).bytes, 3.0 * 10.0 / 8.0);
        assert_eq!(line(&judged, Scoring::Code, None, None).bytes, 96.0);
        let entries = line(&judged, Scoring::Entries, None, None);
        assert!(!entries.asymmetric && entries.touched.is_some_and(|t| t > 0.0 && t < 1.0), "{entries:?}");
        assert_eq!(judged.figures.sizes.iter().map(|s| s.k).collect::<Vec<_>>(), [4, 8, 16]);
        assert!(judged.figures.sizes.iter().all(|s| s.kmeans_ari.is_some()));
        assert_eq!(judged.figures, judge(&encoder, &split, &Control::new()).unwrap().figures);
    }

    #[test]
    fn a_sparse_code_is_measured_by_what_is_active() {
        let split = split(false);
        let blocks = random(DIM, 1, 40, 6);
        let meta = EncoderMeta { activation: Activation::TopK(5), ..EncoderMeta::default() };
        let encoder = Encoder::new(DIM, 1, 40, blocks.weights().to_vec(), vec![0.0; 40], meta).unwrap();
        let judged = judge(&encoder, &split, &Control::new()).unwrap();
        let codes = Rows::new(&judged.codes, 40);
        assert!(codes.iter().all(|row| row.iter().filter(|y| **y > 0.0).count() <= 5));
        let active = (0..40).filter(|i| codes.iter().any(|row| row[*i] > 0.0)).count();
        let measures = &judged.figures.measures;
        assert_eq!((judged.living.len(), measures[&Measure::Dead]), (active, (40 - active) as f64 / 40.0));
        assert!(measures[&Measure::Perplexity] > 0.0 && measures[&Measure::Perplexity] <= 1.0);
        // Nothing of blocks, and without labels nothing of labels.
        for measure in [Measure::Ami, Measure::Nmi, Measure::Purity, Measure::Silhouette, Measure::ProbeAccuracy] {
            assert!(!measures.contains_key(&measure), "{measure:?}");
        }
        let entries = line(&judged, Scoring::Entries, None, None);
        let mean = codes.iter().take(300).flatten().filter(|y| **y > 0.0).count() as f64 / 300.0;
        assert!((entries.entries.unwrap() - mean).abs() < 1e-9);
        // 6 bits tell one of 40 or of 41 counts.
        assert!((entries.bytes - (6.0 + mean * 38.0) / 8.0).abs() < 1e-9, "{}", entries.bytes);
        assert!(judged.figures.recall.iter().all(|r| r.scoring != Scoring::Winners));
        let sizes = &judged.figures.sizes;
        assert!(sizes[0].kept_cosine < sizes[1].kept_cosine && sizes[1].kept_cosine == sizes[2].kept_cosine);
    }

    #[test]
    fn a_decoder_of_the_encoders_own_is_used_on_what_it_was_fitted_on() {
        let (mut encoder, split) = (random(DIM, 2, 8, 7), split(false));
        let codes = encoder.encode(&split.train);
        let stored = winners(Rows::new(&codes, 16), 8);
        let decoder = fitted(Rows::new(&stored.values, 16), split.train(), &Control::new()).unwrap();
        encoder.meta.stored = Stored::Winners;
        let encoder = encoder.with_decoder(decoder.clone()).unwrap();
        let judged = judge(&encoder, &split, &Control::new()).unwrap();
        assert!(judged.own_decoder && judged.decoder == decoder);
        let queries = winners(Rows::new(&judged.codes[300 * 16..], 16), 8);
        let decoded = decoder.decode(&queries.values);
        let near = nearness(split.queries(), Rows::new(&decoded, DIM));
        assert_eq!(judged.figures.measures[&Measure::Fvu], near.fvu);
        assert_eq!(judged.figures.measures[&Measure::Reconstruction], near.cosine);
    }
}
