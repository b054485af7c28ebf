//! A small HTTP server on the loopback, and on top of it a Hugging Face hub with faults on demand. It needs nothing of
//! the crate, so that unit tests use it as well.

#![allow(dead_code, missing_docs)] // Not every set of tests uses all of it.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use sha2::{Digest as _, Sha256};

/// What a client asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What it gets.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection is closed after so many bytes of the body.
    pub cut: Option<usize>,
    /// Nothing comes after so many bytes of the body, and the connection stays open.
    pub stall: Option<usize>,
    /// The body comes in pieces of so many bytes, with a pause after each.
    pub pace: Option<(usize, Duration)>,
    /// The connection is closed before anything is said.
    pub hang_up: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A server that answers as it is told. It ends with its value.
pub struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let answer = Arc::new(answer);
        let shared = (asked.clone(), over.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.1.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), answer, shared) = (stream, answer.clone(), shared.clone()) else { continue };
                std::thread::spawn(move || serve(stream, &*answer, &shared.0, &shared.1));
            }
        });
        Self { url, asked, over }
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// An address where nobody listens.
    pub fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(stream: TcpStream, answer: &dyn Fn(&Request) -> Reply, asked: &Mutex<Vec<Request>>, over: &AtomicBool) {
    let _ = stream.set_nodelay(true);
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        asked.lock().unwrap().push(request.clone());
        let reply = answer(&request);
        if !write_reply(&mut writer, &request, &reply, over).unwrap_or(false) {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    request.body = vec![0; request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// Whether the connection can be used again.
fn write_reply(to: &mut TcpStream, request: &Request, reply: &Reply, over: &AtomicBool) -> std::io::Result<bool> {
    if reply.hang_up {
        return Ok(false);
    }
    let mut head = format!("HTTP/1.1 {} x\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    to.write_all(format!("{head}\r\n").as_bytes())?;
    if request.method == "HEAD" {
        return Ok(true);
    }
    let end = reply.cut.or(reply.stall).unwrap_or(reply.body.len()).min(reply.body.len());
    let (size, pause) = reply.pace.unwrap_or((usize::MAX, Duration::ZERO));
    for piece in reply.body[..end].chunks(size) {
        to.write_all(piece)?;
        std::thread::sleep(pause);
    }
    while reply.stall.is_some() && !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(reply.cut.is_none() && reply.stall.is_none())
}

/// What goes wrong with the download of a file.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is closed after so many bytes.
    Cut(usize),
    /// Nothing more comes after so many bytes.
    Stall(usize),
    /// Pieces of so many bytes with a pause after each.
    Slow(usize, Duration),
    /// It is answered with this status.
    Status(u16),
    /// One byte differs.
    Wrong,
    /// It is one byte shorter than it should be, and says so.
    Short,
}

struct Stored {
    content: Vec<u8>,
    etag: String,
    large: bool,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Stored>,
    /// By file: how often, and what.
    faults: BTreeMap<String, VecDeque<(usize, Fault)>>,
    token: Option<String>,
    gated: bool,
    no_ranges: bool,
    /// Where large files come from.
    cdn: Option<String>,
}

/// A hub with one model.
pub struct Hub {
    server: Server,
    cdn: Server,
    state: Arc<Mutex<State>>,
}

/// The commit that the model is at.
pub const COMMIT: &str = "5f1b8cd78bc4fb444dd171e59b18f3a3af89a079";

impl Hub {
    /// A hub that has a model without files.
    pub fn start(repo: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (hub, cdn) = (state.clone(), state.clone());
        let start = format!("/{repo}/resolve/");
        let server = Server::start(move |request| hub_reply(&mut hub.lock().unwrap(), &start, request));
        let cdn = Server::start(move |request| {
            let state = &mut cdn.lock().unwrap();
            let file = request.path.trim_start_matches("/signed/").split('?').next().unwrap_or_default().to_owned();
            content_reply(state, &file, request)
        });
        Self { server, cdn, state }
    }

    /// Adds a file that is kept as large files are: named by its SHA-256.
    pub fn large(self, name: &str, content: &[u8]) -> Self {
        let etag = hex(&Sha256::digest(content));
        self.add(name, content, etag, true)
    }

    /// Adds a file that is named as git names it.
    pub fn small(self, name: &str, content: &[u8]) -> Self {
        let mut sum = Sha1::new_with_prefix(format!("blob {}\0", content.len()));
        sum.update(content);
        let etag = hex(&sum.finalize());
        self.add(name, content, etag, false)
    }

    fn add(self, name: &str, content: &[u8], etag: String, large: bool) -> Self {
        let stored = Stored { content: content.to_vec(), etag, large };
        self.state.lock().unwrap().files.insert(name.to_owned(), stored);
        self
    }

    /// Sends those who want a large file to a second server.
    pub fn with_cdn(self) -> Self {
        self.state.lock().unwrap().cdn = Some(self.cdn.url().to_owned());
        self
    }

    /// Sends nothing without this token.
    pub fn with_token(self, token: &str) -> Self {
        self.state.lock().unwrap().token = Some(token.to_owned());
        self
    }

    /// Sends nothing to anybody, as where the terms were not accepted.
    pub fn gated(self) -> Self {
        self.state.lock().unwrap().gated = true;
        self
    }

    /// Knows no ranges.
    pub fn without_ranges(self) -> Self {
        self.state.lock().unwrap().no_ranges = true;
        self
    }

    /// Spoils the next so many downloads of a file.
    pub fn spoil(&self, name: &str, times: usize, fault: Fault) {
        self.state.lock().unwrap().faults.entry(name.to_owned()).or_default().push_back((times, fault));
    }

    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The name of a file's content.
    pub fn etag(&self, name: &str) -> String {
        self.state.lock().unwrap().files[name].etag.clone()
    }

    /// What the hub itself was asked.
    pub fn asked(&self) -> Vec<Request> {
        self.server.asked()
    }

    /// What the second server was asked.
    pub fn cdn_asked(&self) -> Vec<Request> {
        self.cdn.asked()
    }

    /// The downloads among what was asked of both.
    pub fn downloads(&self) -> Vec<Request> {
        self.asked().into_iter().chain(self.cdn_asked()).filter(|request| request.method == "GET").collect()
    }
}

fn hub_reply(state: &mut State, start: &str, request: &Request) -> Reply {
    if state.gated {
        return Reply::new(403, "gated")
            .with("x-error-code", "GatedRepo")
            .with("x-repo-commit", COMMIT)
            .with("etag", "\"words\"");
    }
    let wanted = state.token.as_ref().map(|token| format!("Bearer {token}"));
    if wanted.is_some() && request.header("authorization") != wanted.as_deref() {
        return Reply::new(401, "who are you?").with("x-repo-commit", COMMIT).with("etag", "\"words\"");
    }
    let moved = request.path.strip_prefix("/api/resolve-cache/");
    let file = request.path.strip_prefix(start).or(moved).and_then(|rest| rest.split_once('/'));
    let Some((_, file)) = file.filter(|(revision, _)| ["main", COMMIT].contains(revision)) else {
        return Reply::new(404, "no such model").with("x-error-code", "RepoNotFound");
    };
    let (file, cdn) = (file.to_owned(), state.cdn.clone());
    let Some(stored) = state.files.get(&file) else {
        return Reply::new(404, "no such file").with("x-error-code", "EntryNotFound").with("x-repo-commit", COMMIT);
    };
    let (etag, size, large) = (stored.etag.clone(), stored.content.len(), stored.large);
    if let Some(cdn) = cdn.filter(|_| large) {
        return Reply::new(302, "elsewhere")
            .with("location", format!("{cdn}/signed/{file}?sig=1"))
            .with("x-repo-commit", COMMIT)
            .with("x-linked-etag", format!("\"{etag}\""))
            .with("x-linked-size", size);
    }
    if moved.is_none() && !large {
        // As the real hub does for small files: relative, on the same host.
        return Reply::new(307, "there").with("location", format!("/api/resolve-cache/{COMMIT}/{file}"));
    }
    content_reply(state, &file, request).with("x-repo-commit", COMMIT).with("etag", format!("\"{etag}\""))
}

fn content_reply(state: &mut State, file: &str, request: &Request) -> Reply {
    let no_ranges = state.no_ranges;
    let Some(stored) = state.files.get(file) else { return Reply::new(404, "no such file") };
    let mut content = stored.content.clone();
    if request.method == "HEAD" {
        return Reply::new(200, content);
    }
    let fault = state.faults.get_mut(file).and_then(|coming| {
        let (times, fault) = coming.front_mut()?;
        let fault = fault.clone();
        *times -= 1;
        if *times == 0 {
            coming.pop_front();
        }
        Some(fault)
    });
    match fault {
        Some(Fault::Status(status)) => return Reply::new(status, "spoiled"),
        Some(Fault::Wrong) => content[0] ^= 1,
        Some(Fault::Short) => {
            content.pop();
        }
        _ => {}
    }
    let range = request.header("range").and_then(|text| text.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let mut reply = match range.filter(|start: &usize| !no_ranges && *start < content.len()) {
        Some(start) => {
            let total = content.len();
            Reply::new(206, content.split_off(start))
                .with("content-range", format!("bytes {start}-{}/{total}", total - 1))
        }
        None => Reply::new(200, content),
    };
    match fault {
        Some(Fault::Cut(after)) => reply.cut = Some(after),
        Some(Fault::Stall(after)) => reply.stall = Some(after),
        Some(Fault::Slow(size, pause)) => reply.pace = Some((size, pause)),
        _ => {}
    }
    reply
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
