//! Which device does the arithmetic of a training: a GPU through wgpu, or the CPU.

use burn::tensor::wgpu::{WgpuInitError, wgpu};
use burn::tensor::{Device, DeviceKind};

use crate::config::DeviceChoice;
use crate::error::{Error, Result};

/// A graphics adapter that wgpu sees.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// What the driver calls it.
    pub name: String,
    /// Vulkan, Metal, DX12 or OpenGL.
    pub api: String,
    /// Whether it is a program on the CPU, which is slower than Burn's own CPU backend.
    pub software: bool,
    /// The largest tensor that it holds, in bytes.
    pub max_tensor_bytes: u64,
    /// How Burn names it; none for one that it cannot name.
    kind: Option<DeviceKind>,
}

/// A device that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Burn's handle.
    pub(crate) device: Device,
    /// What to tell the person: "CPU", or the adapter's name.
    pub name: String,
    /// Whether it is the CPU backend, so that host memory is its memory.
    pub cpu: bool,
    /// The largest tensor that it holds, in bytes.
    pub max_tensor_bytes: u64,
}

impl Opened {
    /// Fails where a tensor of this many bytes is more than the device holds.
    pub(crate) fn check_room(&self, what: &str, bytes: u64) -> Result<()> {
        if bytes <= self.max_tensor_bytes {
            return Ok(());
        }
        Err(Error::Device(format!(
            "{what} take {} MB, and {} holds tensors of at most {} MB",
            bytes >> 20,
            self.name,
            self.max_tensor_bytes >> 20
        )))
    }
}

/// The adapters that Burn can use: those of the first graphics API with a real GPU, or else with any.
pub fn adapters() -> Vec<Adapter> {
    let chain: &[wgpu::Backend] = if cfg!(target_os = "macos") {
        &[wgpu::Backend::Metal]
    } else {
        &[wgpu::Backend::Vulkan, wgpu::Backend::Dx12, wgpu::Backend::Gl]
    };
    let mut software = None;
    for api in chain {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: (*api).into(),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let found = name_them(&burn::tensor::read_sync(instance.enumerate_adapters((*api).into())));
        if found.iter().any(|a| !a.software && a.kind.is_some()) {
            return found;
        }
        if software.is_none() && !found.is_empty() {
            software = Some(found);
        }
    }
    software.unwrap_or_default()
}

/// Burn counts adapters of each type on their own, in the order in which wgpu lists them.
fn name_them(list: &[wgpu::Adapter]) -> Vec<Adapter> {
    let (mut discrete, mut integrated, mut virtual_) = (0.., 0.., 0..);
    list.iter()
        .map(|adapter| {
            let info = adapter.get_info();
            let kind = match info.device_type {
                wgpu::DeviceType::DiscreteGpu => discrete.next().map(DeviceKind::DiscreteGpu),
                wgpu::DeviceType::IntegratedGpu => integrated.next().map(DeviceKind::IntegratedGpu),
                wgpu::DeviceType::VirtualGpu => virtual_.next().map(DeviceKind::VirtualGpu),
                wgpu::DeviceType::Cpu => Some(DeviceKind::Cpu),
                wgpu::DeviceType::Other => None,
            };
            let limits = adapter.limits();
            Adapter {
                name: info.name,
                api: format!("{:?}", info.backend),
                software: info.device_type == wgpu::DeviceType::Cpu,
                max_tensor_bytes: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
                kind,
            }
        })
        .collect()
}

/// Opens the device that the choice means here.
///
/// `auto` takes a real GPU where there is one, and the CPU otherwise; `gpu` takes a software adapter too.
pub fn open(choice: DeviceChoice) -> Result<Opened> {
    if choice == DeviceChoice::Cpu {
        return Ok(cpu());
    }
    let mut found: Vec<Adapter> = adapters().into_iter().filter(|a| a.kind.is_some()).collect();
    found.sort_by_key(|a| match a.kind {
        Some(DeviceKind::DiscreteGpu(_)) => 0,
        Some(DeviceKind::IntegratedGpu(_)) => 1,
        Some(DeviceKind::VirtualGpu(_)) => 2,
        _ => 3,
    });
    match (found.first(), choice) {
        (Some(adapter), _) if !adapter.software => open_adapter(adapter),
        (Some(adapter), DeviceChoice::Gpu) => open_adapter(adapter),
        (_, DeviceChoice::Auto) => Ok(cpu()),
        (_, _) => Err(Error::Device("no GPU adapter was found".into())),
    }
}

fn cpu() -> Opened {
    Opened { device: Device::flex(), name: "CPU".into(), cpu: true, max_tensor_bytes: isize::MAX as u64 }
}

fn open_adapter(adapter: &Adapter) -> Result<Opened> {
    let kind = adapter.kind.clone().unwrap_or_default();
    let device = match Device::wgpu_options().device_kind(kind.clone()).init() {
        Ok(device) => device,
        // It was opened before in this process, and Burn finds it under its name.
        Err(WgpuInitError::Registration { .. }) => Device::wgpu(kind),
        Err(error) => return Err(Error::Device(format!("{}: {error}", adapter.name))),
    };
    Ok(Opened {
        device,
        name: format!("{} ({})", adapter.name, adapter.api),
        cpu: false,
        max_tensor_bytes: adapter.max_tensor_bytes,
    })
}
