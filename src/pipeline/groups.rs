//! The labels of a sample's points, read from their payloads.

use crate::config::{GroupsConfig, TrainConfig};
use crate::count::counted;
use crate::error::{Error, Result};
use crate::groups::{Groups, Said, field_names};
use crate::job::{Control, Reporter};
use crate::source::{Cursor, PointId, VectorSource, Want};

/// Points whose labels are asked for at a time.
const PAGE: usize = 1_000;

/// Points whose fields are named where no label was found.
const LOOKED_AT: usize = 64;

/// Fails where labels are asked for and there are no payloads that could hold them.
pub(super) fn check(config: &TrainConfig) -> Result<()> {
    if !config.groups.is_given() {
        return Ok(());
    }
    if !config.collection.is_given() {
        return Err(Error::setting(
            "labels are read from payloads, which files of similarity data do not hold: name the collection itself, by \
             --store or --url with --collection, or by --vectors with --payload",
        ));
    }
    if config.collection.vectors.is_some() && config.collection.payload.is_none() {
        return Err(Error::setting("labels are read from payloads: give --payload F.jsonl with --vectors"));
    }
    Ok(())
}

/// Reads the labels of training and held-out points; none where the settings name no field. Fails where no training
/// point has one.
pub(super) fn read(
    source: &mut dyn VectorSource,
    train: &[PointId],
    held_out: &[PointId],
    config: &GroupsConfig,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Option<Groups>> {
    if !config.is_given() {
        return Ok(None);
    }
    reporter.stage("reading labels", "points", Some((train.len() + held_out.len()) as u64));
    let fields = config.fields();
    let mut said = |ids: &[PointId]| -> Result<Vec<Said>> {
        let mut all = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(PAGE) {
            control.check_whole()?;
            let page = source.fields(chunk, &fields, control)?;
            let mut found = page.ids.iter().zip(&page.payloads).peekable();
            // A point that was deleted meanwhile says nothing.
            all.extend(chunk.iter().map(|id| {
                found
                    .next_if(|(there, _)| *there == id)
                    .map(|(_, payload)| Said::of(payload, config))
                    .unwrap_or_default()
            }));
            reporter.advance(chunk.len() as u64);
        }
        Ok(all)
    };
    let (train, held_out) = (said(train)?, said(held_out)?);
    let groups = Groups::choose(&train, &held_out, config, source.info().distance);
    let report = &groups.report;
    if report.train == 0 {
        return Err(missing(source, config, control)?);
    }
    let kept = report.chosen().copied().unwrap_or_default();
    reporter.note(format!(
        "{} of {} points have one of {} ({} by hand, {} guessed)",
        kept.kept,
        report.points,
        counted(report.labels as u64, "label"),
        kept.manual,
        kept.weak
    ));
    if report.unusable > 0 {
        reporter.warn(format!(
            "{} have a list of several values or an object where a label should be, which is none",
            counted(report.unusable as u64, "point")
        ));
    }
    Ok(Some(groups))
}

/// Says that no point has a label, and which fields there are.
fn missing(source: &mut dyn VectorSource, config: &GroupsConfig, control: &Control) -> Result<Error> {
    let want = Want { vectors: false, payload: true };
    let first = source.page(&mut Cursor::Start, LOOKED_AT, want, control)?;
    let there = match field_names(&first.payloads).as_slice() {
        [] => "and their payloads hold nothing that could be one".to_owned(),
        names => format!("and their payloads have {}", names.join(", ")),
    };
    let fields: Vec<String> =
        [&config.labels, &config.weak_labels].into_iter().flatten().map(|field| format!("\"{field}\"")).collect();
    let sure = match config.weak_labels {
        Some(_) => format!(" that counts (a weak one does above a confidence of {})", config.min_confidence),
        None => String::new(),
    };
    Ok(Error::setting(format!(
        "no training point of {} has a label in {}{sure}, {there}",
        source.info().title,
        fields.join(" or ")
    )))
}
