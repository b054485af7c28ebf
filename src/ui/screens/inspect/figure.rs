//! The figure: all judged cards side by side, as the window shows them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{
    ColorImage, Frame, Label, Margin, Response, RichText, TextureHandle, TextureOptions, Ui, Vec2, vec2,
};
use image::RgbImage;

use super::card::{self, Look, Pictures};
use super::offscreen;
use crate::app::inspect::{Face, Figure, FigureItem};
use crate::error::Result;
use crate::job::Control;
use crate::picture::{Loader, LoaderSettings, PictureKey, PictureRef, RgbaPixels};
use crate::pipeline::NearestPoint;
use crate::point::PointId;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Card as Surface, Picture, Thumbnail};
use crate::ui::{fonts, format};

/// Width of a card, in points.
const WIDTH: f32 = 268.0;
/// Height of a card's picture, in points.
const PICTURE: f32 = 190.0;
/// Cards in a row.
const ROW: usize = 6;
/// Pixels a point.
const SCALE: f32 = 2.0;
/// Pixels on the longer edge of a card's picture, and of one beside it.
const EDGES: (u32, u32) = (512, 128);
/// Pictures that have not come by then are drawn as missing.
const PATIENCE: Duration = Duration::from_secs(15);

/// Draws a figure, on a worker.
pub fn draw(figure: &Figure, control: &Control) -> Result<RgbImage> {
    let pictures = gather(figure, control)?;
    let columns = figure.items.len().clamp(1, ROW);
    let width = columns as f32 * WIDTH + (columns as f32 - 1.0) * space::M + 2.0 * space::L;
    let mut textures = Textures { pictures: &pictures, here: HashMap::new() };
    let mut heights = vec![Heights::default(); figure.items.len().div_ceil(ROW)];
    offscreen::picture(figure.dark, width, SCALE, control, |ui| {
        lay_out(ui, figure, &mut textures, &mut heights);
    })
}

/// How high the cards of a row are, and their chips, so that they stand in line.
#[derive(Clone, Copy, Default)]
struct Heights {
    chips: f32,
    height: f32,
}

/// The cards in rows, and what they are measured against under them. Heights are those of the pass before.
fn lay_out(ui: &mut Ui, figure: &Figure, textures: &mut Textures, heights: &mut [Heights]) {
    let name = |feature: usize| figure.names.get(&feature).map(String::as_str);
    Frame::new().inner_margin(Margin::same(space::L as i8)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::M);
        for (row, items) in figure.items.chunks(ROW).enumerate() {
            let was = heights[row];
            let look = Look {
                scale: Some(&figure.scale),
                summary: None,
                block_size: figure.block_size,
                threshold: figure.threshold,
                distance: figure.distance,
                name: &name,
                bars: card::bars_height(figure.items[0].judged.item.blocks.len()),
                chips: was.chips,
                still: true,
            };
            ui.horizontal_top(|ui| {
                for (column, item) in items.iter().enumerate() {
                    ui.push_id((row, column), |ui| {
                        ui.vertical(|ui| {
                            let mut still = Still { textures, item: &item.face, near: &figure.near };
                            let natural = one(ui, &look, item, &mut still, was.height);
                            heights[row].chips = heights[row].chips.max(natural.chips);
                            heights[row].height = heights[row].height.max(natural.height);
                        });
                    });
                }
            });
        }
        let words = format!(
            "Outputs of each block, 0 to 1. Features above {}. Confidence against {} of {}.",
            format::probability(f64::from(figure.threshold)),
            format::counted(figure.scale.all.points(), "point"),
            figure.collection,
        );
        ui.add(Label::new(RichText::new(words).small().color(tokens(ui).text_secondary)).wrap());
    });
}

/// One card; gives how high it and its chips would be alone.
fn one(ui: &mut Ui, look: &Look, item: &FigureItem, still: &mut Still, height: f32) -> Heights {
    let shown = Surface::new().show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, 6.0);
        ui.set_width(WIDTH - 2.0 * space::M - 2.0);
        let top = ui.cursor().top();
        ui.add(Label::new(fonts::strong(&item.name)).truncate());
        still.whole(ui, vec2(ui.available_width(), PICTURE));
        ui.add_space(space::XS);
        // Nothing can be clicked here.
        let chips = card::column(ui, look, &item.judged, still, &mut Vec::new());
        let natural = ui.min_rect().bottom() - top;
        ui.add_space((height - natural).max(0.0));
        Heights { chips, height: natural }
    });
    shown.inner
}

/// Where a picture is asked for: by its place and size.
type Gathered = HashMap<(PictureRef, u32), std::result::Result<Arc<RgbaPixels>, String>>;

/// The pictures that are at some place, each read or fetched as the window does it.
fn gather(figure: &Figure, control: &Control) -> Result<Gathered> {
    let (large, small) = EDGES;
    let faces = figure.items.iter().map(|item| (&item.face, large));
    let near = figure.items.iter().flat_map(|item| &item.judged.item.nearest);
    let near = near.filter_map(|near| Some((figure.near.get(&near.id)?, small)));
    let mut wanted: Vec<(PictureRef, u32)> = Vec::new();
    for (face, edge) in faces.chain(near) {
        if let Face::At(place) = face
            && !wanted.iter().any(|(known, size)| known == place && *size == edge)
        {
            wanted.push((place.clone(), edge));
        }
    }
    let mut found = Gathered::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    let settings = LoaderSettings { queue: wanted.len(), cache_bytes: u64::MAX, ..LoaderSettings::default() };
    let loader = Loader::start(settings, Arc::new(|| {}))?;
    for (picture, edge) in &wanted {
        let (picture, edge) = (picture.clone(), *edge);
        loader.request(PictureKey { picture, edge, allow_private: figure.allow_private });
    }
    let began = Instant::now();
    while found.len() < wanted.len() && began.elapsed() < PATIENCE {
        control.check_whole()?;
        match loader.try_recv() {
            Some(loaded) => {
                found.insert((loaded.key.picture, loaded.key.edge), loaded.picture);
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    Ok(found)
}

/// The figure's textures, made when they are first drawn.
struct Textures<'a> {
    pictures: &'a Gathered,
    here: HashMap<(PictureRef, u32), TextureHandle>,
}

/// Pictures in a figure.
struct Still<'a, 'b> {
    textures: &'a mut Textures<'b>,
    item: &'a Face,
    near: &'a BTreeMap<PointId, Face>,
}

impl Still<'_, '_> {
    fn draw(&mut self, ui: &mut Ui, face: &Face, edge: u32, size: Vec2, caption: &str) -> Response {
        let texture;
        let picture = match face {
            Face::Words(words) => Picture::Text(words),
            Face::Pixels(pixels) => {
                texture = super::own::texture(ui, Arc::as_ptr(pixels) as u64, pixels);
                Picture::Texture(texture.id(), texture.size_vec2())
            }
            Face::At(place) => {
                let key = (place.clone(), edge);
                match self.textures.pictures.get(&key) {
                    Some(Ok(pixels)) => {
                        let make = || ui.load_texture("figure", image_of(pixels), TextureOptions::LINEAR);
                        texture = self.textures.here.entry(key).or_insert_with(make).clone();
                        Picture::Texture(texture.id(), texture.size_vec2())
                    }
                    Some(Err(problem)) => Picture::Broken(problem),
                    None => Picture::Broken("It did not come in time"),
                }
            }
        };
        let thumbnail = Thumbnail::new(picture, "picture").size(size).caption(caption);
        // Near points are cut to the frame, so that they are alike.
        ui.add(if caption.is_empty() { thumbnail.whole() } else { thumbnail })
    }
}

fn image_of(pixels: &RgbaPixels) -> ColorImage {
    // Opaque, so that premultiplied and plain are the same.
    ColorImage::from_rgba_premultiplied([pixels.width as usize, pixels.height as usize], &pixels.rgba)
}

impl Pictures for Still<'_, '_> {
    fn whole(&mut self, ui: &mut Ui, size: Vec2) -> Response {
        let face = self.item;
        self.draw(ui, face, EDGES.0, size, "")
    }

    fn near(&mut self, ui: &mut Ui, near: &NearestPoint, side: f32, caption: &str, _tip: &str) -> Response {
        let missing = Face::Words(near.id.to_string());
        let face = self.near.get(&near.id).unwrap_or(&missing);
        self.draw(ui, face, EDGES.1, vec2(side, side), caption)
    }
}
