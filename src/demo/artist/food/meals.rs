//! Meals on a plate: sushi, eggs, dumplings, tacos.

use std::f32::consts::{PI, TAU};

use rand::Rng;

use super::super::canvas::{Fill, arc, blob, circle, ellipse, line, polygon, rounded, scattered, smooth};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};
use super::garnish::{HERB, Point, ball, chives, deep, lit, mushroom, sesame, tomato};

const NORI: Ink = Ink::rgb(34, 44, 38);

/// A kind that stands on a plate.
pub(super) const fn dish(
    (name, plural): (&'static str, &'static str),
    colours: &'static [Colour],
    toppings: &'static [&'static str],
    most: u8,
    turn: f32,
    draw: fn(&mut Piece),
) -> Kind {
    Kind { name, plural, group: Group::Food, colours, toppings, counts: 1..=most, serving: Serving::Shared, turn, draw }
}

pub(super) static KINDS: &[Kind] = &[
    dish(
        ("sushi", "sushi pieces"),
        &[Colour::Orange, Colour::Green, Colour::Yellow, Colour::Red],
        &["sesame", "caviar", "ginger"],
        5,
        0.4,
        sushi,
    ),
    dish(
        ("fried egg", "fried eggs"),
        &[Colour::Yellow, Colour::Orange],
        &["pepper", "chives", "bacon"],
        4,
        PI,
        fried_egg,
    ),
    dish(
        ("omelette", "omelettes"),
        &[Colour::Yellow, Colour::Orange, Colour::White],
        &["chives", "tomatoes", "mushrooms"],
        3,
        0.6,
        omelette,
    ),
    dish(
        ("dumpling", "dumplings"),
        &[Colour::White, Colour::Brown, Colour::Purple, Colour::Pink],
        &["sesame", "chives", "chilli"],
        5,
        0.5,
        dumpling,
    ),
    dish(
        ("taco", "tacos"),
        &[Colour::Yellow, Colour::Blue, Colour::Red, Colour::Green],
        &["cheese", "tomatoes", "lettuce"],
        4,
        0.25,
        taco,
    ),
];

/// The slice on a nigiri, as a grid to draw on: `u` runs along it, `v` across, both from -1 to 1.
fn on_slice(u: f32, v: f32) -> Point {
    let half = 0.44 * (1.0 - u.abs().powf(4.5)).max(0.0).sqrt();
    (u * 0.97 - v * 0.06, -0.2 + 0.17 * u * u + v * half)
}

/// A line over the slice, from one place of it to another.
fn across(from: Point, to: Point, bend: f32) -> Vec<Point> {
    (0..=6)
        .map(|i| {
            let t = i as f32 / 6.0;
            let u = from.0 + (to.0 - from.0) * t + bend * (t * PI).sin();
            on_slice(u.clamp(-0.98, 0.98), from.1 + (to.1 - from.1) * t)
        })
        .collect()
}

fn sushi(p: &mut Piece) {
    if p.rng.random_bool(0.6) { nigiri(p) } else { roll(p) }
}

fn nigiri(p: &mut Piece) {
    rice(p);
    let rim: Vec<Point> = arc(0.0, 0.0, 1.0, 1.0, 0.0, TAU)
        .iter()
        .map(|&(x, y)| {
            let u = x.signum() * x.abs().powf(0.8);
            (on_slice(u, y.signum()).0, on_slice(u, y.signum()).1)
        })
        .collect();
    let slice = polygon(&rim);
    p.canvas.placed((0.0, 0.12), 0.0, (1.0, 1.0), |canvas| canvas.fill(&slice, Ink::rgb(60, 40, 30).alpha(0.35)));
    p.canvas.placed((0.0, 0.07), 0.0, (1.0, 1.0), |canvas| canvas.fill(&slice, p.main.darker(0.35)));
    p.canvas.fill(&slice, lit(p.light, (0.0, -0.15), 0.7, p.main, 0.22, 0.18));
    match p.colour {
        Colour::Orange => fat_lines(p, 7, 0.075, p.main.lighter(0.72)),
        Colour::Red => fat_lines(p, 9, 0.035, p.main.lighter(0.4)),
        Colour::Yellow => layers(p),
        _ => avocado(p),
    }
    let glint = across((-0.7, -0.72), (0.55, -0.76), 0.0);
    p.canvas.stroke(&smooth(&glint, false), 0.07, Ink::WHITE.alpha(0.5));
    if matches!(p.colour, Colour::Yellow | Colour::Green) && p.topping != Some("caviar") {
        belt(p);
    }
    on_sushi(p, (0.0, -0.22), (0.72, 0.3));
}

/// The ball of rice under a nigiri, grain by grain at its rim.
fn rice(p: &mut Piece) {
    let white = Ink::rgb(250, 247, 240);
    let body = rounded(0.0, 0.22, 0.86, 0.38, 0.3);
    p.canvas.stroke(&body, 0.08, white.darker(0.22));
    p.canvas.fill(&body, Fill::Linear((0.0, -0.1), (0.0, 0.6), vec![white, white, white.darker(0.16)]));
    for i in 0..26 {
        let (column, row) = (i % 13, i / 13);
        let x = (column as f32 - 6.0) * 0.135 + p.rng.random_range(-0.03..0.03);
        let sag = 0.12 * (x.abs() / 0.8).powi(3);
        let y = 0.34 + row as f32 * 0.19 - sag * row as f32 + p.rng.random_range(-0.03..0.03);
        let angle: f32 = p.rng.random_range(-0.9..0.9);
        grain(p, (x, y), angle, white);
    }
}

fn grain(p: &mut Piece, (x, y): Point, angle: f32, white: Ink) {
    let (dx, dy) = (angle.cos() * 0.06, angle.sin() * 0.06);
    p.canvas.stroke(&line(&[(x - dx, y - dy + 0.02), (x + dx, y + dy + 0.02)]), 0.1, white.darker(0.2));
    p.canvas.stroke(&line(&[(x - dx, y - dy), (x + dx, y + dy)]), 0.075, white.lighter(0.5));
}

/// The pale lines in salmon and tuna.
fn fat_lines(p: &mut Piece, count: usize, width: f32, ink: Ink) {
    let slant = p.rng.random_range(0.16..0.3);
    for i in 0..count {
        let u = -0.86 + (i as f32 + 0.5) / count as f32 * 1.72 + p.rng.random_range(-0.03..0.03);
        let bend = p.rng.random_range(0.08..0.15);
        let path = smooth(&across((u + slant, -0.9), (u - slant, 0.93), bend), false);
        p.canvas.stroke(&path, width, ink.alpha(0.9));
    }
}

/// The layers of a rolled omelette.
fn layers(p: &mut Piece) {
    for v in [-0.45, 0.05, 0.5] {
        let v = v + p.rng.random_range(-0.06..0.06);
        let path = smooth(&across((-0.92, v), (0.92, v + 0.05), 0.0), false);
        p.canvas.stroke(&path, 0.045, Ink::rgb(206, 142, 30).alpha(0.55));
    }
}

/// Thin slices of avocado, one over the next.
fn avocado(p: &mut Piece) {
    let green = Ink::rgb(126, 180, 62);
    for i in 0..6 {
        let u = -0.8 + i as f32 * 0.32;
        let path = smooth(&across((u + 0.2, -0.9), (u - 0.12, 0.92), 0.12), false);
        let heart = smooth(&across((u + 0.1, -0.75), (u - 0.2, 0.78), 0.12), false);
        p.canvas.stroke(&heart, 0.16, green.lighter(0.45).alpha(0.8));
        p.canvas.stroke(&path, 0.05, Ink::rgb(48, 96, 34));
    }
}

/// A strip of seaweed round the middle.
fn belt(p: &mut Piece) {
    let u = p.rng.random_range(-0.08..0.08);
    let mut path = across((u, -1.0), (u, 1.0), 0.05);
    path.push((u * 0.97, 0.58));
    p.canvas.stroke(&smooth(&path, false), 0.24, NORI);
    p.canvas.stroke(&smooth(&across((u + 0.04, -0.85), (u + 0.04, 0.5), 0.05), false), 0.04, NORI.lighter(0.35));
}

/// A piece of a roll, standing: coat, rice, seaweed, filling.
fn roll(p: &mut Piece) {
    let (top, bottom) = (-0.24, 0.36);
    let (rx, ry) = (0.86, 0.58);
    let mut side = arc(0.0, bottom, rx, ry, 0.0, PI);
    side.extend(arc(0.0, top, rx, ry, PI, TAU));
    let wall = vec![p.main.darker(0.16), p.main.lighter(0.12), p.main, p.main.darker(0.34)];
    let (from, to) = if p.light.0 < 0.0 { (-rx, rx) } else { (rx, -rx) };
    p.canvas.fill(&polygon(&side), Fill::Linear((from, 0.0), (to, 0.0), wall));
    let pale = match p.colour {
        Colour::Orange => p.main.lighter(0.7),
        Colour::Red => p.main.lighter(0.4),
        Colour::Yellow => Ink::rgb(206, 142, 30).alpha(0.6),
        _ => Ink::rgb(48, 96, 34),
    };
    for i in 0..8 {
        let angle = PI * (0.06 + i as f32 * 0.125 + p.rng.random_range(-0.02..0.02));
        let (x, y) = (angle.cos() * rx, angle.sin() * ry);
        let lean = x * 0.97 + 0.05;
        let path = smooth(&[(x, top + y), (x + 0.04, top + y + 0.3), (lean.clamp(-rx, rx), bottom + y - 0.04)], false);
        p.canvas.stroke(&path, 0.05, pale);
    }
    let white = Ink::rgb(252, 249, 243);
    p.canvas.fill(&ellipse(0.0, top, rx, ry), p.main.lighter(0.14));
    p.canvas.fill(&ellipse(0.0, top, rx - 0.13, ry - 0.09), white.darker(0.1));
    for i in 0..22 {
        let angle = i as f32 / 22.0 * TAU;
        let r = if i % 2 == 0 { 0.66 } else { 0.55 } + p.rng.random_range(-0.02..0.02);
        let turn = p.rng.random_range(0.0..PI);
        grain(p, (angle.cos() * r, top + angle.sin() * r * 0.68), turn, white);
    }
    p.canvas.fill(&ellipse(0.0, top, 0.48, 0.33), NORI);
    p.canvas.fill(&ellipse(0.0, top, 0.4, 0.27), p.main.darker(0.12));
    p.canvas.fill(&ellipse(-0.04, top - 0.03, 0.3, 0.18), p.main.lighter(0.25));
    on_sushi(p, (0.0, top), (0.5, 0.34));
}

/// The topping, within an ellipse.
fn on_sushi(p: &mut Piece, (x, y): Point, (rx, ry): Point) {
    let place = |(a, b): Point| (x + a * rx, y + b * ry);
    match p.topping {
        Some("sesame") => {
            let points: Vec<Point> = scattered(p.rng, 1.1, 15, 0.26).into_iter().map(place).collect();
            sesame(p.canvas, p.rng, &points, 0.075);
        }
        Some("caviar") => {
            let mut points = scattered(p.rng, 0.75, 13, 0.27);
            points.sort_by(|a, b| a.1.total_cmp(&b.1));
            for at in points {
                let (x, y) = (x + at.0 * 0.4, y - 0.06 + at.1 * 0.32);
                ball(p.canvas, p.light, (x, y), 0.095, Ink::rgb(46, 42, 52));
            }
        }
        _ => {
            let pink = Ink::rgb(255, 186, 196);
            let start = p.rng.random_range(0.0..TAU);
            for i in 0..6 {
                let angle = start + i as f32 * 2.4;
                let size = 0.34 - i as f32 * 0.035;
                let (sin, cos) = angle.sin_cos();
                let petal =
                    blob(p.rng, x + cos * size * 0.45, y - 0.04 + sin * size * 0.35, size * 0.8, size * 0.62, 0.12);
                p.canvas.outlined(&petal, pink.lighter(i as f32 * 0.07), 0.03, Ink::rgb(206, 92, 116));
            }
        }
    }
}

fn fried_egg(p: &mut Piece) {
    let white = Ink::rgb(255, 253, 247);
    let rim = blob(p.rng, 0.0, 0.0, 0.92, 0.84, 0.09);
    p.canvas.outlined(&rim, Ink::rgb(226, 190, 136), 0.05, Ink::rgb(178, 116, 52));
    p.canvas.placed((0.0, 0.0), 0.0, (0.95, 0.95), |canvas| {
        canvas.fill(&rim, lit(p.light, (0.0, 0.0), 0.9, white, 0.4, 0.14))
    });
    for at in scattered(p.rng, 0.78, 12, 0.2) {
        let r = p.rng.random_range(0.02..0.045);
        p.canvas.outlined(&circle(at.0, at.1, r), white, 0.018, Ink::rgb(214, 196, 168));
    }
    let (x, y) = (p.rng.random_range(-0.1..0.1), p.rng.random_range(-0.1..0.1));
    let r = p.rng.random_range(0.5..0.58);
    let (lx, ly) = p.light;
    p.canvas.fill(&circle(x - lx * 0.05, y - ly * 0.05, r * 1.06), Ink::rgb(150, 100, 40).alpha(0.35));
    let yolk = vec![p.main.lighter(0.25), p.main, p.main, p.main.darker(0.12).mix(Ink::rgb(214, 120, 20), 0.3)];
    p.canvas.fill(&circle(x, y, r), Fill::Radial((x + lx * 0.1, y + ly * 0.1), r * 1.1, yolk));
    let angle = ly.atan2(lx);
    let glint = line(&arc(x, y, r * 0.72, r * 0.72, angle - 0.5, angle + 0.4));
    p.canvas.stroke(&glint, 0.09, Ink::WHITE.alpha(0.85));
    p.canvas.fill(
        &circle(x + (angle + 0.75).cos() * r * 0.72, y + (angle + 0.75).sin() * r * 0.72, 0.045),
        Ink::WHITE.alpha(0.85),
    );
    match p.topping {
        Some("pepper") => {
            for (i, at) in scattered(p.rng, 0.8, 34, 0.11).into_iter().enumerate() {
                let size = if i % 3 == 0 { 0.045 } else { 0.028 };
                let speck = blob(p.rng, at.0, at.1, size, size * 0.8, 0.25);
                p.canvas.fill(&speck, Ink::rgb(44, 34, 30));
            }
        }
        Some("chives") => {
            let points = scattered(p.rng, 0.76, 15, 0.26);
            chives(p.canvas, p.rng, &points, 0.06);
        }
        _ => {
            let turn = p.rng.random_range(-0.4..0.4);
            for (angle, y) in [(turn, 0.56), (turn + PI, 0.58)] {
                bacon(p, angle, y);
            }
        }
    }
}

/// A rasher at some distance from the middle.
fn bacon(p: &mut Piece, angle: f32, y: f32) {
    let wave = |offset: f32| -> Vec<Point> {
        (0..9).map(|i| (-0.68 + i as f32 * 0.17, y + offset + if i % 2 == 0 { 0.05 } else { -0.05 })).collect()
    };
    let meat = Ink::rgb(176, 52, 44).varied(p.rng, 0.03);
    p.canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| {
        canvas.stroke(&smooth(&wave(0.03), false), 0.3, Ink::rgb(60, 20, 10).alpha(0.4));
        canvas.stroke(&smooth(&wave(0.0), false), 0.27, meat);
        canvas.stroke(&smooth(&wave(-0.035), false), 0.06, Ink::rgb(250, 214, 186));
        canvas.stroke(&smooth(&wave(0.075), false), 0.04, Ink::rgb(244, 190, 160));
    });
}

fn omelette(p: &mut Piece) {
    let low = p.rng.random_range(0.82..0.92);
    let half_moon = |width: f32, low: f32| {
        let mut rim = arc(0.0, -0.26, width, low, 0.0, PI);
        rim.extend(arc(0.0, -0.26, width, 0.3, PI, TAU));
        smooth(&rim, true)
    };
    let shade = deep(p.main, p.colour, 0.3);
    p.canvas.outlined(&half_moon(0.95, low), shade, 0.04, deep(p.main, p.colour, 0.5));
    // The folded half leaves a lip of the lower one, and what is inside, in sight.
    for (x, y) in arc(0.0, -0.26, 0.84, low - 0.12, 0.25, PI - 0.25) {
        let (x, y) = (x + p.rng.random_range(-0.02..0.02), y + p.rng.random_range(-0.02..0.02));
        let ink = [Ink::rgb(255, 240, 190), HERB, Ink::rgb(214, 60, 44)][p.rng.random_range(0..3)];
        p.canvas.fill(&circle(x, y, 0.075), ink);
    }
    p.canvas.fill(&half_moon(0.93, low - 0.16), shade);
    p.canvas.placed((0.0, -0.03), 0.0, (1.0, 1.0), |canvas| {
        canvas.fill(&half_moon(0.93, low - 0.16), lit(p.light, (0.0, -0.1), 0.8, p.main, 0.3, 0.1));
    });
    let fold = line(&arc(0.0, -0.29, 0.84, 0.22, PI * 1.1, PI * 1.9));
    p.canvas.stroke(&fold, 0.06, p.main.lighter(0.5).alpha(0.8));
    for at in scattered(p.rng, 0.62, 12, 0.2) {
        let (rx, ry) = (p.rng.random_range(0.05..0.13), p.rng.random_range(0.03..0.07));
        let spot = blob(p.rng, at.0 * 1.15, at.1 * 0.62 - 0.04, rx, ry, 0.25);
        p.canvas.fill(&spot, p.main.darker(0.4).mix(Ink::rgb(170, 90, 20), 0.4).alpha(0.5));
    }
    let points: Vec<Point> =
        scattered(p.rng, 0.7, 14, 0.27).into_iter().map(|(x, y)| (x * 0.98, y * 0.55 - 0.03)).collect();
    match p.topping {
        Some("chives") => chives(p.canvas, p.rng, &points, 0.065),
        Some("tomatoes") => {
            for (i, x) in [-0.5, 0.0, 0.5].into_iter().enumerate() {
                tomato(p.canvas, (x, -0.08 + 0.12 * (i % 2) as f32), x, 0.23);
            }
        }
        _ => {
            for (i, x) in [-0.5, -0.02, 0.48].into_iter().enumerate() {
                let angle = p.rng.random_range(-0.8..0.8);
                mushroom(p.canvas, (x, -0.14 + 0.2 * (i % 2) as f32), angle, 0.2);
            }
        }
    }
}

fn dumpling(p: &mut Piece) {
    let skin = if p.colour == Colour::White { Ink::rgb(250, 246, 236) } else { p.main };
    if p.rng.random_bool(0.65) {
        crescent(p, skin)
    } else {
        purse(p, skin)
    }
    let points: Vec<Point> = scattered(p.rng, 0.6, 11, 0.26).into_iter().map(|(x, y)| (x, y * 0.45 + 0.26)).collect();
    match p.topping {
        Some("sesame") => sesame(p.canvas, p.rng, &points, 0.075),
        Some("chives") => chives(p.canvas, p.rng, &points[..points.len().min(9)], 0.06),
        _ => {
            for &at in points.iter().take(6) {
                let angle = p.rng.random_range(0.0..PI);
                p.canvas.placed(at, angle, (1.0, 1.0), |canvas| {
                    let red = Ink::rgb(214, 34, 30);
                    canvas.fill(&ellipse(0.01, 0.025, 0.12, 0.09), Ink::rgb(40, 10, 10).alpha(0.4));
                    canvas.fill(&ellipse(0.0, 0.0, 0.115, 0.085), red);
                    canvas.fill(&ellipse(0.0, 0.0, 0.06, 0.04), red.lighter(0.55));
                    canvas.fill(&circle(0.02, 0.0, 0.018), Ink::rgb(255, 226, 130));
                });
            }
        }
    }
}

/// A half moon with a crimped seam.
fn crescent(p: &mut Piece, skin: Ink) {
    let line_ink = skin.darker(0.42);
    let rim =
        [(-0.98, 0.3), (-0.68, 0.6), (0.0, 0.7), (0.68, 0.6), (0.98, 0.3), (0.66, -0.32), (0.0, -0.58), (-0.66, -0.32)];
    let body = smooth(&rim, true);
    p.canvas.outlined(&body, lit(p.light, (0.0, 0.05), 0.8, skin, 0.35, 0.22), 0.035, line_ink);
    if p.colour != Colour::Brown {
        let sole = smooth(&[(-0.76, 0.5), (-0.4, 0.6), (0.0, 0.64), (0.4, 0.6), (0.76, 0.5)], false);
        p.canvas.stroke(&sole, 0.09, Ink::rgb(186, 116, 48).alpha(0.65));
    }
    // The seam runs from tip to tip over the back; its folds fan out to the front.
    let high = p.rng.random_range(0.46..0.58);
    let seam = |angle: f32, out: f32| (angle.cos() * 0.93 * out, 0.3 + angle.sin() * high * out);
    let ridge: Vec<Point> = (0..=8).map(|i| seam(PI * (1.0 + i as f32 / 8.0), 1.0)).collect();
    let ridge = smooth(&ridge, false);
    p.canvas.placed((0.0, 0.07), 0.0, (1.0, 1.0), |canvas| canvas.stroke(&ridge, 0.2, skin.darker(0.3)));
    for i in 0..8 {
        let angle = PI * (1.1 + 0.1 * i as f32 + p.rng.random_range(0.0..0.04));
        let fold = smooth(&[seam(angle, 0.95), seam(angle + 0.06, 0.68), seam(angle + 0.2, 0.42)], false);
        p.canvas.stroke(&fold, 0.045, skin.darker(0.28));
    }
    p.canvas.stroke(&ridge, 0.22, line_ink);
    p.canvas.stroke(&ridge, 0.165, skin.lighter(0.22));
    for i in 0..12 {
        let angle = PI * (1.06 + 0.08 * i as f32);
        let crimp = line(&[seam(angle - 0.03, 1.1), seam(angle + 0.05, 0.9)]);
        p.canvas.stroke(&crimp, 0.035, line_ink.alpha(0.8));
    }
}

/// A round one, gathered at the top.
fn purse(p: &mut Piece, skin: Ink) {
    let line_ink = skin.darker(0.42);
    let body = smooth(
        &[(-0.9, 0.2), (-0.6, 0.68), (0.0, 0.8), (0.6, 0.68), (0.9, 0.2), (0.62, -0.36), (0.0, -0.6), (-0.62, -0.36)],
        true,
    );
    let inks = vec![skin.lighter(0.5), skin, skin, skin.darker(0.3)];
    let centre = (p.light.0 * 0.25, p.light.1 * 0.3);
    p.canvas.outlined(&body, Fill::Radial(centre, 1.15, inks), 0.035, line_ink);
    for i in 0..13 {
        let angle = i as f32 / 13.0 * TAU + p.rng.random_range(-0.06..0.06);
        let at = |r: f32, twist: f32| ((angle + twist).cos() * r, -0.2 + (angle + twist).sin() * r * 0.62 + r * 0.12);
        let fold = smooth(&[at(0.1, 1.0), at(0.32, 0.6), at(0.55, 0.25), at(0.74, 0.1)], false);
        p.canvas.stroke(&fold, 0.045, skin.darker(0.3));
    }
    p.canvas.outlined(&circle(0.0, -0.22, 0.15), lit(p.light, (0.0, -0.22), 0.15, skin, 0.4, 0.3), 0.03, line_ink);
}

fn taco(p: &mut Piece) {
    let tall = p.rng.random_range(0.94..1.06);
    let mut back = arc(0.1, 0.42, 0.84, 0.98 * tall, PI, TAU);
    back.push((0.9, 0.5));
    p.canvas.outlined(&polygon(&back), p.main.darker(0.3), 0.04, p.main.darker(0.5));
    filling(p, tall);
    let mut front = arc(-0.04, 0.46, 0.92, 0.82 * tall, PI, TAU);
    front.extend(arc(-0.04, 0.46, 0.92, 0.16, 0.0, PI));
    let front = polygon(&front);
    p.canvas.outlined(&front, lit(p.light, (0.0, 0.1), 0.8, p.main, 0.25, 0.22), 0.04, p.main.darker(0.4));
    for at in scattered(p.rng, 0.8, 14, 0.22) {
        let (x, y) = (at.0 * 0.95 - 0.04, 0.4 - (at.1.abs() * 0.75));
        let (rx, ry) = (p.rng.random_range(0.03..0.09), p.rng.random_range(0.02..0.06));
        if (x / 0.84).hypot((y - 0.46) / 0.74) < 0.93 {
            let spot = blob(p.rng, x, y, rx, ry, 0.25);
            p.canvas.fill(&spot, p.main.darker(0.5).alpha(0.4));
        }
    }
    let edge = line(&arc(-0.04, 0.46, 0.87, 0.77 * tall, PI * 1.06, PI * 1.7));
    p.canvas.stroke(&edge, 0.045, Ink::WHITE.alpha(0.4));
}

/// What shows between the halves of a taco's shell: meat, and mostly the topping.
fn filling(p: &mut Piece, tall: f32) {
    for i in 0..13 {
        let angle = PI * (1.07 + 0.86 * i as f32 / 12.0);
        let (x, y) = (0.02 + angle.cos() * 0.86, 0.42 + angle.sin() * 0.86 * tall);
        let meat = Ink::rgb(112, 62, 34).varied(p.rng, 0.04);
        let lump = blob(p.rng, x, y + 0.04, 0.15, 0.14, 0.15);
        p.canvas.outlined(&lump, meat, 0.03, meat.darker(0.4));
    }
    for i in 0..11 {
        let angle = PI * (1.06 + 0.88 * (i as f32 + p.rng.random_range(0.0..0.6)) / 11.0);
        let (x, y) = (angle.cos() * 0.88, 0.42 + angle.sin() * 0.92 * tall);
        match p.topping {
            Some("cheese") => {
                for _ in 0..3 {
                    let (dx, dy) = (p.rng.random_range(-0.16..0.16), p.rng.random_range(-0.12..0.12));
                    let ink = Ink::rgb(255, 214, 92);
                    p.canvas.stroke(
                        &line(&[(x - dx, y - dy + 0.03), (x + dx, y + dy + 0.03)]),
                        0.085,
                        ink.darker(0.35),
                    );
                    p.canvas.stroke(&line(&[(x - dx, y - dy), (x + dx, y + dy)]), 0.07, ink.lighter(0.15));
                }
            }
            Some("tomatoes") if i % 2 == 0 => tomato(p.canvas, (x, y), angle, 0.19),
            Some("tomatoes") => {}
            _ => {
                let ink = Ink::rgb(122, 190, 66).varied(p.rng, 0.05);
                let frill = blob(p.rng, x, y - 0.02, 0.19, 0.17, 0.28);
                p.canvas.outlined(&frill, ink, 0.03, Ink::rgb(54, 116, 40));
                p.canvas.stroke(&line(&[(x, y + 0.12), (x, y - 0.1)]), 0.03, ink.lighter(0.55));
            }
        }
    }
}
