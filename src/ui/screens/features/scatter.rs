//! How often each feature fires against how strongly: a dot a feature. A rectangle drawn over it filters the table.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, ColorImage, CursorIcon, FontId, Id, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke,
    StrokeKind, TextureHandle, TextureOptions, WidgetInfo, pos2, vec2,
};

use super::super::super::fonts::text;
use super::super::super::theme::{Tokens, radius, space, tokens};
use super::super::super::widgets::{Segment, segmented};
use super::super::super::{Cx, format};
use super::name;
use crate::app::features::{Axes, Brush, Command, Frequency, Scatter, Strength};
use crate::app::{App, Selected};
use crate::features::FeatureIndex;

/// Room for what the axes say, in points.
const LEFT: f32 = 34.0;
const BOTTOM: f32 = 34.0;
/// A dot is named when the pointer is so near, in points.
const NEAR: f32 = 10.0;
/// A shorter drag is a click, in points.
const DRAG: f32 = 4.0;

/// Draws it over the room that is there.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let Some(index) = app.features.index() else { return };
    axes(ui, app, cx);
    ui.add_space(space::XS);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let plot = Rect::from_min_max(rect.min + vec2(LEFT, space::S), rect.max - vec2(space::S, BOTTOM));
    let plot = Plot { app, index, rect: plot, tokens: tokens(ui) };
    let said = format!(
        "Scatter of {}: {} to the right, {} upwards",
        format::counted(index.features() as u64, "feature"),
        plot.axes().frequency.title(),
        plot.axes().strength.title()
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &said));
    if !ui.is_rect_visible(rect) || plot.rect.width() < 20.0 || plot.rect.height() < 20.0 {
        return;
    }
    plot.grid(ui);
    plot.dots(ui);
    if let Some(brush) = &app.features.table.lens.brush {
        plot.frame(ui, plot.of_brush(brush), true);
    }
    if let Selected::Feature(feature) = app.view.place.selected {
        plot.ring(ui, feature, plot.tokens.text);
    }
    plot.answer(ui, cx, &response);
}

trait Titled {
    fn title(self) -> &'static str;
}

impl Titled for Frequency {
    fn title(self) -> &'static str {
        match self {
            Self::Wins => "Win rate",
            Self::Density => "Density",
        }
    }
}

impl Titled for Strength {
    fn title(self) -> &'static str {
        match self {
            Self::Max => "Max",
            Self::Mean => "Mean",
        }
    }
}

/// Which values are on the axes.
fn axes(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let before = app.features.table.lens.axes;
    let Axes { mut frequency, mut strength } = before;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let segment = |value: Frequency, tip| Segment { value, name: value.title(), tip };
        let often = [
            segment(Frequency::Wins, "To the right: share of points for which a feature wins its block"),
            segment(Frequency::Density, "To the right: share of points above the threshold"),
        ];
        segmented(ui, "Frequency", &mut frequency, &often);
        let segment = |value: Strength, tip| Segment { value, name: value.title(), tip };
        let strong = [
            segment(Strength::Max, "Upwards: largest activation, 0 to 1"),
            segment(Strength::Mean, "Upwards: mean activation, 0 to 1"),
        ];
        segmented(ui, "Strength", &mut strength, &strong);
    });
    let now = Axes { frequency, strength };
    if now != before {
        cx.push(Command::Axes(now).into());
    }
}

struct Plot<'a> {
    app: &'a App,
    index: &'a FeatureIndex,
    rect: Rect,
    tokens: &'static Tokens,
}

impl Plot<'_> {
    fn scatter(&self) -> &Scatter {
        self.app.features.table.scatter()
    }

    fn axes(&self) -> Axes {
        self.app.features.table.lens.axes
    }

    fn at(&self, [right, up]: [f32; 2]) -> Pos2 {
        pos2(self.rect.left() + right * self.rect.width(), self.rect.bottom() - up * self.rect.height())
    }

    /// The place under a point of the screen, in shares of width and height.
    fn share(&self, at: Pos2) -> [f32; 2] {
        let right = ((at.x - self.rect.left()) / self.rect.width()).clamp(0.0, 1.0);
        let up = ((self.rect.bottom() - at.y) / self.rect.height()).clamp(0.0, 1.0);
        [right, up]
    }

    fn of_brush(&self, brush: &Brush) -> Rect {
        let scatter = self.scatter();
        let corner = |i: usize| {
            // Nothing is left of zero, and nothing right of the end.
            let right = if brush.frequency[i] <= 0.0 && i == 0 { 0.0 } else { scatter.right(brush.frequency[i]) };
            self.at([right, scatter.up(brush.strength[i])])
        };
        Rect::from_two_pos(corner(0), corner(1))
    }

    fn grid(&self, ui: &egui::Ui) {
        let (tokens, rect, scatter) = (self.tokens, self.rect, self.scatter());
        let painter = ui.painter();
        painter.rect_filled(rect.expand(space::XS), radius::M, tokens.sunken);
        let small = FontId::proportional(text::SMALL);
        let line = Stroke::new(1.0, tokens.grid);
        let under = rect.bottom() + space::XS + 2.0;
        let mut free = f32::NEG_INFINITY;
        let mut mark = |x: f32, text: String| {
            painter.vline(x, rect.y_range(), line);
            let galley = painter.layout_no_wrap(text, small.clone(), tokens.text_secondary);
            let left = (x - galley.size().x / 2.0).min(rect.right() + space::S - galley.size().x);
            if left > free {
                free = left + galley.size().x + space::S;
                painter.galley(pos2(left, under), galley, tokens.text_secondary);
            }
        };
        mark(self.at([scatter.right(0.0), 0.0]).x, "0".into());
        for decade in (0..=scatter.decades()).rev() {
            let share = 10f64.powi(-decade);
            mark(self.at([scatter.right(share), 0.0]).x, decade_words(decade));
        }
        for step in 0..=4 {
            let strength = scatter.top() * f64::from(step) / 4.0;
            let y = self.at([0.0, scatter.up(strength)]).y;
            painter.hline(rect.x_range(), y, line);
            let words = if step == 0 { "0".to_owned() } else { format::probability(strength) };
            painter.text(pos2(rect.left() - 6.0, y), Align2::RIGHT_CENTER, words, small.clone(), tokens.text_secondary);
        }
        let title = format!("{}, share of points", self.axes().frequency.title());
        let at = pos2(rect.center().x, under + 14.0);
        painter.text(at, Align2::CENTER_TOP, title, small.clone(), tokens.text_secondary);
        if self.axes().frequency == Frequency::Wins {
            let x = self.at([scatter.right(1.0 / self.index.block_size().max(1) as f64), 0.0]).x;
            let stroke = Stroke::new(1.0, tokens.text_secondary);
            painter.extend(Shape::dashed_line(&[pos2(x, rect.top()), pos2(x, rect.bottom())], stroke, 4.0, 3.0));
            painter.text(pos2(x + 3.0, rect.bottom() - 2.0), Align2::LEFT_BOTTOM, "1/V", small, tokens.text_secondary);
        }
    }

    /// The dots in one mesh, which is made anew only where something has changed.
    fn dots(&self, ui: &egui::Ui) {
        #[derive(Clone)]
        struct Kept {
            key: (u64, Rect, bool),
            mesh: Arc<Mesh>,
        }
        let id = Id::unique("dots of features");
        let key = (self.app.features.table.version(), self.rect, self.tokens.dark);
        let kept = ui.data(|data| data.get_temp::<Kept>(id)).filter(|kept| kept.key == key);
        let mesh = kept.map(|kept| kept.mesh).unwrap_or_else(|| {
            let mesh = Arc::new(self.mesh(sprites(ui)));
            ui.data_mut(|data| data.insert_temp(id, Kept { key, mesh: mesh.clone() }));
            mesh
        });
        ui.painter_at(self.rect.expand(space::XS)).add(Shape::Mesh(mesh));
    }

    fn mesh(&self, sprites: TextureHandle) -> Mesh {
        let dots = self.scatter().dots();
        let side = 2.0 * self.radius();
        let mut mesh = Mesh::with_texture(sprites.id());
        // Those that the table does not show lie under the others.
        let hidden = self.scatter().hidden().iter().map(|feature| (feature, false));
        let shown = self.scatter().shown().iter().map(|feature| (feature, true));
        for (feature, shown) in hidden.chain(shown) {
            let Some(dot) = dots.get(*feature as usize) else { continue };
            let colour = match (shown, dot.dead) {
                (false, _) => self.tokens.muted.gamma_multiply(0.35),
                (true, true) => self.tokens.text_secondary,
                (true, false) => self.tokens.block(dot.block as usize).gamma_multiply(0.85),
            };
            // The left half is a disc, the right half a ring.
            let left = if dot.dead { 0.5 } else { 0.0 };
            let uv = Rect::from_min_max(pos2(left, 0.0), pos2(left + 0.5, 1.0));
            let at = Rect::from_center_size(self.at([dot.right, dot.up]), vec2(side, side));
            mesh.add_rect_with_uv(at, uv, colour);
        }
        mesh
    }

    fn radius(&self) -> f32 {
        match self.index.features() {
            0..1_025 => 4.0,
            1_025..8_193 => 3.0,
            _ => 2.0,
        }
    }

    fn ring(&self, ui: &egui::Ui, feature: usize, colour: Color32) {
        if let Some(dot) = self.scatter().dots().get(feature) {
            ui.painter().circle_stroke(self.at([dot.right, dot.up]), self.radius() + 2.5, Stroke::new(1.5, colour));
        }
    }

    fn frame(&self, ui: &egui::Ui, rect: Rect, done: bool) {
        let colour = self.tokens.accent_text;
        let fill = colour.gamma_multiply(if done { 0.08 } else { 0.14 });
        let rect = rect.intersect(self.rect.expand(space::XS));
        ui.painter().rect(rect, 2, fill, Stroke::new(1.0, colour), StrokeKind::Inside);
    }

    /// What the pointer does.
    fn answer(&self, ui: &egui::Ui, cx: &mut Cx, response: &egui::Response) {
        let id = response.id.with("drag");
        let press = ui.input(|input| input.pointer.press_origin());
        if response.drag_started()
            && let Some(from) = press
        {
            ui.data_mut(|data| data.insert_temp(id, from));
        }
        let from = ui.data(|data| data.get_temp::<Pos2>(id));
        let to = ui.input(|input| input.pointer.latest_pos());
        if let (Some(from), Some(to)) = (from, to) {
            let drawn = Rect::from_two_pos(from, to);
            if response.dragged() {
                self.frame(ui, drawn, false);
            }
            if response.drag_stopped() {
                ui.data_mut(|data| data.remove::<Pos2>(id));
                if drawn.width() >= DRAG || drawn.height() >= DRAG {
                    let brush = self.scatter().brush(self.share(from), self.share(to));
                    cx.push(Command::Brush(Some(brush)).into());
                }
            }
            return;
        }
        let Some(at) = response.hover_pos() else { return };
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        let size = [self.rect.width(), self.rect.height()];
        let nearest = self.scatter().nearest(self.share(at), size);
        let Some((feature, _)) = nearest.filter(|(_, distance)| *distance <= NEAR) else { return };
        self.ring(ui, feature, self.tokens.focus);
        egui::Tooltip::for_widget(response).at_pointer().show(|ui| self.tip(ui, feature));
        if response.double_clicked() {
            cx.push(crate::app::Command::Feature(feature));
        } else if response.clicked() {
            cx.push(crate::app::Command::Select(Selected::Feature(feature)));
        }
    }

    fn tip(&self, ui: &mut egui::Ui, feature: usize) {
        let Some([frequency, strength]) = self.scatter().value(feature) else { return };
        ui.label(super::super::super::fonts::strong(name::title(self.app, feature)));
        let axes = self.axes();
        let (often, strong) = (format::percent(frequency), format::probability(strength));
        ui.label(format!("{} {often}, {} {strong}", axes.frequency.title(), axes.strength.title().to_lowercase()));
        if self.index.feature(feature).is_some_and(|stats| stats.is_dead()) {
            ui.label("Dead: it never wins its block");
        }
        ui.label(
            egui::RichText::new("A click selects it, a double click opens its page").color(self.tokens.text_secondary),
        );
    }
}

/// A power of ten as a share of points: "100 %", "1 %", "0.01 %".
fn decade_words(decade: i32) -> String {
    let digits = (decade - 2).max(0) as usize;
    format!("{:.digits$} %", 10f64.powi(2 - decade))
}

/// A disc and a ring side by side, white, so that a vertex's colour is theirs.
fn sprites(ui: &egui::Ui) -> TextureHandle {
    const SIDE: usize = 32;
    let id = Id::unique("disc and ring");
    if let Some(texture) = ui.data(|data| data.get_temp::<TextureHandle>(id)) {
        return texture;
    }
    let half = SIDE as f32 / 2.0;
    let mut pixels = vec![Color32::TRANSPARENT; 2 * SIDE * SIDE];
    for (place, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = (place % (2 * SIDE), place / (2 * SIDE));
        let off = vec2((x % SIDE) as f32 + 0.5 - half, y as f32 + 0.5 - half).length();
        // Four pixels of it are one on the screen.
        let inside = ((half - 1.0 - off) / 4.0 + 0.5).clamp(0.0, 1.0);
        let hole = if x < SIDE { 0.0 } else { ((half - 9.0 - off) / 4.0 + 0.5).clamp(0.0, 1.0) };
        *pixel = Color32::from_white_alpha((255.0 * (inside - hole).max(0.0)) as u8);
    }
    let texture = ui.load_texture("disc and ring", ColorImage::new([2 * SIDE, SIDE], pixels), TextureOptions::LINEAR);
    ui.data_mut(|data| data.insert_temp(id, texture.clone()));
    texture
}
