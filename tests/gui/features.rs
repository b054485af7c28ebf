//! The features' screen, over a made-up index: the table, the scatter, and the pages of features.

use std::path::PathBuf;
use std::sync::Arc;

use blockscope::app::document::{self, Document, OpenEncoder};
use blockscope::app::features::{self, Found, OpenNotes, Work};
use blockscope::app::{App, Command, Found as AnyFound, JobKey, Screen, Selected, Work as AnyWork};
use blockscope::config::CollectionArgs;
use blockscope::encoder::{Encoder, EncoderMeta};
use blockscope::features::{FeatureIndex, IndexBuilder};
use blockscope::job::{Control, Event, Outcome, Reporter, Task};
use blockscope::point::{Distance, Payload, PointId};
use blockscope::source::SourceInfo;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Theme};
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
fn encoder(blocks: usize, size: usize) -> Encoder {
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

/// The payload of a point, which says its dish; with a picture where there are any.
fn payload(id: PointId) -> Payload {
    let PointId::Num(number) = id else { return Payload::new() };
    let dish = DISHES[(number % 8) as usize];
    let made =
        serde_json::json!({ "caption": format!("a drawing of {dish} on a plate"), "dish": dish, "plates": number % 3 });
    let mut made = made.as_object().cloned().unwrap_or_default();
    if let Ok(list) = std::env::var("F_PICTURES") {
        let list: Vec<&str> = list.lines().collect();
        made.insert("image".into(), list[number as usize % list.len()].into());
    }
    made
}

/// A state with an open collection, and an encoder of this shape where there is one.
fn opened(shape: Option<(usize, usize)>, points: u64) -> App {
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
        guessed_picture: std::env::var("F_PICTURES").ok().map(|_| "image".into()),
        guessed_text: Some("caption".into()),
        encoder: shape.map(|(blocks, size)| OpenEncoder { path, encoder: Arc::new(encoder(blocks, size)) }),
    };
    let found = document::Found::Opened { document: Box::new(document), encoder_problem: None };
    app.apply(key, Event::Finished(Outcome::Done(AnyFound::Document(found))));
    app.handle(Command::Show(Screen::Features));
    app
}

/// Does what was asked for as workers would; gives the job that reads the collection, which is left.
fn play(app: &mut App) -> Option<JobKey> {
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
fn indexed() -> App {
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
fn frames(harness: &mut Harness<'_, Whole>) {
    for _ in 0..6 {
        harness.run_steps(2);
        play(harness.state_mut().app());
    }
    harness.run_steps(2);
}

fn shown(app: App, size: [f32; 2]) -> Harness<'static, Whole> {
    let mut harness = window(app, size, Theme::Dark);
    frames(&mut harness);
    harness
}

#[test]
#[ignore]
fn look() {
    let folder = std::path::Path::new("/tmp/f-look");
    std::fs::create_dir_all(folder).unwrap();
    let drawn = folder.join("drawn");
    if !drawn.exists() {
        let config = blockscope::config::DrawConfig {
            output: drawn.clone(),
            number: 400,
            seed: 1,
            size: 128,
            group: vec![],
            kind: vec![],
            files: true,
        };
        blockscope::pipeline::Job::Draw(config).run(&Control::new(), &mut Reporter::silent()).unwrap();
    }
    let mut list = Vec::new();
    for kind in std::fs::read_dir(&drawn).unwrap().flatten().filter(|e| e.path().is_dir()) {
        for file in std::fs::read_dir(kind.path()).unwrap().flatten() {
            list.push(file.path().display().to_string());
        }
    }
    list.sort();
    unsafe { std::env::set_var("F_PICTURES", list.join("\n")) };
    for theme in [Theme::Dark, Theme::Light] {
        for size in [[1_600.0, 1_000.0], [1_600.0, 2_400.0], [1_360.0, 860.0], [1_000.0, 640.0]] {
            let brushed = || {
                let mut app = indexed();
                let brush = app.features.table.scatter().brush([0.35, 0.5], [0.75, 1.0]);
                app.handle(Command::Features(features::Command::Brush(Some(brush))));
                app
            };
            let page = |feature| {
                let mut app = indexed();
                app.handle(Command::Feature(feature));
                play(&mut app);
                app
            };
            for (name, app) in [
                ("table", {
                    let mut app = indexed();
                    app.handle(Command::Select(Selected::Feature(3)));
                    app
                }),
                ("brush", brushed()),
                ("page", page(3)),
                ("unnamed", page(7)),
                ("dead", page(63)),
                ("none", opened(None, 4_000)),
            ] {
                let mut harness = window(app, size, theme);
                for _ in 0..12 {
                    frames(&mut harness);
                    std::thread::sleep(std::time::Duration::from_millis(30));
                }
                let image = harness.render().unwrap();
                image.save(folder.join(format!("{name}-{theme:?}-{}x{}.png", size[0], size[1]))).unwrap();
            }
        }
    }
}

#[test]
#[ignore]
fn measure() {
    use eframe::egui;
    for (blocks, size, points) in [(4usize, 64usize, 4_000u64), (1_024, 64, 300)] {
        let mut app = opened(Some((blocks, size)), points);
        let key = play(&mut app).unwrap();
        let made = std::time::Instant::now();
        let index = index(blocks, size, points);
        println!("{blocks} x {size}: index made in {:.1} s", made.elapsed().as_secs_f64());
        let t = std::time::Instant::now();
        app.apply(key, Event::Finished(Outcome::Done(AnyFound::Features(Found::Index(index)))));
        println!("taken in {:.2} ms", t.elapsed().as_secs_f64() * 1e3);
        play(&mut app);
        for command in [
            features::Command::Sort(features::Column::Density),
            features::Command::Sort(features::Column::Mean),
            features::Command::Filter("block 3".into()),
            features::Command::Filter("7".into()),
            features::Command::ShowAll,
            features::Command::Pin(3),
        ] {
            let t = std::time::Instant::now();
            let words = format!("{command:?}");
            app.handle(Command::Features(command));
            println!("{words}: {:.2} ms", t.elapsed().as_secs_f64() * 1e3);
        }
        let ctx = egui::Context::default();
        let mut loader = blockscope::picture::LoaderSettings::default();
        loader.thumbnails = None;
        let mut window = blockscope::ui::Window::with_pictures(app, &ctx, loader);
        window.app.settings.layout.scatter_width = 500.0;
        let mut run = |name: &str, frames: usize, change: &mut dyn FnMut(&mut App, usize)| {
            let mut ms = Vec::new();
            for f in 0..frames {
                change(&mut window.app, f);
                let mut i = egui::RawInput {
                    screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1600.0, 1000.0))),
                    time: Some(f as f64 / 60.0),
                    max_texture_side: Some(8192),
                    ..Default::default()
                };
                i.viewports.get_mut(&egui::ViewportId::ROOT).unwrap().native_pixels_per_point = Some(1.0);
                i.events.push(egui::Event::PointerMoved(egui::pos2(1000.0 + (f % 200) as f32, 500.0)));
                let t = std::time::Instant::now();
                let out = ctx.run_ui(i, |ui| {
                    window.logic(ui.ctx());
                    window.show(ui);
                });
                ms.push(t.elapsed().as_secs_f64() * 1e3);
                let t = std::time::Instant::now();
                let _ = ctx.tessellate(out.shapes.clone(), 1.0);
                let tess = t.elapsed().as_secs_f64() * 1e3;
                if f == frames - 1 {
                    println!("tessellation {tess:.2} ms");
                }
                out.drop_without_applying_deltas();
                play(&mut window.app);
            }
            ms.drain(..5.min(frames / 2));
            ms.sort_by(f64::total_cmp);
            println!(
                "{name}: median {:.2} ms, p99 {:.2} ms, max {:.2}",
                ms[ms.len() / 2],
                ms[ms.len() * 99 / 100],
                ms[ms.len() - 1]
            );
        };
        run("still", 200, &mut |_, _| {});
        run("selection moves", 200, &mut |app, _| app.handle(Command::Features(features::Command::Move(1))));
        run("threshold moves", 200, &mut |app, f| {
            app.handle(Command::Settings(blockscope::app::Change::Threshold(0.1 + f as f32 * 0.001)))
        });
        run("page", 200, &mut |app, f| {
            if f == 0 {
                app.handle(Command::Feature(3))
            }
        });
        run("pages turn", 200, &mut |app, _| app.handle(Command::Features(features::Command::Page(1))));
    }
}
