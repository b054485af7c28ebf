//! The table of an evaluation as it is shown: some of its figures, as lines and columns that can be ordered and copied.

use std::cmp::Ordering;

use crate::count::grouped;
use crate::evaluate::table::{EvaluationTable, Measure, OutlierBy, Recall, Row, RowKind, Spread};

/// Which figures are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The most telling ones.
    #[default]
    Overview,
    /// What is found among the best by a code, each way of comparing a line.
    Retrieval,
    /// What labels say of features and codes.
    Labels,
    /// What a code keeps of the vector, by its size.
    Codes,
    /// What tells outliers.
    Outliers,
}

impl View {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Overview, Self::Retrieval, Self::Labels, Self::Codes, Self::Outliers];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Retrieval => "Retrieval",
            Self::Labels => "Labels",
            Self::Codes => "Codes",
            Self::Outliers => "Outliers",
        }
    }

    /// What it shows.
    pub fn about(self) -> &'static str {
        match self {
            Self::Overview => "Features, agreement between blocks and seeds, and the best of the other figures",
            Self::Retrieval => "How much of the exact top 10 is found by a code, and what the code costs",
            Self::Labels => "What the labels of the points say of features and codes",
            Self::Codes => "What the decoder makes of a code, whole and cut to its strongest entries",
            Self::Outliers => "How well scores tell labels that were held out, or known outliers, from the rest",
        }
    }
}

/// A heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// A word or three.
    pub title: String,
    /// What the figure is.
    pub about: &'static str,
    /// Whether larger is better; none where neither is.
    pub larger: Option<bool>,
    /// How a figure is written.
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// A word.
    Word,
    /// Of 0 to 1, with three decimals.
    Share,
    /// Any number.
    Number,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// It does not apply.
    Empty,
    /// A word.
    Word(String),
    /// A figure.
    Figure(Spread),
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The row of the table that it is of.
    pub row: usize,
    /// Whose figures they are.
    pub name: String,
    /// Whether it is a way without an encoder.
    pub baseline: bool,
    /// A cell for each column.
    pub cells: Vec<Cell>,
}

/// How the lines are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By this column; 0 is the name's.
    pub column: usize,
    /// The largest first.
    pub descending: bool,
}

/// Some figures of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The headings of the cells; the name has none among them.
    pub columns: Vec<Column>,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Sheet {
    /// Some figures of a table, in its order. Columns without any figure are left out.
    pub fn of(table: &EvaluationTable, view: View) -> Self {
        let mut sheet = match view {
            View::Overview => overview(table),
            View::Retrieval => retrieval(table),
            View::Labels => labels(table),
            View::Codes => codes(table),
            View::Outliers => outliers(table),
        };
        let kept: Vec<bool> =
            (0..sheet.columns.len()).map(|i| sheet.lines.iter().any(|line| line.cells[i] != Cell::Empty)).collect();
        let keep = |i: &mut usize| {
            *i += 1;
            kept[*i - 1]
        };
        let mut at = 0;
        sheet.columns.retain(|_| keep(&mut at));
        for line in &mut sheet.lines {
            let mut at = 0;
            line.cells.retain(|_| keep(&mut at));
        }
        if view != View::Overview && view != View::Retrieval {
            sheet.lines.retain(|line| line.cells.iter().any(|cell| *cell != Cell::Empty));
        }
        sheet
    }

    /// Whether it has no figure at all.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() || self.columns.is_empty()
    }

    /// Orders the lines. Cells that do not apply stand last either way.
    pub fn sort(&mut self, sort: Sort) {
        let flip = |order: Ordering| if sort.descending { order.reverse() } else { order };
        self.lines.sort_by(|a, b| match sort.column.checked_sub(1) {
            None => flip(a.name.to_lowercase().cmp(&b.name.to_lowercase())),
            Some(i) => match (&a.cells[i], &b.cells[i]) {
                (Cell::Empty, Cell::Empty) => Ordering::Equal,
                (Cell::Empty, _) => Ordering::Greater,
                (_, Cell::Empty) => Ordering::Less,
                (Cell::Figure(a), Cell::Figure(b)) => flip(a.mean.total_cmp(&b.mean)),
                (Cell::Word(a), Cell::Word(b)) => flip(a.cmp(b)),
                (Cell::Figure(_), Cell::Word(_)) => Ordering::Less,
                (Cell::Word(_), Cell::Figure(_)) => Ordering::Greater,
            },
        });
    }

    /// The best figure of a column among encoders, where there is a better and a worse and more than one encoder.
    pub fn best(&self, column: usize) -> Option<f64> {
        let larger = self.columns.get(column)?.larger?;
        let of_encoders = self.lines.iter().filter(|line| !line.baseline);
        let figures: Vec<f64> = of_encoders
            .filter_map(|line| match &line.cells[column] {
                Cell::Figure(spread) => Some(spread.mean),
                _ => None,
            })
            .collect();
        let best = figures.iter().copied().reduce(|a, b| if larger { a.max(b) } else { a.min(b) })?;
        (figures.len() > 1 && figures.iter().any(|value| *value != best)).then_some(best)
    }

    /// A cell in words: the mean, and the standard deviation where there is one.
    pub fn words(&self, column: usize, cell: &Cell) -> (String, Option<String>) {
        match cell {
            Cell::Empty => (String::new(), None),
            Cell::Word(word) => (word.clone(), None),
            Cell::Figure(spread) => {
                let form = self.columns[column].form;
                (written(form, spread.mean), spread.sd.map(|sd| written(form, sd)))
            }
        }
    }

    fn whole(&self, column: usize, cell: &Cell) -> String {
        match self.words(column, cell) {
            (mean, Some(sd)) => format!("{mean} ± {sd}"),
            (mean, None) => mean,
        }
    }

    /// As a table in Markdown.
    pub fn markdown(&self) -> String {
        let escaped = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let mut out = String::from("| |");
        self.columns.iter().for_each(|column| out.push_str(&format!(" {} |", escaped(&column.title))));
        out.push_str("\n|---|");
        for column in &self.columns {
            out.push_str(if column.form == Form::Word { "---|" } else { "---:|" });
        }
        out.push('\n');
        for line in &self.lines {
            out.push_str(&format!("| {} |", escaped(&line.name)));
            for (i, cell) in line.cells.iter().enumerate() {
                out.push_str(&format!(" {} |", escaped(&self.whole(i, cell))));
            }
            out.push('\n');
        }
        out
    }

    /// As comma-separated values (RFC 4180), all digits kept. Where there are standard deviations they have columns of their
    /// own.
    pub fn csv(&self) -> String {
        let quoted = |text: &str| {
            if text.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.into()
            }
        };
        let spread: Vec<bool> = (0..self.columns.len())
            .map(|i| self.lines.iter().any(|line| matches!(&line.cells[i], Cell::Figure(f) if f.sd.is_some())))
            .collect();
        let mut head = vec!["name".to_owned()];
        for (column, spread) in self.columns.iter().zip(&spread) {
            head.push(quoted(&column.title));
            head.extend(spread.then(|| quoted(&format!("{}, sd", column.title))));
        }
        let mut out = head.join(",") + "\r\n";
        for line in &self.lines {
            let mut values = vec![quoted(&line.name)];
            for (cell, spread) in line.cells.iter().zip(&spread) {
                let (value, sd) = match cell {
                    Cell::Empty => (String::new(), String::new()),
                    Cell::Word(word) => (quoted(word), String::new()),
                    Cell::Figure(f) => (f.mean.to_string(), f.sd.map_or(String::new(), |sd| sd.to_string())),
                };
                values.push(value);
                values.extend(spread.then_some(sd));
            }
            out += &(values.join(",") + "\r\n");
        }
        out
    }
}

fn written(form: Form, value: f64) -> String {
    match form {
        Form::Word | Form::Number if value.abs() >= 100.0 => grouped(value.round() as u64),
        Form::Word | Form::Number => format!("{value:.1}"),
        Form::Share => {
            let text = format!("{value:.3}");
            // Three decimals stand without the zero before them, as everywhere.
            match text.strip_prefix("0.").or_else(|| text.strip_prefix("-0.")) {
                Some(rest) if text.starts_with('-') => format!("-.{rest}"),
                Some(rest) => format!(".{rest}"),
                None => text,
            }
        }
    }
}

fn column(title: &str, about: &'static str, larger: Option<bool>, form: Form) -> Column {
    Column { title: title.into(), about, larger, form }
}

fn measured(measure: Measure) -> Column {
    let form = if measure == Measure::Seconds { Form::Number } else { Form::Share };
    column(measure.title(), about(measure), measure.larger_is_better(), form)
}

fn figure(spread: Option<Spread>) -> Cell {
    spread.map_or(Cell::Empty, Cell::Figure)
}

fn line(place: usize, row: &Row, cells: Vec<Cell>) -> Line {
    Line { row: place, name: row.name.clone(), baseline: row.kind == RowKind::Baseline, cells }
}

fn of_measures(table: &EvaluationTable, measures: &[Measure]) -> Sheet {
    let cells = |row: &Row| measures.iter().map(|measure| figure(row.get(*measure))).collect();
    Sheet {
        columns: measures.iter().map(|measure| measured(*measure)).collect(),
        lines: table.rows.iter().enumerate().map(|(place, row)| line(place, row, cells(row))).collect(),
    }
}

const AT_10: &str = "Share of the exact top 10 among the best 10 by the code";
const AT_1: &str = "Share of the exact top 10 among the best 1 % of the points by the code";
const AT_5: &str = "Share of the exact top 10 among the best 5 % of the points by the code";

fn overview(table: &EvaluationTable) -> Sheet {
    let mut sheet = of_measures(table, &[Measure::Dead, Measure::Perplexity, Measure::Ami, Measure::Reconstruction]);
    let whole = "Share of the exact top 10 among the best 1 % of the points, by the whole code on both sides";
    let best = "The largest share of the exact top 10 among the best 1 % of the points, of all ways of comparing where the \
                query keeps all its digits";
    sheet.columns.push(column("R10@1 %", whole, Some(true), Form::Share));
    sheet.columns.push(column("R10@1 %, asymmetric", best, Some(true), Form::Share));
    for (line, row) in sheet.lines.iter_mut().zip(&table.rows) {
        let of = |asymmetric: bool| {
            let ways = row.recall.iter().filter(move |way| way.asymmetric == asymmetric);
            figure(ways.map(|way| way.at_1_percent).reduce(|a, b| if b.mean > a.mean { b } else { a }))
        };
        line.cells.extend([of(false), of(true)]);
    }
    let rest = of_measures(
        table,
        &[Measure::ProbeAccuracy, Measure::MatchedCorrelation, Measure::MatchedShare, Measure::Seconds],
    );
    sheet.columns.extend(rest.columns);
    for (line, rest) in sheet.lines.iter_mut().zip(rest.lines) {
        line.cells.extend(rest.cells);
    }
    sheet
}

fn retrieval(table: &EvaluationTable) -> Sheet {
    let touched = "Share of all postings in the lists that a query's entries name";
    let columns = vec![
        column("compared by", "How a query and a stored vector are compared", None, Form::Word),
        column("bytes", "Stored bytes a vector, every bit counted: indices and weights", Some(false), Form::Number),
        column("entries", "Stored entries a vector", None, Form::Number),
        column("R10@10", AT_10, Some(true), Form::Share),
        column("R10@1 %", AT_1, Some(true), Form::Share),
        column("R10@5 %", AT_5, Some(true), Form::Share),
        column("postings touched", touched, Some(false), Form::Share),
    ];
    let cells = |way: &Recall| {
        vec![
            Cell::Word(way.title()),
            Cell::Figure(way.bytes),
            figure(way.entries),
            Cell::Figure(way.at_10),
            Cell::Figure(way.at_1_percent),
            Cell::Figure(way.at_5_percent),
            figure(way.touched),
        ]
    };
    let rows = table.rows.iter().enumerate();
    let lines = rows.flat_map(|(place, row)| row.recall.iter().map(move |way| line(place, row, cells(way)))).collect();
    Sheet { columns, lines }
}

fn labels(table: &EvaluationTable) -> Sheet {
    of_measures(
        table,
        &[Measure::Purity, Measure::Silhouette, Measure::ProbeAccuracy, Measure::ProbeMacroF1, Measure::KmeansAri],
    )
}

fn codes(table: &EvaluationTable) -> Sheet {
    let mut sheet = of_measures(table, &[Measure::Reconstruction, Measure::Fvu, Measure::Nmi]);
    let mut sizes: Vec<usize> = table.rows.iter().flat_map(|row| row.sizes.iter().map(|size| size.k)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    for k in sizes {
        let (cosine, ari) = (
            "Mean cosine similarity of the queries and what the decoder makes of that many entries",
            "Adjusted Rand index of the labels and k-means clusters of that many entries",
        );
        sheet.columns.push(column(&format!("cosine at {k}"), cosine, Some(true), Form::Share));
        sheet.columns.push(column(&format!("ARI at {k}"), ari, Some(true), Form::Share));
        for (line, row) in sheet.lines.iter_mut().zip(&table.rows) {
            let size = row.sizes.iter().find(|size| size.k == k);
            line.cells.extend([
                figure(size.and_then(|size| size.kept_cosine)),
                figure(size.and_then(|size| size.kmeans_ari)),
            ]);
        }
    }
    sheet
}

fn outliers(table: &EvaluationTable) -> Sheet {
    let columns = vec![
        column("held out", "The label that was not trained on", None, Form::Word),
        column("by", "The score", None, Form::Word),
        column("AUROC", "Area under the ROC curve: 1 tells all, .5 is chance", Some(true), Form::Share),
        column("FPR at 95 %", "Share of the others that are flagged where 95 % are found", Some(false), Form::Share),
    ];
    let cells = |held_out: &Option<String>, by: OutlierBy, auroc, fpr95| {
        let known = held_out.clone().unwrap_or_else(|| "known outliers".into());
        vec![Cell::Word(known), Cell::Word(by.title().into()), Cell::Figure(auroc), Cell::Figure(fpr95)]
    };
    let rows = table.rows.iter().enumerate();
    let lines = rows.flat_map(|(place, row)| {
        let told = row.outliers.iter();
        told.map(move |told| line(place, row, cells(&told.held_out, told.by, told.auroc, told.fpr95)))
    });
    Sheet { columns, lines: lines.collect() }
}

/// What a measure is.
fn about(measure: Measure) -> &'static str {
    match measure {
        Measure::Dead => "Share of features that win for no point, or are 0 for all",
        Measure::Perplexity => {
            "exp(entropy of the win rates) / block size, the mean over blocks: 1 where all win as often"
        }
        Measure::Ami => {
            "Adjusted mutual information of the winners of two blocks, the mean over pairs: 0 where they are independent"
        }
        Measure::Nmi => {
            "Normalised mutual information of the winners of two blocks, the mean over pairs; it has a floor above 0"
        }
        Measure::Reconstruction => "Mean cosine similarity of the queries and what the decoder makes of their codes",
        Measure::Fvu => "Fraction of the queries' variance that the decoder leaves unexplained",
        Measure::Purity => {
            "Share of a feature's most frequent label among the points that it wins, the mean over features"
        }
        Measure::Silhouette => "How much nearer a code is to its own label than to the next: -1 to 1",
        Measure::ProbeAccuracy => "Share of queries whose label a linear probe on the codes tells",
        Measure::ProbeMacroF1 => "The linear probe's F1, averaged over labels",
        Measure::KmeansAri => "Adjusted Rand index of the labels and k-means clusters of the codes",
        Measure::MatchedCorrelation => "Correlation of the features matched one to one between two seeds, the mean",
        Measure::MatchedShare => "Share of features matched between two seeds with a correlation above .7",
        Measure::Seconds => "Seconds of training",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::evaluate::table::{Recall, Scoring};

    pub(in crate::app::compare) fn spread(mean: f64, sd: Option<f64>) -> Spread {
        Spread { mean, sd, n: if sd.is_some() { 3 } else { 1 } }
    }

    fn recall(scoring: Scoring, asymmetric: bool, at: f64) -> Recall {
        Recall {
            scoring,
            kept: None,
            weight_bits: None,
            asymmetric,
            entries: Some(spread(12.5, None)),
            bytes: spread(16.0, None),
            at_10: spread(at / 2.0, None),
            at_1_percent: spread(at, None),
            at_5_percent: spread(at, Some(0.01)),
            touched: None,
        }
    }

    pub(in crate::app::compare) fn row(name: &str, kind: RowKind, dead: f64, at: f64) -> Row {
        Row {
            name: name.into(),
            kind,
            encoder: None,
            objective: None,
            shape: None,
            seeds: Vec::new(),
            own_decoder: None,
            measures: BTreeMap::from([
                (Measure::Dead, Some(spread(dead, Some(0.02)))),
                (Measure::Fvu, None),
                (Measure::Seconds, Some(spread(123.456, None))),
            ]),
            recall: vec![recall(Scoring::Code, false, at), recall(Scoring::Winners, true, at + 0.1)],
            sizes: Vec::new(),
            outliers: Vec::new(),
        }
    }

    pub(in crate::app::compare) fn table() -> EvaluationTable {
        let mut last = row("pca", RowKind::Baseline, 0.0, 0.9);
        last.measures.clear();
        EvaluationTable {
            collection: "food".into(),
            dim: 4,
            train_points: 100,
            queries: 20,
            label_field: None,
            labels: Vec::new(),
            seed: 0,
            rows: vec![row("b, \"x\"", RowKind::Encoder, 0.5, 0.4), row("a|c", RowKind::Encoder, 0.0, 0.6), last],
            matches: Vec::new(),
            notes: Vec::new(),
            seconds: 1.0,
        }
    }

    fn names(sheet: &Sheet) -> Vec<&str> {
        sheet.lines.iter().map(|line| line.name.as_str()).collect()
    }

    #[test]
    fn the_overview_has_a_line_for_every_row_and_no_column_without_figures() {
        let sheet = Sheet::of(&table(), View::Overview);
        let titles: Vec<&str> = sheet.columns.iter().map(|column| column.title.as_str()).collect();
        assert_eq!(titles, ["dead", "R10@1 %", "R10@1 %, asymmetric", "training, s"]);
        assert_eq!(names(&sheet), ["b, \"x\"", "a|c", "pca"]);
        assert_eq!(sheet.lines[2].cells[0], Cell::Empty);
        assert_eq!(sheet.lines[0].cells[2], Cell::Figure(spread(0.5, None)));
        assert!(Sheet::of(&table(), View::Labels).is_empty() && Sheet::of(&table(), View::Outliers).is_empty());
        assert_eq!(Sheet::of(&table(), View::Retrieval).lines.len(), 6, "a line a way of comparing");
    }

    #[test]
    fn lines_are_ordered_either_way_and_what_does_not_apply_stands_last() {
        let mut sheet = Sheet::of(&table(), View::Overview);
        for descending in [true, false] {
            sheet.sort(Sort { column: 1, descending });
            assert_eq!(names(&sheet)[2], "pca");
            assert_eq!(names(&sheet)[0] == "a|c", !descending);
        }
        sheet.sort(Sort { column: 0, descending: false });
        assert_eq!(names(&sheet), ["a|c", "b, \"x\"", "pca"]);
    }

    #[test]
    fn the_best_is_one_of_several_encoders_and_never_a_baseline() {
        let sheet = Sheet::of(&table(), View::Overview);
        assert_eq!(sheet.best(0), Some(0.0), "fewer dead features are better");
        assert_eq!(sheet.best(1), Some(0.6), "though the baseline finds more");
        assert_eq!(sheet.best(3), None, "all took as long");
        let mut alone = table();
        alone.rows.remove(0);
        assert_eq!(Sheet::of(&alone, View::Overview).best(1), None);
    }

    #[test]
    fn it_is_copied_as_markdown_and_as_values() {
        let sheet = Sheet::of(&table(), View::Overview);
        let markdown = sheet.markdown();
        let lines: Vec<&str> = markdown.lines().collect();
        assert_eq!(lines[0], "| | dead | R10@1 % | R10@1 %, asymmetric | training, s |");
        assert_eq!(lines[1], "|---|---:|---:|---:|---:|");
        assert_eq!(lines[3], "| a\\|c | .000 ± .020 | .600 | .700 | 123 |");
        assert_eq!(lines[4], "| pca |  | .900 | 1.000 |  |");
        let csv = sheet.csv();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "name,dead,\"dead, sd\",R10@1 %,\"R10@1 %, asymmetric\",\"training, s\"");
        assert_eq!(lines[1], "\"b, \"\"x\"\"\",0.5,0.02,0.4,0.5,123.456");
        assert_eq!(lines[3], "pca,,,0.9,1,");
    }

    #[test]
    fn figures_are_written_as_everywhere() {
        for (form, value, text) in [
            (Form::Share, 0.5, ".500"),
            (Form::Share, -0.25, "-.250"),
            (Form::Share, 1.0, "1.000"),
            (Form::Number, 6.25, "6.2"),
            (Form::Number, 12_345.6, "12,346"),
        ] {
            assert_eq!(written(form, value), text);
        }
    }
}
