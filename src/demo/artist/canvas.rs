//! The drawing surface: tiny-skia with inks, a stack of transforms, and the few shapes that every picture is made of.

use rand::Rng;
use tiny_skia::{
    FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Mask, Paint, Path, PathBuilder, Pixmap, Point,
    RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::ink::Ink;

/// What a shape is filled with. Positions are in the coordinates that the shape is drawn in.
#[derive(Clone, Debug)]
pub enum Fill {
    /// One ink.
    Flat(Ink),
    /// From one point to another, through evenly spaced inks.
    Linear((f32, f32), (f32, f32), Vec<Ink>),
    /// From a centre outwards to a radius, through evenly spaced inks.
    Radial((f32, f32), f32, Vec<Ink>),
}

impl From<Ink> for Fill {
    fn from(ink: Ink) -> Self {
        Self::Flat(ink)
    }
}

impl Fill {
    fn shader(&self) -> Shader<'static> {
        let stops = |inks: &[Ink]| {
            let last = (inks.len() - 1).max(1) as f32;
            inks.iter().enumerate().map(|(i, ink)| GradientStop::new(i as f32 / last, ink.colour())).collect::<Vec<_>>()
        };
        let first = |inks: &[Ink]| Shader::SolidColor(inks[0].colour());
        match self {
            Self::Flat(ink) => Shader::SolidColor(ink.colour()),
            Self::Linear(from, to, inks) => LinearGradient::new(
                Point::from_xy(from.0, from.1),
                Point::from_xy(to.0, to.1),
                stops(inks),
                SpreadMode::Pad,
                Transform::identity(),
            )
            .unwrap_or_else(|| first(inks)),
            Self::Radial(centre, radius, inks) => {
                let centre = Point::from_xy(centre.0, centre.1);
                RadialGradient::new(centre, centre, *radius, stops(inks), SpreadMode::Pad, Transform::identity())
                    .unwrap_or_else(|| first(inks))
            }
        }
    }
}

/// A square picture that is being drawn. Coordinates go from -1 to 1, y down, through whatever transform is in force.
pub struct Canvas {
    pixmap: Pixmap,
    transform: Transform,
    mask: Option<Mask>,
}

impl Canvas {
    /// An empty canvas of `size` x `size` pixels.
    pub fn new(size: u32) -> Self {
        let size = size.max(1);
        let half = size as f32 / 2.0;
        Self {
            pixmap: Pixmap::new(size, size).expect("a size above zero"),
            transform: Transform::from_row(half, 0.0, 0.0, half, half, half),
            mask: None,
        }
    }

    /// Fill a shape.
    pub fn fill(&mut self, path: &Path, fill: impl Into<Fill>) {
        let paint = Paint { shader: fill.into().shader(), anti_alias: true, ..Paint::default() };
        self.pixmap.fill_path(path, &paint, FillRule::Winding, self.transform, self.mask.as_ref());
    }

    /// Draw along a line, with round ends.
    pub fn stroke(&mut self, path: &Path, width: f32, fill: impl Into<Fill>) {
        let paint = Paint { shader: fill.into().shader(), anti_alias: true, ..Paint::default() };
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixmap.stroke_path(path, &paint, &stroke, self.transform, self.mask.as_ref());
    }

    /// Fill a shape and draw its outline.
    pub fn outlined(&mut self, path: &Path, fill: impl Into<Fill>, width: f32, line: Ink) {
        self.fill(path, fill);
        self.stroke(path, width, line);
    }

    /// Draw with the origin moved to (x, y), turned by `angle` (radians) and scaled.
    pub fn placed(&mut self, (x, y): (f32, f32), angle: f32, scale: (f32, f32), draw: impl FnOnce(&mut Self)) {
        let before = self.transform;
        self.transform = before
            .pre_translate(x, y)
            .pre_concat(Transform::from_rotate(angle.to_degrees()))
            .pre_scale(scale.0, scale.1);
        draw(self);
        self.transform = before;
    }

    /// Draw only inside a shape (and inside whatever shape is in force already).
    pub fn inside(&mut self, path: &Path, draw: impl FnOnce(&mut Self)) {
        let before = self.mask.clone();
        match &mut self.mask {
            Some(mask) => mask.intersect_path(path, FillRule::Winding, true, self.transform),
            none => {
                let mut mask = Mask::new(self.pixmap.width(), self.pixmap.height()).expect("a size above zero");
                mask.fill_path(path, FillRule::Winding, true, self.transform);
                *none = Some(mask);
            }
        }
        draw(self);
        self.mask = before;
    }

    /// A soft, dark ellipse: what lies on a table throws it.
    pub fn shadow(&mut self, (x, y): (f32, f32), (rx, ry): (f32, f32), strength: f32) {
        self.placed((x, y), 0.0, (rx, ry), |canvas| {
            let ink = |a: f32| Ink::rgb(20, 14, 10).alpha(a * strength);
            canvas.fill(
                &circle(0.0, 0.0, 1.0),
                Fill::Radial((0.0, 0.0), 1.0, vec![ink(1.0), ink(0.85), ink(0.4), ink(0.0)]),
            );
        });
    }

    /// The finished picture, opaque, over white.
    pub fn into_picture(self) -> image::RgbImage {
        let (width, height) = (self.pixmap.width(), self.pixmap.height());
        let mut bytes = Vec::with_capacity((width * height * 3) as usize);
        for pixel in self.pixmap.pixels() {
            let white = 255 - pixel.alpha();
            bytes.extend([pixel.red() + white, pixel.green() + white, pixel.blue() + white]);
        }
        image::RgbImage::from_raw(width, height, bytes).expect("three bytes a pixel")
    }
}

/// A circle.
pub fn circle(x: f32, y: f32, radius: f32) -> Path {
    ellipse(x, y, radius, radius)
}

/// An ellipse with its axes along x and y.
pub fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Path {
    let rect = Rect::from_ltrb(x - rx.abs(), y - ry.abs(), x + rx.abs().max(1e-4), y + ry.abs().max(1e-4));
    PathBuilder::from_oval(rect.expect("an extent above zero")).expect("an extent above zero")
}

/// A rectangle with round corners, by its centre and half its extent.
pub fn rounded(x: f32, y: f32, half_width: f32, half_height: f32, corner: f32) -> Path {
    let (l, t, r, b) = (x - half_width, y - half_height, x + half_width, y + half_height);
    let c = corner.min(half_width).min(half_height).max(1e-4);
    let mut path = PathBuilder::new();
    path.move_to(l + c, t);
    path.line_to(r - c, t);
    path.quad_to(r, t, r, t + c);
    path.line_to(r, b - c);
    path.quad_to(r, b, r - c, b);
    path.line_to(l + c, b);
    path.quad_to(l, b, l, b - c);
    path.line_to(l, t + c);
    path.quad_to(l, t, l + c, t);
    path.close();
    path.finish().expect("a rectangle")
}

/// A closed shape with straight sides.
pub fn polygon(points: &[(f32, f32)]) -> Path {
    let mut path = PathBuilder::new();
    path.move_to(points[0].0, points[0].1);
    for &(x, y) in &points[1..] {
        path.line_to(x, y);
    }
    path.close();
    path.finish().expect("at least two points")
}

/// An open line through the points, straight from each to the next.
pub fn line(points: &[(f32, f32)]) -> Path {
    let mut path = PathBuilder::new();
    path.move_to(points[0].0, points[0].1);
    for &(x, y) in &points[1..] {
        path.line_to(x, y);
    }
    path.finish().expect("at least two points")
}

/// A smooth line through the points (Catmull-Rom); closed where asked for.
pub fn smooth(points: &[(f32, f32)], closed: bool) -> Path {
    let n = points.len() as isize;
    let at = |i: isize| points[if closed { i.rem_euclid(n) } else { i.clamp(0, n - 1) } as usize];
    let mut path = PathBuilder::new();
    path.move_to(points[0].0, points[0].1);
    for i in 0..if closed { n } else { n - 1 } {
        let (a, b, c, d) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        let (x1, y1) = (b.0 + (c.0 - a.0) / 6.0, b.1 + (c.1 - a.1) / 6.0);
        let (x2, y2) = (c.0 - (d.0 - b.0) / 6.0, c.1 - (d.1 - b.1) / 6.0);
        path.cubic_to(x1, y1, x2, y2, c.0, c.1);
    }
    if closed {
        path.close();
    }
    path.finish().expect("at least two points")
}

/// A roundish shape with an uneven rim: `wobble` is the largest share that a radius is off by.
pub fn blob(rng: &mut impl Rng, x: f32, y: f32, rx: f32, ry: f32, wobble: f32) -> Path {
    let corners = rng.random_range(7..11);
    let points: Vec<(f32, f32)> = (0..corners)
        .map(|i| {
            let angle = i as f32 / corners as f32 * std::f32::consts::TAU;
            let r = 1.0 + rng.random_range(-1.0..=1.0) * wobble;
            (x + angle.cos() * rx * r, y + angle.sin() * ry * r)
        })
        .collect();
    smooth(&points, true)
}

/// Points along an arc of an ellipse, from one angle to another (radians, clockwise from the right).
pub fn arc(x: f32, y: f32, rx: f32, ry: f32, from: f32, to: f32) -> Vec<(f32, f32)> {
    let steps = (((to - from).abs() / 0.15).ceil() as usize).max(2);
    (0..=steps)
        .map(|i| {
            let angle = from + (to - from) * i as f32 / steps as f32;
            (x + angle.cos() * rx, y + angle.sin() * ry)
        })
        .collect()
}

/// A point within a circle around the origin, evenly spread.
pub fn within(rng: &mut impl Rng, radius: f32) -> (f32, f32) {
    let angle = rng.random_range(0.0..std::f32::consts::TAU);
    let r = radius * rng.random::<f32>().sqrt();
    (angle.cos() * r, angle.sin() * r)
}

/// Up to `count` points within a circle, each at least `apart` from the others: toppings that do not pile up.
pub fn scattered(rng: &mut impl Rng, radius: f32, count: usize, apart: f32) -> Vec<(f32, f32)> {
    let mut points: Vec<(f32, f32)> = Vec::new();
    for _ in 0..count * 12 {
        if points.len() == count {
            break;
        }
        let p = within(rng, radius);
        if points.iter().all(|q| (p.0 - q.0).hypot(p.1 - q.1) >= apart) {
            points.push(p);
        }
    }
    points
}
