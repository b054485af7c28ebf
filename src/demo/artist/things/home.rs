//! A house and what stands in it: house, chair, lamp, clock, book.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::super::canvas::{Fill, arc, circle, ellipse, line, polygon, rounded, smooth};
use super::super::{Colour, Ink, Kind, Piece};
use super::{bow, contrast, edge, either_way, footing, lit, seam, soft, star, thing, upright};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        turn: 0.04,
        ..thing(
            ("house", "houses"),
            &[Colour::White, Colour::Yellow, Colour::Red, Colour::Blue, Colour::Pink],
            &["a chimney", "flower boxes", "ivy"],
            |p| either_way(p, house),
        )
    },
    thing(
        ("chair", "chairs"),
        &[Colour::Red, Colour::Blue, Colour::Green, Colour::Brown],
        &["a cushion", "a blanket", "buttons"],
        |p| either_way(p, chair),
    ),
    thing(
        ("lamp", "lamps"),
        &[Colour::Red, Colour::Green, Colour::Blue, Colour::Yellow, Colour::Purple],
        &["tassels", "stripes", "dots"],
        lamp,
    ),
    thing(
        ("clock", "clocks"),
        &[Colour::Red, Colour::Blue, Colour::Green, Colour::White, Colour::Black],
        &["bells", "a pendulum"],
        clock,
    ),
    Kind {
        turn: 0.2,
        ..thing(
            ("book", "books"),
            &[Colour::Red, Colour::Blue, Colour::Green, Colour::Purple, Colour::Brown],
            &["a bookmark", "a star", "stripes"],
            |p| either_way(p, book),
        )
    },
];

const CREAM: Ink = Ink::rgb(252, 246, 234);
const BRASS: Ink = Ink::rgb(214, 170, 84);
const WOOD: Ink = Ink::rgb(132, 92, 60);
const LEAF: Ink = Ink::rgb(84, 146, 66);

fn house(p: &mut Piece) {
    let half = p.rng.random_range(0.62..0.76);
    let floors = p.rng.random_range(1..=2);
    let eaves = if floors == 1 { p.rng.random_range(-0.12..0.0) } else { p.rng.random_range(-0.34..-0.24) };
    let ridge = if floors == 1 { -0.78 } else { -0.92 };
    let base = 0.84;
    let tiles = match p.colour {
        Colour::Red | Colour::Pink => Ink::rgb(82, 84, 100),
        _ => *[Ink::rgb(164, 84, 62), Ink::rgb(82, 84, 100), Ink::rgb(120, 82, 60)]
            .choose(p.rng)
            .expect("there are tiles"),
    };
    footing(p.canvas, base, half);
    if p.topping == Some("a chimney") {
        chimney(p, half * 0.5, eaves - 0.08, ridge);
    }
    let wall = soft(&[(-half, eaves - 0.1), (half, eaves - 0.1), (half, base), (-half, base)], 0.02);
    let across = Fill::Linear((-half, eaves), (half, base), vec![p.main.lighter(0.16), p.main, p.main.darker(0.12)]);
    p.canvas.outlined(&wall, across, 0.035, edge(p.main));
    masonry(p, half, eaves, base);
    roof(p, half, eaves, ridge, tiles);

    let door_x = *[-0.5, 0.0, 0.5].choose(p.rng).expect("there are places") * half;
    let doors = [WOOD, Ink::rgb(70, 110, 96), Ink::rgb(92, 74, 120), Ink::rgb(232, 226, 214)];
    let door = *doors.choose(p.rng).expect("there are doors");
    p.canvas.fill(&rounded(door_x, base - 0.01, 0.2, 0.04, 0.01), Ink::rgb(170, 164, 158));
    p.canvas.outlined(&rounded(door_x, base - 0.24, 0.135, 0.22, 0.03), lit(p.light, door), 0.035, CREAM);
    p.canvas.fill(&rounded(door_x, base - 0.32, 0.07, 0.06, 0.015), Ink::rgb(150, 190, 212));
    p.canvas.fill(&circle(door_x + 0.085, base - 0.2, 0.022), BRASS);
    let shutters = p.rng.random_bool(0.5);
    let columns = [-0.5, 0.0, 0.5].map(|x| x * half * 1.1);
    for x in columns {
        if (x - door_x).abs() > 0.2 {
            window(p, (x, base - 0.36), shutters);
        }
        if floors == 2 {
            window(p, (x, eaves + 0.2), shutters);
        }
    }
    if p.topping == Some("ivy") {
        ivy(p, half, eaves, base);
    }
}

/// Courses of bricks or boards, here and there.
fn masonry(p: &mut Piece, half: f32, eaves: f32, base: f32) {
    let ink = p.main.darker(0.22).alpha(0.55);
    if p.rng.random_bool(0.5) {
        for _ in 0..22 {
            let (x, y) = (p.rng.random_range(-half + 0.06..half - 0.06), p.rng.random_range(eaves + 0.04..base - 0.04));
            p.canvas.stroke(&line(&[(x - 0.03, y), (x + 0.03, y)]), 0.022, ink);
        }
    } else {
        for i in 1..9 {
            let y = eaves + (base - eaves) * i as f32 / 9.0;
            p.canvas.stroke(&line(&[(-half + 0.02, y), (half - 0.02, y)]), 0.012, ink);
        }
    }
}

fn roof(p: &mut Piece, half: f32, eaves: f32, ridge: f32, tiles: Ink) {
    let out = half + 0.13;
    let gable = p.rng.random_bool(0.55);
    let top = if gable { 0.02 } else { half * 0.62 };
    let at = |share: f32| (eaves + (ridge - eaves) * share, out + (top - out) * share);
    if gable {
        // The wall goes up under a gable, so that the house keeps its colour.
        let under = polygon(&[(-half, eaves), (0.0, ridge + 0.08), (half, eaves)]);
        p.canvas.fill(&under, lit(p.light, p.main));
        let round = circle(0.0, eaves + (ridge - eaves) * 0.36, 0.1);
        p.canvas.outlined(&round, Ink::rgb(120, 166, 196), 0.04, CREAM);
        for (from, to) in [((-out, eaves + 0.03), (0.0, ridge)), ((out, eaves + 0.03), (0.0, ridge))] {
            p.canvas.stroke(&line(&[from, to]), 0.17, edge(tiles));
        }
        p.canvas.stroke(&line(&[(-out, eaves + 0.03), (0.0, ridge), (out, eaves + 0.03)]), 0.12, tiles);
        p.canvas.stroke(&line(&[(-out, eaves), (0.0, ridge - 0.03), (out, eaves)]), 0.025, tiles.lighter(0.3));
        return;
    }
    let slope = soft(&[(-out, eaves + 0.02), (-top, ridge + 0.12), (top, ridge + 0.12), (out, eaves + 0.02)], 0.04);
    p.canvas.outlined(&slope, upright(ridge, eaves, tiles), 0.035, edge(tiles));
    for row in 1..5 {
        let share = row as f32 / 5.0;
        let (y, reach) = (eaves + (ridge + 0.12 - eaves) * share, at(share).1 - 0.02);
        p.canvas.stroke(&line(&[(-reach, y), (reach, y)]), 0.016, tiles.darker(0.35));
        let tilts = (reach / 0.13) as i32;
        for i in -tilts..=tilts {
            let x = i as f32 * 0.13 + if row % 2 == 0 { 0.06 } else { 0.0 };
            if x.abs() < reach - 0.03 {
                p.canvas.stroke(&line(&[(x, y), (x, y + 0.06)]), 0.014, tiles.darker(0.35));
            }
        }
    }
}

fn chimney(p: &mut Piece, x: f32, base: f32, ridge: f32) {
    let brick = if p.colour == Colour::Red { Ink::rgb(206, 196, 184) } else { Ink::rgb(176, 96, 74) };
    let top = ridge + 0.02;
    for i in 0..3 {
        let i = i as f32;
        p.canvas.fill(
            &circle(x + 0.05 + i * 0.09, top - 0.1 - i * 0.05, 0.07 + i * 0.025),
            Ink::rgb(238, 238, 242).alpha(0.9 - i * 0.2),
        );
    }
    p.canvas.outlined(
        &rounded(x, (top + base) / 2.0, 0.11, (base - top) / 2.0, 0.01),
        lit(p.light, brick),
        0.03,
        edge(brick),
    );
    p.canvas.outlined(&rounded(x, top, 0.14, 0.04, 0.01), brick.lighter(0.1), 0.03, edge(brick));
    for i in 1..4 {
        let y = top + 0.02 + i as f32 * 0.08;
        p.canvas.stroke(&line(&[(x - 0.1, y), (x + 0.1, y)]), 0.014, brick.darker(0.35));
    }
}

fn window(p: &mut Piece, (x, y): (f32, f32), shutters: bool) {
    let (w, h) = (0.105, 0.125);
    if shutters {
        let ink = if p.colour == Colour::Blue { Ink::rgb(244, 238, 226) } else { Ink::rgb(74, 104, 116) };
        for side in [-1.0, 1.0] {
            p.canvas.fill(&rounded(x + side * (w + 0.035), y, 0.035, h + 0.02, 0.01), ink);
        }
    }
    let pane = Ink::rgb(112, 160, 196);
    p.canvas.outlined(
        &rounded(x, y, w, h, 0.015),
        Fill::Linear((x - w, y - h), (x + w, y + h), vec![pane.lighter(0.55), pane]),
        0.035,
        CREAM,
    );
    p.canvas.stroke(&line(&[(x, y - h), (x, y + h)]), 0.022, CREAM);
    p.canvas.stroke(&line(&[(x - w, y), (x + w, y)]), 0.022, CREAM);
    p.canvas.stroke(
        &line(&[(x - w - 0.02, y + h + 0.025), (x + w + 0.02, y + h + 0.025)]),
        0.03,
        edge(p.main).alpha(0.6),
    );
    if p.topping == Some("flower boxes") {
        p.canvas.fill(&rounded(x, y + h + 0.04, w + 0.05, 0.04, 0.015), WOOD);
        for i in 0..5 {
            let x = x + (i as f32 - 2.0) * 0.055;
            let y = y + h - 0.01 + p.rng.random_range(-0.015..0.015);
            p.canvas.fill(&circle(x, y + 0.01, 0.038), LEAF);
            let bloom = if i % 2 == 0 { Ink::rgb(226, 58, 78) } else { Ink::rgb(252, 216, 90) };
            p.canvas.fill(&circle(x, y - 0.02, 0.032), bloom);
        }
    }
}

fn ivy(p: &mut Piece, half: f32, eaves: f32, base: f32) {
    let stem: Vec<(f32, f32)> = (0..6)
        .map(|i| {
            (half - 0.1 - p.rng.random_range(-0.04..0.04) - i as f32 * 0.015, base - (base - eaves) * i as f32 / 5.0)
        })
        .collect();
    p.canvas.stroke(&smooth(&stem, false), 0.03, LEAF.darker(0.5));
    for i in 0..44 {
        let share = i as f32 / 44.0;
        let spread = 0.05 + 0.16 * (1.0 - share);
        let x = half - 0.08 - 0.08 * share + p.rng.random_range(-spread..spread);
        let y = base - 0.02 - (base - eaves - 0.02) * share;
        let ink = LEAF.varied(p.rng, 0.08);
        p.canvas.fill(&star(x, y, p.rng.random_range(0.05..0.075), 5, 0.6), ink.darker(0.12 * (1.0 - share)));
    }
}

fn chair(p: &mut Piece) {
    if p.rng.random_bool(0.5) { armchair(p) } else { dining_chair(p) }
}

fn armchair(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    footing(p.canvas, 0.9, 0.8);
    for x in [-0.62, 0.62] {
        p.canvas.fill(
            &soft(&[(x - 0.08, 0.66), (x + 0.08, 0.66), (x + 0.04, 0.92), (x - 0.04, 0.92)], 0.02),
            WOOD.darker(0.2),
        );
    }
    let top = p.rng.random_range(-0.92..-0.76);
    let shape = p.rng.random_range(0.14..0.4);
    let back = rounded(0.0, (top + 0.5) / 2.0, 0.64, (0.5 - top) / 2.0, shape);
    p.canvas.outlined(&back, lit(p.light, main), 0.035, ink);
    if p.topping == Some("buttons") {
        buttons(p, top + 0.2);
    }
    p.canvas.outlined(&rounded(0.0, 0.56, 0.66, 0.2, 0.06), upright(0.3, 0.8, main.darker(0.2)), 0.035, ink);
    if p.topping == Some("a blanket") {
        blanket(p, (-0.3, 0.3), top - 0.02, 0.3);
    }
    p.canvas.outlined(&rounded(0.0, 0.33, 0.54, 0.15, 0.12), upright(0.18, 0.5, main.lighter(0.1)), 0.03, ink);
    p.canvas.stroke(&smooth(&[(-0.4, 0.26), (0.0, 0.23), (0.4, 0.26)], false), 0.03, main.lighter(0.5).alpha(0.7));
    if p.topping == Some("a cushion") {
        cushion(p, (0.08, 0.0));
    }
    for x in [-0.7, 0.7] {
        p.canvas.outlined(&rounded(x, 0.36, 0.19, 0.42, 0.17), lit(p.light, main), 0.035, ink);
        p.canvas.stroke(&circle(x, 0.13, 0.1), 0.018, seam(p));
        p.canvas.stroke(&line(&[(x, 0.3), (x, 0.7)]), 0.016, seam(p).alpha(0.5));
    }
}

fn dining_chair(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    let wood = if p.colour == Colour::Brown { WOOD.darker(0.3) } else { WOOD };
    let top = p.rng.random_range(-0.95..-0.85);
    footing(p.canvas, 0.9, 0.62);
    for x in [-0.4, 0.44] {
        p.canvas.stroke(&line(&[(x, 0.2), (x * 1.04, 0.78)]), 0.09, wood.darker(0.35));
    }
    for x in [-0.5, 0.5] {
        p.canvas.stroke(&line(&[(x * 0.9, top + 0.06), (x * 0.96, 0.1)]), 0.1, wood.darker(0.1));
    }
    if p.rng.random_bool(0.5) {
        let back = soft(&[(-0.46, top), (0.46, top), (0.46, -0.12), (-0.46, -0.12)], 0.12);
        p.canvas.outlined(&back, lit(p.light, main), 0.035, ink);
        let hem = soft(&[(-0.37, top + 0.09), (0.37, top + 0.09), (0.37, -0.21), (-0.37, -0.21)], 0.08);
        p.canvas.stroke(&hem, 0.02, seam(p));
        if p.topping == Some("buttons") {
            buttons(p, top + 0.22);
        }
    } else {
        for y in [top + 0.12, top + 0.42, top + 0.72] {
            let rail = soft(
                &[(-0.5, y - 0.11), (0.0, y - 0.15), (0.5, y - 0.11), (0.5, y + 0.1), (0.0, y + 0.06), (-0.5, y + 0.1)],
                0.06,
            );
            p.canvas.outlined(&rail, upright(y - 0.14, y + 0.1, main), 0.03, ink);
            if p.topping == Some("buttons") {
                for x in [-0.3, 0.0, 0.3] {
                    p.canvas.outlined(&circle(x, y - 0.02, 0.05), CREAM, 0.02, ink);
                }
            }
        }
    }
    if p.topping == Some("a blanket") {
        blanket(p, (-0.34, 0.2), top - 0.04, 0.02);
    }
    let seat = soft(&[(-0.5, 0.02), (0.5, 0.02), (0.64, 0.34), (-0.64, 0.34)], 0.1);
    let front = rounded(0.0, 0.36, 0.64, 0.1, 0.07);
    p.canvas.outlined(&front, main.darker(0.3), 0.035, ink);
    p.canvas.outlined(&seat, upright(0.0, 0.36, main), 0.035, ink);
    p.canvas.stroke(&smooth(&[(-0.44, 0.1), (0.0, 0.08), (0.44, 0.1)], false), 0.03, main.lighter(0.5).alpha(0.7));
    for x in [-0.54, 0.54] {
        let leg = soft(&[(x - 0.06, 0.42), (x + 0.06, 0.42), (x * 1.04 + 0.035, 0.93), (x * 1.04 - 0.035, 0.93)], 0.02);
        p.canvas.outlined(&leg, wood, 0.02, edge(wood));
    }
    if p.topping == Some("a cushion") {
        cushion(p, (0.04, -0.14));
    }
}

fn buttons(p: &mut Piece, y: f32) {
    for (row, count) in [(0, 3), (1, 2)] {
        for i in 0..count {
            let x = (i as f32 - (count as f32 - 1.0) / 2.0) * 0.26;
            let y = y + row as f32 * 0.22;
            p.canvas.stroke(&line(&[(x - 0.08, y - 0.06), (x + 0.08, y + 0.06)]), 0.016, seam(p));
            p.canvas.stroke(&line(&[(x + 0.08, y - 0.06), (x - 0.08, y + 0.06)]), 0.016, seam(p));
            p.canvas.outlined(&circle(x, y, 0.045), CREAM, 0.02, edge(p.main));
        }
    }
}

fn cushion(p: &mut Piece, (x, y): (f32, f32)) {
    let ink = *[CREAM, Ink::rgb(250, 214, 120), Ink::rgb(236, 178, 190)].choose(p.rng).expect("there are cushions");
    let angle = p.rng.random_range(-0.3..0.3);
    let light = p.light;
    p.canvas.placed((x, y), angle, (0.3, 0.3), |canvas| {
        let mut points = bow((-0.9, -0.8), (0.9, -0.8), 0.14);
        points.extend(bow((0.9, -0.8), (0.9, 0.8), 0.14));
        points.extend(bow((0.9, 0.8), (-0.9, 0.8), 0.14));
        points.extend(bow((-0.9, 0.8), (-0.9, -0.8), 0.14));
        canvas.outlined(&polygon(&points), lit(light, ink), 0.09, edge(ink));
        for y in [-0.35, 0.05, 0.45] {
            canvas.stroke(&smooth(&bow((-0.6, y), (0.6, y), 0.1), false), 0.09, ink.darker(0.25));
        }
    });
}

/// A blanket that hangs over the back, between two places.
fn blanket(p: &mut Piece, (left, right): (f32, f32), top: f32, bottom: f32) {
    let ink = Ink::rgb(246, 232, 206);
    for i in 0..=6 {
        let x = left + 0.04 + (right - left - 0.08) * i as f32 / 6.0;
        p.canvas.stroke(&line(&[(x, bottom), (x, bottom + 0.08)]), 0.03, ink.darker(0.2));
    }
    let cloth = soft(&[(left + 0.03, top), (right - 0.03, top), (right, bottom), (left, bottom)], 0.04);
    p.canvas.outlined(&cloth, upright(top, bottom, ink), 0.025, edge(ink));
    let band = *[Ink::rgb(200, 110, 90), Ink::rgb(110, 140, 150), Ink::rgb(214, 170, 84)]
        .choose(p.rng)
        .expect("there are bands");
    for share in [0.2, 0.45, 0.7, 0.88] {
        let y = top + (bottom - top) * share;
        p.canvas.stroke(&line(&[(left + 0.04, y), (right - 0.04, y)]), 0.045, band);
    }
}

fn lamp(p: &mut Piece) {
    footing(p.canvas, 0.9, 0.42);
    let (top, rim) = (p.rng.random_range(0.26..0.44), p.rng.random_range(0.66..0.8));
    let low = p.rng.random_range(0.02..0.14);
    let main = p.main;
    let glow = Ink::rgb(255, 236, 170);
    p.canvas.fill(&circle(0.0, low, 0.85), Fill::Radial((0.0, low), 0.85, vec![glow.alpha(0.55), glow.alpha(0.0)]));
    if p.rng.random_bool(0.5) {
        p.canvas.stroke(&line(&[(0.0, low - 0.1), (0.0, 0.84)]), 0.08, BRASS.darker(0.3));
        p.canvas.stroke(&line(&[(-0.012, low - 0.1), (-0.012, 0.84)]), 0.03, BRASS.lighter(0.3));
        p.canvas.outlined(&rounded(0.0, 0.87, 0.36, 0.055, 0.05), lit(p.light, BRASS), 0.025, edge(BRASS));
    } else {
        let belly = p.rng.random_range(0.28..0.36);
        let vase = smooth(
            &[
                (-0.1, low),
                (-0.13, 0.3),
                (-belly, 0.56),
                (-0.2, 0.88),
                (0.2, 0.88),
                (belly, 0.56),
                (0.13, 0.3),
                (0.1, low),
            ],
            true,
        );
        p.canvas.outlined(&vase, lit(p.light, main.darker(0.08)), 0.035, edge(main));
        p.canvas.stroke(
            &smooth(&[(-belly * 0.6, 0.48), (-belly * 0.66, 0.62), (-belly * 0.5, 0.74)], false),
            0.05,
            main.lighter(0.7).alpha(0.7),
        );
    }
    if p.topping == Some("tassels") {
        for i in 0..=10 {
            let x = -rim + 0.04 + (rim * 2.0 - 0.08) * i as f32 / 10.0;
            let y = low + 0.07 * (1.0 - (x / rim).powi(2));
            p.canvas.stroke(&line(&[(x, y), (x, y + 0.11)]), 0.03, BRASS.darker(0.2));
            p.canvas.fill(&circle(x, y + 0.13, 0.035), BRASS);
        }
    }
    let mut shade = bow((-top, -0.86), (top, -0.86), -0.05);
    shade.extend(bow((rim, low), (-rim, low), 0.08));
    let fill = Fill::Linear(
        (-rim, 0.0),
        (rim, 0.0),
        vec![main.darker(0.22), main.lighter(0.12), main.lighter(0.34), main.lighter(0.05), main.darker(0.25)],
    );
    p.canvas.outlined(&polygon(&shade), fill, 0.035, edge(main));
    let ink = contrast(p);
    let width = |y: f32| top + (rim - top) * (y + 0.86) / (low + 0.86);
    match p.topping {
        Some("stripes") => {
            for i in -2..=2 {
                let x = i as f32 * 0.42;
                p.canvas.stroke(&line(&[(x * top, -0.85), (x * rim, low + 0.03)]), 0.06, ink);
            }
        }
        Some("dots") => {
            for (row, y) in [-0.68, -0.44, -0.2, 0.02].into_iter().enumerate() {
                let half = width(y) - 0.1;
                let many = 2 + row as i32;
                for i in 0..=many {
                    p.canvas.fill(&circle(half * (i as f32 / many as f32 * 2.0 - 1.0), y + 0.02, 0.055), ink);
                }
            }
        }
        _ => {
            for i in -3..=3 {
                let x = i as f32 * 0.28;
                p.canvas.stroke(&line(&[(x * top, -0.85), (x * rim, low + 0.04)]), 0.012, seam(p).alpha(0.6));
            }
        }
    }
    for (y, half, bulge) in [(-0.86, top, -0.05), (low, rim, -0.08)] {
        p.canvas.stroke(
            &smooth(&bow((-half, y), (half, y), -bulge * if y < -0.5 { -1.0 } else { 1.0 }), false),
            0.05,
            main.darker(0.4),
        );
    }
}

fn clock(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    let bells = p.topping == Some("bells");
    let (y, radius) = if bells { (0.1, 0.7) } else { (-0.26, 0.62) };
    if bells {
        footing(p.canvas, 0.92, 0.6);
        for side in [-1.0, 1.0] {
            p.canvas.stroke(&line(&[(side * 0.4, 0.6), (side * 0.56, 0.9)]), 0.11, main.darker(0.4));
            p.canvas.placed((side * 0.46, -0.64), side * 0.62, (1.0, 1.0), |canvas| {
                canvas.outlined(
                    &polygon(&arc(0.0, 0.08, 0.3, 0.3, PI, TAU)),
                    upright(-0.24, 0.1, BRASS),
                    0.03,
                    edge(BRASS),
                );
                canvas.fill(&circle(0.0, -0.25, 0.05), BRASS.darker(0.3));
            });
        }
        p.canvas.stroke(&smooth(&arc(0.0, -0.72, 0.16, 0.16, PI, TAU), false), 0.05, main.darker(0.35));
        p.canvas.stroke(&line(&[(0.0, -0.62), (0.0, -0.76)]), 0.06, BRASS.darker(0.4));
    } else {
        pendulum(p);
    }
    p.canvas.outlined(&circle(0.0, y, radius), lit(p.light, main.darker(0.12)), 0.04, ink);
    let rim = if p.rng.random_bool(0.5) { BRASS } else { Ink::rgb(206, 210, 216) };
    p.canvas.stroke(&circle(0.0, y, radius * 0.87), 0.05, rim);
    p.canvas.fill(
        &circle(0.0, y, radius * 0.84),
        Fill::Radial((p.light.0 * 0.3, y + p.light.1 * 0.3), 1.1, vec![main.lighter(0.1), main.darker(0.06)]),
    );
    dial(p, y, radius);
}

fn pendulum(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    let case = soft(&[(-0.38, 0.1), (0.38, 0.1), (0.38, 0.8), (0.0, 0.97), (-0.38, 0.8)], 0.08);
    p.canvas.outlined(&case, lit(p.light, main.darker(0.06)), 0.04, ink);
    p.canvas.outlined(&rounded(0.0, 0.55, 0.25, 0.27, 0.05), main.darker(0.55), 0.03, ink);
    let swing = p.rng.random_range(-0.13..0.13);
    p.canvas.stroke(&line(&[(0.0, 0.3), (swing, 0.66)]), 0.035, BRASS.darker(0.1));
    p.canvas.outlined(&circle(swing, 0.66, 0.1), lit(p.light, BRASS), 0.02, edge(BRASS));
    let gable = soft(&[(0.0, -1.0), (0.44, -0.72), (-0.44, -0.72)], 0.06);
    p.canvas.outlined(&gable, main.darker(0.15), 0.035, ink);
}

fn dial(p: &mut Piece, y: f32, radius: f32) {
    let ink = if p.colour == Colour::White { Ink::rgb(40, 40, 48) } else { CREAM };
    for hour in 0..12 {
        let (sin, cos) = (hour as f32 / 12.0 * TAU).sin_cos();
        let (from, width) = if hour % 3 == 0 { (0.6, 0.065) } else { (0.68, 0.035) };
        p.canvas.stroke(
            &line(&[(cos * radius * from, y + sin * radius * from), (cos * radius * 0.74, y + sin * radius * 0.74)]),
            width,
            ink,
        );
    }
    let time: f32 = p.rng.random_range(0.0..12.0);
    for (turn, reach, width) in [(time / 12.0, 0.4, 0.075), (time.fract(), 0.62, 0.05)] {
        let (sin, cos) = (turn * TAU - PI / 2.0).sin_cos();
        p.canvas.stroke(
            &line(&[(-cos * 0.06, y - sin * 0.06), (cos * radius * reach, y + sin * radius * reach)]),
            width,
            ink,
        );
    }
    p.canvas.fill(&circle(0.0, y, 0.06), BRASS);
    p.canvas.stroke(&smooth(&arc(0.0, y, radius * 0.78, radius * 0.78, 3.5, 4.4), false), 0.03, Ink::WHITE.alpha(0.35));
}

fn book(p: &mut Piece) {
    let (main, ink) = (p.main, edge(p.main));
    let thick = p.rng.random_range(0.16..0.3);
    let (left, right) = (-0.52, 0.66);
    footing(p.canvas, 0.86, 0.75);
    let lift = thick * 0.5;
    let pages = soft(
        &[(left - thick, -0.78 - lift * 0.6), (left, -0.8), (right - 0.04, -0.8), (right - thick * 0.9, -0.8 - lift)],
        0.01,
    );
    p.canvas.outlined(&pages, CREAM, 0.03, ink);
    for i in 1..4 {
        let share = i as f32 / 4.0;
        let y = -0.8 - lift * share * 0.85;
        p.canvas.stroke(
            &line(&[(left - thick * share, y), (right - 0.06 - thick * 0.9 * share, y)]),
            0.012,
            CREAM.darker(0.3),
        );
    }
    if p.topping == Some("a bookmark") {
        let ribbon = if p.colour == Colour::Red { Ink::rgb(250, 206, 80) } else { Ink::rgb(226, 60, 60) };
        let path = polygon(&[(0.24, -0.84), (0.42, -0.84), (0.44, -0.28), (0.34, -0.36), (0.25, -0.28)]);
        bookcover(p, (left, right), thick);
        p.canvas.outlined(&path, upright(-0.9, -0.3, ribbon), 0.022, edge(ribbon));
    } else {
        bookcover(p, (left, right), thick);
    }
    let gold = if p.rng.random_bool(0.5) { Ink::rgb(246, 210, 122) } else { CREAM };
    let middle = (left + right) / 2.0 + 0.04;
    match p.topping {
        Some("a star") => {
            p.canvas.outlined(&star(middle, 0.1, 0.34, 5, 0.48), lit(p.light, gold), 0.025, main.darker(0.4))
        }
        Some("stripes") => {
            for y in [-0.2, 0.05, 0.3, 0.55] {
                p.canvas.stroke(&line(&[(left + 0.16, y), (right - 0.06, y)]), 0.075, gold);
            }
        }
        _ => {
            p.canvas.stroke(&ellipse(middle, 0.22, 0.26, 0.3), 0.035, gold);
            p.canvas.stroke(&smooth(&bow((middle - 0.13, 0.3), (middle + 0.13, 0.3), -0.14), false), 0.035, gold);
            p.canvas.fill(&circle(middle, 0.12, 0.05), gold);
        }
    }
    for (y, half) in [(-0.56, 0.34), (-0.42, 0.2)] {
        let shift = if p.topping == Some("a bookmark") { -0.2 } else { 0.0 };
        p.canvas.stroke(&line(&[(middle + shift - half * 0.8, y), (middle + shift + half * 0.8, y)]), 0.06, gold);
    }
}

fn bookcover(p: &mut Piece, (left, right): (f32, f32), thick: f32) {
    let (main, ink) = (p.main, edge(p.main));
    let spine = soft(
        &[
            (left - thick, -0.78 - thick * 0.3),
            (left + 0.02, -0.8),
            (left + 0.02, 0.86),
            (left - thick, 0.86 - thick * 0.4),
        ],
        0.03,
    );
    p.canvas.outlined(&spine, main.darker(0.3), 0.035, ink);
    for y in [-0.5, -0.4, 0.5, 0.6] {
        p.canvas.stroke(
            &line(&[(left - thick + 0.03, y - thick * 0.2), (left - 0.02, y)]),
            0.03,
            Ink::rgb(246, 210, 122),
        );
    }
    let front = soft(&[(left, -0.8), (right, -0.8), (right, 0.86), (left, 0.86)], 0.05);
    p.canvas.outlined(&front, lit(p.light, main), 0.035, ink);
    p.canvas.stroke(&line(&[(left + 0.09, -0.76), (left + 0.09, 0.82)]), 0.025, seam(p));
    p.canvas.stroke(&line(&[(left + 0.03, -0.76), (left + 0.03, 0.82)]), 0.02, main.lighter(0.5).alpha(0.7));
    p.canvas.stroke(
        &rounded((left + right) / 2.0 + 0.055, 0.03, 0.44, 0.74, 0.03),
        0.018,
        main.lighter(0.35).alpha(0.8),
    );
}
