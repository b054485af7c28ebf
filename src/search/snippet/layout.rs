//! Lines of bearable length.

/// Characters in a line, about.
const WIDTH: usize = 100;
/// A step to the right.
pub(super) const STEP: &str = "    ";

/// Moves all lines but the first to the right.
pub(super) fn indented(text: &str) -> String {
    text.replace('\n', &format!("\n{STEP}"))
}

/// `open` and the items and `close`: in one line where they fit, otherwise each item on its own.
pub(super) fn group(open: &str, items: &[String], close: &str, last_comma: bool) -> String {
    let line = format!("{open}{}{close}", items.join(", "));
    if !line.contains('\n') && line.len() <= WIDTH - 20 {
        return line;
    }
    // A last one that stands for the rest takes none.
    let last_comma = last_comma && items.last().is_none_or(|item| !item.starts_with(".."));
    let comma = if last_comma { "," } else { "" };
    let (open, close) = (open.trim_end(), close.trim_start());
    let items: Vec<String> = items.iter().map(|item| format!("{STEP}{}", indented(item))).collect();
    format!("{open}\n{}{comma}\n{close}", items.join(",\n"))
}

/// A list of numbers or names, as many in a line as fit.
pub(super) fn numbers<T: std::fmt::Display>(open: &str, values: impl IntoIterator<Item = T>, close: &str) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    let line = format!("{open}{}{close}", values.join(", "));
    if line.len() <= WIDTH - 20 {
        return line;
    }
    let mut text = format!("{open}\n{STEP}");
    let mut width = STEP.len();
    for (at, value) in values.iter().enumerate() {
        if at > 0 && width + value.len() + 2 > WIDTH - 20 {
            text += &format!("\n{STEP}");
            width = STEP.len();
        }
        let rest = if at + 1 < values.len() { ", " } else { "" };
        text += &format!("{value}{rest}");
        width += value.len() + 2;
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n{close}", lines.join("\n"))
}

/// A number with as many digits as make it what it is, which JSON, Rust and Python all read.
pub(super) fn float(value: f32) -> String {
    format!("{value:?}")
}

/// A text in double quotes, which JSON, Rust and Python all read.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
