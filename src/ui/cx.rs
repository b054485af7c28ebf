//! What a screen draws with beside the state that it borrows: where its commands go, and pictures.

use eframe::egui::{self, Context, Vec2, vec2};

use super::pictures::{Picture, Pictures};
use super::widgets;
use crate::app::{App, Command, Selected, document};
use crate::picture::LoaderSettings;
use crate::point::PointId;

/// How a point's picture is shown.
#[derive(Clone, Copy, Debug)]
pub struct PointPicture<'a> {
    /// Its size in points.
    pub size: Vec2,
    /// A line under it; none where it is empty.
    pub caption: &'a str,
    /// What it is, said when the pointer rests on it; the point's id where it is empty.
    pub tip: &'a str,
    /// Whether all of it is seen, rather than the middle part that fills the frame.
    pub whole: bool,
}

impl PointPicture<'_> {
    /// Its middle part in a frame of that size.
    pub fn new(size: Vec2) -> Self {
        Self { size, caption: "", tip: "", whole: false }
    }
}

/// Given to every screen. A screen borrows the state, draws, and pushes commands.
pub struct Cx {
    commands: Vec<Command>,
    wanted: Vec<PointId>,
    pictures: Pictures,
    ctx: Context,
}

impl Cx {
    /// In egui's context.
    pub fn new(ctx: &Context, loader: LoaderSettings) -> Self {
        let pictures = Pictures::start(ctx, loader);
        Self { commands: Vec::new(), wanted: Vec::new(), pictures, ctx: ctx.clone() }
    }

    /// Asks for something; it is done after the frame's drawing.
    pub fn push(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Asks for a point's payload.
    pub fn want(&mut self, id: PointId) {
        self.wanted.push(id);
    }

    /// A point's picture, `side` points wide and high, or the words that stand for it. A click selects the point, and
    /// one with the other button opens its menu.
    pub fn thumbnail(&mut self, ui: &mut egui::Ui, app: &App, id: PointId, side: f32) -> egui::Response {
        let response = self.point_picture(ui, app, id, PointPicture::new(vec2(side, side)));
        if response.clicked() {
            self.push(Command::Select(Selected::Point(id)));
        }
        if app.document.open.is_some() {
            super::screens::search::attach_menu(&response, app, self, id);
        }
        response
    }

    /// A point's picture, or the words that stand for it. A click does nothing of itself.
    pub fn point_picture(
        &mut self,
        ui: &mut egui::Ui,
        app: &App,
        id: PointId,
        shown: PointPicture<'_>,
    ) -> egui::Response {
        let side = shown.size.max_elem();
        let found = self.pictures.of_point(app, id, side * ui.ctx().pixels_per_point());
        let name = format!("Point {id}");
        let words;
        let picture = match &found {
            Picture::Texture(texture) => widgets::Picture::Texture(texture.id(), texture.size_vec2()),
            Picture::Coming => widgets::Picture::Loading,
            Picture::Broken(problem) => widgets::Picture::Broken(problem),
            Picture::None => match app.document.payload(id) {
                document::Known::NotYet => {
                    self.want(id);
                    if app.document.fault.is_some() {
                        widgets::Picture::Broken("The point could not be read")
                    } else {
                        widgets::Picture::Loading
                    }
                }
                document::Known::Missing => widgets::Picture::Text("not in the collection any more"),
                document::Known::Payload(payload) => {
                    words = self.pictures.words(app, id, payload);
                    widgets::Picture::Text(words)
                }
            },
        };
        let selected = app.view.place.selected == Selected::Point(id);
        let mut thumbnail = widgets::Thumbnail::new(picture, &name).size(shown.size).selected(selected);
        thumbnail = thumbnail.caption(shown.caption).tip(shown.tip);
        ui.add(if shown.whole { thumbnail.whole() } else { thumbnail })
    }

    /// The picture of a file, such as one that was dropped, in the given space.
    pub fn file_picture(&mut self, ui: &egui::Ui, path: &std::path::Path, side: f32) -> Picture {
        self.pictures.of_file(path, side * ui.ctx().pixels_per_point())
    }

    /// Lets pictures that could not be had be asked for again.
    pub fn retry_pictures(&mut self) {
        self.pictures.retry();
    }

    /// Called once a frame, before it is drawn.
    pub(super) fn tick(&mut self, ctx: &Context) {
        self.pictures.tick(ctx);
    }

    /// What was asked for since the last time. Draws again soon where something was done; payloads come in later, and
    /// are drawn then.
    pub(super) fn take(&mut self) -> Vec<Command> {
        let mut commands = std::mem::take(&mut self.commands);
        if !commands.is_empty() {
            self.ctx.request_repaint();
        }
        if !self.wanted.is_empty() {
            commands.push(Command::Document(document::Command::Want(std::mem::take(&mut self.wanted))));
        }
        commands
    }
}
