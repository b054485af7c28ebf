//! One of a few: tabs.

use eframe::egui::{
    Align2, CornerRadius, EventFilter, FontId, Key, Rect, Response, Role, Sense, StrokeKind, TextStyle, Ui, WidgetInfo,
    pos2, vec2,
};

use super::{
    super::{
        fonts,
        theme::{radius, size, space, tokens},
    },
    paint,
};

/// One choice.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a, T> {
    /// What it stands for.
    pub value: T,
    /// What it is called.
    pub name: &'a str,
    /// What it shows; may be empty.
    pub tip: &'a str,
}

/// A row of choices of which one is on. Arrow keys move to the one beside it. The response tells of a change.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, name: &str, value: &mut T, segments: &[Segment<'_, T>]) -> Response {
    let tokens = tokens(ui);
    let font = TextStyle::Button.resolve(ui.style());
    let texts: Vec<_> = segments
        .iter()
        .map(|segment| {
            let color = if segment.value == *value { tokens.text } else { tokens.text_secondary };
            let font = FontId::new(font.size, fonts::medium_family());
            paint::line(ui, segment.name, font, color, 200.0)
        })
        .collect();
    let width = texts.iter().map(|text| text.size().x + 2.0 * space::M).sum::<f32>() + 4.0;
    let (rect, mut response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::TabList, ui.is_enabled(), name));
    ui.painter().rect(rect, CornerRadius::same(radius::M), tokens.control, tokens.hairline(), StrokeKind::Inside);

    let ids: Vec<_> = (0..segments.len()).map(|place| response.id.with(place)).collect();
    let mut x = rect.left() + 2.0;
    let mut chosen = None;
    for (place, (segment, text)) in segments.iter().zip(texts).enumerate() {
        let part =
            Rect::from_min_size(pos2(x, rect.top() + 2.0), vec2(text.size().x + 2.0 * space::M, rect.height() - 4.0));
        x = part.right();
        let on = segment.value == *value;
        let tab = ui.interact(part, ids[place], Sense::click());
        tab.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), on, segment.name));
        if tab.clicked() {
            chosen = Some(place);
        }
        if tab.has_focus() {
            ui.memory_mut(|memory| {
                memory.set_focus_lock_filter(tab.id, EventFilter { horizontal_arrows: true, ..Default::default() });
            });
            let steps = ui.input(|input| {
                input.num_presses(Key::ArrowRight) as isize - input.num_presses(Key::ArrowLeft) as isize
            });
            let next = place.saturating_add_signed(steps).min(segments.len() - 1);
            if next != place {
                chosen = Some(next);
                ui.memory_mut(|memory| memory.request_focus(ids[next]));
            }
        }
        let round = CornerRadius::same(radius::M - 1);
        if on {
            let fill = if tokens.dark { tokens.control_active } else { tokens.raised };
            ui.painter().rect(part, round, fill, (size::LINE, tokens.border), StrokeKind::Inside);
        } else if tab.hovered() {
            ui.painter().rect_filled(part, round, tokens.control_hover);
        }
        paint::place(ui, text, part.center(), Align2::CENTER_CENTER);
        paint::focus_ring(ui, &tab, part, radius::M - 1);
        paint::tip(tab, segment.tip);
    }
    if let Some(segment) = chosen.and_then(|place| segments.get(place))
        && segment.value != *value
    {
        *value = segment.value;
        response.mark_changed();
    }
    response
}
