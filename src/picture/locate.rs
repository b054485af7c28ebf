//! Where a point's picture is, by its payload: in a file, at an address, or in the payload itself.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::gather::digest;
use crate::point::{Payload, PointId};

/// Where a picture is. Cheap to clone, to compare and to hash, so that it can be the key of a map that is asked in every
/// frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PictureRef {
    /// A file.
    File(Arc<Path>),
    /// A file that an import has put into the collection. It is known by its content too, so that its thumbnail is
    /// found where the file has gone or changed.
    Imported {
        /// The point's id, which holds half of the content's digest.
        id: PointId,
        /// Where the file was.
        path: Arc<Path>,
    },
    /// An address that begins with `http://` or `https://`.
    Url(Arc<str>),
    /// In the payload, as base64.
    Inline(Inline),
}

impl PictureRef {
    /// A picture in a payload: base64, alone or in a `data:` address.
    pub fn inline(text: &str) -> Self {
        Self::Inline(Inline { digest: digest(text.as_bytes()), text: text.into() })
    }
}

/// A picture in a payload. Equal where the texts have the same SHA-256.
#[derive(Clone)]
pub struct Inline {
    text: Arc<str>,
    digest: [u8; 32],
}

impl PartialEq for Inline {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Inline {}

impl Hash for Inline {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl std::fmt::Debug for Inline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inline({} bytes)", self.text.len())
    }
}

/// Base64 as found in the wild: with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Inline {
    /// The SHA-256 of the text.
    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The picture file's bytes. Takes both alphabets of base64, with and without padding, and lines.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, String> {
        let content = data_content(&self.text).unwrap_or(&self.text);
        decode(content.bytes()).map_err(|e| format!("is not base64: {e}"))
    }
}

fn decode(text: impl Iterator<Item = u8>) -> Result<Vec<u8>, base64::DecodeError> {
    let plain: Vec<u8> = text
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        })
        .collect();
    LENIENT.decode(plain)
}

/// What follows the head of a `data:` address in base64.
fn data_content(text: &str) -> Option<&str> {
    let (head, content) = text.split_once(',')?;
    let (start, end) = (head.get(..5)?, head.len().checked_sub(7).and_then(|at| head.get(at..))?);
    (start.eq_ignore_ascii_case("data:") && end.eq_ignore_ascii_case(";base64")).then_some(content)
}

/// What a text looks like, as far as pictures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look<'a> {
    /// A picture in base64, by its first bytes.
    Inline,
    /// A `data:` address in base64.
    Data,
    /// An address that begins with `http://` or `https://`.
    Web(&'a str),
    /// A `file:` address.
    FileUrl(&'a str),
    /// An address of another sort, which nothing here can read.
    Elsewhere,
    /// A path, or just words.
    Plain(&'a str),
    /// Neither a path nor a picture: empty, too long, or of several lines.
    Nothing,
}

/// The longest path and the longest address that are taken for one.
const LONGEST: usize = 4096;

pub(super) fn look(text: &str) -> Look<'_> {
    let text = text.trim();
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    match () {
        () if begins("data:") && data_content(text).is_some() => Look::Data,
        () if begins("data:") => Look::Elsewhere,
        () if is_picture_in_base64(text) => Look::Inline,
        () if text.is_empty() || text.len() > LONGEST || text.contains(['\n', '\r', '\0']) => Look::Nothing,
        () if begins("http://") || begins("https://") => Look::Web(text),
        () if begins("file:/") => Look::FileUrl(text),
        () if is_address(text) => Look::Elsewhere,
        () => Look::Plain(text),
    }
}

/// Whether a text begins as `scheme://`, as in `s3://bucket/cat.jpg`.
fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// Whether a text is base64 as far as looked, and its first bytes those of a picture file.
fn is_picture_in_base64(text: &str) -> bool {
    /// Shorter than the smallest GIF.
    const SHORTEST: usize = 40;
    /// Characters that are looked at: a path has a dot, and a text a space, before that.
    const START: usize = 400;
    /// Characters of the first bytes.
    const HEAD: usize = 24;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&byte);
    if text.len() < SHORTEST || !text.bytes().take(START).all(fits) {
        return false;
    }
    let head = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take(HEAD);
    let Ok(head) = decode(head) else { return false };
    match head.as_slice() {
        [0xFF, 0xD8, 0xFF, ..] | [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => true,
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => true,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => true,
        head => head.starts_with(b"\x89PNG\r\n\x1A\n") || head.starts_with(b"GIF8"),
    }
}

/// Where the picture of a point is that the field of its payload names; none where it names none.
///
/// The field may lie deeper, as in `image.src`; of a list, the first that names a picture counts. A value is a path, an
/// address (`http:`, `https:`, `file:`), or the picture itself in base64, with or without a `data:` head. A path that is
/// not absolute begins at the base folder (where there is none, at the process's own), and `~` is the person's home.
///
/// Reads nothing. A picture in the payload is hashed, so this is for when points come in, not for every frame.
pub fn picture_ref(id: PointId, payload: &Payload, field: &str, base: Option<&Path>) -> Option<PictureRef> {
    texts(value_at(payload, field)?).find_map(|text| text_ref(id, text, base))
}

fn text_ref(id: PointId, text: &str, base: Option<&Path>) -> Option<PictureRef> {
    let path = match look(text) {
        Look::Inline | Look::Data => return Some(PictureRef::inline(text.trim())),
        Look::Web(url) => return Some(PictureRef::Url(url.into())),
        Look::FileUrl(url) => file_of_url(url)?,
        Look::Plain(path) => absolute(path, base),
        Look::Elsewhere | Look::Nothing => return None,
    };
    let path = Arc::from(path);
    Some(if is_imported(id) { PictureRef::Imported { id, path } } else { PictureRef::File(path) })
}

/// Whether an import of pictures gives such ids: UUIDs of version 8, as [`point_id`](super::point_id) makes them.
fn is_imported(id: PointId) -> bool {
    matches!(id, PointId::Uuid(uuid) if uuid.get_version_num() == 8)
}

fn absolute(path: &str, base: Option<&Path>) -> PathBuf {
    let home = path.strip_prefix('~').filter(|rest| rest.starts_with(['/', '\\']));
    if let (Some(rest), Some(home)) = (home, dirs::home_dir()) {
        return home.join(rest.trim_start_matches(['/', '\\']));
    }
    base.map_or_else(|| PathBuf::from(path), |base| base.join(path))
}

/// The path of a `file:` address on this machine (RFC 8089).
fn file_of_url(url: &str) -> Option<PathBuf> {
    let rest = url.get("file:".len()..)?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (host, _) = rest.split_once('/')?;
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return None;
            }
            &rest[host.len()..]
        }
        None => rest,
    };
    let path = percent_decoded(path)?;
    // A drive, as in /C:/pictures.
    let drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if drive { &path[1..] } else { &path }))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let code = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(code, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The value of a field, which may be named with dots: `image.src`. A list on the way is entered at its first element.
pub(super) fn value_at<'a>(payload: &'a Payload, field: &str) -> Option<&'a Value> {
    if let Some(value) = payload.get(field) {
        return Some(value);
    }
    let mut parts = field.split('.').map(|part| part.trim_end_matches("[]"));
    let mut value = payload.get(parts.next()?)?;
    for part in parts {
        while let Value::Array(list) = value {
            value = list.first()?;
        }
        value = value.as_object()?.get(part)?;
    }
    Some(value)
}

/// A value's text, or the texts of a list.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;
    use crate::picture::point_id;

    fn found(value: Value) -> Option<PictureRef> {
        let payload = json!({"p": value});
        picture_ref(PointId::Num(1), payload.as_object().unwrap(), "p", Some(Path::new("/base")))
    }

    fn file(path: impl AsRef<Path>) -> Option<PictureRef> {
        Some(PictureRef::File(path.as_ref().into()))
    }

    #[test]
    fn paths_and_addresses_are_told_apart() {
        assert_eq!(found(json!("/a/b c.jpg")), file("/a/b c.jpg"));
        assert_eq!(found(json!("a/b.jpg")), file("/base/a/b.jpg"));
        assert_eq!(found(json!("~/b.jpg")), file(dirs::home_dir().unwrap().join("b.jpg")));
        assert_eq!(found(json!("~b.jpg")), file("/base/~b.jpg"));
        assert_eq!(found(json!("file:///a/b%20%C3%A4.jpg")), file("/a/b ä.jpg"));
        assert_eq!(found(json!("file://localhost/a.jpg")), file("/a.jpg"));
        assert_eq!(found(json!("FILE:/a.jpg")), file("/a.jpg"));
        assert_eq!(found(json!(" https://x.example/a ")), Some(PictureRef::Url("https://x.example/a".into())));
        assert_eq!(found(json!("HTTP://x.example/a")), Some(PictureRef::Url("HTTP://x.example/a".into())));
        for none in [
            json!("file://elsewhere/a.jpg"),
            json!("file:///a%2.jpg"),
            json!("s3://bucket/a.jpg"),
            json!("data:image/svg+xml,<svg/>"),
            json!(""),
            json!("two\nlines"),
            json!(7),
            json!(null),
            json!([]),
            json!({"a": "b.jpg"}),
            json!("x".repeat(5_000)),
        ] {
            assert_eq!(found(none.clone()), None, "{none}");
        }
        let payload = json!({"p": "a.jpg"});
        let here = picture_ref(PointId::Num(1), payload.as_object().unwrap(), "p", None);
        assert_eq!(here, file("a.jpg"), "without a base, as it stands");
    }

    #[test]
    fn fields_are_found_deep_down_and_in_lists() {
        let payload = json!({
            "image": {"src": "a.jpg"}, "x.y": "b.jpg", "x": {"y": "c.jpg"},
            "shots": [{"url": "d.jpg"}, {"url": "e.jpg"}], "all": [3, "s3://x/y", "f.jpg", "g.jpg"]
        });
        let at = |field: &str| picture_ref(PointId::Num(1), payload.as_object().unwrap(), field, None);
        assert_eq!(at("image.src"), file("a.jpg"));
        assert_eq!(at("x.y"), file("b.jpg"), "a name with a dot comes first");
        assert_eq!(at("shots.url"), file("d.jpg"));
        assert_eq!(at("shots[].url"), file("d.jpg"));
        assert_eq!(at("all"), file("f.jpg"));
        for none in ["image", "image.alt", "image.src.x", "gone", ""] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn base64_is_known_with_and_without_its_head() {
        let heads: [&[u8]; 7] = [
            b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01",
            b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR",
            b"GIF89a\x01\0\x01\0",
            b"RIFF\x10\0\0\0WEBPVP8 ",
            b"BM\x46\0\0\0\0\0\0\0\x36\0",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
        ];
        for head in heads {
            let bytes: Vec<u8> = head.iter().copied().chain((0..500).map(|i| (i * 7) as u8)).collect();
            let standard = BASE64_STANDARD.encode(&bytes);
            let lines: String =
                standard.as_bytes().chunks(76).map(|line| format!("{}\r\n", str::from_utf8(line).unwrap())).collect();
            let data = format!("data:image/x;base64,{standard}");
            let odd = format!("DATA:;BASE64,{}", standard.trim_end_matches('='));
            for text in [standard, BASE64_URL_SAFE_NO_PAD.encode(&bytes), lines, data, odd] {
                let Some(PictureRef::Inline(inline)) = found(json!(text)) else { panic!("{text}") };
                assert_eq!(inline.bytes().unwrap(), bytes, "{text}");
            }
        }
        // Words of base64's letters alone, and a path that begins as a JPEG does.
        for plain in ["abcdefghijklmnopqrstuvwxyz".repeat(3), format!("/9j/{}.jpg", "deep/er/".repeat(8))] {
            assert!(matches!(found(json!(plain)), Some(PictureRef::File(_))), "{plain}");
        }
        let Some(PictureRef::Inline(broken)) = found(json!("data:image/png;base64,!!!")) else { panic!() };
        assert!(broken.bytes().unwrap_err().starts_with("is not base64"));
    }

    #[test]
    fn equal_pictures_are_one_key() {
        let (a, b) = (PictureRef::inline("data:;base64,AAAA"), PictureRef::inline("data:;base64,AAAB"));
        let keys: std::collections::HashSet<PictureRef> = [a.clone(), b, a.clone(), a].into_iter().collect();
        assert_eq!(keys.len(), 2);
    }

    #[test]
    fn an_imported_picture_is_known_by_its_points_id() {
        let payload = json!({"path": "/a/b.jpg", "width": 4, "url": "https://x.example/a.jpg"});
        let payload = payload.as_object().unwrap();
        let id = point_id(&digest(b"content"));
        let path: Arc<Path> = Path::new("/a/b.jpg").into();
        assert_eq!(picture_ref(id, payload, "path", None), Some(PictureRef::Imported { id, path: path.clone() }));
        assert!(matches!(picture_ref(id, payload, "url", None), Some(PictureRef::Url(_))));
        let other = PointId::Uuid(uuid::Uuid::new_v4());
        assert_eq!(picture_ref(other, payload, "path", None), Some(PictureRef::File(path)));
    }
}
