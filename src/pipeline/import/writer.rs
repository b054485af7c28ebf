//! Points on their way into a collection, written in batches, soon, and also when the rest fails.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::source::{NewPoint, VectorSink};

/// Points written at once at most.
const AT_ONCE: usize = 512;
/// How long a point waits to be written, at most: what a killed process loses.
const SOON: Duration = Duration::from_secs(2);

pub(in crate::pipeline) struct Writer {
    sink: Box<dyn VectorSink>,
    waiting: Vec<NewPoint>,
    since: Instant,
    written: u64,
}

impl Writer {
    pub(in crate::pipeline) fn new(sink: Box<dyn VectorSink>) -> Self {
        Self { sink, waiting: Vec::new(), since: Instant::now(), written: 0 }
    }

    /// Takes points, maybe none, and writes what waits when there is enough or when it has waited long enough.
    pub(in crate::pipeline) fn add(
        &mut self,
        points: impl Iterator<Item = NewPoint>,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<()> {
        if self.waiting.is_empty() {
            self.since = Instant::now();
        }
        self.waiting.extend(points);
        if self.waiting.len() >= AT_ONCE || (!self.waiting.is_empty() && self.since.elapsed() >= SOON) {
            self.flush(control, reporter)?;
        }
        Ok(())
    }

    fn flush(&mut self, control: &Control, reporter: &mut Reporter) -> Result<()> {
        let count = self.waiting.len() as u64;
        self.sink.upsert(std::mem::take(&mut self.waiting), control)?;
        self.written += count;
        reporter.advance(count);
        Ok(())
    }

    /// Writes what still waits, however the work has ended; gives the points written in all.
    pub(in crate::pipeline) fn finish(mut self, ended: Result<()>, reporter: &mut Reporter) -> Result<u64> {
        // A cancel is about what is still to be embedded: what was embedded already is kept.
        let flushed = self.flush(&Control::new(), reporter);
        ended.and(flushed)?;
        Ok(self.written)
    }
}
