//! What the desktop does for the window: dialogs that choose files, and the keyring that keeps keys.
//!
//! Both may take as long as a person likes, so that each call has a thread of its own, and its answer comes back as a
//! [`Command`]. Where the desktop has neither, that is told, and a path can be typed.

mod keys;
#[cfg(all(unix, not(target_os = "macos")))]
mod portal;
#[cfg(any(windows, target_os = "macos"))]
#[path = "native.rs"]
mod portal;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::Command;

pub use keys::{Keyring, MemoryKeyring};

/// A word that is shown to nobody: its debug form hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl Secret {
    /// The word, unless it is empty.
    pub fn given(&self) -> Option<&str> {
        Some(self.0.trim()).filter(|word| !word.is_empty())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(empty)" } else { "Secret(hidden)" })
    }
}

/// What a dialog is to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A folder.
    Folder,
    /// One file.
    File,
    /// One or several files.
    Files,
    /// Where to write a file, with the name that is suggested.
    Save(String),
}

/// A dialog to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Its title.
    pub title: String,
    /// What it is to choose.
    pub choice: Choice,
    /// Kinds of files by name, each with its endings without the dot; all files where there are none.
    pub filters: Vec<(String, Vec<String>)>,
    /// The folder that it begins in.
    pub folder: Option<PathBuf>,
}

impl Pick {
    /// A dialog.
    pub fn new(title: impl Into<String>, choice: Choice) -> Self {
        Self { title: title.into(), choice, filters: Vec::new(), folder: None }
    }

    /// Offers a kind of files.
    pub fn filter(mut self, name: &str, endings: &[&str]) -> Self {
        self.filters.push((name.to_owned(), endings.iter().map(|e| (*e).to_owned()).collect()));
        self
    }

    /// Begins where a path is: in the folder itself, or the one that the file lies in. The dialog looks whether it is
    /// there.
    pub fn near(mut self, path: &str) -> Self {
        let path = Path::new(path.trim());
        let folder = if self.choice == Choice::Folder { Some(path) } else { path.parent() };
        self.folder = folder.filter(|folder| folder.is_absolute()).map(Path::to_owned);
        self
    }
}

/// What came of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// These were chosen.
    Paths(Vec<PathBuf>),
    /// It was closed without a choice.
    Closed,
    /// The desktop shows no dialogs; why.
    Missing(String),
}

/// Shows dialogs. A call returns when the person has answered.
pub trait Dialogs: Send + Sync {
    /// Shows one.
    fn show(&self, pick: &Pick) -> Picked;
}

/// What is asked of the keyring, for the key of a server's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAsk {
    /// The key.
    Get,
    /// Keep this one.
    Set(Secret),
    /// Forget it.
    Delete,
}

/// The keyring's answer: the key where it was asked for and is there; or why there is none to be had, in words.
pub type KeyAnswer = Result<Option<Secret>, String>;

type ThenPaths = Box<dyn FnOnce(Vec<PathBuf>) -> Command>;
type ThenKey = Box<dyn FnOnce(KeyAnswer) -> Command>;

enum Answer {
    Picked(u64, Picked),
    Key(u64, KeyAnswer),
}

/// The desktop, as the window asks it.
pub struct Desk {
    /// None where a script answers.
    dialogs: Option<Arc<dyn Dialogs>>,
    keyring: Arc<dyn Keyring>,
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
    next: u64,
    /// The dialog that is waited for. One that was asked for before it is not heard any more.
    open: Option<(u64, ThenPaths)>,
    keys: Vec<(u64, ThenKey)>,
    /// Dialogs that a script has not looked at.
    asked: VecDeque<Pick>,
    /// Why the desktop shows no dialogs, once that is known.
    pub missing: Option<String>,
}

impl Desk {
    /// The desktop that the program runs on.
    pub fn of_system() -> Self {
        Self::new(Some(Arc::new(portal::Portal)), Arc::new(keys::SystemKeyring))
    }

    /// One whose dialogs a script answers by [`answer`](Self::answer), with a keyring of its own.
    pub fn scripted(keyring: impl Keyring + 'static) -> Self {
        Self::new(None, Arc::new(keyring))
    }

    fn new(dialogs: Option<Arc<dyn Dialogs>>, keyring: Arc<dyn Keyring>) -> Self {
        // Never more than the calls that a person makes.
        let (sender, answers) = unbounded();
        let (open, keys, asked) = (None, Vec::new(), VecDeque::new());
        Self { dialogs, keyring, sender, answers, next: 1, open, keys, asked, missing: None }
    }

    /// Shows a dialog; what comes of it is done when it was answered, and nothing where it was closed.
    pub fn pick(&mut self, pick: Pick, then: impl FnOnce(Vec<PathBuf>) -> Command + 'static) {
        let number = self.number();
        self.open = Some((number, Box::new(then)));
        let Some(dialogs) = self.dialogs.clone() else { return self.asked.push_back(pick) };
        self.spawn(move || Answer::Picked(number, dialogs.show(&pick)), Answer::Picked(number, Picked::Closed));
    }

    /// Asks the keyring for the key of an address, or to keep or forget it.
    pub fn key(&mut self, address: &str, ask: KeyAsk, then: impl FnOnce(KeyAnswer) -> Command + 'static) {
        let number = self.number();
        self.keys.push((number, Box::new(then)));
        let (keyring, address, scripted) = (self.keyring.clone(), address.to_owned(), self.dialogs.is_none());
        let call = move || {
            Answer::Key(
                number,
                match &ask {
                    KeyAsk::Get => keyring.get(&address).map(|key| key.map(Secret)),
                    KeyAsk::Set(key) => keyring.set(&address, &key.0).map(|()| None),
                    KeyAsk::Delete => keyring.delete(&address).map(|()| None),
                },
            )
        };
        if scripted {
            // The receiver is a field beside it.
            let _ = self.sender.send(call());
        } else {
            self.spawn(call, Answer::Key(number, Err("no thread could be started to ask it".into())));
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Calls on a thread that nobody waits for: it ends with its answer, or with the program.
    fn spawn(&self, call: impl FnOnce() -> Answer + Send + 'static, otherwise: Answer) {
        let sender = self.sender.clone();
        let thread = std::thread::Builder::new().name("desk".into());
        if thread.spawn(move || drop(sender.send(call()))).is_err() {
            let _ = self.sender.send(otherwise);
        }
    }

    /// What the answers lead to that came in since the last time.
    pub(super) fn drain(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        while let Ok(answer) = self.answers.try_recv() {
            match answer {
                Answer::Picked(number, picked) => {
                    let Some((_, then)) = self.open.take_if(|(open, _)| *open == number) else { continue };
                    match picked {
                        Picked::Paths(paths) if !paths.is_empty() => commands.push(then(paths)),
                        Picked::Paths(_) | Picked::Closed => {}
                        Picked::Missing(why) => self.missing = Some(why),
                    }
                }
                Answer::Key(number, answer) => {
                    if let Some(at) = self.keys.iter().position(|(key, _)| *key == number) {
                        commands.push(self.keys.remove(at).1(answer));
                    }
                }
            }
        }
        commands
    }

    /// Whether a dialog was asked for that is not answered.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// When to look for answers again, where any can come.
    pub(super) fn look_again(&self) -> Option<Duration> {
        (self.open.is_some() || !self.keys.is_empty()).then_some(Duration::from_millis(50))
    }

    /// The oldest dialog that was asked for and not taken, where a script answers.
    pub fn take(&mut self) -> Option<Pick> {
        self.asked.pop_front()
    }

    /// Answers the dialog that is open.
    pub fn answer(&mut self, picked: Picked) {
        if let Some((number, _)) = &self.open {
            // The receiver is a field beside it.
            let _ = self.sender.send(Answer::Picked(*number, picked));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::{Screen, start};
    use super::*;

    fn chosen(paths: Vec<PathBuf>) -> Command {
        Command::Start(start::Command::Dropped(paths))
    }

    fn dropped(commands: &[Command]) -> Vec<PathBuf> {
        match commands {
            [Command::Start(start::Command::Dropped(paths))] => paths.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_chosen_comes_back_as_a_command_and_a_closed_dialog_does_nothing() {
        let mut desk = Desk::scripted(MemoryKeyring::default());
        desk.pick(Pick::new("A folder", Choice::Folder), chosen);
        assert_eq!(desk.take().unwrap().title, "A folder");
        desk.answer(Picked::Paths(vec!["/a".into()]));
        assert_eq!(dropped(&desk.drain()), [PathBuf::from("/a")]);
        desk.pick(Pick::new("A folder", Choice::Folder), chosen);
        desk.answer(Picked::Closed);
        assert!(desk.drain().is_empty() && !desk.is_open());
    }

    #[test]
    fn only_the_last_dialog_is_heard() {
        let mut desk = Desk::scripted(MemoryKeyring::default());
        desk.pick(Pick::new("One", Choice::Folder), chosen);
        desk.answer(Picked::Paths(vec!["/one".into()]));
        desk.pick(Pick::new("Two", Choice::Folder), chosen);
        desk.answer(Picked::Paths(vec!["/two".into()]));
        assert_eq!(dropped(&desk.drain()), [PathBuf::from("/two")]);
    }

    #[test]
    fn a_desktop_without_dialogs_says_so() {
        let mut desk = Desk::scripted(MemoryKeyring::default());
        desk.pick(Pick::new("One", Choice::Folder), chosen);
        desk.answer(Picked::Missing("no portal".into()));
        assert!(desk.drain().is_empty());
        assert_eq!(desk.missing.as_deref(), Some("no portal"));
    }

    /// A desktop whose person never answers.
    struct Never;

    impl Dialogs for Never {
        fn show(&self, _: &Pick) -> Picked {
            std::thread::sleep(Duration::from_secs(3600));
            Picked::Closed
        }
    }

    impl Keyring for Never {
        fn get(&self, _: &str) -> Result<Option<String>, String> {
            std::thread::sleep(Duration::from_secs(3600));
            Ok(None)
        }
        fn set(&self, _: &str, _: &str) -> Result<(), String> {
            Ok(())
        }
        fn delete(&self, _: &str) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn a_desktop_that_never_answers_keeps_nobody_waiting() {
        let mut desk = Desk::new(Some(Arc::new(Never)), Arc::new(Never));
        desk.pick(Pick::new("One", Choice::Folder), chosen);
        desk.key("http://a:6334", KeyAsk::Get, |_| Command::Show(Screen::Start));
        assert!(desk.drain().is_empty() && desk.is_open());
        let began = Instant::now();
        drop(desk);
        assert!(began.elapsed() < Duration::from_secs(60), "its threads are not waited for");
    }

    #[test]
    fn a_secret_is_in_no_debug_form() {
        let ask = KeyAsk::Set(Secret("s3cret".into()));
        assert!(!format!("{ask:?}").contains("s3cret"));
        assert_eq!(Secret("  ".into()).given(), None);
    }

    #[test]
    fn a_dialog_begins_where_the_path_is() {
        let near = |choice, path| Pick::new("", choice).near(path).folder;
        assert_eq!(near(Choice::Folder, "/a/b"), Some("/a/b".into()));
        assert_eq!(near(Choice::File, "/a/b.npy"), Some("/a".into()));
        assert_eq!(near(Choice::File, "b.npy"), None);
        assert_eq!(near(Choice::Folder, ""), None);
    }
}
