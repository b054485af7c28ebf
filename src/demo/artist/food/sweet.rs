//! Sweet things: doughnut, ice cream, chocolate bar, pudding.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use tiny_skia::{Path, PathBuilder};

use super::super::canvas::{Canvas, Fill, arc, blob, circle, ellipse, line, polygon, rounded, scattered, smooth};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};
use super::cakes::{soft_ice, within_rounds};
use super::trimmings::{
    At, CREAM, SHADE, almond, ball, bulging, cherries, dollop, drips, drum, leaf, raspberry, sauce, shaded, sprinkle,
};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "doughnut",
        plural: "doughnuts",
        group: Group::Food,
        colours: &[Colour::Pink, Colour::Brown, Colour::White, Colour::Blue],
        toppings: &["sprinkles", "nuts", "icing stripes"],
        counts: 1..=5,
        serving: Serving::Shared,
        turn: PI,
        draw: doughnut,
    },
    Kind {
        name: "ice cream",
        plural: "ice creams",
        group: Group::Food,
        colours: &[Colour::Pink, Colour::White, Colour::Green, Colour::Brown],
        toppings: &["sprinkles", "cherries", "wafers"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: 0.35,
        draw: ice_cream,
    },
    Kind {
        name: "chocolate bar",
        plural: "chocolate bars",
        group: Group::Food,
        colours: &[Colour::Brown, Colour::White, Colour::Black, Colour::Pink],
        toppings: &["nuts", "raspberries", "mint leaves"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: PI,
        draw: chocolate_bar,
    },
    Kind {
        name: "pudding",
        plural: "puddings",
        group: Group::Food,
        colours: &[Colour::Yellow, Colour::Pink, Colour::Brown, Colour::Green],
        toppings: &["cream", "cherries", "mint leaves"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: 0.12,
        draw: pudding,
    },
];

/// A ring with a hole, both with waves in their rims.
fn ring(outer: f32, inner: f32, depth: f32, rng: &mut impl Rng) -> Path {
    let mut rim = |radius: f32, corners: usize, back: bool| {
        let turn = rng.random_range(0.0..TAU);
        let points: Vec<At> = (0..corners)
            .map(|i| {
                let i = if back { corners - i } else { i };
                let angle = turn + i as f32 / corners as f32 * TAU;
                let r = radius + rng.random_range(-depth..=depth);
                (angle.cos() * r, angle.sin() * r)
            })
            .collect();
        smooth(&points, true)
    };
    let (outside, hole) = (rim(outer, 18, false), rim(inner, 9, true));
    let mut path = PathBuilder::new();
    path.push_path(&outside);
    path.push_path(&hole);
    path.finish().unwrap_or(outside)
}

fn doughnut(p: &mut Piece) {
    let dough = Ink::rgb(214, 156, 88).varied(p.rng, 0.04);
    let (lx, ly) = p.light;
    let hole = p.rng.random_range(0.24..0.32);
    let body = ring(0.94, hole, 0.008, p.rng);
    p.canvas.fill(&body, shaded(p.light, dough, 0.25, 0.45));
    let icing = ring(0.82, hole + 0.09, 0.035, p.rng);
    p.canvas.placed((-lx * 0.03, -ly * 0.03), 0.0, (1.0, 1.0), |canvas| canvas.fill(&icing, SHADE.alpha(0.3)));
    // Light across the ring's round back: bright along its middle, dark towards both rims.
    let main = p.main;
    let inks = vec![main.darker(0.3), main.darker(0.22), main.lighter(0.04), main.lighter(0.1), main, main.darker(0.2)];
    p.canvas.fill(&icing, Fill::Radial((0.0, 0.0), 0.86, inks));
    p.canvas.fill(
        &icing,
        Fill::Linear((lx, ly), (-lx, -ly), vec![Ink::WHITE.alpha(0.28), Ink::WHITE.alpha(0.0), SHADE.alpha(0.12)]),
    );
    let facing = ly.atan2(lx);
    p.canvas.stroke(
        &smooth(&arc(0.0, 0.0, 0.68, 0.68, facing - 0.6, facing + 0.45), false),
        0.06,
        Ink::WHITE.alpha(0.55),
    );
    p.canvas.fill(&circle((facing + 0.68).cos() * 0.68, (facing + 0.68).sin() * 0.68, 0.035), Ink::WHITE.alpha(0.55));
    let inner = hole + 0.16;
    match p.topping {
        Some("icing stripes") => icing_stripes(p, hole + 0.1),
        topping => {
            for (x, y) in scattered(p.rng, 0.74, if topping == Some("nuts") { 26 } else { 38 }, 0.165) {
                if x.hypot(y) < inner {
                    continue;
                }
                if topping == Some("nuts") {
                    let angle = p.rng.random_range(0.0..TAU);
                    let nut = Ink::rgb(228, 184, 116).varied(p.rng, 0.05);
                    almond(p.canvas, (x, y), angle, p.rng.random_range(0.075..0.1), nut);
                } else {
                    sprinkle(p.canvas, p.rng, (x, y), 0.055);
                }
            }
        }
    }
}

/// A line of icing to and fro across a doughnut, left out over the hole.
fn icing_stripes(p: &mut Piece, hole: f32) {
    let ink = match p.colour {
        Colour::White => Ink::rgb(104, 56, 32),
        Colour::Pink => Ink::rgb(206, 42, 96),
        _ => Ink::rgb(255, 248, 236),
    };
    let turn = p.rng.random_range(0.0..PI);
    p.canvas.placed((0.0, 0.0), turn, (1.0, 1.0), |canvas| {
        for i in -4..=4_i8 {
            let x = f32::from(i) * 0.165;
            let reach = (0.79_f32 * 0.79 - x * x).sqrt();
            let gap = (hole * hole - x * x).max(0.0).sqrt();
            let parts =
                if gap > 0.0 { vec![(-reach, -gap - 0.02), (gap + 0.02, reach)] } else { vec![(-reach, reach)] };
            for (from, to) in parts {
                canvas.stroke(&line(&[(x + 0.015, from + 0.02), (x + 0.015, to + 0.02)]), 0.06, SHADE.alpha(0.2));
                canvas.stroke(&line(&[(x, from), (x, to)]), 0.055, ink);
            }
        }
    });
}

/// The rounds of soft ice on a cone: height, half width, half thickness.
const SOFT: [(f32, f32, f32); 4] = [(0.02, 0.54, 0.2), (-0.22, 0.46, 0.2), (-0.44, 0.35, 0.18), (-0.63, 0.23, 0.15)];

fn ice_cream(p: &mut Piece) {
    p.main = milky(p.colour, p.main);
    let brim = 0.12;
    let half = p.rng.random_range(0.34..0.4);
    if p.topping == Some("wafers") {
        wafers(p);
    }
    cone(p, brim, half);
    let form = p.rng.random_range(0..3);
    match form {
        0 => scoop(p, (0.0, -0.26), 0.53),
        1 => {
            scoop(p, (0.0, -0.54), 0.36);
            scoop(p, (0.0, -0.1), 0.44);
        }
        _ => soft_ice(p, &SOFT, -0.97),
    }
    if p.topping == Some("sprinkles") {
        let rounds: &[(f32, f32, f32)] = match form {
            0 => &[(-0.28, 0.5, 0.5)],
            1 => &[(-0.54, 0.33, 0.33), (-0.12, 0.4, 0.36)],
            _ => &SOFT,
        };
        for (x, y) in scattered(p.rng, 0.6, 50, 0.125) {
            if within_rounds(rounds, (x, y - 0.36)) {
                sprinkle(p.canvas, p.rng, (x, y - 0.36), 0.042);
            }
        }
    }
    if p.topping == Some("cherries") {
        cherries(p.canvas, (0.0, if form == 0 { -0.74 } else { -0.82 }), 0.17, p.light);
    }
}

/// Pistachio and mint are paler than grass.
fn milky(colour: Colour, ink: Ink) -> Ink {
    if colour == Colour::Green { ink.mix(Ink::rgb(176, 222, 130), 0.45) } else { ink }
}

/// A cone of wafer with a grid in it.
fn cone(p: &mut Piece, brim: f32, half: f32) {
    let wafer = Ink::rgb(222, 164, 92).varied(p.rng, 0.04);
    let (a, b, tip) = ((-half, brim), (half, brim), (0.0, 0.98));
    let fill = Fill::Linear((-half, 0.4), (half, 0.4), vec![wafer.lighter(0.2), wafer, wafer.darker(0.28)]);
    p.canvas.fill(&polygon(&[a, b, tip]), fill);
    for i in 1..6 {
        let t = i as f32 / 6.0;
        let along = |from: At, to: At| (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
        p.canvas.stroke(&line(&[along(a, b), along(tip, b)]), 0.026, wafer.darker(0.35));
        p.canvas.stroke(&line(&[along(b, a), along(tip, a)]), 0.026, wafer.darker(0.35));
    }
    p.canvas.stroke(&line(&[a, b]), 0.1, wafer.lighter(0.12));
    p.canvas.stroke(&line(&[(a.0, brim + 0.07), (b.0, brim + 0.07)]), 0.05, SHADE.alpha(0.3));
}

/// Two rolled wafers, stuck in behind the ice.
fn wafers(p: &mut Piece) {
    for (x, angle) in [(0.2, 0.3), (0.38, 0.55)] {
        let ink = Ink::rgb(206, 144, 74).varied(p.rng, 0.03);
        p.canvas.placed((x, -0.52), angle, (1.0, 1.0), |canvas| {
            let fill = Fill::Linear((-0.08, 0.0), (0.08, 0.0), vec![ink.lighter(0.3), ink, ink.darker(0.3)]);
            canvas.fill(&rounded(0.0, 0.0, 0.075, 0.5, 0.03), fill);
            for i in -4..5_i8 {
                let y = f32::from(i) * 0.11;
                canvas.stroke(&line(&[(-0.06, y + 0.04), (0.06, y - 0.04)]), 0.035, Ink::rgb(116, 66, 32));
            }
        });
    }
}

/// A ball of ice with the ragged skirt that the spoon leaves.
fn scoop(p: &mut Piece, (x, y): At, r: f32) {
    let main = p.main;
    let fill = bulging((x, y), r, p.light, main, 0.35, 0.32);
    let many = 9;
    let mut points = arc(x, y, r * 0.97, r, PI, TAU);
    for i in 0..=many {
        let t = 1.0 - i as f32 / many as f32 * 2.0;
        let depth = if i % 2 == 0 { 0.56 } else { p.rng.random_range(0.7..0.92) };
        points.push((x + t * r * 1.08, y + r * (depth - 0.28 * t * t)));
    }
    p.canvas.fill(&smooth(&points, true), fill);
    let crease = arc(x, y + r * 0.12, r * 0.92, r * 0.4, 0.35, PI - 0.35);
    p.canvas.stroke(&smooth(&crease, false), r * 0.07, main.darker(0.22).alpha(0.6));
    for _ in 0..9 {
        let (a, d) = (p.rng.random_range(0.0..TAU), p.rng.random_range(0.1..0.75) * r);
        let fleck = blob(p.rng, x + a.cos() * d, y - r * 0.1 + a.sin() * d * 0.8, r * 0.07, r * 0.045, 0.3);
        p.canvas.fill(&fleck, if a < PI { main.darker(0.18).alpha(0.7) } else { main.lighter(0.35).alpha(0.8) });
    }
    let (gx, gy) = (x + p.light.0 * r * 0.5, y + p.light.1 * r * 0.55);
    p.canvas.fill(&ellipse(gx, gy, r * 0.2, r * 0.13), Ink::WHITE.alpha(0.55));
}

fn chocolate_bar(p: &mut Piece) {
    let ink = if p.colour == Colour::White { Ink::rgb(250, 238, 212).varied(p.rng, 0.015) } else { p.main };
    let (columns, rows) = (p.rng.random_range(3..5), p.rng.random_range(4..6));
    let (w, h) = (p.rng.random_range(0.56..0.66), 0.88);
    p.canvas.fill(&rounded(0.0, 0.0, w, h, 0.05), ink.darker(0.34));
    let (cw, ch) = (w * 2.0 / columns as f32, h * 2.0 / rows as f32);
    for row in 0..rows {
        for column in 0..columns {
            let at = (-w + cw * (column as f32 + 0.5), -h + ch * (row as f32 + 0.5));
            let tone = ink.varied(p.rng, 0.012);
            chocolate_square(p.canvas, at, (cw * 0.475, ch * 0.475), tone, p.light);
        }
    }
    let places = scattered(p.rng, 0.82, 40, 0.3);
    for (x, y) in places.into_iter().filter(|(x, _)| x.abs() < w - 0.12).take(8) {
        let angle = p.rng.random_range(0.0..TAU);
        match p.topping {
            Some("nuts") => almond(p.canvas, (x, y), angle, 0.13, Ink::rgb(216, 160, 88)),
            Some("raspberries") => raspberry(p.canvas, (x, y), 0.1, p.light),
            _ => leaf(p.canvas, (x, y), angle, 0.24, Ink::rgb(82, 168, 76)),
        }
    }
    if p.rng.random_bool(0.5) {
        foil(p, w, h);
    }
}

/// One raised square with slanting edges, each lit for itself.
fn chocolate_square(canvas: &mut Canvas, (x, y): At, (w, h): At, ink: Ink, light: At) {
    let (iw, ih) = (w * 0.72, h * 0.72);
    canvas.fill(&rounded(x, y, w, h, 0.02), ink);
    let sides = [
        ((-1.0, -1.0), (1.0, -1.0), (0.0, -1.0)),
        ((1.0, -1.0), (1.0, 1.0), (1.0, 0.0)),
        ((1.0, 1.0), (-1.0, 1.0), (0.0, 1.0)),
        ((-1.0, 1.0), (-1.0, -1.0), (-1.0, 0.0)),
    ];
    for (a, b, facing) in sides {
        let lit: f32 = facing.0 * light.0 + facing.1 * light.1;
        let edge = [
            (x + a.0 * w, y + a.1 * h),
            (x + b.0 * w, y + b.1 * h),
            (x + b.0 * iw, y + b.1 * ih),
            (x + a.0 * iw, y + a.1 * ih),
        ];
        canvas.fill(&polygon(&edge), if lit > 0.0 { Ink::WHITE.alpha(lit * 0.32) } else { SHADE.alpha(-lit * 0.3) });
    }
}

/// Silver foil, torn open, still around one end.
fn foil(p: &mut Piece, w: f32, h: f32) {
    let silver = Ink::rgb(206, 210, 218);
    let edge = h * 0.62;
    let mut points = vec![(w + 0.06, h + 0.06), (-w - 0.06, h + 0.06)];
    for i in 0..=10 {
        let x = -w - 0.06 + (w + 0.06) * 2.0 * i as f32 / 10.0;
        points.push((x, edge + p.rng.random_range(-0.06..0.06)));
    }
    let path = polygon(&points);
    p.canvas.placed((0.0, -0.03), 0.0, (1.0, 1.0), |canvas| canvas.fill(&path, SHADE.alpha(0.35)));
    let inks = vec![silver.lighter(0.5), silver, silver.lighter(0.35), silver.darker(0.25), silver.lighter(0.2)];
    p.canvas.fill(&path, Fill::Linear((-w, edge), (w, h), inks));
    for _ in 0..5 {
        let x = p.rng.random_range(-w..w);
        let fold = [(x, edge + 0.08), (x + p.rng.random_range(-0.15..0.15), h)];
        p.canvas.stroke(&line(&fold), 0.014, silver.darker(0.28));
    }
}

fn pudding(p: &mut Piece) {
    p.main = milky(p.colour, p.main);
    let height = p.rng.random_range(0.72..0.88);
    let top = (0.0, 0.62 - height);
    let lid = (p.rng.random_range(0.5..0.58), 0.17);
    let base = 0.84 / lid.0;
    let main = p.main;
    let topping = sauce(p.colour);
    // A little of the sauce has run onto the plate.
    p.canvas.fill(&ellipse(0.0, top.1 + height + 0.05, 0.96, 0.29), topping.lighter(0.08));
    let side = Fill::Linear(
        (-0.85, 0.0),
        (0.85, 0.0),
        if p.light.0 > 0.0 {
            vec![main.darker(0.3), main, main.lighter(0.3), main.darker(0.08)]
        } else {
            vec![main.darker(0.08), main.lighter(0.3), main, main.darker(0.3)]
        },
    );
    p.canvas.fill(&drum(top, lid, height, base), side);
    for i in 1..9 {
        let angle = PI * i as f32 / 9.0;
        let from = (angle.cos() * lid.0, top.1 + angle.sin() * lid.1);
        let to = (angle.cos() * lid.0 * base, top.1 + height + angle.sin() * lid.1 * base);
        p.canvas.stroke(&line(&[from, to]), 0.025, main.darker(0.22).alpha(0.55));
        p.canvas.stroke(&line(&[(from.0 + 0.03, from.1), (to.0 + 0.045, to.1)]), 0.02, Ink::WHITE.alpha(0.2));
    }
    let run = drips(p.rng, top, (lid.0 * 1.03, lid.1 * 1.05), 0.34);
    p.canvas.placed((0.0, 0.025), 0.0, (1.0, 1.0), |canvas| canvas.fill(&run, SHADE.alpha(0.25)));
    p.canvas.fill(
        &run,
        Fill::Linear(
            (0.0, top.1 - 0.17),
            (0.0, top.1 + 0.4),
            vec![topping.lighter(0.25), topping, topping.lighter(0.12)],
        ),
    );
    p.canvas.stroke(
        &smooth(&arc(top.0, top.1, lid.0 * 0.85, lid.1 * 0.75, 3.4, 4.6), false),
        0.035,
        Ink::WHITE.alpha(0.55),
    );
    match p.topping {
        Some("cream") => {
            dollop(p.canvas, (0.0, top.1 - 0.14), 0.3, CREAM);
            ball(p.canvas, (0.03, top.1 - 0.46), 0.08, Ink::rgb(206, 32, 50), p.light);
        }
        Some("cherries") => cherries(p.canvas, (0.0, top.1 - 0.1), 0.23, p.light),
        _ => {
            for angle in [-0.5, -2.6, -1.5] {
                let angle = angle + p.rng.random_range(-0.2..0.2);
                leaf(p.canvas, (0.0, top.1 + 0.02), angle, 0.42, Ink::rgb(70, 160, 66));
            }
        }
    }
}
