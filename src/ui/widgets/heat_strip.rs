//! Many numbers as colours: one a feature, or features over epochs.

use eframe::egui::{
    ColorImage, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions, Tooltip,
    Ui, WidgetInfo, pos2, vec2,
};

use super::{
    super::theme::{Tokens, radius, tokens},
    cursor, paint,
};

/// What a strip shows.
#[derive(Clone, Copy)]
pub struct HeatData<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The numbers, row by row. Those that are none stay empty.
    pub values: &'a [f32],
    /// How many numbers are in a row.
    pub columns: usize,
    /// The hottest value.
    pub top: f32,
    /// Whether 0 stays empty too, such as the use of a feature that is dead.
    pub empty_at_zero: bool,
    /// Another number whenever `values` are others: the picture is made anew then.
    pub version: u64,
    /// Height in points.
    pub height: f32,
    /// What the cell at a row and a column is, with its value and unit.
    pub tip: &'a dyn Fn(usize, usize) -> String,
}

/// What the person points at in a strip.
#[derive(Debug)]
pub struct HeatResponse {
    /// The drawing.
    pub response: Response,
    /// Row and column under the pointer or the arrow keys.
    pub hovered: Option<(usize, usize)>,
    /// Row and column that were clicked, or chosen with Enter.
    pub clicked: Option<(usize, usize)>,
}

/// A strip of colours. It keeps its picture between frames.
#[derive(Default)]
pub struct HeatStrip {
    texture: Option<TextureHandle>,
    /// What the picture was made of: version, values, columns, pixels, and whether the theme is dark.
    made: Option<(u64, usize, usize, [usize; 2], bool)>,
}

impl HeatStrip {
    /// Shows `data` over the whole width.
    pub fn show(&mut self, ui: &mut Ui, data: HeatData<'_>) -> HeatResponse {
        let columns = data.columns.max(1);
        let rows = data.values.len() / columns;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), data.height), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Figure, ui.is_enabled(), data.name));
        let keyed = cursor::cursor(ui, &response, rows * columns, columns, 0);
        let pointed = response.hover_pos().filter(|at| rows > 0 && rect.contains(*at)).map(|at| {
            let share = (at - rect.min) / rect.size();
            let part = |share: f32, count: usize| ((share * count as f32) as usize).min(count - 1);
            part(share.y, rows) * columns + part(share.x, columns)
        });
        let hovered = pointed.or(keyed).map(|cell| (cell / columns, cell % columns));
        if ui.is_rect_visible(rect) {
            let tokens = tokens(ui);
            let round = CornerRadius::same(radius::S);
            ui.painter().rect_filled(rect, round, tokens.sunken);
            if rows > 0 {
                let room = rect.size() * ui.pixels_per_point();
                let cells = [columns.min(room.x.ceil().max(1.0) as usize), rows.min(room.y.ceil().max(1.0) as usize)];
                self.refresh(ui, tokens, &data, cells);
            }
            if let Some(texture) = self.texture.as_ref().filter(|_| rows > 0) {
                let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                paint::picture(ui, texture.id(), all, rect, round);
            }
            if let Some((row, column)) = hovered {
                let cell = vec2(rect.width() / columns as f32, rect.height() / rows as f32);
                let corner = rect.min + vec2(cell.x * column as f32, cell.y * row as f32);
                let mark = Rect::from_min_size(corner, cell.max(vec2(3.0, 3.0)));
                ui.painter().rect_stroke(mark, 0, Stroke::new(1.5, tokens.text), StrokeKind::Outside);
            }
            ui.painter().rect_stroke(rect, round, tokens.hairline(), StrokeKind::Inside);
            paint::focus_ring(ui, &response, rect, radius::S);
        }
        if let Some((row, column)) = hovered {
            let tip = (data.tip)(row, column);
            Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, rect).show(|ui| ui.label(tip));
        }
        let clicked = if response.clicked() { hovered } else { None };
        HeatResponse { response, hovered, clicked }
    }

    fn refresh(&mut self, ui: &Ui, tokens: &Tokens, data: &HeatData<'_>, size: [usize; 2]) {
        let made = (data.version, data.values.len(), data.columns, size, tokens.dark);
        if self.made == Some(made) && self.texture.is_some() {
            return;
        }
        let image = picture(tokens, data, size);
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::NEAREST),
            None => self.texture = Some(ui.load_texture("heat strip", image, TextureOptions::NEAREST)),
        }
        self.made = Some(made);
    }
}

/// A picture of `width` x `height` pixels. Where that is fewer than there are cells, the largest of several stands for
/// them, so that what is hot is seen however small the strip is.
fn picture(tokens: &Tokens, data: &HeatData<'_>, [width, height]: [usize; 2]) -> ColorImage {
    let columns = data.columns.max(1);
    let rows = data.values.len() / columns;
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let cells = (y * rows / height..(y + 1) * rows / height).flat_map(|row| {
                (x * columns / width..(x + 1) * columns / width).map(move |column| row * columns + column)
            });
            let hottest = cells.map(|cell| data.values[cell]).filter(|value| value.is_finite()).reduce(f32::max);
            pixels.push(match hottest {
                Some(value) if value > 0.0 || !data.empty_at_zero => tokens.heat(value / data.top),
                _ => tokens.sunken,
            });
        }
    }
    ColorImage::new([width, height], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::DARK;

    fn made(values: &[f32], columns: usize, empty_at_zero: bool, size: [usize; 2]) -> ColorImage {
        let tip = |_: usize, _: usize| String::new();
        let data = HeatData { name: "", values, columns, top: 2.0, empty_at_zero, version: 0, height: 8.0, tip: &tip };
        picture(&DARK, &data, size)
    }

    #[test]
    fn a_cell_is_as_hot_as_its_value() {
        let image = made(&[0.0, 1.0, 2.0, f32::NAN], 2, false, [2, 2]);
        assert_eq!(image.pixels, [DARK.heat(0.0), DARK.heat(0.5), DARK.heat(1.0), DARK.sunken]);
        assert_eq!(made(&[0.0, 1.0], 2, true, [2, 1]).pixels[0], DARK.sunken, "what is never used stays empty");
    }

    #[test]
    fn the_hottest_cell_is_seen_however_small_the_strip_is() {
        for hot in 0..1000 {
            let mut values = vec![0.0; 1000];
            values[hot] = 2.0;
            for size in [[1, 1], [7, 3], [99, 10]] {
                let image = made(&values, 100, false, size);
                assert_eq!(image.pixels.iter().filter(|pixel| **pixel == DARK.heat(1.0)).count(), 1, "{hot} {size:?}");
            }
        }
    }
}
