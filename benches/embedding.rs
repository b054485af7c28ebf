//! What a picture costs from its file to its vector: `cargo bench --bench embedding`.
//!
//! The model has the shape of CLIP's ViT-B/32 with weights made up on the spot, as time does not depend on their values.
//! Both backends are timed, each in a process of its own, as one process has but one; beside them Python's onnxruntime
//! with Pillow where `BLOCKSCOPE_BENCH_PYTHON` names a Python that has both (and NumPy), and where ORT_DYLIB_PATH names
//! the library for ours.

mod vit;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use blockscope::config::{CollectionArgs, ImportPicturesConfig, ModelArgs, OnnxChoice};
use blockscope::demo::artist;
use blockscope::embed::{Embedder, Side, backend};
use blockscope::job::{Control, Reporter, Task};
use blockscope::picture::{self, Limits};
use blockscope::pipeline::Job;

const PICTURES: usize = 24;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|a| a == "--child") {
        return child(&args[at + 1], Path::new(&args[at + 2]));
    }
    let folder = tempfile::tempdir().expect("a folder");
    prepare(folder.path());
    println!("a model of {} MB, pictures of 640 x 480", vit::write(&folder.path().join("vit")) >> 20);
    // Turn by turn, so that a slow moment of the machine meets all of them.
    for round in 1..=3 {
        println!("== round {round}");
        for backend in ["onnxruntime", "tract"] {
            if backend == "onnxruntime" && std::env::var_os("ORT_DYLIB_PATH").is_none() {
                println!("onnxruntime: skipped, ORT_DYLIB_PATH names no library");
                continue;
            }
            let exe = std::env::current_exe().expect("this program");
            let status = Command::new(exe).arg("--child").arg(backend).arg(folder.path()).status();
            assert!(status.expect("the child runs").success(), "{backend}");
        }
        python(folder.path());
    }
}

/// Pictures as a camera gives them, and one of 12 megapixels.
fn prepare(folder: &Path) {
    std::fs::create_dir_all(folder.join("pictures")).expect("a folder");
    let kinds: Vec<_> = artist::kinds().collect();
    for i in 0..PICTURES {
        let drawn = artist::draw(kinds[i % kinds.len()], 3, 0, 640).picture;
        let cut = image::imageops::crop_imm(&drawn, 0, 80, 640, 480).to_image();
        cut.save(folder.join(format!("pictures/{i:02}.jpg"))).expect("a picture");
    }
    let drawn = artist::draw(kinds[0], 3, 0, 4_000).picture;
    let large = image::imageops::crop_imm(&drawn, 0, 500, 4_000, 3_000).to_image();
    large.save(folder.join("large.jpg")).expect("a picture");
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    (0..PICTURES).map(|i| folder.join(format!("pictures/{i:02}.jpg"))).collect()
}

fn from_file(embedder: &mut Embedder, path: &Path) -> Vec<f32> {
    let bytes = picture::read_bytes(path, &Limits::default()).expect("bytes");
    let picture = picture::from_bytes(&bytes, path, &Limits::default()).expect("a picture");
    let prepared = embedder.prepare(picture.pixels, Some(&bytes)).expect("prepared");
    embedder.embed_some(vec![prepared], &Control::new()).expect("embedded").swap_remove(0)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn child(name: &str, folder: &Path) {
    let onnx = if name == "tract" { OnnxChoice::Tract } else { OnnxChoice::Onnxruntime };
    let model = folder.join("vit").display().to_string();
    let args = ModelArgs { model: Some(model), onnx, ..ModelArgs::default() };
    let (control, mut silent) = (Control::new(), Reporter::silent());
    let mut embedder =
        Embedder::open(&args, None, Side::Pictures, None, &control, &mut silent).expect("the model opens");
    let name = backend(onnx, &mut silent).expect("a backend").to_string();
    let name = name.split(" (").next().unwrap_or_default().to_owned();
    let single = |embedder: &mut Embedder| {
        let timed = |path: PathBuf| {
            let began = Instant::now();
            std::hint::black_box(from_file(embedder, &path));
            began.elapsed().as_secs_f64()
        };
        median(paths(folder).into_iter().map(timed).collect())
    };
    single(&mut embedder);
    println!("{name}: from a file to its vector {:.1} ms", single(&mut embedder) * 1e3);

    let large: Vec<f64> = (0..5)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(from_file(&mut embedder, &folder.join("large.jpg")));
            began.elapsed().as_secs_f64()
        })
        .collect();
    println!("{name}: a JPEG of 12 megapixels to its vector {:.1} ms", median(large) * 1e3);

    // The bare model, with the inputs made before, against the whole import of the folder.
    let inputs: Vec<_> = paths(folder)
        .iter()
        .map(|path| {
            embedder.prepare(picture::read(path, &Limits::default()).expect("read").pixels, None).expect("made")
        })
        .collect();
    let began = Instant::now();
    let mut seen = 0;
    embedder
        .embed_all(
            inputs.into_iter(),
            |input| Ok(Some(((), input))),
            &control,
            |found| {
                seen += found.len();
                Ok(())
            },
        )
        .expect("embedded");
    let bare = seen as f64 / began.elapsed().as_secs_f64();
    let store = tempfile::tempdir().expect("a folder");
    let job = Job::ImportPictures(ImportPicturesConfig {
        pictures: vec![folder.join("pictures")],
        no_thumbnails: true,
        model: args,
        collection: CollectionArgs {
            store: Some(store.path().to_owned()),
            collection: Some("bench".into()),
            ..CollectionArgs::default()
        },
    });
    let blockscope::pipeline::Answer::Import(answer) = job.run(&control, &mut silent).expect("imported") else {
        panic!("an import answers as one");
    };
    let whole = answer.imported as f64 / answer.seconds;
    println!("{name}: import {whole:.1} pictures a second, the bare model {bare:.1} ({:.2} of it)", whole / bare);
}

fn python(folder: &Path) {
    let Some(python) = std::env::var_os("BLOCKSCOPE_BENCH_PYTHON") else {
        println!("Python: skipped, BLOCKSCOPE_BENCH_PYTHON names none");
        return;
    };
    let script = Path::new("benches/embedding.py");
    let status = Command::new(python).arg(script).arg(folder).status();
    assert!(status.expect("Python runs").success());
}
