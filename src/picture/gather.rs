//! Finding pictures: in a folder and all below it, by a pattern, or one by one; and knowing them by their content.
//!
//! A picture's label is the name of the folder that it lies in, however it was asked for. Hidden files and folders are
//! left out. Links are followed, but never in a circle.

use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use crate::error::{Error, Result};
use crate::job::Control;
use crate::point::PointId;

/// The endings that make a file a picture, in any case.
pub const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// A picture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file, from the root of the file system on.
    pub path: PathBuf,
    /// The file from the folder on that was asked for, or that the pattern begins with.
    pub relative: PathBuf,
    /// The name of its folder; none at the root of the file system.
    pub label: Option<String>,
    /// Bytes.
    pub size: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The pictures, sorted by their relative paths.
    pub pictures: Vec<Found>,
    /// Files that are not pictures by their names.
    pub ignored: u64,
    /// Files and folders that could not be looked at, and why.
    pub skipped: Vec<(PathBuf, String)>,
}

/// Finds the pictures that a folder, a file or a glob pattern names.
///
/// A folder is gone through to its depth, and may hold no picture. A file named by itself is taken whatever its ending.
/// A pattern (`*`, `?`, `[a-z]`, and `**` for any depth) names files, and must match some.
pub fn gather(pattern: impl AsRef<Path>, control: &Control) -> Result<Gathered> {
    let pattern = pattern.as_ref();
    match std::fs::metadata(pattern) {
        Ok(meta) if meta.is_dir() => walk(pattern, None, control),
        Ok(meta) if meta.is_file() => {
            let name = pattern.file_name().map_or_else(|| pattern.to_owned(), PathBuf::from);
            let found =
                Found { path: absolute(pattern), relative: name, label: folder_name(pattern), size: meta.len() };
            Ok(Gathered { pictures: vec![found], ..Gathered::default() })
        }
        Ok(_) => Err(Error::file(pattern, "is neither a file nor a folder")),
        // A name with brackets may well be a file, so that what is there comes before what could be a pattern.
        Err(_) if pattern.components().any(|part| is_pattern(&part)) => gather_glob(pattern, control),
        Err(error) => Err(Error::io(pattern)(error)),
    }
}

/// As [`gather`] for several, each file once.
pub fn gather_all(patterns: &[impl AsRef<Path>], control: &Control) -> Result<Gathered> {
    let mut all = Gathered::default();
    for pattern in patterns {
        let more = gather(pattern, control)?;
        all.pictures.extend(more.pictures);
        all.ignored += more.ignored;
        all.skipped.extend(more.skipped);
    }
    let mut seen = std::collections::HashSet::new();
    all.pictures.retain(|found| seen.insert(found.path.clone()));
    all.pictures.sort_by(|a, b| a.relative.cmp(&b.relative).then_with(|| a.path.cmp(&b.path)));
    Ok(all)
}

/// The SHA-256 of a picture file's bytes: what the picture is known by, wherever it lies.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The id of the picture's point: a version 8 UUID of the first 16 bytes, so that the same content is the same point.
pub fn point_id(digest: &[u8; 32]) -> PointId {
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    PointId::Uuid(uuid::Builder::from_custom_bytes(first).into_uuid())
}

fn is_pattern(part: &Component) -> bool {
    matches!(part, Component::Normal(name) if name.to_string_lossy().contains(['*', '?', '[']))
}

fn gather_glob(path: &Path, control: &Control) -> Result<Gathered> {
    let mut parts = path.components().peekable();
    let mut root = PathBuf::new();
    while let Some(part) = parts.next_if(|part| !is_pattern(part)) {
        root.push(part);
    }
    let rest: PathBuf = parts.collect();
    let pattern = Pattern::new(&rest.to_string_lossy())
        .map_err(|e| Error::file(path, format!("is not a pattern that files can match: {}", e.msg)))?;
    // The pattern says how deep to look.
    let any_depth = rest.components().any(|part| part.as_os_str() == "**");
    let depth = if any_depth { usize::MAX } else { rest.components().count() };
    if root.as_os_str().is_empty() {
        root.push(".");
    }
    let gathered = walk(&root, Some((&pattern, depth)), control)?;
    if gathered.pictures.is_empty() && gathered.ignored == 0 {
        return Err(Error::file(path, "no file matches"));
    }
    Ok(gathered)
}

fn walk(root: &Path, pattern: Option<(&Pattern, usize)>, control: &Control) -> Result<Gathered> {
    // Said of the folder itself, and not as something left out of it.
    std::fs::read_dir(root).map_err(Error::io(root))?;
    let options = MatchOptions {
        case_sensitive: !cfg!(windows),
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut gathered = Gathered::default();
    let depth = pattern.map_or(usize::MAX, |(_, depth)| depth);
    let entries = WalkDir::new(root).follow_links(true).max_depth(depth).into_iter().filter_entry(|e| !is_hidden(e));
    for entry in entries {
        control.check_whole()?;
        let meta = entry.and_then(|entry| entry.metadata().map(|meta| (entry, meta)));
        let (entry, meta) = match meta {
            Ok(both) => both,
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                    gathered.skipped.push((path, reason(&error)));
                }
                continue;
            }
        };
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        if !meta.is_file() || pattern.is_some_and(|(pattern, _)| !pattern.matches_path_with(relative, options)) {
            continue;
        }
        if !has_picture_ending(relative) {
            gathered.ignored += 1;
            continue;
        }
        gathered.pictures.push(Found {
            path: absolute(entry.path()),
            relative: relative.to_owned(),
            label: folder_name(entry.path()),
            size: meta.len(),
        });
    }
    gathered.pictures.sort_by(|a, b| a.relative.cmp(&b.relative));
    gathered.skipped.sort();
    Ok(gathered)
}

/// The name of the folder that a file lies in, however the file was asked for.
fn folder_name(path: &Path) -> Option<String> {
    absolute(path).parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned())
}

fn is_hidden(entry: &DirEntry) -> bool {
    // The folder that was asked for may well be hidden, or be called ".".
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
}

fn has_picture_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| EXTENSIONS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn reason(error: &walkdir::Error) -> String {
    if let Some(ancestor) = error.loop_ancestor() {
        return format!("a link that leads back to {}", ancestor.display());
    }
    match error.io_error() {
        Some(e) if e.kind() == std::io::ErrorKind::NotFound => "a link that leads nowhere".into(),
        Some(e) => e.to_string(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        folder
    }

    fn names(gathered: &Gathered) -> Vec<String> {
        gathered.pictures.iter().map(|f| f.relative.to_string_lossy().replace('\\', "/")).collect()
    }

    fn find(folder: &Path, pattern: &str) -> Result<Gathered> {
        gather(folder.join(pattern), &Control::new())
    }

    const FILES: [&str; 11] = [
        "top.png",
        "cats/b.JPG",
        "cats/a.jpeg",
        "dogs/big/c.WebP",
        "dogs/d.Tif",
        "dogs/notes.txt",
        "dogs/none",
        ".hidden/e.png",
        "cats/.f.png",
        "cats/jpg",
        "Zoo/a [1].gif",
    ];

    #[test]
    fn a_folder_gives_its_pictures_in_order_with_their_labels() {
        let folder = folder(&FILES);
        let found = find(folder.path(), "").unwrap();
        assert_eq!(
            names(&found),
            ["Zoo/a [1].gif", "cats/a.jpeg", "cats/b.JPG", "dogs/big/c.WebP", "dogs/d.Tif", "top.png"]
        );
        let labels: Vec<_> = found.pictures.iter().map(|f| f.label.clone().unwrap()).collect();
        let own = folder.path().file_name().unwrap().to_string_lossy();
        assert_eq!(labels, ["Zoo", "cats", "cats", "big", "dogs", &own]);
        assert_eq!(found.ignored, 3);
        assert_eq!(found.skipped, []);
        for picture in &found.pictures {
            assert!(picture.path.is_absolute());
            assert_eq!(std::fs::read(&picture.path).unwrap().len() as u64, picture.size);
        }
        let hidden = find(folder.path(), ".hidden").unwrap();
        assert_eq!(names(&hidden), ["e.png"], "a hidden folder that is named is meant");
        let none = tempfile::tempdir().unwrap();
        assert_eq!(find(none.path(), "").unwrap(), Gathered::default());
    }

    #[test]
    fn patterns_name_files_as_in_a_shell() {
        let folder = folder(&FILES);
        let get = |pattern: &str| find(folder.path(), pattern).map(|g| (names(&g), g.ignored));
        assert_eq!(get("*.png").unwrap().0, ["top.png"]);
        assert_eq!(get("cats/*").unwrap(), (vec!["a.jpeg".into(), "b.JPG".into()], 1));
        assert_eq!(get("*/*.?i[fF]").unwrap().0, ["Zoo/a [1].gif", "dogs/d.Tif"]);
        assert_eq!(get("**/[a-d].*").unwrap().0, ["cats/a.jpeg", "cats/b.JPG", "dogs/big/c.WebP", "dogs/d.Tif"]);
        assert_eq!(get("Zoo/a [1].gif").unwrap().0, ["a [1].gif"], "a file that is there is no pattern");
        assert_eq!(get("dogs/*.txt").unwrap(), (vec![], 1), "matched, and not a picture");
        let error = |pattern: &str| get(pattern).unwrap_err().to_string();
        assert!(error("*.bmp").ends_with("*.bmp: no file matches"));
        assert!(error("[").contains("is not a pattern that files can match"), "{}", error("["));
        assert!(error("a***b").contains("is not a pattern that files can match"));
        assert!(error("gone").ends_with("gone: not found"));
        assert!(error("gone/*.png").ends_with("gone: not found"));
        assert!(matches!(find(folder.path(), "gone"), Err(Error::File { .. })));
    }

    #[test]
    fn files_are_taken_as_they_are_named_and_only_once() {
        let folder = folder(&FILES);
        let at = |name: &str| folder.path().join(name);
        let one = find(folder.path(), "dogs/none").unwrap();
        assert_eq!((names(&one), one.pictures[0].label.clone()), (vec!["none".to_owned()], Some("dogs".to_owned())));
        let all = gather_all(&[at("top.png"), at("cats"), at("top.png"), at("*.png")], &Control::new()).unwrap();
        assert_eq!(names(&all), ["a.jpeg", "b.JPG", "top.png"]);
        assert!(gather_all(&[at("cats"), at("gone")], &Control::new()).is_err());
    }

    #[test]
    fn a_cancel_ends_the_search() {
        let folder = folder(&FILES);
        let control = Control::new();
        control.cancel();
        assert!(matches!(gather(folder.path(), &control), Err(Error::Cancelled)));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_a_circle() {
        use std::os::unix::fs::symlink;
        let folder = folder(&["in/a.png", "in/deep/b.png"]);
        let elsewhere = self::folder(&["c.png"]);
        symlink(folder.path(), folder.path().join("in/deep/round")).unwrap();
        symlink(elsewhere.path(), folder.path().join("out")).unwrap();
        symlink("nowhere.png", folder.path().join("in/lost.png")).unwrap();
        symlink("nowhere.png", folder.path().join("in/.lost.png")).unwrap();
        let found = find(folder.path(), "").unwrap();
        assert_eq!(names(&found), ["in/a.png", "in/deep/b.png", "out/c.png"]);
        assert_eq!(found.pictures[2].label.as_deref(), Some("out"));
        let skipped: Vec<&str> = found.skipped.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(skipped.len(), 2, "{skipped:?}");
        assert!(skipped[0].starts_with("a link that leads back to "));
        assert_eq!(skipped[1], "a link that leads nowhere");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_may_not_be_read_is_named_and_the_rest_is_found() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder(&["a.png", "shut/b.png"]);
        let shut = folder.path().join("shut");
        std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o0)).unwrap();
        // The administrator reads it all the same.
        let readable = std::fs::read_dir(&shut).is_ok();
        let found = find(folder.path(), "").unwrap();
        assert_eq!(find(folder.path(), "shut").is_ok(), readable);
        std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(names(&found).contains(&"a.png".to_owned()));
        assert_eq!(found.skipped.iter().map(|(path, _)| path).eq([&shut]), !readable);
    }

    #[test]
    fn content_alone_makes_the_id() {
        let hash = digest(b"abc");
        assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf], "SHA-256 of the standard's example");
        let PointId::Uuid(id) = point_id(&hash) else { panic!("a UUID") };
        assert_eq!((id.get_version_num(), id.get_variant()), (8, uuid::Variant::RFC4122));
        assert_eq!(id.to_string(), "ba7816bf-8f01-8fea-8141-40de5dae2223");
        assert_eq!(point_id(&digest(b"abc")), point_id(&hash));
        assert_ne!(point_id(&digest(b"abd")), point_id(&hash));
    }
}
