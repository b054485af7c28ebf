//! Vehicles: car, boat, aeroplane.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::super::canvas::{Fill, arc, circle, ellipse, line, polygon, rounded, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::{bow, contrast, edge, either_way, footing, lit, seam, soft, thing, upright};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        turn: 0.06,
        ..thing(
            ("car", "cars"),
            &[Colour::Red, Colour::Yellow, Colour::Blue, Colour::Green, Colour::White],
            &["a roof rack", "racing stripes", "a surfboard"],
            |p| either_way(p, car),
        )
    },
    thing(
        ("boat", "boats"),
        &[Colour::Red, Colour::Yellow, Colour::Green, Colour::Purple],
        &["a flag", "a lifebelt", "stripes"],
        |p| either_way(p, boat),
    ),
    Kind {
        turn: 0.25,
        ..thing(
            ("aeroplane", "aeroplanes"),
            &[Colour::White, Colour::Red, Colour::Blue, Colour::Orange],
            &["stripes", "propellers", "jet engines"],
            |p| either_way(p, aeroplane),
        )
    },
];

const GLASS: Ink = Ink::rgb(168, 208, 230);
const TYRE: Ink = Ink::rgb(38, 36, 40);
const METAL: Ink = Ink::rgb(206, 210, 216);

/// The outline of a car that faces right: the roof and window corners that tell one model from another.
struct Model {
    rear_base: f32,
    rear_top: f32,
    front_top: f32,
    front_base: f32,
    roof: f32,
    belt: f32,
    boot: f32,
    bonnet: f32,
}

const MODELS: [Model; 5] = [
    // Saloon.
    Model {
        rear_base: -0.64,
        rear_top: -0.40,
        front_top: 0.14,
        front_base: 0.44,
        roof: -0.50,
        belt: -0.12,
        boot: -0.10,
        bonnet: -0.04,
    },
    // Hatchback.
    Model {
        rear_base: -0.88,
        rear_top: -0.62,
        front_top: 0.12,
        front_base: 0.46,
        roof: -0.54,
        belt: -0.12,
        boot: -0.06,
        bonnet: -0.04,
    },
    // Estate.
    Model {
        rear_base: -0.91,
        rear_top: -0.80,
        front_top: 0.14,
        front_base: 0.46,
        roof: -0.54,
        belt: -0.14,
        boot: -0.08,
        bonnet: -0.06,
    },
    // Coupe.
    Model {
        rear_base: -0.78,
        rear_top: -0.30,
        front_top: 0.08,
        front_base: 0.50,
        roof: -0.42,
        belt: -0.08,
        boot: -0.10,
        bonnet: 0.02,
    },
    // Small and tall.
    Model {
        rear_base: -0.90,
        rear_top: -0.66,
        front_top: 0.30,
        front_base: 0.62,
        roof: -0.66,
        belt: -0.16,
        boot: -0.06,
        bonnet: -0.04,
    },
];

const AXLE: f32 = 0.32;
const WHEELS: [f32; 2] = [-0.55, 0.56];

fn car(p: &mut Piece) {
    let model = MODELS.choose(p.rng).expect("there are models");
    let roof = model.roof + p.rng.random_range(-0.04..0.04);
    let main = p.main;
    let line_ink = seam(p);
    footing(p.canvas, 0.54, 0.92);
    roof_load(p, model, roof);

    let body = soft(
        &[
            (-0.93, 0.34),
            (-0.96, model.boot + 0.12),
            (-0.92, model.boot),
            (model.rear_base, model.belt),
            (model.rear_top, roof),
            (model.front_top, roof),
            (model.front_base, model.belt),
            (0.86, model.bonnet),
            (0.96, model.bonnet + 0.14),
            (0.95, 0.34),
        ],
        0.13,
    );
    p.canvas.outlined(&body, upright(roof, 0.36, main), 0.035, edge(main));
    p.canvas.stroke(&line(&[(-0.86, 0.3), (0.88, 0.3)]), 0.07, main.darker(0.45));
    if p.topping == Some("racing stripes") {
        let ink = contrast(p);
        for y in [0.06, 0.15] {
            p.canvas.stroke(&smooth(&[(-0.93, y + 0.01), (0.0, y - 0.02), (0.93, y + 0.03)], false), 0.055, ink);
        }
    }
    windows(p, model, roof);

    let shoulder = smooth(&[(-0.86, model.boot + 0.07), (0.0, model.belt + 0.05), (0.8, model.bonnet + 0.06)], false);
    p.canvas.stroke(&shoulder, 0.03, main.lighter(0.65).alpha(0.75));
    let middle = (model.rear_top + model.front_top) / 2.0;
    for x in [middle, model.front_base - 0.1] {
        p.canvas.stroke(&smooth(&[(x, model.belt), (x + 0.01, 0.1), (x - 0.02, 0.27)], false), 0.018, line_ink);
    }
    p.canvas.fill(&rounded(middle + 0.12, model.belt + 0.1, 0.055, 0.018, 0.018), METAL);
    p.canvas.outlined(&rounded(model.front_base - 0.09, model.belt - 0.02, 0.05, 0.035, 0.03), main, 0.018, edge(main));

    let lamp = ellipse(0.88, model.bonnet + 0.15, 0.055, 0.06);
    p.canvas.outlined(&lamp, Ink::rgb(255, 246, 196), 0.02, edge(main));
    p.canvas.outlined(&rounded(-0.92, model.boot + 0.16, 0.03, 0.065, 0.02), Ink::rgb(226, 40, 36), 0.018, edge(main));
    for x in [-0.9, 0.9] {
        p.canvas.fill(&rounded(x, 0.29, 0.09, 0.035, 0.03), Ink::rgb(150, 152, 158));
    }
    let spokes = p.rng.random_range(4..7);
    for x in WHEELS {
        p.canvas.fill(&polygon(&arc(x, AXLE, 0.275, 0.275, -std::f32::consts::PI, 0.0)), TYRE.darker(0.4));
        wheel(p, (x, AXLE), 0.225, spokes);
    }
}

fn windows(p: &mut Piece, model: &Model, roof: f32) {
    let sill = model.belt - 0.025;
    let (rear, front) = (model.rear_base + 0.12, model.front_base - 0.1);
    let top = roof + 0.075;
    let glass = soft(&[(rear, sill), (model.rear_top + 0.05, top), (model.front_top - 0.02, top), (front, sill)], 0.06);
    let fill = Fill::Linear((0.0, top), (0.0, sill), vec![GLASS.lighter(0.35), GLASS, GLASS.darker(0.35)]);
    p.canvas.outlined(&glass, fill, 0.025, edge(p.main));
    // Panes mirror the sky in slanted bands.
    let middle = (model.rear_top + model.front_top) / 2.0;
    for (x, width) in [(middle + 0.12, 0.06), (middle - 0.2, 0.035)] {
        let band = [(x, sill - 0.02), (x + 0.1, top + 0.03), (x + 0.1 + width, top + 0.03), (x + width, sill - 0.02)];
        p.canvas.fill(&polygon(&band), Ink::WHITE.alpha(0.6));
    }
    p.canvas.stroke(&line(&[(middle, top - 0.02), (middle, sill)]), 0.05, p.main.darker(0.08));
    if model.rear_top < -0.7 {
        p.canvas.stroke(&line(&[(-0.5, top - 0.02), (-0.52, sill)]), 0.05, p.main.darker(0.08));
    }
}

fn wheel(p: &mut Piece, (x, y): (f32, f32), radius: f32, spokes: i32) {
    p.canvas.fill(&circle(x, y, radius), TYRE);
    p.canvas.fill(
        &circle(x, y, radius * 0.66),
        Fill::Linear((x, y - radius), (x, y + radius), vec![METAL.lighter(0.5), METAL.darker(0.25)]),
    );
    p.canvas.fill(&circle(x, y, radius * 0.54), METAL.darker(0.55));
    let start = p.rng.random_range(0.0..1.0);
    for i in 0..spokes {
        let (sin, cos) = (start + i as f32 / spokes as f32 * std::f32::consts::TAU).sin_cos();
        p.canvas.stroke(
            &line(&[(x, y), (x + cos * radius * 0.56, y + sin * radius * 0.56)]),
            radius * 0.16,
            METAL.lighter(0.3),
        );
    }
    p.canvas.fill(&circle(x, y, radius * 0.16), METAL.darker(0.2));
}

fn roof_load(p: &mut Piece, model: &Model, roof: f32) {
    let middle = (model.rear_top + model.front_top) / 2.0;
    let reach = ((model.front_top - model.rear_top) / 2.0 - 0.04).max(0.22);
    let bar = Ink::rgb(58, 58, 64);
    if matches!(p.topping, Some("a roof rack" | "a surfboard")) {
        for x in [middle - reach * 0.75, middle + reach * 0.75] {
            p.canvas.stroke(&line(&[(x, roof + 0.05), (x, roof - 0.07)]), 0.035, bar);
        }
    }
    match p.topping {
        Some("a roof rack") => {
            let cases = [Ink::rgb(138, 88, 52), Ink::rgb(72, 132, 128), Ink::rgb(192, 150, 96), Ink::rgb(96, 92, 120)];
            let ink = *cases.choose(p.rng).expect("there are cases");
            let split = p.rng.random_range(-0.1..0.25) * reach;
            let tall = p.rng.random_range(0.07..0.1);
            let base = roof - 0.07;
            let left = rounded(
                (middle - reach + split) / 2.0 + middle / 2.0 - 0.01,
                base - tall,
                (reach + split) / 2.0 - 0.015,
                tall,
                0.03,
            );
            p.canvas.outlined(&left, upright(base - tall * 2.0, base, ink), 0.022, edge(ink));
            let other = Ink::rgb(206, 176, 120);
            let low = tall * 0.72;
            let right = rounded(
                (middle + reach + split) / 2.0 + middle / 2.0 + 0.01,
                base - low,
                (reach - split) / 2.0 - 0.015,
                low,
                0.03,
            );
            p.canvas.outlined(&right, upright(base - low * 2.0, base, other), 0.022, edge(other));
            for x in [-0.6, -0.3] {
                let x = middle + x * reach;
                p.canvas.stroke(&line(&[(x, base - tall * 1.95), (x, base)]), 0.03, ink.darker(0.4));
            }
            p.canvas.stroke(&line(&[(middle - reach, base), (middle + reach, base)]), 0.04, bar);
        }
        Some("a surfboard") => {
            let board = *[Ink::rgb(252, 236, 200), Ink::rgb(120, 208, 206), Ink::rgb(250, 168, 120)]
                .choose(p.rng)
                .expect("there are boards");
            let (y, long) = (roof - 0.12, (reach + 0.3).min(0.68));
            p.canvas.outlined(&ellipse(middle, y, long, 0.062), lit(p.light, board), 0.022, edge(board));
            p.canvas.stroke(&line(&[(middle - long * 0.9, y), (middle + long * 0.9, y)]), 0.03, Ink::rgb(190, 70, 90));
            let fin =
                [(middle - long * 0.9, y - 0.03), (middle - long * 1.02, y - 0.15), (middle - long * 0.72, y - 0.04)];
            p.canvas.fill(&polygon(&fin), board.darker(0.5));
        }
        _ => {}
    }
}

fn boat(p: &mut Piece) {
    let water = Ink::rgb(120, 186, 206);
    p.canvas.fill(&ellipse(0.0, 0.74, 0.97, 0.2), water);
    if p.rng.random_bool(0.6) {
        sails(p);
    } else {
        cabin(p);
    }
    hull(p);
    for (y, x, ink) in [(0.74, -0.1, water), (0.82, 0.05, water.darker(0.15)), (0.88, -0.05, water)] {
        let half = 0.9 - (y - 0.74) * 2.2;
        let points: Vec<(f32, f32)> = (0..=12)
            .map(|i| (x * 0.3 - half + half * i as f32 / 6.0, y + if i % 2 == 0 { 0.02 } else { -0.025 }))
            .collect();
        p.canvas.stroke(&smooth(&points, false), 0.07, ink);
        p.canvas.stroke(&smooth(&points, false), 0.018, Ink::WHITE.alpha(0.7));
    }
}

fn hull(p: &mut Piece) {
    let (stern, bow_x) = (-0.82, 0.94);
    let mut points = bow((stern, 0.32), (bow_x, 0.24), 0.05);
    points.extend(bow((bow_x, 0.24), (0.6, 0.74), 0.06));
    points.extend(bow((-0.62, 0.74), (stern, 0.32), 0.04));
    p.canvas.outlined(&polygon(&points), upright(0.24, 0.78, p.main), 0.035, edge(p.main));
    let ink = contrast(p);
    p.canvas.stroke(&smooth(&bow((stern + 0.03, 0.4), (bow_x - 0.08, 0.33), 0.05), false), 0.05, ink);
    if p.topping == Some("stripes") {
        for y in [0.5, 0.6] {
            p.canvas.stroke(
                &line(&[(stern + y * 0.36 - 0.05, y), (bow_x - (y - 0.24) * 0.66 - 0.02, y - 0.02)]),
                0.045,
                ink,
            );
        }
    } else {
        for x in [-0.45, -0.15, 0.15, 0.45] {
            p.canvas.outlined(&circle(x, 0.53, 0.05), GLASS.lighter(0.4), 0.024, edge(p.main));
        }
    }
    if p.topping == Some("a lifebelt") {
        let ring = circle(-0.3, 0.5, 0.14);
        p.canvas.stroke(&ring, 0.115, Ink::rgb(90, 50, 40));
        p.canvas.stroke(&ring, 0.09, Ink::rgb(252, 248, 240));
        for i in 0..4 {
            let from = 0.4 + i as f32 * std::f32::consts::FRAC_PI_2;
            p.canvas.stroke(&smooth(&arc(-0.3, 0.5, 0.14, 0.14, from, from + 0.5), false), 0.08, Ink::rgb(232, 84, 40));
        }
    }
}

fn sails(p: &mut Piece) {
    let mast = p.rng.random_range(-0.14..0.0);
    let top = p.rng.random_range(-0.9..-0.8);
    p.canvas.stroke(&line(&[(mast, top - 0.04), (mast, 0.4)]), 0.05, Ink::rgb(122, 82, 50));
    let boom = 0.17;
    let mut points = bow((mast - 0.05, top + 0.08), (mast - 0.05, boom), 0.0);
    points.extend(bow((mast - 0.05, boom), (-0.78, boom + 0.02), -0.03));
    points.extend(bow((-0.78, boom + 0.02), (mast - 0.05, top + 0.08), 0.1));
    p.canvas.outlined(&polygon(&points), lit(p.light, p.main), 0.03, edge(p.main));
    let mut jib = bow((mast + 0.06, top + 0.1), (0.74, boom), -0.06);
    jib.extend(bow((0.74, boom), (mast + 0.06, boom - 0.02), 0.04));
    let light = if p.rng.random_bool(0.5) { p.main.lighter(0.25) } else { Ink::rgb(250, 244, 232) };
    p.canvas.outlined(&polygon(&jib), lit(p.light, light), 0.03, edge(p.main));
    let seam_ink = seam(p).alpha(0.6);
    for share in [0.45, 0.66, 0.86] {
        let y = top + (boom - top) * share;
        let left = mast - 0.05 - (mast + 0.72) * share;
        p.canvas.stroke(&smooth(&bow((mast - 0.06, y), (left, y + 0.02), -0.02), false), 0.016, seam_ink);
    }
    if p.topping == Some("stripes") {
        let ink = contrast(p);
        for share in [0.58, 0.78] {
            let y = top + (boom - top) * share;
            let left = mast - 0.05 - (mast + 0.74) * share;
            p.canvas.stroke(&smooth(&bow((mast - 0.08, y), (left, y + 0.02), -0.02), false), 0.075, ink);
        }
    }
    if p.topping == Some("a flag") {
        flag(p, (mast, top - 0.04));
    }
}

fn cabin(p: &mut Piece) {
    let funnel = p.rng.random_range(-0.5..-0.3);
    for i in 0..3 {
        let i = i as f32;
        p.canvas.fill(
            &circle(funnel - 0.1 - i * 0.13, -0.66 - i * 0.1, 0.08 + i * 0.035),
            Ink::rgb(236, 236, 240).alpha(0.85 - i * 0.2),
        );
    }
    let pipe =
        soft(&[(funnel - 0.13, -0.54), (funnel + 0.13, -0.54), (funnel + 0.15, 0.1), (funnel - 0.15, 0.1)], 0.03);
    p.canvas.outlined(&pipe, lit(p.light, p.main), 0.03, edge(p.main));
    p.canvas.fill(&rounded(funnel, -0.5, 0.14, 0.05, 0.02), TYRE);
    p.canvas.fill(&rounded(funnel, -0.34, 0.135, 0.035, 0.0), contrast(p));
    let lower = soft(&[(-0.66, -0.02), (0.52, -0.02), (0.6, 0.36), (-0.66, 0.36)], 0.05);
    let wall = Ink::rgb(250, 244, 232);
    p.canvas.outlined(&lower, upright(-0.02, 0.36, wall), 0.03, edge(p.main));
    let bridge = soft(&[(-0.1, -0.36), (0.36, -0.36), (0.42, 0.0), (-0.1, 0.0)], 0.04);
    p.canvas.outlined(&bridge, lit(p.light, p.main), 0.03, edge(p.main));
    p.canvas.outlined(&rounded(0.14, -0.38, 0.32, 0.045, 0.04), p.main.darker(0.15), 0.025, edge(p.main));
    for x in [0.04, 0.25] {
        p.canvas.outlined(&rounded(x, -0.19, 0.075, 0.085, 0.02), GLASS.lighter(0.2), 0.024, edge(p.main));
    }
    for x in [-0.5, -0.2, 0.1, 0.4] {
        p.canvas.outlined(&circle(x, 0.14, 0.06), GLASS, 0.024, edge(p.main));
    }
    if p.topping == Some("a flag") {
        p.canvas.stroke(&line(&[(0.2, -0.4), (0.2, -0.86)]), 0.04, Ink::rgb(122, 82, 50));
        flag(p, (0.2, -0.86));
    }
}

/// A pennant that flies from the top of a mast.
fn flag(p: &mut Piece, (x, y): (f32, f32)) {
    let ink = Ink::rgb(226, 70, 60).mix(Ink::rgb(64, 96, 190), if p.colour == Colour::Red { 1.0 } else { 0.0 });
    let mut cloth = bow((x, y), (x + 0.42, y + 0.05), 0.05);
    cloth.extend(bow((x + 0.4, y + 0.16), (x, y + 0.22), -0.05));
    p.canvas.outlined(&polygon(&cloth), ink, 0.025, edge(ink));
    p.canvas.stroke(
        &smooth(&bow((x + 0.03, y + 0.11), (x + 0.38, y + 0.11), 0.045), false),
        0.045,
        Ink::rgb(252, 248, 240),
    );
}

fn aeroplane(p: &mut Piece) {
    let fat = p.rng.random_range(0.95..1.15);
    let (main, line_ink) = (p.main, edge(p.main));
    let far_wing = soft(&[(0.26, -0.12), (-0.08, -0.1), (-0.3, -0.5), (-0.14, -0.52)], 0.04);
    p.canvas.outlined(&far_wing, main.darker(0.3), 0.03, line_ink);
    if p.topping == Some("jet engines") {
        engine(p, (0.05, -0.36), 0.75);
    }
    let fin = soft(&[(-0.84, -0.08), (-0.96, -0.62), (-0.74, -0.62), (-0.36, -0.16)], 0.05);
    p.canvas.outlined(&fin, upright(-0.62, -0.1, main.darker(0.1)), 0.03, line_ink);
    let body = smooth(
        &[
            (0.96, 0.1),
            (0.86, -0.06 * fat),
            (0.66, -0.19 * fat),
            (0.2, -0.24 * fat),
            (-0.4, -0.2 * fat),
            (-0.94, -0.14),
            (-0.97, -0.06),
            (-0.5, 0.14 * fat),
            (0.1, 0.25 * fat),
            (0.62, 0.25 * fat),
            (0.88, 0.2),
        ],
        true,
    );
    p.canvas.outlined(&body, upright(-0.24, 0.27, main), 0.035, line_ink);
    let belly = smooth(&[(-0.6, 0.09), (0.1, 0.21 * fat), (0.6, 0.21 * fat), (0.86, 0.17)], false);
    p.canvas.stroke(&belly, 0.035, main.darker(0.3));
    p.canvas.stroke(
        &smooth(&[(-0.5, -0.14), (0.15, -0.185 * fat), (0.6, -0.14)], false),
        0.03,
        main.lighter(0.65).alpha(0.8),
    );
    if p.topping == Some("stripes") {
        let ink = contrast(p);
        p.canvas.stroke(&smooth(&[(-0.82, -0.02), (-0.2, 0.11), (0.4, 0.13), (0.86, 0.1)], false), 0.06, ink);
        for x in [0.0, 0.13] {
            p.canvas.stroke(&line(&[(-0.86 + x, -0.54), (-0.78 + x * 1.6, -0.22)]), 0.06, ink);
        }
    }
    let pane = Ink::rgb(60, 84, 116);
    for i in 0..7 {
        p.canvas.fill(&rounded(-0.44 + i as f32 * 0.14, -0.035, 0.038, 0.05, 0.035), pane);
    }
    let cockpit = soft(&[(0.6, -0.13), (0.74, -0.13), (0.86, 0.0), (0.62, 0.0)], 0.03);
    p.canvas.outlined(&cockpit, Fill::Linear((0.6, -0.13), (0.8, 0.0), vec![GLASS.lighter(0.4), pane]), 0.02, line_ink);
    let tail = soft(&[(-0.58, -0.02), (-0.74, -0.02), (-1.0, 0.16), (-0.84, 0.18)], 0.04);
    p.canvas.outlined(&tail, main.darker(0.05), 0.028, line_ink);
    if p.topping == Some("jet engines") {
        engine(p, (0.14, 0.38), 1.0);
    }
    let wing = soft(&[(0.32, 0.1), (-0.16, 0.1), (-0.56, 0.58), (-0.34, 0.6)], 0.05);
    p.canvas.outlined(
        &wing,
        Fill::Linear((0.2, 0.1), (-0.5, 0.6), vec![main.lighter(0.22), main.darker(0.14)]),
        0.03,
        line_ink,
    );
    p.canvas.stroke(&line(&[(-0.1, 0.15), (-0.44, 0.55)]), 0.018, seam(p));
    if p.topping == Some("propellers") {
        for (x, y, r) in [(0.97, 0.1, 0.3), (0.12, 0.36, 0.22)] {
            p.canvas.outlined(&rounded(x - 0.1, y, 0.12, 0.065, 0.06), METAL.darker(0.2), 0.02, line_ink);
            p.canvas.fill(&ellipse(x, y, 0.07, r), METAL.alpha(0.45));
            p.canvas.fill(&ellipse(x, y - r * 0.5, 0.035, r * 0.5), TYRE);
            p.canvas.fill(&ellipse(x, y + r * 0.5, 0.035, r * 0.5), TYRE);
            p.canvas.fill(&circle(x + 0.02, y, 0.055), Ink::rgb(214, 62, 52));
        }
    }
}

fn engine(p: &mut Piece, (x, y): (f32, f32), size: f32) {
    let pod = soft(
        &[
            (x - 0.2 * size, y - 0.06 * size),
            (x + 0.16 * size, y - 0.11 * size),
            (x + 0.16 * size, y + 0.11 * size),
            (x - 0.2 * size, y + 0.06 * size),
        ],
        0.05,
    );
    p.canvas.outlined(&pod, upright(y - 0.1, y + 0.1, METAL), 0.025, edge(p.main));
    p.canvas.outlined(&ellipse(x + 0.16 * size, y, 0.04 * size, 0.11 * size), TYRE, 0.025, METAL.lighter(0.4));
}
