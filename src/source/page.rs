//! Reading a whole source: page by page beside the work on it, and uniform samples of its ids.

use std::sync::Mutex;

use crossbeam_channel::bounded;
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::{Cursor, Page, PointId, VectorSource, Want};
use crate::error::Result;
use crate::job::{Control, Reporter};
use crate::random::{Use, generator};

/// Reads every page from `start` on and hands each to `work`, which runs while the next page is being read. `work` also
/// gets the cursor behind its page, so that it can be kept and reading can go on from there another time.
///
/// Advances the reporter's present stage by the points read. At most three pages are in memory.
pub fn for_each_page(
    source: &mut dyn VectorSource,
    start: Cursor,
    limit: usize,
    want: Want,
    control: &Control,
    reporter: &mut Reporter,
    mut work: impl FnMut(Page, &Cursor, &mut Reporter) -> Result<()>,
) -> Result<()> {
    let (sender, pages) = bounded::<(Page, Cursor)>(1);
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let sender = sender;
            let mut cursor = start;
            while cursor != Cursor::End {
                let read = control.check_whole().and_then(|()| source.page(&mut cursor, limit, want, control));
                match read {
                    Ok(page) if page.ids.is_empty() => {}
                    Ok(page) => {
                        // Closed when the work has failed and wants no more.
                        if sender.send((page, cursor.clone())).is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                        return;
                    }
                }
            }
        });
        let worked = pages.into_iter().try_for_each(|(page, behind)| {
            control.check_whole()?;
            let points = page.ids.len() as u64;
            work(page, &behind, reporter)?;
            reporter.advance(points);
            Ok(())
        });
        // With its own message, which leaving it to the scope would lose.
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        worked
    })?;
    match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// A uniform sample of `size` ids (all of them where there are fewer), in the source's order, by reservoir (Li's
/// algorithm L) over one pass of ids, so that memory does not grow with the collection. The same seed over the same
/// ids gives the same sample.
pub fn sample_ids(
    source: &mut dyn VectorSource,
    size: usize,
    seed: u64,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Vec<PointId>> {
    let mut rng = generator(seed, Use::Sample);
    let mut kept: Vec<(u64, PointId)> = Vec::new();
    let mut seen = 0u64;
    let mut w: f64 = 1.0;
    let mut next = 0u64;
    let mut skip = |rng: &mut ChaCha8Rng, from: u64| -> u64 {
        w *= (rng.random::<f64>().max(f64::MIN_POSITIVE).ln() / size as f64).exp();
        let gap = (rng.random::<f64>().max(f64::MIN_POSITIVE).ln() / (1.0 - w).max(f64::MIN_POSITIVE).ln()).floor();
        from.saturating_add(gap.min(1e18) as u64).saturating_add(1)
    };
    reporter.stage("reading ids", "points", Some(source.info().points));
    for_each_page(source, Cursor::Start, 10_000, Want::IDS, control, reporter, |page, _, _| {
        for id in page.ids {
            if kept.len() < size {
                kept.push((seen, id));
                if kept.len() == size {
                    next = skip(&mut rng, seen);
                }
            } else if size > 0 && seen == next {
                let slot = rng.random_range(0..size);
                kept[slot] = (seen, id);
                next = skip(&mut rng, seen);
            }
            seen += 1;
        }
        Ok(())
    })?;
    kept.sort_unstable_by_key(|(position, _)| *position);
    Ok(kept.into_iter().map(|(_, id)| id).collect())
}

/// Splits `n` items, at least 4, at random: the rest, and the positions set apart (`share` of them); each ascending, and
/// each at least 2.
pub(crate) fn split_positions(n: usize, share: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let apart = ((n as f64 * share).round() as usize).clamp(2, n - 2);
    let mut rng = generator(seed, Use::Split);
    let mut chosen = index::sample(&mut rng, n, apart).into_vec();
    chosen.sort_unstable();
    let mut rest = Vec::with_capacity(n - apart);
    let mut next = chosen.iter().copied().peekable();
    for i in 0..n {
        if next.peek() == Some(&i) {
            next.next();
        } else {
            rest.push(i);
        }
    }
    (rest, chosen)
}
