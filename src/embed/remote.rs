//! A remote embedding endpoint: texts or pictures go out, vectors come back.
//!
//! The endpoint gets `POST` with `{"inputs": [...], "params": {}}` and answers with a JSON list that holds one list of
//! numbers for each input. A text is sent as it is, a picture as the base64 form of its file's bytes.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use ureq::http::Method;

use crate::error::{Error, Result};
use crate::http::{self, Answer, Ask, Client, Failure, Patience};
use crate::job::Control;

/// Tries of a request that fails in passing.
const ATTEMPTS: u32 = 6;
/// The largest answer that is read: some 10,000 vectors of 1,024 dimensions, as text.
const ANSWER_LIMIT: usize = 256 * 1024 * 1024;

/// An endpoint, the token to it, and how long to wait for it. It may be used from several threads at once.
pub struct Remote {
    url: String,
    token: Option<String>,
    timeout: Duration,
    first_pause: Duration,
    answer_limit: usize,
    client: Client,
}

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    inputs: &'a [String],
    params: Params,
}

/// Of which there are none yet.
#[derive(Serialize)]
struct Params {}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = self.token.as_ref().map(|_| "hidden");
        let Self { url, timeout, .. } = self;
        f.debug_struct("Remote").field("url", url).field("token", &token).field("timeout", timeout).finish()
    }
}

impl Remote {
    /// An endpoint at an `http` or `https` address. Each request and its answer may take as long as the timeout.
    pub fn new(url: &str, token: Option<&str>, timeout: Duration) -> Result<Self> {
        // A slash at the end may be a part of the path, so it stays.
        http::checked_url("the embedding endpoint", url)?;
        let url = url.trim().to_owned();
        let token = token.map(|token| http::checked_token("the embedding endpoint", token)).transpose()?.flatten();
        let connect = timeout.min(Duration::from_secs(10));
        let patience = Patience { connect, silence: timeout, whole: Some(timeout), heeds_stop: false };
        let client = Client::new(&url, patience);
        Ok(Self { url, token, timeout, first_pause: Duration::from_secs(1), answer_limit: ANSWER_LIMIT, client })
    }

    /// Waits so long before the first of several more tries, and longer before each later one.
    pub fn with_first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The vectors of some inputs, in their order. They are all of one length and hold finite numbers only.
    ///
    /// A server in passing trouble is asked again, after as long as it asks for within reason. A cancel is heard at
    /// once; a stop lets a request end, and is [`Error::Cancelled`] only between two tries.
    pub fn embed(&self, inputs: &[String], control: &Control) -> Result<Vec<Vec<f32>>> {
        control.check()?;
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let body = serde_json::to_vec(&Body { inputs, params: Params {} })
            .map_err(|e| self.fail(format!("the inputs cannot be sent: {e}"), None))?;
        let ask = Ask {
            method: Method::POST,
            url: &self.url,
            token: self.token.as_deref(),
            headers: vec![("content-type", "application/json".to_owned()), ("accept", "application/json".to_owned())],
            body: Some(Arc::new(body)),
        };
        let mut attempt = 0;
        loop {
            let last = attempt + 1 >= ATTEMPTS;
            let asked = match self.client.send(&ask, control) {
                Ok(answer) if matches!(answer.status, 429 | 502..=504) && !last => http::asked_pause(&answer.headers),
                Ok(answer) if (200..=299).contains(&answer.status) => {
                    match self.vectors(&answer, inputs.len(), control) {
                        Err(Trouble::Passing) if !last => None,
                        Err(Trouble::Passing) => {
                            return Err(self.failure_error(Failure::Broken("the connection was cut".into())));
                        }
                        Err(Trouble::Fatal(error)) => return Err(error),
                        Ok(vectors) => return Ok(vectors),
                    }
                }
                Ok(answer) => return Err(self.status_error(&answer, control)),
                Err(Failure::Broken(_)) if !last => None,
                Err(failure) => return Err(self.failure_error(failure)),
            };
            let pause = http::pause(self.first_pause, attempt, asked);
            log::info!("{}: trying again in {pause:?}", self.url);
            control.sleep(pause)?;
            if control.stopping() {
                return Err(Error::Cancelled);
            }
            attempt += 1;
        }
    }

    /// Reads an answer and checks it.
    fn vectors(&self, answer: &Answer, inputs: usize, control: &Control) -> Result<Vec<Vec<f32>>, Trouble> {
        let body = self.client.body(answer, self.answer_limit, control).map_err(|failure| match failure {
            Failure::Broken(_) => Trouble::Passing,
            other => Trouble::Fatal(self.failure_error(other)),
        })?;
        let wrong = |problem: String| Trouble::Fatal(self.fail(problem, None));
        let vectors: Vec<Vec<f32>> = serde_json::from_slice(&body).map_err(|e| {
            let start = String::from_utf8_lossy(&body[..body.len().min(60)]).replace(char::is_control, " ");
            wrong(format!("the answer is not a list of lists of numbers ({e}): {start}"))
        })?;
        if vectors.len() != inputs {
            return Err(wrong(format!("{inputs} inputs were sent, and {} vectors came back", vectors.len())));
        }
        let dimension = vectors[0].len();
        for (index, vector) in vectors.iter().enumerate() {
            if vector.is_empty() {
                return Err(wrong(format!("vector {index} is empty")));
            }
            if vector.len() != dimension {
                let found = vector.len();
                return Err(wrong(format!("vector {index} has {found} dimensions, and vector 0 has {dimension}")));
            }
            if !vector.iter().all(|x| x.is_finite()) {
                return Err(wrong(format!("vector {index} holds a number that is too large")));
            }
        }
        Ok(vectors)
    }

    fn fail(&self, problem: impl Into<String>, hint: Option<&str>) -> Error {
        let hint = hint.map(str::to_owned);
        Error::Endpoint { url: self.url.clone(), refused: false, problem: problem.into(), hint }
    }

    fn failure_error(&self, failure: Failure) -> Error {
        match failure {
            Failure::Cancelled => Error::Cancelled,
            Failure::Offline(problem) => self.fail(problem, Some("check the address, and that the endpoint runs")),
            Failure::TimedOut(_) => {
                let seconds = self.timeout.as_secs_f64();
                let hint = "is the endpoint busy with other work?";
                self.fail(format!("no whole answer within {seconds} s"), Some(hint))
            }
            Failure::Broken(problem) | Failure::Final(problem) => self.fail(problem, None),
        }
    }

    fn status_error(&self, answer: &Answer, control: &Control) -> Error {
        let words = match self.client.words(answer, control) {
            Ok(words) => words,
            Err(failure) => return self.failure_error(failure),
        };
        let has_token = self.token.is_some();
        let status = answer.status;
        let (problem, hint) = match status {
            401 | 403 if has_token => ("it does not take the token", Some("check --endpoint-token")),
            401 | 403 => ("it wants a token", Some("give it with --endpoint-token or BLOCKSCOPE_ENDPOINT_TOKEN")),
            300..=399 => {
                let to = http::header(&answer.headers, "location").unwrap_or("somewhere else");
                return self.fail(format!("it redirects to {to} ({status})"), Some("give that address instead"));
            }
            404 | 405 => ("nothing takes inputs there", Some("check the path of the address")),
            413 => ("the inputs are too large for it", Some("raise the endpoint's own limit")),
            429 => ("it has too much to do", Some("try again later")),
            500.. => ("the server is in trouble", Some("try again later")),
            _ => ("it refused", None),
        };
        let words = if words.is_empty() { String::new() } else { format!(": {words}") };
        let refused = matches!(status, 400 | 413 | 415 | 422);
        let problem = format!("{problem} ({status}){words}");
        Error::Endpoint { url: self.url.clone(), refused, problem, hint: hint.map(str::to_owned) }
    }
}

/// Why an answer could not be used.
enum Trouble {
    /// It broke off.
    Passing,
    Fatal(Error),
}
