//! The fonts: Inter for text, with figures of one width, JetBrains Mono for what is typed, and our icons.
//!
//! Behind them come egui's own, and behind those whatever the system has: eframe looks it up when a text needs emoji or a
//! script that no font here has, such as Chinese. How the files in assets/fonts were made says tools/fonts/make.

use std::{collections::BTreeMap, sync::Arc};

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily, FontId, RichText, TextStyle};

/// Name of the family of Inter SemiBold.
const STRONG: &str = "strong";
/// Name of the family of Inter Medium.
const MEDIUM: &str = "medium";
/// Name of the family of the icons alone.
const ICONS: &str = "icons";

const INTER_REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.ttf");
const INTER_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Inter-Medium.ttf");
const INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.ttf");
const JETBRAINS_MONO: &[u8] = include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf");
const ICON_FONT: &[u8] = include_bytes!("../../assets/fonts/icons.ttf");

/// Sizes of text, in points.
pub mod text {
    /// Captions, units, axis labels.
    pub const SMALL: f32 = 11.0;
    /// Everything else.
    pub const BODY: f32 = 13.0;
    /// What is typed or copied.
    pub const MONO: f32 = 12.0;
    /// The head of a card.
    pub const HEADING: f32 = 18.0;
    /// The head of a screen.
    pub const TITLE: f32 = 24.0;
}

/// The family of semibold text.
pub fn strong_family() -> FontFamily {
    FontFamily::Name(STRONG.into())
}

/// The family of medium text, that of buttons.
pub fn medium_family() -> FontFamily {
    FontFamily::Name(MEDIUM.into())
}

/// The family of the icons alone: a line of it is as high as the icon.
pub fn icon_family() -> FontFamily {
    FontFamily::Name(ICONS.into())
}

/// The text style of semibold body text.
pub fn strong_style() -> TextStyle {
    TextStyle::Name("Strong".into())
}

/// The text style of the head of a screen.
pub fn title_style() -> TextStyle {
    TextStyle::Name("Title".into())
}

/// Semibold body text.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(strong_style())
}

/// The head of a screen.
pub fn title(text: impl Into<String>) -> RichText {
    RichText::new(text).text_style(title_style())
}

/// One of [`super::icons`], `size` points high and wide.
pub fn icon(icon: &str, size: f32) -> RichText {
    RichText::new(icon).font(FontId::new(size, icon_family()))
}

/// The font of each text style.
pub(super) fn text_styles() -> BTreeMap<TextStyle, FontId> {
    [
        (TextStyle::Small, FontId::proportional(text::SMALL)),
        (TextStyle::Body, FontId::proportional(text::BODY)),
        (TextStyle::Button, FontId::new(text::BODY, medium_family())),
        (TextStyle::Heading, FontId::new(text::HEADING, strong_family())),
        (TextStyle::Monospace, FontId::monospace(text::MONO)),
        (strong_style(), FontId::new(text::BODY, strong_family())),
        (title_style(), FontId::new(text::TITLE, strong_family())),
    ]
    .into()
}

/// The fonts and which families they are in.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, data) in [
        ("Inter", INTER_REGULAR),
        ("Inter Medium", INTER_MEDIUM),
        ("Inter SemiBold", INTER_SEMIBOLD),
        ("JetBrains Mono", JETBRAINS_MONO),
        ("Blockscope icons", ICON_FONT),
    ] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(data)));
    }
    let fallbacks = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for (family, first) in [
        (FontFamily::Proportional, &["Inter", "Blockscope icons", "JetBrains Mono"][..]),
        (medium_family(), &["Inter Medium", "Blockscope icons", "JetBrains Mono"]),
        (strong_family(), &["Inter SemiBold", "Blockscope icons", "JetBrains Mono"]),
        (FontFamily::Monospace, &["JetBrains Mono", "Inter", "Blockscope icons"]),
        (icon_family(), &["Blockscope icons"]),
    ] {
        let names = first.iter().map(|name| (*name).to_owned()).chain(fallbacks.iter().cloned()).collect();
        fonts.families.insert(family, names);
    }
    fonts
}

/// Gives `ctx` the fonts; the styles are [`super::theme::install`]'s.
pub(super) fn install(ctx: &Context) {
    ctx.set_fonts(definitions());
}

#[cfg(test)]
mod tests {
    use eframe::egui::{
        Color32,
        epaint::text::{Fonts, TextOptions},
    };

    use super::*;
    use crate::ui::icons;

    fn fonts() -> Fonts {
        Fonts::new(TextOptions::default(), definitions())
    }

    #[test]
    fn figures_are_of_one_width_in_every_family() {
        let mut fonts = fonts();
        let mut view = fonts.with_pixels_per_point(1.0);
        for family in [FontFamily::Proportional, medium_family(), strong_family(), FontFamily::Monospace] {
            let font = FontId::new(text::BODY, family);
            let widths: Vec<f32> = ('0'..='9').map(|digit| view.glyph_width(&font, digit)).collect();
            assert!(widths.iter().all(|width| *width == widths[0] && *width > 0.0), "{font:?}: {widths:?}");
        }
    }

    #[test]
    fn the_letters_and_signs_that_are_shown_are_there() {
        let shown = "Aa Žůř Ωλ Жя — “x” … · × − ± ≤ ≥ ≈ → ← ↑ ↓ ² ½ % ‰ € █ ▁ ● ○ ■ □ ▲ ▼ ★ ✓";
        for family in [FontFamily::Proportional, medium_family(), strong_family(), FontFamily::Monospace] {
            let font = FontId::new(text::BODY, family);
            for sign in shown.chars() {
                assert!(fonts().has_glyph(&font, sign), "{font:?} lacks {sign}");
            }
        }
    }

    #[test]
    fn every_icon_is_drawn_and_stands_in_any_text() {
        let mut fonts = fonts();
        let mut view = fonts.with_pixels_per_point(1.0);
        for family in [icon_family(), FontFamily::Proportional, strong_family()] {
            let font = FontId::new(16.0, family);
            for (name, icon) in icons::ALL {
                let galley = view.layout_no_wrap((*icon).to_owned(), font.clone(), Color32::WHITE);
                assert_eq!(galley.rows[0].row.glyphs.len(), 1, "{name}");
                assert!(!galley.rows[0].row.glyphs[0].uv_rect.is_nothing(), "{name} is empty");
                assert!((galley.size().x - 16.0).abs() < 0.5, "{name} is {} wide", galley.size().x);
            }
        }
    }
}
