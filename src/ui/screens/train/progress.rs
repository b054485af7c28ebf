//! The training that goes on, or was the last: how far it is, its figures, its plots, its features.

use std::time::Duration;

use eframe::egui::{self, Align, Label, Layout, RichText};

use super::curves::{self, Shown};
use super::{probes, usage};
use crate::app::train::{Command as Ask, End, Live};
use crate::app::{App, Command, JobCommand, JobState, JobStatus, Screen};
use crate::config::ObjectiveKind;
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
    let figures = figures(live, job);
    let wide = ui.available_width() >= WIDE;
    // In a narrow window the plots come before the rest of the figures.
    let first = if wide { figures.len() } else { 3 };
    tiles(ui, &figures[..first]);
    ui.add_space(space::S);
    curves::controls(ui, app.train.plot, cx);
    ui.add_space(space::S);
    curves::show(
        ui,
        &[Shown { name: live.title.clone(), curves: &live.curves, objective: objective(live) }],
        app.train.plot,
    );
    if first < figures.len() {
        ui.add_space(space::S);
        tiles(ui, &figures[first..]);
    }
    ui.add_space(space::M);
    usage::live(ui, app, live, cx);
    ui.add_space(space::M);
    probes::show(ui, app, live, cx);
    ui.add_space(space::L);
}

/// From this width on everything stands beside each other, in points.
const WIDE: f32 = 560.0;

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
    let title = |ui: &mut egui::Ui| {
        ui.add(Label::new(RichText::new(&live.title).text_style(egui::TextStyle::Heading)).truncate());
        badge(ui, word, mood, "How the training stands");
        if let Some(words) = shape(live) {
            ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
        }
    };
    if ui.available_width() >= ONE_ROW {
        ui.horizontal(|ui| {
            title(ui);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| steering(ui, job, cx));
        });
    } else {
        ui.horizontal(title);
        if job.is_some() {
            ui.horizontal_wrapped(|ui| steering(ui, job, cx));
        }
    }
}

/// What it is after; none for a training that another part of the window started.
fn objective(live: &Live) -> Option<ObjectiveKind> {
    live.config.as_ref().map(|config| config.objective)
}

/// What is trained, once its features are known.
fn shape(live: &Live) -> Option<String> {
    let (blocks, block_size) = live.shape()?;
    let objective = objective(live);
    let features = match objective {
        Some(ObjectiveKind::Autoencoder) => format::counted(block_size as u64, "feature"),
        _ => format!("{blocks} x {block_size} features"),
    };
    Some(match objective {
        Some(objective) => format!("{objective}, {features}"),
        None => features,
    })
}

/// From this width on the buttons stand beside the title, in points.
const ONE_ROW: f32 = 640.0;

/// The buttons that steer a running training.
fn steering(ui: &mut egui::Ui, job: Option<&JobStatus>, cx: &mut Cx) {
    let Some(job) = job.filter(|job| job.state != JobState::Cancelling) else { return };
    let stopping = job.state == JobState::Stopping;
    let mut buttons =
        vec![(Button::secondary("Cancel").icon(icons::CLOSE).tip("End now and drop the work"), JobCommand::Cancel)];
    if job.can_stop && !stopping {
        let tip = "End now and keep the best weights so far; where the rate falls along a cosine, the last ones";
        buttons.push((Button::secondary("Stop and keep the best").icon(icons::STOP).tip(tip), JobCommand::Stop));
    }
    if job.state == JobState::Paused {
        let button = Button::primary("Resume").icon(icons::PLAY).tip("Go on where it was");
        buttons.push((button, JobCommand::Resume));
    } else if job.can_pause && !stopping {
        let button = Button::secondary("Pause").icon(icons::PAUSE).tip("Wait; nothing is lost");
        buttons.push((button, JobCommand::Pause));
    }
    if !ui.layout().prefer_right_to_left() {
        buttons.reverse();
    }
    for (button, command) in buttons {
        if ui.add(button).clicked() {
            cx.push(Command::Job(job.key, command));
        }
    }
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
        cx.push(if here { Command::Show(Screen::Features) } else { Command::Train(Ask::OpenTrained) });
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

/// A figure: its name, its value, a note under it, and what it is.
struct Figure {
    name: &'static str,
    value: String,
    note: String,
    tip: &'static str,
}

/// The figures, those that matter most first.
fn figures(live: &Live, job: Option<&JobStatus>) -> Vec<Figure> {
    let curves = &live.curves;
    let last = curves.last.as_ref();
    let none = || format::NONE.to_owned();
    let number = |value: Option<f32>| value.map_or_else(none, |v| format::number(f64::from(v)));
    // The epoch that is being gone through.
    let done = last.map_or(0, |m| m.epoch);
    let epoch = if live.end.is_none() && !curves.loss.is_empty() { done + 1 } else { done };
    let epoch = live.config.as_ref().map_or(epoch, |config| epoch.min(config.epochs as usize));
    let best = curves.best.as_ref().map(|m| format!("best {} at {}", format::number(f64::from(m.val_loss)), m.epoch));
    let failed = curves.failed.last().map_or_else(none, |(_, share)| format::percent(f64::from(share)));
    let failed_of =
        last.map(|m| format!("{} of {}", format::count(m.val_failed_triplets), format::count(m.val_triplets)));
    let features = live.shape().map_or(0, |(blocks, size)| blocks * size);
    let dead_of = last.filter(|_| features > 0).map(|m| {
        let share = format::percent(m.dead as f64 / features as f64);
        format!("{share} of {}", format::count(features as u64))
    });
    let left = job.and_then(|job| job.progress.as_ref()).filter(|p| p.unit == "steps").and_then(|p| p.left);
    let left = left.filter(|s| s.is_finite()).map(|s| format::duration(Duration::from_secs_f64(s.clamp(0.0, 1e9))));
    let pace = left.as_ref().map(|_| "at this pace".to_owned());
    let figure = |name, value, note: Option<String>, tip| Figure { name, value, note: note.unwrap_or_default(), tip };
    // Not every objective has triplets.
    let triplets = curves::may_fail(curves, objective(live));
    // Balanced blocks may have triplets to validate by, and still learn from points.
    let learns = objective(live).map_or(triplets, |objective| objective == ObjectiveKind::Compatible);
    let speed = if learns { "triplets/s" } else { "points/s" };
    let mut figures = vec![
        figure(
            "Epoch",
            epoch.to_string(),
            live.config.as_ref().map(|config| format!("of {}", config.epochs)),
            "The epoch that is gone through",
        ),
        figure(
            "Training loss",
            number(curves.smooth.last().map(|p| p.1)),
            Some(format!("step {}", format::count(curves.steps()))),
            "The smoothed loss of the last steps",
        ),
        figure(
            "Validation loss",
            number(last.map(|m| m.val_loss)),
            best,
            "The loss of points that are not trained on, after the last epoch. The weights of the best epoch are kept; \
             where the rate falls along a cosine, the last ones.",
        ),
        figure("Time left", left.unwrap_or_else(none), pace, "How long it goes on"),
        figure("Failed triplets", failed, failed_of, "Validation triplets whose loss is above 0, after the last epoch"),
        figure(
            "Dead features",
            last.map_or_else(none, |m| format::count(m.dead as u64)),
            dead_of,
            "Features that win in their block for none of the validation points",
        ),
        figure(
            "Even use",
            last.map_or_else(none, |m| format::percent(f64::from(m.usage_perplexity))),
            Some("of an even share".to_owned()),
            "Usage perplexity / block size: how evenly the features of a block win, exp(entropy of the usage) / block \
             size, the mean over blocks. 100 % means that all win as often.",
        ),
        figure(
            "Speed",
            last.map_or_else(none, |m| format::short(m.triplets_per_second)),
            Some(speed.to_owned()),
            "Samples that were trained on a second in the last epoch",
        ),
    ];
    figures.retain(|figure| triplets || figure.name != "Failed triplets");
    figures
}

/// Figures in rows of about the same length.
fn tiles(ui: &mut egui::Ui, figures: &[Figure]) {
    let gap = space::S;
    let fit = (((ui.available_width() + gap) / (118.0 + gap)).floor() as usize).clamp(1, figures.len().max(1));
    let columns = figures.len().div_ceil(figures.len().div_ceil(fit)).max(1);
    let width = (ui.available_width() + gap) / columns as f32 - gap;
    for row in figures.chunks(columns) {
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for figure in row {
                // A note that is empty keeps its place.
                let note = if figure.note.is_empty() { " " } else { &figure.note };
                let tile = StatTile::new(figure.name, &figure.value).note(note, Mood::Neutral).tip(figure.tip);
                ui.add(tile.width(width));
            }
        });
    }
}
