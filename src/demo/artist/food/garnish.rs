//! What lies on the meals: leaves, seeds, slices. Sizes and places are in the coordinates of the piece.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::super::canvas::{Canvas, Fill, arc, circle, ellipse, line, rounded, smooth};
use super::super::{Colour, Ink};

/// A point, or a direction.
pub(super) type Point = (f32, f32);

/// The green of herbs.
pub(super) const HERB: Ink = Ink::rgb(58, 132, 52);
/// What lies under anything that stands out a little.
const UNDER: Ink = Ink::rgb(30, 16, 10);

/// Shading of something round a point: brighter towards the light.
pub(super) fn lit(light: Point, (x, y): Point, radius: f32, ink: Ink, bright: f32, dark: f32) -> Fill {
    let (dx, dy) = (light.0 * radius, light.1 * radius);
    Fill::Linear((x + dx, y + dy), (x - dx, y - dy), vec![ink.lighter(bright), ink, ink.darker(dark)])
}

/// A deeper shade of the same colour: yellow would turn olive if only black went into it.
pub(super) fn deep(ink: Ink, colour: Colour, share: f32) -> Ink {
    match colour {
        Colour::Yellow => ink.mix(Ink::rgb(168, 92, 8), (share * 1.5).min(0.95)),
        _ => ink.darker(share),
    }
}

/// A glossy ball: roe, peas, meatballs.
pub(super) fn ball(canvas: &mut Canvas, light: Point, (x, y): Point, radius: f32, ink: Ink) {
    canvas.fill(&circle(x - light.0 * radius * 0.3, y - light.1 * radius * 0.3, radius * 1.08), UNDER.alpha(0.35));
    canvas.fill(&circle(x, y, radius), lit(light, (x, y), radius, ink, 0.25, 0.4));
    let glint = circle(x + light.0 * radius * 0.4, y + light.1 * radius * 0.4, radius * 0.28);
    canvas.fill(&glint, Ink::WHITE.alpha(0.75));
}

/// A leaf around a point, `length` from there to its tip.
pub(super) fn leaf(canvas: &mut Canvas, at: Point, angle: f32, length: f32, ink: Ink) {
    canvas.placed(at, angle, (length, length), |canvas| {
        let rim = [(-1.0, 0.0), (-0.5, -0.42), (0.2, -0.46), (1.0, 0.0), (0.2, 0.46), (-0.5, 0.42)];
        let shape = smooth(&rim, true);
        canvas.placed((0.06, 0.12), 0.0, (1.04, 1.04), |canvas| canvas.fill(&shape, UNDER.alpha(0.35)));
        canvas.fill(&shape, Fill::Linear((0.0, -0.5), (0.0, 0.5), vec![ink.lighter(0.2), ink.darker(0.2)]));
        let vein = ink.lighter(0.45);
        canvas.stroke(&line(&[(-1.2, 0.0), (0.7, 0.0)]), 0.09, vein);
        for x in [-0.45, 0.05] {
            canvas.stroke(&line(&[(x + 0.28, -0.28), (x, 0.0), (x + 0.28, 0.28)]), 0.05, vein);
        }
    });
}

/// Two or three leaves from one place.
pub(super) fn sprig(canvas: &mut Canvas, rng: &mut ChaCha8Rng, (x, y): Point, length: f32, ink: Ink) {
    let start: f32 = rng.random_range(0.0..std::f32::consts::TAU);
    for i in 0..3 {
        let angle = start + i as f32 * 2.1 + rng.random_range(-0.25..0.25);
        let length = length * rng.random_range(0.85..1.1);
        leaf(canvas, (x + angle.cos() * length * 0.8, y + angle.sin() * length * 0.8), angle, length, ink);
    }
}

/// Sesame: pale and dark seeds, one at every point.
pub(super) fn sesame(canvas: &mut Canvas, rng: &mut ChaCha8Rng, points: &[Point], size: f32) {
    for (i, &at) in points.iter().enumerate() {
        let angle = rng.random_range(0.0..std::f32::consts::TAU);
        let ink = if i % 3 == 0 { Ink::rgb(44, 34, 30) } else { Ink::rgb(255, 244, 212) };
        canvas.placed(at, angle, (size, size), |canvas| {
            canvas.fill(&ellipse(0.1, 0.15, 1.15, 0.75), UNDER.alpha(0.5));
            canvas.fill(&ellipse(0.0, 0.0, 1.0, 0.58), ink);
        });
    }
}

/// Chives or spring onions, cut into rings, one at every point.
pub(super) fn chives(canvas: &mut Canvas, rng: &mut ChaCha8Rng, points: &[Point], size: f32) {
    for &(x, y) in points {
        let ink = HERB.lighter(rng.random_range(0.0..0.3));
        let squeeze = rng.random_range(0.65..1.0);
        canvas.stroke(&ellipse(x, y + size * 0.25, size, size * squeeze), size * 0.62, UNDER.alpha(0.4));
        canvas.stroke(&ellipse(x, y, size, size * squeeze), size * 0.62, ink);
        canvas.stroke(&line(&arc(x, y, size, size * squeeze, 3.4, 5.2)), size * 0.25, ink.lighter(0.5));
    }
}

/// A cube seen from above: croutons, feta.
pub(super) fn cube(canvas: &mut Canvas, light: Point, (x, y): Point, angle: f32, size: f32, ink: Ink) {
    let (dx, dy) = (light.0 * size * 0.22, light.1 * size * 0.22);
    let face = |canvas: &mut Canvas, x: f32, y: f32, ink: Ink| {
        canvas.placed((x, y), angle, (size, size), |canvas| canvas.fill(&rounded(0.0, 0.0, 1.0, 1.0, 0.25), ink));
    };
    face(canvas, x - dx * 1.6, y - dy * 1.6, UNDER.alpha(0.35));
    face(canvas, x - dx, y - dy, ink.darker(0.32));
    face(canvas, x, y, ink.darker(0.1));
    face(canvas, x + dx * 0.8, y + dy * 0.8, ink.lighter(0.12));
    for (a, b) in [(-0.4, -0.3), (0.35, 0.1), (-0.1, 0.5)] {
        canvas.fill(&circle(x + dx + a * size, y + dy + b * size, size * 0.14), ink.darker(0.2));
    }
}

/// A round slice of lemon.
pub(super) fn lemon(canvas: &mut Canvas, at: Point, angle: f32, radius: f32) {
    let yellow = Ink::rgb(250, 208, 52);
    canvas.placed(at, angle, (radius, radius), |canvas| {
        canvas.fill(&circle(0.06, 0.12, 1.04), UNDER.alpha(0.35));
        canvas.fill(&circle(0.0, 0.0, 1.0), yellow.darker(0.08));
        canvas.fill(&circle(0.0, 0.0, 0.86), Ink::rgb(255, 250, 222));
        canvas.fill(&circle(0.0, 0.0, 0.74), Fill::Radial((0.0, 0.0), 0.74, vec![yellow.lighter(0.5), yellow]));
        for i in 0..4 {
            let (sin, cos) = (i as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
            canvas.stroke(
                &line(&[(-cos * 0.78, -sin * 0.78), (cos * 0.78, sin * 0.78)]),
                0.09,
                Ink::rgb(255, 250, 222),
            );
        }
    });
}

/// A round slice of tomato.
pub(super) fn tomato(canvas: &mut Canvas, at: Point, angle: f32, radius: f32) {
    let red = Ink::rgb(214, 48, 38);
    canvas.placed(at, angle, (radius, radius), |canvas| {
        canvas.fill(&circle(0.06, 0.12, 1.04), UNDER.alpha(0.35));
        canvas.fill(&circle(0.0, 0.0, 1.0), red.darker(0.1));
        canvas.fill(&circle(0.0, 0.0, 0.86), red.lighter(0.22));
        for i in 0..4 {
            let angle = i as f32 * std::f32::consts::FRAC_PI_2;
            let (x, y) = (angle.cos() * 0.46, angle.sin() * 0.46);
            canvas.placed((x, y), angle, (1.0, 1.0), |canvas| {
                canvas.fill(&ellipse(0.0, 0.0, 0.26, 0.32), red.darker(0.12));
                canvas.fill(&ellipse(-0.02, -0.1, 0.11, 0.06), Ink::rgb(255, 216, 130));
                canvas.fill(&ellipse(0.02, 0.12, 0.11, 0.06), Ink::rgb(255, 216, 130));
            });
        }
    });
}

/// Half a boiled egg, cut side up.
pub(super) fn half_egg(canvas: &mut Canvas, light: Point, at: Point, angle: f32, radius: f32) {
    canvas.placed(at, angle, (radius, radius), |canvas| {
        canvas.fill(&ellipse(0.05, 0.1, 1.08, 0.84), UNDER.alpha(0.4));
        canvas.fill(&ellipse(0.0, 0.0, 1.0, 0.78), Ink::rgb(228, 218, 206));
        canvas.fill(&ellipse(0.0, -0.02, 0.94, 0.72), Ink::rgb(255, 252, 246));
        let yolk = vec![Ink::rgb(255, 186, 40), Ink::rgb(246, 160, 22), Ink::rgb(226, 134, 16)];
        canvas.fill(&circle(0.1, 0.0, 0.46), Fill::Radial((0.1, 0.0), 0.46, yolk));
    });
    let glint = circle(at.0 + light.0 * radius * 0.3, at.1 + light.1 * radius * 0.3, radius * 0.1);
    canvas.fill(&glint, Ink::WHITE.alpha(0.8));
}

/// A shrimp, curled up.
pub(super) fn shrimp(canvas: &mut Canvas, at: Point, angle: f32, radius: f32) {
    let ink = Ink::rgb(246, 132, 92);
    canvas.placed(at, angle, (radius, radius), |canvas| {
        let back = line(&arc(0.0, 0.0, 0.66, 0.66, 0.5, 5.2));
        canvas.placed((0.06, 0.12), 0.0, (1.0, 1.0), |canvas| canvas.stroke(&back, 0.56, UNDER.alpha(0.35)));
        for side in [-0.3, 0.3] {
            let tail = smooth(&[(0.2, -0.6), (0.6, -0.85 + side * 0.4), (0.95, -0.75 + side)], false);
            canvas.stroke(&tail, 0.2, ink.darker(0.1));
        }
        canvas.stroke(&back, 0.54, ink);
        canvas.stroke(&line(&arc(0.0, 0.0, 0.52, 0.52, 0.5, 5.0)), 0.2, ink.lighter(0.55));
        for i in 0..6 {
            let (sin, cos) = (0.8 + i as f32 * 0.75).sin_cos();
            canvas.stroke(&line(&[(cos * 0.48, sin * 0.48), (cos * 0.88, sin * 0.88)]), 0.08, Ink::rgb(214, 78, 52));
        }
    });
}

/// A slice of a mushroom, cap and stem.
pub(super) fn mushroom(canvas: &mut Canvas, at: Point, angle: f32, size: f32) {
    let (pale, rim) = (Ink::rgb(244, 230, 206), Ink::rgb(132, 96, 66));
    canvas.placed(at, angle, (size, size), |canvas| {
        let cap = [(-1.0, 0.1), (-0.7, -0.6), (0.0, -0.9), (0.7, -0.6), (1.0, 0.1), (0.5, 0.25), (-0.5, 0.25)];
        let (cap, stem) = (smooth(&cap, true), rounded(0.0, 0.5, 0.28, 0.5, 0.2));
        canvas.stroke(&stem, 0.24, rim);
        canvas.stroke(&cap, 0.3, rim);
        canvas.fill(&cap, pale);
        canvas.fill(&stem, pale.lighter(0.3));
        canvas.stroke(&line(&arc(0.0, 0.12, 0.6, 0.22, 3.3, 6.1)), 0.14, rim.lighter(0.25));
    });
}

/// Sauce out of a bottle, along a line.
pub(super) fn squirt(canvas: &mut Canvas, points: &[Point], width: f32, ink: Ink) {
    let path = smooth(points, false);
    canvas.placed((0.015, 0.035), 0.0, (1.0, 1.0), |canvas| canvas.stroke(&path, width * 1.1, UNDER.alpha(0.35)));
    canvas.stroke(&path, width, ink);
    canvas.placed((-0.1 * width, -0.2 * width), 0.0, (1.0, 1.0), |canvas| {
        canvas.stroke(&path, width * 0.25, ink.lighter(0.6));
    });
}
