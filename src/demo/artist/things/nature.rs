//! Outdoors: tree, mountain.

use rand::Rng;

use super::super::canvas::{Fill, circle, ellipse, line, polygon, rounded, scattered, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::{bow, edge, either_way, footing, lit, soft, thing, upright};

pub(super) static KINDS: &[Kind] = &[
    thing(
        ("tree", "trees"),
        &[Colour::Green, Colour::Orange, Colour::Yellow, Colour::Pink],
        &["apples", "a swing", "snow"],
        |p| either_way(p, tree),
    ),
    Kind {
        turn: 0.03,
        ..thing(
            ("mountain", "mountains"),
            &[Colour::Brown, Colour::Blue, Colour::Purple, Colour::Green],
            &["snow", "a flag", "pines"],
            |p| either_way(p, mountain),
        )
    },
];

const BARK: Ink = Ink::rgb(112, 78, 54);
const SNOW: Ink = Ink::rgb(250, 252, 255);

fn tree(p: &mut Piece) {
    footing(p.canvas, 0.9, 0.5);
    if p.colour == Colour::Green && p.topping == Some("snow") && p.rng.random_bool(0.6) {
        fir(p);
        return;
    }
    let (wide, high) = [(0.58, 0.43), (0.42, 0.49), (0.67, 0.37)][p.rng.random_range(0..3)];
    let middle = -0.93 + 0.26 + high;
    let trunk = [
        (-0.2, 0.92),
        (-0.1, 0.8),
        (-0.08, 0.4),
        (-0.26, 0.1),
        (-0.16, 0.06),
        (0.0, 0.24),
        (0.16, 0.0),
        (0.26, 0.06),
        (0.1, 0.4),
        (0.1, 0.8),
        (0.22, 0.92),
    ];
    p.canvas.outlined(&soft(&trunk, 0.05), lit(p.light, BARK), 0.03, edge(BARK));
    for (x, y) in [(-0.03, 0.5), (0.04, 0.62), (-0.04, 0.74), (0.03, 0.4)] {
        p.canvas.stroke(&line(&[(x, y), (x + 0.01, y + 0.1)]), 0.018, BARK.darker(0.4));
    }
    crown(p, (wide, high), middle);
    match p.topping {
        Some("apples") => {
            for (x, y) in scattered(p.rng, 1.0, 8, 0.4) {
                apple(p, (x * wide, middle + y * high + 0.06));
            }
        }
        Some("a swing") => swing(p),
        _ => {}
    }
}

fn crown(p: &mut Piece, (wide, high): (f32, f32), middle: f32) {
    let (lx, ly) = p.light;
    let mut tufts: Vec<(f32, f32)> = (0..8)
        .map(|i| {
            let angle = i as f32 / 8.0 * std::f32::consts::TAU + p.rng.random_range(-0.15..0.15);
            (angle.cos() * wide, middle + angle.sin() * high)
        })
        .collect();
    tufts.extend(scattered(p.rng, 0.62, 6, 0.35).into_iter().map(|(x, y)| (x * wide, middle + y * high)));
    tufts.push((0.0, middle));
    let sizes: Vec<f32> = tufts.iter().map(|_| p.rng.random_range(0.25..0.31)).collect();
    let rim = edge(p.main);
    for (&(x, y), r) in tufts.iter().zip(&sizes) {
        p.canvas.fill(&circle(x, y, r + 0.035), rim);
    }
    for (&(x, y), r) in tufts.iter().zip(&sizes) {
        p.canvas.fill(&circle(x, y, *r), p.main.darker(0.24));
    }
    for (&(x, y), r) in tufts.iter().zip(&sizes) {
        let ink = p.main.varied(p.rng, 0.03);
        p.canvas.fill(&circle(x + lx * 0.05, y + ly * 0.05, r * 0.82), ink);
    }
    for (&(x, y), r) in tufts.iter().zip(&sizes) {
        p.canvas.fill(&circle(x + lx * 0.1, y + ly * 0.1, r * 0.5), p.main.lighter(0.22).alpha(0.85));
    }
    for (x, y) in scattered(p.rng, 1.0, 26, 0.2) {
        let (x, y) = (x * (wide + 0.12), middle + y * (high + 0.12));
        let ink = if p.rng.random_bool(0.5) { p.main.lighter(0.45) } else { p.main.darker(0.35) };
        p.canvas.stroke(&smooth(&bow((x - 0.04, y), (x + 0.04, y), 0.025), false), 0.02, ink);
    }
    if p.topping == Some("snow") {
        for (&(x, y), r) in tufts.iter().zip(&sizes) {
            if y < middle + high * 0.3 {
                let mut cap = bow((x - r * 0.8, y - r * 0.25), (x + r * 0.8, y - r * 0.25), -r * 0.8);
                cap.extend(bow((x + r * 0.8, y - r * 0.25), (x - r * 0.8, y - r * 0.25), -0.02));
                p.canvas.fill(&polygon(&cap), SNOW);
            }
        }
    }
}

fn apple(p: &mut Piece, (x, y): (f32, f32)) {
    // Red fruit would not show on warm leaves.
    let ink =
        if matches!(p.colour, Colour::Orange | Colour::Pink) { Ink::rgb(176, 22, 40) } else { Ink::rgb(214, 40, 44) };
    p.canvas.outlined(&circle(x, y, 0.085), lit(p.light, ink), 0.022, edge(ink));
    p.canvas.stroke(&line(&[(x, y - 0.07), (x + 0.02, y - 0.12)]), 0.022, BARK.darker(0.4));
    p.canvas.fill(&circle(x + p.light.0 * 0.035, y + p.light.1 * 0.035, 0.022), Ink::WHITE.alpha(0.8));
}

fn swing(p: &mut Piece) {
    let lean = p.rng.random_range(-0.06..0.06);
    let rope = Ink::rgb(226, 204, 160);
    for x in [0.32, 0.58] {
        p.canvas.stroke(&line(&[(x, -0.1), (x + lean, 0.64)]), 0.05, edge(rope));
        p.canvas.stroke(&line(&[(x, -0.1), (x + lean, 0.64)]), 0.028, rope);
    }
    let seat = rounded(0.45 + lean, 0.65, 0.2, 0.045, 0.02);
    p.canvas.outlined(&seat, Ink::rgb(206, 70, 60), 0.03, Ink::rgb(80, 30, 24));
}

fn fir(p: &mut Piece) {
    p.canvas.outlined(&rounded(0.0, 0.78, 0.09, 0.15, 0.02), lit(p.light, BARK), 0.03, edge(BARK));
    let ink = edge(p.main);
    for (top, base, half) in [(0.0, 0.72, 0.68), (-0.44, 0.3, 0.55), (-0.92, -0.14, 0.4)] {
        let mut tier = vec![(0.0, top)];
        let points = 6;
        for i in 0..=points {
            let x = half * (1.0 - 2.0 * i as f32 / points as f32);
            tier.push((x, base - x * x * 0.14 / (half * half)));
            if i < points {
                tier.push((x - half / points as f32, base - 0.09));
            }
        }
        p.canvas.outlined(&soft(&tier, 0.03), upright(top, base, p.main), 0.035, ink);
        let (slope, width) = (base - top, half);
        for side in [-1.0, 1.0] {
            let patch = [
                (side * 0.01, top + 0.02),
                (side * width * 0.84, top + slope * 0.8),
                (side * width * 0.66, top + slope * 0.76),
                (side * width * 0.5, top + slope * 0.68),
                (side * width * 0.3, top + slope * 0.56),
                (side * width * 0.1, top + slope * 0.36),
            ];
            p.canvas.fill(&soft(&patch, 0.03), SNOW);
        }
    }
}

fn mountain(p: &mut Piece) {
    footing(p.canvas, 0.68, 0.95);
    // A flag needs room above the peak.
    let room = if p.topping == Some("a flag") { 0.18 } else { 0.0 };
    let peak = (p.rng.random_range(-0.34..-0.12), p.rng.random_range(-0.92..-0.8) + room);
    let second = (p.rng.random_range(0.36..0.52), p.rng.random_range(-0.55..-0.2));
    massif(p, second, (-0.2, 0.97), 0.1);
    massif(p, peak, (-0.96, 0.62), 0.0);
    if p.topping == Some("a flag") {
        let (x, y) = peak;
        p.canvas.stroke(&line(&[(x, y + 0.03), (x, y - 0.3)]), 0.035, Ink::rgb(70, 54, 44));
        let flag = polygon(&[(x + 0.01, y - 0.31), (x + 0.34, y - 0.21), (x + 0.01, y - 0.1)]);
        p.canvas.outlined(&flag, Ink::rgb(222, 52, 48), 0.025, Ink::rgb(96, 20, 20));
    }
    let foot = smooth(
        &[(-0.97, 0.7), (-0.8, 0.58), (-0.3, 0.64), (0.2, 0.56), (0.8, 0.62), (0.98, 0.7), (0.4, 0.76), (-0.4, 0.76)],
        true,
    );
    p.canvas.outlined(&foot, upright(0.55, 0.76, p.main.darker(0.3)), 0.03, edge(p.main));
    if p.topping == Some("pines") {
        for i in 0..8 {
            let x = -0.82 + i as f32 * 0.235 + p.rng.random_range(-0.04..0.04);
            let size = p.rng.random_range(0.8..1.2);
            let y = 0.7 + p.rng.random_range(-0.02..0.03);
            pine(p, (x, y), size);
        }
    } else {
        for _ in 0..6 {
            let (x, y) = (p.rng.random_range(-0.8..0.8), p.rng.random_range(0.62..0.7));
            p.canvas.fill(&ellipse(x, y, 0.06, 0.03), p.main.lighter(0.2));
        }
    }
}

/// One peak: a bright flank and a dark one, along a jagged ridge.
fn massif(p: &mut Piece, peak: (f32, f32), (left, right): (f32, f32), fade: f32) {
    let base = 0.66;
    let main = p.main.lighter(fade);
    let ragged = |p: &mut Piece, to: (f32, f32), wobble: f32| -> Vec<(f32, f32)> {
        (1..=5)
            .map(|i| {
                let share = i as f32 / 5.0;
                let off = if i == 5 { 0.0 } else { p.rng.random_range(-wobble..wobble) };
                (peak.0 + (to.0 - peak.0) * share + off, peak.1 + (to.1 - peak.1) * share)
            })
            .collect()
    };
    let west = ragged(p, (left, base), 0.045);
    let east = ragged(p, (right, base), 0.045);
    let ridge = ragged(p, (peak.0 + (right - left) * 0.07, base), 0.09);
    let outline = |a: &[(f32, f32)], b: &[(f32, f32)]| -> Vec<(f32, f32)> {
        std::iter::once(peak).chain(a.iter().copied()).chain(b.iter().rev().copied()).collect()
    };
    let (bright, dark) = if p.light.0 < 0.0 { (0.2, -0.26) } else { (-0.26, 0.2) };
    let tone = |share: f32| if share > 0.0 { main.lighter(share) } else { main.darker(-share) };
    p.canvas.stroke(&polygon(&outline(&west, &east)), 0.06, edge(p.main));
    for (side, share) in [(&west, bright), (&east, dark)] {
        let ink = tone(share);
        p.canvas.fill(
            &polygon(&outline(side, &ridge)),
            Fill::Linear((0.0, peak.1), (0.0, base), vec![ink.lighter(0.1), ink, ink.darker(0.12)]),
        );
    }
    // Gullies that branch from the ridge.
    for i in 1..4usize {
        let (x, y) = ridge[i];
        for (side, share) in [(&west, bright), (&east, dark)] {
            let to = side[i];
            let end = (x + (to.0 - x) * 0.5, y + (to.1 - y) * 0.5 + 0.2);
            let crack = [(x, y), ((x + end.0) / 2.0, (y + end.1) / 2.0 - 0.03), (end.0, end.1.min(base))];
            p.canvas.stroke(&line(&crack), 0.026, tone(share).darker(0.22));
        }
    }
    cap(p, peak, [&west, &east], &ridge);
}

/// The top of a peak: snow, or paler rock.
fn cap(p: &mut Piece, peak: (f32, f32), [west, east]: [&[(f32, f32)]; 2], ridge: &[(f32, f32)]) {
    let snow = p.topping == Some("snow");
    let reach = if snow { 1 } else { 0 };
    let ink = if snow { SNOW } else { p.main.lighter(0.4) };
    for (side, bright) in [(west, p.light.0 < 0.0), (east, p.light.0 >= 0.0)] {
        let (from, to) = (side[reach], ridge[reach]);
        let at = |share: f32, drop: f32| (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share + drop);
        let mut points = vec![peak];
        points.extend_from_slice(&side[..=reach]);
        points.extend([at(0.2, -0.07), at(0.42, 0.11), at(0.62, -0.04), at(0.82, 0.1), to]);
        points.extend(ridge[..reach].iter().rev());
        let ink = if bright { ink } else { ink.mix(Ink::rgb(140, 160, 196), 0.4) };
        p.canvas.fill(&polygon(&points), ink);
    }
}

fn pine(p: &mut Piece, (x, y): (f32, f32), size: f32) {
    let ink = if p.colour == Colour::Green { Ink::rgb(24, 70, 52) } else { Ink::rgb(48, 104, 62) };
    let tall = 0.34 * size;
    p.canvas.stroke(&line(&[(x, y), (x, y - 0.05)]), 0.04, BARK.darker(0.3));
    for (top, low, half) in [(0.5, 0.1, 0.1), (0.75, 0.38, 0.08), (1.0, 0.64, 0.06)] {
        let tier = [(x, y - tall * top), (x + half * size, y - tall * low), (x - half * size, y - tall * low)];
        p.canvas.outlined(&polygon(&tier), ink, 0.012, ink.darker(0.4));
    }
}
