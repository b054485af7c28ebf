//! What several dishes share: light on round things, and what is put on top of them.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use tiny_skia::Path;

use super::super::canvas::{Canvas, Fill, arc, circle, ellipse, line, polygon, rounded, smooth};
use super::super::{Colour, Ink};

/// A place, or a direction.
pub(super) type At = (f32, f32);

pub(super) const CREAM: Ink = Ink::rgb(255, 249, 238);
pub(super) const SHADE: Ink = Ink::rgb(44, 20, 10);

/// Light over the unit circle: `up` lighter where it comes from, `down` darker away from it.
pub(super) fn shaded(light: At, ink: Ink, up: f32, down: f32) -> Fill {
    Fill::Linear(light, (-light.0, -light.1), vec![ink.lighter(up), ink, ink.darker(down)])
}

/// Light on something that bulges to radius `r` around (x, y).
pub(super) fn bulging((x, y): At, r: f32, light: At, ink: Ink, up: f32, down: f32) -> Fill {
    let centre = (x + light.0 * r * 0.4, y + light.1 * r * 0.4);
    Fill::Radial(centre, r * 1.35, vec![ink.lighter(up), ink, ink.darker(down * 0.3), ink.darker(down)])
}

/// A circle with `waves` waves in its rim.
pub(super) fn wavy(radius: f32, depth: f32, waves: usize, turn: f32) -> Path {
    let points: Vec<At> = (0..waves * 2)
        .map(|i| {
            let r = if i % 2 == 0 { radius + depth } else { radius - depth };
            let angle = turn + i as f32 / (waves * 2) as f32 * TAU;
            (angle.cos() * r, angle.sin() * r)
        })
        .collect();
    smooth(&points, true)
}

/// The outline of an upright drum seen from a little above: its lid, and how far down and how wide its base is.
pub(super) fn drum((x, y): At, (rx, ry): At, height: f32, base: f32) -> Path {
    let mut points = arc(x, y, rx, ry, PI, TAU);
    points.extend(arc(x, y + height, rx * base, ry * base, 0.0, PI));
    polygon(&points)
}

/// Icing that covers a round lid and runs down its side in fingers, up to `depth` far.
pub(super) fn drips(rng: &mut impl Rng, (x, y): At, (rx, ry): At, depth: f32) -> Path {
    let mut points = arc(x, y, rx, ry, PI, TAU);
    let steps = rng.random_range(5..8) * 4 + 2;
    let mut finger = 0.0;
    for i in 1..steps {
        let angle = (i as f32 + steep(i)) / steps as f32 * PI;
        if i % 4 == 1 {
            finger = rng.random_range(0.45..1.0);
        }
        let down = if matches!(i % 4, 1 | 2) { finger } else { 0.1 };
        points.push((x + angle.cos() * rx, y + angle.sin() * ry + down * depth));
    }
    smooth(&points, true)
}

/// How far the points of a drip move along the rim, so that its sides hang steeply.
pub(super) fn steep(point: usize) -> f32 {
    [0.3, -0.12, 0.12, -0.3][point % 4]
}

/// A small shiny ball: a berry, a pearl.
pub(super) fn ball(canvas: &mut Canvas, at: At, r: f32, ink: Ink, (lx, ly): At) {
    canvas.placed(at, 0.0, (r, r), |canvas| {
        canvas.fill(&circle(-lx * 0.16, -ly * 0.16, 1.06), SHADE.alpha(0.35));
        canvas.fill(&circle(0.0, 0.0, 1.0), bulging((0.0, 0.0), 1.0, (lx, ly), ink, 0.25, 0.45));
        canvas.fill(&ellipse(lx * 0.45, ly * 0.45, 0.24, 0.2), Ink::WHITE.alpha(0.7));
    });
}

/// A blueberry, with its crown.
pub(super) fn blueberry(canvas: &mut Canvas, at: At, r: f32, light: At) {
    ball(canvas, at, r, Ink::rgb(70, 80, 158), light);
    let crown = (at.0 - light.0 * r * 0.25, at.1 - light.1 * r * 0.25);
    canvas.placed(crown, 0.0, (r, r), |canvas| {
        canvas.fill(&wavy(0.3, 0.1, 5, 0.0), Ink::rgb(38, 40, 92));
        canvas.fill(&circle(0.0, 0.0, 0.14), Ink::rgb(88, 98, 170));
    });
}

/// A raspberry from above.
pub(super) fn raspberry(canvas: &mut Canvas, at: At, r: f32, light: At) {
    let ink = Ink::rgb(206, 36, 72);
    canvas.placed(at, 0.0, (r, r), |canvas| {
        canvas.fill(&circle(-light.0 * 0.15, -light.1 * 0.15, 1.06), SHADE.alpha(0.35));
        canvas.fill(&wavy(0.95, 0.08, 8, 0.0), bulging((0.0, 0.0), 1.0, light, ink, 0.1, 0.4));
        for i in 0..8 {
            let angle = i as f32 / 8.0 * TAU;
            canvas.fill(&circle(angle.cos() * 0.62, angle.sin() * 0.62, 0.22), ink.lighter(0.22));
        }
        canvas.fill(&circle(0.0, 0.0, 0.34), ink.darker(0.35));
    });
}

/// A leaf from its stalk at (x, y) outwards.
pub(super) fn leaf(canvas: &mut Canvas, at: At, angle: f32, length: f32, ink: Ink) {
    canvas.placed(at, angle, (length, length), |canvas| {
        let path = smooth(&[(0.0, 0.0), (0.3, -0.27), (0.7, -0.22), (1.0, 0.0), (0.7, 0.22), (0.3, 0.27)], true);
        canvas.placed((0.02, 0.06), 0.0, (1.02, 1.02), |canvas| canvas.fill(&path, SHADE.alpha(0.3)));
        canvas.fill(&path, Fill::Linear((0.0, -0.3), (0.0, 0.3), vec![ink.lighter(0.22), ink, ink.darker(0.25)]));
        canvas.stroke(&line(&[(0.05, 0.0), (0.92, 0.0)]), 0.05, ink.lighter(0.35));
        for x in [0.28, 0.5, 0.7] {
            canvas.stroke(&line(&[(x + 0.13, -0.13), (x, 0.0), (x + 0.13, 0.13)]), 0.03, ink.lighter(0.25));
        }
    });
}

/// A strawberry, its tip down.
pub(super) fn strawberry(canvas: &mut Canvas, at: At, angle: f32, size: f32, light: At) {
    let red = Ink::rgb(222, 40, 46);
    canvas.placed(at, angle, (size, size), |canvas| {
        let body =
            [(0.0, 1.0), (-0.5, 0.5), (-0.8, -0.2), (-0.5, -0.65), (0.0, -0.6), (0.5, -0.65), (0.8, -0.2), (0.5, 0.5)];
        canvas.fill(&smooth(&body, true), bulging((0.0, 0.0), 0.95, light, red, 0.25, 0.4));
        for (x, y) in [(-0.45, -0.15), (0.0, -0.2), (0.45, -0.15), (-0.24, 0.18), (0.24, 0.18), (0.0, 0.5)] {
            canvas.fill(&ellipse(x, y, 0.06, 0.09), Ink::rgb(252, 214, 120));
        }
        canvas.fill(&ellipse(light.0 * 0.4, light.1 * 0.3 - 0.05, 0.16, 0.12), Ink::WHITE.alpha(0.45));
        let green = Ink::rgb(86, 156, 58);
        for x in [-0.62, -0.3, 0.0, 0.3, 0.62_f32] {
            let tip = (x, -0.28 - x.abs() * 0.5);
            canvas.fill(&polygon(&[(x * 0.3 - 0.14, -0.78), tip, (x * 0.3 + 0.14, -0.78)]), green);
        }
        canvas.stroke(&line(&[(0.0, -0.75), (0.08, -1.0)]), 0.1, green.darker(0.2));
    });
}

/// Two cherries on one stalk.
pub(super) fn cherries(canvas: &mut Canvas, (x, y): At, size: f32, light: At) {
    canvas.placed((x, y), 0.0, (size, size), |canvas| {
        let stalk = Ink::rgb(92, 124, 44);
        canvas.stroke(&smooth(&[(-0.6, 0.1), (-0.4, -0.7), (0.2, -1.5)], false), 0.15, stalk);
        canvas.stroke(&smooth(&[(0.6, 0.0), (0.55, -0.7), (0.2, -1.5)], false), 0.15, stalk.darker(0.15));
        for (x, y) in [(0.62, 0.1), (-0.62, 0.2)] {
            ball(canvas, (x, y), 0.68, Ink::rgb(204, 24, 44), light);
            canvas.fill(&ellipse(x, y - 0.52, 0.17, 0.07), Ink::rgb(110, 8, 24));
        }
    });
}

/// A sugar sprinkle in one of the bright colours.
pub(super) fn sprinkle(canvas: &mut Canvas, rng: &mut impl Rng, (x, y): At, length: f32) {
    const BRIGHT: [Ink; 6] = [
        Ink::rgb(232, 48, 60),
        Ink::rgb(255, 214, 48),
        Ink::rgb(64, 182, 84),
        Ink::rgb(52, 122, 232),
        Ink::rgb(255, 132, 36),
        Ink::rgb(152, 74, 208),
    ];
    let angle = rng.random_range(0.0..TAU);
    let ink = BRIGHT[rng.random_range(0..BRIGHT.len())];
    let (dx, dy) = (angle.cos() * length, angle.sin() * length);
    let width = length * 0.95;
    let shift = width * 0.25;
    canvas.stroke(
        &line(&[(x - dx + shift, y - dy + shift), (x + dx + shift, y + dy + shift)]),
        width,
        SHADE.alpha(0.25),
    );
    canvas.stroke(&line(&[(x - dx, y - dy), (x + dx, y + dy)]), width, ink);
}

/// An almond, or any nut kernel of that shape.
pub(super) fn almond(canvas: &mut Canvas, at: At, angle: f32, size: f32, ink: Ink) {
    canvas.placed(at, angle, (size, size), |canvas| {
        let body = [(-1.0, 0.0), (-0.4, -0.5), (0.4, -0.5), (1.05, 0.0), (0.4, 0.5), (-0.4, 0.5)];
        let body = smooth(&body, true);
        canvas.placed((0.05, 0.14), 0.0, (1.04, 1.04), |canvas| canvas.fill(&body, SHADE.alpha(0.35)));
        canvas.fill(&body, Fill::Linear((0.0, -0.6), (0.0, 0.6), vec![ink.lighter(0.35), ink, ink.darker(0.3)]));
        for y in [-0.2, 0.05, 0.28] {
            canvas.stroke(&smooth(&[(-0.6, y * 0.6), (0.0, y), (0.65, y * 0.5)], false), 0.07, ink.darker(0.28));
        }
    });
}

/// Whipped cream, seen from the side: a rosette of three rounds with a tip.
pub(super) fn dollop(canvas: &mut Canvas, at: At, size: f32, ink: Ink) {
    canvas.placed(at, 0.0, (size, size), |canvas| {
        let edge = ink.darker(0.24);
        let fill = |y: f32, h: f32| Fill::Linear((0.0, y - h), (0.0, y + h), vec![ink.lighter(0.5), ink, edge]);
        canvas.fill(&ellipse(0.0, 0.56, 1.06, 0.34), SHADE.alpha(0.25));
        for (y, w, h) in [(0.36, 1.0, 0.36), (0.0, 0.76, 0.34), (-0.34, 0.5, 0.3)] {
            canvas.placed((0.0, y), -0.1, (1.0, 1.0), |canvas| canvas.fill(&ellipse(0.0, 0.0, w, h), fill(0.0, h)));
        }
        let tip = [(-0.3, -0.48), (-0.12, -0.75), (0.1, -1.05), (0.14, -0.75), (0.28, -0.5), (0.0, -0.4)];
        canvas.fill(&smooth(&tip, true), fill(-0.7, 0.4));
    });
}

/// Whipped cream from above: a rosette.
pub(super) fn rosette(canvas: &mut Canvas, at: At, size: f32, turn: f32, ink: Ink, light: At) {
    canvas.placed(at, 0.0, (size, size), |canvas| {
        canvas.fill(&circle(-light.0 * 0.14, -light.1 * 0.14, 1.04), SHADE.alpha(0.3));
        canvas.fill(&wavy(0.94, 0.08, 8, turn), shaded(light, ink, 0.4, 0.16));
        canvas.fill(&wavy(0.6, 0.07, 7, turn + 0.3), shaded(light, ink.darker(0.06), 0.5, 0.12));
        canvas.fill(&wavy(0.28, 0.05, 5, turn + 0.7), shaded(light, ink, 0.6, 0.2));
        for i in 0..8 {
            let a = turn + i as f32 / 8.0 * TAU + 0.35;
            let b = a + 0.45;
            let groove = line(&[(a.cos() * 0.92, a.sin() * 0.92), (b.cos() * 0.34, b.sin() * 0.34)]);
            canvas.stroke(&groove, 0.05, ink.darker(0.22).alpha(0.6));
        }
    });
}

/// A burning candle, its foot at (x, y).
pub(super) fn candle(canvas: &mut Canvas, (x, y): At, height: f32, ink: Ink) {
    canvas.fill(&ellipse(x, y, 0.06, 0.025), SHADE.alpha(0.35));
    let stick = Fill::Linear((x - 0.04, 0.0), (x + 0.04, 0.0), vec![ink.lighter(0.35), ink, ink.darker(0.25)]);
    canvas.fill(&rounded(x, y - height / 2.0, 0.04, height / 2.0, 0.015), stick);
    for i in 0..3 {
        let y = y - height * (0.2 + 0.28 * i as f32);
        canvas.stroke(&line(&[(x - 0.03, y + 0.02), (x + 0.03, y - 0.02)]), 0.028, Ink::WHITE.alpha(0.9));
    }
    let top = y - height;
    canvas.stroke(&line(&[(x, top), (x, top - 0.04)]), 0.015, Ink::rgb(60, 44, 40));
    let glow = vec![Ink::rgb(255, 226, 120).alpha(0.55), Ink::rgb(255, 214, 100).alpha(0.0)];
    canvas.fill(&circle(x, top - 0.08, 0.14), Fill::Radial((x, top - 0.08), 0.14, glow));
    let flame = smooth(&[(x, top - 0.2), (x + 0.045, top - 0.07), (x, top - 0.01), (x - 0.045, top - 0.07)], true);
    let inks = vec![Ink::rgb(255, 250, 210), Ink::rgb(255, 206, 60), Ink::rgb(246, 120, 28)];
    canvas.fill(&flame, Fill::Radial((x, top - 0.05), 0.13, inks));
}

/// The ruffled edge of a salad leaf that hangs from y, between two ends.
pub(super) fn lettuce(canvas: &mut Canvas, rng: &mut impl Rng, (from, to): At, y: f32, depth: f32) {
    let green = Ink::rgb(122, 184, 62).varied(rng, 0.04);
    let folds = 13;
    let mut points = vec![(to, y - 0.03), (from, y - 0.03)];
    for i in 0..=folds {
        let x = from + (to - from) * i as f32 / folds as f32;
        points.push((x, y + depth * if i % 2 == 0 { 0.3 } else { rng.random_range(0.75..1.1) }));
    }
    let fill = Fill::Linear((0.0, y - 0.03), (0.0, y + depth), vec![green.darker(0.35), green, green.lighter(0.25)]);
    canvas.fill(&smooth(&points, true), fill);
    for i in 0..folds {
        let x = from + (to - from) * (i as f32 + 0.5) / folds as f32;
        canvas.stroke(&line(&[(x, y), (x + 0.02, y + depth * 0.5)]), 0.014, green.darker(0.3).alpha(0.7));
    }
}

/// The sauce that goes with a colour.
pub(super) fn sauce(colour: Colour) -> Ink {
    match colour {
        Colour::Yellow => Ink::rgb(190, 106, 26),
        Colour::Pink | Colour::Red => Ink::rgb(196, 34, 66),
        Colour::Brown | Colour::Black => Ink::rgb(70, 36, 20),
        Colour::Green => Ink::rgb(72, 116, 40),
        _ => Ink::rgb(128, 72, 36),
    }
}

/// A pat of butter, from above at a slant.
pub(super) fn butter(canvas: &mut Canvas, at: At, turn: f32, size: f32) {
    let yellow = Ink::rgb(255, 226, 104);
    canvas.placed(at, turn, (size, size), |canvas| {
        canvas.fill(&rounded(0.12, 0.3, 1.05, 0.8, 0.15), SHADE.alpha(0.3));
        canvas.fill(&rounded(0.0, 0.2, 1.0, 0.75, 0.15), Ink::rgb(226, 172, 48));
        let inks = vec![yellow.lighter(0.55), yellow, yellow.darker(0.04)];
        canvas.fill(&rounded(0.0, -0.05, 1.0, 0.72, 0.15), Fill::Linear((-1.0, -0.7), (1.0, 0.7), inks));
        canvas.stroke(&line(&[(-0.75, -0.5), (0.3, -0.5)]), 0.13, Ink::WHITE.alpha(0.7));
    });
}
