//! Drawing without a window: laid out in a context of its own, rendered on a device of its own, read back as pixels.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Waking, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{self, Color32, Context, Pos2, RawInput, Rect, Theme, Ui, Vec2, ViewportId, vec2};
use eframe::egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor};
use eframe::wgpu;
use image::RgbImage;

use crate::error::{Error, Result};
use crate::job::Control;
use crate::ui::run::graphics;
use crate::ui::theme::{self, tokens};

/// Room to lay out in, in points: what is drawn ends sooner.
const TALLEST: f32 = 30_000.0;
/// Passes until sizes that depend on those of the pass before have settled.
const PASSES: usize = 4;
/// A device that takes longer is broken.
const LONGEST: Duration = Duration::from_secs(30);

fn failed(problem: impl std::fmt::Display) -> Error {
    Error::setting(format!("the figure cannot be drawn: {problem}"))
}

fn open() -> Result<RenderState> {
    let config = graphics();
    let instance = wait(config.wgpu_setup.new_instance());
    wait(RenderState::create(&config, &instance, None, RendererOptions::PREDICTABLE)).map_err(|error| {
        let driver = "install a Vulkan or OpenGL driver, such as Mesa's software driver (mesa-vulkan-drivers)";
        failed(format!("no graphics adapter can do it ({error}); {driver}"))
    })
}

/// Draws what `contents` lays out in `width` points, at `scale` pixels a point where the device can, and at fewer where
/// it would be too large for it. Gives its pixels.
pub fn picture(
    dark: bool,
    width: f32,
    scale: f32,
    control: &Control,
    mut contents: impl FnMut(&mut Ui),
) -> Result<RgbImage> {
    let render = open()?;
    let most = render.device.limits().max_texture_dimension_2d as f32;
    let ctx = Context::default();
    theme::install(&ctx);
    ctx.set_theme(if dark { Theme::Dark } else { Theme::Light });
    ctx.all_styles_mut(|style| style.animation_time = 0.0);
    let mut laid = Laid { deltas: egui::TexturesDelta::default(), shapes: Vec::new(), size: Vec2::ZERO };
    let mut scale = scale;
    for pass in 0..2 * PASSES {
        control.check_whole()?;
        laid.pass(&ctx, pass, vec2(width, TALLEST), scale, &mut contents);
        let fits = most / (laid.size.max_elem() * scale);
        if pass + 1 == PASSES {
            if fits >= 1.0 {
                break;
            }
            // Once more at the size that fits, as letters are placed on whole pixels.
            scale *= fits * 0.999;
        }
    }
    let Laid { mut deltas, shapes, size } = laid;
    let painted = paint(&render, &ctx, &mut deltas, shapes, size, scale, tokens(&ctx).base);
    deltas.clear();
    painted
}

struct Laid {
    deltas: egui::TexturesDelta,
    shapes: Vec<ClippedShape>,
    size: Vec2,
}

impl Laid {
    fn pass(&mut self, ctx: &Context, pass: usize, room: Vec2, scale: f32, contents: &mut impl FnMut(&mut Ui)) {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, room)),
            time: Some(pass as f64 / 60.0),
            max_texture_side: Some(4096),
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(scale);
        }
        let mut used = Rect::NOTHING;
        let mut output = ctx.run_ui(input, |ui| {
            contents(ui);
            used = ui.min_rect();
        });
        self.deltas.append(std::mem::take(&mut output.textures_delta));
        self.shapes = std::mem::take(&mut output.shapes);
        self.size = used.max.to_vec2().min(room);
    }
}

fn paint(
    render: &RenderState,
    ctx: &Context,
    deltas: &mut egui::TexturesDelta,
    shapes: Vec<ClippedShape>,
    size: Vec2,
    scale: f32,
    background: Color32,
) -> Result<RgbImage> {
    let primitives = ctx.tessellate(shapes, scale);
    let pixels = [(size.x * scale).round().max(1.0) as u32, (size.y * scale).round().max(1.0) as u32];
    let [width, height] = pixels;
    let (device, queue) = (&render.device, &render.queue);
    let mut renderer = render.renderer.write();
    for (id, images) in deltas.set.drain() {
        for image in images {
            renderer.update_texture(device, queue, id, &image);
        }
    }
    let screen = ScreenDescriptor { size_in_pixels: pixels, pixels_per_point: scale };
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("figure") });
    let own = renderer.update_buffers(device, queue, &mut encoder, &primitives, &screen);
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("figure"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: render.target_format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    let [r, g, b, _] = background.to_normalized_gamma_f32().map(f64::from);
    {
        let mut pass = encoder
            .begin_render_pass(&wgpu::RenderPassDescriptor {
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    resolve_target: None,
                    depth_slice: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a: 1.0 }),
                        store: wgpu::StoreOp::Store,
                    },
                })],
                ..wgpu::RenderPassDescriptor::default()
            })
            .forget_lifetime();
        renderer.render(&mut pass, &primitives, &screen);
    }
    let row = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("figure"),
        size: u64::from(row) * u64::from(height),
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None };
    let target = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
    encoder.copy_texture_to_buffer(texture.as_image_copy(), target, texture.size());
    let submitted = queue.submit(own.into_iter().chain([encoder.finish()]));
    for id in deltas.free.drain() {
        renderer.free_texture(&id);
    }
    drop(renderer);

    let (sender, mapped) = std::sync::mpsc::channel();
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |done| {
        // Nobody listens any more where the device was too slow.
        let _ = sender.send(done);
    });
    device
        .poll(wgpu::PollType::Wait { submission_index: Some(submitted), timeout: Some(LONGEST) })
        .map_err(|error| failed(format!("the graphics adapter does not answer: {error}")))?;
    mapped.recv_timeout(LONGEST).map_err(failed)?.map_err(failed)?;
    let data = buffer.slice(..).get_mapped_range().map_err(failed)?;
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for line in data.chunks_exact(row as usize) {
        rgb.extend(line[..(width * 4) as usize].chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]));
    }
    RgbImage::from_raw(width, height, rgb).ok_or_else(|| failed("the graphics adapter gave too few pixels"))
}

/// Wakes a thread that waits for a future.
struct Woken(Thread);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread, which is a worker's: wgpu's futures are ready at once where there is no browser.
fn wait<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Woken(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Waking::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
