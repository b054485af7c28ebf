//! Vegetables: carrot, tomato, bell pepper, avocado half, mushroom, broccoli.

use std::f32::consts::{FRAC_PI_2, PI};

use rand::Rng;

use super::super::canvas::{Fill, blob, circle, ellipse, line, polygon, scattered, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::market::{
    Point, TURN, crystals, deep, dots, drops, gloss, leaf, leaf_green, mirrored, produce, sampled, speckles, sprig,
    strokes, volume,
};

pub(super) static KINDS: &[Kind] = &[
    produce(
        ("carrot", "carrots"),
        &[Colour::Orange, Colour::Purple, Colour::Yellow],
        &["leaves", "water drops", "a bite taken"],
        PI,
        carrot,
    ),
    produce(
        ("tomato", "tomatoes"),
        &[Colour::Red, Colour::Yellow, Colour::Green],
        &["basil", "water drops", "salt"],
        PI,
        tomato,
    ),
    produce(
        ("bell pepper", "bell peppers"),
        &[Colour::Red, Colour::Yellow, Colour::Green, Colour::Orange],
        &["leaves", "water drops", "seeds"],
        0.3,
        bell_pepper,
    ),
    produce(
        ("avocado half", "avocado halves"),
        &[Colour::Green, Colour::Yellow, Colour::Brown],
        &["a stone", "pepper", "an egg"],
        PI,
        avocado_half,
    ),
    produce(
        ("mushroom", "mushrooms"),
        &[Colour::White, Colour::Brown, Colour::Purple],
        &["spots", "water drops", "parsley"],
        0.3,
        mushroom,
    ),
    produce(
        ("broccoli floret", "broccoli florets"),
        &[Colour::Green, Colour::Purple],
        &["sesame seeds", "cheese", "chilli rings"],
        0.3,
        broccoli,
    ),
];

/// A carrot's half width at a height, below the height of its shoulders.
fn carrot_width(y: f32, top: f32, stout: f32) -> f32 {
    let t = ((y - top) / (0.98 - top)).clamp(0.0, 1.0);
    stout * (1.0 - t).powf(0.62) * (1.0 - 0.12 * (1.0 - t)) + 0.02
}

fn carrot(p: &mut Piece) {
    let stout = p.rng.random_range(0.36..0.44);
    let bend = p.rng.random_range(-0.14..0.14);
    let bitten_off = p.topping == Some("a bite taken");
    let top = if p.topping == Some("leaves") { -0.34 } else { -0.56 };
    let end = if bitten_off { 0.6 } else { 0.97 };
    let sway = |y: f32| bend * (y * 2.2).sin();
    let width = |y: f32| carrot_width(y, top, stout);
    tops(p, top);
    let rows: Vec<f32> = (0..=16).map(|i| top + 0.02 + (end - top - 0.02) * i as f32 / 16.0).collect();
    let bump: Vec<f32> = rows.iter().map(|_| 1.0 + p.rng.random_range(-0.03..0.03)).collect();
    let side = |way: f32| rows.iter().zip(&bump).map(move |(&y, bump)| (sway(y) + way * width(y) * bump, y));
    let mut rim = vec![(0.0, top - 0.08), (stout * 0.6, top - 0.06)];
    rim.extend(side(1.0));
    rim.extend(side(-1.0).collect::<Vec<_>>().into_iter().rev());
    rim.push((-stout * 0.6, top - 0.06));
    let (main, deep) = (p.main, deep(p));
    let lit = if p.light.0 < 0.0 { -stout } else { stout };
    let inks = vec![main.lighter(0.1), main.lighter(0.22), main, main.mix(deep, 0.5), deep];
    p.canvas.outlined(&smooth(&rim, true), Fill::Linear((lit, 0.0), (-lit, 0.1), inks), 0.035, deep.darker(0.25));
    let mut creases = Vec::new();
    for i in 0..9 {
        let y = top + 0.08 + (end - top - 0.18) * (i as f32 + p.rng.random_range(0.0..0.6)) / 9.0;
        let wide = width(y);
        let way = if i % 2 == 0 { 1.0 } else { -1.0 };
        let length = p.rng.random_range(0.4..0.9);
        creases.push(((sway(y) + way * wide * 0.96, y), (sway(y) + way * wide * (0.96 - length), y + 0.03)));
    }
    if let Some(path) = strokes(&creases) {
        p.canvas.stroke(&path, 0.034, deep.darker(0.15).alpha(0.75));
    }
    gloss(p.canvas, (lit * 0.36, top + 0.34), (0.1, 0.34), 0.08, 0.5);
    if bitten_off {
        carrot_bite(p, (sway(end), end), width(end));
    }
    if p.topping == Some("water drops") {
        drops(p, (0.0, -0.02), (stout * 0.74, 0.5));
    }
}

/// The pale inside of a carrot whose tip is bitten off.
fn carrot_bite(p: &mut Piece, (x, y): Point, wide: f32) {
    let flesh = p.main.lighter(0.45).mix(Ink::rgb(255, 214, 120), 0.25);
    let rim = blob(p.rng, x, y, wide * 1.04, 0.13, 0.12);
    p.canvas.outlined(&rim, flesh, 0.035, deep(p));
    p.canvas.fill(&ellipse(x, y, wide * 0.5, 0.06), flesh.lighter(0.4));
    let marks: Vec<_> = (0..9)
        .map(|i| i as f32 / 9.0 * TURN)
        .map(|a| ((x + a.cos() * wide * 0.55, y + a.sin() * 0.07), (x + a.cos() * wide * 0.85, y + a.sin() * 0.1)))
        .collect();
    if let Some(path) = strokes(&marks) {
        p.canvas.stroke(&path, 0.02, deep(p).alpha(0.6));
    }
}

/// A carrot's green: a bush with the topping "leaves", cut stems otherwise.
fn tops(p: &mut Piece, top: f32) {
    let green = Ink::rgb(72, 146, 50).varied(p.rng, 0.04);
    if p.topping != Some("leaves") {
        for x in [-0.14, 0.13, 0.0] {
            let cut = (x * 1.7, top - 0.26 + p.rng.random_range(-0.06..0.06));
            p.canvas.stroke(&line(&[(x * 0.8, top), cut]), 0.13, green.darker(0.4));
            p.canvas.stroke(&line(&[(x * 0.8, top), cut]), 0.09, green);
            p.canvas.fill(&ellipse(cut.0, cut.1, 0.05, 0.03), green.lighter(0.5));
        }
        return;
    }
    for (i, way) in [-0.9, 0.9, -0.45, 0.45, 0.0].into_iter().enumerate() {
        let way: f32 = way + p.rng.random_range(-0.1..0.1);
        let tip = (way * 0.56, -0.66 + 0.16 * way.abs());
        let ink = if i % 2 == 0 { green.darker(0.16) } else { green.lighter(0.06) };
        let mut fronds = Vec::new();
        for step in 1..7 {
            let t = step as f32 / 6.0;
            let (x, y) = (way * (0.08 + 0.48 * t), tip.1 * t);
            let reach = 0.2 * (1.25 - t);
            for side in [-1.0, 1.0] {
                fronds.push(((x, y), (x + side * reach, y - reach * p.rng.random_range(0.4..0.9))));
            }
        }
        p.canvas.placed((0.0, top + 0.02), 0.0, (1.0, 1.0), |canvas| {
            canvas.stroke(&smooth(&[(way * 0.08, 0.0), (way * 0.32, tip.1 * 0.5), tip], false), 0.06, ink.darker(0.2));
            if let Some(path) = strokes(&fronds) {
                canvas.stroke(&path, 0.06, ink);
            }
        });
    }
}

fn tomato(p: &mut Piece) {
    let lobes = p.rng.random_range(5..8);
    let (start, depth) = (p.rng.random_range(0.0..PI), p.rng.random_range(0.006..0.022));
    let (wide, tall) = (p.rng.random_range(0.9..0.96), p.rng.random_range(0.82..0.92));
    let rim: Vec<Point> = (0..48)
        .map(|i| i as f32 / 48.0 * TURN)
        .map(|angle| (angle, 1.0 - depth + depth * ((angle + start) * lobes as f32).cos()))
        .map(|(angle, r)| (angle.cos() * r * wide, angle.sin() * r * tall))
        .collect();
    volume(p, &polygon(&rim), 0.95);
    let folds: Vec<_> = (0..lobes)
        .map(|i| (i as f32 + 0.5) / lobes as f32 * TURN - start)
        .map(|a| ((a.cos() * 0.3, a.sin() * 0.28), (a.cos() * 0.66, a.sin() * 0.6)))
        .collect();
    if let Some(path) = strokes(&folds) {
        p.canvas.stroke(&path, 0.05, deep(p).alpha(0.35));
    }
    let (lx, ly) = p.light;
    gloss(p.canvas, (lx * 0.55, ly * 0.52), (0.28, 0.15), ly.atan2(lx) + FRAC_PI_2, 0.85);
    gloss(p.canvas, (-lx * 0.68, -ly * 0.64), (0.3, 0.08), ly.atan2(lx) + FRAC_PI_2, 0.3);
    sepals(p);
    match p.topping {
        Some("basil") => {
            let angle = p.rng.random_range(0.0..TURN);
            sprig(p, (angle.cos() * 0.12, angle.sin() * 0.12), angle..angle + 0.1, 0.66);
        }
        Some("water drops") => drops(p, (0.0, 0.0), (0.7, 0.64)),
        Some("salt") => crystals(p, (0.0, 0.0), (0.76, 0.7)),
        _ => {}
    }
}

/// The green star at a tomato's stalk.
fn sepals(p: &mut Piece) {
    let green = if p.colour == Colour::Green { Ink::rgb(40, 96, 40) } else { Ink::rgb(70, 134, 48) };
    let many = p.rng.random_range(5..7);
    let start = p.rng.random_range(0.0..PI);
    let mut rim = Vec::new();
    for i in 0..many {
        let angle = start + (i as f32 + p.rng.random_range(-0.1..0.1)) / many as f32 * TURN;
        let length = p.rng.random_range(0.46..0.6);
        let valley = angle + 0.5 / many as f32 * TURN;
        rim.extend([
            ((angle - 0.3).cos() * 0.24, (angle - 0.3).sin() * 0.24),
            (angle.cos() * length, angle.sin() * length),
            ((angle + 0.3).cos() * 0.24, (angle + 0.3).sin() * 0.24),
            (valley.cos() * 0.13, valley.sin() * 0.13),
        ]);
    }
    let shadow: Vec<Point> = rim.iter().map(|&(x, y)| (x - p.light.0 * 0.05, y - p.light.1 * 0.05)).collect();
    p.canvas.fill(&polygon(&shadow), deep(p).darker(0.2).alpha(0.6));
    p.canvas.outlined(&polygon(&rim), green, 0.03, green.darker(0.4));
    let veins: Vec<_> = rim.iter().skip(1).step_by(4).map(|&(x, y)| ((0.0, 0.0), (x * 0.8, y * 0.8))).collect();
    if let Some(path) = strokes(&veins) {
        p.canvas.stroke(&path, 0.03, green.lighter(0.35));
    }
    p.canvas.outlined(&circle(0.0, 0.0, 0.085), green.lighter(0.3), 0.03, green.darker(0.4));
}

fn bell_pepper(p: &mut Piece) {
    let half = [
        (0.0, -0.5),
        (0.26, -0.62),
        (0.62, -0.62),
        (0.84, -0.3),
        (0.78, 0.2),
        (0.66, 0.62),
        (0.44, 0.88),
        (0.2, 0.86),
        (0.0, 0.92),
    ];
    let outline = mirrored(p.rng, &half, 0.035);
    volume(p, &polygon(&outline), 0.95);
    let (main, deep) = (p.main, deep(p));
    let (lx, ly) = p.light;
    if p.topping == Some("seeds") {
        pepper_inside(p, &outline);
    } else {
        for side in [-1.0, 1.0] {
            let fold =
                smooth(&[(side * 0.12, -0.5), (side * 0.32, -0.2), (side * 0.28, 0.4), (side * 0.18, 0.84)], false);
            p.canvas.stroke(&fold, 0.14, deep.alpha(0.28));
            p.canvas.stroke(&fold, 0.045, deep.alpha(0.75));
        }
        for (x, tall, strength) in [(-0.56, 0.36, 0.7), (0.0, 0.4, 0.8), (0.55, 0.36, 0.55)] {
            gloss(p.canvas, (x + lx * 0.08, -0.12 + ly * 0.06), (0.1, tall), 0.0, strength);
        }
        gloss(p.canvas, (0.0, 0.66), (0.13, 0.07), 0.0, 0.3);
    }
    let green = if p.colour == Colour::Green { Ink::rgb(140, 184, 84) } else { Ink::rgb(84, 144, 56) };
    let cap =
        [(-0.32, -0.52), (-0.14, -0.64), (0.14, -0.64), (0.32, -0.52), (0.16, -0.44), (0.0, -0.5), (-0.16, -0.44)];
    p.canvas.placed((0.0, 0.06), 0.0, (1.05, 1.0), |canvas| {
        canvas.fill(&smooth(&cap, true), main.mix(deep, 0.9).alpha(0.6))
    });
    p.canvas.outlined(&smooth(&cap, true), green, 0.035, green.darker(0.45));
    let lean = p.rng.random_range(-0.18..0.18);
    let stem = [(-0.1, -0.56), (lean - 0.09, -0.98), (lean + 0.1, -0.96), (0.1, -0.56)];
    p.canvas.outlined(
        &smooth(&stem, false),
        Fill::Linear((-0.15, 0.0), (0.2, 0.0), vec![green.lighter(0.25), green.darker(0.2)]),
        0.035,
        green.darker(0.45),
    );
    p.canvas.fill(&ellipse(lean, -0.97, 0.09, 0.04), green.lighter(0.4));
    match p.topping {
        Some("leaves") => {
            let ink = leaf_green(p);
            let tilt = p.rng.random_range(-0.1..0.1);
            leaf(p.canvas, (0.05, -0.7), 0.2 + tilt, (0.85, 0.5), ink);
            leaf(p.canvas, (-0.05, -0.7), PI - 0.1 + tilt, (0.74, 0.46), ink.darker(0.08));
        }
        Some("water drops") => drops(p, (0.0, 0.15), (0.62, 0.5)),
        _ => {}
    }
}

/// A pepper cut in half: its wall, the hollow, and the seeds at the top.
fn pepper_inside(p: &mut Piece, outline: &[Point]) {
    let (main, deep) = (p.main, deep(p));
    let hollow: Vec<Point> = outline.iter().map(|&(x, y)| (x * 0.8, (y - 0.1) * 0.8 + 0.14)).collect();
    let inks = vec![main.mix(deep, 0.55), main.mix(deep, 0.1), main.lighter(0.1)];
    p.canvas.outlined(&polygon(&hollow), Fill::Linear((0.0, -0.5), (0.0, 0.9), inks), 0.07, main.lighter(0.5));
    for x in [-0.26, 0.26] {
        let rib = smooth(&[(x * 0.3, -0.2), (x, 0.2), (x * 0.9, 0.72)], false);
        p.canvas.stroke(&rib, 0.05, main.lighter(0.5).alpha(0.8));
    }
    let pith = Ink::rgb(255, 244, 208);
    p.canvas.outlined(&blob(p.rng, 0.0, -0.2, 0.3, 0.26, 0.1), pith, 0.03, deep.alpha(0.6));
    let mut seeds = Vec::new();
    for (x, y) in scattered(p.rng, 1.0, 22, 0.3) {
        seeds.push((x * 0.38, y * 0.36 - 0.14, 0.062));
    }
    if let Some(path) = dots(&seeds) {
        p.canvas.outlined(&path, Ink::rgb(250, 228, 160), 0.024, Ink::rgb(150, 104, 40));
    }
}

fn avocado_half(p: &mut Piece) {
    let half = [(0.0, -0.95), (0.26, -0.86), (0.46, -0.48), (0.68, 0.0), (0.76, 0.4), (0.5, 0.82), (0.0, 0.98)];
    let outline = mirrored(p.rng, &half, 0.014);
    let (lx, ly) = p.light;
    let skin = match p.colour {
        Colour::Brown => Ink::rgb(52, 34, 28),
        _ => Ink::rgb(44, 68, 34),
    };
    let inner =
        |share: f32| polygon(&outline.iter().map(|&(x, y)| (x * share, (y - 0.2) * share + 0.2)).collect::<Vec<_>>());
    p.canvas.outlined(
        &inner(1.0),
        Fill::Linear((lx, ly), (-lx, -ly), vec![skin.lighter(0.15), skin.darker(0.3)]),
        0.03,
        skin.darker(0.5),
    );
    let (main, deep) = (p.main, deep(p));
    let inks = vec![main.lighter(0.55), main.lighter(0.42), main.lighter(0.1), main, main.mix(deep, 0.35)];
    p.canvas.fill(&inner(0.92), Fill::Radial((0.0, 0.3), 1.12, inks));
    if p.topping == Some("a stone") {
        stone(p);
    } else {
        let inks = vec![main.mix(deep, 0.4), main.lighter(0.12), main.lighter(0.5)];
        let fill = Fill::Linear((lx * 0.4, 0.32 + ly * 0.4), (-lx * 0.4, 0.32 - ly * 0.4), inks);
        p.canvas.outlined(&circle(0.0, 0.32, 0.37), fill, 0.03, main.mix(deep, 0.6));
    }
    gloss(p.canvas, (lx * 0.2, -0.42), (0.14, 0.26), 0.1, 0.45);
    match p.topping {
        Some("pepper") => {
            speckles(p, 26, (0.0, 0.1), (0.5, 0.7), 0.036, Ink::rgb(40, 28, 24));
            speckles(p, 8, (0.0, 0.1), (0.45, 0.65), 0.04, Ink::rgb(206, 50, 40));
        }
        Some("an egg") => egg(p),
        _ => {}
    }
}

/// An avocado's stone.
fn stone(p: &mut Piece) {
    let brown =
        if p.colour == Colour::Brown { Ink::rgb(196, 140, 84) } else { Ink::rgb(124, 72, 36) }.varied(p.rng, 0.04);
    let (lx, ly) = p.light;
    let r = p.rng.random_range(0.34..0.4);
    p.canvas.fill(&circle(-lx * 0.05, 0.32 - ly * 0.05, r * 1.06), deep(p).alpha(0.5));
    let inks = vec![brown.lighter(0.35), brown, brown.darker(0.25), brown.darker(0.5)];
    p.canvas.outlined(
        &circle(0.0, 0.32, r),
        Fill::Radial((lx * 0.15, 0.32 + ly * 0.15), r * 1.5, inks),
        0.03,
        brown.darker(0.6),
    );
    gloss(p.canvas, (lx * 0.16, 0.32 + ly * 0.16), (0.12, 0.08), ly.atan2(lx) + FRAC_PI_2, 0.9);
}

/// A small fried egg where the stone was.
fn egg(p: &mut Piece) {
    let (lx, ly) = p.light;
    let white = Ink::rgb(254, 252, 246);
    p.canvas.outlined(&blob(p.rng, 0.0, 0.32, 0.43, 0.43, 0.1), white, 0.03, Ink::rgb(200, 190, 170));
    let yolk = Ink::rgb(250, 164, 26);
    let inks = vec![yolk.lighter(0.35), yolk, Ink::rgb(224, 118, 14)];
    p.canvas.fill(&circle(0.0, 0.32, 0.24), Fill::Radial((lx * 0.08, 0.32 + ly * 0.08), 0.3, inks));
    gloss(p.canvas, (lx * 0.1, 0.32 + ly * 0.1), (0.08, 0.06), 0.0, 0.95);
}

fn mushroom(p: &mut Piece) {
    let (main, deep) = (p.main, deep(p));
    let (lx, ly) = p.light;
    let (wide, high) = (p.rng.random_range(0.86..0.98), p.rng.random_range(0.82..0.96));
    let foot = p.rng.random_range(0.26..0.34);
    let stem = main.lighter(if p.colour == Colour::White { 0.2 } else { 0.68 });
    let outline = sampled(&[
        (-0.24, 0.0),
        (0.24, 0.0),
        (0.25, 0.4),
        (foot + 0.06, 0.78),
        (0.0, 0.93),
        (-foot - 0.06, 0.78),
        (-0.25, 0.4),
    ]);
    let inks = vec![stem.mix(deep, 0.12), stem, stem.mix(deep, 0.45)];
    let (from, to) = if lx < 0.0 { (-0.4, 0.4) } else { (0.4, -0.4) };
    p.canvas.outlined(&polygon(&outline), Fill::Linear((from, 0.2), (to, 0.2), inks), 0.035, deep.darker(0.25));
    let gills = Ink::rgb(150, 112, 92).mix(deep, 0.3);
    p.canvas.outlined(&ellipse(0.0, 0.13, wide * 0.9, 0.2), gills, 0.035, gills.darker(0.4));
    let fan: Vec<_> = (-9..=9)
        .map(|i| i as f32 / 9.5)
        .map(|k| ((k * 0.3, 0.1), (k * wide * 0.88, 0.13 + 0.18 * (1.0 - k * k).sqrt())))
        .collect();
    if let Some(path) = strokes(&fan) {
        p.canvas.stroke(&path, 0.022, gills.darker(0.35));
    }
    p.canvas.fill(&ellipse(0.0, 0.22, 0.24, 0.1), stem.mix(deep, 0.3));
    let top = 0.16 - high;
    let cap = sampled(&[
        (-wide, 0.06),
        (-wide * 0.86, top * 0.5 - 0.04),
        (-wide * 0.46, top * 0.92),
        (0.0, top - 0.06),
        (wide * 0.46, top * 0.92),
        (wide * 0.86, top * 0.5 - 0.04),
        (wide, 0.06),
        (wide * 0.7, 0.14),
        (0.0, 0.1),
        (-wide * 0.7, 0.14),
    ]);
    let inks = vec![main.lighter(0.35), main.lighter(0.1), main, main.mix(deep, 0.4), deep];
    p.canvas.outlined(
        &polygon(&cap),
        Fill::Radial((lx * 0.4, -0.25 + ly * 0.35), 1.25, inks),
        0.035,
        deep.darker(0.25),
    );
    gloss(p.canvas, (lx * 0.36, -0.32 + ly * 0.22), (0.3, 0.15), ly.atan2(lx) + FRAC_PI_2, 0.7);
    match p.topping {
        Some("spots") => {
            let ink = if p.colour == Colour::White { Ink::rgb(176, 132, 92) } else { main.lighter(0.72) };
            for (x, y) in scattered(p.rng, 1.0, 10, 0.42) {
                let r = p.rng.random_range(0.06..0.12);
                let spot = blob(p.rng, x * wide * 0.72, -0.28 + y * high * 0.36, r, r * 0.8, 0.15);
                p.canvas.outlined(&spot, ink, 0.02, deep.alpha(0.6));
            }
        }
        Some("water drops") => drops(p, (0.0, -0.26), (wide * 0.7, high * 0.36)),
        Some("parsley") => sprig(p, (p.light.0 * -0.1, -0.16), -1.9..-1.2, 0.56),
        _ => {}
    }
}

fn broccoli(p: &mut Piece) {
    let (main, deep) = (p.main, deep(p));
    let (lx, ly) = p.light;
    let pale = Ink::rgb(176, 206, 120).varied(p.rng, 0.03);
    let trunk = [(-0.5, -0.1), (-0.2, 0.2), (-0.24, 0.88), (0.0, 0.94), (0.24, 0.88), (0.2, 0.2), (0.5, -0.1)];
    let fill = Fill::Linear((-0.3, 0.0), (0.3, 0.0), vec![pale.lighter(0.2), pale, pale.darker(0.25)]);
    p.canvas.outlined(&smooth(&trunk, true), fill, 0.035, pale.darker(0.5));
    p.canvas.fill(&ellipse(0.0, 0.87, 0.2, 0.055), pale.lighter(0.55));
    for side in [-1.0, 1.0] {
        let branch = smooth(&[(side * 0.1, 0.42), (side * 0.26, 0.2), (side * 0.56, 0.1)], false);
        p.canvas.stroke(&branch, 0.17, pale.darker(0.5));
        p.canvas.stroke(&branch, 0.11, pale.darker(0.06));
    }
    let heads = [
        (-0.6, -0.02, 0.33),
        (0.6, -0.02, 0.33),
        (-0.42, -0.4, 0.36),
        (0.42, -0.4, 0.36),
        (0.0, -0.58, 0.38),
        (-0.26, -0.02, 0.34),
        (0.28, -0.02, 0.34),
        (0.0, -0.22, 0.38),
    ];
    for (x, y, r) in heads {
        let (x, y) = (x + p.rng.random_range(-0.03..0.03), y + p.rng.random_range(-0.03..0.03));
        let bumps: Vec<Point> = (0..18)
            .map(|i| (i as f32 / 18.0 * TURN, if i % 2 == 0 { r * 1.06 } else { r * 0.92 }))
            .map(|(angle, r)| (x + angle.cos() * r, y + angle.sin() * r))
            .collect();
        let inks = vec![main.lighter(0.24), main, main.mix(deep, 0.45), deep];
        let fill = Fill::Radial((x + lx * r * 0.45, y + ly * r * 0.45), r * 1.6, inks);
        p.canvas.outlined(&smooth(&bumps, true), fill, 0.03, deep.darker(0.25));
        let curds: Vec<_> =
            scattered(p.rng, r * 0.8, 10, r * 0.36).into_iter().map(|(dx, dy)| (x + dx, y + dy, r * 0.15)).collect();
        let shade: Vec<_> = curds.iter().map(|&(cx, cy, cr)| (cx - lx * cr * 0.5, cy - ly * cr * 0.5, cr)).collect();
        if let (Some(curds), Some(shade)) = (dots(&curds), dots(&shade)) {
            p.canvas.fill(&shade, deep.alpha(0.55));
            p.canvas.fill(&curds, main.lighter(0.3));
        }
    }
    match p.topping {
        Some("sesame seeds") => sesame(p),
        Some("cheese") => melted(p),
        Some("chilli rings") => chilli(p),
        _ => {}
    }
}

fn sesame(p: &mut Piece) {
    let ends: Vec<_> = scattered(p.rng, 1.0, 24, 0.26)
        .into_iter()
        .map(|(x, y)| (x * 0.76, y * 0.52 - 0.26, p.rng.random_range(0.0..PI)))
        .map(|(x, y, angle): (f32, f32, f32)| ((x, y), (x + angle.cos() * 0.06, y + angle.sin() * 0.06)))
        .collect();
    if let Some(path) = strokes(&ends) {
        p.canvas.stroke(&path, 0.1, Ink::rgb(110, 70, 30));
        p.canvas.stroke(&path, 0.068, Ink::rgb(255, 236, 186));
    }
}

/// Molten cheese that runs down in tongues.
fn melted(p: &mut Piece) {
    let cheese = Ink::rgb(252, 196, 54);
    let mut rim = vec![(-0.4, -0.76), (0.0, -0.9), (0.4, -0.76)];
    for i in 0..7 {
        let x = 0.51 - i as f32 * 0.17;
        let low = if i % 2 == 0 { p.rng.random_range(-0.36..-0.1) } else { -0.5 };
        rim.push((x, low));
    }
    let fill = Fill::Linear((0.0, -0.8), (0.0, 0.2), vec![cheese.lighter(0.35), cheese, Ink::rgb(236, 158, 30)]);
    p.canvas.outlined(&smooth(&rim, true), fill, 0.035, Ink::rgb(190, 116, 16));
    gloss(p.canvas, (p.light.0 * 0.3, -0.52), (0.26, 0.1), 0.0, 0.8);
}

fn chilli(p: &mut Piece) {
    let red = Ink::rgb(214, 32, 32);
    for (x, y) in scattered(p.rng, 1.0, 7, 0.6) {
        let ring = ellipse(x * 0.68, y * 0.48 - 0.28, 0.1, 0.085);
        p.canvas.stroke(&ring, 0.085, red.darker(0.5));
        p.canvas.outlined(&ring, Ink::rgb(255, 214, 160), 0.055, red);
    }
}
