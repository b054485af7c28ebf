//! A folder to work in, the program to run there, and vectors to run it on.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use blockscope::numpy::write_matrix;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// A folder that is the current one of the programs run in it, and goes with the test.
pub struct Workplace {
    folder: tempfile::TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Its answer, which `--json` puts alone on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// That it ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// That it was refused with this code, by one line that holds these words, and without a panic.
    #[track_caller]
    pub fn refused(&self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert!(self.stdout.is_empty(), "{}", self.stdout);
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("blockscope: "), "{}", self.stderr);
        assert!(last.contains(words), "{words:?} is not in {:?}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

impl Workplace {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blockscope"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("QDRANT_URL")
            .env_remove("QDRANT_API_KEY")
            .env_remove("RUST_BACKTRACE")
            // A profile of its own, and no way to a hub or a library of the machine's.
            .env("XDG_DATA_HOME", self.path("profile/data"))
            .env("XDG_CACHE_HOME", self.path("profile/cache"))
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .envs(["HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "ORT_DYLIB_PATH"].map(|v| (v, "")))
            .env_remove("BLOCKSCOPE_ENDPOINT_TOKEN")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end; words are separated by spaces.
    pub fn run(&self, line: &str) -> Ran {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub fn run_words(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the program and goes on.
    pub fn start(&self, line: &str) -> Child {
        let words: Vec<_> = line.split_whitespace().collect();
        self.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Clustered unit vectors in `v.npy`, and payloads with the row and the cluster in `p.jsonl`.
    pub fn vectors(&self, n: usize, dim: usize) {
        write_matrix(self.path("v.npy"), dim, &clusters(n, dim)).unwrap();
        let lines: String = (0..n)
            .map(|i| format!("{{\"title\": \"point {i}\", \"label\": \"c{}\", \"row\": {i}}}\n", i % CLUSTERS))
            .collect();
        std::fs::write(self.path("p.jsonl"), lines).unwrap();
    }

    /// The same in the collection `food` of the store `store`.
    pub fn store(&self, n: usize, dim: usize) {
        self.vectors(n, dim);
        self.run("import vectors --vectors v.npy --payload p.jsonl --store store --collection food -q").ok();
    }

    /// Similarity data of them in `data/sm_train` and `data/sm_val`.
    pub fn similarity(&self, n: usize, dim: usize) {
        self.vectors(n, dim);
        self.run("load --vectors v.npy --limit 20 --split 0.25 --output sm -q").ok();
    }

    /// An encoder `e.safetensors` trained on them, and the store.
    pub fn trained(&self, n: usize, dim: usize) {
        self.store(n, dim);
        self.run("train --store store --collection food --limit 20 --epochs 3 --blocks 2 --block-size 8 --device cpu --output e.safetensors -q")
            .ok();
    }
}

const CLUSTERS: usize = 8;

/// Unit vectors around a few centres, some nearer to them than others.
pub fn clusters(n: usize, dim: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let centres: Vec<f32> = (0..CLUSTERS * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
    let mut out = Vec::with_capacity(n * dim);
    for i in 0..n {
        let spread = 0.2 + 0.8 * rng.random::<f32>();
        let centre = &centres[i % CLUSTERS * dim..][..dim];
        let row: Vec<f32> = centre.iter().map(|c| c + spread * rng.random_range(-1.0f32..1.0)).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        out.extend(row.iter().map(|x| x / norm));
    }
    out
}

/// The project's folder, as `cargo test` says it when it runs a test: a test that was compiled in another checkout, with
/// the same target folder, would remember that one's.
pub fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from)
}

/// Real data beside the project, where it is there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not there");
    }
    path.exists().then_some(path)
}

/// Sends a signal by its name, as a terminal or a system that shuts down does.
pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap().success());
}
