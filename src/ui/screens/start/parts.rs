//! What the pages of the start screen share.

use eframe::egui::{
    self, Align2, CornerRadius, FontId, Key, Label, Response, RichText, Role, Sense, Stroke, StrokeKind, TextEdit,
    TextStyle, WidgetInfo, pos2, vec2,
};

use crate::app::start::{Command, Field, Page};
use crate::app::{App, Command as AppCommand, Problem};
use crate::ui::theme::{radius, size, space, tokens};
use crate::ui::widgets::{Button, FieldError, IconButton, field};
use crate::ui::{Cx, fonts, icons};

pub(super) fn push(cx: &mut Cx, command: Command) {
    cx.push(AppCommand::Start(command));
}

/// The head of a page, with the way back to all of them, and a sentence on what it is for.
pub(super) fn head(ui: &mut egui::Ui, cx: &mut Cx, title: &str, text: &str) {
    ui.horizontal(|ui| {
        let back = IconButton::new(icons::BACK, "All ways to begin").tip("Back to all ways to begin");
        if ui.add(back).clicked() {
            push(cx, Command::Page(Page::Ways));
        }
        ui.add(Label::new(RichText::new(title).text_style(TextStyle::Heading)).truncate());
    });
    quiet(ui, text);
    ui.add_space(space::M);
}

/// A sentence that is not read first.
pub(super) fn quiet(ui: &mut egui::Ui, text: impl Into<String>) {
    ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).wrap());
}

/// A sentence beside an icon, in the field's column of a form.
pub(super) fn note(ui: &mut egui::Ui, glyph: &str, text: &str) {
    ui.horizontal_top(|ui| {
        ui.add_space(size::LABEL + space::S);
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(fonts::icon(glyph, 14.0).color(tokens(ui).text_secondary));
        quiet(ui, text);
    });
}

/// Begins where the fields of a form do.
pub(super) fn beside_labels<R>(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui) -> R) -> R {
    ui.horizontal(|ui| {
        ui.add_space(size::LABEL + space::S);
        add(ui)
    })
    .inner
}

pub(super) fn as_error(problem: &Problem) -> FieldError {
    FieldError { text: problem.text.clone(), hint: problem.hint.clone().unwrap_or_default() }
}

/// A line of text, called as its row is: one with a hint does not take the row's label by itself. Gives the response, and
/// whether Enter was pressed in it.
pub(super) fn line(ui: &mut egui::Ui, name: &str, text: &mut String, hint: &str, width: f32) -> (Response, bool) {
    let edit = TextEdit::singleline(text).hint_text(hint).desired_width(width);
    let response = ui.add(edit).accessible_name(name);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    (response, entered)
}

/// A key, which is not shown. Gives whether Enter was pressed in it.
pub(super) fn key_line(ui: &mut egui::Ui, key: &mut String, hint: &str) -> bool {
    let edit = TextEdit::singleline(key).password(true).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(edit).accessible_name("API key");
    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

/// A row of a form with a path, and a button that chooses it by a dialog.
pub(super) struct PathRow<'a> {
    pub label: &'a str,
    pub tip: &'a str,
    pub hint: &'a str,
    pub field: Field,
    pub error: Option<&'a FieldError>,
}

/// What was done in such a row.
pub(super) struct PathDone {
    /// Enter was pressed.
    pub entered: bool,
    /// The field was left.
    pub left: bool,
}

impl PathRow<'_> {
    pub(super) fn show(self, ui: &mut egui::Ui, app: &App, cx: &mut Cx, path: &mut String) -> PathDone {
        let done = field(ui, self.label, self.tip, self.error, |ui| {
            let name = format!("Choose {}", self.label.to_lowercase());
            let button = 110.0;
            let width = ui.available_width() - button - space::S;
            let (response, entered) = line(ui, self.label, path, self.hint, width);
            let choose = Button::secondary("Choose...").icon(icons::FOLDER_OPEN).min_width(button);
            let tip = if app.desk.is_open() {
                "A file dialog is open already; this opens another"
            } else {
                "By a file dialog"
            };
            let clicked = ui.add(choose.tip(tip));
            clicked.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if clicked.clicked() {
                push(cx, Command::Browse(self.field));
            }
            PathDone { entered, left: response.lost_focus() }
        });
        if let Some(why) = &app.desk.missing {
            note(ui, icons::INFO, &format!("No file dialog: {why}. Type or paste the path, or drop it on the window."));
        }
        done
    }
}

/// A way to begin: a surface that can be clicked, with an icon, a title and a sentence.
pub(super) struct Way<'a> {
    pub icon: &'a str,
    pub title: &'a str,
    pub text: &'a str,
    /// The one that most people take.
    pub first: bool,
}

impl Way<'_> {
    /// The least height that holds the sentence at this width.
    pub(super) fn height(&self, ui: &egui::Ui, width: f32) -> f32 {
        let text = self.galley(ui, width, egui::Color32::PLACEHOLDER);
        2.0 * space::M + 20.0 + space::XXS + text.size().y
    }

    fn galley(&self, ui: &egui::Ui, width: f32, colour: egui::Color32) -> std::sync::Arc<egui::Galley> {
        let font = TextStyle::Body.resolve(ui.style());
        ui.painter().layout(self.text.to_owned(), font, colour, width - 2.0 * space::M - 44.0)
    }

    pub(super) fn show(&self, ui: &mut egui::Ui, width: f32, height: f32) -> Response {
        let tokens = tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.title));
        if ui.is_rect_visible(rect) {
            let hot = response.hovered() || response.has_focus();
            let (fill, edge) = match (self.first, hot) {
                (true, _) => (tokens.selection, if hot { tokens.focus } else { tokens.accent }),
                (false, true) => (tokens.control, tokens.border_input),
                (false, false) => (tokens.raised, tokens.border),
            };
            let round = CornerRadius::same(radius::L);
            ui.painter().rect(rect, round, fill, Stroke::new(1.0, edge), StrokeKind::Inside);
            let centre = pos2(rect.left() + space::M + 16.0, rect.top() + space::M + 16.0);
            let disc = if self.first { tokens.accent } else { tokens.control };
            ui.painter().circle_filled(centre, 16.0, disc);
            let mark = if self.first { tokens.on_accent } else { tokens.accent_text };
            let font = FontId::new(18.0, fonts::icon_family());
            ui.painter().text(centre, Align2::CENTER_CENTER, self.icon, font, mark);
            let at = pos2(rect.left() + space::M + 44.0, rect.top() + space::M);
            let strong = FontId::new(fonts::text::BODY, fonts::strong_family());
            ui.painter().text(at, Align2::LEFT_TOP, self.title, strong, tokens.text);
            let text = self.galley(ui, width, tokens.text_secondary);
            ui.painter().galley(pos2(at.x, at.y + 20.0 + space::XXS), text, tokens.text_secondary);
            if response.has_focus() {
                let ring = CornerRadius::same(radius::L + 1);
                ui.painter().rect_stroke(rect.expand(1.0), ring, tokens.focus_ring(), StrokeKind::Outside);
            }
        }
        response.on_hover_cursor(egui::CursorIcon::PointingHand)
    }
}

/// A row of a list that can be clicked: an icon, a name, and lines under it.
pub(super) struct Row<'a> {
    pub icon: &'a str,
    pub name: &'a str,
    /// At the right end of the name's line.
    pub end: &'a str,
    /// Lines under the name, each with whether it is a trouble.
    pub lines: &'a [(String, bool)],
    pub on: bool,
    /// What a screen reader says.
    pub said: &'a str,
}

/// The height of a row with one line under its name.
pub(super) const ROW: f32 = 48.0;
/// The height of a line under it.
const LINE: f32 = 17.0;
/// The middle of the name's line.
pub(super) const NAME: f32 = 16.0;

impl Row<'_> {
    pub(super) fn show(self, ui: &mut egui::Ui, width: f32) -> Response {
        let tokens = tokens(ui);
        let height = ROW - LINE + LINE * self.lines.len() as f32;
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), self.on, self.said));
        if ui.is_rect_visible(rect) {
            let fill = match (self.on, response.hovered()) {
                (true, _) => tokens.selection,
                (false, true) => tokens.control,
                (false, false) => egui::Color32::TRANSPARENT,
            };
            ui.painter().rect_filled(rect, CornerRadius::same(radius::M), fill);
            let mark = if self.on { tokens.accent_text } else { tokens.text_secondary };
            let centre = pos2(rect.left() + space::S + 8.0, rect.top() + NAME);
            let icon = FontId::new(size::ICON, fonts::icon_family());
            ui.painter().text(centre, Align2::CENTER_CENTER, self.icon, icon, mark);
            let left = rect.left() + space::S + 24.0;
            let body = TextStyle::Body.resolve(ui.style());
            let small = TextStyle::Small.resolve(ui.style());
            let end = ui.painter().layout_no_wrap(self.end.to_owned(), body, tokens.text_secondary);
            let room = rect.right() - left - space::S;
            let name_room = room - end.size().x - if self.end.is_empty() { 0.0 } else { space::S };
            let strong = FontId::new(fonts::text::BODY, fonts::medium_family());
            let name = one_line(ui, self.name, strong, tokens.text, name_room);
            ui.painter().galley(pos2(left, rect.top() + NAME - name.size().y / 2.0), name, tokens.text);
            let at = pos2(rect.right() - space::S - end.size().x, rect.top() + NAME - end.size().y / 2.0);
            ui.painter().galley(at, end, tokens.text_secondary);
            for (i, (text, trouble)) in self.lines.iter().enumerate() {
                let colour = if *trouble { tokens.danger.text } else { tokens.text_secondary };
                let text = one_line(ui, text, small.clone(), colour, room);
                ui.painter().galley(pos2(left, rect.top() + 27.0 + LINE * i as f32), text, colour);
            }
            if response.has_focus() {
                let ring = CornerRadius::same(radius::M);
                ui.painter().rect_stroke(rect, ring, tokens.focus_ring(), StrokeKind::Inside);
            }
        }
        response
    }
}

fn one_line(
    ui: &egui::Ui,
    text: &str,
    font: FontId,
    colour: egui::Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// Where things can be dropped.
pub(super) fn drop_zone(ui: &mut egui::Ui, app: &App) {
    let tokens = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 64.0), Sense::hover());
    let words = if app.jobs.is_live(app.start.sorting) {
        "Looking at what was dropped"
    } else {
        "Drop a folder of pictures, a store, vectors (.npy), texts (.jsonl) or an encoder (.safetensors, .pth)"
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    ui.painter().extend(egui::Shape::dashed_line(&corners, Stroke::new(1.0, tokens.border_input), 5.0, 4.0));
    let icon = FontId::new(20.0, fonts::icon_family());
    let centre = pos2(rect.left() + space::L + 12.0, rect.center().y);
    ui.painter().text(centre, Align2::CENTER_CENTER, icons::DROP, icon, tokens.accent_text);
    let left = centre.x + 12.0 + space::M;
    let font = TextStyle::Body.resolve(ui.style());
    let text = ui.painter().layout(words.to_owned(), font, tokens.text_secondary, rect.right() - left - space::M);
    let top = rect.center().y - text.size().y / 2.0;
    ui.painter().galley(pos2(left, top), text, tokens.text_secondary);
}
