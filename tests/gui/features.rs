//! The features' screen, over a made-up index: the table, the scatter, and the pages of features.

use std::path::PathBuf;
use std::sync::Arc;

use blockscope::app::document::{self, Document, OpenEncoder};
use blockscope::app::features::{self, Found, Work};
use blockscope::app::{App, Command, Found as AnyFound, JobKey, JobState, Screen, Selected, Work as AnyWork};
use blockscope::config::CollectionArgs;
use blockscope::encoder::{Encoder, EncoderMeta};
use blockscope::features::{FeatureIndex, IndexBuilder};
use blockscope::job::{Control, Event, Outcome, Progress, Reporter, Task};
use blockscope::point::{Distance, Payload, PointId};
use blockscope::source::SourceInfo;
use blockscope::ui::format::percent;
use blockscope::ui::screens::features::title;
use eframe::egui::accesskit::{Role, SortDirection};
use eframe::egui::{Key, Modifiers, Rect, Theme, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::whole::{Whole, scenes, scripted, window};

const SIZE: [f32; 2] = [1_600.0, 1_000.0];
const DISHES: [&str; 8] =
    ["red soup", "birthday cake", "green salad", "cherry pie", "noodle bowl", "pizza", "sushi", "ice cream"];

/// A reproducible number below `below`.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// An encoder of this shape over the plane.
pub fn encoder(blocks: usize, size: usize) -> Encoder {
    let mut state = 5;
    let weights = (0..blocks * size * 2).map(|_| draw(&mut state, 2_000) as f32 / 1_000.0 - 1.0).collect();
    Encoder::new(2, blocks, size, weights, vec![0.0; blocks * size], EncoderMeta::default()).expect("a whole encoder")
}

/// Points of which each has a winner in each block: the first features win most, and the last eighth never.
fn index(blocks: usize, size: usize, points: u64) -> Arc<FeatureIndex> {
    let mut builder = IndexBuilder::new(blocks, size, 0);
    let mut state = 1;
    let living = (size - size / 8) as u64;
    for point in 0..points {
        let mut row = vec![0.0f32; blocks * size];
        for (b, block) in row.chunks_mut(size).enumerate() {
            // The smaller of two draws: low ones are more frequent. The first block knows dishes.
            let mut low = |below| draw(&mut state, below).min(draw(&mut state, below));
            let dishes = DISHES.len() as u64;
            let winner = if b == 0 { point % dishes * (living / dishes) + low(living / dishes) } else { low(living) };
            let winner = winner as usize;
            let sure = 0.35 + draw(&mut state, 1_000) as f32 / 1_600.0;
            let second = (winner + 1 + draw(&mut state, 5) as usize) % size;
            block.fill((1.0 - sure) / 3.0 / (size - 2) as f32);
            block[winner] = sure;
            block[second] = (1.0 - sure) * 2.0 / 3.0;
        }
        builder.add(&[PointId::Num(point)], &row);
    }
    builder.finish()
}

/// The payload of a point, which says its dish.
pub fn payload(id: PointId) -> Payload {
    let PointId::Num(number) = id else { return Payload::new() };
    let dish = DISHES[(number % 8) as usize];
    let made =
        serde_json::json!({ "caption": format!("a drawing of {dish} on a plate"), "dish": dish, "plates": number % 3 });
    made.as_object().cloned().unwrap_or_default()
}

/// A state with an open collection, and an encoder of this shape where there is one.
pub fn opened(shape: Option<(usize, usize)>, points: u64) -> App {
    opened_with(shape.map(|(blocks, size)| encoder(blocks, size)), points)
}

/// The same with any encoder of two dimensions.
pub fn opened_with(encoder: Option<Encoder>, points: u64) -> App {
    let mut app = scripted();
    let collection = CollectionArgs { collection: Some("food".into()), ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(collection.clone()), encoder: None, then: None };
    app.handle(Command::Document(open));
    let (key, _) = app.jobs.take().expect("it is opened");
    let info = SourceInfo { title: "food".into(), name: "food".into(), dim: 2, distance: Distance::Cosine, points };
    let path = PathBuf::from("/nowhere/food.safetensors");
    let document = Document {
        collection,
        info,
        first: Vec::new(),
        model: None,
        guessed_picture: None,
        guessed_text: Some("caption".into()),
        encoder: encoder.map(|encoder| OpenEncoder { path, encoder: Arc::new(encoder) }),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
    app.handle(Command::Show(Screen::Features));
    app
}

/// Does what was asked for as workers would; gives the job that reads the collection, which is left.
pub fn play(app: &mut App) -> Option<JobKey> {
    let mut reading = None;
    for _ in 0..8 {
        while let Some((key, work)) = app.jobs.take() {
            let found = match work {
                AnyWork::Features(Work::Index { .. }) => {
                    reading = Some(key);
                    continue;
                }
                AnyWork::Document(document::Work::Points { ids, .. }) => {
                    let points = ids.into_iter().map(|id| (id, payload(id))).collect();
                    Ok(AnyFound::Document(document::Found::Points(points)))
                }
                // A test says what is found.
                AnyWork::Features(Work::SuggestNames { .. }) => continue,
                // Nothing is written.
                AnyWork::Features(Work::SaveNames(_)) => Ok(AnyFound::Features(Found::Saved(None))),
                work => work.run(&Control::new(), &mut Reporter::silent()),
            };
            let outcome = match found {
                Ok(found) => Outcome::Done(found),
                Err(error) => Outcome::Failed(error),
            };
            app.apply(key, Event::Finished(outcome));
        }
        app.tick();
    }
    reading
}

/// The screen over 256 features of 4,000 points, some with names.
pub fn indexed() -> App {
    let mut app = opened(Some((4, 64)), 4_000);
    let key = play(&mut app).expect("the collection is read");
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Features(Found::Index(index(4, 64, 4_000))))));
    for (feature, name) in [(0, "red soups"), (3, "cakes with candles"), (65, "green leaves"), (130, "round plates")] {
        app.handle(Command::Features(features::Command::Name { feature, name: name.into() }));
    }
    app.handle(Command::Features(features::Command::Pin(3)));
    play(&mut app);
    app
}

/// Draws frames, with workers doing what is asked for between them.
pub fn frames(harness: &mut Harness<'_, Whole>) {
    for _ in 0..6 {
        harness.run_steps(2);
        play(harness.state_mut().app());
    }
    harness.run_steps(2);
}

pub fn shown(app: App, size: [f32; 2]) -> Harness<'static, Whole> {
    let mut harness = window(app, size, Theme::Dark);
    frames(&mut harness);
    harness
}

#[test]
fn a_click_on_a_head_sorts_and_the_arrow_is_told() {
    let mut harness = shown(indexed(), SIZE);
    let by = |harness: &Harness<'_, Whole>, title: &'static str| {
        let head = harness.get_by_role_and_label(Role::Button, title);
        head.accesskit_node().data().sort_direction()
    };
    assert_eq!(by(&harness, "Sort by win rate"), Some(SortDirection::Descending));
    harness.get_by_role_and_label(Role::Button, "Sort by feature").click();
    frames(&mut harness);
    assert_eq!(by(&harness, "Sort by feature"), Some(SortDirection::Ascending));
    assert_eq!(by(&harness, "Sort by win rate"), None);
    let rows: Vec<u32> = harness.state_mut().app().features.table.rows().to_vec();
    assert_eq!(rows, (0..256).collect::<Vec<u32>>());
    harness.get_by_role_and_label(Role::Button, "Undo").click();
    frames(&mut harness);
    assert_eq!(by(&harness, "Sort by win rate"), Some(SortDirection::Descending));
}

#[test]
fn typing_filters_the_table_and_where_nothing_fits_everything_can_come_back() {
    let mut harness = shown(indexed(), SIZE);
    harness.get_by_label("Filter features").focus();
    harness.run();
    harness.get_by_label("Filter features").type_text("soups");
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().features.table.rows(), [0]);
    assert!(harness.query_by_label("1 of 256 features").is_some());
    harness.get_by_label("Filter features").type_text(" and stars");
    frames(&mut harness);
    harness.get_by_role_and_label(Role::Button, "Show all").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().features.table.rows().len(), 256);
    assert_eq!(harness.state_mut().app().features.table.lens.filter, "");
}

#[test]
fn a_row_is_renamed_where_it_stands_and_the_name_can_be_taken_back() {
    let mut harness = shown(indexed(), SIZE);
    harness.state_mut().app().handle(Command::Features(features::Command::Filter("cakes".into())));
    frames(&mut harness);
    harness.get_by_label("cakes with candles").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Feature(3));
    harness.key_press(Key::F2);
    frames(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_label("Name of feature 3").type_text("birthday cakes");
    frames(&mut harness);
    harness.key_press(Key::Enter);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().document.name(3), Some("birthday cakes"));
    assert!(harness.query_by_label("Name of feature 3").is_none());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().document.name(3), Some("cakes with candles"));
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().document.name(3), Some("birthday cakes"));
    // Escape drops what was typed.
    harness.key_press(Key::F2);
    frames(&mut harness);
    harness.get_by_label("Name of feature 3").type_text("x");
    harness.key_press(Key::Escape);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().document.name(3), Some("birthday cakes"));
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Feature(3), "and nothing else was closed");
}

#[test]
fn the_arrows_go_through_rows_and_pages() {
    let mut harness = shown(indexed(), SIZE);
    let rows: Vec<usize> = harness.state_mut().app().features.table.rows().iter().map(|i| *i as usize).collect();
    for _ in 0..3 {
        harness.key_press(Key::ArrowDown);
        frames(&mut harness);
    }
    harness.key_press(Key::ArrowUp);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Feature(rows[1]));
    harness.key_press(Key::Enter);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.page, Some(rows[1]));
    assert!(harness.query_by_label("2 of 256").is_some());
    harness.key_press(Key::ArrowRight);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.page, Some(rows[2]));
    harness.get_by_role_and_label(Role::Button, "Previous feature").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.page, Some(rows[1]));
    harness.key_press(Key::Escape);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.page, None);
    harness.key_press(Key::End);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Feature(rows[255]));
}

#[test]
fn a_pin_is_set_in_the_row_and_found_by_the_filter() {
    let mut harness = shown(indexed(), SIZE);
    harness.state_mut().app().handle(Command::Features(features::Command::Filter("leaves".into())));
    frames(&mut harness);
    harness.get_by_role_and_label(Role::Button, "Pin feature 65").click();
    frames(&mut harness);
    harness.state_mut().app().handle(Command::Features(features::Command::Filter("pinned".into())));
    frames(&mut harness);
    assert!(
        harness.query_by_label("Unpin feature 65").is_some() && harness.query_by_label("Unpin feature 3").is_some()
    );
    harness.get_by_label("green leaves").click();
    frames(&mut harness);
    harness.key_press(Key::P);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().features.table.rows(), [3]);
}

/// The place of the scatter on the screen.
fn scatter(harness: &Harness<'_, Whole>) -> Rect {
    harness.get_by(|node| node.label().is_some_and(|label| label.starts_with("Scatter of"))).rect()
}

#[test]
fn a_rectangle_over_the_scatter_filters_the_table_until_it_is_cleared() {
    let mut harness = shown(indexed(), SIZE);
    let place = scatter(&harness);
    let (from, to) = (place.left_top() + vec2(60.0, 12.0), place.center());
    harness.hover_at(from);
    harness.drag_at(from);
    harness.step();
    harness.hover_at(to);
    harness.step();
    harness.drop_at(to);
    frames(&mut harness);
    let inside = harness.state_mut().app().features.table.brushed();
    assert!(inside > 0 && inside < 256, "{inside}");
    assert_eq!(harness.state_mut().app().features.table.rows().len(), inside);
    let name = format!("brush: {inside} feature{}", if inside == 1 { "" } else { "s" });
    assert!(harness.query_by_label(&name).is_some(), "{name}");
    harness.get_by_role_and_label(Role::Button, &format!("Remove {name}")).click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().features.table.rows().len(), 256);
}

#[test]
fn a_dot_is_named_and_selected() {
    let mut harness = shown(indexed(), SIZE);
    harness.state_mut().app().handle(Command::Features(features::Command::Filter("soups".into())));
    frames(&mut harness);
    // The only feature that is left is the nearest one wherever its dot stands; it is looked for from the right.
    let place = scatter(&harness);
    let dot = harness.state_mut().app().features.table.scatter().dots()[0];
    let plot = Rect::from_min_max(place.min + vec2(34.0, 8.0), place.max - vec2(8.0, 34.0));
    let dot = pos2(plot.left() + dot.right * plot.width(), plot.bottom() - dot.up * plot.height());
    harness.hover_at(dot + vec2(3.0, 0.0));
    frames(&mut harness);
    assert!(harness.query_by_label("0 red soups").is_some());
    harness.drag_at(dot);
    harness.drop_at(dot);
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Feature(0));
}

#[test]
fn the_threshold_is_the_same_everywhere() {
    let mut harness = shown(indexed(), SIZE);
    harness.get_by_role_and_label(Role::Slider, "Threshold").set_value_accesskit(0.3);
    frames(&mut harness);
    assert!((harness.state_mut().app().settings.threshold - 0.3).abs() < 1e-6);
    let rows: Vec<usize> = harness.state_mut().app().features.table.rows().iter().map(|i| *i as usize).collect();
    let app = harness.state_mut().app();
    let (table, index) = (&app.features.table, app.features.index().expect("it is read"));
    assert!(rows.iter().all(|feature| table.density(*feature) == index.density(*feature, 0.3)));
    harness.state_mut().app().handle(Command::Feature(3));
    frames(&mut harness);
    let sliders: Vec<_> = harness.get_all_by_label("Activations and threshold").collect();
    assert!(
        sliders.iter().all(|slider| slider.accesskit_node().numeric_value().is_some_and(|v| (v - 0.3).abs() < 1e-6))
    );
}

#[test]
fn the_page_of_a_feature_leads_on_to_points_and_other_features() {
    let mut app = indexed();
    app.handle(Command::Feature(3));
    let mut harness = window(app, [1_600.0, 3_200.0], Theme::Dark);
    frames(&mut harness);
    for section in ["Strongest", "Over its range", "Near the threshold", "Runner-up", "Random points", "Competitors"] {
        assert!(harness.query_all_by_label(section).next().is_some(), "{section}");
    }
    let strongest = harness.state_mut().app().features.index().expect("it is read").feature(3).expect("it is").top[0];
    let name = format!("Point {}", strongest.id);
    harness.get_all_by_label(&name).next().expect("its picture").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Point(strongest.id));
    assert_eq!(harness.state_mut().app().view.place.page, Some(3), "the page stays");
    let rivals = harness.state_mut().app().features.page(3).expect("it is prepared").related.clone();
    let (rival, share) = rivals.expect("it is worked out").competitors[0];
    let chip = format!("{} {}", title(harness.state_mut().app(), rival), percent(f64::from(share)));
    harness.get_all_by_label(&chip).next().unwrap_or_else(|| panic!("{chip}")).click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.page, Some(rival));
}

#[test]
fn a_page_shows_few_points_at_first_and_more_when_asked() {
    let mut app = indexed();
    app.handle(Command::Feature(3));
    let mut harness = window(app, [1_600.0, 3_200.0], Theme::Dark);
    frames(&mut harness);
    harness.get_by_role_and_label(Role::Link, "Show all 200").click();
    frames(&mut harness);
    let strongest: Vec<_> =
        harness.state_mut().app().features.index().expect("it is read").feature(3).expect("it is").top[20..40].to_vec();
    for strong in strongest {
        assert!(harness.query_all_by_label(&format!("Point {}", strong.id)).next().is_some(), "{}", strong.id);
    }
    harness.get_by_role_and_label(Role::Link, "Show fewer").click();
    frames(&mut harness);
    assert!(harness.query_by_label("Show fewer").is_none());
    harness.get_all_by_label("Show all 50").next().expect("an interval with many points").click();
    frames(&mut harness);
    let page = harness.state_mut().app().features.page(3).expect("it is prepared").clone();
    let [features::Part::Interval(at)] = page.unfolded[..] else { panic!("{:?}", page.unfolded) };
    assert_eq!(page.intervals[at].points.len(), 50);
}

#[test]
fn what_blocks_share_is_told_over_the_table() {
    let mut harness = shown(indexed(), SIZE);
    let nmi = harness.state_mut().app().features.index().expect("it is read").table().nmi.expect("four blocks");
    let label = format!("blocks share {}", blockscope::ui::format::probability(f64::from(nmi)));
    harness.get_by_label(&label).hover();
    frames(&mut harness);
    harness.run_steps(30);
    assert!(harness.query_by_label("What blocks share").is_some());
}

#[test]
fn a_word_is_offered_as_a_name_and_taken_by_a_click() {
    let mut app = indexed();
    app.handle(Command::Feature(8));
    let mut harness = shown(app, SIZE);
    let words = harness.state_mut().app().features.page(8).expect("it is prepared").words.clone();
    let features::Words::Found(words) = words else { panic!("{words:?}") };
    let word = words[0].value.clone();
    assert!(word.contains("birthday cake"), "its points are all cakes: {words:?}");
    assert!(harness.query_by_label("Could be called").is_some());
    harness.get_by_role_and_label(Role::Button, &word).click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().document.name(8), Some(word.as_str()));
    assert!(harness.query_by_label("Could be called").is_none());
}

#[test]
fn a_dead_feature_says_so() {
    let mut app = indexed();
    app.handle(Command::Feature(63));
    let harness = shown(app, SIZE);
    let banner = "This feature is dead: it wins its block for none of 4,000 points.";
    assert!(harness.query_all_by_label(banner).next().is_some());
}

#[test]
fn a_feature_that_is_not_there_leads_back() {
    let mut app = indexed();
    app.handle(Command::Feature(256));
    let mut harness = shown(app, SIZE);
    assert!(harness.query_by_label("There is no feature 256").is_some());
    harness.get_by_role_and_label(Role::Button, "Back to the table").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.page, None);
}

#[test]
fn without_a_collection_or_an_encoder_it_says_what_to_do() {
    let mut app = scripted();
    app.handle(Command::Show(Screen::Features));
    let mut harness = shown(app, SIZE);
    harness.get_by_role_and_label(Role::Button, "Open a collection").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Start);
    let mut harness = shown(opened(None, 4_000), SIZE);
    harness.get_by_role_and_label(Role::Button, "Train an encoder").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Train);
}

#[test]
fn reading_is_shown_as_far_as_it_is_and_can_be_cancelled_and_begun_again() {
    let mut app = opened(Some((4, 64)), 4_000);
    let key = play(&mut app).expect("the collection is read");
    app.apply(key, Event::Started);
    let progress = Progress {
        stage: "reading the collection".into(),
        done: 1_000,
        total: Some(4_000),
        unit: "points",
        rate: 1_000.0,
        left: Some(3.0),
    };
    app.apply(key, Event::Progress(progress));
    let mut harness = shown(app, SIZE);
    assert!(harness.query_all_by_label_contains("1,000 of 4,000 points").next().is_some());
    harness.get_by_role_and_label(Role::Button, "Cancel reading the features").click();
    frames(&mut harness);
    assert_eq!(harness.state_mut().app().jobs.get(key).map(|job| job.state.clone()), Some(JobState::Cancelling));
    harness.state_mut().app().apply(key, Event::Finished(Outcome::Cancelled));
    frames(&mut harness);
    harness.get_by_role_and_label(Role::Button, "Read the collection").click();
    frames(&mut harness);
    let again = harness.state_mut().app().features.building().expect("it is read again");
    let error = blockscope::error::Error::setting("the server is gone");
    harness.state_mut().app().apply(again, Event::Finished(Outcome::Failed(error)));
    frames(&mut harness);
    assert!(harness.query_all_by_label_contains("the server is gone").next().is_some());
    harness.get_by_role_and_label(Role::Button, "Read again").click();
    frames(&mut harness);
    assert!(harness.state_mut().app().features.building().is_some());
}

#[test]
fn of_very_many_features_only_the_rows_that_are_seen_are_drawn() {
    let (blocks, size) = (1_024, 64);
    let mut app = opened(Some((blocks, size)), 40);
    let key = play(&mut app).expect("the collection is read");
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Features(Found::Index(index(blocks, size, 40))))));
    let mut harness = shown(app, SIZE);
    assert!(harness.query_by_label("65,536 features").is_some());
    let drawn = harness.query_all_by_label_contains("Pin feature").count();
    assert!((10..60).contains(&drawn), "{drawn} rows");
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::End);
    frames(&mut harness);
    let last = *harness.state_mut().app().features.table.rows().last().expect("there are rows");
    assert_eq!(harness.state_mut().app().view.place.selected, Selected::Feature(last as usize));
    assert!(harness.query_by_label(&format!("Pin feature {last}")).is_some(), "and it is in sight");
}

/// The screen with the payloads of all points, so that every frame is the same.
fn still(change: impl Fn(&mut App)) -> App {
    let mut app = indexed();
    for number in 0..4_000 {
        let id = PointId::Num(number);
        app.document.keep(id, Some(Arc::new(payload(id))));
    }
    change(&mut app);
    play(&mut app);
    app
}

#[test]
fn pictures_of_the_table() {
    scenes("features_table", [1_360.0, 860.0], || {
        still(|app| {
            let brush = app.features.table.scatter().brush([0.35, 0.5], [0.75, 1.0]);
            app.handle(Command::Features(features::Command::Brush(Some(brush))));
            app.handle(Command::Select(Selected::Feature(130)));
        })
    });
}

#[test]
fn pictures_of_a_page() {
    scenes("features_page", [1_360.0, 860.0], || still(|app| app.handle(Command::Feature(3))));
}

#[test]
fn pictures_of_the_lower_page() {
    scenes("features_page_whole", [1_360.0, 2_300.0], || {
        still(|app| {
            app.handle(Command::Feature(3));
            app.tick();
            let part = features::Part::Near;
            app.handle(Command::Features(features::Command::More { feature: 3, part }));
        })
    });
}

#[test]
fn pictures_of_a_dead_feature() {
    scenes("features_dead", [1_000.0, 640.0], || still(|app| app.handle(Command::Feature(63))));
}

#[test]
fn pictures_without_an_encoder() {
    scenes("features_none", [1_000.0, 640.0], || opened(None, 4_000));
}
