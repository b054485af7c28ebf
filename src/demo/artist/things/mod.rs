//! What is not food: things that the model knows and the collection does not, and plain shapes.

mod hobby;
mod home;
mod living;
mod nature;
mod shapes;
mod vehicles;
mod wear;

use std::f32::consts::{PI, TAU};

use rand::Rng;
use tiny_skia::{Path, PathBuilder};

use super::canvas::{Canvas, Fill, polygon};
use super::{Colour, Group, Ink, Kind, Piece, Serving};

/// All of it, a list a file.
pub(super) static KINDS: &[&[Kind]] =
    &[vehicles::KINDS, home::KINDS, hobby::KINDS, wear::KINDS, nature::KINDS, living::KINDS, shapes::KINDS];

/// A thing that stands upright on the ground, by its name for one and for several.
const fn thing(
    (name, plural): (&'static str, &'static str),
    colours: &'static [Colour],
    toppings: &'static [&'static str],
    draw: fn(&mut Piece),
) -> Kind {
    let (group, serving) = (Group::Thing, Serving::None);
    Kind { name, plural, group, colours, toppings, counts: 1..=3, serving, turn: 0.1, draw }
}

/// Draw the piece as it is or as in a mirror, by chance.
fn either_way(p: &mut Piece, draw: fn(&mut Piece)) {
    let side = if p.rng.random() { 1.0 } else { -1.0 };
    let light = (p.light.0 * side, p.light.1);
    let Piece { canvas, rng, colour, main, topping, .. } = p;
    canvas.placed((0.0, 0.0), 0.0, (side, 1.0), |canvas| {
        draw(&mut Piece { canvas, rng, colour: *colour, main: *main, topping: *topping, light });
    });
}

/// A fill that is brighter where light comes from.
fn lit((x, y): (f32, f32), ink: Ink) -> Fill {
    Fill::Linear((x, y), (-x, -y), vec![ink.lighter(0.24), ink, ink.darker(0.2)])
}

/// A fill that is brighter at the top, between two heights.
fn upright(top: f32, bottom: f32, ink: Ink) -> Fill {
    Fill::Linear((0.0, top), (0.0, bottom), vec![ink.lighter(0.2), ink, ink.darker(0.2)])
}

/// The ink of outlines.
fn edge(ink: Ink) -> Ink {
    ink.darker(0.5)
}

/// The ink of lines within the main colour: black needs them lighter, all others darker.
fn seam(p: &Piece) -> Ink {
    if p.colour == Colour::Black { p.main.lighter(0.3) } else { p.main.darker(0.4) }
}

/// An ink for patterns that shows on every main colour.
fn contrast(p: &Piece) -> Ink {
    match p.colour {
        Colour::White => Ink::rgb(58, 92, 150),
        Colour::Yellow => Ink::rgb(70, 62, 70),
        _ => Ink::rgb(250, 244, 232),
    }
}

/// A closed shape with straight sides and round corners.
fn soft(points: &[(f32, f32)], corner: f32) -> Path {
    let n = points.len();
    let mut path = PathBuilder::new();
    for i in 0..n {
        let (before, at, after) = (points[(i + n - 1) % n], points[i], points[(i + 1) % n]);
        let towards = |to: (f32, f32)| {
            let share = (corner / (to.0 - at.0).hypot(to.1 - at.1).max(1e-4)).min(0.5);
            (at.0 + (to.0 - at.0) * share, at.1 + (to.1 - at.1) * share)
        };
        let (from, to) = (towards(before), towards(after));
        if i == 0 {
            path.move_to(from.0, from.1);
        } else {
            path.line_to(from.0, from.1);
        }
        path.quad_to(at.0, at.1, to.0, to.1);
    }
    path.close();
    path.finish().unwrap_or_else(|| polygon(points))
}

/// Points of a curve from one place to another that bulges to its right by `bulge`.
fn bow(from: (f32, f32), to: (f32, f32), bulge: f32) -> Vec<(f32, f32)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-4);
    let off = |t: f32| 4.0 * t * (1.0 - t) * bulge / length;
    (0..=8).map(|i| i as f32 / 8.0).map(|t| (from.0 + dx * t - dy * off(t), from.1 + dy * t + dx * off(t))).collect()
}

/// A star with `spikes` points, the first of them at the top.
fn star(x: f32, y: f32, radius: f32, spikes: usize, inner: f32) -> Path {
    let points: Vec<(f32, f32)> = (0..spikes * 2)
        .map(|i| {
            let angle = i as f32 / (spikes * 2) as f32 * TAU - PI / 2.0;
            let r = if i % 2 == 0 { radius } else { radius * inner };
            (x + angle.cos() * r, y + angle.sin() * r)
        })
        .collect();
    soft(&points, radius * 0.1)
}

/// A heart that fills a circle.
fn heart(x: f32, y: f32, r: f32) -> Path {
    let mut path = PathBuilder::new();
    path.move_to(x, y + 0.95 * r);
    path.cubic_to(x - 0.55 * r, y + 0.5 * r, x - 1.0 * r, y + 0.15 * r, x - 0.95 * r, y - 0.3 * r);
    path.cubic_to(x - 0.9 * r, y - 0.95 * r, x - 0.2 * r, y - 0.95 * r, x, y - 0.4 * r);
    path.cubic_to(x + 0.2 * r, y - 0.95 * r, x + 0.9 * r, y - 0.95 * r, x + 0.95 * r, y - 0.3 * r);
    path.cubic_to(x + 1.0 * r, y + 0.15 * r, x + 0.55 * r, y + 0.5 * r, x, y + 0.95 * r);
    path.close();
    path.finish().unwrap_or_else(|| polygon(&[(x, y), (x + r, y), (x, y + r)]))
}

/// The dark patch on the ground right under a thing.
fn footing(canvas: &mut Canvas, y: f32, half_width: f32) {
    canvas.shadow((0.0, y), (half_width * 1.15, half_width * 0.16), 0.6);
}
