//! Ctrl-C: a training keeps its best, other work is dropped and leaves what was there.

use std::io::Read;
use std::time::{Duration, Instant};

use blockscope::trainer::runs::{self, RunState, Weights};

use crate::support::{Workplace, signal};

const LONG: &str =
    "train --train data/sm_train --val data/sm_val --device cpu --epochs 100000 --output e.safetensors --json";

/// Waits until the run has measured some epochs.
fn wait_for_epochs(w: &Workplace) {
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(w.path("logs/version_0/metrics.jsonl")).unwrap_or_default();
        if text.matches("\"kind\":\"epoch\"").count() >= 2 {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no epoch in a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_training_that_is_interrupted_keeps_its_best() {
    let w = Workplace::new();
    w.similarity(200, 8);
    let mut child = w.start(LONG);
    wait_for_epochs(&w);
    signal(&child, "INT");
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["stopped"], true);
    assert!(answer["best_epoch"].as_u64().unwrap() >= 1);
    blockscope::encoder::Encoder::read(w.path("e.safetensors")).unwrap();
    let run = runs::list(&w.path("logs")).unwrap().remove(0);
    assert_eq!((run.state, run.weights), (RunState::Stopped, Weights::Encoder(w.path("e.safetensors"))));
}

#[test]
fn interrupted_twice_it_drops_them_and_leaves_what_was_there() {
    let w = Workplace::new();
    w.similarity(200, 8);
    std::fs::write(w.path("e.safetensors"), "what was there").unwrap();
    let mut child = w.start(LONG);
    wait_for_epochs(&w);
    // A paused process takes both at once, so that the second is not too late.
    signal(&child, "STOP");
    signal(&child, "INT");
    signal(&child, "CONT");
    let code = loop {
        // The second one reaches it while it stops, or it has stopped already.
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        signal(&child, "INT");
        std::thread::sleep(Duration::from_millis(1));
    };
    // The third one ends the process at once, and may come after the weights were written: then they are whole.
    let encoder = blockscope::encoder::Encoder::read(w.path("e.safetensors"));
    match code {
        Some(0) => assert!(encoder.is_ok()),
        Some(130) if encoder.is_ok() => {}
        Some(1 | 130) => assert_eq!(std::fs::read(w.path("e.safetensors")).unwrap(), b"what was there"),
        code => panic!("ended with {code:?}"),
    }
}

/// A killed process cannot write its weights any more: the best ones are in the run's log folder.
#[test]
fn a_training_that_is_killed_leaves_its_best_in_the_log_folder() {
    let w = Workplace::new();
    w.similarity(200, 8);
    let mut child = w.start(LONG);
    let best = w.path("logs/version_0/best.safetensors");
    let began = Instant::now();
    while !best.exists() {
        assert!(began.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(20));
    }
    let state = || runs::list(&w.path("logs")).unwrap()[0].state;
    assert_eq!(state(), RunState::Running, "another process holds it");
    signal(&child, "KILL");
    child.wait().unwrap();
    assert_eq!(state(), RunState::Interrupted);
    let run = runs::list(&w.path("logs")).unwrap().remove(0);
    assert_eq!(run.weights, Weights::Kept(best.clone()));
    let encoder = blockscope::encoder::Encoder::read(best).unwrap();
    assert!(encoder.meta.metrics.unwrap().epoch >= 1);
    assert!(!w.path("e.safetensors").exists());
}

#[test]
fn other_work_is_cancelled_within_a_moment() {
    let w = Workplace::new();
    w.trained(200, 8);
    blockscope::numpy::write_matrix(w.path("big.npy"), 8, &vec![0.25; 8 * 4_000_000]).unwrap();
    let mut child = w.start("encode --encoder e.safetensors --vectors big.npy --output out.npy");
    let parts = || {
        let names = std::fs::read_dir(w.path("")).unwrap().map(|e| e.unwrap().path());
        names.filter(|p| p.extension().is_some_and(|e| e == "part")).count()
    };
    while parts() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it was over before it could be interrupted");
        std::thread::sleep(Duration::from_millis(1));
    }
    let began = Instant::now();
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(!w.path("out.npy").exists() && parts() == 0, "nothing is left behind");
}
