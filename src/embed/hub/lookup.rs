//! What the hub says about a file before it is downloaded: its commit, the name of its content and its size.

use ureq::http::{HeaderMap, Method};

use super::{ATTEMPTS, Visit, cache};
use crate::error::Result;
use crate::http::{self, Failure};

/// A file on the hub.
pub(super) struct Entry {
    pub file: String,
    /// The name of the content: for large files their SHA-256, for small ones what git calls them.
    pub etag: String,
    pub size: Option<u64>,
}

/// What was gathered along the redirects of one request.
#[derive(Default)]
struct Gathered {
    commit: Option<String>,
    linked_etag: Option<String>,
    etag: Option<String>,
    size: Option<u64>,
}

impl Gathered {
    /// Adds what an answer says, and tells whether that is all there is to know. The hub knows best: a server that it
    /// redirects to gives its own etags.
    fn add(&mut self, status: u16, headers: &HeaderMap, at_home: bool) -> bool {
        if !(200..400).contains(&status) {
            // A refusal's etag is that of its own words.
            return false;
        }
        let text = |name| http::header(headers, name);
        let number = |name| text(name).and_then(|text| text.parse().ok());
        if at_home {
            self.commit = text("x-repo-commit").map(str::to_owned).or(self.commit.take());
            self.linked_etag = text("x-linked-etag").and_then(plain_etag).or(self.linked_etag.take());
            self.size = number("x-linked-size").or(self.size);
        }
        if at_home || self.etag.is_none() {
            self.etag = text("etag").and_then(plain_etag).or(self.etag.take());
        }
        if status < 300 {
            // The length of a redirect's own body says nothing about the file.
            self.size = self.size.or(number("content-length"));
        }
        self.commit.is_some() && self.linked_etag.is_some() && self.size.is_some()
    }
}

impl Visit<'_> {
    /// Asks for a file of a revision: its entry and commit, or none where the revision has no such file.
    pub(super) fn look_up(&self, revision: &str, file: &str) -> Result<Option<(Entry, String)>> {
        let url = self.url(revision, file);
        for attempt in 0.. {
            let mut gathered = Gathered::default();
            let answer = self
                .follow(&Method::HEAD, &url, &[], |answer, home| gathered.add(answer.status, &answer.headers, home));
            let last = attempt + 1 >= ATTEMPTS;
            let asked = match answer {
                Ok(answer) if http::is_passing(answer.status) && !last => http::asked_pause(&answer.headers),
                Ok(answer) => {
                    let Gathered { commit, linked_etag, etag, size } = gathered;
                    // Where a server that the hub redirects to refuses to be asked, the hub's own words are enough.
                    let told = linked_etag.or(etag).zip(commit.filter(|commit| cache::is_plain(commit)));
                    return match (answer.status, told) {
                        (404, _) => Ok(None),
                        (200..400, None) => Err(self.fail(
                            &url,
                            "the answer names neither commit nor content",
                            format!("check that a Hugging Face hub answers at {}", self.hub.endpoint),
                        )),
                        (_, Some((etag, commit))) => Ok(Some((Entry { file: file.to_owned(), etag, size }, commit))),
                        (status, None) => Err(self.status_error(&url, status)),
                    };
                }
                Err(Failure::Broken(_)) if !last => None,
                // A wait that was long already.
                Err(Failure::TimedOut(_)) if attempt == 0 => None,
                Err(failure) => return Err(self.failure_error(&url, failure)),
            };
            self.control.sleep(http::pause(self.hub.first_pause, attempt, asked))?;
        }
        unreachable!("the last attempt returns")
    }
}

/// An etag without its quotes, where it can name a file.
fn plain_etag(text: &str) -> Option<String> {
    let bare = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    cache::is_plain(bare).then(|| bare.to_owned())
}
