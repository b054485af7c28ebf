//! What is searched by: a row of kinds, the field of the one that is chosen, and what is wrong with it.

use eframe::egui::{Align, Key, Label, Layout, Response, RichText, TextEdit, Ui, vec2};

use super::{belongs_to_field, complete, edit, examples, push};
use crate::app::inspect::Texts;
use crate::app::search::{Command, Draft, Edit, Kind, Picture};
use crate::app::{App, Command as Any, Screen};
use crate::ui::pictures::Picture as Found;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{self, Button, IconButton, Segment, Thumbnail, segmented};
use crate::ui::{Cx, PointPicture, fonts, format, icons};

/// Side of the picture that is searched by, in points.
const PICTURE: f32 = 44.0;

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    kinds(ui, app, cx);
    match app.search.query.kind {
        Kind::Text => text(ui, app, cx),
        Kind::Picture => picture(ui, app, cx),
        Kind::Point => point(ui, app, cx),
        Kind::Features => features(ui, app, cx),
        Kind::Examples => examples::show(ui, app, cx),
        Kind::Pairs => examples::pairs(ui, app, cx),
    }
    problem(ui, app);
}

fn kinds(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let tip = |kind: Kind| match kind {
        Kind::Text => "Finds what is like words, where the model has a side for texts",
        Kind::Picture => "Finds what is like a picture: drop one anywhere, paste it, or choose a file",
        Kind::Point => "Finds what is like a point of the collection",
        Kind::Features => "Finds what the encoder sees these features in",
        Kind::Examples => "Finds what is like some points and unlike others",
        Kind::Pairs => "Finds what is rather like the first than like the second point of each pair",
    };
    let segments = Kind::ALL.map(|kind| Segment { value: kind, name: kind.title(), tip: tip(kind) });
    ui.horizontal(|ui| {
        let mut kind = app.search.query.kind;
        if segmented(ui, "Search by", &mut kind, &segments).changed() {
            edit(cx, Edit::Kind(kind));
            push(cx, Command::Focus);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let some = app.search.query.by().is_some() || !app.search.query.weights.is_empty();
            let tip = "Clears the search and takes the sliders away; undo brings them back";
            if ui.add_enabled(some, IconButton::new(icons::CLOSE, "Clear the search").tip(tip)).clicked() {
                edit(cx, Edit::Clear);
            }
        });
    });
}

/// Gives the keyboard to a field, where that was asked for.
pub fn focus(ui: &Ui, app: &App, cx: &mut Cx, response: &Response) {
    if app.search.focus && app.view.dialog.is_none() {
        response.request_focus();
        // The cursor stands behind what is there.
        if let Some(mut state) = eframe::egui::text_edit::TextEditState::load(ui.ctx(), response.id) {
            let end = eframe::egui::text::CCursor::new(usize::MAX);
            state.cursor.set_char_range(Some(eframe::egui::text::CCursorRange::one(end)));
            state.store(ui.ctx(), response.id);
        }
        push(cx, Command::Focused);
    }
}

/// Whether Enter was pressed in a field.
pub fn entered(ui: &Ui, response: &Response) -> bool {
    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

fn text(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let why = match app.inspect.texts() {
        Texts::Yes => None,
        Texts::No(why) => Some(format!("Texts cannot be searched by here: {why}")),
        Texts::Unknown => Some("Checking whether the model has a side for texts".to_owned()),
    };
    let before = &app.search.query.text;
    let mut typed = before.clone();
    let known = why.is_none();
    let response = ui
        .add_enabled_ui(known, |ui| {
            let hint = if known { "What are you looking for?" } else { "No texts here" };
            widgets::search(ui, "Search by text", hint, &mut typed, ui.available_width())
        })
        .inner;
    if typed != *before {
        edit(cx, Edit::Text(typed));
    }
    if entered(ui, &response) {
        push(cx, Command::Now);
    } else if response.lost_focus() {
        push(cx, Command::Settled);
    }
    focus(ui, app, cx, &response);
    if let Some(why) = why {
        note(ui, &why);
    }
}

/// A quiet line under a field.
pub fn note(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).color(tokens(ui).text_secondary)).wrap());
}

fn picture(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        if let Some(picture) = &app.search.query.picture {
            thumbnail(ui, app, cx, picture);
        }
        let words = if app.search.query.picture.is_some() { "Choose another" } else { "Choose a picture" };
        let button = if app.search.query.picture.is_some() { Button::secondary(words) } else { Button::primary(words) };
        let choose = ui.add(button.icon(icons::IMAGE).tip("Chooses a picture's file by a dialog"));
        if choose.clicked() {
            push(cx, Command::Browse);
        }
        focus(ui, app, cx, &choose);
        match &app.search.query.picture {
            Some(picture) => {
                let remove = IconButton::new(icons::CLOSE, "Remove the picture").tip("Searches by no picture any more");
                if ui.add(remove).clicked() {
                    edit(cx, Edit::Picture(None));
                }
                let name = picture.name();
                let tip = picture.path().map_or(name.clone(), |path| path.display().to_string());
                ui.add(Label::new(&name).truncate()).on_hover_text(tip);
            }
            None => {
                let words = "or drop one anywhere, or paste it";
                ui.add(Label::new(RichText::new(words).color(tokens(ui).text_secondary)).truncate());
            }
        }
    });
    if app.desk.missing.is_some() {
        ui.horizontal(|ui| {
            let why = app.desk.missing.as_deref().unwrap_or_default();
            let tip = format!("The whole path of a picture. It is typed because {why}");
            draft(ui, app, cx, Draft::File, "Picture file", "/home/me/picture.jpg", &tip, 320.0);
        });
    }
}

fn thumbnail(ui: &mut Ui, _app: &App, cx: &mut Cx, picture: &Picture) {
    let name = picture.name();
    let side = vec2(PICTURE, PICTURE);
    match picture {
        Picture::File(path) => {
            let found = cx.file_picture(ui, path, PICTURE);
            let shown = match &found {
                Found::Texture(texture) => widgets::Picture::Texture(texture.id(), texture.size_vec2()),
                Found::Coming => widgets::Picture::Loading,
                Found::Broken(problem) => widgets::Picture::Broken(problem),
                Found::None => widgets::Picture::Text(&name),
            };
            ui.add(Thumbnail::new(shown, &name).size(side));
        }
        Picture::Pasted(number, Some(pixels)) => {
            let texture = crate::ui::screens::inspect::texture_of(ui, u64::MAX - number, &pixels.small);
            ui.add(Thumbnail::new(widgets::Picture::Texture(texture.id(), texture.size_vec2()), &name).size(side));
        }
        Picture::Pasted(_, None) => {
            ui.add(Thumbnail::new(widgets::Picture::Loading, &name).size(side));
        }
    }
}

/// A field for an id or a name that takes effect on Enter, with its button; what is wrong with it stands behind it.
#[expect(clippy::too_many_arguments, reason = "a field has that many parts")]
pub fn draft(
    ui: &mut Ui,
    app: &App,
    cx: &mut Cx,
    draft: Draft,
    name: &str,
    hint: &str,
    tip: &str,
    width: f32,
) -> Response {
    let before = app.search.typed(draft);
    let mut text = before.text.clone();
    let mut edit = TextEdit::singleline(&mut text)
        .id_salt(name)
        .hint_text(hint)
        .min_size(vec2(width, size::CONTROL))
        .desired_width(width - 16.0);
    if before.problem.is_some() {
        edit = edit.text_color(tokens(ui).danger.text);
    }
    let response = ui.add(edit).accessible_name(name).on_hover_text(tip);
    if text != before.text {
        push(cx, Command::Draft(draft, text.clone()));
    }
    if entered(ui, &response) && !text.trim().is_empty() {
        push(cx, Command::Take(draft));
        response.request_focus();
    }
    if let Some(problem) = &before.problem {
        wrong(ui, problem, None);
    }
    response
}

/// What is wrong with a field, and what to do about it.
pub fn wrong(ui: &mut Ui, text: &str, hint: Option<&str>) {
    let tokens = tokens(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(fonts::icon(icons::ERROR, 14.0).color(tokens.danger.text));
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.add(Label::new(RichText::new(text).color(tokens.danger.text)).wrap().selectable(true));
            if let Some(hint) = hint {
                ui.add(Label::new(RichText::new(hint).color(tokens.text_secondary)).wrap().selectable(true));
            }
        });
    });
}

fn point(ui: &mut Ui, app: &App, cx: &mut Cx) {
    ui.horizontal(|ui| {
        if let Some(id) = app.search.query.point {
            let tip = format!("Point {id}: a click selects it");
            let shown = PointPicture { tip: &tip, ..PointPicture::new(vec2(PICTURE, PICTURE)) };
            let response = cx.point_picture(ui, app, id, shown);
            if response.clicked() {
                cx.push(Any::Select(crate::app::Selected::Point(id)));
            }
            super::attach_menu(&response, app, cx, id);
        }
        let tip = "The id of a point, a number or a UUID: Enter searches by it";
        let field = draft(ui, app, cx, Draft::Point, "Id of the point", "Id of a point", tip, 180.0);
        focus(ui, app, cx, &field);
        if let Some(id) = app.search.query.point {
            let tip = "Searches by no point any more";
            if ui.add(IconButton::new(icons::CLOSE, "Remove the point").tip(tip)).clicked() {
                edit(cx, Edit::Point(None));
            }
            let words = crate::ui::screens::features::words(app, cx, id);
            let words = words.unwrap_or_else(|| format!("Point {}", format::elide(&id.to_string(), 18)));
            ui.add(Label::new(&words).truncate()).on_hover_text(format!("Point {id}\n{words}"));
        }
    });
}

fn features(ui: &mut Ui, app: &App, cx: &mut Cx) {
    if app.document.encoder().is_none() {
        ui.horizontal(|ui| {
            let why = "Features are an encoder's, and none is open.";
            ui.label(RichText::new(why).color(tokens(ui).text_secondary));
            if widgets::link(ui, "Train one", "To Train").clicked() {
                cx.push(Any::Show(Screen::Train));
            }
        });
        return;
    }
    let before = &app.search.query.features;
    let mut typed = before.clone();
    let offered = &app.search.completion.features;
    let id = ui.make_persistent_id("search by features");
    let taken = complete::keys(ui, id, offered);
    let width = ui.available_width();
    let edit_field = TextEdit::singleline(&mut typed)
        .id(id)
        .hint_text("12 AND NOT \"red soup\" > 0.2")
        .prefix(fonts::icon(icons::BLOCKS, 14.0).color(tokens(ui).text_secondary))
        .min_size(vec2(width, size::CONTROL))
        .desired_width(width - 34.0);
    let response = ui.add(edit_field).accessible_name("Search by features");
    let tip = "Features by index or name, with AND, OR, NOT and brackets; a threshold behind one (> 0.2) where it has to be \
               active by more. Arrows and Tab take a name that is offered.";
    if typed != *before {
        edit(cx, Edit::Features(typed));
    }
    if entered(ui, &response) {
        push(cx, Command::Now);
    } else if response.lost_focus() {
        push(cx, Command::Settled);
    }
    let clicked = complete::show(ui, &response, app, cx, offered);
    if let Some(feature) = taken.or(clicked) {
        push(cx, Command::Complete(feature));
    }
    focus(ui, app, cx, &response);
    response.on_hover_text(tip);
    if let Some(why) = &app.search.wrong {
        wrong(ui, why, None);
    }
}

/// Why nothing was found, under the field that it is about.
fn problem(ui: &mut Ui, app: &App) {
    let Some(problem) = app.search.problem.as_ref().filter(|problem| belongs_to_field(problem)) else { return };
    wrong(ui, &problem.text, problem.hint.as_deref());
}
