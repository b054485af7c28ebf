//! The table: what it is made with, and its figures.

use std::time::Duration;

use eframe::egui::{
    self, Align, Align2, ComboBox, DragValue, FontId, Label, Layout, RichText, ScrollArea, Sense, Ui, WidgetInfo, vec2,
};
use egui_extras::{Column as Width, TableBuilder};

use super::{colour, middle, push, quiet};
use crate::app::App;
use crate::app::compare::{Cell, Column, Command, Evaluated, Line, Settings, Sheet, Sort, label_fields};
use crate::app::train;
use crate::ui::fonts::{self, text};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Banner, Button, EmptyState, Mood, Segment, segmented};
use crate::ui::{Cx, format, icons};

/// Width of the names, of a column of words and of one of figures, in points.
const NAME: f32 = 180.0;
/// Its greatest width.
const LONG_NAME: f32 = 320.0;
const WORDS: f32 = 150.0;
const FIGURE: f32 = 80.0;
/// Between columns.
const GAP: f32 = 8.0;
/// Height of the head, which has room for two lines.
const HEAD: f32 = 36.0;
/// From this width on what belongs together stands in one row, in points.
const ONE_ROW: f32 = 760.0;
/// Room for the notes under the table, in points.
const NOTES: f32 = 72.0;

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let state = &app.compare.table;
    let Some(made) = &state.made else { return first(ui, app, cx) };
    settings(ui, app, cx);
    let of: Vec<_> = app.compare.chosen.iter().map(|chosen| chosen.path.clone()).collect();
    if state.is_stale(&of) && state.job().is_none() {
        ui.add_space(space::XS);
        Banner::new(Mood::Info, "The table below is of other encoders or settings than those chosen above.").show(ui);
    }
    ui.add_space(space::S);
    head(ui, app, cx, made);
    ui.add_space(space::XS);
    if state.sheet().is_empty() {
        quiet(ui, "There are no such figures in this table.");
    } else {
        sheet(ui, app, cx, made, state.sheet(), state.sort());
    }
    notes(ui, made);
}

/// Before there is a table.
fn first(ui: &mut Ui, app: &App, cx: &mut Cx) {
    settings(ui, app, cx);
    if app.compare.table.job().is_some() {
        return;
    }
    middle(ui);
    let ready = can_make(app);
    let text = if ready {
        "Every encoder above is measured on the same points: dead features, what blocks share, retrieval by its codes, \
         reconstruction, and with labels how they are told apart. Ways without an encoder stand beside them."
    } else {
        "Add encoders above, or have some trained with an objective. They are measured on the same points, beside ways \
         without an encoder."
    };
    let empty = EmptyState::new(icons::TABLE, "No table yet").text(text);
    let empty = if ready { empty.action(make()) } else { empty };
    if empty.show(ui) {
        push(cx, Command::Evaluate);
    }
}

fn can_make(app: &App) -> bool {
    let state = &app.compare;
    (!state.chosen.is_empty() || !state.table.settings.objectives.is_empty()) && state.table.job().is_none()
}

fn make() -> Button<'static> {
    let tip = "Reads a sample of the collection, splits it, and measures every encoder on it. You can go on browsing.";
    Button::primary("Make the table").icon(icons::TABLE).tip(tip)
}

/// What the table is made with.
fn settings(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let now = &app.compare.table.settings;
    let mut next = now.clone();
    let again = |ui: &mut Ui, cx: &mut Cx| {
        let button = Button::secondary("Make it anew").icon(icons::REFRESH).tip("Measures all of them again");
        if app.compare.table.made.is_some() && ui.add_enabled(can_make(app), button).clicked() {
            push(cx, Command::Evaluate);
        }
    };
    if ui.available_width() >= ONE_ROW {
        ui.horizontal(|ui| {
            labels(ui, app, &mut next);
            ui.add_space(space::M);
            objectives(ui, &mut next);
            ui.add_space(space::M);
            again(ui, cx);
        });
    } else {
        ui.horizontal(|ui| labels(ui, app, &mut next));
        ui.horizontal(|ui| {
            objectives(ui, &mut next);
            again(ui, cx);
        });
    }
    if next != *now {
        push(cx, Command::Settings(next));
    }
}

fn labels(ui: &mut Ui, app: &App, next: &mut Settings) {
    let tip = "A field of the payload whose values are labels. With it, the table says how features and codes agree with \
               them.";
    ui.label(RichText::new("Labels").color(tokens(ui).text_secondary)).on_hover_text(tip);
    let shown = next.labels.as_deref().unwrap_or("none").to_owned();
    let combo = ComboBox::from_id_salt("compare labels").selected_text(&shown).width(130.0).truncate();
    let drawn = combo.show_ui(ui, |ui| {
        if ui.selectable_label(next.labels.is_none(), "none").clicked() {
            next.labels = None;
        }
        for field in label_fields(app) {
            if ui.selectable_label(next.labels.as_ref() == Some(&field), &field).clicked() {
                next.labels = Some(field);
            }
        }
    });
    drawn.response.accessible_name("Labels").on_hover_text(tip);
    let tip = "Each label is left out of a training in its turn, and is then to be told from the others as an outlier. Only \
               for encoders that are trained here.";
    let can = next.labels.is_some() && !next.objectives.is_empty();
    let hold_out = egui::Checkbox::new(&mut next.hold_out, "hold out each");
    ui.add_enabled(can, hold_out).on_hover_text(tip).on_disabled_hover_text(tip);
}

fn objectives(ui: &mut Ui, next: &mut Settings) {
    let tip = "Encoders that are trained for the table, by the presets' settings. Several seeds show the spread.";
    ui.label(RichText::new("Train, too").color(tokens(ui).text_secondary)).on_hover_text(tip);
    let shown = match next.objectives.as_slice() {
        [] => "nothing".to_owned(),
        [one] => train::title(*one).to_owned(),
        several => format!("{} objectives", several.len()),
    };
    let combo = ComboBox::from_id_salt("compare objectives").selected_text(&shown).width(120.0).truncate();
    let drawn = combo.close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show_ui(ui, |ui| {
        for objective in train::OBJECTIVES {
            let mut on = next.objectives.contains(&objective);
            let tip = train::about(objective);
            if ui.checkbox(&mut on, train::title(objective)).on_hover_text(tip).changed() {
                next.objectives.retain(|known| *known != objective);
                next.objectives.extend(on.then_some(objective));
            }
        }
    });
    drawn.response.accessible_name("Train, too").on_hover_text(tip);
    let unit = if next.seeds == 1 { " seed" } else { " seeds" };
    let seeds = DragValue::new(&mut next.seeds).range(1..=10).suffix(unit);
    let tip = "Encoders for each objective, each with a seed of its own";
    ui.add_enabled(!next.objectives.is_empty(), seeds).accessible_name("Seeds").on_hover_text(tip);
}

/// Which figures are shown, and what can be done with them.
fn head(ui: &mut Ui, app: &App, cx: &mut Cx, made: &Evaluated) {
    let state = &app.compare.table;
    let views = state.views();
    let segments: Vec<Segment<'_, _>> =
        views.iter().map(|view| Segment { value: *view, name: view.title(), tip: view.about() }).collect();
    let choose = |ui: &mut Ui, cx: &mut Cx| {
        let mut view = state.view();
        if segmented(ui, "Figures of the table", &mut view, &segments).changed() {
            push(cx, Command::View(view));
        }
    };
    let rest = |ui: &mut Ui, cx: &mut Cx| {
        for (name, said, copied) in [
            ("Markdown", "the table is copied as Markdown", Sheet::markdown as fn(&Sheet) -> String),
            ("CSV", "the table is copied as comma-separated values", Sheet::csv as fn(&Sheet) -> String),
        ] {
            let tip = format!("Copies the figures that are shown as {name}");
            if ui.add(Button::secondary(name).icon(icons::COPY).tip(&tip)).clicked() {
                ui.copy_text(copied(state.sheet()));
                push(cx, Command::Say(said));
            }
        }
        let table = &made.table;
        let words = format!(
            "{} trained on and searched, {} to search with; {}",
            format::counted(table.train_points as u64, "point"),
            format::count(table.queries as u64),
            format::duration(Duration::from_secs_f64(table.seconds.clamp(0.0, 1e9)))
        );
        ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
    };
    if ui.available_width() >= ONE_ROW {
        ui.horizontal(|ui| {
            choose(ui, cx);
            ui.add_space(space::S);
            rest(ui, cx);
        });
    } else {
        choose(ui, cx);
        ui.horizontal(|ui| rest(ui, cx));
    }
}

/// The figures.
fn sheet(ui: &mut Ui, app: &App, cx: &mut Cx, made: &Evaluated, sheet: &Sheet, sort: Option<Sort>) {
    let width = |column: &Column| if is_word(sheet, column) { WORDS } else { FIGURE };
    // The notes stand under the lines, which scroll where there are many.
    let notes = if made.table.notes.is_empty() { 0.0 } else { NOTES };
    let height = (ui.available_height() - HEAD - notes - space::XL).max(3.0 * size::ROW);
    let figures: f32 = sheet.columns.iter().map(|column| width(column) + GAP).sum();
    // Names take the room that figures leave, up to what a long one needs.
    let named = (ui.available_width() - figures).clamp(NAME, LONG_NAME);
    let whole = named + figures;
    let best: Vec<Option<f64>> = (0..sheet.columns.len()).map(|i| sheet.best(i)).collect();
    ScrollArea::horizontal().id_salt("compare across").auto_shrink([false, true]).show(ui, |ui| {
        ui.set_width(whole.max(ui.available_width()));
        ui.spacing_mut().item_spacing.x = GAP;
        let mut builder = TableBuilder::new(ui)
            .id_salt(("compare figures", app.compare.table.view() as usize))
            .striped(true)
            .cell_layout(Layout::left_to_right(Align::Center))
            .auto_shrink([false, true])
            .min_scrolled_height(0.0)
            .max_scroll_height(height)
            .column(Width::exact(named).clip(true));
        for column in &sheet.columns {
            builder = builder.column(Width::exact(width(column)).clip(true));
        }
        builder
            .header(HEAD, |mut head| {
                let words = ("Encoder", "Encoders first, then ways without one");
                head.col(|ui| heading(ui, cx, words, 0, sort, false));
                for (i, column) in sheet.columns.iter().enumerate() {
                    let words = (column.title.as_str(), column.about);
                    head.col(|ui| heading(ui, cx, words, i + 1, sort, !is_word(sheet, column)));
                }
            })
            .body(|body| {
                body.rows(size::ROW + 2.0, sheet.lines.len(), |mut row| {
                    let line = &sheet.lines[row.index()];
                    row.col(|ui| name(ui, app, made, line));
                    for (i, cell) in line.cells.iter().enumerate() {
                        row.col(|ui| figure(ui, sheet, i, cell, best[i].filter(|_| !line.baseline)));
                    }
                });
            });
    });
}

fn is_word(sheet: &Sheet, column: &Column) -> bool {
    let at = sheet.columns.iter().position(|known| std::ptr::eq(known, column));
    at.is_some_and(|i| sheet.lines.iter().any(|line| matches!(line.cells[i], Cell::Word(_))))
}

fn heading(ui: &mut Ui, cx: &mut Cx, (title, about): (&str, &str), column: usize, sort: Option<Sort>, number: bool) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    let on = sort.filter(|sort| sort.column == column);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {title}")));
    let colour = if on.is_some() || response.hovered() { tokens.text } else { tokens.text_secondary };
    let font = FontId::new(text::SMALL, fonts::medium_family());
    let arrow = match on {
        Some(Sort { descending: true, .. }) => format!(" {}", icons::SORT_DOWN),
        Some(_) => format!(" {}", icons::SORT_UP),
        None => String::new(),
    };
    let mut job = egui::text::LayoutJob::simple(format!("{title}{arrow}"), font, colour, rect.width());
    job.halign = if number { Align::RIGHT } else { Align::LEFT };
    job.wrap.max_rows = 2;
    let galley = ui.painter().layout_job(job);
    let (anchor, at) =
        if number { (Align2::RIGHT_CENTER, rect.right_center()) } else { (Align2::LEFT_CENTER, rect.left_center()) };
    let top = anchor.anchor_size(at, galley.size()).min;
    // A galley that is aligned to the right hangs from its right end.
    let place = if number { egui::pos2(rect.right(), top.y) } else { top };
    ui.painter().galley(place, galley, colour);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 3, tokens.focus_ring(), egui::StrokeKind::Inside);
    }
    let again = if on.is_some() { "sorts the other way round" } else { "sorts by it" };
    if response.on_hover_text(format!("{about}\nA click {again}")).clicked() {
        push(cx, Command::Sort(column));
    }
}

fn name(ui: &mut Ui, app: &App, made: &Evaluated, line: &Line) {
    let tokens = tokens(ui);
    let row = made.table.rows.get(line.row);
    let path = row.and_then(|row| row.encoder.as_deref());
    let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::empty());
    match path {
        Some(path) => {
            ui.painter().circle_filled(dot.center(), 4.0, colour(tokens, app, path));
        }
        None if !line.baseline => {
            ui.painter().circle_stroke(dot.center(), 3.5, egui::Stroke::new(1.5, tokens.text_secondary));
        }
        None => {}
    }
    let words = RichText::new(&line.name);
    let words = if line.baseline { words.color(tokens.text_secondary) } else { words };
    let mut tip = match (path, line.baseline) {
        (Some(path), _) => path.display().to_string(),
        (None, true) => "A way without an encoder, computed in the same run".to_owned(),
        (None, false) => "Trained for the table".to_owned(),
    };
    if let Some(row) = row {
        if let Some(objective) = &row.objective {
            tip += &format!("\n{objective}");
        }
        if let Some((blocks, size)) = row.shape {
            tip += &format!("\n{blocks} x {size} features");
        }
        if !row.seeds.is_empty() {
            tip += &format!("\n{}", format::counted(row.seeds.len() as u64, "seed"));
        }
        if row.own_decoder == Some(false) {
            tip += "\nIts decoder was fitted for the table";
        }
    }
    ui.add(Label::new(words).truncate()).on_hover_text(tip);
}

fn figure(ui: &mut Ui, sheet: &Sheet, column: usize, cell: &Cell, best: Option<f64>) {
    let tokens = tokens(ui);
    let (words, sd) = sheet.words(column, cell);
    let is_best = matches!((cell, best), (Cell::Figure(spread), Some(best)) if spread.mean == best);
    if let Cell::Word(_) = cell {
        ui.add(Label::new(words).truncate());
        return;
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if let Some(sd) = sd {
            let tip = "The standard deviation over the seeds";
            ui.label(RichText::new(format!("\u{b1} {sd}")).small().color(tokens.text_secondary)).on_hover_text(tip);
        }
        match (is_best, words.is_empty()) {
            (_, true) => {
                ui.label(RichText::new(format::NONE).color(tokens.text_disabled));
            }
            (true, false) => {
                ui.label(fonts::strong(words).color(tokens.success.text)).on_hover_text("The best of the encoders");
            }
            (false, false) => {
                ui.label(words);
            }
        }
    });
}

/// What a reader of the table must know.
fn notes(ui: &mut Ui, made: &Evaluated) {
    if made.table.notes.is_empty() {
        return;
    }
    ui.add_space(space::S);
    ScrollArea::vertical().id_salt("compare notes").auto_shrink([false, true]).show(ui, |ui| {
        for note in &made.table.notes {
            let note = RichText::new(note).small().color(tokens(ui).text_secondary);
            ui.add(Label::new(note).wrap().selectable(true));
        }
    });
}
