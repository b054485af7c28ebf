//! What bad input gets, for every command: one clear line, exit code 2 (or 1 where the work failed), nothing written.

use blockscope::numpy::write_matrix;

use crate::support::Workplace;

#[test]
fn files_that_are_not_vectors() {
    let w = Workplace::new();
    w.trained(100, 8);
    std::fs::write(w.path("text.npy"), "hello").unwrap();
    std::fs::write(w.path("empty.npy"), "").unwrap();
    write_matrix(w.path("dim.npy"), 5, &[0.5; 50]).unwrap();
    write_matrix(w.path("none.npy"), 8, &[]).unwrap();
    write_matrix(w.path("nan.npy"), 8, &[f32::NAN; 80]).unwrap();
    write_matrix(w.path("one.npy"), 8, &[0.5; 8]).unwrap();
    for (file, words) in [
        ("text.npy", "text.npy: is not a NumPy .npy file"),
        ("empty.npy", "empty.npy: is empty"),
        ("missing.npy", "missing.npy: not found"),
        ("dim.npy", "dim.npy has 5 dimensions, and 8 are needed"),
        ("none.npy", "none.npy holds no points"),
        ("nan.npy", "nan.npy: row 0 holds NaN or infinity"),
    ] {
        w.run(&format!("encode --encoder e.safetensors --vectors {file} --output o.npy")).refused(2, words);
        w.run(&format!("features --encoder e.safetensors --vectors {file}")).refused(2, words);
        w.run(&format!("inspect --encoder e.safetensors --vectors {file} --id 0")).refused(2, words);
        w.run(&format!("convert --encoder e.safetensors --vectors {file} --store s2 --target t")).refused(2, words);
    }
    assert!(!w.path("o.npy").exists());
    w.run("load --vectors nan.npy --limit 3 --output x").refused(2, "row 0 holds NaN");
    w.run("load --vectors one.npy --output x").refused(2, "at least 2 are needed");
    w.run("load --vectors v.npy --split 1.5").refused_by_clap("between 0 and 1");
    w.run("load --vectors v.npy --limit 0").refused(2, "--limit at least 1");
    w.run("load").refused(2, "name a collection");
    w.run("load --vectors v.npy --filter {}").refused(2, "--filter and --using are for collections");
    w.run("encode --encoder e.safetensors --vectors v.npy --output v.npy").refused(2, "would replace an input");
    w.run("encode --encoder store --vectors v.npy --output o.npy").refused(2, "store: is a folder");
    std::fs::write(w.path("ids.json"), format!("[{}]", vec!["1"; 100].join(","))).unwrap();
    w.run("import vectors --vectors v.npy --ids ids.json --store s3 --collection c")
        .refused(2, "the id 1 more than once");
    w.run("import vectors --store s3 --collection c").refused(2, "--vectors");
    w.run("import vectors --vectors text.npy --store s3 --collection c").refused(2, "is not a NumPy .npy file");
    w.run("import vectors --vectors v.npy --collection c").refused(2, "--store DIR, or --url URL");
    assert!(!w.path("s3").exists(), "nothing is made before the input was looked at");
}

impl crate::support::Ran {
    /// That the arguments were refused before anything ran.
    #[track_caller]
    fn refused_by_clap(&self, words: &str) {
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        assert!(self.stderr.contains(words) && self.stderr.lines().count() <= 6, "{}", self.stderr);
    }
}

#[test]
fn encoders_that_are_none() {
    let w = Workplace::new();
    w.trained(100, 8);
    let whole = std::fs::read(w.path("e.safetensors")).unwrap();
    std::fs::write(w.path("cut.safetensors"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(w.path("text.pth"), "hello").unwrap();
    for command in ["encode --output o.npy", "features", "inspect --id 1", "convert --target t"] {
        for (file, words) in [
            ("cut.safetensors", "cut.safetensors: is not a whole safetensors file"),
            ("text.pth", "text.pth: is not a whole safetensors file or PyTorch state dict"),
            ("missing.safetensors", "missing.safetensors: not found"),
        ] {
            w.run(&format!("{command} --encoder {file} --store store --collection food")).refused(2, words);
        }
    }
    let line = "--encoder e.safetensors --store store --collection food";
    w.run(&format!("features {line} --feature 16")).refused(2, "there is no feature 16");
    w.run(&format!("inspect {line} --id 12345")).refused(2, "has no point 12345");
    w.run(&format!("inspect {line}")).refused(2, "name inputs");
    w.run(&format!("inspect {line} --id x")).refused_by_clap("neither a number nor a UUID");
}

#[test]
fn trainings_that_cannot_be() {
    let w = Workplace::new();
    w.similarity(120, 8);
    let line = "train --train data/sm_train --val data/sm_val --device cpu";
    w.run("train --train data/none --val data/none").refused(2, "data/none.npz: not found");
    w.run("train").refused(2, "data/similarity_matrix_train.npz: not found");
    w.run(&format!("{line} --epochs -1")).refused_by_clap("-1");
    w.run(&format!("{line} --lr 0")).refused_by_clap("must be above 0");
    w.run(&format!("{line} --dropout 1")).refused_by_clap("below 1");
    w.run(&format!("{line} --min-margin 5"))
        .refused(2, "no usable triplet in data/sm_train: every margin is at most 0.");
    w.run(&format!("{line} --lr 1e39")).refused(1, "the loss became NaN");
    w.run(&format!("{line} --lr 1e300 --batch-size 4096")).refused(1, "the loss became NaN");
    w.run(&format!("{line} --blocks 1024 --block-size 65536")).refused(2, "must be at most 131072");
    w.run(&format!("{line} --output data")).refused(2, "data: is a folder");
    // Vectors of another size, NaN in them, a matrix that is none.
    let train = std::fs::read(w.path("data/sm_train_vectors.npy")).unwrap();
    write_matrix(w.path("data/sm_train_vectors.npy"), 8, &[f32::INFINITY; 90 * 8]).unwrap();
    w.run(line).refused(2, "row 0 holds NaN or infinity");
    write_matrix(w.path("data/sm_train_vectors.npy"), 8, &[0.5; 40 * 8]).unwrap();
    w.run(line).refused(2, "90 x 90, and there are 40 vectors");
    write_matrix(w.path("data/sm_train_vectors.npy"), 4, &[0.5; 90 * 4]).unwrap();
    w.run(line).refused(2, "has 8 dimensions, and 4 are needed");
    std::fs::write(w.path("data/sm_train_vectors.npy"), train).unwrap();
    std::fs::write(w.path("data/sm_train.npz"), "hello").unwrap();
    w.run(line).refused(2, "is not a sparse matrix as SciPy saves it");
}

#[test]
fn stores_that_are_none() {
    let w = Workplace::new();
    w.trained(100, 8);
    let load = |rest: &str| w.run(&format!("load --output x {rest}"));
    load("--store nowhere --collection food").refused(2, "nowhere");
    load("--store store --collection fod").refused(2, "there is no collection \"fod\" in store; there are: food");
    load("--store store --collection ../store").refused(2, "../store");
    load("--store store").refused(2, "name a collection");
    load("--store store --collection food --using image").refused(2, "has no vector named \"image\"");
    load("--store store --collection food --filter {").refused(2, "--filter is not JSON");
    load("--vectors v.npy --store store --collection food").refused(2, "either --vectors, or a collection");
    let nothing = r#"{"must":[{"key":"label","match":{"value":"nobody"}}]}"#;
    w.run_words(&["load", "--store", "store", "--collection", "food", "--filter", nothing])
        .refused(2, "holds no points");
    std::fs::create_dir_all(w.path("store/broken/segments")).unwrap();
    std::fs::write(w.path("store/broken/edge_config.json"), "{").unwrap();
    load("--store store --collection broken").refused(2, "store");
    w.run("convert --encoder e.safetensors --store store --collection food --target t -q").ok();
    load("--store store --collection t --using block").refused(2, "is a sparse vector, which is not supported");
}

#[test]
fn without_a_command_and_without_a_display() {
    let w = Workplace::new();
    let output = w.command(&[]).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.lines().count() == 1 && text.contains("no display") && text.contains("train"), "{text}");
}

/// A full disk: what was there stays. And an answer that cannot be written is a failure, too.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let w = Workplace::new();
    w.trained(50, 8);
    // A file size limit is as near to a full disk as one comes without a disk of one's own.
    let program = env!("CARGO_BIN_EXE_blockscope");
    let line =
        format!("ulimit -f 8; trap '' XFSZ; {program} encode --encoder e.safetensors --vectors big.npy --output o.npy");
    write_matrix(w.path("big.npy"), 8, &vec![0.5; 8 * 4_000]).unwrap();
    std::fs::write(w.path("o.npy"), "what was there").unwrap();
    let output = std::process::Command::new("bash").args(["-c", &line]).current_dir(w.path("")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(w.path("o.npy")).unwrap(), "what was there");

    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = w.command(&["features", "--encoder", "e.safetensors", "--vectors", "v.npy", "--json", "-q"]);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("the answer could not be written"));
}
