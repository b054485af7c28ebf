//! Baked things, from above: pizza, bread, pie, biscuit.

use std::f32::consts::{PI, TAU};

use rand::Rng;
use tiny_skia::Path;

use super::super::canvas::{Canvas, Fill, arc, blob, circle, ellipse, line, polygon, scattered, smooth, within};
use super::super::{Colour, Group, Ink, Kind, Piece, Serving};
use super::trimmings::{At, CREAM, SHADE, almond, ball, bulging, butter, leaf, rosette, shaded, wavy};

pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "pizza",
        plural: "pizzas",
        group: Group::Food,
        colours: &[Colour::Red, Colour::Yellow, Colour::Green, Colour::White],
        toppings: &["basil", "mushrooms", "olives", "salami"],
        counts: 1..=3,
        serving: Serving::Shared,
        turn: PI,
        draw: pizza,
    },
    Kind {
        name: "bread",
        plural: "loaves of bread",
        group: Group::Food,
        colours: &[Colour::Brown, Colour::White, Colour::Black],
        toppings: &["pumpkin seeds", "oats", "butter"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: PI,
        draw: bread,
    },
    Kind {
        name: "pie",
        plural: "pies",
        group: Group::Food,
        colours: &[Colour::Red, Colour::Purple, Colour::Green, Colour::Yellow],
        toppings: &["a lattice", "pastry stars", "whipped cream"],
        counts: 1..=4,
        serving: Serving::Shared,
        turn: PI,
        draw: pie,
    },
    Kind {
        name: "biscuit",
        plural: "biscuits",
        group: Group::Food,
        colours: &[Colour::Brown, Colour::Yellow, Colour::Pink, Colour::Blue],
        toppings: &["chocolate chips", "almonds", "jam"],
        counts: 1..=5,
        serving: Serving::Shared,
        turn: PI,
        draw: biscuit,
    },
];

const CRUST: Ink = Ink::rgb(216, 158, 88);
const BAKED: Ink = Ink::rgb(150, 88, 40);

fn pizza(p: &mut Piece) {
    let crust = CRUST.varied(p.rng, 0.04);
    let rim = blob(p.rng, 0.0, 0.0, 0.94, 0.94, 0.018);
    p.canvas.fill(&rim, shaded(p.light, crust, 0.3, 0.4));
    for i in 0..18 {
        let angle = i as f32 / 18.0 * TAU + p.rng.random_range(-0.15..0.15);
        let (x, y) = (angle.cos() * 0.875, angle.sin() * 0.875);
        let size = p.rng.random_range(0.03..0.07);
        let ink = if i % 3 == 0 { BAKED.darker(0.25).alpha(0.6) } else { crust.lighter(0.3).alpha(0.6) };
        p.canvas.placed((x, y), angle, (1.0, 1.0), |canvas| canvas.fill(&ellipse(0.0, 0.0, size * 0.55, size), ink));
    }
    let (base, rind) = match p.colour {
        Colour::Red => (Ink::rgb(206, 46, 32), Ink::rgb(130, 24, 14)),
        Colour::Green => (Ink::rgb(116, 160, 54), Ink::rgb(66, 100, 30)),
        Colour::White => (Ink::rgb(250, 242, 226), Ink::rgb(214, 186, 142)),
        _ => (Ink::rgb(250, 204, 72), Ink::rgb(206, 132, 36)),
    };
    let base = base.varied(p.rng, 0.025);
    let spread = blob(p.rng, 0.0, 0.0, 0.8, 0.8, 0.02);
    p.canvas.fill(&spread, rind);
    p.canvas.placed((0.0, 0.0), 0.0, (0.965, 0.965), |canvas| canvas.fill(&spread, shaded(p.light, base, 0.1, 0.12)));
    pizza_cheese(p, base);
    let cuts = p.rng.random_range(0..3);
    let turn = p.rng.random_range(0.0..PI);
    for i in 0..[0, 3, 4][cuts] {
        let angle = turn + i as f32 / [1.0, 3.0, 4.0][cuts] * PI;
        let (x, y) = (angle.cos() * 0.93, angle.sin() * 0.93);
        p.canvas.stroke(&line(&[(x, y), (-x, -y)]), 0.03, rind.darker(0.3).alpha(0.75));
    }
    match p.topping {
        Some("basil") => {
            for (x, y) in scattered(p.rng, 0.58, 9, 0.34) {
                let turn = p.rng.random_range(0.0..TAU);
                let ink = if p.colour == Colour::Green { Ink::rgb(34, 92, 36) } else { Ink::rgb(62, 138, 46) };
                leaf(p.canvas, (x, y), turn, 0.26, ink);
                leaf(p.canvas, (x, y), turn + 1.5, 0.22, ink.darker(0.12));
            }
        }
        Some("mushrooms") => {
            for (x, y) in scattered(p.rng, 0.62, 12, 0.3) {
                let turn = p.rng.random_range(0.0..TAU);
                mushroom(p.canvas, (x, y), turn, p.rng.random_range(0.14..0.18));
            }
        }
        Some("olives") => {
            let black = Ink::rgb(48, 40, 46);
            for (x, y) in scattered(p.rng, 0.66, 15, 0.25) {
                p.canvas.fill(&circle(x + 0.015, y + 0.02, 0.1), SHADE.alpha(0.4));
                p.canvas.fill(&circle(x, y, 0.095), shaded_at((x, y), 0.095, p.light, black));
                p.canvas.fill(&circle(x, y, 0.042), base.darker(0.3));
                p.canvas.fill(&circle(x + p.light.0 * 0.065, y + p.light.1 * 0.065, 0.018), Ink::WHITE.alpha(0.75));
            }
        }
        _ => {
            for (x, y) in scattered(p.rng, 0.6, 8, 0.36) {
                salami(p, (x, y));
            }
        }
    }
}

/// Light over a small round thing away from the origin.
fn shaded_at((x, y): At, r: f32, (lx, ly): At, ink: Ink) -> Fill {
    Fill::Linear((x + lx * r, y + ly * r), (x - lx * r, y - ly * r), vec![ink.lighter(0.3), ink, ink.darker(0.3)])
}

/// Melted cheese, oil and herbs: what makes the middle of a pizza of one colour look baked.
fn pizza_cheese(p: &mut Piece, base: Ink) {
    let (melt, toasted, many) = match p.colour {
        Colour::Red => (Ink::rgb(255, 226, 170), Ink::rgb(236, 150, 70), 7),
        Colour::Green => (Ink::rgb(240, 240, 196), Ink::rgb(164, 176, 80), 6),
        Colour::White => (Ink::rgb(255, 253, 246), Ink::rgb(224, 192, 142), 11),
        _ => (Ink::rgb(255, 228, 130), Ink::rgb(228, 150, 48), 12),
    };
    for _ in 0..9 {
        let (x, y) = within(p.rng, 0.66);
        let size = p.rng.random_range(0.05..0.11);
        let patch = blob(p.rng, x, y, size, size * 0.8, 0.25);
        p.canvas.fill(&patch, base.darker(0.22).alpha(0.5));
    }
    for (x, y) in scattered(p.rng, 0.64, many, 0.26) {
        let size = p.rng.random_range(0.07..0.125);
        let patch = blob(p.rng, x, y, size, size * 0.85, 0.25);
        p.canvas.fill(&patch, Fill::Radial((x, y), size * 1.1, vec![melt, melt, melt.mix(toasted, 0.7)]));
        if p.rng.random_bool(0.5) {
            p.canvas.fill(&ellipse(x + size * 0.3, y + size * 0.2, size * 0.35, size * 0.25), toasted.alpha(0.6));
        }
    }
    for i in 0..22 {
        let (x, y) = within(p.rng, 0.74);
        let ink = if i % 3 == 0 { Ink::rgb(72, 104, 36) } else { BAKED.darker(0.2) };
        p.canvas.fill(&ellipse(x, y, 0.018, 0.01), ink.alpha(0.75));
    }
    for _ in 0..7 {
        let (x, y) = within(p.rng, 0.68);
        p.canvas.fill(&ellipse(x, y, 0.035, 0.018), Ink::WHITE.alpha(0.45));
    }
}

fn salami(p: &mut Piece, (x, y): At) {
    // On tomato only a pale salami stands out.
    let red = if p.colour == Colour::Red { Ink::rgb(236, 142, 122) } else { Ink::rgb(190, 46, 40) };
    let r = p.rng.random_range(0.13..0.155);
    p.canvas.fill(&circle(x + 0.01, y + 0.025, r), SHADE.alpha(0.4));
    let slice = blob(p.rng, x, y, r, r, 0.04);
    p.canvas.fill(
        &slice,
        Fill::Radial((x, y), r * 1.1, vec![red.lighter(0.12), red, red.mix(BAKED, 0.15), red.darker(0.45)]),
    );
    for _ in 0..5 {
        let (dx, dy) = within(p.rng, r * 0.72);
        p.canvas.fill(&circle(x + dx, y + dy, 0.019), Ink::rgb(244, 176, 150).alpha(0.85));
    }
    let facing = p.light.1.atan2(p.light.0);
    let shine = arc(x, y, r * 0.78, r * 0.78, facing - 0.6, facing + 0.6);
    p.canvas.stroke(&smooth(&shine, false), 0.022, Ink::WHITE.alpha(0.4));
}

/// A slice of mushroom: cap, stem, gills.
fn mushroom(canvas: &mut Canvas, at: At, turn: f32, size: f32) {
    let pale = Ink::rgb(240, 226, 200);
    let brown = Ink::rgb(140, 104, 72);
    canvas.placed(at, turn, (size, size), |canvas| {
        let cap =
            [(-0.95, 0.1), (-0.8, -0.5), (0.0, -0.9), (0.8, -0.5), (0.95, 0.1), (0.55, 0.22), (0.28, 0.1), (0.3, 0.8)];
        let mut points = cap.to_vec();
        points.extend([(0.0, 0.92), (-0.3, 0.8), (-0.28, 0.1), (-0.55, 0.22)]);
        let path = smooth(&points, true);
        canvas.placed((0.06, 0.14), 0.0, (1.0, 1.0), |canvas| canvas.fill(&path, SHADE.alpha(0.35)));
        canvas.outlined(
            &path,
            Fill::Linear((0.0, -0.9), (0.0, 0.9), vec![pale.lighter(0.3), pale, pale.darker(0.15)]),
            0.14,
            brown,
        );
        canvas.stroke(
            &smooth(&[(-0.6, -0.02), (-0.2, -0.2), (0.2, -0.2), (0.6, -0.02)], false),
            0.13,
            brown.lighter(0.1),
        );
    });
}

fn bread(p: &mut Piece) {
    let (crust, crumb) = match p.colour {
        Colour::White => (Ink::rgb(240, 228, 206), Ink::rgb(255, 251, 242)),
        Colour::Black => (Ink::rgb(58, 44, 40), Ink::rgb(104, 82, 70)),
        _ => (Ink::rgb(164, 100, 50), Ink::rgb(232, 188, 128)),
    };
    let crust = crust.varied(p.rng, 0.03);
    let (rx, ry) = match p.rng.random_range(0..3) {
        0 => (0.8, 0.74),
        1 => (0.95, 0.5),
        _ => (0.93, 0.6),
    };
    let body = blob(p.rng, 0.0, 0.0, rx, ry, 0.025);
    p.canvas.fill(&body, crust.darker(0.45));
    let light = (p.light.0, p.light.1 * ry / rx);
    p.canvas.placed((0.0, 0.0), 0.0, (1.0, ry / rx), |canvas| {
        let dome = bulging((0.0, 0.0), rx, light, crust, 0.3, 0.36);
        canvas.fill(&ellipse(p.light.0 * 0.02, p.light.1 * 0.02, rx * 0.97, rx * 0.96), dome);
    });
    for _ in 0..26 {
        let (x, y) = within(p.rng, 0.86);
        let (size, light) = (p.rng.random_range(0.012..0.035), p.rng.random_bool(0.6));
        let ink = if light { crumb.alpha(0.4) } else { crust.darker(0.4).alpha(0.4) };
        p.canvas.fill(&ellipse(x * rx, y * ry, size, size * 0.6), ink);
    }
    if rx < 0.9 && p.topping != Some("butter") {
        for angle in [0.5, 0.5 + PI / 2.0] {
            slash(p.canvas, (0.0, 0.0), angle, 0.52, 0.1, crust, crumb);
        }
    } else if rx < 0.9 {
        for angle in [0.0, PI / 2.0, PI, PI * 1.5_f32] {
            slash(p.canvas, (angle.cos() * 0.42, angle.sin() * 0.42), angle + PI / 2.0, 0.3, 0.075, crust, crumb);
        }
    } else {
        let many = p.rng.random_range(3..6);
        for i in 0..many {
            let t = (i as f32 + 0.5) / many as f32 * 2.0 - 1.0;
            let reach = ry * (1.0 - t * t * 0.55) * 0.72;
            slash(p.canvas, (t * rx * 0.78, 0.0), 1.15, reach, 0.34 / many as f32, crust, crumb);
        }
    }
    bread_topping(p, (rx, ry));
}

/// A cut that opened in the oven.
fn slash(canvas: &mut Canvas, at: At, angle: f32, reach: f32, width: f32, crust: Ink, crumb: Ink) {
    canvas.placed(at, angle, (1.0, 1.0), |canvas| {
        let cut = |w: f32| {
            smooth(
                &[
                    (-reach, 0.0),
                    (-reach * 0.4, -w),
                    (reach * 0.4, -w),
                    (reach, 0.0),
                    (reach * 0.4, w),
                    (-reach * 0.4, w),
                ],
                true,
            )
        };
        canvas.fill(&cut(width * 1.25), crust.darker(0.5));
        canvas.fill(
            &cut(width),
            Fill::Linear((0.0, -width), (0.0, width), vec![crumb.darker(0.25), crumb, crumb.lighter(0.25)]),
        );
        for i in -2..=2_i8 {
            let x = f32::from(i) * reach * 0.27;
            canvas.stroke(&line(&[(x - 0.02, -width * 0.55), (x + 0.03, width * 0.55)]), 0.014, crust.alpha(0.5));
        }
    });
}

fn bread_topping(p: &mut Piece, (rx, ry): At) {
    if p.topping == Some("butter") {
        let turn = p.rng.random_range(-0.4..0.4);
        let yellow = Ink::rgb(255, 216, 84);
        let melted = blob(p.rng, 0.0, 0.02, 0.36, 0.27, 0.14);
        p.canvas.fill(&melted, yellow.alpha(0.65));
        butter(p.canvas, (0.0, 0.0), turn, 0.2);
        return;
    }
    for (x, y) in scattered(p.rng, 0.84, 22, 0.23) {
        let (at, turn) = ((x * rx, y * ry), p.rng.random_range(0.0..TAU));
        if p.topping == Some("pumpkin seeds") {
            almond(p.canvas, at, turn, 0.068, Ink::rgb(126, 166, 66));
        } else {
            p.canvas.placed(at, turn, (0.062, 0.062), |canvas| {
                let flake = if p.colour == Colour::White { Ink::rgb(214, 172, 112) } else { Ink::rgb(244, 222, 176) };
                canvas.fill(&ellipse(0.1, 0.2, 1.0, 0.75), SHADE.alpha(0.35));
                canvas.fill(&ellipse(0.0, 0.0, 1.0, 0.7), flake);
                canvas.stroke(&line(&[(-0.7, 0.0), (0.7, 0.0)]), 0.2, flake.darker(0.3));
            });
        }
    }
}

fn pie(p: &mut Piece) {
    let crust = CRUST.varied(p.rng, 0.035);
    let turn = p.rng.random_range(0.0..TAU);
    let crimps = p.rng.random_range(20..27);
    p.canvas.fill(&wavy(0.93, 0.03, crimps, turn), shaded(p.light, crust, 0.3, 0.36));
    for i in 0..crimps {
        let angle = turn + (i as f32 + 0.5) / crimps as f32 * TAU;
        let (c, s) = (angle.cos(), angle.sin());
        p.canvas.stroke(&line(&[(c * 0.83, s * 0.83), (c * 0.91, s * 0.91)]), 0.022, BAKED.alpha(0.75));
    }
    let filling = match p.colour {
        Colour::Red => Ink::rgb(190, 26, 40),
        Colour::Purple => Ink::rgb(104, 50, 142),
        Colour::Green => Ink::rgb(128, 176, 56),
        _ => Ink::rgb(252, 212, 62),
    };
    let filling = filling.varied(p.rng, 0.025);
    p.canvas.fill(&circle(0.0, 0.0, 0.81), crust.darker(0.45));
    p.canvas.fill(&circle(0.0, 0.0, 0.785), shaded((-p.light.0, -p.light.1), filling, 0.06, 0.3));
    let fruit = matches!(p.colour, Colour::Red | Colour::Purple);
    for (x, y) in scattered(p.rng, 0.68, if fruit { 30 } else { 9 }, 0.185) {
        if fruit {
            let r = p.rng.random_range(0.085..0.1);
            ball(p.canvas, (x, y), r, filling.varied(p.rng, 0.03), p.light);
        } else {
            p.canvas.fill(&ellipse(x, y, 0.08, 0.03), filling.lighter(0.3).alpha(0.8));
        }
    }
    match p.topping {
        Some("a lattice") => lattice(p, crust),
        Some("pastry stars") => {
            for (x, y) in scattered(p.rng, 0.56, 6, 0.44) {
                let turn = p.rng.random_range(0.0..TAU);
                star(p.canvas, (x, y), 0.21, turn, crust, p.light);
            }
        }
        _ => {
            for i in 0..6 {
                let angle = turn + i as f32 / 6.0 * TAU;
                rosette(p.canvas, (angle.cos() * 0.6, angle.sin() * 0.6), 0.15, angle, CREAM, p.light);
            }
            rosette(p.canvas, (0.0, 0.0), 0.22, turn, CREAM, p.light);
        }
    }
}

/// Strips of pastry, woven: at every other crossing the lower strip is drawn again, on top.
fn lattice(p: &mut Piece, crust: Ink) {
    const STEP: f32 = 0.37;
    let places = [-1.5, -0.5, 0.5, 1.5].map(|i: f32| i * STEP);
    let reach = |d: f32| (0.8_f32 * 0.8 - d * d).max(0.0).sqrt();
    for d in places {
        strip(p.canvas, (-reach(d), d), (reach(d), d), crust);
    }
    for (i, d) in places.into_iter().enumerate() {
        strip(p.canvas, (d, -reach(d)), (d, reach(d)), crust);
        for e in places.into_iter().skip(i % 2).step_by(2).filter(|e| d.hypot(*e) < 0.7) {
            strip(p.canvas, (d - 0.075, e), (d + 0.075, e), crust);
        }
    }
}

/// A strip of pastry, along x or along y.
fn strip(canvas: &mut Canvas, from: At, to: At, crust: Ink) {
    let (w, (x, y)) = (0.05, from);
    let (nx, ny) = if from.1 == to.1 { (0.0, w) } else { (w, 0.0) };
    canvas.stroke(&line(&[(x + 0.02, y + 0.03), (to.0 + 0.02, to.1 + 0.03)]), w * 2.1, SHADE.alpha(0.3));
    let inks = vec![crust.darker(0.12), crust.lighter(0.32), crust.lighter(0.1), crust.darker(0.3)];
    canvas.stroke(&line(&[from, to]), w * 2.0, Fill::Linear((x - nx, y - ny), (x + nx, y + ny), inks));
}

fn star(canvas: &mut Canvas, at: At, size: f32, turn: f32, ink: Ink, light: At) {
    let points: Vec<At> = (0..10)
        .map(|i| {
            let (a, r) = (turn + i as f32 / 10.0 * TAU, if i % 2 == 0 { 1.0 } else { 0.52 });
            (a.cos() * r, a.sin() * r)
        })
        .collect();
    let path = polygon(&points);
    canvas.placed(at, 0.0, (size, size), |canvas| {
        canvas.placed((0.08, 0.14), 0.0, (1.04, 1.04), |canvas| canvas.fill(&path, SHADE.alpha(0.4)));
        canvas.outlined(&path, shaded(light, ink, 0.35, 0.2), 0.1, ink.darker(0.3));
        canvas.placed((0.0, 0.0), 0.0, (0.5, 0.5), |canvas| canvas.stroke(&path, 0.1, ink.lighter(0.3)));
    });
}

fn biscuit(p: &mut Piece) {
    let iced = matches!(p.colour, Colour::Pink | Colour::Blue);
    let dough = match p.colour {
        Colour::Brown => Ink::rgb(142, 88, 48),
        Colour::Yellow => Ink::rgb(246, 208, 98),
        _ => CRUST,
    };
    let dough = dough.varied(p.rng, 0.03);
    let turn = p.rng.random_range(0.0..TAU);
    let form = p.rng.random_range(0..3);
    let outline: Path = match form {
        0 => wavy(0.88, 0.045, 14, turn),
        1 => wavy(0.9, 0.016, 30, turn),
        _ => blob(p.rng, 0.0, 0.0, 0.9, 0.9, 0.035),
    };
    p.canvas.fill(&outline, shaded(p.light, dough.darker(0.28), 0.1, 0.25));
    let lift = (p.light.0 * 0.025, p.light.1 * 0.025);
    p.canvas.placed(lift, 0.0, (0.95, 0.95), |canvas| {
        canvas.fill(&outline, bulging((0.0, 0.0), 0.95, p.light, dough, 0.22, 0.25))
    });
    let top = if iced {
        let icing = if form == 0 { wavy(0.74, 0.035, 14, turn) } else { blob(p.rng, 0.0, 0.0, 0.77, 0.77, 0.025) };
        p.canvas.placed((-lift.0, -lift.1), 0.0, (1.01, 1.01), |canvas| canvas.fill(&icing, dough.darker(0.45)));
        p.canvas.fill(&icing, bulging((0.0, 0.0), 0.85, p.light, p.main, 0.28, 0.14));
        let facing = p.light.1.atan2(p.light.0);
        p.canvas.stroke(
            &smooth(&arc(0.0, 0.0, 0.64, 0.64, facing - 0.5, facing + 0.5), false),
            0.05,
            Ink::WHITE.alpha(0.5),
        );
        p.main
    } else {
        biscuit_crumbs(p, dough);
        dough
    };
    match p.topping {
        Some("chocolate chips") => {
            let chip = if p.colour == Colour::Brown { Ink::rgb(58, 32, 22) } else { Ink::rgb(84, 46, 28) };
            for (x, y) in scattered(p.rng, 0.66, 11, 0.3) {
                let size = p.rng.random_range(0.075..0.11);
                p.canvas.fill(&circle(x - p.light.0 * 0.02, y - p.light.1 * 0.02, size * 1.1), SHADE.alpha(0.35));
                let body = blob(p.rng, x, y, size, size, 0.14);
                p.canvas.fill(&body, shaded_at((x, y), size, p.light, chip));
                let (gx, gy) = (x + p.light.0 * size * 0.4, y + p.light.1 * size * 0.4);
                p.canvas.fill(&circle(gx, gy, size * 0.22), Ink::WHITE.alpha(0.5));
            }
        }
        Some("almonds") => {
            let nut = if p.colour == Colour::Yellow { Ink::rgb(170, 104, 52) } else { Ink::rgb(226, 176, 112) };
            let many = p.rng.random_range(5..8);
            for i in 0..many {
                let angle = turn + i as f32 / many as f32 * TAU;
                almond(p.canvas, (angle.cos() * 0.45, angle.sin() * 0.45), angle, 0.2, nut);
            }
        }
        _ => jam(p, top),
    }
}

/// A biscuit's surface: fine pores and pale crumbs.
fn biscuit_crumbs(p: &mut Piece, dough: Ink) {
    for i in 0..30 {
        let (x, y) = within(p.rng, 0.8);
        let size = p.rng.random_range(0.012..0.03);
        let ink = if i % 2 == 0 { dough.darker(0.28) } else { dough.lighter(0.3) };
        p.canvas.fill(&ellipse(x, y, size, size * 0.8), ink.alpha(0.7));
    }
    p.canvas.stroke(&circle(0.0, 0.0, 0.8), 0.02, dough.darker(0.18).alpha(0.6));
}

/// A spoonful of jam in a hollow.
fn jam(p: &mut Piece, top: Ink) {
    let red = Ink::rgb(196, 20, 48);
    p.canvas.fill(&circle(0.0, 0.0, 0.4), shaded((-p.light.0, -p.light.1), top, 0.3, 0.4));
    let spot = blob(p.rng, 0.0, 0.0, 0.34, 0.34, 0.05);
    p.canvas.fill(&spot, bulging((0.0, 0.0), 0.36, p.light, red, 0.18, 0.45));
    for _ in 0..6 {
        let (x, y) = within(p.rng, 0.26);
        p.canvas.fill(&circle(x, y, 0.02), Ink::rgb(250, 176, 120).alpha(0.8));
    }
    p.canvas.fill(&ellipse(p.light.0 * 0.18, p.light.1 * 0.18, 0.09, 0.06), Ink::WHITE.alpha(0.75));
}
