//! Tables in files: CSV for spreadsheets, JSON lines for programs.
//!
//! A table has columns of its own and, row by row, payloads. In CSV each field of a payload is a column, too; in JSON
//! lines the payload is an object in the row, exactly as it is in the collection.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use super::{InspectAnswer, Verdict};
use crate::atomic_file::AtomicFile;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::source::{Payload, PointId};

/// Rows that are written before the person is asked again whether to go on.
const ROWS: usize = 1_000;

/// A value of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// No value.
    Empty,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A number; NaN and infinity are written as no value.
    Number(f64),
    /// A number of single precision, written with no more digits than it has.
    Single(f32),
    /// Yes or no.
    Flag(bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<PointId> for Cell {
    fn from(id: PointId) -> Self {
        match id {
            PointId::Num(number) => Self::Whole(number),
            PointId::Uuid(_) => Self::Text(id.to_string()),
        }
    }
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRow {
    /// A value for each of the table's own columns; those at the end may be left out.
    pub cells: Vec<Cell>,
    /// The payload of the point that the row is about, or nothing.
    pub payload: Payload,
}

/// A table to write to a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportTable {
    /// The names of the table's own columns, each once.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<ExportRow>,
}

impl ExportTable {
    /// A table without rows.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, cells: Vec<Cell>, payload: Payload) {
        self.rows.push(ExportRow { cells, payload });
    }

    /// Points with one value each, such as those of a feature with their activations: the columns `id` and `value`.
    pub fn of_points(value: &str, points: impl IntoIterator<Item = (PointId, f32, Payload)>) -> Self {
        let mut table = Self::new(["id", value]);
        for (id, number, payload) in points {
            table.push(vec![id.into(), Cell::Single(number)], payload);
        }
        table
    }

    /// Inspected inputs: verdict, confidence and percentile, winner and probability of each block, and the sparse vector
    /// as JSON.
    pub fn of_inspected(answer: &InspectAnswer) -> Self {
        let blocks = answer.items.iter().map(|item| item.blocks.len()).max().unwrap_or(0);
        let mut table = Self::new(["input", "verdict", "confidence", "percentile", "cutoff", "sparse"]);
        for b in 0..blocks {
            table.columns.extend([format!("block_{b}_winner"), format!("block_{b}_probability")]);
        }
        for item in &answer.items {
            let verdict = match item.verdict {
                Verdict::Fits => "fits",
                Verdict::Outlier => "outlier",
            };
            // A map of numbers always has a JSON form.
            let sparse = serde_json::to_string(&item.sparse).unwrap_or_default();
            let mut cells = vec![
                item.input.as_str().into(),
                verdict.into(),
                Cell::Single(item.confidence),
                Cell::Number(item.percentile),
                Cell::Single(item.cutoff),
                Cell::Text(sparse),
            ];
            for block in &item.blocks {
                cells.extend([Cell::Whole(block.winner as u64), Cell::Single(block.probability)]);
            }
            table.push(cells, item.payload.clone());
        }
        table
    }

    /// The fields of the payloads, sorted, each with the name of its column in CSV: its own, unless a column of the table
    /// has that name.
    fn fields(&self) -> BTreeMap<&str, String> {
        let fields: BTreeSet<&str> = self.rows.iter().flat_map(|row| row.payload.keys()).map(String::as_str).collect();
        let taken = |name: &str| self.columns.iter().any(|column| column == name);
        let named = |field: &&str| {
            let mut name = (*field).to_owned();
            while taken(&name) || (name != **field && fields.contains(name.as_str())) {
                name = format!("payload.{name}");
            }
            name
        };
        fields.iter().map(|field| (*field, named(field))).collect()
    }
}

/// Writes a table as CSV (RFC 4180: UTF-8, commas, CRLF, quotes where needed) with a line of column names. Lists and
/// objects of a payload are written as JSON, and no value as nothing.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe before it: one that begins with `=`, `+`, `-`,
/// `@`, a tab or a line break, and is no number. Payloads come from anywhere, and a formula may send the rest of the
/// table away when the file is opened. [`write_jsonl`] leaves every text as it is.
pub fn write_csv(
    path: impl AsRef<Path>,
    table: &ExportTable,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<()> {
    let fields = table.fields();
    let mut line = String::new();
    let names = table.columns.iter().chain(fields.values());
    let header = csv_line(&mut line, names.map(|name| csv_text(name))).to_owned();
    write(path.as_ref(), Some(&header), table, control, reporter, |row, file| {
        let own = (0..table.columns.len()).map(|i| row.cells.get(i).map(csv_cell).unwrap_or_default());
        let payload = fields.keys().map(|field| row.payload.get(*field).map(csv_value).unwrap_or_default());
        file.write_all(csv_line(&mut line, own.chain(payload)).as_bytes())
    })
}

/// Writes a table as JSON lines: an object for each row, with the table's columns and, where there is one, `payload`.
pub fn write_jsonl(
    path: impl AsRef<Path>,
    table: &ExportTable,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<()> {
    write(path.as_ref(), None, table, control, reporter, |row, file| {
        serde_json::to_writer(&mut *file, &JsonRow { columns: &table.columns, row })?;
        file.write_all(b"\n")
    })
}

fn write(
    path: &Path,
    header: Option<&str>,
    table: &ExportTable,
    control: &Control,
    reporter: &mut Reporter,
    mut row: impl FnMut(&ExportRow, &mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    control.check_whole()?;
    reporter.stage(format!("writing {}", path.display()), "rows", Some(table.rows.len() as u64));
    let mut target = AtomicFile::create(path)?;
    let mut file = BufWriter::new(target.file());
    file.write_all(header.unwrap_or_default().as_bytes()).map_err(Error::io(path))?;
    for rows in table.rows.chunks(ROWS) {
        control.check_whole()?;
        rows.iter().try_for_each(|r| row(r, &mut file)).map_err(Error::io(path))?;
        reporter.advance(rows.len() as u64);
    }
    file.flush().map_err(Error::io(path))?;
    drop(file);
    target.commit()
}

/// Fields that are quoted already, as a line.
fn csv_line(line: &mut String, fields: impl Iterator<Item = String>) -> &str {
    line.clear();
    let mut count = 0;
    for field in fields {
        if count > 0 {
            line.push(',');
        }
        line.push_str(&field);
        count += 1;
    }
    if count == 1 && line.is_empty() {
        // An empty line would be taken for none.
        line.push_str("\"\"");
    }
    line.push_str("\r\n");
    line
}

fn csv_cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => csv_text(text),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        Cell::Single(number) if number.is_finite() => number.to_string(),
        Cell::Number(_) | Cell::Single(_) => String::new(),
        Cell::Flag(flag) => flag.to_string(),
    }
}

fn csv_value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv_text(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => csv_text(&value.to_string()),
    }
}

/// A text as a field of CSV.
pub(super) fn csv_text(text: &str) -> String {
    let number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !number();
    let guard = if formula { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

/// A row as an object, its columns in their order.
struct JsonRow<'a> {
    columns: &'a [String],
    row: &'a ExportRow,
}

impl Serialize for JsonRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for (i, column) in self.columns.iter().enumerate() {
            object.serialize_entry(column, self.row.cells.get(i).unwrap_or(&Cell::Empty))?;
        }
        if !self.row.payload.is_empty() {
            object.serialize_entry("payload", &self.row.payload)?;
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn payload(value: Value) -> Payload {
        value.as_object().unwrap().clone()
    }

    fn csv(table: &ExportTable) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/t.csv");
        write_csv(&path, table, &Control::new(), &mut Reporter::silent()).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    fn jsonl(table: &ExportTable) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        write_jsonl(&path, table, &Control::new(), &mut Reporter::silent()).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    /// Reads CSV as RFC 4180 says, strictly.
    fn parse(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
        let mut chars = text.chars().peekable();
        while chars.peek().is_some() {
            if chars.next_if_eq(&'"').is_some() {
                loop {
                    match chars.next().expect("the quote is closed") {
                        '"' if chars.next_if_eq(&'"').is_some() => field.push('"'),
                        '"' => break,
                        c => field.push(c),
                    }
                }
            } else {
                while let Some(c) = chars.next_if(|c| !matches!(c, ',' | '\r' | '\n')) {
                    assert_ne!(c, '"', "a quote inside an unquoted field");
                    field.push(c);
                }
            }
            row.push(std::mem::take(&mut field));
            match chars.next().expect("the last line ends, too") {
                ',' => {}
                '\r' => {
                    assert_eq!(chars.next(), Some('\n'));
                    rows.push(std::mem::take(&mut row));
                }
                c => panic!("{c:?} after a field"),
            }
        }
        assert!(row.is_empty(), "the last line ends, too");
        rows
    }

    #[test]
    fn fields_of_all_payloads_are_columns_and_json_keeps_them_as_they_are() {
        let id: PointId = "00000000-0000-4000-8000-000000000001".parse().unwrap();
        let table = ExportTable::of_points(
            "activation",
            [
                (
                    PointId::Num(7),
                    0.1,
                    payload(json!({ "label": "pizza, large", "n": -3, "deep": { "a": [1, null] } })),
                ),
                (id, f32::NAN, payload(json!({ "id": "mine", "yes": true, "none": null }))),
                (PointId::Num(u64::MAX), 1.0, Payload::new()),
            ],
        );
        assert_eq!(
            csv(&table),
            "id,activation,deep,payload.id,label,n,none,yes\r\n\
             7,0.1,\"{\"\"a\"\":[1,null]}\",,\"pizza, large\",-3,,\r\n\
             00000000-0000-4000-8000-000000000001,,,mine,,,,true\r\n\
             18446744073709551615,1,,,,,,\r\n"
        );
        let lines = jsonl(&table);
        let lines: Vec<&str> = lines.lines().collect();
        assert!(lines[0].starts_with("{\"id\":7,\"activation\":0.1,\"payload\":{"), "{}", lines[0]);
        let read: Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(read["payload"]["label"], "pizza, large");
        let second: Value = serde_json::from_str(lines[1]).unwrap();
        assert_eq!((&second["activation"], &second["payload"]["id"]), (&Value::Null, &json!("mine")));
        assert_eq!(lines[2], "{\"id\":18446744073709551615,\"activation\":1.0}");
    }

    #[test]
    fn what_would_be_a_formula_gets_an_apostrophe_in_csv_alone() {
        let texts = ["=1+1", "+49 30", "-x", "@a", "\tb", "-5", "+1e3", "a=b", "'=", "=a,\"b\"", "-inf", ""];
        let guarded = ["'=1+1", "'+49 30", "'-x", "'@a", "'\tb", "-5", "+1e3", "a=b", "'=", "'=a,\"b\"", "'-inf", ""];
        let mut table = ExportTable::new(["=name"]);
        texts.iter().for_each(|text| table.push(vec![(*text).into()], Payload::new()));
        let read: Vec<String> = parse(&csv(&table)).into_iter().map(|mut row| row.remove(0)).collect();
        assert_eq!(read[0], "'=name");
        assert_eq!(read[1..], guarded);
        let lines = jsonl(&table);
        for (line, text) in lines.lines().zip(texts) {
            assert_eq!(serde_json::from_str::<Value>(line).unwrap(), json!({ "=name": text }));
        }
        // Fields come from anywhere as well.
        let mut table = ExportTable::new(["id"]);
        table.push(vec![Cell::Flag(true)], payload(json!({ "=cmd": "=x", "list": ["=y"] })));
        assert_eq!(csv(&table), "id,'=cmd,list\r\ntrue,'=x,\"[\"\"=y\"\"]\"\r\n");
    }

    #[test]
    fn names_that_are_taken_give_way_and_rows_may_be_short() {
        let mut table = ExportTable::new(["id", "payload.id"]);
        table.push(vec![Cell::Whole(1)], payload(json!({ "id": "a", "payload.payload.id": "b" })));
        assert_eq!(csv(&table).lines().next().unwrap(), "id,payload.id,payload.payload.payload.id,payload.payload.id");
        assert_eq!(parse(&csv(&table))[1], ["1", "", "a", "b"]);
        assert!(jsonl(&table).starts_with("{\"id\":1,\"payload.id\":null,"));
        assert_eq!(csv(&ExportTable::new(["id"])), "id\r\n");
        assert_eq!(jsonl(&ExportTable::new(["id"])), "");
    }

    #[test]
    fn a_cancelled_export_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "before").unwrap();
        let control = Control::new();
        control.cancel();
        let table = ExportTable::new(["id"]);
        assert!(matches!(write_csv(&path, &table, &control, &mut Reporter::silent()), Err(Error::Cancelled)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    proptest! {
        /// Whatever texts there are, a strict reader finds as many rows and columns, and the same texts but for the guard.
        #[test]
        fn every_text_comes_back(texts in prop::collection::vec((any::<String>(), "[=,\"\r\n '+-]{0,4}"), 1..20)) {
            let mut table = ExportTable::new(["one", "two"]);
            for (one, two) in &texts {
                table.push(vec![one.as_str().into(), Cell::Empty], payload(json!({ "text": two })));
            }
            let rows = parse(&csv(&table));
            prop_assert_eq!(rows.len(), texts.len() + 1);
            for (row, (one, two)) in rows[1..].iter().zip(&texts) {
                prop_assert_eq!(row.len(), 3);
                for (read, text) in [(&row[0], one), (&row[2], two)] {
                    prop_assert!(read == text || read.strip_prefix('\'') == Some(text), "{:?} {:?}", read, text);
                    prop_assert!(!read.starts_with(['=', '@', '\t', '\r', '\n']));
                }
            }
        }
    }
}
