//! Features as they are typed: `12 AND NOT "red soup" > 0.2`. Which of the words are names, and what a word that is half
//! typed may become. What it all means is read by [`Expression`](crate::search::Expression).

use std::ops::Range;

use crate::app::App;
use crate::app::actions::fits;

/// Names that are offered at once.
const OFFERED: usize = 8;

/// A piece of what is typed.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    /// A name, or words that should be one; without its quotes.
    Name(String),
    /// An index.
    Index(usize),
    /// A name whose closing quote is not typed yet.
    Open(String),
    /// AND, OR, NOT, brackets, a comparison with its number.
    Other,
}

/// The pieces with their places.
fn pieces(text: &str) -> Vec<(Range<usize>, Piece)> {
    let mut pieces: Vec<(Range<usize>, Piece)> = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut compared = false;
    while let Some((start, letter)) = rest.next() {
        if letter.is_whitespace() {
            continue;
        }
        if letter == '"' {
            let mut end = text.len();
            let mut closed = false;
            for (at, letter) in rest.by_ref() {
                if letter == '"' {
                    (end, closed) = (at, true);
                    break;
                }
            }
            let name = text[start + 1..end].to_owned();
            let piece = if closed { Piece::Name(name) } else { Piece::Open(name) };
            pieces.push((start..if closed { end + 1 } else { end }, piece));
            compared = false;
            continue;
        }
        if "()<>=".contains(letter) {
            pieces.push((start..start + 1, Piece::Other));
            compared = "<>=".contains(letter);
            continue;
        }
        let mut end = start + letter.len_utf8();
        while let Some((at, letter)) = rest.peek().copied() {
            if letter.is_whitespace() || "()<>=\"".contains(letter) {
                break;
            }
            end = at + letter.len_utf8();
            rest.next();
        }
        let word = &text[start..end];
        let piece = if compared || ["AND", "OR", "NOT"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
            Piece::Other
        } else if let Ok(index) = word.parse() {
            Piece::Index(index)
        } else {
            Piece::Name(word.to_owned())
        };
        compared = false;
        // Words beside each other are one name.
        match (pieces.last_mut(), &piece) {
            (Some((before, Piece::Name(name))), Piece::Name(_)) if !text[..before.end].ends_with('"') => {
                before.end = end;
                *name = text[before.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
            }
            _ => pieces.push((start..end, piece)),
        }
    }
    pieces
}

/// The feature of that name, whatever its capitals.
pub fn named(app: &App, name: &str) -> Option<usize> {
    let wanted = name.to_lowercase();
    app.document.names().find(|(_, known)| known.to_lowercase() == wanted).map(|(index, _)| index)
}

/// What the last word of a text may become.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    /// The features whose names fit, or whose index is typed, the best first.
    pub features: Vec<usize>,
    /// Where the word begins.
    pub from: usize,
}

/// What the word at the end of a text may become; nothing where the text ends with something else.
pub fn complete(app: &App, text: &str) -> Completion {
    let ended = text.ends_with(char::is_whitespace) || text.ends_with('"');
    let Some((place, piece)) = pieces(text).pop() else { return Completion::default() };
    let typed = match piece {
        Piece::Open(name) => name,
        Piece::Name(name) if !ended => name,
        Piece::Index(index) if !ended => index.to_string(),
        _ => return Completion::default(),
    };
    Completion { features: matching(app, typed.trim()), from: place.start }
}

/// The features that a few letters or figures fit, the best first.
pub fn matching(app: &App, typed: &str) -> Vec<usize> {
    let Some(open) = app.document.encoder() else { return Vec::new() };
    let outputs = open.encoder.outputs();
    let mut found: Vec<usize> = typed.parse().ok().filter(|index| *index < outputs).into_iter().collect();
    if typed.is_empty() {
        // Those that the person has marked, and then those with names.
        let pinned = app.document.notes.iter().flat_map(|notes| notes.notes.pins.iter().copied());
        found.extend(pinned.take(OFFERED));
        let named: Vec<usize> = app.document.names().map(|(index, _)| index).take(2 * OFFERED).collect();
        found.extend(named.into_iter().filter(|index| !app.document.is_pinned(*index)));
    } else {
        let mut named: Vec<(i32, usize)> =
            app.document.names().filter_map(|(index, name)| Some((fits(name, typed)?, index))).collect();
        named.sort_by_key(|(score, index)| (-score, *index));
        found.extend(named.into_iter().map(|(_, index)| index).filter(|index| Some(*index) != typed.parse().ok()));
    }
    found.truncate(OFFERED);
    found
}

/// A text whose last word has become a feature.
pub fn completed(app: &App, text: &str, from: usize, feature: usize) -> String {
    let head = text.get(..from).unwrap_or_default();
    // Two features may have the same name, and then only the index tells them apart.
    let name = app.document.name(feature).filter(|name| !name.contains('"') && named(app, name) == Some(feature));
    match name {
        Some(name) => format!("{head}\"{name}\" "),
        None => format!("{head}{feature} "),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_beside_each_other_are_one_name_and_numbers_behind_a_sign_are_none() {
        let read = |text: &str| pieces(text).into_iter().map(|(_, piece)| piece).collect::<Vec<_>>();
        let name = |text: &str| Piece::Name(text.into());
        assert_eq!(
            read("12 AND NOT \"red soup\" > 0.2"),
            [Piece::Index(12), Piece::Other, Piece::Other, name("red soup"), Piece::Other, Piece::Other]
        );
        assert_eq!(read("red   soup or (cake"), [name("red soup"), Piece::Other, Piece::Other, name("cake")]);
        assert_eq!(read("3 and \"red so"), [Piece::Index(3), Piece::Other, Piece::Open("red so".into())]);
        assert_eq!(pieces("3 and red so").last().map(|(place, _)| place.start), Some(6));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(text in "(?s).{0,60}") {
            let pieces = pieces(&text);
            for pair in pieces.windows(2) {
                prop_assert!(pair[0].0.end <= pair[1].0.start);
            }
            prop_assert!(pieces.iter().all(|(place, _)| text.get(place.clone()).is_some()));
        }
    }
}
