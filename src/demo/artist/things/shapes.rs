//! Plain shapes, for the model's training alone: they teach it colours and numbers.

use std::f32::consts::PI;

use rand::Rng;
use tiny_skia::Path;

use super::super::canvas::{Fill, arc, circle, polygon};
use super::super::{Colour, Group, Kind, Piece, Serving};
use super::{bow, edge, heart, lit, soft, star};

pub(super) static KINDS: &[Kind] = &[
    shape("circle", "circles", PI, |p| {
        let radius = p.rng.random_range(0.8..0.95);
        fill(p, &circle(0.0, 0.0, radius));
    }),
    shape("square", "squares", PI, |p| {
        let half = p.rng.random_range(0.6..0.7);
        let corner = p.rng.random_range(0.01..0.15);
        fill(p, &soft(&[(-half, -half), (half, -half), (half, half), (-half, half)], corner));
    }),
    shape("triangle", "triangles", PI, |p| {
        let top = p.rng.random_range(-0.25..0.25);
        let corner = p.rng.random_range(0.01..0.15);
        fill(p, &soft(&[(top, -0.92), (0.85, 0.55), (-0.85, 0.55)], corner));
    }),
    shape("star", "stars", PI, |p| {
        let inner = p.rng.random_range(0.38..0.55);
        fill(p, &star(0.0, 0.0, 0.97, 5, inner));
    }),
    shape("heart", "hearts", 0.5, |p| {
        let size = p.rng.random_range(0.85..0.97);
        fill(p, &heart(0.0, 0.0, size));
    }),
    shape("ring", "rings", PI, ring),
    shape("cross", "crosses", PI, cross),
    shape("crescent", "crescents", PI, crescent),
];

const fn shape(name: &'static str, plural: &'static str, turn: f32, draw: fn(&mut Piece)) -> Kind {
    let (group, serving) = (Group::Shape, Serving::None);
    Kind { name, plural, group, colours: &Colour::ALL, toppings: &[], counts: 1..=5, serving, turn, draw }
}

/// Fill a shape in one of several manners: the model must not take a manner for a shape.
fn fill(p: &mut Piece, path: &Path) {
    let ink: Fill = match p.rng.random_range(0..3) {
        0 => p.main.into(),
        1 => lit(p.light, p.main),
        _ => Fill::Radial((p.light.0 * 0.4, p.light.1 * 0.4), 1.4, vec![p.main.lighter(0.25), p.main.darker(0.15)]),
    };
    // White on pale paper needs a rim.
    if p.rng.random_bool(0.6) || p.colour == Colour::White {
        p.canvas.outlined(path, ink, 0.05, edge(p.main));
    } else {
        p.canvas.fill(path, ink);
    }
}

fn ring(p: &mut Piece) {
    let width = p.rng.random_range(0.28..0.5);
    let path = circle(0.0, 0.0, 0.94 - width / 2.0);
    if p.rng.random_bool(0.6) || p.colour == Colour::White {
        p.canvas.stroke(&path, width + 0.06, edge(p.main));
    }
    p.canvas.stroke(&path, width, lit(p.light, p.main));
}

fn cross(p: &mut Piece) {
    let (a, b) = (p.rng.random_range(0.2..0.32), 0.92);
    let points =
        [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)];
    fill(p, &soft(&points, 0.05));
}

fn crescent(p: &mut Piece) {
    let open = p.rng.random_range(0.28..0.4) * PI;
    let mut points = arc(0.0, 0.0, 0.94, 0.94, open, 2.0 * PI - open);
    let (sin, cos) = open.sin_cos();
    let depth = p.rng.random_range(0.45..0.62);
    let (from, to) = ((cos * 0.94, -sin * 0.94), (cos * 0.94, sin * 0.94));
    points.extend(bow(from, to, depth).into_iter().skip(1));
    fill(p, &polygon(&points));
}
