//! What lies under the pieces: tables and their patterns, plates, the ground that things stand on, and the light.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Fill, circle, line, rounded, smooth, within};
use super::{Group, Ink};

/// A table's pattern, or the place where a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    Plain,
    Wooden,
    Checked,
    Striped,
    Dotted,
    Tiled,
    Meadow,
    Room,
    Street,
    Paper,
}

impl Ground {
    pub(super) fn choose(group: Group, rng: &mut ChaCha8Rng) -> Self {
        let grounds: &[Self] = match group {
            Group::Food => &[Self::Plain, Self::Wooden, Self::Checked, Self::Striped, Self::Dotted, Self::Tiled],
            Group::Thing => &[Self::Meadow, Self::Room, Self::Street, Self::Paper],
            Group::Shape => &[Self::Paper],
        };
        *grounds.choose(rng).expect("there are grounds")
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Wooden => "wooden",
            Self::Checked => "checked",
            Self::Striped => "striped",
            Self::Dotted => "dotted",
            Self::Tiled => "tiled",
            Self::Meadow => "on a meadow",
            Self::Room => "in a room",
            Self::Street => "in a street",
            Self::Paper => "on paper",
        }
    }

    pub(super) fn draw(self, canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
        let all = rounded(0.0, 0.0, 1.5, 1.5, 0.0);
        let cloth = *CLOTHS.choose(rng).expect("there are cloths");
        let cloth = cloth.varied(rng, 0.04);
        match self {
            Self::Plain => {
                canvas.fill(&all, Fill::Linear((-1.0, -1.0), (1.0, 1.0), vec![cloth.lighter(0.12), cloth.darker(0.1)]));
            }
            Self::Wooden => wood(canvas, rng),
            Self::Checked | Self::Striped | Self::Dotted | Self::Tiled => {
                let angle = rng.random_range(-0.6..0.6);
                canvas.fill(&all, cloth.lighter(0.72));
                canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| self.pattern(canvas, rng, cloth));
            }
            Self::Meadow => meadow(canvas, rng),
            Self::Room => room(canvas, rng, cloth),
            Self::Street => street(canvas, rng),
            Self::Paper => {
                canvas.fill(&all, cloth.lighter(0.78));
                for _ in 0..40 {
                    let (x, y) = within(rng, 1.4);
                    canvas.fill(&circle(x, y, 0.012), cloth.lighter(0.6));
                }
            }
        }
    }

    fn pattern(self, canvas: &mut Canvas, rng: &mut ChaCha8Rng, cloth: Ink) {
        let step = rng.random_range(0.2..0.3);
        let many = (1.5 / step) as i32 + 1;
        let places = move || (-many..=many).map(move |i| i as f32 * step);
        match self {
            Self::Striped => {
                for x in places() {
                    canvas.fill(&rounded(x, 0.0, step * 0.25, 1.6, 0.0), cloth);
                }
            }
            Self::Checked => {
                for x in places() {
                    canvas.fill(&rounded(x, 0.0, step * 0.25, 1.6, 0.0), cloth.alpha(0.5));
                    canvas.fill(&rounded(0.0, x, 1.6, step * 0.25, 0.0), cloth.alpha(0.5));
                }
            }
            Self::Dotted => {
                for (row, y) in places().enumerate() {
                    for x in places() {
                        let x = if row % 2 == 0 { x } else { x + step / 2.0 };
                        canvas.fill(&circle(x, y * 0.9, step * 0.2), cloth);
                    }
                }
            }
            _ => {
                for x in places() {
                    for y in places() {
                        let tile = cloth.lighter(rng.random_range(0.25..0.5));
                        canvas.fill(&rounded(x, y, step * 0.46, step * 0.46, 0.015), tile);
                    }
                }
            }
        }
    }
}

/// The colours of cloths: muted, so that the dish stands out.
const CLOTHS: [Ink; 8] = [
    Ink::rgb(120, 152, 178),
    Ink::rgb(148, 172, 138),
    Ink::rgb(196, 132, 118),
    Ink::rgb(206, 180, 128),
    Ink::rgb(150, 136, 172),
    Ink::rgb(120, 160, 156),
    Ink::rgb(172, 156, 144),
    Ink::rgb(98, 110, 132),
];

fn wood(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let woods = [Ink::rgb(176, 128, 82), Ink::rgb(148, 102, 64), Ink::rgb(206, 166, 116), Ink::rgb(120, 84, 58)];
    let wood = woods.choose(rng).expect("there are woods").varied(rng, 0.03);
    let plank = rng.random_range(0.3..0.44);
    let angle = rng.random_range(-0.25..0.25);
    canvas.fill(&rounded(0.0, 0.0, 1.5, 1.5, 0.0), wood);
    canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| {
        for i in -5..=5 {
            let y = i as f32 * plank;
            let ink = wood.varied(rng, 0.035);
            canvas.fill(&rounded(0.0, y, 1.7, plank / 2.0, 0.0), ink);
            for _ in 0..4 {
                let grain = y + rng.random_range(-0.45..0.45) * plank;
                let bend = rng.random_range(-0.03..0.03);
                let path = smooth(&[(-1.7, grain), (-0.5, grain + bend), (0.5, grain - bend), (1.7, grain)], false);
                canvas.stroke(&path, 0.008, ink.darker(0.22));
            }
            canvas.stroke(&line(&[(-1.7, y + plank / 2.0), (1.7, y + plank / 2.0)]), 0.016, wood.darker(0.5));
        }
    });
}

fn meadow(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let horizon = rng.random_range(-0.1..0.35);
    let sky = Ink::rgb(150, 200, 236).varied(rng, 0.05);
    canvas.fill(
        &rounded(0.0, 0.0, 1.5, 1.5, 0.0),
        Fill::Linear((0.0, -1.0), (0.0, horizon), vec![sky, sky.lighter(0.5)]),
    );
    for _ in 0..rng.random_range(1..4) {
        let (x, y) = (rng.random_range(-0.9..0.9), rng.random_range(-0.9..-0.4));
        for i in 0..4 {
            let size = rng.random_range(0.07..0.14);
            canvas.fill(&circle(x + i as f32 * 0.1, y + rng.random_range(-0.03..0.03), size), Ink::WHITE.alpha(0.75));
        }
    }
    let grass = Ink::rgb(112, 172, 84).varied(rng, 0.05);
    let bend = rng.random_range(-0.12..0.12);
    let hill =
        [(-1.5, 1.5), (-1.5, horizon), (-0.4, horizon + bend), (0.5, horizon - bend), (1.5, horizon), (1.5, 1.5)];
    canvas.fill(&smooth(&hill, true), Fill::Linear((0.0, horizon), (0.0, 1.0), vec![grass, grass.darker(0.25)]));
    for _ in 0..50 {
        let (x, y) = (rng.random_range(-1.1..1.1), rng.random_range(horizon + 0.1..1.1));
        canvas.stroke(&line(&[(x, y), (x + rng.random_range(-0.02..0.02), y - 0.05)]), 0.01, grass.darker(0.3));
    }
}

fn room(canvas: &mut Canvas, rng: &mut ChaCha8Rng, wall: Ink) {
    let floor = rng.random_range(0.35..0.6);
    canvas.fill(
        &rounded(0.0, 0.0, 1.5, 1.5, 0.0),
        Fill::Linear((0.0, -1.0), (0.0, 1.0), vec![wall.lighter(0.45), wall.lighter(0.2)]),
    );
    let boards = Ink::rgb(160, 124, 92).varied(rng, 0.06);
    canvas.fill(
        &rounded(0.0, floor + 1.0, 1.5, 1.0, 0.0),
        Fill::Linear((0.0, floor), (0.0, 1.0), vec![boards, boards.darker(0.2)]),
    );
    canvas.fill(&rounded(0.0, floor, 1.5, 0.025, 0.0), wall.lighter(0.8));
}

fn street(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let kerb = rng.random_range(0.2..0.45);
    let sky = Ink::rgb(206, 216, 224).varied(rng, 0.06);
    canvas.fill(&rounded(0.0, 0.0, 1.5, 1.5, 0.0), sky);
    let mut x = -1.2;
    while x < 1.2 {
        let (width, height) = (rng.random_range(0.12..0.24), rng.random_range(0.4..1.1));
        let house = Ink::rgb(168, 166, 176).varied(rng, 0.1);
        canvas.fill(&rounded(x, kerb - height / 2.0, width, height / 2.0, 0.0), house);
        for row in 0..(height / 0.2) as i32 {
            for column in [-0.5, 0.5] {
                let y = kerb - height + 0.12 + row as f32 * 0.2;
                canvas.fill(&rounded(x + column * width, y, 0.03, 0.045, 0.0), house.lighter(0.5));
            }
        }
        x += width * 2.0;
    }
    let tar = Ink::rgb(112, 114, 120).varied(rng, 0.04);
    canvas.fill(&rounded(0.0, kerb + 1.0, 1.5, 1.0, 0.0), tar);
    canvas.fill(&rounded(0.0, kerb, 1.5, 0.03, 0.0), tar.lighter(0.5));
    for i in -2..3 {
        canvas.fill(&rounded(i as f32 * 0.55, 0.85, 0.14, 0.018, 0.0), tar.lighter(0.75));
    }
}

/// A plate, board or cloth under the pieces.
pub(super) struct Plate {
    /// As in a caption: "blue plate".
    pub(super) name: &'static str,
    ink: Ink,
    form: Form,
}

enum Form {
    Round,
    Square,
    Board,
    Napkin,
}

pub(super) const PLATES: [Plate; 6] = [
    Plate { name: "white plate", ink: Ink::rgb(248, 247, 244), form: Form::Round },
    Plate { name: "blue plate", ink: Ink::rgb(98, 138, 190), form: Form::Round },
    Plate { name: "dark plate", ink: Ink::rgb(70, 72, 80), form: Form::Round },
    Plate { name: "square plate", ink: Ink::rgb(236, 238, 236), form: Form::Square },
    Plate { name: "wooden board", ink: Ink::rgb(190, 142, 92), form: Form::Board },
    Plate { name: "napkin", ink: Ink::rgb(240, 226, 214), form: Form::Napkin },
];

pub(super) fn draw_plate(plate: &Plate, canvas: &mut Canvas, rng: &mut ChaCha8Rng, light: (f32, f32)) {
    let ink = plate.ink.varied(rng, 0.02);
    let lit = |from: Ink, to: Ink| Fill::Linear((light.0, light.1), (-light.0, -light.1), vec![from, to]);
    let (dx, dy) = (-light.0 * 0.06, -light.1 * 0.06 + 0.02);
    match plate.form {
        Form::Round => {
            canvas.shadow((dx, dy), (1.04, 1.04), 0.5);
            canvas.fill(&circle(0.0, 0.0, 0.93), lit(ink.lighter(0.2), ink.darker(0.14)));
            canvas.fill(&circle(0.0, 0.0, 0.72), lit(ink.darker(0.13), ink.lighter(0.06)));
            canvas.fill(&circle(0.0, 0.0, 0.69), lit(ink.darker(0.02), ink.darker(0.06)));
        }
        Form::Square => {
            let angle = rng.random_range(-0.2..0.2);
            canvas.shadow((dx, dy), (1.1, 1.1), 0.5);
            canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| {
                canvas.fill(&rounded(0.0, 0.0, 0.84, 0.84, 0.16), lit(ink.lighter(0.2), ink.darker(0.16)));
                canvas.fill(&rounded(0.0, 0.0, 0.68, 0.68, 0.12), lit(ink.darker(0.1), ink.lighter(0.05)));
                canvas.fill(&rounded(0.0, 0.0, 0.655, 0.655, 0.11), ink.darker(0.03));
            });
        }
        Form::Board => {
            let angle = rng.random_range(-0.25..0.25);
            canvas.shadow((dx, dy), (1.14, 1.08), 0.5);
            canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| {
                canvas.fill(&rounded(0.0, 0.0, 0.92, 0.8, 0.12), ink.darker(0.25));
                canvas.fill(&rounded(0.0, -0.02, 0.92, 0.79, 0.12), lit(ink.lighter(0.1), ink.darker(0.08)));
                for i in 0..7 {
                    let y = -0.66 + i as f32 * 0.21 + rng.random_range(-0.05..0.05);
                    let bend = rng.random_range(-0.03..0.03);
                    canvas.stroke(&smooth(&[(-0.86, y), (-0.2, y + bend), (0.86, y)], false), 0.01, ink.darker(0.16));
                }
            });
        }
        Form::Napkin => {
            let angle = rng.random_range(-0.3..0.3);
            canvas.shadow((dx, dy), (1.1, 1.1), 0.35);
            canvas.placed((0.0, 0.0), angle, (1.0, 1.0), |canvas| {
                canvas.fill(&rounded(0.0, 0.0, 0.8, 0.8, 0.03), lit(ink.lighter(0.2), ink.darker(0.06)));
                let hem = rounded(0.0, 0.0, 0.73, 0.73, 0.02);
                canvas.stroke(&hem, 0.03, Ink::rgb(196, 96, 88).alpha(0.8));
                canvas.stroke(&line(&[(-0.8, -0.05), (0.8, 0.02)]), 0.012, ink.darker(0.12));
                canvas.stroke(&line(&[(0.04, -0.8), (-0.03, 0.8)]), 0.012, ink.darker(0.12));
            });
        }
    }
}

/// The light over everything: brighter where it comes from, darker away from it.
pub(super) fn shade(canvas: &mut Canvas, rng: &mut ChaCha8Rng, light: (f32, f32)) {
    let all = rounded(0.0, 0.0, 1.5, 1.5, 0.0);
    let tint = [Ink::rgb(255, 236, 200), Ink::rgb(255, 255, 255), Ink::rgb(226, 236, 255)];
    let tint = *tint.choose(rng).expect("there are tints");
    let strength = rng.random_range(0.05..0.16);
    let inks = vec![tint.alpha(strength), tint.alpha(0.0), Ink::rgb(20, 16, 30).alpha(strength)];
    canvas.fill(&all, Fill::Linear((light.0 * 1.3, light.1 * 1.3), (-light.0 * 1.3, -light.1 * 1.3), inks));
}
