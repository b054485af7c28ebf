//! Servers and embedded stores: their collections are listed, and one is chosen with one of its vectors.

use std::path::PathBuf;

use super::{KeyFor, Origin, Page, keys};
use crate::app::desk::Secret;
use crate::app::{About, App, JobCommand, JobKey, Lane, Problem, Request, Work};
use crate::config::CollectionArgs;
use crate::error::{Error, Result};
use crate::job::Control;
use crate::source::{self, CollectionDescription, ServerAddress, VectorDescription, unsuitable};

/// Addresses that are remembered.
const ADDRESSES: usize = 10;

/// What a person writes to connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerForm {
    /// The server's address.
    pub address: String,
    /// Its API key; empty where it wants none, or where the keyring has it.
    pub key: Secret,
    /// Whether the key is to be kept in the system's keyring.
    pub keep: bool,
}

/// Where collections are listed.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// On a server.
    Server(ServerAt),
    /// In an embedded store.
    Store(PathBuf),
}

/// A server and the key to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAt {
    /// Its gRPC URL.
    pub url: String,
    /// Its key.
    pub key: Secret,
}

/// What a server or store was asked, and what it has.
#[derive(Debug, Default)]
pub struct Ask {
    /// The job that lists.
    pub job: Option<JobKey>,
    /// Why it could not.
    pub problem: Option<Problem>,
    /// A word on the address: another one is meant.
    pub note: Option<String>,
    /// What is there.
    pub listing: Option<Listing>,
}

/// The collections of a server or store.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Where.
    pub place: Place,
    /// All of them, by name.
    pub rows: Vec<CollectionDescription>,
    /// What the names are to hold.
    pub find: String,
    /// The places of the rows whose names do.
    pub shown: Vec<usize>,
    /// The chosen row, and the place of the chosen vector in it.
    pub chosen: Option<(usize, usize)>,
    /// The filter of points, as JSON; empty for all.
    pub filter: String,
    /// What is wrong with it.
    pub filter_problem: Option<String>,
}

impl Listing {
    fn new(place: Place, rows: Vec<CollectionDescription>, find: String) -> Self {
        let mut listing = Self {
            place,
            rows,
            find: String::new(),
            shown: Vec::new(),
            chosen: None,
            filter: String::new(),
            filter_problem: None,
        };
        listing.find(find);
        listing
    }

    /// Shows the rows whose names hold a text in any case. The only one of them, or the one of just that name, is chosen.
    pub(super) fn find(&mut self, text: String) {
        let wanted = text.trim().to_lowercase();
        let fits = |row: &CollectionDescription| row.name.to_lowercase().contains(&wanted);
        self.shown = (0..self.rows.len()).filter(|i| fits(&self.rows[*i])).collect();
        let named = self.rows.iter().position(|row| row.name == text.trim());
        let only = if let [only] = self.shown[..] { Some(only) } else { None };
        let gone = self.chosen.is_some_and(|(row, _)| !self.shown.contains(&row));
        if let Some(row) = named.or(only) {
            if self.chosen.is_none_or(|(chosen, _)| chosen != row) {
                self.chosen = self.usual(row);
            }
        } else if gone {
            self.chosen = None;
        }
        self.find = text;
    }

    /// A row with its first suitable vector, or its first one where none is.
    fn usual(&self, row: usize) -> Option<(usize, usize)> {
        let vectors = &self.rows[row].vectors;
        let suitable = vectors.iter().position(|vector| unsuitable(vector).is_none());
        (!vectors.is_empty()).then(|| (row, suitable.unwrap_or(0)))
    }

    pub(super) fn choose(&mut self, row: usize, vector: usize) {
        if self.rows.get(row).is_some_and(|found| found.vectors.len() > vector) {
            self.chosen = Some((row, vector));
        }
    }

    pub(super) fn edit_filter(&mut self, text: String) {
        self.filter_problem = source::check_filter(&text).err().map(|error| Problem::from(&error).text);
        self.filter = text;
    }

    /// The vector that a click on a row chooses.
    pub fn usual_vector(&self, row: usize) -> usize {
        self.usual(row).map_or(0, |(_, vector)| vector)
    }

    /// The chosen collection and vector.
    pub fn chosen(&self) -> Option<(&CollectionDescription, &VectorDescription)> {
        let (row, vector) = self.chosen?;
        let row = self.rows.get(row)?;
        Some((row, row.vectors.get(vector)?))
    }

    /// What keeps the chosen one from being opened, and what to do about it.
    pub fn obstacle(&self) -> Option<Problem> {
        let named = self.find.trim();
        let Some((_, vector)) = self.chosen() else {
            if named.is_empty() || !self.shown.is_empty() {
                return None;
            }
            let text = format!("there is no collection whose name holds \"{named}\"");
            return Some(Problem { text, hint: Some(self.names()), about: About::Collection });
        };
        unsuitable(vector).map(|why| {
            let name =
                if vector.name.is_empty() { "the default vector".into() } else { format!("\"{}\"", vector.name) };
            Problem { text: format!("{name} cannot be used: {why}"), hint: None, about: About::Vector }
        })
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.rows.iter().take(8).map(|row| row.name.as_str()).collect();
        let more = if self.rows.len() > names.len() { ", and more" } else { "" };
        if names.is_empty() { "there are none".into() } else { format!("there are: {}{more}", names.join(", ")) }
    }

    /// The server or store, with the key.
    fn place_args(&self) -> CollectionArgs {
        let (url, api_key, store) = match &self.place {
            Place::Server(at) => (Some(at.url.clone()), at.key.given().map(str::to_owned), None),
            Place::Store(path) => (None, None, Some(path.clone())),
        };
        CollectionArgs { url, api_key, store, ..CollectionArgs::default() }
    }

    /// Whether a collection is the same as a row of the list, whichever of its vectors or points it names.
    pub fn is_row(&self, collection: &CollectionArgs, row: usize) -> bool {
        let place = self.place_args();
        collection.vectors.is_none()
            && (collection.url == place.url && collection.store == place.store)
            && collection.collection.as_ref() == self.rows.get(row).map(|row| &row.name)
    }

    /// The chosen collection, as every job names it.
    pub fn collection(&self) -> Option<CollectionArgs> {
        let (row, vector) = self.chosen()?;
        Some(CollectionArgs {
            collection: Some(row.name.clone()),
            using: Some(vector.name.clone()).filter(|name| !name.is_empty()),
            filter: Some(self.filter.trim().to_owned()).filter(|filter| !filter.is_empty()),
            ..self.place_args()
        })
    }
}

/// Lists, on a worker.
pub(super) fn list(place: Place, control: &Control) -> Result<super::Found> {
    let rows = match &place {
        Place::Server(at) => {
            let (address, _) = ServerAddress::parse(&at.url, at.key.given())?;
            source::describe_server(&address, control)?
        }
        Place::Store(path) => source::describe_store(path, control)?,
    };
    Ok(super::Found::Listed(place, rows))
}

pub(super) fn edit_server(app: &mut App, mut form: ServerForm) {
    let elsewhere = form.address != app.start.server.address;
    if elsewhere || form.key != app.start.server.key {
        stop(app, Page::Server);
        let ask = &mut app.start.on_server;
        (ask.problem, ask.listing) = (None, None);
        app.start.key_note = None;
    }
    if elsewhere {
        let meant = ServerAddress::parse(&form.address, None).ok();
        if form.keep == app.start.server.keep {
            form.keep = meant.as_ref().is_some_and(|(address, _)| app.settings.kept_keys.contains(&address.url));
        }
        app.start.on_server.note = meant.and_then(|(_, note)| note).map(in_form);
    }
    app.start.server = form;
}

/// A note names a flag of the command line; the form has a field.
fn in_form(note: String) -> String {
    note.replace("in --url", "in the address")
}

/// Connects: with the key of the form, or one that is known for the address.
pub(super) fn connect(app: &mut App) {
    stop(app, Page::Server);
    let form = &app.start.server;
    let address = match ServerAddress::parse(&form.address, form.key.given()) {
        Ok((address, note)) => {
            app.start.on_server.note = note.map(in_form);
            address
        }
        Err(error) => {
            app.start.on_server.problem = Some(at_field(&error));
            return;
        }
    };
    app.start.on_server.problem = None;
    match address.api_key {
        Some(key) => ask_server(app, ServerAt { url: address.url, key: Secret(key) }),
        None => keys::with_key(app, address.url, KeyFor::Connect),
    }
}

/// A problem with what was typed: where it does not say itself what it is about, it is about the address.
fn at_field(error: &Error) -> Problem {
    let mut problem = Problem::from(error);
    if problem.about == About::Other {
        problem.about = About::Address;
    }
    problem
}

pub(super) fn ask_server(app: &mut App, at: ServerAt) {
    let request = Request::quiet(format!("Connecting to {}", at.url), Lane::Quick);
    app.start.on_server.listing = None;
    let job = app.submit(request, Work::Start(super::Work::List(Place::Server(at))));
    app.start.on_server.job = Some(job);
}

pub(super) fn edit_store(app: &mut App, path: String) {
    if path != app.start.store {
        stop(app, Page::Store);
        (app.start.in_store.problem, app.start.in_store.listing) = (None, None);
    }
    app.start.store = path;
}

pub(super) fn list_store(app: &mut App) {
    stop(app, Page::Store);
    let path = app.start.store.trim();
    if path.is_empty() {
        let hint = Some("choose the folder of an embedded store, or type its path".to_owned());
        app.start.in_store.problem = Some(Problem { text: "no folder is named".into(), hint, about: About::Address });
        return;
    }
    let path = PathBuf::from(path);
    app.start.in_store.problem = None;
    let request = Request::quiet(format!("Looking into {}", path.display()), Lane::Quick);
    let job = app.submit(request, Work::Start(super::Work::List(Place::Store(path))));
    app.start.in_store.job = Some(job);
}

/// Ends the listing of a page; what it still finds is not heard.
fn stop(app: &mut App, page: Page) {
    let ask = if page == Page::Store { &mut app.start.in_store } else { &mut app.start.on_server };
    if let Some(job) = ask.job.take() {
        app.jobs.steer(job, JobCommand::Cancel);
    }
    if page == Page::Server {
        app.start.asking_key = false;
    }
}

pub(super) fn cancel(app: &mut App) {
    stop(app, app.start.page);
}

pub(super) fn listed(app: &mut App, key: JobKey, place: Place, rows: Vec<CollectionDescription>) {
    let ask = match &place {
        Place::Server(_) => &mut app.start.on_server,
        Place::Store(_) => &mut app.start.in_store,
    };
    if ask.job != Some(key) {
        return;
    }
    let find = ask.listing.take().map(|listing| listing.find).unwrap_or_default();
    (ask.job, ask.problem) = (None, None);
    let find = std::mem::take(&mut app.start.wanted).unwrap_or(find);
    let at = if let Place::Server(at) = &place { Some(at.clone()) } else { None };
    let listing = Some(Listing::new(place, rows, find));
    match at {
        Some(at) => {
            app.start.on_server.listing = listing;
            remember_address(app, &at.url);
            keys::proven(app, at);
        }
        None => app.start.in_store.listing = listing,
    }
}

pub(super) fn remember_address(app: &mut App, url: &str) {
    let addresses = &mut app.settings.addresses;
    addresses.retain(|known| known != url);
    addresses.insert(0, url.to_owned());
    addresses.truncate(ADDRESSES);
}

/// Does something to the listing of the page that is shown.
pub(super) fn on_listing(app: &mut App, change: impl FnOnce(&mut Listing)) {
    if let Some(listing) = &mut ask_of(app).listing {
        change(listing);
    }
}

fn ask_of(app: &mut App) -> &mut Ask {
    if app.start.page == Page::Store { &mut app.start.in_store } else { &mut app.start.on_server }
}

/// Opens what is chosen, unless something keeps it from being opened.
pub(super) fn open_listed(app: &mut App) {
    let page = app.start.page;
    let Some(listing) = &ask_of(app).listing else { return };
    if listing.obstacle().is_some() || listing.filter_problem.is_some() {
        return;
    }
    let dim = listing.chosen().and_then(|(_, vector)| vector.dim);
    let Some(collection) = listing.collection() else { return };
    let encoder = app.start.encoder.take_fitting(dim);
    super::open(app, collection, encoder, Origin::Page(page), None);
}

/// Fills the form with the server of a collection that was open before, and connects.
pub(super) fn reconnect(app: &mut App, collection: CollectionArgs) {
    super::show(app, Page::Server);
    let address = collection.url.unwrap_or_else(|| "http://localhost:6334".into());
    edit_server(app, ServerForm { address, key: Secret::default(), keep: false });
    app.start.wanted = collection.collection;
    connect(app);
}
