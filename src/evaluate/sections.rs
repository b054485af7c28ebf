//! The table in words: sections of cells, for text, Markdown and the window.

use crate::count::{counted, grouped};

use super::table::{EvaluationTable, Measure, Row, Spread, Told};

/// What stands where a figure does not apply.
const NONE: &str = "–";

/// Some columns of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// What they are about.
    pub title: String,
    /// The headings.
    pub header: Vec<String>,
    /// The cells; each row is as long as the header. The first column, and the second where it says of what a line is,
    /// is text.
    pub rows: Vec<Vec<String>>,
    /// Columns of text, from the left; the others are numbers.
    pub texts: usize,
}

/// What was compared, in a line.
pub fn heading(table: &EvaluationTable) -> String {
    let labels = match (&table.label_field, table.labels.len()) {
        (Some(field), n) if n > 0 => format!("; {} in {field}", counted(n as u64, "label")),
        _ => String::new(),
    };
    format!(
        "{}: {} x {} trained on and searched, {}{labels}",
        table.collection,
        counted(table.train_points as u64, "point"),
        table.dim,
        match table.queries {
            1 => "1 query".to_owned(),
            n => format!("{} queries", grouped(n as u64)),
        }
    )
}

/// The sections of a table; those without any figure are left out.
pub fn sections(table: &EvaluationTable) -> Vec<Section> {
    use Measure::{
        Ami, Dead, Fvu, KmeansAri, MatchedCorrelation, MatchedShare, Nmi, Perplexity, ProbeAccuracy, ProbeMacroF1,
        Purity, Reconstruction, Seconds, Silhouette,
    };
    let features =
        [Dead, Perplexity, Ami, Nmi, Reconstruction, Fvu, MatchedCorrelation, MatchedShare, Seconds].as_slice();
    let labels = [Purity, Silhouette, ProbeAccuracy, ProbeMacroF1, KmeansAri].as_slice();
    let all = [
        measures(table, "features and reconstruction", features),
        retrieval(table),
        measures(table, "labels", labels),
        sizes(table),
        outliers(table),
        matches(table),
    ];
    all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

fn texts<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

/// A figure between 0 and 1, or nearly: three digits behind the point.
fn cell(spread: Option<Spread>) -> String {
    digits(spread, 3)
}

fn digits(spread: Option<Spread>, digits: usize) -> String {
    match spread {
        None => NONE.into(),
        Some(Spread { mean, sd: None, .. }) => format!("{mean:.digits$}"),
        Some(Spread { mean, sd: Some(sd), .. }) => format!("{mean:.digits$} ± {sd:.digits$}"),
    }
}

/// A count, such as bytes, with a digit behind the point where it is no whole number.
fn count(spread: Option<Spread>) -> String {
    let whole = spread.is_none_or(|s| s.mean.fract() == 0.0 && s.sd.is_none_or(|sd| sd == 0.0));
    match spread {
        Some(Spread { mean, .. }) if whole => format!("{mean:.0}"),
        other => digits(other, 1),
    }
}

fn measures(table: &EvaluationTable, title: &str, which: &[Measure]) -> Section {
    let header = std::iter::once("row").chain(which.iter().map(|m| m.title())).map(str::to_owned).collect();
    let has_any = |row: &&Row| which.iter().any(|m| row.get(*m).is_some());
    let line = |row: &Row| {
        let figure = |m: &Measure| digits(row.get(*m), if *m == Measure::Seconds { 1 } else { 3 });
        std::iter::once(row.name.clone()).chain(which.iter().map(figure)).collect()
    };
    Section { title: title.into(), header, rows: table.rows.iter().filter(has_any).map(line).collect(), texts: 1 }
}

fn retrieval(table: &EvaluationTable) -> Section {
    let mut rows = Vec::new();
    for row in &table.rows {
        for line in &row.recall {
            rows.push(vec![
                row.name.clone(),
                line.title(),
                count(Some(line.bytes)),
                count(line.entries),
                cell(Some(line.at_10)),
                cell(Some(line.at_1_percent)),
                cell(Some(line.at_5_percent)),
                cell(line.touched),
            ]);
        }
    }
    let header = texts(["row", "compared by", "bytes", "entries", "R10@10", "R10@1 %", "R10@5 %", "postings touched"]);
    Section { title: "retrieval".into(), header, rows, texts: 2 }
}

fn sizes(table: &EvaluationTable) -> Section {
    let mut rows = Vec::new();
    for row in &table.rows {
        for size in &row.sizes {
            rows.push(vec![row.name.clone(), size.k.to_string(), cell(size.kept_cosine), cell(size.kmeans_ari)]);
        }
    }
    let header = texts(["row", "entries kept", "kept cosine", "k-means ARI"]);
    Section { title: "code sizes".into(), header, rows, texts: 1 }
}

fn outliers(table: &EvaluationTable) -> Section {
    let title = |held: &Option<String>| match held {
        Some(label) => format!("{label} held out"),
        None => "known outliers".into(),
    };
    let mut kinds: Vec<Option<String>> = Vec::new();
    for told in table.rows.iter().flat_map(|row| &row.outliers) {
        if !kinds.contains(&told.held_out) {
            kinds.push(told.held_out.clone());
        }
    }
    let mut header = texts(["row", "told by"]);
    for kind in &kinds {
        header.push(format!("{}: AUROC", title(kind)));
        header.push("FPR@95".into());
    }
    let mut rows = Vec::new();
    for row in &table.rows {
        let mut scores: Vec<_> = row.outliers.iter().map(|told| told.by).collect();
        scores.sort_unstable();
        scores.dedup();
        for by in scores {
            let mut line = vec![row.name.clone(), by.title().into()];
            for kind in &kinds {
                let told = row.outliers.iter().find(|t| t.by == by && t.held_out == *kind);
                let figure = |pick: fn(&Told) -> Spread| cell(told.map(pick));
                line.extend([figure(|t| t.auroc), figure(|t| t.fpr95)]);
            }
            rows.push(line);
        }
    }
    Section { title: "outliers".into(), header, rows, texts: 2 }
}

fn matches(table: &EvaluationTable) -> Section {
    let line = |m: &super::table::FeatureMatch| {
        vec![
            m.one.clone(),
            m.other.clone(),
            m.pairs.len().to_string(),
            format!("{:.3}", m.mean),
            format!("{:.3}", m.above),
        ]
    };
    let header = texts(["row", "and", "features matched", "mean correlation", "above .7"]);
    let rows = table.matches.iter().map(line).collect();
    Section { title: "features matched between encoders".into(), header, rows, texts: 2 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::evaluate::table::{OutlierBy, Recall, RowKind, Scoring};

    fn row(name: &str) -> Row {
        Row {
            name: name.into(),
            kind: RowKind::Baseline,
            encoder: None,
            objective: None,
            shape: None,
            seeds: Vec::new(),
            own_decoder: None,
            measures: BTreeMap::new(),
            recall: Vec::new(),
            sizes: Vec::new(),
            outliers: Vec::new(),
        }
    }

    #[test]
    fn what_does_not_apply_is_a_dash_and_what_nothing_has_is_left_out() {
        let figure = |mean, sd| Spread { mean, sd, n: 3 };
        let mut one = row("one");
        one.measures.insert(Measure::Dead, Some(figure(0.58, Some(0.0123))));
        one.measures.insert(Measure::Seconds, Some(figure(12.34, None)));
        one.measures.insert(Measure::Ami, None);
        let mut two = row("two");
        two.recall.push(Recall {
            scoring: Scoring::Product,
            kept: Some(6),
            weight_bits: Some(8),
            asymmetric: true,
            entries: None,
            bytes: figure(6.0, Some(0.0)),
            at_10: figure(0.33, None),
            at_1_percent: figure(0.68, None),
            at_5_percent: figure(0.9, None),
            touched: None,
        });
        two.outliers.push(Told {
            held_out: Some("World".into()),
            by: OutlierBy::Neighbour,
            auroc: figure(0.91, None),
            fpr95: figure(0.4, None),
        });
        let mut table = EvaluationTable {
            collection: "news".into(),
            dim: 384,
            train_points: 4_560,
            queries: 1_040,
            label_field: Some("label".into()),
            labels: vec!["a".into(), "b".into()],
            seed: 0,
            rows: vec![one, two],
            matches: Vec::new(),
            notes: Vec::new(),
            seconds: 1.0,
        };
        assert_eq!(
            heading(&table),
            "news: 4,560 points x 384 trained on and searched, 1,040 queries; 2 labels in label"
        );
        let all = sections(&table);
        assert_eq!(
            all.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(),
            ["features and reconstruction", "retrieval", "outliers"]
        );
        assert_eq!(all[0].rows, [["one", "0.580 ± 0.012", "–", "–", "–", "–", "–", "–", "–", "12.3"]]);
        assert_eq!(all[1].rows, [["two", "6 x 8 bits, asymmetric", "6", "–", "0.330", "0.680", "0.900", "–"]]);
        assert_eq!(all[2].header[2..], ["World held out: AUROC", "FPR@95"]);
        assert_eq!(all[2].rows, [["two", "50th neighbour", "0.910", "0.400"]]);
        assert!(all.iter().all(|s| s.rows.iter().all(|row| row.len() == s.header.len())));
        table.rows[1].recall[0].bytes = figure(24.25, Some(0.1));
        assert_eq!(sections(&table)[1].rows[0][2], "24.2 ± 0.1");
    }
}
