//! Features that a word may become, under the field that it is typed in.

use eframe::egui::{
    Align2, FontId, Id, Key, Modifiers, Popup, PopupCloseBehavior, RectAlign, Response, Role, Sense, Ui, WidgetInfo,
    vec2,
};

use crate::app::App;
use crate::ui::screens::features::title;
use crate::ui::theme::{radius, size, space, tokens};
use crate::ui::{Cx, fonts};

/// Takes the keys that choose among features before a field hears of them; call it before the field is drawn. Gives
/// whether the chosen one is to be taken now.
pub fn keys(ui: &Ui, field: Id, offered: &[usize]) -> Option<usize> {
    let id = field.with("chosen");
    if offered.is_empty() || !ui.memory(|memory| memory.has_focus(field)) {
        ui.data_mut(|data| data.remove::<usize>(id));
        return None;
    }
    let chosen = ui.data(|data| data.get_temp::<usize>(id));
    let (moved, taken) = ui.input_mut(|input| {
        let down = input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown) as isize;
        let up = input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp) as isize;
        let tab = input.consume_key(Modifiers::NONE, Key::Tab);
        // Enter takes a feature only where one was chosen: otherwise it means the field's own text.
        (down - up, tab || (chosen.is_some() && input.consume_key(Modifiers::NONE, Key::Enter)))
    });
    let last = offered.len() - 1;
    let now = match (chosen, moved) {
        (None, 0) => None,
        (None, moved) => Some(if moved > 0 { 0 } else { last }),
        (Some(at), moved) => Some(at.saturating_add_signed(moved).min(last)),
    };
    if taken {
        ui.data_mut(|data| data.remove::<usize>(id));
        return offered.get(now.unwrap_or(0)).copied();
    }
    ui.data_mut(|data| match now {
        Some(now) => {
            data.insert_temp(id, now);
        }
        None => data.remove::<usize>(id),
    });
    None
}

/// Draws the features under the field; gives the one that was clicked.
pub fn show(ui: &Ui, field: &Response, app: &App, _cx: &mut Cx, offered: &[usize]) -> Option<usize> {
    let chosen = ui.data(|data| data.get_temp::<usize>(field.id.with("chosen")));
    // A click on a line takes the keyboard from the field before it is known as a click.
    let open = !offered.is_empty() && (field.has_focus() || field.lost_focus() || pressed_inside(ui, field));
    let width = field.rect.width().clamp(180.0, 420.0);
    let shown = Popup::from_response(field)
        .id(field.id.with("offered"))
        .open(open)
        .align(RectAlign::BOTTOM_START)
        .gap(2.0)
        .width(width)
        .close_behavior(PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.set_width(width);
            let mut clicked = None;
            for (at, feature) in offered.iter().enumerate() {
                if line(ui, app, *feature, chosen == Some(at)).clicked() {
                    clicked = Some(*feature);
                }
            }
            clicked
        });
    let rect = shown.as_ref().map(|shown| shown.response.rect);
    ui.data_mut(|data| data.insert_temp(field.id.with("place"), rect));
    shown.and_then(|shown| shown.inner)
}

/// Whether the pointer is pressed on what is offered.
fn pressed_inside(ui: &Ui, field: &Response) -> bool {
    let place = ui.data(|data| data.get_temp::<Option<eframe::egui::Rect>>(field.id.with("place"))).flatten();
    let at = ui.ctx().pointer_latest_pos();
    let busy = ui.input(|input| input.pointer.any_down() || input.pointer.any_released());
    busy && place.zip(at).is_some_and(|(place, at)| place.contains(at))
}

/// A feature in a line: its block's colour, its index and its name.
fn line(ui: &mut Ui, app: &App, feature: usize, chosen: bool) -> Response {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    let name = title(app, feature);
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, true, chosen, &name));
    if chosen || response.hovered() {
        let fill = if chosen { tokens.selection } else { tokens.control_hover };
        ui.painter().rect_filled(rect, radius::S, fill);
    }
    let size = app.document.encoder().map_or(1, |open| open.encoder.block_size()).max(1);
    let middle = rect.left_center();
    ui.painter().circle_filled(middle + vec2(space::S + 2.0, 0.0), 4.0, tokens.block(feature / size));
    let painter = ui.painter_at(rect.shrink2(vec2(space::XS, 0.0)));
    let font = FontId::new(fonts::text::BODY, fonts::medium_family());
    painter.text(middle + vec2(space::L + 4.0, 0.0), Align2::LEFT_CENTER, name, font, tokens.text);
    response
}
