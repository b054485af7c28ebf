//! Where ONNX models run: ONNX Runtime where its library is found, otherwise tract, which is compiled in.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Serialize;

use crate::config::OnnxChoice;
use crate::error::{Error, Result};
use crate::job::Reporter;

/// The library's file name on this system.
pub const LIBRARY: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// What runs ONNX models. One for the whole process, as the first use fixes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name")]
pub enum Backend {
    /// ONNX Runtime, from a shared library.
    #[serde(rename = "ONNX Runtime")]
    OnnxRuntime {
        /// Its version, as far as it tells.
        version: String,
        /// The library, or its bare name where the system's search found it.
        library: PathBuf,
    },
    /// tract, compiled in.
    #[serde(rename = "tract")]
    Tract {
        /// Its version.
        version: String,
    },
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OnnxRuntime { version, library } => write!(f, "ONNX Runtime {version} ({})", library.display()),
            Self::Tract { version } => write!(f, "tract {version}"),
        }
    }
}

impl Backend {
    /// Whether one session uses all cores by itself.
    pub fn uses_all_cores(&self) -> bool {
        matches!(self, Self::OnnxRuntime { .. })
    }
}

/// The backend, chosen on the first call. A library that is there and cannot be used is told as a warning, unless ONNX
/// Runtime was asked for by name.
pub fn backend(choice: OnnxChoice, reporter: &mut Reporter) -> Result<&'static Backend> {
    static CHOSEN: OnceLock<Backend> = OnceLock::new();
    static CHOOSING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = CHOOSING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let chosen = match CHOSEN.get() {
        Some(chosen) => chosen,
        None => {
            let found = choose(choice, reporter)?;
            CHOSEN.get_or_init(|| found)
        }
    };
    let fits = match choice {
        OnnxChoice::Auto => true,
        OnnxChoice::Onnxruntime => chosen.uses_all_cores(),
        OnnxChoice::Tract => !chosen.uses_all_cores(),
    };
    if !fits {
        return Err(Error::setting(format!("models already run on {chosen}; the choice is for the whole process")));
    }
    Ok(chosen)
}

fn choose(choice: OnnxChoice, reporter: &mut Reporter) -> Result<Backend> {
    if choice != OnnxChoice::Tract {
        let mut problems = Vec::new();
        for library in candidates() {
            // ort takes a library for good even where loading it fails, so that only one that works is given to it.
            match probe(&library) {
                Ok(version) => {
                    let environment = ort::init_from(&library).map_err(|e| Error::setting(e.to_string()))?;
                    environment.commit();
                    return Ok(Backend::OnnxRuntime { version, library });
                }
                // On most machines it is in none of the usual places, which is no fault.
                Err(_) if !library.exists() && !is_named(&library) => {}
                Err(_) if !library.exists() => {
                    problems.push(format!("ORT_DYLIB_PATH names {}, which is not there", library.display()));
                }
                Err(problem) => problems.push(format!("{}: {problem}", library.display())),
            }
        }
        if choice == OnnxChoice::Onnxruntime {
            let why = if problems.is_empty() { "its library was not found".into() } else { problems.join("; ") };
            return Err(Error::setting(format!(
                "ONNX Runtime cannot be used: {why} (scripts/fetch-onnxruntime puts it in place, or name it in ORT_DYLIB_PATH)"
            )));
        }
        for problem in problems {
            reporter.warn(format!("ONNX Runtime is left aside for tract: {problem}"));
        }
    }
    let mut api = ort_tract::api();
    // ort asks for it at every start of a session; tract keeps all symbols as they are.
    api.SetSymbolicDimensions = keep_symbolic_dimensions;
    ort::set_api(api);
    Ok(Backend::Tract { version: TRACT.into() })
}

/// The version that Cargo.toml pins.
const TRACT: &str = "0.23.9";

unsafe extern "system" fn keep_symbolic_dimensions(
    _value: *mut ort::sys::OrtTensorTypeAndShapeInfo,
    _names: *mut *const std::ffi::c_char,
    _count: usize,
) -> ort::sys::OrtStatusPtr {
    ort::sys::OrtStatusPtr::default()
}

/// Where the library is looked for, in the order of preference. The last one is left to the system's search.
pub fn candidates() -> Vec<PathBuf> {
    let named = std::env::var_os("ORT_DYLIB_PATH").filter(|p| !p.is_empty()).map(PathBuf::from);
    let named = named.map(|path| std::path::absolute(&path).unwrap_or(path));
    let beside = std::env::current_exe().ok().and_then(|exe| exe.parent().map(|dir| dir.join(LIBRARY)));
    let own = data_folder().map(|dir| dir.join(LIBRARY));
    [named, beside, own, Some(PathBuf::from(LIBRARY))].into_iter().flatten().collect()
}

fn is_named(library: &Path) -> bool {
    std::env::var_os("ORT_DYLIB_PATH")
        .is_some_and(|named| std::path::absolute(&named).is_ok_and(|named| named == library))
}

/// The user's folder for the library, which `scripts/fetch-onnxruntime` fills.
pub fn data_folder() -> Option<PathBuf> {
    dirs::data_dir().map(|dir| dir.join("blockscope").join("onnxruntime"))
}

/// Loads a library for good and gives its version, where it is ONNX Runtime of a version that ort can use.
fn probe(library: &Path) -> Result<String, String> {
    // SAFETY: loading a library runs its code, which the person asked for by putting it there. Its entry point and its
    // table have had this form since version 1.0, and the text lives as long as the library, which is never unloaded.
    let version = unsafe {
        let loaded = libloading::Library::new(library).map_err(|e| e.to_string())?;
        let entry = loaded.get::<unsafe extern "C" fn() -> *const ort::sys::OrtApiBase>(b"OrtGetApiBase");
        let base = entry.map_err(|_| "is not ONNX Runtime".to_owned())?();
        let base = base.as_ref().ok_or("gives no interface")?;
        let version = std::ffi::CStr::from_ptr((base.GetVersionString)()).to_string_lossy().into_owned();
        std::mem::forget(loaded);
        version
    };
    let minor = version.split('.').nth(1).and_then(|m| m.parse::<u32>().ok()).unwrap_or(0);
    if minor < ort::MINOR_VERSION {
        return Err(format!("is version {version}, and 1.{} or later is needed", ort::MINOR_VERSION));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_of_tract_is_told() {
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"tract-onnx\"\nversion = \"{TRACT}\"")));
    }
}
