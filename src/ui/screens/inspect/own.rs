//! Textures of pictures that are in no file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{ColorImage, Id, TextureHandle, TextureOptions, Ui};
use image::RgbImage;

use crate::app::inspect::Card;

/// The textures by the cards' numbers.
type Textures = Arc<Mutex<HashMap<u64, TextureHandle>>>;

fn textures(ui: &Ui) -> Textures {
    ui.data_mut(|data| data.get_temp_mut_or_default::<Textures>(Id::unique("textures of cards")).clone())
}

/// The texture of a card's picture.
pub fn texture(ui: &Ui, card: u64, picture: &RgbImage) -> TextureHandle {
    let textures = textures(ui);
    let mut textures = textures.lock().unwrap_or_else(PoisonError::into_inner);
    textures.entry(card).or_insert_with(|| load(ui, picture)).clone()
}

/// A picture as a texture.
pub fn load(ui: &Ui, picture: &RgbImage) -> TextureHandle {
    ui.load_texture("card", image_of(picture), TextureOptions::LINEAR)
}

/// A picture as egui has it.
pub fn image_of(picture: &RgbImage) -> ColorImage {
    ColorImage::from_rgb([picture.width() as usize, picture.height() as usize], picture.as_raw())
}

/// Gives back the textures of cards that are not there any more.
pub fn forget_others(ui: &Ui, cards: &[Card]) {
    let textures = textures(ui);
    let mut textures = textures.lock().unwrap_or_else(PoisonError::into_inner);
    if !textures.is_empty() {
        textures.retain(|card, _| cards.iter().any(|known| known.id == *card));
    }
}
