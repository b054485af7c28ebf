//! Collections and encoders that were open before, and how they stand now.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Command, KeyFor, Origin, keys};
use crate::app::settings::{CollectionSettings, same};
use crate::app::{App, Command as AppCommand, JobKey, Lane, Request, Step, Work, document};
use crate::config::CollectionArgs;
use crate::source::ServerAddress;

/// How long servers have to take a connection.
const REACH: Duration = Duration::from_millis(1_500);

/// How a collection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not looked at yet.
    #[default]
    Unknown,
    /// It is there, or its server answers.
    Here,
    /// It is not there any more; what is missing.
    Gone(String),
    /// Its server cannot be reached; why.
    Unreachable(String),
}

/// How recent collections and encoders stand.
#[derive(Debug, Default)]
pub struct Recents {
    /// Whether they were looked at since the start.
    pub(super) looked_once: bool,
    collections: Vec<(CollectionArgs, Standing)>,
    servers: Vec<(String, Option<String>)>,
    lost_encoders: Vec<PathBuf>,
    looking: Option<JobKey>,
    asking: Option<JobKey>,
}

impl Recents {
    /// How a collection stands.
    pub fn standing(&self, collection: &CollectionArgs) -> Standing {
        if collection.store.is_none() && collection.vectors.is_none() {
            let url = url_of(collection);
            let server = self.servers.iter().find(|(known, _)| Some(known) == url.as_ref());
            return match server {
                Some((_, Some(why))) => Standing::Unreachable(why.clone()),
                Some((_, None)) => Standing::Here,
                None => Standing::Unknown,
            };
        }
        let known = self.collections.iter().find(|(known, _)| same(known, collection));
        known.map(|(_, standing)| standing.clone()).unwrap_or_default()
    }

    /// Whether an encoder's file is not there any more.
    pub fn is_lost(&self, encoder: &Path) -> bool {
        self.lost_encoders.iter().any(|lost| lost == encoder)
    }
}

fn url_of(collection: &CollectionArgs) -> Option<String> {
    let url = collection.url.as_deref().unwrap_or("http://localhost:6334");
    ServerAddress::parse(url, None).ok().map(|(address, _)| address.url)
}

/// What is to be looked at on the disk.
#[derive(Debug)]
pub struct Look {
    collections: Vec<CollectionArgs>,
    encoders: Vec<PathBuf>,
    demo: PathBuf,
}

/// How it stands.
#[derive(Debug)]
pub struct Looked {
    /// Collections in stores and files.
    pub collections: Vec<(CollectionArgs, Standing)>,
    /// Encoders that are not there any more.
    pub lost_encoders: Vec<PathBuf>,
    /// Whether the demo is made.
    pub demo: bool,
}

impl Look {
    pub(super) fn run(self) -> Looked {
        let standing = |collection: &CollectionArgs| {
            let missing = match (&collection.store, &collection.collection, &collection.vectors) {
                (Some(store), _, _) if !store.is_dir() => format!("the folder {} is gone", store.display()),
                (Some(store), Some(name), _) if !is_collection(&store.join(name)) => {
                    format!("the store has no collection \"{name}\" any more")
                }
                (None, _, Some(file)) if !file.is_file() => format!("the file {} is gone", file.display()),
                _ => return Standing::Here,
            };
            Standing::Gone(missing)
        };
        let encoder = self.demo.join("encoder.safetensors");
        let demo = self.demo.join("demo.json").is_file()
            && encoder.is_file()
            && is_collection(&self.demo.join(crate::demo::COLLECTION));
        Looked {
            collections: self.collections.into_iter().map(|c| (c.clone(), standing(&c))).collect(),
            lost_encoders: self.encoders.into_iter().filter(|path| !path.is_file()).collect(),
            demo,
        }
    }
}

/// Whether a folder is a collection of an embedded store.
pub(super) fn is_collection(folder: &Path) -> bool {
    folder.join("edge_config.json").is_file()
}

/// Has the disk looked at.
pub(super) fn look(app: &mut App) {
    app.start.recents.looked_once = true;
    if app.jobs.is_live(app.start.recents.looking) {
        return;
    }
    let on_disk = |known: &&CollectionSettings| known.collection.store.is_some() || known.collection.vectors.is_some();
    let collections = app.settings.collections.iter().filter(on_disk).map(|known| known.collection.clone()).collect();
    let work = Look { collections, encoders: app.settings.encoders.clone(), demo: app.folders.demo.clone() };
    let request = Request::quiet("Looking for recent collections", Lane::Files);
    app.start.recents.looking = Some(app.submit(request, Work::Start(super::Work::Look(work))));
}

pub(super) fn looked(app: &mut App, looked: Looked) {
    let recents = &mut app.start.recents;
    (recents.collections, recents.lost_encoders) = (looked.collections, looked.lost_encoders);
    app.start.demo.ready = looked.demo;
}

/// Has the servers of recent collections tried.
pub(super) fn ask_servers(app: &mut App) {
    let on_server =
        |known: &&CollectionSettings| known.collection.store.is_none() && known.collection.vectors.is_none();
    let mut addresses: Vec<String> =
        app.settings.collections.iter().filter(on_server).filter_map(|known| url_of(&known.collection)).collect();
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() || app.jobs.is_live(app.start.recents.asking) {
        return;
    }
    let request = Request::quiet("Looking for servers", Lane::Read);
    app.start.recents.asking = Some(app.submit(request, Work::Start(super::Work::Reach(addresses))));
}

pub(super) fn reached(app: &mut App, reached: Vec<(String, Option<String>)>) {
    app.start.recents.servers = reached;
}

/// Tries all servers at once, and says why one takes no connection. None of them is waited for longer than the time for
/// all; looking up a name cannot be ended, so that its thread is left to itself.
pub(super) fn reach(addresses: Vec<String>) -> Vec<(String, Option<String>)> {
    let began = Instant::now();
    let tries: Vec<_> = addresses
        .into_iter()
        .map(|address| {
            let (sender, answer) = mpsc::channel();
            let url = address.clone();
            let spawned =
                std::thread::Builder::new().name("reach".into()).spawn(move || drop(sender.send(connect(&url))));
            (address, answer, spawned.is_ok())
        })
        .collect();
    let wait = |answer: mpsc::Receiver<Option<String>>| {
        let left = (REACH + Duration::from_millis(200)).saturating_sub(began.elapsed());
        answer.recv_timeout(left).unwrap_or_else(|_| Some("it does not answer".into()))
    };
    tries.into_iter().filter(|(.., spawned)| *spawned).map(|(address, answer, _)| (address, wait(answer))).collect()
}

fn connect(url: &str) -> Option<String> {
    let host = url.split_once("://").map_or(url, |(_, host)| host);
    let Ok(places) = host.to_socket_addrs() else { return Some("its name is not known".into()) };
    let mut why = "its name stands for no address".to_owned();
    for place in places {
        match TcpStream::connect_timeout(&place, REACH) {
            Ok(_) => return None,
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => why = "it does not answer".into(),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => why = "nothing listens there".into(),
            Err(error) => why = error.to_string(),
        }
    }
    Some(why)
}

/// Opens a collection that was open before, with the key that is known for its server.
pub(super) fn open(app: &mut App, collection: CollectionArgs) {
    let on_server = collection.store.is_none() && collection.vectors.is_none() && collection.api_key.is_none();
    match url_of(&collection).filter(|_| on_server) {
        Some(url) => keys::with_key(app, url, KeyFor::Recent(Box::new(collection))),
        None => open_now(app, collection),
    }
}

pub(super) fn open_now(app: &mut App, collection: CollectionArgs) {
    let named = CollectionArgs { api_key: None, ..collection.clone() };
    super::open(app, collection, None, Origin::Recent(Box::new(named)), None);
}

/// Takes a collection off the list; that can be undone.
pub(super) fn forget(app: &mut App, collection: &CollectionArgs) {
    if let Some((known, at)) = unlist(app, collection) {
        let named = Box::new(CollectionArgs { api_key: None, ..known.collection.clone() });
        app.undo.push(Step {
            label: format!("Take {} off the list", document::title(&known.collection)),
            undo: AppCommand::Start(Command::Restore(Box::new(known), at)),
            redo: AppCommand::Start(Command::Unlist(named)),
        });
    }
}

/// Takes a collection off the list, and says what was remembered of it, and in which place it was. The key of a server that nothing on the list needs any more is
/// forgotten.
pub(super) fn unlist(app: &mut App, collection: &CollectionArgs) -> Option<(CollectionSettings, usize)> {
    let at = app.settings.collections.iter().position(|known| same(&known.collection, collection))?;
    let known = app.settings.collections.remove(at);
    let url = url_of(collection).filter(|_| collection.store.is_none() && collection.vectors.is_none());
    let needs = |other: &CollectionSettings, url: &String| url_of(&other.collection).as_ref() == Some(url);
    if let Some(url) = url.filter(|url| !app.settings.collections.iter().any(|other| needs(other, url)))
        && app.settings.kept_keys.contains(&url)
    {
        keys::forget(app, url);
    }
    Some((known, at))
}

pub(super) fn restore(app: &mut App, known: CollectionSettings, at: usize) {
    let collections = &mut app.settings.collections;
    if !collections.iter().any(|other| same(&other.collection, &known.collection)) {
        collections.insert(at.min(collections.len()), known);
    }
}

/// Takes an encoder off the list; that can be undone.
pub(super) fn forget_encoder(app: &mut App, path: PathBuf) {
    if let Some(at) = unlist_encoder(app, &path) {
        app.undo.push(Step {
            label: format!("Take {} off the list", path.file_stem().unwrap_or_default().to_string_lossy()),
            undo: AppCommand::Start(Command::RestoreEncoder(path.clone(), at)),
            redo: AppCommand::Start(Command::UnlistEncoder(path)),
        });
    }
}

pub(super) fn unlist_encoder(app: &mut App, path: &Path) -> Option<usize> {
    let at = app.settings.encoders.iter().position(|known| *known == path)?;
    app.settings.encoders.remove(at);
    Some(at)
}

pub(super) fn restore_encoder(app: &mut App, path: PathBuf, at: usize) {
    let encoders = &mut app.settings.encoders;
    if !encoders.contains(&path) {
        encoders.insert(at.min(encoders.len()), path);
    }
}
