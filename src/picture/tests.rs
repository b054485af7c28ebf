//! Tests of reading, with pictures made here: by the `image` crate's encoders, or byte by byte where those have no way.

use std::io::Cursor;
use std::path::Path;

use image::codecs::{gif::GifEncoder, jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::{DynamicImage, ExtendedColorType, Frame, ImageBuffer, ImageEncoder, ImageFormat, Luma, LumaA, Rgb};
use image::{RgbImage, Rgba, RgbaImage};

use super::{Limits, Picture, from_bytes, read};
use crate::error::{Error, Result};

const FORMATS: [(ImageFormat, &str); 6] = [
    (ImageFormat::Jpeg, "JPEG"),
    (ImageFormat::Png, "PNG"),
    (ImageFormat::WebP, "WebP"),
    (ImageFormat::Gif, "GIF"),
    (ImageFormat::Bmp, "BMP"),
    (ImageFormat::Tiff, "TIFF"),
];

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn get(bytes: &[u8]) -> Result<Picture> {
    from_bytes(bytes, "p", &Limits::default())
}

/// What is wrong with it, without the name.
fn problem(bytes: &[u8]) -> String {
    match get(bytes).map(|picture| picture.format) {
        Err(Error::File { path, problem }) if path == Path::new("p") => problem,
        other => panic!("{other:?}"),
    }
}

fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 1u32;
    RgbImage::from_fn(width, height, |_, _| {
        Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

/// Four colours, one a quarter: red, green, blue and yellow from the top left on, by rows.
const QUARTERS: [[u8; 3]; 4] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]];

fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(QUARTERS[usize::from(y >= height / 2) * 2 + usize::from(x >= width / 2)])
    })
}

/// The quarters' numbers in a picture, by rows.
fn seen(picture: &Picture) -> [usize; 4] {
    let (w, h) = (picture.width, picture.height);
    [(w / 4, h / 4), (3 * w / 4, h / 4), (w / 4, 3 * h / 4), (3 * w / 4, 3 * h / 4)].map(|(x, y)| {
        let far = |colour: &[u8; 3]| -> u32 {
            colour.iter().zip(picture.pixels.get_pixel(x, y).0).map(|(a, b)| u32::from(a.abs_diff(b))).sum()
        };
        (0..4).min_by_key(|i| far(&QUARTERS[*i])).unwrap()
    })
}

/// An Exif block that says nothing but which way is up.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block
}

fn jpeg_with(segment: u8, content: &[u8], jpeg: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, segment], &length, content, &jpeg[2..]].concat()
}

/// The quarters as seen for the Exif values 1 to 8: the standard says where row 0 and column 0 are.
const UPRIGHT: [[usize; 4]; 8] =
    [[0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3], [2, 0, 3, 1], [3, 1, 2, 0], [1, 3, 0, 2]];

#[test]
fn every_orientation_of_every_format_is_put_upright() {
    let picture = quarters(48, 32);
    let (raw, rgb) = (picture.as_raw(), ExtendedColorType::Rgb8);
    for value in 1..=8u8 {
        let block = exif(value);
        let jpeg = encoded(picture.clone(), ImageFormat::Jpeg);
        let jpeg = jpeg_with(0xE1, &[b"Exif\0\0", block.as_slice()].concat(), &jpeg);
        let (mut png, mut webp) = (Vec::new(), Vec::new());
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_exif_metadata(block.clone()).unwrap();
        encoder.write_image(raw, 48, 32, rgb).unwrap();
        let mut encoder = WebPEncoder::new_lossless(&mut webp);
        encoder.set_exif_metadata(block).unwrap();
        encoder.write_image(raw, 48, 32, rgb).unwrap();
        for bytes in [jpeg, png, webp, tiff(&picture, value)] {
            let found = get(&bytes).unwrap();
            let size = if value <= 4 { (48, 32) } else { (32, 48) };
            assert_eq!((found.width, found.height), size, "{} {value}", found.format);
            assert_eq!(found.pixels.dimensions(), size);
            assert_eq!(seen(&found), UPRIGHT[usize::from(value) - 1], "{} {value}", found.format);
        }
    }
    // A value that means nothing turns nothing.
    let odd = jpeg_with(0xE1, b"Exif\0\0MM\0*\xFF\xFF\xFF\xFF", &encoded(picture, ImageFormat::Jpeg));
    assert_eq!(seen(&get(&odd).unwrap()), UPRIGHT[0]);
}

/// An uncompressed TIFF with an orientation, which the `image` crate does not write.
fn tiff(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let (width, height, length) = (picture.width(), picture.height(), picture.len() as u32);
    let entries: [(u16, u32, u32); 10] = [
        (256, 1, width),
        (257, 1, height),
        (258, 3, 8 + 2 + 10 * 12 + 4),
        (259, 1, 1),
        (262, 1, 2),
        (273, 1, 8 + 2 + 10 * 12 + 4 + 6),
        (274, 1, orientation.into()),
        (277, 1, 3),
        (278, 1, height),
        (279, 1, length),
    ];
    let mut bytes = b"II*\0\x08\0\0\0\x0A\0".to_vec();
    for (tag, count, value) in entries {
        let kind: u16 = if tag == 273 || tag == 279 { 4 } else { 3 };
        bytes.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()));
        bytes.extend(count.to_le_bytes().into_iter().chain(value.to_le_bytes()));
    }
    bytes.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0]);
    bytes.extend(picture.as_raw());
    bytes
}

#[test]
fn every_format_is_known_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let picture = quarters(40, 30);
    for (format, name) in FORMATS {
        let path = folder.path().join("wrong ending.txt");
        std::fs::write(&path, encoded(picture.clone(), format)).unwrap();
        let found = read(&path, &Limits::default()).unwrap();
        assert_eq!((found.format, seen(&found)), (name, UPRIGHT[0]));
        if format != ImageFormat::Jpeg {
            assert!(found.pixels == picture, "{name} keeps every pixel");
        }
    }
}

#[test]
fn grey_deep_and_transparent_pictures_become_rgb_over_white() {
    let grey: ImageBuffer<Luma<u8>, _> = ImageBuffer::from_fn(256, 2, |x, _| Luma([x as u8]));
    let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_fn(256, 2, |x, _| Luma([x as u16 * 257]));
    let colour: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_fn(256, 2, |x, _| Rgb([x as u16 * 257; 3]));
    let float: ImageBuffer<Rgb<f32>, _> = ImageBuffer::from_fn(256, 2, |x, _| Rgb([x as f32 / 255.0; 3]));
    let ramp = RgbImage::from_fn(256, 2, |x, _| Rgb([x as u8; 3]));
    for bytes in [
        encoded(grey, ImageFormat::Png),
        encoded(deep.clone(), ImageFormat::Png),
        encoded(deep, ImageFormat::Tiff),
        encoded(colour, ImageFormat::Png),
        encoded(float, ImageFormat::Tiff),
    ] {
        assert!(get(&bytes).unwrap().pixels == ramp);
    }
    // What lies under full transparency does not show; in between, it is mixed.
    let clear =
        RgbaImage::from_fn(256, 3, |x, y| Rgba([[10, 200, 0, x as u8], [0, 0, 0, x as u8], [9; 4]][y as usize]));
    let over = |value: u32, alpha: u32| ((f64::from(value * alpha) / 255.0) + f64::from(255 - alpha)).round() as u8;
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let found = get(&encoded(clear.clone(), format)).unwrap().pixels;
        for (x, y, pixel) in found.enumerate_pixels().filter(|(_, y, _)| *y < 2) {
            let value = [[10, 200, 0], [0, 0, 0]][y as usize];
            assert_eq!(pixel.0, value.map(|v| over(v, x)), "{format:?} at {x}, {y}");
        }
    }
    let soft: ImageBuffer<LumaA<u8>, _> = ImageBuffer::from_pixel(2, 2, LumaA([0, 0]));
    assert_eq!(get(&encoded(soft, ImageFormat::Png)).unwrap().pixels.as_raw(), &[255; 12]);
    let soft: ImageBuffer<Rgba<u16>, _> = ImageBuffer::from_pixel(2, 2, Rgba([0, 65_535, 0, 32_768]));
    assert_eq!(get(&encoded(soft, ImageFormat::Png)).unwrap().pixels.get_pixel(1, 1).0, [127, 255, 127]);
}

#[test]
fn an_animation_gives_its_first_frame() {
    let mut bytes = Vec::new();
    let frame = |colour| {
        Frame::from_parts(RgbaImage::from_pixel(8, 4, Rgba(colour)), 0, 0, image::Delay::from_numer_denom_ms(50, 1))
    };
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.encode_frames([frame([255, 0, 0, 255]), frame([0, 0, 255, 255])]).unwrap();
    drop(encoder);
    let found = get(&bytes).unwrap();
    assert_eq!((found.format, found.width, found.height), ("GIF", 8, 4));
    assert!(found.pixels.pixels().all(|p| p.0 == [255, 0, 0]));
}

/// An 8 x 8 CMYK JPEG of one colour, as Adobe's programs store it: upside down, and here without any compression.
fn cmyk(stored: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, content: &[u8]| {
        bytes.extend([0xFF, marker]);
        bytes.extend((content.len() as u16 + 2).to_be_bytes());
        bytes.extend(content);
    };
    segment(0xEE, b"Adobe\0\x64\0\0\0\0\0");
    segment(0xDB, &[&[0][..], &[8; 64]].concat());
    segment(0xC0, &[8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);
    // Means: nine codes of four bits for the sizes 0 to 8. Everything else: one code of one bit, for "no more".
    segment(0xC4, &[0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    segment(0xC4, &[0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    segment(0xDA, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let mut bits = String::new();
    for value in stored {
        let mean = i32::from(value) - 128;
        let size = (32 - mean.unsigned_abs().leading_zeros()) as usize;
        let code = if mean < 0 { mean + (1 << size) - 1 } else { mean };
        bits += &format!("{size:04b}");
        if size > 0 {
            bits += &format!("{code:0size$b}");
        }
        bits.push('0');
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    for byte in bits.as_bytes().chunks(8) {
        let byte = byte.iter().fold(0, |all, bit| all << 1 | (bit - b'0'));
        bytes.extend(if byte == 0xFF { vec![0xFF, 0] } else { vec![byte] });
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}

#[test]
fn cmyk_becomes_rgb() {
    for (stored, expected) in [
        ([255, 0, 0, 255], [255, 0, 0]),
        ([255, 255, 255, 255], [255, 255, 255]),
        ([255, 255, 255, 0], [0, 0, 0]),
        ([0, 255, 255, 128], [0, 128, 128]),
    ] {
        let found = get(&cmyk(stored)).unwrap();
        assert_eq!((found.width, found.height, found.format), (8, 8, "JPEG"));
        for (a, b) in found.pixels.get_pixel(3, 3).0.iter().zip(expected) {
            assert!(a.abs_diff(b) <= 1, "{stored:?}: {:?}", found.pixels.get_pixel(3, 3));
        }
    }
}

#[test]
fn what_is_too_large_is_refused_by_its_header() {
    let png = |width: u32, height: u32| {
        let mut bytes = encoded(quarters(4, 4), ImageFormat::Png);
        bytes[16..24].copy_from_slice(&[width.to_be_bytes(), height.to_be_bytes()].concat());
        let crc = bytes[12..29].iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
        });
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        bytes
    };
    let said = "is 60000 x 60000 pixels (3600 megapixels); at most 16384 a side and 150 megapixels in all are read";
    assert_eq!(problem(&png(60_000, 60_000)), said);
    assert!(problem(&png(0x7FFF_FFFF, 1)).starts_with("is 2147483647 x 1 pixels (2148 megapixels); at most 16384"));
    // A JPEG and a GIF that claim the most that they can.
    let mut jpeg = encoded(quarters(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    let mut gif = encoded(quarters(8, 8), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    for bytes in [jpeg, gif] {
        assert!(problem(&bytes).starts_with("is 65535 x 65535 pixels (4295 megapixels)"), "{}", problem(&bytes));
    }
    let bytes = encoded(quarters(40, 30), ImageFormat::Png);
    let with = |limits: Limits| from_bytes(&bytes, "p", &limits).map(|p| p.width).map_err(|e| e.to_string());
    let usual = Limits::default();
    assert_eq!(with(Limits { side: 40, pixels: 1_200, ..usual }), Ok(40));
    assert!(with(Limits { side: 39, ..usual }).is_err());
    assert!(with(Limits { pixels: 1_199, ..usual }).is_err());
    let error = with(Limits { memory: 3_599, ..usual }).unwrap_err();
    assert!(error.contains("MiB"), "{error}");
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let error = read(&path, &Limits { file: 10, ..usual }).unwrap_err().to_string();
    assert!(error.ends_with("has 1 MiB, and files of at most 1 MiB are read"), "{error}");
    assert!(read(&path, &Limits { file: bytes.len() as u64, ..usual }).is_ok());
}

#[test]
fn what_is_no_picture_is_told_so() {
    assert_eq!(problem(b""), "is empty");
    assert_eq!(problem(b"just words"), "is not a picture; JPEG, PNG, WebP, GIF, BMP and TIFF are read");
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    assert!(problem(heic).starts_with("is a picture in HEIC format, which is not supported; JPEG,"));
    assert!(problem(b"\0\0\0\x1Cftypavif\0\0\0\0").starts_with("is a picture in AVIF format"));
    assert!(problem(b"\0\0\x01\0\x01\0").starts_with("is a picture in ICO format, which is not supported"));
    assert!(problem(b"BMW is a car").starts_with("is not a sound BMP") || problem(b"BMW is a car").contains("cut off"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.jpg");
    std::fs::write(&path, "words").unwrap();
    let error = read(&path, &Limits::default()).unwrap_err().to_string();
    assert!(error.contains("words.jpg: is not a picture"));
    let error = read(folder.path(), &Limits::default()).unwrap_err().to_string();
    assert!(error.ends_with("is a folder, not a picture"));
    assert!(read(folder.path().join("gone.png"), &Limits::default()).unwrap_err().to_string().ends_with("not found"));
    #[cfg(unix)]
    assert!(read("/dev/null", &Limits::default()).unwrap_err().to_string().ends_with("is not a regular file"));
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_or_whole() {
    for (format, name) in FORMATS {
        let bytes = encoded(noise(24, 18), format);
        let whole = get(&bytes).unwrap().pixels;
        for length in (1..bytes.len()).step_by(7).chain(bytes.len().saturating_sub(12)..bytes.len()) {
            match get(&bytes[..length]) {
                Ok(found) => assert!(format != ImageFormat::Jpeg && found.pixels == whole, "{name} {length}"),
                Err(error) => assert!(matches!(error, Error::File { .. })),
            }
        }
        assert_eq!(problem(&bytes[..bytes.len() / 2]), "is cut off: its data ends before the picture does", "{name}");
    }
}

#[test]
fn a_preview_inside_a_jpeg_is_not_its_end() {
    let small = encoded(quarters(8, 8), ImageFormat::Jpeg);
    let bytes = jpeg_with(0xE1, &small, &encoded(noise(40, 40), ImageFormat::Jpeg));
    assert!(get(&bytes).is_ok());
    assert_eq!(problem(&bytes[..bytes.len() - 300]), "is cut off: its data ends before the picture does");
    // What follows the end is another program's note.
    assert!(get(&[bytes.as_slice(), b"and more"].concat()).is_ok());
}

#[test]
fn damage_is_refused_or_read_and_never_a_panic() {
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let limits = Limits { pixels: 1_000_000, ..Limits::default() };
    for (format, name) in FORMATS {
        let sound = encoded(noise(20, 15), format);
        for _ in 0..150 {
            let mut bytes = sound.clone();
            for _ in 0..=random(4) {
                // The header more often than the rest.
                let below = if random(2) == 0 { 64.min(bytes.len()) } else { bytes.len() };
                let place = random(below);
                bytes[place] = random(256) as u8;
            }
            match from_bytes(&bytes, "p", &limits) {
                Ok(found) => assert_eq!(found.pixels.len(), 3 * found.width as usize * found.height as usize),
                Err(error) => assert!(!error.to_string().contains("decoder failed"), "{name}: {error}"),
            }
        }
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 100).encode_image(&noise(9, 9)).unwrap();
    assert!(get(&jpeg).is_ok());
}
