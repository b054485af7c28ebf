//! Keys of servers: those of this start are known here, and those that a person wants kept are in the system's keyring.
//! They are never in the settings, the log or a message.

use super::connect::{ServerAt, ask_server};
use super::{Command, KeyFor, recents};
use crate::app::desk::{KeyAnswer, KeyAsk, Secret};
use crate::app::{App, Command as AppCommand};

/// Goes on with the key of an address: one of this start, or the keyring's, or none.
pub(super) fn with_key(app: &mut App, address: String, then: KeyFor) {
    let known = app.start.keys.get(&address).cloned();
    if known.is_some() || !app.settings.kept_keys.contains(&address) {
        return go_on(app, address, known.unwrap_or_default(), then);
    }
    app.start.asking_key = true;
    let server = address.clone();
    app.desk.key(&address, KeyAsk::Get, move |answer| {
        AppCommand::Start(Command::KeyRead { address: server, answer, then })
    });
}

/// The keyring answered.
pub(super) fn read(app: &mut App, address: String, answer: KeyAnswer, then: KeyFor) {
    // Cancelled meanwhile, or the form names another server.
    if !std::mem::take(&mut app.start.asking_key) {
        return;
    }
    let key = match answer {
        Ok(Some(key)) => {
            app.start.key_note = Some("The key comes from the system's keyring.".into());
            if then == KeyFor::Connect {
                app.start.server.keep = true;
            }
            key
        }
        Ok(None) => {
            app.settings.kept_keys.retain(|kept| *kept != address);
            app.start.key_note = Some("The system's keyring has no key for this server any more.".into());
            Secret::default()
        }
        Err(why) => {
            let note = format!("The key could not be read from the system's keyring: {why}. Type it here.");
            app.messages.warn(note.clone());
            app.start.key_note = Some(note);
            Secret::default()
        }
    };
    go_on(app, address, key, then);
}

fn go_on(app: &mut App, url: String, key: Secret, then: KeyFor) {
    match then {
        KeyFor::Connect => ask_server(app, ServerAt { url, key }),
        KeyFor::Recent(mut collection) => {
            collection.api_key = key.given().map(str::to_owned);
            recents::open_now(app, *collection);
        }
    }
}

/// A server took a key: it is known from now on, and kept, or not, as the form says.
pub(super) fn proven(app: &mut App, at: ServerAt) {
    if at.key.given().is_some() {
        app.start.keys.insert(at.url.clone(), at.key.clone());
    }
    let (keep, kept) = (app.start.server.keep && at.key.given().is_some(), app.settings.kept_keys.contains(&at.url));
    if keep {
        ask(app, at.url, KeyAsk::Set(at.key), true);
    } else if kept {
        forget(app, at.url);
    }
}

/// Has the keyring forget the key of a server.
pub(super) fn forget(app: &mut App, url: String) {
    app.settings.kept_keys.retain(|kept| *kept != url);
    ask(app, url, KeyAsk::Delete, false);
}

fn ask(app: &mut App, address: String, ask: KeyAsk, keep: bool) {
    let server = address.clone();
    app.desk.key(&address, ask, move |answer| AppCommand::Start(Command::KeyKept { address: server, keep, answer }));
}

/// The keyring has done so, or cannot.
pub(super) fn kept(app: &mut App, address: String, keep: bool, answer: KeyAnswer) {
    let note = match (answer, keep) {
        (Ok(_), true) => {
            if !app.settings.kept_keys.contains(&address) {
                app.settings.kept_keys.push(address);
            }
            "The key is kept in the system's keyring.".to_owned()
        }
        (Ok(_), false) => return,
        (Err(why), true) => {
            let note = format!("The key is not kept, and has to be typed again next time: {why}.");
            app.messages.warn(note.clone());
            note
        }
        (Err(why), false) => {
            let note = format!("The system's keyring could not be told to forget the key of {address}: {why}.");
            app.messages.warn(note.clone());
            note
        }
    };
    app.start.key_note = Some(note);
}
