//! Against a hub on the loopback that can fail in every way that a hub does.

use std::time::Instant;

use super::*;
use crate::http::server::{self, COMMIT, Fault, Reply, Server};
use crate::job::{Event, Outcome, Progress, Task, Worker};

const REPO: &str = "owner/model-x";
const MODEL: &str = "onnx/model.onnx";
/// Short enough for a test, and long beside a loopback.
const SILENCE: Duration = Duration::from_millis(400);

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * i / 7 % 251) as u8).collect()
}

/// A hub with a large and a small file, and a cache for it.
struct Place {
    cache: tempfile::TempDir,
    server: server::Hub,
}

impl Place {
    fn new() -> Self {
        Self::of(server::Hub::start(REPO))
    }

    fn of(server: server::Hub) -> Self {
        let server = server.large(MODEL, &content(1_000_000)).small("config.json", b"{\"dim\": 4}");
        Self { cache: tempfile::tempdir().unwrap(), server }
    }

    fn hub(&self) -> Hub {
        self.hub_with(None)
    }

    fn hub_with(&self, token: Option<&str>) -> Hub {
        let hub = Hub::new(self.server.url(), self.cache.path(), token).unwrap();
        hub.with_patience(SILENCE, Duration::from_millis(5))
    }

    fn fetch(&self) -> Result<BTreeMap<String, PathBuf>> {
        fetch(&self.hub(), &[MODEL])
    }

    fn partial(&self) -> PathBuf {
        self.hub().folder(REPO).join("blobs").join(format!("{}.incomplete", self.server.etag(MODEL)))
    }

    /// Leaves what a download that broke off leaves.
    fn leave(&self, bytes: &[u8]) {
        std::fs::create_dir_all(self.partial().parent().unwrap()).unwrap();
        std::fs::write(self.partial(), bytes).unwrap();
    }

    /// That the model is not taken to be there.
    #[track_caller]
    fn is_missing(&self) {
        assert_eq!(self.hub().local(REPO, MODEL), None);
        assert!(!self.hub().folder(REPO).join("refs").join("main").exists());
        assert!(!self.hub().folder(REPO).join("blobs").join(self.server.etag(MODEL)).exists());
    }

    /// That the model is there and right.
    #[track_caller]
    fn is_whole(&self) {
        let path = self.hub().local(REPO, MODEL).expect("the model is there");
        assert!(std::fs::read(path).unwrap() == content(1_000_000));
        assert!(!self.partial().exists());
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.server.downloads().iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

fn fetch(hub: &Hub, required: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    hub.fetch(REPO, required, &[], &Control::new(), &mut Reporter::silent())
}

/// A download as the worker runs it.
struct Fetching(Hub, Vec<&'static str>);

impl Task for Fetching {
    type Output = BTreeMap<String, PathBuf>;
    fn run(self, control: &Control, reporter: &mut Reporter) -> Result<Self::Output> {
        self.0.fetch(REPO, &self.1, &["tokenizer.json"], control, reporter)
    }
}

/// All that was told until the end.
fn end(worker: &Worker<Fetching>) -> (Vec<Progress>, Vec<String>, Outcome<BTreeMap<String, PathBuf>>) {
    let (mut progress, mut notes) = (Vec::new(), Vec::new());
    loop {
        match worker.events().recv_timeout(Duration::from_secs(10)).expect("it ends").event {
            Event::Progress(told) => progress.push(told),
            Event::Note(told) => notes.push(told),
            Event::Finished(outcome) => return (progress, notes, outcome),
            _ => {}
        }
    }
}

#[test]
fn a_model_is_downloaded_once_and_lies_where_the_hubs_own_tools_look() {
    let place = Place::new();
    let mut worker = Worker::start();
    worker.submit(Fetching(place.hub(), vec![MODEL, "config.json"]));
    let (progress, notes, outcome) = end(&worker);
    let Outcome::Done(found) = outcome else { panic!("{outcome:?}") };
    assert_eq!(found.keys().collect::<Vec<_>>(), ["config.json", MODEL], "the hub has no tokenizer.json");
    assert_eq!(std::fs::read(&found["config.json"]).unwrap(), b"{\"dim\": 4}");
    place.is_whole();

    let note = notes.join("\n");
    assert!(note.contains("2 files of owner/model-x (1.0 MB)") && note.contains(place.server.url()), "{note}");
    let last = progress.last().unwrap();
    assert_eq!((last.done, last.total, last.unit), (1_000_010, Some(1_000_010), "bytes"));

    let folder = place.cache.path().join("models--owner--model-x");
    assert_eq!(std::fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(found[MODEL], folder.join("snapshots").join(COMMIT).join(MODEL));
    assert!(folder.join("blobs").join(place.server.etag(MODEL)).is_file());

    // Everything is there, so nothing is asked, and it works without a hub.
    let asked = place.server.asked().len();
    place.fetch().unwrap();
    assert_eq!(place.server.asked().len(), asked);

    // Links are relative: the cache can be moved as a whole.
    let moved = place.cache.path().join("moved");
    std::fs::create_dir(&moved).unwrap();
    std::fs::rename(folder, moved.join("models--owner--model-x")).unwrap();
    let elsewhere = Hub::new(&Server::nobody(), moved, None).unwrap();
    assert_eq!(fetch(&elsewhere, &[MODEL]).unwrap().len(), 1);
}

#[test]
fn what_other_tools_or_a_person_put_there_is_found_without_a_network() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(&Server::nobody(), cache.path(), None).unwrap();
    let folder = hub.folder("plain");
    std::fs::create_dir_all(folder.join("refs")).unwrap();
    std::fs::create_dir_all(folder.join("snapshots/abc")).unwrap();
    std::fs::write(folder.join("refs/main"), "abc").unwrap();
    std::fs::write(folder.join("snapshots/abc/model.onnx"), "m").unwrap();
    assert_eq!(hub.local("plain", "model.onnx"), Some(folder.join("snapshots/abc/model.onnx")));

    let by_hand = hub.hand_folder(REPO).join(MODEL);
    std::fs::create_dir_all(by_hand.parent().unwrap()).unwrap();
    std::fs::write(&by_hand, "m").unwrap();
    assert_eq!(fetch(&hub, &[MODEL]).unwrap()[MODEL], by_hand);
}

#[test]
fn a_download_goes_on_where_an_earlier_one_stopped() {
    let place = Place::new();
    place.leave(&content(1_000_000)[..600_000]);
    let mut worker = Worker::start();
    worker.submit(Fetching(place.hub(), vec![MODEL]));
    let (progress, ..) = end(&worker);
    assert_eq!(place.ranges(), [Some("bytes=600000-".to_owned())]);
    assert_eq!(progress.last().map(|last| (last.done, last.total)), Some((1_000_000, Some(1_000_000))));
    place.is_whole();
}

#[test]
fn what_was_left_whole_is_only_checked() {
    let place = Place::new();
    place.leave(&content(1_000_000));
    place.fetch().unwrap();
    assert_eq!(place.ranges(), []);
    place.is_whole();
}

#[test]
fn rubbish_that_was_left_is_replaced() {
    for rubbish in [vec![7; 600_000], vec![7; 2_000_000]] {
        let place = Place::new();
        place.leave(&rubbish);
        place.fetch().unwrap();
        place.is_whole();
    }
}

#[test]
fn a_cut_in_the_middle_is_mended() {
    let place = Place::new();
    place.server.spoil(MODEL, 1, Fault::Cut(300_000));
    place.server.spoil(MODEL, 1, Fault::Cut(300_000));
    place.fetch().unwrap();
    assert_eq!(place.ranges(), [None, Some("bytes=300000-".into()), Some("bytes=600000-".into())]);
    place.is_whole();

    let place = Place::of(server::Hub::start(REPO).without_ranges());
    place.server.spoil(MODEL, 1, Fault::Cut(300_000));
    place.fetch().unwrap();
    place.is_whole();
}

#[test]
fn a_download_that_always_breaks_off_is_an_error_and_no_model() {
    let place = Place::of(server::Hub::start(REPO).without_ranges());
    place.server.spoil(MODEL, 100, Fault::Cut(300_000));
    let told = place.fetch().unwrap_err();
    assert!(told.to_string().contains(&format!("{}/{REPO}/resolve/{COMMIT}/{MODEL}", place.server.url())), "{told}");
    assert!(told.to_string().contains("cut"), "{told}");
    assert!(told.hint().unwrap().contains("run it again"), "{told:?}");
    assert_eq!((told.exit_code(), place.ranges().len()), (1, ATTEMPTS as usize));
    place.is_missing();

    let place = Place::new();
    place.server.spoil(MODEL, 100, Fault::Short);
    let told = place.fetch().unwrap_err().to_string();
    assert!(told.contains("the download was cut off"), "{told}");
    place.is_missing();
}

#[test]
fn a_wrong_content_is_thrown_away() {
    let place = Place::new();
    place.server.spoil(MODEL, 1, Fault::Wrong);
    place.fetch().unwrap();
    place.is_whole();

    for file in [MODEL, "config.json"] {
        let place = Place::new();
        place.server.spoil(file, 2, Fault::Wrong);
        let told = fetch(&place.hub(), &[MODEL, "config.json"]).unwrap_err();
        assert!(told.to_string().contains("SHA") && told.to_string().contains(&place.server.etag(file)), "{told}");
        assert!(told.hint().unwrap().contains("changes the data"));
        assert_eq!(place.hub().local(REPO, file), None);
        assert!(!place.hub().folder(REPO).join("refs").exists());
        fetch(&place.hub(), &[MODEL, "config.json"]).unwrap();
        place.is_whole();
    }
}

#[test]
fn a_name_that_the_hub_does_not_have_is_told() {
    let place = Place::new();
    let told = fetch(&place.hub(), &["model.bin"]).unwrap_err();
    let words = format!("{}/{REPO}/resolve/main/model.bin: the hub has no such file (404)", place.server.url());
    assert!(told.to_string().ends_with(&words), "{told}");
    assert!(told.hint().unwrap().contains(&format!("{}/{REPO}/tree/main", place.server.url())));
    let silent = &mut Reporter::silent();
    let told = place.hub().fetch("owner/other", &[MODEL], &[], &Control::new(), silent).unwrap_err();
    assert!(told.to_string().contains("404"));
    assert!(!place.hub().folder("owner/other").exists(), "a wrong name leaves nothing behind");
}

#[test]
fn a_model_that_needs_a_token_says_so_and_gets_it() {
    let place = Place::of(server::Hub::start(REPO).with_token("hf_secret"));
    let told = place.fetch().unwrap_err();
    assert!(told.to_string().contains("wants a token") && told.to_string().contains("(401)"), "{told}");
    assert!(told.hint().unwrap().contains("set HF_TOKEN"));
    assert!(!place.hub().folder(REPO).exists(), "a refusal is not taken for a file");

    let told = fetch(&place.hub_with(Some("hf_other")), &[MODEL]).unwrap_err();
    assert!(told.hint().unwrap().contains("check HF_TOKEN"));
    assert!(!format!("{told:?} {:?}", place.hub_with(Some("hf_other"))).contains("hf_other"));

    fetch(&place.hub_with(Some("hf_secret\n")), &[MODEL]).unwrap();
    place.is_whole();

    let place = Place::of(server::Hub::start(REPO).gated());
    let told = place.fetch().unwrap_err();
    assert!(told.to_string().contains("(403)"), "{told}");
    let hint = told.hint().unwrap();
    assert!(hint.contains("set HF_TOKEN") && hint.contains(&format!("{}/{REPO}", place.server.url())), "{hint}");
}

#[test]
fn the_server_that_large_files_come_from_never_sees_the_token() {
    let place = Place::of(server::Hub::start(REPO).with_token("hf_secret").with_cdn());
    place.leave(&content(1_000_000)[..100]);
    fetch(&place.hub_with(Some("hf_secret")), &[MODEL, "config.json"]).unwrap();
    place.is_whole();
    let asked = place.server.cdn_asked();
    assert_eq!((asked.len(), asked[0].header("accept-encoding")), (1, Some("identity")));
    assert_eq!((asked[0].header("authorization"), asked[0].header("range")), (None, Some("bytes=100-")));
    assert!(place.server.asked().iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
}

#[test]
fn a_server_in_passing_trouble_is_asked_again() {
    let place = Place::new();
    place.server.spoil(MODEL, 1, Fault::Status(503));
    place.server.spoil(MODEL, 1, Fault::Status(429));
    place.fetch().unwrap();
    place.is_whole();

    let place = Place::new();
    place.server.spoil(MODEL, 100, Fault::Status(503));
    assert!(place.fetch().unwrap_err().to_string().contains("503"));
    place.is_missing();
}

#[test]
fn a_silent_server_is_given_up_and_asked_again() {
    let place = Place::new();
    place.server.spoil(MODEL, 1, Fault::Stall(300_000));
    place.fetch().unwrap();
    assert_eq!(place.ranges(), [None, Some("bytes=300000-".to_owned())]);
    place.is_whole();

    let place = Place::of(server::Hub::start(REPO).without_ranges());
    place.server.spoil(MODEL, 100, Fault::Stall(300_000));
    let told = place.fetch().unwrap_err().to_string();
    assert!(told.contains("time-out"), "{told}");
    place.is_missing();
}

#[test]
fn a_cancel_is_heard_at_once_and_what_came_is_kept() {
    for fault in [Fault::Stall(300_000), Fault::Slow(20_000, Duration::from_millis(100))] {
        let place = Place::new();
        place.server.spoil(MODEL, 1, fault);
        let mut worker = Worker::start();
        let patient = place.hub().with_patience(Duration::from_secs(30), Duration::from_secs(1));
        let (_, control) = worker.submit(Fetching(patient, vec![MODEL]));
        std::thread::sleep(Duration::from_millis(300));
        let asked = Instant::now();
        control.cancel();
        let (_, _, outcome) = end(&worker);
        assert!(asked.elapsed() < Duration::from_millis(300), "{:?}", asked.elapsed());
        assert!(matches!(outcome, Outcome::Cancelled), "{outcome:?}");
        place.is_missing();

        let kept = std::fs::metadata(place.partial()).unwrap().len();
        assert!(kept > 0 && kept < 1_000_000, "{kept}");
        place.fetch().unwrap();
        assert_eq!(place.ranges().last(), Some(&Some(format!("bytes={kept}-"))));
        place.is_whole();
    }
}

#[test]
fn without_a_network_the_error_says_what_to_put_where() {
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub::new(&Server::nobody(), cache.path(), None).unwrap();
    let told = fetch(&hub, &[MODEL, "config.json"]).unwrap_err();
    assert!(told.to_string().contains(hub.endpoint()) && told.to_string().contains("connection refused"), "{told}");
    let hint = told.hint().unwrap();
    let folder = cache.path().join("models--owner--model-x/snapshots/local").display().to_string();
    for words in [MODEL, "config.json", &folder, "HF_HOME", "HF_ENDPOINT"] {
        assert!(hint.contains(words), "{words}: {hint}");
    }

    let lookup = |name: &str| {
        let value = match name {
            "HF_HOME" => cache.path().into(),
            "HF_HUB_OFFLINE" => "1".into(),
            _ => return None,
        };
        Some(value)
    };
    let told = fetch(&Hub::from_lookup(lookup).unwrap(), &[MODEL]).unwrap_err();
    assert!(told.to_string().contains("HF_HUB_OFFLINE"), "{told}");
}

#[test]
fn what_is_no_hub_is_told() {
    let server = Server::start(|_| Reply::new(200, "<html>log in first</html>"));
    let cache = tempfile::tempdir().unwrap();
    let told = fetch(&Hub::new(server.url(), cache.path(), None).unwrap(), &[MODEL]).unwrap_err();
    assert!(told.hint().unwrap().contains(&format!("hub answers at {}", server.url())), "{told:?}");
}

#[test]
fn two_at_once_download_it_once() {
    let place = Place::new();
    place.server.spoil(MODEL, 1, Fault::Slow(250_000, Duration::from_millis(80)));
    std::thread::scope(|scope| {
        let tries: Vec<_> = (0..3).map(|_| scope.spawn(|| place.fetch().map(|found| found.len()))).collect();
        for one in tries {
            assert_eq!(one.join().unwrap().unwrap(), 1);
        }
    });
    assert_eq!(place.server.downloads().len(), 1);
    place.is_whole();
}

#[test]
fn a_dangling_link_is_mended_without_another_download() {
    let place = Place::new();
    place.fetch().unwrap();
    let blob = place.hub().folder(REPO).join("blobs").join(place.server.etag(MODEL));
    let aside = place.cache.path().join("aside");
    std::fs::rename(&blob, &aside).unwrap();
    assert_eq!(place.hub().local(REPO, MODEL), None, "a link to nothing is no model");
    std::fs::rename(aside, &blob).unwrap();
    std::fs::remove_file(place.hub().folder(REPO).join("snapshots").join(COMMIT).join(MODEL)).unwrap();
    place.fetch().unwrap();
    assert_eq!(place.server.downloads().len(), 1);
    std::fs::remove_file(&blob).unwrap();
    place.fetch().unwrap();
    place.is_whole();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let place = Place::new();
    std::fs::create_dir_all(place.partial().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", place.partial()).unwrap();
    let told = place.fetch().unwrap_err();
    assert!(matches!(&told, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull), "{told:?}");
    assert!(told.to_string().contains(&place.partial().display().to_string()), "{told}");
    place.is_missing();
}

#[test]
fn the_environment_is_read_as_the_hubs_own_tools_read_it() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join("hf")).unwrap();
    std::fs::write(home.path().join("hf/token"), "hf_file\n").unwrap();
    let user = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let hub = |more: &[(&str, &str)]| {
        let find = |name: &str| more.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(*value));
        Hub::from_lookup(|name| if name == user { Some(home.path().into()) } else { find(name) })
    };
    let usual = hub(&[]).unwrap();
    assert_eq!((usual.endpoint(), usual.token.as_deref()), (DEFAULT_ENDPOINT, None));
    assert_eq!(usual.cache(), home.path().join(".cache/huggingface/hub"));
    for (given, cache) in [
        (vec![("XDG_CACHE_HOME", "/x")], PathBuf::from("/x/huggingface/hub")),
        (vec![("HF_HOME", "~/hf"), ("XDG_CACHE_HOME", "/x")], home.path().join("hf/hub")),
        (vec![("HF_HOME", ""), ("HF_HUB_CACHE", "")], home.path().join(".cache/huggingface/hub")),
        (vec![("HF_HOME", "/h"), ("HF_HUB_CACHE", "/c")], PathBuf::from("/c")),
    ] {
        assert_eq!(hub(&given).unwrap().cache(), cache, "{given:?}");
    }
    assert_eq!(hub(&[("HF_HOME", "~/hf")]).unwrap().token.as_deref(), Some("hf_file"));
    assert_eq!(hub(&[("HF_HOME", "~/hf"), ("HF_TOKEN", " hf_x ")]).unwrap().token.as_deref(), Some("hf_x"));
    assert_eq!(hub(&[("HF_ENDPOINT", "https://mirror.example/hf/")]).unwrap().endpoint(), "https://mirror.example/hf");
    let told = hub(&[("HF_ENDPOINT", "mirror.example")]).unwrap_err();
    assert!(matches!(&told, Error::Setting(words) if words.contains("HF_ENDPOINT")), "{told}");
    assert!(matches!(Hub::from_lookup(|_| None), Err(Error::Setting(words)) if words.contains("HF_HOME")));
}

#[test]
fn a_name_never_leads_out_of_the_cache() {
    let place = Place::new();
    for repo in ["", "a/b/c", "../x", "a/..", "/a", "a b", "a/", "https://hub.example/a"] {
        let told = place.hub().fetch(repo, &[MODEL], &[], &Control::new(), &mut Reporter::silent()).unwrap_err();
        assert!(matches!(told, Error::Setting(_)), "{repo}: {told}");
    }
    for file in ["", "../x", "/etc/passwd", "a/../../x", "a\\..\\x", "c:x"] {
        assert!(matches!(fetch(&place.hub(), &[file]), Err(Error::Setting(_))), "{file}");
        assert_eq!(place.hub().local(REPO, file), None);
    }
    assert!(place.server.asked().is_empty());
}

#[test]
fn the_size_of_a_download_is_known_without_downloading() {
    let place = Place::new();
    let (hub, control) = (place.hub(), Control::new());
    let files = [MODEL, "config.json"];
    let missing = |hub: &Hub| hub.missing_bytes(REPO, &files, &control).unwrap();
    assert_eq!((hub.has(REPO, &files), missing(&hub)), (false, Some(1_000_010)));
    assert!(place.server.downloads().is_empty() && !hub.folder(REPO).exists(), "only asked");
    fetch(&hub, &["config.json"]).unwrap();
    assert_eq!((hub.has(REPO, &files), missing(&hub)), (false, Some(1_000_000)));
    fetch(&hub, &files).unwrap();
    let asked = place.server.asked().len();
    assert_eq!((hub.has(REPO, &files), missing(&hub)), (true, Some(0)));
    assert_eq!(place.server.asked().len(), asked, "nothing is left to ask");

    let empty = tempfile::tempdir().unwrap();
    let nobody = Hub::new(&Server::nobody(), empty.path(), None).unwrap();
    assert_eq!(missing(&nobody.with_patience(SILENCE, Duration::from_millis(5))), None, "nobody answers");
    control.cancel();
    let elsewhere = Hub::new(place.server.url(), empty.path(), None).unwrap();
    assert!(matches!(elsewhere.missing_bytes(REPO, &files, &control), Err(Error::Cancelled)));
}
