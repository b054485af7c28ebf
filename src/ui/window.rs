//! The window itself: frames, keys, files that are dropped, and the four zones around a screen.

use std::time::Duration;

use eframe::egui::{self, Context, Event, Key, Modifiers, ThemePreference, ViewportCommand};

use super::frame::{bottom, dialogs, left, right, top};
use super::{Cx, screens};
use crate::app::actions::{ACTIONS, Keys};
use crate::app::settings::{ThemeChoice, WindowSettings};
use crate::app::{App, Change, Command, Screen};
use crate::picture::LoaderSettings;

/// The smallest size that everything is made for, in points.
pub const SMALLEST: [f32; 2] = [1_000.0, 640.0];
/// The size of a first start, in points.
pub const FIRST: [f32; 2] = [1_360.0, 860.0];

/// The window: the state, and what drawing it needs.
pub struct Window {
    /// The state.
    pub app: App,
    cx: Cx,
    palette: dialogs::Palette,
    /// Theme and scale as they were last given to egui.
    given: Option<(ThemeChoice, f32)>,
    /// How long after a frame the next one follows while something goes on.
    pace: Duration,
}

/// [`Window::pace`] where a graphics card draws, and where the processor does, which has the work itself to do, too.
const PACE: Duration = Duration::from_millis(50);
const PACE_IN_SOFTWARE: Duration = Duration::from_millis(400);

impl Window {
    /// Over a state, in egui's context, which [`theme::install`](super::theme::install) has given our look.
    pub fn new(app: App, ctx: &Context) -> Self {
        Self::with_pictures(app, ctx, LoaderSettings::default())
    }

    /// With a loader of pictures of one's own, such as one that keeps no small copies.
    pub fn with_pictures(app: App, ctx: &Context, loader: LoaderSettings) -> Self {
        // Our own keys do it, and remember it.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        Self { app, cx: Cx::new(ctx, loader), palette: dialogs::Palette::default(), given: None, pace: PACE }
    }

    /// For a window that the processor draws: what goes on is seen in fewer frames, and nothing moves that need not, so
    /// that a training has the cores. What a person does is answered at once, as before.
    pub fn drawn_in_software(self, ctx: &Context) -> Self {
        ctx.all_styles_mut(|style| style.animation_time = 0.0);
        Self { pace: PACE_IN_SOFTWARE, ..self }
    }

    /// What is done before a frame: events of workers, keys, files dropped.
    pub fn logic(&mut self, ctx: &Context) {
        self.app.tick();
        self.cx.tick(ctx);
        self.keys(ctx);
        self.incoming(ctx);
        self.remember_window(ctx);
        if ctx.input(|i| i.viewport().close_requested()) && !self.app.closing() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.app.handle(Command::Quit);
        }
        if self.app.closing() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        self.obey();
        let settings = (self.app.settings.theme, self.app.settings.scale);
        if self.given != Some(settings) {
            self.given = Some(settings);
            ctx.set_theme(match settings.0 {
                ThemeChoice::System => ThemePreference::System,
                ThemeChoice::Dark => ThemePreference::Dark,
                ThemeChoice::Light => ThemePreference::Light,
            });
            ctx.set_zoom_factor(settings.1);
        }
        if let Some(wait) = self.app.look_again() {
            let least = if self.pace == PACE { Duration::from_millis(16) } else { self.pace };
            ctx.request_repaint_after(wait.max(least));
        }
    }

    /// Draws a frame.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let (app, cx) = (&self.app, &mut self.cx);
        top::show(ui, app, cx);
        bottom::show(ui, app, cx);
        // The start screen has the lists of the left panel itself, and nothing that could be selected.
        if app.view.place.screen != Screen::Start {
            left::show(ui, app, cx);
            right::show(ui, app, cx);
        }
        egui::CentralPanel::default().frame(super::frame::central(ui)).show(ui, |ui| match app.view.place.screen {
            Screen::Start => screens::start::show(ui, app, cx),
            Screen::Train => screens::train::show(ui, app, cx),
            Screen::Inspect => screens::inspect::show(ui, app, cx),
            Screen::Features => screens::features::show(ui, app, cx),
            Screen::Search => screens::search::show(ui, app, cx),
            Screen::Compare => screens::compare::show(ui, app, cx),
        });
        dialogs::show(ui.ctx(), app, cx, &mut self.palette);
        super::frame::drop_hint(ui.ctx(), app);
        self.obey();
        if self.app.look_again().is_some() {
            ui.ctx().request_repaint_after(self.pace);
        }
    }

    /// Does what screens asked for.
    fn obey(&mut self) {
        for command in self.cx.take() {
            self.app.handle(command);
        }
    }

    fn keys(&mut self, ctx: &Context) {
        let typing = ctx.text_edit_focused();
        for action in ACTIONS {
            let Some(keys) = action.keys else { continue };
            if typing && !action.while_typing && keys.key != "Escape" {
                continue;
            }
            // A text field has its own undo.
            if typing && matches!(keys.key, "Z") {
                continue;
            }
            if pressed(ctx, keys)
                && let Some(command) = (action.command)(&self.app)
            {
                self.cx.push(command);
            }
        }
    }

    /// What is dropped or pasted anywhere.
    fn incoming(&mut self, ctx: &Context) {
        let files = ctx.input(|i| i.raw.dropped_files.clone());
        screens::dropped(&self.app, &mut self.cx, &files);
        screens::pasted(ctx, &self.app, &mut self.cx);
    }

    fn remember_window(&mut self, ctx: &Context) {
        let (inner, outer, maximized) = ctx.input(|i| {
            let viewport = i.viewport();
            (viewport.inner_rect, viewport.outer_rect, viewport.maximized.unwrap_or(false))
        });
        let Some(inner) = inner else { return };
        let zoom = ctx.zoom_factor();
        let size = |s: egui::Vec2| [(s.x * zoom).round(), (s.y * zoom).round()];
        let mut now =
            WindowSettings { size: size(inner.size()), position: outer.map(|r| size(r.min.to_vec2())), maximized };
        if let (true, Some(before)) = (maximized, self.app.settings.window) {
            // The size to go back to.
            (now.size, now.position) = (before.size, before.position);
        }
        if self.app.settings.window != Some(now) {
            self.cx.push(Command::Settings(Change::Window(now)));
        }
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        Window::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}

/// Whether a key was pressed in this frame; nothing else hears it then.
fn pressed(ctx: &Context, keys: Keys) -> bool {
    let mut modifiers = Modifiers::NONE;
    if keys.ctrl {
        modifiers |= Modifiers::COMMAND;
    }
    if keys.shift {
        modifiers |= Modifiers::SHIFT;
    }
    if keys.alt {
        modifiers |= Modifiers::ALT;
    }
    // The question mark is typed with Shift on many keyboards, and without on others.
    if keys.key == "?" {
        return ctx.input_mut(|i| {
            let before = i.events.len();
            i.events.retain(|event| !matches!(event, Event::Text(text) if text == "?"));
            before != i.events.len()
        });
    }
    // Egui takes a key with Shift for the key alone, too; with letters, those are two.
    if !keys.shift && keys.key != "+" && ctx.input(|i| i.modifiers.shift) {
        return false;
    }
    // On many keyboards the plus sign is the equals sign with Shift.
    let names = if keys.key == "+" { &["+", "="][..] } else { &[keys.key][..] };
    names.iter().filter_map(|name| Key::from_name(name)).any(|key| ctx.input_mut(|i| i.consume_key(modifiers, key)))
}

/// The keys of a command, as the system writes them.
pub fn keys_of(command: &str) -> String {
    ACTIONS.iter().find(|a| a.name == command).and_then(|a| a.keys).map(|k| k.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn egui_knows_every_key_of_an_action() {
        for keys in ACTIONS.iter().filter_map(|a| a.keys) {
            assert!(Key::from_name(keys.key).is_some(), "{keys}");
        }
    }
}
