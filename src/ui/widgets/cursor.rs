//! Moving with the arrow keys between the parts of a drawing that has the keyboard.

use eframe::egui::{EventFilter, Key, Response, Ui};

/// The part of `count` that the arrow keys are at, while `response` has the keyboard. `columns` parts stand in a row; up
/// and down move by rows, Home and End go to the ends. It begins at `first`.
pub(super) fn cursor(ui: &Ui, response: &Response, count: usize, columns: usize, first: usize) -> Option<usize> {
    if !response.has_focus() || count == 0 {
        return None;
    }
    ui.memory_mut(|memory| {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: count > columns, ..Default::default() };
        memory.set_focus_lock_filter(response.id, arrows);
    });
    let place = ui.data(|data| data.get_temp::<usize>(response.id)).unwrap_or(first).min(count - 1);
    let moved = ui.input(|input| {
        let steps = |forth, back| input.num_presses(forth) as isize - input.num_presses(back) as isize;
        if input.key_pressed(Key::Home) {
            return 0;
        }
        if input.key_pressed(Key::End) {
            return count - 1;
        }
        let rows = if count > columns { steps(Key::ArrowDown, Key::ArrowUp) * columns as isize } else { 0 };
        place.saturating_add_signed(steps(Key::ArrowRight, Key::ArrowLeft) + rows).min(count - 1)
    });
    ui.data_mut(|data| data.insert_temp(response.id, moved));
    Some(moved)
}
