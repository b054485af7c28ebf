//! Models from a Hugging Face hub, kept in the cache that the hub's own tools use.
//!
//! The layout is that of `huggingface_hub` and `hf-hub`: what a Python program downloaded is found here, and what is
//! downloaded here is found there.
//!
//! ```text
//! CACHE/models--OWNER--NAME/refs/main                  the commit that is meant
//! CACHE/models--OWNER--NAME/snapshots/COMMIT/FILE      a link to the content
//! CACHE/models--OWNER--NAME/blobs/ETAG                 the content
//! CACHE/models--OWNER--NAME/blobs/ETAG.incomplete      the content so far
//! CACHE/.locks/models--OWNER--NAME/ETAG.lock           held by whoever downloads it
//! ```
//!
//! A content gets its name only when its length and checksum are right, and `refs/main` is written last, so a download
//! that broke off is never taken for a model. The next one goes on where it stopped.
//!
//! On a machine without a network, files can be put by hand into [`Hub::hand_folder`].

mod cache;
mod checksum;
mod download;
mod lookup;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::Method;

use self::cache::Shelf;
use self::lookup::Entry;
use crate::error::{Error, Result};
use crate::http::{self, Answer, Ask, Client, Failure, Patience};
use crate::job::{Control, Reporter};

/// The hub that is asked where no other is named.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Tries of a request that fails in passing, without having got any further.
const ATTEMPTS: u32 = 4;
/// Redirects of one request.
const REDIRECTS: usize = 10;

/// A hub and the cache of what came from it.
#[derive(Clone)]
pub struct Hub {
    endpoint: String,
    cache: PathBuf,
    token: Option<String>,
    offline: bool,
    silence: Duration,
    first_pause: Duration,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = self.token.as_ref().map(|_| "hidden");
        let Self { endpoint, cache, .. } = self;
        f.debug_struct("Hub").field("endpoint", endpoint).field("cache", cache).field("token", &token).finish()
    }
}

impl Hub {
    /// A hub at an address, with a cache folder and, for models that need one, a token.
    pub fn new(endpoint: &str, cache: impl Into<PathBuf>, token: Option<&str>) -> Result<Self> {
        Ok(Self {
            endpoint: http::checked_url("HF_ENDPOINT", endpoint)?,
            cache: cache.into(),
            token: token.map(|token| http::checked_token("HF_TOKEN", token)).transpose()?.flatten(),
            offline: false,
            silence: Duration::from_secs(30),
            first_pause: Duration::from_secs(1),
        })
    }

    /// The hub that the environment names, as the hub's own tools read it: `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`,
    /// `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE` and `XDG_CACHE_HOME`.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// As [`from_env`](Self::from_env), with the variables from somewhere else.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let given = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let user = given(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
        let folder = |name: &str| {
            let path = PathBuf::from(given(name)?);
            match (path.strip_prefix("~"), &user) {
                (Ok(rest), Some(user)) => Some(user.join(rest)),
                _ => Some(path),
            }
        };
        // The hub's tools use ~/.cache on every platform, and a cache elsewhere would not be shared with them.
        let home = folder("HF_HOME").or_else(|| {
            let caches = folder("XDG_CACHE_HOME").or_else(|| Some(user.as_ref()?.join(".cache")))?;
            Some(caches.join("huggingface"))
        });
        let cache = folder("HF_HUB_CACHE")
            .or_else(|| folder("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(home.as_ref()?.join("hub")))
            .ok_or_else(|| Error::setting("there is no home folder to keep models in; name one with HF_HOME"))?;
        let text = |name: &str| given(name).map(|value| value.to_string_lossy().into_owned());
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
        let token = text("HF_TOKEN").or_else(|| {
            let file = folder("HF_TOKEN_PATH").or_else(|| Some(home?.join("token")))?;
            // No such file is the usual case.
            std::fs::read_to_string(file).ok()
        });
        let mut hub = Self::new(&endpoint, cache, token.as_deref())?;
        hub.offline = text("HF_HUB_OFFLINE")
            .is_some_and(|value| ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str()));
        Ok(hub)
    }

    /// Waits only so long for a server that is silent, and so long before the first of several more tries.
    pub fn with_patience(mut self, silence: Duration, first_pause: Duration) -> Self {
        (self.silence, self.first_pause) = (silence, first_pause);
        self
    }

    /// The address of the hub.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The cache folder.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The folder that holds everything of a model.
    pub fn folder(&self, repo: &str) -> PathBuf {
        self.shelf(repo).root
    }

    /// Where a model's files may be put by hand, under the names that they have on the hub.
    pub fn hand_folder(&self, repo: &str) -> PathBuf {
        self.shelf(repo).hand_folder()
    }

    /// A file that is in the cache already, or was put there by hand.
    pub fn local(&self, repo: &str, file: &str) -> Option<PathBuf> {
        cache::check_repo(repo).and_then(|()| cache::check_file(file)).ok()?;
        let shelf = self.shelf(repo);
        shelf.places().into_iter().map(|place| place.join(file)).find(|path| path.is_file())
    }

    /// Whether these files of a model are all in the cache already, so that a [`fetch`](Self::fetch) would ask for nothing.
    pub fn has(&self, repo: &str, files: &[&str]) -> bool {
        cache::check_repo(repo).is_ok() && self.shelf(repo).complete(files, &[]).is_some()
    }

    /// Bytes that a [`fetch`](Self::fetch) of these files would download; none where the hub does not answer or does not
    /// say. Only asks: nothing is downloaded or written.
    pub fn missing_bytes(&self, repo: &str, files: &[&str], control: &Control) -> Result<Option<u64>> {
        cache::check_repo(repo)?;
        files.iter().try_for_each(|file| cache::check_file(file))?;
        let shelf = self.shelf(repo);
        if shelf.complete(files, &[]).is_some() {
            return Ok(Some(0));
        }
        if self.offline {
            return Ok(None);
        }
        // It is only good to know: a person waits for it.
        let visit = self.visit(repo, files, self.silence.min(Duration::from_secs(5)), control);
        match visit.missing(&[], &mut Reporter::silent()) {
            Ok((_, missing)) => Ok(visit.to_load(&missing).map(|entry| entry.size).sum()),
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(_) => Ok(None),
        }
    }

    /// Downloads what is missing of a model, and gives the paths of its files by name. `required` files must be there;
    /// of the `optional` ones, those that the hub has are given. Where all required files are in the cache, nothing is
    /// asked of the network.
    pub fn fetch(
        &self,
        repo: &str,
        required: &[&str],
        optional: &[&str],
        control: &Control,
        reporter: &mut Reporter,
    ) -> Result<BTreeMap<String, PathBuf>> {
        cache::check_repo(repo)?;
        required.iter().chain(optional).try_for_each(|file| cache::check_file(file))?;
        let shelf = self.shelf(repo);
        if let Some(found) = shelf.complete(required, optional) {
            return Ok(found);
        }
        let visit = self.visit(repo, required, self.silence, control);
        if self.offline {
            let url = visit.page();
            return Err(visit.fail(&url, "HF_HUB_OFFLINE is set, and the model is not in the cache", visit.by_hand()));
        }
        visit.fetch(optional, reporter)
    }

    fn visit<'a>(
        &'a self,
        repo: &'a str,
        required: &'a [&'a str],
        silence: Duration,
        control: &'a Control,
    ) -> Visit<'a> {
        let patience = Patience { connect: Duration::from_secs(10), silence, whole: None, heeds_stop: true };
        let client = Client::new(&self.endpoint, patience);
        Visit { hub: self, repo, shelf: self.shelf(repo), required, client, control }
    }

    fn shelf(&self, repo: &str) -> Shelf {
        Shelf::new(&self.cache, repo)
    }
}

/// One call of [`Hub::fetch`] or [`Hub::missing_bytes`] that has to ask the hub.
struct Visit<'a> {
    hub: &'a Hub,
    repo: &'a str,
    shelf: Shelf,
    required: &'a [&'a str],
    client: Client,
    control: &'a Control,
}

impl Visit<'_> {
    /// What the cache lacks of the commit that is meant, and that commit; none where the hub has none of the files.
    fn missing(&self, optional: &[&str], reporter: &mut Reporter) -> Result<(Option<String>, Vec<Entry>)> {
        let files = self.required.iter().chain(optional);
        reporter.stage(
            format!("looking up {}", self.repo),
            "files",
            Some((self.required.len() + optional.len()) as u64),
        );
        // The first answer says which commit is meant, and all other files come from the same one.
        let mut commit: Option<String> = None;
        let mut missing = Vec::new();
        for (index, file) in files.enumerate() {
            let is_there = commit.as_ref().is_some_and(|commit| self.shelf.snapshot(commit).join(file).is_file());
            if !is_there {
                match self.look_up(commit.as_deref().unwrap_or("main"), file)? {
                    Some((entry, found)) => {
                        let commit = commit.get_or_insert(found);
                        if !self.shelf.snapshot(commit).join(file).is_file() {
                            missing.push(entry);
                        }
                    }
                    None if index < self.required.len() => return Err(self.status_error(&self.url("main", file), 404)),
                    None => {}
                }
            }
            reporter.advance(1);
        }
        Ok((commit, missing))
    }

    /// Those whose content is not in the cache under any name.
    fn to_load<'e>(&self, missing: &'e [Entry]) -> impl Iterator<Item = &'e Entry> {
        missing.iter().filter(|entry| !cache::is_whole(&self.shelf.blob(&entry.etag), entry.size))
    }

    fn fetch(&self, optional: &[&str], reporter: &mut Reporter) -> Result<BTreeMap<String, PathBuf>> {
        let (Some(commit), missing) = self.missing(optional, reporter)? else { return Ok(BTreeMap::new()) };
        let to_load: Vec<&Entry> = self.to_load(&missing).collect();
        if !to_load.is_empty() {
            let total = to_load.iter().map(|entry| entry.size).sum::<Option<u64>>();
            let count = if to_load.len() == 1 { "1 file".to_owned() } else { format!("{} files", to_load.len()) };
            let size = total.map_or_else(|| "of unknown size".to_owned(), http::size_words);
            let (repo, from, to) = (self.repo, &self.hub.endpoint, self.shelf.root.display());
            reporter.note(format!("downloading {count} of {repo} ({size}) from {from} to {to}"));
            reporter.stage(format!("downloading {repo}"), "bytes", total);
        }
        for entry in &to_load {
            self.download(&commit, entry, reporter)?;
        }
        for entry in &missing {
            self.shelf.link(&commit, &entry.file, &entry.etag)?;
        }
        self.shelf.set_main(&commit)?;
        Ok(cache::present(&self.shelf.snapshot(&commit), &[self.required, optional].concat()))
    }

    /// The address of a file.
    fn url(&self, revision: &str, file: &str) -> String {
        format!("{}/{}/resolve/{revision}/{}", self.hub.endpoint, self.repo, cache::escaped(file))
    }

    /// The page of the model, for a person to look at.
    fn page(&self) -> String {
        format!("{}/{}", self.hub.endpoint, self.repo)
    }

    /// Sends a request and follows redirects until `enough`. Only the hub itself sees the token.
    fn follow(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&'static str, String)],
        mut enough: impl FnMut(&Answer, bool) -> bool,
    ) -> Result<Answer, Failure> {
        let home = http::origin(&self.hub.endpoint);
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let at_home = http::origin(&url) == home;
            let token = self.hub.token.as_deref().filter(|_| at_home);
            let ask = Ask { method: method.clone(), url: &url, token, headers: headers.to_vec(), body: None };
            let answer = self.client.send(&ask, self.control)?;
            if enough(&answer, at_home) || !matches!(answer.status, 301..=303 | 307 | 308) {
                return Ok(answer);
            }
            let next = http::header(&answer.headers, "location").and_then(|location| http::join(&url, location));
            url = next.ok_or_else(|| Failure::Final("a redirect that leads nowhere".into()))?;
        }
        Err(Failure::Final("too many redirects".into()))
    }

    fn fail(&self, url: &str, problem: impl Into<String>, hint: String) -> Error {
        Error::Download { url: url.to_owned(), problem: problem.into(), hint: Some(hint) }
    }

    /// What to say where a request got no answer.
    fn failure_error(&self, url: &str, failure: Failure) -> Error {
        match failure {
            Failure::Cancelled => Error::Cancelled,
            Failure::Offline(problem) => self.fail(url, problem, self.by_hand()),
            Failure::TimedOut(problem) | Failure::Broken(problem) => {
                let again = "run it again, and it goes on where it stopped";
                self.fail(url, problem, format!("{again}; or {}", self.by_hand()))
            }
            Failure::Final(problem) => self.fail(url, problem, self.by_hand()),
        }
    }

    /// What to say where the server refused.
    fn status_error(&self, url: &str, status: u16) -> Error {
        let page = self.page();
        let has_token = self.hub.token.is_some();
        let terms = format!("accept the model's terms at {page}, and set HF_TOKEN");
        let (problem, hint) = match status {
            401 if has_token => ("the hub does not take the token", "check HF_TOKEN".to_owned()),
            401 => (
                "the hub wants a token, or has no such model",
                format!("check the name; a gated or private model needs a token: {terms}"),
            ),
            403 if has_token => {
                ("the token gives no access to this model", format!("{terms} to a token of the account that did so"))
            }
            403 => ("this model is gated and needs a token", terms),
            404 => ("the hub has no such file", format!("check the model's name, and what it holds: {page}/tree/main")),
            _ if http::is_passing(status) => ("the server is in trouble", "try again later".to_owned()),
            _ => ("the server refused", format!("check that a Hugging Face hub answers at {}", self.hub.endpoint)),
        };
        self.fail(url, format!("{problem} ({status})"), hint)
    }

    /// How to go on without the network.
    fn by_hand(&self) -> String {
        format!(
            "without a network, put {} into {} (from {}/tree/main, fetched elsewhere), or set HF_HOME to a folder that \
             has the model, or HF_ENDPOINT to a mirror that can be reached",
            self.required.join(", "),
            self.shelf.hand_folder().display(),
            self.page(),
        )
    }
}
