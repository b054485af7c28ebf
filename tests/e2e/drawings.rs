//! The artist: the same seed gives the same picture, every kind keeps its word, and the golden sheet is what it draws.

use blockscope::demo::artist::{self, Group};
use blockscope::demo::{FRESH_SEED, INSPECTED, SIZE};

use crate::support::root;

/// A number that any change of a picture changes.
fn fingerprint(picture: &image::RgbImage) -> u64 {
    picture.as_raw().iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn there_are_enough_kinds_and_none_has_the_name_of_another() {
    assert!(artist::kinds_of(Group::Food).len() >= 24);
    assert!(artist::kinds_of(Group::Thing).len() >= 12);
    let mut names: Vec<&str> = artist::kinds().map(|k| k.name).collect();
    for name in ["cake", "pizza", "car", "sushi"] {
        assert!(names.contains(&name), "{name}");
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn a_seed_draws_the_same_picture_and_another_number_another_one() {
    for kind in artist::kinds() {
        let (a, b) = (artist::draw(kind, 5, 3, 96), artist::draw(kind, 5, 3, 96));
        assert_eq!(a.picture, b.picture, "{}", kind.name);
        assert_eq!(a.factors, b.factors);
        assert_ne!(fingerprint(&a.picture), fingerprint(&artist::draw(kind, 5, 4, 96).picture), "{}", kind.name);
        assert_ne!(fingerprint(&a.picture), fingerprint(&artist::draw(kind, 6, 3, 96).picture), "{}", kind.name);
        // What a picture holds does not depend on how large it is drawn.
        assert_eq!(a.factors, artist::draw(kind, 5, 3, 64).factors);
    }
}

#[test]
fn every_factor_of_a_kind_is_drawn_and_said() {
    for kind in artist::kinds() {
        let drawn: Vec<_> = (0..120).map(|n| artist::draw(kind, 8, n, 16).factors).collect();
        for colour in kind.colours {
            assert!(drawn.iter().any(|f| f.colour == *colour), "{} in {}", kind.name, colour.name());
        }
        for topping in kind.toppings {
            assert!(drawn.iter().any(|f| f.topping == Some(topping)), "{} with {topping}", kind.name);
        }
        for count in kind.counts.clone() {
            assert!(drawn.iter().any(|f| f.count == count), "{count} of {}", kind.name);
        }
        for f in &drawn {
            assert!(kind.counts.contains(&f.count) && kind.colours.contains(&f.colour));
            assert!(f.caption.contains(f.colour.name()), "{}", f.caption);
            assert!(f.caption.contains(if f.count == 1 { kind.name } else { kind.plural }), "{}", f.caption);
            assert_eq!(f.plate.is_some(), kind.group == Group::Food, "{}", f.caption);
        }
    }
}

/// The first picture of every kind, and the four that the demo inspects, as the README shows them.
#[test]
fn the_golden_sheets_are_what_the_artist_draws() {
    let kinds: Vec<_> = artist::kinds().filter(|k| k.group != Group::Shape).collect();
    let drawn = kinds.into_iter().map(|kind| artist::draw(kind, FRESH_SEED, 1, 112).picture);
    golden("drawings.png", 10, drawn.collect());
    let inspected = INSPECTED.map(|name| artist::kinds().find(|k| k.name == name).unwrap());
    golden("inspected.png", 4, inspected.map(|kind| artist::draw(kind, FRESH_SEED, 0, SIZE).picture).to_vec());
}

/// Compares a sheet with its file. Run with `BLOCKSCOPE_BLESS=1` to draw it anew after a change that is meant, and look
/// at it.
fn golden(name: &str, columns: u32, cells: Vec<image::RgbImage>) {
    let (edge, rows) = (cells[0].width(), (cells.len() as u32).div_ceil(columns));
    let mut sheet = image::RgbImage::from_pixel(columns * edge, rows * edge, image::Rgb([255; 3]));
    for (i, cell) in cells.iter().enumerate() {
        let (x, y) = (i as u32 % columns * edge, i as u32 / columns * edge);
        image::imageops::replace(&mut sheet, cell, x.into(), y.into());
    }
    let path = root().join("imgs").join(name);
    if std::env::var_os("BLOCKSCOPE_BLESS").is_some() {
        sheet.save(&path).unwrap();
        return;
    }
    let golden = image::open(&path).unwrap().into_rgb8();
    assert_eq!(golden.dimensions(), sheet.dimensions(), "kinds came or went: bless {name} anew");
    // Another processor may round a gradient otherwise; a picture that changed differs by far more.
    let off = golden.as_raw().iter().zip(sheet.as_raw()).filter(|(a, b)| a.abs_diff(**b) > 8).count();
    assert!(off * 1_000 < golden.as_raw().len(), "{name}: {off} of {} values differ", golden.as_raw().len());
}
