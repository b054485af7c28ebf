//! The frame around the screens: tabs, palette, keys, panels, log, settings, and closing.

use std::io::Read;
use std::net::TcpListener;

use blockscope::app::settings::ThemeChoice;
use blockscope::app::{Command, Dialog, JobCommand, Screen, Selected, document};
use blockscope::config::CollectionArgs;
use blockscope::point::PointId;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;

use super::whole::{living, scenes, scripted, until, window};

const SIZE: [f32; 2] = [1_280.0, 800.0];

#[test]
fn the_tabs_lead_to_the_screens_and_back_leads_back() {
    let mut harness = window(scripted(), SIZE, Theme::Dark);
    for screen in [Screen::Train, Screen::Inspect, Screen::Features] {
        harness.get_by_role_and_label(Role::Tab, screen.title()).click();
        harness.run();
        assert_eq!(harness.state_mut().app().view.place.screen, screen);
    }
    harness.get_by_role_and_label(Role::Button, "Back").click();
    harness.run();
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Inspect);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    harness.run();
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Start);
}

#[test]
fn the_palette_finds_a_command_by_a_few_letters_and_does_it() {
    let mut harness = window(scripted(), SIZE, Theme::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    assert_eq!(harness.state_mut().app().view.dialog, Some(Dialog::Palette));
    harness.event(egui::Event::Text("light".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let app = harness.state_mut().app();
    assert_eq!((app.view.dialog.clone(), app.settings.theme), (None, ThemeChoice::Light));
    harness.get_by_role_and_label(Role::Button, "Search").click();
    harness.run();
    harness.event(egui::Event::Text("show in".into()));
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Show Inspect").click();
    harness.run();
    assert_eq!(harness.state_mut().app().view.place.screen, Screen::Inspect);
}

#[test]
fn a_question_mark_shows_the_keys_and_escape_takes_them_away() {
    let mut harness = window(scripted(), SIZE, Theme::Dark);
    harness.event(egui::Event::Text("?".into()));
    harness.run();
    assert_eq!(harness.state_mut().app().view.dialog, Some(Dialog::Shortcuts));
    assert!(harness.query_by_label("Ctrl+Shift+Z").is_some());
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state_mut().app().view.dialog, None);
}

#[test]
fn panels_open_and_close_and_the_log_says_what_was_said() {
    let mut app = scripted();
    app.messages.warn("the moon is full");
    let mut harness = window(app, SIZE, Theme::Light);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::B);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::I);
    harness.run();
    let layout = harness.state_mut().app().settings.layout.clone();
    assert!(!layout.left && !layout.right);
    assert!(harness.query_by_label("Encoders").is_none());
    harness.get_by_role_and_label(Role::Button, "Log").click();
    harness.run();
    assert_eq!(harness.state_mut().app().messages.unread, 0);
    assert_eq!(harness.get_all_by_label("the moon is full").count(), 2, "in the strip and in the log");
}

#[test]
fn settings_change_at_once_and_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(living(folder.path()), SIZE, Theme::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Light").click();
    harness.run_ok();
    assert_eq!(harness.ctx.theme(), Theme::Light);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Plus);
    harness.run_ok();
    assert!((harness.ctx.zoom_factor() - 1.1).abs() < 1e-3);
    let file = folder.path().join("settings/settings.json");
    assert!(until(&mut harness, |_| std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"light\""))));
}

/// A server that takes connections and says nothing.
fn silent_server() -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut first = [0; 4];
            // One that says "bye!" ends it.
            if stream.read_exact(&mut first).is_ok() && &first == b"bye!" {
                break;
            }
            held.push(stream);
        }
    });
    (address, thread)
}

#[test]
fn a_source_that_never_answers_holds_up_no_frame_and_can_be_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (url, server) = silent_server();
    let mut harness = window(living(folder.path()), SIZE, Theme::Dark);
    let collection =
        CollectionArgs { url: Some(url.clone()), collection: Some("silent".into()), ..CollectionArgs::default() };
    let open = document::Command::Open { collection: Box::new(collection), encoder: None, then: None };
    harness.state_mut().app().handle(Command::Document(open));
    // If a frame waited for the server, this would never end.
    for screen in Screen::ALL.into_iter().cycle().take(100) {
        harness.state_mut().app().handle(Command::Show(screen));
        harness.step();
    }
    let app = harness.state_mut().app();
    let key = app.document.opening.expect("it is still being opened");
    app.handle(Command::Job(key, JobCommand::Cancel));
    assert!(until(&mut harness, |app| app.document.opening.is_none()), "a cancel is heard");
    assert!(harness.state_mut().app().document.problem.is_none(), "cancelled is no failure");
    drop(harness);
    use std::io::Write;
    let port = url.trim_start_matches("http://").to_owned();
    std::net::TcpStream::connect(port).and_then(|mut s| s.write_all(b"bye!")).unwrap();
    server.join().unwrap();
}

#[test]
fn what_is_selected_is_shown_at_the_right() {
    let mut app = scripted();
    app.document.keep(PointId::Num(7), Some(std::sync::Arc::new(payload())));
    app.handle(Command::Show(Screen::Inspect));
    app.handle(Command::Select(Selected::Point(PointId::Num(7))));
    let mut harness = window(app, SIZE, Theme::Dark);
    harness.run_ok();
    assert!(harness.query_by_role_and_label(Role::Button, "Point 7").is_some(), "its picture, or the words for it");
    assert!(harness.query_by_label("a red soup").is_some());
}

fn payload() -> blockscope::point::Payload {
    let value = serde_json::json!({"caption": "a red soup", "count": 3});
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn pictures_of_the_keys() {
    scenes("frame_shortcuts", SIZE, || {
        let mut app = scripted();
        app.handle(Command::Dialog(Some(Dialog::Shortcuts)));
        app
    });
}

#[test]
fn pictures_of_the_palette() {
    scenes("frame_palette", SIZE, || {
        let mut app = scripted();
        app.handle(Command::Dialog(Some(Dialog::Palette)));
        app
    });
}
