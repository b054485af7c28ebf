mod names;
mod page;

use std::path::Path;

use proptest::prelude::*;
use rand::{Rng, SeedableRng};

use super::super::document::{self, Document, OpenEncoder};
use super::super::{Change, Command as Top, Folders, Found as AnyFound, Jobs, Settings, Work as AnyWork};
use super::*;
use crate::encoder::tests::random;
use crate::features::names::path as names_path;
use crate::features::{Author, IndexBuilder};
use crate::job::{Event, Outcome, Task};
use crate::point::{Distance, PointId};
use crate::source::SourceInfo;

const BLOCKS: usize = 2;
const SIZE: usize = 8;
const FEATURES: usize = BLOCKS * SIZE;

/// The window's state with a script in place of workers.
struct Stage {
    app: App,
    folder: tempfile::TempDir,
}

/// Outputs of so many random points.
fn index_of(encoder: &Encoder, points: u64, seed: u64) -> Arc<FeatureIndex> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let vectors: Vec<f32> = (0..points as usize * encoder.dim()).map(|_| rng.random_range(-1.0f32..1.0)).collect();
    let ids: Vec<PointId> = (0..points).map(PointId::Num).collect();
    let mut builder = IndexBuilder::new(encoder.blocks(), encoder.block_size(), 0);
    builder.add(&ids, &encoder.encode(&vectors));
    builder.finish()
}

impl Stage {
    /// With an open collection and encoder, whose names are read.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
        let mut stage = Self { app: App::new(Settings::default(), folders, Jobs::scripted()), folder };
        stage.open("food", 1);
        stage
    }

    fn encoder_path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{name}.safetensors"))
    }

    /// Opens a collection with an encoder of its own.
    fn open(&mut self, name: &str, seed: u64) {
        let collection = CollectionArgs { collection: Some(name.into()), ..CollectionArgs::default() };
        let path = self.encoder_path(name);
        let open = document::Command::Open { collection: Box::new(collection.clone()), encoder: None, then: None };
        self.app.handle(Top::Document(open));
        let info =
            SourceInfo { title: name.into(), name: name.into(), dim: 3, distance: Distance::Cosine, points: 1_000 };
        let document = Document {
            collection,
            info,
            first: Vec::new(),
            model: None,
            guessed_picture: None,
            guessed_text: None,
            encoder: Some(OpenEncoder { path, encoder: Arc::new(random(3, BLOCKS, SIZE, seed)) }),
        };
        let key = self.app.document.opening.unwrap();
        let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
        // What was asked for before is answered first, as workers would.
        self.play();
        self.app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
        self.play();
    }

    /// Does what was asked for, but for reading collections and payloads.
    fn play(&mut self) {
        let mut left = Vec::new();
        while let Some((key, work)) = self.app.jobs.take() {
            match work {
                AnyWork::Features(Work::Index { .. }) | AnyWork::Document(_) => left.push(key),
                work => {
                    let outcome = match work.run(&Control::new(), &mut Reporter::silent()) {
                        Ok(found) => Outcome::Done(found),
                        Err(error) => Outcome::Failed(error),
                    };
                    self.app.apply(key, Event::Finished(outcome));
                }
            }
        }
    }

    fn encoder(&self) -> Arc<Encoder> {
        self.app.document.encoder().unwrap().encoder.clone()
    }

    fn does(&mut self, command: Command) {
        self.app.handle(Top::Features(command));
    }

    /// The index over the whole collection comes in.
    fn indexed(points: u64) -> Self {
        let mut stage = Self::new();
        let index = index_of(&stage.encoder(), points, 7);
        stage.finish(stage.app.features.building().unwrap(), index);
        stage
    }

    fn finish(&mut self, key: JobKey, index: Arc<FeatureIndex>) {
        self.app.apply(key, Event::Finished(Outcome::Done(AnyFound::Features(Found::Index(index)))));
    }

    fn rows(&self) -> Vec<usize> {
        self.app.features.table.rows().iter().map(|feature| *feature as usize).collect()
    }

    fn index(&self) -> Arc<FeatureIndex> {
        self.app.features.index().unwrap().clone()
    }
}

#[test]
fn the_index_is_shown_as_far_as_it_is_and_then_whole() {
    let mut stage = Stage::new();
    let key = stage.app.features.building().unwrap();
    assert!(stage.app.features.index().is_none());
    let part = index_of(&stage.encoder(), 100, 1);
    stage.app.features.slot.leave(part.clone());
    stage.app.tick();
    assert!(Arc::ptr_eq(&stage.index(), &part) && !stage.app.features.is_whole());
    assert_eq!(stage.rows().len(), FEATURES);
    assert!(stage.app.features.scale().is_none(), "inputs are not read against the first points alone");
    // One that was left and not taken is older than the whole.
    stage.app.features.slot.leave(part);
    let whole = index_of(&stage.encoder(), 300, 1);
    stage.finish(key, whole.clone());
    stage.app.tick();
    assert!(Arc::ptr_eq(&stage.index(), &whole) && stage.app.features.is_whole());
    assert_eq!(stage.app.features.scale().unwrap().points(), 300);
    assert!(stage.app.features.building().is_none());
}

#[test]
fn what_was_read_for_another_document_is_dropped() {
    let mut stage = Stage::new();
    let old = stage.app.features.building().unwrap();
    let slot = stage.app.features.slot.clone();
    let index = index_of(&stage.encoder(), 100, 1);
    stage.open("things", 2);
    slot.leave(index.clone());
    stage.finish(old, index);
    stage.app.tick();
    assert!(stage.app.features.index().is_none());
    assert_eq!(stage.rows(), [0; 0]);
    assert!(stage.app.features.building().is_some_and(|key| key != old), "its own is being read");
}

#[test]
fn closing_the_encoder_closes_its_features() {
    let mut stage = Stage::indexed(50);
    stage.app.handle(Top::Document(document::Command::CloseEncoder));
    assert!(stage.app.features.index().is_none() && stage.app.features.building().is_none());
    assert!(stage.app.document.notes.is_none() && stage.rows().is_empty());
}

#[test]
fn a_failed_reading_is_told_and_can_be_tried_again() {
    let mut stage = Stage::new();
    let key = stage.app.features.building().unwrap();
    let error = crate::error::Error::setting("the server is gone");
    stage.app.apply(key, Event::Finished(Outcome::Failed(error)));
    assert!(stage.app.features.problem.as_ref().unwrap().text.contains("the server is gone"));
    stage.does(Command::Reindex);
    assert!(stage.app.features.problem.is_none());
    let again = stage.app.features.building().unwrap();
    let part = index_of(&stage.encoder(), 100, 1);
    stage.app.features.slot.leave(part);
    stage.app.tick();
    stage.app.apply(again, Event::Finished(Outcome::Cancelled));
    assert!(stage.app.features.problem.is_none(), "a cancel is no failure");
    assert!(!stage.app.features.is_whole() && stage.index().points() == 100, "what was read stays");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn densities_follow_the_threshold_to_and_fro(seed in any::<u64>(), moves in prop::collection::vec(0u32..1_000, 1..6)) {
        let index = index_of(&random(3, BLOCKS, SIZE, seed), 200, seed);
        let mut table = Table::default();
        table.reset(&index);
        for thousandths in moves {
            let threshold = thousandths as f32 / 1_000.0;
            table.prepare(&index, None, threshold);
            for feature in 0..FEATURES {
                prop_assert_eq!(table.density(feature), index.density(feature, threshold));
            }
        }
    }
}

#[test]
fn the_threshold_of_the_settings_moves_densities_at_the_next_tick() {
    let mut stage = Stage::indexed(400);
    stage.app.handle(Top::Settings(Change::Threshold(0.4)));
    stage.app.tick();
    let index = stage.index();
    for feature in 0..FEATURES {
        assert_eq!(stage.app.features.table.density(feature), index.density(feature, 0.4));
    }
}

#[test]
fn every_column_sorts_and_a_second_click_sorts_the_other_way() {
    let mut stage = Stage::indexed(400);
    for (feature, name) in [(3, "soups"), (9, "Apples"), (12, "bread")] {
        stage.does(Command::Name { feature, name: name.into() });
    }
    stage.does(Command::Pin(5));
    let index = stage.index();
    let number = |column: Column, feature: usize| {
        let stats = index.feature(feature).unwrap();
        match column {
            Column::Density => index.density(feature, 0.1),
            Column::Wins => stats.win_rate,
            Column::Mean => stats.mean,
            Column::Max => f64::from(stats.max),
            _ => feature as f64,
        }
    };
    stage.does(Command::Sort(Column::Name));
    assert_eq!(stage.rows()[..3], [9, 12, 3], "by letters, whether large or small; those without a name follow");
    stage.does(Command::Sort(Column::Name));
    assert_eq!(stage.rows()[..4], [3, 12, 9, 0], "and follow here, too");
    stage.does(Command::Sort(Column::Pin));
    assert_eq!(stage.rows()[..2], [5, 0]);
    for column in [Column::Density, Column::Wins, Column::Mean, Column::Max, Column::Index] {
        stage.does(Command::Sort(column));
        let first = stage.rows();
        stage.does(Command::Sort(column));
        let second = stage.rows();
        let (falling, rising) = if column == Column::Index { (second, first) } else { (first, second) };
        assert!(falling.is_sorted_by(|a, b| number(column, *a) >= number(column, *b)), "{column:?}");
        assert!(rising.is_sorted_by(|a, b| number(column, *a) <= number(column, *b)), "{column:?}");
    }
}

#[test]
fn the_filter_knows_names_indices_blocks_and_states() {
    let mut stage = Stage::indexed(400);
    stage.does(Command::Name { feature: 3, name: "Red soups".into() });
    stage.does(Command::Name { feature: 12, name: "dead ends".into() });
    stage.does(Command::Pin(9));
    stage.does(Command::Sort(Column::Index));
    let index = stage.index();
    let dead: Vec<usize> = (0..FEATURES).filter(|i| index.feature(*i).unwrap().is_dead() || *i == 12).collect();
    for (filter, fits) in [
        ("soup", vec![3]),
        ("SOUPS red", vec![3]),
        ("soups block 1", vec![]),
        ("block 1", (8..16).collect()),
        ("1", vec![1, 10, 11, 12, 13, 14, 15]),
        ("0", vec![0]),
        ("pinned", vec![9]),
        ("named", vec![3, 12]),
        ("unnamed 1", vec![1, 10, 11, 13, 14, 15]),
        ("dead", dead.clone()),
        ("alive", (0..FEATURES).filter(|i| !index.feature(*i).unwrap().is_dead()).collect()),
        ("  ", (0..FEATURES).collect()),
        ("nothing like it", vec![]),
    ] {
        stage.does(Command::Filter(filter.into()));
        assert_eq!(stage.rows(), fits, "{filter:?}");
    }
}

#[test]
fn typing_is_one_step_that_can_be_taken_back() {
    let mut stage = Stage::indexed(100);
    for typed in ["b", "bl", "block", "block 1"] {
        stage.does(Command::Filter(typed.into()));
    }
    stage.does(Command::FilterDone);
    stage.does(Command::FilterDone);
    assert_eq!(stage.rows().len(), SIZE);
    assert_eq!(stage.app.undo.next_undo(), Some("Filter \"block 1\""));
    stage.app.handle(Top::Undo);
    assert_eq!((stage.rows().len(), stage.app.features.table.lens.filter.as_str()), (FEATURES, ""));
    assert!(stage.app.undo.next_undo().is_none());
    stage.app.handle(Top::Redo);
    assert_eq!(stage.rows().len(), SIZE);
    // What is done in the middle of typing ends it.
    stage.does(Command::Filter("block 0".into()));
    stage.does(Command::Sort(Column::Index));
    stage.app.handle(Top::Undo);
    stage.app.handle(Top::Undo);
    assert_eq!(stage.app.features.table.lens.filter, "block 1");
}

#[test]
fn a_brush_shows_what_lies_in_it_and_escape_clears_it() {
    let mut stage = Stage::indexed(400);
    stage.app.handle(Top::Show(Screen::Features));
    let scatter = stage.app.features.table.scatter();
    let inside = |dot: Dot| dot.right > 0.5 && dot.up < 0.9;
    let fits: Vec<usize> = (0..FEATURES).filter(|i| inside(scatter.dots()[*i])).collect();
    assert!(!fits.is_empty() && fits.len() < FEATURES, "{fits:?}");
    let brush = scatter.brush([1.0, 0.9], [0.5, 0.0]);
    stage.does(Command::Brush(Some(brush)));
    let mut rows = stage.rows();
    rows.sort_unstable();
    assert_eq!(rows, fits);
    assert_eq!(stage.app.features.table.brushed(), fits.len());
    stage.app.handle(Top::Escape);
    assert_eq!(stage.rows().len(), FEATURES);
    stage.app.handle(Top::Undo);
    assert_eq!(stage.rows().len(), fits.len(), "the brush is back");
    stage.does(Command::Filter("block 1".into()));
    stage.app.handle(Top::Escape);
    stage.app.handle(Top::Escape);
    assert_eq!(stage.rows().len(), FEATURES, "first the brush, then the filter");
    stage.app.handle(Top::Undo);
    assert_eq!(stage.app.features.table.lens.filter, "block 1");
    stage.does(Command::ShowAll);
    assert_eq!(stage.rows().len(), FEATURES);
}

#[test]
fn the_left_end_of_the_scatter_holds_the_features_that_never_win() {
    let mut builder = IndexBuilder::new(1, 3, 0);
    builder.add(&[PointId::Num(1), PointId::Num(2)], &[0.7, 0.2, 0.1, 0.6, 0.3, 0.1]);
    let index = builder.finish();
    let mut table = Table::default();
    table.reset(&index);
    table.prepare(&index, None, 0.1);
    let brush = table.scatter().brush([0.0, 0.0], [0.05, 1.0]);
    table.lens.brush = Some(brush);
    table.prepare(&index, None, 0.1);
    assert_eq!(table.rows(), [1, 2]);
    let right = table.scatter().right(1.0);
    assert_eq!((table.scatter().dots()[0].right, right), (1.0, 1.0));
    assert_eq!(table.scatter().nearest([0.9, 0.7], [100.0, 100.0]).unwrap().0, 1, "the first is not in the table");
    table.lens.brush = None;
    table.prepare(&index, None, 0.1);
    assert_eq!(table.scatter().nearest([0.9, 0.7], [100.0, 100.0]).unwrap().0, 0);
}

#[test]
fn of_very_many_dots_one_of_each_colour_is_drawn_in_each_place() {
    let mut stage = Stage::new();
    let index = index_of(&random(3, 90, 100, 4), 40, 1);
    stage.finish(stage.app.features.building().unwrap(), index);
    stage.app.tick();
    stage.play();
    let scatter = stage.app.features.table.scatter();
    assert!(scatter.hidden().is_empty() && scatter.shown().len() < 9_000, "{}", scatter.shown().len());
    for dot in scatter.dots() {
        let drawn = scatter.shown().iter().map(|feature| &scatter.dots()[*feature as usize]);
        let same = |other: &&Dot| other.block % 8 == dot.block % 8;
        let near = |other: &Dot| (other.right - dot.right).abs() < 0.003 && (other.up - dot.up).abs() < 0.003;
        assert!(drawn.filter(same).any(near), "{dot:?}");
    }
}

proptest! {
    #[test]
    fn places_of_the_scatter_and_values_agree(share in 1e-3f64..1.0, strength in 0f64..1.0) {
        let index = index_of(&random(3, BLOCKS, SIZE, 1), 1_000, 1);
        let mut table = Table::default();
        table.reset(&index);
        table.prepare(&index, None, 0.1);
        let scatter = table.scatter();
        prop_assert!((scatter.frequency_at(scatter.right(share)) / share - 1.0).abs() < 1e-4);
        prop_assert!((scatter.strength_at(scatter.up(strength)) - strength).abs() < 1e-5);
    }
}

#[test]
fn names_and_pins_are_steps() {
    let mut stage = Stage::indexed(100);
    stage.does(Command::Rename(4, Spot::Table));
    assert_eq!(stage.app.features.renaming.as_ref().unwrap().text, "");
    stage.does(Command::RenameText("  red soups ".into()));
    stage.does(Command::RenameEnd { keep: true });
    assert!(stage.app.features.renaming.is_none());
    assert_eq!(stage.app.document.name(4), Some("red soups"));
    stage.does(Command::Pin(4));
    assert!(stage.app.document.is_pinned(4));
    assert_eq!(stage.app.undo.next_undo(), Some("Pin feature 4"));
    stage.app.handle(Top::Undo);
    stage.app.handle(Top::Undo);
    assert_eq!((stage.app.document.name(4), stage.app.document.is_pinned(4)), (None, false));
    stage.app.handle(Top::Redo);
    assert_eq!(stage.app.document.name(4), Some("red soups"));
    assert_eq!(stage.app.document.names().collect::<Vec<_>>(), [(4, "red soups")]);
    stage.does(Command::Rename(4, Spot::Page));
    stage.does(Command::RenameText("other".into()));
    stage.does(Command::RenameEnd { keep: false });
    assert_eq!(stage.app.document.name(4), Some("red soups"), "dropped");
    // What was only looked at is no step.
    stage.does(Command::Rename(4, Spot::Page));
    stage.does(Command::RenameEnd { keep: true });
    assert_eq!(stage.app.undo.next_redo(), Some("Pin feature 4"));
}

#[test]
fn a_suggestion_that_was_only_looked_at_stays_one() {
    let mut stage = Stage::indexed(100);
    let suggested = FeatureName { name: "soups".into(), by: Author::Suggested, score: Some(0.8), source: None };
    stage.does(Command::SetName { feature: 2, name: Some(suggested.clone()) });
    stage.does(Command::Rename(2, Spot::Page));
    stage.does(Command::RenameEnd { keep: true });
    assert_eq!(stage.app.document.notes.as_ref().unwrap().notes.names[&2], suggested);
    stage.does(Command::Sort(Column::Score));
    assert_eq!(stage.rows()[0], 2);
    stage.does(Command::Name { feature: 2, name: "hot soups".into() });
    assert_eq!(stage.app.document.notes.as_ref().unwrap().notes.names[&2].by, Author::Person);
    stage.app.handle(Top::Undo);
    assert_eq!(stage.app.document.notes.as_ref().unwrap().notes.names[&2], suggested, "with its score");
}

#[test]
fn a_name_that_cannot_be_is_refused_in_its_field() {
    let mut stage = Stage::indexed(100);
    stage.does(Command::Rename(4, Spot::Page));
    stage.does(Command::RenameText("x".repeat(121)));
    stage.does(Command::RenameEnd { keep: true });
    let renaming = stage.app.features.renaming.clone().unwrap();
    assert!(renaming.problem.unwrap().contains("at most 120 characters"));
    assert_eq!((stage.app.document.name(4), stage.app.undo.next_undo()), (None, None));
    stage.does(Command::RenameText("x".into()));
    assert!(stage.app.features.renaming.as_ref().unwrap().problem.is_none());
    stage.app.handle(Top::Escape);
    assert!(stage.app.features.renaming.is_none());
}

fn kept(encoder: &Path) -> String {
    std::fs::read_to_string(names_path(encoder)).unwrap_or_default()
}

#[test]
fn names_are_kept_beside_their_encoder_and_come_back_with_it() {
    let mut stage = Stage::indexed(100);
    let path = stage.encoder_path("food");
    stage.does(Command::Name { feature: 4, name: "soups".into() });
    stage.does(Command::Pin(2));
    stage.app.tick();
    stage.play();
    assert_eq!(kept(&path), "", "they are still being changed");
    assert!(stage.app.look_again().is_some(), "to save them");
    stage.open("things", 2);
    assert!(kept(&path).contains("soups"), "another document does not wait");
    assert_eq!(stage.app.document.name(4), None);
    stage.does(Command::Name { feature: 1, name: "chairs".into() });
    stage.open("food", 1);
    assert_eq!(stage.app.document.names().collect::<Vec<_>>(), [(4, "soups")]);
    assert!(stage.app.document.is_pinned(2));
    assert!(kept(&stage.encoder_path("things")).contains("chairs"));
}

#[test]
fn names_are_saved_before_the_window_closes() {
    let mut stage = Stage::indexed(100);
    stage.does(Command::Name { feature: 4, name: "soups".into() });
    stage.app.handle(Top::QuitNow);
    stage.app.tick();
    assert!(!stage.app.closing(), "it waits for them");
    stage.play();
    stage.app.tick();
    assert!(stage.app.closing() && kept(&stage.encoder_path("food")).contains("soups"));
}

#[test]
fn names_of_other_weights_are_not_shown_and_not_lost() {
    let mut stage = Stage::indexed(100);
    stage.does(Command::Name { feature: 4, name: "soups".into() });
    stage.open("things", 2);
    let path = stage.encoder_path("food");
    // The same file with other weights.
    stage.open("food", 3);
    assert_eq!(stage.app.document.name(4), None);
    assert!(stage.app.messages.last().unwrap().text.contains("other weights"));
    stage.does(Command::Name { feature: 0, name: "new".into() });
    stage.open("things", 2);
    assert!(kept(&path).contains("new"));
    let old = std::fs::read_to_string(names_path(&path).with_added_extension("old")).unwrap();
    assert!(old.contains("soups"));
}

#[test]
fn names_that_cannot_be_saved_are_told_and_tried_again() {
    let mut stage = Stage::indexed(100);
    let path = names_path(&stage.encoder_path("food"));
    std::fs::create_dir(&path).unwrap();
    stage.does(Command::Name { feature: 4, name: "soups".into() });
    naming::save(&mut stage.app);
    stage.play();
    assert!(stage.app.features.names_problem.is_some());
    assert_eq!(stage.app.document.name(4), Some("soups"), "and not lost");
    std::fs::remove_dir(&path).unwrap();
    stage.does(Command::RetryNames);
    stage.play();
    assert!(stage.app.features.names_problem.is_none() && kept(&stage.encoder_path("food")).contains("soups"));
}

#[test]
fn a_table_that_is_too_long_for_a_frame_is_sorted_by_a_worker_and_shows_the_same() {
    let mut stage = Stage::new();
    let encoder = random(3, 100, 50, 1);
    let index = index_of(&encoder, 20, 1);
    let brush = Brush { frequency: [0.0, 0.3], strength: [0.01, 1.0] };
    stage.finish(stage.app.features.building().unwrap(), index.clone());
    assert!(!stage.app.features.table.is_ready(5_000) && stage.rows().is_empty());
    stage.app.tick();
    stage.play();
    assert!(stage.app.features.table.is_ready(5_000));
    stage.does(Command::Sort(Column::Density));
    stage.app.tick();
    // While the worker sorts, three more things change, of which it is told together.
    stage.does(Command::Filter("block 7".into()));
    stage.app.handle(Top::Settings(Change::Threshold(0.02)));
    stage.does(Command::Brush(Some(brush)));
    stage.app.tick();
    stage.play();
    assert_eq!(stage.rows().len(), 5_000, "sorted, and not yet filtered");
    stage.app.tick();
    stage.play();
    let filtered = |feature: &usize| feature / 50 == 7;
    let inside = |feature: &usize| {
        let stats = index.feature(*feature).unwrap();
        brush.holds([stats.win_rate, f64::from(stats.max)])
    };
    let mut rows: Vec<usize> = (0..5_000).filter(filtered).filter(inside).collect();
    rows.sort_by(|a, b| index.density(*b, 0.02).total_cmp(&index.density(*a, 0.02)).then(a.cmp(b)));
    assert!(!rows.is_empty());
    assert_eq!(stage.rows(), rows);
    stage.app.tick();
    assert!(stage.app.jobs.take().is_none(), "nothing is left to do");
}
