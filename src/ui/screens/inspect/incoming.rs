//! What comes in from outside: files that are dropped, and what is pasted.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{ColorImage, Context, Event};

use crate::app::inspect::{Clip, Command, Texts};
use crate::app::{App, Command as Any, Screen, search};
use crate::ui::Cx;

/// A picture of the clipboard.
struct Pasted(Arc<ColorImage>);

impl std::fmt::Debug for Pasted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pasted({} x {})", self.0.size[0], self.0.size[1])
    }
}

impl Clip for Pasted {
    fn size(&self) -> (u32, u32) {
        (self.0.size[0] as u32, self.0.size[1] as u32)
    }

    fn rgba(&self) -> Vec<u8> {
        self.0.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect()
    }
}

/// What was pasted in this frame: a picture is inspected (on the search screen searched by) whatever has the keyboard, paths of files where nothing is being
/// typed. Any other text goes to the field for texts, on the screen where it is and can be used. Gives the files.
pub fn pasted(ctx: &Context, app: &App, cx: &mut Cx) -> Vec<PathBuf> {
    if app.view.dialog.is_some() {
        return Vec::new();
    }
    let typing = ctx.egui_wants_keyboard_input();
    let events: Vec<Event> = ctx.input(|input| {
        input.events.iter().filter(|e| matches!(e, Event::Paste(_) | Event::PasteImage(_))).cloned().collect()
    });
    let mut files = Vec::new();
    for event in events {
        match event {
            Event::PasteImage(picture) => {
                let clip = Arc::new(Pasted(picture));
                cx.push(match app.view.place.screen {
                    Screen::Search if app.document.open.is_some() => Any::Search(search::Command::Paste(clip)),
                    _ => Any::Inspect(Command::Paste(clip)),
                });
            }
            Event::Paste(text) if !typing => match paths(&text) {
                Some(paths) => files.extend(paths),
                None if app.view.place.screen == Screen::Inspect && *app.inspect.texts() == Texts::Yes => {
                    cx.push(Any::Inspect(Command::EditText(text.split_whitespace().collect::<Vec<_>>().join(" "))));
                }
                None if app.view.place.screen == Screen::Search && *app.inspect.texts() == Texts::Yes => {
                    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    cx.push(Any::Search(search::Command::Edit(search::Edit::Text(text))));
                }
                None => {}
            },
            _ => {}
        }
    }
    files
}

/// The files that a text names, one a line: by their whole paths, or as `file://` addresses. None where any line names
/// none. Whether they are there is not looked at.
fn paths(text: &str) -> Option<Vec<PathBuf>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let paths: Option<Vec<PathBuf>> = lines.map(path).collect();
    paths.filter(|paths| !paths.is_empty())
}

fn path(line: &str) -> Option<PathBuf> {
    let path = match line.strip_prefix("file://") {
        Some(rest) => {
            let from = rest.find('/')?;
            let path = decoded(&rest[from..])?;
            // An address has a slash before the letter of a drive.
            match path.as_bytes() {
                [b'/', letter, b':', ..] if letter.is_ascii_alphabetic() => PathBuf::from(&path[1..]),
                _ => PathBuf::from(path),
            }
        }
        None => PathBuf::from(line.trim_matches('"')),
    };
    (path.is_absolute() && path.file_name().is_some()).then_some(path)
}

/// What an address means where it says %20 and the like.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses_of_files_are_known_from_other_texts() {
        for (text, files) in [
            ("/a/b.png", vec!["/a/b.png"]),
            ("\"/a/b c.png\"", vec!["/a/b c.png"]),
            ("file:///a/b%20c.png\r\nfile://localhost/d%C3%A4.jpg\n", vec!["/a/b c.png", "/dä.jpg"]),
        ] {
            assert_eq!(paths(text), Some(files.into_iter().map(PathBuf::from).collect()), "{text}");
        }
        for text in ["", " \n", "a pizza", "b.png", "https://host/a.png", "/a/b.png\nand more", "file://%zz", "/"] {
            assert_eq!(paths(text), None, "{text}");
        }
    }

    #[test]
    fn a_pasted_picture_is_given_out_as_it_was_copied() {
        let image = ColorImage::from_rgba_unmultiplied([2, 1], &[200, 100, 50, 255, 10, 20, 30, 0]);
        let pasted = Pasted(Arc::new(image));
        assert_eq!((pasted.size(), &pasted.rgba()[..4]), ((2, 1), &[200, 100, 50, 255][..]));
        assert_eq!(pasted.rgba()[7], 0, "where it was transparent it still is");
    }
}
