//! A field to search or filter with.

use eframe::egui::{Key, Margin, Rect, Response, TextEdit, Ui, pos2, vec2};

use super::{
    super::{
        fonts, icons,
        theme::{size, space, tokens},
    },
    button::IconButton,
};

/// A text to search with, `width` points wide, called `name` to a screen reader; `hint` stands there while it is empty.
///
/// A button and Esc empty it. The response tells of a change.
pub fn search(ui: &mut Ui, name: &str, hint: &str, text: &mut String, width: f32) -> Response {
    let tokens = tokens(ui);
    let button = 20.0;
    let filled = !text.is_empty();
    let edit = TextEdit::singleline(text)
        .id_salt(name)
        .hint_text(hint)
        .prefix(fonts::icon(icons::SEARCH, 14.0).color(tokens.text_secondary))
        .margin(Margin { left: 8, right: if filled { 26 } else { 8 }, top: 4, bottom: 4 })
        .min_size(vec2(width, size::CONTROL))
        .desired_width(width - 34.0);
    let mut response = ui.add(edit).accessible_name(name);
    if filled {
        // Esc takes the keyboard away before a field hears of it.
        let escape = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
        let center = pos2(response.rect.right() - space::XS - button / 2.0, response.rect.center().y);
        let place = Rect::from_center_size(center, vec2(button, button));
        if ui.place(place, IconButton::new(icons::CLOSE, "Empty the search").small()).clicked() || escape {
            text.clear();
            response.mark_changed();
            response.request_focus();
        }
    }
    response
}
