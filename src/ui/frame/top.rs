//! The bar at the top: back and forward, undo and redo, the tabs, the search, the running job, the theme.

use eframe::egui::{self, Align, Button, Layout, Margin, Panel, Sense, vec2};

use super::super::theme::{radius, size, space, tokens};
use super::super::window::keys_of;
use super::super::{Cx, fonts, format, icons};
use crate::app::settings::ThemeChoice;
use crate::app::{App, Change, Command, Dialog, JobState, JobStatus, Screen};

/// Draws it.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let frame =
        egui::Frame::new().fill(tokens(ui).raised).inner_margin(Margin::symmetric(space::M as i8, space::XS as i8 + 2));
    Panel::top("top").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            icon(ui, cx, icons::BACK, "Back", app.view.can_go_back(), Command::Back, "Back to what you saw before");
            let forward = app.view.can_go_forward();
            icon(ui, cx, icons::FORWARD, "Forward", forward, Command::Forward, "Forward again");
            ui.add_space(space::XS);
            let words = |step: Option<&str>, verb: &str| match step {
                Some(step) => format!("{verb}: {step}"),
                None => format!("Nothing to {}", verb.to_lowercase()),
            };
            let (undo, redo) = (app.undo.next_undo(), app.undo.next_redo());
            icon(ui, cx, icons::UNDO, "Undo", undo.is_some(), Command::Undo, &words(undo, "Undo"));
            icon(ui, cx, icons::REDO, "Redo", redo.is_some(), Command::Redo, &words(redo, "Redo"));
            ui.add_space(space::S);
            ui.separator();
            ui.add_space(space::S);
            // In a narrow window the names alone have room beside a running job and the search.
            let with_icons = ui.ctx().content_rect().width() >= WITH_ICONS;
            for screen in Screen::ALL {
                tab(ui, cx, screen, app.view.place.screen == screen, with_icons);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                theme(ui, app, cx);
                let open = Command::Dialog(Some(Dialog::Settings));
                icon(ui, cx, icons::GEAR, "Settings", true, open, "Settings: theme, size, thresholds, pictures");
                search(ui, cx);
                if let Some(job) = app.jobs.live().last() {
                    chip(ui, cx, job);
                }
            });
        });
    });
}

fn icon(ui: &mut egui::Ui, cx: &mut Cx, glyph: &str, name: &str, enabled: bool, command: Command, tip: &str) {
    let keys = keys_of(name);
    let tip = if keys.is_empty() { tip.to_owned() } else { format!("{tip} ({keys})") };
    let button = Button::new(fonts::icon(glyph, size::ICON)).frame_when_inactive(false);
    let response = ui.add_enabled(enabled, button.min_size(vec2(size::CONTROL, size::CONTROL)));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    if response.on_hover_text(&tip).on_disabled_hover_text(&tip).clicked() {
        cx.push(command);
    }
}

/// From this width on tabs have icons, in points.
const WITH_ICONS: f32 = 1_120.0;

fn tab(ui: &mut egui::Ui, cx: &mut Cx, screen: Screen, on: bool, with_icon: bool) {
    let tokens = tokens(ui);
    let (glyph, tip) = match screen {
        Screen::Start => (icons::HOME, "Collections, encoders, imports and the demo"),
        Screen::Train => (icons::TRAIN, "Train an encoder on the open collection and watch it learn"),
        Screen::Inspect => (icons::INSPECT, "How confident each block is of a picture, a text or a point"),
        Screen::Features => (icons::BLOCKS, "What each feature of the encoder stands for"),
        Screen::Search => (icons::STEER, "Search the collection, and steer the results by features"),
        Screen::Compare => {
            (icons::COMPARE, "Encoders side by side: what they are worth, their features, what they see")
        }
    };
    let colour = if on { tokens.text } else { tokens.text_secondary };
    let text = fonts::icon(glyph, size::ICON).color(if on { tokens.accent_text } else { colour });
    let title = egui::RichText::new(screen.title()).color(colour).family(fonts::medium_family());
    let fill = if on { tokens.control } else { egui::Color32::TRANSPARENT };
    let button = if with_icon { Button::new((text, title)) } else { Button::new(title) };
    let button = button.fill(fill).corner_radius(radius::M).min_size(vec2(0.0, size::CONTROL));
    let response = ui.add(button.frame_when_inactive(on));
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, on, screen.title()));
    let keys = keys_of(&format!("Show {}", screen.title()));
    if response.on_hover_text(format!("{tip} ({keys})")).clicked() {
        cx.push(Command::Show(screen));
    }
}

/// Looks like a field and opens the palette, which finds commands, features and points.
fn search(ui: &mut egui::Ui, cx: &mut Cx) {
    let tokens = tokens(ui);
    let width = (ui.available_width() - 240.0).clamp(110.0, 260.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Search"));
    let edge = if response.has_focus() || response.hovered() { tokens.focus } else { tokens.border_input };
    ui.painter().rect(rect, radius::M, tokens.field, egui::Stroke::new(1.0, edge), egui::StrokeKind::Inside);
    let painter = ui.painter_at(rect.shrink2(vec2(space::S, 0.0)));
    let inner = rect.shrink2(vec2(space::S, 0.0));
    let icon = egui::FontId::new(14.0, fonts::icon_family());
    painter.text(inner.left_center(), egui::Align2::LEFT_CENTER, icons::SEARCH, icon, tokens.text_secondary);
    let body = egui::TextStyle::Body.resolve(ui.style());
    let at = inner.left_center() + vec2(20.0, 0.0);
    painter.text(at, egui::Align2::LEFT_CENTER, "Search", body, tokens.text_secondary);
    // There is room for the word alone where many tabs stand beside it.
    if width > 120.0 {
        let small = egui::TextStyle::Small.resolve(ui.style());
        let keys = keys_of("Find a command");
        painter.text(inner.right_center(), egui::Align2::RIGHT_CENTER, keys, small, tokens.text_secondary);
    }
    if response.on_hover_text("Find commands, features and points by name").clicked() {
        cx.push(Command::Dialog(Some(Dialog::Palette)));
    }
}

/// The running job in a few words; a click opens the log.
fn chip(ui: &mut egui::Ui, cx: &mut Cx, job: &JobStatus) {
    let tokens = tokens(ui);
    let share = job.progress.as_ref().and_then(|p| Some(p.done as f32 / p.total.filter(|t| *t > 0)? as f32));
    let state = match job.state {
        JobState::Paused => "paused".to_owned(),
        JobState::Stopping => "stopping".to_owned(),
        JobState::Cancelling => "cancelling".to_owned(),
        JobState::Queued => "waiting".to_owned(),
        _ => share.map(|s| format::percent(f64::from(s))).unwrap_or_default(),
    };
    let text = if state.is_empty() { job.title.clone() } else { format!("{} \u{b7} {state}", job.title) };
    // As many letters as there is room for between the tabs and the search, or how far it is alone.
    let room = ((ui.available_width() - 60.0) / 7.0).max(0.0) as usize;
    let text = if room < 12 { state } else { format::elide(&text, room.min(34)) };
    let button = Button::new((fonts::icon(icons::CLOCK, 13.0).color(tokens.info.text), text.as_str()))
        .fill(tokens.info.fill)
        .stroke(egui::Stroke::new(1.0, tokens.info.edge))
        .corner_radius(radius::FULL);
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Job: {text}")));
    let stage = job.progress.as_ref().map(|p| p.stage.clone()).unwrap_or_default();
    if response.on_hover_text(format!("{}\n{stage}\nA click shows where it belongs", job.title)).clicked() {
        cx.push(Command::Show(match job.area {
            crate::app::Area::Train => Screen::Train,
            crate::app::Area::Inspect => Screen::Inspect,
            crate::app::Area::Features | crate::app::Area::Document | crate::app::Area::Transfer => Screen::Features,
            crate::app::Area::Search => Screen::Search,
            crate::app::Area::Compare => Screen::Compare,
            crate::app::Area::Start => Screen::Start,
        }));
    }
}

fn theme(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let dark = tokens(ui).dark;
    let (glyph, name, next) = if dark {
        (icons::SUN, "Light theme", ThemeChoice::Light)
    } else {
        (icons::MOON, "Dark theme", ThemeChoice::Dark)
    };
    let tip = match app.settings.theme {
        ThemeChoice::System => format!("{name}; now as the system has it"),
        _ => name.to_owned(),
    };
    icon(ui, cx, glyph, name, true, Command::Settings(Change::Theme(next)), &tip);
}
