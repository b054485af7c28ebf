//! Names that people give to things, such as runs and features.

use crate::error::{Error, Result};

/// The longest name, in characters.
pub(crate) const LONGEST: usize = 120;

/// The name without blanks around it; it may be empty. Fails where it is too long or holds a control character, such
/// as a line break. `what` is what it names.
pub(crate) fn checked<'a>(what: &str, text: &'a str) -> Result<&'a str> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Error::setting(format!("the name of {what} must be one line without control characters")));
    }
    let length = text.chars().count();
    if length > LONGEST {
        return Err(Error::setting(format!(
            "the name of {what} must have at most {LONGEST} characters, and this one has {length}"
        )));
    }
    Ok(text)
}

/// A text as a name: on one line, without control characters, and cut off with an ellipsis where it is too long.
pub(crate) fn shortened(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let head: String = line.chars().take(LONGEST - 1).collect();
    format!("{}…", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_bearable_length() {
        assert_eq!(checked("it", "  soups, hot \n").unwrap(), "soups, hot");
        assert_eq!(checked("it", " \t").unwrap(), "");
        let longest = "ä".repeat(LONGEST);
        assert_eq!(checked("it", &longest).unwrap(), longest);
        for bad in [format!("{longest}x"), "two\nlines".into(), "a bell\u{7}".into()] {
            assert!(checked("it", &bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn any_text_can_be_made_a_name() {
        for (text, name) in [("soups", "soups"), (" two\nlines\u{7} ", "two lines"), ("", "")] {
            assert_eq!(shortened(text), name);
        }
        let long = shortened(&"ä ".repeat(LONGEST));
        assert!(checked("it", &long).is_ok() && long.ends_with('…'), "{long}");
    }
}
