//! The runs: a table, and the curves of those that are chosen.

use std::path::Path;
use std::time::{Duration, SystemTime};

use eframe::egui::{self, Align, Checkbox, Label, Layout, RichText, Sense, TextEdit};
use egui_extras::{Column, TableBuilder, TableRow};

use super::curves::{self, Shown};
use super::{inspector, usage};
use crate::app::train::{Command as Ask, Loaded, MOST_COMPARED};
use crate::app::{App, Command, Selected, compare};
use crate::trainer::runs::{Moment, Run, RunState};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Banner, Button, EmptyState, IconButton, Mood, badge, section};
use crate::ui::{Cx, fonts, format, icons};

/// Rows that are shown at a time; the others are scrolled to.
const ROWS: usize = 9;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Compared,
    Title,
    Objective,
    Collection,
    When,
    State,
    Loss,
    Failed,
    Dead,
    Even,
    More,
}

impl Cell {
    /// From the most to the least needed, with the width that each takes.
    const WIDTHS: [(Self, f32); 11] = [
        (Self::Compared, 26.0),
        (Self::Title, 190.0),
        (Self::More, 28.0),
        (Self::State, 86.0),
        (Self::Loss, 66.0),
        (Self::When, 94.0),
        (Self::Objective, 86.0),
        (Self::Dead, 60.0),
        (Self::Failed, 60.0),
        (Self::Collection, 100.0),
        (Self::Even, 66.0),
    ];

    const ORDER: [Self; 11] = [
        Self::Compared,
        Self::Title,
        Self::Objective,
        Self::Collection,
        Self::When,
        Self::State,
        Self::Loss,
        Self::Failed,
        Self::Dead,
        Self::Even,
        Self::More,
    ];

    fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Compared => ("", "Tick runs to lay their curves over each other"),
            Self::Title => ("Run", "Its name"),
            Self::Objective => ("Objective", "What it was after"),
            Self::Collection => ("Trained on", "The collection"),
            Self::When => ("When", "When it began"),
            Self::State => ("State", "How it stands"),
            Self::Loss => (
                "Val. loss",
                "The validation loss of the epoch whose weights were kept. Losses of different objectives cannot be compared",
            ),
            Self::Failed => ("Failed", "The share of validation triplets with a loss above 0 in that epoch"),
            Self::Dead => ("Dead", "Features that win for none of the validation points"),
            Self::Even => ("Even use", "Usage perplexity / block size: how evenly features win, 100 % at most"),
            Self::More => ("", "What can be done with it"),
        }
    }
}

/// The columns that have room, in their order.
fn cells(width: f32) -> Vec<Cell> {
    let mut left = width;
    let fits: Vec<Cell> = Cell::WIDTHS
        .into_iter()
        .take_while(|(_, width)| {
            left -= width + space::S;
            left > -space::S
        })
        .map(|(cell, _)| cell)
        .collect();
    Cell::ORDER.into_iter().filter(|cell| fits.contains(cell)).collect()
}

/// Draws them.
pub fn show(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let runs = &app.train.runs;
    let compared = runs.compared.len();
    let note = format::counted(runs.list.len() as u64, "run");
    section(ui, "Runs", &note, "Every training of this window, newest first", |ui| {
        let refresh = IconButton::new(icons::REFRESH, "Look for runs again");
        if ui.add(refresh).clicked() {
            cx.push(Command::Train(Ask::Refresh));
        }
        let ticked = crate::app::train::ticked(app);
        if !ticked.is_empty() {
            let tip =
                "The encoders of the ticked runs side by side: a table of figures, their features, the same inputs";
            if ui.add(Button::primary("Compare encoders").icon(icons::COMPARE).tip(tip)).clicked() {
                cx.push(Command::Compare(compare::Command::Choose(ticked)));
            }
        }
        if compared > 0 {
            let button = Button::secondary("Compare none").tip("Take the ticks away");
            if ui.add(button).clicked() {
                cx.push(Command::Train(Ask::CompareNone));
            }
        }
    });
    if let Some(problem) = &runs.problem {
        Banner::new(Mood::Danger, &problem.text).hint(problem.hint.clone().unwrap_or_default()).show(ui);
    }
    if runs.list.is_empty() {
        let (title, text) = if runs.listed {
            ("No runs yet", "Each training is kept here with its settings, curves and encoder.")
        } else {
            ("Looking for runs", "")
        };
        EmptyState::new(icons::LIST, title).text(text).show(ui);
        return;
    }
    table(ui, app, cx);
    ui.add_space(space::M);
    chosen(ui, app, cx);
    ui.add_space(space::L);
}

fn table(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let runs = &app.train.runs;
    let cells = cells(ui.available_width());
    let height = size::ROW + 2.0;
    let rows = runs.list.len().min(ROWS) as f32;
    let mut table = TableBuilder::new(ui)
        .id_salt("runs")
        .striped(true)
        .sense(Sense::click())
        .cell_layout(Layout::left_to_right(Align::Center))
        .auto_shrink([false, true])
        .max_scroll_height(rows * (height + space::S));
    for cell in &cells {
        let width = Cell::WIDTHS.iter().find(|(of, _)| of == cell).map_or(60.0, |(_, width)| *width);
        let column = if *cell == Cell::Title { Column::remainder().at_least(120.0) } else { Column::exact(width) };
        table = table.column(column.clip(true));
    }
    let head = table.header(size::ROW, |mut header| {
        for cell in &cells {
            header.col(|ui| {
                let (title, tip) = cell.title();
                let title = RichText::new(title).small().color(tokens(ui).text_secondary);
                ui.add(Label::new(title).truncate()).on_hover_text(tip);
            });
        }
    });
    head.body(|body| {
        body.rows(height, runs.list.len(), |mut row| {
            let run = &runs.list[row.index()];
            let selected = app.view.place.selected == Selected::Run(run.folder.clone());
            row.set_selected(selected);
            for cell in &cells {
                column(&mut row, app, run, *cell, cx);
            }
            if row.response().clicked() && !selected {
                cx.push(Command::Select(Selected::Run(run.folder.clone())));
            }
        });
    });
}

fn column(row: &mut TableRow<'_, '_>, app: &App, run: &Run, cell: Cell, cx: &mut Cx) {
    let figures = run.info.metrics.as_ref();
    row.col(|ui| {
        // Ids hold to the run, wherever it stands.
        ui.push_id((&run.folder, cell as u8), |ui| {
            let words = |ui: &mut egui::Ui, text: &str| {
                ui.add(Label::new(text).truncate().selectable(false));
            };
            let share = |part: u64, whole: u64| {
                if whole == 0 { format::NONE.to_owned() } else { format::percent(part as f64 / whole as f64) }
            };
            let none = || format::NONE.to_owned();
            match cell {
                Cell::Compared => compare(ui, app, run, cx),
                Cell::Title => title(ui, app, run, cx),
                Cell::Objective => words(ui, &objective(run)),
                Cell::Collection => words(ui, source(run)),
                Cell::When => words(ui, &when(run.info.started)),
                Cell::State => {
                    let (word, mood, tip) = state(run.state);
                    badge(ui, word, mood, tip);
                }
                Cell::Loss => words(ui, &figures.map_or_else(none, |m| format::number(f64::from(m.val_loss)))),
                Cell::Failed => {
                    words(ui, &figures.map_or_else(none, |m| share(m.val_failed_triplets, m.val_triplets)));
                }
                Cell::Dead => words(ui, &figures.map_or_else(none, |m| format::count(m.dead as u64))),
                Cell::Even => {
                    words(ui, &figures.map_or_else(none, |m| format::percent(f64::from(m.usage_perplexity))));
                }
                Cell::More => more(ui, app, run, cx),
            }
        });
    });
}

fn compare(ui: &mut egui::Ui, app: &App, run: &Run, cx: &mut Cx) {
    let compared = &app.train.runs.compared;
    let mut on = compared.contains(&run.folder);
    let room = on || compared.len() < MOST_COMPARED;
    let response = ui.add_enabled(room, Checkbox::without_text(&mut on));
    let name = format!("Compare {}", run.info.title);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, room, on, &name));
    let full = format!("At most {MOST_COMPARED} runs can be told apart");
    if response.on_hover_text("Lay its curves over those of other runs").on_disabled_hover_text(full).changed() {
        cx.push(Command::Train(Ask::Compare(run.folder.clone(), on)));
    }
}

/// The name, or the field that it is typed into.
fn title(ui: &mut egui::Ui, app: &App, run: &Run, cx: &mut Cx) {
    let runs = &app.train.runs;
    if let Some((_, typed)) = runs.renaming.as_ref().filter(|(folder, _)| *folder == run.folder) {
        naming(ui, &run.folder, typed, cx);
        return;
    }
    if let Some(place) = runs.compared.iter().position(|folder| *folder == run.folder) {
        let (dot, _) = ui.allocate_exact_size(egui::vec2(10.0, 10.0), Sense::empty());
        ui.painter().circle_filled(dot.center(), 4.0, curves::color(tokens(ui), place));
    }
    ui.add(Label::new(&run.info.title).truncate().selectable(false));
    if runs.is_busy(&run.folder) {
        ui.spinner();
    }
}

/// The field in which a run's name is typed: Enter takes it, Escape leaves the old one.
pub fn naming(ui: &mut egui::Ui, folder: &Path, typed: &str, cx: &mut Cx) {
    let mut text = typed.to_owned();
    let edit = TextEdit::singleline(&mut text).id_salt("run name").char_limit(120).desired_width(f32::INFINITY);
    let response =
        ui.add(edit).accessible_name("Name of the run").on_hover_text("Enter takes the name, Escape leaves it");
    if response.lost_focus() {
        let (enter, escape) = ui.input(|i| (i.key_pressed(egui::Key::Enter), i.key_pressed(egui::Key::Escape)));
        cx.push(Command::Train(if enter || !escape {
            Ask::Rename { folder: folder.to_owned(), title: text, step: true }
        } else {
            Ask::Naming(None)
        }));
    } else if response.changed() {
        cx.push(Command::Train(Ask::Naming(Some((folder.to_owned(), text)))));
    } else if !response.has_focus() {
        response.request_focus();
    }
}

fn more(ui: &mut egui::Ui, app: &App, run: &Run, cx: &mut Cx) {
    let name = format!("More for {}", run.info.title);
    let button = ui.add(IconButton::new(icons::MORE, &name).tip("What can be done with it").small());
    egui::Popup::menu(&button).show(|ui| {
        for (words, glyph, command, why) in inspector::actions(app, run) {
            let text = (fonts::icon(glyph, 14.0), words);
            let response = ui.add_enabled(why.is_empty(), egui::Button::new(text));
            if response.on_disabled_hover_text(why).clicked() {
                cx.push(command);
                ui.close();
            }
        }
    });
}

/// The curves of the runs that are compared, or else of the one that is selected.
fn chosen(ui: &mut egui::Ui, app: &App, cx: &mut Cx) {
    let runs = &app.train.runs;
    let mut folders: Vec<&Path> = runs.compared.iter().map(|folder| folder.as_path()).collect();
    if folders.is_empty()
        && let Selected::Run(folder) = &app.view.place.selected
    {
        folders.push(folder);
    }
    if folders.is_empty() {
        let words = "Choose a run to see its curves, or tick several to lay them over each other.";
        ui.label(RichText::new(words).color(tokens(ui).text_secondary));
        return;
    }
    let mut shown = Vec::new();
    for folder in folders {
        let name = runs.get(folder).map_or(String::new(), |run| run.info.title.clone());
        match (app.train.curves(folder), runs.loaded(folder)) {
            (Some(curves), _) => {
                let config = runs.get(folder).and_then(|run| run.info.config());
                shown.push(Shown { name, curves, objective: config.map(|config| config.objective) });
            }
            (None, Some(Loaded::Failed(problem))) => {
                let banner = Banner::new(Mood::Danger, format!("{name}: {}", problem.text));
                banner.hint(problem.hint.clone().unwrap_or_default()).show(ui);
            }
            (None, _) => {
                ui.label(RichText::new(format!("Reading {name}")).color(tokens(ui).text_secondary));
            }
        }
    }
    if shown.is_empty() {
        return;
    }
    let title = match shown.as_slice() {
        [one] => one.name.clone(),
        several => format!("{} runs compared", several.len()),
    };
    ui.add(Label::new(RichText::new(title).text_style(egui::TextStyle::Heading)).truncate());
    curves::controls(ui, app.train.plot, cx);
    ui.add_space(space::S);
    curves::show(ui, &shown, app.train.plot);
    if let [one] = shown.as_slice() {
        ui.add_space(space::S);
        usage::of_run(ui, one.curves, one.curves.loss.version());
    }
}

/// How a run stands: the word, its colour, and what it means.
pub fn state(state: RunState) -> (&'static str, Mood, &'static str) {
    match state {
        RunState::Running => ("running", Mood::Info, "It goes on, here or in another process"),
        RunState::Done => ("done", Mood::Success, "It reached its last epoch"),
        RunState::Stopped => ("stopped", Mood::Success, "It was stopped, and its best weights were kept"),
        RunState::Cancelled => ("cancelled", Mood::Neutral, "It was cancelled"),
        RunState::Failed => ("failed", Mood::Danger, "It failed; select it to see why"),
        RunState::Interrupted => ("interrupted", Mood::Warning, "Its process ended in the middle"),
        RunState::Unknown => ("unknown", Mood::Neutral, "Its folder does not say"),
    }
}

/// What it was after; runs of earlier versions do not say.
pub fn objective(run: &Run) -> String {
    let named = run.info.settings.as_ref().and_then(|settings| settings.get("objective")?.as_str());
    named.unwrap_or(format::NONE).to_owned()
}

/// What it was trained on, without the part of the sample.
pub fn source(run: &Run) -> &str {
    let source = run.info.source.as_str();
    let source = source.strip_suffix(" (training part)").unwrap_or(source);
    source.strip_prefix("collection \"").and_then(|name| name.strip_suffix('"')).unwrap_or(source)
}

/// How long ago it began, or the day.
pub fn when(moment: Option<Moment>) -> String {
    let Some(moment) = moment else { return format::NONE.to_owned() };
    let seconds = SystemTime::now().duration_since(moment.system_time()).map_or(0, |d| d.as_secs());
    match seconds {
        0..90 => "just now".to_owned(),
        90..86_400 => {
            // In its largest unit.
            let time =
                format::duration(Duration::from_secs(seconds - seconds % if seconds < 3_600 { 60 } else { 3_600 }));
            format!("{time} ago")
        }
        _ => moment.minute().chars().take(10).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_stays_where_there_is_little_room() {
        assert_eq!(cells(2_000.0), Cell::ORDER);
        let narrow = cells(420.0);
        assert!(narrow.contains(&Cell::Title) && narrow.contains(&Cell::More) && !narrow.contains(&Cell::Even));
        for width in [200, 420, 560, 640, 760] {
            let kept = cells(width as f32);
            let taken: f32 =
                Cell::WIDTHS.iter().filter(|(cell, _)| kept.contains(cell)).map(|(_, w)| w + space::S).sum();
            assert!(taken <= width as f32 + space::S, "{width}");
        }
    }

    #[test]
    fn a_run_s_age_is_told_as_people_tell_it() {
        let ago = |seconds: u64| when(Some(Moment::from_seconds(Moment::now().seconds() - seconds)));
        assert_eq!(when(None), format::NONE);
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(260), "4 min ago");
        assert_eq!(ago(7_900), "2 h ago");
        assert_eq!(ago(3 * 86_400).len(), "2026-11-22".len());
    }

    #[test]
    fn a_collection_is_called_by_its_name() {
        let mut run = Run::default();
        for (source_text, name) in [("collection \"food\" (training part)", "food"), ("v.npy", "v.npy"), ("", "")] {
            run.info.source = source_text.into();
            assert_eq!(source(&run), name);
        }
    }
}
