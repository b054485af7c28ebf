//! Known outliers, which scores are tried on.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::inspect::{FileRows, InspectInputs, InspectSettings, Inspector, PictureInput, lenient};
use super::parts;
use crate::config::{CollectionArgs, OutliersConfig};
use crate::error::{Error, Result};
use crate::job::{Control, Reporter};
use crate::picture;
use crate::source::{self, Cursor, PointId, Want, for_each_page, sample_ids};

/// Points of a filter that scores are tried on, at most: a uniform sample.
const MOST: usize = 5_000;

/// Known outliers, with their vectors.
#[derive(Default)]
pub(super) struct Known {
    /// The points that they are, where they are of the collection, or would be if they were imported.
    pub ids: Vec<Option<PointId>>,
    /// Their vectors.
    pub vectors: Vec<f32>,
    /// Points of the collection that are no part of what others are judged against. More than `ids` has where a filter
    /// finds many.
    pub left_out: HashSet<PointId>,
}

/// Reads the known outliers that the settings name.
pub(super) fn read(
    config: &OutliersConfig,
    inspector: &mut Inspector,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<Known> {
    let mut known = Known::default();
    let settings = InspectSettings { allow_download: true, ..InspectSettings::default() };
    for named in &config.against {
        if named.trim_start().starts_with('{') {
            filtered(&mut known, config, named, control, reporter)?;
            continue;
        }
        let path = PathBuf::from(named);
        let inputs = if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy")) {
            InspectInputs { rows: Some(FileRows { path, rows: Vec::new() }), ..InspectInputs::default() }
        } else {
            let pictures = picture::gather(&path, control)?.pictures;
            if pictures.is_empty() {
                return Err(Error::file(&path, "is a folder without pictures"));
            }
            let pictures = pictures.into_iter().map(|found| PictureInput::File(found.path)).collect();
            InspectInputs { pictures, ..InspectInputs::default() }
        };
        for input in inspector.gather(&inputs, &settings, &mut lenient(&inputs), control, reporter)? {
            known.left_out.extend(input.id);
            known.ids.push(input.id);
            known.vectors.extend(input.vector);
        }
    }
    Ok(known)
}

/// The points that a filter finds in the collection. It stands in the place of the collection's own filter, so that the
/// known ones may be those that this one keeps out.
fn filtered(
    known: &mut Known,
    config: &OutliersConfig,
    filter: &str,
    control: &Control,
    reporter: &mut Reporter,
) -> Result<()> {
    let args = CollectionArgs { filter: Some(filter.to_owned()), ..config.collection.clone() };
    let mut source = source::open(&args, control, reporter)?;
    reporter.stage("reading known outliers", "points", Some(source.info().points));
    let before = known.left_out.len();
    for_each_page(source.as_mut(), Cursor::Start, 10_000, Want::IDS, control, reporter, |page, _, _| {
        known.left_out.extend(page.ids);
        Ok(())
    })?;
    if known.left_out.len() == before {
        return Err(Error::setting(format!("--against {filter} finds no points")));
    }
    let ids = sample_ids(source.as_mut(), MOST, config.seed, control, reporter)?;
    let points = parts::points(source.as_mut(), &ids, control, reporter)?;
    known.ids.extend(points.ids.into_iter().map(Some));
    known.vectors.extend(points.vectors);
    Ok(())
}
