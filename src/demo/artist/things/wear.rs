//! What one wears or carries: shoe, umbrella.

use std::f32::consts::PI;

use rand::Rng;

use super::super::canvas::{Fill, arc, circle, line, polygon, rounded, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::{bow, contrast, edge, either_way, footing, seam, soft, star, thing, upright};

pub(super) static KINDS: &[Kind] = &[
    thing(
        ("shoe", "shoes"),
        &[Colour::Red, Colour::Blue, Colour::Green, Colour::Black, Colour::Pink],
        &["laces", "stripes", "a star"],
        |p| either_way(p, shoe),
    ),
    Kind {
        turn: 0.3,
        ..thing(
            ("umbrella", "umbrellas"),
            &[Colour::Red, Colour::Yellow, Colour::Blue, Colour::Purple, Colour::Black],
            &["dots", "stripes", "frills"],
            |p| either_way(p, umbrella),
        )
    },
];

const CREAM: Ink = Ink::rgb(252, 246, 234);

fn shoe(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    footing(p.canvas, 0.62, 0.9);
    let collar =
        if p.rng.random_bool(0.35) { p.rng.random_range(-0.64..-0.54) } else { p.rng.random_range(-0.42..-0.34) };
    let tongue =
        soft(&[(-0.42, collar + 0.04), (-0.14, collar - 0.12), (0.0, collar - 0.04), (0.06, 0.1), (-0.3, 0.1)], 0.08);
    p.canvas.outlined(&tongue, main.darker(0.25), 0.03, ink);
    let mut upper = vec![(-0.86, 0.46), (-0.9, 0.2), (-0.84, -0.1), (-0.86, collar - 0.04)];
    upper.extend(bow((-0.82, collar - 0.06), (-0.2, collar), -0.1));
    upper.extend(bow((-0.16, collar + 0.02), (0.42, 0.08), -0.05));
    upper.extend(bow((0.46, 0.08), (0.95, 0.36), 0.12).into_iter().map(|(x, y)| (x, y.min(0.46))));
    upper.push((0.95, 0.46));
    p.canvas.outlined(&polygon(&upper), upright(collar, 0.5, main), 0.04, ink);
    // Heel cap, quarter seam and a rim of padding.
    let heel = smooth(&[(-0.56, 0.46), (-0.6, 0.2), (-0.86, 0.06)], false);
    p.canvas.stroke(&heel, 0.025, seam(p));
    p.canvas.stroke(&smooth(&bow((-0.8, collar - 0.01), (-0.22, collar + 0.05), -0.1), false), 0.05, main.darker(0.35));
    p.canvas.stroke(&smooth(&[(0.4, 0.44), (0.3, 0.3), (0.36, 0.12)], false), 0.02, seam(p));
    let cap = smooth(&[(0.56, 0.46), (0.58, 0.28), (0.74, 0.16), (0.9, 0.27), (0.95, 0.46)], true);
    p.canvas.outlined(&cap, if p.rng.random_bool(0.5) { CREAM } else { main.darker(0.18) }, 0.025, ink);
    pattern(p, collar);
    eyelets(p, collar);

    let sole = soft(&[(-0.95, 0.42), (0.97, 0.42), (0.99, 0.56), (0.9, 0.62), (-0.9, 0.62), (-0.97, 0.54)], 0.06);
    p.canvas.outlined(&sole, upright(0.42, 0.62, CREAM), 0.035, ink);
    p.canvas.stroke(&line(&[(-0.92, 0.5), (0.94, 0.5)]), 0.03, main);
    for i in 0..14 {
        let x = -0.84 + i as f32 * 0.13;
        p.canvas.stroke(&line(&[(x, 0.58), (x, 0.62)]), 0.02, CREAM.darker(0.5));
    }
}

fn pattern(p: &mut Piece, collar: f32) {
    let ink = contrast(p);
    match p.topping {
        Some("stripes") => {
            for i in 0..3 {
                let x = -0.34 + i as f32 * 0.17;
                p.canvas.stroke(&line(&[(x, 0.36), (x + 0.2, 0.02)]), 0.075, ink);
            }
        }
        Some("a star") => {
            let y = if collar < -0.5 { -0.2 } else { 0.14 };
            let size = if collar < -0.5 { 0.22 } else { 0.2 };
            p.canvas.outlined(&star(-0.42, y, size, 5, 0.46), ink, 0.02, edge(p.main));
        }
        _ => {
            p.canvas.stroke(&smooth(&[(-0.5, 0.3), (-0.2, 0.34), (0.2, 0.1)], false), 0.022, seam(p));
        }
    }
}

fn eyelets(p: &mut Piece, collar: f32) {
    let laced = p.topping == Some("laces");
    let rows = if collar < -0.5 { 5 } else { 4 };
    let at = |i: i32, over: f32| {
        let share = (i as f32 + 0.4) / rows as f32;
        (-0.2 + share * 0.54 + over, collar + 0.06 + (0.06 - collar) * share - over * 0.3)
    };
    for i in 0..rows {
        let (from, to) = (at(i, -0.1), at(i, 0.08));
        if laced {
            let next = at(i, -0.16);
            p.canvas.stroke(&line(&[(next.0, next.1 + 0.05), to]), 0.085, edge(p.main));
            p.canvas.stroke(&line(&[(next.0, next.1 + 0.05), to]), 0.06, CREAM);
        } else {
            p.canvas.stroke(&line(&[from, to]), 0.035, p.main.darker(0.45));
            p.canvas.fill(&circle(from.0, from.1, 0.022), Ink::rgb(214, 214, 220));
        }
    }
    if laced {
        let (x, y) = at(0, 0.04);
        for (dx, dy) in [(0.34, -0.1), (0.3, 0.16)] {
            let mut loop_points = bow((x, y), (x + dx, y + dy), 0.1);
            loop_points.extend(bow((x + dx, y + dy), (x, y), 0.1));
            p.canvas.stroke(&polygon(&loop_points), 0.07, edge(p.main));
            p.canvas.stroke(&polygon(&loop_points), 0.045, CREAM);
        }
        p.canvas.outlined(&circle(x, y, 0.055), CREAM, 0.02, edge(p.main));
    }
}

fn umbrella(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    // An odd number, so that stripes leave more of the main colour.
    let panels = 5;
    let (half, rim, top) = (0.95, 0.16, p.rng.random_range(-0.84..-0.7));
    let wood = Ink::rgb(124, 84, 54);
    let mut handle = vec![(0.0, top - 0.1), (0.0, 0.72)];
    handle.extend(arc(0.14, 0.74, 0.14, 0.16, PI, 0.15));
    p.canvas.stroke(&line(&handle), 0.1, edge(wood));
    p.canvas.stroke(&line(&handle), 0.06, Ink::rgb(176, 178, 186));
    p.canvas.stroke(&line(&handle[2..]), 0.07, wood);

    // Each panel runs from the tip between two ribs and hangs a little between them.
    let dome = |share: f32| {
        let angle = PI + share * PI;
        (angle.cos() * half, rim + angle.sin() * (rim - top))
    };
    let corner = |i: i32| (-half + 2.0 * half * i as f32 / panels as f32, rim);
    let rib = |i: i32| {
        let (x, y) = corner(i);
        // Outer ribs run along the dome's outline.
        (0..=8)
            .map(|s| {
                let t = s as f32 / 8.0 * PI / 2.0;
                (x * t.sin(), y + (top - y) * t.cos())
            })
            .collect::<Vec<_>>()
    };
    let ink2 = contrast(p);
    let mut inner = vec![(-half, rim)];
    for i in 0..panels {
        inner.extend(bow(corner(i), corner(i + 1), -0.04));
    }
    inner.extend(bow((half, rim), (-half, rim), 0.16));
    p.canvas.fill(&polygon(&inner), main.darker(0.6));
    for i in 0..panels {
        let mut points = rib(i);
        points.extend(bow(corner(i), corner(i + 1), -0.11).into_iter().skip(1));
        points.extend(rib(i + 1).into_iter().rev());
        let side = i as f32 / (panels - 1) as f32;
        let towards = if p.light.0 < 0.0 { side } else { 1.0 - side };
        let shade = main.lighter(0.2).mix(main.darker(0.22), towards);
        let striped = p.topping == Some("stripes") && i % 2 == 1;
        let fill = if striped { ink2.darker(0.15 * towards) } else { shade };
        p.canvas.outlined(
            &polygon(&points),
            Fill::Linear((0.0, top), (0.0, rim), vec![fill.lighter(0.1), fill.darker(0.08)]),
            0.03,
            ink,
        );
    }
    match p.topping {
        Some("dots") => {
            for (count, y, spread) in [(2, 0.34, 0.3), (4, 0.58, 0.56), (5, 0.84, 0.84)] {
                for i in 0..count {
                    let x = (i as f32 / (count - 1) as f32 * 2.0 - 1.0) * spread * 0.86;
                    let y = top + (rim - top) * (y + x * x * 0.1) - 0.06;
                    p.canvas.fill(&circle(x, y, 0.07), ink2);
                }
            }
        }
        Some("frills") => {
            for i in 0..panels {
                for (x, y) in bow(corner(i), corner(i + 1), -0.11).into_iter().skip(usize::from(i > 0)) {
                    p.canvas.outlined(&circle(x, y + 0.01, 0.065), CREAM, 0.02, ink);
                }
            }
        }
        _ => {}
    }
    p.canvas.stroke(
        &smooth(&[dome(0.2), dome(0.29), dome(0.38)].map(|(x, y)| (x * 0.88, y * 0.88 + 0.03)), false),
        0.04,
        Ink::WHITE.alpha(0.5),
    );
    p.canvas.fill(&rounded(0.0, top - 0.05, 0.03, 0.09, 0.02), edge(wood));
}
