//! What a person does with the widgets: mouse, keyboard, and what a screen reader hears.

use blockscope::ui::widgets::{
    Banner, BlockBars, Button, Chip, EmptyState, FieldError, Histogram, IconButton, Mood, Picture, Progress, Segment,
    Thumbnail, field, search, segmented,
};
use eframe::egui::{Color32, Key, Modifiers, TextEdit, Theme, Ui, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use crate::stage::stage;

fn harness<'a, State: 'a>(state: State, contents: impl FnMut(&mut Ui, &mut State) + 'a) -> Harness<'a, State> {
    stage([400.0, 300.0], Theme::Dark).build_ui_state(contents, state)
}

#[test]
fn a_button_is_pressed_by_mouse_and_keyboard_but_not_while_it_is_off() {
    let mut harness = harness((0, true), |ui, (clicks, on)| {
        if ui.add_enabled(*on, Button::primary("Start")).clicked() {
            *clicks += 1;
        }
    });
    harness.get_by_role_and_label(Role::Button, "Start").click();
    harness.run();
    assert_eq!(harness.state().0, 1);
    harness.key_press(Key::Tab);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().0, 2);
    harness.state_mut().1 = false;
    harness.run();
    assert!(harness.get_by_label("Start").accesskit_node().is_disabled());
    harness.get_by_label("Start").click();
    harness.run();
    assert_eq!(harness.state().0, 2);
}

#[test]
fn an_icon_button_has_a_name_and_tells_whether_it_is_on() {
    let mut harness = harness(false, |ui, on| {
        if ui.add(IconButton::new(blockscope::ui::icons::PIN, "Pin").selected(*on)).clicked() {
            *on = !*on;
        }
    });
    harness.get_by_label("Pin").click();
    harness.run();
    let toggled = harness.get_by_label("Pin").accesskit_node().toggled();
    assert_eq!(toggled, Some(eframe::egui::accesskit::Toggled::True));
}

#[test]
fn arrow_keys_move_along_the_tabs() {
    let segments = [("Loss", 0), ("Usage", 1), ("Entropy", 2)].map(|(name, value)| Segment { value, name, tip: "" });
    let mut harness = harness(0, move |ui, tab| {
        segmented(ui, "Chart", tab, &segments);
    });
    harness.get_by_role_and_label(Role::Tab, "Usage").click();
    harness.run();
    assert_eq!(*harness.state(), 1);
    harness.get_by_label("Usage").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(*harness.state(), 2);
    assert!(harness.get_by_label("Entropy").is_focused());
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(*harness.state(), 2, "there is none beyond the last");
}

#[test]
fn a_search_is_typed_and_emptied() {
    let mut harness = harness(String::new(), |ui, text| {
        search(ui, "Search features", "Search", text, 200.0);
    });
    harness.get_by_label("Search features").focus();
    harness.run();
    harness.get_by_label("Search features").type_text("car");
    harness.run();
    assert_eq!(harness.state(), "car");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state(), "");
    harness.get_by_label("Search features").type_text("sea");
    harness.run();
    harness.get_by_label("Empty the search").click();
    harness.run();
    assert_eq!(harness.state(), "");
}

#[test]
fn a_fields_error_stands_under_the_control_that_the_label_names() {
    let harness = harness(String::new(), |ui, text| {
        let error = FieldError::new("no such folder").hint("choose one that is there");
        field(ui, "Folder", "", Some(&error), |ui| ui.add(TextEdit::singleline(text)));
    });
    let input = harness.get_by_role_and_label(Role::TextInput, "Folder").rect();
    for words in ["no such folder", "choose one that is there"] {
        let message = harness.get_by_label(words).rect();
        assert!(message.top() >= input.bottom() && message.left() >= input.left(), "{words}");
    }
}

#[test]
fn a_chip_is_opened_or_taken_away() {
    let mut harness = harness((false, false), |ui, (opened, removed)| {
        let chip = Chip::new("red car").value(".812").removable().show(ui);
        *opened |= chip.response.clicked();
        *removed |= chip.removed;
    });
    harness.get_by_label("red car .812").click();
    harness.run();
    assert_eq!(*harness.state(), (true, false));
    harness.get_by_label("Remove red car").click();
    harness.run();
    assert_eq!(*harness.state(), (true, true));
}

#[test]
fn a_threshold_is_a_slider_for_keys_mouse_and_screen_readers() {
    let counts = [5_u64, 3, 2, 1];
    let mut harness = harness(0.5, move |ui, threshold| {
        Histogram::new("Threshold", &counts, 0.0..=1.0).show(ui, Some(threshold));
    });
    let near = |harness: &Harness<'_, f64>, value: f64| {
        assert!((*harness.state() - value).abs() < 1e-6, "{} is not {value}", harness.state());
    };
    assert_eq!(harness.get_by_role_and_label(Role::Slider, "Threshold").accesskit_node().numeric_value(), Some(0.5));
    harness.get_by_label("Threshold").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    near(&harness, 0.51);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    near(&harness, 0.41);
    harness.key_press(Key::End);
    harness.run();
    near(&harness, 1.0);
    harness.get_by_label("Threshold").set_value_accesskit(0.25);
    harness.run();
    near(&harness, 0.25);
    let rect = harness.get_by_label("Threshold").rect();
    harness.hover_at(rect.center());
    harness.drag_at(rect.center());
    harness.step();
    harness.hover_at(rect.left_center());
    harness.step();
    harness.drop_at(rect.left_center());
    harness.run();
    near(&harness, 0.0);
}

#[test]
fn a_histogram_without_a_threshold_does_not_move() {
    let harness = harness((), |ui, ()| {
        Histogram::new("Confidence", &[1, 2], 0.0..=1.0).show(ui, None);
    });
    assert!(harness.query_by_label("Confidence: 3 points").is_some());
    assert!(harness.query_by_role(Role::Slider).is_none());
}

#[test]
fn the_winner_of_a_block_is_named_and_any_feature_can_be_chosen() {
    let mut harness = harness(None, |ui, chosen| {
        let names = |place: usize| ["sea", "red car", "bowl"][place].to_owned();
        let bars = BlockBars::new("Block 1", &[0.1, 0.8, 0.1], Color32::RED).names(&names).show(ui);
        *chosen = bars.clicked.or(*chosen);
    });
    let name = "Block 1: red car .800 of 3 features";
    harness.get_by_label(name).focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(harness.query_by_label_contains("sea: .100 of 1").is_some(), "the tooltip says what the keyboard is at");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(*harness.state(), Some(0));
    let rect = harness.get_by_label(name).rect();
    harness.hover_at(rect.right_bottom() - eframe::egui::vec2(20.0, 10.0));
    harness.run();
    assert!(harness.query_by_label_contains("bowl: .100 of 1").is_some());
}

#[test]
fn messages_progress_and_empty_places_offer_what_to_do() {
    let mut harness = harness([false; 4], |ui, done| {
        let banner = Banner::new(Mood::Danger, "It failed").hint("try again").action("Retry").closable().show(ui);
        done[0] |= banner.acted;
        done[1] |= banner.closed;
        done[2] |= Progress::new(Some(0.5), "Half").cancel("Cancel the work").show(ui);
        done[3] |= EmptyState::new(blockscope::ui::icons::DROP, "Nothing").action(Button::primary("Open")).show(ui);
    });
    assert!(harness.query_by_role_and_label(Role::Alert, "It failed").is_some());
    assert_eq!(harness.get_by_role(Role::ProgressIndicator).accesskit_node().numeric_value(), Some(0.5));
    for (place, name) in ["Retry", "Close this message", "Cancel the work", "Open"].into_iter().enumerate() {
        assert!(!harness.state()[place]);
        harness.get_by_role_and_label(Role::Button, name).click();
        harness.run();
        assert!(harness.state()[place], "{name}");
    }
}

#[test]
fn a_picture_that_is_missing_still_has_its_name_and_can_be_chosen() {
    let mut harness = harness(0, |ui, clicks| {
        let thumbnail = Thumbnail::new(Picture::Broken("it is cut off"), "point 17").caption(".812");
        *clicks += i32::from(ui.add(thumbnail).clicked());
    });
    harness.get_by_label("point 17 .812").click();
    harness.run();
    assert_eq!(*harness.state(), 1);
}
