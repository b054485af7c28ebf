//! The outputs of one block, as bars.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Mesh, Rect, Response, Role, Sense, Shape, Stroke, Tooltip, Ui, WidgetInfo,
    pos2, vec2,
};

use super::{
    super::{
        fonts::{self, text},
        format,
        theme::{Tokens, radius, size, space, tokens},
    },
    cursor, paint,
};

const HEAD: f32 = 20.0;

/// The V outputs of one block, as bars: the winner in full colour and named above them.
///
/// Tens and thousands of bars are one mesh. Where several fall into one pixel, the largest of them is drawn, so the winner
/// is always seen.
#[must_use = "call `show`"]
#[derive(Clone, Copy)]
pub struct BlockBars<'a> {
    title: &'a str,
    values: &'a [f32],
    color: Color32,
    name: Option<&'a dyn Fn(usize) -> String>,
    height: f32,
    top: f32,
}

/// What the person points at in a block.
#[derive(Debug)]
pub struct BlockBarsResponse {
    /// The drawing.
    pub response: Response,
    /// The place in the block under the pointer or the arrow keys.
    pub hovered: Option<usize>,
    /// The place in the block that was clicked, or chosen with Enter.
    pub clicked: Option<usize>,
    /// Where the bars stand: an output of 0 is at its lower edge, that of [`BlockBars::top`] at its upper one.
    pub inside: Rect,
}

impl<'a> BlockBars<'a> {
    /// The outputs of the block called `title`, each 0 to 1, in the block's colour.
    pub fn new(title: &'a str, values: &'a [f32], color: Color32) -> Self {
        Self { title, values, color, name: None, height: 56.0, top: 1.0 }
    }

    /// How the feature at a place of the block is called; otherwise it is its number.
    pub fn names(mut self, name: &'a dyn Fn(usize) -> String) -> Self {
        self.name = Some(name);
        self
    }

    /// Height of the bars, in points.
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// The output at the upper edge: 1 unless said otherwise. Blocks side by side are given the same.
    pub fn top(mut self, top: f32) -> Self {
        self.top = top;
        self
    }

    fn named(self, place: usize) -> String {
        self.name.map_or_else(|| format!("feature {place}"), |name| name(place))
    }

    /// Shows them over the whole width.
    pub fn show(self, ui: &mut Ui) -> BlockBarsResponse {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD + self.height), Sense::click());
        let winner = largest(self.values, 0..self.values.len());
        let told = winner.map(|place| (self.named(place), format::probability(f64::from(self.values[place]))));
        response.widget_info(|| {
            let said = match &told {
                Some((name, value)) => format!("{}: {name} {value} of {} features", self.title, self.values.len()),
                None => format!("{}: no outputs", self.title),
            };
            WidgetInfo::labeled(Role::Figure, ui.is_enabled(), said)
        });
        let bars = Rect::from_min_max(pos2(rect.left(), rect.top() + HEAD), rect.max);
        let inside = bars.shrink2(vec2(space::XS, 0.0)).with_min_y(bars.top() + space::XS);
        let keyed = cursor::cursor(ui, &response, self.values.len(), self.values.len(), winner.unwrap_or(0));
        let pointed = response.hover_pos().filter(|at| bars.contains(*at)).and_then(|at| self.at(inside, at.x));
        let hovered = pointed.or(keyed);
        if ui.is_rect_visible(rect) {
            self.paint(ui, &response, bars, inside, winner, hovered);
            self.head(ui, rect, told.as_ref());
        }
        if let Some(place) = hovered {
            let value = format::probability(f64::from(self.values[place]));
            let tip = format!("{}: {value}\nOutput from 0 to 1. {}, place {place}", self.named(place), self.title);
            Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), response.id, bars).show(|ui| ui.label(tip));
        }
        let clicked = if response.clicked() { hovered } else { None };
        BlockBarsResponse { response, hovered, clicked, inside }
    }

    fn head(self, ui: &Ui, rect: Rect, told: Option<&(String, String)>) {
        let tokens = tokens(ui);
        let middle = rect.top() + HEAD / 2.0 - 1.0;
        let title = FontId::proportional(text::SMALL);
        let title = paint::line(ui, self.title, title, tokens.text_secondary, rect.width() / 2.0);
        let left = paint::place(ui, title, pos2(rect.left(), middle), Align2::LEFT_CENTER).right() + space::S;
        let Some((name, value)) = told else { return };
        let value = paint::line(ui, value, FontId::proportional(text::BODY), tokens.text_secondary, 60.0);
        let right = paint::place(ui, value, pos2(rect.right(), middle), Align2::RIGHT_CENTER).left() - 6.0;
        let font = FontId::new(text::BODY, fonts::medium_family());
        let name = paint::line(ui, name, font, tokens.text, right - left - 14.0);
        let name = paint::place(ui, name, pos2(right, middle), Align2::RIGHT_CENTER);
        ui.painter().circle_filled(pos2(name.left() - 8.0, middle), 4.0, self.color);
    }

    fn paint(
        self,
        ui: &Ui,
        response: &Response,
        bars: Rect,
        inside: Rect,
        winner: Option<usize>,
        hovered: Option<usize>,
    ) {
        let tokens = tokens(ui);
        let round = CornerRadius::same(radius::M);
        ui.painter().rect_filled(bars, round, tokens.sunken);
        if let Some(place) = hovered {
            let (left, right) = edges(self.values.len(), inside, ui.pixels_per_point(), place);
            let column = Rect::from_x_y_ranges(left..=right.max(left + 1.0), bars.y_range());
            ui.painter().rect_filled(column, CornerRadius::ZERO, tokens.control_active);
        }
        let chance = inside.bottom() - inside.height() / (self.values.len() as f32 * self.top).max(1.0);
        if self.values.len() > 1 {
            let line = [pos2(bars.left(), chance), pos2(bars.right(), chance)];
            ui.painter().extend(Shape::dashed_line(&line, Stroke::new(size::LINE, tokens.border_input), 3.0, 3.0));
        }
        ui.painter().add(self.mesh(ui, tokens, inside, winner));
        paint::focus_ring(ui, response, bars, radius::M);
    }

    fn mesh(self, ui: &Ui, tokens: &Tokens, inside: Rect, winner: Option<usize>) -> Mesh {
        let quiet = tokens.sunken.lerp_to_gamma(self.color, 0.5);
        let mut mesh = Mesh::default();
        for (places, left, right) in columns(self.values.len(), inside, ui.pixels_per_point()) {
            let Some(place) = largest(self.values, places.clone()) else { continue };
            let share = (self.values[place] / self.top.max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
            let won = winner.is_some_and(|winner| places.contains(&winner));
            let color = if won { self.color } else { quiet };
            let height = (share * inside.height()).max(if won { 1.0 } else { 0.0 });
            // A winner among thousands is thinner than a person sees.
            let right = if won { right.max(left + 2.0) } else { right };
            let bar = Rect::from_x_y_ranges(left..=right, inside.bottom() - height..=inside.bottom());
            mesh.add_colored_rect(bar, color);
        }
        mesh
    }

    /// The place of the block at `x`: the largest where several share a pixel.
    fn at(self, inside: Rect, x: f32) -> Option<usize> {
        if self.values.is_empty() {
            return None;
        }
        let each = self.values.len() as f32 / inside.width();
        let first = ((x - inside.left()).max(0.0) * each) as usize;
        let first = first.min(self.values.len() - 1);
        largest(self.values, first..(first + each as usize).clamp(first + 1, self.values.len())).or(Some(first))
    }
}

/// The place of the largest number within `places`; the first of equal ones.
fn largest(values: &[f32], places: std::ops::Range<usize>) -> Option<usize> {
    places.filter(|place| values[*place].is_finite()).reduce(
        |best, place| {
            if values[place] > values[best] { place } else { best }
        },
    )
}

/// Left and right of one of `count` equal parts, on whole pixels.
fn edges(count: usize, inside: Rect, scale: f32, place: usize) -> (f32, f32) {
    let edge = |place: usize| {
        let x = inside.left() + inside.width() * place as f32 / count as f32;
        (x * scale).round() / scale
    };
    (edge(place), edge(place + 1))
}

/// The bars: which places each stands for, and its left and right. One a place where there is room, else one a pixel.
fn columns(count: usize, inside: Rect, scale: f32) -> Vec<(std::ops::Range<usize>, f32, f32)> {
    let pixels = ((inside.width() * scale) as usize).max(1);
    let drawn = count.min(pixels);
    let gap = if inside.width() / count as f32 >= 3.0 { 1.0 } else { 0.0 };
    (0..drawn)
        .map(|column| {
            let (left, right) = edges(drawn, inside, scale, column);
            (column * count / drawn..(column + 1) * count / drawn, left, right - gap)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However many there are and however narrow the room is: each output is in exactly one bar, bars do not overlap,
        /// and none is outside.
        #[test]
        fn every_output_is_in_one_bar(count in 1usize..5000, width in 1.0f32..2000.0, scale in 0.5f32..3.0) {
            let inside = Rect::from_min_size(pos2(10.0, 0.0), vec2(width, 50.0));
            let columns = columns(count, inside, scale);
            let mut next = 0;
            let mut x = f32::NEG_INFINITY;
            for (places, left, right) in columns {
                prop_assert_eq!(places.start, next);
                prop_assert!(places.end > places.start);
                next = places.end;
                prop_assert!(left >= x && left <= right + 1.0, "{} {} {}", x, left, right);
                x = right;
                prop_assert!(left >= inside.left() - 1.0 / scale && right <= inside.right() + 1.0 / scale);
            }
            prop_assert_eq!(next, count);
        }

        #[test]
        fn the_pointer_finds_the_bar_it_is_over(count in 1usize..400, place in 0usize..400) {
            let place = place % count;
            let values = vec![0.5; count];
            let inside = Rect::from_min_size(pos2(10.0, 0.0), vec2(1600.0, 50.0));
            let x = inside.left() + inside.width() * (place as f32 + 0.5) / count as f32;
            prop_assert_eq!(BlockBars::new("", &values, Color32::RED).at(inside, x), Some(place));
        }
    }

    #[test]
    fn the_winner_is_the_largest_number() {
        assert_eq!(largest(&[0.1, f32::NAN, 0.7, 0.7], 0..4), Some(2));
        assert_eq!(largest(&[f32::NAN], 0..1), None);
        assert_eq!(largest(&[], 0..0), None);
    }
}
