//! Fetching pictures from addresses that a collection names.
//!
//! Such an address may be anybody's. So there are limits of time and size, and unless the person allows it, nothing is
//! asked of this machine or of a private network: what is checked is what is connected to, for every redirect anew. A
//! proxy would look names up by itself, so without that permission none is used, even where the environment names one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::http::Method;

use crate::http::{self, Answer, Ask, Client, Failure, Patience, Reach};
use crate::job::Control;

/// Bytes of the largest picture that is fetched.
const LARGEST: usize = 20_000_000;
/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// How long a failure is remembered that may pass: a server that is down or too busy.
const PASSING: Duration = Duration::from_secs(60);
/// How long another failure is remembered.
const LASTING: Duration = Duration::from_secs(10 * 60);
/// Failures that are remembered.
const FAILURES: usize = 4096;

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(10),
    whole: Some(Duration::from_secs(60)),
    heeds_stop: false,
};

/// What is asked for: what can be read, so that a server with a choice does not send something newer.
const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/gif,image/bmp,image/tiff,*/*;q=0.1";

/// Why there is no picture.
#[derive(Debug)]
pub(super) enum NotFetched {
    /// The control was cancelled.
    Cancelled,
    /// In one line, which begins with the server's name.
    Failed(String),
}

/// By address and permission: until when it is remembered, and what went wrong.
type Failures = HashMap<(Arc<str>, bool), (Instant, String)>;

/// Fetches pictures, and remembers for a while where there was none. It may be used from several threads at once.
pub(super) struct Fetcher {
    /// For addresses of the public internet alone.
    public: Client,
    /// For all addresses, through the environment's proxy.
    any: Client,
    /// For this machine, which a proxy could not reach.
    here: Client,
    largest: usize,
    failures: Mutex<Failures>,
}

impl Fetcher {
    pub(super) fn new() -> Self {
        Self::with(LARGEST, PATIENCE, http::is_public)
    }

    /// With other limits, and another notion of what is public.
    pub(super) fn with(largest: usize, patience: Patience, public: fn(IpAddr) -> bool) -> Self {
        Self {
            public: Client::with_reach(Reach::Only(public), patience),
            any: Client::with_reach(Reach::Any, patience),
            here: Client::with_reach(Reach::Direct, patience),
            largest,
            failures: Mutex::default(),
        }
    }

    /// What went wrong with an address some minutes ago.
    pub(super) fn failure(&self, url: &Arc<str>, allow_private: bool) -> Option<String> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, problem) = failures.get(&(url.clone(), allow_private))?;
        (Instant::now() < *until).then(|| problem.clone())
    }

    /// Remembers that there is no picture to be had at an address.
    pub(super) fn remember(&self, url: &Arc<str>, allow_private: bool, problem: &str) {
        self.remember_for(url, allow_private, problem, LASTING);
    }

    fn remember_for(&self, url: &Arc<str>, allow_private: bool, problem: &str, time: Duration) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if failures.len() >= FAILURES {
            failures.retain(|_, (until, _)| now < *until);
        }
        if failures.len() >= FAILURES {
            failures.clear();
        }
        failures.insert((url.clone(), allow_private), (now + time, problem.to_owned()));
    }

    /// Lets every address be asked again.
    pub(super) fn forget_failures(&self) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The bytes at an address. A failure is remembered.
    pub(super) fn fetch(&self, url: &Arc<str>, allow_private: bool, control: &Control) -> Result<Vec<u8>, NotFetched> {
        let mut host = host(url).unwrap_or_default();
        let fetched = self.follow(url, allow_private, &mut host, control);
        let (problem, time) = match fetched {
            Ok(bytes) => return Ok(bytes),
            Err(Failure::Cancelled) => return Err(NotFetched::Cancelled),
            Err(Failure::Final(problem)) => (problem, LASTING),
            Err(Failure::Offline(problem)) if !allow_private && http::proxy_named() => {
                let why = "the proxy that the environment names is used only where private addresses are allowed";
                (format!("{problem} ({why})"), PASSING)
            }
            Err(Failure::Offline(problem) | Failure::TimedOut(problem) | Failure::Broken(problem)) => {
                (problem, PASSING)
            }
        };
        let problem = format!("{host}: {problem}");
        self.remember_for(url, allow_private, &problem, time);
        Err(NotFetched::Failed(problem))
    }

    /// Asks for an address, goes where it redirects, and reads what comes. `at` is kept at the server's name.
    fn follow(&self, url: &str, allow_private: bool, at: &mut String, control: &Control) -> Result<Vec<u8>, Failure> {
        let mut url = encoded(url);
        for _ in 0..=REDIRECTS {
            *at = host(&url).ok_or_else(|| Failure::Final("is not an address that can be asked".into()))?;
            let client = match allow_private {
                false => &self.public,
                true if http::is_loopback(at) => &self.here,
                true => &self.any,
            };
            let headers = vec![("accept", ACCEPT.to_owned())];
            let ask = Ask { method: Method::GET, url: &url, token: None, headers, body: None };
            let answer = client.send(&ask, control)?;
            match answer.status {
                200..=299 => return self.body(client, &answer, control),
                301..=303 | 307 | 308 => {
                    // Not every server encodes what it should.
                    let to = answer.headers.get("location").and_then(|to| str::from_utf8(to.as_bytes()).ok());
                    let next = to.and_then(|to| http::join(&url, &encoded(to.trim())));
                    url = next.ok_or_else(|| Failure::Final("a redirect that leads nowhere".into()))?;
                }
                status if http::is_passing(status) => {
                    return Err(Failure::Broken(format!("the server is in trouble ({status})")));
                }
                404 | 410 => return Err(Failure::Final(format!("there is no such picture ({})", answer.status))),
                401 | 403 => {
                    return Err(Failure::Final(format!(
                        "the server does not give it to everybody ({})",
                        answer.status
                    )));
                }
                status => return Err(Failure::Final(format!("the server refused ({status})"))),
            }
        }
        Err(Failure::Final(format!("more than {REDIRECTS} redirects")))
    }

    fn body(&self, client: &Client, answer: &Answer, control: &Control) -> Result<Vec<u8>, Failure> {
        let claimed = http::header(&answer.headers, "content-length").and_then(|length| length.parse::<u64>().ok());
        if let Some(claimed) = claimed.filter(|claimed| *claimed > self.largest as u64) {
            let (claimed, largest) = (http::size_words(claimed), http::size_words(self.largest as u64));
            return Err(Failure::Final(format!("has {claimed}, and pictures of at most {largest} are fetched")));
        }
        client.body(answer, self.largest, control)
    }
}

/// The server's name, in small letters; none where the address is not one of `http` or `https`.
pub(super) fn host(url: &str) -> Option<String> {
    http::origin(&encoded(url)).map(|(_, host, _)| host)
}

/// An address as a request can carry it: what has to be is percent-encoded, as browsers do, and the fragment left out.
fn encoded(url: &str) -> String {
    let url = url.split('#').next().unwrap_or(url);
    let mut encoded = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'!'..=b'~' if !b"\"<>\\^`{|}".contains(&byte) => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::http::server::{Reply, Request, Server};

    fn quick(patience: Duration) -> Patience {
        Patience { connect: patience, silence: patience, whole: Some(4 * patience), heeds_stop: false }
    }

    /// One that takes 127.0.0.1 for a public address, so that a server there can stand for a public one.
    fn fetcher() -> Fetcher {
        Fetcher::with(1000, quick(Duration::from_secs(5)), |ip| {
            ip == IpAddr::from([127, 0, 0, 1]) || http::is_public(ip)
        })
    }

    fn fetch(fetcher: &Fetcher, url: &str, allow_private: bool) -> Result<Vec<u8>, String> {
        fetcher.fetch(&url.into(), allow_private, &Control::new()).map_err(|error| match error {
            NotFetched::Failed(problem) => problem,
            NotFetched::Cancelled => "cancelled".into(),
        })
    }

    #[test]
    fn a_picture_is_fetched_and_redirects_are_followed() {
        let server = Server::start(|request| match request.path.as_str() {
            "/a%20b/%C3%A4.jpg?x=1" => Reply::new(200, "bytes"),
            path => match path[1..].parse::<u32>() {
                Ok(0) => Reply::new(301, "").with("location", "/a b/ä.jpg?x=1#part"),
                Ok(left) => Reply::new(302, "").with("location", left - 1),
                Err(_) => Reply::new(404, ""),
            },
        });
        let at = |path: &str| format!("{}{path}", server.url());
        let fetcher = fetcher();
        assert_eq!(fetch(&fetcher, &at("/a b/ä.jpg?x=1#top"), false).unwrap(), b"bytes");
        assert_eq!(fetch(&fetcher, &at("/4"), false).unwrap(), b"bytes");
        assert_eq!(fetch(&fetcher, &at("/5"), false).unwrap_err(), "127.0.0.1: more than 5 redirects");
        assert_eq!(fetch(&fetcher, &at("/none"), false).unwrap_err(), "127.0.0.1: there is no such picture (404)");
        let asked = server.asked();
        let accept = |request: &Request| request.header("accept").map(str::to_owned);
        assert!(asked.iter().all(|request| accept(request).unwrap().starts_with("image/jpeg")));
    }

    #[test]
    fn without_permission_this_machine_is_not_asked() {
        let server = Server::start(|_| Reply::new(200, "bytes"));
        let fetcher = Fetcher::new();
        let words = "127.0.0.1: leads to an address of this machine or of a private network, which is not allowed";
        assert_eq!(fetch(&fetcher, server.url(), false).unwrap_err(), words);
        assert!(server.asked().is_empty());
        assert_eq!(fetch(&fetcher, server.url(), true).unwrap(), b"bytes");
    }

    #[test]
    fn a_redirect_into_a_private_network_is_refused() {
        let private = [
            "http://127.0.0.2:8080/x",
            "http://10.0.0.1/x",
            "http://192.168.1.1/admin",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]/x",
            "http://[::ffff:10.0.0.1]/x",
            "http://[fd00::1]/x",
            "//100.64.0.1/x",
        ];
        let server = Server::start(move |request| {
            let index: usize = request.path[1..].parse().unwrap();
            Reply::new(302, "").with("location", private[index])
        });
        let fetcher = fetcher();
        for (index, target) in private.iter().enumerate() {
            let problem = fetch(&fetcher, &format!("{}/{index}", server.url()), false).unwrap_err();
            assert!(problem.contains("private network, which is not allowed"), "{target}: {problem}");
        }
        for (location, words) in [("ftp://x.example/a", "leads nowhere"), ("file:///etc/passwd", "leads nowhere")] {
            let server = Server::start(move |_| Reply::new(302, "").with("location", location));
            let problem = fetch(&fetcher, server.url(), true).unwrap_err();
            assert!(problem.contains(words), "{location}: {problem}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_refused_redirect_does_not_even_connect() {
        let other = TcpListener::bind("127.0.0.2:0").unwrap();
        other.set_nonblocking(true).unwrap();
        let target = format!("http://{}/", other.local_addr().unwrap());
        let server = Server::start(move |_| Reply::new(302, "").with("location", &target));
        assert!(fetch(&fetcher(), server.url(), false).unwrap_err().contains("private network"));
        assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let server = Server::start(|request| match request.path.as_str() {
            "/fits" => Reply::new(200, vec![1; 1000]),
            _ => Reply::new(200, vec![1; 1001]),
        });
        let fetcher = fetcher();
        let get = |path: &str| fetch(&fetcher, &format!("{}{path}", server.url()), false);
        assert_eq!(get("/fits").unwrap().len(), 1000);
        let problem = get("/honest").unwrap_err();
        assert!(problem.ends_with("has 1.0 kB, and pictures of at most 1.0 kB are fetched"), "{problem}");
        // Without a length, and never ending.
        let endless = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", endless.local_addr().unwrap());
        let sender = std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut stream, _) = endless.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let mut sent = 0u64;
            while stream.write_all(&[7; 65_536]).is_ok() {
                sent += 65_536;
            }
            sent
        });
        assert_eq!(fetch(&fetcher, &url, false).unwrap_err(), "127.0.0.1: the answer is larger than 1.0 kB");
        assert!(sender.join().unwrap() < 1 << 30, "the connection was closed");
    }

    #[test]
    fn a_failure_is_remembered_for_its_kind_of_permission() {
        let server = Server::start(|_| Reply::new(503, ""));
        let fetcher = fetcher();
        let url: Arc<str> = server.url().into();
        assert_eq!(fetcher.failure(&url, false), None);
        let problem = fetch(&fetcher, &url, false).unwrap_err();
        assert_eq!(problem, "127.0.0.1: the server is in trouble (503)");
        assert_eq!(fetcher.failure(&url, false), Some(problem));
        assert_eq!(fetcher.failure(&url, true), None);
        fetcher.forget_failures();
        assert_eq!(fetcher.failure(&url, false), None);
        fetcher.remember_for(&url, false, "over", Duration::ZERO);
        assert_eq!(fetcher.failure(&url, false), None, "its time is over");
        for i in 0..2 * FAILURES {
            fetcher.remember(&format!("http://x.example/{i}").into(), false, "x");
        }
        assert!(fetcher.failures.lock().unwrap().len() <= FAILURES);
    }

    #[test]
    fn silence_ends_and_a_cancel_is_heard() {
        let server = Server::start(|_| Reply { stall: Some(3), ..Reply::new(200, vec![1; 100]) });
        let fetcher = Fetcher::with(1000, quick(Duration::from_millis(300)), |_| true);
        let problem = fetch(&fetcher, server.url(), false).unwrap_err();
        assert!(problem.contains("time-out"), "{problem}");
        let patient = Fetcher::with(1000, quick(Duration::from_secs(600)), |_| true);
        let control = Control::new();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| patient.fetch(&server.url().into(), false, &control));
            while server.asked().len() < 2 {
                std::thread::sleep(Duration::from_millis(5));
            }
            control.cancel();
            assert!(matches!(waiting.join().unwrap(), Err(NotFetched::Cancelled)));
        });
        assert_eq!(patient.failure(&server.url().into(), false), None, "a cancel is no failure");
    }

    #[test]
    fn a_proxy_does_not_defeat_the_check() {
        const MARK: &str = "BLOCKSCOPE_TEST_TARGET";
        if let Ok(target) = std::env::var(MARK) {
            // In the process that is started below, whose environment names a proxy.
            let fetcher = Fetcher::new();
            assert!(fetch(&fetcher, &target, false).unwrap_err().contains("private network"));
            let problem = fetch(&fetcher, "http://nowhere.invalid/x.jpg", false).unwrap_err();
            assert!(problem.contains("the proxy that the environment names is used only where"), "{problem}");
            assert_eq!(fetch(&fetcher, "http://nowhere.invalid/x.jpg", true).unwrap(), b"by proxy");
            assert_eq!(fetch(&fetcher, &target, true).unwrap(), b"itself", "this machine is asked without");
            return;
        }
        let target = Server::start(|_| Reply::new(200, "itself"));
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", proxy.local_addr().unwrap());
        let proxied = Arc::new(Mutex::new(Vec::new()));
        let heard = proxied.clone();
        std::thread::spawn(move || {
            use std::io::{BufRead, BufReader, Write};
            for stream in proxy.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                // The head of a CONNECT, and then that of the request itself.
                for reply in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nby proxy"] {
                    let mut head = String::new();
                    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
                    let connect = head.starts_with("CONNECT");
                    heard.lock().unwrap().push(head);
                    let reply = if connect { reply } else { "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nby proxy" };
                    let _ = reader.get_mut().write_all(reply.as_bytes());
                    if !connect {
                        break;
                    }
                }
            }
        });
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "picture::fetch::tests::a_proxy_does_not_defeat_the_check"])
            .env(MARK, target.url())
            .env("ALL_PROXY", &address)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        let proxied = proxied.lock().unwrap();
        assert!(!proxied.is_empty() && proxied.iter().all(|head| head.contains("nowhere.invalid")), "{proxied:?}");
        assert_eq!(target.asked().len(), 1);
    }
}
