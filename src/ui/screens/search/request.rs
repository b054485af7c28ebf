//! The dialog with the request, to be copied.

use eframe::egui::{Frame, Label, Margin, RichText, ScrollArea, TextStyle, Ui};

use super::push;
use crate::app::App;
use crate::app::search::{Command, Language};
use crate::pipeline::CopyRequest;
use crate::ui::theme::{radius, space, tokens};
use crate::ui::widgets::{Button, Segment, segmented};
use crate::ui::{Cx, icons};

/// The text in a language.
fn text(request: &CopyRequest, language: Language) -> &str {
    match language {
        Language::Json => &request.json,
        Language::Rust => &request.rust,
        Language::Python => &request.python,
    }
}

/// Draws it.
pub fn show(ui: &mut Ui, app: &App, cx: &mut Cx) {
    let request = match crate::app::search::request(app) {
        Ok(request) => request,
        Err(why) => {
            ui.label(RichText::new(why).color(tokens(ui).text_secondary));
            return;
        }
    };
    let text = text(request, app.search.language);
    ui.horizontal(|ui| {
        let mut language = app.search.language;
        let segments = [
            Segment { value: Language::Json, name: "Qdrant JSON", tip: "The request and its body" },
            Segment { value: Language::Rust, name: "Rust", tip: "A program with qdrant-client or qdrant-edge" },
            Segment { value: Language::Python, name: "Python", tip: "A program with qdrant-client or qdrant-edge-py" },
        ];
        if segmented(ui, "Language", &mut language, &segments).changed() {
            push(cx, Command::Language(language));
        }
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            if ui.add(Button::primary("Copy").icon(icons::COPY).tip("Copies all of it")).clicked() {
                ui.copy_text(text.to_owned());
                let said = match app.search.language {
                    Language::Json => "The request is copied as JSON",
                    Language::Rust => "The request is copied as Rust",
                    Language::Python => "The request is copied as Python",
                };
                push(cx, Command::Say(said));
            }
        });
    });
    ui.add_space(space::S);
    let height = (ui.ctx().content_rect().height() - 260.0).clamp(160.0, 520.0);
    let frame =
        Frame::new().fill(tokens(ui).sunken).corner_radius(radius::M).inner_margin(Margin::same(space::M as i8));
    frame.show(ui, |ui| {
        ScrollArea::both()
            .id_salt(("request", app.search.language as usize))
            .max_height(height)
            .auto_shrink(false)
            .show(ui, |ui| {
                let words = RichText::new(text).text_style(TextStyle::Monospace).color(tokens(ui).text);
                ui.add(Label::new(words).extend().selectable(true));
            });
    });
}
