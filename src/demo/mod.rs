//! The demo's collection: dishes that are drawn, so that the whole program can be tried without a server, a download or
//! a picture of one's own.

pub mod artist;

use std::path::PathBuf;

use artist::{Drawing, Factors, Group, Kind};

use crate::point::Payload;

/// The collection's name in the demo's store.
pub const COLLECTION: &str = "food";

/// The seed of the collection's drawings.
const COLLECTION_SEED: u64 = 1;

/// The seed of drawings that are in no collection, to be inspected.
pub const FRESH_SEED: u64 = 2;

/// The kinds that are inspected at the end, as in the reference's figure.
pub const INSPECTED: [&str; 4] = ["cake", "pizza", "car", "sushi"];

/// Pixels on a side of a drawing.
pub const SIZE: u32 = 224;

/// Where the demo is kept unless told otherwise.
pub fn default_folder() -> Option<PathBuf> {
    dirs::data_dir().map(|dir| dir.join("blockscope").join("demo"))
}

/// Dish number `index` of the collection: the kinds take turns.
pub fn dish(index: u64) -> Drawing {
    let dishes = artist::kinds_of(Group::Food);
    let (kind, number) = (dishes[(index % dishes.len() as u64) as usize], index / dishes.len() as u64);
    artist::draw(kind, COLLECTION_SEED, number, SIZE)
}

/// A drawing of a kind that is in no collection.
pub fn fresh(kind: &'static Kind, number: u64) -> Drawing {
    artist::draw(kind, FRESH_SEED, number, SIZE)
}

/// The caption without what all captions begin with.
pub fn short_caption(factors: &Factors) -> &str {
    factors.caption.strip_prefix("a drawing of ").unwrap_or(&factors.caption)
}

/// What a drawing's point says: its caption and its factors.
pub fn payload(factors: &Factors) -> Payload {
    let mut payload = Payload::new();
    payload.insert("caption".into(), short_caption(factors).into());
    payload.insert("dish".into(), factors.kind.into());
    payload.insert("colour".into(), factors.colour.name().into());
    if let Some(topping) = factors.topping {
        payload.insert("topping".into(), topping.into());
    }
    if let Some(plate) = factors.plate {
        payload.insert("plate".into(), plate.into());
    }
    payload.insert("table".into(), factors.table.into());
    payload.insert("count".into(), factors.count.into());
    payload
}
