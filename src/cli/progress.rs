//! Progress in a terminal as a bar, elsewhere as plain lines now and then.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::count::grouped;
use crate::job::{EpochMetric, Event, Metric, Progress};

/// How often a stage that goes on gets another plain line.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells a job's events on standard error.
pub(super) struct Teller {
    quiet: bool,
    terminal: bool,
    bar: Option<ProgressBar>,
    stage: Option<Progress>,
    line: Instant,
    /// Whether the present state was told as a plain line already.
    told: bool,
}

impl Teller {
    pub(super) fn new(quiet: bool, terminal: bool) -> Self {
        Self { quiet, terminal, bar: None, stage: None, line: Instant::now(), told: false }
    }

    pub(super) fn tell<R>(&mut self, event: Event<R>) {
        match event {
            Event::Warning(text) => self.print(&format!("warning: {text}")),
            _ if self.quiet => {}
            Event::Progress(progress) => self.progress(progress),
            Event::Metrics(metrics) => {
                for metric in metrics {
                    if let Metric::Epoch(epoch) = metric {
                        self.print(&epoch_line(&epoch));
                    }
                }
            }
            Event::Note(text) => self.print(&text),
            Event::Started | Event::Probe(_) | Event::Finished(_) => {}
        }
    }

    /// Ends the last stage.
    pub(super) fn finish(&mut self) {
        self.end_stage();
    }

    fn progress(&mut self, progress: Progress) {
        if self.stage.as_ref().is_none_or(|s| s.stage != progress.stage) {
            self.end_stage();
            if self.terminal {
                self.bar = Some(bar(&progress));
            }
            self.line = Instant::now();
        }
        self.told = false;
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done);
            bar.set_prefix(plain(&progress));
        } else if self.line.elapsed() >= LINE_EVERY {
            self.line = Instant::now();
            self.told = true;
            eprintln!("{}", plain(&progress));
        }
        self.stage = Some(progress);
    }

    fn end_stage(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Some(stage) = self.stage.take()
            && stage.done > 0
            && !self.told
        {
            eprintln!("{}", plain(&Progress { left: None, ..stage }));
        }
    }

    fn print(&mut self, text: &str) {
        // A stage that is through is told before what comes after it.
        if self.stage.as_ref().is_some_and(|s| s.total == Some(s.done)) {
            self.end_stage();
        }
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

fn bar(progress: &Progress) -> ProgressBar {
    let (bar, template) = match progress.total {
        Some(total) => (ProgressBar::new(total), "{prefix} {wide_bar}"),
        None => (ProgressBar::new_spinner(), "{prefix} {spinner}"),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_prefix(plain(progress))
}

fn plain(p: &Progress) -> String {
    // Nobody counts single bytes.
    let bytes = p.unit == "bytes";
    let number = |n: u64| if bytes { format!("{:.1}", n as f64 / 1e6) } else { grouped(n) };
    let mut text = format!("{}: {}", p.stage, number(p.done));
    if let Some(total) = p.total {
        text += &format!(" of {}", number(total));
    }
    text += if bytes { " MB" } else { " " };
    text += if bytes { "" } else { p.unit };
    if p.done > 1 && p.rate >= 1.0 && p.unit != "files" {
        text += &format!(", {}{} a second", number(p.rate as u64), if bytes { " MB" } else { "" });
    }
    if let Some(left) = p.left.filter(|l| *l >= 1.0) {
        text += &format!(", {} left", duration(left));
    }
    text
}

fn epoch_line(m: &EpochMetric) -> String {
    let entropy = m.entropy.iter().map(|h| f64::from(*h)).sum::<f64>() / m.entropy.len().max(1) as f64;
    let (failed, samples) = match m.val_triplets {
        0 => (String::new(), "samples"),
        all => (format!(" ({} of {all} triplets failed)", m.val_failed_triplets), "triplets"),
    };
    let mut text = format!(
        "epoch {:>2}: loss {:.4}, validation {:.4}{failed}, {} dead features, entropy {entropy:.2}, {} {samples}/s",
        m.epoch,
        m.train_loss,
        m.val_loss,
        m.dead,
        grouped(m.triplets_per_second as u64)
    );
    if m.lr_dropped {
        text += &format!(", learning rate lowered from {}", m.lr);
    }
    text
}

/// Seconds as 4.5 s, 45 s, 3 min 20 s, or 2 h 5 min.
pub(super) fn duration(seconds: f64) -> String {
    let s = seconds.round() as u64;
    match s {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{s} s"),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_readable() {
        assert_eq!([4.64, 75.0, 7_500.0].map(duration), ["4.6 s", "1 min 15 s", "2 h 5 min"]);
    }

    #[test]
    fn a_plain_line_tells_rate_and_time_left() {
        let p = Progress {
            stage: "encoding".into(),
            done: 1_000,
            total: Some(5_000),
            unit: "points",
            rate: 100.0,
            left: Some(40.0),
        };
        assert_eq!(plain(&p), "encoding: 1,000 of 5,000 points, 100 a second, 40 s left");
        let p = Progress { done: 12_340_000, total: Some(352_000_000), unit: "bytes", rate: 3_100_000.0, ..p };
        assert_eq!(plain(&p), "encoding: 12.3 of 352.0 MB, 3.1 MB a second, 40 s left");
    }
}
