//! The rows without an encoder.

use crate::error::Result;
use crate::evaluate::baseline::{Compared, Pca, ProductQuantiser, signs};
use crate::evaluate::decoding::nearness;
use crate::evaluate::table::{Measure, Recall, Scoring};
use crate::evaluate::{Figures, Rows, Split, labelled};
use crate::job::{Control, Reporter};

/// Principal components that are stored.
const COMPONENTS: [usize; 3] = [4, 16, 64];
/// Parts of product quantisation, and bits of each: two ways to spend 6 bytes, then 8 and 16.
const PARTS: [(usize, usize); 4] = [(8, 6), (6, 8), (8, 8), (16, 8)];

/// Each with its name.
pub(super) fn baselines(split: &Split, control: &Control, reporter: &mut Reporter) -> Result<Vec<(String, Figures)>> {
    let dim = split.dim;
    let components: Vec<usize> = COMPONENTS.into_iter().filter(|k| *k < dim).collect();
    let parts: Vec<(usize, usize)> = PARTS.into_iter().filter(|(parts, _)| *parts <= dim).collect();
    reporter.stage("baselines", "rows", Some((2 + components.len() + parts.len()) as u64));
    let (train, queries) = (split.as_compared(&split.train), split.as_compared(&split.queries));
    let (train, queries) = (Rows::new(&train, dim), Rows::new(&queries, dim));
    let mut out = Vec::new();
    let mut dense = Figures { recall: vec![exact(dim)], ..Figures::default() };
    if let Some(labels) = &split.labels {
        labelled::measure(&mut dense, (train, queries), labels, split.seed, control)?;
    }
    out.push(("dense, exact".to_owned(), dense));
    reporter.advance(1);
    if let Some(most) = components.last() {
        let pca = Pca::new(train, *most, control)?;
        for k in components {
            let way = pca.compare(queries, train, k, split.distance, control)?;
            let mut figures = with_recall(split, Scoring::Pca, Some(k), &way, control)?;
            restored(&mut figures, queries, &pca.restored(queries, k, control)?);
            if let Some(labels) = &split.labels {
                let (own, asked) = (pca.project(train, k, control)?, pca.project(queries, k, control)?);
                let both = (Rows::new(&own, k), Rows::new(&asked, k));
                labelled::measure(&mut figures, both, labels, split.seed, control)?;
            }
            out.push((format!("PCA, {k} components"), figures));
            reporter.advance(1);
        }
    }
    let way = signs(queries, train);
    out.push(("binary quantisation".into(), with_recall(split, Scoring::Binary, None, &way, control)?));
    reporter.advance(1);
    for (parts, bits) in parts {
        let quantiser = ProductQuantiser::new(train, parts, bits, split.seed, control)?;
        let way = quantiser.compare(queries, train, split.distance, control)?;
        let mut figures = with_recall(split, Scoring::Product, Some(parts), &way, control)?;
        figures.recall.iter_mut().for_each(|line| line.weight_bits = Some(bits));
        restored(&mut figures, queries, &quantiser.restored(queries, control)?);
        out.push((format!("product quantisation, {parts} x {bits} bits"), figures));
        reporter.advance(1);
    }
    Ok(out)
}

/// What everything else is compared with, a float32 a dimension.
fn exact(dim: usize) -> Recall<f64> {
    Recall {
        scoring: Scoring::Dense,
        kept: None,
        weight_bits: None,
        asymmetric: false,
        entries: None,
        bytes: 4.0 * dim as f64,
        at_10: 1.0,
        at_1_percent: 1.0,
        at_5_percent: 1.0,
        touched: None,
    }
}

fn with_recall(
    split: &Split,
    scoring: Scoring,
    kept: Option<usize>,
    way: &Compared,
    control: &Control,
) -> Result<Figures> {
    let (queries, points) = (Rows::new(&way.queries, way.width), Rows::new(&way.points, way.width));
    let found = split.exact.recall(queries, points, control)?;
    let line = Recall {
        scoring,
        kept,
        asymmetric: true,
        bytes: way.bytes,
        at_10: found.at_10,
        at_1_percent: found.at_1_percent,
        at_5_percent: found.at_5_percent,
        ..exact(split.dim)
    };
    Ok(Figures { recall: vec![line], ..Figures::default() })
}

fn restored(figures: &mut Figures, queries: Rows, given_back: &[f32]) {
    let near = nearness(queries, Rows::new(given_back, queries.width()));
    figures.set(Measure::Reconstruction, near.cosine);
    figures.set(Measure::Fvu, near.fvu);
}
