//! From the grill: fish, kebabs, sausages.

use std::f32::consts::{PI, TAU};

use rand::Rng;

use super::super::canvas::{Fill, arc, circle, line, rounded, scattered, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::garnish::{HERB, Point, leaf, lemon, lit, sesame, sprig, squirt, tomato};
use super::meals::dish;

/// Where the bars of the grill have been.
const CHAR: Ink = Ink::rgb(70, 38, 18);

pub(super) static KINDS: &[Kind] = &[
    dish(
        ("fish", "fish"),
        &[Colour::Blue, Colour::Red, Colour::Yellow, Colour::Black],
        &["lemon", "herbs", "tomatoes"],
        4,
        0.5,
        fish,
    ),
    dish(
        ("kebab", "kebabs"),
        &[Colour::Brown, Colour::Red, Colour::Green, Colour::Orange],
        &["herbs", "yoghurt", "sesame"],
        4,
        PI,
        kebab,
    ),
    dish(
        ("sausage", "sausages"),
        &[Colour::Brown, Colour::Red, Colour::White, Colour::Black],
        &["mustard", "onions", "herbs"],
        4,
        PI,
        sausage,
    ),
];

fn fish(p: &mut Piece) {
    let way = if p.rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let plump = p.rng.random_range(0.38..0.46);
    let (line_ink, fin) = (p.main.darker(0.5), p.main.darker(0.25));
    let light = (p.light.0 * way, p.light.1);
    let places = scattered(p.rng, 0.5, 3, 0.36);
    let turn = p.rng.random_range(0.0..TAU);
    let tail_high = p.rng.random_range(0.38..0.48);
    p.canvas.placed((0.0, 0.0), 0.0, (way, 1.0), |canvas| {
        let tail =
            smooth(&[(-0.6, 0.0), (-0.8, -0.2), (-1.0, -tail_high), (-0.9, 0.0), (-1.0, tail_high), (-0.8, 0.2)], true);
        canvas.outlined(&tail, fin, 0.035, line_ink);
        for y in [-0.6, -0.2, 0.2, 0.6] {
            canvas.stroke(&line(&[(-0.72, y * 0.15), (-0.93, y * tail_high)]), 0.02, line_ink.alpha(0.7));
        }
        let back =
            smooth(&[(-0.4, -plump * 0.6), (-0.2, -plump - 0.2), (0.25, -plump - 0.16), (0.4, -plump * 0.75)], true);
        canvas.outlined(&back, fin, 0.035, line_ink);
        let belly = smooth(&[(-0.3, plump * 0.7), (-0.38, plump + 0.16), (0.0, plump * 0.9)], true);
        canvas.outlined(&belly, fin, 0.035, line_ink);
        let body = [
            (-0.72, 0.0),
            (-0.45, -plump * 0.6),
            (0.05, -plump),
            (0.6, -plump * 0.75),
            (0.97, 0.02),
            (0.6, plump * 0.72),
            (0.05, plump),
            (-0.45, plump * 0.6),
        ];
        let inks = vec![p.main.darker(0.18), p.main, p.main.lighter(0.1), p.main.lighter(0.55)];
        canvas.outlined(&smooth(&body, true), Fill::Linear((0.0, -plump), (0.0, plump), inks), 0.035, line_ink);
        for row in 0..5 {
            for column in 0..7 {
                let x = 0.3 - column as f32 * 0.13 - (row % 2) as f32 * 0.065;
                let y = (row as f32 - 2.0) * plump * 0.34;
                if y.abs() < plump * (0.86 - ((x - 0.05) / 0.8).powi(2)) - 0.06 {
                    canvas.stroke(&line(&arc(x, y, 0.07, plump * 0.2, 1.9, 4.4)), 0.025, line_ink.alpha(0.55));
                }
            }
        }
        canvas.stroke(&line(&arc(0.36, 0.0, 0.16, plump * 0.72, -1.2, 1.2)), 0.045, line_ink);
        canvas.outlined(&smooth(&[(0.3, 0.05), (0.02, 0.02), (-0.02, 0.16), (0.1, 0.22)], true), fin, 0.025, line_ink);
        canvas.stroke(&smooth(&[(0.94, 0.09), (0.84, 0.12), (0.76, 0.1)], false), 0.03, line_ink);
        canvas.fill(&circle(0.7, -0.1, 0.085), Ink::rgb(252, 248, 236));
        canvas.fill(&circle(0.71, -0.1, 0.052), Ink::rgb(24, 20, 22));
        canvas.fill(&circle(0.71 + light.0 * 0.02, -0.1 + light.1 * 0.025, 0.02), Ink::WHITE);
        let shine = smooth(&[(-0.4, -plump * 0.42), (0.0, -plump * 0.72), (0.5, -plump * 0.58)], false);
        canvas.stroke(&shine, 0.05, Ink::WHITE.alpha(0.4));
        for (i, &(x, y)) in places.iter().enumerate() {
            let at = (x * 0.7 - 0.12, y * 0.35);
            match p.topping {
                Some("lemon") => lemon(canvas, at, turn + i as f32, 0.22),
                Some("tomatoes") => tomato(canvas, at, turn + i as f32, 0.21),
                _ => {
                    let (sin, cos) = (turn + i as f32 * 1.7).sin_cos();
                    for (way, ink) in [(1.0, HERB), (-1.0, HERB.lighter(0.15))] {
                        let root = (at.0 + cos * 0.16 * way, at.1 + sin * 0.16 * way);
                        leaf(canvas, root, (sin * way).atan2(cos * way), 0.17, ink);
                    }
                }
            }
        }
    });
}

fn kebab(p: &mut Piece) {
    let wood = Ink::rgb(206, 164, 108);
    p.canvas.stroke(&line(&[(-1.0, 0.03), (1.0, 0.03)]), 0.08, wood.darker(0.5));
    p.canvas.stroke(&line(&[(-1.0, 0.0), (1.0, 0.0)]), 0.06, wood);
    let odd = p.rng.random_range(0..5);
    let high = p.rng.random_range(0.34..0.42);
    for i in 0..5 {
        let x = -0.66 + i as f32 * 0.33;
        let angle = p.rng.random_range(-0.12..0.12);
        // One piece of onion, the rest in the main colour.
        let (ink, width, high) = if i == odd {
            (Ink::rgb(244, 232, 238), 0.13, high * 0.9)
        } else {
            (p.main.varied(p.rng, 0.05), 0.165, high * p.rng.random_range(0.92..1.08))
        };
        let light = p.light;
        let burnt = p.rng.random_range(-0.5..0.5);
        p.canvas.placed((x, 0.0), angle, (1.0, 1.0), |canvas| {
            let chunk = rounded(0.0, 0.0, width, high, 0.11);
            canvas.outlined(&chunk, lit(light, (0.0, 0.0), 0.32, ink, 0.3, 0.3), 0.035, ink.darker(0.5));
            if i == odd {
                for y in [-0.5, 0.0, 0.5] {
                    canvas.stroke(&line(&[(-0.09, y * high), (0.09, y * high)]), 0.03, Ink::rgb(186, 120, 160));
                }
            } else {
                for k in [-0.5, 0.45] {
                    let y = (k + burnt * 0.2) * high;
                    canvas.stroke(&line(&[(-0.1, y + 0.04), (0.1, y - 0.04)]), 0.05, CHAR.alpha(0.6));
                }
                canvas.stroke(&line(&[(-0.08, -high * 0.78), (0.06, -high * 0.78)]), 0.035, Ink::WHITE.alpha(0.5));
            }
        });
    }
    match p.topping {
        Some("herbs") => {
            for x in [-0.45, 0.02, 0.5] {
                let at = (x + p.rng.random_range(-0.08..0.08), p.rng.random_range(-0.12..0.12));
                let ink = if p.colour == Colour::Green { Ink::rgb(176, 222, 104) } else { Ink::rgb(42, 122, 48) };
                sprig(p.canvas, p.rng, at, 0.15, ink);
            }
        }
        Some("yoghurt") => {
            let points: Vec<Point> =
                (0..8).map(|i| (-0.74 + i as f32 * 0.21, if i % 2 == 0 { -0.2 } else { 0.2 })).collect();
            squirt(p.canvas, &points, 0.085, Ink::rgb(255, 253, 248));
        }
        _ => {
            let points: Vec<Point> = scattered(p.rng, 0.8, 22, 0.17).into_iter().map(|(x, y)| (x, y * 0.42)).collect();
            sesame(p.canvas, p.rng, &points, 0.06);
        }
    }
}

fn sausage(p: &mut Piece) {
    let bow = p.rng.random_range(0.12..0.34);
    let thick = p.rng.random_range(0.5..0.6);
    let skin = if p.colour == Colour::White { Ink::rgb(244, 236, 222) } else { p.main };
    let spine = |t: f32| (t * 0.62, bow * (0.5 - t * t));
    let along = |offset: f32, reach: f32| -> Vec<Point> {
        (-4..=4)
            .map(|i| {
                let (x, y) = spine(i as f32 / 4.0 * reach);
                (x, y + offset)
            })
            .collect()
    };
    let path = smooth(&along(0.0, 1.0), false);
    for t in [-1.0, 1.0] {
        let (x, y) = spine(t);
        let end = [(x + t * 0.2, y), (x + t * 0.3, y - bow * 0.35 - 0.02)];
        p.canvas.stroke(&line(&end), 0.1, skin.darker(0.4));
    }
    p.canvas.stroke(&path, thick + 0.05, skin.darker(0.5));
    p.canvas.stroke(&path, thick, skin.darker(0.2));
    let (dx, dy) = (p.light.0 * 0.035, p.light.1 * 0.045);
    p.canvas.placed((dx, dy), 0.0, (1.0, 1.0), |canvas| {
        canvas.stroke(&path, thick * 0.78, skin);
        canvas.placed((dx * 1.6, dy * 1.6), 0.0, (1.0, 1.0), |canvas| {
            canvas.stroke(&smooth(&along(0.0, 0.92), false), thick * 0.3, skin.lighter(0.22));
            canvas.placed((dx, dy), 0.0, (1.0, 1.0), |canvas| {
                canvas.stroke(&smooth(&along(0.0, 0.7), false), 0.05, Ink::WHITE.alpha(0.55));
            });
        });
    });
    for i in -2..=2 {
        let (x, y) = spine(i as f32 * 0.42);
        let lean = thick * 0.3;
        let mark = [(x - lean * 0.6, y + lean), (x + lean * 0.6, y - lean)];
        let ink = if p.colour == Colour::Black { Ink::rgb(8, 6, 6).alpha(0.8) } else { CHAR.alpha(0.65) };
        p.canvas.stroke(&line(&mark), 0.06, ink);
    }
    match p.topping {
        Some("mustard") => {
            let points: Vec<Point> = (0..13)
                .map(|i| {
                    let (x, y) = spine(-0.95 + i as f32 * 0.158);
                    (x, y + if i % 2 == 0 { -0.11 } else { 0.11 })
                })
                .collect();
            squirt(p.canvas, &points, 0.1, Ink::rgb(250, 200, 40));
        }
        Some("onions") => {
            for i in 0..7 {
                let (x, y) = spine(-0.84 + i as f32 * 0.28);
                let (r, y) = (p.rng.random_range(0.14..0.2), y + p.rng.random_range(-0.09..0.09));
                let from = p.rng.random_range(0.0..TAU);
                let ring = line(&arc(x, y, r, r * 0.85, from, from + p.rng.random_range(2.6..4.4)));
                p.canvas.stroke(&ring, 0.1, Ink::rgb(128, 46, 100));
                p.canvas.stroke(&ring, 0.065, Ink::rgb(252, 236, 246));
            }
        }
        _ => {
            for i in 0..3 {
                let (x, y) = spine(-0.6 + i as f32 * 0.6);
                sprig(p.canvas, p.rng, (x, y), 0.13, Ink::rgb(60, 150, 56));
            }
        }
    }
}
