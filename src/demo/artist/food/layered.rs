//! Layer upon layer, from the side: pancake stack, sandwich, burger.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use tiny_skia::Path;

use super::super::canvas::{Canvas, Fill, arc, circle, ellipse, polygon, rounded, scattered, smooth};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};
use super::trimmings::{
    At, CREAM, SHADE, blueberry, butter, dollop, drips, drum, leaf, lettuce, raspberry, sauce, strawberry,
};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "pancake stack",
        plural: "pancake stacks",
        group: Group::Food,
        colours: &[Colour::Yellow, Colour::Brown, Colour::Pink, Colour::Green],
        toppings: &["butter", "berries", "banana slices", "cream"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: 0.12,
        draw: pancake_stack,
    },
    Kind {
        name: "sandwich",
        plural: "sandwiches",
        group: Group::Food,
        colours: &[Colour::White, Colour::Brown, Colour::Black],
        toppings: &["cheese", "ham", "egg", "tomato"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: 0.2,
        draw: sandwich,
    },
    Kind {
        name: "burger",
        plural: "burgers",
        group: Group::Food,
        colours: &[Colour::Brown, Colour::Black, Colour::Pink, Colour::Green],
        toppings: &["cheese", "bacon", "egg", "tomato"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: 0.15,
        draw: burger,
    },
];

fn pancake_stack(p: &mut Piece) {
    let (face, edge) = match p.colour {
        Colour::Yellow => (Ink::rgb(240, 190, 76), Ink::rgb(255, 228, 144)),
        Colour::Brown => (Ink::rgb(116, 68, 40), Ink::rgb(166, 112, 72)),
        Colour::Pink => (Ink::rgb(236, 130, 160), Ink::rgb(252, 196, 208)),
        _ => (Ink::rgb(112, 162, 72), Ink::rgb(182, 212, 136)),
    };
    let face = face.varied(p.rng, 0.025);
    let many = p.rng.random_range(3..6_u8);
    let thick = p.rng.random_range(0.18..0.21);
    let ry = 0.3;
    let lowest = (f32::from(many) * thick) / 2.0 - thick + 0.12;
    let mut top = (0.0, 0.0, 0.0);
    for i in 0..many {
        let (x, y) = (p.rng.random_range(-0.04..0.04), lowest - f32::from(i) * thick);
        let rx = p.rng.random_range(0.8..0.88);
        let (left, right) = if p.light.0 < 0.0 { (0.05, 0.32) } else { (0.32, 0.05) };
        let side = vec![edge.darker(left), edge, edge, edge.darker(right)];
        p.canvas.fill(&ellipse(x, y + thick * 1.12, rx, ry), SHADE.alpha(0.4));
        p.canvas.fill(&drum((x, y), (rx, ry), thick * 0.9, 0.985), Fill::Linear((x - rx, 0.0), (x + rx, 0.0), side));
        let browned = smooth(&arc(x, y + thick * 0.82, rx * 0.985, ry, 0.1, PI - 0.1), false);
        p.canvas.stroke(&browned, thick * 0.26, face.darker(0.12));
        p.canvas.stroke(
            &smooth(&arc(x, y + thick * 0.06, rx * 0.99, ry, 0.0, PI), false),
            thick * 0.2,
            face.darker(0.06),
        );
        top = (x, y, rx);
    }
    let (x, y, rx) = top;
    p.canvas.fill(&ellipse(x, y, rx, ry), edge);
    p.canvas.fill(
        &ellipse(x, y, rx * 0.95, ry * 0.93),
        Fill::Radial((x, y), rx, vec![face.lighter(0.16), face, face.darker(0.12)]),
    );
    let run = drips(p.rng, (x, y), (rx * 0.78, ry * 0.74), thick * 2.0);
    let syrup = if p.colour == Colour::Yellow { Ink::rgb(206, 118, 24) } else { sauce(p.colour) };
    p.canvas.placed((0.0, 0.02), 0.0, (1.0, 1.0), |canvas| canvas.fill(&run, SHADE.alpha(0.25)));
    p.canvas.fill(
        &run,
        Fill::Linear(
            (x, y - ry),
            (x, y + ry + thick),
            vec![syrup.lighter(0.3), syrup.alpha(0.92), syrup.lighter(0.1).alpha(0.92)],
        ),
    );
    p.canvas.stroke(&smooth(&arc(x, y, rx * 0.66, ry * 0.56, 3.3, 4.5), false), 0.03, Ink::WHITE.alpha(0.6));
    pancake_topping(p, (x, y - 0.02));
}

fn pancake_topping(p: &mut Piece, (x, y): At) {
    match p.topping {
        Some("butter") => {
            let turn = p.rng.random_range(-0.25..0.25);
            butter(p.canvas, (x, y - 0.06), turn, 0.25);
        }
        Some("berries") => {
            for (dx, dy) in [(-0.3, -0.08), (0.26, -0.1), (0.0, -0.14)] {
                raspberry(p.canvas, (x + dx, y + dy), 0.14, p.light);
            }
            for (dx, dy) in [(-0.14, -0.01), (0.14, 0.02), (0.4, 0.03), (-0.42, 0.05)] {
                blueberry(p.canvas, (x + dx, y + dy), 0.115, p.light);
            }
            leaf(p.canvas, (x + 0.02, y - 0.2), -0.9, 0.24, Ink::rgb(86, 166, 70));
        }
        Some("banana slices") => {
            for (dx, dy) in [(-0.3, -0.02), (0.3, -0.04), (0.0, 0.07), (0.02, -0.12)] {
                let (x, y) = (x + dx, y + dy);
                p.canvas.fill(&drum((x, y), (0.2, 0.1), 0.07, 1.0), Ink::rgb(226, 190, 96));
                p.canvas.fill(&ellipse(x, y, 0.2, 0.1), Ink::rgb(255, 242, 186));
                p.canvas.stroke(&ellipse(x, y, 0.13, 0.06), 0.018, Ink::rgb(232, 204, 124));
                for a in [0.3, 2.4, 4.5_f32] {
                    p.canvas
                        .fill(&ellipse(x + a.cos() * 0.06, y + a.sin() * 0.028, 0.018, 0.012), Ink::rgb(120, 84, 40));
                }
            }
        }
        _ => {
            dollop(p.canvas, (x, y - 0.14), 0.3, CREAM);
            strawberry(p.canvas, (x + 0.34, y - 0.1), 0.5, 0.17, p.light);
        }
    }
}

/// Half a sandwich, cut across: the cut side in front, the upper slice seen from above.
fn sandwich(p: &mut Piece) {
    let (crumb, crust) = match p.colour {
        Colour::White => (Ink::rgb(252, 244, 228), Ink::rgb(214, 164, 102)),
        Colour::Black => (Ink::rgb(66, 54, 50), Ink::rgb(34, 26, 26)),
        _ => (Ink::rgb(160, 104, 60), Ink::rgb(96, 56, 30)),
    };
    let crumb = crumb.varied(p.rng, 0.02);
    let lean = p.rng.random_range(-0.3..0.3);
    let (left, right, back) = ((-0.93, -0.08), (0.93, -0.08), (lean, -0.82));
    let slice = 0.19;
    let filling = 0.28;
    let below = -0.08 + slice + filling;
    bread_wall(p, below - 0.02, slice + 0.03, crumb, crust);
    sandwich_filling(p, -0.08 + slice, filling);
    bread_wall(p, -0.08, slice, crumb, crust);
    let soft = |(x, y): At, (u, v): At, t: f32| (x + (u - x) * t, y + (v - y) * t);
    let top = smooth_corners(&[left, soft(left, back, 0.9), soft(right, back, 0.9), right], back);
    p.canvas.fill(&top, crust);
    p.canvas.placed((lean * 0.06, 0.0), 0.0, (0.93, 0.98), |canvas| {
        let inks = vec![crumb.darker(0.06), crumb.lighter(0.1), crumb.darker(0.03)];
        let inner = smooth_corners(
            &[
                (left.0, -0.078),
                soft(left, (back.0, back.1 + 0.06), 0.9),
                soft(right, (back.0, back.1 + 0.06), 0.9),
                (right.0, -0.078),
            ],
            (back.0, back.1 + 0.06),
        );
        canvas.fill(&inner, Fill::Linear((0.0, -0.8), (0.2, 0.0), inks));
    });
    for _ in 0..34 {
        let (t, s) = (p.rng.random_range(0.04..0.84_f32), p.rng.random_range(-0.85..0.85));
        let (x, y) = (s * 0.9 * (1.0 - t) + lean * t, -0.11 - t * 0.7);
        let size = p.rng.random_range(0.01..0.026);
        let ink = if p.rng.random_bool(0.6) { crumb.darker(0.18) } else { crumb.lighter(0.3) };
        p.canvas.fill(&ellipse(x, y, size, size * 0.6), ink.alpha(0.8));
    }
}

/// A slice of bread from above, cut across: straight in front, its back corner rounded.
fn smooth_corners(sides: &[At; 4], back: At) -> Path {
    let mut points = vec![sides[0], sides[1]];
    for i in 1..4 {
        let t = i as f32 / 4.0;
        let along = |a: f32, b: f32, c: f32| a * (1.0 - t) * (1.0 - t) + 2.0 * b * t * (1.0 - t) + c * t * t;
        points.push((along(sides[1].0, back.0, sides[2].0), along(sides[1].1, back.1, sides[2].1)));
    }
    points.extend([sides[2], sides[3]]);
    polygon(&points)
}

/// The cut through one slice of bread.
fn bread_wall(p: &mut Piece, y: f32, height: f32, crumb: Ink, crust: Ink) {
    let middle = y + height / 2.0;
    let shade = if p.colour == Colour::White { 0.07 } else { 0.12 };
    p.canvas.fill(&rounded(0.0, middle, 0.93, height / 2.0, 0.05), crust);
    let fill = Fill::Linear(
        (0.0, y),
        (0.0, y + height),
        vec![crumb.darker(shade * 0.4), crumb.darker(shade), crumb.darker(shade * 2.2)],
    );
    p.canvas.fill(&rounded(0.0, middle, 0.87, height / 2.0, 0.03), fill);
    for _ in 0..16 {
        let (x, dy) = (p.rng.random_range(-0.82..0.82), p.rng.random_range(0.15..0.85));
        p.canvas.fill(&ellipse(x, y + dy * height, 0.022, 0.013), crumb.darker(0.26).alpha(0.8));
    }
}

fn sandwich_filling(p: &mut Piece, y: f32, height: f32) {
    p.canvas.fill(&rounded(0.0, y + height / 2.0, 0.88, height / 2.0, 0.02), Ink::rgb(90, 60, 40));
    lettuce(p.canvas, p.rng, (-0.92, 0.92), y + height * 0.55, height * 0.55);
    match p.topping {
        Some("cheese") => {
            for (i, y) in [y + height * 0.36, y + height * 0.06].into_iter().enumerate() {
                let ink = Ink::rgb(255, 198, 46).darker(i as f32 * 0.03);
                let droop = if i == 0 { 0.16 } else { 0.08 };
                let sheet = [
                    (-0.92, y),
                    (0.92, y),
                    (0.92, y + 0.07),
                    (0.5, y + 0.07),
                    (0.2, y + 0.07 + droop),
                    (-0.1, y + 0.07),
                    (-0.92, y + 0.07),
                ];
                p.canvas.fill(
                    &polygon(&sheet),
                    Fill::Linear((0.0, y), (0.0, y + 0.2), vec![ink.lighter(0.3), ink, ink.darker(0.15)]),
                );
            }
        }
        Some("ham") => {
            for (i, at) in [y + height * 0.42, y + height * 0.2].into_iter().enumerate() {
                folded(p.canvas, at, 0.1, 0.1 + i as f32 * 1.4, Ink::rgb(244, 148, 150));
            }
        }
        Some("egg") => {
            for i in 0..4_i8 {
                let x = -0.63 + f32::from(i) * 0.42 + p.rng.random_range(-0.03..0.03);
                p.canvas.fill(&ellipse(x, y + height * 0.42, 0.225, height * 0.36), Ink::rgb(206, 198, 186));
                p.canvas.fill(&ellipse(x, y + height * 0.38, 0.22, height * 0.35), Ink::rgb(255, 252, 246));
                p.canvas.fill(&ellipse(x, y + height * 0.4, 0.115, height * 0.23), Ink::rgb(252, 184, 36));
                p.canvas.fill(&ellipse(x - 0.03, y + height * 0.32, 0.035, 0.02), Ink::WHITE.alpha(0.7));
            }
        }
        _ => tomato_slices(p, (-0.86, 0.86), y + height * 0.36, height * 0.32),
    }
    p.canvas.fill(&rounded(0.0, y + 0.02, 0.9, 0.035, 0.02), SHADE.alpha(0.28));
}

/// A thin slice of ham or bacon, folded to and fro along a line.
fn folded(canvas: &mut Canvas, y: f32, depth: f32, phase: f32, ink: Ink) {
    let wave: Vec<At> = (0..=16)
        .map(|i| {
            let x = -0.9 + 1.8 * i as f32 / 16.0;
            (x, y + (i as f32 * 1.3 + phase).sin() * depth * 0.4)
        })
        .collect();
    let path = smooth(&wave, false);
    canvas.stroke(&path, depth * 1.1, ink.darker(0.25));
    canvas.placed((0.0, -depth * 0.12), 0.0, (1.0, 1.0), |canvas| {
        canvas.stroke(&path, depth * 0.85, ink);
        canvas.stroke(&path, depth * 0.2, ink.lighter(0.5));
    });
}

/// Slices of tomato, edge on, side by side.
fn tomato_slices(p: &mut Piece, (from, to): At, y: f32, half: f32) {
    let red = Ink::rgb(220, 52, 40);
    let width = (to - from) / 3.0;
    for i in 0..3_i8 {
        let x = from + width * (f32::from(i) + 0.5);
        let fill = Fill::Linear((0.0, y - half), (0.0, y + half), vec![red.lighter(0.25), red, red.darker(0.25)]);
        p.canvas.fill(&rounded(x, y, width * 0.52, half, half), fill);
        p.canvas.fill(&rounded(x, y + half * 0.1, width * 0.4, half * 0.5, half * 0.5), Ink::rgb(242, 112, 78));
        for s in [-0.25, 0.0, 0.25] {
            p.canvas.fill(&ellipse(x + s * width, y + half * 0.1, 0.025, half * 0.28), Ink::rgb(255, 214, 130));
        }
    }
}

fn burger(p: &mut Piece) {
    let bun = match p.colour {
        Colour::Brown => Ink::rgb(166, 100, 48),
        Colour::Pink => Ink::rgb(236, 132, 160),
        Colour::Green => Ink::rgb(124, 170, 78),
        _ => Ink::rgb(56, 48, 50),
    };
    let bun = bun.varied(p.rng, 0.025);
    let rise = p.rng.random_range(0.62..0.76);
    let base = [(-0.8, 0.46), (0.8, 0.46), (0.84, 0.6), (0.7, 0.78), (0.0, 0.81), (-0.7, 0.78), (-0.84, 0.6)];
    p.canvas.fill(
        &smooth(&base, true),
        Fill::Linear((0.0, 0.42), (0.0, 0.82), vec![bun.lighter(0.3), bun, bun.darker(0.4)]),
    );
    burger_layers(p);
    let mut dome = arc(0.0, 0.0, 0.88, rise + 0.08, PI, TAU);
    dome.extend([(0.84, 0.1), (0.5, 0.13), (0.0, 0.14), (-0.5, 0.13), (-0.84, 0.1)]);
    let path = smooth(&dome, true);
    let centre = (p.light.0 * 0.45, -0.3 + p.light.1 * 0.25);
    p.canvas.fill(&path, Fill::Radial(centre, 1.15, vec![bun.lighter(0.42), bun.lighter(0.1), bun, bun.darker(0.42)]));
    p.canvas.stroke(&smooth(&[(-0.84, 0.06), (0.0, 0.125), (0.84, 0.06)], false), 0.045, bun.lighter(0.35).alpha(0.7));
    let (gx, gy) = (p.light.0 * 0.5, -rise * 0.62);
    p.canvas.placed((gx, gy), p.light.0 * 0.5, (1.0, 1.0), |canvas| {
        canvas.fill(&ellipse(0.0, 0.0, 0.2, 0.07), Ink::WHITE.alpha(0.4))
    });
    let seed = if p.colour == Colour::Pink { Ink::rgb(64, 40, 44) } else { Ink::rgb(255, 236, 190) };
    for (x, y) in scattered(p.rng, 0.9, 22, 0.25) {
        let (x, y) = (x * 0.74, -rise * 0.5 + y * rise * 0.46);
        p.canvas.placed((x, y), x * 0.9, (0.042, 0.028), |canvas| {
            canvas.fill(&circle(0.15, 0.5, 1.05), SHADE.alpha(0.45));
            canvas.fill(&circle(0.0, 0.0, 1.0), seed);
        });
    }
}

/// What lies between the halves of the bun: salad, meat, and the topping.
fn burger_layers(p: &mut Piece) {
    let meat = Ink::rgb(98, 56, 36).varied(p.rng, 0.02);
    lettuce(p.canvas, p.rng, (-0.9, 0.9), 0.42, 0.14);
    p.canvas.fill(
        &rounded(0.0, 0.33, 0.88, 0.145, 0.13),
        Fill::Linear((0.0, 0.18), (0.0, 0.48), vec![meat.lighter(0.2), meat, meat.darker(0.45)]),
    );
    for _ in 0..22 {
        let (x, y) = (p.rng.random_range(-0.8..0.8), p.rng.random_range(0.23..0.44));
        let ink = if p.rng.random_bool(0.5) { meat.darker(0.4) } else { meat.lighter(0.22) };
        p.canvas.fill(&ellipse(x, y, 0.03, 0.018), ink.alpha(0.8));
    }
    match p.topping {
        Some("cheese") => {
            let yellow = Ink::rgb(255, 194, 40);
            let tips = [
                (-0.92, 0.12),
                (0.92, 0.12),
                (0.94, 0.24),
                (0.7, 0.28),
                (0.42, 0.46),
                (0.16, 0.26),
                (-0.2, 0.25),
                (-0.5, 0.42),
                (-0.72, 0.26),
                (-0.94, 0.23),
            ];
            p.canvas.fill(
                &polygon(&tips),
                Fill::Linear((0.0, 0.1), (0.0, 0.46), vec![yellow.darker(0.14), yellow.lighter(0.12), yellow]),
            );
        }
        Some("bacon") => {
            folded(p.canvas, 0.24, 0.13, 0.4, Ink::rgb(192, 62, 50));
            folded(p.canvas, 0.16, 0.1, 2.2, Ink::rgb(214, 84, 66));
        }
        Some("egg") => {
            let white = smooth(
                &[
                    (-0.9, 0.1),
                    (0.9, 0.1),
                    (0.96, 0.2),
                    (0.66, 0.26),
                    (0.36, 0.38),
                    (0.06, 0.27),
                    (-0.3, 0.3),
                    (-0.62, 0.38),
                    (-0.95, 0.2),
                ],
                true,
            );
            p.canvas.fill(
                &white,
                Fill::Linear((0.0, 0.1), (0.0, 0.38), vec![Ink::rgb(226, 220, 210), Ink::rgb(255, 253, 248)]),
            );
            let yolk =
                [(-0.3, 0.14), (0.3, 0.14), (0.26, 0.22), (0.14, 0.24), (0.08, 0.4), (-0.02, 0.25), (-0.26, 0.22)];
            p.canvas.fill(
                &smooth(&yolk, true),
                Fill::Linear((0.0, 0.12), (0.0, 0.4), vec![Ink::rgb(244, 150, 20), Ink::rgb(255, 196, 48)]),
            );
        }
        _ => tomato_slices(p, (-0.9, 0.9), 0.19, 0.075),
    }
    p.canvas.fill(&rounded(0.0, 0.13, 0.86, 0.035, 0.03), SHADE.alpha(0.35));
}
