//! Where a score lies among those of a collection.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Mesh, Rect, Response, Role, Sense, Shape, Stroke, Ui, Widget, WidgetInfo,
    lerp, pos2, remap_clamp, vec2,
};

use super::{
    super::{
        fonts::{self, text},
        format,
        theme::{Tokens, radius, size, space, tokens},
    },
    paint,
};

const LABELS: f32 = 15.0;

/// A score's place on the histogram of a collection's scores, with the cutoff below which a score is an outlier. Heights
/// are log(1 + count). Give it to [`Ui::add`].
#[must_use = "give it to `ui.add`"]
#[derive(Debug, Clone, Copy)]
pub struct ScorePlace<'a> {
    name: &'a str,
    counts: &'a [u64],
    range: (f32, f32),
    score: f32,
    cutoff: f32,
    tip: &'a str,
    height: f32,
}

impl<'a> ScorePlace<'a> {
    /// The score called `name` among `counts` of equal intervals that fill `range`.
    pub fn new(name: &'a str, counts: &'a [u64], range: (f32, f32), score: f32, cutoff: f32) -> Self {
        Self { name, counts, range, score, cutoff, tip: "", height: 36.0 }
    }

    /// What the score is, its unit, and what is counted.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    fn x(self, inside: Rect, value: f32) -> f32 {
        remap_clamp(value, self.range.0..=self.range.1, inside.left()..=inside.right())
    }

    fn mesh(self, inside: Rect, tokens: &Tokens) -> Mesh {
        let scaled = |count: u64| (count as f64).ln_1p();
        let most = self.counts.iter().map(|count| scaled(*count)).fold(0.0, f64::max);
        let edge = |place: usize| lerp(inside.x_range(), place as f32 / self.counts.len().max(1) as f32);
        let cut = self.x(inside, self.cutoff);
        let below = tokens.sunken.lerp_to_gamma(tokens.danger.text, 0.6);
        let mut mesh = Mesh::default();
        for (place, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height = ((scaled(*count) / most) as f32 * inside.height()).max(1.0);
            let y = inside.bottom() - height..=inside.bottom();
            let (left, right) = (edge(place), edge(place + 1));
            // An interval that the cutoff cuts is drawn in both colours.
            let middle = cut.clamp(left, right);
            for (x, color) in [(left..=middle, below), (middle..=right, tokens.muted)] {
                if x.end() > x.start() {
                    mesh.add_colored_rect(Rect::from_x_y_ranges(x, y.clone()), color);
                }
            }
        }
        mesh
    }

    fn paint(self, ui: &Ui, rect: Rect) {
        let tokens = tokens(ui);
        let bars =
            Rect::from_min_max(pos2(rect.left(), rect.top() + LABELS), pos2(rect.right(), rect.bottom() - LABELS));
        let inside = bars.shrink2(vec2(space::XS, 0.0)).with_min_y(bars.top() + space::XS);
        ui.painter().rect_filled(bars, CornerRadius::same(radius::M), tokens.sunken);
        ui.painter().add(self.mesh(inside, tokens));
        ui.painter().hline(inside.x_range(), bars.bottom() - 0.5, Stroke::new(size::LINE, tokens.border_input));
        let cut = self.x(inside, self.cutoff);
        let line = [pos2(cut, bars.top()), pos2(cut, bars.bottom())];
        ui.painter().extend(Shape::dashed_line(&line, Stroke::new(1.0, tokens.danger.text), 3.0, 2.0));

        let outlier = self.score < self.cutoff;
        let color = if outlier { tokens.danger.text } else { tokens.text };
        let x = self.x(inside, self.score);
        ui.painter().vline(x, bars.y_range(), Stroke::new(2.0, color));
        let tip = pos2(x, bars.top() + 1.0);
        let head = vec![tip, tip + vec2(-4.0, -5.0), tip + vec2(4.0, -5.0)];
        ui.painter().add(Shape::convex_polygon(head, color, Stroke::NONE));
        let font = FontId::new(text::SMALL, fonts::medium_family());
        let score = paint::line(ui, &format::probability(f64::from(self.score)), font, color, rect.width());
        // Beside the mark, on the side where there is room.
        let (at, anchor) = if x + 8.0 + score.size().x < rect.right() {
            (x + 8.0, Align2::LEFT_CENTER)
        } else {
            (x - 8.0, Align2::RIGHT_CENTER)
        };
        paint::place(ui, score, pos2(at, rect.top() + LABELS / 2.0 - 1.0), anchor);
        self.axis(ui, bars, cut, tokens);
    }

    fn axis(self, ui: &Ui, bars: Rect, cut: f32, tokens: &Tokens) {
        let row = bars.bottom() + LABELS / 2.0;
        let small = FontId::proportional(text::SMALL);
        let label = |value: f32, color: Color32| {
            paint::line(ui, &format::probability(f64::from(value)), small.clone(), color, 80.0)
        };
        let cutoff = label(self.cutoff, tokens.danger.text);
        let half = cutoff.size().x / 2.0;
        let x = cut.clamp(bars.left() + half, (bars.right() - half).max(bars.left() + half));
        let taken = paint::place(ui, cutoff, pos2(x, row), Align2::CENTER_CENTER).expand(space::XS);
        for (value, anchor, x) in
            [(self.range.0, Align2::LEFT_CENTER, bars.left()), (self.range.1, Align2::RIGHT_CENTER, bars.right())]
        {
            let label = label(value, tokens.text_secondary);
            if !taken.intersects(anchor.anchor_size(pos2(x, row), label.size())) {
                paint::place(ui, label, pos2(x, row), anchor);
            }
        }
    }
}

impl Widget for ScorePlace<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let wanted = vec2(ui.available_width(), 2.0 * LABELS + self.height);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
        response.widget_info(|| {
            let [score, cutoff] = [self.score, self.cutoff].map(|value| format::probability(f64::from(value)));
            WidgetInfo::labeled(Role::Figure, ui.is_enabled(), format!("{}: {score}, cutoff {cutoff}", self.name))
        });
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect);
        }
        paint::tip(response, self.tip)
    }
}
