//! Requests over HTTP that a job can cancel at any moment, and what goes wrong with them.
//!
//! A request runs on a thread of its own and hands over what it reads, so that whoever waits for it hears a cancel even
//! while the network is silent. Redirects are left to the caller, who knows which hosts may see the token.

mod address;
mod reach;

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request};
use ureq::{Agent, Timeout};

pub(crate) use self::address::{checked_token, checked_url, is_loopback, join, origin};
pub(crate) use self::reach::{Reach, is_public, proxy_named};
use crate::error::{Error, Result};
use crate::job::Control;

/// How often a wait looks at the control.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Bytes of a piece of an answer. Pieces wait in a channel, so they are small beside a model and large beside a packet.
const PIECE: usize = 128 * 1024;
/// Pieces that wait for whoever takes them.
const PIECES: usize = 8;
/// A server's request to come back later is followed for at most so long.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// What is read of an answer that only explains a failure.
const WORDS_LIMIT: usize = 64 * 1024;

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a name to be looked up and, again, for a connection.
    pub connect: Duration,
    /// For an answer to begin, and for more of it.
    pub silence: Duration,
    /// For the whole of a request and its answer, where there is such a limit.
    pub whole: Option<Duration>,
    /// Whether a stop ends a wait as a cancel does: so where half of the work is of no use.
    pub heeds_stop: bool,
}

/// What kept a request from being answered.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody can be reached there: no such host, no route, nobody listens.
    Offline(String),
    /// Nothing came for too long.
    TimedOut(String),
    /// The connection broke: another try may work.
    Broken(String),
    /// Another try would end the same way.
    Final(String),
    /// The person cancelled.
    Cancelled,
}

impl From<Error> for Failure {
    /// The only error that a control gives is a cancel.
    fn from(_: Error) -> Self {
        Self::Cancelled
    }
}

/// A request.
pub(crate) struct Ask<'a> {
    pub method: Method,
    pub url: &'a str,
    pub token: Option<&'a str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Arc<Vec<u8>>>,
}

/// An answer whose body is still coming in.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pieces: Receiver<Told>,
}

/// What the thread of a request tells.
enum Told {
    Head(u16, HeaderMap),
    Piece(Vec<u8>),
    End,
    Failed(Failure),
}

/// Sends requests and keeps connections for the next ones.
pub(crate) struct Client {
    agent: Mutex<Agent>,
    patience: Patience,
    reach: Reach,
}

impl Client {
    /// A client for one server and what it redirects to. A server on this machine is never asked through a proxy, which
    /// could not reach it.
    pub(crate) fn new(url: &str, patience: Patience) -> Self {
        let here = origin(url).is_some_and(|(_, host, _)| is_loopback(&host));
        Self::with_reach(if here { Reach::Direct } else { Reach::Any }, patience)
    }

    /// A client for all servers that it may reach.
    pub(crate) fn with_reach(reach: Reach, patience: Patience) -> Self {
        Self { agent: Mutex::new(agent(patience, reach)), patience, reach }
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) fn send(&self, ask: &Ask, control: &Control) -> Result<Answer, Failure> {
        let mut request = Request::builder().method(ask.method.clone()).uri(ask.url);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        // A compressed answer has another length than the file, and ranges of it mean something else.
        request = request.header("accept-encoding", "identity");
        let request = request.body(()).map_err(|e| Failure::Final(e.to_string()))?;
        let body = ask.body.clone();
        let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let proxied = agent.config().proxy().is_some();
        let (sender, pieces) = sync_channel(PIECES);
        std::thread::Builder::new()
            .name("request".into())
            .spawn(move || carry(&agent, request, body, &sender))
            .map_err(|e| Failure::Final(format!("no thread for the request: {e}")))?;
        match self.wait(&pieces, control)? {
            Told::Head(status, headers) => Ok(Answer { status, headers, pieces }),
            Told::Failed(Failure::Offline(problem)) if proxied => {
                Err(Failure::Offline(format!("{problem} (through the proxy that the environment names)")))
            }
            Told::Failed(failure) => Err(failure),
            Told::Piece(_) | Told::End => Err(Failure::Final("an answer without a head".into())),
        }
    }

    /// The next bytes of an answer; none at its end.
    pub(crate) fn piece(&self, answer: &Answer, control: &Control) -> Result<Option<Vec<u8>>, Failure> {
        match self.wait(&answer.pieces, control)? {
            Told::Piece(bytes) => Ok(Some(bytes)),
            Told::End => Ok(None),
            Told::Failed(failure) => Err(failure),
            Told::Head(..) => Err(Failure::Final("an answer with two heads".into())),
        }
    }

    /// The whole body of an answer, which may have so many bytes.
    pub(crate) fn body(&self, answer: &Answer, limit: usize, control: &Control) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece(answer, control)? {
            body.extend_from_slice(&piece);
            if body.len() > limit {
                return Err(Failure::Final(format!("the answer is larger than {}", size_words(limit as u64))));
            }
        }
        Ok(body)
    }

    /// The server's own words about a failure, in one short line; empty where it has none.
    pub(crate) fn words(&self, answer: &Answer, control: &Control) -> Result<String, Failure> {
        let mut body = Vec::new();
        while body.len() < WORDS_LIMIT {
            match self.piece(answer, control) {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Err(Failure::Cancelled) => return Err(Failure::Cancelled),
                // The status alone says enough.
                Ok(None) | Err(_) => break,
            }
        }
        Ok(short_words(&body))
    }

    fn wait(&self, pieces: &Receiver<Told>, control: &Control) -> Result<Told, Failure> {
        loop {
            let wish = if self.patience.heeds_stop { control.check_whole() } else { control.check() };
            if let Err(cancelled) = wish {
                self.abandon();
                return Err(cancelled.into());
            }
            match pieces.recv_timeout(LOOK_EVERY) {
                Ok(told) => return Ok(told),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Broken("the transfer broke off".into())),
            }
        }
    }

    /// Closes all connections, so that threads that wait for them end, and is ready for later requests.
    fn abandon(&self) {
        let fresh = agent(self.patience, self.reach);
        let old = std::mem::replace(&mut *self.agent.lock().unwrap_or_else(PoisonError::into_inner), fresh);
        old.shutdown();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A thread that still reads would go on until the server falls silent.
        self.agent.get_mut().unwrap_or_else(PoisonError::into_inner).clone().shutdown();
    }
}

fn agent(patience: Patience, reach: Reach) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.silence))
        .timeout_per_read(Some(patience.silence))
        .timeout_per_write(Some(patience.silence))
        .timeout_global(patience.whole);
    reach.agent(config)
}

/// Runs a request to its end, or until nobody takes what it tells any more.
fn carry(agent: &Agent, request: Request<()>, body: Option<Arc<Vec<u8>>>, sender: &SyncSender<Told>) {
    let answer = match &body {
        Some(body) => agent.run(request.map(|()| body.as_slice())),
        None => agent.run(request),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            // Fails only where nobody waits any more, here as below.
            let _ = sender.send(Told::Failed(failure(error)));
            return;
        }
    };
    let (parts, body) = answer.into_parts();
    if sender.send(Told::Head(parts.status.as_u16(), parts.headers)).is_err() {
        return;
    }
    let mut reader = body.into_reader();
    loop {
        let mut piece = vec![0; PIECE];
        let told = match reader.read(&mut piece) {
            Ok(0) => Told::End,
            Ok(read) => {
                piece.truncate(read);
                Told::Piece(piece)
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => Told::Failed(failure(ureq::Error::from(e))),
        };
        let last = !matches!(told, Told::Piece(_));
        if sender.send(told).is_err() || last {
            return;
        }
    }
}

fn failure(error: ureq::Error) -> Failure {
    use std::io::ErrorKind as K;
    match error {
        ureq::Error::HostNotFound => Failure::Offline("there is no such host".into()),
        ureq::Error::Timeout(Timeout::Resolve) => {
            Failure::Offline("the host's name could not be looked up in time".into())
        }
        ureq::Error::Timeout(Timeout::Connect) => Failure::Offline("time-out while connecting".into()),
        ureq::Error::Timeout(_) => Failure::TimedOut("time-out: the server stopped answering".into()),
        ureq::Error::ConnectionFailed => Failure::Offline("no connection".into()),
        ureq::Error::ConnectProxyFailed(words) => Failure::Offline(format!("the proxy refused: {words}")),
        ureq::Error::Io(e) => match e.kind() {
            K::ConnectionRefused => Failure::Offline("connection refused".into()),
            K::HostUnreachable | K::NetworkUnreachable | K::NetworkDown | K::AddrNotAvailable => {
                Failure::Offline("the host cannot be reached".into())
            }
            K::TimedOut | K::WouldBlock => Failure::TimedOut("time-out: the server stopped answering".into()),
            K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::NotConnected => {
                Failure::Broken("the connection was cut".into())
            }
            // What the system's name look-up says has no kind of its own; a TLS failure has one.
            K::InvalidData | K::InvalidInput => Failure::Final(e.to_string()),
            _ => Failure::Offline(e.to_string()),
        },
        ureq::Error::Protocol(e) => Failure::Broken(format!("the answer is not HTTP: {e}")),
        ureq::Error::BodyStalled => Failure::Broken("the connection was cut".into()),
        // What the check of addresses says.
        ureq::Error::Other(e) => Failure::Final(e.to_string()),
        other => Failure::Final(other.to_string()),
    }
}

/// How long a server asks to be left alone.
pub(crate) fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    header(headers, "retry-after")?.parse().ok().map(Duration::from_secs)
}

/// How long to wait before another try: what the server asks for within reason, else longer each time.
pub(crate) fn pause(first: Duration, attempt: u32, asked: Option<Duration>) -> Duration {
    asked.unwrap_or_else(|| first.saturating_mul(1 << attempt.min(5))).min(LONGEST_PAUSE)
}

/// Whether a status speaks of a passing trouble.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504)
}

/// A header's text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
}

/// A size as a person reads it.
pub(crate) fn size_words(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// One line of at most some 200 characters; of JSON, the member that holds the message.
fn short_words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|json| {
        ["error", "message", "detail", "status"].iter().find_map(|name| {
            let member = json.get(name)?;
            let words = member.get("message").unwrap_or(member);
            words.as_str().map_or_else(|| Some(words.to_string()), |s| Some(s.to_owned()))
        })
    });
    let said =
        said.unwrap_or_else(|| if text.trim_start().starts_with('<') { String::new() } else { text.into_owned() });
    let clean: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 200 { line.chars().take(200).chain(['…']).collect() } else { line }
}

#[cfg(test)]
#[path = "../../tests/e2e/hub.rs"]
pub(crate) mod server;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_become_one_short_line() {
        assert_eq!(short_words(br#"{"error": "too\nlong"}"#), "too long");
        assert_eq!(short_words(br#"{"error": {"message": "no"}}"#), "no");
        assert_eq!(short_words(br#"{"detail": [1]}"#), "[1]");
        assert_eq!(short_words(b"<html><body>sorry</body></html>"), "");
        assert_eq!(short_words("ä".repeat(900).as_bytes()).chars().count(), 201);
    }

    #[test]
    fn a_pause_follows_the_server_within_reason() {
        let first = Duration::from_millis(100);
        let mut headers = HeaderMap::new();
        assert_eq!(pause(first, 2, asked_pause(&headers)), Duration::from_millis(400));
        headers.insert("retry-after", "2".parse().unwrap());
        assert_eq!(pause(first, 0, asked_pause(&headers)), Duration::from_secs(2));
        headers.insert("retry-after", "86400".parse().unwrap());
        assert_eq!(pause(first, 0, asked_pause(&headers)), LONGEST_PAUSE);
    }
}
