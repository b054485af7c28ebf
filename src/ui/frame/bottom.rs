//! The strip at the bottom: what runs, how far it is, and what was said; and the log above it.

use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui::{self, Align, Button, Layout, Margin, Panel, ProgressBar, ScrollArea, vec2};

use super::super::theme::{Tokens, size, space, tokens};
use super::super::window::keys_of;
use super::super::{Cx, fonts, format, icons};
use crate::app::{App, Change, Command, JobCommand, JobState, JobStatus, Level, Message};

/// Draws both.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let margin = Margin::symmetric(space::M as i8, space::XS as i8);
    let frame = egui::Frame::new().fill(tokens(ui).raised).inner_margin(margin);
    Panel::bottom("strip").frame(frame).show(ui, |ui| strip(ui, app, cx));
    if app.settings.layout.log {
        log(ui, app, cx);
    }
}

fn strip(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        ui.set_min_height(size::ROW);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            log_button(ui, app, cx);
            let live: Vec<&JobStatus> = app.jobs.live().collect();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                // The newest two; the others are counted.
                for job in live.iter().rev().take(2) {
                    ui.push_id(job.key, |ui| running(ui, job, cx));
                }
                if live.len() > 2 {
                    ui.label(format!("and {} more", live.len() - 2));
                }
                if live.is_empty() {
                    match app.messages.last() {
                        Some(message) => line(ui, message, true),
                        None => ready(ui, app),
                    }
                }
            });
        });
    });
}

fn ready(ui: &mut egui::Ui, app: &App) {
    let text = match &app.document.open {
        Some(open) => open.info.title.clone(),
        None => "No collection is open".to_owned(),
    };
    ui.add(egui::Label::new(egui::RichText::new(text).color(tokens(ui).text_secondary)).truncate());
}

fn log_button(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let open = app.settings.layout.log;
    let unread = app.messages.unread;
    let text = if unread > 0 && !open { format!("Log ({unread})") } else { "Log".to_owned() };
    let glyph = if open { icons::CHEVRON_DOWN } else { icons::CHEVRON_UP };
    let colour = if unread > 0 && !open { tokens(ui).warning.text } else { tokens(ui).text_secondary };
    let button = Button::new((fonts::icon(glyph, 13.0), egui::RichText::new(text).color(colour)));
    let keys = keys_of("Show or hide the log");
    let response = ui.add(button.frame_when_inactive(false));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, open, "Log"));
    if response.on_hover_text(format!("What was said: notes, warnings and errors ({keys})")).clicked() {
        let layout = crate::app::settings::LayoutSettings { log: !open, ..app.settings.layout.clone() };
        cx.push(Command::Settings(Change::Layout(layout)));
        cx.push(Command::LogRead);
    }
}

/// A running job: its title, how far it is, and how to steer it.
fn running(ui: &mut egui::Ui, job: &JobStatus, cx: &mut Cx) {
    let tokens = tokens(ui);
    ui.label(fonts::strong(format::elide(&job.title, 36)));
    let (share, words) = progress_words(job);
    let bar = ProgressBar::new(share.unwrap_or(0.0)).desired_width(120.0).desired_height(6.0).fill(tokens.accent);
    let response = ui.add(bar);
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, job.title.as_str());
        info.value = share.map(f64::from);
        info
    });
    response.on_hover_text(words.clone());
    ui.add(egui::Label::new(egui::RichText::new(words).color(tokens.text_secondary)).truncate());
    let mut steer = |ui: &mut egui::Ui, glyph: &str, name: &str, tip: &str, command: JobCommand| {
        let button = Button::new(fonts::icon(glyph, 14.0)).min_size(vec2(22.0, 22.0)).frame_when_inactive(false);
        let response = ui.add(button);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("{name} {}", job.title)));
        if response.on_hover_text(tip).clicked() {
            cx.push(Command::Job(job.key, command));
        }
    };
    match job.state {
        JobState::Paused => steer(ui, icons::PLAY, "Resume", "Go on", JobCommand::Resume),
        JobState::Running if job.can_pause => steer(ui, icons::PAUSE, "Pause", "Pause", JobCommand::Pause),
        _ => {}
    }
    if job.can_stop && matches!(job.state, JobState::Running | JobState::Paused) {
        steer(ui, icons::STOP, "Stop", "Stop and keep the best", JobCommand::Stop);
    }
    if job.state != JobState::Cancelling {
        steer(ui, icons::CLOSE, "Cancel", "Cancel and drop the work", JobCommand::Cancel);
    }
}

/// How far a job is, as a share where it is known, and in words.
pub fn progress_words(job: &JobStatus) -> (Option<f32>, String) {
    match job.state {
        JobState::Queued => return (None, "waiting for the job before it".to_owned()),
        JobState::Cancelling => return (None, "cancelling".to_owned()),
        JobState::Stopping => return (None, "stopping; what it has reached is kept".to_owned()),
        _ => {}
    }
    let Some(progress) = &job.progress else { return (None, "starting".to_owned()) };
    let share = progress.total.filter(|t| *t > 0).map(|t| (progress.done as f32 / t as f32).min(1.0));
    let mut words = progress.stage.clone();
    match progress.total {
        Some(total) => words += &format!(": {} of {}", format::count(progress.done), in_units(total, progress.unit)),
        None if progress.done > 0 => words += &format!(": {}", in_units(progress.done, progress.unit)),
        None => {}
    }
    if let Some(left) = progress.left.filter(|s| s.is_finite() && *s >= 1.0) {
        words += &format!(", {} left", format::duration(std::time::Duration::from_secs_f64(left.min(1e7))));
    }
    if job.state == JobState::Paused {
        words += " (paused)";
    }
    (share, words)
}

/// A count of what a stage names in the plural.
fn in_units(n: u64, unit: &str) -> String {
    format!("{} {unit}", format::count(n))
}

fn tone(tokens: &Tokens, level: Level) -> (&'static str, egui::Color32) {
    match level {
        Level::Note => (icons::INFO, tokens.text_secondary),
        Level::Success => (icons::CHECK_CIRCLE, tokens.success.text),
        Level::Warning => (icons::WARNING, tokens.warning.text),
        Level::Error => (icons::ERROR, tokens.danger.text),
    }
}

fn line(ui: &mut egui::Ui, message: &Message, short: bool) {
    let tokens = tokens(ui);
    let (glyph, colour) = tone(tokens, message.level);
    ui.label(fonts::icon(glyph, 14.0).color(colour));
    let text = match &message.hint {
        Some(hint) => format!("{}; {hint}", message.text.trim_end_matches('.')),
        None => message.text.clone(),
    };
    let colour = if message.level == Level::Note { tokens.text_secondary } else { tokens.text };
    let label = egui::Label::new(egui::RichText::new(text).color(colour));
    ui.add(if short { label.truncate() } else { label.wrap() });
}

fn log(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let layout = &app.settings.layout;
    let panel = Panel::bottom("log").resizable(true).default_size(layout.log_height).size_range(80.0..=500.0);
    let frame = egui::Frame::new().fill(tokens(ui).sunken).inner_margin(Margin::same(space::M as i8));
    let shown = panel.frame(frame).show(ui, |ui| {
        let lines: Vec<&Message> = app.messages.lines().collect();
        if lines.is_empty() {
            ui.label("Nothing was said yet.");
        }
        ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
            for message in lines {
                ui.horizontal_top(|ui| {
                    ui.monospace(egui::RichText::new(clock(message.time)).color(tokens(ui).text_secondary));
                    line(ui, message, false);
                });
            }
        });
    });
    let height = shown.response.rect.height();
    if (height - layout.log_height).abs() > 1.0 {
        let layout = crate::app::settings::LayoutSettings { log_height: height, ..layout.clone() };
        cx.push(Command::Settings(Change::Layout(layout)));
    }
    if app.messages.unread > 0 {
        cx.push(Command::LogRead);
    }
}

/// Hours, minutes and seconds in UTC.
fn clock(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}
