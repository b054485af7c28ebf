//! Pictures for the screen: asked for in a frame, made on threads of their own, and taken when they are ready.
//!
//! ```text
//! request -> local queue -> cache, file, payload ----------> try_recv
//!                      \--> remote queue -> network --/
//! ```
//!
//! What was asked for last comes first, as it is what is on the screen. Both queues are bounded, and what falls out of
//! them may be asked for again. An address waits for the network on other threads than files are read on, and a host
//! that is slow holds up no other.

mod make;
mod queue;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use self::make::Maker;
use self::queue::{Finished, State};
use super::fetch::Fetcher;
use super::locate::PictureRef;
use super::thumbnails::Thumbnails;
use crate::error::{Error, Result};
use crate::job::panic_text;

/// Threads that fetch.
const FETCHERS: usize = 4;
/// Fetches at once from one host.
const PER_HOST: usize = 2;
/// Threads that decode, at most.
const DECODERS: usize = 4;

/// What is asked for: a picture at a size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PictureKey {
    /// Where it is.
    pub picture: PictureRef,
    /// Pixels that its longer edge has at most, up to 4096. A small picture keeps its size.
    pub edge: u32,
    /// Whether it may come from this machine or a private network, where it is at an address; on Windows, whether a
    /// path may lead to another machine.
    pub allow_private: bool,
}

/// A picture as a window shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct RgbaPixels {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green, blue and alpha of each pixel, by rows from the top left on; width x height x 4 bytes. Opaque.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for RgbaPixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RgbaPixels({} x {})", self.width, self.height)
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What was asked for.
    pub key: PictureKey,
    /// The picture, or in one line why there is none.
    pub picture: Result<Arc<RgbaPixels>, String>,
}

/// How a [`Loader`] works.
#[derive(Clone, Debug)]
pub struct LoaderSettings {
    /// Where small copies are kept; none to keep none.
    pub thumbnails: Option<Thumbnails>,
    /// Bytes that they may have: more are removed once, in the background, when the loader starts.
    pub cache_bytes: u64,
    /// Requests that wait at most for files, and again for the network.
    pub queue: usize,
    /// Threads that read and decode, at least 1.
    pub threads: usize,
}

impl Default for LoaderSettings {
    /// The user's cache folder with at most 2 GiB, 1,024 requests, and a thread for each core up to 4.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            thumbnails: Thumbnails::in_cache().ok(),
            cache_bytes: 2 << 30,
            queue: 1024,
            threads: cores.min(DECODERS),
        }
    }
}

/// Loads pictures in the background. Dropping it ends its threads, each as soon as it is done with the picture that it
/// decodes; nobody waits for them.
pub struct Loader {
    shared: Arc<Shared>,
    ready: Receiver<Loaded>,
}

/// How a picture is made of its key. Told apart from when, so that each can be tried without the other.
trait Work: Send + Sync {
    /// What needs no network.
    fn local(&self, key: &PictureKey) -> Step;
    /// What has to be fetched; none where that was cancelled.
    fn remote(&self, key: &PictureKey) -> Option<Made>;
    /// Forgets what could not be fetched.
    fn forget_failures(&self) {}
    /// Ends what waits for the network.
    fn cancel(&self) {}
}

/// A picture, or in one line why there is none.
type Made = Result<RgbaPixels, String>;

/// What comes of a request without the network.
enum Step {
    Done(Made),
    /// It has to be fetched from that host.
    Fetch(Arc<str>),
}

struct Shared {
    state: Mutex<State>,
    /// Told when there is something to do without the network.
    local: Condvar,
    /// Told when there may be something to fetch.
    remote: Condvar,
    outbox: Sender<Loaded>,
    wake: Arc<dyn Fn() + Send + Sync>,
    work: Box<dyn Work>,
}

impl Loader {
    /// Starts the threads. `wake` is called from them whenever there is something for [`try_recv`](Self::try_recv).
    pub fn start(settings: LoaderSettings, wake: Arc<dyn Fn() + Send + Sync>) -> Result<Self> {
        let threads = settings.threads.max(1);
        if let Some(thumbnails) = settings.thumbnails.clone() {
            spawn("thumbnails", move || match thumbnails.trim(settings.cache_bytes) {
                Ok(removed) => log::debug!("{removed} bytes of thumbnails removed"),
                Err(error) => log::warn!("the thumbnails cannot be trimmed: {error}"),
            })?;
        }
        let maker = Maker::new(settings.thumbnails, Fetcher::new(), threads);
        Self::with_work(Box::new(maker), threads, settings.queue, wake)
    }

    fn with_work(work: Box<dyn Work>, threads: usize, queue: usize, wake: Arc<dyn Fn() + Send + Sync>) -> Result<Self> {
        let (outbox, ready) = channel();
        let state = Mutex::new(State::new(queue, PER_HOST));
        let (local, remote) = (Condvar::new(), Condvar::new());
        let loader = Self { shared: Arc::new(Shared { state, local, remote, outbox, wake, work }), ready };
        for _ in 0..threads {
            let shared = loader.shared.clone();
            spawn("pictures", move || shared.make_pictures())?;
        }
        for _ in 0..FETCHERS {
            let shared = loader.shared.clone();
            spawn("fetch", move || shared.fetch_pictures())?;
        }
        Ok(loader)
    }

    /// Asks for a picture. What was asked for last is made first, so the picture that matters most is asked for at the
    /// end. To ask again for what waits moves it to the front; for what is being made, it changes nothing.
    ///
    /// For a frame: takes as long whatever is going on, and touches neither disk nor network.
    pub fn request(&self, key: PictureKey) {
        if self.shared.state().request(key) {
            self.shared.local.notify_one();
        }
    }

    /// The next picture that is ready, if there is one. For a frame.
    pub fn try_recv(&self) -> Option<Loaded> {
        loop {
            let loaded = self.ready.try_recv().ok()?;
            if self.shared.state().take(&loaded.key) {
                return Some(loaded);
            }
        }
    }

    /// Drops requests: what waits is not made, and what is being made or is ready is not given out. For a frame.
    pub fn forget<'a>(&self, keys: impl IntoIterator<Item = &'a PictureKey>) {
        let mut state = self.shared.state();
        keys.into_iter().for_each(|key| state.forget(key));
    }

    /// Lets addresses be fetched again that failed in the last minutes.
    pub fn forget_failures(&self) {
        self.shared.work.forget_failures();
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.shared.state().close();
        self.shared.local.notify_all();
        self.shared.remote.notify_all();
        self.shared.work.cancel();
    }
}

impl Shared {
    /// Nothing slow is done while it is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread for files does until the loader is dropped.
    fn make_pictures(&self) {
        while let Some(key) = self.next(&self.local, State::next_local) {
            let step = catch_unwind(AssertUnwindSafe(|| self.work.local(&key)))
                .unwrap_or_else(|panic| Step::Done(Err(panicked(&*panic))));
            match step {
                Step::Done(made) => self.finish(key, None, Some(made)),
                Step::Fetch(host) => {
                    self.state().wait_for_host(&key, host);
                    self.remote.notify_one();
                }
            }
        }
    }

    /// What a thread for the network does until then.
    fn fetch_pictures(&self) {
        while let Some((key, host)) = self.next(&self.remote, State::next_remote) {
            let made = catch_unwind(AssertUnwindSafe(|| self.work.remote(&key)))
                .unwrap_or_else(|panic| Some(Err(panicked(&*panic))));
            self.finish(key, Some(&host), made);
        }
    }

    /// Waits for something to do; none once the loader is dropped.
    fn next<T>(&self, told: &Condvar, take: impl Fn(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        while state.is_open() {
            if let Some(found) = take(&mut state) {
                return Some(found);
            }
            state = told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    fn finish(&self, key: PictureKey, host: Option<&str>, made: Option<Made>) {
        let finished = self.state().finish(&key, host, made.is_some());
        if host.is_some() {
            // Another one may fetch from this host now.
            self.remote.notify_one();
        }
        if let (Finished::Wanted, Some(made)) = (finished, made) {
            // Fails only where the loader is gone.
            let _ = self.outbox.send(Loaded { key, picture: made.map(Arc::new) });
            (self.wake)();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let spawned = std::thread::Builder::new().name(name.into()).spawn(work);
    spawned.map(drop).map_err(|e| Error::setting(format!("a thread for pictures cannot be started: {e}")))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> String {
    format!("the picture could not be read: {}", make::one_line(&panic_text(panic)))
}
