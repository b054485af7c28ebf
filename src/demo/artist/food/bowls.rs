//! Meals in a bowl: soup, noodles, salad, rice.

use std::f32::consts::{PI, TAU};

use rand::Rng;

use super::super::canvas::{Fill, arc, blob, circle, ellipse, line, polygon, scattered, smooth, within};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};
use super::garnish::{Point, ball, chives, cube, deep, half_egg, lit, mushroom, shrimp, squirt};

const fn bowlful(
    (name, plural): (&'static str, &'static str),
    colours: &'static [Colour],
    toppings: &'static [&'static str],
    draw: fn(&mut Piece),
) -> Kind {
    let (counts, serving) = (1..=3, Serving::Own("bowl"));
    Kind { name, plural, group: Group::Food, colours, toppings, counts, serving, turn: PI, draw }
}

pub(super) static KINDS: &[Kind] = &[
    bowlful(
        ("soup", "soups"),
        &[Colour::Red, Colour::Orange, Colour::Green, Colour::Purple],
        &["croutons", "cream", "mushrooms"],
        soup,
    ),
    bowlful(
        ("noodle dish", "noodle dishes"),
        &[Colour::Yellow, Colour::White, Colour::Green, Colour::Black],
        &["egg", "shrimps", "meatballs"],
        noodles,
    ),
    bowlful(
        ("salad", "salads"),
        &[Colour::Green, Colour::Purple, Colour::Red, Colour::Orange],
        &["feta", "olives", "egg"],
        salad,
    ),
    bowlful(
        ("rice dish", "rice dishes"),
        &[Colour::White, Colour::Yellow, Colour::Red, Colour::Purple],
        &["peas", "shrimps", "avocado"],
        rice,
    ),
];

/// An empty bowl from above. Its ink is no colour of its own, and stands out from what is in it.
fn bowl(p: &mut Piece) {
    let inks: &[Ink] = match p.colour {
        Colour::White => &[Ink::rgb(70, 74, 84), Ink::rgb(96, 88, 84)],
        Colour::Black => &[Ink::rgb(248, 245, 238), Ink::rgb(206, 200, 192)],
        _ => &[Ink::rgb(248, 245, 238), Ink::rgb(206, 200, 192), Ink::rgb(84, 84, 92)],
    };
    let ink = inks[p.rng.random_range(0..inks.len())].varied(p.rng, 0.02);
    let (lx, ly) = p.light;
    p.canvas.fill(&circle(0.0, 0.0, 0.97), lit(p.light, (0.0, 0.0), 1.0, ink, 0.3, 0.3));
    if p.rng.random_bool(0.5) {
        p.canvas.stroke(&circle(0.0, 0.0, 0.91), 0.025, ink.darker(0.35).alpha(0.6));
    }
    p.canvas.fill(&circle(0.0, 0.0, 0.85), lit((-lx, -ly), (0.0, 0.0), 0.85, ink.darker(0.1), 0.1, 0.38));
}

/// A curved gleam near the rim of what is in a bowl.
fn gleam(p: &mut Piece, radius: f32, strength: f32) {
    let angle = p.light.1.atan2(p.light.0);
    let path = line(&arc(0.0, 0.0, radius, radius, angle - 0.7, angle + 0.5));
    p.canvas.stroke(&path, 0.045, Ink::WHITE.alpha(strength));
}

fn soup(p: &mut Piece) {
    bowl(p);
    let deep = vec![p.main.lighter(0.16), p.main, p.main, p.main.darker(0.22)];
    p.canvas.fill(&circle(0.0, 0.0, 0.8), Fill::Radial((p.light.0 * 0.15, p.light.1 * 0.15), 0.9, deep));
    let start = p.rng.random_range(0.0..TAU);
    for i in 0..3 {
        let (r, from) = (0.28 + i as f32 * 0.17, start + i as f32 * 2.0);
        p.canvas.stroke(&line(&arc(0.0, 0.0, r, r, from, from + 2.2)), 0.05, p.main.lighter(0.3).alpha(0.6));
    }
    for at in scattered(p.rng, 0.7, 16, 0.16) {
        let r = p.rng.random_range(0.015..0.035);
        p.canvas.fill(&circle(at.0, at.1, r), p.main.darker(0.4).alpha(0.7));
    }
    for at in scattered(p.rng, 0.68, 6, 0.2) {
        let r = p.rng.random_range(0.03..0.06);
        p.canvas.outlined(&circle(at.0, at.1, r), p.main.lighter(0.3).alpha(0.7), 0.015, p.main.lighter(0.6));
    }
    match p.topping {
        Some("croutons") => {
            for at in scattered(p.rng, 0.54, 8, 0.3) {
                let angle = p.rng.random_range(0.0..PI);
                cube(p.canvas, p.light, at, angle, 0.105, Ink::rgb(222, 168, 92).varied(p.rng, 0.04));
            }
        }
        Some("cream") => {
            let spiral: Vec<Point> = (0..15)
                .map(|i| {
                    let (r, angle) = (0.04 + i as f32 * 0.033, start + i as f32 * 0.62);
                    (angle.cos() * r, angle.sin() * r)
                })
                .collect();
            squirt(p.canvas, &spiral, 0.1, Ink::rgb(255, 250, 240));
        }
        _ => {
            for at in scattered(p.rng, 0.48, 4, 0.48) {
                let angle = p.rng.random_range(0.0..TAU);
                mushroom(p.canvas, at, angle, 0.19);
            }
        }
    }
    gleam(p, 0.72, 0.55);
}

fn noodles(p: &mut Piece) {
    bowl(p);
    let broth = Ink::rgb(150, 92, 42);
    let pot = circle(0.0, 0.0, 0.81);
    p.canvas.fill(&pot, Fill::Radial((0.0, 0.0), 0.81, vec![broth, broth, broth.darker(0.3)]));
    let ink = match p.colour {
        Colour::White => Ink::rgb(252, 248, 240),
        Colour::Black => Ink::rgb(48, 44, 50),
        _ => p.main,
    };
    let edge = deep(ink, p.colour, if p.colour == Colour::White { 0.28 } else { 0.42 });
    let nest = blob(p.rng, 0.0, 0.0, 0.74, 0.74, 0.04);
    p.canvas.fill(&nest, edge);
    let (rng, light) = (&mut *p.rng, p.light);
    p.canvas.inside(&nest, |canvas| {
        let first: f32 = rng.random_range(0.0..TAU);
        // Bundles of strands, each bent round a point beside the bowl, one bundle over another.
        for i in 0..6 {
            let angle = first + i as f32 * 2.4;
            let far = rng.random_range(0.5..0.85);
            let (x, y) = (angle.cos() * far, angle.sin() * far);
            let inner = rng.random_range(0.2..0.45);
            for k in 0..5 {
                let r = inner + k as f32 * 0.09;
                let squash = rng.random_range(0.94..1.06);
                let bow: Vec<Point> = (-3..=3)
                    .map(|j| {
                        let (sin, cos) = (angle + PI + j as f32 * 0.5).sin_cos();
                        (x + cos * r * squash, y + sin * r)
                    })
                    .collect();
                let strand = smooth(&bow, false);
                let tint = ink.varied(rng, 0.03);
                canvas.stroke(&strand, 0.095, edge);
                canvas.stroke(&strand, 0.066, tint);
                if k % 2 == 0 {
                    canvas.placed((light.0 * 0.012, light.1 * 0.012), 0.0, (1.0, 1.0), |canvas| {
                        canvas.stroke(&strand, 0.02, tint.lighter(0.45));
                    });
                }
            }
        }
    });
    let points = scattered(p.rng, 0.6, 7, 0.34);
    chives(p.canvas, p.rng, &points, 0.045);
    let turn = p.rng.random_range(0.0..TAU);
    let places = |count: usize, r: f32| {
        (0..count).map(move |i| turn + i as f32 / count as f32 * TAU).map(move |a| (a, (a.cos() * r, a.sin() * r)))
    };
    match p.topping {
        Some("egg") => {
            for (angle, at) in places(2, 0.36) {
                half_egg(p.canvas, p.light, at, angle + 0.7, 0.29);
            }
        }
        Some("shrimps") => {
            for (angle, at) in places(3, 0.4) {
                shrimp(p.canvas, at, angle, 0.24);
            }
        }
        _ => {
            for (_, at) in places(4, 0.36) {
                ball(p.canvas, p.light, at, 0.2, Ink::rgb(130, 74, 40).varied(p.rng, 0.03));
            }
        }
    }
    sticks(p);
}

/// A pair of chopsticks over the rim.
fn sticks(p: &mut Piece) {
    let ink = Ink::rgb(122, 46, 34);
    let angle = p.rng.random_range(-0.3..0.3);
    p.canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| {
        for (from, to) in [((-0.66, -0.92), (0.8, -0.56)), ((-0.72, -0.78), (0.76, -0.62))] {
            canvas.stroke(
                &line(&[(from.0 + 0.02, from.1 + 0.05), (to.0 + 0.02, to.1 + 0.05)]),
                0.06,
                Ink::rgb(20, 10, 8).alpha(0.35),
            );
            canvas.stroke(&line(&[from, to]), 0.06, ink);
            canvas.stroke(&line(&[from, to]), 0.018, ink.lighter(0.4));
        }
    });
}

fn salad(p: &mut Piece) {
    bowl(p);
    p.canvas.fill(&circle(0.0, 0.0, 0.8), p.main.darker(0.35));
    match p.colour {
        Colour::Green => lettuce(p, 17, p.main.lighter(0.2), p.main.lighter(0.75)),
        Colour::Purple => lettuce(p, 17, p.main.lighter(0.1), Ink::rgb(244, 226, 246)),
        Colour::Red => {
            lettuce(p, 9, Ink::rgb(92, 156, 60), Ink::rgb(200, 226, 160));
            wedges(p);
        }
        _ => {
            lettuce(p, 8, Ink::rgb(92, 156, 60), Ink::rgb(200, 226, 160));
            shreds(p);
        }
    }
    match p.topping {
        Some("feta") => {
            for at in scattered(p.rng, 0.5, 8, 0.29) {
                let angle = p.rng.random_range(0.0..PI);
                cube(p.canvas, p.light, at, angle, 0.11, Ink::rgb(252, 250, 244));
            }
        }
        Some("olives") => {
            for (x, y) in scattered(p.rng, 0.5, 5, 0.42) {
                let ink = Ink::rgb(44, 38, 48);
                p.canvas.stroke(&circle(x, y, 0.1), 0.11, ink);
                p.canvas.fill(&circle(x, y, 0.05), Ink::rgb(120, 100, 80));
                p.canvas.stroke(&line(&arc(x, y, 0.11, 0.11, 3.6, 5.0)), 0.03, ink.lighter(0.6));
            }
        }
        _ => {
            let turn = p.rng.random_range(0.0..TAU);
            for i in 0..3 {
                let angle = turn + i as f32 * 2.1;
                half_egg(p.canvas, p.light, (angle.cos() * 0.38, angle.sin() * 0.38), angle + 0.9, 0.25);
            }
        }
    }
}

/// Crisp leaves all over the bowl, the outer ones first.
fn lettuce(p: &mut Piece, count: usize, ink: Ink, vein: Ink) {
    let start = p.rng.random_range(0.0..TAU);
    for i in 0..count {
        let angle = start + i as f32 * 2.4;
        let r = 0.62 * (1.0 - i as f32 / count as f32).sqrt();
        let tint = ink.varied(p.rng, 0.06);
        let size = p.rng.random_range(0.26..0.34);
        let turn = angle + p.rng.random_range(-0.7..0.7);
        let rim: Vec<Point> = (0..14)
            .map(|k| {
                let a = k as f32 / 14.0 * TAU;
                let frill = if k % 2 == 0 { 1.0 } else { 0.8 } + p.rng.random_range(-0.06..0.06);
                (a.cos() * frill, a.sin() * frill * 0.78)
            })
            .collect();
        p.canvas.placed((angle.cos() * r, angle.sin() * r), turn, (size, size), |canvas| {
            let shape = smooth(&rim, true);
            canvas.outlined(
                &shape,
                Fill::Linear((-0.8, 0.0), (0.9, 0.0), vec![tint.lighter(0.3), tint, tint]),
                0.1,
                tint.darker(0.4),
            );
            canvas.stroke(&line(&[(-0.9, 0.0), (0.65, 0.0)]), 0.1, vein);
            for x in [-0.4, 0.1] {
                canvas.stroke(&line(&[(x + 0.35, -0.42), (x, 0.0), (x + 0.35, 0.42)]), 0.055, vein);
            }
        });
    }
}

/// Wedges of tomato.
fn wedges(p: &mut Piece) {
    for at in scattered(p.rng, 0.6, 15, 0.24) {
        let angle = p.rng.random_range(0.0..TAU);
        let red = p.main.varied(p.rng, 0.04);
        p.canvas.placed(at, angle, (0.25, 0.25), |canvas| {
            let mut rim = arc(0.0, -0.35, 1.0, 0.95, 0.0, PI);
            rim.push((0.0, -0.5));
            let shape = polygon(&rim);
            canvas.outlined(&shape, red, 0.12, red.darker(0.4));
            canvas.fill(&ellipse(0.0, -0.1, 0.62, 0.34), red.lighter(0.25));
            for x in [-0.3, 0.0, 0.3] {
                canvas.fill(&ellipse(x, -0.05, 0.07, 0.12), Ink::rgb(255, 214, 130));
            }
        });
    }
}

/// Grated carrot.
fn shreds(p: &mut Piece) {
    for _ in 0..80 {
        let (x, y) = within(p.rng, 0.66);
        let angle: f32 = p.rng.random_range(0.0..PI);
        let bend = p.rng.random_range(-0.06..0.06);
        let (dx, dy) = (angle.cos() * 0.15, angle.sin() * 0.15);
        let ink = p.main.varied(p.rng, 0.07);
        let path = smooth(&[(x - dx, y - dy), (x + bend, y + bend), (x + dx, y + dy)], false);
        p.canvas.stroke(&path, 0.075, ink.darker(0.35));
        p.canvas.stroke(&path, 0.055, ink);
    }
}

fn rice(p: &mut Piece) {
    bowl(p);
    let ink = if p.colour == Colour::White { Ink::rgb(252, 249, 243) } else { p.main };
    let mound = blob(p.rng, 0.0, 0.0, 0.8, 0.8, 0.025);
    let inks = vec![ink.lighter(0.1), deep(ink, p.colour, 0.08), deep(ink, p.colour, 0.32)];
    p.canvas.fill(&mound, Fill::Radial((p.light.0 * 0.25, p.light.1 * 0.25), 1.05, inks));
    for (x, y) in scattered(p.rng, 0.75, 80, 0.105) {
        let angle: f32 = p.rng.random_range(0.0..PI);
        let (dx, dy) = (angle.cos() * 0.045, angle.sin() * 0.045);
        let glow = 0.25 + 0.3 * (x * p.light.0 + y * p.light.1);
        p.canvas.stroke(&line(&[(x - dx, y - dy + 0.02), (x + dx, y + dy + 0.02)]), 0.075, deep(ink, p.colour, 0.38));
        p.canvas.stroke(&line(&[(x - dx, y - dy), (x + dx, y + dy)]), 0.06, ink.lighter(glow.clamp(0.0, 0.5)));
    }
    let turn: f32 = p.rng.random_range(0.0..TAU);
    match p.topping {
        Some("peas") => {
            for at in scattered(p.rng, 0.58, 15, 0.21) {
                ball(p.canvas, p.light, at, 0.085, Ink::rgb(96, 176, 62));
            }
        }
        Some("shrimps") => {
            for i in 0..3 {
                let angle = turn + i as f32 * 2.1;
                shrimp(p.canvas, (angle.cos() * 0.35, angle.sin() * 0.35), angle, 0.26);
            }
        }
        _ => {
            p.canvas.placed((0.0, 0.0), turn, (1.0, 1.0), |canvas| {
                for i in 0..5 {
                    let x = -0.34 + i as f32 * 0.17;
                    let slice = smooth(&[(x, -0.46), (x + 0.2, 0.0), (x, 0.46)], false);
                    canvas.stroke(&slice, 0.2, Ink::rgb(44, 84, 34));
                    canvas.stroke(&slice, 0.15, Ink::rgb(136, 190, 76));
                    canvas.placed((-0.03, 0.0), 0.0, (1.0, 0.9), |canvas| {
                        canvas.stroke(&slice, 0.06, Ink::rgb(226, 232, 150))
                    });
                }
            });
        }
    }
}
