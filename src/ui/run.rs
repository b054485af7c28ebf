//! Opening the window.

use std::sync::Arc;

use eframe::egui::{ViewportBuilder, vec2};
use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use eframe::wgpu;

use super::Window;
use super::window::{FIRST, SMALLEST};
use crate::app::{App, Command, Folders, Jobs, Settings};

/// Why no window could be opened, in one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWindow(pub String);

/// Opens the window and stays until it is closed. `first` is what is done as soon as it is open.
pub fn run(first: Vec<Command>) -> Result<(), NoWindow> {
    let folders = Folders::of_user();
    let (settings, word) = match &folders.settings {
        Some(folder) => Settings::read(folder),
        None => (Settings::default(), None),
    };
    let mut viewport = ViewportBuilder::default()
        .with_title("Blockscope")
        .with_app_id("blockscope")
        .with_min_inner_size(SMALLEST)
        .with_drag_and_drop(true);
    match super::icon::window() {
        Ok(icon) => viewport = viewport.with_icon(icon),
        Err(error) => log::error!("the window's icon cannot be read: {error}"),
    }
    viewport = match settings.window {
        Some(window) => {
            let size = vec2(window.size[0].max(SMALLEST[0]), window.size[1].max(SMALLEST[1]));
            let viewport = viewport.with_inner_size(size).with_maximized(window.maximized);
            match window.position {
                // Off every screen is as good as lost.
                Some([x, y]) if x > -50.0 && y > -50.0 => viewport.with_position([x, y]),
                _ => viewport,
            }
        }
        None => viewport.with_inner_size(FIRST),
    };
    let options = eframe::NativeOptions {
        viewport,
        centered: settings.window.is_none(),
        wgpu_options: graphics(),
        system_font_fallback: true,
        ..Default::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| {
        super::theme::install(&cc.egui_ctx);
        let mut app = App::new(settings, folders, Jobs::start());
        if let Some(word) = word {
            app.messages.warn(word);
        }
        if first.is_empty() {
            app.reopen();
        }
        for command in first {
            app.handle(command);
        }
        let mut software = false;
        if let Some(render) = &cc.wgpu_render_state {
            let info = render.adapter.get_info();
            log::info!("the window is drawn by {} ({:?})", info.name, info.backend);
            software = info.device_type == wgpu::DeviceType::Cpu;
            if software {
                app.messages.note(format!("no graphics card was found: the window is drawn by {}", info.name));
            }
        }
        let window = Window::new(app, &cc.egui_ctx);
        let window = if software { window.drawn_in_software(&cc.egui_ctx) } else { window };
        Ok(Box::new(window) as Box<dyn eframe::App>)
    };
    eframe::run_native("blockscope", options, Box::new(create)).map_err(|error| NoWindow(words(&error)))
}

/// A device of the window's own: training has another one, so that neither waits for the other. A real graphics card
/// where one can draw to the window, a software driver otherwise.
pub(super) fn graphics() -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.native_adapter_selector = Some(Arc::new(|adapters, surface| {
        adapters
            .iter()
            .filter(|adapter| surface.is_none_or(|surface| adapter.is_surface_supported(surface)))
            .min_by_key(|adapter| match adapter.get_info().device_type {
                // Little is drawn: the card that saves power is enough, and leaves the other to training.
                wgpu::DeviceType::IntegratedGpu => 0,
                wgpu::DeviceType::DiscreteGpu => 1,
                wgpu::DeviceType::VirtualGpu | wgpu::DeviceType::Other => 2,
                wgpu::DeviceType::Cpu => 3,
            })
            .cloned()
            .ok_or_else(|| "no graphics adapter can draw to this window".to_owned())
    }));
    WgpuConfiguration { wgpu_setup: WgpuSetup::CreateNew(setup), ..Default::default() }
}

fn words(error: &eframe::Error) -> String {
    match error {
        eframe::Error::WinitEventLoop(_) | eframe::Error::Winit(_) => {
            format!("no display to open a window on ({error})")
        }
        eframe::Error::Wgpu(_) => format!(
            "no graphics adapter can draw a window ({error}); install a Vulkan or OpenGL driver, such as Mesa's \
             software driver (mesa-vulkan-drivers)"
        ),
        other => format!("the window could not be opened: {other}"),
    }
}
