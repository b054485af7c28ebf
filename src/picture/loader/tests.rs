//! The loader as a window uses it: first its order and its threads, with work that the test steers; then pictures.

use std::collections::HashMap;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{ImageFormat, Rgb, RgbImage};

use super::*;
use crate::http::Patience;
use crate::http::server::{Reply, Server};
use crate::picture::{digest, point_id};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn next(loader: &Loader) -> Loaded {
    let mut found = None;
    until("a picture comes", || {
        found = loader.try_recv();
        found.is_some()
    });
    found.unwrap()
}

/// A key with a name, which is a file.
fn named(name: &str) -> PictureKey {
    PictureKey { picture: PictureRef::File(Path::new(name).into()), edge: 64, allow_private: false }
}

fn name(key: &PictureKey) -> String {
    match &key.picture {
        PictureRef::File(path) => path.display().to_string(),
        other => panic!("{other:?}"),
    }
}

/// Work that does nothing but write down what it was asked. A name as `host/x` is fetched; one with "wait" in it waits
/// until it is let go, and one with "panic" panics.
#[derive(Clone, Default)]
struct Fake(Arc<Inner>);

#[derive(Default)]
struct Inner {
    begun: Mutex<Vec<String>>,
    running: Mutex<HashMap<String, usize>>,
    most: Mutex<HashMap<String, usize>>,
    let_go: Mutex<bool>,
    changed: Condvar,
}

impl Fake {
    fn begun(&self) -> Vec<String> {
        self.0.begun.lock().unwrap().clone()
    }

    fn let_go(&self) {
        *self.0.let_go.lock().unwrap() = true;
        self.0.changed.notify_all();
    }

    fn work(&self, key: &PictureKey) -> Made {
        let name = name(key);
        self.0.begun.lock().unwrap().push(name.clone());
        if name.contains("wait") {
            let held = self.0.let_go.lock().unwrap();
            drop(self.0.changed.wait_while(held, |let_go| !*let_go).unwrap());
        }
        assert!(!name.contains("panic"), "no such\nluck");
        Ok(RgbaPixels { width: 1, height: 1, rgba: vec![0; 4] })
    }

    fn loader(&self, threads: usize, queue: usize) -> Loader {
        Loader::with_work(Box::new(self.clone()), threads, queue, Arc::new(|| {})).unwrap()
    }
}

impl Work for Fake {
    fn local(&self, key: &PictureKey) -> Step {
        match name(key).split_once('/') {
            Some((host, _)) => Step::Fetch(host.into()),
            None => Step::Done(self.work(key)),
        }
    }

    fn remote(&self, key: &PictureKey) -> Option<Made> {
        let host = name(key).split('/').next().unwrap().to_owned();
        {
            let (mut running, mut most) = (self.0.running.lock().unwrap(), self.0.most.lock().unwrap());
            for host in [host.as_str(), "all"] {
                let running = running.entry(host.to_owned()).or_default();
                *running += 1;
                let most = most.entry(host.to_owned()).or_default();
                *most = (*most).max(*running);
            }
        }
        let made = self.work(key);
        let mut running = self.0.running.lock().unwrap();
        for host in [host.as_str(), "all"] {
            *running.get_mut(host).unwrap() -= 1;
        }
        Some(made)
    }

    fn cancel(&self) {
        self.let_go();
    }
}

#[test]
fn what_was_asked_last_is_made_first() {
    let fake = Fake::default();
    let loader = fake.loader(1, 99);
    loader.request(named("wait"));
    until("the thread is busy", || fake.begun().len() == 1);
    ["a", "b", "c", "d", "b"].iter().for_each(|name| loader.request(named(name)));
    fake.let_go();
    let came: Vec<String> = (0..5).map(|_| name(&next(&loader).key)).collect();
    assert_eq!(came, ["wait", "b", "d", "c", "a"]);
    assert_eq!(fake.begun(), came);
}

#[test]
fn old_requests_fall_out_and_may_be_asked_again() {
    let fake = Fake::default();
    let loader = fake.loader(1, 3);
    loader.request(named("wait"));
    until("the thread is busy", || fake.begun().len() == 1);
    (0..50).for_each(|i| loader.request(named(&i.to_string())));
    fake.let_go();
    let came: Vec<String> = (0..4).map(|_| name(&next(&loader).key)).collect();
    assert_eq!(came, ["wait", "49", "48", "47"]);
    loader.request(named("5"));
    assert_eq!(name(&next(&loader).key), "5");
    assert_eq!(fake.begun().len(), 5, "nothing else was made");
}

#[test]
fn nothing_is_made_twice_at_once() {
    let fake = Fake::default();
    let loader = fake.loader(4, 99);
    let keys = ["wait", "h/wait"].map(named);
    for _ in 0..200 {
        keys.iter().cloned().for_each(|key| loader.request(key));
    }
    until("both are begun", || fake.begun().len() == 2);
    keys.iter().cloned().for_each(|key| loader.request(key));
    fake.let_go();
    // Also while they are ready and nobody has taken them.
    until("both are ready", || fake.0.running.lock().unwrap()["all"] == 0);
    keys.iter().cloned().for_each(|key| loader.request(key));
    next(&loader);
    next(&loader);
    loader.request(named("after"));
    assert_eq!(name(&next(&loader).key), "after");
    assert_eq!(fake.begun().len(), 3);
    loader.request(named("wait"));
    next(&loader);
    assert_eq!(fake.begun().len(), 4, "and again once it was taken");
}

#[test]
fn a_panic_is_that_pictures_error_and_the_thread_goes_on() {
    let fake = Fake::default();
    let loader = fake.loader(1, 99);
    for name in ["panic", "h/panic"] {
        for _ in 0..FETCHERS + 1 {
            loader.request(named(name));
            let problem = next(&loader).picture.unwrap_err();
            assert_eq!(problem, "the picture could not be read: no such luck");
        }
    }
    ["a", "h/b"].iter().for_each(|name| loader.request(named(name)));
    assert!((0..2).all(|_| next(&loader).picture.is_ok()));
}

#[test]
fn a_slow_host_holds_up_neither_files_nor_other_hosts() {
    let fake = Fake::default();
    let loader = fake.loader(1, 99);
    (0..9).for_each(|i| loader.request(named(&format!("slow/wait{i}"))));
    until("the slow host is busy", || fake.begun().len() == PER_HOST);
    ["quick/a", "file", "quick/b"].iter().for_each(|name| loader.request(named(name)));
    let mut came: Vec<String> = (0..3).map(|_| name(&next(&loader).key)).collect();
    came.sort();
    assert_eq!(came, ["file", "quick/a", "quick/b"]);
    (0..9).for_each(|i| loader.request(named(&format!("sleepy/wait{i}"))));
    until("all threads wait", || fake.0.running.lock().unwrap()["all"] == FETCHERS);
    loader.request(named("another file"));
    assert_eq!(name(&next(&loader).key), "another file");
    fake.let_go();
    (0..18).for_each(|_| drop(next(&loader)));
    let most = fake.0.most.lock().unwrap().clone();
    assert_eq!((most["slow"], most["sleepy"], most["all"]), (PER_HOST, PER_HOST, FETCHERS));
}

#[test]
fn what_is_forgotten_does_not_come() {
    let fake = Fake::default();
    let loader = fake.loader(1, 99);
    loader.request(named("wait"));
    until("the thread is busy", || fake.begun().len() == 1);
    let keys = ["wait", "a", "b"].map(named);
    keys[1..].iter().cloned().for_each(|key| loader.request(key));
    loader.request(named("c"));
    loader.forget(&keys);
    loader.forget(&[named("never asked for")]);
    fake.let_go();
    assert_eq!(name(&next(&loader).key), "c", "neither what waited nor what was being made");
    assert_eq!(fake.begun(), ["wait", "c"]);
    // What is ready, too; and it comes once it is asked for again.
    loader.request(named("d"));
    until("it is ready", || fake.begun().contains(&"d".into()));
    loader.forget(&[named("d")]);
    loader.request(named("e"));
    assert_eq!(name(&next(&loader).key), "e");
    loader.request(named("d"));
    assert_eq!(name(&next(&loader).key), "d");
}

#[test]
fn whoever_is_woken_finds_the_picture() {
    let fake = Fake::default();
    let (sender, woken) = channel();
    let sender = Mutex::new(sender);
    let wake = Arc::new(move || sender.lock().unwrap().send(()).unwrap());
    let loader = Loader::with_work(Box::new(fake), 2, 99, wake).unwrap();
    for i in 0..50 {
        let name = format!("{}{i}", ["", "h/"][i % 2]);
        loader.request(named(&name));
        woken.recv_timeout(LONG).unwrap();
        assert!(loader.try_recv().is_some() && loader.try_recv().is_none());
    }
}

#[test]
fn its_threads_end_with_the_loader() {
    let fake = Fake::default();
    let woken = Arc::new(AtomicUsize::new(0));
    let count = woken.clone();
    let wake = Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let loader = Loader::with_work(Box::new(fake.clone()), 3, 99, wake).unwrap();
    let names = ["wait1", "wait2", "h/wait1", "h/wait2", "h/wait3"];
    names.iter().for_each(|name| loader.request(named(name)));
    until("it is busy", || fake.begun().len() == 4);
    let shared = Arc::downgrade(&loader.shared);
    drop(loader);
    until("all threads have ended", || shared.strong_count() == 0);
    assert_eq!(woken.load(Ordering::Relaxed), 0);
    assert_eq!(fake.begun().len(), 4, "what waited was dropped");
}

/// A folder for pictures and thumbnails, and a loader that uses it.
struct Place {
    folder: tempfile::TempDir,
    loader: Loader,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let loader = Self::loader(folder.path());
        Self { folder, loader }
    }

    fn loader(folder: &Path) -> Loader {
        let thumbnails = Some(Thumbnails::new(folder.join("thumbnails")));
        let settings = LoaderSettings { thumbnails, threads: 2, ..LoaderSettings::default() };
        Loader::start(settings, Arc::new(|| {})).unwrap()
    }

    fn thumbnails(&self) -> Thumbnails {
        Thumbnails::new(self.folder.path().join("thumbnails"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PictureRef {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        PictureRef::File(path.into())
    }

    fn load(&self, picture: PictureRef, edge: u32) -> Result<Arc<RgbaPixels>, String> {
        load(&self.loader, PictureKey { picture, edge, allow_private: false })
    }

    fn kept(&self) -> usize {
        walkdir::WalkDir::new(&self.thumbnails().folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .count()
    }
}

fn load(loader: &Loader, key: PictureKey) -> Result<Arc<RgbaPixels>, String> {
    loader.request(key.clone());
    let loaded = next(loader);
    assert_eq!(loaded.key, key);
    loaded.picture
}

fn plain(width: u32, height: u32, colour: [u8; 3]) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(colour))
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// Whether all of it is about that colour, and opaque.
fn is(pixels: &RgbaPixels, size: (u32, u32), colour: [u8; 3]) -> bool {
    let [r, g, b] = colour;
    (pixels.width, pixels.height) == size
        && pixels.rgba.len() == (4 * size.0 * size.1) as usize
        && pixels.rgba.chunks(4).all(|pixel| pixel.iter().zip([r, g, b, 255]).all(|(a, b)| a.abs_diff(b) <= 3))
}

const RED: [u8; 3] = [200, 30, 20];
const BLUE: [u8; 3] = [20, 40, 200];

#[test]
fn files_become_small_and_opaque_pixels() {
    let place = Place::new();
    for (format, name) in [(ImageFormat::Jpeg, "a.jpg"), (ImageFormat::Png, "b.png"), (ImageFormat::WebP, "c.webp")] {
        let file = place.write(name, &encoded(&plain(300, 200, RED), format));
        assert!(is(&place.load(file.clone(), 150).unwrap(), (150, 100), RED), "{name}");
        assert!(is(&place.load(file.clone(), 600).unwrap(), (300, 200), RED), "never enlarged");
        assert!(is(&place.load(file, 0).unwrap(), (1, 1), RED), "at least a pixel");
    }
    assert_eq!(place.kept(), 0, "what is decoded quickly needs no copy");
    let clear = image::RgbaImage::from_pixel(8, 8, image::Rgba([9, 9, 9, 0]));
    let mut bytes = Vec::new();
    clear.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    assert!(is(&place.load(place.write("clear.png", &bytes), 64).unwrap(), (8, 8), [255; 3]), "over white");
}

#[test]
fn a_large_file_is_decoded_once() {
    let place = Place::new();
    let bytes = encoded(&plain(1200, 600, RED), ImageFormat::Jpeg);
    let file = place.write("large.jpg", &bytes);
    let PictureRef::File(path) = &file else { unreachable!() };
    assert!(is(&place.load(file.clone(), 128).unwrap(), (128, 64), RED));
    assert_eq!(place.kept(), 1);
    // The same time and size, and no picture any more: it must be the copy that is shown.
    let changed = std::fs::metadata(path).unwrap().modified().unwrap();
    std::fs::write(path, vec![b'x'; bytes.len()]).unwrap();
    let set = |time: SystemTime| File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    set(changed);
    assert!(is(&place.load(file.clone(), 128).unwrap(), (128, 64), RED));
    assert!(is(&place.load(file.clone(), 256).unwrap(), (256, 128), RED), "one copy for several sizes");
    assert!(place.load(file.clone(), 512).is_err(), "and not for a larger one");
    set(changed + Duration::from_secs(5));
    let problem = place.load(file, 128).unwrap_err();
    assert!(problem.contains("large.jpg: is not a picture"), "{problem}");
}

#[test]
fn what_is_no_picture_is_told_in_a_line() {
    let place = Place::new();
    let at = |name: &str| PictureRef::File(place.folder.path().join(name).into());
    let bomb = {
        let mut png = encoded(&plain(4, 4, RED), ImageFormat::Png);
        png[16..24].copy_from_slice(&[60_000u32.to_be_bytes(), 60_000u32.to_be_bytes()].concat());
        png
    };
    std::fs::create_dir(place.folder.path().join("folder")).unwrap();
    for (picture, words) in [
        (at("gone.jpg"), "gone.jpg: not found"),
        (at("folder"), "folder: is a folder, not a picture"),
        (place.write("words.jpg", b"some words"), "words.jpg: is not a picture"),
        (place.write("torn.jpg", &encoded(&plain(90, 90, RED), ImageFormat::Jpeg)[..300]), "torn.jpg: is "),
        (place.write("empty.png", b""), "empty.png: is empty"),
        (place.write("bomb.png", &bomb), "bomb.png: is 60000 x 60000 pixels"),
        (PictureRef::inline("data:image/png;base64,????"), "the picture in the payload: is not base64"),
        (PictureRef::inline("data:image/png;base64,AAAA"), "the picture in the payload: is not a picture"),
        (PictureRef::Url("http://".into()), "http://: is not an address that can be asked"),
    ] {
        let problem = place.load(picture, 64).unwrap_err();
        assert!(problem.contains(words) && !problem.contains('\n'), "{words}: {problem}");
    }
}

#[test]
fn pictures_in_payloads_are_shown() {
    let place = Place::new();
    let text = BASE64_STANDARD.encode(encoded(&plain(32, 32, BLUE), ImageFormat::Png));
    assert!(is(&place.load(PictureRef::inline(&text), 64).unwrap(), (32, 32), BLUE));
    let data = format!("data:image/png;base64,{text}");
    assert!(is(&place.load(PictureRef::inline(&data), 16).unwrap(), (16, 16), BLUE));
    assert_eq!(place.kept(), 0);
    let large = BASE64_STANDARD.encode(encoded(&plain(900, 900, BLUE), ImageFormat::Png));
    assert!(is(&place.load(PictureRef::inline(&large), 64).unwrap(), (64, 64), BLUE));
    assert_eq!(place.kept(), 1);
}

#[test]
fn an_imported_picture_outlives_its_file() {
    let place = Place::new();
    let bytes = encoded(&plain(800, 400, RED), ImageFormat::Png);
    let hash = digest(&bytes);
    place.thumbnails().put(&hash, &plain(800, 400, RED)).unwrap();
    let path = place.folder.path().join("a.png");
    let picture = PictureRef::Imported { id: point_id(&hash), path: path.as_path().into() };
    let show = |edge: u32| place.load(picture.clone(), edge).unwrap();
    assert!(is(&show(128), (128, 64), RED));
    assert!(is(&show(512), (256, 128), RED), "no file: the thumbnail has to do");
    std::fs::write(&path, encoded(&plain(900, 450, BLUE), ImageFormat::Png)).unwrap();
    assert!(is(&show(512), (256, 128), RED), "another file there is not what was imported");
    std::fs::write(&path, &bytes).unwrap();
    assert!(is(&show(512), (512, 256), RED));
    std::fs::remove_file(&path).unwrap();
    assert!(is(&show(512), (512, 256), RED), "a copy was kept");
    // Where the import has kept nothing, the file is all there is.
    let id = point_id(&digest(b"another"));
    let other = PictureRef::Imported { id, path: path.as_path().into() };
    assert!(place.load(other.clone(), 64).unwrap_err().contains("a.png: not found"));
    std::fs::write(&path, encoded(&plain(10, 10, BLUE), ImageFormat::Png)).unwrap();
    assert!(is(&place.load(other, 64).unwrap(), (10, 10), BLUE));
}

#[test]
fn an_address_is_fetched_once_and_only_with_permission() {
    let jpeg = encoded(&plain(640, 320, RED), ImageFormat::Jpeg);
    let server = Server::start(move |request| match request.path.as_str() {
        "/a.jpg" => Reply::new(200, jpeg.clone()),
        "/page" => Reply::new(200, "<html>").with("content-type", "text/html"),
        _ => Reply::new(404, ""),
    });
    let place = Place::new();
    let key = |path: &str, edge: u32, allow_private: bool| PictureKey {
        picture: PictureRef::Url(format!("{}{path}", server.url()).into()),
        edge,
        allow_private,
    };
    let refused = |loader: &Loader| {
        let problem = load(loader, key("/a.jpg", 128, false)).unwrap_err();
        assert!(problem.starts_with("127.0.0.1: leads to an address of this machine"), "{problem}");
    };
    refused(&place.loader);
    assert!(server.asked().is_empty());
    assert!(is(&load(&place.loader, key("/a.jpg", 128, true)).unwrap(), (128, 64), RED));
    assert!(is(&load(&place.loader, key("/a.jpg", 200, true)).unwrap(), (200, 100), RED));
    assert_eq!(server.asked().len(), 1, "the copy serves the other size");
    let later = Place::loader(place.folder.path());
    assert!(is(&load(&later, key("/a.jpg", 128, true)).unwrap(), (128, 64), RED));
    assert_eq!(server.asked().len(), 1, "and a later start");
    refused(&later);
    // What fails is not asked for in every frame.
    for (path, words) in [("/none", "no such picture (404)"), ("/page", "127.0.0.1: is not a picture")] {
        let before = server.asked().len();
        for _ in 0..3 {
            let problem = load(&later, key(path, 128, true)).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        }
        assert_eq!(server.asked().len(), before + 1);
        later.forget_failures();
        assert!(load(&later, key(path, 128, true)).is_err());
        assert_eq!(server.asked().len(), before + 2);
    }
}

#[test]
fn a_silent_server_holds_up_neither_files_nor_the_end() {
    let server = Server::start(|_| Reply { stall: Some(1), ..Reply::new(200, vec![0; 99]) });
    let place = Place::new();
    // Nothing but the loader's end would end the wait.
    let ever = Duration::from_secs(3600);
    let patience = Patience { connect: ever, silence: ever, whole: None, heeds_stop: false };
    let maker = Maker::new(None, Fetcher::with(1000, patience, |_| true), 2);
    let loader = Loader::with_work(Box::new(maker), 2, 99, Arc::new(|| {})).unwrap();
    for i in 0..20 {
        let picture = PictureRef::Url(format!("{}/{i}.jpg", server.url()).into());
        loader.request(PictureKey { picture, edge: 64, allow_private: false });
    }
    until("the server is asked", || server.asked().len() == PER_HOST);
    let file = place.write("a.png", &encoded(&plain(40, 40, BLUE), ImageFormat::Png));
    let shown = load(&loader, PictureKey { picture: file, edge: 64, allow_private: false }).unwrap();
    assert!(is(&shown, (40, 40), BLUE));
    let shared = Arc::downgrade(&loader.shared);
    drop(loader);
    until("the threads end", || shared.strong_count() == 0);
    assert_eq!(server.asked().len(), PER_HOST);
}

#[cfg(windows)]
#[test]
fn a_path_to_another_machine_needs_permission() {
    let place = Place::new();
    for path in [r"\\localhost\c$\a.jpg", "//localhost/c$/a.jpg", r"\\?\UNC\localhost\c$\a.jpg", r"\\.\pipe\a"] {
        let problem = place.load(PictureRef::File(Path::new(path).into()), 64).unwrap_err();
        assert!(problem.ends_with("lies on another machine, which is not allowed"), "{problem}");
    }
}

#[test]
fn a_start_trims_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let thumbnails = Thumbnails::new(folder.path());
    for i in 0..20u8 {
        thumbnails.put(&digest(&[i]), &plain(64, 64, RED)).unwrap();
    }
    let settings = LoaderSettings {
        thumbnails: Some(thumbnails.clone()),
        cache_bytes: 0,
        threads: 1,
        ..LoaderSettings::default()
    };
    let _loader = Loader::start(settings, Arc::new(|| {})).unwrap();
    until("all are gone", || (0..20u8).all(|i| thumbnails.get(&digest(&[i])).is_none()));
}
