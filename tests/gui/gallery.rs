//! Every widget in both themes, as pictures.

use blockscope::ui::{
    fonts, format, icons,
    theme::{self, space, tokens},
    widgets::{
        Banner, BlockBars, Button, Card, Chip, EmptyState, FieldError, HeatData, HeatStrip, Histogram, IconButton,
        Mood, Picture, Progress, Segment, StatTile, Thumbnail, badge, field, key_value, link, search, section,
        segmented, sparkline,
    },
};
use eframe::egui::{
    self, CentralPanel, Color32, ColorImage, ComboBox, DragValue, Frame, Grid, RichText, ScrollArea, Slider, TextEdit,
    TextureHandle, TextureOptions, Ui, vec2,
};

use crate::stage::snapshots;

const SIZE: [f32; 2] = [1000.0, 900.0];

/// Two columns on the surface of panels.
fn columns(ui: &mut Ui, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    let fill = tokens(ui).base;
    CentralPanel::default().frame(Frame::new().fill(fill).inner_margin(space::L as i8)).show(ui, |ui| {
        ui.columns_const(|[a, b]| {
            left(a);
            right(b);
        });
    });
}

#[test]
fn controls() {
    let mut query = "red car".to_owned();
    let mut empty = String::new();
    let mut address = "http://localhost:6334".to_owned();
    let mut tab = 1;
    snapshots("gallery_controls", SIZE, |ui| {
        columns(
            ui,
            |ui| {
                buttons(ui);
                ui.add_space(space::M);
                choices(ui, &mut tab, &mut query, &mut empty);
                ui.add_space(space::M);
                form(ui, &mut address);
                ui.add_space(space::M);
                chips(ui);
            },
            |ui| {
                messages(ui);
                ui.add_space(space::M);
                figures(ui);
                ui.add_space(space::M);
                nothing(ui);
            },
        );
    });
}

fn buttons(ui: &mut Ui) {
    section(ui, "Buttons", "", "", |_| ());
    ui.horizontal(|ui| {
        ui.add(Button::primary("Start training").icon(icons::PLAY).tip("Trains with the settings at the left"));
        ui.add(Button::secondary("Choose files").icon(icons::FOLDER));
        ui.add(Button::secondary("Later"));
        ui.add(Button::danger("Delete").icon(icons::DELETE));
    });
    ui.horizontal(|ui| {
        ui.add_enabled(false, Button::primary("Start training").icon(icons::PLAY));
        ui.add_enabled(false, Button::secondary("Pause"));
        for (icon, name, on) in [
            (icons::BACK, "Back", None),
            (icons::FORWARD, "Forward", None),
            (icons::UNDO, "Undo", None),
            (icons::PIN, "Pin", Some(false)),
            (icons::STAR_FILLED, "Star", Some(true)),
        ] {
            let button = IconButton::new(icon, name);
            ui.add(on.map_or(button, |on| button.selected(on)));
        }
        link(ui, "Open the collection", "");
    });
}

fn choices(ui: &mut Ui, tab: &mut i32, query: &mut String, empty: &mut String) {
    section(ui, "Choices", "one of a few", "", |ui| {
        ui.add(IconButton::new(icons::MORE, "More"));
    });
    let segments = ["Loss", "Usage", "Entropy"]
        .iter()
        .enumerate()
        .map(|(value, name)| Segment { value: value as i32, name, tip: "" })
        .collect::<Vec<_>>();
    segmented(ui, "Chart", tab, &segments);
    ui.horizontal(|ui| {
        let width = (ui.available_width() - space::S) / 2.0;
        search(ui, "Search", "Search features", query, width);
        search(ui, "Filter", "Filter by name", empty, width);
    });
}

fn form(ui: &mut Ui, address: &mut String) {
    section(ui, "Form", "", "", |_| ());
    let error = FieldError::new("no Qdrant server answers at http://localhost:6334: connection refused")
        .hint("check the address and that Qdrant runs there");
    Card::new().show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        field(ui, "Address", "Where the server is", Some(&error), |ui| {
            ui.add(TextEdit::singleline(address).desired_width(f32::INFINITY))
        });
        field(ui, "Epochs", "Passes over the sample", None, |ui| {
            ui.add(DragValue::new(&mut 20).suffix(" epochs"));
            ui.weak("about 1 min 20 s");
        });
        field(ui, "Device", "Where the training runs", None, |ui| {
            ComboBox::from_id_salt("device").selected_text("CPU, 16 threads").width(180.0).show_ui(ui, |_| ());
        });
    });
}

fn chips(ui: &mut Ui) {
    section(ui, "Chips and badges", "6 features", "", |_| ());
    ui.horizontal_wrapped(|ui| {
        let tokens = tokens(ui);
        Chip::new("red car").color(tokens.block(0)).value(".812").show(ui);
        Chip::new("pizza with basil").color(tokens.block(1)).value(".412").selected(true).show(ui);
        Chip::new("a very long name that somebody gave to a feature").color(tokens.block(2)).value(".205").show(ui);
        Chip::new("bowl").color(tokens.block(3)).value(".094").removable().show(ui);
        Chip::new("unnamed").color(tokens.block(4)).value(".031").show(ui);
        Chip::new("sea").color(tokens.block(5)).show(ui);
    });
    ui.horizontal(|ui| {
        for (text, mood) in [
            ("64 x 8", Mood::Neutral),
            ("new", Mood::Info),
            ("fits", Mood::Success),
            ("3 dead", Mood::Warning),
            ("outlier", Mood::Danger),
        ] {
            badge(ui, text, mood, "");
        }
    });
}

fn messages(ui: &mut Ui) {
    section(ui, "Messages", "", "", |_| ());
    Banner::new(Mood::Success, "The encoder was saved to food.safetensors").closable().show(ui);
    Banner::new(Mood::Info, "The address named the HTTP port 6333; the gRPC port 6334 is used").closable().show(ui);
    Banner::new(Mood::Warning, "3 of 512 features never win").hint("train longer, or with fewer features").show(ui);
    Banner::new(Mood::Danger, "the server at http://localhost:6334 refused the API key")
        .hint("give the key with --api-key or QDRANT_API_KEY")
        .action("Retry")
        .closable()
        .show(ui);
    Progress::new(Some(0.42), "Epoch 9 of 20").detail("1 min 20 s left").cancel("Cancel the training").show(ui);
    Progress::new(None, "Reading pictures").detail("12,345 so far").show(ui);
}

fn figures(ui: &mut Ui) {
    section(ui, "Figures", "", "", |_| ());
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 2.0 * space::S) / 3.0;
        ui.add(StatTile::new("Validation loss", "0.1874").note("best of 9 epochs", Mood::Success).width(width));
        ui.add(StatTile::new("Triplets", "12.4").unit("k / s").note("16 threads", Mood::Neutral).width(width));
        ui.add(StatTile::new("Dead features", "3").unit("of 512").note("they never win", Mood::Warning).width(width));
    });
    Card::new().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        key_value(ui, "Points", "12,345", "", "");
        key_value(ui, "Win rate", "3.2", "%", "Share of the points that it wins in its block");
        key_value(ui, "Mean activation", ".048", "", "");
        key_value(ui, "Vector", "clip-vit-base-patch32-vision-quantised-on-a-laptop", "512 f32", "");
    });
}

fn nothing(ui: &mut Ui) {
    Card::new().sunken().show(ui, |ui| {
        EmptyState::new(icons::DROP, "Nothing to inspect yet")
            .text(
                "Drop pictures anywhere in the window, paste one, or choose files. Each gets a card with its features.",
            )
            .action(Button::primary("Choose files").icon(icons::FOLDER))
            .show(ui);
    });
}

/// Outputs of a block: one wins, some are warm, most are cold. Always the same.
fn outputs(count: usize, winner: usize) -> Vec<f32> {
    let mut state = 0x9E37_79B9_u32 ^ count as u32;
    let mut values: Vec<f32> = (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 24) as f32).powi(12)
        })
        .collect();
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|value| *value *= 0.4 / sum);
    values[winner] += 0.6;
    values
}

fn drawing(ui: &Ui, size: [usize; 2]) -> TextureHandle {
    let pixels = (0..size[0] * size[1]).map(|place| {
        let (x, y) = ((place % size[0]) as f32 / size[0] as f32, (place / size[0]) as f32 / size[1] as f32);
        let round = (x - 0.5).hypot(y - 0.5) < 0.35;
        if round {
            Color32::from_rgb(220, (90.0 + 120.0 * y) as u8, 60)
        } else {
            Color32::from_rgb(120, 170, (200.0 * x) as u8)
        }
    });
    ui.load_texture("drawing", ColorImage::new(size, pixels.collect()), TextureOptions::LINEAR)
}

#[test]
fn charts() {
    let mut threshold = 0.35;
    snapshots("gallery_charts", SIZE, |ui| {
        columns(
            ui,
            |ui| {
                blocks(ui);
                ui.add_space(space::M);
                thumbnails(ui);
            },
            |ui| {
                histograms(ui, &mut threshold);
                ui.add_space(space::M);
                strips(ui);
            },
        );
    });
}

fn blocks(ui: &mut Ui) {
    section(ui, "Block outputs", "0 to 1", "", |_| ());
    let names = |place: usize| ["red car", "pizza with basil", "bowl of soup"][place % 3].to_owned();
    for (block, (count, winner)) in [(16, 4), (64, 17), (256, 200), (2048, 1500)].into_iter().enumerate() {
        let values = outputs(count, winner);
        let title = format!("Block {} of {count}", block + 1);
        let color = tokens(ui).block(block);
        BlockBars::new(&title, &values, color).names(&names).show(ui);
    }
    ui.columns_const(|[a, b]| {
        for (ui, block) in [(a, 4), (b, 5)] {
            let color = tokens(ui).block(block);
            let title = format!("Block {}", block + 1);
            BlockBars::new(&title, &outputs(64, 9 * block), color).height(40.0).show(ui);
        }
    });
}

fn thumbnails(ui: &mut Ui) {
    section(ui, "Pictures", "activation", "", |_| ());
    ui.horizontal(|ui| {
        let tall = drawing(ui, [60, 90]);
        let picture = Picture::Texture(tall.id(), tall.size_vec2());
        let side = vec2(88.0, 88.0);
        ui.add(Thumbnail::new(picture, "point 17").size(side).caption(".812"));
        ui.add(Thumbnail::new(picture, "point 18").size(side).caption(".793").selected(true));
        ui.add(Thumbnail::new(picture, "point 19").size(side).caption("whole").whole().color(tokens(ui).block(1)));
        ui.add(
            Thumbnail::new(Picture::Text("a bowl of soup with a spoon, seen from above"), "20")
                .size(side)
                .caption(".5"),
        );
        ui.add(Thumbnail::new(Picture::Loading, "point 21").size(side).caption("reading"));
        // The texture must outlive the frame.
        ui.data_mut(|data| data.insert_temp(egui::Id::unique("drawing"), tall));
    });
    ui.horizontal(|ui| {
        let side = vec2(48.0, 48.0);
        ui.add(Thumbnail::new(Picture::Broken("it is cut off"), "point 22").size(side));
        ui.add(Thumbnail::new(Picture::Loading, "point 23").size(side));
    });
}

fn histograms(ui: &mut Ui, threshold: &mut f64) {
    section(ui, "Activations", "0 to 1, log counts", "", |_| ());
    let counts: Vec<u64> = (0..100)
        .map(|place| {
            let x = f64::from(place) / 100.0;
            (9_000.0 * (-18.0 * x).exp() + 120.0 * (-((x - 0.7) / 0.1).powi(2)).exp()) as u64
        })
        .collect();
    let share = format::probability;
    Histogram::new("Threshold", &counts, 0.0..=1.0)
        .log(true)
        .format(&share)
        .marker(0.62, "this picture")
        .show(ui, Some(threshold));
    let confidence: Vec<u64> =
        (0..40).map(|place| (400.0 * (-((f64::from(place) - 26.0) / 6.0).powi(2)).exp()) as u64).collect();
    let color = tokens(ui).success.text;
    Histogram::new("Confidence", &confidence, 2.0..=6.0)
        .color(color)
        .height(56.0)
        .marker(4.9, "64 % lower:")
        .show(ui, None);
}

fn strips(ui: &mut Ui) {
    section(ui, "Use of features", "share of wins", "", |_| ());
    let tip = |row: usize, column: usize| format!("epoch {row}, feature {column}");
    let values: Vec<f32> = outputs(512, 40).iter().map(|value| if *value < 1e-4 { 0.0 } else { *value }).collect();
    let data = HeatData {
        name: "Use of every feature",
        values: &values,
        columns: 512,
        top: 0.05,
        empty_at_zero: true,
        version: 0,
        height: 24.0,
        tip: &tip,
    };
    HeatStrip::default().show(ui, data);
    let values: Vec<f32> = (0..20).flat_map(|row| outputs(128, 3 * row)).collect();
    let data = HeatData { name: "Use by epoch", values: &values, columns: 128, top: 0.1, height: 80.0, ..data };
    HeatStrip::default().show(ui, data);
    section(ui, "Curves", "last 40 steps", "", |_| ());
    let loss: Vec<f32> = (0..40).map(|step| (-step as f32 / 12.0).exp() + 0.05 * (step as f32).sin()).collect();
    ui.horizontal(|ui| {
        for series in [0, 1, 2, 3] {
            let color = tokens(ui).series[series];
            sparkline(ui, "Loss", &loss, vec2(104.0, 32.0), color);
        }
    });
    ui.horizontal(|ui| {
        for color in tokens(ui).series {
            let (rect, _) = ui.allocate_exact_size(vec2(46.0, 20.0), egui::Sense::empty());
            ui.painter().rect_filled(rect, 3, color);
        }
    });
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), egui::Sense::empty());
    for place in 0..100 {
        let left = rect.left() + rect.width() * place as f32 / 100.0;
        let part = egui::Rect::from_min_size(egui::pos2(left, rect.top()), vec2(rect.width() / 100.0 + 0.5, 16.0));
        ui.painter().rect_filled(part, 0, tokens(ui).heat(place as f32 / 99.0));
    }
}

#[test]
fn stock() {
    let mut text = "clip-ViT-B-32".to_owned();
    snapshots("gallery_stock", SIZE, |ui| {
        columns(ui, |ui| stock_left(ui, &mut text), stock_right);
    });
}

fn stock_left(ui: &mut Ui, text: &mut String) {
    ui.label(fonts::title("Title 24"));
    ui.heading("Heading 18");
    ui.label(fonts::strong("Strong 13 0123456789"));
    ui.label("Body 13: 0123456789, 1,111 and 8,888 have one width; − ± × ≤ ≥ → ½ €");
    ui.weak("Secondary: Größe, Ελληνικά, Кириллица");
    ui.small("Small 11: units and captions");
    ui.monospace("Mono 12: 9f3c-77aa {\"limit\": 10} 0O 1lI");
    ui.hyperlink_to("A link", "https://qdrant.tech");
    ui.separator();
    ui.horizontal(|ui| {
        let _ = ui.button("Button");
        ui.add_enabled(false, egui::Button::new("Disabled"));
        let _ = ui.selectable_label(true, "Selected");
        let _ = ui.selectable_label(false, "Not selected");
    });
    ui.horizontal(|ui| {
        ui.checkbox(&mut true, "Checked");
        ui.checkbox(&mut false, "Unchecked");
        let _ = ui.radio(true, "Radio");
        let _ = ui.radio(false, "Other");
    });
    ui.add(Slider::new(&mut 0.4, 0.0..=1.0).text("Strength"));
    ui.horizontal(|ui| {
        ui.add(DragValue::new(&mut 512).prefix("sample ").suffix(" points"));
        ComboBox::from_label("Preset").selected_text("Balanced").show_ui(ui, |_| ());
    });
    ui.add(TextEdit::singleline(text).hint_text("Model"));
    ui.add(TextEdit::singleline(&mut String::new()).hint_text("A hint"));
    ui.add(TextEdit::multiline(text).desired_rows(2).code_editor());
    ui.collapsing("Advanced", |ui| ui.label("inside"));
    Grid::new("grid").striped(true).num_columns(3).min_col_width(120.0).show(ui, |ui| {
        for row in 0..4 {
            ui.label(format!("row {row}"));
            ui.label("1,234");
            ui.label("56 %");
            ui.end_row();
        }
    });
    ScrollArea::vertical().max_height(80.0).show(ui, |ui| {
        for row in 0..20 {
            ui.label(format!("scrolled row {row}"));
        }
    });
}

fn stock_right(ui: &mut Ui) {
    section(ui, "Surfaces and text", "", "", |_| ());
    let tokens = tokens(ui);
    for (name, fill) in [
        ("sunken", tokens.sunken),
        ("base", tokens.base),
        ("raised", tokens.raised),
        ("overlay", tokens.overlay),
        ("control", tokens.control),
        ("selection", tokens.selection),
    ] {
        Frame::new().fill(fill).stroke(tokens.hairline()).corner_radius(theme::radius::M).inner_margin(8).show(
            ui,
            |ui| {
                ui.set_min_width(ui.available_width());
                ui.horizontal(|ui| {
                    ui.label(RichText::new(name).color(tokens.text));
                    for (name, color) in [
                        ("secondary", tokens.text_secondary),
                        ("disabled", tokens.text_disabled),
                        ("accent", tokens.accent_text),
                        ("success", tokens.success.text),
                        ("warning", tokens.warning.text),
                        ("danger", tokens.danger.text),
                        ("info", tokens.info.text),
                    ] {
                        ui.label(RichText::new(name).color(color));
                    }
                });
            },
        );
    }
    ui.add_space(space::M);
    section(ui, "Icons", &format::counted(icons::ALL.len() as u64, "icon"), "", |_| ());
    ui.horizontal_wrapped(|ui| {
        for (_, icon) in icons::ALL {
            ui.label(fonts::icon(icon, 20.0));
        }
    });
    ui.add_space(space::M);
    Frame::popup(ui.style()).show(ui, |ui| {
        ui.label("A menu");
        ui.separator();
        let _ = ui.add(
            egui::Button::new((icons::COPY, "Copy the request")).shortcut_text("Ctrl+C").frame_when_inactive(false),
        );
    });
}
