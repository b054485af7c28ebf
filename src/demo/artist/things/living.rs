//! Cat, and a person's face.

use std::f32::consts::PI;

use rand::Rng;
use rand::seq::IndexedRandom;

use super::super::canvas::{Fill, arc, circle, ellipse, line, polygon, rounded, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::{bow, edge, either_way, footing, lit, seam, soft, thing, upright};

pub(super) static KINDS: &[Kind] = &[
    thing(
        ("cat", "cats"),
        &[Colour::Black, Colour::White, Colour::Orange, Colour::Brown],
        &["a collar", "a bow tie", "a hat"],
        |p| either_way(p, cat),
    ),
    // The colour is that of hair and clothes; skin takes its own.
    thing(
        ("face", "faces"),
        &[Colour::Blue, Colour::Purple, Colour::Green, Colour::Red],
        &["glasses", "a hat", "a beard"],
        |p| either_way(p, face),
    ),
];

const DARK: Ink = Ink::rgb(38, 30, 34);
const PINK: Ink = Ink::rgb(238, 150, 156);

fn cat(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    let light = p.light;
    footing(p.canvas, 0.9, 0.66);
    let tip = p.rng.random_range(-0.15..0.25);
    let tail = [(0.3, 0.8), (0.7, 0.82), (0.86, 0.5), (0.72, tip), (0.8, tip - 0.16)];
    p.canvas.stroke(&smooth(&tail, false), 0.22, ink);
    p.canvas.stroke(&smooth(&tail, false), 0.155, main.darker(0.06));
    let fat = p.rng.random_range(0.9..1.15);
    let right = [(0.2, -0.2), (0.34 * fat, 0.1), (0.5 * fat, 0.5), (0.5 * fat, 0.8), (0.3, 0.92)];
    let left = right.iter().rev().map(|&(x, y)| (-x, y));
    let body: Vec<(f32, f32)> = right.iter().copied().chain(left).collect();
    p.canvas.outlined(&smooth(&body, true), lit(light, main), 0.04, ink);
    let tabby = p.rng.random_bool(0.6) && matches!(p.colour, Colour::Orange | Colour::Brown);
    let stripe = p.main.darker(0.42);
    if tabby {
        for (y, x) in [(0.28, 0.38), (0.44, 0.44), (0.6, 0.47)] {
            for side in [-1.0, 1.0] {
                p.canvas.stroke(&smooth(&bow((side * x * fat, y), (side * 0.27, y + 0.05), 0.02), false), 0.06, stripe);
            }
        }
    }
    let bib = if p.colour == Colour::Black && p.rng.random_bool(0.5) { main.lighter(0.14) } else { main.lighter(0.42) };
    p.canvas.fill(&ellipse(0.0, 0.3, 0.19, 0.28), bib);
    for side in [-1.0, 1.0] {
        let haunch = smooth(&arc(side * 0.42 * fat, 0.68, 0.22, 0.24, PI, PI * 2.0), false);
        p.canvas.stroke(&haunch, 0.022, seam(p));
        p.canvas.outlined(&rounded(side * 0.14, 0.66, 0.12, 0.26, 0.1), upright(0.4, 0.92, main), 0.028, seam(p));
        p.canvas.outlined(&ellipse(side * 0.15, 0.88, 0.15, 0.075), main.lighter(0.12), 0.028, seam(p));
        for dx in [-0.045, 0.045] {
            p.canvas.stroke(&line(&[(side * 0.15 + dx, 0.87), (side * 0.15 + dx, 0.93)]), 0.016, seam(p));
        }
    }
    neckwear(p);
    cat_head(p, tabby, stripe);
}

fn neckwear(p: &mut Piece) {
    let ink = *[Ink::rgb(60, 130, 200), Ink::rgb(206, 52, 70), Ink::rgb(70, 160, 110)]
        .choose(p.rng)
        .expect("there are collars");
    match p.topping {
        Some("a collar") => {
            let band = smooth(&bow((-0.32, 0.02), (0.32, 0.02), 0.14), false);
            p.canvas.stroke(&band, 0.15, edge(ink));
            p.canvas.stroke(&band, 0.1, ink);
            let gold = Ink::rgb(250, 206, 84);
            p.canvas.outlined(&circle(0.0, 0.27, 0.1), lit(p.light, gold), 0.028, edge(gold));
            p.canvas.fill(&circle(0.0, 0.3, 0.025), DARK);
        }
        Some("a bow tie") => {
            for side in [-1.0, 1.0] {
                let wing = soft(&[(0.0, 0.14), (side * 0.32, 0.01), (side * 0.34, 0.33), (0.0, 0.2)], 0.06);
                p.canvas.outlined(&wing, upright(0.0, 0.34, ink), 0.03, edge(ink));
                p.canvas.stroke(&line(&[(side * 0.08, 0.17), (side * 0.2, 0.13)]), 0.02, edge(ink));
            }
            p.canvas.outlined(&rounded(0.0, 0.17, 0.065, 0.08, 0.03), ink, 0.03, edge(ink));
        }
        _ => {}
    }
}

fn cat_head(p: &mut Piece, tabby: bool, stripe: Ink) {
    let (main, ink) = (p.main, edge(p.main));
    for side in [-1.0, 1.0] {
        let ear = soft(&[(side * 0.5, -0.36), (side * 0.5, -0.97), (side * 0.08, -0.68)], 0.08);
        p.canvas.outlined(&ear, main, 0.04, ink);
        p.canvas.fill(&soft(&[(side * 0.42, -0.52), (side * 0.43, -0.83), (side * 0.22, -0.66)], 0.05), PINK);
    }
    let head = smooth(
        &[
            (0.0, -0.76),
            (0.34, -0.7),
            (0.53, -0.42),
            (0.46, -0.14),
            (0.2, 0.03),
            (-0.2, 0.03),
            (-0.46, -0.14),
            (-0.53, -0.42),
            (-0.34, -0.7),
        ],
        true,
    );
    p.canvas.outlined(&head, lit(p.light, main.lighter(0.04)), 0.04, ink);
    if tabby {
        for x in [-0.12, 0.0, 0.12] {
            p.canvas.stroke(&line(&[(x, -0.72), (x * 0.8, -0.56)]), 0.05, stripe);
        }
        for side in [-1.0, 1.0] {
            for y in [-0.3, -0.19] {
                p.canvas.stroke(&line(&[(side * 0.5, y), (side * 0.36, y + 0.02)]), 0.04, stripe);
            }
        }
    }
    for side in [-1.0, 1.0] {
        p.canvas.fill(&ellipse(side * 0.1, -0.16, 0.14, 0.11), main.lighter(0.45));
    }
    let iris = *[Ink::rgb(150, 200, 80), Ink::rgb(240, 196, 64), Ink::rgb(110, 180, 220)]
        .choose(p.rng)
        .expect("there are eyes");
    for side in [-1.0, 1.0] {
        p.canvas.outlined(&ellipse(side * 0.23, -0.4, 0.125, 0.135), iris, 0.03, DARK);
        p.canvas.fill(&ellipse(side * 0.22, -0.4, 0.055, 0.12), DARK);
        p.canvas.fill(&circle(side * 0.22 - 0.03, -0.45, 0.032), Ink::WHITE);
    }
    p.canvas.fill(&soft(&[(-0.07, -0.26), (0.07, -0.26), (0.0, -0.18)], 0.03), PINK.darker(0.1));
    for side in [-1.0, 1.0] {
        p.canvas.stroke(&smooth(&[(0.0, -0.18), (side * 0.03, -0.11), (side * 0.11, -0.1)], false), 0.022, DARK);
        let whisker = if p.colour == Colour::Black { Ink::rgb(226, 222, 220) } else { DARK };
        for (y, drop) in [(-0.2, -0.05), (-0.15, 0.02), (-0.11, 0.08)] {
            p.canvas.stroke(&line(&[(side * 0.2, y), (side * 0.66, y + drop)]), 0.014, whisker.alpha(0.8));
        }
    }
    if p.topping == Some("a hat") {
        top_hat(p);
    }
}

fn top_hat(p: &mut Piece) {
    let hat = if p.colour == Colour::Black { Ink::rgb(196, 60, 66) } else { Ink::rgb(62, 60, 84) };
    let lean = p.rng.random_range(-0.15..0.15);
    let light = p.light;
    p.canvas.placed((0.0, -0.72), lean, (1.0, 1.0), |canvas| {
        canvas.outlined(
            &soft(&[(-0.2, 0.02), (-0.23, -0.3), (0.23, -0.3), (0.2, 0.02)], 0.03),
            lit(light, hat),
            0.03,
            edge(hat),
        );
        canvas.stroke(&line(&[(-0.19, -0.05), (0.19, -0.05)]), 0.07, Ink::rgb(246, 206, 96));
        canvas.outlined(&ellipse(0.0, 0.03, 0.34, 0.06), hat, 0.03, edge(hat));
    });
}

/// How hair falls.
#[derive(Clone, Copy, PartialEq)]
enum Hair {
    Short,
    Bob,
    Long,
    Curls,
    Bun,
}

fn face(p: &mut Piece) {
    let skins = [
        Ink::rgb(250, 216, 190),
        Ink::rgb(240, 194, 158),
        Ink::rgb(214, 162, 122),
        Ink::rgb(172, 118, 82),
        Ink::rgb(126, 82, 58),
    ];
    let skin = skins.choose(p.rng).expect("there are skins").varied(p.rng, 0.02);
    let hair = if p.topping == Some("a beard") {
        *[Hair::Short, Hair::Curls, Hair::Bun].choose(p.rng).expect("there is hair")
    } else {
        *[Hair::Short, Hair::Bob, Hair::Long, Hair::Curls, Hair::Bun].choose(p.rng).expect("there is hair")
    };
    back_hair(p, hair);
    shoulders(p, skin);
    for side in [-1.0, 1.0] {
        p.canvas.outlined(&ellipse(side * 0.44, -0.06, 0.09, 0.12), skin.darker(0.06), 0.025, edge(skin));
    }
    let jaw = p.rng.random_range(0.26..0.34);
    let oval = smooth(
        &[
            (0.0, -0.62),
            (0.34, -0.5),
            (0.45, -0.15),
            (0.41, 0.16),
            (jaw, 0.37),
            (0.0, 0.48),
            (-jaw, 0.37),
            (-0.41, 0.16),
            (-0.45, -0.15),
            (-0.34, -0.5),
        ],
        true,
    );
    p.canvas.outlined(&oval, lit(p.light, skin), 0.03, edge(skin));
    if p.topping == Some("a beard") {
        beard(p, jaw);
    }
    features(p, skin);
    fringe(p, hair);
    match p.topping {
        Some("glasses") => glasses(p),
        Some("a hat") => hat(p),
        _ => {}
    }
}

fn back_hair(p: &mut Piece, hair: Hair) {
    let (ink, rim) = (p.main.darker(0.18), edge(p.main));
    match hair {
        Hair::Short => p.canvas.outlined(&ellipse(0.0, -0.3, 0.53, 0.56), ink, 0.035, rim),
        Hair::Bob => p.canvas.outlined(&rounded(0.0, -0.2, 0.64, 0.66, 0.5), ink, 0.035, rim),
        Hair::Long => p.canvas.outlined(&rounded(0.0, 0.02, 0.66, 0.88, 0.56), ink, 0.035, rim),
        Hair::Curls => {
            let curls: Vec<(f32, f32)> =
                arc(0.0, -0.24, 0.52, 0.5, PI * 0.86, PI * 2.14).into_iter().step_by(2).collect();
            for &(x, y) in &curls {
                p.canvas.fill(&circle(x, y, 0.235), rim);
            }
            for &(x, y) in &curls {
                p.canvas.fill(&circle(x, y, 0.205), ink);
            }
        }
        Hair::Bun => {
            p.canvas.outlined(&circle(0.0, -0.8, 0.21), lit(p.light, p.main), 0.035, rim);
            p.canvas.outlined(&ellipse(0.0, -0.26, 0.52, 0.54), ink, 0.035, rim);
        }
    }
}

fn shoulders(p: &mut Piece, skin: Ink) {
    let (main, rim) = (p.main, edge(p.main));
    let mut body = bow((-0.84, 0.96), (-0.24, 0.54), -0.13);
    body.extend(bow((0.24, 0.54), (0.84, 0.96), -0.13));
    let body: Vec<(f32, f32)> = body.into_iter().map(|(x, y)| (x, y.min(0.96))).collect();
    p.canvas.outlined(&polygon(&body), upright(0.45, 0.96, main), 0.035, rim);
    p.canvas.outlined(&rounded(0.0, 0.46, 0.19, 0.2, 0.08), skin.darker(0.2), 0.025, edge(skin));
    p.canvas.stroke(&smooth(&bow((-0.23, 0.54), (0.23, 0.54), 0.15), false), 0.12, rim);
    p.canvas.stroke(&smooth(&bow((-0.23, 0.54), (0.23, 0.54), 0.15), false), 0.075, main.lighter(0.22));
    for x in [-0.5, 0.5] {
        p.canvas.stroke(&line(&[(x, 0.84), (x * 1.04, 0.94)]), 0.022, seam(p));
    }
}

fn features(p: &mut Piece, skin: Ink) {
    let line_ink = skin.darker(0.55);
    let irises = [Ink::rgb(94, 62, 40), Ink::rgb(70, 120, 90), Ink::rgb(70, 110, 160)];
    let iris = *irises.choose(p.rng).expect("there are eyes");
    let look = p.rng.random_range(-0.02..0.02);
    let brow = p.rng.random_range(-0.03..0.03);
    for side in [-1.0, 1.0] {
        let x = side * 0.19;
        p.canvas.fill(&circle(side * 0.27, 0.12, 0.09), Ink::rgb(232, 104, 96).alpha(0.28));
        p.canvas.outlined(&ellipse(x, -0.08, 0.095, 0.075), Ink::rgb(252, 250, 246), 0.018, line_ink);
        p.canvas.fill(&circle(x + look, -0.075, 0.058), iris);
        p.canvas.fill(&circle(x + look, -0.075, 0.03), DARK);
        p.canvas.fill(&circle(x + look - 0.02, -0.1, 0.018), Ink::WHITE);
        p.canvas.stroke(
            &smooth(&bow((x - side * 0.1, -0.09), (x + side * 0.11, -0.1), -0.07 * side), false),
            0.028,
            DARK,
        );
        p.canvas.stroke(
            &smooth(&bow((x - side * 0.09, -0.22 + brow), (x + side * 0.12, -0.23), -0.045 * side), false),
            0.045,
            p.main.darker(0.5),
        );
    }
    p.canvas.stroke(
        &smooth(&[(0.02, -0.06), (0.06, 0.08), (0.0, 0.1), (-0.03, 0.09)], false),
        0.026,
        skin.darker(0.35),
    );
    if p.rng.random_bool(0.5) {
        let mut smile = bow((-0.16, 0.21), (0.16, 0.21), 0.14);
        smile.extend(bow((0.16, 0.21), (-0.16, 0.21), -0.02));
        p.canvas.outlined(&polygon(&smile), Ink::rgb(150, 44, 48), 0.024, line_ink);
        p.canvas.fill(&rounded(0.0, 0.23, 0.11, 0.02, 0.015), Ink::WHITE);
    } else {
        let lips = Ink::rgb(196, 84, 82);
        p.canvas.stroke(&smooth(&bow((-0.14, 0.23), (0.14, 0.23), 0.07), false), 0.045, lips);
        p.canvas.stroke(&smooth(&bow((-0.15, 0.225), (0.15, 0.225), 0.06), false), 0.016, line_ink);
    }
}

fn beard(p: &mut Piece, jaw: f32) {
    let shape = smooth(
        &[
            (-0.45, -0.02),
            (-0.33, 0.12),
            (-0.16, 0.1),
            (0.0, 0.14),
            (0.16, 0.1),
            (0.33, 0.12),
            (0.45, -0.02),
            (0.43, 0.26),
            (jaw, 0.5),
            (0.0, 0.64),
            (-jaw, 0.5),
            (-0.43, 0.26),
        ],
        true,
    );
    p.canvas.outlined(&shape, upright(0.0, 0.64, p.main), 0.03, edge(p.main));
    for (x, y) in [(-0.3, 0.3), (-0.16, 0.44), (0.0, 0.5), (0.16, 0.44), (0.3, 0.3), (-0.08, 0.38), (0.1, 0.38)] {
        p.canvas.stroke(&smooth(&bow((x, y - 0.04), (x * 0.9, y + 0.06), 0.015), false), 0.02, seam(p));
    }
}

fn fringe(p: &mut Piece, hair: Hair) {
    let (main, rim) = (p.main, edge(p.main));
    let parting = p.rng.random_range(-0.25..0.25);
    if hair == Hair::Curls {
        for (i, &(x, y)) in
            [(-0.36, -0.46), (-0.2, -0.58), (0.0, -0.62), (0.2, -0.58), (0.36, -0.46)].iter().enumerate()
        {
            p.canvas.outlined(
                &circle(x, y, 0.16),
                lit(p.light, main.lighter(if i % 2 == 0 { 0.06 } else { 0.0 })),
                0.024,
                rim,
            );
            p.canvas.stroke(&smooth(&arc(x, y, 0.08, 0.08, 3.4, 5.6), false), 0.022, main.lighter(0.4));
        }
        return;
    }
    let low = if hair == Hair::Bob { -0.24 } else { -0.34 };
    let mut points = arc(0.0, -0.22, 0.52, 0.62, PI * 1.02, PI * 1.98);
    points.extend([(0.49, -0.08), (0.42, -0.26)]);
    points.extend(bow((0.36, low), (parting + 0.02, -0.56), -0.07));
    points.extend(bow((parting - 0.02, -0.54), (-0.36, low), -0.07));
    points.extend([(-0.42, -0.26), (-0.49, -0.08)]);
    p.canvas.outlined(
        &soft(&points, 0.04),
        Fill::Linear(
            (p.light.0 * 0.6, -0.9),
            (-p.light.0 * 0.6, -0.2),
            vec![main.lighter(0.24), main, main.darker(0.1)],
        ),
        0.03,
        rim,
    );
    for i in 0..5 {
        let share = i as f32 / 4.0 - 0.5;
        let from = (parting + share * 0.1, -0.66);
        p.canvas.stroke(
            &smooth(&bow(from, (share * 0.9, -0.5 + share.abs() * 0.3), share * 0.16), false),
            0.016,
            seam(p).alpha(0.7),
        );
    }
    p.canvas.stroke(
        &smooth(&arc(0.0, -0.24, 0.4, 0.46, PI * 1.2, PI * 1.42), false),
        0.04,
        main.lighter(0.55).alpha(0.7),
    );
}

fn glasses(p: &mut Piece) {
    let frame = *[DARK, Ink::rgb(150, 60, 40), Ink::rgb(196, 150, 60)].choose(p.rng).expect("there are frames");
    let round = p.rng.random_bool(0.5);
    for side in [-1.0, 1.0] {
        let lens =
            if round { circle(side * 0.2, -0.06, 0.155) } else { rounded(side * 0.2, -0.06, 0.165, 0.125, 0.05) };
        p.canvas.outlined(&lens, Ink::rgb(210, 236, 250).alpha(0.3), 0.05, frame);
        p.canvas.stroke(&line(&[(side * 0.36, -0.08), (side * 0.45, -0.1)]), 0.04, frame);
        p.canvas.stroke(&line(&[(side * 0.2 - 0.08, -0.02), (side * 0.2 - 0.02, -0.14)]), 0.025, Ink::WHITE.alpha(0.7));
    }
    p.canvas.stroke(&smooth(&bow((-0.05, -0.07), (0.05, -0.07), -0.03), false), 0.045, frame);
}

fn hat(p: &mut Piece) {
    let main = p.main.darker(0.08);
    let rim = edge(p.main);
    let band = Ink::rgb(250, 240, 220);
    if p.rng.random_bool(0.5) {
        let crown = soft(&[(-0.42, -0.44), (-0.36, -0.96), (0.0, -0.9), (0.36, -0.96), (0.42, -0.44)], 0.12);
        p.canvas.outlined(&crown, lit(p.light, main), 0.035, rim);
        p.canvas.stroke(&smooth(&bow((-0.39, -0.53), (0.39, -0.53), 0.04), false), 0.09, band);
        let brim = smooth(
            &[
                (-0.82, -0.42),
                (-0.4, -0.5),
                (0.0, -0.46),
                (0.4, -0.5),
                (0.82, -0.42),
                (0.4, -0.34),
                (0.0, -0.32),
                (-0.4, -0.34),
            ],
            true,
        );
        p.canvas.outlined(&brim, upright(-0.5, -0.32, main), 0.035, rim);
    } else {
        p.canvas.outlined(&circle(0.0, -0.92, 0.12), band, 0.03, rim);
        let mut dome = arc(0.0, -0.42, 0.55, 0.5, PI, PI * 2.0);
        dome.push((0.55, -0.38));
        dome.push((-0.55, -0.38));
        p.canvas.outlined(&polygon(&dome), lit(p.light, main), 0.035, rim);
        for x in [-0.3, -0.1, 0.1, 0.3] {
            p.canvas.stroke(&smooth(&bow((x * 0.5, -0.86), (x * 1.3, -0.52), -x * 0.2), false), 0.018, seam(p));
        }
        p.canvas.outlined(&rounded(0.0, -0.4, 0.58, 0.09, 0.07), band, 0.03, rim);
        for i in -5..=5 {
            let x = i as f32 * 0.1;
            p.canvas.stroke(&line(&[(x, -0.45), (x, -0.35)]), 0.016, band.darker(0.3));
        }
    }
}
