//! The probe points: pictures whose blocks are drawn again after every epoch.

use eframe::egui::{self, Align, Label, Layout, RichText, Slider, vec2};

use crate::app::train::{Command as Ask, Live, Snapshot};
use crate::app::{App, Command};
use crate::point::PointId;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{BlockBars, Card, section};
use crate::ui::{Cx, format};

/// Blocks that a card shows.
const BLOCKS: usize = 8;
/// Side of a picture, in points.
const SIDE: f32 = 64.0;
/// The smallest width of a card, in points.
const CARD: f32 = 172.0;

const TIP: &str = "Eight points that are not trained on, and what each block makes of them. Bars are the outputs of a block's \
                   features, which add up to 1; the dashed line is where all would be equal.";

/// Draws them, and the slider that goes back through the epochs.
pub fn show(ui: &mut egui::Ui, app: &App, live: &Live, cx: &mut Cx) {
    let Some((blocks, block_size)) = live.shape() else { return };
    let history = &live.history;
    let Some(snapshot) = history.at(app.train.look_back) else { return };
    let when = if snapshot.epoch == 0 { "before training".to_owned() } else { format!("epoch {}", snapshot.epoch) };
    section(ui, "Probe points", &when, TIP, |ui| look_back(ui, history.snapshots(), snapshot.epoch, cx));
    ui.add_space(space::XS);
    let gap = space::S;
    let columns = (((ui.available_width() + gap) / (CARD + gap)).floor() as usize).clamp(1, 4);
    let width = (ui.available_width() + gap) / columns as f32 - gap;
    let outputs = blocks * block_size;
    let points: Vec<(PointId, &[f32])> = history.ids.iter().copied().zip(snapshot.outputs.chunks(outputs)).collect();
    for row in points.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for (id, values) in row {
                ui.push_id(id, |ui| {
                    let layout = Layout::top_down(Align::Min);
                    ui.allocate_ui_with_layout(vec2(width, 0.0), layout, |ui| {
                        card(ui, app, *id, values, block_size, width, cx);
                    });
                });
            }
        });
        ui.add_space(gap);
    }
}

fn card(ui: &mut egui::Ui, app: &App, id: PointId, values: &[f32], block_size: usize, width: f32, cx: &mut Cx) {
    Card::new().name(&format!("Probe point {id}")).tight().show(ui, |ui| {
        ui.set_width(width - 2.0 * space::S - 2.0);
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.horizontal_top(|ui| {
            cx.thumbnail(ui, app, id, SIDE);
            ui.vertical(|ui| {
                let name = format::elide(&id.to_string(), 18);
                ui.add(Label::new(RichText::new(name).color(tokens(ui).text_secondary)).truncate());
                let strongest = values.chunks(block_size).map(|block| block.iter().copied().fold(0.0, f32::max));
                let (sum, blocks) = strongest.fold((0.0, 0u32), |(sum, n), top| (sum + top, n + 1));
                let mean = format::percent(f64::from(sum) / f64::from(blocks.max(1)));
                ui.label(mean).on_hover_text("How sure the blocks are: the mean of their strongest outputs");
            });
        });
        let tokens = tokens(ui);
        for (block, outputs) in values.chunks(block_size).take(BLOCKS).enumerate() {
            let name = |place: usize| format!("feature {}", block * block_size + place);
            ui.add_space(space::XXS);
            ui.push_id(block, |ui| {
                BlockBars::new(&format!("B{block}"), outputs, tokens.block(block)).names(&name).height(26.0).show(ui);
            });
        }
        let blocks = values.len() / block_size;
        if blocks > BLOCKS {
            let more = format!("and {} more blocks", blocks - BLOCKS);
            ui.label(RichText::new(more).small().color(tokens.text_secondary));
        }
    });
}

/// The slider; laid out from right to left.
fn look_back(ui: &mut egui::Ui, snapshots: &[Snapshot], epoch: usize, cx: &mut Cx) {
    let Some(last) = snapshots.len().checked_sub(1).filter(|last| *last > 0) else { return };
    let now = snapshots.iter().position(|s| s.epoch == epoch).unwrap_or(last);
    let mut place = now;
    ui.label(RichText::new(format!("of {}", snapshots[last].epoch)).color(tokens(ui).text_secondary));
    let slider = Slider::new(&mut place, 0..=last)
        .show_value(true)
        .custom_formatter(|value, _| snapshots.get(value as usize).map_or(String::new(), |s| s.epoch.to_string()))
        .custom_parser(|text| {
            let epoch: usize = text.trim().parse().ok()?;
            snapshots.iter().rposition(|s| s.epoch <= epoch).map(|place| place as f64)
        });
    let tip = "Look back: the probe points and the use of features as they were after an earlier epoch";
    let name = "Epoch that is shown";
    ui.name_inputs(name, |ui| ui.add(slider).accessible_name(name).on_hover_text(tip));
    ui.label(RichText::new("Epoch").color(tokens(ui).text_secondary));
    if place != now {
        let epoch = snapshots.get(place).filter(|_| place < last).map(|s| s.epoch);
        cx.push(Command::Train(Ask::LookBack(epoch)));
    }
}
