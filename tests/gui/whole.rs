//! The whole window, put up over a state.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blockscope::app::settings::ThemeChoice;
use blockscope::app::{App, Folders, Jobs, Settings};
use blockscope::picture::LoaderSettings;
use blockscope::ui::Window;
use eframe::egui::{self, Theme, Vec2};
use egui_kittest::{Harness, SnapshotResults};

use super::stage::{renderer, stage, tolerance};

/// A state whose workers a script plays, and that keeps nothing.
pub fn scripted() -> App {
    let folders = Folders { settings: None, data: "/nowhere/data".into(), demo: "/nowhere/demo".into() };
    App::new(Settings::default(), folders, Jobs::scripted())
}

/// A state with real workers, whose files lie in `folder`.
pub fn living(folder: &Path) -> App {
    let inside = |name: &str| folder.join(name);
    let folders = Folders { settings: Some(inside("settings")), data: inside("data"), demo: inside("demo") };
    App::new(Settings::default(), folders, Jobs::start())
}

/// The whole window, as eframe draws it.
pub struct Whole(Window);

impl Whole {
    /// The window's state.
    pub fn app(&mut self) -> &mut App {
        &mut self.0.app
    }
}

impl eframe::App for Whole {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.0.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.0.show(ui);
    }
}

/// The whole window over a state, in a theme.
pub fn window(mut app: App, size: impl Into<Vec2>, theme: Theme) -> Harness<'static, Whole> {
    app.settings.theme = if theme == Theme::Dark { ThemeChoice::Dark } else { ThemeChoice::Light };
    let mut builder = stage(size, theme).with_max_steps(24);
    if let Some(renderer) = renderer() {
        builder = builder.renderer(renderer);
    }
    builder.build_eframe(|cc| {
        let loader = LoaderSettings { thumbnails: None, ..LoaderSettings::default() };
        Whole(Window::with_pictures(app, &cc.egui_ctx, loader))
    })
}

/// Compares the whole window with tests/snapshots/NAME_dark.png and NAME_light.png. `make` gives the state anew for
/// each.
pub fn scenes(name: &str, size: impl Into<Vec2>, make: impl Fn() -> App) {
    let size = size.into();
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        if renderer().is_none() {
            return;
        }
        let mut harness = window(make(), size, theme);
        harness.run_steps(6);
        harness.snapshot_options(format!("{name}_{suffix}"), &tolerance());
        results.extend_harness(&mut harness);
    }
}

/// Lets a file fall on the window.
pub fn drop_file(harness: &mut Harness<'_, Whole>, path: impl Into<PathBuf>) {
    #[derive(Debug)]
    struct Dropped(PathBuf);
    impl egui::DroppedFile for Dropped {
        fn path(&self) -> &Path {
            &self.0
        }
        fn bytes(&self) -> Result<Vec<u8>, String> {
            std::fs::read(&self.0).map_err(|e| e.to_string())
        }
    }
    harness.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
}

/// Draws frames until something is so; says whether it came to be within a minute.
pub fn until(harness: &mut Harness<'_, Whole>, mut so: impl FnMut(&mut App) -> bool) -> bool {
    for _ in 0..6_000 {
        harness.step();
        if so(harness.state_mut().app()) {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}
