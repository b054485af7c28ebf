//! Cheese.

use rand::Rng;

use super::super::canvas::{Fill, blob, circle, ellipse, line, polygon, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::market::{Point, deep, dots, produce, sprig, strokes};

pub(super) static KINDS: &[Kind] = &[produce(
    ("cheese wedge", "cheese wedges"),
    &[Colour::Yellow, Colour::Orange, Colour::White, Colour::Blue],
    &["holes", "herbs", "nuts"],
    0.18,
    cheese_wedge,
)];

fn cheese_wedge(p: &mut Piece) {
    if p.colour == Colour::Blue {
        // The full blue is that of a toy; the veins bring the darker blue.
        p.main = p.main.lighter(0.28);
    }
    let (main, deep) = (p.main, deep(p));
    let lift = p.rng.random_range(-0.06..0.06);
    let tip = (-0.94, 0.0 + lift);
    let (back, front) = ((0.3, -0.66 + lift), (0.9, -0.14));
    let thick = p.rng.random_range(0.62..0.74);
    let rind_bend = (0.82, -0.52 + lift * 0.5);
    let face = [tip, front, (front.0, front.1 + thick), (tip.0, tip.1 + thick * 0.96)];
    let lid = smooth(&[back, rind_bend, front], false);
    let top = [tip, back, (0.6, -0.62 + lift), rind_bend, front];
    let line_ink = deep.darker(0.25);
    let inks = vec![main.mix(deep, 0.2), main, main.mix(deep, 0.25)];
    p.canvas.outlined(&polygon(&face), Fill::Linear((-0.9, 0.5), (0.9, 0.1), inks), 0.04, line_ink);
    p.canvas.outlined(
        &polygon(&top),
        Fill::Linear(back, tip, vec![main.lighter(0.18), main.lighter(0.4)]),
        0.04,
        line_ink,
    );
    let rind = match p.colour {
        Colour::White | Colour::Blue => Ink::rgb(236, 226, 206),
        Colour::Orange => Ink::rgb(176, 50, 36),
        _ => Ink::rgb(214, 134, 40),
    };
    p.canvas.stroke(&lid, 0.1, rind.darker(0.35));
    p.canvas.stroke(&lid, 0.06, rind);
    let edge = line(&[(front.0, front.1), (front.0, front.1 + thick)]);
    p.canvas.stroke(&edge, 0.1, rind.darker(0.35));
    p.canvas.stroke(&edge, 0.06, rind);
    p.canvas.stroke(&line(&[tip, front]), 0.03, main.lighter(0.6));
    if p.colour == Colour::Blue {
        veins(p, thick);
    }
    eyes(p, thick);
    match p.topping {
        Some("holes") => holes(p, thick),
        Some("herbs") => herbs(p, thick),
        Some("nuts") => nuts(p),
        _ => {}
    }
}

/// A place on a wedge's front face: across from the tip, and down from the edge, 0 to 1.
fn on_face(across: f32, down: f32, thick: f32) -> Point {
    (-0.94 + across * 1.84, across * -0.14 + down * thick)
}

/// A place on a wedge's top: along from the tip, and from the front to the back, 0 to 1.
fn on_top(along: f32, across: f32) -> Point {
    let (front, back) = ((0.9, -0.14), (0.44, -0.66));
    let (x, y) = (front.0 + (back.0 - front.0) * across, front.1 + (back.1 - front.1) * across);
    (-0.94 + (x + 0.94) * along, y * along)
}

/// The tiny holes that every cheese has.
fn eyes(p: &mut Piece, thick: f32) {
    let mut places = Vec::new();
    for _ in 0..9 {
        let (x, y) = on_face(p.rng.random_range(0.05..0.95), p.rng.random_range(0.12..0.9), thick);
        places.push((x, y, p.rng.random_range(0.016..0.034)));
    }
    if let Some(path) = dots(&places) {
        p.canvas.fill(&path, deep(p).darker(0.1));
    }
}

/// The mould in blue cheese.
fn veins(p: &mut Piece, thick: f32) {
    let ink = Ink::rgb(30, 52, 112).alpha(0.75);
    for i in 0..7 {
        let (a, d) = ((i as f32 + p.rng.random_range(0.2..0.8)) / 8.8 + 0.02, p.rng.random_range(0.15..0.7));
        let (x, y) = on_face(a, d, thick);
        let bend = p.rng.random_range(-0.06..0.06);
        let path = smooth(&[(x, y), (x + 0.07, y + bend), (x + 0.1, y + 0.1), (x + 0.2, y + 0.08 + bend)], false);
        p.canvas.stroke(&path, p.rng.random_range(0.025..0.06), ink);
    }
    for _ in 0..5 {
        let (x, y) = on_top(p.rng.random_range(0.4..0.86), p.rng.random_range(0.2..0.8));
        p.canvas.fill(&blob(p.rng, x, y, 0.07, 0.035, 0.3), ink);
    }
}

fn holes(p: &mut Piece, thick: f32) {
    let (main, deep) = (p.main, deep(p));
    let mut hole = |x: f32, y: f32, rx: f32, ry: f32| {
        let inks = vec![deep.darker(0.12), deep, main.mix(deep, 0.35)];
        p.canvas.outlined(&ellipse(x, y, rx, ry), Fill::Linear((x, y - ry), (x, y + ry), inks), 0.02, deep.darker(0.3));
        p.canvas.stroke(
            &smooth(&[(x - rx * 0.8, y + ry * 0.75), (x, y + ry * 1.1), (x + rx * 0.8, y + ry * 0.75)], false),
            0.03,
            main.lighter(0.6),
        );
    };
    for (a, d, r) in [
        (0.16, 0.4, 0.1),
        (0.34, 0.7, 0.13),
        (0.52, 0.3, 0.11),
        (0.7, 0.64, 0.15),
        (0.88, 0.28, 0.1),
        (0.9, 0.8, 0.07),
        (0.2, 0.82, 0.06),
    ] {
        let (x, y) = on_face(a + p.rng.random_range(-0.03..0.03), d + p.rng.random_range(-0.05..0.05), thick);
        let r = r * p.rng.random_range(0.8..1.1);
        hole(x, y, r, r);
    }
    for (a, c, r) in [(0.5, 0.45, 0.07), (0.76, 0.28, 0.1), (0.82, 0.72, 0.09)] {
        let (x, y) = on_top(a, c + p.rng.random_range(-0.08..0.08));
        hole(x, y, r * 1.3, r * 0.6);
    }
}

fn herbs(p: &mut Piece, thick: f32) {
    let mut flecks = Vec::new();
    for _ in 0..26 {
        let (x, y) = on_face(p.rng.random_range(0.06..0.94), p.rng.random_range(0.12..0.88), thick);
        flecks.push(((x, y), (x + p.rng.random_range(-0.05..0.05), y + p.rng.random_range(-0.04..0.04))));
    }
    if let Some(path) = strokes(&flecks) {
        p.canvas.stroke(&path, 0.05, Ink::rgb(52, 116, 44));
    }
    sprig(p, on_top(0.66, 0.4), -2.4..-0.6, 0.5);
}

/// Hazelnuts on the top.
fn nuts(p: &mut Piece) {
    let (lx, ly) = p.light;
    for (along, across) in [(0.84, 0.78), (0.62, 0.6), (0.92, 0.42), (0.7, 0.22), (0.45, 0.4)] {
        let (x, y) = on_top(along, across + p.rng.random_range(-0.06..0.06));
        let brown = Ink::rgb(156, 94, 48).varied(p.rng, 0.04);
        let r = p.rng.random_range(0.12..0.145);
        let y = y - 0.06;
        p.canvas.fill(&ellipse(x - lx * 0.05, y + 0.08, r * 1.05, r * 0.7), Ink::rgb(40, 20, 10).alpha(0.35));
        let inks = vec![brown.lighter(0.4), brown, brown.darker(0.4)];
        p.canvas.outlined(
            &circle(x, y, r),
            Fill::Radial((x + lx * r * 0.5, y + ly * r * 0.5), r * 1.5, inks),
            0.025,
            brown.darker(0.6),
        );
        p.canvas.fill(&ellipse(x, y + r * 0.55, r * 0.6, r * 0.34), brown.lighter(0.5));
    }
}
