//! What the reference writes is read, and what is written the reference reads.

use std::process::Command;

use blockscope::encoder::Encoder;
use blockscope::numpy::NpyMatrix;

use crate::support::{Workplace, shared};

#[test]
fn the_food_encoder_answers_as_torch_does() {
    let Some(folder) = shared("fixtures/food-encoder") else { return };
    let encoder = Encoder::read(folder.join("encoder.pth")).unwrap();
    assert_eq!((encoder.dim(), encoder.blocks(), encoder.block_size()), (512, 4, 64));
    let rows = |name: &str| NpyMatrix::open(folder.join(name)).unwrap().read_all().unwrap();
    let answers = encoder.encode(&rows("inputs.npy"));
    let largest = answers.iter().zip(rows("expected.npy")).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest <= 1e-6, "{largest}");
    // Cut off anywhere it is told, and not taken.
    let w = Workplace::new();
    let whole = std::fs::read(folder.join("encoder.pth")).unwrap();
    for length in [10, 1_000, whole.len() / 2, whole.len() - 30] {
        std::fs::write(w.path("cut.pth"), &whole[..length]).unwrap();
        let problem = Encoder::read(w.path("cut.pth")).unwrap_err().to_string();
        assert!(problem.contains("is not a whole PyTorch state dict"), "{problem}");
    }
}

/// A Python that has these modules, where there is one.
fn python(modules: &str) -> Option<String> {
    let venv = std::env::var("HOME").map(|h| format!("{h}/.cache/blockscope-checks/bin/python")).unwrap_or_default();
    let found = [venv.as_str(), "python3"].into_iter().find(|p| {
        Command::new(p).args(["-c", &format!("import {modules}")]).output().is_ok_and(|o| o.status.success())
    });
    if found.is_none() {
        eprintln!("skipped: there is no Python with {modules}");
    }
    found.map(str::to_owned)
}

#[track_caller]
fn run_python(python: &str, w: &Workplace, script: &str) {
    let output = Command::new(python).args(["-c", script]).current_dir(w.path("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn torch_loads_our_encoder_and_answers_alike() {
    let Some(python) = python("torch, safetensors") else { return };
    let w = Workplace::new();
    w.trained(200, 8);
    w.run("encode --encoder e.safetensors --vectors v.npy --output out.npy -q").ok();
    run_python(
        &python,
        &w,
        r#"
import numpy as np, torch
from safetensors.torch import load_file
class Blocks(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList([torch.nn.Linear(8, 8) for _ in range(2)])
    def forward(self, x):
        return torch.cat([torch.softmax(b(x), -1) for b in self.blocks], -1)
m = Blocks(); m.load_state_dict(load_file('e.safetensors'))
y = m(torch.from_numpy(np.load('v.npy'))).detach().numpy()
assert abs(y - np.load('out.npy')).max() < 1e-6
torch.save(m.state_dict(), 'e.pth')
"#,
    );
    assert_eq!(
        Encoder::read(w.path("e.pth")).unwrap().fingerprint(),
        Encoder::read(w.path("e.safetensors")).unwrap().fingerprint()
    );
}

/// The reference's module takes the blocks and leaves the confidence head, whose answers torch gives alike, too.
#[test]
fn torch_loads_the_blocks_beside_a_confidence_head() {
    let Some(python) = python("torch, safetensors") else { return };
    let w = Workplace::new();
    w.store(200, 8);
    w.run("train --objective balanced --blocks 2 --block-size 8 --epochs 1 --epoch-size 640 --batch-size 64 --limit 20 --head 2 --device cpu --store store --collection food --output b.safetensors -q")
        .ok();
    w.run("encode --encoder b.safetensors --vectors v.npy --output out.npy -q").ok();
    let encoder = Encoder::read(w.path("b.safetensors")).unwrap();
    let rows = NpyMatrix::open(w.path("v.npy")).unwrap().read_all().unwrap();
    let head = encoder.head().unwrap();
    assert_eq!((head.blocks(), head.block_size()), (8, 64));
    blockscope::numpy::write_matrix(w.path("head.npy"), 512, &head.encode(&rows)).unwrap();
    run_python(
        &python,
        &w,
        r#"
import numpy as np, torch
from safetensors.torch import load_file
class Blocks(torch.nn.Module):
    def __init__(self, blocks, size):
        super().__init__()
        self.blocks = torch.nn.ModuleList([torch.nn.Linear(8, size) for _ in range(blocks)])
    def forward(self, x):
        return torch.cat([torch.softmax(b(x), -1) for b in self.blocks], -1)
state, x = load_file('b.safetensors'), torch.from_numpy(np.load('v.npy'))
m = Blocks(2, 8); left = m.load_state_dict(state, strict=False)
assert not left.missing_keys and all(k.startswith('confidence.') for k in left.unexpected_keys), left
assert abs(m(x).detach().numpy() - np.load('out.npy')).max() < 1e-5
h = Blocks(8, 64)
h.load_state_dict({k.replace('confidence', 'blocks'): v for k, v in state.items() if k.startswith('confidence.')})
assert abs(h(x).detach().numpy() - np.load('head.npy')).max() < 1e-5
"#,
    );
}

#[test]
fn torch_loads_our_autoencoder_and_reconstructs_alike() {
    let Some(python) = python("torch, safetensors") else { return };
    let w = Workplace::new();
    w.store(200, 8);
    w.run("train --objective autoencoder --block-size 24 --active 3 --epochs 1 --epoch-size 640 --batch-size 64 --limit 5 --device cpu --store store --collection food --output a.safetensors -q")
        .ok();
    w.run("encode --encoder a.safetensors --vectors v.npy --output out.npy -q").ok();
    let encoder = Encoder::read(w.path("a.safetensors")).unwrap();
    let rows = NpyMatrix::open(w.path("v.npy")).unwrap().read_all().unwrap();
    let back = encoder.decoder().unwrap().decode(&encoder.encode(&rows));
    blockscope::numpy::write_matrix(w.path("back.npy"), 8, &back).unwrap();
    run_python(
        &python,
        &w,
        r#"
import numpy as np, torch
from safetensors.torch import load_file
class Autoencoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList([torch.nn.Linear(8, 24)])
        self.decoder = torch.nn.Linear(24, 8)
    def code(self, x):
        z = self.blocks[0](x).clamp(0, 1)
        best = z.topk(3, -1)
        return torch.zeros_like(z).scatter(-1, best.indices, best.values)
m = Autoencoder(); m.load_state_dict(load_file('a.safetensors'))
y = m.code(torch.from_numpy(np.load('v.npy')))
assert abs(y.detach().numpy() - np.load('out.npy')).max() < 1e-5
assert abs(m.decoder(y).detach().numpy() - np.load('back.npy')).max() < 1e-5
"#,
    );
}

#[test]
fn scipy_opens_our_files_and_its_own_train_here() {
    let Some(python) = python("numpy, scipy.sparse") else { return };
    let w = Workplace::new();
    w.similarity(120, 8);
    run_python(
        &python,
        &w,
        r#"
import json, numpy as np, scipy.sparse as sp
m = sp.load_npz('data/sm_train.npz'); v = np.load('data/sm_train_vectors.npy'); ids = json.load(open('data/sm_train.json'))
assert m.shape == (90, 90) and v.shape == (90, 8) and len(ids) == 90 and m.nnz == 90 * 20
s = v @ v.T
assert abs(m.toarray()[m.toarray() != 0] - s[m.toarray() != 0]).max() < 1e-5
# As the reference writes it: from offsets, float64, the last point without neighbours and nobody's.
rows, columns = m.nonzero(); keep = (rows < 89) & (columns < 89)
r = sp.csr_matrix((np.asarray(m[rows, columns]).ravel()[keep].astype('f8'), (rows[keep], columns[keep])))
assert r.shape == (89, 89)
sp.save_npz('ref.npz', r); np.save('ref_vectors.npy', v.astype('f8'))
"#,
    );
    let line = "train --train ref --val data/sm_val --epochs 1 --blocks 2 --block-size 8 --device cpu --json";
    assert_eq!(w.run(line).json()["epochs"].as_array().unwrap().len(), 1);
}
