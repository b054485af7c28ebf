//! Usage of every feature as a heat strip: a row a block.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{self, Id, Label, RichText, Sense, vec2};

use crate::app::App;
use crate::app::train::{Curves, Live};
use crate::ui::theme::{Tokens, space, tokens};
use crate::ui::widgets::{HeatData, HeatStrip, section};
use crate::ui::{Cx, format};

/// A feature that wins so many times an even share is as hot as can be.
const HOTTEST: f32 = 8.0;
/// Width of the blocks' names, in points.
const NAMES: f32 = 30.0;

/// The strip, kept between frames.
#[derive(Default)]
struct Kept {
    strip: HeatStrip,
    made: Option<u64>,
    cells: Vec<f32>,
}

/// The usage in a live training, at the epoch that is looked back to.
pub fn live(ui: &mut egui::Ui, app: &App, live: &Live, _cx: &mut Cx) {
    let Some((blocks, block_size)) = live.shape() else { return };
    let snapshot = live.history.at(app.train.look_back);
    // Before the first epoch nothing is judged.
    let Some(snapshot) = snapshot.filter(|snapshot| snapshot.usage.len() == blocks * block_size) else {
        section(ui, "Use of the features", "after the first epoch", TIP, |_| {});
        return;
    };
    let name = format!("epoch {}", snapshot.epoch);
    strip(ui, &snapshot.usage, (blocks, block_size), &name, snapshot.judged, (live.key, snapshot.epoch));
}

/// The usage at the end of a run.
pub fn of_run(ui: &mut egui::Ui, curves: &Curves, version: impl Hash) {
    let Some(last) = curves.last.as_ref().filter(|m| !m.entropy.is_empty() && !m.usage.is_empty()) else { return };
    let blocks = last.entropy.len();
    let name = format!("epoch {}", last.epoch);
    strip(ui, &last.usage, (blocks, last.usage.len() / blocks), &name, last.judged, (version, last.epoch));
}

const TIP: &str = "For how many of the validation points each feature is the strongest of its block, against an even share. A \
                   feature that never is, is dead.";

fn strip(
    ui: &mut egui::Ui,
    usage: &[f32],
    (blocks, block_size): (usize, usize),
    epoch: &str,
    judged: u64,
    version: impl Hash,
) {
    let tokens = tokens(ui);
    let dead = usage.iter().filter(|share| **share == 0.0).count();
    let note =
        format!("{epoch}: {} of {} dead", format::count(dead as u64), format::counted(usage.len() as u64, "feature"));
    section(ui, "Use of the features", &note, TIP, |ui| legend(ui, tokens));
    let row = (160.0 / blocks as f32).clamp(4.0, 20.0);
    let width = ui.available_width() - NAMES - space::XS;
    let pixels = ((width * ui.ctx().pixels_per_point()) as usize).max(1);
    // Where a block has more features than the strip has pixels, the most used of several stands for them.
    let each = block_size.div_ceil(pixels);
    let columns = block_size.div_ceil(each);
    let mut hasher = DefaultHasher::new();
    (version, each, usage.len()).hash(&mut hasher);
    let version = hasher.finish();
    let id = Id::unique("train usage");
    let kept: Arc<Mutex<Kept>> = ui.data_mut(|data| data.get_temp_mut_or_default::<Arc<Mutex<Kept>>>(id).clone());
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let Kept { strip, made, cells } = &mut *kept;
    if *made != Some(version) {
        *made = Some(version);
        cells.clear();
        for block in usage.chunks(block_size) {
            cells.extend(block.chunks(each).map(|some| heat(some.iter().copied().fold(0.0, f32::max), block_size)));
        }
    }
    let tip = |block: usize, column: usize| {
        let from = column * each;
        let block_usage = &usage[block * block_size..][..block_size];
        let some = &block_usage[from..(from + each).min(block_size)];
        let place = some.iter().enumerate().fold(0, |best, (i, share)| if *share > some[best] { i } else { best });
        tip(block, from + place, block_size, some[place], judged)
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        names(ui, tokens, blocks, row);
        let data = HeatData {
            name: &format!("Use of the features, {note}"),
            values: cells,
            columns,
            top: 1.0,
            empty_at_zero: true,
            version,
            height: row * blocks as f32,
            tip: &tip,
        };
        strip.show(ui, data);
    });
}

/// How hot a feature is: 0 for a dead one; 1/8 of an even share and less at the cold end, 8 times and more at the hot one.
fn heat(share: f32, block_size: usize) -> f32 {
    if share <= 0.0 {
        return 0.0;
    }
    let relative = share * block_size as f32;
    let place = (relative.log2() / HOTTEST.log2()).clamp(-1.0, 1.0) * 0.5 + 0.5;
    // The coldest colour is kept for nothing, so that a dead feature does not look like one that is seldom used.
    0.12 + 0.88 * place
}

fn tip(block: usize, place: usize, block_size: usize, share: f32, judged: u64) -> String {
    let name = format!("Feature {} (block {}, place {place})", block * block_size + place, block);
    if share == 0.0 {
        return format!("{name}\nDead: it wins for none of {}", format::counted(judged, "point"));
    }
    let relative = f64::from(share) * block_size as f64;
    let times = if relative >= 0.095 { format!("{relative:.1}") } else { format!("{relative:.2}") };
    format!("{name}\nWins for {} of the points: {times} times an even share", format::percent(f64::from(share)))
}

fn names(ui: &mut egui::Ui, tokens: &Tokens, blocks: usize, row: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(NAMES, row * blocks as f32), Sense::empty());
    let font = egui::TextStyle::Small.resolve(ui.style());
    // As many names as have room.
    let every = (12.0 / row).ceil().max(1.0) as usize;
    for block in (0..blocks).step_by(every) {
        let at = egui::pos2(rect.right(), rect.top() + row * (block as f32 + 0.5));
        ui.painter().text(at, egui::Align2::RIGHT_CENTER, format!("B{block}"), font.clone(), tokens.text_secondary);
    }
}

/// What the colours mean; laid out from right to left.
fn legend(ui: &mut egui::Ui, tokens: &Tokens) {
    ui.spacing_mut().item_spacing.x = space::XS;
    let weak = |ui: &mut egui::Ui, text: &str| {
        ui.add(Label::new(RichText::new(text).small().color(tokens.text_secondary)));
    };
    weak(ui, "8 x even");
    let (rect, _) = ui.allocate_exact_size(vec2(72.0, 8.0), Sense::empty());
    let mut mesh = egui::Mesh::default();
    for i in 0..24 {
        let left = rect.left() + rect.width() * i as f32 / 24.0;
        let part = egui::Rect::from_min_max(
            egui::pos2(left, rect.top()),
            egui::pos2(left + rect.width() / 24.0, rect.bottom()),
        );
        mesh.add_colored_rect(part, tokens.heat(0.12 + 0.88 * (i as f32 + 0.5) / 24.0));
    }
    ui.painter().add(mesh);
    weak(ui, "1/8");
    ui.add_space(space::S);
    weak(ui, "dead");
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 8.0), Sense::empty());
    ui.painter().rect(rect, 0, tokens.sunken, (1.0, tokens.border_input), egui::StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_share_lies_in_the_middle_and_only_the_dead_are_empty() {
        let even = heat(1.0 / 64.0, 64);
        assert!((even - 0.56).abs() < 1e-6);
        assert_eq!(heat(0.0, 64), 0.0);
        assert!(heat(1e-9, 64) > 0.1);
        assert_eq!((heat(8.0 / 64.0, 64), heat(1.0, 64)), (1.0, 1.0));
    }

    #[test]
    fn the_pointer_tells_which_feature_it_is_and_how_often_it_wins() {
        assert_eq!(
            tip(1, 3, 64, 2.0 / 64.0, 100),
            "Feature 67 (block 1, place 3)\nWins for 3.1 % of the points: 2.0 times an even share"
        );
        assert!(tip(0, 0, 64, 0.0, 100).ends_with("none of 100 points"));
    }
}
