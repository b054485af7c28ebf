//! The points of a collection themselves, in one pass.

use std::collections::BTreeMap;

use super::{OutlierItem, OutliersAnswer, item, order};
use crate::config::OutliersConfig;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::features::outlier::{Detector, adjusted_of_counts};
use crate::job::{Control, Reporter};
use crate::pipeline::encode::page_rows;
use crate::source::{Cursor, PointId, VectorSource, Want, for_each_page};

/// Points scored between two looks at the control.
const PAGE: usize = 1_024;

/// Judges every point. In memory are the most outlying ones and how many have each p-value, of which there are no more
/// than about two for each calibration point.
///
/// A point of the reference part is no neighbour of its own, and one of the calibration part is compared with the others.
/// Neighbours are not looked at where the score does not need them.
pub(super) fn judge(
    answer: &mut OutliersAnswer,
    encoder: &Encoder,
    detector: &Detector,
    source: &mut dyn VectorSource,
    config: &OutliersConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<()> {
    let score = config.score;
    let mut tally = Tally { limit: config.limit, ..Tally::default() };
    reporter.stage("judging the collection", "points", Some(source.info().points));
    let page = page_rows(encoder.dim().max(encoder.outputs())).min(PAGE);
    for_each_page(source, Cursor::Start, page, Want::VECTORS, control, reporter, |page, _, _| {
        let ids: Vec<Option<PointId>> = page.ids.into_iter().map(Some).collect();
        let scores = detector.scores(encoder, &ids, &page.vectors, score.needs_neighbours(), control)?;
        let judged = ids.into_iter().zip(scores).filter_map(|(id, scores)| item(detector, score, id, scores));
        judged.for_each(|item| tally.add(item));
        Ok(())
    })?;
    tally.settle();
    answer.judged = tally.judged;
    let distinct = tally.distinct();
    let adjusted: BTreeMap<u64, f64> = match config.batch {
        true => distinct.iter().zip(adjusted_of_counts(&distinct)).map(|((p, _), q)| (p.to_bits(), q)).collect(),
        false => BTreeMap::new(),
    };
    let is_flagged = |p: f64| adjusted.get(&p.to_bits()).copied().unwrap_or(p) <= config.rate;
    answer.flagged_count = distinct.iter().filter(|(p, _)| is_flagged(*p)).map(|(_, count)| count).sum();
    answer.flagged = tally.worst.into_iter().filter(|item| is_flagged(item.p)).collect();
    for item in &mut answer.flagged {
        item.adjusted = adjusted.get(&item.p.to_bits()).copied();
    }
    // What they are, for people.
    let ids: Vec<PointId> = answer.flagged.iter().filter_map(|item| item.id).collect();
    let page = source.by_ids(&ids, Want { vectors: false, payload: true }, control)?;
    let mut payloads: BTreeMap<PointId, _> = page.ids.into_iter().zip(page.payloads).collect();
    for item in &mut answer.flagged {
        item.payload = item.id.and_then(|id| payloads.remove(&id)).unwrap_or_default();
    }
    Ok(())
}

/// What is kept of the points that were judged.
#[derive(Default)]
struct Tally {
    judged: u64,
    /// Points with each p-value, by its bits: of positive numbers they are in the numbers' order.
    counts: BTreeMap<u64, u64>,
    worst: Vec<OutlierItem>,
    limit: usize,
}

impl Tally {
    fn add(&mut self, item: OutlierItem) {
        self.judged += 1;
        *self.counts.entry(item.p.to_bits()).or_default() += 1;
        self.worst.push(item);
        if self.worst.len() >= 2 * self.limit + 1_024 {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.worst.sort_by(order);
        self.worst.truncate(self.limit);
    }

    fn distinct(&self) -> Vec<(f64, u64)> {
        self.counts.iter().map(|(bits, count)| (f64::from_bits(*bits), *count)).collect()
    }
}
