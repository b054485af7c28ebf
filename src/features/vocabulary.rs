//! Words that features can be named by, through a text encoder.

use std::collections::HashSet;
use std::path::Path;

use crate::error::{Error, Result};
use crate::label;

/// The vocabulary that ships with the program: plain English for what things are, what they are like and where they are.
const SHIPPED: &str = include_str!("../../assets/vocabulary.txt");

/// Words that a list has at most.
const MOST: usize = 100_000;

/// The words that ship with the program.
pub fn shipped() -> Vec<String> {
    parse(SHIPPED)
}

/// The words of a person's list: a word or a phrase on each line. Fails where the file cannot be read, is no text, or has
/// fewer than two words: a word is only told by others.
pub fn read(path: &Path) -> Result<Vec<String>> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8(bytes).map_err(|_| Error::file(path, "is no text in UTF-8"))?;
    let words = parse(&text);
    match words.len() {
        0 | 1 => Err(Error::file(path, "holds fewer than two words, and each is told by the others; one a line")),
        n if n > MOST => Err(Error::file(path, format!("holds {n} words, and at most {MOST} are taken"))),
        _ => Ok(words),
    }
}

/// One word or phrase a line; lines that are empty or begin with # say nothing. A word that comes again is left out,
/// whatever its case.
fn parse(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let words = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(label::shortened);
    words.filter(|word| !word.is_empty() && seen.insert(word.to_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_word_a_line_each_once() {
        assert_eq!(
            parse("\u{feff}# food\nred soup\r\n\n  cake \nCake\n# more\nfire truck"),
            ["red soup", "cake", "fire truck"]
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.txt");
        std::fs::write(&file, "one\n# two\n").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("fewer than two words"));
        std::fs::write(&file, [0xff, 0xfe, 0]).unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("no text"));
        assert!(read(&folder.path().join("none.txt")).is_err());
    }

    #[test]
    fn the_shipped_words_are_many_plain_and_each_there_once() {
        let lines: Vec<&str> = SHIPPED.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        assert_eq!(lines, shipped(), "no word twice, and no blanks around one");
        assert!((2_000..4_000).contains(&lines.len()), "{}", lines.len());
        for word in lines {
            let plain = word.chars().all(|c| c.is_ascii_lowercase() || c == ' ' || c == '-');
            assert!(plain && word.split(' ').count() <= 4 && (2..=24).contains(&word.len()), "{word:?}");
        }
    }
}
