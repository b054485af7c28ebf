//! One connection to a server: how requests are made, timed, tried again and cancelled, and what their errors mean.
//!
//! Everything that is asynchronous stays in here.

use std::error::Error as _;
use std::task::Poll;
use std::time::{Duration, Instant};

use qdrant_client::{Qdrant, QdrantError};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::ServerAddress;
use crate::error::{Error, Result};
use crate::job::{Control, Wish};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the first request may take, so that an address where something else listens is told soon.
const FIRST: Duration = Duration::from_secs(10);
/// How long a request may take.
pub(super) const REQUEST: Duration = Duration::from_secs(60);
/// How long a matrix may take.
pub(super) const MATRIX: Duration = Duration::from_secs(1_000);
/// How often a pending request looks whether it is still wanted.
const POLL: Duration = Duration::from_millis(50);
/// Waits before further tries; they double.
const WAITS: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1_600),
];
/// A try that failed after this long is repeated once only.
const LONG: Duration = Duration::from_secs(10);
/// Before the server has answered at all, a try that failed after this long is not repeated.
const QUICK: Duration = Duration::from_secs(1);
/// The longest wait that a server is granted when it asks for one.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// gRPC's status codes, which the client gives only as a type of a crate that it does not re-export.
mod code {
    pub const CANCELLED: i32 = 1;
    pub const UNKNOWN: i32 = 2;
    pub const INVALID_ARGUMENT: i32 = 3;
    pub const DEADLINE_EXCEEDED: i32 = 4;
    pub const NOT_FOUND: i32 = 5;
    pub const ALREADY_EXISTS: i32 = 6;
    pub const PERMISSION_DENIED: i32 = 7;
    pub const ABORTED: i32 = 10;
    pub const UNIMPLEMENTED: i32 = 12;
    pub const INTERNAL: i32 = 13;
    pub const UNAVAILABLE: i32 = 14;
    pub const UNAUTHENTICATED: i32 = 16;
}

/// Why a request came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The person asked to end.
    Cancelled,
    /// No answer came in this time.
    Slow(Duration),
    /// Nothing listens, or the connection broke; short words.
    Transport(String),
    /// The server is busy and says when to come back.
    Busy(Duration, String),
    /// The server answered with an error.
    Answer {
        /// gRPC's code.
        code: i32,
        /// The server's words.
        message: String,
    },
}

impl Failure {
    /// Whether the server has no such collection.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Answer { code: code::NOT_FOUND, .. })
    }

    /// Whether the server does not know the request.
    pub fn is_unknown_request(&self) -> bool {
        matches!(self, Self::Answer { code: code::UNIMPLEMENTED, .. })
    }

    /// Whether the server takes the request to be malformed.
    pub fn is_refused_input(&self) -> bool {
        matches!(self, Self::Answer { code: code::INVALID_ARGUMENT, .. })
    }

    /// Whether what was to be made is there already.
    pub fn is_there_already(&self) -> bool {
        match self {
            Self::Answer { code: code::ALREADY_EXISTS, .. } => true,
            Self::Answer { code: code::INVALID_ARGUMENT, message } => message.contains("already exists"),
            _ => false,
        }
    }

    /// Whether another try may go better.
    fn passes(&self) -> bool {
        match self {
            Self::Cancelled => false,
            Self::Slow(_) | Self::Transport(_) | Self::Busy(..) => true,
            Self::Answer { code, message } => match *code {
                code::DEADLINE_EXCEEDED | code::ABORTED | code::UNAVAILABLE => true,
                // One node of a cluster that tells of its connection to another.
                code::INTERNAL | code::UNKNOWN => transport_words(message).is_some(),
                _ => false,
            },
        }
    }

    /// Whether it ran out of time.
    fn is_timeout(&self) -> bool {
        matches!(self, Self::Slow(_) | Self::Answer { code: code::DEADLINE_EXCEEDED, .. })
    }

    /// Whether a Qdrant server, or something like it, answered at all.
    fn is_answer(&self) -> bool {
        matches!(self, Self::Busy(..) | Self::Answer { .. })
    }
}

impl From<QdrantError> for Failure {
    fn from(error: QdrantError) -> Self {
        match error {
            QdrantError::ResourceExhaustedError { status, retry_after_seconds } => {
                Self::Busy(Duration::from_secs(retry_after_seconds).min(LONGEST_WAIT), status.message().to_owned())
            }
            QdrantError::ResponseError { status } => {
                let code = status.code() as i32;
                let message = status.message();
                // Only faults on this side of the wire have a source; an answer is all words.
                let ours = status.source().is_some()
                    || message.starts_with("Failed to connect to")
                    || message.contains("grpc-status header missing");
                // The client's own timeout; a server that cancels for its own reasons has other words.
                if code == code::CANCELLED && message == "Timeout expired" {
                    return Self::Slow(MATRIX);
                }
                if !ours || matches!(code, code::UNAUTHENTICATED | code::PERMISSION_DENIED) {
                    return Self::Answer { code, message: message.to_owned() };
                }
                let mut words = message.to_owned();
                let mut source = status.source();
                while let Some(cause) = source {
                    words = format!("{words}: {cause}");
                    source = cause.source();
                }
                log::debug!("transport: {words}");
                Self::Transport(transport_words(&words).unwrap_or("the connection failed").to_owned())
            }
            QdrantError::Io(fault) => Self::Transport(fault.to_string()),
            other => Self::Answer { code: code::UNKNOWN, message: other.to_string() },
        }
    }
}

/// Short words for what the transport tells at length, or none if this is not the transport's talk.
fn transport_words(told: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 9] = [
        ("connection refused", &["connection refused", "connectionrefused", "actively refused"]),
        ("no such host", &["dns error", "failed to lookup", "name or service not known", "no such host"]),
        ("it does not speak TLS, so write http://", &["invalidcontenttype", "wrong version number"]),
        ("its TLS certificate is not trusted", &["certificate", "unknownissuer"]),
        (
            "it does not speak gRPC; is this the gRPC port?",
            &["frame with invalid size", "grpc-status header missing", "invalid preface", "invalid http"],
        ),
        ("the network or the host cannot be reached", &["unreachable", "no route to host"]),
        ("no answer in time", &["timed out", "timedout", "deadline has elapsed", "keep-alive"]),
        ("the connection was reset", &["connection reset", "connectionreset", "connection aborted", "broken pipe"]),
        (
            "the connection was closed",
            &[
                "unexpected eof",
                "unexpectedeof",
                "unexpected end of file",
                "connection closed",
                "channel closed",
                "stream closed",
                "connection error",
                "h2 protocol error",
                "http2 error",
                "transport error",
                "error reading a body",
                "operation was canceled",
                "goaway",
            ],
        ),
    ];
    let told = told.to_lowercase();
    WORDS.iter().find(|(_, signs)| signs.iter().any(|sign| told.contains(sign))).map(|(words, _)| *words)
}

/// A server's words without the class of the error in front, in one line of bearable length.
fn plain(message: &str) -> String {
    const CLASSES: [&str; 4] = ["Wrong input: ", "Bad request: ", "Service internal error: ", "Bad input: "];
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = CLASSES.iter().fold(message.as_str(), |said, class| said.strip_prefix(class).unwrap_or(said));
    match said.char_indices().nth(400) {
        Some((end, _)) => format!("{}...", &said[..end]),
        None => said.to_owned(),
    }
}

/// A connection to a server, about one collection.
pub(super) struct Connection {
    address: ServerAddress,
    collection: String,
    client: Qdrant,
    handle: Handle,
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    /// Whether the server has answered before. Until then, tries are few.
    answered: bool,
}

impl Connection {
    /// Prepares a connection; nothing is sent yet. The collection is the one that a "not found" is about.
    pub fn new(address: &ServerAddress, collection: &str) -> Result<Self> {
        // One thread beside the caller's keeps the connection alive between requests.
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("qdrant").enable_all().build().map_err(|e| {
                Error::Connection { url: address.url.clone(), problem: format!("no thread to work in: {e}") }
            })?;
        Ok(Self {
            address: address.clone(),
            collection: collection.to_owned(),
            client: client(address)?,
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            answered: false,
        })
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// Makes a request and tells its failure as an error. Only for requests that may be made twice.
    pub fn call<R: Clone, T>(
        &mut self,
        request: R,
        control: &Control,
        ask: impl AsyncFn(Qdrant, R) -> Result<T, QdrantError>,
    ) -> Result<T> {
        self.attempt(REQUEST, request, control, ask).map_err(|failure| self.tell(failure, control))
    }

    /// Makes a request, and makes it again after a passing fault, with growing waits.
    pub fn attempt<R: Clone, T>(
        &mut self,
        time: Duration,
        request: R,
        control: &Control,
        ask: impl AsyncFn(Qdrant, R) -> Result<T, QdrantError>,
    ) -> Result<T, Failure> {
        let mut may_be_long = true;
        let mut tried = 0;
        loop {
            control.check_whole().map_err(|_| Failure::Cancelled)?;
            // Nobody may be there at all, and that must be told at once.
            let (time, waits) = if self.answered { (time, &WAITS[..]) } else { (time.min(FIRST), &WAITS[..1]) };
            let began = Instant::now();
            let failure = match self.once(time, request.clone(), control, &ask) {
                Ok(answer) => {
                    self.answered = true;
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let long = began.elapsed() >= if self.answered { LONG } else { QUICK };
            if matches!(failure, Failure::Slow(_)) {
                // A connection that went silent, as after a change of network, stays so; the next try makes a new one.
                self.client = client(&self.address).map_err(|_| Failure::Slow(time))?;
            }
            let hopeless = !failure.passes()
                || (long && (!may_be_long || !self.answered))
                || (failure.is_timeout() && time > REQUEST);
            self.answered |= failure.is_answer();
            let Some(wait) = waits.get(tried).filter(|_| !hopeless) else { return Err(failure) };
            let wait = if let Failure::Busy(asked, _) = &failure { *asked } else { *wait };
            log::debug!("{}: {failure:?}, trying again in {wait:?}", self.address.url);
            control.sleep(wait).map_err(|_| Failure::Cancelled)?;
            may_be_long &= !long;
            tried += 1;
        }
    }

    /// Makes a request once. While it is pending, looks whether it is still wanted.
    fn once<R, T>(
        &self,
        time: Duration,
        request: R,
        control: &Control,
        ask: impl AsyncFn(Qdrant, R) -> Result<T, QdrantError>,
    ) -> Result<T, Failure> {
        let client = self.client.clone();
        self.handle.block_on(async {
            let mut answer = std::pin::pin!(ask(client, request));
            let mut late = std::pin::pin!(sleep(time));
            let mut poll = interval(POLL);
            poll.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => return answer.map_err(Failure::from),
                    () = &mut late => return Err(Failure::Slow(time)),
                    _ = poll.tick() => {
                        if matches!(control.wish(), Wish::Stop | Wish::Cancel) {
                            return Err(Failure::Cancelled);
                        }
                    }
                }
            }
        })
    }

    /// Makes several requests at the same time, each once, and waits for all of them so long. Gives their answers in
    /// order.
    pub fn each<R: Clone, T>(
        &self,
        time: Duration,
        requests: &[R],
        control: &Control,
        ask: impl AsyncFn(Qdrant, R) -> Result<T, QdrantError>,
    ) -> Vec<Result<T, Failure>> {
        let mut answers: Vec<Option<Result<T, Failure>>> = requests.iter().map(|_| None).collect();
        let ended = self.handle.block_on(async {
            let mut pending: Vec<_> = requests.iter().map(|r| Box::pin(ask(self.client.clone(), r.clone()))).collect();
            let mut late = std::pin::pin!(sleep(time));
            let mut poll = interval(POLL);
            poll.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                let all = std::future::poll_fn(|context| {
                    for (request, answer) in pending.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none())
                    {
                        if let Poll::Ready(ready) = request.as_mut().poll(context) {
                            *answer = Some(ready.map_err(Failure::from));
                        }
                    }
                    if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
                });
                tokio::select! {
                    biased;
                    () = all => return None,
                    () = &mut late => return Some(false),
                    _ = poll.tick() => {
                        if matches!(control.wish(), Wish::Stop | Wish::Cancel) {
                            return Some(true);
                        }
                    }
                }
            }
        });
        let missing = || if ended == Some(true) { Failure::Cancelled } else { Failure::Slow(time) };
        answers.into_iter().map(|answer| answer.unwrap_or_else(|| Err(missing()))).collect()
    }

    /// The names of the server's collections, sorted; each try may take so long.
    pub fn names(&mut self, time: Duration, control: &Control) -> Result<Vec<String>, Failure> {
        let answer = self.attempt(time, (), control, async |client, ()| client.list_collections().await)?;
        let mut names: Vec<String> = answer.collections.into_iter().map(|collection| collection.name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// What a failure means to a person.
    pub fn tell(&mut self, failure: Failure, control: &Control) -> Error {
        let url = self.address.url.clone();
        match failure {
            Failure::Cancelled => Error::Cancelled,
            Failure::Slow(time) => Error::Connection { url, problem: format!("no answer within {} s", time.as_secs()) },
            Failure::Transport(problem) => Error::Connection { url, problem },
            Failure::Busy(_, message) => Error::Server(format!("the server is too busy: {}", plain(&message))),
            Failure::Answer { code: code::UNAUTHENTICATED | code::PERMISSION_DENIED, .. } => {
                Error::Unauthorized { url }
            }
            // The client's words, and they hold the key.
            Failure::Answer { message, .. } if message.starts_with("Malformed API key") => Error::Unauthorized { url },
            Failure::Answer { code: code::NOT_FOUND, .. } if !self.collection.is_empty() => {
                match self.names(REQUEST, control) {
                    Err(Failure::Cancelled) => Error::Cancelled,
                    // A key may be good for one collection only, and not for the list.
                    names => Error::CollectionMissing {
                        name: self.collection.clone(),
                        place: format!("at {url}"),
                        available: names.unwrap_or_default(),
                    },
                }
            }
            Failure::Answer { code: code::UNIMPLEMENTED, .. } => {
                Error::Server("the server does not know this request; it is too old, or it is no Qdrant server".into())
            }
            Failure::Answer { code, message } if message.trim().is_empty() => {
                Error::Server(format!("the server failed with gRPC status {code} and no words"))
            }
            Failure::Answer { message, .. } => Error::Server(plain(&message)),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A plain drop would wait for a name lookup that may still be under way after a cancel.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn client(address: &ServerAddress) -> Result<Qdrant> {
    let mut config = Qdrant::from_url(&address.url)
        .api_key(address.api_key.as_deref())
        // Each request has its own time; this one only has to be longer than all of them.
        .timeout(MATRIX + REQUEST)
        .connect_timeout(CONNECT)
        // The check would print to the standard output and ask more of the server.
        .skip_compatibility_check();
    config.set_pool_size(1);
    config.build().map_err(|_| Error::setting(format!("--url: \"{}\" is not an address", address.url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transports_talk_becomes_short_words() {
        for (told, words) in [
            (
                "Failed to connect to http://127.0.0.1:1/: tonic::transport::Error(Transport, ConnectError(ConnectError(\
                 \"tcp connect error\", 127.0.0.1:1, Os { code: 111, kind: ConnectionRefused })))",
                "connection refused",
            ),
            ("transport error: dns error: failed to lookup address information", "no such host"),
            (
                "h2 protocol error: http2 error: connection error detected: frame with invalid size",
                "it does not speak gRPC; is this the gRPC port?",
            ),
            ("h2 protocol error: error reading a body from connection: unexpected EOF", "the connection was closed"),
            ("transport error: Connection reset by peer (os error 104)", "the connection was reset"),
        ] {
            assert_eq!(transport_words(told), Some(words), "{told}");
        }
        assert_eq!(transport_words("Vector dimension error: expected dim: 4, got 3"), None);
    }

    #[test]
    fn a_servers_words_lose_their_class() {
        assert_eq!(plain("Wrong input: Not existing vector name error: x"), "Not existing vector name error: x");
        assert_eq!(plain("a\n  b"), "a b");
        assert!(plain(&"ä".repeat(1_000)).ends_with("ä..."));
    }

    #[test]
    fn only_passing_faults_are_tried_again() {
        let answer = |code, message: &str| Failure::Answer { code, message: message.into() };
        for code in [code::DEADLINE_EXCEEDED, code::ABORTED, code::UNAVAILABLE] {
            assert!(answer(code, "").passes());
        }
        assert!(answer(code::INTERNAL, "Service internal error: transport error").passes());
        assert!(!answer(code::INTERNAL, "Service internal error: out of ids").passes());
        assert!(!answer(code::INVALID_ARGUMENT, "transport error").passes());
        assert!(!answer(code::NOT_FOUND, "").passes());
        assert!(Failure::Transport(String::new()).passes() && Failure::Slow(REQUEST).passes());
        assert!(!Failure::Cancelled.passes());
    }
}
