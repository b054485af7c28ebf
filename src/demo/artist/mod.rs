//! The procedural artist: draws dishes, and things that are not food, from a seed.
//!
//! A [`Kind`] knows how to draw one piece of itself around the origin; the artist chooses the factors (colour, topping,
//! plate, table, count) and the accidents (angle, light, scale, place), lays the table and puts the pieces on it. The
//! same seed, kind and number give the same picture, pixel for pixel.

pub mod canvas;
mod caption;
mod food;
mod ink;
mod table;
mod things;

use std::ops::RangeInclusive;

use image::RgbImage;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use canvas::Canvas;
pub use ink::{Colour, Ink};
use table::Ground;

/// What a drawing shows, as far as the collection is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// A dish.
    Food,
    /// A thing that is not food.
    Thing,
    /// Plain shapes, for the model's training alone.
    Shape,
}

/// What a dish stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// One plate, board or cloth under all the pieces, which the artist lays.
    Shared,
    /// The piece brings its own bowl or cup.
    Own(&'static str),
    /// Things stand on the ground.
    None,
}

/// One kind of dish or thing.
pub struct Kind {
    /// Its name, as in a caption: "ice cream".
    pub name: &'static str,
    /// Two of it: "ice creams".
    pub plural: &'static str,
    /// Food or not.
    pub group: Group,
    /// The main colours that it comes in.
    pub colours: &'static [Colour],
    /// What can be on it, as in "with sprinkles"; empty for none.
    pub toppings: &'static [&'static str],
    /// How many of it can be in one picture.
    pub counts: RangeInclusive<u8>,
    /// What it stands on.
    pub serving: Serving,
    /// How far it may be turned either way, in radians: pi for what looks right from all sides.
    pub turn: f32,
    /// Draws one piece, within the unit circle around the origin.
    pub draw: fn(&mut Piece),
}

/// What the drawing of one piece gets.
pub struct Piece<'a> {
    /// Where to draw, scaled so that the piece fills the unit circle.
    pub canvas: &'a mut Canvas,
    /// The piece's own accidents.
    pub rng: &'a mut ChaCha8Rng,
    /// The main colour, to choose by.
    pub colour: Colour,
    /// The main colour, a little varied, to draw with.
    pub main: Ink,
    /// What is on it: one of the kind's toppings.
    pub topping: Option<&'static str>,
    /// The direction that light comes from, a unit vector in the piece's own coordinates.
    pub light: (f32, f32),
}

/// What a drawing holds, in words and numbers: the payload of its point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Factors {
    /// The kind's name.
    pub kind: &'static str,
    /// Food or not.
    pub group: Group,
    /// The main colour.
    pub colour: Colour,
    /// What is on it.
    pub topping: Option<&'static str>,
    /// What it stands on.
    pub plate: Option<&'static str>,
    /// The table's pattern, or the place where a thing stands.
    pub table: &'static str,
    /// Pieces in the picture.
    pub count: u8,
    /// All of it in a sentence.
    pub caption: String,
}

/// A picture and what it holds.
pub struct Drawing {
    /// The picture.
    pub picture: RgbImage,
    /// What it holds.
    pub factors: Factors,
}

/// All kinds, food first.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    food::KINDS.iter().chain(things::KINDS).copied().flatten()
}

/// The kinds of a group.
pub fn kinds_of(group: Group) -> Vec<&'static Kind> {
    kinds().filter(|k| k.group == group).collect()
}

/// Draw picture number `number` of a kind, `size` x `size` pixels. The factors do not depend on the size.
pub fn draw(kind: &'static Kind, seed: u64, number: u64, size: u32) -> Drawing {
    let mut rng = stream(kind.name, seed, number);
    let colour = *kind.colours.choose(&mut rng).expect("every kind has a colour");
    let topping = kind.toppings.choose(&mut rng).copied();
    let count = rng.random_range(kind.counts.clone());
    let ground = Ground::choose(kind.group, &mut rng);
    let plate = match kind.serving {
        Serving::Shared => Some(table::PLATES.choose(&mut rng).expect("there are plates")),
        Serving::Own(_) | Serving::None => None,
    };
    let light: f32 = rng.random_range(-2.6..-0.5);
    let light = (light.cos(), light.sin());

    let mut canvas = Canvas::new(size);
    ground.draw(&mut canvas, &mut rng);
    let lean = rng.random_range(-0.3..0.3);
    let zoom = rng.random_range(0.86..1.06);
    let middle = (rng.random_range(-0.06..0.06), rng.random_range(-0.06..0.06));
    canvas.placed(middle, 0.0, (zoom, zoom), |canvas| {
        if let Some(plate) = plate {
            table::draw_plate(plate, canvas, &mut rng, light);
        }
        let main = colour.ink().varied(&mut rng, 0.05);
        // Things stand upright and throw their own shadow on the ground.
        let shade = if kind.group == Group::Thing { 0.18 } else { 0.42 };
        for ((x, y), radius) in places(count, plate.is_some(), lean, &mut rng) {
            let angle = rng.random_range(-1.0..=1.0) * kind.turn;
            canvas.shadow(
                (x - light.0 * 0.06, y - light.1 * 0.06 + radius * 0.1),
                (radius * 1.12, radius * 1.08),
                shade,
            );
            canvas.placed((x, y), angle, (radius, radius), |canvas| {
                let (sin, cos) = (-angle).sin_cos();
                let light = (light.0 * cos - light.1 * sin, light.0 * sin + light.1 * cos);
                (kind.draw)(&mut Piece { canvas, rng: &mut rng, colour, main, topping, light });
            });
        }
    });
    table::shade(&mut canvas, &mut rng, light);

    let plate = match kind.serving {
        Serving::Own(vessel) => Some(vessel),
        _ => plate.map(|p| p.name),
    };
    let mut factors = Factors {
        kind: kind.name,
        group: kind.group,
        colour,
        topping,
        plate,
        table: ground.name(),
        count,
        caption: String::new(),
    };
    factors.caption = caption::caption(kind, &factors);
    Drawing { picture: canvas.into_picture(), factors }
}

/// A generator of its own for every picture: drawing one does not change another.
fn stream(name: &str, seed: u64, number: u64) -> ChaCha8Rng {
    // FNV-1a: a name's place in a list may change, its drawings must not.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ hash);
    rng.set_stream(number);
    rng
}

/// Where the pieces lie and how large each is.
fn places(count: u8, on_plate: bool, lean: f32, rng: &mut impl Rng) -> Vec<((f32, f32), f32)> {
    let (ring, radius) = match count {
        1 => (0.0, 0.62),
        2 => (0.40, 0.37),
        3 => (0.44, 0.345),
        4 => (0.47, 0.32),
        _ => (0.54, 0.29),
    };
    // Without a plate there is more room.
    let (ring, radius) = if on_plate { (ring, radius) } else { (ring * 1.12, radius * 1.13) };
    let start = lean + if count == 4 { std::f32::consts::FRAC_PI_4 } else { 0.0 } - if count == 3 { 0.5 } else { 0.0 };
    let round = if count == 5 { 4 } else { count };
    let jitter = if count == 1 { 0.05 } else { 0.025 };
    (0..count)
        .map(|i| {
            let ring = if i >= round { 0.0 } else { ring };
            let angle = start + f32::from(i) / f32::from(round) * std::f32::consts::TAU;
            let place = (
                angle.cos() * ring + rng.random_range(-jitter..jitter),
                angle.sin() * ring + rng.random_range(-jitter..jitter),
            );
            (place, radius * rng.random_range(0.92..1.06))
        })
        .collect()
}
