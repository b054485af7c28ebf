//! The points of an evaluation: a sample, split, with labels.

use serde_json::Value;

use crate::config::EvaluateConfig;
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::numpy;
use crate::point::{Distance, Payload, PointId};
use crate::similarity::{SimilarityData, ToSimilarity, exact_neighbours};
use crate::source::{VectorSource, Want, sample_ids, split_positions};

/// Points asked for at a time.
const PAGE: usize = 1_000;
/// More labels than these are no labels.
const MOST_LABELS: usize = 200;

/// The sample.
pub(super) struct Points {
    pub(super) title: String,
    pub(super) dim: usize,
    pub(super) distance: Distance,
    pub(super) ids: Vec<PointId>,
    /// n x dim.
    pub(super) vectors: Vec<f32>,
    /// The label of each point, where labels were asked for and are there.
    pub(super) labels: Option<Vec<Option<String>>>,
}

/// Reads the sample, in the source's order.
pub(super) fn points(
    config: &EvaluateConfig,
    source: &mut dyn VectorSource,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Points> {
    let info = source.info().clone();
    let wanted = sample_ids(source, config.sample, config.seed, control, reporter)?;
    let want = Want { vectors: true, payload: config.labels.is_some() };
    let mut points = Points {
        title: info.title,
        dim: info.dim,
        distance: info.distance,
        ids: Vec::with_capacity(wanted.len()),
        vectors: Vec::with_capacity(wanted.len() * info.dim),
        labels: None,
    };
    let mut labels = Vec::new();
    reporter.stage("reading points", "points", Some(wanted.len() as u64));
    for chunk in wanted.chunks(PAGE) {
        let page = source.by_ids(chunk, want, control)?;
        points.ids.extend(&page.ids);
        points.vectors.extend(page.vectors);
        if let Some(field) = &config.labels {
            labels.extend(page.payloads.iter().map(|payload| label_of(payload, field)));
        }
        reporter.advance(chunk.len() as u64);
    }
    numpy::check_finite(&points.title, &points.vectors, points.dim, 0)?;
    if let Some(field) = &config.labels {
        points.labels = usable(labels, field, &points.title, reporter)?;
    }
    Ok(points)
}

/// A field's value as a label: a text, a number, or yes and no. Parts of the field's name between points lead into
/// objects, where no field has the whole name.
fn label_of(payload: &Payload, field: &str) -> Option<String> {
    let whole = payload.get(field);
    let value = whole.or_else(|| {
        let mut parts = field.split('.');
        let first = payload.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    })?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn usable(
    labels: Vec<Option<String>>,
    field: &str,
    title: &str,
    reporter: &mut Reporter,
) -> Result<Option<Vec<Option<String>>>> {
    let kinds: std::collections::HashSet<&String> = labels.iter().flatten().collect();
    if kinds.is_empty() {
        return Err(Error::setting(format!("no point of {title} has a label in a payload field \"{field}\"")));
    }
    if kinds.len() > MOST_LABELS {
        reporter.warn(format!(
            "\"{field}\" has {} different values, more than {MOST_LABELS}: they are taken for no labels",
            kinds.len()
        ));
        return Ok(None);
    }
    Ok(Some(labels))
}

/// Which points are trained on, and which are queries.
pub(super) fn split(config: &EvaluateConfig, points: &Points) -> Result<(Vec<usize>, Vec<usize>)> {
    let n = points.ids.len();
    if n < 4 {
        return Err(Error::TooFewPoints { what: points.title.clone(), found: n as u64, needed: 4 });
    }
    match config.train_rows {
        None => Ok(split_positions(n, config.split, config.seed)),
        Some(rows) if (2..=n - 2).contains(&rows) => Ok(((0..rows).collect(), (rows..n).collect())),
        Some(rows) => Err(Error::setting(format!(
            "--train-rows {rows}: of {n} points at least 2 must be trained on and 2 be queries"
        ))),
    }
}

impl Points {
    /// Some points' vectors.
    pub(super) fn vectors_of(&self, rows: &[usize]) -> Vec<f32> {
        rows.iter().flat_map(|i| &self.vectors[i * self.dim..][..self.dim]).copied().collect()
    }

    /// What a training needs: the points trained on and those it is validated on, with neighbours within each part.
    pub(super) fn similarity(
        &self,
        (train, val): (&[usize], &[usize]),
        limit: usize,
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<(SimilarityData, SimilarityData)> {
        let mut scale = None;
        let mut part = |rows: &[usize], title: &str| {
            if rows.len() < 2 {
                let what = format!("{} ({title} part)", self.title);
                return Err(Error::TooFewPoints { what, found: rows.len() as u64, needed: 2 });
            }
            let vectors = self.vectors_of(rows);
            let mut found = exact_neighbours(&vectors, self.dim, limit, self.distance, None, control, reporter)?;
            scale.get_or_insert_with(|| ToSimilarity::new(self.distance, &found.scores)).apply(&mut found.scores);
            Ok(SimilarityData {
                title: format!("{} ({title} part)", self.title),
                matrix: found.into_matrix(),
                vectors,
                dim: self.dim,
                ids: rows.iter().map(|i| self.ids[*i]).collect(),
            })
        };
        Ok((part(train, "training")?, part(val, "validation")?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_label_is_a_plain_value_of_a_field() {
        let Value::Object(payload) = json!({
            "label": "a", "n": 3, "is": true, "of": {"it": {"kind": "b"}}, "of.it": "c", "list": [1], "none": null,
        }) else {
            panic!("an object")
        };
        let label = |field: &str| label_of(&payload, field);
        assert_eq!(label("label").as_deref(), Some("a"));
        assert_eq!((label("n").as_deref(), label("is").as_deref()), (Some("3"), Some("true")));
        assert_eq!((label("of.it.kind").as_deref(), label("of.it").as_deref()), (Some("b"), Some("c")));
        assert_eq!((label("list"), label("none"), label("gone"), label("of.gone.kind")), (None, None, None, None));
    }
}
