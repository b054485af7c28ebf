//! The palette: commands, features, points and collections by name.

use eframe::egui::{self, Align, Area, Button, Context, Id, Key, Modifiers, Order, ScrollArea, TextEdit, vec2};

use super::super::theme::{size, space, tokens};
use super::super::{Cx, fonts, icons};
use crate::app::actions::{find, fits};
use crate::app::document::{self, place, title};
use crate::app::{App, Command, Selected};
use crate::point::PointId;

/// Lines that are shown at most.
const LINES: usize = 60;

/// What is typed, and which line is chosen.
#[derive(Default)]
pub struct Palette {
    typed: String,
    chosen: usize,
    open: bool,
}

struct Line {
    glyph: &'static str,
    name: String,
    right: String,
    command: Option<Command>,
}

impl Palette {
    /// Forgets what was typed.
    pub fn close(&mut self) {
        if self.open {
            *self = Self::default();
        }
    }

    /// Draws it.
    pub fn show(&mut self, ctx: &Context, app: &App, cx: &mut Cx) {
        let first = !self.open;
        self.open = true;
        let lines = lines(app, self.typed.trim());
        let moved = ctx.input_mut(|i| {
            let down = i.count_and_consume_key(Modifiers::NONE, Key::ArrowDown) as isize;
            let up = i.count_and_consume_key(Modifiers::NONE, Key::ArrowUp) as isize;
            down - up
        });
        let last = lines.len().saturating_sub(1);
        self.chosen = self.chosen.min(last).saturating_add_signed(moved).min(last);
        let mut done = None;
        if ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter)) {
            done = lines.get(self.chosen).and_then(|line| line.command.clone());
        }
        let screen = ctx.content_rect();
        let width = (screen.width() - 80.0).min(560.0);
        let area = Area::new(Id::unique("palette")).order(Order::Foreground);
        let shown = area.fixed_pos([screen.center().x - width / 2.0, screen.top() + 60.0]).show(ctx, |ui| {
            egui::Frame::window(ui.style()).show(ui, |ui| {
                ui.set_width(width);
                let edit = TextEdit::singleline(&mut self.typed)
                    .hint_text("Find a command, a feature, a point or a collection")
                    .desired_width(f32::INFINITY)
                    .id_salt("palette text");
                let response = ui.add(edit);
                if first {
                    response.request_focus();
                }
                if response.changed() {
                    self.chosen = 0;
                }
                ui.add_space(space::S);
                ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
                    for (i, line) in lines.iter().enumerate() {
                        let response = draw(ui, i, line, i == self.chosen);
                        if i == self.chosen && moved != 0 {
                            response.scroll_to_me(Some(Align::Center));
                        }
                        if response.clicked() {
                            done = line.command.clone();
                        }
                    }
                    if lines.is_empty() {
                        ui.label("Nothing of that name.");
                    }
                });
            });
        });
        let away = ctx.input(|i| i.pointer.any_pressed())
            && ctx.pointer_latest_pos().is_some_and(|at| !shown.response.rect.contains(at));
        if let Some(command) = done {
            cx.push(Command::Dialog(None));
            cx.push(command);
        } else if away && !first {
            cx.push(Command::Dialog(None));
        }
    }
}

fn draw(ui: &mut egui::Ui, i: usize, line: &Line, chosen: bool) -> egui::Response {
    let tokens = tokens(ui);
    let enabled = line.command.is_some();
    let colour = if enabled { tokens.text } else { tokens.text_disabled };
    let button = Button::new((
        fonts::icon(line.glyph, size::ICON).color(tokens.text_secondary),
        egui::RichText::new(&line.name).color(colour),
    ))
    .right_text(egui::RichText::new(&line.right).small().color(tokens.text_secondary))
    .fill(if chosen { tokens.selection } else { egui::Color32::TRANSPARENT })
    .frame_when_inactive(chosen)
    .min_size(vec2(ui.available_width(), size::ROW));
    let response = ui.push_id(i, |ui| ui.add_enabled(enabled, button)).inner;
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, enabled, chosen, &line.name));
    response
}

fn lines(app: &App, typed: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let (Ok(id), Some(_)) = (typed.parse::<PointId>(), &app.document.open) {
        lines.push(Line {
            glyph: icons::IMAGE,
            name: format!("Point {id}"),
            right: "point".into(),
            command: Some(Command::Select(Selected::Point(id))),
        });
    }
    if !typed.is_empty() {
        lines.extend(features(app, typed));
    }
    for known in &app.settings.collections {
        let name = title(&known.collection);
        if !typed.is_empty() && fits(&name, typed).is_some() {
            let open = document::Command::Open {
                collection: Box::new(known.collection.clone()),
                encoder: None,
                then: Some(app.view.place.screen),
            };
            lines.push(Line {
                glyph: icons::DATABASE,
                name: format!("Open {name}"),
                right: super::super::format::elide(&place(&known.collection), 40),
                command: Some(Command::Document(open)),
            });
        }
    }
    lines.extend(find(app, typed).into_iter().map(|(action, command)| Line {
        glyph: icons::COMMAND,
        name: action.name.to_owned(),
        right: action.keys.map(|k| k.to_string()).unwrap_or_else(|| action.group.to_owned()),
        command,
    }));
    lines.truncate(LINES);
    lines
}

/// Features whose name fits, or whose number is typed.
fn features(app: &App, typed: &str) -> Vec<Line> {
    let Some(encoder) = app.document.encoder() else { return Vec::new() };
    let line = |index: usize, name: &str| Line {
        glyph: icons::BLOCKS,
        name: if name.is_empty() { format!("Feature {index}") } else { format!("Feature {index}: {name}") },
        right: "feature".into(),
        command: Some(Command::Feature(index)),
    };
    let number = typed.trim_start_matches("feature").trim().parse::<usize>().ok();
    let mut found: Vec<Line> = Vec::new();
    if let Some(index) = number.filter(|i| *i < encoder.encoder.outputs()) {
        found.push(line(index, app.document.name(index).unwrap_or_default()));
    }
    let mut named: Vec<(i32, Line)> = app
        .document
        .names()
        .filter(|(index, _)| Some(*index) != number)
        .filter_map(|(index, name)| Some((fits(name, typed)?, line(index, name))))
        .collect();
    named.sort_by_key(|(score, _)| -score);
    found.extend(named.into_iter().map(|(_, line)| line).take(12));
    found
}
