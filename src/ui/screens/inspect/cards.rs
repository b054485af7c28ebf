//! The cards, side by side.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use eframe::egui::{
    Align, Id, Label, Layout, Rect, Response, RichText, ScrollArea, Stroke, StrokeKind, Ui, UiBuilder, Vec2, pos2, vec2,
};

use super::card::{self, Look, Pictures};
use super::{outliers, own};
use crate::app::inspect::{Card, Command, Input, Standing};
use crate::app::{App, Command as Any, Problem, Selected};
use crate::pipeline::NearestPoint;
use crate::ui::pictures::Picture;
use crate::ui::theme::{radius, size, space, tokens};
use crate::ui::widgets::{self, Button, Card as Surface, IconButton, Progress, Thumbnail};
use crate::ui::{Cx, PointPicture, fonts, icons};

/// The narrowest card, so that two stand in the smallest window.
const NARROWEST: f32 = 216.0;
/// The widest of several.
const WIDEST: f32 = 380.0;
/// From this width on, one card alone has two columns.
const TWO_COLUMNS: f32 = 640.0;
/// The widest with two columns.
const WIDEST_ALONE: f32 = 1_000.0;
/// Between cards.
const GAP: f32 = space::M;
/// Inside a card, at each side.
const MARGIN: f32 = space::M;

/// How high the parts of cards were that depend on their contents, so that they stand in line.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    /// Of what: it is measured anew for other cards, other widths or another threshold.
    of: u64,
    chips: f32,
    card: f32,
    /// The card that was selected.
    selected: Option<u64>,
}

/// The width of each of `count` cards in `room`.
fn width(count: usize, room: f32) -> f32 {
    if count == 1 {
        return if room >= TWO_COLUMNS { room.min(WIDEST_ALONE) } else { room.min(WIDEST.max(NARROWEST)) };
    }
    let even = (room - GAP * (count as f32 - 1.0)) / count as f32;
    even.clamp(NARROWEST, WIDEST).floor()
}

/// Draws the cards.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let cards = app.inspect.cards();
    let (room, height) = (ui.available_width() - space::S, ui.available_height());
    let width = width(cards.len(), room);
    let id = Id::unique("inspect cards");
    let of = fingerprint(app, width, ui.pixels_per_point());
    let before = ui.data(|data| data.get_temp::<Measured>(id)).filter(|measured| measured.of == of);
    let mut measured = before.unwrap_or(Measured { of, ..Measured::default() });
    let names = |feature: usize| app.document.name(feature);
    let blocks = app.document.encoder().map_or(0, |open| open.encoder.blocks());
    let look = Look {
        scale: app.inspect.scale(),
        summary: app.inspect.summary(),
        block_size: app.document.encoder().map_or(1, |open| open.encoder.block_size()),
        threshold: app.settings.threshold,
        distance: app.document.open.as_ref().map_or(crate::point::Distance::Cosine, |open| open.info.distance),
        name: &names,
        bars: card::bars_height(blocks) * if width >= TWO_COLUMNS { 1.5 } else { 1.0 },
        chips: measured.chips,
        still: false,
    };
    let picture = (height * 0.26).clamp(96.0, 210.0);
    let was = measured.card;
    let selected = match app.view.place.selected {
        Selected::Item(id) => Some(id),
        _ => None,
    };
    let seen = ui.data(|data| data.get_temp::<Measured>(id)).and_then(|measured| measured.selected);
    measured.selected = selected;
    ScrollArea::both().id_salt("cards").auto_shrink(false).show_viewport(ui, |ui, viewport| {
        let origin = ui.max_rect().min;
        let step = width + GAP;
        // Of many cards only those are laid out that are on the screen.
        let first = (viewport.left() / step).floor().max(0.0) as usize;
        let last = ((viewport.right() / step).ceil().max(0.0) as usize).min(cards.len());
        for (n, card) in cards.iter().enumerate().take(last).skip(first) {
            let corner = origin + vec2(n as f32 * step, 0.0);
            let place = Rect::from_min_max(corner, pos2(corner.x + width, f32::INFINITY));
            let layout = Layout::top_down(Align::Min);
            let mut inside = ui.new_child(UiBuilder::new().id_salt(card.id).max_rect(place).layout(layout));
            let (chips, card) = one(&mut inside, app, cx, card, &look, Shape { width, picture, height: was });
            measured.chips = measured.chips.max(chips);
            measured.card = measured.card.max(card);
        }
        // One that was just selected comes into sight, sideways alone.
        let at = cards.iter().position(|card| Some(card.id) == selected).filter(|_| selected != seen);
        if let Some(n) = at {
            let left = origin.x + n as f32 * step;
            let middle = ui.clip_rect().center().y;
            ui.scroll_to_rect(Rect::from_x_y_ranges(left..=left + width, middle..=middle), None);
        }
        let all = vec2(step * cards.len() as f32 - GAP, measured.card + 2.0 * MARGIN + space::S);
        ui.allocate_space(all);
    });
    if before.is_none_or(|before| before.chips != measured.chips || before.card != measured.card) {
        ui.request_repaint();
    }
    ui.data_mut(|data| data.insert_temp(id, measured));
    own::forget_others(ui, cards);
}

/// Changes when heights may change.
fn fingerprint(app: &App, width: f32, scale: f32) -> u64 {
    let mut hasher = DefaultHasher::new();
    (width.to_bits(), scale.to_bits(), app.settings.threshold.to_bits(), app.document.generation).hash(&mut hasher);
    for card in app.inspect.cards() {
        let oddity = card.judged().map(|judged| judged.oddity.is_some());
        (card.id, oddity, std::mem::discriminant(&card.standing)).hash(&mut hasher);
    }
    hasher.finish()
}

/// How large a card is, in points.
#[derive(Clone, Copy)]
struct Shape {
    width: f32,
    /// Height of the picture.
    picture: f32,
    /// Height of the contents, at least.
    height: f32,
}

/// One card; gives how high its chips and its contents are.
fn one(ui: &mut Ui, app: &App, cx: &mut Cx, card: &Card, look: &Look, shape: Shape) -> (f32, f32) {
    let Shape { width, picture, height } = shape;
    let selected = app.view.place.selected == Selected::Item(card.id);
    let mut chips = 0.0;
    let shown = Surface::new().name(&card.name).show(ui, |ui| {
        ui.set_width(width - 2.0 * MARGIN - 2.0);
        let top = ui.cursor().top();
        title(ui, cx, card);
        let mut commands = Vec::new();
        if width >= TWO_COLUMNS && card.judged().is_some() {
            chips = wide(ui, look, picture, &mut Live { app, cx, card }, &mut commands);
        } else {
            let frame = vec2(ui.available_width(), picture);
            Live { app, cx, card }.whole(ui, frame);
            ui.add_space(space::XS);
            match (&card.standing, card.judged()) {
                (_, Some(judged)) => {
                    chips = card::column(ui, look, judged, &mut Live { app, cx, card }, &mut commands);
                }
                _ => unjudged(ui, app, cx, card),
            }
        }
        for command in commands {
            cx.push(command);
        }
        let natural = ui.min_rect().bottom() - top;
        ui.add_space((height - natural).max(0.0));
        natural
    });
    if selected {
        // Over the card's edge, so that nothing inside moves.
        let ring = Stroke::new(2.0, tokens(ui).focus);
        ui.painter().rect_stroke(shown.response.rect, radius::L, ring, StrokeKind::Inside);
    }
    (chips, shown.inner)
}

/// One card alone, in two columns.
fn wide(ui: &mut Ui, look: &Look, picture: f32, live: &mut Live, commands: &mut Vec<Any>) -> f32 {
    let Some(judged) = live.card.judged() else { return 0.0 };
    let left = (ui.available_width() * 0.38).clamp(240.0, 360.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XL;
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            ui.set_width(left);
            live.whole(ui, vec2(left, picture.max(left * 0.62)));
            ui.add_space(space::XS);
            card::verdict(ui, look, judged);
            ui.add_space(space::XS);
            card::nearest(ui, look, judged, live);
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            card::blocks(ui, look, judged, commands);
            ui.add_space(space::XS);
            card::chips(ui, look, judged, commands)
        })
        .inner
    })
    .inner
}

/// The name, and the button that takes the card away.
fn title(ui: &mut Ui, cx: &mut Cx, card: &Card) {
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = format!("Remove {}", card.name);
            let tip = format!("Takes {} away; undo brings it back", card.name);
            if ui.add(IconButton::new(icons::CLOSE, &name).tip(&tip).small()).clicked() {
                cx.push(Any::Inspect(Command::Remove(card.id)));
            }
            outliers::mark(ui, cx, card);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.label(fonts::icon(icon(&card.input), size::ICON).color(tokens.text_secondary));
                ui.add(Label::new(fonts::strong(&card.name)).truncate()).on_hover_text(whence(card));
            });
        });
    });
}

/// What kind of thing is inspected.
pub fn icon(input: &Input) -> &'static str {
    match input {
        Input::File(_) | Input::Pixels(_) => icons::IMAGE,
        Input::Text(_) => icons::TEXT,
        Input::Point(_) => icons::TARGET,
    }
}

/// Where it comes from, for a tooltip.
pub fn whence(card: &Card) -> String {
    use crate::app::inspect::Origin;
    match &card.input {
        Input::File(path) => path.display().to_string(),
        Input::Pixels(Origin::Clipboard(_)) => format!("{}, from the clipboard", card.name),
        Input::Pixels(Origin::Drawing(_)) => format!("{}: drawn for the demo, and in no collection", card.name),
        Input::Text(text) => text.clone(),
        Input::Point(id) => format!("Point {id} of the collection"),
    }
}

/// A card that is not judged: why, and what to do.
fn unjudged(ui: &mut Ui, app: &App, cx: &mut Cx, card: &Card) {
    let tokens = tokens(ui);
    let quiet = |ui: &mut Ui, text: &str| {
        ui.add(Label::new(RichText::new(text).color(tokens.text_secondary)).wrap());
    };
    match &card.standing {
        Standing::Preparing => {
            Progress::new(None, "Reading the picture").show(ui);
        }
        Standing::Waiting if app.inspect.job().is_none() => quiet(ui, "Waits for its turn"),
        Standing::Waiting => {
            let text = if matches!(card.input, Input::Point(_)) { "Reading the point" } else { "Embedding" };
            Progress::new(None, text).show(ui);
        }
        Standing::NoEncoder => quiet(ui, "It is judged as soon as an encoder is open."),
        Standing::NeedsModel => {
            quiet(ui, "Its model is not on this machine yet.");
            let button = Button::secondary("Download").tip("Asks before anything is downloaded");
            if ui.add(button).clicked() {
                cx.push(Any::Inspect(Command::AskDownload));
            }
        }
        Standing::Stopped => {
            quiet(ui, "It was stopped before it was judged.");
            again(ui, cx, card, "Inspect it");
        }
        Standing::Failed(problem) => {
            failed(ui, problem);
            again(ui, cx, card, "Try again");
        }
        Standing::Judged(_) => {}
    }
}

fn again(ui: &mut Ui, cx: &mut Cx, card: &Card, words: &str) {
    if ui.add(Button::secondary(words).icon(icons::REFRESH).tip("Judges this input alone again")).clicked() {
        cx.push(Any::Inspect(Command::Again(card.id)));
    }
}

/// What is wrong with an input, and what to do about it.
pub fn failed(ui: &mut Ui, problem: &Problem) {
    let tokens = tokens(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(fonts::icon(icons::ERROR, size::ICON).color(tokens.danger.text));
        ui.vertical(|ui| {
            ui.add(Label::new(RichText::new(&problem.text).color(tokens.danger.text)).wrap().selectable(true));
            if let Some(hint) = &problem.hint {
                ui.add(Label::new(RichText::new(hint).color(tokens.text_secondary)).wrap().selectable(true));
            }
        });
    });
}

/// Pictures in the window.
pub struct Live<'a> {
    /// The state.
    pub app: &'a App,
    /// Where pictures come from.
    pub cx: &'a mut Cx,
    /// The card.
    pub card: &'a Card,
}

impl Live<'_> {
    fn select(&mut self, response: &Response) {
        if response.clicked() {
            self.cx.push(Any::Select(Selected::Item(self.card.id)));
        }
    }
}

/// The picture of what a card shows, or its words, in a frame of that size.
pub fn picture(ui: &mut Ui, app: &App, cx: &mut Cx, card: &Card, size: Vec2) -> Response {
    let (name, tip) = (format!("Picture of {}", card.name), whence(card));
    let edge = size.max_elem();
    let thumbnail = |picture| Thumbnail::new(picture, &name).size(size).whole();
    match (&card.input, &card.pixels) {
        (Input::Point(id), _) => {
            let shown = PointPicture { whole: true, ..PointPicture::new(size) };
            cx.point_picture(ui, app, *id, shown)
        }
        (Input::File(path), _) => {
            let found = cx.file_picture(ui, path, edge);
            let picture = match &found {
                Picture::Texture(texture) => widgets::Picture::Texture(texture.id(), texture.size_vec2()),
                Picture::Coming => widgets::Picture::Loading,
                Picture::Broken(problem) => widgets::Picture::Broken(problem),
                Picture::None => widgets::Picture::Text(&card.name),
            };
            ui.add(thumbnail(picture).tip(&tip))
        }
        (Input::Pixels(_), Some(pixels)) => {
            let texture = own::texture(ui, card.id, &pixels.small);
            ui.add(thumbnail(widgets::Picture::Texture(texture.id(), texture.size_vec2())).tip(&tip))
        }
        (Input::Pixels(_), None) => ui.add(thumbnail(widgets::Picture::Loading).tip(&tip)),
        (Input::Text(text), _) => ui.add(thumbnail(widgets::Picture::Text(text)).tip(&tip)),
    }
}

impl Pictures for Live<'_> {
    fn whole(&mut self, ui: &mut Ui, size: Vec2) -> Response {
        let response = picture(ui, self.app, self.cx, self.card, size);
        self.select(&response);
        response
    }

    fn near(&mut self, ui: &mut Ui, near: &NearestPoint, side: f32, caption: &str, tip: &str) -> Response {
        let shown = PointPicture { caption, tip, ..PointPicture::new(vec2(side, side)) };
        let response = ui.push_id(near.id, |ui| self.cx.point_picture(ui, self.app, near.id, shown)).inner;
        if response.double_clicked() {
            self.cx.push(Any::Inspect(Command::Point(near.id)));
        } else if response.clicked() {
            self.cx.push(Any::Select(Selected::Point(near.id)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cards_fit_into_the_smallest_window_and_one_alone_is_wide() {
        // 1,000 points less both panels and the margins.
        let room = 1_000.0 - 220.0 - 280.0 - 2.0 * space::L - space::S;
        assert!(2.0 * width(2, room) + GAP <= room + 0.5);
        assert_eq!(width(50, room), NARROWEST, "more are scrolled");
        assert_eq!(width(1, 2_000.0), WIDEST_ALONE);
        assert!(width(4, 1_200.0) > 280.0 && 4.0 * width(4, 1_200.0) + 3.0 * GAP <= 1_200.0);
    }
}
