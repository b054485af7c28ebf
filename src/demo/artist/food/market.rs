//! What fruit, vegetables and cheese share: their shading, bites, leaves, drops, sugar and cream.

use std::ops::Range;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tiny_skia::{Path, PathBuilder};

use super::super::canvas::{Canvas, Fill, circle, ellipse, line, polygon, scattered, smooth};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};

pub(super) type Point = (f32, f32);

pub(super) const TURN: f32 = std::f32::consts::TAU;

/// A kind on a shared plate, up to five of it.
pub(super) const fn produce(
    names: (&'static str, &'static str),
    colours: &'static [Colour],
    toppings: &'static [&'static str],
    turn: f32,
    draw: fn(&mut Piece),
) -> Kind {
    Kind {
        name: names.0,
        plural: names.1,
        group: Group::Food,
        colours,
        toppings,
        counts: 1..=5,
        serving: Serving::Shared,
        turn,
        draw,
    }
}

/// The colour in shadow: shifted in hue, since a merely darker yellow looks dirty.
pub(super) fn deep(p: &Piece) -> Ink {
    let shadow = match p.colour {
        Colour::Red => Ink::rgb(118, 10, 30),
        Colour::Orange => Ink::rgb(190, 76, 8),
        Colour::Yellow => Ink::rgb(214, 146, 14),
        Colour::Green => Ink::rgb(32, 92, 36),
        Colour::Blue => Ink::rgb(34, 66, 140),
        Colour::Purple => Ink::rgb(58, 22, 92),
        Colour::Pink => Ink::rgb(196, 72, 112),
        Colour::Brown => Ink::rgb(68, 36, 18),
        Colour::White => Ink::rgb(190, 180, 174),
        Colour::Black => Ink::rgb(16, 12, 14),
    };
    p.main.mix(shadow, 0.8)
}

/// Fill a shape as a round body of about the radius `reach`, lit from one side, and draw its rim.
pub(super) fn volume(p: &mut Piece, path: &Path, reach: f32) {
    let (lx, ly) = p.light;
    let (main, deep) = (p.main, deep(p));
    let inks = vec![main.lighter(0.32), main.lighter(0.1), main, main.mix(deep, 0.4), deep];
    let fill = Fill::Radial((lx * 0.42 * reach, ly * 0.42 * reach), 1.5 * reach, inks);
    p.canvas.outlined(path, fill, 0.035, deep.darker(0.25));
}

/// A soft highlight.
pub(super) fn gloss(canvas: &mut Canvas, at: Point, size: (f32, f32), angle: f32, strength: f32) {
    canvas.placed(at, angle, size, |canvas| {
        let inks = [1.0, 0.6, 0.0].map(|share| Ink::WHITE.alpha(strength * share)).to_vec();
        canvas.fill(&circle(0.0, 0.0, 1.0), Fill::Radial((0.0, 0.0), 1.0, inks));
    });
}

/// Points on the smooth closed line through a few of them, close enough to join by straight lines.
pub(super) fn sampled(points: &[Point]) -> Vec<Point> {
    const STEPS: usize = 8;
    let n = points.len();
    let mut all = Vec::with_capacity(n * STEPS);
    for i in 0..n {
        let [a, b, c, d] = [n - 1, 0, 1, 2].map(|step| points[(i + step) % n]);
        for step in 0..STEPS {
            let t = step as f32 / STEPS as f32;
            let part = |a: f32, b: f32, c: f32, d: f32| {
                b + t * ((c - a) / 2.0 + t * (a - 2.5 * b + 2.0 * c - d / 2.0 + t * (1.5 * (b - c) + (d - a) / 2.0)))
            };
            all.push((part(a.0, b.0, c.0, d.0), part(a.1, b.1, c.1, d.1)));
        }
    }
    all
}

/// A whole outline from its right half, top to bottom, made a little uneven so that no two are the same.
pub(super) fn mirrored(rng: &mut ChaCha8Rng, half: &[Point], uneven: f32) -> Vec<Point> {
    let left = half[1..half.len() - 1].iter().rev().map(|&(x, y)| (-x, y));
    let mut off = |v: f32| v * (1.0 + rng.random_range(-1.0..=1.0) * uneven);
    let all: Vec<Point> = half.iter().copied().chain(left).map(|(x, y)| (off(x), off(y))).collect();
    sampled(&all)
}

/// An outline, seen from a point within it, less the circles (x, y, radius) that teeth took.
pub(super) fn bitten(outline: &[Point], from: Point, bites: &[(f32, f32, f32)]) -> Vec<Point> {
    let cut = |&(x, y): &Point| {
        let (dx, dy) = (x - from.0, y - from.1);
        let length = dx.hypot(dy).max(1e-4);
        let (dx, dy) = (dx / length, dy / length);
        let left = bites.iter().fold(length, |left, &(bx, by, radius)| {
            let (mx, my) = (bx - from.0, by - from.1);
            let along = mx * dx + my * dy;
            let inside = along * along - (mx * mx + my * my - radius * radius);
            if inside > 0.0 && along > 0.0 { left.min(along - inside.sqrt()) } else { left }
        });
        (from.0 + dx * left, from.1 + dy * left)
    };
    outline.iter().map(cut).collect()
}

/// A whole fruit's body; with a bite taken, out of its side at the height `y`, the flesh shows.
pub(super) fn body(p: &mut Piece, outline: &[Point], flesh: Ink, (x, y): Point) {
    if p.topping != Some("a bite taken") {
        volume(p, &polygon(outline), 0.95);
        return;
    }
    let side = if p.rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let x = x * side;
    let teeth = |radius: f32| [(x, y - 0.25, radius), (x - side * 0.07, y, radius), (x, y + 0.25, radius)];
    let inside = polygon(&bitten(outline, (0.0, 0.25), &teeth(0.24)));
    p.canvas.outlined(
        &inside,
        Fill::Linear((x, y), (0.0, y), vec![flesh.darker(0.1), flesh, flesh]),
        0.03,
        flesh.mix(Ink::rgb(150, 110, 60), 0.5),
    );
    volume(p, &polygon(&bitten(outline, (0.0, 0.25), &teeth(0.37))), 0.95);
}

/// Many short straight strokes as one path, which is cheaper than one after the other.
pub(super) fn strokes(ends: &[(Point, Point)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (from, to) in ends {
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
    }
    path.finish()
}

/// Many dots as one path.
pub(super) fn dots(places: &[(f32, f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for &(x, y, radius) in places {
        path.push_circle(x, y, radius);
    }
    path.finish()
}

/// Small dots over an ellipse: pores of a skin, pepper.
pub(super) fn speckles(p: &mut Piece, count: usize, (x, y): Point, (rx, ry): Point, size: f32, ink: Ink) {
    let places: Vec<_> = scattered(p.rng, 1.0, count, 0.8 / (count as f32).sqrt())
        .into_iter()
        .map(|(dx, dy)| (x + dx * rx, y + dy * ry, size * p.rng.random_range(0.6..1.3)))
        .collect();
    if let Some(path) = dots(&places) {
        p.canvas.fill(&path, ink);
    }
}

/// Grains of sugar or salt over an ellipse.
pub(super) fn crystals(p: &mut Piece, (x, y): Point, (rx, ry): Point) {
    let mut path = PathBuilder::new();
    for (dx, dy) in scattered(p.rng, 1.0, 44, 0.13) {
        let (x, y) = (x + dx * rx, y + dy * ry);
        let size = p.rng.random_range(0.035..0.065);
        let angle = p.rng.random_range(0.0..TURN);
        let corner = |i: f32| (x + (angle + i).cos() * size, y + (angle + i).sin() * size);
        for (i, turn) in [0.0, 1.4, 3.1, 4.6].into_iter().enumerate() {
            let (x, y) = corner(turn);
            if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
    }
    if let Some(path) = path.finish() {
        p.canvas.outlined(&path, Ink::WHITE, 0.02, Ink::rgb(150, 150, 170).alpha(0.55));
    }
}

/// Drops of water over an ellipse, large enough to show on a small picture.
pub(super) fn drops(p: &mut Piece, (x, y): Point, (rx, ry): Point) {
    let (lx, ly) = p.light;
    let mut places: Vec<Point> = Vec::new();
    for (dx, dy) in scattered(p.rng, 1.0, 24, 0.2) {
        let (x, y) = (x + dx * rx, y + dy * ry);
        if places.len() < 8 && places.iter().all(|q| (x - q.0).hypot(y - q.1) > 0.32) {
            places.push((x, y));
        }
    }
    for (x, y) in places {
        let r = p.rng.random_range(0.075..0.135);
        let water = Ink::rgb(214, 236, 250);
        let inks = vec![water.alpha(0.25), water.alpha(0.6), Ink::WHITE.alpha(0.95)];
        let drop = ellipse(x, y, r * 0.92, r);
        p.canvas.fill(&ellipse(x - lx * 0.03, y - ly * 0.03, r, r * 1.06), Ink::rgb(20, 20, 40).alpha(0.35));
        p.canvas.fill(&drop, Fill::Linear((x + lx * r, y + ly * r), (x - lx * r, y - ly * r), inks));
        p.canvas.stroke(&drop, 0.02, Ink::WHITE.alpha(0.6));
        p.canvas.fill(&circle(x + lx * r * 0.4, y + ly * r * 0.4, r * 0.32), Ink::WHITE);
    }
}

/// A pointed leaf that grows from `at`.
pub(super) fn leaf(canvas: &mut Canvas, at: Point, angle: f32, (length, width): Point, ink: Ink) {
    canvas.placed(at, angle, (length, width), |canvas| {
        let upper = [(0.0, 0.0), (0.22, -0.34), (0.55, -0.45), (0.85, -0.22), (1.0, 0.0)];
        let lower: Vec<Point> = upper.iter().rev().map(|&(x, y)| (x, -y)).collect();
        let mut whole = upper.to_vec();
        whole.extend(&lower[1..]);
        canvas.fill(&smooth(&whole, false), ink.lighter(0.12));
        canvas.fill(&smooth(&lower, false), ink.darker(0.14));
    });
    canvas.placed(at, angle, (length, length), |canvas| {
        let half = width / length;
        let vein = ink.lighter(0.45);
        canvas.stroke(&line(&[(0.0, 0.0), (0.93, 0.0)]), 0.035, vein);
        let side =
            [0.25, 0.45, 0.65].map(|x| [((x, 0.0), (x + 0.14, half * 0.32)), ((x, 0.0), (x + 0.14, -half * 0.32))]);
        if let Some(path) = strokes(side.as_flattened()) {
            canvas.stroke(&path, 0.02, vein.alpha(0.6));
        }
    });
}

/// The green of leaves: dark on a green thing, so that they stay apart from it.
pub(super) fn leaf_green(p: &mut Piece) -> Ink {
    let green = if p.colour == Colour::Green { Ink::rgb(34, 104, 52) } else { Ink::rgb(78, 148, 52) };
    green.varied(p.rng, 0.03)
}

/// A few leaves in a fan: mint, basil, parsley.
pub(super) fn sprig(p: &mut Piece, at: Point, towards: Range<f32>, length: f32) {
    let towards = p.rng.random_range(towards);
    let green = leaf_green(p);
    let spread = p.rng.random_range(0.95..1.25);
    for (i, share) in [(-1.0, 0.9), (1.0, 0.9), (0.0, 1.05)] {
        let angle = towards + i * spread + p.rng.random_range(-0.15..0.15);
        let size = length * share * p.rng.random_range(0.92..1.05);
        p.canvas.placed((at.0 - p.light.0 * 0.04, at.1 - p.light.1 * 0.04), 0.0, (1.0, 1.0), |canvas| {
            let (x, y) = (angle.cos() * size * 0.5, angle.sin() * size * 0.5);
            canvas.shadow((x, y), (size * 0.5, size * 0.5), 0.3);
        });
        leaf(p.canvas, at, angle, (size, size * 0.56), green.lighter(0.04 * (i + 1.0)));
    }
}

/// A swirl of whipped cream.
pub(super) fn dollop(p: &mut Piece, (x, y): Point, radius: f32) {
    let cream = Ink::rgb(255, 252, 244);
    let shade = Ink::rgb(206, 192, 176);
    let (lx, ly) = p.light;
    let start = p.rng.random_range(0.0..TURN);
    p.canvas.shadow((x - lx * 0.08, y - ly * 0.08), (radius * 1.2, radius * 1.2), 0.4);
    for (tier, share) in [1.0, 0.66, 0.34].into_iter().enumerate() {
        let r = radius * share;
        let lobes = 8;
        let rim: Vec<Point> = (0..lobes * 2)
            .map(|i| {
                let angle = start + tier as f32 * 0.3 + i as f32 / (lobes * 2) as f32 * TURN;
                let r = if i % 2 == 0 { r } else { r * 0.84 };
                (x + angle.cos() * r, y + angle.sin() * r)
            })
            .collect();
        let inks = vec![cream, cream, shade.mix(cream, 0.35)];
        let fill = Fill::Radial((x + lx * r * 0.4, y + ly * r * 0.4), r * 1.4, inks);
        p.canvas.outlined(&smooth(&rim, true), fill, 0.025, shade);
        let twist =
            rim.iter().skip(1).step_by(2).map(|&(rx, ry)| {
                ((rx, ry), (x + (rx - x) * 0.62 - (ry - y) * 0.2, y + (ry - y) * 0.62 + (rx - x) * 0.2))
            });
        if let Some(path) = strokes(&twist.collect::<Vec<_>>()) {
            p.canvas.stroke(&path, 0.022, shade.alpha(0.7));
        }
    }
}

/// A short, woody stalk from one point to another.
pub(super) fn stalk(canvas: &mut Canvas, from: Point, to: Point, width: f32) {
    let wood = Ink::rgb(104, 70, 40);
    let bend = ((from.0 + to.0) / 2.0 - (to.0 - from.0) * 0.25, (from.1 + to.1) / 2.0);
    let path = smooth(&[from, bend, to], false);
    canvas.stroke(&path, width, wood.darker(0.4));
    canvas.stroke(&path, width * 0.6, wood);
    canvas.fill(&circle(to.0, to.1, width * 0.62), wood.lighter(0.2));
}
