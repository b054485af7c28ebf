//! A plot over the steps of a training.

use std::sync::Arc;

use eframe::egui::{self, Color32, Id, Role, WidgetInfo, vec2};
use egui_plot::{
    AxisHints, Corner, GridInput, GridMark, HoverPosition, Legend, Line, LineStyle, MarkerShape, Plot, PlotMemory,
    PlotPoint, PlotPoints, Points, VLine,
};

use crate::app::train::plots::{Scale, Series};
use crate::ui::theme::{space, tokens};
use crate::ui::{fonts, format};

/// The height of a line of a legend, in points.
const LEGEND_LINE: f32 = 18.0;

/// A line of a plot.
pub struct Curve<'a> {
    /// What the legend and the pointer call it; without a name it is in neither.
    pub name: String,
    /// Its points.
    pub series: &'a Series,
    /// Its colour.
    pub color: Color32,
    /// Its width in points.
    pub width: f32,
    /// Whether its points are marked: an epoch each.
    pub marked: bool,
    /// Whether it is noise: where several of its points share a column of pixels, they become one band.
    pub noise: bool,
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number.
    Number,
    /// A share, 0 to 1, shown in percent.
    Share,
    /// A learning rate, shown as a person types it.
    Rate,
}

impl Unit {
    /// A value in words.
    pub fn words(self, value: f64) -> String {
        match self {
            Self::Number => format::number(value),
            Self::Share => format::percent(value),
            // It comes as f32, whose shortest form it is.
            // Three figures, without zeros at their end.
            Self::Rate if value == 0.0 => "0".to_owned(),
            Self::Rate => format!("{:e}", format!("{:.2e}", value).parse().unwrap_or(value)),
        }
    }
}

/// A plot over the steps of a training.
pub struct Chart<'a> {
    /// Tells it from others.
    pub id: &'static str,
    /// What stands over it.
    pub title: &'a str,
    /// What it shows, and its unit.
    pub tip: &'a str,
    /// What its values are.
    pub unit: Unit,
    /// Its height in points, without the title.
    pub height: f32,
    /// How steps are spread.
    pub steps: Scale,
    /// How values are spread.
    pub values: Scale,
    /// The last step of all plots, so that they have one axis.
    pub last: f64,
    /// Its lines.
    pub curves: Vec<Curve<'a>>,
    /// Steps at which something happened, and what.
    pub events: Vec<(String, f64, Color32)>,
    /// Where the legend stands; none where the lines are known by other ways.
    pub legend: Option<Corner>,
    /// Points that stand out.
    pub marks: Vec<(String, f64, f32, Color32)>,
}

/// The points of a line as they were drawn last.
#[derive(Clone)]
struct Drawn {
    key: Key,
    points: Arc<Vec<PlotPoint>>,
}

#[derive(Clone, Copy, PartialEq)]
struct Key {
    version: (u64, usize),
    columns: usize,
    from: f64,
    to: f64,
    steps: Scale,
    values: Scale,
    least: f32,
}

impl Chart<'_> {
    /// Shows it over the whole width.
    pub fn show(self, ui: &mut egui::Ui) {
        let tokens = tokens(ui);
        let now = self.now();
        ui.horizontal(|ui| {
            ui.label(fonts::strong(self.title)).on_hover_text(self.tip);
            let words = egui::RichText::new(&now).small().color(tokens.text_secondary);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(words).truncate());
            });
        });
        let id = Id::unique(("train plot", self.id));
        let (steps, values, unit) = (self.steps, self.values, self.unit);
        let least = self.curves.iter().map(|curve| curve.series.least()).fold(f32::INFINITY, f32::min);
        // As far as a person has zoomed in; everything otherwise.
        let zoomed = PlotMemory::load(ui.ctx(), id).filter(|memory| !memory.auto_bounds.x);
        let (from, to) = zoomed.map_or((f64::MIN, f64::MAX), |memory| {
            let bounds = *memory.bounds();
            (steps.value(bounds.min()[0]), steps.value(bounds.max()[0]))
        });
        let columns = (ui.available_width() * ui.ctx().pixels_per_point()).ceil().max(1.0) as usize;
        let lines: Vec<Arc<Vec<PlotPoint>>> = self
            .curves
            .iter()
            .enumerate()
            .map(|(place, curve)| {
                let version = curve.series.version();
                let key = Key { version, columns, from, to, steps, values, least };
                drawn(ui, id.with(place), curve.series, key)
            })
            .collect();
        let small = egui::TextStyle::Small;
        let named = self.curves.iter().filter(|curve| !curve.name.is_empty()).count() + self.marks.len();
        let named = named + usize::from(!self.events.is_empty());
        // A low chart's legend of many lines would lie over all of them: the pointer names them there.
        let legend = self.legend.filter(|_| named > 1 && named as f32 * LEGEND_LINE < self.height);
        let font = small.resolve(ui.style());
        let axis = |hints: AxisHints<'static>, room: f32| {
            // Those that are this far apart are as plain as can be.
            let hints = hints.label_spacing(egui::Rangef::new(room, room + 8.0));
            hints.tick_label_font(font.clone()).tick_label_color(tokens.text_secondary)
        };
        let value_words = move |place: f64| unit.words(values.value(place));
        let mut plot = Plot::new(self.id)
            .id(id)
            .height(self.height)
            .allow_scroll(false)
            .link_axis(Id::unique("train steps"), [true, false])
            .link_cursor(Id::unique("train steps"), [true, false])
            .set_margin_fraction(vec2(0.01, 0.06))
            .grid_color(tokens.border)
            .include_x(steps.place(1.0))
            .include_x(steps.place(self.last.max(2.0)))
            .custom_x_axes(vec![
                axis(AxisHints::new_x(), 44.0).formatter(move |mark, _| axis_words(mark, steps, Unit::Number)),
            ])
            .custom_y_axes(vec![
                axis(AxisHints::new_y(), 14.0)
                    .min_thickness(40.0)
                    .formatter(move |mark, _| axis_words(mark, values, unit)),
            ])
            .label_formatter(move |at| match at {
                HoverPosition::NearDataPoint { plot_name, position, .. } if !plot_name.is_empty() => Some(format!(
                    "{plot_name}\n{} at step {}",
                    value_words(position.y),
                    format::count(steps.value(position.x).round().max(0.0) as u64)
                )),
                _ => None,
            });
        // An axis without anything on it goes from 0 to 1.
        let nothing = self.curves.iter().all(|curve| curve.series.is_empty());
        plot = match values {
            Scale::Linear => plot
                .include_y(0.0)
                .include_y(if nothing { 1.0 } else { 0.0 })
                .y_grid_spacer(|input| round_steps(input, 24.0)),
            Scale::Log => plot.y_grid_spacer(decades),
        };
        plot = match steps {
            Scale::Linear => plot.x_grid_spacer(|input| round_steps(input, 60.0)),
            Scale::Log => plot.x_grid_spacer(decades),
        };
        if let Some(corner) = legend {
            plot = plot.legend(
                Legend::default().position(corner).text_style(small).background_alpha(0.7).follow_insertion_order(true),
            );
        }
        let shown = plot.show(ui, |plot| {
            for (curve, points) in self.curves.iter().zip(&lines) {
                let line = Line::new(curve.name.as_str(), PlotPoints::from(points.as_slice()))
                    .color(curve.color)
                    .width(curve.width)
                    .allow_band(curve.noise)
                    .allow_hover(!curve.name.is_empty());
                plot.line(line);
                if curve.marked && points.len() <= 200 {
                    let marks = Points::new(curve.name.as_str(), PlotPoints::from(points.as_slice()));
                    plot.points(marks.color(curve.color).radius(2.5));
                }
            }
            for (name, step, color) in &self.events {
                let line = VLine::new(name.as_str(), steps.place(*step)).color(*color).width(1.0);
                plot.vline(line.style(LineStyle::dashed_loose()).allow_hover(false));
            }
            for (name, step, value, color) in &self.marks {
                let place = values.place(f64::from(value.max(least)));
                let at = [steps.place(*step), if values == Scale::Log { place } else { f64::from(*value) }];
                let mark = Points::new(name.as_str(), at).shape(MarkerShape::Diamond).radius(5.0).color(*color);
                plot.points(mark);
            }
        });
        let name = format!("{}. {now}", self.title);
        shown.response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
        ui.add_space(space::XS);
    }

    /// The lines' last values in words.
    fn now(&self) -> String {
        let named = self.curves.iter().filter(|curve| !curve.name.is_empty());
        let words = |curve: &Curve<'_>| Some((curve.name.clone(), self.unit.words(f64::from(curve.series.last()?.1))));
        let last: Vec<(String, String)> = named.filter_map(words).collect();
        match last.as_slice() {
            [] => "nothing measured yet".to_owned(),
            [(_, value)] => format!("now {value}"),
            all if all.len() <= 3 => {
                all.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
            }
            all => format!("{} lines", all.len()),
        }
    }
}

/// A line's points for the plot's columns; those of the last frame where nothing has changed.
fn drawn(ui: &egui::Ui, id: Id, series: &Series, key: Key) -> Arc<Vec<PlotPoint>> {
    if let Some(known) = ui.data(|data| data.get_temp::<Drawn>(id)).filter(|known| known.key == key) {
        return known.points;
    }
    let mut points = Vec::new();
    series.drawn(key.from, key.to, key.columns, key.steps, &mut points);
    let place = |(x, y): (f64, f32)| {
        let y = if key.values == Scale::Log { y.max(key.least) } else { y };
        PlotPoint::new(key.steps.place(x), key.values.place(f64::from(y)))
    };
    let points: Arc<Vec<PlotPoint>> = Arc::new(points.into_iter().map(place).collect());
    ui.data_mut(|data| data.insert_temp(id, Drawn { key, points: points.clone() }));
    points
}

/// Lines at multiples of 1, 2 or 5 times a power of ten, at least `apart` points from each other, so that each has room
/// for its name.
fn round_steps(input: GridInput, apart: f64) -> Vec<GridMark> {
    // The input's step is what 8 points are.
    let least = input.base_step_size * apart / 8.0;
    if !least.is_finite() || least <= 0.0 {
        return Vec::new();
    }
    let power = 10f64.powf(least.log10().floor());
    let step_size = [1.0, 2.0, 5.0, 10.0].into_iter().map(|part| part * power).find(|step| *step >= least * 0.999);
    let step_size = step_size.unwrap_or(10.0 * power);
    let (low, high) = ((input.bounds.0 / step_size).ceil() as i64, (input.bounds.1 / step_size).floor() as i64);
    if high.saturating_sub(low) > 1_000 {
        return Vec::new();
    }
    (low..=high).map(|place| GridMark { value: place as f64 * step_size, step_size }).collect()
}

/// Lines at the powers of ten, and quieter ones between them.
fn decades(input: GridInput) -> Vec<GridMark> {
    let (low, high) = (input.bounds.0.floor() as i32, input.bounds.1.ceil() as i32);
    if high.saturating_sub(low) > 40 {
        return Vec::new();
    }
    let within = high - low <= 3;
    (low..=high)
        .flat_map(|power| {
            let whole = GridMark { value: f64::from(power), step_size: 1.0 };
            let parts = (2..10).filter(move |_| within).map(move |part| GridMark {
                value: f64::from(power) + f64::from(part).log10(),
                // 1, 2 and 5 lie some three tenths of a power apart.
                step_size: if part == 2 || part == 5 { NAMED } else { 0.1 },
            });
            std::iter::once(whole).chain(parts)
        })
        // The names of others would stand beside the plot.
        .filter(|mark| (input.bounds.0..=input.bounds.1).contains(&mark.value))
        .collect()
}

/// The distance of a line between powers of ten that is named.
const NAMED: f64 = 0.3;

/// What stands at a line of the grid.
fn axis_words(mark: GridMark, scale: Scale, unit: Unit) -> String {
    let value = scale.value(mark.value);
    if scale == Scale::Log && mark.step_size < NAMED {
        return String::new();
    }
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let short = |value: f64| {
        if value.abs() >= 1_000.0 {
            let text = format::short(value);
            text.split_once(' ').map_or(text.clone(), |(number, unit)| format!("{} {unit}", trim(number)))
        } else if value == 0.0 {
            "0".to_owned()
        } else if value.abs() < 1e-3 {
            format!("{value:.0e}")
        } else {
            let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 5.0) as usize;
            trim(&format!("{value:.digits$}"))
        }
    };
    match unit {
        Unit::Number | Unit::Rate => short(value),
        Unit::Share => format!("{} %", short((value * 1e6).round() / 1e4)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_named_in_few_figures() {
        let words = |value: f64, scale: Scale, step_size: f64, unit: Unit| {
            axis_words(GridMark { value, step_size }, scale, unit)
        };
        for (value, text) in [(0.0, "0"), (0.05, "0.05"), (1_500.0, "1.5 k"), (20_000.0, "20 k"), (2e-4, "2e-4")] {
            assert_eq!(words(value, Scale::Linear, 1.0, Unit::Number), text);
        }
        assert_eq!(words(0.3, Scale::Linear, 0.1, Unit::Share), "30 %");
        assert_eq!(Unit::Rate.words(f64::from(5e-3f32)), "5e-3");
        assert_eq!(Unit::Rate.words(0.0), "0");
        assert_eq!(words(-2.0, Scale::Log, 1.0, Unit::Number), "0.01");
        assert_eq!(words(3f64.log10(), Scale::Log, 0.1, Unit::Number), "");
        assert_eq!(words(5f64.log10(), Scale::Log, NAMED, Unit::Number), "5");
    }

    #[test]
    fn a_logarithmic_grid_has_every_power_of_ten_in_sight() {
        let marks = decades(GridInput { bounds: (-3.2, 1.4), base_step_size: 0.1 });
        let whole: Vec<f64> = marks.iter().filter(|m| m.step_size == 1.0).map(|m| m.value).collect();
        assert_eq!(whole, [-3.0, -2.0, -1.0, 0.0, 1.0]);
        assert!(decades(GridInput { bounds: (-1e9, 1e9), base_step_size: 1.0 }).is_empty());
    }

    #[test]
    fn lines_of_the_grid_have_room_for_their_names() {
        for (each, step) in [(1.0, 20.0), (0.9, 10.0), (2.4, 50.0), (5e-4, 0.01)] {
            let marks = round_steps(GridInput { bounds: (0.0, 200.0 * each), base_step_size: each }, 84.0);
            assert!(marks.iter().all(|m| (m.step_size - step).abs() < 1e-9), "{each}: {:?}", marks.first());
            assert!(marks.len() >= 5 && step / each * 8.0 >= 83.0);
        }
        assert!(round_steps(GridInput { bounds: (0.0, f64::INFINITY), base_step_size: 1e-300 }, 84.0).is_empty());
        assert!(round_steps(GridInput { bounds: (0.0, 1.0), base_step_size: f64::NAN }, 84.0).is_empty());
    }
}
