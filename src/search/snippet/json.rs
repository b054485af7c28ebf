//! The body for Qdrant's REST API.

use serde_json::Value;

use super::Writer;
use super::layout::{float, group, numbers, quoted};
use crate::point::PointId;
use crate::source::request::{Score, Stage};
use crate::source::{Example, SparseWeights, Strategy};

pub(super) fn write(writer: &Writer) -> String {
    let mut name = String::new();
    for byte in writer.target.collection.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => name.push(byte as char),
            byte => name += &format!("%{byte:02X}"),
        }
    }
    let mut members = stage(writer, writer.stage);
    members.push("\"with_payload\": true".into());
    format!("POST /collections/{name}/points/query\n{}\n", object(&members))
}

fn stage(writer: &Writer, stage: &Stage) -> Vec<String> {
    let mut members = Vec::new();
    if !stage.is_leaf() {
        let stages: Vec<String> = stage.prefetch.iter().map(|s| object(&self::stage(writer, s))).collect();
        members.push(format!("\"prefetch\": {}", group("[", &stages, "]", false)));
    }
    members.push(format!("\"query\": {}", query(&stage.score)));
    if let Some(using) = writer.using(&stage.score) {
        members.push(format!("\"using\": {}", quoted(using)));
    }
    if let Some(filter) = writer.filter.filter(|_| stage.is_leaf()) {
        members.push(format!("\"filter\": {}", value(filter)));
    }
    if writer.exact(&stage.score) {
        members.push("\"params\": {\"exact\": true}".into());
    }
    members.push(format!("\"limit\": {}", stage.limit));
    members
}

fn query(score: &Score) -> String {
    let list = |examples: &[Example]| group("[", &examples.iter().map(example).collect::<Vec<_>>(), "]", false);
    let pairs = |pairs: &[(Example, Example)]| {
        let pair = |(p, n): &(Example, Example)| {
            object(&[format!("\"positive\": {}", example(p)), format!("\"negative\": {}", example(n))])
        };
        group("[", &pairs.iter().map(pair).collect::<Vec<_>>(), "]", false)
    };
    match score {
        Score::Nearest(one) => example(one),
        Score::Sparse(weights) => {
            let SparseWeights { indices, values } = weights.as_ref();
            let values = numbers("[", values.iter().map(|v| float(*v)), "]");
            object(&[format!("\"indices\": {}", numbers("[", indices, "]")), format!("\"values\": {values}")])
        }
        Score::Recommend { positive, negative, strategy } => {
            let strategy = match strategy {
                Strategy::AverageVector => "average_vector",
                Strategy::BestScore => "best_score",
                Strategy::SumScores => "sum_scores",
            };
            let members = [
                format!("\"positive\": {}", list(positive)),
                format!("\"negative\": {}", list(negative)),
                format!("\"strategy\": {}", quoted(strategy)),
            ];
            object(&[format!("\"recommend\": {}", object(&members))])
        }
        Score::Discover { target, context } => {
            let members = [format!("\"target\": {}", example(target)), format!("\"context\": {}", pairs(context))];
            object(&[format!("\"discover\": {}", object(&members))])
        }
        Score::Context(context) => object(&[format!("\"context\": {}", pairs(context))]),
        Score::Sum { distance, factor } => {
            let dense = if *distance { r#"{"neg": "$score[0]"}"# } else { r#""$score[0]""# };
            let sum = format!(r#"{{"sum": [{dense}, {{"mult": [{}, "$score[1]"]}}]}}"#, float(*factor));
            let defaults = r#"{"$score[0]": 0.0, "$score[1]": 0.0}"#;
            object(&[format!("\"formula\": {sum}"), format!("\"defaults\": {defaults}")])
        }
    }
}

fn example(example: &Example) -> String {
    match example {
        Example::Point(PointId::Num(id)) => id.to_string(),
        Example::Point(PointId::Uuid(id)) => quoted(&id.to_string()),
        Example::Vector(vector) => numbers("[", vector.iter().map(|v| float(*v)), "]"),
    }
}

fn object(members: &[String]) -> String {
    group("{", members, "}", false)
}

/// Any JSON, laid out like the rest.
pub(super) fn value(json: &Value) -> String {
    match json {
        Value::Array(items) => group("[", &items.iter().map(value).collect::<Vec<_>>(), "]", false),
        Value::Object(map) => {
            let members: Vec<String> = map.iter().map(|(key, v)| format!("{}: {}", quoted(key), value(v))).collect();
            object(&members)
        }
        Value::String(text) => serde_json::to_string(text).unwrap_or_default(),
        other => other.to_string(),
    }
}

impl Writer<'_> {
    /// The name of the vector that a stage looks at; none for the default vector and where it looks at none.
    pub(super) fn using(&self, score: &Score) -> Option<&str> {
        match score {
            Score::Sparse(_) => Some(&self.search.sparse_name),
            Score::Sum { .. } => None,
            _ => Some(self.target.vector.as_str()).filter(|name| !name.is_empty()),
        }
    }

    /// Whether a stage is told to pass by indexes.
    pub(super) fn exact(&self, score: &Score) -> bool {
        self.search.exact && !matches!(score, Score::Sum { .. })
    }
}
