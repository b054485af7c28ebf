//! The training that goes on, or was the last: how far it is, its figures, its plots, its features.

use std::time::Duration;

use eframe::egui::{self, Align, Label, Layout, RichText};

use super::curves::{self, Shown};
use super::{probes, usage};
use crate::app::train::{Command as Ask, End, Live};
use crate::app::{App, Command, JobCommand, JobState, JobStatus, Screen};
use crate::ui::frame::bottom::progress_words;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Banner, Button, EmptyState, Mood, Progress, StatTile, badge};
use crate::ui::{Cx, format, icons};

/// Draws it.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let Some(live) = &app.train.live else {
        ui.add_space(ui.available_height() * 0.12);
        EmptyState::new(icons::CURVE, "No training yet")
            .text(
                "Press Start: the loss, the use of every feature and eight probe points are drawn here while the encoder \
                 learns. Earlier trainings are under Runs.",
            )
            .show(ui);
        return;
    };
    let job = app.jobs.get(live.key).filter(|_| live.end.is_none());
    head(ui, live, job, cx);
    banners(ui, app, cx);
    if let Some(job) = job {
        let (share, words) = progress_words(job);
        let rate =
            job.progress.as_ref().filter(|p| p.rate > 0.0).map(|p| format!("{} {}/s", format::short(p.rate), p.unit));
        Progress::new(share, &words).detail(&rate.unwrap_or_default()).show(ui);
    }
    ui.add_space(space::XS);
    tiles(ui, live, job);
    ui.add_space(space::M);
    curves::controls(ui, app.train.plot, cx);
    ui.add_space(space::S);
    curves::show(ui, &[Shown { name: live.title.clone(), curves: &live.curves }], app.train.plot);
    ui.add_space(space::M);
    usage::live(ui, app, live, cx);
    ui.add_space(space::M);
    probes::show(ui, app, live, cx);
    ui.add_space(space::L);
}

/// What it is, how it stands, and how to steer it.
fn head(ui: &mut egui::Ui, live: &Live, job: Option<&JobStatus>, cx: &mut Cx) {
    let (word, mood) = match (live.end, job.map(|job| &job.state)) {
        (Some(End::Done), _) => ("done", Mood::Success),
        (Some(End::Stopped), _) => ("stopped, best kept", Mood::Success),
        (Some(End::Cancelled), _) => ("cancelled, nothing kept", Mood::Neutral),
        (Some(End::Failed), _) => ("failed", Mood::Danger),
        (None, Some(JobState::Queued)) => ("waiting", Mood::Neutral),
        (None, Some(JobState::Paused)) => ("paused", Mood::Warning),
        (None, Some(JobState::Stopping)) => ("stopping", Mood::Info),
        (None, Some(JobState::Cancelling)) => ("cancelling", Mood::Info),
        (None, _) => ("training", Mood::Info),
    };
    ui.horizontal(|ui| {
        ui.add(Label::new(RichText::new(&live.title).text_style(egui::TextStyle::Heading)).truncate());
        badge(ui, word, mood, "How the training stands");
        if let Some((blocks, block_size)) = live.shape() {
            let words = format!("{blocks} x {block_size} features");
            ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
        }
    });
    let Some(job) = job.filter(|job| !matches!(job.state, JobState::Cancelling)) else { return };
    ui.horizontal_wrapped(|ui| {
        let mut steer = |ui: &mut egui::Ui, button: Button<'_>, command: JobCommand| {
            if ui.add(button).clicked() {
                cx.push(Command::Job(job.key, command));
            }
        };
        let stopping = job.state == JobState::Stopping;
        if job.state == JobState::Paused {
            let button = Button::primary("Resume").icon(icons::PLAY).tip("Go on where it was");
            steer(ui, button, JobCommand::Resume);
        } else if job.can_pause && !stopping {
            let button = Button::secondary("Pause").icon(icons::PAUSE).tip("Wait; nothing is lost");
            steer(ui, button, JobCommand::Pause);
        }
        if job.can_stop && !stopping {
            let tip = "End now and keep the weights of the epoch with the smallest validation loss";
            let button = Button::secondary("Stop and keep the best").icon(icons::STOP).tip(tip);
            steer(ui, button, JobCommand::Stop);
        }
        let button = Button::secondary("Cancel").icon(icons::CLOSE).tip("End now and drop the work");
        steer(ui, button, JobCommand::Cancel);
    });
}

/// How the last training ended.
fn banners(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    if let Some(problem) = &app.train.problem {
        let banner = Banner::new(Mood::Danger, format!("The training failed: {}", problem.text));
        let hint =
            problem.hint.clone().unwrap_or_else(|| "the settings are as they were: change them and start again".into());
        if banner.hint(sentence(&hint)).closable().show(ui).closed {
            cx.push(Command::Train(Ask::Dismiss));
        }
    }
    let Some(trained) = &app.train.trained else { return };
    let took = format::duration(Duration::from_secs_f64(trained.seconds.max(0.0)));
    let what = if trained.stopped { "Stopped" } else { "Trained" };
    let text = format!("{what} after {took}. The weights of epoch {} were kept.", trained.best_epoch);
    let here = app.document.encoder().is_some_and(|encoder| encoder.path == trained.encoder);
    let (hint, action) = if here {
        ("The encoder is open: see what its features stand for.", Some("Show features"))
    } else if trained.opened {
        ("The encoder is being opened.", None)
    } else {
        ("Another encoder or collection was being looked at, so it was not opened by itself.", Some("Open the encoder"))
    };
    let mut banner = Banner::new(Mood::Success, text).hint(hint).closable();
    if let Some(action) = action {
        banner = banner.action(action);
    }
    let response = banner.show(ui);
    if response.closed {
        cx.push(Command::Train(Ask::Dismiss));
    }
    if response.acted {
        cx.push(if here {
            Command::Show(Screen::Features)
        } else {
            Command::Train(Ask::OpenRun(trained.folder.clone()))
        });
    }
    ui.add_space(space::XS);
}

/// Words that stand alone.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The figures.
fn tiles(ui: &mut egui::Ui, live: &Live, job: Option<&JobStatus>) {
    let curves = &live.curves;
    let last = curves.epochs.last();
    let epochs = live.config.as_ref().map(|config| format!("of {}", config.epochs)).unwrap_or_default();
    let steps = format!("step {}", format::count(curves.steps()));
    // The one that is being gone through.
    let done = last.map_or(0, |m| m.epoch);
    let epoch = if live.end.is_none() && !curves.loss.is_empty() { done + 1 } else { done };
    let epoch = live.config.as_ref().map_or(epoch, |config| epoch.min(config.epochs as usize));
    let number = |value: Option<f32>| value.map_or(format::NONE.to_owned(), |v| format::number(f64::from(v)));
    let best = curves.best().map(|m| format!("best {} at {}", format::number(f64::from(m.val_loss)), m.epoch));
    let failed = curves.failed.last().map_or(format::NONE.to_owned(), |(_, share)| format::percent(f64::from(share)));
    let of = last.map(|m| format!("{} of {}", format::count(m.val_failed_triplets), format::count(m.val_triplets)));
    let features = live.shape().map_or(0, |(blocks, size)| blocks * size);
    let dead = last.map_or(format::NONE.to_owned(), |m| format::count(m.dead as u64));
    let share = last
        .filter(|_| features > 0)
        .map(|m| format!("{} of {}", format::percent(m.dead as f64 / features as f64), format::count(features as u64)));
    let evenness = last.map_or(format::NONE.to_owned(), |m| format::percent(f64::from(m.usage_perplexity)));
    let speed = last.map_or(format::NONE.to_owned(), |m| format::short(m.triplets_per_second));
    let left = job.and_then(|job| job.progress.as_ref()).filter(|p| p.unit == "steps").and_then(|p| p.left);
    let left = left.filter(|s| s.is_finite()).map(|s| format::duration(Duration::from_secs_f64(s.clamp(0.0, 1e9))));
    let (rate, dropped) = (curves.lr.last(), curves.drops.len());
    let rate = rate.map_or(format::NONE.to_owned(), |(_, lr)| format!("{lr:e}"));
    let figures: [(&str, String, String, &str); 9] = [
        ("Epoch", epoch.to_string(), epochs, "The epoch that is gone through"),
        ("Training loss", number(curves.smooth.last().map(|p| p.1)), steps, "The smoothed loss of the last steps"),
        (
            "Validation loss",
            number(last.map(|m| m.val_loss)),
            best.unwrap_or_default(),
            "The loss of fixed triplets of points that are not trained on, after the last epoch. The weights of the best epoch are kept.",
        ),
        (
            "Failed triplets",
            failed,
            of.unwrap_or_default(),
            "Validation triplets whose loss is above 0, after the last epoch",
        ),
        (
            "Dead features",
            dead,
            share.unwrap_or_default(),
            "Features that win in their block for none of the validation points",
        ),
        (
            "Even use",
            evenness,
            "of an even share".to_owned(),
            "How evenly the features of a block win: exp(entropy of the usage) / block size, the mean over blocks. 100 % means that all win as often.",
        ),
        (
            "Learning rate",
            rate,
            match dropped {
                0 => String::new(),
                n => format!("lowered {}", times(n)),
            },
            "How far a step goes",
        ),
        ("Speed", speed, "triplets/s".to_owned(), "Triplets a second in the last epoch"),
        ("Time left", left.unwrap_or_else(|| format::NONE.to_owned()), String::new(), "At the present pace"),
    ];
    let gap = space::S;
    let columns = (((ui.available_width() + gap) / (118.0 + gap)).floor() as usize).clamp(2, figures.len());
    // Rows of about the same length.
    let rows = figures.len().div_ceil(columns);
    let columns = figures.len().div_ceil(rows);
    let width = (ui.available_width() + gap) / columns as f32 - gap;
    ui.spacing_mut().item_spacing = egui::vec2(gap, gap);
    for row in figures.chunks(columns) {
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            for (name, value, note, tip) in row {
                let note = if note.is_empty() { " " } else { note };
                ui.add(StatTile::new(name, value).note(note, Mood::Neutral).tip(tip).width(width));
            }
        });
    }
}

fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}
