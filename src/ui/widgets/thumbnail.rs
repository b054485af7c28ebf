//! A picture of a point, or what stands in for it.

use std::time::Duration;

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Mesh, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureId, Ui, Vec2,
    Widget, WidgetInfo, pos2, vec2,
};

use super::{
    super::{
        fonts::text,
        icons,
        theme::{radius, size, tokens},
    },
    paint,
};

const CAPTION: f32 = 18.0;

/// What is known of a point's picture.
#[derive(Debug, Clone, Copy)]
pub enum Picture<'a> {
    /// The picture and its size in pixels.
    Texture(TextureId, Vec2),
    /// The point has a text and no picture.
    Text(&'a str),
    /// It is being read.
    Loading,
    /// It cannot be read, for this reason.
    Broken(&'a str),
}

/// The picture of a point in a frame that can be clicked. Give it to [`Ui::add`].
#[must_use = "give it to `ui.add`"]
#[derive(Debug, Clone, Copy)]
pub struct Thumbnail<'a> {
    picture: Picture<'a>,
    name: &'a str,
    caption: &'a str,
    tip: &'a str,
    selected: bool,
    whole: bool,
    size: Vec2,
    color: Option<Color32>,
}

impl<'a> Thumbnail<'a> {
    /// The picture of the point called `name`, 96 points wide and high.
    pub fn new(picture: Picture<'a>, name: &'a str) -> Self {
        Self {
            picture,
            name,
            caption: "",
            tip: "",
            selected: false,
            whole: false,
            size: Vec2::splat(96.0),
            color: None,
        }
    }

    /// Size of the picture in points; a caption comes on top.
    pub fn size(mut self, size: Vec2) -> Self {
        self.size = size;
        self
    }

    /// A line under the picture, such as an activation.
    pub fn caption(mut self, caption: &'a str) -> Self {
        self.caption = caption;
        self
    }

    /// What it is, with the unit of the caption. Otherwise its name.
    pub fn tip(mut self, tip: &'a str) -> Self {
        self.tip = tip;
        self
    }

    /// Whether the person chose it.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// Shows the whole picture in place of the largest middle part of the frame's shape.
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// A line of this colour along the frame's lower edge, such as a block's.
    pub fn color(mut self, color: Color32) -> Self {
        self.color = Some(color);
        self
    }

    fn contents(self, ui: &Ui, frame: Rect, round: CornerRadius) {
        let tokens = tokens(ui);
        ui.painter().rect_filled(frame, round, tokens.sunken);
        match self.picture {
            Picture::Texture(id, pixels) => {
                let (place, part) = if self.whole { whole(frame, pixels) } else { middle(frame, pixels) };
                paint::picture(ui, id, part, place, round);
            }
            Picture::Text(words) => {
                let inside = frame.shrink(6.0);
                let font = FontId::proportional(text::SMALL);
                let words = paint::paragraph(ui, words, font, tokens.text, inside.width());
                ui.painter().with_clip_rect(inside.intersect(ui.clip_rect())).galley(inside.min, words, tokens.text);
            }
            Picture::Loading => shimmer(ui, frame),
            Picture::Broken(_) => {
                let side = (frame.height() * 0.3).clamp(14.0, 28.0);
                paint::icon(ui, icons::IMAGE_BROKEN, side, frame.center(), tokens.text_secondary);
            }
        }
    }
}

impl Widget for Thumbnail<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = tokens(ui);
        let below = if self.caption.is_empty() { 0.0 } else { CAPTION };
        let (rect, response) = ui.allocate_exact_size(self.size + vec2(0.0, below), Sense::click());
        response.widget_info(|| {
            let said = [self.name, self.caption].join(" ");
            WidgetInfo::selected(Role::Button, ui.is_enabled(), self.selected, said.trim_end())
        });
        if ui.is_rect_visible(rect) {
            let frame = Rect::from_min_size(rect.min, self.size);
            let round = CornerRadius::same(radius::M);
            self.contents(ui, frame, round);
            if let Some(color) = self.color {
                let inside = frame.shrink(6.0);
                let line = Rect::from_min_max(pos2(inside.left(), inside.bottom() - 2.0), inside.max + vec2(0.0, 2.0));
                ui.painter().rect_filled(line, CornerRadius::same(2), color);
            }
            let (edge, kind) = if self.selected {
                (Stroke::new(2.0, tokens.focus), StrokeKind::Outside)
            } else if response.hovered() {
                (Stroke::new(size::LINE, tokens.text_secondary), StrokeKind::Inside)
            } else {
                (tokens.hairline(), StrokeKind::Inside)
            };
            ui.painter().rect_stroke(frame, round, edge, kind);
            let font = FontId::proportional(text::SMALL);
            let caption = paint::line(ui, self.caption, font, tokens.text_secondary, rect.width());
            let place = pos2(rect.center().x, rect.bottom() - CAPTION / 2.0 + 1.0);
            paint::place(ui, caption, place, Align2::CENTER_CENTER);
            paint::focus_ring(ui, &response, frame, radius::M);
        }
        let tip = if self.tip.is_empty() { self.name } else { self.tip };
        match self.picture {
            Picture::Broken(why) => paint::tip(response, &format!("{tip}\n{why}")),
            Picture::Text(words) => paint::tip(response, &format!("{tip}\n{words}")),
            _ => paint::tip(response, tip),
        }
    }
}

/// The whole picture, as large as the frame lets it be: where it goes, and all of it.
fn whole(frame: Rect, pixels: Vec2) -> (Rect, Rect) {
    let scale = (frame.size() / pixels.max(Vec2::splat(1.0))).min_elem();
    (Rect::from_center_size(frame.center(), pixels * scale), Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)))
}

/// The middle part of the picture that has the frame's shape: the frame, and which part.
fn middle(frame: Rect, pixels: Vec2) -> (Rect, Rect) {
    let pixels = pixels.max(Vec2::splat(1.0));
    let scale = (frame.size() / pixels).max_elem();
    let part = frame.size() / scale / pixels;
    (frame, Rect::from_center_size(pos2(0.5, 0.5), part))
}

/// A gleam that passes over what is being read; it stands still where animations are off.
fn shimmer(ui: &Ui, frame: Rect) {
    let tokens = tokens(ui);
    let place = if ui.style().animation_time > 0.0 {
        ui.request_repaint_after(Duration::from_millis(50));
        ui.input(|input| input.time).rem_euclid(1.6) as f32 / 1.6
    } else {
        0.5
    };
    let frame = frame.shrink(1.0);
    let center = frame.left() + frame.width() * (place * 2.0 - 0.5);
    let half = frame.width() * 0.4;
    let mut mesh = Mesh::default();
    for (x, color) in [(center - half, tokens.sunken), (center, tokens.control_hover), (center + half, tokens.sunken)] {
        let x = x.clamp(frame.left(), frame.right());
        mesh.colored_vertex(pos2(x, frame.top()), color);
        mesh.colored_vertex(pos2(x, frame.bottom()), color);
    }
    for corner in [0, 2] {
        mesh.add_triangle(corner, corner + 1, corner + 2);
        mesh.add_triangle(corner + 1, corner + 2, corner + 3);
    }
    ui.painter().add(mesh);
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(100.0, 50.0) };

    #[test]
    fn a_whole_picture_keeps_its_shape_inside_the_frame() {
        for pixels in [vec2(300.0, 300.0), vec2(50.0, 500.0), vec2(1.0, 1.0)] {
            let (place, _) = whole(FRAME, pixels);
            assert!(FRAME.expand(0.01).contains_rect(place), "{pixels}: {place}");
            assert!((place.aspect_ratio() - pixels.x / pixels.y).abs() < 1e-3);
        }
    }

    #[test]
    fn the_middle_of_a_picture_fills_the_frame_undistorted() {
        for pixels in [vec2(300.0, 300.0), vec2(50.0, 500.0), vec2(1000.0, 10.0)] {
            let (place, part) = middle(FRAME, pixels);
            assert_eq!(place, FRAME);
            let shown = part.size() * pixels;
            assert!((shown.x / shown.y - 2.0).abs() < 1e-3, "{pixels}: {shown}");
            assert!(part.min.x >= -1e-6 && part.max.x <= 1.0 + 1e-6 && part.min.y >= -1e-6 && part.max.y <= 1.0 + 1e-6);
        }
    }
}
