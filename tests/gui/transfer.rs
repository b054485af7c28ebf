//! The dialogs of conversions and exports.

use blockscope::app::transfer::{Command as Ask, Export, Looked};
use blockscope::app::{App, Command, Dialog};
use blockscope::encoder::{Decoder, Stored};
use eframe::egui::Theme;
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::features::{encoder, opened, opened_with};
use super::whole::{Whole, scenes, window};

/// With a collection and an encoder open.
fn open_encoder() -> App {
    opened(Some((4, 64)), 4_000)
}

const SIZE: [f32; 2] = [1_280.0, 800.0];

#[test]
fn sparse_vectors_are_looked_at_by_a_button() {
    let mut harness = window(open_encoder(), SIZE, Theme::Dark);
    harness.state_mut().app().handle(Command::Dialog(Some(Dialog::Convert)));
    harness.run_steps(3);
    harness.get_by_role_and_label(Role::Button, "See what would be written").click();
    harness.run_steps(3);
    assert!(matches!(harness.state_mut().app().transfer.looked, Looked::Looking(_)));
    harness.get_by_role_and_label(Role::Button, "Close").click();
    harness.run_steps(3);
    assert_eq!(harness.state_mut().app().view.dialog, None);
}

/// With an encoder whose decoder is for winners.
fn open_decoder() -> App {
    let mut encoder = encoder(4, 64);
    encoder.meta.stored = Stored::Winners;
    let decoder = Decoder::new(2, 256, vec![0.5; 512], vec![0.0; 2]).unwrap();
    opened_with(Some(encoder.with_decoder(decoder).unwrap()), 4_000)
}

#[test]
fn what_is_stored_is_what_the_decoder_is_for_unless_another_is_chosen() {
    let shown = |app: App| {
        let mut harness = window(app, SIZE, Theme::Dark);
        harness.state_mut().app().handle(Command::Dialog(Some(Dialog::Convert)));
        harness.run_steps(3);
        harness
    };
    let fields = |harness: &Harness<'static, Whole>| {
        ["Its threshold", "Of each block"].map(|field| harness.query_all_by_label(field).next().is_some())
    };
    assert_eq!(fields(&shown(open_encoder())), [true, false], "activations, without a decoder");
    let mut harness = shown(open_decoder());
    assert_eq!(fields(&harness), [false, false]);
    assert_eq!(harness.state_mut().app().transfer.form.keep, None);
    for (name, keep, there) in [
        ("Strongest", Stored::Strongest(4), [false, true]),
        ("Above a threshold", Stored::Activations, [true, false]),
        ("Winners", Stored::Winners, [false, false]),
    ] {
        harness.get_by_role_and_label(Role::Tab, name).click();
        harness.run_steps(3);
        assert_eq!(harness.state_mut().app().transfer.form.keep, Some(keep));
        assert_eq!(fields(&harness), there, "{name}");
    }
}

#[test]
fn each_export_has_a_button_and_a_folder_that_is_typed_is_where_it_goes() {
    let mut harness = window(open_encoder(), SIZE, Theme::Light);
    let app = harness.state_mut().app();
    app.handle(Command::Dialog(Some(Dialog::Export)));
    app.handle(Command::Transfer(Ask::Path("/there".into())));
    harness.run_steps(3);
    for export in Export::ALL {
        let name = format!("Export {}", export.title());
        assert!(harness.query_by_role_and_label(Role::Button, &name).is_some(), "{name}");
    }
    harness.get_by_role_and_label(Role::Button, "Export Encoder").click();
    harness.run_steps(3);
    assert!(harness.state_mut().app().transfer.exporting.is_some());
}

#[test]
fn pictures_of_the_conversion() {
    scenes("transfer_convert", SIZE, || {
        let mut app = open_encoder();
        app.handle(Command::Dialog(Some(Dialog::Convert)));
        app
    });
}

#[test]
fn pictures_of_a_conversion_to_winners() {
    scenes("transfer_winners", SIZE, || {
        let mut app = open_decoder();
        app.handle(Command::Dialog(Some(Dialog::Convert)));
        app
    });
}

#[test]
fn pictures_of_the_exports() {
    scenes("transfer_export", SIZE, || {
        let mut app = open_encoder();
        app.handle(Command::Dialog(Some(Dialog::Export)));
        app
    });
}

#[test]
fn pictures_of_the_settings() {
    scenes("frame_settings", SIZE, || {
        let mut app = open_encoder();
        app.handle(Command::Dialog(Some(Dialog::Settings)));
        app
    });
}
