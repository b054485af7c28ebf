//! Pictures that are in no file: pasted ones, and the demo's drawings.

use std::sync::Arc;

use super::card::Pixels;
use crate::demo::{self, artist};
use crate::error::{Error, Result};
use crate::picture::{self, Limits};

/// Pixels on the longer edge that a picture without a file keeps at most: more than any model looks at.
pub const WHOLE: u32 = 1024;
/// Pixels on the longer edge of its copy for the screen.
pub const SMALL: u32 = 512;

/// A picture of the clipboard, as the window has it. Its bytes are only taken on a worker.
pub trait Clip: Send + Sync + std::fmt::Debug {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);
    /// Red, green, blue and alpha of each pixel, not premultiplied, by rows from the top left on.
    fn rgba(&self) -> Vec<u8>;
}

/// A picture to make ready.
#[derive(Clone, Debug)]
pub enum Raw {
    /// From the clipboard.
    Clip(Arc<dyn Clip>),
    /// A kind that the demo's artist draws.
    Drawing(&'static str),
}

/// Makes a picture ready; a drawing comes with its name.
pub(in crate::app) fn prepare(raw: &Raw, name: &str) -> Result<(Pixels, Option<String>)> {
    let (picture, name) = match raw {
        Raw::Clip(clip) => {
            let (width, height) = clip.size();
            (picture::from_rgba(width, height, clip.rgba(), name, &Limits::default())?, None)
        }
        Raw::Drawing(kind) => {
            let kind = artist::kinds().find(|known| known.name == *kind);
            let kind = kind.ok_or_else(|| Error::setting(format!("the artist knows no {name}")))?;
            let drawing = demo::fresh(kind, 0);
            (drawing.picture, Some(demo::short_caption(&drawing.factors).to_owned()))
        }
    };
    let long = picture.width().max(picture.height());
    let whole = Arc::new(if long > WHOLE { picture::small(&picture, WHOLE) } else { picture });
    let small = if long > SMALL { Arc::new(picture::small(&whole, SMALL)) } else { whole.clone() };
    Ok((Pixels { whole, small }, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Grey(u32, u32);

    impl Clip for Grey {
        fn size(&self) -> (u32, u32) {
            (self.0, self.1)
        }

        fn rgba(&self) -> Vec<u8> {
            [100, 100, 100, 255].repeat((self.0 * self.1) as usize)
        }
    }

    #[test]
    fn a_large_pasted_picture_is_kept_smaller_and_a_small_one_as_it_is() {
        for (size, whole, small) in [
            ((3000, 1500), (1024, 512), (512, 256)),
            ((700, 100), (700, 100), (512, 73)),
            ((20, 30), (20, 30), (20, 30)),
        ] {
            let (pixels, name) = prepare(&Raw::Clip(Arc::new(Grey(size.0, size.1))), "pasted").unwrap();
            assert_eq!((pixels.whole.dimensions(), pixels.small.dimensions(), name), (whole, small, None));
            assert!(pixels.whole.pixels().all(|p| p.0 == [100; 3]));
        }
    }

    #[test]
    fn the_demos_drawings_come_with_their_captions() {
        for kind in demo::INSPECTED {
            let (pixels, name) = prepare(&Raw::Drawing(kind), kind).unwrap();
            assert_eq!(pixels.whole.dimensions(), (demo::SIZE, demo::SIZE));
            assert!(name.unwrap().contains(kind));
        }
        assert!(prepare(&Raw::Drawing("unicorn"), "unicorn").is_err());
    }
}
