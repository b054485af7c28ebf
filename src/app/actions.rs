//! Everything that can be done by name: the palette's lines, and the keys.

use super::settings::ThemeChoice;
use super::{App, Change, Command, Dialog, JobCommand, JobState, Screen, compare, document, features, inspect, search};

/// A key with its modifiers; `ctrl` is Command on a Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keys {
    /// With Control, or Command on a Mac.
    pub ctrl: bool,
    /// With Shift.
    pub shift: bool,
    /// With Alt.
    pub alt: bool,
    /// The key's name, as egui has it.
    pub key: &'static str,
}

const fn plain(key: &'static str) -> Keys {
    Keys { ctrl: false, shift: false, alt: false, key }
}

const fn ctrl(key: &'static str) -> Keys {
    Keys { ctrl: true, ..plain(key) }
}

const fn ctrl_shift(key: &'static str) -> Keys {
    Keys { shift: true, ..ctrl(key) }
}

const fn alt(key: &'static str) -> Keys {
    Keys { alt: true, ..plain(key) }
}

impl std::fmt::Display for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mac = cfg!(target_os = "macos");
        let parts = [
            (self.ctrl, if mac { "Cmd+" } else { "Ctrl+" }),
            (self.alt, if mac { "Option+" } else { "Alt+" }),
            (self.shift, "Shift+"),
        ];
        for (_, name) in parts.into_iter().filter(|(held, _)| *held) {
            f.write_str(name)?;
        }
        f.write_str(match self.key {
            "ArrowLeft" => "Left",
            "ArrowRight" => "Right",
            "Escape" => "Esc",
            key => key,
        })
    }
}

/// Something that can be done by name.
pub struct Action {
    /// What it is called.
    pub name: &'static str,
    /// Where it belongs.
    pub group: &'static str,
    /// Its key.
    pub keys: Option<Keys>,
    /// Whether the key works while something is being typed.
    pub while_typing: bool,
    /// What it does now; none where there is nothing to do it to.
    pub command: fn(&App) -> Option<Command>,
}

const fn action(
    group: &'static str,
    name: &'static str,
    keys: Option<Keys>,
    command: fn(&App) -> Option<Command>,
) -> Action {
    Action { name, group, keys, while_typing: matches!(keys, Some(Keys { ctrl: true, .. })), command }
}

fn steer(app: &App, fits: impl Fn(&super::JobStatus) -> bool, command: JobCommand) -> Option<Command> {
    app.jobs.live().find(|job| fits(job)).map(|job| Command::Job(job.key, command))
}

fn layout(app: &App, change: impl Fn(&mut super::settings::LayoutSettings)) -> Option<Command> {
    let mut layout = app.settings.layout.clone();
    change(&mut layout);
    Some(Command::Settings(Change::Layout(layout)))
}

fn scale(app: &App, step: f32) -> Option<Command> {
    Some(Command::Settings(Change::Scale(((app.settings.scale + step) * 10.0).round() / 10.0)))
}

/// All of them, in the order of the list of keys.
pub const ACTIONS: &[Action] = &[
    action("Go", "Show Start", Some(ctrl("1")), |_| Some(Command::Show(Screen::Start))),
    action("Go", "Show Train", Some(ctrl("2")), |_| Some(Command::Show(Screen::Train))),
    action("Go", "Show Inspect", Some(ctrl("3")), |_| Some(Command::Show(Screen::Inspect))),
    action("Go", "Show Features", Some(ctrl("4")), |_| Some(Command::Show(Screen::Features))),
    action("Go", "Show Search", Some(ctrl("5")), |_| Some(Command::Show(Screen::Search))),
    action("Go", "Show Compare", Some(ctrl("6")), |_| Some(Command::Show(Screen::Compare))),
    action("Go", "Back", Some(alt("ArrowLeft")), |app| app.view.can_go_back().then_some(Command::Back)),
    action("Go", "Forward", Some(alt("ArrowRight")), |app| app.view.can_go_forward().then_some(Command::Forward)),
    action("Edit", "Undo", Some(ctrl("Z")), |app| app.undo.next_undo().map(|_| Command::Undo)),
    action("Edit", "Redo", Some(ctrl_shift("Z")), |app| app.undo.next_redo().map(|_| Command::Redo)),
    action("Collection", "Close the collection", None, |app| {
        app.document.open.as_ref().map(|_| Command::Document(document::Command::Close))
    }),
    action("Collection", "Close the encoder", None, |app| {
        app.document.encoder().map(|_| Command::Document(document::Command::CloseEncoder))
    }),
    action("Collection", "Try again to read points", None, |app| {
        app.document.fault.as_ref().map(|_| Command::Document(document::Command::Retry))
    }),
    action("Collection", "Write sparse vectors to a collection...", None, |app| {
        app.document.encoder().map(|_| Command::Dialog(Some(Dialog::Convert)))
    }),
    action("Collection", "Export...", Some(ctrl("E")), |app| {
        app.document.encoder().map(|_| Command::Dialog(Some(Dialog::Export)))
    }),
    action("Features", "Rename the feature", Some(plain("F2")), |app| {
        let feature = features::at(app)?;
        Some(Command::Features(features::Command::Rename(feature, features::spot(app, feature))))
    }),
    action("Features", "Pin or unpin the feature", Some(plain("P")), |app| {
        Some(Command::Features(features::Command::Pin(features::at(app)?)))
    }),
    action("Features", "Suggest names", None, |app| {
        features::can_suggest(app).then_some(Command::Features(features::Command::SuggestNames))
    }),
    action("Features", "Import names...", None, |app| {
        app.document.notes.as_ref().map(|_| Command::Features(features::Command::ChooseNames))
    }),
    action("Features", "Export names...", None, |app| {
        let export = super::transfer::Command::Choose(super::transfer::Export::Names);
        app.document.notes.as_ref().map(|_| Command::Transfer(export))
    }),
    action("Features", "Show all features", None, |app| {
        app.features.table.is_narrowed().then_some(Command::Features(features::Command::ShowAll))
    }),
    action("Features", "Read the features again", None, |app| {
        app.document.encoder().map(|_| Command::Features(features::Command::Reindex))
    }),
    action("Inspect", "Choose pictures to inspect...", None, |app| {
        app.document.encoder().map(|_| Command::Inspect(inspect::Command::Browse))
    }),
    action("Inspect", "Choose a point to inspect...", None, |app| {
        app.document.encoder().map(|_| Command::Dialog(Some(Dialog::Points)))
    }),
    action("Inspect", "Inspect a random point", None, |app| {
        app.document.encoder().map(|_| Command::Inspect(inspect::Command::Random))
    }),
    action("Inspect", "Remove everything inspected", None, |app| {
        (!app.inspect.cards().is_empty()).then_some(Command::Inspect(inspect::Command::Clear))
    }),
    action("Search", "Search the collection", Some(plain("/")), |app| {
        app.document.open.as_ref().map(|_| Command::Search(search::Command::Focus))
    }),
    action("Search", "Search by the selected point", None, |app| search::by_selected(app, search::Command::By)),
    action("Search", "More like the selected point", Some(plain("+")), |app| {
        search::by_selected(app, |id| search::Command::Edit(search::Edit::Like(id)))
    }),
    action("Search", "Less like the selected point", Some(plain("-")), |app| {
        search::by_selected(app, |id| search::Command::Edit(search::Edit::Unlike(id)))
    }),
    action("Search", "Choose a picture to search by...", None, |app| {
        app.document.open.as_ref().map(|_| Command::Search(search::Command::Browse))
    }),
    action("Search", "Steer by the selected feature", None, |app| {
        Some(Command::Search(search::Command::Steer(features::at(app)?)))
    }),
    action("Search", "Compare with the exact search", None, |app| {
        let compare = search::Edit::Compare(!app.search.query.compare);
        app.document.open.as_ref().map(|_| Command::Search(search::Command::Edit(compare)))
    }),
    action("Search", "Set all weights to zero", None, search::flat),
    action("Search", "Copy the request...", None, search::request_dialog),
    action("Search", "Clear the search", None, |app| {
        let cleared = app.search.query.by().is_some() || !app.search.query.weights.is_empty();
        cleared.then_some(Command::Search(search::Command::Edit(search::Edit::Clear)))
    }),
    action("Compare", "Make the table of encoders", None, |app| {
        (app.document.open.is_some() && !app.compare.chosen.is_empty() && app.compare.table.job().is_none())
            .then_some(Command::Compare(compare::Command::Evaluate))
    }),
    action("Compare", "Match the features of two encoders", None, |app| {
        let ready = app.document.open.is_some() && app.compare.pair().is_some() && app.compare.features.job().is_none();
        ready.then_some(Command::Compare(compare::Command::Match))
    }),
    action("Compare", "Compare the ticked runs", None, |app| {
        let chosen = super::train::ticked(app);
        (!chosen.is_empty()).then_some(Command::Compare(compare::Command::Choose(chosen)))
    }),
    action("Job", "Start training", None, |app| {
        super::train::can_start(app).then_some(Command::Train(super::train::Command::Start))
    }),
    action("Job", "Pause the running job", None, |app| {
        steer(app, |job| job.can_pause && job.state == JobState::Running, JobCommand::Pause)
    }),
    action("Job", "Resume the paused job", None, |app| {
        steer(app, |job| job.state == JobState::Paused, JobCommand::Resume)
    }),
    action("Job", "Stop the running job and keep the best", None, |app| {
        steer(app, |job| job.can_stop && job.state == JobState::Running, JobCommand::Stop)
    }),
    action("Job", "Cancel the running job", None, |app| {
        steer(app, |job| job.state != JobState::Cancelling, JobCommand::Cancel)
    }),
    action("View", "Find a command", Some(ctrl("K")), |_| Some(Command::Dialog(Some(Dialog::Palette)))),
    action("View", "Keyboard shortcuts", Some(Keys { shift: false, ..plain("?") }), |_| {
        Some(Command::Dialog(Some(Dialog::Shortcuts)))
    }),
    action("View", "Settings", Some(ctrl(",")), |_| Some(Command::Dialog(Some(Dialog::Settings)))),
    action("View", "Show or hide the left panel", Some(ctrl("B")), |app| layout(app, |l| l.left = !l.left)),
    action("View", "Show or hide the inspector", Some(ctrl("I")), |app| layout(app, |l| l.right = !l.right)),
    action("View", "Show or hide the log", Some(ctrl("L")), |app| layout(app, |l| l.log = !l.log)),
    action("View", "Larger", Some(ctrl("+")), |app| scale(app, 0.1)),
    action("View", "Smaller", Some(ctrl("-")), |app| scale(app, -0.1)),
    action("View", "Usual size", Some(ctrl("0")), |_| Some(Command::Settings(Change::Scale(1.0)))),
    action("View", "Dark theme", None, |_| Some(Command::Settings(Change::Theme(ThemeChoice::Dark)))),
    action("View", "Light theme", None, |_| Some(Command::Settings(Change::Theme(ThemeChoice::Light)))),
    action("View", "Theme of the system", None, |_| Some(Command::Settings(Change::Theme(ThemeChoice::System)))),
    action("View", "Close what is on top", Some(plain("Escape")), |_| Some(Command::Escape)),
    action("Window", "Quit", Some(ctrl("Q")), |_| Some(Command::Quit)),
];

/// The actions whose names fit what is typed, those that can be done now first; each with a score, best first. Letters
/// have to come in their order; words that begin with them count more.
pub fn find<'a>(app: &'a App, typed: &str) -> Vec<(&'a Action, Option<Command>)> {
    let mut found: Vec<(i32, &Action, Option<Command>)> = ACTIONS
        .iter()
        .filter_map(|action| {
            let command = (action.command)(app);
            let score = fits(action.name, typed)? + if command.is_some() { 1_000 } else { 0 };
            Some((score, action, command))
        })
        .collect();
    found.sort_by_key(|(score, ..)| -score);
    found.into_iter().map(|(_, action, command)| (action, command)).collect()
}

/// How well the typed letters fit a name; none where they do not.
pub fn fits(name: &str, typed: &str) -> Option<i32> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut at = 0;
    let mut score = 0;
    let mut last = None;
    for letter in typed.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let place = (at..name.len()).find(|i| name[*i] == letter)?;
        let begins = place == 0 || !name[place - 1].is_alphanumeric();
        score += if begins { 8 } else { 0 } + if last == Some(place.wrapping_sub(1)) { 5 } else { 0 }
            - (place - at).min(4) as i32;
        last = Some(place);
        at = place + 1;
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{Folders, Jobs, Settings};
    use super::*;

    fn app() -> App {
        let folders = Folders { settings: None, data: "nowhere".into(), demo: "nowhere".into() };
        App::new(Settings::default(), folders, Jobs::scripted())
    }

    #[test]
    fn every_name_and_every_key_is_there_once() {
        let names: HashSet<_> = ACTIONS.iter().map(|a| a.name).collect();
        assert_eq!(names.len(), ACTIONS.len());
        let keys: Vec<_> = ACTIONS.iter().filter_map(|a| a.keys).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }

    #[test]
    fn a_few_letters_find_the_command_that_is_meant() {
        let app = app();
        for (typed, name) in
            [("lt", "Light theme"), ("dark", "Dark theme"), ("showfe", "Show Features"), ("quit", "Quit")]
        {
            assert_eq!(find(&app, typed)[0].0.name, name, "{typed}");
        }
        assert!(find(&app, "xyzzy").is_empty());
    }

    #[test]
    fn what_cannot_be_done_now_stands_last() {
        let app = app();
        let found = find(&app, "");
        let first = found.iter().position(|(_, command)| command.is_none()).unwrap();
        assert!(found[first..].iter().all(|(_, command)| command.is_none()), "nothing is open, and nothing runs");
        assert!(found[first..].iter().any(|(action, _)| action.name == "Undo"));
    }
}
