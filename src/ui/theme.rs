//! What everything looks like: colours, sizes, and egui's own widgets in them.
//!
//! One set of [`Tokens`] a theme. Every pair of text and surface that is used reaches WCAG 2.2 AA: 4.5 for text, 3 for
//! large text, graphics and the edges of inputs; the tests compute each.

use eframe::egui::{
    self, Color32, Context, CornerRadius, Margin, Shadow, Stroke, Style, Theme, Vec2, Visuals, style::ScrollStyle, vec2,
};

use super::fonts;

/// Distances between things, in points.
pub mod space {
    /// Between an icon and its text.
    pub const XXS: f32 = 2.0;
    /// Between parts of one thing.
    pub const XS: f32 = 4.0;
    /// Between things of one group.
    pub const S: f32 = 8.0;
    /// Inside a card.
    pub const M: f32 = 12.0;
    /// Between groups.
    pub const L: f32 = 16.0;
    /// Between sections.
    pub const XL: f32 = 24.0;
    /// Around what stands alone.
    pub const XXL: f32 = 32.0;
}

/// Radii of corners, in points.
pub mod radius {
    /// Bars, badges, marks.
    pub const S: u8 = 3;
    /// Buttons and inputs.
    pub const M: u8 = 5;
    /// Cards and windows.
    pub const L: u8 = 8;
    /// As round as it goes.
    pub const FULL: u8 = 255;
}

/// Sizes, in points.
pub mod size {
    /// Height of a button, an input, a row with a control.
    pub const CONTROL: f32 = 26.0;
    /// Height of a row of a list without a control.
    pub const ROW: f32 = 24.0;
    /// Side of an icon in a button.
    pub const ICON: f32 = 16.0;
    /// Width of the lines around things.
    pub const LINE: f32 = 1.0;
    /// Width of the ring around what has the keyboard.
    pub const FOCUS: f32 = 2.0;
    /// Width of the label's column in a form.
    pub const LABEL: f32 = 120.0;
    /// Width of a tooltip.
    pub const TOOLTIP: f32 = 320.0;
}

/// The colours of a message of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tone {
    /// Text and icons, on every surface and on `fill`.
    pub text: Color32,
    /// A tinted surface.
    pub fill: Color32,
    /// Its edge.
    pub edge: Color32,
}

/// Every colour of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// Whether these are the dark theme's.
    pub dark: bool,
    /// Surface under plots, pictures and behind bars.
    pub sunken: Color32,
    /// Surface of panels.
    pub base: Color32,
    /// Surface of cards.
    pub raised: Color32,
    /// Surface of windows, menus and tooltips.
    pub overlay: Color32,
    /// Surface of text fields.
    pub field: Color32,
    /// Surface of a button, a chip, a tab's rail.
    pub control: Color32,
    /// The same under the pointer.
    pub control_hover: Color32,
    /// The same pressed.
    pub control_active: Color32,
    /// Surface of a selected row, tab or text.
    pub selection: Color32,
    /// Text that is read first.
    pub text: Color32,
    /// Labels, units, hints.
    pub text_secondary: Color32,
    /// What cannot be used now.
    pub text_disabled: Color32,
    /// Fill of the one button that goes on, of progress, of what is on.
    pub accent: Color32,
    /// The same under the pointer.
    pub accent_hover: Color32,
    /// The same pressed.
    pub accent_active: Color32,
    /// Links, icons and marks in the accent's colour.
    pub accent_text: Color32,
    /// Text on `accent` and on `danger_fill`.
    pub on_accent: Color32,
    /// Fill of a button that deletes.
    pub danger_fill: Color32,
    /// The same under the pointer.
    pub danger_hover: Color32,
    /// Lines between things, edges of cards. Nothing is known from them alone.
    pub border: Color32,
    /// Edges of inputs, which must be seen.
    pub border_input: Color32,
    /// The ring around what has the keyboard.
    pub focus: Color32,
    /// Lines of a plot's grid.
    pub grid: Color32,
    /// Parts of a bar chart that are not spoken of.
    pub muted: Color32,
    /// It went well.
    pub success: Tone,
    /// Look here.
    pub warning: Tone,
    /// It failed, or will delete.
    pub danger: Tone,
    /// Worth knowing.
    pub info: Tone,
    /// Colours of plotted series, apart also for people who see fewer colours: blue, orange, green, pink, yellow, sky,
    /// rust, violet. In the order of use.
    pub series: [Color32; 8],
}

/// The colours of the theme that is on.
pub fn tokens(ctx: &Context) -> &'static Tokens {
    match ctx.theme() {
        Theme::Dark => &DARK,
        Theme::Light => &LIGHT,
    }
}

impl Tokens {
    /// The colour of block `block`, counted from 0. It repeats after eight.
    pub fn block(&self, block: usize) -> Color32 {
        self.series[block % self.series.len()]
    }

    /// The colour of heat `t`, 0 (cold) to 1 (hot); what is no number is cold.
    ///
    /// Viridis (S. van der Walt and N. Smith, CC0), whose lightness rises evenly, between 17 of its colours. The same in
    /// both themes, so that a picture of one reads like the other.
    pub fn heat(&self, t: f32) -> Color32 {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) } * (VIRIDIS.len() - 1) as f32;
        let low = (t as usize).min(VIRIDIS.len() - 2);
        VIRIDIS[low].lerp_to_gamma(VIRIDIS[low + 1], t - low as f32)
    }

    /// Black or white, whichever is read better on `fill`.
    pub fn on(&self, fill: Color32) -> Color32 {
        if contrast(Color32::WHITE, fill) >= contrast(Color32::BLACK, fill) { Color32::WHITE } else { Color32::BLACK }
    }

    /// A line around a card.
    pub fn hairline(&self) -> Stroke {
        Stroke::new(size::LINE, self.border)
    }

    /// The ring around what has the keyboard.
    pub fn focus_ring(&self) -> Stroke {
        Stroke::new(size::FOCUS, self.focus)
    }
}

/// The contrast of two opaque colours, 1 to 21, as WCAG 2.2 defines it: (L1 + 0.05) / (L2 + 0.05) of the relative
/// luminances, the lighter first.
pub fn contrast(one: Color32, other: Color32) -> f32 {
    let luminance = |color: Color32| {
        let [r, g, b, _] = egui::Rgba::from(color).to_array();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Gives `ctx` our fonts and both themes.
pub fn install(ctx: &Context) {
    fonts::install(ctx);
    ctx.set_style_of(Theme::Dark, style(&DARK));
    ctx.set_style_of(Theme::Light, style(&LIGHT));
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The dark theme.
pub static DARK: Tokens = Tokens {
    dark: true,
    sunken: rgb(0x0C0E11),
    base: rgb(0x121519),
    raised: rgb(0x191D22),
    overlay: rgb(0x20252B),
    field: rgb(0x0E1114),
    control: rgb(0x262B32),
    control_hover: rgb(0x30363F),
    control_active: rgb(0x373D47),
    selection: rgb(0x253766),
    text: rgb(0xE7EAEE),
    text_secondary: rgb(0xA2AAB6),
    text_disabled: rgb(0x747D8A),
    accent: rgb(0x4263EB),
    accent_hover: rgb(0x4867EC),
    accent_active: rgb(0x3653D0),
    accent_text: rgb(0x9CB2FF),
    on_accent: rgb(0xFFFFFF),
    danger_fill: rgb(0xC92A3A),
    danger_hover: rgb(0xD63343),
    border: rgb(0x2A3038),
    border_input: rgb(0x6B7380),
    focus: rgb(0x8FA8FF),
    grid: rgb(0x22272E),
    muted: rgb(0x5C6470),
    success: Tone { text: rgb(0x5FD68F), fill: rgb(0x10261A), edge: rgb(0x24533A) },
    warning: Tone { text: rgb(0xF2B950), fill: rgb(0x2A2010), edge: rgb(0x5C471F) },
    danger: Tone { text: rgb(0xFF8585), fill: rgb(0x31171A), edge: rgb(0x6B2E34) },
    info: Tone { text: rgb(0x86BCFF), fill: rgb(0x132238), edge: rgb(0x294A76) },
    series: [
        rgb(0x4C8DFF),
        rgb(0xFFC470),
        rgb(0x6FF0DC),
        rgb(0xF87CA8),
        rgb(0xB0A103),
        rgb(0x14BEF2),
        rgb(0xB8603C),
        rgb(0x9A63B8),
    ],
};

/// The light theme.
pub static LIGHT: Tokens = Tokens {
    dark: false,
    sunken: rgb(0xEDEFF3),
    base: rgb(0xF7F8FA),
    raised: rgb(0xFFFFFF),
    overlay: rgb(0xFFFFFF),
    field: rgb(0xFFFFFF),
    control: rgb(0xE9ECF1),
    control_hover: rgb(0xDFE3EA),
    control_active: rgb(0xD3D8E1),
    selection: rgb(0xDCE4FF),
    text: rgb(0x1A1E25),
    text_secondary: rgb(0x565E6B),
    text_disabled: rgb(0x848C99),
    accent: rgb(0x3B5BDB),
    accent_hover: rgb(0x3350C8),
    accent_active: rgb(0x2B44AF),
    accent_text: rgb(0x3150C6),
    on_accent: rgb(0xFFFFFF),
    danger_fill: rgb(0xC92A3A),
    danger_hover: rgb(0xB02433),
    border: rgb(0xDEE2E8),
    border_input: rgb(0x828A96),
    focus: rgb(0x3B5BDB),
    grid: rgb(0xDFE3E9),
    muted: rgb(0x8A929E),
    success: Tone { text: rgb(0x1A7038), fill: rgb(0xE5F5EA), edge: rgb(0xA9D9B8) },
    warning: Tone { text: rgb(0x835200), fill: rgb(0xFDF3DC), edge: rgb(0xE8CB8A) },
    danger: Tone { text: rgb(0xB4232F), fill: rgb(0xFDEBEC), edge: rgb(0xF0B5BA) },
    info: Tone { text: rgb(0x1B57AE), fill: rgb(0xE6F0FD), edge: rgb(0xADCBF2) },
    series: [
        rgb(0x2C3FDA),
        rgb(0x974101),
        rgb(0x008565),
        rgb(0xE14895),
        rgb(0x958911),
        rgb(0x1A92C0),
        rgb(0x740115),
        rgb(0x512292),
    ],
};

/// Every sixteenth colour of viridis.
static VIRIDIS: [Color32; 17] = [
    rgb(0x440154),
    rgb(0x48186A),
    rgb(0x472D7B),
    rgb(0x424086),
    rgb(0x3B528B),
    rgb(0x33638D),
    rgb(0x2C728E),
    rgb(0x26828E),
    rgb(0x21918C),
    rgb(0x1FA088),
    rgb(0x28AE80),
    rgb(0x3FBC73),
    rgb(0x5EC962),
    rgb(0x84D44B),
    rgb(0xADDC30),
    rgb(0xD8E219),
    rgb(0xFDE725),
];

fn style(tokens: &Tokens) -> Style {
    let mut style = Style { text_styles: fonts::text_styles(), visuals: visuals(tokens), ..Style::default() };
    style.animation_time = 0.12;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::S, 6.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.interact_size = vec2(32.0, size::CONTROL);
    spacing.window_margin = Margin::same(space::L as i8);
    spacing.menu_margin = Margin::same(space::XS as i8);
    spacing.menu_spacing = space::XXS;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 9.0;
    spacing.icon_spacing = 6.0;
    spacing.indent = space::L;
    spacing.slider_width = 160.0;
    spacing.slider_rail_height = 4.0;
    spacing.combo_width = 120.0;
    spacing.text_edit_width = 220.0;
    spacing.tooltip_width = size::TOOLTIP;
    spacing.default_area_size = Vec2::new(640.0, 480.0);
    spacing.scroll = ScrollStyle {
        floating_width: 4.0,
        floating_allocated_width: 8.0,
        bar_width: 8.0,
        handle_min_length: 24.0,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        dormant_handle_opacity: 0.6,
        active_handle_opacity: 0.8,
        interact_handle_opacity: 1.0,
        foreground_color: false,
        ..ScrollStyle::thin()
    };
    style.interaction.tooltip_delay = 0.4;
    // What is worth copying says so itself: everywhere else a drag should not mark words.
    style.interaction.selectable_labels = false;
    style
}

fn visuals(tokens: &Tokens) -> Visuals {
    let mut visuals = if tokens.dark { Visuals::dark() } else { Visuals::light() };
    visuals.weak_text_color = Some(tokens.text_secondary);
    visuals.hyperlink_color = tokens.accent_text;
    visuals.faint_bg_color = if tokens.dark { tokens.raised } else { tokens.sunken };
    visuals.extreme_bg_color = tokens.sunken;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.code_bg_color = tokens.control;
    visuals.warn_fg_color = tokens.warning.text;
    visuals.error_fg_color = tokens.danger.text;
    visuals.panel_fill = tokens.base;
    visuals.window_fill = tokens.overlay;
    visuals.window_stroke = tokens.hairline();
    visuals.window_corner_radius = CornerRadius::same(radius::L);
    visuals.menu_corner_radius = CornerRadius::same(radius::L);
    let shade = Color32::from_black_alpha(if tokens.dark { 120 } else { 28 });
    visuals.window_shadow = Shadow { offset: [0, 8], blur: 28, spread: 0, color: shade };
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 14, spread: 0, color: shade };
    visuals.window_highlight_topmost = false;
    visuals.indent_has_left_vline = false;
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.5, tokens.accent_text);
    visuals.text_cursor.stroke = Stroke::new(1.5, tokens.accent_text);
    visuals.disabled_alpha = 0.5;

    let corner_radius = CornerRadius::same(radius::M);
    let widgets = &mut visuals.widgets;
    for (widget, fill, edge, text) in [
        (&mut widgets.noninteractive, tokens.base, tokens.hairline(), tokens.text),
        (&mut widgets.inactive, tokens.control, Stroke::new(size::LINE, tokens.border_input), tokens.text),
        (&mut widgets.hovered, tokens.control_hover, Stroke::new(size::LINE, tokens.text_secondary), tokens.text),
        // Pressed, and also what has the keyboard: the ring tells.
        (&mut widgets.active, tokens.control_active, tokens.focus_ring(), tokens.text),
        (&mut widgets.open, tokens.control_hover, Stroke::new(size::LINE, tokens.text_secondary), tokens.text),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = edge;
        widget.fg_stroke = Stroke::new(1.5, text);
        widget.corner_radius = corner_radius;
        widget.expansion = 0.0;
    }
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: [(&str, &Tokens); 2] = [("dark", &DARK), ("light", &LIGHT)];

    fn surfaces(t: &Tokens) -> [(&'static str, Color32); 4] {
        [("sunken", t.sunken), ("base", t.base), ("raised", t.raised), ("overlay", t.overlay)]
    }

    fn controls(t: &Tokens) -> [(&'static str, Color32); 5] {
        [
            ("field", t.field),
            ("control", t.control),
            ("hover", t.control_hover),
            ("active", t.control_active),
            ("selection", t.selection),
        ]
    }

    fn tones(t: &Tokens) -> [(&'static str, Tone); 4] {
        [("success", t.success), ("warning", t.warning), ("danger", t.danger), ("info", t.info)]
    }

    /// Collects what is under its limit, so that one run names every pair.
    fn assert_contrasts(pairs: impl IntoIterator<Item = (String, Color32, Color32, f32)>) {
        let short: Vec<_> = pairs
            .into_iter()
            .filter(|(_, one, other, least)| contrast(*one, *other) < *least)
            .map(|(name, one, other, least)| format!("{name}: {:.2} < {least}", contrast(one, other)))
            .collect();
        assert!(short.is_empty(), "{}", short.join("\n"));
    }

    #[test]
    fn contrast_is_what_wcag_says() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-3);
        assert!((contrast(rgb(0x777777), Color32::WHITE) - 4.48).abs() < 0.01, "the guideline's own example");
    }

    #[test]
    fn text_is_readable_on_every_surface() {
        assert_contrasts(THEMES.iter().flat_map(|(theme, t)| {
            let mut pairs = Vec::new();
            for (surface, fill) in surfaces(t).into_iter().chain(controls(t)) {
                pairs.push((format!("{theme} text on {surface}"), t.text, fill, 4.5));
            }
            for (surface, fill) in surfaces(t).into_iter().chain(controls(t)) {
                pairs.push((format!("{theme} secondary on {surface}"), t.text_secondary, fill, 4.5));
            }
            for (surface, fill) in surfaces(t) {
                pairs.push((format!("{theme} accent text on {surface}"), t.accent_text, fill, 4.5));
                for (tone, colors) in tones(t) {
                    pairs.push((format!("{theme} {tone} on {surface}"), colors.text, fill, 4.5));
                }
            }
            pairs.push((format!("{theme} accent text on selection"), t.accent_text, t.selection, 4.5));
            for (tone, colors) in tones(t) {
                pairs.push((format!("{theme} {tone} on its fill"), colors.text, colors.fill, 4.5));
                pairs.push((format!("{theme} text on {tone}"), t.text, colors.fill, 4.5));
                pairs.push((format!("{theme} secondary on {tone}"), t.text_secondary, colors.fill, 4.5));
            }
            for (name, fill) in [
                ("accent", t.accent),
                ("accent hover", t.accent_hover),
                ("accent active", t.accent_active),
                ("danger", t.danger_fill),
                ("danger hover", t.danger_hover),
            ] {
                pairs.push((format!("{theme} on {name}"), t.on_accent, fill, 4.5));
            }
            pairs
        }));
    }

    #[test]
    fn edges_marks_and_series_are_seen_on_every_surface() {
        assert_contrasts(THEMES.iter().flat_map(|(theme, t)| {
            let mut pairs = Vec::new();
            for (surface, fill) in surfaces(t) {
                // What cannot be used is exempt; it stays legible all the same.
                for (name, color) in [
                    ("input edge", t.border_input),
                    ("focus", t.focus),
                    ("disabled", t.text_disabled),
                    ("muted", t.muted),
                ] {
                    let least = if name == "muted" || name == "disabled" { 2.5 } else { 3.0 };
                    pairs.push((format!("{theme} {name} on {surface}"), color, fill, least));
                }
                for (place, color) in t.series.into_iter().enumerate() {
                    pairs.push((format!("{theme} series {place} on {surface}"), color, fill, 3.0));
                }
            }
            pairs.push((format!("{theme} input edge on field"), t.border_input, t.field, 3.0));
            pairs
        }));
    }

    /// Distances in OKLab (B. Ottosson 2020) of all pairs of series, as seen with each kind of colour blindness
    /// (G. Machado et al. 2009, full severity).
    #[test]
    fn series_are_told_apart_by_everyone() {
        const SEEN: [(&str, [[f32; 3]; 3]); 4] = [
            ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            (
                "protanopia",
                [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
            ),
            (
                "deuteranopia",
                [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
            ),
            (
                "tritanopia",
                [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
            ),
        ];
        for (theme, tokens) in THEMES {
            for (seen, matrix) in SEEN {
                let colors = tokens.series.map(|color| {
                    let [r, g, b, _] = egui::Rgba::from(color).to_array();
                    oklab(matrix.map(|row| (row[0] * r + row[1] * g + row[2] * b).clamp(0.0, 1.0)))
                });
                for (i, one) in colors.iter().enumerate() {
                    for (j, other) in colors.iter().enumerate().take(i) {
                        let apart = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
                        assert!(apart > 0.075, "{theme}, {seen}: series {j} and {i} are {apart:.3} apart");
                    }
                }
            }
        }
    }

    fn oklab([r, g, b]: [f32; 3]) -> [f32; 3] {
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    #[test]
    fn heat_grows_lighter_all_the_way() {
        let light: Vec<f32> = (0..=256).map(|i| contrast(DARK.heat(i as f32 / 256.0), Color32::BLACK)).collect();
        assert!(light.windows(2).all(|pair| pair[1] > pair[0] - 0.02), "{light:?}");
        assert_eq!(DARK.heat(f32::NAN), DARK.heat(0.0));
        assert_eq!(DARK.heat(2.0), DARK.heat(1.0));
    }

    #[test]
    fn text_on_any_colour_is_readable() {
        for tokens in [&DARK, &LIGHT] {
            for color in tokens.series.into_iter().chain((0..=20).map(|i| tokens.heat(i as f32 / 20.0))) {
                assert!(contrast(tokens.on(color), color) >= 4.5, "{color:?}");
            }
        }
    }

    #[test]
    fn both_themes_are_installed() {
        let ctx = Context::default();
        install(&ctx);
        for (theme, tokens) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
            ctx.set_theme(theme);
            assert_eq!(super::tokens(&ctx), tokens);
            assert_eq!(ctx.style_of(theme).visuals.panel_fill, tokens.base);
        }
    }
}
