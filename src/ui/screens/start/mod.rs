//! The start screen: at the left what was open before, at the right the ways to begin, or the one that was chosen.

mod demo;
mod files;
mod import;
mod listing;
mod parts;
mod recents;
mod ways;

use eframe::egui::{self, Frame, Margin, Panel, Rect, ScrollArea, UiBuilder, pos2};

use crate::app::App;
use crate::app::start::Page;
use crate::ui::Cx;
use crate::ui::theme::{space, tokens};

/// The narrowest room for two columns.
const TWO_COLUMNS: f32 = 700.0;
/// The widest page.
const WIDEST: f32 = 820.0;

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let known = !app.settings.collections.is_empty() || !app.settings.encoders.is_empty();
    let room = ui.available_width();
    if known && room >= TWO_COLUMNS {
        let width = (room * 0.32).clamp(250.0, 360.0);
        let frame =
            Frame::new().fill(tokens(ui).raised).inner_margin(Margin::symmetric(space::M as i8, space::L as i8));
        Panel::left("recents").resizable(false).exact_size(width).frame(frame).show(ui, |ui| {
            ScrollArea::vertical().id_salt("recents").auto_shrink(false).show(ui, |ui| recents::show(ui, app, cx));
        });
    }
    let below = known && room < TWO_COLUMNS;
    ScrollArea::vertical().id_salt("page").auto_shrink(false).show(ui, |ui| {
        let room = ui.available_rect_before_wrap();
        let width = (room.width() - 2.0 * space::XL).min(WIDEST);
        let left = room.left() + ((room.width() - width) / 2.0).floor();
        let top = room.top() + space::XL;
        let middle = Rect::from_min_max(pos2(left, top), pos2(left + width, room.bottom()));
        ui.scope_builder(UiBuilder::new().max_rect(middle), |ui| {
            page(ui, app, cx, !known);
            if below {
                ui.add_space(space::XL);
                recents::show(ui, app, cx);
            }
            ui.add_space(space::XL);
        });
    });
}

fn page(ui: &mut egui::Ui, app: &App, cx: &mut Cx, first: bool) {
    ui.push_id(app.start.page, |ui| match app.start.page {
        Page::Ways => ways::show(ui, app, cx, first),
        Page::Server => listing::server(ui, app, cx),
        Page::Store => listing::store(ui, app, cx),
        Page::Vectors => files::vectors(ui, app, cx),
        Page::Encoder => files::encoder(ui, app, cx),
        Page::Import => import::show(ui, app, cx),
        Page::Demo => demo::show(ui, app, cx),
    });
}
