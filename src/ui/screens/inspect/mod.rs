//! The inspect screen: what is inspected stands on cards, side by side on the same axes.

pub(super) mod card;
pub(super) mod cards;
mod choose;
mod empty;
mod figure;
mod head;
mod incoming;
mod offscreen;
mod outliers;
mod own;
mod panel;

use eframe::egui::{self, Frame, Margin};

pub use choose::show as choose;
pub use figure::draw as draw_figure;
pub use incoming::pasted;
pub use own::texture as texture_of;
pub use panel::show as inspector;

use crate::app::inspect::Command;
use crate::app::{App, Command as Any};
use crate::ui::theme::space;
use crate::ui::widgets::Button;
use crate::ui::{Cx, icons};

/// Draws the screen.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let margin = Margin { left: space::L as i8, right: space::S as i8, top: space::M as i8, bottom: 0 };
    Frame::new().inner_margin(margin).show(ui, |ui| {
        let (some, encoder) = (!app.inspect.cards().is_empty(), app.document.encoder().is_some());
        if !some && !encoder {
            return empty::no_encoder(ui, app, cx);
        }
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - space::S);
            head::show(ui, app, cx);
            if !encoder {
                empty::no_encoder_banner(ui, app, cx);
            }
        });
        ui.add_space(space::S);
        if some {
            cards::show(ui, app, cx);
        } else {
            empty::invite(ui, app, cx);
        }
    });
}

/// The button that inspects a point.
pub fn point_button(ui: &mut egui::Ui, cx: &mut Cx, id: crate::point::PointId) {
    let tip = "Shows on a card what every block sees in this point";
    if ui.add(Button::secondary("Inspect").icon(icons::INSPECT).tip(tip)).clicked() {
        cx.push(Any::Inspect(Command::Point(id)));
    }
}
