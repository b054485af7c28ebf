//! Cakes, whole and in slices, and cupcakes.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use tiny_skia::Path;

use super::super::canvas::{Fill, arc, ellipse, line, polygon, rounded, scattered, smooth};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};
use super::trimmings::{
    At, CREAM, SHADE, ball, blueberry, candle, cherries, dollop, shaded, sprinkle, steep, strawberry,
};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "cake",
        plural: "cakes",
        group: Group::Food,
        colours: &[Colour::Pink, Colour::Brown, Colour::White, Colour::Yellow],
        toppings: &["strawberries", "candles", "blueberries", "sprinkles"],
        counts: 1..=3,
        serving: Serving::Shared,
        turn: 0.12,
        draw: cake,
    },
    Kind {
        name: "cupcake",
        plural: "cupcakes",
        group: Group::Food,
        colours: &[Colour::Pink, Colour::Blue, Colour::Brown, Colour::Yellow],
        toppings: &["sprinkles", "cherries", "sugar hearts"],
        counts: 1..=5,
        serving: Serving::Shared,
        turn: 0.2,
        draw: cupcake,
    },
];

/// Whole cakes carry candles and sprinkles, slices carry fruit: cakes of one picture then go together.
fn cake(p: &mut Piece) {
    match p.topping {
        Some("strawberries" | "blueberries") => cake_slice(p),
        _ => whole_cake(p),
    }
}

/// The sponge and the cream between its layers.
fn layers(colour: Colour) -> (Ink, Ink) {
    match colour {
        Colour::Brown => (Ink::rgb(104, 58, 32), Ink::rgb(190, 138, 94)),
        Colour::Pink => (Ink::rgb(248, 184, 186), Ink::rgb(255, 240, 240)),
        Colour::Yellow => (Ink::rgb(248, 212, 110), Ink::rgb(255, 248, 222)),
        _ => (Ink::rgb(240, 224, 196), Ink::rgb(255, 254, 250)),
    }
}

/// What rosettes and pearls on a cake are made of.
fn piped_cream(p: &Piece) -> Ink {
    match p.colour {
        Colour::White => CREAM,
        Colour::Brown => Ink::rgb(236, 204, 166),
        _ => p.main.lighter(0.6),
    }
}

/// The part of an upright wall between two points of its upper edge, from one depth to another.
fn band(a: At, b: At, from: f32, to: f32) -> Path {
    polygon(&[(a.0, a.1 + from), (b.0, b.1 + from), (b.0, b.1 + to), (a.0, a.1 + to)])
}

/// A cut wall of a cake: three layers of sponge with cream between, icing above, crumbs.
fn cut_wall(p: &mut Piece, a: At, b: At, height: f32, dark: f32) {
    let (sponge, cream) = layers(p.colour);
    let (sponge, cream, icing) = (sponge.darker(dark), cream.darker(dark), p.main.darker(dark));
    p.canvas.fill(&band(a, b, 0.0, height), sponge);
    for depth in [0.38, 0.67] {
        p.canvas.fill(&band(a, b, height * (depth + 0.02), height * (depth + 0.12)), sponge.darker(0.25));
        p.canvas.fill(&band(a, b, height * depth, height * (depth + 0.1)), cream);
    }
    for _ in 0..((b.0 - a.0).abs() * 26.0) as usize {
        let (t, depth) = (p.rng.random_range(0.04..0.96), p.rng.random_range(0.2..0.97));
        if [0.38, 0.67].iter().any(|d| (d - 0.02..d + 0.13).contains(&depth)) {
            continue;
        }
        let (x, y) = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t + depth * height);
        p.canvas.fill(&ellipse(x, y, 0.018, 0.012), sponge.darker(0.22));
    }
    p.canvas.fill(&band(a, b, 0.0, height * 0.18), SHADE.alpha(0.16));
    p.canvas.fill(&band(a, b, 0.0, height * 0.155), icing);
}

fn cake_slice(p: &mut Piece) {
    let flip = if p.rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let height = p.rng.random_range(0.5..0.62);
    let tip = (-0.88, -0.14 + p.rng.random_range(-0.03..0.03));
    let rim = arc(tip.0, tip.1, 1.72, 0.74, -0.78, 0.14);
    let (back, front) = (rim[0], rim[rim.len() - 1]);
    // The canvas cannot be lent along with the piece: mirror by hand, point by point.
    let m = |(x, y): At| (x * flip, y);
    let (icing, shade) = (p.main, p.main.darker(0.22));
    let mut outer: Vec<At> = rim.iter().map(|&q| m(q)).collect();
    outer.extend(rim.iter().rev().map(|&(x, y)| m((x, y + height))));
    p.canvas.fill(&polygon(&outer), shade);
    cut_wall(p, m(tip), m(front), height, if p.light.0 * flip > 0.3 { 0.08 } else { 0.0 });
    // The icing of the outer side, cut through.
    let edge = (front.0 - 0.1, front.1 - 0.1 / 1.72 * 0.1);
    p.canvas.fill(&band(m(edge), m(front), 0.0, height), icing.darker(0.06));
    let mut top: Vec<At> = vec![m(tip)];
    top.extend(rim.iter().map(|&q| m(q)));
    let fill =
        Fill::Linear(m((0.9, -0.6)), m((-0.9, 0.1)), vec![icing.lighter(0.3), icing.lighter(0.08), icing.darker(0.04)]);
    p.canvas.fill(&polygon(&top), fill);
    p.canvas.stroke(&line(&[m(tip), m(front)]), 0.035, icing.lighter(0.45));
    p.canvas.stroke(&line(&[m(tip), m(back)]), 0.02, icing.darker(0.12));
    if p.topping == Some("strawberries") {
        for t in [0.22, 0.47, 0.72] {
            let x = tip.0 + (front.0 - tip.0) * t + p.rng.random_range(-0.05..0.05);
            let y = tip.1 + (front.1 - tip.1) * t + height * 0.41;
            p.canvas.fill(&ellipse(x * flip, y, 0.1, 0.055), Ink::rgb(214, 40, 48));
            p.canvas.fill(&ellipse(x * flip, y + 0.005, 0.05, 0.025), Ink::rgb(250, 170, 160));
        }
        let piped = piped_cream(p);
        let dx = p.rng.random_range(-0.04..0.04);
        for (x, y, size) in [(0.34, -0.42, 0.17), (0.66, -0.24, 0.19)] {
            dollop(p.canvas, m((x, y)), size, piped);
        }
        strawberry(p.canvas, m((0.02 + dx, -0.36)), flip * p.rng.random_range(-0.3..0.3), 0.27, p.light);
        strawberry(p.canvas, m((0.46, -0.62)), flip * p.rng.random_range(-0.4..0.4), 0.25, p.light);
    } else {
        for t in [0.2, 0.36, 0.55, 0.74] {
            let x = tip.0 + (front.0 - tip.0) * t + p.rng.random_range(-0.04..0.04);
            let y = tip.1 + (front.1 - tip.1) * t + height * 0.43;
            ball(p.canvas, (x * flip, y), 0.05, Ink::rgb(70, 74, 150), p.light);
        }
        dollop(p.canvas, m((0.5, -0.36)), 0.24, piped_cream(p));
        for (x, y) in [(0.3, -0.46), (0.7, -0.36), (-0.02, -0.24), (0.46, -0.2), (0.18, -0.3), (-0.3, -0.18)] {
            let (x, y) = (x + p.rng.random_range(-0.03..0.03), y + p.rng.random_range(-0.02..0.02));
            blueberry(p.canvas, m((x, y)), 0.115, p.light);
        }
    }
}

fn whole_cake(p: &mut Piece) {
    let candles = p.topping == Some("candles");
    let tiers = candles && p.rng.random_bool(0.4);
    if tiers {
        tier(p, (0.0, 0.12), (0.9, 0.34), 0.42, false);
        tier(p, (0.0, -0.26), (0.58, 0.22), 0.4, false);
        lid(p, (0.0, -0.26), (0.58, 0.22));
    } else {
        let height = p.rng.random_range(0.5..0.62);
        let top = (0.0, -0.16);
        let cut = p.rng.random_bool(if candles { 0.35 } else { 0.7 });
        tier(p, top, (0.88, 0.4), height, cut);
        lid(p, top, (0.88, if cut { 0.22 } else { 0.4 }));
    }
}

/// A round of cake: its side, its top, icing that runs down; with a piece cut out in front or whole.
fn tier(p: &mut Piece, at: At, (rx, ry): At, height: f32, cut: bool) {
    let (x, y) = at;
    let (from, to) = if cut { (p.rng.random_range(0.7..0.95), p.rng.random_range(1.75..2.05)) } else { (1.5, 1.5) };
    let on = |angle: f32| (x + angle.cos() * rx, y + angle.sin() * ry);
    let main = p.main;
    let (near, far) =
        if p.light.0 > 0.0 { (main.darker(0.28), main.lighter(0.06)) } else { (main.lighter(0.06), main.darker(0.28)) };
    let side = Fill::Linear((x - rx, 0.0), (x + rx, 0.0), vec![near, main, main.darker(0.04), far]);
    if cut {
        cut_wall(p, at, on(from), height, 0.02);
        cut_wall(p, at, on(to), height, 0.16);
    }
    let walls = if cut { vec![(0.0, from), (to, PI)] } else { vec![(0.0, PI)] };
    for &(a, b) in &walls {
        let mut wall = arc(x, y, rx, ry, a, b);
        wall.extend(arc(x, y + height, rx, ry, b, a));
        p.canvas.fill(&polygon(&wall), side.clone());
    }
    let mut top = arc(x, y, rx, ry, to, from + TAU);
    if cut {
        top.push(at);
    }
    let icing = match p.colour {
        Colour::White => main.lighter(0.5),
        Colour::Brown => main.darker(0.3),
        _ => main.lighter(0.35),
    };
    running_icing(p, at, (rx, ry), height, icing, &walls);
    let shine = Fill::Linear((x - rx, y - ry), (x + rx, y + ry), vec![icing.lighter(0.3), icing, icing.darker(0.05)]);
    p.canvas.fill(&polygon(&top), shine);
    p.canvas.stroke(&smooth(&arc(x, y, rx * 0.95, ry * 0.93, PI * 1.1, PI * 1.75), false), 0.03, Ink::WHITE.alpha(0.4));
    // Pearls of cream around the foot.
    let pearl = piped_cream(p);
    let many = (rx * 17.0) as usize;
    for i in 0..=many {
        let angle = i as f32 / many as f32 * PI;
        if angle < from || angle > to {
            let (x, y) = on(angle);
            ball(p.canvas, (x, y + height - 0.03), 0.068, pearl, p.light);
        }
    }
}

/// Icing that runs down the side in fingers, except where a piece is cut out.
fn running_icing(p: &mut Piece, (x, y): At, (rx, ry): At, height: f32, icing: Ink, walls: &[At]) {
    for &(a, b) in walls {
        let steps = ((b - a) / 0.1) as usize / 4 * 4 + 2;
        let mut points = arc(x, y, rx, ry, b, a);
        let mut down = 0.0;
        for i in 0..=steps {
            let angle = a + (b - a) * (i as f32 + steep(i)).clamp(0.0, steps as f32) / steps as f32;
            if i % 4 == 1 {
                down = p.rng.random_range(0.25..0.6);
            }
            let depth = height * if i > 0 && i < steps && matches!(i % 4, 1 | 2) { down } else { 0.12 };
            points.push((x + angle.cos() * rx * 1.01, y + angle.sin() * ry + depth));
        }
        let path = smooth(&points, true);
        p.canvas.placed((0.0, 0.025), 0.0, (1.0, 1.0), |canvas| canvas.fill(&path, SHADE.alpha(0.2)));
        p.canvas
            .fill(&path, Fill::Linear((0.0, y), (0.0, y + ry + height * 0.5), vec![icing, icing, icing.lighter(0.12)]));
    }
}

/// What stands or lies on a whole cake.
fn lid(p: &mut Piece, (x, y): At, (rx, ry): At) {
    // A cut cake carries its candles at the back.
    let back = if rx > 0.8 && ry < 0.3 { -0.18 } else { 0.0 };
    if p.topping == Some("candles") {
        let many = p.rng.random_range(3..6);
        let height = p.rng.random_range(0.26..0.34);
        let inks = [Ink::rgb(230, 66, 84), Ink::rgb(66, 150, 222), Ink::rgb(92, 184, 96), Ink::rgb(160, 96, 206)];
        let first = p.rng.random_range(0..inks.len());
        for i in 0..many {
            let t = (i as f32 + 0.5) / many as f32 * 2.0 - 1.0;
            let bow = if i % 2 == 0 { -0.3 } else { 0.3 };
            let at = (x + t * rx * 0.72, y + back + bow * ry * (1.0 - t.abs() * 0.5));
            candle(p.canvas, at, height, inks[(first + i) % inks.len()]);
        }
        return;
    }
    for (sx, sy) in scattered(p.rng, 0.86, 34, 0.16) {
        let at = (x + sx * rx * (1.0 + back), y + back + sy * ry);
        sprinkle(p.canvas, p.rng, at, 0.04);
    }
    if back < 0.0 {
        for i in 0..5 {
            let a = PI * (1.08 + 0.21 * i as f32);
            let ink = piped_cream(p);
            dollop(p.canvas, (x + a.cos() * rx * 0.76, y + a.sin() * 0.26), 0.12, ink);
        }
    }
}

fn cupcake(p: &mut Piece) {
    let paper = match p.colour {
        Colour::Brown => Ink::rgb(228, 196, 152),
        Colour::Yellow => Ink::rgb(250, 232, 176),
        _ => p.main.lighter(0.62),
    };
    let (top, bottom, brim) = (0.66, 0.46, 0.18);
    let crumb = Ink::rgb(196, 138, 76);
    p.canvas.fill(&ellipse(0.0, brim, 0.68, 0.15), shaded(p.light, crumb, 0.1, 0.3));
    let pleats = 12;
    for i in 0..pleats {
        let (a, b) = (i as f32 / pleats as f32 * 2.0 - 1.0, (i + 1) as f32 / pleats as f32 * 2.0 - 1.0);
        let sag = |t: f32| 0.1 * (1.0 - t * t).sqrt();
        let pleat = [
            (a * top, brim + sag(a) * 0.6),
            (b * top, brim + sag(b) * 0.6),
            (b * bottom, 0.82 + sag(b)),
            (a * bottom, 0.82 + sag(a)),
        ];
        let dark = 0.06 + 0.2 * ((a + b) / 2.0 + p.light.0 * 0.6).abs() + if i % 2 == 0 { 0.0 } else { 0.14 };
        p.canvas.fill(&polygon(&pleat), paper.darker(dark));
        p.canvas.stroke(&line(&[pleat[0], pleat[3]]), 0.016, paper.lighter(0.5));
    }
    let fat = p.rng.random_range(0.92..1.04);
    let rounds =
        [(0.12, 0.8 * fat, 0.22), (-0.16, 0.64 * fat, 0.21), (-0.42, 0.45 * fat, 0.19), (-0.62, 0.26 * fat, 0.14)];
    let cherry = p.topping == Some("cherries");
    soft_ice(p, if cherry { &rounds[..3] } else { &rounds }, if cherry { -0.6 } else { -0.96 });
    match p.topping {
        Some("cherries") => cherries(p.canvas, (0.0, -0.62), 0.23, p.light),
        Some("sugar hearts") => {
            for (x, y) in
                [(-0.5, 0.1), (0.08, 0.14), (0.58, 0.02), (-0.24, -0.18), (0.3, -0.24), (-0.06, -0.46), (0.02, -0.74)]
            {
                let angle = p.rng.random_range(-0.5..0.5);
                sugar_heart(p, (x * fat, y), angle);
            }
        }
        _ => {
            for (x, y) in scattered(p.rng, 0.9, 60, 0.15) {
                if within_rounds(&rounds, (x, y - 0.2)) {
                    sprinkle(p.canvas, p.rng, (x, y - 0.2), 0.046);
                }
            }
        }
    }
}

fn sugar_heart(p: &mut Piece, at: At, angle: f32) {
    let ink = if matches!(p.colour, Colour::Pink | Colour::Brown | Colour::Blue) {
        Ink::rgb(255, 236, 232)
    } else {
        Ink::rgb(226, 44, 72)
    };
    p.canvas.placed(at, angle, (0.13, 0.13), |canvas| {
        let heart = smooth(
            &[
                (0.0, 0.9),
                (-0.75, 0.15),
                (-0.8, -0.5),
                (-0.35, -0.75),
                (0.0, -0.35),
                (0.35, -0.75),
                (0.8, -0.5),
                (0.75, 0.15),
            ],
            true,
        );
        canvas.placed((0.08, 0.16), 0.0, (1.06, 1.06), |canvas| canvas.fill(&heart, SHADE.alpha(0.35)));
        canvas.fill(&heart, Fill::Linear((-0.6, -0.8), (0.6, 0.8), vec![ink.lighter(0.3), ink, ink.darker(0.15)]));
    });
}

/// Whether a place is well within one of the rounds of [`soft_ice`].
pub(super) fn within_rounds(rounds: &[(f32, f32, f32)], (x, y): At) -> bool {
    rounds.iter().any(|&(at, w, h)| (x / w).hypot((y - at) / h) < 0.86)
}

/// Soft ice or icing out of a nozzle: rounds (height, half width, half thickness), the lowest first, and a tip.
pub(super) fn soft_ice(p: &mut Piece, rounds: &[(f32, f32, f32)], tip: f32) {
    let main = p.main;
    let lean = if p.light.0 < 0.0 { 1.0 } else { -1.0 };
    for &(y, w, h) in rounds {
        p.canvas.placed((0.0, y), -0.09, (w, h), |canvas| {
            canvas.fill(&ellipse(0.0, 0.12, 1.0, 1.0), main.darker(0.42).alpha(0.55));
            let inks = vec![main.lighter(0.42), main.lighter(0.12), main, main.darker(0.24)];
            canvas.fill(&rounded(0.0, 0.0, 1.0, 1.0, 0.95), Fill::Linear((-0.5 * lean, -1.0), (0.4 * lean, 1.0), inks));
            canvas.stroke(
                &smooth(&[(-0.7 * lean, -0.1), (-0.4 * lean, -0.42), (0.1 * lean, -0.55)], false),
                0.12,
                Ink::WHITE.alpha(0.4),
            );
        });
    }
    if let Some(&(y, w, h)) = rounds.last() {
        let top = y - h * 0.35;
        let cap = [
            (-w * 0.72, top),
            (-w * 0.3, (top + tip) * 0.5),
            (w * 0.3, tip),
            (w * 0.22, (top + tip) * 0.5),
            (w * 0.72, top),
            (0.0, top + h * 0.4),
        ];
        let inks = vec![main.lighter(0.4), main.lighter(0.1), main.darker(0.06)];
        p.canvas.fill(&smooth(&cap, true), Fill::Linear((-w * lean, tip), (w * lean, top), inks));
    }
}
