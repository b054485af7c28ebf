//! Where what is tried is put up.

use blockscope::ui::theme;
use eframe::egui::{Theme, Ui, Vec2};
use egui_kittest::{Harness, HarnessBuilder, SnapshotOptions, wgpu::WgpuTestRenderer};

/// A stage of a size in points, with our fonts and colours.
pub fn stage<State>(size: impl Into<Vec2>, theme: Theme) -> HarnessBuilder<State> {
    Harness::builder().with_size(size).with_theme(theme).with_render_cursor(false).with_context_setup(theme::install)
}

/// A renderer, where the machine has a graphics adapter or a program that acts as one.
pub fn renderer() -> Option<WgpuTestRenderer> {
    let made = std::panic::catch_unwind(WgpuTestRenderer::new).ok();
    if made.is_none() {
        eprintln!("skipped: there is no graphics adapter here (on Debian: mesa-vulkan-drivers and libvulkan1)");
    }
    made
}

/// Compares what `contents` draws in each theme with tests/snapshots/NAME_dark.png and NAME_light.png.
pub fn snapshots(name: &str, size: impl Into<Vec2>, mut contents: impl FnMut(&mut Ui)) {
    let size = size.into();
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let Some(renderer) = renderer() else { return };
        let mut harness = stage(size, theme).renderer(renderer).build_ui(&mut contents);
        harness.run();
        harness.snapshot_options(format!("{name}_{suffix}"), &tolerance());
    }
}

/// Another driver may place the edge of a letter or a circle a shade apart; a widget that moved is more than that.
fn tolerance() -> SnapshotOptions {
    SnapshotOptions::new().threshold(2.0).max_failed_pixels(60)
}
