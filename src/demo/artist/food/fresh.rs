//! Fruit: apple, banana, melon slice, strawberry, bunch of grapes, pear, citrus half, kiwi half.

use std::f32::consts::{FRAC_PI_2, PI};

use rand::Rng;

use super::super::canvas::{Fill, arc, circle, ellipse, line, polygon, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::market::{
    Point, TURN, bitten, body, crystals, deep, dollop, dots, drops, gloss, leaf, leaf_green, mirrored, produce,
    speckles, sprig, stalk, strokes, volume,
};

pub(super) static KINDS: &[Kind] = &[
    produce(
        ("apple", "apples"),
        &[Colour::Red, Colour::Green, Colour::Yellow],
        &["leaves", "water drops", "a bite taken"],
        0.35,
        apple,
    ),
    produce(
        ("banana", "bananas"),
        &[Colour::Yellow, Colour::Green, Colour::Brown],
        &["a sticker", "dark spots", "a peeled tip"],
        PI,
        banana,
    ),
    produce(
        ("melon slice", "melon slices"),
        &[Colour::Red, Colour::Green, Colour::Orange, Colour::Yellow],
        &["seeds", "mint leaves", "a bite taken"],
        0.3,
        melon_slice,
    ),
    produce(
        ("strawberry", "strawberries"),
        &[Colour::Red, Colour::White, Colour::Green],
        &["sugar", "chocolate", "cream"],
        0.5,
        strawberry,
    ),
    produce(
        ("bunch of grapes", "bunches of grapes"),
        &[Colour::Purple, Colour::Green, Colour::Red],
        &["leaves", "water drops", "sugar"],
        0.25,
        grapes,
    ),
    produce(
        ("pear", "pears"),
        &[Colour::Green, Colour::Yellow, Colour::Red, Colour::Brown],
        &["leaves", "water drops", "a bite taken"],
        0.4,
        pear,
    ),
    produce(
        ("citrus half", "citrus halves"),
        &[Colour::Yellow, Colour::Orange, Colour::Green, Colour::Pink],
        &["mint leaves", "sugar", "a cherry"],
        PI,
        citrus_half,
    ),
    produce(
        ("kiwi half", "kiwi halves"),
        &[Colour::Green, Colour::Yellow, Colour::Red],
        &["mint leaves", "sugar", "cream"],
        PI,
        kiwi_half,
    ),
];

fn apple(p: &mut Piece) {
    let half = [(0.0, -0.58), (0.34, -0.7), (0.76, -0.52), (0.93, -0.02), (0.8, 0.5), (0.4, 0.84), (0.0, 0.78)];
    let outline = mirrored(p.rng, &half, 0.025);
    body(p, &outline, Ink::rgb(255, 244, 206), (0.98, 0.12));
    let streak = match p.colour {
        Colour::Red => Ink::rgb(255, 180, 90).alpha(0.22),
        Colour::Yellow => Ink::rgb(240, 150, 60).alpha(0.15),
        _ => p.main.lighter(0.55).alpha(0.25),
    };
    let widest = if p.topping == Some("a bite taken") { 0.5 } else { 0.85 };
    for _ in 0..7 {
        let k = p.rng.random_range(-widest..widest);
        let end = p.rng.random_range(-0.2..0.4);
        let path = smooth(&[(k * 0.16, -0.5), (k * 0.62, -0.5), (k * 0.92, -0.2), (k * 0.95, end)], false);
        p.canvas.stroke(&path, p.rng.random_range(0.02..0.06), streak);
    }
    speckles(p, 14, (0.0, 0.15), (0.52, 0.5), 0.018, Ink::rgb(255, 250, 220).alpha(0.55));
    let pit = deep(p).darker(0.3);
    p.canvas.placed((0.0, -0.52), 0.0, (0.3, 0.14), |canvas| {
        let inks = vec![pit, pit.alpha(0.7), pit.alpha(0.0)];
        canvas.fill(&circle(0.0, 0.0, 1.0), Fill::Radial((0.0, 0.0), 1.0, inks));
    });
    let (lx, ly) = p.light;
    gloss(p.canvas, (lx * 0.46, ly * 0.4), (0.26, 0.18), ly.atan2(lx) + FRAC_PI_2, 0.75);
    let lean = p.rng.random_range(-0.12..0.16);
    stalk(p.canvas, (0.0, -0.5), (lean, -0.94), 0.1);
    top_leaves(p, (lean * 0.6, -0.72));
    if p.topping == Some("water drops") {
        drops(p, (0.0, 0.12), (0.66, 0.5));
    }
}

/// Two large leaves at a stalk, where the topping asks for them.
fn top_leaves(p: &mut Piece, at: Point) {
    if p.topping != Some("leaves") {
        return;
    }
    let green = leaf_green(p);
    let tilt = p.rng.random_range(-0.15..0.15);
    leaf(p.canvas, at, 0.25 + tilt, (0.78, 0.46), green);
    leaf(p.canvas, at, PI - 0.15 + tilt, (0.68, 0.42), green.darker(0.08));
}

/// A point of a banana: `t` from the stem to the tip, `side` from the inner to the outer edge.
fn along_banana(t: f32, side: f32, stoutness: f32) -> Point {
    let angle = PI - 0.4 - t * (PI - 0.8);
    let ends = ((t.min(1.0 - t) + 0.02) / 0.3).min(1.0);
    let half = stoutness * (0.34 + 0.66 * (ends * FRAC_PI_2).sin());
    let r = 0.86 + side * half;
    (angle.cos() * r * 1.06, angle.sin() * r - 0.56)
}

/// A stripe of a banana's skin between two places and two sides.
fn peel(from: f32, to: f32, inner: f32, outer: f32, stoutness: f32) -> tiny_skia::Path {
    const STEPS: usize = 18;
    let at = |i: usize| from + (to - from) * i as f32 / STEPS as f32;
    let there = (0..=STEPS).map(|i| along_banana(at(i), inner, stoutness));
    let back = (0..=STEPS).rev().map(|i| along_banana(at(i), outer, stoutness));
    polygon(&there.chain(back).collect::<Vec<_>>())
}

fn banana(p: &mut Piece) {
    let stout = p.rng.random_range(0.25..0.31);
    let (main, deep) = (p.main, deep(p));
    let rim = deep.darker(0.3);
    let peeled = p.topping == Some("a peeled tip");
    let end = if peeled { 0.68 } else { 1.0 };
    if peeled {
        let flesh = Ink::rgb(255, 243, 204);
        p.canvas.outlined(&peel(0.6, 0.98, -0.72, 0.72, stout), flesh, 0.035, flesh.mix(Ink::rgb(170, 130, 70), 0.6));
        p.canvas.fill(&peel(0.6, 0.95, 0.2, 0.6, stout), flesh.darker(0.1));
    }
    p.canvas.outlined(&peel(0.0, end, -1.0, 1.0, stout), main, 0.04, rim);
    p.canvas.fill(&peel(0.02, end, 0.42, 0.97, stout), main.mix(deep, 0.65));
    p.canvas.fill(&peel(0.05, end - 0.03, -0.62, -0.05, stout), main.lighter(0.32));
    for side in [0.42, -0.05] {
        let ridge: Vec<Point> =
            (0..=14).map(|i| along_banana(0.04 + (end - 0.08) * i as f32 / 14.0, side, stout)).collect();
        p.canvas.stroke(&line(&ridge), 0.022, deep.alpha(0.55));
    }
    let stem = [along_banana(0.0, 0.0, stout), along_banana(-0.07, -0.4, stout), along_banana(-0.12, -1.0, stout)];
    p.canvas.stroke(&smooth(&stem, false), 0.19, rim);
    p.canvas.stroke(&smooth(&stem, false), 0.14, main.mix(deep, 0.5));
    p.canvas.stroke(&line(&[stem[2], stem[2]]), 0.15, Ink::rgb(74, 52, 34));
    if !peeled {
        let tip = [along_banana(0.985, 0.0, stout), along_banana(1.025, 0.0, stout)];
        p.canvas.stroke(&line(&tip), 0.16, Ink::rgb(58, 42, 30));
    }
    let (many, size) = match (p.topping, p.colour) {
        (Some("dark spots"), _) => (20, 0.05),
        (_, Colour::Brown) => (9, 0.03),
        _ => (4, 0.018),
    };
    for _ in 0..many {
        let (x, y) = along_banana(p.rng.random_range(0.06..end - 0.06), p.rng.random_range(-0.8..0.8), stout);
        let spot = Ink::rgb(66, 38, 20).alpha(0.8);
        p.canvas.fill(&circle(x, y, size * p.rng.random_range(0.5..1.3)), spot);
    }
    match p.topping {
        Some("a sticker") => sticker(p, stout),
        Some("a peeled tip") => flaps(p, stout),
        _ => {}
    }
}

/// The label of a fruit trader who does not exist.
fn sticker(p: &mut Piece, stout: f32) {
    let at = along_banana(p.rng.random_range(0.4..0.6), 0.0, stout);
    let inks = [Ink::rgb(34, 92, 190), Ink::rgb(204, 36, 52), Ink::rgb(20, 120, 90)];
    let ink = inks[p.rng.random_range(0..inks.len())];
    let angle = p.rng.random_range(-0.4..0.4);
    p.canvas.placed(at, angle, (0.24, 0.19), |canvas| {
        canvas.fill(&circle(0.03, 0.05, 1.06), Ink::rgb(40, 20, 10).alpha(0.35));
        canvas.fill(&circle(0.0, 0.0, 1.0), Ink::WHITE);
        canvas.fill(&circle(0.0, 0.0, 0.84), ink);
        canvas.stroke(&smooth(&[(-0.4, -0.1), (0.0, 0.34), (0.4, -0.1)], false), 0.22, Ink::WHITE);
        canvas.fill(&circle(0.0, -0.3, 0.14), Ink::WHITE);
    });
}

/// The peel that hangs from an opened banana.
fn flaps(p: &mut Piece, stout: f32) {
    let deep = deep(p);
    for (side, far) in [(-1.0, -2.6), (0.8, 2.3)] {
        let far = far + p.rng.random_range(-0.2..0.2);
        // Peel that hangs towards the inside of the bend has less room, and would look like a thread.
        let wide = if far < 0.0 { 0.1 } else { 0.06 };
        let path = smooth(
            &[
                along_banana(0.62, side - 0.5, stout),
                along_banana(0.7 + wide, side * 0.5 + far * 0.35, stout),
                along_banana(0.7 + wide * 0.5, far, stout),
                along_banana(0.66 - wide, side * 0.5 + far * 0.4, stout),
                along_banana(0.6, side + 0.3, stout),
            ],
            true,
        );
        p.canvas.outlined(&path, p.main.lighter(0.2).mix(Ink::rgb(255, 246, 214), 0.25), 0.035, deep.darker(0.25));
    }
}

/// A slice of a round: the apex, then the arc below it, with the straight edges in small steps (for bites).
fn sector(apex: Point, radius: f32, half_angle: f32, squash: f32) -> Vec<Point> {
    let rim = arc(apex.0, apex.1, radius, radius * squash, FRAC_PI_2 - half_angle, FRAC_PI_2 + half_angle);
    let edge = |to: Point| {
        (0..20).map(move |i| i as f32 / 20.0).map(move |t| (apex.0 + (to.0 - apex.0) * t, apex.1 + (to.1 - apex.1) * t))
    };
    let (right, left) = (rim[0], rim[rim.len() - 1]);
    let mut all: Vec<Point> = edge(right).collect();
    all.extend(&rim);
    let mut back: Vec<Point> = edge(left).collect();
    back.reverse();
    all.extend(back);
    all
}

fn melon_slice(p: &mut Piece) {
    let (skin, pith) = match p.colour {
        Colour::Red => (Ink::rgb(34, 104, 50), Ink::rgb(226, 240, 196)),
        Colour::Green => (Ink::rgb(206, 204, 140), Ink::rgb(170, 206, 120)),
        Colour::Orange => (Ink::rgb(176, 158, 104), Ink::rgb(206, 204, 124)),
        _ => (Ink::rgb(58, 122, 52), Ink::rgb(244, 244, 206)),
    };
    let wedge = p.rng.random_bool(0.35);
    let (apex, radius, half_angle, squash) = if wedge {
        let half_angle = p.rng.random_range(0.54..0.64);
        ((0.0, -0.84), 1.56, half_angle, 1.0)
    } else {
        let squash = p.rng.random_range(1.05..1.25);
        ((0.0, -0.5 * squash), 0.94, FRAC_PI_2, squash)
    };
    let middle = (0.0, apex.1 + radius * squash * if wedge { 0.68 } else { 0.55 });
    let bites: &[(f32, f32, f32)] = match (p.topping, wedge) {
        (Some("a bite taken"), true) => &[(-0.2, -0.78, 0.3), (0.16, -0.72, 0.3)],
        (Some("a bite taken"), false) => &[(-0.03, -0.66, 0.26), (0.22, -0.58, 0.25), (0.47, -0.66, 0.26)],
        _ => &[],
    };
    let layer = |share: f32| polygon(&bitten(&sector(apex, radius * share, half_angle, squash), middle, bites));
    let rind = if wedge { 0.6 } else { 1.0 };
    p.canvas.outlined(&layer(1.0), skin, 0.035, skin.darker(0.4));
    p.canvas.fill(&layer(1.0 - 0.07 * rind), pith);
    let (main, deep) = (p.main, deep(p));
    let inks = vec![main.lighter(0.12), main, main.mix(deep, 0.25), main.lighter(0.15)];
    p.canvas.fill(&layer(1.0 - 0.15 * rind), Fill::Radial(apex, radius, inks));
    let (from, to) = (sector(apex, radius, half_angle, squash)[20], apex);
    if bites.is_empty() {
        p.canvas.stroke(&line(&[from, to, (-from.0, from.1)]), 0.03, main.lighter(0.5).alpha(0.7));
    }
    melon_flesh(p, apex, radius, half_angle, squash, bites.is_empty());
    if p.topping == Some("mint leaves") {
        let at = (p.rng.random_range(-0.15..0.15), middle.1 - 0.02);
        sprig(p, at, -2.0..-1.1, 0.55);
    }
}

/// Fibres in a melon's flesh, and its seeds.
fn melon_flesh(p: &mut Piece, apex: Point, radius: f32, half_angle: f32, squash: f32, whole: bool) {
    let at = |angle: f32, share: f32| {
        (apex.0 + angle.sin() * radius * share, apex.1 + angle.cos() * radius * share * squash)
    };
    let seeded = p.topping == Some("seeds");
    let fibres: Vec<_> = (0..26)
        .map(|_| {
            let angle = p.rng.random_range(-0.9..0.9) * half_angle;
            let share = p.rng.random_range(if whole { 0.15..0.66 } else { 0.5..0.66 });
            (at(angle, share), at(angle, share + 0.09))
        })
        .collect();
    if let Some(path) = strokes(&fibres) {
        p.canvas.stroke(&path, 0.022, p.main.lighter(0.5).alpha(0.4));
    }
    if !seeded {
        return;
    }
    let pip = match p.colour {
        Colour::Red | Colour::Yellow => Ink::rgb(40, 24, 20),
        Colour::Orange => Ink::rgb(255, 234, 186),
        _ => Ink::rgb(246, 236, 176),
    };
    let mut pips = Vec::new();
    for (row, count) in [(0.4, 5), (0.66, 8)] {
        for i in 0..count {
            let angle = ((i as f32 + 0.5) / count as f32 * 2.0 - 1.0) * half_angle * 0.86;
            let share = row + p.rng.random_range(-0.05..0.05);
            pips.push((at(angle, share), at(angle, share + 0.05)));
        }
    }
    if let Some(path) = strokes(&pips) {
        p.canvas.stroke(&path, 0.125, deep(p).alpha(0.6));
        p.canvas.stroke(&path, 0.085, pip);
    }
}

fn strawberry(p: &mut Piece) {
    let half = [(0.0, -0.62), (0.42, -0.72), (0.78, -0.42), (0.72, 0.08), (0.44, 0.62), (0.16, 0.92), (0.0, 0.96)];
    let outline = mirrored(p.rng, &half, 0.05);
    volume(p, &polygon(&outline), 0.95);
    let (lx, ly) = p.light;
    gloss(p.canvas, (lx * 0.36, ly * 0.3 - 0.05), (0.3, 0.2), ly.atan2(lx) + FRAC_PI_2, 0.5);
    pips(p);
    match p.topping {
        Some("sugar") => crystals(p, (0.0, 0.12), (0.56, 0.6)),
        Some("chocolate") => dip(p, &outline),
        _ => {}
    }
    let green = match p.colour {
        Colour::Green => Ink::rgb(44, 116, 48),
        _ => Ink::rgb(74, 150, 50),
    };
    let start = p.rng.random_range(-0.1..0.1);
    stalk(p.canvas, (0.0, -0.7), (p.rng.random_range(-0.1..0.1), -1.0), 0.09);
    for i in [0, 6, 1, 5, 2, 4, 3] {
        let angle = start + PI * (i as f32 / 6.0 * 1.1 - 0.05);
        let length = p.rng.random_range(0.4..0.54) + 0.12 * angle.cos().abs();
        leaf(p.canvas, (0.0, -0.7), angle, (length, 0.26), green.varied(p.rng, 0.03));
    }
    if p.topping == Some("cream") {
        let side = if p.rng.random_bool(0.5) { 0.36 } else { -0.36 };
        dollop(p, (side, 0.5), 0.46);
    }
}

/// A strawberry's pips, each in its dimple.
fn pips(p: &mut Piece) {
    let pip = match p.colour {
        Colour::White => Ink::rgb(206, 62, 60),
        Colour::Green => Ink::rgb(236, 230, 150),
        _ => Ink::rgb(255, 218, 120),
    };
    let mut places = Vec::new();
    for row in 0..6 {
        let y = -0.34 + row as f32 * 0.22;
        let width = 0.62 - 0.56 * ((y + 0.3) / 1.2).max(0.0).powf(1.4);
        let many = (width / 0.15) as i32;
        for i in -many..=many {
            let x = (i as f32 + if row % 2 == 0 { 0.0 } else { 0.5 }) * 0.27;
            if x.abs() < width {
                places.push((x + p.rng.random_range(-0.02..0.02), y - x * x * 0.2));
            }
        }
    }
    let ends = |long: f32, down: f32| {
        strokes(&places.iter().map(|&(x, y)| ((x, y + down), (x * 0.97, y + down + long))).collect::<Vec<_>>())
    };
    if let (Some(dimples), Some(pips)) = (ends(0.05, -0.02), ends(0.04, 0.0)) {
        p.canvas.stroke(&dimples, 0.085, deep(p).alpha(0.55));
        p.canvas.stroke(&pips, 0.048, pip);
    }
}

/// Chocolate over the lower part of an outline, up to a wavy edge.
fn dip(p: &mut Piece, outline: &[Point]) {
    let chocolate = Ink::rgb(78, 42, 24);
    let (level, phase) = (p.rng.random_range(0.26..0.38), p.rng.random_range(0.0..TURN));
    let edge = |x: f32| level + (x * 7.0 + phase).sin() * 0.06;
    let mut coat: Vec<Point> = outline.iter().map(|&(x, y)| (x * 1.02, y)).filter(|&(x, y)| y > edge(x)).collect();
    let (Some(right), Some(left)) = (coat.first().copied(), coat.last().copied()) else { return };
    coat.extend((0..=16).map(|i| left.0 + (right.0 - left.0) * i as f32 / 16.0).map(|x| (x, edge(x))));
    let (lx, ly) = p.light;
    let inks = vec![chocolate.lighter(0.3), chocolate, chocolate.darker(0.4)];
    let fill = Fill::Linear((lx * 0.5, 0.55 + ly * 0.4), (-lx * 0.5, 0.55 - ly * 0.4), inks);
    p.canvas.outlined(&polygon(&coat), fill, 0.035, chocolate.darker(0.5));
    gloss(p.canvas, (lx * 0.15, level + 0.22), (0.2, 0.07), -0.3, 0.7);
}

fn grapes(p: &mut Piece) {
    let rows: &[usize] = match p.rng.random_range(0..3) {
        0 => &[4, 4, 4, 3, 2, 1],
        1 => &[3, 4, 4, 3, 2, 1],
        _ => &[4, 5, 4, 3, 2],
    };
    let deep = deep(p);
    // Pure red berries in a heap look like a raspberry.
    let main = if p.colour == Colour::Red { p.main.mix(Ink::rgb(140, 8, 44), 0.4) } else { p.main };
    let (lx, ly) = p.light;
    stalk(p.canvas, (0.0, -0.6), (p.rng.random_range(-0.1..0.1), -0.98), 0.1);
    let mut centres = Vec::new();
    for (row, &count) in rows.iter().enumerate() {
        for i in 0..count {
            let x = (i as f32 - (count - 1) as f32 / 2.0) * 0.36 + p.rng.random_range(-0.03..0.03);
            let y = -0.5 + row as f32 * 0.272 + p.rng.random_range(-0.03..0.03);
            centres.push((x, y, p.rng.random_range(0.195..0.22)));
        }
    }
    for &(x, y, r) in centres.iter().rev() {
        let ink = main.varied(p.rng, 0.04);
        let inks = vec![ink.lighter(0.38), ink, ink.mix(deep, 0.35), deep];
        let fill = Fill::Radial((x + lx * r * 0.4, y + ly * r * 0.4), r * 1.5, inks);
        p.canvas.outlined(&ellipse(x, y, r * 0.96, r * 1.12), fill, 0.028, deep.darker(0.3));
    }
    let shine: Vec<_> = centres.iter().map(|&(x, y, r)| (x + lx * r * 0.5, y + ly * r * 0.5, r * 0.2)).collect();
    if let Some(path) = dots(&shine) {
        p.canvas.fill(&path, Ink::WHITE.alpha(0.75));
    }
    match p.topping {
        Some("leaves") => {
            let tilt = p.rng.random_range(-0.2..0.2);
            vine_leaf(p, (-0.4, -0.62), 0.4, tilt - 0.5);
            vine_leaf(p, (0.42, -0.66), 0.34, tilt + 0.5);
        }
        Some("water drops") => drops(p, (0.0, 0.05), (0.55, 0.6)),
        Some("sugar") => crystals(p, (0.0, 0.0), (0.66, 0.68)),
        _ => {}
    }
}

/// A vine leaf: five lobes with a vein in each.
fn vine_leaf(p: &mut Piece, at: Point, size: f32, angle: f32) {
    let green = leaf_green(p);
    p.canvas.placed(at, angle, (size, size), |canvas| {
        let rim: Vec<Point> = (0..20)
            .map(|i| {
                let turn = i as f32 / 20.0 * TURN - FRAC_PI_2;
                let r = [0.95, 0.78, 0.6, 0.82][i % 4] * if i == 0 { 0.5 } else { 1.0 };
                (turn.cos() * r, turn.sin() * r)
            })
            .collect();
        canvas.outlined(&smooth(&rim, true), green.lighter(0.1), 0.07, green.darker(0.35));
        let veins: Vec<_> = (1..5).map(|i| ((0.0, -0.3), (rim[i * 4].0 * 0.8, rim[i * 4].1 * 0.8))).collect();
        if let Some(path) = strokes(&veins) {
            canvas.stroke(&path, 0.07, green.lighter(0.5));
        }
    });
}

fn pear(p: &mut Piece) {
    let half = [
        (0.0, -0.8),
        (0.2, -0.74),
        (0.31, -0.45),
        (0.44, -0.12),
        (0.68, 0.18),
        (0.74, 0.54),
        (0.52, 0.86),
        (0.16, 0.94),
        (0.0, 0.9),
    ];
    let outline = mirrored(p.rng, &half, 0.035);
    body(p, &outline, Ink::rgb(255, 247, 218), (0.86, 0.36));
    let pores = match p.colour {
        Colour::Green => Ink::rgb(40, 84, 30),
        Colour::Yellow => Ink::rgb(150, 100, 30),
        Colour::Brown => Ink::rgb(226, 180, 120),
        _ => Ink::rgb(255, 206, 160),
    };
    speckles(p, 30, (0.0, 0.42), (0.4, 0.42), 0.016, pores.alpha(0.6));
    speckles(p, 8, (0.0, -0.3), (0.22, 0.36), 0.014, pores.alpha(0.6));
    let (lx, ly) = p.light;
    gloss(p.canvas, (lx * 0.34, 0.36 + ly * 0.26), (0.24, 0.17), ly.atan2(lx) + FRAC_PI_2, 0.65);
    gloss(p.canvas, (lx * 0.1, -0.42), (0.1, 0.2), 0.1, 0.5);
    let lean = p.rng.random_range(-0.14..0.14);
    stalk(p.canvas, (0.0, -0.74), (lean, -1.04), 0.1);
    top_leaves(p, (lean * 0.4, -0.8));
    if p.topping == Some("water drops") {
        drops(p, (0.0, 0.4), (0.5, 0.42));
    }
}

fn citrus_half(p: &mut Piece) {
    let (main, deep) = (p.main, deep(p));
    let (lx, ly) = p.light;
    let across = |from: Ink, to: Ink| Fill::Linear((lx, ly), (-lx, -ly), vec![from, to]);
    p.canvas.outlined(&circle(0.0, 0.0, 0.93), across(main.lighter(0.1), deep), 0.03, deep.darker(0.25));
    let zest = if p.colour == Colour::Pink { main.mix(Ink::rgb(246, 170, 80), 0.25) } else { main };
    p.canvas.fill(&circle(0.0, 0.0, 0.9), across(zest.lighter(0.15), zest.mix(deep, 0.4)));
    p.canvas.fill(&circle(0.0, 0.0, 0.815), across(main.lighter(0.84), main.lighter(0.74)));
    let count = p.rng.random_range(8..12);
    let start = p.rng.random_range(0.0..TURN);
    let mut pulp = Vec::new();
    for i in 0..count {
        let step = TURN / count as f32;
        let middle = start + i as f32 * step + p.rng.random_range(-0.04..0.04);
        let half = step / 2.0 - 0.085;
        let outer = p.rng.random_range(0.7..0.73);
        let mut wedge = vec![(middle.cos() * 0.19, middle.sin() * 0.19)];
        wedge.extend(arc(0.0, 0.0, outer, outer, middle - half, middle + half));
        let path = polygon(&wedge);
        let flesh = main.varied(p.rng, 0.025);
        let inks = vec![flesh.lighter(0.3), flesh, flesh.mix(deep, 0.3)];
        p.canvas.outlined(&path, Fill::Radial((0.0, 0.0), 0.8, inks), 0.07, flesh.mix(deep, 0.12));
        for _ in 0..5 {
            let angle = middle + p.rng.random_range(-0.8..0.8) * half;
            let r = p.rng.random_range(0.34..0.6);
            pulp.push(((angle.cos() * r, angle.sin() * r), (angle.cos() * (r + 0.12), angle.sin() * (r + 0.12))));
        }
    }
    if let Some(path) = strokes(&pulp) {
        p.canvas.stroke(&path, 0.026, main.lighter(0.65).alpha(0.6));
    }
    gloss(p.canvas, (lx * 0.45, ly * 0.45), (0.32, 0.2), ly.atan2(lx) + FRAC_PI_2, 0.4);
    match p.topping {
        Some("mint leaves") => sprig(p, (0.0, 0.1), 0.0..TURN, 0.62),
        Some("sugar") => crystals(p, (0.0, 0.0), (0.74, 0.74)),
        Some("a cherry") => cherry(p),
        _ => {}
    }
}

/// A candied cherry with its stalk.
fn cherry(p: &mut Piece) {
    let red = Ink::rgb(186, 16, 44);
    let (lx, ly) = p.light;
    let r = 0.32;
    p.canvas.shadow((-lx * 0.1, -ly * 0.1), (r * 1.25, r * 1.25), 0.5);
    let inks = vec![red.lighter(0.3), red, red.darker(0.25), red.darker(0.55)];
    p.canvas.outlined(&circle(0.0, 0.0, r), Fill::Radial((lx * 0.12, ly * 0.12), r * 1.5, inks), 0.03, red.darker(0.6));
    gloss(p.canvas, (lx * 0.15, ly * 0.15), (0.11, 0.09), 0.0, 1.0);
    let angle = p.rng.random_range(0.0..TURN);
    stalk(p.canvas, (angle.cos() * 0.05, angle.sin() * 0.05), (angle.cos() * 0.62, angle.sin() * 0.62), 0.07);
}

fn kiwi_half(p: &mut Piece) {
    let (main, deep) = (p.main, deep(p));
    let (wide, tall) = (p.rng.random_range(0.84..0.9), p.rng.random_range(0.9..0.96));
    let (lx, ly) = p.light;
    let skin = Ink::rgb(126, 92, 54).varied(p.rng, 0.03);
    p.canvas.placed((0.0, 0.0), 0.0, (wide, tall), |canvas| {
        let inks = vec![skin.lighter(0.2), skin.darker(0.25)];
        canvas.outlined(&circle(0.0, 0.0, 1.0), Fill::Linear((lx, ly), (-lx, -ly), inks), 0.03, skin.darker(0.5));
        let (core, bright) = (Ink::rgb(250, 246, 216), main.lighter(0.22));
        let inks = vec![core, core, main.lighter(0.5), main, bright, bright, main, main.mix(deep, 0.5)];
        canvas.fill(&circle(0.0, 0.0, 0.92), Fill::Radial((0.0, 0.0), 0.92, inks));
    });
    let at = |angle: f32, r: f32| (angle.cos() * r * wide, angle.sin() * r * tall);
    let mut rays = Vec::new();
    let mut seeds = Vec::new();
    let many = p.rng.random_range(22..30);
    for i in 0..many {
        let angle = (i as f32 + p.rng.random_range(-0.2..0.2)) / many as f32 * TURN;
        rays.push((at(angle, 0.26), at(angle, p.rng.random_range(0.68..0.84))));
        let r = if i % 2 == 0 { 0.4 } else { 0.5 } + p.rng.random_range(-0.03..0.03);
        let angle = angle + 0.5 / many as f32 * TURN;
        seeds.push((at(angle, r), at(angle, r + 0.07)));
    }
    if let (Some(rays), Some(seeds)) = (strokes(&rays), strokes(&seeds)) {
        p.canvas.stroke(&rays, 0.022, main.lighter(0.6).alpha(0.5));
        p.canvas.stroke(&seeds, 0.062, Ink::rgb(30, 22, 20));
    }
    gloss(p.canvas, (lx * 0.5, ly * 0.5), (0.3, 0.18), ly.atan2(lx) + FRAC_PI_2, 0.45);
    match p.topping {
        Some("mint leaves") => sprig(p, (0.0, 0.1), 0.0..TURN, 0.58),
        Some("sugar") => crystals(p, (0.0, 0.0), (0.72, 0.76)),
        Some("cream") => dollop(p, (0.0, 0.0), 0.4),
        _ => {}
    }
}
