//! The four zones around a screen: the bar at the top, collections and encoders at the left, what is selected at the
//! right, jobs and messages at the bottom; and what stands over everything.

pub mod bottom;
pub mod dialogs;
pub mod left;
pub mod palette;
pub mod right;
pub mod top;

use eframe::egui::{self, Align2, Area, Frame, Id, Margin, Order, ScrollArea, Stroke, UiBuilder};

use super::theme::{radius, space, tokens};
use super::{fonts, icons};
use crate::app::{App, Screen};

/// The frame of the middle zone.
pub fn central(ui: &egui::Ui) -> Frame {
    Frame::new().fill(tokens(ui).base)
}

/// The frame of a side zone.
fn side(ui: &egui::Ui) -> Frame {
    Frame::new().fill(tokens(ui).raised).inner_margin(Margin::same(space::M as i8))
}

/// Scrolls what is in a side zone, within the zone: what is too wide is cut, and never makes the zone wider.
fn within(ui: &mut egui::Ui, contents: impl FnOnce(&mut egui::Ui)) {
    let rect = ui.available_rect_before_wrap();
    let mut inside = ui.new_child(UiBuilder::new().max_rect(rect));
    inside.set_clip_rect(rect.intersect(ui.clip_rect()));
    ScrollArea::vertical().auto_shrink(false).show(&mut inside, contents);
    ui.advance_cursor_after_rect(rect);
}

/// Shown while files hang over the window: what letting them go will do.
pub fn drop_hint(ctx: &egui::Context, app: &App) {
    let hovering = ctx.input(|i| i.raw.hovered_files.len());
    if hovering == 0 {
        return;
    }
    let text = match (app.view.place.screen, app.document.encoder()) {
        (Screen::Start, _) => "Drop to open or import",
        (Screen::Search, _) if app.document.open.is_some() => "Drop to search by it",
        (Screen::Compare, _) if app.compare.pair().is_some() => "Drop to see it through both encoders",
        (_, Some(_)) => "Drop to inspect",
        (_, None) => "Open a collection and an encoder to inspect what you drop",
    };
    let tokens = tokens(ctx);
    let rect = ctx.content_rect();
    let painter = ctx.layer_painter(egui::LayerId::new(Order::Foreground, Id::unique("drop hint")));
    painter.rect_filled(rect, 0, tokens.base.gamma_multiply(0.85));
    let edge = Stroke::new(2.0, tokens.accent_text);
    painter.rect_stroke(rect.shrink(space::L), radius::L, edge, egui::StrokeKind::Inside);
    Area::new(Id::unique("drop words")).order(Order::Tooltip).anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(
        ctx,
        |ui| {
            ui.vertical_centered(|ui| {
                ui.label(fonts::icon(icons::DROP, 40.0).color(tokens.accent_text));
                ui.add_space(space::S);
                ui.label(fonts::title(text));
            });
        },
    );
}
