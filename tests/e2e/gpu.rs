//! The GPU backend, through wgpu on whatever adapter there is; a software one will do.

use crate::support::Workplace;

fn adapter() -> bool {
    let found = blockscope::device::adapters();
    if found.is_empty() {
        eprintln!("skipped: there is no graphics adapter, not even a software one");
    }
    !found.is_empty()
}

/// Without dropout both devices do the same arithmetic on the same weights and triplets.
#[test]
fn a_gpu_trains_as_the_cpu_does() {
    if !adapter() {
        return;
    }
    let w = Workplace::new();
    w.similarity(200, 8);
    let line = "train --train data/sm_train --val data/sm_val --dropout 0 --epochs 1 --epoch-size 64 --blocks 2 --block-size 8 --json";
    let gpu = w.run(&format!("{line} --device gpu --output g.safetensors")).json();
    let cpu = w.run(&format!("{line} --device cpu --output c.safetensors")).json();
    assert_ne!(gpu["device"], "CPU");
    for key in ["train_loss", "val_loss"] {
        let (a, b) = (gpu["epochs"][0][key].as_f64().unwrap(), cpu["epochs"][0][key].as_f64().unwrap());
        assert!((a - b).abs() < 1e-4, "{key}: {a} and {b}");
    }
    let weights = |name: &str| blockscope::encoder::Encoder::read(w.path(name)).unwrap().weights().to_vec();
    for (a, b) in weights("g.safetensors").iter().zip(weights("c.safetensors")) {
        assert!((a - b).abs() < 1e-3, "{a} {b}");
    }
}

#[test]
fn a_gpu_finds_the_neighbours_that_the_cpu_finds() {
    if !adapter() {
        return;
    }
    let w = Workplace::new();
    w.vectors(300, 8);
    let load = |device: &str| {
        w.run(&format!("load --vectors v.npy --limit 10 --device {device} --output {device} -q")).ok();
        blockscope::similarity::SimilarityData::read(&w.path(format!("data/{device}"))).unwrap()
    };
    let (gpu, cpu) = (load("gpu"), load("cpu"));
    assert_eq!(gpu.ids, cpu.ids);
    for i in 0..gpu.len() {
        let sorted = |d: &blockscope::similarity::SimilarityData| {
            let mut values = d.matrix.row(i).1.to_vec();
            values.sort_by(f32::total_cmp);
            values
        };
        for (a, b) in sorted(&gpu).iter().zip(sorted(&cpu)) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}

/// What is balanced takes other ways on a device: rows are gathered there, and so is what they are compared with.
#[test]
fn a_gpu_trains_all_objectives_as_the_cpu_does() {
    if !adapter() {
        return;
    }
    let w = Workplace::new();
    w.similarity(200, 8);
    let shapes = [
        "balanced --blocks 2 --block-size 8",
        "codes --blocks 2 --block-size 8",
        "autoencoder --block-size 16 --active 3",
    ];
    for objective in shapes {
        let line = format!(
            "train --objective {objective} --train data/sm_train --val data/sm_val --dropout 0 --epochs 1 --epoch-size 96 \
             --batch-size 32 --json"
        );
        let gpu = w.run(&format!("{line} --device gpu --output g.safetensors")).json();
        let cpu = w.run(&format!("{line} --device cpu --output c.safetensors")).json();
        assert_ne!(gpu["device"], "CPU");
        for key in ["train_loss", "val_loss"] {
            let (a, b) = (gpu["epochs"][0][key].as_f64().unwrap(), cpu["epochs"][0][key].as_f64().unwrap());
            assert!((a - b).abs() < 1e-3 * b.abs().max(1.0), "{objective}, {key}: {a} and {b}");
        }
    }
}
