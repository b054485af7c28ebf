//! Dialogs of a Linux desktop: its portal shows them, which the session bus leads to
//! (<https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.FileChooser.html>).

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zbus::blocking::{Connection, Proxy, connection::Builder};
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::{Choice, Dialogs, Pick, Picked};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const CHOOSER: &str = "org.freedesktop.portal.FileChooser";
const REQUEST: &str = "org.freedesktop.portal.Request";

/// How long the portal may take to show a dialog; the person may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The desktop's portal.
pub(super) struct Portal;

impl Dialogs for Portal {
    fn show(&self, pick: &Pick) -> Picked {
        let connection = match Builder::session().and_then(|builder| builder.method_timeout(PATIENCE).build()) {
            Ok(connection) => connection,
            Err(_) => return Picked::Missing("there is no desktop session to ask for a file dialog".into()),
        };
        ask(&connection, pick).unwrap_or_else(|error| Picked::Missing(words(&error)))
    }
}

fn words(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(name, ..) if name.ends_with(".ServiceUnknown") => {
            "this desktop has no portal that shows file dialogs (xdg-desktop-portal)".into()
        }
        zbus::Error::MethodError(name, ..) if name.contains(".Error.Unknown") => {
            "this desktop's portal shows no file dialogs; it lacks a backend (such as xdg-desktop-portal-gtk)".into()
        }
        other => format!("the desktop's portal does not answer: {other}"),
    }
}

/// Asks the portal at the other end of a connection, and waits for the person.
fn ask(connection: &Connection, pick: &Pick) -> zbus::Result<Picked> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let token = format!("blockscope{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut options: HashMap<&str, Value<'_>> = HashMap::new();
    options.insert("handle_token", token.as_str().into());
    let method = match &pick.choice {
        Choice::Save(name) => {
            options.insert("current_name", name.as_str().into());
            "SaveFile"
        }
        choice => {
            options.insert("directory", (*choice == Choice::Folder).into());
            options.insert("multiple", (*choice == Choice::Files).into());
            "OpenFile"
        }
    };
    if let Some(folder) = &pick.folder {
        let mut bytes = folder.as_os_str().as_bytes().to_vec();
        bytes.push(0);
        options.insert("current_folder", Value::new(bytes));
    }
    if !pick.filters.is_empty() && pick.choice != Choice::Folder {
        let globs = |endings: &[String]| endings.iter().map(|e| (0u32, glob(e))).collect::<Vec<_>>();
        let filters: Vec<_> = pick.filters.iter().map(|(name, endings)| (name.as_str(), globs(endings))).collect();
        options.insert("filters", Value::new(filters));
    }
    // Listened for before it can come: the portal makes the path out of the caller's name and the token.
    let sender = connection.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_"));
    let expected = format!("{PATH}/request/{}/{token}", sender.unwrap_or_default());
    let request = Proxy::new(connection, PORTAL, expected.as_str(), REQUEST)?;
    let mut responses = request.receive_signal("Response")?;
    let chooser = Proxy::new(connection, PORTAL, PATH, CHOOSER)?;
    let handle: OwnedObjectPath = chooser.call(method, &("", pick.title.as_str(), options))?;
    let response = if handle.as_str() == expected {
        responses.next()
    } else {
        // Portals before version 0.9 name it themselves.
        Proxy::new(connection, PORTAL, handle.as_str(), REQUEST)?.receive_signal("Response")?.next()
    };
    let response = response.ok_or(zbus::Error::InvalidReply)?;
    let (code, results): (u32, HashMap<String, OwnedValue>) = response.body().deserialize()?;
    if code != 0 {
        return Ok(Picked::Closed);
    }
    let uris: Vec<String> = match results.get("uris") {
        Some(uris) => uris.try_clone()?.try_into()?,
        None => Vec::new(),
    };
    Ok(Picked::Paths(uris.iter().filter_map(|uri| path(uri)).collect()))
}

/// The pattern of an ending, in any case: `npy` as `*.[nN][pP][yY]`.
fn glob(ending: &str) -> String {
    let letter = |c: char| match (c.to_ascii_lowercase(), c.to_ascii_uppercase()) {
        (low, high) if low == high => c.to_string(),
        (low, high) => format!("[{low}{high}]"),
    };
    format!("*.{}", ending.chars().map(letter).collect::<String>())
}

/// The path of a `file:` URI.
fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // A host may stand in front: this machine's.
    let escaped = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut left = escaped.bytes();
    while let Some(byte) = left.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            bytes.push((digit(left.next())? * 16 + digit(left.next())?) as u8);
        } else {
            bytes.push(byte);
        }
    }
    Some(PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_the_path_of_a_file() {
        assert_eq!(path("file:///home/a%20b/%C3%A4.npy"), Some("/home/a b/ä.npy".into()));
        assert_eq!(path("file://localhost/x"), Some("/x".into()));
        for bad in ["http://host/x", "file://", "file:///a%2", "file:///a%zz"] {
            assert_eq!(path(bad), None, "{bad}");
        }
    }

    /// A portal whose person chooses two files from the folder that it begins in, or closes the dialog.
    struct FakeChooser;

    #[zbus::interface(name = "org.freedesktop.portal.FileChooser")]
    impl FakeChooser {
        async fn open_file(
            &self,
            #[zbus(connection)] connection: &zbus::Connection,
            #[zbus(header)] header: zbus::message::Header<'_>,
            _parent: &str,
            title: &str,
            options: HashMap<String, OwnedValue>,
        ) -> zbus::fdo::Result<OwnedObjectPath> {
            let option = |name: &str| options[name].try_clone().unwrap();
            let token: String = option("handle_token").try_into().unwrap();
            let folder: Vec<u8> = option("current_folder").try_into().unwrap();
            let several: bool = option("multiple").try_into().unwrap();
            let caller = header.sender().unwrap().trim_start_matches(':').replace('.', "_");
            let folder = String::from_utf8(folder).unwrap();
            let folder = folder.trim_end_matches('\0');
            let uris: Vec<String> = ["a%20b", "c"].iter().map(|name| format!("file://{folder}/{name}")).collect();
            let code = u32::from(title == "Close me" || !several);
            let results = HashMap::from([("uris", Value::new(uris))]);
            let path = OwnedObjectPath::try_from(format!("{PATH}/request/{caller}/{token}")).unwrap();
            connection.emit_signal(None::<&str>, &path, REQUEST, "Response", &(code, results)).await?;
            Ok(path)
        }
    }

    /// A portal without file dialogs.
    struct Bare;

    #[zbus::interface(name = "org.freedesktop.portal.Settings")]
    impl Bare {}

    /// A bus of its own for a test, with the address that it listens at.
    struct Bus(std::process::Child, String);

    impl Bus {
        fn start() -> Option<Self> {
            use std::io::{BufRead, BufReader};
            let mut command = std::process::Command::new("dbus-daemon");
            command.args(["--session", "--nofork", "--print-address"]).stdout(std::process::Stdio::piped());
            let mut child = command.spawn().ok()?;
            let mut address = String::new();
            BufReader::new(child.stdout.take()?).read_line(&mut address).ok()?;
            Some(Self(child, address.trim().to_owned()))
        }

        fn connect(&self) -> Connection {
            Builder::address(self.1.as_str()).unwrap().build().unwrap()
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_portal_shows_the_dialog_and_without_one_that_is_said() {
        let Some(bus) = Bus::start() else {
            eprintln!("no dbus-daemon on this machine: not tried");
            return;
        };
        let pick = |title: &str| Pick::new(title, Choice::Files).filter("Vectors", &["npy"]).near("/home/me/x.npy");
        let told = ask(&bus.connect(), &pick("Open")).map_err(|error| words(&error)).unwrap_err();
        assert!(told.contains("xdg-desktop-portal"), "{told}");
        let portal = Builder::address(bus.1.as_str()).unwrap().name(PORTAL).unwrap();
        let portal = portal.serve_at(PATH, Bare).unwrap().build().unwrap();
        let told = ask(&bus.connect(), &pick("Open")).map_err(|error| words(&error)).unwrap_err();
        assert!(told.contains("backend"), "{told}");
        portal.object_server().at(PATH, FakeChooser).unwrap();
        let picked = ask(&bus.connect(), &pick("Open")).unwrap();
        assert_eq!(picked, Picked::Paths(vec!["/home/me/a b".into(), "/home/me/c".into()]));
        assert_eq!(ask(&bus.connect(), &pick("Close me")).unwrap(), Picked::Closed);
    }

    #[test]
    fn endings_are_found_in_any_case() {
        assert_eq!(glob("npy"), "*.[nN][pP][yY]");
        assert_eq!(glob("b2"), "*.[bB]2");
    }
}
