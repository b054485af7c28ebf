//! For play and work: ball, guitar, keyboard.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::super::canvas::{Fill, arc, circle, line, polygon, rounded, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::{bow, contrast, edge, heart, lit, seam, soft, star, thing, upright};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        turn: PI,
        ..thing(
            ("ball", "balls"),
            &[Colour::Red, Colour::Blue, Colour::Green, Colour::Yellow, Colour::Pink],
            &["stripes", "stars", "dots"],
            ball,
        )
    },
    Kind {
        turn: 0.5,
        ..thing(
            ("guitar", "guitars"),
            &[Colour::Brown, Colour::Red, Colour::Blue, Colour::Black],
            &["a strap", "stickers"],
            guitar,
        )
    },
    Kind {
        turn: 0.25,
        ..thing(
            ("keyboard", "keyboards"),
            &[Colour::Black, Colour::White, Colour::Pink, Colour::Blue],
            &["a cable", "a wrist rest", "bright keys"],
            keyboard,
        )
    },
];

const CREAM: Ink = Ink::rgb(252, 246, 234);
const WOOD: Ink = Ink::rgb(120, 78, 48);

fn ball(p: &mut Piece) {
    let (lx, ly) = p.light;
    let main = p.main;
    let size = 0.92;
    let inks = vec![main.lighter(0.3), main.lighter(0.08), main, main.darker(0.35)];
    p.canvas.fill(&circle(0.0, 0.0, size), Fill::Radial((lx * 0.35, ly * 0.35), 1.3, inks));
    let ink = contrast(p);
    match p.topping {
        Some("stripes") => stripes(p, ink, size),
        Some("stars") => printed(p, size, 9, |radius| star(0.0, 0.0, radius * 0.27, 5, 0.46), ink),
        _ => printed(p, size, 14, |radius| circle(0.0, 0.0, radius * 0.155), ink),
    }
    // The pattern is in the same light as the ball.
    let dark = Ink::rgb(20, 12, 24);
    let shade = vec![dark.alpha(0.0), dark.alpha(0.0), dark.alpha(0.06), dark.alpha(0.34)];
    p.canvas.fill(&circle(0.0, 0.0, size), Fill::Radial((lx * 0.35, ly * 0.35), 1.3, shade));
    p.canvas.stroke(&circle(0.0, 0.0, size), 0.04, edge(main));
    let angle = ly.atan2(lx);
    p.canvas.placed((lx * 0.58, ly * 0.58), angle, (0.09, 0.2), |canvas| {
        canvas.fill(&circle(0.0, 0.0, 1.0), Ink::WHITE.alpha(0.75));
    });
    p.canvas.stroke(
        &smooth(&arc(0.0, 0.0, 0.83, 0.83, angle + PI - 0.6, angle + PI + 0.6), false),
        0.03,
        main.lighter(0.5).alpha(0.5),
    );
}

/// Bands around the ball, seen a little from above.
fn stripes(p: &mut Piece, ink: Ink, size: f32) {
    let tilt: f32 = p.rng.random_range(0.15..0.4);
    let shift = p.rng.random_range(-0.12..0.12);
    let latitude = |lat: f32, from: f32, to: f32| {
        arc(0.0, -lat.sin() * tilt.cos() * size, lat.cos() * size, lat.cos() * tilt.sin() * size, from, to)
    };
    for middle in [-0.55, 0.0, 0.55] {
        let half = if middle == 0.0 { 0.13 } else { 0.09 };
        let mut band = latitude(middle + shift - half, 0.0, PI);
        band.extend(latitude(middle + shift + half, PI, 0.0));
        p.canvas.fill(&polygon(&band), ink);
    }
}

/// Figures that are spread over the ball, narrower towards its rim.
fn printed(p: &mut Piece, size: f32, count: usize, figure: impl Fn(f32) -> tiny_skia::Path, ink: Ink) {
    let start = p.rng.random_range(0.0..TAU);
    for i in 0..count {
        // A sunflower's spiral, on the half of the sphere that faces us.
        let tilt = (1.0 - (i as f32 + 0.35) / count as f32 * 0.9).acos();
        let angle = start + i as f32 * 2.4;
        let r = tilt.sin() * size;
        p.canvas.placed((angle.cos() * r, angle.sin() * r), angle, (tilt.cos().max(0.2), 1.0), |canvas| {
            canvas.fill(&figure(size), ink);
        });
    }
}

fn guitar(p: &mut Piece) {
    let electric = p.rng.random_bool(0.45);
    let light = p.light;
    if p.topping == Some("a strap") {
        let ink = *[Ink::rgb(222, 176, 84), Ink::rgb(84, 150, 140), Ink::rgb(206, 96, 110)]
            .choose(p.rng)
            .expect("there are straps");
        let strap = [(0.05, -0.5), (-0.5, -0.42), (-0.82, 0.1), (-0.74, 0.66), (-0.3, 0.92)];
        p.canvas.stroke(&smooth(&strap, false), 0.13, edge(ink));
        p.canvas.stroke(&smooth(&strap, false), 0.09, ink);
        p.canvas.stroke(&smooth(&strap, false), 0.025, ink.lighter(0.6));
    }
    // The body is as broad as it can be: it carries the colour.
    let body = if electric { electric_body() } else { acoustic_body(p) };
    p.canvas.outlined(&body, lit(light, p.main), 0.045, edge(p.main));
    if electric {
        electric_front(p);
    } else {
        acoustic_front(p);
    }
    neck(p, electric);
    if p.topping == Some("stickers") {
        stickers(p);
    }
    let shine = if electric {
        [(-0.44, 0.42), (-0.5, 0.6), (-0.42, 0.76)]
    } else {
        [(-0.46, 0.36), (-0.55, 0.54), (-0.48, 0.72)]
    };
    p.canvas.stroke(&smooth(&shine, false), 0.04, p.main.lighter(0.7).alpha(0.7));
}

fn acoustic_body(p: &mut Piece) -> tiny_skia::Path {
    let waist = p.rng.random_range(0.34..0.42);
    let right = [
        (0.0, -0.26),
        (0.28, -0.24),
        (0.45, -0.06),
        (waist, 0.17),
        (0.5, 0.33),
        (0.63, 0.56),
        (0.5, 0.84),
        (0.22, 0.95),
    ];
    let left = right.iter().skip(1).rev().map(|&(x, y)| (-x, y));
    let points: Vec<(f32, f32)> = right.iter().copied().chain([(0.0, 0.97)]).chain(left).collect();
    smooth(&points, true)
}

fn electric_body() -> tiny_skia::Path {
    let points = [
        (0.12, -0.02),
        (0.3, -0.12),
        (0.42, -0.3),
        (0.52, -0.22),
        (0.46, 0.1),
        (0.56, 0.44),
        (0.56, 0.74),
        (0.34, 0.94),
        (-0.1, 0.94),
        (-0.44, 0.9),
        (-0.58, 0.66),
        (-0.44, 0.3),
        (-0.46, 0.02),
        (-0.52, -0.3),
        (-0.4, -0.42),
        (-0.28, -0.18),
        (-0.12, -0.02),
    ];
    smooth(&points, true)
}

fn acoustic_front(p: &mut Piece) {
    p.canvas.fill(&circle(0.0, 0.2, 0.185), CREAM.darker(0.2));
    p.canvas.fill(&circle(0.0, 0.2, 0.15), Ink::rgb(34, 24, 22));
    p.canvas.fill(&soft(&[(0.16, 0.24), (0.34, 0.24), (0.38, 0.5), (0.12, 0.42)], 0.08), p.main.darker(0.55));
    p.canvas.outlined(&rounded(0.0, 0.7, 0.2, 0.045, 0.03), WOOD.darker(0.4), 0.02, CREAM.alpha(0.6));
}

fn electric_front(p: &mut Piece) {
    let plate = if p.rng.random_bool(0.5) { CREAM } else { Ink::rgb(226, 214, 180) };
    let guard =
        smooth(&[(0.1, 0.02), (0.36, 0.1), (0.4, 0.5), (0.28, 0.66), (0.06, 0.62), (-0.14, 0.5), (-0.14, 0.06)], true);
    p.canvas.outlined(&guard, plate, 0.02, edge(p.main));
    for y in [0.16, 0.34, 0.52] {
        p.canvas.outlined(&rounded(0.0, y, 0.15, 0.045, 0.03), Ink::rgb(44, 40, 44), 0.015, Ink::rgb(200, 200, 206));
    }
    p.canvas.fill(&rounded(0.0, 0.7, 0.13, 0.05, 0.02), Ink::rgb(196, 198, 206));
    for (x, y) in [(0.3, 0.56), (0.36, 0.72)] {
        p.canvas.outlined(&circle(x, y, 0.045), Ink::rgb(214, 216, 222), 0.015, edge(p.main));
    }
}

fn neck(p: &mut Piece, electric: bool) {
    let wood = if electric { Ink::rgb(212, 166, 108) } else { WOOD };
    let end = if electric { 0.1 } else { 0.04 };
    let board = soft(&[(-0.065, -0.72), (0.065, -0.72), (0.085, end), (-0.085, end)], 0.01);
    p.canvas.outlined(
        &board,
        Fill::Linear((-0.08, 0.0), (0.08, 0.0), vec![wood.lighter(0.1), wood.darker(0.15)]),
        0.025,
        edge(wood),
    );
    let head = if electric {
        soft(&[(-0.08, -0.7), (-0.13, -0.98), (0.04, -1.0), (0.16, -0.86), (0.08, -0.7)], 0.05)
    } else {
        soft(&[(-0.07, -0.7), (-0.14, -0.78), (-0.12, -0.99), (0.12, -0.99), (0.14, -0.78), (0.07, -0.7)], 0.03)
    };
    for i in 0..3 {
        let y = -0.93 + i as f32 * 0.075;
        p.canvas.fill(&rounded(-0.16, y, 0.04, 0.024, 0.02), Ink::rgb(222, 212, 190));
        p.canvas.fill(&rounded(0.16, y, 0.04, 0.024, 0.02), Ink::rgb(222, 212, 190));
    }
    p.canvas.outlined(&head, if electric { p.main } else { wood.darker(0.2) }, 0.025, edge(wood));
    let mut y = -0.66;
    let mut step = 0.1;
    while y < end - 0.03 {
        p.canvas.stroke(&line(&[(-0.07, y), (0.07, y)]), 0.014, Ink::rgb(206, 200, 186));
        y += step;
        step *= 0.93;
    }
    for i in 0..4 {
        let share = i as f32 - 1.5;
        p.canvas.stroke(
            &line(&[(share * 0.03, -0.78), (share * 0.045, 0.7)]),
            0.009,
            Ink::rgb(240, 236, 226).alpha(0.85),
        );
    }
}

fn stickers(p: &mut Piece) {
    let yellow = Ink::rgb(252, 212, 74);
    let pink = Ink::rgb(246, 130, 168);
    p.canvas.outlined(&star(-0.28, 0.58, 0.16, 5, 0.48), yellow, 0.025, CREAM);
    p.canvas.outlined(&heart(0.36, 0.62, 0.13), pink, 0.025, CREAM);
    p.canvas.outlined(&circle(-0.3, 0.02, 0.085), Ink::rgb(112, 200, 150), 0.025, CREAM);
    for x in [-0.03, 0.03] {
        p.canvas.fill(&circle(-0.3 + x, 0.0, 0.014), Ink::rgb(40, 40, 40));
    }
    p.canvas.stroke(&smooth(&bow((-0.35, 0.03), (-0.25, 0.03), 0.03), false), 0.016, Ink::rgb(40, 40, 40));
    if p.rng.random_bool(0.6) {
        p.canvas.outlined(&star(0.02, 0.86, 0.09, 6, 0.55), Ink::rgb(120, 200, 226), 0.02, CREAM);
    }
}

fn keyboard(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    let half = p.rng.random_range(0.38..0.44);
    if p.topping == Some("a cable") {
        let side = p.rng.random_range(-0.4..0.4);
        let cable = [
            (side, -half),
            (side + 0.02, -half - 0.18),
            (side - 0.3, -half - 0.3),
            (side - 0.2, -half - 0.46),
            (side + 0.15, -half - 0.42),
        ];
        let cord = if p.colour == Colour::Black { main.lighter(0.3) } else { main.darker(0.35) };
        p.canvas.stroke(&smooth(&cable, false), 0.08, edge(cord));
        p.canvas.stroke(&smooth(&cable, false), 0.045, cord);
        p.canvas.outlined(&rounded(side + 0.22, -half - 0.41, 0.09, 0.05, 0.015), cord, 0.02, ink);
        p.canvas.fill(&rounded(side + 0.34, -half - 0.41, 0.05, 0.035, 0.0), Ink::rgb(210, 212, 218));
    }
    if p.topping == Some("a wrist rest") {
        let rest = if p.rng.random_bool(0.5) { Ink::rgb(176, 124, 80) } else { Ink::rgb(126, 128, 138) };
        let path = rounded(0.0, half + 0.16, 0.9, 0.12, 0.09);
        p.canvas.outlined(&path, upright(half, half + 0.3, rest), 0.03, edge(rest));
        p.canvas.stroke(&line(&[(-0.78, half + 0.13), (0.78, half + 0.13)]), 0.025, rest.lighter(0.45));
    }
    p.canvas.fill(&rounded(0.0, 0.05, 0.965, half, 0.09), ink);
    p.canvas.outlined(&rounded(0.0, 0.0, 0.96, half, 0.09), lit(p.light, main), 0.03, ink);
    p.canvas.fill(&rounded(0.0, 0.0, 0.9, half - 0.055, 0.04), main.darker(0.38));
    keys(p, half - 0.06);
}

fn keys(p: &mut Piece, half: f32) {
    let cap = match p.colour {
        Colour::Black => p.main.lighter(0.16),
        Colour::White => p.main.lighter(0.5),
        _ => p.main.lighter(0.14),
    };
    let legend = if p.colour == Colour::Black { CREAM } else { p.main.darker(0.55) };
    let bright = [Ink::rgb(250, 206, 70), Ink::rgb(110, 196, 120), Ink::rgb(240, 104, 84), Ink::rgb(96, 180, 232)];
    let high = half * 2.0 / 5.0;
    let offset = p.rng.random_range(0..3usize);
    for row in 0..5 {
        let y = -half + high * (row as f32 + 0.5);
        // Widths in keys, as on the real thing: each row fills the same length.
        let widths: &[f32] = match row {
            0 => &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0],
            1 => &[1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5],
            2 => &[1.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.25],
            3 => &[2.25, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.75],
            _ => &[1.25, 1.25, 1.25, 5.5, 1.25, 1.5],
        };
        let mut x = -0.88;
        for (i, share) in widths.iter().enumerate() {
            let wide = share * 1.76 / 12.0;
            let middle = x + wide / 2.0;
            let lively = p.topping == Some("bright keys") && (i * 3 + row * 4 + offset).is_multiple_of(5);
            let ink = if lively { bright[(i + row) % bright.len()] } else { cap };
            p.canvas.fill(&rounded(middle, y + 0.008, wide / 2.0 - 0.011, high / 2.0 - 0.012, 0.025), ink.darker(0.3));
            p.canvas.fill(&rounded(middle, y - 0.012, wide / 2.0 - 0.02, high / 2.0 - 0.028, 0.022), ink);
            if *share < 1.2 && !lively {
                p.canvas.fill(&rounded(middle - 0.02, y - 0.025, 0.014, 0.02, 0.005), legend.alpha(0.75));
            }
            x += wide;
        }
    }
    p.canvas.stroke(&line(&[(0.6, -half - 0.025), (0.64, -half - 0.025)]), 0.02, Ink::rgb(120, 230, 130));
    p.canvas.stroke(&line(&[(-0.8, -half - 0.03), (0.2, -half - 0.03)]), 0.014, seam(p).alpha(0.4));
}
