//! Pictures: found in folders, read from their files, made small for models and for the screen, known by their content.
//!
//! ```text
//! gather -> read -> prepare -> (a model)
//!              \--> thumbnails
//! (a payload) -> locate -> loader -> (a window)
//! ```
//!
//! Every picture is 8-bit RGB from here on, the right way up, over white where it was transparent. Colour profiles are
//! not applied, as the models' own preparation does not apply them either.

mod fetch;
mod gather;
mod guess;
mod loader;
mod locate;
mod read;
mod shrink;
mod thumbnails;

#[cfg(test)]
mod tests;

pub use gather::{EXTENSIONS, Found, Gathered, digest, gather, gather_all, point_id};
pub use guess::{guess_picture_field, guess_text_field, point_text};
pub use loader::{Loaded, Loader, LoaderSettings, PictureKey, RgbaPixels};
pub use locate::{Inline, PictureRef, picture_ref};
pub use read::{Limits, Picture, from_bytes, from_rgba, read, read_bytes};
pub use shrink::{prepare, resize};
pub use thumbnails::{Thumbnails, default_folder, small};
