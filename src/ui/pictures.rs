//! Pictures of points on the screen: which one a point has, its texture, and how much may be kept.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{ColorImage, Context, TextureHandle, TextureOptions};

use crate::app::document::{self, Known};
use crate::app::{App, Settings};
use crate::picture::{Loader, LoaderSettings, PictureKey, PictureRef, RgbaPixels, picture_ref, point_text};
use crate::point::{Payload, PointId};

/// Sizes that pictures are asked for in, in pixels of the longer edge.
const EDGES: [u32; 5] = [64, 128, 256, 512, 1024];
/// Bytes of textures that are kept; what was not drawn longest goes first.
const KEPT_BYTES: usize = 192 << 20;
/// Pictures that become textures in one frame.
const PER_FRAME: usize = 12;
/// A picture that was asked for and did not come is asked for again after so many frames: the queue may have dropped it.
const ASK_AGAIN: u64 = 120;

/// What is known of a picture.
enum Slot {
    /// It was asked for in that frame.
    Asked(u64),
    /// It is a texture.
    Here(TextureHandle),
    /// There is none, for that reason.
    Broken(String),
}

/// What to draw for a point.
pub enum Picture {
    /// This.
    Texture(TextureHandle),
    /// It is on its way.
    Coming,
    /// It could not be had, for that reason.
    Broken(String),
    /// The point has no picture, or its payload is not here yet.
    None,
}

/// The pictures of the open collection's points.
pub struct Pictures {
    loader: Option<Loader>,
    slots: HashMap<PictureKey, (Slot, u64)>,
    refs: HashMap<PointId, Option<PictureRef>>,
    words: HashMap<PointId, String>,
    /// What references and words depend on: the document, and the two fields.
    of: (u64, Option<String>, Option<String>),
    bytes: usize,
    frame: u64,
}

impl Pictures {
    /// With a loader of its own, whose threads wake the window.
    pub fn start(ctx: &Context, settings: LoaderSettings) -> Self {
        let woken = ctx.clone();
        let loader = Loader::start(settings, Arc::new(move || woken.request_repaint()));
        let loader = loader.map_err(|error| log::error!("pictures cannot be shown: {error}")).ok();
        Self {
            loader,
            slots: HashMap::new(),
            refs: HashMap::new(),
            words: HashMap::new(),
            of: (0, None, None),
            bytes: 0,
            frame: 0,
        }
    }

    /// Called once a frame: takes what is ready, and lets go of what was not drawn for long.
    pub fn tick(&mut self, ctx: &Context) {
        self.frame += 1;
        let Some(loader) = &self.loader else { return };
        for _ in 0..PER_FRAME {
            let Some(loaded) = loader.try_recv() else { break };
            let slot = match loaded.picture {
                Ok(pixels) => {
                    self.bytes += pixels.rgba.len();
                    Slot::Here(texture(ctx, &pixels))
                }
                Err(problem) => Slot::Broken(problem),
            };
            self.slots.insert(loaded.key, (slot, self.frame));
        }
        if self.bytes > KEPT_BYTES {
            self.let_go();
        }
    }

    /// Textures are given back, oldest first, until half of the room is free; never one that was just drawn.
    fn let_go(&mut self) {
        let mut old: Vec<(u64, PictureKey, usize)> = self
            .slots
            .iter()
            .filter(|(_, (_, drawn))| drawn + 2 < self.frame)
            .filter_map(|(key, (slot, drawn))| match slot {
                Slot::Here(texture) => Some((*drawn, key.clone(), bytes_of(texture))),
                _ => None,
            })
            .collect();
        old.sort_unstable_by_key(|(drawn, ..)| *drawn);
        for (_, key, bytes) in old {
            if self.bytes <= KEPT_BYTES / 2 {
                break;
            }
            self.slots.remove(&key);
            self.bytes -= bytes;
        }
    }

    /// The picture of a point, `side` pixels on its longer edge. Asks for it where it is not here.
    pub fn of_point(&mut self, app: &App, id: PointId, side: f32) -> Picture {
        let Some(open) = &app.document.open else { return Picture::None };
        let field = document::picture_field(open, &app.settings);
        let words = document::text_field(open, &app.settings);
        if self.of.0 != app.document.generation || self.of.1.as_deref() != field || self.of.2.as_deref() != words {
            self.of = (app.document.generation, field.map(str::to_owned), words.map(str::to_owned));
            self.refs.clear();
            self.words.clear();
        }
        let reference = match self.refs.get(&id) {
            Some(reference) => reference.clone(),
            None => {
                let (Known::Payload(payload), Some(field)) = (app.document.payload(id), field) else {
                    return Picture::None;
                };
                let base = open.collection.payload.as_deref().and_then(std::path::Path::parent);
                let reference = picture_ref(id, payload, field, base);
                self.refs.insert(id, reference.clone());
                reference
            }
        };
        let Some(picture) = reference else { return Picture::None };
        self.get(PictureKey { picture, edge: edge(side), allow_private: allow_private(app, &app.settings) })
    }

    /// The words that stand for a point whose payload is here.
    pub fn words(&mut self, app: &App, id: PointId, payload: &Payload) -> &str {
        let field = app.document.open.as_ref().and_then(|open| document::text_field(open, &app.settings));
        self.words.entry(id).or_insert_with(|| point_text(payload, field).unwrap_or_else(|| format!("Point {id}")))
    }

    /// The picture of a file, such as one that was dropped.
    pub fn of_file(&mut self, path: &std::path::Path, side: f32) -> Picture {
        self.get(PictureKey { picture: PictureRef::File(path.into()), edge: edge(side), allow_private: false })
    }

    fn get(&mut self, key: PictureKey) -> Picture {
        let now = self.frame;
        let ask = match self.slots.get_mut(&key) {
            Some((slot, drawn)) => {
                *drawn = now;
                match slot {
                    Slot::Here(texture) => return Picture::Texture(texture.clone()),
                    Slot::Broken(problem) => return Picture::Broken(problem.clone()),
                    Slot::Asked(asked) if now < *asked + ASK_AGAIN => false,
                    Slot::Asked(asked) => {
                        *asked = now;
                        true
                    }
                }
            }
            None => true,
        };
        if ask && let Some(loader) = &self.loader {
            loader.request(key.clone());
            self.slots.insert(key, (Slot::Asked(now), now));
        }
        Picture::Coming
    }

    /// Lets what could not be had be asked for again.
    pub fn retry(&mut self) {
        self.slots.retain(|_, (slot, _)| !matches!(slot, Slot::Broken(_)));
        if let Some(loader) = &self.loader {
            loader.forget_failures();
        }
    }
}

fn allow_private(app: &App, settings: &Settings) -> bool {
    let known = app.document.open.as_ref().and_then(|open| settings.of(&open.collection));
    known.is_some_and(|known| known.allow_private)
}

/// The smallest size that pictures are made in and that is not smaller than what is drawn.
fn edge(side: f32) -> u32 {
    EDGES.into_iter().find(|edge| *edge as f32 >= side).unwrap_or(EDGES[EDGES.len() - 1])
}

fn texture(ctx: &Context, pixels: &RgbaPixels) -> TextureHandle {
    let size = [pixels.width as usize, pixels.height as usize];
    // Opaque, so that premultiplied and plain are the same.
    let image = ColorImage::from_rgba_premultiplied(size, &pixels.rgba);
    ctx.load_texture("picture", image, TextureOptions::LINEAR)
}

fn bytes_of(texture: &TextureHandle) -> usize {
    let [width, height] = texture.size();
    width * height * 4
}
