//! Passes over every point of a collection, with what the encoder says of each.

use std::sync::Arc;

use super::Searcher;
use crate::encoder::Encoder;
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::linalg;
use crate::pipeline::encode::page_rows;
use crate::pipeline::sample::read_sample;
use crate::search::SqrtMeans;
use crate::source::{Cursor, Distance, PointId, Want, for_each_page};

/// Bytes that a collection may take in memory with its block outputs.
const HELD: u64 = 256 << 20;
/// Points that means are taken over, at least.
const SAMPLE: usize = 20_000;
/// Vectors that are kept of these, at most, and their bytes.
const KEPT: usize = 10_000;
const KEPT_BYTES: usize = 32 << 20;

/// Some points: their vectors, n x dim, and their block outputs, n x features.
pub(super) struct Encoded<'a> {
    pub(super) ids: &'a [PointId],
    pub(super) vectors: &'a [f32],
    pub(super) outputs: &'a [f32],
}

/// A whole collection in memory.
#[derive(Default)]
pub(super) struct Held {
    ids: Vec<PointId>,
    vectors: Vec<f32>,
    outputs: Vec<f32>,
}

impl Searcher {
    /// Goes over every point in bounded memory. Fails without an encoder.
    pub(super) fn each_page(
        &mut self,
        control: &Control,
        reporter: &mut Reporter,
        mut work: impl FnMut(&Encoded) -> Result<()>,
    ) -> Result<()> {
        let encoder = self.needs_encoder("a search by features")?;
        let (dim, width) = (encoder.dim(), encoder.outputs());
        let page_size = page_rows(dim.max(width));
        if let Some(held) = &self.held {
            let parts = held.ids.chunks(page_size).zip(held.vectors.chunks(page_size * dim));
            for ((ids, vectors), outputs) in parts.zip(held.outputs.chunks(page_size * width)) {
                control.check_whole()?;
                work(&Encoded { ids, vectors, outputs })?;
            }
            return Ok(());
        }
        let points = self.source.info().points;
        let most = HELD / (4 * (dim + width) as u64);
        let mut held = (points <= most).then(Held::default);
        let mut outputs = Vec::new();
        reporter.stage("reading the collection", "points", Some(points));
        for_each_page(
            self.source.as_mut(),
            Cursor::Start,
            page_size,
            Want::VECTORS,
            control,
            reporter,
            |page, _, _| {
                encoder.encode_into(&page.vectors, &mut outputs);
                work(&Encoded { ids: &page.ids, vectors: &page.vectors, outputs: &outputs })?;
                // More may have come since it was counted.
                held = held.take().filter(|held| (held.ids.len() + page.ids.len()) as u64 <= most);
                if let Some(held) = &mut held {
                    held.ids.extend(page.ids);
                    held.vectors.extend(page.vectors);
                    held.outputs.extend_from_slice(&outputs);
                }
                Ok(())
            },
        )?;
        self.held = held;
        Ok(())
    }

    /// Goes over the points of these ids. Ids that are not there are left out.
    pub(super) fn each_of(
        &mut self,
        ids: &[PointId],
        encoder: &Encoder,
        control: &Control,
        mut work: impl FnMut(&Encoded),
    ) -> Result<()> {
        let mut outputs = Vec::new();
        for part in ids.chunks(500) {
            control.check_whole()?;
            let page = self.source.by_ids(part, Want::VECTORS, control)?;
            encoder.encode_into(&page.vectors, &mut outputs);
            work(&Encoded { ids: &page.ids, vectors: &page.vectors, outputs: &outputs });
        }
        Ok(())
    }

    /// The means of sqrt p of every feature: over the whole collection where it is in memory or has no more than 20,000
    /// points, over a uniform sample of as many otherwise. Computed once, with a [`sample`](Self::sample) of the vectors.
    pub(super) fn means(
        &mut self,
        encoder: &Encoder,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<Arc<[f32]>> {
        if let Some(means) = &self.means {
            return Ok(Arc::clone(means));
        }
        let mut means = SqrtMeans::new(encoder.outputs());
        let dim = encoder.dim();
        let most = KEPT.min(KEPT_BYTES / (4 * dim)).max(1);
        let mut sample = Vec::new();
        if let Some(held) = &self.held {
            means.add(&held.outputs);
            let rows = held.vectors.chunks_exact(dim).step_by(held.ids.len().div_ceil(most).max(1));
            rows.for_each(|row| sample.extend_from_slice(row));
        } else {
            let mut outputs = Vec::new();
            let width = dim.max(encoder.outputs());
            let read = self.source.info().points.min(SAMPLE as u64) as usize;
            // Evenly over all that is read, as the order may be that of the collection.
            let (step, mut row) = (read.div_ceil(most).max(1), 0);
            read_sample(self.source.as_mut(), width, SAMPLE, control, reporter, |vectors| {
                encoder.encode_into(vectors, &mut outputs);
                means.add(&outputs);
                for vector in vectors.chunks_exact(dim) {
                    if row % step == 0 {
                        sample.extend_from_slice(vector);
                    }
                    row += 1;
                }
            })?;
        }
        self.sample = sample;
        Ok(Arc::clone(self.means.insert(means.means().into())))
    }
}

/// How near vectors are to a query, by a collection's distance.
pub(super) struct Nearness<'a> {
    distance: Distance,
    query: &'a [f32],
    length: f32,
}

impl<'a> Nearness<'a> {
    pub(super) fn new(distance: Distance, query: &'a [f32]) -> Self {
        Self { distance, query, length: linalg::dot(query, query).sqrt() }
    }

    /// The collection's score: a similarity, or a distance for Euclid and Manhattan. The cosine with a vector of zeros
    /// is 0.
    pub(super) fn score(&self, vector: &[f32]) -> f32 {
        let dot = || linalg::dot(self.query, vector);
        match self.distance {
            Distance::Cosine => {
                let lengths = self.length * linalg::dot(vector, vector).sqrt();
                if lengths > 0.0 { dot() / lengths } else { 0.0 * dot() }
            }
            Distance::Dot => dot(),
            Distance::Euclid => linalg::euclid(self.query, vector),
            Distance::Manhattan => linalg::manhattan(self.query, vector),
        }
    }
}
